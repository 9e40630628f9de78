//! When is it free? Free spans of a copy, and the spans nearest to the one somebody wanted.

use super::Slot;
use super::rules::limit;
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::clusters::longest::Longest;
use crate::year::SchoolCalendar;

/// How far on both sides of a wish the nearest free span is looked for.
const SEARCH_DAYS: i64 = 366;

/// Whether nobody holds the copy on any of the days. `slots` are the copy's live bookings by first day, none overlapping.
#[must_use]
pub fn is_free(slots: &[Slot], wanted: Period) -> bool {
    clash(slots, wanted).is_none()
}

/// The first live booking that holds one of the days. `slots` as in [`is_free`].
#[must_use]
pub fn clash(slots: &[Slot], wanted: Period) -> Option<&Slot> {
    let next = slots.partition_point(|slot| slot.held_until < wanted.first());
    slots.get(next).filter(|slot| slot.days.first() <= wanted.last())
}

/// The days of a window on which nobody holds the copy, as periods. `slots` as in [`is_free`].
pub fn free_spans(slots: &[Slot], window: Period) -> impl Iterator<Item = Period> + '_ {
    let start = slots.partition_point(|slot| slot.held_until < window.first());
    let inside = slots[start..].iter().take_while(move |slot| slot.days.first() <= window.last());
    let mut from = Some(window.first());
    inside.map(Some).chain(std::iter::once(None)).filter_map(move |slot| {
        let since = from?;
        let until = slot.map_or(window.last(), |slot| days::add(slot.days.first(), -1));
        from = slot.map(|slot| days::add(slot.held_until, 1));
        Period::new(since, until.min(window.last()))
    })
}

/// What a search for free spans is bound by.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The school year.
    pub calendar: &'a SchoolCalendar,
    /// Whose school days count.
    pub school: Option<SchoolId>,
    /// The days that can be booked at all.
    pub bookable: Period,
    /// Days kept free after a loan.
    pub turnaround: u32,
    /// The longest loan.
    pub longest: Longest,
}

/// The free spans nearest to a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nearest {
    /// The last one that starts before the wish.
    pub before: Option<Period>,
    /// The first one that starts after the wish.
    pub after: Option<Period>,
}

