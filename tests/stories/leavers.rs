//! Whoever leaves while a request is under way: permission is that of the moment of writing, and so is the time.

use std::sync::Arc;
use std::time::Duration;

use boxrota::base::ids::PersonId;
use boxrota::base::secret::Secret;
use boxrota::db::{self, Actor, Scope};
use boxrota::people::store::{cluster_by_slug, sessions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Browser, Coordinator, Form, Ground, Page, Ssl, TestApp, Wish, World, all, science_lead};
use crate::{handing_over, race};

stories!(
    a_form_that_ends_after_the_role_has_stores_nothing,
    a_count_that_ends_after_the_role_has_stores_nothing,
    a_form_that_ends_after_the_session_has_stores_nothing,
    an_account_page_asks_for_the_session_again,
    who_still_has_the_role_and_gets_another_is_not_stopped,
    a_form_sent_after_the_role_has_ended_gives_the_words_back,
    a_form_sent_with_another_role_left_gives_the_words_back,
    a_form_sent_after_signing_out_gives_the_words_back,
    who_never_had_a_role_learns_nothing,
);

stories!(
    what_has_ended_is_over_for_reading_and_writing,
    a_page_is_of_the_moment_in_which_its_reader_was_let_in,
    who_waits_for_the_lock_is_dated_when_he_gets_it,
);
on_both_engines!(no_reservation_of_many_comes_after_the_handing_on);

/// A form whose last bytes are still to come; whoever sends it has been let in.
struct Unfinished {
    line: TcpStream,
    rest: Vec<u8>,
    path: String,
}

