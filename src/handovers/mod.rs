//! Who may give a copy up, receive it, refuse it or take it back, and what then follows. Pure: from what was read of a copy.
//!
//! The giver is the school that has it; from the store, the school where the store is. The receiver is the school of the next
//! leg, which may accept what nobody gave up: the record then follows what has happened. A coordinator may do it for either.

pub mod acts;
pub mod counts;
pub mod history;
pub mod letters;
pub mod pages;
pub mod store;
pub mod tell;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, HandoverId, LegId, PersonId, SchoolId};
use crate::bookings::{Slot, State};
use crate::db::Refuses;
use crate::year::SchoolCalendar;

use crate::handovers::counts::Side;
use crate::journeys::{Custody, Leg, Place};

/// For so many days a giver's count is still added to what was received without having been given up.
const LATE_DAYS: i64 = 14;

/// Reports of a copy with which nobody has dealt; what comes beyond them is not kept, because it says nothing new.
pub const MOST_FINDS: usize = 20;
/// Of a copy of which many reports come, there is no letter while one that waits is younger than this.
pub const FIND_SPARES: TimeDelta = TimeDelta::minutes(5);

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// Whether he coordinates the cluster.
    pub coordinator: bool,
    /// The schools for which he may act.
    pub led: Vec<SchoolId>,
}

impl Who {
    fn acts_for(&self, school: SchoolId) -> bool {
        self.coordinator || self.led.contains(&school)
    }
}

/// A handover that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnTheWay {
    /// The handover.
    pub id: HandoverId,
    /// The booking that ended with it.
    pub from_booking: Option<BookingId>,
    /// The booking that begins with it.
    pub to_booking: Option<BookingId>,
    /// Who handed it over.
    pub from: SchoolId,
    /// To whom; `None` is the store.
    pub to: Option<SchoolId>,
    /// Who signed for handing it over.
    pub by: Option<PersonId>,
    /// On which day.
    pub on: Day,
}

/// All that decides about a copy.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// Where it is now.
    pub custody: Custody,
    /// The booking for which it is there.
    pub out: Option<Slot>,
    /// The legs that are planned, by day, each with the booking that it leads to.
    pub legs: Vec<(Leg, Option<Slot>)>,
    /// The handover that is on its way.
    pub on_the_way: Option<OnTheWay>,
    /// The day it is.
    pub today: Day,
    /// The number of its latest link in the chain of custody: it rises whenever the copy moves.
    pub link: i64,
}

impl Scene {
    /// What a form for this side says that it was opened for.
    #[must_use]
    pub fn seen(&self, side: Side) -> Seen {
        // Who receives it does so for a school; who hands it over has given it away, wherever it then goes.
        let at = next(self).filter(|_| side == Side::Receiver).map(|next| next.at);
        Seen { link: self.link, at }
    }
}

/// How a copy stood when a form was opened. The form carries it along: a phone may send it much later, when the copy is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its latest link in the chain of custody.
    pub link: i64,
    /// The school that was to receive it, on a receiver's form.
    pub at: Option<SchoolId>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}-{at}", self.link),
            None => write!(f, "{}", self.link),
        }
    }
}

impl FromStr for Seen {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (link, at) = text.split_once('-').map_or((text, None), |(link, at)| (link, Some(at)));
        let at = at.map(str::parse).transpose().map_err(|_| ())?;
        Ok(Self { link: link.parse().map_err(|_| ())?, at })
    }
}

/// Holds a decision against what the form was opened for: who saw something else reads how the copy stands now, and nothing is done.
///
/// # Errors
/// Why not, or that it has moved on.
pub fn as_seen<T>(decided: Result<T, Refusal>, seen: Option<Seen>, scene: &Scene, side: Side) -> Result<T, Refusal> {
    let now = scene.seen(side);
    // Both stand side by side, and the giver was done while the receiver was still counting: that is what he waited for.
    let given_up_since = |seen: Seen| side == Side::Receiver && scene.on_the_way.is_some() && Seen { link: seen.link + 1, ..seen } == now;
    match decided {
        // It was this person's when the form was opened.
        Err(Refusal::NotYours) if seen.is_some_and(|seen| seen.link < now.link) => Err(Refusal::MovedOn),
        Ok(_) if !seen.is_some_and(|seen| seen == now || given_up_since(seen)) => Err(Refusal::MovedOn),
        decided => decided,
    }
}

/// A handover that was received though nobody had handed it over, and that the giver has not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The handover.
    pub id: HandoverId,
    /// Who had it.
    pub from: SchoolId,
    /// Who received it; `None` is the store.
    pub to: Option<SchoolId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Whether the giver's count can still be added: it was begun while he had it, and came after it was received.
