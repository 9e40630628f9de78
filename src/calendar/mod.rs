//! The term as a grid: five columns a week, one row a copy, bars and free gaps as spans of columns. Pure layout: pages turn
//! each span into one cell, so that a term of a hundred boxes stays a small page.
//!
//! What must always hold: the cells of a row cover every column once, from the first to the last, in order.

pub mod pages;
pub mod store;

use chrono::Datelike;

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::{Kind, Slot, State};
use crate::year::{Closed, SchoolCalendar, Window};

/// Closed columns in a row from which a free gap is cut in two: a holiday cuts, an INSET day or bank holiday does not.
const HOLIDAY_COLUMNS: u16 = 3;

/// Whose eyes the grid is drawn for.
#[derive(Debug, Clone, Copy)]
pub struct Viewpoint<'a> {
    /// The schools whose loans are "mine".
    pub mine: &'a [SchoolId],
    /// The school whose school days are open columns; `None` for the cluster's.
    pub school: Option<SchoolId>,
    /// The day it is.
    pub today: Day,
    /// The days that can be booked at all; free gaps end where it ends.
    pub bookable: Option<Period>,
}

/// The columns of a window with their headings. Columns count from 1.
#[derive(Debug, Clone)]
pub struct Grid<'a> {
    /// One a weekday, in order.
    pub columns: Vec<Column>,
    /// One a week.
    pub weeks: Vec<WeekHead>,
    /// Weeks grouped by the month of their Monday.
    pub months: Vec<MonthHead>,
    /// Runs of closed columns.
    pub shades: Vec<Shade>,
    /// Today's column, when today is a weekday of the window.
    pub today: Option<u16>,
    /// How many columns lie before today.
    pub past: u16,
    view: Viewpoint<'a>,
    days: Period,
}

/// A weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The day.
    pub day: Day,
    /// Whether it is a school day.
    pub open: bool,
}

/// A span of columns: its first column, from 1, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first column, from 1.
    pub start: u16,
    /// How many columns; at least 1.
    pub width: u16,
}

/// The heading of a week; always five columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekHead {
    /// Its Monday.
    pub monday: Day,
    /// Its columns.
    pub span: Span,
    /// "Week 12"; `None` for a week without a school day.
    pub number: Option<u32>,
    /// Why the whole week is closed.
    pub closed: Option<Closed>,
    /// Whether today is in it, weekend included.
    pub now: bool,
}

/// The heading of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthHead {
    /// Any day of the month: its first Monday shown.
    pub monday: Day,
    /// Its columns.
    pub span: Span,
}

/// Closed columns in a row for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shade {
    /// The columns.
    pub span: Span,
    /// Why.
    pub why: Closed,
}

/// How a bar looks; the words behind it are the page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A coming or running loan of the viewer's own school.
    Mine,
    /// One of another school.
    Other,
    /// Waits for approval.
    Requested,
    /// Held for a school of the waiting list until it answers.
    Offered,
    /// Should be back and is not.
    Late,
    /// Over.
    Past,
    /// Kept by a coordinator.
    Restock,
}

/// A booking on the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own on the bar, and any may go with any")]
pub struct Bar {
    /// Its place in the slots that the row was laid out from.
    pub slot: usize,
    /// How it looks.
    pub look: Look,
    /// Whether it is of one of the viewer's schools.
    pub mine: bool,
    /// Whether the school has the copy now.
    pub out: bool,
    /// Whether the copy is late at another school.
    pub at_risk: bool,
    /// Whether it began before the window.
    pub from_before: bool,
    /// Whether it goes on after the window.
    pub goes_on: bool,
}

/// Why there is nothing to click on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// Before today, or inside the notice.
    Past,
    /// A holiday or closed days.
    Closed,
    /// Kept free after a loan, or before the next one.
    Turnaround,
    /// Late or out of service: nobody can say when it is free.
    Unavailable,
    /// Further ahead than can be booked.
    TooFar,
}

/// What a cell of a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A booking.
    Bar(Bar),
    /// Free: from a school day to a school day.
    Free {
        /// The free days.
        days: Period,
        /// How many of them are school days.
        school_days: u16,
    },
    /// Nothing to click on.
    Blank(Blank),
}

