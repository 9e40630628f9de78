//! The letters about a booking, each made from plain facts: reserved, requested, to approve, approved, declined, changed,
//! cancelled. Nothing here asks the database: the caller gathers the facts and stores the letter in the same transaction.

use crate::base::days::{self, Day, Period};
use crate::base::ids::BookingId;
use crate::bookings::errands::Errand;
use crate::mail::{Block, Calendar, Choice, Kind, Letter, Recipient};

const BOOKER: &str = "Who booked, and the science leads of the school";

/// To whoever it is for: the booking stands.
pub const RESERVED: &Kind = &Kind { key: "booking_reserved", name: "A box is reserved", to: BOOKER, choice: Choice::AsLead, waits: true };
/// To the school: the request waits for the coordinator.
pub const REQUESTED: &Kind =
    &Kind { key: "booking_requested", name: "A request is on its way to the coordinator", to: BOOKER, choice: Choice::AsLead, waits: true };
/// To the coordinators: somebody asks.
pub const TO_APPROVE: &Kind = &Kind {
    key: "booking_to_approve",
    name: "A request waits for approval",
    to: "The coordinators",
    choice: Choice::AsCoordinator,
    waits: true,
};
/// To the school: the coordinator said yes.
pub const APPROVED: &Kind =
    &Kind { key: "booking_approved", name: "A request is approved", to: BOOKER, choice: Choice::AsLead, waits: true };
/// To the school: the coordinator said no.
pub const DECLINED: &Kind =
    &Kind { key: "booking_declined", name: "A request is not approved, or not answered", to: BOOKER, choice: Choice::AsLead, waits: true };
/// To the school: other days, or another copy.
pub const CHANGED: &Kind = &Kind { key: "booking_changed", name: "A booking has changed", to: BOOKER, choice: Choice::AsLead, waits: true };
/// To the school, and to coordinators when it was they whom it concerns: given up.
pub const CANCELLED: &Kind =
    &Kind { key: "booking_cancelled", name: "A booking is cancelled", to: BOOKER, choice: Choice::AsLead, waits: true };

/// The letters of this room.
pub const KINDS: &[&Kind] = &[RESERVED, REQUESTED, APPROVED, DECLINED, CHANGED, CANCELLED, TO_APPROVE];

/// What the letters say of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its id.
    pub booking: BookingId,
    /// Its calendar SEQUENCE after what has just happened.
    pub sequence: u32,
    /// The box's name.
    pub resource: String,
    /// The copy's tag.
    pub tag: String,
    /// The school that has it, by its short name.
    pub school: String,
    /// From the first to the last day.
    pub days: Period,
    /// The class, as typed.
    pub class_name: String,
    /// The purpose, as typed.
    pub purpose: String,
    /// How many pupils.
    pub pupils: Option<u16>,
    /// Why a rule was set aside; empty when none was.
    pub override_reason: String,
    /// How it comes and how it leaves.
    pub errand: Errand,
    /// Who did this, by name.
    pub by: String,
    /// The absolute address of the loan's page.
    pub url: String,
}

/// Why somebody gets a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because<'a> {
    /// He made the booking.
    Booked,
    /// It was handed on to him.
    Keeps,
    /// He is a science lead of the school that has it; its short name.
    LeadOf(&'a str),
    /// He coordinates the cluster; its name.
    Coordinates(&'a str),
    /// He was invited to lead science at the school, which has nobody yet; its short name.
    Invited(&'a str),
    /// He coordinates the cluster, and the school has nobody yet: its short name, and the cluster's.
    InsteadOf(&'a str, &'a str),
}

impl Because<'_> {
    /// Whether somebody who gets a letter of this kind for this reason may have switched it off.
    #[must_use]
    pub fn may_mute(self, kind: &Kind) -> bool {
        matches!(
            (kind.choice, self),
            (Choice::AsLead, Self::LeadOf(_)) | (Choice::AsCoordinator, Self::Coordinates(_)) | (Choice::Freely, _)
        )
    }
}

/// A letter's addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To<'a> {
    /// Who.
    pub recipient: Recipient,
    /// Why.
    pub because: Because<'a>,
}

/// The booking is confirmed at once.
#[must_use]
pub fn reserved(about: &About, to: &To<'_>, today: Day, calendar: Option<Calendar>) -> Letter {
    let opening = Block::paragraph(format!("{} has it {}. {}", about.school, span(about.days), entry(calendar.as_ref())).trim_end());
    letter(RESERVED, about, to, today, calendar, "Reserved", &format!("Reserved for {}: {}", about.school, about.resource), vec![opening])
}

