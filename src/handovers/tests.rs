//! Who may give, receive, take back: a scene and its people.

use super::*;
use crate::base::ids::CopyId;
use crate::bookings::samples::{BOX, MONK_FRYSTON, SAXTON, calendar, day, slot};

const HOME: SchoolId = SchoolId(9);
const BRAYTON: SchoolId = SchoolId(7);

fn custody(place: Place, school: SchoolId, booking: Option<i64>) -> Custody {
    Custody {
        copy: CopyId(BOX.0),
        place,
        school,
        booking: booking.map(BookingId),
        to: None,
        handover: None,
        person: None,
        since: DateTime::<Utc>::UNIX_EPOCH,
        short_essentials: String::new(),
    }
}

fn leg(id: i64, from: Option<i64>, to: Option<Slot>, at: SchoolId, on: &str) -> (Leg, Option<Slot>) {
    let ends = (from.map(BookingId), to.map(|slot| slot.id));
    let leg = Leg {
        id: LegId(id),
        copy: BOX,
        from_booking: ends.0,
        to_booking: ends.1,
        from: MONK_FRYSTON,
        to: at,
        ..crate::journeys::samples::leg(on)
    };
    (leg, to)
}

/// Monk Fryston has it until 16 October; Saxton from the 19th.
fn scene() -> Scene {
    let out = Slot { collected_on: Some(day("2026-10-05")), ..slot(1, "2026-10-05", "2026-10-16") };
    let after = Slot { school: SAXTON, ..slot(2, "2026-10-19", "2026-10-23") };
    Scene {
        home: HOME,
        custody: custody(Place::School, MONK_FRYSTON, Some(1)),
        out: Some(out),
        legs: vec![leg(1, Some(1), Some(after), SAXTON, "2026-10-16"), leg(2, Some(2), None, HOME, "2026-10-23")],
        on_the_way: None,
        today: day("2026-10-16"),
        link: 3,
    }
}

fn lead(school: SchoolId) -> Who {
    Who { coordinator: false, led: vec![school] }
}

#[test]
fn the_holder_gives_and_the_next_receives() {
    let (scene, cal, today) = (scene(), calendar(), day("2026-10-16"));
    let given = give(&scene, &lead(MONK_FRYSTON), today, &cal).unwrap();
    assert_eq!((given.at, given.to(), given.leg), (SAXTON, Some(SAXTON), Some(LegId(1))));
    assert_eq!(receive(&scene, &lead(SAXTON), today, &cal).unwrap().from_booking, Some(BookingId(1)), "though nobody handed it over");
    assert_eq!(give(&scene, &lead(SAXTON), today, &cal), Err(Refusal::NotYours));
    assert_eq!(receive(&scene, &lead(MONK_FRYSTON), today, &cal), Err(Refusal::HasIt));
    for other in [BRAYTON, HOME] {
        assert_eq!(give(&scene, &lead(other), today, &cal), Err(Refusal::NotYours));
        assert_eq!(receive(&scene, &lead(other), today, &cal), Err(Refusal::NotYours));
    }
    let all = Who { coordinator: true, led: vec![] };
    assert!(give(&scene, &all, today, &cal).is_ok() && receive(&scene, &all, today, &cal).is_ok());
}

#[test]
fn receiving_begins_on_the_day_of_the_leg() {
    let (scene, cal) = (scene(), calendar());
    assert_eq!(receive(&scene, &lead(SAXTON), day("2026-10-15"), &cal), Err(Refusal::TooEarly(day("2026-10-16"))));
    assert!(give(&scene, &lead(MONK_FRYSTON), day("2026-10-08"), &cal).is_ok(), "who has done with it early may say so");
}

