//! Who may give which role and end it, and who may found a cluster: the rule of `people::giving`, over HTTP.

use chrono::TimeDelta;

use crate::harness::{Browser, Coordinator, Ground, Page, TestApp, World, science_lead};
use crate::set_up;

stories!(
    a_coordinator_makes_no_director,
    a_director_makes_directors_and_coordinators_and_nobody_else,
    nobody_appoints_themselves_while_another_could,
    an_invitation_to_answer_for_a_cluster_is_worth_what_its_sender_is,
    of_two_who_end_each_other_one_stays,
    founding_needs_a_cluster_that_somebody_else_answers_for,
    nobody_gets_a_role_at_a_school_that_has_left,
    a_school_that_leaves_takes_its_new_roles_along,
    who_leaves_hands_on_no_more_days_than_are_left_before_his_own,
    who_erases_the_own_account_leaves_a_coordinator_for_good,
);
on_both_engines!(who_has_set_the_site_up_founds_until_others_are_there, the_operator_makes_the_first_director);

const DIRECTOR: &str = "director@ashdale.example";

/// Gives somebody a role past the program; somebody new where nobody has the address.
fn give(app: &TestApp, email: &str, slug: &str, kind: &str) {
    let mut raw = app.raw();
    if raw.number(&format!("SELECT count(*) AS n FROM people WHERE email = '{email}'")) == 0 {
        raw.must(&format!(
            "INSERT INTO people (id, email, name, created_at) SELECT max(id) + 1, '{email}', 'Somebody, {kind}', '2026-01-01 00:00:00' FROM people"
        ));
    }
    raw.must(&format!(
        "INSERT INTO roles (cluster_id, id, person_id, kind, from_day)
         SELECT c.id, (SELECT max(id) + 1 FROM roles), p.id, '{kind}', '2026-09-01' FROM clusters c, people p WHERE c.slug = '{slug}' AND p.email = '{email}'"
    ));
}

fn person(app: &TestApp, email: &str) -> String {
    boxrota::base::ids::PersonId(app.raw().number(&format!("SELECT id AS n FROM people WHERE email = '{email}'"))).to_string()
}

fn role(app: &TestApp, email: &str, kind: &str) -> String {
    let sql = format!("SELECT r.id AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = '{email}' AND r.kind = '{kind}'");
    boxrota::base::ids::RoleId(app.raw().number(&sql)).to_string()
}

fn school(app: &TestApp, name: &str) -> String {
    boxrota::base::ids::SchoolId(app.raw().number(&format!("SELECT id AS n FROM schools WHERE short_name = '{name}'"))).to_string()
}

/// How many roles of a kind there are in Ashdale today or later.
fn holders(app: &TestApp, kind: &str) -> i64 {
    app.raw().number(&format!(
        "SELECT count(*) AS n FROM roles r JOIN clusters c ON c.id = r.cluster_id
         WHERE c.slug = 'ashdale' AND r.kind = '{kind}' AND (r.to_day IS NULL OR r.to_day >= '2026-11-23')"
    ))
}

/// Sends the invitation, whether its form offers the role or not.
async fn invites(app: &TestApp, who: &Coordinator, email: &str, kind: &str, place: &str) -> Page {
    let place = if place.is_empty() { String::new() } else { school(app, place) };
    let form = who.open("/people/invite").await.form("/people/invite").set("name", "Sam Okoro").set("email", email);
    who.browser.submit(&form.tampered("role", kind).tampered("school", &place)).await
}

/// The link of the newest letter to this address.
async fn link_to(app: &TestApp, to: &str) -> String {
    let letters = app.letters().await;
    let letter = letters.iter().rev().find(|letter| letter.to_address == to).unwrap_or_else(|| panic!("no letter to {to}: {letters:#?}"));
    let start = letter.text.find("/invitation/").expect("a link in the letter");
    letter.text[start..].split_whitespace().next().expect("a link").to_owned()
}

async fn press(browser: &Browser, link: &str) -> Page {
    let page = browser.get(link).await;
    if page.status == 200 { browser.submit(&page.form(link)).await } else { page }
}

