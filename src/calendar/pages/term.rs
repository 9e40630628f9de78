//! The term as a timeline: a row a copy, a column a school day, a bar a loan, and every free gap a link that reserves it.
//!
//! The markup is lean on purpose: a hundred copies with five hundred loans must stay a small page. A bar is one link with
//! its name, its class and, out of sight, its dates and status; what is cut to fit is decided by the style, not here.

use maud::{Markup, html};

use super::desk::CalendarPage;
use super::words::{Days, Iso, Weeks, class_of, month, status};
use crate::base::Period;
use crate::bookings::Kind;
use crate::bookings::pages::beside;
use crate::bookings::store::plan::{Copy, Loan, Title};
use crate::calendar::{Bar, Cell, CopyFacts, Grid, Look, Span, Viewpoint, What};
use crate::catalogue::CopyState;
use crate::web::parts::icon;
use crate::year::Window;

/// From this width on, a gap has room for the words that say how long it is.
const ROOM_FOR_WORDS: u16 = 15;

/// The timeline of a window.
#[must_use]
pub fn timeline(desk: &CalendarPage, window: &Window) -> Markup {
    let view = Viewpoint { mine: &desk.mine, school: desk.own, today: desk.today, bookable: desk.bookable() };
    let grid = Grid::new(window, &desk.calendar, view);
    html! {
        a.skip.in href="#after" { "Skip the timeline" }
        div.tl-scroll {
            div class={ "tl-box n" (grid.width()) } data-start=(Iso(window.days.first())) {
                (shades(&grid))
                (headings(&grid))
                p.vh { (closed_days(&grid)) }
                ul.tl {
                    @for (title, copies) in desk.shown() {
                        @for (n, copy) in copies.into_iter().enumerate() { (row(desk, &grid, title, copy, n > 0)) }
                    }
                }
                @if desk.may_book {
                    div.pickbar role="status" hidden {
                        p {}
                        a.btn.go href="boxes" { "Reserve these days" }
                        button.btn.quiet type="button" { "Cancel" }
                    }
                }
            }
        }
    }
}

/// What lies under the rows: past days, the weeks' lines, holidays, today.
fn shades(grid: &Grid<'_>) -> Markup {
    let place = |span: Span| html! { "c" (span.start) " s" (span.width) };
    html! {
        div.tl-over aria-hidden="true" {
            @if grid.past > 0 { i class={ "gone c1 s" (grid.past) } {} }
            @for week in &grid.weeks { i class={ "wkline " (place(week.span)) } {} }
            @for shade in &grid.shades { i class={ "shade " (place(shade.span)) } {} }
            @if let Some(today) = grid.today { i class={ "day c" (today) " s1" } {} }
        }
    }
}

/// The months and weeks. Hidden from a screen reader: every loan and gap says its own dates.
fn headings(grid: &Grid<'_>) -> Markup {
    html! {
        div.hd aria-hidden="true" {
            div.r {
                @for head in &grid.months {
                    span class={ "mon c" (head.span.start) " s" (head.span.width) } {
                        b.lg { (month(head.monday)) } b.sm { (&month(head.monday)[..3]) }
                    }
                }
            }
            div.r {
                span.corner { "Box" }
                @for week in &grid.weeks {
                    span class={ "wk c" (week.span.start) " s" (week.span.width) @if week.now { " now" } } {
                        b { (chrono::Datelike::day(&week.monday)) i.mm { " " (&month(week.monday)[..3]) } }
                        small {
                            @if week.now { "Today" }
                            @else if let Some(number) = week.number { "Week " (number) }
                            @else if let Some(closed) = &week.closed { (closed.label()) }
                        }
                    }
                }
            }
        }
    }
}

/// The holidays of the window in words, once, instead of in every row.
fn closed_days(grid: &Grid<'_>) -> Markup {
    html! {
        "A row for each box with its loans and its free days."
        @for shade in &grid.shades {
            @let first = grid.columns.get(usize::from(shade.span.start) - 1);
            @let last = grid.columns.get(usize::from(shade.span.start + shade.span.width) - 2);
            @if let Some(days) = first.zip(last).and_then(|(first, last)| Period::new(first.day, last.day)) {
                " " (shade.why.label()) ": " (Days(days)) "."
            }
        }
    }
}

