//! Who hears of a handover: gathers the facts and stores the letters in the transaction that hands over (product rule 5); and whether
//! such a letter is still true, asked at the moment of sending.

use std::collections::BTreeSet;

use crate::base::days;
use crate::base::ids::{CountId, HandoverId, PersonId, SchoolId};
use crate::bookings::changes::Back;
use crate::bookings::{self, Slot};
use crate::clusters;
use crate::db::{Result, Tx};
use crate::handovers::counts::{Count, Side, differences};
use crate::handovers::letters::{self, About, Because, GIVEN, KINDS, read_subject};
use crate::handovers::store::counts;
use crate::handovers::store::handovers::{self, Handover, Said, Signature, State, Thing};
use crate::journeys::store;
use crate::mail::{Kind, Letter, Recipient, Stored, store as outbox};
use crate::people::store::{Person, roles};
use crate::people::{Membership, RoleKind};
use crate::schools;
use crate::web::App;

/// What every letter needs besides the handover.
#[derive(Debug, Clone)]
pub struct Teller {
    /// `/c/south-milford`.
    base: String,
    /// The cluster's name.
    cluster: String,
    /// For what a handover changes about a booking.
    books: bookings::tell::Teller,
}

/// What has happened to a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Given up.
    Given,
    /// Handed over by a count that came after it had been received.
    GivenLate,
    /// Received; for which booking.
    Received(Option<Slot>),
    /// Not taken, and why.
    Refused(String),
    /// Taken back.
    Withdrawn {
        /// By the giver; else by the other side or a coordinator, and the giver is told.
        by_giver: bool,
    },
}

impl Teller {
    /// For what this person does now.
    #[must_use]
    pub fn new(app: &App, member: &Membership) -> Self {
        let cluster = &member.cluster;
        Self { base: format!("/c/{}", cluster.slug), cluster: cluster.name.clone(), books: bookings::tell::Teller::new(app, member) }
    }

    /// A loan has ended before its last day: its school hears of it, and its calendar entry follows. `slot`: as it was.
    pub fn ended(&self, tx: &mut Tx<'_>, slot: &Slot, back: &Back) -> Result<()> {
        if back.days == slot.days { Ok(()) } else { self.books.ended_early(tx, slot.id, slot.days) }
    }

    /// Tells everybody whom it concerns.
    pub fn tell(&self, tx: &mut Tx<'_>, id: HandoverId, event: &Event) -> Result<()> {
        let handover = handovers::one(tx, id)?;
        let stored = counts::of_handover(tx, id)?;
        let of = |side| stored.iter().find(|one| one.side == side).map(|one| &one.count);
        let (given, received) = (of(Side::Giver), of(Side::Receiver));
        let slot = if let Event::Received(slot) = event { *slot } else { None };
        let about = self.about(tx, &handover, given, received, slot)?;
        let today = tx.today();
        let receiver = handover.to.unwrap_or(handover.home);
        let (gives, gets) = (Because::Gives(about.from.clone()), Because::Gets(schools::store::school_names(tx)?.of(receiver).to_owned()));
        let attention = handover.differs || !about.shortages.is_empty();
        let mut told = BTreeSet::new();
        let coordinates = Because::Coordinates(self.cluster.clone());
        match event {
            Event::Given => {
                let write = |to: &Recipient, why: &Because| letters::given(&about, to, why, today);
                to_school(tx, receiver, &gets, &mut told, write)?;
            }
            Event::Withdrawn { by_giver } => {
                let write = |to: &Recipient, why: &Because| letters::withdrawn(&about, to, why, today);
                // Who did it knows.
                told.extend(tx.actor.person().filter(|_| !by_giver));
                if !by_giver {
                    to_school(tx, handover.from, &gives, &mut told, |to, why| letters::not_arrived(&about, to, why, today))?;
                }
                to_school(tx, receiver, &gets, &mut told, write)?;
            }
            Event::Refused(reason) => {
                let write = |to: &Recipient, why: &Because| letters::refused(&about, to, why, today, reason);
                to_school(tx, handover.from, &gives, &mut told, write)?;
                to_coordinators(tx, &coordinates, &mut told, write)?;
            }
            Event::GivenLate => {
                let write = |to: &Recipient, why: &Because| letters::given_late(&about, to, why, today);
                to_school(tx, handover.from, &gives, &mut told, write)?;
                to_school(tx, receiver, &gets, &mut told, write)?;
                if handover.differs {
                    to_coordinators(tx, &coordinates, &mut told, write)?;
                }
                to_signers(tx, &handover, &mut told, write)?;
            }
            Event::Received(_) => {
                let write = |to: &Recipient, why: &Because| letters::received(&about, to, why, today);
                to_school(tx, receiver, &gets, &mut told, write)?;
                if handover.given.is_some() {
                    to_school(tx, handover.from, &gives, &mut told, write)?;
                } else {
                    to_school(tx, handover.from, &gives, &mut told, |to, why| letters::taken(&about, to, why, today))?;
                }
                if attention {
                    to_coordinators(tx, &coordinates, &mut told, write)?;
                }
                to_signers(tx, &handover, &mut told, write)?;
            }
        }
        Ok(())
    }