impl Search<'_> {
    /// The spans of `school_days` school days, free for this copy and starting nearest before and after `around`.
    #[must_use]
    pub fn nearest(&self, slots: &[Slot], around: Day, school_days: u32) -> Nearest {
        let wide = Period::new(days::add(around, -SEARCH_DAYS), days::add(around, SEARCH_DAYS));
        let Some(window) = wide.and_then(|wide| wide.intersect(self.bookable)) else { return Nearest::default() };
        let open: Vec<Day> = self.calendar.school_days(window, self.school).collect();
        let last = school_days.max(1) as usize - 1;
        let span = |start: usize| -> Option<Period> {
            let days = Period::new(open[start], *open.get(start + last)?)?;
            let free = is_free(slots, days.extended(self.turnaround));
            (free && days.last() <= limit(self.longest, days.first(), self.calendar, self.school).last).then_some(days)
        };
        let here = open.partition_point(|day| *day < around);
        let beyond = open.partition_point(|day| *day <= around);
        Nearest { before: (0..here).rev().find_map(span), after: (beyond..open.len()).find_map(span) }
    }

    /// The first free span from a day on: from its first school day to the last before somebody else has the copy.
    /// Longer than a loan may be: it says how long the copy is free, not how long one may have it.
    #[must_use]
    pub fn next_free(&self, slots: &[Slot], from: Day) -> Option<Period> {
        let window = Period::new(from.max(self.bookable.first()), self.bookable.last())?;
        free_spans(slots, window).find_map(|span| {
            // A span that ends where somebody else begins must leave room for the turnaround.
            let bounded = span.last() < window.last();
            let last = if bounded { days::add(span.last(), -i64::from(self.turnaround)) } else { span.last() };
            let first = self.calendar.next(span.first(), self.school).filter(|first| *first <= last)?;
            Period::new(first, self.calendar.previous(last, self.school)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{calendar, day, period, slot};
    use super::*;
    use proptest::prelude::*;

    fn search(calendar: &SchoolCalendar) -> Search<'_> {
        Search { calendar, school: None, bookable: period("2026-09-01", "2028-08-31"), turnaround: 0, longest: Longest::Days(28) }
    }

    #[test]
    fn free_spans_are_what_the_bookings_leave() {
        let slots = [slot(1, "2026-10-05", "2026-10-16"), slot(2, "2026-10-17", "2026-10-20"), slot(3, "2026-11-09", "2026-11-13")];
        let spans = |a: &str, b: &str| free_spans(&slots, period(a, b)).map(|p| p.to_string()).collect::<Vec<_>>();
        assert_eq!(spans("2026-10-01", "2026-11-30"), ["1 to 4 October 2026", "21 October to 8 November 2026", "14 to 30 November 2026"]);
        assert_eq!(spans("2026-10-10", "2026-10-18"), [] as [&str; 0]);
        assert_eq!(spans("2026-10-18", "2026-10-22"), ["21 to 22 October 2026"]);
        assert_eq!(free_spans(&[], period("2026-10-18", "2026-10-22")).count(), 1);
    }

    #[test]
    fn the_nearest_spans_step_over_half_term() {
        let cal = calendar();
        let slots = [slot(1, "2026-10-12", "2026-10-23")];
        let found = search(&cal).nearest(&slots, day("2026-10-12"), 5);
        assert_eq!(found.before, Some(period("2026-10-05", "2026-10-09")));
        assert_eq!(found.after, Some(period("2026-11-03", "2026-11-09")));
        let free = search(&cal).next_free(&slots, day("2026-10-14"));
        assert_eq!(free, Some(period("2026-11-03", "2028-07-21")));
    }

    /// Bookings of a copy that do not overlap, turnaround included, from gaps and lengths.
    fn plan() -> impl Strategy<Value = Vec<Slot>> {
        prop::collection::vec((0i64..25, 0i64..25, 0u32..4), 0..12).prop_map(|parts| {
            let mut at = day("2026-09-01");
            parts
                .into_iter()
                .enumerate()
                .map(|(n, (gap, len, turnaround))| {
                    let first = days::add(at, gap);
                    let days = Period::new(first, days::add(first, len)).unwrap();
                    let held_until = days::add(days.last(), i64::from(turnaround));
                    at = days::add(held_until, 1);
                    Slot { days, held_until, ..slot(i64::try_from(n).unwrap(), "2026-09-01", "2026-09-01") }
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn free_spans_and_bookings_share_the_window_out(slots in plan(), start in 0i64..200, len in 0i64..200) {
            let first = days::add(day("2026-09-01"), start);
            let window = Period::new(first, days::add(first, len)).unwrap();
            let spans: Vec<Period> = free_spans(&slots, window).collect();
            for d in window.days() {
                let free = spans.iter().filter(|span| span.contains(d)).count();
                let held = slots.iter().filter(|slot| slot.held().contains(d)).count();
                prop_assert_eq!(free + held, 1);
                prop_assert_eq!(is_free(&slots, Period::day(d)), free == 1);
            }
            prop_assert_eq!(is_free(&slots, window), !slots.iter().any(|slot| slot.held().overlaps(window)));
        }

        #[test]
        fn nearest_spans_are_free_of_the_right_length_and_nearest(slots in plan(), start in 0i64..300, n in 1u32..18, turnaround in 0u32..4) {
            let cal = calendar();
            let search = Search { turnaround, ..search(&cal) };
            let around = days::add(day("2026-09-01"), start);
            let found = search.nearest(&slots, around, n);
            let good = |days: Period| {
                cal.count(days, None) == n
                    && cal.snap(days, None) == Some(days)
                    && days.len_days() <= 28
                    && !slots.iter().any(|slot| slot.held().overlaps(days.extended(turnaround)))
            };
            for days in found.before.into_iter().chain(found.after) {
                prop_assert!(good(days), "{}", days);
            }
            // Slowly: nothing nearer would do.
            let of = |first: Day| cal.after(first, n - 1, None).filter(|_| cal.is_school_day(first, None)).and_then(|last| Period::new(first, if n == 1 { first } else { last }));
            if let Some(after) = found.after {
                prop_assert!(after.first() > around);
                let nearer = around.iter_days().skip(1).take_while(|d| *d < after.first()).filter_map(of).any(good);
                prop_assert!(!nearer);
            }
            if let Some(before) = found.before {
                prop_assert!(before.first() < around);
                let nearer = before.first().iter_days().skip(1).take_while(|d| *d < around).filter_map(of).any(good);
                prop_assert!(!nearer);
            }
        }

        #[test]
        fn the_next_free_span_is_free(slots in plan(), start in 0i64..300) {
            let cal = calendar();
            let from = days::add(day("2026-09-01"), start);
            let found = search(&cal).next_free(&slots, from).unwrap();
            prop_assert!(found.first() >= from);
            prop_assert!(is_free(&slots, found));
            let earlier = from.iter_days().take_while(|d| *d < found.first()).any(|d| cal.is_school_day(d, None) && is_free(&slots, Period::day(d)));
            prop_assert!(!earlier);
        }
    }
}
