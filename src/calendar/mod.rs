//! The term as a grid: five columns a week, one row a copy, bars and free gaps as spans of columns. Pure layout: pages turn
//! each span into one cell, so that a term of a hundred boxes stays a small page.
//!
//! What must always hold: the cells of a row cover every column once, from the first to the last, in order.

pub mod acts;
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
mod tests;
