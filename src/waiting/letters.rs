//! The letters of the waiting list: joined, offered, ran out, over. Pure: from facts to a letter.

use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, WaitId};
use crate::mail::{Block, Choice, Kind, Letter, Recipient};
use crate::waiting::in_line;

const WAITER: &str = "Who asked for the place, and the science leads of the school";

/// The receipt for a place.
pub const JOINED: &Kind = &Kind {
    key: "wait_joined",
    name: "Your school is on a waiting list",
    to: "Who asked for the place",
    choice: Choice::Always,
    waits: false,
};
/// It is the school's turn.
pub const OFFERED: &Kind =
    &Kind { key: "wait_offered", name: "It is your turn on a waiting list", to: WAITER, choice: Choice::AsLead, waits: false };
/// The school did not answer in time.
pub const LAPSED: &Kind =
    &Kind { key: "wait_lapsed", name: "An offer from a waiting list has run out", to: WAITER, choice: Choice::AsLead, waits: false };
/// Nothing came of it: the days are past, or the school has left.
pub const OVER: &Kind =
    &Kind { key: "wait_over", name: "A place on a waiting list has ended", to: WAITER, choice: Choice::AsLead, waits: false };

/// The letters of the waiting list.
pub const KINDS: &[&Kind] = &[JOINED, OFFERED, LAPSED, OVER];

/// What the letters say of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its id.
    pub wait: WaitId,
    /// The box's name.
    pub resource: String,
    /// The copy's tag; empty for any.
    pub tag: String,
    /// The school, by its short name.
    pub school: String,
    /// The days.
    pub days: Period,
    /// The class, as typed.
    pub class_name: String,
    /// The absolute address of the place's own page.
    pub url: String,
}

/// Why somebody gets a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because<'a> {
    /// He asked for the place.
    Asked,
    /// He is a science lead of the school; its short name.
    LeadOf(&'a str),
    /// Nobody at the school can answer; the cluster's name.
    Coordinates(&'a str),
}

/// A letter's addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To<'a> {
    /// Who.
    pub recipient: Recipient,
    /// Why.
    pub because: Because<'a>,
}

/// The place is taken down: `position` in line.
#[must_use]
pub fn joined(about: &About, to: &To<'_>, today: Day, position: usize) -> Letter {
    let opening = format!(
        "{} waits for it {} and is {}. When the days become free and it is your turn, you get an e-mail, and the days are held for you \
         until you answer.",
        about.school,
        span(about.days),
        in_line(position)
    );
    letter(JOINED, subject(about.wait, None), about, to, today, "Waiting list", "You are on the waiting list", &opening, "See your place")
}

/// The days are free, and held for the school until the end of `until`.
#[must_use]
pub fn offered(about: &About, to: &To<'_>, today: Day, booking: BookingId, until: Day) -> Letter {
    let opening = format!(
        "It has become free {}, and {} is next on the waiting list. The days are held for you until the end of {}. Nobody else can take \
         them before. After that they go on to the next in line.",
        span(about.days),
        about.school,
        days::full(until)
    );
    let heading = format!("{} is yours if you want it", about.resource);
    letter(OFFERED, subject(about.wait, Some(booking)), about, to, today, "Your turn", &heading, &opening, "Take it or say no")
}

/// Nobody answered in time.
#[must_use]
pub fn lapsed(about: &About, to: &To<'_>, today: Day) -> Letter {
    let opening = format!(
        "Nobody answered in time, so the days have gone on to the next in line. {} is not on the waiting list for them any more. \
         If you still want them, join the list again.",
        about.school
    );
    letter(LAPSED, subject(about.wait, None), about, to, today, "Offer ran out", "The offer has run out", &opening, "See the place")
}

/// The place has ended without an offer; `why` is a sentence.
#[must_use]
pub fn over(about: &About, to: &To<'_>, today: Day, why: &str) -> Letter {
    let opening = format!("{why} The place of {} on the waiting list has ended.", about.school);
    letter(OVER, subject(about.wait, None), about, to, today, "Waiting list", "Your place has ended", &opening, "See the place")
}

