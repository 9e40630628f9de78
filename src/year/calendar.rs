//! The bitmap of school days and what is read off it: open or closed and why, the next and the last school day, how many.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Weekday};

use super::{Closed, Closure, Term};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{SchoolId, TermId};
use crate::clusters::settings::Further;
use crate::year::year_of_week;

/// How far a search for the next school day goes before it gives up: longer than any school year.
const SEARCH_DAYS: i64 = 800;

/// A cluster's terms and closures, ready to be asked.
///
/// A day is a school day when it is a weekday in a term, not in that term's half-term, and neither the cluster nor the
/// school asked about is closed. A weekday of an academic year for which no term at all is recorded counts as a school day
/// too: otherwise nobody could book into next year before its term dates are published. (31 August in the first
/// week of a recorded year is none, whatever is known of the year before.)
#[derive(Debug, Clone)]
pub struct SchoolCalendar {
    /// By first day.
    terms: Vec<Term>,
    /// By first day.
    closures: Vec<Closure>,
    /// The first day of the bitmap.
    origin: Day,
    /// One bit a day from `origin`, set when the cluster is open. Days outside it are open on weekdays.
    open: Vec<u64>,
    /// Per school the days, sorted, on which the cluster is open and the school is not.
    own: BTreeMap<SchoolId, Vec<Day>>,
    /// For how many school days a copy may be on its way.
    transit_days: u32,
}

impl Default for SchoolCalendar {
    /// Nothing is recorded: every weekday is a school day.
    fn default() -> Self {
        let transit_days = Further::default().transit_days;
        Self { terms: Vec::new(), closures: Vec::new(), origin: Day::default(), open: Vec::new(), own: BTreeMap::new(), transit_days }
    }
}

impl SchoolCalendar {
    /// Lays out the calendar. Terms and closures may come in any order.
    #[must_use]
    pub fn new(mut terms: Vec<Term>, mut closures: Vec<Closure>) -> Self {
        terms.sort_by_key(|term| term.days);
        closures.sort_by_key(|closure| (closure.days, closure.school));
        let firsts = terms.iter().map(|t| t.days.first()).chain(closures.iter().map(|c| c.days.first()));
        let lasts = terms.iter().map(|t| t.days.last()).chain(closures.iter().map(|c| c.days.last()));
        let recorded = terms.iter().map(|term| days::academic_year_start(term.academic_year));
        let (Some(first), Some(last)) = (firsts.chain(recorded.clone()).min(), lasts.chain(recorded).max()) else {
            return Self { terms, closures, ..Self::default() };
        };
        let origin = days::monday(days::academic_year_start(days::academic_year(first)));
        let end = days::academic_year_start(days::academic_year(last) + 1);
        let mut calendar = Self { terms, closures, origin, ..Self::default() };
        calendar.fill(end);
        calendar
    }

    /// The same calendar for a cluster that lets a copy be on its way for so many school days.
    #[must_use]
    pub fn with_transit_days(self, transit_days: u32) -> Self {
        Self { transit_days, ..self }
    }

