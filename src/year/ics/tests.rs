//! Calendars as councils and schools publish them, and what must be understood of each.

use super::*;
use crate::base::days::Period;
use crate::year::ClosureKind;
use crate::year::samples::period;
use proptest::prelude::*;
use std::fmt::Write as _;

mod public;

/// A calendar of events: summary, first day, and the day after the last one, or nothing.
fn calendar(events: &[(&str, &str, &str)]) -> String {
    let event = |(summary, first, end): &(&str, &str, &str)| {
        let end = if end.is_empty() { String::new() } else { format!("DTEND;VALUE=DATE:{end}\r\n") };
        format!("BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{first}\r\n{end}SUMMARY:{summary}\r\nEND:VEVENT\r\n")
    };
    let all: Vec<String> = events.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", all.concat())
}

/// A calendar of events written out, each its fields.
fn of(events: &[&str]) -> String {
    let all: Vec<String> = events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", all.concat())
}

fn terms(found: &Understood) -> Vec<String> {
    let half = |term: &Planned| term.half_term.map_or_else(String::new, |half| format!(" ({half})"));
    found.terms.iter().map(|(_, term)| format!("{}: {}{}", term.name(), term.days, half(term))).collect()
}

fn closed(found: &Understood) -> Vec<(ClosureKind, Period)> {
    found.closures.iter().map(|(_, closure)| (closure.kind, closure.days)).collect()
}

/// Every event is taken for something, or left out, or a fault.
fn whole(found: &Understood) {
    let faulty = found.events - found.used.len() - found.left_out.iter().filter(|(_, words)| !words.ends_with("no event")).count();
    assert!(faulty == 0 || faulty <= found.faults.len(), "{faulty} events of {} are lost: {found:#?}", found.events);
    let lines = found.used.iter().chain(&found.left_out).chain(&found.doubts).map(|(line, _)| *line);
    assert!(lines.chain(found.terms.iter().map(|(line, _)| *line)).all(|line| line > 0), "{found:#?}");
}

fn understood(text: &str) -> Understood {
    let found = read(text);
    whole(&found);
    found
}

/// The dates of Scottish Borders Council for three years: holidays and a resumption, two "last days of term" in a spring.
const BORDERS: &[(&str, &str, &str)] = &[
    ("Monday 17 and Tuesday 18 August 2026 - Staff resume\\, In service days", "20260818", "20260819"),
    ("Wednesday 19 August 2026 - pupils resume", "20260819", "20260820"),
    ("Monday 12 to Friday 16 October 2026 - October holiday", "20261012", "20261017"),
    ("Monday 19 October 2026 - In service day\\, staff resume", "20261019", "20261020"),
    ("Tuesday 20 October 2026 - Pupils resume", "20261020", "20261021"),
    ("Monday 30 November 2026 - St Andrew's Day Holiday - Schools closed", "20261130", "20261201"),
    ("Galashiels casual holiday", "20261201", "20261202"),
    ("Tuesday 22 December 2026 - Last day of term", "20261222", "20261223"),
    ("Wednesday 6 January 2027 - All resume", "20270106", "20270107"),
    ("Friday 5 February 2027 - Last day of term", "20270205", "20270206"),
    ("Monday 8 to Friday 12 February 2027 - Mid-term holiday", "20270208", "20270213"),
    ("Monday 15 February 2027 - In-service day\\, staff resume", "20270215", "20270216"),
    ("Tuesday 16 February 2027 - Pupils resume", "20270216", "20270217"),
    ("Friday 26 March 2027 - Good Friday Holiday\\, Schools closed", "20270326", "20270327"),
    ("Friday 2 April 2027 - Last day of term", "20270402", "20270403"),
    ("Monday 19 April 2027 - All resume", "20270419", "20270420"),
    ("Monday 3 May 2027 - May Day Holiday", "20270503", "20270504"),
    ("Tuesday 4 May 2027 - In-service day\\, staff resume", "20270504", "20270505"),
    ("Wednesday 5 May 2027 - Pupils resume", "20270505", "20270506"),
    ("Thursday 1 July 2027 - Last day of term", "20270701", "20270702"),
    ("Monday 16 and Tuesday 17 August 2027 - Staff resume\\, In service days", "20270817", "20270818"),
    ("Wednesday 18 August 2027 - Pupils resume", "20270818", "20270819"),
    ("Monday 11 to Friday 15 October 2027 - October holiday", "20271011", "20271016"),
    ("Tuesday 21 December 2027 - Last day of term", "20271221", "20271222"),
];

