//! Planning the school year: which terms fit together, what a pasted year would change, whom it would disturb.
//!
//! What must always hold: a year has each season once, in their order; terms do not overlap; a half-term lies inside its term.
//! Past bookings never move: a new year only says how many bookings to come would begin or end on a day without school.

use chrono::Datelike;

use crate::base::days::{self, Day, Period};
use crate::base::ids::{SchoolId, TermId};
use crate::year::{Closure, SchoolCalendar, Season, Term};

/// The academic years that can be recorded, by the calendar year in which they start.
pub const YEARS: std::ops::RangeInclusive<i32> = 2000..=2098;
/// The most terms and closures that are taken from one text.
pub const MOST_ROWS: usize = 500;

/// The most weeks of a school year that are drawn, from August to the end of July.
pub const LONGEST_YEAR: usize = 54;

/// The most faults of one row that are said: one that clashes with all others is named, and not once for each of them.
const MOST_OF_A_ROW: usize = 5;

/// "2026 to 2027".
#[must_use]
pub fn year_name(academic_year: i32) -> String {
    format!("{academic_year} to {}", academic_year + 1)
}

/// The days of an academic year, 1 September to 31 August.
#[must_use]
pub fn year_days(academic_year: i32) -> Period {
    let (first, next) = (days::academic_year_start(academic_year), days::academic_year_start(academic_year + 1));
    Period::new(first, days::add(next, -1)).unwrap_or(Period::day(first))
}

/// The days for which a change of the school year can matter to bookings, with some of the past for what is entered late.
#[must_use]
pub fn horizon(today: Day) -> Period {
    let first = days::add(today, -400);
    Period::new(first, days::END).unwrap_or(Period::day(first))
}

/// A term as somebody means it, before it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Which of the three.
    pub season: Season,
    /// The calendar year in which its academic year starts.
    pub academic_year: i32,
    /// From the first to the last day on which pupils are in.
    pub days: Period,
    /// The half-term holiday.
    pub half_term: Option<Period>,
}

impl Planned {
    /// The same with an id.
    #[must_use]
    pub fn with_id(self, id: TermId) -> Term {
        Term { id, season: self.season, academic_year: self.academic_year, days: self.days, half_term: self.half_term }
    }

    /// "Autumn term 2026".
    #[must_use]
    pub fn name(&self) -> String {
        self.with_id(TermId(0)).name()
    }

    fn is(&self, term: &Term) -> bool {
        self.season == term.season && self.academic_year == term.academic_year
    }

    /// Its place among the terms of all years.
    fn place(&self) -> (i32, Season) {
        (self.academic_year, self.season)
    }
}

impl From<&Term> for Planned {
    fn from(term: &Term) -> Self {
        Self { season: term.season, academic_year: term.academic_year, days: term.days, half_term: term.half_term }
    }
}

/// Why a term does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermFault {
    /// Its days are not in its academic year.
    OutsideYear(i32, Period),
    /// Its half-term is not inside it.
    HalfOutside(Period, Period),
    /// It shares days with another term.
    Overlaps(String, Period),
    /// It stands before an earlier season, or after a later one.
    OutOfOrder(String, Period),
    /// The year has this season already.
    Twice(String),
    /// It begins in a month in which no term of its season does.
    Begins(Season, Day),
    /// It ends in a month in which no term of its season does.
    Ends(Season, Day),
    /// It begins or ends on a Saturday or a Sunday.
    Weekend(Day, bool),
}

impl TermFault {
    /// The form's field that it concerns.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::HalfOutside(..) => "half-first",
            Self::Twice(_) => "season",
            Self::Ends(..) | Self::Weekend(_, false) => "last",
            _ => "first",
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn wrong(&self) -> String {
        match self {
            Self::OutsideYear(year, days) => format!("The term, {days}, is not in the school year {}.", year_name(*year)),
            Self::HalfOutside(half, days) => format!("The half-term, {half}, is not inside the term, {days}."),
            Self::Overlaps(name, days) => format!("The term shares days with {name}, {days}."),
            Self::OutOfOrder(name, days) => format!("The term is on the wrong side of {name}, {days}."),
            Self::Twice(name) => format!("{name} is there already."),
            Self::Begins(season, day) => format!("{} term would begin on {}.", season.name(), days::long(*day)),
            Self::Ends(season, day) => format!("{} term would end on {}.", season.name(), days::long(*day)),
            Self::Weekend(day, _) => format!("{} is at a weekend.", days::full(*day)),
        }
    }

