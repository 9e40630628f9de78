//! The rows of terms and closures, one by one, and the settings beside the booking rules: what a coordinator changes.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::base::days::{self, Day, Period};
use crate::base::ids::{ClosureId, SchoolId, TermId};
use crate::db::asks::{LONGEST_HOLD, is_live};
use crate::db::schema::{bookings, closures, clusters, settings, terms};
use crate::db::{Error, Result, Tx};
use crate::year::plan::{Planned, year_name};
use crate::year::{Closure, SchoolCalendar, Season, Term};

/// The most closures of a year that a page shows.
const MOST: i64 = 1000;

/// The days in which the longest journey that the settings allow ends: 60 school days, with the summer holiday among them.
const LONGEST_JOURNEY: i64 = 200;
/// A journey that began longer ago is too long, whatever was closed then.
const OLDEST_JOURNEY: i64 = 400;

/// A closure with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The id.
    pub id: ClosureId,
    /// The closure.
    pub closure: Closure,
}

pub(crate) type ClosureRow = (i64, Option<i64>, String, Day, Day, String);
pub(crate) type TermRow = (i64, String, i32, Day, Day, Option<Day>, Option<Day>);

/// The table of terms once more, to name one of them.
mod once_more {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::terms as terms_once_more: TermsOnceMore);
}
use once_more::terms_once_more;

fn kept((id, school, kind, first, last, note): ClosureRow) -> Result<Kept> {
    Ok(Kept {
        id: ClosureId(id),
        closure: Closure {
            school: school.map(SchoolId),
            kind: kind.parse().map_err(|_| wrong("closures_kind"))?,
            days: Period::new(first, last).ok_or_else(|| wrong("closures_order"))?,
            note,
        },
    })
}

/// The closures that touch the days, by first day: one query.
pub fn closures_in(tx: &mut Tx<'_>, days: Period) -> Result<Vec<Kept>> {
    let rows: Vec<ClosureRow> = closures::table
        .filter(closures::cluster_id.eq(tx.cluster.0))
        // No closure is longer than a year, so the index bounds both ends.
        .filter(closures::first_day.ge(crate::base::days::add(days.first(), -366)))
        .filter(closures::first_day.le(days.last()))
        .filter(closures::last_day.ge(days.first()))
        .order((closures::first_day, closures::id))
        .limit(MOST)
        .select((closures::id, closures::school_id, closures::kind, closures::first_day, closures::last_day, closures::note))
        .load(tx.conn)?;
    rows.into_iter().map(kept).collect()
}

/// One closure.
pub fn closure(tx: &mut Tx<'_>, id: ClosureId) -> Result<Kept> {
    let row: ClosureRow = closures::table
        .find((tx.cluster.0, id.0))
        .select((closures::id, closures::school_id, closures::kind, closures::first_day, closures::last_day, closures::note))
        .first(tx.conn)?;
    kept(row)
}

/// What the change log says of a closure.
fn closure_words(closure: &Closure) -> String {
    let note = if closure.note.is_empty() { String::new() } else { format!(" ({})", closure.note) };
    let whose = if closure.school.is_some() { "one school" } else { "the whole cluster" };
    format!("{} of {whose}, {}{note}", closure.kind, closure.days)
}

