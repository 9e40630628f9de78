//! Which legs a copy's bookings ask for. Pure: from the plan and from where the copy is now, to the journeys between them.
//!
//! A leg joins two neighbouring loans when the second begins within [`DIRECT_DAYS`] of the end of the first; else the copy goes
//! home in between, and there are two legs. What keeps the copy for restocking counts as the store.

use std::collections::BTreeMap;

use super::{Custody, Leg, LegState, Place, Way};
use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, CopyId, LegId, SchoolId};
use crate::bookings::rules::DIRECT_DAYS;
use crate::bookings::{Kind, Slot};
use crate::year::SchoolCalendar;

/// How far around legs and the bookings at their ends school days are read.
pub const CALENDAR_DAYS: i64 = 90;

/// How far back a day is looked for on which both schools are open; no holiday is longer.
const LONGEST_CLOSURE: i64 = 70;
/// The worker looks at a leg for the first time so many days before it: before the last school day even of a long holiday.
pub const FIRST_LOOK_DAYS: i64 = 50;

/// What a copy's legs follow from.
#[derive(Debug, Clone, Copy)]
pub struct Route<'a> {
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// Where it is now.
    pub custody: &'a Custody,
    /// Its confirmed bookings that are not over, by first day; the one it is out for among them, however old.
    pub slots: &'a [Slot],
    /// The day it is.
    pub today: Day,
}

/// A leg as the bookings ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The booking that ends with it; `None` is the store.
    pub from_booking: Option<BookingId>,
    /// The booking that begins with it; `None` is the store.
    pub to_booking: Option<BookingId>,
    /// Who hands it over.
    pub from: SchoolId,
    /// Who gets it.
    pub to: SchoolId,
    /// The day, when nobody agrees on another.
    pub day: Day,
}

impl Wanted {
    /// The leg that nobody has spoken of yet.
    #[must_use]
    pub fn leg(&self, id: LegId, copy: CopyId, today: Day) -> Leg {
        Leg {
            id,
            copy,
            from_booking: self.from_booking,
            to_booking: self.to_booking,
            from: self.from,
            to: self.to,
            day: self.day,
            way: self.way(),
            meeting: None,
            note: String::new(),
            agreed: false,
            proposal: None,
            state: LegState::Planned,
            revision: 0,
            told: false,
            look_on: first_look(self.day, today),
        }
    }

    /// How it travels when nobody agrees on another way: the receiver fetches it, and a school brings it home.
    #[must_use]
    pub fn way(&self) -> Way {
        if self.from == self.to {
            Way::Stays
        } else if self.to_booking.is_none() {
            Way::Bring
        } else {
            Way::Fetch
        }
    }
}

/// The legs of a copy, in the order of its journey.
///
/// The day is the last day of the loan that ends, or the first day of the loan that the store gives out; where one of the two
/// schools is closed then, the nearest day before on which both are open. A day that is to come is neither laid into the past nor
/// before the giver has the copy: then it is the nearest one after.
#[must_use]
pub fn lay(route: &Route<'_>, calendar: &SchoolCalendar) -> Vec<Wanted> {
    let mut legs = Vec::new();
    let loans = |at: usize| route.slots.get(at).filter(|slot| slot.kind == Kind::Loan);
    let direct = |one: &Slot, next: &Slot| (next.days.first() - one.days.last()).num_days() <= DIRECT_DAYS;
    for (at, slot) in route.slots.iter().enumerate().filter(|(_, slot)| slot.kind == Kind::Loan) {
        if !slot.is_out() {
            let before = at.checked_sub(1).and_then(loans).filter(|before| direct(before, slot));
            let from = match before {
                Some(before) => before.school,
                None if at == 0 => begins_at(route, slot),
                None => route.home,
            };
            let day = both_open(calendar, target(before, Some(slot)), (from, slot.school), floor(before, route.today));
            legs.push(Wanted { from_booking: before.map(|before| before.id), to_booking: Some(slot.id), from, to: slot.school, day });
        }
        if loans(at + 1).is_none_or(|next| !direct(slot, next)) {
            let day = both_open(calendar, slot.days.last(), (slot.school, route.home), floor(Some(slot), route.today));
            legs.push(Wanted { from_booking: Some(slot.id), to_booking: None, from: slot.school, to: route.home, day });
        }
    }
    legs
}

/// Where the first loan to come gets the copy from, when no loan hands it on: where it is without a loan, or under way to it; what
/// is on its way elsewhere comes through the store.
fn begins_at(route: &Route<'_>, slot: &Slot) -> SchoolId {
    let custody = route.custody;
    match custody.place {
        Place::School => custody.school,
        Place::Transit if custody.to == Some(slot.school) => custody.school,
        Place::Transit | Place::Store | Place::Missing => route.home,
    }
}

/// The day for which the bookings at a leg's ends ask.
fn target(from: Option<&Slot>, to: Option<&Slot>) -> Day {
    from.map(|slot| slot.days.last()).or_else(|| to.map(|slot| slot.days.first())).unwrap_or(days::END)
}

/// No leg to come is laid before this day: it is past, or the giver has not got the copy yet.
fn floor(from: Option<&Slot>, today: Day) -> Day {
    from.map_or(today, |slot| slot.days.first().max(today))
}

