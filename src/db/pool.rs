//! The connections that are open and free. Whoever wants one waits for a place, asleep, and takes a free one or opens another on his
//! blocking thread: so he hears at once what stands in the way, such as a server that refuses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::conn::{Line, Opener};
use super::gates::{Gates, Place, Purpose};
use super::{Error, Result};

/// A connection that was free for so long is closed.
const LONGEST_IDLE: Duration = Duration::from_secs(10 * 60);
/// A connection is closed after so long: a server keeps memory for each that only grows.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);

/// Up to so many connections.
pub(super) struct Pool {
    opener: Opener,
    size: usize,
    /// In front of it: a request waits here, asleep, and not on a blocking thread.
    gates: Gates,
    free: Mutex<Vec<Free>>,
}

struct Free {
    line: Line,
    since: Instant,
}

/// A connection in use; it goes back when dropped, unless it is broken.
pub(super) struct Pooled {
    pool: Arc<Pool>,
    line: Option<Line>,
    // Below the line, which is back before somebody else gets the place.
    place: Option<Place>,
}

impl Pool {
    pub fn new(opener: Opener, size: usize) -> Arc<Self> {
        Arc::new(Self { opener, size, gates: Gates::new(size), free: Mutex::new(Vec::new()) })
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// Waits for a place, no longer than `patience`.
    pub async fn enter(&self, purpose: Purpose, patience: Duration) -> Result<Place> {
        self.gates.enter(purpose, patience).await
    }

    /// The connection that was freed last, or a new one. Blocks while it opens.
    pub fn take(self: &Arc<Self>, place: Place) -> Result<Pooled> {
        let free = {
            let mut free = self.free();
            // The oldest first, of those that have been here for too long.
            free.retain(|one| one.since.elapsed() < LONGEST_IDLE && one.line.born.elapsed() < LONGEST_LIFE);
            free.pop()
        };
        let line = match free {
            Some(free) => free.line,
            None => self.opener.open()?,
        };
        Ok(Pooled { pool: self.clone(), line: Some(line), place: Some(place) })
    }

    /// Opens the first connection, so that a start says what is wrong.
    pub fn warm(&self) -> Result<()> {
        let line = self.opener.open()?;
        self.free().push(Free { line, since: Instant::now() });
        Ok(())
    }

    fn free(&self) -> MutexGuard<'_, Vec<Free>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled {
    /// The connection; there is one until it is dropped.
    pub fn line(&mut self) -> Result<&mut Line> {
        self.line.as_mut().ok_or_else(|| Error::Unavailable("the connection is gone".into()))
    }

    /// Another connection in place of this one, which is broken.
    pub fn instead(mut self) -> Result<Self> {
        self.line = None;
        let place = self.place.take().ok_or_else(|| Error::Unavailable("the connection is gone".into()))?;
        let pool = self.pool.clone();
        pool.take(place)
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some(line) = self.line.take().filter(|line| !line.broken) {
            self.pool.free().push(Free { line, since: Instant::now() });
        }
    }
}