    /// Sets the bits from the origin to the day before `end`.
    fn fill(&mut self, end: Day) {
        let total = usize::try_from((end - self.origin).num_days()).unwrap_or_default();
        let mut open = vec![0u64; total.div_ceil(64)];
        let years = days::academic_year(self.origin)
            ..=days::academic_year(days::add(self.origin, i64::try_from(open.len()).unwrap_or_default() * 64));
        let mut set = |period: Period, value: bool| {
            for day in period.days() {
                let Ok(index) = usize::try_from((day - self.origin).num_days()) else { continue };
                let Some(word) = open.get_mut(index / 64) else { break };
                let bit = 1u64 << (index % 64);
                if value && days::is_weekday(day) { *word |= bit } else { *word &= !bit }
            }
        };
        // Years that nobody recorded, the days past `end` in the last word among them; then the days in August of a recorded
        // year's first week.
        let recorded: BTreeSet<i32> = self.terms.iter().map(|term| term.academic_year).collect();
        for year in years.filter(|year| !recorded.contains(year)) {
            if let Some(all) = Period::new(days::academic_year_start(year), days::add(days::academic_year_start(year + 1), -1)) {
                set(all, true);
            }
        }
        for year in &recorded {
            let start = days::academic_year_start(*year);
            let monday = days::monday(start);
            if let Some(august) = Period::new(monday, days::add(start, -1)).filter(|_| year_of_week(monday) == *year) {
                set(august, false);
            }
        }
        self.terms.iter().for_each(|term| set(term.days, true));
        self.terms.iter().filter_map(|term| term.half_term).for_each(|half| set(half, false));
        self.closures.iter().filter(|closure| closure.school.is_none()).for_each(|closure| set(closure.days, false));
        self.open = open;
        for closure in &self.closures {
            let Some(school) = closure.school else { continue };
            let closed: Vec<Day> = closure.days.days().filter(|day| self.cluster_open(*day)).collect();
            self.own.entry(school).or_default().extend(closed);
        }
        for closed in self.own.values_mut() {
            closed.sort_unstable();
            closed.dedup();
        }
    }

    /// The recorded terms, by first day.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The recorded term with this id.
    #[must_use]
    pub fn term(&self, id: TermId) -> Option<Term> {
        self.terms.iter().find(|term| term.id == id).copied()
    }

    /// The recorded closures, by first day.
    #[must_use]
    pub fn closures(&self) -> &[Closure] {
        &self.closures
    }

    /// The term that holds the day; half-term and the weekends inside a term belong to it.
    #[must_use]
    pub fn term_on(&self, day: Day) -> Option<&Term> {
        let after = self.terms.partition_point(|term| term.days.first() <= day);
        self.terms[..after].last().filter(|term| term.days.contains(day))
    }

    /// The term that holds the day or, in a holiday, the next one.
    #[must_use]
    pub fn term_of(&self, day: Day) -> Option<&Term> {
        let next = self.terms.partition_point(|term| term.days.last() < day);
        self.terms.get(next)
    }

    /// Whether any term of the academic year is recorded.
    #[must_use]
    pub fn knows_year(&self, academic_year: i32) -> bool {
        self.terms.iter().any(|term| term.academic_year == academic_year)
    }

    /// Whether pupils are in: of the school, or with `None` of the cluster in general.
    #[must_use]
    pub fn is_school_day(&self, day: Day, school: Option<SchoolId>) -> bool {
        self.cluster_open(day) && self.own_closed(school).binary_search(&day).is_err()
    }

    /// Why the day is no school day; `None` when it is one.
    #[must_use]
    pub fn why_closed(&self, day: Day, school: Option<SchoolId>) -> Option<Closed> {
        if self.is_school_day(day, school) {
            return None;
        }
        if !days::is_weekday(day) {
            return Some(Closed::Weekend);
        }
        let term = self.term_on(day);
        if term.and_then(|term| term.half_term).is_some_and(|half| half.contains(day)) {
            return Some(Closed::HalfTerm);
        }
        let mine = |closure: &&Closure| closure.days.contains(day) && (closure.school.is_none() || closure.school == school);
        if let Some(closure) = self.closures.iter().find(mine) {
            return Some(Closed::Closure { kind: closure.kind, school: closure.school, note: closure.note.clone() });
        }
        let before = self.terms[..self.terms.partition_point(|term| term.days.first() <= day)].last();
        Some(Closed::Holiday(before.map(|term| term.season)))
    }

    /// The first school day on or after the day; `None` when there is none for years.
    #[must_use]
    pub fn next(&self, from: Day, school: Option<SchoolId>) -> Option<Day> {
        Period::new(from, days::add(from, SEARCH_DAYS))?.days().find(|day| self.is_school_day(*day, school))
    }

    /// The last school day on or before the day; `None` when there is none for years.
    #[must_use]
    pub fn previous(&self, from: Day, school: Option<SchoolId>) -> Option<Day> {
        (0..SEARCH_DAYS).map(|back| days::add(from, -back)).find(|day| self.is_school_day(*day, school))
    }

