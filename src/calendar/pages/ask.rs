//! What the address of a calendar page asks for, and the addresses of its neighbours.

use std::fmt::Write as _;

use chrono::Datelike as _;

use crate::base::days::Period;
use crate::base::days::{self, Day};
use crate::bookings::store::plan::Title;

/// The three views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// A term as a timeline.
    #[default]
    Term,
    /// A month of weeks.
    Month,
    /// A list of loans.
    List,
}

impl View {
    /// As the address has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Term => "term",
            Self::Month => "month",
            Self::List => "list",
        }
    }
}

/// The query of the address as it came. Every part may be missing or nonsense: then it asks for nothing.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Query {
    #[serde(default)]
    view: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    year: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    free: String,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Which view.
    pub view: View,
    /// A day of the window to show; today when missing.
    pub from: Option<Day>,
    /// A year group, 0 for Reception.
    pub year: Option<u8>,
    /// A topic or a strand.
    pub topic: String,
    /// `box`, `kit` or nothing.
    pub kind: String,
    /// Words to look for.
    pub words: String,
    /// The Monday of a week in which the copy must be free.
    pub free: Option<Day>,
}

impl From<Query> for Ask {
    fn from(query: Query) -> Self {
        Self {
            view: match query.view.as_str() {
                "month" => View::Month,
                "list" => View::List,
                _ => View::Term,
            },
            from: days::parse_iso(&query.from),
            year: query.year.parse().ok().filter(|year| *year <= 6),
            topic: query.topic.trim().chars().take(80).collect(),
            kind: if matches!(query.kind.as_str(), "box" | "kit") { query.kind } else { String::new() },
            words: query.q.trim().chars().take(80).collect(),
            free: days::parse_iso(&query.free).map(days::monday),
        }
    }
}

impl Ask {
    /// Whether anything is left out.
    #[must_use]
    pub fn filters(&self) -> bool {
        self.year.is_some() || !self.topic.is_empty() || !self.kind.is_empty() || !self.words.is_empty() || self.free.is_some()
    }

    /// Whether a title is asked for, whatever its copies do.
    #[must_use]
    pub fn wants(&self, title: &Title) -> bool {
        self.year.is_none_or(|year| (title.years.0..=title.years.1).contains(&year))
            && (self.topic.is_empty() || self.topic == title.topic || self.topic == <&str>::from(title.strand))
            && (self.kind.is_empty() || self.kind == title.kind)
            && self.words.split_whitespace().all(|word| title.search_words.contains(&word.to_lowercase()))
    }

    /// The same question about another window.
    #[must_use]
    pub fn at(&self, from: Day) -> Self {
        Self { from: Some(from), free: None, ..self.clone() }
    }

    /// The same question in another view.
    #[must_use]
    pub fn seen_as(&self, view: View) -> Self {
        Self { view, ..self.clone() }
    }

    /// Everything of this window and view.
    #[must_use]
    pub fn unfiltered(&self) -> Self {
        Self { view: self.view, from: self.from, ..Self::default() }
    }

    /// As an address relative to the calendar: `?view=month&from=2026-10-01`. What asks for nothing is left out.
    #[must_use]
    pub fn href(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
        query.append_pair("view", self.view.word());
        let mut text = String::new();
        if let Some(from) = self.from {
            let _ = write!(text, "{from}");
            query.append_pair("from", &text);
        }
        if let Some(year) = self.year {
            query.append_pair("year", &year.to_string());
        }
        for (name, value) in [("topic", &self.topic), ("kind", &self.kind), ("q", &self.words)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(free) = self.free {
            query.append_pair("free", &free.to_string());
        }
        query.finish()
    }
}

/// The weeks that show a month: from the Monday of its first to the Friday of its last day.
#[must_use]
pub fn weeks_of(day: Day) -> Period {
    let first = first_of(day);
    let last = days::add(next_month(first), -1);
    // A month that begins on a weekend begins, for a school, on the Monday after.
    let monday = if days::is_weekday(first) { days::monday(first) } else { days::add(days::monday(first), 7) };
    Period::new(monday, days::add(days::monday(last), 4)).unwrap_or(Period::day(day))
}

/// The first day of the month.
#[must_use]
pub fn first_of(day: Day) -> Day {
    day.with_day(1).unwrap_or(day)
}

/// The first day of the month after.
#[must_use]
pub fn next_month(day: Day) -> Day {
    first_of(days::add(first_of(day), 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_asks_for_nothing() {
        let query = Query { view: "grid".into(), from: "2026-02-30".into(), year: "7".into(), kind: "bag".into(), ..Query::default() };
        assert_eq!(Ask::from(query), Ask::default());
        assert_eq!(Ask::default().href(), "?view=term");
    }

    #[test]
    fn filters_are_kept_in_the_address() {
        let query = Query { year: "0".into(), topic: "Animals, including humans".into(), q: " bulb & wire ".into(), ..Query::default() };
        let ask = Ask::from(query);
        assert!(ask.filters());
        assert_eq!(
            ask.at(days::parse_iso("2027-01-04").unwrap()).seen_as(View::Month).href(),
            "?view=month&from=2027-01-04&year=0&topic=Animals%2C+including+humans&q=bulb+%26+wire"
        );
        assert!(!ask.unfiltered().filters());
    }
}
