//! Giving up, receiving, counting what one has, refusing, taking back: each one transaction, signed by who does it. Sent twice, it is done once and
//! answers as the first time; of two phones at once one wins, and the other reads how it stands now. A form
//! acts on what it was opened for and on nothing else: a phone without a connection may send it days later.

use actix_web::{HttpResponse, web};

use super::form::{self, CountPage};
use super::{copy, see_other, who};
use crate::base::ids::CopyId;
use crate::base::secret::Secret;
use crate::db::Stop;
use crate::files;
use crate::handovers::acts::{self, No, Sent};
use crate::handovers::counts::{self, Condition, Fault, Side};
use crate::handovers::letters::capital;
use crate::handovers::store::handovers::Said;
use crate::handovers::tell::Teller;
use crate::handovers::{Refusal, Seen};
use crate::people::{Borrower, Member};
use crate::web::forms::Errors;
use crate::web::upload::Pictured;
use crate::web::{App, Error};

pub use super::back::{refuse, take_back};

/// A count's form, with a photo that is not too large.
pub type Photographed = Pictured<{ files::LARGEST }>;

/// What somebody reads who would hand over another school's box.
const NOT_YOURS: &str = "Only the school that has the box, the school that gets it next, or a coordinator, can do this.";
/// Letters of a note about the whole.
const LONGEST_WORDS: usize = 500;

/// Reads a count's form as far as it can be read without the database.
fn read(member: &Member, copy: CopyId, side: Side, form: Photographed) -> Result<Sent, Error> {
    let value = |name: &str| form.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let key = key(value("key"), &format!("{} counts {copy} as {side}", member.person))?;
    let seen = value("seen").parse().ok();
    let mut faults = Vec::new();
    let note = counts::words(value("note"), LONGEST_WORDS).unwrap_or_else(|fault| {
        faults.push(("note".to_owned(), capital(&fault)));
        String::new()
    });
    let photo = match form.picture {
        Ok(None) => None,
        Ok(Some(bytes)) => files::clean(&bytes).map_err(|fault| faults.push(("photo".to_owned(), fault.to_string()))).ok(),
        Err(_) => {
            faults.push(("photo".to_owned(), files::Fault::TooLarge.to_string()));
            None
        }
    };
    let condition = value("condition").parse::<Condition>().ok();
    let said = if faults.is_empty() { Ok(Said { condition, note }) } else { Err(faults) };
    Ok(Sent { key, seen, said, photo, fields: form.fields })
}

/// What a form that acts once is known by: its own key, for this act of this person.
pub(super) fn key(sent: &str, purpose: &str) -> Result<String, Error> {
    let key = Secret::parse(sent);
    let key = key.ok_or_else(|| Error::Bad("The form lacks its key. Go back, reload the page and send it again.".into()))?;
    Ok(key.derive(purpose))
}

/// The page that says why not; `again` shows the form once more.
pub(super) async fn stopped(
    app: &web::Data<App>,
    member: &Member,
    copy: CopyId,
    (side, seen): (Side, Option<Seen>),
    fields: &[(String, String)],
    stop: Stop<No>,
) -> Result<HttpResponse, Error> {
    match stop {
        Stop::Refused(No::Form(faults)) => again(app, member, copy, (side, seen), fields, faults).await,
        Stop::Refused(No::Rule(Refusal::NotYours)) => Err(Error::NotAllowed(NOT_YOURS)),
        Stop::Refused(No::Rule(refusal)) => copy::refused(app, member, copy, refusal, fields).await,
        Stop::Fault(fault) => Err(fault.into()),
    }
}

/// The form with which a copy is given up.
///
/// # Errors
/// When it is not there, or not this person's to give up.
pub async fn give_form(app: web::Data<App>, member: Borrower, path: web::Path<(String, CopyId)>) -> Result<HttpResponse, Error> {
    asked(&app, &member, path.into_inner().1, Side::Giver).await
}

