//! A house from nothing: the address that the program prints, the first cluster with its operator and lead school, the clusters
//! that a programme director adds, and what is said of one.

use chrono::TimeDelta;

use crate::harness::process::{Program, boxrota};
use crate::harness::{Browser, Bursar, Coordinator, Form, Ground, Page, TestApp, all};

on_both_engines!(
    the_address_is_printed_once_and_sets_up_a_house,
    a_house_with_a_cluster_prints_no_address,
    the_operator_gets_cluster_school_and_role,
    several_who_set_up_at_once_make_one_cluster,
    an_address_lasts_a_day,
    what_is_wrong_is_said_and_what_was_typed_is_kept,
    setting_up_needs_its_token_and_its_origin,
);

stories!(
    a_house_with_a_cluster_cannot_be_set_up,
    a_director_sees_the_clusters_and_adds_one,
    only_a_director_adds_a_cluster,
    a_cluster_is_created_once,
    a_new_cluster_is_refused_in_words,
    what_is_said_of_a_cluster_is_changed_and_logged,
    only_who_answers_for_a_cluster_changes_what_is_said_of_it,
);

/// Tells a story in a house without a cluster.
pub fn in_an_empty_house<S, F>(ground: Ground, story: S)
where
    S: FnOnce(TestApp) -> F,
    F: Future<Output = ()>,
{
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::bare(ground, |_| {});
        story(app.clone()).await;
        app.end().await;
    });
}

/// The path of a fresh address for setting up.
pub async fn address(app: &TestApp) -> String {
    let address = boxrota::clusters::pages::set_up::address(&app.app).await.expect("the database").expect("an empty house");
    address.strip_prefix(&app.origin).expect("an address of this house").to_owned()
}

pub fn filled_in(page: &Page, path: &str) -> Form {
    page.form(path)
        .set("person", "The operator")
        .set("email", "Operator@Elmfield.example")
        .set("name", "Elmfield & Hills")
        .set("cohort_year", "2025")
        .set("nation", "wales")
        .set("school", "Elmfield C of E Primary School")
        .set("postcode", "ls255au")
        .set("address", "1 High Street, Elmfield")
        .set("since-day", "1")
        .set("since-month", "9")
        .set("since-year", "2025")
}

fn the_address_is_printed_once_and_sets_up_a_house(ground: Ground) {
    let log = ground.folder.path().join("log");
    let start = || {
        let mut command = boxrota(&["serve"]);
        command.env("BOXROTA_DATABASE_URL", &ground.url).env("BOXROTA_LOG", "debug");
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("a file");
        Program::start_logging(command, file.into())
    };
    let programs = [start(), start()];
    let addresses: Vec<String> = programs
        .iter()
        .map(|program| {
            let told: Vec<&String> = program.said.iter().filter(|line| line.starts_with("Set up Boxrota at ")).collect();
            assert_eq!(told.len(), 1, "{:?}", program.said);
            told[0].strip_prefix(&format!("Set up Boxrota at {}", program.origin)).expect("its own address").to_owned()
        })
        .collect();
    assert_ne!(addresses[0], addresses[1]);
    let mut raw = ground.raw();
    let stored = raw.texts("SELECT token_hash AS t FROM set_up_tokens");
    assert_eq!(stored.len(), 2);
    for address in &addresses {
        let secret = address.strip_prefix("/set-up/").expect("a path");
        assert!(secret.len() == 32 && stored.iter().all(|hash| !hash.contains(secret)), "{address}");
    }
    actix_web::rt::System::new().block_on(async {
        let browser = programs[0].browser();
        let page = browser.open("/").await.says("waits to be set up").says("Set up Boxrota at");
        assert!(addresses.iter().all(|address| !page.text.contains(address.as_str())), "the page shows the secret");
        // Either program takes either address.
        let page = browser.open(&addresses[1]).await;
        let answer = browser.submit(&filled_in(&page, &addresses[1])).await.is(303);
        browser.follow(answer).await.is(200).says("Boxrota is set up");
        programs[1].browser().get(&addresses[0]).await.is(404);
    });
    assert_eq!(raw.number("SELECT count(*) AS n FROM set_up_tokens"), 0);
    drop(programs);
    let logged = std::fs::read_to_string(&log).expect("a log");
    assert!(logged.contains("/set-up/{token}"), "the log at its most talkative knows the route: {logged}");
    assert!(addresses.iter().all(|address| !logged.contains(address.as_str())), "the log has the secret");
    let again = Program::serve(&ground.url);
    assert!(again.said.iter().all(|line| !line.contains("/set-up/")), "{:?}", again.said);
}

