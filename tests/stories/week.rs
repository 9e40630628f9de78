//! This week: the first page after signing in. What is whose to do, on which day, with whom; what a school has, what is on its way,
//! what is at risk and why.

use crate::harness::{Bursar, Coordinator, TestApp, Wish, World};

stories!(
    signing_in_leads_to_this_week,
    each_side_of_a_handover_reads_its_own_task,
    what_is_overdue_stands_first_and_late_things_at_the_school,
    what_was_given_up_is_the_receivers_alone,
    a_booking_at_risk_says_why_and_stays,
    a_missing_or_travelling_copy_is_free_on_no_day,
    an_offer_of_the_waiting_list_is_shown_to_its_school,
    others_read_and_a_coordinator_sees_what_needs_attention,
    the_week_asks_the_same_after_years
);

/// Sets where a copy of Ashdale is, past the application.
pub fn put(app: &TestApp, tag: &str, set: &str) {
    app.raw().must(&format!(
        "UPDATE custody SET {set} WHERE copy_id = (SELECT p.id FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = 'ashdale' AND p.tag = '{tag}')"
    ));
    seen(app);
}

/// What was written past the application is seen: pages are kept by the cluster's version.
pub fn seen(app: &TestApp) {
    app.raw().must("UPDATE clusters SET version = version + 1");
}

/// A school of Ashdale in a statement.
pub fn school(name: &str) -> String {
    format!("(SELECT s.id FROM schools s JOIN clusters c ON c.id = s.cluster_id WHERE c.slug = 'ashdale' AND s.short_name = '{name}')")
}

async fn signing_in_leads_to_this_week(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let answer = ash.browser.get("/").await.is(303);
    assert_eq!(answer.header("location"), "/c/ashdale/week");
    assert_eq!(ash.get("").await.is(303).header("location"), "/c/ashdale/week");
    let page = ash.open("/week").await.says("23 to 29 November 2026").says("Nothing to hand over this week").says("To get one, find a box");
    assert_eq!(page.link("Find a box"), "/c/ashdale/boxes");
    app.browser().get("/c/ashdale/week").await.is(303);
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    oak.browser.get("/c/ashdale/week").await.is(404);
}

async fn each_side_of_a_handover_reads_its_own_task(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    // From Ash's own shelf on Tuesday, on to Beech on Thursday (Ash trains on Friday), and home in December.
    ash.books(&Wish::of(&magnets, "2026-11-24", "2026-11-26")).await;
    beech.books(&Wish::of(&magnets, "2026-11-30", "2026-12-03")).await;
    app.letters().await;
    let page = ash.open("/week").await;
    assert_eq!(page.all("section[aria-labelledby=to-do] h3.day"), ["Tomorrow, Tuesday 24 November", "Thursday 26 November"]);
    let rows = page.all("section[aria-labelledby=to-do] .tasks > li");
    assert!(rows[0].contains("Take Magnets (MG1) from your own shelf") && rows[0].contains("Count and receive"), "{rows:#?}");
    assert!(rows[1].contains("Beech fetches Magnets (MG1)") && rows[1].contains("Science lead, Beech"), "{rows:#?}");
    assert!(!rows[1].contains("greed") && rows[1].contains("For Year 4"), "{rows:#?}");
    assert!(page.link("Science lead, Beech").starts_with("mailto:science.lead@beech.example"));
    assert!(page.link("Beech fetches Magnets").starts_with("/c/ashdale/legs/"));
    assert!(page.links("Count and hand over").is_empty(), "it has not come yet");
    let rows = beech.open("/week").await.all("section[aria-labelledby=to-do] .tasks > li");
    assert_eq!(rows.len(), 1);
    assert!(rows[0].contains("Fetch Magnets (MG1) from Ash") && rows[0].contains("Science lead, Ash"), "{rows:#?}");
    beech.open("/week").await.says("Next week (1)").says("Bring Magnets (MG1) home to Ash");
    cedar.open("/week").await.says("Nothing to hand over this week").says_not("Magnets");
    // Agreed, and at a meeting.
    app.raw().must("UPDATE legs SET agreed = TRUE");
    seen(&app);
    let rows = beech.open("/week").await.all("section[aria-labelledby=to-do] .tasks > li");
    assert!(rows[0].contains("Agreed"), "{rows:#?}");
    // When the booking goes, so does the task.
    let booking = beech.open("/loans").await.link("30 November to 3 December 2026");
    let form = beech.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "The trip has moved");
    beech.browser.submit(&form).await.is(303);
    app.letters().await;
    beech.open("/week").await.says("Nothing to hand over this week");
    ash.open("/week").await.says("Put Magnets (MG1) back on your own shelf");
}

