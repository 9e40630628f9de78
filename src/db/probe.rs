//! Whether the database can be read and written, looked at however often somebody asks: one look at a time, which others share, and
//! none as long as the last one is fresh. So `/healthz` costs the same whoever asks, and a database that hangs holds one thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tokio::sync::Mutex;

use super::conn::{Line, Opener};
use super::{Conn, Error, HOUSE, Result, schema};

/// A look that takes longer than this has had no answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// How old the last look may be for whoever asks how it is.
pub(super) const FRESH: Duration = Duration::from_secs(5);
/// Who writes holds the database for less than this, or something is wrong.
const BUSY: Duration = Duration::from_secs(60);

/// How the database is: why not, where it is not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it can be read.
    pub reading: std::result::Result<(), String>,
    /// Whether it can be written.
    pub writing: std::result::Result<(), String>,
}

/// One thing that is looked at.
#[derive(Default)]
pub(super) struct Look {
    last: Mutex<Option<(Instant, std::result::Result<(), String>)>>,
    /// Whether a look is still under way, though nobody may be waiting for it.
    under_way: Arc<AtomicBool>,
}

impl Look {
    /// How it was at the last look, or at a new one where that is older than `fresh`.
    pub async fn at(&self, fresh: Duration, look: impl FnOnce() -> Result<()> + Send + 'static) -> std::result::Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some((_, how)) = last.as_ref().filter(|(at, _)| at.elapsed() < fresh) {
            return how.clone();
        }
        let how = self.anew(look).await;
        *last = Some((Instant::now(), how.clone()));
        how
    }

    async fn anew(&self, look: impl FnOnce() -> Result<()> + Send + 'static) -> std::result::Result<(), String> {
        const NO_ANSWER: &str = "no answer";
        // One whose asker has gone away is soon over, unless it hangs.
        let began = Instant::now();
        while self.under_way.swap(true, Ordering::SeqCst) {
            if began.elapsed() >= PATIENCE {
                return Err(NO_ANSWER.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let over = Over(self.under_way.clone());
        let looking = tokio::task::spawn_blocking(move || {
            let done = look();
            drop(over);
            done
        });
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(Ok(done)) => done.map_err(|fault| in_short(&fault)),
            Ok(Err(_)) => Err("the look at it broke off".to_owned()),
            Err(_) => Err(NO_ANSWER.to_owned()),
        }
    }
}

/// The look is over, also by a panic.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Why, for whoever asks: without the words of the engine, which may name a host or a file.
fn in_short(fault: &Error) -> String {
    match fault {
        Error::Unavailable(why) | Error::Unsure(why) => why.split(" (").next().unwrap_or_default().to_owned(),
        _ => "it fails".to_owned(),
    }
}

/// A connection of the probe's own: what holds all others does not hold this one.
pub(super) struct Own {
    opener: Opener,
    line: std::sync::Mutex<Option<Line>>,
}

impl Own {
    pub fn new(opener: Opener) -> Arc<Self> {
        Arc::new(Self { opener, line: std::sync::Mutex::new(None) })
    }

    /// Does something on it; a connection on which something failed is not used again.
    pub fn with(&self, work: fn(&mut Conn) -> Result<()>) -> Result<()> {
        let mut kept = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection that has died since the last look says nothing about the next.
        if let Some(mut line) = kept.take()
            && work(&mut line.conn).is_ok()
        {
            *kept = Some(line);
            return Ok(());
        }
        let mut line = self.opener.open()?;
        work(&mut line.conn)?;
        *kept = Some(line);
        Ok(())
    }
}

/// Reads a row that is always there.
pub(super) fn read(conn: &mut Conn) -> Result<()> {
    use schema::clusters;
    clusters::table.find(HOUSE.0).select(clusters::id).first::<i64>(conn)?;
    Ok(())
}

/// Writes a row and takes it back, and has both on the disk. For others it was never there.
pub(super) fn write(conn: &mut Conn) -> Result<()> {
    if matches!(conn, Conn::Postgres(_)) {
        return in_one("BEGIN", conn);
    }
    // Not for ten seconds, as everybody else: a look is short.
    conn.batch_execute("PRAGMA busy_timeout = 500")?;
    let done = in_one("BEGIN IMMEDIATE", conn);
    conn.batch_execute("PRAGMA busy_timeout = 10000")?;
    done
}

fn in_one(begin: &str, conn: &mut Conn) -> Result<()> {
    conn.batch_execute(begin)?;
    let done = there_and_back(conn).and_then(|()| Ok(conn.batch_execute("COMMIT")?));
    if done.is_err() {
        let _ = conn.batch_execute("ROLLBACK");
    }
    done
}

fn there_and_back(conn: &mut Conn) -> Result<()> {
    use schema::probes;
    let id: i64 = rand::random();
    diesel::insert_into(probes::table).values(probes::id.eq(id)).execute(conn)?;
    diesel::delete(probes::table.find(id)).execute(conn)?;
    Ok(())
}

/// Somebody else holds the database: that is well, as long as somebody has written within a minute.
pub(super) fn busy(last_written: Instant) -> Result<()> {
    if last_written.elapsed() < BUSY {
        return Ok(());
    }
    Err(Error::Unavailable("somebody has held it for more than a minute".into()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[tokio::test]
    async fn many_who_ask_share_a_look() {
        let (one, looks) = (Arc::new(Look::default()), Arc::new(AtomicUsize::new(0)));
        let asking = (0..100).map(|_| {
            let (one, looks) = (one.clone(), looks.clone());
            tokio::spawn(async move {
                let look = move || {
                    looks.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(50));
                    Ok(())
                };
                one.at(FRESH, look).await
            })
        });
        for asked in asking.collect::<Vec<_>>() {
            assert_eq!(asked.await.unwrap(), Ok(()));
        }
        assert_eq!(looks.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_look_that_hangs_holds_one_thread_and_is_no_answer() {
        let (one, started, over) = (Look::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let hang = |started: Arc<AtomicUsize>| {
            let over = over.clone();
            move || {
                started.fetch_add(1, Ordering::SeqCst);
                while !over.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Ok(())
            }
        };
        for _ in 0..3 {
            assert_eq!(one.at(Duration::ZERO, hang(started.clone())).await, Err("no answer".to_owned()));
        }
        assert_eq!(started.load(Ordering::SeqCst), 1);
        over.store(true, Ordering::SeqCst);
        assert_eq!(one.at(Duration::ZERO, || Ok(())).await, Ok(()), "once it is over, it is looked at anew");
    }

    #[test]
    fn strangers_hear_what_and_not_the_engines_words() {
        assert_eq!(in_short(&Error::Unavailable("it takes no writes (attempt to write a readonly database)".into())), "it takes no writes");
        assert_eq!(in_short(&Error::Check("photos_type".into())), "it fails");
    }
}
