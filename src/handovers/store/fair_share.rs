//! The loans of a school year, as far as they count for fair share.

use diesel::prelude::*;

use super::week::{ItemRow, item_columns, item_of};
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::db::schema::{bookings, copies, resources};
use crate::db::{Error, Result, Tx};
use crate::handovers::fair_share::Loaned;

/// No booking holds more days than this (the schema checks it), so that an index on the first day bounds both ends.
const LONGEST_HOLD: i64 = 400;

/// The confirmed loans that touch the window, by resource: one query.
pub fn loans(tx: &mut Tx<'_>, window: Period) -> Result<Vec<Loaned>> {
    type Row = (i64, ItemRow, Day, Day, Option<Day>);
    let rows: Vec<Row> = bookings::table
        .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::first_day.ge(days::add(window.first(), -LONGEST_HOLD)))
        .filter(bookings::first_day.le(window.last()))
        .filter(bookings::last_day.ge(window.first()))
        .filter(bookings::kind.eq("loan"))
        .filter(bookings::state.eq("confirmed"))
        .select((bookings::school_id, item_columns!(), bookings::first_day, bookings::last_day, bookings::collected_on))
        .load(tx.conn)?;
    rows.into_iter()
        .map(|(school, item, first, last, collected)| {
            let days = Period::new(first, last).ok_or_else(|| Error::Check("bookings_order".to_owned()))?;
            Ok(Loaned { school: SchoolId(school), item: item_of(item), days, fetched: collected.is_some() })
        })
        .collect()
}
