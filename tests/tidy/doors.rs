//! Doors and rooms: what a file may hold by its name, and which rooms it may use by its place.

use crate::source::Rust;

/// The rooms in dependency order. A rule or a store uses only rooms that stand before its own.
const ROOMS: [&str; 14] = [
    "base",
    "db",
    "web",
    "notifications",
    "people",
    "catalogue",
    "bookings",
    "handovers",
    "audits",
    "purchases",
    "reconcile",
    "reports",
    "imports",
    "demo",
];

/// The rooms that are machinery, not a part of the domain: they hold the database and the pages' frame, so the doors' rule is not theirs.
const MACHINERY: [&str; 3] = ["base", "db", "web"];

/// What each door never holds, with the reason.
fn banned(door: &str) -> &'static [(&'static str, &'static str)] {
    const SQL: (&str, &str) = ("diesel", "SQL belongs in store.rs");
    const HTTP: (&str, &str) = ("actix_web", "requests belong in pages.rs");
    const HTML: (&str, &str) = ("maud", "HTML belongs in pages.rs");
    const CLOCK: (&str, &str) = ("Clock", "time is a parameter");
    const ENV: (&str, &str) = ("env", "the environment is read in config.rs");
    match door {
        "mod" => &[SQL, HTTP, HTML, CLOCK, ENV],
        "store" => &[HTTP, HTML, CLOCK, ENV],
        "pages" => &[SQL, CLOCK, ENV],
        _ => &[SQL, ENV],
    }
}

/// A door holds only what it may.
pub fn holds(file: &Rust) -> Vec<String> {
    let (Some(room), Some(door)) = (file.room(), file.door()) else { return vec![] };
    if MACHINERY.contains(&room) {
        return vec![];
    }
    let mut faults = Vec::new();
    for (number, line) in file.code.lines().enumerate() {
        for (name, reason) in banned(door) {
            let used = match *name {
                "env" => line.contains("std::env") || line.contains("env::var"),
                // diesel_migrations and diesel_derive_newtype are the same matter.
                "diesel" => words(line).any(|word| word.starts_with("diesel")),
                name => words(line).any(|word| word == name),
            };
            if used {
                faults.push(file.fault(number, &format!("`{name}` in {door}.rs: {reason}")));
            }
        }
    }
    faults
}

/// Rules and stores use only rooms above them; only pages compose, and only app.rs and worker.rs see everything.
pub fn reaches_down(file: &Rust) -> Vec<String> {
    let Some(own) = file.room() else { return vec![] };
    let Some(place) = ROOMS.iter().position(|room| *room == own) else {
        return vec![file.fault(0, &format!("the room `{own}` has no place in the order of rooms (tests/tidy/doors.rs)"))];
    };
    let pages = file.door() == Some("pages");
    // What turns a request into permission needs the App as well.
    let names_app = pages || own == "web" || file.door() == Some("member");
    let mut faults = Vec::new();
    for (number, used) in rooms_used(&file.code) {
        let below = ROOMS.iter().position(|room| *room == used).is_some_and(|other| other > place);
        if below && !pages {
            faults.push(file.fault(number, &format!("`{own}` uses `{used}`, which stands below it")));
        }
        if ["worker", "main"].contains(&used.as_str()) || (used == "app" && !names_app) {
            faults.push(file.fault(number, &format!("`{used}` is above all rooms; only what answers requests may name the App")));
        }
    }
    faults
}

/// lib.rs lists the rooms in their order, since it is the map.
pub fn order_of_lib(lib: &str) -> Vec<String> {
    let code = Rust::new("src/lib.rs", lib).code;
    let listed: Vec<usize> = code
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .filter_map(|name| ROOMS.iter().position(|room| *room == name))
        .collect();
    if listed.is_sorted() { vec![] } else { vec!["src/lib.rs: list the rooms in their order, base first".to_owned()] }
}

/// `Utc::now` and its like stand in one file.
pub fn asks_the_time(file: &Rust) -> Vec<String> {
    if file.path == "src/base/clock.rs" {
        return vec![];
    }
    let asks = |line: &str| ["Utc::now", "Local::now", "SystemTime::now", "CURRENT_TIMESTAMP"].iter().any(|way| line.contains(way));
    let hits = file.spoken.lines().enumerate().filter(|(_, line)| asks(line) || line.contains("datetime('now"));
    hits.map(|(number, _)| file.fault(number, "time is a parameter; only base/clock.rs asks for it")).collect()
}

