//! What the worker's pass through what is due costs with many clusters: how long it takes and how much memory, with nothing due, at night
//! when everything waits for the mail hours, and in the morning with a day's reminders.
//!
//! `cargo bench --bench reminders` on SQLite, with 10,000 clusters of ten copies and a million bookings to come; `-- --clusters 1000`
//! takes fewer. The database stays in `target/reminders` and is made anew each time.

#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    clippy::too_many_lines,
    reason = "a script that makes SQL and prints rounded figures"
)]

use std::fs;
use std::time::Instant;

use anyhow::Context;
use boxrota::base::Clock;
use boxrota::db::{Db, Error};
use boxrota::mail::store as outbox;
use boxrota::reminders::acts::digests::Rooms;
use boxrota::reminders::acts::round::{Pass, Sweep};
use boxrota::settle::settle;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// A Tuesday in term.
const TODAY: &str = "2026-11-24";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let clusters: i64 =
        args.iter().position(|arg| arg == "--clusters").and_then(|at| args.get(at + 1)).map_or(Ok(10_000), |text| text.parse())?;
    let folder = std::env::current_dir()?.join("target/reminders");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let db = Db::open(&format!("sqlite:{}", folder.join("reminders.db").display()).parse()?, "https://boxrota.example").await?;
    db.settle_with(settle);
    let began = Instant::now();
    seed(&db, clusters).await?;
    let bookings = number(&db, "SELECT count(*) AS n FROM bookings").await?;
    let legs = number(&db, "SELECT count(*) AS n FROM legs").await?;
    println!("{clusters} clusters, {bookings} bookings, {legs} legs; seeded in {:.0} s", began.elapsed().as_secs_f32());

    let at = |time: &str| -> anyhow::Result<Pass> {
        let now: DateTime<Utc> = format!("{TODAY}T{time}:00Z").parse()?;
        Ok(Pass { db: db.clone().by(Clock::standing_at(now)), now })
    };
    measured("a pass with nothing due", &at("08:00")?, 20).await?;
    // What a steady state has for a morning: first looks, a week before, a school day before, and the loans that are late.
    run(&db, &format!("UPDATE legs SET look_on = '{TODAY}' WHERE day IN (date('{TODAY}', '+50 days'), date('{TODAY}', '+7 days'), date('{TODAY}', '+1 days'))")).await?;
    run(&db, &format!("UPDATE custody SET look_on = '{TODAY}' WHERE place = 'school'")).await?;
    let due = number(
        &db,
        &format!(
            "SELECT (SELECT count(*) FROM legs WHERE look_on <= '{TODAY}') + (SELECT count(*) FROM custody WHERE look_on <= '{TODAY}') AS n"
        ),
    )
    .await?;
    println!("due: {due} legs and copies");
    measured("a pass at night, when all of it waits for the mail hours", &at("03:00")?, 3).await?;
    measured("the morning's passes, each", &at("08:00")?, 10).await?;
    let began = Instant::now();
    let (mut passes, morning) = (10, at("08:00")?);
    let mut sweep = Sweep::default();
    while morning.looks(&mut sweep, || false).await?.more {
        passes += 1;
    }
    println!(
        "{passes} passes in all; the rest took {:.0} s; memory {} MB at its peak",
        began.elapsed().as_secs_f32(),
        memory("VmHWM")? / 1024
    );
    let letters = number(&db, "SELECT count(*) AS n FROM messages").await?;
    println!("letters stored: {letters}");
    measured("the pass after it", &at("08:01")?, 20).await?;
    let began = Instant::now();
    let mut passes = 1;
    let rooms = Rooms { kind: |_| None, overtaken: |_, _| Ok(None) };
    while at("08:00")?.digests(&mut sweep, rooms, || false).await?.more {
        passes += 1;
    }
    println!("weekly letters of all clusters: {:.2} s in {passes} passes, between which letters are sent", began.elapsed().as_secs_f32());
    let began = Instant::now();
    at("08:10")?.digests(&mut sweep, rooms, || false).await?;
    println!("the same with nothing due: {:.1} ms", began.elapsed().as_secs_f64() * 1000.0);
    let now = at("08:02")?.now;
    let began = Instant::now();
    let due = db.house_read(now, |house| outbox::due(house, 50)).await?;
    println!("a look for due letters ({}): {:.1} ms", due.len(), began.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}

