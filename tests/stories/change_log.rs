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
