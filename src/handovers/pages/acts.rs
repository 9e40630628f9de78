//! Giving up, receiving, counting what one has, refusing, taking back: each one transaction, signed by who does it. Sent twice, it is done once and
//! answers as the first time; of two phones at once one wins, and the other reads how it stands now. A form
//! acts on what it was opened for and on nothing else: a phone without a connection may send it days later.

use actix_web::{HttpResponse, web};

mod back;
mod doing;

use super::form::{self, Desk};
use super::tell::{Event, Teller};
use super::{copy, see_other, who};
use crate::base::ids::{CopyId, HandoverId};
use crate::base::secret::Secret;
use crate::db::{self, Stop, Tx};
use crate::handovers::counts::{self, Condition, Count, Fault, How, Side};
use crate::handovers::handing::{self, Next, Refusal, Scene, Seen, Taken, Who};
use crate::handovers::letters::capital;
use crate::handovers::photo::{self, Clean};
use crate::handovers::store::counts::{self as counted, New, Of, Photo};
use crate::handovers::store::custody;
use crate::handovers::store::handovers::{self, Said};
use crate::people::{Borrower, Member};
use crate::web::forms::Errors;
use crate::web::upload::Pictured;
use crate::web::{App, Error};

pub use back::{refuse, take_back};
use doing::Act;

/// A count's form, with a photo that is not too large.
pub type Photographed = Pictured<{ photo::LARGEST }>;

/// What somebody reads who would hand over another school's box.
const NOT_YOURS: &str = "Only the school that has the box, the school that gets it next, or a coordinator, can do this.";
/// Letters of a note about the whole.
pub const LONGEST_WORDS: usize = 500;

/// Why nothing is handed over.
enum No {
    /// A rule is in the way.
    Rule(Refusal),
    /// The form says something that cannot be, at these fields.
    Form(Vec<Fault>),
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Rule(refusal)
    }
}

