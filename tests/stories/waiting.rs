//! The waiting list: the order of asking, the offer that really holds the days, everything that frees days or passes an offer on;
//! with everybody grabbing at once. What the rules say of it is told in `waiting_rules.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::harness::{Ground, Page, Person, Ssl, TestApp, Wish, World, all, science_lead};

stories!(
    places_are_taken_up_in_the_order_of_asking,
    days_that_are_offered_are_held_against_everybody,
    an_offer_that_nobody_takes_goes_to_the_next,
    two_workers_pass_an_offer_on_once,
    whoever_says_no_lets_the_next_have_it_at_once,
    everything_that_frees_days_offers_them,
    a_shorter_turnaround_offers_what_it_frees,
    an_offer_is_not_sent_after_it_has_ended,
);
on_both_engines!(the_first_in_line_has_it_whoever_grabs_at_the_days);

pub const WEEK: (&str, &str) = ("2026-11-30", "2026-12-04");

pub fn week(resource: &str) -> Wish {
    Wish::of(resource, WEEK.0, WEEK.1)
}

/// Fills the form for a place in and sends it.
pub async fn asks(person: &Person, wish: &Wish) -> Page {
    let at = format!("/waits/new?resource={}&from={}&to={}", wish.resource, wish.from, wish.to);
    let mut form = person.open(&at).await.form("/waits/new").set("from", &wish.from).set("to", &wish.to);
    for (name, value) in &wish.more {
        form = form.set(name, value);
    }
    person.browser.submit(&form).await
}

/// Takes a place that must be had, and gives its path. Its receipt is read.
pub async fn waits(app: &TestApp, person: &Person, wish: &Wish) -> String {
    let answer = asks(person, wish).await.is(303);
    let letters = app.letters().await;
    assert_eq!((letters.len(), letters[0].kind.as_str(), &letters[0].to_address), (1, "wait_joined", &person.email), "{letters:#?}");
    answer.header("location").split('?').next().unwrap_or_default().to_owned()
}

/// Presses a button on a place's page, as it was when somebody looked.
pub async fn answers(person: &Person, place: &str, verb: &str) -> Page {
    let form = person.browser.open(place).await.form(&format!("/{verb}"));
    person.browser.submit(&form).await
}

pub async fn cancels(person: &Person, booking: &str) -> Page {
    let form = person.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "The trip has moved");
    person.browser.submit(&form).await
}

/// Kind and address of the letters since the last look, sorted.
pub async fn told(app: &TestApp) -> Vec<(String, String)> {
    let mut all: Vec<_> = app.letters().await.into_iter().map(|letter| (letter.kind, letter.to_address)).collect();
    all.sort();
    all
}

pub fn line(kind: &str, school: &str) -> (String, String) {
    (kind.to_owned(), science_lead(school))
}

/// The schools to whom something is offered now.
pub fn offered(app: &TestApp) -> Vec<String> {
    app.raw().texts(
        "SELECT s.short_name AS t FROM bookings b JOIN schools s ON s.cluster_id = b.cluster_id AND s.id = b.school_id
         WHERE b.state = 'requested' AND b.offer_until IS NOT NULL ORDER BY b.id",
    )
}

