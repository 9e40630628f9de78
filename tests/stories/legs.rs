//! Legs follow bookings: between the store and a school, from school to school, and what both sides agree on.

use crate::harness::{Coordinator, Page, Ssl, TestApp, Wish, all};

stories!(
    legs_are_laid_with_bookings_and_follow_them,
    a_booking_in_between_is_told_to_who_was_told,
    a_suggestion_is_answered_by_the_other_side,
    a_no_leaves_the_plan,
    the_coordinator_decides_at_once,
    a_wrong_suggestion_comes_back_filled_in,
    a_meeting_takes_a_handover_and_gives_it_back_when_called_off,
    only_the_coordinator_keeps_meetings,
    two_answers_at_once_are_one,
    a_leg_asks_few_questions,
    a_day_that_closes_moves_the_leg_and_both_hear,
    what_an_import_or_a_session_wrote_is_settled_later,
);

/// The planned legs, "Ash > Beech 2026-12-04 fetch", by day.
fn legs(app: &TestApp) -> Vec<String> {
    app.raw().texts(
        "SELECT CASE WHEN l.from_booking_id IS NULL THEN 'store ' ELSE '' END || f.short_name || ' > ' || CASE WHEN l.to_booking_id IS NULL THEN 'store ' ELSE '' END
             || t.short_name || ' ' || l.day || ' ' || l.way AS t
         FROM legs l JOIN schools f ON f.id = l.from_school_id JOIN schools t ON t.id = l.to_school_id WHERE l.state = 'planned' ORDER BY l.day, l.id",
    )
}

/// Copies of the cluster whose legs are to be laid anew.
fn unsettled(app: &TestApp) -> i64 {
    app.raw().number("SELECT count(*) AS n FROM unsettled u JOIN clusters c ON c.id = u.cluster_id WHERE c.slug = 'ashdale'")
}

fn leg_of(app: &TestApp, booking: &str) -> String {
    let id: boxrota::base::ids::BookingId = booking.rsplit('/').next().expect("an id").parse().expect("an id");
    let leg = app.raw().number(&format!("SELECT id AS n FROM legs WHERE state = 'planned' AND to_booking_id = {}", id.0));
    format!("/legs/{}", boxrota::base::ids::LegId(leg))
}

/// Beech and then Cedar have the Magnets of Ash, a week each.
async fn neighbours(app: &TestApp) -> (Ssl, Ssl, String, String) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let one = beech.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    let two = cedar.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    (beech, cedar, one, two)
}

fn on(page: &Page, way: &str, day: (&str, &str), note: &str) -> crate::harness::Form {
    page.form("/suggest").set("way", way).set("day-day", day.0).set("day-month", day.1).set("day-year", "2026").set("note", note)
}

async fn legs_are_laid_with_bookings_and_follow_them(app: TestApp) {
    let (beech, _cedar, one, _) = neighbours(&app).await;
    assert_eq!(legs(&app), ["store Ash > Beech 2026-11-30 fetch", "Beech > Cedar 2026-12-04 fetch", "Cedar > store Ash 2026-12-11 bring"]);
    let page = beech.open(&leg_of(&app, &one)).await;
    page.says("Magnets goes from the store at Ash to Beech")
        .says("Beech fetches it from the store at Ash")
        .says("science.lead@ash.example");
    // Fetched: the leg is done. Given back: so is the next, and Cedar's comes out of the store.
    app.at("2026-11-30T09:00:00Z");
    let page = beech.browser.open(&one).await;
    beech.browser.submit(&page.form("/collected")).await.is(303);
    assert_eq!(legs(&app), ["Beech > Cedar 2026-12-04 fetch", "Cedar > store Ash 2026-12-11 bring"]);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM legs WHERE state = 'done'"), 1);
    let page = beech.browser.open(&one).await;
    beech.browser.submit(&page.form("/returned")).await.is(303);
    assert_eq!(legs(&app), ["store Ash > Cedar 2026-12-07 fetch", "Cedar > store Ash 2026-12-11 bring"]);
    let copy = crate::handing_over::copy(&app, "ashdale", "MG1");
    let store = app.ssl("Ash").await;
    crate::handing_over::send(&store, &copy, "receive", &[]).await.is(303);
    assert_eq!(legs(&app), ["store Ash > Cedar 2026-12-07 fetch", "Cedar > store Ash 2026-12-11 bring"]);
    let letters = app.letters().await;
    let letters: Vec<_> = letters.into_iter().filter(|letter| letter.kind.starts_with("leg_")).collect();
    assert!(letters.iter().any(|letter| letter.kind == "leg_changed" && letter.to_address == "science.lead@cedar.example"), "{letters:?}");
    assert!(letters.iter().all(|letter| letter.to_address != "science.lead@beech.example"), "who did it knows");
    assert_eq!(unsettled(&app), 0);
}

