//! The rows of acts that wait. At most one is open for each thing; what has ended is kept for some days, so that who is late reads why.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::base::ids::{ClusterId, PendingId, PersonId, SchoolId};
use crate::db::schema::{pending_acts, people, settings};
use crate::db::{Error, House, Result, Tx};
use crate::undo::{New, Outcome, Pending};

/// The most acts that are carried out in a round, and the most rows that are cleared away at a time.
const MOST: i64 = 500;
/// What has ended is kept for so long.
const KEPT: TimeDelta = TimeDelta::days(2);
/// Minutes where the cluster has said nothing.
const MINUTES: i32 = 2;

type Row = ((i64, String, String, i64, Option<i64>, i64), (String, String, NaiveDateTime, String));

macro_rules! pending {
    () => {
        pending_acts::table.inner_join(people::table.on(people::id.eq(pending_acts::person_id))).select((
            (
                pending_acts::id,
                pending_acts::kind,
                pending_acts::about,
                pending_acts::about_id,
                pending_acts::school_id,
                pending_acts::person_id,
            ),
            (people::name, pending_acts::body, pending_acts::until, pending_acts::outcome),
        ))
    };
}

fn pending_of(((id, kind, about, about_id, school, person), (by, body, until, outcome)): Row) -> Result<Pending> {
    let outcome = if outcome.is_empty() {
        None
    } else {
        Some(outcome.parse::<Outcome>().map_err(|_| Error::Check("pending_acts_outcome".to_owned()))?)
    };
    Ok(Pending {
        id: PendingId(id),
        kind,
        about: (about, about_id),
        school: school.map(SchoolId),
        person: PersonId(person),
        by,
        body,
        until: until.and_utc(),
        outcome,
    })
}

/// One act of this cluster.
pub fn one(tx: &mut Tx<'_>, id: PendingId) -> Result<Pending> {
    let row: Row = pending!().filter(pending_acts::cluster_id.eq(tx.cluster.0)).filter(pending_acts::id.eq(id.0)).first(tx.conn)?;
    pending_of(row)
}

/// What waits for one thing.
pub fn open(tx: &mut Tx<'_>, (about, id): (&str, i64)) -> Result<Option<Pending>> {
    let row: Option<Row> = pending!()
        .filter(pending_acts::cluster_id.eq(tx.cluster.0))
        .filter(pending_acts::about.eq(about))
        .filter(pending_acts::about_id.eq(id))
        .filter(pending_acts::ended_at.is_null())
        .first(tx.conn)
        .optional()?;
    row.map(pending_of).transpose()
}

/// The acts of this cluster whose time has come, in the order in which they were decided.
pub fn due(tx: &mut Tx<'_>) -> Result<Vec<PendingId>> {
    let now = tx.stamp();
    let rows: Vec<i64> = pending_acts::table
        .filter(pending_acts::cluster_id.eq(tx.cluster.0))
        .filter(pending_acts::ended_at.is_null())
        .filter(pending_acts::until.le(now))
        .order(pending_acts::id)
        .limit(MOST)
        .select(pending_acts::id)
        .load(tx.conn)?;
    Ok(rows.into_iter().map(PendingId).collect())
}

/// The clusters in which the time of an act has come, for the worker: by the index of those that wait.
pub fn with_due(house: &mut House<'_>) -> Result<Vec<ClusterId>> {
    let mut rows: Vec<i64> = pending_acts::table
        .filter(pending_acts::ended_at.is_null())
        .filter(pending_acts::until.le(house.stamp()))
        .order(pending_acts::until)
        .limit(MOST)
        .select(pending_acts::cluster_id)
        .load(house.conn)?;
    rows.sort_unstable();
    rows.dedup();
    Ok(rows.into_iter().map(ClusterId).collect())
}

/// When the next one is carried out, whosever it is.
pub fn next(house: &mut House<'_>) -> Result<Option<DateTime<Utc>>> {
    let next: Option<NaiveDateTime> = pending_acts::table
        .filter(pending_acts::ended_at.is_null())
        .order(pending_acts::until)
        .select(pending_acts::until)
        .first(house.conn)
        .optional()?;
    Ok(next.map(|next| next.and_utc()))
}

/// For how many minutes an act can be undone; 0: not at all.
pub fn minutes(tx: &mut Tx<'_>) -> Result<i64> {
    let minutes: Option<i32> = settings::table.find(tx.cluster.0).select(settings::undo_minutes).first(tx.conn).optional()?;
    Ok(i64::from(minutes.unwrap_or(MINUTES)))
}

/// Writes an act down that is carried out later.
pub fn insert(tx: &mut Tx<'_>, new: &New, person: PersonId, until: DateTime<Utc>) -> Result<PendingId> {
    let id = PendingId::fresh(tx.now);
    diesel::insert_into(pending_acts::table)
        .values((
            (pending_acts::cluster_id.eq(tx.cluster.0), pending_acts::id.eq(id.0), pending_acts::kind.eq(new.kind)),
            (pending_acts::about.eq(new.about.0), pending_acts::about_id.eq(new.about.1)),
            pending_acts::school_id.eq(new.school.map(|school| school.0)),
            (pending_acts::person_id.eq(person.0), pending_acts::body.eq(&new.body)),
            (pending_acts::created_at.eq(tx.stamp()), pending_acts::until.eq(until.naive_utc())),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Writes down what has become of it; `false` when somebody else was faster.
pub fn end(tx: &mut Tx<'_>, id: PendingId, outcome: Outcome) -> Result<bool> {
    let now = tx.stamp();
    let open = pending_acts::table.find((tx.cluster.0, id.0)).filter(pending_acts::ended_at.is_null());
    let ended = diesel::update(open)
        .set((pending_acts::ended_at.eq(Some(now)), pending_acts::outcome.eq(<&'static str>::from(outcome))))
        .execute(tx.conn)?;
    Ok(ended == 1)
}

/// Forgets what somebody decided and what has ended, with the words that were given for it. What still waits is carried out, as it was decided.
pub fn forget(house: &mut House<'_>, person: PersonId) -> Result<()> {
    let ended = pending_acts::table.filter(pending_acts::person_id.eq(person.0)).filter(pending_acts::ended_at.is_not_null());
    diesel::delete(ended).execute(house.conn)?;
    Ok(())
}

/// Clears away a portion of what ended some days ago. How many those were.
pub fn clear(house: &mut House<'_>) -> Result<usize> {
    let before = (house.now - KEPT).naive_utc();
    let rows: Vec<(i64, i64)> = pending_acts::table
        .filter(pending_acts::ended_at.is_not_null())
        .filter(pending_acts::ended_at.lt(before))
        .order(pending_acts::ended_at)
        .limit(MOST)
        .select((pending_acts::cluster_id, pending_acts::id))
        .load(house.conn)?;
    for (cluster, id) in &rows {
        diesel::delete(pending_acts::table.find((*cluster, *id))).execute(house.conn)?;
    }
    Ok(rows.len())
}
