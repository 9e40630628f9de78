//! A cell to a day, and which of 03/04/2026 is the month: settled by the file where it can be, with the reason said.

use chrono::{Datelike, NaiveDate};

use super::answers::{Answers, DateOrder};
use crate::base::{Day, days};

/// A day as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Beyond doubt: 2026-09-30, 30 Sep 2026, a real day of a workbook.
    Day(Day),
    /// Two numbers of which one is the month, and a year.
    Numbers {
        /// The first number.
        first: u32,
        /// The second number.
        second: u32,
        /// The year.
        year: i32,
    },
}

impl Written {
    /// The day, when the numbers are read in this order; `None` when there is none in the calendar.
    pub fn read(self, order: DateOrder) -> Option<Day> {
        match (self, order) {
            (Self::Day(day), _) => Some(day),
            (Self::Numbers { first, second, year }, DateOrder::DayFirst) => NaiveDate::from_ymd_opt(year, second, first),
            (Self::Numbers { first, second, year }, DateOrder::MonthFirst) => NaiveDate::from_ymd_opt(year, first, second),
        }
    }

    /// Whether both orders give another day.
    fn is_open(self) -> bool {
        matches!(self, Self::Numbers { first, second, .. } if first != second)
    }
}

/// How the order of days and months was settled.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Which way the days are read.
    pub order: DateOrder,
    /// Whether that is a guess for the preview, and has to be asked.
    pub ask: bool,
    /// What settled it, in a sentence; empty when there was nothing to settle.
    pub reason: String,
}

/// Settles the order for the days of a file, in their order, by what stands in the file first. `period` are the first and last day of a line
/// that names the period.
pub fn settle(all: &[Written], period: Option<[Written; 2]>, answers: &Answers) -> Settled {
    use DateOrder::{DayFirst, MonthFirst};
    let by = |order, reason: String| Settled { order, ask: false, reason };
    if !all.iter().any(|one| one.is_open()) {
        return by(DayFirst, String::new());
    }
    let above = |side: fn(u32, u32) -> u32| {
        let found = all.iter().filter_map(move |one| match one {
            Written::Numbers { first, second, .. } => Some(side(*first, *second)).filter(|number| *number > 12),
            Written::Day(_) => None,
        });
        (found.clone().count(), found.max().unwrap_or(0))
    };
    let ((firsts, first), (seconds, second)) = (above(|first, _| first), above(|_, second| second));
    let month = |number: u32| format!("there is no month {number}");
    // One line that was typed the other way round does not make a file of them.
    if firsts > 0 && firsts >= 2 * seconds {
        return by(DayFirst, format!("The day stands first: {}.", month(first)));
    }
    if seconds > 0 && seconds >= 2 * firsts {
        return by(MonthFirst, format!("The month stands first: {}.", month(second)));
    }
    let only = |fits: &dyn Fn(DateOrder) -> bool| match (fits(DayFirst), fits(MonthFirst)) {
        (true, false) => Some(DayFirst),
        (false, true) => Some(MonthFirst),
        _ => None,
    };
    let said = |order| if order == DayFirst { "The day stands first" } else { "The month stands first" };
    let read = |order| all.iter().filter_map(move |one| one.read(order));
    if firsts == 0 && seconds == 0 {
        let inside = |order: DateOrder| {
            let [from, to] = period.map(|period| period.map(|day| day.read(order))).unwrap_or_default();
            from.zip(to).is_some_and(|(from, to)| read(order).all(|day| from <= day && day <= to))
        };
        if let Some(order) = only(&inside) {
            return by(order, format!("{}: only so every line lies in the period that the file names.", said(order)));
        }
        if let Some(order) = answers.today.and_then(|today| only(&|order| read(order).all(|day| day <= today))) {
            return by(order, format!("{}: the other way some days would not have come yet.", said(order)));
        }
        if let Some(order) = only(&|order| runs_one_way(&read(order).collect::<Vec<_>>())) {
            return by(order, format!("{}: only so the days follow each other.", said(order)));
        }
        if let Some(month) = one_month(all) {
            return by(DayFirst, format!("The day stands first: every line has {month:02} in second place, the month."));
        }
        if let Some(order) = answers.date_order.or(answers.remembered) {
            return by(order, format!("{}, as was said for this account.", said(order)));
        }
    } else if let Some(order) = answers.date_order {
        return by(order, format!("{}, as was said; other lines are written the other way round.", said(order)));
    }
    Settled { order: DayFirst, ask: true, reason: String::new() }
}

