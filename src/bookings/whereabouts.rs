//! Where a copy is now, and when it can next be had: what a card in the catalogue says.
//!
//! What must always hold: a copy that is late, missing, being repaired, or on its way for longer than a journey takes is free on no day,
//! however far ahead, because nobody can say when it comes back (product rule 3). One that changed hands today can be booked ahead.

use super::spans::{self, Search};
use super::{Kind, Slot};
use crate::base::days::{Day, Period};
use crate::base::ids::SchoolId;
use crate::catalogue::{Astray, Place, Spot};

/// Where a copy is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// In its store.
    Home,
    /// At a school that has not booked it.
    At {
        /// Which.
        school: SchoolId,
    },
    /// At a school until the last day of its loan.
    With {
        /// Which.
        school: SchoolId,
        /// The last day.
        until: Day,
    },
    /// A school has it longer than it may.
    Late {
        /// Which.
        school: SchoolId,
        /// The last day of its loan.
        since: Day,
    },
    /// A coordinator keeps it, to restock or mend it.
    Restock {
        /// The last day.
        until: Day,
    },
    /// Neither a school nor the store has it: on its way, or missing.
    Astray(Astray),
    /// Being repaired, missing or retired.
    OutOfService,
}

/// A copy with what is planned for it.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// Whether it can be lent at all.
    pub in_service: bool,
    /// Where custody has it; `None` only where nobody has asked.
    pub spot: Option<Spot>,
    /// Whether neither a school nor the store has it.
    pub astray: Option<Astray>,
    /// Its live bookings by first day, none overlapping: those from today on, and the one it is out for, however old.
    pub slots: &'a [Slot],
}

impl Planned<'_> {
    /// Where it is now: where custody has it, and until when by the loan for which it is there. What somebody holds is known better than
    /// what state it was entered in.
    #[must_use]
    pub fn whereabouts(&self, today: Day) -> Whereabouts {
        if let Some(astray) = self.astray {
            return Whereabouts::Astray(astray);
        }
        if let Some(out) = self.slots.iter().find(|slot| slot.is_out()) {
            return match out.late_since(today) {
                Some(since) => Whereabouts::Late { school: out.school, since },
                None => Whereabouts::With { school: out.school, until: out.days.last() },
            };
        }
        if let Some(Spot { place: Place::School, school, .. }) = self.spot {
            return Whereabouts::At { school };
        }
        if !self.in_service {
            return Whereabouts::OutOfService;
        }
        let kept = self.slots.iter().find(|slot| slot.kind == Kind::Restock && slot.state.is_live() && slot.days.contains(today));
        kept.map_or(Whereabouts::Home, |kept| Whereabouts::Restock { until: kept.days.last() })
    }

    /// Whether it can be had on all the days, with the turnaround after them.
    #[must_use]
    pub fn is_free(&self, wanted: Period, turnaround: u32, today: Day) -> bool {
        self.can_be_had(today) && spans::is_free(self.slots, wanted.extended(turnaround))
    }

    /// The first days on which it can be had.
    #[must_use]
    pub fn next_free(&self, search: &Search<'_>, today: Day) -> Option<Period> {
        self.can_be_had(today).then(|| search.next_free(self.slots, today)).flatten()
    }

    fn can_be_had(&self, today: Day) -> bool {
        self.in_service
            && self.astray.is_none_or(|astray| !astray.keeps_out(today))
            && !self.slots.iter().any(|slot| slot.late_since(today).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{MONK_FRYSTON, calendar, day, period, slot};
    use super::*;
    use crate::base::days;
    use proptest::prelude::*;

    const OUT: &str = "2026-09-28";

    fn out(first: &str, last: &str) -> Slot {
        Slot { collected_on: Some(day(OUT)), ..slot(1, first, last) }
    }

    #[test]
    fn who_has_it_is_known_whatever_was_planned() {
        let today = day("2026-10-14");
        let at = |in_service, slots: &[Slot]| Planned { in_service, spot: None, astray: None, slots }.whereabouts(today);
        assert_eq!(at(true, &[]), Whereabouts::Home);
        assert_eq!(at(false, &[]), Whereabouts::OutOfService);
        assert_eq!(at(true, &[slot(1, "2026-10-12", "2026-10-16")]), Whereabouts::Home, "reserved, not fetched");
        let with = Whereabouts::With { school: MONK_FRYSTON, until: day("2026-10-16") };
        assert_eq!(at(true, &[out("2026-10-12", "2026-10-16")]), with);
        assert_eq!(at(false, &[out("2026-10-12", "2026-10-16")]), with, "being repaired, but not yet brought back");
        let late = Whereabouts::Late { school: MONK_FRYSTON, since: day("2026-10-09") };
        assert_eq!(at(true, &[out("2026-09-28", "2026-10-09")]), late);
        let way = Astray::OnTheWay { from: MONK_FRYSTON, to: None, since: day("2026-10-13"), long_from: None };
        let given = Planned { in_service: true, spot: None, astray: Some(way), slots: &[slot(1, "2026-10-12", "2026-10-16")] };
        assert_eq!(given.whereabouts(today), Whereabouts::Astray(way));
        let found = Spot { place: Place::School, school: MONK_FRYSTON, to: None };
        let found = Planned { in_service: true, spot: Some(found), astray: None, slots: &[slot(1, "2026-10-12", "2026-10-16")] };
        assert_eq!(found.whereabouts(today), Whereabouts::At { school: MONK_FRYSTON }, "found there, and not in its store");
        let kept = Slot { kind: Kind::Restock, ..slot(1, "2026-10-12", "2026-10-16") };
        assert_eq!(at(true, &[kept]), Whereabouts::Restock { until: day("2026-10-16") });
    }

    proptest! {
        #[test]
        fn what_is_late_or_out_of_service_is_never_free(start in 0i64..400, len in 0i64..40, in_service: bool, late: bool, astray: bool) {
            let cal = calendar();
            let today = day("2026-10-14");
            let slots: Vec<Slot> = if late { vec![out("2026-09-28", "2026-10-09")] } else { vec![out("2026-10-12", "2026-10-16")] };
            let astray = astray.then_some(Astray::OnTheWay { from: MONK_FRYSTON, to: None, since: day(OUT), long_from: Some(today) });
            let copy = Planned { in_service, spot: None, astray, slots: &slots };
            let first = days::add(today, start);
            let wanted = Period::new(first, days::add(first, len)).unwrap();
            let search = Search { calendar: &cal, school: None, bookable: period("2026-10-14", "2028-08-31"), turnaround: 0, longest: crate::clusters::longest::Longest::Days(28) };
            if late || astray.is_some() || !in_service {
                prop_assert!(!copy.is_free(wanted, 0, today));
                prop_assert_eq!(copy.next_free(&search, today), None);
            } else {
                prop_assert_eq!(copy.is_free(wanted, 0, today), first > day("2026-10-16"));
                prop_assert_eq!(copy.next_free(&search, today).map(Period::first), Some(day("2026-10-19")));
            }
        }
    }
}
