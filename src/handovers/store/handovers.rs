//! Handovers as they are written down, and all that decides about one: a copy, where it is, where it goes next.

mod reading;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::{exists, max, not};
use diesel::prelude::*;

use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{BookingId, CopyId, HandoverId, PersonId, ResourceId, SchoolId};
use crate::bookings::store::plan::{SlotRow, slot_columns, slot_of};
use crate::db::schema::{bookings, copies, counts, custody, custody_chain, handovers, resources};
use crate::db::{Error, Result, Tx};
use crate::handovers::counts::Condition;
use crate::handovers::{Next, OnTheWay, Scene, Taken};
use crate::journeys::Custody;
use crate::journeys::store::{self as places, legs};

pub use reading::{Handover, Signature, latest, one, state};

/// How a handover stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// Given up, on its way.
    Given,
    /// Received.
    Accepted,
    /// Not taken: it is with the giver again.
    Refused,
    /// Taken back on its way.
    Withdrawn,
    /// Nobody received it, and nobody has it back.
    Lost,
}

/// A copy with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// The copy.
    pub copy: CopyId,
    /// "EL1".
    pub tag: String,
    /// The letters behind its QR code.
    pub code: String,
    /// `in_service`, `repair`, `missing`, `retired`.
    pub state: String,
    /// Its title.
    pub resource: ResourceId,
    /// The title's name.
    pub name: String,
    /// The title's strand.
    pub strand: String,
    /// The title's icon.
    pub icon: String,
}

type ThingRow = (i64, String, String, String, i64, i64, String, String, String);
type WayRow = (i64, Option<i64>, Option<i64>, i64, Option<i64>, Option<i64>, Option<NaiveDateTime>, String);

/// A copy and all that decides about handing it over: two queries.
pub fn scene(tx: &mut Tx<'_>, copy: CopyId) -> Result<(Thing, Scene)> {
    type Row = (ThingRow, places::Row, Option<SlotRow>, Option<WayRow>, Option<i64>);
    let latest_link = custody_chain::table
        .filter(custody_chain::cluster_id.eq(tx.cluster.0))
        .filter(custody_chain::copy_id.eq(copy.0))
        .select(max(custody_chain::n))
        .single_value();
    let row: Row = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .inner_join(custody::table.on(custody::cluster_id.eq(copies::cluster_id).and(custody::copy_id.eq(copies::id))))
        .left_join(bookings::table.on(bookings::cluster_id.eq(custody::cluster_id).and(bookings::id.nullable().eq(custody::booking_id))))
        .left_join(
            handovers::table.on(handovers::cluster_id.eq(custody::cluster_id).and(handovers::id.nullable().eq(custody::handover_id))),
        )
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::id.eq(copy.0))
        .select((
            (
                copies::id,
                copies::tag,
                copies::code,
                copies::state,
                copies::home_school_id,
                resources::id,
                resources::name,
                resources::strand,
                resources::icon,
            ),
            places::custody_columns!(),
            slot_columns!().nullable(),
            (
                handovers::id,
                handovers::from_booking_id,
                handovers::to_booking_id,
                handovers::from_school_id,
                handovers::to_school_id,
                handovers::given_by,
                handovers::given_at,
                handovers::state,
            )
                .nullable(),
            latest_link,
        ))
        .first(tx.conn)?;
    let ((id, tag, code, state, home, resource, name, strand, icon), held, out, way, link) = row;
    let on_the_way = way.filter(|way| way.7 == "given").map(|(id, from_booking, to_booking, from, to, by, at, _)| OnTheWay {
        id: HandoverId(id),
        from_booking: from_booking.map(BookingId),
        to_booking: to_booking.map(BookingId),
        from: SchoolId(from),
        to: to.map(SchoolId),
        by: by.map(PersonId),
        on: clock::today(at.map_or(tx.now, |at| at.and_utc())),
    });
    let legs = legs::with_bookings(tx, copy)?;
    let thing = Thing { copy: CopyId(id), tag, code, state, resource: ResourceId(resource), name, strand, icon };
    let out = out.map(slot_of).transpose()?;
    Ok((
        thing,
        Scene {
            home: SchoolId(home),
            custody: places::custody_of(held)?,
            out,
            legs,
            on_the_way,
            today: tx.today(),
            link: link.unwrap_or_default(),
        },
    ))
}

/// What a side says besides its count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// How the box itself looks.
    pub condition: Option<Condition>,
    /// In words.
    pub note: String,
}

fn condition(said: &Said) -> &'static str {
    said.condition.map_or("", Into::into)
}

