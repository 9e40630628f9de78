//! What was given up goes back: the receiver refuses it, or the giver takes it back. It is then where it was before.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::count::{key, stopped};
use super::who;
use crate::base::ids::CopyId;
use crate::handovers::acts;
use crate::handovers::counts::{self, Side};
use crate::handovers::letters::capital;
use crate::handovers::tell::Teller;
use crate::people::Borrower;
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
    let key = key(&form.0.key, &format!("{} refuses {copy}", member.person))?;
    let typed = form.0.reason;
    let reason = counts::words(&typed, 300).and_then(|reason| {
        if reason.is_empty() { Err("say why you do not take it; the other school reads this".to_owned()) } else { Ok(reason) }
    });
    let sent = acts::Refused { key, seen: form.0.seen.parse().ok(), reason: reason.map_err(|fault| capital(&fault)) };
    let (me, teller) = (who(&member), Teller::new(&app, &member));
    let done = app.db.write(member.scope(), move |tx| acts::refuse(tx, copy, sent, &me, &teller)).await;
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
    let (me, teller) = (who(&member), Teller::new(&app, &member));
    let done = app.db.write(member.scope(), move |tx| acts::take_back(tx, copy, seen, &me, &teller)).await;
    match done {
        Ok(()) => Ok(see_other(&format!("{}/copies/{copy}?done=withdrawn", member.base()))),
        Err(stop) => stopped(&app, &member, copy, (Side::Giver, None), &[], stop).await,
    }
}
