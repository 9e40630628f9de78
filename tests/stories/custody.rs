//! A copy is always in exactly one place, whatever anybody writes into the database (product rule 2), and what was is kept.

use std::sync::{Arc, Barrier};

use crate::harness::{Ground, Raw, TestApp, Wish};

on_both_engines!(
    a_copy_has_one_custody_from_its_first_row_on,
    a_second_custody_is_refused,
    custody_cannot_be_taken_away,
    places_that_make_no_sense_are_refused,
    what_is_missing_is_nowhere_whoever_says_it,
    possession_moves_custody_whoever_says_it,
    the_chain_is_only_added_to,
    counts_are_only_added_to,
    racing_writers_leave_one_custody_and_a_whole_chain,
);

stories!(collected_and_returned_move_custody, what_was_there_before_has_custody_too);

/// A cluster with two schools and a copy, by hand.
fn world(ground: &Ground) -> Raw {
    let mut raw = ground.raw();
    raw.must(
        "INSERT INTO clusters (id, slug, name, nation, created_at) VALUES (1, 'ash', 'Ash', 'england', '2026-01-01 00:00:00'), (2, 'oak', 'Oak', 'england', '2026-01-01 00:00:00');
         INSERT INTO people (id, email, name, created_at) VALUES (1, 'a@ash.example', 'Science lead, Ash', '2026-01-01 00:00:00');
         INSERT INTO schools (cluster_id, id, name, short_name, letters, address, postcode) VALUES (1, 1, 'Ash', 'Ash', 'AS', '', ''), (1, 2, 'Beech', 'Beech', 'BE', '', ''), (2, 3, 'Oak', 'Oak', 'OA', '', '');
         INSERT INTO resources (cluster_id, id, kind, name, summary, strand, topic, icon, year_from, year_to, search_words) VALUES (1, 1, 'box', 'Sound', '', 'physics', '', 'magnet', 0, 6, '');
         INSERT INTO copies (cluster_id, id, resource_id, tag, code, home_school_id) VALUES (1, 10, 1, 'SO1', 'SO1', 1)",
    );
    raw
}

/// A booking of the copy by a school.
fn book(raw: &mut Raw, id: i64, school: i64, first: &str, last: &str) {
    raw.must(&format!(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, request_key, created_at, updated_at)
         VALUES (1, {id}, 10, {school}, 1, 'loan', 'confirmed', '{first}', '{last}', '{last}', 'key{id}', '2026-09-01 09:00:00', '2026-09-01 09:00:00')"
    ));
}

/// "school 1 booking 5", of the copy.
fn custody(raw: &mut Raw) -> String {
    let all = raw.texts(
        "SELECT place || ' ' || school_id || CASE WHEN booking_id IS NULL THEN '' ELSE ' booking ' || booking_id END AS t FROM custody WHERE cluster_id = 1 AND copy_id = 10",
    );
    assert_eq!(all.len(), 1, "exactly one custody: {all:?}");
    all[0].clone()
}

fn chain(raw: &mut Raw) -> Vec<String> {
    raw.texts("SELECT n || ' ' || place || ' ' || school_id AS t FROM custody_chain WHERE cluster_id = 1 AND copy_id = 10 ORDER BY n")
}

fn a_copy_has_one_custody_from_its_first_row_on(ground: Ground) {
    let mut raw = world(&ground);
    assert_eq!(custody(&mut raw), "store 1");
    assert_eq!(chain(&mut raw), ["1 store 1"]);
    // Its store moves: what lies in it moves along.
    raw.must("UPDATE copies SET home_school_id = 2 WHERE id = 10");
    assert_eq!(custody(&mut raw), "store 2");
    assert_eq!(chain(&mut raw), ["1 store 1", "2 store 2"]);
}

