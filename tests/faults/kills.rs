//! Power cuts in the middle of the morning: a process that is killed while schools reserve and letters leave loses nothing that it
//! has acknowledged, and every letter arrives: once, or more than once as the same mail.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use boxrota::base::ids::{BookingId, CopyId};

use crate::harness::process::{Program, ahead, boxrota, run};
use crate::harness::{Browser, Engine, Ground, Page, World, science_lead, truth};
use crate::post_office::{PostOffice, Script};

on_both_engines!(a_killed_process_loses_no_acknowledged_booking_and_no_letter);

const BUSY_SCHOOLS: usize = 6;

/// The program with a mail server, its clock further ahead by so many seconds.
fn serve(ground: &Ground, office: &PostOffice, later: i64) -> Program {
    let mut command = boxrota(&["serve"]);
    command.env("BOXROTA_DATABASE_URL", &ground.url).env("BOXROTA_SMTP_URL", format!("smtp://{}", office.at));
    command.env("BOXROTA_MAIL_FROM", "boxrota@cluster.example").env("BOXROTA_TEST_AHEAD", (ahead() + later).to_string());
    Program::start_logging(command, Stdio::null())
}

/// Signs in by a link that the command line prints.
async fn sign_in(program: &Program, ground: &Ground, email: &str) -> Browser {
    let printed = run(&["sign-in-link", email], &[("BOXROTA_DATABASE_URL", &ground.url)]);
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let token = printed.split("/sign-in/").nth(1).unwrap_or_else(|| panic!("no link in {printed:?}"));
    let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
    let browser = program.browser();
    let page = browser.get(&format!("/sign-in/{token}")).await.is(200);
    browser.submit(&page.form(&token)).await.is(303);
    browser
}

/// Reserves one day after another of one copy until the process is gone; notes what was acknowledged.
async fn reserve_until_the_end(browser: Browser, resource: String, copy: String, acknowledged: Arc<Mutex<BTreeSet<BookingId>>>) {
    let path = format!("/c/rush/boxes/{resource}/reserve");
    let Some(page) = browser.try_get(&path).await else { return };
    let days: Vec<String> = page.form("/check").offers("from").into_iter().filter(|day| !day.is_empty()).map(str::to_owned).collect();
    for day in days {
        let Some(page) = browser.try_get(&format!("{path}/check?from={day}&to={day}&copy={copy}&class=Year+4")).await else { return };
        if page.status != 200 {
            continue;
        }
        let form = page.form("/reserve");
        let Some(answer): Option<Page> = browser.try_post(&form).await else { return };
        assert_eq!(answer.status, 303, "{}", answer.words());
        let id = answer.header("location").split(['/', '?']).find_map(|part| part.parse::<BookingId>().ok()).expect("a booking's address");
        acknowledged.lock().expect("the list").insert(id);
    }
}

