//! The history of a copy: where it was and for how long, what was counted when it changed hands, who had booked it, what was done
//! to it. One list, newest first, in pages. Pure.

use chrono::{DateTime, Utc};

use super::counts::HolderCount;
use crate::base::days::{Day, Period};
use crate::base::ids::{BookingId, HandoverId, SchoolId};
use crate::clusters::log::Line;
use crate::journeys::Place;

/// Entries on a page: the whole history of most copies, to be printed at once.
pub const A_PAGE: usize = 200;

/// A link of the chain of custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// What kind of place.
    pub place: Place,
    /// Who had it; where the store is; who handed it over; who had it last.
    pub school: SchoolId,
    /// While it was on its way: to whom; `None` is the store.
    pub to: Option<SchoolId>,
    /// Who took it, handed it over or reported it, by name.
    pub person: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; `None`: it is there now.
    pub until: Option<DateTime<Utc>>,
}

/// A line of a count that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// What.
    pub item: String,
    /// How many belong into it.
    pub quantity: i32,
    /// How many were there; `None`: not counted.
    pub counted: Option<i32>,
    /// In words, for what is used up: "plenty", "low", "none".
    pub loose: Option<String>,
    /// Why: `missing`, `broken`, `used_up`, `not_counted`.
    pub why: Option<String>,
}

impl Short {
    /// "Torch: 4 of 6, missing", "Rice: low", "Wire: not counted".
    #[must_use]
    pub fn words(&self) -> String {
        let why =
            self.why.as_deref().filter(|why| *why != "not_counted").map(|why| format!(", {}", why.replace('_', " "))).unwrap_or_default();
        match (self.counted, &self.loose) {
            (Some(counted), _) => format!("{}: {counted} of {}{why}", self.item, self.quantity),
            (None, Some(loose)) => format!("{}: {loose}{why}", self.item),
            (None, None) => format!("{}: not counted", self.item),
        }
    }
}

/// What one side of a handover counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// "giver" or "receiver".
    pub side: String,
    /// "`all_there`", "lines" or "none".
    pub how: String,
    /// Who counted, by name.
    pub by: String,
    /// What was not as it should be.
    pub short: Vec<Short>,
}

impl Count {
    /// What it says, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.how.as_str(), self.short.as_slice()) {
            ("none", _) => "nothing was counted".to_owned(),
            ("all_there", _) | (_, []) => "all there".to_owned(),
            (_, short) => short.iter().map(Short::words).collect::<Vec<_>>().join("; "),
        }
    }
}

/// A copy changed hands, or should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    /// The handover.
    pub id: HandoverId,
    /// Who handed it over.
    pub from: SchoolId,
    /// Who was to receive it; `None` is the store.
    pub to: Option<SchoolId>,
    /// "given", "accepted", "refused", "withdrawn" or "lost".
    pub state: String,
    /// When it was handed over, or received when nobody handed it over.
    pub at: DateTime<Utc>,
    /// The condition that each side noted, as far as it did.
    pub conditions: [String; 2],
    /// What each side noted.
    pub notes: [String; 2],
    /// Why it was refused.
    pub refusal: String,
    /// Whether the two counts are not the same.
    pub differs: bool,
    /// Whether a coordinator has dealt with that.
    pub settled: bool,
    /// What was counted, the giver's first.
    pub counts: Vec<Count>,
}

/// A booking of the copy that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The booking.
    pub id: BookingId,
    /// For whom.
    pub school: SchoolId,
    /// From the first to the last day.
    pub days: Period,
    /// Whether a coordinator kept it, to restock or mend it.
    pub restock: bool,
    /// The class.
    pub class_name: String,
    /// The day it was fetched and the day it came back.
    pub fetched: (Option<Day>, Option<Day>),
}

/// Something in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Where it was.
    Stay(Stay),
    /// It changed hands.
    Passing(Box<Passing>),
    /// The school that had it counted it.
    Counted(Box<HolderCount>),
    /// It was booked.
    Booked(Booked),
    /// Something was done to it.
    Change(Line),
}

