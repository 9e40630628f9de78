//! The loans of a school year, as far as they count for fair share.

use diesel::prelude::*;

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::catalogue::store::{ItemRow, item_columns, item_of};
use crate::db::asks::{LONGEST_HOLD, is_out};
use crate::db::schema::{bookings, copies, resources};
use crate::db::{Error, Result, Tx};
use crate::reports::Loaned;

/// Nothing is fetched more days than this before its first day: on the last school day before it, which is long before in summer.
const LONGEST_HOLIDAY: i64 = 90;

/// The confirmed loans that touch the window, were fetched in it, or came back in it, and what is out now, however old: one query.
pub fn loans(tx: &mut Tx<'_>, window: Period) -> Result<Vec<Loaned>> {
    type Row = (i64, ItemRow, Day, Day, Option<Day>, Option<Day>);
    // Both halves name the cluster, so that each finds its own index (see `bookings::store::plan::open_now`).
    let planned = bookings::cluster_id
        .eq(tx.cluster.0)
        .and(bookings::first_day.ge(days::add(window.first(), -LONGEST_HOLD)))
        .and(bookings::first_day.le(days::add(window.last(), LONGEST_HOLIDAY)));
    let out = is_out!(tx);
    let rows: Vec<Row> = bookings::table
        .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(planned.or(out))
        .filter(bookings::kind.eq("loan"))
        .filter(bookings::state.eq("confirmed"))
        .select((
            bookings::school_id,
            item_columns!(),
            bookings::first_day,
            bookings::last_day,
            bookings::collected_on,
            bookings::returned_on,
        ))
        .load(tx.conn)?;
    rows.into_iter()
        .map(|(school, item, first, last, fetched, back)| {
            let booked = Period::new(first, last).ok_or_else(|| Error::Check("bookings_order".to_owned()))?;
            Ok(Loaned { school: SchoolId(school), item: item_of(item)?, booked, fetched, back })
        })
        .collect()
}
