//! Who writes a table: one room, and nobody past it. Reading is free.

use crate::faults::Fault;
use crate::source::Rust;
use crate::uses;

/// Each room's own tables.
const OWN: [(&str, &[&str]); 14] = [
    ("db", &["changes", "days", "probes"]),
    ("mail", &["digest_items", "messages", "muted_kinds", "unsubscribe_links"]),
    ("people", &["people", "roles", "sessions", "sign_in_links"]),
    ("clusters", &["clusters", "set_up_tokens", "settings"]),
    ("undo", &["pending_acts"]),
    ("schools", &["former_names", "lead_schools", "memberships", "schools"]),
    ("year", &["closures", "terms"]),
    ("files", &["file_days", "photos"]),
    ("catalogue", &["contents_lines", "copies", "resources"]),
    ("bookings", &["booked_days", "bookings"]),
    ("calendar", &["feeds"]),
    ("journeys", &["custody", "custody_chain", "legs", "meetings", "unsettled"]),
    ("waiting", &["waits"]),
    ("handovers", &["count_lines", "counts", "finds", "handovers"]),
];

/// The same, of rooms further up.
const OWN_ABOVE: [(&str, &[&str]); 2] = [
    ("joining", &["invitations"]),
    ("accounts", &["email_changes", "identities", "identity_flows", "passkey_flows", "passkey_seals", "passkeys"]),
];

/// Rooms that write the tables of others: two found a whole cluster, and the third takes a person out of everything.
const EXCUSED: [&str; 3] = ["imports", "clusters", "accounts"];

/// The one statement of machinery that is about a room's table: every write raises its cluster's version.
const VERSION: (&str, &str) = ("src/db/mod.rs", "clusters");

/// Diesel's ways to write.
const WAYS: [&str; 5] = ["insert_into", "insert_or_ignore_into", "replace_into", "update", "delete"];

/// What raw SQL begins with.
const RAW: [&str; 6] = ["INSERT INTO ", "INSERT OR IGNORE INTO ", "INSERT OR REPLACE INTO ", "REPLACE INTO ", "DELETE FROM ", "UPDATE "];

/// The room that has a table.
fn owner(table: &str) -> Option<&'static str> {
    OWN.iter().chain(&OWN_ABOVE).find(|(_, tables)| tables.contains(&table)).map(|(room, _)| *room)
}

/// Every statement that writes a table past its room, and every table that no room has.
pub fn tables(files: &[Rust]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in files {
        let mut add =
            |line: usize, what: &str, why: String| faults.push(Fault { path: file.path.clone(), line, what: what.to_owned(), why });
        for (line, table) in declared(file).into_iter().filter(|(_, table)| owner(table).is_none()) {
            add(line, &table, "no room has this table: say whose it is in tests/tidy/tables.rs".to_owned());
        }
        let room = file.room().unwrap_or("a file above the rooms");
        for (at, table) in written(file) {
            let line = file.code[..at].matches('\n').count();
            match table.as_deref().map(|table| (table, owner(table))) {
                Some((table, Some(owner))) => {
                    if owner != room && !EXCUSED.contains(&room) && VERSION != (file.path.as_str(), table) {
                        add(line, table, format!("`{owner}` has this table, and `{room}` writes it: call a function of `{owner}`"));
                    }
                }
                _ => add(line, "a table unseen", "name the table here, or in a `let` or `fn` of this file".to_owned()),
            }
        }
    }
    faults
}

/// The tables that a file of the schema declares, with their lines.
fn declared(file: &Rust) -> Vec<(usize, String)> {
    let lines: Vec<&str> = file.code.lines().collect();
    let found = lines.iter().enumerate().filter(|(_, line)| line.contains("table! {"));
    found.filter_map(|(at, _)| Some((at + 1, lines.get(at + 1)?.split_once('(')?.0.trim().to_owned()))).collect()
}

/// Every statement that writes: where it stands, and which table it writes, if one can see it.
pub fn written(file: &Rust) -> Vec<(usize, Option<String>)> {
    let (code, named) = (&file.code, uses::named(&file.path, &file.code));
    let imported = |way: &str| {
        let of_diesel = named.iter().filter(|named| named.path[0] == "diesel" && named.path.len() < 4);
        of_diesel.filter_map(|named| named.path.last()).any(|last| last == way)
    };
    // `settings as rules` is the table `settings`.
    let meant = |said: String| {
        let whole = named.iter().find(|named| named.said == said && named.path.last().is_some_and(|last| last == "table"));
        whole.and_then(|named| named.path.iter().rev().nth(1).cloned()).unwrap_or(said)
    };
    let mut all = Vec::new();
    for way in WAYS {
        let bare = way.contains("_into") || imported(way);
        for (at, _) in code.match_indices(&format!("{way}(")) {
            let before = &code[..at];
            let other = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') || before.ends_with("fn ");
            let diesels = before.ends_with("diesel::") || before.ends_with("dsl::");
            if !other && (diesels || (bare && !before.ends_with("::"))) {
                all.push((at, table_of(code, at, &code[at + way.len() + 1..], 0).map(meant)));
            }
        }
    }
    let upper = file.spoken.to_ascii_uppercase();
    for way in RAW {
        for (at, _) in upper.match_indices(way) {
            let behind = file.spoken[at + way.len()..].trim_start_matches(['"', '\\', ' ']);
            let table = word(behind);
            // Words on a page may say "update" as well.
            if owner(table).is_some() && !upper[..at].ends_with("FOR ") {
                all.push((at, Some(table.to_owned())));
            } else if behind.starts_with('{') {
                all.push((at, None));
            }
        }
    }
    all
}

