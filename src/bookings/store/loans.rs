//! Bookings as pages read them: one with all that is known of it, a school's own, and the requests. Bounded on both ends.

use std::collections::BTreeMap;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::plan::{SlotRow, requested as unanswered, slot_columns, slot_of};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, ClusterId, CopyId, PendingId, PersonId, ResourceId, SchoolId};
use crate::bookings::stands::{Beside, LoanStands};
use crate::bookings::{Booking, Slot, risk};
use crate::catalogue::plight::{self, OutRow, PlightRow};
use crate::catalogue::store::{state_of, strand_of};
use crate::catalogue::{Astray, CopyState, Plight, Strand};
use crate::db::asks::{LONGEST_HOLD, is_live, is_out, today};
use crate::db::schema::{bookings, copies, custody, pending_acts, people, resources, roles, schools};
use crate::db::{Error, House, Result, Tx};
use crate::undo::Waiting;
use crate::year::SchoolCalendar;
use crate::year::store::calendar_of_journeys;

/// The most rows a list shows.
const MOST: i64 = 500;

/// A booking with the names of what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// The booking.
    pub booking: Booking,
    /// The resource.
    pub resource: ResourceId,
    /// Its name.
    pub name: String,
    /// Its strand, for the icon's colour.
    pub strand: Strand,
    /// Its icon.
    pub icon: String,
    /// The copy's tag.
    pub tag: String,
    /// Whether the copy can be lent.
    pub copy_state: CopyState,
    /// Whether the copy is on its way or missing, and what it lacks.
    pub plight: Plight,
    /// Where the copy is kept when nobody has it.
    pub home: SchoolId,
    /// The name of who booked it.
    pub booked_by: String,
    /// In whose hands it is now.
    pub hands: Hands,
    /// When it was last changed.
    pub changed: chrono::DateTime<chrono::Utc>,
    /// What is about to happen to it and can still be undone.
    pub waiting: Option<Waiting>,
}

impl Loan {
    /// What is written beside its tag.
    #[must_use]
    pub fn beside(&self, today: Day) -> Beside {
        Beside::of_loan(&self.tag, &self.plight, self.copy_state, &self.booking.slot, today)
    }

    /// How it stands.
    #[must_use]
    pub fn stands(&self, today: Day) -> LoanStands {
        let at_risk = risk(&self.booking.slot, None, self.copy_state.why_not(), &self.plight, today).is_some();
        LoanStands::of(&self.booking.slot, at_risk, today)
    }

    /// The same where the copy is spoken of, and not the loan.
    #[must_use]
    pub fn beside_copy(&self, today: Day) -> Beside {
        Beside::of_copy(&self.tag, &self.plight, self.copy_state, today)
    }
}

/// Who answers for a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hands {
    /// Who booked it.
    Booker,
    /// Somebody to whom it was handed on, by id and name.
    Keeper(PersonId, String),
    /// Nobody in person: who had it has left, and the school has it until somebody is named. Only [`one`] asks this.
    School,
}

impl Loan {
    /// Whether the school says that it has given it back, and nobody has said yet that it has arrived.
    #[must_use]
    pub fn is_on_its_way_back(&self) -> bool {
        let slot = &self.booking.slot;
        matches!(self.plight.astray, Some(Astray::OnTheWay { from, since, .. }) if from == slot.school && slot.returned_on == Some(since))
    }
}

type DetailRow = (i64, String, String, Option<i32>, i32, String, String, Option<i64>, chrono::NaiveDateTime);
type NameRow = (i64, String, String, String, String, String, i64, String);
type KeeperRow = (Option<i64>, Option<String>);
type WaitingRow = (i64, String, chrono::NaiveDateTime, String);
type LoanRow = (SlotRow, DetailRow, NameRow, KeeperRow, Option<WaitingRow>, Option<OutRow>, PlightRow);

/// The table of people once more, for who keeps a booking beside who made it; and that of bookings, for what a copy is out for now.
mod keeping {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::people as keepers: Keepers, crate::db::schema::bookings as outs: Outs);
}
use keeping::{keepers, outs};

/// The columns of a [`Loan`], in the order of [`LoanRow`].
macro_rules! loan_columns {
    () => {
        (
            slot_columns!(),
            (
                bookings::person_id,
                bookings::class_name,
                bookings::purpose,
                bookings::pupils,
                bookings::sequence,
                bookings::override_reason,
                bookings::ended_reason,
                bookings::repeated_from,
                bookings::updated_at,
            ),
            (
                resources::id,
                resources::name,
                resources::strand,
                resources::icon,
                copies::tag,
                copies::state,
                copies::home_school_id,
                people::name,
            ),
            (bookings::keeper_id, keepers.field(people::name).nullable()),
            (pending_acts::id, pending_acts::kind, pending_acts::until, pending_acts::body).nullable(),
            (outs.field(bookings::id), outs.field(bookings::first_day), outs.field(bookings::last_day)).nullable(),
            (custody::place, custody::school_id, custody::to_school_id, custody::since, custody::short_essentials),
        )
    };
}

