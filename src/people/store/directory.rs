//! Who holds which role today, for the pages about people.

use diesel::prelude::*;

use super::Person;
use crate::base::ids::{PersonId, RoleId, SchoolId};
use crate::db::asks::today;
use crate::db::schema::{people, roles, schools};
use crate::db::{Result, Tx};
use crate::people::{Role, RoleSchool};

/// The most roles that a page shows.
const MOST: i64 = 1000;

/// A role with its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The role's id.
    pub id: RoleId,
    /// Who.
    pub person: Person,
    /// As what, where.
    pub role: Role,
}

/// Everybody who has a role today, by school, role and name: one query.
pub fn holders(tx: &mut Tx<'_>) -> Result<Vec<Holder>> {
    type Row = (i64, String, Option<i64>, (i64, String, String, String), Option<String>);
    let today = tx.today();
    let rows: Vec<Row> = roles::table
        .inner_join(people::table)
        .left_join(schools::table.on(schools::cluster_id.eq(roles::cluster_id).and(schools::id.nullable().eq(roles::school_id))))
        .filter(roles::cluster_id.eq(tx.cluster.0))
        .filter(today!(roles, today))
        .order((schools::short_name, roles::kind, people::name, roles::id))
        .limit(MOST)
        .select((
            roles::id,
            roles::kind,
            roles::school_id,
            (people::id, people::name, people::email, people::phone),
            schools::short_name.nullable(),
        ))
        .load(tx.conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, kind, school, (person, name, email, phone), short_name)| {
            let school = school.map(|id| RoleSchool { id: SchoolId(id), short_name: short_name.unwrap_or_default() });
            let role = Role { kind: kind.parse().ok()?, school };
            Some(Holder { id: RoleId(id), person: Person { id: PersonId(person), name, email, phone }, role })
        })
        .collect())
}
