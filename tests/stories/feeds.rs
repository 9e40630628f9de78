//! Calendar feeds: got with a click, fetched without a session, dead the moment they are renewed, removed or their person has left.

use crate::harness::{Coordinator, Page, Ssl, TestApp, science_lead};

stories!(
    a_feed_shows_the_loans_of_ones_school,
    a_feed_of_a_resource_shows_every_schools_loans,
    a_form_sent_twice_makes_one_feed,
    a_renewed_feed_has_a_new_address_and_the_old_one_is_dead,
    a_feed_dies_with_the_role,
    a_calendar_fetches_a_feed_only_when_it_has_changed,
    nobody_touches_anothers_feeds,
);

/// Makes a loan past the application, and raises the cluster's version as a write does.
fn loan(app: &TestApp, id: i64, tag: &str, school: &str, days: (&str, &str), state: &str) {
    let mut raw = app.raw();
    let (date, time) = match app.ground.engine {
        crate::harness::Engine::Postgres => ("DATE", "TIMESTAMP"),
        crate::harness::Engine::Sqlite => ("TEXT", "TEXT"),
    };
    let (first, last) = days;
    let lead = science_lead(school);
    raw.must(&format!(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, class_name, request_key, created_at, updated_at)
         SELECT k.id, {id}, c.id, s.id, p.id, 'loan', '{state}', CAST('{first}' AS {date}), CAST('{last}' AS {date}), CAST('{last}' AS {date}), 'Year 4',
                'story-{id}', CAST('2026-11-01 00:00:00' AS {time}), CAST('2026-11-01 00:00:00' AS {time})
         FROM clusters k JOIN copies c ON c.cluster_id = k.id JOIN schools s ON s.cluster_id = k.id, people p
         WHERE k.slug = 'ashdale' AND c.tag = '{tag}' AND s.short_name = '{school}' AND p.email = '{lead}'"
    ));
    raw.must("UPDATE clusters SET version = version + 1 WHERE slug = 'ashdale'");
}

/// The paths of the feeds on the page.
fn addresses(app: &TestApp, page: &Page) -> Vec<String> {
    page.attributes("input[readonly]", "value")
        .iter()
        .map(|url| url.strip_prefix(&app.origin).expect("an address of ours").to_owned())
        .collect()
}

