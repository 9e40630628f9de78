//! Days and periods. A booking is about school days, so everything here is a date and never an instant (product rule 9).

use std::fmt;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A calendar day. No time, no zone.
pub type Day = NaiveDate;

/// From a first day to a last day, both inclusive; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    first: Day,
    last: Day,
}

impl Period {
    /// `None` when `last` is before `first`.
    #[must_use]
    pub fn new(first: Day, last: Day) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// One single day.
    #[must_use]
    pub fn day(day: Day) -> Self {
        Self { first: day, last: day }
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> Day {
        self.first
    }

    /// The last day, which still belongs to it.
    #[must_use]
    pub fn last(self) -> Day {
        self.last
    }

    /// How many days, weekends included; at least 1.
    #[must_use]
    pub fn len_days(self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    /// Whether the day is in it.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }

    /// Whether they share a day.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// The days they share.
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }

    /// The same first day, the last day moved by `days` (turnaround after a booking).
    #[must_use]
    pub fn extended(self, days: u32) -> Self {
        Self { first: self.first, last: add(self.last, i64::from(days)) }
    }

    /// Every day of it, in order.
    pub fn days(self) -> impl Iterator<Item = Day> {
        self.first.iter_days().take_while(move |day| *day <= self.last)
    }
}

/// `day` moved by `by` days; stands still at the ends of the calendar (year 262,000), where no school is open.
#[must_use]
pub fn add(day: Day, by: i64) -> Day {
    let step = Days::new(by.unsigned_abs());
    if by < 0 { day.checked_sub_days(step) } else { day.checked_add_days(step) }.unwrap_or(day)
}

/// The Monday of the day's week.
#[must_use]
pub fn monday(day: Day) -> Day {
    add(day, -i64::from(day.weekday().num_days_from_monday()))
}

/// Monday to Friday.
#[must_use]
pub fn is_weekday(day: Day) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The academic year a day falls in, by the year it starts in: 1 September 2026 to 31 August 2027 is 2026.
#[must_use]
pub fn academic_year(day: Day) -> i32 {
    if day.month() >= 9 { day.year() } else { day.year() - 1 }
}

/// The first day of an academic year, 1 September.
#[must_use]
pub fn academic_year_start(year: i32) -> Day {
    NaiveDate::from_ymd_opt(year, 9, 1).unwrap_or_default()
}

/// The last day that the database knows: 31 December 2099.
pub const END: Day = match NaiveDate::from_ymd_opt(2099, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// A day from its ISO text, `2026-11-26`: four, two and two digits, nothing else.
#[must_use]
pub fn parse_iso(text: &str) -> Option<Day> {
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten().filter(|day| (2000..2100).contains(&day.year()))
}

/// "26 November 2026".
#[must_use]
pub fn long(day: Day) -> String {
    day.format("%-d %B %Y").to_string()
}

/// "Thursday 26 November 2026".
#[must_use]
pub fn full(day: Day) -> String {
    day.format("%A %-d %B %Y").to_string()
}

/// "Thu 26 Nov".
#[must_use]
pub fn short(day: Day) -> String {
    day.format("%a %-d %b").to_string()
}

/// "Thu 26 November".
#[must_use]
pub fn weekday(day: Day) -> String {
    day.format("%a %-d %B").to_string()
}

/// "26 Nov".
#[must_use]
pub fn brief(day: Day) -> String {
    day.format("%-d %b").to_string()
}

/// "5 to 16 October 2026", "28 September to 2 October 2026", "14 December 2026 to 8 January 2027", "26 November 2026".
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b) = (self.first, self.last);
        if a == b {
            write!(f, "{}", b.format("%-d %B %Y"))
        } else if a.year() != b.year() {
            write!(f, "{} to {}", a.format("%-d %B %Y"), b.format("%-d %B %Y"))
        } else if a.month() != b.month() {
            write!(f, "{} to {}", a.format("%-d %B"), b.format("%-d %B %Y"))
        } else {
            write!(f, "{} to {}", a.format("%-d"), b.format("%-d %B %Y"))
        }
    }
}

/// What is wrong with a day that was typed into three boxes. Each form says it in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotADay {
    /// Some boxes are empty and others are not: the names of the empty ones.
    Missing(Vec<&'static str>),
    /// Something other than digits.
    NotNumbers,
    /// Not a year of this century in four digits.
    Year,
    /// Not in the calendar, such as 31 2 2027.
    NotInCalendar,
}

