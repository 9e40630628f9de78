//! Which clusters show a person, and that a person has changed: asked and written here, and nowhere else.
//!
//! A change of a person is a change of every cluster that shows him: its version goes up, so that no browser keeps an old page, and
//! its log says so. The name stands in the record of each cluster in which he ever had a role; the address is seen where he has one.

use diesel::prelude::*;

use crate::base::ids::{ClusterId, PersonId};
use crate::db::schema::{clusters, invitations, messages, people, roles};
use crate::db::{Actor, House, Result};

/// What of a person is seen, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The name: in every record, also where he has left, or is only invited or written to.
    Name,
    /// The address: where he has a role today, or will have one.
    Address,
}

/// The clusters that show this of a person, in the order of their ids.
pub fn showing(house: &mut House<'_>, person: PersonId, what: Seen) -> Result<Vec<ClusterId>> {
    let today = house.today();
    let has_role = || roles::table.filter(roles::cluster_id.eq(clusters::id).and(roles::person_id.eq(person.0)));
    let tenants = || clusters::table.filter(clusters::id.ne(0)).order(clusters::id).select(clusters::id);
    let ids: Vec<i64> = match what {
        Seen::Address => {
            // By the person's own roles, however many clusters there are.
            let own = roles::table.filter(roles::person_id.eq(person.0)).filter(roles::to_day.is_null().or(roles::to_day.ge(today)));
            tenants().filter(clusters::id.eq_any(own.select(roles::cluster_id))).load(house.conn)?
        }
        Seen::Name => {
            let of_cluster = messages::cluster_id.eq(clusters::id).and(messages::person_id.eq(person.0));
            // Where one is only invited, the letter with the invitation has name and address.
            let address = people::table.filter(people::id.eq(person.0)).select(people::email);
            let invited = invitations::cluster_id.eq(clusters::id).and(invitations::email.eq_any(address));
            tenants()
                .filter(
                    diesel::dsl::exists(has_role())
                        .or(diesel::dsl::exists(messages::table.filter(of_cluster)))
                        .or(diesel::dsl::exists(invitations::table.filter(invited))),
                )
                .load(house.conn)?
        }
    };
    Ok(ids.into_iter().map(ClusterId).collect())
}

/// Raises the version of every cluster that shows this of a person, and gives them. Before anything is changed, because it keeps other
/// writers out of them until the end of the transaction.
pub fn touch(house: &mut House<'_>, person: PersonId, what: Seen) -> Result<Vec<ClusterId>> {
    let clusters = showing(house, person, what)?;
    house.touch(&clusters)?;
    Ok(clusters)
}

/// Who changed a person.
#[derive(Debug, Clone)]
pub enum Doer {
    /// The person, who is known in all of his clusters.
    Himself(Actor),
    /// Somebody in one cluster, of whom the others know nothing.
    In(ClusterId, Actor),
}

/// Writes into the log of each of these clusters that a person has changed. It never holds a name or an address: they must be erasable.
pub fn log(house: &mut House<'_>, clusters: &[ClusterId], person: PersonId, doer: &Doer, (verb, after): (&str, &str)) -> Result<()> {
    for cluster in clusters.iter().copied() {
        let (actor, after) = match doer {
            Doer::Himself(actor) => (actor.clone(), after),
            Doer::In(here, actor) if *here == cluster => (actor.clone(), after),
            Doer::In(..) => (Actor::Worker, "From outside this cluster"),
        };
        house.enter(cluster, actor).log("people", &person, verb, "", after)?;
    }
    Ok(())
}

/// Corrects a person's name.
pub fn rename(house: &mut House<'_>, person: PersonId, name: &str) -> Result<()> {
    diesel::update(people::table.find(person.0)).set(people::name.eq(name)).execute(house.conn)?;
    Ok(())
}
