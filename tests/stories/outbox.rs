//! The outbox and its worker: nothing is sent twice, nothing is lost, what fails is tried again and then shown.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use boxrota::base::Clock;
use boxrota::base::ids::{ClusterId, MessageId};
use boxrota::db::{self, Actor, Db, Scope};
use boxrota::mail::mailer::{Mailer, Memory, Sender};
use boxrota::mail::smtp::{Patience, Smtp};
use boxrota::mail::{Block, Choice, Kind, Letter, Listing, Message, Outcome, Recipient, State, store};
use boxrota::worker::Worker;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use tokio::runtime::Runtime;
use tokio::sync::{Barrier, watch};

use crate::harness::{Engine, Ground, Raw};
use crate::post_office::{At, Deed, PostOffice, Script};

on_both_engines!(
    the_same_letter_is_stored_once,
    a_letter_of_a_transaction_that_fails_is_not_stored,
    many_workers_never_send_a_letter_twice,
    without_the_claim_the_same_workers_do,
    a_worker_that_dies_after_sending_causes_one_more_mail_with_the_same_id,
    a_letter_that_outlasts_its_lease_is_not_recorded_twice,
    a_closed_port_is_tried_again_at_growing_intervals_and_then_shown,
    a_refusal_is_shown_and_not_tried_again,
    a_server_that_hangs_is_given_up_for_now,
    one_bad_letter_does_not_keep_the_others,
    a_sign_in_letter_keeps_no_link_and_is_not_sent_late,
    letters_are_listed_page_by_page,
    a_stopped_worker_finishes_the_letter_in_hand,
    a_letter_rings_the_worker_once_it_is_committed,
);

const ONE: ClusterId = ClusterId(1);
const TWO: ClusterId = ClusterId(2);

/// A database with two clusters, a clock that stands, and the letters' way out.
struct Stage {
    ground: Ground,
    db: Db,
    clock: Clock,
}

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// Plays a story on threads of its own.
fn play(ground: Ground, story: impl AsyncFnOnce(&Stage)) {
    let mut raw = ground.raw();
    for cluster in [1, 2] {
        raw.must(&format!(
            "INSERT INTO clusters (id, slug, name, nation, created_at) VALUES ({cluster}, 'c{cluster}', 'C', 'england', '2026-01-01 00:00:00')"
        ));
    }
    drop(raw);
    let runtime = Runtime::new().unwrap();
    let clock = Clock::standing_at(noon());
    let db = Db::connect(&ground.url.parse().unwrap(), "https://boxes.example").unwrap().by(clock.clone());
    let stage = Stage { ground, db, clock };
    runtime.block_on(story(&stage));
}

impl Stage {
    fn worker(&self, mailer: Mailer) -> Worker {
        Worker { db: self.db.clone(), clock: self.clock.clone(), mailer: Arc::new(mailer) }
    }

    /// One round of a worker.
    async fn round(&self, worker: &Worker) -> usize {
        let (_stop, stopped) = watch::channel(false);
        worker.send_due(&stopped).await.unwrap().letters
    }

    async fn enqueue(&self, cluster: ClusterId, letter: Letter) -> bool {
        let scope = Scope::of_worker(cluster);
        self.db.write(scope, move |tx| store::enqueue(tx, &letter)).await.unwrap()
    }

    async fn all(&self, cluster: ClusterId) -> Vec<Message> {
        let scope = Scope::of_worker(cluster);
        self.db
            .read(scope, |tx| {
                let page = store::list(tx, &Listing { most: 1000, ..Listing::default() })?;
                page.lines.iter().rev().map(|line| store::message(tx, line.id())).collect::<db::Result<Vec<_>>>()
            })
            .await
            .unwrap()
    }

