//! An e-mail address, parsed once.

use std::fmt;
use std::str::FromStr;

/// An address that can stand in a `To:` header: checked by the mail library, trimmed, in lower case so that one person
/// has one account however the address was typed. (Local parts are case-sensitive on paper; no school's server treats them so.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter an e-mail address in the correct format, like name@school.example")]
pub struct NotAnAddress;

impl FromStr for EmailAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim().to_lowercase();
        // RFC 5321 allows 254 characters on the wire; a control character would split a header.
        if text.len() > 254 || text.chars().any(char::is_control) || !text.rsplit('@').next().is_some_and(|d| d.contains('.')) {
            return Err(NotAnAddress);
        }
        text.parse::<lettre::Address>().map_err(|_| NotAnAddress)?;
        Ok(Self(text))
    }
}

impl EmailAddress {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_type_them() {
        assert_eq!(
            " Science.Lead@Saxton.Example ".parse::<EmailAddress>().map(|a| a.to_string()),
            Ok("science.lead@saxton.example".into())
        );
        for wrong in ["", "saxton", "a@b", "a b@c.example", "a@b.example\r\nBcc: x@y.example", "@b.example", "a@@b.example"] {
            assert_eq!(wrong.parse::<EmailAddress>(), Err(NotAnAddress), "{wrong:?}");
        }
    }
}
