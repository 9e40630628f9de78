//! Inviting people, giving and ending roles, and handing on what a leaver had.

use chrono::TimeDelta;

use crate::harness::{Browser, Coordinator, Page, Ssl, TestApp, Wish, science_lead};

stories!(
    an_invitation_is_accepted_by_the_mails_link,
    an_invitation_pressed_by_two_at_once_counts_once,
    an_invitation_is_open_for_fourteen_days,
    an_invitation_sent_again_kills_the_old_link,
    a_withdrawn_invitation_is_dead,
    nobody_reads_anothers_invitation_link,
    whoever_is_signed_in_the_invited_address_counts,
    the_same_role_is_offered_only_once,
    a_bad_invitation_comes_back_filled_in,
    only_the_coordinator_changes_people,
    another_clusters_people_are_not_there,
    a_person_shows_roles_past_and_to_come_to_the_coordinator,
    a_role_ended_now_ends_the_session,
    a_role_that_began_today_can_be_taken_back,
    the_last_coordinator_stays,
    a_name_is_corrected_and_not_logged,
    who_cannot_be_written_to_is_named_to_the_coordinator,
    a_leaver_hands_on_to_a_successor,
    a_leaver_hands_on_to_the_school_until_somebody_is_named,
    a_leaver_invites_somebody_new_who_takes_over,
    handing_on_needs_the_leaver_or_the_coordinator,
);

/// The id of somebody, as addresses have it.
fn person(app: &TestApp, email: &str) -> String {
    boxrota::base::ids::PersonId(app.raw().number(&format!("SELECT id AS n FROM people WHERE email = '{email}'"))).to_string()
}

fn roles_of(app: &TestApp, email: &str) -> i64 {
    app.raw().number(&format!("SELECT count(*) AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = '{email}'"))
}

fn school(app: &TestApp, name: &str) -> String {
    let sql = format!("SELECT s.id AS n FROM schools s JOIN clusters c ON c.id = s.cluster_id WHERE s.short_name = '{name}'");
    boxrota::base::ids::SchoolId(app.raw().number(&sql)).to_string()
}

/// Fills the invitation in and sends it.
async fn invites(app: &TestApp, who: &Coordinator, name: &str, email: &str, role: &str, place: &str) -> Page {
    let place = if place.is_empty() { String::new() } else { school(app, place) };
    let form = who.open("/people/invite").await.form("/people/invite");
    let form = form.set("name", name).set("email", email).set("role", role).set("school", &place);
    who.browser.submit(&form).await
}

/// The link in the only letter there is, and its words on one line.
async fn link_in_the_mail(app: &TestApp, to: &str) -> (String, String) {
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!(letters[0].to_address, to);
    let start = letters[0].text.find("/invitation/").expect("a link in the letter");
    let link = letters[0].text[start..].split_whitespace().next().expect("a link").to_owned();
    (link, letters[0].text.split_whitespace().collect::<Vec<_>>().join(" "))
}

async fn press(browser: &Browser, link: &str) -> Page {
    let page = browser.open(link).await;
    browser.submit(&page.form(link)).await
}

/// Gives Ash a deputy, signed in.
async fn deputy(app: &TestApp, coordinator: &Coordinator) -> Ssl {
    invites(app, coordinator, "Dee Puty", "deputy@ash.example", "deputy", "Ash").await.is(303);
    let (link, _) = link_in_the_mail(app, "deputy@ash.example").await;
    press(&app.browser(), &link).await.is(303);
    assert_eq!(app.letters().await.len(), 1, "the inviter hears of it");
    Ssl::new(app, "ashdale", "deputy@ash.example").await
}

