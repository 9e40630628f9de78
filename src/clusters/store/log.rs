//! Reads the change log: one record's history, and the whole of a cluster by its filters. Writing is `Tx::log`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use crate::base::days::{Day, Period};
use crate::base::ids::{self, ChangeId, PersonId};
use crate::base::{clock, days};
use crate::clusters::log::{Filter, Line, Subject, Who, together};
use crate::db::asks::with_backend;
use crate::db::schema::{changes, people, roles};
use crate::db::{Result, Tx};

/// The most lines of one record's history.
const MOST_OF_A_RECORD: i64 = 50;
/// The most people to choose from.
const MOST_PEOPLE: i64 = 500;

type Row = (i64, NaiveDateTime, Option<String>, String, String, String, String, String);

fn line((id, at, who, about, about_id, verb, before, after): Row) -> Line {
    Line { id: ChangeId(id), at: at.and_utc(), who, about, about_id, verb, before, after }
}

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        (
            changes::id,
            changes::at,
            people::name.nullable(),
            changes::about,
            changes::about_id,
            changes::verb,
            changes::before,
            changes::after,
        )
    };
}

/// What happened to one record, newest first: `history(tx, "bookings", &id)`.
pub fn history(tx: &mut Tx<'_>, about: &str, id: &impl std::fmt::Display) -> Result<Vec<Line>> {
    history_before(tx, about, id, None, MOST_OF_A_RECORD)
}

/// What happened to one record before a moment, newest first, at most so many lines.
pub fn history_before(
    tx: &mut Tx<'_>,
    about: &str,
    id: &impl std::fmt::Display,
    before: Option<DateTime<Utc>>,
    most: i64,
) -> Result<Vec<Line>> {
    let rows: Vec<Row> = changes::table
        .left_join(people::table.on(people::id.nullable().eq(changes::person_id)))
        .filter(changes::cluster_id.eq(tx.cluster.0))
        .filter(changes::about.eq(about))
        .filter(changes::about_id.eq(id.to_string()))
        // The upper bits of an id are its time.
        .filter(changes::id.lt(before.map_or(i64::MAX, ids::first_at)))
        .order(changes::id.desc())
        .limit(most)
        .select(columns!())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(line).collect())
}

/// Where in the log to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// At the newest line.
    Newest,
    /// At what was written before this line.
    OlderThan(ChangeId),
    /// The page just before this line.
    NewerThan(ChangeId),
}

/// So many lines of the log and whether there are newer and older ones; newest first.
pub fn lines(tx: &mut Tx<'_>, filter: &Filter, from: From, most: usize) -> Result<(Vec<Line>, bool, bool)> {
    let mut query = changes::table
        .left_join(people::table.on(people::id.nullable().eq(changes::person_id)))
        .filter(changes::cluster_id.eq(tx.cluster.0))
        .select(columns!())
        .into_boxed();
    if let Some(kind) = &filter.kind {
        query = query.filter(changes::about.eq(kind.clone()));
    }
    match filter.who {
        Some(Who::Person(person)) => query = query.filter(changes::person_id.eq(person.0)),
        Some(Who::Program) => query = query.filter(changes::person_id.is_null()),
        None => {}
    }
    // The upper bits of an id are its time, so the days bound the same index that gives the order.
    if let Some(day) = filter.from {
        query = query.filter(changes::id.ge(ids::first_at(clock::midnight(day))));
    }
    if let Some(day) = filter.to {
        query = query.filter(changes::id.lt(ids::first_at(clock::midnight(days::add(day, 1)))));
    }
    query = match from {
        From::Newest => query.order(changes::id.desc()),
        From::OlderThan(id) => query.filter(changes::id.lt(id.0)).order(changes::id.desc()),
        From::NewerThan(id) => query.filter(changes::id.gt(id.0)).order(changes::id.asc()),
    };
    // One more than is shown tells whether the list goes on.
    let rows: Vec<Row> = query.limit(i64::try_from(most).unwrap_or(i64::MAX - 1) + 1).load(tx.conn)?;
    let more = rows.len() > most;
    let mut found: Vec<Line> = rows.into_iter().map(line).collect();
    let beyond = found.split_off(most.min(found.len()));
    // What was done at once is not torn apart: an act that goes on beyond stands on the next page as a whole, unless it fills this one.
    if let (Some(last), Some(next)) = (found.last(), beyond.first())
        && together(last, next)
        && let Some(begins) = found.iter().rposition(|line| !together(line, next))
    {
        found.truncate(begins + 1);
    }
    Ok(match from {
        From::Newest => (found, false, more),
        From::OlderThan(_) => (found, true, more),
        From::NewerThan(_) => {
            found.reverse();
            (found, more, true)
        }
    })
}

