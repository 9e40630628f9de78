//! Reminders: who hears of what on which day, in which hours, and what is left out because it is no longer true.

use std::sync::Arc;
use std::time::Duration;

use boxrota::handovers::round::{Came, Sweep};
use boxrota::notifications::Message;
use boxrota::notifications::mailer::{Mailer, Sender};
use boxrota::notifications::smtp::{Patience, Smtp};
use boxrota::worker::Worker;
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::harness::{Engine, Ground, Raw, Ssl, TestApp, Wish};

stories!(
    both_sides_hear_a_week_and_a_school_day_before,
    nobody_is_reminded_of_what_was_booked_a_moment_ago,
    mail_hours_are_londons_when_the_clocks_go_back,
    mail_hours_are_londons_when_the_clocks_go_forward,
    a_late_box_is_asked_for_again_and_again_by_more_people,
    a_worker_that_was_away_for_three_days_says_what_still_matters,
    what_was_given_back_while_the_mail_server_was_down_is_not_asked_for,
    a_changed_handover_overtakes_its_reminder,
    a_day_that_closes_brings_the_reminder_forward,
    the_next_school_hears_when_a_box_is_taken_out,
    what_is_on_its_way_is_asked_about,
    whoever_has_left_is_reminded_of_nothing,
    a_cluster_outside_its_mail_hours_waits_and_the_others_do_not,
    what_was_written_past_the_application_is_settled,
    the_coordinators_get_the_week_on_its_first_school_day,
    one_click_switches_one_kind_off_for_one_person,
    an_address_that_has_run_out_or_is_nobodys_switches_nothing_off,
    letters_that_can_wait_come_together_and_true,
);

/// The worker's look and what it sends then.
async fn round(app: &TestApp) -> Vec<Message> {
    look(app, &app.worker()).await;
    app.letters().await
}

/// The worker's look alone.
async fn look(app: &TestApp, worker: &Worker) {
    let (_stop, stopped) = watch::channel(false);
    worker.remind(&mut Sweep::default(), &stopped).await.expect("what is due");
    let again = worker.remind(&mut Sweep::default(), &stopped).await.expect("what is due");
    assert_eq!(again, Came::default(), "nothing is due twice on a day, {}", app.clock.now());
}

async fn together(app: &TestApp) -> Vec<Message> {
    let (_stop, stopped) = watch::channel(false);
    app.worker().bring_together(&mut Sweep::default(), &stopped).await.expect("what is due together");
    app.letters().await
}

/// "kind to somebody", in order.
fn told(letters: &[Message]) -> Vec<String> {
    let mut lines: Vec<String> = letters.iter().map(|letter| format!("{} to {}", letter.kind, letter.to_address)).collect();
    lines.sort();
    lines
}

/// Day by day at eight in the morning: "day kind to somebody: title".
async fn lived(app: &TestApp, days: impl IntoIterator<Item = &'static str>) -> String {
    let mut lines = Vec::new();
    for day in days {
        app.at(&format!("{day}T08:00:00Z"));
        let mut today: Vec<String> =
            round(app).await.iter().map(|letter| format!("{day} {} to {}: {}", letter.kind, letter.to_address, letter.title)).collect();
        today.sort();
        lines.extend(today);
    }
    lines.join("\n")
}

/// A loan of a box by a school, with the letters about it read.
async fn books(app: &TestApp, lead: &Ssl, name: &str, from: &str, to: &str) -> String {
    let path = lead.books(&Wish::of(&app.resource("ashdale", name), from, to)).await;
    app.letters().await;
    path
}

async fn press(lead: &Ssl, booking: &str, verb: &str) {
    let page = lead.browser.open(booking).await;
    lead.browser.submit(&page.form(&format!("/{verb}"))).await.is(303);
}

async fn both_sides_hear_a_week_and_a_school_day_before(app: TestApp) {
    let beech = app.ssl("Beech").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    let days = ["2026-11-24", "2026-11-29", "2026-11-30", "2026-12-01", "2026-12-03", "2026-12-04", "2026-12-05", "2026-12-07"];
    insta::assert_snapshot!("a_week_and_a_school_day_before", lived(&app, days).await);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM legs WHERE told AND state = 'planned'"), 2);
}

