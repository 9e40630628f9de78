//! Undoing what was done a moment ago, whatever it is about, and carrying out what nobody has undone: which room knows what an act does.
//! `POST /c/{cluster}/undo/{id}`.

use actix_web::{HttpResponse, web};

use crate::base::ids::{PendingId, Shown};
use crate::bookings::acts::later as bookings;
use crate::db::{Result, Stop, Tx};
use crate::people::{Borrower, RoleKind};
use crate::undo::{Pending, Refusal, Who, acts};
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
            let pending = app.db.read(member.scope(), move |tx| Ok::<_, Error>(crate::undo::store::one(tx, id)?)).await?;
            (pending, if refusal == Refusal::TooLate { "too-late" } else { "overtaken" })
        }
        Err(Stop::Fault(fault)) => return Err(fault.into()),
    };
    Ok(see_other(&format!("{}/{}/{}?done={word}", member.base(), pending.about.0, Shown(pending.about.1))))
}
