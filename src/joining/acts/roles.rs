//! What the coordinator does with a person: another role, the end of one, the name.

use crate::base::EmailAddress;
use crate::base::ids::{ClusterId, PersonId, RoleId};
use crate::bookings::store::keepers::{self, Kept};
use crate::db::{self, Stop, Tx};
use crate::joining::{self, EndRefusal, InHand, OfferRefusal, Until};
use crate::people::giving::{self, By, Change, RoleRefusal};
use crate::people::store::showing::{self, Doer, Seen};
use crate::people::store::{self as people, roles};
use crate::people::{End, Held, Offer, RoleKind};
use crate::schools::{self, School};

/// Gives somebody another role. What waits at the school for a science lead comes with it. Refused when who acts cannot give it, the school is
/// not of the cluster, or the person has the very role; not found when the person has left.
pub fn add_role(tx: &mut Tx<'_>, person: PersonId, offer: &Offer) -> Result<(), Stop<OfferRefusal>> {
    let held = roles::person(tx, person)?.1;
    may_give(tx, offer, Some(person))?;
    let school = school_of(tx, offer)?;
    if joining::already(&held, offer) {
        return Err(OfferRefusal::Has.into());
    }
    roles::add(tx, person, offer, school.map(|school| school.short_name).as_deref())?;
    Ok(give_what_waits(tx, person, offer)?)
}

/// Makes somebody who is known here the cluster's programme director from today on, by the operator's right. Refused when the person is one; not
/// found when nobody has the address.
pub fn make_director(tx: &mut Tx<'_>, email: &EmailAddress) -> Result<(), Stop<OfferRefusal>> {
    let person = people::person_by_email(&mut tx.house(), email)?.ok_or(db::Error::NotFound)?.id;
    let (kind, today) = (RoleKind::Director, tx.today());
    giving::may(By::Operator, Change::Give { kind, to: Some(person) }, &[], today).map_err(OfferRefusal::Role)?;
    let offer = Offer { kind, school: None, from: today, to: None };
    if joining::already(&roles::of_person(tx, person)?, &offer) {
        return Err(OfferRefusal::Has.into());
    }
    roles::add(tx, person, &offer, None)?;
    Ok(())
}

/// Whether who acts may give the role, to this person where he is known here.
pub(super) fn may_give(tx: &mut Tx<'_>, offer: &Offer, to: Option<PersonId>) -> Result<(), Stop<OfferRefusal>> {
    may(tx, Change::Give { kind: offer.kind, to })?.map_err(|refusal| OfferRefusal::Role(refusal).into())
}

/// Whether who acts may do this, by the roles that he has at this moment.
pub(super) fn may(tx: &mut Tx<'_>, change: Change<'_>) -> db::Result<Result<(), RoleRefusal>> {
    let (answering, who, today) = (roles::answering(tx)?, tx.person()?, tx.today());
    Ok(giving::may(By::Person(who), change, &answering, today))
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

/// Ends a role of a person. Refused when the day does not fit, who acts cannot end it, or the cluster would be without a coordinator.
pub fn end_role(tx: &mut Tx<'_>, person: PersonId, role: RoleId, until: Until) -> Result<(), Stop<EndRefusal>> {
    let held = roles::of_person(tx, person)?;
    let role = held.into_iter().find(|one| one.id == role).ok_or(db::Error::NotFound)?;
    let today = tx.today();
    let end = joining::end(&role, until, today)?;
    may(tx, Change::End { role: &role, last: until.last(today) })?.map_err(EndRefusal::Role)?;
    match end {
        // Pressed twice: the second time there is nothing to do.
        End::On(day) if role.to == Some(day) => Ok(()),
        end => Ok(roles::end(tx, &role, end)?),
    }
}

/// Corrects a person's name, in every cluster that shows it. `here`: where who acts is coordinator. Not found when the person has left that one:
/// who has left belongs to other clusters now, if to any. With the house's lock.
pub fn rename(tx: &mut Tx<'_>, here: ClusterId, id: PersonId, name: &str) -> db::Result<()> {
    let actor = tx.actor.clone();
    let mut house = tx.house();
    let shown = showing::touch(&mut house, id, Seen::Name)?;
    // Only now nobody else writes there, and a role that has ended meanwhile is seen to have.
    let mut there = house.enter(here, actor.clone());
    let (who, today) = (there.person()?, there.today());
    let coordinates = |role: &Held| role.person == who && role.kind == RoleKind::Coordinator && role.is_on(today);
    if !roles::answering(&mut there)?.iter().any(coordinates) {
        return Err(db::Error::RoleEnded(RoleKind::Coordinator.words().to_owned()));
    }
    if roles::person(&mut there, id)?.0.name == name {
        return Ok(());
    }
    showing::rename(&mut house, id, name)?;
    showing::log(&mut house, &shown, id, &Doer::In(here, actor), ("had the name corrected", ""))
}

/// An offered role's school, which must be a member of the cluster as long as the role lasts; `None` when the role has none.
pub(super) fn school_of(tx: &mut Tx<'_>, offer: &Offer) -> Result<Option<School>, Stop<OfferRefusal>> {
    let (today, schools) = (tx.today(), schools::store::schools(tx)?);
    let Some(id) = offer.school else { return Ok(None) };
    let school = schools.into_iter().find(|school| school.id == id && joining::stays(school, today)).ok_or(OfferRefusal::NoSchool)?;
    match joining::until_it_leaves(offer.to, Some(&school)) {
        Some(last) if offer.to != Some(last) => Err(OfferRefusal::Leaves(last).into()),
        _ => Ok(Some(school)),
    }
}

pub(super) fn tags(items: &[Kept]) -> String {
    items.iter().map(tag).collect::<Vec<_>>().join("; ")
}

pub(super) fn tag(item: &Kept) -> String {
    format!("{}, {}", item.tag, item.slot.days)
}
