//! How the engines find the rows of what the program asks: by an index, whatever the years before. The statements are those that ran, without
//! their values, so what is planned here is what is kept prepared.

use std::collections::BTreeSet;

use boxrota::worker::{Rounds, put_back_days};
use diesel::prelude::*;
use diesel::sql_types::Text;
use tokio::sync::watch;

use crate::every_page::{lived_in, walk};
use crate::harness::{Engine, Ground, Raw, TestApp, Wish};

stories!(
    no_statement_reads_a_long_table_from_end_to_end,
    the_start_looks_at_no_booking_of_the_past,
    an_index_of_a_part_is_found_without_values
);

/// Tables that grow with the years.
const LONG: [&str; 9] = ["bookings", "booked_days", "messages", "changes", "legs", "custody_chain", "counts", "count_lines", "handovers"];

/// Indices of a few rows of a long table: reading one of them from end to end is no scan of the table.
const OF_A_PART: [&str; 9] = [
    "bookings_requested",
    "bookings_one_out",
    "bookings_offers",
    "messages_due",
    "legs_planned",
    "legs_look",
    "handovers_on_the_way",
    "handovers_differing",
    "counts_booking",
];

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How the engine would run a statement, line by line.
fn plan(raw: &mut Raw, statement: &str) -> Vec<String> {
    match raw {
        Raw::Sqlite(conn) => {
            let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
                .load(conn)
                .unwrap_or_else(|fault| panic!("{fault}\nin: {statement}"));
            steps.into_iter().map(|step| step.detail).collect()
        }
        Raw::Postgres(_) => {
            let values = (1..100).take_while(|n| statement.contains(&format!("${n}"))).count();
            let list = vec!["NULL"; values].join(", ");
            raw.must(&format!("DEALLOCATE ALL; PREPARE one AS {statement}"));
            let run = if values == 0 { "EXECUTE one".to_owned() } else { format!("EXECUTE one({list})") };
            raw.texts(&format!("SELECT plan_of AS t FROM plan_of('{run}')"))
        }
    }
}

/// Gets a session ready to say how statements are run when the tables are long.
fn ready(raw: &mut Raw) {
    if let Raw::Postgres(_) = raw {
        raw.must(
            "CREATE OR REPLACE FUNCTION plan_of(run text) RETURNS SETOF text LANGUAGE plpgsql AS
             $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || run; END $$;
             SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off",
        );
    }
}

/// The steps that read a long table, or an index of the whole of it, from end to end.
fn scans(raw: &mut Raw, statement: &str) -> Vec<String> {
    let steps = plan(raw, statement);
    let of_a_part = |step: &str| OF_A_PART.iter().any(|index| step.split_whitespace().any(|word| word == *index));
    let long = |step: &str, before: &str| LONG.iter().any(|table| format!("{step} ").contains(&format!("{before}{table} ")));
    let found: Vec<String> = match raw {
        Raw::Sqlite(_) => steps.iter().filter(|step| long(step, "SCAN ") && !of_a_part(step)).cloned().collect(),
        Raw::Postgres(_) => {
            let scan = |step: &str| step.contains("Scan ") && long(step, " on ") && !step.contains("Bitmap Heap Scan") && !of_a_part(step);
            let bounded =
                |at: usize| steps[at + 1..].iter().take_while(|step| !step.contains("->")).any(|step| step.contains("Index Cond"));
            (0..steps.len()).filter(|at| scan(&steps[*at]) && !bounded(*at)).map(|at| steps[at].trim().to_owned()).collect()
        }
    };
    if found.is_empty() { found } else { steps }
}

fn assert_none_scans(app: &TestApp, statements: &BTreeSet<String>) {
    let mut raw = app.raw();
    ready(&mut raw);
    let asked = statements.iter().filter(|text| ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb)));
    let faults: Vec<String> = asked
        .filter_map(|text| Some((text, scans(&mut raw, text))).filter(|(_, steps)| !steps.is_empty()))
        .map(|(text, steps)| format!("{text}\n    {}", steps.join("\n    ")))
        .collect();
    assert!(faults.is_empty(), "{} of {} statements:\n{}", faults.len(), statements.len(), faults.join("\n\n"));
}

async fn no_statement_reads_a_long_table_from_end_to_end(app: TestApp) {
    let (lead, coordinator) = lived_in(&app).await;
    walk(&app, &lead).await;
    walk(&app, &coordinator).await;
    let booking = lead.books(&Wish::of(&app.resource("busy", "Sound"), "2027-01-11", "2027-01-15")).await;
    let form = lead.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "School trip");
    lead.browser.submit(&form).await.is(303);
    app.letters().await;
    let (_stop, stopped) = watch::channel(false);
    app.worker().round(&mut Rounds::default(), &stopped).await;
    app.worker().clear().await.expect("clearing");
    app.letters().await;
    app.raw().must("DELETE FROM messages WHERE state = 'waiting'");
    let statements = app.app.db.statements();
    assert!(statements.len() > 100, "only {} statements", statements.len());
    assert_none_scans(&app, &statements);
}

async fn the_start_looks_at_no_booking_of_the_past(app: TestApp) {
    let before = app.app.db.statements();
    app.ssl("Ash").await.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-04")).await;
    app.letters().await;
    app.raw().must("DELETE FROM booked_days WHERE day >= '2026-12-02'");
    let before: BTreeSet<String> = app.app.db.statements().union(&before).cloned().collect();
    put_back_days(&app.app.db, app.clock.now()).await.expect("putting back");
    assert!(crate::harness::log::forget() > 0, "each is said aloud");
    let own: BTreeSet<String> = app.app.db.statements().difference(&before).cloned().collect();
    assert!(own.iter().any(|text| text.contains("booked_days")), "{own:?}");
    assert_none_scans(&app, &own);
}

/// SQLite plans a statement by what it says: one that is kept prepared is not planned anew for other values.
#[test]
fn sqlite_is_built_to_plan_without_values() {
    let built = "SELECT count(*) AS n FROM pragma_compile_options WHERE compile_options = 'ENABLE_QPSG'";
    assert_eq!(Ground::empty(Engine::Sqlite).raw().number(built), 1, "see .cargo/config.toml");
}

/// What SQLite would find only by looking at the values: an index that has a part of the rows is taken because the statement says, letter for
/// letter, that it wants no others.
async fn an_index_of_a_part_is_found_without_values(app: TestApp) {
    let mut raw = app.raw();
    ready(&mut raw);
    let (_, coordinator) = lived_in(&app).await;
    coordinator.open("/requests").await.is(200);
    app.worker().pass_on().await.expect("a round");
    app.letters().await;
    let statements = app.app.db.statements();
    let used: BTreeSet<&str> = statements
        .iter()
        .filter(|text| text.starts_with("SELECT"))
        .flat_map(|text| plan(&mut raw, text))
        .filter_map(|step| OF_A_PART.into_iter().find(|index| step.split_whitespace().any(|word| word == *index)))
        .collect();
    for index in ["bookings_requested", "bookings_one_out", "bookings_offers", "messages_due"] {
        assert!(used.contains(index), "nothing finds {index}, only {used:?}");
    }
}
