//! The letters about a handover, each made from plain facts: on its way, received, refused, taken back, taken without having been
//! given up; and that somebody has found a box. Nothing here asks the database.

use crate::base::clock;
use crate::base::days::Day;
use crate::base::ids::{CountId, FindId, HandoverId};
use crate::mail::{Block, Choice, Kind, Letter, Recipient};

const BOTH_SIDES: &str = "The science leads of both schools, and the coordinators when something is wrong";

/// To the receiver: it is on its way to you.
pub const GIVEN: &Kind =
    &Kind { key: "handover_given", name: "A box is on its way to your school", to: BOTH_SIDES, choice: Choice::Always, waits: false };
/// To both sides: what was received, and what was counted on both.
pub const RECEIVED: &Kind = &Kind {
    key: "handover_received",
    name: "A box was received, and what was counted",
    to: BOTH_SIDES,
    choice: Choice::Always,
    waits: false,
};
/// To the giver and the coordinators: it was not taken.
pub const REFUSED: &Kind = &Kind {
    key: "handover_refused",
    name: "A box that was handed over was not taken",
    to: BOTH_SIDES,
    choice: Choice::Always,
    waits: false,
};
/// To the giver: it was received though nobody had handed it over.
pub const TAKEN: &Kind = &Kind {
    key: "handover_taken",
    name: "A box was received that your school had not handed over",
    to: BOTH_SIDES,
    choice: Choice::Always,
    waits: false,
};
/// To both sides: the giver's count came after it had been received, and stands beside the receiver's.
pub const GIVEN_LATE: &Kind = &Kind {
    key: "handover_given_late",
    name: "The other count of a box that was received came later",
    to: BOTH_SIDES,
    choice: Choice::Always,
    waits: false,
};
/// To the receiver: it is not coming after all.
pub const WITHDRAWN: &Kind = &Kind {
    key: "handover_withdrawn",
    name: "A box that was on its way was taken back",
    to: BOTH_SIDES,
    choice: Choice::Always,
    waits: false,
};
/// To the coordinators: somebody says where a box is.
pub const FOUND: &Kind =
    &Kind { key: "box_found", name: "Somebody has found a box", to: "The coordinators", choice: Choice::Always, waits: false };

/// To the coordinators: who has a box says that something essential of it is missing or broken.
pub const SHORT: &Kind = &Kind {
    key: "box_short",
    name: "Something that a box needs is missing or broken",
    to: "The coordinators",
    choice: Choice::Always,
    waits: false,
};

/// The letters about handovers, finds and what is missing.
pub const KINDS: &[&Kind] = &[GIVEN, RECEIVED, REFUSED, TAKEN, GIVEN_LATE, WITHDRAWN, FOUND, SHORT];

/// What the letters say of a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its id.
    pub handover: HandoverId,
    /// The box's name.
    pub resource: String,
    /// The copy's tag.
    pub tag: String,
    /// Who hands it over: the school's short name.
    pub from: String,
    /// Who receives it: the school's short name, or "the store at Ash".
    pub to: String,
    /// Who handed it over and when; empty when nobody did.
    pub given: String,
    /// What the giver counted.
    pub given_count: String,
    /// Who received or refused it and when; empty as long as nobody did.
    pub received: String,
    /// What the receiver counted.
    pub received_count: String,
    /// Lines on which the two do not agree, in words.
    pub differences: Vec<String>,
    /// Lines that are fewer than they were known to be, in words.
    pub shortages: Vec<String>,
    /// Essential lines that are short now.
    pub short_essentials: String,
    /// What both said of the box itself.
    pub condition: String,
    /// What they noted.
    pub notes: Vec<(String, String)>,
    /// What comes next for the receiver: "Monday 30 November 2026".
    pub back_by: String,
    /// The absolute address of the handover's page.
    pub url: String,
    /// The absolute address of the copy's page.
    pub copy_url: String,
}

/// Why somebody gets a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// He leads science at this school, which hands it over.
    Gives(String),
    /// He leads science at this school, which gets it.
    Gets(String),
    /// He coordinates the cluster.
    Coordinates(String),
    /// He signed.
    Signed,
    /// He was invited to lead science at this school, which has nobody yet.
    Invited(String),
    /// He coordinates the cluster, and this school has nobody yet: the school, and the cluster.
    InsteadOf(String, String),
}

