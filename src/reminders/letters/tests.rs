//! How reminders read, and who may switch which off.

use super::*;
use crate::base::days::parse_iso;
use crate::handovers::letters::GIVEN;
use crate::mail::letter as bodies;
use crate::reminders::WEEK_BEFORE;
use crate::year::samples::{day, period};

fn due(kind: &'static Kind, to: Whom) -> Due {
    Due { kind, to, day: day("2026-11-27"), time: 0, trouble: None }
}

fn thing() -> Thing {
    Thing {
        name: "Electricity".into(),
        tag: "EL-1".into(),
        url: "https://boxrota.example/c/south-milford/copies/0000000000001".into(),
        choices: "https://boxrota.example/account/letters".into(),
    }
}

fn side(school: &str) -> Side {
    Side {
        school: school.into(),
        contacts: vec![Contact {
            name: format!("Science lead, {school}"),
            email: format!("science@{}.example", school.to_lowercase()),
            phone: String::new(),
        }],
        loan_url: "https://boxrota.example/c/south-milford/bookings/0000000000002".into(),
        store: false,
    }
}

fn store(school: &str) -> Side {
    Side { loan_url: String::new(), store: true, ..side(school) }
}

fn to() -> Recipient {
    Recipient { person: None, address: "science@saxton.example".parse().unwrap(), name: "Saxton science lead".into() }
}

fn journey(way: Way) -> Journey {
    Journey {
        from: side("Saxton"),
        to: side("Fairburn"),
        day: parse_iso("2026-11-30").unwrap(),
        way,
        place: if way == Way::Meeting { "Kellington".into() } else { String::new() },
        note: "Ring at the office".into(),
    }
}

/// One of each kind and side.
fn all() -> Vec<(String, Letter)> {
    let (to, lead) = (to(), Why::LeadOf("Saxton".into()));
    let coordinator = Why::Coordinates("the South Milford cluster".into());
    let today = day("2026-11-27");
    let subject = || "leg:0000000000003:0".to_owned();
    let mut letters = Vec::new();
    for (way, word) in [(Way::Fetch, "fetch"), (Way::Bring, "bring"), (Way::Meeting, "meeting")] {
        for (whom, name) in [(Whom::Giver, "giver"), (Whom::Receiver, "receiver")] {
            let letter = coming(&due(DAY_BEFORE, whom), subject(), &thing(), &journey(way), today, &to, &Why::Booked);
            letters.push((format!("coming_{word}_{name}"), letter));
        }
    }
    let home = Journey { to: store("Kellington"), way: Way::Bring, ..journey(Way::Bring) };
    letters.push(("coming_home".into(), coming(&due(WEEK_BEFORE, Whom::Giver), subject(), &thing(), &home, day("2026-11-23"), &to, &lead)));
    let late = |kind, reminded, why: &Why| {
        let (holder, next) = (side("Saxton"), side("Fairburn"));
        let overdue = Overdue { holder, days: period("2026-11-09", "2026-11-20"), next, reminded };
        // That it is the fifth time by the days says nothing of letters.
        late(&Due { time: 5, ..due(kind, Whom::Holder) }, "booking:1".into(), &thing(), &overdue, &to, why)
    };
    letters.push(("late".into(), late(LATE, Reminded::Times(0), &Why::Booked)));
    letters.push(("late_again".into(), late(LATE, Reminded::Times(1), &Why::Booked)));
    letters.push(("late_coordinators".into(), late(LATE_COORDINATORS, Reminded::Times(0), &coordinator)));
    letters.push(("late_coordinators_nobody".into(), late(LATE_COORDINATORS, Reminded::Nobody, &coordinator)));
    letters.push(("late_head".into(), late(LATE_HEAD, Reminded::Times(3), &Why::HeadOf("Saxton".into()))));
    for trouble in [Trouble::Late, Trouble::Short, Trouble::OutOfService, Trouble::Missing, Trouble::OnTheWay] {
        let due = Due { trouble: Some(trouble), ..due(AT_RISK, Whom::Next) };
        let next = (&side("Fairburn"), period("2026-11-30", "2026-12-11"));
        let letter = at_risk(&due, format!("booking:2:{trouble}"), &thing(), next, (&side("Saxton"), "4 of 6 lamps"), &to, &Why::Booked);
        letters.push((format!("at_risk_{trouble}"), letter));
    }
    let (from, target) = (side("Saxton"), side("Fairburn"));
    for (kind, whom, why, name) in [
        (UNCONFIRMED, Whom::Receiver, Why::Booked, "unconfirmed"),
        (LONG_WAY, Whom::Giver, Why::Booked, "long_way_giver"),
        (LONG_WAY, Whom::Receiver, Why::Keeps, "long_way_receiver"),
        (LONG_WAY_COORDINATORS, Whom::Coordinators, coordinator.clone(), "long_way_coordinators"),
    ] {
        let letter = on_the_way(&due(kind, whom), "handover:4".into(), &thing(), (&from, &target, day("2026-11-24")), &to, &why);
        letters.push((name.into(), letter));
    }
    letters.push((
        "not_counted".into(),
        not_counted(&due(NOT_COUNTED, Whom::Holder), "booking:1".into(), &thing(), &from.loan_url, &to, &Why::Booked),
    ));
    let parts = [
        ("Late", vec![("Electricity (EL-1)".to_owned(), "at Saxton, due on 20 November 2026".to_owned())]),
        ("At risk", vec![]),
        ("Handovers this week", vec![("Sound (SO-1)".to_owned(), "Mon 30 Nov, Saxton to Fairburn".to_owned())]),
    ];
    let urls = ("https://boxrota.example/c/south-milford/inbox", "https://boxrota.example/account/letters");
    letters.extend(weekly(&parts, "week:1".into(), day("2026-11-23"), urls, &to, &coordinator).map(|letter| ("weekly".to_owned(), letter)));
    let items =
        [("A booking".to_owned(), "https://boxrota.example/c/x/bookings/1".to_owned()), ("Something else".to_owned(), String::new())];
    letters.push(("gathered".into(), gathered(&items, "gathered:1".into(), today, urls.1, &to, Rhythm::Daily)));
    letters
}