async fn a_coordinator_makes_no_director(app: TestApp) {
    let coordinator = app.coordinator().await;
    let (cedar, own) = (person(&app, &science_lead("Cedar")), person(&app, &coordinator.email));
    for (path, action) in [
        ("/people/invite".to_owned(), "/people/invite"),
        (format!("/people/{cedar}/roles"), "/roles"),
        (format!("/people/{own}/roles"), "/roles"),
    ] {
        let mut form = coordinator.open(&path).await.form(action);
        assert!(!form.offers("role").contains(&"director"), "{path} offers {:?}", form.offers("role"));
        if action == "/people/invite" {
            form = form.set("name", "Sam Okoro").set("email", "sam@elsewhere.example");
        }
        let page = coordinator.browser.submit(&form.tampered("role", "director")).await.is(422);
        page.says("Only a programme director of this cluster can give this role");
    }
    assert_eq!((holders(&app, "director"), app.raw().number("SELECT count(*) AS n FROM invitations")), (0, 0));
    coordinator.browser.get("/clusters/new").await.is(403);
    // What may end it is the coordinator's, too: the cluster is its schools'.
    give(&app, DIRECTOR, "ashdale", "director");
    let page = coordinator.open(&format!("/people/{}", person(&app, DIRECTOR))).await;
    let page = coordinator.browser.open(&page.link("End it")).await.says("Nobody else is programme director of this cluster");
    coordinator.browser.send(&page.form("/end").set("when", "now")).await.says("The role is ended");
}

async fn a_director_makes_directors_and_coordinators_and_nobody_else(app: TestApp) {
    give(&app, DIRECTOR, "ashdale", "director");
    let director = Coordinator::new(&app, "ashdale", DIRECTOR).await;
    let page = director.open("/people").await;
    let form = director.browser.open(&page.link("Invite somebody")).await.form("/people/invite");
    assert_eq!(form.offers("role"), ["", "coordinator", "director"]);
    for (n, kind) in ["director", "coordinator"].into_iter().enumerate() {
        let email = format!("new{n}@ashdale.example");
        invites(&app, &director, &email, kind, "").await.is(303);
        let link = link_to(&app, &email).await;
        press(&app.browser(), &link).await.is(303);
        assert_eq!(app.letters().await.len(), 1, "who invited hears of it");
        assert_eq!(role(&app, &email, kind).len(), 13);
        let page = director.open(&format!("/people/{}", person(&app, &email))).await;
        let page = director.browser.open(&page.link("End it")).await;
        director.browser.send(&page.form("/end").set("when", "now")).await.says("The role is ended");
    }
    // A school's roles are the coordinator's business.
    invites(&app, &director, "sam@beech.example", "deputy", "Beech").await.is(422).says("Only the coordinator of this cluster can give");
    let ash = person(&app, &science_lead("Ash"));
    let page = director.open(&format!("/people/{ash}")).await.says_not("End it").says_not("Correct the name").says_not("Hand on");
    page.link("Add a role");
    let lead = role(&app, &science_lead("Ash"), "ssl");
    let end = format!("/people/{ash}/roles/{lead}/end");
    director.get(&end).await.is(403).says("Only the coordinator of this cluster can end this role");
    let coordinator = app.coordinator().await;
    let form = coordinator.open(&end).await.form("/end").set("when", "now");
    let token = director.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    director.browser.submit(&form.tampered("csrf", &token)).await.is(403);
    invites(&app, &coordinator, "sam@beech.example", "deputy", "Beech").await.is(303);
    link_to(&app, "sam@beech.example").await;
    let page = coordinator.open("/people").await;
    for verb in ["/again", "/withdraw"] {
        director.browser.submit(&page.form(verb).tampered("csrf", &token)).await.is(403);
    }
    let page = director.open("/people").await.says("Sam Okoro");
    assert!(page.forms("/again").is_empty() && page.forms("/withdraw").is_empty(), "{}", page.text);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM invitations WHERE email = 'sam@beech.example' AND withdrawn_at IS NULL"), 1);
    assert_eq!(app.letters().await.len(), 0);
    // And the director's invitations are not the coordinator's to send again.
    invites(&app, &director, "third@ashdale.example", "director", "").await.is(303);
    let link = link_to(&app, "third@ashdale.example").await;
    let page = coordinator.open("/people").await;
    assert_eq!((page.forms("/again").len(), page.forms("/withdraw").len()), (1, 2));
    let again = director.open("/people").await.form("/again");
    let token = coordinator.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    coordinator.browser.submit(&again.tampered("csrf", &token)).await.is(403).says("Only a programme director");
    app.browser().get(&link).await.is(200);
}

