//! Inviting somebody to a role, and the answer.

use super::roles::{give_what_waits, may, may_give, school_of};
use crate::base::ids::InvitationId;
use crate::base::secret::Secret;
use crate::db::{self, Actor, House, Stop, Tx};
use crate::joining::letters::{self, Items, Offered};
use crate::joining::store::{self, Invitation};
use crate::joining::{self, InvitationRefusal, OfferRefusal, Wanted};
use crate::mail::{Recipient, store as outbox};
use crate::people::giving::{Change, RoleRefusal};
use crate::people::store::{self as people, roles as held, sessions};
use crate::people::{Cluster, Offer, words};
use crate::schools;

/// What the letters need of the cluster and of who acts in it.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The beginning of every address in the cluster: `/c/south-milford`.
    pub base: String,
    /// The cluster's name.
    pub cluster: String,
    /// The name of who invites.
    pub inviter: String,
}

impl Sender {
    /// Stores the letter with the link; `waiting` is what waits for whoever accepts.
    pub(super) fn send(&self, tx: &mut Tx<'_>, invitation: &Invitation, secret: &Secret, waiting: &Items) -> db::Result<()> {
        let wanted = &invitation.wanted;
        let to = Recipient { person: None, address: wanted.email.clone(), name: wanted.name.clone() };
        let offered = Offered {
            role: &invitation.words(),
            kind: wanted.offer.kind,
            from: wanted.offer.from,
            to: wanted.offer.to,
            cluster: &self.cluster,
            inviter: &self.inviter,
            link: &tx.link(&format!("/invitation/{}", secret.reveal())),
            hash: &secret.hash(),
            waiting,
        };
        let today = tx.today();
        outbox::enqueue(tx, &letters::invitation(&offered, to, today))?;
        Ok(())
    }
}

/// Invites somebody to a role. Refused when who acts cannot give it, the school is not of the cluster, or the role need not be offered.
pub fn invite(tx: &mut Tx<'_>, wanted: &Wanted, sender: &Sender) -> Result<(), Stop<OfferRefusal>> {
    let to = people::person_by_email(&mut tx.house(), &wanted.email)?.map(|person| person.id);
    may_give(tx, &wanted.offer, to)?;
    school_of(tx, &wanted.offer)?;
    need_not_be_offered(tx, wanted)?.map_or(Ok(()), Err)?;
    let (invitation, secret) = store::add(tx, wanted)?;
    Ok(sender.send(tx, &invitation, &secret, &[])?)
}

/// Why this need not be offered: the person has the very role, or has been asked already.
pub(super) fn need_not_be_offered(tx: &mut Tx<'_>, wanted: &Wanted) -> db::Result<Option<OfferRefusal>> {
    if joining::already(&held::of_email(tx, wanted.email.as_str())?, &wanted.offer) {
        return Ok(Some(OfferRefusal::InviteeHas));
    }
    let asked = store::is_open(tx, &wanted.email, wanted.offer.kind, wanted.offer.school)?;
    Ok(asked.then_some(OfferRefusal::Invited))
}

/// Sends an invitation with a new link, as the offer of who sends it; the old one is dead. `false` when it is not open any more, or can come to nothing. Refused when who
/// acts cannot give the role.
pub fn send_again(tx: &mut Tx<'_>, id: InvitationId, sender: &Sender) -> Result<bool, Stop<RoleRefusal>> {
    let wanted = store::one(tx, id)?.wanted;
    let to = people::person_by_email(&mut tx.house(), &wanted.email)?.map(|person| person.id);
    may(tx, Change::Give { kind: wanted.offer.kind, to })??;
    if !joining::worth_sending(&wanted.offer, &schools::store::schools(tx)?, tx.today()) {
        return Ok(false);
    }
    let Some((invitation, secret)) = store::renew(tx, id)? else { return Ok(false) };
    sender.send(tx, &invitation, &secret, &[])?;
    Ok(true)
}

/// Takes an open invitation back; `false` when it is not open any more. Refused when who acts cannot end such a role.
pub fn withdraw(tx: &mut Tx<'_>, id: InvitationId) -> Result<bool, Stop<RoleRefusal>> {
    let kind = store::one(tx, id)?.wanted.offer.kind;
    may(tx, Change::Withdraw { kind })??;
    Ok(store::withdraw(tx, id)?)
}

/// An invitation with its cluster and the inviter's name.
pub type Found = (Invitation, Cluster, Option<String>);

/// The invitation behind a link's hash. Refused when it cannot be accepted now: it has been answered, its time or its role is over, who sent it
/// cannot give it any more, or the school has left.
pub fn find(house: &mut House<'_>, hash: &str) -> Result<Found, Stop<InvitationRefusal>> {
    let (now, today) = (house.now, house.today());
    let found = store::by_hash(house, hash)?;
    joining::usable(found.as_ref().map(|(one, ..)| one.standing), now, today)?;
    let found = found.ok_or(InvitationRefusal::Unknown)?;
    let (invitation, cluster, _) = &found;
    let to = people::person_by_email(house, &invitation.wanted.email)?.map(|person| person.id);
    let mut there = house.enter(cluster.id, Actor::Visitor);
    let (answering, schools) = (held::answering(&mut there)?, schools::store::schools(&mut there)?);
    joining::still_given((&invitation.wanted.offer, invitation.invited_by, to), &answering, &schools, today)?;
    Ok(found)
}

/// An invitation that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// The secret of the session that signs the device in.
    pub session: Secret,
    /// Whether the person has a role today.
    pub begun: bool,
}

/// Accepts the invitation behind a link's hash: the person, the role, and what waits for it; then signs a device in. Refused when the link does
/// not work any more.
pub fn accept(tx: &mut Tx<'_>, hash: &str, agent: &str) -> Result<Accepted, Stop<InvitationRefusal>> {
    let today = tx.today();
    let (invitation, cluster, _) = find(&mut tx.house(), hash)?;
    let wanted = &invitation.wanted;
    let school = schools::store::schools(tx)?.into_iter().find(|school| Some(school.id) == wanted.offer.school);
    let person = people::person_for(&mut tx.house(), &wanted.email, &wanted.name)?;
    tx.act_as(Actor::Bearer(person));
    if !store::accept(tx, &invitation, hash, person)? {
        return Err(InvitationRefusal::Used.into());
    }
    // Nobody has a role on days before he said yes.
    let to = joining::until_it_leaves(wanted.offer.to, school.as_ref());
    let offer = Offer { from: wanted.offer.from.max(today), to, ..wanted.offer };
    let roles = held::of_person(tx, person)?;
    if !joining::already(&roles, &offer) {
        held::add(tx, person, &offer, invitation.school.as_deref())?;
    }
    give_what_waits(tx, person, &offer)?;
    if let Some(inviter) = invitation.invited_by
        && let Some(to) = held::person_here(tx, inviter)?.as_ref().and_then(people::Person::recipient)
    {
        let role = words(offer.kind, invitation.school.as_deref());
        let name = people::person_by_email(&mut tx.house(), &wanted.email)?.map_or_else(|| wanted.name.clone(), |person| person.name);
        let url = tx.link(&format!("/c/{}/people/{person}", cluster.slug));
        outbox::enqueue(tx, &letters::accepted(invitation.id, &name, &role, &cluster.name, &url, to, today))?;
    }
    let begun = offer.from <= today || roles.iter().any(|role| role.is_on(today));
    Ok(Accepted { session: sessions::add_session(&mut tx.house(), person, agent)?, begun })
}
