//! The demo cluster: the files of `demo/`, with the bookings put around the day on which the demo stands when it is first started.
//!
//! `demo/bookings.csv` is a pattern. Its days are school weeks counted from this week: `+0 Mon` is the Monday of week 0, the
//! week of today or, in holidays and at weekends, the next school week; `-3 Fri` is the Friday three school weeks before.
//! Weeks of holiday are not counted, so the pattern never runs into the summer, whatever day it is.

mod day;

use std::path::{Path, PathBuf};

pub use day::{WrongDay, demo_clock};

use super::load::{ImportFailed, import_folder};
use crate::base::clock::{Clock, today};
use crate::base::days::Day;
use crate::clusters;
use crate::db::Db;
use crate::imports::{Files, Summary, pattern};

/// The files a coordinator would import, embedded in the program.
#[derive(rust_embed::RustEmbed)]
#[folder = "demo/"]
struct Demo;

/// Loads the demo cluster when the database has no cluster yet: writes its files with real days into `DATA/cluster/`, then
/// imports that folder as anybody would. `None` when there is a cluster already.
///
/// # Errors
/// As [`import_folder`].
pub async fn load_demo(db: &Db, clock: &Clock, data: &Path) -> Result<Option<Summary>, ImportFailed> {
    let now = clock.now();
    if db.house_read(now, clusters::store::any_cluster).await.map_err(ImportFailed::Database)? {
        return Ok(None);
    }
    let folder = data.join("cluster");
    write(&folder, &files(today(now))?)?;
    import_folder(db, clock, &folder).await.map(Some)
}

/// The demo's files as they are on a day.
fn files(today: Day) -> Result<Files, ImportFailed> {
    let mut files: Files = Demo::iter().filter_map(|name| Some((name.to_string(), Demo::get(&name)?.data.into_owned()))).collect();
    let bookings = pattern::resolve(&files, today).map_err(ImportFailed::Problems)?;
    files.insert("bookings.csv".to_owned(), bookings);
    Ok(files)
}

fn write(folder: &Path, files: &Files) -> Result<(), ImportFailed> {
    let disk = |path: PathBuf| move |fault| ImportFailed::Disk { path, fault };
    std::fs::create_dir_all(folder).map_err(disk(folder.to_owned()))?;
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(disk(path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
