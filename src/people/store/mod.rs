//! The rows of clusters, schools, people, roles, sessions, terms and closures.

pub mod account;
pub mod choices;
pub mod data;
pub mod directory;
pub mod identities;
pub mod passkeys;
pub mod schools;
pub mod founding;
pub mod held;
pub mod invitations;
pub mod year;
pub mod erasure;
pub mod log;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::base::EmailAddress;
use crate::base::days::{Day, Period};
use crate::base::ids::{ClusterId, PersonId, SchoolId, SessionId, TermId};
use crate::base::secret::Secret;
use crate::db::asks::today;
use crate::db::schema::{self, closures, clusters, memberships, people, roles, sessions, settings, sign_in_links, terms};
use crate::db::{Error, House, Result, Tx};
use crate::notifications::Recipient;
use crate::people::schools::{SchoolName, SchoolNames};
use crate::people::sign_in::{LINK_LASTS, Link, SESSION_LASTS};
use crate::people::terms::{Closure, SchoolCalendar, Season, Term};
use crate::people::{Cluster, Membership, Role, RoleKind, RoleSchool, School, Settings, Stay};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: PersonId,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

impl Person {
    /// Whom a letter goes to. `None`, with a line in the log, when the stored address is none: the page of people says so, too.
    #[must_use]
    pub fn recipient(&self) -> Option<Recipient> {
        match self.email.parse() {
            Ok(address) => Some(Recipient { person: Some(self.id), address, name: self.name.clone() }),
            Err(fault) => {
                tracing::warn!(person = %self.id, %fault, "a stored address is none");
                None
            }
        }
    }
}

type MemberRow = ((i64, i64, String, String), (i64, String, String, i64), (String, Option<i64>, Option<String>));

/// The session's person inside the cluster with this slug, by one query; `None` when the session is over, or the person has
/// no role there today.
pub fn membership(house: &mut House<'_>, token_hash: &str, slug: &str) -> Result<Option<Membership>> {
    let now = house.stamp();
    let today = house.today();
    let rows: Vec<MemberRow> = sessions::table
        .inner_join(people::table)
        .inner_join(roles::table.on(roles::person_id.eq(sessions::person_id)))
        .inner_join(clusters::table.on(clusters::id.eq(roles::cluster_id)))
        .left_join(
            schema::schools::table
                .on(schema::schools::cluster_id.eq(roles::cluster_id).and(schema::schools::id.nullable().eq(roles::school_id))),
        )
        .filter(sessions::token_hash.eq(token_hash))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(today!(roles, today))
        .order((clusters::name, roles::id))
        .select((
            (sessions::id, people::id, people::name, people::email),
            (clusters::id, clusters::slug, clusters::name, clusters::version),
            (roles::kind, roles::school_id, schema::schools::short_name.nullable()),
        ))
        .load(house.conn)?;
    let mut here: Option<Membership> = None;
    let mut elsewhere: Vec<Cluster> = Vec::new();
    for ((session, person, name, email), (cluster, its_slug, cluster_name, version), (kind, school, school_name)) in rows {
        if its_slug != slug {
            if elsewhere.last().is_none_or(|last| last.id.0 != cluster) {
                elsewhere.push(Cluster { id: ClusterId(cluster), slug: its_slug, name: cluster_name, version });
            }
            continue;
        }
        let Ok(kind) = kind.parse::<RoleKind>() else { continue };
        let member = here.get_or_insert_with(|| Membership {
            person: PersonId(person),
            name,
            email,
            session: SessionId(session),
            cluster: Cluster { id: ClusterId(cluster), slug: its_slug, name: cluster_name, version },
            roles: Vec::new(),
            elsewhere: Vec::new(),
        });
        let school = school.map(|id| RoleSchool { id: SchoolId(id), short_name: school_name.unwrap_or_default() });
        member.roles.push(Role { kind, school });
    }
    Ok(here.map(|member| Membership { elsewhere, ..member }))
}

