//! Passkeys, and the questions to devices that are under way.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::accounts::passkeys::{FLOW_LASTS, Key};
use crate::base::ids::{PasskeyId, PersonId};
use crate::base::secret::{self, Secret};
use crate::db::schema::{passkey_flows, passkey_seals, passkeys};
use crate::db::{Error, House, Result};

/// A key in the list of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// By what a device knows it.
    pub credential_id: String,
    /// Since when.
    pub since: chrono::DateTime<chrono::Utc>,
    /// When it last signed somebody in.
    pub used: Option<chrono::DateTime<chrono::Utc>>,
}

/// A person's keys, the oldest first.
pub fn of(house: &mut House<'_>, person: PersonId) -> Result<Vec<Listed>> {
    type Row = (i64, String, String, chrono::NaiveDateTime, Option<chrono::NaiveDateTime>);
    let rows: Vec<Row> = passkeys::table
        .filter(passkeys::person_id.eq(person.0))
        .order(passkeys::id)
        .limit(100)
        .select((passkeys::id, passkeys::name, passkeys::credential_id, passkeys::created_at, passkeys::used_at))
        .load(house.conn)?;
    let listed = |(id, name, credential_id, since, used): Row| Listed {
        id: PasskeyId(id),
        name,
        credential_id,
        since: since.and_utc(),
        used: used.map(|at| at.and_utc()),
    };
    Ok(rows.into_iter().map(listed).collect())
}

/// Notes a question to a person's device and returns the secret that the form carries. `holder` is the cookie of the browser.
pub fn ask(house: &mut House<'_>, person: PersonId, holder: &Secret, state: &str) -> Result<Secret> {
    let (secret, now) = (Secret::fresh(), house.stamp());
    diesel::insert_into(passkey_flows::table)
        .values((
            passkey_flows::flow_hash.eq(secret.hash()),
            passkey_flows::person_id.eq(Some(person.0)),
            passkey_flows::holder_hash.eq(holder.hash()),
            passkey_flows::state.eq(state),
            passkey_flows::created_at.eq(now),
            passkey_flows::expires_at.eq(now + FLOW_LASTS),
        ))
        .execute(house.conn)?;
    Ok(secret)
}

/// Takes a question away, for good, and gives its state to the browser that was asked; to nobody else, and not twice.
pub fn answered(house: &mut House<'_>, person: PersonId, holder: &Secret, flow: &Secret) -> Result<Option<String>> {
    let now = house.stamp();
    let found: Option<(String, Option<i64>, chrono::NaiveDateTime)> = passkey_flows::table
        .find(flow.hash())
        .filter(passkey_flows::holder_hash.eq(holder.hash()))
        .select((passkey_flows::state, passkey_flows::person_id, passkey_flows::expires_at))
        .first(house.conn)
        .optional()?;
    let Some((state, _, expires_at)) = found.filter(|(_, whose, _)| *whose == Some(person.0)) else { return Ok(None) };
    // Two at once both find it; only one takes it away.
    let taken = diesel::delete(passkey_flows::table.find(flow.hash())).execute(house.conn)?;
    Ok((taken == 1 && now < expires_at).then_some(state))
}

/// The secret with which questions are sealed that stand in a form; the same for every process.
pub fn seal(house: &mut House<'_>) -> Result<Secret> {
    let secret: String = passkey_seals::table.select(passkey_seals::secret).first(house.conn)?;
    Secret::parse(&secret).ok_or(Error::NotFound)
}

/// Notes that a sealed question has been answered, as long as its seal holds. `false` when it has been before; of two at once, one
/// breaks the key of the table.
pub fn spend(house: &mut House<'_>, holder: &Secret, sealed: &str, expires: DateTime<Utc>) -> Result<bool> {
    let hash = secret::digest(sealed);
    let spent: i64 = passkey_flows::table.filter(passkey_flows::flow_hash.eq(&hash)).count().get_result(house.conn)?;
    if spent > 0 {
        return Ok(false);
    }
    diesel::insert_into(passkey_flows::table)
        .values((
            passkey_flows::flow_hash.eq(hash),
            passkey_flows::holder_hash.eq(holder.hash()),
            passkey_flows::state.eq(""),
            passkey_flows::created_at.eq(house.stamp()),
            passkey_flows::expires_at.eq(expires.naive_utc()),
        ))
        .execute(house.conn)?;
    Ok(true)
}

/// Stores a key. `false` when it is there already, whoever's it is.
pub fn add(house: &mut House<'_>, person: PersonId, name: &str, key: &Key) -> Result<bool> {
    let there: i64 = passkeys::table.filter(passkeys::credential_id.eq(&key.credential_id)).count().get_result(house.conn)?;
    if there > 0 {
        return Ok(false);
    }
    diesel::insert_into(passkeys::table)
        .values((
            passkeys::person_id.eq(person.0),
            passkeys::id.eq(PasskeyId::fresh(house.now).0),
            passkeys::credential_id.eq(&key.credential_id),
            passkeys::name.eq(name),
            passkeys::credential.eq(&key.credential),
            passkeys::created_at.eq(house.stamp()),
        ))
        .execute(house.conn)?;
    Ok(true)
}

/// The public half of a person's key.
pub fn credential(house: &mut House<'_>, person: PersonId, credential_id: &str) -> Result<Option<(PasskeyId, String)>> {
    let found: Option<(i64, String)> = passkeys::table
        .filter(passkeys::credential_id.eq(credential_id))
        .filter(passkeys::person_id.eq(person.0))
        .select((passkeys::id, passkeys::credential))
        .first(house.conn)
        .optional()?;
    Ok(found.map(|(id, credential)| (PasskeyId(id), credential)))
}

/// Notes that a key has signed somebody in, with its counter when that has moved.
pub fn used(house: &mut House<'_>, person: PersonId, id: PasskeyId, moved: Option<&str>) -> Result<()> {
    // What is `None` stays as it is.
    diesel::update(passkeys::table.find((person.0, id.0)))
        .set((passkeys::used_at.eq(Some(house.stamp())), moved.map(|credential| passkeys::credential.eq(credential))))
        .execute(house.conn)?;
    Ok(())
}

/// Removes a person's key. `false` when it is not there, or not this person's.
pub fn remove(house: &mut House<'_>, person: PersonId, id: PasskeyId) -> Result<bool> {
    Ok(diesel::delete(passkeys::table.find((person.0, id.0))).execute(house.conn)? == 1)
}

/// Removes everything of a person who is being erased.
pub fn forget(house: &mut House<'_>, person: PersonId) -> Result<()> {
    diesel::delete(passkeys::table.filter(passkeys::person_id.eq(person.0))).execute(house.conn)?;
    diesel::delete(passkey_flows::table.filter(passkey_flows::person_id.eq(person.0))).execute(house.conn)?;
    Ok(())
}

/// Removes questions that nobody answered, and the notes of sealed ones that nobody can answer any more.
pub fn prune(house: &mut House<'_>, most: i64) -> Result<usize> {
    let now = house.stamp();
    let old: Vec<String> =
        passkey_flows::table.filter(passkey_flows::expires_at.lt(now)).select(passkey_flows::flow_hash).limit(most).load(house.conn)?;
    Ok(diesel::delete(passkey_flows::table.filter(passkey_flows::flow_hash.eq_any(old))).execute(house.conn)?)
}