#[test]
fn an_october_holiday_is_a_half_term_and_no_christmas() {
    let found = understood(&calendar(BORDERS));
    assert_eq!(
        terms(&found),
        [
            "Autumn term 2026: 19 August to 22 December 2026 (12 to 16 October 2026)",
            "Spring term 2027: 6 January to 2 April 2027 (8 to 12 February 2027)",
            "Summer term 2027: 19 April to 1 July 2027",
            "Autumn term 2027: 18 August to 21 December 2027 (11 to 15 October 2027)",
        ]
    );
    let day = |text| period(text, text);
    assert_eq!(
        closed(&found),
        [
            (ClosureKind::Inset, day("2026-10-19")),
            (ClosureKind::Closure, day("2026-11-30")),
            (ClosureKind::Closure, day("2026-12-01")),
            (ClosureKind::Inset, day("2027-02-15")),
            (ClosureKind::BankHoliday, day("2027-03-26")),
            (ClosureKind::BankHoliday, day("2027-05-03")),
            (ClosureKind::Inset, day("2027-05-04")),
        ]
    );
    assert_eq!(found.left_out.len(), 2, "staff days before the terms: {:#?}", found.left_out);
    let smallest = calendar(&[
        ("Autumn term starts", "20260818", ""),
        ("October holiday", "20261012", "20261017"),
        ("Christmas holiday", "20261223", "20270106"),
        ("Spring term ends", "20270402", ""),
    ]);
    assert_eq!(
        terms(&understood(&smallest)),
        ["Autumn term 2026: 18 August to 22 December 2026 (12 to 16 October 2026)", "Spring term 2027: 6 January to 2 April 2027"]
    );
}

#[test]
fn one_end_of_a_half_term_is_said_with_its_own_line() {
    let mut events = vec![
        ("School opens for pupils", "20260903", ""),
        ("School closes for half-term holiday", "20261023", ""),
        ("School opens for pupils", "20261102", ""),
        ("School closes for Christmas holidays", "20261218", ""),
    ];
    let found = understood(&calendar(&events));
    assert_eq!(terms(&found), ["Autumn term 2026: 3 September to 18 December 2026 (26 to 30 October 2026)"]);
    events.remove(2);
    let found = understood(&calendar(&events));
    assert_eq!(terms(&found), ["Autumn term 2026: 3 September to 18 December 2026"]);
    assert_eq!(found.left_out.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [7]);
    assert!(found.left_out[0].1.contains("when the half-term of Autumn term 2026 begins, and not when it ends"), "{:?}", found.left_out);
    // One day that calls itself half-term is no half-term, and nobody knows its end.
    let found = understood(&calendar(&[("Term starts", "20260903", ""), ("Half term", "20261026", ""), ("Term ends", "20261218", "")]));
    assert_eq!(closed(&found), [(ClosureKind::Closure, period("2026-10-26", "2026-10-26"))]);
    assert_eq!(found.doubts.len(), 1, "{found:#?}");
}

