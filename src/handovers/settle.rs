//! What every write transaction of a cluster ends with: days that became free are offered to the
//! waiting list, and the legs of the copies whose bookings or custody have changed follow.
//!
//! The copies are listed by triggers on both engines, so that no code path, import or psql session is forgotten; what was written
//! without this (an import, a session) is settled by the worker.

use std::collections::BTreeMap;

use super::legs::{self, Route, first_look};
use super::offers;
use super::store::{custody, legs as rows, looks};
use super::telling::{Teller, matters};
use super::{Leg, LegState};
use crate::base::days::{self, Period};
use crate::base::ids::{BookingId, CopyId, LegId};
use crate::bookings::State;
use crate::bookings::store::loans;
use crate::db::{Result, Tx};
use crate::people::store as people;

/// How far around a copy's bookings the schools' calendars are read.
const CALENDAR_DAYS: i64 = 90;

/// Settles what has changed. `house` is this house's public address without a slash at its end, for the links in letters.
pub fn settle(tx: &mut Tx<'_>, house: &str) -> Result<()> {
    offers::run_out(tx, house)?;
    if rows::unsettled(tx)?.is_empty() {
        return Ok(());
    }
    // Before the legs: what is offered changes what is planned for a copy.
    offers::offer(tx, house)?;
    let changed = rows::unsettled(tx)?;
    relay(tx, &changed, house)?;
    looks::look_again(tx, &changed)?;
    rows::settled(tx)
}

/// Lays the legs of the copies anew.
fn relay(tx: &mut Tx<'_>, copies: &[CopyId], house: &str) -> Result<()> {
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
    let calendar = people::school_calendar(tx, window)?;
    let mut news = Vec::new();
    for (copy, home) in homes {
        let now = custody::one(tx, copy)?;
        let own: Vec<_> = slots.iter().copied().filter(|slot| slot.copy == copy).collect();
        let wanted = legs::lay(&Route { home, custody: &now, slots: &own }, &calendar);
        let planned = rows::of_copy(tx, copy)?;
        let under_way = if now.handover.is_some() { rows::under_way(tx, copy)? } else { None };
        let ends: Vec<BookingId> = planned.iter().flat_map(|leg| [leg.from_booking, leg.to_booking]).flatten().collect();
        let possession = if ends.is_empty() { BTreeMap::new() } else { rows::possession(tx, &ends)? };
        let plan = legs::compare(&planned, &wanted, under_way, &possession, today);
        // What is over first: two planned legs to one booking are refused.
        for (leg, state) in &plan.ended {
            rows::end(tx, leg.id, *state)?;
            if *state == LegState::Dropped && matters(leg, None, today) {
                news.push((leg.clone(), None));
            }
        }
        for (before, leg) in &plan.changed {
            rows::update(tx, leg)?;
            if matters(before, Some(leg), today) {
                news.push((before.clone(), Some(leg.clone())));
            }
        }
        for want in &plan.new {
            let leg = Leg {
                id: LegId::fresh(tx.now),
                copy,
                from_booking: want.from_booking,
                to_booking: want.to_booking,
                from: want.from,
                to: want.to,
                day: want.day,
                way: want.way(),
                meeting: None,
                note: String::new(),
                agreed: false,
                proposal: None,
                state: LegState::Planned,
                revision: 0,
                told: false,
                look_on: first_look(want.day, today),
            };
            rows::insert(tx, &leg)?;
        }
    }
    if news.is_empty() {
        return Ok(());
    }
    let mut teller = Teller::read(tx, house, copies)?;
    for (before, after) in news {
        let told = teller.changed(tx, &before, after.as_ref())?;
        if let Some(leg) = after.filter(|leg| told && !leg.told) {
            rows::update(tx, &Leg { told: true, ..leg })?;
        }
    }
    Ok(())
}
