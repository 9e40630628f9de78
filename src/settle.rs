//! What every write transaction of a cluster ends with: days that became free are offered to the
//! waiting list, and the legs of the copies whose bookings or custody have changed follow.
//!
//! The copies are listed by triggers on both engines, so that no code path, import or psql session is forgotten; what was written
//! without this (an import, a session) is settled by the worker.

use crate::db::{Result, Tx};
use crate::journeys::acts::relay;
use crate::journeys::store::legs as rows;
use crate::reminders::store;
use crate::waiting::acts;

/// How far around a copy's bookings the schools' calendars are read.
pub(crate) const CALENDAR_DAYS: i64 = 90;

/// Settles what has changed.
pub fn settle(tx: &mut Tx<'_>) -> Result<()> {
    acts::run_out(tx)?;
    if rows::unsettled(tx)?.is_empty() {
        return Ok(());
    }
    // Before the legs: what is offered changes what is planned for a copy.
    acts::offer(tx)?;
    let changed = rows::unsettled(tx)?;
    relay(tx, &changed)?;
    store::look_again(tx, &changed)?;
    rows::settled(tx, &changed)
}
