//! Undo: what frees days is carried out a little later. Until then its days stay held, nobody is told or offered anything, and it can be undone
//! by who did it, the school and the coordinator; the worker ends it, and then all is as if it had been done at once.

use boxrota::mail::Message;
use chrono::TimeDelta;

use crate::harness::truth::holds;
use crate::harness::{Chance, Page, Person, TestApp, Wish, science_lead};
use crate::waiting::{answers, cancels, line, offered, told, waits};

stories!(
    a_cancelled_booking_is_undone_or_carried_out,
    a_move_holds_both_its_days,
    a_declined_request_is_the_coordinators_to_undo,
    an_offer_that_is_not_wanted_stays_held,
    who_may_undo_and_what_the_late_read,
    what_was_undone_is_forgotten_with_the_person,
    what_happens_meanwhile_comes_first,
    the_worker_and_the_undo_never_both_win,
    a_cluster_that_wants_it_at_once_has_it_at_once,
    it_is_carried_out_within_seconds,
    a_random_history_keeps_the_plan,
);

const DAYS: (&str, &str) = ("2026-12-07", "2026-12-11");

fn week(app: &TestApp) -> Wish {
    Wish::of(&app.resource("ashdale", "Magnets"), DAYS.0, DAYS.1)
}

/// Beech has booked Magnets for a week, in a cluster where things can be undone for two minutes.
async fn booked(app: &TestApp) -> (crate::harness::Ssl, String) {
    app.undo_for("ashdale", 2);
    let beech = app.ssl("Beech").await;
    let booking = beech.books(&week(app)).await;
    app.letters().await;
    (beech, booking)
}

fn days_held(app: &TestApp) -> i64 {
    app.raw().number("SELECT count(*) AS n FROM booked_days")
}

async fn undoes(person: &Person, page: &Page) -> Page {
    person.browser.send(&page.form("/undo/")).await
}

async fn a_cancelled_booking_is_undone_or_carried_out(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    let cedar = app.ssl("Cedar").await;
    let place = waits(&app, &cedar, &week(&app)).await;
    let page = beech.browser.follow(cancels(&beech, &booking).await.is(303)).await;
    let page = page.says("This booking is being cancelled").says("You can undo this until 09:02");
    assert_eq!(days_held(&app), 5);
    assert_eq!(offered(&app), [""; 0]);
    assert_eq!(told(&app).await, []);
    cedar.check(&week(&app)).await.is(422).says("Beech has MG1");
    // Nothing else can be done with it, and pressed twice it is the same.
    assert!(page.forms("/collected").is_empty() && page.links("Change the dates").is_empty());
    cancels(&beech, &booking).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM pending_acts"), 1);
    undoes(&beech, &page).await.says("The booking stands as it was").says("Confirmed").says_not("Undo");
    undoes(&beech, &page).await.says("The booking stands as it was");
    app.minutes_pass(5).await;
    assert_eq!(told(&app).await, []);
    beech.browser.open(&booking).await.says("Confirmed");
    holds(&mut app.raw());
    // Not undone: two minutes later it is as if it had been cancelled then, by who did it.
    cancels(&beech, &booking).await.is(303);
    app.minutes_pass(1).await;
    assert_eq!(days_held(&app), 5);
    app.minutes_pass(1).await;
    assert_eq!(told(&app).await, [line("booking_cancelled", "Beech"), line("wait_offered", "Cedar")]);
    cedar.browser.open(&place).await.says("It is your turn");
    let page = beech.browser.open(&booking).await.says("Cancelled").says_not("Undo");
    page.says("cancelled").says("Science lead, Beech");
    let text = app.raw().texts("SELECT text_body AS t FROM messages WHERE kind = 'booking_cancelled'").remove(0);
    assert!(text.contains("Science lead, Beech cancelled it."), "{text}");
    holds(&mut app.raw());
}