    /// The day `by` school days after `from`: 0 is the first school day on or after it, 1 the one after that.
    /// From a day that is no school day, 1 is the first school day after it.
    #[must_use]
    pub fn after(&self, from: Day, by: u32, school: Option<SchoolId>) -> Option<Day> {
        let start = if by == 0 { from } else { days::add(from, 1) };
        let skip = by.saturating_sub(1) as usize;
        Period::new(start, days::add(start, SEARCH_DAYS))?.days().filter(|day| self.is_school_day(*day, school)).nth(skip)
    }

    /// The day from which a copy that was given up on this day and is not received yet has been on its way for too long: the last
    /// of the school days of its receiver that the cluster allows. Every page, letter and rule asks this and nothing else.
    #[must_use]
    pub fn long_from(&self, given: Day, to: SchoolId) -> Option<Day> {
        self.after(given, self.transit_days.max(1), Some(to))
    }

    /// The school days of a period, in order.
    pub fn school_days(&self, period: Period, school: Option<SchoolId>) -> impl Iterator<Item = Day> + '_ {
        period.days().filter(move |day| self.is_school_day(*day, school))
    }

    /// How many school days the period has. Counts words of bits, not days.
    #[must_use]
    pub fn count(&self, period: Period, school: Option<SchoolId>) -> u32 {
        let end = days::add(self.origin, i64::try_from(self.open.len() * 64).unwrap_or_default());
        let mut total = 0;
        if let Some(inside) = Period::new(self.origin, days::add(end, -1)).and_then(|all| all.intersect(period)) {
            total += self.bits(inside);
        }
        if period.first() < self.origin {
            total += weekdays(period.first(), period.last().min(days::add(self.origin, -1)));
        }
        if period.last() >= end {
            total += weekdays(period.first().max(end), period.last());
        }
        let own = self.own_closed(school);
        let lost = own.partition_point(|day| *day <= period.last()) - own.partition_point(|day| *day < period.first());
        total - u32::try_from(lost).unwrap_or_default()
    }

    /// The period cut to its first and last school day; `None` when it has none. Doing it twice changes nothing.
    #[must_use]
    pub fn snap(&self, period: Period, school: Option<SchoolId>) -> Option<Period> {
        let first = period.days().find(|day| self.is_school_day(*day, school))?;
        let last = (0..period.len_days()).map(|back| days::add(period.last(), -back)).find(|day| self.is_school_day(*day, school))?;
        Period::new(first, last)
    }

    fn cluster_open(&self, day: Day) -> bool {
        let Ok(index) = usize::try_from((day - self.origin).num_days()) else { return days::is_weekday(day) };
        match self.open.get(index / 64) {
            Some(word) => word >> (index % 64) & 1 == 1,
            None => days::is_weekday(day),
        }
    }

    fn own_closed(&self, school: Option<SchoolId>) -> &[Day] {
        school.and_then(|school| self.own.get(&school)).map_or(&[], Vec::as_slice)
    }

    /// Set bits of a period that lies inside the bitmap.
    fn bits(&self, inside: Period) -> u32 {
        let from = usize::try_from((inside.first() - self.origin).num_days()).unwrap_or_default();
        let to = usize::try_from((inside.last() - self.origin).num_days()).unwrap_or_default();
        (from / 64..=to / 64)
            .map(|at| {
                let mut word = self.open[at];
                if at == from / 64 {
                    word &= u64::MAX << (from % 64);
                }
                if at == to / 64 {
                    word &= u64::MAX >> (63 - to % 64);
                }
                word.count_ones()
            })
            .sum()
    }
}

