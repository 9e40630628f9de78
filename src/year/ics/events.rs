//! The events of a calendar file as they stand now: of several revisions the newest, without the cancelled, repeats day by day.

use std::collections::{BTreeMap, HashMap};

use chrono::Datelike;

use super::ledger::Ledger;
use super::lines::{self, Component, content};
use super::moments::{self, NoSpan, Span, span};
use super::repeats::{self, NotFollowed};
use crate::base::days::{self, Day, Period};
use crate::year::plan::year_days;

/// The most events that are read of one file: ten years of a school that writes down everything.
const MOST_EVENTS: usize = 5000;

/// The most events of which the rule is followed: each costs a millisecond or two.
const MOST_RULES: usize = 500;
/// The most days on which events repeat, all of them together.
const MOST_REPEATS: usize = 5000;

/// An event on its days; one that repeats is there for each of them.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its line, by which it is known.
    pub line: u64,
    /// Its name.
    pub summary: String,
    /// From its first to its last day.
    pub days: Period,
    /// How many hours it has, where it is not about whole days.
    pub hours: Option<i64>,
}

/// An event whose days are known, before it is repeated.
struct Dated<'a> {
    event: &'a Component,
    summary: String,
    span: Span,
}

/// The events of a text. Every one that is not among them stands in the ledger, with the reason.
#[must_use]
pub fn events(text: &str, ledger: &mut Ledger) -> Vec<Event> {
    let content = content(text);
    let (events, others): (Vec<_>, Vec<_>) = content.components.into_iter().partition(|component| component.kind == "VEVENT");
    for other in &others {
        ledger.out(other.line, format!("\"{}\": a task or a note, and no event", summary(other)));
    }
    ledger.events = events.len();
    if events.len() > MOST_EVENTS {
        let wrong = format!("The calendar has more than {} events.", crate::base::text::number(MOST_EVENTS));
        let line = events.get(MOST_EVENTS).map(|event| event.line);
        // Where none of them has a day, each says so below.
        if events.iter().any(|event| event.field("DTSTART").is_some()) {
            ledger.fault(line, wrong, "Choose a calendar with term dates alone, of one year or two.");
            return Vec::new();
        }
    }
    let mut dated = Vec::new();
    for event in newest(&events, ledger) {
        let summary = summary(event);
        if !event.whole {
            ledger.fault(Some(event.line), "The event is not complete: its END:VEVENT is missing.", "Download the calendar again.");
        } else if content.withdrawn || matches!(event.value("STATUS").to_uppercase().as_str(), "CANCELLED" | "CANCELED") {
            ledger.out(event.line, format!("\"{summary}\"{}: cancelled", on(event)));
        } else {
            match span(event) {
                Ok(span) => dated.push(Dated { event, summary, span }),
                Err(why) => unreadable(event.line, &summary, why, ledger),
            }
        }
    }
    repeated(&events, dated, ledger)
}

fn summary(event: &Component) -> String {
    lines::name(event.value("SUMMARY"))
}

/// ", 27 November 2026", for an event that is left out.
fn on(event: &Component) -> String {
    span(event).map_or_else(|_| String::new(), |span| format!(", {}", span.days))
}

fn unreadable(line: u64, summary: &str, why: NoSpan, ledger: &mut Ledger) {
    match why {
        NoSpan::Missing => {
            ledger.fault(Some(line), format!("\"{summary}\" has no day."), "Give it a DTSTART, for example DTSTART;VALUE=DATE:20260902.");
        }
        NoSpan::NotADay(at, text) => {
            ledger.fault_of(line, at, format!("\"{text}\" is not a day."), "Write it like 20260902: year, month, day.");
        }
        NoSpan::NotALength(at, text) => {
            ledger.fault_of(
                line,
                at,
                format!("\"{text}\" is not a length."),
                "Write it like P5D for five days, or give the event a DTEND.",
            );
        }
        NoSpan::Backwards => ledger.fault(Some(line), format!("\"{summary}\" ends before it begins."), "Mend one of its two days."),
    }
}

