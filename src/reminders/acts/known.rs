//! What is known of copies when the worker looks at them, and at the moment of sending: read for as many copies as are asked for in
//! the same few queries.

use std::collections::BTreeMap;

use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::CopyId;
use crate::bookings::store::loans;
use crate::bookings::{Kind, Slot, State};
use crate::catalogue::{Astray, CopyState};
use crate::db::{Result, Tx};
use crate::journeys::{Custody, Leg, Place, store};
use crate::reminders::{Facts, store as looks, suspicious};
use crate::year::store::calendar_of_journeys;

/// What is known of a copy now.
pub struct Known {
    /// Where it is.
    pub custody: Custody,
    /// What it is.
    pub thing: looks::Thing,
    /// The loan for which a school has it.
    pub out: Option<Slot>,
    /// Whether anything was counted when that began; `false` until somebody asks.
    pub counted: bool,
    /// The next loan that is confirmed and not fetched, read only when something may be in its way; and whether it was booked within
    /// the last day, `false` until somebody asks.
    pub next: Option<(Slot, bool)>,
    long_from: Option<Day>,
}

impl Known {
    /// Reads these copies: five queries at most, however many there are.
    pub fn read(tx: &mut Tx<'_>, copies: &[CopyId]) -> Result<BTreeMap<CopyId, Self>> {
        if copies.is_empty() {
            return Ok(BTreeMap::new());
        }
        let today = tx.today();
        let here = store::of(tx, copies)?;
        let began = here.iter().filter(|one| one.place == Place::Transit).map(|one| clock::today(one.since));
        let calendar = calendar_of_journeys(tx, began)?;
        let mut things: BTreeMap<CopyId, looks::Thing> =
            looks::things(tx, Some(copies))?.into_iter().map(|thing| (thing.copy, thing)).collect();
        let out: Vec<Slot> = if here.iter().any(|one| one.booking.is_some()) { loans::out_now(tx)? } else { vec![] };
        let mut known = BTreeMap::new();
        for custody in here {
            let Some(thing) = things.remove(&custody.copy) else { continue };
            let out = out.iter().find(|slot| custody.place == Place::School && custody.booking == Some(slot.id)).copied();
            let to = custody.to.unwrap_or(thing.home);
            let long_from = (custody.place == Place::Transit).then(|| calendar.long_from(clock::today(custody.since), to)).flatten();
            let one = Self { custody, thing, out, counted: false, next: None, long_from };
            known.insert(one.custody.copy, one);
        }
        let suspects: Vec<CopyId> = known.iter().filter(|(_, one)| suspicious(&one.facts(), today)).map(|(copy, _)| *copy).collect();
        if suspects.is_empty() {
            return Ok(known);
        }
        let ahead = Period::new(today, days::END).unwrap_or(Period::day(today));
        for (slot, _) in loans::around(tx, &suspects, ahead)? {
            let coming =
                slot.kind == Kind::Loan && slot.state == State::Confirmed && slot.collected_on.is_none() && slot.days.last() >= today;
            if let Some(one) = known.get_mut(&slot.copy).filter(|one| coming && one.next.is_none()) {
                one.next = Some((slot, false));
            }
        }
        Ok(known)
    }

    /// One copy.
    pub fn one(tx: &mut Tx<'_>, copy: CopyId) -> Result<Self> {
        Self::read(tx, &[copy])?.remove(&copy).ok_or_else(|| looks::wrong("custody_copy"))
    }

    /// As the table asks for it.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            custody: &self.custody,
            home: self.thing.home,
            out: self.out,
            counted: self.counted,
            next: self.next,
            out_of_service: self.thing.state.why_not(),
            missing: self.thing.state == CopyState::Missing || self.custody.place == Place::Missing,
            long_from: self.long_from,
        }
    }
}

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
    let astray = facts.custody.plight(facts.long_from).astray.is_some_and(|astray: Astray| astray.keeps_out(today));
    let late = facts.out.is_some_and(|out| out.late_since(today).is_some());
    giver_has_it || !(astray || late)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{BookingId, CopyId, SchoolId};
    use crate::bookings::Slot;
    use crate::bookings::samples::slot;
    use crate::journeys::Custody;
    use crate::year::samples::{SAXTON, day};

    const HOME: SchoolId = SchoolId(1);
    const NEXT: SchoolId = SchoolId(7);

    fn leg(from_booking: Option<i64>, from: SchoolId, to_booking: Option<i64>, to: SchoolId) -> Leg {
        let ends = (from_booking.map(BookingId), to_booking.map(BookingId));
        Leg { from_booking: ends.0, to_booking: ends.1, from, to, ..crate::journeys::samples::leg("2026-12-07") }
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
        Facts { custody, home: HOME, out: None, counted: true, next: None, out_of_service: None, missing: false, long_from: None }
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
    fn what_is_on_its_way_can_go_on_until_that_takes_too_long() {
        let away = Custody { to: Some(SAXTON), ..custody(Place::Transit, HOME) };
        let onwards = leg(Some(1), SAXTON, Some(2), NEXT);
        let facts = Facts { long_from: Some(day("2026-12-01")), ..facts(&away) };
        assert!(can_happen(&onwards, &facts, day("2026-11-30")));
        assert!(!can_happen(&onwards, &facts, day("2026-12-01")));
    }
}
