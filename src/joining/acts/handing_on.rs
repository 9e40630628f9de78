//! When a science lead or a deputy leaves: everything in that name at the school goes to somebody else, and the role ends.

use std::collections::BTreeMap;

use super::inviting::{Sender, need_not_be_offered};
use super::roles::{may, tag};
use crate::base::EmailAddress;
use crate::base::ids::{CopyId, PersonId, RoleId, SchoolId};
use crate::bookings::store::keepers::{self, Kept};
use crate::bookings::store::loans::{self, Standing};
use crate::db::{self, Stop, Tx};
use crate::joining::letters::HandOn;
use crate::joining::{self, HandOnRefusal, Until, Wanted, store};
use crate::mail::store as outbox;
use crate::people::giving::Change;
use crate::people::store::{Person, roles};
use crate::people::{End, Held, Offer, RoleKind};
use crate::schools;
use crate::waiting::store::{self as waits, Listed};

/// Somebody's role with all that hangs on it.
pub struct Sheet {
    /// Who leaves.
    pub leaver: Person,
    /// The role that ends.
    pub role: Held,
    /// The school that is led, and its short name.
    pub school: (SchoolId, String),
    /// What was booked, and is the leaver's to answer for.
    pub items: Vec<Kept>,
    /// Places on the waiting list.
    pub waits: Vec<Listed>,
    /// The other leads of the school.
    pub others: Vec<Person>,
    /// What is known of the copies that are booked.
    pub besides: BTreeMap<CopyId, Standing>,
}

impl Sheet {
    /// Reads it; the first lead's role that is not over when none is named.
    pub fn read(tx: &mut Tx<'_>, person: PersonId, role: Option<RoleId>) -> db::Result<Self> {
        // Who has left hands on nothing any more, and hears why: his roles are over.
        let roles::Known { name, email, phone, roles } = roles::known(tx, person)?;
        let leaver = Person { id: person, name, email: email.unwrap_or_default(), phone };
        let today = tx.today();
        let mut leads = roles.into_iter().filter(|one| one.kind.leads());
        let role = match role {
            None => leads.find(|one| one.to.is_none_or(|to| to >= today)),
            Some(named) => leads.find(|one| one.id == named),
        };
        let role = role.ok_or(db::Error::NotFound)?;
        let school = role.school.as_ref().map(|school| (school.id, school.short_name.clone())).ok_or(db::Error::NotFound)?;
        let items: Vec<Kept> = keepers::of_school(tx, school.0)?.into_iter().filter(|item| item.hands == person).collect();
        let besides = loans::besides(tx, &items.iter().map(|item| item.slot.copy).collect::<Vec<_>>())?;
        let others = roles::leads_of(tx, school.0)?.into_iter().filter(|lead| lead.id != person).collect();
        let waits = waits::of_school(tx, school.0)?.into_iter().filter(|one| one.wait.person == person).collect();
        Ok(Self { leaver, role, school, items, waits, others, besides })
    }

    /// For a letter: the tags and titles, with their days.
    fn facts(&self) -> Vec<(String, String)> {
        let waits = self.waits.iter().map(|one| ("Waiting list".to_owned(), format!("{}, {}", one.name, one.wait.days)));
        self.items.iter().map(Kept::fact).chain(waits).collect()
    }
}

/// Who is to take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Another lead of the school.
    Lead(PersonId),
    /// Somebody new, who is invited.
    New {
        /// The name.
        name: String,
        /// The address.
        email: EmailAddress,
    },
    /// The school, until somebody is named.
    School,
}

/// How somebody hands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Which role; `None` for the first lead's role that is not over.
    pub role: Option<RoleId>,
    /// To whom.
    pub successor: Chosen,
    /// When the role ends.
    pub until: Until,
}

/// Who takes over.
enum Successor {
    /// A lead of the school.
    Lead(Person),
    /// Somebody who is invited.
    New(Wanted),
    /// The school, until somebody is named.
    School,
}

impl Successor {
    /// The name, where it is a person.
    fn name(&self) -> Option<String> {
        match self {
            Self::Lead(person) => Some(person.name.clone()),
            Self::New(wanted) => Some(wanted.name.clone()),
            Self::School => None,
        }
    }

    /// What tells the letters about one handing on from those about another.
    fn key(&self) -> String {
        match self {
            Self::Lead(person) => person.id.to_string(),
            Self::New(_) => "new".to_owned(),
            Self::School => "school".to_owned(),
        }
    }
}

