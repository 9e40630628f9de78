//! What is done to a private calendar address: made, renewed, removed. It is the person's who acts, and nobody else's.

use crate::base::ids::{FeedId, ResourceId};
use crate::calendar::store;
use crate::catalogue::store as catalogue;
use crate::db::{Result, Tx};

/// Makes a feed of one resource, or of the own loans, or finds the one the person has already: a form sent twice makes one. The
/// cluster's lock is held.
///
/// # Errors
/// When there is no such resource.
pub fn create(tx: &mut Tx<'_>, resource: Option<ResourceId>) -> Result<FeedId> {
    let person = tx.person()?;
    let there = store::of_person(tx, person)?;
    if let Some(feed) = there.iter().find(|feed| feed.shows.resource() == resource) {
        return Ok(feed.id);
    }
    if let Some(resource) = resource {
        catalogue::is_there(tx, resource)?;
    }
    store::insert(tx, person, resource)
}

/// Gives a feed a new address; the old one is dead at once.
///
/// # Errors
/// When it is not this person's.
pub fn renew(tx: &mut Tx<'_>, id: FeedId) -> Result<FeedId> {
    let resource = remove(tx, id)?;
    create(tx, resource)
}

/// Ends a feed at once; what is over already stays so. Gives what it showed.
///
/// # Errors
/// When it is not this person's.
pub fn remove(tx: &mut Tx<'_>, id: FeedId) -> Result<Option<ResourceId>> {
    let person = tx.person()?;
    let (resource, over) = store::own(tx, person, id)?;
    if !over {
        store::revoke(tx, id)?;
    }
    Ok(resource)
}
