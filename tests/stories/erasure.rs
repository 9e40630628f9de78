//! Leaving for good: no trace of name and address is left anywhere, and what others rely on stays.

use crate::harness::{Coordinator, Engine, TestApp, Wish};

stories!(
    erasure_leaves_no_trace_and_keeps_the_facts,
    erasure_is_confirmed_by_the_own_address,
    the_last_coordinator_stays,
    who_holds_a_copy_hands_it_on_first,
    of_two_last_coordinators_only_one_can_go,
);

const ASH: &str = "science.lead@ash.example";
/// A name with marks that HTML writes in another way, and a space at which a line can be broken.
const NAME: &str = "Quilla \"Q\" Okonkwo-Featherstone";

/// Every column of every table that holds text.
fn text_columns(app: &TestApp) -> Vec<(String, String)> {
    let sql = match app.ground.engine {
        Engine::Sqlite => {
            "SELECT m.name || ' ' || p.name AS t FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND upper(p.type) = 'TEXT'"
        }
        Engine::Postgres => {
            "SELECT table_name || ' ' || column_name AS t FROM information_schema.columns \
             WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
        }
    };
    let split = |line: String| line.split_once(' ').map(|(table, column)| (table.to_owned(), column.to_owned()));
    app.raw().texts(sql).into_iter().filter_map(split).collect()
}

