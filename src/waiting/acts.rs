//! The waiting list at work: days that become free are offered, in the transaction that freed them, to the next in line; offers run
//! out; places end. What is offered holds its days as every booking does: a request with a deadline, which no coordinator answers.

use std::collections::BTreeMap;

use crate::base::ids::{PersonId, ResourceId, SchoolId, WaitId};
use crate::base::{Period, days};
use crate::bookings::store::ledger::{self, Details, New};
use crate::bookings::store::shelf;
use crate::bookings::{Membership, Standing, last_day_of};
use crate::clusters::store;
use crate::db::{Error, Result, Tx};
use crate::mail::store::{self as outbox, choices};
use crate::mail::{Kind, Letter};
use crate::people::RoleKind;
use crate::people::store::{Person, roles};
use crate::schools::School;
use crate::waiting::letters::{self, About, Because, To};
use crate::waiting::store::{self as rows, Listed};
use crate::waiting::{self, State, Wait};

/// Ends what has run out: offers that nobody answered, and places whose days are past. Their days go on in [`offer`].
pub fn run_out(tx: &mut Tx<'_>) -> Result<()> {
    let due = rows::due(tx)?;
    if due.is_empty() {
        return Ok(());
    }
    // Nobody did this: the time has come.
    let actor = tx.actor.take();
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
    tx.actor = actor;
    Ok(())
}

/// Offers what has become free of the copies that have changed in this transaction: to the places in the order of asking.
pub fn offer(tx: &mut Tx<'_>) -> Result<()> {
    let mut by_resource: BTreeMap<ResourceId, Vec<Wait>> = BTreeMap::new();
    for wait in rows::touched(tx)? {
        by_resource.entry(wait.resource).or_default().push(wait);
    }
    if by_resource.is_empty() {
        return Ok(());
    }
    let actor = tx.actor.take();
    for (resource, waits) in by_resource {
        offer_of(tx, resource, &waits)?;
    }
    tx.actor = actor;
    Ok(())
}

fn offer_of(tx: &mut Tx<'_>, resource: ResourceId, waits: &[Wait]) -> Result<()> {
    let span = waits.iter().map(|wait| wait.days);
    let span = span.reduce(|a, b| Period::new(a.first().min(b.first()), a.last().max(b.last())).unwrap_or(a));
    let first = waits.first().map_or(SchoolId(0), |wait| wait.school);
    let reading = match shelf::read(tx, resource, first, span) {
        // Every copy is retired: there is nothing to offer.
        Err(Error::NotFound) => return Ok(()),
        read => read?,
    };
    let decided = waiting::offers(&reading.shelf, waits, |school| standing(&reading.schools, school));
    if decided.is_empty() {
        return Ok(());
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
    Ok(())
}

fn standing(schools: &[School], school: SchoolId) -> Standing {
    let stays = schools.iter().find(|one| one.id == school).map(|one| one.stays.as_slice()).unwrap_or_default();
    let memberships =
        stays.iter().map(|stay| Membership { joined: stay.joined_on, left: stay.left_on, sabbatical: stay.sabbatical }).collect();
    Standing { school, memberships }
}

/// Takes the receipt for a new place into the outbox.
pub fn joined(tx: &mut Tx<'_>, wait: &Wait, position: usize) -> Result<()> {
    let today = tx.today();
    tell(tx, wait.id, letters::JOINED, |about, to| letters::joined(about, to, today, position))
}

/// Gives a place up, or says no to what is offered: then the days are free for the next in line.
pub fn give_up(tx: &mut Tx<'_>, wait: &Wait, to: State) -> Result<()> {
    if let Some(booking) = wait.booking {
        ledger::end_offer(tx, booking, "The school does not need the days any more")?;
    }
    rows::set_state(tx, wait, to, None, "")
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

/// Stores a letter about a place: to who asked, and to the school's other science leads unless they have switched such letters off.
/// The receipt goes to who asked alone. Where the school has nobody, the coordinators get what must be answered.
fn tell(tx: &mut Tx<'_>, id: WaitId, kind: &Kind, write: impl Fn(&About, &To<'_>) -> Letter) -> Result<()> {
    let Listed { wait, name, school, tag, .. } = rows::one(tx, id)?;
    let (slug, cluster) = store::slug_and_name(tx)?;
    let about = About {
        wait: id,
        resource: name,
        tag,
        school,
        days: wait.days,
        class_name: wait.class_name,
        url: tx.link(&format!("/c/{slug}/waits/{id}")),
    };
    let leads = roles::leads_of(tx, wait.school)?;
    let mut to: Vec<(Person, Because<'_>)> = Vec::new();
    match leads.iter().find(|lead| lead.id == wait.person) {
        Some(asker) => to.push((asker.clone(), Because::Asked)),
        // A coordinator may ask for a school; who has left the school and the cluster hears no more.
        None if roles::people_with_role(tx, RoleKind::Coordinator)?.iter().any(|person| person.id == wait.person) => {
            to.extend(roles::person_here(tx, wait.person)?.map(|person| (person, Because::Asked)));
        }
        None => {}
    }
    if kind != letters::JOINED {
        let ids: Vec<PersonId> = leads.iter().map(|lead| lead.id).collect();
        let muted = choices::muted(tx, kind, &ids)?;
        let others = leads.iter().filter(|lead| lead.id != wait.person && !muted.contains(&lead.id));
        to.extend(others.map(|lead| (lead.clone(), Because::LeadOf(&about.school))));
        // Somebody has to answer: what all of them have switched off goes to all of them, and where the school has nobody, to the
        // coordinators.
        if to.is_empty() && kind == letters::OFFERED {
            to.extend(leads.iter().map(|lead| (lead.clone(), Because::LeadOf(&about.school))));
        }
        if to.is_empty() && kind == letters::OFFERED {
            let all = roles::people_with_role(tx, RoleKind::Coordinator)?;
            to.extend(all.into_iter().map(|person| (person, Because::Coordinates(&cluster))));
        }
    }
    for (person, because) in to {
        let Some(recipient) = person.recipient() else { continue };
        outbox::enqueue(tx, &write(&about, &To { recipient, because }))?;
    }
    Ok(())
}
