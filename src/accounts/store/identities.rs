//! People as providers know them, and sign-ins that are under way there.

use diesel::prelude::*;

use crate::accounts::identity::{Departure, FLOW_LASTS, Known};
use crate::base::ids::PersonId;
use crate::base::secret::{Secret, digest};
use crate::db::schema::{identities, identity_flows};
use crate::db::{House, Result};

/// A sign-in that has come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What the token must repeat.
    pub nonce: String,
    /// What goes with the code.
    pub verifier: String,
    /// Where to go afterwards.
    pub next: String,
}

/// Notes that this browser has set out to a provider.
pub fn set_out(house: &mut House<'_>, provider: &str, departure: &Departure, visitor: &Secret, next: &str) -> Result<()> {
    let now = house.stamp();
    diesel::insert_into(identity_flows::table)
        .values((
            identity_flows::state_hash.eq(digest(&departure.state)),
            identity_flows::provider.eq(provider),
            identity_flows::nonce.eq(&departure.nonce),
            identity_flows::verifier.eq(&departure.verifier),
            identity_flows::visitor_hash.eq(visitor.hash()),
            identity_flows::next_path.eq(next),
            identity_flows::created_at.eq(now),
            identity_flows::expires_at.eq(now + FLOW_LASTS),
        ))
        .execute(house.conn)?;
    Ok(())
}

/// Takes the flow with this state away, for good, and gives it to the browser that set out; to nobody else, and not twice.
pub fn come_back(house: &mut House<'_>, provider: &str, state: &str, visitor: &Secret) -> Result<Option<Flow>> {
    let now = house.stamp();
    let its_own = identity_flows::table
        .filter(identity_flows::state_hash.eq(digest(state)))
        .filter(identity_flows::provider.eq(provider))
        .filter(identity_flows::visitor_hash.eq(visitor.hash()));
    let found: Option<(String, String, String, chrono::NaiveDateTime)> = its_own
        .select((identity_flows::nonce, identity_flows::verifier, identity_flows::next_path, identity_flows::expires_at))
        .first(house.conn)
        .optional()?;
    let Some((nonce, verifier, next, expires_at)) = found else { return Ok(None) };
    // Two at once both find it; only one takes it away.
    let taken = diesel::delete(identity_flows::table.find(digest(state))).execute(house.conn)?;
    Ok((taken == 1 && now < expires_at).then_some(Flow { nonce, verifier, next }))
}

/// The person behind an identity, if it has been tied to one.
pub fn person_behind(house: &mut House<'_>, known: &Known) -> Result<Option<PersonId>> {
    let found: Option<i64> =
        identities::table.find((&known.issuer, &known.subject)).select(identities::person_id).first(house.conn).optional()?;
    Ok(found.map(PersonId))
}

/// Ties the identity to a person.
pub fn tie(house: &mut House<'_>, known: &Known, person: PersonId) -> Result<()> {
    diesel::insert_into(identities::table)
        .values((
            identities::issuer.eq(&known.issuer),
            identities::subject.eq(&known.subject),
            identities::person_id.eq(person.0),
            identities::created_at.eq(house.stamp()),
        ))
        .execute(house.conn)?;
    Ok(())
}

/// Removes flows that nobody came back from.
pub fn prune(house: &mut House<'_>, most: i64) -> Result<usize> {
    let now = house.stamp();
    let old: Vec<String> =
        identity_flows::table.filter(identity_flows::expires_at.lt(now)).select(identity_flows::state_hash).limit(most).load(house.conn)?;
    Ok(diesel::delete(identity_flows::table.filter(identity_flows::state_hash.eq_any(old))).execute(house.conn)?)
}