/// Whether three different days or more rise all the way or fall all the way.
fn runs_one_way(days: &[Day]) -> bool {
    let mut different = days.to_vec();
    different.sort_unstable();
    different.dedup();
    different.len() >= 3 && (days.is_sorted() || days.iter().rev().is_sorted())
}

/// The second number, when it is the same everywhere and the first is not: a file of one month. (The first alone the same is no proof: a
/// payment on the first of each month looks like it.)
fn one_month(all: &[Written]) -> Option<u32> {
    let numbers = |one: &Written| match one {
        Written::Numbers { first, second, year } => Some((*first, *second, *year)),
        Written::Day(_) => None,
    };
    let all: Option<Vec<(u32, u32, i32)>> = all.iter().map(numbers).collect();
    let all = all?;
    let (first, month, year) = *all.first()?;
    (all.iter().all(|one| one.1 == month && one.2 == year) && all.iter().any(|one| one.0 != first)).then_some(month)
}

/// The day that a cell holds; `None` when it is none. `serials`: whether a bare number of a workbook counts days since 1900.
pub fn written(cell: &str, serials: bool) -> Option<Written> {
    let text = cell.trim().trim_start_matches('\'').trim();
    if text.is_empty() || text.len() > 40 {
        return None;
    }
    if serials && let Some(day) = serial(text) {
        return Some(Written::Day(day));
    }
    let parts = parts(text)?;
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<u32>().ok());
    let month = |at: usize| parts.get(at).and_then(|part| month(part));
    match parts.as_slice() {
        [all] if all.len() == 8 && all.bytes().all(|b| b.is_ascii_digit()) => eight(all),
        // Year first.
        [year, _, _] if year.len() == 4 && number(0).is_some() => {
            let month = number(1).or_else(|| month(1))?;
            day(year_of(year)?, month, number(2)?)
        }
        // A month in letters, behind the day or before it.
        [_, _, year] if month(1).is_some() => day(year_of(year)?, month(1)?, number(0)?),
        [_, _, year] if month(0).is_some() => day(year_of(year)?, month(0)?, number(1)?),
        [first, second, year] if first.len() <= 2 && second.len() <= 2 => {
            let (first, second, year) = (number(0)?, number(1)?, year_of(year)?);
            let possible = (1..=31).contains(&first) && (1..=31).contains(&second) && (first <= 12 || second <= 12);
            possible.then_some(Written::Numbers { first, second, year })
        }
        _ => None,
    }
}

/// The first two days that a line of text names: "1 September 2026 to 30 September 2026", "From: 01/09/2026 to 30/09/2026".
pub fn period(line: &str) -> Option<[Written; 2]> {
    let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || ",:;()".contains(c)).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() && found.len() < 2 {
        let day = [3, 1].into_iter().find_map(|length| {
            let some = words.get(at..at + length)?;
            Some((written(&some.join(" "), false)?, length))
        });
        at += match day {
            Some((day, length)) => {
                found.push(day);
                length
            }
            None => 1,
        };
    }
    <[Written; 2]>::try_from(found).ok()
}

