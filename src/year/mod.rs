//! The school year: the cluster's terms, its closures and each school's INSET days, and every question about days that
//! booking, reminding and drawing a calendar ask of them.
//!
//! What must always hold: whether a day is a school day is decided here and nowhere else, and the answer costs one bit.
//! A cluster's whole calendar is read once per request and asked thousands of times (a term of a hundred boxes), so it is
//! laid out as a bitmap of the days on which the cluster is open, and per school the few days on which it alone is closed.

pub mod acts;
pub mod ics;
pub mod pages;
pub mod plan;
pub mod store;
pub mod typed;

mod calendar;
mod windows;

pub use calendar::SchoolCalendar;
pub use windows::{MAX_WEEKS, Week, Window};

use crate::base::days::Day;
use crate::base::days::{self, Period};
use crate::base::ids::{SchoolId, TermId};
use crate::db::Refuses;
use crate::people::{Membership, RoleKind};

/// The three terms of an English school year, in the order in which they come.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display, strum::EnumIter,
)]
#[strum(serialize_all = "snake_case")]
pub enum Season {
    /// September to December.
    Autumn,
    /// January to Easter.
    Spring,
    /// Easter to July.
    Summer,
}

impl Season {
    /// "Autumn".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Autumn => "Autumn",
            Self::Spring => "Spring",
            Self::Summer => "Summer",
        }
    }

    /// The holiday that follows the term: "the Christmas holiday".
    #[must_use]
    pub fn holiday_after(self) -> &'static str {
        match self {
            Self::Autumn => "the Christmas holiday",
            Self::Spring => "the Easter holiday",
            Self::Summer => "the summer holiday",
        }
    }
}

/// A term of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Its id.
    pub id: TermId,
    /// Which of the three.
    pub season: Season,
    /// The academic year it belongs to, by the calendar year in which that starts: 2026 for 2026 to 2027.
    pub academic_year: i32,
    /// From the first day to the last day on which pupils are in.
    pub days: Period,
    /// The half-term holiday, inside `days`.
    pub half_term: Option<Period>,
}

impl Term {
    /// "Autumn term 2026", and in the same academic year "Spring term 2027".
    #[must_use]
    pub fn name(&self) -> String {
        let year = self.academic_year + i32::from(self.season != Season::Autumn);
        format!("{} term {year}", self.season.name())
    }

    /// The parts of the term before and after its half-term; one part when it has none.
    pub fn halves(&self) -> impl Iterator<Item = Period> + use<> {
        let (first, second) = match self.half_term {
            Some(half) => {
                (Period::new(self.days.first(), days::add(half.first(), -1)), Period::new(days::add(half.last(), 1), self.days.last()))
            }
            None => (Some(self.days), None),
        };
        first.into_iter().chain(second)
    }
}

/// Why a school is closed on a day of term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum ClosureKind {
    /// The staff train, the pupils stay at home.
    Inset,
    /// Any other closed day.
    Closure,
    /// A bank holiday in term.
    BankHoliday,
}

/// Days on which the whole cluster or one school is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// The school, or `None` for the whole cluster.
    pub school: Option<SchoolId>,
    /// What kind of closure.
    pub kind: ClosureKind,
    /// The closed days.
    pub days: Period,
    /// What the coordinator noted, or nothing.
    pub note: String,
}

/// The roles that decide which closed days somebody adds and removes, to be taken into a transaction.
#[derive(Debug, Clone)]
pub struct CalendarKeeper {
    coordinator: bool,
    led: Vec<SchoolId>,
}

/// These closed days are not this person's to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotYours;

impl Refuses for NotYours {}

impl CalendarKeeper {
    /// This person's.
    #[must_use]
    pub fn of(member: &Membership) -> Self {
        Self { coordinator: member.is(RoleKind::Coordinator), led: member.schools_led().map(|school| school.id).collect() }
    }

    /// Whether the person may add or remove such a closure: the coordinator any, a science lead INSET days of the own school.
    ///
    /// # Errors
    /// When not.
    pub fn may_keep(&self, school: Option<SchoolId>, kind: ClosureKind) -> Result<(), NotYours> {
        let of_own = kind == ClosureKind::Inset && school.is_some_and(|school| self.led.contains(&school));
        if self.coordinator || of_own { Ok(()) } else { Err(NotYours) }
    }
}

/// Why a day is not a school day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Saturday or Sunday.
    Weekend,
    /// Inside the half-term holiday.
    HalfTerm,
    /// Between terms: the season of the term before, where one is recorded.
    Holiday(Option<Season>),
    /// A closure of the cluster or of a school.
    Closure {
        /// What kind.
        kind: ClosureKind,
        /// The school, or `None` for the whole cluster.
        school: Option<SchoolId>,
        /// The coordinator's note.
        note: String,
    },
}

