//! `bookings.csv`: who had, has and will have which copy. What the database would refuse is found here first, with both lines.

use std::collections::BTreeMap;

use super::who::{Known, not_before};
use super::{Booking, Copy, NOWHERE, Person, Resource, Role};
use crate::base::days::{self, Day, Period};
use crate::sheets::problems::{Problems, nearest};
use crate::sheets::{Column, Names, Row, Sheet, may, must};

/// The columns of `bookings.csv`.
pub const BOOKINGS: &[Column] = &[
    must("copy"),
    must("school"),
    may("person"),
    may("kind"),
    may("state"),
    must("first_day"),
    must("last_day"),
    may("collected_on"),
    may("returned_on"),
    may("class"),
    may("purpose"),
    may("pupils"),
    may("override_reason"),
    may("ended_reason"),
    may("note"),
    may("source"),
];

const KINDS: &[&str] = &["loan", "restock"];
const STATES: &[&str] = &["requested", "confirmed", "declined", "cancelled"];
/// A booking is no longer than a year; the tables allow 400 days with the turnaround.
const LONGEST_DAYS: i64 = 366;

/// What bookings refer to.
pub struct Around<'a> {
    /// The schools.
    pub schools: Known<'a>,
    /// The people.
    pub people: &'a [Person],
    /// All addresses that `people.csv` gives.
    pub addresses: &'a Names,
    /// Whether every line of `people.csv` could be read.
    pub all_people: bool,
    /// Who is what.
    pub roles: &'a [Role],
    /// The catalogue.
    pub resources: &'a [Resource],
    /// The copies.
    pub copies: &'a [Copy],
    /// All tags that `copies.csv` gives.
    pub tags: &'a Names,
    /// The cluster's turnaround in days.
    pub turnaround: i32,
    /// The day it is.
    pub today: Day,
}

/// Reads `bookings.csv`.
pub fn bookings(sheet: &Sheet, around: &Around<'_>, problems: &mut Problems) -> Vec<Booking> {
    let bookings: Vec<Booking> = sheet.rows.iter().filter_map(|row| booking(row, around, problems)).collect();
    let mut of_copy: BTreeMap<usize, Vec<&Booking>> = BTreeMap::new();
    for booking in &bookings {
        of_copy.entry(booking.copy).or_default().push(booking);
    }
    for (copy, mut list) in of_copy {
        let tag = around.copies.get(copy).map_or("", |copy| copy.tag.as_str());
        no_two_out(sheet.file, tag, &list, problems);
        list.retain(|booking| booking.is_live());
        list.sort_by_key(|booking| (booking.days, booking.line));
        no_overlap(sheet.file, tag, &list, around, problems);
    }
    bookings
}

fn booking(row: &Row, around: &Around<'_>, problems: &mut Problems) -> Option<Booking> {
    let copy = copy(row, around, problems);
    let school = around.schools.needed(row, "school", problems);
    let kind = if row.text("kind").is_empty() { Some(KINDS[0]) } else { row.word("kind", KINDS, problems) };
    let state = if row.text("state").is_empty() { Some(STATES[1]) } else { row.word("state", STATES, problems) };
    let days = days(row, problems);
    let collected_on = row.maybe_day("collected_on", problems);
    let returned_on = row.maybe_day("returned_on", problems);
    let class_name = row.short("class", 80, problems);
    let purpose = row.short("purpose", 300, problems);
    let pupils = row.maybe_number("pupils", 1..=2000, problems);
    let override_reason = row.short("override_reason", 300, problems);
    let ended_reason = row.short("ended_reason", 300, problems);
    let person = person(row, school, days, around, problems);
    if let (Some(collected_on), Some(returned_on)) = (collected_on, returned_on) {
        possession(row, state, collected_on, returned_on, around.today, problems);
    }
    let (days, copy, school) = (days?, copy?, school.unwrap_or(NOWHERE));
    member(row, school, days, around, problems);
    let turnaround = around.copies.get(copy).and_then(|copy| around.resources.get(copy.resource)?.turnaround_days);
    Some(Booking {
        line: row.line,
        copy,
        school,
        person: person.unwrap_or(NOWHERE),
        kind: kind.unwrap_or_default(),
        state: state.unwrap_or_default(),
        days,
        held_until: days::add(days.last(), i64::from(turnaround.unwrap_or(around.turnaround))),
        class_name: class_name.unwrap_or_default(),
        purpose: purpose.unwrap_or_default(),
        pupils: pupils.flatten(),
        collected_on: collected_on.flatten(),
        returned_on: returned_on.flatten(),
        override_reason: override_reason.unwrap_or_default(),
        ended_reason: ended_reason.unwrap_or_default(),
    })
}

fn copy(row: &Row, around: &Around<'_>, problems: &mut Problems) -> Option<usize> {
    let (typed, copies) = (row.text("copy"), around.copies);
    let found = copies.iter().position(|copy| copy.tag.eq_ignore_ascii_case(typed));
    if found.is_none() && !around.tags.has(typed) {
        let right = match nearest(typed, copies.iter().map(|copy| copy.tag.as_str())) {
            Some(meant) => format!("Did you mean {meant}?"),
            None => "Write a tag that stands in copies.csv.".to_owned(),
        };
        row.wrong("copy", format!("There is no copy with the tag \"{typed}\"."), right, problems);
    }
    found
}

