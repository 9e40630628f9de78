//! The table of booked days past its triggers: clearing what is long past, and putting back what is missing.
//!
//! The triggers fill it, and every live booking has its days there: that is what keeps two of them apart. A day that is gone would let
//! somebody else book it, so the start and `boxrota check` look, and put it back. They look cluster by cluster, at the bookings that can
//! still hold a day: whatever the years before, a start costs what is booked now. Both sides are read and compared in the program
//! (`bookings::missing`): of one statement that does it, joining days to bookings, PostgreSQL makes a scan of all that ever was.

use diesel::prelude::*;

use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, ClusterId, CopyId};
use crate::bookings::missing::{Booked, Holds, Lacking};
use crate::db::asks::{LONGEST_HOLD, insert_all, is_live};
use crate::db::schema::{booked_days, bookings, clusters};
use crate::db::{House, Result, Tx};

/// Clusters that are looked through at a time.
const CLUSTERS: i64 = 200;

/// Clears the oldest day before `before` out of the table of booked days, for all clusters, and says how many rows there
/// were. Nobody can book the past, so nothing is lost; the bookings themselves stay.
pub fn clear_oldest_day(house: &mut House<'_>, before: Day) -> Result<usize> {
    let oldest: Option<Day> = booked_days::table.select(diesel::dsl::min(booked_days::day)).first(house.conn)?;
    let Some(oldest) = oldest.filter(|day| *day < before) else { return Ok(0) };
    Ok(diesel::delete(booked_days::table.filter(booked_days::day.eq(oldest))).execute(house.conn)?)
}

/// The next clusters after this one.
pub fn clusters_after(house: &mut House<'_>, after: ClusterId) -> Result<Vec<ClusterId>> {
    let ids: Vec<i64> =
        clusters::table.filter(clusters::id.gt(after.0)).order(clusters::id).limit(CLUSTERS).select(clusters::id).load(house.conn)?;
    Ok(ids.into_iter().map(ClusterId).collect())
}

/// The live bookings of the cluster that hold a day from today on, in the order of their ids, and which booking has which of these days. One
/// booking has a copy on a day, so what is planned bounds both.
pub fn plan(tx: &mut Tx<'_>) -> Result<(Vec<Holds>, Booked)> {
    let today = tx.today();
    let rows: Vec<(i64, i64, Day, Day)> = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        // No booking holds more days than this, so the index on the first day bounds both ends.
        .filter(bookings::first_day.ge(days::add(today, -LONGEST_HOLD)))
        .filter(bookings::held_until.ge(today))
        .filter(is_live!())
        .select((bookings::id, bookings::copy_id, bookings::first_day, bookings::held_until))
        .load(tx.conn)?;
    let held = |(id, copy, first, last)| Holds { booking: BookingId(id), copy: CopyId(copy), first, last };
    let mut holds: Vec<Holds> = rows.into_iter().map(held).collect();
    holds.sort_unstable_by_key(|one| one.booking);
    // Days of the past are cleared away, so that the cluster's own are those to come.
    let rows: Vec<(i64, Day, i64)> = booked_days::table
        .filter(booked_days::cluster_id.eq(tx.cluster.0))
        .filter(booked_days::day.ge(today))
        .select((booked_days::copy_id, booked_days::day, booked_days::booking_id))
        .load(tx.conn)?;
    Ok((holds, rows.into_iter().map(|(copy, day, booking)| ((CopyId(copy), day), BookingId(booking))).collect()))
}

/// Gives bookings back the days that they lack.
pub fn put(tx: &mut Tx<'_>, lacking: &[Lacking]) -> Result<()> {
    if lacking.is_empty() {
        return Ok(());
    }
    let row = |one: &Lacking| {
        (
            booked_days::cluster_id.eq(tx.cluster.0),
            booked_days::copy_id.eq(one.copy.0),
            booked_days::day.eq(one.day),
            booked_days::booking_id.eq(one.booking.0),
        )
    };
    let rows: Vec<_> = lacking.iter().map(row).collect();
    insert_all!(tx.conn, diesel::insert_into(booked_days::table), rows)?;
    Ok(())
}
