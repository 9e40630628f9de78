//! Tests of the grid: its head, its rows, and what must always hold of them.

use super::*;
use crate::bookings::samples::{MONK_FRYSTON, SAXTON, calendar, day, period, slot};
use proptest::prelude::*;

const IN_SERVICE: CopyFacts = CopyFacts { in_service: true, turnaround: 0 };

fn view(today: &str) -> Viewpoint<'static> {
    Viewpoint { mine: &[MONK_FRYSTON], school: None, today: day(today), bookable: Period::new(day(today), day("2028-08-31")) }
}

fn grid(today: &str) -> Grid<'static> {
    let cal = calendar();
    Grid::new(&cal.window(day("2026-10-14")), &cal, view(today))
}

/// The row as a line: column, width, letter.
fn drawn(cells: &[Cell]) -> String {
    let letter = |what: &What| match what {
        What::Bar(bar) => format!("{:?}", bar.look),
        What::Free { days, school_days } => format!("free {days} ({school_days})"),
        What::Blank(why) => format!("-{why:?}"),
    };
    let cells: Vec<String> = cells.iter().map(|cell| format!("{}+{} {}", cell.span.start, cell.span.width, letter(&cell.what))).collect();
    cells.join(" | ")
}

#[test]
fn the_head_has_weeks_months_holidays_and_today() {
    let grid = grid("2026-10-14");
    assert_eq!((grid.width(), grid.today, grid.past), (80, Some(33), 32));
    let months: Vec<_> = grid.months.iter().map(|m| (m.monday.month(), m.span.start, m.span.width)).collect();
    assert_eq!(months, [(8, 1, 5), (9, 6, 20), (10, 26, 20), (11, 46, 25), (12, 71, 10)]);
    let half = &grid.weeks[8];
    assert_eq!((half.monday, half.number, half.closed.clone()), (day("2026-10-26"), None, Some(Closed::HalfTerm)));
    assert_eq!(grid.weeks[9].number, Some(9));
    assert!(grid.weeks[6].now);
    let shades: Vec<_> = grid.shades.iter().map(|s| (s.span.start, s.span.width, s.why.label())).collect();
    assert_eq!(shades, [(1, 2, "Holiday"), (41, 5, "Half-term"), (46, 1, "INSET")]);
    assert_eq!(Grid::new(&calendar().window(day("2026-10-14")), &calendar(), view("2026-10-17")).today, None, "a Saturday");
}

#[test]
fn a_row_has_bars_gaps_and_what_is_past() {
    let grid = grid("2026-10-14");
    let slots = [
        Slot { collected_on: Some(day("2026-09-14")), returned_on: Some(day("2026-10-02")), ..slot(1, "2026-09-14", "2026-10-02") },
        Slot { school: SAXTON, ..slot(2, "2026-11-05", "2026-11-25") },
    ];
    assert_eq!(
        drawn(&grid.row(&slots, IN_SERVICE)),
        "1+10 -Past | 11+15 Past | 26+7 -Past | 33+8 free 14 to 23 October 2026 (8) | 41+6 -Closed | \
         47+2 free 3 to 4 November 2026 (2) | 49+15 Other | 64+17 free 26 November to 18 December 2026 (17)"
    );
}

#[test]
fn a_late_bar_grows_to_today_and_stops_at_the_next() {
    let grid = grid("2026-10-14");
    let late = Slot { school: SAXTON, collected_on: Some(day("2026-09-28")), ..slot(1, "2026-09-28", "2026-10-09") };
    let row = grid.row(&[late, slot(2, "2026-10-19", "2026-10-23")], IN_SERVICE);
    assert_eq!(drawn(&row), "1+20 -Past | 21+13 Late | 34+2 -Unavailable | 36+5 Mine | 41+40 -Unavailable");
    assert!(matches!(row[3].what, What::Bar(Bar { at_risk: true, .. })));
    let row = grid.row(&[late, slot(2, "2026-10-12", "2026-10-23")], IN_SERVICE);
    assert_eq!(drawn(&row), "1+20 -Past | 21+10 Late | 31+10 Mine | 41+40 -Unavailable");
}