async fn a_booking_in_between_is_told_to_who_was_told(app: TestApp) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    beech.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    app.letters().await;
    // Near enough to be told of.
    let two = cedar.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    let letters = app.letters().await;
    let told: Vec<_> = letters.iter().filter(|letter| letter.kind == "leg_changed").collect();
    let to = |address: &str| told.iter().find(|letter| letter.to_address == address).map(|letter| letter.text.clone()).unwrap_or_default();
    assert!(to("science.lead@beech.example").contains("Cedar fetches it from Beech on Friday 4 December 2026."), "{told:#?}");
    assert!(to("science.lead@beech.example").contains("science.lead@cedar.example"), "with whom to talk to");
    assert!(to("science.lead@ash.example").contains("You no longer have a part in it."));
    assert!(to("science.lead@cedar.example").is_empty(), "who did it has a letter of the booking");
    // It is cancelled again: back to the store, and both sides hear of it.
    let page = cedar.browser.open(&format!("{two}/cancel")).await;
    cedar.browser.submit(&page.form("/cancel").set("reason", "Trip")).await.is(303);
    let letters = app.letters().await;
    let back = letters.iter().find(|letter| letter.kind == "leg_changed" && letter.to_address == "science.lead@beech.example");
    assert!(back.is_some_and(|letter| letter.text.contains("Beech brings it to the store at Ash")), "{letters:#?}");
    // Far away, and nobody has been told yet: nobody needs to hear of it.
    beech.books(&Wish::of(&magnets, "2027-03-01", "2027-03-05")).await;
    app.letters().await;
    cedar.books(&Wish::of(&magnets, "2027-03-08", "2027-03-12")).await;
    assert!(app.letters().await.iter().all(|letter| letter.kind != "leg_changed"));
}

async fn a_suggestion_is_answered_by_the_other_side(app: TestApp) {
    let (beech, cedar, _, two) = neighbours(&app).await;
    let leg = leg_of(&app, &two);
    let page = beech.open(&leg).await.says("Suggest another day or way");
    let page = beech.browser.submit(&on(&page, "bring", ("3", "12"), "School office")).await.is(303);
    beech.browser.open(page.header("location")).await.says("Your suggestion is sent").says("Take the suggestion back");
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-04 fetch".to_owned()), "the plan stays until the answer");
    let letters = app.letters().await;
    assert_eq!(
        letters.iter().map(|letter| (letter.kind.as_str(), letter.to_address.as_str())).collect::<Vec<_>>(),
        [("leg_proposed", "science.lead@cedar.example")]
    );
    let text = letters[0].text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Beech brings it to Cedar on Thursday 3 December 2026. Where: School office."), "{text}");
    // Not one's own.
    let own = beech.open(&leg).await;
    let csrf = own.form("/decline").value("csrf").to_owned();
    beech.browser.post(&format!("/c/ashdale{leg}/agree"), &[("csrf".to_owned(), csrf)]).await.is(422).says("The other school answers");
    let page = cedar.open(&leg).await.says("Beech suggests another way");
    cedar.browser.submit(&page.form("/agree")).await.is(303);
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-03 bring".to_owned()));
    let letters = app.letters().await;
    assert_eq!(
        letters.iter().map(|letter| (letter.kind.as_str(), letter.to_address.as_str())).collect::<Vec<_>>(),
        [("leg_agreed", "science.lead@beech.example")]
    );
    // The bookings were not touched, and what is agreed stands when another booking of the box is made.
    let bookings = "SELECT count(*) AS n FROM bookings WHERE last_day = '2026-12-04' OR first_day = '2026-12-07'";
    assert_eq!(app.raw().number(bookings), 2);
    beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2027-01-11", "2027-01-15")).await;
    app.letters().await;
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-03 bring".to_owned()));
    let coordinator = app.coordinator().await;
    coordinator.open("/changes?kind=legs").await.says("Agreed Magnets (MG1) from Beech to Cedar");
}

