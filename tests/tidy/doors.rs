//! Doors: what a file may hold by its name, and which other doors of its room it may name.

use crate::faults::Fault;
use crate::source::Rust;
use crate::uses;

/// The rooms that are machinery, not a part of the domain: they hold the database and the pages' frame, so the doors' rule is not theirs.
pub const MACHINERY: [&str; 3] = ["base", "db", "web"];

/// The rooms that are pages altogether, but for what is named after another door.
const ALL_PAGES: [&str; 2] = ["front", "api"];

/// A file's place in its room, in the order in which a door may name another: those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// `mod.rs` and everything that has no other door's name: types and decisions.
    Rules,
    /// `letters`: from facts to a letter.
    Letters,
    /// `store`: SQL.
    Store,
    /// `acts`: verbs; `tell` and `still` beside it, which say what a verb did, and whether what was said still holds.
    Acts,
    /// `pages`: handlers, forms, HTML, routes.
    Pages,
}

/// The door that a file stands behind: what the file or folder in the room is called says it, so `store/loans.rs` is behind the store's and
/// `counts/reading.rs` is a rule. `None` outside the rooms of the domain.
pub fn door(file: &Rust) -> Option<Door> {
    let room = file.room().filter(|room| !MACHINERY.contains(room))?;
    let inner = file.path.strip_prefix("src/")?.strip_prefix(room)?.trim_start_matches('/').trim_end_matches(".rs");
    let named = |name: &str| match name {
        "letters" => Some(Door::Letters),
        "store" => Some(Door::Store),
        "acts" | "tell" | "still" => Some(Door::Acts),
        "pages" => Some(Door::Pages),
        _ => None,
    };
    if ALL_PAGES.contains(&room) {
        // `front/week/store.rs` is SQL, and `front/week/mod.rs` holds what that page is worked out by.
        let rules = inner.ends_with("/mod").then_some(Door::Rules);
        return inner.split('/').find_map(named).or(rules).or(Some(Door::Pages));
    }
    inner.split('/').next().map(|name| named(name).unwrap_or(Door::Rules))
}

/// What turns a request into permission: it is behind no door, and every room's pages ask it.
const PERMISSION: &str = "src/people/member.rs";

/// What a file holds though its door does not: permission comes from a request, and a letter has a form in HTML.
const BY_NAME: [(&str, &str); 3] = [(PERMISSION, "actix_web"), (PERMISSION, "maud"), ("src/mail/letter.rs", "maud")];

/// What each door never holds, with the reason.
fn banned(door: Door) -> &'static [(&'static str, &'static str)] {
    const SQL: (&str, &str) = ("diesel", "SQL belongs in store.rs");
    const TX: (&str, &str) = ("Tx", "what reads and writes belongs in acts.rs");
    const HOUSE: (&str, &str) = ("House", "what reads and writes belongs in acts.rs");
    const HTTP: (&str, &str) = ("actix_web", "requests belong in pages.rs");
    const HTML: (&str, &str) = ("maud", "HTML belongs in pages.rs");
    const CLOCK: (&str, &str) = ("Clock", "time is a parameter");
    const ENV: (&str, &str) = ("env", "the environment is read in config.rs");
    match door {
        Door::Rules | Door::Letters => &[SQL, TX, HOUSE, HTTP, HTML, CLOCK, ENV],
        Door::Store => &[HTTP, HTML, CLOCK, ENV],
        // A verb that is many transactions, as an import is, is handed the clock.
        Door::Acts => &[SQL, HTTP, HTML, ENV],
        Door::Pages => &[SQL, CLOCK, ENV],
    }
}

/// A door holds only what it may.
pub fn holds(files: &[Rust]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in files {
        let Some(door) = door(file) else { continue };
        for (line, text) in file.code.lines().enumerate() {
            for (name, reason) in banned(door) {
                let used = match *name {
                    "env" => text.contains("std::env") || text.contains("env::var"),
                    // diesel_migrations and diesel_derive_newtype are the same matter.
                    "diesel" => words(text).any(|word| word.starts_with("diesel")),
                    name => words(text).any(|word| word == name),
                };
                if used && !BY_NAME.contains(&(file.path.as_str(), name)) {
                    let why = format!("not behind the door of {door:?}: {reason}");
                    faults.push(Fault { path: file.path.clone(), line, what: (*name).to_owned(), why });
                }
            }
        }
    }
    faults
}