/// Who a session belongs to, and the clusters in which the person has a role today.
pub fn signed_in(house: &mut House<'_>, token_hash: &str) -> Result<Option<(Person, SessionId, Vec<Cluster>)>> {
    let now = house.stamp();
    let found: Option<(i64, i64, String, String)> = sessions::table
        .inner_join(people::table)
        .filter(sessions::token_hash.eq(token_hash))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select((sessions::id, people::id, people::name, people::email))
        .first(house.conn)
        .optional()?;
    let Some((session, id, name, email)) = found else { return Ok(None) };
    let person = Person { id: PersonId(id), name, email };
    let clusters = clusters_of(house, person.id)?;
    Ok(Some((person, SessionId(session), clusters)))
}

/// The clusters in which a person has a role today, by name.
pub fn clusters_of(house: &mut House<'_>, person: PersonId) -> Result<Vec<Cluster>> {
    let today = house.today();
    let rows: Vec<(i64, String, String, i64)> = clusters::table
        .filter(
            clusters::id.eq_any(roles::table.filter(roles::person_id.eq(person.0)).filter(today!(roles, today)).select(roles::cluster_id)),
        )
        .order(clusters::name)
        .select((clusters::id, clusters::slug, clusters::name, clusters::version))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(id, slug, name, version)| Cluster { id: ClusterId(id), slug, name, version }).collect())
}

/// The person with this address.
pub fn person_by_email(house: &mut House<'_>, email: &EmailAddress) -> Result<Option<Person>> {
    let found: Option<(i64, String, String)> = people::table
        .filter(people::email.eq(email.as_str()))
        .select((people::id, people::name, people::email))
        .first(house.conn)
        .optional()?;
    Ok(found.map(|(id, name, email)| Person { id: PersonId(id), name, email }))
}

/// The person with this id.
pub fn person_by_id(house: &mut House<'_>, id: PersonId) -> Result<Person> {
    let (name, email): (String, String) = people::table.find(id.0).select((people::name, people::email)).first(house.conn)?;
    Ok(Person { id, name, email })
}

/// A person by the id that a record of this cluster holds, as long as he has a role in it today.
pub fn person_here(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<Person>> {
    let today = tx.today();
    let found: Option<(String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::person_id.eq(id.0))
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(today!(roles, today))
        .select((people::name, people::email))
        .first(tx.conn)
        .optional()?;
    Ok(found.map(|(name, email)| Person { id, name, email }))
}

/// Adds a person, or finds the one with this address.
pub fn person_for(house: &mut House<'_>, email: &EmailAddress, name: &str) -> Result<PersonId> {
    if let Some(person) = person_by_email(house, email)? {
        return Ok(person.id);
    }
    let id = PersonId::fresh(house.now);
    diesel::insert_into(people::table)
        .values((people::id.eq(id.0), people::email.eq(email.as_str()), people::name.eq(name), people::created_at.eq(house.stamp())))
        .execute(house.conn)?;
    Ok(id)
}

/// Somebody in the demo: who, as what, at which school, in which cluster.
pub type Demo = (Person, RoleKind, Option<String>, String);

/// Everybody who can sign in to the demo, with a role each, by cluster and role; the demo's sign-in page shows them.
pub fn demo_people(house: &mut House<'_>) -> Result<Vec<Demo>> {
    let today = house.today();
    let rows: Vec<(i64, String, String, String, Option<String>, String)> = roles::table
        .inner_join(people::table)
        .inner_join(clusters::table.on(clusters::id.eq(roles::cluster_id)))
        .left_join(
            schema::schools::table
                .on(schema::schools::cluster_id.eq(roles::cluster_id).and(schema::schools::id.nullable().eq(roles::school_id))),
        )
        .filter(today!(roles, today))
        .order((clusters::name, roles::kind, schema::schools::short_name, roles::id))
        .limit(100)
        .select((people::id, people::name, people::email, roles::kind, schema::schools::short_name.nullable(), clusters::name))
        .load(house.conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, name, email, kind, school, cluster)| {
            Some((Person { id: PersonId(id), name, email }, kind.parse().ok()?, school, cluster))
        })
        .collect())
}

/// Stores a sign-in link's hash and returns the secret that goes into the mail.
pub fn add_link(house: &mut House<'_>, person: PersonId, next_path: &str) -> Result<Secret> {
    let secret = Secret::fresh();
    let now = house.stamp();
    diesel::insert_into(sign_in_links::table)
        .values((
            sign_in_links::token_hash.eq(secret.hash()),
            sign_in_links::person_id.eq(person.0),
            sign_in_links::next_path.eq(next_path),
            sign_in_links::created_at.eq(now),
            sign_in_links::expires_at.eq(now + LINK_LASTS),
        ))
        .execute(house.conn)?;
    Ok(secret)
}

