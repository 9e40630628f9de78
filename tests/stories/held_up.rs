//! A cluster whose lock nobody gives back: its own writers wait, and nobody else does.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boxrota::base::ids::ClusterId;
use boxrota::db::{self, Db, Scope};

use crate::harness::{Coordinator, Engine, Ground, Raw, TestApp, all};

stories!(a_held_cluster_keeps_no_reader_of_another_waiting, whoever_goes_away_while_waiting_writes_nothing);

/// More than a pool has connections.
const WRITERS: usize = 40;

fn cluster(app: &TestApp, slug: &str) -> ClusterId {
    ClusterId(app.raw().number(&format!("SELECT id AS n FROM clusters WHERE slug = '{slug}'")))
}

/// Holds the cluster as a session past the program does that has forgotten its COMMIT.
fn hold(app: &TestApp, cluster: ClusterId) -> Raw {
    let mut raw = app.raw();
    raw.must(if app.ground.engine == Engine::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" });
    raw.must(&format!("UPDATE clusters SET name = name WHERE id = {}", cluster.0));
    raw
}

/// So many who want to write to the cluster, all of whom have asked when this returns; and how many came to write.
async fn writers(db: &Db, cluster: ClusterId) -> (Vec<actix_web::rt::task::JoinHandle<db::Result<()>>>, Arc<AtomicUsize>) {
    let (asked, wrote) = (Rc::new(Cell::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks = (0..WRITERS).map(|_| {
        let (db, asked, wrote) = (db.clone(), asked.clone(), wrote.clone());
        actix_web::rt::spawn(async move {
            // On the one thread of these tasks nobody comes between this and the first wait within.
            asked.set(asked.get() + 1);
            db.write(Scope::of_worker(cluster), move |_| {
                wrote.fetch_add(1, Ordering::SeqCst);
                Ok::<_, db::Error>(())
            })
            .await
        })
    });
    let tasks = tasks.collect();
    while asked.get() < WRITERS {
        tokio::task::yield_now().await;
    }
    (tasks, wrote)
}

/// Waits until somebody waits for the lock in the database itself.
async fn until_one_is_at_the_lock(ground: &Ground) {
    if ground.engine == Engine::Sqlite {
        return;
    }
    let waits = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while ground.raw().number(waits) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn a_held_cluster_keeps_no_reader_of_another_waiting(app: TestApp) {
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let (ash, birch) = (cluster(&app, "ashdale"), cluster(&app, "birchwood"));
    let mut held = hold(&app, ash);
    let (tasks, wrote) = writers(&app.app.db, ash).await;
    until_one_is_at_the_lock(&app.ground).await;
    oak.open("/calendar").await.is(200);
    assert!(tasks.iter().all(|task| !task.is_finished()), "it was answered while all of them wait");
    if app.ground.engine == Engine::Postgres {
        // Its writers come through as well; on SQLite there is one lock for all.
        app.app.db.write(Scope::of_worker(birch), |_| Ok::<_, db::Error>(())).await.expect("another cluster is written to");
        assert!(tasks.iter().all(|task| !task.is_finished()));
    }
    held.must("COMMIT");
    for done in all(tasks).await {
        done.expect("a task").expect("each comes to its turn");
    }
    assert_eq!(wrote.load(Ordering::SeqCst), WRITERS);
}

async fn whoever_goes_away_while_waiting_writes_nothing(app: TestApp) {
    let ash = cluster(&app, "ashdale");
    let mut held = hold(&app, ash);
    let (tasks, wrote) = writers(&app.app.db, ash).await;
    until_one_is_at_the_lock(&app.ground).await;
    for task in &tasks {
        task.abort();
    }
    for task in all(tasks).await {
        assert!(task.is_err(), "it was told to go");
    }
    held.must("COMMIT");
    // Whoever comes now is next: in front of it is at most the one that was at the lock already.
    app.app.db.write(Scope::of_worker(ash), |_| Ok::<_, db::Error>(())).await.expect("the way is free");
    assert!(wrote.load(Ordering::SeqCst) <= 1, "{} of those who went away", wrote.load(Ordering::SeqCst));
}
