//! Migrations: the same schema twice, run at start, one process at a time.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, anyhow};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseUrl, Engine};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// What to do about a file that cannot be used.
pub(super) const MEND_FILE: &str = "see that the file and its folder belong to the account that Boxrota runs under, that the disk is not full or read-only, and that \
     BOXROTA_DATABASE_URL names the right place";

/// What to do about a server that cannot be used.
pub(super) const MEND_SERVER: &str = "see that the server runs, that it lets this machine in, and that BOXROTA_DATABASE_URL is right";
/// What to do when the schema cannot be brought up to date.
const MEND_SCHEMA: &str =
    "see that the disk is not full or read-only; if it goes on, put your backup back and run the earlier version of Boxrota";

/// The number under which PostgreSQL's advisory lock keeps other processes waiting: "boxrota" as letters.
const LOCK: i64 = 0x0062_6f78_726f_7461;

/// Brings the schema up to date. Several processes that start together take turns; the later ones find nothing to do.
///
/// # Errors
/// When the database cannot be reached, or a migration fails.
pub fn run(url: &DatabaseUrl) -> anyhow::Result<()> {
    match url.engine() {
        Engine::Sqlite => {
            let path = url.target();
            if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}; {MEND_FILE}", folder.display()))?;
            }
            // The operating system frees this lock when a process dies.
            let lock_path = format!("{path}.lock");
            let was_here = Path::new(&lock_path).exists();
            let lock = File::create(&lock_path).with_context(|| format!("cannot write {lock_path}; {MEND_FILE}"))?;
            lock.lock().with_context(|| format!("cannot lock {lock_path}; {MEND_FILE}"))?;
            refuse_emptied(path, was_here)?;
            let mut conn = SqliteConnection::establish(path).with_context(|| format!("cannot open {path}; {MEND_FILE}"))?;
            diesel::connection::SimpleConnection::batch_execute(&mut conn, "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL;")
                .with_context(|| format!("cannot use {path} as a database; {MEND_FILE}"))?;
            conn.run_pending_migrations(SQLITE).map_err(|fault| anyhow!("a migration of {path} failed: {fault}; {MEND_SCHEMA}"))?;
        }
        Engine::Postgres => {
            let mut conn =
                PgConnection::establish(url.target()).with_context(|| format!("cannot connect to {}; {MEND_SERVER}", url.shown()))?;
            diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(&mut conn)?;
            // The lock goes with the connection.
            let failed = |fault| anyhow!("a migration of {} failed: {fault}; {MEND_SCHEMA}", url.shown());
            conn.run_pending_migrations(POSTGRES).map_err(failed)?;
        }
    }
    Ok(())
}

/// A file of 0 bytes in a place where Boxrota has been is what a full disk or a broken copy leaves of a database: to fill it as if it
/// were new would hide that.
fn refuse_emptied(path: &str, was_here: bool) -> anyhow::Result<()> {
    if was_here && std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return Err(anyhow!(
            "{path} is empty, though there was a database before: put your backup in its place; or, to begin with nothing, remove {path}"
        ));
    }
    Ok(())
}

/// How many migrations are still to run, for `boxrota check`.
///
/// # Errors
/// When the database cannot be reached.
pub fn pending(url: &DatabaseUrl) -> anyhow::Result<usize> {
    let pending = match url.engine() {
        Engine::Sqlite => {
            let path = url.target();
            if !Path::new(path).exists() {
                return Err(anyhow!("there is no file {path} yet: `boxrota migrate` creates it"));
            }
            refuse_emptied(path, Path::new(&format!("{path}.lock")).exists())?;
            SqliteConnection::establish(path)?.pending_migrations(SQLITE).map(|list| list.len())
        }
        Engine::Postgres => PgConnection::establish(url.target())?.pending_migrations(POSTGRES).map(|list| list.len()),
    };
    pending.map_err(|fault| anyhow!("{fault}"))
}
