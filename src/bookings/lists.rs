//! The month and list views: the same bookings as the timeline, laid out for other questions. Pure, like the timeline.

use chrono::Datelike;

use super::Slot;
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::people::terms::{Closed, SchoolCalendar, Week};

/// A calendar month in whole weeks.
#[derive(Debug, Clone)]
pub struct Month {
    /// Its first day.
    pub first: Day,
    /// The weeks that hold its days, Monday to Sunday.
    pub weeks: Vec<MonthWeek>,
}

/// A week of a month.
#[derive(Debug, Clone)]
pub struct MonthWeek {
    /// Its Monday, its number, its school days.
    pub week: Week,
    /// Monday to Sunday.
    pub days: Vec<MonthDay>,
    /// The bookings that touch the week, one line each or sharing a line when they do not meet.
    pub bars: Vec<MonthBar>,
    /// How many lines the bars need.
    pub lanes: u16,
}

/// A day of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthDay {
    /// The day.
    pub day: Day,
    /// Whether it belongs to the month, not to the one before or after.
    pub in_month: bool,
    /// Whether it is today.
    pub today: bool,
    /// Why it is no school day.
    pub closed: Option<Closed>,
}

/// A booking in a week of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthBar {
    /// Its place in the slots given.
    pub slot: usize,
    /// The weekday it starts on in this week, 1 for Monday to 7.
    pub start: u16,
    /// How many days; at least 1.
    pub width: u16,
    /// Its line, from 0.
    pub lane: u16,
    /// Whether it begins in this week.
    pub begins: bool,
    /// Whether it ends in this week.
    pub ends: bool,
}

/// The days that a month's view shows: from the Monday on or before the 1st to the Sunday on or after the last.
#[must_use]
pub fn month_days(of: Day) -> Period {
    let first = of.with_day(1).unwrap_or(of);
    let next = days::add(first, 31).with_day(1).unwrap_or(first);
    let last = days::add(next, -1);
    Period::new(days::monday(first), days::add(days::monday(last), 6)).unwrap_or(Period::day(first))
}

/// The first day of the month before and of the month after.
#[must_use]
pub fn months_around(of: Day) -> (Day, Day) {
    let first = of.with_day(1).unwrap_or(of);
    let before = days::add(first, -1).with_day(1).unwrap_or(first);
    let after = days::add(first, 31).with_day(1).unwrap_or(first);
    (before, after)
}

/// Lays out the month that holds `of`. `slots` may be of many copies, in any order.
#[must_use]
pub fn month(of: Day, slots: &[Slot], calendar: &SchoolCalendar, school: Option<SchoolId>, today: Day) -> Month {
    let first = of.with_day(1).unwrap_or(of);
    let mut order: Vec<usize> = (0..slots.len()).collect();
    order.sort_by_key(|index| (slots[*index].days.first(), std::cmp::Reverse(slots[*index].days.last()), slots[*index].id));
    let weeks = calendar.weeks(month_days(of), school).map(|week| {
        let days: Vec<MonthDay> = (0..7)
            .map(|n| days::add(week.monday, n))
            .map(|day| MonthDay {
                day,
                in_month: day.month() == first.month() && day.year() == first.year(),
                today: day == today,
                closed: calendar.why_closed(day, school),
            })
            .collect();
        let (bars, lanes) = bars(&order, slots, week.monday);
        MonthWeek { week, days, bars, lanes }
    });
    Month { first, weeks: weeks.collect() }
}

fn bars(order: &[usize], slots: &[Slot], monday: Day) -> (Vec<MonthBar>, u16) {
    let Some(week) = Period::new(monday, days::add(monday, 6)) else { return (Vec::new(), 0) };
    // Per line the last weekday that is taken on it.
    let mut lines: Vec<u16> = Vec::new();
    let mut bars = Vec::new();
    for index in order {
        let days = slots[*index].days;
        let Some(shown) = days.intersect(week) else { continue };
        let start = u16::try_from((shown.first() - monday).num_days()).unwrap_or_default() + 1;
        let width = u16::try_from(shown.len_days()).unwrap_or(1);
        let lane = lines.iter().position(|taken| *taken < start).unwrap_or(lines.len());
        if lane == lines.len() {
            lines.push(0);
        }
        lines[lane] = start + width - 1;
        let lane = u16::try_from(lane).unwrap_or(u16::MAX);
        bars.push(MonthBar { slot: *index, start, width, lane, begins: days.first() == shown.first(), ends: days.last() == shown.last() });
    }
    (bars, u16::try_from(lines.len()).unwrap_or(u16::MAX))
}

/// A week of the list view, with the bookings that begin in it; those that began before the window come first of all.
#[derive(Debug, Clone)]
pub struct ListWeek {
    /// The week; `None` for what began before the window.
    pub week: Option<Week>,
    /// Places in the slots given, by first day.
    pub slots: Vec<usize>,
}

