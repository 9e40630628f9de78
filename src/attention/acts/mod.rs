//! What a coordinator does about a copy that is late, missing or found, about a report, and (in `rescue`) about a booking at risk: read,
//! decide, store, write. Each is one transaction; done twice, it is done once.

pub mod rescue;

use crate::attention::letters;
use crate::attention::tell::{Sender, booked, leads, name_of, write};
use crate::attention::{self as rules, Found, Refusal, Request};
use crate::base::clock;
use crate::base::ids::{BookingId, CopyId, FindId, HandoverId, SchoolId};
use crate::bookings::acts::Roles;
use crate::bookings::store::{ledger, loans};
use crate::bookings::{self, changes};
use crate::catalogue;
use crate::db::{self, Stop, Tx};
use crate::handovers;
use crate::handovers::store::{finds, handovers as given};
use crate::journeys::{Place, store as custody};

/// Asks the school that has a copy, or is to receive it.
pub fn ask(tx: &mut Tx<'_>, id: CopyId, what: Request, sender: &Sender) -> Result<(), Stop<Refusal>> {
    let (item, _, home) = catalogue::store::copy(tx, id)?;
    let now = custody::one(tx, id)?;
    let Some(school) = what.of(&now, home) else { return Err(Refusal::Moot.into()) };
    let due = match now.booking {
        Some(booking) => Some(loans::one(tx, booking)?.booking.slot.days.last()),
        None => None,
    };
    let (since, today) = (clock::today(now.since), tx.today());
    let (school_name, to) = (name_of(tx, school)?, leads(tx, school)?);
    if to.is_empty() {
        return Err(Refusal::Nobody.into());
    }
    let about = sender.about(tx, &item, school, &school_name);
    if !write(tx, to, |to| letters::request(what, &about, since, due, to, today))? {
        return Err(Refusal::AskedAlready.into());
    }
    let words = match what {
        Request::BringBack => "when it comes back",
        Request::Receive => "whether it has arrived",
        Request::Count => "for a count",
    };
    Ok(tx.log("copies", &id, "asked", "", &format!("{school_name}: {words} ({})", item.words()))?)
}

/// Nobody knows where a copy is: it can be booked no more (the database sets its state), and whom it concerns is told.
pub fn missing(tx: &mut Tx<'_>, id: CopyId, sender: &Sender) -> Result<(), Stop<Refusal>> {
    let (item, _, home) = catalogue::store::copy(tx, id)?;
    let (before, today, by) = (custody::one(tx, id)?, tx.today(), tx.person()?);
    let Some(after) = rules::mark_missing(&before, home, by) else { return Err(Refusal::Moot.into()) };
    custody::put(tx, &after)?;
    if let Some(booking) = rules::ended_by_loss(&before) {
        let slot = loans::one(tx, booking)?.booking.slot;
        ledger::end_lost(tx, &slot, changes::ended(&slot, today))?;
    }
    if let Some((_, from, on)) = given::on_its_way(tx, id)? {
        if let Some(from) = from {
            let slot = loans::one(tx, from)?.booking.slot;
            ledger::end_early(tx, &slot, changes::ended(&slot, on))?;
        }
        given::lost(tx, id)?;
    }
    let holder = name_of(tx, after.school)?;
    tx.log("copies", &id, "marked missing", &format!("{}, last at {holder}", item.words()), "")?;
    let booked = booked(tx, id)?;
    let to = leads(tx, after.school)?;
    // Who has also booked it reads of both in the one letter.
    if !booked.iter().any(|(school, ..)| *school == after.school) {
        let about = sender.about(tx, &item, after.school, &holder);
        write(tx, to, |to| letters::missing(&about, &[], to, today))?;
    }
    for (school, name, days) in booked {
        let (about, to) = (sender.about(tx, &item, school, &name), leads(tx, school)?);
        write(tx, to, |to| letters::missing(&about, &days, to, today))?;
    }
    Ok(())
}

/// A copy is there again. Says whether it can be lent.
pub fn found(tx: &mut Tx<'_>, id: CopyId, at: Found, sender: &Sender) -> Result<bool, Stop<Refusal>> {
    let (item, _, home) = catalogue::store::copy(tx, id)?;
    let (before, by) = (custody::one(tx, id)?, tx.person()?);
    let Some(after) = rules::found(&before, home, at, by) else { return Err(Refusal::Moot.into()) };
    custody::put(tx, &after)?;
    if before.place == Place::Missing {
        there_again(tx, sender, id, after.school)?;
    } else {
        let place = name_of(tx, after.school)?;
        tx.log("copies", &id, "found", &item.words(), &format!("at {place}"))?;
    }
    let (_, state, _) = catalogue::store::copy(tx, id)?;
    Ok(state.why_not().is_none())
}

/// A copy that was missing is somewhere: the log says so, and whoever has booked it hears what that means for the booking. The
/// database has set its state already, to what it was before.
fn there_again(tx: &mut Tx<'_>, sender: &Sender, id: CopyId, at: SchoolId) -> db::Result<()> {
    let (item, state, _) = catalogue::store::copy(tx, id)?;
    let (place, short, today) = (name_of(tx, at)?, custody::one(tx, id)?.short_essentials, tx.today());
    tx.log("copies", &id, "found", &item.words(), &format!("at {place}"))?;
    for (school, name, days) in booked(tx, id)? {
        let (about, to) = (sender.about(tx, &item, school, &name), leads(tx, school)?);
        write(tx, to, |to| letters::found(&about, &days, (state.why_not(), &short), to, today))?;
    }
    Ok(())
}

/// The school has fetched what it has booked, as [`handovers::acts::collected`] has it; a copy that was missing is there again with that.
pub fn collected(
    tx: &mut Tx<'_>,
    id: BookingId,
    roles: &Roles,
    teller: &handovers::tell::Teller,
    sender: &Sender,
) -> Result<(), Stop<bookings::Refusal>> {
    if let Some(slot) = handovers::acts::collected(tx, id, roles, teller)? {
        there_again(tx, sender, slot.copy, slot.school)?;
    }
    Ok(())
}

/// What a stranger said of where a copy is, is dealt with.
pub fn settle_find(tx: &mut Tx<'_>, id: FindId) -> Result<(), Stop<Refusal>> {
    if !finds::settle(tx, id)? {
        return Err(Refusal::Moot.into());
    }
    Ok(tx.log("finds", &id, "dealt with", "", "")?)
}

/// A loan that was never fetched is dealt with.
pub fn settle_unfetched(tx: &mut Tx<'_>, id: BookingId) -> Result<(), Stop<Refusal>> {
    let loan = loans::one(tx, id)?;
    if !ledger::settle_unfetched(tx, id)? {
        return Err(Refusal::Moot.into());
    }
    Ok(tx.log("bookings", &id, "dealt with", &format!("{}, {}: never fetched", loan.tag, loan.booking.slot.days), "")?)
}

/// Counts that differ are dealt with.
pub fn settle_difference(tx: &mut Tx<'_>, id: HandoverId) -> Result<(), Stop<Refusal>> {
    if !given::settle_difference(tx, id)? {
        return Err(Refusal::Moot.into());
    }
    Ok(tx.log("handovers", &id, "dealt with", "the two counts differ", "")?)
}
