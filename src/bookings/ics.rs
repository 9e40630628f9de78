//! Calendar files: one booking as the attachment of a mail or a download, many as a feed. Pure and deterministic: the same
//! booking gives the same bytes, whoever asks and when.
//!
//! A booking is days, not hours, so entries are all-day: `VALUE=DATE` with an exclusive `DTEND` (product rule 9; others that
//! wrote midnight to midnight were shown an hour off). The UID stays for the booking's life and SEQUENCE rises with every
//! change, so that a calendar updates its entry. The method is PUBLISH and for an ended booking CANCEL, never REQUEST: nobody is
//! invited, so Outlook, Google and Apple offer "add to calendar" and send no answers to anybody. RFC 5546 wants an ORGANIZER
//! with either, and Outlook matches a cancellation by it, so there is one.

use std::fmt;

use chrono::{DateTime, Utc};
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};

use super::State;
use crate::base::days::{self, Period};
use crate::base::ids::{BookingId, LegId};

/// Who made the file, in the form RFC 5545 asks for.
const PRODID: &str = "-//Boxrota//Science kit bookings//EN";

/// What an entry is known by for its life, so that a calendar brings it up to date and shows it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uid {
    /// A loan.
    Loan(BookingId),
    /// A handover: the leg keeps its id when its day moves.
    Handover(LegId),
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loan(id) => write!(f, "booking-{id}@boxrota"),
            Self::Handover(id) => write!(f, "handover-{id}@boxrota"),
        }
    }
}

/// What a calendar shows of a booking, or of a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is known by.
    pub uid: Uid,
    /// Rises with every change.
    pub sequence: u32,
    /// When it last changed: DTSTAMP and LAST-MODIFIED.
    pub changed: DateTime<Utc>,
    /// Requested is tentative, declined and cancelled are cancelled.
    pub state: State,
    /// From the first to the last day.
    pub days: Period,
    /// "Electricity (EL1) at Saxton".
    pub summary: String,
    /// Where the copy then is.
    pub location: String,
    /// A few lines: class, purpose, who has it before and after.
    pub description: String,
    /// The loan page.
    pub url: String,
}

/// From whom the entries come: the cluster, under the address that mails are sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organizer {
    /// "South Milford cluster".
    pub name: String,
    /// The address.
    pub address: String,
}

/// The method of a file, which the mail's content type must name too.
#[must_use]
pub fn method(state: State) -> &'static str {
    if state.is_live() { "PUBLISH" } else { "CANCEL" }
}

/// One booking as a file.
#[must_use]
pub fn file(entry: &Entry, organizer: &Organizer) -> String {
    let mut calendar = head();
    calendar.append_property(Property::new("METHOD", method(entry.state)));
    calendar.push(event(entry, organizer));
    folded(&calendar)
}

/// Many bookings as a feed that calendars fetch again every hour or so.
#[must_use]
pub fn feed(name: &str, entries: &[Entry], organizer: &Organizer) -> String {
    let mut calendar = head();
    calendar.append_property(Property::new("METHOD", "PUBLISH"));
    calendar.append_property(Property::new("X-WR-CALNAME", clean(name)));
    // RFC 7986's name and the one that Outlook reads.
    calendar.append_property(Property::new("REFRESH-INTERVAL", "PT1H").add_parameter("VALUE", "DURATION").done());
    calendar.append_property(Property::new("X-PUBLISHED-TTL", "PT1H"));
    calendar.extend(entries.iter().map(|entry| event(entry, organizer)));
    folded(&calendar)
}

fn head() -> Calendar {
    let mut calendar = Calendar::empty();
    for (key, value) in [("VERSION", "2.0"), ("PRODID", PRODID), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property(Property::new(key, value));
    }
    calendar
}

