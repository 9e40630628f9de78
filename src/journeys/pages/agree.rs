//! Suggesting another day or way for a leg, and answering: `POST /c/{cluster}/legs/{leg}/suggest`, `/agree`, `/decline`.

use actix_web::{HttpResponse, web};

use super::legs::{Done, Sheet, Suggestion, page, side};
use crate::base::ids::LegId;
use crate::db::{self, Stop, Tx};
use crate::journeys::Leg;
use crate::journeys::agreeing::{self, Refusal, Wish};
use crate::journeys::legs::first_look;
use crate::journeys::letters::Because;
use crate::journeys::store::legs as rows;
use crate::journeys::tell::Teller;
use crate::people::{Borrower, Member};
use crate::web::answer::see_other;
use crate::web::forms::Errors;
use crate::web::guard::{Nothing, Posted};
use crate::web::{App, Error};

/// Why the leg stays as it is: a rule, or a form that says what cannot be.
enum No {
    Rule(Refusal),
    Form(Errors),
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Rule(refusal)
    }
}

impl From<Errors> for No {
    fn from(errors: Errors) -> Self {
        Self::Form(errors)
    }
}

/// Says what is in the way on the leg's page, with the form as it was typed.
async fn stopped(
    app: &web::Data<App>,
    member: &Member,
    id: LegId,
    typed: Option<&Suggestion>,
    stop: Stop<No>,
) -> Result<HttpResponse, Error> {
    let errors = match stop {
        Stop::Fault(fault) => return Err(fault.into()),
        Stop::Refused(No::Rule(Refusal::NotYours)) => {
            return Err(Error::NotAllowed("Only the two schools of this handover and the coordinator can change it."));
        }
        Stop::Refused(No::Rule(refusal)) => Errors::one(refusal.field(), refusal.to_string()),
        Stop::Refused(No::Form(errors)) => errors,
    };
    page(app, member, id, &Done::default(), typed, &errors).await
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
    let id = path.into_inner().1;
    let (side, typed, person, now) = (side(&member), sent.0.clone(), member.person, member.now);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let sheet = Sheet::read_to_decide(tx, id)?;
            agreeing::may(&sheet.facts(tx.today(), None), &side)?;
            let wish = typed.read(&sheet.meetings)?;
            let meeting = wish.meeting.and_then(|id| sheet.meetings.iter().find(|one| one.id == id));
            let facts = sheet.facts(tx.today(), meeting);
            agreeing::check(&facts, &side, &wish, |school| sheet.name(school))?;
            let mut teller = Teller::read(tx, &[sheet.leg.copy])?;
            if side.decides(&sheet.leg) {
                settle_on(tx, &mut teller, &sheet.leg, wish)?;
                return Ok::<_, Stop<No>>("changed");
            }
            let school = side.of(&sheet.leg).ok_or(Refusal::NotYours)?;
            let asked = agreeing::suggested(&sheet.leg, wish, person, school, now);
            rows::update(tx, &asked)?;
            let words = teller.wish(tx, &asked)?.words();
            tx.log("legs", &id, "suggested", &sheet.trip.words(), &words)?;
            teller.proposed(tx, &sheet.leg, school, &asked)?;
            Ok("suggested")
        })
        .await;
    match done {
        Ok(word) => Ok(see_other(&format!("{}/legs/{id}?done={word}", member.base()))),
        Err(stop) => stopped(&app, &member, id, Some(&sent.0), stop).await,
    }
}

/// Writes down what both sides have agreed on, and tells them.
fn settle_on(tx: &mut Tx<'_>, teller: &mut Teller, leg: &Leg, wish: Wish) -> db::Result<()> {
    let look_on = first_look(wish.day, tx.today());
    let now = agreeing::agreed(leg, wish, look_on);
    let now = Leg { told: true, ..now };
    rows::update(tx, &now)?;
    let (before, after) = (teller.trip(tx, leg)?.words(), teller.trip(tx, &now)?.words());
    tx.log("legs", &leg.id, "agreed", &before, &after)?;
    teller.agreed(tx, &now)
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
    let id = path.into_inner().1;
    let side = side(&member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let sheet = Sheet::read_to_decide(tx, id)?;
            // Said yes twice, or by two people at once: it holds already.
            let settled = sheet.leg.proposal.is_none() && sheet.leg.agreed;
            if settled && agreeing::may(&sheet.facts(tx.today(), None), &side).is_ok() {
                return Ok::<_, Stop<No>>(());
            }
            let wish = agreeing::answer(&sheet.facts(tx.today(), None), &side)?;
            let meeting = wish.meeting.and_then(|id| sheet.meetings.iter().find(|one| one.id == id));
            agreeing::check(&sheet.facts(tx.today(), meeting), &side, &wish, |school| sheet.name(school))?;
            let mut teller = Teller::read(tx, &[sheet.leg.copy])?;
            settle_on(tx, &mut teller, &sheet.leg, wish)?;
            Ok(())
        })
        .await;
    match done {
        Ok(()) => Ok(see_other(&format!("{}/legs/{id}?done=agreed", member.base()))),
        Err(stop) => stopped(&app, &member, id, None, stop).await,
    }
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
    let id = path.into_inner().1;
    let side = side(&member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let sheet = Sheet::read_to_decide(tx, id)?;
            agreeing::may(&sheet.facts(tx.today(), None), &side)?;
            let Some(proposal) = &sheet.leg.proposal else { return Err(Refusal::NothingToAnswer.into()) };
            let own = side.of(&sheet.leg) == Some(proposal.school) && !side.decides(&sheet.leg);
            rows::update(tx, &Leg { proposal: None, ..sheet.leg.clone() })?;
            let mut teller = Teller::read(tx, &[sheet.leg.copy])?;
            let words = teller.wish(tx, &sheet.leg)?.words();
            tx.log("legs", &id, if own { "taken back" } else { "declined" }, &words, &sheet.trip.words())?;
            if !own {
                teller.declined(tx, &sheet.leg, Because::TheyCannot)?;
            }
            Ok::<_, Stop<No>>(if own { "withdrawn" } else { "declined" })
        })
        .await;
    match done {
        Ok(word) => Ok(see_other(&format!("{}/legs/{id}?done={word}", member.base()))),
        Err(stop) => stopped(&app, &member, id, None, stop).await,
    }
}
