//! "We have given it back" is the word of one side: the box is on its way until its store has it, it can be taken back by both sides, and
//! nobody is offered what is not in hand (case 24).

use crate::handing_over::{ASH, BEECH, COORDINATOR, at, copy, kind, kinds, place, send};
use crate::harness::{Person, Ssl, TestApp, Wish};
use crate::waiting::{offered, waits};

stories!(
    it_is_on_its_way_until_its_store_has_it,
    each_side_takes_it_back,
    ones_own_shelf_is_one_step,
    a_coordinator_speaks_for_the_store,
    what_is_on_its_way_is_offered_to_nobody,
    a_button_stands_where_its_act_can_succeed,
    what_is_due_where_nobody_is_reaches_somebody,
);

/// Beech has fetched Magnets, which is kept at Ash, and has it until 4 December.
async fn out_at_beech(app: &TestApp) -> (Ssl, Ssl, String, String) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let booking = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-12-04")).await;
    press(&beech, &booking, "/collected").await;
    app.letters().await;
    (ash, beech, booking, copy(app, "ashdale", "MG1"))
}

/// Presses a button of the booking's page, and follows to what it says.
async fn press(person: &Person, booking: &str, word: &str) -> crate::harness::Page {
    let form = person.browser.open(booking).await.form(word);
    person.browser.send(&form).await
}

async fn it_is_on_its_way_until_its_store_has_it(app: TestApp) {
    let (ash, beech, booking, copy) = out_at_beech(&app).await;
    app.at("2026-11-25T15:00:00Z");
    let page = press(&beech, &booking, "/returned").await.says("Magnets is on its way back").says("hears of it by e-mail");
    assert_eq!(place(&app), at("transit", "Beech", false));
    assert_eq!(kinds(&app.letters().await), [kind("handover_given", ASH)]);
    // Sent twice, it is done once; and nothing on the page leads to where one has nothing to do.
    let page = page.says_not("Count and hand over").says_not("We have given it back");
    for href in page.attributes("main a[href*='/copies/']", "href") {
        beech.browser.open(&href).await.says_not("This box is not due to you").says("Take it back");
    }
    assert_eq!(
        app.raw().number("SELECT count(*) AS n FROM bookings WHERE last_day = '2026-12-04'"),
        1,
        "its days are held until it is there"
    );
    // The store says so a day later: the loan ended when it was given back.
    app.at("2026-11-26T08:00:00Z");
    send(&ash, &copy, "receive", &[]).await.is(303);
    assert_eq!(place(&app), at("store", "Ash", false));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE last_day = '2026-11-25' AND returned_on = '2026-11-25'"), 1);
    assert_eq!(
        kinds(&app.letters().await),
        [kind("booking_changed", BEECH), kind("handover_received", ASH), kind("handover_received", BEECH)]
    );
    // To whom it is not due reads so, and no page of the loan leads there any more.
    let page = beech.browser.open(&booking).await.says_not("Count and hand over");
    assert!(page.attributes("main a[href*='/copies/']", "href").is_empty());
    let form = beech.browser.open(&booking).await;
    assert!(form.forms("/returned").is_empty());
}

async fn each_side_takes_it_back(app: TestApp) {
    let (ash, beech, booking, copy) = out_at_beech(&app).await;
    let coordinator = app.coordinator().await;
    let page = format!("/copies/{copy}");
    for (person, told) in [(&*beech, vec![ASH]), (&*ash, vec![BEECH]), (&*coordinator, vec![ASH, BEECH])] {
        app.later(chrono::TimeDelta::hours(1));
        press(&beech, &booking, "/returned").await;
        app.letters().await;
        let form = person.open(&page).await.form("/take-back");
        let said = person.browser.send(&form).await;
        said.says(if person.email == beech.email { "You have Magnets again" } else { "Beech has Magnets again" });
        assert_eq!(place(&app), at("school", "Beech", true), "{}", person.email);
        let expected: Vec<_> = told.iter().map(|to| kind("handover_withdrawn", to)).collect();
        assert_eq!(kinds(&app.letters().await), expected, "{}", person.email);
        // Pressed twice: how it stands is said, and nothing happens.
        person.browser.submit(&form).await.is(422);
        assert!(beech.browser.open(&booking).await.says("Out now").forms("/returned").len() == 1, "it is out, and can be given back");
    }
    // Cedar has no part in it.
    let cedar = app.ssl("Cedar").await;
    press(&beech, &booking, "/returned").await;
    app.letters().await;
    let form = ash.open(&page).await.form("/take-back");
    let token = cedar.open("/week").await.form("/sign-out").value("csrf").to_owned();
    cedar.browser.submit(&form.tampered("csrf", &token)).await.is(403);
}

