//! Cells to values: a day, a yes or no, a number, a postcode. Each reader notes what is wrong and what would be right, and
//! answers `None`, so that the caller can go on to the next cell.

use chrono::NaiveDate;

use super::problems::{Problems, nearest};
use crate::base::days::{self, Day};
use crate::base::{EmailAddress, address};
use crate::sheets::Row;

impl Row {
    /// A text that must not be empty and has at most `longest` letters.
    pub fn needed(&self, column: &str, longest: usize, problems: &mut Problems) -> Option<String> {
        let text = self.text(column);
        if text.is_empty() {
            self.wrong(column, "The cell is empty.", "It must be filled in.", problems);
            return None;
        }
        self.short(column, longest, problems)
    }

    /// A text that may be empty and has at most `longest` letters.
    pub fn short(&self, column: &str, longest: usize, problems: &mut Problems) -> Option<String> {
        let text = self.text(column);
        let letters = text.chars().count();
        if letters > longest {
            self.wrong(column, format!("The text has {letters} letters."), format!("At most {longest} are kept: shorten it."), problems);
            return None;
        }
        Some(text.to_owned())
    }

    /// A day that must be there.
    pub fn day(&self, column: &str, problems: &mut Problems) -> Option<Day> {
        if self.text(column).is_empty() {
            self.wrong(column, "The day is missing.", "Write it like 2026-11-26 or 26/11/2026.", problems);
            return None;
        }
        self.maybe_day(column, problems)?
    }

    /// A day that may be left out: `Some(None)` when the cell is empty, `None` when it cannot be read.
    pub fn maybe_day(&self, column: &str, problems: &mut Problems) -> Option<Option<Day>> {
        let text = self.text(column);
        if text.is_empty() {
            return Some(None);
        }
        match day(text) {
            Ok(day) => Some(Some(day)),
            Err(right) => {
                self.wrong(column, format!("\"{text}\" is not a day."), right, problems);
                None
            }
        }
    }

    /// Yes or no; `default` when the cell is empty.
    pub fn yes_no(&self, column: &str, default: bool, problems: &mut Problems) -> Option<bool> {
        let text = self.text(column);
        match yes_no(text) {
            Some(answer) => Some(answer),
            None if text.is_empty() => Some(default),
            None => {
                self.wrong(column, format!("\"{text}\" is neither yes nor no."), "Write yes or no.", problems);
                None
            }
        }
    }

    /// A whole number in the range; `Some(None)` when the cell is empty.
    pub fn maybe_number(&self, column: &str, range: std::ops::RangeInclusive<i32>, problems: &mut Problems) -> Option<Option<i32>> {
        let text = self.text(column);
        if text.is_empty() {
            return Some(None);
        }
        match text.parse::<i32>() {
            Ok(number) if range.contains(&number) => Some(Some(number)),
            _ => {
                self.wrong(
                    column,
                    format!("\"{text}\" is not a number that fits here."),
                    format!("Write a whole number from {} to {}.", range.start(), range.end()),
                    problems,
                );
                None
            }
        }
    }

    /// A whole number in the range that must be there.
    pub fn number(&self, column: &str, range: std::ops::RangeInclusive<i32>, problems: &mut Problems) -> Option<i32> {
        if self.text(column).is_empty() {
            let right = format!("Write a whole number from {} to {}.", range.start(), range.end());
            self.wrong(column, "The number is missing.", right, problems);
            return None;
        }
        self.maybe_number(column, range, problems)?
    }

