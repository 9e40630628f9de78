//! Fills a database for the measurement: one cluster of eight schools, 50 resources in two copies each, five loans of each
//! copy in the term that is measured (500), a year of loans before it at the same density, and as many older ones as asked.
//!
//! The older ones are put in with the triggers off, as if their days had been pruned, and there are more of them than
//! 100 copies could have served in 24 years: the point is the size of the table.

use anyhow::Result;
use boxrota::base::days::{self, Day, Period, add};
use boxrota::base::ids::{BookingId, ClusterId, ContentsLineId, CopyId, MembershipId, PersonId, ResourceId, RoleId, SchoolId, TermId};
use boxrota::db::{Db, Engine, Error};
use boxrota::people::store::sessions;
use boxrota::web::guard;
use chrono::{Datelike, Utc};
use diesel::connection::SimpleConnection;

/// What the measurement needs to know.
pub struct Seeded {
    pub slug: String,
    pub resource: String,
    pub session: String,
    pub csrf: String,
    /// Spans that are free, for the reservations.
    pub free: Vec<Wish>,
}

/// A reservation to be made.
#[derive(Clone)]
pub struct Wish {
    pub resource: String,
    pub copy: String,
    /// The coordinator books for each school in turn.
    pub school: String,
    pub from: String,
    pub to: String,
}

const COPIES: usize = 100;

