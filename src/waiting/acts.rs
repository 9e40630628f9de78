//! The waiting list at work: schools ask for places, take what is offered or leave it; days that become free are offered, in the
//! transaction that freed them, to the next in line; offers run out; places end. What is offered holds its days as every booking does: a
//! request with a deadline, which no coordinator answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::base::ids::{BookingId, ResourceId, SchoolId, WaitId};
use crate::base::{Period, days};
use crate::bookings::acts::{Roles, Wanted};
use crate::bookings::store::ledger::{self, Details, New};
use crate::bookings::store::loans;
use crate::bookings::store::shelf::{self, Reading};
use crate::bookings::tell::Teller;
use crate::bookings::{self, Membership, Standing, last_day_of};
use crate::db::{Actor, Error, Result, Stop, Tx};
use crate::schools::School;
use crate::undo::{self, Begun, Pending, acts as later, store as waiting_acts};
use crate::waiting::store::{self as rows, Listed};
use crate::waiting::tell::tell;
use crate::waiting::{self, Refusal, State, Wait, letters, position};

/// The worker looks every half minute for offers that have run out. One that ran out longer ago than this was not seen in all that time.
const LATELY: TimeDelta = TimeDelta::days(7);

/// What acts are about that wait here, as `undo` has it.
pub const ABOUT: &str = "waits";
/// An offer is not wanted; with how the place then stands.
const DECLINE_OFFER: &str = "decline_offer";

/// Why there is no place, and the shelf that says so.
#[derive(Debug)]
pub struct NoPlace {
    /// The shelf.
    pub reading: Reading,
    /// What is in the way.
    pub refusal: Refusal,
}

/// Takes a place, last in line, once for each request key, and sends its receipt.
///
/// # Errors
/// What is in the way; when there is no such resource.
pub fn join(tx: &mut Tx<'_>, resource: ResourceId, wanted: Wanted, request_key: &str) -> std::result::Result<WaitId, Stop<Box<NoPlace>>> {
    if let Some(there) = rows::by_request_key(tx, request_key)? {
        return Ok(there);
    }
    let reading = shelf::read(tx, resource, wanted.school, Period::new(wanted.wish.first, wanted.wish.last))?;
    let open = rows::open(tx)?;
    let days = match waiting::ask(&reading.shelf, resource, &wanted.wish, &open) {
        Ok(days) => days,
        Err(refusal) => return Err(Stop::Refused(Box::new(NoPlace { reading, refusal }))),
    };
    let wait = Wait {
        id: WaitId::fresh(tx.now),
        resource,
        copy: wanted.wish.copy,
        school: wanted.school,
        person: tx.person()?,
        days,
        class_name: wanted.details.class_name,
        purpose: wanted.details.purpose,
        state: State::Waiting,
        booking: None,
    };
    let copy = reading.title.copies.iter().find(|copy| Some(copy.id) == wait.copy).map_or("any copy", |copy| copy.tag.as_str());
    let mut what = format!("{} ({copy}), {}", reading.title.name, wait.days);
    for typed in [&wait.class_name, &wait.purpose] {
        if !typed.is_empty() {
            what = format!("{what}, {typed}");
        }
    }
    rows::insert(tx, &wait, request_key, &what)?;
    let (today, position) = (tx.today(), position(&wait, &open));
    tell(tx, wait.id, letters::JOINED, |about, to| letters::joined(about, to, today, position))?;
    Ok(wait.id)
}

/// Takes what is offered: it becomes a booking, or a request where the box needs approval, and those whom it concerns are told. A
/// coordinator may give a reason for setting a rule aside. Gives the booking and where it stands.
///
/// # Errors
/// When nothing is offered any more, it is not the person's to answer, or a rule of lending is in the way.
pub fn take(
    tx: &mut Tx<'_>,
    id: WaitId,
    roles: &Roles,
    teller: &Teller,
    reason: &str,
) -> std::result::Result<(BookingId, bookings::State), Stop<Refusal>> {
    let one = own(tx, id, roles)?;
    if waiting_acts::open(tx, (ABOUT, id.0))?.is_some() {
        return Err(Refusal::Declining.into());
    }
    // Taken twice, it is taken once.
    if let (State::Taken, Some(booking)) = (one.wait.state, one.wait.booking) {
        return Ok((booking, loans::one(tx, booking)?.booking.slot.state));
    }
    waiting::answerable(one.wait.state, one.until, tx.now)?;
    let Some(booking) = one.wait.booking else { return Err(Refusal::NotOffered(one.wait.state).into()) };
    let loan = loans::one(tx, booking)?;
    let reading = shelf::read(tx, loan.resource, one.wait.school, Some(one.wait.days))?;
    let by = roles.at(one.wait.school);
    let decision = waiting::take(&reading.shelf, &loan.booking.slot, by, reason).map_err(Refusal::Rule)?;
    let person = tx.person()?;
    ledger::take_offer(tx, &loan, &decision, person, reason)?;
    rows::set_state(tx, &one.wait, State::Taken, None, &format!("{}, {}", loan.tag, loan.booking.slot.days))?;
    teller.booked(tx, booking)?;
    Ok((booking, decision.state))
}

