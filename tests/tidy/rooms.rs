//! The order of rooms: a file names only its own room and rooms before it, its tests too. What stands directly in `src/` sees all rooms
//! and is named by none.

use crate::faults::Fault;
use crate::source::Rust;
use crate::uses::{self, Use};

/// The rooms from the ground up.
pub const ROOMS: [&str; 32] = [
    "base",
    "sheets",
    "db",
    "web",
    "mail",
    "people",
    "clusters",
    "undo",
    "schools",
    "year",
    "files",
    "catalogue",
    "bookings",
    "calendar",
    "journeys",
    "waiting",
    "handovers",
    "attention",
    "reminders",
    "audits",
    "needs",
    "pots",
    "purchases",
    "statements",
    "matching",
    "reconcile",
    "reports",
    "joining",
    "accounts",
    "imports",
    "front",
    "api",
];

/// What every write ends with. It stands before this room, which alone names it: it settles what it has brought in.
const SETTLE: (&str, &str) = ("settle", "imports");

/// A room's place in the order.
fn place(room: &str) -> Option<usize> {
    ROOMS.iter().position(|one| *one == room)
}

/// Every use of a room that stands above, or of what stands above all rooms.
pub fn order(files: &[Rust]) -> Vec<Fault> {
    let nowhere = files.iter().filter(|file| file.room().is_some_and(|room| place(room).is_none()));
    let mut faults: Vec<Fault> = nowhere.map(|file| fault(file, 0, "no place", "its room is not in the order of rooms")).collect();
    // Tests run down as well: what a test needs of a room above, it can build itself or be moved up to that room.
    let uses = uses::between(files, |file| &file.whole);
    faults.extend(uses.iter().filter_map(|one| Some(fault(one.from, one.line, &one.to, runs_up(one)?))));
    faults
}

fn fault(file: &Rust, line: usize, what: &str, why: &str) -> Fault {
    Fault { path: file.path.clone(), line, what: what.to_owned(), why: why.to_owned() }
}

/// Why this use is none that the order allows.
fn runs_up(one: &Use<'_>) -> Option<&'static str> {
    let (settle, above_it) = SETTLE;
    let limit = place(above_it);
    match (one.from.room(), place(&one.part)) {
        (Some(own), Some(other)) => (place(own)? < other).then_some("it stands above this room"),
        (Some(own), None) => (one.part != settle || own != above_it).then_some("it stands above all rooms"),
        (None, other) => {
            (one.from.path == format!("src/{settle}.rs") && other >= limit).then_some("it stands above what every write ends with")
        }
    }
}

/// lib.rs lists the rooms in their order, since it is the map.
pub fn order_of_lib(lib: &str) -> Vec<String> {
    let code = Rust::new("src/lib.rs", lib).code;
    let names = code.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'));
    if names.filter_map(place).is_sorted() { vec![] } else { vec!["src/lib.rs: list the rooms in their order, base first".to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        order(&[Rust::new(path, text)]).len()
    }

    #[test]
    fn the_order_can_fail() {
        assert_eq!(faults("src/people/mod.rs", "use crate::bookings::Booking;"), 1);
        assert_eq!(faults("src/people/pages/role.rs", "use crate::{\n    base::Day,\n    bookings::{store, Loan},\n    catalogue,\n};"), 3);
        assert_eq!(faults("src/people/pages.rs", "pub use crate::bookings::store;"), 1);
        assert_eq!(faults("src/people/store.rs", "fn a(b: crate::joining::Offer) {}"), 1);
        assert_eq!(faults("src/people/store.rs", "use super::super::year::Term;\nfn a(b: super::super::year::Week) {}"), 2);
        assert_eq!(faults("src/people/mod.rs", "#[cfg(test)]\nmod tests { use crate::year::samples; }"), 1);
        assert_eq!(faults("src/notifications/mod.rs", "use crate::people::Person;"), 1);
        assert_eq!(faults("src/helpers/mod.rs", ""), 1);
        assert_eq!(
            faults("src/bookings/mod.rs", "use crate::{base::{Day, calendar}, people::Role}; use super::year; use self::front::a;"),
            0
        );
        assert_eq!(faults("src/bookings/mod.rs", "// crate::calendar\nlet a = \"crate::calendar\"; use actix_web::front;"), 0);
    }

    #[test]
    fn what_stands_above_all_rooms_can_fail() {
        assert_eq!(faults("src/people/pages.rs", "use crate::app::App;"), 1);
        assert_eq!(faults("src/front/mod.rs", "use crate::settle::settle; use crate::worker::Worker;"), 2);
        assert_eq!(faults("src/imports/mod.rs", "use crate::settle::settle; use crate::config::Config;"), 1);
        assert_eq!(faults("src/settle.rs", "use crate::accounts::a; use crate::imports::b; use crate::front::c;"), 2);
        assert_eq!(faults("src/worker.rs", "use crate::imports::b; use crate::api::c; use crate::config::Config;"), 0);
    }

    /// Two rooms can not name each other without one of them naming a room above.
    #[test]
    fn a_circle_can_fail() {
        let files = [
            Rust::new("src/year/store.rs", "use crate::bookings::store::loans;"),
            Rust::new("src/bookings/mod.rs", ""),
            Rust::new("src/bookings/store.rs", "use super::rules;"),
            Rust::new("src/bookings/rules.rs", "use crate::year::store;"),
        ];
        let found: Vec<String> = order(&files).into_iter().map(|fault| format!("{} {}", fault.path, fault.what)).collect();
        assert_eq!(found, ["src/year/store.rs src/bookings/store.rs"]);
    }

    #[test]
    fn the_order_in_lib_can_fail() {
        assert_eq!(order_of_lib("pub mod db;\npub mod base;").len(), 1);
        assert_eq!(order_of_lib("pub mod db; // engines\npub mod base; // days").len(), 1);
        assert!(order_of_lib("pub mod base;\npub mod app;\n// lending\npub mod db;").is_empty());
    }
}
