//! Counts that come late, and counts between two handovers: a form acts on what it was opened for; whoever was slower loses nothing;
//! who has a box can count it at any time.

use tokio::sync::watch;

use crate::handing_over::{BEECH, CEDAR, COORDINATOR, at, at_beech, form, kind, kinds, line, place, send, two_loans};
use crate::harness::{Ssl, TestApp};

stories!(
    a_late_send_does_not_give_up_another_schools_box,
    a_stale_page_refuses_and_takes_back_nothing,
    what_was_to_be_received_for_a_cancelled_booking_is_not,
    who_counts_while_it_is_given_up_receives_it,
    the_givers_count_comes_after_it_was_received,
    a_late_count_with_a_mistake_can_be_put_right,
    a_late_count_is_added_to_its_own_handover_alone,
    who_has_it_counts_it_at_any_time,
    only_who_has_it_counts_it,
    a_count_of_the_holder_is_one_and_stays_beside_the_others,
);

/// Everything that a form which does nothing must leave alone.
fn done(app: &TestApp) -> (i64, i64, i64, i64) {
    let mut raw = app.raw();
    let mut many = |table: &str| raw.number(&format!("SELECT count(*) AS n FROM {table}"));
    (many("handovers"), many("counts"), many("custody_chain"), many("messages"))
}

async fn a_late_send_does_not_give_up_another_schools_box(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    // Who coordinates may hand it over for any school; the phone sends what was counted at Beech days later.
    let coordinator = app.coordinator().await;
    let fork = line(&app, "Tuning fork");
    let late = form(&coordinator, &copy, "give").await.set("note", "Counted in the cupboard").set(&format!("note-{fork}"), "shiny");
    send(&beech, &copy, "give", &[]).await.is(303);
    send(&cedar, &copy, "receive", &[]).await.is(303);
    app.letters().await;
    let before = done(&app);
    let page = coordinator.browser.submit(&late).await.is(422);
    page.says("It has moved on since you opened this page").says("At Cedar since").says("Counted in the cupboard").says("All there, shiny");
    assert_eq!((place(&app), done(&app)), (at("school", "Cedar", true), before));
    // A form that does not say what it was opened for is as good as an old one.
    let fresh = form(&coordinator, &copy, "give").await;
    for seen in ["", "2", "99999", "nonsense"] {
        coordinator.browser.submit(&fresh.clone().tampered("seen", seen)).await.is(422).says("It has moved on");
    }
    coordinator.browser.submit(&fresh.clone().without("seen")).await.is(422).says("It has moved on");
    assert_eq!((place(&app), done(&app)), (at("school", "Cedar", true), before));
    coordinator.browser.submit(&fresh).await.is(303);
    assert_eq!(place(&app), at("transit", "Cedar", false));
    app.letters().await;
}

async fn a_stale_page_refuses_and_takes_back_nothing(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    send(&beech, &copy, "give", &[]).await.is(303);
    let refusal = cedar.open(&format!("/copies/{copy}/receive")).await.form("/refuse").set("reason", "The lid is broken");
    let back = beech.open(&format!("/copies/{copy}")).await.form("/take-back");
    beech.browser.submit(&back).await.is(303);
    send(&beech, &copy, "give", &[]).await.is(303);
    app.letters().await;
    let before = done(&app);
    beech.browser.submit(&back).await.is(422).says("It has moved on since you opened this page");
    let page = cedar.browser.submit(&refusal).await.is(422);
    page.says("It has moved on since you opened this page").says("The lid is broken");
    assert_eq!((place(&app), done(&app)), (at("transit", "Beech", false), before));
}

async fn what_was_to_be_received_for_a_cancelled_booking_is_not(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let coordinator = app.coordinator().await;
    send(&beech, &copy, "give", &[]).await.is(303);
    let receive = form(&coordinator, &copy, "receive").await;
    let booking = app.raw().number("SELECT id AS n FROM bookings WHERE first_day = '2026-11-30'");
    let page = cedar.open(&format!("/bookings/{}", boxrota::base::ids::BookingId(booking))).await;
    let sure = cedar.browser.open(&page.link("Cancel the booking")).await;
    cedar.browser.submit(&sure.form("/cancel").set("reason", "The trip has moved")).await.is(303);
    app.letters().await;
    coordinator.browser.submit(&receive).await.is(422).says("It has moved on since you opened this page");
    assert_eq!(place(&app), at("transit", "Beech", false));
    send(&coordinator, &copy, "receive", &[]).await.is(303);
    assert_eq!(place(&app), at("store", "Ash", false));
    app.letters().await;
}