async fn nobody_is_reminded_of_what_was_booked_a_moment_ago(app: TestApp) {
    let beech = app.ssl("Beech").await;
    app.at("2026-12-02T10:00:00Z");
    books(&app, &beech, "Magnets", "2026-12-04", "2026-12-18").await;
    app.at("2026-12-03T08:00:00Z");
    assert_eq!(told(&round(&app).await), [""; 0], "22 hours ago");
    app.at("2026-12-04T08:00:00Z");
    let letters = round(&app).await;
    assert_eq!(told(&letters), ["handover_day_before to science.lead@ash.example", "handover_day_before to science.lead@beech.example"]);
    assert!(letters[0].text.contains("It is today"), "{}", letters[0].text);
    // Booked yesterday for today: nothing at all.
    let cedar = app.ssl("Cedar").await;
    app.at("2026-12-07T10:00:00Z");
    books(&app, &cedar, "Sound", "2026-12-08", "2026-12-18").await;
    for time in ["2026-12-08T08:00:00Z", "2026-12-08T11:00:00Z", "2026-12-09T08:00:00Z"] {
        app.at(time);
        assert_eq!(told(&round(&app).await), [""; 0], "{time}");
    }
}

/// A leg on a Sunday, which no rule would lay, so that its week begins on the Sunday on which the clocks change.
async fn hours(app: &TestApp, booked: &str, days: [&str; 2], leg: &str, closed: &str, open: &str) {
    app.raw().must("UPDATE settings SET mail_from_hour = 10 WHERE cluster_id = (SELECT id FROM clusters WHERE slug = 'ashdale')");
    app.at(booked);
    let beech = app.ssl("Beech").await;
    books(app, &beech, "Magnets", days[0], days[1]).await;
    app.raw().must(&format!("UPDATE legs SET day = '{leg}', look_on = '2026-01-01' WHERE to_booking_id IS NOT NULL"));
    app.raw().must("UPDATE legs SET look_on = '2099-12-31' WHERE to_booking_id IS NULL");
    app.at(closed);
    assert_eq!(told(&round(app).await), [""; 0], "a minute before ten in London");
    app.at(open);
    assert_eq!(round(app).await.len(), 2, "ten o'clock in London");
}

async fn mail_hours_are_londons_when_the_clocks_go_back(app: TestApp) {
    // Before one o'clock UTC London is an hour ahead, afterwards it is not.
    let days = ["2026-11-02", "2026-11-06"];
    hours(&app, "2026-10-05T09:00:00Z", days, "2026-11-01", "2026-10-25T09:59:00Z", "2026-10-25T10:00:00Z").await;
}

async fn mail_hours_are_londons_when_the_clocks_go_forward(app: TestApp) {
    let days = ["2027-04-12", "2027-04-16"];
    hours(&app, "2027-03-01T09:00:00Z", days, "2027-04-04", "2027-03-28T08:59:00Z", "2027-03-28T09:00:00Z").await;
}

/// Ash has the magnets until Thursday 26 November, and Cedar has booked them from Monday 7 December.
async fn late(app: &TestApp) -> (Ssl, String) {
    let (ash, cedar) = (app.ssl("Ash").await, app.ssl("Cedar").await);
    let booking = books(app, &ash, "Magnets", "2026-11-23", "2026-11-26").await;
    books(app, &cedar, "Magnets", "2026-12-07", "2026-12-11").await;
    press(&ash, &booking, "collected").await;
    (ash, booking)
}

const A_FORTNIGHT: [&str; 15] = [
    "2026-11-24",
    "2026-11-25",
    "2026-11-26",
    "2026-11-27",
    "2026-11-28",
    "2026-11-29",
    "2026-11-30",
    "2026-12-01",
    "2026-12-02",
    "2026-12-03",
    "2026-12-04",
    "2026-12-06",
    "2026-12-07",
    "2026-12-08",
    "2026-12-09",
];

async fn a_late_box_is_asked_for_again_and_again_by_more_people(app: TestApp) {
    let (ash, booking) = late(&app).await;
    // Friday 27 November is an INSET day at Ash.
    insta::assert_snapshot!("late", lived(&app, A_FORTNIGHT).await);
    press(&ash, &booking, "returned").await;
    app.at("2026-12-18T08:00:00Z");
    let after = told(&round(&app).await);
    assert!(after.iter().all(|line| !line.contains("late")), "{after:#?}");
}