/// The page that says why not; `again` shows the form once more.
async fn stopped(
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

/// A form, read as far as it can be without the database.
#[derive(Clone)]
struct Sent {
    key: String,
    seen: Option<Seen>,
    fields: Vec<(String, String)>,
    said: Result<Said, Vec<Fault>>,
    photo: Option<Clean>,
}

impl Sent {
    fn read(member: &Member, copy: CopyId, side: Side, form: Photographed) -> Result<Self, Error> {
        let value = |name: &str| form.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        let key = Secret::parse(value("key")).ok_or_else(no_key)?.derive(&format!("{} counts {copy} as {side}", member.person));
        let seen = value("seen").parse().ok();
        let mut faults = Vec::new();
        let note = counts::words(value("note"), LONGEST_WORDS).unwrap_or_else(|fault| {
            faults.push(("note".to_owned(), capital(&fault)));
            String::new()
        });
        let photo = match form.picture {
            Ok(None) => None,
            Ok(Some(bytes)) => photo::clean(&bytes).map_err(|fault| faults.push(("photo".to_owned(), fault.to_string()))).ok(),
            Err(_) => {
                faults.push(("photo".to_owned(), photo::Fault::TooLarge.to_string()));
                None
            }
        };
        let condition = value("condition").parse::<Condition>().ok();
        let said = if faults.is_empty() { Ok(Said { condition, note }) } else { Err(faults) };
        Ok(Self { key, seen, said, photo, fields: form.fields })
    }
}

fn no_key() -> Error {
    Error::Bad("The form lacks its key. Go back, reload the page and send it again.".into())
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
    match app.db.read(member.scope(), move |tx| Ok::<_, Error>(Desk::read(tx, copy, side, &me, None)?)).await? {
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
    let sent = Sent::read(member, copy, side, form)?;
    let (work, me, teller) = (sent.clone(), who(member), Teller::new(member));
    let done = app.db.write(member.scope(), move |tx| act(tx, copy, side, &work, &me, &teller)).await;
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
    match app.db.read(member.scope(), move |tx| Ok::<_, Error>(Desk::read(tx, copy, side, &me, seen)?)).await? {
        Ok(desk) => Ok(form::page(member, &desk, Some((fields, &errors_of(faults))))),
        Err(refusal) => copy::refused(app, member, copy, refusal, fields).await,
    }
}

/// What a count does besides being written down.
enum Turn {
    /// It hands over, now.
    Over(Next),
    /// It is added to what the other side has received already.
    Late(Taken),
    /// Nothing: the copy stays where it is.
    Stays,
}

/// Counts, and does what follows from it. Which handover it was of, if of one.
fn act(tx: &mut Tx<'_>, copy: CopyId, side: Side, work: &Sent, me: &Who, teller: &Teller) -> Result<Option<HandoverId>, Stop<No>> {
    if let Some(earlier) = counted::by_request_key(tx, &work.key)? {
        return Ok(earlier.handover);
    }
    let person = tx.person()?;
    let (thing, scene) = handovers::scene(tx, copy)?;
    let turn = turn(tx, &scene, side, work.seen, me)?;
    let received = if let Turn::Late(taken) = &turn { Some(taken.at) } else { None };
    let expected = counted::expected(tx, copy, thing.resource, received)?;
    let (count, said) = both(counts::read(&work.fields, &expected), work.said.clone())?;
    if side == Side::Holder && count.how == How::None {
        return Err(Stop::Refused(No::Form(vec![("how".to_owned(), "Count what is in it, or go back".to_owned())])));
    }
    let by = Act { thing: &thing, scene: &scene, count: &count, said: &said, person };
    let (handover, event) = match (&turn, side) {
        (Turn::Late(taken), _) => (Some(by.give_late(tx, taken)?), Some(Event::GivenLate)),
        (Turn::Over(next), Side::Giver) => (Some(by.give(tx, next)?), Some(Event::Given)),
        (Turn::Over(next), _) => (Some(by.receive(tx, next)?), Some(Event::Received(next.slot))),
        (Turn::Stays, _) => (None, None),
    };
    let custody = &scene.custody;
    let of = handover.map_or(Of::Holder(custody.school, custody.booking, &said), |id| Of::Handover(id, side));
    let kept = counted::insert(tx, &New { of, copy, person, key: &work.key, before: received }, &count)?;
    if let Some(photo) = &work.photo {
        counted::keep_photo(tx, kept, &Photo { content_type: photo.content_type.to_owned(), bytes: photo.bytes.clone() })?;
    }
    if let Some(short) = count.short_essentials()
        && (received.is_none() || counted::is_latest(tx, copy, kept)?)
    {
        custody::set_short_essentials(tx, copy, &short)?;
    }
    match handover.zip(event) {
        Some((handover, event)) => teller.tell(tx, handover, &event)?,
        None => by.log(tx, "counted", None)?,
    }
    Ok(handover)
}

fn errors_of(faults: Vec<Fault>) -> Errors {
    let mut errors = Errors::new();
    for (field, words) in faults {
        errors.add(&field, words);
    }
    errors
}

/// The count and what was said, or all that is wrong with either.
fn both(count: Result<Count, Vec<Fault>>, said: Result<Said, Vec<Fault>>) -> Result<(Count, Said), Stop<No>> {
    match (count, said) {
        (Ok(count), Ok(said)) => Ok((count, said)),
        (count, said) => Err(Stop::Refused(No::Form(count.err().into_iter().chain(said.err()).flatten().collect()))),
    }
}

/// Whether this person may do it, to what he saw when he opened the form.
fn turn(tx: &mut Tx<'_>, scene: &Scene, side: Side, seen: Option<Seen>, me: &Who) -> Result<Turn, Stop<No>> {
    if side == Side::Holder {
        handing::as_seen(handing::count(scene, me), seen, scene, side)?;
        return Ok(Turn::Stays);
    }
    if side == Side::Giver
        && let Some(taken) = late(tx, scene, seen)?
    {
        handing::give_late(&taken, me, tx.now)?;
        return Ok(Turn::Late(taken));
    }
    Ok(Turn::Over(decided(tx, scene, side, seen, me)?))
}

/// What the other side received from under a giver's form, without a word of the giver.
pub fn late(tx: &mut Tx<'_>, scene: &Scene, seen: Option<Seen>) -> Result<Option<Taken>, db::Error> {
    match seen.filter(|seen| seen.link < scene.link) {
        Some(seen) => handovers::taken_after(tx, scene.custody.copy, seen.link),
        None => Ok(None),
    }
}

/// Whether this person may hand it over now, and where the copy then goes.
fn decided(tx: &mut Tx<'_>, scene: &Scene, side: Side, seen: Option<Seen>, who: &Who) -> Result<Next, Stop<No>> {
    let calendar = form::calendar(tx, scene)?;
    let today = tx.today();
    let decided = match side {
        Side::Receiver => handing::receive(scene, who, today, &calendar),
        Side::Giver | Side::Holder => handing::give(scene, who, today, &calendar),
    };
    Ok(handing::as_seen(decided, seen, scene, side)?)
}
