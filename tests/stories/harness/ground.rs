//! A database for one test: a copy of a migrated one, so that a test pays a few milliseconds and no migration. Gone afterwards.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use boxrota::db::DatabaseUrl;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use tempfile::TempDir;

pub use boxrota::db::Engine;

/// The number under which tests of several processes take turns at making the template.
const TEMPLATE_LOCK: i64 = 0x7465_7374;

/// A database of a test's own.
pub struct Ground {
    /// Which engine it is.
    pub engine: Engine,
    /// As `BOXROTA_DATABASE_URL` wants it.
    pub url: String,
    /// A folder of the test's own, gone with it.
    pub folder: TempDir,
    postgres_name: Option<String>,
}

impl Ground {
    /// A database with every migration run, and nothing in it.
    pub fn migrated(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let ground = Self::empty(engine);
                std::fs::copy(sqlite_template(), ground.file()).expect("copying the template");
                ground
            }
            Engine::Postgres => Self::postgres(Some(&postgres_template())),
        }
    }

    /// A database without any table; on SQLite, not even the file.
    pub fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = TempDir::new().expect("a temporary folder");
                let url = format!("sqlite:{}", folder.path().join("boxrota.sqlite").display());
                Self { engine, url, folder, postgres_name: None }
            }
            Engine::Postgres => Self::postgres(None),
        }
    }

    fn postgres(template: Option<&str>) -> Self {
        let name = format!("boxrota_test_{:x}_{:016x}", std::process::id(), rand::random::<u64>());
        let template = template.map_or_else(String::new, |template| format!(" TEMPLATE {template} STRATEGY file_copy"));
        admin().batch_execute(&format!("CREATE DATABASE {name}{template}")).expect("creating a database");
        let url = beside(&name);
        Self { engine: Engine::Postgres, url, folder: TempDir::new().expect("a temporary folder"), postgres_name: Some(name) }
    }

    /// SQLite's file.
    pub fn file(&self) -> PathBuf {
        PathBuf::from(self.url.strip_prefix("sqlite:").expect("a SQLite database"))
    }

    /// A session past the application, as somebody with psql or sqlite3 has it.
    pub fn raw(&self) -> Raw {
        match self.engine {
            Engine::Sqlite => {
                let mut conn = SqliteConnection::establish(&self.file().to_string_lossy()).expect("opening the file");
                conn.batch_execute("PRAGMA busy_timeout = 10000").expect("a pragma");
                Raw::Sqlite(conn)
            }
            Engine::Postgres => Raw::Postgres(PgConnection::establish(&self.url).expect("connecting")),
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some(name) = &self.postgres_name {
            // The server goes after the run anyway; what is dropped now keeps it small.
            let _ = admin().batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// A session past the application.
pub enum Raw {
    /// With foreign keys off, which is how the sqlite3 program opens a file.
    Sqlite(SqliteConnection),
    /// As the owner of everything.
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    t: String,
}

impl Raw {
    /// Runs one statement or several; the engine's words when it refuses.
    pub fn run(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(sql),
            Self::Postgres(conn) => conn.batch_execute(sql),
        }
        .map_err(|fault| fault.to_string())
    }

    /// Runs a statement that must do.
    pub fn must(&mut self, sql: &str) {
        self.run(sql).unwrap_or_else(|fault| panic!("{fault}\nin: {sql}"));
    }

    /// The number that `SELECT … AS n` gives.
    pub fn number(&mut self, sql: &str) -> i64 {
        let rows: Vec<Number> = match self {
            Self::Sqlite(conn) => diesel::sql_query(sql).load(conn),
            Self::Postgres(conn) => diesel::sql_query(sql).load(conn),
        }
        .unwrap_or_else(|fault| panic!("{fault}\nin: {sql}"));
        rows.first().map_or_else(|| panic!("no row\nin: {sql}"), |row| row.n)
    }

    /// The texts that `SELECT … AS t` gives.
    pub fn texts(&mut self, sql: &str) -> Vec<String> {
        let rows: Vec<Line> = match self {
            Self::Sqlite(conn) => diesel::sql_query(sql).load(conn),
            Self::Postgres(conn) => diesel::sql_query(sql).load(conn),
        }
        .unwrap_or_else(|fault| panic!("{fault}\nin: {sql}"));
        rows.into_iter().map(|row| row.t).collect()
    }
}

/// The test server's URL with another database's name.
fn beside(name: &str) -> String {
    let mut url = url::Url::parse(&server()).expect("BOXROTA_TEST_POSTGRES_URL is a URL");
    url.set_path(name);
    url.to_string()
}

fn server() -> String {
    std::env::var("BOXROTA_TEST_POSTGRES_URL")
        .expect("BOXROTA_TEST_POSTGRES_URL is not set: run `./test rust`, or `./test database cargo nextest run`")
}

fn admin() -> PgConnection {
    PgConnection::establish(&server()).expect("connecting to the test server")
}

/// Changes when a migration does, so that an old template is not taken for a new one.
fn schema_version() -> String {
    fn read(folder: &Path, into: &mut DefaultHasher) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).expect("migrations").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() { read(&path, into) } else { std::fs::read(&path).expect("a migration").hash(into) }
        }
    }
    let mut hasher = DefaultHasher::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"), &mut hasher);
    format!("{:016x}", hasher.finish())
}

fn migrate(url: &str) {
    let url: DatabaseUrl = url.parse().expect("a database URL");
    boxrota::db::migrate(&url).expect("migrating");
}

fn sqlite_template() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let ready = folder.join(format!("template-{}.sqlite", schema_version()));
    let lock = File::create(folder.join("template.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if !ready.exists() {
        let making = TempDir::new_in(folder).expect("a temporary folder");
        let file = making.path().join("boxrota.sqlite");
        migrate(&format!("sqlite:{}", file.display()));
        let mut conn = SqliteConnection::establish(&file.to_string_lossy()).expect("opening the template");
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
        drop(conn);
        std::fs::rename(&file, &ready).expect("moving the template");
    }
    ready
}

fn postgres_template() -> String {
    let name = format!("boxrota_template_{}", schema_version());
    let mut conn = admin();
    diesel::sql_query(format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).execute(&mut conn).expect("the lock");
    let mut admin = Raw::Postgres(conn);
    // The mark of a template is set last: one without it was left half done.
    if admin.number(&format!("SELECT count(*) AS n FROM pg_database WHERE datname = '{name}' AND datistemplate")) == 0 {
        admin.must(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        admin.must(&format!("CREATE DATABASE {name}"));
        migrate(&beside(&name));
        admin.must(&format!("ALTER DATABASE {name} IS_TEMPLATE true"));
    }
    name
}