async fn a_worker_that_was_away_for_three_days_says_what_still_matters(app: TestApp) {
    late(&app).await;
    // It was away on 24 to 26 November, and from 30 November to the 3rd of December.
    let lines = lived(&app, ["2026-11-27", "2026-12-04"]).await;
    insta::assert_snapshot!("away", lines);
}

/// A worker whose mail server does not answer.
fn cut_off(app: &TestApp) -> Worker {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let patience = Patience { answer: Duration::from_millis(300), receipt: Duration::from_secs(5) };
    let smtp = Smtp::new(format!("smtp://{closed}").parse().unwrap(), None, "boxrota.example", patience).unwrap();
    let sender = Sender { from: "Boxrota <boxrota@cluster.example>".parse().unwrap(), reply_to: None };
    Worker { mailer: Arc::new(Mailer::Smtp(Box::new(smtp), sender)), ..app.worker() }
}

async fn what_was_given_back_while_the_mail_server_was_down_is_not_asked_for(app: TestApp) {
    let (ash, booking) = late(&app).await;
    app.at("2026-11-30T08:00:00Z");
    let worker = cut_off(&app);
    look(&app, &worker).await;
    let (_stop, stopped) = watch::channel(false);
    assert!(worker.send_due(&stopped).await.unwrap() > 0);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE kind = 'loan_late' AND state = 'waiting'"), 1);
    press(&ash, &booking, "returned").await;
    app.later(TimeDelta::hours(2));
    let letters = told(&round(&app).await);
    assert!(letters.iter().all(|line| !line.starts_with("loan_late") && !line.starts_with("booking_at_risk")), "{letters:#?}");
    let mut why = app.raw().texts("SELECT kind || ': ' || last_error AS t FROM messages WHERE state = 'dropped' ORDER BY kind");
    why.dedup();
    assert_eq!(why, ["booking_at_risk: The booking is not at risk any more.", "loan_late: It was given back before this could be sent."]);
}

async fn a_changed_handover_overtakes_its_reminder(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let booking = books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    app.at("2026-11-30T08:00:00Z");
    look(&app, &app.worker()).await;
    // Before the letters leave, Beech moves its loan by a day.
    let page = beech.open(&format!("{}/change", booking.trim_start_matches("/c/ashdale"))).await;
    let form = page.form("/change").set("from", "2026-12-08");
    let checked = beech.browser.submit(&form).await;
    let answer = if checked.status == 200 { beech.browser.submit(&checked.form("/change")).await } else { checked };
    answer.is(303);
    let letters = told(&app.letters().await);
    assert!(letters.iter().all(|line| !line.starts_with("handover_week_before")), "{letters:#?}");
    assert_eq!(
        app.raw().texts("SELECT DISTINCT last_error AS t FROM messages WHERE state = 'dropped'"),
        ["The handover was changed before this could be sent."]
    );
    // The new day has its own reminder.
    app.at("2026-12-01T09:00:00Z");
    let letters = told(&round(&app).await);
    assert!(letters.contains(&"handover_week_before to science.lead@beech.example".to_owned()), "{letters:#?}");
}

async fn a_day_that_closes_brings_the_reminder_forward(app: TestApp) {
    let beech = app.ssl("Beech").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    // The reminder of Friday is waited for.
    assert!(lived(&app, ["2026-11-24", "2026-11-30", "2026-12-01", "2026-12-02"]).await.contains("2026-11-30 handover_week_before"));
    // Beech closes on Friday: its last school day before is Thursday. Ash keeps its own.
    let form =
        beech.open("/closures/new").await.form("/closures/new").set("first-day", "4").set("first-month", "12").set("first-year", "2026");
    beech.browser.send(&form).await;
    let lines = lived(&app, ["2026-12-03", "2026-12-04"]).await;
    for line in ["2026-12-03 handover_day_before to science.lead@beech", "2026-12-04 handover_day_before to science.lead@ash"] {
        assert!(lines.contains(line), "no {line} in\n{lines}");
    }
    assert_eq!(lines.lines().count(), 2, "{lines}");
}