/// The school's own receipt for a request.
#[must_use]
pub fn requested(about: &About, to: &To<'_>, today: Day) -> Letter {
    let opening = Block::paragraph(format!(
        "{} asked for it {}. The coordinator has been told. Until there is an answer the days are kept for you, and nobody else can take them.",
        about.school,
        span(about.days)
    ));
    letter(REQUESTED, about, to, today, None, "Request sent", &format!("Your request for {} is on its way", about.resource), vec![opening])
}

/// The coordinators' task; `requests_url` is the absolute address of the page where they answer.
#[must_use]
pub fn to_approve(about: &About, to: &To<'_>, today: Day, requests_url: &str) -> Letter {
    let opening = Block::paragraph(format!(
        "{} asks for it {}. The days are kept until you answer. Please approve or decline the request.",
        about.school,
        span(about.days)
    ));
    let mut letter =
        letter(TO_APPROVE, about, to, today, None, "To approve", &format!("{} asks for {}", about.school, about.resource), vec![opening]);
    letter.title = format!("To approve: {} for {}, {}", about.resource, about.school, about.days);
    if let Some(Block::Button { label, url }) = letter.blocks.last_mut() {
        "Answer the request".clone_into(label);
        requests_url.clone_into(url);
    }
    letter
}

/// The coordinator said yes.
#[must_use]
pub fn approved(about: &About, to: &To<'_>, today: Day, calendar: Option<Calendar>) -> Letter {
    let opening = Block::paragraph(
        format!("{} approved the request. {} has it {}. {}", about.by, about.school, span(about.days), entry(calendar.as_ref())).trim_end(),
    );
    letter(APPROVED, about, to, today, calendar, "Approved", &format!("Reserved for {}: {}", about.school, about.resource), vec![opening])
}

/// Whether a request that comes to nothing has an entry in calendars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// It was changed before it was answered, and the letter about that brought one.
    ByLetter,
    /// Nobody knows: the page of a booking gives one to whoever asks, with the first SEQUENCE.
    Perhaps,
}

impl Entered {
    /// Of a request that has just come to nothing.
    #[must_use]
    pub fn of(about: &About) -> Self {
        if about.sequence > 1 { Self::ByLetter } else { Self::Perhaps }
    }

    fn words(self) -> &'static str {
        match self {
            Self::ByLetter => " Open the attached calendar entry to take it out of your calendar.",
            Self::Perhaps => " If you have put it into your calendar, open the attached calendar entry to take it out again.",
        }
    }
}

/// The coordinator said no; the reason is his. `calendar` takes the entry out again that somebody has put into a calendar.
#[must_use]
pub fn declined(about: &About, to: &To<'_>, today: Day, reason: &str, (calendar, entered): (Calendar, Entered)) -> Letter {
    let removal = entered.words();
    let opening =
        Block::paragraph(format!("{} could not approve the request for {}. The days are free again.{removal}", about.by, about.days));
    letter(
        DECLINED,
        about,
        to,
        today,
        Some(calendar),
        "Not approved",
        &format!("Not approved for {}: {}", about.school, about.resource),
        vec![opening, Block::facts([("Reason", reason)])],
    )
}

/// Nobody said yes or no in time. `calendar` as for [`declined`].
#[must_use]
pub fn lapsed(about: &About, to: &To<'_>, today: Day, (calendar, entered): (Calendar, Entered)) -> Letter {
    let removal = entered.words();
    let left = if about.days.last() >= today { " The days that are left are free again." } else { "" };
    let opening = Block::paragraph(format!(
        "Nobody answered the request for {} before its first day was over, so it has lapsed.{left}{removal} If you still need the box, ask your coordinator.",
        about.days
    ));
    let title = format!("Not answered for {}: {}", about.school, about.resource);
    letter(DECLINED, about, to, today, Some(calendar), "Not answered", &title, vec![opening])
}

/// Other days or another copy; `before` is what it was.
#[must_use]
pub fn changed(about: &About, to: &To<'_>, today: Day, before: (Period, &str), calendar: Option<Calendar>) -> Letter {
    let (days, tag) = before;
    let moved = if days == about.days { String::new() } else { format!(" {} now has it {}.", about.school, span(about.days)) };
    let swapped = if tag == about.tag { String::new() } else { format!(" It is now the copy {}.", about.tag) };
    let update = if calendar.is_some() { " Open the attached calendar entry to bring yours up to date." } else { "" };
    let opening = Block::paragraph(format!("{} changed the loan.{moved}{swapped}{update}", about.by));
    let was = Block::facts([
        ("It was", if days == about.days { String::new() } else { days.to_string() }),
        ("Copy before", if tag == about.tag { String::new() } else { tag.to_owned() }),
    ]);
    letter(CHANGED, about, to, today, calendar, "Changed", &format!("The loan of {} has changed", about.resource), vec![opening, was])
}

