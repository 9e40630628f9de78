//! What a person can do with the own account: a new address, the devices, leaving for good. The rules.
//!
//! What must always hold: an address changes only when both mailboxes have said yes within a day, and the old one can stop
//! it; whoever erases the own account leaves no name and no address behind, keeps no box, and no cluster without a coordinator.

pub mod acts;
pub mod identity;
pub mod kinds;
pub mod letters;
pub mod pages;
pub mod passkeys;
pub mod store;

use chrono::{DateTime, Duration, Utc};

use crate::base::days::Day;
use crate::base::ids::{BookingId, ClusterId, EmailChangeId, PersonId};
use crate::db::Refuses;
use crate::mail::{Choice, Kind};
use crate::people::{Held, Role, RoleKind, giving};
use crate::web::Site;

use self::identity::{OpenId, Provider};
use self::passkeys::Passkeys;

/// To who asked: the link.
pub const SIGN_IN: &Kind =
    &Kind { key: "sign_in", name: "Your link to sign in", to: "Who asked for it", choice: Choice::Always, waits: false };
/// To the old mailbox: was it you?
pub const EMAIL_OLD: &Kind = &Kind {
    key: "email_change_old",
    name: "A new e-mail address: your old one is asked",
    to: "Who asked for it",
    choice: Choice::Always,
    waits: false,
};
/// To the new mailbox: is it yours?
pub const EMAIL_NEW: &Kind = &Kind {
    key: "email_change_new",
    name: "A new e-mail address: your new one is asked",
    to: "Who asked for it",
    choice: Choice::Always,
    waits: false,
};
/// To the old mailbox: it has changed.
pub const EMAIL_CHANGED: &Kind =
    &Kind { key: "email_changed", name: "Your e-mail address has changed", to: "Who asked for it", choice: Choice::Always, waits: false };
/// To somebody whose address another wanted.
pub const EMAIL_TAKEN: &Kind = &Kind {
    key: "email_taken",
    name: "Somebody tried to use your e-mail address",
    to: "Whose address it is",
    choice: Choice::Always,
    waits: false,
};

/// The letters of accounts.
pub const KINDS: &[&Kind] = &[SIGN_IN, EMAIL_OLD, EMAIL_NEW, EMAIL_CHANGED, EMAIL_TAKEN];

/// How long both mailboxes have to say yes.
pub const EMAIL_CHANGE_LASTS: Duration = Duration::hours(24);

/// A new address that waits for both mailboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailChange {
    /// Its id.
    pub id: EmailChangeId,
    /// Whose.
    pub person: PersonId,
    /// The new address.
    pub new_email: String,
    /// When the old mailbox said yes.
    pub old_confirmed: Option<DateTime<Utc>>,
    /// When the new mailbox said yes.
    pub new_confirmed: Option<DateTime<Utc>>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// When it was stopped.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// The two mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailbox {
    /// The one the person has had.
    Old,
    /// The one to come.
    New,
}

impl EmailChange {
    /// Whether both have said yes.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.old_confirmed.is_some() && self.new_confirmed.is_some()
    }

    /// Whether this mailbox has said yes.
    #[must_use]
    pub fn has_confirmed(&self, mailbox: Mailbox) -> bool {
        match mailbox {
            Mailbox::Old => self.old_confirmed.is_some(),
            Mailbox::New => self.new_confirmed.is_some(),
        }
    }
}

/// Why a link to a new address does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefusal {
    /// Nobody made it, or a newer change took its place.
    #[error("This link is not one of ours, or you have asked for another change since. Ask again under My account.")]
    Unknown,
    /// Too old.
    #[error("This link is more than 24 hours old. Ask again under My account.")]
    Expired,
    /// Stopped from the old mailbox.
    #[error("This change was stopped. The e-mail address stays as it was.")]
    Stopped,
    /// Somebody else has the address by now.
    #[error("This address cannot be used. Ask again under My account, with another one.")]
    Unusable,
}

impl Refuses for ChangeRefusal {}

/// Whether a change can still be answered. One that is done can: its page says so.
///
/// # Errors
/// Why not.
pub fn answerable(change: Option<&EmailChange>, now: DateTime<Utc>) -> Result<&EmailChange, ChangeRefusal> {
    let change = change.ok_or(ChangeRefusal::Unknown)?;
    if change.withdrawn_at.is_some() {
        return Err(ChangeRefusal::Stopped);
    }
    if !change.is_done() && now >= change.expires_at {
        return Err(ChangeRefusal::Expired);
    }
    Ok(change)
}

