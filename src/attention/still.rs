//! Whether a letter that a coordinator has sent is still true, asked at the moment of sending.

use crate::attention::Request;
use crate::attention::letters::{BRING_BACK, COUNT, FOUND, KINDS, MISSING, RECEIVE, read_dates, read_subject};
use crate::base::ids::SchoolId;
use crate::bookings::store::ledger;
use crate::catalogue;
use crate::db::{Result, Tx};
use crate::journeys::{Custody, Place, store as custody};
use crate::mail::{Kind, Stored};

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
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
    use crate::base::ids::CopyId;

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
