//! What holds for every page that a person can reach by links: found, not listed, so that a new page cannot be forgotten.

use std::collections::BTreeMap;

use crate::harness::{Bursar, Coordinator, Page, Person, Ssl, TestApp, Wish, World, science_lead};

stories!(
    no_page_asks_more_than_eight_questions,
    every_answer_carries_the_policy,
    every_form_can_be_sent,
    another_clusters_pages_are_not_there
);

/// The most statements of a page, whatever the history.
const MOST: u64 = 8;
/// Of the file with everything that is kept of a person, which is no page: each of its lists is a question.
const MOST_OF_THE_FILE: u64 = 10;

/// Pages by shape, as somebody finds them who follows every link from the calendar on. Ids and values are taken away, so that a
/// hundred bookings are one page.
pub async fn walk(app: &TestApp, person: &Person) -> BTreeMap<String, (Page, u64)> {
    let mut found: BTreeMap<String, (Page, u64)> = BTreeMap::new();
    let mut open: Vec<String> = ["/week", "/calendar", "/boxes", "/loans", "/mail", "/feeds", "/people"]
        .iter()
        .map(|path| format!("{}{path}", person.base))
        .collect();
    open.push("/help".into());
    while let Some(path) = open.pop() {
        if found.contains_key(&shape(&path)) || found.len() >= 80 {
            continue;
        }
        let (page, questions) = app.questions(person.browser.get(&path)).await;
        assert!(page.status < 400, "{} leads to {path}, which answers {}", person.email, page.status);
        for href in page.attributes("a[href]", "href") {
            let target = url::Url::parse(&format!("{}{path}", app.origin)).and_then(|base| base.join(&href)).expect("a link");
            if target.as_str().starts_with(&app.origin) {
                let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
                open.push(format!("{}{query}", target.path()));
            }
        }
        found.insert(shape(&path), (page, questions));
    }
    found
}

fn shape(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let part = |part: &str| if part.parse::<boxrota::base::ids::BookingId>().is_ok() { "ID".to_owned() } else { part.to_owned() };
    let path: Vec<String> = path.split('/').map(part).collect();
    let mut asked: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| if name == "view" { format!("{name}={value}") } else { name.into_owned() })
        .collect();
    asked.sort();
    asked.dedup();
    format!("{}?{}", path.join("/"), asked.join("&"))
}

/// A cluster with a lot in it, and one of everything: a request, a booking, a refusal, a cancelled one, mails.
pub async fn lived_in(app: &TestApp) -> (Ssl, Coordinator) {
    app.found(&World::busy(20, 200)).await;
    let (lead, coordinator) =
        (Ssl::new(app, "busy", &science_lead("Ash")).await, Coordinator::new(app, "busy", "coordinator@busy.example").await);
    let sound = app.resource("busy", "Sound");
    lead.books(&Wish::of(&sound, "2026-12-07", "2026-12-11")).await;
    assert_eq!(app.letters().await.len(), 1);
    app.raw().must("UPDATE bookings SET state = 'requested' WHERE first_day = '2026-12-07'");
    lead.books(&Wish::of(&sound, "2026-12-14", "2026-12-15")).await;
    app.raw().must(
        "UPDATE bookings SET collected_on = first_day WHERE last_day = '2026-11-13' AND copy_id = (SELECT min(copy_id) FROM bookings)",
    );
    assert_eq!(app.letters().await.len(), 1);
    // One is on its way, for longer than it should be.
    app.raw().must(
        "UPDATE custody SET place = 'transit', since = '2026-11-02 10:00:00',
             to_school_id = (SELECT max(s.id) FROM schools s WHERE s.cluster_id = custody.cluster_id)
         WHERE copy_id = (SELECT max(copy_id) FROM custody c WHERE c.place = 'store' AND c.cluster_id = (SELECT id FROM clusters WHERE slug = 'busy'))",
    );
    // Somebody waits for days that are taken, and something is offered.
    app.raw().must(
        "INSERT INTO waits (cluster_id, id, resource_id, school_id, person_id, first_day, last_day, request_key, created_at, updated_at)
         SELECT b.cluster_id, b.id, c.resource_id, b.school_id, b.person_id, b.first_day, b.last_day, 'waits', b.created_at, b.updated_at
         FROM bookings b JOIN copies c ON c.cluster_id = b.cluster_id AND c.id = b.copy_id WHERE b.first_day = '2026-12-14'",
    );
    app.raw().must(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, request_key, offer_until, created_at, updated_at)
         SELECT cluster_id, id + 1, copy_id, school_id, person_id, 'loan', 'requested', '2026-12-17', '2026-12-18', '2026-12-18', 'offer', '2026-11-26 00:00:00', created_at, updated_at
         FROM bookings WHERE first_day = '2026-12-14'",
    );
    app.raw().must(
        "INSERT INTO waits (cluster_id, id, resource_id, school_id, person_id, first_day, last_day, state, booking_id, request_key, created_at, updated_at)
         SELECT b.cluster_id, b.id, c.resource_id, b.school_id, b.person_id, b.first_day, b.last_day, 'offered', b.id, 'offered', b.created_at, b.updated_at
         FROM bookings b JOIN copies c ON c.cluster_id = b.cluster_id AND c.id = b.copy_id WHERE b.request_key = 'offer'",
    );
    (lead, coordinator)
}