/// It was given back before its last day: the loan ends with the day on which it was given back. `before`: its days until then.
#[must_use]
pub fn ended_early(about: &About, to: &To<'_>, today: Day, before: Period, calendar: Calendar) -> Letter {
    let opening = Block::paragraph(format!(
        "It was given back before its last day, so the loan ended on {}. The days after it are free for others. Open the attached calendar entry to bring yours up to date.",
        days::full(about.days.last())
    ));
    let was = Block::facts([("It was booked for", before.to_string())]);
    let heading = format!("The loan of {} has ended early", about.resource);
    letter(CHANGED, about, to, today, Some(calendar), "Ended early", &heading, vec![opening, was])
}

/// Given up, by the school or by a coordinator, with a reason.
#[must_use]
pub fn cancelled(about: &About, to: &To<'_>, today: Day, reason: &str, calendar: Option<Calendar>) -> Letter {
    let removal = if calendar.is_some() { " Open the attached calendar entry to take it out of your calendar." } else { "" };
    let opening = Block::paragraph(format!("{} cancelled it. The days from {} are free for others.{removal}", about.by, about.days));
    letter(
        CANCELLED,
        about,
        to,
        today,
        calendar,
        "Cancelled",
        &format!("The loan of {} to {} is cancelled", about.resource, about.school),
        vec![opening, Block::facts([("Reason", reason)])],
    )
}

/// What a letter is about: `booking:ID:SEQUENCE`.
#[must_use]
pub fn subject(booking: BookingId, sequence: u32) -> String {
    format!("booking:{booking}:{sequence}")
}

/// The booking and the sequence a letter was about; `None` for a letter of another room.
#[must_use]
pub fn read_subject(subject: &str) -> Option<(BookingId, u32)> {
    let (booking, sequence) = subject.strip_prefix("booking:")?.split_once(':')?;
    Some((booking.parse().ok()?, sequence.parse().ok()?))
}

#[expect(clippy::too_many_arguments, reason = "the one place where the seven letters get what they share")]
fn letter(
    kind: &'static Kind,
    about: &About,
    to: &To<'_>,
    today: Day,
    calendar: Option<Calendar>,
    what: &str,
    heading: &str,
    opening: Vec<Block>,
) -> Letter {
    let mut blocks = vec![Block::heading(heading)];
    blocks.extend(opening.into_iter().filter(|block| !matches!(block, Block::Facts(facts) if facts.is_empty())));
    blocks.push(facts(about, kind));
    let label = if matches!(kind, DECLINED | CANCELLED) { "See what happened" } else { "See, change or cancel it" };
    blocks.push(Block::button(label, &about.url));
    let reason = match to.because {
        Because::Booked => "You got this because you made this booking.".to_owned(),
        Because::Keeps => "You got this because this booking was handed on to you.".to_owned(),
        Because::LeadOf(school) => format!("You got this because you are a science lead of {school}."),
        Because::Coordinates(cluster) => format!("You got this because you coordinate {cluster}."),
        Because::Invited(school) => {
            format!("You got this because you were invited to be a science lead of {school}, which has none at the moment.")
        }
        Because::InsteadOf(school, cluster) => {
            format!("You got this because {school} has no science lead at the moment, and you coordinate {cluster}.")
        }
    };
    Letter {
        kind,
        subject: subject(about.booking, about.sequence),
        day: today,
        to: to.recipient.clone(),
        reason,
        title: format!("{what}: {}, {}", about.resource, about.days),
        blocks,
        calendar,
    }
}

fn facts(about: &About, kind: &Kind) -> Block {
    let live = !matches!(kind, DECLINED | CANCELLED);
    let one_day = about.days.first() == about.days.last();
    let said = live && !about.errand.use_it.is_empty();
    let when = |wanted: bool, text: String| if wanted { text } else { String::new() };
    let (fetch, hand_over) = (about.errand.fetch.clone().unwrap_or_default(), about.errand.hand_over.clone().unwrap_or_default());
    Block::facts([
        ("Box", format!("{} ({})", about.resource, about.tag)),
        ("School", about.school.clone()),
        ("First day", when(!said && !one_day, days::full(about.days.first()))),
        ("Last day", when(!said && !one_day, days::full(about.days.last()))),
        ("Day", when(!said && one_day, days::full(about.days.first()))),
        ("Class", about.class_name.clone()),
        ("Pupils", about.pupils.map_or_else(String::new, |pupils| pupils.to_string())),
        ("For", about.purpose.clone()),
        (fetch.0, when(live, fetch.1)),
        ("Use it", when(live, about.errand.use_it.clone())),
        (hand_over.0, when(live, hand_over.1)),
        ("Rule set aside", when(live, about.override_reason.clone())),
    ])
}

