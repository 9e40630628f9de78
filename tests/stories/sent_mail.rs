//! "Sent mail": who sees which letter, what became of it, and trying again.

use boxrota::base::ids::{ClusterId, PersonId};
use boxrota::db::Scope;
use boxrota::mail::{Block, Calendar, Choice, Kind, Letter, Method, Outcome, Recipient, store};
use boxrota::people;
use chrono::TimeDelta;

use crate::harness::{TestApp, science_lead};

stories!(
    everybody_reads_what_came_to_them_and_the_coordinator_reads_all,
    a_letter_shows_why_it_was_sent_and_what_it_said,
    what_was_not_sent_is_shown_and_can_be_tried_again,
    a_letter_that_waits_says_when_it_is_tried_again,
    another_clusters_letter_is_not_there,
    a_long_list_has_pages_and_few_queries,
    words_of_people_stay_words,
    without_a_mail_server_the_page_says_so,
);

async fn cluster(app: &TestApp, slug: &'static str) -> ClusterId {
    let found = app.app.db.house_read(app.clock.now(), move |house| people::store::cluster_by_slug(house, slug)).await.unwrap();
    found.unwrap().id
}

async fn person(app: &TestApp, email: &str) -> PersonId {
    let address = email.parse().unwrap();
    let found = app.app.db.house_read(app.clock.now(), move |house| people::store::person_by_email(house, &address)).await.unwrap();
    found.unwrap().id
}

/// A kind of no room.
const TEST: &Kind = &Kind { key: "test", name: "A test", to: "Nobody", choice: Choice::Always, waits: false };

async fn letter(app: &TestApp, to: &str, title: &str) -> Letter {
    Letter {
        kind: TEST,
        subject: format!("test:{title}:{to}"),
        day: boxrota::base::clock::today(app.clock.now()),
        to: Recipient { person: Some(person(app, to).await), address: to.parse().unwrap(), name: "Science lead".into() },
        reason: "You got this because you made this booking.".into(),
        title: title.into(),
        blocks: vec![Block::heading(title), Block::facts([("Box", "Sound & light")])],
        calendar: None,
    }
}

async fn post(app: &TestApp, slug: &'static str, letter: Letter) {
    let scope = Scope::of_worker(cluster(app, slug).await);
    assert!(app.app.db.write(scope, move |tx| store::enqueue(tx, &letter)).await.unwrap());
}

async fn post_plain(app: &TestApp, to: &str, title: &str) {
    post(app, "ashdale", letter(app, to, title).await).await;
}

