//! How long somebody waits for a database that says nothing. Slow is not silent: every statement that begins or ends is a sign of life.
//!
//! Who reads is told after two seconds of silence, and nothing is lost. Who writes may be waiting for others, honestly: he is told only
//! when nobody gets an answer, and only what is true. What he gave up is never committed later; once the COMMIT is on its way, nobody
//! knows.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::Error;

/// Who reads waits for a sign of life so long.
pub(super) const READER: Duration = Duration::from_secs(2);
/// After so much silence somebody who writes has it looked whether anybody gets an answer.
pub(super) const WRITER: Duration = Duration::from_secs(1);
/// Who has no visitor waiting for him (the worker, the commands) waits so long, as the server does for a statement.
pub(super) const UNHURRIED: Duration = Duration::from_secs(60);
/// Who writes may wait for his turn so long before he is told that the database is busy.
pub(super) const TURN: Duration = Duration::from_secs(10);

/// The latest sign of life on a connection, in milliseconds since the program first asked.
#[derive(Debug, Default)]
pub(super) struct Pulse(AtomicU64);

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

impl Pulse {
    pub fn beat(&self) {
        self.0.store(u64::try_from(start().elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn last(&self) -> Instant {
        start() + Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

const WORKING: u8 = 0;
const GIVEN_UP: u8 = 1;
const COMMITTING: u8 = 2;

/// How far a transaction has come, as whoever waits for it sees it.
#[derive(Debug)]
pub(super) struct Progress {
    began: Pulse,
    /// The pulse of its connection; of the latest, where the first one was dead.
    line: Mutex<Option<Arc<Pulse>>>,
    state: AtomicU8,
}

impl Progress {
    pub fn new() -> Arc<Self> {
        let began = Pulse::default();
        began.beat();
        Arc::new(Self { began, line: Mutex::new(None), state: AtomicU8::new(WORKING) })
    }

    /// It has a connection now, with this pulse.
    pub fn on(&self, line: &Arc<Pulse>) {
        self.began.beat();
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.clone());
    }

    /// Somebody else has had an answer.
    pub fn others_live(&self) {
        self.began.beat();
    }

    /// The latest sign of life.
    pub fn last(&self) -> Instant {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.as_ref().map_or(self.began.last(), |line| line.last().max(self.began.last()))
    }

    /// Whether it may commit; from now on nobody gives it up.
    pub fn may_commit(&self) -> bool {
        self.state.compare_exchange(WORKING, COMMITTING, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Nobody waits for it any more. What can be said then: that nothing is stored, since it will not be committed; or that nobody knows.
    pub fn give_up(&self, why: &str) -> Error {
        match self.state.compare_exchange(WORKING, GIVEN_UP, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) | Err(GIVEN_UP) => Error::Unavailable(why.to_owned()),
            Err(_) => Error::Unsure(why.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_up_is_not_committed_and_what_is_committed_not_given_up() {
        let one = Progress::new();
        assert!(matches!(one.give_up("silent"), Error::Unavailable(_)));
        assert!(!one.may_commit());
        let other = Progress::new();
        assert!(other.may_commit());
        assert!(matches!(other.give_up("silent"), Error::Unsure(_)));
    }

    #[test]
    fn every_sign_of_life_counts() {
        let (progress, line) = (Progress::new(), Arc::new(Pulse::default()));
        let began = progress.last();
        std::thread::sleep(Duration::from_millis(5));
        progress.on(&line);
        let got = progress.last();
        std::thread::sleep(Duration::from_millis(5));
        line.beat();
        let first = progress.last();
        assert!(began < got && got < first);
        // The first connection was dead; from now on those of the second count.
        let second = Arc::new(Pulse::default());
        progress.on(&second);
        std::thread::sleep(Duration::from_millis(5));
        second.beat();
        assert!(progress.last() > first);
    }
}