async fn nobody_appoints_themselves_while_another_could(app: TestApp) {
    let coordinator = app.coordinator().await;
    app.raw().must("UPDATE roles SET to_day = '2026-12-31' WHERE kind = 'coordinator'");
    let own = format!("/people/{}/roles", person(&app, &coordinator.email));
    let longer = |form: crate::harness::Form| {
        form.tampered("role", "coordinator").set("from-day", "1").set("from-month", "1").set("from-year", "2027")
    };
    // There is somebody else who could.
    give(&app, &science_lead("Cedar"), "ashdale", "coordinator");
    let form = coordinator.open(&own).await.form("/roles");
    assert!(!form.offers("role").contains(&"coordinator"), "{:?}", form.offers("role"));
    coordinator.browser.submit(&longer(form.clone())).await.is(422).says("ask somebody else in this cluster who can");
    invites(&app, &coordinator, &coordinator.email, "coordinator", "").await.is(422);
    // Whoever is alone keeps the cluster going.
    app.raw().must("DELETE FROM roles WHERE kind = 'coordinator' AND to_day IS NULL AND from_day = '2026-09-01'");
    let form = coordinator.open(&own).await.form("/roles").set("role", "coordinator");
    coordinator.browser.submit(&longer(form)).await.is(303);
    // A school's role is nobody's appointment.
    let form = coordinator.open(&own).await.form("/roles").set("role", "deputy").set("school", &school(&app, "Ash"));
    coordinator.browser.submit(&form).await.is(303);
}

async fn an_invitation_to_answer_for_a_cluster_is_worth_what_its_sender_is(app: TestApp) {
    let (coordinator, cedar) = (app.coordinator().await, app.ssl("Cedar").await);
    give(&app, &cedar.email, "ashdale", "coordinator");
    invites(&app, &coordinator, "second@self.example", "coordinator", "").await.is(303);
    let second = link_to(&app, "second@self.example").await;
    invites(&app, &coordinator, "sam@beech.example", "deputy", "Beech").await.is(303);
    let sam = link_to(&app, "sam@beech.example").await;
    let open = app.browser();
    let form = open.open(&second).await.form(&second);
    let other = Coordinator::new(&app, "ashdale", &cedar.email).await;
    let page = other.open(&format!("/people/{}", person(&app, &coordinator.email))).await;
    let page = other.browser.open(&page.link("End it")).await;
    other.browser.send(&page.form("/end").set("when", "now")).await.says("The role is ended");
    // The page was open already: what counts is the moment of writing.
    open.submit(&form).await.is(422).says("cannot give this role any more");
    open.get(&second).await.is(422).says("cannot give this role any more");
    assert_eq!(holders(&app, "coordinator"), 1);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE email = 'second@self.example'"), 0);
    // What is offered for a school is the cluster's offer, and in its list.
    press(&app.browser(), &sam).await.is(303);
    // Sent again, it is the offer of who sends it.
    other.open("/people").await.says("Cannot be accepted");
    let page = other.open("/people").await;
    other.browser.send(&page.form("/again")).await.says("The invitation is sent again");
    let link = link_to(&app, "second@self.example").await;
    press(&app.browser(), &link).await.is(303);
    assert_eq!(holders(&app, "coordinator"), 2);
    let letters = app.letters().await;
    assert_eq!(letters.iter().map(|letter| letter.to_address.as_str()).collect::<Vec<_>>(), [cedar.email.as_str()]);
}

async fn of_two_who_end_each_other_one_stays(app: TestApp) {
    give(&app, &science_lead("Cedar"), "ashdale", "coordinator");
    let both = [app.coordinator().await, Coordinator::new(&app, "ashdale", &science_lead("Cedar")).await];
    let mut presses = Vec::new();
    for (one, other) in [(0, 1), (1, 0)] {
        let end = format!("/people/{}/roles/{}/end", person(&app, &both[other].email), role(&app, &both[other].email, "coordinator"));
        let (browser, form) = (both[one].browser.clone(), both[one].open(&end).await.form("/end").set("when", "now"));
        presses.push(async move { browser.submit(&form).await.status });
    }
    let mut answers = crate::harness::all(presses).await;
    answers.sort_unstable();
    assert_eq!(answers, [303, 403], "the second has no role any more by which to end another");
    assert_eq!(holders(&app, "coordinator"), 1);
}