    async fn only(&self, cluster: ClusterId) -> Message {
        let mut all = self.all(cluster).await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    fn later(&self, by: TimeDelta) {
        self.clock.set(self.clock.now() + by);
    }
}

/// A kind of no room.
const TEST: &Kind = &Kind { key: "test", name: "A test", to: "Nobody", choice: Choice::Always, waits: false };

fn letter(n: usize) -> Letter {
    Letter {
        kind: TEST,
        subject: format!("test:{n}"),
        day: noon().date_naive(),
        to: Recipient { person: None, address: "science@saxton.example".parse().unwrap(), name: "Science lead".into() },
        reason: "You got this because this is a test.".into(),
        title: format!("Letter {n}"),
        blocks: vec![Block::heading("Hello"), Block::paragraph("Something has happened.")],
        calendar: None,
    }
}

fn by_smtp(url: &str) -> Mailer {
    let patience = Patience { answer: Duration::from_millis(300), receipt: Duration::from_secs(5) };
    let smtp = Smtp::new(url.parse().unwrap(), None, "boxrota.example", patience).unwrap();
    Mailer::Smtp(Box::new(smtp), Sender { from: "Boxrota <boxrota@cluster.example>".parse().unwrap(), reply_to: None })
}

fn to(office: &PostOffice) -> Mailer {
    by_smtp(&format!("smtp://{}", office.at))
}

fn ids(office: &PostOffice) -> Vec<String> {
    office.taken().iter().map(|taken| taken.data.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()).collect()
}

fn the_same_letter_is_stored_once(ground: Ground) {
    play(ground, async |stage| {
        assert!(stage.enqueue(ONE, letter(1)).await);
        assert!(!stage.enqueue(ONE, letter(1)).await);
        assert!(stage.enqueue(TWO, letter(1)).await, "another cluster's letter is another letter");
        let tomorrow = Letter { day: noon().date_naive() + TimeDelta::days(1), ..letter(1) };
        assert!(stage.enqueue(ONE, tomorrow).await);
        let other = Letter { to: Recipient { address: "head@saxton.example".parse().unwrap(), ..letter(1).to }, ..letter(1) };
        assert!(stage.enqueue(ONE, other).await);
        assert_eq!(stage.all(ONE).await.len(), 3);
        // Sent or not: it is not written again.
        stage.round(&stage.worker(Mailer::InAppOnly)).await;
        assert!(!stage.enqueue(ONE, letter(1)).await);
        assert!(stage.all(ONE).await.iter().all(|m| m.state == State::Kept && m.finished_at == Some(noon())));
    });
}

fn a_letter_of_a_transaction_that_fails_is_not_stored(ground: Ground) {
    play(ground, async |stage| {
        let scope = Scope::of_worker(ONE);
        let failed = stage
            .db
            .write(scope, |tx| {
                store::enqueue(tx, &letter(1))?;
                Err::<(), _>(db::Error::NotFound)
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(stage.all(ONE).await, []);
    });
}

/// Eight workers with connections of their own, as eight processes would have, begin at once.
async fn eight_at_once<F>(stage: &Stage, office: &PostOffice, work: fn(Worker) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    for n in 0..40 {
        stage.enqueue(if n % 2 == 0 { ONE } else { TWO }, letter(n)).await;
    }
    let barrier = Arc::new(Barrier::new(8));
    let mut running = Vec::new();
    for _ in 0..8 {
        let db = Db::connect(&stage.ground.url.parse().unwrap(), "https://boxes.example").unwrap().by(stage.clock.clone());
        let worker = Worker { db, ..stage.worker(to(office)) };
        let barrier = barrier.clone();
        running.push(tokio::spawn(async move {
            barrier.wait().await;
            work(worker).await;
        }));
    }
    for worker in running {
        worker.await.unwrap();
    }
}

fn many_workers_never_send_a_letter_twice(ground: Ground) {
    play(ground, async |stage| {
        let office = PostOffice::open(Script::default()).await;
        eight_at_once(stage, &office, |worker: Worker| async move {
            let (_stop, stopped) = watch::channel(false);
            worker.send_due(&stopped).await.unwrap();
        })
        .await;
        let sent = ids(&office);
        assert_eq!(sent.len(), 40);
        assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), 40);
        for cluster in [ONE, TWO] {
            assert!(stage.all(cluster).await.iter().all(|m| m.state == State::Sent && m.attempts == 1));
        }
        assert!(office.calls() > 1, "only one worker did anything: this was no race");
    });
}

fn without_the_claim_the_same_workers_do(ground: Ground) {
    play(ground, async |stage| {
        let office = PostOffice::open(Script::default()).await;
        // What a worker would do that reads what waits, sends it, and then writes down that it did.
        eight_at_once(stage, &office, |worker: Worker| async move {
            let due = worker.db.house_read(noon(), |house| store::due(house, 50)).await.unwrap();
            for (cluster, id) in due {
                let scope = Scope::of_worker(cluster);
                let message = worker.db.read(scope.clone(), move |tx| store::message(tx, id)).await.unwrap();
                if message.state == State::Waiting {
                    worker.mailer.send(&message).await;
                    let done = move |tx: &mut db::Tx<'_>| {
                        store::take(tx, id, "x")?;
                        store::record(tx, id, "x", &boxrota::mail::after(Outcome::Sent, 1, noon()))
                    };
                    worker.db.write(scope, done).await.unwrap();
                }
            }
        })
        .await;
        let sent = ids(&office);
        assert!(sent.len() > sent.iter().collect::<BTreeSet<_>>().len(), "no double: the story above would not see one either");
    });
}

