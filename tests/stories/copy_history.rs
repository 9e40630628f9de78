//! The history of a copy: who had it and for how long, what both sides counted, who had booked it, what was done to it.

use chrono::TimeDelta;

use crate::harness::{Coordinator, TestApp, Wish};
use crate::week::seen;

stories!(
    a_copys_way_is_read_newest_first,
    both_counts_and_their_difference_are_shown,
    a_long_history_is_turned_in_pages,
    another_clusters_copy_is_not_there
);

fn path(app: &TestApp, cluster: &str, tag: &str) -> String {
    let sql =
        format!("SELECT p.id AS n FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = '{cluster}' AND p.tag = '{tag}'");
    format!("/copies/{}/history", boxrota::base::ids::CopyId(app.raw().number(&sql)))
}

async fn a_copys_way_is_read_newest_first(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let magnets = app.resource("ashdale", "Magnets");
    let booking = beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-25")).await;
    app.letters().await;
    let press = async |word: &str| {
        let form = beech.browser.open(&booking).await.form(word);
        beech.browser.submit(&form).await.is(303);
    };
    press("/collected").await;
    app.at("2026-11-25T15:30:00Z");
    press("/returned").await;
    let store = app.ssl("Ash").await;
    crate::handing_over::send(&store, &crate::handing_over::copy(&app, "ashdale", "MG1"), "receive", &[]).await.is(303);
    app.letters().await;
    app.at("2026-11-26T09:00:00Z");
    let here = path(&app, "ashdale", "MG1");
    assert_eq!(beech.open(&format!("/boxes/{magnets}")).await.link("History"), format!("/c/ashdale{here}"));
    let (page, asked) = app.questions(beech.open(&here)).await;
    assert!((1..=8).contains(&asked), "{asked} questions");
    let entries = page.all(".chain > li");
    assert_eq!(entries.len(), 8, "{entries:#?}");
    let at = |n: usize, when: &str, words: &str| assert!(entries[n].contains(when) && entries[n].contains(words), "{n}: {entries:#?}");
    at(0, "25 November 2026 at 15:30", "In store at Ash, until now. By Science lead, Ash.");
    at(1, "25 November 2026 at 15:30", "On its way from Beech to its store, for less than an hour. By Science lead, Beech.");
    at(2, "25 November 2026 at 15:30", "Counted when it was received (Science lead, Ash): all there.");
    at(5, "23 November 2026 at 09:00", "At Beech, for 2 days");
    at(6, "23 November 2026 at 09:00", "In store at Ash, for less than an hour");
    at(7, "23 November 2026", "Booked by Beech, 23 to 25 November 2026, for Year 4. Fetched on 23 November 2026");
    // What a coordinator does to it stands there, too.
    let coordinator = app.coordinator().await;
    let token = coordinator.open("/week").await.form("/sign-out").value("csrf").to_owned();
    let at = format!("/c/ashdale/attention/{}/missing", here.split('/').nth(2).expect("an id"));
    coordinator.browser.post(&at, &[("csrf".to_owned(), token)]).await.is(303);
    app.letters().await;
    let entries = beech.open(&here).await.all(".chain > li");
    assert!(entries.iter().any(|entry| entry.contains("Missing, last at Ash")), "{entries:#?}");
    assert!(entries.iter().any(|entry| entry.contains("marked missing by Coordinator, Ashdale")), "{entries:#?}");
}