/// Somebody gives a copy up.
pub fn given(tx: &mut Tx<'_>, copy: CopyId, next: &Next, by: PersonId, said: &Said) -> Result<HandoverId> {
    // What somebody moved past us, in a session of the database, is over before the next one begins.
    lost(tx, copy)?;
    let id = HandoverId::fresh(tx.now);
    diesel::insert_into(handovers::table)
        .values((
            (handovers::cluster_id.eq(tx.cluster.0), handovers::id.eq(id.0), handovers::copy_id.eq(copy.0)),
            handovers::leg_id.eq(next.leg.map(|id| id.0)),
            handovers::from_booking_id.eq(next.from_booking.map(|id| id.0)),
            handovers::to_booking_id.eq(next.slot.map(|slot| slot.id.0)),
            handovers::from_school_id.eq(next.from.0),
            handovers::to_school_id.eq(next.to().map(|id| id.0)),
            handovers::state.eq(<&'static str>::from(State::Given)),
            (handovers::given_by.eq(Some(by.0)), handovers::given_at.eq(Some(tx.stamp()))),
            (handovers::given_condition.eq(condition(said)), handovers::given_note.eq(&said.note)),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Somebody receives what nobody gave up.
pub fn taken(tx: &mut Tx<'_>, copy: CopyId, next: &Next, by: PersonId, said: &Said) -> Result<HandoverId> {
    lost(tx, copy)?;
    let id = HandoverId::fresh(tx.now);
    diesel::insert_into(handovers::table)
        .values((
            (handovers::cluster_id.eq(tx.cluster.0), handovers::id.eq(id.0), handovers::copy_id.eq(copy.0)),
            handovers::leg_id.eq(next.leg.map(|id| id.0)),
            handovers::from_booking_id.eq(next.from_booking.map(|id| id.0)),
            handovers::to_booking_id.eq(next.slot.map(|slot| slot.id.0)),
            handovers::from_school_id.eq(next.from.0),
            handovers::to_school_id.eq(next.to().map(|id| id.0)),
            handovers::state.eq(<&'static str>::from(State::Accepted)),
            (handovers::received_by.eq(Some(by.0)), handovers::received_at.eq(Some(tx.stamp()))),
            (handovers::received_condition.eq(condition(said)), handovers::received_note.eq(&said.note)),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// The handover with which a copy left this link of its chain, when the receiver said so and the giver has said nothing.
pub fn taken_after(tx: &mut Tx<'_>, copy: CopyId, link: i64) -> Result<Option<Taken>> {
    let giver = counts::table
        .filter(counts::cluster_id.eq(handovers::cluster_id))
        .filter(counts::handover_id.eq(handovers::id.nullable()))
        .filter(counts::side.eq("giver"));
    let row: Option<(i64, i64, Option<i64>, NaiveDateTime)> = handovers::table
        .inner_join(
            // Who receives it moves it, in the same moment.
            custody_chain::table.on(custody_chain::cluster_id
                .eq(handovers::cluster_id)
                .and(custody_chain::copy_id.eq(handovers::copy_id))
                .and(custody_chain::since.nullable().eq(handovers::received_at))),
        )
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(handovers::copy_id.eq(copy.0))
        .filter(handovers::state.eq("accepted"))
        .filter(handovers::given_at.is_null())
        .filter(custody_chain::n.eq(link + 1))
        .filter(custody_chain::place.eq_any(["school", "store"]))
        .filter(
            custody_chain::booking_id
                .eq(handovers::to_booking_id)
                .or(custody_chain::booking_id.is_null().and(handovers::to_booking_id.is_null())),
        )
        .filter(not(exists(giver)))
        .order(handovers::id.desc())
        .select((handovers::id, handovers::from_school_id, handovers::to_school_id, custody_chain::since))
        .first(tx.conn)
        .optional()?;
    Ok(row.map(|(id, from, to, at)| Taken { id: HandoverId(id), from: SchoolId(from), to: to.map(SchoolId), at: at.and_utc() }))
}

/// The giver's word comes after the receiver's: it is written beside it.
pub fn given_late(tx: &mut Tx<'_>, id: HandoverId, by: PersonId, said: &Said, differs: bool) -> Result<()> {
    let open = handovers::state.eq("accepted").and(handovers::given_at.is_null());
    let changed = diesel::update(handovers::table.find((tx.cluster.0, id.0)).filter(open))
        .set((
            (handovers::given_by.eq(Some(by.0)), handovers::given_at.eq(Some(tx.stamp()))),
            (handovers::given_condition.eq(condition(said)), handovers::given_note.eq(&said.note)),
            handovers::differs.eq(differs),
        ))
        .execute(tx.conn)?;
    if changed == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// The receiver takes what was on its way, or refuses it for a reason.
pub fn answered(
    tx: &mut Tx<'_>,
    id: HandoverId,
    by: PersonId,
    said: &Said,
    refusal: &str,
    differs: bool,
    to: Option<SchoolId>,
) -> Result<()> {
    let state = if refusal.is_empty() { State::Accepted } else { State::Refused };
    let changed = diesel::update(handovers::table.find((tx.cluster.0, id.0)).filter(handovers::state.eq("given")))
        .set((
            handovers::state.eq(<&'static str>::from(state)),
            handovers::to_school_id.eq(to.map(|id| id.0)),
            (handovers::received_by.eq(Some(by.0)), handovers::received_at.eq(Some(tx.stamp()))),
            (handovers::received_condition.eq(condition(said)), handovers::received_note.eq(&said.note)),
            (handovers::refusal.eq(refusal), handovers::differs.eq(differs)),
        ))
        .execute(tx.conn)?;
    if changed == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// The giver takes back what was on its way.
pub fn withdrawn(tx: &mut Tx<'_>, id: HandoverId) -> Result<()> {
    let changed = diesel::update(handovers::table.find((tx.cluster.0, id.0)).filter(handovers::state.eq("given")))
        .set(handovers::state.eq(<&'static str>::from(State::Withdrawn)))
        .execute(tx.conn)?;
    if changed == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// What was given up of a copy and is on its way: the handover, the loan that ended with it, and the day.
pub fn on_its_way(tx: &mut Tx<'_>, copy: CopyId) -> Result<Option<(HandoverId, Option<BookingId>, Day)>> {
    type Row = (i64, Option<i64>, Option<NaiveDateTime>);
    let found: Option<Row> = handovers::table
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(handovers::copy_id.eq(copy.0))
        .filter(handovers::state.eq("given"))
        .select((handovers::id, handovers::from_booking_id, handovers::given_at))
        .first(tx.conn)
        .optional()?;
    let day = |at: Option<NaiveDateTime>| clock::today(at.map_or(tx.now, |at| at.and_utc()));
    Ok(found.map(|(id, booking, at)| (HandoverId(id), booking.map(BookingId), day(at))))
}

/// Somebody says in one word that a loan was collected: what was on its way has arrived at that school, for whomever it was given
/// up, and nobody has counted it.
pub fn arrived(tx: &mut Tx<'_>, id: HandoverId, by: PersonId, at: (SchoolId, BookingId)) -> Result<()> {
    diesel::update(handovers::table.find((tx.cluster.0, id.0)).filter(handovers::state.eq("given")))
        .set((
            handovers::state.eq(<&'static str>::from(State::Accepted)),
            (handovers::to_school_id.eq(Some(at.0.0)), handovers::to_booking_id.eq(Some(at.1.0))),
            (handovers::received_by.eq(Some(by.0)), handovers::received_at.eq(Some(tx.stamp()))),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What is said to be on its way has never arrived, as far as anybody says: the copy is missing, or somebody moved it past us.
pub fn lost(tx: &mut Tx<'_>, copy: CopyId) -> Result<()> {
    diesel::update(
        handovers::table
            .filter(handovers::cluster_id.eq(tx.cluster.0))
            .filter(handovers::copy_id.eq(copy.0))
            .filter(handovers::state.eq("given")),
    )
    .set(handovers::state.eq(<&'static str>::from(State::Lost)))
    .execute(tx.conn)?;
    Ok(())
}

/// Counts that differ are dealt with. `false` when that was so already, or when they do not differ.
pub fn settle_difference(tx: &mut Tx<'_>, id: HandoverId) -> Result<bool> {
    let (differs, done): (bool, Option<NaiveDateTime>) =
        handovers::table.find((tx.cluster.0, id.0)).select((handovers::differs, handovers::settled_at)).first(tx.conn)?;
    if !differs || done.is_some() {
        return Ok(false);
    }
    diesel::update(handovers::table.find((tx.cluster.0, id.0))).set(handovers::settled_at.eq(Some(tx.stamp()))).execute(tx.conn)?;
    Ok(true)
}

/// Where the copy is after it was received.
#[must_use]
pub fn custody_after(copy: CopyId, next: &Next, by: PersonId, now: DateTime<Utc>) -> Custody {
    use crate::journeys::Place;
    Custody {
        copy,
        place: if next.slot.is_some() { Place::School } else { Place::Store },
        school: next.at,
        booking: next.slot.map(|slot| slot.id),
        to: None,
        handover: None,
        person: Some(by),
        since: now,
        short_essentials: String::new(),
    }
}
