//! A cell to whole pence. An amount that is not exactly a number of pence is a fault, never rounded and never 0.00.

/// An amount as it stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Pence, negative where the cell has a minus, brackets or a minus behind.
    pub pence: i64,
    /// What the cell says besides: `CR` or `DR` before or behind.
    pub side: Option<Side>,
}

/// In or out, as a bank says it: credit is money in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Money in.
    Credit,
    /// Money out.
    Debit,
}

impl Side {
    /// What a cell says that is nothing but a sign.
    pub fn of(text: &str) -> Option<Self> {
        match text.trim().to_ascii_uppercase().trim_end_matches('.') {
            "CR" | "C" | "CREDIT" | "CRDT" | "+" | "IN" | "MONEY IN" | "PAID IN" => Some(Self::Credit),
            "DR" | "D" | "DEBIT" | "DBIT" | "OUT" | "MONEY OUT" | "PAID OUT" => Some(Self::Debit),
            other => is_minus(other).then_some(Self::Debit),
        }
    }
}

/// Why a cell is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAmount {
    /// Nothing is written in it, or a dash alone.
    Blank,
    /// It is in another currency.
    Foreign,
    /// It is something else.
    Unreadable,
}

/// The most digits of an amount in pence: ten billion pounds.
const MOST_DIGITS: usize = 12;

/// The amount of a cell.
pub fn amount(cell: &str) -> Result<Amount, NoAmount> {
    let blank = |letter: char| letter.is_whitespace() || crate::base::text::is_invisible(letter);
    let text: String = cell.chars().map(|letter| if blank(letter) { ' ' } else { letter }).collect::<String>().to_uppercase();
    let mut text = text.trim().trim_start_matches('\'').trim();
    if text.is_empty() || is_minus(text) {
        return Err(NoAmount::Blank);
    }
    if text.len() > 60 {
        return Err(NoAmount::Unreadable);
    }
    let (mut minus, mut plus, mut brackets, mut pounds, mut side) = (0, 0, 0, 0, None);
    // Signs and words are taken off from both ends until only the number is left.
    loop {
        let before = text;
        for word in ["CR", "DR", "C", "D"] {
            let rest = text.strip_suffix(word).filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit() || " )-".contains(c)));
            let rest =
                rest.or_else(|| text.strip_prefix(word).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || " £(".contains(c))));
            if let Some(rest) = rest.filter(|_| side.is_none()) {
                side = Side::of(word);
                text = rest.trim();
            }
        }
        for pound in ["£", "GBP"] {
            if let Some(rest) = text.strip_prefix(pound).or_else(|| text.strip_suffix(pound)) {
                pounds += 1;
                text = rest.trim();
            }
        }
        if let Some(rest) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            brackets += 1;
            text = rest.trim();
        }
        if let Some(rest) = text.strip_prefix(is_dash).or_else(|| text.strip_suffix(is_dash)) {
            minus += 1;
            text = rest.trim();
        }
        if let Some(rest) = text.strip_prefix('+').or_else(|| text.strip_suffix('+')) {
            plus += 1;
            text = rest.trim();
        }
        if text == before {
            break;
        }
    }
    if text.contains(['€', '$', '¥']) || ["EUR", "USD"].iter().any(|code| text.contains(code)) {
        return Err(NoAmount::Foreign);
    }
    if text.is_empty() && brackets == 0 && pounds == 1 && side.is_none() && plus == 0 {
        // "£ -" is how spreadsheets show nothing.
        return Err(NoAmount::Blank);
    }
    if minus + plus + brackets > 1 || pounds > 1 {
        return Err(NoAmount::Unreadable);
    }
    let pence = digits(text).ok_or(NoAmount::Unreadable)?;
    Ok(Amount { pence: if minus + brackets > 0 { -pence } else { pence }, side })
}

/// Digits with commas or blanks at the thousands and at most two decimals; further ones only where they are noughts of a computer.
fn digits(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = match decimals.len() {
        0..=2 => decimals,
        4.. if decimals.bytes().skip(2).all(|digit| digit == b'0') => &decimals[..2],
        _ => return None,
    };
    let separator = [',', ' '].into_iter().find(|separator| whole.contains(*separator));
    let whole: String = match separator {
        None => whole.to_owned(),
        Some(separator) => {
            let mut groups = whole.split(separator);
            let first = groups.next()?;
            let rest: Vec<&str> = groups.collect();
            if first.is_empty() || first.len() > 3 || rest.iter().any(|group| group.len() != 3) {
                return None;
            }
            format!("{first}{}", rest.concat())
        }
    };
    let all = format!("{}{decimals:0<2}", whole.trim_start_matches('0'));
    let number = !(whole.is_empty() && decimals.is_empty()) && all.bytes().all(|digit| digit.is_ascii_digit());
    if number && whole.len() <= 20 && all.len() <= MOST_DIGITS { all.parse().ok() } else { None }
}

