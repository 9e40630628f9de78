//! The database, of two kinds behind one connection type: SQLite in a file, or PostgreSQL.
//!
//! [`Db::read`] and [`Db::write`] are the only ways to a tenant's rows: each is one hop to the blocking pool and one
//! transaction, and hands out a [`Tx`] that carries tenant, doer, time and the site's address. `write` takes the cluster's lock first, so
//! that what a rule read is still true when its decision is stored, and gives the cluster a new `version` at the end. Both then take the
//! time and ask whether the doer still may: a request can have been under way for longer than a role or a session lasted.
//! People, sessions and sign-in links are of no cluster: [`Db::house`] and [`Db::house_read`] hand out a [`House`].

mod actor;
pub(crate) mod asks;
mod conn;
mod error;
mod gates;
mod migrate;
pub mod schema;
mod tally;
mod tx;
mod url;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

pub use actor::{Actor, SeenRole};
pub use conn::{Conn, MultiBackend};
pub use error::{Error, Refuses, Result, Stop, Unique};
pub use migrate::{pending, run as migrate};
pub use tx::{House, Scope, Tx};
pub use url::{DatabaseUrl, WrongUrl};

use crate::base::Clock;
use crate::base::ids::ClusterId;
use conn::{Line, Manager, Role};
use gates::{Gates, Place, Purpose};
use tally::Tally;

/// The cluster with id 0: the house itself, which owns what belongs to no cluster.
pub const HOUSE: ClusterId = ClusterId(0);

/// How long a request may wait for a free connection before it is told that the database is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    /// What transactions take the time from.
    clock: Clock,
}

struct Inner {
    engine: Engine,
    /// Where people reach this site, without a slash at its end.
    site: String,
    /// SQLite: read-only connections. PostgreSQL: all connections.
    pool: r2d2::Pool<Manager>,
    /// In front of the pool: a request waits here, asleep, and not on a blocking thread.
    gates: Gates,
    /// SQLite's one writer. With several, p99 was five times worse and waits reached 10 s (see docs/decisions).
    writer: Option<Arc<Mutex<Line>>>,
    tally: Arc<Tally>,
    /// Rung when a transaction has stored letters and is committed.
    letters: Notify,
    settle: OnceLock<Settle>,
}

/// What every write transaction of a cluster ends with, before it commits: facts that follow from other facts are brought up to
/// date, whatever code path changed those.
pub type Settle = fn(&mut Tx<'_>) -> Result<()>;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file, opened by this process.
    Sqlite,
    /// A server.
    Postgres,
}

/// A tenant read or write needs a connection: one of the pool's, or SQLite's writer.
#[expect(clippy::large_enum_variant, reason = "one of them, on the stack, for as long as a transaction")]
enum Seat {
    Pooled(r2d2::PooledConnection<Manager>, Place),
    Writer(OwnedMutexGuard<Line>),
}

impl Seat {
    fn line(&mut self) -> &mut Line {
        match self {
            Self::Pooled(line, _) => line,
            Self::Writer(line) => line,
        }
    }
}

impl Db {
    /// Opens the database and brings its schema up to date, one process at a time. `site`: where people reach this site, without a slash
    /// at its end.
    ///
    /// # Errors
    /// When it cannot be reached, or a migration fails.
    pub async fn open(url: &DatabaseUrl, site: &str) -> anyhow::Result<Self> {
        let to_migrate = url.clone();
        tokio::task::spawn_blocking(move || migrate::run(&to_migrate)).await??;
        Self::connect(url, site)
    }

    /// Opens the database as it is. `site`: as for [`Db::open`].
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn connect(url: &DatabaseUrl, site: &str) -> anyhow::Result<Self> {
        let tally = Arc::new(Tally::default());
        let engine = url.engine();
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let (role, size) = match engine {
            Engine::Sqlite => (Role::SqliteReader, u32::try_from(cores + 2).unwrap_or(4)),
            Engine::Postgres => (Role::Postgres, url.pool_size()),
        };
        let writer = match engine {
            Engine::Sqlite => Some(Arc::new(Mutex::new(Line::open(url, Role::SqliteWriter, &tally)?))),
            Engine::Postgres => None,
        };
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(PATIENCE)
            .build(Manager::new(url.clone(), role, tally.clone()))?;
        let gates = Gates::new(usize::try_from(size)?);
        let inner = Inner { engine, site: site.to_owned(), pool, gates, writer, tally, letters: Notify::new(), settle: OnceLock::new() };
        Ok(Self { inner: Arc::new(inner), clock: Clock::Machine })
    }

