//! Signing in by way of another house: what is believed of its answer, and what is not.

use chrono::TimeDelta;
use serde_json::json;

use crate::harness::{Browser, OtherHouse, Page, Says, TestApp, science_lead};

stories!(
    it_is_off_unless_it_is_set,
    a_verified_address_signs_in_and_is_known_from_then_on,
    who_only_sets_out_writes_nothing,
    an_answer_counts_once_for_the_browser_that_asked,
    one_answer_brought_many_times_at_once_counts_once,
    a_token_for_somebody_else_or_another_question_is_not_believed,
    only_a_verified_address_of_ours_lets_in,
    microsofts_own_word_for_verified_counts,
    whoever_says_no_is_told_so,
    a_provider_that_cannot_be_reached_is_said_so,
    whoever_has_left_is_not_let_in,
);

/// The app with a provider, and the provider.
fn with_house(app: &TestApp) -> (TestApp, OtherHouse) {
    let house = OtherHouse::start();
    let provider = house.provider();
    (app.beside_with(|config| config.providers = vec![provider]), house)
}

/// Presses the link of the sign-in page: the provider's page.
async fn set_out(browser: &Browser, next: &str) -> String {
    let page = browser.open(&format!("/sign-in?next={next}")).await;
    let answer = browser.get(&page.link("Sign in with the Trust")).await.is(303);
    answer.header("location").to_owned()
}

async fn come_back(app: &TestApp, house: &OtherHouse, browser: &Browser, says: Says) -> Page {
    let page = set_out(browser, "/").await;
    browser.get(&format!("/sign-in/back/other{}", house.says_yes(&page, says, app.clock.now()))).await
}

fn sessions(app: &TestApp) -> i64 {
    app.raw().number("SELECT count(*) AS n FROM sessions") * 100 + app.raw().number("SELECT count(*) AS n FROM identities")
}

async fn it_is_off_unless_it_is_set(app: TestApp) {
    let browser = app.browser();
    assert!(browser.open("/sign-in").await.links("Sign in with").is_empty());
    for provider in ["google", "microsoft", "other"] {
        browser.get(&format!("/sign-in/with/{provider}")).await.is(404);
        browser.get(&format!("/sign-in/back/{provider}?code=x&state=y")).await.is(404);
    }
}

async fn a_verified_address_signs_in_and_is_known_from_then_on(app: TestApp) {
    let (app, house) = with_house(&app);
    let browser = app.browser();
    let page = set_out(&browser, "/c/ashdale/boxes").await;
    let says = Says::of("ash-1", &science_lead("Ash").to_uppercase());
    let answer = browser.get(&format!("/sign-in/back/other{}", house.says_yes(&page, says, app.clock.now()))).await.is(303);
    assert_eq!(answer.header("location"), "/c/ashdale/boxes");
    browser.open("/account").await.says(&science_lead("Ash"));
    // Known by the subject now, whatever the address there has become.
    let again = app.browser();
    come_back(&app, &house, &again, Says::of("ash-1", "married@elsewhere.example").with("email_verified", json!(false))).await.is(303);
    again.open("/account").await.says(&science_lead("Ash"));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM identities"), 1);
}

