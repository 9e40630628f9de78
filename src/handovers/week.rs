//! This week: which journeys of boxes are whose to make, in which words, and on which day. Pure.

use super::attention::{Holding, Item};
use super::{Leg, Place, Way};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, SchoolId};

/// A leg with what a line about it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// The leg.
    pub leg: Leg,
    /// What travels.
    pub item: Item,
    /// The class that gets it; empty when it goes home.
    pub class_name: String,
    /// Where the meeting is, when that is the way.
    pub meeting: Option<String>,
}

/// An offer of the waiting list that a school has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The request that holds the days.
    pub booking: BookingId,
    /// For which school.
    pub school: SchoolId,
    /// The title's name.
    pub name: String,
    /// The days.
    pub days: Period,
    /// Until when they are held.
    pub until: Option<Day>,
}

/// What a school does on a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Goes and fetches it.
    Fetch,
    /// Waits for it to be brought.
    Receive,
    /// Takes it to the other school.
    Bring,
    /// Has it ready for who fetches it.
    Ready,
    /// Gives it up at a meeting.
    MeetToGive,
    /// Gets it at a meeting.
    MeetToGet,
    /// Takes it from the own shelf.
    TakeOut,
    /// Puts it back on the own shelf.
    PutBack,
    /// Nothing: it travels between two others.
    Watch,
}

impl Task {
    /// What these schools have to do with a leg.
    #[must_use]
    pub fn of(leg: &Leg, mine: &[SchoolId]) -> Self {
        let (gives, gets) = (mine.contains(&leg.from), mine.contains(&leg.to));
        match (gives, gets, leg.way) {
            (false, false, _) => Self::Watch,
            (_, _, Way::Stays) if leg.to_booking.is_some() => Self::TakeOut,
            (_, _, Way::Stays) => Self::PutBack,
            (_, true, Way::Fetch) => Self::Fetch,
            (true, _, Way::Fetch) => Self::Ready,
            (true, _, Way::Bring) => Self::Bring,
            (_, _, Way::Bring) => Self::Receive,
            (true, _, Way::Meeting) => Self::MeetToGive,
            (_, _, Way::Meeting) => Self::MeetToGet,
        }
    }

    /// The task in a line. `from` and `to` are the short names of the schools; `home`: it goes to its store.
    #[must_use]
    pub fn words(self, item: &str, from: &str, to: &str, home: bool) -> String {
        match self {
            Self::Fetch => format!("Fetch {item} from {from}"),
            Self::Receive => format!("{from} brings {item}"),
            Self::Bring if home => format!("Bring {item} home to {to}"),
            Self::Bring => format!("Bring {item} to {to}"),
            Self::Ready => format!("{to} fetches {item}"),
            Self::MeetToGive => format!("Hand {item} to {to} at the meeting"),
            Self::MeetToGet => format!("Get {item} from {from} at the meeting"),
            Self::TakeOut => format!("Take {item} from your own shelf"),
            Self::PutBack => format!("Put {item} back on your own shelf"),
            Self::Watch if from == to => format!("{item} stays at {from}"),
            Self::Watch => format!("{item} goes from {from} to {to}"),
        }
    }

    /// What the button to the hand-over page says; `None` where there is nothing to do.
    #[must_use]
    pub fn button(self) -> Option<&'static str> {
        match self {
            Self::Fetch | Self::Receive | Self::MeetToGet | Self::TakeOut => Some("Count and receive"),
            Self::Bring | Self::Ready | Self::MeetToGive => Some("Count and hand over"),
            Self::PutBack => Some("Count and put back"),
            Self::Watch => None,
        }
    }

    /// The other school of the leg, for whom these schools are; `None` when it stays at one school.
    #[must_use]
    pub fn other(self, leg: &Leg) -> Option<SchoolId> {
        match self {
            Self::Fetch | Self::Receive | Self::MeetToGet => Some(leg.from),
            Self::Bring | Self::Ready | Self::MeetToGive => Some(leg.to),
            Self::TakeOut | Self::PutBack | Self::Watch => None,
        }
    }
}

/// The journeys of a person's weeks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weeks {
    /// Planned for a day that is past, oldest first.
    pub overdue: Vec<Journey>,
    /// From today to Sunday, by day.
    pub this_week: Vec<(Day, Vec<Journey>)>,
    /// From Monday to Sunday of the week after, by day.
    pub next_week: Vec<(Day, Vec<Journey>)>,
}

/// This week and the next: Monday to Sunday each.
#[must_use]
pub fn this_and_next(today: Day) -> (Period, Period) {
    let monday = days::monday(today);
    let week = |from: i64| {
        let first = days::add(monday, from);
        Period::new(first, days::add(first, 6)).unwrap_or(Period::day(first))
    };
    (week(0), week(7))
}

/// Sorts the journeys that are these schools' (all of the cluster's when `mine` is `None`) into weeks. What has been given up is
/// the receiver's alone.
#[must_use]
pub fn sort(journeys: Vec<Journey>, mine: Option<&[SchoolId]>, holdings: &[Holding], today: Day) -> Weeks {
    let (this, next) = this_and_next(today);
    let mut weeks = Weeks::default();
    for journey in journeys {
        let leg = &journey.leg;
        let away = holdings
            .iter()
            .any(|holding| holding.item.copy == leg.copy && holding.custody.place == Place::Transit && holding.custody.school == leg.from);
        let concerns = |mine: &[SchoolId]| mine.contains(&leg.to) || (mine.contains(&leg.from) && !away);
        if !mine.is_none_or(concerns) {
            continue;
        }
        let day = leg.day;
        let into = match day {
            day if day < today => {
                weeks.overdue.push(journey);
                continue;
            }
            day if this.contains(day) => &mut weeks.this_week,
            day if next.contains(day) => &mut weeks.next_week,
            _ => continue,
        };
        match into.last_mut().filter(|(last, _)| *last == day) {
            Some((_, of_day)) => of_day.push(journey),
            None => into.push((day, vec![journey])),
        }
    }
    weeks
}
