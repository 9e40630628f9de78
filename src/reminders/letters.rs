//! The letters that remind, each made from plain facts: what to do, with whom and how to reach them, and where to do it. Nothing here
//! asks the database.

use crate::base::days::{self, Day, Period};
use crate::journeys::Way;
use crate::mail::choices::Rhythm;
use crate::mail::{Block, Choice, Kind, Letter, Recipient};
use crate::reminders::{
    AT_RISK, DAY_BEFORE, Due, GATHERED, LATE, LATE_COORDINATORS, LATE_HEAD, LONG_WAY, LONG_WAY_COORDINATORS, NOT_COUNTED, Trouble,
    UNCONFIRMED, WEEKLY, Whom,
};

/// Why somebody is reminded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// He made the booking.
    Booked,
    /// It was handed on to him.
    Keeps,
    /// He is a science lead of the school.
    LeadOf(String),
    /// He is a science lead of the school, and nobody is left in whose hands the booking is.
    Answers(String),
    /// He is a science lead of the school where the box is kept.
    Stores(String),
    /// He coordinates the cluster.
    Coordinates(String),
    /// He is the head of the school.
    HeadOf(String),
    /// He wants letters together.
    Gathers(Rhythm),
}

/// Whether somebody who is reminded for this reason may have switched the kind off.
#[must_use]
pub fn may_mute(kind: &Kind, why: &Why) -> bool {
    match kind.choice {
        Choice::Freely | Choice::Rhythm => true,
        Choice::AsCoordinator => matches!(why, Why::Coordinates(_)),
        Choice::AsLead => matches!(why, Why::LeadOf(_)),
        Choice::Always | Choice::Once => false,
    }
}

/// Whether somebody has to hear of this kind, though each may switch it off: what all have switched off goes to all.
#[must_use]
pub fn somebody_must_hear(kind: &Kind) -> bool {
    kind.choice == Choice::AsCoordinator
}

/// Somebody to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The telephone number; empty where none is known.
    pub phone: String,
}

/// A side of a handover.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// The school's short name.
    pub school: String,
    /// Whom to talk to there.
    pub contacts: Vec<Contact>,
    /// The absolute address of the loan's page; empty when this side has none.
    pub loan_url: String,
    /// Whether it is where the box is kept, and no loan.
    pub store: bool,
}

/// The box that a letter is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// Its tag.
    pub tag: String,
    /// The absolute address of the copy's page, where it is handed over.
    pub url: String,
    /// The absolute address of the choice of letters.
    pub choices: String,
}

impl Thing {
    fn named(&self) -> String {
        format!("{} ({})", self.name, self.tag)
    }
}

/// A leg as letters tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// Who gives.
    pub from: Side,
    /// Who gets.
    pub to: Side,
    /// The day.
    pub day: Day,
    /// How.
    pub way: Way,
    /// Where the meeting is; empty when there is none.
    pub place: String,
    /// Where exactly.
    pub note: String,
}

/// What a reminder says beside its blocks.
struct Sheet<'a> {
    kind: &'static Kind,
    subject: String,
    day: Day,
    to: &'a Recipient,
    why: &'a Why,
    choices: &'a str,
}

impl Sheet<'_> {
    fn letter(self, title: String, mut blocks: Vec<Block>) -> Letter {
        blocks.insert(0, Block::heading(&title));
        blocks.push(Block::button("Choose your e-mails", self.choices));
        let because = match self.why {
            Why::Booked => "you made this booking".to_owned(),
            Why::Keeps => "this booking was handed on to you".to_owned(),
            Why::LeadOf(school) => format!("you are a science lead of {school}"),
            Why::Answers(school) => format!("you are a science lead of {school}, and whoever had this booking has left"),
            Why::Stores(school) => format!("you are a science lead of {school}, where this box is kept"),
            Why::Coordinates(cluster) => format!("you coordinate {cluster}"),
            Why::HeadOf(school) => format!("you are the head of {school}"),
            Why::Gathers(Rhythm::Weekly) => "you asked for e-mails that can wait once a week".to_owned(),
            Why::Gathers(_) => "you asked for e-mails that can wait once a day".to_owned(),
        };
        let off = match self.why {
            Why::Gathers(_) => " You can have each e-mail on its own again.",
            _ => "",
        };
        Letter {
            kind: self.kind,
            subject: self.subject,
            day: self.day,
            to: self.to.clone(),
            reason: format!("You got this because {because}.{off}"),
            title,
            blocks,
            calendar: None,
        }
    }
}