#[test]
fn what_is_on_its_way_is_received_or_taken_back() {
    let way = OnTheWay {
        id: HandoverId(5),
        from_booking: Some(BookingId(1)),
        to_booking: Some(BookingId(2)),
        from: MONK_FRYSTON,
        to: Some(SAXTON),
        by: None,
        on: day("2026-10-08"),
    };
    let moving = Scene { custody: custody(Place::Transit, MONK_FRYSTON, None), out: None, on_the_way: Some(way), ..scene() };
    let (cal, today) = (calendar(), day("2026-10-09"));
    assert_eq!(give(&moving, &lead(MONK_FRYSTON), today, &cal), Err(Refusal::OnItsWay));
    assert_eq!(receive(&moving, &lead(MONK_FRYSTON), today, &cal), Err(Refusal::OnItsWay));
    assert_eq!(receive(&moving, &lead(SAXTON), today, &cal).unwrap().from_booking, Some(BookingId(1)));
    assert_eq!(take_back(&moving, &lead(MONK_FRYSTON)), Ok(way));
    assert_eq!(take_back(&moving, &lead(SAXTON)), Err(Refusal::NotYours));
    assert_eq!(take_back(&moving, &lead(HOME)), Err(Refusal::NotYours));
    // What goes home never came, its store says.
    let home = OnTheWay { to: None, to_booking: None, ..way };
    assert_eq!(take_back(&Scene { on_the_way: Some(home), ..moving.clone() }, &lead(HOME)), Ok(home));
    assert_eq!(take_back(&scene(), &lead(SAXTON)), Err(Refusal::NotOnItsWay));
    // The booking it was given up for is cancelled on the way: then the store gets it.
    let cancelled = Scene { legs: vec![], ..moving };
    assert_eq!(next(&cancelled).map(|next| (next.at, next.slot)), Some((HOME, None)));
    assert!(receive(&cancelled, &lead(HOME), today, &cal).is_ok());
}

#[test]
fn the_store_gives_out_and_takes_in() {
    let cal = calendar();
    let first = Slot { school: SAXTON, ..slot(2, "2026-10-19", "2026-10-23") };
    let stored = Scene {
        custody: custody(Place::Store, HOME, None),
        out: None,
        legs: vec![leg(1, None, Some(first), SAXTON, "2026-10-19")],
        ..scene()
    };
    assert_eq!(give(&stored, &lead(HOME), day("2026-10-15"), &cal), Err(Refusal::TooEarly(day("2026-10-16"))));
    assert!(give(&stored, &lead(HOME), day("2026-10-16"), &cal).is_ok());
    assert!(receive(&stored, &lead(SAXTON), day("2026-10-16"), &cal).is_ok());
    let idle = Scene { legs: vec![], ..stored };
    assert_eq!(give(&idle, &lead(HOME), day("2026-10-16"), &cal), Err(Refusal::NobodyNext));
    assert_eq!(receive(&idle, &lead(HOME), day("2026-10-16"), &cal), Err(Refusal::NobodyNext));
    let back = Scene { legs: vec![], ..scene() };
    let next = receive(&back, &lead(HOME), day("2026-10-16"), &cal).unwrap();
    assert_eq!((next.to(), next.from_booking), (None, Some(BookingId(1))));
    let own = Scene { home: MONK_FRYSTON, ..back };
    assert_eq!(give(&own, &lead(MONK_FRYSTON), day("2026-10-16"), &cal), Err(Refusal::Stays));
    assert!(receive(&own, &lead(MONK_FRYSTON), day("2026-10-16"), &cal).is_ok(), "back on the own shelf");
}

#[test]
fn what_is_missing_is_nobodys_to_hand_over() {
    let lost = Scene { custody: custody(Place::Missing, MONK_FRYSTON, None), out: None, ..scene() };
    assert_eq!(give(&lost, &lead(MONK_FRYSTON), day("2026-10-16"), &calendar()), Err(Refusal::Missing));
    assert_eq!(receive(&lost, &lead(SAXTON), day("2026-10-16"), &calendar()), Err(Refusal::NotYours));
}

