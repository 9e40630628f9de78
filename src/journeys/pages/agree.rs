//! Suggesting another day or way for a leg, and answering: `POST /c/{cluster}/legs/{leg}/suggest`, `/agree`, `/decline`.

use actix_web::{HttpResponse, web};

use super::legs::{Done, Suggestion, page, side};
use crate::base::ids::LegId;
use crate::db::{Stop, Tx};
use crate::journeys::acts::agree::{self as acts, Case, Ended, Suggested};
use crate::journeys::agreeing::{self, Refusal};
use crate::people::{Borrower, Member};
use crate::web::answer::see_other;
use crate::web::forms::Errors;
use crate::web::guard::{Nothing, Posted};
use crate::web::{App, Error};

/// On to the leg's page; or the page with what is in the way, and the form as it was typed.
async fn ended(
    app: &web::Data<App>,
    member: &Member,
    id: LegId,
    typed: Option<&Suggestion>,
    done: Result<&str, Stop<Refusal>>,
) -> Result<HttpResponse, Error> {
    match done {
        Ok(word) => Ok(see_other(&format!("{}/legs/{id}?done={word}", member.base()))),
        Err(Stop::Fault(fault)) => Err(fault.into()),
        Err(Stop::Refused(Refusal::NotYours)) => {
            Err(Error::NotAllowed("Only the two schools of this handover and the coordinator can change it."))
        }
        Err(Stop::Refused(refusal)) => {
            page(app, member, id, &Done::default(), typed, &Errors::one(refusal.field(), refusal.to_string())).await
        }
    }
}

/// Suggests another day or way; from a coordinator it holds at once.
///
/// # Errors
/// When the leg is not there, or the role may not.
pub async fn suggest(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, LegId)>,
    sent: Posted<Suggestion>,
) -> Result<HttpResponse, Error> {
    let (id, side) = (path.into_inner().1, side(&member));
    let done = match sent.0.read() {
        Ok(asked) => app.db.write(member.scope(), move |tx| acts::suggest(tx, id, &asked, &side)).await,
        Err(errors) => {
            // Whoever may not change it reads that, and not what is wrong with the form.
            let may = move |tx: &mut Tx<'_>| Ok(agreeing::may(&Case::read(tx, id)?.facts(tx.today(), None), &side)?);
            match app.db.read(member.scope(), may).await {
                Ok(()) => return page(&app, &member, id, &Done::default(), Some(&sent.0), &errors).await,
                Err(stop) => Err(stop),
            }
        }
    };
    let word = done.map(|done| if done == Suggested::Holds { "changed" } else { "suggested" });
    ended(&app, &member, id, Some(&sent.0), word).await
}

/// Says yes to what the other side suggests.
///
/// # Errors
/// When the leg is not there, or the role may not.
pub async fn agree(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, LegId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, side) = (path.into_inner().1, side(&member));
    let done = app.db.write(member.scope(), move |tx| acts::agree(tx, id, &side)).await;
    ended(&app, &member, id, None, done.map(|()| "agreed")).await
}

/// Says no to what the other side suggests, or takes the own suggestion back.
///
/// # Errors
/// When the leg is not there, or the role may not.
pub async fn decline(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, LegId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, side) = (path.into_inner().1, side(&member));
    let done = app.db.write(member.scope(), move |tx| acts::decline(tx, id, &side)).await;
    ended(&app, &member, id, None, done.map(|done| if done == Ended::TakenBack { "withdrawn" } else { "declined" })).await
}
