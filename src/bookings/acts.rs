//! What is done to a booking: read, decide, store, tell. Done twice, each is done once.

pub mod later;

use crate::base::ids::{BookingId, CopyId, ResourceId, SchoolId};
use crate::base::{Day, Period};
use crate::bookings::acts::later::{CANCEL, DECLINE};
use crate::bookings::missing::{self, Lacking, PutBack};
use crate::bookings::moved::Moved;
use crate::bookings::store::days;
use crate::bookings::store::ledger::{self, Details, New};
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::store::shelf::{self, Reading, Similar};
use crate::bookings::tell::Teller;
use crate::bookings::{By, Decision, Kind, Refusal, State, Wish, changes, reserve};
use crate::db::{self, Actor, Stop, Tx};
use crate::people::{Membership, RoleKind};
use crate::undo::Begun;

/// The roles that decide what somebody may do with a booking, to be taken into a transaction.
#[derive(Debug, Clone)]
pub struct Roles {
    coordinator: bool,
    led: Vec<SchoolId>,
}

impl Roles {
    /// This person's.
    #[must_use]
    pub fn of(member: &Membership) -> Self {
        Self { coordinator: member.is(RoleKind::Coordinator), led: member.schools_led().map(|school| school.id).collect() }
    }

    /// Who the person is to this booking.
    #[must_use]
    pub fn by(&self, loan: &Loan) -> By {
        self.at(loan.booking.slot.school)
    }

    /// Who the person is to what this school has.
    #[must_use]
    pub fn at(&self, school: SchoolId) -> By {
        if self.coordinator {
            By::Coordinator
        } else if self.led.contains(&school) {
            By::School(school)
        } else {
            // Another school's lead, or somebody who only reads: the school of nobody.
            By::School(self.led.first().copied().unwrap_or(SchoolId(0)))
        }
    }
}

/// What somebody wants to book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// For which school.
    pub school: SchoolId,
    /// What the rules decide on.
    pub wish: Wish,
    /// What is written down beside it.
    pub details: Details,
    /// The booking it repeats.
    pub repeat: Option<BookingId>,
}

/// Why there is no booking, and the shelf that says so.
#[derive(Debug)]
pub struct NoBooking {
    /// The shelf.
    pub reading: Reading,
    /// The rule that is in the way.
    pub refusal: Refusal,
    /// What is free instead, when the copies are taken.
    pub similar: Vec<Similar>,
}

/// Books for a school, once for each request key, and tells those whom it concerns. Gives the booking and where it stands.
///
/// # Errors
/// A rule that is in the way; when there is no such resource.
pub fn book(
    tx: &mut Tx<'_>,
    teller: &Teller,
    resource: ResourceId,
    wanted: &Wanted,
    request_key: String,
) -> Result<(BookingId, State), Stop<Box<NoBooking>>> {
    if let Some(done) = ledger::by_request_key(tx, &request_key)? {
        return Ok(done);
    }
    let reading = shelf::read(tx, resource, wanted.school, Period::new(wanted.wish.first, wanted.wish.last))?;
    let decision = match reserve::reserve(&reading.shelf, &wanted.wish) {
        Ok(decision) => decision,
        Err(refusal) => {
            let similar = similar_to(tx, &reading, Some(&refusal))?;
            return Err(Stop::Refused(Box::new(NoBooking { reading, refusal, similar })));
        }
    };
    let new = New {
        person: tx.person()?,
        details: wanted.details.clone(),
        override_reason: wanted.wish.override_reason.clone(),
        request_key,
        repeated_from: wanted.repeat,
        offer_until: None,
    };
    let id = ledger::insert(tx, &decision, &new)?;
    if decision.kind == Kind::Loan {
        teller.just_booked(tx, &reading, new.booking(id, &decision))?;
    }
    Ok((id, decision.state))
}

/// What is free on the days of which a wish was refused because they are taken.
///
/// # Errors
/// When the database cannot be read.
pub fn similar_to(tx: &mut Tx<'_>, reading: &Reading, refusal: Option<&Refusal>) -> db::Result<Vec<Similar>> {
    match refusal {
        Some(Refusal::Taken(taken)) => shelf::similar(tx, &reading.title, taken.days),
        _ => Ok(Vec::new()),
    }
}

/// A booking and the shelf it is on, as the days would be without it.
#[derive(Debug)]
pub struct Case {
    /// The booking.
    pub loan: Loan,
    /// The shelf without it.
    pub reading: Reading,
    /// Who asks.
    pub by: By,
}

