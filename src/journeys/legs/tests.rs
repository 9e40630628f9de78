//! Laying legs, and following bookings.

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::base::ids::CopyId;
use crate::bookings::samples::{BOX, MONK_FRYSTON, SAXTON, calendar, day, slot};

const HOME: SchoolId = SchoolId(9);

fn at(place: Place, school: SchoolId) -> Custody {
    Custody {
        copy: BOX,
        place,
        school,
        booking: None,
        to: None,
        handover: None,
        person: None,
        since: DateTime::UNIX_EPOCH,
        short_essentials: String::new(),
    }
}

fn laid_for(custody: &Custody, slots: &[Slot]) -> Vec<Wanted> {
    lay(&Route { home: HOME, custody, slots, today: day("2026-09-14") }, &calendar())
}

fn of(school: SchoolId, slot: Slot) -> Slot {
    Slot { school, ..slot }
}

fn leg(id: i64, want: &Wanted) -> Leg {
    want.leg(LegId(id), BOX, want.day)
}

#[test]
fn a_loan_far_from_others_comes_from_the_store_and_goes_back() {
    let legs = laid_for(&at(Place::Store, HOME), &[slot(1, "2026-10-12", "2026-10-16")]);
    assert_eq!(
        legs,
        [
            Wanted { from_booking: None, to_booking: Some(BookingId(1)), from: HOME, to: MONK_FRYSTON, day: day("2026-10-12") },
            Wanted { from_booking: Some(BookingId(1)), to_booking: None, from: MONK_FRYSTON, to: HOME, day: day("2026-10-16") },
        ]
    );
    assert_eq!(legs.iter().map(Wanted::way).collect::<Vec<_>>(), [Way::Fetch, Way::Bring]);
}

#[test]
fn neighbours_hand_it_on_directly_on_a_day_when_both_are_open() {
    // Saxton has INSET days on 2 and 3 November 2026; half-term is the week before.
    let one = slot(1, "2026-10-12", "2026-10-23");
    let next = of(SAXTON, slot(2, "2026-10-30", "2026-11-06"));
    let legs = laid_for(&at(Place::Store, HOME), &[one, next]);
    let direct =
        Wanted { from_booking: Some(BookingId(1)), to_booking: Some(BookingId(2)), from: MONK_FRYSTON, to: SAXTON, day: day("2026-10-23") };
    assert_eq!(legs[1], direct);
    assert_eq!(legs.len(), 3, "out of the store, across, back into the store");
    // A loan that ends on a day on which the receiver is closed is handed on before.
    let ends = of(MONK_FRYSTON, slot(1, "2026-10-19", "2026-11-02"));
    let begins = of(SAXTON, slot(2, "2026-11-04", "2026-11-06"));
    assert_eq!(laid_for(&at(Place::Store, HOME), &[ends, begins])[1].day, day("2026-10-23"), "nearest before, over half-term");
}

#[test]
fn a_gap_or_a_restock_sends_it_home_in_between() {
    let one = slot(1, "2026-10-05", "2026-10-09");
    let far = of(SAXTON, slot(2, "2026-10-19", "2026-10-23"));
    let legs = laid_for(&at(Place::Store, HOME), &[one, far]);
    assert_eq!(
        legs.iter().map(|leg| (leg.from, leg.to)).collect::<Vec<_>>(),
        [(HOME, MONK_FRYSTON), (MONK_FRYSTON, HOME), (HOME, SAXTON), (SAXTON, HOME)]
    );
    let restock = Slot { kind: Kind::Restock, ..slot(3, "2026-10-10", "2026-10-11") };
    let soon = of(SAXTON, slot(2, "2026-10-12", "2026-10-16"));
    let legs = laid_for(&at(Place::Store, HOME), &[one, restock, soon]);
    assert_eq!(legs.len(), 4, "what is restocked passes through the store");
}

#[test]
fn the_first_leg_begins_where_the_copy_is() {
    let next = of(SAXTON, slot(2, "2026-10-19", "2026-10-23"));
    let astray = at(Place::School, MONK_FRYSTON);
    assert_eq!(laid_for(&astray, &[next])[0].from, MONK_FRYSTON);
    let out = Slot { collected_on: Some(day("2026-10-12")), ..slot(1, "2026-10-12", "2026-10-16") };
    let legs = laid_for(&at(Place::School, MONK_FRYSTON), &[out, next]);
    assert_eq!(legs.len(), 2, "no leg to a loan that has begun");
    assert_eq!(legs[0].from_booking, Some(BookingId(1)));
}

