//! The rows of resources, copies and contents.
//!
//! Retired copies are read only by those who ask for the history of one. A cluster's catalogue is some hundred titles at most,
//! so a search reads them all in one query and picks in memory: year groups and words then follow one rule on both engines.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::missing::{Short, known};
use super::plight::{self, OutRow, PlightRow};
use super::{ContentsLine, Copy, CopyState, Kind, OwnRules, Plight, Resource, Strand, Title, Years};
use crate::base::ids::{ClusterId, ContentsLineId, CopyId, ResourceId, SchoolId};
use crate::clusters::longest::Longest;
use crate::clusters::settings::Settings;
use crate::clusters::store::{SettingsRow, settings_columns, settings_of};
use crate::db::asks::first;
use crate::db::schema::{bookings, contents_lines, copies, count_lines, counts, custody, resources, schools, settings};
use crate::db::{Error, House, Result, Tx};
use crate::year::SchoolCalendar;
use crate::year::store::calendar_of_journeys;

/// The most rows, one a copy, that are read of a catalogue: far more than a cluster has, so that no page can grow without end.
const MOST_COPIES: usize = 2000;
/// The most lines that are read of what is missing in a cluster.
const MOST_SHORT: usize = 20_000;

/// The catalogue, or a part of it, with the rules that hold in it.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The cluster's rules.
    pub settings: Settings,
    /// Titles by name.
    pub resources: Vec<Resource>,
}

type ResourceRow = (i64, String, String, String, String, String, String, i32, i32, bool, Option<i32>, Option<String>, Option<i32>, String);
type CopyRow = (i64, String, i64, String, String);
type PlightNames = (Option<String>, Option<String>);
type Row = (ResourceRow, Option<CopyRow>, Option<String>, Option<SettingsRow>, Option<PlightRow>, (PlightNames, Option<OutRow>));

/// The table of schools twice more, for where a copy is, and where one that is on its way goes to.
mod ends {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::schools as givers: Givers, crate::db::schema::schools as receivers: Receivers);
}
use crate::catalogue::Item;
use ends::{givers, receivers};

/// The whole catalogue: one query, and one more while a copy is on its way.
pub fn all(tx: &mut Tx<'_>) -> Result<Catalogue> {
    read(tx, None)
}

/// One resource, as [`all`] gives it. Nothing when it is not in this cluster.
pub fn one(tx: &mut Tx<'_>, id: ResourceId) -> Result<Catalogue> {
    read(tx, Some(id))
}

fn read(tx: &mut Tx<'_>, one: Option<ResourceId>) -> Result<Catalogue> {
    let mut query = resources::table
        .left_join(
            copies::table.on(copies::cluster_id
                .eq(resources::cluster_id)
                .and(copies::resource_id.eq(resources::id))
                .and(copies::state.ne("retired"))),
        )
        .left_join(schools::table.on(schools::cluster_id.eq(copies::cluster_id).and(schools::id.eq(copies::home_school_id))))
        .left_join(settings::table.on(settings::cluster_id.eq(resources::cluster_id)))
        .left_join(custody::table.on(custody::cluster_id.eq(copies::cluster_id).and(custody::copy_id.eq(copies::id))))
        .left_join(bookings::table.on(bookings::cluster_id.eq(custody::cluster_id).and(bookings::id.nullable().eq(custody::booking_id))))
        .left_join(
            givers.on(givers.field(schools::cluster_id).eq(custody::cluster_id).and(givers.field(schools::id).eq(custody::school_id))),
        )
        .left_join(
            receivers.on(receivers
                .field(schools::cluster_id)
                .eq(custody::cluster_id)
                .and(receivers.field(schools::id).nullable().eq(custody::to_school_id))),
        )
        .filter(resources::cluster_id.eq(tx.cluster.0))
        .order((resources::name, copies::tag))
        .select((
            (
                resources::id,
                resources::kind,
                resources::name,
                resources::summary,
                resources::strand,
                resources::topic,
                resources::icon,
                resources::year_from,
                resources::year_to,
                resources::approval_needed,
                resources::turnaround_days,
                resources::longest_loan_unit,
                resources::longest_loan_days,
                resources::search_words,
            ),
            (copies::id, copies::tag, copies::home_school_id, copies::state, copies::state_note).nullable(),
            schools::short_name.nullable(),
            settings_columns!().nullable(),
            (custody::place, custody::school_id, custody::to_school_id, custody::since, custody::short_essentials).nullable(),
            (
                (givers.field(schools::short_name).nullable(), receivers.field(schools::short_name).nullable()),
                (bookings::id, bookings::first_day, bookings::last_day).nullable(),
            ),
        ))
        .into_boxed();
    if let Some(id) = one {
        query = query.filter(resources::id.eq(id.0));
    }
    let rows: Vec<Row> = first!(tx, query, MOST_COPIES)?;
    let journeys = rows.iter().filter_map(|(.., plight, _)| plight.as_ref().and_then(plight::under_way));
    let calendar = calendar_of_journeys(tx, journeys)?;
    let mut catalogue = Catalogue { settings: settings_of(rows.first().and_then(|row| row.3.clone())), resources: Vec::new() };
    for (resource, copy, home, _, plight, (names, out)) in rows {
        if catalogue.resources.last().is_none_or(|last| last.id.0 != resource.0) {
            catalogue.resources.push(resource_of(resource)?);
        }
        if let (Some(last), Some(copy)) = (catalogue.resources.last_mut(), copy) {
            last.copies.push(copy_of(copy, home.unwrap_or_default(), plight.map(|row| (row, &calendar)), out, names)?);
        }
    }
    Ok(catalogue)
}

