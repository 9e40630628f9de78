//! The rules of a cluster on their page, and what they do at once.

use crate::harness::{Bursar, Coordinator, TestApp, Wish};

stories!(
    a_changed_rule_holds_at_once_and_is_logged,
    a_wrong_value_is_said_at_its_field_and_everything_is_kept,
    only_the_coordinator_sees_and_changes_the_rules,
    the_longest_loan_is_said_as_schools_say_it,
    coordinators_hear_once_that_a_half_term_can_be_set,
);

async fn a_changed_rule_holds_at_once_and_is_logged(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let wish = Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-11");
    ash.check(&wish).await.is(200);
    let form = coordinator.open("/people").await.link("Rules");
    let form = coordinator.browser.open(&form).await.says("Default: a half-term").says("Nothing uses them yet").form("/settings");
    assert_eq!(
        [form.value("longest_loan_unit"), form.value("asset_threshold"), form.value("mail_to_hour")],
        ["half_term", "£100.00", "19"]
    );
    let form =
        form.set("longest_loan_unit", "days").set("longest_loan_days", "3").set("asset_threshold", "1,200.50").set("mail_from_hour", "8");
    coordinator.browser.send(&form).await.says("The rules are changed");
    // What could be booked a moment ago is too long now, and the refusal says the new value.
    ash.check(&wish).await.is(422).says("3 days");
    assert_eq!(app.raw().number("SELECT max(asset_threshold_pence) AS n FROM settings"), 120_050);
    let log = "SELECT before || '|' || after AS t FROM changes WHERE about = 'settings'";
    assert_eq!(
        app.raw().texts(log),
        [
            "longest_loan: a half-term\nmail_from_hour: 7\nasset_threshold: £100.00|longest_loan: a half-term -> 3 days\nmail_from_hour: 7 -> 8\nasset_threshold: £100.00 -> £1,200.50"
        ]
    );
    // Sent again, nothing changes and nothing is logged. The other cluster has its own rules.
    coordinator.browser.send(&form).await.says("Nothing was changed");
    assert_eq!(app.raw().texts(log).len(), 1);
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    assert_eq!(oak.open("/settings").await.form("/settings").value("longest_loan_unit"), "half_term");
}

async fn a_wrong_value_is_said_at_its_field_and_everything_is_kept(app: TestApp) {
    let coordinator = app.coordinator().await;
    let before = app.raw().texts(
        "SELECT longest_loan_unit || CAST(longest_loan_days AS TEXT) || ' ' || CAST(asset_threshold_pence AS TEXT) AS t FROM settings ORDER BY cluster_id",
    );
    let form = coordinator.open("/settings").await.form("/settings");
    let form = form
        .set("longest_loan_unit", "weeks")
        .set("longest_loan_days", "10")
        .set("asset_threshold", "a hundred")
        .set("mail_from_hour", "18")
        .set("turnaround_days", "-1");
    let page = coordinator.browser.submit(&form).await.is(422).says("There is a problem").says("Write the amount in pounds");
    assert_eq!(page.attributes(".errs a", "href"), ["#turnaround_days", "#asset_threshold"]);
    let again = page.form("/settings");
    assert_eq!(
        ["longest_loan_days", "asset_threshold", "mail_from_hour", "turnaround_days"].map(|name| again.value(name).to_owned()),
        ["10", "a hundred", "18", "-1"]
    );
    let form = again.set("asset_threshold", "100").set("turnaround_days", "0").set("mail_to_hour", "18");
    coordinator.browser.submit(&form).await.is(422).says("Mail ends later than it begins");
    let after = app.raw().texts(
        "SELECT longest_loan_unit || CAST(longest_loan_days AS TEXT) || ' ' || CAST(asset_threshold_pence AS TEXT) AS t FROM settings ORDER BY cluster_id",
    );
    assert_eq!(before, after);
}

async fn only_the_coordinator_sees_and_changes_the_rules(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open("/settings").await.form("/settings").set("longest_loan_unit", "term");
    let oak = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let ash = app.ssl("Ash").await;
    let head = Bursar::new(&app, "ashdale", "head@ashdale.example").await;
    for (person, status) in [(&*ash, 403), (&*head, 403), (&*oak, 404)] {
        let token = person.open("/terms").await.form("/sign-out").value("csrf").to_owned();
        person.browser.get("/c/ashdale/settings").await.is(status);
        person.browser.submit(&form.clone().tampered("csrf", &token)).await.is(status);
    }
    coordinator.browser.submit(&form.clone().without("csrf")).await.is(403);
    assert_eq!(coordinator.open("/settings").await.form("/settings").value("longest_loan_unit"), "half_term");
}

async fn the_longest_loan_is_said_as_schools_say_it(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let magnets = app.resource("ashdale", "Magnets");
    let refused = async |from: &str, to: &str, words: &str| {
        ash.get(&Wish::of(&magnets, from, to).to_be_checked()).await.is(422).says(words);
    };
    // By default the half-term of the school, which the form says before anything is sent.
    let form = ash.open(&format!("/boxes/{magnets}/reserve?from=2027-01-04&to=2027-01-08")).await;
    form.says("A loan can last a half-term: with Monday 4 January 2027 as the first day, to Friday 12 February 2027");
    ash.check(&Wish::of(&magnets, "2027-01-04", "2027-02-12")).await.is(200);
    refused(
        "2027-02-08",
        "2027-02-26",
        "A loan can last a half-term at most. With this first day, the last day can be Friday 12 February 2027",
    )
    .await;
    for (unit, count, last, words) in [
        ("term", "", "2027-03-25", "a term at most. With this first day, the last day can be Thursday 25 March 2027"),
        ("weeks", "6", "2027-02-12", "6 school weeks at most. With this first day, the last day can be Friday 12 February 2027"),
        ("days", "21", "2027-01-22", "21 days at most, weekends included"),
    ] {
        let form = coordinator.open("/settings").await.form("/settings").set("longest_loan_unit", unit).set("longest_loan_days", count);
        coordinator.browser.send(&form).await.says("The rules are changed");
        ash.check(&Wish::of(&magnets, "2027-01-04", last)).await.is(200);
        refused("2027-01-04", "2027-05-07", words).await;
    }
    let form = coordinator.open("/settings").await.form("/settings");
    let none = form.clone().set("longest_loan_unit", "weeks").set("longest_loan_days", "");
    coordinator.browser.submit(&none).await.is(422).says("The number of school weeks is a whole number from 1 to 52");
}

async fn coordinators_hear_once_that_a_half_term_can_be_set(app: TestApp) {
    // As the migration leaves a cluster that lent for 28 days.
    app.raw().must("UPDATE settings SET longest_loan_unit = 'days', longest_loan_days = 28");
    app.worker().tell_of_half_terms().await.expect("nobody is to be told yet");
    assert_eq!(app.letters().await.len(), 0);
    app.raw().must("UPDATE settings SET half_term_news = TRUE WHERE cluster_id = (SELECT id FROM clusters WHERE slug = 'ashdale')");
    for _ in 0..2 {
        app.worker().tell_of_half_terms().await.expect("the coordinators");
    }
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!((letters[0].kind.as_str(), letters[0].to_address.as_str()), ("half_terms", "coordinator@ashdale.example"));
    assert!(letters[0].text.contains("/c/ashdale/settings"), "{}", letters[0].text);
    // The cluster keeps what it has.
    let coordinator = app.coordinator().await;
    let form = coordinator.open("/settings").await.form("/settings");
    assert_eq!((form.value("longest_loan_unit"), form.value("longest_loan_days")), ("days", "28"));
}
