//! The inbox: one list, by urgency, of what waits for somebody who keeps the cluster going. Which causes there are, who reads of which,
//! and what stands under each. Pure.
//!
//! What must always hold: the number in the menu, the page and the weekly letter are read off the same [`Inbox`] by the same
//! [`Inbox::things`]; what belongs into it is one entry of [`TABLE`], and its rows are a part of the one statement in `store/inbox.rs`.

use super::{AtRisk, Holding, Trouble};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, FindId, HandoverId, InvitationId, SchoolId, WaitId};
use crate::catalogue::Item;
use crate::journeys::Place;
use crate::people::{self, RoleKind};

/// Why something stands in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A school asks for a box that needs approval.
    Request,
    /// A school has a box longer than it may.
    Late,
    /// A booking to come may not happen as planned.
    AtRisk,
    /// Nobody knows where a box is.
    Missing,
    /// E-mails could not be sent.
    Unsent,
    /// A box is on its way for longer than the cluster allows.
    LongOnTheWay,
    /// A box lacks something that it needs.
    Short,
    /// Somebody has found a box.
    Found,
    /// Two counts of a handover are not the same.
    Differing,
    /// A school has a box without a booking.
    WithoutBooking,
    /// A loan is over and was never fetched.
    NeverFetched,
    /// Nobody leads science at a school.
    Unled,
    /// An invitation that nobody has accepted.
    Invited,
    /// A school waits for days that others have.
    Waiting,
    /// A box was received and not counted.
    NotCounted,
}

/// Who reads the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Reads all of it.
    Coordinator,
    /// Reads what may have to be bought.
    Bursar,
}

/// An entry of the list: what of one cause is called, and who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub cause: Cause,
    /// Its place on the page: `/inbox#late`.
    pub part: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// One of them, in a few words: "box late".
    pub one: &'static str,
    /// Several of them.
    pub many: &'static str,
    /// Its icon.
    pub symbol: &'static str,
    /// Whether something is wrong already; else something may go wrong, or waits.
    pub bad: bool,
    /// Whether a bursar reads of it, too.
    pub bursar: bool,
    /// Whether the number in the menu counts it; what asks nothing of anybody is listed below, folded away.
    pub counts: bool,
}

const fn entry(cause: Cause, part: &'static str, title: &'static str, words: [&'static str; 3]) -> Entry {
    let [one, many, symbol] = words;
    Entry { cause, part, title, one, many, symbol, bad: false, bursar: false, counts: true }
}

/// Everything that stands in the inbox, the most urgent first. A room to come adds its lines by an entry here and their rows in
/// `store/inbox.rs`.
pub const TABLE: [Entry; 15] = [
    entry(Cause::Request, "requests", "Requests", ["request to answer", "requests to answer", "inbox"]),
    Entry { bad: true, ..entry(Cause::Late, "late", "Late", ["box late", "boxes late", "triangle-alert"]) },
    entry(Cause::AtRisk, "at-risk", "Bookings at risk", ["booking at risk", "bookings at risk", "clock"]),
    Entry { bad: true, bursar: true, ..entry(Cause::Missing, "missing", "Missing", ["box missing", "boxes missing", "search"]) },
    Entry { bad: true, ..entry(Cause::Unsent, "unsent", "E-mails that were not sent", ["failed e-mail", "failed e-mails", "mail"]) },
    entry(Cause::LongOnTheWay, "on-the-way", "Too long on the way", ["box too long on its way", "boxes too long on their way", "truck"]),
    Entry {
        bursar: true,
        ..entry(Cause::Short, "short", "Short of a part that it needs", ["box short of a part", "boxes short of a part", "package-open"])
    },
    entry(Cause::Found, "finds", "Found by somebody", ["box found by somebody", "boxes found by somebody", "map-pin"]),
    entry(Cause::Differing, "differing", "Counts that differ", ["count that differs", "counts that differ", "scan-qr-code"]),
    entry(
        Cause::WithoutBooking,
        "without-booking",
        "At a school without a booking",
        ["box without a booking", "boxes without a booking", "package"],
    ),
    entry(Cause::NeverFetched, "never-fetched", "Never fetched", ["loan never fetched", "loans never fetched", "calendar-days"]),
    entry(
        Cause::Unled,
        "unled",
        "Schools without a science lead",
        ["school without a science lead", "schools without a science lead", "users"],
    ),
    entry(Cause::Invited, "invited", "Invited and not yet here", ["open invitation", "open invitations", "mail"]),
    entry(Cause::Waiting, "waiting", "Waiting list", ["school on the waiting list", "schools on the waiting list", "clock"]),
    Entry {
        counts: false,
        ..entry(Cause::NotCounted, "not-counted", "Received and not counted", ["box not counted", "boxes not counted", "package"])
    },
];

/// A booking with what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// Its id.
    pub id: BookingId,
    /// What is booked.
    pub item: Item,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// By which school.
    pub school: SchoolId,
    /// For which days.
    pub days: Period,
}