macro_rules! loans {
    () => {
        bookings::table
            .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
            .inner_join(custody::table.on(custody::cluster_id.eq(copies::cluster_id).and(custody::copy_id.eq(copies::id))))
            .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
            .inner_join(people::table.on(people::id.eq(bookings::person_id)))
            .left_join(keepers.on(keepers.field(people::id).nullable().eq(bookings::keeper_id)))
            .left_join(
                pending_acts::table.on(pending_acts::cluster_id
                    .eq(bookings::cluster_id)
                    .and(pending_acts::about.eq("bookings"))
                    .and(pending_acts::about_id.eq(bookings::id))
                    .and(pending_acts::ended_at.is_null())),
            )
            .left_join(outs.on(
                outs.field(bookings::cluster_id).eq(custody::cluster_id).and(outs.field(bookings::id).nullable().eq(custody::booking_id)),
            ))
            .select(loan_columns!())
    };
}

/// The loans of the rows; one query more while a copy of them is on its way.
fn loans_of(tx: &mut Tx<'_>, rows: Vec<LoanRow>) -> Result<Vec<Loan>> {
    let calendar = calendar_of_journeys(tx, rows.iter().filter_map(|(.., plight)| plight::under_way(plight)))?;
    rows.into_iter().map(|row| loan_of(row, &calendar)).collect()
}

fn loan_of((slot, detail, names, (keeper, keeper_name), waiting, out, plight): LoanRow, calendar: &SchoolCalendar) -> Result<Loan> {
    let (person, class_name, purpose, pupils, sequence, override_reason, ended_reason, repeated_from, changed) = detail;
    let (resource, name, strand, icon, tag, copy_state, home, booked_by) = names;
    let booking = Booking {
        slot: slot_of(slot)?,
        person: PersonId(person),
        class_name,
        purpose,
        pupils: pupils.and_then(|pupils| u16::try_from(pupils).ok()),
        sequence: u32::try_from(sequence).map_err(|_| Error::Check("bookings_sequence".to_owned()))?,
        override_reason,
        ended_reason,
        repeated_from: repeated_from.map(BookingId),
    };
    Ok(Loan {
        booking,
        resource: ResourceId(resource),
        name,
        strand: strand_of(&strand)?,
        icon,
        tag,
        copy_state: state_of(&copy_state)?,
        plight: Plight::of(plight, SchoolId(home), calendar).out_for(out),
        home: SchoolId(home),
        booked_by,
        hands: keeper.map_or(Hands::Booker, |id| Hands::Keeper(PersonId(id), keeper_name.unwrap_or_default())),
        changed: changed.and_utc(),
        waiting: waiting.map(|(id, kind, until, body)| Waiting { id: PendingId(id), kind, until: until.and_utc(), body }),
    })
}

/// One booking of this cluster.
pub fn one(tx: &mut Tx<'_>, id: BookingId) -> Result<Loan> {
    let today = tx.today();
    let answers =
        roles::person_id.nullable().eq(bookings::keeper_id).or(bookings::keeper_id.is_null().and(roles::person_id.eq(bookings::person_id)));
    let here = roles::table.filter(roles::cluster_id.eq(tx.cluster.0)).filter(answers).filter(today!(roles, today));
    let (row, here): (LoanRow, bool) = loans!()
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::id.eq(id.0))
        .select((loan_columns!(), exists(here)))
        .first(tx.conn)?;
    let calendar = calendar_of_journeys(tx, plight::under_way(&row.6).into_iter())?;
    let loan = loan_of(row, &calendar)?;
    Ok(if here { loan } else { Loan { hands: Hands::School, ..loan } })
}

/// The schools' bookings that end on a day of the window, and what they have out now, however old; by first day. What the waiting
/// list offers them is no booking.
pub fn of_schools(tx: &mut Tx<'_>, schools: &[SchoolId], window: Period) -> Result<Vec<Loan>> {
    let wanted: Vec<i64> = schools.iter().map(|school| school.0).collect();
    let of = || bookings::cluster_id.eq(tx.cluster.0).and(bookings::school_id.eq_any(wanted.clone()));
    let ended = of().and(bookings::last_day.between(window.first(), window.last())).and(bookings::offer_until.is_null());
    // Both halves name the cluster and what their index begins with (see `plan::open_now`).
    let out = of().and(bookings::copy_id.gt(0)).and(bookings::collected_on.is_not_null()).and(bookings::returned_on.is_null());
    let rows: Vec<LoanRow> = loans!().filter(ended.or(out)).order((bookings::first_day, bookings::id)).limit(MOST).load(tx.conn)?;
    loans_of(tx, rows)
}

/// The schools' loans that ended on a day of the window, newest first, with those that never were.
pub fn ended(tx: &mut Tx<'_>, schools: &[SchoolId], window: Period) -> Result<Vec<Loan>> {
    let wanted: Vec<i64> = schools.iter().map(|school| school.0).collect();
    let rows: Vec<LoanRow> = loans!()
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::school_id.eq_any(wanted))
        .filter(bookings::last_day.between(window.first(), window.last()))
        .filter(bookings::kind.eq("loan"))
        .filter(bookings::offer_until.is_null())
        .order((bookings::first_day.desc(), bookings::id.desc()))
        .limit(MOST)
        .load(tx.conn)?;
    loans_of(tx, rows)
}