fn a_worker_that_dies_after_sending_causes_one_more_mail_with_the_same_id(ground: Ground) {
    play(ground, async |stage| {
        let office = PostOffice::open(Script::default()).await;
        stage.enqueue(ONE, letter(1)).await;
        let id = stage.only(ONE).await.id;
        // It takes the letter, sends it, and is killed before it can write that down.
        let dying = to(&office);
        let taken = stage.db.write(Scope::of_worker(ONE), move |tx| store::take(tx, id, "dying")).await.unwrap().unwrap();
        assert_eq!(dying.send(&taken).await, Outcome::Sent);
        let worker = stage.worker(to(&office));
        stage.later(TimeDelta::minutes(9));
        assert_eq!(stage.round(&worker).await, 0, "the lease still runs");
        stage.later(TimeDelta::minutes(1));
        assert_eq!(stage.round(&worker).await, 1);
        let again = stage.only(ONE).await;
        assert_eq!((again.state, again.attempts), (State::Sent, 2));
        stage.later(TimeDelta::days(1));
        assert_eq!(stage.round(&worker).await, 0);
        let sent = ids(&office);
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[0], sent[1], "the receiver can tell that it is the same letter");
    });
}

fn a_letter_that_outlasts_its_lease_is_not_recorded_twice(ground: Ground) {
    play(ground, async |stage| {
        stage.enqueue(ONE, letter(1)).await;
        let id = stage.only(ONE).await.id;
        stage.db.write(Scope::of_worker(ONE), move |tx| store::take(tx, id, "slow")).await.unwrap().unwrap();
        stage.later(TimeDelta::minutes(11));
        let now = stage.clock.now();
        let other = stage.db.write(Scope::of_worker(ONE), move |tx| store::take(tx, id, "other")).await.unwrap();
        assert!(other.is_some());
        let failed = boxrota::mail::after(Outcome::Passing("slow".into()), 1, now);
        let late = stage.db.write(Scope::of_worker(ONE), move |tx| store::record(tx, id, "slow", &failed)).await.unwrap();
        assert!(!late, "it is the other's letter now");
        let sent = boxrota::mail::after(Outcome::Sent, 2, now);
        assert!(stage.db.write(Scope::of_worker(ONE), move |tx| store::record(tx, id, "other", &sent)).await.unwrap());
        assert_eq!(stage.only(ONE).await.state, State::Sent);
    });
}