/// A device as people call it, from what its browser says of itself: "Chrome on Windows".
#[must_use]
pub fn device(user_agent: &str) -> String {
    // The order matters: most browsers also claim to be the ones below them.
    let first = |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "a Chromebook"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

/// Why somebody cannot erase the own account yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureRefusal {
    /// The only coordinator of a cluster.
    LastCoordinator {
        /// Its part of the address.
        slug: String,
        /// Its name.
        cluster: String,
    },
    /// A copy is out in the person's name.
    HoldsCopy {
        /// The cluster's part of the address.
        slug: String,
        /// The booking.
        booking: BookingId,
        /// "Magnets (MG1)".
        what: String,
        /// Whether the person leads a school there, and so has a page to hand it on.
        leads: bool,
    },
}

impl ErasureRefusal {
    /// For the person.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::LastCoordinator { cluster, .. } => {
                format!("You are the only coordinator of {cluster}. Give somebody else this role first.")
            }
            Self::HoldsCopy { what, leads: true, .. } => format!("{what} is out in your name. Hand it on to somebody first."),
            Self::HoldsCopy { what, leads: false, .. } => format!("{what} is out in your name. It has to be given back first."),
        }
    }
}

/// What somebody would end is there, but another's; or it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOwn;

impl Refuses for NotOwn {}

/// Why the address in a letter switches nothing off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOutRefusal {
    /// No letter has it, or its kind cannot be switched off any more.
    Unknown,
    /// It worked once.
    RunOut,
}

impl Refuses for WayOutRefusal {}

/// The clusters that would be without a coordinator when this person goes today (see `giving::coordinated_after`); `coordinators` are the roles
/// that are not over, in whatever cluster.
#[must_use]
pub fn only_coordinator_of(person: PersonId, coordinators: &[(ClusterId, Held)], today: Day) -> Vec<ClusterId> {
    let mut own: Vec<ClusterId> = coordinators.iter().filter(|(_, role)| role.person == person).map(|(cluster, _)| *cluster).collect();
    own.dedup();
    own.retain(|cluster| {
        let here: Vec<Held> = coordinators.iter().filter(|(other, _)| other == cluster).map(|(_, role)| role.clone()).collect();
        !giving::coordinated_after(&here, today, |role| role.person != person)
    });
    own
}

/// What stands instead of a name: "former science lead, Saxton". `roles` are all the person ever had, the latest last; the
/// one of a science lead goes first.
#[must_use]
pub fn former_name(roles: &[Role]) -> String {
    let role = roles.iter().rev().find(|role| role.kind == RoleKind::Ssl).or(roles.last());
    let Some(role) = role else { return "former member".to_owned() };
    let kind = role.kind.words().to_lowercase();
    role.school.as_ref().map_or_else(|| format!("former {kind}"), |school| format!("former {kind}, {}", school.short_name))
}

/// The address that an erased person has: one that no mail reaches, and nobody else can have.
#[must_use]
pub fn erased_address(person: PersonId) -> String {
    format!("erased-{}@erased.invalid", person.to_string().to_lowercase())
}