fn a_house_with_a_cluster_prints_no_address(ground: Ground) {
    let folder = ground.folder.path().join("ashdale");
    crate::harness::World::ashdale().write(&folder);
    let folder = folder.to_string_lossy().into_owned();
    let done = crate::harness::process::run(&["import-cluster", &folder], &[("BOXROTA_DATABASE_URL", &ground.url)]);
    assert!(done.status.success());
    let program = Program::serve(&ground.url);
    assert!(program.said.iter().all(|line| !line.contains("set-up")), "{:?}", program.said);
    assert_eq!(ground.raw().number("SELECT count(*) AS n FROM set_up_tokens"), 0);
}

fn the_operator_gets_cluster_school_and_role(ground: Ground) {
    in_an_empty_house(ground, async |app| {
        let (browser, path) = (app.browser(), address(&app).await);
        let form = filled_in(&browser.open(&path).await, &path).set("directs", "yes");
        let answer = browser.submit(&form).await.is(303);
        assert_eq!(answer.header("location"), "/c/elmfield-hills/about?done=set-up");
        let page =
            browser.follow(answer).await.is(200).says("Boxrota is set up").says("Elmfield C of E Primary School, since 1 September 2025");
        assert_eq!(page.form("/about").value("cohort_year"), "2025");
        browser.open("/c/elmfield-hills/calendar").await;
        browser
            .open("/c/elmfield-hills/people")
            .await
            .says("The operator")
            .says("operator@elmfield.example")
            .says("Elmfield (EL), 1 High Street, Elmfield, LS25 5AU");
        let mut raw = app.raw();
        for (sql, there) in [
            (
                "SELECT slug || ' ' || name || ' ' || nation || ' ' || cohort_year AS t FROM clusters WHERE id <> 0",
                vec!["elmfield-hills Elmfield & Hills wales 2025"],
            ),
            ("SELECT kind || ' ' || from_day AS t FROM roles ORDER BY kind", vec!["coordinator 2026-11-23", "director 2026-11-23"]),
            ("SELECT short_name || ' ' || letters || ' ' || postcode AS t FROM schools", vec!["Elmfield EL LS25 5AU"]),
            ("SELECT CAST(joined_on AS TEXT) AS t FROM memberships WHERE left_on IS NULL", vec!["2025-09-01"]),
            ("SELECT CAST(from_day AS TEXT) AS t FROM lead_schools WHERE to_day IS NULL", vec!["2025-09-01"]),
            (
                "SELECT about || ' ' || verb AS t FROM changes WHERE person_id IS NOT NULL ORDER BY id",
                vec!["clusters created", "schools added", "lead_schools became the lead school", "people got a role", "people got a role"],
            ),
        ] {
            assert_eq!(raw.texts(sql), there, "{sql}");
        }
        assert_eq!(
            raw.number("SELECT count(*) AS n FROM changes WHERE after LIKE '%operator%' OR after LIKE '%@%'"),
            0,
            "a name in the log"
        );
        assert_eq!(raw.number("SELECT count(*) AS n FROM settings"), 1);
        // The device is signed in for as long as any, and a sign-in link brings the operator back.
        app.signed_in("operator@elmfield.example").await.open("/c/elmfield-hills/about").await.says("New cluster");
    });
}

