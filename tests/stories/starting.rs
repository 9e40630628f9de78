//! The program as a process: settings that are wrong, several that start at once, one that is asked to end.

use std::time::Duration;

use crate::harness::process::{Program, boxrota, run};
use crate::harness::{Engine, Ground, World, science_lead};

on_both_engines!(several_may_start_at_once, a_request_under_way_is_finished_before_the_end, importing_twice_is_refused_whole);

#[test]
fn a_wrong_setting_stops_the_start_and_says_what_would_be_right() {
    let folder = tempfile::TempDir::new().unwrap();
    let database = format!("sqlite:{}", folder.path().join("boxrota.sqlite").display());
    let good = ("BOXROTA_DATABASE_URL", database.as_str());
    let data = folder.path().join("demo").display().to_string();
    let data = data.as_str();
    for (args, settings, variable, fault) in [
        (vec!["serve"], vec![], "BOXROTA_DATABASE_URL", "is not set"),
        (vec!["serve"], vec![("BOXROTA_DATABASE_URL", "mysql://kit:s3cret@db/x")], "BOXROTA_DATABASE_URL", "sqlite:"),
        (vec!["serve"], vec![("BOXROTA_DATABASE_URL", "sqlite:")], "BOXROTA_DATABASE_URL", "names no file"),
        (vec!["serve"], vec![good, ("BOXROTA_LISTEN", "8080")], "BOXROTA_LISTEN", "\"8080\""),
        (vec!["serve", "--listen", "localhost"], vec![good], "BOXROTA_LISTEN", "\"localhost\""),
        (vec!["serve"], vec![good, ("BOXROTA_PUBLIC_URL", "boxes.example")], "BOXROTA_PUBLIC_URL", "\"boxes.example\""),
        (vec!["serve"], vec![good, ("BOXROTA_BEHIND_PROXY", "perhaps")], "BOXROTA_BEHIND_PROXY", "\"perhaps\""),
        (vec!["serve"], vec![good, ("BOXROTA_REQUESTS_PER_SESSION", "0")], "BOXROTA_REQUESTS_PER_SESSION", "\"0\""),
        (vec!["serve"], vec![good, ("BOXROTA_REQUESTS_PER_ADDRESS", "many")], "BOXROTA_REQUESTS_PER_ADDRESS", "\"many\""),
        (vec!["serve"], vec![good, ("BOXROTA_CONNECTIONS", "12")], "BOXROTA_CONNECTIONS", "\"12\""),
        (vec!["serve"], vec![good, ("BOXROTA_SMTP_URL", "mail.example:25")], "BOXROTA_SMTP_URL", ""),
        (vec!["migrate"], vec![], "BOXROTA_DATABASE_URL", "is not set"),
        (vec!["demo", "--data", data, "--today", "tomorrow"], vec![], "BOXROTA_DEMO_TODAY", "\"tomorrow\""),
        (vec!["demo", "--data", data], vec![("BOXROTA_DEMO_TODAY", "2027-02-29")], "BOXROTA_DEMO_TODAY", "\"2027-02-29\""),
    ] {
        let output = run(&args, &settings);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{args:?} {settings:?} started");
        assert!(told.contains(variable) && told.contains(fault), "{args:?} {settings:?}: {told}");
        assert!(told.contains(&format!("{variable}=")), "no example that works: {told}");
        assert!(!told.contains("s3cret"), "a password is shown: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let ground = Ground::migrated(Engine::Sqlite);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = run(&["serve", "--listen", &address], &[("BOXROTA_DATABASE_URL", &ground.url)]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains(&address) && told.contains("BOXROTA_LISTEN"), "{told}");
}

fn several_may_start_at_once(migrated: Ground) {
    let ground = Ground::empty(migrated.engine);
    let migrating: Vec<_> = (0..6)
        .map(|_| boxrota(&["migrate"]).env("BOXROTA_DATABASE_URL", &ground.url).stdout(std::process::Stdio::null()).spawn().unwrap())
        .collect();
    for mut child in migrating {
        assert!(child.wait().unwrap().success());
    }
    let there = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).unwrap().count();
    let mut raw = ground.raw();
    assert_eq!(raw.number("SELECT count(*) AS n FROM __diesel_schema_migrations"), i64::try_from(there).unwrap());
    assert_eq!(raw.number("SELECT count(*) AS n FROM days"), 36_525);
}

fn importing_twice_is_refused_whole(ground: Ground) {
    let folder = ground.folder.path().join("ashdale");
    World::ashdale().write(&folder);
    let folder = folder.to_string_lossy().into_owned();
    let import = || run(&["import-cluster", &folder], &[("BOXROTA_DATABASE_URL", &ground.url)]);
    let first = import();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(String::from_utf8_lossy(&first.stdout).contains("Ashdale"));
    let rows = "SELECT (SELECT count(*) FROM clusters) + (SELECT count(*) FROM schools) + (SELECT count(*) FROM copies) + (SELECT count(*) FROM roles) AS n";
    let before = ground.raw().number(rows);
    let second = import();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && told.contains("ashdale"), "{told}");
    assert_eq!(ground.raw().number(rows), before);
}

