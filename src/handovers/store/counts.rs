//! What was counted: the counts of both sides with their lines, what is known of each line of a copy, and pictures. Only ever
//! added to.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{ContentsLineId, CopyId, CountId, HandoverId, PersonId, PhotoId, ResourceId};
use crate::db::schema::{contents_lines, count_lines, counts, handovers, photos};
use crate::db::{Error, Result, Tx};
use crate::handovers::counts::{Count, CountLine, Expected, How, Loose, Side, Why};

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

/// The contents of a copy with what is known of each line. Two queries: the latest counts carry on what the earlier ones knew.
pub fn expected(tx: &mut Tx<'_>, copy: CopyId, resource: ResourceId) -> Result<Vec<Expected>> {
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
            let known = match (counted, loose) {
                (Some(number), _) => whole(number),
                (None, Some(Loose::None)) => 0,
                (None, Some(_)) => whole(quantity),
                (None, None) => whole(expected),
            };
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

/// What a form with this key has counted already: its handover.
pub fn by_request_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<HandoverId>> {
    let found: Option<i64> = counts::table
        .filter(counts::cluster_id.eq(tx.cluster.0))
        .filter(counts::request_key.eq(key))
        .select(counts::handover_id)
        .first(tx.conn)
        .optional()?;
    Ok(found.map(HandoverId))
}

/// Which count is written down, besides its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New<'a> {
    /// Of which handover.
    pub handover: HandoverId,
    /// Of which copy.
    pub copy: CopyId,
    /// Whose.
    pub side: Side,
    /// Who has counted.
    pub person: PersonId,
    /// The form's key.
    pub key: &'a str,
}

/// Writes a count down.
pub fn insert(tx: &mut Tx<'_>, new: &New<'_>, count: &Count) -> Result<CountId> {
    let id = CountId::fresh(tx.now);
    diesel::insert_into(counts::table)
        .values((
            counts::cluster_id.eq(tx.cluster.0),
            counts::id.eq(id.0),
            counts::handover_id.eq(new.handover.0),
            counts::copy_id.eq(new.copy.0),
            counts::side.eq(<&'static str>::from(new.side)),
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

/// Both counts of a handover, the giver's first: one query.
pub fn of_handover(tx: &mut Tx<'_>, handover: HandoverId) -> Result<Vec<Stored>> {
    let rows: Vec<CountRow> = counts::table
        .left_join(count_lines::table.on(count_lines::cluster_id.eq(counts::cluster_id).and(count_lines::count_id.eq(counts::id))))
        .filter(counts::cluster_id.eq(tx.cluster.0))
        .filter(counts::handover_id.eq(handover.0))
        .order((counts::side, count_lines::position, count_lines::line_id))
        .select((
            (counts::id, counts::side, counts::how),
            (
                count_lines::line_id,
                count_lines::position,
                count_lines::item,
                count_lines::quantity,
                count_lines::expected,
                count_lines::consumable,
                count_lines::essential,
            )
                .nullable(),
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
        let (Some(line), Some((counted, loose, why, note)), Some(last)) = (line, said, all.last_mut()) else { continue };
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
        last.count.lines.push(CountLine {
            of,
            counted: counted.map(whole),
            loose: loose.map(|text| text.parse::<Loose>().map_err(|_| wrong("count_lines_loose"))).transpose()?,
            why: why.map(|text| text.parse::<Why>().map_err(|_| wrong("count_lines_why"))).transpose()?,
            note,
        });
    }
    Ok(all)
}

/// A picture, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// `image/jpeg` or `image/png`.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Keeps a picture with a count.
pub fn keep_photo(tx: &mut Tx<'_>, count: CountId, photo: &Photo) -> Result<PhotoId> {
    let id = PhotoId::fresh(tx.now);
    diesel::insert_into(photos::table)
        .values((
            photos::cluster_id.eq(tx.cluster.0),
            photos::id.eq(id.0),
            photos::count_id.eq(count.0),
            photos::content_type.eq(&photo.content_type),
            photos::bytes.eq(&photo.bytes),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// One picture of this cluster.
pub fn photo(tx: &mut Tx<'_>, id: PhotoId) -> Result<Photo> {
    let (content_type, bytes) = photos::table.find((tx.cluster.0, id.0)).select((photos::content_type, photos::bytes)).first(tx.conn)?;
    Ok(Photo { content_type, bytes })
}

/// The pictures of a handover, with whose count each belongs to.
pub fn photos_of(tx: &mut Tx<'_>, handover: HandoverId) -> Result<Vec<(PhotoId, CountId)>> {
    let rows: Vec<(i64, i64)> = photos::table
        .inner_join(counts::table.on(counts::cluster_id.eq(photos::cluster_id).and(counts::id.eq(photos::count_id))))
        .inner_join(handovers::table.on(handovers::cluster_id.eq(counts::cluster_id).and(handovers::id.eq(counts::handover_id))))
        .filter(photos::cluster_id.eq(tx.cluster.0))
        .filter(handovers::id.eq(handover.0))
        .order(photos::id)
        .limit(20)
        .select((photos::id, photos::count_id))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, count)| (PhotoId(id), CountId(count))).collect())
}
