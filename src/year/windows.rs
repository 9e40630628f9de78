//! Weeks and windows: what a calendar page shows at once, what lies before and after it, and the weeks one can click on.

use super::calendar::SchoolCalendar;
use super::{Closed, Term};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{SchoolId, TermId};
use crate::year::year_of_week;

/// How many weeks a window has where no term is recorded.
const FALLBACK_WEEKS: i64 = 14;
/// The most weeks a window may have: as many as the timeline has column classes for. A term is never longer.
pub const MAX_WEEKS: i64 = 21;

/// No holiday is longer, in days: a term that begins later is not the next one.
const LONGEST_HOLIDAY: i64 = 60;
/// How many weeks a search for school weeks goes on: they are counted to 52, with the holidays among them.
const MOST_WEEKS_AHEAD: i64 = 120;

/// What one calendar page shows: whole weeks from a Monday to a Friday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// "Autumn term 2026", or "14 weeks from 7 September 2030" where no term is recorded.
    pub name: String,
    /// From a Monday to a Friday.
    pub days: Period,
    /// The term it shows.
    pub term: Option<TermId>,
}

impl Window {
    /// How many weeks it has; at least 1.
    #[must_use]
    pub fn weeks(&self) -> usize {
        usize::try_from(self.days.len_days().div_euclid(7) + 1).unwrap_or(1)
    }

    fn of_term(term: &Term) -> Self {
        let first = days::monday(term.days.first());
        let weeks = ((days::monday(term.days.last()) - first).num_days() / 7 + 1).min(MAX_WEEKS);
        Self { name: term.name(), days: whole_weeks(first, weeks), term: Some(term.id) }
    }

    fn without_term(monday: Day) -> Self {
        let name = format!("{FALLBACK_WEEKS} weeks from {}", days::long(monday));
        Self { name, days: whole_weeks(monday, FALLBACK_WEEKS), term: None }
    }
}

/// A week of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub monday: Day,
    /// Its place among the school weeks of the academic year, from 1; `None` for a week without a school day.
    pub number: Option<u32>,
    /// From its first to its last school day.
    pub school: Option<Period>,
}

impl Week {
    /// "Week 12: 23 to 27 November 2026", as a heading over its days.
    #[must_use]
    pub fn heading(&self) -> String {
        let shown = self.school.unwrap_or_else(|| whole_weeks(self.monday, 1));
        match self.number {
            Some(number) => format!("Week {number}: {shown}"),
            None => shown.to_string(),
        }
    }
}

/// From a Monday to the Friday `weeks` weeks on.
fn whole_weeks(monday: Day, weeks: i64) -> Period {
    Period::new(monday, days::add(monday, weeks * 7 - 3)).unwrap_or(Period::day(monday))
}

impl SchoolCalendar {
    /// The window that holds the day: the term's, in a holiday the next term's, else 14 weeks from the day's week.
    #[must_use]
    pub fn window(&self, day: Day) -> Window {
        let soon = days::add(day, FALLBACK_WEEKS * 7);
        match self.term_of(day).filter(|term| term.days.first() <= soon) {
            Some(term) => Window::of_term(term),
            None => Window::without_term(days::monday(day)),
        }
    }

    /// The window before: the term before when it is near, else the 14 weeks before.
    #[must_use]
    pub fn window_before(&self, window: &Window) -> Window {
        let near = days::add(window.days.first(), -FALLBACK_WEEKS * 7);
        let before = self.terms().iter().rev().find(|term| days::monday(term.days.first()) < window.days.first());
        match before.filter(|term| term.days.last() >= near) {
            Some(term) => Window::of_term(term),
            None => Window::without_term(near),
        }
    }

    /// The window after: the term after when it is near, else the 14 weeks after.
    #[must_use]
    pub fn window_after(&self, window: &Window) -> Window {
        let next = days::add(days::monday(window.days.last()), 7);
        let near = days::add(next, FALLBACK_WEEKS * 7);
        let after = self.terms().iter().find(|term| days::monday(term.days.first()) > window.days.first());
        match after.filter(|term| term.days.last() >= next && term.days.first() < near) {
            Some(term) => Window::of_term(term),
            None => Window::without_term(next),
        }
    }