/// A link by its secret, with its person and where to go next.
pub fn link(house: &mut House<'_>, secret: &Secret) -> Result<Option<(Link, PersonId, String)>> {
    let found: Option<(i64, String, NaiveDateTime, Option<NaiveDateTime>)> = sign_in_links::table
        .find(secret.hash())
        .select((sign_in_links::person_id, sign_in_links::next_path, sign_in_links::expires_at, sign_in_links::used_at))
        .first(house.conn)
        .optional()?;
    Ok(found.map(|(person, next, expires_at, used_at)| {
        (Link { expires_at: expires_at.and_utc(), used_at: used_at.map(|at| at.and_utc()) }, PersonId(person), next)
    }))
}

/// Uses a link up. `false` when somebody was faster: two requests can both have read it as unused.
pub fn use_link(house: &mut House<'_>, secret: &Secret) -> Result<bool> {
    let used = diesel::update(sign_in_links::table.find(secret.hash()).filter(sign_in_links::used_at.is_null()))
        .set(sign_in_links::used_at.eq(Some(house.stamp())))
        .execute(house.conn)?;
    Ok(used == 1)
}

/// Signs a device in and returns the secret for its cookie.
pub fn add_session(house: &mut House<'_>, person: PersonId, user_agent: &str) -> Result<Secret> {
    let secret = Secret::fresh();
    let now = house.stamp();
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(SessionId::fresh(house.now).0),
            sessions::token_hash.eq(secret.hash()),
            sessions::person_id.eq(person.0),
            sessions::user_agent.eq(user_agent.chars().take(200).collect::<String>()),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(now + SESSION_LASTS),
        ))
        .execute(house.conn)?;
    Ok(secret)
}

/// Ends a session at once.
pub fn revoke_session(house: &mut House<'_>, token_hash: &str) -> Result<()> {
    diesel::update(sessions::table.filter(sessions::token_hash.eq(token_hash)).filter(sessions::revoked_at.is_null()))
        .set(sessions::revoked_at.eq(Some(house.stamp())))
        .execute(house.conn)?;
    Ok(())
}

/// Removes links and sessions that ended before `before`; at most `most` of each, so that no lock is held for long.
pub fn prune_sign_ins(house: &mut House<'_>, before: DateTime<Utc>, most: i64) -> Result<usize> {
    let before = before.naive_utc();
    let old: Vec<String> =
        sign_in_links::table.filter(sign_in_links::expires_at.lt(before)).select(sign_in_links::token_hash).limit(most).load(house.conn)?;
    let links = diesel::delete(sign_in_links::table.filter(sign_in_links::token_hash.eq_any(old))).execute(house.conn)?;
    let old: Vec<i64> = sessions::table.filter(sessions::expires_at.lt(before)).select(sessions::id).limit(most).load(house.conn)?;
    Ok(links + diesel::delete(sessions::table.filter(sessions::id.eq_any(old))).execute(house.conn)?)
}

/// The cluster a private calendar address or the command line names, whoever asks.
pub fn cluster_by_slug(house: &mut House<'_>, slug: &str) -> Result<Option<Cluster>> {
    let found: Option<(i64, String, String, i64)> = clusters::table
        .filter(clusters::slug.eq(slug))
        .filter(clusters::id.ne(0))
        .select((clusters::id, clusters::slug, clusters::name, clusters::version))
        .first(house.conn)
        .optional()?;
    Ok(found.map(|(id, slug, name, version)| Cluster { id: ClusterId(id), slug, name, version }))
}

/// The tenants, oldest first; never the house.
pub fn all_clusters(house: &mut House<'_>, most: i64) -> Result<Vec<Cluster>> {
    let rows: Vec<(i64, String, String, i64)> = clusters::table
        .filter(clusters::id.ne(0))
        .order(clusters::id)
        .limit(most)
        .select((clusters::id, clusters::slug, clusters::name, clusters::version))
        .load(house.conn)?;
    Ok(rows.into_iter().map(|(id, slug, name, version)| Cluster { id: ClusterId(id), slug, name, version }).collect())
}

