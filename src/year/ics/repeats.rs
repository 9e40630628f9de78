//! Events that repeat: the days on which they do, within the years of the file. The rule is the rrule crate's to expand; days have no
//! hours here, so that every start is a midnight and a summer time moves nothing.

use chrono::{DateTime, NaiveTime, TimeZone};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use super::lines::Component;
use super::moments::listed;
use crate::base::days::{Day, Period};

/// So many days of one event are taken; an event that has more is no closed day and no holiday.
const MOST: u16 = 400;

/// The rule of an event cannot be followed; the words are for whoever made the file.
#[derive(Debug, PartialEq, Eq)]
pub struct NotFollowed(pub String);

/// Whether an event repeats.
#[must_use]
pub fn repeats(event: &Component) -> bool {
    event.field("RRULE").is_some() || event.field("RDATE").is_some()
}

/// The first days of an event that begins on `first`, those that lie within `years`.
///
/// # Errors
/// When its rule cannot be followed, or has too many days.
pub fn starts(event: &Component, first: Day, years: Period) -> Result<Vec<Day>, NotFollowed> {
    let mut set = RRuleSet::new(midnight(first)).after(midnight(years.first())).before(midnight(years.last()));
    for rule in event.fields.iter().filter(|field| field.name == "RRULE") {
        set = set.rrule(parsed(&rule.value, first)?);
    }
    if event.field("RRULE").is_none() {
        set = set.rdate(midnight(first));
    }
    for day in listed(event, "RDATE") {
        set = set.rdate(midnight(day));
    }
    for day in listed(event, "EXDATE") {
        set = set.exdate(midnight(day));
    }
    let all = set.all(MOST);
    if all.limited {
        return Err(NotFollowed(format!("it has more than {MOST} days")));
    }
    let mut days: Vec<Day> = all.dates.iter().map(DateTime::date_naive).collect();
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// A rule for days. The end is that day, whatever hour or zone it is written with: programs differ there, and the crate is strict.
fn parsed(text: &str, first: Day) -> Result<RRule, NotFollowed> {
    let not = || NotFollowed(format!("its rule, {}, cannot be followed", crate::base::text::cut(text.to_owned(), 100)));
    let mut parts = Vec::new();
    for part in text.trim().trim_end_matches(';').split(';') {
        let (key, value) = part.split_once('=').ok_or_else(not)?;
        match key.trim().to_uppercase().as_str() {
            "UNTIL" => parts.push(format!("UNTIL={}T235959Z", value.trim().get(..8).ok_or_else(not)?)),
            // The hours of a day do not matter.
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {}
            "FREQ" if !matches!(value.trim().to_uppercase().as_str(), "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY") => return Err(not()),
            key => parts.push(format!("{key}={}", value.trim().to_uppercase())),
        }
    }
    let rule: RRule<Unvalidated> = parts.join(";").parse().map_err(|_| not())?;
    rule.validate(midnight(first)).map_err(|_| not())
}

fn midnight(day: Day) -> DateTime<Tz> {
    Tz::UTC.from_utc_datetime(&day.and_time(NaiveTime::MIN))
}
