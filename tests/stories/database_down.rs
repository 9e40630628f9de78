//! A database that cannot be used: the answer is 503 and says so, the log says why, and the start says what to do.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use boxrota::base::ids::ClusterId;
use boxrota::db::{Db, Error, HOUSE, House, Scope, Tx};
use diesel::prelude::*;

use crate::harness::process::{Program, run};
use crate::harness::{Engine, Ground, Page, Relay, TestApp, Wish, World, all, log, science_lead};

stories!(health_is_told_apart, health_may_be_asked_by_everybody, who_waits_for_others_is_not_sent_away);
on_both_engines!(who_reads_is_told_in_two_seconds_that_nothing_comes, a_check_writes_a_row_and_takes_it_back);

#[test]
fn a_database_that_takes_no_writes_is_503_on_postgres() {
    log::listen();
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(Ground::migrated(Engine::Postgres), |_| {}).await;
        let form = app.browser().open("/sign-in").await.form("/sign-in").set("email", &science_lead("Ash"));
        let name = app.raw().texts("SELECT current_database()::text AS t").remove(0);
        app.raw().must(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
        // For lines that are opened from now on: another process.
        let after = app.beside();
        let browser = after.browser();
        let form_there = browser.open("/sign-in").await.form("/sign-in").set("email", form.value("email"));
        browser.submit(&form_there).await.is(503).says("not available");
        assert!(log::errors().iter().any(|line| line.contains("it takes no writes")), "{:?}", log::errors());
        let health = browser.get("/healthz").await.is(503);
        for line in ["not ok", "reading: ok", "writing: not ok, it takes no writes"] {
            assert!(health.text.lines().any(|said| said == line), "{}", health.text);
        }
    });
}

#[test]
fn two_changes_in_each_others_way_are_no_fault_of_ours() {
    let ground = Ground::migrated(Engine::Postgres);
    for cluster in [1, 2] {
        ground.raw().must(&format!(
            "INSERT INTO clusters (id, slug, name, nation, created_at) VALUES ({cluster}, 'c{cluster}', 'C', 'england', '2026-01-01 00:00:00')"
        ));
    }
    let db = Db::connect(&ground.url.parse().unwrap(), "https://boxes.example").unwrap();
    let both_are_in = Arc::new(Barrier::new(2));
    let writes = |own: i64, other: i64| {
        let (db, both_are_in) = (db.clone(), both_are_in.clone());
        async move {
            let work = move |tx: &mut Tx<'_>| {
                both_are_in.wait();
                diesel::sql_query(format!("UPDATE clusters SET name = 'D' WHERE id = {other}")).execute(tx.conn)?;
                Ok::<_, Error>(())
            };
            db.write(Scope::of_worker(ClusterId(own)), work).await
        }
    };
    let (one, two) = tokio::runtime::Runtime::new().unwrap().block_on(async { tokio::join!(writes(1, 2), writes(2, 1)) });
    let faults: Vec<Error> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(&faults[..], [Error::Unavailable(why)] if why.starts_with("two changes were in each other's way")), "{faults:?}");
}

#[test]
fn an_emptied_file_is_not_taken_for_a_new_installation() {
    let ground = Ground::empty(Engine::Sqlite);
    let settings = [("BOXROTA_DATABASE_URL", ground.url.as_str())];
    // A file that was made empty for us, in a place where nothing was, is filled.
    std::fs::write(ground.file(), "").unwrap();
    assert!(run(&["migrate"], &settings).status.success());
    std::fs::write(ground.file(), "").unwrap();
    for command in ["serve", "migrate", "check"] {
        let output = run(&[command], &settings);
        let told = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{command}: {told}");
        assert!(told.contains("boxrota.sqlite is empty") && told.contains("put your backup in its place"), "{command}: {told}");
        assert_eq!(std::fs::metadata(ground.file()).unwrap().len(), 0, "{command} has left it as it was");
    }
    // Whoever wants to begin anew removes it.
    std::fs::remove_file(ground.file()).unwrap();
    assert!(run(&["migrate"], &settings).status.success());
}