/// The form with which a copy is received.
///
/// # Errors
/// When it is not there, or not due to this person.
pub async fn receive_form(app: web::Data<App>, member: Borrower, path: web::Path<(String, CopyId)>) -> Result<HttpResponse, Error> {
    asked(&app, &member, path.into_inner().1, Side::Receiver).await
}

/// The form with which a school counts what it has.
///
/// # Errors
/// When it is not there, or not with this person's school.
pub async fn count_form(app: web::Data<App>, member: Borrower, path: web::Path<(String, CopyId)>) -> Result<HttpResponse, Error> {
    asked(&app, &member, path.into_inner().1, Side::Holder).await
}

async fn asked(app: &web::Data<App>, member: &Member, copy: CopyId, side: Side) -> Result<HttpResponse, Error> {
    let me = who(member);
    match app.db.read(member.scope(), move |tx| Ok::<_, Error>(CountPage::read(tx, copy, side, &me, None)?)).await? {
        Ok(desk) => Ok(form::page(member, &desk, None)),
        Err(Refusal::NotYours) => Err(Error::NotAllowed(NOT_YOURS)),
        // The copy's page says how it stands now.
        Err(_) => Ok(see_other(&format!("{}/copies/{copy}", member.base()))),
    }
}

/// Gives a copy up.
///
/// # Errors
/// As [`give_form`].
pub async fn give(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, CopyId)>,
    form: Photographed,
) -> Result<HttpResponse, Error> {
    counted_on(&app, &member, path.into_inner().1, Side::Giver, form).await
}

/// Receives a copy.
///
/// # Errors
/// As [`receive_form`].
pub async fn receive(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, CopyId)>,
    form: Photographed,
) -> Result<HttpResponse, Error> {
    counted_on(&app, &member, path.into_inner().1, Side::Receiver, form).await
}

/// Counts a copy where it is.
///
/// # Errors
/// As [`count_form`].
pub async fn count(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, CopyId)>,
    form: Photographed,
) -> Result<HttpResponse, Error> {
    counted_on(&app, &member, path.into_inner().1, Side::Holder, form).await
}

async fn counted_on(app: &web::Data<App>, member: &Member, copy: CopyId, side: Side, form: Photographed) -> Result<HttpResponse, Error> {
    let mut sent = read(member, copy, side, form)?;
    // The photo goes along, and is not kept here a second time while others wait for the lock.
    let photo = sent.photo.take();
    let (work, me, teller) = (Sent { photo, ..sent.clone() }, who(member), Teller::new(app, member));
    let done = app.db.write(member.scope(), move |tx| acts::count(tx, copy, side, &work, &me, &teller)).await;
    let word = match side {
        Side::Giver => "given",
        Side::Receiver => "received",
        Side::Holder => "counted",
    };
    match done {
        Ok(handover) => {
            let handover = handover.map_or_else(String::new, |id| format!("&handover={id}"));
            Ok(see_other(&format!("{}/copies/{copy}?done={word}{handover}", member.base())))
        }
        Err(stop) => stopped(app, member, copy, (side, sent.seen), &sent.fields, stop).await,
    }
}

/// The form once more, as it was typed, with what is wrong.
async fn again(
    app: &web::Data<App>,
    member: &Member,
    copy: CopyId,
    (side, seen): (Side, Option<Seen>),
    fields: &[(String, String)],
    faults: Vec<Fault>,
) -> Result<HttpResponse, Error> {
    let me = who(member);
    match app.db.read(member.scope(), move |tx| Ok::<_, Error>(CountPage::read(tx, copy, side, &me, seen)?)).await? {
        Ok(desk) => Ok(form::page(member, &desk, Some((fields, &errors_of(faults))))),
        Err(refusal) => copy::refused(app, member, copy, refusal, fields).await,
    }
}

fn errors_of(faults: Vec<Fault>) -> Errors {
    let mut errors = Errors::new();
    for (field, words) in faults {
        errors.add(&field, words);
    }
    errors
}
