//! People as providers know them, and which of their answers have come already.

use diesel::prelude::*;

use crate::accounts::identity::{Known, Question};
use crate::base::ids::PersonId;
use crate::base::secret::{Secret, digest};
use crate::db::schema::{identities, identity_flows};
use crate::db::{House, Result};

/// Notes that the answer to a question has come, as long as it could come again. `false` when it has before; of two at once, one breaks
/// the key of the table.
pub fn spend(house: &mut House<'_>, provider: &str, visitor: &Secret, question: &Question) -> Result<bool> {
    let hash = digest(&question.state);
    let spent: i64 = identity_flows::table.filter(identity_flows::state_hash.eq(&hash)).count().get_result(house.conn)?;
    if spent > 0 {
        return Ok(false);
    }
    diesel::insert_into(identity_flows::table)
        .values((
            identity_flows::state_hash.eq(hash),
            identity_flows::provider.eq(provider),
            // These are derived again, and kept nowhere.
            identity_flows::nonce.eq(""),
            identity_flows::verifier.eq(""),
            identity_flows::visitor_hash.eq(visitor.hash()),
            identity_flows::next_path.eq("/"),
            identity_flows::created_at.eq(house.stamp()),
            identity_flows::expires_at.eq(question.expires.naive_utc()),
        ))
        .execute(house.conn)?;
    Ok(true)
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

/// Removes the notes of answers that cannot come again.
pub fn prune(house: &mut House<'_>, most: i64) -> Result<usize> {
    let now = house.stamp();
    let old: Vec<String> =
        identity_flows::table.filter(identity_flows::expires_at.lt(now)).select(identity_flows::state_hash).limit(most).load(house.conn)?;
    Ok(diesel::delete(identity_flows::table.filter(identity_flows::state_hash.eq_any(old))).execute(house.conn)?)
}
