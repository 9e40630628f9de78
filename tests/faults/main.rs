//! Faults: what holds while everything goes wrong at once. Many people press at the same time on two servers, the process is killed
//! while it works, the mail server misbehaves, the database goes away. After each, the same questions are asked of the rows
//! (`tests/stories/harness/truth.rs`).
//!
//! The short run is part of `./test` and takes less than three minutes; `./test faults --long` repeats everything many times. What
//! looks like chance begins at a number that each test prints, and that `BOXROTA_FAULTS_SEED` sets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a run that cannot go on has failed")]
#![allow(clippy::format_collect, reason = "a story's texts are short")]
#![allow(clippy::needless_pass_by_value, reason = "a story owns its database or its server, and takes it away with it")]

#[macro_use]
#[allow(dead_code, unused_imports, unused_macros, reason = "the stories use the rest")]
#[path = "../stories/harness/mod.rs"]
mod harness;
#[allow(dead_code, reason = "the stories use the rest")]
#[path = "../stories/post_office.rs"]
mod post_office;

mod database;
mod kills;
mod mail;
mod storm;

/// How often something is done: in the short run, or in the long one.
fn times(short: usize, long: usize) -> usize {
    if std::env::var_os("BOXROTA_FAULTS_LONG").is_some() { long } else { short }
}

/// Where chance begins: as told, or the same each time.
fn chance(own: u64) -> harness::Chance {
    let told = std::env::var("BOXROTA_FAULTS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = told.unwrap_or(own);
    println!("BOXROTA_FAULTS_SEED={seed}");
    harness::Chance(seed)
}