fn a_closed_port_is_tried_again_at_growing_intervals_and_then_shown(ground: Ground) {
    play(ground, async |stage| {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        stage.enqueue(ONE, letter(1)).await;
        let worker = stage.worker(by_smtp(&format!("smtp://{closed}")));
        let mut waits = Vec::new();
        loop {
            assert_eq!(stage.round(&worker).await, 1);
            let message = stage.only(ONE).await;
            assert!(message.last_error.contains("could not be reached: Connection refused"), "{}", message.last_error);
            if message.state != State::Waiting {
                assert_eq!((message.state, message.attempts), (State::Failed, 7));
                break;
            }
            let wait = message.next_attempt_at - stage.clock.now();
            stage.later(wait - TimeDelta::seconds(1));
            assert_eq!(stage.round(&worker).await, 0, "not before its time");
            stage.later(TimeDelta::seconds(1));
            waits.push(wait.num_minutes());
        }
        assert_eq!(waits, [1, 5, 15, 60, 240, 720]);
        stage.later(TimeDelta::days(9));
        assert_eq!(stage.round(&worker).await, 0, "given up is given up");
        let scope = Scope::of_worker(ONE);
        assert_eq!(stage.db.read(scope.clone(), store::failed_count).await.unwrap(), 1);
        assert_eq!(stage.db.read(Scope::of_worker(TWO), store::failed_count).await.unwrap(), 0);

        // The coordinator tries again when the server is back.
        let id = stage.only(ONE).await.id;
        assert!(stage.db.write(scope.clone(), move |tx| store::retry(tx, id)).await.unwrap());
        assert!(!stage.db.write(scope.clone(), move |tx| store::retry(tx, id)).await.unwrap(), "a double click does it once");
        let office = PostOffice::open(Script::default()).await;
        assert_eq!(stage.round(&stage.worker(to(&office))).await, 1);
        let message = stage.only(ONE).await;
        assert_eq!((message.state, message.last_error.as_str()), (State::Sent, ""));
        assert_eq!(stage.db.read(scope.clone(), store::failed_count).await.unwrap(), 0);
    });
}

fn a_refusal_is_shown_and_not_tried_again(ground: Ground) {
    play(ground, async |stage| {
        let office =
            PostOffice::open(Script { misdeed: Some((At::Rcpt, Deed::Say("550 5.1.1 No such person"))), ..Script::default() }).await;
        stage.enqueue(ONE, letter(1)).await;
        let worker = stage.worker(to(&office));
        assert_eq!(stage.round(&worker).await, 1);
        let message = stage.only(ONE).await;
        assert_eq!((message.state, message.attempts), (State::Failed, 1));
        assert!(message.last_error.contains("refused the address: 550") && message.last_error.contains("No such person"));
        stage.later(TimeDelta::days(30));
        assert_eq!(stage.round(&worker).await, 0);
        let scope = Scope::of_worker(ONE);
        assert_eq!(stage.db.write(scope, store::retry_all).await.unwrap(), 1);
        assert_eq!(stage.round(&worker).await, 1);
        assert_eq!(office.taken(), []);
    });
}

fn a_server_that_hangs_is_given_up_for_now(ground: Ground) {
    play(ground, async |stage| {
        let office = PostOffice::open(Script { misdeed: Some((At::Mail, Deed::Hang)), times: 1, ..Script::default() }).await;
        stage.enqueue(ONE, letter(1)).await;
        let worker = stage.worker(to(&office));
        let began = Instant::now();
        assert_eq!(stage.round(&worker).await, 1);
        assert!(began.elapsed() < Duration::from_secs(3));
        let message = stage.only(ONE).await;
        assert_eq!(message.state, State::Waiting);
        assert!(message.last_error.contains("did not answer in time"), "{}", message.last_error);
        stage.later(TimeDelta::minutes(1));
        stage.round(&worker).await;
        assert_eq!((stage.only(ONE).await.state, office.taken().len()), (State::Sent, 1));
    });
}

fn one_bad_letter_does_not_keep_the_others(ground: Ground) {
    play(ground, async |stage| {
        for n in 0..5 {
            stage.enqueue(ONE, letter(n)).await;
        }
        // A row that no version of the program wrote.
        stage.ground.raw().must("UPDATE messages SET calendar = 'x', calendar_method = 'DANCE' WHERE subject = 'test:2'");
        let memory = Arc::new(Memory::default());
        let worker = stage.worker(Mailer::Memory(memory.clone()));
        assert_eq!(stage.round(&worker).await, 4);
        assert_eq!(memory.sent().len(), 4);
    });
}

