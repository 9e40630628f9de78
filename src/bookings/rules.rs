//! The cluster's booking rules and what they leave open: from when to when a school can book at all.

use chrono::Datelike as _;

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::clusters::settings::Settings;
use crate::year::SchoolCalendar;

/// Within so many days of each other two loans hand the copy on directly; else it goes home in between.
pub const DIRECT_DAYS: i64 = 7;

/// The settings of a cluster, as they hold for one resource (which may ask for approval or turnaround of its own).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The most days a loan may last, weekends included.
    pub longest_loan_days: u32,
    /// The last day that can be booked.
    pub furthest_ahead: FurthestAhead,
    /// How many school days of the borrowing school must pass before the first day. 0: from today.
    pub shortest_notice_days: u32,
    /// How many bookings of one school may be live and not yet over.
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
        Self {
            longest_loan_days: 28,
            furthest_ahead: FurthestAhead::EndOfNextYear,
            shortest_notice_days: 0,
            most_live_bookings: 3,
            turnaround_days: 0,
            approval_needed: false,
            allow_non_school_days: false,
        }
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
    /// The cluster's rules as they hold for a resource that may ask for approval or turnaround of its own.
    #[must_use]
    pub fn of(settings: &Settings, approval_needed: bool, turnaround_days: Option<u32>) -> Self {
        Self {
            longest_loan_days: settings.longest_loan_days,
            furthest_ahead: settings.furthest_ahead_days.map_or(FurthestAhead::EndOfNextYear, FurthestAhead::Days),
            shortest_notice_days: settings.shortest_notice_days,
            most_live_bookings: settings.most_live_bookings,
            turnaround_days: turnaround_days.unwrap_or(settings.turnaround_days),
            approval_needed: settings.approval_needed || approval_needed,
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
