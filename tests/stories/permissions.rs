//! Who may do what: the table in `docs/permissions.md`, tried out. Every route that a room names stands in it, and every kind of
//! person asks for each, on both engines. What the table refuses must be refused in the way it says and leave no trace in any
//! table; what it allows must reach the form's own answer.

use std::collections::BTreeSet;

use boxrota::base::ids::BookingId;

use crate::harness::{Browser, Engine, Ground, Raw, TestApp, Wish, science_lead};

/// The columns of the table, in its order, and whom each stands for.
const PEOPLE: [(&str, &str); 9] = [
    ("visitor", ""),
    ("science lead", "science.lead@ash.example"),
    ("science lead elsewhere", "science.lead@beech.example"),
    ("deputy", "deputy@ash.example"),
    ("head", "head@ashdale.example"),
    ("coordinator", "coordinator@ashdale.example"),
    ("bursar", "bursar@ashdale.example"),
    ("director", "director@ashdale.example"),
    ("another cluster", "coordinator@birchwood.example"),
];

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    /// Let through: the page, or what the form's own rules say.
    Yes,
    /// "You cannot do this", 403.
    No,
    /// As if it were not there, 404.
    NotThere,
    /// To the sign-in page.
    SignIn,
}

/// A route with what each person may.
struct Row {
    post: bool,
    path: String,
    cells: Vec<May>,
}

/// The rows of the table.
fn table() -> Vec<Row> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md")).expect("docs/permissions.md");
    let lines = text.lines().filter(|line| line.starts_with("| `GET ") || line.starts_with("| `POST "));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 1 + PEOPLE.len(), "{line}");
            let (method, path) = cells[0].trim_matches('`').split_once(' ').expect("a method and a path");
            let cells = cells[1..].iter().map(|cell| match *cell {
                "yes" => May::Yes,
                "no" => May::No,
                "404" => May::NotThere,
                "sign in" => May::SignIn,
                other => panic!("{other:?} is none of the table's words: {line}"),
            });
            Row { post: method == "POST", path: path.to_owned(), cells: cells.collect() }
        })
        .collect()
}

/// Every address of the program, read out of its source: rooms name theirs in `inside`, which is within a cluster, and `outside`.
fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for source in sources(concat!(env!("CARGO_MANIFEST_DIR"), "/src").as_ref()) {
        let mut scope = "";
        for line in source.lines().map(str::trim) {
            if line.contains("fn inside(") {
                scope = "/c/{cluster}";
            } else if line.contains("fn ") {
                scope = "";
            }
            // A comment may speak of routes; a line may name several.
            for named in line.split(".route(").skip(1).filter(|_| !line.starts_with("//")) {
                let (path, handler) =
                    named.strip_prefix('"').and_then(|named| named.split_once("\", ")).expect("a path and a handler in one line");
                // The head of a page is its page.
                let way = handler.strip_prefix("web::").unwrap_or(handler);
                let method = if way.starts_with("get()") || way.starts_with("head()") { "GET" } else { "POST" };
                routes.insert(format!("{method} {scope}{path}"));
            }
        }
    }
    routes
}

/// The text of every file below a folder.
fn sources(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            found.push(std::fs::read_to_string(&entry).expect("a source file"));
        }
    }
    found
}

#[test]
fn every_route_stands_in_the_table_and_the_table_in_the_routes() {
    let routes = routes();
    assert!(routes.len() > 160, "only {routes:#?}");
    let told: BTreeSet<String> = table().iter().map(|row| format!("{} {}", if row.post { "POST" } else { "GET" }, row.path)).collect();
    let differing: Vec<_> = routes.symmetric_difference(&told).collect();
    assert!(differing.is_empty(), "in the routes or in docs/permissions.md, not in both: {differing:#?}");
}