#[test]
fn a_start_that_fails_names_the_file_and_what_to_do() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    std::fs::write(folder.path().join("file"), "x").unwrap();
    std::fs::write(folder.path().join("letter.db"), "Dear Sir or Madam, this is no database. ".repeat(100)).unwrap();
    std::fs::create_dir(folder.path().join("folder.db")).unwrap();
    for (url, named) in [(at("file/boxrota.db"), "file"), (at("letter.db"), "letter.db"), (at("folder.db"), "folder.db")] {
        let output = run(&["serve"], &[("BOXROTA_DATABASE_URL", &url)]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(named) && told.contains("see that the file"), "{url}: {told}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = run(&["serve"], &[("BOXROTA_DATABASE_URL", &format!("postgres://kit:s3cret@{closed}/boxrota"))]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains(&closed.to_string()) && told.contains("see that the server runs") && !told.contains("s3cret"), "{told}");
}

/// What it answers, and how long it took.
async fn timed(request: impl Future<Output = Page>) -> (Page, Duration) {
    let start = Instant::now();
    let page = request.await;
    (page, start.elapsed())
}

#[test]
fn a_database_that_hangs_is_503_in_two_seconds_and_stores_nothing_later() {
    actix_web::rt::System::new().block_on(async {
        let mut ground = Ground::migrated(Engine::Postgres);
        let relay = Relay::before(&mut ground).await;
        let app = TestApp::start(ground, |_| {}).await;
        let (ash, magnets) = (app.ssl("Ash").await, app.resource("ashdale", "Magnets"));
        let wish = Wish::of(&magnets, "2026-12-07", "2026-12-08");
        let form = ash.check(&wish).await.is(200).form("/reserve");
        let visitor = app.browser();
        let asks = visitor.open("/sign-in").await.form("/sign-in").set("email", "nobody@elsewhere.example");
        relay.hang();
        let reads = (0..4).map(|_| {
            let browser = ash.browser.clone();
            async move { timed(browser.get("/c/ashdale/calendar")).await }
        });
        for (page, took) in all(reads.collect()).await {
            page.is(503).says("Boxrota is not available").says("Nothing you sent has been stored");
            assert!(took < Duration::from_secs(4), "{took:?}");
        }
        let (page, took) = timed(ash.browser.submit(&form)).await;
        page.is(503).says("Nothing you sent has been stored");
        assert!(took < Duration::from_secs(5), "{took:?}");
        let (page, took) = timed(visitor.submit(&asks)).await;
        page.is(503);
        assert!(took < Duration::from_secs(5), "{took:?}");
        let (page, took) = timed(app.browser().get("/healthz")).await;
        assert!(took < Duration::from_secs(4), "{took:?}");
        let health = page.is(503).text;
        assert!(health.contains("reading: not ok, no answer") && health.contains("writing: not ok, no answer"), "{health}");
        // More than the pool has connections: whoever comes later is not kept any longer.
        let reads = (0..40).map(|_| {
            let browser = ash.browser.clone();
            async move { timed(browser.get("/c/ashdale/calendar")).await }
        });
        for (page, took) in all(reads.collect()).await {
            page.is(503);
            assert!(took < Duration::from_secs(5), "{took:?}");
        }
        // What was given up is not done when it comes to life again.
        relay.go_on();
        let start = Instant::now();
        while ash.browser.get("/c/ashdale/calendar").await.status != 200 {
            assert!(start.elapsed() < Duration::from_secs(20), "it does not come back");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 0);
        ash.browser.submit(&form).await.is(303);
        app.letters().await;
        assert!(log::forget() > 0);
        app.end().await;
    });
}

#[test]
fn who_cannot_be_told_whether_it_is_stored_hears_just_that() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut ground = Ground::migrated(Engine::Postgres);
        let relay = Arc::new(Relay::before(&mut ground).await);
        let db = Db::connect(&ground.url.parse().unwrap(), "https://boxes.example").unwrap();
        let (line, start) = (relay.clone(), Instant::now());
        let work = move |house: &mut House<'_>| {
            diesel::sql_query("INSERT INTO probes (id) VALUES (7)").execute(house.conn)?;
            // From here on nothing comes through, and what follows is the COMMIT.
            line.hang();
            Ok::<_, Error>(())
        };
        let done = db.house("2026-11-23T09:00:00Z".parse().unwrap(), work).await;
        assert!(matches!(done, Err(Error::Unsure(_))), "{done:?}");
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        relay.go_on();
        while ground.raw().number("SELECT count(*) AS n FROM probes") == 0 {
            assert!(start.elapsed() < Duration::from_secs(20), "it was not committed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn a_database_that_refuses_is_503_at_once() {
    actix_web::rt::System::new().block_on(async {
        let mut ground = Ground::migrated(Engine::Postgres);
        let relay = Relay::before(&mut ground).await;
        let app = TestApp::start(ground, |_| {}).await;
        let ash = app.ssl("Ash").await;
        let form = ash.check(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await.is(200).form("/reserve");
        relay.end().await;
        for n in 0..3 {
            let (page, took) = timed(ash.browser.get("/c/ashdale/calendar")).await;
            page.is(503).says("Boxrota is not available");
            assert!(took < Duration::from_secs(1), "{n}: {took:?}");
            let (page, took) = timed(ash.browser.submit(&form)).await;
            page.is(503).says("Nothing you sent has been stored");
            assert!(took < Duration::from_secs(1), "{n}: {took:?}");
        }
        assert!(log::errors().iter().any(|line| line.contains("refused")), "{:?}", log::errors());
    });
}

fn who_reads_is_told_in_two_seconds_that_nothing_comes(ground: Ground) {
    let db = Db::connect(&ground.url.parse().unwrap(), "https://boxes.example").unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        let start = Instant::now();
        let read = db.house_read(now, |_| {
            std::thread::sleep(Duration::from_secs(5));
            Ok::<_, Error>(())
        });
        assert!(matches!(read.await, Err(Error::Unavailable(why)) if why.contains("no answer")));
        assert!(start.elapsed() > Duration::from_millis(1500) && start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        // Slow is not silent: what goes on may take longer.
        let slow = db.read(Scope::of_worker(HOUSE), |tx| {
            for _ in 0..6 {
                std::thread::sleep(Duration::from_millis(500));
                diesel::sql_query("SELECT 1").execute(tx.conn)?;
            }
            Ok::<_, Error>(())
        });
        assert!(slow.await.is_ok());
        // Who writes is not sent away as long as the database answers somebody.
        let write = db.write(Scope::of_worker(HOUSE), |_| {
            std::thread::sleep(Duration::from_secs(4));
            Ok::<_, Error>(())
        });
        assert!(write.await.is_ok());
    });
}

async fn who_waits_for_others_is_not_sent_away(app: TestApp) {
    let (ash, magnets) = (app.ssl("Ash").await, app.resource("ashdale", "Magnets"));
    let form = ash.check(&Wish::of(&magnets, "2026-12-07", "2026-12-08")).await.is(200).form("/reserve");
    let mut holder = app.raw();
    holder.must(match app.ground.engine {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN; SELECT 1 FROM clusters FOR UPDATE",
    });
    let sent = actix_web::rt::spawn({
        let browser = ash.browser.clone();
        async move { timed(browser.submit(&form)).await }
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!sent.is_finished());
    ash.open("/calendar").await;
    holder.must("COMMIT");
    sent.await.unwrap().0.is(303);
    app.letters().await;
}

/// Lets every row that is tried be refused as a full disk refuses it.
fn fill_the_disk(ground: &Ground) {
    ground.raw().must(match ground.engine {
        Engine::Sqlite => "CREATE TRIGGER full BEFORE INSERT ON probes BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        Engine::Postgres => {
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file: No space left on device'; END $$;
             CREATE TRIGGER full_disk BEFORE INSERT ON probes FOR EACH ROW EXECUTE FUNCTION full_disk()"
        }
    });
}

async fn health_is_told_apart(app: TestApp) {
    let program = Program::serve(&app.ground.url);
    let browser = program.browser();
    let start = Instant::now();
    let well = loop {
        let health = browser.get("/healthz").await;
        if health.text.contains("round") && !health.text.contains("no round yet") {
            break health.is(200);
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{}", health.text);
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let lines: Vec<&str> = well.text.lines().collect();
    assert_eq!(lines[..3], ["ok", "reading: ok", "writing: ok"], "{}", well.text);
    assert!(lines[3].starts_with("worker: ok, its last round ended ") && lines[3].ends_with(" seconds ago"), "{}", well.text);
    assert!(well.header("content-type").starts_with("text/plain") && well.header("cache-control").contains("no-store"));
    fill_the_disk(&app.ground);
    let sick = app.browser().get("/healthz").await.is(503);
    let lines: Vec<&str> = sick.text.lines().collect();
    assert_eq!(lines, ["not ok", "reading: ok", "writing: not ok, no space is left", "worker: not in this process"]);
    app.browser().get("/livez").await.is(200);
}

async fn health_may_be_asked_by_everybody(app: TestApp) {
    let version = "SELECT CAST(version AS TEXT) AS t FROM clusters ORDER BY id";
    let before = (app.raw().texts(version), app.app.db.queries());
    let asking = (0..20).map(|_| {
        let browser = app.browser();
        async move {
            for _ in 0..50 {
                browser.get("/healthz").await.is(200);
            }
        }
    });
    let start = Instant::now();
    all(asking.collect()).await;
    // A look takes a few statements, and there is one every five seconds at most, however many ask.
    let looks = start.elapsed().as_secs() / 5 + 1;
    let asked = app.app.db.queries() - before.1;
    assert!(asked <= 6 * looks, "{asked} statements for 1000 questions in {:?}", start.elapsed());
    assert_eq!(app.raw().texts(version), before.0);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM probes"), 0);
}

fn a_check_writes_a_row_and_takes_it_back(ground: Ground) {
    let folder = ground.folder.path().join("ashdale");
    World::ashdale().write(&folder);
    let settings = [("BOXROTA_DATABASE_URL", ground.url.as_str())];
    assert!(run(&["import-cluster", &folder.to_string_lossy()], &settings).status.success());
    let check = || {
        let output = run(&["check"], &settings);
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (well, told) = check();
    assert!(well && told.contains("ok      the database takes a row and gives it back"), "{told}");
    assert_eq!(ground.raw().number("SELECT count(*) AS n FROM probes"), 0);
    fill_the_disk(&ground);
    let (well, told) = check();
    assert!(!well && told.contains("WRONG   the database takes no row: no space is left"), "{told}");
}

#[test]
fn a_start_that_cannot_write_names_the_file_and_what_to_do() {
    let ground = Ground::migrated(Engine::Sqlite);
    // A step that makes a table is to be done again, and cannot be.
    ground.raw().must("DELETE FROM __diesel_schema_migrations WHERE version = '20261130000002'");
    let output = run(&["serve"], &[("BOXROTA_DATABASE_URL", &ground.url)]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("boxrota.sqlite") && told.contains("your backup"), "{told}");
}
