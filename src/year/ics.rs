//! A calendar file with term dates, as councils publish them: events named "Autumn term starts", "Half term", "Summer holiday".
//!
//! Read here and not by the icalendar crate, because what is wrong must be said with its line. Days are days: an all-day event's
//! DTEND is the day after its last one. What is not about school days is left out and said so; what cannot be read is a fault.

mod events;

use std::collections::BTreeMap;

use chrono::Datelike;

use crate::base::days::{self, Day, Period};
use crate::year::plan::{Fault, Planned};
use crate::year::{Closure, ClosureKind, Season};
use events::{Event, events, fault};

/// Whether a text is a calendar file. Its name does not matter.
#[must_use]
pub fn is_calendar(text: &str) -> bool {
    text.trim_start().get(..15).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCALENDAR"))
}

/// What a calendar file says of the school year.
#[derive(Debug, Default)]
pub struct Understood {
    /// Terms, each with the line of its first event.
    pub terms: Vec<(u64, Planned)>,
    /// Closures of the whole cluster, each with its line.
    pub closures: Vec<(u64, Closure)>,
    /// What was not taken, and why.
    pub left_out: Vec<(u64, String)>,
    /// What cannot be read.
    pub faults: Vec<Fault>,
}

/// Reads a calendar file.
#[must_use]
pub fn read(text: &str) -> Understood {
    let mut found = Understood::default();
    let events = events(text, &mut found.faults);
    if events.is_empty() && found.faults.is_empty() {
        fault(&mut found.faults, None, "There is no event in this calendar.", "Choose the calendar with the term dates.");
    }
    let mut parts: BTreeMap<(i32, Season), Parts> = BTreeMap::new();
    let mut holidays = Vec::new();
    for event in events {
        match meaning(&event) {
            Meaning::First(key) => parts.entry(key).or_default().first(event.line, event.days.first()),
            Meaning::Last(key) => parts.entry(key).or_default().last(event.line, event.days.last()),
            Meaning::Part(key) => {
                let part = parts.entry(key).or_default();
                part.first(event.line, event.days.first());
                part.last(event.line, event.days.last());
            }
            Meaning::Half(key) => parts.entry(key).or_default().half = weekdays_of(event.days),
            Meaning::HalfFirst(key) => parts.entry(key).or_default().half_ends.0 = Some(event.days.first()),
            Meaning::HalfLast(key) => parts.entry(key).or_default().half_ends.1 = Some(event.days.last()),
            Meaning::Holiday(key) => holidays.push((key, event.days)),
            Meaning::Closed(kind) if event.days.len_days() <= 14 => {
                found.closures.push((event.line, Closure { school: None, kind, days: event.days, note: note(&event.summary) }));
            }
            Meaning::Closed(_) | Meaning::Other => found.left_out.push((event.line, format!("\"{}\", {}", event.summary, event.days))),
        }
    }
    for ((year, season), days) in holidays {
        between(&mut parts, year, season, days);
    }
    for ((academic_year, season), part) in parts {
        match part.term(academic_year, season) {
            Ok(term) => found.terms.push((part.line, term)),
            Err(why) => found.left_out.push((part.line, why)),
        }
    }
    keep_closures_in_term(&mut found);
    found
}

/// Days off that no term needs are no closures: Christmas Day, a Saturday.
fn keep_closures_in_term(found: &mut Understood) {
    let terms: Vec<Planned> = found.terms.iter().map(|(_, term)| *term).collect();
    // A calendar with closed days and no terms is about terms that are known already.
    let in_term = |closure: &Closure| {
        let open = |day: Day| {
            let inside = |term: &Planned| term.days.contains(day) && !term.half_term.is_some_and(|half| half.contains(day));
            days::is_weekday(day) && (terms.is_empty() || terms.iter().any(inside))
        };
        closure.days.days().any(open)
    };
    let (kept, out): (Vec<_>, Vec<_>) = found.closures.drain(..).partition(|(_, closure)| in_term(closure));
    found.closures = kept;
    found.left_out.extend(out.into_iter().map(|(line, c)| (line, format!("\"{}\", {}: not in term, so closed anyway", c.note, c.days))));
    found.left_out.sort();
}