impl Because {
    /// A whole sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Gives(school) => format!("You got this because you are a science lead of {school}, which had the box."),
            Self::Gets(school) => format!("You got this because you are a science lead of {school}, where the box goes."),
            Self::Coordinates(cluster) => format!("You got this because you coordinate {cluster}."),
            Self::Signed => "You got this because you signed for it.".to_owned(),
            Self::Invited(school) => {
                format!("You got this because you were invited to be a science lead of {school}, which has none at the moment.")
            }
            Self::InsteadOf(school, cluster) => {
                format!("You got this because {school} has no science lead at the moment, and you coordinate {cluster}.")
            }
        }
    }
}

/// What a letter is about: `handover:ID`.
#[must_use]
pub fn subject(handover: HandoverId) -> String {
    format!("handover:{handover}")
}

/// The handover that a letter is about; `None` for a letter of another room.
#[must_use]
pub fn read_subject(subject: &str) -> Option<HandoverId> {
    subject.strip_prefix("handover:")?.parse().ok()
}

/// It is on its way to you.
#[must_use]
pub fn given(about: &About, to: &Recipient, because: &Because, today: Day) -> Letter {
    let opening = vec![
        Block::paragraph(format!("{} has handed it over to {}. Count it when it arrives, and say that you have it.", about.from, about.to)),
        facts(about),
    ];
    let title = format!("On its way to you: {} ({})", about.resource, about.tag);
    let heading = format!("{} is on its way to {}", about.resource, about.to);
    letter(
        GIVEN,
        about,
        to,
        because,
        today,
        title,
        &heading,
        opening,
        Block::button("I have received it", format!("{}/receive", about.copy_url)),
    )
}

/// It was received. The receipt of both sides.
#[must_use]
pub fn received(about: &About, to: &Recipient, because: &Because, today: Day) -> Letter {
    let mut blocks = vec![Block::paragraph(format!("{} has it now.", capital(&about.to)))];
    if !about.differences.is_empty() {
        blocks.push(Block::paragraph(format!("The two counts differ. {}.", about.differences.join(". "))));
    }
    blocks.push(facts(about));
    let what = if about.differences.is_empty() { "Received" } else { "Received, and the counts differ" };
    let title = format!("{what}: {} ({})", about.resource, about.tag);
    let heading = format!("{} is with {}", about.resource, about.to);
    letter(RECEIVED, about, to, because, today, title, &heading, blocks, Block::button("See both counts", &about.url))
}

/// It was received though nobody had handed it over.
#[must_use]
pub fn taken(about: &About, to: &Recipient, because: &Because, today: Day) -> Letter {
    let opening = vec![
        Block::paragraph(format!(
            "{} says that it has it now. Your school had not handed it over. Nothing more is needed from you; if this is wrong, tell the coordinator.",
            capital(&about.to)
        )),
        facts(about),
    ];
    let title = format!("Received by {}: {} ({})", about.to, about.resource, about.tag);
    let heading = format!("{} is with {}", about.resource, about.to);
    letter(TAKEN, about, to, because, today, title, &heading, opening, Block::button("See what was counted", &about.url))
}

/// The giver's count came after it had been received. The receipt of both sides.
#[must_use]
pub fn given_late(about: &About, to: &Recipient, because: &Because, today: Day) -> Letter {
    let mut blocks = vec![Block::paragraph(format!(
        "{} had counted it when it left, too. That count came after {} had received it. Both are kept.",
        about.from, about.to
    ))];
    if !about.differences.is_empty() {
        blocks.push(Block::paragraph(format!("The two counts differ. {}.", about.differences.join(". "))));
    }
    blocks.push(facts(about));
    let what = if about.differences.is_empty() { "Counted by both schools" } else { "Counted by both schools, and the counts differ" };
    let title = format!("{what}: {} ({})", about.resource, about.tag);
    letter(GIVEN_LATE, about, to, because, today, title, what, blocks, Block::button("See both counts", &about.url))
}