impl Unfinished {
    async fn begin(app: &TestApp, browser: &Browser, path: &str, kind: &str, body: &[u8]) -> Self {
        let before = app.app.db.queries();
        let host = app.origin.trim_start_matches("http://");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            app.origin,
            browser.cookies(),
            body.len()
        );
        let (start, rest) = body.split_at(body.len() - 20);
        let mut line = TcpStream::connect(host).await.expect("a connection");
        line.write_all(&[head.as_bytes(), start].concat()).await.expect("sent");
        // The guard looks the session up as soon as the head is there.
        while app.app.db.queries() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        Self { line, rest: rest.to_vec(), path: path.to_owned() }
    }

    async fn form(app: &TestApp, browser: &Browser, form: &Form) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        Self::begin(app, browser, &form.action, "application/x-www-form-urlencoded", body.as_bytes()).await
    }

    async fn in_parts(app: &TestApp, browser: &Browser, form: &Form) -> Self {
        let part =
            |(name, value): &(String, String)| format!("--x7d1f\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let body: String = form.fields.iter().map(part).collect();
        Self::begin(app, browser, &form.action, "multipart/form-data; boundary=x7d1f", format!("{body}--x7d1f--\r\n").as_bytes()).await
    }

    async fn end(mut self) -> Page {
        self.line.write_all(&self.rest).await.expect("sent");
        let mut answer = Vec::new();
        self.line.read_to_end(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Page { status, headers: reqwest::header::HeaderMap::new(), path: self.path, text: answer }
    }
}

fn person(app: &TestApp, email: &str) -> i64 {
    app.raw().number(&format!("SELECT id AS n FROM people WHERE email = '{email}'"))
}

/// What a person has in the change log, and every row that a form here could have left.
fn left(app: &TestApp, email: &str) -> Vec<i64> {
    let mut raw = app.raw();
    let logged = format!("SELECT count(*) AS n FROM changes WHERE person_id = {}", person(app, email));
    let tables = ["bookings", "handovers", "counts", "custody_chain", "muted_kinds"];
    let rows = tables.map(|table| raw.number(&format!("SELECT count(*) AS n FROM {table}")));
    [vec![raw.number(&logged)], rows.to_vec()].concat()
}

/// The coordinator ends the only role that somebody has, now.
async fn end_role(coordinator: &Coordinator, app: &TestApp, email: &str) {
    let page = coordinator.open(&format!("/people/{}", PersonId(person(app, email)))).await;
    let form = coordinator.browser.open(&page.link("End it")).await.form("/end").set("when", "now");
    coordinator.browser.send(&form).await.says("The role is ended");
}

async fn a_form_that_ends_after_the_role_has_stores_nothing(app: TestApp) {
    let (coordinator, ash) = (app.coordinator().await, app.ssl("Ash").await);
    let wish = Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08").with("class", "Year 4, the <b>loud</b> one");
    let form = ash.check(&wish).await.is(200).form("/reserve");
    // One of them would be shown again with what is missing: that is read, and not written.
    let lacking = Unfinished::form(&app, &ash.browser, &form.clone().tampered("from", "")).await;
    let slow = Unfinished::form(&app, &ash.browser, &form).await;
    app.later(chrono::TimeDelta::seconds(47));
    end_role(&coordinator, &app, &ash.email).await;
    let before = left(&app, &ash.email);
    lacking.end().await.is(403).says("Your role has ended").says_not("Sound");
    let page = slow.end().await.is(403);
    assert_eq!(left(&app, &ash.email), before);
    // What happened, that nothing is stored, and the words that were typed: as words.
    let page = page.says("Your role has ended").says("Science lead, Ash").says("Nothing you sent has been stored");
    assert!(page.all("textarea").concat().contains("Year 4, the <b>loud</b> one"), "{}", page.text);
    assert!(page.text.contains("no-store") && !page.text.contains("csrf"), "{}", page.text);
}

async fn a_count_that_ends_after_the_role_has_stores_nothing(app: TestApp) {
    let (beech, _, copy) = handing_over::at_beech(&app).await;
    let coordinator = app.coordinator().await;
    let form = handing_over::form(&beech, &copy, "count").await.set("note", "Counted twice, one fork is bent");
    let slow = Unfinished::in_parts(&app, &beech.browser, &form).await;
    end_role(&coordinator, &app, &beech.email).await;
    app.letters().await;
    let before = left(&app, &beech.email);
    let page = slow.end().await.is(403);
    assert_eq!(left(&app, &beech.email), before);
    let page = page.says("Your role has ended").says("Science lead, Beech");
    assert!(page.all("textarea").concat().contains("Counted twice, one fork is bent"), "{}", page.text);
}

async fn a_form_that_ends_after_the_session_has_stores_nothing(app: TestApp) {
    let (ash, elsewhere) = (app.ssl("Ash").await, app.ssl("Ash").await);
    let form = ash.check(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await.is(200).form("/reserve");
    let slow = Unfinished::form(&app, &ash.browser, &form).await;
    let page = elsewhere.browser.open("/account/devices").await;
    elsewhere.browser.send(&page.form("/sign-out-others")).await;
    let before = left(&app, &ash.email);
    let page = slow.end().await.is(403).says("You are signed out").says("Nothing you sent has been stored").says("Year 4");
    assert_eq!(page.links("Sign in"), ["/sign-in"]);
    assert_eq!(left(&app, &ash.email), before);
    // Its thirty days are over while it is under way.
    let form = elsewhere.check(&Wish::of(&app.resource("ashdale", "Magnets"), "2027-01-11", "2027-01-12")).await.is(200).form("/reserve");
    let slow = Unfinished::form(&app, &elsewhere.browser, &form).await;
    app.later(chrono::TimeDelta::days(31));
    slow.end().await.is(403).says("You are signed out");
    assert_eq!(left(&app, &ash.email), before);
}

async fn an_account_page_asks_for_the_session_again(app: TestApp) {
    let (ash, elsewhere) = (app.ssl("Ash").await, app.ssl("Ash").await);
    let mut nothing = ash.browser.open("/account/letters").await.form("/account/letters");
    nothing.fields.retain(|(name, _)| name == "csrf");
    let slow = Unfinished::form(&app, &ash.browser, &nothing).await;
    let page = ash.browser.open("/account/email").await;
    let asks = page.form("/account/email").set("email", "new@ash.example");
    let email = Unfinished::form(&app, &ash.browser, &asks).await;
    let page = elsewhere.browser.open("/account/devices").await;
    elsewhere.browser.send(&page.form("/sign-out-others")).await;
    let before = left(&app, &ash.email);
    slow.end().await.is(403).says("You are signed out");
    email.end().await.is(403).says("You are signed out");
    assert_eq!(left(&app, &ash.email), before);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM email_changes"), 0);
}

async fn who_still_has_the_role_and_gets_another_is_not_stopped(app: TestApp) {
    let (coordinator, ash) = (app.coordinator().await, app.ssl("Ash").await);
    let form = ash.check(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await.is(200).form("/reserve");
    let slow = Unfinished::form(&app, &ash.browser, &form).await;
    let page = coordinator.open(&format!("/people/{}/roles", PersonId(person(&app, &ash.email)))).await;
    coordinator.browser.send(&page.form("/roles").set("role", "bursar")).await;
    slow.end().await.is(303);
    assert_eq!(app.letters().await.len(), 1);
}

fn no_reservation_of_many_comes_after_the_handing_on(ground: Ground) {
    const LANES: usize = 8;
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::bare(ground, |_| {});
        app.found(&World::rush(2)).await;
        let (coordinator, leaver) = (
            Arc::new(Coordinator::new(&app, "rush", "coordinator@rush.example").await),
            Ssl::new(&app, "rush", &science_lead("School 2")).await,
        );
        let (sound, leaver) = (app.resource("rush", "Sound"), Arc::new(leaver));
        // Every form is filled in; then they are sent, eight at a time, and the role is handed on in the midst of them.
        let mut forms = Vec::new();
        for day in race::days().iter().map(ToString::to_string) {
            forms.push(leaver.check(&Wish::of(&sound, &day, &day)).await.is(200).form("/reserve"));
        }
        let many = forms.len();
        let page = coordinator.open(&format!("/people/{}", PersonId(person(&app, &leaver.email)))).await;
        let page = coordinator.browser.open(&page.link("Hand on")).await;
        let hand_on = page.form("/hand-on").set("successor", "school").set("when", "now");
        let handing_on = {
            let (coordinator, app) = (coordinator.clone(), app.clone());
            actix_web::rt::spawn(async move {
                while app.raw().number("SELECT count(*) AS n FROM bookings") < 5 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                coordinator.browser.submit(&hand_on).await
            })
        };
        let lanes = forms.chunks(many.div_ceil(LANES)).map(<[Form]>::to_vec).map(|lane| {
            let leaver = leaver.clone();
            async move {
                let mut stored = 0;
                for form in lane {
                    let answer = leaver.browser.submit(&form).await;
                    stored += i64::from(answer.status == 303 && answer.header("location").contains("/bookings/"));
                }
                stored
            }
        });
        let stored: i64 = all(lanes.collect()).await.into_iter().sum();
        handing_on.await.expect("an answer").is(303);
        let bookings = app.raw().number("SELECT count(*) AS n FROM bookings");
        // Each that was there was handed on, and that was logged; the others came afterwards.
        let handed_on = app.raw().number("SELECT count(*) AS n FROM changes WHERE about = 'bookings' AND verb = 'handed on'");
        assert_eq!((bookings, stored), (handed_on, handed_on), "stored, and said to be, against what was handed on");
        assert!(bookings >= 5 && bookings < i64::try_from(many).expect("a number"), "it was no race: {bookings} of {many}");
        app.letters().await;
        app.end().await;
    });
}

async fn what_has_ended_is_over_for_reading_and_writing(app: TestApp) {
    let (coordinator, ash) = (app.coordinator().await, app.ssl("Ash").await);
    let (db, hash) = (&app.app.db, session(&ash));
    let asked = db.house_read(app.clock.now(), move |house| sessions::membership(house, &hash, "ashdale")).await;
    let (member, actor) = asked.expect("an answer").expect("a member");
    let scope = Scope::new(member.cluster.id, actor.clone());
    let version = || app.raw().number("SELECT version AS n FROM clusters WHERE slug = 'ashdale'");
    // While it holds, each costs one question more than nothing: the lock, that question, what follows, and the version.
    let (read, questions) = app.questions(db.read(scope.clone(), |_| Ok::<_, db::Error>(()))).await;
    assert!(read.is_ok() && questions == 1, "{questions}");
    let by_worker = app.questions(db.write(Scope::of_worker(scope.cluster), |_| Ok::<_, db::Error>(()))).await.1;
    let (written, questions) = app.questions(db.write(scope.clone(), |tx| tx.person())).await;
    assert_eq!((written.expect("done"), questions), (member.person, by_worker + 1));
    end_role(&coordinator, &app, &ash.email).await;
    let before = version();
    let role = |done: db::Result<()>| matches!(done, Err(db::Error::RoleEnded(role)) if role == "Science lead, Ash");
    assert!(role(db.read(scope.clone(), |_| panic!("it was let in")).await));
    assert!(role(db.write(scope, |_| panic!("it was let in")).await));
    // With no role in question, the session of who left is still over.
    let Actor::Person { person, session, .. } = actor else { panic!("no person") };
    let nobody = Actor::Person { person, session, roles: [].into() };
    let done: db::Result<()> = db.house_as(nobody, |_| panic!("it was let in")).await;
    assert!(matches!(done, Err(db::Error::SessionOver)));
    assert_eq!(version(), before);
}

async fn a_page_is_of_the_moment_in_which_its_reader_was_let_in(app: TestApp) {
    let (coordinator, ash) = (app.coordinator().await, app.ssl("Ash").await);
    let (db, hash) = (&app.app.db, session(&ash));
    let look = || {
        let hash = hash.clone();
        db.look(app.clock.now(), move |house| sessions::membership(house, &hash, "ashdale"))
    };
    // Of those with whom nobody goes on, nothing is held: there are fewer connections than these.
    for _ in 0..40 {
        look().await.expect("a connection");
    }
    let (asked, snapshot) = look().await.expect("an answer");
    let (member, actor) = asked.expect("a member");
    let scope = Scope::new(member.cluster.id, actor).within(&snapshot);
    end_role(&coordinator, &app, &ash.email).await;
    // What the guard saw is what the page sees, at no further question.
    let page = |tx: &mut db::Tx<'_>| Ok::<_, db::Error>(cluster_by_slug(&mut tx.house(), "ashdale")?.expect("it").version);
    let (seen, questions) = app.questions(db.read(scope.clone(), page)).await;
    let now = app.raw().number("SELECT version AS n FROM clusters WHERE slug = 'ashdale'");
    assert_eq!((seen.expect("a page"), questions), (member.cluster.version, 1));
    assert_ne!(member.cluster.version, now, "the role's end is written by then");
    // It is gone on with once.
    assert!(matches!(db.read(scope, page).await, Err(db::Error::RoleEnded(_))));
}

/// The hash of the session that somebody has.
fn session(person: &Ssl) -> String {
    let cookies = person.browser.cookies();
    let secret = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("boxrota=")).and_then(Secret::parse);
    secret.expect("a session").hash()
}