    fn about(&self, tx: &mut Tx<'_>, one: &Handover, given: Option<&Count>, received: Option<&Count>, slot: Option<Slot>) -> Result<About> {
        let names = schools::store::school_names(tx)?;
        let (from, to) = (names.of(one.from).to_owned(), names.of_place(one.to, one.home));
        let signed = |signature: &Option<Signature>| signature.as_ref().map_or_else(String::new, |one| letters::signed(&one.name, one.at));
        let counted = |count: Option<&Count>| count.map_or_else(String::new, Count::summary);
        let said = |who: &str, said: &Said| said.condition.map(|condition| format!("{who}: {}", condition.words()));
        let condition: Vec<String> = [said(&from, &one.given_said), said(&to, &one.received_said)].into_iter().flatten().collect();
        let mut notes = Vec::new();
        for (who, said) in [(&from, &one.given_said), (&to, &one.received_said)] {
            notes.push((format!("Note from {who}"), said.note.clone()));
        }
        Ok(About {
            handover: one.id,
            resource: one.name.clone(),
            tag: one.tag.clone(),
            given: signed(&one.given),
            given_count: counted(given),
            received: signed(&one.received),
            received_count: counted(received),
            differences: given
                .zip(received)
                .map(|(given, received)| differences(given, received).iter().map(crate::handovers::counts::Difference::words).collect())
                .unwrap_or_default(),
            shortages: received.or(given).map(Count::new_shortages).unwrap_or_default(),
            short_essentials: store::one(tx, one.copy)?.short_essentials,
            condition: condition.join("; "),
            notes,
            back_by: slot.map_or_else(String::new, |slot| days::full(slot.days.last())),
            url: tx.link(&format!("{}/handovers/{}", self.base, one.id)),
            copy_url: tx.link(&format!("{}/copies/{}", self.base, one.copy)),
            from,
            to,
        })
    }

    /// The school that has a copy says that something essential of it is missing or broken: the coordinators hear of it.
    pub fn short(&self, tx: &mut Tx<'_>, thing: &Thing, count: CountId, missing: &[String]) -> Result<()> {
        let today = tx.today();
        let (name, url) = (format!("{} ({})", thing.name, thing.tag), tx.link(&format!("{}/copies/{}", self.base, thing.copy)));
        let coordinators = roles::people_with_role(tx, RoleKind::Coordinator)?;
        let because = Because::Coordinates(self.cluster.clone());
        enqueue(tx, &coordinators, &because, &mut BTreeSet::new(), |to, why| letters::short(count, &name, missing, to, why, today, &url))
    }

