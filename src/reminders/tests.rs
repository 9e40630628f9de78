//! The table of reminders, read day by day.

use super::*;
use crate::base::days::parse_iso;
use crate::base::ids::{CopyId, HandoverId};
use crate::bookings::samples::slot;
use crate::year::samples::{SAXTON, calendar, day};
use crate::year::{Closure, ClosureKind};

const ELSEWHERE: SchoolId = SchoolId(1);

fn leg(on: &str) -> Leg {
    Leg { from: SAXTON, to: ELSEWHERE, ..crate::journeys::samples::leg(on) }
}

/// Every reminder of a leg, day by day over the eight weeks before it and the week after: the day, the kind, to whom, for which day.
fn told(leg: &Leg, asked: impl Fn(&Day) -> bool) -> Vec<String> {
    let calendar = calendar();
    let days = Period::new(days::add(leg.day, -56), days::add(leg.day, 7)).unwrap();
    let mut sent: Vec<Due> = Vec::new();
    let mut lines = Vec::new();
    for today in days.days().filter(asked) {
        for due in of_leg(leg, true, &calendar, today).due {
            if !sent.contains(&due) {
                lines.push(format!("{today} {} to {:?}, for {}", due.kind, due.to, due.day));
                sent.push(due);
            }
        }
    }
    lines
}

#[test]
fn a_handover_comes_up_a_week_before_and_on_each_schools_last_school_day() {
    // Saxton has an INSET day on Friday 27 November; the other school has not.
    insta::assert_snapshot!(told(&leg("2026-11-30"), |_| true).join("\n"), @r"
    2026-11-23 handover_week_before to Giver, for 2026-11-30
    2026-11-23 handover_week_before to Receiver, for 2026-11-30
    2026-11-26 handover_day_before to Giver, for 2026-11-30
    2026-11-27 handover_day_before to Receiver, for 2026-11-30
    ");
}

#[test]
fn after_a_holiday_the_last_school_day_lies_before_it_and_says_all() {
    insta::assert_snapshot!(told(&leg("2027-01-05"), |_| true).join("\n"), @r"
    2026-12-18 handover_day_before to Giver, for 2027-01-05
    2026-12-18 handover_day_before to Receiver, for 2027-01-05
    ");
}

#[test]
fn a_worker_that_was_away_says_what_still_matters_and_no_more() {
    let away = |from: &'static str, to: &'static str| move |today: &Day| *today < day(from) || *today > day(to);
    let lines = told(&leg("2026-11-30"), away("2026-11-23", "2026-11-25"));
    assert_eq!(lines.len(), 3, "the giver's last school day is there already: {lines:#?}");
    assert!(lines[0].starts_with("2026-11-26 handover_day_before to Giver"), "{lines:#?}");
    let lines = told(&leg("2026-11-30"), away("2026-11-26", "2026-11-29"));
    assert!(lines[2].starts_with("2026-11-30 handover_day_before"), "on the day itself it still matters: {lines:#?}");
    let lines = told(&leg("2026-11-30"), away("2026-10-01", "2026-11-30"));
    assert!(lines.is_empty(), "the day is past: {lines:#?}");
}

#[test]
fn nobody_is_reminded_of_what_cannot_happen_is_under_way_done_or_stays() {
    let calendar = calendar();
    let today = day("2026-11-26");
    let leg = leg("2026-11-30");
    let found = of_leg(&leg, false, &calendar, today);
    assert_eq!((found.due, found.look_on), (vec![], day("2026-11-27")), "tomorrow it may be otherwise");
    assert_eq!(of_leg(&leg, false, &calendar, leg.day).look_on, days::END);
    for other in [
        Leg { state: LegState::Done, ..leg.clone() },
        Leg { state: LegState::Dropped, ..leg.clone() },
        Leg { way: Way::Stays, ..leg.clone() },
    ] {
        assert_eq!(of_leg(&other, true, &calendar, today), Found { due: vec![], look_on: days::END });
    }
}

#[test]
fn the_next_look_is_always_later_and_never_misses_a_day() {
    let calendar = calendar();
    for leg in [leg("2026-11-30"), leg("2027-01-05"), leg("2027-04-12")] {
        for today in Period::new(days::add(leg.day, -60), days::add(leg.day, 3)).unwrap().days() {
            let found = of_leg(&leg, true, &calendar, today);
            assert!(found.look_on > today);
            for between in Period::new(today, days::add(found.look_on, -1).min(days::add(leg.day, 3))).into_iter().flat_map(Period::days) {
                let then = of_leg(&leg, true, &calendar, between).due;
                assert!(then.iter().all(|due| found.due.contains(due)) || between > leg.day, "{today} {between}");
            }
        }
    }
}

/// The calendar with these days closed for all.
fn calendar_without(closed: &[Day]) -> SchoolCalendar {
    let known = calendar();
    let closure = |day: &Day| Closure { school: None, kind: ClosureKind::Closure, days: Period::day(*day), note: String::new() };
    SchoolCalendar::new(known.terms().to_vec(), known.closures().iter().cloned().chain(closed.iter().map(closure)).collect())
}

fn custody(place: Place, since: &str) -> Custody {
    Custody {
        copy: CopyId(10),
        place,
        school: SAXTON,
        booking: None,
        to: None,
        handover: None,
        person: None,
        since: format!("{since}T10:00:00Z").parse().unwrap(),
        short_essentials: String::new(),
    }
}

fn out<'a>(custody: &'a Custody, last: &str) -> Facts<'a> {
    let mut slot = slot(1, "2026-11-09", last);
    slot.school = SAXTON;
    slot.collected_on = parse_iso("2026-11-09");
    Facts { out: Some(slot), ..lying(custody) }
}

