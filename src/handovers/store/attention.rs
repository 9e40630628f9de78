//! The SQL of what a coordinator deals with: finds, counts that differ, copies that are lost and found again.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::week::{ItemRow, item_columns, item_of};
use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{CopyId, FindId, HandoverId, SchoolId};
use crate::bookings::Slot;
use crate::bookings::changes::Back;
use crate::catalogue::CopyState;
use crate::catalogue::store::state_of;
use crate::db::schema::{bookings, copies, finds, handovers, resources};
use crate::db::{Result, Tx};
use crate::handovers::attention::Item;

/// At most so many finds and differences are shown; a coordinator sees the rest when these are dealt with.
const MOST: i64 = 100;

/// A find that nobody has dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// Its id.
    pub id: FindId,
    /// What was found.
    pub item: Item,
    /// What the finder wrote.
    pub words: String,
    /// The day.
    pub on: Day,
}

/// The finds that nobody has dealt with, oldest first.
pub fn open_finds(tx: &mut Tx<'_>) -> Result<Vec<Find>> {
    let rows: Vec<(i64, String, NaiveDateTime, ItemRow)> = finds::table
        .inner_join(copies::table.on(copies::cluster_id.eq(finds::cluster_id).and(copies::id.eq(finds::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(finds::cluster_id.eq(tx.cluster.0))
        .filter(finds::done_at.is_null())
        .order(finds::id)
        .limit(MOST)
        .select((finds::id, finds::words, finds::found_at, item_columns!()))
        .load(tx.conn)?;
    rows.into_iter()
        .map(|(id, words, at, item)| Ok(Find { id: FindId(id), item: item_of(item)?, words, on: clock::today(at.and_utc()) }))
        .collect()
}

/// A handover whose two counts differ, with which nobody has dealt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The handover.
    pub id: HandoverId,
    /// What was handed over.
    pub item: Item,
    /// Who gave it up.
    pub from: SchoolId,
    /// Who received it; `None` is the store.
    pub to: Option<SchoolId>,
    /// The day it was received.
    pub on: Option<Day>,
}

/// The handovers whose counts differ and with which nobody has dealt, oldest first.
pub fn open_differences(tx: &mut Tx<'_>) -> Result<Vec<Difference>> {
    type Row = (i64, i64, Option<i64>, Option<NaiveDateTime>, ItemRow);
    let rows: Vec<Row> = handovers::table
        .inner_join(copies::table.on(copies::cluster_id.eq(handovers::cluster_id).and(copies::id.eq(handovers::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        // Letter for letter as the partial index has it: SQLite takes it only then.
        .filter(sql::<Bool>("handovers.differs"))
        .filter(handovers::settled_at.is_null())
        .order(handovers::id)
        .limit(MOST)
        .select((handovers::id, handovers::from_school_id, handovers::to_school_id, handovers::received_at, item_columns!()))
        .load(tx.conn)?;
    let difference = |(id, from, to, at, item): Row| {
        Ok(Difference {
            id: HandoverId(id),
            item: item_of(item)?,
            from: SchoolId(from),
            to: to.map(SchoolId),
            on: at.map(|at| clock::today(at.and_utc())),
        })
    };
    rows.into_iter().map(difference).collect()
}

/// A copy of this cluster as lists name it, its state, and where it is kept when nobody has it.
pub fn copy(tx: &mut Tx<'_>, id: CopyId) -> Result<(Item, CopyState, SchoolId)> {
    let (item, state, home): (ItemRow, String, i64) = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::id.eq(id.0))
        .select((item_columns!(), copies::state, copies::home_school_id))
        .first(tx.conn)?;
    Ok((item_of(item)?, state_of(&state)?, SchoolId(home)))
}

/// The loan ends because its copy is lost: the school has it no more, and has not given it back either. Its other days are free.
pub fn end_lost(tx: &mut Tx<'_>, slot: &Slot, back: Back) -> Result<()> {
    let today = tx.today();
    let shorter = back.days != slot.days;
    diesel::update(bookings::table.find((tx.cluster.0, slot.id.0)))
        .set((
            bookings::returned_on.eq(Some(today)),
            bookings::last_day.eq(back.days.last()),
            bookings::held_until.eq(back.held_until),
            bookings::sequence.eq(bookings::sequence + i32::from(shorter)),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    let before = if shorter { slot.days.to_string() } else { String::new() };
    tx.log("bookings", &slot.id, "ended", &before, "the copy was marked missing")
}

/// A coordinator has dealt with a find. `false` when that was so already; not found when it is not of this cluster.
pub fn settle_find(tx: &mut Tx<'_>, id: FindId) -> Result<bool> {
    let done: Option<NaiveDateTime> = finds::table.find((tx.cluster.0, id.0)).select(finds::done_at).first(tx.conn)?;
    if done.is_some() {
        return Ok(false);
    }
    diesel::update(finds::table.find((tx.cluster.0, id.0))).set(finds::done_at.eq(Some(tx.stamp()))).execute(tx.conn)?;
    tx.log("finds", &id, "dealt with", "", "")?;
    Ok(true)
}

/// A coordinator has dealt with counts that differ. `false` when that was so already, or when they do not differ.
pub fn settle_difference(tx: &mut Tx<'_>, id: HandoverId) -> Result<bool> {
    let (differs, done): (bool, Option<NaiveDateTime>) =
        handovers::table.find((tx.cluster.0, id.0)).select((handovers::differs, handovers::settled_at)).first(tx.conn)?;
    if !differs || done.is_some() {
        return Ok(false);
    }
    diesel::update(handovers::table.find((tx.cluster.0, id.0))).set(handovers::settled_at.eq(Some(tx.stamp()))).execute(tx.conn)?;
    tx.log("handovers", &id, "dealt with", "the two counts differ", "")?;
    Ok(true)
}