/// A handover comes up.
#[must_use]
pub fn coming(due: &Due, subject: String, thing: &Thing, journey: &Journey, today: Day, to: &Recipient, why: &Why) -> Letter {
    let gives = due.to == Whom::Giver;
    let (own, other) = if gives { (&journey.from, &journey.to) } else { (&journey.to, &journey.from) };
    let what = thing.named();
    let whose = if other.store { format!("{}, where it is kept", other.school) } else { other.school.clone() };
    let at = if other.store { format!("{} (where it is kept)", other.school) } else { other.school.clone() };
    let (act, ask) = match (journey.way, gives) {
        (Way::Fetch, true) => ("Get ready", format!("{whose} comes to fetch {what}. Please count it before and have it ready.")),
        (Way::Fetch, false) => ("Fetch", format!("Please fetch {what} from {at}, and count it when you have it.")),
        (Way::Bring, true) => ("Bring", format!("Please count {what} and bring it to {at}.")),
        (Way::Bring, false) => ("Expect", format!("{whose} brings {what} to you. Please count it when you have it.")),
        (_, true) => ("Take along", format!("Please count {what} and take it along to the cluster meeting, for {at}.")),
        (_, false) => ("Take home", format!("{whose} brings {what} to the cluster meeting. Please take it home and count it.")),
    };
    let away = (journey.day - today).num_days();
    let when = match away {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    };
    let mut blocks = vec![Block::paragraph(format!("It is {when}, on {}. {ask}", days::full(journey.day)))];
    blocks.push(facts(
        &what,
        &[
            ("Day", days::full(journey.day)),
            ("From", journey.from.school.clone()),
            ("To", journey.to.school.clone()),
            ("Meeting", journey.place.clone()),
            ("Where", journey.note.clone()),
        ],
        other,
    ));
    blocks.push(Block::button("Hand it over", &thing.url));
    blocks.extend((!own.loan_url.is_empty()).then(|| Block::button("See your loan", &own.loan_url)));
    let title = format!("{act}: {}, {}", thing.name, days::short(journey.day));
    Sheet { kind: due.kind, subject, day: due.day, to, why, choices: &thing.choices }.letter(title, blocks)
}

/// A loan that is late, as letters tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Who has it.
    pub holder: Side,
    /// The days of the loan.
    pub days: Period,
    /// Where it goes next.
    pub next: Side,
    /// How often the school has been reminded.
    pub reminded: Reminded,
}

/// How often a school has been reminded of a late loan: counted from the letters that went out, not from the days that went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminded {
    /// There is nobody at the school to write to.
    Nobody,
    /// So many times before now; once more today.
    Times(u32),
}

impl Reminded {
    /// As a sentence about `whom`: "The school has been reminded twice".
    fn words(self, whom: &str) -> String {
        match self {
            Self::Nobody => "Nobody there could be reminded, because the school has no science lead".to_owned(),
            Self::Times(0) => format!("{whom} is reminded today for the first time"),
            Self::Times(1) => format!("{whom} has been reminded once before today"),
            Self::Times(2) => format!("{whom} has been reminded twice before today"),
            Self::Times(times) => format!("{whom} has been reminded {times} times before today"),
        }
    }
}

