//! A mail server that does everything wrong, one thing after another: every letter arrives all the same, none is given up for a fault
//! that passes, and a letter that came twice is one mail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use boxrota::mail::mailer::{Mailer, Sender};
use boxrota::mail::smtp::{Patience, Smtp};
use boxrota::worker::Worker;
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::harness::{Ground, TestApp, Wish, log};
use crate::post_office::{At, Deed, PostOffice, Script};

on_both_engines!(a_mail_server_that_does_everything_wrong_loses_no_letter);

const STAGES: [At; 7] = [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::MidLetter, At::Receipt];
const DEEDS: [Deed; 5] =
    [Deed::Hang, Deed::Drop, Deed::Say("421 4.3.2 Closing"), Deed::Say("451 4.3.0 Try later"), Deed::Say("nonsense\u{1b}[2J")];

fn a_mail_server_that_does_everything_wrong_loses_no_letter(ground: Ground) {
    let (mut chance, rounds) = (crate::chance(21), crate::times(30, 600));
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start(ground, |_| {}).await;
        let (ash, sound) = (app.ssl("Ash").await, app.resource("ashdale", "Sound"));
        let mut offices = Vec::new();
        let mut bookings: Vec<String> = Vec::new();
        for round in 0..rounds {
            // Something to write about, again and again: a loan is made, and cancelled in the next round.
            if let Some(booking) = bookings.pop() {
                let page = ash.browser.open(&format!("{booking}/cancel")).await;
                ash.browser.submit(&page.form("/cancel").set("reason", "The trip has moved")).await.is(303);
            } else {
                bookings.push(ash.books(&Wish::of(&sound, "2027-01-11", "2027-01-15")).await);
            }
            let misdeed = (*chance.pick(&STAGES), *chance.pick(&DEEDS));
            let script = Script { misdeed: Some(misdeed), times: chance.below(3), ..Script::default() };
            let office = PostOffice::open(script).await;
            send(&app, &office).await;
            offices.push(office);
            app.later(TimeDelta::minutes(i64::try_from(chance.below(20)).unwrap()));
            assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE state = 'failed'"), 0, "round {round}, {misdeed:?}");
        }
        // At last it behaves.
        let office = PostOffice::open(Script::default()).await;
        for _ in 0..40 {
            app.later(TimeDelta::minutes(30));
            send(&app, &office).await;
        }
        offices.push(office);
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages WHERE state NOT IN ('sent', 'dropped')"), 0);
        arrived(&app, &offices);
        assert_eq!(log::errors(), [""; 0]);
    });
}

async fn send(app: &TestApp, office: &PostOffice) {
    let patience = Patience { answer: Duration::from_millis(150), receipt: Duration::from_millis(150) };
    let smtp = Smtp::new(format!("smtp://{}", office.at).parse().unwrap(), None, "boxrota.example", patience).unwrap();
    let sender = Sender { from: "Boxrota <boxrota@cluster.example>".parse().unwrap(), reply_to: None };
    let worker = Worker { mailer: Arc::new(Mailer::Smtp(Box::new(smtp), sender)), ..app.worker() };
    let (_stop, stopped) = watch::channel(false);
    worker.send_due(&stopped).await.expect("looking letters up");
    worker.mailer.rest().await;
}

/// Each letter that is said to be sent lies in somebody's box, and what lies there twice has one Message-ID and one text.
fn arrived(app: &TestApp, offices: &[PostOffice]) {
    let mut mails: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut all = 0;
    for taken in offices.iter().flat_map(PostOffice::taken) {
        let id = taken.data.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id:")).expect("a Message-ID").to_owned();
        let subject = taken.data.lines().find(|line| line.starts_with("Subject:")).unwrap_or_default().to_owned();
        mails.entry(id).or_default().insert(format!("{subject} {:?}", taken.to));
        all += 1;
    }
    assert!(mails.values().all(|texts| texts.len() == 1), "{mails:#?}");
    let sent = app.raw().number("SELECT count(*) AS n FROM messages WHERE state = 'sent'");
    println!("{sent} letters sent, {all} taken");
    // One that was dropped because it was no longer true may have come through before.
    assert!(mails.len() >= usize::try_from(sent).unwrap(), "{} of {sent} letters arrived", mails.len());
}