    /// The weeks that a period touches, weeks without a school day included.
    pub fn weeks(&self, period: Period, school: Option<SchoolId>) -> impl Iterator<Item = Week> + '_ {
        let first = days::monday(period.first());
        let mut number = self.weeks_before(first);
        let mut year = year_of_week(first);
        (0..).map(move |n| days::add(first, n * 7)).take_while(move |monday| *monday <= period.last()).map(move |monday| {
            if year_of_week(monday) != year {
                year = year_of_week(monday);
                number = 0;
            }
            let whole = whole_weeks(monday, 1);
            let counted = self.count(whole, None) > 0;
            number += u32::from(counted);
            Week { monday, number: counted.then_some(number), school: self.snap(whole, school) }
        })
    }

    /// The number of the day's week among the school weeks of its academic year: "Week 12". A half-term or holiday week has
    /// none. The week that holds 1 September is the first, unless no school is open in it.
    #[must_use]
    pub fn week_number(&self, day: Day) -> Option<u32> {
        let monday = days::monday(day);
        (self.count(whole_weeks(monday, 1), None) > 0).then(|| self.weeks_before(monday) + 1)
    }

    /// The Monday of the week with that number in an academic year; `None` when the year has fewer school weeks.
    #[must_use]
    pub fn monday_of_week(&self, academic_year: i32, number: u32) -> Option<Day> {
        let first = first_monday(academic_year);
        let mondays = (0..54).map(|n| days::add(first, n * 7)).take_while(|monday| year_of_week(*monday) == academic_year);
        mondays.filter(|monday| self.count(whole_weeks(*monday, 1), None) > 0).nth(number.checked_sub(1)? as usize)
    }

    /// Each half of each term that touches the period, cut to the school's own first and last school day of it.
    pub fn half_terms(&self, period: Period, school: Option<SchoolId>) -> impl Iterator<Item = (&Term, Period)> + '_ {
        let touched = self.terms().iter().filter(move |term| term.days.overlaps(period));
        touched.flat_map(move |term| {
            term.halves().filter(move |half| half.overlaps(period)).filter_map(move |half| Some((term, self.snap(half, school)?)))
        })
    }

    /// The half-term in which the day lies, from the school's own first to its own last school day of it. On a day without school, the one
    /// that follows soon. `None` where no terms are entered around it.
    #[must_use]
    pub fn half_term_of(&self, day: Day, school: Option<SchoolId>) -> Option<Period> {
        self.part_of(day, school, |term| term.halves().collect())
    }

    /// The same of the whole term.
    #[must_use]
    pub fn whole_term_of(&self, day: Day, school: Option<SchoolId>) -> Option<Period> {
        self.part_of(day, school, |term| vec![term.days])
    }

    fn part_of(&self, day: Day, school: Option<SchoolId>, parts: impl Fn(&Term) -> Vec<Period>) -> Option<Period> {
        let near = self.terms().iter().filter(|term| term.days.last() >= day).take(2).flat_map(parts);
        let (part, own) = near.filter_map(|part| Some((part, self.snap(part, school)?))).find(|(_, own)| own.last() >= day)?;
        // A school day in no term is one of a year that nobody has entered.
        let soon = || !self.is_school_day(day, school) && part.first() <= days::add(day, LONGEST_HOLIDAY);
        (part.contains(day) || soon()).then_some(own)
    }

    /// The Monday of the last of so many school weeks of the school, counted from the one that holds the day, or follows it.
    #[must_use]
    pub fn school_week_after(&self, day: Day, count: u32, school: Option<SchoolId>) -> Day {
        let monday = days::monday(day);
        let open = |monday: &Day| {
            let rest = Period::new(day.max(*monday), days::add(*monday, 6));
            rest.is_some_and(|rest| self.count(rest, school) > 0)
        };
        let skip = count.saturating_sub(1) as usize;
        (0..MOST_WEEKS_AHEAD).map(|n| days::add(monday, n * 7)).filter(open).nth(skip).unwrap_or(monday)
    }

    /// Why the whole week from this Monday is closed, where one reason holds for most of it: the heading of its column.
    #[must_use]
    pub fn why_week_closed(&self, monday: Day, school: Option<SchoolId>) -> Option<Closed> {
        if self.count(whole_weeks(monday, 1), school) > 0 {
            return None;
        }
        self.why_closed(days::add(monday, 2), school)
    }

    /// How many weeks with a school day the academic year has before this Monday.
    fn weeks_before(&self, monday: Day) -> u32 {
        let start = first_monday(year_of_week(monday));
        let mondays = (0..54).map(|n| days::add(start, n * 7)).take_while(|before| *before < monday);
        u32::try_from(mondays.filter(|before| self.count(whole_weeks(*before, 1), None) > 0).count()).unwrap_or_default()
    }
}

