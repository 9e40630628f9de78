//! The rows of invitations: roles that wait for their person to say yes.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::base::days::Day;
use crate::base::ids::{ClusterId, InvitationId, PersonId, SchoolId};
use crate::base::secret::Secret;
use crate::base::{EmailAddress, clock};
use crate::db::schema::{clusters, invitations, people, schools};
use crate::db::{Error, House, Result, Tx};
use crate::joining::{INVITATION_LASTS, Terms, Wanted, usable};
use crate::people::{self as roles, Cluster, Offer, RoleKind};

/// The most open invitations that are listed.
const MOST: i64 = 200;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom: name, address, role.
    pub wanted: Wanted,
    /// The school's short name.
    pub school: Option<String>,
    /// Who invited.
    pub invited_by: Option<PersonId>,
    /// Whether it can be accepted.
    pub standing: Terms,
}

impl Invitation {
    /// "Science lead, Saxton".
    #[must_use]
    pub fn words(&self) -> String {
        roles::words(self.wanted.offer.kind, self.school.as_deref())
    }

    /// The day on which the link that works now was sent.
    #[must_use]
    pub fn asked_on(&self) -> Day {
        clock::today(self.standing.expires_at - INVITATION_LASTS)
    }
}

type Whom = (i64, String, String, String, Option<i64>, Option<String>, Day, Option<Day>);
type State = (Option<i64>, NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>);

macro_rules! all {
    () => {
        invitations::table.left_join(
            schools::table.on(schools::cluster_id.eq(invitations::cluster_id).and(schools::id.nullable().eq(invitations::school_id))),
        )
    };
}

macro_rules! columns {
    () => {
        (
            (
                invitations::id,
                invitations::email,
                invitations::name,
                invitations::kind,
                invitations::school_id,
                schools::short_name.nullable(),
                invitations::from_day,
                invitations::to_day,
            ),
            (invitations::invited_by, invitations::expires_at, invitations::accepted_at, invitations::withdrawn_at),
        )
    };
}

fn invitation((whom, state): (Whom, State)) -> Result<Invitation> {
    let (id, email, name, kind, school_id, school, from, to) = whom;
    let (invited_by, expires_at, accepted_at, withdrawn_at) = state;
    let kind: RoleKind = kind.parse().map_err(|_| Error::Check("invitations_kind".to_owned()))?;
    let email: EmailAddress = email.parse().map_err(|_| Error::Check("invitations_email_shape".to_owned()))?;
    Ok(Invitation {
        id: InvitationId(id),
        wanted: Wanted { name, email, offer: Offer { kind, school: school_id.map(SchoolId), from, to } },
        school,
        invited_by: invited_by.map(PersonId),
        standing: Terms { expires_at: expires_at.and_utc(), to, accepted: accepted_at.is_some(), withdrawn: withdrawn_at.is_some() },
    })
}

/// The invitations that nobody has accepted or withdrawn, newest first; those whose link has run out among them.
pub fn open(tx: &mut Tx<'_>) -> Result<Vec<Invitation>> {
    let rows: Vec<(Whom, State)> = all!()
        .filter(invitations::cluster_id.eq(tx.cluster.0))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::withdrawn_at.is_null())
        .order(invitations::expires_at.desc())
        .limit(MOST)
        .select(columns!())
        .load(tx.conn)?;
    rows.into_iter().map(invitation).collect()
}

/// Whether this address has been offered this role already and has not answered.
pub fn is_open(tx: &mut Tx<'_>, email: &EmailAddress, kind: RoleKind, school: Option<SchoolId>) -> Result<bool> {
    Ok(open(tx)?.iter().any(|one| one.wanted.email == *email && one.wanted.offer.kind == kind && one.wanted.offer.school == school))
}

/// Whether another address has been offered this role, and can still accept it.
pub fn asked_another(tx: &mut Tx<'_>, wanted: &Wanted) -> Result<bool> {
    let (now, today, offer) = (tx.now, tx.today(), wanted.offer);
    let open = open(tx)?.into_iter().filter(|one| one.wanted.email != wanted.email && usable(Some(one.standing), now, today).is_ok());
    Ok(open.map(|one| one.wanted.offer).any(|other| (other.kind, other.school) == (offer.kind, offer.school)))
}

/// One of this cluster.
pub fn one(tx: &mut Tx<'_>, id: InvitationId) -> Result<Invitation> {
    let row: (Whom, State) =
        all!().filter(invitations::cluster_id.eq(tx.cluster.0)).filter(invitations::id.eq(id.0)).select(columns!()).first(tx.conn)?;
    invitation(row)
}

