//! The letters about legs: changed by the bookings around them, another day or way proposed, agreed on, not agreed on. Made from
//! plain facts; nothing here asks the database.

use crate::base::days::{self, Day};
use crate::base::ids::{LegId, SchoolId};
use crate::journeys::{Leg, Way};
use crate::mail::{Block, Choice, Kind, Letter, Recipient};

const BOTH_SIDES: &str = "The science leads of both schools, and the coordinators when something is wrong";

/// To both sides: the bookings around a leg have changed, so the leg has.
pub const LEG_CHANGED: &Kind =
    &Kind { key: "leg_changed", name: "A handover has changed", to: BOTH_SIDES, choice: Choice::Always, waits: false };
/// To the other side: another day or way is proposed.
pub const LEG_PROPOSED: &Kind = &Kind {
    key: "leg_proposed",
    name: "Another day or way is suggested for a handover",
    to: "The other school",
    choice: Choice::Always,
    waits: false,
};
/// To both sides: what was proposed holds now.
pub const LEG_AGREED: &Kind =
    &Kind { key: "leg_agreed", name: "Another day or way is agreed on", to: BOTH_SIDES, choice: Choice::Always, waits: false };
/// To who proposed: the other side cannot.
pub const LEG_DECLINED: &Kind = &Kind {
    key: "leg_declined",
    name: "Another day or way is not agreed on",
    to: "The school that suggested it",
    choice: Choice::Always,
    waits: false,
};

/// The letters about legs.
pub const KINDS: &[&Kind] = &[LEG_CHANGED, LEG_PROPOSED, LEG_AGREED, LEG_DECLINED];

/// What the letters say of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The leg.
    pub leg: LegId,
    /// Its revision, or the second of its proposal: what makes this letter another than the one before.
    pub turn: i64,
    /// The resource's name.
    pub resource: String,
    /// The copy's tag.
    pub tag: String,
    /// The cluster's name.
    pub cluster: String,
    /// The absolute address of the leg's page.
    pub url: String,
    /// The people to talk to on the other side: school, and name with address.
    pub contacts: Vec<(String, String)>,
}

/// Who gets a letter, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To {
    /// The person.
    pub recipient: Recipient,
    /// The short name of the school that has a part in the leg.
    pub school: String,
    /// Whether the person gets it as a coordinator, because the school has no science lead.
    pub coordinates: bool,
}

impl To {
    fn reason(&self, cluster: &str) -> String {
        let school = &self.school;
        if self.coordinates {
            return format!("You got this because {school} has a part in this handover and no science lead, and you coordinate {cluster}.");
        }
        format!("You got this because {school} has a part in this handover, and you are its science lead in {cluster}.")
    }
}

/// What the bookings made of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Now {
    /// It goes like this.
    Goes(Trip),
    /// It goes without this school.
    WithoutYou,
    /// Nobody needs it any more.
    Gone,
}

/// What is around it has changed, so the leg has.
#[must_use]
pub fn changed(about: &About, to: To, before: &Trip, now: &Now, today: Day) -> Letter {
    let after = match now {
        Now::Goes(trip) => trip.words(),
        Now::WithoutYou => "You no longer have a part in it.".to_owned(),
        Now::Gone => "Nobody needs it any more.".to_owned(),
    };
    let mut blocks = vec![
        Block::heading(format!("Changed: the handover of {}", about.resource)),
        Block::paragraph("It changes hands in another way than planned, because its bookings, the school days or a meeting have changed."),
        Block::facts([("Box", format!("{} ({})", about.resource, about.tag)), ("Before", before.words()), ("Now", after)]),
    ];
    if matches!(now, Now::Goes(_)) {
        contacts(about, &mut blocks);
        blocks.push(Block::button("See the handover", &about.url));
    }
    let title = format!("Changed: handover of {} ({})", about.resource, about.tag);
    letter(LEG_CHANGED, about, to, title, blocks, today)
}

/// Another day or way is proposed by `by`, a school's short name.
#[must_use]
pub fn proposed(about: &About, to: To, by: &str, planned: &Trip, proposed: &Trip, today: Day) -> Letter {
    let mut blocks = vec![
        Block::heading(format!("{by} suggests another way to hand over {}", about.resource)),
        Block::facts([
            ("Box", format!("{} ({})", about.resource, about.tag)),
            ("Planned", planned.words()),
            ("Suggested", proposed.words()),
        ]),
        Block::paragraph("Please say yes or no. Until you do, the plan stays as it is."),
    ];
    contacts(about, &mut blocks);
    blocks.push(Block::button("Answer", &about.url));
    let title = format!("{by} suggests {} for {} ({})", days::short(proposed.day), about.resource, about.tag);
    letter(LEG_PROPOSED, about, to, title, blocks, today)
}

