//! Bytes to text: the one decoder of everything that is imported, by a command, an upload or a paste. UTF-8 with or without a byte-order
//! mark; else Windows-1252, which is what Excel's plain "CSV" and Outlook write in Britain. Lines end in a line feed afterwards and keep
//! their numbers.

use std::fmt;

use crate::base::text;

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

/// The text that the bytes are.
///
/// # Errors
/// What they are instead.
pub fn decode(bytes: &[u8]) -> Result<String, NotText> {
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
    let mut text = String::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let letter = windows_1252(*byte).ok_or_else(|| NotText::Letter(*byte, line_of(bytes, at)))?;
        text.push(letter);
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

fn windows_1252(byte: u8) -> Option<char> {
    // 0x80 to 0x9F are where it departs from Latin-1; five places hold nothing.
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•', '–', '—', '˜',
        '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => Some(HIGH[usize::from(byte - 0x80)]).filter(|letter| *letter != '\0'),
        other => Some(char::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let of = |bytes: &[u8]| -> Result<String, NotText> { decode(bytes) };
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
            let text = decode(&bytes).expect("text");
            assert_eq!(text.replace("\n ", "").replace("\n\t", ""), "SUMMARY:Gŵyl", "{end:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_utf_8_stays(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in "[ -~é’ŵ\n]{0,40}") {
            let _ = decode(&bytes);
            prop_assert_eq!(decode(text.as_bytes()), Ok(text));
        }

        /// Wherever a program folds, the letters are the same.
        #[test]
        fn folds_anywhere_come_back(text in "[a-zéŵ’]{1,30}", at in 1usize..60) {
            let mut bytes = text.clone().into_bytes();
            let at = at.min(bytes.len());
            bytes.splice(at..at, b"\r\n ".iter().copied());
            prop_assert_eq!(decode(&bytes).map(|read| read.replace("\n ", "")), Ok(text));
        }
    }
}
