//! Who acts, and whether they still may: asked again inside the transaction, because a request can be under way for longer than a role.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::asks::today;
use super::schema::{roles, sessions};
use super::{Conn, Error, Result};
use crate::base::clock;
use crate::base::ids::{ClusterId, PersonId, RoleId, SessionId};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person on a device that is signed in. The only one whose permission ends by itself; it is asked again in each transaction.
    Person {
        /// Who.
        person: PersonId,
        /// By which session.
        session: SessionId,
        /// As what in the cluster, when the request was let in. Empty on pages that belong to no cluster.
        roles: Arc<[SeenRole]>,
    },
    /// A person known by a secret from a letter or an address: an invitation, both mailboxes of a change, a feed. The act itself asks
    /// whether the secret is good.
    Bearer(PersonId),
    /// Whoever sets the site up, with the secret that its start has printed; a person once the person is stored.
    SetUp(Option<PersonId>),
    /// Somebody of whom nothing is known: who finds a box, or asks for a sign-in link.
    Visitor,
    /// A cluster that is loaded from files.
    Import,
    /// The program itself: letters, reminders, and what follows from the time.
    Worker,
}

/// A role as the guard saw it when it let a request in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRole {
    /// Its id.
    pub id: RoleId,
    /// For people: "Science lead, Saxton".
    pub words: String,
}

impl Actor {
    /// The person, where it is one: who stands in the change log.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person { person, .. } | Self::Bearer(person) => Some(*person),
            Self::SetUp(person) => *person,
            Self::Visitor | Self::Import | Self::Worker => None,
        }
    }

    /// Refuses a person who has lost a role since the request was let in, or whose session is over: one query. A role that was added
    /// changes nothing.
    pub(super) fn ask_again(&self, conn: &mut Conn, cluster: ClusterId, now: DateTime<Utc>) -> Result<()> {
        let Self::Person { person, session, roles: seen } = self else { return Ok(()) };
        let (stamp, today) = (now.naive_utc(), clock::today(now));
        let in_cluster = roles::person_id.eq(sessions::person_id).and(roles::cluster_id.eq(cluster.0)).and(today!(roles, today));
        let rows: Vec<(bool, Option<i64>)> = sessions::table
            .left_join(roles::table.on(in_cluster))
            .filter(sessions::id.eq(session.0))
            .filter(sessions::person_id.eq(person.0))
            .select((sessions::revoked_at.is_null().and(sessions::expires_at.gt(stamp)), roles::id.nullable()))
            .load(conn)?;
        // The role first: with somebody's last role every session of theirs ends, and the role is what happened.
        let holds = |role: &&SeenRole| rows.iter().any(|(_, held)| *held == Some(role.id.0));
        match (seen.iter().find(|role| !holds(role)), rows.first()) {
            (None, Some((true, _))) => Ok(()),
            (Some(lost), Some(_)) => Err(Error::RoleEnded(lost.words.clone())),
            (_, Some((false, _)) | None) => Err(Error::SessionOver),
        }
    }
}
