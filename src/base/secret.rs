//! Secrets that travel in links and cookies: made from the system's random source, kept only as a hash.

use sha2::{Digest, Sha256};

/// A secret of 160 random bits, 32 Crockford letters in lower case. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret.
    #[must_use]
    pub fn fresh() -> Self {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let bytes: [u8; 32] = rand::random();
        Self(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
    }

    /// Takes what came in a cookie or a link: 32 letters and digits, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())).then(|| Self(text.to_owned()))
    }

    /// What is stored instead: the hex of its SHA-256. A secret of 160 bits needs no slow hash.
    #[must_use]
    pub fn hash(&self) -> String {
        digest(&self.0)
    }

    /// Another secret that only the holder of this one can know, for one purpose (the CSRF token of a session).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(purpose.as_bytes());
        hash.update([0]);
        hash.update(self.0.as_bytes());
        hex(&hash.finalize())[..32].to_owned()
    }

    /// The letters, to be put into a link or cookie. Never into a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The hex of a text's SHA-256: what is stored of a secret that somebody else has made.
#[must_use]
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Compares two texts in a time that does not tell where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_unlike_the_last_and_not_shown() {
        let (a, b) = (Secret::fresh(), Secret::fresh());
        assert_ne!(a.reveal(), b.reveal());
        assert_eq!(Secret::parse(a.reveal()).as_ref(), Some(&a));
        assert!(!format!("{a:?}").contains(a.reveal()));
        assert_ne!(a.derive("csrf"), b.derive("csrf"));
        assert!(Secret::parse("../../etc/passwd").is_none());
    }
}
