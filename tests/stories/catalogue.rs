//! The catalogue: looking for a box, when it is free, where it is, and that no page asks the database more for having more to show.

use crate::harness::{Raw, Ssl, TestApp, World, science_lead};

stories!(
    a_card_says_where_each_copy_is_and_when_it_is_free,
    filters_are_in_the_address,
    free_from_to_finds_what_can_be_had,
    wrong_days_come_back_with_the_form,
    a_resource_shows_contents_loans_and_history,
    history_turns_its_pages,
    nothing_of_another_cluster_is_there,
    a_page_is_sent_again_only_when_something_has_changed,
    only_who_may_book_sees_reserve,
    many_copies_and_loans_cost_no_more_queries,
);

/// Stores a loan past the application: the copy with the tag, by the school, with the days it was fetched and given back.
fn loan(raw: &mut Raw, id: i64, (tag, school): (&str, &str), (first, last): (&str, &str), out: Option<&str>, back: Option<&str>) {
    let day = |day: Option<&str>| {
        day.map_or("NULL".to_owned(), |day| format!("CAST('{day}' AS {})", if matches!(raw, Raw::Postgres(_)) { "DATE" } else { "TEXT" }))
    };
    let (first, last, out, back) = (day(Some(first)), day(Some(last)), day(out), day(back));
    let time = if matches!(raw, Raw::Postgres(_)) { "TIMESTAMP '2026-01-01 00:00:00'" } else { "'2026-01-01 00:00:00'" };
    let lead = science_lead(school);
    raw.must(&format!(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, class_name, collected_on, returned_on, request_key, created_at, updated_at)
         SELECT k.id, {id}, c.id, s.id, p.id, 'loan', 'confirmed', {first}, {last}, {last}, 'Year 4', {out}, {back}, 'story-{id}', {time}, {time}
         FROM clusters k JOIN copies c ON c.cluster_id = k.id JOIN schools s ON s.cluster_id = k.id, people p
         WHERE k.slug = 'ashdale' AND c.tag = '{tag}' AND s.short_name = '{school}' AND p.email = '{lead}'"
    ));
}

/// The words of the card or row that begins with a name.
#[track_caller]
fn card(page: &crate::harness::Page, name: &str) -> String {
    let cards = page.all("ul.cards > li");
    cards.iter().find(|card| card.starts_with(name)).unwrap_or_else(|| panic!("no card {name}: {cards:#?}")).clone()
}

fn names(page: &crate::harness::Page) -> Vec<String> {
    page.all("ul.cards h3")
}

async fn a_card_says_where_each_copy_is_and_when_it_is_free(app: TestApp) {
    let mut raw = app.raw();
    loan(&mut raw, 1, ("SO1", "Beech"), ("2026-11-16", "2026-12-04"), Some("2026-11-16"), None);
    loan(&mut raw, 2, ("SO2", "Ash"), ("2026-11-23", "2026-11-26"), None, None);
    loan(&mut raw, 3, ("MG1", "Cedar"), ("2026-11-02", "2026-11-13"), Some("2026-11-02"), None);
    let ash = app.ssl("Ash").await;
    let page = ash.open("/boxes").await.says("3 titles shared by the cluster");
    let sound = card(&page, "Sound");
    assert!(sound.contains("SO1 At Beech, due Fri 4 Dec") && sound.contains("SO2 In store at Beech"), "{sound}");
    assert!(sound.contains("Free from Mon 30 Nov"), "27 November is an INSET day at Ash: {sound}");
    let magnets = card(&page, "Magnets");
    assert!(magnets.contains("At Cedar, late since Fri 13 Nov") && magnets.contains("Not until it is back"), "{magnets}");
    assert!(!magnets.contains("Reserve"), "what nobody can promise has no button: {magnets}");
    let microscope = card(&page, "Microscope");
    assert!(
        microscope.contains("In store at Ash") && microscope.contains("Needs approval") && microscope.contains("Free now"),
        "{microscope}"
    );
}

