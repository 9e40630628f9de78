//! The worker's pass through what is due in all clusters: legs and copies at which it is time to look, clusters that were changed past
//! the application, weekly letters, and what was gathered.
//!
//! What must always hold: memory is bounded by a batch, whatever the number of clusters; a pass ends after so many rows or clusters, so
//! that what it stored is sent before the next begins; a row that was looked at is not due again on the same day; a cluster in which
//! something fails keeps nobody else, because the next pass goes on behind it; with nothing due a pass is a few looks into an index.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::digests::{self, Rooms};
use super::remind;
use crate::base::clock;
use crate::base::ids::{ClusterId, CopyId, LegId};
use crate::db::{Db, House, Result, Scope, Tx};
use crate::reminders::store::{self, Mark};

/// Rows that are looked up at a time.
pub const BATCH: i64 = 200;
/// A pass that has looked at so many rows ends, though more are due: the letters that it stored are sent before the next one
/// begins, so that a sign-in link never waits behind a whole morning's reminders.
pub const LOOKS_A_PASS: usize = 600;

/// What a pass needs to know.
#[derive(Clone)]
pub struct Pass {
    /// The database.
    pub db: Db,
    /// The time of the pass.
    pub now: DateTime<Utc>,
}

/// Clusters whose letters that bring several things together are written in a pass, of each of the two sorts.
const DIGESTS_A_PASS: i64 = 200;

/// How far a worker has come on its way through all that is due; carried from pass to pass, and begun anew at the end.
#[derive(Debug, Clone)]
pub struct Sweep {
    legs_done: bool,
    mark: Mark,
    unsettled: ClusterId,
    weekly: ClusterId,
    gathered: ClusterId,
}

impl Default for Sweep {
    fn default() -> Self {
        let start = ClusterId(i64::MIN);
        Self { legs_done: false, mark: store::start(), unsettled: start, weekly: start, gathered: start }
    }
}

/// What a pass came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Came {
    /// Rows or clusters that were dealt with; those that failed are not among them.
    pub done: usize,
    /// Whether it ended because it had done enough: there may be more.
    pub more: bool,
}

impl Came {
    /// Whether the next pass should follow at once: more is due, and this one got somewhere. Where everything fails, a pause helps
    /// more than another try.
    #[must_use]
    pub fn goes_on(self) -> bool {
        self.more && self.done > 0
    }
}

type Finder = fn(&mut House<'_>, u32, Mark, i64) -> Result<Vec<Mark>>;

impl Pass {
    /// Looks at legs and copies that are due, and settles what was changed past the application, from where the sweep has come to. It
    /// stops early when `stop` says so.
    ///
    /// # Errors
    /// When the database cannot say what is due. A fault in one cluster is logged and does not keep the others.
    pub async fn looks(&self, sweep: &mut Sweep, stop: impl Fn() -> bool) -> Result<Came> {
        let mut came = self.settle(sweep, &stop).await?;
        let (mut seen, hour) = (0, clock::hour(self.now));
        loop {
            let find: Finder = if sweep.legs_done { store::due_copies } else { store::due_legs };
            let (of_legs, after) = (!sweep.legs_done, sweep.mark);
            let rows = self.db.house_read(self.now, move |house| find(house, hour, after, BATCH)).await?;
            let Some(last) = rows.last().copied() else {
                sweep.mark = store::start();
                sweep.legs_done = !sweep.legs_done;
                if sweep.legs_done {
                    continue;
                }
                return Ok(came);
            };
            seen += rows.len();
            let mut by_cluster: BTreeMap<ClusterId, Vec<i64>> = BTreeMap::new();
            for (_, cluster, id) in rows {
                by_cluster.entry(cluster).or_default().push(id);
            }
            for (cluster, ids) in by_cluster {
                if stop() {
                    return Ok(came);
                }
                let many = ids.len();
                if self.look(cluster, ids, of_legs).await {
                    came.done += many;
                }
            }
            sweep.mark = last;
            if seen >= LOOKS_A_PASS {
                return Ok(Came { more: true, ..came });
            }
        }
    }

    async fn look(&self, cluster: ClusterId, ids: Vec<i64>, of_legs: bool) -> bool {
        let work = move |tx: &mut Tx<'_>| {
            let legs: Vec<LegId> = ids.iter().filter(|_| of_legs).map(|id| LegId(*id)).collect();
            let copies: Vec<CopyId> = ids.iter().filter(|_| !of_legs).map(|id| CopyId(*id)).collect();
            remind::look(tx, &legs, &copies)
        };
        self.in_cluster(cluster, "reminders", work).await
    }

    /// An empty transaction settles a cluster: its end does that.
    async fn settle(&self, sweep: &mut Sweep, stop: &impl Fn() -> bool) -> Result<Came> {
        let after = sweep.unsettled;
        let clusters = self.db.house_read(self.now, move |house| store::unsettled_clusters(house, after, BATCH)).await?;
        Ok(self.each(clusters, BATCH, &mut sweep.unsettled, "legs", stop, |_| Ok(())).await)
    }

    /// What was gathered and is due, and the coordinators' weekly letters, from where the sweep has come to. `rooms` say of what
    /// was gathered whether it is still true.
    ///
    /// # Errors
    /// When the database cannot say what is due. A fault in one cluster is logged and does not keep the others.
    pub async fn digests(&self, sweep: &mut Sweep, rooms: Rooms, stop: impl Fn() -> bool) -> Result<Came> {
        let hour = clock::hour(self.now);
        let after = sweep.weekly;
        let clusters = self.db.house_read(self.now, move |house| store::due_weekly(house, hour, after, DIGESTS_A_PASS)).await?;
        let one = self.each(clusters, DIGESTS_A_PASS, &mut sweep.weekly, "the weekly letter", &stop, digests::weekly).await;
        let after = sweep.gathered;
        let clusters = self.db.house_read(self.now, move |house| store::due_gathered(house, hour, after, DIGESTS_A_PASS)).await?;
        let gathered = move |tx: &mut Tx<'_>| digests::gathered(tx, &rooms);
        let other = self.each(clusters, DIGESTS_A_PASS, &mut sweep.gathered, "gathered letters", &stop, gathered).await;
        Ok(Came { done: one.done + other.done, more: one.more || other.more })
    }

    /// The same work in each of these clusters, of which at most so many were asked for; moves the mark on.
    async fn each(
        &self,
        clusters: Vec<ClusterId>,
        most: i64,
        mark: &mut ClusterId,
        what: &'static str,
        stop: &impl Fn() -> bool,
        work: impl Fn(&mut Tx<'_>) -> Result<()> + Clone + Send + 'static,
    ) -> Came {
        let more = i64::try_from(clusters.len()).is_ok_and(|many| many >= most);
        let mut done = 0;
        for cluster in clusters {
            if stop() {
                return Came { done, more };
            }
            if self.in_cluster(cluster, what, work.clone()).await {
                done += 1;
            }
            *mark = cluster;
        }
        if !more {
            *mark = ClusterId(i64::MIN);
        }
        Came { done, more }
    }

    async fn in_cluster(&self, cluster: ClusterId, what: &str, work: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send + 'static) -> bool {
        match self.db.write(Scope::of_worker(cluster), work).await {
            Ok(()) => true,
            Err(fault) => {
                tracing::error!(%cluster, what, %fault, "a cluster could not be dealt with");
                false
            }
        }
    }
}
