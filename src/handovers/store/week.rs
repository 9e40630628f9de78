//! What the pages about the week and about what needs attention read: journeys, where copies are, who leads each school. Bounded.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::custody::{custody_columns, custody_of};
use super::legs::{leg_columns, leg_of};
use crate::base::days::{Day, Period};
use crate::base::ids::{CopyId, ResourceId, SchoolId, WaitId};
use crate::bookings::last_day_of;
use crate::catalogue::store::{state_of, strand_of};
use crate::db::asks::today;
use crate::db::schema::{
    bookings, copies, counts, custody, finds, handovers, legs, meetings, people, resources, roles, schools, settings, waits,
};
use crate::db::{Result, Tx};
use crate::handovers::attention::{Holding, Item};
use crate::handovers::week::{Journey, Offer};
use crate::people::settings::Further;

/// The most rows of a list; far more than a cluster's two weeks have.
const MOST: usize = 500;

/// The first rows of a query, without a LIMIT, so that the statement is kept prepared (see `catalogue::store`).
macro_rules! first {
    ($tx:expr, $query:expr) => {
        $query.load_iter($tx.conn).and_then(|rows| rows.take(MOST).collect::<QueryResult<Vec<_>>>())
    };
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
    let mut rows: Vec<Row> = first!(tx, query)?;
    rows.dedup_by_key(|(id, ..)| *id);
    Ok(rows.into_iter().map(|(id, short_name, lead)| Neighbour { id: SchoolId(id), short_name, lead }).collect())
}

pub(super) type ItemRow = (i64, i64, String, String, String, String);

/// The columns of an [`Item`].
macro_rules! item_columns {
    () => {
        (copies::id, resources::id, resources::name, resources::strand, resources::icon, copies::tag)
    };
}
pub(super) use item_columns;

pub(super) fn item_of((copy, resource, name, strand, icon, tag): ItemRow) -> Result<Item> {
    Ok(Item { copy: CopyId(copy), resource: ResourceId(resource), name, strand: strand_of(&strand)?, icon, tag })
}

/// The legs that are planned up to a day, by day; what is overdue among them. Of one school, or of all.
pub fn journeys(tx: &mut Tx<'_>, until: Day, of: Option<SchoolId>) -> Result<Vec<Journey>> {
    type Row = (super::legs::Row, ItemRow, Option<String>, Option<String>, Option<String>);
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
            bookings::class_name.nullable(),
            meetings::place.nullable(),
            schools::short_name.nullable(),
        ));
    let rows: Vec<Row> = first!(tx, query)?;
    rows.into_iter()
        .map(|(leg, item, class_name, place, school)| {
            let meeting = school.or(place).filter(|place| !place.is_empty());
            Ok(Journey { leg: leg_of(leg)?, item: item_of(item)?, class_name: class_name.unwrap_or_default(), meeting })
        })
        .collect()
}

/// The table of counts once more, for those of who has a copy.
mod holding {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::counts as held: Held);
}
use holding::held;

/// The copies that do not simply lie in their store, that lack something, or cannot be lent; and for how many school days the
/// cluster lets a copy be on its way. One query.
pub fn holdings(tx: &mut Tx<'_>) -> Result<(Vec<Holding>, u32)> {
    type Row = (super::custody::Row, ItemRow, (String, i64), Option<(Day, Day)>, bool, Option<i32>);
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
        .left_join(settings::table.on(settings::cluster_id.eq(custody::cluster_id)))
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
            settings::transit_days.nullable(),
        ));
    let rows: Vec<Row> = first!(tx, query)?;
    let allowed = rows.first().and_then(|row| row.5).and_then(|days| u32::try_from(days).ok());
    let list = rows
        .into_iter()
        .map(|(custody, item, (copy_state, home), days, counted, _)| {
            let days = days.and_then(|(first, last)| Period::new(first, last));
            let copy_state = state_of(&copy_state)?;
            Ok(Holding { item: item_of(item)?, copy_state, home: SchoolId(home), custody: custody_of(custody)?, days, counted })
        })
        .collect::<Result<_>>()?;
    Ok((list, allowed.unwrap_or(Further::default().transit_days)))
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
    let rows: Vec<Row> = first!(tx, query)?;
    let offer = |(id, school, name, first, last, until): Row| {
        let until = until.map(|at| last_day_of(at.and_utc()));
        Some(Offer { wait: WaitId(id), school: SchoolId(school), name, days: Period::new(first, last)?, until })
    };
    Ok(rows.into_iter().filter_map(offer).collect())
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