/// Stores an invitation and returns the secret that goes into the mail.
pub fn add(tx: &mut Tx<'_>, wanted: &Wanted) -> Result<(Invitation, Secret)> {
    let (id, secret, now) = (InvitationId::fresh(tx.now), Secret::fresh(), tx.stamp());
    diesel::insert_into(invitations::table)
        .values((
            invitations::cluster_id.eq(tx.cluster.0),
            invitations::id.eq(id.0),
            invitations::email.eq(wanted.email.as_str()),
            invitations::name.eq(&wanted.name),
            invitations::kind.eq(<&'static str>::from(wanted.offer.kind)),
            invitations::school_id.eq(wanted.offer.school.map(|school| school.0)),
            invitations::from_day.eq(wanted.offer.from),
            invitations::to_day.eq(wanted.offer.to),
            invitations::token_hash.eq(secret.hash()),
            invitations::invited_by.eq(tx.actor.person().map(|person| person.0)),
            invitations::created_at.eq(now),
            invitations::expires_at.eq(now + INVITATION_LASTS),
        ))
        .execute(tx.conn)?;
    let stored = one(tx, id)?;
    tx.log("invitations", &id, "invited", "", &format!("{} {}", stored.words(), roles::span(wanted.offer.from, wanted.offer.to)))?;
    Ok((stored, secret))
}

/// Gives an open invitation a new link, which kills the old one, and makes it the offer of who acts; nothing when it is not open any more.
pub fn renew(tx: &mut Tx<'_>, id: InvitationId) -> Result<Option<(Invitation, Secret)>> {
    let secret = Secret::fresh();
    let row = invitations::table.find((tx.cluster.0, id.0));
    let changed = diesel::update(row.filter(invitations::accepted_at.is_null()).filter(invitations::withdrawn_at.is_null()))
        .set((
            invitations::token_hash.eq(secret.hash()),
            invitations::expires_at.eq(tx.stamp() + INVITATION_LASTS),
            invitations::invited_by.eq(tx.actor.person().map(|person| person.0)),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Ok(None);
    }
    let stored = one(tx, id)?;
    tx.log("invitations", &id, "sent again", "", &stored.words())?;
    Ok(Some((stored, secret)))
}

/// Takes an open invitation back; `false` when it is not open any more.
pub fn withdraw(tx: &mut Tx<'_>, id: InvitationId) -> Result<bool> {
    let words = one(tx, id)?.words();
    let row = invitations::table.find((tx.cluster.0, id.0));
    let changed = diesel::update(row.filter(invitations::accepted_at.is_null()).filter(invitations::withdrawn_at.is_null()))
        .set(invitations::withdrawn_at.eq(Some(tx.stamp())))
        .execute(tx.conn)?;
    if changed == 1 {
        tx.log("invitations", &id, "withdrew", &words, "")?;
    }
    Ok(changed == 1)
}

/// The invitation behind a link's hash, with its cluster and the inviter's name.
pub fn by_hash(house: &mut House<'_>, hash: &str) -> Result<Option<(Invitation, Cluster, Option<String>)>> {
    type ClusterRow = (i64, String, String, i64);
    let row: Option<((Whom, State), ClusterRow, Option<String>)> = all!()
        .inner_join(clusters::table.on(clusters::id.eq(invitations::cluster_id)))
        .left_join(people::table.on(people::id.nullable().eq(invitations::invited_by)))
        .filter(invitations::token_hash.eq(hash))
        .select((columns!(), (clusters::id, clusters::slug, clusters::name, clusters::version), people::name.nullable()))
        .first(house.conn)
        .optional()?;
    let Some((row, (id, slug, name, version), inviter)) = row else { return Ok(None) };
    Ok(Some((invitation(row)?, Cluster { id: ClusterId(id), slug, name, version }, inviter)))
}

/// Marks the invitation accepted, if its link is still this one; `false` when somebody was faster. One conditional update, so
/// that it counts once however many press.
pub fn accept(tx: &mut Tx<'_>, invitation: &Invitation, hash: &str, person: PersonId) -> Result<bool> {
    let row = invitations::table.find((tx.cluster.0, invitation.id.0));
    let open = row
        .filter(invitations::token_hash.eq(hash))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::withdrawn_at.is_null())
        .filter(invitations::expires_at.gt(tx.stamp()));
    let changed = diesel::update(open)
        .set((invitations::accepted_at.eq(Some(tx.stamp())), invitations::accepted_by.eq(Some(person.0))))
        .execute(tx.conn)?;
    if changed == 1 {
        tx.log("invitations", &invitation.id, "accepted", "", &invitation.words())?;
    }
    Ok(changed == 1)
}
