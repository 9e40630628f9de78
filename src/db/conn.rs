//! One connection type over both engines, and the pool's manager that opens it.

// The derive writes public items without docs.
#![allow(missing_docs)]

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::ManageConnection;

use super::DatabaseUrl;
use super::tally::Tally;

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
                let mut conn = PgConnection::establish(url.target())?;
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
        if cfg!(debug_assertions) {
            conn.set_instrumentation(tally.clone().listener());
        }
        Ok(Self { conn, broken: false })
    }
}

/// Opens connections for the pool.
pub(super) struct Manager {
    url: DatabaseUrl,
    role: Role,
    tally: Arc<Tally>,
}

impl Manager {
    pub fn new(url: DatabaseUrl, role: Role, tally: Arc<Tally>) -> Self {
        Self { url, role, tally }
    }
}

/// What the pool is told when a connection cannot be opened. The URL, which may hold a password, is not in it.
#[derive(Debug, thiserror::Error)]
#[error("the database could not be opened: {0}")]
pub(super) struct NotOpened(String);

impl ManageConnection for Manager {
    type Connection = Line;
    type Error = NotOpened;

    fn connect(&self) -> Result<Line, NotOpened> {
        Line::open(&self.url, self.role, &self.tally).map_err(|fault| NotOpened(fault.to_string()))
    }

    fn is_valid(&self, line: &mut Line) -> Result<(), NotOpened> {
        line.conn.batch_execute("SELECT 1").map_err(|fault| NotOpened(fault.to_string()))
    }

    fn has_broken(&self, line: &mut Line) -> bool {
        line.broken
    }
}
