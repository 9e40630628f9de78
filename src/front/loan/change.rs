//! Other days, fewer days or another copy. The old days are given up only when the new ones are won: one transaction, one row.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::base::Period;
use crate::base::ids::BookingId;
use crate::bookings::acts::{self, Case, NoChange, Roles};
use crate::bookings::pages::beside;
use crate::bookings::pages::reserve::ask::{Ask, line};
use crate::bookings::pages::reserve::form::{copies, instead, or_wait, wait_at};
use crate::bookings::pages::reserve::picks::Picks;
use crate::bookings::pages::{NOT_YOURS, answer, see_other};
use crate::bookings::store::shelf::Similar;
use crate::bookings::tell::Teller;
use crate::bookings::{Refusal, State, Taken, changes};
use crate::db::{self, Stop};
use crate::people::{Borrower, Member};
use crate::web::forms::{Errors, csrf_field, dates, day_select, error_summary, field, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, head};
use crate::web::{App, Error};

/// The form, with the booking's own days or those of the address.
///
/// # Errors
/// When it is not there.
pub async fn form(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, BookingId)>,
    query: web::Query<Ask>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let mut ask = query.into_inner();
    let wanted = ask.days();
    let case = seen(&app, &member, id, wanted).await?;
    let slot = &case.loan.booking.slot;
    if !changes::may_change(slot, case.by, member.today()) {
        return crate::front::loan::page::page(&app, &member, id, "", Some(&Refusal::Over)).await;
    }
    if wanted.is_none() {
        (ask.from, ask.to) = (slot.days.first().to_string(), slot.days.last().to_string());
    }
    if ask.copy_id().is_none() {
        ask.copy = slot.copy.to_string();
    }
    Ok(shown(&member, StatusCode::OK, &case, &ask, &Errors::new(), None, &[]))
}

