//! Where copies are. Custody is moved by what bookings say of possession (triggers) and by handovers; triggers write the chain, too.

pub mod legs;
pub mod meetings;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::base::days::Day;
use crate::base::ids::{BookingId, CopyId, HandoverId, PersonId, SchoolId};
use crate::db::schema::custody;
use crate::db::{Error, Result, Tx};
use crate::journeys::Custody;

pub(crate) type Row = (i64, String, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>, NaiveDateTime, String);

/// The columns of a [`Custody`], in the order of [`Row`].
macro_rules! custody_columns {
    () => {
        (
            custody::copy_id,
            custody::place,
            custody::school_id,
            custody::booking_id,
            custody::to_school_id,
            custody::handover_id,
            custody::person_id,
            custody::since,
            custody::short_essentials,
        )
    };
}
pub(crate) use custody_columns;

pub(crate) fn custody_of((copy, place, school, booking, to, handover, person, since, short_essentials): Row) -> Result<Custody> {
    Ok(Custody {
        copy: CopyId(copy),
        place: place.parse().map_err(|_| Error::Check("custody_place".to_owned()))?,
        school: SchoolId(school),
        booking: booking.map(BookingId),
        to: to.map(SchoolId),
        handover: handover.map(HandoverId),
        person: person.map(PersonId),
        since: since.and_utc(),
        short_essentials,
    })
}

/// Where one copy is.
pub fn one(tx: &mut Tx<'_>, copy: CopyId) -> Result<Custody> {
    let row: Row = custody::table.find((tx.cluster.0, copy.0)).select(custody_columns!()).first(tx.conn)?;
    custody_of(row)
}

/// Where these copies are, by copy.
pub fn of(tx: &mut Tx<'_>, copies: &[CopyId]) -> Result<Vec<Custody>> {
    let rows: Vec<Row> = custody::table
        .filter(custody::cluster_id.eq(tx.cluster.0))
        .filter(custody::copy_id.eq_any(copies.iter().map(|copy| copy.0)))
        .order(custody::copy_id)
        .select(custody_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(custody_of).collect()
}

/// Where every copy of the cluster is: a row a copy, by copy.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Custody>> {
    let rows: Vec<Row> =
        custody::table.filter(custody::cluster_id.eq(tx.cluster.0)).order(custody::copy_id).select(custody_columns!()).load(tx.conn)?;
    rows.into_iter().map(custody_of).collect()
}

/// Where the copy is now, said anew: the chain is written by a trigger. `short_essentials` stays as it is.
pub fn put(tx: &mut Tx<'_>, to: &Custody) -> Result<()> {
    diesel::update(custody::table.find((tx.cluster.0, to.copy.0)))
        .set((
            custody::place.eq(<&'static str>::from(to.place)),
            custody::school_id.eq(to.school.0),
            custody::booking_id.eq(to.booking.map(|id| id.0)),
            custody::to_school_id.eq(to.to.map(|id| id.0)),
            custody::handover_id.eq(to.handover.map(|id| id.0)),
            custody::person_id.eq(to.person.map(|id| id.0)),
            custody::since.eq(tx.stamp()),
            custody::look_on.eq(tx.today()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Essential lines that are short now, in words; empty when none is.
pub fn set_short_essentials(tx: &mut Tx<'_>, copy: CopyId, words: &str) -> Result<()> {
    diesel::update(custody::table.find((tx.cluster.0, copy.0)))
        // What is short may put the next booking at risk, so the worker looks again.
        .set((custody::short_essentials.eq(words), custody::look_on.eq(tx.today())))
        .execute(tx.conn)?;
    Ok(())
}

/// The worker has looked at a copy.
pub fn looked_at(tx: &mut Tx<'_>, copy: CopyId, again: Day) -> Result<()> {
    diesel::update(custody::table.find((tx.cluster.0, copy.0))).set(custody::look_on.eq(again)).execute(tx.conn)?;
    Ok(())
}