async fn the_next_school_hears_when_a_box_is_taken_out(app: TestApp) {
    let beech = app.ssl("Beech").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    app.at("2026-11-24T10:00:00Z");
    assert_eq!(told(&round(&app).await), [""; 0]);
    app.raw().must("UPDATE copies SET state = 'repair' WHERE tag = 'MG1'");
    let letters = round(&app).await;
    assert_eq!(told(&letters), ["booking_at_risk to science.lead@beech.example"]);
    assert!(letters[0].text.contains("is being mended"), "{}", letters[0].text);
    // Once for each reason.
    app.raw().must("UPDATE custody SET short_essentials = '2 of 6 tuning forks', look_on = '2026-01-01'");
    let letters = round(&app).await;
    assert_eq!(told(&letters), ["booking_at_risk to science.lead@beech.example"]);
    assert!(letters[0].text.contains("2 of 6 tuning forks"), "{}", letters[0].text);
    app.raw().must("UPDATE custody SET look_on = '2026-01-01'");
    assert_eq!(told(&round(&app).await), [""; 0]);
}

/// Beech gives the magnets up for Cedar at this time, as the pages of a handover write it down.
fn gives_up(app: &TestApp, at: &str) {
    let school = |name: &str| format!("(SELECT id FROM schools s WHERE s.cluster_id = c.cluster_id AND s.short_name = '{name}')");
    let lead = "(SELECT id FROM people WHERE email = 'science.lead@beech.example')";
    app.raw().must(&format!(
        "INSERT INTO handovers (cluster_id, id, copy_id, from_school_id, to_school_id, to_booking_id, state, given_by, given_at)
         SELECT c.cluster_id, 77, c.copy_id, {beech}, {cedar}, (SELECT max(id) FROM bookings), 'given', {lead}, '{at}' FROM custody c JOIN copies p ON p.id = c.copy_id WHERE p.tag = 'MG1';
         UPDATE custody SET place = 'transit', booking_id = NULL, school_id = (SELECT from_school_id FROM handovers), to_school_id = (SELECT to_school_id FROM handovers),
             handover_id = 77, since = '{at}', look_on = '2026-01-01' WHERE copy_id = (SELECT id FROM copies WHERE tag = 'MG1')",
        beech = school("Beech"),
        cedar = school("Cedar"),
    ));
}

async fn what_is_on_its_way_is_asked_about(app: TestApp) {
    let cedar = app.ssl("Cedar").await;
    books(&app, &cedar, "Magnets", "2026-12-14", "2026-12-18").await;
    gives_up(&app, "2026-11-24 15:00:00");
    insta::assert_snapshot!("on_its_way", lived(&app, ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]).await);
    // It arrives while a letter about it waits.
    app.raw().must("UPDATE settings SET transit_days = 4; UPDATE custody SET look_on = '2026-01-01'");
    look(&app, &app.worker()).await;
    app.raw().must(
        "UPDATE handovers SET state = 'accepted', received_by = given_by, received_at = '2026-11-30 09:00:00';
         UPDATE custody SET place = 'store', to_school_id = NULL, handover_id = NULL WHERE handover_id = 77",
    );
    let letters = told(&app.letters().await);
    assert_eq!(letters, [""; 0]);
    assert_eq!(
        app.raw().texts("SELECT DISTINCT last_error AS t FROM messages WHERE state = 'dropped'"),
        ["It is not on its way any more."]
    );
}

async fn whoever_has_left_is_reminded_of_nothing(app: TestApp) {
    let beech = app.ssl("Beech").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    let leave = |mail: &str, on: &str| {
        app.raw().must(&format!("UPDATE roles SET to_day = '{on}' WHERE person_id = (SELECT id FROM people WHERE email = '{mail}')"));
    };
    app.at("2026-11-30T08:00:00Z");
    look(&app, &app.worker()).await;
    // One leaves while the letter waits, the other before the next one is written.
    leave("science.lead@ash.example", "2026-11-29");
    assert_eq!(told(&app.letters().await), ["handover_week_before to science.lead@beech.example"]);
    assert_eq!(app.raw().texts("SELECT last_error AS t FROM messages WHERE state = 'dropped'"), ["The person has left the cluster."]);
    leave("science.lead@beech.example", "2026-12-01");
    app.at("2026-12-04T08:00:00Z");
    assert_eq!(told(&round(&app).await), [""; 0]);
}

