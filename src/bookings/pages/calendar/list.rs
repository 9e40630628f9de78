//! The loans of a term as a list: what is coming first, then what is over.

use maud::{Markup, html};

use super::desk::Desk;
use super::words::{bar_of, status};
use crate::base::days::{self, Period};
use crate::bookings::Kind;
use crate::bookings::store::plan::{Copy, Loan, Title};
use crate::bookings::timeline::Look;
use crate::web::parts::{Tone, pill, table_or_cards};

type Line<'a> = (&'a Title, &'a Copy, &'a Loan);

/// The list of a window.
#[must_use]
pub fn loans(desk: &Desk) -> Markup {
    let shown = desk.shown();
    let mut lines: Vec<Line<'_>> = shown
        .iter()
        .flat_map(|(title, copies)| copies.iter().map(move |copy| (*title, *copy)))
        .flat_map(|(title, copy)| desk.loans_of(copy.id).iter().map(move |loan| (title, copy, loan)))
        .collect();
    lines.sort_by_key(|(title, _, loan)| (loan.slot.days, title.name.clone()));
    let (over, coming): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(_, _, loan)| loan.slot.is_over(desk.today));
    html! {
        @if coming.is_empty() { p.card { "No loans are to come in these weeks." } }
        @else { (table(desk, "Loans", &coming)) }
        @if !over.is_empty() {
            details.more.wrapin open[coming.is_empty()] { summary { "Show the " (over.len()) " that are over" } (table(desk, "Loans that are over", &over)) }
        }
    }
}

fn table(desk: &Desk, caption: &str, lines: &[Line<'_>]) -> Markup {
    let mut week = None;
    table_or_cards(
        caption,
        &["Dates", "Box", "School", "Class", "Status"],
        html! {
            @for (title, copy, loan) in lines {
                @let monday = days::monday(loan.slot.days.first());
                @if week.replace(monday) != Some(monday) { (week_head(desk, monday)) }
                (line(desk, title, copy, loan))
            }
        },
    )
}

fn week_head(desk: &Desk, monday: days::Day) -> Markup {
    let whole = Period::new(monday, days::add(monday, 4)).unwrap_or(Period::day(monday));
    html! {
        tr.sub { th colspan="5" scope="colgroup" { @if let Some(number) = desk.calendar.week_number(monday) { "Week " (number) ": " } (whole) } }
    }
}

fn line(desk: &Desk, title: &Title, copy: &Copy, loan: &Loan) -> Markup {
    let slot = &loan.slot;
    let at_risk = desk.at_risk(slot, copy);
    let bar = bar_of(slot, desk.mine.contains(&slot.school), at_risk, desk.today);
    let (tone, words) = match (bar.look, bar.out, at_risk) {
        (Look::Late, ..) => (Tone::Bad, "Late"),
        (Look::Requested, ..) => (Tone::Warn, "Waiting for approval"),
        (Look::Offered, ..) => (Tone::Warn, "Offered"),
        (Look::Restock, ..) => (Tone::Plain, "Restock"),
        (Look::Past, ..) => (Tone::Plain, if slot.returned_on.is_some() { "Returned" } else { "Over" }),
        (_, true, _) => (Tone::Good, "Out now"),
        (_, _, true) => (Tone::Warn, "At risk"),
        _ => (Tone::Good, "Confirmed"),
    };
    html! {
        tr {
            th scope="row" { a href={ "bookings/" (slot.id) } { (slot.days) span.vh { ", " (title.name) ", " (status(&bar, slot)) } } }
            td data-h="Box" { (title.name) @if title.copies.len() > 1 { " " (copy.tag) } }
            td data-h="School" { @if slot.kind == Kind::Restock { "Not for loan" } @else { (desk.school(slot.school).0) @if bar.mine { " (yours)" } } }
            td data-h="Class" { (loan.class_name) }
            td data-h="Status" {
                (pill(tone, words))
                @if let Some(until) = slot.offered_to() { small { "Until " (days::full(until)) } }
            }
        }
    }
}
