//! The two schemas are one: after every migration, both engines have the same tables, columns, types, keys, references, checks
//! and indexes, and `src/db/schema.rs` says the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{Engine, Ground, Raw};

/// A SQLite type that stands for each PostgreSQL type we use: the common set. Others are not used.
const TYPES: [(&str, &str, &str); 7] = [
    ("bytea", "BLOB", "Binary"),
    ("bigint", "INTEGER", "BigInt"),
    ("integer", "INTEGER", "Integer"),
    ("boolean", "INTEGER", "Bool"),
    ("text", "TEXT", "Text"),
    ("date", "TEXT", "Date"),
    ("timestamp without time zone", "TEXT", "Timestamp"),
];

/// Checks that exist on SQLite only, because there a type says less: the ends of their names.
const TYPE_CHECKS: [&str; 2] = ["_bool", "_iso"];

/// Checks that need other words on each engine to say the same.
const SAID_OTHERWISE: [&str; 1] = ["bookings_span"];

/// A migrated database of each engine; they last as long as this does.
struct Both {
    lite: Raw,
    post: Raw,
    _grounds: [Ground; 2],
}

fn both() -> Both {
    let grounds = [Ground::migrated(Engine::Sqlite), Ground::migrated(Engine::Postgres)];
    Both { lite: grounds[0].raw(), post: grounds[1].raw(), _grounds: grounds }
}

/// Fails with the lines that only one of the two has.
#[track_caller]
fn same(postgres: &BTreeSet<String>, other: &BTreeSet<String>) {
    let differing: Vec<_> = postgres.symmetric_difference(other).map(|line| (postgres.contains(line), line)).collect();
    let said = differing.iter().map(|(here, line)| format!("{} {line}", if *here { "only PostgreSQL:" } else { "PostgreSQL has no:" }));
    assert!(differing.is_empty(), "\n{}", said.collect::<Vec<_>>().join("\n"));
}

fn set(lines: Vec<String>) -> BTreeSet<String> {
    lines.into_iter().collect()
}

#[test]
fn tables_columns_and_types_are_the_same() {
    let Both { mut lite, mut post, _grounds } = both();
    let post_columns = post.texts(
        "SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END
             || CASE WHEN column_default IS NULL THEN '' ELSE ' default' END AS t
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
    );
    let lite_columns = lite.texts(
        "SELECT m.name || '.' || c.name || ' ' || c.type || CASE WHEN c.\"notnull\" THEN '' ELSE ' null' END
             || CASE WHEN c.dflt_value IS NULL THEN '' ELSE ' default' END AS t
         FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    let translated = post_columns.iter().map(|column| {
        let (name, kind) = column.split_once(' ').expect("name and type");
        let (post, lite, _) =
            TYPES.iter().find(|(post, ..)| kind.starts_with(post)).unwrap_or_else(|| panic!("{column}: not in the common set of types"));
        format!("{name} {}", kind.replacen(post, lite, 1))
    });
    assert!(post_columns.len() > 100);
    same(&translated.collect(), &set(lite_columns));
    // Every table is STRICT, so that a TEXT holds text.
    assert_eq!(
        lite.texts(
            "SELECT name AS t FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%STRICT%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ),
        [""; 0]
    );
    // And where PostgreSQL has a boolean, SQLite checks that it is one.
    let checks = set(lite_checks(&mut lite).into_keys().collect());
    for column in post_columns.iter().filter(|column| column.contains(" boolean")) {
        let name = format!("{}_bool", column.split(' ').next().unwrap_or_default().replace('.', "_"));
        assert!(checks.contains(&name), "SQLite has no check {name}");
    }
}

#[test]
fn keys_and_references_are_the_same() {
    let Both { mut lite, mut post, _grounds } = both();
    let post_keys = post.texts(
        "SELECT c.conrelid::regclass || CASE c.contype WHEN 'p' THEN ' key ' ELSE ' unique ' END ||
             (SELECT string_agg(a.attname, ',' ORDER BY k.ord) FROM unnest(c.conkey) WITH ORDINALITY k(num, ord) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) AS t
         FROM pg_constraint c WHERE c.contype IN ('p', 'u') AND c.connamespace = 'public'::regnamespace AND c.conrelid::regclass::text NOT LIKE '\\_\\_%'",
    );
    let mut lite_keys = lite.texts(
        "SELECT m.name || ' key ' || (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk)) AS t
         FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    lite_keys.extend(lite.texts(
        "SELECT m.name || ' unique ' || (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS t
         FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin = 'u' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    ));
    assert!(post_keys.len() > 20);
    same(&set(post_keys), &set(lite_keys));

    let post_references = post.texts(
        "SELECT c.conrelid::regclass || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY k.ord) FROM unnest(c.conkey) WITH ORDINALITY k(num, ord) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num)
             || ') to ' || c.confrelid::regclass || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY k.ord) FROM unnest(c.confkey) WITH ORDINALITY k(num, ord) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num)
             || ')' || CASE c.confdeltype WHEN 'c' THEN ' cascade' ELSE '' END AS t
         FROM pg_constraint c WHERE c.contype = 'f'",
    );
    let lite_references = lite.texts(
        "SELECT m.name || ' (' || group_concat(f.\"from\", ',') || ') to ' || f.\"table\" || ' (' || group_concat(f.\"to\", ',') || ')' || CASE f.on_delete WHEN 'CASCADE' THEN ' cascade' ELSE '' END AS t
         FROM sqlite_master m, (SELECT 0) one, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id",
    );
    assert!(post_references.len() > 20);
    same(&set(post_references), &set(lite_references));
}

#[test]
fn indexes_are_the_same() {
    let Both { mut lite, mut post, _grounds } = both();
    let post_indexes = post.texts(
        "SELECT i.indrelid::regclass || '.' || i.indexrelid::regclass || CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END
             || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = i.indexrelid) || ')' AS t
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)",
    );
    let lite_indexes = lite.texts(
        "SELECT m.name || '.' || i.name || CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END || CASE WHEN i.partial THEN ' partial' ELSE '' END
             || ' (' || (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')' AS t
         FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin = 'c'",
    );
    assert!(post_indexes.len() > 10);
    same(&set(post_indexes), &set(lite_indexes));
}