impl Case {
    /// Reads it; `wanted`: the days somebody has in mind for it.
    ///
    /// # Errors
    /// When it is not the person's to change, or not there.
    pub fn read(tx: &mut Tx<'_>, id: BookingId, roles: &Roles, wanted: Option<Period>) -> Result<Self, Stop<NoChange>> {
        let (loan, by) = own(tx, id, roles)?.ok_or(Stop::Refused(NoChange::NotYours))?;
        let slot = loan.booking.slot;
        let near = wanted.map_or(slot.days, |wanted| {
            Period::new(slot.days.first().min(wanted.first()), slot.days.last().max(wanted.last())).unwrap_or(slot.days)
        });
        let mut reading = shelf::read(tx, loan.resource, slot.school, Some(near))?;
        for copy in &mut reading.shelf.copies {
            copy.slots.retain(|other| other.id != id);
        }
        Ok(Self { loan, reading, by })
    }
}

/// What is asked for in place of a booking's days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// The copy; `None` for the one it has.
    pub copy: Option<CopyId>,
    /// Why a coordinator sets a rule aside; may be empty.
    pub override_reason: String,
}

/// Why a booking stays as it is.
#[derive(Debug)]
pub enum NoChange {
    /// It is not this person's.
    NotYours,
    /// A rule is in the way, of this case; with what is free instead.
    Rule(Box<(Case, Refusal, Vec<Similar>)>),
}

/// Gives a booking other days or another copy, and tells those whom it concerns; a little later when it frees days, so that it can be undone
/// until then. `None` when it is as it was asked to be.
///
/// # Errors
/// When it is not the person's, or a rule is in the way.
pub fn change(tx: &mut Tx<'_>, id: BookingId, roles: &Roles, teller: &Teller, to: Change) -> Result<Option<Begun>, Stop<NoChange>> {
    let Change { first, last, copy, override_reason } = to;
    let case = Case::read(tx, id, roles, Period::new(first, last))?;
    let slot = case.loan.booking.slot;
    let wish = Wish { kind: slot.kind, copy: Some(copy.unwrap_or(slot.copy)), first, last, by: case.by, override_reason };
    if let Err(refusal) = later::waits(&case.loan, "") {
        return Err(Stop::Refused(NoChange::Rule(Box::new((case, refusal, Vec::new())))));
    }
    let decided = match changes::change(&case.reading.shelf, &case.loan.booking, &wish) {
        Ok(decision) => spare_who_waits(tx, &case, &wish, decision)?,
        refused => refused,
    };
    let decision = match decided {
        Ok(decision) => decision,
        Err(Refusal::NothingChanged) => return Ok(None),
        Err(refusal) => {
            let similar = similar_to(tx, &case.reading, Some(&refusal))?;
            return Err(Stop::Refused(NoChange::Rule(Box::new((case, refusal, similar)))));
        }
    };
    let to = Moved::of(&case.loan.booking, &decision, &wish.override_reason);
    Ok(Some(later::moved(tx, &case.loan, teller, &to)?))
}

/// More days of a loan that is out go to who waits for them first; a coordinator may set that aside with a reason.
fn spare_who_waits(tx: &mut Tx<'_>, case: &Case, wish: &Wish, mut decision: Decision) -> db::Result<Result<Decision, Refusal>> {
    let slot = &case.loan.booking.slot;
    let Some(added) = changes::prolonged(&case.loan.booking, &decision) else { return Ok(Ok(decision)) };
    let Some((school, days)) = shelf::first_in_line(tx, case.loan.resource, slot, added)? else { return Ok(Ok(decision)) };
    let refusal = Refusal::WaitedFor { school: case.reading.shelf.name(school).to_owned(), days };
    if !wish.may_set_aside(&refusal) {
        return Ok(Err(refusal));
    }
    decision.waived.push(refusal);
    Ok(Ok(decision))
}

/// Approves a request, and tells the school.
///
/// # Errors
/// When the person is no coordinator, or it is no request that can still be approved.
pub fn approve(tx: &mut Tx<'_>, id: BookingId, roles: &Roles, teller: &Teller) -> Result<(), Stop<Refusal>> {
    let (loan, by) = own(tx, id, roles)?.ok_or(Refusal::NotYours)?;
    if loan.booking.slot.state == State::Confirmed {
        return Ok(());
    }
    later::waits(&loan, "")?;
    changes::approve(&loan.booking.slot, by, tx.today())?;
    ledger::set_state(tx, &loan, State::Confirmed, "")?;
    Ok(teller.answered(tx, id, "")?)
}

