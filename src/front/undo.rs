//! Undoing what was done a moment ago, whatever it is about, and carrying out what nobody has undone: which room knows what an act does.
//! `POST /c/{cluster}/undo/{id}`.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use crate::base::ids::{PendingId, Shown};
use crate::bookings::acts::later as bookings;
use crate::db::{Db, Result, Scope, Stop, Tx};
use crate::people::{Borrower, RoleKind};
use crate::undo::{Pending, Refusal, Who, acts, store};
use crate::waiting::acts as waiting;
use crate::web::answer::see_other;
use crate::web::guard::{Nothing, Posted};
use crate::web::{App, Error};

/// What a room does with an act of its own whose time has come; `None` when it is none of its own, `false` when it cannot be done any more.
type CarryOut = fn(&mut Tx<'_>, &Pending, Option<&str>) -> Result<Option<bool>>;

/// The rooms that have acts wait.
const ROOMS: [CarryOut; 2] = [bookings::carry_out, waiting::carry_out];

/// Carries out an act whose time has come. `mail_from`: the address that mails are sent from.
pub fn carry_out(tx: &mut Tx<'_>, id: PendingId, mail_from: Option<&str>) -> Result<()> {
    acts::carry_out(tx, id, |tx, pending| {
        for room in ROOMS {
            if let Some(done) = room(tx, pending, mail_from)? {
                return Ok(done);
            }
        }
        Ok(false)
    })
}

/// Carries out the acts of all clusters whose time has come, each in a transaction of its own. `mail_from` as for [`carry_out`].
///
/// # Errors
/// When the database cannot say which. A fault with one is logged and does not keep the others.
pub async fn carry_out_due(db: &Db, now: DateTime<Utc>, mail_from: Option<String>) -> Result<()> {
    for cluster in db.house_read(now, store::with_due).await? {
        for id in db.read(Scope::of_worker(cluster), store::due).await? {
            let mail_from = mail_from.clone();
            let work = move |tx: &mut Tx<'_>| carry_out(tx, id, mail_from.as_deref());
            if let Err(fault) = db.write(Scope::of_worker(cluster), work).await {
                tracing::error!(%id, %cluster, %fault, "what can be undone no more could not be carried out");
            }
        }
    }
    Ok(())
}

/// How long until the next act is to be carried out, `longest` at most; at once when its time came while the round that `began` then was under
/// way. Nothing can be undone for less than a minute, so that a round, which comes every half minute, sees it before its time.
pub async fn until_next(db: &Db, began: DateTime<Utc>, now: DateTime<Utc>, longest: Duration) -> Duration {
    match db.house_read(now, store::next).await {
        // One that could not be carried out is tried again in the next round.
        Ok(Some(next)) if next > began => (next - now).to_std().unwrap_or(Duration::ZERO).min(longest),
        _ => longest,
    }
}

/// Undoes an act that waits; then on to the page of what it is about, which says so, or why not.
///
/// # Errors
/// When it is not there, or not this person's to undo.
pub async fn undo(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, PendingId)>,
    _: Posted<Nothing>,
) -> std::result::Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let who = Who {
        person: member.person,
        coordinator: member.is(RoleKind::Coordinator),
        led: member.schools_led().map(|school| school.id).collect(),
    };
    let done = app.db.write(member.scope(), move |tx| {
        let (pending, now) = acts::undo(tx, id, &who)?;
        if now {
            bookings::let_go(tx, &pending)?;
        }
        Ok::<_, Stop<Refusal>>(pending)
    });
    let (pending, word) = match done.await {
        Ok(pending) => (pending, "undone"),
        Err(Stop::Refused(Refusal::NotYours)) => return Err(Error::NotAllowed(Refusal::NotYours.words())),
        Err(Stop::Refused(refusal)) => {
            let pending = app.db.read(member.scope(), move |tx| Ok::<_, Error>(store::one(tx, id)?)).await?;
            (pending, if refusal == Refusal::TooLate { "too-late" } else { "overtaken" })
        }
        Err(Stop::Fault(fault)) => return Err(fault.into()),
    };
    Ok(see_other(&format!("{}/{}/{}?done={word}", member.base(), pending.about.0, Shown(pending.about.1))))
}