async fn a_no_leaves_the_plan(app: TestApp) {
    let (beech, cedar, _, two) = neighbours(&app).await;
    let leg = leg_of(&app, &two);
    let page = cedar.open(&leg).await;
    cedar.browser.submit(&on(&page, "fetch", ("7", "12"), "")).await.is(303);
    app.letters().await;
    let page = beech.open(&leg).await;
    let no = page.form("/decline");
    beech.browser.submit(&no).await.is(303);
    assert_eq!(app.letters().await.iter().map(|letter| letter.kind.as_str()).collect::<Vec<_>>(), ["leg_declined"]);
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-04 fetch".to_owned()));
    // Said once more, there is nothing to say.
    beech.browser.submit(&no).await.is(422).says("There is nothing to answer");
    // Taken back, nobody is bothered.
    app.later(chrono::TimeDelta::minutes(5));
    let page = cedar.open(&leg).await;
    cedar.browser.submit(&on(&page, "fetch", ("7", "12"), "")).await.is(303);
    let page = cedar.open(&leg).await;
    cedar.browser.submit(&page.form("/decline")).await.is(303);
    // The question itself was overtaken before it was sent.
    assert!(app.letters().await.is_empty());
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE kind = 'leg_proposed' AND state = 'dropped'"), 1);
}

async fn the_coordinator_decides_at_once(app: TestApp) {
    let (_beech, _cedar, _, two) = neighbours(&app).await;
    let coordinator = app.coordinator().await;
    let page = coordinator.open(&leg_of(&app, &two)).await.says("Change day or way");
    coordinator.browser.submit(&on(&page, "bring", ("7", "12"), "")).await.is(303);
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-07 bring".to_owned()));
    let letters = app.letters().await;
    let mut to: Vec<_> = letters.iter().map(|letter| letter.to_address.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["science.lead@beech.example", "science.lead@cedar.example"]);
}

async fn a_wrong_suggestion_comes_back_filled_in(app: TestApp) {
    let (beech, _cedar, _, two) = neighbours(&app).await;
    let page = beech.open(&leg_of(&app, &two)).await;
    let back = beech.browser.submit(&on(&page, "bring", ("5", "12"), "At the gate")).await.is(422).says("is closed on that day");
    let form = back.form("/suggest");
    assert_eq!((form.value("way"), form.value("day-day"), form.value("note")), ("bring", "5", "At the gate"));
    beech.browser.submit(&on(&page, "bring", ("31", "2"), "")).await.is(422).says("is not a day in the calendar");
    beech.browser.submit(&on(&page, "bring", ("20", "11"), "")).await.is(422).says("Choose today or a day to come");
    beech.browser.submit(&on(&page, "bring", ("17", "12"), "")).await.is(422).says("ends on Friday 11 December 2026");
    beech.browser.submit(&on(&page, "bring", ("4", "12"), &"x".repeat(201))).await.is(422).says("at most 200 letters");
    beech.browser.submit(&on(&page, "fetch", ("4", "12"), "")).await.is(422).says("planned like this already");
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-04 fetch".to_owned()));
    // Somebody who has no part in it reads, and does not change.
    let ash = app.ssl("Ash").await;
    assert!(ash.open(&leg_of(&app, &two)).await.forms("/suggest").is_empty());
    let stranger = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    stranger.browser.get(&format!("/c/ashdale{}", leg_of(&app, &two))).await.is(404);
    stranger.get(&leg_of(&app, &two)).await.is(404);
}

