//! The rows of people, their roles and sessions.

pub mod directory;
pub mod roles;
pub mod sessions;
pub mod showing;

use diesel::prelude::*;

use crate::base::EmailAddress;
use crate::base::ids::{ClusterId, PersonId};
use crate::db::schema::{clusters, people};
use crate::db::{House, Result};
use crate::mail::Recipient;
use crate::mail::choices::Rhythm;
use crate::people::Cluster;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: PersonId,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The telephone number; empty where none is known.
    pub phone: String,
}

impl Person {
    /// As others of the cluster reach this person: name, address and telephone number, where one is known.
    #[must_use]
    pub fn contact(&self) -> String {
        let phone = if self.phone.is_empty() { String::new() } else { format!(", {}", self.phone) };
        format!("{}, {}{phone}", self.name, self.email)
    }

    /// Whom a letter goes to. `None`, with a line in the log, when the stored address is none: the page of people says so, too.
    #[must_use]
    pub fn recipient(&self) -> Option<Recipient> {
        match self.email.parse() {
            Ok(address) => Some(Recipient { person: Some(self.id), address, name: self.name.clone() }),
            Err(fault) => {
                tracing::warn!(person = %self.id, %fault, "a stored address is none");
                None
            }
        }
    }
}

/// The person with this address.
pub fn person_by_email(house: &mut House<'_>, email: &EmailAddress) -> Result<Option<Person>> {
    let found: Option<(i64, String, String, String)> = people::table
        .filter(people::email.eq(email.as_str()))
        .select((people::id, people::name, people::email, people::phone))
        .first(house.conn)
        .optional()?;
    Ok(found.map(|(id, name, email, phone)| Person { id: PersonId(id), name, email, phone }))
}

/// The person with this id.
pub fn person_by_id(house: &mut House<'_>, id: PersonId) -> Result<Person> {
    let (name, email, phone): (String, String, String) =
        people::table.find(id.0).select((people::name, people::email, people::phone)).first(house.conn)?;
    Ok(Person { id, name, email, phone })
}

/// How often a person wants the letters that can wait.
pub fn rhythm(house: &mut House<'_>, person: PersonId) -> Result<Rhythm> {
    let word: String = people::table.find(person.0).select(people::rhythm).first(house.conn)?;
    Ok(word.parse().unwrap_or_default())
}

/// Writes down how often a person wants the letters that can wait.
pub fn set_rhythm(house: &mut House<'_>, person: PersonId, to: Rhythm) -> Result<()> {
    diesel::update(people::table.find(person.0)).set(people::rhythm.eq(<&'static str>::from(to))).execute(house.conn)?;
    Ok(())
}

/// Writes down a person's telephone number; empty for none.
pub fn set_phone(house: &mut House<'_>, person: PersonId, phone: &str) -> Result<()> {
    diesel::update(people::table.find(person.0)).set(people::phone.eq(phone)).execute(house.conn)?;
    Ok(())
}

/// Adds a person, or finds the one with this address.
pub fn person_for(house: &mut House<'_>, email: &EmailAddress, name: &str) -> Result<PersonId> {
    if let Some(person) = person_by_email(house, email)? {
        return Ok(person.id);
    }
    let id = PersonId::fresh(house.now);
    diesel::insert_into(people::table)
        .values((people::id.eq(id.0), people::email.eq(email.as_str()), people::name.eq(name), people::created_at.eq(house.stamp())))
        .execute(house.conn)?;
    Ok(id)
}

/// The cluster a private calendar address or the command line names, whoever asks.
pub fn cluster_by_slug(house: &mut House<'_>, slug: &str) -> Result<Option<Cluster>> {
    let found: Option<(i64, String, String, i64)> = clusters::table
        .filter(clusters::slug.eq(slug))
        .filter(clusters::id.ne(0))
        .select((clusters::id, clusters::slug, clusters::name, clusters::version))
        .first(house.conn)
        .optional()?;
    Ok(found.map(|(id, slug, name, version)| Cluster { id: ClusterId(id), slug, name, version }))
}

/// The tenants, oldest first; never the house.
pub fn all_clusters(house: &mut House<'_>, most: i64) -> Result<Vec<Cluster>> {
    let rows: Vec<(i64, String, String, i64)> = clusters::table
        .filter(clusters::id.ne(0))
        .order(clusters::id)
        .limit(most)
        .select((clusters::id, clusters::slug, clusters::name, clusters::version))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(id, slug, name, version)| Cluster { id: ClusterId(id), slug, name, version }).collect())
}