#[test]
fn staff_days_by_any_name_and_closed_days_are_closed() {
    let days = [
        ("In-service day", ClosureKind::Inset),
        ("Inservice Day", ClosureKind::Inset),
        ("PD Day", ClosureKind::Inset),
        ("Non-pupil day", ClosureKind::Inset),
        ("Staff development day", ClosureKind::Inset),
        ("Teachers' day", ClosureKind::Inset),
        ("Teacher Training Day", ClosureKind::Inset),
        ("Baker Day", ClosureKind::Inset),
        ("INSET - school closed to pupils", ClosureKind::Inset),
        ("School Development Day", ClosureKind::Inset),
        ("Diwrnod HMS", ClosureKind::Inset),
        ("Là in-sheirbheis", ClosureKind::Inset),
        ("St Andrew’s Day holiday - schools closed", ClosureKind::Closure),
        ("Occasional day (school closed)", ClosureKind::Closure),
        ("Occasional Day", ClosureKind::Closure),
        ("School closed – polling day", ClosureKind::Closure),
        ("Local Holiday", ClosureKind::Closure),
        ("Holiday", ClosureKind::Closure),
        ("Exceptional Closure Day", ClosureKind::Closure),
        ("Ysgol ar gau", ClosureKind::Closure),
        ("May Day (bank holiday)", ClosureKind::BankHoliday),
        ("Good Friday", ClosureKind::BankHoliday),
    ];
    for (name, kind) in days {
        let found =
            understood(&calendar(&[("Autumn term starts", "20260902", ""), (name, "20261127", ""), ("Autumn term ends", "20261218", "")]));
        assert_eq!(closed(&found), [(kind, period("2026-11-27", "2026-11-27"))], "{name}: {found:#?}");
        assert_eq!(terms(&found), ["Autumn term 2026: 2 September to 18 December 2026"], "{name}");
    }
    // What is on at school is no closed day.
    for name in [
        "Staff training (twilight)",
        "Open day",
        "Year 6 trip ends",
        "End of term party",
        "Holiday club",
        "Library closes early",
        "Choir",
        "Early closure at 1pm",
        "Office closed",
        "Breakfast club closed",
        "Last day for staff",
    ] {
        let found =
            understood(&calendar(&[("Autumn term starts", "20260902", ""), (name, "20261127", ""), ("Autumn term ends", "20261218", "")]));
        assert_eq!((closed(&found).len(), found.left_out.len()), (0, 1), "{name}: {found:#?}");
        assert_eq!(terms(&found), ["Autumn term 2026: 2 September to 18 December 2026"], "{name}");
    }
    let hour = "DTSTART;TZID=Europe/London:20261127T153000\nDTEND;TZID=Europe/London:20261127T170000\nSUMMARY:Staff training";
    assert!(understood(&of(&[hour])).closures.is_empty());
    let whole = "DTSTART;TZID=Europe/London:20261127T083000\nDTEND;TZID=Europe/London:20261127T160000\nSUMMARY:Staff training";
    assert_eq!(understood(&of(&[whole])).closures.len(), 1);
}

#[test]
fn an_instant_is_the_day_in_london_and_a_local_time_keeps_its_day() {
    let event = |start: &str, end: &str, name: &str| format!("{start}\n{end}\nSUMMARY:{name}");
    let year = |zone: &str, summer: &[&str; 4], winter: &[&str; 2]| {
        let at = |kind: &str, time: &str| format!("{kind}{zone}:{time}");
        of(&[
            &event(&at("DTSTART", summer[0]), &at("DTEND", summer[1]), "Autumn term starts"),
            &event(&at("DTSTART", summer[2]), &at("DTEND", summer[3]), "Half term"),
            &event(&at("DTSTART", winter[0]), &at("DTEND", winter[1]), "Autumn term ends"),
        ])
    };
    let utc = (["20260901T230000Z", "20260902T230000Z", "20261018T230000Z", "20261023T230000Z"], ["20261218T000000Z", "20261219T000000Z"]);
    let local = (["20260902T000000", "20260903T000000", "20261019T000000", "20261024T000000"], ["20261218T000000", "20261219T000000"]);
    let wanted = ["Autumn term 2026: 2 September to 18 December 2026 (19 to 23 October 2026)"];
    assert_eq!(terms(&understood(&year("", &utc.0, &utc.1))), wanted);
    for zone in [
        "",
        ";TZID=Europe/London",
        ";TZID=\"(UTC+00:00) Dublin, Edinburgh, Lisbon, London\"",
        ";VALUE=DATE-TIME;TZID=GMT Standard Time",
        ";TZID=America/New_York",
    ] {
        assert_eq!(terms(&understood(&year(zone, &local.0, &local.1))), wanted, "{zone}");
    }
    let no_z = utc.0.map(|time| time.trim_end_matches('Z'));
    assert_eq!(terms(&understood(&year(";TZID=Etc/UTC", &no_z, &local.1))), wanted);
    for (first, length, days) in [
        (":20261026T000000", "P5D", period("2026-10-26", "2026-10-30")),
        (";VALUE=DATE:20261026", "P1W", period("2026-10-26", "2026-10-30")),
        (":20261026T000000", "P4DT23H59M", period("2026-10-26", "2026-10-30")),
        (":20261026T000000", "PT120H", period("2026-10-26", "2026-10-30")),
    ] {
        let found = understood(&of(&[
            "DTSTART:20260902\nSUMMARY:Term starts",
            &format!("DTSTART{first}\nDURATION:{length}\nSUMMARY:Half term"),
            "DTSTART:20261218\nSUMMARY:Term ends",
        ]));
        assert_eq!(found.terms[0].1.half_term, Some(days), "{length}: {found:#?}");
    }
}

