//! The events of a calendar file, each with its line: unfolds, unescapes, and turns DTSTART, DTEND and DURATION into days.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::base::days::{self, Day, Period};
use crate::base::text;
use crate::year::plan::{Fault, MOST_ROWS};

/// What stood in the file is repeated up to so many letters.
const LONGEST_SAID: usize = 300;

/// An event of a calendar file.
#[derive(Debug)]
pub struct Event {
    /// Its line.
    pub line: u64,
    /// Its name.
    pub summary: String,
    /// From its first to its last day.
    pub days: Period,
}

/// Notes a fault.
pub fn fault(faults: &mut Vec<Fault>, line: Option<u64>, wrong: impl Into<String>, right: &str) {
    faults.push(Fault { line, column: String::new(), wrong: text::cut(wrong.into(), LONGEST_SAID), right: right.to_owned() });
}

/// The fields of an event by name, each with its line.
type Fields = BTreeMap<String, (u64, String)>;

/// Every event with its line, summary and days.
pub fn events(text: &str, faults: &mut Vec<Fault>) -> Vec<Event> {
    let mut events = Vec::new();
    let mut open: Option<(u64, Fields)> = None;
    for (line, text) in unfolded(text) {
        let Some((name, value)) = text.split_once(':') else { continue };
        let name = name.split(';').next().unwrap_or_default().trim().to_uppercase();
        match (name.as_str(), value.trim().to_uppercase().as_str()) {
            ("BEGIN", "VEVENT") => open = Some((line, BTreeMap::new())),
            ("END", "VEVENT") => {
                if let Some((line, fields)) = open.take() {
                    events.extend(event(line, &fields, faults));
                }
                if events.len() > MOST_ROWS {
                    let wrong = format!("The calendar has more than {MOST_ROWS} events.");
                    fault(faults, Some(line), wrong, "Choose a calendar with term dates alone, of one year or two.");
                    return Vec::new();
                }
            }
            _ => {
                if let Some((_, fields)) = &mut open {
                    fields.entry(name).or_insert((line, value.to_owned()));
                }
            }
        }
    }
    if let Some((line, _)) = open {
        fault(faults, Some(line), "The event is not complete: its END:VEVENT is missing.", "Download the calendar again.");
    }
    events
}

fn event(line: u64, fields: &Fields, faults: &mut Vec<Fault>) -> Option<Event> {
    let summary = fields.get("SUMMARY").map(|(_, text)| unescaped(text)).unwrap_or_default();
    let Some((at, start)) = fields.get("DTSTART") else {
        fault(faults, Some(line), format!("\"{summary}\" has no day."), "Give it a DTSTART, for example DTSTART;VALUE=DATE:20260902.");
        return None;
    };
    let mut read = |at: u64, text: &str| {
        let found = day(text);
        if found.is_none() {
            fault(faults, Some(at), format!("\"{text}\" is not a day."), "Write it like 20260902: year, month, day.");
        }
        found
    };
    let first = read(*at, start)?;
    let last = match (fields.get("DTEND"), fields.get("DURATION")) {
        (Some((at, end)), _) => {
            let midnight = !end.contains('T') || end.contains("T000000");
            let end = read(*at, end)?;
            // The end is the first day after it; some programs write the same day for an event of one day.
            if midnight && end > first { days::add(end, -1) } else { end }
        }
        (None, Some((_, length))) => days::add(first, length_days(length).unwrap_or(1).max(1) - 1),
        (None, None) => first,
    };
    let Some(days) = Period::new(first, last) else {
        fault(faults, Some(line), format!("\"{summary}\" ends before it begins."), "Mend one of its two days.");
        return None;
    };
    Some(Event { line, summary, days })
}

/// `20260902`, also with a time behind it.
fn day(text: &str) -> Option<Day> {
    let digits = text.trim().get(..8)?;
    let day = NaiveDate::parse_from_str(digits, "%Y%m%d").ok()?;
    (digits.bytes().all(|byte| byte.is_ascii_digit()) && (2000..2100).contains(&day.year())).then_some(day)
}

/// `P5D`, `P2W`.
fn length_days(text: &str) -> Option<i64> {
    let rest = text.trim().strip_prefix('P')?;
    let number = |unit: char| rest.split_once(unit).and_then(|(number, _)| number.parse::<i64>().ok()).filter(|n| (1..400).contains(n));
    number('D').or_else(|| number('W').map(|weeks| weeks * 7))
}

/// The lines with what was folded joined again, and the number of each one's first.
fn unfolded(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1u64..).zip(text.lines()) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines
}

/// The text of a SUMMARY: without backslashes, on one line.
fn unescaped(said: &str) -> String {
    let said = said.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    text::line(&said).chars().filter(|letter| !letter.is_control()).take(200).collect()
}