/// A loan is late.
#[must_use]
pub fn late(due: &Due, subject: String, thing: &Thing, overdue: &Overdue, to: &Recipient, why: &Why) -> Letter {
    let what = thing.named();
    let last = days::full(overdue.days.last());
    let own = overdue.next.store && overdue.next.school == overdue.holder.school;
    let next = if own {
        "back on the own shelf, where it is kept".to_owned()
    } else if overdue.next.store {
        format!("back to {}, where it is kept", overdue.next.school)
    } else {
        format!("on to {}", overdue.next.school)
    };
    let again = match overdue.reminded {
        Reminded::Times(before @ 1..) => format!(" This is reminder number {}.", before.saturating_add(1)),
        Reminded::Times(0) | Reminded::Nobody => String::new(),
    };
    let (title, words, other) = match due.kind {
        LATE => (
            format!(
                "Please {}: {}, it was due on {}",
                if own { "put back" } else { "hand on" },
                thing.name,
                days::short(overdue.days.last())
            ),
            if own {
                format!(
                    "The last day of your loan of {what} was {last}. It is kept at your own school: please count it and put it back on its shelf. If you need it for longer, ask your coordinator.{again}"
                )
            } else {
                format!(
                    "The last day of your loan of {what} was {last}. Please bring it {next}. If you need it for longer, ask the other school and your coordinator. If it is gone already, say so on its page.{again}"
                )
            },
            &overdue.next,
        ),
        LATE_HEAD => (
            format!("Your school still has {}", thing.name),
            format!(
                "{} should have handed on {what} after {last}. {}; the coordinator knows. Please see that it goes {next}.",
                overdue.holder.school,
                overdue.reminded.words("The science lead")
            ),
            &overdue.holder,
        ),
        _ => (
            format!("Late at {}: {}", overdue.holder.school, thing.name),
            format!(
                "{} should have handed on {what} after {last}. It goes {next}. {}. Perhaps a call helps.",
                overdue.holder.school,
                overdue.reminded.words("The school")
            ),
            &overdue.holder,
        ),
    };
    let mut blocks = vec![Block::paragraph(words)];
    blocks.push(facts(
        &what,
        &[("Last day", last), ("At", overdue.holder.school.clone()), ("Then goes to", overdue.next.school.clone())],
        other,
    ));
    blocks.push(Block::button(if due.kind == LATE { "Hand it over" } else { "See where it is" }, &thing.url));
    if due.kind == LATE {
        blocks.push(Block::button("See your loan", &overdue.holder.loan_url));
    }
    Sheet { kind: due.kind, subject, day: due.day, to, why, choices: &thing.choices }.letter(title, blocks)
}

/// The next booking may not happen as planned: of whose and on which days, who has the copy, and what is short in words.
#[must_use]
pub fn at_risk(
    due: &Due,
    subject: String,
    thing: &Thing,
    next: (&Side, Period),
    (holder, short): (&Side, &str),
    to: &Recipient,
    why: &Why,
) -> Letter {
    let what = thing.named();
    let (own, days) = next;
    let reason = match due.trouble {
        Some(Trouble::Late) => format!("{} has not given {what} back yet.", holder.school),
        Some(Trouble::Short) => format!("Essential parts of {what} were missing when it was last counted: {short}."),
        Some(Trouble::OnTheWay) => {
            format!("{} gave {what} up longer ago than a journey should take, and nobody has received it yet.", holder.school)
        }
        Some(Trouble::Missing) => format!("Nobody knows at the moment where {what} is."),
        _ => format!("{what} is being mended or was taken out."),
    };
    let blocks = vec![
        Block::paragraph(format!(
            "{reason} You have booked it for {days}. Nothing has been cancelled; your booking stands. Please talk to each other, or look for another box in time."
        )),
        facts(&what, &[("Your days", days.to_string())], holder),
        Block::button("See your loan", &own.loan_url),
        Block::button("See where it is", &thing.url),
    ];
    let title = format!("At risk: {}, {days}", thing.name);
    Sheet { kind: AT_RISK, subject, day: due.day, to, why, choices: &thing.choices }.letter(title, blocks)
}

/// Nobody has confirmed what was given up on this day.
#[must_use]
pub fn on_the_way(due: &Due, subject: String, thing: &Thing, journey: (&Side, &Side, Day), to: &Recipient, why: &Why) -> Letter {
    let what = thing.named();
    let (from, target, given) = journey;
    let gave = format!("{} handed over {what} on {}, for {}.", from.school, days::full(given), target.school);
    let (title, words, other) = match (due.kind, due.to) {
        (UNCONFIRMED, _) => (
            format!("Has it arrived? {}", thing.name),
            format!("{gave} Nobody has confirmed yet that it has arrived. If you have it, please count it and say so."),
            from,
        ),
        (LONG_WAY, Whom::Receiver) => (
            format!("Where is {}?", thing.name),
            format!(
                "{gave} Since then nobody has confirmed that it arrived. If you have it, please count it and say so. If not, talk to {}.",
                from.school
            ),
            from,
        ),
        (LONG_WAY, _) => (
            format!("Where is {}?", thing.name),
            format!(
                "{gave} {} has not confirmed that it arrived. Please talk to each other. If it is still with you, take it back on its page.",
                target.school
            ),
            target,
        ),
        _ => (
            format!("On its way for too long: {}", thing.name),
            format!("{gave} Nobody has confirmed that it arrived. Both schools have been asked. Perhaps a call helps."),
            target,
        ),
    };
    let receives = due.to == Whom::Receiver;
    let blocks = vec![
        Block::paragraph(words),
        facts(&what, &[("Handed over on", days::full(given)), ("From", from.school.clone()), ("To", target.school.clone())], other),
        if receives {
            Block::button("I have it: count it", format!("{}/receive", thing.url))
        } else {
            Block::button("See where it is", &thing.url)
        },
    ];
    Sheet { kind: due.kind, subject, day: due.day, to, why, choices: &thing.choices }.letter(title, blocks)
}

