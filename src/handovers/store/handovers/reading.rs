//! Handovers as pages and letters read them, with the names of what was handed over and of who signed.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{Said, State};
use crate::base::ids::{BookingId, CopyId, HandoverId, LegId, PersonId, SchoolId};
use crate::db::schema::{copies, handovers, people, resources};
use crate::db::{Error, Result, Tx};

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
    /// Who handed it over; `None` when nobody did.
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

impl Handover {
    /// Whether the giver's word came only after it had been received.
    #[must_use]
    pub fn given_late(&self) -> bool {
        self.given.as_ref().zip(self.received.as_ref()).is_some_and(|(given, received)| given.at > received.at)
    }
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