/// The cluster's schools by short name, with their times in it: one query.
pub fn schools(tx: &mut Tx<'_>) -> Result<Vec<School>> {
    type SchoolRow = (i64, String, String, String, String, String);
    type StayRow = (Day, Option<Day>, Option<Day>, Option<Day>);
    let rows: Vec<(SchoolRow, Option<StayRow>)> = schema::schools::table
        .left_join(
            memberships::table
                .on(memberships::cluster_id.eq(schema::schools::cluster_id).and(memberships::school_id.eq(schema::schools::id))),
        )
        .filter(schema::schools::cluster_id.eq(tx.cluster.0))
        .order((schema::schools::short_name, schema::schools::id, memberships::joined_on))
        .select((
            (
                schema::schools::id,
                schema::schools::name,
                schema::schools::short_name,
                schema::schools::letters,
                schema::schools::address,
                schema::schools::postcode,
            ),
            (memberships::joined_on, memberships::left_on, memberships::sabbatical_from, memberships::sabbatical_to).nullable(),
        ))
        .load(tx.conn)?;
    let mut schools: Vec<School> = Vec::new();
    for ((id, name, short_name, letters, address, postcode), stay) in rows {
        if schools.last().is_none_or(|last| last.id.0 != id) {
            schools.push(School { id: SchoolId(id), name, short_name, letters, address, postcode, stays: Vec::new() });
        }
        if let (Some(school), Some((joined_on, left_on, from, to))) = (schools.last_mut(), stay) {
            let sabbatical = from.zip(to).and_then(|(from, to)| Period::new(from, to));
            school.stays.push(Stay { joined_on, left_on, sabbatical });
        }
    }
    Ok(schools)
}

/// The names of all schools that are or were in the cluster, by short name: one query.
pub fn school_names(tx: &mut Tx<'_>) -> Result<SchoolNames> {
    let rows: Vec<(i64, String, String)> = schema::schools::table
        .filter(schema::schools::cluster_id.eq(tx.cluster.0))
        .order(schema::schools::short_name)
        .select((schema::schools::id, schema::schools::short_name, schema::schools::letters))
        .load(tx.conn)?;
    Ok(SchoolNames(rows.into_iter().map(|(id, short_name, letters)| SchoolName { id: SchoolId(id), short_name, letters }).collect()))
}

/// The columns of the settings, in the table's order, for a query that reads them together with something else.
pub type SettingsRow = (i32, Option<i32>, i32, i32, i32, bool, bool);

/// The cluster's booking rules; the defaults when nobody has changed them.
pub fn settings(tx: &mut Tx<'_>) -> Result<Settings> {
    let row: Option<SettingsRow> = settings::table
        .find(tx.cluster.0)
        .select((
            settings::longest_loan_days,
            settings::furthest_ahead_days,
            settings::shortest_notice_days,
            settings::most_live_bookings,
            settings::turnaround_days,
            settings::approval_needed,
            settings::non_school_days,
        ))
        .first(tx.conn)
        .optional()?;
    Ok(settings_of(row))
}

/// A row of settings, or the defaults.
#[must_use]
pub fn settings_of(row: Option<SettingsRow>) -> Settings {
    // The schema's checks keep each of these at or above zero.
    let whole = |number: i32| u32::try_from(number).unwrap_or_default();
    row.map_or_else(Settings::default, |(longest, ahead, notice, live, turnaround, approval_needed, non_school_days)| Settings {
        longest_loan_days: whole(longest),
        furthest_ahead_days: ahead.map(whole),
        shortest_notice_days: whole(notice),
        most_live_bookings: whole(live),
        turnaround_days: whole(turnaround),
        approval_needed,
        non_school_days,
    })
}