/// A meeting, a place on the waiting list, and a handover with a count and a picture, all of Ash.
fn share(raw: &mut Raw, engine: Engine) {
    raw.must(
        "INSERT INTO meetings (cluster_id, id, day, school_id) SELECT cluster_id, 77, '2026-12-09', id FROM schools WHERE short_name = 'Ash'",
    );
    raw.must(
        "INSERT INTO waits (cluster_id, id, resource_id, school_id, person_id, first_day, last_day, request_key, created_at, updated_at)
         SELECT s.cluster_id, s.id + 1, r.id, s.id, p.id, '2026-12-07', '2026-12-11', 'key', '2026-11-23 09:00:00', '2026-11-23 09:00:00'
         FROM schools s JOIN resources r ON r.cluster_id = s.cluster_id AND r.name = 'Magnets', people p
         WHERE s.short_name = 'Ash' AND p.email = 'science.lead@ash.example'",
    );
    // The school does not want what was offered, and can still undo that.
    raw.must(
        "INSERT INTO pending_acts (cluster_id, id, kind, about, about_id, school_id, person_id, body, created_at, until)
         SELECT w.cluster_id, 7, 'decline_offer', 'waits', w.id, w.school_id, w.person_id, 'declined', '2026-11-23 09:00:00', '2026-11-23 09:02:00' FROM waits w",
    );
    // A handover of the copy that Ash has booked, counted and with a picture, long ago.
    raw.must(
        "INSERT INTO handovers (cluster_id, id, copy_id, from_school_id, state, received_by, received_at)
         SELECT c.cluster_id, 7, c.id, c.home_school_id, 'accepted', p.id, '2026-10-01 09:00:00' FROM copies c
         JOIN people p ON p.email = 'science.lead@ash.example' WHERE c.tag = 'MG1';
         INSERT INTO counts (cluster_id, id, handover_id, copy_id, side, person_id, how, counted_at, request_key)
         SELECT h.cluster_id, 7, 7, h.copy_id, 'receiver', h.received_by, 'none', h.received_at, 'long ago' FROM handovers h;",
    );
    raw.must(match engine {
        Engine::Sqlite => {
            "INSERT INTO photos (cluster_id, id, count_id, content_type, bytes) SELECT cluster_id, 7, 7, 'image/png', x'00' FROM counts"
        }
        Engine::Postgres => {
            "INSERT INTO photos (cluster_id, id, count_id, content_type, bytes) SELECT cluster_id, 7, 7, 'image/png', '\\x00' FROM counts"
        }
    });
}

/// A world with one of everything, each of Ash where it is of a school, and its ids by the names that routes give them.
async fn world(engine: Engine) -> (TestApp, Vec<(&'static str, String)>) {
    let app = TestApp::start(Ground::migrated(engine), |_| {}).await;
    let mut raw = app.raw();
    let role = |kind: &str, name: &str, school: &str| {
        format!(
            "INSERT INTO people (id, email, name, created_at) SELECT max(id) + 1, '{name}@ash.example', '{kind}', '2026-01-01 00:00:00' FROM people;
             INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day)
             SELECT c.id, (SELECT max(id) + 1 FROM roles), (SELECT max(id) FROM people), '{kind}', {school}, '2023-09-01' FROM clusters c WHERE c.slug = 'ashdale';"
        )
    };
    let ash = "(SELECT s.id FROM schools s WHERE s.cluster_id = c.id AND s.short_name = 'Ash')";
    raw.must(&role("deputy", "deputy", ash));
    raw.must(&role("director", "director", "NULL"));
    raw.must("UPDATE people SET email = 'director@ashdale.example' WHERE email = 'director@ash.example'");
    let lead = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", "Magnets");
    let booking = lead.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let feeds = lead.open("/feeds").await;
    lead.browser.submit(&feeds.form("/feeds")).await.is(303);
    raw.must(
        "INSERT INTO passkeys (person_id, id, credential_id, name, credential, created_at)
         SELECT id, 7, 'AAEC', 'my phone', '{}', '2026-11-23 09:00:00' FROM people WHERE email = 'science.lead@ash.example'",
    );
    raw.must(
        "INSERT INTO invitations (cluster_id, id, email, name, kind, school_id, from_day, token_hash, created_at, expires_at)
         SELECT cluster_id, id + 1, 'new@ash.example', 'New', 'ssl', id, '2026-11-23', 'hash', '2026-11-23 09:00:00', '2026-12-07 09:00:00'
         FROM schools WHERE short_name = 'Ash'",
    );
    share(&mut raw, engine);
    let of_magnets = "FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = 'ashdale' AND p.tag = 'MG1'";
    raw.must(&format!(
        "INSERT INTO finds (cluster_id, id, copy_id, words, found_at) SELECT p.cluster_id, 7, p.id, 'In the hall', '2026-11-23 09:00:00' {of_magnets}"
    ));
    let ids = vec![
        ("photo", BookingId(7).to_string()),
        ("code", raw.texts("SELECT code AS t FROM copies WHERE tag = 'MG1'").remove(0)),
        ("leg", id(&mut raw, "SELECT max(id) AS n FROM legs WHERE state = 'planned'")),
        ("meeting", BookingId(77).to_string()),
        ("find", BookingId(7).to_string()),
        ("act", BookingId(7).to_string()),
        ("handover", BookingId(7).to_string()),
        ("copy", id(&mut raw, &format!("SELECT p.id AS n {of_magnets}"))),
        ("cluster", "ashdale".to_owned()),
        ("wait", id(&mut raw, "SELECT max(id) AS n FROM waits")),
        ("resource", magnets),
        ("booking", booking.rsplit('/').next().expect("an id").to_owned()),
        ("feed", id(&mut raw, "SELECT max(id) AS n FROM feeds")),
        (
            "id",
            id(
                &mut raw,
                "SELECT max(m.id) AS n FROM messages m JOIN people p ON p.id = m.person_id WHERE p.email = 'science.lead@ash.example'",
            ),
        ),
        (
            "school",
            id(
                &mut raw,
                "SELECT min(s.id) AS n FROM schools s JOIN clusters c ON c.id = s.cluster_id WHERE c.slug = 'ashdale' AND s.short_name = 'Ash'",
            ),
        ),
        ("person", id(&mut raw, "SELECT id AS n FROM people WHERE email = 'science.lead@ash.example'")),
        (
            "role",
            id(&mut raw, "SELECT r.id AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = 'science.lead@ash.example'"),
        ),
        ("term", id(&mut raw, "SELECT max(t.id) AS n FROM terms t JOIN clusters c ON c.id = t.cluster_id WHERE c.slug = 'ashdale'")),
        (
            "closure",
            id(
                &mut raw,
                "SELECT max(t.id) AS n FROM closures t JOIN clusters c ON c.id = t.cluster_id WHERE c.slug = 'ashdale' AND t.school_id IS NOT NULL",
            ),
        ),
        ("token", "0123456789abcdefghjkmnpqrstvwxyz".to_owned()),
        ("file", "none.css".to_owned()),
        ("provider", "google".to_owned()),
        ("invitation", id(&mut raw, "SELECT max(id) AS n FROM invitations")),
        ("passkey", BookingId(7).to_string()),
        (
            "device",
            id(
                &mut raw,
                "SELECT min(s.id) AS n FROM sessions s JOIN people p ON p.id = s.person_id WHERE p.email = 'science.lead@ash.example'",
            ),
        ),
    ];
    (app, ids)
}