/// No `.unwrap()` and no `.expect(` outside tests: an error has a type and a page.
pub fn panics(file: &Rust) -> Vec<String> {
    let hits = file.code.lines().enumerate().filter(|(_, line)| line.contains(".unwrap()") || line.contains(".expect("));
    hits.map(|(number, _)| file.fault(number, "give the error its own type instead of a panic")).collect()
}

/// Every room that the code names as `crate::room`, or in `crate::{room, …}`, with its line.
fn rooms_used(code: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for (number, line) in code.lines().enumerate() {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            if let Some(list) = rest.strip_prefix('{') {
                let mut depth = 0;
                for part in list.split(',') {
                    if depth == 0 {
                        used.extend(words(part).next().map(|word| (number, word.to_owned())));
                    }
                    depth += i32::try_from(part.matches('{').count()).unwrap_or(0) - i32::try_from(part.matches('}').count()).unwrap_or(0);
                }
            } else {
                used.extend(words(rest).next().map(|word| (number, word.to_owned())));
            }
        }
    }
    used
}

/// The names in a line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: fn(&Rust) -> Vec<String>, path: &str, text: &str) -> usize {
        check(&Rust::new(path, text)).len()
    }

    #[test]
    fn doors_can_fail() {
        assert_eq!(faults(holds, "src/bookings/mod.rs", "use diesel::prelude::*;"), 1);
        assert_eq!(faults(holds, "src/bookings/mod.rs", "fn page() -> maud::Markup {}\nfn req(r: actix_web::HttpRequest) {}"), 2);
        assert_eq!(faults(holds, "src/bookings/mod.rs", "use crate::base::Clock;\nlet x = std::env::var(\"X\");"), 2);
        assert_eq!(faults(holds, "src/bookings/store.rs", "use maud::html;"), 1);
        assert_eq!(faults(holds, "src/bookings/store/read.rs", "use actix_web::web;"), 1);
        assert_eq!(faults(holds, "src/bookings/pages/term.rs", "use diesel::sql_query;"), 1);
        assert_eq!(faults(holds, "src/bookings/ics.rs", "use diesel::sql_query;"), 1);
        assert_eq!(faults(holds, "src/bookings/mod.rs", "// diesel\nlet environment = \"maud\";"), 0);
        assert_eq!(faults(holds, "src/db/mod.rs", "use diesel::prelude::*;"), 0);
    }

    #[test]
    fn room_order_can_fail() {
        assert_eq!(faults(reaches_down, "src/people/mod.rs", "use crate::bookings::Booking;"), 1);
        assert_eq!(faults(reaches_down, "src/people/store.rs", "use crate::{base::Day, bookings::{store, Loan}, catalogue};"), 2);
        assert_eq!(faults(reaches_down, "src/bookings/mod.rs", "use crate::{base::{Day, bookings}, people::Role};"), 0);
        assert_eq!(faults(reaches_down, "src/people/pages.rs", "use crate::bookings::store; use crate::app::App;"), 0);
        assert_eq!(faults(reaches_down, "src/people/mod.rs", "use crate::app::App;"), 1);
        assert_eq!(faults(reaches_down, "src/people/pages.rs", "use crate::worker::tick;"), 1);
        assert_eq!(faults(reaches_down, "src/helpers/mod.rs", ""), 1);
    }

    #[test]
    fn the_order_in_lib_can_fail() {
        assert_eq!(order_of_lib("pub mod db;\npub mod base;").len(), 1);
        assert!(order_of_lib("pub mod base;\npub mod app;\npub mod db;").is_empty());
    }

    #[test]
    fn a_second_clock_can_fail() {
        assert_eq!(faults(asks_the_time, "src/app.rs", "let now = Utc::now();"), 1);
        assert_eq!(faults(asks_the_time, "src/people/store.rs", "sql_query(\"… datetime('now') …\")"), 1);
        assert_eq!(faults(asks_the_time, "src/base/clock.rs", "Utc::now()"), 0);
        assert_eq!(faults(asks_the_time, "src/app.rs", "#[cfg(test)]\nmod tests { fn a() { Utc::now(); } }"), 0);
    }

    #[test]
    fn a_panic_can_fail() {
        assert_eq!(faults(panics, "src/app.rs", "a.unwrap();\nb.expect(\"x\");\nc.unwrap_or_default();"), 2);
        assert_eq!(faults(panics, "src/app.rs", "/// never `.unwrap()`\n#[cfg(test)]\nmod tests { fn a() { x.unwrap() } }"), 0);
    }
}
