//! Tests of the waiting list's rules: each refusal once, the order, the deadline, and what no offer may break.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::bookings::{Membership, OwnLoan, ShelfCopy};
use crate::year::samples::{SAXTON, calendar, day, period};

const OTHER: SchoolId = SchoolId(1);
const BOX: ResourceId = ResourceId(5);
const ONE: CopyId = CopyId(10);
const TWO: CopyId = CopyId(11);

fn slot(copy: CopyId, school: SchoolId, days: Period) -> Slot {
    Slot {
        id: BookingId(1),
        copy,
        school,
        kind: Kind::Loan,
        state: bookings::State::Confirmed,
        days,
        held_until: days.last(),
        collected_on: None,
        returned_on: None,
        offer_until: None,
    }
}

fn standing(school: SchoolId) -> Standing {
    Standing { school, memberships: vec![Membership { joined: day("2020-09-01"), left: None, sabbatical: None }] }
}

/// Two copies, both taken by the other school from 9 to 20 November.
fn shelf() -> Shelf {
    let taken = period("2026-11-09", "2026-11-20");
    let copy =
        |id, tag: &str| ShelfCopy { id, tag: tag.into(), out_of_service: None, missing: Vec::new(), slots: vec![slot(id, OTHER, taken)] };
    Shelf {
        today: day("2026-10-14"),
        rules: Rules { longest: Longest::Days(28), ..Rules::default() },
        calendar: calendar(),
        copies: vec![copy(ONE, "EL1"), copy(TWO, "EL2")],
        standing: standing(SAXTON),
        own: Vec::new(),
        names: BTreeMap::from([(SAXTON, "Saxton".into()), (OTHER, "Monk Fryston".into())]),
    }
}

/// Three loans of the school that last the whole term.
fn three() -> Vec<OwnLoan> {
    (101..104).map(|id| OwnLoan { id: BookingId(id), days: period("2026-09-02", "2026-12-18"), late: false }).collect()
}

fn wish(first: &str, last: &str) -> Wish {
    Wish { kind: Kind::Loan, copy: None, first: day(first), last: day(last), by: By::Coordinator, override_reason: "Please".into() }
}

fn wait(id: i64, school: SchoolId, copy: Option<CopyId>, days: Period) -> Wait {
    Wait {
        id: WaitId(id),
        resource: BOX,
        copy,
        school,
        person: PersonId(1),
        days,
        class_name: String::new(),
        purpose: String::new(),
        state: State::Waiting,
        booking: None,
    }
}

#[test]
fn a_place_is_for_days_that_others_have() {
    let week = period("2026-11-09", "2026-11-13");
    assert_eq!(ask(&shelf(), BOX, &wish("2026-11-09", "2026-11-13"), &[]), Ok(week));
    // From a Saturday on: moved to school days, as a booking is.
    assert_eq!(ask(&shelf(), BOX, &wish("2026-11-07", "2026-11-13"), &[]), Ok(week));
    // How many bookings the school has matters only when it takes an offer.
    assert_eq!(ask(&Shelf { own: three(), ..shelf() }, BOX, &wish("2026-11-09", "2026-11-13"), &[]), Ok(week));
    // A copy that is late is free on no day, so one can wait for it.
    let mut late = shelf();
    for copy in &mut late.copies {
        copy.slots = vec![Slot { collected_on: Some(day("2026-09-28")), ..slot(copy.id, OTHER, period("2026-09-28", "2026-10-09")) }];
    }
    assert_eq!(ask(&late, BOX, &wish("2026-11-09", "2026-11-13"), &[]), Ok(week));
}

