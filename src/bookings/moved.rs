//! What a booking is to be instead, as it was decided: other days or another copy, which may wait to be carried out (see `undo`). Pure.

use super::{Booking, Decision, Refusal, Slot, State};
use crate::base::days::{self, Day, Period};
use crate::base::ids::CopyId;

/// A decision on other days or another copy, with the booking as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The copy.
    pub copy: CopyId,
    /// Its tag.
    pub tag: String,
    /// From the first to the last day.
    pub days: Period,
    /// The last day on which nobody else can have it.
    pub held_until: Day,
    /// Requested or confirmed.
    pub state: State,
    /// Why a coordinator set rules aside, as it is kept with the booking.
    pub reason: String,
    /// The rules that were set aside, in words; empty when none was.
    pub set_aside: String,
    /// The booking's calendar SEQUENCE when this was decided.
    sequence: u32,
    /// Whether the school had fetched it by then.
    collected: bool,
}

impl Moved {
    /// The decision; `reason`: why rules were set aside.
    #[must_use]
    pub fn of(old: &Booking, decision: &Decision, reason: &str) -> Self {
        let set_aside: Vec<&str> = decision.waived.iter().filter_map(Refusal::rule).collect();
        Self {
            copy: decision.copy,
            tag: decision.tag.clone(),
            days: decision.days,
            held_until: decision.held_until,
            state: decision.state,
            reason: if decision.waived.is_empty() { old.override_reason.clone() } else { reason.trim().to_owned() },
            set_aside: set_aside.join(", "),
            sequence: old.sequence,
            collected: old.slot.collected_on.is_some(),
        }
    }

    /// All days that nobody else can have.
    #[must_use]
    pub fn held(&self) -> Period {
        Period::new(self.days.first(), self.held_until).unwrap_or(self.days)
    }

    /// Whether days of the booking become free by it.
    #[must_use]
    pub fn frees(&self, slot: &Slot) -> bool {
        self.copy != slot.copy || self.days.first() > slot.days.first() || self.held_until < slot.held_until
    }

    /// The days that the booking does not hold yet. Where it frees days of the same copy, it adds some at one end at most.
    #[must_use]
    pub fn beyond(&self, slot: &Slot) -> Option<Period> {
        let (new, old) = (self.held(), slot.held());
        if self.copy != slot.copy || !new.overlaps(old) {
            return Some(new);
        }
        let before = Period::new(new.first(), days::add(old.first(), -1));
        before.or_else(|| Period::new(days::add(old.last(), 1), new.last()))
    }

    /// Whether the booking stands as it did when this was decided.
    #[must_use]
    pub fn fits(&self, booking: &Booking) -> bool {
        let slot = &booking.slot;
        let same = booking.sequence == self.sequence && slot.collected_on.is_some() == self.collected;
        same && slot.state.is_live() && slot.returned_on.is_none()
    }

    /// "BM1, 7 to 18 December 2026; set aside: shortest notice (School trip)".
    #[must_use]
    pub fn words(&self) -> String {
        let set_aside =
            if self.set_aside.is_empty() { String::new() } else { format!("; set aside: {} ({})", self.set_aside, self.reason) };
        format!("{}, {}{set_aside}", self.tag, self.days)
    }

    /// As it is written down; [`Moved::read`] reads it.
    #[must_use]
    pub fn write(&self) -> String {
        let plain = [
            self.copy.to_string(),
            self.days.first().to_string(),
            self.days.last().to_string(),
            self.held_until.to_string(),
            self.state.to_string(),
            self.sequence.to_string(),
            self.collected.to_string(),
        ];
        // What was typed is one line each.
        format!("{}\n{}\n{}\n{}", plain.join(" "), self.tag, self.reason.replace('\n', " "), self.set_aside)
    }

    /// What [`Moved::write`] wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let mut plain = lines.next()?.split(' ');
        let mut next = || plain.next();
        let copy = next()?.parse().ok()?;
        let days = Period::new(days::parse_iso(next()?)?, days::parse_iso(next()?)?)?;
        let held_until = days::parse_iso(next()?)?;
        let (state, sequence, collected) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
        let mut line = || lines.next().map(str::to_owned);
        Some(Self { copy, tag: line()?, days, held_until, state, reason: line()?, set_aside: line()?, sequence, collected })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{BOX, SAXTON, day, period, slot};
    use super::*;
    use crate::base::ids::PersonId;
    use crate::bookings::Kind;

    fn old() -> Booking {
        Booking {
            slot: Slot { held_until: day("2026-11-22"), ..slot(1, "2026-11-09", "2026-11-20") },
            person: PersonId(1),
            class_name: String::new(),
            purpose: String::new(),
            pupils: None,
            sequence: 3,
            override_reason: "The school is near".into(),
            ended_reason: String::new(),
            repeated_from: None,
        }
    }

    fn to(copy: CopyId, first: &str, last: &str, held: &str) -> Moved {
        let decision = Decision {
            copy,
            tag: "EL 1".into(),
            school: SAXTON,
            kind: Kind::Loan,
            days: period(first, last),
            held_until: day(held),
            state: State::Confirmed,
            asked: None,
            waived: vec![],
        };
        Moved::of(&old(), &decision, "unused")
    }

    #[test]
    fn what_it_frees_and_what_it_adds() {
        let slot = old().slot;
        for (copy, first, last, held, frees, beyond) in [
            (BOX, "2026-11-09", "2026-11-27", "2026-11-29", false, Some(period("2026-11-23", "2026-11-29"))),
            (BOX, "2026-11-09", "2026-11-13", "2026-11-15", true, None),
            (BOX, "2026-11-16", "2026-11-27", "2026-11-29", true, Some(period("2026-11-23", "2026-11-29"))),
            (BOX, "2026-11-02", "2026-11-13", "2026-11-15", true, Some(period("2026-11-02", "2026-11-08"))),
            (BOX, "2026-12-07", "2026-12-11", "2026-12-13", true, Some(period("2026-12-07", "2026-12-13"))),
            (CopyId(11), "2026-11-09", "2026-11-20", "2026-11-22", true, Some(period("2026-11-09", "2026-11-22"))),
        ] {
            let moved = to(copy, first, last, held);
            assert_eq!((moved.frees(&slot), moved.beyond(&slot)), (frees, beyond), "{first} {last}");
        }
    }

    #[test]
    fn it_is_read_as_it_was_written_and_fits_what_it_was_decided_on() {
        let moved = to(BOX, "2026-12-07", "2026-12-11", "2026-12-13");
        assert_eq!(moved.reason, "The school is near", "no rule was set aside anew");
        assert_eq!(Moved::read(&moved.write()), Some(moved.clone()));
        assert_eq!(moved.words(), "EL 1, 7 to 11 December 2026");
        for nonsense in ["", "x", "1 2 3\n\n\n"] {
            assert_eq!(Moved::read(nonsense), None, "{nonsense}");
        }
        assert!(moved.fits(&old()));
        assert!(!moved.fits(&Booking { sequence: 4, ..old() }), "it was changed");
        let slot = old().slot;
        assert!(!moved.fits(&Booking { slot: Slot { collected_on: Some(day("2026-11-09")), ..slot }, ..old() }), "it was fetched");
        assert!(!moved.fits(&Booking { slot: Slot { state: State::Cancelled, ..slot }, ..old() }));
    }
}