/// Runs the seeding in a few large transactions.
pub async fn fill(db: &Db, old: i64) -> Result<Seeded> {
    let engine = db.engine();
    let now = Utc::now();
    let today = boxrota::base::clock::today(now);
    let year = days::academic_year(today);
    let cluster = ClusterId::fresh(now);
    let person = PersonId::fresh(now);
    let schools: Vec<SchoolId> = (0..8).map(|_| SchoolId::fresh(now)).collect();
    let resources: Vec<ResourceId> = (0..COPIES / 2).map(|_| ResourceId::fresh(now)).collect();
    let copies: Vec<CopyId> = (0..COPIES).map(|_| CopyId::fresh(now)).collect();
    let c = cluster.0;
    let stamp = "2024-01-01 00:00:00";
    let yes = if engine == Engine::Sqlite { "1" } else { "TRUE" };
    let no = if engine == Engine::Sqlite { "0" } else { "FALSE" };

    let mut sql = format!("INSERT INTO clusters (id, slug, name, nation, created_at) VALUES ({c}, 'load', 'Load', 'england', '{stamp}');");
    sql += &format!(
        "INSERT INTO settings (cluster_id, most_live_bookings, longest_loan_unit, longest_loan_days) VALUES ({c}, 1000, 'days', 28);"
    );
    sql +=
        &format!("INSERT INTO people (id, email, name, created_at) VALUES ({}, 'load@load.example', 'Science lead', '{stamp}');", person.0);
    for (n, school) in schools.iter().enumerate() {
        sql += &format!(
            "INSERT INTO schools (cluster_id, id, name, short_name, letters, address, postcode) VALUES ({c}, {}, 'School {n} Primary School', 'School {n}', 'S{n}', '', '');",
            school.0
        );
        sql += &format!(
            "INSERT INTO memberships (cluster_id, id, school_id, joined_on) VALUES ({c}, {}, {}, '2000-09-01');",
            MembershipId::fresh(now).0,
            school.0
        );
    }
    for kind in ["ssl", "coordinator"] {
        sql += &format!(
            "INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day) VALUES ({c}, {}, {}, '{kind}', {}, '2020-01-01');",
            RoleId::fresh(now).0,
            person.0,
            schools[0].0
        );
    }
    for y in year - 2..=year + 2 {
        for (season, from, to, half) in [
            ("autumn", (y, 9, 2), (y, 12, 18), (y, 10, 26)),
            ("spring", (y + 1, 1, 5), (y + 1, 3, 26), (y + 1, 2, 15)),
            ("summer", (y + 1, 4, 12), (y + 1, 7, 20), (y + 1, 5, 31)),
        ] {
            let day = |(y, m, d): (i32, u32, u32)| Day::from_ymd_opt(y, m, d).unwrap_or_default();
            let half = days::monday(day(half));
            sql += &format!(
                "INSERT INTO terms (cluster_id, id, season, academic_year, first_day, last_day, half_first, half_last) VALUES ({c}, {}, '{season}', {y}, '{}', '{}', '{half}', '{}');",
                TermId::fresh(now).0,
                day(from),
                day(to),
                add(half, 4)
            );
        }
    }
    let strands = ["biology", "chemistry", "physics"];
    let icons = ["sprout", "flask-conical", "zap"];
    for (n, resource) in resources.iter().enumerate() {
        sql += &format!(
            "INSERT INTO resources (cluster_id, id, kind, name, summary, strand, topic, icon, year_from, year_to, approval_needed, search_words) \
             VALUES ({c}, {}, 'box', 'Themed box number {n:02}', 'Everything for six lessons with a class of thirty.', '{}', 'Electricity', '{}', {}, 6, {no}, 'themed box number {n:02} electricity');",
            resource.0,
            strands[n % 3],
            icons[n % 3],
            1 + n % 4
        );
        for line in 0..12 {
            sql += &format!(
                "INSERT INTO contents_lines (cluster_id, id, resource_id, position, item, quantity, consumable, essential, care_note) \
                 VALUES ({c}, {}, {}, {line}, 'Item {line} of the box', {}, {no}, {yes}, '');",
                ContentsLineId::fresh(now).0,
                resource.0,
                5 + line
            );
        }
    }
    for (n, copy) in copies.iter().enumerate() {
        sql += &format!(
            "INSERT INTO copies (cluster_id, id, resource_id, tag, code, home_school_id) VALUES ({c}, {}, {}, 'T{n:03}', 'LOAD{n:04}', {});",
            copy.0,
            resources[n / 2].0,
            schools[n % 8].0
        );
    }
    // Five loans of each copy in every fourteen weeks, from a year ago to the end of this term's window.
    let start = add(days::monday(today), -7 * 56);
    let mut loans = String::new();
    let mut free = Vec::new();
    for (n, copy) in copies.iter().enumerate() {
        for week in 0..56 + 14 {
            let monday = add(start, 7 * week + i64::try_from(n % 5)?);
            let days = Period::new(monday, add(monday, 11)).unwrap_or(Period::day(monday));
            if (week + i64::try_from(n)?) % 14 % 3 == 0 && (week + i64::try_from(n)?) % 14 < 13 {
                loans += &booking(c, copy.0, schools[usize::try_from(week)? % 8].0, person.0, days, now, today);
            }
        }
        // Behind all of them, weeks that nobody has, for the reservations.
        for week in 20..46 {
            let monday = add(days::monday(today), 7 * week);
            let week = Period::new(monday, add(monday, 4)).unwrap_or(Period::day(monday));
            let far = boxrota::base::days::academic_year_start(year + 2);
            // In term and not a holiday: May to July and September to December are safe with the dates above.
            if add(monday, 5) < far && [5, 6, 9, 11].contains(&monday.month()) && ![31, 1].contains(&monday.day()) && monday.day() < 25 {
                free.push(Wish {
                    resource: resources[n / 2].to_string(),
                    copy: copy.to_string(),
                    school: schools[n % 8].to_string(),
                    from: week.first().to_string(),
                    to: week.last().to_string(),
                });
            }
        }
    }
    let session = db
        .house(now, move |house| {
            house.conn.batch_execute(&sql).map_err(Error::from)?;
            house.conn.batch_execute(&loans).map_err(Error::from)?;
            sessions::add_session(house, person, "load")
        })
        .await?;
    older(db, engine, old, c, &copies, &schools, person).await?;
    let csrf = guard::token(&session);
    Ok(Seeded { slug: "load".into(), resource: resources[7].to_string(), session: session.reveal().to_owned(), csrf, free })
}

/// What the measurement needs to know of a database that an earlier run has filled. Its free weeks are taken.
pub async fn again(db: &Db) -> Result<Seeded> {
    use boxrota::db::schema::{people, resources};
    use diesel::prelude::*;
    let (person, resource) = db
        .house(Utc::now(), |house| {
            let person: i64 = people::table.filter(people::email.eq("load@load.example")).select(people::id).first(house.conn)?;
            let resource: i64 = resources::table.order(resources::id).offset(7).select(resources::id).first(house.conn)?;
            Ok::<_, Error>((PersonId(person), ResourceId(resource)))
        })
        .await?;
    let session = db.house(Utc::now(), move |house| sessions::add_session(house, person, "load")).await?;
    Ok(Seeded {
        slug: "load".into(),
        resource: resource.to_string(),
        csrf: guard::token(&session),
        session: session.reveal().to_owned(),
        free: Vec::new(),
    })
}

