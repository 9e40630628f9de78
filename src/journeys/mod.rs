//! From school to school: where every copy is, the legs between bookings, and on what both schools have agreed.
//!
//! What must always hold: a copy has exactly one custody or is in transit (product rule 2); plan and possession are separate
//! facts, so a late box cancels nothing and puts the bookings after it at risk (rule 3); nothing counted is overwritten (rule 4).
//!
//! [`Custody`] follows from handovers and, by triggers, from what bookings say of possession. Legs follow from bookings: every
//! write transaction ends with [`acts::settle`], which lays the legs of the copies that changed anew, whatever code path changed them.

pub mod agreeing;
pub mod legs;
pub mod acts;
pub mod letters;
pub mod store;
pub mod tell;
pub mod pages;

use chrono::{DateTime, Utc};

use crate::base::ids::{BookingId, CopyId, HandoverId, LegId, MeetingId, PersonId, SchoolId};
use crate::base::{Day, clock};
use crate::bookings::errands::Ends;
use crate::catalogue::{Plight, Spot};

pub use crate::bookings::errands::Way;
pub use crate::catalogue::Place;

/// Where a copy is now, since when, with whom. Exactly one a copy; the database holds that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custody {
    /// The copy.
    pub copy: CopyId,
    /// What kind of place.
    pub place: Place,
    /// Who has it; where the store is; who handed it over, while it is on its way; who had it last, when it is missing.
    pub school: SchoolId,
    /// The booking for which the school has it; `None` when it has none, and in every other place.
    pub booking: Option<BookingId>,
    /// While it is on its way: to whom; `None` is the store.
    pub to: Option<SchoolId>,
    /// While it is on its way: by which handover.
    pub handover: Option<HandoverId>,
    /// Who took it, handed it over or reported it missing.
    pub person: Option<PersonId>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Essential lines of the contents that were short at the last count, in words; empty when none was.
    pub short_essentials: String,
}

impl Custody {
    /// Where it is, as everything that is shown of a copy says it.
    #[must_use]
    pub fn spot(&self) -> Spot {
        Spot { place: self.place, school: self.school, to: self.to }
    }

    /// How it stands, as the rule of risk wants it. `long_from`: the day from which it is on its way for too long, while it is.
    #[must_use]
    pub fn plight(&self, long_from: Option<Day>) -> Plight {
        let spot = self.spot();
        Plight {
            spot: Some(spot),
            out: None,
            astray: spot.astray(clock::today(self.since), long_from),
            short: self.short_essentials.clone(),
        }
    }
}

/// Where a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum LegState {
    /// To come, under way, or overdue.
    Planned,
    /// The copy has arrived.
    Done,
    /// The bookings no longer ask for it.
    Dropped,
}

/// The journey of a copy between two holders. No booking at an end means the store; never at both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Its id.
    pub id: LegId,
    /// The copy.
    pub copy: CopyId,
    /// The booking that ends with it.
    pub from_booking: Option<BookingId>,
    /// The booking that begins with it.
    pub to_booking: Option<BookingId>,
    /// Who hands it over: the school, or where the store is.
    pub from: SchoolId,
    /// Who gets it: the school, or where the store is.
    pub to: SchoolId,
    /// The day planned.
    pub day: Day,
    /// How it travels.
    pub way: Way,
    /// The meeting, when that is the way.
    pub meeting: Option<MeetingId>,
    /// Where exactly, in words.
    pub note: String,
    /// Whether both sides have agreed on day and way.
    pub agreed: bool,
    /// Another day or way that one side proposes.
    pub proposal: Option<Proposal>,
    /// Where it stands.
    pub state: LegState,
    /// Rises with every change that both sides should hear of.
    pub revision: i32,
    /// Whether somebody has been told of it by a letter.
    pub told: bool,
    /// The day on which the worker looks at it again.
    pub look_on: Day,
}

impl Leg {
    /// Between whom it goes, and how.
    #[must_use]
    pub fn ends(&self) -> Ends {
        Ends { from: self.from, to: self.to, from_store: self.from_booking.is_none(), to_store: self.to_booking.is_none(), way: self.way }
    }
}

/// Another day or way for a leg, which the other side has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Who proposes it.
    pub by: Option<PersonId>,
    /// For which school; the other one answers.
    pub school: SchoolId,
    /// The day.
    pub day: Day,
    /// How.
    pub way: Way,
    /// At which meeting.
    pub meeting: Option<MeetingId>,
    /// Where exactly, in words.
    pub note: String,
    /// When it was proposed.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
pub mod samples {
    //! A leg for tests.

    use super::{Leg, LegState, Way};
    use crate::base::ids::{BookingId, CopyId, LegId};
    use crate::bookings::samples::{MONK_FRYSTON, SAXTON, day};

    /// From Monk Fryston's loan 1 to Saxton's loan 2, as nobody has spoken of it yet.
    #[must_use]
    pub fn leg(on: &str) -> Leg {
        Leg {
            id: LegId(1),
            copy: CopyId(10),
            from_booking: Some(BookingId(1)),
            to_booking: Some(BookingId(2)),
            from: MONK_FRYSTON,
            to: SAXTON,
            day: day(on),
            way: Way::Fetch,
            meeting: None,
            note: String::new(),
            agreed: false,
            proposal: None,
            state: LegState::Planned,
            revision: 0,
            told: false,
            look_on: day(on),
        }
    }
}