#[test]
fn of_revisions_the_newest_counts_and_what_is_cancelled_is_listed() {
    let starts = "UID:a\nDTSTART;VALUE=DATE:20260902\nSUMMARY:Autumn term starts";
    let ends = "UID:b\nDTSTART;VALUE=DATE:20261218\nSUMMARY:Autumn term ends";
    let half = |days: &str, rest: &str| {
        let (first, end) = days.split_once(' ').unwrap();
        format!("UID:c\nDTSTART;VALUE=DATE:{first}\nDTEND;VALUE=DATE:{end}\nSUMMARY:Half term\n{rest}")
    };
    let (old, new) = ("20261019 20261024", "20261026 20261031");
    let wanted = ["Autumn term 2026: 2 September to 18 December 2026 (26 to 30 October 2026)"];
    for (older, newer) in [
        (half(old, "SEQUENCE:1"), half(new, "SEQUENCE:2")),
        (half(old, ""), half(new, "SEQUENCE:10")),
        (half(old, "SEQUENCE:9"), half(new, "SEQUENCE:10")),
        (half(old, "DTSTAMP:20260101T000000Z"), half(new, "DTSTAMP:20260301T000000Z")),
        (half(old, "STATUS:CANCELLED").replace("UID:c", "UID:d"), half(new, "")),
    ] {
        for order in [[&older, &newer], [&newer, &older]] {
            let found = understood(&of(&[starts, order[0], ends, order[1]]));
            assert_eq!(terms(&found), wanted, "{older} {newer}");
            assert_eq!(found.left_out.len(), 1, "{:?}", found.left_out);
        }
    }
    let found = understood(&of(&[starts, &half(new, "SEQUENCE:1"), &half(new, "SEQUENCE:2\nSTATUS:CANCELLED"), ends]));
    assert_eq!((terms(&found), found.left_out.len()), (vec!["Autumn term 2026: 2 September to 18 December 2026".to_owned()], 2));
    assert!(found.left_out.iter().any(|(_, words)| words == "\"Half term\", 26 to 30 October 2026: cancelled"), "{:?}", found.left_out);
    // One UID for everything is a broken program's, and no revision.
    let same = of(&[starts, ends]).replace("UID:b", "UID:a");
    assert_eq!(terms(&understood(&same)).len(), 1);
    assert_eq!(understood(&of(&[starts, ends]).replace("BEGIN:VCALENDAR", "BEGIN:VCALENDAR\nMETHOD:CANCEL")).left_out.len(), 2);
}