/// It was not taken.
#[must_use]
pub fn refused(about: &About, to: &Recipient, because: &Because, today: Day, reason: &str) -> Letter {
    let opening = vec![
        Block::paragraph(format!("{} did not take it. It is with {} again.", capital(&about.to), about.from)),
        Block::facts([
            ("Why", reason.to_owned()),
            ("Box", format!("{} ({})", about.resource, about.tag)),
            ("Handed over by", about.given.clone()),
            ("Not taken by", about.received.clone()),
        ]),
    ];
    let title = format!("Not taken: {} ({})", about.resource, about.tag);
    let heading = format!("{} was not taken by {}", about.resource, about.to);
    letter(REFUSED, about, to, because, today, title, &heading, opening, Block::button("See what happened", &about.url))
}

/// It is not coming after all.
#[must_use]
pub fn withdrawn(about: &About, to: &Recipient, because: &Because, today: Day) -> Letter {
    let opening = vec![Block::paragraph(format!("{} has taken it back. It is not on its way to you any more.", about.from)), facts(about)];
    let title = format!("Taken back: {} ({})", about.resource, about.tag);
    let heading = format!("{} is with {} again", about.resource, about.from);
    letter(WITHDRAWN, about, to, because, today, title, &heading, opening, Block::button("See where it is", &about.copy_url))
}

/// To the giver: the other side, or a coordinator, says that it never left.
#[must_use]
pub fn not_arrived(about: &About, to: &Recipient, because: &Because, today: Day) -> Letter {
    let opening = vec![
        Block::paragraph(format!(
            "Your school said that it was on its way to {}. It has not come, so it is down as being with {} again. If you have taken it there, talk to them; if you still have it, hand it over when you can.",
            about.to, about.from
        )),
        facts(about),
    ];
    let title = format!("Not arrived: {} ({})", about.resource, about.tag);
    let heading = format!("{} is with {} again", about.resource, about.from);
    letter(WITHDRAWN, about, to, because, today, title, &heading, opening, Block::button("See where it is", &about.copy_url))
}

/// Somebody who is not of the cluster says where a box is. `words` are theirs.
#[must_use]
pub fn found(find: FindId, name: &str, words: &str, to: &Recipient, cluster: &str, today: Day, url: &str) -> Letter {
    Letter {
        kind: FOUND,
        subject: format!("find:{find}"),
        day: today,
        to: to.clone(),
        reason: Because::Coordinates(cluster.to_owned()).words(),
        title: format!("Somebody has found {name}"),
        blocks: vec![
            Block::heading(format!("Somebody has found {name}")),
            Block::paragraph("Somebody who is not signed in scanned the code on its lid and wrote:"),
            Block::paragraph(words.to_owned()),
            Block::paragraph("We do not know who wrote it, and cannot ask."),
            Block::button("See where it should be", url),
        ],
        calendar: None,
    }
    .with_choices(url)
}

/// Who has a box says what is missing in it now. `missing`: "Torch: 2 of 6 broken".
#[must_use]
pub fn short(count: CountId, name: &str, missing: &[String], to: &Recipient, because: &Because, today: Day, url: &str) -> Letter {
    Letter {
        kind: SHORT,
        subject: format!("count:{count}"),
        day: today,
        to: to.clone(),
        reason: because.words(),
        title: format!("Something is missing in {name}"),
        blocks: vec![
            Block::heading(format!("Something is missing in {name}")),
            Block::paragraph("The school that has it says so. Without it the box is of little use to the next school."),
            Block::facts([("Missing or broken", missing.join("; "))]),
            Block::button("See the box", url),
        ],
        calendar: None,
    }
    .with_choices(url)
}

fn facts(about: &About) -> Block {
    let list = |words: &[String]| words.join("; ");
    let mut facts = vec![
        ("Box".to_owned(), format!("{} ({})", about.resource, about.tag)),
        ("Handed over by".to_owned(), about.given.clone()),
        ("Counted there".to_owned(), about.given_count.clone()),
        ("Received by".to_owned(), about.received.clone()),
        ("Counted here".to_owned(), about.received_count.clone()),
        ("Newly short".to_owned(), list(&about.shortages)),
        ("Essential, short".to_owned(), about.short_essentials.clone()),
        ("The box itself".to_owned(), about.condition.clone()),
    ];
    facts.extend(about.notes.iter().cloned());
    facts.push(("Return it by".to_owned(), about.back_by.clone()));
    Block::facts(facts)
}

