//! Passkeys, as far as no device is needed: questions and answers that do not fit. A device plays in the browser tests.

use chrono::TimeDelta;

use crate::harness::{Page, TestApp, science_lead};

stories!(
    they_are_not_there_under_a_number,
    a_question_is_answered_once_by_who_was_asked,
    nobody_uses_or_removes_anothers_key,
    a_key_needs_a_name,
    who_only_looks_writes_nothing,
    clearing_goes_on_until_nothing_is_left,
    a_sealed_question_pressed_many_times_counts_once,
);

/// The same house under a domain.
fn under_a_domain(app: &TestApp) -> TestApp {
    app.beside_with(|config| config.site.public_url.set_host(Some("localhost")).expect("a host"))
}

async fn they_are_not_there_under_a_number(app: TestApp) {
    let ash = app.ssl("Ash").await;
    app.browser().get("/sign-in/passkey").await.is(404);
    assert!(app.browser().open("/sign-in").await.links("passkey").is_empty());
    let page = ash.browser.open("/account/passkeys").await.says("reached by a number");
    assert!(page.forms("/new").is_empty());
}

/// The page with the question to a device that is to make a key.
async fn asked(browser: &crate::harness::Browser, name: &str) -> Page {
    let form = browser.open("/account/passkeys").await.form("/account/passkeys/new").set("name", name);
    browser.submit(&form).await
}

async fn a_question_is_answered_once_by_who_was_asked(app: TestApp) {
    let app = under_a_domain(&app);
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let page = asked(&ash.browser, " my   phone ").await.is(200).says("For my phone");
    let options = page.attributes("form[data-passkey=create]", "data-options").remove(0);
    let options: serde_json::Value = serde_json::from_str(&options).expect("JSON");
    assert_eq!((options["rp"]["id"].as_str(), options["user"]["name"].as_str()), (Some("localhost"), Some(science_lead("Ash").as_str())));
    let form = page.form("/account/passkeys");
    // Another's browser answers.
    let token = asked(&beech.browser, "x").await.form("/account/passkeys").value("csrf").to_owned();
    beech.browser.submit(&form.clone().tampered("csrf", &token).tampered("answer", "{}")).await.is(422).says("Begin again");
    // Without a script there is no answer; the question is over then, and a new one is asked.
    let again = ash.browser.submit(&form).await.is(422).says("gave no answer");
    ash.browser.submit(&form.clone().tampered("answer", "{}")).await.is(422).says("Begin again");
    assert_ne!(again.form("/account/passkeys").value("flow"), form.value("flow"));
    // Nonsense, and too late.
    ash.browser.submit(&again.form("/account/passkeys").tampered("answer", "{\"id\":1}")).await.is(422).says("does not belong");
    let late = asked(&ash.browser, "x").await.form("/account/passkeys");
    app.later(TimeDelta::minutes(10));
    ash.browser.submit(&late.tampered("answer", "{}")).await.is(422).says("Begin again");
    // The same at the sign-in page.
    let visitor = app.browser();
    let form = visitor.open("/sign-in/passkey?next=/c/ashdale/boxes").await.form("/sign-in/passkey");
    visitor.submit(&form).await.is(422).says("gave no answer");
    visitor.submit(&form.clone().tampered("answer", "{}")).await.is(422).says("Begin again");
    app.browser().submit(&form).await.is(403);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM passkeys"), 0);
    app.later(TimeDelta::hours(1));
    app.worker().clear().await.expect("clearing");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM passkey_flows"), 0);
}

