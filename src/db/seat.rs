//! What a transaction sits on: a turn that it has waited for, the connection that comes with it, and the transaction itself, which is
//! undone when nobody finishes it. A guard may leave its reading transaction open for the page that it lets somebody read.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use tokio::sync::OwnedMutexGuard;

use super::conn::{Conn, Line};
use super::gates::{Place, Purpose};
use super::pool::Pooled;
use super::silence::Progress;
use super::{Engine, Result};

/// A tenant read or write needs a connection: one of the pool's, or SQLite's writer.
pub(super) enum Seat {
    Pooled(Box<Pooled>),
    Writer(OwnedMutexGuard<Line>),
}

impl Seat {
    pub fn line(&mut self) -> Result<&mut Line> {
        match self {
            Self::Pooled(line) => line.line(),
            Self::Writer(line) => Ok(line),
        }
    }
}

/// What a transaction is to be.
pub(super) struct Plan {
    pub purpose: Purpose,
    pub begin: &'static str,
    /// Its time; else when it has begun.
    pub now: Option<DateTime<Utc>>,
    /// The one that a guard has left open.
    pub going: Option<Box<Open>>,
    /// Whether somebody goes on with it.
    pub stays_open: bool,
}

impl Plan {
    /// One that reads. `hurried`: whether somebody waits for what is read.
    pub fn reading(engine: Engine, hurried: bool, now: Option<DateTime<Utc>>) -> Self {
        let begin = match engine {
            Engine::Sqlite => "BEGIN",
            // Every query of a page sees the same moment; one for which nobody waits any more does not hold its connection.
            Engine::Postgres if hurried => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '2s'"
            }
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Self { purpose: Purpose::Reading, begin, now, going: None, stays_open: false }
    }

    /// One that writes.
    pub fn writing(engine: Engine, purpose: Purpose) -> Self {
        let begin = match engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        Self { purpose, begin, now: None, going: None, stays_open: false }
    }
}

/// What a transaction has waited for: its turn, or the one that a guard has left open.
pub(super) enum Turn {
    Pooled(Place),
    Writer(OwnedMutexGuard<Line>),
    Open(Box<Open>),
}

/// An open transaction: rolled back when dropped unfinished, be it by an error or a panic.
pub(super) struct Open {
    pub seat: Seat,
    pub finished: bool,
    /// Its time, once somebody has asked.
    pub now: Option<DateTime<Utc>>,
}

impl Open {
    /// Begins one. A connection that turns out to be dead is replaced, `tries` times in all.
    pub fn begin(mut seat: Seat, begin: &str, mut tries: usize, progress: &Progress) -> Result<Self> {
        loop {
            let line = seat.line()?;
            progress.on(&line.pulse);
            let Err(fault) = line.conn.batch_execute(begin) else { return Ok(Self { seat, finished: false, now: None }) };
            line.broken = true;
            tries -= 1;
            seat = match seat {
                Seat::Pooled(line) if tries > 0 => Seat::Pooled(Box::new(line.instead()?)),
                _ => return Err(fault.into()),
            };
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        if let Ok(line) = self.seat.line()
            && line.conn.batch_execute("ROLLBACK").is_err()
        {
            // SQLite has already rolled back after some errors (a full disk): then there is nothing to undo, and a
            // PostgreSQL connection that cannot roll back is dead.
            line.broken = matches!(line.conn, Conn::Postgres(_));
        }
    }
}

/// The reading transaction in which a guard asked who somebody is, for the page to go on with: what it shows is of the moment in which its
/// reader was let in. Whoever takes it first has it; a copy finds nothing then.
#[derive(Clone, Default)]
pub struct Snapshot(Arc<Left>);

#[derive(Default)]
struct Left(Mutex<Option<Box<Open>>>);

impl Snapshot {
    pub(super) fn of(open: Option<Open>) -> Self {
        Self(Arc::new(Left(Mutex::new(open.map(Box::new)))))
    }

    pub(super) fn take(&self) -> Option<Box<Open>> {
        self.0.take()
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot")
    }
}

impl Left {
    fn take(&self) -> Option<Box<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Left {
    /// Nobody went on with it (the browser has the page already, or has gone away): it ends where it may block.
    fn drop(&mut self) {
        let Some(open) = self.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(handle) => drop(handle.spawn_blocking(move || drop(open))),
            Err(_) => drop(open),
        }
    }
}
