//! What is done with legs. Laying them anew: read what is booked and where the copies are, plan, store, tell. What the sides agree on
//! stands in `agree`, cluster meetings in `meetings`.

pub mod agree;
pub mod meetings;

use std::collections::BTreeMap;

use crate::base::days::{self, Period};
use crate::base::ids::{BookingId, CopyId, LegId};
use crate::bookings::{Slot, State};
use crate::db::{Result, Tx};
use crate::journeys::legs::{self, CALENDAR_DAYS, FIRST_LOOK_DAYS, Plan, Route};
use crate::journeys::store::legs::{self as rows, Changed};
use crate::journeys::tell::{Teller, matters};
use crate::journeys::{Leg, LegState};
use crate::year::{self, SchoolCalendar};

/// Settles what follows from a change of bookings or custody, however it was made: the legs of the copies that changed are laid anew, and
/// the worker looks at them again.
pub fn settle(tx: &mut Tx<'_>, changed: &[Changed]) -> Result<()> {
    relay(tx, changed)?;
    rows::look_again(tx)?;
    rows::settled(tx, &ids(changed))
}

fn ids(changed: &[Changed]) -> Vec<CopyId> {
    changed.iter().map(|one| one.custody.copy).collect()
}

/// Lays the legs of the copies anew.
fn relay(tx: &mut Tx<'_>, changed: &[Changed]) -> Result<()> {
    let today = tx.today();
    let ahead = Period::new(today, days::END).unwrap_or(Period::day(today));
    let known = rows::slots_of_unsettled(tx)?;
    let planned = rows::of_unsettled(tx)?;
    let slots: Vec<Slot> = known.iter().filter(|slot| slot.state == State::Confirmed && !slot.is_over(today)).copied().collect();
    let first = slots.iter().map(|slot| slot.days.first()).min().unwrap_or(today).min(today);
    let last = slots.iter().map(|slot| slot.days.last()).max().unwrap_or(today).max(today);
    let window = Period::new(days::add(first, -CALENDAR_DAYS), days::add(last, CALENDAR_DAYS)).unwrap_or(ahead);
    let calendar = year::store::school_calendar(tx, window)?;
    let possession = possession(tx, &planned, &known)?;
    let plans = plan(tx, changed, &Facts { slots, planned, possession }, &calendar)?;
    let news = write(tx, &plans)?;
    if news.is_empty() {
        return Ok(());
    }
    let mut teller = Teller::read(tx, &ids(changed))?;
    for (before, after) in news {
        let told = teller.changed(tx, &before, after.as_ref())?;
        if let Some(leg) = after.filter(|leg| told && !leg.told) {
            rows::update(tx, &Leg { told: true, ..leg })?;
        }
    }
    Ok(())
}

/// What is known of the copies that changed.
struct Facts {
    /// Their confirmed bookings that are not over, by copy and day.
    slots: Vec<Slot>,
    /// Their planned legs.
    planned: Vec<Leg>,
    /// Of the bookings at the legs' ends, whether each was collected, and whether it was returned.
    possession: BTreeMap<BookingId, (bool, bool)>,
}

/// Of the bookings at the legs' ends, whether each was collected, and whether it was returned: those that are over are asked for.
fn possession(tx: &mut Tx<'_>, planned: &[Leg], known: &[Slot]) -> Result<BTreeMap<BookingId, (bool, bool)>> {
    let ends = planned.iter().flat_map(|leg| [leg.from_booking, leg.to_booking]).flatten();
    let known: BTreeMap<BookingId, (bool, bool)> =
        known.iter().map(|slot| (slot.id, (slot.collected_on.is_some(), slot.returned_on.is_some()))).collect();
    let others: Vec<BookingId> = ends.filter(|id| !known.contains_key(id)).collect();
    let mut all = if others.is_empty() { BTreeMap::new() } else { rows::possession(tx, &others)? };
    all.extend(known);
    Ok(all)
}

/// What is to be written down for each copy. Its legs that come near are looked at anew.
fn plan(tx: &mut Tx<'_>, changed: &[Changed], facts: &Facts, calendar: &SchoolCalendar) -> Result<Vec<(CopyId, Plan)>> {
    let today = tx.today();
    let copies = ids(changed);
    let on_the_way = changed.iter().any(|one| one.custody.handover.is_some());
    let under_way = if on_the_way { rows::all_under_way(tx, &copies)? } else { BTreeMap::new() };
    let near = |leg: &Leg| leg.day >= today && leg.day <= days::add(today, FIRST_LOOK_DAYS) && leg.look_on > today;
    if facts.planned.iter().any(near) {
        rows::look_at_near_ones(tx, &copies)?;
    }
    let mut plans = Vec::new();
    for Changed { custody, home, .. } in changed {
        let own: Vec<_> = facts.slots.iter().copied().filter(|slot| slot.copy == custody.copy).collect();
        let wanted = legs::lay(&Route { home: *home, custody, slots: &own, today }, calendar);
        let mine: Vec<Leg> = facts.planned.iter().filter(|leg| leg.copy == custody.copy).cloned().collect();
        let under_way = under_way.get(&custody.copy).copied();
        plans.push((custody.copy, legs::compare(&mine, &wanted, under_way, &facts.possession, calendar, today)));
    }
    Ok(plans)
}

/// Writes the plans down, and says which changes its sides should hear of. The tables refuse two planned legs that begin or end one
/// booking, also for a moment; and a booking may have gone from one copy to another. So first of all copies whatever ends or gets
/// other ends lets go of its bookings, and then the legs take theirs.
fn write(tx: &mut Tx<'_>, plans: &[(CopyId, Plan)]) -> Result<Vec<(Leg, Option<Leg>)>> {
    let today = tx.today();
    let mut news = Vec::new();
    for (_, plan) in plans {
        for (leg, state) in &plan.ended {
            rows::end(tx, leg, *state)?;
            if *state == LegState::Dropped && matters(leg, None, today) {
                news.push((leg.clone(), None));
            }
        }
    }
    let changed: usize = plans.iter().map(|(_, plan)| plan.changed.len()).sum();
    let other_ends = |(before, after): &&(Leg, Leg)| (before.from_booking, before.to_booking) != (after.from_booking, after.to_booking);
    // A single one is in nobody's way.
    for (before, _) in plans.iter().flat_map(|(_, plan)| &plan.changed).filter(other_ends).filter(|_| changed > 1) {
        rows::end(tx, before, LegState::Dropped)?;
    }
    let mut new = Vec::new();
    for (copy, plan) in plans {
        for (before, leg) in &plan.changed {
            rows::update(tx, leg)?;
            if matters(before, Some(leg), today) {
                news.push((before.clone(), Some(leg.clone())));
            }
        }
        new.extend(plan.new.iter().map(|want| want.leg(LegId::fresh(tx.now), *copy, today)));
    }
    rows::insert(tx, &new)?;
    Ok(news)
}