fn id(raw: &mut Raw, sql: &str) -> String {
    BookingId(raw.number(sql)).to_string()
}

/// The path with the ids filled in.
fn filled(path: &str, ids: &[(&'static str, String)]) -> String {
    let path = ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
    assert!(!path.contains('{'), "the test has no sample for {path}");
    path
}

/// Everything that is stored, a line a table; without the calendar of days, which nobody changes.
fn stored(app: &TestApp, engine: Engine) -> Vec<String> {
    let mut raw = app.raw();
    let tables = match engine {
        Engine::Sqlite => {
            "SELECT name AS t FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'days' ORDER BY name"
        }
        Engine::Postgres => {
            "SELECT table_name::text AS t FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'days' ORDER BY 1"
        }
    };
    let tables = raw.texts(tables);
    let mut lines = Vec::new();
    for table in tables {
        let sql = match engine {
            Engine::Sqlite => {
                let columns =
                    raw.texts(&format!("SELECT 'quote(\"' || name || '\")' AS t FROM pragma_table_info('{table}')")).join(" || ',' || ");
                format!(
                    "SELECT '{table}: ' || coalesce(group_concat(line, ';'), '') AS t FROM (SELECT {columns} AS line FROM {table} ORDER BY 1)"
                )
            }
            Engine::Postgres => {
                format!("SELECT '{table}: ' || coalesce(string_agg(t::text, ';' ORDER BY t::text), '') AS t FROM {table} t")
            }
        };
        lines.extend(raw.texts(&sql));
    }
    lines
}

/// Asks for a route as this person, with a form that nobody has filled in.
async fn ask(app: &TestApp, email: &str, row: &Row, path: &str) -> (u16, String) {
    let browser = if email.is_empty() { app.browser() } else { app.signed_in(email).await };
    let answer = if row.post {
        // What a form cannot be read without: a key of ours, and somebody.
        let mut fields = vec![("csrf".to_owned(), token(&browser, email.is_empty()).await)];
        fields.push(("key".to_owned(), "0".repeat(32)));
        fields.push(("person".to_owned(), "0000000000001".to_owned()));
        browser.post(path, &fields).await
    } else {
        browser.get(path).await
    };
    (answer.status, answer.header("location").to_owned())
}

async fn token(browser: &Browser, visitor: bool) -> String {
    let page = if visitor { browser.get("/sign-in").await } else { browser.get("/account").await };
    page.forms("").into_iter().find(|form| form.method == "post").map(|form| form.value("csrf").to_owned()).unwrap_or_default()
}

/// The whole table for one person.
async fn tried(engine: Engine, person: usize) {
    let (name, email) = PEOPLE[person];
    let (app, ids) = world(engine).await;
    let mut faults = Vec::new();
    let rows = table();
    let (allowed, refused): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.cells[person] == May::Yes);
    // Signed in once beforehand for each request, so that what is stored differs by sessions alone, which are left out.
    let before: Vec<String> = stored(&app, engine).into_iter().filter(|line| !is_about_signing_in(line)).collect();
    for row in refused {
        let path = filled(&row.path, &ids);
        let (status, location) = ask(&app, email, row, &path).await;
        let fine = match row.cells[person] {
            May::No => status == 403,
            May::NotThere => status == 404,
            May::SignIn => status == 303 && location.starts_with("/sign-in"),
            May::Yes => true,
        };
        if !fine {
            faults.push(format!("{} {}: {:?} was expected, the answer is {status} {location}", method(row), row.path, row.cells[person]));
        }
        // Somebody of another cluster also tries the ids under his own address.
        if name == "another cluster" && row.path.matches('{').count() > 1 {
            let own = path.replacen("/c/ashdale/", "/c/birchwood/", 1);
            let (status, _) = ask(&app, email, row, &own).await;
            if status != 404 {
                faults.push(format!("{} {own} answers {status}", method(row)));
            }
        }
    }
    let after: Vec<String> = stored(&app, engine).into_iter().filter(|line| !is_about_signing_in(line)).collect();
    if before != after {
        let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
        faults.push(format!("what was refused has changed something: {changed:#?}"));
    }
    for row in allowed.iter().filter(|row| !row.post) {
        judge(&mut faults, row, ask(&app, email, row, &filled(&row.path, &ids)).await);
    }
    app.letters().await;
    app.end().await;
    // What is allowed acts: each in a world of its own.
    for row in allowed.iter().filter(|row| row.post) {
        let (app, ids) = world(engine).await;
        judge(&mut faults, row, ask(&app, email, row, &filled(&row.path, &ids)).await);
        app.letters().await;
        app.end().await;
    }
    assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
}

fn method(row: &Row) -> &'static str {
    if row.post { "POST" } else { "GET" }
}

