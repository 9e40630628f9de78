//! The letters that a coordinator sends from the page about what needs attention. Each is made from plain facts; nothing here asks
//! the database.

use super::attention::Request;
use super::{Custody, Place};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, SchoolId};
use crate::notifications::{Block, Letter, Recipient};

/// To the school that has a copy: when will you bring it back?
pub const BRING_BACK: &str = "asked_to_bring_back";
/// To the school for which a copy is on its way: have you received it?
pub const RECEIVE: &str = "asked_to_receive";
/// To the school that has a copy: please count it.
pub const COUNT: &str = "asked_to_count";
/// To a school whose booking is at risk: these days would do.
pub const OTHER_DATES: &str = "other_dates";
/// To who had it last, and to who has booked it: the copy is missing.
pub const MISSING: &str = "copy_missing";
/// To who has booked it: the copy was found again.
pub const FOUND: &str = "copy_found";

/// What the letters say of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The copy.
    pub copy: CopyId,
    /// "Electricity (EL-1)".
    pub item: String,
    /// The school that is written to.
    pub school: SchoolId,
    /// Its short name.
    pub school_name: String,
    /// Who asks, by name.
    pub by: String,
    /// The address of the cluster: `https://…/c/south-milford`.
    pub base: String,
}

fn lead_reason(about: &About) -> String {
    format!("You got this because you are a science lead of {}.", about.school_name)
}

/// What a letter to a school about a copy is about.
#[must_use]
pub fn subject(copy: CopyId, school: SchoolId) -> String {
    format!("copy:{copy}:{school}")
}

/// The copy and the school of a letter's subject; `None` for a letter of another kind.
#[must_use]
pub fn read_subject(kind: &str, subject: &str) -> Option<(CopyId, SchoolId)> {
    let rest = subject.strip_prefix("copy:").filter(|_| [BRING_BACK, RECEIVE, COUNT, MISSING, FOUND].contains(&kind))?;
    let (copy, school) = rest.split_once(':')?;
    Some((copy.parse().ok()?, school.parse().ok()?))
}

/// Why a letter is no longer true at the moment of sending.
#[must_use]
pub fn overtaken(kind: &str, school: SchoolId, now: &Custody, home: SchoolId) -> Option<&'static str> {
    let asks = |request: Request| request.of(now, home) == Some(school);
    match kind {
        BRING_BACK if !asks(Request::BringBack) => Some("The school no longer had the box."),
        COUNT if !asks(Request::Count) => Some("The school no longer had the box."),
        RECEIVE if !asks(Request::Receive) => Some("The box was no longer on its way to the school."),
        MISSING if now.place != Place::Missing => Some("The box had been found again."),
        FOUND if now.place == Place::Missing => Some("The box was missing again."),
        _ => None,
    }
}

fn letter(
    kind: &'static str,
    about: &About,
    to: Recipient,
    today: Day,
    title: String,
    words: Vec<String>,
    button: (&str, String),
) -> Letter {
    let mut blocks = vec![Block::heading(title.clone())];
    blocks.extend(words.into_iter().map(Block::paragraph));
    blocks.push(Block::button(button.0, button.1));
    Letter { kind, subject: subject(about.copy, about.school), day: today, to, reason: lead_reason(about), title, blocks, calendar: None }
        .with_choices(&about.base)
}

