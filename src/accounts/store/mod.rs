//! What belongs to a person's account: a new address that waits, signed-in devices.

pub mod data;
pub mod erasure;
pub mod identities;
pub mod passkeys;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::accounts::{EMAIL_CHANGE_LASTS, EmailChange, Mailbox};
use crate::base::EmailAddress;
use crate::base::ids::{ClusterId, EmailChangeId, PersonId, SessionId};
use crate::base::secret::Secret;
use crate::db::schema::{clusters, email_changes, invitations, messages, people, roles, sessions, sign_in_links};
use crate::db::{self, Actor, House, Result};

/// The most devices that a page shows.
const MOST_DEVICES: i64 = 100;

/// Stores a wish for a new address, in place of an older one, and gives the secrets for the old and the new mailbox.
pub fn ask_for_email(house: &mut House<'_>, person: PersonId, new: &EmailAddress) -> Result<(EmailChangeId, Secret, Secret)> {
    diesel::delete(email_changes::table.filter(email_changes::person_id.eq(person.0))).execute(house.conn)?;
    let (id, old_secret, new_secret) = (EmailChangeId::fresh(house.now), Secret::fresh(), Secret::fresh());
    let now = house.stamp();
    diesel::insert_into(email_changes::table)
        .values((
            email_changes::id.eq(id.0),
            email_changes::person_id.eq(person.0),
            email_changes::new_email.eq(new.as_str()),
            email_changes::old_token_hash.eq(old_secret.hash()),
            email_changes::new_token_hash.eq(new_secret.hash()),
            email_changes::created_at.eq(now),
            email_changes::expires_at.eq(now + EMAIL_CHANGE_LASTS),
        ))
        .execute(house.conn)?;
    Ok((id, old_secret, new_secret))
}

type ChangeRow = (i64, i64, String, Option<NaiveDateTime>, Option<NaiveDateTime>, NaiveDateTime, Option<NaiveDateTime>, String);

/// The columns of a [`ChangeRow`].
macro_rules! change_columns {
    () => {
        (
            email_changes::id,
            email_changes::person_id,
            email_changes::new_email,
            email_changes::old_confirmed_at,
            email_changes::new_confirmed_at,
            email_changes::expires_at,
            email_changes::withdrawn_at,
            email_changes::old_token_hash,
        )
    };
}

fn change_of((id, person, new_email, old, new, expires, withdrawn, old_hash): ChangeRow) -> (EmailChange, String) {
    let utc = |at: NaiveDateTime| at.and_utc();
    let change = EmailChange {
        id: EmailChangeId(id),
        person: PersonId(person),
        new_email,
        old_confirmed: old.map(utc),
        new_confirmed: new.map(utc),
        expires_at: utc(expires),
        withdrawn_at: withdrawn.map(utc),
    };
    (change, old_hash)
}

/// The change that a link belongs to, and which mailbox the link was sent to.
pub fn email_change(house: &mut House<'_>, secret: &Secret) -> Result<Option<(EmailChange, Mailbox)>> {
    let hash = secret.hash();
    let found: Option<ChangeRow> = email_changes::table
        .filter(email_changes::old_token_hash.eq(&hash).or(email_changes::new_token_hash.eq(&hash)))
        .select(change_columns!())
        .first(house.conn)
        .optional()?;
    Ok(found.map(change_of).map(|(change, old_hash)| (change, if old_hash == hash { Mailbox::Old } else { Mailbox::New })))
}

/// A change by its id: asked when a letter with one of its links is about to be sent.
pub fn email_change_by_id(house: &mut House<'_>, id: EmailChangeId) -> Result<Option<EmailChange>> {
    let found: Option<ChangeRow> = email_changes::table.find(id.0).select(change_columns!()).first(house.conn).optional()?;
    Ok(found.map(change_of).map(|(change, _)| change))
}

/// Writes down that a mailbox has said yes.
pub fn confirm_email(house: &mut House<'_>, id: EmailChangeId, mailbox: Mailbox) -> Result<()> {
    let now = Some(house.stamp());
    let row = email_changes::table.find(id.0);
    match mailbox {
        Mailbox::Old => diesel::update(row).set(email_changes::old_confirmed_at.eq(now)).execute(house.conn)?,
        Mailbox::New => diesel::update(row).set(email_changes::new_confirmed_at.eq(now)).execute(house.conn)?,
    };
    Ok(())
}