/// Says no to what is offered; a little later, when that can be undone no more, it goes on to the next in line.
///
/// # Errors
/// When nothing is offered, or it is not the person's to answer.
pub fn decline(tx: &mut Tx<'_>, id: WaitId, roles: &Roles) -> std::result::Result<(), Stop<Refusal>> {
    end(tx, id, roles, State::Declined, |state| state == State::Offered)
}

/// Gives a place up; what is offered to it goes on to the next in line as in [`decline`].
///
/// # Errors
/// When the place has ended, or is not the person's.
pub fn withdraw(tx: &mut Tx<'_>, id: WaitId, roles: &Roles) -> std::result::Result<(), Stop<Refusal>> {
    end(tx, id, roles, State::Withdrawn, State::is_open)
}

fn end(tx: &mut Tx<'_>, id: WaitId, roles: &Roles, to: State, may: fn(State) -> bool) -> std::result::Result<(), Stop<Refusal>> {
    let Listed { wait, .. } = own(tx, id, roles)?;
    // Ended twice, it is ended once.
    if wait.state == to || waiting_acts::open(tx, (ABOUT, id.0))?.is_some() {
        return Ok(());
    }
    if !may(wait.state) {
        return Err(Refusal::NotOffered(wait.state).into());
    }
    // What is offered holds days; a place in line holds none.
    let new = undo::New { kind: DECLINE_OFFER, about: (ABOUT, id.0), school: Some(wait.school), body: to.to_string() };
    if wait.booking.is_none() || later::begin(tx, &new, ("declined", ""))? == Begun::Now {
        not_wanted(tx, &wait, to)?;
    }
    Ok(())
}

/// The school does not want what it waited for: what was offered to it is free for the next.
fn not_wanted(tx: &mut Tx<'_>, wait: &Wait, to: State) -> Result<()> {
    if let Some(booking) = wait.booking {
        ledger::end_offer(tx, booking, "The school does not need the days any more")?;
    }
    rows::set_state(tx, wait, to, None, "")
}

/// Carries out what has waited; `None` when it is none of this room. `false`: the offer was taken, or has run out.
pub fn carry_out(tx: &mut Tx<'_>, pending: &Pending, _: Option<&str>) -> Result<Option<bool>> {
    if pending.about.0 != ABOUT {
        return Ok(None);
    }
    let wait = rows::one(tx, WaitId(pending.about.1))?.wait;
    let to = pending.body.parse::<State>().ok().filter(|_| wait.state == State::Offered);
    if let Some(to) = to {
        not_wanted(tx, &wait, to)?;
    }
    Ok(Some(to.is_some()))
}

/// The place, when it is the person's to answer.
fn own(tx: &mut Tx<'_>, id: WaitId, roles: &Roles) -> std::result::Result<Listed, Stop<Refusal>> {
    let one = rows::one(tx, id)?;
    let school = one.wait.school;
    if roles.at(school).may_act_for(school) { Ok(one) } else { Err(Refusal::NotYours.into()) }
}

/// Ends the offers that nobody answered and that ran out lately; their days go on in [`offer`]. One that ran out longer ago is left to
/// [`clear`]: either nobody was here all that time, or the clock is wrong.
pub fn run_out(tx: &mut Tx<'_>) -> Result<()> {
    let due = rows::run_out(tx, lately(tx.now))?;
    end_all(tx, due)
}

/// Ends what is past: places whose days have begun, and offers that ran out whenever it was. Only on a day that was lived through
/// (`base::steady`), since nothing brings a place back.
pub fn clear(tx: &mut Tx<'_>) -> Result<()> {
    let mut due = rows::run_out(tx, DateTime::UNIX_EPOCH.naive_utc())?;
    let known: BTreeSet<WaitId> = due.iter().map(|wait| wait.id).collect();
    due.extend(rows::past(tx)?.into_iter().filter(|wait| !known.contains(&wait.id)));
    end_all(tx, due)
}