/// Nobody has counted it yet.
#[must_use]
pub fn not_counted(due: &Due, subject: String, thing: &Thing, loan_url: &str, to: &Recipient, why: &Why) -> Letter {
    let blocks = vec![
        Block::paragraph(format!(
            "You have {}. Nobody has counted what is in it yet. It takes two minutes, and then nobody can say that you lost what was missing before.",
            thing.named()
        )),
        Block::button("Count it", format!("{}/count", thing.url)),
        Block::button("See your loan", loan_url),
    ];
    Sheet { kind: NOT_COUNTED, subject, day: due.day, to, why, choices: &thing.choices }
        .letter(format!("Is everything there? {}", thing.name), blocks)
}

/// What needs somebody this week: each part a heading and lines, what and the rest. Parts without a line are left out; `None` when
/// nothing is left.
#[must_use]
pub fn weekly(
    parts: &[(&str, Vec<(String, String)>)],
    subject: String,
    monday: Day,
    urls: (&str, &str),
    to: &Recipient,
    why: &Why,
) -> Option<Letter> {
    let mut blocks = Vec::new();
    for (heading, lines) in parts.iter().filter(|(_, lines)| !lines.is_empty()) {
        blocks.push(Block::heading(*heading));
        blocks.push(Block::facts(lines.iter().cloned()));
    }
    if blocks.is_empty() {
        return None;
    }
    blocks.push(Block::button("See what needs you", urls.0));
    let title = format!("This week in your cluster, from {}", days::long(monday));
    Some(Sheet { kind: WEEKLY, subject, day: monday, to, why, choices: urls.1 }.letter(title, blocks))
}

/// What somebody wants to have together: each a title and an address, which may be empty.
#[must_use]
pub fn gathered(items: &[(String, String)], subject: String, today: Day, choices: &str, to: &Recipient, rhythm: Rhythm) -> Letter {
    let lines = items.iter().map(|(title, url)| if url.is_empty() { Block::paragraph(title) } else { Block::button(title, url) });
    let many = if items.len() == 1 { "One piece of news".to_owned() } else { format!("{} pieces of news", items.len()) };
    let title = format!("{many} from your boxes");
    let why = Why::Gathers(rhythm);
    Sheet { kind: GATHERED, subject, day: today, to, why: &why, choices }.letter(title, lines.collect())
}

/// The box, what is said of it, and whom to talk to.
fn facts(what: &str, lines: &[(&str, String)], other: &Side) -> Block {
    let first = ("Box".to_owned(), what.to_owned());
    let lines = lines.iter().map(|(label, value)| ((*label).to_owned(), value.clone()));
    let phone = |one: &Contact| if one.phone.is_empty() { String::new() } else { format!(", {}", one.phone) };
    let contact = |one: &Contact| (format!("At {}", other.school), format!("{}, {}{}", one.name, one.email, phone(one)));
    Block::facts([first].into_iter().chain(lines).chain(other.contacts.iter().map(contact)))
}

/// Kinds whose subject is the loan that is out.
pub const OF_A_LATE_LOAN: [&Kind; 3] = [LATE, LATE_COORDINATORS, LATE_HEAD];
/// Kinds whose subject is a handover under way.
pub const OF_A_HANDOVER: [&Kind; 3] = [UNCONFIRMED, LONG_WAY, LONG_WAY_COORDINATORS];

/// Whether a letter of this kind is for the last school day before a leg.
#[must_use]
pub fn is_day_before(kind: &Kind) -> bool {
    kind == DAY_BEFORE
}

#[cfg(test)]
mod tests;