/// A cell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Its columns.
    pub span: Span,
    /// What it shows.
    pub what: What,
}

/// What the grid must know of a copy besides its bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyFacts {
    /// Whether it can be lent at all.
    pub in_service: bool,
    /// Days kept free after each loan of it.
    pub turnaround: u32,
}

impl<'a> Grid<'a> {
    /// Lays out the columns of a window.
    #[must_use]
    pub fn new(window: &Window, calendar: &SchoolCalendar, view: Viewpoint<'a>) -> Self {
        let days = window.days;
        let columns: Vec<Column> = days
            .days()
            .filter(|day| days::is_weekday(*day))
            .map(|day| Column { day, open: calendar.is_school_day(day, view.school) })
            .collect();
        let weeks: Vec<WeekHead> = calendar
            .weeks(days, view.school)
            .zip(0u16..)
            .map(|(week, n)| WeekHead {
                monday: week.monday,
                span: Span { start: n * 5 + 1, width: 5 },
                number: week.number,
                closed: calendar.why_week_closed(week.monday, view.school),
                now: days::monday(view.today) == week.monday,
            })
            .collect();
        let mut months: Vec<MonthHead> = Vec::new();
        for week in &weeks {
            match months.last_mut().filter(|month| month.monday.month() == week.monday.month()) {
                Some(month) => month.span.width += 5,
                None => months.push(MonthHead { monday: week.monday, span: week.span }),
            }
        }
        let mut shades: Vec<Shade> = Vec::new();
        for (column, at) in columns.iter().zip(1u16..).filter(|(column, _)| !column.open) {
            let Some(why) = calendar.why_closed(column.day, view.school) else { continue };
            match shades.last_mut().filter(|shade| shade.span.start + shade.span.width == at && shade.why == why) {
                Some(shade) => shade.span.width += 1,
                None => shades.push(Shade { span: Span { start: at, width: 1 }, why }),
            }
        }
        let past = u16::try_from(columns.partition_point(|column| column.day < view.today)).unwrap_or(u16::MAX);
        let today = columns.get(usize::from(past)).filter(|column| column.day == view.today).map(|_| past + 1);
        Self { columns, weeks, months, shades, today, past, view, days }
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> u16 {
        u16::try_from(self.columns.len()).unwrap_or(u16::MAX)
    }

    /// The window's days.
    #[must_use]
    pub fn days(&self) -> Period {
        self.days
    }

    /// Lays out a copy's row. `slots` are its live bookings that touch the window, by first day.
    #[must_use]
    pub fn row(&self, slots: &[Slot], copy: CopyFacts) -> Vec<Cell> {
        let today = self.view.today;
        let late = slots.iter().find(|slot| slot.late_since(today).is_some());
        let closed_to_all = !copy.in_service || late.is_some();
        let mut row = Row { cells: Vec::with_capacity(slots.len() * 2 + 4), next: 1 };
        for (index, slot) in slots.iter().enumerate() {
            // Late is open-ended: the bar grows to today, or to where the next booking stands in its way.
            let grown = if slot.late_since(today).is_some() { slot.days.last().max(today) } else { slot.days.last() };
            let stop = slots.get(index + 1).map_or(grown, |next| grown.min(days::add(next.days.first(), -1)));
            let before = self.first_at(slot.days.first()) - 1;
            self.fill(&mut row, before, closed_to_all, copy.turnaround, Some(slot.days.first()));
            let end = self.last_at(stop.max(slot.days.last()));
            if row.next <= end {
                row.push(end, What::Bar(self.bar(index, slot, late)));
            }
            row.blank(self.last_at(slot.held_until.max(stop)), Blank::Turnaround);
        }
        self.fill(&mut row, self.width(), closed_to_all, copy.turnaround, None);
        row.cells
    }

    fn bar(&self, index: usize, slot: &Slot, late: Option<&Slot>) -> Bar {
        let today = self.view.today;
        let mine = self.view.mine.contains(&slot.school);
        let look = match slot {
            _ if slot.late_since(today).is_some() => Look::Late,
            _ if slot.is_over(today) => Look::Past,
            Slot { kind: Kind::Restock, .. } => Look::Restock,
            _ if slot.is_offer() => Look::Offered,
            Slot { state: State::Requested, .. } => Look::Requested,
            _ if mine => Look::Mine,
            _ => Look::Other,
        };
        Bar {
            slot: index,
            look,
            mine,
            out: slot.is_out(),
            at_risk: crate::bookings::risk(slot, late, None, &crate::catalogue::Plight::default(), today).is_some(),
            from_before: slot.days.first() < self.days.first(),
            goes_on: slot.days.last() > self.days.last(),
        }
    }

    /// Fills up to column `end` with free gaps and blanks. `next`: the day on which another booking begins, before which the
    /// turnaround of a new loan must fit.
    fn fill(&self, row: &mut Row, end: u16, unavailable: bool, turnaround: u32, next: Option<Day>) {
        let end = end.min(self.width());
        if row.next > end {
            return;
        }
        let bookable = self.view.bookable.filter(|_| !unavailable);
        let from = self.view.today.max(bookable.map_or(self.view.today, Period::first));
        row.blank(end.min(self.first_at(from).saturating_sub(1)), Blank::Past);
        let Some(bookable) = bookable else {
            row.blank(end, if unavailable { Blank::Unavailable } else { Blank::TooFar });
            return;
        };
        let far = self.last_at(bookable.last());
        let room = next.map_or(end, |next| self.last_at(days::add(next, -1 - i64::from(turnaround))));
        let open_end = end.min(far).min(room);
        while row.next <= open_end {
            let rest = &self.columns[usize::from(row.next) - 1..usize::from(open_end)];
            let closed = width_of(rest.iter().take_while(|column| !column.open));
            if closed > 0 {
                row.blank(row.next + closed - 1, Blank::Closed);
                continue;
            }
            // On to the next holiday, stepping over single closed days, and back to the last school day before it.
            let (mut reach, mut run) = (0u16, 0u16);
            for (column, n) in rest.iter().zip(1u16..) {
                run = if column.open { 0 } else { run + 1 };
                if column.open {
                    reach = n;
                } else if run >= HOLIDAY_COLUMNS {
                    break;
                }
            }
            let school_days = width_of(rest[..usize::from(reach)].iter().filter(|column| column.open));
            let days = Period::new(rest[0].day, rest[usize::from(reach) - 1].day).unwrap_or(Period::day(rest[0].day));
            row.push(row.next + reach - 1, What::Free { days, school_days });
        }
        row.blank(end.min(far), Blank::Turnaround);
        row.blank(end, Blank::TooFar);
    }

    /// The first column on or after the day; one past the last when the window ends before it.
    fn first_at(&self, day: Day) -> u16 {
        u16::try_from(self.columns.partition_point(|column| column.day < day)).unwrap_or(u16::MAX) + 1
    }

    /// The last column on or before the day; 0 when the window begins after it.
    fn last_at(&self, day: Day) -> u16 {
        u16::try_from(self.columns.partition_point(|column| column.day <= day)).unwrap_or(u16::MAX)
    }
}

fn width_of<'c>(columns: impl Iterator<Item = &'c Column>) -> u16 {
    u16::try_from(columns.count()).unwrap_or(u16::MAX)
}

/// A row as it grows from left to right.
struct Row {
    cells: Vec<Cell>,
    /// The first column that is not covered yet.
    next: u16,
}

impl Row {
    fn push(&mut self, end: u16, what: What) {
        self.cells.push(Cell { span: Span { start: self.next, width: end + 1 - self.next }, what });
        self.next = end + 1;
    }

    fn blank(&mut self, end: u16, why: Blank) {
        if self.next <= end {
            self.push(end, What::Blank(why));
        }
    }
}

#[cfg(test)]
mod tests {
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
        let cells: Vec<String> =
            cells.iter().map(|cell| format!("{}+{} {}", cell.span.start, cell.span.width, letter(&cell.what))).collect();
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
}
