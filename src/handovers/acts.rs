//! What is done with a copy from hand to hand: counted, given up, given up in hindsight, received, refused, taken back, fetched, found by
//! a stranger. Each is one transaction, signed by who does it; sent twice, it is done once and answers as the first time.

use crate::base::days::{self, Period};
use crate::base::ids::{BookingId, CopyId, CountId, HandoverId, PersonId, SchoolId};
use crate::bookings::acts::Roles;
use crate::bookings::store::{ledger, loans};
use crate::bookings::{self, By, Slot, changes};
use crate::db::{self, Stop, Tx};
use crate::files::Clean;
use crate::files::store::{self as pictures, Photo};
use crate::handovers::counts::{self, Count, Fault, How, Side, differences};
use crate::handovers::store::counts::{self as counted, New, Of};
use crate::handovers::store::finds::{self, Lid};
use crate::handovers::store::handovers::{self, Said, Thing};
use crate::handovers::tell::{Event, Teller};
use crate::handovers::{self as handing, FIND_SPARES, MOST_FINDS, Next, OnTheWay, Refusal, Scene, Seen, Taken, Who, Word};
use crate::journeys::{Custody, Leg, Place, store};
use crate::schools;
use crate::year::{self, SchoolCalendar};

/// Why nothing is handed over.
pub enum No {
    /// A rule is in the way.
    Rule(Refusal),
    /// What was said cannot be, at these fields.
    Form(Vec<Fault>),
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Rule(refusal)
    }
}

/// A count as it was sent, read as far as it can be without the database.
#[derive(Clone)]
pub struct Sent {
    /// What it is known by when it comes twice.
    pub key: String,
    /// How the copy stood when the count was begun.
    pub seen: Option<Seen>,
    /// What was said of each line.
    pub fields: Vec<(String, String)>,
    /// What was said of the whole, or what is wrong with it.
    pub said: Result<Said, Vec<Fault>>,
    /// A photo, cleaned.
    pub photo: Option<Clean>,
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

/// Counts, and does what follows from it: the giver hands it over, the receiver has received it, the holder keeps it. Which handover it was
/// of, if of one.
pub fn count(tx: &mut Tx<'_>, copy: CopyId, side: Side, work: &Sent, me: &Who, teller: &Teller) -> Result<Option<HandoverId>, Stop<No>> {
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
        (Turn::Over(next), _) => (Some(by.receive(tx, next, teller)?), Some(Event::Received(next.slot))),
        (Turn::Stays, _) => (None, None),
    };
    let custody = &scene.custody;
    let of = handover.map_or(Of::Holder(custody.school, custody.booking, &said), |id| Of::Handover(id, side));
    let kept = counted::insert(tx, &New { of, copy, person, key: &work.key, before: received }, &count)?;
    if let Some(photo) = &work.photo {
        by.keep_photo(tx, &turn, side, kept, photo)?;
    }
    if let Some(short) = count.short_essentials()
        && (received.is_none() || counted::is_latest(tx, copy, kept)?)
    {
        store::set_short_essentials(tx, copy, &short)?;
    }
    match handover.zip(event) {
        Some((handover, event)) => teller.tell(tx, handover, &event)?,
        None => {
            by.log(tx, "counted", None)?;
            // At a handover both sides hear of it; here the coordinators do, where the next school cannot do without.
            let missing = count.new_essential_shortages();
            if !missing.is_empty() {
                teller.short(tx, &thing, kept, &missing)?;
            }
        }
    }
    Ok(handover)
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
struct Act<'a> {
    thing: &'a Thing,
    scene: &'a Scene,
    count: &'a Count,
    said: &'a Said,
    person: PersonId,
}