fn lying(custody: &Custody) -> Facts<'_> {
    Facts { custody, home: ELSEWHERE, out: None, counted: true, next: None, out_of_service: None, missing: false, long_from: None }
}

#[test]
fn a_late_loan_is_reminded_of_on_every_third_school_day_and_more_people_hear_of_it() {
    let calendar = calendar();
    let custody = custody(Place::School, "2026-11-09");
    // Due on Friday 20 November; Saxton is closed on Friday 27th.
    let facts = out(&custody, "2026-11-20");
    let mut lines = Vec::new();
    let mut sent = Vec::new();
    for today in Period::new(day("2026-11-20"), day("2026-12-07")).unwrap().days() {
        for due in of_copy(&facts, &calendar, today).due {
            if !sent.contains(&due) {
                lines.push(format!("{today} {} number {}", due.kind, due.time));
                sent.push(due);
            }
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    2026-11-23 loan_late number 1
    2026-11-26 loan_late number 2
    2026-11-26 loan_late_coordinators number 2
    2026-12-02 loan_late number 3
    2026-12-02 loan_late_coordinators number 3
    2026-12-02 loan_late_head number 3
    2026-12-07 loan_late number 4
    2026-12-07 loan_late_coordinators number 4
    2026-12-07 loan_late_head number 4
    ");
    // Away for a fortnight: only the last one, for its own day.
    let found = of_copy(&facts, &calendar, day("2026-12-04"));
    assert!(found.due.iter().all(|due| due.time == 3 && due.day == day("2026-11-20")), "{found:?}");
    assert_eq!(found.look_on, day("2026-12-07"));
}

#[test]
fn what_is_on_its_way_is_asked_about_and_then_called_too_long() {
    let calendar = calendar();
    let custody = Custody { to: Some(ELSEWHERE), handover: Some(HandoverId(5)), ..custody(Place::Transit, "2026-11-20") };
    let long_from = calendar.long_from(day("2026-11-20"), ELSEWHERE);
    let facts = Facts { long_from, ..lying(&custody) };
    let kinds = |on: &str| of_copy(&facts, &calendar, day(on)).due.iter().map(|due| (due.kind, due.to)).collect::<Vec<_>>();
    assert_eq!(kinds("2026-11-20"), []);
    assert_eq!(kinds("2026-11-23"), [(UNCONFIRMED, Whom::Receiver)]);
    let long = [(LONG_WAY, Whom::Giver), (LONG_WAY, Whom::Receiver), (LONG_WAY_COORDINATORS, Whom::Coordinators)];
    assert_eq!(kinds("2026-11-25"), long, "three school days");
    assert_eq!(kinds("2026-12-25"), long, "once: it is for the same day");
    assert_eq!(of_copy(&facts, &calendar, day("2026-11-20")).look_on, day("2026-11-23"));
    assert_eq!(of_copy(&facts, &calendar, day("2026-11-23")).look_on, day("2026-11-25"));
    assert_eq!(of_copy(&facts, &calendar, day("2026-11-25")).look_on, days::END);
    // What a school gave up for the store so long ago is at risk for whoever has booked it next, as the pages say.
    let next = Some((Slot { school: ELSEWHERE, ..slot(2, "2026-12-07", "2026-12-11") }, false));
    let home = Custody { to: None, ..custody.clone() };
    let waits = Facts { next, long_from, ..lying(&home) };
    let at_risk = |on: &str| of_copy(&waits, &calendar, day(on)).due.iter().filter_map(|due| due.trouble).collect::<Vec<_>>();
    assert_eq!((at_risk("2026-11-24"), at_risk("2026-11-25")), (vec![], vec![Trouble::OnTheWay]));
}

#[test]
fn a_closure_that_is_entered_late_does_not_make_another_reminder_of_it() {
    let (calendar, leg) = (calendar(), leg("2026-12-07"));
    let closed = calendar_without(&[day("2026-12-04")]);
    let before = of_leg(&leg, true, &calendar, day("2026-12-04")).due;
    assert_eq!(before, of_leg(&leg, true, &closed, day("2026-12-04")).due, "Thursday is the last school day now, but the leg is the same");
    let held = custody(Place::School, "2026-11-09");
    let facts = out(&held, "2026-11-20");
    let late = |calendar: &SchoolCalendar, on: &str| of_copy(&facts, calendar, day(on)).due;
    assert_eq!(late(&calendar, "2026-12-04"), late(&closed, "2026-12-04"), "the third time stays the third");
}

#[test]
fn the_next_school_hears_of_each_reason_once_and_in_time() {
    let calendar = calendar();
    let here = custody(Place::Store, "2026-11-09");
    let short = Custody { short_essentials: "2 of 6 tuning forks".into(), ..here.clone() };
    let next = |first: &str, lately| Some((Slot { school: ELSEWHERE, ..slot(2, first, "2027-01-15") }, lately));
    let today = day("2026-11-23");
    let of = |facts: &Facts<'_>| {
        let found = of_copy(facts, &calendar, today);
        (found.due.iter().filter_map(|due| due.trouble).collect::<Vec<_>>(), found.look_on)
    };
    assert_eq!(of(&Facts { next: next("2026-11-30", false), ..lying(&here) }), (vec![], days::END));
    assert_eq!(of(&Facts { next: next("2026-11-30", false), ..lying(&short) }).0, [Trouble::Short]);
    assert_eq!(of(&Facts { next: next("2026-11-30", true), ..lying(&short) }), (vec![], day("2026-11-24")), "booked a moment ago");
    assert_eq!(of(&Facts { next: next("2027-01-11", false), ..lying(&short) }), (vec![], day("2026-12-14")), "too far away");
    let last = of_copy(&Facts { next: next("2026-11-30", false), ..lying(&short) }, &calendar, today).look_on;
    assert_eq!(last, day("2027-01-16"), "when it is over and nobody has fetched it, the one after it is next");
    assert_eq!(
        of(&Facts { next: next("2026-11-30", false), out_of_service: Some("being repaired"), ..lying(&here) }).0,
        [Trouble::OutOfService]
    );
    assert_eq!(
        of(&Facts { next: next("2026-11-30", false), out_of_service: Some("missing"), missing: true, ..lying(&here) }).0,
        [Trouble::Missing]
    );
    let held = custody(Place::School, "2026-11-09");
    let late = Facts { next: next("2026-11-30", false), ..out(&held, "2026-11-20") };
    assert_eq!(of(&late).0, [Trouble::Late]);
    let same = Facts { next: late.next.map(|(slot, lately)| (Slot { school: SAXTON, ..slot }, lately)), ..late.clone() };
    assert_eq!(of(&same).0, [], "a school does not wait for itself");
    let weekend = of_copy(&late, &calendar, day("2026-11-21"));
    assert_eq!(weekend.due, [], "handing on the first thing on Monday is not late");
}

#[test]
fn nobody_is_asked_to_count_for_long() {
    let calendar = calendar();
    let custody = custody(Place::School, "2026-11-09");
    let facts = Facts { counted: false, ..out(&custody, "2026-11-20") };
    let asked = |on: &str| of_copy(&facts, &calendar, day(on)).due.iter().map(|due| (due.kind, due.day)).collect::<Vec<_>>();
    assert_eq!(asked("2026-11-09"), []);
    assert_eq!(asked("2026-11-10"), [(NOT_COUNTED, day("2026-11-09"))], "for the day on which it was fetched");
    assert_eq!(asked("2026-11-16"), [(NOT_COUNTED, day("2026-11-09"))]);
    assert_eq!(asked("2026-11-17"), []);
}

#[test]
fn the_weekly_letter_waits_for_the_first_school_day() {
    let calendar = calendar();
    assert_eq!(weekly(&calendar, day("2026-11-23")), Some((day("2026-11-23"), true)));
    // The whole cluster has an INSET day on Monday 2 November.
    assert_eq!(weekly(&calendar, day("2026-11-02")), Some((day("2026-11-03"), false)));
    assert_eq!(weekly(&calendar, day("2026-11-06")), Some((day("2026-11-03"), true)));
    assert_eq!(weekly(&calendar, day("2026-10-28")), None, "half-term");
}

#[test]
fn the_table_names_each_kind_once() {
    let mut kinds: Vec<_> = TABLE.iter().map(|rule| rule.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), TABLE.len());
    assert!(TABLE.iter().all(|rule| [rule.kind.name, rule.kind.to, rule.when, rule.state].iter().all(|words| !words.is_empty())));
}