async fn who_counts_while_it_is_given_up_receives_it(app: TestApp) {
    let (_, _, copy) = at_beech(&app).await;
    app.at("2026-11-27T15:00:00Z");
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let counting = form(&cedar, &copy, "receive").await.tampered("how", "all_there");
    send(&beech, &copy, "give", &[]).await.is(303);
    cedar.browser.submit(&counting).await.is(303);
    assert_eq!(place(&app), at("school", "Cedar", true));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE state = 'accepted' AND given_at IS NOT NULL"), 1);
    app.letters().await;
}

/// Beech has counted and has no connection; Cedar has received it meanwhile, and counted four forks, or nothing.
async fn overtaken(app: &TestApp, counted: bool) -> (Ssl, Ssl, String, crate::harness::Form) {
    let (_, _, copy) = at_beech(app).await;
    app.at("2026-11-27T15:00:00Z");
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let late = form(&beech, &copy, "give").await.set("note", "The key is in the lid").tampered("how", "lines");
    let fork = line(app, "Tuning fork");
    let (there, n, why) = (format!("there-{fork}"), format!("n-{fork}"), format!("why-{fork}"));
    if counted {
        send(&cedar, &copy, "receive", &[(there.as_str(), ""), (&n, "4"), (&why, "missing")]).await.is(303);
    } else {
        let nothing = form(&cedar, &copy, "receive").await.tampered("how", "none");
        cedar.browser.submit(&nothing).await.is(303);
    }
    app.letters().await;
    app.at("2026-11-27T16:30:00Z");
    (beech, cedar, copy, late)
}

async fn the_givers_count_comes_after_it_was_received(app: TestApp) {
    let (beech, cedar, copy, late) = overtaken(&app, true).await;
    let moved = app.raw().number("SELECT count(*) AS n FROM custody_chain");
    let sent = beech.browser.submit(&late).await.is(303);
    assert_eq!(beech.browser.submit(&late).await.is(303).header("location"), sent.header("location"), "sent twice it counts once");
    let page = beech.browser.follow(sent).await.says("Your count is added").says("At Cedar since");
    let both = beech.browser.open(&page.link("See what was counted")).await;
    both.says("The two counts differ").says("Handed over by Beech").says("The key is in the lid").says_not("had not handed it over");
    // Nothing has moved, and both hear of it, the coordinator too, since the counts differ.
    assert_eq!((place(&app), app.raw().number("SELECT count(*) AS n FROM custody_chain")), (at("school", "Cedar", true), moved));
    let letters = app.letters().await;
    let late_to = |to: &str| kind("handover_given_late", to);
    let mut all = vec![late_to(BEECH), late_to(CEDAR), late_to(COORDINATOR)];
    all.sort();
    assert_eq!(kinds(&letters), all);
    let words = letters[0].text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Tuning fork: handed over as 6, received as 4 of 6, missing"), "{words}");
    // What is known is what was counted last, and that was Cedar.
    cedar.open(&format!("/copies/{copy}/give")).await.says("Tuning fork: 4 of 6");
    cedar.open(&format!("/copies/{copy}")).await.says("Something essential is short");
    cedar
        .open(&format!("/copies/{copy}/history"))
        .await
        .says("Handed over from Beech to Cedar")
        .says("Counted when it was handed over (Science lead, Beech)");
    app.coordinator().await.open("/inbox").await.says("Handed over from Beech to Cedar");
}

async fn a_late_count_with_a_mistake_can_be_put_right(app: TestApp) {
    let (beech, cedar, copy, late) = overtaken(&app, false).await;
    let fork = line(&app, "Tuning fork");
    let (there, n, why) = (format!("there-{fork}"), format!("n-{fork}"), format!("why-{fork}"));
    let wrong = late.without(&there).set(&n, "5");
    let page = beech.browser.submit(&wrong).await.is(422).says("choose why there are fewer than 6").says("Cedar has received it already");
    let right = page.form("/give").set(&why, "broken").tampered("how", "lines");
    assert_eq!(right.value("note"), "The key is in the lid");
    beech.browser.submit(&right).await.is(303);
    // Cedar has counted nothing, so this is the latest anybody knows.
    cedar.open(&format!("/copies/{copy}/give")).await.says("Tuning fork: 5 of 6");
    cedar.open(&format!("/copies/{copy}")).await.says("Tuning fork: 1 of 6 broken");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE differs"), 0);
    app.letters().await;
}