/// Requests that wait for an answer, by first day; those whose days are past among them, to be cleared away.
pub fn requested(tx: &mut Tx<'_>) -> Result<Vec<Loan>> {
    let rows: Vec<LoanRow> = loans!()
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(unanswered())
        .filter(bookings::offer_until.is_null())
        .filter(bookings::first_day.ge(days::add(tx.today(), -LONGEST_HOLD)))
        .order((bookings::first_day, bookings::id))
        .limit(MOST)
        .load(tx.conn)?;
    loans_of(tx, rows)
}

/// What is written beside the tags of these copies: one query, and one more while one of them is on its way.
pub fn besides(tx: &mut Tx<'_>, of: &[CopyId]) -> Result<BTreeMap<CopyId, Standing>> {
    type Row = (i64, String, String, i64, Option<OutRow>, PlightRow);
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Row> =
        copies::table
            .inner_join(custody::table.on(custody::cluster_id.eq(copies::cluster_id).and(custody::copy_id.eq(copies::id))))
            .left_join(outs.on(
                outs.field(bookings::cluster_id).eq(custody::cluster_id).and(outs.field(bookings::id).nullable().eq(custody::booking_id)),
            ))
            .filter(copies::cluster_id.eq(tx.cluster.0))
            .filter(copies::id.eq_any(of.iter().map(|id| id.0)))
            .select((
                copies::id,
                copies::tag,
                copies::state,
                copies::home_school_id,
                (outs.field(bookings::id), outs.field(bookings::first_day), outs.field(bookings::last_day)).nullable(),
                (custody::place, custody::school_id, custody::to_school_id, custody::since, custody::short_essentials),
            ))
            .load(tx.conn)?;
    let calendar = calendar_of_journeys(tx, rows.iter().filter_map(|(.., plight)| plight::under_way(plight)))?;
    let today = tx.today();
    rows.into_iter()
        .map(|(id, tag, state, home, out, plight)| {
            let plight = Plight::of(plight, SchoolId(home), &calendar).out_for(out);
            Ok((CopyId(id), Standing { tag, state: state_of(&state)?, plight, today }))
        })
        .collect()
}

/// A copy as [`besides`] found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    tag: String,
    state: CopyState,
    plight: Plight,
    today: Day,
}

impl Standing {
    /// What is written beside its tag.
    #[must_use]
    pub fn beside(&self) -> Beside {
        Beside::of_copy(&self.tag, &self.plight, self.state, self.today)
    }

    /// What is written beside its tag where a booking of it is spoken of.
    #[must_use]
    pub fn beside_loan(&self, slot: &Slot) -> Beside {
        Beside::of_loan(&self.tag, &self.plight, self.state, slot, self.today)
    }
}

/// Everything that is out at a school now, late or not.
pub fn out_now(tx: &mut Tx<'_>) -> Result<Vec<Slot>> {
    let rows: Vec<SlotRow> = bookings::table.filter(is_out!(tx)).select(slot_columns!()).load(tx.conn)?;
    rows.into_iter().map(slot_of).collect()
}

/// The copy's live bookings that hold a day of the window, by first day, with the short name of their school.
pub fn around(tx: &mut Tx<'_>, copies: &[CopyId], window: Period) -> Result<Vec<(Slot, String)>> {
    let wanted: Vec<i64> = copies.iter().map(|copy| copy.0).collect();
    let rows: Vec<(SlotRow, String)> = bookings::table
        .inner_join(schools::table.on(schools::cluster_id.eq(bookings::cluster_id).and(schools::id.eq(bookings::school_id))))
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::copy_id.eq_any(wanted))
        .filter(bookings::first_day.ge(days::add(window.first(), -LONGEST_HOLD)))
        .filter(bookings::first_day.le(window.last()))
        .filter(bookings::held_until.ge(window.first()))
        .filter(is_live!())
        .order((bookings::first_day, bookings::id))
        .select((slot_columns!(), schools::short_name))
        .load(tx.conn)?;
    rows.into_iter().map(|(row, name)| Ok((slot_of(row)?, name))).collect()
}

/// How many loans each of the clusters has to come, for those that have any: live ones, not returned, whose last day is not past.
/// One query; the days that a booking may last bound it in the past.
pub fn to_come_of(house: &mut House<'_>, of: &[ClusterId]) -> Result<Vec<(ClusterId, i64)>> {
    let today = house.today();
    let rows: Vec<(i64, i64)> = bookings::table
        .filter(bookings::cluster_id.eq_any(of.iter().map(|id| id.0)))
        .filter(bookings::first_day.ge(days::add(today, -LONGEST_HOLD)))
        .filter(bookings::last_day.ge(today))
        .filter(bookings::returned_on.is_null())
        .filter(bookings::offer_until.is_null())
        .filter(is_live!())
        .group_by(bookings::cluster_id)
        .select((bookings::cluster_id, diesel::dsl::count_star()))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(id, many)| (ClusterId(id), many)).collect())
}