/// Declines a request with a reason, and tells the school; a little later, so that it can be undone until then.
///
/// # Errors
/// When the person is no coordinator, it is no request, or no reason is given.
pub fn decline(tx: &mut Tx<'_>, id: BookingId, roles: &Roles, teller: &Teller, reason: &str) -> Result<(), Stop<Refusal>> {
    let (loan, by) = own(tx, id, roles)?.ok_or(Refusal::NotYours)?;
    if loan.booking.slot.state == State::Declined || later::waits(&loan, DECLINE)?.is_some() {
        return Ok(());
    }
    changes::decline(&loan.booking.slot, by, reason)?;
    if later::begin(tx, &loan, DECLINE, ("declined", reason), reason.trim().to_owned())? == Begun::Now {
        later::decline(tx, &loan, teller, reason)?;
    }
    Ok(())
}

/// Ends the requests that nobody answered in time, takes their entries out of calendars and tells those who asked. `mail_from`: the
/// address that mails are sent from. How many there were. Only on a day that was lived through (`base::steady`), since nothing brings
/// their days back.
pub fn lapse(tx: &mut Tx<'_>, mail_from: Option<&str>) -> db::Result<usize> {
    let today = tx.today();
    let mut due = loans::requested(tx)?;
    due.retain(|loan| changes::has_lapsed(&loan.booking.slot, today));
    if due.is_empty() {
        return Ok(0);
    }
    // Nobody did this: the time has come.
    let actor = tx.act_as(Actor::Worker);
    let teller = Teller::of_nobody(tx, mail_from)?;
    for loan in &due {
        ledger::set_state(tx, loan, State::Declined, changes::LAPSED)?;
        teller.lapsed(tx, loan.booking.slot.id)?;
    }
    tx.act_as(actor);
    Ok(due.len())
}

/// Cancels a booking with a reason, and tells those whom it concerns; a little later, so that it can be undone until then.
///
/// # Errors
/// When it is not the person's, it is over or out, or no reason is given.
pub fn cancel(tx: &mut Tx<'_>, id: BookingId, roles: &Roles, teller: &Teller, reason: &str) -> Result<(), Stop<Refusal>> {
    let (loan, by) = own(tx, id, roles)?.ok_or(Refusal::NotYours)?;
    if loan.booking.slot.state == State::Cancelled || later::waits(&loan, CANCEL)?.is_some() {
        return Ok(());
    }
    changes::cancel(&loan.booking.slot, by, reason, tx.today())?;
    if later::begin(tx, &loan, CANCEL, ("cancelled", reason), reason.trim().to_owned())? == Begun::Now {
        later::cancel(tx, &loan, teller, reason)?;
    }
    Ok(())
}

/// Days that are put back in one transaction.
const PUT_BACK: usize = 500;

/// Whether a live booking of the cluster lacks a day from today on.
///
/// # Errors
/// When the database cannot be read.
pub fn lacks_days(tx: &mut Tx<'_>) -> db::Result<bool> {
    let (holds, booked) = days::plan(tx)?;
    Ok(missing::lacking(&holds, &booked, tx.today()).next().is_some())
}

/// Puts back a portion of the days from today on that live bookings of the cluster lack, after the booking and day with which the portion
/// before it ended. Gives what became of them, and with what this one ended; `None` when it was the last.
///
/// # Errors
/// When the database cannot be read or written.
pub fn put_back_days(tx: &mut Tx<'_>, after: Option<(BookingId, Day)>) -> db::Result<(PutBack, Option<(BookingId, Day)>)> {
    let (holds, booked) = days::plan(tx)?;
    let all = missing::lacking(&holds, &booked, tx.today());
    let portion: Vec<Lacking> = all.filter(|one| after.is_none_or(|after| (one.booking, one.day) > after)).take(PUT_BACK).collect();
    let done = missing::put_back(&portion);
    days::put(tx, &done.days)?;
    Ok((done, portion.get(PUT_BACK - 1).map(|last| (last.booking, last.day))))
}

/// The booking and who the person is to it; `None` when it is another school's.
fn own(tx: &mut Tx<'_>, id: BookingId, roles: &Roles) -> db::Result<Option<(Loan, By)>> {
    let loan = loans::one(tx, id)?;
    let by = roles.by(&loan);
    Ok(by.may_act_for(loan.booking.slot.school).then_some((loan, by)))
}
