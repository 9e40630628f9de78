//! People and schools come and go: what is handed on, cancelled or sent when they do.

use crate::base::days::{END, Period};
use crate::base::ids::{PersonId, RoleId, SchoolId};
use crate::base::secret::Secret;
use crate::bookings::store::keepers::{self, Kept};
use crate::bookings::store::ledger;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::tell::Teller;
use crate::bookings::{By, Kind, State, changes};
use crate::db::{self, Tx};
use crate::joining::letters::{self, HandOn, Items, Offered};
use crate::joining::store::{self, self as invited, Invitation};
use crate::joining::{self, self as invitations, InHand, Wanted};
use crate::mail::{Recipient, store as outbox};
use crate::people::store::{Person, roles};
use crate::people::{End, Held, Member, Offer, RoleKind};
use crate::waiting::store::{self as waits, Listed};

/// Somebody's role with all that hangs on it.
pub(crate) struct Sheet {
    pub(crate) leaver: Person,
    pub(crate) role: Held,
    pub(crate) school: (SchoolId, String),
    pub(crate) items: Vec<Kept>,
    /// Places on the waiting list.
    pub(crate) waits: Vec<Listed>,
    pub(crate) others: Vec<Person>,
}

impl Sheet {
    /// Reads it; the first lead's role that is not over when none is named.
    pub(crate) fn read(tx: &mut Tx<'_>, person: PersonId, role: &str) -> db::Result<Self> {
        let (leaver, roles) = roles::person(tx, person)?;
        let today = tx.today();
        let named = role.parse::<RoleId>().ok();
        let mut leads = roles.into_iter().filter(|one| one.kind.leads());
        let role =
            if role.is_empty() { leads.find(|one| one.to.is_none_or(|to| to >= today)) } else { leads.find(|one| Some(one.id) == named) };
        let role = role.ok_or(db::Error::NotFound)?;
        let school = role.school.as_ref().map(|school| (school.id, school.short_name.clone())).ok_or(db::Error::NotFound)?;
        let items = keepers::of_school(tx, school.0)?.into_iter().filter(|item| item.hands == person).collect();
        let others = crate::people::store::roles::leads_of(tx, school.0)?.into_iter().filter(|lead| lead.id != person).collect();
        let waits = waits::of_school(tx, school.0)?.into_iter().filter(|one| one.wait.person == person).collect();
        Ok(Self { leaver, role, school, items, waits, others })
    }

    /// For a letter: the tags and titles, with their days.
    pub(crate) fn facts(&self) -> Vec<(String, String)> {
        let waits = self.waits.iter().map(|one| ("Waiting list".to_owned(), format!("{}, {}", one.name, one.wait.days)));
        self.items.iter().map(Kept::fact).chain(waits).collect()
    }
}

/// Who takes over.
pub(crate) enum Successor {
    /// A lead of the school.
    Lead(Person),
    /// Somebody who is invited.
    New(Wanted),
    /// The school, until somebody is named.
    School,
}

/// The keepers, the end of the role, the log and the letters.
pub(crate) fn carry_out(
    tx: &mut Tx<'_>,
    sheet: &Sheet,
    hand: &HandOn,
    successor: &Successor,
    end: End,
    sender: &Sender,
    own: bool,
) -> db::Result<()> {
    let (today, words, school) = (tx.today(), sheet.role.words(), &sheet.school.1);
    let to = if let Successor::Lead(person) = successor { Some(person.id) } else { None };
    let after = if to.is_some() { format!("Another science lead, {school}") } else { format!("{school}, until somebody is named") };
    for item in &sheet.items {
        keepers::hand(tx, item, to, &words, &after)?;
    }
    // A place is the school's: with nobody named its letters go to the science leads there are, and without any to the coordinator.
    if let Some(to) = to {
        for one in &sheet.waits {
            waits::hand(tx, one.wait.id, to, &words, &after)?;
        }
    }
    if !matches!(end, End::On(day) if sheet.role.to == Some(day)) {
        roles::end(tx, &sheet.role, end)?;
    }
    let tell_coordinators = match successor {
        Successor::Lead(person) => {
            let waits = sheet.waits.iter().map(|one| format!("{}, {} (waiting list)", one.name, one.wait.days));
            let all: Vec<String> = sheet.items.iter().map(tag).chain(waits).collect();
            tx.log("people", &person.id, "took over", &words, &all.join("; "))?;
            if let Some(to) = person.recipient() {
                outbox::enqueue(tx, &hand.to_successor(to, today))?;
            }
            false
        }
        Successor::New(wanted) => {
            let (invitation, secret) = invited::add(tx, wanted)?;
            sender.send(tx, &invitation, &secret, &hand.items)?;
            // A coordinator who invites knows; who leaves may not be the one to ask for a successor.
            own
        }
        Successor::School => true,
    };
    if tell_coordinators {
        for to in crate::people::store::roles::people_with_role(tx, RoleKind::Coordinator)?.iter().filter_map(Person::recipient) {
            outbox::enqueue(tx, &hand.to_coordinator(to, today))?;
        }
    }
    Ok(())
}

