//! Booking a copy for a school: the plan of who has what from when to when, and the decisions that change it.
//!
//! What must always hold: no two live bookings of a copy share a day, turnaround included (product rule 1). The rules here
//! choose and explain; the table of booked days refuses whatever slips past them. Plan and possession are separate facts: a
//! late box cancels nothing, it puts the bookings after it at risk (product rule 3).
//!
//! Every decision is a pure function from a [`Shelf`], which is all that was read, to a [`Decision`] or a [`Refusal`].

pub mod changes;
pub mod errands;
pub mod ics;
pub mod letters;
pub mod missing;
pub mod moved;
pub mod pages;
pub mod refusals;
pub mod reserve;
pub mod rules;
pub mod spans;
pub mod stands;
pub mod still;
pub mod store;
pub mod whereabouts;
pub mod acts;
pub mod tell;

pub use refusals::{Field, Refusal, Taken, TakenCopy};
pub use reserve::{Decision, Membership, OwnLoan, Shelf, ShelfCopy, Standing, Wish};
pub use rules::{FurthestAhead, Limit, Rules};

use chrono::{DateTime, Utc};

use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, PersonId, SchoolId};
use crate::catalogue::{Astray, Plight};

/// What a booking is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// A school has the copy.
    Loan,
    /// A coordinator keeps the copy for some days, to restock or mend it: the same guarantee, no rules of lending.
    Restock,
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// Waits for the coordinator's approval, and holds its days meanwhile.
    Requested,
    /// Holds its days.
    Confirmed,
    /// The coordinator said no.
    Declined,
    /// Given up, with a reason.
    Cancelled,
}

impl State {
    /// Whether the booking holds its days.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Requested | Self::Confirmed)
    }

    /// The state as people read it: "Confirmed".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "Requested",
            Self::Confirmed => "Confirmed",
            Self::Declined => "Declined",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// The part of a booking that the plan is made of: who, what, when. Small, because a term view holds hundreds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its id.
    pub id: BookingId,
    /// The copy that is booked.
    pub copy: CopyId,
    /// The school that has it.
    pub school: SchoolId,
    /// Loan or restock.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// From the first to the last day.
    pub days: Period,
    /// The last day on which nobody else can have it: the last day and the turnaround after it.
    pub held_until: Day,
    /// The day the school fetched it.
    pub collected_on: Option<Day>,
    /// The day the school gave it back.
    pub returned_on: Option<Day>,
    /// An offer of the waiting list: how long its days are held for the school to answer. `None` for what somebody has booked.
    pub offer_until: Option<DateTime<Utc>>,
}

impl Slot {
    /// All days that nobody else can have: the booking and its turnaround.
    #[must_use]
    pub fn held(&self) -> Period {
        Period::new(self.days.first(), self.held_until).unwrap_or(self.days)
    }

    /// Whether it is no booking yet, but days that the waiting list holds for the school until it answers.
    #[must_use]
    pub fn is_offer(&self) -> bool {
        self.offer_until.is_some()
    }

    /// Whether it waits for the coordinator's answer.
    #[must_use]
    pub fn is_request(&self) -> bool {
        self.state == State::Requested && !self.is_offer()
    }

    /// The last day on which the school can take what is offered.
    #[must_use]
    pub fn offered_to(&self) -> Option<Day> {
        self.offer_until.map(last_day_of)
    }

    /// Whether the school has the copy now.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.collected_on.is_some() && self.returned_on.is_none()
    }

    /// The last day of a loan that should be back and is not: since then it is late, and for as long as it is out.
    #[must_use]
    pub fn late_since(&self, today: Day) -> Option<Day> {
        (self.state == State::Confirmed && self.is_out() && self.days.last() < today).then(|| self.days.last())
    }

    /// Whether it is over: its days are past, or it was given back, and nobody waits for it.
    #[must_use]
    pub fn is_over(&self, today: Day) -> bool {
        !self.state.is_live() || self.returned_on.is_some() || (self.days.last() < today && !self.is_out())
    }
}

/// Why a future booking may not happen as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Risk {
    /// Another school has not given the copy back.
    Late {
        /// The school that has it.
        holder: SchoolId,
        /// The last day of its loan.
        since: Day,
    },
    /// The copy is being mended, missing or retired; the words say which.
    OutOfService(String),
    /// Nobody knows where the copy is.
    Missing {
        /// Who had it last.
        last: SchoolId,
        /// The day it was reported.
        since: Day,
    },
    /// The copy was given up, and for longer than a journey takes nobody has received it.
    OnTheWay {
        /// Who handed it over.
        from: SchoolId,
        /// The day it was given up.
        since: Day,
    },
    /// Something without which the box is no use was short at the last count: "Torch: 2 of 6 missing".
    Incomplete(String),
}

