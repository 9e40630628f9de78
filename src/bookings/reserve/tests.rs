//! Tests of the decision: every refusal once, the choice of a copy, and the properties that no booking may break.

use proptest::prelude::*;

use super::*;
use crate::base::days;
use crate::bookings::samples::{BOX, MONK_FRYSTON, SAXTON, calendar, day, period, slot};

pub(in crate::bookings) fn shelf(slots: Vec<Slot>) -> Shelf {
    Shelf {
        today: day("2026-10-14"),
        rules: Rules { longest: Longest::Days(28), ..Rules::default() },
        calendar: calendar(),
        copies: vec![ShelfCopy { id: BOX, tag: "EL1".into(), out_of_service: None, missing: Vec::new(), slots }],
        standing: Standing { school: SAXTON, memberships: vec![Membership { joined: day("2020-09-01"), left: None, sabbatical: None }] },
        own: Vec::new(),
        names: BTreeMap::from([(SAXTON, "Saxton".into()), (MONK_FRYSTON, "Monk Fryston".into())]),
    }
}

pub(in crate::bookings) fn wish(first: &str, last: &str) -> Wish {
    Wish { kind: Kind::Loan, copy: None, first: day(first), last: day(last), by: By::School(SAXTON), override_reason: String::new() }
}

/// Three loans of the school on the same days.
pub(in crate::bookings) fn three(first: &str, last: &str) -> Vec<OwnLoan> {
    (101..104).map(|id| OwnLoan { id: BookingId(id), days: period(first, last), late: false }).collect()
}

fn words(shelf: &Shelf, wish: &Wish) -> String {
    reserve(shelf, wish).map_or_else(|refusal| refusal.message(), |decision| format!("{} {}", decision.tag, decision.days))
}

#[test]
fn a_free_box_is_confirmed_at_once() {
    let decision = reserve(&shelf(vec![]), &wish("2026-11-09", "2026-11-20")).unwrap();
    assert_eq!((decision.copy, decision.state, decision.held_until), (BOX, State::Confirmed, day("2026-11-20")));
    assert_eq!(decision.asked, None);
    assert_eq!(decision.school, SAXTON);
}

#[test]
fn days_that_are_no_school_days_move_inwards_and_it_says_so() {
    let decision = reserve(&shelf(vec![]), &wish("2026-10-31", "2026-11-27")).unwrap();
    // A Saturday, then an INSET day of the cluster; at the end an INSET day of Saxton.
    assert_eq!(decision.days, period("2026-11-03", "2026-11-26"));
    assert_eq!(decision.asked, Some(period("2026-10-31", "2026-11-27")));
    let mut free = shelf(vec![]);
    free.rules.allow_non_school_days = true;
    assert_eq!(reserve(&free, &wish("2026-10-31", "2026-11-27")).unwrap().days, period("2026-10-31", "2026-11-27"));
}

#[test]
fn each_rule_has_its_own_words() {
    let plain = shelf(vec![]);
    assert_eq!(words(&plain, &wish("2026-11-20", "2026-11-09")), "The last day must be Friday 20 November 2026 or later");
    assert_eq!(
        words(&plain, &wish("2026-10-13", "2026-10-16")),
        "The first day must be today or later. The next school day is Wednesday 14 October 2026"
    );
    assert_eq!(
        words(&plain, &wish("2026-10-26", "2026-10-30")),
        "No school day is in 26 to 30 October 2026: it is half-term. The next school day is Tuesday 3 November 2026"
    );
    assert_eq!(
        words(&plain, &wish("2026-11-09", "2026-12-18")),
        "A loan can last 28 days at most, weekends included, and this one lasts 40. With this first day, the last day can be Friday 4 December 2026"
    );
    assert_eq!(
        words(&plain, &wish("2028-09-04", "2028-09-08")),
        "Bookings can be made up to the end of next school year. The last day you can book is Thursday 31 August 2028"
    );
    let mut strict = shelf(vec![]);
    strict.rules.shortest_notice_days = 3;
    strict.own = three("2026-10-12", "2026-10-19");
    assert_eq!(
        words(&strict, &wish("2026-10-16", "2026-10-16")),
        "Bookings need 3 school days of notice. The first day you can book is Monday 19 October 2026"
    );
    assert_eq!(
        words(&strict, &wish("2026-10-19", "2026-10-20")),
        "A school can have 3 loans at the same time, and Saxton has that many on 19 October 2026. Choose other days, cancel one, or ask your coordinator"
    );
}