async fn who_waits_for_the_lock_is_dated_when_he_gets_it(app: TestApp) {
    let cluster = boxrota::base::ids::ClusterId(app.raw().number("SELECT id AS n FROM clusters WHERE slug = 'ashdale'"));
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (has, had) = tokio::sync::oneshot::channel();
    let write = |work: Box<dyn FnOnce() + Send>| {
        let db = app.app.db.clone();
        tokio::spawn(async move {
            db.write(Scope::of_worker(cluster), move |tx| {
                work();
                Ok::<_, db::Error>(tx.now)
            })
            .await
        })
    };
    let first = write(Box::new(move || {
        has.send(()).expect("somebody waits");
        wait.recv().expect("a word");
    }));
    had.await.expect("the lock");
    let (began, second) = (app.clock.now(), write(Box::new(|| ())));
    tokio::time::sleep(Duration::from_millis(200)).await;
    app.later(chrono::TimeDelta::hours(1));
    go.send(()).expect("it waits");
    assert_eq!(first.await.expect("it ends").expect("done"), began);
    assert_eq!(second.await.expect("it ends").expect("done"), began + chrono::TimeDelta::hours(1));
}

/// Everything that stands in the text areas of a page.
fn given_back(page: &Page) -> String {
    page.all("textarea").concat()
}