impl Risk {
    /// The reason in a sentence or two. `name` gives a school's short name.
    #[must_use]
    pub fn words<'a>(&self, name: impl Fn(SchoolId) -> &'a str) -> String {
        match self {
            Self::Late { holder, since } => {
                format!("{} has not given it back. It was due on {}.", name(*holder), days::full(*since))
            }
            Self::OutOfService(why) => format!("It cannot be lent at the moment: it is {why}."),
            Self::Missing { last, since } => {
                format!("Nobody knows where it is. {} had it last. It was reported missing on {}.", name(*last), days::full(*since))
            }
            Self::OnTheWay { from, since } => {
                format!("{} handed it over on {}, and nobody has received it yet.", name(*from), days::full(*since))
            }
            Self::Incomplete(what) => format!("A part that it needs is short. {what}."),
        }
    }
}

/// Whether a booking is at risk, and the weightiest reason: see [`risks`].
#[must_use]
pub fn risk(slot: &Slot, late: Option<&Slot>, out_of_service: Option<&str>, plight: &Plight, today: Day) -> Option<Risk> {
    risks(slot, late, out_of_service, plight, today).into_iter().next()
}

/// Why a booking is at risk, the weightiest reason first: it is live, not fetched yet, and the copy late at another school, missing,
/// too long on its way, out of service, or without something that it needs. `late` is the copy's late loan, if it has one. Pages and
/// letters ask this and nothing else. What custody says of a late loan counts where the plan was not read.
#[must_use]
pub fn risks(slot: &Slot, late: Option<&Slot>, out_of_service: Option<&str>, plight: &Plight, today: Day) -> Vec<Risk> {
    let mut all = Vec::new();
    if slot.is_over(today) || slot.collected_on.is_some() {
        return all;
    }
    // A school that has the next loan, too, keeps the copy and waits for nobody.
    let by_plan = late
        .filter(|late| late.id != slot.id && late.copy == slot.copy)
        .and_then(|late| Some((late.school, late.late_since(today)?)))
        .or_else(|| plight.late(today));
    if let Some((holder, since)) = by_plan.filter(|(holder, _)| *holder != slot.school) {
        all.push(Risk::Late { holder, since });
    }
    if slot.kind != Kind::Loan {
        return all;
    }
    match plight.astray {
        Some(Astray::Missing { last, since }) => all.push(Risk::Missing { last, since }),
        Some(astray @ Astray::OnTheWay { from, since, .. }) if astray.keeps_out(today) => all.push(Risk::OnTheWay { from, since }),
        _ => {}
    }
    // That it is missing is said once.
    if let Some(why) = out_of_service.filter(|_| !matches!(plight.astray, Some(Astray::Missing { .. }))) {
        all.push(Risk::OutOfService(why.to_owned()));
    }
    if !plight.short.is_empty() {
        all.push(Risk::Incomplete(plight.short.clone()));
    }
    all
}

/// A booking with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Who, what, when.
    pub slot: Slot,
    /// Who booked it.
    pub person: PersonId,
    /// The class or year group, as typed.
    pub class_name: String,
    /// What it is for, as typed.
    pub purpose: String,
    /// How many pupils will use it.
    pub pupils: Option<u16>,
    /// The calendar entry's SEQUENCE: rises with every change that a calendar should show.
    pub sequence: u32,
    /// Why a coordinator let it break a rule; empty when none was broken.
    pub override_reason: String,
    /// Why it was cancelled or declined.
    pub ended_reason: String,
    /// The booking of the year before that it repeats.
    pub repeated_from: Option<BookingId>,
}

/// Who asks for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Somebody who may borrow for this school.
    School(SchoolId),
    /// A coordinator, who may do it for every school.
    Coordinator,
}

impl By {
    /// Whether the booking of that school is his to change.
    #[must_use]
    pub fn may_act_for(self, school: SchoolId) -> bool {
        match self {
            Self::School(own) => own == school,
            Self::Coordinator => true,
        }
    }

    /// Whether he approves requests and may override rules.
    #[must_use]
    pub fn is_coordinator(self) -> bool {
        self == Self::Coordinator
    }
}