#[test]
fn loans_count_together_only_where_they_share_a_day() {
    let mut shelf = shelf(vec![]);
    let loan = |id, first: &str, last: &str| OwnLoan { id: BookingId(id), days: period(first, last), late: false };
    // One box each half-term and two at once in between: a whole year is planned, and never three at a time.
    shelf.own = vec![loan(101, "2026-11-03", "2026-12-18"), loan(102, "2027-01-05", "2027-02-12"), loan(103, "2027-02-22", "2027-03-25")];
    shelf.own.extend([loan(104, "2026-11-03", "2026-11-13"), loan(105, "2026-11-16", "2026-12-18"), loan(106, "2027-04-12", "2027-05-28")]);
    assert_eq!(words(&shelf, &wish("2026-11-09", "2026-11-20")), "EL1 9 to 20 November 2026", "two and then two others");
    shelf.own.push(loan(107, "2026-11-12", "2026-11-13"));
    assert_eq!(
        words(&shelf, &wish("2026-11-09", "2026-11-20")),
        "A school can have 3 loans at the same time, and Saxton has that many from 12 to 13 November 2026. Choose other days, cancel one, or ask your coordinator"
    );
    assert_eq!(words(&shelf, &wish("2026-11-14", "2026-11-20")), "EL1 16 to 20 November 2026");
    assert_eq!((shelf.at_once(period("2026-11-09", "2026-11-20")), shelf.at_once(period("2027-07-01", "2027-07-02"))), (3, 0));
    // A late one counts until it is back, however far ahead.
    shelf.own = vec![loan(101, "2027-01-05", "2027-02-12"), loan(102, "2027-01-05", "2027-02-12")];
    assert!(reserve(&shelf, &wish("2027-01-11", "2027-01-15")).is_ok());
    shelf.own.push(OwnLoan { id: BookingId(103), days: Period::new(day("2026-09-28"), days::END).unwrap(), late: true });
    assert_eq!(
        words(&shelf, &wish("2027-01-11", "2027-01-15")),
        "A school can have 3 loans at the same time, and Saxton has that many from 11 to 15 January 2027. One is late, and counts until it is back. Choose other days, cancel one, or ask your coordinator"
    );
}

#[test]
fn a_loan_that_is_one_of_too_many_may_move_among_the_same_days() {
    let mut shelf = shelf(vec![]);
    shelf.own = three("2026-11-09", "2026-11-20");
    shelf.own.push(OwnLoan { id: BookingId(1), days: period("2026-11-09", "2026-11-13"), late: false });
    let old = Booking {
        slot: Slot { school: SAXTON, ..slot(1, "2026-11-09", "2026-11-13") },
        person: crate::base::ids::PersonId(1),
        class_name: String::new(),
        purpose: String::new(),
        pupils: None,
        sequence: 0,
        override_reason: "Science week".into(),
        ended_reason: String::new(),
        repeated_from: None,
    };
    let to = |old: &Booking, first: &str, last: &str| decide(&shelf, &wish(first, last), Some(old)).map(|decision| decision.days);
    assert_eq!(to(&old, "2026-11-16", "2026-11-20"), Ok(period("2026-11-16", "2026-11-20")), "it is no worse");
    let later = Booking { slot: Slot { days: period("2026-11-23", "2026-11-26"), ..old.slot }, ..old };
    assert!(matches!(to(&later, "2026-11-16", "2026-11-20"), Err(Refusal::TooMany { most: 3, .. })), "it would be");
}