fn a_killed_process_loses_no_acknowledged_booking_and_no_letter(ground: Ground) {
    let (mut chance, cuts) = (crate::chance(3_934), crate::times(10, 200));
    let folder = ground.folder.path().join("rush");
    World::rush_with_copies(BUSY_SCHOOLS, BUSY_SCHOOLS).write(&folder);
    assert!(run(&["import-cluster", &folder.to_string_lossy()], &[("BOXROTA_DATABASE_URL", &ground.url)]).status.success());
    let resource = boxrota::base::ids::ResourceId(ground.raw().number("SELECT id AS n FROM resources")).to_string();
    let copies: Vec<String> = ground
        .raw()
        .texts("SELECT CAST(id AS TEXT) AS t FROM copies ORDER BY tag")
        .iter()
        .map(|id| CopyId(id.parse().expect("an id")).to_string())
        .collect();
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    actix_web::rt::System::new().block_on(async {
        let office = PostOffice::open(Script::default()).await;
        let mut browsers: Vec<Browser> = Vec::new();
        for _ in 0..cuts {
            let mut program = serve(&ground, &office, 0);
            // Sessions outlive the process: after the first round nobody signs in again.
            let mut all: Vec<Browser> = browsers.drain(..).map(|browser| browser.moved_to(&program.origin)).collect();
            for n in all.len() + 1..=BUSY_SCHOOLS {
                all.push(sign_in(&program, &ground, &science_lead(&format!("School {n}"))).await);
            }
            let before = acknowledged.lock().expect("the list").len();
            let (mut working, began) = (Vec::new(), Instant::now());
            for (browser, copy) in all.iter().cloned().zip(copies.iter().cloned()) {
                working.push(actix_web::rt::spawn(reserve_until_the_end(browser, resource.clone(), copy, acknowledged.clone())));
            }
            // Not before the work has begun, and at another moment each time.
            while acknowledged.lock().expect("the list").len() < before + 3 && began.elapsed() < Duration::from_secs(30) {
                actix_web::rt::time::sleep(Duration::from_millis(5)).await;
            }
            actix_web::rt::time::sleep(Duration::from_millis(u64::try_from(chance.below(300)).expect("a number"))).await;
            program.kill();
            for task in working {
                task.await.expect("a school");
            }
            browsers = all;
        }
        let acknowledged = std::mem::take(&mut *acknowledged.lock().expect("the list"));
        println!("{} bookings were acknowledged in {cuts} cuts", acknowledged.len());
        assert!(acknowledged.len() >= 3 * cuts);
        the_rest_goes_out(&ground, &office).await;
        nothing_is_lost(&ground, &acknowledged);
        every_letter_has_arrived(&ground, &office);
    });
}

/// Starts the program a last time, when what the killed ones had in hand may be taken again, and waits until every letter is out.
async fn the_rest_goes_out(ground: &Ground, office: &PostOffice) {
    let mut program = serve(ground, office, 3600);
    let mut raw = ground.raw();
    let began = Instant::now();
    while raw.number("SELECT count(*) AS n FROM messages WHERE state IN ('waiting', 'sending')") > 0 {
        let state = raw.texts("SELECT state || ': ' || last_error AS t FROM messages WHERE state IN ('waiting', 'sending')");
        assert!(began.elapsed() < Duration::from_secs(100), "letters wait: {state:?}");
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    program.ask_to_end();
    assert!(program.ended(Duration::from_secs(20)).success());
}

fn nothing_is_lost(ground: &Ground, acknowledged: &BTreeSet<BookingId>) {
    let mut raw = ground.raw();
    let stored: BTreeSet<BookingId> =
        raw.texts("SELECT CAST(id AS TEXT) AS t FROM bookings").iter().map(|id| BookingId(id.parse().expect("an id"))).collect();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    if ground.engine == Engine::Sqlite {
        assert_eq!(raw.texts("SELECT integrity_check AS t FROM pragma_integrity_check"), ["ok"]);
    }
    truth::holds(&mut raw);
    // And each has its letter: both or neither. (Neighbours hear of their handovers besides.)
    let letters = raw.number("SELECT count(*) AS n FROM messages WHERE kind = 'booking_reserved'");
    assert_eq!(letters, i64::try_from(stored.len()).expect("a number"));
}

/// Once each, or more than once under one Message-ID.
fn every_letter_has_arrived(ground: &Ground, office: &PostOffice) {
    let mut mails: BTreeMap<String, usize> = BTreeMap::new();
    for taken in office.taken() {
        let id = taken.data.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id:")).expect("a Message-ID").to_owned();
        *mails.entry(id).or_default() += 1;
    }
    let twice = mails.values().filter(|times| **times > 1).count();
    println!("{} letters, {twice} of them twice", mails.len());
    let sent = ground.raw().number("SELECT count(*) AS n FROM messages WHERE state = 'sent'");
    assert_eq!(i64::try_from(mails.len()).expect("a number"), sent);
    assert_eq!(ground.raw().number("SELECT count(*) AS n FROM messages WHERE state <> 'sent'"), 0);
}
