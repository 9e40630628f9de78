//! The SQL of what a coordinator deals with: the schools with whom to talk, and below it the rows of the inbox.

pub mod inbox;

use diesel::prelude::*;

use crate::base::ids::SchoolId;
use crate::db::asks::{first, today};
use crate::db::schema::{people, roles, schools};
use crate::db::{Result, Tx};

/// The most rows of a list; far more than a cluster has.
const MOST_ROWS: usize = 500;

/// A school, and who leads science there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The school.
    pub id: SchoolId,
    /// Its short name.
    pub short_name: String,
    /// Name, address and telephone number of its science lead, or of a deputy when there is none.
    pub lead: Option<(String, String, String)>,
}

/// All schools that are or were in the cluster, by short name, each with its science lead: one query.
pub fn neighbours(tx: &mut Tx<'_>) -> Result<Vec<Neighbour>> {
    type Row = (i64, String, Option<(String, String, String)>);
    let today = tx.today();
    let leads = roles::cluster_id
        .eq(schools::cluster_id)
        .and(roles::school_id.eq(schools::id.nullable()))
        .and(roles::kind.eq("ssl").or(roles::kind.eq("deputy")))
        .and(today!(roles, today));
    let query = schools::table
        .left_join(roles::table.on(leads))
        .left_join(people::table.on(people::id.eq(roles::person_id)))
        .filter(schools::cluster_id.eq(tx.cluster.0))
        // The lead before the deputy.
        .order((schools::short_name, schools::id, roles::kind.desc(), people::id))
        .select((schools::id, schools::short_name, (people::name, people::email, people::phone).nullable()));
    let mut rows: Vec<Row> = first!(tx, query, MOST_ROWS)?;
    rows.dedup_by_key(|(id, ..)| *id);
    Ok(rows.into_iter().map(|(id, short_name, lead)| Neighbour { id: SchoolId(id), short_name, lead }).collect())
}