async fn places_are_taken_up_in_the_order_of_asking(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    // The page that refuses a booking leads to the list, with the days and the class filled in.
    let page = beech.reserve(&week(&magnets)).await.is(422).says("Ash has it");
    let form = beech.browser.open(&page.link("Join the waiting list for these days")).await.form("/waits/new");
    assert_eq!((form.value("from"), form.value("to"), form.value("class")), (WEEK.0, WEEK.1, "Year 4"));
    let first = waits(&app, &beech, &week(&magnets)).await;
    beech.browser.open(&format!("{first}?done=joined")).await.says("You are first in line").says("30 November to 4 December 2026");
    let second = waits(&app, &cedar, &Wish::of(&magnets, "2026-12-03", "2026-12-04").with("class", "Year 6")).await;
    // The own place, and nobody else's.
    cedar.browser.open(&second).await.says("second in line").says("Year 6").says_not("Beech");
    cedar.open("/waits").await.says("Second in line").says_not("Beech");
    let all = app.coordinator().await.open("/waits").await;
    all.says("Magnets").says("Beech").says("Cedar").says("First in line").says("Second in line");
    assert_eq!(offered(&app), [""; 0]);

    // What is freed is offered in the same transaction, to the first; the other waits on.
    cancels(&ash, &booking).await.is(303);
    assert_eq!(offered(&app), ["Beech"]);
    let letters = app.letters().await;
    let offer = letters.iter().find(|letter| letter.kind == "wait_offered").expect("an offer");
    assert_eq!((letters.len(), offer.to_address.as_str()), (2, beech.email.as_str()), "{letters:#?}");
    // Exactly the days, the deadline in words, and the address of this very offer.
    for words in ["Monday 30 November 2026", "Friday 4 December 2026", "the end of Wednesday 25 November 2026", first.as_str()] {
        assert!(offer.text.contains(words), "no {words} in\n{}", offer.text);
    }
    beech.browser.open(&first).await.says("It is your turn: answer by Wednesday 25 November 2026");
    beech.open("/loans").await.says("Offered to Beech until Wednesday 25 November 2026");
    cedar.browser.open(&second).await.says("second in line");

    let answer = answers(&beech, &first, "accept").await.is(303);
    beech.browser.follow(answer).await.is(200).says("Magnets is reserved").says("Confirmed");
    assert_eq!(told(&app).await, [line("booking_reserved", "Beech")]);
    beech.browser.open(&first).await.says("Taken").says("See the booking");
    cedar.browser.open(&second).await.says("first in line");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE about = 'waits' AND verb = 'offered' AND person_id IS NULL"), 1);
}

async fn days_that_are_offered_are_held_against_everybody(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let coordinator = app.coordinator().await;
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let place = waits(&app, &beech, &week(&magnets)).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    let words = "MG1 is offered to Beech until Wednesday 25 November 2026 from the waiting list";
    for days in [WEEK, ("2026-12-04", "2026-12-08"), ("2026-12-02", "2026-12-02")] {
        cedar.reserve(&Wish::of(&magnets, days.0, days.1)).await.is(422).says(words);
    }
    // Not even a coordinator with a reason, for a school or to restock it.
    let cedar_id = app.raw().number("SELECT id AS n FROM schools WHERE short_name = 'Cedar'");
    let for_cedar = week(&magnets).with("school", boxrota::base::ids::SchoolId(cedar_id));
    coordinator.reserve(&for_cedar).await.is(422).says(words).says_not("set a rule aside");
    coordinator.reserve(&for_cedar.with("restock", "yes")).await.is(422).says(words);
    assert_eq!(offered(&app), ["Beech"]);
    // The calendar shows everybody that the days are taken, and how long.
    cedar.open("/calendar").await.says("offered from the waiting list until Wednesday 25 November 2026");
    cedar.open("/calendar?view=list").await.says("Offered").says("Until Wednesday 25 November 2026");
    cedar.open(&format!("/boxes/{magnets}")).await.says("Offered");
    answers(&beech, &place, "accept").await.is(303);
    assert_eq!(told(&app).await, [line("booking_reserved", "Beech")]);
    cedar.reserve(&week(&magnets)).await.is(422).says("Beech has it");
}