async fn a_meeting_takes_a_handover_and_gives_it_back_when_called_off(app: TestApp) {
    let (beech, cedar, _, two) = neighbours(&app).await;
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/meetings/new").await;
    let school = app.raw().number("SELECT id AS n FROM schools WHERE short_name = 'Ash'");
    let school = boxrota::base::ids::SchoolId(school).to_string();
    let form =
        page.form("/new").set("day-day", "2").set("day-month", "12").set("day-year", "2026").set("school", &school).set("place", "Hall");
    let added = coordinator.browser.submit(&form).await.is(303);
    let again = coordinator.browser.submit(&form).await.is(303);
    assert_eq!(added.header("location"), again.header("location"), "sent twice, it is one");
    let meeting = added.header("location").split('?').next().expect("a path").to_owned();
    let id = meeting.rsplit('/').next().expect("an id");
    let page = beech.browser.open(&meeting).await.says("Your boxes that could");
    assert_eq!(page.links("Magnets (MG1)").len(), 2, "the one that Beech gets, and the one that it gives");
    let page = beech.open(&format!("{}?meeting={id}", leg_of(&app, &two))).await;
    let form = page.form("/suggest");
    assert_eq!(form.value("way"), id);
    beech.browser.submit(&form).await.is(303);
    app.letters().await;
    let page = cedar.open(&leg_of(&app, &two)).await.says("hands it to Cedar at the cluster meeting at Ash, Hall");
    cedar.browser.submit(&page.form("/agree")).await.is(303);
    app.letters().await;
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-02 meeting".to_owned()), "{:?}", legs(&app));
    coordinator.browser.open(&meeting).await.says("Boxes that change hands here").says("Beech hands it to Cedar");
    let page = coordinator.browser.open(&meeting).await;
    coordinator.browser.submit(&page.form("/cancel")).await.is(303);
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-04 fetch".to_owned()), "{:?}", legs(&app));
    let letters = app.letters().await;
    assert_eq!(letters.iter().filter(|letter| letter.kind == "leg_changed").count(), 2, "{letters:#?}");
    coordinator.browser.submit(&page.form("/cancel")).await.is(303);
    assert!(app.letters().await.is_empty(), "called off twice, it is called off once");
    beech.browser.open(&meeting).await.says("This meeting is called off");
}

async fn only_the_coordinator_keeps_meetings(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    ash.get("/meetings/new").await.is(403);
    ash.open("/meetings").await.says("No meeting is planned");
    let page = coordinator.open("/meetings/new").await;
    let form = page.form("/new").set("day-day", "2").set("day-month", "12").set("day-year", "2026").set("note", "Tea");
    let back = coordinator.browser.submit(&form).await.is(422).says("Choose a school, or say where the meeting is");
    assert_eq!(back.form("/new").value("note"), "Tea");
    let past = form.set("day-year", "2025").set("place", "Hall");
    coordinator.browser.submit(&past).await.is(422).says("Choose a day from today on");
    let other = app.raw().number("SELECT id AS n FROM schools WHERE short_name = 'Oak'");
    let forged = past.set("day-year", "2026").tampered("school", &boxrota::base::ids::SchoolId(other).to_string());
    coordinator.browser.submit(&forged).await.is(404);
}

