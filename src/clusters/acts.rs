//! How a cluster begins, and what is told of its rules: a programme director adds one, or whoever runs the site sets up its first.

use crate::base::ids::PersonId;
use crate::base::secret::Secret;
use crate::clusters::{Fault, Founding, NotCreated, SetUpRefusal, letters, may_set_up, store};
use crate::db::{self, Actor, House, Stop, Tx, Unique};
use crate::mail::store as outbox;
use crate::people::RoleKind;
use crate::people::giving::{self, FoundingRefusal};
use crate::people::store::{Person, cluster_by_slug, roles, sessions};

/// A new cluster with its lead school, its coordinator, who gets a letter of welcome, and this director. The same form sent twice has created it
/// once. Refused when another cluster has the short name, or he may found none ([`giving::may_found`]); fails when he is no longer director
/// anywhere. In a transaction of the house.
pub fn create(tx: &mut Tx<'_>, founding: &Founding, director: PersonId) -> Result<(), Stop<NotCreated>> {
    let taken = || Stop::Refused(NotCreated::Typed(Fault::SlugTaken(founding.slug.clone())));
    let actor = tx.actor.clone();
    let mut house = tx.house();
    // Nobody's role ends in his clusters from here on; and then they are asked about.
    let directs = roles::standing(&mut house, director)?.directs;
    house.keep_out(&directs)?;
    match giving::may_found(&roles::standing(&mut house, director)?) {
        Err(FoundingRefusal::NoDirector) => return Err(db::Error::RoleEnded(RoleKind::Director.words().to_owned()).into()),
        answer => answer?,
    }
    if cluster_by_slug(&mut house, &founding.slug)?.is_some() {
        // The same button pressed twice: the cluster that this person has just created is the answer.
        return if store::just_created(&mut house, founding, director)? { Ok(()) } else { Err(taken()) };
    }
    let (cluster, coordinator) = store::found(&mut house, founding, Some(actor.clone())).map_err(|fault| match fault {
        // An import beside us may have taken the short name between the question and the insert.
        db::Error::Unique(Unique::Slug) => taken(),
        fault => fault.into(),
    })?;
    let mut tx = house.enter(cluster, actor);
    store::add_role(&mut tx, director, RoleKind::Director)?;
    let letter = letters::welcome(founding, cluster, coordinator, &tx.link("/sign-in"), tx.today());
    outbox::enqueue(&mut tx, &letter)?;
    Ok(())
}

/// Tells the coordinators, once, that a half-term can be the longest loan, where the cluster has kept the 28 days of old. Where there is no
/// coordinator now, later.
pub fn tell_of_half_terms(tx: &mut Tx<'_>) -> db::Result<()> {
    if !store::half_term_news(tx)? {
        return Ok(());
    }
    let coordinators = roles::people_with_role(tx, RoleKind::Coordinator)?;
    let (slug, name) = store::slug_and_name(tx)?;
    let rules = tx.link(&format!("/c/{slug}/settings"));
    let (cluster, today) = (tx.cluster, tx.today());
    let mut told = false;
    for to in coordinators.iter().filter_map(Person::recipient) {
        outbox::enqueue(tx, &letters::half_terms(&name, cluster, to, &rules, today))?;
        told = true;
    }
    if told { store::end_half_term_news(tx) } else { Ok(()) }
}

/// Makes the secret of an address for setting up; `None` when there is a cluster.
pub fn offer_set_up(tx: &mut Tx<'_>) -> db::Result<Option<Secret>> {
    let mut house = tx.house();
    if store::any_cluster(&mut house)? { Ok(None) } else { store::add_set_up_token(&mut house).map(Some) }
}

/// Whether the address for setting up with this secret works now. Refused when there is a cluster, nobody printed it, or it is too old.
pub fn check_set_up(house: &mut House<'_>, secret: &Secret) -> Result<(), Stop<SetUpRefusal>> {
    let any = store::any_cluster(house)?;
    let until = store::set_up_token(house, secret)?;
    Ok(may_set_up(any, until, house.now)?)
}

/// The first cluster, its lead school and its operator, who is programme director, too, when he `directs`; returns the secret of the session that
/// signs his device in. Refused as by [`check_set_up`]: under the house's lock the first of several who press at once finds no cluster, and the
/// others find his.
pub fn set_up(tx: &mut Tx<'_>, secret: &Secret, founding: &Founding, directs: bool, agent: &str) -> Result<Secret, Stop<SetUpRefusal>> {
    let mut house = tx.house();
    check_set_up(&mut house, secret)?;
    let (cluster, operator) = store::found(&mut house, founding, None)?;
    if directs {
        store::add_role(&mut house.enter(cluster, Actor::SetUp(Some(operator))), operator, RoleKind::Director)?;
    }
    store::end_set_up(&mut house)?;
    Ok(sessions::add_session(&mut house, operator, agent)?)
}