fn days(row: &Row, problems: &mut Problems) -> Option<Period> {
    let first = row.day("first_day", problems);
    let last = row.day("last_day", problems);
    let (first, last) = (first?, last?);
    not_before(row, "last_day", Some(last), "first_day", first, problems);
    let days = Period::new(first, last)?;
    if days.len_days() > LONGEST_DAYS {
        row.wrong("last_day", format!("{days} is longer than a year."), "Mend one of the two days.", problems);
        return None;
    }
    Some(days)
}

/// Who booked: the person with the address, or whoever is the school's science subject leader on the first day.
fn person(row: &Row, school: Option<usize>, days: Option<Period>, around: &Around<'_>, problems: &mut Problems) -> Option<usize> {
    let typed = row.text("person").to_lowercase();
    if typed.is_empty() {
        let first = days?.first();
        let mine = around.roles.iter().filter(|role| matches!(role.kind, "ssl" | "deputy") && role.school == school && school.is_some());
        let then = mine.clone().find(|role| role.from <= first && role.to.is_none_or(|to| first <= to));
        let found = then.or_else(|| mine.clone().next()).map(|role| role.person);
        if found.is_none() && school.is_some() && around.all_people {
            row.wrong("person", "The school has no science subject leader in people.csv.", "Write the address of who booked.", problems);
        }
        return found;
    }
    let found = around.people.iter().position(|person| person.email == typed);
    if found.is_none() && !around.addresses.has(&typed) {
        let right = match nearest(&typed, around.people.iter().map(|person| person.email.as_str())) {
            Some(meant) => format!("Did you mean {meant}?"),
            None => "Write an address that stands in people.csv.".to_owned(),
        };
        row.wrong("person", format!("Nobody in people.csv has the address \"{typed}\"."), right, problems);
    }
    found
}

/// A school can book while it is a member.
fn member(row: &Row, school: usize, days: Period, around: &Around<'_>, problems: &mut Problems) {
    let Some(school) = around.schools.schools.get(school) else { return };
    if days.first() < school.joined || school.left.is_some_and(|left| days.last() > left) {
        let until = school.left.map_or_else(|| "on".to_owned(), |left| format!("to {}", days::long(left)));
        row.wrong(
            "school",
            format!("{} is a member from {} {until}, and the booking is {days}.", school.short_name, days::long(school.joined)),
            "Mend the days here, or joined and left in schools.csv.",
            problems,
        );
    }
}

fn possession(row: &Row, state: Option<&str>, collected: Option<Day>, returned: Option<Day>, today: Day, problems: &mut Problems) {
    if let Some(collected) = collected {
        if let Some(state) = state.filter(|state| *state != "confirmed") {
            row.wrong(
                "collected_on",
                format!("A {state} booking cannot have been collected."),
                "Empty the cell, or write confirmed.",
                problems,
            );
        }
        not_before(row, "returned_on", returned, "collected_on", collected, problems);
    } else if returned.is_some() {
        row.wrong("collected_on", "The copy came back but was never collected.", "Fill in the day on which it was collected.", problems);
    }
    for (column, day) in [("collected_on", collected), ("returned_on", returned)] {
        if let Some(day) = day.filter(|day| *day > today) {
            row.wrong(column, format!("{day} is still to come."), format!("Write {today} or an earlier day, or empty the cell."), problems);
        }
    }
}

/// A copy is out at one school at a time.
fn no_two_out(file: &str, tag: &str, bookings: &[&Booking], problems: &mut Problems) {
    let mut out = bookings.iter().filter(|booking| booking.collected_on.is_some() && booking.returned_on.is_none());
    let Some(first) = out.next() else { return };
    for second in out {
        problems.at(
            file,
            Some(second.line),
            "returned_on",
            format!("{tag} is out here and on line {}: it was collected twice and never came back.", first.line),
            "Fill in when it came back from one of the two.",
        );
    }
}

/// No two live bookings of a copy share a day, turnaround included (product rule 1). `bookings` is sorted by first day.
fn no_overlap(file: &str, tag: &str, bookings: &[&Booking], around: &Around<'_>, problems: &mut Problems) {
    let name = |booking: &Booking| {
        let school = around.schools.schools.get(booking.school);
        school.map_or_else(|| "another school".to_owned(), |school| school.short_name.clone())
    };
    let mut longest: Option<&Booking> = None;
    for booking in bookings {
        if let Some(before) = longest.filter(|before| before.held_until >= booking.days.first()) {
            let turnaround = if before.days.last() < booking.days.first() {
                format!(", kept free until {} for the turnaround", days::long(before.held_until))
            } else {
                String::new()
            };
            problems.at(
                file,
                Some(booking.line),
                "first_day",
                format!(
                    "{tag} is booked twice: by {} from {} here, and by {} from {} on line {}{turnaround}.",
                    name(booking),
                    booking.days,
                    name(before),
                    before.days,
                    before.line
                ),
                format!("Start after {}, or take another copy.", days::long(before.held_until)),
            );
        }
        if longest.is_none_or(|before| before.held_until < booking.held_until) {
            longest = Some(booking);
        }
    }
}
