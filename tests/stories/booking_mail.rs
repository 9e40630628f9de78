//! The letters that bookings cause: stored with the booking, sent only while they are true, each with its calendar entry.

use boxrota::base::ids::ResourceId;
use boxrota::mail::{Message, Method, Outcome};
use chrono::TimeDelta;

use crate::harness::{Page, Person, TestApp, Wish, science_lead};

stories!(
    a_request_that_nobody_answers_lapses_and_says_so,
    a_reservation_is_confirmed_by_mail_with_a_calendar_entry,
    a_request_goes_to_the_coordinator_and_its_answer_to_the_school,
    what_was_cancelled_before_it_was_sent_is_not_confirmed,
    what_was_changed_before_it_was_sent_is_told_once,
    a_request_answered_before_it_was_sent_asks_nobody_any_more,
    a_letter_that_waits_for_the_mail_server_is_asked_again_whether_it_is_true,
    a_refused_booking_causes_no_letter,
    days_long_past_are_cleared_and_the_plan_stays,
);

fn resource(app: &TestApp, name: &str) -> ResourceId {
    let sql =
        format!("SELECT r.id AS n FROM resources r JOIN clusters c ON c.id = r.cluster_id WHERE r.name = '{name}' AND c.slug = 'ashdale'");
    ResourceId(app.raw().number(&sql))
}

/// Fills the form in, checks the answers, books; gives the booking's page.
async fn reserve(app: &TestApp, who: &Person, box_name: &str, from: &str, to: &str) -> Page {
    let base = format!("/boxes/{}/reserve", resource(app, box_name));
    let form = who.open(&base).await.form("/reserve/check").set("from", from).set("to", to).set("class", "Year 4");
    let check = who.browser.submit(&form).await.is(200);
    who.browser.send(&check.form("/reserve")).await
}

fn booking_path(page: &Page) -> String {
    page.path.split('?').next().unwrap().trim_start_matches("/c/ashdale").to_owned()
}

fn kinds(letters: &[Message]) -> Vec<(&str, &str)> {
    let mut kinds: Vec<(&str, &str)> = letters.iter().map(|letter| (letter.kind.as_str(), letter.to_address.as_str())).collect();
    kinds.sort_unstable();
    kinds
}

/// A line of a calendar file.
fn line<'a>(letter: &'a Message, name: &str) -> &'a str {
    let text = &letter.calendar.as_ref().expect("a calendar entry").text;
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {text}"))
}

async fn cancel(who: &Person, booking: &str) {
    let form = who.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "School trip");
    who.browser.send(&form).await;
}

async fn a_reservation_is_confirmed_by_mail_with_a_calendar_entry(app: TestApp) {
    let (ash, lead) = (science_lead("Ash"), app.ssl("Ash").await);
    let page = reserve(&app, &lead, "Magnets", "2026-11-30", "2026-12-04").await;
    let booking = booking_path(&page);
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [("booking_reserved", ash.as_str())]);
    let letter = &letters[0];
    assert_eq!(letter.title, "Reserved: Magnets, 30 November to 4 December 2026");
    for words in ["Magnets (MG1)", "Monday 30 November 2026", "Year 4", "You got this because you made this booking.", &booking] {
        assert!(letter.text.contains(words), "no {words:?} in {}", letter.text);
        assert!(letter.html.contains(words), "no {words:?} in {}", letter.html);
    }
    assert_eq!(letter.calendar.as_ref().unwrap().method, Method::Publish);
    assert_eq!(
        (line(letter, "DTSTART;VALUE=DATE:"), line(letter, "DTEND;VALUE=DATE:"), line(letter, "SEQUENCE:")),
        ("20261130", "20261205", "0")
    );
    let uid = line(letter, "UID:").to_owned();
    lead.open("/mail").await.says("Reserved: Magnets").says("You got this because you made this booking.");
    // Given up: the same entry, a higher sequence, taken out of the calendar.
    cancel(&lead, &booking).await;
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [("booking_cancelled", ash.as_str())]);
    assert_eq!((line(&letters[0], "UID:"), line(&letters[0], "SEQUENCE:"), line(&letters[0], "STATUS:")), (uid.as_str(), "1", "CANCELLED"));
    assert_eq!(letters[0].calendar.as_ref().unwrap().method, Method::Cancel);
    assert!(letters[0].text.contains("School trip"));
}