/// What of a date is a number or a month; a time behind it and the name of the weekday before it are left out.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for letter in text.chars() {
        match letter {
            // A time of day: what went before is the hour.
            ':' if !part.is_empty() && parts.len() >= 3 => {
                part.clear();
                break;
            }
            'T' | 't' if parts.len() == 2 && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()) => break,
            '/' | '-' | '.' | ' ' | ',' | '\'' => {
                if !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                }
            }
            letter if letter.is_ascii_alphanumeric() => {
                // 25Sep26: letters and digits are parts of their own.
                let turns = part.chars().next_back().is_some_and(|last| last.is_ascii_digit() != letter.is_ascii_digit());
                if turns {
                    parts.push(std::mem::take(&mut part));
                }
                part.push(letter);
            }
            _ => return None,
        }
        if parts.len() > 6 {
            return None;
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    // 25th September.
    parts.retain(|part| !matches!(part.to_ascii_lowercase().as_str(), "st" | "nd" | "rd" | "th" | "of"));
    if parts.first().is_some_and(|part| weekday(part)) {
        parts.remove(0);
    }
    // The hour of a time that follows.
    if parts.len() > 3 && !text.contains(':') {
        return None;
    }
    parts.truncate(3);
    Some(parts)
}

fn weekday(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    part.len() >= 3
        && ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].iter().any(|day| day.starts_with(&part))
}

fn month(part: &str) -> Option<u32> {
    const MONTHS: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    let part = part.to_ascii_lowercase();
    let part = if part == "sept" { "sep" } else { &part };
    let at = MONTHS.iter().position(|month| part.len() >= 3 && month.starts_with(part))?;
    u32::try_from(at + 1).ok()
}

