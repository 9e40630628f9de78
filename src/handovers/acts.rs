//! What a count does to a copy: given up, given up in hindsight, received, or only counted where it is; each one transaction.

use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, HandoverId, PersonId, SchoolId};
use crate::base::secret::Secret;
use crate::bookings::store::{ledger, loans};
use crate::bookings::{By, changes};
use crate::db::{self, Stop, Tx};
use crate::files::store::Photo;
use crate::files::{self, Clean};
use crate::handovers::counts::{self, Condition, Count, Fault, How, Side, differences};
use crate::handovers::letters::capital;
use crate::handovers::pages::count::{LONGEST_WORDS, No, Photographed};
use crate::handovers::store::counts::{self as counted, New, Of};
use crate::handovers::store::handovers::{self, Said, Thing};
use crate::handovers::tell::{Event, Teller};
use crate::handovers::{self as handing, Next, Scene, Seen, Taken, Who};
use crate::journeys::{Custody, Place, store};
use crate::people::Member;
use crate::schools;
use crate::web::Error;
use crate::year::{self, SchoolCalendar};

/// A form, read as far as it can be without the database.
#[derive(Clone)]
pub(crate) struct Sent {
    key: String,
    pub(crate) seen: Option<Seen>,
    pub(crate) fields: Vec<(String, String)>,
    said: Result<Said, Vec<Fault>>,
    photo: Option<Clean>,
}

impl Sent {
    pub(crate) fn read(member: &Member, copy: CopyId, side: Side, form: Photographed) -> Result<Self, Error> {
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
            Ok(Some(bytes)) => files::clean(&bytes).map_err(|fault| faults.push(("photo".to_owned(), fault.to_string()))).ok(),
            Err(_) => {
                faults.push(("photo".to_owned(), files::Fault::TooLarge.to_string()));
                None
            }
        };
        let condition = value("condition").parse::<Condition>().ok();
        let said = if faults.is_empty() { Ok(Said { condition, note }) } else { Err(faults) };
        Ok(Self { key, seen, said, photo, fields: form.fields })
    }
}

pub(crate) fn no_key() -> Error {
    Error::Bad("The form lacks its key. Go back, reload the page and send it again.".into())
}

/// What a count does besides being written down.
pub(crate) enum Turn {
    /// It hands over, now.
    Over(Next),
    /// It is added to what the other side has received already.
    Late(Taken),
    /// Nothing: the copy stays where it is.
    Stays,
}

/// Counts, and does what follows from it. Which handover it was of, if of one.
pub(crate) fn act(
    tx: &mut Tx<'_>,
    copy: CopyId,
    side: Side,
    work: &Sent,
    me: &Who,
    teller: &Teller,
) -> Result<Option<HandoverId>, Stop<No>> {
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
        crate::files::store::keep_photo(tx, kept, &Photo { content_type: photo.content_type.to_owned(), bytes: photo.bytes.clone() })?;
    }
    if let Some(short) = count.short_essentials()
        && (received.is_none() || counted::is_latest(tx, copy, kept)?)
    {
        store::set_short_essentials(tx, copy, &short)?;
    }
    match handover.zip(event) {
        Some((handover, event)) => teller.tell(tx, handover, &event)?,
        None => by.log(tx, "counted", None)?,
    }
    Ok(handover)
}

/// The count and what was said, or all that is wrong with either.
pub(crate) fn both(count: Result<Count, Vec<Fault>>, said: Result<Said, Vec<Fault>>) -> Result<(Count, Said), Stop<No>> {
    match (count, said) {
        (Ok(count), Ok(said)) => Ok((count, said)),
        (count, said) => Err(Stop::Refused(No::Form(count.err().into_iter().chain(said.err()).flatten().collect()))),
    }
}

