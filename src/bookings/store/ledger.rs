//! Writing bookings down, and each change of one. Every function logs what was before and after (product rule 11); whether
//! it may be is decided before, by the rules.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::loans::Loan;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, ClusterId, CopyId, PersonId};
use crate::bookings::changes::{self, Back};
use crate::bookings::moved::Moved;
use crate::bookings::{Booking, Decision, Slot, State};
use crate::db::asks::LONGEST_HOLD;
use crate::db::schema::bookings;
use crate::db::{House, Result, Tx};

/// What a booking is for, as the form gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The class or year group.
    pub class_name: String,
    /// The purpose.
    pub purpose: String,
    /// How many pupils.
    pub pupils: Option<u16>,
}

/// What a new booking has besides its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Who books.
    pub person: PersonId,
    /// What for.
    pub details: Details,
    /// Why a coordinator set rules aside; stored only when one was.
    pub override_reason: String,
    /// The form's key.
    pub request_key: String,
    /// The booking it repeats.
    pub repeated_from: Option<BookingId>,
    /// How long the days are held, when it is an offer of the waiting list.
    pub offer_until: Option<DateTime<Utc>>,
}

impl New {
    /// Why a coordinator set rules aside; empty when none was.
    fn reason(&self, decision: &Decision) -> &str {
        if decision.waived.is_empty() { "" } else { self.override_reason.trim() }
    }

    /// The booking that [`insert`] stores.
    #[must_use]
    pub fn booking(&self, id: BookingId, decision: &Decision) -> Booking {
        Booking {
            slot: Slot {
                id,
                copy: decision.copy,
                school: decision.school,
                kind: decision.kind,
                state: decision.state,
                days: decision.days,
                held_until: decision.held_until,
                collected_on: None,
                returned_on: None,
                offer_until: self.offer_until,
            },
            person: self.person,
            class_name: self.details.class_name.clone(),
            purpose: self.details.purpose.clone(),
            pupils: self.details.pupils,
            sequence: 0,
            override_reason: self.reason(decision).to_owned(),
            ended_reason: String::new(),
            repeated_from: self.repeated_from,
        }
    }
}

/// The booking that a form with this key has made already.
pub fn by_request_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<(BookingId, State)>> {
    let found: Option<(i64, String)> = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::request_key.eq(key))
        .select((bookings::id, bookings::state))
        .first(tx.conn)
        .optional()?;
    Ok(found.map(|(id, state)| (BookingId(id), state.parse().unwrap_or(State::Confirmed))))
}

/// How a booking stands now and its calendar SEQUENCE: asked when a letter about it is about to be sent.
pub fn state_and_sequence(tx: &mut Tx<'_>, id: BookingId) -> Result<Option<(State, u32)>> {
    let found: Option<(String, i32)> =
        bookings::table.find((tx.cluster.0, id.0)).select((bookings::state, bookings::sequence)).first(tx.conn).optional()?;
    Ok(found.and_then(|(state, sequence)| Some((state.parse().ok()?, u32::try_from(sequence).ok()?))))
}