async fn nobody_uses_or_removes_anothers_key(app: TestApp) {
    let app = under_a_domain(&app);
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    app.raw().must(&format!(
        "INSERT INTO passkeys (person_id, id, credential_id, name, credential, created_at)
         SELECT id, 7, 'AAEC', 'the tablet in the cupboard', '{{}}', '2026-11-23 09:00:00' FROM people WHERE email = '{}'",
        science_lead("Ash")
    ));
    let form = ash.browser.open("/account/passkeys").await.says("the tablet in the cupboard").form("/remove");
    let token =
        beech.browser.open("/account/passkeys").await.says_not("the tablet in the cupboard").form("/sign-out").value("csrf").to_owned();
    beech.browser.submit(&form.clone().tampered("csrf", &token)).await.is(404);
    ash.browser.submit(&form.clone().without("csrf")).await.is(403);
    // An answer that names the key and its person, but was signed by nobody.
    let person = app.raw().number(&format!("SELECT id AS n FROM people WHERE email = '{}'", science_lead("Ash")));
    let visitor = app.browser();
    let question = visitor.open("/sign-in/passkey").await.form("/sign-in/passkey");
    let handle = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, i128::from(person).to_be_bytes());
    let answer = format!(
        "{{\"id\":\"AAEC\",\"rawId\":\"AAEC\",\"type\":\"public-key\",\"response\":{{\"authenticatorData\":\"AAEC\",\"clientDataJSON\":\"AAEC\",\"signature\":\"AAEC\",\"userHandle\":\"{handle}\"}}}}"
    );
    let sessions = || app.raw().number("SELECT count(*) AS n FROM sessions");
    let before = sessions();
    visitor.submit(&question.tampered("answer", &answer)).await.is(422).says("does not belong");
    assert_eq!(sessions(), before);
    ash.browser.submit(&form).await.is(303);
    ash.browser.open("/account/passkeys").await.says("None yet");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM passkeys"), 0);
}

async fn a_key_needs_a_name(app: TestApp) {
    let app = under_a_domain(&app);
    let ash = app.ssl("Ash").await;
    asked(&ash.browser, "  ").await.is(422).says("Enter what the passkey is on");
    let long = "x".repeat(61);
    let page = asked(&ash.browser, &long).await.is(422).says("at most 60 letters");
    assert_eq!(page.form("/account/passkeys/new").value("name"), long, "nothing is lost");
}

async fn who_only_looks_writes_nothing(app: TestApp) {
    let app = under_a_domain(&app);
    for _ in 0..5 {
        app.browser().open("/sign-in/passkey").await.form("/sign-in/passkey");
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM passkey_flows"), 0);
    // Nor does a question that we have not asked this browser, or that is too late.
    let (one, other) = (app.browser(), app.browser());
    let form = one.open("/sign-in/passkey").await.form("/sign-in/passkey");
    let token = other.open("/sign-in/passkey").await.form("/sign-in/passkey").value("csrf").to_owned();
    other.submit(&form.clone().tampered("csrf", &token).tampered("answer", "{}")).await.is(422).says("Begin again");
    let flow = form.value("flow").to_owned();
    for forged in ["", "x", &flow[1..], &flow.replace('.', ".A"), &format!("9{flow}")] {
        one.submit(&form.clone().tampered("flow", forged).tampered("answer", "{}")).await.is(422).says("Begin again");
    }
    app.later(TimeDelta::minutes(10));
    one.submit(&form.tampered("answer", "{}")).await.is(422).says("Begin again");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM passkey_flows"), 0);
}

async fn a_sealed_question_pressed_many_times_counts_once(app: TestApp) {
    let app = under_a_domain(&app);
    let visitor = app.browser();
    let form = visitor.open("/sign-in/passkey").await.form("/sign-in/passkey").tampered("answer", "{\"id\":1}");
    let press = |_| {
        let (visitor, form) = (visitor.clone(), form.clone());
        async move { visitor.submit(&form).await.is(422).words() }
    };
    let said = crate::harness::all((0..12).map(press).collect()).await;
    assert_eq!(said.iter().filter(|words| words.contains("Begin again")).count(), 11, "{said:#?}");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM passkey_flows"), 1);
}

async fn clearing_goes_on_until_nothing_is_left(app: TestApp) {
    for portion in 0..5 {
        let rows = (0..500).map(|n| format!("('{portion}-{n}', 'x', '', '2026-11-23 08:00:00', '2026-11-23 08:10:00')"));
        app.raw().must(&format!(
            "INSERT INTO passkey_flows (flow_hash, holder_hash, state, created_at, expires_at) VALUES {}",
            rows.collect::<Vec<_>>().join(", ")
        ));
    }
    app.worker().clear().await.expect("clearing");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM passkey_flows"), 0);
}
