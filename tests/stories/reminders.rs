//! Reminders: who hears of what on which day, in which hours, and what is left out because it is no longer true.

use std::sync::Arc;
use std::time::Duration;

use boxrota::mail::Message;
use boxrota::mail::mailer::{Mailer, Sender};
use boxrota::mail::smtp::{Patience, Smtp};
use boxrota::reminders::acts::round::{Came, Sweep};
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
    the_number_of_a_reminder_is_that_of_the_letters_that_went_out,
    what_was_given_back_while_the_mail_server_was_down_is_not_asked_for,
    a_changed_handover_overtakes_its_reminder,
    a_day_that_closes_brings_the_reminder_forward,
    the_next_school_hears_when_a_box_is_taken_out,
    what_is_on_its_way_is_asked_about,
    a_shorter_time_on_the_way_is_acted_on_in_the_next_round,
    whoever_has_left_is_reminded_of_nothing,
    a_cluster_outside_its_mail_hours_waits_and_the_others_do_not,
    what_was_written_past_the_application_is_settled,
    the_coordinators_get_the_week_on_its_first_school_day,
);

/// The worker's look and what it sends then.
pub async fn round(app: &TestApp) -> Vec<Message> {
    look(app, &app.worker()).await;
    app.letters().await
}

/// The worker's look alone.
pub async fn look(app: &TestApp, worker: &Worker) {
    let (_stop, stopped) = watch::channel(false);
    worker.remind(&mut Sweep::default(), &stopped).await.expect("what is due");
    let again = worker.remind(&mut Sweep::default(), &stopped).await.expect("what is due");
    assert_eq!(again, Came::default(), "nothing is due twice on a day, {}", app.clock.now());
}

pub async fn together(app: &TestApp) -> Vec<Message> {
    let (_stop, stopped) = watch::channel(false);
    app.worker().bring_together(&mut Sweep::default(), &stopped).await.expect("what is due together");
    app.letters().await
}

/// "kind to somebody", in order.
pub fn told(letters: &[Message]) -> Vec<String> {
    let mut lines: Vec<String> = letters.iter().map(|letter| format!("{} to {}", letter.kind, letter.to_address)).collect();
    lines.sort();
    lines
}

/// Day by day at eight in the morning: "day kind to somebody: title".
pub async fn lived(app: &TestApp, days: impl IntoIterator<Item = &str>) -> String {
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

/// A second science lead of a school.
pub fn deputy(app: &TestApp, school: &str) {
    let mail = format!("deputy@{}.example", school.to_lowercase());
    app.raw().must(&format!(
        "INSERT INTO people (id, email, name, created_at) SELECT max(id) + 1, '{mail}', 'Deputy, {school}', '2026-01-01 00:00:00' FROM people;
         INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day)
         SELECT cluster_id, (SELECT max(id) + 1 FROM roles), (SELECT max(id) FROM people), 'deputy', id, '2023-09-01' FROM schools WHERE short_name = '{school}'"
    ));
}

/// Somebody has switched a kind of letter off.
pub fn mute(app: &TestApp, mail: &str, kind: &str) {
    app.raw().must(&format!("INSERT INTO muted_kinds (person_id, kind) SELECT id, '{kind}' FROM people WHERE email = '{mail}'"));
}

/// A loan of a box by a school, with the letters about it read.
pub async fn books(app: &TestApp, lead: &Ssl, name: &str, from: &str, to: &str) -> String {
    let path = lead.books(&Wish::of(&app.resource("ashdale", name), from, to)).await;
    app.letters().await;
    path
}

pub async fn press(lead: &Ssl, booking: &str, verb: &str) {
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
    // Booked yesterday for today: nothing in the morning, and once it is a day old, what still matters.
    let cedar = app.ssl("Cedar").await;
    app.at("2026-12-07T10:00:00Z");
    books(&app, &cedar, "Sound", "2026-12-08", "2026-12-18").await;
    app.at("2026-12-08T09:59:00Z");
    assert_eq!(told(&round(&app).await), [""; 0]);
    app.at("2026-12-08T10:00:00Z");
    assert_eq!(told(&round(&app).await).len(), 2);
    app.at("2026-12-09T08:00:00Z");
    assert_eq!(told(&round(&app).await), [""; 0], "the day is past");
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
pub async fn late(app: &TestApp) -> (Ssl, String) {
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

async fn the_number_of_a_reminder_is_that_of_the_letters_that_went_out(app: TestApp) {
    late(&app).await;
    // Nobody looked for a week: by the days it is the second time already.
    app.at("2026-12-04T08:00:00Z");
    let of =
        |letters: &[Message], kind: &str| letters.iter().find(|letter| letter.kind == kind).expect("the letter").text.replace('\n', " ");
    let first = round(&app).await;
    assert!(!of(&first, "loan_late").contains("reminder number"), "{}", of(&first, "loan_late"));
    assert!(of(&first, "loan_late_coordinators").contains("The school is reminded today for the first time."));
    app.at("2026-12-11T08:00:00Z");
    let second = round(&app).await;
    assert!(of(&second, "loan_late").contains("This is reminder number 2."), "{}", of(&second, "loan_late"));
    assert!(of(&second, "loan_late_coordinators").contains("The school has been reminded once before today."));
    // One that the mail server refused was none.
    app.raw().must("UPDATE messages SET state = 'failed' WHERE kind = 'loan_late'");
    app.at("2026-12-17T08:00:00Z");
    let third = round(&app).await;
    assert!(!of(&third, "loan_late").contains("reminder number"), "{}", of(&third, "loan_late"));
}

/// A worker whose mail server does not answer.
pub fn cut_off(app: &TestApp) -> Worker {
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
    assert!(worker.send_due(&stopped).await.unwrap().letters > 0);
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
    assert_eq!(lines.matches("handover_day_before").count(), 2, "{lines}");
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
pub fn gives_up(app: &TestApp, at: &str) {
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
}

async fn a_shorter_time_on_the_way_is_acted_on_in_the_next_round(app: TestApp) {
    let (cedar, coordinator) = (app.ssl("Cedar").await, app.coordinator().await);
    app.raw().must("UPDATE settings SET transit_days = 20");
    books(&app, &cedar, "Magnets", "2026-12-14", "2026-12-18").await;
    gives_up(&app, "2026-11-24 15:00:00");
    let so_far = lived(&app, ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]).await;
    assert!(so_far.contains("handover_unconfirmed") && !so_far.contains("long_way"), "{so_far}");
    let form = coordinator.open("/settings").await.form("/settings").set("transit_days", "2");
    coordinator.browser.submit(&form).await.is(303);
    let long = ["science.lead@beech.example", "science.lead@cedar.example"].map(|to| format!("handover_long_way to {to}"));
    let told = told(&round(&app).await);
    assert!(long.iter().all(|line| told.contains(line)) && told.len() == 4, "{told:?}");
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
    for (table, id, condition, rests, index) in [
        ("legs", "id", "legs.state = 'planned' AND", "legs.updated_at <= '2026-11-23 09:00:00' AND", "legs_look"),
        ("custody", "copy_id", "", "", "custody_look"),
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT {table}.look_on, {table}.cluster_id, {table}.{id} FROM {table} LEFT OUTER JOIN settings ON settings.cluster_id = {table}.cluster_id
             WHERE {condition} {rests} {table}.look_on BETWEEN ? AND ? AND ({table}.look_on > ? OR {table}.cluster_id > ? OR ({table}.cluster_id = ? AND {table}.{id} > ?))
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