/// What a coordinator asks a school for. `since`: the day since which the copy is where it is; `due`: the last day of the loan.
#[must_use]
pub fn request(what: Request, about: &About, since: Day, due: Option<Day>, to: Recipient, today: Day) -> Letter {
    let (item, school, by) = (&about.item, &about.school_name, &about.by);
    let page = format!("{}/copies/{}", about.base, about.copy);
    match what {
        Request::BringBack => {
            let due = due.map_or_else(
                || format!("{school} has had it since {} without a booking.", days::long(since)),
                |due| format!("{school} had it until {}, and the cluster still counts it as yours.", days::full(due)),
            );
            let words = vec![
                format!("{by} asks: when will you bring it back? {due}"),
                "If it has gone on already, please say so on its page, so that the next school knows.".to_owned(),
            ];
            letter(BRING_BACK, about, to, today, format!("When will you bring {item} back?"), words, ("Open its page", page))
        }
        Request::Receive => {
            let words = vec![
                format!("{by} asks: has it arrived? It was given up on {}, and {school} is to receive it.", days::full(since)),
                "If you have it, please count it and accept it. If you do not, tell the coordinator, or call the other school.".to_owned(),
            ];
            letter(RECEIVE, about, to, today, format!("Have you received {item}?"), words, ("Count and accept it", page))
        }
        Request::Count => {
            let words = vec![
                format!("{by} asks you to count what is in it. {school} has had it since {}.", days::full(since)),
                "A count shows what was there when you got it. It takes a few minutes on a phone.".to_owned(),
            ];
            letter(COUNT, about, to, today, format!("Please count {item}"), words, ("Count it", format!("{page}/count")))
        }
    }
}

/// A school's booking is at risk: the coordinator suggests other days. `url` leads to the form with these days filled in.
#[must_use]
pub fn other_dates(
    about: &About,
    booking: (BookingId, u32, Period),
    why: &str,
    other: (Period, &str),
    url: &str,
    to: Recipient,
    today: Day,
) -> Letter {
    let (id, sequence, now) = booking;
    let (days, tag) = other;
    let title = format!("Other dates for {}?", about.item);
    let blocks = vec![
        Block::heading(title.clone()),
        Block::paragraph(format!("Your booking for {now} may not happen. {why}")),
        Block::paragraph(format!(
            "{} suggests other days. Nothing changes unless you choose it, and the days are not kept for you.",
            about.by
        )),
        Block::facts([("Your booking", now.to_string()), ("Suggested", days.to_string()), ("Copy", tag.to_owned())]),
        Block::button("Look at the suggested days", url),
    ];
    let subject = format!("dates:{id}:{sequence}");
    Letter { kind: OTHER_DATES, subject, day: today, to, reason: lead_reason(about), title, blocks, calendar: None }
        .with_choices(&about.base)
}

/// The booking and its sequence in the subject of a letter that suggests other days.
#[must_use]
pub fn read_dates(kind: &str, subject: &str) -> Option<(BookingId, u32)> {
    let (booking, sequence) = subject.strip_prefix("dates:").filter(|_| kind == OTHER_DATES)?.split_once(':')?;
    Some((booking.parse().ok()?, sequence.parse().ok()?))
}

/// The copy is missing. `booked`: the days for which the school has booked it; `None` for who had it last.
#[must_use]
pub fn missing(about: &About, booked: &[Period], to: Recipient, today: Day) -> Letter {
    let item = &about.item;
    let mut words = vec![format!("{} has marked it as missing: nobody knows where it is.", about.by)];
    if booked.is_empty() {
        words.push(format!("{} had it last. Please look for it once more, and tell the coordinator.", about.school_name));
    } else {
        words.push(format!("Your booking stays, but it is at risk: {}.", list(booked)));
        words.push("The coordinator can move it to another copy, or you can choose other days.".to_owned());
    }
    letter(
        MISSING,
        about,
        to,
        today,
        format!("{item} is missing"),
        words,
        ("Open its history", format!("{}/copies/{}/history", about.base, about.copy)),
    )
}

/// The copy was found again: the bookings of it are no longer at risk for that. `but`: why it cannot be lent all the same, and the
/// essential lines that were short at the last count, in words.
#[must_use]
pub fn found(about: &About, booked: &[Period], but: (Option<&str>, &str), to: Recipient, today: Day) -> Letter {
    let days = list(booked);
    let words = vec![match but {
        (Some(why), _) => format!("It is there again, but it is {why}. Your booking stays at risk: {days}."),
        (None, "") => format!("It is there again. Your booking can happen as planned: {days}."),
        (None, short) => format!(
            "It is there again, but something that it needs was short at the last count. {short}. Your booking stays at risk: {days}."
        ),
    }];
    letter(FOUND, about, to, today, format!("{} is found again", about.item), words, ("See your loans", format!("{}/loans", about.base)))
}