async fn a_move_holds_both_its_days(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    let cedar = app.ssl("Cedar").await;
    let other = Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-14", "2026-12-16");
    let moves = async || {
        let form = beech.browser.open(&format!("{booking}/change")).await.form("/change").set("from", "2026-12-14").set("to", "2026-12-16");
        beech.browser.send(&form).await
    };
    let page = moves().await.says("This booking is being changed to MG1, 14 to 16 December 2026");
    for wish in [&week(&app), &other] {
        cedar.check(wish).await.is(422);
    }
    assert_eq!(days_held(&app), 8);
    holds(&mut app.raw());
    cedar.open("/calendar").await.is(200);
    undoes(&beech, &page).await.says("The booking stands as it was").says("7 to 11 December 2026");
    assert_eq!(days_held(&app), 5, "the new days are free again");
    moves().await;
    app.minutes_pass(2).await;
    assert_eq!(days_held(&app), 3);
    let letters = app.letters().await;
    let changed: Vec<&Message> = letters.iter().filter(|letter| letter.kind == "booking_changed").collect();
    assert!(changed.len() == 1 && changed[0].text.contains("Science lead, Beech changed the loan"), "{letters:#?}");
    beech.browser.open(&booking).await.says("14 to 16 December 2026").says_not("Undo");
    holds(&mut app.raw());
    // More days free nothing, and need no second thoughts.
    let form = beech.browser.open(&format!("{booking}/change")).await.form("/change").set("to", "2026-12-18");
    beech.browser.send(&form).await.says("The booking is changed").says("14 to 18 December 2026");
    app.letters().await;
    // Fewer days hold what they give up, until then.
    let form = beech.browser.open(&format!("{booking}/change")).await.form("/change").set("to", "2026-12-15");
    beech.browser.send(&form).await.says("being changed to MG1, 14 to 15 December 2026");
    assert_eq!(days_held(&app), 5);
    app.minutes_pass(2).await;
    assert_eq!(days_held(&app), 2);
    app.letters().await;
}

async fn a_declined_request_is_the_coordinators_to_undo(app: TestApp) {
    app.undo_for("ashdale", 2);
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let path = ash.books(&Wish::of(&app.resource("ashdale", "Microscope"), DAYS.0, DAYS.1)).await;
    app.letters().await;
    let declines = async || {
        let form = coordinator.browser.open(&format!("{path}/decline")).await.form("/decline").set("reason", "Being mended");
        coordinator.browser.send(&form).await.says("This booking is being declined")
    };
    let page = declines().await;
    let list = coordinator.open("/requests").await.says("It is being declined");
    assert!(list.forms("/approve").is_empty() && list.forms("/undo/").len() == 1);
    // The school reads when it takes effect, and can do nothing about it.
    let own = ash.browser.open(&path).await.says("That takes effect at 09:02");
    assert!(own.forms("/undo/").is_empty());
    let token = ash.open("/week").await.form("/sign-out").value("csrf").to_owned();
    ash.browser.submit(&page.form("/undo/").tampered("csrf", &token)).await.is(403);
    undoes(&coordinator, &page).await.says("The booking stands as it was").says("Waiting for approval");
    declines().await;
    app.minutes_pass(2).await;
    assert_eq!(told(&app).await, [line("booking_declined", "Ash")]);
    ash.browser.open(&path).await.says("Declined").says("Being mended");
}

async fn an_offer_that_is_not_wanted_stays_held(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    let (ash, cedar) = (app.ssl("Ash").await, app.ssl("Cedar").await);
    let first = waits(&app, &cedar, &week(&app)).await;
    waits(&app, &ash, &week(&app)).await;
    cancels(&beech, &booking).await.is(303);
    app.minutes_pass(2).await;
    app.letters().await;
    let page = cedar.browser.follow(answers(&cedar, &first, "decline").await.is(303)).await.says("Cedar does not want these days");
    assert_eq!(offered(&app), ["Cedar"]);
    undoes(&cedar, &page).await.says("It is still offered to you").says("Take these days");
    let page = cedar.browser.follow(answers(&cedar, &first, "decline").await.is(303)).await;
    app.minutes_pass(2).await;
    assert_eq!(offered(&app), ["Ash"]);
    assert_eq!(told(&app).await, [line("wait_offered", "Ash")]);
    undoes(&cedar, &page).await.says("It is too late to undo that");
}

async fn what_was_undone_is_forgotten_with_the_person(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    let page = beech.browser.follow(cancels(&beech, &booking).await.is(303)).await;
    undoes(&beech, &page).await.says("The booking stands as it was");
    let kept = || app.raw().number("SELECT count(*) AS n FROM pending_acts WHERE body <> ''");
    assert_eq!(kept(), 1, "the reason, for who is late");
    let form = beech.browser.open("/account/erase").await.form("/account/erase").set("email", &beech.email);
    beech.browser.submit(&form).await;
    assert_eq!(kept(), 0);
    app.letters().await;
}

