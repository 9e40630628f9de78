//! The rules of the waiting list: approval, the most bookings, who may ask for what and answer what, how places end, and what an
//! offer is not yet. The order and the hold are told in `waiting.rs`.

use crate::harness::{Bursar, Coordinator, Page, Person, TestApp, Wish, all};
use crate::waiting::{WEEK, answers, asks, cancels, line, offered, told, waits, week};

stories!(
    a_late_loan_is_not_prolonged_over_days_that_somebody_waits_for,
    a_box_that_needs_approval_becomes_a_request,
    the_rules_are_asked_when_an_offer_is_taken,
    a_place_is_asked_for_once_and_only_when_it_is_of_use,
    a_place_is_the_schools_own_and_nobody_elses,
    an_offer_is_no_booking_yet,
    a_place_ends_with_its_days_and_with_its_school,
    a_school_on_sabbatical_lets_the_next_have_it,
    a_leaver_hands_places_on_with_the_rest,
);

async fn a_box_that_needs_approval_becomes_a_request(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let microscope = app.resource("ashdale", "Microscope");
    let request = ash.books(&week(&microscope)).await;
    app.letters().await;
    // How long an offer is held is a rule of the cluster.
    let form = coordinator.open("/settings").await.form("/settings");
    coordinator
        .browser
        .submit(&form.clone().set("offer_days", "0"))
        .await
        .is(422)
        .says("The time for an offer is a whole number from 1 to 20");
    coordinator.browser.submit(&form.set("offer_days", "3")).await.is(303);
    let place = waits(&app, &beech, &week(&microscope)).await;
    cancels(&ash, &request).await.is(303);
    app.letters().await;
    // An offer is no request: nobody is asked to approve it.
    coordinator.open("/requests").await.says_not("Requests");
    coordinator.open("/calendar").await.says_not("to approve");
    beech.browser.open(&place).await.says("The coordinator approves this box").says("answer by Thursday 26 November 2026");
    let answer = answers(&beech, &place, "accept").await.is(303);
    beech.browser.follow(answer).await.says("Microscope is requested");
    coordinator.open("/requests").await.says("1 request waits").says("Beech");
    let told = told(&app).await;
    assert_eq!(told, [line("booking_requested", "Beech"), ("booking_to_approve".into(), "coordinator@ashdale.example".into())]);
}

async fn the_rules_are_asked_when_an_offer_is_taken(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let (magnets, sound) = (app.resource("ashdale", "Magnets"), app.resource("ashdale", "Sound"));
    let booking = ash.books(&week(&magnets)).await;
    app.raw().must("UPDATE settings SET most_live_bookings = 1");
    beech.books(&week(&sound)).await;
    app.letters().await;
    // One loan is all that a school may have at the same time: it can wait, and is offered what becomes free.
    let place = waits(&app, &beech, &week(&magnets)).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    let page = answers(&beech, &place, "accept").await.is(422).says("A school can have 1 loan at the same time");
    assert!(page.forms("/accept")[0].fields.iter().all(|(name, _)| name != "reason"), "only a coordinator sets rules aside");
    assert_eq!(offered(&app), ["Beech"], "the offer stands");
    let page = answers(&coordinator, &place, "accept").await.is(422).says("A school can have 1 loan at the same time");
    let form = page.form("/accept").set("reason", "A project week");
    coordinator.browser.submit(&form).await.is(303);
    assert_eq!(app.raw().texts("SELECT override_reason AS t FROM bookings WHERE override_reason <> ''"), ["A project week"]);
    let told = told(&app).await;
    assert!(told.contains(&line("booking_reserved", "Beech")), "{told:?}");
}