async fn both_counts_and_their_difference_are_shown(app: TestApp) {
    let ash = app.ssl("Ash").await;
    // A handover of a year ago, so that its id says when it was.
    let id = boxrota::base::ids::first_at("2026-11-20T09:00:00Z".parse().expect("a time"));
    let count = |n: i64, side: &str, how: &str, line: &str| {
        format!(
            "INSERT INTO counts (cluster_id, id, handover_id, copy_id, side, person_id, how, counted_at, request_key)
             SELECT h.cluster_id, {n}, h.id, h.copy_id, '{side}', h.given_by, '{how}', h.given_at, 'key-{n}' FROM handovers h;
             INSERT INTO count_lines (cluster_id, count_id, line_id, position, item, quantity, expected, consumable, essential, counted, loose, why)
             SELECT h.cluster_id, {n}, l.id, l.position, l.item, l.quantity, l.quantity, l.consumable, l.essential, {line}
             FROM handovers h JOIN copies p ON p.id = h.copy_id JOIN contents_lines l ON l.cluster_id = p.cluster_id AND l.resource_id = p.resource_id
             WHERE l.item = 'Tuning fork';"
        )
    };
    app.raw().must(&format!(
        "INSERT INTO handovers (cluster_id, id, copy_id, from_school_id, to_school_id, state, given_by, given_at, given_condition, received_by, received_at, received_note, differs)
         SELECT p.cluster_id, {id}, p.id, p.home_school_id, s.id, 'accepted', k.id, '2026-11-20 09:00:00', 'good', k.id, '2026-11-20 10:00:00', 'The lid is cracked', TRUE
         FROM people k, copies p JOIN clusters c ON c.id = p.cluster_id JOIN schools s ON s.cluster_id = c.id
         WHERE c.slug = 'ashdale' AND p.tag = 'MG1' AND s.short_name = 'Beech' AND k.email = 'science.lead@ash.example';
         {} {}",
        count(1, "giver", "lines", "6, NULL, NULL"),
        count(2, "receiver", "lines", "4, NULL, 'missing'"),
    ));
    seen(&app);
    let entries = ash.open(&path(&app, "ashdale", "MG1")).await.all(".chain > li");
    let passing = entries.iter().find(|entry| entry.contains("Handed over from Ash to Beech")).expect("the handover");
    for words in [
        "The counts differ",
        "Ash counted (Science lead, Ash): all there.",
        "Beech counted (Science lead, Ash): Tuning fork: 4 of 6, missing.",
        "Condition, said Ash: good",
        "Condition, said Beech: The lid is cracked",
    ] {
        assert!(passing.contains(words), "{words}: {passing}");
    }
    let page = ash.open(&path(&app, "ashdale", "MG1")).await;
    ash.browser.open(&page.link("See this handover")).await.says("Magnets (MG1)");
}

async fn a_long_history_is_turned_in_pages(app: TestApp) {
    let here = path(&app, "ashdale", "MG1");
    // Two hundred times out and back, each at another hour, and a word in the log for every sixth of them.
    let start: chrono::DateTime<chrono::Utc> = "2026-11-24T08:00:00Z".parse().expect("a time");
    let mut raw = app.raw();
    let copy = boxrota::base::ids::CopyId(
        raw.number("SELECT p.id AS n FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = 'ashdale' AND p.tag = 'MG1'"),
    );
    for n in 0..400 {
        if n % 6 == 0 {
            let at = start + TimeDelta::hours(n) + TimeDelta::minutes(30);
            raw.must(&format!(
                "INSERT INTO changes (cluster_id, id, at, about, about_id, verb, before, after)
                 SELECT c.id, {}, '{}', 'copies', '{copy}', 'asked', '', 'time {n}' FROM clusters c WHERE c.slug = 'ashdale'",
                boxrota::base::ids::first_at(at),
                at.format("%Y-%m-%d %H:%M:%S")
            ));
        }
        let since = (start + TimeDelta::hours(n)).format("%Y-%m-%d %H:%M:%S");
        let place = if n % 2 == 0 { "school" } else { "store" };
        raw.must(&format!("UPDATE custody SET place = '{place}', since = '{since}' WHERE copy_id IN (SELECT p.id FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = 'ashdale' AND p.tag = 'MG1')"));
    }
    seen(&app);
    app.at("2026-12-14T09:00:00Z");
    let ash = app.ssl("Ash").await;
    let (mut page, mut seen, mut pages, mut now) = (ash.open(&here).await, 0, 1, 0);
    loop {
        let entries = page.all(".chain > li");
        seen += entries.len();
        // Each lasted until the next began, over the edge of a page too.
        now += entries.iter().filter(|entry| entry.contains("until now")).count();
        let Some(next) = page.links("Earlier").into_iter().next() else { break };
        let (opened, asked) = app.questions(ash.browser.open(&next)).await;
        assert!((1..=8).contains(&asked), "{asked} questions");
        page = opened;
        pages += 1;
    }
    assert_eq!((seen, pages, now), (401 + 67, 3, 1));
    page.link("Newest");
}

async fn another_clusters_copy_is_not_there(app: TestApp) {
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let here = path(&app, "ashdale", "MG1");
    oak.browser.get(&format!("/c/ashdale{here}")).await.is(404);
    oak.get(&here).await.is(404);
    app.ssl("Ash").await.get("/copies/0000000000001/history").await.is(404);
}
