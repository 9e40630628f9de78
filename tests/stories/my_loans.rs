//! My loans: what is to be fetched and brought back, what is late or at risk and why, and the past by school year.

use boxrota::reminders::acts::round::Sweep;

use crate::harness::{TestApp, World, science_lead};

stories!(the_next_handovers_come_first, the_past_is_turned_by_school_year, a_long_history_costs_no_more_queries);

/// Stores a loan past the application.
fn loan(app: &TestApp, id: i64, tag: &str, school: &str, days: (&str, &str), held: (Option<&str>, Option<&str>)) {
    let postgres = app.ground.engine == crate::harness::Engine::Postgres;
    let (date, time) = if postgres { ("DATE", "TIMESTAMP") } else { ("TEXT", "TEXT") };
    let day = |day: Option<&str>| day.map_or("NULL".to_owned(), |day| format!("CAST('{day}' AS {date})"));
    let (first, last, out, back) = (day(Some(days.0)), day(Some(days.1)), day(held.0), day(held.1));
    let lead = science_lead(school);
    app.raw().must(&format!(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, class_name, collected_on, returned_on, request_key, created_at, updated_at)
         SELECT k.id, {id}, c.id, s.id, p.id, 'loan', 'confirmed', {first}, {last}, {last}, 'Year 4', {out}, {back}, 'story-{id}',
                CAST('2026-11-01 00:00:00' AS {time}), CAST('2026-11-01 00:00:00' AS {time})
         FROM clusters k JOIN copies c ON c.cluster_id = k.id JOIN schools s ON s.cluster_id = k.id, people p
         WHERE k.slug = 'ashdale' AND c.tag = '{tag}' AND s.short_name = '{school}' AND p.email = '{lead}'"
    ));
}

async fn the_next_handovers_come_first(app: TestApp) {
    // Late since the last school year, to be handed on to Beech this week, to be fetched from a school that is late, and later.
    loan(&app, 1, "MI1", "Ash", ("2026-07-06", "2026-07-10"), (Some("2026-07-06"), None));
    loan(&app, 2, "SO1", "Ash", ("2026-11-16", "2026-11-25"), (Some("2026-11-16"), None));
    loan(&app, 3, "SO1", "Beech", ("2026-11-26", "2026-12-04"), (None, None));
    loan(&app, 4, "MG1", "Cedar", ("2026-11-09", "2026-11-20"), (Some("2026-11-09"), None));
    loan(&app, 5, "MG1", "Ash", ("2026-11-26", "2026-12-04"), (None, None));
    loan(&app, 6, "SO2", "Ash", ("2027-01-11", "2027-01-15"), (None, None));
    // What was written past the application is settled by the worker.
    app.worker().remind(&mut Sweep::default(), &tokio::sync::watch::channel(false).1).await.expect("legs");
    app.letters().await;
    let page = app.ssl("Ash").await.open("/loans").await;
    let soon = page.all(".tasks > li");
    assert_eq!(soon.len(), 3, "{soon:#?}");
    assert!(
        soon[0].contains("Microscope (MI1)") && soon[0].contains("It was due on Friday 10 July 2026") && soon[0].contains("Late"),
        "{}",
        soon[0]
    );
    assert!(soon[0].contains("Put it back on your own shelf"), "the microscope is kept at Ash: {}", soon[0]);
    assert!(soon[2].contains("Sound (SO1)") && soon[2].contains("Beech fetches it on Wednesday 25 November 2026"), "{}", soon[2]);
    assert!(
        soon[1].contains("Magnets (MG1)") && soon[1].contains("Fetch it from Cedar. That was planned for Friday 20 November 2026"),
        "{}",
        soon[1]
    );
    let why = "Cedar has not given it back. It was due on Friday 20 November 2026.";
    assert!(soon[1].contains(why) && soon[1].contains("At risk"), "{}", soon[1]);
    assert_eq!(page.all("[aria-labelledby=coming] tbody tr").len(), 4, "all that is not over, of this school alone");
}

async fn the_past_is_turned_by_school_year(app: TestApp) {
    loan(&app, 1, "SO1", "Ash", ("2026-09-14", "2026-09-18"), (Some("2026-09-14"), Some("2026-09-18")));
    loan(&app, 2, "SO1", "Ash", ("2026-03-02", "2026-03-06"), (Some("2026-03-02"), Some("2026-03-06")));
    loan(&app, 3, "SO1", "Beech", ("2026-03-09", "2026-03-13"), (Some("2026-03-09"), Some("2026-03-13")));
    let ash = app.ssl("Ash").await;
    let page = ash.open("/loans").await.says("Past loans, 2026 to 2027 (1)").says("14 to 18 September 2026");
    let page = ash.browser.open(page.link("Earlier: 2025 to 2026").split('#').next().expect("a path")).await;
    let page = page.says("Past loans, 2025 to 2026 (1)").says("2 to 6 March 2026").says_not("9 to 13 March");
    page.link("Later: 2026 to 2027");
    ash.open("/loans?year=1990").await.says("Past loans, 2026 to 2027 (1)");
    ash.open("/loans?year=2099").await.says("Past loans, 2026 to 2027 (1)");
}

async fn a_long_history_costs_no_more_queries(app: TestApp) {
    app.found(&World::busy(20, 400)).await;
    for cluster in ["ashdale", "busy"] {
        let ash = crate::harness::Ssl::new(&app, cluster, &science_lead("Ash")).await;
        let (_, asked) = app.questions(ash.browser.open(&format!("{}/loans", ash.base))).await;
        assert!((1..=8).contains(&asked), "{cluster}: {asked} questions");
    }
}
