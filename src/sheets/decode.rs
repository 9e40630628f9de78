//! Bytes to text, for everything that is read of a file: a byte-order mark, UTF-16 by its zero bytes, strict UTF-8, else what Excel's plain
//! "CSV" and Outlook write in Britain, Windows-1252.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::base::text;

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

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    /// A spreadsheet.
    Spreadsheet,
    /// Two bytes for a letter.
    Utf16,
    /// This byte on this line is a letter neither in UTF-8 nor in Windows-1252.
    Letter(u8, u64),
    /// A picture, a PDF, anything.
    Other,
}

impl NotText {
    /// What would be right.
    #[must_use]
    pub fn right(self) -> &'static str {
        match self {
            Self::Spreadsheet => "Open it and save it as \"CSV UTF-8 (comma delimited)\".",
            _ => "Save it as \"CSV UTF-8 (comma delimited)\".",
        }
    }
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spreadsheet => f.write_str("This is a spreadsheet with the name of a CSV file."),
            Self::Utf16 => f.write_str("The file is saved as \"Unicode text\" (UTF-16)."),
            Self::Letter(byte, _) => write!(f, "The byte {byte:#04X} is a letter neither in UTF-8 nor in Windows-1252."),
            Self::Other => f.write_str("This is no text file."),
        }
    }
}

/// The text of a list, a calendar or a paste, with lines that end in a line feed and keep their numbers. Stricter than [`decode`]: what cannot be
/// text of ours is named.
///
/// # Errors
/// What they are instead.
pub fn text_of(bytes: &[u8]) -> Result<String, NotText> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(NotText::Utf16);
    }
    // The old and the new spreadsheets of Excel; the new ones and OpenDocument are ZIP files.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(NotText::Spreadsheet);
    }
    let picture: [&[u8]; 4] = [b"%PDF", b"\x89PNG", b"GIF8", b"\xFF\xD8\xFF"];
    if bytes.contains(&0) || picture.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(NotText::Other);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text::unified(text).into_owned());
    }
    if let Ok(text) = String::from_utf8(joined(bytes)) {
        return Ok(text::unified(&text).into_owned());
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Decoded { text, .. } = decode(bytes).ok_or(NotText::Other)?;
    // Five bytes mean nothing in Windows-1252, where each byte is a letter: they come out as control characters.
    let nothing = text.chars().position(|letter| ('\u{80}'..='\u{9F}').contains(&letter));
    if let Some((at, byte)) = nothing.and_then(|at| Some((at, bytes.get(at)?))) {
        return Err(NotText::Letter(*byte, line_of(bytes, at)));
    }
    Ok(text::unified(&text).into_owned())
}

/// The line on which a byte stands.
fn line_of(bytes: &[u8], at: usize) -> u64 {
    let before = bytes.get(..at).unwrap_or_default();
    let ends = before.iter().enumerate().filter(|(at, byte)| **byte == b'\n' || **byte == b'\r' && before.get(at + 1) != Some(&b'\n'));
    ends.count() as u64 + 1
}

/// The lines of a calendar may be folded in the middle of a letter, by programs that count bytes. The rest of the letter is brought
/// back in front of the fold.
fn joined(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        out.push(*first);
        rest = after;
        let mut missing = match first {
            0xC2..=0xDF => 1,
            0xE0..=0xEF => 2,
            0xF0..=0xF4 => 3,
            _ => 0,
        };
        let mut folds: Vec<u8> = Vec::new();
        while missing > 0 {
            let fold = fold(rest);
            let (before, behind) = rest.split_at(fold);
            let Some((next @ 0x80..=0xBF, after)) = behind.split_first() else { break };
            folds.extend_from_slice(before);
            out.push(*next);
            rest = after;
            missing -= 1;
        }
        out.extend(folds);
    }
    out
}

/// How many bytes a fold has: the end of a line and the blank that begins the next; 0 where there is none.
fn fold(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', b' ' | b'\t', ..] => 3,
        [b'\r' | b'\n', b' ' | b'\t', ..] => 2,
        _ => 0,
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

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let of = |bytes: &[u8]| -> Result<String, NotText> { text_of(bytes) };
        assert_eq!(of("\u{FEFF}école".as_bytes()).as_deref(), Ok("école"));
        assert_eq!(of(b"caf\xE9 \x96 St Peter\x92s\r\nx\ry").as_deref(), Ok("café – St Peter’s\nx\ny"));
        assert_eq!(of(b"a\rb\r\nc\n\x81"), Err(NotText::Letter(0x81, 4)));
        assert_eq!(of(b"PK\x03\x04..."), Err(NotText::Spreadsheet));
        assert_eq!(of(b"\xFF\xFEa\x00"), Err(NotText::Utf16));
        assert_eq!(of(b"\x89PNG\r\n\x1A\n"), Err(NotText::Other));
        assert_eq!(of(b"%PDF-1.7"), Err(NotText::Other));
    }

    #[test]
    fn a_line_may_be_folded_in_the_middle_of_a_letter() {
        for end in ["\r\n ", "\n ", "\r\t"] {
            let mut bytes = b"SUMMARY:G\xC5".to_vec();
            bytes.extend(end.as_bytes());
            bytes.extend(b"\xB5yl");
            let text = text_of(&bytes).expect("text");
            assert_eq!(text.replace("\n ", "").replace("\n\t", ""), "SUMMARY:Gŵyl", "{end:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_utf_8_stays(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in "[ -~é’ŵ\n]{0,40}") {
            let _ = (decode(&bytes), text_of(&bytes));
            prop_assert_eq!(text_of(text.as_bytes()), Ok(text));
        }

        /// Wherever a program folds, the letters are the same.
        #[test]
        fn folds_anywhere_come_back(text in "[a-zéŵ’]{1,30}", at in 1usize..60) {
            let mut bytes = text.clone().into_bytes();
            let at = at.min(bytes.len());
            bytes.splice(at..at, b"\r\n ".iter().copied());
            prop_assert_eq!(text_of(&bytes).map(|read| read.replace("\n ", "")), Ok(text));
        }
    }
}
