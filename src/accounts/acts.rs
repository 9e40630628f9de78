//! What somebody does to sign in, and with the own account; and what is cleared away when it has run out.

use chrono::TimeDelta;

use super::identity::Known;
use super::passkeys::{Passkeys, Refusal, opened};
use super::store::{self, erasure, identities, passkeys};
use super::{
    ChangeRefusal, EMAIL_NEW, EMAIL_OLD, ErasureRefusal, KINDS, Mailbox, NotOwn, SIGN_IN, WayOutRefusal, answerable, former_name, kinds,
    letters,
};
use crate::base::EmailAddress;
use crate::base::ids::{PasskeyId, PersonId, SessionId};
use crate::base::secret::Secret;
use crate::db::{self, House, Stop, Tx};
use crate::mail::choices::Rhythm;
use crate::mail::store::{self as outbox, choices};
use crate::mail::{Choice, Kind, Stored};
use crate::people::sign_in::{LINK_LASTS, LINK_SPARES, LinkRefusal, usable};
use crate::people::store::showing::{self, Doer, Seen};
use crate::people::store::{self as people, Person, roles, sessions};
use crate::undo::store as undo;

/// Rows of a kind removed in one clearing, so that no lock is held for long.
const CLEARED_AT_ONCE: i64 = 1000;
/// Sign-in links and sessions are kept this long after their end, for questions.
const SIGN_INS_KEPT: TimeDelta = TimeDelta::days(30);

/// Mails a link that signs in to whoever has this address and a role today; to nobody else, and nobody learns which it was. `sparing`, for a
/// mailbox that many ask for: not while an unused link of the last minutes is in it. With the house's lock.
pub fn send_link(tx: &mut Tx<'_>, email: &EmailAddress, next: &str, sparing: bool) -> db::Result<()> {
    let mut house = tx.house();
    let Some(person) = people::person_by_email(&mut house, email)? else { return Ok(()) };
    if roles::clusters_of(&mut house, person.id)?.is_empty() {
        return Ok(());
    }
    let since = house.now - LINK_SPARES;
    if sparing && sessions::link_is_out(&mut house, person.id, since)? {
        return Ok(());
    }
    let secret = sessions::add_link(&mut house, person.id, next)?;
    let link = tx.link(&format!("/sign-in/{}", secret.reveal()));
    outbox::enqueue(tx, &letters::sign_in(&person, email, &link, &secret, tx.today()))?;
    Ok(())
}

/// Makes a link that signs in whoever has this address, for the operator to hand over; `None` when nobody has it.
pub fn make_link(house: &mut House<'_>, email: &EmailAddress) -> db::Result<Option<Secret>> {
    let Some(person) = people::person_by_email(house, email)? else { return Ok(None) };
    sessions::add_link(house, person.id, "/").map(Some)
}

/// Uses a link up and signs the device in: its secret, and where to go next. Refused when the link is not one of ours, has been used or
/// has run out.
pub fn use_link(house: &mut House<'_>, link: &Secret, device: &str) -> Result<(Secret, String), Stop<LinkRefusal>> {
    let found = sessions::link(house, link)?;
    usable(found.as_ref().map(|(link, ..)| link), house.now)?;
    let (_, person, next) = found.ok_or(LinkRefusal::Unknown)?;
    if !sessions::use_link(house, link)? {
        return Err(LinkRefusal::Used.into());
    }
    Ok((sessions::add_session(house, person, device)?, next))
}

/// Signs in whoever a provider knows by this identity, or by an address that it has verified: then the identity is his from now on.
/// `None` when that is nobody here, or somebody without a role today.
pub fn sign_in_from(house: &mut House<'_>, known: &Known, device: &str) -> db::Result<Option<Secret>> {
    let person = match (identities::person_behind(house, known)?, &known.verified) {
        (Some(person), _) => person,
        (None, None) => return Ok(None),
        (None, Some(address)) => {
            let Some(person) = people::person_by_email(house, address)? else { return Ok(None) };
            identities::tie(house, known, person.id)?;
            person.id
        }
    };
    sign_in(house, person, device)
}

