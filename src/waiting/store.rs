//! The rows of the waiting list. Lists are bounded by what a school may have at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::base::days::{Day, Period};
use crate::base::ids::{BookingId, ClusterId, CopyId, PersonId, ResourceId, SchoolId, WaitId};
use crate::bookings::store::loans;
use crate::catalogue::Strand;
use crate::catalogue::store::strand_of;
use crate::db::schema::{bookings, copies, resources, schools, settings, unsettled, waits};
use crate::db::{Error, House, Result, Tx};
use crate::waiting::{State, Wait};

/// The most open places that are read at once: fifty schools with as many as a school may have.
const MOST: i64 = 500;
/// School days for which an offer is held where the cluster has said nothing.
const OFFER_DAYS: i32 = 2;

type Row = ((i64, i64, Option<i64>, i64, i64), (Day, Day, String, String, String, Option<i64>));

/// The columns of a [`Wait`], in the order of [`Row`].
macro_rules! wait_columns {
    () => {
        (
            (waits::id, waits::resource_id, waits::copy_id, waits::school_id, waits::person_id),
            (waits::first_day, waits::last_day, waits::class_name, waits::purpose, waits::state, waits::booking_id),
        )
    };
}

/// The condition of the partial indices, letter for letter: SQLite takes such an index only then.
fn is_open() -> SqlLiteral<Bool> {
    sql::<Bool>("waits.state IN ('waiting', 'offered')")
}

fn wait_of(((id, resource, copy, school, person), (first, last, class_name, purpose, state, booking)): Row) -> Result<Wait> {
    Ok(Wait {
        id: WaitId(id),
        resource: ResourceId(resource),
        copy: copy.map(CopyId),
        school: SchoolId(school),
        person: PersonId(person),
        days: Period::new(first, last).ok_or_else(|| Error::Check("waits_order".to_owned()))?,
        class_name,
        purpose,
        state: state.parse().map_err(|_| Error::Check("waits_state".to_owned()))?,
        booking: booking.map(BookingId),
    })
}

