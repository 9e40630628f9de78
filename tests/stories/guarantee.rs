//! The guarantee that no two live bookings of a copy share a day, tried past the application: raw SQL on both engines, as
//! somebody with psql or sqlite3 could send it. And that it is the guard that does it: without it, the same SQL overlaps.

use proptest::test_runner::{Config, TestRunner};

use crate::harness::truth::{days_are_right, overlaps};
use crate::harness::{Engine, Ground, Raw};

on_both_engines!(
    an_overlap_is_refused_wherever_it_lies,
    days_side_by_side_other_copies_and_other_clusters_are_free,
    a_request_holds_its_days_as_a_booking_does,
    a_row_cannot_be_moved_onto_days_that_are_taken,
    a_row_cannot_come_back_to_life_on_days_that_are_taken,
    one_statement_with_many_rows_is_refused_whole,
    conflict_clauses_do_not_get_round_it,
    what_is_given_up_is_free_again,
    no_sequence_of_statements_makes_an_overlap,
    without_the_guard_the_same_statements_overlap,
    a_copy_is_out_at_one_school_only,
    a_row_that_makes_no_sense_is_refused,
);

/// Two clusters with a school and two copies each, by raw SQL.
pub fn seed(raw: &mut Raw) {
    for cluster in [1, 2] {
        raw.must(&format!(
            "INSERT INTO clusters (id, slug, name, nation, created_at) VALUES ({cluster}, 'c{cluster}', 'C', 'england', '2026-01-01 00:00:00');
             INSERT INTO schools (cluster_id, id, name, short_name, letters, address, postcode) VALUES ({cluster}, 1, 'S', 'S', 'SS', '', '');
             INSERT INTO people (id, email, name, created_at) VALUES ({cluster}, 'p{cluster}@x.example', 'P', '2026-01-01 00:00:00');
             INSERT INTO resources (cluster_id, id, kind, name, summary, strand, topic, icon, year_from, year_to, search_words)
                 VALUES ({cluster}, 1, 'box', 'Sound', '', 'physics', 'Sound', 'box', 1, 6, 'sound');
             INSERT INTO copies (cluster_id, id, resource_id, tag, code, home_school_id) VALUES ({cluster}, 1, 1, 'A', 'A{cluster}', 1), ({cluster}, 2, 1, 'B', 'B{cluster}', 1);"
        ));
    }
}

/// `VALUES` of one booking of November 2026: days of the month, `held` past the last day for turnaround.
fn row(id: i64, cluster: i64, copy: i64, first: i64, last: i64, held: i64, state: &str) -> String {
    format!(
        "({cluster}, {id}, {copy}, 1, {cluster}, 'loan', '{state}', '2026-11-{first:02}', '2026-11-{last:02}', '2026-11-{held:02}', 'k{id}', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
    )
}

const INTO: &str = "INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, request_key, created_at, updated_at) VALUES";

fn book(raw: &mut Raw, id: i64, copy: i64, first: i64, last: i64) -> Result<(), String> {
    raw.run(&format!("INSERT {INTO} {}", row(id, 1, copy, first, last, last, "confirmed")))
}

/// A booking of copy 1 of cluster 1 for one day, as SQL.
pub fn insert_on(id: &str, day: &str) -> String {
    format!(
        "INSERT {INTO} (1, {id}, 1, 1, 1, 'loan', 'confirmed', '{day}', '{day}', '{day}', 'k{id}', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
    )
}

/// Refused, and for the reason that the days are taken.
#[track_caller]
fn taken(answer: Result<(), String>) {
    let words = answer.expect_err("the database took an overlap");
    assert!(words.contains("booked_days"), "refused for another reason: {words}");
}

fn an_overlap_is_refused_wherever_it_lies(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    // 10 to 12 November, and two days of turnaround.
    raw.must(&format!("INSERT {INTO} {}", row(1, 1, 1, 10, 12, 14, "confirmed")));
    for (first, last) in [(10, 12), (9, 10), (12, 13), (13, 13), (14, 20), (11, 11), (1, 28), (1, 10), (14, 14)] {
        taken(book(&mut raw, 2, 1, first, last));
    }
    // Its own turnaround may not reach over another's first day either.
    taken(raw.run(&format!("INSERT {INTO} {}", row(2, 1, 1, 8, 9, 10, "confirmed"))));
    assert_eq!(raw.number("SELECT count(*) AS n FROM bookings"), 1);
    days_are_right(&mut raw);
}