/// Whether this person may do it, to what he saw when he opened the form.
pub(crate) fn turn(tx: &mut Tx<'_>, scene: &Scene, side: Side, seen: Option<Seen>, me: &Who) -> Result<Turn, Stop<No>> {
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
pub(crate) fn decided(tx: &mut Tx<'_>, scene: &Scene, side: Side, seen: Option<Seen>, who: &Who) -> Result<Next, Stop<No>> {
    let calendar = calendar(tx, scene)?;
    let today = tx.today();
    let decided = match side {
        Side::Receiver => handing::receive(scene, who, today, &calendar),
        Side::Giver | Side::Holder => handing::give(scene, who, today, &calendar),
    };
    Ok(handing::as_seen(decided, seen, scene, side)?)
}

/// The school year around the day on which a copy can be received; nothing when no day is asked about.
pub fn calendar(tx: &mut Tx<'_>, scene: &Scene) -> db::Result<SchoolCalendar> {
    let slot = handing::next(scene).and_then(|next| next.slot).filter(|_| scene.on_the_way.is_none());
    let Some(slot) = slot else { return Ok(SchoolCalendar::new(Vec::new(), Vec::new())) };
    let first = slot.days.first();
    year::store::school_calendar(tx, Period::new(days::add(first, -90), first).unwrap_or(slot.days))
}

/// A count as it is made.
pub(crate) struct Act<'a> {
    pub(super) thing: &'a Thing,
    pub(super) scene: &'a Scene,
    pub(super) count: &'a Count,
    pub(super) said: &'a Said,
    pub(super) person: PersonId,
}

impl Act<'_> {
    pub(super) fn give(&self, tx: &mut Tx<'_>, next: &Next) -> db::Result<HandoverId> {
        let id = handovers::given(tx, self.thing.copy, next, self.person, self.said)?;
        // Custody first: then what the booking says finds nothing left to move.
        store::put(
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
        self.log(tx, "given up", Some((next.from, next.to())))?;
        Ok(id)
    }

    /// The giver's word and count beside what was received already: nothing moves.
    pub(super) fn give_late(&self, tx: &mut Tx<'_>, taken: &Taken) -> db::Result<HandoverId> {
        let received = counted::of_handover(tx, taken.id)?.into_iter().find(|one| one.side == Side::Receiver);
        let after = handovers::one(tx, taken.id)?.received_said.condition;
        let worse = self.said.condition.zip(after).is_some_and(|(before, after)| after > before);
        let differs = worse || received.is_some_and(|received| !differences(self.count, &received.count).is_empty());
        handovers::given_late(tx, taken.id, self.person, self.said, differs)?;
        self.log(tx, "given up, said later", Some((taken.from, taken.to)))?;
        Ok(taken.id)
    }

    pub(super) fn receive(&self, tx: &mut Tx<'_>, next: &Next) -> db::Result<HandoverId> {
        let copy = self.thing.copy;
        let id = if let Some(way) = self.scene.on_the_way {
            let given = counted::of_handover(tx, way.id)?.into_iter().find(|one| one.side == Side::Giver);
            let before = handovers::one(tx, way.id)?.given_said.condition;
            let worse = before.zip(self.said.condition).is_some_and(|(before, now)| now > before);
            let differs = worse || given.is_some_and(|given| !differences(&given.count, self.count).is_empty());
            handovers::answered(tx, way.id, self.person, self.said, "", differs, next.to())?;
            store::put(tx, &handovers::custody_after(copy, next, self.person, tx.now))?;
            if let Some(booking) = way.from_booking {
                let slot = loans::one(tx, booking)?.booking.slot;
                ledger::end_early(tx, &slot, changes::ended(&slot, way.on))?;
            }
            way.id
        } else {
            let id = handovers::taken(tx, copy, next, self.person, self.said)?;
            store::put(tx, &handovers::custody_after(copy, next, self.person, tx.now))?;
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
        self.log(tx, "received", Some((next.from, next.to())))?;
        Ok(id)
    }

    /// The log's line: schools and what was counted, nobody's name.
    pub(super) fn log(&self, tx: &mut Tx<'_>, verb: &str, way: Option<(SchoolId, Option<SchoolId>)>) -> Result<(), db::Error> {
        let names = schools::store::school_names(tx)?;
        let at = match way {
            Some((from, to)) => format!("{} to {}", names.of(from).to_owned(), names.of_place(to, self.scene.home)),
            None => names.of(self.scene.custody.school).to_owned(),
        };
        tx.log("copies", &self.thing.copy, verb, "", &format!("{at}; {}", self.count.summary().to_lowercase()))
    }
}
