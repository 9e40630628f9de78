//! Letters that may be switched off, sent as each person wants them; the addresses in them that switch a kind off, and what is gathered.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::base::days::Day;
use crate::base::ids::{DigestItemId, PersonId};
use crate::base::secret::Secret;
use crate::db::asks::insert_all;
use crate::db::schema::{digest_items, muted_kinds, people, settings, unsubscribe_links};
use crate::db::{House, Result, Tx};
use crate::mail::choices::{Offer, Sending, UNSUBSCRIBE_LASTS, WayOut, goes_out};
use crate::mail::{Block, Kind, Letter, store as outbox};

/// The most that is gathered into one letter.
const MOST_GATHERED: i64 = 200;

/// Sends a letter that its recipient may have switched off, as [`post_all`] does. `true` when something was stored.
pub fn post(tx: &mut Tx<'_>, letter: &Letter, way_out: WayOut) -> Result<bool> {
    Ok(post_all(tx, &[Sending { letter: letter.clone(), may_mute: Some(way_out) }])? > 0)
}

/// Sends letters, and says how many were stored. One that its recipient may have switched off goes at once with the address that does so, or
/// into what is gathered, or not at all; what cannot wait for a daily or weekly letter goes at once, whatever the rhythm. For letters of one
/// kind about one thing that is two questions and three statements, however many they are.
pub fn post_all(tx: &mut Tx<'_>, sendings: &[Sending]) -> Result<usize> {
    let mut alike: Vec<Vec<&Sending>> = Vec::new();
    for one in sendings {
        let same =
            |other: &Letter| (other.kind.key, &other.subject, other.day) == (one.letter.kind.key, &one.letter.subject, one.letter.day);
        match alike.iter_mut().find(|some| some.first().is_some_and(|first| same(&first.letter))) {
            Some(some) => some.push(one),
            None => alike.push(vec![one]),
        }
    }
    alike.into_iter().try_fold(0, |stored, some| Ok(stored + post_alike(tx, &some)?))
}

/// The same for letters of one kind about one thing, on one day.
fn post_alike(tx: &mut Tx<'_>, sendings: &[&Sending]) -> Result<usize> {
    let Some(about) = sendings.first().map(|one| &one.letter) else { return Ok(0) };
    let mut told: HashSet<String> = outbox::told(tx, about.kind, &about.subject, about.day)?.into_iter().collect();
    let asked: Vec<i64> = sendings.iter().filter(|one| one.may_mute.is_some()).filter_map(|one| Some(one.letter.to.person?.0)).collect();
    let wishes = if asked.is_empty() { HashMap::new() } else { wishes(tx, about, asked)? };
    let (mut gathered, mut carried, mut go) = (Vec::new(), Vec::new(), Vec::new());
    for Sending { letter, may_mute } in sendings.iter().copied() {
        // Whoever changes the choice in between does not hear of the same thing twice, and nobody does who is named twice.
        let new = !told.contains(letter.to.address.as_str());
        let way_out = match (letter.to.person, may_mute) {
            (Some(person), Some(way_out)) => {
                let wish = wishes.get(&person).copied().unwrap_or_default();
                if !new || wish.none_of_it {
                    continue;
                }
                if let Some(on) = wish.on.filter(|_| letter.kind.waits) {
                    gathered.push((letter, person, on));
                    told.insert(letter.to.address.as_str().to_owned());
                    continue;
                }
                (*way_out == WayOut::Carried).then_some(person)
            }
            _ => None,
        };
        if new {
            let secret = way_out.map(|person| (person, Secret::fresh()));
            let address = secret.as_ref().map_or_else(String::new, |(_, secret)| tx.link(&format!("/unsubscribe/{}", secret.reveal())));
            carried.extend(secret.map(|(person, secret)| (person, secret, letter.kind)));
            go.push((letter, address));
            told.insert(letter.to.address.as_str().to_owned());
        }
    }
    let letters: Vec<(&Letter, &str)> = go.iter().map(|(letter, address)| (*letter, address.as_str())).collect();
    outbox::insert(tx, &letters)?;
    remember(tx, &carried)?;
    gather(tx, &gathered)?;
    Ok(letters.len() + gathered.len())
}

