//! How a copy and a loan stand, in one word each, and the facts that are written beside a copy's tag wherever the tag stands. Pure.
//!
//! What must always hold: where a copy is follows from custody alone; a page, a letter and a feed that name a copy say the same of it at
//! one moment, because all of them ask here.

use crate::base::days::{Day, Period};
use crate::base::ids::BookingId;
use crate::bookings::{self, Slot, State, changes};
use crate::catalogue::{CopyState, Place, Plight};

/// How a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum CopyStands {
    /// It lies in its store and can be lent.
    InStore,
    /// A school has it for a loan.
    Out,
    /// A school has it longer than it may.
    Late,
    /// A school has it without a booking.
    WithoutBooking,
    /// Given up by one side, not received by the other.
    OnItsWay,
    /// Nobody knows where it is.
    Missing,
    /// It lies in its store and is being mended.
    Repair,
    /// It is gone for good.
    Retired,
}

impl CopyStands {
    /// Of a copy whose custody is known.
    #[must_use]
    pub fn of(plight: &Plight, state: CopyState, today: Day) -> Self {
        match (plight.spot.map(|spot| spot.place), plight.out) {
            (Some(Place::Missing), _) => Self::Missing,
            (Some(Place::Transit), _) => Self::OnItsWay,
            (Some(Place::School), Some(out)) if out.days.last() < today => Self::Late,
            (Some(Place::School), Some(_)) => Self::Out,
            (Some(Place::School), None) => Self::WithoutBooking,
            (Some(Place::Store) | None, _) => match state {
                CopyState::InService => Self::InStore,
                CopyState::Repair => Self::Repair,
                CopyState::Missing => Self::Missing,
                CopyState::Retired => Self::Retired,
            },
        }
    }
}

/// How a loan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum LoanStands {
    /// The school has the copy longer than it may.
    Late,
    /// Given back.
    Returned,
    /// The school has the copy.
    Out,
    /// Held by the waiting list until the school answers.
    Offered,
    /// Asked for, and nobody said yes or no while there was time.
    NotAnswered,
    /// Waits for the coordinator.
    Waiting,
    /// Its days are past.
    Over,
    /// It may not happen as planned.
    AtRisk,
    /// It stands.
    Confirmed,
    /// The coordinator said no.
    Declined,
    /// Taken back.
    Cancelled,
}

impl LoanStands {
    /// Of a booking. `at_risk`: whether [`crate::bookings::risk`] found a reason.
    #[must_use]
    pub fn of(slot: &Slot, at_risk: bool, today: Day) -> Self {
        match slot.state {
            _ if slot.late_since(today).is_some() => Self::Late,
            _ if slot.returned_on.is_some() => Self::Returned,
            _ if slot.is_out() => Self::Out,
            State::Requested if slot.is_offer() => Self::Offered,
            State::Requested if changes::has_lapsed(slot, today) => Self::NotAnswered,
            State::Requested => Self::Waiting,
            State::Confirmed if slot.is_over(today) => Self::Over,
            State::Confirmed if at_risk => Self::AtRisk,
            State::Confirmed => Self::Confirmed,
            State::Declined => Self::Declined,
            State::Cancelled => Self::Cancelled,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Late => "Late",
            Self::Returned => "Returned",
            Self::Out => "Out now",
            Self::Offered => "Offered",
            Self::NotAnswered => "Not answered",
            Self::Waiting => "Waiting for approval",
            Self::Over => "Over",
            Self::AtRisk => "At risk",
            Self::Confirmed => "Confirmed",
            Self::Declined => State::Declined.name(),
            Self::Cancelled => State::Cancelled.name(),
        }
    }
}

/// What is written beside a copy's tag, of the copy itself or of a loan of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// "EL1".
    pub tag: String,
    /// Where the copy is, as [`crate::catalogue::Spot`] is written.
    pub place: String,
    /// How the copy stands, or the loan.
    pub state: &'static str,
    /// "2026-12-07/2026-12-11": the days of the loan, or of the one for which a school has the copy; empty when none has.
    pub days: String,
    /// The essential parts that were short at the last count, in words; empty when none was.
    pub missing: String,
    /// The loan that is spoken of; `None` when it is the copy.
    pub loan: Option<BookingId>,
}

impl Beside {
    /// Of a copy.
    #[must_use]
    pub fn of_copy(tag: &str, plight: &Plight, state: CopyState, today: Day) -> Self {
        let stands = CopyStands::of(plight, state, today);
        Self { state: stands.into(), days: plight.out.map(|out| span(out.days)).unwrap_or_default(), loan: None, ..Self::at(tag, plight) }
    }

    /// Of a loan of it.
    #[must_use]
    pub fn of_loan(tag: &str, plight: &Plight, state: CopyState, slot: &Slot, today: Day) -> Self {
        let at_risk = bookings::risk(slot, None, state.why_not(), plight, today).is_some();
        Self { state: LoanStands::of(slot, at_risk, today).into(), days: span(slot.days), loan: Some(slot.id), ..Self::at(tag, plight) }
    }

    fn at(tag: &str, plight: &Plight) -> Self {
        let place = plight.spot.map(|spot| spot.to_string()).unwrap_or_default();
        Self { tag: tag.to_owned(), place, state: "", days: String::new(), missing: plight.short.clone(), loan: None }
    }
}

fn span(days: Period) -> String {
    format!("{}/{}", days.first(), days.last())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::SchoolId;
    use crate::bookings::samples::{day, period, slot};
    use crate::catalogue::{Out, Spot};

    fn at(place: Place) -> Plight {
        Plight { spot: Some(Spot { place, school: SchoolId(1), to: None }), ..Plight::default() }
    }

    #[test]
    fn custody_says_how_a_copy_stands() {
        let today = day("2026-10-14");
        let (days, past) = (period("2026-10-12", "2026-10-16"), period("2026-10-05", "2026-10-09"));
        let out = |place, days| Plight { out: Some(Out { booking: BookingId(1), days }), ..at(place) };
        let stands = |plight: &Plight| CopyStands::of(plight, CopyState::InService, today);
        assert_eq!(stands(&at(Place::Store)), CopyStands::InStore);
        assert_eq!(stands(&out(Place::School, days)), CopyStands::Out);
        assert_eq!(stands(&out(Place::School, past)), CopyStands::Late);
        assert_eq!(stands(&at(Place::School)), CopyStands::WithoutBooking);
        assert_eq!(stands(&at(Place::Transit)), CopyStands::OnItsWay);
        assert_eq!(stands(&at(Place::Missing)), CopyStands::Missing);
        assert_eq!(CopyStands::of(&at(Place::Store), CopyState::Repair, today), CopyStands::Repair);
    }

    #[test]
    fn the_facts_are_those_of_the_loan_or_of_the_copy() {
        let (today, loan) = (day("2026-10-14"), slot(7, "2026-10-19", "2026-10-23"));
        let short = Plight { short: "Torch: 2 of 6 missing".into(), ..at(Place::Store) };
        let beside = Beside::of_loan("EL1", &short, CopyState::InService, &loan, today);
        assert_eq!((beside.state, beside.days.as_str(), beside.loan), ("at-risk", "2026-10-19/2026-10-23", Some(loan.id)));
        assert_eq!((beside.place, beside.missing.as_str()), (format!("store {}", SchoolId(1)), "Torch: 2 of 6 missing"));
        let copy = Beside::of_copy("EL1", &at(Place::Store), CopyState::InService, today);
        assert_eq!((copy.state, copy.days.as_str(), copy.loan), ("in-store", "", None));
    }
}
