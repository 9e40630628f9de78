//! How a loan comes to its school and how it leaves it again: on which day, from whom, to whom. Pure, from the legs that are planned.
//!
//! What must always hold: the day to fetch a box is one day. The loan, this week, letters, calendar entries and feeds say it by these
//! words, from the same leg.

use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, LegId, SchoolId};

/// How a copy travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Way {
    /// The receiver comes for it.
    Fetch,
    /// The giver brings it.
    Bring,
    /// Both meet at a cluster meeting.
    Meeting,
    /// Both ends are at one school.
    Stays,
}

/// The ends of a journey, and how it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Who gives it up: the school, or where the store is.
    pub from: SchoolId,
    /// Who gets it: the school, or where the store is.
    pub to: SchoolId,
    /// It comes out of the store.
    pub from_store: bool,
    /// It goes into the store.
    pub to_store: bool,
    /// How.
    pub way: Way,
}

/// A journey that is planned for a copy, as the loans at its ends see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The leg.
    pub leg: LegId,
    /// The copy.
    pub copy: CopyId,
    /// The booking that ends with it.
    pub from_booking: Option<BookingId>,
    /// The booking that begins with it.
    pub to_booking: Option<BookingId>,
    /// Between whom, and how.
    pub ends: Ends,
    /// On which day.
    pub day: Day,
    /// "the cluster meeting at Sherburn", when that is the way.
    pub meeting: String,
    /// Where exactly, in words; may be empty.
    pub note: String,
}

/// What is said of one end of a loan: "Fetch" and "Mon 7 December from Kirk Fenton (…)".
pub type Said = (&'static str, String);

/// A loan's two journeys and its days, in words: the same wherever they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errand {
    /// How it comes; `None` once it is there, or while nothing is planned.
    pub fetch: Option<Said>,
    /// "from Monday 14 December 2026 to Friday 18 December 2026".
    pub use_it: String,
    /// How it leaves; `None` once it has, or while nothing is planned.
    pub hand_over: Option<Said>,
}

impl Errand {
    /// Of a loan on these days. `name` gives a school's short name, `contact` whom one speaks with there; empty when nobody is.
    #[must_use]
    pub fn of(
        loan: BookingId,
        days: Period,
        hops: &[Hop],
        name: impl Fn(SchoolId) -> String,
        contact: impl Fn(SchoolId) -> String,
    ) -> Self {
        let comes = hops.iter().find(|hop| hop.to_booking == Some(loan));
        let leaves = hops.iter().find(|hop| hop.from_booking == Some(loan));
        let use_it = if days.first() == days.last() {
            format!("on {}", days::full(days.first()))
        } else {
            format!("from {} to {}", days::full(days.first()), days::full(days.last()))
        };
        Self {
            fetch: comes.map(|hop| hop.fetch(&name, &contact(hop.ends.from))),
            use_it,
            hand_over: leaves.map(|hop| hop.hand_over(&name, &contact(hop.ends.to))),
        }
    }

    /// The three, each with its name, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<Said> {
        let used = (!self.use_it.is_empty()).then(|| ("Use it", self.use_it.clone()));
        [self.fetch.clone(), used, self.hand_over.clone()].into_iter().flatten().collect()
    }
}

impl Hop {
    /// What the school that gets it reads.
    #[must_use]
    pub fn fetch(&self, name: impl Fn(SchoolId) -> String, contact: &str) -> Said {
        let (Ends { from, from_store, way, .. }, on) = (self.ends, days::weekday(self.day));
        let giver = if from_store { format!("the store at {}", name(from)) } else { name(from) };
        match way {
            Way::Fetch => ("Fetch", format!("{on} from {giver}{}{}", in_brackets(contact), self.at())),
            Way::Bring => ("Receive", format!("{on}: {} brings it{}{}", name(from), in_brackets(contact), self.at())),
            Way::Meeting => ("Receive", format!("{on} from {giver} at {}{}{}", self.meeting, in_brackets(contact), self.at())),
            Way::Stays if from_store => ("Fetch", format!("{on} from the school's own shelf")),
            Way::Stays => ("Fetch", "It stays at the school from the loan before".to_owned()),
        }
    }

