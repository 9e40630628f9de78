//! What was given up goes back: the receiver refuses it, or the giver takes it back. It is then where it was before.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::super::tell::{Event, Teller};
use crate::base::ids::{CopyId, PersonId};
use crate::base::secret::Secret;
use crate::bookings::store::ledger;
use crate::db::{self, Stop, Tx};
use crate::handovers::acts::{decided, no_key};
use crate::handovers::counts::{self, Count, How, Side};
use crate::handovers::letters::capital;
use crate::handovers::pages::count::{No, stopped};
use crate::handovers::pages::who;
use crate::handovers::store::counts::{self as counted, New, Of};
use crate::handovers::store::handovers::{self, Said};
use crate::handovers::{self as handing, OnTheWay, Refusal, Scene};
use crate::journeys::{Custody, Place, store};
use crate::people::Borrower;
use crate::schools;
use crate::web::answer::see_other;
use crate::web::guard::Posted;
use crate::web::{App, Error};

/// The form with which a copy is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Refused {
    key: String,
    seen: String,
    reason: String,
}

/// Refuses what was given up: it is with the giver again.
///
/// # Errors
/// When it is not there, or not due to this person.
pub async fn refuse(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, CopyId)>,
    form: Posted<Refused>,
) -> Result<HttpResponse, Error> {
    let copy = path.into_inner().1;
    let key = Secret::parse(&form.0.key).ok_or_else(no_key)?.derive(&format!("{} refuses {copy}", member.person));
    let (seen, typed) = (form.0.seen.parse().ok(), form.0.reason);
    let (reason, me, teller) = (counts::words(&typed, 300), who(&member), Teller::new(&member));
    let done = app
        .db
        .write(member.scope(), move |tx| {
            if let Some(earlier) = counted::by_request_key(tx, &key)? {
                return Ok(earlier.handover);
            }
            let person = tx.person()?;
            let (thing, scene) = handovers::scene(tx, copy)?;
            let next = decided(tx, &scene, Side::Receiver, seen, &me)?;
            let way = scene.on_the_way.ok_or(Refusal::NotOnItsWay)?;
            let reason = reason.and_then(|reason| {
                if reason.is_empty() { Err("say why you do not take it; the other school reads this".to_owned()) } else { Ok(reason) }
            });
            let reason = reason.map_err(|fault| Stop::Refused(No::Form(vec![("reason".to_owned(), capital(&fault))])))?;
            handovers::answered(tx, way.id, person, &Said::default(), &reason, false, next.to())?;
            back_to_giver(tx, &scene, &way, person)?;
            let nothing = Count { how: How::None, lines: Vec::new() };
            counted::insert(tx, &New { of: Of::Handover(way.id, Side::Receiver), copy, person, key: &key, before: None }, &nothing)?;
            let names = schools::store::school_names(tx)?;
            tx.log("copies", &thing.copy, "refused", "", &format!("{}: {reason}", names.of(next.at)))?;
            teller.tell(tx, way.id, &Event::Refused(reason))?;
            Ok(Some(way.id))
        })
        .await;
    match done {
        Ok(handover) => {
            let handover = handover.map_or_else(String::new, |id| format!("&handover={id}"));
            Ok(see_other(&format!("{}/copies/{copy}?done=refused{handover}", member.base())))
        }
        Err(stop) => stopped(&app, &member, copy, (Side::Receiver, None), &[("reason".to_owned(), typed)], stop).await,
    }
}

/// The form of one button with which a copy is taken back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TakeBack {
    seen: String,
}

/// Takes back what was given up and has not been received.
///
/// # Errors
/// When it is not there, or was not given up by this person's school.
pub async fn take_back(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, CopyId)>,
    form: Posted<TakeBack>,
) -> Result<HttpResponse, Error> {
    let (copy, seen) = (path.into_inner().1, form.0.seen.parse().ok());
    let (me, teller) = (who(&member), Teller::new(&member));
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let person = tx.person()?;
            let (thing, scene) = handovers::scene(tx, copy)?;
            let way = handing::as_seen(handing::take_back(&scene, &me), seen, &scene, Side::Giver)?;
            handovers::withdrawn(tx, way.id)?;
            back_to_giver(tx, &scene, &way, person)?;
            let names = schools::store::school_names(tx)?;
            tx.log("copies", &thing.copy, "taken back", "", names.of(way.from))?;
            teller.tell(tx, way.id, &Event::Withdrawn)?;
            Ok::<_, Stop<No>>(())
        })
        .await;
    match done {
        Ok(()) => Ok(see_other(&format!("{}/copies/{copy}?done=withdrawn", member.base()))),
        Err(stop) => stopped(&app, &member, copy, (Side::Giver, None), &[], stop).await,
    }
}

/// The copy is with whoever gave it up, as it was before: for the loan that had been given up with it, or in the store.
fn back_to_giver(tx: &mut Tx<'_>, scene: &Scene, way: &OnTheWay, person: PersonId) -> Result<(), db::Error> {
    let stored = way.from_booking.is_none() && way.from == scene.home;
    store::put(
        tx,
        &Custody {
            place: if stored { Place::Store } else { Place::School },
            school: way.from,
            booking: way.from_booking,
            to: None,
            handover: None,
            // Whoever gave it up answers for it again.
            person: way.by.or(Some(person)),
            ..scene.custody.clone()
        },
    )?;
    if let Some(booking) = way.from_booking {
        ledger::take_back(tx, booking)?;
    }
    Ok(())
}
