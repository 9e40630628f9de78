//! Requests to approve, each with what stands next to it on the same copy, so that the coordinator sees a clash before it is one.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::pages::beside;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::{By, Risk, Slot, changes, risk, tell};
use crate::db::{Result, Tx};
use crate::people::Coordinator;
use crate::schools::{SchoolNames, store};
use crate::web::forms::verb;
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, banner, counted, empty, head, row, strand_icon, summary};
use crate::web::{App, Error};

struct RequestsPage {
    today: Day,
    requests: Vec<Loan>,
    near: Vec<(Slot, String)>,
    out: Vec<Slot>,
    names: SchoolNames,
}

impl RequestsPage {
    /// Four queries, however many requests.
    fn read(tx: &mut Tx<'_>) -> Result<Self> {
        let requests = loans::requested(tx)?;
        let copies: Vec<_> = requests.iter().map(|loan| loan.booking.slot.copy).collect();
        let span = requests.iter().map(|loan| loan.booking.slot.days);
        let span = span.reduce(|a, b| Period::new(a.first().min(b.first()), a.last().max(b.last())).unwrap_or(a));
        let near = match span {
            Some(span) => loans::around(tx, &copies, tell::around(span))?,
            None => Vec::new(),
        };
        Ok(Self { today: tx.today(), requests, near, out: loans::out_now(tx)?, names: store::school_names(tx)? })
    }

    fn name(&self, school: SchoolId) -> &str {
        self.names.of(school)
    }
}

/// Shows the requests.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Coordinator, request: HttpRequest) -> std::result::Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let desk = app.db.read(member.scope(), move |tx| Ok::<_, Error>(RequestsPage::read(tx)?)).await?;
    let count = desk.requests.len();
    let main = html! {
        (head("Requests", html! { @if count > 0 { (counted(count, "request waits", "requests wait")) " for your answer. Their days are kept meanwhile." } }, html! {}))
        @if count == 0 {
            div.panel { (empty("inbox", "No requests", "When a school asks for a box that needs your approval, the request will stand here.", None)) }
        }
        @for loan in &desk.requests { (one(&desk, loan, member.base(), member.csrf())) }
    };
    Ok(member.tagged(&request, page(&member.shell(Nav::Requests), "Requests", &main)))
}

fn one(desk: &RequestsPage, loan: &Loan, base: &str, token: &str) -> Markup {
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
            html! { (desk.name(slot.school)) ", " (slot.days) " (" (beside(&other.beside(desk.today), &other.tag)) ")" }
        })
        .collect();
    if !also.is_empty() {
        rows.push(row("Also asked for by", html! { @for (n, one) in also.iter().enumerate() { @if n > 0 { "; " } (one) } }));
    }
    rows.push(row("Before it", neighbour(before, "Nobody in the two weeks before")));
    rows.push(row("After it", neighbour(after, "Nobody in the two weeks after")));
    html! {
        section.panel.card aria-label={ (loan.name) " for " (desk.name(slot.school)) } {
            div.title { (strand_icon(loan.strand.class(), &loan.icon)) h2 { a href=(here) { (loan.name) " for " (desk.name(slot.school)) } } }
            @if let Some(risk) = risk(slot, late, loan.copy_state.why_not(), &loan.plight, desk.today) {
                @let heading = if matches!(risk, Risk::Late { .. }) { "The copy is late" } else { "The copy cannot be lent now" };
                (banner(Tone::Warn, heading, html! { p { (risk.words(|school| desk.name(school))) } }))
            }
            @if over { (banner(Tone::Plain, "Its first day is past", html! { p { "It can no longer be approved. It ends by itself, or when you decline it." } })) }
            (summary(&rows))
            div.acts {
                @if !over { (verb(&format!("{here}/approve"), token, "Approve", "check")) }
                a.btn href={ (here) "/decline" } { "Decline" span.vh { " " (loan.name) " for " (desk.name(slot.school)) } }
            }
        }
    }
}