    /// What the school that gives it up reads.
    #[must_use]
    pub fn hand_over(&self, name: impl Fn(SchoolId) -> String, contact: &str) -> Said {
        let (Ends { to, to_store, way, .. }, on) = (self.ends, days::weekday(self.day));
        let receiver = if to_store { format!("the store at {}", name(to)) } else { name(to) };
        let words = match way {
            Way::Fetch => format!("{on}: {} fetches it{}{}", name(to), in_brackets(contact), self.at()),
            Way::Bring => format!("{on} to {receiver}{}{}", in_brackets(contact), self.at()),
            Way::Meeting => format!("{on} to {receiver} at {}{}{}", self.meeting, in_brackets(contact), self.at()),
            Way::Stays if to_store => return ("Put it back", format!("{on}, on the school's own shelf")),
            Way::Stays => "It stays at the school for the next loan".to_owned(),
        };
        ("Hand it over", words)
    }

    fn at(&self) -> String {
        if self.note.is_empty() { String::new() } else { format!(". Where: {}", self.note.trim_end_matches('.')) }
    }
}

fn in_brackets(contact: &str) -> String {
    if contact.is_empty() { String::new() } else { format!(" ({contact})") }
}

/// What a school does on a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Goes and fetches it.
    Fetch,
    /// Waits for it to be brought.
    Receive,
    /// Takes it to the other school.
    Bring,
    /// Has it ready for who fetches it.
    Ready,
    /// Gives it up at a meeting.
    MeetToGive,
    /// Gets it at a meeting.
    MeetToGet,
    /// Takes it from the own shelf.
    TakeOut,
    /// Puts it back on the own shelf.
    PutBack,
    /// Nothing: it travels between two others.
    Watch,
}

impl Task {
    /// What these schools have to do with a journey.
    #[must_use]
    pub fn of(ends: &Ends, mine: &[SchoolId]) -> Self {
        let (gives, gets) = (mine.contains(&ends.from), mine.contains(&ends.to));
        match (gives, gets, ends.way) {
            (false, false, _) => Self::Watch,
            (_, _, Way::Stays) if !ends.to_store => Self::TakeOut,
            (_, _, Way::Stays) => Self::PutBack,
            (_, true, Way::Fetch) => Self::Fetch,
            (true, _, Way::Fetch) => Self::Ready,
            (true, _, Way::Bring) => Self::Bring,
            (_, _, Way::Bring) => Self::Receive,
            (true, _, Way::Meeting) => Self::MeetToGive,
            (_, _, Way::Meeting) => Self::MeetToGet,
        }
    }

    /// The task in a line. `from` and `to` are the short names of the schools; `home`: it goes to its store.
    #[must_use]
    pub fn words(self, item: &str, from: &str, to: &str, home: bool) -> String {
        match self {
            Self::Fetch => format!("Fetch {item} from {from}"),
            Self::Receive => format!("{from} brings {item}"),
            Self::Bring if home => format!("Bring {item} home to {to}"),
            Self::Bring => format!("Bring {item} to {to}"),
            Self::Ready => format!("{to} fetches {item}"),
            Self::MeetToGive => format!("Hand {item} to {to} at the meeting"),
            Self::MeetToGet => format!("Get {item} from {from} at the meeting"),
            Self::TakeOut => format!("Take {item} from your own shelf"),
            Self::PutBack => format!("Put {item} back on your own shelf"),
            Self::Watch if from == to => format!("{item} stays at {from}"),
            Self::Watch => format!("{item} goes from {from} to {to}"),
        }
    }

