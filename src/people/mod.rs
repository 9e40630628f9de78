//! Clusters, their schools and people, the school year; signing in, and who may do what.
//!
//! What must always hold: nobody sees or touches anything of a cluster in which he has no role today (product rule 8); a
//! sign-in link works once, for fifteen minutes, and only when its button is pressed; a revoked session is over at once.

pub mod identity;
pub mod choices;
pub mod founding;
pub mod founding_letters;
pub mod schools;
pub mod handing_on;
pub mod invitations;
pub mod letters;
pub mod account;
pub mod account_letters;
pub mod account_still;
pub mod log;
pub mod member;
pub mod pages;
pub mod passkeys;
pub mod roles;
pub mod settings;
pub mod sign_in;
pub mod still;
pub mod store;
pub mod terms;
pub mod ways;
pub mod year;

use crate::base::days::{Day, Period};
use crate::base::ids::{ClusterId, PersonId, SchoolId, SessionId};

pub use member::{Borrower, ClusterMaker, Coordinator, DayKeeper, Member, Overseer, SignedIn};

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

    /// Whether the person may book for the school: its science lead, or the coordinator on its behalf.
    #[must_use]
    pub fn may_book_for(&self, school: SchoolId) -> bool {
        self.is(RoleKind::Coordinator) || self.schools_led().any(|own| own.id == school)
    }
}

/// A school of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its id.
    pub id: SchoolId,
    /// Its full name.
    pub name: String,
    /// For bars and lists: "Saxton".
    pub short_name: String,
    /// For narrow bars: "SX".
    pub letters: String,
    /// Where it is, one line.
    pub address: String,
    /// Its postcode, with the usual space.
    pub postcode: String,
    /// Its times in the cluster, in order.
    pub stays: Vec<Stay>,
}

/// A school's time in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// The first day.
    pub joined_on: Day,
    /// The last day, when it has left.
    pub left_on: Option<Day>,
    /// Time off from borrowing.
    pub sabbatical: Option<Period>,
}

/// How a school stands to the cluster on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A member.
    In,
    /// Not yet a member; the day it joins.
    Before(Day),
    /// On sabbatical until the day.
    Sabbatical(Period),
    /// Left on the day.
    Left(Day),
    /// Never was.
    Never,
}

impl School {
    /// How the school stands on a day.
    #[must_use]
    pub fn standing(&self, day: Day) -> Standing {
        for stay in &self.stays {
            if stay.joined_on <= day && stay.left_on.is_none_or(|left| day <= left) {
                return stay.sabbatical.filter(|off| off.contains(day)).map_or(Standing::In, Standing::Sabbatical);
            }
        }
        match (
            self.stays.iter().map(|stay| stay.joined_on).find(|joined| *joined > day),
            self.stays.iter().rev().find_map(|stay| stay.left_on),
        ) {
            (Some(joins), _) => Standing::Before(joins),
            (None, Some(left)) => Standing::Left(left),
            (None, None) => Standing::Never,
        }
    }

    /// Whether it may borrow on the day.
    #[must_use]
    pub fn is_in(&self, day: Day) -> bool {
        self.standing(day) == Standing::In
    }
}

/// The booking rules of a cluster, as its settings have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Longest loan, in days, both ends counted.
    pub longest_loan_days: u32,
    /// How far ahead, in days; `None`: to the end of the next academic year.
    pub furthest_ahead_days: Option<u32>,
    /// Shortest notice, in school days of the school that books.
    pub shortest_notice_days: u32,
    /// Most live bookings of a school.
    pub most_live_bookings: u32,
    /// Days kept free after a booking.
    pub turnaround_days: u32,
    /// Whether every booking needs the coordinator's approval.
    pub approval_needed: bool,
    /// Whether bookings may start or end on days without school.
    pub non_school_days: bool,
}

impl Default for Settings {
    /// The defaults of product.md, "Booking rules".
    fn default() -> Self {
        Self {
            longest_loan_days: 28,
            furthest_ahead_days: None,
            shortest_notice_days: 0,
            most_live_bookings: 3,
            turnaround_days: 0,
            approval_needed: false,
            non_school_days: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;

    #[test]
    fn a_school_stands_as_its_dates_say() {
        let day = |text: &str| parse_iso(text).expect("a day");
        let stay = |joined: &str, left: Option<&str>, off: Option<(&str, &str)>| Stay {
            joined_on: day(joined),
            left_on: left.map(day),
            sabbatical: off.and_then(|(a, b)| Period::new(day(a), day(b))),
        };
        let school = School {
            id: SchoolId(1),
            name: "Saxton CE Primary School".into(),
            short_name: "Saxton".into(),
            letters: "SX".into(),
            address: String::new(),
            postcode: String::new(),
            stays: vec![
                stay("2021-09-01", Some("2023-08-31"), None),
                stay("2025-09-01", Some("2027-08-31"), Some(("2026-09-01", "2026-12-31"))),
            ],
        };
        assert_eq!(school.standing(day("2020-01-01")), Standing::Before(day("2021-09-01")));
        assert_eq!(school.standing(day("2023-08-31")), Standing::In);
        assert_eq!(school.standing(day("2023-09-01")), Standing::Before(day("2025-09-01")));
        assert!(matches!(school.standing(day("2026-12-31")), Standing::Sabbatical(_)));
        assert_eq!(school.standing(day("2027-01-01")), Standing::In);
        assert_eq!(school.standing(day("2027-09-01")), Standing::Left(day("2027-08-31")));
    }
}
