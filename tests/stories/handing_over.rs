//! Handing over: counted on both sides, signed by both, whatever goes wrong on the way.

use std::collections::BTreeSet;

use boxrota::base::ids::{ContentsLineId, CopyId, HandoverId, PhotoId};

use crate::harness::{Form, Page, Person, Ssl, TestApp, Wish, all};

stories!(
    from_school_to_school_and_home_again,
    what_is_missing_is_said_and_stays_said,
    none_and_not_counted_are_kept_apart,
    consumables_are_asked_loosely,
    the_receiver_refuses_and_it_is_as_before,
    the_giver_takes_it_back,
    nobody_gave_it_up,
    only_those_between_whom_it_goes,
    another_clusters_copies_are_not_there,
    a_form_without_its_token_changes_nothing,
    sent_twice_it_counts_once,
    of_two_phones_one_wins,
    what_is_wrong_is_said_at_the_field,
    a_stranger_sees_whose_it_is_and_can_say_where,
    a_photo_is_a_picture_without_a_place,
    the_quick_word_closes_what_was_on_its_way,
);

pub fn copy(app: &TestApp, cluster: &str, tag: &str) -> String {
    let sql =
        format!("SELECT c.id AS n FROM copies c JOIN clusters k ON k.id = c.cluster_id WHERE k.slug = '{cluster}' AND c.tag = '{tag}'");
    CopyId(app.raw().number(&sql)).to_string()
}

/// The ending of the fields of a line of Magnets.
pub fn line(app: &TestApp, item: &str) -> String {
    let sql = format!(
        "SELECT l.id AS n FROM contents_lines l JOIN resources r ON r.cluster_id = l.cluster_id AND r.id = l.resource_id
         JOIN clusters k ON k.id = l.cluster_id WHERE k.slug = 'ashdale' AND r.name = 'Magnets' AND l.item = '{item}'"
    );
    ContentsLineId(app.raw().number(&sql)).to_string()
}

/// Beech has Magnets this week, Cedar the week after.
pub async fn two_loans(app: &TestApp) -> (Ssl, Ssl, String) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-27")).await;
    cedar.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    app.letters().await;
    (beech, cedar, copy(app, "ashdale", "MG1"))
}

/// The same, and Beech has it.
pub async fn at_beech(app: &TestApp) -> (Ssl, Ssl, String) {
    let (beech, cedar, copy) = two_loans(app).await;
    send(&beech, &copy, "receive", &[]).await.is(303);
    app.letters().await;
    (beech, cedar, copy)
}

pub async fn form(person: &Person, copy: &str, side: &str) -> Form {
    person.open(&format!("/copies/{copy}/{side}")).await.form(&format!("/{side}")).tampered("how", "lines")
}

/// Counts and sends; nothing changed is "all there" in one tap.
pub async fn send(person: &Person, copy: &str, side: &str, changes: &[(&str, &str)]) -> Page {
    let mut form = form(person, copy, side).await;
    if changes.is_empty() {
        form = form.tampered("how", "all_there");
    }
    for (name, value) in changes {
        // A tick that is taken away is not sent at all.
        form = if name.starts_with("there-") && value.is_empty() { form.without(name) } else { form.set(name, value) };
    }
    person.browser.submit(&form).await
}

pub fn place(app: &TestApp) -> (String, String, bool) {
    let mut raw = app.raw();
    let of_magnets = "FROM custody c JOIN copies p ON p.cluster_id = c.cluster_id AND p.id = c.copy_id JOIN schools s ON s.cluster_id = c.cluster_id AND s.id = c.school_id WHERE p.tag = 'MG1'";
    let place = raw.texts(&format!("SELECT c.place AS t {of_magnets}")).remove(0);
    let school = raw.texts(&format!("SELECT s.short_name AS t {of_magnets}")).remove(0);
    let booked = raw.number(&format!("SELECT count(c.booking_id) AS n {of_magnets}")) == 1;
    (place, school, booked)
}

pub fn at(place: &str, school: &str, booked: bool) -> (String, String, bool) {
    (place.into(), school.into(), booked)
}

