//! What was counted: the counts of both sides with their lines, what is known of each line of a copy, and pictures. Only ever
//! added to.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{self, BookingId, ContentsLineId, CopyId, CountId, HandoverId, PersonId, PhotoId, ResourceId, SchoolId};
use crate::catalogue::missing::known;
use crate::db::schema::{contents_lines, count_lines, counts, people, photos};
use crate::db::{Error, Result, Tx};
use crate::handovers::counts::{Count, CountLine, Expected, HolderCount, How, Loose, Side, Why};

/// The most lines of a resource's contents.
const MOST_LINES: i64 = 500;
/// So many counts back a shortage is followed to its beginning.
const COUNTS_BACK: i64 = 12;

fn wrong(check: &str) -> Error {
    Error::Check(check.to_owned())
}

fn whole(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// A number for the table, whose checks are narrower than the type.
fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The table of counts once more, for the latest of a copy.
mod looking_back {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::counts as recent: Recent);
}
use looking_back::recent;

/// What was counted of a line, and when.
type SaidRow = (i64, i32, i32, Option<i32>, Option<String>, NaiveDateTime);

/// What was said of a line in one count, newest first.
struct Said {
    line: i64,
    quantity: u32,
    known: u32,
    loose: Option<Loose>,
    looked_at: bool,
    on: Day,
}

/// The contents of a copy with what is known of each line, or was known at an earlier time. Two queries: the latest counts carry on
/// what the earlier ones knew.
pub fn expected(tx: &mut Tx<'_>, copy: CopyId, resource: ResourceId, as_of: Option<DateTime<Utc>>) -> Result<Vec<Expected>> {
    let contents: Vec<(i64, i32, String, i32, bool, bool)> = contents_lines::table
        .filter(contents_lines::cluster_id.eq(tx.cluster.0))
        .filter(contents_lines::resource_id.eq(resource.0))
        .order((contents_lines::position, contents_lines::id))
        .limit(MOST_LINES)
        .select((
            contents_lines::id,
            contents_lines::position,
            contents_lines::item,
            contents_lines::quantity,
            contents_lines::consumable,
            contents_lines::essential,
        ))
        .load(tx.conn)?;
    let latest = recent
        .filter(recent.field(counts::cluster_id).eq(tx.cluster.0))
        .filter(recent.field(counts::copy_id).eq(copy.0))
        .filter(recent.field(counts::how).ne("none"))
        // The upper bits of an id are its time.
        .filter(recent.field(counts::id).lt(as_of.map_or(i64::MAX, ids::first_at)))
        .order(recent.field(counts::id).desc())
        .limit(COUNTS_BACK)
        .select(recent.field(counts::id));
    let rows: Vec<SaidRow> = count_lines::table
        .inner_join(counts::table.on(counts::cluster_id.eq(count_lines::cluster_id).and(counts::id.eq(count_lines::count_id))))
        .filter(count_lines::cluster_id.eq(tx.cluster.0))
        .filter(count_lines::count_id.eq_any(latest))
        .order(counts::id.desc())
        .select((
            count_lines::line_id,
            count_lines::quantity,
            count_lines::expected,
            count_lines::counted,
            count_lines::loose,
            counts::counted_at,
        ))
        .load(tx.conn)?;
    let said: Vec<Said> = rows
        .into_iter()
        .map(|(line, quantity, expected, counted, loose, at)| {
            let loose = loose.map(|text| text.parse::<Loose>().map_err(|_| wrong("count_lines_loose"))).transpose()?;
            let known = known(whole(quantity), whole(expected), counted.map(whole), loose.map(<&str>::from));
            let looked_at = counted.is_some() || loose.is_some();
            Ok(Said { line, quantity: whole(quantity), known, loose, looked_at, on: clock::today(at.and_utc()) })
        })
        .collect::<Result<_>>()?;
    Ok(contents
        .into_iter()
        .map(|(line, position, item, quantity, consumable, essential)| {
            let of_line = || said.iter().filter(move |one| one.line == line);
            let known = of_line().next().map_or(whole(quantity), |latest| latest.known);
            // The oldest of the counts in a row that were short; one that did not look at the line says nothing of its own.
            let short = of_line().take_while(|one| one.known < one.quantity).filter(|one| one.looked_at).last();
            let loose = of_line().find(|one| one.looked_at).and_then(|one| one.loose);
            let short_since = short.filter(|_| known < whole(quantity)).map(|one| one.on);
            let line = ContentsLineId(line);
            Expected { line, position, item, quantity: whole(quantity), known, loose, short_since, consumable, essential }
        })
        .collect())
}

/// A count that a form has made already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// Its handover; a holder's count has none.
    pub handover: Option<HandoverId>,
}