async fn filters_are_in_the_address(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let form = ash.open("/boxes").await.form("/boxes");
    let page = ash.browser.submit(&form.clone().set("q", "tuning y4").set("kind", "kit")).await.is(200).says("1 of 3 titles");
    assert_eq!(names(&page), ["Microscope"]);
    assert_eq!(page.form("/boxes").value("q"), "tuning y4", "the form shows what was asked");
    assert_eq!(page.form("/boxes").value("kind"), "kit");
    assert_eq!(names(&ash.browser.submit(&form.clone().set("topic", "Magnets")).await), ["Magnets"]);
    assert_eq!(names(&ash.browser.submit(&form.clone().set("topic", "physics")).await).len(), 3);
    ash.browser.submit(&form.clone().set("year", "1")).await.is(200).says("Nothing matches").says("Seasonal changes");
    assert_eq!(names(&ash.open("/boxes?kind=bag&year=99&page=-3&topic=").await).len(), 3, "nonsense asks for nothing");
    assert_eq!(names(&ash.open("/boxes?page=400").await).len(), 3, "beyond the last page is the last page");
}

async fn free_from_to_finds_what_can_be_had(app: TestApp) {
    let mut raw = app.raw();
    loan(&mut raw, 1, ("SO1", "Beech"), ("2026-11-30", "2026-12-04"), None, None);
    loan(&mut raw, 2, ("SO2", "Beech"), ("2026-12-07", "2026-12-11"), None, None);
    loan(&mut raw, 3, ("MG1", "Cedar"), ("2026-11-02", "2026-11-13"), Some("2026-11-02"), None);
    let ash = app.ssl("Ash").await;
    let form = ash.open("/boxes").await.form("/boxes");
    let free = async |from: &str, to: &str| ash.browser.submit(&form.clone().set("from", from).set("to", to)).await;
    let page = free("2026-11-30", "2026-12-04").await.is(200).says("2 of 3 titles, free 30 November to 4 December 2026");
    assert_eq!(names(&page), ["Microscope", "Sound"], "late Magnets are free on no day");
    assert!(card(&page, "Sound").contains("1 of 2 free then"));
    assert!(page.link("Reserve Sound").ends_with("/reserve?from=2026-11-30&to=2026-12-04"));
    assert_eq!(names(&free("2026-12-01", "2026-12-08").await), ["Microscope"], "each copy is taken on some of the days");
    ash.open("/boxes?from=2026-12-08&to=").await.says("2 of 3 titles, free 8 December 2026");
    raw.must("UPDATE copies SET state = 'repair' WHERE tag = 'MI1'");
    free("2026-12-01", "2026-12-08").await.is(200).says("Nothing matches");
}

async fn wrong_days_come_back_with_the_form(app: TestApp) {
    let ash = app.ssl("Ash").await;
    for (query, words, field) in [
        ("from=2026-12-04&to=2026-11-30", "The last day must not be before the first, 4 December 2026", "to"),
        ("to=2026-12-04", "Choose the first day you need it, too", "from"),
        ("from=2026-11-20&to=2026-11-30", "The first day must be 23 November 2026 or later", "from"),
        ("from=2026-12-04&to=2031-01-01", "Boxes can be booked up to 31 August 2028", "to"),
        ("from=tomorrow&to=2026-11-30", "Choose a day from the list", "from"),
    ] {
        let page = ash.get(&format!("/boxes?q=fork&{query}")).await.is(422).says("There is a problem").says(words);
        assert_eq!(page.attributes(".errs a", "href"), [format!("#{field}")]);
        assert_eq!(page.attributes("select[aria-invalid=true]", "id"), [field]);
        assert_eq!(page.form("/boxes").value("q"), "fork", "the rest of the form is kept");
    }
}

async fn a_resource_shows_contents_loans_and_history(app: TestApp) {
    let mut raw = app.raw();
    loan(&mut raw, 1, ("SO1", "Beech"), ("2026-11-16", "2026-12-04"), Some("2026-11-16"), None);
    loan(&mut raw, 2, ("SO2", "Ash"), ("2027-01-11", "2027-01-15"), None, None);
    loan(&mut raw, 3, ("SO2", "Cedar"), ("2026-10-05", "2026-10-16"), Some("2026-10-05"), Some("2026-10-16"));
    let cedar = app.ssl("Cedar").await;
    let page = cedar.browser.open(&cedar.open("/boxes").await.link("Sound")).await;
    let page = page.says("Themed box · Physics · Sound · Years 3 to 6").says("At Beech, due Fri 4 Dec").says("In store at Beech");
    assert_eq!(page.all("section:nth-of-type(2) tbody tr").len(), 2, "two loans to come");
    let page =
        page.says("16 November to 4 December 2026 Beech, Year 4 SO1 Out now").says("11 to 15 January 2027 Ash, Year 4 SO2 Confirmed");
    let page = page.says("Tuning fork 6 Durable Yes").says("Rice 1 Consumable No Top up").says("5 to 16 October 2026 Cedar, Year 4 SO2");
    assert_eq!(page.links("Reserve").len(), 3, "the resource and each copy");
    assert!(page.link("Reserve SO2").contains("/reserve?copy="));
    assert_eq!(page.all("ul.links a"), ["Magnets", "Microscope"]);
    // A late copy puts the next loan of it at risk, and says so.
    app.at("2026-12-07T09:00:00Z");
    loan(&mut raw, 4, ("SO1", "Ash"), ("2026-12-14", "2026-12-18"), None, None);
    let page = cedar.browser.open(&page.path).await;
    page.says("At Beech, late since Fri 4 Dec").says("Year 4 SO1 Late").says("14 to 18 December 2026 Ash, Year 4 SO1 At risk");
}

