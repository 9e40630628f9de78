//! What a count does to a copy: given up, given up in hindsight, received; and the log's line.

use crate::base::ids::{HandoverId, PersonId, SchoolId};
use crate::bookings::By;
use crate::bookings::changes;
use crate::bookings::store::{ledger, loans};
use crate::db::{self, Tx};
use crate::handovers::counts::{Count, Side, differences};
use crate::handovers::handing::{Next, Scene, Taken};
use crate::handovers::store::counts as counted;
use crate::handovers::store::custody;
use crate::handovers::store::handovers::{self, Said, Thing};
use crate::handovers::{Custody, Place};
use crate::people::store as people;

/// A count as it is made.
pub(super) struct Act<'a> {
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
        self.log(tx, "received", Some((next.from, next.to())))?;
        Ok(id)
    }

    /// The log's line: schools and what was counted, nobody's name.
    pub(super) fn log(&self, tx: &mut Tx<'_>, verb: &str, way: Option<(SchoolId, Option<SchoolId>)>) -> Result<(), db::Error> {
        let names = people::school_names(tx)?;
        let at = match way {
            Some((from, to)) => format!("{} to {}", names.of(from).to_owned(), names.of_place(to, self.scene.home)),
            None => names.of(self.scene.custody.school).to_owned(),
        };
        tx.log("copies", &self.thing.copy, verb, "", &format!("{at}; {}", self.count.summary().to_lowercase()))
    }
}
