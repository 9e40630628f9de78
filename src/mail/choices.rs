//! How a person wants the letters that may be switched off: each at once, or together once a day or a week, or not at all. The
//! rules; what cannot be switched off comes at once, whatever was chosen.

use chrono::{DateTime, Duration, Utc};

use crate::base::clock;
use crate::base::days::{self, Day};
use crate::mail::Letter;

/// How long the address in a letter that switches its kind off works.
pub const UNSUBSCRIBE_LASTS: Duration = Duration::days(90);

/// How often somebody wants the letters that can wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Rhythm {
    /// Each as it comes.
    #[default]
    Each,
    /// Together, once a day from Monday to Friday.
    Daily,
    /// Together, on Mondays.
    Weekly,
}

/// The day on which what is gathered now goes out: the next weekday, or the next Monday, on which the cluster's mail hours are still
/// to begin. `None` when nothing is gathered.
#[must_use]
pub fn goes_out(rhythm: Rhythm, now: DateTime<Utc>, from_hour: u32) -> Option<Day> {
    let today = clock::today(now);
    let first = if clock::hour(now) < from_hour { today } else { days::add(today, 1) };
    let goes: fn(Day) -> bool = match rhythm {
        Rhythm::Each => return None,
        Rhythm::Daily => days::is_weekday,
        Rhythm::Weekly => |day| days::monday(day) == day,
    };
    (0..7).map(|by| days::add(first, by)).find(|day| goes(*day))
}

/// Whether a letter carries the address that switches its kind off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOut {
    /// It does.
    Carried,
    /// Switching it off would do nothing, because nobody else gets it who has to.
    Missing,
}

impl WayOut {
    /// Of a letter that somebody has to get, and that so many want: the last one who wants it cannot switch it off.
    #[must_use]
    pub fn where_several(want: usize) -> Self {
        if want > 1 { Self::Carried } else { Self::Missing }
    }
}

/// A letter on its way to being stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The letter.
    pub letter: Letter,
    /// Whether it carries the address that switches its kind off, where its recipient may have done so. `None`: it goes at once, to whomever.
    pub may_mute: Option<WayOut>,
}

/// What somebody would switch off by the address in a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The kind of letter.
    pub kind: String,
    /// Until when the address works.
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gathered_goes_out_on_the_next_weekday_or_monday_in_the_morning() {
        let day = |rhythm, at: &str| goes_out(rhythm, at.parse().unwrap(), 7).map(|day| day.to_string());
        assert_eq!(day(Rhythm::Each, "2026-11-23T09:00:00Z"), None);
        // Monday before and after seven.
        assert_eq!(day(Rhythm::Daily, "2026-11-23T06:59:00Z").as_deref(), Some("2026-11-23"));
        assert_eq!(day(Rhythm::Daily, "2026-11-23T07:00:00Z").as_deref(), Some("2026-11-24"));
        assert_eq!(day(Rhythm::Weekly, "2026-11-23T06:59:00Z").as_deref(), Some("2026-11-23"));
        assert_eq!(day(Rhythm::Weekly, "2026-11-23T07:00:00Z").as_deref(), Some("2026-11-30"));
        // Friday afternoon, and Sunday.
        assert_eq!(day(Rhythm::Daily, "2026-11-27T15:00:00Z").as_deref(), Some("2026-11-30"));
        assert_eq!(day(Rhythm::Weekly, "2026-11-29T15:00:00Z").as_deref(), Some("2026-11-30"));
        // Summer time: six o'clock UTC is seven in London.
        assert_eq!(day(Rhythm::Daily, "2026-06-23T06:00:00Z").as_deref(), Some("2026-06-24"));
    }
}