pub fn kinds(letters: &[boxrota::mail::Message]) -> Vec<(String, String)> {
    let mut kinds: Vec<_> = letters.iter().map(|letter| (letter.kind.clone(), letter.to_address.clone())).collect();
    kinds.sort();
    kinds
}

pub fn kind(kind: &str, to: &str) -> (String, String) {
    (kind.into(), to.into())
}

pub const ASH: &str = "science.lead@ash.example";
pub const BEECH: &str = "science.lead@beech.example";
pub const CEDAR: &str = "science.lead@cedar.example";
pub const COORDINATOR: &str = "coordinator@ashdale.example";

async fn from_school_to_school_and_home_again(app: TestApp) {
    let (beech, _, copy) = two_loans(&app).await;
    let ash = app.ssl("Ash").await;
    // The code on the lid leads those of the cluster to the copy, in either case.
    let code = app.raw().texts("SELECT code AS t FROM copies WHERE tag = 'MG1'").remove(0);
    let opened = ash.browser.get(&format!("/b/{}", code.to_lowercase())).await.is(303);
    assert_eq!(opened.header("location"), format!("/c/ashdale/copies/{copy}"));
    let page = ash.open(&format!("/copies/{copy}")).await.says("In the store at Ash").says("It goes to Beech");
    assert_eq!(page.all("a.big").len(), 1, "it is Ash's to give up, not to receive");
    // All there, in one tap, on both sides.
    let given = ash.browser.follow(send(&ash, &copy, "give", &[]).await.is(303)).await;
    given.says("Magnets is handed over").says("On its way").says("From Ash to Beech");
    assert_eq!(place(&app), at("transit", "Ash", false));
    assert_eq!(kinds(&app.letters().await), [kind("handover_given", BEECH)]);
    let page = beech.open(&format!("/copies/{copy}")).await;
    assert!(page.all("a.big")[0].contains("I have received it"), "what is due first is on top");
    let received = beech.browser.follow(send(&beech, &copy, "receive", &[]).await.is(303)).await;
    received.says("Magnets is received").says("You have it until Friday 27 November 2026");
    assert_eq!(place(&app), at("school", "Beech", true));
    assert_eq!(kinds(&app.letters().await), [kind("handover_received", ASH), kind("handover_received", BEECH)]);
    // On Friday it goes on; on the Monday after Cedar has it, and the plan follows.
    app.at("2026-11-27T15:00:00Z");
    send(&beech, &copy, "give", &[]).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE returned_on = '2026-11-27'"), 1);
    app.at("2026-11-30T08:00:00Z");
    let cedar = app.ssl("Cedar").await;
    let received = cedar.browser.follow(send(&cedar, &copy, "receive", &[]).await.is(303)).await;
    assert_eq!(place(&app), at("school", "Cedar", true));
    let both = cedar.browser.open(&received.link("See what was counted")).await;
    both.says("Handed over by Beech").says("Received by Cedar").says("Science lead, Beech").says_not("The two counts differ");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE collected_on = '2026-11-30'"), 1);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM legs WHERE state = 'done'"), 2);
    // Home: the school where the store is takes it in.
    send(&cedar, &copy, "give", &[]).await.is(303);
    let ash = app.ssl("Ash").await;
    let home = ash.browser.follow(send(&ash, &copy, "receive", &[]).await.is(303)).await;
    home.says("Magnets is in the store").says("In the store at Ash");
    assert_eq!(place(&app), at("store", "Ash", false));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE last_day = '2026-11-30'"), 1, "the days not used are free again");
    app.letters().await;
}

