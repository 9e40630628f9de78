//! The rows of terms and closures, one by one, and the settings beside the booking rules: what a coordinator changes.

use diesel::prelude::*;

use super::settings;
use crate::base::days::{Day, Period};
use crate::base::ids::{ClosureId, SchoolId, TermId};
use crate::db::schema::{closures, settings as rules, terms};
use crate::db::{Error, Result, Tx};
use crate::people::settings::{All, Further};
use crate::people::terms::{Closure, Term};
use crate::people::year::{Planned, year_name};

/// The most closures of a year that a page shows.
const MOST: i64 = 1000;

/// A closure with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The id.
    pub id: ClosureId,
    /// The closure.
    pub closure: Closure,
}

type ClosureRow = (i64, Option<i64>, String, Day, Day, String);

fn kept((id, school, kind, first, last, note): ClosureRow) -> Result<Kept> {
    let wrong = |what: &str| Error::Check(what.to_owned());
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
    diesel::delete(terms::table.find((tx.cluster.0, old.id.0))).execute(tx.conn)?;
    tx.log("terms", &old.id, "removed", &term_words(&Planned::from(old)), "")
}

type FurtherRow = (i32, i32, i32, i32, i64, i32);

/// All the settings; the defaults when nobody has changed them. Two queries.
pub fn all_settings(tx: &mut Tx<'_>) -> Result<All> {
    let row: Option<FurtherRow> = rules::table
        .find(tx.cluster.0)
        .select((
            rules::offer_days,
            rules::mail_from_hour,
            rules::mail_to_hour,
            rules::transit_days,
            rules::asset_threshold_pence,
            rules::electrical_test_months,
        ))
        .first(tx.conn)
        .optional()?;
    // The schema's checks keep each of these at or above zero.
    let whole = |number: i32| u32::try_from(number).unwrap_or_default();
    let further = row.map_or_else(Further::default, |(offer, from, to, transit, pence, months)| Further {
        offer_days: whole(offer),
        mail_from_hour: whole(from),
        mail_to_hour: whole(to),
        transit_days: whole(transit),
        asset_threshold_pence: pence,
        electrical_test_months: whole(months),
    });
    Ok(All { rules: settings(tx)?, further })
}

/// Changes the settings, and logs a line for each that is another now. How many those are.
pub fn set_all_settings(tx: &mut Tx<'_>, to: &All) -> Result<usize> {
    let changes = all_settings(tx)?.changes(to);
    if changes.is_empty() {
        return Ok(0);
    }
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let values = (
        (
            rules::longest_loan_days.eq(number(to.rules.longest_loan_days)),
            rules::furthest_ahead_days.eq(to.rules.furthest_ahead_days.map(number)),
            rules::shortest_notice_days.eq(number(to.rules.shortest_notice_days)),
            rules::most_live_bookings.eq(number(to.rules.most_live_bookings)),
            rules::turnaround_days.eq(number(to.rules.turnaround_days)),
            rules::approval_needed.eq(to.rules.approval_needed),
            rules::non_school_days.eq(to.rules.non_school_days),
        ),
        (
            rules::offer_days.eq(number(to.further.offer_days)),
            rules::mail_from_hour.eq(number(to.further.mail_from_hour)),
            rules::mail_to_hour.eq(number(to.further.mail_to_hour)),
            rules::transit_days.eq(number(to.further.transit_days)),
            rules::asset_threshold_pence.eq(to.further.asset_threshold_pence),
            rules::electrical_test_months.eq(number(to.further.electrical_test_months)),
        ),
    );
    if diesel::update(rules::table.find(tx.cluster.0)).set(values).execute(tx.conn)? == 0 {
        diesel::insert_into(rules::table).values((rules::cluster_id.eq(tx.cluster.0), values.0, values.1)).execute(tx.conn)?;
    }
    let before: Vec<String> = changes.iter().map(|(name, before, _)| format!("{name}: {before}")).collect();
    let after: Vec<String> = changes.iter().map(|(name, before, after)| format!("{name}: {before} -> {after}")).collect();
    let cluster = tx.cluster;
    tx.log("settings", &cluster, "changed", &before.join("\n"), &after.join("\n"))?;
    Ok(changes.len())
}