#[test]
fn a_school_that_keeps_the_store_moves_nothing() {
    let own = of(HOME, slot(1, "2026-10-12", "2026-10-16"));
    assert!(laid_for(&at(Place::Store, HOME), &[own]).iter().all(|leg| leg.way() == Way::Stays));
}

#[test]
fn what_is_agreed_stays_while_the_ends_are_the_same_and_the_day_is_near() {
    let today = day("2026-10-01");
    let one = slot(1, "2026-10-05", "2026-10-16");
    let next = of(SAXTON, slot(2, "2026-10-19", "2026-10-23"));
    let custody = at(Place::Store, HOME);
    let wanted = laid_for(&custody, &[one, next]);
    let mut planned: Vec<Leg> = wanted.iter().enumerate().map(|(n, want)| leg(i64::try_from(n).unwrap_or_default(), want)).collect();
    planned[1] = Leg { agreed: true, day: day("2026-10-15"), way: Way::Bring, ..planned[1].clone() };
    assert_eq!(compare(&planned, &wanted, None, &BTreeMap::new(), &calendar(), today), Plan::default());
    // Days move a little: the agreed day is still near, so it stays. They move far: what the bookings ask for holds again.
    let near = laid_for(&custody, &[Slot { days: crate::bookings::samples::period("2026-10-05", "2026-10-14"), ..one }, next]);
    let plan = compare(&planned, &near, None, &BTreeMap::new(), &calendar(), today);
    assert!(plan.changed.iter().all(|(before, _)| before.id != planned[1].id), "{plan:?}");
    let far = laid_for(&custody, &[one, of(SAXTON, slot(2, "2026-11-09", "2026-11-13"))]);
    let plan = compare(&planned, &far, None, &BTreeMap::new(), &calendar(), today);
    let moved = plan.changed.iter().find(|(before, _)| before.id == planned[1].id).map(|(_, after)| after);
    assert!(moved.is_some_and(|leg| !leg.agreed && leg.revision == 1 && leg.way == leg.clone().way), "{plan:?}");
}

#[test]
fn a_booking_in_between_turns_one_leg_into_two_and_its_end_turns_them_back() {
    let today = day("2026-10-01");
    let custody = at(Place::Store, HOME);
    let one = slot(1, "2026-10-05", "2026-10-09");
    let before = laid_for(&custody, &[one]);
    let planned: Vec<Leg> = before.iter().enumerate().map(|(n, want)| leg(i64::try_from(n).unwrap_or_default(), want)).collect();
    let between = of(SAXTON, slot(2, "2026-10-12", "2026-10-16"));
    let plan = compare(&planned, &laid_for(&custody, &[one, between]), None, &BTreeMap::new(), &calendar(), today);
    assert_eq!(plan.changed.len(), 1, "what went home goes to Saxton now");
    assert_eq!(plan.changed[0].1.to_booking, Some(BookingId(2)));
    assert_eq!(plan.new.len(), 1);
    assert!(plan.ended.is_empty());
    let mut now = planned;
    now[1] = plan.changed[0].1.clone();
    now.push(leg(7, &plan.new[0]));
    let back = compare(&now, &before, None, &BTreeMap::new(), &calendar(), today);
    assert_eq!(back.changed.len(), 1);
    assert_eq!(back.ended.iter().map(|(leg, state)| (leg.id, *state)).collect::<Vec<_>>(), [(LegId(7), LegState::Dropped)]);
}

#[test]
fn what_is_agreed_falls_when_a_school_closes_and_outlasts_the_day_that_has_passed() {
    let one = slot(1, "2026-10-05", "2026-10-16");
    let wanted = laid_for(&at(Place::School, MONK_FRYSTON), &[Slot { collected_on: Some(day("2026-10-05")), ..one }]);
    let on = |text: &str, way| vec![Leg { agreed: true, day: day(text), way, ..leg(1, &wanted[0]) }];
    let follow = |planned: &[Leg], today| compare(planned, &wanted, None, &BTreeMap::new(), &calendar(), day(today)).changed;
    let saturday = follow(&on("2026-10-17", Way::Bring), "2026-10-12");
    assert_eq!(saturday[0].1.day, day("2026-10-16"), "closed by now");
    assert_eq!(follow(&on("2026-10-17", Way::Meeting), "2026-10-12"), [], "people meet on any day");
    // Overdue, and agreed anew for a day a fortnight later.
    assert_eq!(follow(&on("2026-11-04", Way::Bring), "2026-10-20"), []);
    assert_eq!(follow(&on("2026-11-04", Way::Bring), "2026-11-05")[0].1.day, day("2026-10-16"), "it came to nothing");
}

