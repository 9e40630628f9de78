//! A clock that is wrong for a while: it destroys nothing, it stops nothing, and what it destroyed once is put back.

use std::time::Duration;

use boxrota::worker::{DaysPutBack, Rounds, Worker, put_back_days};
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::harness::process::{Program, run};
use crate::harness::{Ground, TestApp, Wish, World, log};
use crate::waiting::{cancels, offered, waits};

stories!(
    a_clock_that_leaps_ahead_clears_nothing_away,
    a_day_that_was_lived_through_is_cleared_as_ever,
    rhythms_go_on_after_a_leap_forth_and_back,
    an_offer_is_not_lost_to_a_leap,
    days_that_a_booking_lacks_are_put_back,
    many_days_are_put_back_in_portions,
);
on_both_engines!(the_start_and_the_check_put_days_back_and_say_so);

const DAYS: &str = "SELECT count(*) AS n FROM booked_days";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Rounds of a worker that runs on, one after the other.
struct Running {
    worker: Worker,
    rounds: Rounds,
}

impl Running {
    fn of(app: &TestApp) -> Self {
        Self { worker: app.worker(), rounds: Rounds::default() }
    }

    async fn round(&mut self) {
        let (_stop, stopped) = watch::channel(false);
        self.worker.round(&mut self.rounds, &stopped).await;
    }

    /// Lets so many hours go by, with a round in each.
    async fn hours(&mut self, app: &TestApp, hours: u32) {
        self.times(app, hours, HOUR).await;
    }

    async fn times(&mut self, app: &TestApp, times: u32, step: Duration) {
        for _ in 0..times {
            app.clock.run(step);
            self.round().await;
        }
    }
}

/// Ash has booked Magnets for the first week of December.
async fn booked(app: &TestApp) {
    app.ssl("Ash").await.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-30", "2026-12-04")).await;
    app.letters().await;
}

/// What the rounds have written is told elsewhere; what waits for a time that does not come is taken away.
async fn passed_over(app: &TestApp) {
    app.letters().await;
    app.raw().must("DELETE FROM messages WHERE state = 'waiting'");
}

async fn a_clock_that_leaps_ahead_clears_nothing_away(app: TestApp) {
    booked(&app).await;
    let right = app.clock.now();
    for lived in [0, 25] {
        let mut running = Running::of(&app);
        running.round().await;
        running.hours(&app, lived).await;
        let sessions = app.raw().number("SELECT count(*) AS n FROM sessions");
        // For half a minute; with a round in it, and with one that begins only now.
        app.later(TimeDelta::days(400));
        running.round().await;
        Running::of(&app).round().await;
        app.clock.run(HOUR);
        running.round().await;
        app.clock.set(right + TimeDelta::hours(i64::from(lived) + 1));
        running.round().await;
        assert_eq!(app.raw().number(DAYS), 5, "after {lived} hours");
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM sessions"), sessions);
    }
    passed_over(&app).await;
}

async fn a_day_that_was_lived_through_is_cleared_as_ever(app: TestApp) {
    booked(&app).await;
    app.at("2027-01-10T09:00:00Z");
    let mut running = Running::of(&app);
    running.hours(&app, 23).await;
    assert_eq!(app.raw().number(DAYS), 5, "not yet");
    running.hours(&app, 3).await;
    assert_eq!(app.raw().number(DAYS), 0);
    passed_over(&app).await;
}

async fn rhythms_go_on_after_a_leap_forth_and_back(app: TestApp) {
    booked(&app).await;
    let mut running = Running::of(&app);
    running.round().await;
    app.later(TimeDelta::days(400));
    running.hours(&app, 2).await;
    app.later(TimeDelta::days(-400));
    // Five weeks on, by both clocks: the days are long past, and are cleared though the year of the leap has not come.
    running.times(&app, 4 * 7 * 6, 6 * HOUR).await;
    assert_eq!(app.raw().number(DAYS), 0);
    passed_over(&app).await;
}

async fn an_offer_is_not_lost_to_a_leap(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let wish = Wish::of(&magnets, "2026-11-30", "2026-12-04");
    let booking = ash.books(&wish).await;
    app.letters().await;
    waits(&app, &beech, &wish).await;
    cancels(&ash, &booking).await.is(303);
    assert_eq!(offered(&app), ["Beech"]);
    let right = app.clock.now();
    app.later(TimeDelta::days(400));
    // Neither the worker nor somebody's write takes it away.
    Running::of(&app).round().await;
    app.worker().pass_on().await.expect("a round");
    app.clock.set(right);
    assert_eq!(offered(&app), ["Beech"]);
    // A place whose days are past ends once a day was lived through, and an offer as well, however long ago it ran out.
    app.later(TimeDelta::days(30));
    let mut running = Running::of(&app);
    running.hours(&app, 2).await;
    assert_eq!(offered(&app), ["Beech"]);
    running.hours(&app, 24).await;
    assert_eq!(offered(&app), [""; 0]);
    passed_over(&app).await;
}

