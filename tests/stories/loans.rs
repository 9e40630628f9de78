//! Loans beyond the plain journey of reserve.rs: half-filled forms, days that move, the ways out of a refusal, boxes that are
//! kept or late, My loans, and few questions to the database.

use chrono::TimeDelta;

use crate::harness::{TestApp, Wish, World};

stories!(
    what_is_missing_is_said_at_the_field,
    days_move_to_school_days_and_it_says_so,
    a_taken_box_offers_days_copies_and_other_boxes,
    a_coordinator_books_for_a_school_and_keeps_a_box,
    dates_change_all_or_nothing,
    a_request_is_declined_with_a_reason,
    a_late_box_can_not_be_booked,
    my_loans_begin_with_the_handovers,
    no_page_asks_more_than_eight_questions,
);

const MAGNETS: &str = "Magnets";

async fn what_is_missing_is_said_at_the_field(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", MAGNETS);
    let page = ash.get(&format!("/boxes/{magnets}/reserve/check?from=2026-11-30&pupils=lots&purpose=Poles")).await.is(422);
    let page = page
        .says("Choose the last day on which you use it")
        .says("Enter the class or year group")
        .says("Enter the number of pupils as a whole number");
    assert_eq!(page.attributes(".errs a", "href"), ["#to", "#class", "#pupils"]);
    let form = page.form("/reserve/check");
    assert_eq!(
        (form.value("from"), form.value("pupils"), form.value("purpose")),
        ("2026-11-30", "lots", "Poles"),
        "what was typed is kept"
    );
    ash.get(&format!("/boxes/{magnets}/reserve/check?from=2026-02-30&to=x&class=%3Cb%3E"))
        .await
        .is(422)
        .says("Choose the first day on which you use it");
    ash.get("/boxes/0000000000000/reserve").await.is(404);
    ash.get("/boxes/nonsense/reserve").await.is(404);
    let birch = app.resource("birchwood", "Sound");
    ash.get(&format!("/boxes/{birch}/reserve")).await.is(404);
}

async fn days_move_to_school_days_and_it_says_so(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", MAGNETS);
    // A Saturday, and Ash's own INSET day on Friday 27 November.
    let check = ash.get(&format!("/boxes/{magnets}/reserve/check?from=2026-11-24&to=2026-11-28&class=Y4")).await.is(200);
    let check = check.says("You chose 24 to 28 November 2026").says("Thursday 26 November 2026");
    ash.browser.send(&check.form("/reserve")).await.says("24 to 26 November 2026");
    let closed = ash.get(&format!("/boxes/{magnets}/reserve/check?from=2026-12-21&to=2026-12-24&class=Y4")).await.is(422);
    closed.says("No school day is in 21 to 24 December 2026: it is the Christmas holiday. The next school day is Monday 4 January 2027");
    drop(app.letters().await);
}

async fn a_taken_box_offers_days_copies_and_other_boxes(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let sound = app.resource("ashdale", "Sound");
    let wish = Wish::of(&sound, "2026-12-07", "2026-12-11");
    ash.books(&wish).await;
    // Any copy: the other one is taken instead.
    beech.check(&wish).await.is(200).says("SO2");
    let form = beech.open(&format!("/boxes/{sound}/reserve")).await.form("/reserve/check");
    let first = form.offers("copy").into_iter().find(|value| !value.is_empty()).expect("a copy").to_owned();
    let taken = beech.check(&wish.clone().with("copy", &first)).await.is(422);
    let taken = taken.says("Ash has SO1 from 7 to 11 December 2026").says("What you can have instead").says("The same box on these days");
    assert_eq!(taken.form("/reserve/check").value("class"), "Year 4");
    for offer in ["SO2, 7 to 11 December 2026", "30 November to 4 December 2026", "14 to 18 December 2026"] {
        beech.browser.open(&taken.link(offer)).await.says("Check your answers");
    }
    beech.browser.open(&taken.link("Magnets")).await.says("Reserve Magnets");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 1, "nothing of a refusal stays");
    assert_eq!(app.letters().await.len(), 1);
}

