//! A role with its days: past, present or to come.

use super::{RoleKind, RoleSchool};
use crate::base::days::{self, Day};
use crate::base::ids::{PersonId, RoleId};

/// A role that somebody has, had or will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: RoleId,
    /// Who.
    pub person: PersonId,
    /// Which.
    pub kind: RoleKind,
    /// The school it is tied to.
    pub school: Option<RoleSchool>,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Option<Day>,
}

impl Held {
    /// "Science lead, Saxton".
    #[must_use]
    pub fn words(&self) -> String {
        words(self.kind, self.school.as_ref().map(|school| school.short_name.as_str()))
    }

    /// Whether it counts on the day.
    #[must_use]
    pub fn is_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// "Science lead, Saxton"; "Coordinator" where there is no school.
#[must_use]
pub fn words(kind: RoleKind, school: Option<&str>) -> String {
    school.map_or_else(|| kind.words().to_owned(), |school| format!("{}, {school}", kind.words()))
}

/// "from 1 September 2026", "from 1 September 2026 to 31 August 2027".
#[must_use]
pub fn span(from: Day, to: Option<Day>) -> String {
    to.map_or_else(|| format!("from {}", days::long(from)), |to| format!("from {} to {}", days::long(from), days::long(to)))
}