/// What a form with this key has counted already.
pub fn by_request_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<Earlier>> {
    let found: Option<Option<i64>> = counts::table
        .filter(counts::cluster_id.eq(tx.cluster.0))
        .filter(counts::request_key.eq(key))
        .select(counts::handover_id)
        .first(tx.conn)
        .optional()?;
    Ok(found.map(|handover| Earlier { handover: handover.map(HandoverId) }))
}

/// What a count belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    /// One side of a handover.
    Handover(HandoverId, Side),
    /// The school that has the copy, for a booking or for none, with what it says of the box.
    Holder(SchoolId, Option<BookingId>, &'a crate::handovers::store::handovers::Said),
}

/// Which count is written down, besides its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New<'a> {
    /// What it belongs to.
    pub of: Of<'a>,
    /// Of which copy.
    pub copy: CopyId,
    /// Who has counted.
    pub person: PersonId,
    /// The form's key.
    pub key: &'a str,
    /// When it was received, for a giver's count that comes after that: it then stands before the receiver's, as if it had come in
    /// time, and what is known of the copy stays what was counted last.
    pub before: Option<DateTime<Utc>>,
}

/// Writes a count down.
pub fn insert(tx: &mut Tx<'_>, new: &New<'_>, count: &Count) -> Result<CountId> {
    let id = new.before.map_or_else(|| CountId::fresh(tx.now), |before| CountId(ids::before(before)));
    let (handover, side, holder) = match new.of {
        Of::Handover(handover, side) => (Some(handover.0), side, None),
        Of::Holder(school, booking, said) => (None, Side::Holder, Some((school, booking, said))),
    };
    diesel::insert_into(counts::table)
        .values((
            counts::cluster_id.eq(tx.cluster.0),
            counts::id.eq(id.0),
            counts::handover_id.eq(handover),
            counts::copy_id.eq(new.copy.0),
            counts::side.eq(<&'static str>::from(side)),
            (
                counts::school_id.eq(holder.map(|(school, ..)| school.0)),
                counts::booking_id.eq(holder.and_then(|(_, booking, _)| booking).map(|id| id.0)),
                counts::condition.eq(holder.and_then(|(.., said)| said.condition).map_or("", Into::into)),
                counts::note.eq(holder.map_or("", |(.., said)| said.note.as_str())),
            ),
            counts::person_id.eq(new.person.0),
            counts::how.eq(<&'static str>::from(count.how)),
            counts::counted_at.eq(tx.stamp()),
            counts::request_key.eq(new.key),
        ))
        .execute(tx.conn)?;
    for line in &count.lines {
        diesel::insert_into(count_lines::table)
            .values((
                count_lines::cluster_id.eq(tx.cluster.0),
                count_lines::count_id.eq(id.0),
                count_lines::line_id.eq(line.of.line.0),
                count_lines::position.eq(line.of.position),
                count_lines::item.eq(&line.of.item),
                count_lines::quantity.eq(small(line.of.quantity)),
                count_lines::expected.eq(small(line.of.known)),
                count_lines::consumable.eq(line.of.consumable),
                count_lines::essential.eq(line.of.essential),
                (
                    count_lines::counted.eq(line.counted.map(small)),
                    count_lines::loose.eq(line.loose.map(<&'static str>::from)),
                    count_lines::why.eq(line.why.map(<&'static str>::from)),
                    count_lines::note.eq(&line.note),
                ),
            ))
            .execute(tx.conn)?;
    }
    Ok(id)
}

/// Whether no later count of the copy says what is in it.
pub fn is_latest(tx: &mut Tx<'_>, copy: CopyId, count: CountId) -> Result<bool> {
    let later = counts::table
        .filter(counts::cluster_id.eq(tx.cluster.0))
        .filter(counts::copy_id.eq(copy.0))
        .filter(counts::how.ne("none"))
        .filter(counts::id.gt(count.0));
    Ok(diesel::select(not(exists(later))).get_result(tx.conn)?)
}

/// A count as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: CountId,
    /// Whose.
    pub side: Side,
    /// What was counted.
    pub count: Count,
}

type LineRow = (i64, i32, String, i32, i32, bool, bool);
type NumberRow = (Option<i32>, Option<String>, Option<String>, String);
type CountRow = ((i64, String, String), Option<LineRow>, Option<NumberRow>);

/// The columns of a [`LineRow`].
macro_rules! line_columns {
    () => {
        (
            count_lines::line_id,
            count_lines::position,
            count_lines::item,
            count_lines::quantity,
            count_lines::expected,
            count_lines::consumable,
            count_lines::essential,
        )
            .nullable()
    };
}

/// Both counts of a handover, the giver's first: one query.
pub fn of_handover(tx: &mut Tx<'_>, handover: HandoverId) -> Result<Vec<Stored>> {
    let rows: Vec<CountRow> = counts::table
        .left_join(count_lines::table.on(count_lines::cluster_id.eq(counts::cluster_id).and(count_lines::count_id.eq(counts::id))))
        .filter(counts::cluster_id.eq(tx.cluster.0))
        .filter(counts::handover_id.eq(handover.0))
        .order((counts::side, count_lines::position, count_lines::line_id))
        .select((
            (counts::id, counts::side, counts::how),
            line_columns!(),
            (count_lines::counted, count_lines::loose, count_lines::why, count_lines::note).nullable(),
        ))
        .load(tx.conn)?;
    let mut all: Vec<Stored> = Vec::new();
    for ((id, side, how), line, said) in rows {
        if all.last().is_none_or(|last| last.id.0 != id) {
            let side = side.parse::<Side>().map_err(|_| wrong("counts_side"))?;
            let how = how.parse::<How>().map_err(|_| wrong("counts_how"))?;
            all.push(Stored { id: CountId(id), side, count: Count { how, lines: Vec::new() } });
        }
        let (Some(line), Some(said), Some(last)) = (line, said, all.last_mut()) else { continue };
        last.count.lines.push(line_of(line, said)?);
    }
    Ok(all)
}

/// A line of a count as it stands there.
fn line_of(line: LineRow, (counted, loose, why, note): NumberRow) -> Result<CountLine> {
    let (line, position, item, quantity, expected, consumable, essential) = line;
    let of = Expected {
        line: ContentsLineId(line),
        position,
        item,
        quantity: whole(quantity),
        known: whole(expected),
        loose: None,
        short_since: None,
        consumable,
        essential,
    };
    Ok(CountLine {
        of,
        counted: counted.map(whole),
        loose: loose.map(|text| text.parse::<Loose>().map_err(|_| wrong("count_lines_loose"))).transpose()?,
        why: why.map(|text| text.parse::<Why>().map_err(|_| wrong("count_lines_why"))).transpose()?,
        note,
    })
}

/// Counts with their lines and the picture that was taken, of who has the copy: one query, newest first.
pub fn by_holder(tx: &mut Tx<'_>, copy: CopyId, before: Option<DateTime<Utc>>, most: i64) -> Result<Vec<HolderCount>> {
    type Head = (i64, Option<i64>, String, NaiveDateTime, String, String, String);
    type Row = (Head, Option<i64>, Option<LineRow>, Option<NumberRow>);
    let latest = recent
        .filter(recent.field(counts::cluster_id).eq(tx.cluster.0))
        .filter(recent.field(counts::copy_id).eq(copy.0))
        .filter(recent.field(counts::side).eq("holder"))
        .filter(recent.field(counts::id).lt(before.map_or(i64::MAX, ids::first_at)))
        .order(recent.field(counts::id).desc())
        .limit(most)
        .select(recent.field(counts::id));
    let rows: Vec<Row> = counts::table
        .inner_join(people::table.on(people::id.eq(counts::person_id)))
        .left_join(photos::table.on(photos::cluster_id.eq(counts::cluster_id).and(photos::count_id.eq(counts::id))))
        .left_join(count_lines::table.on(count_lines::cluster_id.eq(counts::cluster_id).and(count_lines::count_id.eq(counts::id))))
        .filter(counts::cluster_id.eq(tx.cluster.0))
        .filter(counts::id.eq_any(latest))
        .order((counts::id.desc(), count_lines::position, count_lines::line_id))
        .select((
            (counts::id, counts::school_id, people::name, counts::counted_at, counts::how, counts::condition, counts::note),
            photos::id.nullable(),
            line_columns!(),
            (count_lines::counted, count_lines::loose, count_lines::why, count_lines::note).nullable(),
        ))
        .load(tx.conn)?;
    let mut all: Vec<HolderCount> = Vec::new();
    for ((id, school, by, at, how, condition, note), photo, line, said) in rows {
        if all.last().is_none_or(|last| last.id.0 != id) {
            all.push(HolderCount {
                id: CountId(id),
                school: SchoolId(school.ok_or_else(|| wrong("counts_holder"))?),
                by,
                at: at.and_utc(),
                count: Count { how: how.parse::<How>().map_err(|_| wrong("counts_how"))?, lines: Vec::new() },
                condition: condition.parse().ok(),
                note,
                photo: photo.map(PhotoId),
            });
        }
        let (Some(line), Some(said), Some(last)) = (line, said, all.last_mut()) else { continue };
        last.count.lines.push(line_of(line, said)?);
    }
    Ok(all)
}
