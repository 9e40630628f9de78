//! The journeys that are planned, as loans and calendars show them. The rows are the journeys room's own; here they are only read.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::base::days::{Day, Period};
use crate::base::ids::{BookingId, CopyId, LegId, ResourceId, SchoolId};
use crate::bookings::errands::{Ends, Hop};
use crate::db::schema::{copies, legs, meetings, resources, schools};
use crate::db::{Error, Result, Tx};

/// The most journeys of a feed: more than a large cluster plans in two years.
const MOST: i64 = 2000;

type EndsRow = (i64, i64, Option<i64>, Option<i64>, i64, i64);
type Row = (EndsRow, (Day, String, String), Option<String>, Option<String>);

/// The planned legs with their meetings.
macro_rules! hops {
    () => {
        legs::table
            .left_join(meetings::table.on(meetings::cluster_id.eq(legs::cluster_id).and(meetings::id.nullable().eq(legs::meeting_id))))
            .left_join(schools::table.on(schools::cluster_id.eq(meetings::cluster_id).and(schools::id.nullable().eq(meetings::school_id))))
    };
}

macro_rules! hop_columns {
    () => {
        (
            (legs::id, legs::copy_id, legs::from_booking_id, legs::to_booking_id, legs::from_school_id, legs::to_school_id),
            (legs::day, legs::way, legs::note),
            schools::short_name.nullable(),
            meetings::place.nullable(),
        )
    };
}

/// Letter for letter as the partial indices have it: SQLite takes them only then.
fn planned() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>("legs.state = 'planned'")
}

/// How a meeting is called: by the school and the place at which it is, as far as they are known.
pub(crate) fn meeting_at(school: Option<String>, place: Option<String>) -> String {
    let at: Vec<String> = [school, place].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if at.is_empty() { "the cluster meeting".to_owned() } else { format!("the cluster meeting at {}", at.join(", ")) }
}

fn hop_of(((id, copy, from_booking, to_booking, from, to), (day, way, note), school, place): Row) -> Result<Hop> {
    let ends = Ends {
        from: SchoolId(from),
        to: SchoolId(to),
        from_store: from_booking.is_none(),
        to_store: to_booking.is_none(),
        way: way.parse().map_err(|_| Error::Check("legs_way".to_owned()))?,
    };
    Ok(Hop {
        leg: LegId(id),
        copy: CopyId(copy),
        from_booking: from_booking.map(BookingId),
        to_booking: to_booking.map(BookingId),
        ends,
        day,
        meeting: meeting_at(school, place),
        note,
    })
}

/// The planned journeys to and from a booking, by day: one query.
pub fn of_booking(tx: &mut Tx<'_>, booking: BookingId) -> Result<Vec<Hop>> {
    // Both halves name the cluster, so that each finds its own index.
    let begins = legs::cluster_id.eq(tx.cluster.0).and(legs::to_booking_id.eq(booking.0));
    let ends = legs::cluster_id.eq(tx.cluster.0).and(legs::from_booking_id.eq(booking.0));
    let rows: Vec<Row> =
        hops!().filter(begins.or(ends)).filter(planned()).order((legs::day, legs::id)).select(hop_columns!()).load(tx.conn)?;
    rows.into_iter().map(hop_of).collect()
}

/// A journey as a feed shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The journey.
    pub hop: Hop,
    /// "Electricity (EL1)".
    pub item: String,
    /// Rises with every change.
    pub revision: u32,
    /// When it last changed.
    pub changed: DateTime<Utc>,
}

/// Whose journeys a feed shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// All of the cluster's.
    All,
    /// Those from and to these schools.
    Schools(Vec<SchoolId>),
    /// Those of one title's copies.
    Resource(ResourceId),
}

/// The planned journeys in a window, by day: one query.
pub fn within(tx: &mut Tx<'_>, window: Period, of: &Of) -> Result<Vec<Shown>> {
    type ShownRow = (Row, (String, String), (i32, chrono::NaiveDateTime));
    let mut query = hops!()
        .inner_join(copies::table.on(copies::cluster_id.eq(legs::cluster_id).and(copies::id.eq(legs::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(legs::cluster_id.eq(tx.cluster.0))
        .filter(planned())
        .filter(legs::day.between(window.first(), window.last()))
        .order((legs::day, legs::id))
        .limit(MOST)
        .select((hop_columns!(), (resources::name, copies::tag), (legs::revision, legs::updated_at)))
        .into_boxed();
    query = match of {
        Of::All => query,
        Of::Schools(schools) => {
            let ids = || schools.iter().map(|school| school.0).collect::<Vec<_>>();
            query.filter(legs::from_school_id.eq_any(ids()).or(legs::to_school_id.eq_any(ids())))
        }
        Of::Resource(id) => query.filter(copies::resource_id.eq(id.0)),
    };
    let rows: Vec<ShownRow> = query.load(tx.conn)?;
    rows.into_iter()
        .map(|(row, (name, tag), (revision, changed))| {
            let revision = u32::try_from(revision).unwrap_or_default();
            Ok(Shown { hop: hop_of(row)?, item: format!("{name} ({tag})"), revision, changed: changed.and_utc() })
        })
        .collect()
}