    /// What the button to the hand-over page says; `None` where there is nothing to do.
    #[must_use]
    pub fn button(self) -> Option<&'static str> {
        match self {
            Self::Fetch | Self::Receive | Self::MeetToGet | Self::TakeOut => Some("Count and receive"),
            Self::Bring | Self::Ready | Self::MeetToGive => Some("Count and hand over"),
            Self::PutBack => Some("Count and put back"),
            Self::Watch => None,
        }
    }

    /// The other school of the leg, for whom these schools are; `None` when it stays at one school.
    #[must_use]
    pub fn other(self, ends: &Ends) -> Option<SchoolId> {
        match self {
            Self::Fetch | Self::Receive | Self::MeetToGet => Some(ends.from),
            Self::Bring | Self::Ready | Self::MeetToGive => Some(ends.to),
            Self::TakeOut | Self::PutBack | Self::Watch => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::samples::{MONK_FRYSTON, SAXTON, day, period};

    fn hop(way: Way, from_store: bool, to_store: bool) -> Hop {
        Hop {
            leg: LegId(1),
            copy: CopyId(10),
            from_booking: (!from_store).then_some(BookingId(1)),
            to_booking: (!to_store).then_some(BookingId(2)),
            ends: Ends { from: MONK_FRYSTON, to: SAXTON, from_store, to_store, way },
            day: day("2026-12-07"),
            meeting: "the cluster meeting at Fairburn".into(),
            note: String::new(),
        }
    }

    fn name(school: SchoolId) -> String {
        if school == SAXTON { "Saxton".into() } else { "Kirk Fenton".into() }
    }

    #[test]
    fn each_end_of_a_loan_says_day_school_and_whom_to_speak_with() {
        let comes = |hop: Hop| hop.fetch(name, "Lead, lead@x.example");
        let leaves = |hop: Hop| hop.hand_over(name, "");
        for (said, label, words) in [
            (comes(hop(Way::Fetch, false, false)), "Fetch", "Mon 7 December from Kirk Fenton (Lead, lead@x.example)"),
            (comes(hop(Way::Fetch, true, false)), "Fetch", "Mon 7 December from the store at Kirk Fenton (Lead, lead@x.example)"),
            (comes(hop(Way::Bring, false, false)), "Receive", "Mon 7 December: Kirk Fenton brings it (Lead, lead@x.example)"),
            (comes(hop(Way::Stays, true, false)), "Fetch", "Mon 7 December from the school's own shelf"),
            (leaves(hop(Way::Fetch, false, false)), "Hand it over", "Mon 7 December: Saxton fetches it"),
            (leaves(hop(Way::Bring, false, true)), "Hand it over", "Mon 7 December to the store at Saxton"),
            (leaves(hop(Way::Meeting, false, false)), "Hand it over", "Mon 7 December to Saxton at the cluster meeting at Fairburn"),
            (leaves(hop(Way::Stays, false, true)), "Put it back", "Mon 7 December, on the school's own shelf"),
        ] {
            assert_eq!(said, (label, words.to_owned()));
        }
        let noted = Hop { note: "At the office.".into(), ..hop(Way::Fetch, false, false) };
        assert_eq!(noted.fetch(name, "").1, "Mon 7 December from Kirk Fenton. Where: At the office");
    }

    #[test]
    fn a_loan_says_its_days_and_what_is_planned_of_it() {
        let days = period("2026-12-14", "2026-12-18");
        let hops = [hop(Way::Fetch, false, false)];
        let lines = |loan| Errand::of(BookingId(loan), days, &hops, name, |_| String::new()).lines();
        let used = ("Use it", "from Monday 14 December 2026 to Friday 18 December 2026".to_owned());
        assert_eq!(lines(2), [("Fetch", "Mon 7 December from Kirk Fenton".to_owned()), used.clone()]);
        assert_eq!(lines(1), [used.clone(), ("Hand it over", "Mon 7 December: Saxton fetches it".to_owned())]);
        assert_eq!(lines(3), [used], "nothing is planned yet");
    }
}