/// Stores a new booking. [`crate::db::Error::Taken`] when a day is held by another, whatever the rules saw.
pub fn insert(tx: &mut Tx<'_>, decision: &Decision, new: &New) -> Result<BookingId> {
    let id = BookingId::fresh(tx.now);
    let reason = new.reason(decision);
    // Only a booking of this cluster can be repeated; another id is nobody's business here.
    let repeated_from = match new.repeated_from {
        Some(from) if state_and_sequence(tx, from)?.is_some() => Some(from.0),
        _ => None,
    };
    let now = tx.stamp();
    diesel::insert_into(bookings::table)
        .values((
            bookings::cluster_id.eq(tx.cluster.0),
            bookings::id.eq(id.0),
            bookings::copy_id.eq(decision.copy.0),
            bookings::school_id.eq(decision.school.0),
            bookings::person_id.eq(new.person.0),
            bookings::kind.eq(<&'static str>::from(decision.kind)),
            bookings::state.eq(<&'static str>::from(decision.state)),
            (bookings::first_day.eq(decision.days.first()), bookings::last_day.eq(decision.days.last())),
            bookings::held_until.eq(decision.held_until),
            bookings::class_name.eq(&new.details.class_name),
            bookings::purpose.eq(&new.details.purpose),
            bookings::pupils.eq(new.details.pupils.map(i32::from)),
            bookings::request_key.eq(&new.request_key),
            bookings::override_reason.eq(reason),
            bookings::repeated_from.eq(repeated_from),
            bookings::offer_until.eq(new.offer_until.map(|until| until.naive_utc())),
            (bookings::created_at.eq(now), bookings::updated_at.eq(now)),
        ))
        .execute(tx.conn)?;
    let verb = match (new.offer_until, decision.state) {
        (Some(_), _) => "offered",
        (None, State::Requested) => "requested",
        (None, _) => "reserved",
    };
    let waived: Vec<&str> = decision.waived.iter().filter_map(crate::bookings::Refusal::rule).collect();
    let mut after = format!("{}, {}", decision.tag, decision.days);
    if !waived.is_empty() {
        after = format!("{after}; set aside: {} ({reason})", waived.join(", "));
    }
    tx.log("bookings", &id, verb, "", &after)?;
    Ok(id)
}

/// Other days or another copy. The old days are given up and the new taken by one statement.
pub fn change(tx: &mut Tx<'_>, old: &Loan, to: &Moved) -> Result<()> {
    diesel::update(bookings::table.find((tx.cluster.0, old.booking.slot.id.0)))
        .set((
            bookings::copy_id.eq(to.copy.0),
            bookings::state.eq(<&'static str>::from(to.state)),
            bookings::first_day.eq(to.days.first()),
            bookings::last_day.eq(to.days.last()),
            bookings::held_until.eq(to.held_until),
            bookings::override_reason.eq(&to.reason),
            bookings::sequence.eq(bookings::sequence + 1),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    let before = format!("{}, {}", old.tag, old.booking.slot.days);
    let mut after = to.words();
    if to.state == State::Requested && old.booking.slot.state == State::Confirmed {
        after.push_str("; waits for approval again");
    }
    tx.log("bookings", &old.booking.slot.id, "changed", &before, &after)
}

/// What holds days for a booking that is about to move there, by its form's key.
fn held_for(id: BookingId) -> String {
    format!("hold:{id}")
}

/// Holds days for a booking that is about to move there: as those that the waiting list offers are held, so that every list and rule leaves them
/// out. [`crate::db::Error::Taken`] when one of them is held by another.
pub fn hold(tx: &mut Tx<'_>, of: &Loan, copy: CopyId, days: Period, until: DateTime<Utc>) -> Result<()> {
    let (id, now) = (BookingId::fresh(tx.now), tx.stamp());
    diesel::insert_into(bookings::table)
        .values((
            (bookings::cluster_id.eq(tx.cluster.0), bookings::id.eq(id.0), bookings::copy_id.eq(copy.0)),
            (bookings::school_id.eq(of.booking.slot.school.0), bookings::person_id.eq(of.booking.person.0)),
            bookings::kind.eq(<&'static str>::from(of.booking.slot.kind)),
            bookings::state.eq(<&'static str>::from(State::Requested)),
            (bookings::first_day.eq(days.first()), bookings::last_day.eq(days.last()), bookings::held_until.eq(days.last())),
            bookings::purpose.eq("Held while a booking moves to these days"),
            bookings::request_key.eq(held_for(of.booking.slot.id)),
            bookings::offer_until.eq(Some(until.naive_utc())),
            (bookings::created_at.eq(now), bookings::updated_at.eq(now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Lets go of the days that were held for a booking. They were never a booking of their own, and nothing is left of them.
pub fn let_go(tx: &mut Tx<'_>, of: BookingId) -> Result<()> {
    let held = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::request_key.eq(held_for(of)))
        .filter(bookings::offer_until.is_not_null());
    diesel::delete(held).execute(tx.conn)?;
    Ok(())
}

/// Approved, declined or cancelled. `reason` is empty for an approval.
pub fn set_state(tx: &mut Tx<'_>, old: &Loan, to: State, reason: &str) -> Result<()> {
    diesel::update(bookings::table.find((tx.cluster.0, old.booking.slot.id.0)))
        .set((
            bookings::state.eq(<&'static str>::from(to)),
            bookings::ended_reason.eq(reason.trim()),
            bookings::sequence.eq(bookings::sequence + 1),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    let verb = match to {
        State::Confirmed => "approved",
        State::Declined => "declined",
        State::Cancelled => "cancelled",
        State::Requested => "requested",
    };
    tx.log("bookings", &old.booking.slot.id, verb, old.booking.slot.state.name(), reason.trim())
}

/// The school takes what the waiting list has offered it: from now on it is a booking of who takes it, or a request.
pub fn take_offer(tx: &mut Tx<'_>, old: &Loan, decision: &Decision, person: PersonId, reason: &str) -> Result<()> {
    let reason = if decision.waived.is_empty() { "" } else { reason.trim() };
    diesel::update(bookings::table.find((tx.cluster.0, old.booking.slot.id.0)))
        .set((
            bookings::state.eq(<&'static str>::from(decision.state)),
            bookings::offer_until.eq(None::<NaiveDateTime>),
            bookings::person_id.eq(person.0),
            bookings::override_reason.eq(reason),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    let verb = if decision.state == State::Requested { "requested" } else { "reserved" };
    let mut after = format!("{}, {}", decision.tag, decision.days);
    let waived: Vec<&str> = decision.waived.iter().filter_map(crate::bookings::Refusal::rule).collect();
    if !waived.is_empty() {
        after = format!("{after}; set aside: {} ({reason})", waived.join(", "));
    }
    tx.log("bookings", &old.booking.slot.id, verb, "Offered from the waiting list", &after)
}

/// What the waiting list offered is not taken: its days are free again. Nothing when it is no offer any more.
pub fn end_offer(tx: &mut Tx<'_>, booking: BookingId, reason: &str) -> Result<()> {
    let offer = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::id.eq(booking.0))
        .filter(bookings::state.eq("requested"))
        .filter(bookings::offer_until.is_not_null());
    let ended = diesel::update(offer)
        .set((
            bookings::state.eq(<&'static str>::from(State::Cancelled)),
            bookings::ended_reason.eq(reason),
            bookings::sequence.eq(bookings::sequence + 1),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    if ended == 0 { Ok(()) } else { tx.log("bookings", &booking, "cancelled", "Offered", reason) }
}

/// The clusters in which an offer of the waiting list has run out since then, for the worker: by the index of the offers alone.
pub fn with_offers_run_out(house: &mut House<'_>, since: NaiveDateTime) -> Result<Vec<ClusterId>> {
    let clusters: Vec<i64> = bookings::table
        .filter(crate::bookings::store::plan::requested())
        .filter(bookings::offer_until.is_not_null())
        .filter(bookings::offer_until.gt(since).and(bookings::offer_until.le(house.stamp())))
        .order(bookings::offer_until)
        .limit(1000)
        .select(bookings::cluster_id)
        .load(house.conn)?;
    Ok(each_once(clusters))
}

/// The clusters in which a request has lapsed (see [`changes::has_lapsed`]), for the worker: by the index of the requests alone.
pub fn with_requests_lapsed(house: &mut House<'_>) -> Result<Vec<ClusterId>> {
    let today = house.today();
    let clusters: Vec<i64> = bookings::table
        .filter(crate::bookings::store::plan::requested())
        .filter(bookings::offer_until.is_null())
        .filter(bookings::first_day.ge(days::add(today, -LONGEST_HOLD)))
        .filter(bookings::first_day.lt(today))
        .order(bookings::first_day)
        .limit(1000)
        .select(bookings::cluster_id)
        .load(house.conn)?;
    Ok(each_once(clusters))
}

/// The clusters of some rows, each once.
fn each_once(mut clusters: Vec<i64>) -> Vec<ClusterId> {
    clusters.sort_unstable();
    clusters.dedup();
    clusters.into_iter().map(ClusterId).collect()
}

/// The school has fetched it: when that is before its first day, see [`changes::begins`].
pub fn collect(tx: &mut Tx<'_>, old: &Loan) -> Result<()> {
    let (today, slot) = (tx.today(), old.booking.slot);
    let others = match Period::new(today, days::add(slot.days.first(), -1)) {
        Some(before) => crate::bookings::store::loans::around(tx, &[slot.copy], before)?,
        None => Vec::new(),
    };
    let first = changes::begins(&slot, others.iter().map(|(other, _)| other), today);
    diesel::update(bookings::table.find((tx.cluster.0, slot.id.0)))
        .set((
            bookings::collected_on.eq(Some(today)),
            bookings::first_day.eq(first),
            bookings::sequence.eq(bookings::sequence + i32::from(first != slot.days.first())),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    tx.log("bookings", &old.booking.slot.id, "fetched", "", &days::long(today))
}

/// Whoever keeps the cluster going has dealt with a loan that was never fetched; `false` when that was done already, or it is none.
pub fn settle_unfetched(tx: &mut Tx<'_>, id: BookingId) -> Result<bool> {
    let unfetched = bookings::table
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::id.eq(id.0))
        .filter(bookings::state.eq(<&'static str>::from(State::Confirmed)))
        .filter(bookings::last_day.lt(tx.today()))
        .filter(bookings::collected_on.is_null())
        .filter(bookings::unfetched_settled_at.is_null());
    let settled = diesel::update(unfetched).set(bookings::unfetched_settled_at.eq(Some(tx.stamp()))).execute(tx.conn)?;
    Ok(settled == 1)
}

/// The school has given it back; the days it did not use are free again.
pub fn hand_back(tx: &mut Tx<'_>, old: &Loan, back: Back) -> Result<()> {
    let today: Day = tx.today();
    let shorter = back.days != old.booking.slot.days;
    diesel::update(bookings::table.find((tx.cluster.0, old.booking.slot.id.0)))
        .set((
            bookings::returned_on.eq(Some(today)),
            bookings::last_day.eq(back.days.last()),
            bookings::held_until.eq(back.held_until),
            bookings::sequence.eq(bookings::sequence + i32::from(shorter)),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    let before = if shorter { old.booking.slot.days.to_string() } else { String::new() };
    tx.log("bookings", &old.booking.slot.id, "returned", &before, &days::long(today))
}

/// The school has handed it over, and it is on its way: its days stay as they are until it has arrived, so that it can be taken back.
pub fn hand_over(tx: &mut Tx<'_>, id: BookingId) -> Result<()> {
    let today = tx.today();
    diesel::update(bookings::table.find((tx.cluster.0, id.0)))
        .set((bookings::returned_on.eq(Some(today)), bookings::updated_at.eq(tx.stamp())))
        .execute(tx.conn)?;
    tx.log("bookings", &id, "handed over", "", &days::long(today))
}

/// The school has it again: it was taken back on its way, or refused.
pub fn take_back(tx: &mut Tx<'_>, id: BookingId) -> Result<()> {
    diesel::update(bookings::table.find((tx.cluster.0, id.0)))
        .set((bookings::returned_on.eq(None::<Day>), bookings::updated_at.eq(tx.stamp())))
        .execute(tx.conn)?;
    tx.log("bookings", &id, "has it again", "", "")
}

/// What was given up has arrived: the days that the loan did not use are free for others.
pub fn end_early(tx: &mut Tx<'_>, old: &Slot, back: Back) -> Result<()> {
    if back.days == old.days {
        return Ok(());
    }
    diesel::update(bookings::table.find((tx.cluster.0, old.id.0)))
        .set((
            bookings::last_day.eq(back.days.last()),
            bookings::held_until.eq(back.held_until),
            bookings::sequence.eq(bookings::sequence + 1),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    tx.log("bookings", &old.id, "ended early", &old.days.to_string(), &back.days.to_string())
}

/// The loan ends because its copy is lost: the school has it no more, and has not given it back either. Its other days are free.
pub fn end_lost(tx: &mut Tx<'_>, slot: &Slot, back: Back) -> Result<()> {
    let today = tx.today();
    let shorter = back.days != slot.days;
    diesel::update(bookings::table.find((tx.cluster.0, slot.id.0)))
        .set((
            bookings::returned_on.eq(Some(today)),
            bookings::last_day.eq(back.days.last()),
            bookings::held_until.eq(back.held_until),
            bookings::sequence.eq(bookings::sequence + i32::from(shorter)),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    let before = if shorter { slot.days.to_string() } else { String::new() };
    tx.log("bookings", &slot.id, "ended", &before, "the copy was marked missing")
}
