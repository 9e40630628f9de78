//! Legs when bookings move about: to another copy, between two others, past days on which nobody came; and who hears of it.

use boxrota::base::ids::{BookingId, CopyId, LegId};

use crate::harness::{Page, Ssl, TestApp, Wish, science_lead};

stories!(
    a_booking_moves_to_a_copy_that_comes_before,
    a_booking_moves_in_between_two_others,
    two_bookings_change_places,
    a_box_on_its_way_to_the_store_leaves_the_next_plan_alone,
    a_new_day_for_an_overdue_handover_lasts,
    what_nobody_needs_any_more_is_the_last_word,
    where_no_science_lead_is_the_coordinator_answers,
    a_loan_that_nobody_fetched_makes_way,
    a_meeting_that_is_called_off_is_told_to_who_suggested_it,
    what_is_received_early_is_nobody_elses_until_the_loan_begins,
);

/// The planned legs, "SO1 store Ash > Beech 2026-11-30", by copy and day.
fn legs(app: &TestApp) -> Vec<String> {
    app.raw().texts(
        "SELECT k.tag || CASE WHEN l.from_booking_id IS NULL THEN ' store ' ELSE ' ' END || f.short_name || ' > '
             || CASE WHEN l.to_booking_id IS NULL THEN 'store ' ELSE '' END || t.short_name || ' ' || l.day AS t
         FROM legs l JOIN copies k ON k.id = l.copy_id JOIN schools f ON f.id = l.from_school_id JOIN schools t ON t.id = l.to_school_id
         WHERE l.state = 'planned' ORDER BY k.tag, l.day, l.id",
    )
}

fn copy(app: &TestApp, tag: &str) -> String {
    CopyId(app.raw().number(&format!(
        "SELECT k.id AS n FROM copies k JOIN clusters c ON c.id = k.cluster_id WHERE c.slug = 'ashdale' AND k.tag = '{tag}'"
    )))
    .to_string()
}

/// The path of the planned leg to a booking.
fn leg_to(app: &TestApp, booking: &str) -> String {
    let id: BookingId = booking.rsplit('/').next().expect("an id").parse().expect("an id");
    let leg = app.raw().number(&format!("SELECT id AS n FROM legs WHERE state = 'planned' AND to_booking_id = {}", id.0));
    format!("/legs/{}", LegId(leg))
}

async fn books(app: &TestApp, lead: &Ssl, wish: &Wish) -> String {
    let path = lead.books(wish).await;
    app.letters().await;
    path
}

async fn moves(lead: &Ssl, booking: &str, to: &[(&str, &str)]) -> Page {
    let mut form = lead.browser.open(&format!("{booking}/change?from={}&to={}", to[0].1, to[1].1)).await.form("/change");
    for (name, value) in to {
        form = form.set(name, value);
    }
    lead.browser.submit(&form).await
}

/// Kind and address of the letters since the last look, sorted.
async fn told(app: &TestApp) -> Vec<String> {
    let mut all: Vec<_> = app.letters().await.iter().map(|letter| format!("{} to {}", letter.kind, letter.to_address)).collect();
    all.sort();
    all
}

async fn a_booking_moves_to_a_copy_that_comes_before(app: TestApp) {
    let (beech, sound) = (app.ssl("Beech").await, app.resource("ashdale", "Sound"));
    let (first, second) = (copy(&app, "SO1"), copy(&app, "SO2"));
    for (from, to, tag) in [(&second, &first, "SO1"), (&first, &second, "SO2")] {
        let booking = books(&app, &beech, &Wish::of(&sound, "2026-11-30", "2026-12-04").with("copy", from)).await;
        moves(&beech, &booking, &[("from", "2026-11-30"), ("to", "2026-12-04"), ("copy", to)]).await.is(303);
        assert_eq!(legs(&app).iter().map(|leg| &leg[..3]).collect::<Vec<_>>(), [tag, tag]);
        app.letters().await;
        let form = beech.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "The trip has moved");
        beech.browser.submit(&form).await.is(303);
        assert_eq!(legs(&app), [""; 0]);
        app.letters().await;
    }
}

async fn a_booking_moves_in_between_two_others(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    books(&app, &beech, &Wish::of(&magnets, "2027-01-11", "2027-01-15")).await;
    books(&app, &cedar, &Wish::of(&magnets, "2027-01-21", "2027-01-22")).await;
    let far = books(&app, &ash, &Wish::of(&magnets, "2027-03-01", "2027-03-03")).await;
    moves(&ash, &far, &[("from", "2027-01-18"), ("to", "2027-01-20")]).await.is(303);
    app.letters().await;
    let between = [
        "MG1 store Ash > Beech 2027-01-11",
        "MG1 Beech > Ash 2027-01-15",
        "MG1 Ash > Cedar 2027-01-20",
        "MG1 Cedar > store Ash 2027-01-22",
    ];
    assert_eq!(legs(&app), between);
    // And out again.
    moves(&ash, &far, &[("from", "2027-03-01"), ("to", "2027-03-03")]).await.is(303);
    app.letters().await;
    assert_eq!(legs(&app).len(), 5, "{:?}", legs(&app));
    assert!(legs(&app).contains(&"MG1 Beech > Cedar 2027-01-15".to_owned()), "{:?}", legs(&app));
}

