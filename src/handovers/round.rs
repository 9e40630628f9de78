//! The worker's pass through what is due in all clusters: legs and copies at which it is time to look, clusters that were changed past
//! the application, weekly letters, and what was gathered.
//!
//! What must always hold: memory is bounded by a batch, whatever the number of clusters; a row that was looked at is not due again on the
//! same day, so a pass ends; a cluster in which something fails keeps nobody else; with nothing due a pass is a few looks into an index.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::digests::{self, Overtaken};
use super::remind;
use super::store::looks::{self, Mark};
use crate::base::clock;
use crate::base::days;
use crate::base::ids::{ClusterId, CopyId, LegId};
use crate::db::{Db, House, Result, Scope, Tx};

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
    /// This house's public address without a slash at its end.
    pub house: String,
}

type Finder = fn(&mut House<'_>, u32, Mark, i64) -> Result<Vec<Mark>>;

impl Pass {
    /// Looks at legs and copies that are due, and settles what was changed past the application. How many rows it looked at: with
    /// [`LOOKS_A_PASS`] or more there may be others. It stops early when `stop` says so.
    ///
    /// # Errors
    /// When the database cannot say what is due. A fault in one cluster is logged and does not keep the others.
    pub async fn looks(&self, stop: impl Fn() -> bool) -> Result<usize> {
        let mut done = self.settle(&stop).await?;
        for (find, of_legs) in [(looks::due_legs as Finder, true), (looks::due_copies as Finder, false)] {
            let mut mark = looks::start();
            loop {
                let (hour, after) = (clock::hour(self.now), mark);
                let rows = self.db.house_read(self.now, move |house| find(house, hour, after, BATCH)).await?;
                let Some(last) = rows.last() else { break };
                mark = *last;
                done += rows.len();
                let mut by_cluster: BTreeMap<ClusterId, Vec<i64>> = BTreeMap::new();
                for (_, cluster, id) in rows {
                    by_cluster.entry(cluster).or_default().push(id);
                }
                for (cluster, ids) in by_cluster {
                    if stop() {
                        return Ok(done);
                    }
                    self.look(cluster, ids, of_legs).await;
                }
                if done >= LOOKS_A_PASS {
                    return Ok(done);
                }
            }
        }
        Ok(done)
    }

    async fn look(&self, cluster: ClusterId, ids: Vec<i64>, of_legs: bool) {
        let house = self.house.clone();
        let work = move |tx: &mut Tx<'_>| {
            let legs: Vec<LegId> = ids.iter().filter(|_| of_legs).map(|id| LegId(*id)).collect();
            let copies: Vec<CopyId> = ids.iter().filter(|_| !of_legs).map(|id| CopyId(*id)).collect();
            remind::look(tx, &legs, &copies, &house)
        };
        self.in_cluster(cluster, "reminders", work).await;
    }

    /// An empty transaction settles a cluster: its end does that.
    async fn settle(&self, stop: &impl Fn() -> bool) -> Result<usize> {
        let clusters = self.db.house_read(self.now, |house| looks::unsettled_clusters(house, BATCH)).await?;
        let many = clusters.len();
        for cluster in clusters {
            if stop() {
                break;
            }
            self.in_cluster(cluster, "legs", |_| Ok(())).await;
        }
        Ok(many)
    }

    /// What was gathered and is due, and the coordinators' weekly letters. `others` says of letters of other rooms whether they are
    /// overtaken.
    ///
    /// # Errors
    /// When the database cannot say what is due. A fault in one cluster is logged and does not keep the others.
    pub async fn digests(&self, others: fn(&mut Tx<'_>, &str, &str) -> Result<Option<String>>, stop: impl Fn() -> bool) -> Result<()> {
        let hour = clock::hour(self.now);
        let monday = days::monday(clock::today(self.now));
        let mut after = ClusterId(0);
        while !stop() {
            let clusters = self.db.house_read(self.now, move |house| looks::due_weekly(house, hour, monday, after, BATCH)).await?;
            let Some(last) = clusters.last() else { break };
            after = *last;
            for cluster in clusters {
                let house = self.house.clone();
                self.in_cluster(cluster, "the weekly letter", move |tx| digests::weekly(tx, &house)).await;
            }
        }
        let mut after = ClusterId(0);
        while !stop() {
            let clusters = self.db.house_read(self.now, move |house| looks::due_gathered(house, hour, after, BATCH)).await?;
            let Some(last) = clusters.last() else { break };
            after = *last;
            for cluster in clusters {
                let house = self.house.clone();
                let work = move |tx: &mut Tx<'_>| {
                    let others: Overtaken<'_> = &others;
                    digests::gathered(tx, &house, others)
                };
                self.in_cluster(cluster, "gathered letters", work).await;
            }
        }
        Ok(())
    }

    async fn in_cluster(&self, cluster: ClusterId, what: &str, work: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send + 'static) {
        if let Err(fault) = self.db.write(Scope::of_worker(cluster, self.now), work).await {
            tracing::error!(%cluster, what, %fault, "a cluster could not be dealt with");
        }
    }
}