/// Stops a change.
pub fn stop_email(house: &mut House<'_>, id: EmailChangeId) -> Result<()> {
    diesel::update(email_changes::table.find(id.0)).set(email_changes::withdrawn_at.eq(Some(house.stamp()))).execute(house.conn)?;
    Ok(())
}

/// Gives a person the new address. Links that went to the old mailbox are dead, other devices are signed out, and every
/// cluster's log says so, without the address.
pub fn set_email(house: &mut House<'_>, person: PersonId, new: &str, keep: Option<SessionId>) -> Result<()> {
    let clusters = touch_clusters_of(house, person)?;
    diesel::update(people::table.find(person.0)).set(people::email.eq(new)).execute(house.conn)?;
    diesel::delete(sign_in_links::table.filter(sign_in_links::person_id.eq(person.0))).execute(house.conn)?;
    revoke_others(house, person, keep)?;
    for cluster in clusters {
        house.enter(cluster, Actor::Bearer(person)).log("people", &person, "changed the e-mail address", "", "")?;
    }
    Ok(())
}

/// Renews the version of every cluster that knows a person, so that no browser shows an old page, and gives the clusters.
/// That also keeps other writers out of them until the end of the transaction.
pub fn touch_clusters_of(house: &mut House<'_>, person: PersonId) -> Result<Vec<ClusterId>> {
    let of_cluster = messages::cluster_id.eq(clusters::id).and(messages::person_id.eq(person.0));
    let has_role = roles::cluster_id.eq(clusters::id).and(roles::person_id.eq(person.0));
    // Where one is only invited, the letter with the invitation has the address.
    let address = people::table.filter(people::id.eq(person.0)).select(people::email);
    let invited = invitations::cluster_id.eq(clusters::id).and(invitations::email.eq_any(address));
    let known: Vec<i64> = clusters::table
        .filter(clusters::id.ne(0))
        .filter(
            diesel::dsl::exists(roles::table.filter(has_role))
                .or(diesel::dsl::exists(messages::table.filter(of_cluster)))
                .or(diesel::dsl::exists(invitations::table.filter(invited))),
        )
        .order(clusters::id)
        .select(clusters::id)
        .load(house.conn)?;
    // In the order of their ids, so that two who do this never wait for each other.
    for id in &known {
        diesel::update(clusters::table.find(id)).set(clusters::version.eq(db::fresh_version())).execute(house.conn)?;
    }
    Ok(known.into_iter().map(ClusterId).collect())
}

/// A signed-in device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: SessionId,
    /// What its browser says of itself.
    pub user_agent: String,
    /// When it was signed in.
    pub since: chrono::DateTime<chrono::Utc>,
}

/// The devices on which a person is signed in now, the latest first.
pub fn devices(house: &mut House<'_>, person: PersonId) -> Result<Vec<Device>> {
    let rows: Vec<(i64, String, NaiveDateTime)> = sessions::table
        .filter(sessions::person_id.eq(person.0))
        .filter(sessions::expires_at.gt(house.stamp()))
        .filter(sessions::revoked_at.is_null())
        .order(sessions::id.desc())
        .limit(MOST_DEVICES)
        .select((sessions::id, sessions::user_agent, sessions::created_at))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(id, user_agent, since)| Device { id: SessionId(id), user_agent, since: since.and_utc() }).collect())
}

/// Signs one device of this person out. `false` when it is not his.
pub fn revoke_device(house: &mut House<'_>, person: PersonId, device: SessionId) -> Result<bool> {
    let own = sessions::table.filter(sessions::id.eq(device.0)).filter(sessions::person_id.eq(person.0));
    let there: i64 = own.count().get_result(house.conn)?;
    let open = sessions::id.eq(device.0).and(sessions::person_id.eq(person.0)).and(sessions::revoked_at.is_null());
    diesel::update(sessions::table.filter(open)).set(sessions::revoked_at.eq(Some(house.stamp()))).execute(house.conn)?;
    Ok(there > 0)
}

/// Signs every device of this person out but the one to keep, and says how many there were.
pub fn revoke_others(house: &mut House<'_>, person: PersonId, keep: Option<SessionId>) -> Result<usize> {
    let open = sessions::person_id.eq(person.0).and(sessions::revoked_at.is_null()).and(sessions::id.ne(keep.map_or(0, |id| id.0)));
    Ok(diesel::update(sessions::table.filter(open)).set(sessions::revoked_at.eq(Some(house.stamp()))).execute(house.conn)?)
}