impl Act<'_> {
    fn give(&self, tx: &mut Tx<'_>, next: &Next) -> db::Result<HandoverId> {
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
            ledger::hand_over(tx, booking)?;
        }
        self.log(tx, "handed over", Some((next.from, next.to())))?;
        Ok(id)
    }

    /// The giver's word and count beside what was received already: nothing moves.
    fn give_late(&self, tx: &mut Tx<'_>, taken: &Taken) -> db::Result<HandoverId> {
        let received = counted::of_handover(tx, taken.id)?.into_iter().find(|one| one.side == Side::Receiver);
        let after = handovers::one(tx, taken.id)?.received_said.condition;
        let worse = self.said.condition.zip(after).is_some_and(|(before, after)| after > before);
        let differs = worse || received.is_some_and(|received| !differences(self.count, &received.count).is_empty());
        handovers::given_late(tx, taken.id, self.person, self.said, differs)?;
        self.log(tx, "handed over, said later", Some((taken.from, taken.to)))?;
        Ok(taken.id)
    }

    fn receive(&self, tx: &mut Tx<'_>, next: &Next, teller: &Teller) -> db::Result<HandoverId> {
        let copy = self.thing.copy;
        let mut ended = None;
        let id = if let Some(way) = self.scene.on_the_way {
            let given = counted::of_handover(tx, way.id)?.into_iter().find(|one| one.side == Side::Giver);
            let before = handovers::one(tx, way.id)?.given_said.condition;
            let worse = before.zip(self.said.condition).is_some_and(|(before, now)| now > before);
            let differs = worse || given.is_some_and(|given| !differences(&given.count, self.count).is_empty());
            handovers::answered(tx, way.id, self.person, self.said, "", differs, next.to())?;
            store::put(tx, &handovers::custody_after(copy, next, self.person, tx.now))?;
            if let Some(booking) = way.from_booking {
                let slot = loans::one(tx, booking)?.booking.slot;
                ended = Some((slot, changes::ended(&slot, way.on)));
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
                    ended = Some((loan.booking.slot, back));
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
        if let Some((slot, back)) = ended {
            teller.ended(tx, &slot, &back)?;
        }
        Ok(id)
    }

    /// Keeps the photo for the school that counts, or says at the field that it has sent as many today as it may: then nothing is done.
    fn keep_photo(&self, tx: &mut Tx<'_>, turn: &Turn, side: Side, count: CountId, photo: &Clean) -> Result<(), Stop<No>> {
        let school = match (turn, side) {
            (Turn::Late(taken), _) => taken.from,
            (Turn::Over(next), Side::Giver) => next.from,
            (Turn::Over(next), _) => next.at,
            (Turn::Stays, _) => self.scene.custody.school,
        };
        match pictures::sent_today(tx, school)?.with(photo.bytes.len()) {
            Ok(sent) => pictures::set_sent_today(tx, school, sent)?,
            Err(full) => {
                let names = schools::store::school_names(tx)?;
                return Err(Stop::Refused(No::Form(vec![("photo".to_owned(), full.words(names.of(school)))])));
            }
        }
        pictures::keep_photo(tx, count, &Photo { content_type: photo.content_type, bytes: &photo.bytes })?;
        Ok(())
    }

    /// The log's line: schools and what was counted, nobody's name.
    fn log(&self, tx: &mut Tx<'_>, verb: &str, way: Option<(SchoolId, Option<SchoolId>)>) -> Result<(), db::Error> {
        let names = schools::store::school_names(tx)?;
        let at = match way {
            Some((from, to)) => format!("{} to {}", names.of(from).to_owned(), names.of_place(to, self.scene.home)),
            None => names.of(self.scene.custody.school).to_owned(),
        };
        tx.log("copies", &self.thing.copy, verb, "", &format!("{at}; {}", self.count.summary().to_lowercase()))
    }
}

/// A refusal as it was sent.
#[derive(Clone)]
pub struct Refused {
    /// What it is known by when it comes twice.
    pub key: String,
    /// How the copy stood when its page was opened.
    pub seen: Option<Seen>,
    /// Why, for the other school to read; or what is wrong with it.
    pub reason: Result<String, String>,
}

/// The receiver does not take what was given up: it is with the giver again. Which handover it was of.
pub fn refuse(tx: &mut Tx<'_>, copy: CopyId, sent: Refused, me: &Who, teller: &Teller) -> Result<Option<HandoverId>, Stop<No>> {
    if let Some(earlier) = counted::by_request_key(tx, &sent.key)? {
        return Ok(earlier.handover);
    }
    let person = tx.person()?;
    let (thing, scene) = handovers::scene(tx, copy)?;
    let next = decided(tx, &scene, Side::Receiver, sent.seen, me)?;
    let way = scene.on_the_way.ok_or(Refusal::NotOnItsWay)?;
    let reason = sent.reason.map_err(|fault| Stop::Refused(No::Form(vec![("reason".to_owned(), fault)])))?;
    handovers::answered(tx, way.id, person, &Said::default(), &reason, false, next.to())?;
    back_to_giver(tx, &scene, &way, person)?;
    let nothing = Count { how: How::None, lines: Vec::new() };
    counted::insert(tx, &New { of: Of::Handover(way.id, Side::Receiver), copy, person, key: &sent.key, before: None }, &nothing)?;
    let names = schools::store::school_names(tx)?;
    tx.log("copies", &thing.copy, "refused", "", &format!("{}: {reason}", names.of(next.at)))?;
    teller.tell(tx, way.id, &Event::Refused(reason))?;
    Ok(Some(way.id))
}

/// What is on its way and has not been received is with the giver again: the giver takes it back, or the other side says that it never left.
pub fn take_back(tx: &mut Tx<'_>, copy: CopyId, seen: Option<Seen>, me: &Who, teller: &Teller) -> Result<(), Stop<No>> {
    let person = tx.person()?;
    let (thing, scene) = handovers::scene(tx, copy)?;
    let way = handing::as_seen(handing::take_back(&scene, me), seen, &scene, Side::Giver)?;
    handovers::withdrawn(tx, way.id)?;
    back_to_giver(tx, &scene, &way, person)?;
    let names = schools::store::school_names(tx)?;
    tx.log("copies", &thing.copy, "taken back", "", names.of(way.from))?;
    Ok(teller.tell(tx, way.id, &Event::Withdrawn { by_giver: me.led.contains(&way.from) })?)
}

/// The copy is with whoever handed it over, as it was before: for the loan that had been handed over with it, or in the store.
fn back_to_giver(tx: &mut Tx<'_>, scene: &Scene, way: &OnTheWay, person: PersonId) -> db::Result<()> {
    let stored = way.from_booking.is_none() && way.from == scene.home;
    store::put(
        tx,
        &Custody {
            place: if stored { Place::Store } else { Place::School },
            school: way.from,
            booking: way.from_booking,
            to: None,
            handover: None,
            // Whoever handed it over answers for it again.
            person: way.by.or(Some(person)),
            ..scene.custody.clone()
        },
    )?;
    if let Some(booking) = way.from_booking {
        ledger::take_back(tx, booking)?;
    }
    Ok(())
}

/// The school has fetched what it has booked, and nobody has counted it. Says for which days, when nobody knew where the copy was; done
/// twice, it is done once.
pub fn collected(tx: &mut Tx<'_>, id: BookingId, roles: &Roles, teller: &Teller) -> Result<Option<Slot>, Stop<bookings::Refusal>> {
    let loan = loans::one(tx, id)?;
    let (slot, by) = (loan.booking.slot, roles.by(&loan));
    if !by.may_act_for(slot.school) {
        return Err(bookings::Refusal::NotYours.into());
    }
    if slot.is_out() {
        return Ok(None);
    }
    if let Some(waiting) = &loan.waiting {
        return Err(bookings::Refusal::Waits { what: bookings::acts::later::being(&waiting.kind), at: waiting.at() }.into());
    }
    let calendar = year::store::school_calendar(tx, bookings::tell::around(slot.days))?;
    let out = loans::out_now(tx)?.into_iter().find(|out| out.copy == slot.copy);
    let names = schools::store::school_names(tx)?;
    let busy = out.as_ref().map(|out| (out, loan.tag.as_str(), names.of(out.school)));
    changes::collect(&slot, by, tx.today(), &calendar, busy)?;
    let before = store::one(tx, slot.copy)?;
    ledger::collect(tx, &loan)?;
    // What was on its way has arrived, for whomever it was given up.
    if let (Some(person), Some((handover, from, given))) = (tx.actor.person(), handovers::on_its_way(tx, slot.copy)?) {
        handovers::arrived(tx, handover, person, (slot.school, slot.id))?;
        if let Some(from) = from {
            let slot = loans::one(tx, from)?.booking.slot;
            ledger::end_early(tx, &slot, changes::ended(&slot, given))?;
            teller.ended(tx, &slot, &changes::ended(&slot, given))?;
        }
    }
    Ok((before.place == Place::Missing).then_some(slot))
}

/// The school says that it has given back what it has, and nobody has counted it. That is the word of one side: the copy is on its way until
/// the school where the store is, or a coordinator, says that it is there. A school that is the store itself puts it back on its own shelf, and
/// a coordinator of another school speaks for the store: then it is there at once. Done twice, it is done once.
pub fn returned(tx: &mut Tx<'_>, id: BookingId, me: &Who, teller: &Teller) -> Result<(), Stop<bookings::Refusal>> {
    let loan = loans::one(tx, id)?;
    let slot = loan.booking.slot;
    if !me.acts_for(slot.school) {
        return Err(bookings::Refusal::NotYours.into());
    }
    if slot.returned_on.is_some() {
        return Ok(());
    }
    let back = changes::hand_back(&slot, By::Coordinator, tx.today())?;
    let (thing, scene) = handovers::scene(tx, slot.copy)?;
    let word = handing::word_of(&scene, me, slot.school);
    if word == Word::OwnShelf {
        ledger::hand_back(tx, &loan, back)?;
        return Ok(teller.ended(tx, &slot, &back)?);
    }
    let home = |leg: &Leg| leg.from_booking == Some(id) && leg.to_booking.is_none();
    let leg = scene.legs.iter().map(|(leg, _)| leg).find(|leg| home(leg));
    let (leg, day) = (leg.map(|leg| leg.id), leg.map(|leg| leg.day));
    let next = Next { leg, from: slot.school, from_booking: Some(id), at: scene.home, slot: None, day };
    let (count, said) = (Count { how: How::None, lines: Vec::new() }, Said::default());
    let by = Act { thing: &thing, scene: &scene, count: &count, said: &said, person: tx.person()? };
    let (handover, event) = match word {
        Word::Giver => (by.give(tx, &next)?, Event::Given),
        Word::OwnShelf | Word::Store => (by.receive(tx, &next, teller)?, Event::Received(None)),
    };
    Ok(teller.tell(tx, handover, &event)?)
}

/// Keeps what a stranger says of where a copy is, and tells the coordinators; `false` when as many reports of it wait as they can need
/// ([`handing::MOST_FINDS`]), and it is not kept. `sparing`, for a copy of which many reports come: it is kept, and there is no letter while one
/// of the last minutes waits.
pub fn found(tx: &mut Tx<'_>, lid: &Lid, words: &str, sparing: bool) -> db::Result<bool> {
    let (thing, _) = handovers::scene(tx, lid.copy)?;
    let waiting = finds::open_of(tx, lid.copy)?;
    if waiting.len() >= MOST_FINDS {
        return Ok(false);
    }
    let find = finds::insert(tx, lid.copy, words)?;
    // The log is for good; what a stranger wrote about it, perhaps with somebody's name, is not.
    tx.log("copies", &lid.copy, "found by somebody", "", "")?;
    let since = tx.stamp() - FIND_SPARES;
    if !(sparing && waiting.iter().any(|at| *at > since)) {
        let link = tx.link(&format!("/c/{}/copies/{}", lid.slug, lid.copy));
        Teller::found(tx, &lid.name, &format!("{} ({})", thing.name, thing.tag), find, words, &link)?;
    }
    Ok(true)
}