#[test]
fn repeats_are_expanded_within_the_years_of_the_file() {
    let year = ["DTSTART:20260902\nSUMMARY:Autumn term starts", "DTSTART:20261218\nSUMMARY:Autumn term ends"];
    let days = |event: &str| {
        let found = understood(&of(&[year[0], event, year[1]]));
        assert_eq!(terms(&found).len(), 1, "{found:#?}");
        closed(&found).into_iter().map(|(_, days)| days.to_string()).collect::<Vec<_>>()
    };
    let first_fridays = ["2 October 2026", "6 November 2026", "4 December 2026"];
    assert_eq!(days("DTSTART;VALUE=DATE:20261002\nRRULE:FREQ=MONTHLY;BYDAY=1FR;COUNT=3\nSUMMARY:INSET day"), first_fridays);
    assert_eq!(
        days("DTSTART:20261002T080000Z\nDTEND:20261002T150000Z\nRRULE:FREQ=MONTHLY;BYDAY=1FR;UNTIL=20261231\nSUMMARY:INSET day"),
        first_fridays
    );
    assert_eq!(
        days(
            "DTSTART;VALUE=DATE:20261002\nRRULE:FREQ=MONTHLY;BYDAY=1FR;UNTIL=20261231T000000Z\nEXDATE;VALUE=DATE:20261106\nSUMMARY:INSET day"
        ),
        [first_fridays[0], first_fridays[2]]
    );
    assert_eq!(days("DTSTART;VALUE=DATE:20101127\nRRULE:FREQ=YEARLY\nSUMMARY:School closed"), ["27 November 2026"]);
    assert_eq!(
        days("DTSTART;VALUE=DATE:20261009\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2\nSUMMARY:INSET day"),
        ["9 October 2026", "23 October 2026"]
    );
    assert_eq!(
        days("DTSTART;VALUE=DATE:20261009\nRDATE;VALUE=DATE:20261016,20261127\nSUMMARY:INSET day"),
        ["9 October 2026", "16 October 2026", "27 November 2026"]
    );
    // Without an end it goes on to the end of the file's last school year.
    assert_eq!(
        days("DTSTART;VALUE=DATE:20261002\nRRULE:FREQ=MONTHLY;BYDAY=1FR\nSUMMARY:INSET day").last().map(String::as_str),
        Some("6 August 2027")
    );
    // One day of a repeat is moved, another one called off.
    let moved = of(&[
        year[0],
        "UID:i\nDTSTART;VALUE=DATE:20261002\nRRULE:FREQ=MONTHLY;BYDAY=1FR;COUNT=3\nSUMMARY:INSET day",
        "UID:i\nRECURRENCE-ID;VALUE=DATE:20261106\nDTSTART;VALUE=DATE:20261109\nSUMMARY:INSET day",
        "UID:i\nRECURRENCE-ID;VALUE=DATE:20261204\nDTSTART;VALUE=DATE:20261204\nSTATUS:CANCELLED\nSUMMARY:INSET day",
        year[1],
    ]);
    let found = understood(&moved);
    assert_eq!(closed(&found).iter().map(|(_, days)| days.to_string()).collect::<Vec<_>>(), ["2 October 2026", "9 November 2026"]);
    assert_eq!(found.left_out.len(), 1);
    // What cannot be followed is named.
    for rule in ["FREQ=HOURLY", "FREQ=WEEKLY;BYDAY=XX", "nonsense", "FREQ=DAILY;UNTIL=soon"] {
        let found = understood(&of(&[year[0], &format!("DTSTART:20261002\nRRULE:{rule}\nSUMMARY:INSET day"), year[1]]));
        assert_eq!((closed(&found).len(), found.left_out.len()), (0, 1), "{rule}: {found:#?}");
        assert!(found.left_out[0].1.contains("it repeats, and its rule"), "{:?}", found.left_out);
    }
}

#[test]
fn an_alarms_fields_are_not_the_events() {
    let found = understood(&of(&[
        "SUMMARY:Autumn term starts\nBEGIN:VALARM\nTRIGGER:-P1D\nSUMMARY:Half term\nDTSTART:20261026\nDURATION:P5D\nEND:VALARM\nDTSTART;VALUE=DATE:20260902",
        "BEGIN:VALARM\nDESCRIPTION:x\nSTATUS:CANCELLED\nEND:VALARM\nDTSTART;VALUE=DATE:20261218\nSUMMARY:Autumn term ends",
    ]));
    assert_eq!(terms(&found), ["Autumn term 2026: 2 September to 18 December 2026"]);
    let zone = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Home\nBEGIN:DAYLIGHT\nDTSTART:19810329T010000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
    let text = of(&["DTSTART;TZID=Home:20260902T000000\nSUMMARY:Term starts", "DTSTART;TZID=Home:20261218T000000\nSUMMARY:Term ends"]);
    assert_eq!(terms(&understood(&text.replace("BEGIN:VCALENDAR\n", zone))).len(), 1);
    let task = of(&["DTSTART:20260902\nSUMMARY:Term starts", "DTSTART:20261218\nSUMMARY:Term ends"])
        + "BEGIN:VTODO\nSUMMARY:Order paper\nEND:VTODO\n";
    assert!(understood(&task).left_out[0].1.contains("Order paper"));
}