async fn a_cluster_outside_its_mail_hours_waits_and_the_others_do_not(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let larch = Ssl::new(&app, "birchwood", "science.lead@larch.example").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-18").await;
    larch.books(&Wish::of(&app.resource("birchwood", "Sound"), "2026-12-07", "2026-12-18")).await;
    app.letters().await;
    app.raw().must(
        "UPDATE settings SET mail_from_hour = 12, mail_to_hour = 14 WHERE cluster_id = (SELECT id FROM clusters WHERE slug = 'ashdale')",
    );
    app.at("2026-11-30T06:59:00Z");
    assert_eq!(told(&round(&app).await), [""; 0]);
    app.at("2026-11-30T07:00:00Z");
    assert_eq!(
        told(&round(&app).await),
        ["handover_week_before to science.lead@larch.example", "handover_week_before to science.lead@oak.example"]
    );
    app.at("2026-11-30T14:00:00Z");
    assert_eq!(told(&round(&app).await), [""; 0], "their hours are over for today");
    app.at("2026-12-01T12:00:00Z");
    assert_eq!(
        told(&round(&app).await),
        ["handover_week_before to science.lead@ash.example", "handover_week_before to science.lead@beech.example"]
    );
}

async fn what_was_written_past_the_application_is_settled(app: TestApp) {
    app.raw().must(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, request_key, created_at, updated_at)
         SELECT c.id, 99, k.id, s.id, p.id, 'loan', 'confirmed', '2026-12-07', '2026-12-18', '2026-12-18', '00000000000000000000000000000099', '2026-11-20 09:00:00', '2026-11-20 09:00:00'
         FROM clusters c JOIN copies k ON k.cluster_id = c.id AND k.tag = 'MG1' JOIN schools s ON s.cluster_id = c.id AND s.short_name = 'Beech'
         JOIN people p ON p.email = 'science.lead@beech.example' WHERE c.slug = 'ashdale'",
    );
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM legs"), 0);
    assert!(app.raw().number("SELECT count(*) AS n FROM unsettled") > 0);
    assert_eq!(told(&round(&app).await), [""; 0]);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM legs WHERE state = 'planned'"), 2);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM unsettled"), 0);
}

async fn the_coordinators_get_the_week_on_its_first_school_day(app: TestApp) {
    assert_eq!(told(&together(&app).await), [""; 0], "nothing to say");
    late(&app).await;
    app.raw().must("INSERT INTO closures (cluster_id, id, kind, first_day, last_day, note) SELECT id, 5, 'closure', '2026-11-30', '2026-11-30', '' FROM clusters WHERE slug = 'ashdale'");
    app.at("2026-11-30T08:00:00Z");
    assert_eq!(told(&together(&app).await), [""; 0], "the whole cluster is closed on Monday");
    app.at("2026-12-01T06:00:00Z");
    assert_eq!(told(&together(&app).await), [""; 0], "it is early");
    app.at("2026-12-01T08:00:00Z");
    let letters = together(&app).await;
    assert_eq!(told(&letters), ["weekly_digest to coordinator@ashdale.example"]);
    let text: Vec<&str> = letters[0].text.lines().filter(|line| !line.starts_with("http")).collect();
    insta::assert_snapshot!("weekly", text.join("\n"));
    assert!(letters[0].unsubscribe.contains("/unsubscribe/"), "{}", letters[0].unsubscribe);
    app.at("2026-12-02T08:00:00Z");
    assert_eq!(told(&together(&app).await), [""; 0], "once a week");
}

/// The path in a letter's address that switches its kind off.
fn way_out(app: &TestApp, letter: &Message) -> String {
    assert!(letter.unsubscribe.starts_with(&app.app.config.link("/unsubscribe/")), "{}", letter.unsubscribe);
    letter.unsubscribe[app.app.config.link("").len()..].to_owned()
}

/// A letter to the coordinator that can be switched off: somebody asks for the microscope.
async fn asked(app: &TestApp, lead: &Ssl, from: &str) -> Message {
    lead.books(&Wish::of(&app.resource("ashdale", "Microscope"), from, from)).await;
    let letters = app.letters().await;
    let own = letters.iter().find(|letter| letter.kind == "booking_requested").expect("a receipt");
    assert_eq!(own.unsubscribe, "", "what one booked oneself cannot be switched off");
    let to = |letter: &Message| letter.kind == "booking_to_approve" && letter.to_address == "coordinator@ashdale.example";
    letters.into_iter().find(to).expect("a letter to the coordinator")
}

