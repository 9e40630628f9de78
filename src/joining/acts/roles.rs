//! What the coordinator does with a person: another role, the end of one, the name.

use crate::base::ids::{PersonId, RoleId};
use crate::bookings::store::keepers::{self, Kept};
use crate::db::{self, Stop, Tx};
use crate::joining::{self, EndRefusal, InHand, OfferRefusal, Until};
use crate::people::store::roles;
use crate::people::{End, Offer};
use crate::schools;

/// Gives somebody another role. What waits at the school for a science lead comes with it. Refused when the school is not of the cluster, or the
/// person has the very role.
pub fn add_role(tx: &mut Tx<'_>, person: PersonId, offer: &Offer) -> Result<(), Stop<OfferRefusal>> {
    let held = roles::person(tx, person)?.1;
    let school = school_name(tx, offer)?;
    if joining::already(&held, offer) {
        return Err(OfferRefusal::Has.into());
    }
    roles::add(tx, person, offer, school.as_deref())?;
    Ok(give_what_waits(tx, person, offer)?)
}

/// Gives somebody who gets a lead's role what waits at the school: bookings whose people will have left before they end.
pub(super) fn give_what_waits(tx: &mut Tx<'_>, person: PersonId, offer: &Offer) -> db::Result<()> {
    let Some(school) = offer.school.filter(|_| offer.kind.leads()) else { return Ok(()) };
    let open = keepers::of_school(tx, school)?;
    let mut hands: Vec<PersonId> = open.iter().map(|item| item.hands).collect();
    hands.sort_unstable();
    hands.dedup();
    let (roles, today) = (roles::of_people(tx, &hands)?, tx.today());
    let mut given = Vec::new();
    for item in open {
        let in_hand = InHand { person: item.hands, school, last: item.slot.days.last() };
        if item.hands != person && joining::waits_for_somebody(in_hand, &roles, today) {
            keepers::hand(tx, &item, Some(person), "The school", offer.kind.words())?;
            given.push(item);
        }
    }
    if given.is_empty() { Ok(()) } else { tx.log("people", &person, "took over", "The school", &tags(&given)) }
}

/// Ends a role of a person. Refused when the day does not fit, or the cluster would be without a coordinator.
pub fn end_role(tx: &mut Tx<'_>, person: PersonId, role: RoleId, until: Until) -> Result<(), Stop<EndRefusal>> {
    let held = roles::of_person(tx, person)?;
    let role = held.into_iter().find(|one| one.id == role).ok_or(db::Error::NotFound)?;
    let coordinators = roles::coordinators(tx)?;
    match joining::end(&role, until, tx.today(), &coordinators)? {
        // Pressed twice: the second time there is nothing to do.
        End::On(day) if role.to == Some(day) => Ok(()),
        end => Ok(roles::end(tx, &role, end)?),
    }
}

/// Corrects a person's name, in every cluster. Not found when the person has left this one: who has left belongs to other clusters now, if to any.
pub fn rename(tx: &mut Tx<'_>, id: PersonId, name: &str) -> db::Result<()> {
    let (person, roles) = roles::person(tx, id)?;
    if roles.iter().all(|role| role.to.is_some_and(|to| to < tx.today())) {
        return Err(db::Error::NotFound);
    }
    if person.name == name { Ok(()) } else { roles::rename(tx, id, name) }
}

/// The short name of an offered role's school, which must be one of the cluster; `None` when the role has none.
pub(super) fn school_name(tx: &mut Tx<'_>, offer: &Offer) -> Result<Option<String>, Stop<OfferRefusal>> {
    let schools = schools::store::schools(tx)?;
    let Some(id) = offer.school else { return Ok(None) };
    let school = schools.into_iter().find(|school| school.id == id).ok_or(OfferRefusal::NoSchool)?;
    Ok(Some(school.short_name))
}

pub(super) fn tags(items: &[Kept]) -> String {
    items.iter().map(tag).collect::<Vec<_>>().join("; ")
}

pub(super) fn tag(item: &Kept) -> String {
    format!("{}, {}", item.tag, item.slot.days)
}