/// Mondays to Fridays from the first to the last day, both inclusive; 0 when `last` is before `first`.
fn weekdays(first: Day, last: Day) -> u32 {
    // Days since a Monday long ago: every full week has five, the rest counts its own days.
    let until = |day: Day| {
        let since = i64::from(day.num_days_from_ce()) - 1;
        since.div_euclid(7) * 5 + since.rem_euclid(7).min(5)
    };
    debug_assert_eq!(Day::from_num_days_from_ce_opt(1).map(|d| d.weekday()), Some(Weekday::Mon));
    u32::try_from(until(days::add(last, 1)) - until(first)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SAXTON, calendar, day, period};
    use super::super::{ClosureKind, Season};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_school_day_is_a_weekday_in_term_on_which_nobody_closed() {
        let cal = calendar();
        for open in ["2026-09-02", "2026-10-23", "2026-11-03", "2027-05-04", "2028-02-29"] {
            assert!(cal.is_school_day(day(open), None), "{open}");
            assert!(cal.is_school_day(day(open), Some(SAXTON)), "{open}");
        }
        for closed in ["2026-09-01", "2026-10-24", "2026-10-26", "2026-11-02", "2026-12-21", "2027-05-03", "2027-08-16"] {
            assert!(!cal.is_school_day(day(closed), None), "{closed}");
        }
        assert!(cal.is_school_day(day("2026-11-27"), None));
        assert!(cal.is_school_day(day("2026-11-27"), Some(SchoolId(7))));
        assert!(!cal.is_school_day(day("2026-11-27"), Some(SAXTON)));
    }

    #[test]
    fn a_year_without_terms_is_open_on_weekdays() {
        let cal = calendar();
        assert!(cal.is_school_day(day("2030-08-12"), None), "nobody recorded 2029 to 2030");
        assert!(!cal.is_school_day(day("2030-08-11"), None), "a Sunday");
        assert!(cal.is_school_day(day("2020-12-25"), None), "long before");
        assert!(SchoolCalendar::default().is_school_day(day("2026-12-25"), None));
        // One recorded term is enough for the year to be known.
        let half = SchoolCalendar::new(cal.terms()[..1].to_vec(), Vec::new());
        assert!(!half.is_school_day(day("2027-03-01"), None));
        assert!(half.is_school_day(day("2027-09-06"), None));
        assert!(!half.is_school_day(day("2026-08-31"), None), "a Monday in the first week of a recorded year");
        assert!(half.is_school_day(day("2026-08-28"), None), "the Friday before, in a year that nobody recorded");
    }

    #[test]
    fn a_closed_day_has_a_reason_in_words() {
        let cal = calendar();
        let why = |text: &str| cal.why_closed(day(text), Some(SAXTON)).map(|closed| closed.words(Some("Saxton")));
        assert_eq!(why("2026-10-24").as_deref(), Some("a weekend"));
        assert_eq!(why("2026-10-26").as_deref(), Some("half-term"));
        assert_eq!(why("2026-11-02").as_deref(), Some("an INSET day"));
        assert_eq!(why("2026-11-27").as_deref(), Some("an INSET day at Saxton"));
        assert_eq!(why("2026-12-25").as_deref(), Some("the Christmas holiday"));
        assert_eq!(why("2027-04-01").as_deref(), Some("the Easter holiday"));
        assert_eq!(why("2027-08-30").as_deref(), Some("the summer holiday"));
        assert_eq!(why("2027-09-01").as_deref(), Some("the summer holiday"));
        assert_eq!(why("2027-05-03").as_deref(), Some("a bank holiday"));
        assert_eq!(why("2026-11-03"), None);
        let shut = Closed::Closure { kind: ClosureKind::Closure, school: None, note: "polling station".into() };
        assert_eq!(shut.words(None), "closed (polling station)");
    }

    #[test]
    fn the_next_and_last_school_days_step_over_holidays_and_clock_changes() {
        let cal = calendar();
        // The clocks go back on 25 October 2026, in the weekend before half-term, and an INSET day follows it.
        assert_eq!(cal.next(day("2026-10-24"), None), Some(day("2026-11-03")));
        assert_eq!(cal.previous(day("2026-11-02"), None), Some(day("2026-10-23")));
        assert_eq!(cal.after(day("2026-10-23"), 1, None), Some(day("2026-11-03")));
        assert_eq!(cal.after(day("2026-10-24"), 1, None), Some(day("2026-11-03")));
        assert_eq!(cal.after(day("2026-10-23"), 0, None), Some(day("2026-10-23")));
        assert_eq!(cal.after(day("2028-02-28"), 1, None), Some(day("2028-02-29")), "a leap day is a school day");
        assert_eq!(cal.next(day("2027-07-20"), Some(SAXTON)), Some(day("2027-09-02")));
    }

    #[test]
    fn the_term_of_a_day_in_a_holiday_is_the_next() {
        let cal = calendar();
        let name = |text: &str| cal.term_of(day(text)).map(Term::name);
        assert_eq!(name("2026-10-28").as_deref(), Some("Autumn term 2026"));
        assert_eq!(name("2026-12-25").as_deref(), Some("Spring term 2027"));
        assert_eq!(name("2027-08-25").as_deref(), Some("Autumn term 2027"));
        assert_eq!(name("2028-07-22"), None);
        assert_eq!(cal.term_on(day("2026-12-25")), None);
        assert_eq!(Season::Summer.to_string().parse(), Ok(Season::Summer));
    }

    #[test]
    fn the_halves_of_a_term_leave_half_term_out() {
        let cal = calendar();
        let halves: Vec<String> = cal.terms()[0].halves().map(|half| half.to_string()).collect();
        assert_eq!(halves, ["2 September to 25 October 2026", "31 October to 18 December 2026"]);
    }

    proptest! {
        #[test]
        fn counting_bits_is_counting_days(start in -900i64..2600, len in 0i64..500, saxton: bool) {
            let cal = calendar();
            let first = days::add(day("2026-01-01"), start);
            let asked = Period::new(first, days::add(first, len)).unwrap();
            let school = saxton.then_some(SAXTON);
            prop_assert_eq!(cal.count(asked, school) as usize, cal.school_days(asked, school).count());
        }

        #[test]
        fn a_closed_day_always_has_a_reason_and_an_open_one_none(n in 0i64..1500, saxton: bool) {
            let cal = calendar();
            let d = days::add(day("2026-06-01"), n);
            let school = saxton.then_some(SAXTON);
            prop_assert_eq!(cal.why_closed(d, school).is_none(), cal.is_school_day(d, school));
        }

        #[test]
        fn snapping_is_idempotent_and_loses_no_school_day(n in 0i64..1200, len in 0i64..120, saxton: bool) {
            let cal = calendar();
            let first = days::add(day("2026-06-01"), n);
            let asked = Period::new(first, days::add(first, len)).unwrap();
            let school = saxton.then_some(SAXTON);
            match cal.snap(asked, school) {
                None => prop_assert_eq!(cal.count(asked, school), 0),
                Some(snapped) => {
                    prop_assert_eq!(cal.snap(snapped, school), Some(snapped));
                    prop_assert_eq!(cal.count(snapped, school), cal.count(asked, school));
                    prop_assert!(cal.is_school_day(snapped.first(), school) && cal.is_school_day(snapped.last(), school));
                }
            }
        }

        #[test]
        fn stepping_n_school_days_passes_n_school_days(n in 0i64..900, by in 1u32..40) {
            let cal = calendar();
            let from = days::add(day("2026-06-01"), n);
            let to = cal.after(from, by, None).unwrap();
            prop_assert_eq!(cal.count(Period::new(days::add(from, 1), to).unwrap(), None), by);
            prop_assert!(cal.is_school_day(to, None));
        }

        #[test]
        fn weekdays_are_counted_as_they_are(start in 0i64..5000, len in 0i64..60) {
            let first = days::add(day("2000-01-01"), start);
            let last = days::add(first, len);
            let slow = Period::new(first, last).unwrap().days().filter(|d| days::is_weekday(*d)).count();
            prop_assert_eq!(weekdays(first, last) as usize, slow);
        }
    }

    #[test]
    fn samples_hold_what_the_tests_say() {
        assert_eq!(calendar().count(period("2026-09-01", "2026-12-31"), None), 72);
        assert_eq!(calendar().count(period("2026-09-01", "2026-12-31"), Some(SAXTON)), 71);
    }
}
