//! Reminders that must be true: nobody is asked for what cannot be, nobody hears twice, whoever must hear hears, also when a cluster fails.

use boxrota::base::ids::CopyId;
use boxrota::reminders::acts::round::{Came, Sweep};
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::harness::{Coordinator, Engine, Ground, Ssl, TestApp, Wish};
use crate::reminders::{books, cut_off, deputy, lived, look, mute, press, round, told};

stories!(
    nobody_is_asked_to_fetch_what_is_missing,
    nobody_is_asked_to_have_ready_what_a_third_school_keeps,
    what_is_taken_out_while_its_letter_waits_is_not_asked_for,
    a_closure_that_is_entered_late_repeats_no_reminder,
    what_is_long_on_its_way_home_puts_the_next_booking_at_risk,
    a_leg_changed_in_the_afternoon_is_reminded_of_a_day_later,
    nobody_can_look_away_when_who_booked_has_left,
    a_letter_that_was_stored_in_the_evening_does_not_go_at_night,
    what_waits_stops_at_one_click_and_when_somebody_leaves_the_school,
    what_arrives_while_its_letter_waits_is_not_asked_about,
);

fn copy(app: &TestApp, tag: &str) -> String {
    let sql = format!("SELECT p.id AS n FROM copies p JOIN clusters c ON c.id = p.cluster_id WHERE c.slug = 'ashdale' AND p.tag = '{tag}'");
    CopyId(app.raw().number(&sql)).to_string()
}

/// What the coordinator does about the magnets.
async fn remedy(app: &TestApp, coordinator: &Coordinator, verb: &str, field: (&str, &str)) {
    let form = coordinator.open("/week").await.form("/sign-out").tampered(field.0, field.1);
    coordinator.browser.submit(&form.sent_to(&format!("/c/ashdale/attention/{}/{verb}", copy(app, "MG1")))).await.is(303);
}

/// Every day from the one to the other, at eight.
async fn every_day(app: &TestApp, from: &str, to: &str) -> String {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let days: Vec<String> = day(from).iter_days().take_while(|on| *on <= day(to)).map(|on| on.to_string()).collect();
    lived(app, days.iter().map(String::as_str)).await
}

fn why_dropped(app: &TestApp) -> Vec<String> {
    app.raw().texts("SELECT DISTINCT last_error AS t FROM messages WHERE state = 'dropped' ORDER BY 1")
}

async fn nobody_is_asked_to_fetch_what_is_missing(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    app.at("2026-11-24T10:00:00Z");
    remedy(&app, &coordinator, "missing", ("sure", "yes")).await;
    let letters = round(&app).await;
    let to_beech: Vec<&str> =
        letters.iter().filter(|letter| letter.to_address == "science.lead@beech.example").map(|letter| letter.kind.as_str()).collect();
    assert_eq!(to_beech, ["copy_missing"], "the worker does not say it once more");
    assert_eq!(every_day(&app, "2026-11-25", "2026-12-03").await, "", "neither fetch nor have ready");
    // It is found just in time.
    app.at("2026-12-03T10:00:00Z");
    remedy(&app, &coordinator, "found", ("at", "store")).await;
    let found = told(&round(&app).await);
    assert_eq!(found.iter().filter(|line| line.starts_with("handover_week_before")).count(), 2, "{found:#?}");
    let lines = every_day(&app, "2026-12-04", "2026-12-04").await;
    assert_eq!(lines.matches("handover_day_before").count(), 2, "{lines}");
}

async fn nobody_is_asked_to_have_ready_what_a_third_school_keeps(app: TestApp) {
    let (cedar, beech) = (app.ssl("Cedar").await, app.ssl("Beech").await);
    let held = books(&app, &cedar, "Magnets", "2026-11-23", "2026-11-27").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    press(&cedar, &held, "collected").await;
    // Cedar keeps it; it is at home at Ash.
    let lines = every_day(&app, "2026-11-28", "2026-12-03").await;
    assert!(!lines.contains("handover_"), "{lines}");
    assert!(lines.contains("2026-11-30 booking_at_risk to science.lead@beech.example"), "{lines}");
    press(&cedar, &held, "returned").await;
    let back = told(&round(&app).await);
    assert!(back.contains(&"handover_week_before to science.lead@ash.example".to_owned()), "{back:#?}");
    let lines = every_day(&app, "2026-12-04", "2026-12-04").await;
    assert!(lines.contains("handover_day_before to science.lead@ash.example: Get ready"), "{lines}");
}

