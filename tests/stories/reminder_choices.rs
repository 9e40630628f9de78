//! Which letters one gets, and when: one click switches a kind off, what can wait comes together, and what somebody must hear comes.

use boxrota::mail::Message;
use chrono::TimeDelta;

use crate::harness::{Coordinator, Person, Ssl, TestApp, Wish};
use crate::reminders::{books, deputy, look, mute, press, round, together, told};

stories!(
    one_click_switches_one_kind_off_for_one_person,
    an_address_that_has_run_out_or_is_nobodys_switches_nothing_off,
    letters_that_can_wait_come_together_and_true,
    one_click_in_the_daily_letter_throws_nothing_away,
    what_was_gathered_reaches_the_last_one_who_must_hear,
    what_is_about_tomorrow_does_not_wait,
);

const CLICK: [(&str, &str); 1] = [("List-Unsubscribe", "One-Click")];

async fn click(app: &TestApp, letter: &Message) -> crate::harness::Page {
    let fields: Vec<(String, String)> = CLICK.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    app.browser().post(&way_out(app, letter), &fields).await
}

async fn chooses(person: &Person, rhythm: &str) {
    let form = person.browser.open("/account/letters").await.form("/account/letters").set("rhythm", rhythm);
    person.browser.send(&form).await.says("Your choice is saved");
}

/// What is sent together, but for the coordinators' weekly e-mail: it names the requests that wait here, too.
async fn daily(app: &TestApp) -> Vec<Message> {
    let mut letters = together(app).await;
    letters.retain(|letter| letter.kind != "weekly_digest");
    letters
}