fn wrong(check: &str) -> Error {
    Error::Check(check.to_owned())
}

/// A strand, from its column.
pub fn strand_of(text: &str) -> Result<Strand> {
    text.parse().map_err(|_| wrong("resources_strand"))
}

/// A copy's state, from its column.
pub fn state_of(text: &str) -> Result<CopyState> {
    text.parse().map_err(|_| wrong("copies_state"))
}

fn years_of(from: i32, to: i32) -> Result<Years> {
    let year = |number: i32| u8::try_from(number).ok();
    year(from).zip(year(to)).and_then(|(from, to)| Years::new(from, to)).ok_or_else(|| wrong("resources_years"))
}

/// The rules of lending that a resource has of its own, from its columns.
#[must_use]
pub fn own_rules(approval_needed: bool, turnaround: Option<i32>, unit: Option<&str>, count: Option<i32>) -> OwnRules {
    // The schema's checks keep both numbers at or above zero.
    let whole = |number: i32| u32::try_from(number).unwrap_or_default();
    let longest = unit.and_then(|unit| Longest::of(unit, count.map(whole)));
    OwnRules { approval_needed, turnaround_days: turnaround.map(whole), longest }
}

fn resource_of(row: ResourceRow) -> Result<Resource> {
    let (id, kind, name, summary, strand, topic, icon, from, to, approval_needed, turnaround, unit, count, search_words) = row;
    Ok(Resource {
        id: ResourceId(id),
        kind: kind.parse::<Kind>().map_err(|_| wrong("resources_kind"))?,
        name,
        summary,
        strand: strand_of(&strand)?,
        topic,
        icon,
        years: years_of(from, to)?,
        own: own_rules(approval_needed, turnaround, unit.as_deref(), count),
        search_words,
        copies: Vec::new(),
    })
}

fn copy_of(
    (id, tag, home, state, note): CopyRow,
    home_name: String,
    plight: Option<(PlightRow, &SchoolCalendar)>,
    out: Option<OutRow>,
    names: PlightNames,
) -> Result<Copy> {
    let plight = plight.map(|(row, calendar)| Plight::of(row, SchoolId(home), calendar).out_for(out)).unwrap_or_default();
    Ok(Copy {
        id: CopyId(id),
        tag,
        home: SchoolId(home),
        home_name,
        state: state_of(&state)?,
        note,
        plight,
        spot_names: (names.0.unwrap_or_default(), names.1.unwrap_or_default()),
    })
}

type ContentsRow = ((i64, String, i32, bool, bool, String), Option<i64>, Option<SaidRow>);

