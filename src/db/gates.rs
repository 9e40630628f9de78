//! Who may go to the database at once: a place for each connection, and in front of it a gate for each cluster that is written to.
//!
//! On PostgreSQL a writer waits for the lock of its cluster on a connection. So that a cluster whose lock nobody gives back takes one of
//! them and not all, writers of one cluster wait for each other here, asleep and in the order in which they came, before they are given a
//! place. Nobody who holds a place waits for a gate, so no circle of waiting can be made. Whoever goes away while waiting leaves the queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::{Error, Result};
use crate::base::ids::ClusterId;

/// What a transaction is for, as far as waiting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading, of whatever it is.
    Reading,
    /// Changing a cluster, under its lock.
    Cluster(ClusterId),
    /// Changing what is of no cluster. It may wait for several clusters, as when somebody changes the name that all of them show.
    House,
}

/// The places at a pool's connections and the gates in front of them.
pub(super) struct Gates {
    clusters: Arc<Mutex<HashMap<ClusterId, Arc<tokio::sync::Mutex<()>>>>>,
    places: Arc<Semaphore>,
    /// Fewer than there are places: however many clusters are held at once, pages are still read.
    writers: Arc<Semaphore>,
    house: Arc<Semaphore>,
}

/// A place at a connection, and what was passed on the way to it; given back when dropped.
pub(super) struct Place {
    _seat: OwnedSemaphorePermit,
    _writer: Option<OwnedSemaphorePermit>,
    _house: Option<OwnedSemaphorePermit>,
    _cluster: Option<Turn>,
}

impl Gates {
    /// For so many connections.
    pub fn new(connections: usize) -> Self {
        Self {
            clusters: Arc::default(),
            places: Arc::new(Semaphore::new(connections)),
            writers: Arc::new(Semaphore::new((connections * 3 / 4).max(1))),
            house: Arc::new(Semaphore::new((connections / 2).max(1))),
        }
    }

    /// Waits for a place, no longer than `patience` in all.
    pub async fn enter(&self, purpose: Purpose, patience: Duration) -> Result<Place> {
        let busy = |_| Error::Unavailable(format!("no database connection became free in {} seconds", patience.as_secs()));
        tokio::time::timeout(patience, self.pass(purpose)).await.map_err(busy)?
    }

    async fn pass(&self, purpose: Purpose) -> Result<Place> {
        let cluster = match purpose {
            Purpose::Cluster(cluster) => Some(self.turn(cluster).await),
            Purpose::Reading | Purpose::House => None,
        };
        let house = if purpose == Purpose::House { Some(one(&self.house).await?) } else { None };
        let writer = if purpose == Purpose::Reading { None } else { Some(one(&self.writers).await?) };
        Ok(Place { _seat: one(&self.places).await?, _writer: writer, _house: house, _cluster: cluster })
    }

    async fn turn(&self, cluster: ClusterId) -> Turn {
        let gate = locked(&self.clusters).entry(cluster).or_default().clone();
        // Made before the waiting, so that the gate is looked after by whoever leaves the queue as well.
        let mut turn = Turn { clusters: self.clusters.clone(), cluster, gate: Some(gate.clone()), guard: None };
        turn.guard = Some(gate.lock_owned().await);
        turn
    }
}

async fn one(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    of.clone().acquire_owned().await.map_err(|_| Error::Unavailable("the pool is closed".into()))
}

type Clusters = HashMap<ClusterId, Arc<tokio::sync::Mutex<()>>>;

fn locked(clusters: &Mutex<Clusters>) -> std::sync::MutexGuard<'_, Clusters> {
    clusters.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody at a cluster's gate: in the queue, or through it. The last one takes the gate away, so that there are never more of them than
/// there are transactions under way.
struct Turn {
    clusters: Arc<Mutex<Clusters>>,
    cluster: ClusterId,
    gate: Option<Arc<tokio::sync::Mutex<()>>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop((self.guard.take(), self.gate.take()));
        let mut clusters = locked(&self.clusters);
        // Gates are handed out under this lock alone: one that only the table holds, nobody stands at.
        if clusters.get(&self.cluster).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            clusters.remove(&self.cluster);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);
    const ASH: Purpose = Purpose::Cluster(ClusterId(1));
    const OAK: Purpose = Purpose::Cluster(ClusterId(2));

    fn gates_at(gates: &Gates) -> usize {
        locked(&gates.clusters).len()
    }

    /// Lets everybody who can go on do so.
    async fn settle_down() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn writers_of_one_cluster_take_one_place_and_their_turn() {
        let gates = Arc::new(Gates::new(4));
        let first = gates.enter(ASH, LONG).await.unwrap();
        let waiting: Vec<_> = (0..40)
            .map(|_| {
                let gates = gates.clone();
                tokio::spawn(async move { drop(gates.enter(ASH, LONG).await.unwrap()) })
            })
            .collect();
        settle_down().await;
        assert!(waiting.iter().all(|one| !one.is_finished()));
        // Another cluster, and reading, are let in at once; and a gate stands for each cluster, not for each writer.
        let oak = gates.enter(OAK, LONG).await.unwrap();
        let reading = gates.enter(Purpose::Reading, LONG).await.unwrap();
        assert_eq!(gates_at(&gates), 2);
        drop((oak, reading, first));
        for one in waiting {
            one.await.unwrap();
        }
        assert_eq!((gates_at(&gates), gates.places.available_permits()), (0, 4));
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_queue() {
        let gates = Arc::new(Gates::new(4));
        let first = gates.enter(ASH, LONG).await.unwrap();
        let away: Vec<_> = (0..40)
            .map(|_| {
                let gates = gates.clone();
                tokio::spawn(async move { gates.enter(ASH, LONG).await.map(drop) })
            })
            .collect();
        settle_down().await;
        for one in away {
            one.abort();
            assert!(one.await.unwrap_err().is_cancelled());
        }
        assert!(gates.enter(ASH, Duration::ZERO).await.is_err(), "patience ends");
        drop(first);
        assert_eq!(gates_at(&gates), 0);
        drop(gates.enter(ASH, LONG).await.unwrap());
        assert_eq!((gates_at(&gates), gates.places.available_permits(), gates.writers.available_permits()), (0, 4, 3));
    }

    #[tokio::test]
    async fn however_many_clusters_are_held_pages_are_read() {
        let gates = Gates::new(4);
        let mut held = Vec::new();
        for cluster in 1..=3 {
            held.push(gates.enter(Purpose::Cluster(ClusterId(cluster)), LONG).await.unwrap());
        }
        assert!(gates.enter(Purpose::Cluster(ClusterId(4)), Duration::ZERO).await.is_err());
        assert!(gates.enter(Purpose::Reading, Duration::ZERO).await.is_ok());
        held.clear();
        // Who changes an account may wait for many clusters, and leaves some room to their writers.
        let _accounts = [gates.enter(Purpose::House, LONG).await.unwrap(), gates.enter(Purpose::House, LONG).await.unwrap()];
        assert!(gates.enter(Purpose::House, Duration::ZERO).await.is_err());
        assert!(gates.enter(ASH, Duration::ZERO).await.is_ok());
    }
}