async fn what_is_taken_out_while_its_letter_waits_is_not_asked_for(app: TestApp) {
    let beech = app.ssl("Beech").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    app.at("2026-11-30T08:00:00Z");
    look(&app, &app.worker()).await;
    app.raw().must("UPDATE copies SET state = 'repair' WHERE tag = 'MG1'");
    assert_eq!(told(&app.letters().await), [""; 0]);
    assert_eq!(why_dropped(&app), ["Who is to give it has not got it, and does not get it in time."]);
}

async fn a_closure_that_is_entered_late_repeats_no_reminder(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    app.at("2026-12-04T07:00:00Z");
    assert_eq!(told(&round(&app).await).iter().filter(|line| line.starts_with("handover_day_before")).count(), 2);
    // Snow: both schools' last school day was Thursday.
    app.at("2026-12-04T09:00:00Z");
    let form = coordinator.open("/closures/new").await.form("/closures/new");
    let form = form.set("first-day", "4").set("first-month", "12").set("first-year", "2026");
    coordinator.browser.send(&form).await;
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM closures WHERE first_day = '2026-12-04'"), 1);
    assert_eq!(told(&round(&app).await), [""; 0]);
}

async fn what_is_long_on_its_way_home_puts_the_next_booking_at_risk(app: TestApp) {
    let cedar = app.ssl("Cedar").await;
    let booking = books(&app, &cedar, "Magnets", "2026-12-14", "2026-12-18").await;
    // Beech hands it over for its store on Tuesday, and nobody receives it.
    app.raw().must(
        "INSERT INTO handovers (cluster_id, id, copy_id, from_school_id, state, given_by, given_at)
         SELECT c.cluster_id, 78, c.copy_id, (SELECT id FROM schools s WHERE s.cluster_id = c.cluster_id AND s.short_name = 'Beech'), 'given',
             (SELECT id FROM people WHERE email = 'science.lead@beech.example'), '2026-11-24 15:00:00' FROM custody c JOIN copies p ON p.id = c.copy_id WHERE p.tag = 'MG1';
         UPDATE custody SET place = 'transit', school_id = (SELECT from_school_id FROM handovers), handover_id = 78, since = '2026-11-24 15:00:00', look_on = '2026-01-01'
         WHERE copy_id = (SELECT id FROM copies WHERE tag = 'MG1')",
    );
    // Wednesday and Thursday are two of three school days; on Friday its store, Ash, trains.
    let lines = every_day(&app, "2026-11-24", "2026-11-29").await;
    assert!(!lines.contains("booking_at_risk"), "it may yet come: {lines}");
    cedar.browser.open(&booking).await.says_not("nobody has received it yet");
    app.at("2026-11-30T08:00:00Z");
    let letters = round(&app).await;
    let long = ["handover_long_way to science.lead@ash.example", "handover_long_way to science.lead@beech.example"];
    let mut expected =
        vec!["booking_at_risk to science.lead@cedar.example", "handover_long_way_coordinators to coordinator@ashdale.example"];
    expected.extend(long);
    expected.sort_unstable();
    assert_eq!(told(&letters), expected, "all on one day");
    let at_risk = letters.iter().find(|letter| letter.kind == "booking_at_risk").expect("the letter");
    assert!(at_risk.text.contains("Beech gave Magnets (MG1) up longer ago than a journey should take"), "{}", at_risk.text);
    cedar.browser.open(&booking).await.says("nobody has received it yet");
    let rest = every_day(&app, "2026-12-01", "2026-12-13").await;
    assert!(!rest.contains("handover_week") && !rest.contains("handover_day") && !rest.contains("at_risk"), "once, and no more: {rest}");
}

