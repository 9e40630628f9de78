//! The cluster's booking rules and what they leave open: from when to when a school can book at all.

use chrono::Datelike as _;

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::catalogue::OwnRules;
use crate::clusters::longest::Longest;
use crate::clusters::settings::Settings;
use crate::year::SchoolCalendar;

/// Within so many days of each other two loans hand the copy on directly; else it goes home in between.
pub const DIRECT_DAYS: i64 = 7;

/// The settings of a cluster, as they hold for one resource (which may ask for approval or turnaround of its own).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The longest loan: see [`limit`].
    pub longest: Longest,
    /// The last day that can be booked.
    pub furthest_ahead: FurthestAhead,
    /// How many school days of the borrowing school must pass before the first day. 0: from today.
    pub shortest_notice_days: u32,
    /// How many loans a school may have at the same time.
    pub most_live_bookings: u32,
    /// Days after a loan that are kept free for travel, checking and restocking, weekends included.
    pub turnaround_days: u32,
    /// Whether a coordinator must approve.
    pub approval_needed: bool,
    /// Whether a loan may start or end on a day that is no school day.
    pub allow_non_school_days: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self::of(&Settings::default(), &OwnRules::default())
    }
}

/// A half-term lasts so many school weeks, where nobody has entered the terms yet: as many as the longest in the calendars that we know.
const HALF_TERM_WEEKS: u32 = 8;
/// The same of a term.
const TERM_WEEKS: u32 = 15;

/// How far a loan may go that begins on some day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The last day that is allowed.
    pub last: Day,
    /// So many school weeks stand for the half-term or the term, because the terms of that time are not entered yet.
    pub instead: Option<u32>,
}

/// The last day of a loan that begins on `first`, as the rule allows it in the school's own year. Everything that says or asks how long a loan
/// may last asks this.
#[must_use]
pub fn limit(longest: Longest, first: Day, calendar: &SchoolCalendar, school: Option<SchoolId>) -> Limit {
    let weeks = |count| days::add(calendar.school_week_after(first, count, school), 6);
    let known = |last| Limit { last, instead: None };
    let guessed = |count| Limit { last: weeks(count), instead: Some(count) };
    match longest {
        Longest::Days(count) => known(days::add(first, i64::from(count) - 1)),
        Longest::Weeks(count) => known(weeks(count)),
        Longest::HalfTerm => calendar.half_term_of(first, school).map_or_else(|| guessed(HALF_TERM_WEEKS), |half| known(half.last())),
        Longest::Term => calendar.whole_term_of(first, school).map_or_else(|| guessed(TERM_WEEKS), |term| known(term.last())),
    }
}

/// How far past the furthest day a coordinator's reason reaches: as far as the plan is read for a decision.
const REASON_REACHES_DAYS: i64 = 731;

/// How far ahead can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FurthestAhead {
    /// To 31 August at the end of the next academic year.
    EndOfNextYear,
    /// So many days from today.
    Days(u32),
}

impl FurthestAhead {
    /// The last day that can be booked.
    #[must_use]
    pub fn limit(self, today: Day) -> Day {
        match self {
            Self::EndOfNextYear => days::add(days::academic_year_start(days::academic_year(today) + 2), -1),
            Self::Days(count) => days::add(today, i64::from(count)),
        }
    }

    /// The rule in words: "to the end of next school year", "365 days ahead".
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::EndOfNextYear => "up to the end of next school year".to_owned(),
            Self::Days(count) => format!("up to {} ahead", crate::bookings::count_of(i64::from(count), "day")),
        }
    }
}

impl Rules {
    /// The cluster's rules as they hold for a resource with rules of its own.
    #[must_use]
    pub fn of(settings: &Settings, own: &OwnRules) -> Self {
        Self {
            longest: own.longest.unwrap_or(settings.longest),
            furthest_ahead: settings.furthest_ahead_days.map_or(FurthestAhead::EndOfNextYear, FurthestAhead::Days),
            shortest_notice_days: settings.shortest_notice_days,
            most_live_bookings: settings.most_live_bookings,
            turnaround_days: own.turnaround_days.unwrap_or(settings.turnaround_days),
            approval_needed: settings.approval_needed || own.approval_needed,
            allow_non_school_days: settings.non_school_days,
        }
    }

    /// The last day that anybody can book, whatever the reason: some years ahead, and with its turnaround no later than the
    /// last day that the database knows.
    #[must_use]
    pub fn reach(&self, today: Day) -> Day {
        let end = days::add(days::END, -i64::from(self.turnaround_days));
        days::add(self.furthest_ahead.limit(today), REASON_REACHES_DAYS).min(end)
    }

    /// The first day that the notice leaves open.
    #[must_use]
    pub fn earliest(&self, today: Day, calendar: &SchoolCalendar, school: Option<SchoolId>) -> Day {
        match self.shortest_notice_days {
            0 => today,
            notice => calendar.after(today, notice, school).unwrap_or(today),
        }
    }