fn a_sign_in_letter_keeps_no_link_and_is_not_sent_late(ground: Ground) {
    play(ground, async |stage| {
        const SECRET: &str = "0123456789abcdefghjkmnpqrstvwxyz";
        let house = db::HOUSE;
        let link = |n: usize| Letter {
            kind: boxrota::accounts::SIGN_IN,
            blocks: vec![Block::button("Sign in", format!("https://boxrota.example/sign-in/{SECRET}"))],
            ..letter(n)
        };
        let memory = Arc::new(Memory::default());
        let worker = stage.worker(Mailer::Memory(memory.clone()));
        stage.enqueue(house, link(1)).await;
        // While it waits, the link must be there; and a passing fault keeps it.
        memory.next(Outcome::Passing("Not now.".into()));
        stage.round(&worker).await;
        assert!(stage.only(house).await.text.contains(SECRET));
        stage.later(TimeDelta::minutes(1));
        stage.round(&worker).await;
        assert!(memory.sent()[0].text.contains(SECRET) && memory.sent()[0].html.contains(SECRET));
        let kept = stage.only(house).await;
        assert_eq!(kept.state, State::Sent);
        assert!(!kept.text.contains(SECRET) && !kept.html.contains(SECRET) && kept.text.contains("[link removed]"));

        stage.enqueue(house, link(2)).await;
        stage.later(TimeDelta::minutes(15));
        stage.round(&worker).await;
        let late = &stage.all(house).await[1];
        assert_eq!((late.state, memory.sent().len()), (State::Dropped, 1));
        assert!(late.last_error.contains("had run out") && !late.text.contains(SECRET));

        stage.enqueue(house, link(3)).await;
        memory.next(Outcome::Refused("No such person.".into()));
        stage.round(&worker).await;
        let refused = &stage.all(house).await[2];
        assert!(refused.state == State::Failed && !refused.text.contains(SECRET) && !refused.html.contains(SECRET));
    });
}

fn letters_are_listed_page_by_page(ground: Ground) {
    play(ground, async |stage| {
        for n in 0..25 {
            stage.enqueue(ONE, letter(n)).await;
        }
        stage.enqueue(TWO, letter(99)).await;
        let memory = Arc::new(Memory::default());
        memory.next(Outcome::Refused("No.".into()));
        stage.round(&stage.worker(Mailer::Memory(memory))).await;
        let scope = Scope::of_worker(ONE);
        let page = async |listing: Listing| {
            let page = stage.db.read(scope.clone(), move |tx| store::list(tx, &Listing { most: 10, ..listing })).await.unwrap();
            let titles: Vec<String> = page.lines.iter().map(|line| line.title.clone()).collect();
            (titles, page.newer, page.older, page.lines.first().map(store::Line::id), page.lines.last().map(store::Line::id))
        };
        let named = |from: usize, to: usize| (to..=from).rev().map(|n| format!("Letter {n}")).collect::<Vec<_>>();
        let (titles, newer, older, _, last) = page(Listing::default()).await;
        assert_eq!((titles, newer, older), (named(24, 15), false, true));
        let (titles, newer, older, first, last) = page(Listing { older_than: last, ..Listing::default() }).await;
        assert_eq!((titles, newer, older), (named(14, 5), true, true));
        let (titles, newer, older, ..) = page(Listing { older_than: last, ..Listing::default() }).await;
        assert_eq!((titles, newer, older), (named(4, 0), true, false));
        let (titles, newer, older, ..) = page(Listing { newer_than: first, ..Listing::default() }).await;
        assert_eq!((titles, newer, older), (named(24, 15), false, true));
        let (failed, ..) = page(Listing { state: Some(State::Failed), ..Listing::default() }).await;
        assert_eq!(failed.len(), 1);
        let (none, ..) = page(Listing { person: Some(boxrota::base::ids::PersonId(1)), ..Listing::default() }).await;
        assert!(none.is_empty());
        // Another cluster's letter is not there.
        let foreign: MessageId = stage.all(TWO).await[0].id;
        assert!(matches!(stage.db.read(scope.clone(), move |tx| store::message(tx, foreign)).await, Err(db::Error::NotFound)));
        assert!(!stage.db.write(scope.clone(), move |tx| store::retry(tx, foreign)).await.unwrap());
    });
}