    /// One of a few words, in any case and with spaces or hyphens for the underscore.
    pub fn word(&self, column: &str, words: &[&'static str], problems: &mut Problems) -> Option<&'static str> {
        let text = self.text(column);
        let typed = text.to_lowercase().replace([' ', '-'], "_");
        let found = words.iter().copied().find(|word| *word == typed);
        if found.is_none() {
            let wrong =
                if text.is_empty() { "The cell is empty.".to_owned() } else { format!("\"{text}\" is none of the words for this column.") };
            let right = match nearest(&typed, words.iter().copied()) {
                Some(meant) => format!("Did you mean {meant}?"),
                None => format!("Write one of: {}.", words.join(", ")),
            };
            self.wrong(column, wrong, right, problems);
        }
        found
    }

    /// An e-mail address.
    pub fn email(&self, column: &str, problems: &mut Problems) -> Option<EmailAddress> {
        let text = self.text(column);
        if let Ok(address) = text.parse() {
            return Some(address);
        }
        self.wrong(column, format!("\"{text}\" is not an e-mail address."), "Write it like science.lead@saxton.example.", problems);
        None
    }

    /// A postcode of the United Kingdom in any spacing and case, written as the Post Office does.
    pub fn postcode(&self, column: &str, problems: &mut Problems) -> Option<String> {
        let text = self.text(column);
        let code = address::postcode(text);
        if code.is_none() {
            self.wrong(column, format!("\"{text}\" is not a postcode."), "Write a UK postcode like LS25 5AU.", problems);
        }
        code
    }
}

/// Yes or no in the words that spreadsheets and people use.
#[must_use]
pub fn yes_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" => Some(true),
        "no" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// A day as 2026-11-26 or as 26/11/2026, 26-11-2026 or 26.11.2026 (day first, as it is written in Britain), or a sentence on what would be
/// right.
pub fn day(text: &str) -> Result<Day, String> {
    const RIGHT: &str = "Write it like 2026-11-26 or 26/11/2026.";
    if let Some(day) = days::parse_iso(text) {
        return Ok(day);
    }
    if text.starts_with(['+', '-']) {
        return Err("School weeks such as \"-3 Mon\" stand only in the demo's own pattern. Write a day like 2026-11-26.".to_owned());
    }
    let parts: Vec<&str> =
        ['/', '-', '.'].into_iter().find(|mark| text.contains(*mark)).map_or_else(Vec::new, |mark| text.split(mark).collect());
    let [first, second, year] = parts.as_slice() else { return Err(RIGHT.to_owned()) };
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
    let (Some(first), Some(second), Some(full)) = (number(first), number(second), number(year)) else { return Err(RIGHT.to_owned()) };
    if year.len() != 4 {
        return Err("Write the year with four digits, like 26/11/2026.".to_owned());
    }
    if second > 12 && first <= 12 {
        return Err(format!("There is no month {second}. Write the day first, like {second}/{first}/{full}."));
    }
    i32::try_from(full)
        .ok()
        .filter(|year| (2000..2100).contains(year))
        .and_then(|year| NaiveDate::from_ymd_opt(year, second, first))
        .ok_or_else(|| "There is no such day in the calendar. Write it like 2026-11-26 or 26/11/2026.".to_owned())
}

/// The year in which an academic year starts, from "2026-27", "2026/27", "2026-2027" or "2026".
#[must_use]
pub fn academic_year(text: &str) -> Option<i32> {
    let (start, end) = match text.split_once(['-', '/', '–']) {
        Some((start, end)) => (start.trim(), Some(end.trim())),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let year: i32 = start.parse().ok().filter(|year| (2000..2100).contains(year) && digits(start))?;
    match end {
        None => Some(year),
        Some(end) if digits(end) && matches!(end.len(), 2 | 4) => {
            let end: i32 = end.parse().ok()?;
            ((year + 1) % 100 == end % 100 && (end < 100 || end == year + 1)).then_some(year)
        }
        Some(_) => None,
    }
}

/// A copy's code: 4 to 12 of Crockford's letters and digits, with the look-alikes put right.
#[must_use]
pub fn copy_code(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '-'))
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    let fits = (4..=12).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() && byte != b'U');
    fits.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_read_day_first_or_iso_and_nothing_else() {
        let iso = |text: &str| day(text).map(|day| day.to_string());
        assert_eq!(iso("2026-11-26").as_deref(), Ok("2026-11-26"));
        assert_eq!(iso("26/11/2026").as_deref(), Ok("2026-11-26"));
        assert_eq!(iso("1/2/2026").as_deref(), Ok("2026-02-01"));
        assert_eq!(iso("29/02/2028").as_deref(), Ok("2028-02-29"));
        assert_eq!(iso("11/26/2026").unwrap_err(), "There is no month 26. Write the day first, like 26/11/2026.");
        assert!(iso("26/11/26").unwrap_err().contains("four digits"));
        assert!(iso("29/02/2027").unwrap_err().contains("no such day"));
        assert!(iso("-3 Mon").unwrap_err().contains("pattern"));
        for text in ["26-11-2026", "26.11.2026", "01-09-2012", "1.9.2012"] {
            assert_eq!(day(text), day(&text.replace(['-', '.'], "/")), "{text}");
        }
        for wrong in ["26.11-2026", "26-11-26", "2026-13-01", "Thursday", "2026", "26/11", "//", "+1/+1/2026", "46352"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn academic_years_are_read_as_they_are_written() {
        for text in ["2026-27", "2026/27", "2026", "2026-2027"] {
            assert_eq!(academic_year(text), Some(2026), "{text}");
        }
        for wrong in ["2026-28", "26-27", "", "2026-", "2026-1927", "year 6"] {
            assert_eq!(academic_year(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn codes_forgive_look_alikes() {
        assert_eq!(copy_code("7k3-qx").as_deref(), Some("7K3QX"));
        assert_eq!(copy_code("OIL5").as_deref(), Some("0115"));
        for wrong in ["", "ABC", "ABCU5", "ABCD!", "ABCDEFGHJKMNP"] {
            assert_eq!(copy_code(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_from_both_its_writings(n in 0i64..36_000) {
            let wanted = days::add(days::academic_year_start(2000), n);
            prop_assert_eq!(day(&wanted.to_string()), Ok(wanted));
            prop_assert_eq!(day(&wanted.format("%d/%m/%Y").to_string()), Ok(wanted));
        }

        #[test]
        fn no_text_panics(text in ".{0,16}") {
            let _ = (day(&text), academic_year(&text), copy_code(&text), nearest(&text, ["Saxton"]));
        }
    }
}