async fn a_request_goes_to_the_coordinator_and_its_answer_to_the_school(app: TestApp) {
    let (ash, lead, coordinator) = (science_lead("Ash"), app.ssl("Ash").await, app.coordinator().await);
    let booking = booking_path(&reserve(&app, &lead, "Microscope", "2026-11-30", "2026-12-04").await);
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [("booking_requested", ash.as_str()), ("booking_to_approve", "coordinator@ashdale.example")]);
    let task = letters.iter().find(|letter| letter.kind == "booking_to_approve").unwrap();
    assert!(task.text.contains("/c/ashdale/inbox#requests") && task.reason.contains("you coordinate Ashdale"), "{}", task.text);
    let page = coordinator.open(&booking).await;
    coordinator.browser.send(&page.form("/approve")).await;
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [("booking_approved", ash.as_str())]);
    assert_eq!((line(&letters[0], "SEQUENCE:"), line(&letters[0], "STATUS:")), ("1", "CONFIRMED"));
    // The one who is told to answer does not see the school's letters as his own, but as the coordinator he sees all.
    coordinator.open("/mail").await.says("Approved: Microscope").says("To approve: Microscope for Ash");
}

async fn what_was_cancelled_before_it_was_sent_is_not_confirmed(app: TestApp) {
    let (ash, lead, coordinator) = (science_lead("Ash"), app.ssl("Ash").await, app.coordinator().await);
    let booking = booking_path(&reserve(&app, &lead, "Magnets", "2026-11-30", "2026-12-04").await);
    cancel(&lead, &booking).await;
    assert_eq!(kinds(&app.letters().await), [("booking_cancelled", ash.as_str())]);
    coordinator.open("/mail").await.says("No longer true, so not sent").says("The booking was cancelled before this could be sent.");
}

async fn what_was_changed_before_it_was_sent_is_told_once(app: TestApp) {
    let (ash, lead) = (science_lead("Ash"), app.ssl("Ash").await);
    let booking = booking_path(&reserve(&app, &lead, "Magnets", "2026-11-30", "2026-12-04").await);
    let form = lead.open(&format!("{booking}/change")).await.form("/change").set("to", "2026-12-11");
    lead.browser.send(&form).await;
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [("booking_changed", ash.as_str())]);
    assert!(letters[0].text.contains("30 November to 4 December 2026") && letters[0].text.contains("Friday 11 December 2026"));
    assert_eq!((line(&letters[0], "SEQUENCE:"), line(&letters[0], "DTEND;VALUE=DATE:")), ("1", "20261212"));
}

async fn a_request_answered_before_it_was_sent_asks_nobody_any_more(app: TestApp) {
    let (ash, lead, coordinator) = (science_lead("Ash"), app.ssl("Ash").await, app.coordinator().await);
    let booking = booking_path(&reserve(&app, &lead, "Microscope", "2026-11-30", "2026-12-04").await);
    let page = coordinator.open(&booking).await;
    coordinator.browser.send(&page.form("/approve")).await;
    assert_eq!(kinds(&app.letters().await), [("booking_approved", ash.as_str())]);
    coordinator.open("/mail?show=dropped").await.says("The request was answered before this could be sent.");
}

async fn a_letter_that_waits_for_the_mail_server_is_asked_again_whether_it_is_true(app: TestApp) {
    let (ash, lead) = (science_lead("Ash"), app.ssl("Ash").await);
    let booking = booking_path(&reserve(&app, &lead, "Magnets", "2026-11-30", "2026-12-04").await);
    app.next_letter(Outcome::Passing("The mail server could not be reached.".into()));
    assert!(app.letters().await.is_empty());
    cancel(&lead, &booking).await;
    app.later(TimeDelta::hours(2));
    assert_eq!(kinds(&app.letters().await), [("booking_cancelled", ash.as_str())]);
}

