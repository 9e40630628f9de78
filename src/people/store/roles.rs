//! The rows of roles, with the days past and to come, and what ends with the last of them.

use diesel::prelude::*;

use super::Person;
use crate::base::days::{self, Day};
use crate::base::ids::{ClusterId, PersonId, RoleId, SchoolId};
use crate::db::asks::today;
use crate::db::schema::{self, clusters, invitations, people, roles, schools, sessions};
use crate::db::{Error, House, Result, Tx};
use crate::mail::Recipient;
use crate::people::giving::Standing;
use crate::people::{Cluster, End, Held, Offer, RoleKind, RoleSchool, has_left, span, words};

/// The most roles that a person, or a question, has.
const MOST: i64 = 500;
/// The most clusters that a director's page shows.
const MOST_DIRECTED: i64 = 200;

type Row = (i64, i64, String, Option<i64>, Option<String>, Day, Option<Day>);

/// The roles of this cluster, with their schools' names.
macro_rules! held {
    ($tx:expr) => {
        roles::table
            .left_join(schools::table.on(schools::cluster_id.eq(roles::cluster_id).and(schools::id.nullable().eq(roles::school_id))))
            .filter(roles::cluster_id.eq($tx.cluster.0))
            .order((roles::from_day.desc(), roles::id.desc()))
            .limit(MOST)
            .select((
                roles::id,
                roles::person_id,
                roles::kind,
                roles::school_id,
                schools::short_name.nullable(),
                roles::from_day,
                roles::to_day,
            ))
    };
}

fn held((id, person, kind, school, name, from, to): Row) -> Option<Held> {
    let school = school.map(|id| RoleSchool { id: SchoolId(id), short_name: name.unwrap_or_default() });
    Some(Held { id: RoleId(id), person: PersonId(person), kind: kind.parse().ok()?, school, from, to })
}

/// Every role that a person has or had in this cluster, or will have; newest first.
pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Held>> {
    of_people(tx, &[person])
}

/// The same of several people.
pub fn of_people(tx: &mut Tx<'_>, people: &[PersonId]) -> Result<Vec<Held>> {
    let wanted: Vec<i64> = people.iter().map(|person| person.0).collect();
    let rows: Vec<Row> = held!(tx).filter(roles::person_id.eq_any(wanted)).load(tx.conn)?;
    Ok(rows.into_iter().filter_map(held).collect())
}

/// The roles here of whoever has this address.
pub fn of_email(tx: &mut Tx<'_>, email: &str) -> Result<Vec<Held>> {
    let person = people::table.filter(people::email.eq(email)).select(people::id);
    let rows: Vec<Row> = held!(tx).filter(roles::person_id.eq_any(person)).load(tx.conn)?;
    Ok(rows.into_iter().filter_map(held).collect())
}

/// The roles of coordinators and directors that are not over: by whom roles are given and ended.
pub fn answering(tx: &mut Tx<'_>) -> Result<Vec<Held>> {
    let today = tx.today();
    let rows: Vec<Row> = held!(tx)
        .filter(roles::kind.eq("coordinator").or(roles::kind.eq("director")))
        .filter(roles::to_day.is_null().or(roles::to_day.ge(today)))
        .load(tx.conn)?;
    Ok(rows.into_iter().filter_map(held).collect())
}

/// A person as the record of a cluster knows him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub name: String,
    /// The address; `None` when the person has left this cluster, which is then out of sight.
    pub email: Option<String>,
    /// The telephone number; empty where none is known, or it is out of sight.
    pub phone: String,
    /// The roles in this cluster, past and to come, newest first; never empty.
    pub roles: Vec<Held>,
}

/// A person who has, had or will have a role in this cluster.
pub fn known(tx: &mut Tx<'_>, id: PersonId) -> Result<Known> {
    let roles = of_person(tx, id)?;
    if roles.is_empty() {
        return Err(Error::NotFound);
    }
    let (name, email, phone): (String, String, String) =
        people::table.find(id.0).select((people::name, people::email, people::phone)).first(tx.conn)?;
    let left = has_left(&roles, tx.today());
    Ok(Known { name, email: (!left).then_some(email), phone: if left { String::new() } else { phone }, roles })
}

