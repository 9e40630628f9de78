//! The letters about roles: an invitation, its acceptance, and what a leaver hands on. Nothing here asks the database.

use crate::base::days::{self, Day};
use crate::base::ids::{InvitationId, RoleId};
use crate::mail::{Block, Choice, Kind, Letter, Recipient};
use crate::people::RoleKind;

/// To whom a role is offered.
pub const INVITATION: &Kind =
    &Kind { key: "invitation", name: "You are invited to a cluster", to: "To whom a role is offered", choice: Choice::Once, waits: false };
/// To who invited: it was accepted.
pub const ACCEPTED: &Kind =
    &Kind { key: "invitation_accepted", name: "Your invitation is accepted", to: "Who invited", choice: Choice::Once, waits: false };
/// To who leaves: what was handed on.
pub const HANDED_ON: &Kind =
    &Kind { key: "handed_on", name: "What you have handed on", to: "Who leaves", choice: Choice::Once, waits: false };
/// To who takes over.
pub const TAKEN_OVER: &Kind = &Kind { key: "taken_over", name: "You take over", to: "Who takes over", choice: Choice::Once, waits: false };
/// To the coordinators: nobody in person answers for it now.
pub const LEFT_TO_SCHOOL: &Kind = &Kind {
    key: "left_to_school",
    name: "Nobody in person answers for a school's boxes",
    to: "The coordinators",
    choice: Choice::Once,
    waits: false,
};

/// The letters of joining and leaving.
pub const KINDS: &[&Kind] = &[INVITATION, ACCEPTED, HANDED_ON, TAKEN_OVER, LEFT_TO_SCHOOL];

/// Bookings as facts: the copy's tag, and what and when.
pub type Items = [(String, String)];

/// An offered role.
#[derive(Debug, Clone)]
pub struct Offered<'a> {
    /// "Science lead, Saxton".
    pub role: &'a str,
    /// Which, for what it means.
    pub kind: RoleKind,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Option<Day>,
    /// The cluster's name.
    pub cluster: &'a str,
    /// Who invites, by name.
    pub inviter: &'a str,
    /// The absolute link.
    pub link: &'a str,
    /// The hash of its secret, which names the link without giving it away.
    pub hash: &'a str,
    /// What waits for whoever accepts.
    pub waiting: &'a Items,
}

/// The invitation.
#[must_use]
pub fn invitation(offered: &Offered<'_>, to: Recipient, today: Day) -> Letter {
    let mut blocks = vec![
        Block::heading(format!("You are invited to {}", offered.cluster)),
        Block::paragraph(format!("{} invites you as {}. {}", offered.inviter, offered.role, means(offered.kind))),
        Block::facts([
            ("Role", offered.role.to_owned()),
            ("First day", days::long(offered.from)),
            ("Last day", offered.to.map(days::long).unwrap_or_default()),
        ]),
    ];
    if !offered.waiting.is_empty() {
        blocks.push(Block::paragraph("These loans wait for you:"));
        blocks.push(Block::facts(offered.waiting.iter().cloned()));
    }
    blocks.push(Block::paragraph("Open the link and press the button on the page. It works for 14 days. There is no password."));
    blocks.push(Block::button("See the invitation", offered.link));
    blocks.push(Block::paragraph("If you do not know what this is about, leave it alone: nothing happens without you."));
    Letter {
        kind: INVITATION,
        subject: format!("invitation:{}", offered.hash),
        day: today,
        to,
        reason: format!("You got this because {} invited you with this address.", offered.inviter),
        title: format!("Invitation to {}: {}", offered.cluster, offered.role),
        blocks,
        calendar: None,
    }
}

/// The hash of the link that an invitation's letter carries; `None` for a letter of another kind.
#[must_use]
pub fn read_subject<'a>(kind: &Kind, subject: &'a str) -> Option<&'a str> {
    subject.strip_prefix("invitation:").filter(|_| kind == INVITATION)
}

/// What a role lets one do, in a sentence.
#[must_use]
pub fn means(kind: RoleKind) -> &'static str {
    match kind {
        RoleKind::Ssl => "The schools of the cluster share boxes of science kit: you see what is free and reserve it for your school.",
        RoleKind::Deputy => {
            "The schools of the cluster share boxes of science kit: you reserve for your school together with its science lead."
        }
        RoleKind::Coordinator => "You run the cluster: its schools, its people, its boxes and its rules.",
        RoleKind::Bursar => "You keep the cluster’s money, and see who borrows what.",
        RoleKind::Head => "You see what your school borrows, and when.",
        RoleKind::Director => "You see how the cluster is doing.",
    }
}

/// To the inviter: `name` has accepted; `url` is the absolute address of that person's page.
#[must_use]
pub fn accepted(id: InvitationId, name: &str, role: &str, cluster: &str, url: &str, to: Recipient, today: Day) -> Letter {
    Letter {
        kind: ACCEPTED,
        subject: format!("invitation:{id}"),
        day: today,
        to,
        reason: format!("You got this because you invited {name} to {cluster}."),
        title: format!("Accepted: {name}, {role}"),
        blocks: vec![
            Block::heading(format!("{name} has accepted")),
            Block::paragraph(format!("{name} is now in {cluster} as {role}.")),
            Block::button("See the person’s page", url),
        ],
        calendar: None,
    }
}