impl Closed {
    /// The reason as it stands in a sentence: "half-term", "a weekend", "the Easter holiday", "an INSET day at Saxton".
    /// `school` is the name of the school whose closure it is.
    #[must_use]
    pub fn words(&self, school: Option<&str>) -> String {
        match self {
            Self::Weekend => "a weekend".to_owned(),
            Self::HalfTerm => "half-term".to_owned(),
            Self::Holiday(Some(season)) => season.holiday_after().to_owned(),
            Self::Holiday(None) => "outside term".to_owned(),
            Self::Closure { kind, school: whose, note } => {
                let what = match kind {
                    ClosureKind::Inset => "an INSET day".to_owned(),
                    ClosureKind::BankHoliday => "a bank holiday".to_owned(),
                    ClosureKind::Closure if note.is_empty() => "a closed day".to_owned(),
                    ClosureKind::Closure => format!("closed ({note})"),
                };
                match (whose, school) {
                    (Some(_), Some(name)) => format!("{what} at {name}"),
                    _ => what,
                }
            }
        }
    }

    /// The reason as a heading of a calendar column: "Half-term", "INSET", "Bank holiday", "Easter".
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Weekend => "Weekend",
            Self::HalfTerm => "Half-term",
            Self::Holiday(Some(Season::Autumn)) => "Christmas",
            Self::Holiday(Some(Season::Spring)) => "Easter",
            Self::Holiday(Some(Season::Summer)) => "Summer",
            Self::Holiday(None) => "Holiday",
            Self::Closure { kind: ClosureKind::Inset, .. } => "INSET",
            Self::Closure { kind: ClosureKind::BankHoliday, .. } => "Bank holiday",
            Self::Closure { kind: ClosureKind::Closure, .. } => "Closed",
        }
    }
}

/// A week belongs to the academic year in which its Friday lies, so that the week of 1 September is in one year only.
pub(crate) fn year_of_week(monday: Day) -> i32 {
    days::academic_year(days::add(monday, 4))
}

/// Calendars for the tests of every room that asks about days.
#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::base::days::{Day, parse_iso};

    /// A day from its ISO text.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn day(text: &str) -> Day {
        parse_iso(text).unwrap()
    }

    /// A period from two ISO texts.
    ///
    /// # Panics
    /// When they are no days, or not in order.
    #[must_use]
    pub fn period(first: &str, last: &str) -> Period {
        Period::new(day(first), day(last)).unwrap()
    }

    fn term(id: i64, season: Season, year: i32, days: Period, half: Period) -> Term {
        Term { id: TermId(id), season, academic_year: year, days, half_term: Some(half) }
    }

    /// The school whose INSET days the sample holds.
    pub const SAXTON: SchoolId = SchoolId(2);

    /// The terms of 2026 to 2027 and 2027 to 2028, the May bank holidays, an INSET day of the cluster, two of one school.
    #[must_use]
    pub fn calendar() -> SchoolCalendar {
        let terms = vec![
            term(1, Season::Autumn, 2026, period("2026-09-02", "2026-12-18"), period("2026-10-26", "2026-10-30")),
            term(2, Season::Spring, 2026, period("2027-01-05", "2027-03-25"), period("2027-02-15", "2027-02-19")),
            term(3, Season::Summer, 2026, period("2027-04-12", "2027-07-21"), period("2027-05-31", "2027-06-04")),
            term(4, Season::Autumn, 2027, period("2027-09-02", "2027-12-17"), period("2027-10-25", "2027-10-29")),
            term(5, Season::Spring, 2027, period("2028-01-04", "2028-03-31"), period("2028-02-14", "2028-02-18")),
            term(6, Season::Summer, 2027, period("2028-04-18", "2028-07-21"), period("2028-05-29", "2028-06-02")),
        ];
        let closed = |school, kind, days| Closure { school, kind, days, note: String::new() };
        let closures = vec![
            closed(None, ClosureKind::Inset, period("2026-11-02", "2026-11-02")),
            closed(None, ClosureKind::BankHoliday, period("2027-05-03", "2027-05-03")),
            closed(Some(SAXTON), ClosureKind::Inset, period("2026-11-27", "2026-11-27")),
            closed(Some(SAXTON), ClosureKind::Inset, period("2027-07-20", "2027-07-21")),
        ];
        SchoolCalendar::new(terms, closures)
    }
}
