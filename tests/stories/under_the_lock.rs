//! What a reservation asks of the database between the cluster's lock and its COMMIT: everybody else of the cluster waits for it.

use crate::harness::{Ssl, TestApp, Wish, science_lead};

stories!(a_reservation_asks_little_under_the_lock, what_it_asks_does_not_grow_with_the_people_it_tells);

/// The most statements between BEGIN and COMMIT.
const MOST: usize = 25;

/// Gives a school of Ashdale so many deputies more; each gets a letter of what is booked.
fn deputies(app: &TestApp, school: &str, names: &[&str]) {
    for (n, name) in names.iter().enumerate() {
        app.raw().must(&format!(
            "INSERT INTO people (id, email, name, created_at) SELECT max(id) + 1, '{name}@ashdale.example', '{name}', '2026-01-01 00:00:00' FROM people"
        ));
        app.raw().must(&format!(
            "INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day)
             SELECT s.cluster_id, p.id + {n}, p.id, 'deputy', s.id, '2026-01-01' FROM people p, schools s JOIN clusters c ON c.id = s.cluster_id
             WHERE p.email = '{name}@ashdale.example' AND s.short_name = '{school}' AND c.slug = 'ashdale'"
        ));
    }
}

/// Books, and gives what was asked under the lock and how many letters there were.
async fn asked(app: &TestApp, who: &Ssl, name: &str, from: &str, to: &str) -> (Vec<String>, usize) {
    who.books(&Wish::of(&app.resource("ashdale", name), from, to)).await;
    let asked = app.app.db.last_write();
    (asked, app.letters().await.len())
}

fn bounded(what: &str, asked: &[String]) {
    let list: String =
        asked.iter().enumerate().map(|(n, text)| format!("{:>3} {}\n", n + 1, text.chars().take(160).collect::<String>())).collect();
    println!("{what}: {}\n{list}", asked.len());
    assert!(asked.iter().any(|text| text.starts_with("INSERT INTO") && text.contains("bookings")), "{what} is another write:\n{list}");
    assert!(asked.len() <= MOST, "{what} asks {} statements:\n{list}", asked.len());
}

async fn a_reservation_asks_little_under_the_lock(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let (first, letters) = asked(&app, &ash, "Magnets", "2027-01-11", "2027-01-15").await;
    assert_eq!(letters, 1);
    bounded("the first loan of a copy", &first);
    let (later, _) = asked(&app, &beech, "Magnets", "2027-02-01", "2027-02-05").await;
    bounded("a loan after another", &later);
    let (between, _) = asked(&app, &beech, "Magnets", "2027-01-20", "2027-01-22").await;
    bounded("a loan between two others", &between);
}

async fn what_it_asks_does_not_grow_with_the_people_it_tells(app: TestApp) {
    deputies(&app, "Ash", &["ada", "bea", "cy"]);
    let ash = app.ssl("Ash").await;
    let (asked, letters) = asked(&app, &ash, "Magnets", "2027-01-11", "2027-01-15").await;
    assert_eq!((letters, ash.email.as_str()), (4, science_lead("Ash").as_str()));
    bounded("a loan of which four are told", &asked);
}