async fn what_is_missing_is_said_and_stays_said(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let fork = line(&app, "Tuning fork");
    let (there, n, why, note) = (format!("there-{fork}"), format!("n-{fork}"), format!("why-{fork}"), format!("note-{fork}"));
    send(&beech, &copy, "give", &[]).await.is(303);
    app.letters().await;
    let shown = cedar.open(&format!("/copies/{copy}/receive")).await;
    shown.says("Tuning fork: 6").says("Handed over as: 6").says("Handed over as: plenty");
    let short = [(there.as_str(), ""), (&n, "4"), (&why, "missing"), (&note, "looked under the foam"), ("note", "Thank you")];
    let done = cedar.browser.follow(send(&cedar, &copy, "receive", &short).await.is(303)).await;
    let both = cedar.browser.open(&done.link("See what was counted")).await;
    both.says("The two counts differ").says("4 of 6, missing").says("looked under the foam").says("Differs");
    // That its loan has ended early, Beech hears apart.
    let letters: Vec<_> = app.letters().await.into_iter().filter(|letter| letter.kind != "booking_changed").collect();
    let receipts = [kind("handover_received", BEECH), kind("handover_received", CEDAR), kind("handover_received", COORDINATOR)];
    let mut receipts = receipts.to_vec();
    receipts.sort();
    assert_eq!(kinds(&letters), receipts, "the coordinator hears of what differs");
    for letter in &letters {
        let words = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("Tuning fork: handed over as 6, received as 4 of 6, missing"), "{words}");
        assert!(words.contains("Essential, short: Tuning fork: 2 of 6 missing"), "{words}");
    }
    // Neither count has overwritten the other, and what is short is known from now on.
    assert_eq!(app.raw().number("SELECT sum(counted) AS n FROM count_lines WHERE item = 'Tuning fork'"), 6 + 6 + 4);
    cedar.open(&format!("/copies/{copy}")).await.says("Something essential is short").says("Tuning fork: 2 of 6 missing");
    app.at("2026-12-04T15:00:00Z");
    let cedar = app.ssl("Cedar").await;
    let page = cedar.open(&format!("/copies/{copy}/give")).await;
    page.says("Tuning fork: 4 of 6").says("2 missing since 23 November 2026");
    // As it was known to be is one tap, and does not heal it.
    send(&cedar, &copy, "give", &[]).await.is(303);
    assert_eq!(app.raw().number("SELECT CAST(min(counted) AS BIGINT) AS n FROM count_lines WHERE item = 'Tuning fork'"), 4);
    cedar.open(&format!("/copies/{copy}")).await.says("Tuning fork: 2 of 6 missing");
    app.letters().await;
}

async fn none_and_not_counted_are_kept_apart(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let fork = line(&app, "Tuning fork");
    let (there, n, why) = (format!("there-{fork}"), format!("n-{fork}"), format!("why-{fork}"));
    send(&beech, &copy, "give", &[(there.as_str(), ""), (&why, "not_counted")]).await.is(303);
    let not_counted = "SELECT count(*) AS n FROM count_lines WHERE item = 'Tuning fork' AND counted IS NULL AND why = 'not_counted'";
    assert_eq!(app.raw().number(not_counted), 1);
    let done = send(&cedar, &copy, "receive", &[(n.as_str(), "0"), (&why, "missing")]).await.is(303);
    let none = "SELECT count(*) AS n FROM count_lines WHERE item = 'Tuning fork' AND counted = 0";
    assert_eq!(app.raw().number(none), 1);
    let page = cedar.browser.follow(done).await;
    let both = cedar.browser.open(&page.link("See what was counted")).await;
    both.says("Not counted").says("0 of 6, missing").says_not("The two counts differ");
    // Nothing counted at all is a count, too, and says nothing of any line.
    let uncounted = form(&cedar, &copy, "give").await.tampered("how", "none");
    cedar.browser.submit(&uncounted).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts WHERE how = 'none'"), 1);
    cedar.open(&format!("/copies/{copy}")).await.says("Tuning fork: 6 of 6 missing");
    app.letters().await;
}

async fn consumables_are_asked_loosely(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let rice = line(&app, "Rice");
    let (loose, n) = (format!("loose-{rice}"), format!("n-{rice}"));
    send(&beech, &copy, "give", &[(loose.as_str(), "low")]).await.is(303);
    cedar.open(&format!("/copies/{copy}/receive")).await.says("Handed over as: low");
    let done = send(&cedar, &copy, "receive", &[(loose.as_str(), "none"), (&n, "0")]).await.is(303);
    let page = cedar.browser.follow(done).await;
    cedar.browser.open(&page.link("See what was counted")).await.says("Low").says("0 of 1").says("The two counts differ");
    let number = "SELECT count(*) AS n FROM count_lines WHERE item = 'Rice' AND counted = 0 AND loose IS NULL";
    assert_eq!(app.raw().number(number), 1, "a number says more than a word");
    app.letters().await;
}