/// A person who has a role in this cluster or will have one, with all roles here; not found when he has left.
pub fn person(tx: &mut Tx<'_>, id: PersonId) -> Result<(Person, Vec<Held>)> {
    let Known { name, email, phone, roles } = known(tx, id)?;
    Ok((Person { id, name, email: email.ok_or(Error::NotFound)?, phone }, roles))
}

/// Gives a person a role.
pub fn add(tx: &mut Tx<'_>, person: PersonId, offer: &Offer, school: Option<&str>) -> Result<RoleId> {
    let id = RoleId::fresh(tx.now);
    diesel::insert_into(roles::table)
        .values((
            roles::cluster_id.eq(tx.cluster.0),
            roles::id.eq(id.0),
            roles::person_id.eq(person.0),
            roles::kind.eq(<&'static str>::from(offer.kind)),
            roles::school_id.eq(offer.school.map(|school| school.0)),
            roles::from_day.eq(offer.from),
            roles::to_day.eq(offer.to),
        ))
        .execute(tx.conn)?;
    tx.log("people", &person, "got a role", "", &format!("{} {}", words(offer.kind, school), span(offer.from, offer.to)))?;
    Ok(id)
}

/// Ends a role. Whoever has no role left anywhere is signed out on all devices.
pub fn end(tx: &mut Tx<'_>, role: &Held, end: End) -> Result<()> {
    let row = roles::table.find((tx.cluster.0, role.id.0));
    let after = match end {
        End::On(day) => {
            diesel::update(row).set(roles::to_day.eq(Some(day))).execute(tx.conn)?;
            format!("{} {}", role.words(), span(role.from, Some(day)))
        }
        End::Never => {
            diesel::delete(row).execute(tx.conn)?;
            "taken away before its first day was over".to_owned()
        }
    };
    tx.log("people", &role.person, "had a role ended", &format!("{} {}", role.words(), span(role.from, role.to)), &after)?;
    let mut house = tx.house();
    if crate::people::store::roles::clusters_of(&mut house, role.person)?.is_empty() {
        diesel::update(sessions::table.filter(sessions::person_id.eq(role.person.0)).filter(sessions::revoked_at.is_null()))
            .set(sessions::revoked_at.eq(Some(house.stamp())))
            .execute(house.conn)?;
    }
    Ok(())
}

/// Ends every role at a school that leaves with a day; one that would begin later never does. `name`: the school's short name.
pub fn end_at_school(tx: &mut Tx<'_>, school: SchoolId, name: &str, last: Day) -> Result<()> {
    let found: Vec<(i64, String, Day)> = roles::table
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(roles::school_id.eq(school.0))
        .filter(roles::to_day.is_null().or(roles::to_day.gt(last)))
        .order(roles::id)
        .select((roles::id, roles::kind, roles::from_day))
        .load(tx.conn)?;
    for (id, kind, from) in found {
        let row = roles::table.find((tx.cluster.0, id));
        let kind = kind.parse::<RoleKind>().map_or("Role", RoleKind::words);
        let what = format!("{kind} at {name}");
        if from > last {
            diesel::delete(row).execute(tx.conn)?;
            tx.log("roles", &RoleId(id), "withdrawn", &format!("{what}, from {}", days::long(from)), "The school leaves before")?;
        } else {
            diesel::update(row).set(roles::to_day.eq(Some(last))).execute(tx.conn)?;
            tx.log("roles", &RoleId(id), "ended", &what, &format!("Until {}: the school leaves", days::long(last)))?;
        }
    }
    Ok(())
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

/// A cluster as a director sees it among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directed {
    /// Which.
    pub cluster: Cluster,
    /// When its programme began.
    pub cohort_year: Option<i32>,
    /// Where it is, as stored.
    pub nation: String,
}

/// The clusters of which a person is programme director today, by cohort and name: one query.
pub fn directed_by(house: &mut House<'_>, person: PersonId) -> Result<Vec<Directed>> {
    type Row = (i64, String, String, i64, Option<i32>, String);
    let today = house.today();
    let own = roles::table
        .filter(roles::person_id.eq(person.0))
        .filter(roles::kind.eq(<&'static str>::from(RoleKind::Director)))
        .filter(today!(roles, today))
        .select(roles::cluster_id);
    let rows: Vec<Row> = clusters::table
        .filter(clusters::id.eq_any(own))
        .order((clusters::cohort_year, clusters::name))
        .limit(MOST_DIRECTED)
        .select((clusters::id, clusters::slug, clusters::name, clusters::version, clusters::cohort_year, clusters::nation))
        .load(house.conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, slug, name, version, cohort_year, nation)| Directed {
            cluster: Cluster { id: ClusterId(id), slug, name, version },
            cohort_year,
            nation,
        })
        .collect())
}

/// How somebody stands on this site who would found a cluster: two queries at most.
pub fn standing(house: &mut House<'_>, person: PersonId) -> Result<Standing> {
    let today = house.today();
    let own = diesel::alias!(schema::roles as own);
    let last = own.field(roles::to_day);
    let directed = own
        .filter(own.field(roles::person_id).eq(person.0))
        .filter(own.field(roles::kind).eq("director"))
        .filter(own.field(roles::from_day).le(today).and(last.is_null().or(last.ge(today))))
        .select(own.field(roles::cluster_id));
    let rows: Vec<(i64, i64, String)> = roles::table
        .filter(roles::cluster_id.eq_any(directed))
        .filter(roles::kind.eq("director").or(roles::kind.eq("coordinator")))
        .filter(today!(roles, today))
        .order((roles::cluster_id, roles::id))
        .limit(MOST_DIRECTED * 10)
        .select((roles::cluster_id, roles::person_id, roles::kind))
        .load(house.conn)?;
    let clusters = |fits: &dyn Fn(&(i64, i64, String)) -> bool| {
        let mut ids: Vec<ClusterId> = rows.iter().filter(|row| fits(row)).map(|row| ClusterId(row.0)).collect();
        ids.dedup();
        ids
    };
    let directs = clusters(&|row| row.1 == person.0 && row.2 == "director");
    let with_another = clusters(&|row| row.1 != person.0 && row.2 == "coordinator");
    let others = if with_another.is_empty() && !directs.is_empty() {
        let another = roles::table
            .filter(roles::kind.eq("director").or(roles::kind.eq("coordinator")))
            .filter(roles::person_id.ne(person.0))
            .filter(today!(roles, today));
        diesel::select(diesel::dsl::exists(another)).get_result(house.conn)?
    } else {
        true
    };
    Ok(Standing { directs, with_another, others })
}

/// Somebody in the demo: who, as what, at which school, in which cluster.
pub type Demo = (Person, RoleKind, Option<String>, String);

/// Everybody who can sign in to the demo, with a role each, by cluster and role; the demo's sign-in page shows them.
pub fn demo_people(house: &mut House<'_>) -> Result<Vec<Demo>> {
    let today = house.today();
    let rows: Vec<((i64, String, String, String), String, Option<String>, String)> = roles::table
        .inner_join(people::table)
        .inner_join(clusters::table.on(clusters::id.eq(roles::cluster_id)))
        .left_join(
            schema::schools::table
                .on(schema::schools::cluster_id.eq(roles::cluster_id).and(schema::schools::id.nullable().eq(roles::school_id))),
        )
        .filter(today!(roles, today))
        .order((clusters::name, roles::kind, schema::schools::short_name, roles::id))
        .limit(100)
        .select((
            (people::id, people::name, people::email, people::phone),
            roles::kind,
            schema::schools::short_name.nullable(),
            clusters::name,
        ))
        .load(house.conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|((id, name, email, phone), kind, school, cluster)| {
            Some((Person { id: PersonId(id), name, email, phone }, kind.parse().ok()?, school, cluster))
        })
        .collect())
}