async fn two_bookings_change_places(app: TestApp) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let one = books(&app, &beech, &Wish::of(&magnets, "2027-01-11", "2027-01-12")).await;
    books(&app, &cedar, &Wish::of(&magnets, "2027-01-14", "2027-01-15")).await;
    moves(&beech, &one, &[("from", "2027-01-18"), ("to", "2027-01-19")]).await.is(303);
    app.letters().await;
    assert_eq!(legs(&app), ["MG1 store Ash > Cedar 2027-01-14", "MG1 Cedar > Beech 2027-01-15", "MG1 Beech > store Ash 2027-01-19"]);
}

/// Beech has the Magnets this week; Cedar gets them out of the store in the week after next, on a day that was agreed.
async fn agreed(app: &TestApp) -> (Ssl, Ssl, String) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let out = books(app, &beech, &Wish::of(&magnets, "2026-11-23", "2026-11-25")).await;
    let collect = beech.browser.open(&out).await.form("/collected");
    beech.browser.submit(&collect).await.is(303);
    let next = books(app, &cedar, &Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    let coordinator = app.coordinator().await;
    let form = coordinator.open(&leg_to(app, &next)).await.form("/suggest").set("way", "bring");
    let form = form.set("day-day", "4").set("day-month", "12").set("day-year", "2026").set("note", "School office");
    coordinator.browser.submit(&form).await.is(303);
    app.letters().await;
    (beech, cedar, next)
}

async fn a_box_on_its_way_to_the_store_leaves_the_next_plan_alone(app: TestApp) {
    let (beech, cedar, next) = agreed(&app).await;
    let here = format!("/copies/{}", copy(&app, "MG1"));
    let give = beech.open(&format!("{here}/give")).await.form("/give").tampered("how", "all_there");
    beech.browser.submit(&give).await.is(303);
    assert!(app.letters().await.iter().all(|letter| letter.kind != "leg_changed"));
    let as_agreed = async || cedar.open(&leg_to(&app, &next)).await.says("Friday 4 December 2026").says("School office").says("Agreed");
    as_agreed().await;
    let ash = app.ssl("Ash").await;
    let receive = ash.open(&format!("{here}/receive")).await.form("/receive").tampered("how", "all_there");
    ash.browser.submit(&receive).await.is(303);
    assert!(app.letters().await.iter().all(|letter| letter.kind != "leg_changed"));
    as_agreed().await;
}