async fn an_invitation_is_accepted_by_the_mails_link(app: TestApp) {
    let coordinator = app.coordinator().await;
    invites(&app, &coordinator, "Sam Okoro", "Sam@Beech.example", "deputy", "Beech").await.is(303);
    coordinator.open("/people").await.says("Invitations without an answer").says("Sam Okoro").says("Open until 7 December 2026");
    let (link, words) = link_in_the_mail(&app, "sam@beech.example").await;
    assert!(words.contains("Deputy science lead, Beech") && words.contains("Ashdale"), "{words}");
    // A mail scanner opens it, and nothing happens.
    app.browser().get(&link).await.is(200).says("Beech").says("Coordinator, Ashdale").says("Ashdale");
    assert_eq!(roles_of(&app, "sam@beech.example"), 0);
    // Without the page's token nothing happens, either.
    let browser = app.browser();
    browser.open(&link).await;
    browser.post(&link, &[]).await.is(403);
    assert_eq!(roles_of(&app, "sam@beech.example"), 0);
    let answer = press(&browser, &link).await.is(303);
    assert_eq!(answer.header("location"), "/c/ashdale/week");
    browser.follow(answer).await.is(200);
    browser.open("/account").await.says("Sam Okoro").says("sam@beech.example");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to_address, coordinator.email);
    assert!(letters[0].title.contains("Sam Okoro"), "{}", letters[0].title);
    // Pressed a second time it says so, and nobody gets a second role.
    app.browser().get(&link).await.is(422).says("accepted already");
    assert_eq!(roles_of(&app, "sam@beech.example"), 1);
    coordinator.open("/people").await.says_not("without an answer");
    // Neither the outbox keeps the secret, nor the log the name.
    let secret = link.trim_start_matches("/invitation/");
    assert!(app.raw().texts("SELECT text_body || html_body AS t FROM messages").iter().all(|text| !text.contains(secret)));
    let log = app.raw().texts("SELECT before || after || verb AS t FROM changes").join("\n");
    assert!(log.contains("Deputy science lead, Beech") && !log.contains("Okoro") && !log.contains("sam@"), "{log}");
}

async fn who_cannot_be_written_to_is_named_to_the_coordinator(app: TestApp) {
    let coordinator = app.coordinator().await;
    coordinator.open("/people").await.says_not("cannot get e-mails");
    // What the table lets through and no mail server takes.
    app.raw().must("UPDATE people SET email = 'science.ash@nowhere' WHERE name = 'Science lead, Ash'");
    coordinator.open("/people").await.says("1 person cannot get e-mails").says("Science lead, Ash : science.ash@nowhere");
    app.ssl("Cedar").await.open("/people").await.says_not("cannot get e-mails");
}

async fn an_invitation_pressed_by_two_at_once_counts_once(app: TestApp) {
    let coordinator = app.coordinator().await;
    invites(&app, &coordinator, "Sam Okoro", "sam@beech.example", "deputy", "Beech").await.is(303);
    let (link, _) = link_in_the_mail(&app, "sam@beech.example").await;
    let mut presses = Vec::new();
    for _ in 0..8 {
        let browser = app.browser();
        let form = browser.open(&link).await.form(&link);
        presses.push(async move { browser.submit(&form).await.status });
    }
    let answers = crate::harness::all(presses).await;
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [303, 422].contains(status)), "{answers:?}");
    assert_eq!(roles_of(&app, "sam@beech.example"), 1);
    assert_eq!(app.letters().await.len(), 1);
}

async fn an_invitation_is_open_for_fourteen_days(app: TestApp) {
    let coordinator = app.coordinator().await;
    invites(&app, &coordinator, "Sam Okoro", "sam@beech.example", "deputy", "Beech").await.is(303);
    let (link, _) = link_in_the_mail(&app, "sam@beech.example").await;
    app.later(TimeDelta::days(14) - TimeDelta::seconds(1));
    let browser = app.browser();
    let form = browser.open(&link).await.form(&link);
    app.later(TimeDelta::seconds(1));
    browser.submit(&form).await.is(422).says("more than 14 days old");
    browser.get(&link).await.is(422).says("more than 14 days old");
    assert_eq!(roles_of(&app, "sam@beech.example"), 0);
    browser.get("/invitation/0123456789abcdefghjkmnpqrstvwxyz").await.is(422).says("not one of ours");
    browser.get("/invitation/nonsense").await.is(422);
    coordinator.open("/people").await.says("Run out");
}

async fn an_invitation_sent_again_kills_the_old_link(app: TestApp) {
    let coordinator = app.coordinator().await;
    invites(&app, &coordinator, "Sam Okoro", "sam@beech.example", "deputy", "Beech").await.is(303);
    let (old, _) = link_in_the_mail(&app, "sam@beech.example").await;
    app.later(TimeDelta::days(20));
    let page = coordinator.open("/people").await;
    coordinator.browser.send(&page.form("/again")).await.says("The invitation is sent again");
    let (new, _) = link_in_the_mail(&app, "sam@beech.example").await;
    app.browser().get(&old).await.is(422).says("a newer one");
    press(&app.browser(), &new).await.is(303);
    // The role did not count on days before the yes.
    let first = "SELECT count(*) AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = 'sam@beech.example' AND r.from_day = '2026-12-13'";
    assert_eq!(app.raw().number(first), 1);
    assert_eq!(app.letters().await.len(), 1);
    // The page with the button was open still.
    coordinator.browser.send(&page.form("/again")).await.says("answered already");
    assert_eq!(app.letters().await.len(), 0);
}

