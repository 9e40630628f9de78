//! What the calendar draws: copies with their titles, the live bookings that touch a window, and what is out or asked for now.
//!
//! Each is one query and bounded on both ends, so that a page costs the same after ten years of loans as after one.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, ResourceId, SchoolId};
use crate::bookings::{Rules, Slot};
use crate::catalogue::plight::{self, OutRow, PlightRow};
use crate::catalogue::store::{own_rules, state_of, strand_of};
use crate::catalogue::{CopyState, Plight, Strand};
use crate::clusters::store::{SettingsRow, settings_columns, settings_of};
use crate::db::asks::{LONGEST_HOLD, is_live, is_out};
use crate::db::schema::{bookings, copies, custody, resources, settings};
use crate::db::{Error, Result, Tx};
use crate::year::SchoolCalendar;
use crate::year::store::{calendar_of_journeys, school_calendar};

/// A booking on the plan and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// Who, what, when.
    pub slot: Slot,
    /// The class, as typed.
    pub class_name: String,
}

/// A title of the catalogue with its copies, as a calendar's rows need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Its id.
    pub id: ResourceId,
    /// `box` or `kit`.
    pub kind: String,
    /// "Electricity".
    pub name: String,
    /// Its strand.
    pub strand: Strand,
    /// The topic of the curriculum.
    pub topic: String,
    /// The name of its icon.
    pub icon: String,
    /// The first and last year group, 0 for Reception.
    pub years: (u8, u8),
    /// Name, summary, topic and contents in lower case.
    pub search_words: String,
    /// The cluster's rules as they hold for it.
    pub rules: Rules,
    /// Its copies by tag; never empty.
    pub copies: Vec<Copy>,
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Its id.
    pub id: CopyId,
    /// "EL1".
    pub tag: String,
    /// Whether it can be lent.
    pub state: CopyState,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// Whether it is on its way or missing, and what it lacks.
    pub plight: Plight,
}

type TitleRow = (i64, String, String, String, String, String, i32, i32, String, bool, Option<i32>, Option<String>, Option<i32>);
type CopyRow = (i64, String, String, i64);
type Row = (TitleRow, CopyRow, Option<SettingsRow>, Option<OutRow>, PlightRow);

/// All titles by name with their copies that are not retired, and the rules for each: one query, and one more while a copy is on its
/// way.
pub fn titles(tx: &mut Tx<'_>) -> Result<Vec<Title>> {
    let rows = read(tx, None)?;
    let calendar = calendar_of_journeys(tx, under_way_in(&rows))?;
    titles_of(rows, &calendar)
}

/// One title, as [`titles`] gives it; not found when it has no copy, either.
pub fn title(tx: &mut Tx<'_>, id: ResourceId) -> Result<Title> {
    let today = Period::day(tx.today());
    title_with_calendar(tx, id, |_| today).map(|(title, _)| title)
}

/// One title, and the school year around the days that its rules ask for: two queries. Not found when it has no copy.
pub fn title_with_calendar(tx: &mut Tx<'_>, id: ResourceId, window: impl FnOnce(&Rules) -> Period) -> Result<(Title, SchoolCalendar)> {
    let rows = read(tx, Some(id))?;
    let Some((title, _, cluster, ..)) = rows.first() else { return Err(Error::NotFound) };
    let window = window(&rules_of(title, cluster.clone()));
    let since = under_way_in(&rows).min().unwrap_or(window.first());
    let window = Period::new(window.first().min(since), window.last().max(since)).unwrap_or(window);
    let calendar = school_calendar(tx, window)?;
    let title = titles_of(rows, &calendar)?.pop().ok_or(Error::NotFound)?;
    Ok((title, calendar))
}

/// The days on which the journeys began that copies are on.
fn under_way_in(rows: &[Row]) -> impl Iterator<Item = Day> {
    rows.iter().filter_map(|(.., plight)| plight::under_way(plight))
}