async fn an_offer_that_nobody_takes_goes_to_the_next(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let first = waits(&app, &beech, &week(&magnets)).await;
    let second = waits(&app, &cedar, &week(&magnets)).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    let button = beech.browser.open(&first).await.form("/accept");
    // To the last second of Wednesday it stands.
    app.at("2026-11-25T23:59:59Z");
    app.worker().pass_on().await.expect("a round");
    assert_eq!(offered(&app), ["Beech"]);
    app.at("2026-11-26T00:00:00Z");
    beech.browser.submit(&button).await.is(422).says("The offer ran out at the end of Wednesday 25 November 2026");
    assert_eq!(offered(&app), ["Beech"], "nothing has come of the press");
    app.worker().pass_on().await.expect("a round");
    assert_eq!(offered(&app), ["Cedar"]);
    assert_eq!(told(&app).await, [line("wait_lapsed", "Beech"), line("wait_offered", "Cedar")]);
    beech.browser.submit(&button).await.is(422).says("the days have gone on to the next in line");
    beech.browser.open(&first).await.says("Offer ran out").says("Join the waiting list again");
    // Thursday: Friday is the first school day, Monday is the first day of the loan and so the last one of the offer.
    cedar.browser.open(&second).await.says("answer by Monday 30 November 2026");
    // Any write in the cluster passes it on as well: somebody who comes for the days after the deadline finds them free.
    app.at("2026-12-01T08:00:00Z");
    ash.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08")).await;
    assert_eq!(offered(&app), [""; 0]);
    assert_eq!(told(&app).await, [line("booking_reserved", "Ash"), line("wait_lapsed", "Cedar")]);
    assert_eq!(
        app.raw().number(
            "SELECT count(*) AS n FROM booked_days b JOIN copies c ON c.cluster_id = b.cluster_id AND c.id = b.copy_id WHERE c.tag = 'MG1'"
        ),
        0
    );
}

async fn two_workers_pass_an_offer_on_once(app: TestApp) {
    let other = app.beside();
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    waits(&app, &beech, &week(&magnets)).await;
    waits(&app, &cedar, &week(&magnets)).await;
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    app.at("2026-11-26T06:00:00Z");
    other.at("2026-11-26T06:00:00Z");
    let rounds = (0..8).map(|n| {
        let worker = if n % 2 == 0 { app.worker() } else { other.worker() };
        async move { worker.pass_on().await }
    });
    for round in all(rounds.collect()).await {
        round.expect("a round");
    }
    assert_eq!(offered(&app), ["Cedar"]);
    assert_eq!(told(&app).await, [line("wait_lapsed", "Beech"), line("wait_offered", "Cedar")]);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 3);
    other.end().await;
}

async fn whoever_says_no_lets_the_next_have_it_at_once(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let first = waits(&app, &beech, &week(&magnets)).await;
    let second = waits(&app, &cedar, &week(&magnets)).await;
    // Nothing can be answered before it is offered.
    let token = beech.browser.open(&first).await.form("/withdraw");
    beech.browser.submit(&token.clone().sent_to(&format!("{first}/accept"))).await.is(422).says("Nothing is offered yet");
    beech.browser.submit(&token.clone().sent_to(&format!("{first}/decline"))).await.is(422).says("Nothing is offered yet");
    cancels(&ash, &booking).await.is(303);
    app.letters().await;
    let no = beech.browser.open(&first).await.form("/decline");
    for _ in 0..2 {
        let answer = beech.browser.submit(&no).await.is(303);
        beech.browser.follow(answer).await.says("The days go on to the next in line");
    }
    assert_eq!(offered(&app), ["Cedar"]);
    assert_eq!(told(&app).await, [line("wait_offered", "Cedar")]);
    // Who waits can give the place up, offered or not.
    let again = waits(&app, &beech, &week(&magnets)).await;
    for _ in 0..2 {
        beech.browser.submit(&token.clone().sent_to(&format!("{again}/withdraw"))).await.is(303);
    }
    beech.browser.open(&again).await.says("Left");
    let yes = cedar.browser.open(&second).await.form("/accept");
    for _ in 0..2 {
        assert!(cedar.browser.submit(&yes).await.is(303).header("location").ends_with("?done=reserved"));
    }
    assert_eq!(told(&app).await, [line("booking_reserved", "Cedar")]);
    cedar.browser.submit(&yes.sent_to(&format!("{second}/decline"))).await.is(422).says("has taken these days already");
}

