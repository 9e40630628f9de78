//! The database goes away, hangs, is held by another program, or breaks the lines off, while schools reserve. Whoever asks is told
//! that it does not work just now, nobody is told that it did when it did not, and afterwards it works again without being helped.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::Connection;
use diesel::pg::PgConnection;

use crate::harness::{Browser, Engine, Ground, Page, Raw, Relay, Ssl, TestApp, World, all, log, science_lead, truth};

const SCHOOLS: usize = 6;
/// How long a request may take before nobody waits for it any more.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_postgres_that_is_cut_off_or_hangs_is_503_and_comes_back() {
    let mut ground = Ground::migrated(Engine::Postgres);
    let direct = ground.url.clone();
    let rounds = crate::times(1, 20);
    actix_web::rt::System::new().block_on(async {
        let relay = Relay::before(&mut ground).await;
        let rush = Rush::begin(ground).await;
        for _ in 0..rounds {
            for hangs in [false, true] {
                rush.calm().await;
                if hangs {
                    relay.hang();
                } else {
                    relay.end().await;
                }
                let said = rush.storm(Duration::from_secs(4)).await;
                assert!(said.contains(&503), "it hangs: {hangs}; {said:?}");
                if hangs {
                    relay.go_on();
                } else {
                    relay.begin_again().await;
                }
                rush.calm().await;
            }
        }
        rush.end(&mut Raw::Postgres(PgConnection::establish(&direct).expect("connecting")));
    });
}

#[test]
fn a_postgres_whose_lines_are_ended_loses_nothing() {
    let ground = Ground::migrated(Engine::Postgres);
    let cuts = crate::times(8, 300);
    actix_web::rt::System::new().block_on(async {
        let rush = Rush::begin(ground).await;
        let mut killer = rush.app.raw();
        let killing = async {
            for _ in 0..cuts {
                actix_web::rt::time::sleep(Duration::from_millis(700)).await;
                killer.must(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
                );
            }
        };
        let during = rush.storm(Duration::from_millis(700 * u64::try_from(cuts).unwrap()));
        let ((), said) = tokio::join!(killing, during);
        println!("{said:?}");
        rush.calm().await;
        let mut raw = rush.app.raw();
        rush.end(&mut raw);
    });
}

#[test]
fn a_sqlite_file_that_another_program_holds_is_waited_for_or_503_and_read_all_the_while() {
    let ground = Ground::migrated(Engine::Sqlite);
    let turns = crate::times(6, 100);
    actix_web::rt::System::new().block_on(async {
        let rush = Rush::begin(ground).await;
        let mut other = rush.app.raw();
        let over = AtomicBool::new(false);
        let holding = async {
            for turn in 0..turns {
                other.must("BEGIN IMMEDIATE");
                // Long enough now and then that a writer gives up.
                actix_web::rt::time::sleep(Duration::from_millis(if turn % 3 == 2 { 7000 } else { 300 })).await;
                other.must("ROLLBACK");
                actix_web::rt::time::sleep(Duration::from_millis(200)).await;
            }
            over.store(true, Ordering::SeqCst);
        };
        let reading = async {
            let (browser, mut pages) = (rush.people[0].browser.clone(), 0);
            while !over.load(Ordering::SeqCst) {
                browser.get("/c/rush/boxes").await.is(200);
                pages += 1;
                actix_web::rt::time::sleep(Duration::from_millis(50)).await;
            }
            pages
        };
        let writing = rush.storm(Duration::from_secs(u64::try_from(turns).unwrap() * 2));
        let ((), pages, said) = tokio::join!(holding, reading, writing);
        println!("{pages} pages were read; the writers heard {said:?}");
        rush.calm().await;
        let mut raw = rush.app.raw();
        rush.end(&mut raw);
    });
}

/// Schools that reserve and read.
struct Rush {
    app: TestApp,
    people: Vec<Ssl>,
    resource: String,
    copies: Vec<String>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    days: Arc<Days>,
}

/// The days on which there is school, one after the other, each for as many schools as there are copies.
struct Days {
    all: Vec<String>,
    tried: AtomicUsize,
}

impl Days {
    fn next(&self) -> String {
        self.all[(self.tried.fetch_add(1, Ordering::SeqCst) / SCHOOLS) % self.all.len()].clone()
    }
}