///
/// # Errors
/// Why not.
pub fn give_late(taken: &Taken, who: &Who, now: DateTime<Utc>) -> Result<(), Refusal> {
    if !who.acts_for(taken.from) {
        return Err(Refusal::MovedOn);
    }
    if now - taken.at > TimeDelta::days(LATE_DAYS) { Err(Refusal::TooLate) } else { Ok(()) }
}

/// Where a copy goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// By which leg.
    pub leg: Option<LegId>,
    /// From which school.
    pub from: SchoolId,
    /// The booking that ends.
    pub from_booking: Option<BookingId>,
    /// To which school; where the store is, when it goes there.
    pub at: SchoolId,
    /// For which booking; `None` is the store.
    pub slot: Option<Slot>,
    /// The day that is planned.
    pub day: Option<Day>,
}

impl Next {
    /// As the tables have it: no school is the store.
    #[must_use]
    pub fn to(&self) -> Option<SchoolId> {
        self.slot.map(|slot| slot.school)
    }

    /// Whether it need not travel.
    #[must_use]
    pub fn stays(&self) -> bool {
        self.from == self.at
    }

    /// The first day on which the receiver can have it: the last school day before the first day, or the day of the leg.
    #[must_use]
    pub fn earliest(&self, calendar: &SchoolCalendar) -> Option<Day> {
        let slot = self.slot?;
        let before = calendar.previous(days::add(slot.days.first(), -1), Some(slot.school)).unwrap_or(slot.days.first());
        Some(self.day.map_or(before, |day| day.min(before)))
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is neither with this person's school nor due there.
    NotYours,
    /// It has been handed over already.
    OnItsWay,
    /// The school has it already.
    HasIt,
    /// It lies in the store, and nobody has booked it.
    NobodyNext,
    /// It stays at the same school; only the one who has it next counts.
    Stays,
    /// Nobody knows where it is.
    Missing,
    /// Too early for the next booking.
    TooEarly(Day),
    /// It is not on its way any more.
    NotOnItsWay,
    /// It is not as it was when the form was opened.
    MovedOn,
    /// It was received so long ago that a giver's count says nothing any more.
    TooLate,
}

impl Refuses for Refusal {}

impl Refusal {
    /// As people read it.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::NotYours => "It is neither with your school nor due there.".to_owned(),
            Self::OnItsWay => "It has been handed over already: it is on its way.".to_owned(),
            Self::HasIt => "Your school has received it already.".to_owned(),
            Self::NobodyNext => "It is in the store, and nobody has booked it next.".to_owned(),
            Self::Stays => "It stays at your school. It is counted once, by who has it next.".to_owned(),
            Self::Missing => "It is missing. Tell the coordinator if you have found it.".to_owned(),
            Self::TooEarly(from) => format!("It is too early. You can receive it from {}.", days::full(from)),
            Self::NotOnItsWay => "It is not on its way any more.".to_owned(),
            Self::MovedOn => "It has moved on since you opened this page. Nothing has been changed.".to_owned(),
            Self::TooLate => {
                format!("The other school received it more than {LATE_DAYS} days ago. Your count cannot be added any more.")
            }
        }
    }
}

/// Where the copy goes next; `None` when it lies in the store and nobody has booked it.
#[must_use]
pub fn next(scene: &Scene) -> Option<Next> {
    let custody = &scene.custody;
    let store = |from_booking| Next { leg: None, from: custody.school, from_booking, at: scene.home, slot: None, day: None };
    let by_leg = |leg: &Leg, slot: Option<Slot>, from_booking| Next {
        leg: Some(leg.id),
        from: custody.school,
        from_booking,
        at: slot.map_or(leg.to, |slot| slot.school),
        slot,
        day: Some(leg.day),
    };
    // A loan that nobody fetched while it lasted makes way for the next one.
    let open = |slot: &Option<Slot>| {
        slot.is_none_or(|slot| slot.state == State::Confirmed && slot.collected_on.is_none() && !slot.is_over(scene.today))
    };
    if let Some(way) = scene.on_the_way {
        let leg = scene.legs.iter().find(|(_, slot)| way.to_booking.is_some() && slot.map(|slot| slot.id) == way.to_booking);
        // When the booking it was given up for is not there any more, it goes to the store.
        return Some(match leg.filter(|(_, slot)| open(slot)) {
            Some((leg, slot)) => by_leg(leg, *slot, way.from_booking),
            None => Next { from_booking: way.from_booking, ..store(None) },
        });
    }
    match custody.place {
        Place::Missing => None,
        Place::School if custody.booking.is_some() => {
            let leg = scene.legs.iter().find(|(leg, _)| leg.from_booking == custody.booking);
            Some(
                leg.filter(|(_, slot)| open(slot))
                    .map_or_else(|| store(custody.booking), |(leg, slot)| by_leg(leg, *slot, custody.booking)),
            )
        }
        place => {
            let leg = scene.legs.iter().find(|(_, slot)| slot.is_some() && open(slot));
            let found = leg.map(|(leg, slot)| by_leg(leg, *slot, None));
            if place == Place::Store { found } else { Some(found.unwrap_or_else(|| store(None))) }
        }
    }
}

