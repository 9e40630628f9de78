//! A real server for one story: own database, own port, a clock that stands, mail that is kept in memory.

use std::net::TcpListener;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::web;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use boxrota::app::{build, serve};
use boxrota::base::Clock;
use boxrota::base::ids::ResourceId;
use boxrota::base::secret::Secret;
use boxrota::config::{Config, ServerArgs};
use boxrota::db::{Db, Error};
use boxrota::mail::mailer::{Mailer, Memory};
use boxrota::mail::store::SWITCH_OFF;
use boxrota::mail::{Message, Outcome};
use boxrota::people::store::sessions;
use boxrota::web::App;
use boxrota::worker::Worker;
use boxrota::{imports, people};

use super::{Browser, Coordinator, Engine, Ground, Raw, Ssl, World, log};

/// Monday 23 November 2026, nine o'clock in London: two weeks of loans ahead in term, half-term behind.
pub const MONDAY: &str = "2026-11-23T09:00:00Z";

/// A running Boxrota; cheap to clone.
#[derive(Clone)]
pub struct TestApp(Arc<Inner>);

/// What a [`TestApp`] shares.
pub struct Inner {
    /// Its database.
    pub ground: Arc<Ground>,
    /// The App value of the server.
    pub app: web::Data<App>,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// What it takes for now.
    pub clock: Clock,
    memory: Arc<Memory>,
    mailer: Arc<Mailer>,
    server: ServerHandle,
    read: Mutex<usize>,
}

impl Deref for TestApp {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Tells a story on an engine, and checks afterwards that nothing was left lying: no letter unread, no error in the log.
pub fn tell<S, F>(engine: Engine, story: S)
where
    S: FnOnce(TestApp) -> F,
    F: Future<Output = ()>,
{
    log::listen();
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(Ground::migrated(engine), |_| {}).await;
        story(app.clone()).await;
        app.end().await;
    });
}

impl TestApp {
    /// Starts a server with the two clusters of the stories; `change` may change its configuration first.
    pub async fn start(ground: Ground, change: impl FnOnce(&mut Config)) -> Self {
        let app = Self::bare(ground, change);
        app.found(&World::ashdale()).await;
        app.found(&World::birchwood()).await;
        app
    }

