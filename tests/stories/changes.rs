//! The change log's page and file: for the coordinator, with filters.

use crate::harness::{Coordinator, Form, Page, TestApp, Wish};

stories!(
    the_log_is_read_by_kind_person_and_day,
    the_log_turns_its_pages,
    the_log_comes_as_a_file,
    only_the_coordinator_reads_the_log,
    a_days_filter_that_is_none_is_kept,
);

async fn the_log_is_read_by_kind_person_and_day(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let booking = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await;
    beech.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08")).await;
    app.letters().await;
    // Half past midnight in London summer time would be the day before; in winter the days agree.
    app.at("2026-11-25T00:30:00Z");
    let feeds = ash.open("/feeds").await;
    ash.browser.submit(&feeds.form("/feeds")).await.is(303);

    let all =
        coordinator.open("/changes").await.says("Science lead, Ash").says("Science lead, Beech").says("Calendar feed").says("Boxrota");
    assert_eq!(all.link("Reserved Magnets (MG1) for Ash, 7 to 8 December 2026"), booking);
    let rows = |page: &Page| page.all("tbody tr");
    assert!(rows(&all)[0].contains("Created a private calendar") && rows(&all)[0].contains("25 November 2026 at 00:30"), "newest first");
    assert!(coordinator.open("/people").await.link("Change log").ends_with("/changes"));

    let form = all.form("/changes").set("kind", "bookings");
    let page = coordinator.browser.submit(&form).await.is(200);
    assert_eq!(rows(&page).len(), 2);
    assert_eq!(page.links("Reserved Magnets (MG1) for Ash, 7 to 8 December 2026"), [booking.clone()]);
    let id = app.raw().number("SELECT id AS n FROM people WHERE email = 'science.lead@beech.example'");
    let beech_id = boxrota::base::ids::PersonId(id).to_string();
    let form = all.form("/changes").set("person", &beech_id);
    let page = coordinator.browser.submit(&form).await.is(200);
    assert_eq!(rows(&page).len(), 1);
    assert_eq!(page.form("/changes").value("person"), beech_id);
    let form = all.form("/changes").set("person", "program");
    let page = coordinator.browser.submit(&form).await.is(200).says("Imported");
    assert!(rows(&page).iter().all(|row| row.contains("Boxrota")));

    let day = |form: Form, name: &str, day: &str| {
        form.set(&format!("{name}-day"), day).set(&format!("{name}-month"), "11").set(&format!("{name}-year"), "2026")
    };
    let page = coordinator.browser.submit(&day(all.form("/changes"), "from", "25")).await.is(200);
    assert_eq!(rows(&page).len(), 1);
    let page = coordinator.browser.submit(&day(all.form("/changes").set("kind", "feeds"), "to", "24")).await.is(200);
    page.says("No such changes");
    let page = coordinator.browser.submit(&day(day(all.form("/changes"), "from", "23"), "to", "23")).await.is(200);
    assert!(rows(&page).len() > 2 && rows(&page).iter().all(|row| row.contains("23 November")));
    // A booking's own page has its lines.
    ash.browser.open(&booking).await.says("What happened so far").says("reserved by Science lead, Ash");
}

async fn the_log_turns_its_pages(app: TestApp) {
    let coordinator = app.coordinator().await;
    let mut raw = app.raw();
    let cluster = raw.number("SELECT id AS n FROM clusters WHERE slug = 'ashdale'");
    for n in 1..=120 {
        raw.must(&format!(
            "INSERT INTO changes (cluster_id, id, at, about, about_id, verb, before, after) VALUES ({cluster}, {n}, '2026-01-01 {:02}:{:02}:00', 'schools', 'x', 'line {n}.', '', '')",
            9 + n / 60,
            n % 60
        ));
    }
    let first = coordinator.open("/changes?kind=schools").await.says("Line 120.").says("Line 71.").says_not("Line 70.");
    assert!(first.links("Newer").is_empty());
    let second = coordinator.open(&format!("/changes{}", first.link("Older"))).await.says("Line 70.").says("Line 21.").says_not("Line 20.");
    let last = coordinator.open(&format!("/changes{}", second.link("Older"))).await.says("Line 20.").says("Line 1.");
    assert!(last.links("Older").is_empty());
    let back = coordinator.open(&format!("/changes{}", last.link("Newer"))).await;
    assert_eq!(back.all("tbody tr"), second.all("tbody tr"));
    let (_, questions) = app.questions(coordinator.open("/changes?kind=schools")).await;
    assert!(questions <= 4, "{questions}");
}