#[test]
fn checks_are_the_same() {
    let Both { mut lite, mut post, _grounds } = both();
    let post_names =
        set(post.texts("SELECT conname::text AS t FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"));
    let lite_checks = lite_checks(&mut lite);
    let lite_names = lite_checks.keys().filter(|name| !TYPE_CHECKS.iter().any(|end| name.ends_with(end))).cloned().collect();
    assert!(post_names.len() > 30);
    same(&post_names, &lite_names);
    // They say the same in the same words, as the migrations have them.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("migrations").map(|entry| entry.expect("an entry").path().join("up.sql")).collect();
    files.sort();
    let mut post_checks = BTreeMap::new();
    for file in files {
        post_checks.extend(checks_in(&std::fs::read_to_string(file).expect("a migration")));
    }
    for (name, words) in post_checks.iter().filter(|(name, _)| !SAID_OTHERWISE.contains(&name.as_str())) {
        assert_eq!(Some(words), lite_checks.get(name), "{name}");
    }
}

#[test]
fn the_program_knows_the_same_columns() {
    let Both { mut post, _grounds, .. } = both();
    let post_columns = post.texts(
        "SELECT table_name || '.' || column_name || ' ' || CASE is_nullable WHEN 'YES' THEN 'null ' ELSE '' END || data_type AS t
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
    );
    let as_diesel = post_columns.iter().map(|column| {
        let (name, kind) = column.split_once(' ').expect("name and type");
        let (nullable, kind) = kind.strip_prefix("null ").map_or((false, kind), |kind| (true, kind));
        let kind = TYPES.iter().find(|(post, ..)| *post == kind).map_or(kind, |(_, _, diesel)| diesel);
        if nullable { format!("{name} Nullable<{kind}>") } else { format!("{name} {kind}") }
    });
    let read = |file: &str| std::fs::read_to_string(format!("{}/src/db/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a schema");
    let text = read("schema.rs") + &read("schema/handing.rs");
    same(&as_diesel.collect(), &columns_in(&text));
}

/// `table.column Type` of every column that `diesel::table!` declares.
fn columns_in(schema: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut table = "";
    for line in schema.lines().map(str::trim).filter(|line| !line.starts_with("diesel::")) {
        if let Some((column, kind)) = line.split_once(" -> ") {
            found.insert(format!("{table}.{} {}", column.trim_start_matches("r#"), kind.trim_end_matches(',')));
        } else if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
            table = name;
        }
    }
    found
}

/// Name and words of every named check of the SQLite database.
fn lite_checks(lite: &mut Raw) -> BTreeMap<String, String> {
    lite.texts("SELECT sql AS t FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL")
        .iter()
        .flat_map(|sql| checks_in(sql))
        .collect()
}

/// Name and words of every `CONSTRAINT name CHECK (…)` in a text.
fn checks_in(sql: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in sql.split("CONSTRAINT ").skip(1) {
        let Some((name, rest)) = part.split_once(" CHECK ") else { continue };
        if name.contains(char::is_whitespace) {
            continue;
        }
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        found.insert(name.to_owned(), rest[..end.expect("a closed bracket")].to_owned());
    }
    found
}