/// The people who hold a role today, with their addresses: whom a mail to "the coordinators" goes to.
pub fn people_with_role(tx: &mut Tx<'_>, kind: RoleKind) -> Result<Vec<Person>> {
    let today = tx.today();
    let rows: Vec<(i64, String, String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(roles::kind.eq(<&'static str>::from(kind)))
        .filter(today!(roles, today))
        .order(people::id)
        .limit(50)
        .select((people::id, people::name, people::email, people::phone))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(id, name, email, phone)| Person { id: PersonId(id), name, email, phone }).collect())
}

/// The science lead of a school and the deputy, with their addresses: whom a mail to the school goes to.
pub fn leads_of(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Person>> {
    let today = tx.today();
    let mut rows: Vec<(i64, String, String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(roles::school_id.eq(school.0))
        .filter(roles::kind.eq("ssl").or(roles::kind.eq("deputy")))
        .filter(today!(roles, today))
        .order(people::id)
        .limit(50)
        .select((people::id, people::name, people::email, people::phone))
        .load(tx.conn)?;
    rows.dedup_by_key(|(id, ..)| *id);
    Ok(rows.into_iter().map(|(id, name, email, phone)| Person { id: PersonId(id), name, email, phone }).collect())
}

/// Who was invited to lead science at a school and may still accept; the latest first. What is due there is said to them, too, when nobody leads it.
pub fn invited_to_lead(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Recipient>> {
    let rows: Vec<(String, String)> = invitations::table
        .filter(invitations::cluster_id.eq(tx.cluster.0))
        .filter(invitations::school_id.eq(school.0))
        .filter(invitations::kind.eq("ssl").or(invitations::kind.eq("deputy")))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::withdrawn_at.is_null())
        .filter(invitations::expires_at.gt(tx.stamp()))
        .order(invitations::expires_at.desc())
        .limit(10)
        .select((invitations::name, invitations::email))
        .load(tx.conn)?;
    let recipient = |(name, email): (String, String)| Some(Recipient { person: None, address: email.parse().ok()?, name });
    Ok(rows.into_iter().filter_map(recipient).collect())
}

/// The science leads and deputies of several schools, each with the school, in the order of the schools' ids.
pub fn leads_of_schools(tx: &mut Tx<'_>, of: &[SchoolId]) -> Result<Vec<(SchoolId, Person)>> {
    let today = tx.today();
    let mut rows: Vec<(i64, i64, String, String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(roles::school_id.eq_any(of.iter().map(|school| Some(school.0))))
        .filter(roles::kind.eq("ssl").or(roles::kind.eq("deputy")))
        .filter(today!(roles, today))
        .order((roles::school_id, people::id))
        .limit(200)
        .select((roles::school_id.assume_not_null(), people::id, people::name, people::email, people::phone))
        .load(tx.conn)?;
    rows.dedup_by_key(|(school, id, ..)| (*school, *id));
    Ok(rows
        .into_iter()
        .map(|(school, id, name, email, phone)| (SchoolId(school), Person { id: PersonId(id), name, email, phone }))
        .collect())
}

/// Who hears of what a school has: a person, as long as he has a role in this cluster today, and the leads of schools, each with the
/// school, as [`leads_of_schools`] gives them. One query.
pub fn person_and_leads(tx: &mut Tx<'_>, person: Option<PersonId>, of: &[SchoolId]) -> Result<(Option<Person>, Vec<(SchoolId, Person)>)> {
    type Row = (i64, String, String, String, Option<i64>, String);
    let today = tx.today();
    // Both halves name the cluster, so that each finds its own index.
    let leads = roles::cluster_id
        .eq(tx.cluster.0)
        .and(roles::school_id.eq_any(of.iter().map(|school| Some(school.0))))
        .and(roles::kind.eq("ssl").or(roles::kind.eq("deputy")));
    let own = roles::cluster_id.eq(tx.cluster.0).and(roles::person_id.eq(person.map_or(0, |person| person.0)));
    let rows: Vec<Row> = roles::table
        .inner_join(people::table)
        .filter(leads.or(own.nullable()))
        .filter(today!(roles, today))
        .order(people::id)
        .select((people::id, people::name, people::email, people::phone, roles::school_id, roles::kind))
        .load(tx.conn)?;
    let (mut here, mut leads) = (None, Vec::new());
    for (id, name, email, phone, school, kind) in rows {
        let known = Person { id: PersonId(id), name, email, phone };
        if Some(known.id) == person {
            here = Some(known.clone());
        }
        if let Some(school) = of.iter().find(|one| Some(one.0) == school && (kind == "ssl" || kind == "deputy")) {
            leads.push((*school, known));
        }
    }
    leads.dedup();
    Ok((here, leads))
}

/// A person by the id that a record of this cluster holds, as long as he has a role in it today.
pub fn person_here(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<Person>> {
    let today = tx.today();
    let found: Option<(String, String, String)> = roles::table
        .inner_join(people::table)
        .filter(roles::person_id.eq(id.0))
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(today!(roles, today))
        .select((people::name, people::email, people::phone))
        .first(tx.conn)
        .optional()?;
    Ok(found.map(|(name, email, phone)| Person { id, name, email, phone }))
}