/// The bursar helps out.
fn second_coordinator(app: &TestApp) {
    app.raw().must(
        "INSERT INTO roles (cluster_id, id, person_id, kind, from_day)
         SELECT c.id, 4711, p.id, 'coordinator', '2026-09-01' FROM clusters c, people p WHERE c.slug = 'ashdale' AND p.email = 'bursar@ashdale.example'",
    );
}

fn muted(app: &TestApp) -> Vec<String> {
    app.raw().texts("SELECT p.email || ' ' || m.kind AS t FROM muted_kinds m JOIN people p ON p.id = m.person_id ORDER BY 1")
}

async fn one_click_switches_one_kind_off_for_one_person(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let letter = asked(&app, &ash, "2026-12-01").await;
    assert_eq!(letter.unsubscribe, "", "the only coordinator cannot switch it off");
    second_coordinator(&app);
    let letter = asked(&app, &ash, "2026-12-07").await;
    let path = way_out(&app, &letter);
    // What was sent keeps no secret.
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE unsubscribe <> ''"), 0);
    let secret = path.rsplit('/').next().unwrap();
    assert_eq!(app.raw().number(&format!("SELECT count(*) AS n FROM unsubscribe_links WHERE token_hash = '{secret}'")), 0);
    // Looking changes nothing, and neither does a form that says something else.
    let visitor = app.browser();
    let page = visitor.get(&path).await.is(200).says("A request waits for approval");
    visitor.post(&path, &[("kind".into(), "loan_late".into())]).await.is(400);
    visitor.post(&path, &[]).await.is(400);
    assert_eq!(muted(&app), [""; 0]);
    // The mail program's click: no cookie, no token, no page before.
    let click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
    app.browser().post_with(&path, &click, &[("origin", "https://mail.example"), ("sec-fetch-site", "cross-site")]).await.is(200);
    assert_eq!(muted(&app), ["coordinator@ashdale.example booking_to_approve"]);
    // Again, and by the button: it stays what it is.
    app.browser().post(&path, &click).await.is(200).says("switched off");
    visitor.submit(&page.form(&path)).await.is(200).says("switched off");
    assert_eq!(muted(&app), ["coordinator@ashdale.example booking_to_approve"]);
    let coordinator = app.coordinator().await;
    let form = coordinator.browser.open("/account/letters").await.form("/account/letters");
    assert_eq!((form.value("booking_to_approve"), form.value("weekly_digest")), ("", "yes"));
    ash.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-12-08", "2026-12-08")).await;
    assert_eq!(
        told(&app.letters().await),
        ["booking_requested to science.lead@ash.example", "booking_to_approve to bursar@ashdale.example"]
    );
}

async fn an_address_that_has_run_out_or_is_nobodys_switches_nothing_off(app: TestApp) {
    let ash = app.ssl("Ash").await;
    second_coordinator(&app);
    let letter = asked(&app, &ash, "2026-12-07").await;
    let path = way_out(&app, &letter);
    let click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
    for wrong in ["/unsubscribe/0123456789abcdefghjkmnpqrstvwxyz", "/unsubscribe/x", "/unsubscribe/../account"] {
        assert_eq!(app.browser().get(wrong).await.status, if wrong.ends_with("account") { 303 } else { 404 }, "{wrong}");
    }
    app.browser().post("/unsubscribe/0123456789abcdefghjkmnpqrstvwxyz", &click).await.is(404);
    app.later(TimeDelta::days(90));
    app.browser().get(&path).await.is(410).says("has run out");
    app.browser().post(&path, &click).await.is(410);
    assert_eq!(muted(&app), [""; 0]);
    app.worker().clear().await.unwrap();
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM unsubscribe_links"), 0);
    app.browser().get(&path).await.is(404);
}