/// What was proposed holds now.
#[must_use]
pub fn agreed(about: &About, to: To, now: &Trip, today: Day) -> Letter {
    let mut blocks = vec![
        Block::heading(format!("Agreed: the handover of {}", about.resource)),
        Block::paragraph(now.words()),
        Block::facts([("Box", format!("{} ({})", about.resource, about.tag)), ("Day", days::full(now.day))]),
    ];
    contacts(about, &mut blocks);
    blocks.push(Block::button("See the handover", &about.url));
    let title = format!("Agreed: {} for {} ({})", days::short(now.day), about.resource, about.tag);
    letter(LEG_AGREED, about, to, title, blocks, today)
}

/// Why what was suggested will not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The other side cannot.
    TheyCannot,
    /// The meeting is called off.
    NoMeeting,
}

/// The other side cannot, or the meeting is called off.
#[must_use]
pub fn declined(about: &About, to: To, because: Because, planned: &Trip, proposed: &Trip, today: Day) -> Letter {
    let why = match because {
        Because::TheyCannot => "The other school cannot do what you suggested.",
        Because::NoMeeting => "The meeting that you suggested has been called off.",
    };
    let mut blocks = vec![
        Block::heading(format!("Not agreed: the handover of {}", about.resource)),
        Block::paragraph(format!("{why} The plan stays as it is.")),
        Block::facts([
            ("Box", format!("{} ({})", about.resource, about.tag)),
            ("Suggested", proposed.words()),
            ("Planned", planned.words()),
        ]),
    ];
    contacts(about, &mut blocks);
    blocks.push(Block::button("See the handover", &about.url));
    let title = format!("Not agreed: {} for {} ({})", days::short(proposed.day), about.resource, about.tag);
    letter(LEG_DECLINED, about, to, title, blocks, today)
}

fn contacts(about: &About, blocks: &mut Vec<Block>) {
    if !about.contacts.is_empty() {
        blocks.push(Block::paragraph("Whom to talk to:"));
        blocks.push(Block::facts(about.contacts.iter().cloned()));
    }
}

fn letter(kind: &'static Kind, about: &About, to: To, title: String, blocks: Vec<Block>, today: Day) -> Letter {
    Letter {
        kind,
        subject: format!("leg:{}:{}", about.leg, about.turn),
        day: today,
        reason: to.reason(&about.cluster),
        to: to.recipient,
        title,
        blocks,
        calendar: None,
    }
    .with_choices(&about.url)
}

/// The leg and the turn that a letter is about.
#[must_use]
pub fn read_subject(subject: &str) -> Option<(LegId, i64)> {
    let (leg, turn) = subject.strip_prefix("leg:")?.split_once(':')?;
    Some((leg.parse().ok()?, turn.parse().ok()?))
}

/// A leg with the names of its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// The short name of the school that gives, or where the store is.
    pub from: String,
    /// The short name of the school that gets, or where the store is.
    pub to: String,
    /// It comes out of the store.
    pub from_store: bool,
    /// It goes into the store.
    pub to_store: bool,
    /// The day.
    pub day: Day,
    /// How.
    pub way: Way,
    /// The meeting in words, when that is the way.
    pub meeting: String,
    /// Where exactly, in words; may be empty.
    pub note: String,
}

impl Trip {
    /// Of a leg; `name` gives a school's short name, `meeting` the words of its meeting.
    #[must_use]
    pub fn of(leg: &Leg, name: impl Fn(SchoolId) -> String, meeting: &str) -> Self {
        Self {
            from: name(leg.from),
            to: name(leg.to),
            from_store: leg.from_booking.is_none(),
            to_store: leg.to_booking.is_none(),
            day: leg.day,
            way: leg.way,
            meeting: meeting.to_owned(),
            note: leg.note.clone(),
        }
    }

    /// "Saxton", "the store at Kellington".
    #[must_use]
    pub fn giver(&self) -> String {
        if self.from_store { format!("the store at {}", self.from) } else { self.from.clone() }
    }

    /// "Fairburn", "the store at Kellington".
    #[must_use]
    pub fn receiver(&self) -> String {
        if self.to_store { format!("the store at {}", self.to) } else { self.to.clone() }
    }

    /// "Fairburn fetches it from Saxton", "Saxton brings it to the store at Kellington", "at the cluster meeting on …".
    #[must_use]
    pub fn how(&self) -> String {
        match self.way {
            Way::Fetch => format!("{} fetches it from {}", self.to, self.giver()),
            Way::Bring => format!("{} brings it to {}", self.from, self.receiver()),
            Way::Meeting => format!("{} hands it to {} at {}", self.from, self.to, self.meeting),
            Way::Stays if self.to_store => format!("{} puts it back into the store", self.from),
            Way::Stays if self.from_store => format!("{} takes it out of the store", self.to),
            Way::Stays => format!("{} keeps it for its next loan", self.to),
        }
    }

