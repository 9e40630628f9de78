//! What was changed stays written down, whoever asks for anything else.

use crate::harness::{Ground, TestApp, Wish};

on_both_engines!(nobody_changes_or_removes_a_line);
stories!(what_somebody_did_is_in_the_log);

fn nobody_changes_or_removes_a_line(ground: Ground) {
    let mut raw = ground.raw();
    raw.must("INSERT INTO changes (cluster_id, id, at, about, about_id, verb, before, after) VALUES (0, 1, '2026-11-23 09:00:00', 'x', 'y', 'z', '', '')");
    for statement in ["UPDATE changes SET verb = 'nothing'", "DELETE FROM changes", "UPDATE changes SET person_id = NULL WHERE id = 1"] {
        let fault = raw.run(statement).expect_err("the database must refuse");
        assert!(fault.contains("changes are only added to"), "{statement}: {fault}");
    }
    assert_eq!(raw.texts("SELECT verb AS t FROM changes"), ["z"]);
}

async fn what_somebody_did_is_in_the_log(app: TestApp) {
    let ash = app.ssl("Ash").await;
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08")).await;
    app.letters().await;
    let line = app.raw().texts("SELECT c.verb || ' by ' || p.email AS t FROM changes c JOIN people p ON p.id = c.person_id");
    assert_eq!(line, ["reserved by science.lead@ash.example"]);
}

/// What is logged is found in the source, so that a new kind of line cannot be forgotten.
#[test]
fn every_kind_of_line_can_say_what_it_is_about() {
    fn kinds(folder: &std::path::Path, found: &mut std::collections::BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                kinds(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).expect("a file");
                let calls = text.split(".log(\"").skip(1);
                found.extend(calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }
    let mut found = std::collections::BTreeSet::new();
    kinds(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 15, "only {found:?}");
    let dumb: Vec<&String> = found.iter().filter(|kind| !boxrota::clusters::store::log::has_subject(kind)).collect();
    assert!(dumb.is_empty(), "say in clusters/store/log.rs what these lines are about: {dumb:?}");
    assert!(!boxrota::clusters::store::log::has_subject("nothing"));
    let unnamed: Vec<&String> = found.iter().filter(|kind| !boxrota::clusters::log::KINDS.iter().any(|(table, _)| table == kind)).collect();
    assert!(unnamed.is_empty(), "no words for {unnamed:?}");
}