/// A find that nobody has dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// Its id.
    pub id: FindId,
    /// What was found.
    pub item: Item,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// What the finder wrote.
    pub words: String,
    /// The day.
    pub on: Day,
}

/// A handover whose two counts differ, with which nobody has dealt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The handover.
    pub id: HandoverId,
    /// What was handed over.
    pub item: Item,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// Who gave it up.
    pub from: SchoolId,
    /// Who received it: a school, or where it is kept.
    pub to: Option<SchoolId>,
    /// The day it was received.
    pub on: Option<Day>,
}

/// A place on the waiting list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Its id.
    pub id: WaitId,
    /// Who waits.
    pub school: SchoolId,
    /// For which title.
    pub name: String,
    /// For which days.
    pub days: Period,
    /// While the days are offered to it: the last day on which it can take them.
    pub offered_to: Option<Day>,
}

/// An invitation that nobody has accepted or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Its id.
    pub id: InvitationId,
    /// Whom: the name, or the address where no name was given.
    pub who: String,
    /// As what.
    pub kind: RoleKind,
    /// At which school.
    pub school: Option<SchoolId>,
    /// The day on which the letter was written.
    pub on: Day,
}

/// All that waits, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// The day.
    pub today: Day,
    /// The copies that do not simply lie in their store, that lack something, or cannot be lent.
    pub holdings: Vec<Holding>,
    /// The bookings to come that are at risk.
    pub at_risk: Vec<AtRisk>,
    /// The requests, by first day.
    pub requests: Vec<Booked>,
    /// The loans that are over and were never fetched.
    pub never_fetched: Vec<Booked>,
    /// Who waits for days.
    pub waits: Vec<Queued>,
    /// What was found.
    pub finds: Vec<Find>,
    /// What was counted differently.
    pub differences: Vec<Difference>,
    /// Who was invited.
    pub invited: Vec<Invited>,
    /// The schools without a science lead.
    pub unled: Vec<SchoolId>,
    /// How many e-mails could not be sent.
    pub unsent: usize,
}

