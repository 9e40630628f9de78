//! What needs attention: which copy stands in which list, and what a coordinator can do about it. Each remedy once, however often it
//! is pressed, with a line in the log and a letter to whom it concerns.

use crate::harness::{Coordinator, Page, TestApp, Wish};
use crate::week::{put, school, seen};

stories!(
    all_is_well_in_a_cluster_where_nothing_is,
    only_a_coordinator_comes_here,
    a_late_box_is_asked_for_once_a_day,
    a_box_too_long_on_its_way_is_counted_in_school_days,
    everybody_says_from_one_day_on_that_a_box_is_too_long_on_its_way,
    what_is_short_stands_in_the_list_until_it_is_counted_full,
    a_booking_at_risk_moves_to_another_copy,
    other_dates_are_suggested_and_change_nothing,
    a_lost_box_is_missing_for_everybody_and_found_again,
    a_box_that_a_school_has_without_a_booking_goes_home,
    reports_and_differences_are_dealt_with_once,
    nothing_of_another_cluster_can_be_touched,
    a_form_without_its_token_changes_nothing,
    what_is_no_longer_true_is_not_sent
);

const LINES: &str =
    "SELECT count(*) AS n FROM changes WHERE verb IN ('asked', 'marked missing', 'found', 'dealt with', 'other dates suggested')";

/// A loan of the only Magnets by Beech, fetched on Monday and late since Wednesday; its path. It is Thursday.
async fn late_magnets(app: &TestApp) -> String {
    let beech = app.ssl("Beech").await;
    let booking = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-11-25")).await;
    app.letters().await;
    let form = beech.browser.open(&booking).await.form("/collected");
    beech.browser.submit(&form).await.is(303);
    app.at("2026-11-26T09:00:00Z");
    booking
}

/// Presses the first button whose form goes there and whose words are these, twice; the page after the first time, and after the second.
pub async fn press_twice(coordinator: &Coordinator, page: &Page, action: &str, field: (&str, &str)) -> (Page, Page) {
    let form = page.forms(action).into_iter().find(|form| form.value(field.0) == field.1).expect("the button");
    let first = coordinator.browser.follow(coordinator.browser.submit(&form).await.is(303)).await;
    let second = coordinator.browser.follow(coordinator.browser.submit(&form).await.is(303)).await;
    (first, second)
}

async fn all_is_well_in_a_cluster_where_nothing_is(app: TestApp) {
    let coordinator = app.coordinator().await;
    let (page, asked) = app.questions(coordinator.open("/inbox")).await;
    page.says("All is well");
    assert!((1..=8).contains(&asked), "{asked} questions");
}

async fn only_a_coordinator_comes_here(app: TestApp) {
    let booking = late_magnets(&app).await;
    let ash = app.ssl("Ash").await;
    ash.get("/attention").await.is(403);
    ash.get("/inbox").await.is(403);
    let id = booking.rsplit('/').next().expect("an id");
    ash.get(&format!("/attention/bookings/{id}")).await.is(403);
    assert!(ash.open("/week").await.attributes("nav a[href$='/inbox']", "href").is_empty());
    let coordinator = app.coordinator().await;
    assert_eq!(coordinator.open("/week").await.attributes("nav a[href$='/inbox']", "href"), ["/c/ashdale/inbox"]);
    coordinator.open("/inbox").await.says("Beech").says("It was due on Wednesday 25 November 2026, yesterday.");
    coordinator.get("/attention/bookings/0000000000001").await.is(404);
}

async fn a_late_box_is_asked_for_once_a_day(app: TestApp) {
    late_magnets(&app).await;
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/inbox").await;
    let (first, second) = press_twice(&coordinator, &page, "/ask", ("what", "bring_back")).await;
    first.says("The school has been asked");
    second.says("The school was asked today already");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].to_address.as_str(), letters[0].title.as_str()),
        ("science.lead@beech.example", "When will you bring Magnets (MG1) back?")
    );
    assert!(letters[0].reason.contains("science lead of Beech"), "{}", letters[0].reason);
    assert_eq!(app.raw().number(LINES), 1);
    let log = app.raw().texts("SELECT before || after AS t FROM changes WHERE verb = 'asked'").join("");
    assert!(log.contains("Beech") && !log.contains("example") && !log.contains("Science lead"), "{log}");
    // The next day one may ask again.
    app.at("2026-11-27T09:00:00Z");
    press_twice(&coordinator, &page, "/ask", ("what", "bring_back")).await.0.says("The school has been asked");
    assert_eq!(app.letters().await.len(), 1);
    // What makes no sense is not asked: the box is not on its way.
    let form = page.forms("/ask").into_iter().next().expect("a button").tampered("what", "receive");
    coordinator.browser.follow(coordinator.browser.submit(&form).await.is(303)).await.says("dealt with already");
    coordinator.browser.submit(&form.tampered("what", "a favour")).await.is(400);
}