fn note(summary: &str) -> String {
    summary.chars().take(200).collect()
}

/// What is known of a term.
#[derive(Debug, Default)]
struct Parts {
    line: u64,
    firsts: Vec<Day>,
    lasts: Vec<Day>,
    half: Option<Period>,
    half_ends: (Option<Day>, Option<Day>),
}

impl Parts {
    fn first(&mut self, line: u64, day: Day) {
        self.seen(line);
        self.firsts.push(day);
    }

    fn last(&mut self, line: u64, day: Day) {
        self.seen(line);
        self.lasts.push(day);
    }

    fn seen(&mut self, line: u64) {
        if self.line == 0 || line < self.line {
            self.line = line;
        }
    }

    /// The term from all its parts: two halves of a term leave the half-term between them.
    fn term(&self, academic_year: i32, season: Season) -> Result<Planned, String> {
        let name = format!("{} term of {}", season.name(), crate::year::plan::year_name(academic_year));
        let (first, last) = match (self.firsts.iter().min(), self.lasts.iter().max()) {
            (Some(first), Some(last)) => (*first, *last),
            (Some(_), None) => return Err(format!("{name}: the file does not say when it ends")),
            (None, Some(_)) => return Err(format!("{name}: the file does not say when it starts")),
            (None, None) => return Err(format!("{name}: the file has its half-term and not its days")),
        };
        let days = Period::new(first, last).ok_or_else(|| format!("{name}: it would end before it starts"))?;
        let gap = || {
            let halves = self.firsts.len() > 1 && self.lasts.len() > 1;
            let (end, start) = (self.lasts.iter().min()?, self.firsts.iter().max()?);
            halves.then(|| Period::new(days::add(*end, 1), days::add(*start, -1))).flatten().and_then(weekdays_of)
        };
        let ends = self.half_ends.0.zip(self.half_ends.1).and_then(|(first, last)| Period::new(first, last)).and_then(weekdays_of);
        Ok(Planned { season, academic_year, days, half_term: self.half.or(ends).or_else(gap) })
    }
}

/// A holiday says when the term before it ends and the next one starts, where no event of their own does.
fn between(parts: &mut BTreeMap<(i32, Season), Parts>, year: i32, season: Season, holiday: Period) {
    let last = (1..=7).map(|by| days::add(holiday.first(), -by)).find(|day| days::is_weekday(*day));
    let first = (1..=7).map(|by| days::add(holiday.last(), by)).find(|day| days::is_weekday(*day));
    let next = match season {
        Season::Autumn => (year, Season::Spring),
        Season::Spring => (year, Season::Summer),
        Season::Summer => (year + 1, Season::Autumn),
    };
    if let (Some(part), Some(last)) = (parts.get_mut(&(year, season)), last)
        && part.lasts.is_empty()
    {
        part.lasts.push(last);
    }
    if let (Some(part), Some(first)) = (parts.get_mut(&next), first)
        && part.firsts.is_empty()
    {
        part.firsts.push(first);
    }
}

/// Without the weekends at both ends.
fn weekdays_of(period: Period) -> Option<Period> {
    let first = period.days().find(|day| days::is_weekday(*day))?;
    let last = period.days().filter(|day| days::is_weekday(*day)).last()?;
    Period::new(first, last)
}

enum Meaning {
    First((i32, Season)),
    Last((i32, Season)),
    Part((i32, Season)),
    Half((i32, Season)),
    HalfFirst((i32, Season)),
    HalfLast((i32, Season)),
    Holiday((i32, Season)),
    Closed(ClosureKind),
    Other,
}

