//! What the page about the week reads: journeys, and the offers that wait for an answer. Bounded.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::base::days::{Day, Period};
use crate::base::ids::{SchoolId, WaitId};
use crate::bookings::last_day_of;
use crate::catalogue::store::{ItemRow, item_columns, item_of};
use crate::db::asks::first;
use crate::db::schema::{bookings, copies, legs, meetings, resources, schools, waits};
use crate::db::{Result, Tx};
use crate::front::week::{Journey, Offer};
use crate::journeys::store::legs::{leg_columns, leg_of};

/// The most rows of a list; far more than a cluster's two weeks have.
const MOST: usize = 500;

/// The legs that are planned up to a day, by day; what is overdue among them. Of one school, or of all.
pub fn journeys(tx: &mut Tx<'_>, until: Day, of: Option<SchoolId>) -> Result<Vec<Journey>> {
    type Row = (crate::journeys::store::legs::Row, ItemRow, i64, Option<(String, Day)>, Option<String>, Option<String>);
    // One statement for both, so that it is prepared once.
    let school = of.map_or(0, |school| school.0);
    let all = school.into_sql::<diesel::sql_types::BigInt>().eq(0);
    let query = legs::table
        .inner_join(copies::table.on(copies::cluster_id.eq(legs::cluster_id).and(copies::id.eq(legs::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .left_join(bookings::table.on(bookings::cluster_id.eq(legs::cluster_id).and(bookings::id.nullable().eq(legs::to_booking_id))))
        .left_join(meetings::table.on(meetings::cluster_id.eq(legs::cluster_id).and(meetings::id.nullable().eq(legs::meeting_id))))
        .left_join(schools::table.on(schools::cluster_id.eq(meetings::cluster_id).and(schools::id.nullable().eq(meetings::school_id))))
        .filter(legs::cluster_id.eq(tx.cluster.0))
        // Letter for letter as the partial index has it: SQLite takes it only then.
        .filter(sql::<Bool>("legs.state = 'planned'"))
        .filter(legs::day.le(until))
        .filter(all.or(legs::from_school_id.eq(school)).or(legs::to_school_id.eq(school)))
        .order((legs::day, legs::id))
        .select((
            leg_columns!(),
            item_columns!(),
            copies::home_school_id,
            (bookings::class_name, bookings::first_day).nullable(),
            meetings::place.nullable(),
            schools::short_name.nullable(),
        ));
    let rows: Vec<Row> = first!(tx, query, MOST)?;
    rows.into_iter()
        .map(|(leg, item, home, begins, place, school)| {
            let meeting = school.or(place).filter(|place| !place.is_empty());
            let (class_name, first) = begins.map_or((String::new(), None), |(class_name, first)| (class_name, Some(first)));
            Ok(Journey { leg: leg_of(leg)?, item: item_of(item)?, home: SchoolId(home), class_name, meeting, first })
        })
        .collect()
}

/// The offers of the waiting list that wait for an answer, by day.
pub fn offers(tx: &mut Tx<'_>) -> Result<Vec<Offer>> {
    type Row = (i64, i64, String, Day, Day, Option<chrono::NaiveDateTime>);
    let query = waits::table
        .inner_join(resources::table.on(resources::cluster_id.eq(waits::cluster_id).and(resources::id.eq(waits::resource_id))))
        .inner_join(bookings::table.on(bookings::cluster_id.eq(waits::cluster_id).and(bookings::id.nullable().eq(waits::booking_id))))
        .filter(waits::cluster_id.eq(tx.cluster.0))
        // Within the partial index of what is open.
        .filter(sql::<Bool>("waits.state IN ('waiting', 'offered')"))
        .filter(waits::state.eq("offered"))
        .order((waits::first_day, waits::id))
        .select((waits::id, waits::school_id, resources::name, bookings::first_day, bookings::last_day, bookings::offer_until));
    let rows: Vec<Row> = first!(tx, query, MOST)?;
    let offer = |(id, school, name, first, last, until): Row| {
        let until = until.map(|at| last_day_of(at.and_utc()));
        Some(Offer { wait: WaitId(id), school: SchoolId(school), name, days: Period::new(first, last)?, until })
    };
    Ok(rows.into_iter().filter_map(offer).collect())
}