async fn the_log_comes_as_a_file(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let booking = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await;
    app.letters().await;
    let form = ash.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "=HYPERLINK(\"https://evil.example\")");
    ash.browser.submit(&form).await.is(303);
    app.letters().await;
    let link = coordinator.open("/changes?kind=bookings").await.link("Download as CSV");
    assert_eq!(link, "/c/ashdale/changes.csv?kind=bookings");
    let file = coordinator.browser.get(&link).await.is(200);
    assert!(file.header("content-type").starts_with("text/csv"));
    assert!(file.header("content-disposition").contains("changes-ashdale-2026-11-23.csv"));
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 3, "{}", file.text);
    assert_eq!(lines[0], "When,Who,Kind,Record,What was done,Before,After");
    assert!(lines[1].contains("\"'=HYPERLINK("), "a formula: {}", lines[1]);
    assert!(lines[2].contains("\"Science lead, Ash\",Booking,") && lines[2].contains("reserved"), "{}", lines[2]);
    // More than a file holds: the last line says so.
    let mut raw = app.raw();
    let cluster = raw.number("SELECT id AS n FROM clusters WHERE slug = 'ashdale'");
    raw.must(&format!(
        "INSERT INTO changes (cluster_id, id, at, about, about_id, verb, before, after) \
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10001) \
         SELECT {cluster}, n, '2026-01-01 09:00:00', 'schools', 'x', 'y', '', '' FROM n"
    ));
    let file = coordinator.get("/changes.csv?kind=schools").await.is(200);
    assert_eq!(file.text.lines().count(), 10_002);
    assert!(file.text.lines().last().is_some_and(|line| line.contains("There are more")));
}

async fn only_the_coordinator_reads_the_log(app: TestApp) {
    let (ash, stranger) = (app.ssl("Ash").await, Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await);
    for path in ["/changes", "/changes.csv"] {
        ash.get(path).await.is(403);
        stranger.browser.get(&format!("/c/ashdale{path}")).await.is(404);
        app.browser().get(&format!("/c/ashdale{path}")).await.is(303);
    }
    assert!(ash.open("/people").await.links("Change log").is_empty());
    // What is asked for by another cluster's ids is not there, and the other cluster's lines are not here.
    let id = app.raw().number("SELECT id AS n FROM people WHERE email = 'science.lead@ash.example'");
    let person = boxrota::base::ids::PersonId(id);
    stranger.open(&format!("/changes?person={person}")).await.says("No such changes").says_not("Ash");
}

async fn a_days_filter_that_is_none_is_kept(app: TestApp) {
    let coordinator = app.coordinator().await;
    let page = coordinator.get("/changes?kind=bookings&from-day=31&from-month=2&from-year=2026").await.is(422).says("There is no such day");
    let form = page.form("/changes");
    assert_eq!((form.value("kind"), form.value("from-day"), form.value("from-month")), ("bookings", "31", "2"));
    coordinator.get("/changes?from-day=3").await.is(422).says("Enter a day, a month and a year");
    let backwards = "from-day=3&from-month=11&from-year=2026&to-day=2&to-month=11&to-year=2026";
    coordinator.get(&format!("/changes?{backwards}")).await.is(422).says("before the first day");
    coordinator.get(&format!("/changes.csv?{backwards}")).await.is(400);
    coordinator.get("/changes?older=x").await.is(400);
}
