//! On which days bookings to come begin and end: for whoever changes the school year under them.

use diesel::prelude::*;

use super::plan::LONGEST_HOLD;
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::db::asks::is_live;
use crate::db::schema::bookings;
use crate::db::{Error, Result, Tx};

/// The most bookings that are looked at.
pub const MOST: i64 = 5000;

/// The school and the days of every live booking that ends today or later, by first day; at most [`MOST`].
pub fn to_come(tx: &mut Tx<'_>) -> Result<Vec<(SchoolId, Period)>> {
    let today = tx.today();
    let rows: Vec<(i64, Day, Day)> = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::first_day.ge(days::add(today, -LONGEST_HOLD)))
        .filter(bookings::last_day.ge(today))
        .filter(is_live!())
        .order((bookings::first_day, bookings::id))
        .limit(MOST)
        .select((bookings::school_id, bookings::first_day, bookings::last_day))
        .load(tx.conn)?;
    rows.into_iter()
        .map(|(school, first, last)| {
            let days = Period::new(first, last).ok_or_else(|| Error::Check("bookings_order".to_owned()))?;
            Ok((SchoolId(school), days))
        })
        .collect()
}