async fn a_withdrawn_invitation_is_dead(app: TestApp) {
    let coordinator = app.coordinator().await;
    invites(&app, &coordinator, "Sam Okoro", "sam@beech.example", "deputy", "Beech").await.is(303);
    let (link, _) = link_in_the_mail(&app, "sam@beech.example").await;
    let browser = app.browser();
    let form = browser.open(&link).await.form(&link);
    let page = coordinator.open("/people").await;
    coordinator.browser.send(&page.form("/withdraw")).await.says("withdrawn").says_not("Sam Okoro");
    coordinator.browser.send(&page.form("/withdraw")).await.says("answered already");
    browser.submit(&form).await.is(422).says("withdrawn");
    assert_eq!(roles_of(&app, "sam@beech.example"), 0);
    // One that has not left the house yet does not leave it any more.
    invites(&app, &coordinator, "Sam Okoro", "sam@beech.example", "deputy", "Beech").await.is(303);
    let page = coordinator.open("/people").await;
    coordinator.browser.send(&page.form("/withdraw")).await;
    assert_eq!(app.letters().await.len(), 0);
}

async fn nobody_reads_anothers_invitation_link(app: TestApp) {
    let coordinator = app.coordinator().await;
    // The head of another cluster is invited, and the mail does not go out: whoever had the link could sign in as him.
    invites(&app, &coordinator, "Oak", &science_lead("Oak"), "bursar", "").await.is(303);
    let stored = app.raw().texts("SELECT text_body AS t FROM messages WHERE kind = 'invitation'");
    let secret = stored[0].split("/invitation/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link").to_owned();
    let unread = async |when: &str| {
        let path = coordinator.open("/mail").await.link("Invitation to Ashdale");
        let page = coordinator.open(&format!("/{path}")).await.says("[link removed]");
        assert!(!page.text.contains(&secret), "{when}");
        let letter = coordinator.browser.open(&page.link("See it as a mail program shows it")).await;
        assert!(!letter.text.contains(&secret), "{when}");
    };
    unread("while it waits").await;
    app.next_letter(boxrota::mail::Outcome::Refused("no such mailbox".into()));
    assert_eq!(app.letters().await.len(), 0);
    unread("when it has failed").await;
    // Sent once more it still has its link.
    coordinator.browser.send(&coordinator.open("/mail").await.form("/mail/retry")).await;
    let (link, _) = link_in_the_mail(&app, &science_lead("Oak")).await;
    assert!(link.ends_with(&secret));
    unread("when it is sent").await;
}

async fn whoever_is_signed_in_the_invited_address_counts(app: TestApp) {
    let coordinator = app.coordinator().await;
    let oak = science_lead("Oak");
    invites(&app, &coordinator, "Another name", &oak, "bursar", "").await.is(303);
    let (link, _) = link_in_the_mail(&app, &oak).await;
    // Cedar's lead opens the link that was meant for Oak's.
    let cedar = app.ssl("Cedar").await;
    cedar.browser.open(&link).await.says(&oak);
    press(&cedar.browser, &link).await.is(303);
    assert_eq!(roles_of(&app, &science_lead("Cedar")), 1, "nothing new for who was signed in");
    assert_eq!(roles_of(&app, &oak), 2);
    // Oak's lead keeps the name known in Birchwood, and changes between the clusters in the header.
    let page = cedar.browser.open("/account").await.says("Science lead, Oak");
    assert!(["ashdale", "birchwood"].iter().all(|slug| page.attributes("main a[href]", "href").contains(&format!("/c/{slug}/calendar"))));
    assert_eq!(app.letters().await.len(), 1);
}

