//! Signing in and out, and what stands in front of every form.

use chrono::TimeDelta;

use crate::harness::{Browser, Ground, Page, TestApp, science_lead};

stories!(
    a_link_comes_by_mail_and_signs_in,
    a_link_works_once,
    one_link_pressed_many_times_at_once_signs_in_once,
    a_link_lasts_fifteen_minutes,
    opening_a_link_changes_nothing,
    nobody_learns_who_has_an_account,
    who_asks_again_and_again_gets_no_further_mail,
    a_proxy_is_believed_only_for_what_it_added,
    a_form_needs_its_token_and_its_origin,
    the_session_is_kept_safe,
    a_revoked_session_is_over,
    a_session_ends_after_thirty_days,
    whoever_has_left_is_out,
    after_signing_in_one_goes_on,
    nobody_is_sent_to_another_site,
    demo_sign_in_is_for_the_demo_alone,
);

async fn ask(app: &TestApp, browser: &Browser, email: &str) -> Page {
    let _ = app;
    let form = browser.open("/sign-in").await.form("/sign-in").set("email", email);
    browser.submit(&form).await
}

/// The path of the link in the only letter there is.
async fn link_in_the_mail(app: &TestApp, to: &str) -> String {
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!(letters[0].to_address, to);
    let start = letters[0].text.find("/sign-in/").expect("a link in the letter");
    letters[0].text[start..].split_whitespace().next().expect("a link").to_owned()
}

async fn press(browser: &Browser, link: &str) -> Page {
    let page = browser.open(link).await;
    browser.submit(&page.form(link)).await
}

async fn a_link_comes_by_mail_and_signs_in(app: TestApp) {
    let (browser, lead) = (app.browser(), science_lead("Ash"));
    ask(&app, &browser, &lead.to_uppercase()).await.is(200).says("Check your e-mail");
    let link = link_in_the_mail(&app, &lead).await;
    let answer = press(&browser, &link).await.is(303);
    browser.follow(answer).await.is(200);
    // The stored letter does not keep the secret once it has been sent.
    let kept = app.raw().texts("SELECT text_body || html_body AS t FROM messages");
    assert!(!kept[0].contains(link.trim_start_matches("/sign-in/")), "the outbox keeps the link's secret");
}

async fn a_link_works_once(app: TestApp) {
    let link = format!("/sign-in/{}", app.link_for(&science_lead("Ash")).await);
    let (one, two) = (app.browser(), app.browser());
    // Both have the page with the button; the second comes too late.
    let (first, second) = (one.open(&link).await.form(&link), two.open(&link).await.form(&link));
    one.submit(&first).await.is(303);
    two.submit(&second).await.is(422).says("has been used");
    // Pressed again in the first browser, whose form was for a visitor: it changes nothing.
    one.submit(&first).await.is(403);
    one.get(&link).await.is(422).says("has been used");
    two.get("/").await.is(303);
}

async fn one_link_pressed_many_times_at_once_signs_in_once(app: TestApp) {
    let link = format!("/sign-in/{}", app.link_for(&science_lead("Ash")).await);
    let mut presses = Vec::new();
    for _ in 0..12 {
        let browser = app.browser();
        let form = browser.open(&link).await.form(&link);
        presses.push(async move { browser.submit(&form).await.status });
    }
    let answers = crate::harness::all(presses).await;
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM sessions"), 1);
}

async fn a_link_lasts_fifteen_minutes(app: TestApp) {
    let lead = science_lead("Ash");
    let (early, late) = (app.link_for(&lead).await, app.link_for(&lead).await);
    app.later(TimeDelta::seconds(15 * 60 - 1));
    press(&app.browser(), &format!("/sign-in/{early}")).await.is(303);
    let browser = app.browser();
    let form = browser.open(&format!("/sign-in/{late}")).await.form(&late);
    app.later(TimeDelta::seconds(1));
    browser.submit(&form).await.is(422).says("more than 15 minutes old");
    browser.get(&format!("/sign-in/{late}")).await.is(422).says("more than 15 minutes old");
    app.browser().get("/sign-in/0123456789abcdefghjkmnpqrstvwxyz").await.is(422);
    app.browser().get("/sign-in/nonsense").await.is(422);
}

async fn opening_a_link_changes_nothing(app: TestApp) {
    let link = format!("/sign-in/{}", app.link_for(&science_lead("Ash")).await);
    // A mail scanner, twice, once from another place.
    for _ in 0..2 {
        app.browser().get(&link).await.is(200);
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM sessions"), 0);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM sign_in_links WHERE used_at IS NOT NULL"), 0);
    press(&app.browser(), &link).await.is(303);
}

async fn nobody_learns_who_has_an_account(app: TestApp) {
    let browser = app.browser();
    let known = ask(&app, &browser, &science_lead("Ash")).await.is(200);
    let unknown = ask(&app, &browser, "nobody@elsewhere.example").await.is(200);
    let same = |page: &Page| page.words().replace(&science_lead("Ash"), "…").replace("nobody@elsewhere.example", "…");
    assert_eq!(same(&known), same(&unknown));
    assert_eq!(app.letters().await.len(), 1);
    ask(&app, &browser, "not an address").await.is(422).says("e-mail address");
}

