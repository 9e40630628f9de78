//! The rows of legs, and the list of copies whose legs are to be laid anew.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::custody_columns;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, LegId, MeetingId, PersonId, SchoolId};
use crate::bookings::Slot;
use crate::bookings::errands::Hop;
use crate::bookings::store::errands::meeting_at;
use crate::bookings::store::loans;
use crate::bookings::store::plan::{SlotRow, slot_columns, slot_of};
use crate::db::asks::{LONGEST_HOLD, insert_all, is_live};
use crate::db::schema::{bookings, copies, custody, handovers, legs, meetings, schools, unsettled, waits};
use crate::db::{Error, Result, Tx};
use crate::journeys::legs::FIRST_LOOK_DAYS;
use crate::journeys::{Custody, Leg, LegState, Proposal, Way};

pub(crate) type Ends = (i64, i64, Option<i64>, Option<i64>, i64, i64);
pub(crate) type How = (Day, String, Option<i64>, String, bool);
pub(crate) type Proposed = (Option<i64>, Option<i64>, Option<Day>, Option<String>, Option<i64>, String, Option<NaiveDateTime>);
pub(crate) type Row = (Ends, How, Proposed, (String, i32, bool, Day));

/// The columns of a [`Leg`], in the order of [`Row`].
macro_rules! leg_columns {
    () => {
        (
            (legs::id, legs::copy_id, legs::from_booking_id, legs::to_booking_id, legs::from_school_id, legs::to_school_id),
            (legs::day, legs::way, legs::meeting_id, legs::note, legs::agreed),
            (
                legs::proposed_by,
                legs::proposed_school_id,
                legs::proposed_day,
                legs::proposed_way,
                legs::proposed_meeting_id,
                legs::proposed_note,
                legs::proposed_at,
            ),
            (legs::state, legs::revision, legs::told, legs::look_on),
        )
    };
}
pub(crate) use leg_columns;

fn way(text: &str) -> Result<Way> {
    text.parse().map_err(|_| Error::Check("legs_way".to_owned()))
}

pub(crate) fn leg_of((ends, how, proposed, (state, revision, told, look_on)): Row) -> Result<Leg> {
    let (id, copy, from_booking, to_booking, from, to) = ends;
    let (day, travels, meeting, note, agreed) = how;
    let (by, school, proposed_day, proposed_way, proposed_meeting, proposed_note, at) = proposed;
    let proposal = match (school, proposed_day, proposed_way, at) {
        (Some(school), Some(day), Some(travels), Some(at)) => Some(Proposal {
            by: by.map(PersonId),
            school: SchoolId(school),
            day,
            way: way(&travels)?,
            meeting: proposed_meeting.map(MeetingId),
            note: proposed_note,
            at: at.and_utc(),
        }),
        _ => None,
    };
    Ok(Leg {
        id: LegId(id),
        copy: CopyId(copy),
        from_booking: from_booking.map(BookingId),
        to_booking: to_booking.map(BookingId),
        from: SchoolId(from),
        to: SchoolId(to),
        day,
        way: way(&travels)?,
        meeting: meeting.map(MeetingId),
        note,
        agreed,
        proposal,
        state: state.parse().map_err(|_| Error::Check("legs_state".to_owned()))?,
        revision,
        told,
        look_on,
    })
}

/// One leg of this cluster.
pub fn one(tx: &mut Tx<'_>, id: LegId) -> Result<Leg> {
    let row: Row = legs::table.find((tx.cluster.0, id.0)).select(leg_columns!()).first(tx.conn)?;
    leg_of(row)
}

