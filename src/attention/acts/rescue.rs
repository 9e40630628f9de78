//! What a coordinator does for a booking at risk: moves it to another copy, or suggests other dates.

use crate::attention::remedies::{self, Remedy, There};
use crate::attention::tell::{Sender, leads, write};
use crate::attention::{MOVED, Refusal, another_copy, letters, other_dates};
use crate::base::Period;
use crate::base::ids::{BookingId, CopyId, SchoolId};
use crate::bookings::acts::later;
use crate::bookings::moved::Moved;
use crate::bookings::stands::Beside;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::store::shelf::{self, Reading};
use crate::bookings::tell::Teller;
use crate::bookings::{By, Decision, Risk, changes, risk};
use crate::catalogue::{self, Plight};
use crate::db::{self, Stop, Tx};
use crate::undo::Begun;

/// Moves a booking at risk to another copy for the same days; a little later, so that it can be undone until then.
pub fn move_to_copy(tx: &mut Tx<'_>, id: BookingId, teller: &Teller) -> Result<Begun, Stop<Refusal>> {
    let case = Case::read(tx, id)?;
    if case.risk.is_none() || case.loan.waiting.is_some() {
        return Err(Refusal::Moot.into());
    }
    let decision = case.another().ok_or(Refusal::NoneFree)?;
    Ok(later::moved(tx, &case.loan, teller, &Moved::of(&case.loan.booking, &decision, MOVED))?)
}

/// Suggests other dates to the school by a letter.
pub fn offer(tx: &mut Tx<'_>, id: BookingId, sender: &Sender) -> Result<(), Stop<Refusal>> {
    let case = Case::read(tx, id)?;
    if case.risk.is_none() {
        return Err(Refusal::Moot.into());
    }
    let (copy, tag, days) = case.other().ok_or(Refusal::NoneFree)?;
    let (booking, today) = (&case.loan.booking, tx.today());
    let (item, ..) = catalogue::store::copy(tx, booking.slot.copy)?;
    let to = leads(tx, booking.slot.school)?;
    if to.is_empty() {
        return Err(Refusal::Nobody.into());
    }
    let about = sender.about(tx, &item, booking.slot.school, case.school());
    let (facts, why) = ((id, booking.sequence, booking.slot.days), case.why());
    let url = sender.link(tx, &change_form(id, copy, days));
    if !write(tx, to, |to| letters::other_dates(&about, facts, &why, (days, tag), &url, to, today))? {
        return Err(Refusal::AskedAlready.into());
    }
    Ok(tx.log("bookings", &id, "other dates suggested", &booking.slot.days.to_string(), &format!("{tag}, {days}"))?)
}

/// Asks the school by a letter whether what is in the box will do.
pub fn ask_if_enough(tx: &mut Tx<'_>, id: BookingId, sender: &Sender) -> Result<(), Stop<Refusal>> {
    let case = Case::read(tx, id)?;
    let Some(Risk::Incomplete(short)) = &case.risk else { return Err(Refusal::Moot.into()) };
    let (booking, today) = (&case.loan.booking, tx.today());
    let (item, ..) = catalogue::store::copy(tx, booking.slot.copy)?;
    let to = leads(tx, booking.slot.school)?;
    if to.is_empty() {
        return Err(Refusal::Nobody.into());
    }
    let about = sender.about(tx, &item, booking.slot.school, case.school());
    let (facts, url) = ((id, booking.sequence, booking.slot.days), sender.link(tx, &format!("/bookings/{id}")));
    if !write(tx, to, |to| letters::enough(&about, facts, short, &url, to, today))? {
        return Err(Refusal::AskedAlready.into());
    }
    Ok(tx.log("bookings", &id, "asked whether it will do", "", short)?)
}

/// Where the form with other days filled in is, below the cluster's address.
#[must_use]
pub fn change_form(id: BookingId, copy: CopyId, days: Period) -> String {
    format!("/bookings/{id}/change?from={}&to={}&copy={copy}", days.first(), days.last())
}

/// Whether anybody at a school can be asked by a letter.
pub fn somebody_leads(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<bool> {
    Ok(!leads(tx, school)?.is_empty())
}

/// A booking and the shelf it is on.
pub struct Case {
    /// The booking.
    pub loan: Loan,
    reading: Reading,
    /// Why it may not happen as planned; `None` when nothing is in its way.
    pub risk: Option<Risk>,
}

impl Case {
    /// Seven queries.
    pub fn read(tx: &mut Tx<'_>, id: BookingId) -> db::Result<Self> {
        let loan = loans::one(tx, id)?;
        let slot = loan.booking.slot;
        let mut reading = shelf::bare(tx, loan.resource, slot.school, Some(slot.days))?;
        let out = reading.shelf.copies.iter().flat_map(|copy| &copy.slots).find(|other| other.copy == slot.copy && other.is_out()).copied();
        let risk = risk(&slot, out.as_ref(), loan.copy_state.why_not(), &loan.plight, tx.today());
        // An offer of the waiting list is answered on its own page.
        let risk = risk.filter(|_| !slot.is_offer());
        // What is looked for is looked for as if the booking were not there.
        for copy in &mut reading.shelf.copies {
            copy.slots.retain(|other| other.id != id);
        }
        Ok(Self { loan, reading, risk })
    }

    /// The short name of the school that has booked.
    #[must_use]
    pub fn school(&self) -> &str {
        self.reading.shelf.name(self.loan.booking.slot.school)
    }

    /// Why it is at risk, in words.
    #[must_use]
    pub fn why(&self) -> String {
        self.risk.as_ref().map(|risk| risk.words(|school| self.reading.shelf.name(school))).unwrap_or_default()
    }

    /// Whether a copy is where it can be had, and lacks nothing that it needs.
    fn is_sound(&self, copy: CopyId) -> bool {
        let (today, copies) = (self.reading.shelf.today, &self.reading.title.copies);
        let sound = |plight: &Plight| plight.short.is_empty() && !plight.astray.is_some_and(|astray| astray.keeps_out(today));
        copies.iter().any(|one| one.id == copy && sound(&one.plight))
    }

    /// What can be done for it, the best first; nothing when it is not at risk. `lead`: whether somebody at its school can be asked.
    #[must_use]
    pub fn remedies(&self, lead: bool) -> Vec<Remedy> {
        let there = There { another: self.another().is_some(), dates: self.other().is_some(), lead };
        self.risk.as_ref().map(|why| remedies::for_booking(why, there)).unwrap_or_default()
    }

    /// The same days on another copy, when one is free.
    #[must_use]
    pub fn another(&self) -> Option<Decision> {
        another_copy(&self.reading.shelf, &self.loan.booking, |copy| self.is_sound(copy)).filter(|_| self.risk.is_some())
    }

    /// What is written beside the tag of a copy of the same title.
    #[must_use]
    pub fn beside(&self, tag: &str) -> Option<Beside> {
        let copy = self.reading.title.copies.iter().find(|copy| copy.tag == tag)?;
        Some(Beside::of_copy(tag, &copy.plight, copy.state, self.reading.shelf.today))
    }

    /// Other days on which the school could have it: the copy, its tag and the days.
    #[must_use]
    pub fn other(&self) -> Option<(CopyId, &str, Period)> {
        // A loan that has begun keeps its first day, so other days are of no use to it.
        let may = changes::may_change(&self.loan.booking.slot, By::Coordinator, self.reading.shelf.today);
        let found = other_dates(&self.reading.shelf, &self.loan.booking, |copy| self.is_sound(copy)).filter(|_| self.risk.is_some() && may);
        found.map(|(copy, days)| (copy.id, copy.tag.as_str(), days))
    }
}
