//! What is known of copies when the worker looks at them, and at the moment of sending: read for as many copies as are asked for in
//! the same few queries.

use std::collections::BTreeMap;

use super::reminders::{Facts, suspicious};
use super::store::{custody, looks};
use super::{Custody, Place};
use crate::base::days::{self, Period};
use crate::base::ids::CopyId;
use crate::bookings::store::loans;
use crate::bookings::{Kind, Slot, State};
use crate::catalogue::CopyState;
use crate::db::{Result, Tx};

/// What is known of a copy now.
pub struct Known {
    /// Where it is.
    pub custody: Custody,
    /// What it is.
    pub thing: looks::Thing,
    /// The loan for which a school has it.
    pub out: Option<Slot>,
    /// Whether anything was counted when that began; `false` until somebody asks.
    pub counted: bool,
    /// The next loan that is confirmed and not fetched, read only when something may be in its way; and whether it was booked within
    /// the last day, `false` until somebody asks.
    pub next: Option<(Slot, bool)>,
    transit_days: u32,
}

impl Known {
    /// Reads these copies: five queries, however many there are.
    pub fn read(tx: &mut Tx<'_>, copies: &[CopyId]) -> Result<BTreeMap<CopyId, Self>> {
        if copies.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (today, transit_days) = (tx.today(), looks::transit_days(tx)?);
        let here = custody::of(tx, copies)?;
        let mut things: BTreeMap<CopyId, looks::Thing> =
            looks::things(tx, Some(copies))?.into_iter().map(|thing| (thing.copy, thing)).collect();
        let out: Vec<Slot> = if here.iter().any(|one| one.booking.is_some()) { loans::out_now(tx)? } else { vec![] };
        let mut known = BTreeMap::new();
        for custody in here {
            let Some(thing) = things.remove(&custody.copy) else { continue };
            let out = out.iter().find(|slot| custody.place == Place::School && custody.booking == Some(slot.id)).copied();
            let one = Self { custody, thing, out, counted: false, next: None, transit_days };
            known.insert(one.custody.copy, one);
        }
        let suspects: Vec<CopyId> = known.iter().filter(|(_, one)| suspicious(&one.facts(), today)).map(|(copy, _)| *copy).collect();
        if suspects.is_empty() {
            return Ok(known);
        }
        let ahead = Period::new(today, days::END).unwrap_or(Period::day(today));
        for (slot, _) in loans::around(tx, &suspects, ahead)? {
            let coming =
                slot.kind == Kind::Loan && slot.state == State::Confirmed && slot.collected_on.is_none() && slot.days.last() >= today;
            if let Some(one) = known.get_mut(&slot.copy).filter(|one| coming && one.next.is_none()) {
                one.next = Some((slot, false));
            }
        }
        Ok(known)
    }

    /// One copy.
    pub fn one(tx: &mut Tx<'_>, copy: CopyId) -> Result<Self> {
        Self::read(tx, &[copy])?.remove(&copy).ok_or_else(|| looks::wrong("custody_copy"))
    }

    /// As the table asks for it.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            custody: &self.custody,
            home: self.thing.home,
            out: self.out,
            counted: self.counted,
            next: self.next,
            out_of_service: self.thing.state.why_not(),
            missing: self.thing.state == CopyState::Missing || self.custody.place == Place::Missing,
            transit_days: self.transit_days,
        }
    }
}