/// The many dashes that programs write for a minus.
fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '\u{2212}' | '\u{2010}'..='\u{2015}' | '\u{FE63}' | '\u{FF0D}')
}

fn is_minus(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(is_dash) && letters.next().is_none()
}

/// Pence as people write them: "-1,200.00".
pub fn pounds(pence: i64) -> String {
    let whole = usize::try_from(pence.unsigned_abs() / 100).unwrap_or(usize::MAX);
    format!("{}£{}.{:02}", if pence < 0 { "-" } else { "" }, crate::base::text::number(whole), pence.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_however_they_are_written() {
        for (text, pence) in [
            ("2,500.00", 250_000),
            ("(186.42)", -18_642),
            ("49.99-", -4_999),
            ("£(1,200.00)", -120_000),
            ("(£1,200.00)", -120_000),
            ("\u{2212}33.49", -3_349),
            ("-£84.15", -8_415),
            ("£-84.15", -8_415),
            (" - 7.00 ", -700),
            ("+12.50", 1_250),
            ("12", 1_200),
            ("12.5", 1_250),
            (".50", 50),
            ("0.00", 0),
            ("1 200.00", 120_000),
            ("GBP 12.00", 1_200),
            ("12.00 GBP", 1_200),
            ("\u{A0}12.05\u{A0}", 1_205),
            ("155.3500", 15_535),
            ("'12.00", 1_200),
            ("9,999,999,999.99", 999_999_999_999),
        ] {
            assert_eq!(amount(text), Ok(Amount { pence, side: None }), "{text}");
        }
        let sided = |pence, side| Ok(Amount { pence, side: Some(side) });
        assert_eq!(amount("12.00 CR"), sided(1200, Side::Credit));
        assert_eq!(amount("12.00DR"), sided(1200, Side::Debit));
        assert_eq!(amount("£12.00 D"), sided(1200, Side::Debit));
        assert_eq!(amount("DR 12.00"), sided(1200, Side::Debit));
    }

    #[test]
    fn what_is_no_number_of_pence_is_none() {
        for text in [
            "1O.00",
            "1.005",
            "1.234.56",
            "99999999999999999999.00",
            "=1+1",
            "12,50",
            "1,23.00",
            "--1.00",
            "(-1.00)",
            "abc",
            "12.00 x",
            "1e3",
            "0x1",
            "12.500",
            ",",
            ".",
            "()",
            "£",
            "1,,000.00",
            "12.3.4",
            "٣.00",
            "£££1",
        ] {
            assert!(matches!(amount(text), Err(NoAmount::Unreadable | NoAmount::Blank)), "{text}: {:?}", amount(text));
            assert!(text == "£" || amount(text) == Err(NoAmount::Unreadable), "{text}");
        }
        assert_eq!(amount("€4.00"), Err(NoAmount::Foreign));
        assert_eq!(amount("4.00 EUR"), Err(NoAmount::Foreign));
        for text in ["", " ", "-", "\u{2013}", "£ -", "\u{A0}"] {
            assert_eq!(amount(text), Err(NoAmount::Blank), "{text:?}");
        }
        assert_eq!((pounds(-120_000).as_str(), pounds(5).as_str()), ("-£1,200.00", "£0.05"));
    }

    proptest! {
        #[test]
        fn every_amount_is_read_from_what_we_write(pence in -999_999_999_999i64..999_999_999_999) {
            prop_assert_eq!(amount(&pounds(pence)), Ok(Amount { pence, side: None }));
            let plain = format!("{}{}.{:02}", if pence < 0 { "-" } else { "" }, pence.abs() / 100, pence.abs() % 100);
            prop_assert_eq!(amount(&plain), Ok(Amount { pence, side: None }));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+()£€,.0-9 CRD\u{2212}]{0,14}|.{0,20}") {
            let _ = amount(&text);
        }
    }
}
