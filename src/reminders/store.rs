//! When the worker looks at a leg, a copy or a cluster again, and the facts that it reads then.
//!
//! What is due in all clusters is found by an index on the day of the next look, a batch at a time; clusters that are outside
//! their mail hours are passed over in SQL.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::{exists, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, ClusterId, CopyId, HandoverId, LegId, MeetingId, SchoolId};
use crate::catalogue::CopyState;
use crate::catalogue::store::state_of;
use crate::db::schema::{
    bookings, clusters, copies, counts, custody, digest_items, handovers, legs, meetings, resources, settings, unsettled,
};
use crate::db::{Error, House, Result, Tx};

/// Where a batch ended, to go on after it: the day of the look, the cluster, the row.
pub type Mark = (Day, ClusterId, i64);

/// What the schema gives a cluster that has no settings of its own.
const FROM_HOUR: u32 = 7;
/// See [`FROM_HOUR`].
const TO_HOUR: u32 = 19;

/// Whether the cluster's mail hours hold this hour of London's day. Said in SQL, so that the others cost nothing further.
fn open_at(hour: u32) -> SqlLiteral<Bool> {
    sql::<Bool>(&format!(
        "COALESCE(settings.mail_from_hour, {FROM_HOUR}) <= {hour} AND COALESCE(settings.mail_to_hour, {TO_HOUR}) > {hour}"
    ))
}

/// Whoever laid or changed a leg since then knows of it, and needs no reminder yet.
#[must_use]
pub fn a_day_ago(now: DateTime<Utc>) -> DateTime<Utc> {
    now - chrono::TimeDelta::hours(24)
}

/// Planned legs of all clusters at which it is time to look, in the order of the index, after the mark. One that was changed within
/// the last day rests until the day is over, and is looked at then, in the same mail hours if they allow it.
pub fn due_legs(house: &mut House<'_>, hour: u32, after: Mark, most: i64) -> Result<Vec<Mark>> {
    let (day, cluster, id) = after;
    let rows: Vec<(Day, i64, i64)> = legs::table
        .left_join(settings::table.on(settings::cluster_id.eq(legs::cluster_id)))
        // Letter for letter the condition of the partial index.
        .filter(sql::<Bool>("legs.state = 'planned'"))
        .filter(legs::look_on.between(day, house.today()))
        .filter(legs::look_on.gt(day).or(legs::cluster_id.gt(cluster.0)).or(legs::cluster_id.eq(cluster.0).and(legs::id.gt(id))))
        .filter(legs::updated_at.le(a_day_ago(house.now).naive_utc()))
        .filter(open_at(hour))
        .order((legs::look_on, legs::cluster_id, legs::id))
        .limit(most)
        .select((legs::look_on, legs::cluster_id, legs::id))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(day, cluster, id)| (day, ClusterId(cluster), id)).collect())
}

/// Copies of all clusters at which it is time to look, in the order of the index, after the mark.
pub fn due_copies(house: &mut House<'_>, hour: u32, after: Mark, most: i64) -> Result<Vec<Mark>> {
    let (day, cluster, id) = after;
    let rows: Vec<(Day, i64, i64)> = custody::table
        .left_join(settings::table.on(settings::cluster_id.eq(custody::cluster_id)))
        .filter(custody::look_on.between(day, house.today()))
        .filter(
            custody::look_on
                .gt(day)
                .or(custody::cluster_id.gt(cluster.0))
                .or(custody::cluster_id.eq(cluster.0).and(custody::copy_id.gt(id))),
        )
        .filter(open_at(hour))
        .order((custody::look_on, custody::cluster_id, custody::copy_id))
        .limit(most)
        .select((custody::look_on, custody::cluster_id, custody::copy_id))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(day, cluster, id)| (day, ClusterId(cluster), id)).collect())
}

/// Clusters after this one in which it is time to look whether the weekly letter is due.
pub fn due_weekly(house: &mut House<'_>, hour: u32, after: ClusterId, most: i64) -> Result<Vec<ClusterId>> {
    let ids: Vec<i64> = clusters::table
        .left_join(settings::table.on(settings::cluster_id.eq(clusters::id)))
        .filter(clusters::id.gt(after.0))
        .filter(settings::digest_on.is_null().or(settings::digest_on.le(house.today()).assume_not_null()))
        .filter(open_at(hour))
        .order(clusters::id)
        .limit(most)
        .select(clusters::id)
        .load(house.conn)?;
    Ok(ids.into_iter().map(ClusterId).collect())
}

/// Clusters after this one in which somebody waits for the daily or weekly letter, and its day has come.
pub fn due_gathered(house: &mut House<'_>, hour: u32, after: ClusterId, most: i64) -> Result<Vec<ClusterId>> {
    let ids: Vec<i64> = digest_items::table
        .left_join(settings::table.on(settings::cluster_id.eq(digest_items::cluster_id)))
        .filter(sql::<Bool>("digest_items.done_at IS NULL"))
        .filter(digest_items::due_on.le(house.today()))
        .filter(digest_items::cluster_id.gt(after.0))
        .filter(open_at(hour))
        .order(digest_items::cluster_id)
        .select(digest_items::cluster_id)
        .distinct()
        .limit(most)
        .load(house.conn)?;
    Ok(ids.into_iter().map(ClusterId).collect())
}

/// Clusters after this one in which something was written past the application, so that legs are to be laid anew.
pub fn unsettled_clusters(house: &mut House<'_>, after: ClusterId, most: i64) -> Result<Vec<ClusterId>> {
    let ids: Vec<i64> = unsettled::table
        .filter(unsettled::cluster_id.gt(after.0))
        .order(unsettled::cluster_id)
        .select(unsettled::cluster_id)
        .distinct()
        .limit(most)
        .load(house.conn)?;
    Ok(ids.into_iter().map(ClusterId).collect())
}