async fn a_box_too_long_on_its_way_is_counted_in_school_days(app: TestApp) {
    let coordinator = app.coordinator().await;
    // Handed over on Friday for Ash, which trains on 27 November: Monday, Tuesday, Wednesday are the three that the cluster allows.
    put(
        &app,
        "SO2",
        &format!("place = 'transit', school_id = {}, to_school_id = {}, since = '2026-11-20 14:00:00'", school("Beech"), school("Ash")),
    );
    app.at("2026-11-24T09:00:00Z");
    coordinator.open("/inbox").await.says("All is well");
    // On the third the coordinators are written to, so it stands here.
    app.at("2026-11-25T09:00:00Z");
    coordinator.open("/inbox").await.says("3 school days ago, and not received");
    app.at("2026-11-26T09:00:00Z");
    let page = coordinator.open("/inbox").await.says("Too long on the way").says("4 school days ago, and not received");
    app.at("2026-11-29T09:00:00Z");
    coordinator.open("/inbox").await.says("4 school days ago");
    let (first, second) = press_twice(&coordinator, &page, "/ask", ("what", "receive")).await;
    first.says("The school has been asked");
    second.says("asked today already");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].to_address.as_str(), letters[0].title.as_str()), ("science.lead@ash.example", "Have you received Sound (SO2)?"));
    // A cluster that allows more is told later.
    app.raw().must("UPDATE settings SET transit_days = 9");
    coordinator.open("/inbox").await.says("All is well");
}

async fn everybody_says_from_one_day_on_that_a_box_is_too_long_on_its_way(app: TestApp) {
    // Two school days, and the box was given up for Beech on the Friday before Christmas: Monday 4 and Tuesday 5 January.
    app.at("2026-12-18T09:00:00Z");
    app.raw().must("UPDATE settings SET transit_days = 2");
    let (beech, cedar, coordinator) = (app.ssl("Beech").await, app.ssl("Cedar").await, app.coordinator().await);
    let magnets = app.resource("ashdale", "Magnets");
    let loan = beech.books(&Wish::of(&magnets, "2027-01-18", "2027-01-22")).await;
    app.letters().await;
    put(
        &app,
        "MG1",
        &format!("place = 'transit', school_id = {}, to_school_id = {}, since = '2026-12-18 14:00:00'", school("Ash"), school("Beech")),
    );
    let week = "box too long on its way";
    for quiet in ["2026-12-29T09:00:00Z", "2027-01-04T09:00:00Z"] {
        app.at(quiet);
        coordinator.open("/inbox").await.says("All is well");
        coordinator.open("/week").await.says_not(week);
        beech.browser.open(&loan).await.says_not("at risk");
        cedar.open(&format!("/boxes/{magnets}")).await.says_not("Not until it is back");
        beech.open("/loans").await.says_not("At risk");
    }
    cedar.books(&Wish::of(&magnets, "2027-03-01", "2027-03-05")).await;
    app.letters().await;
    app.at("2027-01-05T09:00:00Z");
    coordinator.open("/inbox").await.says("Too long on the way").says("2 school days ago, and not received").says("Beech: Magnets (MG1)");
    coordinator.open("/week").await.says(week);
    beech.browser.open(&loan).await.says("at risk");
    beech.open("/loans").await.says("At risk");
    cedar.open(&format!("/boxes/{magnets}")).await.says("Not until it is back");
    let wish = Wish::of(&magnets, "2027-03-08", "2027-03-12");
    cedar.browser.get(&format!("{}{}", cedar.base, wish.to_be_checked())).await.is(422).says("on its way from Ash to Beech");
}