async fn a_form_sent_after_the_role_has_ended_gives_the_words_back(app: TestApp) {
    let (coordinator, ash) = (app.coordinator().await, app.ssl("Ash").await);
    let wish = Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08").with("class", "Owls").with("pupils", "27");
    let form = ash.check(&wish.with("purpose", "Find <north> & back")).await.is(200).form("/reserve");
    end_role(&coordinator, &app, &ash.email).await;
    let before = left(&app, &ash.email);
    let page = ash.browser.submit(&form).await.is(403).says("Your role has ended").says("Science lead, Ash").says("Nothing you sent");
    let words = given_back(&page);
    // Single words and numbers are words of one's own, too; what the page carried along is not.
    assert!(["Owls", "27", "Find <north> & back"].iter().all(|word| words.contains(word)), "{words}");
    assert!(!words.contains(form.value("csrf")) && !words.contains(form.value("key")), "{words}");
    assert_eq!(left(&app, &ash.email), before);
    // Without the token of the own page nobody is handed anything.
    let page = ash.browser.submit(&form.clone().without("csrf")).await;
    assert!(page.status != 200 && !page.text.contains("Owls"), "{}", page.text);
    // In parts, as a form with a picture comes.
    let (beech, _, copy) = handing_over::at_beech(&app).await;
    let form = handing_over::form(&beech, &copy, "count").await.set("note", "Bent");
    end_role(&coordinator, &app, &beech.email).await;
    app.letters().await;
    let slow = Unfinished::in_parts(&app, &beech.browser, &form).await;
    let page = slow.end().await.is(403).says("Your role has ended");
    assert!(given_back(&page).contains("Bent"), "{}", page.text);
}