async fn a_refused_booking_causes_no_letter(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let base = format!("/boxes/{}/reserve", resource(&app, "Magnets"));
    // Both have checked their answers; the second comes too late.
    let mut checked = Vec::new();
    for who in [&ash, &beech] {
        let form = who.open(&base).await.form("/reserve/check").set("from", "2026-11-30").set("to", "2026-12-04").set("class", "Year 4");
        checked.push(who.browser.submit(&form).await.is(200).form("/reserve"));
    }
    ash.browser.send(&checked[0]).await;
    beech.browser.submit(&checked[1]).await.is(422).says("Ash");
    assert_eq!(kinds(&app.letters().await), [("booking_reserved", science_lead("Ash").as_str())]);
    // Sent once more: the same booking, and no second letter.
    ash.browser.send(&checked[0]).await;
    assert!(app.letters().await.is_empty());
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages"), 1);
}

async fn days_long_past_are_cleared_and_the_plan_stays(app: TestApp) {
    let lead = app.ssl("Ash").await;
    reserve(&app, &lead, "Magnets", "2026-11-30", "2026-12-04").await;
    app.letters().await;
    app.at("2026-12-14T09:00:00Z");
    let worker = app.worker();
    worker.clear().await.unwrap();
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM booked_days"), 5, "a fortnight past is not long past");
    app.at("2027-01-02T09:00:00Z");
    worker.clear().await.unwrap();
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM booked_days"), 0);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE state = 'confirmed'"), 1);
    // Signed in forty days ago: the session is over and forgotten.
    app.at("2027-02-20T09:00:00Z");
    worker.clear().await.unwrap();
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM sessions"), 0);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM sign_in_links"), 0);
}

async fn a_request_that_nobody_answers_lapses_and_says_so(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let booking = ash.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-11-30", "2026-12-04")).await;
    app.letters().await;
    // On its first day it can still be approved, and the worker leaves it alone.
    app.at("2026-11-30T15:00:00Z");
    app.worker().clear().await.expect("clearing");
    ash.browser.open(&booking).await.says("Waiting for approval");
    assert_eq!(app.letters().await.len(), 0);
    // Before the worker comes, no page says that it still waits.
    app.at("2026-12-01T00:10:00Z");
    ash.browser.open(&booking).await.says("Not answered").says_not("Waiting for approval");
    ash.open("/loans").await.says_not("Waiting for approval");
    for _ in 0..2 {
        app.worker().clear().await.expect("clearing");
    }
    ash.browser.open(&booking).await.says("Declined").says("Nobody answered it before its first day was over");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "once, and to who asked");
    assert_eq!((letters[0].to_address.as_str(), letters[0].kind.as_str()), ("science.lead@ash.example", "booking_declined"));
    assert_eq!(letters[0].title, "Not answered: Microscope, 30 November to 4 December 2026");
    assert_eq!(line(&letters[0], "STATUS:"), "CANCELLED", "its page may have given an entry");
    coordinator.open("/requests").await.says_not("Microscope");
    assert_eq!(
        app.raw().number("SELECT count(*) AS n FROM changes WHERE about = 'bookings' AND verb = 'declined' AND person_id IS NULL"),
        1
    );
    // The days that are left are free.
    app.ssl("Beech").await.reserve(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-12-02", "2026-12-03")).await.is(303);
    assert_eq!(app.letters().await.len(), 2, "a request, and its question to the coordinator");
    // One that was changed while it waited has an entry in calendars; that is taken out again.
    let path = app.ssl("Cedar").await.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-12-07", "2026-12-11")).await;
    app.raw().must("UPDATE bookings SET sequence = 3 WHERE first_day = '2026-12-07'");
    app.letters().await;
    app.at("2026-12-08T09:00:00Z");
    app.worker().clear().await.expect("clearing");
    let letters = app.letters().await;
    let lapsed = letters.iter().find(|letter| letter.to_address == "science.lead@cedar.example").expect("the letter");
    let entry = lapsed.calendar.as_ref().expect("the entry's end");
    assert!(entry.text.contains("METHOD:CANCEL") && entry.text.contains("STATUS:CANCELLED"), "{}", entry.text);
    assert!(entry.text.contains(path.rsplit('/').next().expect("an id")), "{}", entry.text);
}