fn days_side_by_side_other_copies_and_other_clusters_are_free(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    book(&mut raw, 1, 1, 10, 12).unwrap();
    book(&mut raw, 2, 1, 13, 13).unwrap();
    book(&mut raw, 3, 1, 9, 9).unwrap();
    book(&mut raw, 4, 2, 10, 12).unwrap();
    raw.must(&format!("INSERT {INTO} {}", row(1, 2, 1, 10, 12, 12, "confirmed")));
    raw.must(&format!("INSERT {INTO} {}", row(5, 1, 1, 10, 12, 12, "cancelled")));
    assert_eq!(overlaps(&mut raw), 0);
    days_are_right(&mut raw);
}

fn a_request_holds_its_days_as_a_booking_does(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    raw.must(&format!("INSERT {INTO} {}", row(1, 1, 1, 10, 12, 12, "requested")));
    taken(book(&mut raw, 2, 1, 12, 12));
    taken(raw.run(&format!("INSERT {INTO} {}", row(2, 1, 1, 12, 15, 15, "requested"))));
    // Approving it changes nothing about its days.
    raw.must("UPDATE bookings SET state = 'confirmed' WHERE id = 1");
    days_are_right(&mut raw);
}

fn a_row_cannot_be_moved_onto_days_that_are_taken(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    book(&mut raw, 1, 1, 10, 12).unwrap();
    book(&mut raw, 2, 1, 16, 18).unwrap();
    book(&mut raw, 3, 2, 10, 12).unwrap();
    for change in [
        "UPDATE bookings SET first_day = '2026-11-12' WHERE id = 2",
        "UPDATE bookings SET last_day = '2026-11-16', held_until = '2026-11-16' WHERE id = 1",
        "UPDATE bookings SET held_until = '2026-11-16' WHERE id = 1",
        "UPDATE bookings SET copy_id = 1 WHERE id = 3",
        "UPDATE bookings SET first_day = '2026-11-10', last_day = '2026-11-12', held_until = '2026-11-12'",
        "UPDATE bookings SET copy_id = 1, first_day = '2026-11-18', last_day = '2026-11-20', held_until = '2026-11-20' WHERE id = 3",
    ] {
        taken(raw.run(change));
    }
    // Nothing of the refused is left, and a change that keeps part of the row's own days is taken.
    raw.must("UPDATE bookings SET first_day = '2026-11-13' WHERE id = 2");
    assert_eq!(overlaps(&mut raw), 0);
    days_are_right(&mut raw);
    taken(book(&mut raw, 4, 1, 13, 13));
}

fn a_row_cannot_come_back_to_life_on_days_that_are_taken(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    book(&mut raw, 1, 1, 10, 12).unwrap();
    for dead in ["cancelled", "declined"] {
        raw.must(&format!("DELETE FROM bookings WHERE id = 2; INSERT {INTO} {}", row(2, 1, 1, 12, 14, 14, dead)));
        taken(raw.run("UPDATE bookings SET state = 'confirmed' WHERE id = 2"));
        taken(raw.run("UPDATE bookings SET state = 'requested' WHERE id = 2"));
        taken(raw.run("UPDATE bookings SET state = 'confirmed'"));
    }
    assert_eq!(overlaps(&mut raw), 0);
    days_are_right(&mut raw);
}

