//! What a coordinator does about a copy: asks or reminds a school, marks it missing, says that it is found, or that a report is dealt
//! with. Each is one transaction: read, decide, record, enqueue; then back to the list. Done twice, it is done once.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::attention::acts::{Sender, booked, leads, name_of, there_again, write};
use crate::attention::letters::{self};
use crate::attention::{self as rules, Found, Request, store};
use crate::base::ids::{CopyId, FindId, HandoverId};
use crate::bookings::changes;
use crate::bookings::store::{ledger, loans};
use crate::catalogue::{self};
use crate::handovers::store::handovers;
use crate::journeys::{Place, store as custody};
use crate::people::Coordinator;
use crate::web::answer::see_other;
use crate::web::guard::{Nothing, Posted};
use crate::web::{App, Error};

/// How far ahead the bookings of a lost copy are told of it.
pub(crate) const AHEAD_DAYS: i64 = 1200;

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

pub(crate) fn to_the_list(member: &Coordinator, done: &str) -> HttpResponse {
    see_other(&format!("{}/attention?done={done}", member.base()))
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
    let what = form.0.what.parse::<Request>();
    let sender = Sender::new(&app, &member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let (item, _, home) = catalogue::store::copy(tx, id)?;
            let what = what.map_err(|_| Error::Bad("The form does not say what to ask for.".into()))?;
            let now = custody::one(tx, id)?;
            let Some(school) = what.of(&now, home) else { return Ok("moot") };
            let due = match now.booking {
                Some(booking) => Some(loans::one(tx, booking)?.booking.slot.days.last()),
                None => None,
            };
            let (since, today) = (crate::base::clock::today(now.since), tx.today());
            let (school_name, to) = (name_of(tx, school)?, leads(tx, school)?);
            if to.is_empty() {
                return Ok("nobody");
            }
            let about = sender.about(&item, school, &school_name);
            if !write(tx, to, |to| letters::request(what, &about, since, due, to, today))? {
                return Ok("asked-already");
            }
            let words = match what {
                Request::BringBack => "when it comes back",
                Request::Receive => "whether it has arrived",
                Request::Count => "for a count",
            };
            tx.log("copies", &id, "asked", "", &format!("{school_name}: {words} ({})", item.words()))?;
            Ok::<_, Error>("asked")
        })
        .await?;
    Ok(to_the_list(&member, done))
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
    let (id, by) = (path.into_inner().1, member.person);
    let sender = Sender::new(&app, &member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let (item, _, home) = catalogue::store::copy(tx, id)?;
            let (before, today) = (custody::one(tx, id)?, tx.today());
            let Some(after) = rules::mark_missing(&before, home, by) else { return Ok("moot") };
            custody::put(tx, &after)?;
            if let Some(booking) = rules::ended_by_loss(&before) {
                let slot = loans::one(tx, booking)?.booking.slot;
                store::end_lost(tx, &slot, changes::ended(&slot, today))?;
            }
            if let Some((_, from, given)) = handovers::on_its_way(tx, id)? {
                if let Some(from) = from {
                    let slot = loans::one(tx, from)?.booking.slot;
                    ledger::end_early(tx, &slot, changes::ended(&slot, given))?;
                }
                handovers::lost(tx, id)?;
            }
            let holder = name_of(tx, after.school)?;
            tx.log("copies", &id, "marked missing", &format!("{}, last at {holder}", item.words()), "")?;
            let booked = booked(tx, id)?;
            let to = leads(tx, after.school)?;
            // Who has also booked it reads of both in the one letter.
            if !booked.iter().any(|(school, ..)| *school == after.school) {
                let about = sender.about(&item, after.school, &holder);
                write(tx, to, |to| letters::missing(&about, &[], to, today))?;
            }
            for (school, name, days) in booked {
                let (about, to) = (sender.about(&item, school, &name), leads(tx, school)?);
                write(tx, to, |to| letters::missing(&about, &days, to, today))?;
            }
            Ok::<_, Error>("missing")
        })
        .await?;
    Ok(to_the_list(&member, done))
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
    let (id, by) = (path.into_inner().1, member.person);
    let at = form.0.at.parse::<Found>();
    let sender = Sender::new(&app, &member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let (item, _, home) = catalogue::store::copy(tx, id)?;
            let at = at.map_err(|_| Error::Bad("The form does not say where it was found.".into()))?;
            let before = custody::one(tx, id)?;
            let Some(after) = rules::found(&before, home, at, by) else { return Ok("moot") };
            custody::put(tx, &after)?;
            if before.place == Place::Missing {
                there_again(tx, &sender, id, after.school)?;
            } else {
                let place = name_of(tx, after.school)?;
                tx.log("copies", &id, "found", &item.words(), &format!("at {place}"))?;
            }
            let (_, state, _) = catalogue::store::copy(tx, id)?;
            Ok::<_, Error>(if state.why_not().is_none() { "found" } else { "found-broken" })
        })
        .await?;
    Ok(to_the_list(&member, done))
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
    let new = app.db.write(member.scope(), move |tx| Ok::<_, Error>(store::settle_find(tx, id)?)).await?;
    Ok(to_the_list(&member, if new { "settled" } else { "moot" }))
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
    let new = app.db.write(member.scope(), move |tx| Ok::<_, Error>(store::settle_difference(tx, id)?)).await?;
    Ok(to_the_list(&member, if new { "settled" } else { "moot" }))
}