async fn a_form_sent_with_another_role_left_gives_the_words_back(app: TestApp) {
    // Who is science lead still, and was coordinator.
    let role = |cluster: &str, email: &str, kind: &str| {
        app.raw().must(&format!(
            "INSERT INTO roles (cluster_id, id, person_id, kind, from_day) SELECT c.id, (SELECT max(id) + 1 FROM roles), p.id, '{kind}', '2026-09-01'
             FROM clusters c, people p WHERE c.slug = '{cluster}' AND p.email = '{email}'"
        ));
    };
    let cedar = science_lead("Cedar");
    role("ashdale", &cedar, "coordinator");
    let was = Coordinator::new(&app, "ashdale", &cedar).await;
    let form = was.open("/people/invite").await.form("/people/invite").set("name", "Quilla").set("email", "quilla@new.example");
    app.raw().must("UPDATE roles SET to_day = '2026-11-22' WHERE kind = 'coordinator' AND from_day = '2026-09-01'");
    let page = was.browser.submit(&form).await.is(403).says("Your role has ended").says("Coordinator");
    assert!(given_back(&page).contains("Quilla"), "{}", page.text);
    was.open("/week").await;
    // Who is out of this cluster, and in another still.
    let ash = app.ssl("Ash").await;
    role("birchwood", &ash.email, "bursar");
    let form = ash
        .check(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08").with("class", "Owls"))
        .await
        .is(200)
        .form("/reserve");
    app.raw().must("UPDATE roles SET to_day = '2026-11-22' WHERE kind = 'ssl' AND person_id = (SELECT id FROM people WHERE email = 'science.lead@ash.example')");
    let page = ash.browser.submit(&form).await.is(403).says("Your role has ended").says("Science lead, Ash");
    assert!(given_back(&page).contains("Owls"), "{}", page.text);
    ash.get("/week").await.is(404);
}

async fn a_form_sent_after_signing_out_gives_the_words_back(app: TestApp) {
    let (ash, elsewhere) = (app.ssl("Ash").await, app.ssl("Ash").await);
    let form = ash
        .check(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08").with("class", "Owls"))
        .await
        .is(200)
        .form("/reserve");
    let page = elsewhere.browser.open("/account/devices").await;
    elsewhere.browser.send(&page.form("/sign-out-others")).await;
    let page = ash.browser.submit(&form).await.is(403).says("You are signed out");
    assert!(given_back(&page).contains("Owls"), "{}", page.text);
    assert_eq!(page.links("Sign in"), ["/sign-in"]);
    // Its thirty days are over.
    let form = elsewhere
        .check(&Wish::of(&app.resource("ashdale", "Magnets"), "2027-01-11", "2027-01-12").with("class", "Kestrels"))
        .await
        .is(200)
        .form("/reserve");
    app.later(chrono::TimeDelta::days(31));
    let page = elsewhere.browser.submit(&form).await.is(403).says("You are signed out");
    assert!(given_back(&page).contains("Kestrels"), "{}", page.text);
}

async fn who_never_had_a_role_learns_nothing(app: TestApp) {
    let other = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let token = other.open("/week").await.form("/sign-out").value("csrf").to_owned();
    let fields = [("csrf".to_owned(), token), ("class".to_owned(), "Owls".to_owned())];
    let path = format!("/c/ashdale/boxes/{}/reserve", app.resource("ashdale", "Magnets"));
    let page = other.browser.post(&path, &fields).await.is(404);
    assert!(!page.text.contains("Owls"));
    let nowhere = other.browser.post("/c/nowhere/boxes/0000000000001/reserve", &fields).await.is(404);
    assert_eq!(page.words(), nowhere.words());
    assert!(app.browser().post(&path, &fields).await.is(303).header("location").starts_with("/sign-in"));
}
