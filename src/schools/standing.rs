//! A school of the cluster, its times in it, and how it stands on a day.

use crate::base::days::{Day, Period};
use crate::base::ids::SchoolId;

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
    /// Its telephone number; may be empty.
    pub phone: String,
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
