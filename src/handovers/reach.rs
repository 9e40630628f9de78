//! Whether a leg can happen: whether who is to give the copy has it, or gets it in time as things are planned. Pure.
//!
//! What must always hold: nobody is reminded to have ready, to fetch or to bring what is missing, being mended, or late at a third
//! school. Whose booking waits for it hears that it is at risk instead.

use super::reminders::Facts;
use super::{Leg, Place};
use crate::base::days::Day;
use crate::catalogue::Astray;

/// Whether the giver of the leg has the copy, or will have it by the plan.
#[must_use]
pub fn can_happen(leg: &Leg, facts: &Facts<'_>, today: Day) -> bool {
    let giver_has_it = match facts.custody.place {
        Place::School => facts.custody.school == leg.from,
        Place::Store => facts.home == leg.from && leg.from_booking.is_none(),
        Place::Transit | Place::Missing => false,
    };
    if facts.missing {
        return false;
    }
    if facts.out_of_service.is_some() {
        // It still goes home, and to nobody else.
        return giver_has_it && leg.to_booking.is_none();
    }
    let astray = facts.custody.plight().astray.is_some_and(|astray: Astray| astray.keeps_out(today));
    let late = facts.out.is_some_and(|out| out.late_since(today).is_some());
    giver_has_it || !(astray || late)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{BookingId, CopyId, SchoolId};
    use crate::bookings::Slot;
    use crate::bookings::samples::slot;
    use crate::handovers::Custody;
    use crate::people::terms::samples::{SAXTON, day};

    const HOME: SchoolId = SchoolId(1);
    const NEXT: SchoolId = SchoolId(7);

    fn leg(from_booking: Option<i64>, from: SchoolId, to_booking: Option<i64>, to: SchoolId) -> Leg {
        let ends = (from_booking.map(BookingId), to_booking.map(BookingId));
        Leg { from_booking: ends.0, to_booking: ends.1, from, to, ..crate::handovers::samples::leg("2026-12-07") }
    }

    fn custody(place: Place, school: SchoolId) -> Custody {
        Custody {
            copy: CopyId(10),
            place,
            school,
            booking: None,
            to: None,
            handover: None,
            person: None,
            since: "2026-11-23T10:00:00Z".parse().unwrap(),
            short_essentials: String::new(),
        }
    }

    fn facts(custody: &Custody) -> Facts<'_> {
        Facts { custody, home: HOME, out: None, counted: true, next: None, out_of_service: None, missing: false, transit_days: 3 }
    }

    #[test]
    fn what_lies_in_its_store_can_go_unless_it_is_missing_or_being_mended() {
        let (here, today) = (custody(Place::Store, HOME), day("2026-11-30"));
        let out = leg(None, HOME, Some(2), NEXT);
        assert!(can_happen(&out, &facts(&here), today));
        assert!(!can_happen(&out, &Facts { out_of_service: Some("being repaired"), ..facts(&here) }, today));
        assert!(!can_happen(&out, &Facts { out_of_service: Some("missing"), missing: true, ..facts(&here) }, today));
        assert!(!can_happen(&out, &facts(&custody(Place::Missing, HOME)), today));
        // The way back of a loan that has not begun.
        let back = leg(Some(2), NEXT, None, HOME);
        assert!(can_happen(&back, &facts(&here), today), "it may be fetched before");
        assert!(!can_happen(&back, &Facts { out_of_service: Some("being repaired"), ..facts(&here) }, today));
    }

    #[test]
    fn what_a_third_school_has_can_go_as_long_as_that_is_not_late() {
        let held = custody(Place::School, SAXTON);
        let until = |last: &str| Slot { school: SAXTON, collected_on: Some(day("2026-11-09")), ..slot(1, "2026-11-09", last) };
        let out = leg(None, HOME, Some(2), NEXT);
        let of = |last: &str, leg: &Leg| can_happen(leg, &Facts { out: Some(until(last)), ..facts(&held) }, day("2026-11-30"));
        assert!(of("2026-11-30", &out), "its last day is today");
        assert!(!of("2026-11-27", &out), "the home school cannot have it ready");
        assert!(of("2026-11-27", &leg(Some(1), SAXTON, Some(2), NEXT)), "who has it can give it");
        assert!(of("2026-11-27", &leg(Some(1), SAXTON, None, HOME)));
        let mended = Facts { out: Some(until("2026-12-04")), out_of_service: Some("being repaired"), ..facts(&held) };
        assert!(can_happen(&leg(Some(1), SAXTON, None, HOME), &mended, day("2026-11-30")), "it still goes home");
        assert!(!can_happen(&leg(Some(1), SAXTON, Some(2), NEXT), &mended, day("2026-11-30")));
    }

    #[test]
    fn what_is_on_its_way_can_go_on_for_a_week() {
        let away = Custody { to: Some(SAXTON), ..custody(Place::Transit, HOME) };
        let onwards = leg(Some(1), SAXTON, Some(2), NEXT);
        assert!(can_happen(&onwards, &facts(&away), day("2026-11-30")));
        assert!(!can_happen(&onwards, &facts(&away), day("2026-12-01")));
    }
}