/// Inside a room a door names only those before it: rules, letters, store, acts, pages. Tests may look anywhere in their room: a rule is tried
/// on what the letters make of it.
pub fn order(files: &[Rust]) -> Vec<Fault> {
    let behind = |path: &str| door(&Rust::new(path, ""));
    let uses = uses::between(files, |file| &file.code);
    let own = uses.iter().filter(|one| one.from.room() == Some(one.part.as_str()));
    let late = own.filter_map(|one| {
        let (from, to) = (door(one.from)?, behind(&one.to)?);
        let why = format!("{from:?} name no {to:?}: the order is rules, letters, store, acts, pages");
        (from < to && one.from.path != PERMISSION).then(|| Fault { path: one.from.path.clone(), line: one.line, what: one.to.clone(), why })
    });
    late.collect()
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

/// The names in a line.
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(path: &str, text: &str) -> usize {
        holds(&[Rust::new(path, text)]).len()
    }

    fn faults(check: fn(&Rust) -> Vec<String>, path: &str, text: &str) -> usize {
        check(&Rust::new(path, text)).len()
    }

    #[test]
    fn doors_can_fail() {
        assert_eq!(held("src/bookings/mod.rs", "use diesel::prelude::*;"), 1);
        assert_eq!(held("src/bookings/mod.rs", "fn page() -> maud::Markup {}\nfn req(r: actix_web::HttpRequest) {}"), 2);
        assert_eq!(held("src/bookings/mod.rs", "use crate::base::Clock;\nlet x = std::env::var(\"X\");"), 2);
        assert_eq!(held("src/bookings/ics.rs", "use diesel::sql_query;\nfn read(tx: &mut Tx<'_>, house: &mut House<'_>) {}"), 3);
        assert_eq!(held("src/bookings/letters.rs", "fn read(tx: &mut Tx<'_>) {}"), 1);
        assert_eq!(held("src/bookings/store.rs", "use maud::html;"), 1);
        assert_eq!(held("src/bookings/store/read.rs", "use actix_web::web;"), 1);
        assert_eq!(held("src/bookings/acts.rs", "use diesel::sql_query;\nuse actix_web::web;\nuse maud::html;"), 3);
        assert_eq!(held("src/bookings/acts/tell.rs", "use diesel::sql_query;\nfn cancel(tx: &mut Tx<'_>) {}"), 1);
        assert_eq!(held("src/bookings/pages/term.rs", "use diesel::sql_query;"), 1);
        assert_eq!(held("src/front/boxes.rs", "use diesel::sql_query;\nuse maud::html;"), 1);
        assert_eq!(held("src/people/member.rs", "use actix_web::FromRequest;\nuse diesel::sql_query;"), 1);
        assert_eq!(held("src/bookings/mod.rs", "// diesel\nlet environment = \"maud\";"), 0);
        assert_eq!(held("src/db/mod.rs", "use diesel::prelude::*;"), 0);
    }

    #[test]
    fn the_order_of_doors_can_fail() {
        let files = [
            ("src/bookings/mod.rs", "pub mod store;\nuse crate::year::store; use crate::bookings::letters;"),
            ("src/bookings/rules.rs", "pub use super::store::loans::all;"),
            ("src/bookings/letters.rs", "use super::{Slot, rules};\nfn a() { super::store::b() }"),
            (
                "src/bookings/store.rs",
                "use super::letters; use crate::bookings::pages::loan;\n#[cfg(test)]\nmod tests { use crate::bookings::acts; }",
            ),
            ("src/bookings/store/loans.rs", "use super::super::acts;"),
            ("src/bookings/acts.rs", "use super::store::loans; use super::tell; use super::pages;"),
            ("src/bookings/tell.rs", "use super::letters; use super::acts;"),
            (
                "src/bookings/pages/loan.rs",
                "use super::super::{acts, letters, rules, store}; use crate::bookings;\nfn a() { bookings::tell::b() }",
            ),
            ("src/bookings/pages.rs", ""),
        ];
        let files = files.map(|(path, text)| Rust::new(path, text));
        let found: Vec<String> = order(&files).into_iter().map(|fault| format!("{} {}", fault.path, fault.what)).collect();
        let all = [
            "src/bookings/mod.rs src/bookings/letters.rs",
            "src/bookings/rules.rs src/bookings/store/loans.rs",
            "src/bookings/letters.rs src/bookings/store.rs",
            "src/bookings/store.rs src/bookings/pages/loan.rs",
            "src/bookings/store/loans.rs src/bookings/acts.rs",
            "src/bookings/acts.rs src/bookings/pages.rs",
        ];
        assert_eq!(found, all);
    }

    #[test]
    fn permission_may_look_into_the_store() {
        let people = |path: &str| order(&[Rust::new(path, "use super::store;"), Rust::new("src/people/store.rs", "")]).len();
        assert_eq!((people("src/people/member.rs"), people("src/people/sign_in.rs")), (0, 1));
    }

    #[test]
    fn a_door_is_read_from_the_path() {
        let at = |path: &str| door(&Rust::new(path, ""));
        assert_eq!(at("src/bookings/mod.rs"), Some(Door::Rules));
        assert_eq!(at("src/handovers/counts/reading.rs"), Some(Door::Rules));
        assert_eq!(at("src/reminders/letters/tests.rs"), Some(Door::Letters));
        assert_eq!(at("src/bookings/store/mod.rs"), Some(Door::Store));
        assert_eq!(at("src/bookings/pages/calendar/term.rs"), Some(Door::Pages));
        assert_eq!((at("src/front/mod.rs"), at("src/front/week/page.rs")), (Some(Door::Pages), Some(Door::Pages)));
        assert_eq!((at("src/front/week/mod.rs"), at("src/front/week/store.rs")), (Some(Door::Rules), Some(Door::Store)));
        assert_eq!((at("src/web/page.rs"), at("src/app.rs")), (None, None));
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
