//! Addresses: of e-mail, parsed once, and the postcode of a postal one.

use std::fmt;
use std::str::FromStr;

use super::text;

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

    fn from_str(typed: &str) -> Result<Self, NotAnAddress> {
        let typed = typed.trim().to_lowercase();
        // RFC 5321 allows 254 characters on the wire; a control character would split a header.
        if typed.len() > 254
            || typed.chars().any(|letter| letter.is_control() || text::is_invisible(letter))
            || !typed.rsplit('@').next().is_some_and(|d| d.contains('.'))
        {
            return Err(NotAnAddress);
        }
        typed.parse::<lettre::Address>().map_err(|_| NotAnAddress)?;
        Ok(Self(typed))
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

/// A postcode of the United Kingdom from whatever spacing and case somebody types: with its one space, in capitals. `None` when it has
/// not the shape of one.
#[must_use]
pub fn postcode(text: &str) -> Option<String> {
    let code: String = text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_uppercase();
    if !code.is_ascii() || !(5..=7).contains(&code.len()) {
        return None;
    }
    let (outward, inward) = code.split_at(code.len() - 3);
    let shape = |text: &str| -> String {
        text.chars()
            .map(|letter| match letter {
                'A'..='Z' => 'A',
                '0'..='9' => '9',
                _ => '?',
            })
            .collect()
    };
    // The six shapes of the outward part that the Post Office has.
    let fits = matches!(shape(outward).as_str(), "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A") && shape(inward) == "9AA";
    fits.then(|| format!("{outward} {inward}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn postcodes_are_read_in_any_spacing() {
        for (typed, code) in
            [("ls255au", "LS25 5AU"), ("LS25 5AU", "LS25 5AU"), (" y o8 9dz", "YO8 9DZ"), ("w1a1hq", "W1A 1HQ"), ("M11AE", "M1 1AE")]
        {
            assert_eq!(postcode(typed).as_deref(), Some(code));
        }
        for wrong in ["", "LS2", "LS25", "LS25 5A", "12345", "LS25 AU5", "ŁS25 5AU", "LS255 5AU"] {
            assert_eq!(postcode(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_for_a_postcode_panics(text in ".{0,16}") {
            let _ = postcode(&text);
        }
    }
}