pub(crate) fn tags(items: &[Kept]) -> String {
    items.iter().map(tag).collect::<Vec<_>>().join("; ")
}

pub(crate) fn tag(item: &Kept) -> String {
    format!("{}, {}", item.tag, item.slot.days)
}

/// Gives somebody who gets a lead's role what waits at the school: bookings whose people will have left before they end.
pub fn give_what_waits(tx: &mut Tx<'_>, person: PersonId, offer: &Offer) -> db::Result<()> {
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

/// What an invitation's letter needs besides the invitation.
#[derive(Clone)]
pub struct Sender {
    cluster: String,
    inviter: String,
}

impl Sender {
    /// For what this person does now.
    #[must_use]
    pub fn new(member: &Member) -> Self {
        Self { cluster: member.cluster.name.clone(), inviter: member.name.clone() }
    }

    /// Stores the letter with the link; `waiting` is what waits for whoever accepts.
    pub fn send(&self, tx: &mut Tx<'_>, invitation: &Invitation, secret: &Secret, waiting: &Items) -> db::Result<()> {
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

/// Why this need not be offered: the person has the very role, or has been asked already.
pub fn in_the_way(tx: &mut Tx<'_>, wanted: &Wanted) -> db::Result<Option<&'static str>> {
    if invitations::already(&roles::of_email(tx, wanted.email.as_str())?, &wanted.offer) {
        return Ok(Some("Whoever has this address has this role already on these days"));
    }
    let asked = store::is_open(tx, &wanted.email, wanted.offer.kind, wanted.offer.school)?;
    Ok(asked.then_some(
        "This address has been invited to this role already. Send that invitation again, or withdraw it, on the page “People and schools”",
    ))
}

/// What a school has and has booked.
#[derive(Debug, Clone, Default)]
pub struct Things {
    /// Fetched and not given back.
    pub held: Vec<Loan>,
    /// Booked, asked for, not fetched yet; by first day.
    pub ahead: Vec<Loan>,
}

impl Things {
    /// By one query.
    pub fn read(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<Self> {
        let today = tx.today();
        let all = loans::of_schools(tx, &[school], Period::new(today, END).unwrap_or(Period::day(today)))?;
        let mut things = Self::default();
        for loan in all.into_iter().filter(|loan| loan.booking.slot.kind == Kind::Loan) {
            let slot = &loan.booking.slot;
            if slot.is_out() {
                things.held.push(loan);
            } else if !slot.is_over(today) {
                things.ahead.push(loan);
            }
        }
        Ok(things)
    }

    /// The tags of what the school has.
    pub(crate) fn tags(&self) -> Vec<String> {
        self.held.iter().map(|loan| format!("{} ({})", loan.name, loan.tag)).collect()
    }
}

/// Cancels a booking because of what happens to its school, with the usual letters.
pub(crate) fn cancel(tx: &mut Tx<'_>, teller: &Teller, loan: &Loan, reason: &str) -> db::Result<()> {
    let slot = &loan.booking.slot;
    changes::cancel(slot, By::Coordinator, reason, tx.today()).map_err(|refusal| db::Error::Check(refusal.message()))?;
    ledger::set_state(tx, loan, State::Cancelled, reason)?;
    teller.cancelled(tx, slot.id, reason)
}
