//! Who may give a copy up, receive it, refuse it or take it back, and what then follows. Pure: from what was read of a copy.
//!
//! The giver is the school that has it; from the store, the school where the store is. The receiver is the school of the next
//! leg, which may accept what nobody gave up: the record then follows what has happened. A coordinator may do it for either.

use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, HandoverId, LegId, PersonId, SchoolId};
use crate::bookings::{Slot, State};
use crate::people::terms::SchoolCalendar;

use super::{Custody, Leg, Place};

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
    /// Who gave it up.
    pub from: SchoolId,
    /// To whom; `None` is the store.
    pub to: Option<SchoolId>,
    /// Who signed for giving it up.
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
    /// It has been given up already.
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
}

impl Refusal {
    /// As people read it.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::NotYours => "It is neither with your school nor due there.".to_owned(),
            Self::OnItsWay => "It has been given up already: it is on its way.".to_owned(),
            Self::HasIt => "Your school has received it already.".to_owned(),
            Self::NobodyNext => "It is in the store, and nobody has booked it next.".to_owned(),
            Self::Stays => "It stays at your school. Count it once, under \"I have received it\".".to_owned(),
            Self::Missing => "It is missing. Tell the coordinator if you have found it.".to_owned(),
            Self::TooEarly(from) => format!("It is too early. You can receive it from {}.", days::full(from)),
            Self::NotOnItsWay => "It is not on its way any more.".to_owned(),
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

/// Whether it can be received or refused: by the school it goes to next, whether somebody gave it up or not.
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

/// Whether the giver can take back what is on its way.
///
/// # Errors
/// Why not.
pub fn take_back(scene: &Scene, who: &Who) -> Result<OnTheWay, Refusal> {
    match scene.on_the_way {
        Some(way) if who.acts_for(way.from) => Ok(way),
        Some(_) => Err(Refusal::NotYours),
        // Whoever was slower reads how it stands.
        None => Err(Refusal::NotOnItsWay),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::base::ids::CopyId;
    use crate::bookings::samples::{BOX, MONK_FRYSTON, SAXTON, calendar, day, slot};
    use crate::handovers::{LegState, Way};

    const HOME: SchoolId = SchoolId(9);
    const BRAYTON: SchoolId = SchoolId(7);

    fn custody(place: Place, school: SchoolId, booking: Option<i64>) -> Custody {
        Custody {
            copy: CopyId(BOX.0),
            place,
            school,
            booking: booking.map(BookingId),
            to: None,
            handover: None,
            person: None,
            since: DateTime::<Utc>::UNIX_EPOCH,
            short_essentials: String::new(),
        }
    }

    fn leg(id: i64, from: Option<i64>, to: Option<Slot>, at: SchoolId, on: &str) -> (Leg, Option<Slot>) {
        let leg = Leg {
            id: LegId(id),
            copy: BOX,
            from_booking: from.map(BookingId),
            to_booking: to.map(|slot| slot.id),
            from: MONK_FRYSTON,
            to: at,
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
        };
        (leg, to)
    }

    /// Monk Fryston has it until 16 October; Saxton from the 19th.
    fn scene() -> Scene {
        let out = Slot { collected_on: Some(day("2026-10-05")), ..slot(1, "2026-10-05", "2026-10-16") };
        let after = Slot { school: SAXTON, ..slot(2, "2026-10-19", "2026-10-23") };
        Scene {
            home: HOME,
            custody: custody(Place::School, MONK_FRYSTON, Some(1)),
            out: Some(out),
            legs: vec![leg(1, Some(1), Some(after), SAXTON, "2026-10-16"), leg(2, Some(2), None, HOME, "2026-10-23")],
            on_the_way: None,
            today: day("2026-10-16"),
        }
    }

    fn lead(school: SchoolId) -> Who {
        Who { coordinator: false, led: vec![school] }
    }

    #[test]
    fn the_holder_gives_and_the_next_receives() {
        let (scene, cal, today) = (scene(), calendar(), day("2026-10-16"));
        let given = give(&scene, &lead(MONK_FRYSTON), today, &cal).unwrap();
        assert_eq!((given.at, given.to(), given.leg), (SAXTON, Some(SAXTON), Some(LegId(1))));
        assert_eq!(receive(&scene, &lead(SAXTON), today, &cal).unwrap().from_booking, Some(BookingId(1)), "though nobody gave it up");
        assert_eq!(give(&scene, &lead(SAXTON), today, &cal), Err(Refusal::NotYours));
        assert_eq!(receive(&scene, &lead(MONK_FRYSTON), today, &cal), Err(Refusal::HasIt));
        for other in [BRAYTON, HOME] {
            assert_eq!(give(&scene, &lead(other), today, &cal), Err(Refusal::NotYours));
            assert_eq!(receive(&scene, &lead(other), today, &cal), Err(Refusal::NotYours));
        }
        let all = Who { coordinator: true, led: vec![] };
        assert!(give(&scene, &all, today, &cal).is_ok() && receive(&scene, &all, today, &cal).is_ok());
    }

    #[test]
    fn receiving_begins_on_the_day_of_the_leg() {
        let (scene, cal) = (scene(), calendar());
        assert_eq!(receive(&scene, &lead(SAXTON), day("2026-10-15"), &cal), Err(Refusal::TooEarly(day("2026-10-16"))));
        assert!(give(&scene, &lead(MONK_FRYSTON), day("2026-10-08"), &cal).is_ok(), "who has done with it early may say so");
    }

    #[test]
    fn what_is_on_its_way_is_received_or_taken_back() {
        let way = OnTheWay {
            id: HandoverId(5),
            from_booking: Some(BookingId(1)),
            to_booking: Some(BookingId(2)),
            from: MONK_FRYSTON,
            to: Some(SAXTON),
            by: None,
            on: day("2026-10-08"),
        };
        let moving = Scene { custody: custody(Place::Transit, MONK_FRYSTON, None), out: None, on_the_way: Some(way), ..scene() };
        let (cal, today) = (calendar(), day("2026-10-09"));
        assert_eq!(give(&moving, &lead(MONK_FRYSTON), today, &cal), Err(Refusal::OnItsWay));
        assert_eq!(receive(&moving, &lead(MONK_FRYSTON), today, &cal), Err(Refusal::OnItsWay));
        assert_eq!(receive(&moving, &lead(SAXTON), today, &cal).unwrap().from_booking, Some(BookingId(1)));
        assert_eq!(take_back(&moving, &lead(MONK_FRYSTON)), Ok(way));
        assert_eq!(take_back(&moving, &lead(SAXTON)), Err(Refusal::NotYours));
        assert_eq!(take_back(&scene(), &lead(SAXTON)), Err(Refusal::NotOnItsWay));
        // The booking it was given up for is cancelled on the way: then the store gets it.
        let cancelled = Scene { legs: vec![], ..moving };
        assert_eq!(next(&cancelled).map(|next| (next.at, next.slot)), Some((HOME, None)));
        assert!(receive(&cancelled, &lead(HOME), today, &cal).is_ok());
    }

    #[test]
    fn the_store_gives_out_and_takes_in() {
        let cal = calendar();
        let first = Slot { school: SAXTON, ..slot(2, "2026-10-19", "2026-10-23") };
        let stored = Scene {
            custody: custody(Place::Store, HOME, None),
            out: None,
            legs: vec![leg(1, None, Some(first), SAXTON, "2026-10-19")],
            ..scene()
        };
        assert_eq!(give(&stored, &lead(HOME), day("2026-10-15"), &cal), Err(Refusal::TooEarly(day("2026-10-16"))));
        assert!(give(&stored, &lead(HOME), day("2026-10-16"), &cal).is_ok());
        assert!(receive(&stored, &lead(SAXTON), day("2026-10-16"), &cal).is_ok());
        let idle = Scene { legs: vec![], ..stored };
        assert_eq!(give(&idle, &lead(HOME), day("2026-10-16"), &cal), Err(Refusal::NobodyNext));
        assert_eq!(receive(&idle, &lead(HOME), day("2026-10-16"), &cal), Err(Refusal::NobodyNext));
        let back = Scene { legs: vec![], ..scene() };
        let next = receive(&back, &lead(HOME), day("2026-10-16"), &cal).unwrap();
        assert_eq!((next.to(), next.from_booking), (None, Some(BookingId(1))));
        let own = Scene { home: MONK_FRYSTON, ..back };
        assert_eq!(give(&own, &lead(MONK_FRYSTON), day("2026-10-16"), &cal), Err(Refusal::Stays));
        assert!(receive(&own, &lead(MONK_FRYSTON), day("2026-10-16"), &cal).is_ok(), "back on the own shelf");
    }

    #[test]
    fn what_is_missing_is_nobodys_to_hand_over() {
        let lost = Scene { custody: custody(Place::Missing, MONK_FRYSTON, None), out: None, ..scene() };
        assert_eq!(give(&lost, &lead(MONK_FRYSTON), day("2026-10-16"), &calendar()), Err(Refusal::Missing));
        assert_eq!(receive(&lost, &lead(SAXTON), day("2026-10-16"), &calendar()), Err(Refusal::NotYours));
    }
}