    /// What would be right.
    #[must_use]
    pub fn right(&self) -> &'static str {
        match self {
            Self::OutsideYear(..) => "Mend the days or the year. A school year runs from August to the next August.",
            Self::HalfOutside(..) => "The half-term begins after the first day of the term and ends before its last day.",
            Self::Overlaps(..) => "A term starts after the one before has ended.",
            Self::OutOfOrder(..) => "In a school year autumn comes first, then spring, then summer.",
            Self::Twice(_) => "A school year has each season once. Change that term instead.",
            Self::Begins(Season::Autumn, _) => "An autumn term begins in August or September: mend the day or the season.",
            Self::Begins(Season::Spring, _) => "A spring term begins in January: mend the day or the season.",
            Self::Begins(Season::Summer, _) => "A summer term begins after Easter: mend the day or the season.",
            Self::Ends(Season::Autumn, _) => "An autumn term ends before Christmas: mend the day or the season.",
            Self::Ends(Season::Spring, _) => "A spring term ends near Easter: mend the day or the season.",
            Self::Ends(Season::Summer, _) => "A summer term ends in June or July: mend the day or the season.",
            Self::Weekend(..) => "A term begins and ends on a weekday: mend the day.",
        }
    }
}

/// What cannot be of a term's own first and last day: a month in which no school of the UK begins or ends it, a weekend. What was read
/// wrong is seen by it: an autumn term that ends in October is a half-term taken for Christmas.
#[must_use]
pub fn impossible(season: Season, days: Period) -> Vec<TermFault> {
    let (begins, ends) = match season {
        Season::Autumn => ((7, 15)..=(10, 15), [(12, 1)..=(12, 31), (1, 1)..=(1, 15)]),
        Season::Spring => ((1, 1)..=(2, 15), [(3, 1)..=(5, 10), (3, 1)..=(5, 10)]),
        Season::Summer => ((3, 10)..=(5, 31), [(6, 1)..=(8, 15), (6, 1)..=(8, 15)]),
    };
    let at = |day: Day| (day.month(), day.day());
    let (first, last) = (days.first(), days.last());
    let mut faults = Vec::new();
    // The first days of a spring term may be the last of December.
    if !(begins.contains(&at(first)) || season == Season::Spring && first.month() == 12 && first.day() >= 26) {
        faults.push(TermFault::Begins(season, first));
    }
    if !ends.iter().any(|range| range.contains(&at(last))) {
        faults.push(TermFault::Ends(season, last));
    }
    faults.extend(
        [(first, true), (last, false)]
            .into_iter()
            .filter(|(day, _)| !days::is_weekday(*day))
            .map(|(day, first)| TermFault::Weekend(day, first)),
    );
    faults
}

/// Whether a term is right in itself and fits beside the others.
#[must_use]
pub fn faults_of(term: &Planned, others: &[Planned]) -> Vec<TermFault> {
    let mut faults = Vec::new();
    // Scotland and Leicestershire go back in August.
    let year = Period::new(days::add(year_days(term.academic_year).first(), -31), year_days(term.academic_year).last());
    if !year.is_some_and(|year| year.contains(term.days.first()) && year.contains(term.days.last())) {
        faults.push(TermFault::OutsideYear(term.academic_year, term.days));
    }
    faults.extend(impossible(term.season, term.days));
    if let Some(half) = term.half_term.filter(|half| half.first() <= term.days.first() || half.last() >= term.days.last()) {
        faults.push(TermFault::HalfOutside(half, term.days));
    }
    for other in others {
        if other.place() == term.place() {
            faults.push(TermFault::Twice(other.name()));
        } else if other.days.overlaps(term.days) {
            faults.push(TermFault::Overlaps(other.name(), other.days));
        } else if (other.place() < term.place()) != (other.days.first() < term.days.first()) {
            faults.push(TermFault::OutOfOrder(other.name(), other.days));
        }
    }
    faults
}