/// What tells two revisions of an event apart: the higher number, else the later stamp.
fn revision(event: &Component) -> (i64, &str) {
    let stamp = event.field("LAST-MODIFIED").or_else(|| event.field("DTSTAMP")).map_or("", |field| field.value.trim());
    (event.value("SEQUENCE").parse().unwrap_or(0), stamp)
}

/// Of the events with one UID (and of one day of a repeat) those of the newest revision. Several of it that say different things are
/// events of a program that gives all of them one UID: they stay.
fn newest<'a>(events: &'a [Component], ledger: &mut Ledger) -> Vec<&'a Component> {
    let key = |event: &'a Component| (event.value("UID"), event.field("RECURRENCE-ID").and_then(moments::day));
    let mut last: HashMap<_, (i64, &str)> = HashMap::new();
    for event in events.iter().filter(|event| !event.value("UID").is_empty()) {
        let newest = last.entry(key(event)).or_insert_with(|| revision(event));
        *newest = (*newest).max(revision(event));
    }
    let mut kept = Vec::new();
    for event in events {
        if last.get(&key(event)).is_some_and(|newest| revision(event) < *newest) && event.whole {
            ledger.out(event.line, format!("\"{}\"{}: there is a newer revision of it in the file", summary(event), on(event)));
        } else {
            kept.push(event);
        }
    }
    kept
}

/// Every event on each of its days.
fn repeated(all: &[Component], dated: Vec<Dated<'_>>, ledger: &mut Ledger) -> Vec<Event> {
    let years = years(&dated);
    // Days of a repeat that have an event of their own, cancelled ones too: the repeat leaves them to it.
    let mut moved: BTreeMap<&str, Vec<Day>> = BTreeMap::new();
    for event in all.iter().filter(|event| !event.value("UID").is_empty()) {
        moved.entry(event.value("UID")).or_default().extend(event.field("RECURRENCE-ID").and_then(moments::day));
    }
    let (mut events, mut left) = (Vec::new(), MOST_REPEATS);
    let mut rules = MOST_RULES;
    for Dated { event, summary, span } in dated {
        let one = |days| Event { line: event.line, summary: summary.clone(), days, hours: span.hours };
        if !repeats::repeats(event) {
            events.push(one(span.days));
            continue;
        }
        if rules == 0 {
            ledger.out(event.line, format!("\"{summary}\": it repeats, as more than {MOST_RULES} others do in this file"));
            continue;
        }
        rules -= 1;
        let long = span.days.len_days() - 1;
        match repeats::starts(event, span.days.first(), years) {
            Ok(starts) if starts.len() > left => {
                ledger.out(event.line, format!("\"{summary}\": it repeats, and with the others on more than {MOST_REPEATS} days"));
            }
            Ok(starts) => {
                left -= starts.len();
                let own = moved.get(event.value("UID"));
                let starts = starts.into_iter().filter(|day| own.is_none_or(|own| !own.contains(day)));
                let before = events.len();
                events.extend(starts.filter_map(|first| Period::new(first, days::add(first, long))).map(one));
                if events.len() == before {
                    ledger.out(event.line, format!("\"{summary}\": it repeats, and on no day of the years in this file"));
                }
            }
            Err(NotFollowed(why)) => {
                ledger.out(event.line, format!("\"{summary}\", from {} on: it repeats, and {why}", days::long(span.days.first())));
            }
        }
    }
    events
}

/// The school years of the file: those of its events that do not repeat, or else those in which the repeats begin.
fn years(dated: &[Dated<'_>]) -> Period {
    let single = dated.iter().any(|one| !repeats::repeats(one.event));
    let seen = dated.iter().filter(|one| !single || !repeats::repeats(one.event)).map(|one| one.span.days);
    let year = |day: Day| days::academic_year(day) + i32::from(day.month() == 8);
    let (mut first, mut last) = (i32::MAX, i32::MIN);
    for days in seen {
        (first, last) = (first.min(year(days.first())), last.max(year(days.last())));
    }
    let first = days::add(year_days(first.min(2099)).first(), -31);
    Period::new(first, year_days(last.clamp(2000, 2099)).last()).unwrap_or(Period::day(first))
}
