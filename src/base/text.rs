//! Texts that people type, as they are kept: one line of letters that can be seen. And numbers as they are read.

use std::borrow::Cow;

/// Whether a letter shows nothing, or only changes how its neighbours are read. A name with one of them looks like another name, or
/// turns the line it stands in around (U+202E). The shapes of emoji and accents are not among them.
#[must_use]
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// One line: without letters that cannot be seen, trimmed, runs of blanks made one. Control characters stay, for the caller to refuse.
#[must_use]
pub fn line(typed: &str) -> String {
    let seen: String = typed.chars().filter(|letter| !is_invisible(*letter)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same, where a control character is a blank as well.
#[must_use]
pub fn plain_line(typed: &str) -> String {
    line(&typed.replace(char::is_control, " "))
}

/// A text as every program should have saved it: without a byte-order mark in front, its lines ended by a line feed alone, whether they
/// ended as Windows, Unix or an old Mac ends them. No line gets another number by it.
#[must_use]
pub fn unified(said: &str) -> Cow<'_, str> {
    let said = said.trim_start_matches('\u{FEFF}');
    if said.contains('\r') { Cow::Owned(said.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(said) }
}

/// A name by which it is compared with others: capitals, accents of quotation marks and dashes, blanks and letters that cannot be seen do
/// not matter. "St Peter's" is "St Peter’s", and "Monk-Fryston" is "Monk–Fryston".
#[must_use]
pub fn alike(name: &str) -> String {
    let same = |letter: char| match letter {
        '‘' | '’' | '‚' | '‛' | 'ʼ' | 'ʹ' | '′' | '`' | '´' | '＇' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '－' => '-',
        other => other,
    };
    line(name).chars().map(same).collect::<String>().to_lowercase()
}

/// A text of at most so many letters; what is cut shows that it is.
#[must_use]
pub fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// A number as it is read: "12,340".
#[must_use]
pub fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut read = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            read.push(',');
        }
        read.push(digit);
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_cannot_be_seen_are_taken_out() {
        for hidden in ['\u{202E}', '\u{FEFF}', '\u{200B}', '\u{200D}', '\u{2066}', '\u{AD}', '\u{61C}', '\u{3164}', '\u{E0041}'] {
            assert_eq!(line(&format!(" Sam{hidden}  O{hidden}koro{hidden}")), "Sam Okoro", "{hidden:?}");
            assert_eq!(line(&hidden.to_string()), "");
        }
        assert_eq!(line("Zoë \u{1F600}\u{FE0F} 李\u{2028}Müller"), "Zoë \u{1F600}\u{FE0F} 李 Müller");
        assert_eq!((line("a\u{7}b").as_str(), plain_line("a\u{7}b\tc").as_str()), ("a\u{7}b", "a b c"));
    }

    #[test]
    fn lines_end_in_one_way_and_names_are_compared_without_their_marks() {
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc", "a\rb\r\rc", "\u{FEFF}a\nb\n\nc"] {
            assert_eq!(unified(text), "a\nb\n\nc");
        }
        assert_eq!(alike("ST  PETER’S\u{200B}"), alike("St Peter's"));
        assert_eq!(alike("Monk\u{2013}Fryston “A”"), alike("monk-fryston \"a\""));
        assert_ne!(alike("St Peters"), alike("St Peter's"));
    }

    #[test]
    fn numbers_are_read_by_threes_and_long_texts_cut() {
        assert_eq!([0, 999, 1000, 12_340, 1_234_567].map(number), ["0", "999", "1,000", "12,340", "1,234,567"]);
        assert_eq!((cut("short".into(), 5), cut("éééé".into(), 2)), ("short".to_owned(), "éé…".to_owned()));
    }
}