/// Adds a closure; one that is there just so stays as it is. The school is one of this cluster, or the database refuses it.
pub fn add_closure(tx: &mut Tx<'_>, new: &Closure) -> Result<ClosureId> {
    let school = new.school.map(|school| school.0);
    let mut same = closures::table
        .filter(closures::cluster_id.eq(tx.cluster.0))
        .filter(closures::first_day.eq(new.days.first()))
        .filter(closures::last_day.eq(new.days.last()))
        .filter(closures::kind.eq(<&'static str>::from(new.kind)))
        .select(closures::id)
        .into_boxed();
    same = match school {
        Some(school) => same.filter(closures::school_id.eq(school)),
        None => same.filter(closures::school_id.is_null()),
    };
    if let Some(id) = same.first::<i64>(tx.conn).optional()? {
        return Ok(ClosureId(id));
    }
    let id = ClosureId::fresh(tx.now);
    tx.keep_nothing();
    diesel::insert_into(closures::table)
        .values((
            closures::cluster_id.eq(tx.cluster.0),
            closures::id.eq(id.0),
            closures::school_id.eq(school),
            closures::kind.eq(<&'static str>::from(new.kind)),
            closures::first_day.eq(new.days.first()),
            closures::last_day.eq(new.days.last()),
            closures::note.eq(&new.note),
        ))
        .execute(tx.conn)?;
    tx.log("closures", &id, "added", "", &closure_words(new))?;
    Ok(id)
}

/// Removes a closure.
pub fn remove_closure(tx: &mut Tx<'_>, old: &Kept) -> Result<()> {
    tx.keep_nothing();
    diesel::delete(closures::table.find((tx.cluster.0, old.id.0))).execute(tx.conn)?;
    tx.log("closures", &old.id, "removed", &closure_words(&old.closure), "")
}

/// What the change log says of a term.
fn term_words(term: &Planned) -> String {
    let half = term.half_term.map_or_else(|| "no half-term".to_owned(), |half| format!("half-term {half}"));
    format!("{} of {}, {}, {half}", term.season.name(), year_name(term.academic_year), term.days)
}

/// Stores a term: over the one that is given, else as a new one. Nothing is done when it is there just so.
pub fn put_term(tx: &mut Tx<'_>, over: Option<&Term>, new: &Planned) -> Result<TermId> {
    tx.keep_nothing();
    let values = (
        terms::season.eq(<&'static str>::from(new.season)),
        terms::academic_year.eq(new.academic_year),
        terms::first_day.eq(new.days.first()),
        terms::last_day.eq(new.days.last()),
        terms::half_first.eq(new.half_term.map(Period::first)),
        terms::half_last.eq(new.half_term.map(Period::last)),
    );
    let Some(old) = over else {
        let id = TermId::fresh(tx.now);
        diesel::insert_into(terms::table).values((terms::cluster_id.eq(tx.cluster.0), terms::id.eq(id.0), values)).execute(tx.conn)?;
        tx.log("terms", &id, "added", "", &term_words(new))?;
        return Ok(id);
    };
    let before = Planned::from(old);
    if before != *new {
        diesel::update(terms::table.find((tx.cluster.0, old.id.0))).set(values).execute(tx.conn)?;
        tx.log("terms", &old.id, "changed", &term_words(&before), &term_words(new))?;
    }
    Ok(old.id)
}

/// Removes a term.
pub fn remove_term(tx: &mut Tx<'_>, old: &Term) -> Result<()> {
    tx.keep_nothing();
    diesel::delete(terms::table.find((tx.cluster.0, old.id.0))).execute(tx.conn)?;
    tx.log("terms", &old.id, "removed", &term_words(&Planned::from(old)), "")
}

/// The school year around a window of days: every term (three a year), the closures that touch the window, and how long a journey
/// may take. One query, and none when it was read in this transaction for a window that holds this one.
pub fn school_calendar(tx: &mut Tx<'_>, window: Period) -> Result<SchoolCalendar> {
    if let Some(read) = tx.kept::<Read>().filter(|read| read.window.contains(window.first()) && read.window.contains(window.last())) {
        return Ok(read.calendar.clone());
    }
    let first_term = terms_once_more
        .filter(terms_once_more.field(terms::cluster_id).eq(tx.cluster.0))
        .select(diesel::dsl::min(terms_once_more.field(terms::id)))
        .single_value();
    let touching = closures::cluster_id
        .eq(clusters::id)
        // They stand beside one term alone, and by themselves where there is none.
        .and(terms::id.nullable().is_null().or(terms::id.nullable().eq(first_term)))
        // No closure is longer than a year, so the index bounds both ends.
        .and(closures::first_day.ge(days::add(window.first(), -366)))
        .and(closures::first_day.le(window.last()))
        .and(closures::last_day.ge(window.first()));
    let rows: Vec<(Option<i32>, Option<TermRow>, Option<ClosureRow>)> = clusters::table
        .left_join(settings::table.on(settings::cluster_id.eq(clusters::id)))
        .left_join(terms::table.on(terms::cluster_id.eq(clusters::id)))
        .left_join(closures::table.on(touching))
        .filter(clusters::id.eq(tx.cluster.0))
        .select((
            settings::transit_days.nullable(),
            (terms::id, terms::season, terms::academic_year, terms::first_day, terms::last_day, terms::half_first, terms::half_last)
                .nullable(),
            (closures::id, closures::school_id, closures::kind, closures::first_day, closures::last_day, closures::note).nullable(),
        ))
        .load(tx.conn)?;
    let transit_days = rows.first().and_then(|row| row.0).and_then(|days| u32::try_from(days).ok());
    let (mut known, mut closed) = (BTreeMap::new(), Vec::new());
    for (_, term, closure) in rows {
        if let Some(term) = term {
            known.insert(term.0, term);
        }
        closed.extend(closure);
    }
    let calendar = put_together(known.into_values(), closed, transit_days)?;
    tx.keep(Read { window, calendar: calendar.clone() });
    Ok(calendar)
}

/// A school year from its rows, and how long a journey may take.
pub(crate) fn put_together(
    terms: impl IntoIterator<Item = TermRow>,
    closures: impl IntoIterator<Item = ClosureRow>,
    transit_days: Option<u32>,
) -> Result<SchoolCalendar> {
    let terms = terms.into_iter().map(term_of).collect::<Result<_>>()?;
    let closures = closures.into_iter().map(|row| kept(row).map(|kept| kept.closure)).collect::<Result<_>>()?;
    let calendar = SchoolCalendar::new(terms, closures);
    Ok(match transit_days {
        Some(days) => calendar.with_transit_days(days),
        None => calendar,
    })
}

/// The days that a calendar of journeys under way must know, whenever they began.
#[must_use]
pub fn days_of_journeys(today: Day) -> Period {
    Period::new(days::add(today, -OLDEST_JOURNEY), days::add(today, LONGEST_JOURNEY)).unwrap_or(Period::day(today))
}

/// A calendar that was read in a transaction: a reservation asks for it to decide, and its end to lay the legs.
struct Read {
    window: Period,
    calendar: SchoolCalendar,
}

/// The calendar that journeys under way are measured by, begun on these days: reads nothing where there is none.
pub fn calendar_of_journeys(tx: &mut Tx<'_>, since: impl Iterator<Item = Day>) -> Result<SchoolCalendar> {
    let Some(first) = since.min() else { return Ok(SchoolCalendar::default()) };
    let today = tx.today();
    let window = days_of_journeys(today);
    school_calendar(tx, Period::new(first.clamp(window.first(), today), window.last()).unwrap_or(window))
}

fn term_of((id, season, academic_year, first, last, half_first, half_last): TermRow) -> Result<Term> {
    Ok(Term {
        id: TermId(id),
        season: season.parse::<Season>().map_err(|_| wrong("terms_season"))?,
        academic_year,
        days: Period::new(first, last).ok_or_else(|| wrong("terms_order"))?,
        half_term: half_first.zip(half_last).and_then(|(first, last)| Period::new(first, last)),
    })
}

fn wrong(check: &str) -> Error {
    Error::Check(check.to_owned())
}

/// The most bookings that are looked at.
pub const MOST_BOOKINGS: i64 = 5000;

/// The school and the days of every live booking that ends today or later, by first day; at most [`MOST_BOOKINGS`].
pub fn to_come(tx: &mut Tx<'_>) -> Result<Vec<(SchoolId, Period)>> {
    let today = tx.today();
    let rows: Vec<(i64, Day, Day)> = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::first_day.ge(days::add(today, -LONGEST_HOLD)))
        .filter(bookings::last_day.ge(today))
        .filter(is_live!())
        .order((bookings::first_day, bookings::id))
        .limit(MOST_BOOKINGS)
        .select((bookings::school_id, bookings::first_day, bookings::last_day))
        .load(tx.conn)?;
    rows.into_iter()
        .map(|(school, first, last)| {
            let days = Period::new(first, last).ok_or_else(|| Error::Check("bookings_order".to_owned()))?;
            Ok((SchoolId(school), days))
        })
        .collect()
}
