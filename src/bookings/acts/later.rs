//! The acts on a booking that free days, as `undo` has them: each is decided now and carried out a little later. Until then the booking stands
//! as it does, and holds its days.

use crate::base::ids::{BookingId, PendingId};
use crate::bookings::moved::Moved;
use crate::bookings::store::ledger;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::tell::Teller;
use crate::bookings::{By, Kind, Refusal, State, changes};
use crate::db::{Result, Tx};
use crate::undo::{Begun, New, Pending, acts as undo};

/// What the acts are about, as `undo` has it.
pub const ABOUT: &str = "bookings";
/// A booking is cancelled; with the reason.
pub const CANCEL: &str = "cancel";
/// A request is declined; with the reason.
pub const DECLINE: &str = "decline";
/// A booking gets other days or another copy; with what was decided.
pub const MOVE: &str = "move";

/// Whether an act of this kind waits already: then it is the same wish once more. Another one must be undone first.
pub(super) fn waits(loan: &Loan, kind: &str) -> std::result::Result<Option<PendingId>, Refusal> {
    match &loan.waiting {
        Some(waiting) if waiting.kind == kind => Ok(Some(waiting.id)),
        Some(waiting) => Err(Refusal::Waits { what: being(&waiting.kind), at: waiting.at() }),
        None => Ok(None),
    }
}

/// "being cancelled": for people.
#[must_use]
pub fn being(kind: &str) -> &'static str {
    match kind {
        CANCEL => "being cancelled",
        DECLINE => "being declined",
        _ => "being changed",
    }
}

pub(super) fn cancel(tx: &mut Tx<'_>, loan: &Loan, teller: &Teller, reason: &str) -> Result<()> {
    ledger::set_state(tx, loan, State::Cancelled, reason)?;
    if loan.booking.slot.kind == Kind::Loan { teller.cancelled(tx, loan.booking.slot.id, reason) } else { Ok(()) }
}

pub(super) fn decline(tx: &mut Tx<'_>, loan: &Loan, teller: &Teller, reason: &str) -> Result<()> {
    ledger::set_state(tx, loan, State::Declined, reason)?;
    teller.answered(tx, loan.booking.slot.id, reason)
}

pub(super) fn change(tx: &mut Tx<'_>, loan: &Loan, teller: &Teller, to: &Moved) -> Result<()> {
    ledger::change(tx, loan, to)?;
    let slot = loan.booking.slot;
    if slot.kind == Kind::Loan { teller.changed(tx, slot.id, (slot.days, &loan.tag)) } else { Ok(()) }
}

/// Has one of them wait, where something waits in this cluster.
pub(super) fn begin(tx: &mut Tx<'_>, loan: &Loan, kind: &'static str, (verb, words): (&str, &str), body: String) -> Result<Begun> {
    let slot = &loan.booking.slot;
    // What a coordinator declines, coordinators take back.
    let school = (kind != DECLINE).then_some(slot.school);
    undo::begin(tx, &New { kind, about: (ABOUT, slot.id.0), school, body }, (verb, words))
}

/// Gives a booking what was decided: at once when it frees no days, else a little later, with its new days held for it until then.
pub fn moved(tx: &mut Tx<'_>, loan: &Loan, teller: &Teller, to: &Moved) -> Result<Begun> {
    let slot = &loan.booking.slot;
    let begun = if to.frees(slot) { begin(tx, loan, MOVE, ("changed", &to.words()), to.write())? } else { Begun::Now };
    match begun {
        Begun::Now => change(tx, loan, teller, to)?,
        Begun::Waits { until, .. } => {
            if let Some(days) = to.beyond(slot) {
                ledger::hold(tx, loan, to.copy, days, until)?;
            }
        }
    }
    Ok(begun)
}

/// Carries out what has waited; `None` when it is none of this room. `false`: it cannot be any more. `mail_from`: the address that mails are
/// sent from.
pub fn carry_out(tx: &mut Tx<'_>, pending: &Pending, mail_from: Option<&str>) -> Result<Option<bool>> {
    if pending.about.0 != ABOUT {
        return Ok(None);
    }
    let id = BookingId(pending.about.1);
    let loan = loans::one(tx, id)?;
    let slot = &loan.booking.slot;
    let teller = Teller::in_the_name_of(tx, mail_from, &pending.by)?;
    let (reason, today) = (pending.body.as_str(), tx.today());
    let done = match pending.kind.as_str() {
        CANCEL if changes::cancel(slot, By::Coordinator, reason, today).is_ok() => {
            cancel(tx, &loan, &teller, reason)?;
            true
        }
        DECLINE if changes::decline(slot, By::Coordinator, reason).is_ok() => {
            decline(tx, &loan, &teller, reason)?;
            true
        }
        MOVE => {
            ledger::let_go(tx, id)?;
            match Moved::read(reason).filter(|to| to.fits(&loan.booking)) {
                Some(to) => {
                    change(tx, &loan, &teller, &to)?;
                    true
                }
                None => false,
            }
        }
        _ => false,
    };
    Ok(Some(done))
}

/// It was undone: what was held for it is free. Whether it was one of this room.
pub fn let_go(tx: &mut Tx<'_>, pending: &Pending) -> Result<bool> {
    if pending.about.0 == ABOUT && pending.kind == MOVE {
        ledger::let_go(tx, BookingId(pending.about.1))?;
    }
    Ok(pending.about.0 == ABOUT)
}