async fn days_that_a_booking_lacks_are_put_back(app: TestApp) {
    booked(&app).await;
    let put_back = async || put_back_days(&app.app.db, app.clock.now()).await.expect("putting back");
    assert_eq!(put_back().await, DaysPutBack::default());
    let version = "SELECT version AS n FROM clusters WHERE slug = 'ashdale'";
    let before = app.raw().number(version);
    app.raw().must("DELETE FROM booked_days WHERE day >= '2026-12-02'");
    assert_eq!(put_back().await, DaysPutBack { days: 3, taken: 0 });
    assert_eq!(app.raw().number(DAYS), 5);
    assert!(app.raw().number(version) != before, "pages that were kept are stale");
    // Somebody has booked one of them in the meantime: his it stays.
    let beech = app.ssl("Beech").await;
    beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-14", "2026-12-18")).await;
    app.raw().must("DELETE FROM booked_days WHERE day >= '2026-12-03' AND day < '2026-12-10'");
    app.raw().must(
        "UPDATE bookings SET first_day = '2026-12-04', last_day = '2026-12-04', held_until = '2026-12-04' WHERE first_day = '2026-12-14'",
    );
    assert_eq!(put_back().await, DaysPutBack { days: 1, taken: 1 });
    app.raw().must("UPDATE bookings SET state = 'cancelled' WHERE last_day = '2026-12-04' AND first_day = '2026-12-04'");
    assert_eq!(put_back().await, DaysPutBack { days: 1, taken: 0 });
    // What is past is nobody's any more.
    app.raw().must("DELETE FROM booked_days");
    app.at("2026-12-03T09:00:00Z");
    assert_eq!(put_back().await, DaysPutBack { days: 2, taken: 0 });
    app.letters().await;
    assert!(log::forget() > 0, "each is said aloud");
}

async fn many_days_are_put_back_in_portions(app: TestApp) {
    booked(&app).await;
    // Two boxes for more than a year each: more days than are put back in one transaction.
    for (n, tag) in ["SO1", "SO2"].iter().enumerate() {
        app.raw().must(&format!(
            "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, request_key, created_at, updated_at)
             SELECT b.cluster_id, b.id + 1 + {n}, c.id, b.school_id, b.person_id, 'restock', 'confirmed', '2026-12-07', '2027-12-31', '2027-12-31', '{tag}', b.created_at, b.updated_at
             FROM bookings b JOIN copies c ON c.cluster_id = b.cluster_id WHERE b.first_day = '2026-11-30' AND c.tag = '{tag}'"
        ));
    }
    let all = usize::try_from(app.raw().number(DAYS)).unwrap();
    assert_eq!(all, 5 + 2 * 390);
    app.raw().must("DELETE FROM booked_days");
    let put_back = async || put_back_days(&app.app.db, app.clock.now()).await.expect("putting back");
    assert_eq!(put_back().await, DaysPutBack { days: all, taken: 0 });
    assert_eq!(put_back().await, DaysPutBack::default());
    // What others have taken is gone past, and does not keep the portions from going on.
    app.raw().must(
        "DELETE FROM booked_days;
         INSERT INTO booked_days (cluster_id, copy_id, day, booking_id) SELECT s.cluster_id, s.copy_id, d.day, m.id FROM bookings s
         JOIN bookings m ON m.cluster_id = s.cluster_id AND m.first_day = '2026-11-30' JOIN days d ON d.day BETWEEN s.first_day AND '2027-12-30'
         WHERE s.kind = 'restock'",
    );
    assert_eq!(put_back().await, DaysPutBack { days: 5 + 2, taken: 2 * 389 });
    app.raw().must("DELETE FROM booked_days; UPDATE bookings SET state = 'cancelled'");
    app.letters().await;
    assert!(log::forget() > 0, "each is said aloud");
}

fn the_start_and_the_check_put_days_back_and_say_so(ground: Ground) {
    let folder = ground.folder.path().join("busy");
    World::busy(2, 30).write(&folder);
    let settings = [("BOXROTA_DATABASE_URL", ground.url.as_str())];
    assert!(run(&["import-cluster", &folder.to_string_lossy()], &settings).status.success());
    let check = || {
        let output = run(&["check"], &settings);
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (well, said, _) = check();
    assert!(well && said.contains("every booking to come has its days"), "{said}");
    ground.raw().must("DELETE FROM booked_days WHERE day >= '2026-11-30'");
    let (well, said, log) = check();
    assert!(!well && said.contains("WRONG") && said.contains("have been put back"), "{said}");
    assert!(log.contains("had lost a day"), "{log}");
    let days = ground.raw().number(DAYS);
    assert!(check().0, "nothing is wrong any more");
    ground.raw().must("DELETE FROM booked_days WHERE day >= '2026-11-30'");
    let mut program = Program::serve(&ground.url);
    assert_eq!(ground.raw().number(DAYS), days, "the start has put them back");
    program.kill();
}
