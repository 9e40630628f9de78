//! Many at once want one box on one day. Through the application, with sessions and connections of their own against two servers
//! on one database; past it, in raw SQL; and past it without the guard, where the fault must show, or the first two show nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};

use chrono::{Datelike, NaiveDate, Weekday};

use crate::harness::{Ground, Page, Raw, Ssl, TestApp, Wish, World, all, science_lead, truth};

on_both_engines!(
    sixteen_schools_want_one_box_fifty_times,
    sixteen_connections_past_the_application_get_one_row,
    without_the_guard_sixteen_connections_overlap,
);

const ROUNDS: usize = 50;
const RIVALS: usize = 16;

/// School days of the spring term of 2027, outside its half-term.
pub fn days() -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2027, 1, 4).expect("a day");
    let weekday = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let half_term = |day: &NaiveDate| (15..=19).contains(&day.day()) && day.month() == 2;
    first.iter_days().filter(weekday).filter(|day| !half_term(day)).take(ROUNDS).collect()
}

fn sixteen_schools_want_one_box_fifty_times(ground: Ground) {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::bare(ground, |_| {});
        app.found(&World::rush(RIVALS)).await;
        let second = app.beside();
        let mut rivals = Vec::new();
        for n in 1..=RIVALS {
            let server = if n % 2 == 0 { &app } else { &second };
            rivals.push(Arc::new(Ssl::new(server, "rush", &science_lead(&format!("School {n}"))).await));
        }
        let sound = app.resource("rush", "Sound");
        let mut raw = app.raw();
        let mut wins: BTreeMap<String, usize> = BTreeMap::new();
        for (round, day) in days().iter().enumerate() {
            let wish = Wish::of(&sound, &day.to_string(), &day.to_string());
            // Everybody has seen that it is free, and has the button under the finger.
            let looking = rivals.iter().cloned().map(|rival| {
                let address = wish.to_be_checked();
                async move { (rival.get(&address).await.is(200), rival) }
            });
            let ready = all(looking.collect()).await;
            let start = Arc::new(tokio::sync::Barrier::new(RIVALS));
            let answers: Vec<(Page, Arc<Ssl>)> = all(ready
                .into_iter()
                .map(|(page, rival)| {
                    let start = start.clone();
                    async move {
                        let form = page.form("/reserve");
                        start.wait().await;
                        (rival.browser.submit(&form).await, rival)
                    }
                })
                .collect())
            .await;
            let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(page, _)| page.status == 303);
            assert_eq!(won.len(), 1, "round {round}: {:?}", lost.iter().map(|(page, _)| page.status).collect::<Vec<_>>());
            let winner = won[0].1.email.clone();
            let school = raw.texts(&format!(
                "SELECT s.short_name AS t FROM bookings b JOIN schools s ON s.cluster_id = b.cluster_id AND s.id = b.school_id WHERE b.first_day = '{day}'"
            ));
            assert_eq!(school.len(), 1, "round {round}");
            assert_eq!(science_lead(&school[0]), winner, "round {round}");
            for (page, _) in lost {
                // A plain sentence that says who has it, and days that are free.
                let page = page.is(422).says(&format!("{} has it", school[0])).says("nearest free days");
                assert!(!page.links("2027").is_empty(), "no days are offered");
            }
            *wins.entry(winner).or_default() += 1;
        }
        let rounds = i64::try_from(ROUNDS).expect("a number");
        assert_eq!(raw.number("SELECT count(*) AS n FROM bookings"), rounds, "a row of a loser is left");
        assert_eq!(raw.number("SELECT count(*) AS n FROM booked_days"), rounds);
        assert_eq!(raw.number("SELECT count(*) AS n FROM changes WHERE about = 'bookings'"), rounds, "a loser is in the change log");
        // Letters went to the winners and to nobody else: as many as each has won.
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for letter in app.letters().await {
            *told.entry(letter.to_address).or_default() += 1;
        }
        assert_eq!(told, wins);
        second.end().await;
        app.end().await;
    });
}

/// Rounds of check, then insert, by connections that wait for one another in between. Gives how many rows each round got.
fn rounds_past_the_application(ground: &Ground, rounds: usize) -> Vec<i64> {
    crate::guarantee::seed(&mut ground.raw());
    let together = Arc::new(Barrier::new(RIVALS));
    std::thread::scope(|threads| {
        for rival in 0..RIVALS {
            let (together, mut raw) = (together.clone(), ground.raw());
            threads.spawn(move || {
                for round in 0..rounds {
                    let day = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day") + chrono::Days::new(round as u64);
                    let free = raw.number(&format!(
                        "SELECT count(*) AS n FROM bookings WHERE copy_id = 1 AND state = 'confirmed' AND first_day <= '{day}' AND held_until >= '{day}'"
                    ));
                    assert_eq!(free, 0, "the day was not free to begin with");
                    together.wait();
                    let _ = raw.run(&crate::guarantee::insert_on(&format!("{round}0{rival:02}"), &day.to_string()));
                    together.wait();
                }
            });
        }
    });
    let mut raw: Raw = ground.raw();
    (0..rounds)
        .map(|round| {
            let day = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day") + chrono::Days::new(round as u64);
            raw.number(&format!("SELECT count(*) AS n FROM bookings WHERE first_day = '{day}'"))
        })
        .collect()
}

fn sixteen_connections_past_the_application_get_one_row(ground: Ground) {
    assert_eq!(rounds_past_the_application(&ground, ROUNDS), vec![1; ROUNDS]);
    assert_eq!(truth::overlaps(&mut ground.raw()), 0);
}

fn without_the_guard_sixteen_connections_overlap(ground: Ground) {
    crate::guarantee::drop_the_guard(&mut ground.raw());
    let rows = rounds_past_the_application(&ground, 5);
    assert_eq!(rows, vec![i64::try_from(RIVALS).expect("a number"); 5], "nothing but the guard keeps them apart");
    assert!(truth::overlaps(&mut ground.raw()) > 0);
}