/// What a letter is about: `wait:ID`, and of an offer `wait:ID:BOOKING`.
#[must_use]
pub fn subject(wait: WaitId, booking: Option<BookingId>) -> String {
    booking.map_or_else(|| format!("wait:{wait}"), |booking| format!("wait:{wait}:{booking}"))
}

/// The place, and the booking that a letter offers; `None` for a letter of another kind.
#[must_use]
pub fn read_subject(subject: &str) -> Option<(WaitId, Option<BookingId>)> {
    let rest = subject.strip_prefix("wait:")?;
    match rest.split_once(':') {
        None => Some((rest.parse().ok()?, None)),
        Some((wait, booking)) => Some((wait.parse().ok()?, Some(booking.parse().ok()?))),
    }
}

#[expect(clippy::too_many_arguments, reason = "the one place where the four letters get what they share")]
fn letter(
    kind: &'static Kind,
    subject: String,
    about: &About,
    to: &To<'_>,
    today: Day,
    what: &str,
    heading: &str,
    opening: &str,
    button: &str,
) -> Letter {
    let copy = if about.tag.is_empty() { about.resource.clone() } else { format!("{} ({})", about.resource, about.tag) };
    let facts = Block::facts([
        ("Box", copy),
        ("School", about.school.clone()),
        ("First day", days::full(about.days.first())),
        ("Last day", days::full(about.days.last())),
        ("Class", about.class_name.clone()),
    ]);
    let reason = match to.because {
        Because::Asked => "You got this because you put your school on the waiting list.".to_owned(),
        Because::LeadOf(school) => {
            format!("You got this because you are a science lead of {school}.")
        }
        Because::Coordinates(cluster) => {
            format!("You got this because you coordinate {cluster}, and {} has no science lead at the moment.", about.school)
        }
    };
    Letter {
        kind,
        subject,
        day: today,
        to: to.recipient.clone(),
        reason,
        title: format!("{what}: {}, {}", about.resource, about.days),
        blocks: vec![Block::heading(heading), Block::paragraph(opening), facts, Block::button(button, &about.url)],
        calendar: None,
    }
    .with_choices(&about.url)
}

/// "from Monday 5 October 2026 to Friday 16 October 2026", "on Monday 5 October 2026".
fn span(period: Period) -> String {
    if period.first() == period.last() {
        format!("on {}", days::full(period.first()))
    } else {
        format!("from {} to {}", days::full(period.first()), days::full(period.last()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::mail::letter as bodies;

    fn all() -> Vec<Letter> {
        let day = |text| parse_iso(text).unwrap();
        let about = About {
            wait: WaitId(8_400_000_000_000_001),
            resource: "Electricity".into(),
            tag: "EL-1".into(),
            school: "Saxton".into(),
            days: Period::new(day("2026-11-30"), day("2026-12-04")).unwrap(),
            class_name: "Year 4".into(),
            url: "https://boxrota.example/c/south-milford/waits/07EFYM4G8R001".into(),
        };
        let recipient = Recipient { person: None, address: "science@saxton.example".parse().unwrap(), name: "Saxton science lead".into() };
        let to = |because| To { recipient: recipient.clone(), because };
        let today = day("2026-11-23");
        vec![
            joined(&About { tag: String::new(), ..about.clone() }, &to(Because::Asked), today, 2),
            offered(&about, &to(Because::LeadOf("Saxton")), today, BookingId(8_400_000_000_000_002), day("2026-11-25")),
            lapsed(&about, &to(Because::Asked), today),
            over(&about, &to(Because::Coordinates("the South Milford cluster")), today, "The days did not become free in time."),
        ]
    }

    #[test]
    fn letters_read_well_as_text() {
        for letter in all() {
            insta::assert_snapshot!(letter.kind.key, format!("Subject: {}\n\n{}", letter.title, bodies::text(&letter)));
        }
    }

    #[test]
    fn subjects_are_read_back() {
        let (wait, booking) = (WaitId(7), BookingId(9));
        assert_eq!(read_subject(&subject(wait, None)), Some((wait, None)));
        assert_eq!(read_subject(&subject(wait, Some(booking))), Some((wait, Some(booking))));
        for other in ["", "wait:", "booking:07EFYM4G8R001:1", "wait:x", "wait:07EFYM4G8R001:x"] {
            assert_eq!(read_subject(other), None, "{other}");
        }
    }
}
