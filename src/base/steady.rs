//! What must not hang on the time of day alone: rhythms, and whether a day has been lived through.
//!
//! The time of day can be wrong, for half a minute or for a year, and what is cleared away in that time nobody brings back. So that is done
//! only after a whole day in which the time of day and the steady clock went the same way.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How far the time of day may go astray within the day: what a time server puts right without anybody's noticing.
const SLACK: TimeDelta = TimeDelta::minutes(5);
/// A day, for [`Lived`].
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether this process has lived through a day: its steady clock has run 24 hours, and the time of day has moved by the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lived {
    since: Option<(DateTime<Utc>, Duration)>,
    a_day: bool,
}

impl Lived {
    /// Takes note of both clocks. By how much the time of day has leapt, when it has: then the day begins anew.
    pub fn see(&mut self, now: DateTime<Utc>, steady: Duration) -> Option<TimeDelta> {
        let Some((then, steady_then)) = self.since else {
            self.since = Some((now, steady));
            return None;
        };
        let ran = steady.saturating_sub(steady_then);
        let leap = (now - then) - TimeDelta::from_std(ran).unwrap_or(TimeDelta::MAX);
        if leap.abs() > SLACK {
            *self = Self { since: Some((now, steady)), a_day: false };
            return Some(leap);
        }
        if ran >= DAY {
            *self = Self { since: Some((now, steady)), a_day: true };
        }
        None
    }

    /// Whether what cannot be undone may be done.
    #[must_use]
    pub fn a_day(&self) -> bool {
        self.a_day
    }
}

/// What is done every so often, by the steady clock: a leap of the time of day neither hastens nor stops it.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    every: Duration,
    last: Option<Duration>,
}

impl Rhythm {
    /// Due at once, and then so often.
    #[must_use]
    pub fn of(every: Duration) -> Self {
        Self { every, last: None }
    }

    /// Whether it is time.
    #[must_use]
    pub fn due(&self, steady: Duration) -> bool {
        self.last.is_none_or(|last| steady.saturating_sub(last) >= self.every)
    }

    /// It has been done.
    pub fn done(&mut self, steady: Duration) {
        self.last = Some(steady);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_424_400 + hours * 3600, 0).unwrap_or_default()
    }

    fn steady(hours: u64) -> Duration {
        Duration::from_secs(hours * HOUR)
    }

    #[test]
    fn a_day_is_lived_through_when_both_clocks_have_run_it() {
        let mut lived = Lived::default();
        for hour in 0..24 {
            assert_eq!(lived.see(at(hour), steady(hour.unsigned_abs())), None);
            assert!(!lived.a_day(), "{hour}");
        }
        assert_eq!(lived.see(at(24), steady(24)), None);
        assert!(lived.a_day());
        // What a time server puts right is no leap, however many days it goes on.
        let mut astray = TimeDelta::zero();
        for day in 2..40 {
            astray += TimeDelta::minutes(4);
            assert_eq!(lived.see(at(24 * day) + astray, steady(24 * day.unsigned_abs())), None, "{day}");
            assert!(lived.a_day());
        }
    }

    #[test]
    fn a_leap_begins_the_day_anew_in_either_direction() {
        for by in [TimeDelta::days(400), TimeDelta::minutes(6), TimeDelta::minutes(-6), TimeDelta::days(-400)] {
            let mut lived = Lived::default();
            lived.see(at(0), steady(0));
            lived.see(at(24), steady(24));
            assert!(lived.a_day());
            assert_eq!(lived.see(at(24) + by, steady(24)), Some(by));
            assert!(!lived.a_day());
            assert_eq!(lived.see(at(47) + by, steady(47)), None);
            assert!(!lived.a_day(), "an hour is missing");
            assert_eq!(lived.see(at(48) + by, steady(48)), None);
            assert!(lived.a_day());
        }
    }

    #[test]
    fn many_small_steps_are_a_leap() {
        let mut lived = Lived::default();
        lived.see(at(0), steady(0));
        lived.see(at(24), steady(24));
        let leaps = (1..4).filter_map(|n| lived.see(at(24) + TimeDelta::minutes(4 * n), steady(24))).count();
        assert_eq!(leaps, 1);
        assert!(!lived.a_day());
    }

    #[test]
    fn a_rhythm_is_due_at_once_and_then_so_often() {
        let mut rhythm = Rhythm::of(steady(1));
        assert!(rhythm.due(steady(0)));
        rhythm.done(steady(5));
        assert!(!rhythm.due(steady(5)) && rhythm.due(steady(6)));
    }
}
