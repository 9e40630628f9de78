//! Kinds of letters. Each is a constant beside its letter, in the room that writes it; a room lists its own in `KINDS`, and says in
//! its `overtaken` when one that is stored is no longer true.

use std::fmt;

use chrono::{DateTime, Utc};

use super::Message;
use crate::base::Day;
use crate::base::ids::PersonId;

/// Whether a letter can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// Never.
    Always,
    /// Never, and the choice of letters does not name it: it comes once, when somebody joins, leaves or takes over.
    Once,
    /// By a science lead, when somebody else of the school made the booking. Who made it always gets it.
    AsLead,
    /// By a coordinator, as long as another one gets it.
    AsCoordinator,
    /// By everybody.
    Freely,
    /// It brings together what can wait: whoever does not want it gets each letter on its own again.
    Rhythm,
}

/// A kind of letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// As the database has it; never changed.
    pub key: &'static str,
    /// What it says, for people.
    pub name: &'static str,
    /// Who gets it.
    pub to: &'static str,
    /// Whether it can be switched off.
    pub choice: Choice,
    /// Whether it can wait for the daily or weekly letter of who may switch it off; what cannot comes at once.
    pub waits: bool,
}

impl Kind {
    /// The one with this key; `None` when it is none of these.
    #[must_use]
    pub fn among(kinds: &[&'static Self], key: &str) -> Option<&'static Self> {
        kinds.iter().copied().find(|kind| kind.key == key)
    }

    /// Whether somebody may switch it off.
    #[must_use]
    pub fn is_switchable(&self) -> bool {
        !matches!(self.choice, Choice::Always | Choice::Once)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.key)
    }
}

/// A letter that its room is asked about, whether it is still true: one of the outbox, or one that was gathered.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The key of its kind.
    pub kind: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// The day that it was for.
    pub day: Day,
    /// Whose it is.
    pub person: Option<PersonId>,
    /// Whether this person could have switched its kind off when it was stored.
    pub could_be_off: bool,
    /// When it was written; `None` of what was gathered.
    pub created_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a Message> for Stored<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            kind: &message.kind,
            subject: &message.subject,
            day: message.day,
            person: message.person,
            could_be_off: !message.unsubscribe.is_empty(),
            created_at: Some(message.created_at),
        }
    }
}
