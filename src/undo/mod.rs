//! Second thoughts: an act that frees days is decided now and carried out a little later, so that it can be undone until then. Pure.
//!
//! What must always hold: until an act is carried out nothing of it has happened. Its days are held by what holds them now, nobody is told
//! or offered anything, and to undo it is to forget it. One thing has one act that waits. It is carried out once, by the worker, in the name of
//! who decided it; where what it is about has changed otherwise in the meantime, it is not. A room that has such acts writes two functions:
//! one that carries out its own, one that lets go of what it held for them; `front::undo` asks the rooms.

pub mod acts;
pub mod pages;
pub mod store;

use chrono::{DateTime, Utc};

use crate::base::clock;
use crate::base::ids::{PendingId, PersonId, SchoolId};
use crate::db::Refuses;

/// An act that waits, as its room wants it written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// A word of the room that carries it out.
    pub kind: &'static str,
    /// What it is about: the name of a table and the id of the row there.
    pub about: (&'static str, i64),
    /// Whose science leads may undo it; `None`: only coordinators, and who did it.
    pub school: Option<SchoolId>,
    /// What else the room needs to carry it out.
    pub body: String,
}

/// An act that waits, or has waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its id.
    pub id: PendingId,
    /// A word of the room that carries it out.
    pub kind: String,
    /// What it is about: the name of a table and the id of the row there.
    pub about: (String, i64),
    /// Whose science leads may undo it.
    pub school: Option<SchoolId>,
    /// Who decided it.
    pub person: PersonId,
    /// The name of who decided it.
    pub by: String,
    /// What else the room needs to carry it out.
    pub body: String,
    /// When it is carried out.
    pub until: DateTime<Utc>,
    /// What has become of it; `None` while it waits.
    pub outcome: Option<Outcome>,
}

/// What has become of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// It was undone.
    Undone,
    /// What it was about has changed otherwise.
    Overtaken,
}

/// The part of an act that waits which a list of other things shows beside each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: PendingId,
    /// A word of the room that carries it out.
    pub kind: String,
    /// When it is carried out.
    pub until: DateTime<Utc>,
    /// What else the room needs to carry it out.
    pub body: String,
}

impl Waiting {
    /// "at 10:02": when it is carried out, in London.
    #[must_use]
    pub fn at(&self) -> String {
        time_of(self.until)
    }
}

/// "10:02", in London.
#[must_use]
pub fn time_of(at: DateTime<Utc>) -> String {
    clock::spoken(at).rsplit_once(' ').map(|(_, time)| time.to_owned()).unwrap_or_default()
}

/// What became of the wish to do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It waits, and can be undone.
    Waits {
        /// Which.
        id: PendingId,
        /// When it is carried out.
        until: DateTime<Utc>,
    },
    /// Nothing waits in this cluster: it is to be done now.
    Now,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Who.
    pub person: PersonId,
    /// Whether he coordinates the cluster.
    pub coordinator: bool,
    /// The schools for which he may act.
    pub led: Vec<SchoolId>,
}

/// Why nothing is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Neither who did it, nor a science lead of the school, nor a coordinator.
    NotYours,
    /// It has been carried out.
    TooLate,
    /// It was overtaken: nothing was done, and nothing is to be undone.
    Overtaken,
}

impl Refuses for Refusal {}

impl Refusal {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotYours => "Only who did it, the school's science lead or a coordinator can undo this.",
            Self::TooLate => "It is too late to undo this: it has been done, and those whom it concerns have been told.",
            Self::Overtaken => "There is nothing to undo: something else happened first, so this was not done.",
        }
    }
}

/// Whether this person may undo it. `Ok(false)`: it is undone already.
///
/// # Errors
/// Why not.
pub fn may_undo(pending: &Pending, who: &Who) -> Result<bool, Refusal> {
    let own = pending.person == who.person || who.coordinator || pending.school.is_some_and(|school| who.led.contains(&school));
    match pending.outcome {
        _ if !own => Err(Refusal::NotYours),
        // As long as nobody has carried it out, nothing has happened, however late it is.
        None => Ok(true),
        Some(Outcome::Undone) => Ok(false),
        Some(Outcome::Done) => Err(Refusal::TooLate),
        Some(Outcome::Overtaken) => Err(Refusal::Overtaken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(outcome: Option<Outcome>) -> Pending {
        Pending {
            id: PendingId(1),
            kind: "cancel".into(),
            about: ("bookings".into(), 7),
            school: Some(SchoolId(3)),
            person: PersonId(1),
            by: "Science lead, Saxton".into(),
            body: String::new(),
            until: "2026-11-23T10:02:00Z".parse().expect("a time"),
            outcome,
        }
    }

    #[test]
    fn who_may_undo_and_until_when() {
        let who = |person: i64, coordinator, led: &[i64]| Who {
            person: PersonId(person),
            coordinator,
            led: led.iter().copied().map(SchoolId).collect(),
        };
        let open = pending(None);
        assert_eq!(may_undo(&open, &who(1, false, &[])), Ok(true), "who did it");
        assert_eq!(may_undo(&open, &who(2, false, &[3])), Ok(true), "another science lead of the school");
        assert_eq!(may_undo(&open, &who(2, true, &[])), Ok(true), "a coordinator");
        assert_eq!(may_undo(&open, &who(2, false, &[4])), Err(Refusal::NotYours));
        assert_eq!(may_undo(&Pending { school: None, ..pending(None) }, &who(2, false, &[3])), Err(Refusal::NotYours));
        for (outcome, expected) in
            [(Outcome::Undone, Ok(false)), (Outcome::Done, Err(Refusal::TooLate)), (Outcome::Overtaken, Err(Refusal::Overtaken))]
        {
            assert_eq!(may_undo(&pending(Some(outcome)), &who(1, false, &[])), expected);
            assert_eq!(may_undo(&pending(Some(outcome)), &who(9, false, &[])), Err(Refusal::NotYours));
        }
    }

    #[test]
    fn a_time_is_that_of_london() {
        assert_eq!(time_of("2026-11-23T10:02:00Z".parse().expect("a time")), "10:02");
        assert_eq!(time_of("2026-07-23T10:02:00Z".parse().expect("a time")), "11:02");
    }
}