fn a_second_custody_is_refused(ground: Ground) {
    let mut raw = world(&ground);
    let insert = |word: &str, rest: &str| {
        format!(
            "{word} INTO custody (cluster_id, copy_id, place, school_id, since) VALUES (1, 10, 'school', 2, '2026-09-01 09:00:00'){rest}"
        )
    };
    assert!(raw.run(&insert("INSERT", "")).is_err());
    match &raw {
        Raw::Sqlite(_) => {
            for word in ["INSERT OR REPLACE", "REPLACE"] {
                assert!(raw.run(&insert(word, "")).is_err(), "{word}");
            }
            let _ = raw.run(&insert("INSERT OR IGNORE", ""));
        }
        Raw::Postgres(_) => raw.must(&insert("INSERT", " ON CONFLICT DO NOTHING")),
    }
    assert_eq!(custody(&mut raw), "store 1");
    assert_eq!(chain(&mut raw), ["1 store 1"]);
}

fn custody_cannot_be_taken_away(ground: Ground) {
    let mut raw = world(&ground);
    assert!(raw.run("DELETE FROM custody").is_err());
    assert!(raw.run("UPDATE custody SET copy_id = 11").is_err());
    assert!(raw.run("UPDATE custody SET cluster_id = 2").is_err());
    assert_eq!(custody(&mut raw), "store 1");
}

fn places_that_make_no_sense_are_refused(ground: Ground) {
    let mut raw = world(&ground);
    raw.run("PRAGMA foreign_keys = ON").ok();
    book(&mut raw, 5, 2, "2026-10-05", "2026-10-09");
    for wrong in [
        "place = 'lorry'",
        "place = 'store', booking_id = 5",
        "place = 'transit', booking_id = 5",
        "place = 'school', to_school_id = 2",
        "place = 'missing', handover_id = 9",
        "school_id = 3",
        "school_id = NULL",
        "place = 'school', booking_id = 99",
    ] {
        assert!(raw.run(&format!("UPDATE custody SET {wrong} WHERE copy_id = 10")).is_err(), "{wrong}");
    }
    assert_eq!(custody(&mut raw), "store 1");
}

fn what_is_missing_is_nowhere_whoever_says_it(ground: Ground) {
    let mut raw = world(&ground);
    let stands = |raw: &mut Raw| {
        let state = raw.texts("SELECT state AS t FROM copies WHERE id = 10").remove(0);
        format!("{state}: {}", custody(raw))
    };
    book(&mut raw, 5, 2, "2026-10-05", "2026-10-09");
    for (said, then) in [
        ("UPDATE copies SET state = 'missing' WHERE id = 10", "missing: missing 1"),
        ("UPDATE copies SET state = 'in_service' WHERE id = 10", "in_service: store 1"),
        ("UPDATE custody SET place = 'missing' WHERE copy_id = 10", "missing: missing 1"),
        ("UPDATE bookings SET collected_on = '2026-10-05' WHERE id = 5", "in_service: school 2 booking 5"),
        ("UPDATE copies SET state = 'missing' WHERE id = 10", "missing: missing 2"),
        ("UPDATE bookings SET returned_on = '2026-10-09' WHERE id = 5", "missing: missing 2"),
        ("UPDATE custody SET place = 'store', school_id = 1 WHERE copy_id = 10", "in_service: store 1"),
        // What is being repaired stays so while it is missing.
        ("UPDATE copies SET state = 'repair' WHERE id = 10", "repair: store 1"),
        ("UPDATE custody SET place = 'missing' WHERE copy_id = 10", "repair: missing 1"),
        ("UPDATE custody SET place = 'school', school_id = 2 WHERE copy_id = 10", "repair: school 2"),
    ] {
        raw.must(said);
        assert_eq!(stands(&mut raw), then, "{said}");
    }
    raw.must(
        "INSERT INTO copies (cluster_id, id, resource_id, tag, code, home_school_id, state) VALUES (1, 11, 1, 'SO2', 'SO2', 2, 'missing')",
    );
    assert_eq!(raw.texts("SELECT place || ' ' || school_id AS t FROM custody WHERE copy_id = 11"), ["missing 2"]);
}

