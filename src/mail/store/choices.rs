//! Letters that may be switched off, sent as each person wants them; the addresses in them that switch a kind off, and what is gathered.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::base::days::Day;
use crate::base::ids::{DigestItemId, PersonId};
use crate::base::secret::Secret;
use crate::db::schema::{digest_items, muted_kinds, people, settings, unsubscribe_links};
use crate::db::{House, Result, Tx};
use crate::mail::choices::{Offer, Rhythm, UNSUBSCRIBE_LASTS, WayOut, goes_out};
use crate::mail::{Block, Kind, Letter, store as outbox};

/// The most that is gathered into one letter.
const MOST_GATHERED: i64 = 200;

/// Sends a letter that its recipient may have switched off: at once with the address that does so, or into what is gathered, or
/// not at all. What cannot wait for a daily or weekly letter goes at once, whatever the rhythm. `true` when something was stored.
pub fn post(tx: &mut Tx<'_>, letter: &Letter, way_out: WayOut) -> Result<bool> {
    let Some(person) = letter.to.person else { return outbox::enqueue(tx, letter) };
    if mutes(tx, person, letter.kind)? {
        return Ok(false);
    }
    // Whoever changes the choice in between does not hear of the same thing twice.
    if is_gathered(tx, letter, person)? || outbox::is_there(tx, letter)? {
        return Ok(false);
    }
    let gathers = if letter.kind.waits { gathers(tx, person)? } else { None };
    match (gathers, way_out) {
        (Some(on), _) => gather(tx, letter, person, on),
        (None, WayOut::Carried) => send_with_way_out(tx, letter, person),
        (None, WayOut::Missing) => outbox::enqueue(tx, letter),
    }
}

