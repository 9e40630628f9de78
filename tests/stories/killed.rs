//! A power cut in the middle of the morning: a process that is killed while schools reserve loses nothing that it has acknowledged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxrota::base::ids::{BookingId, CopyId};

use crate::harness::process::{Program, run};
use crate::harness::{Browser, Engine, Ground, Page, World, science_lead};

const CUTS: u64 = 4;
const BUSY_SCHOOLS: usize = 6;

/// Signs in by a link that the command line prints: the process has no mail server.
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

#[test]
fn a_killed_process_loses_no_acknowledged_booking() {
    let ground = Ground::migrated(Engine::Sqlite);
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
    let mut browsers: Vec<Browser> = Vec::new();
    for cut in 0..CUTS {
        let mut program = Program::serve(&ground.url);
        actix_web::rt::System::new().block_on(async {
            // Sessions outlive the process: after the first round nobody signs in again.
            let mut all: Vec<Browser> = browsers.drain(..).map(|browser| browser.moved_to(&program.origin)).collect();
            for n in all.len() + 1..=BUSY_SCHOOLS {
                all.push(sign_in(&program, &ground, &science_lead(&format!("School {n}"))).await);
            }
            let before = acknowledged.lock().expect("the list").len();
            let working: Vec<_> = all
                .iter()
                .cloned()
                .zip(copies.iter().cloned())
                .map(|(browser, copy)| actix_web::rt::spawn(reserve_until_the_end(browser, resource.clone(), copy, acknowledged.clone())))
                .collect();
            // Not before the work has begun, and at another moment each time.
            while acknowledged.lock().expect("the list").len() < before + 10 {
                actix_web::rt::time::sleep(Duration::from_millis(5)).await;
            }
            actix_web::rt::time::sleep(Duration::from_millis(37 * cut)).await;
            program.kill();
            for task in working {
                task.await.expect("a school");
            }
            browsers = all;
        });
    }
    // What is there after the last start, which is also the last recovery.
    let mut program = Program::serve(&ground.url);
    let mut raw = ground.raw();
    let stored: BTreeSet<BookingId> =
        raw.texts("SELECT CAST(id AS TEXT) AS t FROM bookings").iter().map(|id| BookingId(id.parse().expect("an id"))).collect();
    let acknowledged = acknowledged.lock().expect("the list");
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(acknowledged.len() >= 10 * usize::try_from(CUTS).expect("a number"));
    assert_eq!(raw.texts("SELECT integrity_check AS t FROM pragma_integrity_check"), ["ok"]);
    assert_eq!(crate::guarantee::overlaps(&mut raw), 0);
    crate::guarantee::days_are_right(&mut raw);
    // And each has its letter: both or neither. (Neighbours hear of their handovers besides.)
    assert_eq!(
        raw.number("SELECT count(*) AS n FROM messages WHERE kind = 'booking_reserved'"),
        i64::try_from(stored.len()).expect("a number")
    );
    program.ask_to_end();
    assert!(program.ended(Duration::from_secs(20)).success());
}