#[expect(clippy::too_many_arguments, reason = "the one place where the letters get what they share")]
fn letter(
    kind: &'static Kind,
    about: &About,
    to: &Recipient,
    because: &Because,
    today: Day,
    title: String,
    heading: &str,
    body: Vec<Block>,
    button: Block,
) -> Letter {
    let mut blocks = vec![Block::heading(heading)];
    blocks.extend(body);
    blocks.push(button);
    Letter { kind, subject: subject(about.handover), day: today, to: to.clone(), reason: because.words(), title, blocks, calendar: None }
        .with_choices(&about.url)
}

/// "Science lead, Ash, on Monday 23 November 2026 at 09:00".
#[must_use]
pub fn signed(name: &str, at: chrono::DateTime<chrono::Utc>) -> String {
    format!("{name}, {}", clock::spoken(at))
}

/// With a capital letter at its beginning.
#[must_use]
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::mail::letter as bodies;

    fn about() -> About {
        About {
            handover: HandoverId(8_400_000_000_000_001),
            resource: "Electricity".into(),
            tag: "EL1".into(),
            from: "Saxton".into(),
            to: "Fairburn".into(),
            given: "Saxton science lead, Friday 16 October 2026, 15:10".into(),
            given_count: "Everything was there".into(),
            received: String::new(),
            received_count: String::new(),
            differences: vec![],
            shortages: vec![],
            short_essentials: String::new(),
            condition: "Good".into(),
            notes: vec![("Note from Saxton".into(), "The key is in the lid".into())],
            back_by: String::new(),
            url: "https://boxrota.example/c/south-milford/handovers/07EFYM4G8R001".into(),
            copy_url: "https://boxrota.example/c/south-milford/copies/07EFYM4G8R002".into(),
        }
    }

    #[test]
    fn letters_read_well_as_text() {
        let to = Recipient { person: None, address: "science@fairburn.example".parse().unwrap(), name: "Fairburn science lead".into() };
        let today = parse_iso("2026-10-16").unwrap();
        let (gives, gets) = (Because::Gives("Saxton".into()), Because::Gets("Fairburn".into()));
        let coordinator = Because::Coordinates("South Milford".into());
        let arrived = About {
            received: "Fairburn science lead, Monday 19 October 2026, 08:20".into(),
            received_count: "1 line was short".into(),
            differences: vec!["Torch: handed over as 6, received as 4 of 6, missing".into()],
            shortages: vec!["Torch: 2 of 6 missing".into()],
            short_essentials: "Torch: 2 of 6 missing".into(),
            back_by: "Friday 23 October 2026".into(),
            ..about()
        };
        let alone = About { given: String::new(), given_count: String::new(), differences: vec![], ..arrived.clone() };
        let store = About { to: "the store at Fairburn".into(), back_by: String::new(), ..arrived.clone() };
        for (name, letter) in [
            ("handover_given", given(&about(), &to, &gets, today)),
            ("handover_received", received(&arrived, &to, &gets, today)),
            ("handover_received_into_the_store", received(&store, &to, &gives, today)),
            ("handover_taken", taken(&alone, &to, &gives, today)),
            ("handover_given_late", given_late(&arrived, &to, &gives, today)),
            ("handover_refused", refused(&arrived, &to, &coordinator, today, "The lid is broken")),
            ("handover_withdrawn", withdrawn(&about(), &to, &gets, today)),
            ("handover_not_arrived", not_arrived(&About { to: "the store at Fairburn".into(), ..about() }, &to, &gives, today)),
            (
                "box_short",
                short(CountId(1), "Electricity (EL1)", &["Torch: 2 of 6 broken".into()], &to, &coordinator, today, &about().copy_url),
            ),
            ("box_found", found(FindId(1), "Electricity (EL1)", "On the number 42 bus", &to, "South Milford", today, &about().copy_url)),
        ] {
            let shown = format!("Subject: {}\n\n{}", letter.title, bodies::text(&letter));
            insta::assert_snapshot!(name, shown);
        }
    }

    #[test]
    fn subjects_are_read_back() {
        let id = about().handover;
        assert_eq!(read_subject(&subject(id)), Some(id));
        assert_eq!(read_subject("booking:07EFYM4G8R001:1"), None);
    }
}