fn a_request_under_way_is_finished_before_the_end(ground: Ground) {
    let folder = ground.folder.path().join("ashdale");
    World::ashdale().write(&folder);
    assert!(run(&["import-cluster", &folder.to_string_lossy()], &[("BOXROTA_DATABASE_URL", &ground.url)]).status.success());
    let mut program = Program::serve(&ground.url);
    actix_web::rt::System::new().block_on(async {
        let browser = program.browser();
        let form = browser.open("/sign-in").await.form("/sign-in").set("email", &science_lead("Ash"));
        // Somebody else holds the lock that the request needs.
        let mut holder = ground.raw();
        holder.must(match ground.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN; SELECT 1 FROM clusters FOR UPDATE",
        });
        let asking = actix_web::rt::spawn(async move { browser.submit(&form).await });
        actix_web::rt::time::sleep(Duration::from_millis(300)).await;
        program.ask_to_end();
        actix_web::rt::time::sleep(Duration::from_millis(300)).await;
        assert!(!asking.is_finished(), "the request did not wait for the lock, so the story shows nothing");
        holder.must("COMMIT");
        asking.await.unwrap().is(200).says("Check your e-mail");
    });
    assert!(program.ended(Duration::from_secs(20)).success());
    assert_eq!(ground.raw().number("SELECT count(*) AS n FROM sign_in_links"), 1);
}

#[test]
fn the_demo_starts_with_its_cluster_and_keeps_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("a/demo folder");
    let start = || Program::start(boxrota(&["demo", "--data", &data.to_string_lossy(), "--today", "2026-11-23"]));
    for round in 0..2 {
        let mut program = start();
        actix_web::rt::System::new().block_on(async {
            let browser = program.browser();
            assert_eq!(browser.get("/healthz").await.status, 200);
            let page = browser.open("/sign-in").await.says("Choose who you want to be").says("demo");
            assert!(page.forms("/sign-in/demo").len() >= 10, "round {round}");
            let answer = browser.submit(&page.forms("/sign-in/demo")[0]).await.is(303);
            browser.follow(answer).await.is(200);
        });
        program.ask_to_end();
        assert!(program.ended(Duration::from_secs(20)).success());
    }
}

#[test]
fn the_demo_stands_on_the_day_it_is_asked_for_and_never_goes_back() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("demo").display().to_string();
    let stands_on = |today: &[&str], day: &str, term: &str| {
        let mut program = Program::start(boxrota(&[&["demo", "--data", &data], today].concat()));
        assert!(program.said.iter().any(|line| *line == format!("Its clock stands on {day}.")), "{today:?}: {:?}", program.said);
        actix_web::rt::System::new().block_on(async {
            let browser = program.browser();
            let page = browser.open("/sign-in").await;
            browser.send(&page.forms("/sign-in/demo")[0]).await;
            browser.open("/c/south-milford/calendar").await.says(term);
        });
        program.ask_to_end();
        assert!(program.ended(Duration::from_secs(20)).success());
    };
    let refused = |today: &str, words: &[&str]| {
        let output = run(&["demo", "--data", &data, "--today", today], &[]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && words.iter().all(|word| told.contains(word)), "{today}: {told}");
    };
    // A day it cannot stand on binds it to nothing.
    refused("2040-01-01", &["The demo's terms end before 1 January 2040."]);
    stands_on(&["--today", "2028-02-29"], "Tuesday 29 February 2028", "Spring term 2028");
    for goes_on in [&[][..], &["--today", "2028-02-29"]] {
        stands_on(goes_on, "Tuesday 29 February 2028", "Spring term 2028");
    }
    refused(
        "2028-02-28",
        &["BOXROTA_DEMO_TODAY is 2028-02-28", "has come to 29 February 2028", "never goes back", "BOXROTA_DEMO_TODAY=2028-02-29"],
    );
    stands_on(&["--today", "2028-05-02"], "Tuesday 2 May 2028", "Summer term 2028");
    refused("2028-02-29", &["has come to 2 May 2028"]);
}

#[test]
fn whoever_is_told_to_end_at_once_ends_well() {
    // From the moment on in which it says where it is: a supervisor may change its mind.
    for _ in 0..12 {
        let ground = Ground::migrated(Engine::Sqlite);
        let mut program = Program::serve(&ground.url);
        program.ask_to_end();
        let status = program.ended(Duration::from_secs(30));
        assert!(status.success(), "{status}");
    }
}

#[test]
fn a_hang_up_and_a_log_that_nobody_takes_hurt_nothing() {
    let ground = Ground::migrated(Engine::Sqlite);
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = boxrota(&["serve"]);
    command.env("BOXROTA_DATABASE_URL", &ground.url).env("BOXROTA_LOG", "debug");
    let mut program = Program::start_logging(command, writer.into());
    drop(reader);
    actix_web::rt::System::new().block_on(async {
        let browser = program.browser();
        for _ in 0..3 {
            program.hang_up();
            assert_eq!(browser.get("/healthz").await.status, 200);
        }
    });
    program.ask_to_end();
    assert!(program.ended(Duration::from_secs(20)).success());
}

#[test]
fn who_reads_the_first_line_alone_ends_it_quietly() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("demo").display().to_string();
    let mut command = boxrota(&["demo", "--data", &data, "--today", "2026-11-23"]);
    // The reader is gone before the first line.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.env("BOXROTA_LISTEN", "127.0.0.1:0").stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !told.contains("panicked"), "{}: {told}", output.status);
}
