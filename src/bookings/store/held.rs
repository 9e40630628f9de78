//! Who has a copy, who gets it next, and who had it: for the catalogue's pages. Every query is bounded on both ends.

use diesel::prelude::*;

use super::plan::{LONGEST_HOLD, SlotRow, copies_of, slot_columns, slot_of};
use crate::base::days::{self, Day, Period};
use crate::base::ids::ResourceId;
use crate::bookings::Slot;
use crate::db::asks::is_live;
use crate::db::schema::{bookings, copies, schools};
use crate::db::{Result, Tx};

/// How far back a page of a copy's history looks. A copy has one holder a day, so this bounds what is read.
const HISTORY_DAYS: i64 = 731;

/// A booking with the words that a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who, what, when.
    pub slot: Slot,
    /// The short name of its school.
    pub school: String,
    /// The class, as typed.
    pub class_name: String,
}

fn held(rows: Vec<(SlotRow, String, String)>) -> Result<Vec<Held>> {
    rows.into_iter().map(|(row, school, class_name)| Ok(Held { slot: slot_of(row)?, school, class_name })).collect()
}

/// The live bookings that hold a day of the window, and those for which a copy is out now, however old: of the resource's
/// copies, or of all with `None`. By copy and first day.
pub fn ahead(tx: &mut Tx<'_>, resource: Option<ResourceId>, window: Period) -> Result<Vec<Held>> {
    // Both halves name the cluster, so that each finds its own index (see `plan::open_now`).
    let out = bookings::cluster_id
        .eq(tx.cluster.0)
        .and(bookings::copy_id.gt(0))
        .and(bookings::collected_on.is_not_null())
        .and(bookings::returned_on.is_null());
    let planned = bookings::cluster_id
        .eq(tx.cluster.0)
        .and(bookings::first_day.ge(days::add(window.first(), -LONGEST_HOLD)))
        .and(bookings::first_day.le(window.last()))
        .and(bookings::held_until.ge(window.first()))
        .and(is_live!());
    let query = bookings::table
        .inner_join(schools::table.on(schools::cluster_id.eq(bookings::cluster_id).and(schools::id.eq(bookings::school_id))))
        .select((slot_columns!(), schools::short_name, bookings::class_name));
    let rows = match resource {
        None => query.filter(out.or(planned)).load(tx.conn)?,
        Some(resource) => {
            let of = || bookings::copy_id.eq_any(copies_of!(tx, resource));
            query.filter(of().and(out).or(of().and(planned))).load(tx.conn)?
        }
    };
    let mut all = held(rows)?;
    all.sort_unstable_by_key(|held| (held.slot.copy, held.slot.days));
    Ok(all)
}

/// The loans of the resource's copies that began before the day, within two years of it, newest first. Cancelled ones never were.
pub fn before(tx: &mut Tx<'_>, resource: ResourceId, day: Day, most: usize) -> Result<Vec<Held>> {
    let query = bookings::table
        .inner_join(schools::table.on(schools::cluster_id.eq(bookings::cluster_id).and(schools::id.eq(bookings::school_id))))
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::copy_id.eq_any(copies_of!(tx, resource)))
        .filter(bookings::first_day.ge(days::add(day, -HISTORY_DAYS)))
        .filter(bookings::first_day.lt(day))
        .filter(bookings::last_day.lt(tx.today()))
        .filter(bookings::state.eq("confirmed"))
        .order((bookings::first_day.desc(), bookings::id.desc()))
        .select((slot_columns!(), schools::short_name, bookings::class_name));
    // No LIMIT, so that the statement is kept prepared (see `catalogue::store`); the two years bound what is read.
    held(query.load_iter(tx.conn)?.take(most).collect::<QueryResult<Vec<_>>>()?)
}