#[test]
fn each_refusal_says_what_would_do() {
    let words = |shelf: &Shelf, wish: &Wish, open: &[Wait]| ask(shelf, BOX, wish, open).unwrap_err().message();
    let week = || wish("2026-11-09", "2026-11-13");
    assert_eq!(
        words(&shelf(), &wish("2026-11-23", "2026-11-26"), &[]),
        "It is free from 23 to 26 November 2026. You need not wait: reserve it"
    );
    assert!(words(&shelf(), &wish("2026-10-12", "2026-10-16"), &[]).starts_with("The first day must be today or later"));
    // A coordinator's reason sets no rule aside here.
    assert!(words(&shelf(), &wish("2026-11-09", "2026-12-18"), &[]).starts_with("A loan can last 28 days at most"));
    assert!(words(&shelf(), &wish("2028-09-04", "2028-09-08"), &[]).starts_with("Bookings can be made up to the end of next school year"));
    let mut own = shelf();
    for copy in &mut own.copies {
        copy.slots[0].school = SAXTON;
    }
    assert!(words(&own, &week(), &[]).starts_with("Your school has it on some of these days already"));
    own.copies[0].slots[0].school = OTHER;
    assert!(ask(&own, BOX, &week(), &[]).is_ok(), "a second copy can be waited for");
    let there = wait(1, SAXTON, Some(TWO), period("2026-11-09", "2026-11-13"));
    assert_eq!(ask(&shelf(), BOX, &week(), std::slice::from_ref(&there)), Err(Refusal::Already(WaitId(1))));
    let over = Wait { state: State::Lapsed, ..there.clone() };
    assert!(ask(&shelf(), BOX, &week(), &[over]).is_ok());
    let of_another = Wait { school: OTHER, ..there };
    assert!(ask(&shelf(), BOX, &week(), &[of_another]).is_ok());
    let many: Vec<Wait> = (0..10).map(|id| wait(id, SAXTON, None, period("2027-01-11", "2027-01-15"))).collect();
    assert_eq!(
        words(&shelf(), &week(), &many),
        "A school can have 10 places on the waiting list, and Saxton has that many. Give one up first"
    );
    assert!(ask(&shelf(), BOX, &week(), &many[1..]).is_ok());
}

#[test]
fn free_days_go_to_the_first_whose_wish_fits_wholly() {
    let mut shelf = shelf();
    shelf.copies[1].slots = vec![slot(TWO, OTHER, period("2026-11-09", "2026-11-13"))];
    let long = wait(1, OTHER, None, period("2026-11-09", "2026-11-20"));
    let second = wait(2, SAXTON, None, period("2026-11-16", "2026-11-20"));
    let third = wait(3, OTHER, None, period("2026-11-16", "2026-11-17"));
    let other_copy = wait(4, OTHER, Some(ONE), period("2026-11-18", "2026-11-19"));
    let given = |waits: &[Wait]| -> Vec<(i64, CopyId)> {
        offers(&shelf, waits, standing).into_iter().map(|(id, decision)| (id.0, decision.copy)).collect()
    };
    let all = [long, second.clone(), third.clone(), other_copy];
    assert_eq!(given(&all), [(2, TWO)], "the first wants more than is free, the third is behind the second");
    assert_eq!(given(&[all[0].clone(), third]), [(3, TWO)]);
    // Who has an offer already is not offered a second one for the same place.
    assert_eq!(given(&[Wait { state: State::Offered, ..second }]), []);
    // A school that is on sabbatical is passed over.
    let resting = |school| Standing {
        memberships: vec![Membership { joined: day("2020-09-01"), left: None, sabbatical: Some(period("2026-11-01", "2026-12-18")) }],
        ..standing(school)
    };
    assert_eq!(offers(&shelf, &all, |school| if school == SAXTON { resting(school) } else { standing(school) })[0].0, WaitId(3));
    // An offer is a request whose days are held.
    let (_, decision) = &offers(&shelf, &all, standing)[0];
    assert_eq!((decision.state, decision.days), (bookings::State::Requested, period("2026-11-16", "2026-11-20")));
}

#[test]
fn what_is_late_out_of_service_or_past_is_not_offered() {
    let wanted = [wait(1, SAXTON, None, period("2026-11-23", "2026-11-26"))];
    assert_eq!(offers(&shelf(), &wanted, standing).len(), 1);
    let mut away = shelf();
    away.copies[0].out_of_service = Some("being repaired".into());
    away.copies[1].slots = vec![Slot { collected_on: Some(day("2026-09-28")), ..slot(TWO, OTHER, period("2026-09-28", "2026-10-09")) }];
    assert_eq!(offers(&away, &wanted, standing), []);
    assert_eq!(offers(&Shelf { today: day("2026-11-24"), ..shelf() }, &wanted, standing), [], "its first day is past");
    let mut turnaround = shelf();
    turnaround.rules.turnaround_days = 3;
    for copy in &mut turnaround.copies {
        copy.slots.push(slot(copy.id, OTHER, period("2026-11-27", "2026-11-30")));
    }
    assert_eq!(offers(&turnaround, &wanted, standing), [], "no time to travel and check");
}

