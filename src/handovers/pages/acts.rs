//! Giving up, receiving, refusing, taking back: each one transaction, signed by who does it. Sent twice, it is done once and
//! answers as the first time; of two phones at once one wins, and the other reads how it stands now.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{self, Desk};
use super::tell::{Event, Teller};
use super::{copy, name_of, place_of, see_other, who};
use crate::app::App;
use crate::base::ids::{CopyId, HandoverId, PersonId};
use crate::base::secret::Secret;
use crate::bookings::By;
use crate::bookings::changes;
use crate::bookings::store::{ledger, loans};
use crate::db::{self, Tx};
use crate::error::Error;
use crate::handovers::counts::{self, Condition, Count, Fault, How, Side, differences};
use crate::handovers::handing::{self, Next, OnTheWay, Refusal, Scene, Who};
use crate::handovers::letters::capital;
use crate::handovers::photo::{self, Clean};
use crate::handovers::store::counts::{self as counted, New, Photo};
use crate::handovers::store::custody;
use crate::handovers::store::handovers::{self, Said, Thing};
use crate::handovers::{Custody, Place};
use crate::people::{Borrower, Member, store as people};
use crate::web::forms::Errors;
use crate::web::guard::Posted;
use crate::web::upload::Pictured;

/// What somebody reads who would hand over another school's box.
const NOT_YOURS: &str = "Only the school that has the box, the school that gets it next, or a coordinator, can do this.";
/// Letters of a note about the whole.
pub const LONGEST_WORDS: usize = 500;

/// What a transaction that hands over can end with, short of handing over.
enum Stop {
    /// A rule is in the way.
    Refused(Refusal),
    /// The form says something that cannot be, at these fields.
    Faults(Vec<Fault>),
    /// Something failed.
    Broken(Error),
}

impl From<db::Error> for Stop {
    fn from(fault: db::Error) -> Self {
        Self::Broken(fault.into())
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        if refusal == Refusal::NotYours { Self::Broken(Error::NotAllowed(NOT_YOURS)) } else { Self::Refused(refusal) }
    }
}

/// A form, read as far as it can be without the database.
#[derive(Clone)]
struct Sent {
    key: String,
    fields: Vec<(String, String)>,
    said: Result<Said, Vec<Fault>>,
    photo: Option<Clean>,
}