    /// Starts a server without a cluster.
    pub fn bare(ground: Ground, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(ground), change)
    }

    /// Another server on the same database, as a second process would be.
    pub fn beside(&self) -> Self {
        Self::on(self.ground.clone(), |_| {})
    }

    /// The same, set up otherwise.
    pub fn beside_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(self.ground.clone(), change)
    }

    fn on(ground: Arc<Ground>, change: impl FnOnce(&mut Config)) -> Self {
        log::listen();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let database: boxrota::db::DatabaseUrl = ground.url.parse().expect("a database URL");
        let args = ServerArgs { listen: Some(address.to_string()), ..ServerArgs::default() };
        let mut config = Config::from(&args, database.clone(), false, |_| None).expect("a configuration");
        // Everybody in the stories comes from one address, faster than people do.
        config.requests_per_session = std::num::NonZeroU32::MAX;
        config.requests_per_address = std::num::NonZeroU32::MAX;
        config.connections = 20_000;
        change(&mut config);
        let db = Db::connect(&database, &config.site.link("")).expect("a database");
        let clock = Clock::standing_at(MONDAY.parse().expect("a time"));
        let parts = build(db, clock.clone(), config);
        let app = parts.app.clone();
        let server = serve(parts, listener, 2).expect("a server");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let memory = Arc::new(Memory::default());
        Self(Arc::new(Inner {
            ground,
            app,
            origin: format!("http://{address}"),
            clock,
            mailer: Arc::new(Mailer::Memory(memory.clone())),
            memory,
            server: handle,
            read: Mutex::new(0),
        }))
    }

    /// Adds a cluster, as `boxrota import-cluster` does.
    pub async fn found(&self, world: &World) {
        let folder = self.ground.folder.path().join(&world.slug);
        world.write(&folder);
        imports::acts::import_folder(&self.app.db, &self.clock, &folder).await.unwrap_or_else(|fault| panic!("{fault}"));
        // What can be undone is a story of its own; everywhere else things happen at once.
        self.undo_for(&world.slug, 0);
    }

    /// For how many minutes an act can be undone in a cluster.
    pub fn undo_for(&self, cluster: &str, minutes: u32) {
        self.raw().must(&format!(
            "UPDATE settings SET undo_minutes = {minutes} WHERE cluster_id = (SELECT id FROM clusters WHERE slug = '{cluster}')"
        ));
    }

    /// Lets so many minutes pass, and the worker look what can be undone no more.
    pub async fn minutes_pass(&self, minutes: i64) {
        self.later(TimeDelta::minutes(minutes));
        self.worker().carry_out().await.expect("what is due");
    }

    /// A browser that is not signed in.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin)
    }

    /// Somebody with a known address, signed in. Past the mail, because that has a story of its own.
    pub async fn signed_in(&self, email: &str) -> Browser {
        let browser = self.browser();
        let token = self.link_for(email).await;
        let page = browser.get(&format!("/sign-in/{token}")).await.is(200);
        let answer = browser.submit(&page.form(&format!("/sign-in/{token}"))).await.is(303);
        drop(answer);
        browser
    }

    /// The secret of a fresh sign-in link.
    pub async fn link_for(&self, email: &str) -> String {
        let address = email.parse().expect("an address");
        let made: Result<Secret, Error> = self
            .app
            .db
            .house(self.clock.now(), move |house| {
                let person = people::store::person_by_email(house, &address)?.ok_or(Error::NotFound)?;
                sessions::add_link(house, person.id, "/")
            })
            .await;
        made.unwrap_or_else(|fault| panic!("{email}: {fault}")).reveal().to_owned()
    }

    /// The science lead of a school of Ashdale.
    pub async fn ssl(&self, school: &str) -> Ssl {
        Ssl::new(self, "ashdale", &super::world::science_lead(school)).await
    }

    /// Ashdale's coordinator.
    pub async fn coordinator(&self) -> Coordinator {
        Coordinator::new(self, "ashdale", "coordinator@ashdale.example").await
    }

    /// Moves the clock on.
    pub fn later(&self, by: TimeDelta) {
        self.clock.set(self.clock.now() + by);
    }

    /// Sets the clock.
    pub fn at(&self, time: &str) {
        self.clock.set(time.parse::<DateTime<Utc>>().expect("a time"));
    }

    /// A session past the application.
    pub fn raw(&self) -> Raw {
        self.ground.raw()
    }

    /// Lets the next letter come to something else than being sent; several are used up in order.
    pub fn next_letter(&self, outcome: Outcome) {
        self.memory.next(outcome);
    }

    /// Sends what is due, and gives the letters that were sent since this was last asked.
    pub async fn letters(&self) -> Vec<Message> {
        self.deliver().await;
        let all = self.memory.sent();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let new = all[*read..].to_vec();
        *read = all.len();
        for letter in new.iter().filter(|letter| letter.kind != "gathered_letters") {
            let says = letter.text.split_whitespace().collect::<Vec<_>>().join(" ").contains(SWITCH_OFF);
            assert_eq!(
                says,
                !letter.unsubscribe.is_empty(),
                "{} says that it can be switched off when it cannot, or does not when it can",
                letter.kind
            );
        }
        new
    }

    /// The worker, with the memory for a mail server.
    pub fn worker(&self) -> Worker {
        Worker { db: self.app.db.clone(), clock: self.clock.clone(), mailer: self.mailer.clone() }
    }

    async fn deliver(&self) {
        let (_stop, stopped) = watch::channel(false);
        self.worker().send_due(&stopped).await.expect("what is due");
    }

    /// The id of a resource of a cluster, as addresses have it.
    pub fn resource(&self, cluster: &str, name: &str) -> String {
        let sql = format!(
            "SELECT r.id AS n FROM resources r JOIN clusters c ON c.id = r.cluster_id WHERE c.slug = '{cluster}' AND r.name = '{name}'"
        );
        ResourceId(self.raw().number(&sql)).to_string()
    }

    /// How many statements a request took.
    pub async fn questions<T>(&self, request: impl Future<Output = T>) -> (T, u64) {
        let before = self.app.db.queries();
        let answer = request.await;
        (answer, self.app.db.queries() - before)
    }

    /// The end of a story: stops the server and checks what it left.
    pub async fn end(self) {
        let left = self.letters().await;
        let waiting = self.raw().number("SELECT count(*) AS n FROM messages WHERE state IN ('waiting', 'sending')");
        self.server.stop(true).await;
        let titles: Vec<String> = left.iter().map(|letter| format!("{} to {}", letter.title, letter.to_address)).collect();
        assert!(titles.is_empty(), "the story read nothing of these letters: {titles:#?}");
        assert_eq!(waiting, 0, "letters wait in the outbox");
        let errors = log::errors();
        assert!(errors.is_empty(), "errors in the log: {errors:#?}");
    }
}