#[test]
fn an_offer_lasts_to_the_end_of_a_school_day() {
    let cal = calendar();
    let end = |now: &str, days, first: &str| ends(&cal, SAXTON, now.parse().unwrap(), days, day(first)).to_rfc3339();
    // Monday: Wednesday is the second school day after it.
    assert_eq!(end("2026-11-23T09:00:00Z", 2, "2026-12-07"), "2026-11-26T00:00:00+00:00");
    // Wednesday: Thursday, then over Saxton's INSET day and the weekend to Monday.
    assert_eq!(end("2026-11-25T09:00:00Z", 2, "2026-12-07"), "2026-12-01T00:00:00+00:00");
    // In summer time and over the clock change in half-term: midnight in London is midnight in UTC then.
    assert_eq!(end("2026-10-22T22:59:00Z", 1, "2026-12-07"), "2026-10-23T23:00:00+00:00");
    assert_eq!(end("2026-10-22T09:00:00Z", 2, "2026-12-07"), "2026-11-04T00:00:00+00:00");
    // The spring change: offered in winter, ended in summer time.
    assert_eq!(end("2027-03-25T09:00:00Z", 1, "2027-06-07"), "2027-04-12T23:00:00+00:00");
    // A leap year's last February day is a day like others.
    assert_eq!(end("2028-02-28T09:00:00Z", 1, "2028-03-13"), "2028-03-01T00:00:00+00:00");
    // Never later than the first day asked for, and never before the end of today.
    assert_eq!(end("2026-11-23T09:00:00Z", 2, "2026-11-24"), "2026-11-25T00:00:00+00:00");
    assert_eq!(end("2026-11-23T23:59:00Z", 20, "2026-11-23"), "2026-11-24T00:00:00+00:00");
    assert_eq!(last_day_of(ends(&cal, SAXTON, "2026-10-22T09:00:00Z".parse().unwrap(), 2, day("2026-12-07"))), day("2026-11-03"));
}

#[test]
fn an_offer_can_be_taken_until_it_ends() {
    let until = clock::midnight(day("2026-11-26"));
    let before = until - chrono::TimeDelta::seconds(1);
    assert_eq!(answerable(State::Offered, Some(until), before), Ok(()));
    assert_eq!(answerable(State::Offered, Some(until), until), Err(Refusal::RanOut(day("2026-11-25"))));
    for state in [State::Waiting, State::Taken, State::Lapsed, State::Declined, State::Withdrawn, State::Over] {
        assert_eq!(answerable(state, Some(until), before), Err(Refusal::NotOffered(state)));
        assert!(Refusal::NotOffered(state).message().len() > 20);
    }
}

#[test]
fn taking_an_offer_asks_the_rules_but_not_the_plan() {
    let mut shelf = shelf();
    let days = period("2026-11-16", "2026-11-20");
    let offer =
        Slot { state: bookings::State::Requested, offer_until: Some(clock::midnight(day("2026-11-01"))), ..slot(ONE, SAXTON, days) };
    let take_as =
        |shelf: &Shelf, by, reason| take(shelf, &offer, by, reason).map(|decision| (decision.copy, decision.days, decision.state));
    let own = By::School(SAXTON);
    assert_eq!(take_as(&shelf, own, ""), Ok((ONE, days, bookings::State::Confirmed)));
    shelf.rules.shortest_notice_days = 20;
    assert!(take_as(&shelf, own, "").is_ok(), "the school asked long ago");
    shelf.rules.approval_needed = true;
    assert_eq!(take_as(&shelf, own, "").unwrap().2, bookings::State::Requested);
    assert_eq!(take_as(&shelf, By::Coordinator, "").unwrap().2, bookings::State::Confirmed);
    shelf.own = three();
    assert!(matches!(take_as(&shelf, own, "Please"), Err(bookings::Refusal::TooMany { most: 3, .. })));
    assert!(matches!(take_as(&shelf, By::Coordinator, ""), Err(bookings::Refusal::TooMany { .. })));
    assert!(take_as(&shelf, By::Coordinator, "A project week").is_ok());
}