#[test]
fn turnaround_is_kept_after_a_loan_and_before_the_next() {
    let grid = grid("2026-11-09");
    let first = Slot { held_until: day("2026-11-18"), ..slot(1, "2026-11-09", "2026-11-13") };
    let row = grid.row(&[first, slot(2, "2026-12-07", "2026-12-11")], CopyFacts { in_service: true, turnaround: 5 });
    assert_eq!(
        drawn(&row),
        "1+50 -Past | 51+5 Mine | 56+3 -Turnaround | 59+9 free 19 November to 1 December 2026 (9) | 68+3 -Turnaround | 71+5 Mine | \
         76+5 free 14 to 18 December 2026 (5)"
    );
}

#[test]
fn a_bank_holiday_does_not_cut_a_gap_and_the_furthest_day_ends_it() {
    let cal = calendar();
    let bookable = Period::new(day("2027-04-12"), day("2027-06-11"));
    let grid = Grid::new(&cal.window(day("2027-05-01")), &cal, Viewpoint { bookable, ..view("2027-04-12") });
    assert_eq!(
        drawn(&grid.row(&[], IN_SERVICE)),
        "1+35 free 12 April to 28 May 2027 (34) | 36+5 -Closed | 41+5 free 7 to 11 June 2027 (5) | 46+30 -TooFar"
    );
    assert_eq!(drawn(&grid.row(&[], CopyFacts { in_service: false, turnaround: 0 })), "1+75 -Unavailable");
}

#[test]
fn a_booking_of_a_weekend_alone_has_no_column_and_cuts_the_gap() {
    let grid = grid("2026-11-09");
    let weekend = slot(1, "2026-11-14", "2026-11-15");
    assert_eq!(
        drawn(&grid.row(&[weekend], IN_SERVICE)),
        "1+50 -Past | 51+5 free 9 to 13 November 2026 (5) | 56+25 free 16 November to 18 December 2026 (25)"
    );
}

proptest! {
    #[test]
    fn cells_cover_every_column_once(
        parts in prop::collection::vec((0i64..20, 0i64..30, 0u32..5, any::<bool>(), any::<bool>()), 0..12),
        today in 0i64..500, window in 0i64..500, in_service: bool, turnaround in 0u32..6,
    ) {
        let cal = calendar();
        let start = day("2026-08-20");
        let today = days::add(start, today);
        let mut at = start;
        let mut out = false;
        let slots: Vec<Slot> = parts.into_iter().map(|(gap, len, turnaround, collected, back)| {
            let first = days::add(at, gap);
            let days = Period::new(first, days::add(first, len)).unwrap();
            let held_until = days::add(days.last(), i64::from(turnaround));
            at = days::add(held_until, 1);
            let collected_on = (collected && first <= today && !out).then_some(first);
            let returned_on = collected_on.filter(|_| back);
            out |= collected_on.is_some() && !back;
            Slot { days, held_until, collected_on, returned_on, ..slot(1, "2026-09-01", "2026-09-01") }
        }).collect();
        let view = Viewpoint { mine: &[], school: None, today, bookable: Period::new(today, days::add(today, 300)) };
        let grid = Grid::new(&cal.window(days::add(start, window)), &cal, view);
        let row = grid.row(&slots, CopyFacts { in_service, turnaround });
        let mut next = 1;
        for cell in &row {
            prop_assert_eq!(cell.span.start, next);
            prop_assert!(cell.span.width >= 1);
            next += cell.span.width;
            let columns = &grid.columns[usize::from(cell.span.start) - 1..usize::from(next) - 1];
            match cell.what {
                What::Bar(bar) => {
                    let slot = &slots[bar.slot];
                    let drawn_to = if bar.look == Look::Late { slot.days.last().max(today) } else { slot.days.last() };
                    prop_assert!(columns.iter().all(|c| slot.days.first() <= c.day && c.day <= drawn_to));
                }
                What::Free { days, school_days } => {
                    prop_assert_eq!(u32::from(school_days), cal.count(days, None));
                    prop_assert_eq!(cal.snap(days, None), Some(days));
                    prop_assert!(days.first() >= today && in_service);
                    prop_assert!(crate::bookings::spans::is_free(&slots, days.extended(turnaround)));
                }
                What::Blank(_) => {
                    let own = |c: &Column| slots.iter().any(|s| s.days.contains(c.day));
                    prop_assert!(!columns.iter().any(own));
                }
            }
        }
        prop_assert_eq!(next, grid.width() + 1);
    }
}

#[test]
fn windows_of_the_samples_are_what_the_tests_count_on() {
    assert_eq!(grid("2026-10-14").days(), period("2026-08-31", "2026-12-18"));
}