    /// The same database by another clock than the machine's.
    #[must_use]
    pub fn by(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Has every write transaction of a cluster end with this, before it commits. Said once, at the start; later calls do nothing.
    pub fn settle_with(&self, settle: Settle) {
        let _ = self.inner.settle.set(settle);
    }

    /// Waits until a transaction of this process has stored letters. One that was committed since the last wait counts.
    pub async fn letters(&self) {
        self.inner.letters.notified().await;
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.inner.engine
    }

    /// How many statements have run, without BEGIN and COMMIT. Counted in debug builds only, for the tests that bound it.
    #[must_use]
    pub fn queries(&self) -> u64 {
        self.inner.tally.all()
    }

    /// The statements between BEGIN and COMMIT of the writing transaction that was committed last, in order and without their values; in
    /// debug builds only.
    #[must_use]
    pub fn last_write(&self) -> Vec<String> {
        self.inner.tally.last_write()
    }

    /// Every statement that has run, once and without its values; in debug builds only.
    #[must_use]
    pub fn statements(&self) -> BTreeSet<String> {
        self.inner.tally.kinds()
    }

    /// Reads a cluster's rows in one snapshot, in which who acts still may ([`Scope::just_asked`] is the exception).
    pub async fn read<T, E, F>(&self, scope: Scope, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let begin = self.begin_read();
        self.run(Purpose::Reading, begin, None, move |house| {
            if !scope.just_asked {
                scope.actor.ask_again(house.conn, scope.cluster, house.now)?;
            }
            work(&mut house.enter(scope.cluster, scope.actor))
        })
        .await
    }

    /// Changes a cluster's rows: takes the cluster's lock and with it the time, asks whether who acts still may, runs `work`, settles
    /// what follows from it ([`Db::settle_with`]), renews the cluster's version, commits, and rings the worker when letters were stored.
    /// An `Err` from `work` leaves nothing behind.
    pub async fn write<T, E, F>(&self, scope: Scope, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let begin = self.begin_write();
        let db = self.clone();
        self.run(Purpose::Cluster(scope.cluster), begin, None, move |house| {
            lock_cluster(house.conn, scope.cluster)?;
            house.now = db.clock.now();
            // Not in the statement that locks: PostgreSQL would look at roles as they were before it waited.
            scope.actor.ask_again(house.conn, scope.cluster, house.now)?;
            let mut tx = house.enter(scope.cluster, scope.actor);
            let done = work(&mut tx)?;
            if let Some(settle) = db.inner.settle.get().filter(|_| scope.cluster != HOUSE) {
                settle(&mut tx)?;
            }
            renew_version(tx.conn, scope.cluster)?;
            Ok(done)
        })
        .await
    }

    /// As [`Db::write`], and once more when a key refuses what the rules had let through (days that are taken, a copy that is out):
    /// somebody came past the lock, and now he can be seen.
    pub async fn write_or_again<T, R, F>(&self, scope: Scope, work: F) -> std::result::Result<T, Stop<R>>
    where
        F: FnOnce(&mut Tx<'_>) -> std::result::Result<T, Stop<R>> + Clone + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        match self.write(scope.clone(), work.clone()).await {
            Err(Stop::Fault(Error::Taken | Error::Unique(Unique::OneOut))) => self.write(scope, work).await,
            done => done,
        }
    }

    /// Changes rows of no cluster: people, sessions, sign-in links; and creates clusters.
    pub async fn house<T, E, F>(&self, now: chrono::DateTime<chrono::Utc>, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let begin = self.begin_write();
        self.run(Purpose::House, begin, Some(now), work).await
    }

    /// The same for somebody who is signed in, and still is when it is written.
    pub async fn house_as<T, E, F>(&self, actor: Actor, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let begin = self.begin_write();
        self.run(Purpose::House, begin, None, move |house| {
            actor.ask_again(house.conn, HOUSE, house.now)?;
            work(house)
        })
        .await
    }