async fn the_receiver_refuses_and_it_is_as_before(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let days = || {
        app.raw().texts(
            "SELECT first_day || ' ' || last_day || ' ' || coalesce(CAST(returned_on AS TEXT), '-') AS t FROM bookings ORDER BY first_day",
        )
    };
    let before = days();
    send(&beech, &copy, "give", &[]).await.is(303);
    app.letters().await;
    let refusal = cedar.open(&format!("/copies/{copy}/receive")).await.form("/refuse");
    let empty = cedar.browser.submit(&refusal).await.is(422).says("Say why you do not take it");
    assert_eq!(empty.attributes(".errs a", "href"), ["#reason"]);
    let refusal = refusal.set("reason", "The lid is broken");
    cedar.browser.send(&refusal).await.says("Magnets is refused").says("It is with Beech again");
    assert_eq!(place(&app), at("school", "Beech", true));
    assert_eq!(days(), before, "Beech has it for the days it had it for");
    let letters = app.letters().await;
    let mut told = vec![kind("handover_refused", BEECH), kind("handover_refused", COORDINATOR)];
    told.sort();
    assert_eq!(kinds(&letters), told);
    assert!(letters.iter().all(|letter| letter.text.contains("The lid is broken")));
    // Sent again it is still one refusal, and it can be given up anew.
    cedar.browser.submit(&refusal).await.is(303);
    assert_eq!(app.letters().await.len(), 0);
    send(&beech, &copy, "give", &[]).await.is(303);
    send(&cedar, &copy, "receive", &[]).await.is(303);
    assert_eq!(place(&app), at("school", "Cedar", true));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE state = 'refused'"), 1);
    app.letters().await;
}

async fn the_giver_takes_it_back(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    send(&beech, &copy, "give", &[]).await.is(303);
    app.letters().await;
    let waiting = beech.open(&format!("/copies/{copy}")).await;
    // The one who is to receive it cannot take it back.
    let token = cedar.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    cedar.browser.submit(&waiting.form("/take-back").tampered("csrf", &token)).await.is(403);
    beech.browser.send(&waiting.form("/take-back")).await.says("You have Magnets again");
    assert_eq!(place(&app), at("school", "Beech", true));
    assert_eq!(kinds(&app.letters().await), [kind("handover_withdrawn", CEDAR)]);
    beech.browser.submit(&waiting.form("/take-back")).await.is(422).says("It is not on its way any more");
    // The same from the store.
    let (ash, sound) = (app.ssl("Ash").await, copy_of_sound(&app));
    beech.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-11-23", "2026-11-27").with("copy", &sound)).await;
    send(&ash, &sound, "give", &[]).await.is(303);
    ash.browser.send(&ash.open(&format!("/copies/{sound}")).await.form("/take-back")).await.says("In the store at Ash");
    app.letters().await;
}

fn copy_of_sound(app: &TestApp) -> String {
    copy(app, "ashdale", "SO1")
}

async fn nobody_gave_it_up(app: TestApp) {
    let (beech, _, copy) = two_loans(&app).await;
    let page = beech.open(&format!("/copies/{copy}/receive")).await;
    page.says("Ash has not said that it handed it over");
    send(&beech, &copy, "receive", &[]).await.is(303);
    assert_eq!(kinds(&app.letters().await), [kind("handover_received", BEECH), kind("handover_taken", ASH)]);
    app.at("2026-11-27T15:00:00Z");
    let cedar = app.ssl("Cedar").await;
    // From a school that still has it out: its loan ends with it.
    let done = cedar.browser.follow(send(&cedar, &copy, "receive", &[]).await.is(303)).await;
    cedar.browser.open(&done.link("See what was counted")).await.says("Beech had not handed it over").says("Signed Nobody");
    assert_eq!(place(&app), at("school", "Cedar", true));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE returned_on = '2026-11-27'"), 1);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE given_at IS NULL AND state = 'accepted'"), 2);
    assert_eq!(kinds(&app.letters().await), [kind("handover_received", CEDAR), kind("handover_taken", BEECH)]);
}