async fn a_late_count_is_added_to_its_own_handover_alone(app: TestApp) {
    let (beech, cedar, copy, late) = overtaken(&app, true).await;
    // Another person of another school; a form of the time before it came to Beech; a second count of the giver.
    let ash = app.ssl("Ash").await;
    let before = done(&app);
    let token = ash.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    ash.browser.submit(&late.clone().tampered("csrf", &token)).await.is(422).says("It has moved on");
    let token = cedar.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    cedar.browser.submit(&late.clone().tampered("csrf", &token)).await.is(422).says("It has moved on").says("The key is in the lid");
    let seen: i64 = late.value("seen").parse().expect("a number");
    for wrong in [seen - 1, seen + 1] {
        beech.browser.submit(&late.clone().tampered("seen", &wrong.to_string())).await.is(if wrong > seen { 403 } else { 422 });
    }
    assert_eq!((place(&app), done(&app)), (at("school", "Cedar", true), before));
    beech.browser.submit(&late).await.is(303);
    let again = late.clone().tampered("key", &"1".repeat(32));
    beech.browser.submit(&again).await.is(422).says("It has moved on");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts WHERE side = 'giver'"), 1);
    app.letters().await;
    // Two weeks later nobody remembers.
    let late = form(&cedar, &copy, "give").await;
    app.at("2026-12-04T15:00:00Z");
    let ash = app.ssl("Ash").await;
    send(&ash, &copy, "receive", &[]).await.is(303);
    app.at("2026-12-21T15:00:00Z");
    app.letters().await;
    let cedar = app.ssl("Cedar").await;
    let token = cedar.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    cedar.browser.submit(&late.tampered("csrf", &token)).await.is(422).says("more than 14 days ago").says("What you typed");
    assert_eq!(place(&app), at("store", "Ash", false));
}

/// The letters of the worker's round.
async fn round(app: &TestApp) -> Vec<(String, String)> {
    let (_stop, stopped) = watch::channel(false);
    app.worker().remind(&mut boxrota::reminders::acts::round::Sweep::default(), &stopped).await.expect("what is due");
    kinds(&app.letters().await)
}

async fn who_has_it_counts_it_at_any_time(app: TestApp) {
    let (beech, cedar, copy) = two_loans(&app).await;
    // Beech says in one word that it has it, and counts nothing.
    let booking = app.raw().number("SELECT id AS n FROM bookings WHERE first_day = '2026-11-23'");
    let page = beech.open(&format!("/bookings/{}", boxrota::base::ids::BookingId(booking))).await;
    beech.browser.submit(&page.form("/collected")).await.is(303);
    app.letters().await;
    let coordinator = app.coordinator().await;
    let asked = coordinator.open("/inbox").await.says("Received and not counted (1)");
    coordinator.browser.submit(&asked.forms("/ask").remove(0)).await.is(303);
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [kind("asked_to_count", BEECH)]);
    assert!(letters[0].text.contains(&format!("/copies/{copy}/count")), "{}", letters[0].text);
    app.at("2026-11-25T10:00:00Z");
    let reminded = round(&app).await;
    assert!(reminded.contains(&kind("loan_not_counted", BEECH)), "{reminded:?}");
    // The copy's page has what was asked for.
    let page = beech.open(&format!("/copies/{copy}")).await;
    let count = beech.browser.open(&page.link("Count it")).await.says("Magnets (MG1), at Beech");
    assert!(!count.words().contains("not counted"), "to count nothing is no count");
    let fork = line(&app, "Tuning fork");
    let (there, n, why) = (format!("there-{fork}"), format!("n-{fork}"), format!("why-{fork}"));
    let short = [(there.as_str(), ""), (&n, "4"), (&why, "missing"), ("note", "Looked twice"), ("condition", "worn")];
    let page = beech.browser.follow(send(&beech, &copy, "count", &short).await.is(303)).await;
    page.says("Magnets is counted").says("Counted at Beech").says("Tuning fork: 4 of 6, missing").says("Looked twice").says("Worn");
    assert_eq!(place(&app), at("school", "Beech", true));
    app.letters().await;
    // Everything that asked for it is content, and what is short is known.
    coordinator.open("/inbox").await.says_not("Received and not counted");
    coordinator.open(&format!("/copies/{copy}")).await.says("Something essential is short").says("Tuning fork: 2 of 6 missing");
    coordinator.open(&format!("/copies/{copy}/history")).await.says("Beech counted it").says("Tuning fork: 4 of 6, missing");
    app.at("2026-11-26T10:00:00Z");
    let reminded = round(&app).await;
    assert!(!reminded.iter().any(|(kind, _)| kind == "loan_not_counted"), "{reminded:?}");
    cedar.open(&format!("/copies/{copy}")).await.says("Counted at Beech");
    let data: serde_json::Value = serde_json::from_str(&beech.browser.get("/account/data.json").await.is(200).text).expect("JSON");
    let own = &data["counts"][0];
    assert_eq!((&own["side"], &own["note"], &own["condition"]), (&"holder".into(), &"Looked twice".into(), &"worn".into()));
    // When it goes on, the form begins with what was counted.
    beech.open(&format!("/copies/{copy}/give")).await.says("Tuning fork: 4 of 6");
    app.letters().await;
}

