//! What a coordinator does about a copy: asks or reminds a school, marks it missing, says that it is found, or that a report is dealt
//! with; then back to the list.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::attention::tell::Sender;
use crate::attention::{Found, Refusal, Request, acts};
use crate::base::ids::{BookingId, CopyId, FindId, HandoverId};
use crate::catalogue;
use crate::db::Stop;
use crate::people::Coordinator;
use crate::web::answer::see_other;
use crate::web::guard::{Nothing, Posted};
use crate::web::{App, Error};

/// What a school is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    what: String,
}

/// Where a copy was found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    at: String,
}

/// Back to the list, which says what was done or why nothing was.
pub(super) fn to_the_list(member: &Coordinator, done: Result<&str, Stop<Refusal>>) -> Result<HttpResponse, Error> {
    let done = match done {
        Ok(done) => done,
        Err(Stop::Refused(refusal)) => refusal.into(),
        Err(Stop::Fault(fault)) => return Err(fault.into()),
    };
    Ok(see_other(&format!("{}/inbox?done={done}", member.base())))
}

/// The form does not say what we know. A copy that is not there is "not found" all the same.
async fn unclear(app: &web::Data<App>, member: &Coordinator, id: CopyId, words: &str) -> Result<HttpResponse, Error> {
    app.db.read(member.scope(), move |tx| Ok::<_, Error>(catalogue::store::copy(tx, id)?)).await?;
    Err(Error::Bad(words.into()))
}

/// Asks the school that has a copy, or is to receive it.
///
/// # Errors
/// When the copy is not there, or the form asks for nothing that we know.
pub async fn ask(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, CopyId)>,
    form: Posted<Ask>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let Ok(what) = form.0.what.parse::<Request>() else {
        return unclear(&app, &member, id, "The form does not say what to ask for.").await;
    };
    let sender = Sender::new(&member.cluster, &member.name);
    let done = app.db.write(member.scope(), move |tx| acts::ask(tx, id, what, &sender)).await;
    to_the_list(&member, done.map(|()| "asked"))
}

/// Nobody knows where a copy is: it can be booked no more (the database sets its state), and whom it concerns is told.
///
/// # Errors
/// When the copy is not there.
pub async fn missing(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, CopyId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, sender) = (path.into_inner().1, Sender::new(&member.cluster, &member.name));
    let done = app.db.write(member.scope(), move |tx| acts::missing(tx, id, &sender)).await;
    to_the_list(&member, done.map(|()| "missing"))
}

/// A copy is there again.
///
/// # Errors
/// When the copy is not there, or the form does not say where it was found.
pub async fn found(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, CopyId)>,
    form: Posted<At>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let Ok(at) = form.0.at.parse::<Found>() else {
        return unclear(&app, &member, id, "The form does not say where it was found.").await;
    };
    let sender = Sender::new(&member.cluster, &member.name);
    let done = app.db.write(member.scope(), move |tx| acts::found(tx, id, at, &sender)).await;
    to_the_list(&member, done.map(|lendable| if lendable { "found" } else { "found-broken" }))
}

/// A find is dealt with.
///
/// # Errors
/// When it is not there.
pub async fn find_done(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, FindId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let done = app.db.write(member.scope(), move |tx| acts::settle_find(tx, id)).await;
    to_the_list(&member, done.map(|()| "settled"))
}

/// A loan that was never fetched is dealt with.
///
/// # Errors
/// When it is not there.
pub async fn never_fetched(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let done = app.db.write(member.scope(), move |tx| acts::settle_unfetched(tx, id)).await;
    to_the_list(&member, done.map(|()| "settled"))
}

/// Counts that differ are dealt with.
///
/// # Errors
/// When the handover is not there.
pub async fn settled(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, HandoverId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let done = app.db.write(member.scope(), move |tx| acts::settle_difference(tx, id)).await;
    to_the_list(&member, done.map(|()| "settled"))
}
