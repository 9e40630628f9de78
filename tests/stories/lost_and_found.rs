//! Boxes that are lost and come back: whatever way one turns up, it can be booked again; what was lost holds no days; and the history
//! says what happened.

use crate::attention::{copy, press_twice};
use crate::handing_over::send;
use crate::harness::{Coordinator, Person, TestApp, Wish};
use crate::week::{put, seen};

stories!(
    what_is_collected_is_missing_no_more,
    a_copy_that_was_entered_as_missing_is_found,
    a_loan_whose_box_was_lost_holds_no_days,
    nothing_is_offered_while_it_is_missing,
    what_is_lost_on_its_way_was_not_taken_back,
    what_another_school_collects_has_arrived_there,
    what_was_in_repair_still_is_when_it_is_found,
    what_is_offered_is_no_booking_at_risk
);

/// The coordinator says that nobody knows where Magnets is.
async fn lose(app: &TestApp) -> Coordinator {
    let coordinator = app.coordinator().await;
    let token = coordinator.open("/week").await.form("/sign-out").value("csrf").to_owned();
    let at = format!("/c/ashdale/attention/{}/missing", copy(app, "MG1"));
    coordinator.browser.post(&at, &[("csrf".to_owned(), token)]).await.is(303);
    coordinator
}

/// Presses a button of the booking's page.
async fn press(person: &Person, booking: &str, word: &str) {
    let form = person.browser.open(booking).await.form(word);
    person.browser.submit(&form).await.is(303);
}

/// "missing missing": the state of Magnets and its place.
fn stands(app: &TestApp) -> String {
    let sql = "SELECT p.state || ' ' || k.place AS t FROM copies p JOIN custody k ON k.cluster_id = p.cluster_id AND k.copy_id = p.id WHERE p.tag = 'MG1'";
    app.raw().texts(sql).remove(0)
}

fn to_and_title(letters: &[boxrota::mail::Message]) -> Vec<(&str, &str)> {
    let mut all: Vec<_> = letters.iter().map(|letter| (letter.to_address.as_str(), letter.title.as_str())).collect();
    all.sort_unstable();
    all
}

async fn what_is_collected_is_missing_no_more(app: TestApp) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = cedar.books(&Wish::of(&magnets, "2026-11-24", "2026-11-26")).await;
    beech.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let coordinator = lose(&app).await;
    assert_eq!(stands(&app), "missing missing");
    assert_eq!(app.letters().await.len(), 3);
    // It stood behind the door all the time, and Cedar has it.
    press(&cedar, &booking, "/collected").await;
    assert_eq!(stands(&app), "in_service school");
    let letters = app.letters().await;
    assert_eq!(to_and_title(&letters), [("science.lead@beech.example", "Magnets (MG1) is found again")]);
    assert_eq!(app.raw().texts("SELECT after AS t FROM changes WHERE verb = 'found'"), ["at Cedar"]);
    let page = coordinator.open("/inbox").await.says_not("had it last").says_not("Bookings at risk");
    assert!(page.forms("/found").is_empty());
    press(&cedar, &booking, "/returned").await;
    let store = app.ssl("Ash").await;
    send(&store, &copy(&app, "MG1"), "receive", &[]).await.is(303);
    app.letters().await;
    cedar.open(&format!("/boxes/{magnets}")).await.says_not("Not until it is back");
    cedar.books(&Wish::of(&magnets, "2026-11-30", "2026-12-02")).await;
    app.letters().await;
}

async fn a_copy_that_was_entered_as_missing_is_found(app: TestApp) {
    app.raw().must(
        "INSERT INTO copies (cluster_id, id, resource_id, tag, code, home_school_id, state)
         SELECT p.cluster_id, (SELECT max(id) + 1 FROM copies), p.resource_id, 'MG2', 'MG2234', p.home_school_id, 'missing' FROM copies p WHERE p.tag = 'MG1'",
    );
    seen(&app);
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let page = coordinator.open("/inbox").await.says("Magnets (MG2)").says("Ash had it last");
    let (first, second) = press_twice(&coordinator, &page, "/found", ("at", "store")).await;
    first.says("The copy is there again").says("All is well");
    second.says("dealt with already");
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-02").with("copy", copy(&app, "MG2"))).await;
    app.letters().await;
}

