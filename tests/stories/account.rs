//! My account: another address, the devices, the letters one gets, the own data.

use boxrota::mail::Message;
use chrono::TimeDelta;

use crate::harness::{Browser, Bursar, Page, TestApp, Wish, science_lead};

stories!(
    an_address_changes_when_both_mailboxes_say_yes,
    the_order_of_the_mailboxes_does_not_matter,
    the_old_mailbox_can_stop_it,
    a_link_for_a_new_address_lasts_a_day,
    a_taken_address_gets_the_same_answer_and_its_owner_hears_of_it,
    an_address_is_asked_for_properly,
    devices_are_listed_and_signed_out,
    letters_about_others_bookings_can_be_switched_off,
    somebody_always_hears_of_a_request,
    the_own_data_is_one_file_and_nobody_elses,
    without_a_role_one_still_has_an_account,
);

const NEW: &str = "quilla@new.example";

async fn ask(browser: &Browser, email: &str) -> Page {
    let form = browser.open("/account/email").await.form("/account/email").set("email", email);
    browser.submit(&form).await
}

/// The path of the link in a letter of this kind.
fn link(letters: &[Message], kind: &str) -> String {
    let letter = letters.iter().find(|letter| letter.kind == kind).unwrap_or_else(|| panic!("no {kind} in {letters:#?}"));
    let start = letter.text.find("/account/email/confirm/").expect("a link in the letter");
    letter.text[start..].split_whitespace().next().expect("a link").to_owned()
}

/// Opens a link and presses yes, in a browser that is not signed in.
async fn say_yes(app: &TestApp, link: &str) -> Page {
    let browser = app.browser();
    let page = browser.open(link).await;
    let answer = browser.submit(&page.form(link)).await;
    browser.follow(answer).await
}

fn email_of_ash(app: &TestApp) -> Vec<String> {
    app.raw().texts("SELECT email AS t FROM people WHERE name = 'Science lead, Ash'")
}

async fn an_address_changes_when_both_mailboxes_say_yes(app: TestApp) {
    let (ash, other_device) = (app.ssl("Ash").await, app.ssl("Ash").await);
    let waiting = app.link_for(&science_lead("Ash")).await;
    ask(&ash.browser, NEW).await.is(303);
    let letters = app.letters().await;
    let to: Vec<&str> = letters.iter().map(|letter| letter.to_address.as_str()).collect();
    assert_eq!(to, ["science.lead@ash.example", NEW]);
    let (old, new) = (link(&letters, "email_change_old"), link(&letters, "email_change_new"));
    // What was sent keeps no link.
    let kept = app.raw().texts("SELECT text_body || html_body AS t FROM messages WHERE kind LIKE 'email_change%'");
    assert!(kept.iter().all(|text| !text.contains(&old) && !text.contains(&new)), "the outbox keeps a secret");
    // Opening a link changes nothing.
    app.browser().get(&old).await.is(200);
    say_yes(&app, &old).await.is(200).says("You have said yes");
    assert_eq!(email_of_ash(&app), ["science.lead@ash.example"]);
    // The second yes comes from the browser that asked, which stays signed in.
    let form = ash.browser.open(&new).await.form(&new);
    let answer = ash.browser.submit(&form).await.is(303);
    ash.browser.follow(answer).await.is(200).says("has changed").says(NEW);
    assert_eq!(email_of_ash(&app), [NEW]);
    ash.browser.get("/account").await.is(200).says(NEW);
    other_device.browser.get("/account").await.is(303);
    // A link that waits in the old mailbox opens nothing any more.
    app.browser().get(&format!("/sign-in/{waiting}")).await.is(422);
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].kind.as_str(), letters[0].to_address.as_str()), ("email_changed", "science.lead@ash.example"));
    // Pressed once more, it acts no more; the cluster's log has it once, without an address.
    app.browser().get(&new).await.is(200).says("has changed");
    ash.browser.submit(&form).await.is(303);
    let lines = app.raw().texts("SELECT verb || before || after AS t FROM changes WHERE about = 'people'");
    assert_eq!(lines, ["changed the e-mail address"]);
}

async fn the_order_of_the_mailboxes_does_not_matter(app: TestApp) {
    let ash = app.ssl("Ash").await;
    ask(&ash.browser, NEW).await.is(303);
    let letters = app.letters().await;
    let (old, new) = (link(&letters, "email_change_old"), link(&letters, "email_change_new"));
    say_yes(&app, &new).await.is(200).says("Now open the e-mail in your old mailbox");
    assert_eq!(email_of_ash(&app), ["science.lead@ash.example"]);
    say_yes(&app, &old).await.is(200).says("has changed");
    assert_eq!(email_of_ash(&app), [NEW]);
    // Nobody who pressed was signed in here, so every device is out.
    ash.browser.get("/account").await.is(303);
    assert_eq!(app.letters().await.len(), 1);
}