/// All open places of the cluster, in the order of asking.
pub fn open(tx: &mut Tx<'_>) -> Result<Vec<Wait>> {
    let rows: Vec<Row> = waits::table
        .filter(waits::cluster_id.eq(tx.cluster.0))
        .filter(is_open())
        .order(waits::id)
        .limit(MOST)
        .select(wait_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(wait_of).collect()
}

/// The places in line for the resources whose copies have changed in this transaction, in the order of asking.
pub fn touched(tx: &mut Tx<'_>) -> Result<Vec<Wait>> {
    let changed = copies::table
        .inner_join(unsettled::table.on(unsettled::cluster_id.eq(copies::cluster_id).and(unsettled::copy_id.eq(copies::id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .select(copies::resource_id);
    let rows: Vec<Row> = waits::table
        .filter(waits::cluster_id.eq(tx.cluster.0))
        .filter(is_open())
        .filter(waits::state.eq("waiting"))
        .filter(waits::resource_id.eq_any(changed))
        .order(waits::id)
        .limit(MOST)
        .select(wait_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(wait_of).collect()
}

/// The open places of the cluster whose offer has run out since then, or ended otherwise.
pub fn run_out(tx: &mut Tx<'_>, since: NaiveDateTime) -> Result<Vec<Wait>> {
    let run_out = bookings::offer_until.gt(since).and(bookings::offer_until.le(tx.stamp())).or(bookings::state.ne("requested"));
    let rows: Vec<Row> = waits::table
        .inner_join(bookings::table.on(bookings::cluster_id.eq(waits::cluster_id).and(bookings::id.nullable().eq(waits::booking_id))))
        .filter(waits::cluster_id.eq(tx.cluster.0))
        .filter(is_open())
        .filter(run_out.assume_not_null())
        .order(waits::id)
        .limit(MOST)
        .select(wait_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(wait_of).collect()
}

/// The open places of the cluster whose days have begun.
pub fn past(tx: &mut Tx<'_>) -> Result<Vec<Wait>> {
    let today = tx.today();
    let rows: Vec<Row> = waits::table
        .filter(waits::cluster_id.eq(tx.cluster.0))
        .filter(is_open())
        .filter(waits::first_day.lt(today))
        .order(waits::id)
        .limit(MOST)
        .select(wait_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(wait_of).collect()
}

/// The clusters in which somebody waits for days that are past, for the worker. Reads the index of the open places.
pub fn with_past_days(house: &mut House<'_>) -> Result<Vec<ClusterId>> {
    let today = house.today();
    let mut rows: Vec<i64> =
        waits::table.filter(is_open()).filter(waits::first_day.lt(today)).limit(1000).select(waits::cluster_id).load(house.conn)?;
    rows.sort_unstable();
    rows.dedup();
    Ok(rows.into_iter().map(ClusterId).collect())
}

/// A place with the names of what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The place.
    pub wait: Wait,
    /// The resource's name.
    pub name: String,
    /// Its strand, for the icon's colour.
    pub strand: Strand,
    /// Its icon.
    pub icon: String,
    /// The school's short name.
    pub school: String,
    /// The copy that is waited for, or that is offered; `None` for any.
    pub copy: Option<CopyId>,
    /// Its tag; empty for any.
    pub tag: String,
    /// How long the offer is held.
    pub until: Option<DateTime<Utc>>,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
}

type NameRow = (String, String, String, String, Option<(i64, String)>, Option<NaiveDateTime>, NaiveDateTime);

/// The places with their names: those that the filter lets through.
macro_rules! listed {
    ($tx:expr) => {
        waits::table
            .inner_join(resources::table.on(resources::cluster_id.eq(waits::cluster_id).and(resources::id.eq(waits::resource_id))))
            .inner_join(schools::table.on(schools::cluster_id.eq(waits::cluster_id).and(schools::id.eq(waits::school_id))))
            .left_join(bookings::table.on(bookings::cluster_id.eq(waits::cluster_id).and(bookings::id.nullable().eq(waits::booking_id))))
            .left_join(
                copies::table.on(copies::cluster_id.eq(waits::cluster_id).and(
                    copies::id
                        .nullable()
                        .eq(bookings::copy_id.nullable())
                        .or(waits::booking_id.is_null().and(copies::id.nullable().eq(waits::copy_id))),
                )),
            )
            .filter(waits::cluster_id.eq($tx.cluster.0))
            .select((
                wait_columns!(),
                (
                    resources::name,
                    resources::strand,
                    resources::icon,
                    schools::short_name,
                    (copies::id, copies::tag).nullable(),
                    bookings::offer_until.nullable(),
                    waits::created_at,
                ),
            ))
    };
}

fn listed_of((row, (name, strand, icon, school, tag, until, asked)): (Row, NameRow)) -> Result<Listed> {
    Ok(Listed {
        wait: wait_of(row)?,
        name,
        strand: strand_of(&strand)?,
        icon,
        school,
        copy: tag.as_ref().map(|(id, _)| CopyId(*id)),
        tag: tag.map(|(_, tag)| tag).unwrap_or_default(),
        until: until.map(|until| until.and_utc()),
        asked: asked.and_utc(),
    })
}

/// What is known of the copies that are waited for or offered.
pub type Besides = BTreeMap<CopyId, loans::Standing>;

/// The copies that these places wait for or are offered: one query where there are any, and one more while one is on its way.
pub fn besides(tx: &mut Tx<'_>, places: &[Listed]) -> Result<Besides> {
    let copies: Vec<CopyId> = places.iter().filter_map(|one| one.copy).collect();
    loans::besides(tx, &copies)
}

/// One place of this cluster.
pub fn one(tx: &mut Tx<'_>, id: WaitId) -> Result<Listed> {
    let row: (Row, NameRow) = listed!(tx).filter(waits::id.eq(id.0)).first(tx.conn)?;
    listed_of(row)
}

/// All open places with their names, in the order of asking.
pub fn listed(tx: &mut Tx<'_>) -> Result<Vec<Listed>> {
    let rows: Vec<(Row, NameRow)> = listed!(tx).filter(is_open()).order(waits::id).limit(MOST).load(tx.conn)?;
    rows.into_iter().map(listed_of).collect()
}

/// The open places of a school with their names, in the order of asking.
pub fn of_school(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Listed>> {
    let rows: Vec<(Row, NameRow)> =
        listed!(tx).filter(is_open()).filter(waits::school_id.eq(school.0)).order(waits::id).limit(MOST).load(tx.conn)?;
    rows.into_iter().map(listed_of).collect()
}

/// How a place stands and which booking holds its days: asked when a letter about it is about to be sent.
pub fn state_of(tx: &mut Tx<'_>, id: WaitId) -> Result<Option<(State, Option<BookingId>)>> {
    let row: Option<(String, Option<i64>)> =
        waits::table.find((tx.cluster.0, id.0)).select((waits::state, waits::booking_id)).first(tx.conn).optional()?;
    Ok(row.and_then(|(state, booking)| Some((state.parse().ok()?, booking.map(BookingId)))))
}

/// The place that a form with this key has made already.
pub fn by_request_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<WaitId>> {
    let id: Option<i64> = waits::table
        .filter(waits::cluster_id.eq(tx.cluster.0))
        .filter(waits::request_key.eq(key))
        .select(waits::id)
        .first(tx.conn)
        .optional()?;
    Ok(id.map(WaitId))
}

/// Writes a new place down, last in line.
pub fn insert(tx: &mut Tx<'_>, wait: &Wait, request_key: &str, what: &str) -> Result<()> {
    let now = tx.stamp();
    diesel::insert_into(waits::table)
        .values((
            (waits::cluster_id.eq(tx.cluster.0), waits::id.eq(wait.id.0)),
            waits::resource_id.eq(wait.resource.0),
            waits::copy_id.eq(wait.copy.map(|copy| copy.0)),
            waits::school_id.eq(wait.school.0),
            waits::person_id.eq(wait.person.0),
            (waits::first_day.eq(wait.days.first()), waits::last_day.eq(wait.days.last())),
            (waits::class_name.eq(&wait.class_name), waits::purpose.eq(&wait.purpose)),
            waits::state.eq(<&'static str>::from(wait.state)),
            waits::request_key.eq(request_key),
            (waits::created_at.eq(now), waits::updated_at.eq(now)),
        ))
        .execute(tx.conn)?;
    tx.log("waits", &wait.id, "joined", "", what)
}

/// Where a place stands from now on; `booking` when days are offered to it.
pub fn set_state(tx: &mut Tx<'_>, wait: &Wait, to: State, booking: Option<BookingId>, what: &str) -> Result<()> {
    diesel::update(waits::table.find((tx.cluster.0, wait.id.0)))
        .set((
            waits::state.eq(<&'static str>::from(to)),
            waits::booking_id.eq(booking.or(wait.booking).map(|booking| booking.0)),
            waits::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    let verb = match to {
        State::Waiting => "joined",
        State::Offered => "offered",
        State::Taken => "taken",
        State::Lapsed => "ran out",
        State::Declined => "declined",
        State::Withdrawn => "left",
        State::Over => "ended",
    };
    tx.log("waits", &wait.id, verb, wait.state.name(), what)
}

/// Gives a place to somebody else of the school. `before` and `after` say so without names.
pub fn hand(tx: &mut Tx<'_>, wait: WaitId, to: PersonId, before: &str, after: &str) -> Result<()> {
    diesel::update(waits::table.find((tx.cluster.0, wait.0)))
        .set((waits::person_id.eq(to.0), waits::updated_at.eq(tx.stamp())))
        .execute(tx.conn)?;
    tx.log("waits", &wait, "handed on", before, after)
}

/// For how many school days an offer is held.
pub fn offer_days(tx: &mut Tx<'_>) -> Result<u32> {
    let days: Option<i32> = settings::table.find(tx.cluster.0).select(settings::offer_days).first(tx.conn).optional()?;
    Ok(u32::try_from(days.unwrap_or(OFFER_DAYS)).unwrap_or_default())
}