fn booking(c: i64, copy: i64, school: i64, person: i64, days: Period, now: chrono::DateTime<Utc>, today: Day) -> String {
    let id = BookingId::fresh(now).0;
    let done = if days.last() < today { format!("'{}', '{}'", days.first(), days.last()) } else { "NULL, NULL".into() };
    format!(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, class_name, collected_on, returned_on, request_key, created_at, updated_at) \
         VALUES ({c}, {id}, {copy}, {school}, {person}, 'loan', 'confirmed', '{0}', '{1}', '{1}', 'Year 4', {done}, 's{id}', '2024-01-01 00:00:00', '2024-01-01 00:00:00');",
        days.first(),
        days.last()
    )
}

/// Loans of past years, from 2001 to two years ago, in batches of a quarter of a million.
async fn older(db: &Db, engine: Engine, old: i64, c: i64, copies: &[CopyId], schools: &[SchoolId], person: PersonId) -> Result<()> {
    let span = (boxrota::base::clock::today(Utc::now()) - Day::from_ymd_opt(2001, 1, 1).unwrap_or_default()).num_days() - 800;
    let (step_copy, step_school) = (copies.len(), schools.len());
    let copy_list: String = copies.iter().enumerate().map(|(n, id)| format!(" WHEN {n} THEN {}", id.0)).collect();
    let school_list: String = schools.iter().enumerate().map(|(n, id)| format!(" WHEN {n} THEN {}", id.0)).collect();
    let mut done = 0;
    while done < old {
        let to = (done + 250_000).min(old);
        let (numbers, day, off, on) = match engine {
            Engine::Sqlite => (
                format!("WITH RECURSIVE count (n) AS (SELECT {done} UNION ALL SELECT n + 1 FROM count WHERE n + 1 < {to})"),
                (|back: &str, plus: i64| format!("date('2001-01-01', '+' || ({back} + {plus}) || ' days')")) as fn(&str, i64) -> String,
                "DROP TRIGGER bookings_take_days;",
                include_str!("../../migrations/sqlite/2026-11-23-000001_house/up.sql")
                    .split("\nCREATE TRIGGER bookings_move_days")
                    .next()
                    .and_then(|text| text.find("CREATE TRIGGER bookings_take_days").map(|at| &text[at..]))
                    .unwrap_or_default(),
            ),
            Engine::Postgres => (
                format!("WITH count (n) AS (SELECT * FROM generate_series({done}::bigint, {to}::bigint - 1))"),
                (|back: &str, plus: i64| format!("(date '2001-01-01' + ({back} + {plus})::integer)")) as fn(&str, i64) -> String,
                "ALTER TABLE bookings DISABLE TRIGGER bookings_take_days;",
                "ALTER TABLE bookings ENABLE TRIGGER bookings_take_days;",
            ),
        };
        let at = format!("((n * 7919) % {span})");
        let (first, last) = (day(&at, 0), day(&at, 11));
        // Ids far below any real one, rising with n.
        let insert = format!(
            "{off} {numbers} INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, class_name, collected_on, returned_on, request_key, created_at, updated_at) \
             SELECT {c}, n + 1, CASE n % {step_copy}{copy_list} END, CASE n % {step_school}{school_list} END, {}, 'loan', 'confirmed', {first}, {last}, {last}, 'Year 4', {first}, {last}, 'o' || n, '2024-01-01 00:00:00', '2024-01-01 00:00:00' FROM count; {on}",
            person.0
        );
        db.house(Utc::now(), move |house| house.conn.batch_execute(&insert).map_err(Error::from)).await?;
        done = to;
    }
    if engine == Engine::Postgres {
        // What autovacuum would do in the following minutes.
        db.house(Utc::now(), |house| house.conn.batch_execute("ANALYZE").map_err(Error::from)).await?;
    }
    Ok(())
}
