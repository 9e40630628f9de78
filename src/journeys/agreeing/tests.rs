//! Suggesting another day or way, and answering.

use chrono::{DateTime, Utc};

use super::*;
use crate::bookings::samples::{MONK_FRYSTON, SAXTON, calendar, day, slot};

const HOME: SchoolId = SchoolId(9);

fn leg() -> Leg {
    crate::journeys::samples::leg("2026-10-16")
}

fn giver() -> Side {
    Side { schools: vec![MONK_FRYSTON], coordinator: false }
}

fn receiver() -> Side {
    Side { schools: vec![SAXTON], coordinator: false }
}

fn wish(text: &str) -> Wish {
    Wish { day: day(text), way: Way::Bring, meeting: None, note: String::new() }
}

fn meeting() -> Meeting {
    Meeting { id: MeetingId(5), day: day("2026-10-14"), school: Some(HOME), place: String::new(), note: String::new(), cancelled: false }
}

fn checked(leg: &Leg, side: &Side, wish: &Wish, meeting: Option<&Meeting>) -> Result<(), Refusal> {
    let (from, to) = (slot(1, "2026-10-05", "2026-10-16"), slot(2, "2026-10-19", "2026-10-23"));
    let calendar = calendar();
    let facts = Facts {
        leg,
        under_way: false,
        from: Some(&from),
        to: Some(&to),
        laid: day("2026-10-16"),
        calendar: &calendar,
        meeting,
        today: day("2026-10-01"),
    };
    check(&facts, side, wish, |_| "Saxton".to_owned())
}

#[test]
fn a_day_must_suit_both_loans_and_both_schools() {
    let leg = leg();
    assert_eq!(checked(&leg, &giver(), &wish("2026-10-15"), None), Ok(()));
    assert_eq!(checked(&leg, &receiver(), &wish("2026-10-19"), None), Ok(()));
    assert_eq!(checked(&leg, &giver(), &wish("2026-09-30"), None), Err(Refusal::Past));
    assert_eq!(checked(&leg, &giver(), &wish("2026-10-02"), None), Err(Refusal::BeforeLoan(day("2026-10-05"))));
    assert_eq!(checked(&leg, &giver(), &wish("2026-11-04"), None), Err(Refusal::AfterLoan(day("2026-10-23"))));
    assert_eq!(checked(&leg, &giver(), &wish("2026-10-17"), None), Err(Refusal::Closed("Saxton".into())), "a Saturday");
    assert_eq!(checked(&leg, &giver(), &wish("2026-10-06"), None), Err(Refusal::TooFar(day("2026-10-16"))));
    let same = Wish { way: Way::Fetch, ..wish("2026-10-16") };
    assert_eq!(checked(&leg, &giver(), &same, None), Err(Refusal::Same));
    let stranger = Side { schools: vec![HOME], coordinator: false };
    assert_eq!(checked(&leg, &stranger, &wish("2026-10-15"), None), Err(Refusal::NotYours));
    let coordinator = Side { schools: vec![], coordinator: true };
    assert_eq!(checked(&leg, &coordinator, &wish("2026-10-15"), None), Ok(()));
    let over = Leg { state: LegState::Done, ..leg.clone() };
    assert_eq!(checked(&over, &giver(), &wish("2026-10-15"), None), Err(Refusal::Over));
    let stays = Leg { way: Way::Stays, ..leg };
    assert_eq!(checked(&stays, &giver(), &wish("2026-10-15"), None), Err(Refusal::Stays));
}

#[test]
fn a_meeting_may_be_on_any_day_but_must_still_take_place() {
    let leg = leg();
    let there = Wish { way: Way::Meeting, meeting: Some(MeetingId(5)), ..wish("2026-10-14") };
    assert_eq!(checked(&leg, &giver(), &there, Some(&meeting())), Ok(()));
    assert_eq!(checked(&leg, &giver(), &there, None), Err(Refusal::NoMeeting));
    let off = Meeting { cancelled: true, ..meeting() };
    assert_eq!(checked(&leg, &giver(), &there, Some(&off)), Err(Refusal::NoMeeting));
    let saturday = Meeting { day: day("2026-10-17"), ..meeting() };
    assert_eq!(checked(&leg, &giver(), &Wish { day: saturday.day, ..there }, Some(&saturday)), Ok(()));
    assert!(is_near(&leg, &meeting(), day("2026-10-01")));
    assert!(!is_near(&leg, &off, day("2026-10-01")));
    assert!(!is_near(&leg, &Meeting { day: day("2026-10-24"), ..meeting() }, day("2026-10-01")), "eight days away");
    assert!(!is_near(&Leg { meeting: Some(MeetingId(5)), ..leg }, &meeting(), day("2026-10-01")), "it is there already");
}

#[test]
fn the_other_side_answers() {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let asked = suggested(&leg(), wish("2026-10-15"), PersonId(3), MONK_FRYSTON, at);
    let calendar = calendar();
    let plain = leg();
    let facts = |leg| Facts {
        leg,
        under_way: false,
        from: None,
        to: None,
        laid: day("2026-10-16"),
        calendar: &calendar,
        meeting: None,
        today: day("2026-10-01"),
    };
    assert_eq!(answer(&facts(&asked), &giver()), Err(Refusal::OwnSuggestion));
    assert_eq!(answer(&facts(&plain), &receiver()), Err(Refusal::NothingToAnswer));
    let wished = answer(&facts(&asked), &receiver());
    assert_eq!(wished, Ok(wish("2026-10-15")));
    let both = Side { schools: vec![MONK_FRYSTON, SAXTON], coordinator: false };
    assert!(both.decides(&leg()) && answer(&facts(&asked), &both).is_ok());
    assert_eq!(answer(&Facts { under_way: true, ..facts(&asked) }, &receiver()), Err(Refusal::UnderWay));
    let now = agreed(&asked, wish("2026-10-15"), day("2026-10-07"));
    assert!(now.agreed && now.proposal.is_none() && now.revision == 1 && now.way == Way::Bring);
}