/// A role that ends, and what goes with it.
#[derive(Debug, Clone)]
pub struct HandOn {
    /// The role that ends.
    pub id: RoleId,
    /// "Science lead, Saxton".
    pub role: String,
    /// The school's short name.
    pub school: String,
    /// Who leaves, by name.
    pub leaver: String,
    /// Who takes over, by name; `None` for the school, until somebody is named.
    pub successor: Option<String>,
    /// Tells this handing on from another one of the same day: who takes over.
    pub key: String,
    /// Whether that one has been invited and has not answered yet.
    pub invited: bool,
    /// The last day; `None` for at once.
    pub last: Option<Day>,
    /// What goes with it.
    pub items: Vec<(String, String)>,
    /// The cluster's name.
    pub cluster: String,
    /// The absolute address where the cluster's loans are.
    pub url: String,
}

impl HandOn {
    /// To who leaves: the receipt.
    #[must_use]
    pub fn to_leaver(&self, to: Recipient, today: Day) -> Letter {
        let ends = self.last.map_or_else(
            || format!("Your role as {} has ended.", self.role),
            |last| format!("Your role as {} ends with {}.", self.role, days::full(last)),
        );
        let whom = match &self.successor {
            Some(name) if self.invited => format!("{name} is invited to take over. Until then it is in the hands of {}.", self.school),
            Some(name) => format!("It is now in the hands of {name}."),
            None => format!("It is now in the hands of {}, until somebody is named there.", self.school),
        };
        let blocks = vec![
            Block::heading("Thank you"),
            Block::paragraph(format!("{ends} {}", if self.items.is_empty() { "Nothing was left in your name." } else { &whom })),
        ];
        self.letter(
            HANDED_ON,
            to,
            today,
            "Handed on",
            format!("You got this because you were {} in {}.", self.role, self.cluster),
            blocks,
            false,
        )
    }

    /// To who takes over.
    #[must_use]
    pub fn to_successor(&self, to: Recipient, today: Day) -> Letter {
        let what =
            if self.items.is_empty() { "There was nothing to hand on." } else { "This is now in your hands. Its e-mails come to you." };
        let blocks = vec![
            Block::heading(format!("You take over from {}", self.leaver)),
            Block::paragraph(format!("{} hands on the role of {}. {what}", self.leaver, self.role)),
        ];
        self.letter(
            TAKEN_OVER,
            to,
            today,
            "You take over",
            format!("You got this because you are a science lead of {}.", self.school),
            blocks,
            true,
        )
    }

    /// To a coordinator, when nobody at the school has it in person yet.
    #[must_use]
    pub fn to_coordinator(&self, to: Recipient, today: Day) -> Letter {
        let next = match &self.successor {
            Some(name) => format!("{name} is invited to take over."),
            None => "Please invite somebody to take over.".to_owned(),
        };
        let what = if self.items.is_empty() { "There was nothing to hand on." } else { "This waits at the school." };
        let blocks = vec![
            Block::heading(format!("{} leaves {}", self.leaver, self.school)),
            Block::paragraph(format!("{} hands on the role of {}. {what} {next}", self.leaver, self.role)),
        ];
        self.letter(
            LEFT_TO_SCHOOL,
            to,
            today,
            "Left to the school",
            format!("You got this because you coordinate {}.", self.cluster),
            blocks,
            true,
        )
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where the three letters get what they share")]
    fn letter(
        &self,
        kind: &'static Kind,
        to: Recipient,
        today: Day,
        what: &str,
        reason: String,
        mut blocks: Vec<Block>,
        button: bool,
    ) -> Letter {
        if !self.items.is_empty() {
            blocks.push(Block::facts(self.items.iter().cloned()));
        }
        if button {
            blocks.push(Block::button("See the loans", &self.url));
        }
        let last = self.last.map_or_else(|| "now".to_owned(), |day| day.to_string());
        Letter {
            kind,
            subject: format!("hand_on:{}:{last}:{}", self.id, self.key),
            day: today,
            to,
            reason,
            title: format!("{what}: {}", self.role),
            blocks,
            calendar: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::mail::letter as bodies;

    fn to() -> Recipient {
        Recipient { person: None, address: "science@saxton.example".parse().expect("an address"), name: "Sam".into() }
    }

    fn hand_on(successor: Option<&str>, last: Option<Day>) -> HandOn {
        HandOn {
            id: RoleId(1),
            role: "Science lead, Saxton".into(),
            school: "Saxton".into(),
            leaver: "Ash".into(),
            successor: successor.map(str::to_owned),
            key: "school".into(),
            invited: false,
            last,
            items: vec![("EL1".into(), "Electricity, 5 to 16 October 2026".into())],
            cluster: "South Milford".into(),
            url: "https://boxrota.example/c/south-milford/loans".into(),
        }
    }

    #[test]
    fn a_leaver_reads_what_went_to_whom_and_when() {
        let today = parse_iso("2026-11-23").expect("a day");
        let text = bodies::text(&hand_on(Some("Oak"), None).to_leaver(to(), today)).replace('\n', " ");
        for words in ["has ended", "in the hands of Oak", "EL1", "5 to 16 October 2026"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let text = bodies::text(&hand_on(None, Some(today)).to_leaver(to(), today)).replace('\n', " ");
        assert!(text.contains("ends with Monday 23 November 2026") && text.contains("until somebody is named"), "{text}");
    }

    #[test]
    fn only_an_invitation_names_its_link() {
        assert_eq!(read_subject(INVITATION, "invitation:abc"), Some("abc"));
        assert_eq!(read_subject(ACCEPTED, "invitation:abc"), None);
        assert_eq!(read_subject(INVITATION, "booking:abc:1"), None);
    }
}
