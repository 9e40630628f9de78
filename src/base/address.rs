//! Addresses: of e-mail, parsed once, the postcode of a postal one, and telephone numbers.

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

/// What is said of a telephone number that is none.
pub const NOT_A_PHONE: &str = "Enter a telephone number, for example 01977 682000 or +44 1977 682000, or leave it empty";

/// A telephone number as somebody writes it, from wherever: 7 to 15 digits, with a plus before them, spaces, brackets, hyphens and an
/// extension (`x12`, `ext 12`) as people have them. Spaces are put in order, nothing else. Empty for none; `None` when it is no number.
#[must_use]
pub fn phone(text: &str) -> Option<String> {
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.is_empty() {
        return Some(clean);
    }
    let lower = clean.to_lowercase();
    let (number, extension) = lower.split_once("ext").or_else(|| lower.split_once('x')).unwrap_or((&lower, ""));
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let shape =
        number.chars().enumerate().all(|(at, letter)| letter.is_ascii_digit() || " ()-./".contains(letter) || (letter == '+' && at == 0));
    let extension = extension.trim().trim_start_matches('.').trim();
    let fits = (7..=15).contains(&digits) && shape && extension.len() <= 6 && extension.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(clean)
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

    #[test]
    fn a_telephone_number_is_taken_as_people_write_it() {
        for good in [
            "01977 682000",
            "(01977) 682-000",
            "+44 1977 682000",
            "0044 1977 682000",
            "01977 682000 ext. 12",
            "01977 682000 x12",
            "+353 1 234 5678",
        ] {
            assert_eq!(phone(good).as_deref(), Some(good));
        }
        assert_eq!(phone("  01977   682000 ").as_deref(), Some("01977 682000"));
        assert_eq!(phone("  ").as_deref(), Some(""));
        for wrong in ["682", "ring the office", "01977 68200O", "1234567890123456", "01977+682000", "01977 682000 ext twelve", "<b>0197768"]
        {
            assert_eq!(phone(wrong), None, "{wrong}");
        }
    }
}