async fn what_is_overdue_stands_first_and_late_things_at_the_school(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let magnets = app.resource("ashdale", "Magnets");
    let booking = beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-25")).await;
    app.letters().await;
    let form = beech.browser.open(&booking).await.form("/collected");
    beech.browser.submit(&form).await.is(303);
    let page = beech.open("/week").await.says("Bring Magnets (MG1) home to Ash");
    let here = page.all("section[aria-labelledby=here] li");
    assert!(here[0].contains("Until Wednesday 25 November") && here[0].contains("Not counted since it came"), "{here:#?}");
    // Three days on it is late, until it is given back.
    app.at("2026-11-26T09:00:00Z");
    let page = beech.open("/week").await.says("Overdue").says("It was planned for Wednesday 25 November.");
    let here = page.all("section[aria-labelledby=here] li");
    assert!(here[0].contains("It was due on Wednesday 25 November") && here[0].contains("Late"), "{here:#?}");
    let form = beech.browser.open(&booking).await.form("/returned");
    beech.browser.submit(&form).await.is(303);
    beech.open("/week").await.says_not("Overdue").says("No box of the cluster is here at the moment.");
    assert_eq!(app.letters().await.len(), 1, "Ash is to say that it is there");
}

async fn what_was_given_up_is_the_receivers_alone(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-24", "2026-11-26")).await;
    app.letters().await;
    ash.open("/week").await.says("Beech fetches Magnets (MG1)");
    put(
        &app,
        "MG1",
        &format!("place = 'transit', school_id = {}, to_school_id = {}, since = '2026-11-23 08:00:00'", school("Ash"), school("Beech")),
    );
    let page = ash.open("/week").await.says_not("Beech fetches Magnets");
    assert_eq!(page.all("section[aria-labelledby=on-its-way] li").len(), 1);
    page.says("On its way from Ash to Beech since today");
    beech.open("/week").await.says("Fetch Magnets (MG1) from Ash").says("On its way since today");
    app.ssl("Cedar").await.open("/week").await.says_not("Magnets");
}

async fn a_booking_at_risk_says_why_and_stays(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let booking = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    put(&app, "MG1", "short_essentials = 'Tuning fork: 2 of 6 missing'");
    let why = "A part that it needs is short. Tuning fork: 2 of 6 missing.";
    beech.browser.open(&booking).await.says("This loan is at risk").says(why);
    beech.open("/loans").await.says("At risk").says(why);
    let page = beech.open("/week").await;
    let risks = page.all("section[aria-labelledby=at-risk] li");
    assert!(risks.len() == 1 && risks[0].contains("7 to 11 December 2026") && risks[0].contains(why), "{risks:#?}");
    beech.open("/calendar?view=list").await.says("risk");
    // Thursday and Friday are two of three school days; with Monday it is too long.
    put(
        &app,
        "MG1",
        &format!(
            "short_essentials = '', place = 'transit', school_id = {}, to_school_id = {}, since = '2026-11-18 10:00:00'",
            school("Ash"),
            school("Cedar")
        ),
    );
    app.at("2026-11-22T09:00:00Z");
    beech.browser.open(&booking).await.says_not("at risk");
    app.at("2026-11-23T09:00:00Z");
    beech.browser.open(&booking).await.says("Ash handed it over on Wednesday 18 November 2026, and nobody has received it yet.");
    put(&app, "MG1", &format!("place = 'missing', school_id = {}, to_school_id = NULL, since = '2026-11-23 08:00:00'", school("Cedar")));
    beech.browser.open(&booking).await.says("Nobody knows where it is. Cedar had it last.");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE state = 'confirmed'"), 1, "nothing is cancelled by the program");
}

