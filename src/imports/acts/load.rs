//! The command: a folder on the disk into the database, all of it or nothing.

use std::path::{Path, PathBuf};

use crate::base::clock::{Clock, today};
use crate::db::{self, Db, Unique};
use crate::imports::calendar::TERMS_ICS;
use crate::imports::{Cluster, Files, Problems, Summary, read, store};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailed {
    /// The files say something that cannot be stored.
    #[error("{0}{count}. Nothing has been imported.", count = .0.count())]
    Problems(Problems),
    /// The folder or a file cannot be read or written.
    #[error("{path}: {fault}", path = path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// What the system says.
        fault: std::io::Error,
    },
    /// The database refused.
    #[error("{0}. Nothing has been imported.")]
    Database(#[from] db::Error),
}

/// Imports the folder's files as a new cluster.
///
/// # Errors
/// Every problem in the files, with nothing stored; or what the disk or the database says.
pub async fn import_folder(db: &Db, clock: &Clock, folder: &Path) -> Result<Summary, ImportFailed> {
    let files = read_folder(folder)?;
    import(db, clock, &files).await
}

/// Imports files that are in memory already.
///
/// # Errors
/// As [`import_folder`].
pub async fn import(db: &Db, clock: &Clock, files: &Files) -> Result<Summary, ImportFailed> {
    let now = clock.now();
    let cluster = read(files, today(now)).map_err(ImportFailed::Problems)?;
    db.house(now, move |house| {
        let clashes = store::clashes(house, &cluster)?;
        if !clashes.is_empty() {
            return Err(ImportFailed::Problems(clashes));
        }
        let id = store::insert(house, &cluster).map_err(|fault| raced(fault, &cluster))?;
        Ok(Summary::of(id, &cluster))
    })
    .await
}

/// On PostgreSQL two imports may run side by side: the second finds the short name free and then taken.
fn raced(fault: db::Error, cluster: &Cluster) -> ImportFailed {
    if !matches!(fault, db::Error::Unique(Unique::Slug)) {
        return ImportFailed::Database(fault);
    }
    let mut problems = Problems::default();
    let wrong = format!("A cluster with the short name \"{}\" was imported at this moment.", cluster.slug);
    problems.at("cluster.csv", Some(2), "slug", wrong, "Look whether it is the same one.");
    ImportFailed::Problems(problems)
}

/// The CSV files of a folder, and its calendar. Anything else in it is none of our business.
fn read_folder(folder: &Path) -> Result<Files, ImportFailed> {
    let disk = |path: &Path, fault| ImportFailed::Disk { path: path.to_owned(), fault };
    let mut files = Files::new();
    for entry in std::fs::read_dir(folder).map_err(|fault| disk(folder, fault))? {
        let path = entry.map_err(|fault| disk(folder, fault))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let read = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")) || name.eq_ignore_ascii_case(TERMS_ICS);
        // Spreadsheets leave lock files such as ".~lock.people.csv#" and "~$people.csv" beside an open file.
        if read && path.is_file() && !name.starts_with(['.', '~']) {
            files.insert(name.to_lowercase(), std::fs::read(&path).map_err(|fault| disk(&path, fault))?);
        }
    }
    Ok(files)
}