async fn the_old_mailbox_can_stop_it(app: TestApp) {
    let ash = app.ssl("Ash").await;
    ask(&ash.browser, NEW).await.is(303);
    let letters = app.letters().await;
    let (old, new) = (link(&letters, "email_change_old"), link(&letters, "email_change_new"));
    say_yes(&app, &new).await.is(200);
    let stop = old.replace("/confirm/", "/stop/");
    let browser = app.browser();
    let page = browser.open(&old).await;
    // The new mailbox's link stops nothing.
    let others = page.form(&stop).sent_to(&new.replace("/confirm/", "/stop/"));
    browser.submit(&others).await.is(422);
    // Without its token neither does the old one's.
    browser.submit(&page.form(&stop).without("csrf")).await.is(403);
    let answer = browser.submit(&page.form(&stop)).await.is(303);
    browser.follow(answer).await.is(200).says("The change is stopped");
    browser.submit(&page.form(&old)).await.is(422).says("was stopped");
    app.browser().get(&new).await.is(422).says("was stopped");
    assert_eq!(email_of_ash(&app), ["science.lead@ash.example"]);
}

async fn a_link_for_a_new_address_lasts_a_day(app: TestApp) {
    let ash = app.ssl("Ash").await;
    ask(&ash.browser, NEW).await.is(303);
    let letters = app.letters().await;
    let (old, new) = (link(&letters, "email_change_old"), link(&letters, "email_change_new"));
    app.later(TimeDelta::hours(24) - TimeDelta::seconds(1));
    say_yes(&app, &new).await.is(200);
    let browser = app.browser();
    let form = browser.open(&old).await.form(&old);
    app.later(TimeDelta::seconds(1));
    browser.submit(&form).await.is(422).says("more than 24 hours old");
    app.browser().get(&old).await.is(422);
    app.browser().get("/account/email/confirm/0123456789abcdefghjkmnpqrstvwxyz").await.is(422);
    app.browser().get("/account/email/confirm/nonsense").await.is(422);
    assert_eq!(email_of_ash(&app), ["science.lead@ash.example"]);
    // A newer wish takes the place of an older one.
    ask(&ash.browser, "other@new.example").await.is(303);
    let second = link(&app.letters().await, "email_change_old");
    ask(&ash.browser, NEW).await.is(303);
    app.browser().get(&second).await.is(422).says("not one of ours");
    assert_eq!(app.letters().await.len(), 2);
}

async fn a_taken_address_gets_the_same_answer_and_its_owner_hears_of_it(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let free = ask(&ash.browser, NEW).await.is(303);
    let free = ash.browser.follow(free).await.is(200);
    app.letters().await;
    let taken = ask(&ash.browser, &science_lead("Beech")).await.is(303);
    let taken = ash.browser.follow(taken).await.is(200);
    assert_eq!(free.words(), taken.words());
    let letters = app.letters().await;
    let kinds: Vec<(&str, &str)> = letters.iter().map(|letter| (letter.kind.as_str(), letter.to_address.as_str())).collect();
    assert_eq!(kinds, [("email_change_old", "science.lead@ash.example"), ("email_taken", "science.lead@beech.example")]);
    assert!(!letters[1].text.contains("Ash") && !letters[1].text.contains("/account/email/confirm/"), "{}", letters[1].text);
    // The old mailbox alone moves nothing.
    say_yes(&app, &link(&letters, "email_change_old")).await.is(200);
    assert_eq!(email_of_ash(&app), ["science.lead@ash.example"]);
    // Taken in between by somebody else: refused, and nobody loses the address.
    ask(&ash.browser, NEW).await.is(303);
    let letters = app.letters().await;
    app.raw().must(&format!("UPDATE people SET email = '{NEW}' WHERE email = 'science.lead@cedar.example'"));
    say_yes(&app, &link(&letters, "email_change_old")).await.is(200);
    say_yes(&app, &link(&letters, "email_change_new")).await.is(422).says("cannot be used");
    assert_eq!(email_of_ash(&app), ["science.lead@ash.example"]);
}

