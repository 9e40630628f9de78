//! One person in several clusters: a change is seen and logged in each that shows the person, and who has left one is out of its sight.

use crate::harness::{Coordinator, TestApp, Wish, all, science_lead};

stories!(
    a_name_that_one_cluster_corrects_is_new_in_the_others,
    two_clusters_correct_names_at_once,
    who_has_lost_the_role_corrects_no_name,
    a_new_address_is_known_where_one_is_and_nowhere_else,
    who_has_left_is_in_the_record_and_gets_no_role,
);

const NEW: &str = "quilla@new.example";

fn person(app: &TestApp, email: &str) -> String {
    boxrota::base::ids::PersonId(app.raw().number(&format!("SELECT id AS n FROM people WHERE email = '{email}'"))).to_string()
}

/// Makes a science lead of Ashdale a bursar of Birchwood, too.
fn in_both(app: &TestApp, email: &str) {
    app.raw().must(&format!(
        "INSERT INTO roles (cluster_id, id, person_id, kind, from_day)
         SELECT c.id, (SELECT max(id) + 1 FROM roles), p.id, 'bursar', '2026-09-01' FROM clusters c, people p WHERE c.slug = 'birchwood' AND p.email = '{email}'"
    ));
}

async fn birchwood(app: &TestApp) -> Coordinator {
    Coordinator::new(app, "birchwood", "coordinator@birchwood.example").await
}

/// What the log of a cluster says of people: the verb, whether it says who, and what it was after.
fn logged(app: &TestApp, slug: &str) -> Vec<String> {
    let sql = format!(
        "SELECT h.verb || CASE WHEN h.person_id IS NULL THEN ' (nobody)' ELSE '' END || h.before || h.after AS t FROM changes h
         JOIN clusters c ON c.id = h.cluster_id WHERE c.slug = '{slug}' AND h.about = 'people' ORDER BY h.id"
    );
    app.raw().texts(&sql)
}

async fn a_name_that_one_cluster_corrects_is_new_in_the_others(app: TestApp) {
    let (coordinator, other) = (app.coordinator().await, birchwood(&app).await);
    let ash = science_lead("Ash");
    in_both(&app, &ash);
    let tag = |page: &crate::harness::Page| page.header("etag").to_owned();
    let seen = tag(&other.open("/week").await);
    other.browser.get_with("/c/birchwood/week", &[("if-none-match", seen.as_str())]).await.is(304);
    let form = coordinator.open(&format!("/people/{}/name", person(&app, &ash))).await.form("/name").set("name", "Ashley Grey");
    for _ in 0..2 {
        coordinator.browser.send(&form).await.says("The name is corrected").says("Ashley Grey");
    }
    other.browser.get_with("/c/birchwood/week", &[("if-none-match", seen.as_str())]).await.is(200);
    // Each log has it once. Who did it belongs to the one, and is nobody's business in the other.
    assert_eq!(logged(&app, "ashdale"), ["had the name corrected"]);
    assert_eq!(logged(&app, "birchwood"), ["had the name corrected (nobody)From outside this cluster"]);
    other.open("/changes").await.says("Had the name corrected").says_not("Coordinator, Ashdale");
    other.open(&format!("/people/{}", person(&app, &ash))).await.says("Ashley Grey").says("From outside this cluster");
}

async fn two_clusters_correct_names_at_once(app: TestApp) {
    let (coordinator, other) = (app.coordinator().await, birchwood(&app).await);
    let ash = science_lead("Ash");
    in_both(&app, &ash);
    let path = format!("/people/{}/name", person(&app, &ash));
    let mut presses = Vec::new();
    for n in 0..8 {
        let who = if n % 2 == 0 { &coordinator } else { &other };
        let (browser, form) = (who.browser.clone(), who.open(&path).await.form("/name").set("name", &format!("Ashley {n}")));
        presses.push(async move { browser.submit(&form).await.status });
    }
    // And somebody reserves meanwhile.
    let beech = app.ssl("Beech").await;
    let form = beech.check(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await.is(200).form("/reserve");
    let browser = beech.browser.clone();
    let reserving = actix_web::rt::spawn(async move { browser.submit(&form).await.status });
    assert_eq!(all(presses).await, [303; 8]);
    assert_eq!(reserving.await.expect("an answer"), 303);
    assert_eq!((logged(&app, "ashdale").len(), logged(&app, "birchwood").len()), (8, 8));
    app.letters().await;
}

async fn who_has_lost_the_role_corrects_no_name(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open(&format!("/people/{}/name", person(&app, &science_lead("Ash")))).await.form("/name");
    // Still in the cluster, and no coordinator any more.
    app.raw().must(
        "UPDATE roles SET kind = 'bursar' WHERE kind = 'coordinator' AND person_id = (SELECT id FROM people WHERE email = 'coordinator@ashdale.example')",
    );
    coordinator.browser.submit(&form.set("name", "Stolen")).await.is(403);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE name = 'Stolen'"), 0);
}

async fn a_new_address_is_known_where_one_is_and_nowhere_else(app: TestApp) {
    let ash = app.ssl("Ash").await;
    in_both(&app, &ash.email);
    // The role in Ashdale is over since yesterday.
    app.raw().must("UPDATE roles SET to_day = '2026-11-22' WHERE kind = 'ssl' AND person_id = (SELECT id FROM people WHERE email = 'science.lead@ash.example')");
    let form = ash.browser.open("/account/email").await.form("/account/email").set("email", NEW);
    ash.browser.submit(&form).await.is(303);
    for letter in app.letters().await {
        let start = letter.text.find("/account/email/confirm/").expect("a link");
        let link = letter.text[start..].split_whitespace().next().expect("a link").to_owned();
        let browser = app.browser();
        browser.submit(&browser.open(&link).await.form(&link)).await.is(303);
    }
    assert_eq!(app.letters().await.len(), 1);
    let (coordinator, other, id) = (app.coordinator().await, birchwood(&app).await, person(&app, NEW));
    other.open(&format!("/people/{id}")).await.says(NEW);
    assert_eq!(logged(&app, "birchwood"), ["changed the e-mail address"]);
    coordinator.open(&format!("/people/{id}")).await.says("Science lead, Ash").says_not("@");
    assert_eq!(logged(&app, "ashdale"), [""; 0], "where one has left it is nobody's business");
    for path in ["", "/name", "/roles"] {
        assert!(!coordinator.get(&format!("/people/{id}{path}")).await.text.contains(NEW), "{path}");
    }
}

async fn who_has_left_is_in_the_record_and_gets_no_role(app: TestApp) {
    let (coordinator, ash) = (app.coordinator().await, science_lead("Ash"));
    let (id, page) = (person(&app, &ash), coordinator.open(&format!("/people/{}", person(&app, &ash))).await);
    let add = coordinator.browser.open(&page.link("Add a role")).await.form("/roles").set("role", "bursar");
    let end = coordinator.browser.open(&page.link("End it")).await.form("/end").set("when", "now");
    coordinator.browser.send(&end).await.says("The role is ended");
    let page = coordinator.open(&format!("/people/{id}")).await.says("Has left").says("Over").says("Science lead, Ash").says_not("@");
    assert!(page.links("Add a role").is_empty() && page.links("Correct the name").is_empty() && page.links("Hand on").is_empty());
    coordinator.get(&format!("/people/{id}/roles")).await.is(404);
    coordinator.get(&format!("/people/{id}/name")).await.is(404);
    // The page was open already.
    coordinator.browser.submit(&add).await.is(404);
    let roles = format!("SELECT count(*) AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = '{ash}'");
    assert_eq!(app.raw().number(&roles), 1);
}