async fn a_new_day_for_an_overdue_handover_lasts(app: TestApp) {
    let (beech, magnets) = (app.ssl("Beech").await, app.resource("ashdale", "Magnets"));
    let out = books(&app, &beech, &Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    let collect = beech.browser.open(&out).await.form("/collected");
    beech.browser.submit(&collect).await.is(303);
    app.at("2026-12-01T09:00:00Z");
    let coordinator = app.coordinator().await;
    let home = app.raw().number("SELECT id AS n FROM legs WHERE state = 'planned' AND to_booking_id IS NULL");
    let leg = format!("/legs/{}", LegId(home));
    let form = coordinator.open(&leg).await.says("Overdue").form("/suggest").set("way", "bring").set("note", "");
    let day = |day: &str, month: &str| form.clone().set("day-day", day).set("day-month", month).set("day-year", "2026");
    coordinator
        .browser
        .submit(&day("31", "12").tampered("day-year", "2099"))
        .await
        .is(422)
        .says("choose a day until Tuesday 29 December 2026");
    coordinator.browser.submit(&day("9", "12")).await.is(303);
    app.letters().await;
    // A rule changes: every plan is laid anew, and what was agreed stands.
    let rules = coordinator.open("/settings").await.form("/settings").set("turnaround_days", "1");
    coordinator.browser.send(&rules).await;
    coordinator.open(&leg).await.says("Wednesday 9 December 2026").says("Agreed");
}

async fn what_nobody_needs_any_more_is_the_last_word(app: TestApp) {
    let (beech, magnets, coordinator) = (app.ssl("Beech").await, app.resource("ashdale", "Magnets"), app.coordinator().await);
    let booking = books(&app, &beech, &Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    let form = coordinator.open(&leg_to(&app, &booking)).await.form("/suggest").set("way", "bring");
    let form = form.set("day-day", "26").set("day-month", "11").set("day-year", "2026");
    coordinator.browser.submit(&form).await.is(303);
    app.letters().await;
    // Within a minute the loan moves, so the handover does, and then the loan goes.
    moves(&beech, &booking, &[("from", "2026-12-07"), ("to", "2026-12-11")]).await.is(303);
    let form = beech.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "The trip has moved");
    beech.browser.submit(&form).await.is(303);
    let letters = app.letters().await;
    let changed: Vec<_> =
        letters.iter().filter(|letter| letter.kind == "leg_changed" && letter.to_address == science_lead("Ash")).collect();
    assert!(changed.iter().all(|letter| letter.text.contains("Nobody needs it any more.")), "{changed:#?}");
    assert!(!changed.is_empty(), "{letters:#?}");
}

async fn where_no_science_lead_is_the_coordinator_answers(app: TestApp) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    books(&app, &beech, &Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    let next = books(&app, &cedar, &Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.raw().must(
        "UPDATE roles SET to_day = '2026-11-01' WHERE person_id = (SELECT id FROM people WHERE email = 'science.lead@cedar.example')",
    );
    let form = beech.open(&leg_to(&app, &next)).await.form("/suggest").set("way", "bring");
    let form = form.set("day-day", "3").set("day-month", "12").set("day-year", "2026");
    beech.browser.submit(&form).await.is(303);
    assert_eq!(told(&app).await, ["leg_proposed to coordinator@ashdale.example"]);
}

async fn a_loan_that_nobody_fetched_makes_way(app: TestApp) {
    let (beech, cedar, magnets) = (app.ssl("Beech").await, app.ssl("Cedar").await, app.resource("ashdale", "Magnets"));
    books(&app, &beech, &Wish::of(&magnets, "2026-11-24", "2026-11-27")).await;
    books(&app, &cedar, &Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    let here = format!("/copies/{}", copy(&app, "MG1"));
    // Beech never came, and nobody has written anything down since.
    app.at("2026-11-30T09:00:00Z");
    cedar.open(&here).await.says("I have received it");
    beech.open(&here).await.says_not("I have received it");
    // The worker's day lays the plan anew: the dead loan is on no page of what is to be done.
    let stopped = tokio::sync::watch::channel(false).1;
    app.worker().remind(&mut boxrota::reminders::acts::round::Sweep::default(), &stopped).await.expect("what is due");
    app.letters().await;
    assert_eq!(legs(&app), ["MG1 store Ash > Cedar 2026-11-30", "MG1 Cedar > store Ash 2026-12-04"]);
    beech.open("/week").await.says_not("Magnets");
    let receive = cedar.open(&format!("{here}/receive")).await.form("/receive").tampered("how", "all_there");
    cedar.browser.submit(&receive).await.is(303);
    app.letters().await;
}

async fn a_meeting_that_is_called_off_is_told_to_who_suggested_it(app: TestApp) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let (magnets, coordinator) = (app.resource("ashdale", "Magnets"), app.coordinator().await);
    books(&app, &beech, &Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    let next = books(&app, &cedar, &Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    let form = coordinator.open("/meetings/new").await.form("/meetings/new").set("place", "The library");
    let form = form.set("day-day", "2").set("day-month", "12").set("day-year", "2026");
    coordinator.browser.submit(&form).await.is(303);
    let leg = leg_to(&app, &next);
    let page = beech.open(&leg).await;
    let meeting =
        page.form("/suggest").offers("way").into_iter().find(|way| !["fetch", "bring"].contains(way)).expect("the meeting").to_owned();
    let form = page.form("/suggest").set("way", &meeting);
    beech.browser.submit(&form).await.is(303);
    assert_eq!(told(&app).await, [format!("leg_proposed to {}", science_lead("Cedar"))]);
    let page = coordinator.open(&format!("/meetings/{meeting}")).await;
    coordinator.browser.submit(&page.form("/cancel")).await.is(303);
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!((letters[0].kind.as_str(), letters[0].to_address.as_str()), ("leg_declined", science_lead("Beech").as_str()));
    assert!(letters[0].text.contains("has been called") && letters[0].text.contains("off"), "{}", letters[0].text);
}

async fn what_is_received_early_is_nobody_elses_until_the_loan_begins(app: TestApp) {
    let (beech, cedar, ash) = (app.ssl("Beech").await, app.ssl("Cedar").await, app.ssl("Ash").await);
    let magnets = app.resource("ashdale", "Magnets");
    let out = books(&app, &beech, &Wish::of(&magnets, "2026-11-23", "2026-12-04")).await;
    let collect = beech.browser.open(&out).await.form("/collected");
    beech.browser.submit(&collect).await.is(303);
    let next = books(&app, &cedar, &Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    // Beech has done with it a week early, and Cedar takes it at once.
    app.at("2026-11-25T09:00:00Z");
    let here = format!("/copies/{}", copy(&app, "MG1"));
    let give = beech.open(&format!("{here}/give")).await.form("/give").tampered("how", "all_there");
    beech.browser.submit(&give).await.is(303);
    let receive = cedar.open(&format!("{here}/receive")).await.form("/receive").tampered("how", "all_there");
    cedar.browser.submit(&receive).await.is(303);
    app.letters().await;
    cedar.browser.open(&next).await.says("26 November to 11 December 2026");
    ash.reserve(&Wish::of(&magnets, "2026-11-30", "2026-12-01")).await.is(422).says("Cedar has it");
    let days = "SELECT count(*) AS n FROM booked_days d JOIN copies k ON k.id = d.copy_id WHERE k.tag = 'MG1' AND d.day BETWEEN '2026-11-23' AND '2026-12-11'";
    assert_eq!(app.raw().number(days), 19, "each day once, and none between them free");
}