/// The case, for a page that only shows it.
async fn seen(app: &web::Data<App>, member: &Member, id: BookingId, wanted: Option<Period>) -> Result<Case, Error> {
    let roles = Roles::of(member);
    match app.db.read(member.scope(), move |tx| Case::read(tx, id, &roles, wanted)).await {
        Ok(case) => Ok(case),
        Err(Stop::Refused(_)) => Err(Error::NotAllowed(NOT_YOURS)),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// Changes it.
///
/// # Errors
/// When it is not there.
pub async fn change(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, BookingId)>,
    form: Posted<Ask>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let ask = form.0;
    let mut errors = Errors::new();
    if ask.first().is_none() {
        errors.add("from", "Choose the first day on which you use it");
    }
    if ask.last().is_none() {
        errors.add("to", "Choose the last day on which you use it");
    }
    let reason = errors.check("reason", line(&ask.reason, 300)).unwrap_or_default();
    let (Some(first), Some(last), true) = (ask.first(), ask.last(), errors.is_empty()) else {
        let case = seen(&app, &member, id, ask.days()).await?;
        return Ok(shown(&member, StatusCode::UNPROCESSABLE_ENTITY, &case, &ask, &errors, None, &[]));
    };
    let teller = Teller::new(&app, &member);
    let (roles, wanted) = (Roles::of(&member), ask.days());
    let to = acts::Change { first, last, copy: ask.copy_id(), override_reason: reason };
    let done = app.db.write_or_again(member.scope(), move |tx| acts::change(tx, id, &roles, &teller, to)).await;
    match done {
        Ok(changed) => {
            Ok(see_other(&format!("{}/bookings/{id}?done={}", member.base(), if changed.is_some() { "changed" } else { "same" })))
        }
        Err(Stop::Refused(NoChange::NotYours)) => Err(Error::NotAllowed(NOT_YOURS)),
        Err(Stop::Refused(NoChange::Rule(refused))) => {
            let (case, refusal, similar) = *refused;
            let name = match refusal.field().name() {
                "copy" if case.reading.title.copies.len() < 2 => "from",
                "school" => "from",
                name => name,
            };
            let errors = Errors::one(name, refusal.message());
            Ok(shown(&member, StatusCode::UNPROCESSABLE_ENTITY, &case, &ask, &errors, Some(&refusal), &similar))
        }
        // Refused again: whoever holds the days is none of the live bookings. The answer is still one for people.
        Err(Stop::Fault(db::Error::Taken)) => {
            let case = seen(&app, &member, id, wanted).await?;
            let refusal = Refusal::Taken(Box::new(Taken::by_somebody(wanted.unwrap_or(case.loan.booking.slot.days))));
            let errors = Errors::one("from", refusal.message());
            Ok(shown(&member, StatusCode::UNPROCESSABLE_ENTITY, &case, &ask, &errors, Some(&refusal), &[]))
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn shown(
    member: &Member,
    status: StatusCode,
    case: &Case,
    ask: &Ask,
    errors: &Errors,
    refusal: Option<&Refusal>,
    similar: &[Similar],
) -> HttpResponse {
    let title = format!("Change the booking of {}", case.loan.name);
    let main = main(member, case, ask, errors, refusal, similar, &title);
    answer(status, &form_page(&member.shell(Nav::Week), &title, status != StatusCode::OK, &main))
}

fn main(member: &Member, case: &Case, ask: &Ask, errors: &Errors, refusal: Option<&Refusal>, similar: &[Similar], title: &str) -> Markup {
    let slot = &case.loan.booking.slot;
    let shelf = &case.reading.shelf;
    let here = format!("{}/bookings/{}", member.base(), slot.id);
    let page = format!("{here}/change");
    let picks = Picks::of(shelf, Some(slot.copy), ask.first());
    let weeks = picks.weeks(ask);
    let several = case.reading.title.copies.len() > 1 && slot.collected_on.is_none();
    html! {
        (back(&here, "Back to the booking"))
        (error_summary(errors))
        (head(title, html! { "Now: " (beside(&case.loan.beside(shelf.today), &case.loan.tag)) ", " (slot.days) }, html! {}))
        @if let Some(Refusal::Taken(taken)) = refusal {
            (instead(taken, similar, |days, copy| ask.moved(days, copy).at(&page), |other| {
                Ask { copy: String::new(), ..ask.moved(taken.days, None) }.at(&format!("{}/boxes/{other}/reserve", member.base()))
            }))
            @if taken.free_instead.is_empty() {
                @let wish = Ask { class: case.loan.booking.class_name.clone(), ..ask.moved(taken.days, None) };
                (or_wait(&wait_at(member.base(), case.reading.title.id, &wish)))
                p { "Your booking stays as it is while you wait." }
            }
        }
        @if slot.state == State::Confirmed && shelf.rules.approval_needed && !case.by.is_coordinator() && slot.collected_on.is_none() {
            (banner(Tone::Plain, "The coordinator approves this box", html! {
                p { "Fewer days need nobody's leave. For other days your booking becomes a request again: the new days are kept while you wait for the answer, and the old ones are free for others." }
            }))
        }
        section.panel.card {
            form.form method="post" action=(page) novalidate {
                (csrf_field(member.csrf()))
                (dates("Loan dates", "Both days are part of the loan. Fewer days are always fine; the others can then have the rest.", "from", "to", errors, html! {
                    (day_select("from", "Use it from", ask.first(), &weeks, errors))
                    (day_select("to", "Use it until", ask.last(), &weeks, errors))
                }))
                @if several { (copies(shelf, &case.reading.title.copies, &ask.copy, false, errors, |copy| copy.is_lent(shelf.today))) }
                @if case.by.is_coordinator() && (refusal.is_some_and(|refusal| refusal.rule().is_some()) || !ask.reason.is_empty()) {
                    (field("reason", "Reason for setting the rule aside", &ask.reason)
                        .hint("As coordinator you can change it in spite of this rule. The reason is kept with the booking.").width("full").text(errors))
                }
                div.acts { (submit("Change the booking")) a.btn href=(here) { "Keep it as it is" } }
            }
        }
    }
}