async fn founding_needs_a_cluster_that_somebody_else_answers_for(app: TestApp) {
    let coordinator = app.coordinator().await;
    give(&app, &coordinator.email, "ashdale", "director");
    coordinator.browser.get("/clusters/new").await.is(403).says("somebody else is coordinator");
    coordinator.open("/about").await.says_not("New cluster");
    // Somebody else answers for it, too.
    give(&app, &science_lead("Cedar"), "ashdale", "coordinator");
    coordinator.open("/about").await.says("New cluster");
    let form = set_up::new_cluster(&coordinator.browser.open("/clusters/new").await);
    // And not any more by the time the form comes.
    app.raw().must("UPDATE roles SET to_day = '2026-11-22' WHERE kind = 'coordinator' AND from_day = '2026-09-01'");
    coordinator.browser.submit(&form).await.is(403).says("somebody else is coordinator");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 2);
    // A cluster of which one is director and coordinator oneself makes no founder, however it came about.
    app.raw().must("UPDATE roles SET to_day = NULL WHERE kind = 'coordinator'");
    coordinator.browser.submit(&form.clone().set("email", &coordinator.email)).await.is(303);
    app.letters().await;
    coordinator.browser.open("/").await.says("New cluster");
    app.raw().must("UPDATE roles SET to_day = '2026-11-22' WHERE kind = 'director' AND from_day = '2026-09-01'");
    coordinator.browser.open("/").await.says("Elmfield").says_not("New cluster");
    coordinator.browser.submit(&form.set("slug", "another")).await.is(403);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 3);
}

fn who_has_set_the_site_up_founds_until_others_are_there(ground: Ground) {
    set_up::in_an_empty_house(ground, async |app| {
        let (browser, path) = (app.browser(), set_up::address(&app).await);
        let form = set_up::filled_in(&browser.open(&path).await, &path).set("directs", "yes");
        let answer = browser.submit(&form).await.is(303);
        browser.follow(answer).await.is(200).says("New cluster");
        // Nobody else is here whom it could concern.
        let form = browser.open("/clusters/new").await.form("/clusters/new");
        // Another cluster has come, with people of its own.
        app.found(&World::birchwood()).await;
        browser.get("/clusters/new").await.is(403).says("somebody else is coordinator");
        drop(form);
    });
}

async fn nobody_gets_a_role_at_a_school_that_has_left(app: TestApp) {
    let coordinator = app.coordinator().await;
    invites(&app, &coordinator, "sam@beech.example", "deputy", "Beech").await.is(303);
    let link = link_to(&app, "sam@beech.example").await;
    app.raw().must("UPDATE memberships SET left_on = '2026-11-20' WHERE school_id = (SELECT id FROM schools WHERE short_name = 'Beech')");
    invites(&app, &coordinator, "kim@beech.example", "ssl", "Beech").await.is(422).says("Choose a school from the list");
    let add = format!("/people/{}/roles", person(&app, &science_lead("Cedar")));
    let form = coordinator.open(&add).await.form("/roles").set("role", "ssl").tampered("school", &school(&app, "Beech"));
    coordinator.browser.submit(&form).await.is(422).says("Choose a school from the list");
    press(&app.browser(), &link).await.is(422).says("has left the cluster");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE email = 'sam@beech.example'"), 0);
}

async fn a_school_that_leaves_takes_its_new_roles_along(app: TestApp) {
    let coordinator = app.coordinator().await;
    invites(&app, &coordinator, "sam@beech.example", "deputy", "Beech").await.is(303);
    let link = link_to(&app, "sam@beech.example").await;
    app.raw().must("UPDATE memberships SET left_on = '2026-12-18' WHERE school_id = (SELECT id FROM schools WHERE short_name = 'Beech')");
    invites(&app, &coordinator, "kim@beech.example", "ssl", "Beech").await.is(422).says("leaves the cluster on 18 December 2026");
    press(&app.browser(), &link).await.is(303);
    // A role that would begin when the school has left is shown as what it is, cannot be accepted, and is not sent again.
    app.raw().must(
        "INSERT INTO invitations (cluster_id, id, email, name, kind, school_id, from_day, token_hash, created_at, expires_at)
         SELECT cluster_id, id + 1, 'late@beech.example', 'Late', kind, school_id, '2027-01-04', 'none', created_at, expires_at FROM invitations",
    );
    let page = coordinator.open("/people").await.says("The school leaves before");
    assert_eq!((page.forms("/again").len(), page.forms("/withdraw").len()), (0, 1));
    let days =
        "SELECT r.from_day || ' ' || r.to_day AS t FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = 'sam@beech.example'";
    assert_eq!(app.raw().texts(days), ["2026-11-23 2026-12-18"]);
    assert_eq!(app.letters().await.len(), 1);
    app.later(TimeDelta::days(30));
    press(&app.browser(), &link).await.is(422);
}

