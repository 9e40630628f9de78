//! What every write transaction of a cluster ends with: days that became free are offered to the
//! waiting list, and the legs of the copies whose bookings or custody have changed follow.
//!
//! The copies are listed by triggers on both engines, so that no code path, import or psql session is forgotten; what was written
//! without this (an import, a session) is settled by the worker.

use crate::db::{Result, Tx};
use crate::journeys::store::legs;
use crate::{journeys, waiting};

/// Settles what has changed. Where nothing has, that is two questions, and one the second time.
pub fn settle(tx: &mut Tx<'_>) -> Result<()> {
    if !tx.has_settled() {
        waiting::acts::run_out(tx)?;
    }
    let mut changed = legs::changed(tx)?;
    if changed.is_empty() {
        return Ok(());
    }
    // Before the legs: what is offered changes what is planned for a copy, and it may be another copy of the box.
    if changed.iter().any(|one| one.awaited) && waiting::acts::offer(tx)? {
        changed = legs::changed(tx)?;
    }
    journeys::acts::settle(tx, &changed)
}