fn several_who_set_up_at_once_make_one_cluster(ground: Ground) {
    in_an_empty_house(ground, async |app| {
        let second = app.beside();
        let mut presses = Vec::new();
        // One finger many times, and several people with addresses of their own, at two processes.
        let (one, path) = (app.browser(), address(&app).await);
        let form = filled_in(&one.open(&path).await, &path);
        for _ in 0..4 {
            presses.push((one.clone(), form.clone()));
        }
        for n in 0..8 {
            let (server, path) = (if n % 2 == 0 { &app } else { &second }, address(&app).await);
            let browser = server.browser();
            let form = filled_in(&browser.open(&path).await, &path).set("name", &format!("Cluster {n}"));
            presses.push((browser, form));
        }
        let answers = all(presses.into_iter().map(|(browser, form)| async move { browser.submit(&form).await.status }).collect()).await;
        assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
        // What the winner's browser sends after that is refused as from an old page, or not there any more.
        assert!(answers.iter().all(|status| [303, 403, 404].contains(status)), "{answers:?}");
        let mut raw = app.raw();
        for table in ["schools", "people", "sessions", "lead_schools", "memberships", "roles"] {
            assert_eq!(raw.number(&format!("SELECT count(*) AS n FROM {table}")), 1, "{table}");
        }
        assert_eq!(raw.number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 1);
        assert_eq!(raw.number("SELECT count(*) AS n FROM set_up_tokens"), 0);
        second.end().await;
    });
}

fn an_address_lasts_a_day(ground: Ground) {
    in_an_empty_house(ground, async |app| {
        let (browser, path) = (app.browser(), address(&app).await);
        let form = filled_in(&browser.open(&path).await, &path);
        app.later(TimeDelta::hours(24));
        browser.get(&path).await.is(422).says("works for 24 hours").says("Start Boxrota again");
        browser.submit(&form).await.is(422).says("works for 24 hours");
        for nobodys in ["/set-up/0123456789abcdefghjkmnpqrstvwxyz", "/set-up/nonsense", "/set-up/"] {
            browser.get(nobodys).await.is(404);
        }
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 0);
        // The next start has a new one, and clears the old one away.
        let path = address(&app).await;
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM set_up_tokens"), 1);
        browser.open(&path).await;
    });
}

fn what_is_wrong_is_said_and_what_was_typed_is_kept(ground: Ground) {
    in_an_empty_house(ground, async |app| {
        let (browser, path) = (app.browser(), address(&app).await);
        let fine = filled_in(&browser.open(&path).await, &path).set("directs", "yes").set("urn", "121456").set("letters", "EH");
        for (field, wrong, words) in [
            ("person", "", "Enter the name"),
            ("person", "The operator\r\nBcc: all@evil.example", "one line of plain text"),
            ("email", "operator", "Enter an e-mail address in the correct format"),
            ("name", " ", "Enter the name of the cluster"),
            ("slug", "Elm/field", "small letters, digits and hyphens"),
            ("cohort_year", "25", "must be a year"),
            ("school", "", "Enter the name of the school"),
            ("letters", "E1", "must be two letters"),
            ("postcode", "LS25", "Enter a full UK postcode"),
            ("urn", "12", "six digits"),
            ("since-month", "13", "Enter a real date"),
        ] {
            let form = fine.clone().set(field, wrong);
            let page = browser.submit(&form).await.is(422).says("There is a problem").says(words);
            let again = page.form(&path);
            for (name, value) in form.fields.iter().filter(|(name, _)| name != "csrf") {
                // A field of one line keeps no line end.
                let kept = again.value(name).replace(['\r', '\n'], "");
                assert_eq!(kept, value.replace(['\r', '\n'], ""), "{name} after a wrong {field}");
            }
        }
        browser.submit(&fine.clone().tampered("nation", "france")).await.is(422).says("Choose England");
        browser.submit(&fine.clone().without("school").without("person")).await.is(422);
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM people"), 0);
        browser.submit(&fine).await.is(303);
    });
}

fn setting_up_needs_its_token_and_its_origin(ground: Ground) {
    in_an_empty_house(ground, async |app| {
        let (browser, path) = (app.browser(), address(&app).await);
        let form = filled_in(&browser.open(&path).await, &path);
        browser.submit(&form.clone().without("csrf")).await.is(403);
        browser.post_with(&path, &form.fields, &[("origin", "https://evil.example")]).await.is(403);
        app.browser().submit(&form).await.is(403);
        let nobodys = form.clone().sent_to("/set-up/0123456789abcdefghjkmnpqrstvwxyz");
        browser.submit(&nobodys).await.is(404);
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 0);
        browser.submit(&form).await.is(303);
    });
}