async fn everything_that_frees_days_offers_them(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let coordinator = app.coordinator().await;
    let (magnets, microscope) = (app.resource("ashdale", "Magnets"), app.resource("ashdale", "Microscope"));

    // Other days.
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let place = waits(&app, &beech, &Wish::of(&magnets, "2026-12-03", "2026-12-04")).await;
    let form = ash.browser.open(&format!("{booking}/change")).await.form("/change").set("to", "2026-12-02");
    ash.browser.submit(&form).await.is(303);
    assert_eq!(told(&app).await, [line("booking_changed", "Ash"), line("wait_offered", "Beech")]);
    answers(&beech, &place, "decline").await.is(303);

    // A return before the last day.
    app.at("2026-11-30T09:00:00Z");
    let form = ash.browser.open(&booking).await.form("/collected");
    ash.browser.submit(&form).await.is(303);
    let place = waits(&app, &beech, &Wish::of(&magnets, "2026-12-01", "2026-12-02")).await;
    let form = ash.browser.open(&booking).await.form("/returned");
    ash.browser.submit(&form).await.is(303);
    assert_eq!(told(&app).await, [line("booking_changed", "Ash"), line("wait_offered", "Beech")]);
    beech.browser.open(&place).await.says("answer by Tuesday 1 December 2026");
    answers(&beech, &place, "decline").await.is(303);

    // A request that is not approved.
    let request = ash.books(&Wish::of(&microscope, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    waits(&app, &beech, &Wish::of(&microscope, "2026-12-07", "2026-12-11")).await;
    let form = coordinator.browser.open(&format!("{request}/decline")).await.form("/decline").set("reason", "Being mended");
    coordinator.browser.submit(&form).await.is(303);
    assert_eq!(told(&app).await, [line("booking_declined", "Ash"), line("wait_offered", "Beech")]);

    // A copy that comes back from repair, whoever says so: here a session past the application, and the next write.
    let mut raw = app.raw();
    let booking = ash.books(&Wish::of(&magnets, "2026-12-14", "2026-12-18")).await;
    app.letters().await;
    waits(&app, &beech, &Wish::of(&magnets, "2026-12-14", "2026-12-18")).await;
    raw.must("UPDATE copies SET state = 'repair' WHERE tag = 'MG1'");
    cancels(&ash, &booking).await.is(303);
    assert_eq!(told(&app).await, [line("booking_cancelled", "Ash")], "what is being repaired is offered to nobody");
    raw.must("UPDATE copies SET state = 'in_service' WHERE tag = 'MG1'");
    ash.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-12-07", "2026-12-08")).await;
    assert_eq!(told(&app).await, [line("booking_reserved", "Ash"), line("wait_offered", "Beech")]);
}

async fn a_shorter_turnaround_offers_what_it_frees(app: TestApp) {
    let (beech, cedar, coordinator) = (app.ssl("Beech").await, app.ssl("Cedar").await, app.coordinator().await);
    let magnets = app.resource("ashdale", "Magnets");
    let turnaround = async |days: &str| {
        let form = coordinator.open("/settings").await.form("/settings").set("turnaround_days", days);
        coordinator.browser.send(&form).await;
    };
    turnaround("3").await;
    cedar.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    // The days that are kept free after the loan are Cedar's first ones.
    waits(&app, &beech, &week(&magnets)).await;
    turnaround("4").await;
    assert_eq!(offered(&app), [""; 0]);
    turnaround("0").await;
    assert_eq!(offered(&app), ["Beech"]);
    assert_eq!(told(&app).await, [line("wait_offered", "Beech")]);
}

async fn an_offer_is_not_sent_after_it_has_ended(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = ash.books(&week(&magnets)).await;
    app.letters().await;
    let place = waits(&app, &beech, &week(&magnets)).await;
    // The answer comes before the letter goes out.
    cancels(&ash, &booking).await.is(303);
    answers(&beech, &place, "decline").await.is(303);
    assert_eq!(told(&app).await, [line("booking_cancelled", "Ash")]);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE kind = 'wait_offered' AND state = 'dropped'"), 1);
}

const RIVALS: usize = 10;
const ROUNDS: u64 = 12;

/// A school gives the box back to the plan, and at the same moment ten others grab at the days: the one that waits has it, always.
fn the_first_in_line_has_it_whoever_grabs_at_the_days(ground: Ground) {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::bare(ground, |_| {});
        app.found(&World::rush(RIVALS + 2)).await;
        let second = app.beside();
        let mut people = Vec::new();
        for n in 1..=RIVALS + 2 {
            let server = if n % 2 == 0 { &app } else { &second };
            people.push(Arc::new(Ssl::new(server, "rush", &science_lead(&format!("School {n}"))).await));
        }
        let (holder, waiter, rivals) = (people[0].clone(), people[1].clone(), &people[2..]);
        let sound = app.resource("rush", "Sound");
        let first = chrono::NaiveDate::from_ymd_opt(2027, 1, 4).expect("a day");
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for round in 0..ROUNDS {
            let day = (first + chrono::Days::new(7 * (round % 5) + round / 5)).to_string();
            let wish = Wish::of(&sound, &day, &day);
            let booking = holder.books(&wish).await;
            app.letters().await;
            let place = waits(&app, &waiter, &wish).await;
            let cancel = holder.browser.open(&format!("{booking}/cancel")).await.form("/cancel").set("reason", "Not needed");
            // Everybody has the button under the finger; the page from before the holder booked is as good as any.
            let mut ready = Vec::new();
            for rival in rivals {
                let form = rival.open(&format!("/boxes/{sound}/reserve?from={day}&to={day}")).await.form("/reserve/check");
                let key = boxrota::base::secret::Secret::fresh().reveal().to_owned();
                let token = rival.open("/feeds").await.form("/feeds").value("csrf").to_owned();
                let mut form = form.sent_to(&format!("/c/rush/boxes/{sound}/reserve")).tampered("csrf", &token).tampered("key", &key);
                form = form.tampered("from", &day).tampered("to", &day).tampered("class", "Year 4");
                form.method = "post".into();
                ready.push((rival.clone(), form));
            }
            let start = Arc::new(tokio::sync::Barrier::new(RIVALS + 1));
            let mut work: Vec<std::pin::Pin<Box<dyn Future<Output = Page>>>> = Vec::new();
            for (rival, form) in ready {
                let start = start.clone();
                work.push(Box::pin(async move {
                    start.wait().await;
                    rival.browser.submit(&form).await
                }));
            }
            let (browser, at) = (holder.browser.clone(), start.clone());
            work.push(Box::pin(async move {
                at.wait().await;
                browser.submit(&cancel).await
            }));
            let mut answers = all(work).await;
            answers.pop().expect("the holder's answer").is(303);
            for answer in answers {
                let words = answer.is(422).words();
                // Before the holder gave it back, or after: never in between.
                assert!(words.contains("School 1 has SO1") || words.contains("SO1 is offered to School 2 until"), "{words}");
            }
            let held = app.raw().texts(&format!(
                "SELECT s.short_name AS t FROM bookings b JOIN schools s ON s.cluster_id = b.cluster_id AND s.id = b.school_id
                 WHERE b.first_day = '{day}' AND b.state <> 'cancelled'"
            ));
            assert_eq!(held, ["School 2"], "round {round}");
            let form = waiter.browser.open(&place).await.form("/accept");
            waiter.browser.submit(&form).await.is(303);
            for letter in app.letters().await {
                *kinds.entry(letter.kind).or_default() += 1;
            }
        }
        let rounds = usize::try_from(ROUNDS).expect("a number");
        // The offer is answered before it is sent; nobody else ever hears of anything.
        assert_eq!(kinds.get("booking_reserved"), Some(&rounds), "{kinds:?}");
        assert_eq!(kinds.get("booking_cancelled"), Some(&rounds), "{kinds:?}");
        second.end().await;
        app.end().await;
    });
}