#[test]
fn a_half_term_is_that_of_the_school_and_the_refusal_says_its_last_day() {
    let mut shelf = shelf(vec![]);
    shelf.rules.longest = Longest::HalfTerm;
    assert_eq!(words(&shelf, &wish("2026-11-03", "2026-12-18")), "EL1 3 November to 18 December 2026", "the whole of it");
    assert_eq!(
        words(&shelf, &wish("2026-10-19", "2026-11-06")),
        "A loan can last a half-term at most. With this first day, the last day can be Friday 23 October 2026"
    );
    shelf.rules.longest = Longest::Weeks(2);
    assert_eq!(
        words(&shelf, &wish("2026-10-21", "2026-11-13")),
        "A loan can last 2 school weeks at most. With this first day, the last day can be Friday 6 November 2026"
    );
    shelf.calendar = crate::year::SchoolCalendar::default();
    shelf.rules.longest = Longest::HalfTerm;
    assert_eq!(
        words(&shelf, &wish("2026-11-02", "2027-02-12")),
        "A loan can last a half-term at most; the terms of that time are not entered yet, so it is 8 school weeks. With this first day, the last day can be Friday 25 December 2026"
    );
}

#[test]
fn a_school_books_while_it_is_a_member() {
    let mut shelf = shelf(vec![]);
    let mut with = |joined: &str, left: Option<&str>, sabbatical| {
        shelf.standing.memberships = vec![Membership { joined: day(joined), left: left.map(day), sabbatical }];
        words(&shelf, &wish("2026-11-09", "2026-11-20"))
    };
    assert_eq!(with("2026-11-09", Some("2026-11-20"), None), "EL1 9 to 20 November 2026");
    assert_eq!(with("2026-11-10", None, None), "Saxton joins the cluster on Tuesday 10 November 2026 and can book from that day");
    assert_eq!(
        with("2020-09-01", Some("2026-11-19"), None),
        "Saxton leaves the cluster on Thursday 19 November 2026 and can book up to that day"
    );
    assert_eq!(
        with("2020-09-01", None, Some(period("2026-11-20", "2027-07-31"))),
        "Saxton takes a break from the cluster from 20 November 2026 to 31 July 2027 and does not book in that time"
    );
    shelf.standing.memberships.clear();
    assert_eq!(words(&shelf, &wish("2026-11-09", "2026-11-20")), "Saxton is not a member of this cluster");
}

#[test]
fn taken_says_who_has_it_and_what_is_near() {
    let shelf = shelf(vec![slot(1, "2026-11-05", "2026-11-25")]);
    let Err(Refusal::Taken(taken)) = reserve(&shelf, &wish("2026-11-09", "2026-11-13")) else { panic!("it is taken") };
    assert_eq!(taken.message(), "Monk Fryston has EL1 from 5 to 25 November 2026");
    // Five school days of Saxton: before half-term, since only two are left after it; after, with an INSET day stepped over.
    let nearest = taken.copies[0].nearest;
    assert_eq!(nearest.before, Some(period("2026-10-21", "2026-11-04")));
    assert_eq!(nearest.after, Some(period("2026-11-26", "2026-12-03")));
    assert!(taken.free_instead.is_empty());
}

#[test]
fn the_free_copy_with_the_tightest_fit_is_taken() {
    let mut shelf = shelf(vec![slot(1, "2026-11-02", "2026-11-06")]);
    let other = |id, tag: &str, slots| ShelfCopy { id: CopyId(id), tag: tag.into(), out_of_service: None, missing: Vec::new(), slots };
    shelf.copies.push(other(11, "EL2", vec![slot(2, "2026-11-02", "2026-11-06"), slot(3, "2026-11-16", "2026-11-20")]));
    shelf.copies.push(other(12, "EL3", vec![slot(4, "2026-11-09", "2026-11-13")]));
    assert_eq!(words(&shelf, &wish("2026-11-09", "2026-11-13")), "EL2 9 to 13 November 2026");
    let chosen = Wish { copy: Some(CopyId(12)), ..wish("2026-11-09", "2026-11-13") };
    let Err(Refusal::Taken(taken)) = reserve(&shelf, &chosen) else { panic!("it is taken") };
    assert_eq!(taken.free_instead, [(BOX, "EL1".to_owned()), (CopyId(11), "EL2".to_owned())]);
    assert_eq!(taken.copies.len(), 1);
    assert_eq!(reserve(&shelf, &Wish { copy: Some(CopyId(99)), ..chosen }), Err(Refusal::NoSuchCopy));
    shelf.copies[1].out_of_service = Some("being repaired".into());
    assert_eq!(words(&shelf, &wish("2026-11-09", "2026-11-13")), "EL1 9 to 13 November 2026");
    let broken = Wish { copy: Some(CopyId(11)), ..wish("2026-11-09", "2026-11-13") };
    assert_eq!(words(&shelf, &broken), "EL2 cannot be booked now: it is being repaired");
}