/// Hands on everything in somebody's name and ends the role; whether the person has no role in the cluster any more. Refused, with all that is in
/// the way, when the chosen one cannot take over, or the role cannot end so.
pub fn hand_on(tx: &mut Tx<'_>, person: PersonId, wish: &Wish, sender: &Sender) -> Result<bool, Stop<Vec<HandOnRefusal>>> {
    let sheet = Sheet::read(tx, person, wish.role)?;
    let (successor, end) = decide(tx, &sheet, wish)?;
    let hand = HandOn {
        id: sheet.role.id,
        role: sheet.role.words(),
        school: sheet.school.1.clone(),
        leaver: sheet.leaver.name.clone(),
        successor: successor.name(),
        key: successor.key(),
        invited: matches!(successor, Successor::New(_)),
        last: match wish.until {
            Until::Now => None,
            Until::Day(day) => Some(day),
        },
        items: sheet.facts(),
        cluster: sender.cluster.clone(),
        url: tx.link(&format!("{}/loans", sender.base)),
    };
    let today = tx.today();
    let fresh = sheet.leaver.recipient().map(|to| outbox::enqueue(tx, &hand.to_leaver(to, today))).transpose()?;
    // The same form, pressed twice: its receipt is there already, and so is all that it says.
    if fresh != Some(false) || matches!(successor, Successor::New(_)) {
        carry_out(tx, &sheet, &hand, &successor, end, sender)?;
    }
    Ok(roles::person_here(tx, person)?.is_none())
}

/// Who takes over and how the role ends; every refusal at once.
fn decide(tx: &mut Tx<'_>, sheet: &Sheet, wish: &Wish) -> Result<(Successor, End), Stop<Vec<HandOnRefusal>>> {
    may(tx, Change::HandOn { role: &sheet.role })?.map_err(|refusal| Stop::Refused(vec![HandOnRefusal::Role(refusal)]))?;
    let today = tx.today();
    let successor = match &wish.successor {
        Chosen::School => Ok(Successor::School),
        Chosen::Lead(id) => sheet.others.iter().find(|person| person.id == *id).cloned().map(Successor::Lead).ok_or(HandOnRefusal::Nobody),
        Chosen::New { email, .. } if email.as_str() == sheet.leaver.email => Err(HandOnRefusal::OwnAddress),
        Chosen::New { name, email } => {
            // Not before the days that the leaver has to hand on, nor beyond those of the school.
            let school = schools::store::schools(tx)?.into_iter().find(|school| school.id == sheet.school.0);
            let (from, to) = (sheet.role.from.max(today), joining::until_it_leaves(None, school.as_ref()));
            let wanted = Wanted {
                name: name.clone(),
                email: email.clone(),
                offer: Offer { kind: sheet.role.kind, school: Some(sheet.school.0), from, to },
            };
            // Handed on before, with a last day that is still to come: the first who was asked may yet accept.
            let asked = sheet.role.to.is_some() && store::asked_another(tx, &wanted)?;
            match need_not_be_offered(tx, &wanted)? {
                Some(refusal) => Err(HandOnRefusal::Offer(refusal)),
                None if asked => Err(HandOnRefusal::AskedAnother),
                None => Ok(Successor::New(wanted)),
            }
        }
    };
    match (successor, joining::end(&sheet.role, wish.until, today)) {
        (Ok(successor), Ok(end)) => Ok((successor, end)),
        (successor, end) => Err(Stop::Refused(successor.err().into_iter().chain(end.err().map(HandOnRefusal::End)).collect())),
    }
}

/// The keepers, the end of the role, the log and the letters.
fn carry_out(tx: &mut Tx<'_>, sheet: &Sheet, hand: &HandOn, successor: &Successor, end: End, sender: &Sender) -> db::Result<()> {
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
            let (invitation, secret) = store::add(tx, wanted)?;
            sender.send(tx, &invitation, &secret, &hand.items)?;
            // A coordinator who invites knows; who leaves may not be the one to ask for a successor.
            tx.actor.person() == Some(sheet.leaver.id)
        }
        Successor::School => true,
    };
    if tell_coordinators {
        for to in roles::people_with_role(tx, RoleKind::Coordinator)?.iter().filter_map(Person::recipient) {
            outbox::enqueue(tx, &hand.to_coordinator(to, today))?;
        }
    }
    Ok(())
}
