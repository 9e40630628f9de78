//! A database that cannot be used: the answer is 503 and says so, the log says why, and the start says what to do.

use std::sync::{Arc, Barrier};

use boxrota::base::ids::ClusterId;
use boxrota::db::{Db, Error, Scope, Tx};
use diesel::prelude::*;

use crate::harness::process::run;
use crate::harness::{Engine, Ground, TestApp, log, science_lead};

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
        browser.get("/healthz").await.is(200);
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
