//! The same again next year: the same weeks of the school year, on the days on which the school is then open.

use chrono::Datelike;

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::people::terms::SchoolCalendar;

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

fn moved(calendar: &SchoolCalendar, day: Day) -> Day {
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
    use super::super::samples::{SAXTON, calendar, day, period};
    use super::*;
    use proptest::prelude::*;

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