/// Beech has fetched Magnets for two weeks, and on the next day nobody knows where it is.
async fn lost_at_beech(app: &TestApp) -> Coordinator {
    let beech = app.ssl("Beech").await;
    let booking = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-12-04")).await;
    app.letters().await;
    press(&beech, &booking, "/collected").await;
    app.at("2026-11-24T09:00:00Z");
    let coordinator = lose(app).await;
    app.letters().await;
    coordinator
}

async fn a_loan_whose_box_was_lost_holds_no_days(app: TestApp) {
    let coordinator = lost_at_beech(&app).await;
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE last_day = '2026-11-24' AND returned_on = '2026-11-24'"), 1);
    assert_eq!(
        app.raw().texts("SELECT before AS t FROM changes WHERE about = 'bookings' AND verb = 'ended'"),
        ["23 November to 4 December 2026"]
    );
    // Found where it was lost, it is Beech's to book again.
    app.at("2026-11-25T09:00:00Z");
    let page = coordinator.open("/inbox").await;
    press_twice(&coordinator, &page, "/found", ("at", "school")).await.0.says("At a school without a booking");
    let beech = app.ssl("Beech").await;
    let again = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-04")).await;
    app.letters().await;
    app.at("2026-11-30T09:00:00Z");
    press(&beech, &again, "/collected").await;
    assert_eq!(stands(&app), "in_service school");
}

async fn nothing_is_offered_while_it_is_missing(app: TestApp) {
    app.raw().must(
        "INSERT INTO waits (cluster_id, id, resource_id, school_id, person_id, first_day, last_day, request_key, created_at, updated_at)
         SELECT s.cluster_id, 7, r.id, s.id, k.id, '2026-11-30', '2026-12-02', 'wait', '2026-11-20 09:00:00', '2026-11-20 09:00:00'
         FROM schools s JOIN clusters c ON c.id = s.cluster_id JOIN resources r ON r.cluster_id = s.cluster_id, people k
         WHERE c.slug = 'ashdale' AND s.short_name = 'Cedar' AND r.name = 'Magnets' AND k.email = 'science.lead@cedar.example'",
    );
    let coordinator = lost_at_beech(&app).await;
    let offered = |app: &TestApp| app.raw().number("SELECT count(*) AS n FROM waits WHERE state = 'offered'");
    assert_eq!(offered(&app), 0);
    let page = coordinator.open("/inbox").await;
    press_twice(&coordinator, &page, "/found", ("at", "store")).await;
    assert_eq!(offered(&app), 1);
    let letters = app.letters().await;
    assert!(letters.iter().any(|letter| letter.to_address == "science.lead@cedar.example"), "{letters:#?}");
}

/// Gives Magnets up, or receives it, all there.
async fn all_there(app: &TestApp, person: &Person, side: &str) {
    let form = person.open(&format!("/copies/{}/{side}", copy(app, "MG1"))).await.form(&format!("/{side}")).tampered("how", "all_there");
    person.browser.submit(&form).await.is(303);
}

/// Beech has fetched Magnets for two weeks and handed it over on the second day; Cedar is to have it.
async fn on_its_way_to_cedar(app: &TestApp) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    beech.books(&Wish::of(&magnets, "2026-11-23", "2026-12-04")).await;
    cedar.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    all_there(app, &beech, "receive").await;
    app.at("2026-11-24T09:00:00Z");
    all_there(app, &beech, "give").await;
    app.letters().await;
}

async fn what_is_lost_on_its_way_was_not_taken_back(app: TestApp) {
    on_its_way_to_cedar(&app).await;
    app.at("2026-11-26T09:00:00Z");
    let coordinator = lose(&app).await;
    app.letters().await;
    assert_eq!(app.raw().texts("SELECT state AS t FROM handovers ORDER BY id"), ["accepted", "lost"]);
    assert_eq!(
        app.raw().number("SELECT count(*) AS n FROM bookings WHERE first_day = '2026-11-23' AND last_day = '2026-11-24'"),
        1,
        "the loan ended when it was given up"
    );
    let here = format!("/copies/{}", copy(&app, "MG1"));
    coordinator.open(&here).await.says("Never received").says_not("Taken back");
    let entries = coordinator.open(&format!("{here}/history")).await.says_not("took it back").all(".chain > li");
    let words = "Beech handed it over to Cedar, and nobody has said that it arrived.";
    assert!(entries.iter().any(|entry| entry.contains(words)), "{entries:#?}");
}

