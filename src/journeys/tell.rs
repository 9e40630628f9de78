//! Tells both sides of a leg what has become of it: gathers names, contacts and addresses, and stores the letters in the
//! transaction that changed the leg; and whether such a letter is still true, asked at the moment of sending.

use std::collections::BTreeMap;

use super::store::{legs, meetings};
use super::{Leg, LegState};
use crate::base::days::{self, Day};
use crate::base::ids::{CopyId, SchoolId};
use crate::clusters::store;
use crate::db::{Error, Result, Tx};
use crate::journeys::letters::{self, About, Because, KINDS, LEG_AGREED, LEG_CHANGED, LEG_PROPOSED, Now, To, Trip, read_subject};
use crate::mail::{Kind, Stored, store as outbox};
use crate::people::RoleKind;
use crate::people::store::{Person, roles};
use crate::schools::{self, SchoolNames};

/// A leg whose day is so near that its sides hear of a change even if no letter has told them of it before.
const NEAR_DAYS: i64 = 14;

/// What every letter about legs needs: read once for as many legs as changed.
pub struct Teller {
    slug: String,
    cluster: String,
    schools: SchoolNames,
    copies: BTreeMap<CopyId, (String, String)>,
    leads: BTreeMap<SchoolId, Vec<Person>>,
}

impl Teller {
    /// For letters about these copies.
    pub fn read(tx: &mut Tx<'_>, copies: &[CopyId]) -> Result<Self> {
        let (slug, cluster) = store::slug_and_name(tx)?;
        let schools = schools::store::school_names(tx)?;
        let copies = meetings::copy_names(tx, copies)?;
        Ok(Self { slug, cluster, schools, copies, leads: BTreeMap::new() })
    }

    /// The short name of a school.
    #[must_use]
    pub fn name(&self, id: SchoolId) -> String {
        self.schools.of(id).to_owned()
    }

    /// A leg in words; a meeting is looked up.
    pub fn trip(&self, tx: &mut Tx<'_>, leg: &Leg) -> Result<Trip> {
        let meeting = match leg.meeting {
            Some(id) => meetings::words(&meetings::one(tx, id)?, |school| self.name(school)),
            None => String::new(),
        };
        Ok(Trip::of(leg, |school| self.name(school), &meeting))
    }