/// A resource's contents, in order, and what its copies lack of them now, as [`missing`] says: one query.
pub fn contents(tx: &mut Tx<'_>, resource: ResourceId) -> Result<(Vec<ContentsLine>, Vec<(CopyId, Short)>)> {
    let last = sql::<Bool>(
        "count_lines.count_id IN (SELECT (SELECT max(c.id) FROM counts c WHERE c.cluster_id = p.cluster_id AND c.copy_id = p.id AND \
         c.how <> 'none') FROM copies p WHERE p.cluster_id = contents_lines.cluster_id AND p.resource_id = contents_lines.resource_id AND \
         p.state <> 'retired')",
    );
    let query = contents_lines::table
        .left_join(
            count_lines::table
                .on(count_lines::cluster_id.eq(contents_lines::cluster_id).and(count_lines::line_id.eq(contents_lines::id)).and(last)),
        )
        .left_join(counts::table.on(counts::cluster_id.eq(count_lines::cluster_id).and(counts::id.eq(count_lines::count_id))))
        .filter(contents_lines::cluster_id.eq(tx.cluster.0))
        .filter(contents_lines::resource_id.eq(resource.0))
        .order((contents_lines::position, contents_lines::id))
        .select((
            (
                contents_lines::id,
                contents_lines::item,
                contents_lines::quantity,
                contents_lines::consumable,
                contents_lines::essential,
                contents_lines::care_note,
            ),
            counts::copy_id.nullable(),
            (count_lines::expected, count_lines::counted, count_lines::loose).nullable(),
        ));
    let rows: Vec<ContentsRow> = first!(tx, query, MOST_SHORT)?;
    let (mut lines, mut missing) = (Vec::<ContentsLine>::new(), Vec::new());
    for ((id, item, quantity, consumable, essential, care_note), copy, said) in rows {
        let line = ContentsLineId(id);
        if let Some((copy, said)) = copy.zip(said) {
            missing.extend(short_of((line, item.clone(), quantity, essential), said).map(|short| (CopyId(copy), short)));
        }
        if lines.last().is_none_or(|last| last.id != line) {
            lines.push(ContentsLine {
                id: line,
                item,
                quantity: u32::try_from(quantity).unwrap_or_default(),
                consumable,
                essential,
                care_note,
            });
        }
    }
    Ok((lines, missing))
}

/// What a count says of a line: what was expected, counted, and said without counting.
type SaidRow = (i32, Option<i32>, Option<String>);

fn short_of((line, item, quantity, essential): (ContentsLineId, String, i32, bool), (expected, counted, loose): SaidRow) -> Option<Short> {
    let whole = |number: i32| u32::try_from(number).unwrap_or_default();
    let now = known(whole(quantity), whole(expected), counted.map(whole), loose.as_deref());
    (now < whole(quantity)).then(|| Short { line, item, now, quantity: whole(quantity), essential })
}

type LineRow = (i64, (i64, String, i32, bool), SaidRow);

/// What the copies lack now that are not retired, of one resource or of all, by the last count of each: one query.
pub fn missing(tx: &mut Tx<'_>, one: Option<ResourceId>) -> Result<Vec<(CopyId, Short)>> {
    // One count a copy, found by its index, however many there were.
    let last = sql::<Bool>(
        "counts.id = (SELECT max(c.id) FROM counts c WHERE c.cluster_id = copies.cluster_id AND c.copy_id = copies.id AND c.how <> 'none')",
    );
    let mut query = copies::table
        .inner_join(counts::table.on(counts::cluster_id.eq(copies::cluster_id).and(counts::copy_id.eq(copies::id)).and(last)))
        .inner_join(count_lines::table.on(count_lines::cluster_id.eq(counts::cluster_id).and(count_lines::count_id.eq(counts::id))))
        .inner_join(
            contents_lines::table
                .on(contents_lines::cluster_id.eq(count_lines::cluster_id).and(contents_lines::id.eq(count_lines::line_id))),
        )
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::state.ne("retired"))
        // What was counted and is all there need not be read.
        .filter(count_lines::counted.is_null().or(count_lines::counted.lt(contents_lines::quantity.nullable())))
        .order((copies::id, contents_lines::position, contents_lines::id))
        .select((
            copies::id,
            (contents_lines::id, contents_lines::item, contents_lines::quantity, contents_lines::essential),
            (count_lines::expected, count_lines::counted, count_lines::loose),
        ))
        .into_boxed();
    if let Some(id) = one {
        query = query.filter(copies::resource_id.eq(id.0));
    }
    let rows: Vec<LineRow> = first!(tx, query, MOST_SHORT)?;
    let short = |(copy, (line, item, quantity, essential), said): LineRow| {
        short_of((ContentsLineId(line), item, quantity, essential), said).map(|short| (CopyId(copy), short))
    };
    Ok(rows.into_iter().filter_map(short).collect())
}

/// The titles of a strand: one query.
pub fn of_strand(tx: &mut Tx<'_>, strand: Strand) -> Result<Vec<Title>> {
    let query = resources::table
        .filter(resources::cluster_id.eq(tx.cluster.0))
        .filter(resources::strand.eq(<&str>::from(strand)))
        .select((resources::id, resources::name, resources::topic, resources::icon, resources::year_from, resources::year_to));
    let rows: Vec<(i64, String, String, String, i32, i32)> = first!(tx, query, MOST_COPIES)?;
    rows.into_iter()
        .map(|(id, name, topic, icon, from, to)| Ok(Title { id: ResourceId(id), name, topic, icon, years: years_of(from, to)? }))
        .collect()
}