fn one_statement_with_many_rows_is_refused_whole(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    // The third row is refused because of the first of the same statement.
    let rows = [row(1, 1, 1, 2, 4, 4, "confirmed"), row(2, 1, 2, 2, 4, 4, "confirmed"), row(3, 1, 1, 4, 6, 6, "requested")].join(", ");
    taken(raw.run(&format!("INSERT {INTO} {rows}")));
    assert_eq!(raw.number("SELECT count(*) AS n FROM bookings"), 0);
    assert_eq!(raw.number("SELECT count(*) AS n FROM booked_days"), 0);
    // And a copy of the table's own rows onto themselves.
    book(&mut raw, 1, 1, 10, 12).unwrap();
    taken(raw.run(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, request_key, created_at, updated_at)
         SELECT cluster_id, id + 100, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, 'again', created_at, updated_at FROM bookings",
    ));
    assert_eq!(raw.number("SELECT count(*) AS n FROM bookings"), 1);
    days_are_right(&mut raw);
}

fn conflict_clauses_do_not_get_round_it(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    book(&mut raw, 1, 1, 10, 12).unwrap();
    book(&mut raw, 2, 1, 16, 18).unwrap();
    let clashing = row(3, 1, 1, 12, 16, 16, "confirmed");
    let tries = match ground.engine {
        Engine::Sqlite => vec![
            format!("INSERT OR IGNORE {INTO} {clashing}"),
            format!("INSERT OR REPLACE {INTO} {clashing}"),
            format!("INSERT OR FAIL {INTO} {clashing}"),
            format!("INSERT OR ROLLBACK {INTO} {clashing}"),
            format!("REPLACE {INTO} {}", row(2, 1, 1, 12, 16, 16, "confirmed")),
            "UPDATE OR REPLACE bookings SET first_day = '2026-11-12' WHERE id = 2".to_owned(),
            "UPDATE OR IGNORE bookings SET first_day = '2026-11-12' WHERE id = 2".to_owned(),
        ],
        Engine::Postgres => vec![
            format!("INSERT {INTO} {clashing} ON CONFLICT DO NOTHING"),
            format!(
                "INSERT {INTO} {} ON CONFLICT (cluster_id, id) DO UPDATE SET first_day = excluded.first_day",
                row(2, 1, 1, 12, 18, 18, "confirmed")
            ),
        ],
    };
    for statement in tries {
        // Whether it is refused or ignored, there is no overlap afterwards and the first booking stands.
        let _ = raw.run(&statement);
        assert_eq!(overlaps(&mut raw), 0, "{statement}");
        assert_eq!(
            raw.number("SELECT count(*) AS n FROM bookings WHERE id = 1 AND state = 'confirmed' AND last_day = '2026-11-12'"),
            1,
            "{statement}"
        );
        taken(book(&mut raw, 9, 1, 12, 12));
    }
}

fn what_is_given_up_is_free_again(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    book(&mut raw, 1, 1, 10, 12).unwrap();
    raw.must("UPDATE bookings SET state = 'cancelled' WHERE id = 1");
    book(&mut raw, 2, 1, 10, 12).unwrap();
    raw.must("DELETE FROM bookings WHERE id = 2");
    book(&mut raw, 3, 1, 10, 12).unwrap();
    raw.must("UPDATE bookings SET copy_id = 2 WHERE id = 3");
    book(&mut raw, 4, 1, 10, 12).unwrap();
    // A reference keeps the id on PostgreSQL; on SQLite, where this session checks none, the days go along.
    let _ = raw.run("UPDATE bookings SET id = 5 WHERE id = 4");
    days_are_right(&mut raw);
}