async fn only_who_has_it_counts_it(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let theirs = form(&beech, &copy, "count").await;
    let path = format!("/copies/{copy}/count");
    for other in [&*cedar, &*ash] {
        other.get(&path).await.is(403);
        let token = other.open("/loans").await.form("/sign-out").value("csrf").to_owned();
        other.browser.submit(&theirs.clone().tampered("csrf", &token)).await.is(403);
    }
    beech.browser.submit(&theirs.clone().without("csrf")).await.is(403);
    let oak = crate::harness::Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let token = oak.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    oak.get(&path).await.is(404);
    oak.browser.submit(&theirs.clone().tampered("csrf", &token)).await.is(404);
    beech.browser.submit(&theirs.clone().tampered("how", "none")).await.is(422).says("Count what is in it, or go back");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts WHERE side = 'holder'"), 0);
    coordinator.browser.submit(&form(&coordinator, &copy, "count").await).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts WHERE side = 'holder'"), 1);
    // On its way nobody has it.
    send(&beech, &copy, "give", &[]).await.is(303);
    let late = beech.browser.submit(&theirs).await.is(422);
    late.says("It has been handed over already");
    beech.get(&path).await.is(303);
    send(&cedar, &copy, "receive", &[]).await.is(303);
    beech.browser.submit(&theirs.clone().tampered("key", &"2".repeat(32))).await.is(422).says("It has moved on");
    app.letters().await;
}

async fn a_count_of_the_holder_is_one_and_stays_beside_the_others(app: TestApp) {
    let (beech, _, copy) = at_beech(&app).await;
    let count = form(&beech, &copy, "count").await.tampered("how", "all_there");
    let first = beech.browser.submit(&count).await.is(303);
    assert_eq!(beech.browser.submit(&count).await.is(303).header("location"), first.header("location"));
    beech.browser.submit(&form(&beech, &copy, "count").await).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts WHERE side = 'holder' AND handover_id IS NULL"), 2);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts"), 3);
    // The table keeps the two kinds apart.
    for wrong in [
        "INSERT INTO counts (cluster_id, id, copy_id, side, person_id, how, counted_at, request_key) SELECT cluster_id, 1, copy_id, 'giver', person_id, how, counted_at, 'x' FROM counts WHERE side = 'holder' LIMIT 1",
        "INSERT INTO counts (cluster_id, id, copy_id, side, person_id, how, counted_at, request_key) SELECT cluster_id, 1, copy_id, 'holder', person_id, how, counted_at, 'x' FROM counts WHERE side = 'holder' LIMIT 1",
        "INSERT INTO counts (cluster_id, id, copy_id, handover_id, side, note, person_id, how, counted_at, request_key) SELECT cluster_id, 1, copy_id, handover_id, 'giver', 'x', person_id, how, counted_at, 'x' FROM counts WHERE side = 'receiver' LIMIT 1",
    ] {
        assert!(app.raw().run(wrong).is_err(), "{wrong}");
    }
}