    fn leads(&mut self, tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Person>> {
        if let Some(known) = self.leads.get(&school) {
            return Ok(known.clone());
        }
        let leads = roles::leads_of(tx, school)?;
        self.leads.insert(school, leads.clone());
        Ok(leads)
    }

    fn about(&mut self, tx: &mut Tx<'_>, leg: &Leg, turn: i64, other: Option<SchoolId>) -> Result<About> {
        let (resource, tag) = self.copies.get(&leg.copy).cloned().unwrap_or_default();
        let url = tx.link(&format!("/c/{}/legs/{}", self.slug, leg.id));
        let contacts = match other {
            Some(school) => {
                let name = self.name(school);
                self.leads(tx, school)?.iter().map(|lead| (name.clone(), format!("{} ({})", lead.name, lead.email))).collect()
            }
            None => Vec::new(),
        };
        Ok(About { leg: leg.id, turn, resource, tag, cluster: self.cluster.clone(), url, contacts })
    }

    /// The bookings have changed a leg (`after`), or nobody needs it any more. Whoever has done it is not told. Says whether
    /// anybody was.
    pub fn changed(&mut self, tx: &mut Tx<'_>, before: &Leg, after: Option<&Leg>) -> Result<bool> {
        let today = tx.today();
        let was = self.trip(tx, before)?;
        let is = after.map(|leg| self.trip(tx, leg)).transpose()?;
        let mut schools = vec![before.from, before.to];
        schools.extend(after.iter().flat_map(|leg| [leg.from, leg.to]));
        // One person may lead two of them and gets one letter: that of a school that still has a part in it.
        schools.sort_unstable_by_key(|school| (after.is_none_or(|leg| leg.from != *school && leg.to != *school), *school));
        schools.dedup();
        // What nobody needs any more has been counted on when it ended.
        let leg = after.unwrap_or(before);
        let turn = i64::from(after.map_or(before.revision + 1, |leg| leg.revision));
        let mut told = false;
        for school in schools {
            let part = after.filter(|leg| leg.from == school || leg.to == school);
            let other = part.map(|leg| if leg.from == school { leg.to } else { leg.from }).filter(|other| *other != school);
            let now = match (&is, part) {
                (Some(trip), Some(_)) => Now::Goes(trip.clone()),
                (Some(_), None) => Now::WithoutYou,
                (None, _) => Now::Gone,
            };
            let about = self.about(tx, leg, turn, other)?;
            for to in self.recipients(tx, school)? {
                told |= outbox::enqueue(tx, &letters::changed(&about, to, &was, &now, today))?;
            }
        }
        Ok(told)
    }

    /// One side suggests another day or way: the other side is asked.
    pub fn proposed(&mut self, tx: &mut Tx<'_>, leg: &Leg, by: SchoolId, suggested: &Leg) -> Result<()> {
        let today = tx.today();
        let asked = if by == leg.from { leg.to } else { leg.from };
        let turn = suggested.proposal.as_ref().map_or(0, |one| one.at.timestamp());
        let about = self.about(tx, leg, turn, Some(by))?;
        let (was, wish) = (self.trip(tx, leg)?, self.wish(tx, suggested)?);
        let by = self.name(by);
        for to in self.recipients(tx, asked)? {
            outbox::enqueue(tx, &letters::proposed(&about, to, &by, &was, &wish, today))?;
        }
        Ok(())
    }

    /// Both sides have agreed.
    pub fn agreed(&mut self, tx: &mut Tx<'_>, leg: &Leg) -> Result<()> {
        let today = tx.today();
        let trip = self.trip(tx, leg)?;
        for (school, other) in [(leg.from, leg.to), (leg.to, leg.from)] {
            let about = self.about(tx, leg, i64::from(leg.revision), Some(other))?;
            for to in self.recipients(tx, school)? {
                outbox::enqueue(tx, &letters::agreed(&about, to, &trip, today))?;
            }
        }
        Ok(())
    }

    /// What was suggested will not be. `leg` still carries the suggestion.
    pub fn declined(&mut self, tx: &mut Tx<'_>, leg: &Leg, because: Because) -> Result<()> {
        let Some(proposal) = &leg.proposal else { return Ok(()) };
        let today = tx.today();
        let other = if proposal.school == leg.from { leg.to } else { leg.from };
        let about = self.about(tx, leg, proposal.at.timestamp(), Some(other))?;
        let (was, wish) = (self.trip(tx, leg)?, self.wish(tx, leg)?);
        for to in self.recipients(tx, proposal.school)? {
            outbox::enqueue(tx, &letters::declined(&about, to, because, &was, &wish, today))?;
        }
        Ok(())
    }

    /// The leg as it would be.
    pub fn wish(&self, tx: &mut Tx<'_>, leg: &Leg) -> Result<Trip> {
        let Some(proposal) = &leg.proposal else { return self.trip(tx, leg) };
        let wished = Leg { day: proposal.day, way: proposal.way, meeting: proposal.meeting, note: proposal.note.clone(), ..leg.clone() };
        self.trip(tx, &wished)
    }

    /// The science leads of a school without who acts; where it has none, the coordinators.
    fn recipients(&mut self, tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<To>> {
        let (actor, name) = (tx.actor.person(), self.name(school));
        let leads = self.leads(tx, school)?;
        let coordinates = leads.is_empty();
        let people = if coordinates { roles::people_with_role(tx, RoleKind::Coordinator)? } else { leads };
        let others = people.into_iter().filter(|person| Some(person.id) != actor);
        Ok(others.filter_map(|person| Some(To { recipient: person.recipient()?, school: name.clone(), coordinates })).collect())
    }
}

/// Whether the sides of a leg hear of a change: they have been told of it before; or its day is near and two schools have to meet.
/// The store is told of what it has agreed on, or was reminded of, and else looks at its page.
#[must_use]
pub fn matters(before: &Leg, after: Option<&Leg>, today: Day) -> bool {
    let near = |leg: &Leg| leg.day <= days::add(today, NEAR_DAYS) && leg.day >= today;
    let between_schools = |leg: &Leg| leg.from_booking.is_some() && leg.to_booking.is_some() && leg.from != leg.to;
    let spoken_of = before.told || before.agreed || before.proposal.is_some();
    let soon = |leg: &Leg| near(leg) && between_schools(leg);
    let stayed = before.from == before.to && after.is_none_or(|leg| leg.from == leg.to);
    before.state == LegState::Planned && !stayed && (spoken_of || soon(before) || after.is_some_and(soon))
}

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some((leg, turn)) = read_subject(letter.subject) else { return Ok(None) };
    let leg = match legs::one(tx, leg) {
        Err(Error::NotFound) => None,
        found => Some(found?),
    };
    Ok(no_longer(kind, turn, leg.as_ref()).map(str::to_owned))
}

/// Why a letter about a leg is no longer true, at the moment of sending. `leg` is the leg as it is now.
fn no_longer(kind: &Kind, turn: i64, leg: Option<&Leg>) -> Option<&'static str> {
    let Some(leg) = leg else { return Some("There is no such handover any more.") };
    match kind {
        LEG_CHANGED if i64::from(leg.revision) != turn => Some("The handover has changed again since."),
        LEG_AGREED if i64::from(leg.revision) != turn => Some("The handover has changed since."),
        LEG_PROPOSED if leg.proposal.as_ref().is_none_or(|one| one.at.timestamp() != turn) => Some("The suggestion has been answered."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journeys::letters::LEG_DECLINED;
    use crate::journeys::samples::leg;

    #[test]
    fn a_letter_is_sent_only_while_the_leg_is_as_it_says() {
        let changed = Leg { revision: 3, ..leg("2026-10-09") };
        assert_eq!(no_longer(LEG_CHANGED, 3, Some(&changed)), None);
        assert!(no_longer(LEG_CHANGED, 2, Some(&changed)).is_some());
        assert!(no_longer(LEG_AGREED, 2, Some(&changed)).is_some());
        assert!(no_longer(LEG_PROPOSED, 3, Some(&changed)).is_some(), "nothing is proposed any more");
        assert_eq!(no_longer(LEG_DECLINED, 2, Some(&changed)), None, "it was declined, whatever came after");
        assert!(no_longer(LEG_DECLINED, 2, None).is_some());
    }
}
