//! Bytes to text: a byte-order mark, UTF-16 by its zero bytes, strict UTF-8, else what Excel's plain "CSV" writes in Britain, Windows-1252.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the letters of a file are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or plain ASCII, which is the same.
    Utf8,
    /// UTF-8 with a byte-order mark.
    Utf8Bom,
    /// UTF-16, low byte first, told by its zero bytes.
    Utf16Le,
    /// UTF-16, low byte first, with a byte-order mark: what Excel calls "Unicode text".
    Utf16LeBom,
    /// UTF-16, high byte first, told by its zero bytes.
    Utf16Be,
    /// UTF-16, high byte first, with a byte-order mark.
    Utf16BeBom,
    /// The letters of Windows in western Europe.
    Windows1252,
}

impl Encoding {
    /// Its name, as programs write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Utf16Le => "utf-16le",
            Self::Utf16LeBom => "utf-16le-bom",
            Self::Utf16Be => "utf-16be",
            Self::Utf16BeBom => "utf-16be-bom",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// A file's text, and how it was written.
#[derive(Debug, Clone)]
pub struct Decoded<'a> {
    /// The text, without a byte-order mark.
    pub text: Cow<'a, str>,
    /// How it was written.
    pub encoding: Encoding,
}

/// The text of these bytes. Every byte means something in Windows-1252, so there is always one; `None` for bytes that are no text, such as
/// a picture's.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Decoded<'_>> {
    let read = |encoding, text| Some(Decoded { text, encoding });
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        // A mark before letters of Windows is a program's mistake, and no reason not to read them.
        return match std::str::from_utf8(rest) {
            _ if rest.contains(&0) => None,
            Ok(text) => read(Encoding::Utf8Bom, Cow::Borrowed(text)),
            Err(_) => read(Encoding::Windows1252, WINDOWS_1252.decode_without_bom_handling(rest).0),
        };
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return read(Encoding::Utf16LeBom, UTF_16LE.decode_without_bom_handling(rest).0);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return read(Encoding::Utf16BeBom, UTF_16BE.decode_without_bom_handling(rest).0);
    }
    if let Some(encoding) = by_zeroes(bytes) {
        let letters = if encoding == Encoding::Utf16Le { UTF_16LE } else { UTF_16BE };
        return read(encoding, letters.decode_without_bom_handling(bytes).0);
    }
    if bytes.contains(&0) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => read(Encoding::Utf8, Cow::Borrowed(text)),
        Err(_) => read(Encoding::Windows1252, WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

/// UTF-16 without its mark: every other byte of western text is zero, always on the same side.
fn by_zeroes(bytes: &[u8]) -> Option<Encoding> {
    let start = &bytes[..bytes.len().min(4096)];
    let pairs = start.len() / 2;
    let zeroes = |side: usize| start.chunks_exact(2).filter(|pair| pair[side] == 0).count();
    let (high, low) = (zeroes(0), zeroes(1));
    match () {
        () if pairs < 2 => None,
        () if low * 10 >= pairs * 8 && high == 0 => Some(Encoding::Utf16Le),
        () if high * 10 >= pairs * 8 && low == 0 => Some(Encoding::Utf16Be),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_are_told_by_their_bytes() {
        let said = |bytes: &[u8]| decode(bytes).map(|read| (read.text.into_owned(), read.encoding.name()));
        let yes = |text: &str, name| Some((text.to_owned(), name));
        assert_eq!(said(b"Paid \xA312"), yes("Paid £12", "windows-1252"));
        assert_eq!(said("Paid £12".as_bytes()), yes("Paid £12", "utf-8"));
        assert_eq!(said(b"\xEF\xBB\xBFa"), yes("a", "utf-8-bom"));
        assert_eq!(said(b"\xFF\xFEa\0\xA3\0"), yes("a£", "utf-16le-bom"));
        assert_eq!(said(b"\xFE\xFF\0a\0\xA3"), yes("a£", "utf-16be-bom"));
        assert_eq!(said(b"D\0a\0t\0e\0"), yes("Date", "utf-16le"));
        assert_eq!(said(b"\0D\0a\0t\0e"), yes("Date", "utf-16be"));
        assert_eq!(said(b"\x89PNG\0\0\0\rIHDR\0\0"), None);
        assert_eq!(said(b""), yes("", "utf-8"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }
    }
}