/// A year of this century in four digits, or its last two.
fn year_of(part: &str) -> Option<i32> {
    let year: i32 = part.parse().ok()?;
    match part.len() {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

fn day(year: i32, month: u32, day: u32) -> Option<Written> {
    NaiveDate::from_ymd_opt(year, month, day).map(Written::Day)
}

/// 20260930, or 30092026 where that is no year.
fn eight(digits: &str) -> Option<Written> {
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
    let this_century = |year: &u32| (2000..2100).contains(year);
    if let Some(year) = number(0, 4).filter(this_century) {
        return day(i32::try_from(year).ok()?, number(4, 6)?, number(6, 8)?);
    }
    let year = number(4, 8).filter(this_century)?;
    let (first, second) = (number(0, 2)?, number(2, 4)?);
    (first <= 12 || second <= 12).then_some(Written::Numbers { first, second, year: i32::try_from(year).ok()? })
}

/// Days since 1900 as Excel counts them, between 2000 and 2099.
fn serial(text: &str) -> Option<Day> {
    let number: i64 = text.split('.').next()?.parse().ok().filter(|number| (36_526..73_051).contains(number))?;
    let start = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    Some(days::add(start, number))
}

/// Whether a day can hardly be meant: not of this century, more than a year from now, or five years from the middle one of the file.
pub fn implausible(day: Day, middle: Day, today: Option<Day>) -> bool {
    !(2000..2100).contains(&day.year())
        || today.is_some_and(|today| (day - today).num_days() > 366)
        || (day - middle).num_days().abs() > 5 * 366
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        written(text, false)?.read(DateOrder::DayFirst).map(|day| day.to_string())
    }

    #[test]
    fn days_are_read_however_they_are_written() {
        for text in [
            "25/09/2026",
            "25-09-2026",
            "25.09.2026",
            "25/9/26",
            "25/9'26",
            "2026-09-25",
            "2026/09/25",
            "20260925",
            "25092026",
            "25 Sep 2026",
            "25-Sep-26",
            "25Sep2026",
            "25 September 2026",
            "25th September 2026",
            "Sep 25, 2026",
            "Fri 25 Sep 2026",
            "Friday, 25 September 2026",
            "25/09/2026 14:32",
            "25/09/2026 14:32:05",
            "2026-09-25T14:32:05Z",
            "2026-09-25T00:00:00+01:00",
            "25 Sep 2026 10:32",
            "'25/09/2026",
            " 25/09/2026 ",
            "2026-09-25 14:32:05.123",
            "25 Sept 26",
            "2026-Sep-25",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-09-25"), "{text}");
        }
        for text in [
            "",
            "31/02/2026",
            "45/45/2026",
            "Total",
            "12.05",
            "25/09",
            "99999999",
            "00012345",
            "1.2.3.4",
            "2026-13-01",
            "Payment 25",
            "25/09/20266",
            "Sep 2026",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(written("46290", true), written("2026-09-25", false));
        assert_eq!(written("46290", false), None);
    }

    fn settled(all: &[&str], period_line: &str, today: &str) -> (DateOrder, bool) {
        let all: Vec<Written> = all.iter().map(|text| written(text, false).unwrap()).collect();
        let settled = settle(&all, period(period_line), &Answers { today: days::parse_iso(today), ..Answers::default() });
        (settled.order, settled.ask)
    }

    #[test]
    fn the_file_settles_the_order_where_it_can() {
        use DateOrder::{DayFirst, MonthFirst};
        let (day, month, asks) = ((DayFirst, false), (MonthFirst, false), (DayFirst, true));
        assert_eq!(settled(&["03/04/2026", "25/03/2026"], "", ""), day);
        assert_eq!(settled(&["03/04/2026", "03/25/2026"], "", ""), month);
        assert_eq!(settled(&["03/04/2026", "05/03/2026", "07/06/2026", "01/02/2026"], "", "2026-11-30"), asks);
        assert_eq!(settled(&["05/10/2026", "03/10/2026"], "From: 01/10/2026 to 31/10/2026", ""), day);
        assert_eq!(settled(&["10/05/2026", "10/03/2026"], "1 October 2026 - 31 October 2026", ""), month);
        assert_eq!(settled(&["01/12/2026", "05/03/2026"], "", "2026-10-01"), month);
        assert_eq!(settled(&["01/02/2026", "03/02/2026", "02/03/2026"], "", ""), day);
        assert_eq!(settled(&["05/10/2026", "05/10/2026", "06/10/2026", "05/10/2026"], "", ""), day);
        assert_eq!(settled(&["05/10/2026", "05/10/2026"], "", ""), asks);
        assert_eq!(settled(&["05/05/2026"], "", ""), day);
        // A standing order of the first of the month: nothing tells it from three days of January.
        assert_eq!(settled(&["01/04/2026", "01/03/2026", "01/05/2026"], "", ""), asks);
        // One typed the other way round is its own problem; as many of each are a question.
        assert_eq!(settled(&["25/09/2026", "26/09/2026", "09/27/2026"], "", ""), day);
        assert_eq!(settled(&["25/09/2026", "09/27/2026"], "", ""), asks);
    }

    #[test]
    fn a_period_is_two_days_of_a_line() {
        let days = |text: &str| period(text).map(|days| days.map(|day| day.read(DateOrder::DayFirst).unwrap().to_string()));
        assert_eq!(days("For the period 1 September 2026 to 30 September 2026"), Some(["2026-09-01".into(), "2026-09-30".into()]));
        assert_eq!(days("From:\u{A0}01/09/2026\u{A0}to\u{A0}30/09/2026"), Some(["2026-09-01".into(), "2026-09-30".into()]));
        assert_eq!(days("Printed: 01/10/2026"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9/.'T: -]{0,20}|.{0,30}") {
            let _ = (written(&text, true), written(&text, false), period(&text));
        }

        #[test]
        fn every_day_is_read_from_its_writings(n in 0i64..36_000) {
            let wanted = days::add(days::academic_year_start(2000), n);
            for form in ["%Y-%m-%d", "%d/%m/%Y", "%-d/%-m/%y", "%d %b %Y", "%e %B %Y", "%Y%m%d"] {
                let text = wanted.format(form).to_string();
                prop_assert_eq!(written(&text, false).and_then(|day| day.read(DateOrder::DayFirst)), Some(wanted), "{}", text);
            }
        }
    }
}