/// Fails with `NotFound` unless this cluster has the resource.
pub fn is_there(tx: &mut Tx<'_>, id: ResourceId) -> Result<()> {
    resources::table.find((tx.cluster.0, id.0)).select(resources::id).first::<i64>(tx.conn)?;
    Ok(())
}

/// Every resource by name, for a list to choose from: one query.
pub fn names(tx: &mut Tx<'_>) -> Result<Vec<(ResourceId, String)>> {
    let query =
        resources::table.filter(resources::cluster_id.eq(tx.cluster.0)).order(resources::name).select((resources::id, resources::name));
    let rows: Vec<(i64, String)> = first!(tx, query, MOST_COPIES)?;
    Ok(rows.into_iter().map(|(id, name)| (ResourceId(id), name)).collect())
}

/// A copy where it is kept when nobody has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The copy.
    pub copy: CopyId,
    /// Its title.
    pub resource: ResourceId,
    /// The title's name.
    pub name: String,
    /// The copy's tag.
    pub tag: String,
    /// Whether it can be lent.
    pub state: CopyState,
    /// Where it is now, and what it lacks.
    pub plight: Plight,
}

/// The copies that are kept at a school, by title and tag, retired ones left out: one query.
pub fn kept_at(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Kept>> {
    let query = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .inner_join(custody::table.on(custody::cluster_id.eq(copies::cluster_id).and(custody::copy_id.eq(copies::id))))
        .left_join(bookings::table.on(bookings::cluster_id.eq(custody::cluster_id).and(bookings::id.nullable().eq(custody::booking_id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::home_school_id.eq(school.0))
        .filter(copies::state.ne("retired"))
        .order((resources::name, copies::tag))
        .select((
            (copies::id, resources::id, resources::name, copies::tag, copies::state),
            (bookings::id, bookings::first_day, bookings::last_day).nullable(),
            (custody::place, custody::school_id, custody::to_school_id, custody::since, custody::short_essentials),
        ));
    type KeptRow = (i64, i64, String, String, String);
    let rows: Vec<(KeptRow, Option<OutRow>, PlightRow)> = first!(tx, query, MOST_COPIES)?;
    // Whether a journey takes too long is no matter here.
    let nothing = SchoolCalendar::new(Vec::new(), Vec::new());
    rows.into_iter()
        .map(|((copy, resource, name, tag, state), out, plight)| {
            let plight = Plight::of(plight, school, &nothing).out_for(out);
            Ok(Kept { copy: CopyId(copy), resource: ResourceId(resource), name, tag, state: state_of(&state)?, plight })
        })
        .collect()
}

/// How many copies, without retired ones, each of the clusters has that has any: one query.
pub fn copies_of(house: &mut House<'_>, of: &[ClusterId]) -> Result<Vec<(ClusterId, i64)>> {
    let rows: Vec<(i64, i64)> = copies::table
        .filter(copies::cluster_id.eq_any(of.iter().map(|id| id.0)))
        .filter(copies::state.ne("retired"))
        .group_by(copies::cluster_id)
        .select((copies::cluster_id, diesel::dsl::count_star()))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(id, many)| (ClusterId(id), many)).collect())
}

/// A copy of this cluster as lists name it, its state, and where it is kept when nobody has it.
pub fn copy(tx: &mut Tx<'_>, id: CopyId) -> Result<(Item, CopyState, SchoolId)> {
    let (item, state, home): (ItemRow, String, i64) = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::id.eq(id.0))
        .select((item_columns!(), copies::state, copies::home_school_id))
        .first(tx.conn)?;
    Ok((item_of(item)?, state_of(&state)?, SchoolId(home)))
}

pub(crate) type ItemRow = (i64, i64, String, String, String, String);

/// The columns of an [`Item`].
macro_rules! item_columns {
    () => {
        (copies::id, resources::id, resources::name, resources::strand, resources::icon, copies::tag)
    };
}

pub(crate) use item_columns;

pub(crate) fn item_of((copy, resource, name, strand, icon, tag): ItemRow) -> Result<Item> {
    Ok(Item { copy: CopyId(copy), resource: ResourceId(resource), name, strand: strand_of(&strand)?, icon, tag })
}