/// Where it stands in time: newest first, and at one moment what was said by a person before what follows from it.
#[must_use]
pub fn at(entry: &Entry) -> DateTime<Utc> {
    match entry {
        Entry::Stay(stay) => stay.since,
        Entry::Passing(passing) => passing.at,
        Entry::Counted(count) => count.at,
        Entry::Booked(booked) => crate::base::clock::midnight(booked.days.first()),
        Entry::Change(line) => line.at,
    }
}

/// The newest entries before a moment, and where the next page begins: whole moments, so that no entry is lost between two pages.
#[must_use]
pub fn page(mut entries: Vec<Entry>, before: Option<DateTime<Utc>>) -> (Vec<Entry>, Option<DateTime<Utc>>) {
    entries.retain(|entry| before.is_none_or(|before| at(entry) < before));
    entries.sort_by_key(|entry| std::cmp::Reverse(at(entry)));
    let Some(last) = entries.get(A_PAGE - 1).map(at) else { return (entries, None) };
    let shown = entries.partition_point(|entry| at(entry) >= last);
    let more = shown < entries.len();
    entries.truncate(shown);
    (entries, more.then_some(last))
}

/// "3 days", "2 hours", "less than an hour": how long something lasted.
#[must_use]
pub fn how_long(from: DateTime<Utc>, until: DateTime<Utc>) -> String {
    let plural = |n: i64, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let lasted = until - from;
    match (lasted.num_days(), lasted.num_hours()) {
        (0, 0) => "less than an hour".to_owned(),
        (0, hours) => plural(hours, "hour"),
        (days, _) => plural(days, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn stay(since: &str) -> Stay {
        Stay { place: Place::Store, school: SchoolId(1), to: None, person: None, since: time(since), until: None }
    }

    #[test]
    fn pages_hold_every_entry_once() {
        // Five hundred entries, three at each moment.
        let entries: Vec<Entry> = (0..500)
            .map(|n| {
                Entry::Stay(Stay { since: time("2026-11-24T09:00:00Z") - chrono::TimeDelta::hours(n / 3), ..stay("2026-11-24T09:00:00Z") })
            })
            .collect();
        let (mut before, mut seen, mut pages) = (None, 0, 0);
        loop {
            let (shown, next) = page(entries.clone(), before);
            assert!((1..=A_PAGE + 2).contains(&shown.len()));
            (seen, pages, before) = (seen + shown.len(), pages + 1, next);
            if before.is_none() {
                break;
            }
        }
        assert_eq!((seen, pages), (500, 3));
        assert_eq!(page(Vec::new(), None), (Vec::new(), None));
    }

    #[test]
    fn how_long_something_lasted_is_said_in_words() {
        let long = |from: &str, to: &str| how_long(time(from), time(to));
        assert_eq!(long("2026-11-20T09:00:00Z", "2026-11-24T08:00:00Z"), "3 days");
        assert_eq!(long("2026-11-24T09:00:00Z", "2026-11-24T10:59:00Z"), "1 hour");
        assert_eq!(long("2026-11-24T09:00:00Z", "2026-11-24T09:59:00Z"), "less than an hour");
    }

    #[test]
    fn a_count_says_what_was_short() {
        let short = |counted, loose: Option<&str>, why: Option<&str>| Short {
            item: "Torch".into(),
            quantity: 6,
            counted,
            loose: loose.map(Into::into),
            why: why.map(Into::into),
        };
        let count = |how: &str, short| Count { side: "giver".into(), how: how.into(), by: String::new(), short }.words();
        assert_eq!(count("all_there", vec![]), "all there");
        assert_eq!(count("none", vec![]), "nothing was counted");
        assert_eq!(
            count("lines", vec![short(Some(4), None, Some("missing")), short(Some(0), None, Some("used_up"))]),
            "Torch: 4 of 6, missing; Torch: 0 of 6, used up"
        );
        assert_eq!(
            count("lines", vec![short(None, Some("low"), None), short(None, None, Some("not_counted"))]),
            "Torch: low; Torch: not counted"
        );
    }
}
