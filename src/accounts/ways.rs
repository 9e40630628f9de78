//! The ways of signing in besides a link by e-mail.

use super::identity::{OpenId, Provider};
use super::passkeys::Passkeys;
use crate::web::Site;

/// What the pages need that sign in by way of a provider or with a passkey.
pub struct Ways {
    /// The providers through which people may sign in.
    pub providers: Vec<Provider>,
    /// The conversation with them.
    pub openid: OpenId,
    /// Signing in with passkeys.
    pub passkeys: Passkeys,
}

impl Ways {
    /// Those of this site.
    #[must_use]
    pub fn of(site: &Site, providers: Vec<Provider>) -> Self {
        Self { providers, openid: OpenId::default(), passkeys: Passkeys::at(&site.public_url) }
    }
}