/// Something in a pasted text that cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line of the text.
    pub line: Option<u64>,
    /// The column, or nothing.
    pub column: String,
    /// What is wrong.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

/// What storing a row would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is not there yet.
    New,
    /// Another one of that year and season is there.
    Replaces(Term),
    /// It is there just so.
    Same,
}

/// A good row of a pasted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// Its line.
    pub line: u64,
    /// What it says.
    pub what: T,
    /// What storing it would do.
    pub step: Step,
}

/// Sorts read terms into those that fit, with what they would do, and the faults of the others. All are judged beside the
/// terms that stay and beside each other.
#[must_use]
pub fn plan_terms(read: &[(u64, Planned)], existing: &[Term]) -> (Vec<Row<Planned>>, Vec<Fault>) {
    let stay: Vec<Planned> = existing.iter().filter(|term| !read.iter().any(|(_, planned)| planned.is(term))).map(Planned::from).collect();
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for (n, (line, term)) in read.iter().enumerate() {
        // Of two lines that clash, the later one is named.
        let others: Vec<Planned> = stay.iter().copied().chain(read[..n].iter().map(|(_, planned)| *planned)).collect();
        let wrong = faults_of(term, &others);
        if wrong.is_empty() {
            let step = match existing.iter().find(|known| term.is(known)) {
                None => Step::New,
                Some(known) if Planned::from(known) == *term => Step::Same,
                Some(known) => Step::Replaces(*known),
            };
            good.push(Row { line: *line, what: *term, step });
        }
        faults.extend(wrong.iter().take(MOST_OF_A_ROW).map(|fault| Fault {
            line: Some(*line),
            column: String::new(),
            wrong: fault.wrong(),
            right: fault.right().to_owned(),
        }));
    }
    (good, faults)
}

/// Which of the read closures are new.
#[must_use]
pub fn plan_closures(read: Vec<(u64, Closure)>, existing: &[Closure]) -> Vec<Row<Closure>> {
    let same = |a: &Closure, b: &Closure| a.school == b.school && a.kind == b.kind && a.days == b.days;
    let mut rows: Vec<Row<Closure>> = Vec::with_capacity(read.len());
    for (line, what) in read {
        let known = existing.iter().any(|other| same(other, &what)) || rows.iter().any(|row| same(&row.what, &what));
        rows.push(Row { line, what, step: if known { Step::Same } else { Step::New } });
    }
    rows
}

/// The calendar as it would be with these rows stored.
#[must_use]
pub fn calendar_with(now: &SchoolCalendar, terms: &[Row<Planned>], closures: &[Row<Closure>]) -> SchoolCalendar {
    let kept = now.terms().iter().filter(|term| !terms.iter().any(|row| row.what.is(term))).copied();
    let new = terms.iter().map(|row| row.what.with_id(TermId(0)));
    let closed = closures.iter().filter(|row| row.step == Step::New).map(|row| row.what.clone());
    SchoolCalendar::new(kept.chain(new).collect(), now.closures().iter().cloned().chain(closed).collect())
}

