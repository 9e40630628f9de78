//! What is done with legs. Laying them anew: read what is booked and where the copies are, plan, store, tell. What the sides agree on
//! stands in `agree`, cluster meetings in `meetings`.

pub mod agree;
pub mod meetings;

use std::collections::BTreeMap;

use crate::base::days::{self, Period};
use crate::base::ids::{BookingId, CopyId, LegId, SchoolId};
use crate::bookings::store::loans;
use crate::bookings::{Slot, State};
use crate::db::{Result, Tx};
use crate::journeys::legs::{self, CALENDAR_DAYS, Plan, Route};
use crate::journeys::store::{self, legs as rows};
use crate::journeys::tell::{Teller, matters};
use crate::journeys::{Leg, LegState};
use crate::year::{self, SchoolCalendar};

/// Settles what follows from a change of bookings or custody, however it was made: the legs of the copies that changed are laid anew, and
/// the worker looks at them again.
pub fn settle(tx: &mut Tx<'_>) -> Result<()> {
    let changed = rows::unsettled(tx)?;
    relay(tx, &changed)?;
    rows::look_again(tx, &changed)?;
    rows::settled(tx, &changed)
}

/// Lays the legs of the copies anew.
fn relay(tx: &mut Tx<'_>, copies: &[CopyId]) -> Result<()> {
    let today = tx.today();
    let homes = rows::homes(tx, copies)?;
    let ahead = Period::new(today, days::END).unwrap_or(Period::day(today));
    let mut slots: Vec<_> = loans::around(tx, copies, ahead)?.into_iter().map(|(slot, _)| slot).collect();
    for out in loans::out_now(tx)? {
        if copies.contains(&out.copy) && !slots.iter().any(|slot| slot.id == out.id) {
            slots.push(out);
        }
    }
    slots.retain(|slot| slot.state == State::Confirmed && !slot.is_over(today));
    slots.sort_unstable_by_key(|slot| (slot.copy, slot.days));
    let first = slots.iter().map(|slot| slot.days.first()).min().unwrap_or(today).min(today);
    let last = slots.iter().map(|slot| slot.days.last()).max().unwrap_or(today).max(today);
    let window = Period::new(days::add(first, -CALENDAR_DAYS), days::add(last, CALENDAR_DAYS)).unwrap_or(ahead);
    let calendar = year::store::school_calendar(tx, window)?;
    let plans = plan(tx, &homes, &slots, &calendar)?;
    let news = write(tx, &plans)?;
    if news.is_empty() {
        return Ok(());
    }
    let mut teller = Teller::read(tx, copies)?;
    for (before, after) in news {
        let told = teller.changed(tx, &before, after.as_ref())?;
        if let Some(leg) = after.filter(|leg| told && !leg.told) {
            rows::update(tx, &Leg { told: true, ..leg })?;
        }
    }
    Ok(())
}

/// What is to be written down for each copy: read for all of them at once.
fn plan(tx: &mut Tx<'_>, homes: &[(CopyId, SchoolId)], slots: &[Slot], calendar: &SchoolCalendar) -> Result<Vec<(CopyId, Plan)>> {
    let today = tx.today();
    let copies: Vec<CopyId> = homes.iter().map(|(copy, _)| *copy).collect();
    let custody = store::of(tx, &copies)?;
    let planned = rows::of_copies(tx, &copies)?;
    let on_the_way = custody.iter().any(|now| now.handover.is_some());
    let under_way = if on_the_way { rows::all_under_way(tx, &copies)? } else { BTreeMap::new() };
    let ends: Vec<BookingId> = planned.iter().flat_map(|leg| [leg.from_booking, leg.to_booking]).flatten().collect();
    let possession = if ends.is_empty() { BTreeMap::new() } else { rows::possession(tx, &ends)? };
    let mut plans = Vec::new();
    for (copy, home) in homes {
        let Some(now) = custody.iter().find(|now| now.copy == *copy) else { continue };
        let own: Vec<_> = slots.iter().copied().filter(|slot| slot.copy == *copy).collect();
        let wanted = legs::lay(&Route { home: *home, custody: now, slots: &own, today }, calendar);
        let mine: Vec<Leg> = planned.iter().filter(|leg| leg.copy == *copy).cloned().collect();
        plans.push((*copy, legs::compare(&mine, &wanted, under_way.get(copy).copied(), &possession, calendar, today)));
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
        let other_ends = |(before, after): &&(Leg, Leg)| (before.from_booking, before.to_booking) != (after.from_booking, after.to_booking);
        for (before, _) in plan.changed.iter().filter(other_ends) {
            rows::end(tx, before, LegState::Dropped)?;
        }
    }
    for (copy, plan) in plans {
        for (before, leg) in &plan.changed {
            rows::update(tx, leg)?;
            if matters(before, Some(leg), today) {
                news.push((before.clone(), Some(leg.clone())));
            }
        }
        for want in &plan.new {
            rows::insert(tx, &want.leg(LegId::fresh(tx.now), *copy, today))?;
        }
    }
    Ok(news)
}
