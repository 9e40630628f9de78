//! The SQL of what a coordinator deals with: the schools with whom to talk, and below it the rows of the inbox.

pub mod inbox;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::base::clock;
use crate::base::days::{self, Day};
use crate::base::ids::SchoolId;
use crate::db::asks::{first, today};
use crate::db::schema::{invitations, people, roles, schools};
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
    /// When nobody does: the day on which somebody was invited who may still accept.
    pub invited: Option<Day>,
}

impl Neighbour {
    /// What stands where a name would, when nobody leads science there.
    #[must_use]
    pub fn nobody(&self) -> String {
        let invited = |day| format!("no science lead; somebody was invited on {}, and has not yet accepted", days::long(day));
        self.invited.map_or_else(|| "no science lead".to_owned(), invited)
    }
}

/// All schools that are or were in the cluster, by short name, each with its science lead: one query.
pub fn neighbours(tx: &mut Tx<'_>) -> Result<Vec<Neighbour>> {
    type Row = (i64, String, Option<(String, String, String)>, Option<NaiveDateTime>);
    let (today, now) = (tx.today(), tx.stamp());
    let asked = invitations::cluster_id
        .eq(schools::cluster_id)
        .and(invitations::school_id.eq(schools::id.nullable()))
        .and(invitations::kind.eq("ssl").or(invitations::kind.eq("deputy")))
        .and(invitations::accepted_at.is_null())
        .and(invitations::withdrawn_at.is_null())
        .and(invitations::expires_at.gt(now));
    let leads = roles::cluster_id
        .eq(schools::cluster_id)
        .and(roles::school_id.eq(schools::id.nullable()))
        .and(roles::kind.eq("ssl").or(roles::kind.eq("deputy")))
        .and(today!(roles, today));
    let query = schools::table
        .left_join(roles::table.on(leads))
        .left_join(people::table.on(people::id.eq(roles::person_id)))
        .left_join(invitations::table.on(asked))
        .filter(schools::cluster_id.eq(tx.cluster.0))
        // The lead before the deputy, the latest invitation first.
        .order((schools::short_name, schools::id, roles::kind.desc(), people::id, invitations::created_at.desc()))
        .select((
            schools::id,
            schools::short_name,
            (people::name, people::email, people::phone).nullable(),
            invitations::created_at.nullable(),
        ));
    let mut rows: Vec<Row> = first!(tx, query, MOST_ROWS)?;
    rows.dedup_by_key(|(id, ..)| *id);
    let day = |at: NaiveDateTime| clock::today(at.and_utc());
    Ok(rows
        .into_iter()
        .map(|(id, short_name, lead, asked)| Neighbour {
            id: SchoolId(id),
            short_name,
            invited: asked.filter(|_| lead.is_none()).map(day),
            lead,
        })
        .collect())
}
