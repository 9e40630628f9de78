//! What is done to a booking: read, decide, store, tell.

use crate::base::Period;
use crate::base::ids::{BookingId, ResourceId, SchoolId};
use crate::bookings::pages::reserve::No;
use crate::bookings::pages::reserve::ask::Wanted;
use crate::bookings::store::ledger::{self, New};
use crate::bookings::store::loans::Loan;
use crate::bookings::store::shelf::{self, Reading, Similar};
use crate::bookings::tell::Teller;
use crate::bookings::{By, Kind, Refusal, State, reserve};
use crate::db::{self, Stop, Tx};
use crate::people::{Member, RoleKind};

/// The roles that decide what somebody may do with a booking, to be taken into a transaction.
#[derive(Debug, Clone)]
pub struct Roles {
    coordinator: bool,
    led: Vec<SchoolId>,
}

impl Roles {
    /// This person's.
    #[must_use]
    pub fn of(member: &Member) -> Self {
        Self { coordinator: member.is(RoleKind::Coordinator), led: member.schools_led().map(|school| school.id).collect() }
    }

    /// Who the person is to this booking.
    #[must_use]
    pub fn by(&self, loan: &Loan) -> By {
        let school = loan.booking.slot.school;
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

pub(crate) fn booked(
    tx: &mut Tx<'_>,
    teller: &Teller,
    resource: ResourceId,
    wanted: &Wanted,
    person: crate::base::ids::PersonId,
    request_key: String,
    days: Option<Period>,
) -> Result<(BookingId, State), Stop<No>> {
    if let Some(done) = ledger::by_request_key(tx, &request_key)? {
        return Ok(done);
    }
    let reading = shelf::read(tx, resource, wanted.school, days)?;
    let decision = match reserve::reserve(&reading.shelf, &wanted.wish) {
        Ok(decision) => decision,
        Err(refusal) => {
            let similar = similar_to(tx, &reading, Some(&refusal))?;
            return Err(Stop::Refused(Box::new((reading, refusal, similar))));
        }
    };
    let new = New {
        person,
        details: wanted.details.clone(),
        override_reason: wanted.wish.override_reason.clone(),
        request_key,
        repeated_from: wanted.repeat,
        offer_until: None,
    };
    let id = ledger::insert(tx, &decision, &new)?;
    if decision.kind == Kind::Loan {
        teller.booked(tx, id)?;
    }
    Ok((id, decision.state))
}

pub(crate) fn similar_to(tx: &mut Tx<'_>, reading: &Reading, refusal: Option<&Refusal>) -> Result<Vec<Similar>, db::Error> {
    match refusal {
        Some(Refusal::Taken(taken)) => shelf::similar(tx, &reading.title, taken.days),
        _ => Ok(Vec::new()),
    }
}
