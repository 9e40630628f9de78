//! What a coordinator does for a booking at risk: moves it to another copy, or suggests other dates.
//! `GET /c/{cluster}/attention/bookings/{booking}`, and `move` and `offer` below it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::remedies::to_the_list;
use crate::attention::acts::rescue::{self, Case, change_form};
use crate::attention::remedies::Remedy;
use crate::attention::tell::Sender;
use crate::attention::{Request, acts};
use crate::base::ids::BookingId;
use crate::bookings::Risk;
use crate::bookings::acts::later::being;
use crate::bookings::pages::beside;
use crate::bookings::tell::Teller;
use crate::people::{Coordinator, Member};
use crate::undo::Begun;
use crate::undo::pages::can_be_undone;
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
    let (case, lead) = app
        .db
        .read(member.scope(), move |tx| {
            let case = Case::read(tx, id)?;
            // While it is on its way that is one question more, and nobody at its school is asked then.
            let asks = case.risk.is_some() && !matches!(case.risk, Some(Risk::OnTheWay { .. }));
            let lead = !asks || acts::rescue::somebody_leads(tx, case.loan.booking.slot.school)?;
            Ok::<_, Error>((case, lead))
        })
        .await?;
    let title = "A booking at risk";
    Ok(answer(StatusCode::OK, &page(&member.shell(Nav::Inbox), title, &main(&member, &case, id, title, lead))))
}

fn main(member: &Coordinator, case: &Case, id: BookingId, title: &str, lead: bool) -> Markup {
    let (base, loan) = (member.base(), &case.loan);
    let what = format!("{}, {}", case.school(), loan.booking.slot.days);
    html! {
        (back(&format!("{base}/inbox"), "Inbox"))
        (head(title, html! { @if case.risk.is_some() { (at_risk_pill()) " " } (loan.name) " for " (what) }, html! {}))
        @if case.risk.is_none() {
            (banner(Tone::Good, "This booking is not at risk", html! { p { "Nothing is in its way at the moment. " a href={ (base) "/bookings/" (id) } { "Open the booking" } } }))
        } @else {
            (banner(Tone::Warn, "Why it is at risk", html! { p { (case.why()) } }))
            @if let Some(waiting) = &loan.waiting {
                (can_be_undone(base, waiting.id, waiting.until, member.csrf(), &format!("This booking is {}", being(&waiting.kind)), "Until then it stands as it was."))
            } @else { div.grid2 { @for remedy in case.remedies(lead) { (offered(member, case, id, remedy, &what)) } } }
            p { a href={ (base) "/bookings/" (id) } { "Open the booking" } }
        }
    }
}

/// One thing that can be done.
fn offered(member: &Member, case: &Case, id: BookingId, remedy: Remedy, what: &str) -> Markup {
    let (base, slot) = (member.base(), &case.loan.booking.slot);
    let here = format!("{base}/attention/bookings/{id}");
    let post = |verb: &str, words: &str, symbol: &str| button(member, &format!("{here}/{verb}"), ("sure", "yes"), words, what, symbol);
    let copy = format!("{base}/attention/{}/ask", slot.copy);
    let ask = |request: Request, words: &str| button(member, &copy, ("what", request.into()), words, what, "mail");
    html! {
        section.panel.card {
            @match remedy {
                Remedy::Move => @if let Some(decision) = case.another() {
                    h2 { "The same days, another copy" }
                    p { (named(case, &decision.tag)) " is free on these days, and whole. The school gets the new calendar entry by e-mail." }
                    div.verbs.gap { (post("move", &format!("Move it to {}", decision.tag), "repeat")) }
                },
                Remedy::AskIfEnough => {
                    h2 { "The same box, as it is" }
                    p { (case.loan.plight.short) ". Perhaps what is in it will do." }
                    div.verbs.gap { (post("enough", &format!("Ask {} whether it will do", case.school()), "mail")) }
                },
                Remedy::Ask(request) => {
                    h2 { "The same box, in time" }
                    p { "An e-mail goes to the school, one a day at most." }
                    div.verbs.gap { (ask(request, if request == Request::Receive { "Remind the receiver" } else { "Ask when it comes back" })) }
                },
                Remedy::Dates => @if let Some((copy, tag, days)) = case.other() {
                    h2 { "Other dates" }
                    (summary(&[row("Booked", slot.days.to_string()), row("Nearest free", days.to_string()), row("Copy", named(case, tag))]))
                    div.verbs.gap {
                        (post("offer", &format!("Suggest them to {}", case.school()), "mail"))
                        a.btn.small href={ (base) (change_form(id, copy, days)) } { "Change the booking myself" }
                    }
                },
                Remedy::Talk => {
                    h2 { "Nothing can be done from here" }
                    p { "No other copy of it is free on these days, nor any whole one for as long, as far ahead as it can be booked. Talk to " (case.school()) "." }
                },
            }
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
    match done {
        Ok(Begun::Waits { id, .. }) => to_the_list(&member, Ok(&format!("moved&undo={id}"))),
        done => to_the_list(&member, done.map(|_| "moved")),
    }
}

/// Asks the school by a letter whether what is in the box will do.
///
/// # Errors
/// When it is not there.
pub async fn enough(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let sender = Sender::new(&member.cluster, &member.name);
    let done = app.db.write(member.scope(), move |tx| rescue::ask_if_enough(tx, id, &sender)).await;
    to_the_list(&member, done.map(|()| "asked"))
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