/// "5 to 9 October 2026; 1 to 5 March 2027".
fn list(days: &[Period]) -> String {
    days.iter().map(Period::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::letter as bodies;
    use crate::people::terms::samples::{day, period};

    fn about() -> About {
        About {
            copy: CopyId(7),
            item: "Electricity (EL-1)".into(),
            school: SchoolId(2),
            school_name: "Saxton".into(),
            by: "Cluster coordinator".into(),
            base: "https://boxrota.example/c/south-milford".into(),
        }
    }

    fn to() -> Recipient {
        Recipient { person: None, address: "lead@saxton.example".parse().unwrap(), name: "Science lead, Saxton".into() }
    }

    #[test]
    fn letters_read_well_as_text() {
        let today = day("2026-11-24");
        let all = [
            request(Request::BringBack, &about(), day("2026-11-09"), Some(day("2026-11-20")), to(), today),
            request(Request::Receive, &about(), day("2026-11-13"), None, to(), today),
            request(Request::Count, &about(), day("2026-11-23"), None, to(), today),
            other_dates(
                &about(),
                (BookingId(5), 1, period("2026-11-30", "2026-12-04")),
                "Kirk Fenton has not given it back. It was due on Friday 20 November 2026.",
                (period("2026-12-07", "2026-12-11"), "EL-2"),
                "https://boxrota.example/c/south-milford/bookings/5/change",
                to(),
                today,
            ),
            missing(&about(), &[], to(), today),
            missing(&about(), &[period("2026-11-30", "2026-12-04"), period("2027-03-01", "2027-03-05")], to(), today),
            found(&about(), &[period("2026-11-30", "2026-12-04")], (None, ""), to(), today),
            found(&about(), &[period("2026-11-30", "2026-12-04")], (Some("being repaired"), "Bulb: 2 of 6 missing"), to(), today),
            found(&about(), &[period("2026-11-30", "2026-12-04")], (None, "Bulb: 2 of 6 missing"), to(), today),
        ];
        let texts: Vec<String> = all.iter().map(|letter| format!("Subject: {}\n\n{}", letter.title, bodies::text(letter))).collect();
        insta::assert_snapshot!(texts.join("\n========\n"));
    }

    #[test]
    fn a_letter_is_sent_only_while_it_is_true() {
        let (saxton, home) = (SchoolId(2), SchoolId(1));
        let at = |place, school, to| Custody {
            copy: CopyId(7),
            place,
            school,
            booking: None,
            to,
            handover: None,
            person: None,
            since: chrono::DateTime::UNIX_EPOCH,
            short_essentials: String::new(),
        };
        let there = at(Place::School, saxton, None);
        assert_eq!(overtaken(BRING_BACK, saxton, &there, home), None);
        assert!(overtaken(BRING_BACK, saxton, &at(Place::Store, home, None), home).is_some());
        assert!(overtaken(COUNT, SchoolId(3), &there, home).is_some());
        let way = at(Place::Transit, SchoolId(3), Some(saxton));
        assert_eq!(overtaken(RECEIVE, saxton, &way, home), None);
        assert_eq!(overtaken(RECEIVE, home, &at(Place::Transit, saxton, None), home), None, "to the store");
        assert!(overtaken(RECEIVE, saxton, &there, home).is_some());
        assert!(overtaken(MISSING, saxton, &there, home).is_some());
        assert_eq!(overtaken(FOUND, saxton, &there, home), None);
        assert_eq!(read_subject(MISSING, &subject(CopyId(7), SchoolId(2))), Some((CopyId(7), saxton)));
        assert_eq!(read_subject("other", &subject(CopyId(7), SchoolId(2))), None);
        assert_eq!(read_dates(OTHER_DATES, &format!("dates:{}:3", BookingId(5))), Some((BookingId(5), 3)));
    }
}
