//! What the compiler and clippy cannot see about the house: which door holds what, which room may use which, who writes a table,
//! where the time of day comes from, that no page carries inline style or script, whose licences we live under, and that the papers'
//! links lead somewhere. `docs/architecture.md` says why each rule is there.
//!
//! Every check is a pure function from texts to their faults, and has a test of its own that feeds it a bad sample: a check that
//! cannot fail would be worth nothing.

#![allow(clippy::expect_used, reason = "a test that cannot read its own project has nothing else to say")]

mod doors;
mod faults;
mod kinds;
mod licences;
mod pages;
mod papers;
mod rooms;
mod routes;
mod sizes;
mod source;
mod tables;
mod uses;
mod words;

use source::{Rust, faults_in, root};

#[test]
fn every_file_says_what_it_is_for() {
    faults_in(&source::rust_files(&["src", "tests", "benches"]), source::head);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let files = source::rust_files(&["src", "tests", "benches"]);
    for Rust { path, text, .. } in files.iter().filter(|file| file.text.lines().count() > source::LONG) {
        println!("long: {path} has {} lines; make it a folder soon", text.lines().count());
    }
    faults_in(&files, source::length);
}

#[test]
fn doors_hold_only_what_they_may() {
    faults::none(doors::holds, &source::rust_files(&["src"]));
}

#[test]
fn doors_name_only_doors_before_them() {
    faults::none(doors::order, &source::rust_files(&["src"]));
}

#[test]
fn rooms_use_only_rooms_before_them() {
    faults::none(rooms::order, &source::rust_files(&["src"]));
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let faults = rooms::order_of_lib(&lib);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_table_is_written_by_one_room() {
    faults::none(tables::tables, &source::rust_files(&["src"]));
}

#[test]
fn files_and_rooms_can_be_held_in_the_head() {
    faults::none(sizes::sizes, &source::rust_files(&["src"]));
}

#[test]
fn routes_live_with_their_pages() {
    faults::none(routes::routes, &source::rust_files(&["src"]));
}

#[test]
fn no_kind_of_letter_is_forgotten() {
    faults::none(kinds::kinds, &source::rust_files(&["src"]));
}

#[test]
fn each_act_has_one_word() {
    faults_in(&source::rust_files(&["src"]), words::words);
}

/// A reader that sees nothing finds no fault.
#[test]
fn what_the_checks_go_by_is_read_at_all() {
    let files = source::rust_files(&["src"]);
    let uses = uses::between(&files, |file| &file.code).len();
    let writes: usize = files.iter().map(|file| tables::written(file).len()).sum();
    let routes: usize = files.iter().map(|file| file.code.matches(".route(").count()).sum();
    assert!(uses > 2000 && writes > 100 && routes > 150, "{uses} uses, {writes} statements that write, {routes} routes");
}

#[test]
fn the_time_of_day_is_asked_for_in_one_file() {
    faults_in(&source::rust_files(&["src"]), doors::asks_the_time);
}

#[test]
fn nothing_in_the_program_panics_by_design() {
    faults_in(&source::rust_files(&["src"]), doors::panics);
}

#[test]
fn pages_carry_no_inline_style_or_script() {
    faults_in(&source::rust_files(&["src"]), pages::inline);
    for (path, text) in source::files(&["assets"], &["js"]) {
        let faults = pages::script(&path, &text);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn forms_are_read_through_the_guard() {
    faults_in(&source::rust_files(&["src"]), pages::unguarded);
}

#[test]
fn licences_are_ones_we_can_live_under() {
    let faults = licences::of_the_crates();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let faults = licences::of_the_browser_tests();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn links_in_the_papers_lead_somewhere() {
    let papers = source::files(&["."], &["md"]);
    let faults: Vec<String> = papers.iter().flat_map(|(path, text)| papers::dead_links(path, text, &root())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_names_somebodys_machine() {
    let all = source::files(&["."], &["rs", "md", "toml", "sql", "css", "js", "ts", "csv", "json", "yml", "sh"]);
    let faults: Vec<String> = all.iter().flat_map(|(path, text)| papers::machine_paths(path, text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn both_engines_have_the_same_list_of_migrations() {
    let names = |engine: &str| -> Vec<String> {
        let mut names: Vec<String> = source::files(&[&format!("migrations/{engine}")], &["sql"])
            .into_iter()
            .map(|(path, _)| path.replacen(&format!("migrations/{engine}/"), "", 1))
            .collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty(), "no migrations found");
    assert_eq!(names("sqlite"), names("postgres"));
}