async fn an_address_is_asked_for_properly(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let page = ask(&ash.browser, "not an address").await.is(422).says("There is a problem");
    assert_eq!(page.form("/account/email").value("email"), "not an address");
    ask(&ash.browser, &science_lead("Ash").to_uppercase()).await.is(422).says("your address already");
    let form = ash.browser.open("/account/email").await.form("/account/email").set("email", NEW);
    ash.browser.submit(&form.clone().without("csrf")).await.is(403);
    app.browser().get("/account/email").await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM email_changes"), 0);
    for n in 0..5 {
        ask(&ash.browser, &format!("x{n}@new.example")).await.is(303);
    }
    ask(&ash.browser, "x6@new.example").await.is(429);
    // Only the last one still holds; the letters for the others are no longer true and stay here.
    assert_eq!(app.letters().await.len(), 2);
}

async fn devices_are_listed_and_signed_out(app: TestApp) {
    let (here, there, third) = (app.ssl("Ash").await, app.ssl("Ash").await, app.ssl("Ash").await);
    let beech = app.ssl("Beech").await;
    app.raw().must("UPDATE sessions SET user_agent = 'Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36'");
    let page = here.browser.open("/account/devices").await.says("Chrome on Windows").says("This device");
    let forms = page.forms("/sign-out");
    let ones: Vec<_> = forms.iter().filter(|form| form.action.starts_with("/account/devices/")).collect();
    assert_eq!(ones.len(), 2, "{forms:?}");
    // Another person's device is not there.
    let own = beech.browser.open("/account/devices").await;
    assert!(own.forms("/sign-out-others").is_empty(), "one device has no others");
    let stolen = ones[0].clone().tampered("csrf", own.form("/sign-out").value("csrf"));
    beech.browser.submit(&stolen).await.is(404);
    there.browser.get("/account").await.is(200);
    let answer = here.browser.submit(ones[0]).await.is(303);
    here.browser.follow(answer).await.is(200).says("That device is signed out");
    let left = [there.browser.get("/account").await.status, third.browser.get("/account").await.status];
    assert_eq!(left.iter().filter(|status| **status == 200).count(), 1, "{left:?}");
    let form = here.browser.open("/account/devices").await.form("/account/devices/sign-out-others");
    here.browser.submit(&form.clone().without("csrf")).await.is(403);
    let answer = here.browser.submit(&form).await.is(303);
    here.browser.follow(answer).await.is(200).says("signed out everywhere else");
    for gone in [&there, &third] {
        gone.browser.get("/account").await.is(303);
    }
    beech.browser.get("/account").await.is(200);
}

/// Gives somebody of Ashdale another role, past the application.
fn give_role(app: &TestApp, email: &str, kind: &str, school: &str) {
    let mut raw = app.raw();
    let id = raw.number("SELECT max(id) + 1 AS n FROM roles");
    raw.must(&format!(
        "INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day) SELECT c.id, {id}, p.id, '{kind}', {school}, '2026-09-01' \
         FROM clusters c JOIN people p ON p.email = '{email}' WHERE c.slug = 'ashdale'"
    ));
}

const AT_ASH: &str = "(SELECT s.id FROM schools s WHERE s.cluster_id = c.id AND s.short_name = 'Ash')";

async fn letters_about_others_bookings_can_be_switched_off(app: TestApp) {
    let (ash, head) = (app.ssl("Ash").await, Bursar::new(&app, "ashdale", "head@ashdale.example").await);
    give_role(&app, "head@ashdale.example", "deputy", AT_ASH);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&Wish::of(&magnets, "2026-12-07", "2026-12-08")).await;
    let letters = app.letters().await;
    assert_eq!(letters.len(), 2);
    let other = letters.iter().find(|letter| letter.to_address == "head@ashdale.example").expect("a letter to the deputy");
    assert!(other.reason.contains("switch such e-mails off"), "{}", other.reason);
    // Both say that they do not want to hear of cancellations.
    for person in [&ash.browser, &head.browser] {
        let form = person.open("/account/letters").await.form("/account/letters");
        assert_eq!(form.value("booking_cancelled"), "yes");
        person.submit(&form.clone().without("booking_cancelled").without("csrf")).await.is(403);
        let saved = person.send(&form.without("booking_cancelled")).await.says("Your choice is saved");
        assert_eq!(saved.form("/account/letters").value("booking_cancelled"), "");
        assert_eq!(saved.form("/account/letters").value("booking_reserved"), "yes");
    }
    let form = ash.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "School trip");
    ash.browser.submit(&form).await.is(303);
    // Who booked hears of it all the same; the deputy does not.
    let letters = app.letters().await;
    let to: Vec<&str> = letters.iter().map(|letter| letter.to_address.as_str()).collect();
    assert_eq!(to, ["science.lead@ash.example"]);
    ash.books(&Wish::of(&magnets, "2026-12-09", "2026-12-10")).await;
    assert_eq!(app.letters().await.len(), 2, "another kind still comes");
}

