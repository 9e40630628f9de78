//! Requests to approve, each with what stands next to it on the same copy, so that the coordinator sees a clash before it is one. They are
//! a part of the inbox: the first is open, and when it is answered, the next one is.

use maud::{Markup, html};

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::acts::later::being;
use crate::bookings::pages::beside;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::{By, Risk, Slot, changes, risk, tell};
use crate::db::{Result, Tx};
use crate::undo::pages::can_be_undone;
use crate::web::forms::{csrf_field, hidden};
use crate::web::parts::{Tone, banner, icon, row, strand_icon, summary};

/// The requests that wait for an answer.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    today: Day,
    requests: Vec<Loan>,
    near: Vec<(Slot, String)>,
    out: Vec<Slot>,
}

impl Requests {
    /// Three queries, however many requests.
    pub fn read(tx: &mut Tx<'_>) -> Result<Self> {
        let requests = loans::requested(tx)?;
        let copies: Vec<_> = requests.iter().map(|loan| loan.booking.slot.copy).collect();
        let span = requests.iter().map(|loan| loan.booking.slot.days);
        let span = span.reduce(|a, b| Period::new(a.first().min(b.first()), a.last().max(b.last())).unwrap_or(a));
        let near = match span {
            Some(span) => loans::around(tx, &copies, tell::around(span))?,
            None => Vec::new(),
        };
        Ok(Self { today: tx.today(), requests, near, out: loans::out_now(tx)? })
    }

    /// Each with its facts and its two answers, the first one open. `name` gives a school's short name.
    #[must_use]
    pub fn list<'n>(&self, name: impl Fn(SchoolId) -> &'n str, base: &str, token: &str) -> Markup {
        html! { @for (n, loan) in self.requests.iter().enumerate() { (one(self, loan, &name, (base, token), n == 0)) } }
    }
}

fn one<'n>(desk: &Requests, loan: &Loan, name: &impl Fn(SchoolId) -> &'n str, (base, token): (&str, &str), open: bool) -> Markup {
    let slot = &loan.booking.slot;
    let here = format!("{base}/bookings/{}", slot.id);
    let others = || desk.near.iter().filter(|(other, _)| other.copy == slot.copy && other.id != slot.id);
    let window = tell::around(slot.days);
    let before = others().rfind(|(other, _)| other.held_until < slot.days.first() && other.held_until >= window.first());
    let after = others().find(|(other, _)| other.days.first() > slot.held_until && other.days.first() <= window.last());
    let late = desk.out.iter().find(|out| out.copy == slot.copy);
    let over = changes::approve(slot, By::Coordinator, desk.today).is_err();
    let mut rows = vec![
        row("Dates", format!("{} to {}", days::full(slot.days.first()), days::full(slot.days.last()))),
        row("Copy", beside(&loan.beside(desk.today), &loan.tag)),
    ];
    rows.push(row("Asked by", &loan.booked_by));
    for (name, text) in [("Class", &loan.booking.class_name), ("What it is for", &loan.booking.purpose)] {
        if !text.is_empty() {
            rows.push(row(name, text));
        }
    }
    let neighbour = |found: Option<&(Slot, String)>, free: &str| {
        found.map_or_else(|| free.to_owned(), |(other, school)| format!("{school}, {}", other.days))
    };
    let also: Vec<Markup> = desk
        .requests
        .iter()
        .filter(|other| other.resource == loan.resource && other.booking.slot.id != slot.id && other.booking.slot.days.overlaps(slot.days))
        .map(|other| {
            let slot = &other.booking.slot;
            html! { (name(slot.school)) ", " (slot.days) " (" (beside(&other.beside(desk.today), &other.tag)) ")" }
        })
        .collect();
    if !also.is_empty() {
        rows.push(row("Also asked for by", html! { @for (n, one) in also.iter().enumerate() { @if n > 0 { "; " } (one) } }));
    }
    rows.push(row("Before it", neighbour(before, "Nobody in the two weeks before")));
    rows.push(row("After it", neighbour(after, "Nobody in the two weeks after")));
    let what = format!("{} for {}", loan.name, name(slot.school));
    html! {
        details.more.request open[open] {
            summary { (strand_icon(loan.strand.class(), &loan.icon)) span { b { (what) } ", " (slot.days) } }
            @if let Some(risk) = risk(slot, late, loan.copy_state.why_not(), &loan.plight, desk.today) {
                @let heading = if matches!(risk, Risk::Late { .. }) { "The copy is late" } else { "The copy cannot be lent now" };
                (banner(Tone::Warn, heading, html! { p { (risk.words(name)) } }))
            }
            @if over { (banner(Tone::Plain, "Its first day is past", html! { p { "It can no longer be approved. It ends by itself, or when you decline it." } })) }
            (summary(&rows))
            @if let Some(waiting) = &loan.waiting {
                (can_be_undone(base, waiting.id, waiting.until, token, &format!("It is {}", being(&waiting.kind)), "Until then its days stay held, and nobody is told."))
            } @else {
                div.acts {
                @if !over {
                    form method="post" action={ (here) "/approve" } {
                        (csrf_field(token))
                        (hidden("then", "inbox"))
                        button.btn.go type="submit" { (icon("check")) "Approve" span.vh { ": " (what) } }
                    }
                }
                a.btn href={ (here) "/decline" } { "Decline" span.vh { ": " (what) } }
                a.btn href=(here) { "Its page" span.vh { ": " (what) } }
            }
            }
        }
    }
}
