//! A database that goes back: a backup that is put in its place, a server that takes over and lags behind. No browser is told that its page is
//! as it was when it shows what is lost.

use boxrota::base::ids::ClusterId;
use boxrota::db::{self, Scope};

use crate::harness::{Engine, Ground, Ssl, TestApp, Wish, client, log};

stories!(a_tag_never_comes_again, two_servers_give_the_same_tag);

/// Where a page of Ash's stands, and the tag that it has now.
async fn tagged(ash: &Ssl) -> (String, String) {
    let path = format!("{}/calendar?from=2026-11-30", ash.base);
    let tag = ash.browser.get(&path).await.is(200).header("etag").to_owned();
    assert!(!tag.is_empty());
    (path, tag)
}

/// What another server answers to the same browser that has the page with this tag.
async fn asked(server: &TestApp, ash: &Ssl, path: &str, tag: &str) -> u16 {
    let client = client().build().expect("a client");
    let ask = client.get(format!("{}{path}", server.origin)).header("cookie", ash.browser.cookies()).header("if-none-match", tag);
    ask.send().await.expect("an answer").status().as_u16()
}

async fn a_tag_never_comes_again(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let version = "SELECT version AS n FROM clusters WHERE slug = 'ashdale'";
    let (path, empty) = tagged(&ash).await;
    let before = app.raw().number(version);
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-04")).await;
    app.raw().must("DELETE FROM messages");
    let (_, tag) = tagged(&ash).await;
    // As a backup from before the booking leaves it.
    app.raw().must("DELETE FROM legs; DELETE FROM bookings");
    app.raw().must(&format!("UPDATE clusters SET version = {before} WHERE slug = 'ashdale'"));
    ash.browser.get_with(&path, &[("if-none-match", &empty)]).await.is(304);
    ash.browser.get_with(&path, &[("if-none-match", &tag)]).await.is(200);
    // And from here on it takes another way.
    let written = app.raw().number("SELECT count(*) AS n FROM messages");
    beech.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-11-30", "2026-12-04")).await;
    assert!(app.raw().number("SELECT count(*) AS n FROM messages") > written);
    for _ in 0..5 {
        let page = ash.browser.get_with(&path, &[("if-none-match", &tag)]).await.is(200);
        assert_ne!(page.header("etag"), tag);
        let cluster = ClusterId(app.raw().number("SELECT id AS n FROM clusters WHERE slug = 'ashdale'"));
        app.app.db.write(Scope::of_worker(cluster), |_| Ok::<_, db::Error>(())).await.expect("a write");
    }
    app.letters().await;
}

async fn two_servers_give_the_same_tag(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let (path, tag) = tagged(&ash).await;
    let other = app.beside();
    assert_eq!(asked(&other, &ash, &path, &tag).await, 304);
    other.end().await;
}

#[test]
fn a_backup_that_is_put_back_shows_no_lost_booking() {
    log::listen();
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(Ground::migrated(Engine::Sqlite), |_| {}).await;
        let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
        let (backup, magnets) = (app.ground.folder.path().join("backup.sqlite"), app.resource("ashdale", "Magnets"));
        app.raw().must(&format!("VACUUM INTO '{}'", backup.display()));
        beech.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
        app.letters().await;
        let (path, tag) = tagged(&ash).await;
        // Another program on the copy, which lives on: as many writes as there were.
        let ground = Ground::empty(Engine::Sqlite);
        std::fs::copy(&backup, ground.file()).expect("putting it back");
        let restored = TestApp::bare(ground, |_| {});
        let cluster = ClusterId(restored.raw().number("SELECT id AS n FROM clusters WHERE slug = 'ashdale'"));
        for _ in 0..5 {
            assert_eq!(asked(&restored, &ash, &path, &tag).await, 200);
            restored.app.db.write(Scope::of_worker(cluster), |_| Ok::<_, db::Error>(())).await.expect("a write");
        }
        restored.end().await;
        app.end().await;
    });
}