#[test]
fn a_late_copy_waits_until_it_is_back() {
    let late = Slot { collected_on: Some(day("2026-09-28")), ..slot(1, "2026-09-28", "2026-10-09") };
    let mut shelf = shelf(vec![late]);
    let next_term = wish("2027-01-11", "2027-01-15");
    assert_eq!(
        words(&shelf, &next_term),
        "EL1 should have come back from Monk Fryston by Friday 9 October 2026 and has not. It can be booked again when it is back"
    );
    let reason = Wish { by: By::Coordinator, override_reason: "They bring it on Monday".into(), ..next_term.clone() };
    assert_eq!(reserve(&shelf, &reason).unwrap().waived.len(), 1);
    assert!(shelf.next_free(day("2026-10-14")).is_none());
    shelf.copies[0].slots[0].returned_on = Some(day("2026-10-14"));
    assert_eq!(words(&shelf, &next_term), "EL1 11 to 15 January 2027");
}

#[test]
fn a_coordinator_overrides_rules_with_a_reason_but_takes_nothing_away() {
    let shelf = Shelf { own: three("2026-11-01", "2027-03-01"), ..shelf(vec![slot(1, "2027-01-11", "2027-01-15")]) };
    let long = wish("2026-11-09", "2026-12-18");
    let coordinator = Wish { by: By::Coordinator, ..long.clone() };
    assert!(matches!(reserve(&shelf, &coordinator), Err(Refusal::TooLong { .. })), "without a reason");
    let reason = Wish { override_reason: "Science fair".into(), ..coordinator };
    let rules: Vec<_> = reserve(&shelf, &reason).unwrap().waived.iter().filter_map(Refusal::rule).collect();
    assert_eq!(rules, ["longest loan", "most loans at the same time"]);
    assert!(matches!(reserve(&shelf, &Wish { by: By::School(SAXTON), ..reason.clone() }), Err(Refusal::TooLong { .. })));
    let taken = Wish { first: day("2027-01-11"), last: day("2027-01-12"), ..reason };
    assert!(matches!(reserve(&shelf, &taken), Err(Refusal::Taken(_))));
}

#[test]
fn approval_makes_it_a_request_which_holds_its_days() {
    let mut shelf = shelf(vec![]);
    shelf.rules.approval_needed = true;
    shelf.rules.turnaround_days = 2;
    let decision = reserve(&shelf, &wish("2026-11-09", "2026-11-20")).unwrap();
    assert_eq!((decision.state, decision.held_until), (State::Requested, day("2026-11-22")));
    let coordinator = Wish { by: By::Coordinator, ..wish("2026-11-09", "2026-11-20") };
    assert_eq!(reserve(&shelf, &coordinator).unwrap().state, State::Confirmed);
    shelf.copies[0].slots = vec![Slot { state: State::Requested, held_until: day("2026-11-10"), ..slot(1, "2026-11-05", "2026-11-08") }];
    assert_eq!(
        words(&shelf, &wish("2026-11-09", "2026-11-20")),
        "Monk Fryston has EL1 from 5 to 8 November 2026, and 2 days after each loan are kept free"
    );
}

#[test]
fn restocking_follows_no_rule_of_lending_but_holds_its_days() {
    let shelf = Shelf { own: three("2026-10-01", "2027-07-01"), ..shelf(vec![]) };
    let restock = Wish { kind: Kind::Restock, by: By::Coordinator, ..wish("2026-10-26", "2026-12-18") };
    assert_eq!(words(&shelf, &restock), "EL1 26 October to 18 December 2026");
}

