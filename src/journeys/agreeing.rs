//! Agreeing on another day or another way for a leg, without touching the bookings: one side suggests, the other says yes or no.

use std::fmt;

use super::{Leg, LegState, Proposal, Way};
use crate::base::days::{self, Day};
use crate::base::ids::{MeetingId, PersonId, SchoolId};
use crate::bookings::Slot;
use crate::bookings::rules::DIRECT_DAYS;
use crate::db::Refuses;
use crate::year::SchoolCalendar;

/// A cluster meeting, at which boxes can change hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// The day.
    pub day: Day,
    /// At which school, if it is at one.
    pub school: Option<SchoolId>,
    /// Where, in words, if it is not; may stand beside the school ("Room 4").
    pub place: String,
    /// What else there is to say.
    pub note: String,
    /// Whether it was called off.
    pub cancelled: bool,
}

/// An overdue handover may be agreed on for a day within so many days from today.
const OVERDUE_DAYS: i64 = 28;

/// A meeting may take the place of a handover planned within so many days of it.
pub const NEAR_DAYS: i64 = DIRECT_DAYS;

/// Whether a leg may happen at the meeting: it is near the leg's day, and both sides can want it there.
#[must_use]
pub fn is_near(leg: &Leg, meeting: &Meeting, today: Day) -> bool {
    !meeting.cancelled
        && leg.state == LegState::Planned
        && leg.way != Way::Stays
        && (meeting.day - leg.day.max(today)).num_days().abs() <= NEAR_DAYS
        && leg.meeting != Some(meeting.id)
}

/// What somebody suggests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The day; for a meeting, its day.
    pub day: Day,
    /// How.
    pub way: Way,
    /// At which meeting.
    pub meeting: Option<MeetingId>,
    /// Where exactly, in words.
    pub note: String,
}

/// What somebody asks for, before the meetings are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When and how.
    pub on: On,
    /// Where exactly, in words.
    pub note: String,
}

/// When and how something is to change hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// At this meeting, on its day.
    Meeting(MeetingId),
    /// On this day, in this way.
    Day(Day, Way),
}

impl Asked {
    /// As a wish; `meetings` are those that may be chosen.
    ///
    /// # Errors
    /// When the meeting is none of them.
    pub fn wish(&self, meetings: &[Meeting]) -> Result<Wish, Refusal> {
        let (day, way, meeting) = match self.on {
            On::Day(day, way) => (day, way, None),
            On::Meeting(id) => {
                let one = meetings.iter().find(|one| one.id == id).ok_or(Refusal::NoMeeting)?;
                (one.day, Way::Meeting, Some(id))
            }
        };
        Ok(Wish { day, way, meeting, note: self.note.clone() })
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The schools he leads.
    pub schools: Vec<SchoolId>,
    /// Whether he coordinates the cluster: then he speaks for both sides.
    pub coordinator: bool,
}

impl Side {
    /// The end of the leg for which he speaks; the giving one when he leads both.
    #[must_use]
    pub fn of(&self, leg: &Leg) -> Option<SchoolId> {
        [leg.from, leg.to].into_iter().find(|school| self.schools.contains(school))
    }

    /// Whether what he says holds at once: he coordinates the cluster, or leads both ends.
    #[must_use]
    pub fn decides(&self, leg: &Leg) -> bool {
        self.coordinator || (self.schools.contains(&leg.from) && self.schools.contains(&leg.to))
    }
}

/// Why it cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// He has no part in it.
    NotYours,
    /// The copy has arrived, or nobody asks for the leg any more.
    Over,
    /// The copy is on its way already.
    UnderWay,
    /// Both ends are one school.
    Stays,
    /// In the past.
    Past,
    /// The giver's loan has not begun by then.
    BeforeLoan(Day),
    /// The receiver's loan is over by then.
    AfterLoan(Day),
    /// Too far from the day that the bookings ask for.
    TooFar(Day),
    /// It is overdue, and this is too far from today.
    TooLate(Day),
    /// One of the schools is closed on that day; its short name.
    Closed(String),
    /// The meeting is not there any more.
    NoMeeting,
    /// It is planned like this already.
    Same,
    /// Nobody has suggested anything, or it has been answered.
    NothingToAnswer,
    /// One cannot answer oneself.
    OwnSuggestion,
}

impl Refuses for Refusal {}

impl Refusal {
    /// The form's field that it is about; empty for the form as a whole.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Past | Self::BeforeLoan(_) | Self::AfterLoan(_) | Self::TooFar(_) | Self::TooLate(_) | Self::Closed(_) => "day",
            Self::NoMeeting => "way",
            _ => "",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYours => f.write_str("Only the two schools of this handover and the coordinator can change it"),
            Self::Over => f.write_str("This handover is over, or is not needed any more"),
            Self::UnderWay => f.write_str("The box is on its way already"),
            Self::Stays => f.write_str("The box stays at the school, so there is nothing to agree on"),
            Self::Past => f.write_str("Choose today or a day to come"),
            Self::BeforeLoan(from) => write!(f, "The school that gives it has it from {} only: choose a later day", days::full(*from)),
            Self::AfterLoan(to) => write!(f, "The loan of the school that gets it ends on {}: choose an earlier day", days::full(*to)),
            Self::TooFar(day) => write!(f, "Choose a day within a week of {}, or change the dates of the booking", days::full(*day)),
            Self::TooLate(day) => write!(f, "It is overdue: choose a day until {}", days::full(*day)),
            Self::Closed(school) => write!(f, "{school} is closed on that day: choose another"),
            Self::NoMeeting => f.write_str("That meeting has been called off: choose another way"),
            Self::Same => f.write_str("It is planned like this already"),
            Self::NothingToAnswer => f.write_str("There is nothing to answer: the suggestion was answered or taken back"),
            Self::OwnSuggestion => f.write_str("The other school answers your suggestion"),
        }
    }
}