/// The school year around a window of days: every term (three a year), and the closures that touch the window. Two queries.
pub fn school_calendar(tx: &mut Tx<'_>, window: Period) -> Result<SchoolCalendar> {
    type ClosureRow = (Option<i64>, String, Day, Day, String);
    type TermRow = (i64, String, i32, Day, Day, Option<Day>, Option<Day>);
    let rows: Vec<TermRow> = terms::table
        .filter(terms::cluster_id.eq(tx.cluster.0))
        .order(terms::first_day)
        .select((terms::id, terms::season, terms::academic_year, terms::first_day, terms::last_day, terms::half_first, terms::half_last))
        .load(tx.conn)?;
    let wrong = |what: &str| Error::Check(what.to_owned());
    let mut list = Vec::with_capacity(rows.len());
    for (id, season, academic_year, first, last, half_first, half_last) in rows {
        list.push(Term {
            id: TermId(id),
            season: season.parse::<Season>().map_err(|_| wrong("terms_season"))?,
            academic_year,
            days: Period::new(first, last).ok_or_else(|| wrong("terms_order"))?,
            half_term: half_first.zip(half_last).and_then(|(first, last)| Period::new(first, last)),
        });
    }
    let rows: Vec<ClosureRow> = closures::table
        .filter(closures::cluster_id.eq(tx.cluster.0))
        // No closure is longer than a year, so the index bounds both ends.
        .filter(closures::first_day.ge(crate::base::days::add(window.first(), -366)))
        .filter(closures::first_day.le(window.last()))
        .filter(closures::last_day.ge(window.first()))
        .order(closures::first_day)
        .select((closures::school_id, closures::kind, closures::first_day, closures::last_day, closures::note))
        .load(tx.conn)?;
    let mut closed = Vec::with_capacity(rows.len());
    for (school, kind, first, last, note) in rows {
        closed.push(Closure {
            school: school.map(SchoolId),
            kind: kind.parse().map_err(|_| wrong("closures_kind"))?,
            days: Period::new(first, last).ok_or_else(|| wrong("closures_order"))?,
            note,
        });
    }
    Ok(SchoolCalendar::new(list, closed))
}

/// The people who hold a role today, with their addresses: whom a mail to "the coordinators" goes to.
pub fn people_with_role(tx: &mut Tx<'_>, kind: RoleKind) -> Result<Vec<Person>> {
    let today = tx.today();
    let rows: Vec<(i64, String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(roles::kind.eq(<&'static str>::from(kind)))
        .filter(today!(roles, today))
        .order(people::id)
        .limit(50)
        .select((people::id, people::name, people::email))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, name, email)| Person { id: PersonId(id), name, email }).collect())
}

/// The science lead of a school and the deputy, with their addresses: whom a mail to the school goes to.
pub fn leads_of(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Person>> {
    let today = tx.today();
    let mut rows: Vec<(i64, String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(roles::school_id.eq(school.0))
        .filter(roles::kind.eq("ssl").or(roles::kind.eq("deputy")))
        .filter(today!(roles, today))
        .order(people::id)
        .limit(50)
        .select((people::id, people::name, people::email))
        .load(tx.conn)?;
    rows.dedup_by_key(|(id, ..)| *id);
    Ok(rows.into_iter().map(|(id, name, email)| Person { id: PersonId(id), name, email }).collect())
}

/// The science leads and deputies of several schools, each with the school, in the order of the schools' ids.
pub fn leads_of_schools(tx: &mut Tx<'_>, of: &[SchoolId]) -> Result<Vec<(SchoolId, Person)>> {
    let today = tx.today();
    let mut rows: Vec<(i64, i64, String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(roles::school_id.eq_any(of.iter().map(|school| Some(school.0))))
        .filter(roles::kind.eq("ssl").or(roles::kind.eq("deputy")))
        .filter(today!(roles, today))
        .order((roles::school_id, people::id))
        .limit(200)
        .select((roles::school_id.assume_not_null(), people::id, people::name, people::email))
        .load(tx.conn)?;
    rows.dedup_by_key(|(school, id, ..)| (*school, *id));
    Ok(rows.into_iter().map(|(school, id, name, email)| (SchoolId(school), Person { id: PersonId(id), name, email })).collect())
}

/// The cluster's part of the address, and its name: for letters that nobody's request causes.
pub fn slug_and_name(tx: &mut Tx<'_>) -> Result<(String, String)> {
    Ok(clusters::table.find(tx.cluster.0).select((clusters::slug, clusters::name)).first(tx.conn)?)
}