/// The day itself when both schools are open, else the nearest before, not before `floor`; else the nearest after; the day itself
/// when there is none in a long while. A day that is past already may be any.
fn both_open(calendar: &SchoolCalendar, target: Day, (one, other): (SchoolId, SchoolId), floor: Day) -> Day {
    let open = |day: &Day| calendar.is_school_day(*day, Some(one)) && calendar.is_school_day(*day, Some(other));
    let is_to_come = target >= floor;
    let mut back = (0..=LONGEST_CLOSURE).map(|back| days::add(target, -back)).filter(|day| !is_to_come || *day >= floor);
    let mut on = (1..=LONGEST_CLOSURE).map(|on| days::add(target, on)).take_while(|_| is_to_come);
    back.find(open).or_else(|| on.find(open)).unwrap_or(target)
}

/// What is to be written down so that the planned legs of a copy are those that its bookings ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Legs that are new.
    pub new: Vec<Wanted>,
    /// Legs that change: as they were, and as they are now.
    pub changed: Vec<(Leg, Leg)>,
    /// Legs that are over: the copy has arrived, or nobody asks for them any more.
    pub ended: Vec<(Leg, LegState)>,
}

/// Compares the legs as they are planned with those that are wanted. The leg that is under way stays as it is. What both sides
/// have agreed on stays while the ends are the same, both schools are open on the agreed day or meet on it, and it is within
/// [`DIRECT_DAYS`] of the day that the bookings ask for; of an overdue leg, while it is to come. `possession` says when the bookings
/// at the ends were collected and returned.
#[must_use]
pub fn compare(
    planned: &[Leg],
    wanted: &[Wanted],
    under_way: Option<LegId>,
    possession: &BTreeMap<BookingId, (bool, bool)>,
    calendar: &SchoolCalendar,
    today: Day,
) -> Plan {
    let mut plan = Plan::default();
    let mut left: Vec<&Leg> = planned.iter().filter(|leg| Some(leg.id) != under_way).collect();
    let moving = planned.iter().find(|leg| Some(leg.id) == under_way);
    let mut open: Vec<&Wanted> = wanted
        .iter()
        .filter(|want| {
            moving.is_none_or(|leg| {
                let same_to = want.to_booking.is_some() && want.to_booking == leg.to_booking;
                let same_from = want.from_booking.is_some() && want.from_booking == leg.from_booking;
                !same_to && !same_from
            })
        })
        .collect();
    let alike: [fn(&Leg, &Wanted) -> bool; 3] = [
        |leg, want| leg.from_booking == want.from_booking && leg.to_booking == want.to_booking,
        |leg, want| leg.to_booking.is_some() && leg.to_booking == want.to_booking,
        |leg, want| leg.from_booking.is_some() && leg.from_booking == want.from_booking,
    ];
    for same in alike {
        open.retain(|want| {
            let Some(at) = left.iter().position(|leg| same(leg, want)) else { return true };
            let old = left.remove(at);
            let new = follow(old, want, calendar, today);
            if new != *old {
                plan.changed.push((old.clone(), new));
            }
            false
        });
    }
    plan.new = open.into_iter().copied().collect();
    let has = |booking: Option<BookingId>, what: fn(&(bool, bool)) -> bool| booking.and_then(|id| possession.get(&id)).is_some_and(what);
    plan.ended = left
        .into_iter()
        .map(|leg| {
            let arrived = if leg.to_booking.is_some() { has(leg.to_booking, |it| it.0) } else { has(leg.from_booking, |it| it.1) };
            (leg.clone(), if arrived { LegState::Done } else { LegState::Dropped })
        })
        .collect();
    plan
}

/// The leg as it follows what the bookings ask for now.
fn follow(old: &Leg, want: &Wanted, calendar: &SchoolCalendar, today: Day) -> Leg {
    let ends = |leg: &Leg| (leg.from_booking, leg.to_booking, leg.from, leg.to);
    let same_ends = ends(old) == (want.from_booking, want.to_booking, want.from, want.to);
    let near = (old.day - want.day).num_days().abs() <= DIRECT_DAYS;
    // Of what is overdue, a day that is still to come is worth more than the one that has passed.
    let later = want.day < today && old.day >= today;
    let open = || [old.from, old.to].into_iter().all(|school| calendar.is_school_day(old.day, Some(school)));
    let stands = (later || (old.agreed && near)) && (old.way == Way::Meeting || old.day < today || open());
    if same_ends && (old.day == want.day || stands) {
        return old.clone();
    }
    let new = want.leg(old.id, old.copy, today);
    Leg { revision: old.revision + 1, told: old.told, state: old.state, ..new }
}

/// The day on which the worker looks at a leg for the first time.
#[must_use]
pub fn first_look(day: Day, today: Day) -> Day {
    days::add(day, -FIRST_LOOK_DAYS).max(today)
}

/// The day for which the bookings at a leg's ends ask, when nobody agrees on another.
#[must_use]
pub fn laid(leg: &Leg, from: Option<&Slot>, to: Option<&Slot>, calendar: &SchoolCalendar, today: Day) -> Day {
    let target = if from.is_none() && to.is_none() { leg.day } else { target(from, to) };
    both_open(calendar, target, (leg.from, leg.to), floor(from, today))
}

#[cfg(test)]
mod tests;