/// When a leg was laid or last changed.
pub fn leg_changed(tx: &mut Tx<'_>, id: LegId) -> Result<DateTime<Utc>> {
    let at: NaiveDateTime = legs::table.find((tx.cluster.0, id.0)).select(legs::updated_at).first(tx.conn)?;
    Ok(at.and_utc())
}

/// A copy as letters name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its id.
    pub copy: CopyId,
    /// The resource's name.
    pub name: String,
    /// Its tag.
    pub tag: String,
    /// Whether it can be lent.
    pub state: CopyState,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
}

/// The cluster's copies, or only some of them.
pub fn things(tx: &mut Tx<'_>, only: Option<&[CopyId]>) -> Result<Vec<Thing>> {
    let mut query = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .order(copies::id)
        .select((copies::id, resources::name, copies::tag, copies::state, copies::home_school_id))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(copies::id.eq_any(only.iter().map(|copy| copy.0)));
    }
    let rows: Vec<(i64, String, String, String, i64)> = query.load(tx.conn)?;
    rows.into_iter()
        .map(|(id, name, tag, state, home)| Ok(Thing { copy: CopyId(id), name, tag, state: state_of(&state)?, home: SchoolId(home) }))
        .collect()
}

/// Whether anything was counted for this booking: by the receiver when it began, or by the school that has it.
pub fn counted(tx: &mut Tx<'_>, booking: BookingId) -> Result<bool> {
    let received = handovers::table
        .inner_join(counts::table.on(counts::cluster_id.eq(handovers::cluster_id).and(counts::handover_id.eq(handovers::id.nullable()))))
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(handovers::copy_id.eq_any(
            bookings::table.filter(bookings::cluster_id.eq(tx.cluster.0)).filter(bookings::id.eq(booking.0)).select(bookings::copy_id),
        ))
        .filter(handovers::to_booking_id.eq(booking.0))
        .filter(counts::side.eq("receiver"))
        .filter(counts::how.ne("none"));
    // Only a holder's count has a booking of its own.
    let held =
        counts::table.filter(counts::cluster_id.eq(tx.cluster.0)).filter(counts::booking_id.eq(booking.0)).filter(counts::how.ne("none"));
    Ok(diesel::select(exists(received).or(exists(held))).get_result(tx.conn)?)
}

/// When a booking was made.
pub fn booked_at(tx: &mut Tx<'_>, booking: BookingId) -> Result<DateTime<Utc>> {
    let at: NaiveDateTime = bookings::table.find((tx.cluster.0, booking.0)).select(bookings::created_at).first(tx.conn)?;
    Ok(at.and_utc())
}

/// Where a meeting is: the school, or the place in words.
pub fn meeting_place(tx: &mut Tx<'_>, id: MeetingId) -> Result<(Option<SchoolId>, String)> {
    let row: (Option<i64>, String) =
        meetings::table.find((tx.cluster.0, id.0)).select((meetings::school_id, meetings::place)).first(tx.conn)?;
    Ok((row.0.map(SchoolId), row.1))
}

/// What a reminder needs to know of a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// `given` while it is on its way.
    pub state: String,
    /// Who gives it, and who is to get it: a school, or where it is kept.
    pub schools: [SchoolId; 2],
    /// The booking that ends with it.
    pub from: Option<BookingId>,
    /// The booking that begins with it.
    pub to: Option<BookingId>,
}

/// A handover of this cluster.
pub fn handover(tx: &mut Tx<'_>, id: HandoverId) -> Result<Option<UnderWay>> {
    type Row = (String, i64, Option<i64>, i64, Option<i64>, Option<i64>);
    let row: Option<Row> = handovers::table
        .inner_join(copies::table.on(copies::cluster_id.eq(handovers::cluster_id).and(copies::id.eq(handovers::copy_id))))
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(handovers::id.eq(id.0))
        .select((
            handovers::state,
            handovers::from_school_id,
            handovers::to_school_id,
            copies::home_school_id,
            handovers::from_booking_id,
            handovers::to_booking_id,
        ))
        .first(tx.conn)
        .optional()?;
    let under_way = |(state, giver, target, home, from, to): Row| UnderWay {
        state,
        schools: [SchoolId(giver), SchoolId(target.unwrap_or(home))],
        from: from.map(BookingId),
        to: to.map(BookingId),
    };
    Ok(row.map(under_way))
}

/// The hours of the day in which the cluster's reminders go out: from, and until before.
pub fn mail_hours(tx: &mut Tx<'_>) -> Result<(u32, u32)> {
    let hours: Option<(i32, i32)> =
        settings::table.find(tx.cluster.0).select((settings::mail_from_hour, settings::mail_to_hour)).first(tx.conn).optional()?;
    let hour = |hour: i32, default| u32::try_from(hour).unwrap_or(default);
    Ok(hours.map_or((FROM_HOUR, TO_HOUR), |(from, to)| (hour(from, FROM_HOUR), hour(to, TO_HOUR))))
}

/// The day on which it is time to look at the weekly letter again; `None` is at once.
pub fn digest_on(tx: &mut Tx<'_>) -> Result<Option<Day>> {
    let on: Option<Option<Day>> = settings::table.find(tx.cluster.0).select(settings::digest_on).first(tx.conn).optional()?;
    Ok(on.flatten())
}

/// The mark before every row.
#[must_use]
pub fn start() -> Mark {
    (days::academic_year_start(1999), ClusterId(i64::MIN), i64::MIN)
}

/// A row that the schema forbids.
#[must_use]
pub fn wrong(what: &str) -> Error {
    Error::Check(what.to_owned())
}
