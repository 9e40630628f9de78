//! Who hears of a copy that is late, missing or found: gathers the facts and stores the letters in the transaction that deals with it; and
//! whether such a letter is still true, asked at the moment of sending.

use crate::attention::Request;
use crate::attention::letters::{About, BRING_BACK, COUNT, FOUND, KINDS, MISSING, RECEIVE, read_dates, read_subject};
use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, SchoolId};
use crate::bookings::Kind as BookingKind;
use crate::bookings::store::{ledger, loans};
use crate::catalogue::{self, Item};
use crate::db::{self, Tx};
use crate::journeys::{Custody, Place, store as custody};
use crate::mail::{Kind, Letter, Recipient, Stored, store as outbox};
use crate::people::Cluster;
use crate::people::store::{Person, roles};
use crate::schools;

/// How far ahead the bookings of a lost copy are told of it.
const AHEAD_DAYS: i64 = 1200;

/// Who writes, and from where.
#[derive(Debug, Clone)]
pub struct Sender {
    /// `/c/south-milford`.
    base: String,
    by: String,
}

impl Sender {
    /// For who acts in this cluster, by name.
    #[must_use]
    pub fn new(cluster: &Cluster, by: &str) -> Self {
        Self { base: format!("/c/{}", cluster.slug), by: by.to_owned() }
    }

    /// The full address of a page of the cluster. `path` begins with a slash.
    pub(super) fn link(&self, tx: &Tx<'_>, path: &str) -> String {
        tx.link(&format!("{}{path}", self.base))
    }

    /// What a letter says of a copy to a school.
    pub(super) fn about(&self, tx: &Tx<'_>, item: &Item, school: SchoolId, school_name: &str) -> About {
        About {
            copy: item.copy,
            item: item.words(),
            school,
            school_name: school_name.to_owned(),
            by: self.by.clone(),
            base: self.link(tx, ""),
        }
    }
}

/// The science leads of a school as addressees.
pub(super) fn leads(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<Vec<Recipient>> {
    Ok(roles::leads_of(tx, school)?.iter().filter_map(Person::recipient).collect())
}

/// Stores a letter for each; whether any is new.
pub(super) fn write(tx: &mut Tx<'_>, to: Vec<Recipient>, letter: impl Fn(Recipient) -> Letter) -> db::Result<bool> {
    let mut new = false;
    for recipient in to {
        new |= outbox::enqueue(tx, &letter(recipient))?;
    }
    Ok(new)
}

pub(super) fn name_of(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<String> {
    Ok(schools::store::school_names(tx)?.of(school).to_owned())
}

/// The live loans of a copy that nobody has fetched yet, by school. What the waiting list offers is no booking.
pub(super) fn booked(tx: &mut Tx<'_>, copy: CopyId) -> db::Result<Vec<(SchoolId, String, Vec<Period>)>> {
    let today = tx.today();
    let ahead = Period::new(today, days::add(today, AHEAD_DAYS)).unwrap_or(Period::day(today));
    let mut by_school: Vec<(SchoolId, String, Vec<Period>)> = Vec::new();
    for (slot, name) in loans::around(tx, &[copy], ahead)? {
        if slot.kind != BookingKind::Loan || slot.is_offer() || slot.collected_on.is_some() || slot.is_over(today) {
            continue;
        }
        match by_school.iter_mut().find(|(school, ..)| *school == slot.school) {
            Some((_, _, days)) => days.push(slot.days),
            None => by_school.push((slot.school, name, vec![slot.days])),
        }
    }
    Ok(by_school)
}

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> db::Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    if let Some((booking, sequence)) = read_dates(letter.subject) {
        let same = ledger::state_and_sequence(tx, booking)?.is_some_and(|(state, now)| state.is_live() && now == sequence);
        return Ok((!same).then(|| "The booking had changed before it could be sent.".to_owned()));
    }
    let Some((copy, school)) = read_subject(letter.subject) else { return Ok(None) };
    let (_, _, home) = catalogue::store::copy(tx, copy)?;
    let now = custody::one(tx, copy)?;
    Ok(no_longer(kind, school, &now, home).map(str::to_owned))
}

/// Why a letter is no longer true at the moment of sending.
fn no_longer(kind: &Kind, school: SchoolId, now: &Custody, home: SchoolId) -> Option<&'static str> {
    let asks = |request: Request| request.of(now, home) == Some(school);
    match kind {
        BRING_BACK if !asks(Request::BringBack) => Some("The school no longer had the box."),
        COUNT if !asks(Request::Count) => Some("The school no longer had the box."),
        RECEIVE if !asks(Request::Receive) => Some("The box was no longer on its way to the school."),
        MISSING if now.place != Place::Missing => Some("The box had been found again."),
        FOUND if now.place == Place::Missing => Some("The box was missing again."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_sent_only_while_it_is_true() {
        let (saxton, home) = (SchoolId(2), SchoolId(1));
        let at = |place, school, to| Custody {
            copy: CopyId(7),
            place,
            school,
            booking: None,
            to,
            handover: None,
            person: None,
            since: chrono::DateTime::UNIX_EPOCH,
            short_essentials: String::new(),
        };
        let there = at(Place::School, saxton, None);
        assert_eq!(no_longer(BRING_BACK, saxton, &there, home), None);
        assert!(no_longer(BRING_BACK, saxton, &at(Place::Store, home, None), home).is_some());
        assert!(no_longer(COUNT, SchoolId(3), &there, home).is_some());
        let way = at(Place::Transit, SchoolId(3), Some(saxton));
        assert_eq!(no_longer(RECEIVE, saxton, &way, home), None);
        assert_eq!(no_longer(RECEIVE, home, &at(Place::Transit, saxton, None), home), None, "to the store");
        assert!(no_longer(RECEIVE, saxton, &there, home).is_some());
        assert!(no_longer(MISSING, saxton, &there, home).is_some());
        assert_eq!(no_longer(FOUND, saxton, &there, home), None);
    }
}