/// From when on an offer that has run out is passed on at once.
#[must_use]
pub fn lately(now: DateTime<Utc>) -> NaiveDateTime {
    (now - LATELY).naive_utc()
}

fn end_all(tx: &mut Tx<'_>, due: Vec<Wait>) -> Result<()> {
    if due.is_empty() {
        return Ok(());
    }
    // Nobody did this: the time has come.
    let actor = tx.act_as(Actor::Worker);
    for wait in due {
        match (wait.state, wait.booking) {
            (State::Offered, Some(booking)) => {
                ledger::end_offer(tx, booking, "The offer ran out")?;
                rows::set_state(tx, &wait, State::Lapsed, None, "")?;
                let today = tx.today();
                tell(tx, wait.id, letters::LAPSED, |about, to| letters::lapsed(about, to, today))?;
            }
            _ => over(tx, &wait, "The days did not become free in time.")?,
        }
    }
    tx.act_as(actor);
    Ok(())
}

/// Offers what has become free of the copies that have changed in this transaction: to the places in the order of asking. Says whether
/// anything was offered.
pub fn offer(tx: &mut Tx<'_>) -> Result<bool> {
    let mut by_resource: BTreeMap<ResourceId, Vec<Wait>> = BTreeMap::new();
    for wait in rows::touched(tx)? {
        by_resource.entry(wait.resource).or_default().push(wait);
    }
    if by_resource.is_empty() {
        return Ok(false);
    }
    let (actor, mut offered) = (tx.act_as(Actor::Worker), false);
    for (resource, waits) in by_resource {
        offered |= offer_of(tx, resource, &waits)?;
    }
    tx.act_as(actor);
    Ok(offered)
}

fn offer_of(tx: &mut Tx<'_>, resource: ResourceId, waits: &[Wait]) -> Result<bool> {
    let span = waits.iter().map(|wait| wait.days);
    let span = span.reduce(|a, b| Period::new(a.first().min(b.first()), a.last().max(b.last())).unwrap_or(a));
    let first = waits.first().map_or(SchoolId(0), |wait| wait.school);
    let mut reading = match shelf::read(tx, resource, first, span) {
        // Every copy is retired: there is nothing to offer.
        Err(Error::NotFound) => return Ok(false),
        read => read?,
    };
    reading.keep_what_is_on_its_way_home();
    let decided = waiting::offers(&reading.shelf, waits, |school| standing(&reading.schools, school));
    if decided.is_empty() {
        return Ok(false);
    }
    let (offer_days, today) = (rows::offer_days(tx)?, tx.today());
    for (id, decision) in decided {
        let Some(wait) = waits.iter().find(|wait| wait.id == id) else { continue };
        let until = waiting::ends(&reading.shelf.calendar, wait.school, tx.now, offer_days, wait.days.first());
        let new = New {
            person: wait.person,
            details: Details { class_name: wait.class_name.clone(), purpose: wait.purpose.clone(), pupils: None },
            override_reason: String::new(),
            request_key: format!("wait:{id}"),
            repeated_from: None,
            offer_until: Some(until),
        };
        let booking = ledger::insert(tx, &decision, &new)?;
        let last = last_day_of(until);
        rows::set_state(
            tx,
            wait,
            State::Offered,
            Some(booking),
            &format!("{}, {}, until {}", decision.tag, decision.days, days::long(last)),
        )?;
        tell(tx, id, letters::OFFERED, |about, to| letters::offered(about, to, today, booking, last))?;
    }
    Ok(true)
}

fn standing(schools: &[School], school: SchoolId) -> Standing {
    let stays = schools.iter().find(|one| one.id == school).map(|one| one.stays.as_slice()).unwrap_or_default();
    let memberships =
        stays.iter().map(|stay| Membership { joined: stay.joined_on, left: stay.left_on, sabbatical: stay.sabbatical }).collect();
    Standing { school, memberships }
}

/// The school leaves or takes a break: its places on these days end, and what is offered it is free for the next.
pub fn end_of_school(tx: &mut Tx<'_>, school: SchoolId, days: Period, why: &str) -> Result<()> {
    let open = rows::open(tx)?;
    for wait in open.iter().filter(|wait| wait.school == school && wait.days.overlaps(days)) {
        over(tx, wait, why)?;
    }
    Ok(())
}

fn over(tx: &mut Tx<'_>, wait: &Wait, why: &str) -> Result<()> {
    if let Some(booking) = wait.booking {
        ledger::end_offer(tx, booking, why)?;
    }
    rows::set_state(tx, wait, State::Over, None, why)?;
    let today = tx.today();
    tell(tx, wait.id, letters::OVER, |about, to| letters::over(about, to, today, why))
}
