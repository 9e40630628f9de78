//! What store functions are handed: a connection inside a transaction, together with whose rows, who acts, and when.

use std::any::Any;
use std::cell::Cell;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{Actor, Conn, Error, HOUSE, Result, Snapshot, schema::changes};
use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{ChangeId, ClusterId, PersonId};

/// Whose rows, and who acts: what a transaction is opened with. When, the transaction says itself, so that nothing is backdated by
/// what came before it.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The tenant.
    pub cluster: ClusterId,
    /// Who acts.
    pub actor: Actor,
    /// The cluster whose roles let him: the tenant, but for what belongs to no cluster.
    pub(super) asked_in: ClusterId,
    /// The transaction in which the guard asked whether he may: who reads goes on in it.
    pub(super) snapshot: Snapshot,
}

impl Scope {
    /// Somebody's doing inside a cluster.
    #[must_use]
    pub fn new(cluster: ClusterId, actor: Actor) -> Self {
        Self { cluster, actor, asked_in: cluster, snapshot: Snapshot::default() }
    }

    /// The same, and who reads goes on in the transaction in which the guard asked ([`Db::look`](super::Db::look)), if nobody has yet.
    #[must_use]
    pub fn within(self, snapshot: &Snapshot) -> Self {
        Self { snapshot: snapshot.clone(), ..self }
    }

    /// The program's own doing inside a cluster.
    #[must_use]
    pub fn of_worker(cluster: ClusterId) -> Self {
        Self::new(cluster, Actor::Worker)
    }

    /// Somebody's doing on what belongs to no cluster but is kept like a cluster's rows: mails with sign-in links.
    #[must_use]
    pub fn of_house(actor: Actor) -> Self {
        Self::new(HOUSE, actor)
    }

    /// The same person's doing, by the same roles, on what belongs to no cluster: on people.
    #[must_use]
    pub fn on_people(self) -> Self {
        Self { cluster: HOUSE, ..self }
    }
}

/// An open transaction in one cluster: the first parameter of every store function.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut Conn,
    /// The tenant. Every query filters by it.
    pub cluster: ClusterId,
    /// Who acts.
    pub actor: Actor,
    /// When: the time at which the transaction got its lock.
    pub now: DateTime<Utc>,
    site: &'a str,
    letters: &'a Cell<bool>,
    kept: Option<Box<dyn Any>>,
    /// What the transaction ends with; nothing while that is under way, or where it only reads.
    pub(super) settle: Option<super::Settle>,
    settled: bool,
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
        self.actor.person().ok_or_else(|| Error::Check("nobody acts".to_owned()))
    }

    /// Keeps what was read, for whoever asks for it again in this transaction, in place of what was kept before. The room that writes the
    /// rows calls [`Tx::keep_nothing`].
    pub fn keep<T: 'static>(&mut self, read: T) {
        self.kept = Some(Box::new(read));
    }

    /// What was kept, when it is of this type.
    #[must_use]
    pub fn kept<T: 'static>(&self) -> Option<&T> {
        self.kept.as_ref()?.downcast_ref()
    }

    /// What is kept is no longer true.
    pub fn keep_nothing(&mut self) {
        self.kept = None;
    }

    /// Brings up to date now what every write brings up to date at its end (`Db::settle_with`), for who has to say what follows from it:
    /// a letter names the day on which a box is fetched, and that day follows from what was booked. Nothing while it is under way.
    pub fn settle(&mut self) -> Result<()> {
        let Some(settle) = self.settle.take() else { return Ok(()) };
        let done = settle(self);
        (self.settle, self.settled) = (Some(settle), true);
        done
    }

    /// Whether this has been done before in this transaction: then what follows from the time alone is done.
    #[must_use]
    pub fn has_settled(&self) -> bool {
        self.settled
    }

    /// Has somebody else act from here on, and gives who did.
    pub fn act_as(&mut self, actor: Actor) -> Actor {
        std::mem::replace(&mut self.actor, actor)
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
                changes::person_id.eq(self.actor.person().map(|person| person.0)),
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

    /// Raises the version of clusters, so that no browser shows an old page of theirs; that keeps other writers out of them until the end of
    /// the transaction. With the house's lock; in the order of their ids, so that two who do this never wait for each other.
    pub fn touch(&mut self, clusters: &[ClusterId]) -> Result<()> {
        let mut ordered = clusters.to_vec();
        ordered.sort_unstable_by_key(|cluster| cluster.0);
        ordered.into_iter().try_for_each(|cluster| super::renew_version(self.conn, cluster))
    }

    /// Keeps other writers out of clusters until the end of the transaction, and changes nothing. In the same order.
    pub fn keep_out(&mut self, clusters: &[ClusterId]) -> Result<()> {
        let mut ordered = clusters.to_vec();
        ordered.sort_unstable_by_key(|cluster| cluster.0);
        ordered.into_iter().try_for_each(|cluster| super::lock_cluster(self.conn, cluster))
    }

    /// The same transaction inside a cluster, for the import that has just created it.
    pub fn enter(&mut self, cluster: ClusterId, actor: Actor) -> Tx<'_> {
        Tx {
            conn: self.conn,
            cluster,
            actor,
            now: self.now,
            site: self.site,
            letters: self.letters,
            kept: None,
            settle: None,
            settled: false,
        }
    }
}