/// Signs the device in as this person, who has been made out. `None` when he has no role anywhere, or has been erased: then an old
/// acquaintance does not let him in.
pub fn sign_in(house: &mut House<'_>, person: PersonId, device: &str) -> db::Result<Option<Secret>> {
    if roles::clusters_of(house, person)?.is_empty() {
        return Ok(None);
    }
    sessions::add_session(house, person, device).map(Some)
}

/// What a browser sends that was asked something of a passkey.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The secret in the cookie of the browser.
    pub holder: Secret,
    /// The secret of the question.
    pub flow: Secret,
    /// What the device said, as JSON.
    pub answer: String,
}

/// What a browser sends whose form held a question under our seal.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The secret in the cookie of the browser.
    pub holder: Secret,
    /// The question.
    pub flow: String,
    /// What the device said, as JSON.
    pub answer: String,
}

/// Signs in with a passkey. Refused when the answer does not fit the question or a key of ours, or its owner has no role today. A
/// refusal is no error: the question is over, whatever the answer was worth.
pub fn sign_in_with(house: &mut House<'_>, keys: &Passkeys, given: &Sealed, device: &str) -> db::Result<Result<Secret, Refusal>> {
    let seal = passkeys::seal(house)?;
    let Some((state, expires)) = opened(&seal, &given.holder, &given.flow, house.now) else { return Ok(Err(Refusal::Over)) };
    if !passkeys::spend(house, &given.holder, &given.flow, expires)? {
        return Ok(Err(Refusal::Over));
    }
    let answer = match keys.whose(&given.answer) {
        Ok(answer) => answer,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let person = answer.person;
    let Some((id, credential)) = passkeys::credential(house, person, &answer.credential_id)? else { return Ok(Err(Refusal::NotOurs)) };
    let moved = match keys.believe(&answer, &state, &credential) {
        Ok(moved) => moved,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if roles::clusters_of(house, person)?.is_empty() {
        return Ok(Err(Refusal::NotOurs));
    }
    passkeys::used(house, person, id, moved.as_deref())?;
    Ok(Ok(sessions::add_session(house, person, device)?))
}

/// Takes a new passkey of this person, under the name he gives it. Refused when the answer does not fit the question, or somebody has the
/// key already. A refusal is no error: the question is over, whatever the answer was worth.
pub fn add_passkey(
    house: &mut House<'_>,
    keys: &Passkeys,
    person: PersonId,
    name: &str,
    given: &Answered,
) -> db::Result<Result<(), Refusal>> {
    let Some(state) = passkeys::answered(house, person, &given.holder, &given.flow)? else { return Ok(Err(Refusal::Over)) };
    Ok(match keys.take(&given.answer, &state) {
        Ok(key) if passkeys::add(house, person, name, &key)? => Ok(()),
        Ok(_) => Err(Refusal::NotTaken),
        Err(refusal) => Err(refusal),
    })
}

/// Removes a passkey. Refused when it is not this person's.
pub fn remove_passkey(house: &mut House<'_>, person: PersonId, key: PasskeyId) -> Result<(), Stop<NotOwn>> {
    if passkeys::remove(house, person, key)? { Ok(()) } else { Err(NotOwn.into()) }
}

/// Signs a device out. Refused when it is not this person's.
pub fn sign_out(house: &mut House<'_>, person: PersonId, device: SessionId) -> Result<(), Stop<NotOwn>> {
    if store::revoke_device(house, person, device)? { Ok(()) } else { Err(NotOwn.into()) }
}

/// Asks both mailboxes whether this person's address shall be `new`; an older wish is over. When somebody else has that address, he
/// hears of it instead of being asked. With the house's lock.
pub fn ask_for_email(tx: &mut Tx<'_>, person: &Person, old: EmailAddress, new: EmailAddress) -> db::Result<()> {
    let mut house = tx.house();
    let owner = people::person_by_email(&mut house, &new)?;
    let (id, old_secret, new_secret) = store::ask_for_email(&mut house, person.id, &new)?;
    let link = |tx: &Tx<'_>, secret: &Secret| tx.link(&format!("/account/email/confirm/{}", secret.reveal()));
    let today = tx.today();
    let first = letters::email_old(person, old, &new, id, &link(tx, &old_secret), today);
    outbox::enqueue(tx, &first)?;
    let second = match owner {
        Some(owner) => letters::email_taken(&owner, new, today),
        None => letters::email_new(person, new, id, &link(tx, &new_secret), today),
    };
    outbox::enqueue(tx, &second)?;
    Ok(())
}

/// What came of a mailbox's yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// It is noted; when both have said yes, the address has changed.
    Yes,
    /// The new address cannot be used any more, so the change is stopped.
    Unusable,
}

/// A mailbox says yes to a new address; when both have, the address changes, and other devices are signed out than the one whose session
/// has this hash. Refused when the link is not one of ours, too old or stopped. With the house's lock.
pub fn confirm_email(tx: &mut Tx<'_>, link: &Secret, here: Option<&str>) -> Result<Confirmed, Stop<ChangeRefusal>> {
    let now = tx.now;
    let mut house = tx.house();
    let found = store::email_change(&mut house, link)?;
    let change = answerable(found.as_ref().map(|(change, _)| change), now)?;
    let mailbox = found.as_ref().map_or(Mailbox::New, |(_, mailbox)| *mailbox);
    if change.has_confirmed(mailbox) {
        return Ok(Confirmed::Yes);
    }
    store::confirm_email(&mut house, change.id, mailbox)?;
    let other = if mailbox == Mailbox::Old { Mailbox::New } else { Mailbox::Old };
    if !change.has_confirmed(other) {
        return Ok(Confirmed::Yes);
    }
    let Ok(new) = change.new_email.parse::<EmailAddress>() else { return Ok(Confirmed::Unusable) };
    if people::person_by_email(&mut house, &new)?.is_some() {
        store::stop_email(&mut house, change.id)?;
        return Ok(Confirmed::Unusable);
    }
    let person = people::person_by_id(&mut house, change.person)?;
    // Who presses the button while signed in stays so on this device.
    let signed_in = match here {
        Some(hash) => sessions::signed_in(&mut house, hash)?,
        None => None,
    };
    let keep = signed_in.filter(|(who, ..)| who.id == change.person).map(|(_, session, _)| session);
    store::set_email(&mut house, change.person, new.as_str(), keep)?;
    if let Ok(old) = person.email.parse() {
        outbox::enqueue(tx, &letters::email_changed(&person, old, change.id, tx.today()))?;
    }
    Ok(Confirmed::Yes)
}

/// The old mailbox says no to a new address. Refused when the link is not one that was sent there, or too old. With the house's lock.
pub fn stop_email(tx: &mut Tx<'_>, link: &Secret) -> Result<(), Stop<ChangeRefusal>> {
    let now = tx.now;
    let mut house = tx.house();
    let found = store::email_change(&mut house, link)?.filter(|(_, mailbox)| *mailbox == Mailbox::Old);
    match answerable(found.as_ref().map(|(change, _)| change), now) {
        Ok(change) if change.is_done() => Ok(()),
        Ok(change) => Ok(store::stop_email(&mut house, change.id)?),
        Err(ChangeRefusal::Stopped) => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Stores which kinds of letters somebody does not want, in place of what was there, and how often those that can wait, when it was said.
pub fn choose_letters(house: &mut House<'_>, person: PersonId, off: &[&Kind], rhythm: Option<Rhythm>) -> db::Result<()> {
    choices::set_muted(house, person, off)?;
    if let Some(rhythm) = rhythm {
        set_rhythm(house, person, rhythm)?;
    }
    Ok(())
}

/// What waits already comes at once, in one last letter, when each letter is wanted on its own again: nothing that was gathered is lost.
fn set_rhythm(house: &mut House<'_>, person: PersonId, to: Rhythm) -> db::Result<()> {
    people::set_rhythm(house, person, to)?;
    if to == Rhythm::Each { choices::gather_no_more(house, person) } else { Ok(()) }
}

/// Whose letters of which kind the address in a letter switches off. Refused when no letter has this address, or it has run out.
pub fn way_out(house: &mut House<'_>, secret: &Secret) -> Result<(PersonId, &'static Kind), Stop<WayOutRefusal>> {
    let (person, offer) = choices::offer(house, secret)?.ok_or(WayOutRefusal::Unknown)?;
    if offer.expires_at <= house.now {
        return Err(WayOutRefusal::RunOut.into());
    }
    Ok((person, kinds::switchable(&offer.kind).ok_or(WayOutRefusal::Unknown)?))
}

/// Switches a kind of letter off by the address in one, or the rhythm back to each letter on its own, and says which kind it was. Done
/// twice, it is done once. Refused as [`way_out`] is.
pub fn switch_off(house: &mut House<'_>, secret: &Secret) -> Result<&'static Kind, Stop<WayOutRefusal>> {
    let (person, kind) = way_out(house, secret)?;
    match kind.choice {
        Choice::Rhythm => set_rhythm(house, person, Rhythm::Each)?,
        _ => choices::mute(house, person, kind)?,
    }
    Ok(kind)
}

/// Takes a person out of the records: the name and the address go, the facts stay. Refused as long as something keeps him. With the
/// house's lock, so that no sign-in link is being written for the address at this moment.
pub fn erase(tx: &mut Tx<'_>, id: PersonId) -> Result<(), Stop<Vec<ErasureRefusal>>> {
    let actor = tx.actor.clone();
    let mut house = tx.house();
    // First of all, because it keeps other writers out: of two last coordinators only one can go.
    let clusters = showing::touch(&mut house, id, Seen::Name)?;
    let refusals = erasure::refusals(&mut house, id)?;
    if !refusals.is_empty() {
        return Err(Stop::Refused(refusals));
    }
    let person = people::person_by_id(&mut house, id)?;
    let name = former_name(&erasure::roles_ever(&mut house, id)?);
    erasure::scrub_letters(&mut house, &person, &name, &clusters)?;
    erasure::forget_keys(&mut house, &person, &name)?;
    erasure::end_feeds(&mut house, id, &clusters)?;
    undo::forget(&mut house, id)?;
    erasure::end_roles(&mut house, id)?;
    erasure::forget_name(&mut house, id, &name)?;
    Ok(showing::log(&mut house, &clusters, id, &Doer::Himself(actor), ("erased the own account", &name))?)
}

/// Writes down one's own telephone number, empty for none; the clusters that show the address are new with it. With the house's lock. What it
/// was is in no log: a number must be erasable.
pub fn set_phone(tx: &mut Tx<'_>, id: PersonId, phone: &str) -> db::Result<()> {
    let actor = tx.actor.clone();
    let mut house = tx.house();
    if people::person_by_id(&mut house, id)?.phone == phone {
        return Ok(());
    }
    let clusters = showing::touch(&mut house, id, Seen::Address)?;
    people::set_phone(&mut house, id, phone)?;
    let after = if phone.is_empty() { "No telephone number" } else { "Another telephone number" };
    showing::log(&mut house, &clusters, id, &Doer::Himself(actor), ("changed the own telephone number", after))
}

/// Clears away what ended long ago: sign-in links and sessions, addresses that switch letters off. Says how many rows there were, at most
/// so many of each kind that no lock is held for long.
pub fn clear(house: &mut House<'_>) -> db::Result<usize> {
    let (ended, now) = (house.now - SIGN_INS_KEPT, house.stamp());
    Ok(sessions::prune_sign_ins(house, ended, CLEARED_AT_ONCE)? + choices::prune(house, now, CLEARED_AT_ONCE)?)
}

/// Clears away questions of sign-ins that were begun and are over after minutes. Whoever loses one begins again, so this needs no care.
pub fn clear_questions(house: &mut House<'_>) -> db::Result<usize> {
    Ok(identities::prune(house, CLEARED_AT_ONCE)? + passkeys::prune(house, CLEARED_AT_ONCE)?)
}

/// Why a letter is no longer true, asked at the moment of sending; `None` when it is, or is none of ours. A letter with a link is true as
/// long as the link works.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> db::Result<Option<String>> {
    match Kind::among(KINDS, letter.kind) {
        Some(SIGN_IN) => {
            let over = letter.created_at.is_some_and(|at| tx.now >= at + LINK_LASTS);
            Ok(over.then(|| "The link in it had run out before it could be sent.".to_owned()))
        }
        Some(EMAIL_OLD | EMAIL_NEW) => {
            let Some(change) = letters::read_subject(letter.subject) else { return Ok(None) };
            let change = store::email_change_by_id(&mut tx.house(), change)?;
            Ok(answerable(change.as_ref(), tx.now).err().map(|why| why.to_string()))
        }
        _ => Ok(None),
    }
}
