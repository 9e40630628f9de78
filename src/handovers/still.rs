//! Whether a reminder is still true, asked at the moment of sending and when what was gathered goes out.

use super::LegState;
use super::remind::{Desk, Known};
use super::reminder_letters::{OF_A_HANDOVER, OF_A_LATE_LOAN, is_day_before};
use super::reminders::{AT_RISK, DAY_BEFORE, NOT_COUNTED, TABLE, Trouble, WEEK_BEFORE, WEEKLY, troubles};
use super::store::{legs as rows, looks};
use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, HandoverId, LegId, PersonId};
use crate::bookings::State;
use crate::bookings::store::loans::{self, Loan};
use crate::db::{Error, Result, Tx};
use crate::people::store as people;

/// Why a reminder is no longer true; `None` when it is, or is none of ours. `day` is the day that it was for.
pub fn overtaken(tx: &mut Tx<'_>, kind: &str, subject: &str, day: Day, person: Option<PersonId>) -> Result<Option<String>> {
    if !TABLE.iter().any(|rule| rule.kind == kind) {
        return Ok(None);
    }
    if let Some(person) = person
        && people::person_here(tx, person)?.is_none()
    {
        return Ok(Some("The person has left the cluster.".to_owned()));
    }
    let why = match kind {
        WEEK_BEFORE | DAY_BEFORE => of_a_leg(tx, kind, subject)?,
        AT_RISK => of_a_risk(tx, subject)?,
        NOT_COUNTED => of_the_count(tx, subject)?,
        WEEKLY => (days::monday(tx.today()) > days::monday(day)).then_some("The week is over."),
        kind if OF_A_LATE_LOAN.contains(&kind) => of_a_late_loan(tx, subject)?,
        kind if OF_A_HANDOVER.contains(&kind) => of_a_handover(tx, subject)?,
        _ => None,
    };
    Ok(why.map(str::to_owned))
}

const GONE: Option<&str> = Some("What it was about is not there any more.");

fn of_a_leg(tx: &mut Tx<'_>, kind: &str, subject: &str) -> Result<Option<&'static str>> {
    let parts = subject.strip_prefix("leg:").and_then(|rest| rest.split_once(':'));
    let Some((Ok(id), Ok(revision))) = parts.map(|(id, revision)| (id.parse::<LegId>(), revision.parse::<i32>())) else { return Ok(GONE) };
    let leg = match rows::one(tx, id) {
        Err(Error::NotFound) => return Ok(GONE),
        leg => leg?,
    };
    let today = tx.today();
    Ok(match leg.state {
        LegState::Done => Some("The handover was done before this could be sent."),
        LegState::Dropped => Some("The handover is no longer planned."),
        LegState::Planned if leg.revision != revision => Some("The handover was changed before this could be sent."),
        LegState::Planned if today > leg.day => Some("The day of the handover is past."),
        LegState::Planned if !is_day_before(kind) && today >= days::add(leg.day, -1) => Some("The handover is too near for this."),
        LegState::Planned if rows::under_way(tx, leg.copy)? == Some(id) => Some("It was given up before this could be sent."),
        LegState::Planned => None,
    })
}

fn loan_of(tx: &mut Tx<'_>, id: &str) -> Result<Option<Loan>> {
    let Ok(id) = id.parse::<BookingId>() else { return Ok(None) };
    match loans::one(tx, id) {
        Err(Error::NotFound) => Ok(None),
        loan => loan.map(Some),
    }
}

fn of_a_late_loan(tx: &mut Tx<'_>, subject: &str) -> Result<Option<&'static str>> {
    let Some(loan) = loan_of(tx, subject.trim_start_matches("booking:"))? else { return Ok(GONE) };
    let slot = loan.booking.slot;
    Ok(match slot.late_since(tx.today()) {
        Some(_) => None,
        None if slot.returned_on.is_some() => Some("It was given back before this could be sent."),
        None => Some("The loan is not late any more."),
    })
}

fn of_a_risk(tx: &mut Tx<'_>, subject: &str) -> Result<Option<&'static str>> {
    let parts = subject.strip_prefix("booking:").and_then(|rest| rest.split_once(':'));
    let Some((id, Ok(trouble))) = parts.map(|(id, word)| (id, word.parse::<Trouble>())) else { return Ok(GONE) };
    let Some(loan) = loan_of(tx, id)? else { return Ok(GONE) };
    let slot = loan.booking.slot;
    let today = tx.today();
    if slot.state != State::Confirmed || slot.collected_on.is_some() || slot.is_over(today) {
        return Ok(Some("The booking is not to come any more."));
    }
    let desk = Desk::open(tx, "")?;
    let known = Known::read(tx, &desk, slot.copy)?;
    let stands = troubles(&known.facts(), &desk.calendar, today).contains(&trouble);
    Ok((!stands).then_some("The booking is not at risk any more."))
}

fn of_the_count(tx: &mut Tx<'_>, subject: &str) -> Result<Option<&'static str>> {
    let Some(loan) = loan_of(tx, subject.trim_start_matches("booking:"))? else { return Ok(GONE) };
    let slot = loan.booking.slot;
    if !slot.is_out() {
        return Ok(Some("It was given back before this could be sent."));
    }
    Ok(looks::counted(tx, slot.id)?.then_some("It has been counted."))
}

fn of_a_handover(tx: &mut Tx<'_>, subject: &str) -> Result<Option<&'static str>> {
    let Some(Ok(id)) = subject.strip_prefix("handover:").map(str::parse::<HandoverId>) else { return Ok(GONE) };
    let Some(way) = looks::handover(tx, id)? else { return Ok(GONE) };
    Ok((way.state != "given").then_some("It is not on its way any more."))
}