fn row(desk: &CalendarPage, grid: &Grid<'_>, title: &Title, copy: &Copy, more: bool) -> Markup {
    let loans = desk.loans_of(copy.id);
    let slots: Vec<_> = loans.iter().map(|loan| loan.slot).collect();
    // A loan that should have come back before this window makes the copy unavailable here, too.
    let missed = desk.late(copy.id).is_some_and(|late| slots.iter().all(|slot| slot.id != late.id));
    let facts = CopyFacts {
        in_service: copy.state == CopyState::InService && !desk.is_lost(copy) && !missed,
        turnaround: title.rules.turnaround_days,
    };
    let cells = grid.row(&slots, facts);
    let several = title.copies.len() > 1;
    html! {
        li class=(if more { "r more" } else { "r" }) {
            div.rh {
                @if !more { span class={ "ic " (title.strand.class()) } { (icon(&title.icon)) } }
                div.nm {
                    h2 { a href={ "boxes/" (title.id) } { (beside(&desk.beside(copy), html! {
                        @if more { span.vh { (title.name) " " } (copy.tag) } @else { (title.name) @if several { " " small { (copy.tag) } } }
                    })) } }
                    (desk.whereabouts(copy))
                }
                @if desk.may_book && facts.in_service {
                    a.btn.cta href={ "boxes/" (title.id) "/reserve" @if several { "?copy=" (copy.id) } } { "Reserve" span.vh { " " (title.name) } }
                }
            }
            @for cell in &cells { (one_cell(desk, title, copy, loans, cell)) }
        }
    }
}

/// A cell says how many columns it has and stands after the one before it. A gap of a single day is a blank: at ten pixels
/// nobody hits it, and the box's own page offers it.
fn one_cell(desk: &CalendarPage, title: &Title, copy: &Copy, loans: &[Loan], cell: &Cell) -> Markup {
    let width = cell.span.width;
    match cell.what {
        What::Bar(one) if one.slot < loans.len() => bar(desk, width, one, &loans[one.slot], copy),
        What::Free { days, school_days } if width > 1 => gap(desk, title, copy, width, days, school_days),
        _ => html! { i class={ "s" (width) } {} },
    }
}

/// A loan as one link: the short name, the class while there is room, and out of sight what the place and colour say.
fn bar(desk: &CalendarPage, width: u16, bar: Bar, loan: &Loan, copy: &Copy) -> Markup {
    let slot = &loan.slot;
    let bar = Bar { at_risk: desk.at_risk(slot, copy), ..bar };
    let (name, letters) = match slot.kind {
        Kind::Restock => ("Restock", "Fix"),
        Kind::Loan => desk.school(slot.school),
    };
    let beside = match bar.look {
        Look::Late => "late",
        Look::Offered => "offered",
        _ => loan.class_name.as_str(),
    };
    html! {
        a class={ (class_of(&bar)) " s" (width) } href={ "bookings/" (slot.id) } data-s=(letters) {
            b { (name) } @if !beside.is_empty() { " " (beside) }
            i {
                @if bar.look == Look::Late && !loan.class_name.is_empty() { ", " (loan.class_name) }
                ", " (Days(slot.days)) ", " (status(&bar, slot))
                @if let (Look::Offered, Some(until)) = (bar.look, slot.offered_to()) { " until " (crate::base::days::full(until)) }
            }
        }
    }
}

/// A free gap as a link that reserves its first week. A click with a pointer takes the week under it, dragging any days.
fn gap(desk: &CalendarPage, title: &Title, copy: &Copy, width: u16, free: Period, school_days: u16) -> Markup {
    let week = desk.calendar.school_days(free, desk.own).nth(4).unwrap_or(free.last());
    html! {
        a class={ "free s" (width) }
            href={ "boxes/" (title.id) "/reserve?from=" (Iso(free.first())) "&to=" (Iso(week)) @if title.copies.len() > 1 { "&copy=" (copy.id) } } {
            @if width >= ROOM_FOR_WORDS { b { "Free " (Weeks(school_days)) } i { ", " (Days(free)) ": reserve " (title.name) } }
            @else { i { "Free " (Days(free)) ": reserve " (title.name) } }
        }
    }
}
