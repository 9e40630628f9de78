//! Fair share: school days per school and box in a school year, as a table and a file, for every member.

use crate::harness::{Bursar, Coordinator, TestApp, Wish, World, science_lead};

stories!(
    every_member_sees_who_has_had_what,
    late_days_count_for_who_has_it,
    a_school_year_is_turned_and_downloaded,
    another_clusters_share_is_not_there,
    it_asks_the_same_after_years
);

async fn every_member_sees_who_has_had_what(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    ash.open("/fair-share").await.says("No loans in this school year");
    // Ash trains on Friday 27 November: four school days. Cedar has nothing.
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-24", "2026-11-30")).await;
    beech.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08")).await;
    app.letters().await;
    for person in [&*ash, &*Bursar::new(&app, "ashdale", "head@ashdale.example").await] {
        let page = person.open("/fair-share").await;
        assert_eq!(page.all("thead th"), ["Box", "Ash", "Beech", "Cedar", "All"]);
        let rows: Vec<String> = page.all("tbody tr");
        assert_eq!(rows[0], "Magnets4004");
        assert_eq!(rows[1], "Sound0202");
        assert_eq!(rows[2], "All boxes4206");
        assert_eq!(rows[3], "Share67 %33 %0 %");
        assert_eq!(
            page.attributes("svg[role=img]", "aria-label"),
            ["School days of each school: Ash 4 days, 67 %; Beech 2 days, 33 %; Cedar 0 days, 0 %"]
        );
    }
    // What was never fetched did not happen.
    app.at("2026-12-01T09:00:00Z");
    let page = ash.open("/fair-share").await;
    assert_eq!(page.all("tbody tr")[0], "Sound0202");
}

async fn late_days_count_for_who_has_it(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let booking = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-11-24")).await;
    app.letters().await;
    let press = async |word: &str| {
        let form = beech.browser.open(&booking).await.form(word);
        beech.browser.submit(&form).await.is(303);
    };
    let row = async || beech.open("/fair-share").await.all("tbody tr")[0].clone();
    press("/collected").await;
    assert_eq!(row().await, "Magnets0202", "as booked");
    app.at("2026-11-27T09:00:00Z");
    assert_eq!(row().await, "Magnets0505", "until today");
    app.at("2026-11-30T09:00:00Z");
    press("/returned").await;
    app.letters().await;
    app.at("2026-12-04T09:00:00Z");
    assert_eq!(row().await, "Magnets0606", "until it came back");
    // Out since July of the school year before last: each year has its days.
    app.raw().must("UPDATE bookings SET first_day = '2025-07-14', last_day = '2025-07-18', held_until = '2025-07-18', collected_on = '2025-07-14', returned_on = NULL");
    crate::week::seen(&app);
    for year in ["2024", "2025", "2026"] {
        let rows = beech.open(&format!("/fair-share?year={year}")).await.all("tbody tr");
        assert!(rows.first().is_some_and(|row| row.starts_with("Magnets0")), "{year}: {rows:#?}");
    }
}

async fn a_school_year_is_turned_and_downloaded(app: TestApp) {
    let ash = app.ssl("Ash").await;
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-24", "2026-11-24")).await;
    app.letters().await;
    let page = ash.open("/fair-share").await.says("school year 2026 to 2027");
    let file = ash.browser.get(&page.link("Download as CSV")).await.is(200);
    assert!(file.header("content-type").starts_with("text/csv"));
    assert!(file.header("content-disposition").contains("fair-share-ashdale-2026.csv"));
    assert_eq!(
        file.text.lines().collect::<Vec<_>>(),
        ["Box,Ash,Beech,Cedar,All", "Magnets,1,0,0,1", "All boxes,1,0,0,1", "Share in %,100,0,0,"]
    );
    let page =
        ash.browser.open(&page.link("Earlier: 2025 to 2026")).await.says("school year 2025 to 2026").says("No loans in this school year");
    page.link("Later: 2026 to 2027");
    for odd in ["1990", "2099", "x"] {
        ash.open(&format!("/fair-share?year={odd}")).await.says("school year 2026 to 2027");
    }
}

async fn another_clusters_share_is_not_there(app: TestApp) {
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    for path in ["/c/ashdale/fair-share", "/c/ashdale/fair-share.csv"] {
        oak.browser.get(path).await.is(404);
        app.browser().get(path).await.is(303);
    }
}

async fn it_asks_the_same_after_years(app: TestApp) {
    app.found(&World::busy(20, 400)).await;
    let ash = crate::harness::Ssl::new(&app, "busy", &science_lead("Ash")).await;
    let (page, asked) = app.questions(ash.browser.open("/c/busy/fair-share")).await;
    assert!((1..=8).contains(&asked), "{asked} questions");
    page.says("Sound");
}