async fn who_asks_again_and_again_gets_no_further_mail(app: TestApp) {
    let browser = app.browser();
    let mut answers = Vec::new();
    for email in [science_lead("Ash"), "nobody@elsewhere.example".to_owned()] {
        for _ in 0..8 {
            answers.push(ask(&app, &browser, &email).await.is(200).words().replace(&email, ""));
        }
    }
    // The limit says nothing about who is known either.
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(app.letters().await.len(), 5);
    app.later(TimeDelta::minutes(5));
    ask(&app, &browser, &science_lead("Ash")).await.is(200);
    assert_eq!(app.letters().await.len(), 1);
}

async fn a_proxy_is_believed_only_for_what_it_added(app: TestApp) {
    let proxied = TestApp::start(Ground::migrated(app.ground.engine), |config| config.site.behind_proxy = true).await;
    let ask = async |email: &str, headers: &[(&str, String)]| {
        let browser = proxied.browser();
        let form = browser.open("/sign-in").await.form("/sign-in").set("email", email);
        let mut all = vec![("origin", proxied.origin.as_str())];
        all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        browser.post_with("/sign-in", &form.fields, &all).await.is(200);
    };
    // The proxy adds whom it sees; the visitor makes up the rest, and another one each time.
    for n in 0..60 {
        let made_up = [("forwarded", format!("for=198.51.100.{n}")), ("x-forwarded-for", format!("198.51.100.{n}, 192.0.2.7"))];
        ask(&format!("nobody{n}@elsewhere.example"), &made_up).await;
    }
    let lead = science_lead("Ash");
    let mails = async || proxied.letters().await.len();
    ask(&lead, &[("forwarded", "for=198.51.100.60".into()), ("x-forwarded-for", "198.51.100.60, 192.0.2.7".into())]).await;
    assert_eq!(mails().await, 1, "none is out yet");
    ask(&lead, &[("forwarded", "for=198.51.100.60".into()), ("x-forwarded-for", "198.51.100.60, 192.0.2.7".into())]).await;
    assert_eq!(mails().await, 0, "this line has asked for sixty");
    // Lines of their own count as one list.
    ask(&lead, &[("x-forwarded-for", "198.51.100.61".into()), ("x-forwarded-for", "192.0.2.7".into())]).await;
    assert_eq!(mails().await, 0);
    ask(&lead, &[("x-forwarded-for", "192.0.2.8".into())]).await;
    assert_eq!(mails().await, 1, "another visitor");
    proxied.end().await;
}

async fn a_form_needs_its_token_and_its_origin(app: TestApp) {
    let ssl = app.ssl("Ash").await;
    let browser = &ssl.browser;
    let form = browser.open("/help").await.forms("/sign-out").into_iter().next();
    let token = match form {
        Some(form) => form.value("csrf").to_owned(),
        None => browser.open(&format!("{}/calendar", ssl.base)).await.form("/sign-out").value("csrf").to_owned(),
    };
    let (own, fields) = (app.origin.clone(), |token: &str| vec![("csrf".to_owned(), token.to_owned())]);
    let stranger = app.ssl("Beech").await.browser.open("/c/ashdale/calendar").await.form("/sign-out").value("csrf").to_owned();
    let under_tls = own.replacen("http:", "https:", 1);
    for (why, token, headers) in [
        ("no token", "", vec![("origin", own.as_str())]),
        ("a wrong token", "0123456789abcdef0123456789abcdef", vec![("origin", own.as_str())]),
        ("another person's token", stranger.as_str(), vec![("origin", own.as_str())]),
        ("another site", token.as_str(), vec![("origin", "https://evil.example")]),
        ("another port", token.as_str(), vec![("origin", "http://127.0.0.1:1")]),
        ("our own host, by another way", token.as_str(), vec![("origin", under_tls.as_str())]),
        ("an opaque origin", token.as_str(), vec![("origin", "null")]),
        ("another site's page", token.as_str(), vec![("referer", "https://evil.example/page")]),
        ("a browser that says cross-site", token.as_str(), vec![("origin", own.as_str()), ("sec-fetch-site", "cross-site")]),
        ("a browser that says same-site", token.as_str(), vec![("origin", own.as_str()), ("sec-fetch-site", "same-site")]),
        ("no origin at all", token.as_str(), vec![]),
    ] {
        let page = browser.post_with("/sign-out", &fields(token), &headers).await;
        assert_eq!(page.status, 403, "{why}: {}", page.words());
        browser.get("/").await.is(303);
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM sessions WHERE revoked_at IS NOT NULL"), 0, "{why}");
    }
    browser.post_with("/sign-out", &fields(&token), &[("origin", &own), ("sec-fetch-site", "same-origin")]).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM sessions WHERE revoked_at IS NOT NULL"), 1);
}