    /// The days that can be booked at all: from the notice to the furthest day. `None` when the notice reaches past it.
    #[must_use]
    pub fn bookable(&self, today: Day, calendar: &SchoolCalendar, school: Option<SchoolId>) -> Option<Period> {
        Period::new(self.earliest(today, calendar, school), self.furthest_ahead.limit(today))
    }
}

/// Where a booking's days lie a school year later: "Week 12" stays week 12. Where the next year's terms are not recorded
/// yet, the same weeks of the calendar. `None` when no school day is left, even in the whole weeks.
#[must_use]
pub fn next_year(calendar: &SchoolCalendar, period: Period, school: Option<SchoolId>) -> Option<Period> {
    let first = moved(calendar, period.first());
    let last = moved(calendar, period.last()).max(first);
    let moved = Period::new(first, last)?;
    let weeks = Period::new(days::monday(first), days::add(days::monday(last), 4)).unwrap_or(moved);
    calendar.snap(moved, school).or_else(|| calendar.snap(weeks, school))
}

pub(crate) fn moved(calendar: &SchoolCalendar, day: Day) -> Day {
    let into_week = i64::from(day.weekday().num_days_from_monday());
    let friday = days::add(days::monday(day), 4);
    let year = days::academic_year(friday);
    let by_number = || {
        let number = calendar.week_number(day)?;
        calendar.monday_of_week(year + 1, number)
    };
    let both_known = calendar.knows_year(year) && calendar.knows_year(year + 1);
    let monday = both_known.then(by_number).flatten().unwrap_or_else(|| {
        // 52 or 53 weeks on, so that the week of 1 September meets the week of 1 September.
        let weeks = days::monday(days::academic_year_start(year + 1)) - days::monday(days::academic_year_start(year));
        days::add(days::monday(day), weeks.num_days())
    });
    days::add(monday, into_week)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{SAXTON, calendar, day, period};
    use super::*;

    #[test]
    fn notice_is_counted_in_school_days() {
        let cal = calendar();
        let rules = Rules { shortest_notice_days: 2, ..Rules::default() };
        // Thursday before half-term: Friday is the first school day of notice, Tuesday after the INSET day the second.
        assert_eq!(rules.earliest(day("2026-10-22"), &cal, None), day("2026-11-03"));
        assert_eq!(Rules::default().earliest(day("2026-10-24"), &cal, None), day("2026-10-24"));
    }

    /// A year of a cluster as Bishop Thornton (North Yorkshire) published it for 2025 to 2026, with Widmer End's (Buckinghamshire) INSET days
    /// for another of its schools: `term_dates.csv`.
    fn published() -> SchoolCalendar {
        use crate::base::ids::TermId;
        use crate::year::{Closure, ClosureKind, Season, Term};
        let term = |id, season, first: &str, last: &str, half: [&str; 2]| Term {
            id: TermId(id),
            season,
            academic_year: 2025,
            days: period(first, last),
            half_term: Some(period(half[0], half[1])),
        };
        let terms = vec![
            term(1, Season::Autumn, "2025-09-03", "2025-12-19", ["2025-10-27", "2025-10-31"]),
            term(2, Season::Spring, "2026-01-06", "2026-03-27", ["2026-02-16", "2026-02-20"]),
            term(3, Season::Summer, "2026-04-13", "2026-07-17", ["2026-05-25", "2026-05-29"]),
        ];
        let inset = |first: &str, last: &str| Closure {
            school: Some(WIDMER_END),
            kind: ClosureKind::Inset,
            days: period(first, last),
            note: String::new(),
        };
        SchoolCalendar::new(terms, vec![inset("2025-10-23", "2025-10-24"), inset("2026-06-01", "2026-06-01")])
    }

    const WIDMER_END: SchoolId = SchoolId(8);
    const THORNTON: SchoolId = SchoolId(9);

    #[test]
    fn a_loan_may_last_to_the_end_of_the_schools_own_half_term() {
        let cal = published();
        let last = |first: &str, school| limit(Longest::HalfTerm, day(first), &cal, Some(school));
        let known = |last: &str| Limit { last: day(last), instead: None };
        for (first, end) in [
            ("2025-09-03", "2025-10-24"),
            ("2025-10-24", "2025-10-24"),
            ("2025-11-03", "2025-12-19"),
            ("2026-01-06", "2026-02-13"),
            ("2026-02-23", "2026-03-27"),
            ("2026-04-13", "2026-05-22"),
            ("2026-06-01", "2026-07-17"),
        ] {
            assert_eq!(last(first, THORNTON), known(end), "{first}");
        }
        // Widmer End trains on the last two days before half-term: its half-term ends on the Wednesday.
        assert_eq!(last("2025-09-03", WIDMER_END), known("2025-10-22"));
        assert_eq!(last("2025-10-22", WIDMER_END), known("2025-10-22"));
        // From a day without school it is the half-term that follows: the school's training days, half-term, Christmas.
        assert_eq!(last("2025-10-23", WIDMER_END), known("2025-12-19"));
        assert_eq!(last("2025-10-28", THORNTON), known("2025-12-19"));
        assert_eq!(last("2025-12-25", THORNTON), known("2026-02-13"));
        // Six of six half-terms can be had whole, as none could with 28 days.
        let halves: Vec<Period> = cal.half_terms(period("2025-09-01", "2026-07-31"), Some(THORNTON)).map(|(_, half)| half).collect();
        assert_eq!(halves.len(), 6);
        assert!(halves.iter().all(|half| last(&half.first().to_string(), THORNTON).last == half.last()));
        assert!(halves.iter().all(|half| half.len_days() > 28));
    }

    #[test]
    fn a_term_has_both_halves_and_school_weeks_step_over_the_break() {
        let cal = published();
        let last = |longest, first: &str| limit(longest, day(first), &cal, Some(THORNTON)).last;
        assert_eq!(last(Longest::Term, "2025-10-20"), day("2025-12-19"));
        assert_eq!(last(Longest::Term, "2025-12-25"), day("2026-03-27"));
        // The week it begins in is the first, and half-term is none.
        assert_eq!(last(Longest::Weeks(1), "2025-10-22"), day("2025-10-26"));
        assert_eq!(last(Longest::Weeks(2), "2025-10-22"), day("2025-11-09"));
        assert_eq!(last(Longest::Weeks(3), "2025-12-15"), day("2026-01-18"));
        assert_eq!(last(Longest::Weeks(1), "2025-10-25"), day("2025-11-09"), "a Saturday belongs to the week after");
        assert_eq!(last(Longest::Days(28), "2025-10-22"), day("2025-11-18"), "days are days");
    }

    #[test]
    fn where_no_terms_are_entered_school_weeks_stand_for_them() {
        let (nothing, cal) = (SchoolCalendar::default(), published());
        let guess = |longest, first: &str, cal: &SchoolCalendar| limit(longest, day(first), cal, Some(THORNTON));
        assert_eq!(guess(Longest::HalfTerm, "2026-11-02", &nothing), Limit { last: day("2026-12-27"), instead: Some(8) });
        assert_eq!(guess(Longest::Term, "2026-09-02", &nothing), Limit { last: day("2026-12-13"), instead: Some(15) });
        // The year after the last that is entered, and the year before the first.
        assert_eq!(guess(Longest::HalfTerm, "2026-09-07", &cal), Limit { last: day("2026-11-01"), instead: Some(8) });
        assert_eq!(guess(Longest::HalfTerm, "2025-06-09", &cal).instead, Some(8));
        assert_eq!(guess(Longest::HalfTerm, "2025-07-17", &cal).instead, Some(8), "a school day in no term, not the holiday before one");
    }

    #[test]
    fn next_school_year_ends_on_31_august() {
        assert_eq!(FurthestAhead::EndOfNextYear.limit(day("2026-08-31")), day("2027-08-31"));
        assert_eq!(FurthestAhead::EndOfNextYear.limit(day("2026-09-01")), day("2028-08-31"));
        assert_eq!(FurthestAhead::Days(10).limit(day("2028-02-20")), day("2028-03-01"));
    }

    #[test]
    fn nobody_books_past_the_last_day_there_is() {
        let rules = Rules { turnaround_days: 5, ..Rules::default() };
        assert_eq!(rules.reach(day("2026-10-14")), day("2030-09-01"));
        assert_eq!(rules.reach(day("2098-10-14")), day("2099-12-26"));
    }

    #[test]
    fn the_same_weeks_of_the_school_year() {
        let cal = calendar();
        // Week 12 is the week of 23 November 2026, and of 22 November 2027.
        assert_eq!(cal.week_number(day("2026-11-23")), Some(12));
        assert_eq!(next_year(&cal, period("2026-11-23", "2026-11-27"), None), Some(period("2027-11-22", "2027-11-26")));
        // No terms are recorded for 2028 to 2029: the same weeks of the calendar.
        assert_eq!(next_year(&cal, period("2027-11-22", "2027-11-26"), None), Some(period("2028-11-20", "2028-11-24")));
        // The first days of term, snapped to the days on which the school is open.
        assert_eq!(next_year(&cal, period("2026-09-02", "2026-09-04"), None), Some(period("2027-09-02", "2027-09-03")));
    }

    proptest! {
        #[test]
        fn a_repeat_is_a_year_on_and_on_school_days(n in 0i64..650, len in 0i64..27) {
            let cal = calendar();
            let first = days::add(day("2026-09-02"), n);
            let asked = Period::new(first, days::add(first, len)).unwrap();
            prop_assume!(cal.snap(asked, Some(SAXTON)) == Some(asked));
            if let Some(next) = next_year(&cal, asked, Some(SAXTON)) {
                prop_assert_eq!(cal.snap(next, Some(SAXTON)), Some(next));
                let apart = (next.first() - asked.first()).num_days();
                prop_assert!((330..=400).contains(&apart), "{} to {}", asked, next);
            }
        }
    }
}