#[test]
fn no_leg_to_come_is_laid_into_the_past_or_before_the_giver_has_it() {
    let lay_on = |today: &str, slots: &[Slot]| {
        let custody = at(Place::Store, HOME);
        lay(&Route { home: HOME, custody: &custody, slots, today: day(today) }, &calendar())
    };
    // Half-term is from 26 to 30 October 2026.
    let in_holidays = of(MONK_FRYSTON, slot(1, "2026-10-28", "2026-11-06"));
    assert_eq!(lay_on("2026-10-20", &[in_holidays])[0].day, day("2026-10-23"), "the last day before the holidays");
    assert_eq!(lay_on("2026-10-27", &[in_holidays])[0].day, day("2026-11-03"), "the first one after, the 2nd being an INSET day");
    assert_eq!(lay_on("2026-11-10", &[Slot { collected_on: Some(day("2026-10-23")), ..in_holidays }])[0].day, day("2026-11-06"), "late");
    let short = of(MONK_FRYSTON, slot(1, "2026-10-26", "2026-10-27"));
    let next = of(SAXTON, slot(2, "2026-11-04", "2026-11-06"));
    assert_eq!(lay_on("2026-10-20", &[short, next])[1].day, day("2026-11-03"), "not before the giver has it, and not in the holidays");
}

#[test]
fn what_is_on_its_way_to_the_store_comes_out_of_the_store() {
    let next = of(SAXTON, slot(2, "2026-10-19", "2026-10-23"));
    let on_the_way = at(Place::Transit, MONK_FRYSTON);
    assert_eq!(laid_for(&on_the_way, &[next])[0].from, HOME);
    assert_eq!(laid_for(&Custody { to: Some(SAXTON), ..on_the_way.clone() }, &[next])[0].from, MONK_FRYSTON);
    assert_eq!(laid_for(&Custody { to: Some(SchoolId(77)), ..on_the_way }, &[next])[0].from, HOME, "whose booking is gone");
}

#[test]
fn what_has_arrived_is_done_and_what_is_under_way_is_left_alone() {
    let today = day("2026-10-12");
    let want = |from, to| Wanted { from_booking: from, to_booking: to, from: MONK_FRYSTON, to: SAXTON, day: today };
    let arrived = leg(1, &want(None, Some(BookingId(2))));
    let home = leg(2, &want(Some(BookingId(3)), None));
    let moving = leg(3, &want(Some(BookingId(4)), Some(BookingId(5))));
    let possession = BTreeMap::from([(BookingId(2), (true, false)), (BookingId(3), (true, true))]);
    let wanted = [Wanted { from: HOME, ..want(None, Some(BookingId(5))) }];
    let plan = compare(&[arrived.clone(), home.clone(), moving], &wanted, Some(LegId(3)), &possession, &calendar(), today);
    assert_eq!(plan.ended, [(arrived, LegState::Done), (home, LegState::Done)]);
    assert!(plan.changed.is_empty() && plan.new.is_empty(), "{plan:?}");
}

proptest! {
    /// Whatever the bookings: each loan has at most one leg to it and one from it, legs join up, and laying them again changes nothing.
    #[test]
    fn legs_join_up(starts in proptest::collection::btree_set(0i64..60, 1..8), schools in proptest::collection::vec(1i64..4, 8), out: bool) {
        let origin = day("2026-09-07");
        let slots: Vec<Slot> = starts
            .iter()
            .enumerate()
            .map(|(n, start)| {
                let first = days::add(origin, start * 7);
                let last = days::add(first, 4);
                let slot = slot(i64::try_from(n).unwrap_or_default() + 1, &first.to_string(), &last.to_string());
                let collected_on = (out && n == 0).then_some(first);
                Slot { school: SchoolId(schools[n]), copy: CopyId(10), collected_on, ..slot }
            })
            .collect();
        let custody = if out { at(Place::School, slots[0].school) } else { at(Place::Store, HOME) };
        let legs = laid_for(&custody, &slots);
        for slot in &slots {
            let to = legs.iter().filter(|leg| leg.to_booking == Some(slot.id)).count();
            let from = legs.iter().filter(|leg| leg.from_booking == Some(slot.id)).count();
            prop_assert_eq!(to, usize::from(!slot.is_out()));
            prop_assert_eq!(from, 1);
        }
        for pair in legs.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
        }
        let planned: Vec<Leg> = legs.iter().enumerate().map(|(n, want)| leg(i64::try_from(n).unwrap_or_default(), want)).collect();
        prop_assert_eq!(compare(&planned, &legs, None, &BTreeMap::new(), &calendar(), origin), Plan::default());
    }
}