async fn a_missing_or_travelling_copy_is_free_on_no_day(app: TestApp) {
    let (ash, magnets) = (app.ssl("Ash").await, app.resource("ashdale", "Magnets"));
    let wish = Wish::of(&magnets, "2026-12-07", "2026-12-11");
    let transit =
        format!("place = 'transit', school_id = {}, to_school_id = {}, since = '2026-11-13 08:00:00'", school("Ash"), school("Beech"));
    put(&app, "MG1", &transit);
    for page in ["/boxes".to_owned(), format!("/boxes/{magnets}")] {
        ash.open(&page).await.says("On its way from Ash to Beech since 13 November").says("Not until it is back");
    }
    ash.open("/calendar?view=term").await.says("On its way to Beech");
    let answer = ash.browser.get(&format!("{}{}", ash.base, wish.to_be_checked())).await;
    assert_eq!(answer.status, 422, "{}", answer.words());
    answer.says("on its way from Ash to Beech");
    put(&app, "MG1", &format!("place = 'missing', school_id = {}, to_school_id = NULL, since = '2026-11-20 08:00:00'", school("Beech")));
    ash.open(&format!("/boxes/{magnets}")).await.says("Missing since Friday");
    ash.browser.get(&format!("{}{}", ash.base, wish.to_be_checked())).await.is(422).says("missing");
    put(&app, "MG1", &format!("place = 'store', school_id = {}", school("Ash")));
    ash.books(&wish).await;
    app.letters().await;
}

async fn an_offer_of_the_waiting_list_is_shown_to_its_school(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    app.raw().must(
        "UPDATE bookings SET state = 'requested', offer_until = '2026-11-25 23:59:00';
         INSERT INTO waits (cluster_id, id, resource_id, school_id, person_id, first_day, last_day, state, booking_id, request_key, created_at, updated_at)
         SELECT b.cluster_id, 7, p.resource_id, b.school_id, b.person_id, b.first_day, b.last_day, 'offered', b.id, 'wait', b.created_at, b.created_at
         FROM bookings b JOIN copies p ON p.cluster_id = b.cluster_id AND p.id = b.copy_id",
    );
    seen(&app);
    let page = ash
        .open("/week")
        .await
        .says("Offered to you")
        .says("These days have become free. They are kept for you until Wednesday 25 November.");
    let answer = page.link("Answer");
    assert!(answer.starts_with("/c/ashdale/waits/"), "{answer}");
    ash.browser.open(&answer).await.says("Magnets");
    beech.open("/week").await.says_not("Offered to you");
    // Who leads no school answers for none: not the coordinator, and not who only reads at the school.
    app.coordinator().await.open("/week").await.says_not("Offered to you");
    Bursar::new(&app, "ashdale", "bursar@ashdale.example").await.open("/week").await.says_not("Offered to you");
}

async fn others_read_and_a_coordinator_sees_what_needs_attention(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let booking = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-11-24")).await;
    app.letters().await;
    let form = beech.browser.open(&booking).await.form("/collected");
    beech.browser.submit(&form).await.is(303);
    app.at("2026-11-25T09:00:00Z");
    let coordinator = app.coordinator().await;
    let page = coordinator.open("/week").await.says("The whole cluster").says("1 box late").says("1 box late");
    assert_eq!(page.link("1 box late"), "/c/ashdale/inbox#late");
    page.says("Magnets (MG1) goes from Beech to Ash");
    // A bursar of Ash reads what concerns Ash, and has no buttons; nor what needs attention.
    let bursar = Bursar::new(&app, "ashdale", "bursar@ashdale.example").await;
    let page = bursar.open("/week").await.says("Beech brings Magnets (MG1)").says_not("Needs attention").says_not("Count and receive");
    assert!(page.links("Find a box").is_empty());
}

async fn the_week_asks_the_same_after_years(app: TestApp) {
    app.found(&World::busy(20, 400)).await;
    for (cluster, email) in
        [("ashdale", "coordinator@ashdale.example"), ("busy", "coordinator@busy.example"), ("busy", "science.lead@ash.example")]
    {
        let person = Coordinator::new(&app, cluster, email).await;
        let (page, asked) = app.questions(person.browser.open(&format!("{}/week", person.base))).await;
        assert!((1..=8).contains(&asked), "{cluster}: {asked} questions");
        assert_eq!(page.all("h1"), ["This week"]);
    }
}