impl Rush {
    async fn begin(ground: Ground) -> Self {
        log::listen();
        let app = TestApp::bare(ground, |_| {});
        app.found(&World::rush_with_copies(SCHOOLS, SCHOOLS)).await;
        let mut people = Vec::new();
        for n in 1..=SCHOOLS {
            people.push(Ssl::new(&app, "rush", &science_lead(&format!("School {n}"))).await);
        }
        let resource = app.resource("rush", "Sound");
        let ids = app.raw().texts("SELECT CAST(id AS TEXT) AS t FROM copies ORDER BY tag");
        let copies = ids.iter().map(|id| boxrota::base::ids::CopyId(id.parse().expect("an id")).to_string()).collect();
        let form = people[0].open(&format!("/boxes/{resource}/reserve")).await.form("/check");
        let days: Vec<String> = form.offers("from").into_iter().filter(|day| !day.is_empty()).map(str::to_owned).collect();
        let days = Days { all: days, tried: AtomicUsize::new(0) };
        Self { app, people, resource, copies, acknowledged: Arc::default(), days: Arc::new(days) }
    }

    /// Everybody reserves and reads for so long; which answers there were. Only those of whoever knows what goes on are allowed.
    async fn storm(&self, lasts: Duration) -> BTreeSet<u16> {
        let until = Instant::now() + lasts;
        let mut working = Vec::new();
        for (person, copy) in self.people.iter().zip(&self.copies) {
            let (browser, copy, resource) = (person.browser.clone(), copy.clone(), self.resource.clone());
            let (days, acknowledged) = (self.days.clone(), self.acknowledged.clone());
            working.push(async move {
                let mut said = BTreeSet::new();
                while Instant::now() < until {
                    let day = days.next();
                    said.extend(reserve(&browser, &resource, &copy, &day, &acknowledged).await);
                    said.insert(answer(&browser, "/c/rush/boxes").await.status);
                }
                said
            });
        }
        let said: BTreeSet<u16> = all(working).await.into_iter().flatten().collect();
        assert!(said.iter().all(|status| [200, 303, 422, 503].contains(status)), "{said:?}");
        said
    }

    /// It works, for everybody and soon.
    async fn calm(&self) {
        let began = Instant::now();
        for person in &self.people {
            while person.browser.get("/c/rush/boxes").await.status != 200 {
                assert!(began.elapsed() < Duration::from_secs(60), "it does not come back");
                actix_web::rt::time::sleep(Duration::from_millis(100)).await;
            }
        }
        let mut said = BTreeSet::new();
        while !said.contains(&303) {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing can be reserved: {said:?}");
            let day = self.days.next();
            said = reserve(&self.people[0].browser, &self.resource, &self.copies[0], &day, &self.acknowledged).await;
        }
    }

    /// What was acknowledged is there, and what must hold holds.
    fn end(&self, raw: &mut Raw) {
        let stored: BTreeSet<String> = raw
            .texts("SELECT CAST(id AS TEXT) AS t FROM bookings")
            .iter()
            .map(|id| boxrota::base::ids::BookingId(id.parse().expect("an id")).to_string())
            .collect();
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        println!("{} bookings were acknowledged, {} are stored", acknowledged.len(), stored.len());
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        truth::holds(raw);
        // Each fault was said, as what it was: no fault of ours is among them.
        let ours: Vec<String> = log::errors().into_iter().filter(|line| line.contains("panicked") || line.contains("500")).collect();
        assert_eq!(ours, [""; 0]);
    }
}

/// Reserves a day; which answers that took.
async fn reserve(browser: &Browser, resource: &str, copy: &str, day: &str, acknowledged: &Mutex<BTreeSet<String>>) -> BTreeSet<u16> {
    let page = answer(browser, &format!("/c/rush/boxes/{resource}/reserve/check?from={day}&to={day}&copy={copy}&class=Year+4")).await;
    if page.status != 200 {
        return BTreeSet::from([page.status]);
    }
    let form = page.form("/reserve");
    let pressed = tokio::time::timeout(PATIENCE, browser.submit(&form)).await.expect("an answer in time");
    if pressed.status == 303 {
        let id = pressed.header("location").split(['/', '?']).find(|part| part.parse::<boxrota::base::ids::BookingId>().is_ok());
        acknowledged.lock().unwrap().insert(id.expect("a booking's address").to_owned());
    }
    BTreeSet::from([page.status, pressed.status])
}

async fn answer(browser: &Browser, path: &str) -> Page {
    tokio::time::timeout(PATIENCE, browser.get(path)).await.unwrap_or_else(|_| panic!("nobody answers at {path}"))
}