    /// Reads rows of no cluster.
    pub async fn house_read<T, E, F>(&self, now: chrono::DateTime<chrono::Utc>, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let begin = self.begin_read();
        self.run(Purpose::Reading, begin, Some(now), work).await
    }

    /// Whether the database answers: `/healthz`.
    pub async fn ping(&self, now: chrono::DateTime<chrono::Utc>) -> Result<()> {
        use schema::clusters;
        self.house_read(now, |house| {
            clusters::table.find(HOUSE.0).select(clusters::id).first::<i64>(house.conn)?;
            Ok(())
        })
        .await
    }

    fn begin_read(&self) -> &'static str {
        match self.inner.engine {
            Engine::Sqlite => "BEGIN",
            // Every query of a page sees the same moment.
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    fn begin_write(&self) -> &'static str {
        match self.inner.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// One transaction; its time is `now`, or else when it has begun.
    async fn run<T, E, F>(
        &self,
        purpose: Purpose,
        begin: &'static str,
        now: Option<chrono::DateTime<chrono::Utc>>,
        work: F,
    ) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (inner, clock) = (self.inner.clone(), self.clock.clone());
        let (writer, place) = match &inner.writer {
            Some(writer) if purpose != Purpose::Reading => {
                let busy = |_| Error::Unavailable("SQLite's writer did not become free in ten seconds".into());
                (Some(tokio::time::timeout(PATIENCE, writer.clone().lock_owned()).await.map_err(busy)?), None)
            }
            _ => (None, Some(inner.gates.enter(purpose, PATIENCE).await?)),
        };
        let hop = tokio::task::spawn_blocking(move || {
            let mut seat = match (writer, place) {
                (Some(line), _) => Seat::Writer(line),
                (None, Some(place)) => Seat::Pooled(inner.pool.get().map_err(|fault| Error::Unavailable(fault.to_string()))?, place),
                (None, None) => return Err(Error::Unavailable("no connection".into()).into()),
            };
            // After a restart of the server every pooled connection is dead; each is found out by its BEGIN and replaced.
            let mut tries = inner.pool.max_size() + 1;
            while let Err(fault) = seat.line().conn.batch_execute(begin) {
                seat.line().broken = true;
                tries -= 1;
                seat = match seat {
                    Seat::Pooled(line, place) if tries > 0 => {
                        drop(line);
                        Seat::Pooled(inner.pool.get().map_err(|fault| Error::Unavailable(fault.to_string()))?, place)
                    }
                    _ => return Err(Error::from(fault).into()),
                };
            }
            let (letters, now) = (Cell::new(false), now.unwrap_or_else(|| clock.now()));
            let mut open = Open { line: seat.line(), finished: false };
            let done = work(&mut House { conn: &mut open.line.conn, now, site: &inner.site, letters: &letters })?;
            open.line.conn.batch_execute("COMMIT").map_err(Error::from)?;
            open.finished = true;
            if letters.get() {
                inner.letters.notify_one();
            }
            Ok(done)
        });
        match hop.await {
            Ok(done) => done,
            Err(fault) => Err(Error::Unavailable(format!("the work on the database broke off: {fault}")).into()),
        }
    }
}

/// An open transaction: rolled back when dropped unfinished, be it by an error or a panic.
struct Open<'a> {
    line: &'a mut Line,
    finished: bool,
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

/// Lets one writer at a time into a cluster. SQLite's BEGIN IMMEDIATE has done so already.
fn lock_cluster(conn: &mut Conn, cluster: ClusterId) -> Result<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM clusters WHERE id = $1 FOR UPDATE")
            .bind::<diesel::sql_types::BigInt, _>(cluster.0)
            .execute(conn)?;
    }
    Ok(())
}

fn renew_version(conn: &mut Conn, cluster: ClusterId) -> Result<()> {
    use schema::clusters;
    diesel::update(clusters::table.find(cluster.0)).set(clusters::version.eq(fresh_version())).execute(conn)?;
    Ok(())
}

/// What a cluster's rows are known by from a write until the next: a number that was never there before and never comes again. One that
/// was counted up would come again after a restore or a failover to a server that lags behind, with other rows, and a browser that knows
/// it would be told that nothing has changed.
#[must_use]
pub fn fresh_version() -> i64 {
    rand::random::<i64>() & i64::MAX
}
