//! Sessions and sign-in links, and who a session makes somebody in a cluster.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::base::ids::{ClusterId, PersonId, RoleId, SchoolId, SessionId};
use crate::base::secret::Secret;
use crate::db::asks::today;
use crate::db::schema::{self, clusters, people, roles, sessions, sign_in_links};
use crate::db::{Actor, House, Result, SeenRole};
use crate::people::sign_in::{LINK_LASTS, Link, SESSION_LASTS};
use crate::people::store::roles::{clusters_of, of_person};
use crate::people::store::{Person, cluster_by_slug};
use crate::people::{Cluster, Held, Membership, Role, RoleKind, RoleSchool, words};
use crate::web::app::{AskInbox, Waiting};

pub(crate) type MemberRow = ((i64, i64, String, String), (i64, String, String, i64), (i64, String, Option<i64>, Option<String>));

/// The session's person inside the cluster with this slug, and as whom he acts there, by one query; `None` when the session is over,
/// or the person has no role there today.
pub fn membership(house: &mut House<'_>, token_hash: &str, slug: &str) -> Result<Option<(Membership, Actor)>> {
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
            (roles::id, roles::kind, roles::school_id, schema::schools::short_name.nullable()),
        ))
        .load(house.conn)?;
    let mut here: Option<Membership> = None;
    let (mut elsewhere, mut seen): (Vec<Cluster>, Vec<SeenRole>) = (Vec::new(), Vec::new());
    for ((session, person, name, email), (cluster, its_slug, cluster_name, version), (role, kind, school, school_name)) in rows {
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
        seen.push(SeenRole { id: RoleId(role), words: words(kind, school_name.as_deref()) });
        let school = school.map(|id| RoleSchool { id: SchoolId(id), short_name: school_name.unwrap_or_default() });
        member.roles.push(Role { kind, school });
    }
    Ok(here.map(|member| {
        let actor = Actor::Person { person: member.person, session: member.session, roles: seen.into() };
        (Membership { elsewhere, ..member }, actor)
    }))
}

/// What a session was, or is, for whoever is not let in by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Whether it is over.
    pub over: bool,
    /// The person's roles in the cluster that are over, the newest first.
    pub ended: Vec<Held>,
}

/// Somebody in a cluster.
pub struct Here {
    /// Who, and as what.
    pub facts: Membership,
    /// The same, as whoever acts.
    pub actor: Actor,
    /// What waits for whoever has an inbox; `None` for others, and where it is not asked for.
    pub waiting: Option<Waiting>,
}

/// Who stands behind a cookie, as seen from a cluster.
pub enum Found {
    /// Somebody with a role there.
    Here(Box<Here>),
    /// Somebody who is signed in and has no role there.
    Elsewhere,
    /// Nobody.
    Nobody,
}

/// Who a session belongs to and as what in the cluster: one query, and what `ask` needs for whoever has an inbox.
pub fn here(house: &mut House<'_>, token_hash: &str, slug: &str, ask: Option<AskInbox>) -> Result<Option<Here>> {
    let Some((facts, actor)) = membership(house, token_hash, slug)? else { return Ok(None) };
    let waiting = match ask.filter(|_| facts.has_inbox()) {
        Some(ask) => {
            let (version, coordinator) = (facts.cluster.version, facts.is(RoleKind::Coordinator));
            Some(ask(&mut house.enter(facts.cluster.id, actor.clone()), version, coordinator)?)
        }
        None => None,
    };
    Ok(Some(Here { facts, actor, waiting }))
}

/// The same, and whether somebody without a role there is signed in at all.
pub fn who(house: &mut House<'_>, token_hash: &str, slug: &str, ask: Option<AskInbox>) -> Result<Found> {
    Ok(match here(house, token_hash, slug, ask)? {
        Some(here) => Found::Here(Box::new(here)),
        None if signed_in(house, token_hash)?.is_some() => Found::Elsewhere,
        None => Found::Nobody,
    })
}

/// A session of ours, over or not, and what its person was in the cluster with this slug; `None` when nobody knows the session. Asked only
/// when somebody sends a form and is not let in: three queries.
pub fn past(house: &mut House<'_>, token_hash: &str, slug: &str) -> Result<Option<Past>> {
    let found: Option<(i64, Option<NaiveDateTime>, NaiveDateTime)> = sessions::table
        .filter(sessions::token_hash.eq(token_hash))
        .select((sessions::person_id, sessions::revoked_at, sessions::expires_at))
        .first(house.conn)
        .optional()?;
    let Some((person, revoked, expires)) = found else { return Ok(None) };
    let over = revoked.is_some() || expires <= house.stamp();
    let Some(cluster) = cluster_by_slug(house, slug)? else { return Ok(Some(Past { over, ended: Vec::new() })) };
    let today = house.today();
    let mut ended = of_person(&mut house.enter(cluster.id, Actor::Bearer(PersonId(person))), PersonId(person))?;
    // Who has the role still has lost nothing but the session.
    let holds = ended.iter().any(|role| role.is_on(today));
    ended.retain(|role| role.to.is_some_and(|to| to < today));
    ended.sort_by_key(|role| std::cmp::Reverse(role.to));
    Ok(Some(Past { over, ended: if over && holds { Vec::new() } else { ended } }))
}

/// Who a session belongs to, and the clusters in which the person has a role today.
pub fn signed_in(house: &mut House<'_>, token_hash: &str) -> Result<Option<(Person, SessionId, Vec<Cluster>)>> {
    let now = house.stamp();
    let found: Option<(i64, i64, String, String, String)> = sessions::table
        .inner_join(people::table)
        .filter(sessions::token_hash.eq(token_hash))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select((sessions::id, people::id, people::name, people::email, people::phone))
        .first(house.conn)
        .optional()?;
    let Some((session, id, name, email, phone)) = found else { return Ok(None) };
    let person = Person { id: PersonId(id), name, email, phone };
    let clusters = clusters_of(house, person.id)?;
    Ok(Some((person, SessionId(session), clusters)))
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

/// Whether a link of this person that nobody has used was made after `since`.
pub fn link_is_out(house: &mut House<'_>, person: PersonId, since: DateTime<Utc>) -> Result<bool> {
    let out = sign_in_links::table
        .filter(sign_in_links::person_id.eq(person.0))
        // All last equally long, and there is an index by their end.
        .filter(sign_in_links::expires_at.gt((since + LINK_LASTS).naive_utc()))
        .filter(sign_in_links::used_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(out)).get_result(house.conn)?)
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
