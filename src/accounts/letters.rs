//! The letters about signing in and one's own e-mail address. Pure: from facts to a letter.

use super::{EMAIL_CHANGED, EMAIL_NEW, EMAIL_OLD, EMAIL_TAKEN, SIGN_IN};
use crate::base::ids::EmailChangeId;
use crate::base::secret::Secret;
use crate::base::{Day, EmailAddress};
use crate::mail::{Block, Letter, Recipient};
use crate::people::store::Person;

/// The link to sign in.
#[must_use]
pub fn sign_in(person: &Person, address: &EmailAddress, link: &str, secret: &Secret, day: Day) -> Letter {
    Letter {
        kind: SIGN_IN,
        // The hash names the link without giving it away.
        subject: format!("link:{}", secret.hash()),
        day,
        to: Recipient { person: Some(person.id), address: address.clone(), name: person.name.clone() },
        reason: "You get this mail because somebody, most likely you, asked to sign in to Boxrota with this address.".into(),
        title: "Your link to sign in to Boxrota".into(),
        blocks: vec![
            Block::paragraph("Open this link and press the button on the page. It works once, for 15 minutes."),
            Block::button("Sign in to Boxrota", link),
            Block::paragraph("If you did not ask for it, leave it alone: without the link nobody gets in."),
        ],
        calendar: None,
    }
}

/// What letters about a change are about: `email-change:ID`.
fn subject(id: EmailChangeId) -> String {
    format!("email-change:{id}")
}

/// The change of an e-mail address that a letter is about.
#[must_use]
pub fn read_subject(subject: &str) -> Option<EmailChangeId> {
    subject.strip_prefix("email-change:")?.parse().ok()
}

fn to(person: &Person, address: EmailAddress) -> Recipient {
    Recipient { person: Some(person.id), address, name: person.name.clone() }
}

/// To the old mailbox: was it you? It tells the new address.
#[must_use]
pub fn email_old(person: &Person, old: EmailAddress, new: &EmailAddress, id: EmailChangeId, link: &str, day: Day) -> Letter {
    Letter {
        kind: EMAIL_OLD,
        subject: subject(id),
        day,
        to: to(person, old),
        reason: "You got this because somebody, most likely you, asked Boxrota to change your e-mail address.".into(),
        title: "Do you want to change your e-mail address?".into(),
        blocks: vec![
            Block::paragraph(format!("Somebody who is signed in as you asked to change your address to {new}.")),
            Block::paragraph(
                "Open this page within 24 hours. There you say yes, or stop it. We ask the new address, too: only when both say yes does it change.",
            ),
            Block::button("Say yes or stop it", link),
            Block::paragraph(
                "If it was not you, stop it on that page. Then look under My account where you are signed in, and sign out everywhere else.",
            ),
        ],
        calendar: None,
    }
}

/// To the new mailbox: is it yours?
#[must_use]
pub fn email_new(person: &Person, new: EmailAddress, id: EmailChangeId, link: &str, day: Day) -> Letter {
    Letter {
        kind: EMAIL_NEW,
        subject: subject(id),
        day,
        to: to(person, new),
        reason: "You got this because somebody wants to use this e-mail address with Boxrota.".into(),
        title: "Is this your new e-mail address?".into(),
        blocks: vec![
            Block::paragraph(
                "Open this page within 24 hours and press the button, if you want to use this address with Boxrota from now on. We ask your old address, too.",
            ),
            Block::button("Yes, this is mine", link),
            Block::paragraph("If you did not ask for it, leave it alone: without the button nothing changes."),
        ],
        calendar: None,
    }
}

/// To somebody whose address another wanted: the same letter whoever it was, so that a mailbox gets it once a day at most.
#[must_use]
pub fn email_taken(owner: &Person, address: EmailAddress, day: Day) -> Letter {
    Letter {
        kind: EMAIL_TAKEN,
        subject: "email_taken".into(),
        day,
        to: to(owner, address),
        reason: "You got this because you have an account with Boxrota under this e-mail address.".into(),
        title: "Somebody tried to use your e-mail address".into(),
        blocks: vec![
            Block::paragraph(
                "Somebody else asked Boxrota to use this e-mail address for another account. Nothing has changed: the address stays yours.",
            ),
            Block::paragraph("If that was you, sign in with this address. Otherwise you need not do anything."),
        ],
        calendar: None,
    }
}

/// To the old mailbox: it has changed.
#[must_use]
pub fn email_changed(person: &Person, old: EmailAddress, id: EmailChangeId, day: Day) -> Letter {
    Letter {
        kind: EMAIL_CHANGED,
        subject: subject(id),
        day,
        to: to(person, old),
        reason: "You got this because this was your e-mail address with Boxrota until now.".into(),
        title: "Your e-mail address has changed".into(),
        blocks: vec![
            Block::paragraph(
                "From now on Boxrota writes to your new address, and you sign in with it. Other devices have been signed out.",
            ),
            Block::paragraph("If this was not you, tell the coordinator of your cluster at once."),
        ],
        calendar: None,
    }
}