async fn who_may_undo_and_what_the_late_read(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    let (cedar, coordinator) = (app.ssl("Cedar").await, app.coordinator().await);
    let page = beech.browser.follow(cancels(&beech, &booking).await.is(303)).await;
    let undo = page.form("/undo/");
    // Another school, another cluster, without a token, signed out.
    let token = async |person: &Person| person.open("/week").await.form("/sign-out").value("csrf").to_owned();
    cedar.browser.submit(&undo.clone().tampered("csrf", &token(&cedar).await)).await.is(403);
    beech.browser.submit(&undo.clone().without("csrf")).await.is(403);
    let elsewhere = crate::harness::Ssl::new(&app, "birchwood", &science_lead("Oak")).await;
    let own = undo.clone().tampered("csrf", &token(&elsewhere).await);
    elsewhere.browser.submit(&own.clone().sent_to(&undo_path(&undo).replace("ashdale", "birchwood"))).await.is(404);
    // The coordinator sees it on the booking, too.
    let seen = coordinator.browser.open(&booking).await.says("This booking is being cancelled");
    undoes(&coordinator, &seen).await.says("The booking stands as it was");
    assert_eq!(
        app.raw().texts("SELECT c.verb || ' ' || p.name AS t FROM changes c JOIN people p ON p.id = c.person_id WHERE c.about = 'bookings' AND c.verb IN ('to be cancelled', 'undone') ORDER BY c.id"),
        ["to be cancelled Science lead, Beech", "undone Coordinator, Ashdale"]
    );
    // On the evening before its first day; undone when that has begun, that is said.
    app.at("2026-12-06T23:59:30Z");
    let page = beech.browser.follow(cancels(&beech, &booking).await.is(303)).await;
    app.at("2026-12-07T00:00:30Z");
    undoes(&beech, &page).await.says("Its first day has begun");
    // Carried out, it is too late, and nothing happens.
    let page = beech.browser.follow(cancels(&beech, &booking).await.is(303)).await;
    app.minutes_pass(2).await;
    app.letters().await;
    undoes(&beech, &page).await.says("It is too late to undo that").says("Cancelled");
    assert_eq!(days_held(&app), 0);
    // Whoever has lost the role meanwhile undoes nothing; what was done holds.
    let again = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-14", "2026-12-15")).await;
    let page = beech.browser.follow(cancels(&beech, &again).await.is(303)).await;
    app.raw().must("UPDATE roles SET to_day = '2026-12-06' WHERE school_id = (SELECT id FROM schools WHERE short_name = 'Beech')");
    crate::week::seen(&app);
    let refused = beech.browser.submit(&page.form("/undo/")).await;
    assert!(refused.status >= 400, "{}", refused.status);
    app.minutes_pass(2).await;
    assert_eq!(days_held(&app), 0);
    app.letters().await;
}

fn undo_path(form: &crate::harness::Form) -> String {
    form.action.clone()
}

async fn what_happens_meanwhile_comes_first(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    let copy = crate::handing_over::copy(&app, "ashdale", "MG1");
    app.at("2026-12-07T08:00:00Z");
    let page = beech.browser.follow(cancels(&beech, &booking).await.is(303)).await;
    // The quick word is refused; who counts it has it, and then there is nothing to cancel.
    let token = page.form("/undo/").value("csrf").to_owned();
    beech.browser.post(&format!("{booking}/collected"), &[("csrf".to_owned(), token)]).await.is(422).says("Undo it first");
    crate::handing_over::send(&beech, &copy, "receive", &[]).await.is(303);
    app.minutes_pass(2).await;
    app.letters().await;
    beech.browser.open(&booking).await.says("Out now");
    undoes(&beech, &page).await.says("There is nothing to undo");
    assert_eq!(app.raw().texts("SELECT outcome AS t FROM pending_acts"), ["overtaken"]);
    holds(&mut app.raw());
}