/// "1 day", "12 days".
#[must_use]
pub(crate) fn count_of(number: i64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The day that ends at this moment: an offer runs to the end of a day.
#[must_use]
pub fn last_day_of(end: DateTime<Utc>) -> Day {
    clock::today(end - chrono::TimeDelta::seconds(1))
}

/// The last day of a booking's hold: `turnaround` days after its last day.
#[must_use]
pub fn held_until(days: Period, turnaround: u32) -> Day {
    days::add(days.last(), i64::from(turnaround))
}

/// Slots and shelves for this room's tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    pub use crate::year::samples::{SAXTON, calendar, day, period};

    pub const MONK_FRYSTON: SchoolId = SchoolId(1);
    pub const BOX: CopyId = CopyId(10);

    /// A confirmed loan of [`BOX`] by Monk Fryston without turnaround.
    pub fn slot(id: i64, first: &str, last: &str) -> Slot {
        let days = period(first, last);
        Slot {
            id: BookingId(id),
            copy: BOX,
            school: MONK_FRYSTON,
            kind: Kind::Loan,
            state: State::Confirmed,
            days,
            held_until: days.last(),
            collected_on: None,
            returned_on: None,
            offer_until: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{SAXTON, day, slot};
    use super::*;

    #[test]
    fn late_is_open_ended_and_puts_the_next_at_risk() {
        let (today, fine) = (day("2026-10-14"), Plight::default());
        let late = Slot { collected_on: Some(day("2026-09-28")), ..slot(1, "2026-09-28", "2026-10-09") };
        assert_eq!(late.late_since(today), Some(day("2026-10-09")));
        assert_eq!(late.late_since(day("2026-10-09")), None, "the last day is still the school's");
        assert_eq!(late.late_since(day("2029-01-01")), Some(day("2026-10-09")));
        let next = Slot { school: SAXTON, ..slot(2, "2026-10-19", "2026-10-23") };
        assert_eq!(risk(&next, Some(&late), None, &fine, today), Some(Risk::Late { holder: late.school, since: day("2026-10-09") }));
        let back = Slot { returned_on: Some(today), ..late };
        assert_eq!(risk(&next, Some(&back), None, &fine, today), None);
        assert_eq!(risk(&next, None, Some("being repaired"), &fine, today), Some(Risk::OutOfService("being repaired".into())));
        assert_eq!(risk(&late, Some(&late), None, &fine, today), None, "a late loan is late, not at risk");
        let own = slot(2, "2026-10-19", "2026-10-23");
        assert_eq!(risk(&own, Some(&late), None, &fine, today), None, "a school does not wait for itself");
        let short = Plight { short: "Torch: 2 of 6 missing".into(), ..Plight::default() };
        assert_eq!(risks(&next, Some(&late), Some("being repaired"), &short, today).len(), 3, "each reason");
    }

    #[test]
    fn what_custody_says_puts_a_booking_at_risk() {
        let today = day("2026-10-14");
        let next = slot(2, "2026-10-19", "2026-10-23");
        let at = |astray, short: &str| risk(&next, None, None, &Plight { astray, short: short.to_owned(), ..Plight::default() }, today);
        let missing = Astray::Missing { last: SAXTON, since: day("2026-10-12") };
        assert_eq!(at(Some(missing), "x"), Some(Risk::Missing { last: SAXTON, since: day("2026-10-12") }));
        let since = day("2026-10-06");
        let way = |long| Some(Astray::OnTheWay { from: SAXTON, to: None, since, long_from: Some(day(long)) });
        assert_eq!(at(way("2026-10-15"), ""), None, "it may yet come");
        assert_eq!(at(way("2026-10-14"), ""), Some(Risk::OnTheWay { from: SAXTON, since }));
        let short = at(way("2026-10-15"), "Torch: 2 of 6 missing").unwrap();
        assert_eq!(short.words(|_| "Saxton"), "A part that it needs is short. Torch: 2 of 6 missing.");
        let restock = Slot { kind: Kind::Restock, ..next };
        assert_eq!(risk(&restock, None, None, &Plight { astray: Some(missing), short: "x".into(), ..Plight::default() }, today), None);
        let fetched = Slot { collected_on: Some(today), ..next };
        assert_eq!(risk(&fetched, None, None, &Plight { short: "x".into(), ..Plight::default() }, today), None);
    }

    #[test]
    fn a_request_never_fetched_is_over_when_its_days_are_past() {
        let past = slot(1, "2026-09-28", "2026-10-09");
        assert!(past.is_over(day("2026-10-10")));
        assert!(!past.is_over(day("2026-10-09")));
        assert!(!Slot { collected_on: Some(day("2026-09-28")), ..past }.is_over(day("2026-11-30")));
    }
}