async fn a_leg_changed_in_the_afternoon_is_reminded_of_a_day_later(app: TestApp) {
    let beech = app.ssl("Beech").await;
    app.at("2026-12-03T15:00:00Z");
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-18").await;
    for time in ["2026-12-04T08:00:00Z", "2026-12-04T14:59:00Z"] {
        app.at(time);
        assert_eq!(told(&round(&app).await), [""; 0], "{time}");
    }
    // Friday is the last school day before.
    app.at("2026-12-04T15:00:00Z");
    let both = ["handover_day_before to science.lead@ash.example", "handover_day_before to science.lead@beech.example"];
    assert_eq!(told(&round(&app).await), both);
    app.at("2026-12-05T08:00:00Z");
    assert_eq!(told(&round(&app).await), [""; 0]);
}

async fn nobody_can_look_away_when_who_booked_has_left(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let held = books(&app, &beech, "Magnets", "2026-11-23", "2026-11-26").await;
    press(&beech, &held, "collected").await;
    deputy(&app, "Beech");
    for kind in ["loan_late", "handover_day_before"] {
        mute(&app, "deputy@beech.example", kind);
    }
    app.at("2026-11-27T08:00:00Z");
    assert_eq!(told(&round(&app).await), ["loan_late to science.lead@beech.example"], "somebody else answers for it");
    app.raw().must(
        "UPDATE roles SET to_day = '2026-11-27' WHERE person_id = (SELECT id FROM people WHERE email = 'science.lead@beech.example')",
    );
    app.at("2026-12-02T08:00:00Z");
    let letters = round(&app).await;
    let own: Vec<_> = letters.iter().filter(|letter| letter.kind == "loan_late").collect();
    assert_eq!(own.iter().map(|letter| letter.to_address.as_str()).collect::<Vec<_>>(), ["deputy@beech.example"]);
    assert_eq!(own[0].unsubscribe, "");
    assert!(own[0].reason.contains("whoever had this booking has left"), "{}", own[0].reason);
}

async fn a_letter_that_was_stored_in_the_evening_does_not_go_at_night(app: TestApp) {
    let beech = app.ssl("Beech").await;
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    app.at("2026-11-30T18:59:00Z");
    let worker = cut_off(&app);
    look(&app, &worker).await;
    let (_stop, stopped) = watch::channel(false);
    worker.send_due(&stopped).await.unwrap();
    for night in ["2026-11-30T19:05:00Z", "2026-11-30T23:30:00Z", "2026-12-01T06:59:00Z"] {
        app.at(night);
        assert_eq!(told(&app.letters().await), [""; 0], "{night}");
    }
    // What is no reminder goes at any time.
    books_at_night(&app, &beech).await;
    app.at("2026-12-01T07:00:00Z");
    let both = ["handover_week_before to science.lead@ash.example", "handover_week_before to science.lead@beech.example"];
    assert_eq!(told(&app.letters().await), both);
    assert_eq!(
        app.raw().number("SELECT CAST(max(attempts) AS BIGINT) AS n FROM messages WHERE kind = 'handover_week_before'"),
        2,
        "waiting is no attempt"
    );
}

async fn books_at_night(app: &TestApp, lead: &Ssl) {
    lead.books(&Wish::of(&app.resource("ashdale", "Sound"), "2027-01-11", "2027-01-15")).await;
    assert_eq!(told(&app.letters().await), ["booking_reserved to science.lead@beech.example"]);
}

async fn what_waits_stops_at_one_click_and_when_somebody_leaves_the_school(app: TestApp) {
    let beech = app.ssl("Beech").await;
    deputy(&app, "Beech");
    books(&app, &beech, "Magnets", "2026-12-07", "2026-12-11").await;
    let look_on = async |time: &str| {
        app.at(time);
        look(&app, &app.worker()).await;
    };
    look_on("2026-11-30T08:00:00Z").await;
    mute(&app, "deputy@beech.example", "handover_week_before");
    let kept = ["handover_week_before to science.lead@ash.example", "handover_week_before to science.lead@beech.example"];
    assert_eq!(told(&app.letters().await), kept);
    assert_eq!(why_dropped(&app), ["The person has switched such e-mails off."]);
    // The deputy goes to Cedar while the next letter waits, and Ash's lead becomes a bursar.
    look_on("2026-12-04T08:00:00Z").await;
    app.raw().must(
        "UPDATE roles SET school_id = (SELECT id FROM schools s WHERE s.cluster_id = roles.cluster_id AND s.short_name = 'Cedar') WHERE kind = 'deputy';
         UPDATE roles SET kind = 'bursar' WHERE kind = 'ssl' AND person_id = (SELECT id FROM people WHERE email = 'science.lead@ash.example')",
    );
    let letters = told(&app.letters().await);
    assert!(letters.contains(&"handover_day_before to science.lead@beech.example".to_owned()), "{letters:#?}");
    assert!(!letters.iter().any(|line| line.contains("deputy") || line.contains("@ash")), "{letters:#?}");
    assert_eq!(why_dropped(&app), ["The person has switched such e-mails off.", "The person no longer answers for it."]);
}