/// The table that an expression begins with, which stands at `at`: named itself, or by the `let` or `fn` whose name comes first.
fn table_of(code: &str, at: usize, expression: &str, turns: usize) -> Option<String> {
    let path: String = expression.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
    if let Some(table) = path.strip_suffix("::table") {
        return table.rsplit("::").next().map(str::to_owned);
    }
    let name = word(&path);
    if name.is_empty() || turns > 4 {
        return None;
    }
    let starts = |text: &str, at: usize, key: &str| !text[at + key.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let bound = format!("let {name}");
    let function = format!("fn {name}");
    let found = code[..at].rmatch_indices(&bound).map(|(at, _)| at).find(|at| starts(code, *at, &bound));
    if let Some(found) = found {
        let value = code[found..].split_once('=').map_or("", |(_, value)| value).trim_start().trim_start_matches("||");
        return table_of(code, found, value, turns + 1);
    }
    let found = code.match_indices(&function).map(|(at, _)| at).find(|at| starts(code, *at, &function))?;
    let body = code[found..].split_once('{')?.1;
    table_of(code, found, body, turns + 1)
}

/// The word that a text begins with.
fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        tables(&[Rust::new(path, text)]).into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn a_write_past_the_room_can_fail() {
        let text = "diesel::insert_into(bookings::table).values(a);\ndiesel::update(\n    schema::legs::table.find(b));\ndiesel::delete(waits::table);";
        assert_eq!(found("src/attention/store.rs", text), ["bookings", "legs", "waits"]);
        assert_eq!(found("src/bookings/store.rs", text), ["legs", "waits"]);
        assert_eq!(found("src/worker.rs", text).len(), 3);
        for excused in ["src/imports/store.rs", "src/clusters/store/mod.rs", "src/accounts/store/erasure.rs"] {
            assert_eq!(found(excused, text), [""; 0]);
        }
        assert_eq!(found("src/mail/store.rs", "diesel::delete(messages::table); diesel::delete(people::table);"), ["people"]);
        assert_eq!(
            found("src/people/store.rs", "use diesel::update;\nfn a() { update(legs::table); self.update(x); rows::update(y); }"),
            ["legs"]
        );
        assert_eq!(found("src/people/store.rs", "legs::table.select(legs::id).load(c); update(legs); fn update(legs: u8) {}"), [""; 0]);
    }

    #[test]
    fn what_is_written_by_another_name_can_fail() {
        let row =
            "let row = legs::table.find(a);\nlet legs = 1;\nif b { diesel::update(row).set(c) } else { diesel::delete(row.filter(d)) }";
        assert_eq!(found("src/people/store.rs", row), ["legs", "legs"]);
        assert_eq!(found("src/people/store.rs", "let own = || waits::table.filter(a);\ndiesel::delete(own().filter(b));"), ["waits"]);
        assert_eq!(
            found(
                "src/people/store.rs",
                "let a = row(tx);\ndiesel::update(a);\nfn row(tx: &mut Tx<'_>) -> T {\n    waits::table.find(b)\n}"
            ),
            ["waits"]
        );
        assert_eq!(
            found("src/people/store.rs", "use crate::db::schema::{terms as spans};\ndiesel::delete(spans::table.find(a));"),
            ["terms"]
        );
        assert_eq!(found("src/people/store.rs", "fn a(rows: T) { diesel::update(rows).set(b) }"), ["a table unseen"]);
        assert_eq!(found("src/people/store.rs", "diesel::delete(copy::table)"), ["a table unseen"]);
    }

    #[test]
    fn raw_sql_can_fail() {
        let raw = "sql_query(\"UPDATE legs SET day = 1\"); sql_query(\"insert into waits values (1)\"); sql_query(format!(\"DELETE FROM {table}\"));";
        let mut what = found("src/people/store.rs", raw);
        what.sort();
        assert_eq!(what, ["a table unseen", "legs", "waits"]);
        assert_eq!(
            found("src/people/store.rs", "\"SELECT 1 FROM legs FOR UPDATE\"; \"Update the list, delete from it\"; // DELETE FROM legs"),
            [""; 0]
        );
    }

    #[test]
    fn a_table_of_no_room_can_fail() {
        assert_eq!(
            found("src/db/schema.rs", "diesel::table! {\n    legs (id) {\n    }\n}\ndiesel::table! {\n    purses (id) {\n    }\n}"),
            ["purses"]
        );
    }
}