fn possession_moves_custody_whoever_says_it(ground: Ground) {
    let mut raw = world(&ground);
    book(&mut raw, 5, 2, "2026-10-05", "2026-10-09");
    raw.must("UPDATE bookings SET collected_on = '2026-10-05', updated_at = '2026-10-05 08:00:00' WHERE id = 5");
    assert_eq!(custody(&mut raw), "school 2 booking 5");
    raw.must("UPDATE bookings SET class_name = 'Year 4' WHERE id = 5");
    assert_eq!(chain(&mut raw).len(), 2, "what changes nothing writes nothing");
    raw.must("UPDATE bookings SET returned_on = '2026-10-09' WHERE id = 5");
    assert_eq!(custody(&mut raw), "store 1");
    // Handed over by a handover first: what the booking says afterwards moves nothing.
    book(&mut raw, 6, 2, "2026-10-12", "2026-10-16");
    raw.must("UPDATE bookings SET collected_on = '2026-10-12' WHERE id = 6");
    raw.must("UPDATE custody SET place = 'transit', booking_id = NULL, to_school_id = 1, since = '2026-10-16 12:00:00' WHERE copy_id = 10");
    raw.must("UPDATE bookings SET returned_on = '2026-10-16' WHERE id = 6");
    assert_eq!(custody(&mut raw), "transit 2");
    // A booking that is stored as out already, as an import does.
    raw.must(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, collected_on, request_key, created_at, updated_at)
         VALUES (1, 7, 10, 1, 1, 'loan', 'confirmed', '2026-10-19', '2026-10-23', '2026-10-23', '2026-10-19', 'key7', '2026-09-01 09:00:00', '2026-10-19 09:00:00')",
    );
    assert_eq!(custody(&mut raw), "school 1 booking 7");
    assert_eq!(chain(&mut raw), ["1 store 1", "2 school 2", "3 store 1", "4 school 2", "5 transit 2", "6 school 1"]);
}

fn the_chain_is_only_added_to(ground: Ground) {
    let mut raw = world(&ground);
    assert!(raw.run("UPDATE custody_chain SET school_id = 2").is_err());
    assert!(raw.run("DELETE FROM custody_chain").is_err());
    if matches!(raw, Raw::Sqlite(_)) {
        let replace = "INSERT OR REPLACE INTO custody_chain (cluster_id, copy_id, n, place, school_id, since) VALUES (1, 10, 1, 'school', 2, '2026-09-01 09:00:00')";
        assert!(raw.run(replace).is_err());
    }
    assert_eq!(chain(&mut raw), ["1 store 1"]);
}

fn counts_are_only_added_to(ground: Ground) {
    let mut raw = world(&ground);
    raw.must(
        "INSERT INTO contents_lines (cluster_id, id, resource_id, position, item, quantity, consumable, essential) VALUES (1, 1, 1, 1, 'Drum', 2, '0', '1');
         INSERT INTO handovers (cluster_id, id, copy_id, from_school_id, to_school_id, state, given_by, given_at) VALUES (1, 1, 10, 1, 2, 'given', 1, '2026-10-05 09:00:00');
         INSERT INTO counts (cluster_id, id, handover_id, copy_id, side, person_id, how, counted_at, request_key) VALUES (1, 1, 1, 10, 'giver', 1, 'lines', '2026-10-05 09:00:00', 'a');
         INSERT INTO count_lines (cluster_id, count_id, line_id, position, item, quantity, expected, consumable, essential, counted) VALUES (1, 1, 1, 1, 'Drum', 2, 2, '0', '1', 0)",
    );
    for wrong in [
        "UPDATE counts SET how = 'none'",
        "DELETE FROM counts",
        "UPDATE count_lines SET counted = 2",
        "UPDATE count_lines SET counted = NULL",
        "DELETE FROM count_lines",
        // One count a side, and a number is not a guess.
        "INSERT INTO counts (cluster_id, id, handover_id, copy_id, side, person_id, how, counted_at, request_key) VALUES (1, 2, 1, 10, 'giver', 1, 'none', '2026-10-05 09:00:00', 'b')",
        "INSERT INTO counts (cluster_id, id, handover_id, copy_id, side, person_id, how, counted_at, request_key) VALUES (1, 2, 1, 10, 'receiver', 1, 'none', '2026-10-05 09:00:00', 'a')",
        // A second handover of a copy that is on its way.
        "INSERT INTO handovers (cluster_id, id, copy_id, from_school_id, to_school_id, state, given_by, given_at) VALUES (1, 2, 10, 1, 2, 'given', 1, '2026-10-05 09:00:00')",
    ] {
        assert!(raw.run(wrong).is_err(), "{wrong}");
    }
    assert_eq!(raw.number("SELECT CAST(counted AS BIGINT) AS n FROM count_lines"), 0, "zero stays zero");
}