async fn a_place_is_asked_for_once_and_only_when_it_is_of_use(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let page = asks(&beech, &week(&magnets)).await.is(422).says("It is free from 30 November to 4 December 2026");
    beech.browser.open(&page.link("Reserve it")).await.form("/reserve/check");
    ash.books(&week(&magnets)).await;
    app.letters().await;
    asks(&ash, &week(&magnets)).await.is(422).says("Your school has it on some of these days already");
    // Bad input comes back filled in.
    let at = format!("/waits/new?resource={magnets}&from={}&to={}", WEEK.0, WEEK.1);
    let form = beech.open(&at).await.form("/waits/new");
    let page = beech.browser.submit(&form.clone().set("purpose", "Forces")).await.is(422).says("Enter the class or year group");
    assert_eq!((page.form("/waits/new").value("purpose"), page.form("/waits/new").value("from")), ("Forces", WEEK.0));
    let long = form.clone().set("class", "Year 4").tampered("to", "2027-02-05");
    beech.browser.submit(&long).await.is(422).says("A loan can last a half-term at most");
    let past = form.clone().set("class", "Year 4").tampered("from", "2026-11-16").tampered("to", "2026-11-17");
    beech.browser.submit(&past).await.is(422).says("The first day must be today or later");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM waits"), 0);
    // The same form sent twice, and at once, joins once.
    let form = form.set("class", "Year 4");
    let presses = (0..6).map(|_| {
        let (browser, form) = (beech.browser.clone(), form.clone());
        async move { browser.submit(&form).await }
    });
    let mut places: Vec<String> = all(presses.collect()).await.into_iter().map(|page| page.is(303).header("location").to_owned()).collect();
    places.dedup();
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(told(&app).await, [line("wait_joined", "Beech")]);
    // A fresh form for the same days is refused, with the way to the place.
    let page = asks(&beech, &week(&magnets)).await.is(422).says("on the waiting list for these days already");
    assert_eq!(page.link("See your place"), places[0].split('?').next().expect("a path"));
    // Ten places are the most.
    let mut raw = app.raw();
    raw.must(
        "INSERT INTO waits (cluster_id, id, resource_id, school_id, person_id, first_day, last_day, request_key, created_at, updated_at)
         SELECT w.cluster_id, w.id + 1 + n.n, w.resource_id, w.school_id, w.person_id, '2027-01-11', '2027-01-12', 'key' || n.n, w.created_at, w.updated_at
         FROM waits w, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) n",
    );
    asks(&beech, &Wish::of(&magnets, "2026-12-01", "2026-12-02")).await.is(422).says("A school can have 10 places");
    // A form without its token or its key changes nothing.
    let before = raw.number("SELECT count(*) AS n FROM waits");
    beech.browser.submit(&form.clone().without("csrf")).await.is(403);
    beech.browser.submit(&form.clone().tampered("key", "made up")).await.is(400);
    assert_eq!(raw.number("SELECT count(*) AS n FROM waits"), before);
}

async fn a_place_is_the_schools_own_and_nobody_elses(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let head = Bursar::new(&app, "ashdale", "head@ashdale.example").await;
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let place = waits(&app, &beech, &week(&magnets)).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    let buttons = beech.browser.open(&place).await;
    for person in [&*cedar as &Person, &*head] {
        person.browser.get(&place).await.is(403);
        let token = person.open("/feeds").await.form("/feeds").value("csrf").to_owned();
        for verb in ["accept", "decline"] {
            let form = buttons.form(&format!("/{verb}")).tampered("csrf", &token);
            person.browser.submit(&form).await.is(403);
        }
    }
    let token = oak.open("/feeds").await.form("/feeds").value("csrf").to_owned();
    for verb in ["accept", "decline", "withdraw"] {
        let path = format!("{place}/{verb}");
        let form = buttons.form("/accept").tampered("csrf", &token);
        oak.browser.submit(&form.clone().sent_to(&path)).await.is(404);
        oak.browser.submit(&form.sent_to(&path.replacen("ashdale", "birchwood", 1))).await.is(404);
    }
    oak.browser.get(&place.replacen("ashdale", "birchwood", 1)).await.is(404);
    // Another cluster's box cannot be waited for, either.
    oak.get(&format!("/waits/new?resource={magnets}")).await.is(404);
    beech.browser.submit(&buttons.form("/accept").without("csrf")).await.is(403);
    assert_eq!(offered(&app), ["Beech"]);
    answers(&beech, &place, "accept").await.is(303);
    app.letters().await;
}