async fn the_same_role_is_offered_only_once(app: TestApp) {
    let coordinator = app.coordinator().await;
    let page = invites(&app, &coordinator, "Ash", &science_lead("Ash"), "ssl", "Ash").await.is(422).says("has this role already");
    assert_eq!(page.form("/people/invite").value("email"), science_lead("Ash"));
    invites(&app, &coordinator, "Sam", "sam@beech.example", "deputy", "Beech").await.is(303);
    invites(&app, &coordinator, "Sam", "sam@beech.example", "deputy", "Beech").await.is(422).says("invited to this role already");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM invitations"), 1);
    assert_eq!(app.letters().await.len(), 1);
    let ash = person(&app, &science_lead("Ash"));
    let form =
        coordinator.open(&format!("/people/{ash}/roles")).await.form("/roles").set("role", "ssl").set("school", &school(&app, "Ash"));
    coordinator.browser.submit(&form).await.is(422).says("has this role already");
    assert_eq!(roles_of(&app, &science_lead("Ash")), 1);
}

async fn a_bad_invitation_comes_back_filled_in(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open(&format!("/people/invite?school={}", school(&app, "Beech"))).await.form("/people/invite");
    assert_eq!((form.value("school"), form.value("role"), form.value("from-day")), (school(&app, "Beech").as_str(), "ssl", "23"));
    let bad = form.clone().set("name", " ").set("email", "nobody").set("from-month", "13").set("to-day", "31");
    let page = coordinator.browser.submit(&bad).await.is(422);
    let page = page.says("Enter a name").says("Enter an e-mail address").says("There is no such day").says("Enter a day, month and year");
    let back = page.form("/people/invite");
    assert_eq!((back.value("email"), back.value("from-month"), back.value("to-day"), back.value("role")), ("nobody", "13", "31", "ssl"));
    let good = form.set("name", "Sam").set("email", "sam@beech.example");
    for (field, value, words) in [
        ("school", "", "this role belongs to one"),
        ("from-day", "22", "must be today"),
        ("role", "king", "Choose a role"),
        ("school", school(&app, "Oak").as_str(), "Choose a school from the list"),
    ] {
        coordinator.browser.submit(&good.clone().tampered(field, value)).await.is(422).says(words);
    }
    let ends = good.clone().set("to-day", "22").set("to-month", "11").set("to-year", "2026");
    coordinator.browser.submit(&ends).await.is(422).says("The last day must be the first day");
    coordinator.browser.submit(&good.without("csrf")).await.is(403);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM invitations"), 0);
}

async fn only_the_coordinator_changes_people(app: TestApp) {
    let (coordinator, lead) = (app.coordinator().await, app.ssl("Ash").await);
    let beech = person(&app, &science_lead("Beech"));
    let role = app
        .raw()
        .number(&format!("SELECT r.id AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = '{}'", science_lead("Beech")));
    let role = boxrota::base::ids::RoleId(role).to_string();
    let page = lead.open("/people").await;
    assert!(page.links("Invite somebody").is_empty());
    page.link("Science lead, Beech");
    lead.open(&format!("/people/{beech}"))
        .await
        .says(&science_lead("Beech"))
        .says("Beech")
        .says_not("All roles")
        .says_not("What you can do");
    let token = lead.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    for path in [
        "/people/invite".to_owned(),
        format!("/people/{beech}/name"),
        format!("/people/{beech}/roles"),
        format!("/people/{beech}/roles/{role}/end"),
        format!("/people/{beech}/hand-on"),
    ] {
        lead.get(&path).await.is(403);
        let fields = [
            ("csrf".to_owned(), token.clone()),
            ("name".to_owned(), "Somebody".to_owned()),
            ("when".to_owned(), "now".to_owned()),
            ("successor".to_owned(), "school".to_owned()),
        ];
        lead.browser.post(&format!("{}{path}", lead.base), &fields).await.is(403);
    }
    invites(&app, &coordinator, "Sam", "sam@beech.example", "deputy", "Beech").await.is(303);
    assert_eq!(app.letters().await.len(), 1);
    for verb in ["/again", "/withdraw"] {
        let action = coordinator.open("/people").await.form(verb).action;
        lead.browser.post(&action, &[("csrf".to_owned(), token.clone())]).await.is(403);
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM invitations WHERE withdrawn_at IS NULL"), 1);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM roles WHERE to_day IS NOT NULL"), 0);
}

