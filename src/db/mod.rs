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
mod pool;
mod probe;
pub mod schema;
mod seat;
mod silence;
mod tally;
mod tx;
mod url;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tokio::sync::{Mutex, Notify};

pub use actor::{Actor, SeenRole};
pub use conn::{Conn, MultiBackend};
pub use error::{Error, Refuses, Result, Stop, Unique};
pub use migrate::{pending, run as migrate};
pub use probe::Health;
pub use seat::Snapshot;
pub use tx::{House, Scope, Tx};
pub use url::{DatabaseUrl, WrongUrl};

use crate::base::Clock;
use crate::base::ids::ClusterId;
use conn::{Line, Opener, Role};
use gates::Purpose;
use migrate::{MEND_FILE, MEND_SERVER};
use pool::Pool;
use probe::{Look, Own};
use seat::{Open, Plan, Seat, Turn};
use silence::{Progress, Pulse};
use tally::Tally;

/// The cluster with id 0: the house itself, which owns what belongs to no cluster.
pub const HOUSE: ClusterId = ClusterId(0);

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    /// What transactions take the time from.
    clock: Clock,
    /// Whether somebody waits for what is read.
    hurried: bool,
}

struct Inner {
    engine: Engine,
    /// Where people reach this site, without a slash at its end.
    site: String,
    /// SQLite: read-only connections. PostgreSQL: all connections.
    pool: Arc<Pool>,
    /// SQLite's one writer. With several, p99 was five times worse and waits reached 10 s (see docs/decisions).
    writer: Option<Arc<Mutex<Line>>>,
    tally: Arc<Tally>,
    /// Rung when a transaction has stored letters and is committed.
    letters: Notify,
    settle: OnceLock<Settle>,
    /// What is looked at to say how the database is, and by which connection.
    reading: Look,
    writing: Look,
    reads: Arc<Own>,
    writes: Arc<Own>,
    /// When something was last written.
    written: Arc<Pulse>,
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
        let opener = Opener { url: url.clone(), role, tally: tally.clone() };
        let mend = match engine {
            Engine::Sqlite => MEND_FILE,
            Engine::Postgres => MEND_SERVER,
        };
        let unusable = || format!("cannot use {}; {mend}", url.shown());
        let writer = match engine {
            Engine::Sqlite => {
                let line = Opener { role: Role::SqliteWriter, ..opener.clone() }.open().with_context(unusable)?;
                Some(Arc::new(Mutex::new(line)))
            }
            Engine::Postgres => None,
        };
        let pool = Pool::new(opener.clone(), usize::try_from(size)?);
        pool.warm().with_context(unusable)?;
        let written = Arc::new(Pulse::default());
        written.beat();
        let inner = Inner {
            engine,
            site: site.to_owned(),
            pool,
            writer,
            tally,
            letters: Notify::new(),
            settle: OnceLock::new(),
            reading: Look::default(),
            writing: Look::default(),
            reads: Own::new(opener.clone()),
            writes: Own::new(opener),
            written,
        };
        Ok(Self { inner: Arc::new(inner), clock: Clock::Machine, hurried: true })
    }

    /// The same database by another clock than the machine's.
    #[must_use]
    pub fn by(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same database for somebody for whom no visitor waits: he reads as long as it takes.
    #[must_use]
    pub fn unhurried(self) -> Self {
        Self { hurried: false, ..self }
    }

    /// Has every write transaction of a cluster end with this, before it commits. Said once, at the start; later calls do nothing.
    pub fn settle_with(&self, settle: Settle) {
        let _ = self.inner.settle.set(settle);
    }

    /// Waits until a transaction of this process has stored letters. One that was committed since the last wait counts.
    pub async fn letters(&self) {
        self.inner.letters.notified().await;
    }

    /// How many connections there can be at once: those of the pool, and the one that writes where there is one for that.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.inner.pool.size() + usize::from(self.inner.writer.is_some())
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

    /// Reads a cluster's rows in one snapshot, in which who acts still may: it is asked again in it, or it is the one in which the guard
    /// asked.
    pub async fn read<T, E, F>(&self, scope: Scope, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let going = scope.snapshot.take();
        let asked = going.is_some();
        self.run(Plan { going, ..self.reading_at(None) }, move |house| {
            if !asked {
                scope.actor.ask_again(house.conn, scope.asked_in, house.now)?;
            }
            work(&mut house.enter(scope.cluster, scope.actor))
        })
        .await
        .map(|(done, _)| done)
    }

    /// Asks who somebody is, and leaves the transaction open for the page ([`Scope::within`]). It holds a connection until then: only for
    /// requests that wait for nothing else.
    pub async fn look<T, E, F>(&self, now: chrono::DateTime<chrono::Utc>, work: F) -> std::result::Result<(T, Snapshot), E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (done, open) = self.run(Plan { stays_open: true, ..self.reading_at(Some(now)) }, work).await?;
        Ok((done, Snapshot::of(open)))
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
        let db = self.clone();
        // Who waits for a lock does not hold what he read by.
        drop(scope.snapshot.take());
        self.run(self.writing_for(Purpose::Cluster(scope.cluster)), move |house| {
            lock_cluster(house.conn, scope.cluster)?;
            house.now = db.clock.now();
            // Not in the statement that locks: PostgreSQL would look at roles as they were before it waited.
            scope.actor.ask_again(house.conn, scope.asked_in, house.now)?;
            let mut tx = house.enter(scope.cluster, scope.actor);
            tx.settle = db.inner.settle.get().copied().filter(|_| scope.cluster != HOUSE);
            let done = work(&mut tx)?;
            tx.settle()?;
            renew_version(tx.conn, scope.cluster)?;
            Ok(done)
        })
        .await
        .map(|(done, _)| done)
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
        self.run(Plan { now: Some(now), ..self.writing_for(Purpose::House) }, work).await.map(|(done, _)| done)
    }

    /// The same for somebody who is signed in, and still is when it is written.
    pub async fn house_as<T, E, F>(&self, actor: Actor, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(self.writing_for(Purpose::House), move |house| {
            actor.ask_again(house.conn, HOUSE, house.now)?;
            work(house)
        })
        .await
        .map(|(done, _)| done)
    }

    /// Reads rows of no cluster.
    pub async fn house_read<T, E, F>(&self, now: chrono::DateTime<chrono::Utc>, work: F) -> std::result::Result<T, E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(self.reading_at(Some(now)), work).await.map(|(done, _)| done)
    }

    /// Whether the database can be read and written: `/healthz`. Looked at every five seconds at most, however many ask.
    pub async fn health(&self) -> Health {
        let (reading, writing) = tokio::join!(self.reading(probe::FRESH), self.writing());
        Health { reading, writing }
    }

    async fn reading(&self, fresh: Duration) -> std::result::Result<(), String> {
        let own = self.inner.reads.clone();
        self.inner.reading.at(fresh, move || own.with(probe::read)).await
    }

    async fn writing(&self) -> std::result::Result<(), String> {
        let (inner, last) = (self.inner.clone(), self.inner.written.clone());
        let look = move || {
            let done = match &inner.writer {
                Some(writer) => match writer.clone().try_lock_owned() {
                    Ok(mut line) => probe::write(&mut line.conn),
                    Err(_) => return probe::busy(last.last()),
                },
                None => inner.writes.with(probe::write),
            };
            match done {
                Err(Error::Unavailable(why)) if why.starts_with("somebody else holds it") => probe::busy(last.last()),
                done => done.inspect(|()| last.beat()),
            }
        };
        self.inner.writing.at(probe::FRESH, look).await
    }

    fn reading_at(&self, now: Option<chrono::DateTime<chrono::Utc>>) -> Plan {
        Plan::reading(self.inner.engine, self.hurried, now)
    }

    fn writing_for(&self, purpose: Purpose) -> Plan {
        Plan::writing(self.inner.engine, purpose)
    }

    /// One transaction, or a part of one: what is done, and the transaction where it stays open.
    async fn run<T, E, F>(&self, plan: Plan, work: F) -> std::result::Result<(T, Option<Open>), E>
    where
        F: FnOnce(&mut House<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (inner, clock, progress) = (self.inner.clone(), self.clock.clone(), Progress::new());
        let Plan { purpose, begin, now, going, stays_open } = plan;
        let writes = purpose != Purpose::Reading;
        let patience = silence::TURN.max(self.quiet(writes));
        let turn = async {
            match (going, &inner.writer) {
                (Some(open), _) => Ok(Turn::Open(open)),
                (None, Some(writer)) if writes => Ok(Turn::Writer(writer.clone().lock_owned().await)),
                _ => inner.pool.enter(purpose, patience).await.map(Turn::Pooled),
            }
        };
        let busy = |_| Error::Unavailable("somebody else holds it for too long".into());
        let turn = tokio::time::timeout(patience, self.watched(writes || self.hurried, &progress, turn)).await.map_err(busy)???;
        let seen = progress.clone();
        let hop = tokio::task::spawn_blocking(move || {
            let mut open = match turn {
                Turn::Open(open) => *open,
                Turn::Writer(line) => Open::begin(Seat::Writer(line), begin, 1, &progress)?,
                // After a restart of the server every pooled connection is dead; each is found out by its BEGIN and replaced.
                Turn::Pooled(place) => {
                    Open::begin(Seat::Pooled(Box::new(inner.pool.take(place)?)), begin, inner.pool.size() + 1, &progress)?
                }
            };
            let now = *open.now.get_or_insert_with(|| now.unwrap_or_else(|| clock.now()));
            let (letters, line) = (Cell::new(false), open.seat.line()?);
            progress.on(&line.pulse);
            let done = work(&mut House { conn: &mut line.conn, now, site: &inner.site, letters: &letters })?;
            if stays_open {
                return Ok((done, Some(open)));
            }
            if !progress.may_commit() {
                return Err(progress.give_up("nobody waits for it any more").into());
            }
            let committed = open.seat.line()?.conn.batch_execute("COMMIT");
            committed.map_err(|fault| if writes { Error::of_commit(fault) } else { Error::from(fault) })?;
            open.finished = true;
            if writes {
                inner.written.beat();
            }
            if letters.get() {
                inner.letters.notify_one();
            }
            Ok((done, None))
        });
        match self.watched(writes, &seen, hop).await? {
            Ok(done) => done,
            // Not its words: a panic may quote what somebody typed.
            Err(_) => Err(Error::Unavailable("the work on the database broke off".into()).into()),
        }
    }

    /// How much silence there may be before somebody looks what is the matter.
    fn quiet(&self, writes: bool) -> Duration {
        match (writes, self.hurried) {
            (true, _) => silence::WRITER,
            (false, true) => silence::READER,
            (false, false) => silence::UNHURRIED,
        }
    }

    /// Waits for something of the database's as long as there are signs of life: who reads for those of his own, who writes for anybody's,
    /// since he may be waiting for others.
    async fn watched<T>(&self, writes: bool, progress: &Progress, work: impl Future<Output = T>) -> Result<T> {
        let (mut work, quiet) = (std::pin::pin!(work), self.quiet(writes));
        loop {
            let until = progress.last() + quiet;
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = tokio::time::sleep_until(until.into()) => {}
            }
            if Instant::now() < progress.last() + quiet {
                continue;
            }
            if writes && self.reading(silence::WRITER).await.is_ok() {
                progress.others_live();
                continue;
            }
            // What came while that was looked at counts.
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = std::future::ready(()) => {}
            }
            if Instant::now() < progress.last() + quiet {
                continue;
            }
            return Err(match progress.give_up("no answer for two seconds") {
                // Nothing is to be known of who only reads.
                Error::Unsure(why) if !writes => Error::Unavailable(why),
                fault => fault,
            });
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