#[test]
fn a_form_acts_on_what_it_was_opened_for_and_on_nothing_else() {
    let scene = scene();
    let (giver, receiver) = (scene.seen(Side::Giver), scene.seen(Side::Receiver));
    assert_eq!((giver.at, receiver.at), (None, Some(SAXTON)));
    for (seen, side) in [(giver, Side::Giver), (receiver, Side::Receiver)] {
        assert_eq!(seen.to_string().parse(), Ok(seen));
        assert_eq!(as_seen(Ok(7), Some(seen), &scene, side), Ok(7));
    }
    let moved = Scene { link: 4, ..scene.clone() };
    for (seen, side) in [(giver, Side::Giver), (receiver, Side::Receiver)] {
        assert_eq!(as_seen(Ok(7), Some(seen), &moved, side), Err(Refusal::MovedOn));
        assert_eq!(as_seen(Ok(7), None, &scene, side), Err(Refusal::MovedOn), "a form that does not say");
        assert_eq!(as_seen::<()>(Err(Refusal::HasIt), Some(seen), &moved, side), Err(Refusal::HasIt), "the better reason");
        // What was once somebody's is not refused like what never was.
        assert_eq!(as_seen::<()>(Err(Refusal::NotYours), Some(seen), &moved, side), Err(Refusal::MovedOn));
        assert_eq!(as_seen::<()>(Err(Refusal::NotYours), Some(seen), &scene, side), Err(Refusal::NotYours));
        assert_eq!(as_seen::<()>(Err(Refusal::NotYours), None, &scene, side), Err(Refusal::NotYours));
    }
    // It was given up while the receiver was counting; then again, and that is another journey.
    let way = OnTheWay {
        id: HandoverId(5),
        from_booking: Some(BookingId(1)),
        to_booking: Some(BookingId(2)),
        from: MONK_FRYSTON,
        to: Some(SAXTON),
        by: None,
        on: day("2026-10-08"),
    };
    let given = Scene { custody: custody(Place::Transit, MONK_FRYSTON, None), out: None, on_the_way: Some(way), ..moved };
    assert_eq!(as_seen(Ok(7), Some(receiver), &given, Side::Receiver), Ok(7));
    assert_eq!(as_seen(Ok(7), Some(receiver), &Scene { link: 6, ..given.clone() }, Side::Receiver), Err(Refusal::MovedOn));
    assert_eq!(as_seen(Ok(7), Some(giver), &given, Side::Giver), Err(Refusal::MovedOn));
    // The booking for which it was to be received is cancelled; now it goes to the store.
    for cancelled in [Scene { legs: vec![], ..scene }, Scene { legs: vec![], ..given }] {
        assert_eq!(as_seen(Ok(7), Some(receiver), &cancelled, Side::Receiver), Err(Refusal::MovedOn));
    }
    for nonsense in ["", "x", "3-", "3-x", "-"] {
        assert!(nonsense.parse::<Seen>().is_err(), "{nonsense}");
    }
}

#[test]
fn who_has_it_counts_it() {
    let scene = scene();
    assert_eq!(count(&scene, &lead(MONK_FRYSTON)), Ok(()));
    assert_eq!(count(&scene, &lead(SAXTON)), Err(Refusal::NotYours));
    let place = |place| Scene { custody: custody(place, MONK_FRYSTON, None), out: None, ..scene.clone() };
    assert_eq!(count(&place(Place::Store), &lead(MONK_FRYSTON)), Ok(()));
    assert_eq!(count(&place(Place::Transit), &lead(MONK_FRYSTON)), Err(Refusal::OnItsWay));
    assert_eq!(count(&place(Place::Missing), &lead(MONK_FRYSTON)), Err(Refusal::Missing));
}

#[test]
fn a_givers_count_may_come_after_it_was_received_for_some_days() {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let taken = Taken { id: HandoverId(5), from: MONK_FRYSTON, to: Some(SAXTON), at };
    assert_eq!(give_late(&taken, &lead(MONK_FRYSTON), at + TimeDelta::days(LATE_DAYS)), Ok(()));
    assert_eq!(give_late(&taken, &lead(MONK_FRYSTON), at + TimeDelta::days(LATE_DAYS + 1)), Err(Refusal::TooLate));
    assert_eq!(give_late(&taken, &lead(SAXTON), at), Err(Refusal::MovedOn));
}