async fn another_clusters_people_are_not_there(app: TestApp) {
    let (coordinator, other) = (app.coordinator().await, Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await);
    invites(&app, &coordinator, "Sam", "sam@beech.example", "deputy", "Beech").await.is(303);
    assert_eq!(app.letters().await.len(), 1);
    let ash = person(&app, &science_lead("Ash"));
    let role = app
        .raw()
        .number(&format!("SELECT r.id AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = '{}'", science_lead("Ash")));
    let role = boxrota::base::ids::RoleId(role).to_string();
    let token = other.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    let again = coordinator.open("/people").await.form("/again").action.replace("ashdale", "birchwood");
    let form = |more: &[(&str, &str)]| {
        let mut fields = vec![("csrf".to_owned(), token.clone())];
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        fields
    };
    for path in ["", "/name", "/roles", &format!("/roles/{role}/end"), "/hand-on"] {
        other.get(&format!("/people/{ash}{path}")).await.is(404);
    }
    let base = format!("/c/birchwood/people/{ash}");
    other.browser.post(&format!("{base}/name"), &form(&[("name", "Stolen")])).await.is(404);
    other.browser.post(&format!("{base}/roles"), &form(&[("role", "bursar")])).await.is(404);
    other.browser.post(&format!("{base}/roles/{role}/end"), &form(&[("when", "now")])).await.is(404);
    other.browser.post(&format!("{base}/hand-on"), &form(&[("successor", "school"), ("when", "now"), ("role", &role)])).await.is(404);
    other.browser.post(&again, &form(&[])).await.is(404);
    other.browser.post(&again.replace("again", "withdraw"), &form(&[])).await.is(404);
    // A role of Ashdale under a person of Birchwood.
    let oak = person(&app, &science_lead("Oak"));
    other.get(&format!("/people/{oak}/roles/{role}/end")).await.is(404);
    coordinator.get(&format!("/people/{oak}")).await.is(404);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM roles WHERE to_day IS NOT NULL"), 0);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE name = 'Stolen'"), 0);
}

