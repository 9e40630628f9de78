//! What store functions are handed: a connection inside a transaction, together with whose rows, who acts, and when.

use std::cell::Cell;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, HOUSE, Result, schema::changes};
use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{ChangeId, ClusterId, PersonId};

/// Whose rows, who acts, and when: the context of a transaction.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The tenant.
    pub cluster: ClusterId,
    /// The person who acts; `None` for the worker and the command line.
    pub actor: Option<PersonId>,
    /// The time of the transaction.
    pub now: DateTime<Utc>,
}

impl Scope {
    /// The program's own doing inside a cluster.
    #[must_use]
    pub fn of_worker(cluster: ClusterId, now: DateTime<Utc>) -> Self {
        Self { cluster, actor: None, now }
    }

    /// The program's own doing on what belongs to no cluster but is kept like a cluster's rows: mails with sign-in links.
    #[must_use]
    pub fn of_house(now: DateTime<Utc>) -> Self {
        Self::of_worker(HOUSE, now)
    }
}

/// An open transaction in one cluster: the first parameter of every store function.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut Conn,
    /// The tenant. Every query filters by it.
    pub cluster: ClusterId,
    /// Who acts.
    pub actor: Option<PersonId>,
    /// When.
    pub now: DateTime<Utc>,
    site: &'a str,
    letters: &'a Cell<bool>,
}

/// An open transaction on people, sessions, sign-in links and the list of clusters.
pub struct House<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut Conn,
    /// When.
    pub now: DateTime<Utc>,
    pub(super) site: &'a str,
    pub(super) letters: &'a Cell<bool>,
}

impl Tx<'_> {
    /// The full address of a page of this site, for letters and calendar files. `path` begins with a slash.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }

    /// A letter waits now: the worker is rung once this is committed.
    pub fn letter_waits(&mut self) {
        self.letters.set(true);
    }

    /// The day it is at the schools.
    #[must_use]
    pub fn today(&self) -> Day {
        clock::today(self.now)
    }

    /// The time as the tables keep it: UTC without a zone.
    #[must_use]
    pub fn stamp(&self) -> NaiveDateTime {
        self.now.naive_utc()
    }

    /// The person who acts, where only a person can.
    pub fn person(&self) -> Result<PersonId> {
        self.actor.ok_or_else(|| Error::Check("nobody acts".to_owned()))
    }

    /// The same transaction, for what belongs to no cluster.
    pub fn house(&mut self) -> House<'_> {
        House { conn: self.conn, now: self.now, site: self.site, letters: self.letters }
    }

    /// Writes a line of the change log: who (the actor), when, what before and what after (product rule 11). `about` is a
    /// table's name, `verb` a word for people ("reserved", "cancelled"); `before` and `after` are sentences or `key: value` lines.
    pub fn log(&mut self, about: &str, id: &impl std::fmt::Display, verb: &str, before: &str, after: &str) -> Result<()> {
        diesel::insert_into(changes::table)
            .values((
                changes::cluster_id.eq(self.cluster.0),
                changes::id.eq(ChangeId::fresh(self.now).0),
                changes::at.eq(self.stamp()),
                changes::person_id.eq(self.actor.map(|person| person.0)),
                changes::about.eq(about),
                changes::about_id.eq(id.to_string()),
                changes::verb.eq(verb),
                changes::before.eq(before),
                changes::after.eq(after),
            ))
            .execute(self.conn)?;
        Ok(())
    }
}

impl House<'_> {
    /// The time as the tables keep it.
    #[must_use]
    pub fn stamp(&self) -> NaiveDateTime {
        self.now.naive_utc()
    }

    /// The day it is at the schools.
    #[must_use]
    pub fn today(&self) -> Day {
        clock::today(self.now)
    }

    /// The same transaction inside a cluster, for the import that has just created it.
    pub fn enter(&mut self, cluster: ClusterId, actor: Option<PersonId>) -> Tx<'_> {
        Tx { conn: self.conn, cluster, actor, now: self.now, site: self.site, letters: self.letters }
    }
}