/// How many ids one statement asks for: always as many, so that it stays the same and is kept prepared.
pub const AT_ONCE: usize = 50;

/// What each kind of line is about, by the records' ids: kind, id, name, tag, school, to which school, first and last day, as what.
/// `IDS` stands for the ids. A kind without a part here has one record in a cluster, or none that has a name.
const SUBJECTS: [(&str, &str); 15] = [
    ("bookings", "SELECT b.id, r.name, p.tag, s.short_name, '', b.first_day, b.last_day, '' FROM bookings b
        JOIN copies p ON p.cluster_id = b.cluster_id AND p.id = b.copy_id JOIN resources r ON r.cluster_id = p.cluster_id AND r.id = p.resource_id
        JOIN schools s ON s.cluster_id = b.cluster_id AND s.id = b.school_id WHERE b.cluster_id = $1 AND b.id IN (IDS)"),
    ("copies", "SELECT p.id, r.name, p.tag, '', '', NODAY, NODAY, '' FROM copies p
        JOIN resources r ON r.cluster_id = p.cluster_id AND r.id = p.resource_id WHERE p.cluster_id = $1 AND p.id IN (IDS)"),
    ("resources", "SELECT r.id, r.name, '', '', '', NODAY, NODAY, '' FROM resources r WHERE r.cluster_id = $1 AND r.id IN (IDS)"),
    ("finds", "SELECT f.id, r.name, p.tag, '', '', NODAY, NODAY, '' FROM finds f
        JOIN copies p ON p.cluster_id = f.cluster_id AND p.id = f.copy_id JOIN resources r ON r.cluster_id = p.cluster_id AND r.id = p.resource_id
        WHERE f.cluster_id = $1 AND f.id IN (IDS)"),
    ("handovers", "SELECT h.id, r.name, p.tag, s.short_name, COALESCE(t.short_name, ''), NODAY, NODAY, '' FROM handovers h
        JOIN copies p ON p.cluster_id = h.cluster_id AND p.id = h.copy_id JOIN resources r ON r.cluster_id = p.cluster_id AND r.id = p.resource_id
        JOIN schools s ON s.cluster_id = h.cluster_id AND s.id = h.from_school_id
        LEFT JOIN schools t ON t.cluster_id = h.cluster_id AND t.id = h.to_school_id WHERE h.cluster_id = $1 AND h.id IN (IDS)"),
    ("legs", "SELECT l.id, r.name, p.tag, s.short_name, t.short_name, NODAY, NODAY, '' FROM legs l
        JOIN copies p ON p.cluster_id = l.cluster_id AND p.id = l.copy_id JOIN resources r ON r.cluster_id = p.cluster_id AND r.id = p.resource_id
        JOIN schools s ON s.cluster_id = l.cluster_id AND s.id = l.from_school_id
        JOIN schools t ON t.cluster_id = l.cluster_id AND t.id = l.to_school_id WHERE l.cluster_id = $1 AND l.id IN (IDS)"),
    ("waits", "SELECT w.id, r.name, '', s.short_name, '', w.first_day, w.last_day, '' FROM waits w
        JOIN resources r ON r.cluster_id = w.cluster_id AND r.id = w.resource_id
        JOIN schools s ON s.cluster_id = w.cluster_id AND s.id = w.school_id WHERE w.cluster_id = $1 AND w.id IN (IDS)"),
    ("meetings", "SELECT m.id, '', '', '', '', m.day, m.day, '' FROM meetings m WHERE m.cluster_id = $1 AND m.id IN (IDS)"),
    ("schools", "SELECT s.id, s.short_name, '', '', '', NODAY, NODAY, '' FROM schools s WHERE s.cluster_id = $1 AND s.id IN (IDS)"),
    ("lead_schools", "SELECT l.id, s.short_name, '', '', '', NODAY, NODAY, '' FROM lead_schools l
        JOIN schools s ON s.cluster_id = l.cluster_id AND s.id = l.school_id WHERE l.cluster_id = $1 AND l.id IN (IDS)"),
    ("closures", "SELECT c.id, '', '', COALESCE(s.short_name, ''), '', c.first_day, c.last_day, '' FROM closures c
        LEFT JOIN schools s ON s.cluster_id = c.cluster_id AND s.id = c.school_id WHERE c.cluster_id = $1 AND c.id IN (IDS)"),
    ("terms", "SELECT t.id, '', '', '', '', t.first_day, t.last_day, t.season FROM terms t WHERE t.cluster_id = $1 AND t.id IN (IDS)"),
    // The name alone, and only of whoever has or had a role here.
    ("people", "SELECT p.id, p.name, '', '', '', NODAY, NODAY, '' FROM people p WHERE p.id IN (IDS)
        AND EXISTS (SELECT 1 FROM roles o WHERE o.person_id = p.id AND o.cluster_id = $1)"),
    ("invitations", "SELECT i.id, CASE WHEN i.name = '' THEN i.email ELSE i.name END, '', '', '', NODAY, NODAY, '' FROM invitations i
        WHERE i.cluster_id = $1 AND i.id IN (IDS)"),
    ("messages", "SELECT m.id, m.title, '', '', '', NODAY, NODAY, '' FROM messages m WHERE m.cluster_id = $1 AND m.id IN (IDS)"),
];

/// Kinds of lines whose record needs no name: a cluster has one of them, or what was written down says it.
pub const NAMED_OTHERWISE: [&str; 4] = ["clusters", "feeds", "roles", "settings"];

/// Whether a kind of line can say what it is about.
#[must_use]
pub fn has_subject(about: &str) -> bool {
    SUBJECTS.iter().any(|(table, _)| *table == about) || NAMED_OTHERWISE.contains(&about)
}

#[derive(QueryableByName)]
struct SubjectRow {
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    tag: String,
    #[diesel(sql_type = Text)]
    school: String,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Nullable<Date>)]
    first_day: Option<Day>,
    #[diesel(sql_type = Nullable<Date>)]
    last_day: Option<Day>,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// What these lines are about, by table and id as the lines have them: one query for [`AT_ONCE`] lines, whatever their kinds.
pub fn subjects(tx: &mut Tx<'_>, lines: &[Line]) -> Result<BTreeMap<(String, String), Subject>> {
    // Written once: the ids are the same values in each part.
    static STATEMENT: LazyLock<String> = LazyLock::new(|| {
        let ids: Vec<String> = (2..AT_ONCE + 2).map(|n| format!("${n}")).collect();
        let part = |(table, select): &(&str, &str)| {
            let select = select.replace("IDS", &ids.join(", ")).replace("NODAY", "CAST(NULL AS date)").replacen("SELECT ", "", 1);
            format!("SELECT CAST('{table}' AS text), {select}")
        };
        let all: Vec<String> = SUBJECTS.iter().map(part).collect();
        // The names of the columns are those of the first part, which finds nothing.
        let names = "SELECT CAST('' AS text) AS about, CAST(0 AS bigint) AS id, CAST('' AS text) AS name, CAST('' AS text) AS tag,
            CAST('' AS text) AS school, CAST('' AS text) AS target, CAST(NULL AS date) AS first_day, CAST(NULL AS date) AS last_day,
            CAST('' AS text) AS kind WHERE 1 = 0";
        format!("{names} UNION ALL {}", all.join(" UNION ALL "))
    });
    let mut found = BTreeMap::new();
    for some in lines.chunks(AT_ONCE) {
        let ids: Vec<i64> = some.iter().map(|line| line.about_id.parse().map_or(0, |id: ChangeId| id.0)).collect();
        let rows: Vec<SubjectRow> = with_backend!(tx.conn, conn => {
            let mut query = diesel::sql_query(STATEMENT.as_str()).into_boxed().bind::<BigInt, _>(tx.cluster.0);
            for n in 0..AT_ONCE {
                query = query.bind::<BigInt, _>(ids.get(n).copied().unwrap_or_default());
            }
            query.load(conn)
        })?;
        for row in rows {
            let days = row.first_day.zip(row.last_day).and_then(|(first, last)| Period::new(first, last));
            let subject = Subject { name: row.name, tag: row.tag, school: row.school, to: row.target, days, kind: row.kind };
            found.insert((row.about, ChangeId(row.id).to_string()), subject);
        }
    }
    for about in NAMED_OTHERWISE {
        for line in lines.iter().filter(|line| line.about == about && about != "roles") {
            found.insert((line.about.clone(), line.about_id.clone()), Subject::default());
        }
    }
    // "all" and the like are words, not records.
    for line in lines.iter().filter(|line| line.about == "messages" && line.about_id.parse::<ChangeId>().is_err()) {
        found.insert((line.about.clone(), line.about_id.clone()), Subject::default());
    }
    Ok(found)
}

/// Everybody who has or had a role in the cluster, by name: whose lines one can ask for.
pub fn people_of(tx: &mut Tx<'_>) -> Result<Vec<(PersonId, String)>> {
    let rows: Vec<(i64, String)> = people::table
        .filter(people::id.eq_any(roles::table.filter(roles::cluster_id.eq(tx.cluster.0)).select(roles::person_id)))
        .order((people::name, people::id))
        .limit(MOST_PEOPLE)
        .select((people::id, people::name))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, name)| (PersonId(id), name)).collect())
}