async fn an_offer_is_no_booking_yet(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let place = waits(&app, &beech, &week(&magnets)).await;
    let feed = beech.open("/feeds").await.form("/feeds");
    let page = beech.browser.submit(&feed).await.is(303);
    let page = beech.browser.follow(page).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    let id = app.raw().number("SELECT id AS n FROM bookings WHERE offer_until IS NOT NULL");
    let path = format!("/c/ashdale/bookings/{}", boxrota::base::ids::BookingId(id));
    let shown = coordinator.browser.open(&path).await.says("Offered to Beech until Wednesday 25 November 2026");
    for verb in ["/approve", "/collected", "/returned", "/change"] {
        assert!(shown.forms(verb).is_empty(), "{verb}");
    }
    // Every verb of a booking refuses it, and nothing changes.
    let token = shown.form("/sign-out").value("csrf").to_owned();
    for (verb, reason) in [("approve", ""), ("collected", ""), ("decline", "No"), ("cancel", "No")] {
        let fields = [("csrf".to_owned(), token.clone()), ("reason".to_owned(), reason.to_owned())];
        coordinator.browser.post(&format!("{path}/{verb}"), &fields).await.is(422).says("held for the school from the waiting list");
    }
    coordinator.browser.get(&format!("{path}/change")).await.is(422);
    assert_eq!(offered(&app), ["Beech"]);
    // It is in nobody's calendar, and counts for nothing.
    coordinator.browser.get(&format!("{path}/calendar.ics")).await.is(404);
    let address = page.attributes("input[value*='/feed/'], a[href*='/feed/']", "value");
    let feeds: Vec<String> = address.into_iter().chain(page.attributes("a[href*='/feed/']", "href")).collect();
    if let Some(feed) = feeds.first() {
        let at = feed.find("/feed/").expect("a feed");
        let calendar = beech.browser.get(&feed[at..]).await.is(200);
        assert!(!calendar.text.contains("BEGIN:VEVENT"), "{}", calendar.text);
    }
    let then = format!("/boxes/{magnets}/reserve?from=2026-11-30&to=2026-12-04");
    beech.open(&then).await.says("on these days it has 0");
    beech.open("/loans").await.says_not("Waiting for approval");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM legs WHERE state = 'planned'"), 0, "no leg leads to what is only offered");
    answers(&beech, &place, "accept").await.is(303);
    app.letters().await;
    beech.open(&then).await.says("on these days it has 1");
    assert!(app.raw().number("SELECT count(*) AS n FROM legs WHERE state = 'planned'") > 0);
}