async fn only_those_between_whom_it_goes(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let ash = app.ssl("Ash").await;
    // Whoever else opens it reads whose it is and whom to ask, and finds no button.
    let page = ash.open(&format!("/copies/{copy}")).await;
    let page = page
        .says("This box is not due to you")
        .says("At Beech since 23 November 2026")
        .says("It goes to Cedar next")
        .says(BEECH)
        .says(COORDINATOR);
    assert!(page.all("a.big").is_empty() && page.forms("/take-back").is_empty());
    let theirs = form(&beech, &copy, "give").await;
    let token = ash.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    for side in ["give", "receive"] {
        ash.get(&format!("/copies/{copy}/{side}")).await.is(403);
        let forged = theirs.clone().tampered("csrf", &token).sent_to(&format!("/c/ashdale/copies/{copy}/{side}"));
        ash.browser.submit(&forged).await.is(403);
    }
    // The receiver cannot hand it over for the giver, nor the giver receive it for the receiver.
    let token = cedar.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    cedar.browser.submit(&theirs.clone().tampered("csrf", &token)).await.is(403);
    cedar.get(&format!("/copies/{copy}/receive")).await.is(303);
    let early = theirs.clone().tampered("csrf", &token).sent_to(&format!("/c/ashdale/copies/{copy}/receive"));
    cedar.browser.submit(&early).await.is(422).says("It is too early. You can receive it from Friday 27 November 2026");
    let head = crate::harness::Bursar::new(&app, "ashdale", "head@ashdale.example").await;
    head.open(&format!("/copies/{copy}")).await.says("This box is not due to you");
    head.get(&format!("/copies/{copy}/give")).await.is(403);
    assert_eq!(place(&app), at("school", "Beech", true));
    // A coordinator may do it for either, and signs with the own name.
    let coordinator = app.coordinator().await;
    send(&coordinator, &copy, "give", &[]).await.is(303);
    let done = coordinator.browser.follow(send(&coordinator, &copy, "receive", &[]).await.is(303)).await;
    coordinator.browser.open(&done.link("See what was counted")).await.says("Coordinator, Ashdale");
    let told: BTreeSet<_> = app.letters().await.into_iter().map(|letter| letter.to_address).collect();
    assert_eq!(told, BTreeSet::from([BEECH, CEDAR, COORDINATOR].map(str::to_owned)), "who signed gets the receipt, too");
}

async fn another_clusters_copies_are_not_there(app: TestApp) {
    let (beech, _, copy) = at_beech(&app).await;
    send(&beech, &copy, "give", &[]).await.is(303);
    let handover = HandoverId(app.raw().number("SELECT max(id) AS n FROM handovers"));
    let oak = crate::harness::Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let token = oak.open("/loans").await.form("/sign-out").value("csrf").to_owned();
    for path in [
        format!("/copies/{copy}"),
        format!("/copies/{copy}/give"),
        format!("/copies/{copy}/receive"),
        format!("/handovers/{handover}"),
        "/copies/0000000000000".to_owned(),
        "/copies/nonsense".to_owned(),
        "/photos/0000000000001".to_owned(),
    ] {
        oak.get(&path).await.is(404);
        oak.browser.get(&format!("/c/ashdale{path}")).await.is(404);
    }
    let fields = [("csrf", token.as_str()), ("key", &"0".repeat(32)), ("how", "all_there"), ("reason", "Mine")];
    let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for verb in ["give", "receive", "refuse", "take-back"] {
        for base in ["/c/ashdale", "/c/birchwood"] {
            oak.browser.post(&format!("{base}/copies/{copy}/{verb}"), &fields).await.is(404);
        }
    }
    assert_eq!(place(&app), at("transit", "Beech", false));
    // A line of another copy's contents, sent along, is nobody's line.
    let cedar = app.ssl("Cedar").await;
    let foreign = form(&cedar, &copy, "receive").await.tampered("n-0000000000001", "3").tampered("why-0000000000001", "missing");
    cedar.browser.submit(&foreign).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM count_lines WHERE line_id = 1"), 0);
    app.letters().await;
}