/// Where a word stands, in whatever case.
fn places(app: &TestApp, word: &str) -> Vec<String> {
    let mut raw = app.raw();
    let mut found = Vec::new();
    for (table, column) in text_columns(app) {
        let many = raw.number(&format!("SELECT count(*) AS n FROM {table} WHERE lower({column}) LIKE '%{}%'", word.to_lowercase()));
        if many > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

fn give_role(app: &TestApp, email: &str, kind: &str, school: &str) {
    let mut raw = app.raw();
    let id = raw.number("SELECT max(id) + 1 AS n FROM roles");
    raw.must(&format!(
        "INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day) SELECT c.id, {id}, p.id, '{kind}', {school}, '2026-09-01' \
         FROM clusters c JOIN people p ON p.email = '{email}' WHERE c.slug = 'ashdale'"
    ));
}

const AT_ASH: &str = "(SELECT s.id FROM schools s WHERE s.cluster_id = c.id AND s.short_name = 'Ash')";

async fn erasure_leaves_no_trace_and_keeps_the_facts(app: TestApp) {
    app.raw().must(&format!("UPDATE people SET name = '{NAME}' WHERE email = '{ASH}'"));
    give_role(&app, "head@ashdale.example", "deputy", AT_ASH);
    let (ash, second_device, coordinator) = (app.ssl("Ash").await, app.ssl("Ash").await, app.coordinator().await);
    // A bit of a life: bookings, letters to and about her, a feed, choices, a sign-in link, a wish for another address.
    let magnets = app.resource("ashdale", "Magnets");
    let kept = ash.books(&Wish::of(&magnets, "2026-12-07", "2026-12-08")).await;
    let given_up = ash.books(&Wish::of(&magnets, "2026-12-09", "2026-12-10")).await;
    let form = ash.browser.open(&format!("{given_up}/cancel")).await.form("/cancel").set("reason", "School trip");
    ash.browser.submit(&form).await.is(303);
    let feeds = ash.open("/feeds").await;
    ash.browser.submit(&feeds.form("/feeds")).await.is(303);
    let form = ash.browser.open("/account/letters").await.form("/account/letters").without("booking_cancelled");
    ash.browser.submit(&form).await.is(303);
    app.link_for(ASH).await;
    let form = ash.browser.open("/account/email").await.form("/account/email").set("email", "okonkwo@new.example");
    ash.browser.submit(&form).await.is(303);
    let letters = app.letters().await;
    assert!(letters.iter().any(|letter| letter.to_address == "head@ashdale.example" && letter.html.contains("Quilla &quot;Q&quot;")));
    // One that waits for the mail server, and two invitations: one open, one long accepted.
    ash.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08")).await;
    app.raw().must(&format!(
        "INSERT INTO invitations (cluster_id, id, email, name, kind, from_day, token_hash, created_at, expires_at, accepted_at, accepted_by) \
         SELECT c.id, 1, '{ASH}', '{NAME}', 'bursar', '2026-11-23', 'a', '2026-11-23 09:00:00', '2026-12-23 09:00:00', NULL, NULL FROM clusters c WHERE c.slug = 'birchwood'; \
         INSERT INTO invitations (cluster_id, id, email, name, kind, from_day, token_hash, created_at, expires_at, accepted_at, accepted_by) \
         SELECT c.id, 2, 'quilla@before.example', '{NAME}', 'bursar', '2026-11-23', 'b', '2026-11-23 09:00:00', '2026-12-23 09:00:00', '2026-11-23 09:00:00', p.id \
         FROM clusters c JOIN people p ON p.email = '{ASH}' WHERE c.slug = 'ashdale'; \
         INSERT INTO identities (issuer, subject, person_id, created_at) SELECT 'https://login.example', '{ASH}', id, '2026-11-23 09:00:00' FROM people WHERE email = '{ASH}'"
    ));
    // The letter with the open invitation, to nobody whom that cluster knows.
    app.raw().must(&format!(
        "INSERT INTO messages (cluster_id, id, kind, subject, day, to_address, to_name, reason, title, text_body, html_body, state, next_attempt_at, created_at) \
         SELECT c.id, 1, 'invitation', 'invitation:1', '2026-11-23', '{ASH}', '{NAME}', '', '', '{NAME}', '{NAME}', 'sent', '2026-11-23 09:00:00', '2026-11-23 09:00:00' \
         FROM clusters c WHERE c.slug = 'birchwood'"
    ));
    let words = ["quilla", "okonkwo", "science.lead@ash"];
    assert!(places(&app, "quilla").len() > 5, "{:?}", places(&app, "quilla"));
    let facts = "SELECT count(*) AS n FROM bookings";
    let (bookings, lines) = (app.raw().number(facts), app.raw().number("SELECT count(*) AS n FROM changes"));
    let version = app.raw().number("SELECT version AS n FROM clusters WHERE slug = 'ashdale'");

    let form = ash.browser.open("/account/erase").await.form("/account/erase").set("email", ASH);
    let answer = ash.browser.submit(&form).await.is(303);
    assert_eq!(answer.header("location"), "/account/erased");
    ash.browser.follow(answer).await.is(200).says("Your account is erased");

    for word in words {
        assert_eq!(places(&app, word), Vec::<String>::new(), "{word} is still there");
    }
    // What others rely on stays.
    assert_eq!(app.raw().number(facts), bookings);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes"), lines + 2, "one in each cluster");
    assert_ne!(app.raw().number("SELECT version AS n FROM clusters WHERE slug = 'ashdale'"), version, "no browser may show the old page");
    coordinator.browser.open(&kept).await.says("former science lead, Ash").says_not("Quilla");
    coordinator.open("/changes").await.says("erased the own account").says("former science lead, Ash");
    let head = app.signed_in("head@ashdale.example").await;
    let mail = head.open("/c/ashdale/mail").await;
    head.open(&format!("/c/ashdale/{}", mail.link("Cancelled"))).await.says("former science lead, Ash cancelled it");
    // She is out, everywhere, and gets nothing any more. The deputy gets what waited for her.
    for device in [&ash, &second_device] {
        device.browser.get("/account").await.is(303);
    }
    for (table, whose) in [
        ("sign_in_links", "person_id"),
        ("feeds", "person_id"),
        ("muted_kinds", "person_id"),
        ("unsubscribe_links", "person_id"),
        ("digest_items", "person_id"),
        ("identities", "person_id"),
        ("email_changes", "person_id"),
    ] {
        let left =
            app.raw().number(&format!("SELECT count(*) AS n FROM {table} JOIN people ON people.id = {whose} WHERE email LIKE 'erased-%'"));
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM invitations WHERE accepted_at IS NULL"), 0);
    let to: Vec<String> = app.letters().await.into_iter().map(|letter| letter.to_address).collect();
    assert_eq!(to, ["head@ashdale.example"]);
    let erased = app.raw().texts("SELECT email AS t FROM people WHERE erased_at IS NOT NULL");
    assert!(erased.len() == 1 && erased[0].starts_with("erased-") && erased[0].ends_with("@erased.invalid"), "{erased:?}");
    let ends = app.raw().number(
        "SELECT count(*) AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.erased_at IS NOT NULL AND r.to_day = '2026-11-22'",
    );
    assert_eq!(ends, 1);
}

async fn erasure_is_confirmed_by_the_own_address(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let form = ash.browser.open("/account/erase").await.form("/account/erase");
    for wrong in ["", "science.lead@beech.example", "nonsense"] {
        let page = ash.browser.submit(&form.clone().set("email", wrong)).await.is(422).says("There is a problem");
        assert_eq!(page.form("/account/erase").value("email"), wrong);
    }
    ash.browser.submit(&form.clone().set("email", ASH).without("csrf")).await.is(403);
    app.browser().get("/account/erase").await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE erased_at IS NOT NULL"), 0);
    // A role that began today never was.
    app.raw().must(&format!("UPDATE roles SET from_day = '2026-11-23' WHERE person_id = (SELECT id FROM people WHERE email = '{ASH}')"));
    ash.browser.submit(&form.clone().set("email", " SCIENCE.lead@ash.example ")).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE name = 'former science lead, Ash'"), 1);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM roles JOIN people ON people.id = person_id WHERE erased_at IS NOT NULL"), 0);
    // Sent twice it acts once.
    let again = ash.browser.submit(&form.set("email", ASH)).await.is(303);
    assert!(again.header("location").starts_with("/sign-in"), "{}", again.header("location"));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE verb = 'erased the own account'"), 1);
}

async fn the_last_coordinator_stays(app: TestApp) {
    let (coordinator, ash) = (app.coordinator().await, app.ssl("Ash").await);
    let page = coordinator.browser.open("/account/erase").await.says("You are the only coordinator of Ashdale");
    assert!(page.forms("/account/erase").is_empty(), "no button");
    let form = ash.browser.open("/account/erase").await.form("/account/erase");
    let own = page.form("/sign-out").value("csrf").to_owned();
    let forced = form.set("email", &coordinator.email).tampered("csrf", &own);
    coordinator.browser.submit(&forced).await.is(422).says("the only coordinator");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE erased_at IS NOT NULL"), 0);
    // Another cluster's coordinator is none here; another one of this cluster is.
    give_role(&app, "coordinator@birchwood.example", "bursar", "NULL");
    coordinator.browser.open("/account/erase").await.says("You are the only coordinator of Ashdale");
    give_role(&app, ASH, "coordinator", "NULL");
    let form = coordinator.browser.open("/account/erase").await.form("/account/erase").set("email", &coordinator.email);
    coordinator.browser.submit(&form).await.is(303);
    Coordinator::new(&app, "ashdale", ASH).await.open("/changes").await.says("former coordinator");
}

async fn who_holds_a_copy_hands_it_on_first(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-11-26")).await;
    app.letters().await;
    app.raw().must("UPDATE bookings SET collected_on = first_day");
    let page = ash.browser.open("/account/erase").await.says("Magnets (MG1) is out in your name");
    assert!(page.link("Hand it on").ends_with("/hand-on"));
    let form = beech.browser.open("/account/erase").await.form("/account/erase").set("email", ASH);
    let own = page.form("/sign-out").value("csrf").to_owned();
    ash.browser.submit(&form.tampered("csrf", &own)).await.is(422).says("is out in your name");
    // Handed on to Beech's lead: now it is hers to hand on.
    app.raw().must("UPDATE bookings SET keeper_id = (SELECT id FROM people WHERE email = 'science.lead@beech.example')");
    beech.browser.open("/account/erase").await.says("Magnets (MG1) is out in your name");
    let form = ash.browser.open("/account/erase").await.form("/account/erase").set("email", ASH);
    ash.browser.submit(&form).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 1);
}

async fn of_two_last_coordinators_only_one_can_go(app: TestApp) {
    give_role(&app, "bursar@ashdale.example", "coordinator", "NULL");
    let mut presses = Vec::new();
    for email in ["coordinator@ashdale.example", "bursar@ashdale.example"] {
        let browser = app.signed_in(email).await;
        let form = browser.open("/account/erase").await.form("/account/erase").set("email", email);
        presses.push(async move { browser.submit(&form).await.status });
    }
    let mut answers = crate::harness::all(presses).await;
    answers.sort_unstable();
    assert_eq!(answers, [303, 422]);
}
