//! The letters that a coordinator sends from the inbox. Each is made from plain facts; nothing here asks
//! the database.

use crate::attention::Request;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, SchoolId};
use crate::mail::{Block, Choice, Kind, Letter, Recipient};

const LEADS: &str = "The science leads of the school";

/// To the school that has a copy: when will you bring it back?
pub const BRING_BACK: &Kind = &Kind {
    key: "asked_to_bring_back",
    name: "The coordinator asks when a box comes back",
    to: LEADS,
    choice: Choice::Always,
    waits: false,
};
/// To the school for which a copy is on its way: have you received it?
pub const RECEIVE: &Kind = &Kind {
    key: "asked_to_receive",
    name: "The coordinator asks whether a box has arrived",
    to: LEADS,
    choice: Choice::Always,
    waits: false,
};
/// To the school that has a copy: please count it.
pub const COUNT: &Kind =
    &Kind { key: "asked_to_count", name: "The coordinator asks for a count", to: LEADS, choice: Choice::Always, waits: false };
/// To a school whose booking is at risk: these days would do.
pub const OTHER_DATES: &Kind =
    &Kind { key: "other_dates", name: "Other dates for a booking at risk", to: LEADS, choice: Choice::Always, waits: false };
/// To a school whose booking is of a box that is short: will it do?
pub const ENOUGH: &Kind = &Kind {
    key: "asked_if_enough",
    name: "The coordinator asks whether a short box will do",
    to: LEADS,
    choice: Choice::Always,
    waits: false,
};
/// To who had it last, and to who has booked it: the copy is missing.
pub const MISSING: &Kind = &Kind { key: "copy_missing", name: "A box is missing", to: LEADS, choice: Choice::Always, waits: false };
/// To who has booked it: the copy was found again.
pub const FOUND: &Kind = &Kind { key: "copy_found", name: "A box is found again", to: LEADS, choice: Choice::Always, waits: false };

/// The letters that a coordinator sends.
pub const KINDS: &[&Kind] = &[BRING_BACK, RECEIVE, COUNT, OTHER_DATES, ENOUGH, MISSING, FOUND];

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

/// The copy and the school of a letter's subject; `None` when it is about something else.
#[must_use]
pub fn read_subject(subject: &str) -> Option<(CopyId, SchoolId)> {
    let (copy, school) = subject.strip_prefix("copy:")?.split_once(':')?;
    Some((copy.parse().ok()?, school.parse().ok()?))
}

fn letter(
    kind: &'static Kind,
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
                format!("{by} asks: has it arrived? It was handed over on {}, and {school} is to receive it.", days::full(since)),
                "If you have it, please count it and receive it. If you do not, tell the coordinator, or call the other school.".to_owned(),
            ];
            letter(RECEIVE, about, to, today, format!("Have you received {item}?"), words, ("Count and receive it", page))
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

/// A school's booking is of a box that is short: the coordinator asks whether it will do. `short`: what is missing, in words; `url` leads to
/// the booking.
#[must_use]
pub fn enough(about: &About, booking: (BookingId, u32, Period), short: &str, url: &str, to: Recipient, today: Day) -> Letter {
    let (id, sequence, days) = booking;
    let title = format!("Will {} do as it is?", about.item);
    let blocks = vec![
        Block::heading(title.clone()),
        Block::paragraph(format!("{} asks about your booking for {days}. A part that it needs is short. {short}.", about.by)),
        Block::paragraph("If it will do as it is, tell the coordinator, and keep the booking. If it will not, change or cancel it."),
        Block::button("See the booking", url),
    ];
    let subject = format!("dates:{id}:{sequence}");
    Letter { kind: ENOUGH, subject, day: today, to, reason: lead_reason(about), title, blocks, calendar: None }.with_choices(&about.base)
}

/// The booking and its sequence in the subject of a letter that suggests other days.
#[must_use]
pub fn read_dates(subject: &str) -> Option<(BookingId, u32)> {
    let (booking, sequence) = subject.strip_prefix("dates:")?.split_once(':')?;
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
    use crate::mail::letter as bodies;
    use crate::year::samples::{day, period};

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
            enough(
                &about(),
                (BookingId(5), 1, period("2026-11-30", "2026-12-04")),
                "Mirror: 23 of 30 missing",
                "https://boxrota.example/c/south-milford/bookings/5",
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
    fn subjects_are_read_back() {
        assert_eq!(read_subject(&subject(CopyId(7), SchoolId(2))), Some((CopyId(7), SchoolId(2))));
        assert_eq!(read_dates(&format!("dates:{}:3", BookingId(5))), Some((BookingId(5), 3)));
        assert_eq!(read_subject("dates:7:3"), None);
        assert_eq!(read_dates(&subject(CopyId(7), SchoolId(2))), None);
    }
}
