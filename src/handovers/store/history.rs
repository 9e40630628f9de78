//! What the history of a copy is made of. Each query is bounded, newest first.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::base::clock;
use crate::base::days::{Day, Period};
use crate::base::ids::{self, BookingId, CopyId, HandoverId, SchoolId};
use crate::catalogue::Item;
use crate::catalogue::store::{ItemRow, item_columns, item_of};
use crate::clusters::log::Line;
use crate::clusters::store::log;
use crate::db::schema::{bookings, copies, count_lines, counts, custody_chain, handovers, people, resources};
use crate::db::{Error, Result, Tx};
use crate::handovers::history::{A_PAGE, Booked, Count, Passing, Short, Stay};

/// More than a page: with those at the moment of its last entry.
#[must_use]
pub fn more_than_a_page() -> i64 {
    i64::try_from(A_PAGE).unwrap_or(i64::MAX - 20) + 20
}

/// The chain once more, for the link that follows on another.
mod following {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::custody_chain as later_links: LaterLinks);
}
use following::later_links;

/// The links of the chain of custody that began before a moment, newest first, with the names of who took the copy; and what the copy is, when
/// there is one.
pub fn chain(tx: &mut Tx<'_>, copy: CopyId, before: Option<DateTime<Utc>>) -> Result<(Option<Item>, Vec<Stay>)> {
    type Row = (String, i64, Option<i64>, Option<String>, NaiveDateTime, Option<NaiveDateTime>, ItemRow);
    let next = later_links
        .field(custody_chain::cluster_id)
        .eq(custody_chain::cluster_id)
        .and(later_links.field(custody_chain::copy_id).eq(custody_chain::copy_id))
        .and(later_links.field(custody_chain::n).eq(custody_chain::n + 1));
    let rows: Vec<Row> = custody_chain::table
        .left_join(people::table.on(people::id.nullable().eq(custody_chain::person_id)))
        .left_join(later_links.on(next))
        .inner_join(copies::table.on(copies::cluster_id.eq(custody_chain::cluster_id).and(copies::id.eq(custody_chain::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(custody_chain::cluster_id.eq(tx.cluster.0))
        .filter(custody_chain::copy_id.eq(copy.0))
        .filter(custody_chain::since.lt(before.unwrap_or(DateTime::<Utc>::from_timestamp_nanos(i64::MAX)).naive_utc()))
        .order(custody_chain::n.desc())
        .limit(more_than_a_page())
        .select((
            custody_chain::place,
            custody_chain::school_id,
            custody_chain::to_school_id,
            people::name.nullable(),
            custody_chain::since,
            later_links.field(custody_chain::since).nullable(),
            item_columns!(),
        ))
        .load(tx.conn)?;
    let item = rows.first().map(|row| item_of(row.6.clone())).transpose()?;
    let stays: Result<Vec<Stay>> = rows
        .into_iter()
        .map(|(place, school, to, person, since, until, _)| {
            Ok(Stay {
                place: place.parse().map_err(|_| Error::Check("custody_place".to_owned()))?,
                school: SchoolId(school),
                to: to.map(SchoolId),
                person,
                since: since.and_utc(),
                until: until.map(|until| until.and_utc()),
            })
        })
        .collect();
    Ok((item, stays?))
}

/// The handovers that began before a moment, with both counts: two queries, or one when there are none.
pub fn passings(tx: &mut Tx<'_>, copy: CopyId, before: Option<DateTime<Utc>>) -> Result<Vec<Passing>> {
    type Row = (
        (i64, i64, Option<i64>, String, Option<NaiveDateTime>, Option<NaiveDateTime>),
        (String, String, String, String, String, bool, Option<NaiveDateTime>),
    );
    let rows: Vec<Row> = handovers::table
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(handovers::copy_id.eq(copy.0))
        // The upper bits of an id are its time.
        .filter(handovers::id.lt(before.map_or(i64::MAX, ids::first_at)))
        .order(handovers::id.desc())
        .limit(more_than_a_page())
        .select((
            (
                handovers::id,
                handovers::from_school_id,
                handovers::to_school_id,
                handovers::state,
                handovers::given_at,
                handovers::received_at,
            ),
            (
                handovers::given_condition,
                handovers::received_condition,
                handovers::given_note,
                handovers::received_note,
                handovers::refusal,
                handovers::differs,
                handovers::settled_at,
            ),
        ))
        .load(tx.conn)?;
    let ids: Vec<i64> = rows.iter().map(|(row, _)| row.0).collect();
    let mut counted = if ids.is_empty() { BTreeMap::new() } else { counts_of(tx, &ids)? };
    Ok(rows
        .into_iter()
        .filter_map(|((id, from, to, state, given, received), (given_as, received_as, note, received_note, refusal, differs, settled))| {
            Some(Passing {
                id: HandoverId(id),
                from: SchoolId(from),
                to: to.map(SchoolId),
                state,
                // Who handed it over may have said so only after it was received.
                at: given.into_iter().chain(received).min()?.and_utc(),
                conditions: [given_as, received_as],
                notes: [note, received_note],
                refusal,
                differs,
                settled: settled.is_some(),
                counts: counted.remove(&id).unwrap_or_default(),
            })
        })
        .collect())
}

/// What was counted at the handovers, the giver's first, each with the lines that were not as they should be.
fn counts_of(tx: &mut Tx<'_>, of: &[i64]) -> Result<BTreeMap<i64, Vec<Count>>> {
    type LineRow = (String, i32, Option<i32>, Option<String>, Option<String>);
    type Row = (Option<i64>, i64, String, String, String, Option<LineRow>);
    let rows: Vec<Row> = counts::table
        .inner_join(people::table.on(people::id.eq(counts::person_id)))
        .left_join(
            count_lines::table.on(count_lines::cluster_id.eq(counts::cluster_id).and(count_lines::count_id.eq(counts::id)).and(
                count_lines::why
                    .is_not_null()
                    .or(count_lines::loose.is_not_null().and(count_lines::loose.ne("plenty")))
                    .or(count_lines::counted.lt(count_lines::quantity.nullable())),
            )),
        )
        .filter(counts::cluster_id.eq(tx.cluster.0))
        .filter(counts::handover_id.eq_any(of))
        .order((counts::handover_id, counts::side, counts::id, count_lines::position))
        .select((
            counts::handover_id,
            counts::id,
            counts::side,
            counts::how,
            people::name,
            (count_lines::item, count_lines::quantity, count_lines::counted, count_lines::loose, count_lines::why).nullable(),
        ))
        .load(tx.conn)?;
    let mut by_handover: BTreeMap<i64, Vec<Count>> = BTreeMap::new();
    let mut last = None;
    for (handover, id, side, how, by, line) in rows {
        let Some(handover) = handover else { continue };
        let list = by_handover.entry(handover).or_default();
        if last != Some(id) {
            list.push(Count { side, how, by, short: Vec::new() });
            last = Some(id);
        }
        if let (Some(count), Some((item, quantity, counted, loose, why))) = (list.last_mut(), line) {
            count.short.push(Short { item, quantity, counted, loose, why });
        }
    }
    Ok(by_handover)
}

/// What was done to a copy before a moment, as the log has it, newest first.
pub fn changes(tx: &mut Tx<'_>, copy: CopyId, before: Option<DateTime<Utc>>) -> Result<Vec<Line>> {
    log::history_before(tx, "copies", &copy, before, more_than_a_page())
}

/// The bookings of a copy that have begun before a moment, newest first; those that were cancelled never were.
pub fn booked(tx: &mut Tx<'_>, copy: CopyId, before: Option<DateTime<Utc>>) -> Result<Vec<Booked>> {
    type Row = (i64, i64, Day, Day, String, String, Option<Day>, Option<Day>);
    let until = before.map_or(tx.today(), |before| clock::today(before).min(tx.today()));
    let rows: Vec<Row> = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::copy_id.eq(copy.0))
        .filter(bookings::first_day.le(until))
        .filter(bookings::state.eq("confirmed"))
        .order((bookings::first_day.desc(), bookings::id.desc()))
        .limit(more_than_a_page())
        .select((
            bookings::id,
            bookings::school_id,
            bookings::first_day,
            bookings::last_day,
            bookings::kind,
            bookings::class_name,
            bookings::collected_on,
            bookings::returned_on,
        ))
        .load(tx.conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, school, first, last, kind, class_name, fetched, back)| {
            let days = Period::new(first, last)?;
            Some(Booked {
                id: BookingId(id),
                school: SchoolId(school),
                days,
                restock: kind == "restock",
                class_name,
                fetched: (fetched, back),
            })
        })
        .collect())
}