async fn history_turns_its_pages(app: TestApp) {
    let mut raw = app.raw();
    let start = chrono::NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");
    for n in 0..12 {
        let first = start + chrono::Days::new(7 * n);
        for (copy, id) in [("SO1", 100 + n), ("SO2", 200 + n)] {
            let (first, last) = (first.to_string(), (first + chrono::Days::new(4)).to_string());
            loan(&mut raw, i64::try_from(id).expect("an id"), (copy, "Ash"), (&first, &last), Some(&first), Some(&last));
        }
    }
    let ash = app.ssl("Ash").await;
    let mut page = ash.browser.open(&ash.open("/boxes").await.link("Sound")).await;
    let mut seen = page.attributes("#history tbody a", "href");
    while let Some(next) = page.links("Earlier loans").into_iter().next() {
        page = ash.browser.open(next.split('#').next().expect("a path")).await;
        seen.extend(page.attributes("#history tbody a", "href"));
        assert!(seen.len() <= 24, "no page repeats a loan");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 24, "every loan is on one of the pages");
    ash.browser
        .open(&format!("{}?before=2020-01-01", page.path.split('?').next().expect("a path")))
        .await
        .says("No loans in the two years before 1 January 2020");
}

async fn nothing_of_another_cluster_is_there(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let oak = Ssl::new(&app, "birchwood", &science_lead("Oak")).await;
    let theirs = oak.open("/boxes").await.says("1 title").link("Sound");
    let id = theirs.rsplit('/').next().expect("an id");
    ash.get(&format!("/boxes/{id}")).await.is(404);
    ash.browser.get(&theirs).await.is(404);
    ash.browser.get("/c/birchwood/boxes").await.is(404);
    ash.get("/boxes/0000000000000").await.is(404);
    ash.get("/boxes/nonsense").await.is(404);
    app.browser().get("/c/ashdale/boxes").await.is(303);
}

async fn a_page_is_sent_again_only_when_something_has_changed(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let list = format!("{}/boxes", ash.base);
    let resource = ash.open("/boxes").await.link("Sound");
    for path in [list, resource] {
        let tag = ash.browser.get(&path).await.is(200).header("etag").to_owned();
        let again = ash.browser.get_with(&path, &[("if-none-match", &tag)]).await.is(304);
        assert!(again.text.is_empty());
        app.raw().must("UPDATE clusters SET version = version + 1 WHERE slug = 'ashdale'");
        ash.browser.get_with(&path, &[("if-none-match", &tag)]).await.is(200);
    }
}

async fn only_who_may_book_sees_reserve(app: TestApp) {
    let bursar = crate::harness::Bursar::new(&app, "ashdale", "bursar@ashdale.example").await;
    let page = bursar.open("/boxes").await;
    assert_eq!(page.links("Reserve").len(), 0);
    assert_eq!(bursar.browser.open(&page.link("Sound")).await.links("Reserve").len(), 0);
    let coordinator = app.coordinator().await;
    assert_eq!(coordinator.open("/boxes").await.links("Reserve").len(), 3);
}

async fn many_copies_and_loans_cost_no_more_queries(app: TestApp) {
    app.found(&World::busy(40, 600)).await;
    for cluster in ["ashdale", "busy"] {
        let ash = Ssl::new(&app, cluster, &science_lead("Ash")).await;
        let resource = ash.open("/boxes").await.link("Sound");
        for path in [format!("{}/boxes", ash.base), format!("{}/boxes?from=2026-12-07&to=2026-12-11&q=sound", ash.base), resource] {
            let before = app.app.db.queries();
            ash.browser.get(&path).await.is(200);
            let asked = app.app.db.queries() - before;
            assert!((1..=8).contains(&asked), "{path} asks {asked} questions");
        }
    }
}
