//! The rows of roles, with the days past and to come, and what ends with the last of them.

use diesel::prelude::*;

use super::Person;
use crate::base::days::Day;
use crate::base::ids::{PersonId, RoleId, SchoolId};
use crate::db::schema::{people, roles, schools, sessions};
use crate::db::{Error, Result, Tx};
use crate::people::RoleSchool;
use crate::people::handing_on::End;
use crate::people::invitations::Offer;
use crate::people::roles::{Held, span, words};

/// The most roles that a person, or a question, has.
const MOST: i64 = 500;

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

/// The coordinators' roles that are not over.
pub fn coordinators(tx: &mut Tx<'_>) -> Result<Vec<Held>> {
    let today = tx.today();
    let rows: Vec<Row> =
        held!(tx).filter(roles::kind.eq("coordinator")).filter(roles::to_day.is_null().or(roles::to_day.ge(today))).load(tx.conn)?;
    Ok(rows.into_iter().filter_map(held).collect())
}

/// A person who has, had or will have a role in this cluster, with these roles.
pub fn person(tx: &mut Tx<'_>, id: PersonId) -> Result<(Person, Vec<Held>)> {
    let roles = of_person(tx, id)?;
    if roles.is_empty() {
        return Err(Error::NotFound);
    }
    let (name, email): (String, String) = people::table.find(id.0).select((people::name, people::email)).first(tx.conn)?;
    Ok((Person { id, name, email }, roles))
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
    if super::clusters_of(&mut house, role.person)?.is_empty() {
        diesel::update(sessions::table.filter(sessions::person_id.eq(role.person.0)).filter(sessions::revoked_at.is_null()))
            .set(sessions::revoked_at.eq(Some(house.stamp())))
            .execute(house.conn)?;
    }
    Ok(())
}

/// Corrects a person's name. The log says that, and not the names: they must be erasable.
pub fn rename(tx: &mut Tx<'_>, person: PersonId, name: &str) -> Result<()> {
    diesel::update(people::table.find(person.0)).set(people::name.eq(name)).execute(tx.conn)?;
    tx.log("people", &person, "had the name corrected", "", "")
}