    /// A stranger has found a copy: the coordinators hear of it.
    pub fn found(tx: &mut Tx<'_>, cluster: &str, name: &str, find: crate::base::ids::FindId, words: &str, url: &str) -> Result<()> {
        let today = tx.today();
        let coordinators = roles::people_with_role(tx, RoleKind::Coordinator)?;
        let because = Because::Coordinates(cluster.to_owned());
        enqueue(tx, &coordinators, &because, &mut BTreeSet::new(), |to, _| letters::found(find, name, words, to, cluster, today, url))
    }
}

fn to_school(
    tx: &mut Tx<'_>,
    school: SchoolId,
    because: &Because,
    told: &mut BTreeSet<PersonId>,
    write: impl Fn(&Recipient, &Because) -> Letter,
) -> Result<()> {
    let leads = roles::leads_of(tx, school)?;
    if !leads.is_empty() {
        return enqueue(tx, &leads, because, told, write);
    }
    // Nobody is there: those who were invited hear of it, and until they accept the coordinators.
    let name = schools::store::school_names(tx)?.of(school).to_owned();
    for to in roles::invited_to_lead(tx, school)? {
        outbox::enqueue(tx, &write(&to, &Because::Invited(name.clone())))?;
    }
    let (_, cluster) = clusters::store::slug_and_name(tx)?;
    to_coordinators(tx, &Because::InsteadOf(name, cluster), told, write)
}

fn to_signers(
    tx: &mut Tx<'_>,
    handover: &Handover,
    told: &mut BTreeSet<PersonId>,
    write: impl Fn(&Recipient, &Because) -> Letter + Copy,
) -> Result<()> {
    for signed in [&handover.given, &handover.received].into_iter().flatten() {
        let person = roles::person_here(tx, signed.person)?;
        enqueue(tx, person.as_slice(), &Because::Signed, told, write)?;
    }
    Ok(())
}

fn to_coordinators(
    tx: &mut Tx<'_>,
    because: &Because,
    told: &mut BTreeSet<PersonId>,
    write: impl Fn(&Recipient, &Because) -> Letter,
) -> Result<()> {
    let coordinators = roles::people_with_role(tx, RoleKind::Coordinator)?;
    enqueue(tx, &coordinators, because, told, write)
}

/// Each person hears once, for the first reason.
fn enqueue(
    tx: &mut Tx<'_>,
    people: &[Person],
    because: &Because,
    told: &mut BTreeSet<PersonId>,
    write: impl Fn(&Recipient, &Because) -> Letter,
) -> Result<()> {
    for person in people {
        if !told.insert(person.id) {
            continue;
        }
        if let Some(to) = person.recipient() {
            outbox::enqueue(tx, &write(&to, because))?;
        }
    }
    Ok(())
}

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some(handover) = read_subject(letter.subject) else { return Ok(None) };
    Ok(no_longer(kind, handovers::state(tx, handover)?).map(str::to_owned))
}

/// Why a letter is no longer true of the handover as it stands now; `None` when it still is. What has happened stays true.
fn no_longer(kind: &Kind, now: Option<State>) -> Option<&'static str> {
    match (kind, now) {
        (_, None) => Some("The handover is not there any more."),
        (GIVEN, Some(State::Accepted)) => Some("It was received before this could be sent."),
        (GIVEN, Some(State::Refused)) => Some("It was refused before this could be sent."),
        (GIVEN, Some(State::Withdrawn)) => Some("It was taken back before this could be sent."),
        (GIVEN, Some(State::Lost)) => Some("It was lost on its way before this could be sent."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handovers::letters::RECEIVED;

    #[test]
    fn only_what_is_on_its_way_can_be_no_longer() {
        assert_eq!(no_longer(GIVEN, Some(State::Given)), None);
        assert!(no_longer(GIVEN, Some(State::Withdrawn)).is_some());
        assert!(no_longer(GIVEN, Some(State::Lost)).is_some());
        assert_eq!(no_longer(RECEIVED, Some(State::Accepted)), None);
    }
}