async fn somebody_always_hears_of_a_request(app: TestApp) {
    give_role(&app, "bursar@ashdale.example", "coordinator", "NULL");
    let (ash, microscope) = (app.ssl("Ash").await, app.resource("ashdale", "Microscope"));
    let off = async |email: &str| {
        let browser = app.signed_in(email).await;
        let form = browser.open("/account/letters").await.form("/account/letters").without("booking_to_approve");
        browser.send(&form).await;
    };
    let asked = async |from: &str, to: &str| {
        ash.books(&Wish::of(&microscope, from, to)).await;
        let letters = app.letters().await;
        let mut to: Vec<String> =
            letters.into_iter().filter(|letter| letter.kind == "booking_to_approve").map(|letter| letter.to_address).collect();
        to.sort();
        to
    };
    off("bursar@ashdale.example").await;
    assert_eq!(asked("2026-12-07", "2026-12-08").await, ["coordinator@ashdale.example"]);
    off("coordinator@ashdale.example").await;
    assert_eq!(asked("2026-12-09", "2026-12-10").await, ["bursar@ashdale.example", "coordinator@ashdale.example"]);
}

async fn the_own_data_is_one_file_and_nobody_elses(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-07", "2026-12-08").with("class", "Year 4 Kestrels")).await;
    beech.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08").with("class", "Year 5 Owls")).await;
    app.letters().await;
    let feeds = ash.open("/feeds").await;
    ash.browser.submit(&feeds.form("/feeds")).await.is(303);
    beech.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08")).await;
    let place = ash.open(&format!("/waits/new?resource={}&from=2026-12-07&to=2026-12-08", app.resource("ashdale", "Sound"))).await;
    ash.browser.submit(&place.form("/waits/new").set("class", "Year 4 Kestrels")).await.is(303);
    app.letters().await;
    app.at("2026-12-07T09:00:00Z");
    let copy = boxrota::base::ids::CopyId(app.raw().number("SELECT min(id) AS n FROM copies WHERE tag = 'MG1'"));
    let count = ash.open(&format!("/copies/{copy}/receive")).await.form("/receive").tampered("how", "all_there").set("note", "Dusty");
    ash.browser.submit(&count).await.is(303);
    app.letters().await;
    let file = ash.browser.get("/account/data.json").await.is(200);
    assert_eq!(file.header("content-type"), "application/json");
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert_eq!(file.header("cache-control"), "no-store");
    let data: serde_json::Value = serde_json::from_str(&file.text).expect("JSON");
    assert_eq!(data["person"]["email"], "science.lead@ash.example");
    assert_eq!(data["bookings"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["bookings"][0]["class"], "Year 4 Kestrels");
    assert_eq!(data["letters"][0]["outcome"], "sent");
    let verbs: Vec<_> = data["changes"].as_array().into_iter().flatten().filter_map(|change| change["verb"].as_str()).collect();
    assert!(verbs.contains(&"created") && verbs.contains(&"received"), "{verbs:?}");
    assert_eq!(data["roles"][0]["kind"], "ssl");
    assert_eq!((&data["counts"][0]["side"], &data["counts"][0]["note"]), (&"receiver".into(), &"Dusty".into()));
    assert_eq!((&data["waiting_list"][0]["resource"], &data["waiting_list"][0]["class"]), (&"Sound".into(), &"Year 4 Kestrels".into()));
    assert_eq!(data["devices"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["calendar_feeds"].as_array().map(Vec::len), Some(1));
    for other in ["beech", "Beech", "Owls"] {
        assert!(!file.text.contains(other), "{other} in {}", file.text);
    }
    let secrets =
        app.raw().texts("SELECT token_hash AS t FROM sessions UNION SELECT token FROM feeds UNION SELECT token_hash FROM sign_in_links");
    assert!(secrets.iter().all(|secret| !file.text.contains(secret)), "a secret in the file");
    app.browser().get("/account/data.json").await.is(303);
}

async fn without_a_role_one_still_has_an_account(app: TestApp) {
    let ash = app.ssl("Ash").await;
    app.raw()
        .must("UPDATE roles SET to_day = '2026-11-22' WHERE person_id = (SELECT id FROM people WHERE email = 'science.lead@ash.example')");
    ash.browser.open("/account").await.says("No cluster has a role for you").says("science.lead@ash.example");
    for path in ["/account/email", "/account/devices", "/account/letters", "/account/erase", "/account/data.json"] {
        ash.browser.get(path).await.is(200);
    }
    // Who is not signed in is asked to, and comes back.
    let answer = app.browser().get("/account/devices").await.is(303);
    assert_eq!(answer.header("location"), "/sign-in?next=%2Faccount%2Fdevices");
}