async fn the_worker_and_the_undo_never_both_win(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    for _ in 0..6 {
        let page = beech.browser.follow(cancels(&beech, &booking).await.is(303)).await;
        app.later(TimeDelta::minutes(2));
        let (form, worker) = (page.form("/undo/"), app.worker());
        let (answer, done) = futures_util::future::join(beech.browser.submit(&form), worker.carry_out()).await;
        done.expect("a round");
        let outcome = app.raw().texts("SELECT outcome AS t FROM pending_acts ORDER BY id DESC LIMIT 1").remove(0);
        holds(&mut app.raw());
        let said = beech.browser.follow(answer.is(303)).await;
        if outcome == "undone" {
            said.says("The booking stands as it was");
            assert_eq!(days_held(&app), 5);
        } else {
            said.says("It is too late to undo that");
            assert_eq!(days_held(&app), 0);
            app.letters().await;
            app.raw().must("UPDATE bookings SET state = 'confirmed'");
            crate::week::seen(&app);
            app.letters().await;
        }
    }
    app.letters().await;
}

async fn a_cluster_that_wants_it_at_once_has_it_at_once(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    let coordinator = app.coordinator().await;
    let settings = async |minutes: &str| {
        let form = coordinator.open("/settings").await.form("/settings").set("undo_minutes", minutes);
        coordinator.browser.submit(&form).await
    };
    settings("61").await.is(422).says("The time to undo is a whole number from 0 to 60");
    settings("0").await.is(303);
    beech.browser.follow(cancels(&beech, &booking).await.is(303)).await.says("The booking is cancelled").says_not("Undo");
    assert_eq!(days_held(&app), 0);
    app.letters().await;
}

/// The worker that runs sleeps until then, and not until the next round.
async fn it_is_carried_out_within_seconds(app: TestApp) {
    let (beech, booking) = booked(&app).await;
    cancels(&beech, &booking).await.is(303);
    // The clock stands a second before its time when the worker starts, as after a restart, and then goes on.
    app.later(TimeDelta::seconds(119));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = actix_web::rt::spawn(app.worker().run(stopped));
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(days_held(&app), 5);
    app.later(TimeDelta::seconds(2));
    for _ in 0..100 {
        if days_held(&app) == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(days_held(&app), 0);
    stop.send(true).expect("it listens");
    worker.await.expect("it ends");
    app.letters().await;
}

/// Whatever is cancelled, moved, undone and booked in whatever order, no day is held twice or for nothing.
async fn a_random_history_keeps_the_plan(app: TestApp) {
    app.undo_for("ashdale", 2);
    let people = [app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await];
    let (magnets, mut chance) = (app.resource("ashdale", "Magnets"), Chance(20_261_130));
    let mut bookings: Vec<(usize, String)> = Vec::new();
    for step in 0..40 {
        let who = chance.below(3);
        let first = 1 + chance.below(20);
        let day = |n: usize| format!("2026-12-{n:02}");
        match chance.below(5) {
            0 => {
                let wish = Wish::of(&magnets, &day(first), &day(first + chance.below(4)));
                let page = people[who].reserve(&wish).await;
                if page.status == 303 {
                    bookings.push((who, page.header("location").split('?').next().expect("a path").to_owned()));
                }
            }
            1 | 2 if !bookings.is_empty() => {
                let (who, booking) = &bookings[chance.below(bookings.len())];
                let page = people[*who].browser.open(booking).await;
                if !page.links("Change the dates").is_empty() {
                    let form = people[*who].browser.open(&format!("{booking}/change")).await.form("/change");
                    people[*who].browser.submit(&form.tampered("from", &day(first)).tampered("to", &day(first + chance.below(5)))).await;
                }
            }
            3 if !bookings.is_empty() => {
                let (who, booking) = &bookings[chance.below(bookings.len())];
                let page = people[*who].browser.open(booking).await;
                match page.forms("/undo/").first() {
                    Some(undo) => drop(people[*who].browser.submit(undo).await.is(303)),
                    None if !page.links("Cancel the booking").is_empty() => drop(cancels(&people[*who], booking).await.is(303)),
                    None => {}
                }
            }
            _ => app.minutes_pass(1).await,
        }
        let mut raw = app.raw();
        holds(&mut raw);
        let stray = "SELECT count(*) AS n FROM bookings b WHERE b.request_key LIKE 'hold:%' AND NOT EXISTS (
            SELECT 1 FROM pending_acts p WHERE p.ended_at IS NULL AND p.kind = 'move' AND p.cluster_id = b.cluster_id)";
        assert_eq!(raw.number(stray), 0, "days held for nothing at step {step}");
    }
    app.minutes_pass(3).await;
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM pending_acts WHERE ended_at IS NULL"), 0);
    holds(&mut app.raw());
    app.letters().await;
}
