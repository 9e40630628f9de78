//! A postcode of the United Kingdom, read in any spacing and case.

/// The postcode with its one space, in capitals; `None` when it has not the shape of one.
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
    use super::*;

    #[test]
    fn any_spacing_is_read_and_one_is_written() {
        for typed in ["LS25 5AU", "ls255au", "  Ls 25 5 aU ", "LS25\u{a0}5AU"] {
            assert_eq!(postcode(typed).as_deref(), Some("LS25 5AU"), "{typed:?}");
        }
        assert_eq!(postcode("sw1a1aa").as_deref(), Some("SW1A 1AA"));
        for typed in ["", "LS25", "LS25 5A", "12345", "LS25 5AUU", "ÄB1 2CD"] {
            assert_eq!(postcode(typed), None, "{typed:?}");
        }
    }
}