fn racing_writers_leave_one_custody_and_a_whole_chain(ground: Ground) {
    let mut raw = world(&ground);
    for n in 0..8 {
        book(&mut raw, 100 + n, 1 + n % 2, &format!("2026-10-{:02}", 1 + n), &format!("2026-10-{:02}", 1 + n));
    }
    let ground = Arc::new(ground);
    let barrier = Arc::new(Barrier::new(8));
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let (ground, barrier) = (ground.clone(), barrier.clone());
            std::thread::spawn(move || {
                let mut raw = ground.raw();
                barrier.wait();
                let mut won = 0;
                for _ in 0..20 {
                    let taken =
                        raw.run(&format!("UPDATE bookings SET collected_on = '2026-10-09', returned_on = NULL WHERE id = {}", 100 + n));
                    let back = raw.run(&format!(
                        "UPDATE bookings SET returned_on = '2026-10-09' WHERE id = {} AND collected_on IS NOT NULL",
                        100 + n
                    ));
                    won += usize::from(taken.is_ok() && back.is_ok());
                }
                won
            })
        })
        .collect();
    let won: usize = writers.into_iter().map(|writer| writer.join().expect("a writer")).sum();
    assert!(won > 0, "somebody got it");
    let out = raw.number("SELECT count(*) AS n FROM bookings WHERE collected_on IS NOT NULL AND returned_on IS NULL");
    assert!(out <= 1);
    let now = custody(&mut raw);
    assert_eq!(out == 1, now.contains("booking"), "custody says what the bookings say: {now}");
    let (links, last) = (raw.number("SELECT count(*) AS n FROM custody_chain"), raw.number("SELECT max(n) AS n FROM custody_chain"));
    assert_eq!(links, last, "no link is missing");
}

async fn collected_and_returned_move_custody(app: TestApp) {
    let ash = app.ssl("Beech").await;
    let booking = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-11-27")).await;
    app.letters().await;
    let place = |app: &TestApp| app.raw().texts("SELECT place AS t FROM custody k JOIN copies c ON c.id = k.copy_id WHERE c.tag = 'MG1'");
    assert_eq!(place(&app), ["store"]);
    let page = ash.browser.open(&booking).await;
    ash.browser.submit(&page.form("/collected")).await.is(303);
    assert_eq!(place(&app), ["school"]);
    let page = ash.browser.open(&booking).await;
    ash.browser.submit(&page.form("/returned")).await.is(303);
    assert_eq!(place(&app), ["transit"], "the word of one side");
    let copy = crate::handing_over::copy(&app, "ashdale", "MG1");
    let store = app.ssl("Ash").await;
    crate::handing_over::send(&store, &copy, "receive", &[]).await.is(303);
    assert_eq!(place(&app), ["store"]);
    app.letters().await;
}

async fn what_was_there_before_has_custody_too(app: TestApp) {
    // Every copy that the import made.
    let mut raw = app.raw();
    assert_eq!(raw.number("SELECT count(*) AS n FROM custody"), raw.number("SELECT count(*) AS n FROM copies"));
}
