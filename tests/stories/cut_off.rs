//! A mail server that hangs or is away keeps letters, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use boxrota::mail::mailer::{Mailer, Sender};
use boxrota::mail::smtp::{Patience, Smtp};
use boxrota::worker::Worker;
use tokio::sync::watch;

use crate::harness::{TestApp, Wish};
use crate::post_office::{At, Deed, PostOffice, Script};
use crate::waiting::{cancels, offered, waits};

stories!(a_batch_ends_when_the_server_cannot_be_reached, what_the_clock_brings_does_not_wait_for_a_server_that_hangs);

/// A worker whose mail server answers with this, or not at all, for so long.
fn worker(app: &TestApp, office: &PostOffice, answer: Duration) -> Worker {
    let smtp = Smtp::new(format!("smtp://{}", office.at).parse().unwrap(), None, "boxrota.example", Patience { answer, receipt: answer });
    let sender = Sender { from: "Boxrota <boxrota@cluster.example>".parse().unwrap(), reply_to: None };
    Worker { mailer: Arc::new(Mailer::Smtp(Box::new(smtp.unwrap()), sender)), ..app.worker() }
}

async fn hanging() -> PostOffice {
    PostOffice::open(Script { misdeed: Some((At::Greeting, Deed::Hang)), ..Script::default() }).await
}

async fn a_batch_ends_when_the_server_cannot_be_reached(app: TestApp) {
    let (ash, magnets) = (app.ssl("Ash").await, app.resource("ashdale", "Magnets"));
    for (from, to) in [("2026-11-30", "2026-12-01"), ("2026-12-07", "2026-12-08"), ("2026-12-14", "2026-12-15")] {
        ash.books(&Wish::of(&magnets, from, to)).await;
    }
    let office = hanging().await;
    let (began, (_stop, stopped)) = (Instant::now(), watch::channel(false));
    let sent = worker(&app, &office, Duration::from_millis(300)).send_due(&stopped).await.unwrap();
    assert_eq!((sent.letters, sent.cut_off), (1, true), "one letter is enough to see it");
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(app.raw().number("SELECT max(attempts) + count(*) AS n FROM messages WHERE attempts > 0"), 2, "the others were not tried");
    // A letter that the server refuses is no reason to end.
    let office = PostOffice::open(Script { misdeed: Some((At::Rcpt, Deed::Say("451 4.3.0 Try later"))), ..Script::default() }).await;
    let sent = worker(&app, &office, Duration::from_secs(5)).send_due(&stopped).await.unwrap();
    assert_eq!((sent.letters, sent.cut_off), (2, false));
    app.later(chrono::TimeDelta::minutes(2));
    assert_eq!(app.letters().await.len(), 3);
}

async fn what_the_clock_brings_does_not_wait_for_a_server_that_hangs(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let wish = Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-04");
    let booking = ash.books(&wish).await;
    app.letters().await;
    for person in [&beech, &cedar] {
        waits(&app, person, &wish).await;
    }
    cancels(&ash, &booking).await.is(303);
    assert_eq!(offered(&app), ["Beech"]);
    let office = hanging().await;
    let (_stop, stopped) = watch::channel(false);
    let working = tokio::spawn(worker(&app, &office, Duration::from_secs(120)).run(stopped));
    while office.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The server holds the letter. Beech's offer runs out, and the next look comes within half a minute.
    app.at("2026-11-26T00:00:00Z");
    let began = Instant::now();
    while offered(&app) != ["Cedar"] {
        assert!(began.elapsed() < Duration::from_secs(45), "the offer was not passed on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    working.abort();
    assert!(working.await.is_err());
    app.later(chrono::TimeDelta::minutes(15));
    assert!(!app.letters().await.is_empty());
    app.raw().must("DELETE FROM messages WHERE state = 'waiting'");
}
