//! Nobody can lock somebody else out: what strangers ask for costs them, and not the person in whose name they ask.

use chrono::TimeDelta;

use crate::harness::{Browser, Page, TestApp, science_lead};

stories!(
    a_stranger_keeps_nobody_from_signing_in,
    many_strangers_keep_nobody_from_signing_in,
    a_pupil_on_the_schools_line_keeps_no_teacher_out,
    nobody_keeps_another_from_a_new_address,
    who_finds_a_box_is_heard_whatever_others_have_said,
);

/// A server that believes its proxy, so that the stories can come from several lines.
fn proxied(app: &TestApp) -> TestApp {
    app.beside_with(|config| config.site.behind_proxy = true)
}

async fn post(app: &TestApp, browser: &Browser, line: &str, form: &crate::harness::Form) -> Page {
    browser.post_with(&form.action, &form.fields, &[("origin", app.origin.as_str()), ("x-forwarded-for", line)]).await
}

async fn ask(app: &TestApp, line: &str, email: &str) -> Page {
    let browser = app.browser();
    let form = browser.open("/sign-in").await.form("/sign-in").set("email", email);
    post(app, &browser, line, &form).await
}

/// The links to sign in that have come since this was last asked.
async fn links(app: &TestApp) -> Vec<String> {
    let letters = app.letters().await;
    let link = |text: &str| text[text.find("/sign-in/").expect("a link")..].split_whitespace().next().expect("a link").to_owned();
    letters.iter().map(|letter| link(&letter.text)).collect()
}

async fn signs_in(app: &TestApp, link: &str) {
    let browser = app.browser();
    let form = browser.open(link).await.form(link);
    browser.submit(&form).await.is(303);
    browser.open("/account").await;
}

async fn a_stranger_keeps_nobody_from_signing_in(app: TestApp) {
    let (site, lead) = (proxied(&app), science_lead("Ash"));
    let mut answers = Vec::new();
    for n in 0..12 {
        // One line of the newer internet has many addresses.
        answers.push(ask(&site, &format!("2001:db8:0:7::{n:x}"), &lead).await.status);
    }
    assert_eq!(links(&app).await.len(), 5, "no further mail while a link is out");
    let page = ask(&site, "192.0.2.44", &lead).await.is(200).says("Check your e-mail").says("the newest");
    let own = links(&app).await;
    assert_eq!(own.len(), 1, "who comes from elsewhere is served at once");
    signs_in(&app, &own[0]).await;
    // The stranger is answered as everybody is.
    assert_eq!(answers, [200; 12]);
    assert_eq!(ask(&site, "2001:db8:0:7::1", &lead).await.is(200).words(), page.words());
    // As many for an address that nobody has: nothing is learnt.
    for _ in 0..8 {
        ask(&site, "192.0.2.99", "nobody@elsewhere.example").await.is(200);
    }
    assert_eq!(links(&app).await.len(), 0);
    site.end().await;
}

async fn many_strangers_keep_nobody_from_signing_in(app: TestApp) {
    let (site, lead) = (proxied(&app), science_lead("Ash"));
    for line in 0..30 {
        for _ in 0..2 {
            ask(&site, &format!("198.51.100.{line}"), &lead).await.is(200);
        }
    }
    let sent = links(&site).await;
    assert_eq!(sent.len(), 20, "wide, and not without end");
    // A link of the last minutes is in her mailbox, and works.
    ask(&site, "192.0.2.44", &lead).await.is(200);
    assert_eq!(links(&site).await.len(), 0);
    signs_in(&site, sent.last().expect("a link")).await;
    // The flood goes on; she asks when those are older, and gets one.
    site.later(TimeDelta::minutes(5));
    ask(&site, "192.0.2.44", &lead).await.is(200);
    ask(&site, "198.51.100.77", &lead).await.is(200);
    let fresh = links(&site).await;
    assert_eq!(fresh.len(), 1);
    signs_in(&site, &fresh[0]).await;
    ask(&site, "198.51.100.78", &lead).await.is(200);
    assert_eq!(links(&site).await.len(), 1, "hers is used up, so none is out");
    site.end().await;
}