async fn a_place_ends_with_its_days_and_with_its_school(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let coordinator = app.coordinator().await;
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    let later = ash.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let first = waits(&app, &beech, &week(&magnets)).await;
    let second = waits(&app, &cedar, &week(&magnets)).await;
    waits(&app, &cedar, &Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    assert_eq!(offered(&app), ["Beech"]);
    // The school leaves: its offer goes on to the next, in the same transaction.
    let beech_id = app.raw().number(
        "SELECT s.id AS n FROM schools s JOIN clusters c ON c.id = s.cluster_id WHERE s.short_name = 'Beech' AND c.slug = 'ashdale'",
    );
    let path = format!("/schools/{}/leave", boxrota::base::ids::SchoolId(beech_id));
    let form = coordinator.open(&path).await.form("/leave").set("last-day", "27").set("last-month", "11").set("last-year", "2026");
    coordinator.browser.submit(&form).await.is(303);
    assert_eq!(offered(&app), ["Cedar"]);
    assert_eq!(told(&app).await, [line("wait_offered", "Cedar"), line("wait_over", "Beech")]);
    beech.browser.open(&first).await.says("Over");
    answers(&cedar, &second, "accept").await.is(303);
    app.letters().await;
    // Days that never became free: the worker ends the place when they have begun.
    app.at("2026-12-08T09:00:00Z");
    app.worker().clear().await.expect("clearing");
    assert_eq!(told(&app).await, [line("wait_over", "Cedar")]);
    app.worker().clear().await.expect("clearing");
    cancels(&ash, &later).await.is(303);
    assert_eq!(offered(&app), [""; 0]);
    assert_eq!(told(&app).await, [line("booking_cancelled", "Ash"), line("leg_changed", "Cedar")]);
}

async fn a_school_on_sabbatical_lets_the_next_have_it(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let coordinator = app.coordinator().await;
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    ash.books(&Wish::of(&magnets, "2026-11-25", "2026-11-26")).await;
    app.letters().await;
    let place = waits(&app, &beech, &week(&magnets)).await;
    let before = waits(&app, &beech, &Wish::of(&magnets, "2026-11-25", "2026-11-26")).await;
    waits(&app, &cedar, &week(&magnets)).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    let beech_id = app.raw().number("SELECT id AS n FROM schools WHERE short_name = 'Beech'");
    let mut form = coordinator.open(&format!("/schools/{}/sabbatical", boxrota::base::ids::SchoolId(beech_id))).await.form("/sabbatical");
    for (name, [day, month, year]) in [("from", ["1", "12", "2026"]), ("to", ["31", "7", "2027"]), ("review", ["1", "6", "2027"])] {
        form = form.set(&format!("{name}-day"), day).set(&format!("{name}-month"), month).set(&format!("{name}-year"), year);
    }
    // What is only offered is no booking that could be kept.
    let page = coordinator.browser.submit(&form).await.is(200).says_not("Magnets");
    coordinator.browser.submit(&page.form("/sabbatical")).await.is(303);
    assert_eq!(offered(&app), ["Cedar"]);
    assert_eq!(told(&app).await, [line("wait_offered", "Cedar"), line("wait_over", "Beech")]);
    beech.browser.open(&place).await.says("Over");
    // What ends before the break stays in line.
    beech.browser.open(&before).await.says("first in line");
}

async fn a_leaver_hands_places_on_with_the_rest(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let place = waits(&app, &beech, &week(&magnets)).await;
    // To a deputy first, who then has the place in hand.
    let mut raw = app.raw();
    raw.must(
        "INSERT INTO people (id, email, name, created_at) SELECT max(id) + 1, 'deputy@beech.example', 'Deputy', '2026-01-01 00:00:00' FROM people;
         INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day)
         SELECT cluster_id, (SELECT max(id) + 1 FROM roles), (SELECT max(id) FROM people), 'deputy', id, '2023-09-01' FROM schools WHERE short_name = 'Beech';",
    );
    let leaver = raw.number("SELECT id AS n FROM people WHERE email = 'science.lead@beech.example'");
    let page = coordinator.open(&format!("/people/{}/hand-on", boxrota::base::ids::PersonId(leaver))).await;
    let page = page.says("Magnets").says("on the waiting list");
    let deputy = raw.number("SELECT id AS n FROM people WHERE email = 'deputy@beech.example'");
    let form = page.form("/hand-on").set("successor", &boxrota::base::ids::PersonId(deputy).to_string()).set("when", "now");
    coordinator.browser.submit(&form).await.is(303);
    let letters = app.letters().await;
    assert!(letters.iter().all(|letter| letter.text.contains("Waiting list: Magnets, 30 November to 4 December 2026")), "{letters:#?}");
    assert_eq!(letters.len(), 2, "to who leaves and to who takes over");
    assert_eq!(raw.number("SELECT person_id AS n FROM waits"), deputy);
    let form = coordinator.open(&format!("/people/{}/hand-on", boxrota::base::ids::PersonId(deputy))).await.form("/hand-on");
    coordinator.browser.submit(&form.set("successor", "school").set("when", "now")).await.is(303);
    app.letters().await;
    // The place stays with the school. Nobody is there to answer: the coordinator hears of the offer.
    cancels(&ash, &booking).await.is(303);
    assert_eq!(offered(&app), ["Beech"]);
    let told = told(&app).await;
    assert_eq!(told, [line("booking_cancelled", "Ash"), ("wait_offered".into(), "coordinator@ashdale.example".into())]);
    answers(&coordinator, &place, "accept").await.is(303);
    app.letters().await;
}

async fn a_late_loan_is_not_prolonged_over_days_that_somebody_waits_for(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let magnets = app.resource("ashdale", "Magnets");
    let loan = ash.books(&Wish::of(&magnets, "2026-11-23", "2026-11-25")).await;
    ash.browser.submit(&ash.browser.open(&loan).await.form("/collected")).await.is(303);
    app.letters().await;
    // It is late, and Beech stands in line for the first days of December.
    app.at("2026-11-30T09:00:00Z");
    waits(&app, &beech, &Wish::of(&magnets, "2026-12-01", "2026-12-04")).await;
    app.letters().await;
    let longer = |page: Page, last: &str| page.form("/change").set("to", last);
    let page = ash.browser.submit(&longer(ash.browser.open(&format!("{loan}/change")).await, "2026-12-04")).await.is(422);
    page.says("Beech is on the waiting list for 1 to 4 December 2026.").says("ask your coordinator");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE last_day = '2026-11-25'"), 1, "nothing has changed");
    beech.open("/waits").await.says("First in line");
    // A coordinator may, with a reason, which is kept.
    let form = longer(coordinator.browser.open(&format!("{loan}/change")).await, "2026-12-04");
    let page = coordinator.browser.submit(&form).await.is(422).says("Beech is on the waiting list");
    let form = page.form("/change").set("reason", "Beech has agreed on the telephone");
    coordinator.browser.submit(&form).await.is(303);
    app.letters().await;
    assert_eq!(
        app.raw().texts("SELECT override_reason AS t FROM bookings WHERE last_day = '2026-12-04'"),
        ["Beech has agreed on the telephone"]
    );
}
