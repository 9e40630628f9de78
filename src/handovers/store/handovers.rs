//! Handovers as they are written down, and all that decides about one: a copy, where it is, where it goes next.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{custody as places, legs};
use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{BookingId, CopyId, HandoverId, LegId, PersonId, ResourceId, SchoolId};
use crate::bookings::store::plan::{SlotRow, slot_columns, slot_of};
use crate::db::schema::{bookings, copies, custody, handovers, people, resources};
use crate::db::{Error, Result, Tx};
use crate::handovers::Custody;
use crate::handovers::counts::Condition;
use crate::handovers::handing::{Next, OnTheWay, Scene};

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
    type Row = (ThingRow, places::Row, Option<SlotRow>, Option<WayRow>);
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
        ))
        .first(tx.conn)?;
    let ((id, tag, code, state, home, resource, name, strand, icon), held, out, way) = row;
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
    Ok((thing, Scene { home: SchoolId(home), custody: places::custody_of(held)?, out, legs, on_the_way }))
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

/// One side's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who.
    pub person: PersonId,
    /// By the name of today.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A handover as pages and letters read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// Its id.
    pub id: HandoverId,
    /// Of which copy.
    pub copy: CopyId,
    /// The copy's tag.
    pub tag: String,
    /// The resource's name.
    pub name: String,
    /// Which booking ended.
    pub from_booking: Option<BookingId>,
    /// Which began.
    pub to_booking: Option<BookingId>,
    /// From which school.
    pub from: SchoolId,
    /// To which; `None` is the store.
    pub to: Option<SchoolId>,
    /// Where the store is.
    pub home: SchoolId,
    /// How it stands.
    pub state: State,
    /// Who gave it up; `None` when nobody did.
    pub given: Option<Signature>,
    /// What the giver said.
    pub given_said: Said,
    /// Who received or refused it.
    pub received: Option<Signature>,
    /// What the receiver said.
    pub received_said: Said,
    /// Why it was refused.
    pub refusal: String,
    /// Whether what was received is not what was given up.
    pub differs: bool,
    /// The leg it belongs to.
    pub leg: Option<LegId>,
}

/// The table of people twice, for both signatures.
mod signing {
    #![allow(missing_docs)]
    diesel::alias!(crate::db::schema::people as givers: Givers);
}
use signing::givers;

type NameRow = (i64, i64, String, String, i64);
type EndRow = (Option<i64>, Option<i64>, Option<i64>, i64, Option<i64>, String);
type GivenRow = (Option<i64>, Option<NaiveDateTime>, String, String, Option<String>);
type ReceivedRow = (Option<i64>, Option<NaiveDateTime>, String, String, Option<String>);
type HandoverRow = (NameRow, EndRow, GivenRow, ReceivedRow, (String, bool));

/// Handovers with their names, as a query to be narrowed.
macro_rules! handovers_with_names {
    () => {
        handovers::table
            .inner_join(copies::table.on(copies::cluster_id.eq(handovers::cluster_id).and(copies::id.eq(handovers::copy_id))))
            .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
            .left_join(givers.on(givers.field(people::id).nullable().eq(handovers::given_by)))
            .left_join(people::table.on(people::id.nullable().eq(handovers::received_by)))
            .select((
                (handovers::id, handovers::copy_id, copies::tag, resources::name, copies::home_school_id),
                (
                    handovers::leg_id,
                    handovers::from_booking_id,
                    handovers::to_booking_id,
                    handovers::from_school_id,
                    handovers::to_school_id,
                    handovers::state,
                ),
                (
                    handovers::given_by,
                    handovers::given_at,
                    handovers::given_condition,
                    handovers::given_note,
                    givers.field(people::name).nullable(),
                ),
                (
                    handovers::received_by,
                    handovers::received_at,
                    handovers::received_condition,
                    handovers::received_note,
                    people::name.nullable(),
                ),
                (handovers::refusal, handovers::differs),
            ))
    };
}

fn said(condition: &str, note: String) -> Said {
    Said { condition: condition.parse().ok(), note }
}

fn signature(person: Option<i64>, at: Option<NaiveDateTime>, name: Option<String>) -> Option<Signature> {
    let (person, at) = person.zip(at)?;
    Some(Signature { person: PersonId(person), name: name.unwrap_or_default(), at: at.and_utc() })
}

fn handover_of((names, ends, given, received, (refusal, differs)): HandoverRow) -> Result<Handover> {
    let (id, copy, tag, name, home) = names;
    let (leg, from_booking, to_booking, from, to, state) = ends;
    Ok(Handover {
        id: HandoverId(id),
        copy: CopyId(copy),
        tag,
        name,
        from_booking: from_booking.map(BookingId),
        to_booking: to_booking.map(BookingId),
        from: SchoolId(from),
        to: to.map(SchoolId),
        home: SchoolId(home),
        state: state.parse().map_err(|_| Error::Check("handovers_state".to_owned()))?,
        given: signature(given.0, given.1, given.4),
        given_said: said(&given.2, given.3),
        received: signature(received.0, received.1, received.4),
        received_said: said(&received.2, received.3),
        refusal,
        differs,
        leg: leg.map(LegId),
    })
}

/// One handover of this cluster.
pub fn one(tx: &mut Tx<'_>, id: HandoverId) -> Result<Handover> {
    let row: HandoverRow =
        handovers_with_names!().filter(handovers::cluster_id.eq(tx.cluster.0)).filter(handovers::id.eq(id.0)).first(tx.conn)?;
    handover_of(row)
}

/// The latest handovers of a copy, newest first.
pub fn latest(tx: &mut Tx<'_>, copy: CopyId, most: i64) -> Result<Vec<Handover>> {
    let rows: Vec<HandoverRow> = handovers_with_names!()
        .filter(handovers::cluster_id.eq(tx.cluster.0))
        .filter(handovers::copy_id.eq(copy.0))
        .order(handovers::id.desc())
        .limit(most)
        .load(tx.conn)?;
    rows.into_iter().map(handover_of).collect()
}

/// How a handover stands now: asked when a letter about it is about to be sent.
pub fn state(tx: &mut Tx<'_>, id: HandoverId) -> Result<Option<State>> {
    let found: Option<String> = handovers::table.find((tx.cluster.0, id.0)).select(handovers::state).first(tx.conn).optional()?;
    Ok(found.and_then(|state| state.parse().ok()))
}

/// Where the copy is after it was received.
#[must_use]
pub fn custody_after(copy: CopyId, next: &Next, by: PersonId, now: DateTime<Utc>) -> Custody {
    use crate::handovers::Place;
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