fn a_stopped_worker_finishes_the_letter_in_hand(ground: Ground) {
    play(ground, async |stage| {
        let office = PostOffice::open(Script { misdeed: Some((At::Receipt, Deed::Dawdle(600))), ..Script::default() }).await;
        for n in 0..3 {
            stage.enqueue(ONE, letter(n)).await;
        }
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(stage.worker(to(&office)).run(stopped));
        while office.taken().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(5), working).await.unwrap().unwrap();
        let states: Vec<State> = stage.all(ONE).await.iter().map(|m| m.state).collect();
        assert_eq!(states, [State::Sent, State::Waiting, State::Waiting]);
        assert_eq!(office.taken().len(), 1);
    });
}

fn a_letter_rings_the_worker_once_it_is_committed(ground: Ground) {
    play(ground, async |stage| {
        let rung = async || tokio::time::timeout(Duration::from_millis(20), stage.db.letters()).await.is_ok();
        let scope = Scope::of_worker(ONE);
        let broken = stage.db.write(scope.clone(), |tx| store::enqueue(tx, &letter(1)).and(Err::<(), _>(db::Error::NotFound))).await;
        assert!(broken.is_err() && !rung().await, "what is taken back rings nobody");
        assert!(stage.enqueue(ONE, letter(1)).await);
        assert!(rung().await && !rung().await, "once");
        assert!(!stage.enqueue(ONE, letter(1)).await);
        assert!(!rung().await, "it was there already");
        let entered = stage.db.house(noon(), |house| store::enqueue(&mut house.enter(TWO, Actor::Worker), &letter(1))).await;
        assert!(entered.unwrap() && rung().await, "a cluster that was entered");
        let inside = stage.db.write(scope.clone(), |tx| store::enqueue(&mut tx.house().enter(TWO, Actor::Worker), &letter(2))).await;
        assert!(inside.unwrap() && rung().await, "a cluster that was entered from another");
    });
}

/// The program itself: SIGTERM in the middle of a letter.
#[test]
fn sigterm_lets_the_letter_in_hand_finish() {
    play(Ground::migrated(Engine::Sqlite), async |stage| {
        let office = PostOffice::open(Script { misdeed: Some((At::Receipt, Deed::Dawdle(1500))), ..Script::default() }).await;
        for n in 0..2 {
            stage.enqueue(ONE, letter(n)).await;
        }
        let mut program = Command::new(env!("CARGO_BIN_EXE_boxrota"))
            .arg("serve")
            .env("BOXROTA_LISTEN", "127.0.0.1:0")
            .env("BOXROTA_DATABASE_URL", &stage.ground.url)
            .env("BOXROTA_SMTP_URL", format!("smtp://{}", office.at))
            .env("BOXROTA_MAIL_FROM", "Boxrota <boxrota@cluster.example>")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while office.taken().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20), "no letter came");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let told = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
        assert!(told.success());
        let ended = tokio::task::spawn_blocking(move || program.wait().unwrap()).await.unwrap();
        assert!(ended.success(), "{ended}");
        let states: Vec<State> = stage.all(ONE).await.iter().map(|m| m.state).collect();
        assert_eq!(states, [State::Sent, State::Waiting]);
        assert_eq!(office.taken().len(), 1);
    });
}

#[derive(QueryableByName)]
struct Plan {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// What is due is found by the index, however many old letters there are: SQLite takes a partial index only when the
/// condition is written as the index has it.
#[test]
fn what_is_due_is_found_by_the_index() {
    let ground = Ground::migrated(Engine::Sqlite);
    let Raw::Sqlite(mut conn) = ground.raw() else { panic!("SQLite") };
    let plan: Vec<Plan> = diesel::sql_query(
        "EXPLAIN QUERY PLAN SELECT cluster_id, id FROM messages WHERE state IN ('waiting', 'sending') AND next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ?",
    )
    .bind::<diesel::sql_types::Text, _>("2026-11-23 12:00:00")
    .bind::<diesel::sql_types::BigInt, _>(50)
    .load(&mut conn)
    .unwrap();
    let plan: Vec<String> = plan.into_iter().map(|line| line.detail).collect();
    assert!(plan.len() == 1 && plan[0].contains("messages_due"), "{plan:?}");
}