fn read(tx: &mut Tx<'_>, one: Option<ResourceId>) -> Result<Vec<Row>> {
    let mut query = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .left_join(settings::table.on(settings::cluster_id.eq(copies::cluster_id)))
        .inner_join(custody::table.on(custody::cluster_id.eq(copies::cluster_id).and(custody::copy_id.eq(copies::id))))
        .left_join(bookings::table.on(bookings::cluster_id.eq(custody::cluster_id).and(bookings::id.nullable().eq(custody::booking_id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::state.ne("retired"))
        .order((resources::name, copies::tag))
        .select((
            (
                resources::id,
                resources::kind,
                resources::name,
                resources::strand,
                resources::topic,
                resources::icon,
                resources::year_from,
                resources::year_to,
                resources::search_words,
                resources::approval_needed,
                resources::turnaround_days,
                resources::longest_loan_unit,
                resources::longest_loan_days,
            ),
            (copies::id, copies::tag, copies::state, copies::home_school_id),
            settings_columns!().nullable(),
            (bookings::id, bookings::first_day, bookings::last_day).nullable(),
            (custody::place, custody::school_id, custody::to_school_id, custody::since, custody::short_essentials),
        ))
        .into_boxed();
    if let Some(id) = one {
        query = query.filter(resources::id.eq(id.0));
    }
    Ok(query.load(tx.conn)?)
}

fn titles_of(rows: Vec<Row>, calendar: &SchoolCalendar) -> Result<Vec<Title>> {
    let mut titles: Vec<Title> = Vec::new();
    for (title, (id, tag, state, home), cluster, out, plight) in rows {
        let home = SchoolId(home);
        let plight = Plight::of(plight, home, calendar).out_for(out);
        let copy = Copy { id: CopyId(id), tag, state: state_of(&state)?, home, plight };
        match titles.last_mut().filter(|last| last.id.0 == title.0) {
            Some(last) => last.copies.push(copy),
            None => titles.push(title_of(title, cluster, copy)?),
        }
    }
    Ok(titles)
}

fn title_of(row: TitleRow, cluster: Option<SettingsRow>, copy: Copy) -> Result<Title> {
    let rules = rules_of(&row, cluster);
    let (id, kind, name, strand, topic, icon, from, to, search_words, ..) = row;
    let year = |number: i32| u8::try_from(number).unwrap_or_default();
    Ok(Title {
        id: ResourceId(id),
        kind,
        name,
        strand: strand_of(&strand)?,
        topic,
        icon,
        years: (year(from), year(to)),
        search_words,
        rules,
        copies: vec![copy],
    })
}

/// The cluster's rules as they hold for the title of the row.
fn rules_of((.., approval_needed, turnaround, unit, count): &TitleRow, cluster: Option<SettingsRow>) -> Rules {
    let own = own_rules(*approval_needed, *turnaround, unit.as_deref(), *count);
    Rules::of(&settings_of(cluster), &own)
}

pub(crate) type SlotRow = (i64, i64, i64, String, String, Day, Day, Day, Option<Day>, Option<Day>, Option<NaiveDateTime>);

/// The columns of a [`Slot`], in the order of [`SlotRow`].
macro_rules! slot_columns {
    () => {
        (
            bookings::id,
            bookings::copy_id,
            bookings::school_id,
            bookings::kind,
            bookings::state,
            bookings::first_day,
            bookings::last_day,
            bookings::held_until,
            bookings::collected_on,
            bookings::returned_on,
            bookings::offer_until,
        )
    };
}
pub(crate) use slot_columns;

/// The ids of a resource's copies that are not retired, as a part of a query.
macro_rules! copies_of {
    ($tx:expr, $resource:expr) => {
        copies::table
            .filter(copies::cluster_id.eq($tx.cluster.0))
            .filter(copies::resource_id.eq($resource.0))
            .filter(copies::state.ne("retired"))
            .select(copies::id)
    };
}
pub(super) use copies_of;

pub(crate) fn slot_of(row: SlotRow) -> Result<Slot> {
    let (id, copy, school, kind, state, first, last, held_until, collected_on, returned_on, offer_until) = row;
    let wrong = |what: &str| Error::Check(what.to_owned());
    Ok(Slot {
        id: BookingId(id),
        copy: CopyId(copy),
        school: SchoolId(school),
        kind: kind.parse().map_err(|_| wrong("bookings_kind"))?,
        state: state.parse().map_err(|_| wrong("bookings_state"))?,
        days: Period::new(first, last).ok_or_else(|| wrong("bookings_order"))?,
        held_until,
        collected_on,
        returned_on,
        offer_until: offer_until.map(|until| until.and_utc()),
    })
}

/// The live bookings that hold a day of the window, by copy and first day.
pub fn in_window(tx: &mut Tx<'_>, window: Period) -> Result<Vec<Loan>> {
    let rows: Vec<(SlotRow, String)> = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::first_day.ge(days::add(window.first(), -LONGEST_HOLD)))
        .filter(bookings::first_day.le(window.last()))
        .filter(bookings::held_until.ge(window.first()))
        .filter(is_live!())
        .select((slot_columns!(), bookings::class_name))
        .load(tx.conn)?;
    let mut loans = rows.into_iter().map(|(row, class_name)| Ok(Loan { slot: slot_of(row)?, class_name })).collect::<Result<Vec<_>>>()?;
    loans.sort_unstable_by_key(|loan| (loan.slot.copy, loan.slot.days));
    Ok(loans)
}

/// The condition of the partial index `bookings_requested`, letter for letter: SQLite takes such an index only then, and not
/// when the word is bound.
pub(super) fn requested() -> SqlLiteral<Bool> {
    sql::<Bool>("bookings.state = 'requested'")
}

/// What is out at a school now, late or not, and every request that has not been answered, as `loans::requested` lists them: what
/// the waiting list offers is the school's to answer, not the coordinator's.
pub fn open_now(tx: &mut Tx<'_>) -> Result<Vec<Slot>> {
    // Both halves name the cluster, and the first a copy, so that each finds its own index: `bookings_one_out` and
    // `bookings_term`. A single `cluster_id = ?` before the OR makes SQLite read the cluster's whole history.
    let out = is_out!(tx);
    let since = days::add(tx.today(), -LONGEST_HOLD);
    let asked =
        bookings::cluster_id.eq(tx.cluster.0).and(bookings::first_day.ge(since)).and(requested()).and(bookings::offer_until.is_null());
    let rows: Vec<SlotRow> = bookings::table.filter(out.or(asked)).select(slot_columns!()).load(tx.conn)?;
    rows.into_iter().map(slot_of).collect()
}