async fn a_house_with_a_cluster_cannot_be_set_up(app: TestApp) {
    assert_eq!(boxrota::clusters::pages::set_up::address(&app.app).await.expect("the database"), None);
    // Not even with a secret that is still there, as when a cluster is imported after the start.
    let secret = boxrota::base::secret::Secret::fresh();
    app.raw().must(&format!(
        "INSERT INTO set_up_tokens (token_hash, created_at, expires_at) VALUES ('{}', '2026-11-23 08:00:00', '2026-11-24 08:00:00')",
        secret.hash()
    ));
    let path = format!("/set-up/{}", secret.reveal());
    let browser = app.browser();
    browser.get(&path).await.is(404);
    let token = browser.open("/sign-in").await.says_not("set up").form("/sign-in").value("csrf").to_owned();
    browser.post(&path, &[("csrf".to_owned(), token)]).await.is(404);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 2);
}

/// Makes Ashdale's coordinator a programme director there and in Birchwood.
async fn director(app: &TestApp) -> Coordinator {
    for (n, slug) in ["ashdale", "birchwood"].iter().enumerate() {
        app.raw().must(&format!(
            "INSERT INTO roles (cluster_id, id, person_id, kind, from_day) SELECT c.id, {}, p.id, 'director', '2026-09-01'
             FROM clusters c, people p WHERE c.slug = '{slug}' AND p.email = 'coordinator@ashdale.example'",
            n + 1
        ));
    }
    app.coordinator().await
}

pub fn new_cluster(page: &Page) -> Form {
    filled_in(page, "/clusters/new").set("person", "The coordinator, Elmfield").set("email", "coordinator@elmfield.example")
}

async fn a_director_sees_the_clusters_and_adds_one(app: TestApp) {
    app.ssl("Ash").await.books(&crate::harness::Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await;
    app.letters().await;
    let director = director(&app).await;
    let (page, questions) = app.questions(director.browser.open("/")).await;
    assert!(questions <= 8, "{questions} statements");
    let cells = page.all("tbody th, tbody td").join(" ");
    assert_eq!(cells, "Ashdale 2024 England 3 4 1 Birchwood 2024 England 2 1 0");
    let page = director.browser.open("/clusters/new").await;
    let answer = director.browser.submit(&new_cluster(&page)).await.is(303);
    director.browser.follow(answer).await.is(200).says("The cluster is created").says("Elmfield & Hills");
    director.browser.open("/").await.says("Elmfield & Hills");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to_address, "coordinator@elmfield.example");
    assert!(letters[0].text.contains(&format!("{}/sign-in", app.origin)) && !letters[0].text.contains("/sign-in/"), "{}", letters[0].text);
    let roles = "SELECT r.kind || ' ' || p.email AS t FROM roles r JOIN people p ON p.id = r.person_id JOIN clusters c ON c.id = r.cluster_id WHERE c.slug = 'elmfield-hills' ORDER BY r.kind";
    assert_eq!(app.raw().texts(roles), ["coordinator coordinator@elmfield.example", "director coordinator@ashdale.example"]);
    let logged = "SELECT count(*) AS n FROM changes h JOIN clusters c ON c.id = h.cluster_id WHERE c.slug = 'elmfield-hills' AND h.person_id IS NOT NULL";
    assert_eq!(app.raw().number(logged), 5);
    // The coordinator comes in by a link, and the director has no coordinator's pages there.
    app.signed_in("coordinator@elmfield.example").await.open("/c/elmfield-hills/about").await.says_not("New cluster");
    director.browser.get("/c/elmfield-hills/requests").await.is(403);
}

async fn only_a_director_adds_a_cluster(app: TestApp) {
    let director = director(&app).await;
    let form = new_cluster(&director.browser.open("/clusters/new").await);
    assert!(app.browser().get("/clusters/new").await.is(303).header("location").starts_with("/sign-in"));
    let (ssl, head) = (app.ssl("Ash").await, Bursar::new(&app, "ashdale", "head@ashdale.example").await);
    for person in [&*ssl, &*head] {
        person.browser.get("/clusters/new").await.is(403);
        let token = person.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
        person.browser.submit(&form.clone().tampered("csrf", &token)).await.is(403);
    }
    director.browser.submit(&form.clone().without("csrf")).await.is(403);
    // A director whose time is over is none.
    app.raw().must("UPDATE roles SET to_day = '2026-11-22' WHERE kind = 'director'");
    director.browser.submit(&form).await.is(403);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 2);
}

