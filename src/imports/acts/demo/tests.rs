//! The demo on every day on which somebody might start it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::base::days::{self, parse_iso};
use crate::base::ids::{SchoolId, TermId};
use crate::imports::{Booking, Cluster, read};
use crate::year::{Closure, SchoolCalendar, Term};

fn demo_on(today: Day) -> Cluster {
    let files = files(today).unwrap_or_else(|fault| panic!("{today}: {fault}"));
    read(&files, today).unwrap_or_else(|problems| panic!("{today}:\n{problems}"))
}

fn calendar(cluster: &Cluster) -> SchoolCalendar {
    let id = |place: usize| SchoolId(i64::try_from(place).unwrap());
    let terms = cluster.terms.iter().map(|term| Term {
        id: TermId(0),
        season: term.season,
        academic_year: term.academic_year,
        days: term.days,
        half_term: term.half_term,
    });
    let closures = cluster.closures.iter().map(|closure| Closure {
        school: closure.school.map(id),
        kind: closure.kind,
        days: closure.days,
        note: String::new(),
    });
    SchoolCalendar::new(terms.collect(), closures.collect())
}

fn is_late(booking: &Booking, today: Day) -> bool {
    booking.collected_on.is_some() && booking.returned_on.is_none() && booking.days.last() < today
}

/// Every day from 2026 to 2028, with its half-terms, summers, Christmases, weekends and a 29 February; and now and then a
/// day until the winter in which the demo's terms end.
#[test]
fn the_demo_is_about_today_whatever_day_it_is() {
    let first = parse_iso("2026-01-01").unwrap();
    let mut demo = files(first).unwrap();
    let mut raw = demo.clone();
    raw.insert("bookings.csv".to_owned(), Demo::get("bookings.csv").unwrap().data.into_owned());
    let year = pattern::SchoolYear::read(&raw).unwrap();
    let calendar = calendar(&demo_on(first));
    // They say the same every day, and reading them a thousand times would take a minute.
    demo.retain(|name, _| !["closures.csv", "contents.csv", "terms.csv"].contains(&name.as_str()));
    let days: Vec<Day> = (0..1096).chain((1096..2600).step_by(13)).map(|n| days::add(first, n)).collect();
    std::thread::scope(|scope| {
        for days in days.chunks(days.len() / 2 + 1) {
            let mut demo = demo.clone();
            let (year, calendar) = (&year, &calendar);
            scope.spawn(move || {
                for today in days {
                    let bookings = year.bookings(*today).unwrap_or_else(|problems| panic!("{today}:\n{problems}"));
                    demo.insert("bookings.csv".to_owned(), bookings);
                    check(&demo, calendar, *today);
                }
            });
        }
    });
}

fn check(demo: &Files, calendar: &SchoolCalendar, today: Day) {
    // Reading finds overlaps, two loans out at once, and days that are still to come.
    let cluster = read(demo, today).unwrap_or_else(|problems| panic!("{today}:\n{problems}"));
    assert!(cluster.bookings.len() > 340, "{today}: only {} bookings", cluster.bookings.len());
    for booking in &cluster.bookings {
        let school = Some(SchoolId(i64::try_from(booking.school).unwrap()));
        for day in [booking.days.first(), booking.days.last()] {
            assert!(calendar.is_school_day(day, school), "{today}: line {} starts or ends on {day}", booking.line);
        }
        let longest = if booking.override_reason.is_empty() { 28 } else { 75 };
        assert!(booking.kind == "restock" || booking.days.len_days() <= longest, "{today}: line {} is {}", booking.line, booking.days);
    }
    let late: Vec<&Booking> = cluster.bookings.iter().filter(|booking| is_late(booking, today)).collect();
    assert_eq!(late.len(), 3, "{today}: late");
    let ahead = |booking: &&Booking| booking.is_live() && booking.days.first() > today;
    let at_risk = cluster.bookings.iter().filter(ahead).filter(|next| {
        cluster.copies[next.copy].state != "in_service" || late.iter().any(|l| l.copy == next.copy && l.school != next.school)
    });
    assert!(at_risk.count() >= 3, "{today}: at risk");
    let requested: Vec<&Booking> = cluster.bookings.iter().filter(|booking| booking.state == "requested").collect();
    assert!(requested.len() >= 4 && requested.iter().all(|booking| booking.days.first() > today), "{today}: requested");
    assert!(requested.iter().all(|booking| cluster.resources[cluster.copies[booking.copy].resource].approval_needed));
    let out = cluster.bookings.iter().filter(|b| b.collected_on.is_some() && b.returned_on.is_none() && !is_late(b, today));
    assert!(out.count() >= 4, "{today}: out");
    let restock = cluster.bookings.iter().filter(|b| b.kind == "restock" && b.is_live() && b.days.contains(today));
    assert!(restock.count() >= 1, "{today}: restocking");
    // A visitor can still reserve at every school.
    let mut live: BTreeMap<usize, i32> = BTreeMap::new();
    for booking in cluster.bookings.iter().filter(|booking| booking.is_live() && booking.days.last() >= today) {
        *live.entry(booking.school).or_default() += 1;
    }
    assert!(live.values().all(|count| *count < cluster.settings.most_live_bookings), "{today}: {live:?}");
    let borrowers: BTreeSet<usize> = cluster.bookings.iter().map(|booking| booking.school).collect();
    assert_eq!(borrowers.len(), cluster.schools.len(), "{today}: every school borrows");
}

#[test]
fn the_demo_has_what_a_visitor_looks_for() {
    let cluster = demo_on(parse_iso("2026-11-23").unwrap());
    assert_eq!(cluster.schools.len(), 9);
    for school in 0..9 {
        assert!(cluster.roles.iter().any(|role| role.kind == "ssl" && role.school == Some(school)), "{}", cluster.schools[school].name);
    }
    for kind in ["coordinator", "bursar", "head", "director"] {
        assert!(cluster.roles.iter().any(|role| role.kind == kind), "{kind}");
    }
    assert!(cluster.people.iter().all(|person| person.email.ends_with(".example")), "no address of a real person");
    assert!(cluster.resources.len() >= 14);
    assert!(cluster.resources.iter().all(|resource| resource.contents.len() >= 3));
    assert_eq!(cluster.resources.iter().filter(|resource| resource.approval_needed).count(), 2);
    for state in ["requested", "confirmed", "declined", "cancelled"] {
        assert!(cluster.bookings.iter().any(|booking| booking.state == state), "{state}");
    }
}

#[test]
fn before_its_first_term_the_demo_says_so() {
    let fault = files(parse_iso("2023-09-03").unwrap()).unwrap_err();
    assert!(fault.to_string().contains("The demo's terms begin on 4 September 2023."), "{fault}");
}

#[test]
fn after_its_last_term_the_demo_says_so() {
    let fault = files(parse_iso("2033-07-30").unwrap()).unwrap_err();
    assert!(fault.to_string().contains("The demo's terms end before 30 July 2033."), "{fault}");
}

#[test]
fn the_pattern_itself_is_not_taken_for_bookings() {
    let files: Files = Demo::iter().map(|name| (name.to_string(), Demo::get(&name).unwrap().data.into_owned())).collect();
    let said = read(&files, parse_iso("2026-11-23").unwrap()).unwrap_err();
    assert_eq!(said.list().len(), 1, "{said}");
    assert!(said.to_string().contains("This is the demo's pattern"), "{said}");
}