/// Runs the pass so many times; prints the mean time and the memory at its peak.
async fn measured(what: &str, pass: &Pass, times: u32) -> anyhow::Result<()> {
    // Since now, and not since the seeding.
    fs::write("/proc/self/clear_refs", "5").context("the peak of the memory")?;
    let before = memory("VmRSS")?;
    let began = Instant::now();
    let (mut rows, mut sweep) = (0, Sweep::default());
    for _ in 0..times {
        rows += pass.looks(&mut sweep, || false).await?.done;
    }
    let each = began.elapsed().as_secs_f64() * 1000.0 / f64::from(times);
    println!("{what}: {each:.1} ms, {rows} rows looked at; memory {} MB before, {} MB at its peak", before / 1024, memory("VmHWM")? / 1024);
    Ok(())
}

fn memory(name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name)).context("a line of /proc/self/status")?;
    Ok(line.split_whitespace().nth(1).context("a number")?.parse()?)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    t: String,
}

async fn number(db: &Db, sql: &str) -> anyhow::Result<i64> {
    let sql = sql.to_owned();
    let rows: Vec<Number> = db.house_read(Utc::now(), move |house| diesel::sql_query(sql).load(house.conn).map_err(Error::from)).await?;
    Ok(rows.first().map_or(0, |row| row.n))
}

async fn run(db: &Db, sql: &str) -> anyhow::Result<()> {
    let sql = sql.to_owned();
    Ok(db.house(Utc::now(), move |house| house.conn.batch_execute(&sql).map_err(Error::from)).await?)
}