proptest! {
    #[test]
    fn no_decision_takes_a_held_day_or_breaks_a_rule(
        parts in prop::collection::vec((0i64..25, 0i64..25, 0u32..4), 0..8),
        parts2 in prop::collection::vec((0i64..25, 0i64..25, 0u32..4), 0..8),
        start in -5i64..700, len in -2i64..45, turnaround in 0u32..4, notice in 0u32..6, chosen in prop::option::of(0usize..3),
        coordinator: bool, reason: bool, most in 0usize..4, loans in prop::collection::vec((0i64..600, 0i64..60), 0..6),
    ) {
        let plan = |parts: Vec<(i64, i64, u32)>| -> Vec<Slot> {
            let mut at = day("2026-09-01");
            parts.into_iter().zip(1..).map(|((gap, len, turnaround), id)| {
                let first = days::add(at, gap);
                let days = Period::new(first, days::add(first, len)).unwrap();
                let held_until = days::add(days.last(), i64::from(turnaround));
                at = days::add(held_until, 1);
                Slot { days, held_until, ..slot(id, "2026-09-01", "2026-09-01") }
            }).collect()
        };
        let mut shelf = shelf(plan(parts));
        shelf.copies.push(ShelfCopy { id: CopyId(11), tag: "EL2".into(), out_of_service: None, missing: Vec::new(), slots: plan(parts2) });
        shelf.rules.turnaround_days = turnaround;
        shelf.rules.shortest_notice_days = notice;
        shelf.rules.longest = [Longest::Days(28), Longest::Weeks(3), Longest::HalfTerm, Longest::Term][most];
        shelf.own = loans.into_iter().zip(201..).map(|((start, len), id)| {
            let first = days::add(shelf.today, start);
            OwnLoan { id: BookingId(id), days: Period::new(first, days::add(first, len)).unwrap(), late: false }
        }).collect();
        let first = days::add(shelf.today, start);
        let wish = Wish {
            kind: Kind::Loan,
            copy: chosen.map(|n| CopyId(10 + i64::try_from(n).unwrap())),
            first,
            last: days::add(first, len),
            by: if coordinator { By::Coordinator } else { By::School(SAXTON) },
            override_reason: if reason { "Because".into() } else { String::new() },
        };
        match reserve(&shelf, &wish) {
            Ok(decision) => {
                let copy = shelf.copies.iter().find(|copy| copy.id == decision.copy).unwrap();
                let hold = Period::new(decision.days.first(), decision.held_until).unwrap();
                prop_assert!(!copy.slots.iter().any(|slot| slot.held().overlaps(hold)));
                prop_assert!(wish.copy.is_none_or(|id| id == decision.copy));
                prop_assert!(wish.first <= decision.days.first() && decision.days.last() <= wish.last);
                prop_assert!(decision.days.first() >= shelf.today);
                prop_assert_eq!(decision.asked.is_some(), decision.days != Period::new(wish.first, wish.last).unwrap());
                if decision.waived.is_empty() {
                    prop_assert!(decision.days.last() <= shelf.limit(decision.days.first()).last);
                    prop_assert!(shelf.at_once(decision.days) < 3);
                    prop_assert_eq!(shelf.calendar.snap(decision.days, Some(SAXTON)), Some(decision.days));
                } else {
                    prop_assert!(coordinator && reason);
                }
                // Asking for exactly what was decided decides the same.
                let again = Wish { copy: Some(decision.copy), first: decision.days.first(), last: decision.days.last(), ..wish };
                let again = reserve(&shelf, &again).unwrap();
                prop_assert_eq!((again.copy, again.days, again.asked), (decision.copy, decision.days, None));
            }
            Err(Refusal::Taken(taken)) => {
                prop_assert!(!taken.copies.is_empty());
                for copy in &taken.copies {
                    // Each offered span can really be had.
                    for offer in copy.nearest.before.into_iter().chain(copy.nearest.after) {
                        let accept = Wish { copy: Some(copy.copy), first: offer.first(), last: offer.last(), by: By::School(SAXTON), ..wish.clone() };
                        prop_assert_eq!(reserve(&shelf, &accept).map(|d| d.days), Ok(offer));
                    }
                }
                for (id, _) in taken.free_instead {
                    let instead = reserve(&shelf, &Wish { copy: Some(id), ..wish.clone() });
                    prop_assert!(instead.is_ok());
                }
            }
            Err(refusal) => prop_assert!(!refusal.message().is_empty()),
        }
    }
}
