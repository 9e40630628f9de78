//! Where a day lies in the school year, in any nation of the UK: which end of which term a first or last day can be, and which holiday a
//! run of days off is. Ends of terms lie near Christmas, Easter and July; a break in between is a half-term, whatever it is called.

use chrono::Datelike;

use crate::base::days::{self, Day, Period};
use crate::year::Season;

/// A term of an academic year.
pub type Key = (i32, Season);

/// An end of a term or of its half-term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The first day of a term.
    First(Key),
    /// Its last day.
    Last(Key),
    /// What ends before its half-term.
    HalfFrom(Key),
    /// What begins after its half-term.
    HalfTo(Key),
}

/// What a run of days off is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// The holiday after a term.
    After(Key),
    /// A term's half-term.
    Half(Key),
}

/// The end of which a day can be when school begins on it.
#[must_use]
pub fn opening(day: Day) -> Option<Slot> {
    let key = |season| (year(day), season);
    Some(match (day.month(), day.day()) {
        (8 | 9, _) => Slot::First(key(Season::Autumn)),
        (10 | 11, _) => Slot::HalfTo(key(Season::Autumn)),
        (12, 26..) => Slot::First((year(day), Season::Spring)),
        (1, _) => Slot::First(key(Season::Spring)),
        (2, _) | (3, ..=12) => Slot::HalfTo(key(Season::Spring)),
        (3 | 4, _) | (5, ..=8) => Slot::First(key(Season::Summer)),
        (5 | 6, _) => Slot::HalfTo(key(Season::Summer)),
        _ => return None,
    })
}

/// The end of which a day can be when school is over on it.
#[must_use]
pub fn closing(day: Day) -> Option<Slot> {
    let key = |season| (year(day), season);
    Some(match (day.month(), day.day()) {
        (9, 10..) | (10, _) | (11, ..=25) => Slot::HalfFrom(key(Season::Autumn)),
        (11 | 12, _) => Slot::Last(key(Season::Autumn)),
        (1, 8..) | (2, _) | (3, ..=7) => Slot::HalfFrom(key(Season::Spring)),
        (3 | 4, _) | (5, ..=5) => Slot::Last(key(Season::Spring)),
        (5, _) | (6, ..=12) => Slot::HalfFrom(key(Season::Summer)),
        (6 | 7, _) => Slot::Last(key(Season::Summer)),
        (8, ..=15) => Slot::Last((year(day) - 1, Season::Summer)),
        _ => return None,
    })
}

/// Which holiday a run of days off is; `half` when it calls itself a half-term.
#[must_use]
pub fn gap(days: Period, half: bool) -> Gap {
    let first = days.first();
    let touches = |from: (u32, u32), to: (u32, u32)| days.days().any(|day| (from..=to).contains(&(day.month(), day.day())));
    let (m, d) = (first.month(), first.day());
    if touches((12, 23), (12, 31)) || touches((1, 1), (1, 2)) {
        let started = if m == 1 { year(first) } else { first.year() };
        return Gap::After((started, Season::Autumn));
    }
    if touches((7, 20), (8, 12)) {
        return Gap::After((if m >= 8 { first.year() - 1 } else { year(first) }, Season::Summer));
    }
    let key = |season| (year(first), season);
    match (m, d) {
        (9, 5..) | (10 | 11, _) => Gap::Half(key(Season::Autumn)),
        (12, _) => Gap::After(key(Season::Autumn)),
        (1 | 2, _) | (3, ..=7) => Gap::Half(key(Season::Spring)),
        (3 | 4, _) | (5, ..=3) if half && m != 4 => Gap::Half(key(if m == 3 { Season::Spring } else { Season::Summer })),
        (3 | 4, _) | (5, ..=3) => Gap::After(key(Season::Spring)),
        (5, _) | (6, ..=20) => Gap::Half(key(Season::Summer)),
        (6 | 7, _) => Gap::After(key(Season::Summer)),
        _ => Gap::After((year(first) - 1, Season::Summer)),
    }
}

/// The term after a term.
#[must_use]
pub fn next((year, season): Key) -> Key {
    match season {
        Season::Autumn => (year, Season::Spring),
        Season::Spring => (year, Season::Summer),
        Season::Summer => (year + 1, Season::Autumn),
    }
}

/// The academic year of a day, where August belongs to the year that begins: Scotland and Leicestershire are back then.
fn year(day: Day) -> i32 {
    days::academic_year(day) + i32::from(day.month() == 8)
}

/// The weekday before a day.
#[must_use]
pub fn before(day: Day) -> Day {
    step(day, -1)
}

/// The weekday after a day.
#[must_use]
pub fn after(day: Day) -> Day {
    step(day, 1)
}

fn step(day: Day, by: i64) -> Day {
    let mut day = days::add(day, by);
    while !days::is_weekday(day) {
        day = days::add(day, by);
    }
    day
}

/// Without the weekends at both ends.
#[must_use]
pub fn weekdays_of(period: Period) -> Option<Period> {
    let first = period.days().find(|day| days::is_weekday(*day))?;
    let last = period.days().filter(|day| days::is_weekday(*day)).last()?;
    Period::new(first, last)
}
