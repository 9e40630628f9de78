//! A postcode of the United Kingdom, from whatever spacing and case somebody types.

/// The postcode with its one space, in capitals; `None` when it has not the shape of one.
#[must_use]
pub fn read(text: &str) -> Option<String> {
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
    use proptest::prelude::*;

    #[test]
    fn postcodes_are_read_in_any_spacing() {
        for (typed, code) in
            [("ls255au", "LS25 5AU"), ("LS25 5AU", "LS25 5AU"), (" y o8 9dz", "YO8 9DZ"), ("w1a1hq", "W1A 1HQ"), ("M11AE", "M1 1AE")]
        {
            assert_eq!(read(typed).as_deref(), Some(code));
        }
        for wrong in ["", "LS2", "LS25", "LS25 5A", "12345", "LS25 AU5", "ŁS25 5AU", "LS255 5AU"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,16}") {
            let _ = read(&text);
        }
    }
}