/// Each cluster: four schools with a science lead each, a coordinator, ten copies, ten loans of each copy one after the other, and the
/// legs between them. One copy in a hundred is late.
async fn seed(db: &Db, clusters: i64) -> anyhow::Result<()> {
    // Sets of rows with the triggers off: what they would write is written here.
    let triggers: Vec<Line> = db
        .house_read(Utc::now(), |house| {
            diesel::sql_query(
                "SELECT sql AS t FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('bookings', 'copies', 'custody') ORDER BY name",
            )
            .load(house.conn)
            .map_err(Error::from)
        })
        .await?;
    let names: Vec<Line> = db
        .house_read(Utc::now(), |house| {
            diesel::sql_query(
                "SELECT name AS t FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('bookings', 'copies', 'custody')",
            )
            .load(house.conn)
            .map_err(Error::from)
        })
        .await?;
    let off: String = names.iter().map(|name| format!("DROP TRIGGER {};", name.t)).collect();
    run(db, &off).await?;
    let stamp = "'2026-01-01 00:00:00'";
    let count = |name: &str, to: i64| format!("{name} (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM {name} WHERE n + 1 < {to})");
    let with = |sizes: &[(&str, i64)]| {
        format!("WITH RECURSIVE {}", sizes.iter().map(|(name, to)| count(name, *to)).collect::<Vec<_>>().join(", "))
    };
    let c = ("c", clusters);
    let mut sql = String::new();
    sql += &format!(
        "{} INSERT INTO clusters (id, slug, name, nation, created_at) SELECT n + 1, 'c' || n, 'Cluster ' || n, 'england', {stamp} FROM c;",
        with(&[c])
    );
    sql += &format!("{} INSERT INTO settings (cluster_id) SELECT n + 1 FROM c;", with(&[c]));
    sql += &format!(
        "{} INSERT INTO schools (cluster_id, id, name, short_name, letters, address, postcode) SELECT c.n + 1, c.n * 10 + s.n, 'School ' || s.n || ' Primary', 'School ' || s.n, 'S' || s.n, '', '' FROM c, s;",
        with(&[c, ("s", 4)])
    );
    sql += &format!(
        "{} INSERT INTO people (id, email, name, created_at) SELECT c.n * 10 + s.n + 1, 'p' || s.n || '@c' || c.n || '.example', 'Person ' || s.n, {stamp} FROM c, s;",
        with(&[c, ("s", 5)])
    );
    sql += &format!(
        "{} INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day) SELECT c.n + 1, s.n, c.n * 10 + s.n + 1, CASE s.n WHEN 4 THEN 'coordinator' ELSE 'ssl' END, CASE s.n WHEN 4 THEN NULL ELSE c.n * 10 + s.n END, '2023-09-01' FROM c, s;",
        with(&[c, ("s", 5)])
    );
    for (n, (season, year, days)) in [
        ("autumn", 2026, "'2026-09-02', '2026-12-18', '2026-10-26', '2026-10-30'"),
        ("spring", 2026, "'2027-01-04', '2027-03-25', '2027-02-15', '2027-02-19'"),
        ("summer", 2026, "'2027-04-12', '2027-07-21', '2027-05-31', '2027-06-04'"),
    ]
    .into_iter()
    .enumerate()
    {
        sql += &format!(
            "{} INSERT INTO terms (cluster_id, id, season, academic_year, first_day, last_day, half_first, half_last) SELECT n + 1, {n}, '{season}', {year}, {days} FROM c;",
            with(&[c])
        );
    }
    sql += &format!(
        "{} INSERT INTO resources (cluster_id, id, kind, name, summary, strand, topic, icon, year_from, year_to, approval_needed, search_words) SELECT c.n + 1, k.n, 'box', 'Box ' || k.n, '', 'physics', '', 'zap', 1, 6, 0, '' FROM c, k;",
        with(&[c, ("k", 10)])
    );
    sql += &format!(
        "{} INSERT INTO copies (cluster_id, id, resource_id, tag, code, home_school_id) SELECT c.n + 1, c.n * 10 + k.n, k.n, 'B' || k.n, 'C' || (c.n * 10 + k.n), c.n * 10 + k.n % 4 FROM c, k;",
        with(&[c, ("k", 10)])
    );
    run(db, &sql).await?;
    // The first loan of a copy began up to a fortnight ago, and each next one begins three days after the one before ended.
    let first = format!("date('{TODAY}', '-' || ((c.n * 10 + k.n) % 14) || ' days', '+' || (b.n * 14) || ' days')");
    let last = format!("date('{TODAY}', '-' || ((c.n * 10 + k.n) % 14) || ' days', '+' || (b.n * 14 + 11) || ' days')");
    let many = [c, ("k", 10), ("b", 10)];
    let id = "c.n * 1000 + k.n * 20 + b.n";
    run(
        db,
        &format!(
            "{} INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, class_name, request_key, created_at, updated_at)
             SELECT c.n + 1, {id}, c.n * 10 + k.n, c.n * 10 + (k.n + b.n) % 4, c.n * 10 + (k.n + b.n) % 4 + 1, 'loan', 'confirmed', {first}, {last}, {last}, 'Year 4', 'k' || ({id}), {stamp}, {stamp} FROM c, k, b;",
            with(&many)
        ),
    )
    .await?;
    run(
        db,
        &format!(
            "{} INSERT INTO legs (cluster_id, id, copy_id, from_booking_id, to_booking_id, from_school_id, to_school_id, day, way, state, look_on, created_at, updated_at)
             SELECT c.n + 1, {id}, c.n * 10 + k.n, {id}, CASE b.n WHEN 9 THEN NULL ELSE {id} + 1 END, c.n * 10 + (k.n + b.n) % 4, c.n * 10 + (k.n + b.n + 1) % 4, {last}, 'fetch', 'planned', '2099-12-31', {stamp}, {stamp} FROM c, k, b;",
            with(&many)
        ),
    )
    .await?;
    // One copy in a hundred is out on a loan that ended ten days ago.
    run(
        db,
        &format!(
            "INSERT INTO custody (cluster_id, copy_id, place, school_id, since, look_on) SELECT cluster_id, id, 'store', home_school_id, {stamp}, '2099-12-31' FROM copies;
             {} INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, collected_on, request_key, created_at, updated_at)
             SELECT c.n + 1, {id} + 900, c.n * 10, c.n * 10 + 2, c.n * 10 + 3, 'loan', 'confirmed', date('{TODAY}', '-40 days'), date('{TODAY}', '-20 days'), date('{TODAY}', '-20 days'), date('{TODAY}', '-40 days'), 'l' || c.n, {stamp}, {stamp} FROM c, k, b WHERE c.n % 10 = 0;
             UPDATE custody SET place = 'school', school_id = (cluster_id - 1) * 10 + 2, booking_id = (cluster_id - 1) * 1000 + 900 WHERE copy_id % 100 = 0;",
            with(&[c, ("k", 1), ("b", 1)])
        ),
    )
    .await?;
    let on: String = triggers.iter().map(|trigger| format!("{};", trigger.t)).collect();
    run(db, &on).await
}