/// What the decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The leg as it is.
    pub leg: &'a Leg,
    /// Whether the copy is on this leg now.
    pub under_way: bool,
    /// The booking that ends with it.
    pub from: Option<&'a Slot>,
    /// The booking that begins with it.
    pub to: Option<&'a Slot>,
    /// The day for which the bookings ask.
    pub laid: Day,
    /// School days.
    pub calendar: &'a SchoolCalendar,
    /// The meeting that is wished for, as it is now.
    pub meeting: Option<&'a Meeting>,
    /// The day it is.
    pub today: Day,
}

/// Whether the leg can be changed by this person at all.
///
/// # Errors
/// Why not.
pub fn may(facts: &Facts<'_>, side: &Side) -> Result<(), Refusal> {
    if side.of(facts.leg).is_none() && !side.coordinator {
        return Err(Refusal::NotYours);
    }
    if facts.leg.state != LegState::Planned {
        return Err(Refusal::Over);
    }
    if facts.under_way {
        return Err(Refusal::UnderWay);
    }
    if facts.leg.way == Way::Stays { Err(Refusal::Stays) } else { Ok(()) }
}

/// Whether the wish can be: `name` gives a school's short name.
///
/// # Errors
/// Why not.
pub fn check(facts: &Facts<'_>, side: &Side, wish: &Wish, name: impl Fn(SchoolId) -> String) -> Result<(), Refusal> {
    may(facts, side)?;
    let leg = facts.leg;
    if wish.way == Way::Meeting && facts.meeting.is_none_or(|meeting| meeting.cancelled || meeting.day != wish.day) {
        return Err(Refusal::NoMeeting);
    }
    if wish.day < facts.today {
        return Err(Refusal::Past);
    }
    if let Some(from) = facts.from.map(|slot| slot.days.first()).filter(|from| wish.day < *from) {
        return Err(Refusal::BeforeLoan(from));
    }
    if let Some(to) = facts.to.map(|slot| slot.days.last()).filter(|to| wish.day > *to) {
        return Err(Refusal::AfterLoan(to));
    }
    // A leg that is overdue may be agreed on for any day of the coming weeks.
    let latest = days::add(facts.today, OVERDUE_DAYS);
    if facts.laid < facts.today && wish.day > latest {
        return Err(Refusal::TooLate(latest));
    }
    if facts.laid >= facts.today && (wish.day - facts.laid).num_days().abs() > DIRECT_DAYS {
        return Err(Refusal::TooFar(facts.laid));
    }
    // Teachers meet in the evening and in the holidays, so a meeting may be on any day.
    if wish.way != Way::Meeting
        && let Some(closed) = [leg.from, leg.to].into_iter().find(|school| !facts.calendar.is_school_day(wish.day, Some(*school)))
    {
        return Err(Refusal::Closed(name(closed)));
    }
    if (wish.day, wish.way, wish.meeting, wish.note.as_str()) == (leg.day, leg.way, leg.meeting, leg.note.as_str())
        && leg.proposal.is_none()
    {
        return Err(Refusal::Same);
    }
    Ok(())
}

/// The leg with a suggestion for the other side.
#[must_use]
pub fn suggested(leg: &Leg, wish: Wish, by: PersonId, school: SchoolId, at: chrono::DateTime<chrono::Utc>) -> Leg {
    let Wish { day, way, meeting, note } = wish;
    Leg { proposal: Some(Proposal { by: Some(by), school, day, way, meeting, note, at }), ..leg.clone() }
}

/// The leg as both sides have agreed.
#[must_use]
pub fn agreed(leg: &Leg, wish: Wish, look_on: Day) -> Leg {
    let Wish { day, way, meeting, note } = wish;
    Leg { day, way, meeting, note, agreed: true, proposal: None, revision: leg.revision + 1, look_on, ..leg.clone() }
}

/// Whether this person may answer the suggestion, and what it is.
///
/// # Errors
/// Why not.
pub fn answer(facts: &Facts<'_>, side: &Side) -> Result<Wish, Refusal> {
    may(facts, side)?;
    let Some(proposal) = &facts.leg.proposal else { return Err(Refusal::NothingToAnswer) };
    if !side.decides(facts.leg) && side.of(facts.leg) == Some(proposal.school) {
        return Err(Refusal::OwnSuggestion);
    }
    Ok(Wish { day: proposal.day, way: proposal.way, meeting: proposal.meeting, note: proposal.note.clone() })
}

#[cfg(test)]
mod tests;