/// Groups bookings by the week in which they begin. Weeks without any are left out.
#[must_use]
pub fn by_week(slots: &[Slot], window: Period, calendar: &SchoolCalendar, school: Option<SchoolId>) -> Vec<ListWeek> {
    let mut order: Vec<usize> = (0..slots.len()).filter(|index| slots[*index].days.overlaps(window)).collect();
    order.sort_by_key(|index| (slots[*index].days, slots[*index].id));
    let before = order.partition_point(|index| slots[*index].days.first() < window.first());
    let mut groups: Vec<ListWeek> = Vec::new();
    if before > 0 {
        groups.push(ListWeek { week: None, slots: order[..before].to_vec() });
    }
    let mut rest = order[before..].iter().copied().peekable();
    for week in calendar.weeks(window, school) {
        let sunday = days::add(week.monday, 6);
        let mut inside = Vec::new();
        while let Some(index) = rest.next_if(|index| slots[*index].days.first() <= sunday) {
            inside.push(index);
        }
        if !inside.is_empty() {
            groups.push(ListWeek { week: Some(week), slots: inside });
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::samples::{calendar, day, period, slot};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_month_is_whole_weeks() {
        assert_eq!(month_days(day("2026-10-14")), period("2026-09-28", "2026-11-01"));
        assert_eq!(month_days(day("2028-02-29")), period("2028-01-31", "2028-03-05"));
        assert_eq!(month_days(day("2027-02-01")), period("2027-02-01", "2027-02-28"), "exactly four weeks");
        assert_eq!(months_around(day("2027-01-31")), (day("2026-12-01"), day("2027-02-01")));
    }

    #[test]
    fn bookings_that_meet_lie_on_lines_of_their_own() {
        let slots = [slot(1, "2026-10-05", "2026-10-09"), slot(2, "2026-10-07", "2026-10-20"), slot(3, "2026-10-10", "2026-10-10")];
        let month = month(day("2026-10-14"), &slots, &calendar(), None, day("2026-10-14"));
        assert_eq!(month.weeks.len(), 5);
        let week = &month.weeks[1];
        let bars: Vec<_> = week.bars.iter().map(|bar| (bar.slot, bar.start, bar.width, bar.lane, bar.begins, bar.ends)).collect();
        assert_eq!(bars, [(0, 1, 5, 0, true, true), (1, 3, 5, 1, true, false), (2, 6, 1, 0, true, true)]);
        assert_eq!((week.lanes, week.week.number), (2, Some(6)));
        assert!(month.weeks[2].days[2].today);
        assert!(!month.weeks[0].days[0].in_month);
        assert_eq!(month.weeks[4].days[0].closed, Some(Closed::HalfTerm));
    }

    #[test]
    fn the_list_groups_by_the_week_of_the_first_day() {
        let slots = [slot(3, "2026-10-13", "2026-10-20"), slot(1, "2026-08-01", "2026-09-04"), slot(2, "2026-10-12", "2026-10-13")];
        let groups = by_week(&slots, period("2026-08-31", "2026-12-18"), &calendar(), None);
        let shown: Vec<_> = groups.iter().map(|group| (group.week.and_then(|week| week.number), group.slots.clone())).collect();
        assert_eq!(shown, [(None, vec![1]), (Some(7), vec![2, 0])]);
    }

    proptest! {
        #[test]
        fn no_two_bars_of_a_line_share_a_day(parts in prop::collection::vec((0i64..40, 0i64..20), 0..25)) {
            let slots: Vec<Slot> = parts.into_iter().zip(1..).map(|((start, len), id)| {
                let first = days::add(day("2026-09-25"), start);
                Slot { days: Period::new(first, days::add(first, len)).unwrap(), ..slot(id, "2026-10-05", "2026-10-09") }
            }).collect();
            let month = month(day("2026-10-14"), &slots, &calendar(), None, day("2026-10-14"));
            let mut shown = 0;
            for week in &month.weeks {
                for (n, one) in week.bars.iter().enumerate() {
                    prop_assert!(one.start >= 1 && one.start + one.width <= 8 && one.lane < week.lanes);
                    shown += usize::from(one.width);
                    for two in &week.bars[..n] {
                        let apart = one.start + one.width <= two.start || two.start + two.width <= one.start;
                        prop_assert!(one.lane != two.lane || apart);
                    }
                }
            }
            let all = month_days(day("2026-10-14"));
            let wanted: i64 = slots.iter().filter_map(|slot| slot.days.intersect(all)).map(Period::len_days).sum();
            prop_assert_eq!(i64::try_from(shown).unwrap(), wanted);
        }
    }
}