/// Whether it can be given up, and to whom it then goes.
///
/// # Errors
/// Why not.
pub fn give(scene: &Scene, who: &Who, today: Day, calendar: &SchoolCalendar) -> Result<Next, Refusal> {
    let next = next(scene);
    if !who.acts_for(scene.custody.school) {
        // Who is to receive it may read that it is not his to give; the page says so in the same words.
        return Err(Refusal::NotYours);
    }
    match scene.custody.place {
        Place::Transit => return Err(Refusal::OnItsWay),
        Place::Missing => return Err(Refusal::Missing),
        Place::School | Place::Store => {}
    }
    let next = next.ok_or(Refusal::NobodyNext)?;
    if next.stays() {
        return Err(Refusal::Stays);
    }
    if scene.custody.place == Place::Store
        && let Some(from) = next.earliest(calendar).filter(|from| today < *from)
    {
        return Err(Refusal::TooEarly(from));
    }
    Ok(next)
}

/// Whether it can be received or refused: by the school it goes to next, whether somebody handed it over or not.
///
/// # Errors
/// Why not.
pub fn receive(scene: &Scene, who: &Who, today: Day, calendar: &SchoolCalendar) -> Result<Next, Refusal> {
    let next = next(scene);
    if scene.custody.place == Place::Missing {
        return Err(if who.acts_for(scene.custody.school) { Refusal::Missing } else { Refusal::NotYours });
    }
    let Some(next) = next.filter(|next| who.acts_for(next.at)) else {
        return Err(match scene.custody.place {
            _ if !who.acts_for(scene.custody.school) => Refusal::NotYours,
            Place::Store => Refusal::NobodyNext,
            Place::Transit => Refusal::OnItsWay,
            Place::School | Place::Missing => Refusal::HasIt,
        });
    };
    // What is on its way has left; when it arrives, it has arrived.
    if scene.on_the_way.is_none()
        && let Some(from) = next.earliest(calendar).filter(|from| today < *from)
    {
        return Err(if scene.custody.place == Place::School && who.led.contains(&scene.custody.school) {
            Refusal::HasIt
        } else {
            Refusal::TooEarly(from)
        });
    }
    Ok(next)
}

/// Whether it can be counted where it is, by the school that has it: at any time.
///
/// # Errors
/// Why not.
pub fn count(scene: &Scene, who: &Who) -> Result<(), Refusal> {
    match scene.custody.place {
        _ if !who.acts_for(scene.custody.school) => Err(Refusal::NotYours),
        Place::Transit => Err(Refusal::OnItsWay),
        Place::Missing => Err(Refusal::Missing),
        Place::School | Place::Store => Ok(()),
    }
}

/// Whose word it is that a loan was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The school is where the store is: it puts the copy back on its own shelf.
    OwnShelf,
    /// The school that had it: the store has yet to say that it is there.
    Giver,
    /// Who speaks for the store: it is there.
    Store,
}

/// Whose word it is when this person says that the school has given the copy back. Who leads the school speaks for it, also as coordinator.
#[must_use]
pub fn word_of(scene: &Scene, who: &Who, school: SchoolId) -> Word {
    if scene.home == school {
        Word::OwnShelf
    } else if who.led.contains(&school) && !who.led.contains(&scene.home) {
        Word::Giver
    } else {
        Word::Store
    }
}

/// Whether what is on its way can be taken back: by the giver, and of what goes home by the school where its store is, which knows whether it
/// ever came. Another school refuses it with a reason.
///
/// # Errors
/// Why not.
pub fn take_back(scene: &Scene, who: &Who) -> Result<OnTheWay, Refusal> {
    match scene.on_the_way {
        Some(way) if who.acts_for(way.from) || (way.to.is_none() && who.acts_for(scene.home)) => Ok(way),
        Some(_) => Err(Refusal::NotYours),
        // Whoever was slower reads how it stands.
        None => Err(Refusal::NotOnItsWay),
    }
}

#[cfg(test)]
mod tests;