async fn what_is_short_stands_in_the_list_until_it_is_counted_full(app: TestApp) {
    let coordinator = app.coordinator().await;
    // Both sides have counted the same, it lies in the store, and nobody has booked it next.
    put(&app, "SO2", "short_essentials = 'Torch: 2 of 8 missing'");
    let (page, asked) = app.questions(coordinator.open("/inbox")).await;
    assert!((1..=8).contains(&asked), "{asked} questions");
    page.says("Short of a part that it needs").says("Sound (SO2)").says("Torch: 2 of 8 missing.").says("In store at Beech.");
    coordinator.open("/week").await.says("1 box short of a part");
    // At a school, that is asked for a count; on its way, nobody is.
    put(&app, "SO2", &format!("place = 'school', school_id = {}, since = '2026-11-20 14:00:00'", school("Ash")));
    let page = coordinator.open("/inbox").await.says("At Ash. It stands here until it is counted full.");
    press_twice(&coordinator, &page, "/ask", ("what", "count")).await.0.says("The school has been asked");
    assert_eq!(app.letters().await.len(), 1);
    // What is missing altogether is no longer said to be short.
    put(&app, "SO2", &format!("place = 'missing', school_id = {}", school("Ash")));
    coordinator.open("/inbox").await.says_not("Short of a part");
    put(&app, "SO2", &format!("place = 'store', school_id = {}, short_essentials = ''", school("Beech")));
    coordinator.open("/inbox").await.says("All is well");
}

async fn a_booking_at_risk_moves_to_another_copy(app: TestApp) {
    let cedar = app.ssl("Cedar").await;
    let sound = app.resource("ashdale", "Sound");
    let booking = cedar.books(&Wish::of(&sound, "2026-12-07", "2026-12-11").with("copy", copy(&app, "SO1"))).await;
    app.letters().await;
    put(&app, "SO1", "short_essentials = 'Tuning fork: 6 of 6 missing'");
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/inbox").await.says("Bookings at risk").says("Cedar: Sound (SO1), 7 to 11 December 2026");
    let page = coordinator.browser.open(&page.link("See what can be done")).await.says("SO2 is free on these days, and whole");
    let (first, second) = press_twice(&coordinator, &page, "/move", ("sure", "yes")).await;
    first.says("The booking has moved to another copy");
    second.says("dealt with already");
    cedar.browser.open(&booking).await.says("SO2").says_not("at risk");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].to_address.as_str(), letters[0].kind.as_str()), ("science.lead@cedar.example", "booking_changed"));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE about = 'bookings' AND verb = 'changed'"), 1);
    // Where no other copy is free nothing moves, and no button says so: neither the same short box on other days is offered.
    let magnets = cedar.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    put(&app, "MG1", "short_essentials = 'Tuning fork: 6 of 6 missing'");
    let page = coordinator.open("/inbox").await;
    let page = coordinator.browser.open(&page.link("See what can be done")).await;
    assert!(page.forms("/move").is_empty() && page.forms("/offer").is_empty());
    let (first, second) = press_twice(&coordinator, &page, "/enough", ("sure", "yes")).await;
    first.says("The school has been asked");
    second.says("asked today already");
    let letters = app.letters().await;
    assert_eq!(letters.iter().map(|letter| letter.kind.as_str()).collect::<Vec<_>>(), ["asked_if_enough"]);
    assert!(letters[0].text.contains("Tuning fork: 6 of 6 missing."), "{letters:#?}");
    // Sent all the same, nothing moves.
    let move_it = page.form("/enough").sent_to(&page.form("/enough").action.replace("enough", "move"));
    let answer = coordinator.browser.submit(&move_it).await;
    coordinator.browser.follow(answer).await.says("No other copy is free on these days");
    cedar.browser.open(&magnets).await.says("MG1").says("at risk");
}

/// The address of a copy of Ashdale.
pub fn copy(app: &TestApp, tag: &str) -> String {
    let sql = format!("SELECT p.id AS n FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = 'ashdale' AND p.tag = '{tag}'");
    boxrota::base::ids::CopyId(app.raw().number(&sql)).to_string()
}