async fn a_pupil_on_the_schools_line_keeps_no_teacher_out(app: TestApp) {
    let (site, line) = (proxied(&app), "203.0.113.5");
    for n in 0..70 {
        ask(&site, line, &format!("nobody{n}@elsewhere.example")).await;
    }
    for _ in 0..6 {
        ask(&site, line, &science_lead("Ash")).await;
    }
    for school in ["Ash", "Beech"] {
        ask(&site, line, &science_lead(school)).await.is(200).says("Check your e-mail");
    }
    let links = links(&app).await;
    assert_eq!(links.len(), 2, "one each");
    for link in &links {
        signs_in(&app, link).await;
    }
    site.end().await;
}

async fn nobody_keeps_another_from_a_new_address(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let asks = async |browser: &Browser, email: &str| {
        let form = browser.open("/account/email").await.form("/account/email").set("email", email);
        browser.submit(&form).await
    };
    // Beech's lead wants the address of Ash's, five times, and then the one that Ash's lead is about to have.
    for _ in 0..5 {
        asks(&beech.browser, &ash.email).await.is(303);
    }
    asks(&beech.browser, "quilla@new.example").await.is(429);
    let letters = app.letters().await;
    let taken: Vec<&str> = letters.iter().filter(|letter| letter.kind == "email_taken").map(|letter| letter.to_address.as_str()).collect();
    assert_eq!(taken, [ash.email.as_str()], "a mailbox hears of it once a day");
    asks(&ash.browser, "quilla@new.example").await.is(303);
    let letters = app.letters().await;
    let mut kinds: Vec<&str> = letters.iter().map(|letter| letter.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["email_change_new", "email_change_old"]);
    // A pupil on the same line who asks for links does not keep anybody from it, either.
    let site = proxied(&app);
    for n in 0..65 {
        ask(&site, "203.0.113.5", &format!("nobody{n}@elsewhere.example")).await;
    }
    let beech = app.ssl("Cedar").await.browser.clone().moved_to(&site.origin);
    let form = beech.open("/account/email").await.form("/account/email").set("email", "cedar@new.example");
    post(&site, &beech, "203.0.113.5", &form).await.is(303);
    assert_eq!(app.letters().await.len(), 2);
    site.end().await;
}

async fn who_finds_a_box_is_heard_whatever_others_have_said(app: TestApp) {
    let site = proxied(&app);
    let code = app.raw().texts("SELECT code AS t FROM copies WHERE tag = 'MG1'").remove(0);
    let says = async |line: &str, words: &str| {
        let browser = site.browser();
        let form = browser.open(&format!("/b/{code}")).await.form(&format!("/b/{code}")).set("words", words);
        post(&site, &browser, line, &form).await
    };
    for n in 0..6 {
        says("198.51.100.1", &format!("Ha ha {n}")).await;
    }
    assert_eq!(app.letters().await.len(), 3);
    says("192.0.2.44", "In the bus shelter at Brayton").await.is(200).says("hears of it now");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("In the bus shelter at Brayton"), "{}", letters[0].text);
    // Twenty that nobody has dealt with are enough, and that is said.
    let open = "SELECT count(*) AS n FROM finds WHERE done_at IS NULL";
    for line in 0..30 {
        says(&format!("203.0.113.{line}"), "Ha ha").await;
    }
    assert_eq!(app.raw().number(open), 20);
    assert!(app.letters().await.len() <= 12, "and not a mail for each");
    says("192.0.2.45", "In the hall").await.is(200).says("knows already").says_not("hears of it now");
    app.raw().must("UPDATE finds SET done_at = '2026-11-23 09:00:00'");
    says("192.0.2.46", "In the hall").await.is(200).says("hears of it now");
    assert_eq!(app.raw().number(open), 1);
    app.letters().await;
    site.end().await;
}