/// The planned legs of the cluster whose day lies in the window, by day. Overdue ones are planned, too.
pub fn planned(tx: &mut Tx<'_>, window: Period) -> Result<Vec<Leg>> {
    let rows: Vec<Row> = legs::table
        .filter(legs::cluster_id.eq(tx.cluster.0))
        .filter(legs::state.eq("planned"))
        .filter(legs::day.between(window.first(), window.last()))
        .order((legs::day, legs::id))
        .select(leg_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(leg_of).collect()
}

/// The copies whose bookings or custody have changed, as a part of a query: a statement with a list of them would not be kept prepared. What
/// a session past the application lists meanwhile may be among them, and does no harm.
macro_rules! listed {
    ($tx:expr) => {
        unsettled::table.filter(unsettled::cluster_id.eq($tx.cluster.0)).select(unsettled::copy_id)
    };
}

/// The planned legs of the copies that have changed, by day.
pub fn of_unsettled(tx: &mut Tx<'_>) -> Result<Vec<Leg>> {
    let rows: Vec<Row> = legs::table
        .filter(legs::cluster_id.eq(tx.cluster.0))
        .filter(legs::copy_id.eq_any(listed!(tx)))
        .filter(legs::state.eq("planned"))
        .order((legs::day, legs::id))
        .select(leg_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(leg_of).collect()
}

/// The live bookings of the copies that have changed which hold a day from today on, and those for which one is out, however old; by copy
/// and day.
pub fn slots_of_unsettled(tx: &mut Tx<'_>) -> Result<Vec<Slot>> {
    let today = tx.today();
    // Both halves name cluster and copies, so that each finds its own index (see `bookings::store::plan::open_now`).
    let of = || bookings::cluster_id.eq(tx.cluster.0).and(bookings::copy_id.eq_any(listed!(tx)));
    let planned = of().and(bookings::first_day.ge(days::add(today, -LONGEST_HOLD))).and(bookings::held_until.ge(today)).and(is_live!());
    let out = of().and(bookings::collected_on.is_not_null()).and(bookings::returned_on.is_null());
    let rows: Vec<SlotRow> = bookings::table.filter(planned.or(out)).select(slot_columns!()).load(tx.conn)?;
    let mut slots = rows.into_iter().map(slot_of).collect::<Result<Vec<_>>>()?;
    slots.sort_unstable_by_key(|slot| (slot.copy, slot.days));
    Ok(slots)
}

/// The planned legs of one copy, by day, each with the booking that it leads to: one query.
pub fn with_bookings(tx: &mut Tx<'_>, copy: CopyId) -> Result<Vec<(Leg, Option<Slot>)>> {
    let rows: Vec<(Row, Option<SlotRow>)> = legs::table
        .left_join(bookings::table.on(bookings::cluster_id.eq(legs::cluster_id).and(bookings::id.nullable().eq(legs::to_booking_id))))
        .filter(legs::cluster_id.eq(tx.cluster.0))
        .filter(legs::copy_id.eq(copy.0))
        .filter(legs::state.eq("planned"))
        .order((legs::day, legs::id))
        .select((leg_columns!(), slot_columns!().nullable()))
        .load(tx.conn)?;
    rows.into_iter().map(|(leg, slot)| Ok((leg_of(leg)?, slot.map(slot_of).transpose()?))).collect()
}

/// The planned legs to and from a booking.
pub fn of_booking(tx: &mut Tx<'_>, booking: BookingId) -> Result<Vec<Leg>> {
    of_bookings(tx, &[booking])
}

/// The planned legs to and from any of the bookings, by day.
pub fn of_bookings(tx: &mut Tx<'_>, bookings: &[BookingId]) -> Result<Vec<Leg>> {
    if bookings.is_empty() {
        return Ok(Vec::new());
    }
    let ids = || bookings.iter().map(|id| id.0);
    let rows: Vec<Row> = legs::table
        .filter(legs::cluster_id.eq(tx.cluster.0))
        .filter(legs::state.eq("planned"))
        .filter(legs::from_booking_id.eq_any(ids()).or(legs::to_booking_id.eq_any(ids())))
        .order((legs::day, legs::id))
        .select(leg_columns!())
        .load(tx.conn)?;
    rows.into_iter().map(leg_of).collect()
}

/// The planned legs to and from a booking, by day, each with how it is said: one query.
pub fn with_hops(tx: &mut Tx<'_>, booking: BookingId) -> Result<Vec<(Leg, Hop)>> {
    // Both halves name the cluster, so that each finds its own index.
    let begins = legs::cluster_id.eq(tx.cluster.0).and(legs::to_booking_id.eq(booking.0));
    let ends = legs::cluster_id.eq(tx.cluster.0).and(legs::from_booking_id.eq(booking.0));
    let rows: Vec<(Row, Option<String>, Option<String>)> = legs::table
        .left_join(meetings::table.on(meetings::cluster_id.eq(legs::cluster_id).and(meetings::id.nullable().eq(legs::meeting_id))))
        .left_join(schools::table.on(schools::cluster_id.eq(meetings::cluster_id).and(schools::id.nullable().eq(meetings::school_id))))
        .filter(begins.or(ends))
        // Letter for letter as the partial indices have it: SQLite takes them only then.
        .filter(sql::<Bool>("legs.state = 'planned'"))
        .order((legs::day, legs::id))
        .select((leg_columns!(), schools::short_name.nullable(), meetings::place.nullable()))
        .load(tx.conn)?;
    let both = |(row, school, place)| {
        let leg = leg_of(row)?;
        let hop = Hop {
            leg: leg.id,
            copy: leg.copy,
            from_booking: leg.from_booking,
            to_booking: leg.to_booking,
            ends: leg.ends(),
            day: leg.day,
            meeting: meeting_at(school, place),
            note: leg.note.clone(),
        };
        Ok((leg, hop))
    };
    rows.into_iter().map(both).collect()
}

/// How many legs go into one statement: SQLite takes 32,766 values, and a leg has sixteen.
const LAID_AT_ONCE: usize = 500;

/// Legs that are laid now.
pub fn insert(tx: &mut Tx<'_>, new: &[Leg]) -> Result<()> {
    new.chunks(LAID_AT_ONCE).try_for_each(|some| insert_some(tx, some))
}

fn insert_some(tx: &mut Tx<'_>, new: &[Leg]) -> Result<()> {
    let rows = new.iter().map(|leg| {
        (
            (legs::cluster_id.eq(tx.cluster.0), legs::id.eq(leg.id.0), legs::copy_id.eq(leg.copy.0)),
            legs::from_booking_id.eq(leg.from_booking.map(|id| id.0)),
            legs::to_booking_id.eq(leg.to_booking.map(|id| id.0)),
            legs::from_school_id.eq(leg.from.0),
            legs::to_school_id.eq(leg.to.0),
            legs::day.eq(leg.day),
            legs::way.eq(<&'static str>::from(leg.way)),
            legs::meeting_id.eq(leg.meeting.map(|id| id.0)),
            legs::note.eq(leg.note.clone()),
            legs::agreed.eq(leg.agreed),
            legs::state.eq(<&'static str>::from(leg.state)),
            legs::look_on.eq(leg.look_on),
            (legs::created_at.eq(tx.stamp()), legs::updated_at.eq(tx.stamp())),
        )
    });
    insert_all!(tx.conn, diesel::insert_into(legs::table), rows.collect())?;
    Ok(())
}

/// Writes down a leg as it is now: everything but its copy.
pub fn update(tx: &mut Tx<'_>, leg: &Leg) -> Result<()> {
    let proposal = leg.proposal.as_ref();
    diesel::update(legs::table.find((tx.cluster.0, leg.id.0)))
        .set((
            legs::from_booking_id.eq(leg.from_booking.map(|id| id.0)),
            legs::to_booking_id.eq(leg.to_booking.map(|id| id.0)),
            legs::from_school_id.eq(leg.from.0),
            legs::to_school_id.eq(leg.to.0),
            (
                legs::day.eq(leg.day),
                legs::way.eq(<&'static str>::from(leg.way)),
                legs::meeting_id.eq(leg.meeting.map(|id| id.0)),
                legs::note.eq(&leg.note),
                legs::agreed.eq(leg.agreed),
            ),
            (
                legs::proposed_by.eq(proposal.and_then(|one| one.by).map(|id| id.0)),
                legs::proposed_school_id.eq(proposal.map(|one| one.school.0)),
                legs::proposed_day.eq(proposal.map(|one| one.day)),
                legs::proposed_way.eq(proposal.map(|one| <&'static str>::from(one.way))),
                legs::proposed_meeting_id.eq(proposal.and_then(|one| one.meeting).map(|id| id.0)),
                legs::proposed_note.eq(proposal.map_or("", |one| one.note.as_str())),
                legs::proposed_at.eq(proposal.map(|one| one.at.naive_utc())),
            ),
            (
                legs::state.eq(<&'static str>::from(leg.state)),
                legs::revision.eq(leg.revision),
                legs::told.eq(leg.told),
                legs::look_on.eq(leg.look_on),
                legs::updated_at.eq(tx.stamp()),
            ),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The copy has arrived, or the bookings no longer ask for the leg: what letters say of it is overtaken.
pub fn end(tx: &mut Tx<'_>, leg: &Leg, state: LegState) -> Result<()> {
    diesel::update(legs::table.find((tx.cluster.0, leg.id.0)))
        .set((legs::state.eq(<&'static str>::from(state)), legs::revision.eq(leg.revision + 1), legs::updated_at.eq(tx.stamp())))
        .execute(tx.conn)?;
    Ok(())
}

/// The worker has looked at a leg. `told`: it has stored a letter about it. When the leg was changed is left alone.
pub fn looked_at(tx: &mut Tx<'_>, id: LegId, again: Day, told: bool) -> Result<()> {
    let row = legs::table.find((tx.cluster.0, id.0));
    if told {
        diesel::update(row).set((legs::look_on.eq(again), legs::told.eq(true))).execute(tx.conn)?;
    } else {
        diesel::update(row).set(legs::look_on.eq(again)).execute(tx.conn)?;
    }
    Ok(())
}

/// What concerns the copies that have changed is looked at by the worker in its next round.
pub fn look_again(tx: &mut Tx<'_>) -> Result<()> {
    let changed = custody::table.filter(custody::cluster_id.eq(tx.cluster.0)).filter(custody::copy_id.eq_any(listed!(tx)));
    diesel::update(changed).set(custody::look_on.eq(tx.today())).execute(tx.conn)?;
    Ok(())
}

/// So are the planned legs of these copies that come near, whose school days may be others now.
pub fn look_at_near_ones(tx: &mut Tx<'_>, of: &[CopyId]) -> Result<()> {
    let today = tx.today();
    let near = legs::table
        .filter(legs::cluster_id.eq(tx.cluster.0))
        .filter(legs::copy_id.eq_any(of.iter().map(|id| id.0)))
        .filter(legs::day.between(today, days::add(today, FIRST_LOOK_DAYS)))
        .filter(legs::state.eq("planned"))
        .filter(legs::look_on.gt(today));
    diesel::update(near).set(legs::look_on.eq(today)).execute(tx.conn)?;
    Ok(())
}

/// A copy whose bookings or custody have changed since its legs were laid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Where it is.
    pub custody: Custody,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// Whether somebody waits for its resource.
    pub awaited: bool,
}

/// The copies whose bookings or custody have changed since their legs were laid: one query.
pub fn changed(tx: &mut Tx<'_>) -> Result<Vec<Changed>> {
    let waiting = waits::table
        .filter(waits::cluster_id.eq(copies::cluster_id))
        .filter(waits::resource_id.eq(copies::resource_id))
        .filter(sql::<Bool>("waits.state IN ('waiting', 'offered')"))
        .filter(waits::state.eq("waiting"));
    let rows: Vec<(super::Row, i64, bool)> = unsettled::table
        .inner_join(copies::table.on(copies::cluster_id.eq(unsettled::cluster_id).and(copies::id.eq(unsettled::copy_id))))
        .inner_join(custody::table.on(custody::cluster_id.eq(unsettled::cluster_id).and(custody::copy_id.eq(unsettled::copy_id))))
        .filter(unsettled::cluster_id.eq(tx.cluster.0))
        .order(unsettled::copy_id)
        .select((custody_columns!(), copies::home_school_id, exists(waiting)))
        .load(tx.conn)?;
    let of = |(row, home, awaited)| Ok(Changed { custody: super::custody_of(row)?, home: SchoolId(home), awaited });
    rows.into_iter().map(of).collect()
}

/// The legs of these copies are laid. One that a session past the application has listed meanwhile stays listed.
pub fn settled(tx: &mut Tx<'_>, copies: &[CopyId]) -> Result<()> {
    let own = unsettled::table.filter(unsettled::cluster_id.eq(tx.cluster.0));
    match copies {
        // Kept prepared, which a list is not.
        [copy] => diesel::delete(own.filter(unsettled::copy_id.eq(copy.0))).execute(tx.conn)?,
        some => diesel::delete(own.filter(unsettled::copy_id.eq_any(some.iter().map(|id| id.0)))).execute(tx.conn)?,
    };
    Ok(())
}

/// The legs of the copy are to be laid anew at the end of the transaction: a day has passed that changes them.
pub fn unsettle(tx: &mut Tx<'_>, copy: CopyId) -> Result<()> {
    let listed = diesel::select(exists(unsettled::table.find((tx.cluster.0, copy.0)))).get_result::<bool>(tx.conn)?;
    if !listed {
        diesel::insert_into(unsettled::table)
            .values((unsettled::cluster_id.eq(tx.cluster.0), unsettled::copy_id.eq(copy.0)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The leg on which the copy is under way now: given up, not received.
pub fn under_way(tx: &mut Tx<'_>, copy: CopyId) -> Result<Option<LegId>> {
    Ok(all_under_way(tx, &[copy])?.remove(&copy))
}

/// The legs on which some copies are under way now.
pub fn all_under_way(tx: &mut Tx<'_>, copies: &[CopyId]) -> Result<BTreeMap<CopyId, LegId>> {
    let rows: Vec<(i64, Option<i64>)> = handovers::table
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(handovers::copy_id.eq_any(copies.iter().map(|id| id.0)))
        .filter(handovers::state.eq("given"))
        .select((handovers::copy_id, handovers::leg_id))
        .load(tx.conn)?;
    Ok(rows.into_iter().filter_map(|(copy, leg)| Some((CopyId(copy), LegId(leg?)))).collect())
}

/// Of the bookings, whether each was collected, and whether it was returned.
pub fn possession(tx: &mut Tx<'_>, of: &[BookingId]) -> Result<BTreeMap<BookingId, (bool, bool)>> {
    let rows: Vec<(i64, Option<Day>, Option<Day>)> = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::id.eq_any(of.iter().map(|id| id.0)))
        .select((bookings::id, bookings::collected_on, bookings::returned_on))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, collected, returned)| (BookingId(id), (collected.is_some(), returned.is_some()))).collect())
}

/// The bookings at a leg's ends, as the plan has them.
pub fn slots(tx: &mut Tx<'_>, leg: &Leg) -> Result<(Option<Slot>, Option<Slot>)> {
    let mut of = |id: Option<BookingId>| id.map(|id| loans::one(tx, id).map(|loan| loan.booking.slot)).transpose();
    Ok((of(leg.from_booking)?, of(leg.to_booking)?))
}