async fn who_leaves_hands_on_no_more_days_than_are_left_before_his_own(app: TestApp) {
    // A deputy from January hands on: nobody is deputy before that.
    let (lead, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    app.raw().must(
        "INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day) SELECT s.cluster_id, (SELECT max(id) + 1 FROM roles), p.id, 'deputy', s.id, '2027-01-04'
         FROM schools s, people p WHERE s.short_name = 'Cedar' AND p.email = 'science.lead@beech.example'",
    );
    let page = lead.open(&format!("/people/{}", person(&app, &lead.email))).await;
    let form = lead.browser.open(&page.link("Hand on: Deputy science lead, Cedar")).await.form("/hand-on");
    let form = form.set("successor", "new").set("name", "Sam").set("email", "sam@cedar.example").set("when", "now");
    lead.browser.send(&form).await.says("Handed on");
    let days = "SELECT CAST(from_day AS TEXT) AS t FROM invitations WHERE email = 'sam@cedar.example'";
    assert_eq!(app.raw().texts(days), ["2027-01-04"]);
    let mut to: Vec<String> = app.letters().await.into_iter().map(|letter| letter.to_address).collect();
    to.sort_unstable();
    assert_eq!(to, [coordinator.email.clone(), "sam@cedar.example".to_owned(), lead.email.clone()]);
}

fn the_operator_makes_the_first_director(ground: Ground) {
    let folder = ground.folder.path().join("ashdale");
    World::ashdale().write(&folder);
    let run = |args: &[&str]| {
        let done = crate::harness::process::run(args, &[("BOXROTA_DATABASE_URL", &ground.url)]);
        (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
    };
    assert!(run(&["import-cluster", &folder.to_string_lossy()]).0);
    let make = |address: &str, cluster: &str| run(&["make-director", address, "--cluster", cluster]);
    let lead = science_lead("Cedar");
    let (done, said) = make(&lead, "nowhere");
    assert!(!done && said.contains("no cluster has the short name nowhere"), "{said}");
    let (done, said) = make("nobody@elsewhere.example", "ashdale");
    assert!(!done && said.contains("nobody here has the address"), "{said}");
    let (done, said) = make(&lead, "ashdale");
    assert!(done && said.contains("is programme director of Ashdale"), "{said}");
    let (done, said) = make(&lead, "ashdale");
    assert!(!done && said.contains("has this role already"), "{said}");
    let mut raw = ground.raw();
    assert_eq!(raw.number("SELECT count(*) AS n FROM roles WHERE kind = 'director' AND to_day IS NULL"), 1);
    assert_eq!(raw.number("SELECT count(*) AS n FROM changes WHERE verb = 'got a role' AND after LIKE 'Programme director%'"), 1);
}

async fn who_erases_the_own_account_leaves_a_coordinator_for_good(app: TestApp) {
    let coordinator = app.coordinator().await;
    give(&app, &science_lead("Cedar"), "ashdale", "coordinator");
    coordinator.browser.open("/account/erase").await.says_not("only coordinator");
    // One who leaves at the end of term is nobody to leave a cluster to.
    app.raw().must("UPDATE roles SET to_day = '2026-12-18' WHERE kind = 'coordinator' AND from_day = '2026-09-01'");
    coordinator.browser.open("/account/erase").await.says("You are the only coordinator of Ashdale");
    // Nor does one go who is to be the only one for good, though he has not begun.
    app.raw().must(
        "UPDATE roles SET to_day = '2026-12-31' WHERE kind = 'coordinator';
         UPDATE roles SET from_day = '2027-01-01', to_day = NULL
         WHERE kind = 'coordinator' AND person_id = (SELECT id FROM people WHERE email = 'science.lead@cedar.example')",
    );
    app.ssl("Cedar").await.browser.open("/account/erase").await.says("You are the only coordinator of Ashdale");
}