async fn no_page_asks_more_than_eight_questions(app: TestApp) {
    let (lead, coordinator) = lived_in(&app).await;
    let mut faults = Vec::new();
    for person in [&*lead, &*coordinator] {
        let pages = walk(&app, person).await;
        assert!(pages.len() > 10, "only {:?}", pages.keys());
        for (shape, (_, questions)) in pages {
            println!("{questions} {shape}");
            let most = if shape.starts_with("/account/data.json") { MOST_OF_THE_FILE } else { MOST };
            if questions > most {
                faults.push(format!("{shape} asks {questions} questions"));
            }
        }
    }
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

async fn every_answer_carries_the_policy(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let stranger = app.browser();
    let mut pages: Vec<Page> = walk(&app, &ash).await.into_values().map(|(page, _)| page).collect();
    for path in
        ["/", "/sign-in", "/sign-in/x", "/nowhere", "/c/nowhere/calendar", "/healthz", "/livez", "/c/ashdale/calendar", "/assets/none.css"]
    {
        pages.push(stranger.get(path).await);
    }
    pages.push(ash.get("/bookings/x").await.is(404));
    pages.push(ash.browser.post("/c/ashdale/calendar", &[]).await);
    pages.push(ash.browser.post("/sign-out", &[]).await.is(403));
    for page in pages {
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            let told = page.header(name).split_whitespace().collect::<Vec<_>>().join(" ");
            // A letter is shown in a frame of our own, with a policy that is stricter still.
            let letter = page.path.contains("/letter");
            assert!(told == value || (letter && !told.is_empty()), "{}: {name} is {told:?}", page.path);
        }
        assert!(!page.header("referrer-policy").is_empty(), "{}", page.path);
        if page.header("content-type").starts_with("text/html") {
            assert!(!page.header("cache-control").is_empty(), "{} does not say who may keep it", page.path);
            // Only what says the same to everybody may be kept by others.
            let for_all = ["/help", "/accessibility"].contains(&page.path.as_str());
            assert!(for_all || !page.header("cache-control").contains("public"), "{}", page.path);
        }
        if !page.path.contains("/letter") {
            assert!(page.attributes("[style]", "style").is_empty(), "{} has inline style", page.path);
        }
        assert!(page.all("script:not([src]), style").iter().all(String::is_empty), "{} has inline script or style", page.path);
        assert!(page.header("server").is_empty(), "{} says what it runs on", page.path);
    }
}

async fn every_form_can_be_sent(app: TestApp) {
    let ash = app.ssl("Ash").await;
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await;
    app.letters().await;
    for person in [&*ash, &*app.coordinator().await] {
        let pages = walk(&app, person).await;
        for (page, _) in pages.values() {
            for form in page.forms("") {
                let token = form.value("csrf");
                if form.method == "post" {
                    assert_eq!(token.len(), 32, "{}: the form to {} lacks its token", page.path, form.action);
                } else {
                    assert_eq!(token, "", "{}: the form to {} puts its token into an address", page.path, form.action);
                }
            }
            // Every field has a name that is read out, and every id is there once.
            let ids = page.attributes("[id]", "id");
            let mut once = ids.clone();
            once.sort();
            once.dedup();
            assert_eq!(ids.len(), once.len(), "{} has an id twice", page.path);
            let titles = page.all("head > title");
            assert!(titles.len() <= 1 && page.all("h1").len() <= 1, "{}: {titles:?}", page.path);
        }
    }
}

async fn another_clusters_pages_are_not_there(app: TestApp) {
    let coordinator = app.coordinator().await;
    app.ssl("Ash").await.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await;
    app.letters().await;
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let pages = walk(&app, &coordinator).await;
    let token = oak.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    let mut tried = 0;
    for (page, _) in pages.values().filter(|(page, _)| page.path.starts_with("/c/ashdale")) {
        // Ashdale's address, and Ashdale's ids under one's own address.
        oak.browser.get(&page.path).await.is(404);
        let path = page.path.split('?').next().expect("a path");
        if shape(path).contains("/ID") {
            tried += 1;
            oak.browser.get(&path.replacen("ashdale", "birchwood", 1)).await.is(404);
        }
        for form in page.forms("").into_iter().filter(|form| form.method == "post" && form.action.starts_with("/c/")) {
            let form = form.tampered("csrf", &token).tampered("reason", "Mine");
            let answer = oak.browser.submit(&form).await;
            assert_eq!(answer.status, 404, "{}", form.action);
            if shape(&form.action).contains("/ID") {
                let own = form.action.replacen("ashdale", "birchwood", 1);
                let answer = oak.browser.submit(&form.sent_to(&own)).await;
                assert_eq!(answer.status, 404, "{own}");
            }
        }
    }
    assert!(tried >= 4, "only {tried} addresses with an id were tried");
    // A head of Ashdale who also has a role in Birchwood sees both, each under its own address.
    let head = Bursar::new(&app, "ashdale", "head@ashdale.example").await;
    head.browser.get("/c/birchwood/calendar").await.is(404);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE state = 'confirmed'"), 1);
}