#[test]
fn the_place_in_line_counts_who_wants_the_same() {
    let week = period("2026-11-09", "2026-11-13");
    let open = [
        wait(1, OTHER, None, week),
        wait(2, SAXTON, Some(ONE), period("2026-11-13", "2026-11-20")),
        Wait { resource: ResourceId(6), ..wait(3, OTHER, None, week) },
        wait(4, OTHER, Some(TWO), period("2026-11-11", "2026-11-12")),
        wait(5, SAXTON, None, period("2026-11-16", "2026-11-20")),
    ];
    let positions: Vec<usize> = open.iter().map(|wait| position(wait, &open)).collect();
    assert_eq!(positions, [1, 2, 1, 2, 2]);
    assert_eq!([1, 2, 10, 11].map(in_line), ["first in line", "second in line", "tenth in line", "number 11 in line"]);
}

fn a_wait(id: i64) -> impl Strategy<Value = Wait> {
    (0..4i64, 0..40i64, 0..10i64, proptest::option::of(prop_oneof![Just(ONE), Just(TWO)])).prop_map(move |(school, start, len, copy)| {
        let first = days::add(day("2026-11-03"), start);
        wait(id, SchoolId(school), copy, Period::new(first, days::add(first, len)).unwrap())
    })
}

proptest! {
    /// Whatever is free and whoever waits: offers share no day with a booking or with one another, each is exactly what was asked
    /// for, and nobody is passed over whose wish would have fitted when it was his turn.
    #[test]
    fn offers_are_exact_in_order_and_never_clash(
        waits in proptest::collection::vec(any::<()>(), 1..12).prop_flat_map(|all| (0i64..).zip(all).map(|(id, ())| a_wait(id)).collect::<Vec<_>>()),
        taken in proptest::collection::vec((0..40i64, 0..6i64), 0..4),
        turnaround in 0..3u32,
    ) {
        let mut shelf = shelf();
        shelf.rules.turnaround_days = turnaround;
        for copy in &mut shelf.copies {
            copy.slots.clear();
        }
        for (start, len) in taken {
            let first = days::add(day("2026-11-03"), start);
            let hold = Period::new(first, days::add(first, len)).unwrap();
            if spans::is_free(&shelf.copies[0].slots, hold) {
                shelf.copies[0].slots.push(slot(ONE, OTHER, hold));
                shelf.copies[0].slots.sort_by_key(|slot| slot.days);
            }
        }
        let given = offers(&shelf, &waits, standing);
        let mut held: Vec<(CopyId, Period)> =
            shelf.copies.iter().flat_map(|copy| copy.slots.iter().map(|slot| (slot.copy, slot.held()))).collect();
        let mut next = given.iter().peekable();
        for wait in &waits {
            let hold = wait.days.extended(turnaround);
            let fits = |copy: CopyId| wait.copy.is_none_or(|id| id == copy) && held.iter().all(|(of, other)| *of != copy || !other.overlaps(hold));
            let expected = fits(ONE) || fits(TWO);
            match next.next_if(|(id, _)| *id == wait.id) {
                Some((_, decision)) => {
                    prop_assert!(fits(decision.copy));
                    prop_assert_eq!(decision.days, wait.days);
                    held.push((decision.copy, hold));
                }
                None => prop_assert!(!expected, "{:?} was passed over", wait),
            }
        }
        prop_assert!(next.peek().is_none());
    }

    #[test]
    fn a_deadline_is_a_coming_midnight_in_london(seconds in 0..86_400 * 700i64, offer_days in 1..20u32, ahead in 0..60i64) {
        let now = clock::midnight(day("2026-09-01")) + chrono::TimeDelta::seconds(seconds);
        let first = days::add(clock::today(now), ahead);
        let end = ends(&calendar(), SAXTON, now, offer_days, first);
        prop_assert!(end > now);
        prop_assert_eq!(end, clock::midnight(clock::today(end)));
        prop_assert!(last_day_of(end) <= first);
    }
}