impl Sent {
    fn read(member: &Member, copy: CopyId, side: Side, form: Pictured) -> Result<Self, Error> {
        let value = |name: &str| form.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        let key = Secret::parse(value("key")).ok_or_else(no_key)?.derive(&format!("{} counts {copy} as {side}", member.person));
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
        Ok(Self { key, said, photo, fields: form.fields })
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

async fn asked(app: &web::Data<App>, member: &Member, copy: CopyId, side: Side) -> Result<HttpResponse, Error> {
    let me = who(member);
    match app.db.read(member.scope(), move |tx| Ok::<_, Error>(Desk::read(tx, copy, side, &me)?)).await? {
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
pub async fn give(app: web::Data<App>, member: Borrower, path: web::Path<(String, CopyId)>, form: Pictured) -> Result<HttpResponse, Error> {
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
    form: Pictured,
) -> Result<HttpResponse, Error> {
    counted_on(&app, &member, path.into_inner().1, Side::Receiver, form).await
}

async fn counted_on(app: &web::Data<App>, member: &Member, copy: CopyId, side: Side, form: Pictured) -> Result<HttpResponse, Error> {
    let sent = Sent::read(member, copy, side, form)?;
    let (work, me, teller) = (sent.clone(), who(member), Teller::new(app, member));
    let done = app
        .db
        .write(member.scope(), move |tx| {
            if let Some(handover) = counted::by_request_key(tx, &work.key)? {
                return Ok(handover);
            }
            let person = tx.actor.ok_or_else(|| Stop::Broken(Error::Broken("nobody acts".into())))?;
            let (thing, scene) = handovers::scene(tx, copy)?;
            let next = decided(tx, &scene, side, &me)?;
            let expected = counted::expected(tx, copy, thing.resource)?;
            let (count, said) = both(counts::read(&work.fields, &expected), work.said.clone())?;
            let act = Act { thing: &thing, scene: &scene, next: &next, count: &count, said: &said, person };
            let (handover, event) = match side {
                Side::Giver => (act.give(tx)?, Event::Given),
                Side::Receiver => (act.receive(tx)?, Event::Received(next.slot)),
            };
            let kept = counted::insert(tx, &New { handover, copy, side, person, key: &work.key }, &count)?;
            if let Some(photo) = &work.photo {
                counted::keep_photo(tx, kept, &Photo { content_type: photo.content_type.to_owned(), bytes: photo.bytes.clone() })?;
            }
            if let Some(short) = count.short_essentials() {
                custody::set_short_essentials(tx, copy, &short)?;
            }
            teller.tell(tx, handover, &event)?;
            Ok(handover)
        })
        .await;
    let word = match side {
        Side::Giver => "given",
        Side::Receiver => "received",
    };
    match done {
        Ok(handover) => {
            app.wake.notify_one();
            Ok(see_other(&format!("{}/copies/{copy}?done={word}&handover={handover}", member.base())))
        }
        Err(Stop::Faults(faults)) => {
            let me = who(member);
            match app.db.read(member.scope(), move |tx| Ok::<_, Error>(Desk::read(tx, copy, side, &me)?)).await? {
                Ok(desk) => Ok(form::page(member, &desk, Some((&sent.fields, &errors_of(faults))))),
                Err(refusal) => copy::refused(app, member, copy, refusal).await,
            }
        }
        Err(Stop::Refused(refusal)) => copy::refused(app, member, copy, refusal).await,
        Err(Stop::Broken(fault)) => Err(fault),
    }
}

fn errors_of(faults: Vec<Fault>) -> Errors {
    let mut errors = Errors::new();
    for (field, words) in faults {
        errors.add(&field, words);
    }
    errors
}

/// The count and what was said, or all that is wrong with either.
fn both(count: Result<Count, Vec<Fault>>, said: Result<Said, Vec<Fault>>) -> Result<(Count, Said), Stop> {
    match (count, said) {
        (Ok(count), Ok(said)) => Ok((count, said)),
        (count, said) => Err(Stop::Faults(count.err().into_iter().chain(said.err()).flatten().collect())),
    }
}

/// Whether this person may do it now, and where the copy then goes.
fn decided(tx: &mut Tx<'_>, scene: &Scene, side: Side, who: &Who) -> Result<Next, Stop> {
    let calendar = form::calendar(tx, scene)?;
    let today = tx.today();
    Ok(match side {
        Side::Giver => handing::give(scene, who, today, &calendar)?,
        Side::Receiver => handing::receive(scene, who, today, &calendar)?,
    })
}

/// A handover as it is done.
struct Act<'a> {
    thing: &'a Thing,
    scene: &'a Scene,
    next: &'a Next,
    count: &'a Count,
    said: &'a Said,
    person: PersonId,
}

impl Act<'_> {
    fn give(&self, tx: &mut Tx<'_>) -> Result<HandoverId, Stop> {
        let (copy, next) = (self.thing.copy, self.next);
        let id = handovers::given(tx, copy, next, self.person, self.said)?;
        // Custody first: then what the booking says finds nothing left to move.
        custody::put(
            tx,
            &Custody {
                place: Place::Transit,
                school: next.from,
                booking: None,
                to: next.to(),
                handover: Some(id),
                person: Some(self.person),
                ..self.scene.custody.clone()
            },
        )?;
        if let Some(booking) = next.from_booking {
            ledger::give_up(tx, booking)?;
        }
        self.log(tx, "given up")?;
        Ok(id)
    }

    fn receive(&self, tx: &mut Tx<'_>) -> Result<HandoverId, Stop> {
        let (copy, next) = (self.thing.copy, self.next);
        let id = if let Some(way) = self.scene.on_the_way {
            let given = counted::of_handover(tx, way.id)?.into_iter().find(|one| one.side == Side::Giver);
            let before = handovers::one(tx, way.id)?.given_said.condition;
            let worse = before.zip(self.said.condition).is_some_and(|(before, now)| now > before);
            let differs = worse || given.is_some_and(|given| !differences(&given.count, self.count).is_empty());
            handovers::answered(tx, way.id, self.person, self.said, "", differs, next.to())?;
            custody::put(tx, &handovers::custody_after(copy, next, self.person, tx.now))?;
            if let Some(booking) = way.from_booking {
                let slot = loans::one(tx, booking)?.booking.slot;
                ledger::end_early(tx, &slot, changes::ended(&slot, way.on))?;
            }
            way.id
        } else {
            let id = handovers::taken(tx, copy, next, self.person, self.said)?;
            custody::put(tx, &handovers::custody_after(copy, next, self.person, tx.now))?;
            if let Some(booking) = next.from_booking {
                let loan = loans::one(tx, booking)?;
                // The receiver says so; what is out can be handed back.
                if let Ok(back) = changes::hand_back(&loan.booking.slot, By::Coordinator, tx.today()) {
                    ledger::hand_back(tx, &loan, back)?;
                }
            }
            id
        };
        if let Some(slot) = next.slot {
            let loan = loans::one(tx, slot.id)?;
            ledger::collect(tx, &loan)?;
        }
        self.log(tx, "received")?;
        Ok(id)
    }

    /// The log's line: schools and what was counted, nobody's name.
    fn log(&self, tx: &mut Tx<'_>, verb: &str) -> Result<(), db::Error> {
        let names = people::school_names(tx)?;
        let to = place_of(&names, self.next.to(), self.scene.home);
        let after = format!("{} to {to}; {}", name_of(&names, self.next.from), self.count.summary().to_lowercase());
        tx.log("copies", &self.thing.copy, verb, "", &after)
    }
}

/// The form with which a copy is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct No {
    key: String,
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
    form: Posted<No>,
) -> Result<HttpResponse, Error> {
    let copy = path.into_inner().1;
    let key = Secret::parse(&form.0.key).ok_or_else(no_key)?.derive(&format!("{} refuses {copy}", member.person));
    let typed = form.0.reason;
    let (reason, me, teller) = (counts::words(&typed, 300), who(&member), Teller::new(&app, &member));
    let done = app
        .db
        .write(member.scope(), move |tx| {
            if let Some(handover) = counted::by_request_key(tx, &key)? {
                return Ok(handover);
            }
            let person = tx.actor.ok_or_else(|| Stop::Broken(Error::Broken("nobody acts".into())))?;
            let (thing, scene) = handovers::scene(tx, copy)?;
            let next = decided(tx, &scene, Side::Receiver, &me)?;
            let way = scene.on_the_way.ok_or(Refusal::NotOnItsWay)?;
            let reason = reason.and_then(|reason| {
                if reason.is_empty() { Err("say why you do not take it; the other school reads this".to_owned()) } else { Ok(reason) }
            });
            let reason = reason.map_err(|fault| Stop::Faults(vec![("reason".to_owned(), capital(&fault))]))?;
            handovers::answered(tx, way.id, person, &Said::default(), &reason, false, next.to())?;
            back_to_giver(tx, &scene, &way, person)?;
            let nothing = Count { how: How::None, lines: Vec::new() };
            counted::insert(tx, &New { handover: way.id, copy, side: Side::Receiver, person, key: &key }, &nothing)?;
            let names = people::school_names(tx)?;
            tx.log("copies", &thing.copy, "refused", "", &format!("{}: {reason}", name_of(&names, next.at)))?;
            teller.tell(tx, way.id, &Event::Refused(reason))?;
            Ok(way.id)
        })
        .await;
    match done {
        Ok(handover) => {
            app.wake.notify_one();
            Ok(see_other(&format!("{}/copies/{copy}?done=refused&handover={handover}", member.base())))
        }
        Err(Stop::Faults(faults)) => {
            let me = who(&member);
            match app.db.read(member.scope(), move |tx| Ok::<_, Error>(Desk::read(tx, copy, Side::Receiver, &me)?)).await? {
                Ok(desk) => Ok(form::page(&member, &desk, Some((&[("reason".to_owned(), typed)], &errors_of(faults))))),
                Err(refusal) => copy::refused(&app, &member, copy, refusal).await,
            }
        }
        Err(Stop::Refused(refusal)) => copy::refused(&app, &member, copy, refusal).await,
        Err(Stop::Broken(fault)) => Err(fault),
    }
}

/// A form with nothing but its token.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// Takes back what was given up and has not been received.
///
/// # Errors
/// When it is not there, or was not given up by this person's school.
pub async fn take_back(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, CopyId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let copy = path.into_inner().1;
    let (me, teller) = (who(&member), Teller::new(&app, &member));
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let person = tx.actor.ok_or_else(|| Stop::Broken(Error::Broken("nobody acts".into())))?;
            let (thing, scene) = handovers::scene(tx, copy)?;
            let way = handing::take_back(&scene, &me)?;
            handovers::withdrawn(tx, way.id)?;
            back_to_giver(tx, &scene, &way, person)?;
            let names = people::school_names(tx)?;
            tx.log("copies", &thing.copy, "taken back", "", &name_of(&names, way.from))?;
            teller.tell(tx, way.id, &Event::Withdrawn)?;
            Ok::<_, Stop>(())
        })
        .await;
    match done {
        Ok(()) => {
            app.wake.notify_one();
            Ok(see_other(&format!("{}/copies/{copy}?done=withdrawn", member.base())))
        }
        Err(Stop::Refused(refusal)) => copy::refused(&app, &member, copy, refusal).await,
        Err(Stop::Broken(fault)) => Err(fault),
        Err(Stop::Faults(_)) => Err(Error::Broken("a form without fields has no faults".into())),
    }
}

/// The copy is with whoever gave it up, as it was before: for the loan that had been given up with it, or in the store.
fn back_to_giver(tx: &mut Tx<'_>, scene: &Scene, way: &OnTheWay, person: PersonId) -> Result<(), db::Error> {
    let stored = way.from_booking.is_none() && way.from == scene.home;
    custody::put(
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

/// The status of a form that comes back.
#[must_use]
pub fn status_of(errors: &Errors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}