async fn the_session_is_kept_safe(app: TestApp) {
    let link = format!("/sign-in/{}", app.link_for(&science_lead("Ash")).await);
    let answer = press(&app.browser(), &link).await.is(303);
    let cookies: Vec<String> = answer.headers.get_all("set-cookie").iter().filter_map(|c| c.to_str().ok()).map(str::to_owned).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("boxrota=")).expect("the session's cookie");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(session.contains(flag), "{session} lacks {flag}");
    }
    assert!(!session.contains("Secure"), "this server speaks http: {session}");
    // What is stored does not sign anybody in.
    let secret = session.split(['=', ';']).nth(1).expect("a value").to_owned();
    let stored = app.raw().texts("SELECT token_hash AS t FROM sessions");
    assert!(stored.iter().all(|hash| !hash.contains(&secret)));
    let thief = app.browser();
    thief.set_cookie(&format!("boxrota={}", stored[0]));
    assert!(thief.get("/").await.header("location").starts_with("/sign-in"));
}

async fn a_revoked_session_is_over(app: TestApp) {
    let ssl = app.ssl("Ash").await;
    let other_device = app.ssl("Ash").await;
    let form = ssl.open("/calendar").await.form("/sign-out");
    ssl.browser.submit(&form).await.is(303);
    // Even for somebody who kept the cookie.
    let page = ssl.get("/calendar").await.is(303);
    assert!(page.header("location").starts_with("/sign-in?next="), "{}", page.header("location"));
    ssl.browser.submit(&form).await;
    other_device.open("/calendar").await;
    app.raw().must("UPDATE sessions SET revoked_at = '2026-11-23 08:00:00'");
    other_device.get("/calendar").await.is(303);
}

async fn a_session_ends_after_thirty_days(app: TestApp) {
    let ssl = app.ssl("Ash").await;
    app.later(TimeDelta::days(30) - TimeDelta::seconds(1));
    ssl.get("/calendar").await.is(200);
    app.later(TimeDelta::seconds(1));
    ssl.get("/calendar").await.is(303);
}

async fn whoever_has_left_is_out(app: TestApp) {
    let ssl = app.ssl("Cedar").await;
    app.raw().must(&format!(
        "UPDATE roles SET to_day = '2026-11-23' WHERE person_id = (SELECT id FROM people WHERE email = '{}')",
        science_lead("Cedar")
    ));
    ssl.open("/calendar").await;
    // The last day is the last: the next one is not.
    app.later(TimeDelta::days(1));
    ssl.get("/calendar").await.is(404);
    ask(&app, &app.browser(), &science_lead("Cedar")).await.is(200);
    assert_eq!(app.letters().await.len(), 0);
}

async fn after_signing_in_one_goes_on(app: TestApp) {
    let browser = app.browser();
    let wanted = "/c/ashdale/calendar?view=list&q=rice+%26+forks";
    let away = browser.get(wanted).await.is(303);
    let page = browser.follow(away).await.is(200);
    let form = page.form("/sign-in").set("email", &science_lead("Ash"));
    browser.submit(&form).await.is(200);
    let link = link_in_the_mail(&app, &science_lead("Ash")).await;
    let answer = press(&browser, &link).await.is(303);
    assert_eq!(answer.header("location"), wanted);
}

async fn nobody_is_sent_to_another_site(app: TestApp) {
    for trick in ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let browser = app.browser();
        let next: String = url::form_urlencoded::byte_serialize(trick.as_bytes()).collect();
        let form = browser.open(&format!("/sign-in?next={next}")).await.form("/sign-in");
        let form = form.set("email", &science_lead("Ash")).tampered("next", trick);
        browser.submit(&form).await.is(200);
        let link = link_in_the_mail(&app, &science_lead("Ash")).await;
        assert_eq!(press(&browser, &link).await.is(303).header("location"), "/", "{trick}");
    }
}

async fn demo_sign_in_is_for_the_demo_alone(app: TestApp) {
    let browser = app.browser();
    let page = browser.open("/sign-in").await.says_not("Choose who you want to be");
    let token = page.form("/sign-in").value("csrf").to_owned();
    let person = boxrota::base::ids::PersonId(app.raw().number("SELECT min(id) AS n FROM people"));
    let fields = [("csrf".to_owned(), token), ("person".to_owned(), person.to_string())];
    browser.post("/sign-in/demo", &fields).await.is(404);
    // In every form: without a token, from elsewhere, with nothing, and as what is no form.
    browser.post("/sign-in/demo", &fields[1..]).await.is(404);
    browser.post("/sign-in/demo", &[]).await.is(404);
    browser.post_with("/sign-in/demo", &fields, &[("origin", "https://evil.example")]).await.is(404);
    browser.post_with("/sign-in/demo", &fields, &[("content-type", "text/plain")]).await.is(404);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM sessions"), 0);
}
