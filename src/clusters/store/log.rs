//! Reads the change log: one record's history, and the whole of a cluster by its filters. Writing is `Tx::log`.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::base::ids::{self, ChangeId, PersonId};
use crate::base::{clock, days};
use crate::clusters::log::{Filter, Line, Who};
use crate::db::schema::{changes, people, roles};
use crate::db::{Result, Tx};

/// The most lines of one record's history.
const MOST_OF_A_RECORD: i64 = 50;
/// The most people to choose from.
const MOST_PEOPLE: i64 = 500;

type Row = (i64, NaiveDateTime, Option<String>, String, String, String, String, String);

fn line((id, at, who, about, about_id, verb, before, after): Row) -> Line {
    Line { id: ChangeId(id), at: at.and_utc(), who, about, about_id, verb, before, after }
}

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        (
            changes::id,
            changes::at,
            people::name.nullable(),
            changes::about,
            changes::about_id,
            changes::verb,
            changes::before,
            changes::after,
        )
    };
}

/// What happened to one record, newest first: `history(tx, "bookings", &id)`.
pub fn history(tx: &mut Tx<'_>, about: &str, id: &impl std::fmt::Display) -> Result<Vec<Line>> {
    history_before(tx, about, id, None, MOST_OF_A_RECORD)
}

/// What happened to one record before a moment, newest first, at most so many lines.
pub fn history_before(
    tx: &mut Tx<'_>,
    about: &str,
    id: &impl std::fmt::Display,
    before: Option<DateTime<Utc>>,
    most: i64,
) -> Result<Vec<Line>> {
    let rows: Vec<Row> = changes::table
        .left_join(people::table.on(people::id.nullable().eq(changes::person_id)))
        .filter(changes::cluster_id.eq(tx.cluster.0))
        .filter(changes::about.eq(about))
        .filter(changes::about_id.eq(id.to_string()))
        // The upper bits of an id are its time.
        .filter(changes::id.lt(before.map_or(i64::MAX, ids::first_at)))
        .order(changes::id.desc())
        .limit(most)
        .select(columns!())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(line).collect())
}

/// Where in the log to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// At the newest line.
    Newest,
    /// At what was written before this line.
    OlderThan(ChangeId),
    /// The page just before this line.
    NewerThan(ChangeId),
}

/// So many lines of the log and whether there are newer and older ones; newest first.
pub fn lines(tx: &mut Tx<'_>, filter: &Filter, from: From, most: usize) -> Result<(Vec<Line>, bool, bool)> {
    let mut query = changes::table
        .left_join(people::table.on(people::id.nullable().eq(changes::person_id)))
        .filter(changes::cluster_id.eq(tx.cluster.0))
        .select(columns!())
        .into_boxed();
    if let Some(kind) = &filter.kind {
        query = query.filter(changes::about.eq(kind.clone()));
    }
    match filter.who {
        Some(Who::Person(person)) => query = query.filter(changes::person_id.eq(person.0)),
        Some(Who::Program) => query = query.filter(changes::person_id.is_null()),
        None => {}
    }
    // The upper bits of an id are its time, so the days bound the same index that gives the order.
    if let Some(day) = filter.from {
        query = query.filter(changes::id.ge(ids::first_at(clock::midnight(day))));
    }
    if let Some(day) = filter.to {
        query = query.filter(changes::id.lt(ids::first_at(clock::midnight(days::add(day, 1)))));
    }
    query = match from {
        From::Newest => query.order(changes::id.desc()),
        From::OlderThan(id) => query.filter(changes::id.lt(id.0)).order(changes::id.desc()),
        From::NewerThan(id) => query.filter(changes::id.gt(id.0)).order(changes::id.asc()),
    };
    // One more than is shown tells whether the list goes on.
    let rows: Vec<Row> = query.limit(i64::try_from(most).unwrap_or(i64::MAX - 1) + 1).load(tx.conn)?;
    let more = rows.len() > most;
    let mut found: Vec<Line> = rows.into_iter().take(most).map(line).collect();
    Ok(match from {
        From::Newest => (found, false, more),
        From::OlderThan(_) => (found, true, more),
        From::NewerThan(_) => {
            found.reverse();
            (found, more, true)
        }
    })
}

/// Everybody who has or had a role in the cluster, by name: whose lines one can ask for.
pub fn people_of(tx: &mut Tx<'_>) -> Result<Vec<(PersonId, String)>> {
    let rows: Vec<(i64, String)> = people::table
        .filter(people::id.eq_any(roles::table.filter(roles::cluster_id.eq(tx.cluster.0)).select(roles::person_id)))
        .order((people::name, people::id))
        .limit(MOST_PEOPLE)
        .select((people::id, people::name))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, name)| (PersonId(id), name)).collect())
}