#[test]
fn reminders_read_well_as_text() {
    let shown: Vec<String> =
        all().iter().map(|(name, letter)| format!("=== {name}\nSubject: {}\n\n{}", letter.title, bodies::text(letter))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn each_reminder_leads_to_the_thing_and_to_the_choices_and_says_why() {
    for (name, letter) in all() {
        let text = bodies::text(&letter);
        assert!(text.contains("https://boxrota.example/account/letters"), "{name}");
        assert!(letter.reason.starts_with("You got this because "), "{name}");
        assert!(text.contains("https://boxrota.example/c/"), "{name}: {text}");
        assert!(!text.contains("  (,") && !text.contains("None"), "{name}: {text}");
    }
}

#[test]
fn nothing_to_say_is_no_letter() {
    assert_eq!(weekly(&[("Late", vec![])], String::new(), day("2026-11-23"), ("", ""), &to(), &Why::Booked), None);
}

#[test]
fn only_what_the_table_lets_go_can_be_switched_off() {
    let (own, lead, store) = (Why::Booked, Why::LeadOf("Saxton".into()), Why::Stores("Saxton".into()));
    let coordinator = Why::Coordinates("South Milford".into());
    for kind in [WEEK_BEFORE, DAY_BEFORE, LATE, AT_RISK, UNCONFIRMED, LONG_WAY] {
        assert!(!may_mute(kind, &own) && !may_mute(kind, &Why::Keeps) && !may_mute(kind, &store), "{kind}");
        assert!(!may_mute(kind, &Why::Answers("Saxton".into())), "{kind}: nobody else is left");
        assert!(may_mute(kind, &lead), "{kind}");
    }
    for kind in [LATE_COORDINATORS, LONG_WAY_COORDINATORS] {
        assert!(may_mute(kind, &coordinator) && !may_mute(kind, &lead) && somebody_must_hear(kind), "{kind}");
    }
    assert!(may_mute(WEEKLY, &coordinator) && !somebody_must_hear(WEEKLY));
    assert!(may_mute(NOT_COUNTED, &own) && may_mute(LATE_HEAD, &Why::HeadOf("Saxton".into())) && may_mute(GATHERED, &own));
    assert!(!may_mute(GIVEN, &coordinator));
}