async fn two_answers_at_once_are_one(app: TestApp) {
    let (beech, cedar, _, two) = neighbours(&app).await;
    let leg = leg_of(&app, &two);
    let page = beech.open(&leg).await;
    beech.browser.submit(&on(&page, "bring", ("3", "12"), "")).await.is(303);
    app.letters().await;
    let page = cedar.open(&leg).await;
    let (yes, no) = (page.form("/agree"), page.form("/decline"));
    let cedar = std::rc::Rc::new(cedar);
    let send = |form: crate::harness::Form| {
        let cedar = cedar.clone();
        async move { cedar.browser.submit(&form).await.status }
    };
    let answers = all(vec![send(yes), send(no)]).await;
    assert!(answers.contains(&303), "{answers:?}");
    // Whichever came first holds, and only its letter goes out.
    let kinds: Vec<String> = app.letters().await.into_iter().map(|letter| letter.kind).collect();
    let agreed = legs(&app).contains(&"Beech > Cedar 2026-12-03 bring".to_owned());
    assert_eq!(kinds, [if agreed { "leg_agreed" } else { "leg_declined" }]);
}

async fn a_leg_asks_few_questions(app: TestApp) {
    let (beech, _cedar, _, two) = neighbours(&app).await;
    let (_, questions) = app.questions(beech.open(&leg_of(&app, &two))).await;
    assert!(questions <= 8, "{questions}");
    let (_, questions) = app.questions(beech.open("/meetings")).await;
    assert!(questions <= 8, "{questions}");
}

async fn what_an_import_or_a_session_wrote_is_settled_later(app: TestApp) {
    let (beech, _cedar, one, _) = neighbours(&app).await;
    let id: boxrota::base::ids::BookingId = one.rsplit('/').next().expect("an id").parse().expect("an id");
    app.raw().must(&format!("UPDATE bookings SET state = 'cancelled' WHERE id = {}", id.0));
    assert_eq!(unsettled(&app), 1);
    assert_eq!(legs(&app).len(), 3, "not yet");
    // Any change in the cluster settles it.
    let feeds = beech.open("/feeds").await;
    beech.browser.submit(&feeds.form("/feeds")).await.is(303);
    assert_eq!(legs(&app), ["store Ash > Cedar 2026-12-07 fetch", "Cedar > store Ash 2026-12-11 bring"]);
    app.letters().await;
}

async fn a_day_that_closes_moves_the_leg_and_both_hear(app: TestApp) {
    let (_beech, cedar, _, two) = neighbours(&app).await;
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-04 fetch".to_owned()));
    let closed = async |school: &str, day: &str| {
        let coordinator = app.coordinator().await;
        let form =
            coordinator.open("/closures/new").await.form("/closures/new").set("kind", if school.is_empty() { "closure" } else { "inset" });
        let id = app.raw().texts(&format!("SELECT CAST(id AS TEXT) AS t FROM schools WHERE short_name = '{school}'"));
        let id = id.first().map_or_else(String::new, |id| boxrota::base::ids::SchoolId(id.parse().expect("a number")).to_string());
        let form = form.set("school", &id).set("first-day", day).set("first-month", "12").set("first-year", "2026").set("note", "Snow");
        coordinator.browser.send(&form).await.says("The closed days are stored");
    };
    // Ash has no part in this handover.
    closed("Ash", "4").await;
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-04 fetch".to_owned()));
    assert!(app.letters().await.is_empty());
    closed("", "4").await;
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-03 fetch".to_owned()), "{:?}", legs(&app));
    let mut letters: Vec<_> = app.letters().await.into_iter().map(|letter| (letter.kind, letter.to_address)).collect();
    letters.sort();
    let told = |school: &str| ("leg_changed".to_owned(), crate::harness::science_lead(school));
    assert_eq!(letters, [told("Beech"), told("Cedar")]);
    cedar.open(&leg_of(&app, &two)).await.says("Thursday 3 December 2026");
    // It opens again.
    let coordinator = app.coordinator().await;
    let remove = coordinator.open("/terms").await.links("Remove 4 December 2026");
    for path in remove {
        let form = coordinator.browser.open(&path).await.form("/remove");
        coordinator.browser.send(&form).await;
    }
    assert!(legs(&app).contains(&"Beech > Cedar 2026-12-04 fetch".to_owned()));
    assert_eq!(app.letters().await.len(), 2, "both hear of that, too");
    assert_eq!(unsettled(&app), 0);
}