/// The day in the boxes for day, month and year; `None` when all three are empty.
///
/// # Errors
/// What is wrong with it.
pub fn typed(boxes: [&str; 3]) -> Result<Option<Day>, NotADay> {
    let boxes = boxes.map(str::trim);
    let missing: Vec<&str> = boxes.iter().zip(["day", "month", "year"]).filter(|(text, _)| text.is_empty()).map(|(_, name)| name).collect();
    if missing.len() == boxes.len() {
        return Ok(None);
    }
    if !missing.is_empty() {
        return Err(NotADay::Missing(missing));
    }
    // Ten digits are a number, too, but no part of a day; more would not fit.
    let number =
        |text: &str| (text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u32>().ok()).flatten();
    let [Some(day), Some(month), Some(year)] = boxes.map(number) else { return Err(NotADay::NotNumbers) };
    let year = i32::try_from(year).ok().filter(|year| boxes[2].len() == 4 && (2000..2100).contains(year)).ok_or(NotADay::Year)?;
    let short = boxes[0].len() <= 2 && boxes[1].len() <= 2;
    chrono::NaiveDate::from_ymd_opt(year, month, day).filter(|_| short).map(Some).ok_or(NotADay::NotInCalendar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_day_is_three_numbers_or_none() {
        assert_eq!(typed(["", " ", ""]), Ok(None));
        assert_eq!(typed([" 31", "08 ", "2027"]), Ok(parse_iso("2027-08-31")));
        assert_eq!(typed(["29", "2", "2028"]), Ok(parse_iso("2028-02-29")));
        assert_eq!(typed(["31", "", ""]), Err(NotADay::Missing(vec!["month", "year"])));
        for (wrong, fault) in [
            (["31", "2", "2027"], NotADay::NotInCalendar),
            (["1", "13", "2027"], NotADay::NotInCalendar),
            (["29", "2", "2027"], NotADay::NotInCalendar),
            (["00001", "1", "2027"], NotADay::NotInCalendar),
            (["1", "1", "27"], NotADay::Year),
            (["1", "1", "1999"], NotADay::Year),
            (["1", "1", "02027"], NotADay::Year),
            (["x", "2", "2027"], NotADay::NotNumbers),
            (["-1", "1", "2027"], NotADay::NotNumbers),
            (["1", "1", "99999999999999999999"], NotADay::NotNumbers),
        ] {
            assert_eq!(typed(wrong), Err(fault), "{wrong:?}");
        }
    }

    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        parse_iso(text).unwrap_or_default()
    }

    fn period(a: &str, b: &str) -> String {
        Period::new(day(a), day(b)).map_or_else(String::new, |p| p.to_string())
    }

    #[test]
    fn periods_are_written_as_people_say_them() {
        assert_eq!(period("2026-10-05", "2026-10-16"), "5 to 16 October 2026");
        assert_eq!(period("2026-09-28", "2026-10-02"), "28 September to 2 October 2026");
        assert_eq!(period("2026-12-14", "2027-01-08"), "14 December 2026 to 8 January 2027");
        assert_eq!(period("2028-02-29", "2028-02-29"), "29 February 2028");
        assert_eq!(period("2026-10-16", "2026-10-05"), "");
    }

    #[test]
    fn only_real_days_are_read() {
        assert!(parse_iso("2027-02-29").is_none());
        assert!(parse_iso("2028-02-29").is_some());
        for wrong in ["2026-1-1", "26-11-2026", "2026-11-26 ", "1999-12-31", "9999-01-01", "２０２６-01-01", ""] {
            assert!(parse_iso(wrong).is_none(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn overlap_is_sharing_a_day(a in 0i64..60, b in 0i64..20, c in 0i64..60, d in 0i64..20) {
            let origin = day("2028-02-01");
            let one = Period { first: add(origin, a), last: add(origin, a + b) };
            let two = Period { first: add(origin, c), last: add(origin, c + d) };
            let shared = one.days().filter(|day| two.contains(*day)).count();
            prop_assert_eq!(one.overlaps(two), shared > 0);
            prop_assert_eq!(one.overlaps(two), two.overlaps(one));
            prop_assert_eq!(one.intersect(two).map_or(0, Period::len_days), i64::try_from(shared).unwrap_or(-1));
        }

        #[test]
        fn monday_starts_the_week(n in 0i64..40_000) {
            let d = add(day("2000-01-01"), n);
            prop_assert_eq!(monday(d).weekday(), Weekday::Mon);
            prop_assert!((0..7).contains(&(d - monday(d)).num_days()));
        }
    }
}