fn meaning(event: &Event) -> Meaning {
    let words: Vec<String> = event
        .summary
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let text = format!(" {} ", words.join(" "));
    let has = |any: &[&str]| any.iter().any(|word| text.contains(&format!(" {word} ")));
    let (first, last) = (event.days.first(), event.days.last());
    let long = event.days.len_days() > 16;
    let starts = has(&["start", "starts", "begin", "begins", "opens", "open", "first day", "starting", "beginning"]);
    let ends = has(&["end", "ends", "finish", "finishes", "close", "closes", "last day", "ending"]);
    let named = [Season::Autumn, Season::Spring, Season::Summer].into_iter().find(|season| has(&[&season.name().to_lowercase()]));
    let key = |season: Season, day: Day| (academic_year(day, season), season);
    if has(&["half term", "halfterm", "half terms"]) && !long {
        // A half-term's own month says whose it is: some call the week in May "spring half-term".
        let key = key(half_of(first), first);
        return match event.days.len_days() {
            _ if has(&["after", "return", "returns", "before", "up for"]) => Meaning::Other,
            1 if starts => Meaning::HalfFirst(key),
            1 if ends => Meaning::HalfLast(key),
            _ => Meaning::Half(key),
        };
    }
    if has(&["bank holiday", "may day", "good friday", "easter monday", "boxing day", "christmas day", "new years day", "new year s day"]) {
        return Meaning::Closed(ClosureKind::BankHoliday);
    }
    if has(&["inset", "training day", "training days", "inset day", "professional development", "staff training"]) {
        return Meaning::Closed(ClosureKind::Inset);
    }
    if has(&["holiday", "holidays", "break", "vacation"]) {
        return if event.days.len_days() >= 5 { Meaning::Holiday(key(ended_by(first), first)) } else { Meaning::Other };
    }
    if has(&["term", "terms"]) {
        return match (starts, ends) {
            (true, false) => Meaning::First(key(named.unwrap_or_else(|| begun_on(first)), first)),
            (false, true) => Meaning::Last(key(named.unwrap_or_else(|| ended_by(last)), last)),
            _ if long => Meaning::Part(key(named.unwrap_or_else(|| begun_on(first)), first)),
            _ => Meaning::Other,
        };
    }
    if has(&["closed", "closure", "closures", "non school day"]) { Meaning::Closed(ClosureKind::Closure) } else { Meaning::Other }
}

/// The academic year of a term's day: autumn terms may begin in August.
fn academic_year(day: Day, season: Season) -> i32 {
    let august = season == Season::Autumn && day.month() == 8;
    days::academic_year(day) + i32::from(august)
}

fn begun_on(day: Day) -> Season {
    match day.month() {
        1..=3 => Season::Spring,
        4..=7 => Season::Summer,
        _ => Season::Autumn,
    }
}

/// The season that is over on the day, or when a holiday begins on it.
fn ended_by(day: Day) -> Season {
    match day.month() {
        2..=4 => Season::Spring,
        5..=8 => Season::Summer,
        _ => Season::Autumn,
    }
}