async fn what_another_school_collects_has_arrived_there(app: TestApp) {
    on_its_way_to_cedar(&app).await;
    let coordinator = app.coordinator().await;
    // Ash has booked some days of the loan, as one could when it had been given back; the box is set down there, and not at Cedar's.
    app.raw().must("UPDATE bookings SET last_day = '2026-11-24', held_until = '2026-11-24' WHERE first_day = '2026-11-23'");
    let ash = app.ssl("Ash").await;
    let booking = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-02")).await;
    app.raw().must("UPDATE bookings SET last_day = '2026-11-27', held_until = '2026-11-27' WHERE first_day = '2026-11-23'");
    app.letters().await;
    app.at("2026-11-30T09:00:00Z");
    press(&ash, &booking, "/collected").await;
    let handover = "SELECT s.short_name || ' ' || h.state AS t FROM handovers h JOIN schools s ON s.id = h.to_school_id AND s.cluster_id = h.cluster_id ORDER BY h.id";
    assert_eq!(app.raw().texts(handover), ["Beech accepted", "Ash accepted"]);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE first_day = '2026-11-23' AND last_day = '2026-11-24'"), 1);
    let here = format!("/copies/{}/history", copy(&app, "MG1"));
    coordinator.open(&here).await.says("Handed over from Beech to Ash").says_not("from Beech to Cedar, for");
    app.letters().await;
}

async fn what_was_in_repair_still_is_when_it_is_found(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let booking = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-11")).await;
    app.raw().must("UPDATE copies SET state = 'repair' WHERE tag = 'MG1'");
    app.letters().await;
    let coordinator = lose(&app).await;
    app.letters().await;
    assert_eq!(stands(&app), "repair missing");
    beech.browser.open(&booking).await.says("Nobody knows where it is.");
    let page = coordinator.open("/inbox").await;
    let (first, second) = press_twice(&coordinator, &page, "/found", ("at", "store")).await;
    first.says("It still needs repair, so nobody can book it");
    second.says("dealt with already");
    assert_eq!(stands(&app), "repair store");
    let letters = app.letters().await;
    assert_eq!(to_and_title(&letters), [("science.lead@beech.example", "Magnets (MG1) is found again")]);
    assert!(letters[0].text.contains("it is being repaired. Your booking stays at risk"), "{}", letters[0].text);
}

async fn what_is_offered_is_no_booking_at_risk(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let booking = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    put(&app, "MG1", "short_essentials = 'Tuning fork: 6 of 6 missing'");
    let coordinator = app.coordinator().await;
    coordinator.open("/inbox").await.says("Bookings at risk");
    app.raw().must(
        "UPDATE bookings SET state = 'requested', offer_until = '2026-11-25 23:59:00';
         INSERT INTO waits (cluster_id, id, resource_id, school_id, person_id, first_day, last_day, state, booking_id, request_key, created_at, updated_at)
         SELECT b.cluster_id, 7, p.resource_id, b.school_id, b.person_id, b.first_day, b.last_day, 'offered', b.id, 'wait', b.created_at, b.created_at
         FROM bookings b JOIN copies p ON p.cluster_id = b.cluster_id AND p.id = b.copy_id",
    );
    seen(&app);
    coordinator.open("/inbox").await.says("Short of a part that it needs").says_not("Bookings at risk");
    let id = booking.rsplit('/').next().expect("an id");
    coordinator.open(&format!("/attention/bookings/{id}")).await.says("This booking is not at risk");
    // When the box is lost, nobody reads that a booking stays which he has not made.
    lose(&app).await;
    let letters = app.letters().await;
    assert!(letters.iter().all(|letter| !letter.text.contains("Your booking stays")), "{letters:#?}");
}