    /// The whole of it in sentences.
    #[must_use]
    pub fn words(&self) -> String {
        let note = if self.note.is_empty() { String::new() } else { format!(" Where: {}.", self.note.trim_end_matches('.')) };
        format!("{} on {}.{note}", self.how(), days::full(self.day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journeys::Way;
    use crate::mail::letter as bodies;
    use crate::year::samples::day;

    fn about() -> About {
        About {
            leg: LegId(555_555_555_555),
            turn: 2,
            resource: "Electricity".into(),
            tag: "EL-1".into(),
            cluster: "South Milford".into(),
            url: "https://boxrota.example/c/south-milford/legs/00000G5CBRWKK".into(),
            contacts: vec![("Fairburn".into(), "Science lead, Fairburn (lead.fairburn@boxrota.example)".into())],
        }
    }

    fn trip(text: &str, way: Way) -> Trip {
        Trip {
            from: "Saxton".into(),
            to: "Fairburn".into(),
            from_store: false,
            to_store: false,
            day: day(text),
            way,
            meeting: "the cluster meeting at Sherburn".into(),
            note: String::new(),
        }
    }

    fn to() -> To {
        let recipient = Recipient {
            person: None,
            address: "lead.saxton@boxrota.example".parse().unwrap_or_else(|_| unreachable!()),
            name: "Science lead, Saxton".into(),
        };
        To { recipient, school: "Saxton".into(), coordinates: false }
    }

    #[test]
    fn letters_read_well_as_text() {
        let (planned, other) = (trip("2026-10-09", Way::Fetch), trip("2026-10-08", Way::Meeting));
        let today = day("2026-10-01");
        let all = [
            changed(&about(), to(), &planned, &Now::Goes(trip("2026-10-16", Way::Bring)), today),
            proposed(&about(), to(), "Fairburn", &planned, &other, today),
            agreed(&about(), to(), &other, today),
            declined(&about(), to(), Because::TheyCannot, &planned, &other, today),
        ];
        for letter in all {
            insta::assert_snapshot!(letter.kind.key, format!("Subject: {}\n\n{}", letter.title, bodies::text(&letter)));
        }
        let gone = changed(&about(), to(), &planned, &Now::Gone, today);
        assert!(bodies::text(&gone).contains("Nobody needs it any more."));
        let without = changed(&about(), to(), &planned, &Now::WithoutYou, today);
        assert!(!bodies::text(&without).contains("Whom to talk to"), "who is out of it needs nobody");
    }

    #[test]
    fn a_school_without_a_science_lead_is_the_coordinators() {
        let to = To { coordinates: true, ..to() };
        let letter = declined(
            &about(),
            to,
            Because::NoMeeting,
            &trip("2026-10-09", Way::Fetch),
            &trip("2026-10-08", Way::Meeting),
            day("2026-10-01"),
        );
        let text = bodies::text(&letter).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("The meeting that you suggested has been called off."), "{text}");
        assert!(text.contains("Saxton has a part in this handover and no science lead, and you coordinate South Milford."), "{text}");
    }

    #[test]
    fn subjects_are_read_back() {
        let letter = agreed(&about(), to(), &trip("2026-10-08", Way::Fetch), day("2026-10-01"));
        assert_eq!(read_subject(&letter.subject), Some((about().leg, 2)));
        assert_eq!(read_subject("leg:x:1"), None);
    }

    fn between(way: Way, from_store: bool, to_store: bool) -> Trip {
        Trip {
            from: "Saxton".into(),
            to: "Fairburn".into(),
            from_store,
            to_store,
            day: day("2026-10-09"),
            way,
            meeting: "the cluster meeting at Sherburn".into(),
            note: String::new(),
        }
    }

    #[test]
    fn a_leg_is_said_in_one_sentence() {
        assert_eq!(between(Way::Fetch, false, false).words(), "Fairburn fetches it from Saxton on Friday 9 October 2026.");
        assert_eq!(between(Way::Fetch, true, false).how(), "Fairburn fetches it from the store at Saxton");
        assert_eq!(between(Way::Bring, false, true).how(), "Saxton brings it to the store at Fairburn");
        assert_eq!(between(Way::Meeting, false, false).how(), "Saxton hands it to Fairburn at the cluster meeting at Sherburn");
        assert_eq!(between(Way::Stays, false, true).how(), "Saxton puts it back into the store");
        assert_eq!(between(Way::Stays, true, false).how(), "Fairburn takes it out of the store");
        let noted = Trip { note: "At the office.".into(), ..between(Way::Bring, false, false) };
        assert_eq!(noted.words(), "Saxton brings it to Fairburn on Friday 9 October 2026. Where: At the office.");
    }
}