/// "from Monday 5 October 2026 to Friday 16 October 2026", "on Monday 5 October 2026".
fn span(period: Period) -> String {
    if period.first() == period.last() {
        format!("on {}", days::full(period.first()))
    } else {
        format!("from {} to {}", days::full(period.first()), days::full(period.last()))
    }
}

fn entry(calendar: Option<&Calendar>) -> &'static str {
    if calendar.is_some() { "Open the attached calendar entry to put it into your calendar." } else { "" }
}

#[cfg(test)]
mod tests {
    use super::super::samples::period;
    use super::*;
    use crate::base::days::parse_iso;
    use crate::mail::{Method, letter as bodies};

    fn about() -> About {
        About {
            booking: BookingId(8_400_000_000_000_001),
            sequence: 0,
            resource: "Electricity".into(),
            tag: "EL-1".into(),
            school: "Saxton".into(),
            days: period("2026-10-05", "2026-10-16"),
            class_name: "Year 4 Kestrels".into(),
            purpose: "Circuits & switches".into(),
            pupils: Some(28),
            override_reason: String::new(),
            errand: Errand {
                fetch: Some(("Fetch", "Mon 5 October from the store at Sherburn Hungate (Lead, lead@hungate.example)".into())),
                use_it: "from Monday 5 October 2026 to Friday 16 October 2026".into(),
                hand_over: Some(("Hand it over", "Fri 16 October: Fairburn fetches it (Lead, lead@fairburn.example)".into())),
            },
            by: "Saxton science lead".into(),
            url: "https://boxrota.example/c/south-milford/bookings/07EFYM4G8R001".into(),
        }
    }

    fn to(because: Because<'_>) -> To<'_> {
        let recipient = Recipient { person: None, address: "science@saxton.example".parse().unwrap(), name: "Saxton science lead".into() };
        To { recipient, because }
    }

    fn today() -> Day {
        parse_iso("2026-09-21").unwrap()
    }

    fn calendar(method: Method) -> Calendar {
        Calendar { text: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".into(), method }
    }

    /// All seven, by kind.
    fn all() -> Vec<Letter> {
        let lead = to(Because::LeadOf("Saxton"));
        let moved = About { days: period("2026-10-12", "2026-10-16"), tag: "EL-2".into(), sequence: 1, ..about() };
        let coordinator = About { by: "Cluster coordinator".into(), sequence: 1, ..about() };
        vec![
            reserved(&about(), &to(Because::Booked), today(), Some(calendar(Method::Publish))),
            requested(&about(), &to(Because::Booked), today()),
            to_approve(
                &about(),
                &to(Because::Coordinates("the South Milford cluster")),
                today(),
                "https://boxrota.example/c/south-milford/requests",
            ),
            approved(&coordinator, &lead, today(), Some(calendar(Method::Publish))),
            declined(&coordinator, &lead, today(), "It is being mended that week.", (calendar(Method::Cancel), Entered::Perhaps)),
            changed(&moved, &lead, today(), (about().days, "EL-1"), Some(calendar(Method::Publish))),
            cancelled(&coordinator, &lead, today(), "School trip that week", Some(calendar(Method::Cancel))),
        ]
    }

    #[test]
    fn letters_read_well_as_text() {
        for letter in all() {
            let shown = format!("Subject: {}\n\n{}", letter.title, bodies::text(&letter));
            insta::assert_snapshot!(letter.kind.key, shown);
        }
    }

    #[test]
    fn a_letter_reads_well_as_html() {
        // One for all: both bodies are made from the same blocks.
        insta::assert_snapshot!("booking_reserved_html", bodies::html(&all()[0]).replace("><", ">\n<"));
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let bare = About {
            days: period("2026-10-05", "2026-10-05"),
            class_name: String::new(),
            purpose: " ".into(),
            pupils: None,
            errand: Errand::default(),
            ..about()
        };
        let text = bodies::text(&reserved(&bare, &to(Because::Booked), today(), None));
        for absent in ["Class", "Pupils", "For:", "Fetch", "Hand", "calendar", "First day", "Rule"] {
            assert!(!text.contains(absent), "{absent} in {text}");
        }
        assert!(text.contains("on Monday 5 October 2026"));
    }

    #[test]
    fn subjects_are_read_back() {
        let booking = about().booking;
        assert_eq!(read_subject(&subject(booking, 7)), Some((booking, 7)));
        for other in ["", "sign-in:1", "booking:", "booking:x:1", "booking:07EFYM4G8R001", "booking:07EFYM4G8R001:x"] {
            assert_eq!(read_subject(other), None, "{other}");
        }
    }
}