async fn other_dates_are_suggested_and_change_nothing(app: TestApp) {
    late_magnets(&app).await;
    let (cedar, coordinator) = (app.ssl("Cedar").await, app.coordinator().await);
    // Booked before the box was late.
    let sound = app.resource("ashdale", "Sound");
    let booking = cedar.books(&Wish::of(&sound, "2026-12-07", "2026-12-11").with("copy", copy(&app, "SO1"))).await;
    app.letters().await;
    app.raw().must("UPDATE copies SET state = 'repair' WHERE tag = 'SO1'");
    app.ssl("Ash").await.books(&Wish::of(&sound, "2026-12-07", "2026-12-09").with("copy", copy(&app, "SO2"))).await;
    app.letters().await;
    let id = booking.rsplit('/').next().expect("an id").to_owned();
    let (page, asked) = app.questions(coordinator.open(&format!("/attention/bookings/{id}"))).await;
    assert!((1..=8).contains(&asked), "{asked} questions");
    let page = page.says("being repaired").says_not("The same days, another copy").says("Nearest free").says("10 to 16 December 2026");
    coordinator.browser.open(&page.link("Change the booking myself")).await.says("Change the booking of Sound");
    let (first, second) = press_twice(&coordinator, &page, "/offer", ("sure", "yes")).await;
    first.says("The days have been suggested");
    second.says("asked today already");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    let text = &letters[0].text;
    assert!(
        letters[0].to_address == "science.lead@cedar.example" && text.contains("10 to 16 December 2026") && text.contains("SO2"),
        "{text}"
    );
    assert!(text.contains("/change?from=2026-12-10&to=2026-12-16&copy="), "{text}");
    cedar.browser.open(&booking).await.says("Monday 7 December 2026");
    assert_eq!(app.raw().number(LINES), 1);
}

async fn a_lost_box_is_missing_for_everybody_and_found_again(app: TestApp) {
    let cedar = app.ssl("Cedar").await;
    let magnets = app.resource("ashdale", "Magnets");
    let next = cedar.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let booking = late_magnets(&app).await;
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/inbox").await;
    let (first, second) = press_twice(&coordinator, &page, "/missing", ("sure", "yes")).await;
    first.says("The copy is marked as missing").says("Beech had it last");
    second.says("dealt with already");
    let mut letters: Vec<(String, String)> = app.letters().await.into_iter().map(|letter| (letter.to_address, letter.text)).collect();
    letters.sort();
    assert_eq!(letters.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["science.lead@beech.example", "science.lead@cedar.example"]);
    assert!(letters[0].1.contains("Beech had it last") && letters[1].1.contains("7 to 11 December 2026"), "{letters:#?}");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM custody WHERE place = 'missing'"), 1);
    assert_eq!(app.raw().number(LINES), 1);
    // Nobody can book it; the booking to come stays, at risk; the loan from which it was lost is over.
    cedar.browser.open(&next).await.says("Nobody knows where it is. Beech had it last.").says("Change the dates");
    cedar.open(&format!("/boxes/{magnets}")).await.says("Missing since today").says("Not until it is back");
    app.ssl("Beech").await.browser.open(&booking).await.says("the copy was marked missing");
    // Found at Beech, not at its store; then a second time, which is once.
    let page = coordinator.open("/inbox").await.says("Found: it is at Beech").says("Found: it is in store at Ash");
    let (first, second) = press_twice(&coordinator, &page, "/found", ("at", "school")).await;
    first.says("The copy is there again").says("At a school without a booking");
    second.says("dealt with already");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].to_address.as_str(), letters[0].title.as_str()), ("science.lead@cedar.example", "Magnets (MG1) is found again"));
    cedar.browser.open(&next).await.says_not("at risk");
    assert_eq!(app.raw().number(LINES), 2);
}

async fn a_box_that_a_school_has_without_a_booking_goes_home(app: TestApp) {
    let coordinator = app.coordinator().await;
    put(&app, "MG1", &format!("place = 'school', school_id = {}, since = '2026-11-20 10:00:00'", school("Cedar")));
    let page =
        coordinator.open("/inbox").await.says("At a school without a booking").says("Cedar has had it since Friday 20 November 2026");
    let (first, second) = press_twice(&coordinator, &page, "/found", ("at", "store")).await;
    first.says("The copy is there again").says("All is well");
    second.says("dealt with already");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM custody WHERE place <> 'store'"), 0);
    assert_eq!(app.raw().number(LINES), 1);
}

