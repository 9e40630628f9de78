//! What a transaction sits on: a turn that it has waited for, the connection that comes with it, and the transaction itself, which is
//! undone when nobody finishes it.

use diesel::connection::SimpleConnection;
use tokio::sync::OwnedMutexGuard;

use super::Result;
use super::conn::{Conn, Line};
use super::gates::Place;
use super::pool::Pooled;

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

/// What a transaction has waited for: its turn.
pub(super) enum Turn {
    Pooled(Place),
    Writer(OwnedMutexGuard<Line>),
}

/// An open transaction: rolled back when dropped unfinished, be it by an error or a panic.
pub(super) struct Open<'a> {
    pub line: &'a mut Line,
    pub finished: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.finished && self.line.conn.batch_execute("ROLLBACK").is_err() {
            // SQLite has already rolled back after some errors (a full disk): then there is nothing to undo, and a
            // PostgreSQL connection that cannot roll back is dead.
            self.line.broken = matches!(self.line.conn, Conn::Postgres(_));
        }
    }
}