/// The first Monday whose week belongs to the academic year.
fn first_monday(academic_year: i32) -> Day {
    let monday = days::monday(days::academic_year_start(academic_year));
    if year_of_week(monday) == academic_year { monday } else { days::add(monday, 7) }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SAXTON, calendar, day, period};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weeks_are_numbered_as_on_the_wall() {
        let cal = calendar();
        // Week 1 is the week of 2 September 2026, a Wednesday; half-term has no number and the next week goes on counting.
        for (d, number) in [("2026-09-02", Some(1)), ("2026-09-14", Some(3)), ("2026-10-23", Some(8)), ("2026-10-28", None)] {
            assert_eq!(cal.week_number(day(d)), number, "{d}");
        }
        assert_eq!(cal.week_number(day("2026-11-02")), Some(9), "its Monday is an INSET day");
        assert_eq!(cal.week_number(day("2026-12-18")), Some(15));
        assert_eq!(cal.week_number(day("2027-01-05")), Some(16));
        assert_eq!(cal.week_number(day("2027-09-02")), Some(1));
        let week = cal.weeks(period("2026-11-26", "2026-11-26"), Some(SAXTON)).next().unwrap();
        assert_eq!(week.heading(), "Week 12: 23 to 26 November 2026", "Saxton has an INSET day on the Friday");
    }

    #[test]
    fn windows_follow_the_terms_and_go_on_beyond_them() {
        let cal = calendar();
        let autumn = cal.window(day("2026-10-14"));
        assert_eq!((autumn.name.as_str(), autumn.weeks()), ("Autumn term 2026", 16));
        assert_eq!(autumn.days, period("2026-08-31", "2026-12-18"));
        assert_eq!(cal.window(day("2026-12-28")).name, "Spring term 2027");
        assert_eq!(cal.window_after(&autumn).name, "Spring term 2027");
        assert_eq!(cal.window_before(&cal.window_after(&autumn)), autumn);
        let before = cal.window_before(&autumn);
        assert_eq!((before.name.as_str(), before.weeks()), ("14 weeks from 25 May 2026", 14));
        assert_eq!(cal.window_after(&before), autumn);
        let last = cal.window(day("2028-07-01"));
        let beyond = cal.window_after(&last);
        assert_eq!(beyond.name, "14 weeks from 24 July 2028");
        assert_eq!(cal.window_before(&beyond), last);
        assert_eq!(SchoolCalendar::default().window(day("2026-10-14")).name, "14 weeks from 12 October 2026");
    }

    #[test]
    fn each_half_of_each_term_can_be_taken_whole() {
        let cal = calendar();
        let halves: Vec<String> = cal.half_terms(period("2026-09-01", "2027-03-31"), None).map(|(_, days)| days.to_string()).collect();
        assert_eq!(
            halves,
            [
                "2 September to 23 October 2026",
                "3 November to 18 December 2026",
                "5 January to 12 February 2027",
                "22 February to 25 March 2027"
            ]
        );
    }

    proptest! {
        #[test]
        fn a_week_number_finds_its_week_again(n in 0i64..1500) {
            let cal = calendar();
            let d = days::add(day("2026-06-01"), n);
            if let Some(number) = cal.week_number(d) {
                let monday = days::monday(d);
                prop_assert_eq!(cal.monday_of_week(year_of_week(monday), number), Some(monday));
            }
        }

        #[test]
        fn walking_weeks_gives_the_numbers_of_the_days(n in 0i64..900, len in 0i64..300) {
            let cal = calendar();
            let first = days::add(day("2026-06-01"), n);
            for week in cal.weeks(Period::new(first, days::add(first, len)).unwrap(), None) {
                prop_assert_eq!(week.number, cal.week_number(week.monday));
                prop_assert_eq!(week.number.is_some(), week.school.is_some());
            }
        }

        #[test]
        fn windows_are_whole_weeks_and_always_move_on(n in -2000i64..4000, steps in 0usize..30, back: bool) {
            let cal = calendar();
            let mut at = cal.window(days::add(day("2026-06-01"), n));
            for _ in 0..steps {
                let next = if back { cal.window_before(&at) } else { cal.window_after(&at) };
                let (earlier, later) = if back { (&next, &at) } else { (&at, &next) };
                prop_assert!(earlier.days.first() < later.days.first());
                prop_assert!(earlier.days.last() < later.days.last());
                prop_assert_eq!(next.days.first(), days::monday(next.days.first()));
                prop_assert!((1..=21).contains(&next.weeks()));
                prop_assert_eq!(next.days.len_days(), i64::try_from(next.weeks()).unwrap() * 7 - 2);
                at = next;
            }
        }
    }
}