async fn reports_and_differences_are_dealt_with_once(app: TestApp) {
    let coordinator = app.coordinator().await;
    app.raw().must(
        "INSERT INTO finds (cluster_id, id, copy_id, words, found_at)
         SELECT p.cluster_id, 7, p.id, 'In the bus shelter', '2026-11-23 08:00:00' FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = 'ashdale' AND p.tag = 'MG1';
         INSERT INTO handovers (cluster_id, id, copy_id, from_school_id, state, given_by, given_at, received_by, received_at, differs)
         SELECT p.cluster_id, 7, p.id, p.home_school_id, 'accepted', k.id, '2026-11-20 09:00:00', k.id, '2026-11-20 10:00:00', TRUE
         FROM people k, copies p JOIN clusters c ON c.id = p.cluster_id
         WHERE c.slug = 'ashdale' AND p.tag = 'MG1' AND k.email = 'science.lead@ash.example'",
    );
    seen(&app);
    coordinator.open("/week").await.says("1 count that differs").says("1 box found by somebody");
    let page = coordinator.open("/inbox").await.says("In the bus shelter").says("Counts that differ").says("from Ash to its store");
    for action in ["/done", "/settled"] {
        let (first, second) = press_twice(&coordinator, &page, action, ("sure", "yes")).await;
        first.says("That is dealt with");
        second.says("dealt with already");
    }
    coordinator.open("/inbox").await.says("All is well");
    assert_eq!(app.raw().number(LINES), 2);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE differs"), 1, "the record stays");
}

async fn nothing_of_another_cluster_can_be_touched(app: TestApp) {
    let booking = late_magnets(&app).await;
    let page = app.coordinator().await.open("/inbox").await;
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let token = oak.open("/week").await.form("/sign-out").value("csrf").to_owned();
    oak.browser.get("/c/ashdale/inbox").await.is(404);
    let before = app.raw().number("SELECT count(*) AS n FROM changes");
    let mut forms: Vec<_> = ["/ask", "/missing"].iter().map(|action| page.form(action)).collect();
    let id = booking.rsplit('/').next().expect("an id");
    for verb in ["move", "offer"] {
        forms.push(page.form("/ask").sent_to(&format!("/c/ashdale/attention/bookings/{id}/{verb}")));
    }
    forms.push(page.form("/ask").tampered("at", "store").sent_to(&format!("/c/ashdale/attention/{}/found", copy(&app, "MG1"))));
    for form in forms {
        let form = form.tampered("csrf", &token);
        let own = form.action.replacen("ashdale", "birchwood", 1);
        assert_eq!(oak.browser.submit(&form).await.status, 404, "{}", form.action);
        assert_eq!(oak.browser.submit(&form.sent_to(&own)).await.status, 404, "{own}");
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes"), before);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM custody WHERE place = 'missing'"), 0);
}

async fn a_form_without_its_token_changes_nothing(app: TestApp) {
    late_magnets(&app).await;
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/inbox").await;
    for action in ["/ask", "/missing"] {
        coordinator.browser.submit(&page.form(action).without("csrf")).await.is(403);
    }
    // A science lead has a token, and no leave.
    let ash = app.ssl("Ash").await;
    let token = ash.open("/week").await.form("/sign-out").value("csrf").to_owned();
    for action in ["/ask", "/missing"] {
        ash.browser.submit(&page.form(action).tampered("csrf", &token)).await.is(403);
    }
    assert_eq!(app.raw().number(LINES), 0);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM custody WHERE place = 'missing'"), 0);
}

async fn what_is_no_longer_true_is_not_sent(app: TestApp) {
    let booking = late_magnets(&app).await;
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/inbox").await;
    press_twice(&coordinator, &page, "/ask", ("what", "bring_back")).await;
    // It comes back before the letter has left.
    let beech = app.ssl("Beech").await;
    let form = beech.browser.open(&booking).await.form("/returned");
    beech.browser.submit(&form).await.is(303);
    let letters = app.letters().await;
    assert_eq!(letters.iter().map(|letter| letter.kind.as_str()).collect::<Vec<_>>(), ["handover_given"], "{letters:#?}");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE state = 'dropped' AND kind = 'asked_to_bring_back'"), 1);
}
