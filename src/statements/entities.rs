//! `&amp;` and its like to letters, as tolerant as browsers: what is no entity stays as it stands, a bare "&" too.

use std::borrow::Cow;

/// The longest entity between its two marks: `#x10FFFF`.
const LONGEST: usize = 8;

/// The text with its entities resolved.
pub fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        read.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let entity = after.bytes().take(LONGEST + 1).position(|byte| byte == b';').and_then(|end| after.get(..end));
        if let Some((letter, length)) = entity.and_then(|name| Some((letter(name)?, name.len() + 1))) {
            read.push(letter);
            rest = &after[length..];
        } else {
            read.push('&');
            rest = after;
        }
    }
    read.push_str(rest);
    Cow::Owned(read)
}

/// The letter of an entity's name.
fn letter(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "pound" => Some('£'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|letter| *letter != '\0')
        }
    }
}

/// How many lines end in these bytes.
pub fn breaks(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.split(|byte| *byte == b'\n').count() - 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entities_are_letters_and_a_bare_mark_stays() {
        assert_eq!(decoded("OHMS &amp; WATTS &#x27;S&#39; A&B & C&nbsp;D &unknown; &;"), "OHMS & WATTS 'S' A&B & C D &unknown; &;");
        assert_eq!(decoded("plain"), "plain");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[&;#xamp0-9é]{0,30}") {
            let _ = decoded(&text);
        }
    }
}
