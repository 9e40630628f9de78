//! Statements and matching against samples whose right answer is known, every key of it; against damaged bytes; and as the commands that a
//! person types.

#![allow(clippy::expect_used, reason = "a test that cannot read its samples has failed")]

mod commands;
mod damaged;
mod matching;
mod samples;

use std::path::PathBuf;

/// A file of the samples.
fn sample(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("samples").join(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// Where the samples are.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/statements")
}

/// The names of all samples.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(folder().join("samples")).expect("the samples");
    let names = entries.map(|entry| entry.expect("a sample").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".expected.json")).collect();
    names.sort();
    assert!(names.len() >= 34, "{} samples", names.len());
    names
}