fn event(entry: &Entry, organizer: &Organizer) -> Event {
    let mut event = Event::new();
    let name = clean(&organizer.name).replace('"', "'");
    let from = Property::new("ORGANIZER", format!("mailto:{}", clean(&organizer.address))).add_parameter("CN", &name).done();
    event
        .uid(&entry.uid.to_string())
        .timestamp(entry.changed)
        .last_modified(entry.changed)
        .sequence(entry.sequence)
        .starts(entry.days.first())
        // The day after the last day: RFC 5545 says that DTEND is not part of the event.
        .ends(days::add(entry.days.last(), 1))
        .summary(&clean(&entry.summary))
        .location(&clean(&entry.location))
        .description(&clean(&entry.description))
        .url(&clean(&entry.url))
        .append_property(from)
        .add_property("TRANSP", "TRANSPARENT")
        // Outlook marks an all-day entry as busy unless it is told in its own words.
        .add_property("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
        .status(match entry.state {
            State::Requested => EventStatus::Tentative,
            State::Confirmed => EventStatus::Confirmed,
            State::Declined | State::Cancelled => EventStatus::Cancelled,
        });
    event.done()
}

/// The file with lines of 75 octets at most (RFC 5545, 3.1). The library folds too, but forgets the space before a last line of
/// exactly 75, which strict readers refuse.
fn folded(calendar: &Calendar) -> String {
    const LIMIT: usize = 75;
    let text = calendar.to_string().replace("\r\n ", "");
    let mut folded = String::with_capacity(text.len() + text.len() / 24);
    for line in text.split_terminator("\r\n") {
        let mut room = LIMIT;
        for letter in line.chars() {
            if letter.len_utf8() > room {
                folded.push_str("\r\n ");
                room = LIMIT - 1;
            }
            folded.push(letter);
            room -= letter.len_utf8();
        }
        folded.push_str("\r\n");
    }
    folded
}

/// Without control characters, which no calendar may hold and which could begin a line of their own. Line ends stay.
fn clean(text: &str) -> String {
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::period;
    use super::*;
    use proptest::prelude::*;

    fn entry() -> Entry {
        Entry {
            uid: Uid::Loan(BookingId(812_345_678_901_234_567)),
            sequence: 2,
            changed: "2026-11-23T18:30:05Z".parse().unwrap(),
            state: State::Confirmed,
            days: period("2026-10-19", "2026-11-06"),
            summary: "Electricity (EL1) at Saxton".into(),
            location: "Saxton CE Primary, Dam Lane; Saxton, LS24 9QF".into(),
            description:
                "Class: Year 4\nFetch it from Monk Fryston, who have it until 16 October 2026, and bring it to nobody\r\nafterwards: \\o/"
                    .into(),
            url: "https://boxrota.example/c/south-milford/bookings/0P1Q2R3S4T5V6".into(),
        }
    }

    fn organizer() -> Organizer {
        Organizer { name: "South Milford, \"the\" cluster".into(), address: "kit@boxrota.example".into() }
    }

    /// The lines as they were before folding.
    fn unfolded(text: &str) -> Vec<String> {
        assert!(text.ends_with("\r\n"));
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines.iter().all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "75 octets a line, CRLF and nothing else");
        text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_all_day_entry_with_an_exclusive_end() {
        let text = file(&entry(), &organizer());
        assert_eq!(text, file(&entry(), &organizer()), "the same bytes every time");
        let lines = unfolded(&text);
        for wanted in [
            "VERSION:2.0",
            "PRODID:-//Boxrota//Science kit bookings//EN",
            "METHOD:PUBLISH",
            "UID:booking-0PHG82X4VPJW7@boxrota",
            "DTSTAMP:20261123T183005Z",
            "LAST-MODIFIED:20261123T183005Z",
            "SEQUENCE:2",
            "STATUS:CONFIRMED",
            "TRANSP:TRANSPARENT",
            "DTSTART;VALUE=DATE:20261019",
            "DTEND;VALUE=DATE:20261107",
            "SUMMARY:Electricity (EL1) at Saxton",
            r"LOCATION:Saxton CE Primary\, Dam Lane\; Saxton\, LS24 9QF",
            "ORGANIZER;CN=\"South Milford, 'the' cluster\":mailto:kit@boxrota.example",
            "URL:https://boxrota.example/c/south-milford/bookings/0P1Q2R3S4T5V6",
        ] {
            assert!(lines.iter().any(|line| line == wanted), "{wanted} in\n{text}");
        }
        assert!(lines.iter().any(|line| line.starts_with(r"DESCRIPTION:Class: Year 4\nFetch") && line.ends_with(r"\nafterwards: \\o/")));
    }

    #[test]
    fn an_ended_booking_is_cancelled_under_the_same_uid() {
        let text = file(&Entry { state: State::Cancelled, sequence: 3, ..entry() }, &organizer());
        for wanted in ["METHOD:CANCEL\r\n", "STATUS:CANCELLED\r\n", "SEQUENCE:3\r\n", "UID:booking-0PHG82X4VPJW7@boxrota\r\n"] {
            assert!(text.contains(wanted), "{wanted}");
        }
        assert!(file(&Entry { state: State::Requested, ..entry() }, &organizer()).contains("STATUS:TENTATIVE"));
    }

    #[test]
    fn a_feed_has_a_name_and_says_how_often_to_ask() {
        let text = feed("Saxton, science kit", &[entry(), Entry { uid: Uid::Handover(LegId(1)), ..entry() }], &organizer());
        for wanted in ["X-WR-CALNAME:Saxton\\, science kit\r\n", "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", "X-PUBLISHED-TTL:PT1H\r\n"] {
            assert!(text.contains(wanted), "{wanted} in\n{text}");
        }
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
        assert_eq!(text.matches("METHOD").count(), 1);
        assert_eq!(feed("Empty", &[], &organizer()).matches("BEGIN:VEVENT").count(), 0);
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_line(summary in ".{0,200}", description in "(.|\n|\r|\t){0,400}", name in ".{0,80}") {
            let entry = Entry { summary, description, ..entry() };
            let organizer = Organizer { name, ..organizer() };
            let text = file(&entry, &organizer);
            let lines = unfolded(&text);
            let known = |line: &String| line.split([':', ';']).next().is_some_and(|key| !key.is_empty() && key.chars().all(|c| c.is_ascii_uppercase() || c == '-'));
            prop_assert!(lines[..lines.len() - 1].iter().all(known));
            prop_assert_eq!(lines.len(), unfolded(&file(&Entry { summary: "x".into(), ..entry.clone() }, &organizer)).len());
        }
    }
}