#[test]
fn what_cannot_be_is_a_fault_and_never_silent() {
    for (name, day) in [
        ("Autumn term starts", "20260906"),
        ("Autumn term ends", "20261219"),
        ("Spring term starts", "20261019"),
        ("Autumn term starts", "20270202"),
        ("Summer term ends", "20261218"),
    ] {
        let found = understood(&calendar(&[(name, day, "")]));
        assert_eq!(found.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [Some(3)], "{name} {day}: {found:#?}");
    }
    // Ends of a part of a term at a weekend are taken for the Friday and the Monday, and said.
    let found = understood(&calendar(&[("Term 1", "20260902", "20261026"), ("Term 2", "20261101", "20261219")]));
    assert_eq!(terms(&found), ["Autumn term 2026: 2 September to 18 December 2026 (26 to 30 October 2026)"]);
    assert_eq!(found.doubts.len(), 2, "{found:#?}");
    // Two events that do not agree.
    let found = understood(&calendar(&[
        ("Autumn term starts", "20260902", ""),
        ("Nursery starts", "20260914", ""),
        ("Autumn term ends", "20261218", ""),
        ("Christmas holiday", "20261217", "20270104"),
    ]));
    assert_eq!(terms(&found), ["Autumn term 2026: 2 September to 18 December 2026"]);
    assert_eq!((found.doubts.len(), found.left_out.len()), (1, 2), "{found:#?}");
}

#[test]
fn what_is_not_whole_is_left_out_and_what_is_wrong_is_said_with_its_line() {
    let found = understood(&calendar(&[("Autumn term starts", "20270902", "")]));
    assert!(found.terms.is_empty() && found.left_out[0].1.starts_with("Autumn term of 2027 to 2028: the file does not say when it ends"));
    let found = understood(&calendar(&[("Autumn term starts", "2 September", ""), ("Half term", "20261026", "20261001")]));
    assert_eq!(found.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [Some(4), Some(7)]);
    // A faulty event breaks no other.
    let good = [("Autumn term starts", "20260902", ""), ("INSET", "soon", ""), ("Autumn term ends", "20261218", "")];
    assert_eq!(terms(&understood(&calendar(&good))).len(), 1);
    assert_eq!(read("BEGIN:VCALENDAR\nEND:VCALENDAR").faults.len(), 1);
    assert_eq!(understood("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x").faults.len(), 1);
    let found = understood("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nBEGIN:VEVENT\nDTSTART:20260902\nSUMMARY:y\nEND:VEVENT");
    assert_eq!((found.events, found.faults.len(), found.left_out.len()), (2, 1, 1));
}

#[test]
fn folded_and_escaped_lines_are_read() {
    let text =
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260902T000000Z\nSUMMARY:Autumn term\n  starts\\, hooray\nEND:VEVENT\nEND:VCALENDAR";
    let found = understood(text);
    assert!(found.left_out[0].1.contains("\"Autumn term starts, hooray\""), "{:?}", found.left_out);
    let torn = text.replace("\n  starts", "\nstarts");
    assert!(understood(&torn).left_out[0].1.contains("\"Autumn term starts, hooray\""));
    assert!(is_calendar("\n begin:vcalendar\r\n") && !is_calendar("academic_year,season") && !is_calendar("ÄÖÜ"));
    assert!(is_calendar("\u{FEFF}BEGIN:VCALENDAR\r"));
}

/// The events of a year in any number, some of them twice, some odd.
fn some_events() -> impl Strategy<Value = Vec<(String, i64, i64)>> {
    let names = prop_oneof![
        Just("Autumn term starts"),
        Just("Term ends"),
        Just("Half term"),
        Just("October holiday"),
        Just("School closes for half-term"),
        Just("Pupils return"),
        Just("Half term begins"),
        Just("Half term ends"),
        Just("Christmas holiday"),
        Just("Easter holidays"),
        Just("Summer holidays begin"),
        Just("INSET day"),
        Just("May Day bank holiday"),
        Just("School closed"),
        Just("Term 1"),
        Just("Spring term"),
        Just("Mid-term break"),
        Just("Nursery starts"),
        Just("Choir"),
        Just("")
    ];
    proptest::collection::vec(
        (names.prop_map(str::to_owned), 0i64..420, prop_oneof![Just(1i64), Just(5), Just(9), Just(16), Just(50)]),
        0..14,
    )
}