/// How a person wants letters of one kind about one thing.
#[derive(Debug, Clone, Copy, Default)]
struct Wished {
    /// The kind is switched off, or this one waits already in what is gathered.
    none_of_it: bool,
    /// The day on which what is gathered goes out; `None` when each letter is wanted at once.
    on: Option<Day>,
}

/// How each of these people wants letters like this one.
fn wishes(tx: &mut Tx<'_>, about: &Letter, of: Vec<i64>) -> Result<HashMap<PersonId, Wished>> {
    let off = muted_kinds::table.filter(muted_kinds::person_id.eq(people::id)).filter(muted_kinds::kind.eq(about.kind.key));
    let waits = digest_items::table
        .filter(digest_items::cluster_id.eq(tx.cluster.0))
        .filter(digest_items::kind.eq(about.kind.key))
        .filter(digest_items::subject.eq(&about.subject))
        .filter(digest_items::day.eq(about.day))
        .filter(digest_items::person_id.eq(people::id));
    let rows: Vec<(i64, String, bool, bool, Option<i32>)> = people::table
        .left_join(settings::table.on(settings::cluster_id.eq(tx.cluster.0)))
        .filter(people::id.eq_any(of))
        .select((people::id, people::rhythm, exists(off), exists(waits), settings::mail_from_hour.nullable()))
        .load(tx.conn)?;
    let wished = |(id, rhythm, off, waits, from): (i64, String, bool, bool, Option<i32>)| {
        let from = from.and_then(|hour| u32::try_from(hour).ok()).unwrap_or(7);
        (PersonId(id), Wished { none_of_it: off || waits, on: goes_out(rhythm.parse().unwrap_or_default(), tx.now, from) })
    };
    Ok(rows.into_iter().map(wished).collect())
}

/// Sends a letter now, with the address that switches its kind off.
pub fn send_with_way_out(tx: &mut Tx<'_>, letter: &Letter, person: PersonId) -> Result<bool> {
    let secret = Secret::fresh();
    let switch_off = tx.link(&format!("/unsubscribe/{}", secret.reveal()));
    if !outbox::enqueue_with(tx, letter, &switch_off)? {
        return Ok(false);
    }
    remember(tx, &[(person, secret, letter.kind)])?;
    Ok(true)
}

/// Remembers the addresses that switch a kind off.
fn remember(tx: &mut Tx<'_>, carried: &[(PersonId, Secret, &Kind)]) -> Result<()> {
    if carried.is_empty() {
        return Ok(());
    }
    let rows = carried.iter().map(|(person, secret, kind)| {
        (
            unsubscribe_links::token_hash.eq(secret.hash()),
            unsubscribe_links::person_id.eq(person.0),
            unsubscribe_links::kind.eq(kind.key),
            unsubscribe_links::created_at.eq(tx.stamp()),
            unsubscribe_links::expires_at.eq((tx.now + UNSUBSCRIBE_LASTS).naive_utc()),
        )
    });
    insert_all!(tx.conn, diesel::insert_into(unsubscribe_links::table), rows.collect())?;
    Ok(())
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

fn gather(tx: &mut Tx<'_>, letters: &[(&Letter, PersonId, Day)]) -> Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    let rows = letters.iter().map(|(letter, person, on)| {
        let url = letter.blocks.iter().find_map(|block| if let Block::Button { url, .. } = block { Some(url.as_str()) } else { None });
        (
            digest_items::cluster_id.eq(tx.cluster.0),
            digest_items::id.eq(DigestItemId::fresh(tx.now).0),
            digest_items::person_id.eq(person.0),
            digest_items::kind.eq(letter.kind.key),
            digest_items::subject.eq(letter.subject.clone()),
            digest_items::day.eq(letter.day),
            digest_items::title.eq(letter.title.clone()),
            digest_items::url.eq(url.unwrap_or_default().to_owned()),
            digest_items::due_on.eq(*on),
        )
    });
    insert_all!(tx.conn, diesel::insert_into(digest_items::table), rows.collect())?;
    Ok(())
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