async fn what_arrives_while_its_letter_waits_is_not_asked_about(app: TestApp) {
    let cedar = app.ssl("Cedar").await;
    books(&app, &cedar, "Magnets", "2026-12-14", "2026-12-18").await;
    crate::reminders::gives_up(&app, "2026-11-24 15:00:00");
    app.at("2026-11-25T08:00:00Z");
    look(&app, &app.worker()).await;
    app.raw().must(
        "UPDATE handovers SET state = 'accepted', received_by = given_by, received_at = '2026-11-25 09:00:00';
         UPDATE custody SET place = 'store', to_school_id = NULL, handover_id = NULL WHERE handover_id = 77",
    );
    assert_eq!(told(&app.letters().await), [""; 0]);
    assert_eq!(why_dropped(&app), ["It is not on its way any more."]);
}

/// A cluster in which every write of a leg fails keeps nobody else, and does not make the worker spin. What is logged is an error, which
/// no other story may log; so this one has no end that looks for it.
fn a_cluster_that_fails(engine: Engine) {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(Ground::migrated(engine), |_| {}).await;
        let beech = app.ssl("Beech").await;
        let larch = Ssl::new(&app, "birchwood", "science.lead@larch.example").await;
        books(&app, &beech, "Magnets", "2026-12-07", "2026-12-18").await;
        larch.books(&Wish::of(&app.resource("birchwood", "Sound"), "2026-12-07", "2026-12-18")).await;
        app.letters().await;
        let ashdale = app.raw().number("SELECT id AS n FROM clusters WHERE slug = 'ashdale'");
        app.raw().must(&match engine {
            Engine::Sqlite => format!(
                "CREATE TRIGGER made_to_fail BEFORE UPDATE ON legs WHEN NEW.cluster_id = {ashdale} BEGIN SELECT RAISE(ABORT, 'made to fail'); END"
            ),
            Engine::Postgres => format!(
                "CREATE FUNCTION made_to_fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'made to fail'; END $$;
                 CREATE TRIGGER made_to_fail BEFORE UPDATE ON legs FOR EACH ROW WHEN (NEW.cluster_id = {ashdale}) EXECUTE FUNCTION made_to_fail()"
            ),
        });
        app.at("2026-11-30T08:00:00Z");
        let (_stop, stopped) = watch::channel(false);
        let mut sweep = Sweep::default();
        let came = app.worker().remind(&mut sweep, &stopped).await.unwrap();
        assert!(came.done > 0);
        assert_eq!(
            told(&app.letters().await),
            ["handover_week_before to science.lead@larch.example", "handover_week_before to science.lead@oak.example"]
        );
        // What fails is due again, and counts for nothing.
        app.later(TimeDelta::minutes(1));
        let came = app.worker().remind(&mut sweep, &stopped).await.unwrap();
        assert_eq!((came.done, came.goes_on()), (0, false));
        app.raw().must(match engine {
            Engine::Sqlite => "DROP TRIGGER made_to_fail",
            Engine::Postgres => "DROP TRIGGER made_to_fail ON legs",
        });
        let came = app.worker().remind(&mut sweep, &stopped).await.unwrap();
        assert!(came.done > 0 && came != Came::default());
        assert_eq!(app.letters().await.len(), 2);
    });
}

mod a_cluster_that_fails_keeps_nobody_else {
    use crate::harness::Engine;
    #[test]
    fn sqlite() {
        super::a_cluster_that_fails(Engine::Sqlite);
    }
    #[test]
    fn postgres() {
        super::a_cluster_that_fails(Engine::Postgres);
    }
}