async fn everybody_reads_what_came_to_them_and_the_coordinator_reads_all(app: TestApp) {
    let (ash, beech) = (science_lead("Ash"), science_lead("Beech"));
    let (lead, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    lead.open("/mail").await.says("Mail to you").says("No e-mails yet");
    coordinator.open("/mail").await.says("Sent mail").says("No e-mails yet");
    post_plain(&app, &ash, "For Ash").await;
    post_plain(&app, &beech, "For Beech").await;
    app.letters().await;
    let mine = lead.open("/mail").await.says("For Ash").says("Sent 23 November 2026 at 09:00").says_not("For Beech");
    lead.open(&format!("/{}", mine.link("For Ash"))).await.says("You got this because you made this booking.");
    let all = coordinator.open("/mail").await.says("For Ash").says("For Beech").says(&beech);
    // Another person's letter is not there, whichever of its addresses is asked for.
    let others = format!("/{}", all.link("For Beech"));
    for part in ["", "/letter", "/calendar.ics"] {
        lead.get(&format!("{others}{part}")).await.is(404);
    }
    coordinator.open(&others).await.says("To Science lead");
    // A sign-in letter belongs to nobody's cluster.
    let browser = app.browser();
    browser.submit(&browser.open("/sign-in").await.form("/sign-in").set("email", &ash)).await.is(200);
    assert_eq!(app.letters().await.len(), 1);
    coordinator.open("/mail").await.says_not("sign in");
    lead.open("/mail").await.says_not("sign in");
}

async fn a_letter_shows_why_it_was_sent_and_what_it_said(app: TestApp) {
    let ash = science_lead("Ash");
    let entry = Calendar { text: "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n".into(), method: Method::Request };
    post(&app, "ashdale", Letter { calendar: Some(entry.clone()), ..letter(&app, &ash, "Reserved: Sound").await }).await;
    app.letters().await;
    let lead = app.ssl("Ash").await;
    let list = lead.open("/mail").await;
    let here = format!("/{}", list.link("Reserved: Sound"));
    let page = lead.open(&here).await.says(&ash).says("You got this because you made this booking.").says("Box: Sound & light");
    let ics = lead.browser.get(&page.link("Calendar entry")).await.is(200);
    assert_eq!(ics.text, entry.text);
    assert_eq!(ics.header("content-type"), "text/calendar; charset=utf-8; method=REQUEST");
    assert!(ics.header("content-disposition").contains("booking.ics"));
    let sent = lead.browser.get(&page.link("as a mail program shows it")).await.is(200);
    assert!(sent.text.contains("<h1 style=") && sent.text.contains("Sound &amp; light"));
    let policy = sent.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script-src"), "{policy}");
    // Everywhere else the strict policy stands.
    assert!(!page.header("content-security-policy").contains("unsafe-inline"));
}

async fn what_was_not_sent_is_shown_and_can_be_tried_again(app: TestApp) {
    let (lead, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    for title in ["One", "Two", "Three"] {
        post_plain(&app, &science_lead("Ash"), title).await;
        app.next_letter(Outcome::Refused("The mail server refused the address: 550 No such person.".into()));
    }
    assert!(app.letters().await.is_empty());
    let list = coordinator.open("/mail").await.says("3 e-mails could not be sent").says("550 No such person").says("Not sent. Given up");
    coordinator.open("/calendar").await.says("3 e-mails not sent");
    lead.open("/calendar").await.says_not("not sent");
    // The science lead sees what became of his letters, and cannot try again.
    let mine = lead.open("/mail").await.says("Not sent. Given up").says_not("could not be sent");
    assert!(mine.forms("/retry").is_empty());
    let one = coordinator.open(&format!("/{}", list.link("One"))).await;
    let form = one.form("/retry");
    let page = coordinator.browser.send(&form).await.says("Waiting to be sent");
    assert!(page.forms("/retry").is_empty());
    coordinator.browser.send(&form).await.says("Waiting to be sent");
    assert_eq!(app.letters().await.len(), 1, "pressed twice, sent once");
    coordinator.open("/mail?show=failed").await.says("2 e-mails could not be sent").says_not("One").says("Two");
    let again = coordinator.browser.send(&coordinator.open("/mail").await.form("/mail/retry")).await.says("Trying again");
    assert_eq!(app.letters().await.len(), 2);
    again.says_not("could not be sent");
    coordinator.open("/mail?show=failed").await.says("No such e-mails");
    // Who may not do it is told who may; without the token nobody may.
    let token = lead.open("/mail").await.attributes("input[name=csrf]", "value");
    let fields = vec![("csrf".to_owned(), token[0].clone())];
    lead.browser.post(&format!("{}/mail/retry", lead.base), &fields).await.is(403).says("Only the coordinator");
    coordinator.browser.post(&form.action, &[]).await.is(403);
    // And it is in the change log, once for each press that did something.
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE about = 'messages'"), 2);
}

async fn a_letter_that_waits_says_when_it_is_tried_again(app: TestApp) {
    let coordinator = app.coordinator().await;
    post_plain(&app, &science_lead("Ash"), "One").await;
    coordinator.open("/mail").await.says("Waiting to be sent");
    app.next_letter(Outcome::Passing("The mail server 127.0.0.1:25 could not be reached: Connection refused.".into()));
    app.letters().await;
    coordinator
        .open("/mail")
        .await
        .says("Not sent yet. Next try 23 November 2026 at 09:01")
        .says("Connection refused")
        .says_not("could not be sent");
    app.later(TimeDelta::minutes(1));
    assert_eq!(app.letters().await.len(), 1);
    coordinator.open("/mail").await.says("Sent 23 November 2026 at 09:01").says_not("Connection refused");
}

async fn another_clusters_letter_is_not_there(app: TestApp) {
    post(&app, "birchwood", letter(&app, &science_lead("Oak"), "Theirs").await).await;
    app.letters().await;
    let id = app.raw().number("SELECT id AS n FROM messages WHERE title = 'Theirs'");
    let id = boxrota::base::ids::MessageId(id);
    let coordinator = app.coordinator().await;
    coordinator.open("/mail").await.says_not("Theirs");
    for part in ["", "/letter", "/calendar.ics"] {
        coordinator.get(&format!("/mail/{id}{part}")).await.is(404);
    }
    coordinator.browser.get(&format!("/c/birchwood/mail/{id}")).await.is(404);
    let token = coordinator.open("/mail").await.attributes("input[name=csrf]", "value")[0].clone();
    coordinator.browser.post(&format!("/c/ashdale/mail/{id}/retry"), &[("csrf".into(), token)]).await.is(404);
    for wrong in ["/mail/1", "/mail/0000000000000", "/mail?older=x"] {
        let status = coordinator.get(wrong).await.status;
        assert!([400, 404].contains(&status), "{wrong} answers {status}");
    }
}

async fn a_long_list_has_pages_and_few_queries(app: TestApp) {
    for n in 0..120 {
        post_plain(&app, &science_lead(if n % 2 == 0 { "Ash" } else { "Beech" }), &format!("Letter-{n}.")).await;
    }
    app.letters().await;
    let (lead, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let before = app.app.db.queries();
    let first = coordinator.open("/mail").await.says("Letter-119.").says("Letter-70.").says_not("Letter-69.");
    let queries = app.app.db.queries() - before;
    assert!(queries <= 8, "{queries} queries");
    let second =
        coordinator.open(&format!("/mail{}", first.link("Older"))).await.says("Letter-69.").says("Letter-20.").says_not("Letter-70.");
    let third = coordinator.open(&format!("/mail{}", second.link("Older"))).await.says("Letter-0.").says_not("Letter-20.");
    assert!(third.links("Older").is_empty());
    coordinator.open(&format!("/mail{}", third.link("Newer"))).await.says("Letter-20.").says("Letter-69.").says_not("Letter-70.");
    assert!(first.links("Newer").is_empty());
    lead.open("/mail").await.says("Letter-118.").says_not("Letter-119.");
    // The browser asks again, and nothing has changed.
    let tag = first.header("etag").to_owned();
    let headers = [("if-none-match", tag.as_str())];
    coordinator.browser.get_with(&format!("{}/mail", coordinator.base), &headers).await.is(304);
    post_plain(&app, &science_lead("Ash"), "Fresh").await;
    coordinator.browser.get_with(&format!("{}/mail", coordinator.base), &headers).await.is(200).says("Fresh");
    app.letters().await;
}

async fn words_of_people_stay_words(app: TestApp) {
    let evil = "<script>alert(1)</script>";
    let to = Recipient { name: evil.into(), ..letter(&app, &science_lead("Ash"), "x").await.to };
    post(&app, "ashdale", Letter { to, reason: evil.into(), ..letter(&app, &science_lead("Ash"), evil).await }).await;
    app.next_letter(Outcome::Refused(evil.into()));
    app.letters().await;
    let coordinator = app.coordinator().await;
    let list = coordinator.open("/mail").await.says(evil);
    let here = format!("/{}", list.link(evil));
    let page = coordinator.open(&here).await.says(evil);
    let sent = coordinator.get(&format!("{here}/letter")).await.is(200);
    for page in [&list, &page, &sent] {
        assert!(!page.text.contains(evil), "{} holds a script", page.path);
    }
}

async fn without_a_mail_server_the_page_says_so(app: TestApp) {
    app.coordinator().await.open("/mail").await.says("No e-mail leaves this machine");
}
