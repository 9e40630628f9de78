//! One connection type over both engines, and what opens it.

// The derive writes public items without docs.
#![allow(missing_docs)]

use std::sync::Arc;
use std::time::Instant;

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;

use super::silence::Pulse;
use super::tally::Tally;
use super::{DatabaseUrl, Error};

/// A connection to either engine; plain diesel works through it, except what docs/decisions lists.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A connection with what the pool must know of it.
pub(super) struct Line {
    pub conn: Conn,
    /// Set when a BEGIN or ROLLBACK failed: the pool throws it away.
    pub broken: bool,
    /// When it was opened.
    pub born: Instant,
    /// Its signs of life.
    pub pulse: Arc<Pulse>,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    SqliteReader,
    SqliteWriter,
    Postgres,
}

impl Line {
    pub fn open(url: &DatabaseUrl, role: Role, tally: &Arc<Tally>) -> anyhow::Result<Self> {
        // Not `Conn::establish`, which hides the error and lets SQLite take any text for a path.
        let mut conn = match role {
            Role::Postgres => {
                let mut conn = PgConnection::establish(&url.for_a_line())?;
                // A lock that nobody gives back must not hold a request for ever.
                conn.batch_execute("SET TIME ZONE 'UTC'; SET lock_timeout = '10s'; SET statement_timeout = '60s'")?;
                Conn::Postgres(conn)
            }
            Role::SqliteReader | Role::SqliteWriter => {
                let mut conn = SqliteConnection::establish(url.target())?;
                conn.batch_execute(
                    "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
                )?;
                // A reader's page cache of 2 MB is plenty for a term; the file system caches the rest.
                conn.batch_execute(if role == Role::SqliteReader {
                    "PRAGMA query_only = ON; PRAGMA cache_size = -2000;"
                } else {
                    "PRAGMA cache_size = -8000;"
                })?;
                Conn::Sqlite(conn)
            }
        };
        let (pulse, mut counted) = (Arc::new(Pulse::default()), cfg!(debug_assertions).then(|| tally.clone().listener()));
        let beats = pulse.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. } | InstrumentationEvent::FinishQuery { .. }) {
                beats.beat();
            }
            if let Some(counted) = &mut counted {
                counted(event);
            }
        });
        Ok(Self { conn, broken: false, born: Instant::now(), pulse })
    }
}

/// Opens connections to one place for one purpose.
#[derive(Clone)]
pub(super) struct Opener {
    pub url: DatabaseUrl,
    pub role: Role,
    pub tally: Arc<Tally>,
}

impl Opener {
    /// Opens another one, or says why not; the URL, which may hold a password, is not in it.
    pub fn open(&self) -> Result<Line, Error> {
        Line::open(&self.url, self.role, &self.tally).map_err(|fault| Error::not_opened(&fault.to_string()))
    }
}