async fn a_coordinator_books_for_a_school_and_keeps_a_box(app: TestApp) {
    let (head, cedar) = (app.coordinator().await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", MAGNETS);
    let form = head.open(&format!("/boxes/{magnets}/reserve?from=2026-11-30&to=2026-12-04")).await.form("/reserve/check");
    let asked = head.browser.submit(&form.clone().set("class", "Year 5")).await.is(422).says("Choose the school that it is for");
    let third = asked.form("/reserve/check").offers("school")[3].to_owned();
    let check = head.browser.submit(&form.clone().set("class", "Year 5").set("school", &third)).await.is(200).says("Cedar Primary School");
    let booking = head.browser.send(&check.form("/reserve")).await.says("Magnets at Cedar");
    cedar.open("/loans").await.says("Year 5");
    assert_eq!(app.letters().await.len(), 2);
    // Keeping it for repair needs no class and tells nobody; others cannot have it.
    let form = head.open(&format!("/boxes/{magnets}/reserve?from=2026-12-07&to=2026-12-11")).await.form("/reserve/check");
    let check = head.browser.submit(&form.set("school", &third).set("restock", "yes")).await.is(200).says("Restocking or repair");
    head.browser.send(&check.form("/reserve")).await.says("Magnets is kept");
    cedar.get(&Wish::of(&magnets, "2026-12-07", "2026-12-08").to_be_checked()).await.is(422).says("The coordinator has MG1");
    drop(booking);
}

async fn dates_change_all_or_nothing(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", MAGNETS);
    let path = ash.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    beech.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let form = ash.browser.open(&format!("{path}/change")).await.form("/change");
    let taken = ash.browser.submit(&form.clone().set("to", "2026-12-08")).await.is(422).says("Beech has MG1 from 7 to 11 December 2026");
    assert_eq!(taken.form("/change").value("to"), "2026-12-08");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM booked_days"), 10, "the old days are still held");
    // An offer leads to the form with its days filled in.
    let offered = ash.browser.open(&taken.link("4 to 12 January 2027")).await.form("/change");
    assert_eq!((offered.value("from"), offered.value("to")), ("2027-01-04", "2027-01-12"), "seven school days, as asked, in one half-term");
    let moved = ash.browser.send(&form.clone().set("from", "2026-12-14").set("to", "2026-12-18")).await;
    moved.says("The booking is changed").says("14 to 18 December 2026");
    let again = ash.browser.send(&form.clone().set("from", "2026-12-14").set("to", "2026-12-18")).await;
    again.says("The booking has these dates").says("There was nothing to change");
    let letters: Vec<_> = app.letters().await.into_iter().filter(|letter| letter.kind != "leg_changed").collect();
    assert_eq!(letters.len(), 1, "the same change sent twice is one change");
    let entry = letters[0].calendar.as_ref().expect("a calendar entry");
    assert!(entry.text.contains("SEQUENCE:1\r\n") && entry.text.contains("DTSTART;VALUE=DATE:20261214\r\n"), "{}", entry.text);
    beech.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    app.letters().await;
}

async fn a_request_is_declined_with_a_reason(app: TestApp) {
    let (ash, head) = (app.ssl("Ash").await, app.coordinator().await);
    let path = ash.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-11-30", "2026-12-04")).await;
    app.letters().await;
    let page = head.open("/requests").await;
    let form = head.browser.open(&page.link("Decline")).await.form("/decline");
    head.browser.submit(&form).await.is(422).says("Give a reason");
    head.browser.send(&form.set("reason", "Being mended")).await.says("The request is declined").says("Being mended");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM booked_days"), 0);
    assert_eq!(app.letters().await.len(), 1);
    ash.browser.open(&path).await.says("Declined").says("Being mended");
}

async fn a_late_box_can_not_be_booked(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", MAGNETS);
    let path = ash.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    let next = beech.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    let form = ash.browser.open(&path).await.form("/collected");
    ash.browser.send(&form).await;
    app.letters().await;
    app.later(TimeDelta::days(3));
    ash.browser.open(&path).await.says("Late");
    beech.browser.open(&next).await.says("At risk").says("Ash has not given it back. It was due on Tuesday 24 November 2026");
    beech.check(&Wish::of(&magnets, "2027-01-11", "2027-01-15")).await.is(422).says("MG1 should have come back from Ash");
    let at_once = beech.browser.open(&next).await;
    at_once.says_not("We have fetched it");
    let form = ash.browser.open(&path).await.form("/returned");
    ash.browser.send(&form).await.says("Returned");
    beech.browser.open(&next).await.says_not("At risk");
    beech.books(&Wish::of(&magnets, "2027-01-11", "2027-01-15")).await;
    app.letters().await;
}

async fn my_loans_begin_with_the_handovers(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", MAGNETS);
    ash.open("/loans").await.says("No loans yet");
    beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    ash.books(&Wish::of(&magnets, "2026-11-25", "2026-11-26")).await;
    let loans = ash.open("/loans").await.says("Your next handovers").says("Fetch it from Beech on Tuesday 24 November 2026");
    assert!(loans.words().find("handovers").unwrap() < loans.words().find("Dates").unwrap());
    app.letters().await;
}

async fn no_page_asks_more_than_eight_questions(app: TestApp) {
    app.found(&World::busy(6, 120)).await;
    let ash = crate::harness::Ssl::new(&app, "busy", &crate::harness::science_lead("Ash")).await;
    let head = crate::harness::Coordinator::new(&app, "busy", "coordinator@busy.example").await;
    let sound = app.resource("busy", "Sound");
    let copy = ash.open(&format!("/boxes/{sound}/reserve")).await.form("/reserve/check").offers("copy")[1].to_owned();
    let wish = Wish::of(&sound, "2026-11-30", "2026-12-04").with("copy", copy);
    let path = ash.get("/calendar?view=list").await.links("2026").into_iter().find(|link| link.contains("bookings/")).expect("a loan");
    let path = format!("/{path}");
    ash.get(&wish.to_be_checked()).await.is(422).says("What you can have instead");
    for page in [
        format!("/boxes/{sound}/reserve"),
        wish.to_be_checked(),
        "/loans".into(),
        path.clone(),
        format!("{path}/change"),
        format!("{path}/cancel"),
        format!("{path}/calendar.ics"),
    ] {
        let (answer, questions) = app.questions(ash.get(&page)).await;
        assert!(questions <= 8, "{page} answered {} after {questions} questions", answer.status);
    }
    let (_, questions) = app.questions(head.get("/requests")).await;
    assert!(questions <= 8, "requests: {questions}");
}
