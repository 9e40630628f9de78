//! A leg in words: who gives, who gets, when, how and where. For pages and letters alike.

use super::{Leg, Way};
use crate::base::days::{self, Day};
use crate::base::ids::SchoolId;

/// A leg with the names of its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// The short name of the school that gives, or where the store is.
    pub from: String,
    /// The short name of the school that gets, or where the store is.
    pub to: String,
    /// It comes out of the store.
    pub from_store: bool,
    /// It goes into the store.
    pub to_store: bool,
    /// The day.
    pub day: Day,
    /// How.
    pub way: Way,
    /// The meeting in words, when that is the way.
    pub meeting: String,
    /// Where exactly, in words; may be empty.
    pub note: String,
}

impl Trip {
    /// Of a leg; `name` gives a school's short name, `meeting` the words of its meeting.
    #[must_use]
    pub fn of(leg: &Leg, name: impl Fn(SchoolId) -> String, meeting: &str) -> Self {
        Self {
            from: name(leg.from),
            to: name(leg.to),
            from_store: leg.from_booking.is_none(),
            to_store: leg.to_booking.is_none(),
            day: leg.day,
            way: leg.way,
            meeting: meeting.to_owned(),
            note: leg.note.clone(),
        }
    }

    /// "Saxton", "the store at Kellington".
    #[must_use]
    pub fn giver(&self) -> String {
        if self.from_store { format!("the store at {}", self.from) } else { self.from.clone() }
    }

    /// "Fairburn", "the store at Kellington".
    #[must_use]
    pub fn receiver(&self) -> String {
        if self.to_store { format!("the store at {}", self.to) } else { self.to.clone() }
    }

    /// "Fairburn fetches it from Saxton", "Saxton brings it to the store at Kellington", "at the cluster meeting on …".
    #[must_use]
    pub fn how(&self) -> String {
        match self.way {
            Way::Fetch => format!("{} fetches it from {}", self.to, self.giver()),
            Way::Bring => format!("{} brings it to {}", self.from, self.receiver()),
            Way::Meeting => format!("{} hands it to {} at {}", self.from, self.to, self.meeting),
            Way::Stays if self.to_store => format!("{} puts it back into the store", self.from),
            Way::Stays if self.from_store => format!("{} takes it out of the store", self.to),
            Way::Stays => format!("{} keeps it for its next loan", self.to),
        }
    }

    /// The whole of it in sentences.
    #[must_use]
    pub fn words(&self) -> String {
        let note = if self.note.is_empty() { String::new() } else { format!(" Where: {}.", self.note.trim_end_matches('.')) };
        format!("{} on {}.{note}", self.how(), days::full(self.day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::terms::samples::day;

    fn trip(way: Way, from_store: bool, to_store: bool) -> Trip {
        Trip {
            from: "Saxton".into(),
            to: "Fairburn".into(),
            from_store,
            to_store,
            day: day("2026-10-09"),
            way,
            meeting: "the cluster meeting at Sherburn".into(),
            note: String::new(),
        }
    }

    #[test]
    fn a_leg_is_said_in_one_sentence() {
        assert_eq!(trip(Way::Fetch, false, false).words(), "Fairburn fetches it from Saxton on Friday 9 October 2026.");
        assert_eq!(trip(Way::Fetch, true, false).how(), "Fairburn fetches it from the store at Saxton");
        assert_eq!(trip(Way::Bring, false, true).how(), "Saxton brings it to the store at Fairburn");
        assert_eq!(trip(Way::Meeting, false, false).how(), "Saxton hands it to Fairburn at the cluster meeting at Sherburn");
        assert_eq!(trip(Way::Stays, false, true).how(), "Saxton puts it back into the store");
        assert_eq!(trip(Way::Stays, true, false).how(), "Fairburn takes it out of the store");
        let noted = Trip { note: "At the office.".into(), ..trip(Way::Bring, false, false) };
        assert_eq!(noted.words(), "Saxton brings it to Fairburn on Friday 9 October 2026. Where: At the office.");
    }
}