async fn ones_own_shelf_is_one_step(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let booking = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-12-04")).await;
    press(&ash, &booking, "/collected").await;
    app.letters().await;
    ash.browser.open(&booking).await.says("Put it back on its shelf").says_not("on its way until");
    press(&ash, &booking, "/returned").await.says("Magnets is returned");
    assert_eq!(place(&app), at("store", "Ash", false));
    assert_eq!(kinds(&app.letters().await), [kind("booking_changed", ASH)], "it ended early");
}

async fn a_coordinator_speaks_for_the_store(app: TestApp) {
    let (_, _, booking, _) = out_at_beech(&app).await;
    let coordinator = app.coordinator().await;
    coordinator.browser.open(&booking).await.says("It is back in its store").says_not("We have given it back");
    press(&coordinator, &booking, "/returned").await.says("Magnets is returned");
    assert_eq!(place(&app), at("store", "Ash", false));
    assert_eq!(
        kinds(&app.letters().await),
        [
            kind("booking_changed", BEECH),
            kind("handover_received", COORDINATOR),
            kind("handover_received", ASH),
            kind("handover_taken", BEECH)
        ]
    );
}

async fn what_is_on_its_way_is_offered_to_nobody(app: TestApp) {
    let (ash, beech, booking, copy) = out_at_beech(&app).await;
    let cedar = app.ssl("Cedar").await;
    waits(&app, &cedar, &Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-02")).await;
    press(&beech, &booking, "/returned").await;
    assert_eq!(offered(&app), [""; 0]);
    app.letters().await;
    let form = ash.open(&format!("/copies/{copy}")).await.form("/take-back");
    ash.browser.submit(&form).await.is(303);
    app.letters().await;
    // Late, its days are past, and it is still not in hand when somebody says that it is under way.
    let late = Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-09", "2026-12-10");
    app.at("2026-12-08T09:00:00Z");
    waits(&app, &cedar, &late).await;
    press(&beech, &booking, "/returned").await;
    assert_eq!(offered(&app), [""; 0]);
    send(&ash, &copy, "receive", &[]).await.is(303);
    assert_eq!(offered(&app), ["Cedar"], "now it is");
    app.letters().await;
}

async fn a_button_stands_where_its_act_can_succeed(app: TestApp) {
    let (_, beech, _, _) = out_at_beech(&app).await;
    let next = beech.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-11-30", "2026-12-04")).await;
    app.raw().must("UPDATE bookings SET state = 'confirmed'");
    crate::week::seen(&app);
    app.letters().await;
    let page = beech.browser.open(&next).await.says_not("Count and receive").says_not("We have fetched it");
    page.says("You can receive it from Friday 27 November 2026.");
    app.at("2026-11-27T09:00:00Z");
    let page = beech.browser.open(&next).await.says("Count and receive").says_not("You can receive it from");
    let copy = page.link("Count and receive");
    assert!(!beech.browser.open(&copy).await.all("a.big").is_empty(), "it can be received there");
}

/// Nobody leads science at Ash, and somebody has been invited: what is due there goes to the invited address and, until then, to the coordinator.
async fn what_is_due_where_nobody_is_reaches_somebody(app: TestApp) {
    let (_, beech, booking, _) = out_at_beech(&app).await;
    let coordinator = app.coordinator().await;
    app.raw().must(
        "UPDATE roles SET to_day = '2026-11-22' WHERE school_id IN (SELECT s.id FROM schools s JOIN clusters c ON c.id = s.cluster_id WHERE c.slug = 'ashdale' AND s.short_name = 'Ash')",
    );
    crate::week::seen(&app);
    let invite = coordinator.open("/people/invite").await.form("/people/invite").set("name", "Sam Okoro").set("email", "sam@ash.example");
    let school = boxrota::base::ids::SchoolId(app.raw().number(&format!("SELECT {} AS n", crate::week::school("Ash"))));
    coordinator.browser.submit(&invite.set("role", "ssl").set("school", &school.to_string())).await.is(303);
    app.letters().await;
    coordinator.open("/people").await.says("Ash Primary School: somebody was invited on 23 November 2026, and has not yet accepted");
    press(&beech, &booking, "/returned").await;
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [kind("handover_given", COORDINATOR), kind("handover_given", "sam@ash.example")]);
    assert!(letters.iter().any(|letter| letter.reason.contains("you were invited to be a science lead of Ash")), "{letters:#?}");
    assert!(
        letters.iter().any(|letter| letter.reason.contains("Ash has no science lead at the moment, and you coordinate Ashdale")),
        "{letters:#?}"
    );
}