async fn a_cluster_is_created_once(app: TestApp) {
    let director = director(&app).await;
    let form = new_cluster(&director.browser.open("/clusters/new").await);
    let presses: Vec<(Browser, _)> = (0..8).map(|_| (director.browser.clone(), form.clone())).collect();
    let answers = all(presses.into_iter().map(|(browser, form)| async move { browser.submit(&form).await }).collect()).await;
    for answer in answers {
        assert_eq!(answer.is(303).header("location"), "/c/elmfield-hills/about?done=created");
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 3);
    assert_eq!(app.letters().await.len(), 1);
    // Later the same form is another cluster, which needs a short name of its own.
    app.later(TimeDelta::minutes(11));
    director.browser.submit(&form).await.is(422).says("Another cluster has the short name elmfield-hills");
}

async fn a_new_cluster_is_refused_in_words(app: TestApp) {
    let director = director(&app).await;
    let page = director.browser.open("/clusters/new").await;
    // The house's clusters that this director does not see have short names, too.
    app.raw().must("DELETE FROM roles WHERE kind = 'director' AND cluster_id = (SELECT id FROM clusters WHERE slug = 'birchwood')");
    // And somebody else answers for Ashdale, as one must who creates clusters.
    app.raw().must(
        "INSERT INTO roles (cluster_id, id, person_id, kind, from_day) SELECT c.id, 3, p.id, 'coordinator', '2026-09-01'
         FROM clusters c, people p WHERE c.slug = 'ashdale' AND p.email = 'science.lead@cedar.example'",
    );
    let form = new_cluster(&page).set("slug", "birchwood");
    let again = director.browser.submit(&form).await.is(422).says("Another cluster has the short name birchwood").form("/clusters/new");
    assert_eq!((again.value("slug"), again.value("school")), ("birchwood", "Elmfield C of E Primary School"));
    director.browser.submit(&again.set("slug", "").set("postcode", "nowhere")).await.is(422).says("Enter a full UK postcode");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE id <> 0"), 2);
}

async fn what_is_said_of_a_cluster_is_changed_and_logged(app: TestApp) {
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/about").await.says("Ash Primary School, since 1 September 2023");
    let form = page.form("/about").set("name", "Ashdale and Vale").set("cohort_year", "2023").set("nation", "scotland");
    coordinator.browser.send(&form).await.says("The cluster is changed").says("Ashdale and Vale");
    coordinator.browser.send(&form).await;
    coordinator.open("/calendar").await;
    let logged = "SELECT before || ' -> ' || after AS t FROM changes WHERE about = 'clusters' AND verb = 'changed'";
    assert_eq!(
        app.raw().texts(logged),
        ["name: Ashdale\ncohort year: 2024\nnation: England -> name: Ashdale and Vale\ncohort year: 2023\nnation: Scotland"]
    );
    let again = coordinator.browser.submit(&form.clone().set("name", "").set("cohort_year", "soon")).await.is(422);
    let again = again.says("Enter the name of the cluster").says("must be a year").form("/about");
    assert_eq!((again.value("cohort_year"), again.value("nation")), ("soon", "scotland"));
    // Addresses hold the short name: it is no field, whatever is sent.
    coordinator.browser.submit(&form.tampered("slug", "other")).await.is(303);
    coordinator.open("/about").await;
}

async fn only_who_answers_for_a_cluster_changes_what_is_said_of_it(app: TestApp) {
    let director = director(&app).await;
    // A director, without being its coordinator.
    let form = director.browser.open("/c/birchwood/about").await.form("/about").set("name", "Birchwood North");
    director.browser.send(&form).await.says("Birchwood North");
    let ssl = app.ssl("Ash").await;
    ssl.get("/about").await.is(403);
    let token = ssl.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    let forged = form.tampered("csrf", &token);
    ssl.browser.submit(&forged.clone().sent_to("/c/ashdale/about")).await.is(403);
    ssl.browser.submit(&forged).await.is(404);
    ssl.browser.get("/c/birchwood/about").await.is(404);
    let own = app.coordinator().await.open("/about").await.form("/about").set("name", "Mine");
    app.coordinator().await.browser.submit(&own.without("csrf")).await.is(403);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM clusters WHERE name IN ('Ashdale', 'Birchwood North')"), 2);
}