fn written(events: &[(String, i64, i64)]) -> String {
    let origin = crate::base::days::parse_iso("2026-08-01").unwrap();
    let mut text = String::from("BEGIN:VCALENDAR\nX-WR-CALNAME:Term dates – Ysgol Gŵyl\n");
    for (name, from, long) in events {
        let (first, end) = (crate::base::days::add(origin, *from), crate::base::days::add(origin, from + long));
        let (first, end) = (first.format("%Y%m%d"), end.format("%Y%m%d"));
        let _ = write!(text, "BEGIN:VEVENT\nDTSTART;VALUE=DATE:{first}\nDTEND;VALUE=DATE:{end}\nSUMMARY:{name} – Café\nEND:VEVENT\n");
    }
    text + "END:VCALENDAR\n"
}

proptest! {
    #[test]
    fn no_text_panics(text in "(BEGIN:VEVENT\n)?(DTSTART:|SUMMARY:|DTEND:|RRULE:|DURATION:P?)?.{0,40}\n(END:VEVENT\n)?") {
        whole(&read(&text));
    }

    /// No event is lost, whatever is in the file.
    #[test]
    fn every_event_is_used_or_listed(events in some_events()) {
        let found = read(&written(&events));
        prop_assert_eq!(found.events, events.len());
        let mut lines: Vec<u64> = found.used.iter().chain(&found.left_out).map(|(line, _)| *line).collect();
        lines.extend(found.faults.iter().filter_map(|fault| fault.line));
        lines.sort_unstable();
        lines.dedup();
        prop_assert_eq!(lines, (0..events.len() as u64).map(|n| 3 + n * 5).filter(|_| !events.is_empty()).collect::<Vec<_>>());
    }

    /// The order of the events in the file does not matter.
    #[test]
    fn shuffled_events_give_the_same_year(events in some_events(), seed in any::<u64>()) {
        let mut shuffled = events.clone();
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        let year = |events: &[(String, i64, i64)]| {
            let found = read(&written(events));
            (terms(&found), closed(&found), found.used.len(), found.left_out.len(), found.faults.len(), found.doubts.len())
        };
        prop_assert_eq!(year(&events), year(&shuffled));
    }

    /// Nor does how the file was saved: how its lines end, where they are folded, with or without a mark, in which letters.
    #[test]
    fn however_a_file_is_saved_it_is_the_same_year(events in some_events(), fold in 5usize..75) {
        let text = written(&events);
        let year = |bytes: &[u8]| {
            let found = read(&crate::sheets::decode::text_of(bytes).unwrap());
            (terms(&found), closed(&found), found.left_out.len(), found.faults.len())
        };
        let wanted = year(text.as_bytes());
        for end in ["\r\n", "\r"] {
            prop_assert_eq!(&year(text.replace('\n', end).as_bytes()), &wanted);
        }
        prop_assert_eq!(&year(format!("\u{FEFF}{text}").as_bytes()), &wanted);
        // By bytes, as programs do that do not know letters.
        let mut folded = Vec::new();
        for line in text.lines() {
            for (at, part) in line.as_bytes().chunks(fold).enumerate() {
                folded.extend_from_slice(if at > 0 { b"\r\n " } else { b"" });
                folded.extend_from_slice(part);
            }
            folded.extend_from_slice(b"\r\n");
        }
        prop_assert_eq!(&year(&folded), &wanted);
        // Windows-1252 has no letter for ŵ.
        let plain = text.replace('ŵ', "w");
        let old: Vec<u8> = plain.chars().map(|letter| match letter { '–' => 0x96, 'é' => 0xE9, other => u8::try_from(other).unwrap() }).collect();
        prop_assert_eq!(&year(&old), &wanted);
    }
}
