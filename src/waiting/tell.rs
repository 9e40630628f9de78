//! Who hears of a place on a waiting list; and whether such a letter is still true, asked at the moment of sending.

use crate::base::ids::{BookingId, PersonId, WaitId};
use crate::clusters;
use crate::db::{Result, Tx};
use crate::mail::choices::WayOut;
use crate::mail::store::{self as outbox, choices};
use crate::mail::{Kind, Letter, Stored};
use crate::people::RoleKind;
use crate::people::store::{Person, roles};
use crate::waiting::State;
use crate::waiting::letters::{About, Because, JOINED, KINDS, OFFERED, To, read_subject};
use crate::waiting::store::{self as rows, Listed};

/// Stores a letter about a place: to who asked, and to the school's other science leads unless they have switched such letters off.
/// The receipt goes to who asked alone. Where the school has nobody, the coordinators get what must be answered.
pub(super) fn tell(tx: &mut Tx<'_>, id: WaitId, kind: &Kind, write: impl Fn(&About, &To<'_>) -> Letter) -> Result<()> {
    let Listed { wait, name, school, tag, .. } = rows::one(tx, id)?;
    let (slug, cluster) = clusters::store::slug_and_name(tx)?;
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
    let mut all_muted = false;
    match leads.iter().find(|lead| lead.id == wait.person) {
        Some(asker) => to.push((asker.clone(), Because::Asked)),
        // A coordinator may ask for a school; who has left the school and the cluster hears no more.
        None if roles::people_with_role(tx, RoleKind::Coordinator)?.iter().any(|person| person.id == wait.person) => {
            to.extend(roles::person_here(tx, wait.person)?.map(|person| (person, Because::Asked)));
        }
        None => {}
    }
    if kind != JOINED {
        let ids: Vec<PersonId> = leads.iter().map(|lead| lead.id).collect();
        let muted = choices::muted(tx, kind, &ids)?;
        let others = leads.iter().filter(|lead| lead.id != wait.person && !muted.contains(&lead.id));
        to.extend(others.map(|lead| (lead.clone(), Because::LeadOf(&about.school))));
        // Somebody has to answer: what all of them have switched off goes to all of them, and where the school has nobody, to the
        // coordinators.
        if to.is_empty() && kind == OFFERED {
            to.extend(leads.iter().map(|lead| (lead.clone(), Because::LeadOf(&about.school))));
            all_muted = true;
        }
        if to.is_empty() && kind == OFFERED {
            let all = roles::people_with_role(tx, RoleKind::Coordinator)?;
            to.extend(all.into_iter().map(|person| (person, Because::Coordinates(&cluster))));
        }
    }
    // An offer needs somebody who answers it: the last one who hears of it cannot switch it off.
    let way_out = if kind == OFFERED { WayOut::where_several(to.len()) } else { WayOut::Carried };
    for (person, because) in to {
        let Some(recipient) = person.recipient() else { continue };
        let letter = write(&about, &To { recipient, because });
        if matches!(because, Because::LeadOf(_)) && !all_muted {
            choices::post(tx, &letter, way_out)?;
        } else {
            outbox::enqueue(tx, &letter)?;
        }
    }
    Ok(())
}

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some((wait, booking)) = read_subject(letter.subject) else { return Ok(None) };
    let now = rows::state_of(tx, wait)?;
    Ok(no_longer(kind, booking, now).map(str::to_owned))
}

/// Why a letter about a place is no longer true, as the place stands now; `None` when it still is.
fn no_longer(kind: &Kind, booking: Option<BookingId>, now: Option<(State, Option<BookingId>)>) -> Option<&'static str> {
    let Some((state, holds)) = now else { return Some("The place is not there any more.") };
    match kind {
        OFFERED if state != State::Offered || holds != booking => Some("The offer was answered or ran out before this could be sent."),
        JOINED if state != State::Waiting => Some("The place has moved on before this could be sent."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::letters::LAPSED;

    #[test]
    fn an_offer_is_sent_only_while_it_stands() {
        let booking = Some(BookingId(9));
        assert_eq!(no_longer(OFFERED, booking, Some((State::Offered, booking))), None);
        for ended in [State::Taken, State::Lapsed, State::Declined, State::Withdrawn, State::Over] {
            assert!(no_longer(OFFERED, booking, Some((ended, booking))).is_some(), "{ended}");
        }
        assert!(no_longer(OFFERED, booking, Some((State::Offered, Some(BookingId(8))))).is_some());
        assert!(no_longer(OFFERED, booking, None).is_some());
        assert_eq!(no_longer(JOINED, None, Some((State::Waiting, None))), None);
        assert!(no_longer(JOINED, None, Some((State::Offered, booking))).is_some());
        assert_eq!(no_longer(LAPSED, None, Some((State::Lapsed, booking))), None);
    }
}