/// Sends a letter now, with the address that switches its kind off.
pub fn send_with_way_out(tx: &mut Tx<'_>, letter: &Letter, person: PersonId) -> Result<bool> {
    let secret = Secret::fresh();
    let switch_off = tx.link(&format!("/unsubscribe/{}", secret.reveal()));
    if !outbox::enqueue_with(tx, letter, &switch_off)? {
        return Ok(false);
    }
    diesel::insert_into(unsubscribe_links::table)
        .values((
            unsubscribe_links::token_hash.eq(secret.hash()),
            unsubscribe_links::person_id.eq(person.0),
            unsubscribe_links::kind.eq(letter.kind.key),
            unsubscribe_links::created_at.eq(tx.stamp()),
            unsubscribe_links::expires_at.eq((tx.now + UNSUBSCRIBE_LASTS).naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(true)
}

/// Whether a person has switched letters of this kind off.
pub fn mutes(tx: &mut Tx<'_>, person: PersonId, kind: &Kind) -> Result<bool> {
    let off = muted_kinds::table.find((person.0, kind.key));
    Ok(diesel::select(diesel::dsl::exists(off)).get_result(tx.conn)?)
}

/// Which of these people do not want letters of this kind.
pub fn muted(tx: &mut Tx<'_>, kind: &Kind, of: &[PersonId]) -> Result<HashSet<PersonId>> {
    if of.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<i64> = of.iter().map(|person| person.0).collect();
    let rows: Vec<i64> = muted_kinds::table
        .filter(muted_kinds::person_id.eq_any(ids))
        .filter(muted_kinds::kind.eq(kind.key))
        .select(muted_kinds::person_id)
        .load(tx.conn)?;
    Ok(rows.into_iter().map(PersonId).collect())
}

/// The day on which what is gathered for this person goes out; `None` when each letter is wanted at once.
fn gathers(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Day>> {
    let word: String = people::table.find(person.0).select(people::rhythm).first(tx.conn)?;
    let rhythm: Rhythm = word.parse().unwrap_or_default();
    if rhythm == Rhythm::Each {
        return Ok(None);
    }
    let from: Option<i32> = settings::table.find(tx.cluster.0).select(settings::mail_from_hour).first(tx.conn).optional()?;
    Ok(goes_out(rhythm, tx.now, from.and_then(|hour| u32::try_from(hour).ok()).unwrap_or(7)))
}

fn is_gathered(tx: &mut Tx<'_>, letter: &Letter, person: PersonId) -> Result<bool> {
    let there = digest_items::table
        .filter(digest_items::cluster_id.eq(tx.cluster.0))
        .filter(digest_items::kind.eq(letter.kind.key))
        .filter(digest_items::subject.eq(&letter.subject))
        .filter(digest_items::day.eq(letter.day))
        .filter(digest_items::person_id.eq(person.0));
    Ok(diesel::select(diesel::dsl::exists(there)).get_result(tx.conn)?)
}

fn gather(tx: &mut Tx<'_>, letter: &Letter, person: PersonId, on: Day) -> Result<bool> {
    let url = letter.blocks.iter().find_map(|block| if let Block::Button { url, .. } = block { Some(url.as_str()) } else { None });
    diesel::insert_into(digest_items::table)
        .values((
            digest_items::cluster_id.eq(tx.cluster.0),
            digest_items::id.eq(DigestItemId::fresh(tx.now).0),
            digest_items::person_id.eq(person.0),
            digest_items::kind.eq(letter.kind.key),
            digest_items::subject.eq(&letter.subject),
            digest_items::day.eq(letter.day),
            digest_items::title.eq(&letter.title),
            digest_items::url.eq(url.unwrap_or_default()),
            digest_items::due_on.eq(on),
        ))
        .execute(tx.conn)?;
    Ok(true)
}

/// Something that waits for a person's daily or weekly letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: DigestItemId,
    /// Whose letter it waits for.
    pub person: PersonId,
    /// As the letter would have had it.
    pub kind: String,
    /// As the letter would have had it.
    pub subject: String,
    /// As the letter would have had it.
    pub day: Day,
    /// The letter's subject line.
    pub title: String,
    /// Where it leads; may be empty.
    pub url: String,
}

/// What is gathered in this cluster and goes out today, by person; bounded, the rest follows.
pub fn gathered(tx: &mut Tx<'_>) -> Result<Vec<Item>> {
    type Row = (i64, i64, String, String, Day, String, String);
    let rows: Vec<Row> = digest_items::table
        .filter(digest_items::cluster_id.eq(tx.cluster.0))
        .filter(digest_items::done_at.is_null())
        .filter(digest_items::due_on.le(tx.today()))
        .order((digest_items::person_id, digest_items::id))
        .limit(MOST_GATHERED)
        .select((
            digest_items::id,
            digest_items::person_id,
            digest_items::kind,
            digest_items::subject,
            digest_items::day,
            digest_items::title,
            digest_items::url,
        ))
        .load(tx.conn)?;
    let item = |(id, person, kind, subject, day, title, url)| Item {
        id: DigestItemId(id),
        person: PersonId(person),
        kind,
        subject,
        day,
        title,
        url,
    };
    Ok(rows.into_iter().map(item).collect())
}

/// These went out, or were no longer true.
pub fn gathered_is_done(tx: &mut Tx<'_>, of: &[DigestItemId]) -> Result<()> {
    let rows =
        digest_items::table.filter(digest_items::cluster_id.eq(tx.cluster.0)).filter(digest_items::id.eq_any(of.iter().map(|id| id.0)));
    diesel::update(rows).set(digest_items::done_at.eq(Some(tx.stamp()))).execute(tx.conn)?;
    Ok(())
}

/// These go out on another day.
pub fn gather_for(tx: &mut Tx<'_>, of: &[DigestItemId], on: Day) -> Result<()> {
    let rows =
        digest_items::table.filter(digest_items::cluster_id.eq(tx.cluster.0)).filter(digest_items::id.eq_any(of.iter().map(|id| id.0)));
    diesel::update(rows).set(digest_items::due_on.eq(on)).execute(tx.conn)?;
    Ok(())
}

/// What waits for a person's daily or weekly letter goes out at once, in one last letter.
pub fn gather_no_more(house: &mut House<'_>, person: PersonId) -> Result<()> {
    let waits = digest_items::table.filter(digest_items::person_id.eq(person.0)).filter(digest_items::done_at.is_null());
    diesel::update(waits).set(digest_items::due_on.eq(house.today())).execute(house.conn)?;
    Ok(())
}

/// What the address in a letter would switch off, and for whom.
pub fn offer(house: &mut House<'_>, secret: &Secret) -> Result<Option<(PersonId, Offer)>> {
    let row: Option<(i64, String, NaiveDateTime)> = unsubscribe_links::table
        .find(secret.hash())
        .select((unsubscribe_links::person_id, unsubscribe_links::kind, unsubscribe_links::expires_at))
        .first(house.conn)
        .optional()?;
    Ok(row.map(|(person, kind, until)| (PersonId(person), Offer { kind, expires_at: until.and_utc() })))
}

/// Switches one kind of letter off for a person; done twice, it is done once.
pub fn mute(house: &mut House<'_>, person: PersonId, kind: &Kind) -> Result<()> {
    let off = muted_kinds::table.find((person.0, kind.key));
    if !diesel::select(diesel::dsl::exists(off)).get_result::<bool>(house.conn)? {
        diesel::insert_into(muted_kinds::table)
            .values((muted_kinds::person_id.eq(person.0), muted_kinds::kind.eq(kind.key)))
            .execute(house.conn)?;
    }
    Ok(())
}

/// The kinds of letters that a person has switched off.
pub fn muted_by(house: &mut House<'_>, person: PersonId) -> Result<Vec<String>> {
    Ok(muted_kinds::table
        .filter(muted_kinds::person_id.eq(person.0))
        .select(muted_kinds::kind)
        .order(muted_kinds::kind)
        .load(house.conn)?)
}

/// Writes down which kinds of letters a person does not want, in place of what was there.
pub fn set_muted(house: &mut House<'_>, person: PersonId, kinds: &[&Kind]) -> Result<()> {
    diesel::delete(muted_kinds::table.filter(muted_kinds::person_id.eq(person.0))).execute(house.conn)?;
    for kind in kinds {
        diesel::insert_into(muted_kinds::table)
            .values((muted_kinds::person_id.eq(person.0), muted_kinds::kind.eq(kind.key)))
            .execute(house.conn)?;
    }
    Ok(())
}

/// Clears away addresses that have run out by then; at most so many.
pub fn prune(house: &mut House<'_>, before: NaiveDateTime, most: i64) -> Result<usize> {
    let old: Vec<String> = unsubscribe_links::table
        .filter(unsubscribe_links::expires_at.le(before))
        .order(unsubscribe_links::expires_at)
        .limit(most)
        .select(unsubscribe_links::token_hash)
        .load(house.conn)?;
    Ok(diesel::delete(unsubscribe_links::table.filter(unsubscribe_links::token_hash.eq_any(old))).execute(house.conn)?)
}

/// Takes away what a person who is erased could be found by here.
pub fn forget(house: &mut House<'_>, person: PersonId) -> Result<()> {
    diesel::delete(unsubscribe_links::table.filter(unsubscribe_links::person_id.eq(person.0))).execute(house.conn)?;
    diesel::delete(digest_items::table.filter(digest_items::person_id.eq(person.0))).execute(house.conn)?;
    Ok(())
}