/// How many of the bookings begin or end on a school day now, from today on, and would not any more.
#[must_use]
pub fn disturbed(bookings: &[(SchoolId, Period)], today: Day, before: &SchoolCalendar, after: &SchoolCalendar) -> usize {
    let lost = |day: Day, school| day >= today && before.is_school_day(day, Some(school)) && !after.is_school_day(day, Some(school));
    bookings.iter().filter(|(school, days)| lost(days.first(), *school) || lost(days.last(), *school)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::year::ClosureKind;
    use crate::year::samples::{SAXTON, calendar, day, period};

    fn autumn(first: &str, last: &str, half: Option<Period>) -> Planned {
        Planned { season: Season::Autumn, academic_year: 2026, days: period(first, last), half_term: half }
    }

    #[test]
    fn a_term_must_fit_into_its_year_and_beside_the_others() {
        let others: Vec<Planned> = calendar().terms()[1..].iter().map(Planned::from).collect();
        let half = |a, b| Some(period(a, b));
        assert_eq!(faults_of(&autumn("2026-08-24", "2026-12-18", half("2026-10-26", "2026-10-30")), &others), []);
        let fields = |term: &Planned, others: &[Planned]| {
            let mut fields: Vec<_> = faults_of(term, others).iter().map(TermFault::field).collect();
            fields.dedup();
            fields
        };
        assert_eq!(fields(&autumn("2025-09-01", "2025-12-18", None), &others), ["first"]);
        assert_eq!(fields(&autumn("2026-09-01", "2027-01-05", None), &others), ["first"]);
        assert_eq!(fields(&autumn("2027-03-26", "2027-04-09", None), &others), ["first", "last", "first"], "after the spring term");
        for wrong in [half("2026-09-01", "2026-09-04"), half("2026-12-14", "2026-12-18"), half("2027-02-01", "2027-02-05")] {
            assert_eq!(fields(&autumn("2026-09-01", "2026-12-18", wrong), &others), ["half-first"]);
        }
        let all: Vec<Planned> = calendar().terms().iter().map(Planned::from).collect();
        assert!(fields(&autumn("2026-09-01", "2026-12-18", None), &all).contains(&"season"));
    }

    #[test]
    fn a_term_has_its_months_and_no_weekend() {
        let said = |season, first, last| impossible(season, period(first, last)).iter().map(TermFault::field).collect::<Vec<_>>();
        // Scotland, Leicestershire, Northern Ireland, an early and a late Easter.
        for (season, first, last) in [
            (Season::Autumn, "2026-08-18", "2026-12-22"),
            (Season::Autumn, "2026-08-26", "2026-12-18"),
            (Season::Spring, "2027-01-04", "2027-03-24"),
            (Season::Spring, "2038-01-05", "2038-04-16"),
            (Season::Summer, "2027-04-05", "2027-06-30"),
            (Season::Summer, "2038-05-04", "2038-07-23"),
        ] {
            assert_eq!(said(season, first, last), Vec::<&str>::new(), "{first} to {last}");
        }
        assert_eq!(said(Season::Autumn, "2026-08-18", "2026-10-09"), ["last"]);
        assert_eq!(said(Season::Spring, "2026-10-19", "2027-04-02"), ["first"]);
        assert_eq!(said(Season::Summer, "2027-04-11", "2027-07-24"), ["first", "last"], "a Sunday and a Saturday");
    }

    #[test]
    fn a_pasted_year_says_what_it_replaces_and_blames_the_later_of_two_lines() {
        let now = calendar();
        let same = Planned::from(&now.terms()[1]);
        let (good, faults) = plan_terms(&[(2, autumn("2026-09-02", "2026-12-17", None)), (3, same)], now.terms());
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(good[0].step, Step::Replaces(now.terms()[0]));
        assert_eq!(good[1].step, Step::Same);
        let (good, faults) = plan_terms(&[(2, autumn("2026-09-02", "2027-01-08", None)), (3, same)], now.terms());
        assert_eq!((good.len(), faults.len(), faults[0].line), (1, 1, Some(3)));
    }

    #[test]
    fn bookings_are_disturbed_when_their_ends_lose_their_school_day() {
        let now = calendar();
        let inset =
            Closure { school: Some(SAXTON), kind: ClosureKind::Inset, days: period("2026-12-04", "2026-12-04"), note: String::new() };
        let rows = plan_closures(vec![(2, inset.clone()), (3, inset)], now.closures());
        assert_eq!(rows[1].step, Step::Same, "the same line twice is one closure");
        let after = calendar_with(&now, &[], &rows);
        let ends = (SAXTON, period("2026-11-30", "2026-12-04"));
        let through = (SAXTON, period("2026-11-30", "2026-12-11"));
        let elsewhere = (SchoolId(9), period("2026-11-30", "2026-12-04"));
        assert_eq!(disturbed(&[ends, through, elsewhere], day("2026-11-23"), &now, &after), 1);
        assert_eq!(disturbed(&[ends], day("2026-12-05"), &now, &after), 0, "the past does not move");
    }
}
