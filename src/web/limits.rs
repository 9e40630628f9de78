//! How often somebody may ask for something that costs us or annoys others: sign-in links, per address and per client.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::base::EmailAddress;

/// The limits of a running server; they start afresh with it.
pub struct Limits {
    addresses: DefaultKeyedRateLimiter<EmailAddress>,
    clients: DefaultKeyedRateLimiter<IpAddr>,
}

/// So many at once, and as many again in every quarter of an hour.
fn per_quarter_hour(many: u32) -> Quota {
    let many = NonZeroU32::new(many).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(Duration::from_secs(900) / many.get()).map_or(Quota::per_hour(many), |quota| quota.allow_burst(many))
}

impl Default for Limits {
    fn default() -> Self {
        // A whole school may sit behind one address of the internet, so the second limit is wide.
        Self { addresses: RateLimiter::keyed(per_quarter_hour(5)), clients: RateLimiter::keyed(per_quarter_hour(60)) }
    }
}

impl Limits {
    /// Whether this client may ask for a sign-in link for this address now.
    #[must_use]
    pub fn sign_in(&self, client: IpAddr, address: &EmailAddress) -> bool {
        self.clients.check_key(&client).is_ok() && self.addresses.check_key(address).is_ok()
    }

    /// Forgets who has not asked for a while, so that memory does not grow with the number of visitors.
    pub fn forget(&self) {
        self.addresses.retain_recent();
        self.clients.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_links_for_an_address_and_sixty_from_a_client() {
        let limits = Limits::default();
        let here: IpAddr = [192, 0, 2, 1].into();
        let lead: EmailAddress = "lead@saxton.example".parse().expect("an address");
        assert_eq!((0..8).filter(|_| limits.sign_in(here, &lead)).count(), 5);
        let others = (0..100).filter(|n| limits.sign_in(here, &format!("lead{n}@saxton.example").parse().expect("an address"))).count();
        assert_eq!(others, 60 - 8);
        let there: IpAddr = [192, 0, 2, 2].into();
        assert!(limits.sign_in(there, &"other@saxton.example".parse().expect("an address")));
        limits.forget();
    }
}