/// Sessions and links come and go with signing in, which is allowed to everybody.
fn is_about_signing_in(line: &str) -> bool {
    line.starts_with("sessions:") || line.starts_with("sign_in_links:")
}

/// An allowed request reaches the handler: a page, a redirect that is not to the sign-in page, or a form's own refusal. What a
/// link's secret opens is not there for a made-up one, and says so itself.
fn judge(faults: &mut Vec<String>, row: &Row, (status, location): (u16, String)) {
    let secret = row.path.contains("{token}") || row.path.contains("{file}");
    let through =
        matches!(status, 200 | 304 | 400 | 409 | 422) || (status == 303 && !location.starts_with("/sign-in?")) || (secret && status == 404);
    if !through {
        faults.push(format!("{} {}: allowed, but the answer is {status} {location}", method(row), row.path));
    }
}

macro_rules! whole_table_for {
    ($($name:ident: $person:expr),+ $(,)?) => {$(
        mod $name {
            use super::{Engine, tried};
            #[test]
            fn sqlite() {
                actix_web::rt::System::new().block_on(tried(Engine::Sqlite, $person));
            }
            #[test]
            fn postgres() {
                actix_web::rt::System::new().block_on(tried(Engine::Postgres, $person));
            }
        }
    )+};
}

whole_table_for!(
    a_visitor: 0,
    a_science_lead: 1,
    a_science_lead_elsewhere: 2,
    a_deputy: 3,
    a_head: 4,
    a_coordinator: 5,
    a_bursar: 6,
    a_director: 7,
    somebody_of_another_cluster: 8,
);

#[test]
fn the_people_of_the_table_are_those_of_its_head() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md")).expect("docs/permissions.md");
    let head = text.lines().find(|line| line.starts_with("| route |")).expect("the table's head");
    let told: Vec<&str> = head.trim_matches('|').split('|').map(str::trim).skip(1).collect();
    assert_eq!(told, PEOPLE.map(|(name, _)| name));
    assert_eq!(science_lead("Ash"), PEOPLE[1].1);
}