async fn a_form_without_its_token_changes_nothing(app: TestApp) {
    let (beech, _, copy) = at_beech(&app).await;
    let good = form(&beech, &copy, "give").await;
    beech.browser.submit(&good.clone().without("csrf")).await.is(403);
    beech.browser.submit(&good.clone().tampered("csrf", &"0".repeat(32))).await.is(403);
    beech.browser.upload(&good.clone().without("csrf"), b"x").await.is(403);
    beech.browser.submit(&good.clone().without("key")).await.is(400);
    beech.browser.submit(&good.tampered("key", "short")).await.is(400);
    assert_eq!(place(&app), at("school", "Beech", true));
}

async fn sent_twice_it_counts_once(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let give = form(&beech, &copy, "give").await;
    let first = beech.browser.submit(&give).await.is(303);
    let again = beech.browser.submit(&give).await.is(303);
    assert_eq!(first.header("location"), again.header("location"), "it answers as the first time");
    let receive = form(&cedar, &copy, "receive").await;
    cedar.browser.submit(&receive).await.is(303);
    cedar.browser.submit(&receive).await.is(303);
    // Long after, when everything has gone on, it is still the same answer and does nothing.
    assert_eq!(beech.browser.submit(&give).await.is(303).header("location"), first.header("location"));
    assert_eq!(place(&app), at("school", "Cedar", true));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts"), 3);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers"), 2);
    app.letters().await;
}