async fn a_person_shows_roles_past_and_to_come_to_the_coordinator(app: TestApp) {
    let (coordinator, lead) = (app.coordinator().await, app.ssl("Ash").await);
    let beech = person(&app, &science_lead("Beech"));
    let form = coordinator.open(&format!("/people/{beech}/roles")).await.form("/roles");
    let form = form
        .set("role", "deputy")
        .set("school", &school(&app, "Cedar"))
        .set("from-day", "4")
        .set("from-month", "1")
        .set("from-year", "2027");
    coordinator.browser.send(&form).await.says("The role is added").says("To come").says("4 January 2027");
    lead.open(&format!("/people/{beech}")).await.says_not("Cedar");
    let page = coordinator.open(&format!("/people/{beech}")).await;
    let end = page.link("End it Science lead, Beech");
    let page = coordinator.browser.open(&end).await;
    coordinator.browser.submit(&page.form("/end").set("last-day", "22")).await.is(422).says("today or later");
    coordinator.browser.submit(&page.form("/end").set("last-day", "x")).await.is(422).says("Enter a day, month and year");
    for _ in 0..2 {
        coordinator.browser.send(&page.form("/end").set("last-day", "30")).await.says("The role is ended");
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE verb = 'had a role ended'"), 1, "pressed twice");
    lead.open(&format!("/people/{beech}")).await.says("Science lead");
    app.later(TimeDelta::days(8));
    lead.get(&format!("/people/{beech}")).await.is(404);
    coordinator.open(&format!("/people/{beech}")).await.says("Over").says("30 November 2026");
    // The school has no science lead now, and one click names it.
    let page = coordinator.open("/people").await.says("1 school without a science lead");
    let form = coordinator.browser.open(&page.link("Invite a science lead for Beech")).await.form("/people/invite");
    assert_eq!(form.value("school"), school(&app, "Beech"));
}

async fn a_role_ended_now_ends_the_session(app: TestApp) {
    let (coordinator, lead) = (app.coordinator().await, app.ssl("Beech").await);
    let page = coordinator.open(&format!("/people/{}", person(&app, &lead.email))).await;
    let form = coordinator.browser.open(&page.link("End it")).await.form("/end").set("when", "now");
    lead.open("/calendar").await;
    coordinator.browser.send(&form).await.says("The role is ended");
    let answer = lead.get("/calendar").await.is(303);
    assert!(answer.header("location").starts_with("/sign-in"), "{}", answer.header("location"));
    let revoked = format!(
        "SELECT count(*) AS n FROM sessions s JOIN people p ON p.id = s.person_id WHERE p.email = '{}' AND s.revoked_at IS NULL",
        lead.email
    );
    assert_eq!(app.raw().number(&revoked), 0);
    coordinator.browser.submit(&form).await.is(422).says("This role is over");
    // Who has a role elsewhere is out of this cluster, and signed in still.
    let ash = science_lead("Ash");
    let birchwood = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    invites(&app, &birchwood, "Ash", &ash, "bursar", "").await.is(303);
    let (link, _) = link_in_the_mail(&app, &ash).await;
    let browser = app.browser();
    press(&browser, &link).await.is(303);
    assert_eq!(app.letters().await.len(), 1);
    let page = coordinator.open(&format!("/people/{}", person(&app, &ash))).await;
    let form = coordinator.browser.open(&page.link("End it")).await.form("/end").set("when", "now");
    coordinator.browser.send(&form).await;
    browser.get("/c/ashdale/calendar").await.is(404);
    browser.get("/c/birchwood/calendar").await.is(200);
}

async fn a_role_that_began_today_can_be_taken_back(app: TestApp) {
    let coordinator = app.coordinator().await;
    let cedar = person(&app, &science_lead("Cedar"));
    let form = coordinator.open(&format!("/people/{cedar}/roles")).await.form("/roles").set("role", "coordinator");
    let page = coordinator.browser.send(&form).await;
    assert_eq!(roles_of(&app, &science_lead("Cedar")), 2);
    let form = coordinator.browser.open(&page.link("End it Coordinator")).await.form("/end").set("when", "now");
    coordinator.browser.send(&form).await.says("The role is ended");
    assert_eq!(roles_of(&app, &science_lead("Cedar")), 1);
    let log = app.raw().texts("SELECT before || ' / ' || after AS t FROM changes WHERE verb = 'had a role ended'");
    assert_eq!(log, ["Coordinator from 23 November 2026 / taken away before its first day was over"]);
    app.ssl("Cedar").await.get("/requests").await.is(403);
}

async fn the_last_coordinator_stays(app: TestApp) {
    let coordinator = app.coordinator().await;
    let page = coordinator.open(&format!("/people/{}", person(&app, &coordinator.email))).await;
    assert!(page.links("End it").is_empty(), "what cannot be done is not offered");
    let role =
        app.raw().number("SELECT r.id AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = 'coordinator@ashdale.example'");
    let end = format!("/people/{}/roles/{}/end", person(&app, &coordinator.email), boxrota::base::ids::RoleId(role));
    let form = coordinator.open(&end).await.says("Nobody else is the coordinator for good").form("/end");
    for when in ["now", "day"] {
        let page = coordinator.browser.submit(&form.clone().set("when", when)).await.is(422);
        page.says("Nobody else is the coordinator for good");
    }
    let cedar = person(&app, &science_lead("Cedar"));
    let add = coordinator.open(&format!("/people/{cedar}/roles")).await.form("/roles").set("role", "coordinator");
    coordinator.browser.send(&add).await;
    let answer = coordinator.browser.submit(&form.set("when", "now")).await.is(303);
    drop(answer);
    assert!(coordinator.get("/people").await.is(303).header("location").starts_with("/sign-in"));
    app.ssl("Cedar").await.open("/people/invite").await;
}

async fn a_name_is_corrected_and_not_logged(app: TestApp) {
    let coordinator = app.coordinator().await;
    let ash = person(&app, &science_lead("Ash"));
    let form = coordinator.open(&format!("/people/{ash}/name")).await.form("/name");
    assert_eq!(form.value("name"), "Science lead, Ash");
    coordinator.browser.submit(&form.clone().set("name", "  ")).await.is(422).says("Enter a name");
    coordinator.browser.submit(&form.clone().without("csrf")).await.is(403);
    for _ in 0..2 {
        coordinator
            .browser
            .send(&form.clone().set("name", "Ashley  <b>Grey</b>"))
            .await
            .says("The name is corrected")
            .says("Ashley <b>Grey</b>");
    }
    let log = app.raw().texts("SELECT before || after AS t FROM changes WHERE verb = 'had the name corrected'");
    assert_eq!(log, [""]);
}

/// Two loans to come of Ash's lead, one of them out: their paths.
async fn two_loans(app: &TestApp, lead: &Ssl) -> [String; 2] {
    let (sound, magnets) = (app.resource("ashdale", "Sound"), app.resource("ashdale", "Magnets"));
    let out = lead.books(&Wish::of(&magnets, "2026-11-23", "2026-11-26")).await;
    let coming = lead.books(&Wish::of(&sound, "2026-12-07", "2026-12-11")).await;
    let page = lead.browser.open(&out).await;
    lead.browser.send(&page.form("/collected")).await;
    [out, coming]
}

async fn a_leaver_hands_on_to_a_successor(app: TestApp) {
    let (coordinator, lead) = (app.coordinator().await, app.ssl("Ash").await);
    let (second_device, loans) = (app.ssl("Ash").await, two_loans(&app, &lead).await);
    assert_eq!(app.letters().await.len(), 2);
    let deputy = deputy(&app, &coordinator).await;
    // A loan of another school, and one of the deputy's own, are nobody's business here.
    let beech = app
        .ssl("Beech")
        .await
        .books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-11").with("class", "Year 6"))
        .await;
    assert_eq!(app.letters().await.len(), 1);
    let page = coordinator.open(&format!("/people/{}", person(&app, &lead.email))).await;
    let page = coordinator.browser.open(&page.link("Hand on: Science lead, Ash")).await;
    let page = page.says("Magnets (MG1)").says("out now").says("7 to 11 December 2026").says("Dee Puty");
    assert_eq!(page.all("ul.links > li").len(), 2);
    let form = page.form("/hand-on").set("successor", &person(&app, "deputy@ash.example")).set("when", "now");
    coordinator.browser.submit(&form.clone().without("successor")).await.is(422).says("Choose who takes over");
    coordinator.browser.submit(&form.clone().tampered("successor", &person(&app, &science_lead("Oak")))).await.is(422);
    coordinator.browser.submit(&form.clone().without("csrf")).await.is(403);
    lead.open("/calendar").await;
    coordinator.browser.send(&form).await.says("Handed on");
    // At once, on every device.
    for device in [&lead, &second_device] {
        assert!(device.get("/calendar").await.is(303).header("location").starts_with("/sign-in"));
    }
    let letters = app.letters().await;
    let mut to: Vec<&str> = letters.iter().map(|letter| letter.to_address.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["deputy@ash.example", lead.email.as_str()]);
    for letter in &letters {
        assert!(letter.text.contains("MG1") && letter.text.contains("7 to 11 December 2026"), "{}", letter.text);
    }
    // Who booked it stays; who has it now is said beside.
    for loan in &loans {
        deputy.browser.open(loan).await.says("Science lead, Ash, now in the hands of Dee Puty").says("handed on");
    }
    deputy.browser.open(&beech).await.says_not("in the hands of");
    let kept = "SELECT count(*) AS n FROM bookings b JOIN people p ON p.id = b.person_id JOIN people k ON k.id = b.keeper_id WHERE k.name = 'Dee Puty' AND p.name = 'Science lead, Ash'";
    assert_eq!(app.raw().number(kept), 2);
    // Pressed again: once was enough.
    coordinator.browser.submit(&form).await.is(422).says("This role is over");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE verb = 'handed on'"), 2);
    // What happens to the loan from now on goes to the keeper, and not to who booked it.
    let page = coordinator.browser.open(&format!("{}/cancel", loans[1])).await;
    coordinator.browser.send(&page.form("/cancel").set("reason", "Snow")).await;
    let letters = app.letters().await;
    assert_eq!(letters.iter().map(|letter| letter.to_address.as_str()).collect::<Vec<_>>(), ["deputy@ash.example"]);
    assert!(letters[0].text.contains("handed on to you"), "{}", letters[0].text);
}

async fn a_leaver_hands_on_to_the_school_until_somebody_is_named(app: TestApp) {
    let (coordinator, lead) = (app.coordinator().await, app.ssl("Ash").await);
    let loans = two_loans(&app, &lead).await;
    assert_eq!(app.letters().await.len(), 2);
    // The leaver does it himself, and is out when it is done.
    let page = lead.open(&format!("/people/{}", person(&app, &lead.email))).await;
    let form = lead.browser.open(&page.link("Hand on")).await.form("/hand-on").set("successor", "school").set("when", "now");
    lead.browser.submit(&form).await.is(200).says("it is handed on");
    lead.get("/calendar").await.is(303);
    let letters = app.letters().await;
    let mut to: Vec<&str> = letters.iter().map(|letter| letter.to_address.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, [coordinator.email.as_str(), lead.email.as_str()]);
    assert!(letters.iter().all(|letter| letter.text.contains("MG1")), "{letters:#?}");
    coordinator.browser.open(&loans[1]).await.says("Science lead, Ash, now in the hands of the school");
    // Somebody is named, and has it.
    invites(&app, &coordinator, "Sam Okoro", "sam@ash.example", "ssl", "Ash").await.is(303);
    let (link, _) = link_in_the_mail(&app, "sam@ash.example").await;
    press(&app.browser(), &link).await.is(303);
    for loan in &loans {
        coordinator.browser.open(loan).await.says("Science lead, Ash, now in the hands of Sam Okoro");
    }
    assert_eq!(app.letters().await.len(), 1);
}

async fn a_leaver_invites_somebody_new_who_takes_over(app: TestApp) {
    let (coordinator, lead) = (app.coordinator().await, app.ssl("Ash").await);
    let loans = two_loans(&app, &lead).await;
    assert_eq!(app.letters().await.len(), 2);
    let form = lead.open(&format!("/people/{}/hand-on", person(&app, &lead.email))).await.form("/hand-on").set("successor", "new");
    let page = lead.browser.submit(&form.clone().set("name", "Sam Okoro").set("email", &lead.email)).await.is(422);
    let page = page.says("This is the address of who leaves");
    assert_eq!(page.form("/hand-on").value("name"), "Sam Okoro");
    lead.browser.submit(&form).await.is(422).says("Enter a name").says("Enter an e-mail address");
    // The last day is still to come: the leaver stays until then.
    let form = form.set("name", "Sam Okoro").set("email", "sam@ash.example").set("last-day", "27");
    lead.browser.send(&form).await.says("Handed on");
    lead.open("/calendar").await;
    lead.browser.submit(&form).await.is(422).says("invited to this role already");
    // Nor is a second one asked while the first may yet say yes.
    let second = form.clone().set("name", "Kim Lee").set("email", "kim@ash.example");
    lead.browser.submit(&second).await.is(422).says("Somebody else has been invited to take over already");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM invitations"), 1);
    let letters = app.letters().await;
    let mut to: Vec<&str> = letters.iter().map(|letter| letter.to_address.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, [coordinator.email.as_str(), "sam@ash.example", lead.email.as_str()]);
    let invitation = letters.iter().find(|letter| letter.to_address == "sam@ash.example").expect("the invitation");
    assert!(invitation.text.contains("7 to 11 December 2026"), "{}", invitation.text);
    let start = invitation.text.find("/invitation/").expect("a link");
    let link = invitation.text[start..].split_whitespace().next().expect("a link").to_owned();
    press(&app.browser(), &link).await.is(303);
    // What ends before the last day stays with the leaver; what comes after goes to the new lead.
    coordinator.browser.open(&loans[0]).await.says_not("in the hands of");
    coordinator.browser.open(&loans[1]).await.says("now in the hands of Sam Okoro");
    assert_eq!(app.letters().await.len(), 1);
    app.later(TimeDelta::days(5));
    lead.get("/calendar").await.is(404);
}

async fn handing_on_needs_the_leaver_or_the_coordinator(app: TestApp) {
    let (beech, ash) = (app.ssl("Beech").await, person(&app, &science_lead("Ash")));
    beech.get(&format!("/people/{ash}/hand-on")).await.is(403);
    let own =
        beech.open(&format!("/people/{}/hand-on", person(&app, &beech.email))).await.says("Nothing: no loan to come").form("/hand-on");
    beech.browser.submit(&own.clone().sent_to(&format!("/c/ashdale/people/{ash}/hand-on")).set("successor", "school")).await.is(403);
    // One's own page, and another's role.
    let role = app
        .raw()
        .number(&format!("SELECT r.id AS n FROM roles r JOIN people p ON p.id = r.person_id WHERE p.email = '{}'", science_lead("Ash")));
    let stolen = own.set("successor", "school").tampered("role", &boxrota::base::ids::RoleId(role).to_string());
    beech.browser.submit(&stolen).await.is(404);
    let bursar = crate::harness::Bursar::new(&app, "ashdale", "bursar@ashdale.example").await;
    bursar.get(&format!("/people/{}/hand-on", person(&app, &bursar.email))).await.is(404);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM roles WHERE to_day IS NOT NULL"), 0);
}
