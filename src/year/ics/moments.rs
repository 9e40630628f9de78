//! What DTSTART, DTEND and DURATION say: days, and for an event with hours how long it is.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::lines::{Component, Field};
use crate::base::clock;
use crate::base::days::{self, Day, Period};

/// The days of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From its first to its last day.
    pub days: Period,
    /// How many hours it has, where it is not about whole days.
    pub hours: Option<i64>,
}

/// Why an event has no days.
#[derive(Debug, PartialEq, Eq)]
pub enum NoSpan {
    /// It has no DTSTART.
    Missing,
    /// This text, on this line, is no day.
    NotADay(u64, String),
    /// This text, on this line, is no length.
    NotALength(u64, String),
    /// It ends before it begins.
    Backwards,
}

/// A day, with an hour or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    at: NaiveDateTime,
    whole_day: bool,
}

/// The days of an event.
///
/// # Errors
/// What cannot be read.
pub fn span(event: &Component) -> Result<Span, NoSpan> {
    let start = event.field("DTSTART").ok_or(NoSpan::Missing)?;
    let not_a_day = |field: &Field| NoSpan::NotADay(field.line, field.value.clone());
    let first = moment(start).ok_or_else(|| not_a_day(start))?;
    let end = match (event.field("DTEND"), event.field("DURATION")) {
        (Some(field), _) => Some(moment(field).ok_or_else(|| not_a_day(field))?),
        (None, Some(field)) => {
            let length = length(&field.value).ok_or_else(|| NoSpan::NotALength(field.line, field.value.clone()))?;
            first.at.checked_add_signed(length).map(|at| Moment { at, whole_day: first.whole_day })
        }
        (None, None) => None,
    };
    let midnight = |moment: &Moment| moment.at.time() == NaiveTime::MIN;
    let last = match end {
        None => first.at.date(),
        // The end is the first day after it; some programs write the same day for an event of one day.
        Some(end) if midnight(&end) && end.at.date() > first.at.date() => days::add(end.at.date(), -1),
        Some(end) => end.at.date(),
    };
    let days = Period::new(first.at.date(), last).filter(|_| end.is_none_or(|end| end.at >= first.at || end.whole_day));
    let whole = first.whole_day || midnight(&first) && end.is_none_or(|end| midnight(&end) || (end.at - first.at) > TimeDelta::hours(20));
    let hours = (!whole).then(|| end.map_or(0, |end| (end.at - first.at).num_hours()));
    Ok(Span { days: days.ok_or(NoSpan::Backwards)?, hours })
}

/// The days that a list names, as EXDATE and RDATE do.
pub fn listed(event: &Component, name: &str) -> impl Iterator<Item = Day> {
    let fields = event.fields.iter().filter(move |field| field.name == name);
    let each = |field: &Field| {
        field.value.split(',').filter_map(|one| of(one, field.zone.as_deref())).map(|one| one.at.date()).collect::<Vec<_>>()
    };
    fields.flat_map(each)
}

/// The day of a field.
#[must_use]
pub fn day(field: &Field) -> Option<Day> {
    moment(field).map(|moment| moment.at.date())
}

fn moment(field: &Field) -> Option<Moment> {
    of(&field.value, field.zone.as_deref())
}

/// `20260902`, `20260902T090000`, `20260901T230000Z`. What ends in Z is an instant, and its day is the day in London; every other time is
/// that of a clock on a wall, and keeps its day.
fn of(text: &str, zone: Option<&str>) -> Option<Moment> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', 't', ' ']).map_or((text, None), |(date, time)| (date, Some(time)));
    let date = date.replace('-', "");
    let day =
        (date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())).then(|| NaiveDate::parse_from_str(&date, "%Y%m%d").ok())??;
    if !(2000..2100).contains(&day.year()) {
        return None;
    }
    let Some(time) = time else { return Some(Moment { at: day.and_time(NaiveTime::MIN), whole_day: true }) };
    let digits: String = time.chars().filter(|letter| *letter != ':').take_while(char::is_ascii_digit).collect();
    let part = |at: usize| digits.get(at..at + 2).and_then(|part| part.parse::<u32>().ok());
    // 24:00 is the midnight that ends the day, and a leap second is the second before.
    let after = i64::from(part(0)? == 24);
    let time_of_day = NaiveTime::from_hms_opt(part(0)? % 24, part(2)?, part(4).unwrap_or(0).min(59))?;
    let at = days::add(day, after).and_time(time_of_day);
    let utc = time.trim_end().ends_with(['Z', 'z'])
        || zone.is_some_and(|zone| matches!(zone.to_uppercase().as_str(), "UTC" | "ETC/UTC" | "Z" | "ZULU" | "ETC/ZULU"));
    let at = if utc { clock::local(DateTime::from_naive_utc_and_offset(at, chrono::Utc)) } else { at };
    Some(Moment { at, whole_day: false })
}

/// `P5D`, `P2W`, `PT24H`, `P1DT6H30M`; at most 400 days.
fn length(text: &str) -> Option<TimeDelta> {
    let text = text.trim().to_uppercase();
    let mut rest = text.strip_prefix('+').unwrap_or(&text).strip_prefix('P')?;
    let mut seconds: i64 = 0;
    while !rest.is_empty() {
        rest = rest.strip_prefix('T').unwrap_or(rest);
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok().filter(|number| (0..1_000_000).contains(number))?;
        let unit = match rest.as_bytes().get(digits)? {
            b'W' => 7 * 86_400,
            b'D' => 86_400,
            b'H' => 3600,
            b'M' => 60,
            b'S' => 1,
            _ => return None,
        };
        seconds += number * unit;
        rest = rest.get(digits + 1..)?;
    }
    (0..=400 * 86_400).contains(&seconds).then(|| TimeDelta::seconds(seconds))
}