/// One line of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing<'a> {
    /// A request.
    Request(&'a Booked),
    /// A copy and what is wrong with it.
    Copy(Trouble, &'a Holding),
    /// A copy that lacks something: what, in words.
    Short(&'a Holding, &'a str),
    /// A booking at risk.
    AtRisk(&'a AtRisk),
    /// A find.
    Find(&'a Find),
    /// A difference.
    Difference(&'a Difference),
    /// A loan that nobody fetched.
    NeverFetched(&'a Booked),
    /// A place on the waiting list.
    Wait(&'a Queued),
    /// A school that nobody leads.
    Unled(SchoolId),
    /// An invitation.
    Invited(&'a Invited),
    /// So many e-mails.
    Unsent(usize),
}

impl Inbox {
    /// What stands there for this cause, in the order in which it is shown.
    #[must_use]
    pub fn things(&self, cause: Cause) -> Vec<Thing<'_>> {
        let copies = |wanted: fn(&Trouble) -> bool| {
            let of = |holding| Holding::trouble(holding, self.today).filter(wanted).map(|trouble| Thing::Copy(trouble, holding));
            self.holdings.iter().filter_map(of).collect()
        };
        match cause {
            Cause::Request => self.requests.iter().map(Thing::Request).collect(),
            Cause::Late => copies(|trouble| matches!(trouble, Trouble::Late(_))),
            Cause::AtRisk => self.at_risk.iter().map(Thing::AtRisk).collect(),
            Cause::Missing => copies(|trouble| *trouble == Trouble::Missing),
            Cause::Unsent => (self.unsent > 0).then_some(Thing::Unsent(self.unsent)).into_iter().collect(),
            Cause::LongOnTheWay => copies(|trouble| matches!(trouble, Trouble::LongOnTheWay(_))),
            Cause::Short => self.holdings.iter().filter_map(|holding| Some(Thing::Short(holding, holding.short()?))).collect(),
            Cause::Found => self.finds.iter().map(Thing::Find).collect(),
            Cause::Differing => self.differences.iter().map(Thing::Difference).collect(),
            Cause::WithoutBooking => copies(|trouble| *trouble == Trouble::WithoutBooking),
            Cause::NeverFetched => self.never_fetched.iter().map(Thing::NeverFetched).collect(),
            Cause::Unled => self.unled.iter().copied().map(Thing::Unled).collect(),
            Cause::Invited => self.invited.iter().map(Thing::Invited).collect(),
            Cause::Waiting => self.waits.iter().map(Thing::Wait).collect(),
            Cause::NotCounted => copies(|trouble| *trouble == Trouble::NotCounted),
        }
    }

    /// What this reader sees, the most urgent first; causes without a line are left out.
    #[must_use]
    pub fn parts(&self, reader: Reader) -> Vec<(&'static Entry, Vec<Thing<'_>>)> {
        let reads = |entry: &&Entry| reader == Reader::Coordinator || entry.bursar;
        let parts = TABLE.iter().filter(reads).map(|entry| (entry, self.things(entry.cause)));
        parts.filter(|(_, things)| !things.is_empty()).collect()
    }

    /// The number in the menu: the lines that ask something of somebody.
    #[must_use]
    pub fn many(&self, reader: Reader) -> usize {
        self.parts(reader).iter().filter(|(entry, _)| entry.counts).map(|(_, things)| things.len()).sum()
    }
}

impl Thing<'_> {
    /// What it is, and what is said of it, as a letter has it. `name` gives a school's short name.
    #[must_use]
    pub fn line<'n>(&self, name: &dyn Fn(SchoolId) -> &'n str) -> (String, String) {
        let of_copy = |holding: &Holding, words: String| (holding.item.words(), words);
        match self {
            Self::Request(booked) => (booked.item.words(), format!("{} asks for {}", name(booked.school), booked.days)),
            Self::Copy(trouble, holding) => {
                let (at, since) = (name(holding.custody.school), days::long(holding.since()));
                let words = match trouble {
                    Trouble::Late(last) => format!("at {at}, due on {}", days::long(*last)),
                    Trouble::LongOnTheWay(_) => format!("from {at} to {}, since {since}", name(holding.bound_for())),
                    Trouble::Missing => format!("{at} had it last, missing since {since}"),
                    Trouble::WithoutBooking => format!("at {at} without a booking, since {since}"),
                    Trouble::NotCounted => format!("at {at} since {since}, not counted"),
                };
                of_copy(holding, words)
            }
            Self::Short(holding, short) => of_copy(holding, format!("{short}; {}", whereabouts(holding, name))),
            Self::AtRisk(one) => (one.item.words(), format!("{}, {}: {}", name(one.slot.school), one.slot.days, one.why.words(name))),
            Self::Find(find) => (find.item.words(), format!("“{}”, on {}", find.words, days::long(find.on))),
            Self::Difference(one) => {
                let to = one.to.map_or("where it is kept", name);
                (one.item.words(), format!("{} to {to}: the two counts are not the same", name(one.from)))
            }
            Self::NeverFetched(booked) => (booked.item.words(), format!("{}, {}: never fetched", name(booked.school), booked.days)),
            Self::Wait(queued) => {
                let words = match queued.offered_to {
                    Some(day) => format!("{} is offered {}, until {}", name(queued.school), queued.days, days::long(day)),
                    None => format!("{} waits for {}", name(queued.school), queued.days),
                };
                (queued.name.clone(), words)
            }
            Self::Unled(school) => (name(*school).to_owned(), "nobody there hears of loans".to_owned()),
            Self::Invited(one) => {
                let role = people::words(one.kind, one.school.map(name));
                (one.who.clone(), format!("{role}: invited on {}, not yet accepted", days::long(one.on)))
            }
            Self::Unsent(many) => ("E-mail".to_owned(), format!("{many} could not be sent")),
        }
    }
}

/// "in store at Saxton", "at Saxton", "on its way from Saxton to Fairburn".
#[must_use]
pub fn whereabouts<'n>(holding: &Holding, name: &dyn Fn(SchoolId) -> &'n str) -> String {
    let at = name(holding.custody.school);
    match holding.custody.place {
        Place::Store => format!("in store at {}", name(holding.home)),
        Place::Transit => format!("on its way from {at} to {}", name(holding.bound_for())),
        Place::School | Place::Missing => format!("at {at}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::samples::holding;
    use crate::year::samples::day;

    fn inbox() -> Inbox {
        let mut short = holding(Place::Store, SchoolId(1), "2026-11-20T12:00:00Z");
        "Torch: 2 of 8 missing".clone_into(&mut short.custody.short_essentials);
        let mut counted = holding(Place::School, SchoolId(2), "2026-11-20T12:00:00Z");
        (counted.custody.booking, counted.days) = (Some(BookingId(1)), Period::new(day("2026-11-16"), day("2026-11-30")));
        let booked = Booked {
            id: BookingId(7),
            item: short.item.clone(),
            home: short.home,
            school: SchoolId(2),
            days: Period::day(day("2026-11-20")),
        };
        Inbox {
            today: day("2026-11-26"),
            at_risk: Vec::new(),
            requests: vec![booked.clone()],
            never_fetched: vec![booked],
            waits: Vec::new(),
            finds: Vec::new(),
            differences: Vec::new(),
            invited: Vec::new(),
            unled: vec![SchoolId(3)],
            unsent: 2,
            holdings: vec![
                short,
                holding(Place::Missing, SchoolId(2), "2026-11-20T12:00:00Z"),
                Holding { counted: false, ..counted },
                holding(Place::School, SchoolId(2), "2026-11-20T12:00:00Z"),
            ],
        }
    }

    #[test]
    fn each_cause_has_one_entry_and_its_own_place() {
        for (n, entry) in TABLE.iter().enumerate() {
            let other = |other: &Entry| other.cause == entry.cause || other.part == entry.part;
            assert_eq!(TABLE.iter().position(other), Some(n), "{:?}", entry.cause);
            let sprite = include_str!("../../assets/icons.svg");
            assert!(sprite.contains(&format!("id=\"{}\"", entry.symbol)), "{}", entry.symbol);
        }
    }

    #[test]
    fn the_number_counts_what_is_listed_and_asks_for_something() {
        let inbox = inbox();
        let parts: Vec<(Cause, usize)> =
            inbox.parts(Reader::Coordinator).iter().map(|(entry, things)| (entry.cause, things.len())).collect();
        let causes =
            [Cause::Request, Cause::Missing, Cause::Unsent, Cause::Short, Cause::WithoutBooking, Cause::NeverFetched, Cause::Unled];
        assert_eq!(parts, causes.into_iter().chain([Cause::NotCounted]).map(|cause| (cause, 1)).collect::<Vec<_>>());
        assert_eq!(inbox.many(Reader::Coordinator), causes.len(), "a box that was not counted is listed below");
        assert_eq!(inbox.many(Reader::Bursar), 2, "what is missing, and what is short");
    }

    #[test]
    fn a_line_says_what_it_is_and_where() {
        let inbox = inbox();
        let line = |cause| inbox.things(cause)[0].line(&|school| if school == SchoolId(1) { "Kellington" } else { "Saxton" });
        assert_eq!(line(Cause::Request), ("Electricity (EL-1)".into(), "Saxton asks for 20 November 2026".into()));
        assert_eq!(line(Cause::Missing).1, "Saxton had it last, missing since 20 November 2026");
        assert_eq!(line(Cause::Short).1, "Torch: 2 of 8 missing; in store at Kellington");
        assert_eq!(line(Cause::NeverFetched).1, "Saxton, 20 November 2026: never fetched");
        assert_eq!(line(Cause::Unsent), ("E-mail".into(), "2 could not be sent".into()));
    }
}
