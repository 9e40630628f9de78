//! Calendar entries follow their booking: whoever has one (from a letter, or from the button on the page, which gives the first SEQUENCE) gets by
//! the letter about each change the same entry anew, with a higher SEQUENCE, or its removal.

use chrono::TimeDelta;

use crate::harness::{Page, Person, TestApp, Wish};
use crate::waiting::cancels;

stories!(every_change_of_a_booking_reaches_every_entry);

/// What happens to a booking of Beech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Moved,
    Shortened,
    Cancelled,
    CancelledByCoordinator,
    Approved,
    Declined,
    Lapsed,
    RequestMoved,
    RequestMovedThenDeclined,
    GivenBackEarly,
    ReceivedEarly,
    SchoolLeft,
}

/// What the entry is then: still there, with these last days, or gone.
const TABLE: [(Change, Option<&str>); 12] = [
    (Change::Moved, Some("2026-12-16")),
    (Change::Shortened, Some("2026-12-09")),
    (Change::Cancelled, None),
    (Change::CancelledByCoordinator, None),
    (Change::Approved, Some("2026-12-11")),
    (Change::Declined, None),
    (Change::Lapsed, None),
    (Change::RequestMoved, Some("2026-12-16")),
    (Change::RequestMovedThenDeclined, None),
    (Change::GivenBackEarly, Some("2026-12-08")),
    (Change::ReceivedEarly, Some("2026-12-08")),
    (Change::SchoolLeft, None),
];

impl Change {
    fn of_a_request(self) -> bool {
        matches!(self, Self::Approved | Self::Declined | Self::Lapsed | Self::RequestMoved | Self::RequestMovedThenDeclined)
    }
}

/// UID, SEQUENCE, METHOD and DTEND of a calendar file.
fn read(text: &str) -> (String, u32, String, String) {
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {text}"));
        line.rsplit_once(':').expect("a value").1.trim().to_owned()
    };
    (value("UID"), value("SEQUENCE").parse().expect("a number"), value("METHOD"), value("DTEND"))
}

async fn submit(person: &Person, page: &Page, action: &str, fields: &[(&str, &str)]) {
    let form = fields.iter().fold(page.form(action), |form, (name, value)| form.set(name, value));
    person.browser.submit(&form).await.is(303);
}

async fn every_change_of_a_booking_reaches_every_entry(app: TestApp) {
    for (at, (change, last)) in TABLE.into_iter().enumerate() {
        let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
        let title = if change.of_a_request() { "Microscope" } else { "Magnets" };
        let booking = beech.books(&Wish::of(&app.resource("ashdale", title), "2026-12-07", "2026-12-11")).await;
        app.letters().await;
        let mut had = read(&beech.browser.get(&format!("{booking}/calendar.ics")).await.is(200).text);
        let form = async |person: &Person, verb: &str| person.browser.open(&format!("{booking}/{verb}")).await;
        let move_it = &[("from", "2026-12-14"), ("to", "2026-12-16")];
        match change {
            Change::Moved | Change::RequestMoved => submit(&beech, &form(&beech, "change").await, "/change", move_it).await,
            Change::Shortened => submit(&beech, &form(&beech, "change").await, "/change", &[("to", "2026-12-09")]).await,
            Change::Cancelled => drop(cancels(&beech, &booking).await.is(303)),
            Change::CancelledByCoordinator => drop(cancels(&coordinator, &booking).await.is(303)),
            Change::Approved => submit(&coordinator, &coordinator.browser.open(&booking).await, "/approve", &[]).await,
            Change::Declined => submit(&coordinator, &form(&coordinator, "decline").await, "/decline", &[("reason", "No")]).await,
            Change::Lapsed => {
                app.at("2026-12-08T09:00:00Z");
                app.worker().clear().await.expect("cleared");
            }
            Change::RequestMovedThenDeclined => {
                submit(&beech, &form(&beech, "change").await, "/change", move_it).await;
                app.letters().await;
                had = read(&beech.browser.get(&format!("{booking}/calendar.ics")).await.is(200).text);
                submit(&coordinator, &form(&coordinator, "decline").await, "/decline", &[("reason", "No")]).await;
            }
            Change::GivenBackEarly | Change::ReceivedEarly => {
                app.at("2026-12-07T09:00:00Z");
                submit(&beech, &beech.browser.open(&booking).await, "/collected", &[]).await;
                app.letters().await;
                app.later(TimeDelta::days(1));
                if change == Change::GivenBackEarly {
                    submit(&beech, &beech.browser.open(&booking).await, "/returned", &[]).await;
                }
                let copy = crate::handing_over::copy(&app, "ashdale", "MG1");
                crate::handing_over::send(&ash, &copy, "receive", &[]).await.is(303);
            }
            Change::SchoolLeft => {
                let school = boxrota::base::ids::SchoolId(app.raw().number("SELECT id AS n FROM schools WHERE short_name = 'Beech'"));
                let page = coordinator.open(&format!("/schools/{school}/leave")).await;
                let day = [("last-day", "4"), ("last-month", "12"), ("last-year", "2026")];
                submit(&coordinator, &page, "/leave", &day).await;
            }
        }
        let letters = app.letters().await;
        let told = letters.iter().rev().filter(|letter| letter.to_address == beech.email);
        let entry = told.filter_map(|letter| letter.calendar.as_ref()).map(|entry| read(&entry.text)).find(|entry| entry.0 == had.0);
        let (_, sequence, method, end) = entry.unwrap_or_else(|| panic!("{change:?}: no entry in {letters:#?}"));
        assert!(sequence > had.1, "{change:?}: {sequence} after {}", had.1);
        assert_eq!(method, if last.is_some() { "PUBLISH" } else { "CANCEL" }, "{change:?}");
        if let Some(last) = last {
            let after = last.parse::<chrono::NaiveDate>().expect("a day").succ_opt().expect("a day").format("%Y%m%d").to_string();
            assert_eq!(end, after, "{change:?}");
        }
        // The next row begins anew.
        app.at("2026-11-23T09:00:00Z");
        app.raw().must("UPDATE bookings SET state = 'cancelled' WHERE collected_on IS NULL");
        let past = format!("2026-11-{:02}", 2 + at);
        app.raw().must(&format!(
            "UPDATE bookings SET first_day = '{past}', last_day = '{past}', held_until = '{past}', collected_on = '{past}', returned_on = '{past}'
             WHERE first_day > '2026-11-30' AND collected_on IS NOT NULL"
        ));
        app.raw().must("UPDATE roles SET to_day = NULL");
        crate::week::seen(&app);
        app.letters().await;
    }
}