async fn one_click_in_the_daily_letter_throws_nothing_away(app: TestApp) {
    let (ash, coordinator): (Ssl, Coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    chooses(&coordinator, "daily").await;
    let microscope = app.resource("ashdale", "Microscope");
    let ask = async |day: &str| {
        ash.books(&Wish::of(&microscope, day, day)).await;
        told(&app.letters().await)
    };
    assert_eq!(ask("2026-12-07").await, ["booking_requested to science.lead@ash.example"]);
    app.at("2026-11-24T07:00:00Z");
    let letters = daily(&app).await;
    assert_eq!(told(&letters), ["gathered_letters to coordinator@ashdale.example"]);
    assert!(letters[0].reason.ends_with("You can have each e-mail on its own again."), "{}", letters[0].reason);
    // Another one waits already when the only coordinator clicks.
    assert_eq!(ask("2026-12-08").await, ["booking_requested to science.lead@ash.example"]);
    app.browser().get(&way_out(&app, &letters[0])).await.is(200).says("Each e-mail on its own again?");
    click(&app, &letters[0]).await.is(200).says("Each e-mail comes on its own again").says("in one last e-mail");
    click(&app, &letters[0]).await.is(200);
    assert_eq!(app.raw().texts("SELECT rhythm AS t FROM people WHERE email = 'coordinator@ashdale.example'"), ["each"]);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM muted_kinds"), 0);
    // The page has no switch for it, only the rhythm.
    let page = coordinator.browser.open("/account/letters").await;
    assert_eq!(page.form("/account/letters").value("rhythm"), "each");
    assert!(page.all("input[name=gathered_letters]").is_empty());
    // What comes now comes on its own, and what waited comes in one last e-mail, on the next day because one was sent today.
    let to = "booking_to_approve to coordinator@ashdale.example";
    assert!(ask("2026-12-09").await.contains(&to.to_owned()));
    assert_eq!(told(&daily(&app).await), [""; 0]);
    app.at("2026-11-25T07:00:00Z");
    let letters = daily(&app).await;
    assert_eq!(told(&letters), ["gathered_letters to coordinator@ashdale.example"]);
    assert!(letters[0].text.contains("8 December 2026"), "{}", letters[0].text);
}

async fn what_was_gathered_reaches_the_last_one_who_must_hear(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    second_coordinator(&app);
    chooses(&coordinator, "daily").await;
    ash.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-12-07", "2026-12-07")).await;
    assert!(told(&app.letters().await).contains(&"booking_to_approve to bursar@ashdale.example".to_owned()));
    // While another coordinator wants it, nobody needs to hear of it against his will; the last one does.
    mute(&app, "coordinator@ashdale.example", "booking_to_approve");
    mute(&app, "bursar@ashdale.example", "booking_to_approve");
    app.at("2026-11-24T07:00:00Z");
    assert_eq!(told(&daily(&app).await), ["gathered_letters to coordinator@ashdale.example"]);
}

async fn what_is_about_tomorrow_does_not_wait(app: TestApp) {
    let beech = app.ssl("Beech").await;
    deputy(&app, "Beech");
    let lead = Ssl::new(&app, "ashdale", "deputy@beech.example").await;
    chooses(&lead, "weekly").await;
    let page = lead.browser.open("/account/letters").await.says("A handover comes up in a week").says("All other e-mails come at once");
    let waiting = page.all("details li").join("; ");
    assert!(waiting.contains("A handover comes up in a week") && !waiting.contains("next school day"), "{waiting}");
    // A leg on a Tuesday: the letter of the week before would come on Monday, when it is too near.
    let held = books(&app, &beech, "Magnets", "2026-12-08", "2026-12-10").await;
    app.at("2026-11-30T08:00:00Z");
    assert_eq!(told(&daily(&app).await), ["gathered_letters to deputy@beech.example"], "that it is reserved could wait");
    app.at("2026-12-01T08:00:00Z");
    let own = "deputy@beech.example";
    let to_deputy = |letters: &[Message]| told(letters).into_iter().filter(|line| line.ends_with(own)).collect::<Vec<_>>();
    assert_eq!(to_deputy(&round(&app).await), [""; 0]);
    assert_eq!(app.raw().texts("SELECT kind AS t FROM digest_items WHERE done_at IS NULL"), ["handover_week_before"]);
    app.at("2026-12-07T08:00:00Z");
    assert_eq!(to_deputy(&round(&app).await), ["handover_day_before to deputy@beech.example"]);
    assert_eq!(to_deputy(&daily(&app).await), [""; 0], "too near to say that it is in a week");
    app.at("2026-12-08T08:00:00Z");
    press(&beech, &held, "collected").await;
    look(&app, &app.worker()).await;
    app.letters().await;
    app.at("2026-12-11T08:00:00Z");
    assert_eq!(to_deputy(&round(&app).await), ["loan_late to deputy@beech.example"], "late is not for Monday");
}

/// The path in a letter's address that switches its kind off.
fn way_out(app: &TestApp, letter: &Message) -> String {
    assert!(letter.unsubscribe.starts_with(&app.app.site.link("/unsubscribe/")), "{}", letter.unsubscribe);
    letter.unsubscribe[app.app.site.link("").len()..].to_owned()
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
    let page = visitor
        .get(&path)
        .await
        .is(200)
        .says("A request waits for approval")
        .says("in any of your clusters")
        .says("when no other coordinator wants");
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
    assert_eq!(app.letters().await.len(), 1, "the request has lapsed meanwhile");
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
        assert_eq!(told(&daily(&app).await), [""; 0], "{early}");
    }
    app.at("2026-11-24T07:00:00Z");
    let letters = daily(&app).await;
    assert_eq!(told(&letters), ["gathered_letters to coordinator@ashdale.example"]);
    let text = &letters[0].text;
    assert!(text.contains("7 December 2026") && !text.contains("8 December 2026"), "{text}");
    assert!(letters[0].unsubscribe.contains("/unsubscribe/"));
    assert_eq!(told(&daily(&app).await), [""; 0], "once");
    // Once a week, on Mondays; and nothing to say is no letter.
    choose("weekly").await;
    ash.books(&wish("2026-12-09")).await;
    app.letters().await;
    for day in ["2026-11-25", "2026-11-27", "2026-11-28"] {
        app.at(&format!("{day}T08:00:00Z"));
        assert_eq!(told(&daily(&app).await), [""; 0], "{day}");
    }
    app.at("2026-11-30T08:00:00Z");
    assert_eq!(told(&daily(&app).await), ["gathered_letters to coordinator@ashdale.example"]);
    app.at("2026-12-07T08:00:00Z");
    assert_eq!(told(&daily(&app).await), [""; 0]);
    // What cannot be switched off came at once all the time, and so it does for who made a booking.
    choose("each").await;
    let letter = asked(&app, &ash, "2026-12-10").await;
    assert_eq!(letter.to_address, "coordinator@ashdale.example");
}