async fn letters_that_can_wait_come_together_and_true(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let choose = async |rhythm: &str| {
        let form = coordinator.browser.open("/account/letters").await.form("/account/letters").set("rhythm", rhythm);
        coordinator.browser.submit(&form.clone().without("csrf")).await.is(403);
        let saved = coordinator.browser.send(&form).await.says("Your choice is saved");
        assert_eq!(saved.form("/account/letters").value("rhythm"), rhythm);
    };
    choose("daily").await;
    let microscope = app.resource("ashdale", "Microscope");
    let wish = |day: &str| Wish::of(&microscope, day, day);
    ash.books(&wish("2026-12-07")).await;
    let second = ash.books(&wish("2026-12-08")).await;
    assert_eq!(told(&app.letters().await), ["booking_requested to science.lead@ash.example"; 2], "the receipts come at once");
    // One request is cancelled before the daily letter goes.
    let form = ash.browser.open(&format!("{second}/cancel")).await.form("/cancel").set("reason", "School trip");
    ash.browser.submit(&form).await.is(303);
    app.letters().await;
    for early in ["2026-11-23T18:00:00Z", "2026-11-24T06:59:00Z"] {
        app.at(early);
        assert_eq!(told(&together(&app).await), [""; 0], "{early}");
    }
    app.at("2026-11-24T07:00:00Z");
    let letters = together(&app).await;
    assert_eq!(told(&letters), ["gathered_letters to coordinator@ashdale.example"]);
    let text = &letters[0].text;
    assert!(text.contains("7 December 2026") && !text.contains("8 December 2026"), "{text}");
    assert!(letters[0].unsubscribe.contains("/unsubscribe/"));
    assert_eq!(told(&together(&app).await), [""; 0], "once");
    // Once a week, on Mondays; and nothing to say is no letter.
    choose("weekly").await;
    ash.books(&wish("2026-12-09")).await;
    app.letters().await;
    for day in ["2026-11-25", "2026-11-27", "2026-11-28"] {
        app.at(&format!("{day}T08:00:00Z"));
        assert_eq!(told(&together(&app).await), [""; 0], "{day}");
    }
    app.at("2026-11-30T08:00:00Z");
    assert_eq!(told(&together(&app).await), ["gathered_letters to coordinator@ashdale.example"]);
    app.at("2026-12-07T08:00:00Z");
    assert_eq!(told(&together(&app).await), [""; 0]);
    // What cannot be switched off came at once all the time, and so it does for who made a booking.
    choose("each").await;
    let letter = asked(&app, &ash, "2026-12-10").await;
    assert_eq!(letter.to_address, "coordinator@ashdale.example");
}

#[derive(diesel::QueryableByName)]
struct Plan {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// What is due is found by the index on the day of the next look, in its order, however many legs and copies there are.
#[test]
fn what_is_due_is_found_by_the_index() {
    use diesel::prelude::*;
    let ground = Ground::migrated(Engine::Sqlite);
    let Raw::Sqlite(mut conn) = ground.raw() else { panic!("SQLite") };
    for (table, id, condition, index) in
        [("legs", "id", "legs.state = 'planned' AND", "legs_look"), ("custody", "copy_id", "", "custody_look")]
    {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT {table}.look_on, {table}.cluster_id, {table}.{id} FROM {table} LEFT OUTER JOIN settings ON settings.cluster_id = {table}.cluster_id
             WHERE {condition} {table}.look_on BETWEEN ? AND ? AND ({table}.look_on > ? OR {table}.cluster_id > ? OR ({table}.cluster_id = ? AND {table}.{id} > ?))
             AND COALESCE(settings.mail_from_hour, 7) <= 8 AND COALESCE(settings.mail_to_hour, 19) > 8 ORDER BY {table}.look_on, {table}.cluster_id, {table}.{id} LIMIT ?"
        );
        let plan: Vec<Plan> = diesel::sql_query(sql)
            .bind::<diesel::sql_types::Text, _>("1999-09-01")
            .bind::<diesel::sql_types::Text, _>("2026-11-24")
            .bind::<diesel::sql_types::Text, _>("1999-09-01")
            .bind::<diesel::sql_types::BigInt, _>(1)
            .bind::<diesel::sql_types::BigInt, _>(1)
            .bind::<diesel::sql_types::BigInt, _>(1)
            .bind::<diesel::sql_types::BigInt, _>(200)
            .load(&mut conn)
            .expect("a plan");
        let plan: Vec<String> = plan.into_iter().map(|line| line.detail).collect();
        assert!(plan.len() == 2 && plan[0].contains(index), "{plan:?}");
    }
}
