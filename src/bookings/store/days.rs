//! The table of booked days past its triggers: clearing what is long past, and putting back what is missing.
//!
//! The triggers fill it, and every live booking has its days there: that is what keeps two of them apart. A day that is gone would let
//! somebody else book it, so the start and `boxrota check` look, and put it back.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::base::Day;
use crate::base::ids::{BookingId, ClusterId};
use crate::db::asks::is_live;
use crate::db::schema::{booked_days, bookings, days};
use crate::db::{House, Result, Tx};

/// Clears the oldest day before `before` out of the table of booked days, for all clusters, and says how many rows there
/// were. Nobody can book the past, so nothing is lost; the bookings themselves stay.
pub fn clear_oldest_day(house: &mut House<'_>, before: Day) -> Result<usize> {
    let oldest: Option<Day> = booked_days::table.select(diesel::dsl::min(booked_days::day)).first(house.conn)?;
    let Some(oldest) = oldest.filter(|day| *day < before) else { return Ok(0) };
    Ok(diesel::delete(booked_days::table.filter(booked_days::day.eq(oldest))).execute(house.conn)?)
}

/// The days from `$today` on that a live booking should have and has not, on both sides of the two ways to ask.
macro_rules! missing {
    ($today:expr) => {{
        let own = booked_days::table
            .filter(booked_days::cluster_id.eq(bookings::cluster_id))
            .filter(booked_days::copy_id.eq(bookings::copy_id))
            .filter(booked_days::day.eq(days::day))
            .filter(booked_days::booking_id.eq(bookings::id));
        bookings::table
            .inner_join(days::table.on(days::day.ge(bookings::first_day).and(days::day.le(bookings::held_until))))
            .filter(is_live!())
            .filter(bookings::held_until.ge($today))
            .filter(days::day.ge($today))
            .filter(not(exists(own)))
    }};
}

/// The clusters in which a live booking lacks a day from today on.
pub fn with_missing(house: &mut House<'_>) -> Result<Vec<ClusterId>> {
    let mut clusters: Vec<i64> = missing!(house.today()).select(bookings::cluster_id).distinct().load(house.conn)?;
    clusters.sort_unstable();
    Ok(clusters.into_iter().map(ClusterId).collect())
}

/// What putting back came to: days of bookings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PutBack {
    /// Those that were put back.
    pub days: Vec<(BookingId, Day)>,
    /// Those that another booking has taken in the meantime: somebody has to speak with the schools.
    pub taken: Vec<(BookingId, Day, BookingId)>,
}

/// Puts back the days from today on that the cluster's live bookings lack. A day that another one has stays with that one.
pub fn put_back(tx: &mut Tx<'_>) -> Result<PutBack> {
    let lacking: Vec<(i64, i64, Day)> = missing!(tx.today())
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .order((bookings::id, days::day))
        .select((bookings::id, bookings::copy_id, days::day))
        .load(tx.conn)?;
    let mut done = PutBack::default();
    for (booking, copy, day) in lacking {
        let holder: Option<i64> =
            booked_days::table.find((tx.cluster.0, copy, day)).select(booked_days::booking_id).first(tx.conn).optional()?;
        if let Some(holder) = holder {
            done.taken.push((BookingId(booking), day, BookingId(holder)));
            continue;
        }
        diesel::insert_into(booked_days::table)
            .values((
                booked_days::cluster_id.eq(tx.cluster.0),
                booked_days::copy_id.eq(copy),
                booked_days::day.eq(day),
                booked_days::booking_id.eq(booking),
            ))
            .execute(tx.conn)?;
        done.days.push((BookingId(booking), day));
    }
    Ok(done)
}
