//! The clock: the one file in which the time of day is asked for. Everywhere else, time is a parameter.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Europe::London;

/// Where "now" comes from: the machine, the demo's own day, or a test that sets it.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    Machine,
    /// The machine's clock, so much ahead: it stands on another day and runs on from there.
    Ahead(TimeDelta),
    /// A clock that stands until a test moves it.
    Set(Arc<Hands>),
}

/// The two hands of a standing clock, in milliseconds: the time since the Unix epoch, and what has gone by.
#[derive(Debug, Default)]
pub struct Hands {
    wall: AtomicI64,
    steady: AtomicI64,
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::set`] moves it.
    #[must_use]
    pub fn standing_at(at: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(Hands { wall: AtomicI64::new(at.timestamp_millis()), steady: AtomicI64::new(0) }))
    }

    /// The time now, in UTC.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::Machine => Utc::now(),
            Self::Ahead(by) => Utc::now() + *by,
            Self::Set(hands) => DateTime::from_timestamp_millis(hands.wall.load(Ordering::SeqCst)).unwrap_or_default(),
        }
    }

    /// How much time has gone by since this was first asked, whatever anybody does to the time of day.
    #[must_use]
    pub fn steady(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        match self {
            Self::Machine | Self::Ahead(_) => START.get_or_init(Instant::now).elapsed(),
            Self::Set(hands) => Duration::from_millis(hands.steady.load(Ordering::SeqCst).try_into().unwrap_or_default()),
        }
    }

    /// Sets a standing clock to another time, with no time gone by: a leap. A clock that runs is left alone.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Set(hands) = self {
            hands.wall.store(to.timestamp_millis(), Ordering::SeqCst);
        }
    }

    /// Lets time go by on a standing clock; one that runs is left alone.
    pub fn run(&self, by: Duration) {
        if let Self::Set(hands) = self {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            hands.wall.fetch_add(by, Ordering::SeqCst);
            hands.steady.fetch_add(by, Ordering::SeqCst);
        }
    }
}

/// The day it is at the schools: the calendar day in Europe/London at `now` (product rule 9).
#[must_use]
pub fn today(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&London).date_naive()
}

/// What the clock on the wall shows at the schools at a moment: in summer an hour more than in UTC.
#[must_use]
pub fn local(at: DateTime<Utc>) -> chrono::NaiveDateTime {
    at.with_timezone(&London).naive_local()
}

/// The hour it is at the schools, 0 to 23: what mail hours are compared with.
#[must_use]
pub fn hour(now: DateTime<Utc>) -> u32 {
    now.with_timezone(&London).hour()
}

/// The moment at which a day begins at the schools.
#[must_use]
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    // London's clocks change at one o'clock, so every day has its midnight.
    let start = day.and_time(chrono::NaiveTime::MIN);
    start.and_local_timezone(London).earliest().map_or_else(|| start.and_utc(), |at| at.with_timezone(&Utc))
}

/// Nine in the morning of a day at the schools.
#[must_use]
pub fn morning(day: NaiveDate) -> DateTime<Utc> {
    let start = day.and_time(chrono::NaiveTime::MIN) + TimeDelta::hours(9);
    start.and_local_timezone(London).earliest().map_or_else(|| start.and_utc(), |at| at.with_timezone(&Utc))
}

/// When hours that last from the one to the other, in London, open next; `None` while they are open.
#[must_use]
pub fn opens(now: DateTime<Utc>, from: u32, to: u32) -> Option<DateTime<Utc>> {
    let hour = hour(now);
    if (from..to).contains(&hour) {
        return None;
    }
    let today = today(now);
    let day = if hour < from { Some(today) } else { today.succ_opt() };
    // An hour that the clocks leave out begins where the next one does.
    let begins = |hour| day?.and_hms_opt(hour, 0, 0)?.and_local_timezone(London).earliest();
    begins(from).or_else(|| begins(from + 1)).map(|at| at.with_timezone(&Utc))
}

/// The time as people at the schools say it: "23 November 2026 at 12:05".
#[must_use]
pub fn spoken(at: DateTime<Utc>) -> String {
    at.with_timezone(&London).format("%-d %B %Y at %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn today_is_the_london_day_on_both_sides_of_a_clock_change() {
        // Summer time: 23:30 UTC is already the next day in London.
        assert_eq!(today(at("2026-10-24T23:30:00Z")).to_string(), "2026-10-25");
        // The clocks go back on 25 October 2026 at 01:00 UTC: from then on the days agree again.
        assert_eq!(today(at("2026-10-25T23:30:00Z")).to_string(), "2026-10-25");
        // They go forward on 28 March 2027.
        assert_eq!(today(at("2027-03-27T23:30:00Z")).to_string(), "2027-03-27");
        assert_eq!(today(at("2027-03-28T23:30:00Z")).to_string(), "2027-03-29");
    }

    #[test]
    fn a_day_begins_at_londons_midnight() {
        for (day, begins) in
            [("2026-10-25", "2026-10-24T23:00:00Z"), ("2026-10-26", "2026-10-26T00:00:00Z"), ("2027-03-29", "2027-03-28T23:00:00Z")]
        {
            assert_eq!(midnight(day.parse().unwrap_or_default()), at(begins), "{day}");
        }
    }

    #[test]
    fn the_morning_is_at_nine_on_the_day_the_clocks_change() {
        for (day, at_nine) in
            [("2026-10-25", "2026-10-25T09:00:00Z"), ("2027-03-28", "2027-03-28T08:00:00Z"), ("2028-02-29", "2028-02-29T09:00:00Z")]
        {
            assert_eq!(morning(day.parse().unwrap_or_default()), at(at_nine), "{day}");
        }
    }

    #[test]
    fn a_clock_that_is_ahead_runs() {
        let ahead = Clock::Ahead(TimeDelta::days(400));
        let by = ahead.now() - Clock::Machine.now();
        assert!(by <= TimeDelta::days(400) && by > TimeDelta::days(399), "{by}");
    }

    #[test]
    fn the_hour_is_londons_on_both_sides_of_a_clock_change() {
        for (time, is) in [
            ("2026-10-24T06:00:00Z", 7),
            ("2026-10-25T00:30:00Z", 1),
            ("2026-10-25T01:30:00Z", 1),
            ("2026-10-25T06:59:00Z", 6),
            ("2026-10-25T07:00:00Z", 7),
            ("2027-03-27T07:00:00Z", 7),
            ("2027-03-28T00:59:00Z", 0),
            ("2027-03-28T01:00:00Z", 2),
            ("2027-03-28T05:59:00Z", 6),
            ("2027-03-28T06:00:00Z", 7),
        ] {
            assert_eq!(hour(at(time)), is, "{time}");
        }
    }

    #[test]
    fn hours_open_in_london_on_both_sides_of_a_clock_change() {
        for (now, from, to, opens_at) in [
            ("2026-11-24T06:59:00Z", 7, 19, Some("2026-11-24T07:00:00Z")),
            ("2026-11-24T07:00:00Z", 7, 19, None),
            ("2026-11-24T18:59:59Z", 7, 19, None),
            ("2026-11-24T19:00:00Z", 7, 19, Some("2026-11-25T07:00:00Z")),
            ("2026-10-24T20:00:00Z", 7, 19, Some("2026-10-25T07:00:00Z")),
            ("2026-10-23T20:00:00Z", 7, 19, Some("2026-10-24T06:00:00Z")),
            ("2027-03-27T20:00:00Z", 7, 19, Some("2027-03-28T06:00:00Z")),
            // One o'clock is left out on this day.
            ("2027-03-28T00:30:00Z", 1, 2, Some("2027-03-28T01:00:00Z")),
        ] {
            assert_eq!(opens(at(now), from, to), opens_at.map(at), "{now}");
        }
    }

    #[test]
    fn times_are_said_in_london_time() {
        assert_eq!(spoken(at("2026-11-03T09:05:59Z")), "3 November 2026 at 09:05");
        assert_eq!(spoken(at("2026-06-30T23:05:00Z")), "1 July 2026 at 00:05");
    }
}