async fn of_two_phones_one_wins(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    for (person, side, words) in [(&beech, "give", "handed over already"), (&cedar, "receive", "has received it already")] {
        let mut forms = Vec::new();
        for _ in 0..6 {
            forms.push((person.browser.clone(), form(person, &copy, side).await));
        }
        let answers = all(forms.into_iter().map(|(browser, form)| async move { browser.submit(&form).await }).collect()).await;
        let won = answers.iter().filter(|answer| answer.status == 303).count();
        assert_eq!(won, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        for lost in answers.into_iter().filter(|answer| answer.status != 303) {
            lost.is(422).says(words);
        }
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts"), 3);
    // And one who receives while the other takes back: whoever comes first, the other does nothing.
    send(&cedar, &copy, "give", &[]).await.is(303);
    let ash = app.ssl("Ash").await;
    let (receive, back) = (form(&ash, &copy, "receive").await, cedar.open(&format!("/copies/{copy}")).await.form("/take-back"));
    let both = vec![(ash.browser.clone(), receive), (cedar.browser.clone(), back.clone())];
    let answers = all(both.into_iter().map(|(browser, form)| async move { browser.submit(&form).await }).collect()).await;
    // Whoever was slower reads how it stands; what was taken back first is received anew.
    let won = [answers[0].status, answers[1].status];
    assert!(won == [303, 422] || won == [422, 303], "{won:?}");
    if won[0] == 422 {
        send(&ash, &copy, "receive", &[]).await.is(303);
    }
    cedar.browser.submit(&back).await.is(422).says("It is not on its way any more");
    assert_eq!(place(&app), at("store", "Ash", false));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE state = 'given'"), 0);
    app.letters().await;
}

async fn what_is_wrong_is_said_at_the_field(app: TestApp) {
    let (beech, _, copy) = at_beech(&app).await;
    let (fork, rice) = (line(&app, "Tuning fork"), line(&app, "Rice"));
    let fields = |what: &str| format!("{what}-{fork}");
    let (there, n, why, note) = (fields("there"), fields("n"), fields("why"), fields("note"));
    let loose = format!("loose-{rice}");
    let long = "x".repeat(501);
    let typed = [(there.as_str(), ""), (&n, "4"), (&note, "in the drawer"), (&loose, "low"), ("note", &long), ("condition", "worn")];
    let page = send(&beech, &copy, "give", &typed).await.is(422);
    let page = page.says("Tuning fork: choose why there are fewer than 6").says("Use 500 characters or fewer; this has 501");
    assert_eq!(page.attributes(".errs a", "href"), [format!("#{why}"), "#note".to_owned()]);
    let form = page.form("/give");
    assert_eq!(
        [&n, &note, &loose, "condition", "note"].map(|name| form.value(name)),
        ["4", "in the drawer", "low", "worn", long.as_str()],
        "nothing typed is lost"
    );
    assert_eq!(form.value(&there), "", "and what was unticked stays so");
    let many = form.clone().set(&n, "20").set(&why, "missing").set("note", "").tampered("how", "lines");
    beech.browser.submit(&many).await.is(422).says("6 belong in it, so none is missing");
    // The same form, put right.
    beech.browser.submit(&form.set(&why, "broken").set("note", "").tampered("how", "lines")).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM count_lines WHERE counted = 4 AND why = 'broken'"), 1);
    let cedar = app.ssl("Cedar").await;
    let unclear = form_of(&cedar, &copy).await.set(&n, "3").set(&why, "missing").tampered("how", "all_there");
    cedar.browser.submit(&unclear).await.is(422).says("Send the count at the end of the list");
    app.letters().await;
}

async fn form_of(person: &Person, copy: &str) -> Form {
    form(person, copy, "receive").await
}

async fn a_stranger_sees_whose_it_is_and_can_say_where(app: TestApp) {
    let (beech, _, _) = at_beech(&app).await;
    drop(beech);
    let code = app.raw().texts("SELECT code AS t FROM copies WHERE tag = 'MG1'").remove(0);
    let oak = crate::harness::Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let stranger = app.browser();
    stranger.get("/b/QQQQQQ").await.is(404).says("No box has this code").says("Code on the lid");
    for browser in [&stranger, &oak.browser] {
        let page = browser.get(&format!("/b/{code}")).await.is(200);
        let page = page.says("This belongs to the schools of Ashdale").says("I have found it");
        for secret in ["Beech", "Cedar", "Magnets", "MG1", "Science lead", "@", "November"] {
            assert!(!page.words().contains(secret), "a stranger reads {secret:?}: {}", page.words());
        }
    }
    stranger.get("/b/ZZZZZZ").await.is(404);
    stranger.get("/b/x'--").await.is(404);
    // An address in capitals makes a smaller QR code; what is sent from its page goes to the same place.
    let capitals = stranger.get(&format!("/B/{code}")).await.is(200).says("This belongs to the schools of Ashdale");
    let _ = capitals.form(&format!("/b/{code}"));
    stranger.get("/B/ZZZZZZ").await.is(404).says("No box has this code");
    stranger.get("/b").await.is(200).says("Code on the lid");
    stranger.get("/b?code=ZZZZZZ").await.is(422).says("No box has this code");
    let spaced: String = code.to_lowercase().chars().flat_map(|letter| [letter, '+']).collect();
    assert_eq!(stranger.get(&format!("/b?code={spaced}")).await.is(303).header("location"), format!("/b/{code}"));
    let form = stranger.get(&format!("/b/{code}")).await.form(&format!("/b/{code}"));
    stranger.submit(&form).await.is(422).says("Say where it is");
    stranger.submit(&form.clone().set("words", &"x".repeat(501))).await.is(422).says("Use 500 characters or fewer");
    stranger.submit(&form.clone().set("words", "Here").without("csrf")).await.is(403);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM finds"), 0);
    let form = form.set("words", "On the <b>42</b> bus");
    stranger.submit(&form).await.is(200).says("Thank you").says("The coordinator of Ashdale hears of it now");
    let letters = app.letters().await;
    assert_eq!(kinds(&letters), [kind("box_found", COORDINATOR)]);
    assert!(letters[0].text.contains("On the <b>42</b> bus") && !letters[0].html.contains("<b>42"));
    assert!(letters[0].title.contains("Magnets (MG1)"));
    // The log is never erased, so it does not say what a stranger wrote.
    let logged = app.raw().texts("SELECT verb || ':' || before || after AS t FROM changes WHERE verb = 'found by somebody'");
    assert_eq!(logged, ["found by somebody:"]);
    // The fourth in a quarter of an hour is kept, and no mail.
    for _ in 0..3 {
        stranger.submit(&form).await.is(200);
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM finds"), 4);
    assert_eq!(app.letters().await.len(), 2);
}

/// The smallest JPEG that is one, with a place where the camera wrote it.
pub fn photo() -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| [&[0xFF, marker, 0, u8::try_from(body.len() + 2).unwrap()], body].concat();
    [
        vec![0xFF, 0xD8],
        segment(0xE1, b"Exif\0\0GPS 53.8N 1.2W"),
        segment(0xDB, &[0; 65]),
        segment(0xC0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
        segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        vec![0x12, 0x34, 0xFF, 0xD9],
    ]
    .concat()
}

async fn a_photo_is_a_picture_without_a_place(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let give = form(&beech, &copy, "give").await.set("note", "See the lid");
    for (wrong, words) in [
        (b"<svg onload=\"alert()\">".to_vec(), "must be a JPEG or PNG picture"),
        (b"\xFF\xD8\xFFnot one".to_vec(), "cannot be read"),
        (vec![0xFF; 8 * 1024 * 1024 + 1], "larger than 8 MB"),
    ] {
        let page = beech.browser.upload(&give, &wrong).await.is(422).says(words);
        assert_eq!(page.form("/give").value("note"), "See the lid");
        assert_eq!(page.attributes(".errs a", "href"), ["#photo"]);
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM photos"), 0);
    beech.browser.upload(&give, &photo()).await.is(303);
    let id = PhotoId(app.raw().number("SELECT max(id) AS n FROM photos"));
    let page = cedar.browser.get(&format!("/c/ashdale/photos/{id}")).await.is(200);
    assert_eq!((page.header("content-type"), page.header("x-content-type-options")), ("image/jpeg", "nosniff"));
    assert!(page.header("cache-control").starts_with("private"));
    assert!(page.text.contains('\u{12}') && !page.text.contains("GPS") && !page.text.contains("Exif"), "{:?}", page.text);
    let handover = HandoverId(app.raw().number("SELECT max(id) AS n FROM handovers"));
    let shown = cedar.open(&format!("/handovers/{handover}")).await;
    assert_eq!(shown.attributes(".photos img", "src"), [format!("/c/ashdale/photos/{id}")]);
    // Nobody else.
    app.browser().get(&format!("/c/ashdale/photos/{id}")).await.is(303);
    let oak = crate::harness::Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    oak.browser.get(&format!("/c/ashdale/photos/{id}")).await.is(404);
    oak.browser.get(&format!("/c/birchwood/photos/{id}")).await.is(404);
    app.letters().await;
}

async fn the_quick_word_closes_what_was_on_its_way(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    app.at("2026-11-27T15:00:00Z");
    let beech_now = app.ssl("Beech").await;
    drop(beech);
    send(&beech_now, &copy, "give", &[]).await.is(303);
    // Cedar says on its booking's page that it has collected it, and counts nothing.
    let booking = app.raw().number("SELECT id AS n FROM bookings WHERE first_day = '2026-11-30'");
    let page = cedar.open(&format!("/bookings/{}", boxrota::base::ids::BookingId(booking))).await;
    cedar.browser.send(&page.form("/collected")).await.says("Magnets is fetched");
    cedar.open(&format!("/copies/{copy}")).await.says("From Beech to Cedar").says_not("On its way");
    app.letters().await;
    assert_eq!(place(&app), at("school", "Cedar", true));
    app.at("2026-12-04T15:00:00Z");
    let cedar = app.ssl("Cedar").await;
    send(&cedar, &copy, "give", &[]).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE state = 'given'"), 1);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM handovers WHERE state = 'accepted'"), 2);
    app.letters().await;
}
