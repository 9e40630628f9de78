//! Who somebody is, and as what: people, their roles in clusters, their sessions, and permission as a type.
//!
//! What must always hold: nobody sees or touches anything of a cluster in which he has no role today (product rule 8); a
//! sign-in link works once, for fifteen minutes, and only when its button is pressed; a revoked session is over at once.

pub mod giving;
pub mod member;
pub mod pages;
pub mod sign_in;
pub mod store;

use crate::base::days::{self, Day};
use crate::base::ids::{ClusterId, PersonId, RoleId, SchoolId, SessionId};

pub use member::{Borrower, ClusterMaker, Coordinator, DayKeeper, InboxReader, Member, Overseer, SignedIn};

/// What a person may be in a cluster (product.md, Words).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum RoleKind {
    /// Science subject leader at one school.
    Ssl,
    /// Stands in for the science lead, and may do the same.
    Deputy,
    /// Runs the cluster.
    Coordinator,
    /// Keeps the cluster's money at the lead school.
    Bursar,
    /// Reads the own school's things.
    Head,
    /// Reads many clusters.
    Director,
}

impl RoleKind {
    /// Whether it borrows for its school: the science lead and the deputy.
    #[must_use]
    pub fn leads(self) -> bool {
        matches!(self, Self::Ssl | Self::Deputy)
    }

    /// Whether it belongs to one school.
    #[must_use]
    pub fn needs_school(self) -> bool {
        matches!(self, Self::Ssl | Self::Deputy | Self::Head)
    }

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Ssl => "Science lead",
            Self::Deputy => "Deputy science lead",
            Self::Coordinator => "Coordinator",
            Self::Bursar => "Bursar",
            Self::Head => "Head teacher",
            Self::Director => "Programme director",
        }
    }
}

/// A role that somebody has today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Which.
    pub kind: RoleKind,
    /// The school it is tied to.
    pub school: Option<RoleSchool>,
}

/// The school of a role, as the shell shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSchool {
    /// Its id.
    pub id: SchoolId,
    /// Its short name, "Saxton".
    pub short_name: String,
}

/// A cluster, as a link to it needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Its part of the address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Raised by every change in it.
    pub version: i64,
}

/// A signed-in person inside one cluster: everything that permission depends on.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The signed-in device.
    pub session: SessionId,
    /// Where.
    pub cluster: Cluster,
    /// As what; never empty.
    pub roles: Vec<Role>,
    /// The person's other clusters.
    pub elsewhere: Vec<Cluster>,
}

impl Membership {
    /// Whether the person has the role in this cluster.
    #[must_use]
    pub fn is(&self, kind: RoleKind) -> bool {
        self.roles.iter().any(|role| role.kind == kind)
    }

    /// The schools for which the person is science lead, or the lead's deputy.
    pub fn schools_led(&self) -> impl Iterator<Item = &RoleSchool> {
        self.roles.iter().filter(|role| role.kind.leads()).filter_map(|role| role.school.as_ref())
    }

    /// Whether the person may book at all: for a school that is led, or as coordinator.
    #[must_use]
    pub fn may_borrow(&self) -> bool {
        self.is(RoleKind::Coordinator) || self.schools_led().next().is_some()
    }

    /// The school that pages show as "yours": the first one led, else the first one of any role.
    #[must_use]
    pub fn own_school(&self) -> Option<&RoleSchool> {
        self.schools_led().next().or_else(|| self.roles.iter().find_map(|role| role.school.as_ref()))
    }

    /// Whether what waits in the cluster is this person's to read: all of it the coordinator's, what may have to be bought the bursar's.
    #[must_use]
    pub fn has_inbox(&self) -> bool {
        self.is(RoleKind::Coordinator) || self.is(RoleKind::Bursar)
    }

    /// Whether the person may book for the school: its science lead, or the coordinator on its behalf.
    #[must_use]
    pub fn may_book_for(&self, school: SchoolId) -> bool {
        self.is(RoleKind::Coordinator) || self.schools_led().any(|own| own.id == school)
    }
}

/// What becomes of a role that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has this last day.
    On(Day),
    /// It had no day at all: the row goes.
    Never,
}

/// A role with its days, before anybody has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub kind: RoleKind,
    /// The school it is tied to.
    pub school: Option<SchoolId>,
    /// The first day.
    pub from: Day,
    /// The last day, if it is known.
    pub to: Option<Day>,
}

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

/// Whether somebody with these roles in a cluster has left it: each is over. The record keeps the name; the address, and what else
/// becomes of the person, is out of its sight.
#[must_use]
pub fn has_left(roles: &[Held], today: Day) -> bool {
    roles.iter().all(|role| role.to.is_some_and(|to| to < today))
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
