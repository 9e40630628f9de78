//! What can be done with a booking besides changing its days: approve, decline, cancel, fetch, give back. Each is one
//! transaction: read, decide, record, enqueue; then on to the booking's page. Done twice, it is done once.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::html;
use serde::Deserialize;

use crate::attention::{self, tell::Sender};
use crate::base::ids::BookingId;
use crate::bookings::Refusal;
use crate::bookings::acts::{self, Roles};
use crate::bookings::pages::beside;
use crate::bookings::pages::reserve::ask::line;
use crate::bookings::pages::{NOT_YOURS, answer, see_other};
use crate::bookings::store::loans;
use crate::bookings::tell::Teller;
use crate::db::{Stop, Tx};
use crate::front::loan::page;
use crate::handovers;
use crate::people::{Borrower, Coordinator, Member};
use crate::schools;
use crate::web::forms::{Errors, csrf_field, error_summary, field, stop};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{back, head};
use crate::web::{App, Error};

/// A form with a reason.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Reason {
    reason: String,
}

/// Whence a request was approved.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Whence {
    then: String,
}

/// On to the booking's page, or the page again with what was in the way.
async fn ended(
    app: &web::Data<App>,
    member: &Member,
    id: BookingId,
    done: &str,
    result: Result<(), Stop<Refusal>>,
) -> Result<HttpResponse, Error> {
    match result {
        Ok(()) => Ok(see_other(&format!("{}/bookings/{id}?done={done}", member.base()))),
        Err(Stop::Refused(Refusal::NotYours)) => Err(Error::NotAllowed(NOT_YOURS)),
        Err(Stop::Refused(refusal)) => page::page(app, member, id, "", Some(&refusal)).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// Approves a request.
///
/// # Errors
/// When it is not there.
pub async fn approve(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    form: Posted<Whence>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let (roles, teller) = (Roles::of(&member), Teller::new(&app, &member));
    let done = app.db.write_or_again(member.scope(), move |tx| acts::approve(tx, id, &roles, &teller)).await;
    // Back to the inbox, where the next one is open.
    if done.is_ok() && form.0.then == "inbox" {
        return Ok(see_other(&format!("{}/inbox?done=approved#requests", member.base())));
    }
    ended(&app, &member, id, "approved", done).await
}

/// The form that asks why a request is declined.
///
/// # Errors
/// When it is not there.
pub async fn decline_form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, BookingId)>) -> Result<HttpResponse, Error> {
    why(&app, &member, path.into_inner().1, &DECLINE, "", None).await
}

/// Declines a request.
///
/// # Errors
/// When it is not there.
pub async fn decline(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    form: Posted<Reason>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let typed = form.0.reason;
    let reason = match line(&typed, 300) {
        Ok(reason) => reason,
        Err(fault) => return why(&app, &member, id, &DECLINE, &typed, Some(fault)).await,
    };
    let (roles, teller) = (Roles::of(&member), Teller::new(&app, &member));
    let done = app.db.write_or_again(member.scope(), move |tx| acts::decline(tx, id, &roles, &teller, &reason)).await;
    match done {
        Err(Stop::Refused(refusal)) if refusal != Refusal::NotYours => {
            why(&app, &member, id, &DECLINE, &typed, Some(refusal.message())).await
        }
        other => ended(&app, &member, id, "declined", other).await,
    }
}

/// The form that asks why a booking is cancelled.
///
/// # Errors
/// When it is not there.
pub async fn cancel_form(app: web::Data<App>, member: Borrower, path: web::Path<(String, BookingId)>) -> Result<HttpResponse, Error> {
    why(&app, &member, path.into_inner().1, &CANCEL, "", None).await
}

/// Cancels a booking.
///
/// # Errors
/// When it is not there.
pub async fn cancel(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, BookingId)>,
    form: Posted<Reason>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let typed = form.0.reason;
    let reason = match line(&typed, 300) {
        Ok(reason) => reason,
        Err(fault) => return why(&app, &member, id, &CANCEL, &typed, Some(fault)).await,
    };
    let (roles, teller) = (Roles::of(&member), Teller::new(&app, &member));
    let done = app.db.write_or_again(member.scope(), move |tx| acts::cancel(tx, id, &roles, &teller, &reason)).await;
    match done {
        Err(Stop::Refused(refusal)) if refusal != Refusal::NotYours => {
            why(&app, &member, id, &CANCEL, &typed, Some(refusal.message())).await
        }
        other => ended(&app, &member, id, "cancelled", other).await,
    }
}

/// The school has fetched it.
///
/// # Errors
/// When it is not there.
pub async fn collected(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let (roles, sender) = (Roles::of(&member), Sender::new(&member.cluster, &member.name));
    let teller = handovers::tell::Teller::new(&app, &member);
    let work = move |tx: &mut Tx<'_>| attention::acts::collected(tx, id, &roles, &teller, &sender);
    let done = app.db.write_or_again(member.scope(), work).await;
    ended(&app, &member, id, "collected", done).await
}

/// The school has given it back.
///
/// # Errors
/// When it is not there.
pub async fn returned(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let (me, teller) = (handovers::pages::who(&member), handovers::tell::Teller::new(&app, &member));
    let done = app.db.write_or_again(member.scope(), move |tx| handovers::acts::returned(tx, id, &me, &teller)).await;
    ended(&app, &member, id, "returned", done).await
}

/// The words of a page that asks for a reason.
struct Words {
    page: &'static str,
    title: &'static str,
    label: &'static str,
    hint: &'static str,
    button: &'static str,
}

const CANCEL: Words = Words {
    page: "cancel",
    title: "Cancel this booking",
    label: "Why is it cancelled?",
    hint: "The science leads of the school read this. For example: the trip has moved",
    button: "Cancel the booking",
};

const DECLINE: Words = Words {
    page: "decline",
    title: "Decline this request",
    label: "Why is it declined?",
    hint: "The school reads this. For example: it is being mended that week",
    button: "Decline the request",
};

async fn why(
    app: &web::Data<App>,
    member: &Member,
    id: BookingId,
    words: &Words,
    typed: &str,
    fault: Option<String>,
) -> Result<HttpResponse, Error> {
    let roles = Roles::of(member);
    let (loan, school) = app
        .db
        .read(member.scope(), move |tx| {
            let loan = loans::one(tx, id)?;
            if !roles.by(&loan).may_act_for(loan.booking.slot.school) {
                return Err(Error::NotAllowed(NOT_YOURS));
            }
            let school = schools::store::school_names(tx)?.of(loan.booking.slot.school).to_owned();
            Ok::<_, Error>((loan, school))
        })
        .await?;
    let errors = fault.map_or_else(Errors::new, |fault| Errors::one("reason", fault));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let here = format!("{}/bookings/{id}", member.base());
    let main = html! {
        (back(&here, "Back to the booking"))
        (error_summary(&errors))
        (head(words.title, html! { (beside(&loan.beside(member.today()), html! { (loan.name) " (" (loan.tag) ")" })) " at " (school) ", " (loan.booking.slot.days) }, html! {}))
        section.panel.card {
            form.form method="post" action={ (here) "/" (words.page) } novalidate {
                (csrf_field(member.csrf()))
                (field("reason", words.label, typed).hint(words.hint).width("full").text(&errors))
                div.acts { (stop(words.button)) a.btn href=(here) { "Keep it" } }
            }
        }
    };
    Ok(answer(status, &form_page(&member.shell(Nav::Week), words.title, !errors.is_empty(), &main)))
}