async fn who_only_sets_out_writes_nothing(app: TestApp) {
    let (app, house) = with_house(&app);
    let browser = app.browser();
    let page = set_out(&browser, "/c/ashdale/boxes").await;
    for _ in 0..5 {
        set_out(&app.browser(), "/").await;
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM identity_flows"), 0);
    // Nor does an answer to a question that we did not ask, or to another browser's.
    let says = || Says::of("ash-1", &science_lead("Ash"));
    let answer = format!("/sign-in/back/other{}", house.says_yes(&page, says(), app.clock.now()));
    app.browser().get(&answer).await.is(422).says("does not belong");
    browser.get(&answer.replacen("state=", "state=x", 1)).await.is(422).says("does not belong");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM identity_flows"), 0);
    // What is noted is that an answer was used, for as long as it could be brought again.
    assert_eq!(browser.get(&answer).await.is(303).header("location"), "/c/ashdale/boxes");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM identity_flows"), 1);
    app.later(TimeDelta::minutes(11));
    app.app.db.house(app.clock.now(), boxrota::accounts::acts::clear_questions).await.expect("cleared");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM identity_flows"), 0);
}

async fn one_answer_brought_many_times_at_once_counts_once(app: TestApp) {
    let (app, house) = with_house(&app);
    let browser = app.browser();
    let page = set_out(&browser, "/").await;
    let says = Says::of("ash-1", &science_lead("Ash"));
    let answer = format!("/sign-in/back/other{}", house.says_yes(&page, says, app.clock.now()));
    let bring = (0..8).map(|_| {
        let (browser, answer) = (browser.clone(), answer.clone());
        async move { browser.get(&answer).await.status }
    });
    let mut came = crate::harness::all(bring.collect()).await;
    came.sort_unstable();
    assert_eq!(came, [303, 422, 422, 422, 422, 422, 422, 422]);
    assert_eq!(sessions(&app), 101);
}

async fn an_answer_counts_once_for_the_browser_that_asked(app: TestApp) {
    let (app, house) = with_house(&app);
    let (browser, thief) = (app.browser(), app.browser());
    let says = || Says::of("ash-1", &science_lead("Ash"));
    // A state that nobody made.
    browser.get("/sign-in/back/other?code=x&state=forged").await.is(422).says("does not belong");
    set_out(&browser, "/").await;
    browser.get("/sign-in/back/other?code=x&state=forged").await.is(422).says("does not belong");
    // An answer slipped to another browser, with and without a question of its own.
    let page = set_out(&browser, "/").await;
    let answer = format!("/sign-in/back/other{}", house.says_yes(&page, says(), app.clock.now()));
    thief.get(&answer).await.is(422).says("does not belong");
    set_out(&thief, "/").await;
    thief.get(&answer).await.is(422).says("does not belong");
    // The right browser, then the same answer again: the code and the state are used.
    browser.get(&answer).await.is(303);
    let fresh = app.browser();
    fresh.get(&answer).await.is(422);
    browser.get(&answer).await.is(422).says("does not belong");
    // Too late.
    let late = app.browser();
    let page = set_out(&late, "/").await;
    let answer = format!("/sign-in/back/other{}", house.says_yes(&page, says(), app.clock.now()));
    app.later(TimeDelta::minutes(10));
    late.get(&answer).await.is(422).says("does not belong");
    assert_eq!(sessions(&app), 101);
}

async fn a_token_for_somebody_else_or_another_question_is_not_believed(app: TestApp) {
    let (app, house) = with_house(&app);
    let honest = || Says::of("ash-1", &science_lead("Ash"));
    let lies = [
        ("another audience", honest().with("aud", json!(["another-app"]))),
        ("another question", honest().with("nonce", json!("of-another-question"))),
        ("another issuer", honest().with("iss", json!("http://127.0.0.1:1"))),
        ("long over", honest().with("exp", json!(app.clock.now().timestamp() - 3600))),
        ("signed by nobody", Says { spoiled: true, ..honest() }),
    ];
    for (lie, says) in lies {
        let page = come_back(&app, &house, &app.browser(), says).await;
        assert_eq!(page.status, 422, "{lie}: {}", page.words());
        page.says("could not be believed");
    }
    assert_eq!(sessions(&app), 0);
    // The same without the lie signs in, so it was the lie.
    come_back(&app, &house, &app.browser(), honest()).await.is(303);
}

async fn only_a_verified_address_of_ours_lets_in(app: TestApp) {
    let (app, house) = with_house(&app);
    let ash = science_lead("Ash");
    for says in [
        Says::of("x", &ash).with("email_verified", json!(false)),
        Says::of("x", &ash).with("email_verified", json!(null)),
        Says::of("x", &ash).with("email_verified", json!(false)).with("xms_edov", json!("0")),
        Says::of("x", "stranger@elsewhere.example"),
        Says::of("x", "no address"),
    ] {
        come_back(&app, &house, &app.browser(), says).await.is(422).says("Nobody here has that address");
    }
    assert_eq!(sessions(&app), 0);
}

async fn microsofts_own_word_for_verified_counts(app: TestApp) {
    let (app, house) = with_house(&app);
    let says = Says::of("x", &science_lead("Ash")).with("email_verified", json!(null)).with("xms_edov", json!(true));
    come_back(&app, &house, &app.browser(), says).await.is(303);
}

async fn whoever_says_no_is_told_so(app: TestApp) {
    let (app, _house) = with_house(&app);
    let browser = app.browser();
    let page = set_out(&browser, "/").await;
    let state = url::Url::parse(&page).expect("a URL").query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let answer = format!("/sign-in/back/other?error=access_denied&state={state}");
    browser.get(&answer).await.is(422).says("You have not signed in");
    browser.get(&answer).await.is(422).says("does not belong");
}

async fn a_provider_that_cannot_be_reached_is_said_so(app: TestApp) {
    let (app, house) = with_house(&app);
    let gone = app.beside_with(|config| {
        config.providers = vec![boxrota::accounts::identity::Provider { issuer: "http://127.0.0.1:9".into(), ..house.provider() }];
    });
    gone.browser().get("/sign-in/with/other").await.is(422).says("could not be asked");
    assert_eq!(sessions(&app), 0);
}

async fn whoever_has_left_is_not_let_in(app: TestApp) {
    let (app, house) = with_house(&app);
    come_back(&app, &house, &app.browser(), Says::of("ash-1", &science_lead("Ash"))).await.is(303);
    app.raw().must(
        "UPDATE roles SET to_day = '2026-11-20' WHERE school_id = (SELECT min(id) FROM schools WHERE short_name = 'Ash') AND kind = 'ssl'",
    );
    come_back(&app, &house, &app.browser(), Says::of("ash-1", &science_lead("Ash"))).await.is(422).says("Nobody here");
}