/// The text with the name, or an address, replaced wherever it stands by itself; also where a line was broken inside it.
#[must_use]
pub fn replaced(text: &str, name: &str, by: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let Some(first) = words.first() else { return text.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(first) {
        let before = rest[..at].chars().next_back().or_else(|| out.chars().next_back());
        let end = end_of(&rest[at..], &words).filter(|end| {
            let after = rest[at + end..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        });
        out.push_str(&rest[..at]);
        let taken = end.unwrap_or(first.len());
        out.push_str(if end.is_some() { by } else { first });
        rest = &rest[at + taken..];
    }
    out.push_str(rest);
    out
}

/// Where the words end that `text` begins with, whatever space is between them.
fn end_of(text: &str, words: &[&str]) -> Option<usize> {
    let mut end = 0;
    for (n, word) in words.iter().enumerate() {
        let rest = &text[end..];
        let gap = rest.len() - rest.trim_start().len();
        if n > 0 && gap == 0 {
            return None;
        }
        rest[gap..].starts_with(word).then_some(())?;
        end += gap + word.len();
    }
    Some(end)
}

/// What the pages need that sign in by way of a provider or with a passkey.
pub struct Ways {
    /// The providers through which people may sign in.
    pub providers: Vec<Provider>,
    /// The conversation with them.
    pub openid: OpenId,
    /// Signing in with passkeys.
    pub passkeys: Passkeys,
}

impl Ways {
    /// Those of this site.
    #[must_use]
    pub fn of(site: &Site, providers: Vec<Provider>) -> Self {
        Self { providers, openid: OpenId::default(), passkeys: Passkeys::at(&site.public_url) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::base::ids::{RoleId, SchoolId};
    use crate::people::RoleSchool;

    fn change() -> EmailChange {
        EmailChange {
            id: EmailChangeId(1),
            person: PersonId(1),
            new_email: "new@saxton.example".into(),
            old_confirmed: None,
            new_confirmed: None,
            expires_at: "2026-11-24T09:00:00Z".parse().unwrap(),
            withdrawn_at: None,
        }
    }

    #[test]
    fn a_change_waits_for_a_day_and_can_be_stopped() {
        let until = change().expires_at;
        let before = until - Duration::seconds(1);
        assert!(answerable(Some(&change()), before).is_ok());
        assert_eq!(answerable(Some(&change()), until), Err(ChangeRefusal::Expired));
        assert_eq!(answerable(None, before), Err(ChangeRefusal::Unknown));
        let stopped = EmailChange { withdrawn_at: Some(before), ..change() };
        assert_eq!(answerable(Some(&stopped), before), Err(ChangeRefusal::Stopped));
        let half = EmailChange { old_confirmed: Some(before), ..change() };
        assert!(half.has_confirmed(Mailbox::Old) && !half.has_confirmed(Mailbox::New) && !half.is_done());
        let done = EmailChange { new_confirmed: Some(before), ..half };
        assert!(done.is_done() && answerable(Some(&done), until).is_ok());
    }

    #[test]
    fn devices_are_named_as_people_name_them() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on a Chromebook",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Mac"),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("curl/8.5", "Unknown device"),
            ("", "Unknown device"),
        ] {
            assert_eq!(device(agent), name);
        }
    }

    #[test]
    fn a_name_gives_way_to_the_last_role() {
        let role =
            |kind, school: Option<&str>| Role { kind, school: school.map(|name| RoleSchool { id: SchoolId(1), short_name: name.into() }) };
        assert_eq!(former_name(&[]), "former member");
        assert_eq!(former_name(&[role(RoleKind::Coordinator, None)]), "former coordinator");
        let both = [role(RoleKind::Ssl, Some("Brayton")), role(RoleKind::Ssl, Some("Saxton")), role(RoleKind::Coordinator, None)];
        assert_eq!(former_name(&both), "former science lead, Saxton");
        assert_eq!(former_name(&[role(RoleKind::Head, Some("Saxton"))]), "former head teacher, Saxton");
    }

    #[test]
    fn a_cluster_keeps_a_coordinator() {
        let (me, other, today) = (PersonId(1), PersonId(2), parse_iso("2026-11-23").expect("a day"));
        let role = |cluster: i64, person, from: &str, to: Option<&str>| {
            let (from, to) = (parse_iso(from).expect("a day"), to.and_then(parse_iso));
            (ClusterId(cluster), Held { id: RoleId(1), person, kind: RoleKind::Coordinator, school: None, from, to })
        };
        let begun = "2024-09-01";
        let all = [
            role(1, me, begun, None),
            role(2, me, begun, None),
            role(2, other, begun, None),
            role(3, other, begun, None),
            // Somebody for some weeks, and somebody who begins next year, are nobody to leave a cluster to.
            role(4, me, begun, None),
            role(4, other, begun, Some("2026-12-18")),
            role(5, me, begun, None),
            role(5, other, "2027-01-04", None),
            role(6, me, begun, None),
            role(6, other, "2026-11-24", None),
        ];
        assert_eq!(only_coordinator_of(me, &all, today), [1, 4, 5].map(ClusterId));
        assert_eq!(only_coordinator_of(PersonId(3), &all, today), []);
    }

    #[test]
    fn a_name_is_replaced_wherever_it_stands_by_itself() {
        let by = |text: &str, name: &str| replaced(text, name, "X");
        assert_eq!(by("Ann Lee approved it, said Ann\n  Lee.", "Ann Lee"), "X approved it, said X.");
        assert_eq!(by("Joann Lee and Ann Leeson", "Ann Lee"), "Joann Lee and Ann Leeson");
        assert_eq!(by("Sample Sam, Sam", "Sam"), "Sample X, X");
        assert_eq!(by("Ann Ann Lee", "Ann Lee"), "Ann X");
        assert_eq!(by("AnnLee", "Ann Lee"), "AnnLee");
        assert_eq!(by("write to a@b.example now, not xa@b.example", "a@b.example"), "write to X now, not xa@b.example");
        assert_eq!(by("Ærøskøbing Ær", "Ær"), "Ærøskøbing X");
        assert_eq!(by("text", " "), "text");
    }
}