fn no_sequence_of_statements_makes_an_overlap(ground: Ground) {
    use proptest::prelude::*;
    let mut raw = ground.raw();
    seed(&mut raw);
    let raw = std::cell::RefCell::new(raw);
    let step = (0..7u8, 1..8i64, 1..3i64, 1..26i64, 0..3i64, 0..2i64);
    let mut runner = TestRunner::new(Config { cases: 30, failure_persistence: None, ..Config::default() });
    runner
        .run(&proptest::collection::vec(step, 1..20), |steps| {
            let mut raw = raw.borrow_mut();
            raw.must("DELETE FROM bookings");
            for (verb, id, copy, first, more, turn) in steps {
                let (last, held) = (first + more, first + more + turn);
                let _ = raw.run(&match verb {
                    0 | 1 => format!("INSERT {INTO} {}", row(id, 1, copy, first, last, held, "confirmed")),
                    2 => format!("INSERT {INTO} {}", row(id, 1, copy, first, last, held, "requested")),
                    3 => format!("UPDATE bookings SET state = 'cancelled' WHERE id = {id}"),
                    4 => format!("UPDATE bookings SET state = 'confirmed' WHERE id = {id}"),
                    5 => format!(
                        "UPDATE bookings SET first_day = '2026-11-{first:02}', last_day = '2026-11-{last:02}', held_until = '2026-11-{held:02}' WHERE id = {id}"
                    ),
                    _ => format!("UPDATE bookings SET copy_id = {copy} WHERE id IN ({id}, {})", id + 1),
                });
            }
            prop_assert_eq!(overlaps(&mut raw), 0);
            days_are_right(&mut raw);
            Ok(())
        })
        .unwrap();
}

/// Takes the guard away in this test's database alone.
pub fn drop_the_guard(raw: &mut Raw) {
    let on = if matches!(raw, Raw::Postgres(_)) { " ON bookings" } else { "" };
    for trigger in ["bookings_take_days", "bookings_move_days", "bookings_free_days"] {
        raw.must(&format!("DROP TRIGGER {trigger}{on}"));
    }
    raw.must("DELETE FROM booked_days");
}

fn without_the_guard_the_same_statements_overlap(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    drop_the_guard(&mut raw);
    book(&mut raw, 1, 1, 10, 12).unwrap();
    book(&mut raw, 2, 1, 12, 14).unwrap();
    assert_eq!(overlaps(&mut raw), 1, "the test for overlaps sees none: it would not see a broken guard either");
}

fn a_copy_is_out_at_one_school_only(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    book(&mut raw, 1, 1, 2, 4).unwrap();
    book(&mut raw, 2, 1, 9, 11).unwrap();
    raw.must("UPDATE bookings SET collected_on = '2026-11-02' WHERE id = 1");
    let words = raw.run("UPDATE bookings SET collected_on = '2026-11-09' WHERE id = 2").expect_err("a copy was out twice");
    assert!(words.to_lowercase().contains("unique"), "{words}");
    raw.must("UPDATE bookings SET returned_on = '2026-11-09' WHERE id = 1");
    raw.must("UPDATE bookings SET collected_on = '2026-11-09' WHERE id = 2");
}

fn a_row_that_makes_no_sense_is_refused(ground: Ground) {
    let mut raw = ground.raw();
    seed(&mut raw);
    book(&mut raw, 1, 1, 10, 12).unwrap();
    for (column, value, check) in [
        ("last_day", "'2026-11-09'", "bookings_order"),
        ("held_until", "'2026-11-11'", "bookings_order"),
        ("first_day", "'1999-12-31'", "bookings_range"),
        ("held_until", "'2028-11-30'", "bookings_span"),
        ("state", "'perhaps'", "bookings_state"),
        ("kind", "'gift'", "bookings_kind"),
        ("pupils", "0", "bookings_pupils"),
        ("sequence", "-1", "bookings_sequence"),
        ("returned_on", "'2026-11-12'", "bookings_possession"),
    ] {
        let words = raw.run(&format!("UPDATE bookings SET {column} = {value} WHERE id = 1")).expect_err(column);
        assert!(words.contains(check), "{column} = {value}: {words}");
    }
    // A cancelled booking has not been collected.
    raw.must("UPDATE bookings SET state = 'cancelled' WHERE id = 1");
    assert!(
        raw.run("UPDATE bookings SET collected_on = '2026-11-10' WHERE id = 1").is_err_and(|words| words.contains("bookings_collected"))
    );
    // A day that is no day would slip past every comparison.
    for day in ["'2026-02-30'", "'soon'", "''", "'2026-11-1O'"] {
        assert!(raw.run(&format!("UPDATE bookings SET first_day = {day} WHERE id = 1")).is_err(), "{day}");
    }
    assert_eq!(raw.texts("SELECT CAST(first_day AS TEXT) AS t FROM bookings"), ["2026-11-10"]);
}