fn half_of(day: Day) -> Season {
    match day.month() {
        1..=3 => Season::Spring,
        4..=7 => Season::Summer,
        _ => Season::Autumn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::year::samples::period;
    use proptest::prelude::*;

    /// A calendar of events: summary, first day, and the day after the last one.
    fn calendar(events: &[(&str, &str, &str)]) -> String {
        let event = |(summary, first, end): &(&str, &str, &str)| {
            let end = if end.is_empty() { String::new() } else { format!("DTEND;VALUE=DATE:{end}\r\n") };
            format!("BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{first}\r\n{end}SUMMARY:{summary}\r\nEND:VEVENT\r\n")
        };
        let all: Vec<String> = events.iter().map(event).collect();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", all.concat())
    }

    fn said(found: &Understood) -> Vec<String> {
        let half = |term: &Planned| term.half_term.map_or_else(String::new, |half| format!(" ({half})"));
        found.terms.iter().map(|(_, term)| format!("{}: {}{}", term.name(), term.days, half(term))).collect()
    }

    #[test]
    fn starts_ends_and_half_terms_make_terms() {
        let found = read(&calendar(&[
            ("Autumn term starts", "20260902", "20260903"),
            ("October half term", "20261024", "20261102"),
            ("Autumn Term ends", "20261218", ""),
            ("Spring term begins", "20270105", ""),
            ("February half-term", "20270215", "20270220"),
            ("End of spring term", "20270325", ""),
            ("Start of Summer Term", "20270412", ""),
            ("May Day bank holiday", "20270503", "20270504"),
            ("Christmas Day (bank holiday)", "20261225", "20261226"),
            ("Spring half term", "20270531", "20270605"),
            ("Last day of summer term", "20270721", ""),
            ("INSET day", "20260903", "20260904"),
            ("Governors' meeting", "20260910", ""),
        ]));
        assert_eq!(
            said(&found),
            [
                "Autumn term 2026: 2 September to 18 December 2026 (26 to 30 October 2026)",
                "Spring term 2027: 5 January to 25 March 2027 (15 to 19 February 2027)",
                "Summer term 2027: 12 April to 21 July 2027 (31 May to 4 June 2027)",
            ]
        );
        let closed: Vec<_> = found.closures.iter().map(|(_, closure)| (closure.kind, closure.days)).collect();
        assert!(closed.contains(&(ClosureKind::BankHoliday, period("2027-05-03", "2027-05-03"))));
        assert!(closed.contains(&(ClosureKind::Inset, period("2026-09-03", "2026-09-03"))));
        assert_eq!(closed.len(), 2, "Christmas Day is no day of term");
        assert_eq!(found.left_out.len(), 2, "{:?}", found.left_out);
        assert!(found.faults.is_empty());
    }

    #[test]
    fn six_terms_and_whole_terms_are_understood_too() {
        let found = read(&calendar(&[("Term 1", "20260902", "20261024"), ("Term 2", "20261102", "20261219")]));
        assert_eq!(said(&found), ["Autumn term 2026: 2 September to 18 December 2026 (26 to 30 October 2026)"]);
        let found = read(&calendar(&[("Summer term 2027", "20270412", "20270722")]));
        assert_eq!(said(&found), ["Summer term 2027: 12 April to 21 July 2027"]);
    }

    #[test]
    fn holidays_say_what_no_event_of_its_own_says() {
        let found = read(&calendar(&[
            ("Autumn term starts", "20260902", ""),
            ("Christmas holiday", "20261219", "20270104"),
            ("Spring term ends", "20270325", ""),
        ]));
        assert_eq!(said(&found), ["Autumn term 2026: 2 September to 18 December 2026", "Spring term 2027: 4 January to 25 March 2027"]);
    }

    #[test]
    fn what_is_not_whole_is_left_out_and_what_is_wrong_is_said_with_its_line() {
        let found = read(&calendar(&[("Autumn term starts", "20270902", "")]));
        assert!(found.terms.is_empty() && found.left_out[0].1.contains("does not say when it ends"));
        let found = read(&calendar(&[("Autumn term starts", "2 September", ""), ("Half term", "20261026", "20261001")]));
        assert_eq!(found.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [Some(4), Some(7)]);
        assert_eq!(read("BEGIN:VCALENDAR\nEND:VCALENDAR").faults.len(), 1);
        assert_eq!(read("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x").faults.len(), 1);
    }

    #[test]
    fn folded_and_escaped_lines_are_read() {
        let text =
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260902T000000Z\nSUMMARY:Autumn term\n  starts\\, hooray\nEND:VEVENT\nEND:VCALENDAR";
        let found = read(text);
        assert!(found.left_out[0].1.starts_with("Autumn term of 2026"), "{:?}", found.left_out);
        assert!(is_calendar("\n begin:vcalendar\r\n") && !is_calendar("academic_year,season") && !is_calendar("ÄÖÜ"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(BEGIN:VEVENT\n)?(DTSTART:|SUMMARY:|DTEND:)?.{0,40}\n(END:VEVENT\n)?") {
            let _ = read(&text);
        }
    }
}
