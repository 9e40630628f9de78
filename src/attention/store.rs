//! The SQL of what a coordinator deals with: finds, counts that differ, copies that are lost and found again.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::attention::{Holding, Travel};
use crate::base::clock;
use crate::base::days::{Day, Period};
use crate::base::ids::{FindId, HandoverId, SchoolId};
use crate::catalogue::Item;
use crate::catalogue::store::{ItemRow, item_columns, item_of, state_of};
use crate::db::asks::{first, today};
use crate::db::schema::{bookings, copies, counts, custody, finds, handovers, people, resources, roles, schools};
use crate::db::{Result, Tx};
use crate::journeys::Place;
use crate::journeys::store::{custody_columns, custody_of};
use crate::year::store::calendar_of_journeys;

/// At most so many finds and differences are shown; a coordinator sees the rest when these are dealt with.
const MOST: i64 = 100;

/// The most rows of a list; far more than a cluster has.
const MOST_ROWS: usize = 500;

/// The table of counts once more, for those of who has a copy.
mod holding {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::counts as held: Held);
}
use holding::held;

/// A find that nobody has dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// Its id.
    pub id: FindId,
    /// What was found.
    pub item: Item,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// What the finder wrote.
    pub words: String,
    /// The day.
    pub on: Day,
}

/// The finds that nobody has dealt with, oldest first.
pub fn open_finds(tx: &mut Tx<'_>) -> Result<Vec<Find>> {
    let rows: Vec<(i64, String, NaiveDateTime, ItemRow, i64)> = finds::table
        .inner_join(copies::table.on(copies::cluster_id.eq(finds::cluster_id).and(copies::id.eq(finds::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(finds::cluster_id.eq(tx.cluster.0))
        .filter(finds::done_at.is_null())
        .order(finds::id)
        .limit(MOST)
        .select((finds::id, finds::words, finds::found_at, item_columns!(), copies::home_school_id))
        .load(tx.conn)?;
    rows.into_iter()
        .map(|(id, words, at, item, home)| {
            Ok(Find { id: FindId(id), item: item_of(item)?, home: SchoolId(home), words, on: clock::today(at.and_utc()) })
        })
        .collect()
}

/// A handover whose two counts differ, with which nobody has dealt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The handover.
    pub id: HandoverId,
    /// What was handed over.
    pub item: Item,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// Who handed it over.
    pub from: SchoolId,
    /// Who received it; `None` is the store.
    pub to: Option<SchoolId>,
    /// The day it was received.
    pub on: Option<Day>,
}

/// The handovers whose counts differ and with which nobody has dealt, oldest first.
pub fn open_differences(tx: &mut Tx<'_>) -> Result<Vec<Difference>> {
    type Row = (i64, i64, Option<i64>, Option<NaiveDateTime>, ItemRow, i64);
    let rows: Vec<Row> = handovers::table
        .inner_join(copies::table.on(copies::cluster_id.eq(handovers::cluster_id).and(copies::id.eq(handovers::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        // Letter for letter as the partial index has it: SQLite takes it only then.
        .filter(sql::<Bool>("handovers.differs"))
        .filter(handovers::settled_at.is_null())
        .order(handovers::id)
        .limit(MOST)
        .select((
            handovers::id,
            handovers::from_school_id,
            handovers::to_school_id,
            handovers::received_at,
            item_columns!(),
            copies::home_school_id,
        ))
        .load(tx.conn)?;
    let difference = |(id, from, to, at, item, home): Row| {
        Ok(Difference {
            id: HandoverId(id),
            item: item_of(item)?,
            home: SchoolId(home),
            from: SchoolId(from),
            to: to.map(SchoolId),
            on: at.map(|at| clock::today(at.and_utc())),
        })
    };
    rows.into_iter().map(difference).collect()
}

/// A school, and who leads science there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The school.
    pub id: SchoolId,
    /// Its short name.
    pub short_name: String,
    /// Name and address of its science lead, or of a deputy when there is none.
    pub lead: Option<(String, String)>,
}

/// All schools that are or were in the cluster, by short name, each with its science lead: one query.
pub fn neighbours(tx: &mut Tx<'_>) -> Result<Vec<Neighbour>> {
    type Row = (i64, String, Option<(String, String)>);
    let today = tx.today();
    let leads = roles::cluster_id
        .eq(schools::cluster_id)
        .and(roles::school_id.eq(schools::id.nullable()))
        .and(roles::kind.eq("ssl").or(roles::kind.eq("deputy")))
        .and(today!(roles, today));
    let query = schools::table
        .left_join(roles::table.on(leads))
        .left_join(people::table.on(people::id.eq(roles::person_id)))
        .filter(schools::cluster_id.eq(tx.cluster.0))
        // The lead before the deputy.
        .order((schools::short_name, schools::id, roles::kind.desc(), people::id))
        .select((schools::id, schools::short_name, (people::name, people::email).nullable()));
    let mut rows: Vec<Row> = first!(tx, query, MOST_ROWS)?;
    rows.dedup_by_key(|(id, ..)| *id);
    Ok(rows.into_iter().map(|(id, short_name, lead)| Neighbour { id: SchoolId(id), short_name, lead }).collect())
}

/// The copies that do not simply lie in their store, that lack something, or cannot be lent. One query, and one more while a copy is
/// on its way.
pub fn holdings(tx: &mut Tx<'_>) -> Result<Vec<Holding>> {
    type Row = (crate::journeys::store::Row, ItemRow, (String, i64), Option<(Day, Day)>, bool);
    let counted = handovers::table
        .inner_join(counts::table.on(counts::cluster_id.eq(handovers::cluster_id).and(counts::handover_id.eq(handovers::id.nullable()))))
        .filter(handovers::cluster_id.eq(custody::cluster_id))
        .filter(handovers::copy_id.eq(custody::copy_id))
        .filter(handovers::to_booking_id.eq(custody::booking_id))
        .filter(counts::side.eq("receiver"))
        .filter(counts::how.ne("none"));
    let by_holder = held
        .filter(held.field(counts::cluster_id).eq(custody::cluster_id))
        .filter(held.field(counts::booking_id).eq(custody::booking_id))
        .filter(held.field(counts::how).ne("none"));
    let query = custody::table
        .inner_join(copies::table.on(copies::cluster_id.eq(custody::cluster_id).and(copies::id.eq(custody::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .left_join(bookings::table.on(bookings::cluster_id.eq(custody::cluster_id).and(bookings::id.nullable().eq(custody::booking_id))))
        .filter(custody::cluster_id.eq(tx.cluster.0))
        .filter(copies::state.ne("retired"))
        .filter(custody::place.ne("store").or(custody::short_essentials.ne("")).or(copies::state.ne("in_service")))
        .order((custody::since, custody::copy_id))
        .select((
            custody_columns!(),
            item_columns!(),
            (copies::state, copies::home_school_id),
            (bookings::first_day, bookings::last_day).nullable(),
            exists(counted).or(exists(by_holder)),
        ));
    let rows: Vec<Row> = first!(tx, query, MOST_ROWS)?;
    let mut list = Vec::with_capacity(rows.len());
    for (custody, item, (copy_state, home), days, counted) in rows {
        let days = days.and_then(|(first, last)| Period::new(first, last));
        let (item, copy_state, home, custody) = (item_of(item)?, state_of(&copy_state)?, SchoolId(home), custody_of(custody)?);
        list.push(Holding { item, copy_state, home, custody, days, counted, travel: None });
    }
    let travels = |holding: &&mut Holding| holding.custody.place == Place::Transit;
    let began: Vec<Day> = list.iter_mut().filter(travels).map(|holding| holding.since()).collect();
    let calendar = calendar_of_journeys(tx, began.into_iter())?;
    let today = tx.today();
    for holding in list.iter_mut().filter(travels) {
        holding.travel = Some(Travel::of(&calendar, holding.since(), holding.bound_for(), today));
    }
    Ok(list)
}

/// How many finds and how many differing counts wait for a coordinator: one query.
pub fn open_reports(tx: &mut Tx<'_>) -> Result<(i64, i64)> {
    let found = finds::table.filter(finds::cluster_id.eq(tx.cluster.0)).filter(finds::done_at.is_null()).count();
    let differ = handovers::table
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(sql::<Bool>("differs"))
        .filter(handovers::settled_at.is_null())
        .count();
    let (found, differ): (Option<i64>, Option<i64>) = diesel::select((found.single_value(), differ.single_value())).get_result(tx.conn)?;
    Ok((found.unwrap_or_default(), differ.unwrap_or_default()))
}