/// The only feed on the page.
#[track_caller]
fn address(app: &TestApp, page: &Page) -> String {
    let all = addresses(app, page);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

async fn a_feed_shows_the_loans_of_ones_school(app: TestApp) {
    loan(&app, 1, "SO1", "Ash", ("2026-12-07", "2026-12-11"), "confirmed");
    loan(&app, 2, "MG1", "Ash", ("2026-12-14", "2026-12-18"), "requested");
    loan(&app, 3, "SO2", "Beech", ("2026-12-07", "2026-12-11"), "confirmed");
    loan(&app, 4, "SO1", "Ash", ("2026-12-14", "2026-12-18"), "cancelled");
    loan(&app, 5, "SO1", "Ash", ("2025-10-06", "2025-10-10"), "confirmed");
    let ash = app.ssl("Ash").await;
    let page = ash.open("/feeds").await.says("Loans of Ash");
    let page = ash.browser.send(&page.form("/feeds")).await.says("Your feed is ready");
    assert_eq!(page.header("cache-control"), "no-store", "secrets are not kept by the browser");
    let before = app.app.db.queries();
    let file = app.browser().get(&address(&app, &page)).await.is(200);
    assert!(app.app.db.queries() - before <= 5);
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(file.text.matches("UID:booking-").count(), 2, "own, live, within a year back:\n{}", file.text);
    for part in ["SUMMARY:Sound (SO1) at Ash", "DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20261212", "STATUS:TENTATIVE", "@boxrota"] {
        assert!(file.text.contains(part), "{part} is not in\n{}", file.text);
    }
}

async fn a_feed_of_a_resource_shows_every_schools_loans(app: TestApp) {
    loan(&app, 1, "SO1", "Ash", ("2026-12-07", "2026-12-11"), "confirmed");
    loan(&app, 2, "SO2", "Beech", ("2026-12-07", "2026-12-11"), "confirmed");
    loan(&app, 3, "MG1", "Beech", ("2026-12-07", "2026-12-11"), "confirmed");
    let cedar = app.ssl("Cedar").await;
    // From the resource's own page.
    let resource = cedar.browser.open(&cedar.open("/boxes").await.link("Sound")).await;
    let page = cedar.browser.send(&resource.form("/feeds")).await.says("Sound");
    let file = app.browser().get(&address(&app, &page)).await.is(200);
    assert_eq!(file.text.matches("UID:booking-").count(), 2);
    assert!(file.text.contains("Sound (SO2) at Beech"));
    // And from the list of those that are left.
    let choose = page.forms("/feeds").into_iter().find(|form| !form.offers("resource").is_empty()).expect("a list");
    assert_eq!(choose.offers("resource").len(), 2, "Sound is not offered again");
    let page = cedar.browser.send(&choose).await;
    assert_eq!(addresses(&app, &page).len(), 2);
    // A coordinator without a school has the whole cluster for a feed.
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/feeds").await.says("All loans of the cluster");
    let page = coordinator.browser.send(&page.form("/feeds")).await;
    let file = app.browser().get(&address(&app, &page)).await.is(200);
    assert_eq!(file.text.matches("UID:booking-").count(), 3);
}

async fn a_form_sent_twice_makes_one_feed(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let form = ash.open("/feeds").await.form("/feeds");
    let first = address(&app, &ash.browser.send(&form).await);
    let page = ash.browser.send(&form).await;
    assert_eq!(address(&app, &page), first);
    let renew = page.form("/renew");
    let second = address(&app, &ash.browser.send(&renew).await);
    assert_eq!(address(&app, &ash.browser.send(&renew).await), second, "renewed once");
}

async fn a_renewed_feed_has_a_new_address_and_the_old_one_is_dead(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let page = ash.browser.send(&ash.open("/feeds").await.form("/feeds")).await;
    let old = address(&app, &page);
    let stranger = app.browser();
    stranger.get(&old).await.is(200);
    let page = ash.browser.send(&page.form("/renew")).await.says("The feed has a new address");
    let new = address(&app, &page);
    assert_ne!(old, new);
    stranger.get(&old).await.is(404);
    stranger.get(&new).await.is(200);
    let page = ash.browser.send(&page.form("/remove")).await.says("The feed is removed");
    assert!(addresses(&app, &page).is_empty());
    stranger.get(&new).await.is(404);
    for wrong in ["/feed/x.ics", "/feed/0123456789abcdefghjkmnpqrstvwxyz.ics", &new.replace(".ics", ""), &new.to_uppercase()] {
        stranger.get(wrong).await.is(404);
    }
    // The change log says what was done and never the secret.
    let log = app.raw().texts("SELECT verb || ' ' || before || ' ' || after AS t FROM changes WHERE about = 'feeds'");
    assert_eq!(log.len(), 4, "{log:?}");
    let secret = old.trim_start_matches("/feed/").trim_end_matches(".ics");
    assert!(!log.iter().any(|line| line.contains(secret)));
}

async fn a_feed_dies_with_the_role(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let page = ash.browser.send(&ash.open("/feeds").await.form("/feeds")).await;
    let path = address(&app, &page);
    let stranger = app.browser();
    stranger.get(&path).await.is(200);
    let today = if app.ground.engine == crate::harness::Engine::Postgres { "DATE '2026-11-23'" } else { "'2026-11-23'" };
    let lead = science_lead("Ash");
    app.raw().must(&format!("UPDATE roles SET to_day = {today} WHERE person_id = (SELECT id FROM people WHERE email = '{lead}')"));
    stranger.get(&path).await.is(200);
    app.at("2026-11-24T09:00:00Z");
    stranger.get(&path).await.is(404);
}

async fn a_calendar_fetches_a_feed_only_when_it_has_changed(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let page = ash.browser.send(&ash.open("/feeds").await.form("/feeds")).await;
    let (path, calendar) = (address(&app, &page), app.browser());
    let tag = calendar.get(&path).await.is(200).header("etag").to_owned();
    let again = calendar.get_with(&path, &[("if-none-match", &tag)]).await.is(304);
    assert!(again.text.is_empty());
    loan(&app, 1, "SO1", "Ash", ("2026-12-07", "2026-12-11"), "confirmed");
    let file = calendar.get_with(&path, &[("if-none-match", &tag)]).await.is(200);
    assert!(file.text.contains("Sound (SO1) at Ash"));
}

async fn nobody_touches_anothers_feeds(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let form = ash.browser.send(&ash.open("/feeds").await.form("/feeds")).await.form("/renew");
    let beech = app.ssl("Beech").await;
    let own = beech.open("/feeds").await.form("/feeds");
    let csrf = own.value("csrf").to_owned();
    beech.browser.submit(&form.clone().tampered("csrf", &csrf)).await.is(404);
    let coordinator = Coordinator::new(&app, "ashdale", "coordinator@ashdale.example").await;
    let token = coordinator.open("/feeds").await.form("/feeds").value("csrf").to_owned();
    coordinator.browser.submit(&form.clone().tampered("csrf", &token)).await.is(404);
    // A resource of another cluster has no feed here.
    let oak = Ssl::new(&app, "birchwood", &science_lead("Oak")).await;
    let theirs = oak.open("/boxes").await.link("Sound").rsplit('/').next().expect("an id").to_owned();
    let answer = beech.browser.post("/c/ashdale/feeds", &[("csrf".to_owned(), csrf), ("resource".to_owned(), theirs)]).await;
    answer.is(404);
}
