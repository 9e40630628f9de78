//! What a coordinator does for a booking at risk: moves it to another copy, or suggests other dates.
//! `GET /c/{cluster}/attention/bookings/{booking}`, and `move` and `offer` below it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::remedies::to_the_list;
use crate::attention::acts::rescue::{self, Case, change_form};
use crate::attention::tell::Sender;
use crate::base::ids::BookingId;
use crate::bookings::pages::beside;
use crate::bookings::tell::Teller;
use crate::people::{Coordinator, Member};
use crate::web::answer::answer;
use crate::web::forms::{csrf_field, hidden};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, back, banner, head, icon, pill, row, summary};
use crate::web::{App, Error};

/// What can be done for a booking.
///
/// # Errors
/// When it is not there.
pub async fn show(app: web::Data<App>, member: Coordinator, path: web::Path<(String, BookingId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let case = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Case::read(tx, id)?)).await?;
    let title = "A booking at risk";
    Ok(answer(StatusCode::OK, &page(&member.shell(Nav::Attention), title, &main(&member, &case, id, title))))
}

fn main(member: &Coordinator, case: &Case, id: BookingId, title: &str) -> Markup {
    let (base, loan) = (member.base(), &case.loan);
    let here = format!("{base}/attention/bookings/{id}");
    let what = format!("{}, {}", case.school(), loan.booking.slot.days);
    html! {
        (back(&format!("{base}/attention"), "Needs attention"))
        (head(title, html! { @if case.risk.is_some() { (at_risk_pill()) " " } (loan.name) " for " (what) }, html! {}))
        @if case.risk.is_none() {
            (banner(Tone::Good, "This booking is not at risk", html! { p { "Nothing is in its way at the moment. " a href={ (base) "/bookings/" (id) } { "Open the booking" } } }))
        } @else {
            (banner(Tone::Warn, "Why it is at risk", html! { p { (case.why()) } }))
            div.grid2 {
                section.panel.card {
                    h2 { "The same days, another copy" }
                    @if let Some(decision) = case.another() {
                        p { (named(case, &decision.tag)) " is free on these days. The school gets the new calendar entry by e-mail." }
                        div.verbs.gap { (button(member, &format!("{here}/move"), ("sure", "yes"), &format!("Move it to {}", decision.tag), &what, "repeat")) }
                    } @else { p { "No other copy of it is free on these days." } }
                }
                section.panel.card {
                    h2 { "Other dates" }
                    @if let Some((copy, tag, days)) = case.other() {
                        (summary(&[row("Booked", loan.booking.slot.days.to_string()), row("Nearest free", days.to_string()), row("Copy", named(case, tag))]))
                        div.verbs.gap {
                            (button(member, &format!("{here}/offer"), ("sure", "yes"), &format!("Suggest them to {}", case.school()), &what, "mail"))
                            a.btn.small href={ (base) (change_form(id, copy, days)) } { "Change the booking myself" }
                        }
                    } @else { p { "No copy of it is free for as long, as far ahead as it can be booked." } }
                }
            }
            p { a href={ (base) "/bookings/" (id) } { "Open the booking" } }
        }
    }
}

/// A copy of the same title, as it is named wherever its tag stands.
fn named(case: &Case, tag: &str) -> Markup {
    case.beside(tag).map_or_else(|| html! { (tag) }, |known| beside(&known, tag))
}

/// Moves a booking at risk to another copy for the same days.
///
/// # Errors
/// When it is not there.
pub async fn move_to_copy(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let teller = Teller::new(&app, &member);
    // Somebody may come past our lock and take the days; then he can be seen.
    let done = app.db.write_or_again(member.scope(), move |tx| rescue::move_to_copy(tx, id, &teller)).await;
    to_the_list(&member, done.map(|()| "moved"))
}

/// Suggests other dates to the school by a letter.
///
/// # Errors
/// When it is not there.
pub async fn offer(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let sender = Sender::new(&member.cluster, &member.name);
    let done = app.db.write(member.scope(), move |tx| rescue::offer(tx, id, &sender)).await;
    to_the_list(&member, done.map(|()| "offered"))
}

/// A form of one button. `what` tells it from its neighbours for a screen reader.
pub(crate) fn button(member: &Member, action: &str, field: (&str, &str), words: &str, what: &str, symbol: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (csrf_field(member.csrf()))
            (hidden(field.0, field.1))
            button.btn.small type="submit" { (icon(symbol)) (words) span.vh { ": " (what) } }
        }
    }
}

/// A word for a status that a colour must not say alone.
#[must_use]
pub(crate) fn at_risk_pill() -> Markup {
    pill(Tone::Warn, "At risk")
}
