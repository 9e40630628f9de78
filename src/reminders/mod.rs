//! What is reminded of, to whom, when, and in which state: one table, and the functions that read it off the facts. Pure.
//!
//! What must always hold: each reminder has the day of what it is about (the leg's own day, the last day of the loan, the day it was
//! fetched or given up), and that day is part of its key in the outbox, so it goes once however often it is asked for, and also when
//! a closure that is entered late moves the school day on which it was due. What is asked for is "due and not yet past caring": a
//! worker that was down for three days says what still matters and leaves out what no longer does.

pub mod ahead;
pub mod letters;
pub mod still;
pub mod store;
pub mod acts;

use chrono::{DateTime, Utc};

use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::{self, Risk, Slot};
use crate::journeys::{Custody, Leg, LegState, Place, Way};
use crate::mail::{Choice, Kind};
use crate::year::SchoolCalendar;

// What is about tomorrow, is late or lost goes at once; the rest may wait.

const BOTH: &str = "Both schools: who booked, and the science leads";
const HOLDER: &str = "Who has it, and the science leads of the school";

/// To both sides of a leg, a week ahead.
pub const WEEK_BEFORE: &Kind =
    &Kind { key: "handover_week_before", name: "A handover comes up in a week", to: BOTH, choice: Choice::AsLead, waits: true };
/// To both sides of a leg, on the last school day before it.
pub const DAY_BEFORE: &Kind = &Kind {
    key: "handover_day_before",
    name: "A handover comes up on the next school day",
    to: BOTH,
    choice: Choice::AsLead,
    waits: false,
};
/// To who has it: it should be back.
pub const LATE: &Kind = &Kind { key: "loan_late", name: "A box should be back", to: HOLDER, choice: Choice::AsLead, waits: false };
/// The same, to the coordinators.
pub const LATE_COORDINATORS: &Kind =
    &Kind { key: "loan_late_coordinators", name: "A box is late", to: "The coordinators", choice: Choice::AsCoordinator, waits: false };
/// The same, to the head of the school.
pub const LATE_HEAD: &Kind = &Kind {
    key: "loan_late_head",
    name: "A box at your school is late",
    to: "The head of the school that has it",
    choice: Choice::Freely,
    waits: false,
};
/// To the school whose booking may not happen as planned.
pub const AT_RISK: &Kind = &Kind {
    key: "booking_at_risk",
    name: "Your next booking is at risk",
    to: "Who booked, and the science leads of the school",
    choice: Choice::AsLead,
    waits: false,
};
/// To the receiver: it was given up, has it arrived?
pub const UNCONFIRMED: &Kind = &Kind {
    key: "handover_unconfirmed",
    name: "Has it arrived?",
    to: "The receiver: who booked, and the science leads",
    choice: Choice::AsLead,
    waits: false,
};
/// To both schools: it is on its way for too long.
pub const LONG_WAY: &Kind =
    &Kind { key: "handover_long_way", name: "A box is on its way for too long", to: BOTH, choice: Choice::AsLead, waits: false };
/// The same, to the coordinators.
pub const LONG_WAY_COORDINATORS: &Kind = &Kind {
    key: "handover_long_way_coordinators",
    name: "A box is on its way for too long",
    to: "The coordinators",
    choice: Choice::AsCoordinator,
    waits: false,
};
/// To who has it: nobody has counted it yet.
pub const NOT_COUNTED: &Kind =
    &Kind { key: "loan_not_counted", name: "A box has not been counted", to: HOLDER, choice: Choice::Freely, waits: true };
/// To the coordinators: what needs somebody this week.
pub const WEEKLY: &Kind =
    &Kind { key: "weekly_digest", name: "What needs somebody this week", to: "The coordinators", choice: Choice::Freely, waits: false };
/// What somebody wants to have together, once a day or a week.
pub const GATHERED: &Kind = &Kind {
    key: "gathered_letters",
    name: "Your daily or weekly e-mail",
    to: "Who wants e-mails together",
    choice: Choice::Rhythm,
    waits: false,
};

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The kind of the letter.
    pub kind: &'static Kind,
    /// The day that it is for.
    pub when: &'static str,
    /// In which state; asked again at the moment of sending.
    pub state: &'static str,
}

const LEG_STATE: &str = "the leg is planned as it was, laid or changed a day ago or more, not handed over, and its giver has the box or gets it in time by the plan";

/// Every reminder that concerns handovers. Reminders of kit audits, electrical checks, needs audits, claims and invoices come with
/// the rooms that they are about.
///
/// Before a handover that follows a holiday the last school day may lie before the seventh day ahead: then the letter of that last
/// school day is the only one, because on the seventh day nobody is at school to read another.
pub const TABLE: [Rule; 11] = [
    Rule {
        kind: WEEK_BEFORE,
        when: "7 days before the day of the leg; not when the last school day before it is there already, as after a holiday",
        state: LEG_STATE,
    },
    Rule {
        kind: DAY_BEFORE,
        when: "the last school day before the day of the leg, of each school its own; after a holiday that is the only one",
        state: LEG_STATE,
    },
    Rule {
        kind: LATE,
        when: "the first school day after the last day of the loan, then every third",
        state: "the loan is out and its last day is past",
    },
    Rule { kind: LATE_COORDINATORS, when: "from the second time on", state: "the loan is out and its last day is past" },
    Rule { kind: LATE_HEAD, when: "from the third time on", state: "the loan is out and its last day is past" },
    Rule {
        kind: AT_RISK,
        when: "at once, when the booking begins within four weeks, once for each reason; of a late box when its holder is reminded first",
        state: "the booking is at risk as the pages say it; not booked within the last day; not told by the coordinator that it is missing",
    },
    Rule { kind: UNCONFIRMED, when: "the next school day after it was handed over", state: "it is on its way, and not for too long" },
    Rule { kind: LONG_WAY, when: "so many school days after it was handed over as the cluster's rules say", state: "it is on its way" },
    Rule {
        kind: LONG_WAY_COORDINATORS,
        when: "so many school days after it was handed over as the cluster's rules say",
        state: "it is on its way",
    },
    Rule {
        kind: NOT_COUNTED,
        when: "the next school day after it was fetched; no later than five school days after",
        state: "the loan is out, not over, and nothing was counted",
    },
    Rule { kind: WEEKLY, when: "the first school day of a week in which there is anything to say", state: "the week is not over" },
];

/// The letters of this room: the table's, and the one that brings together what can wait. All of them wait for the mail hours.
pub const KINDS: &[&Kind] = &{
    let mut kinds = [GATHERED; TABLE.len() + 1];
    let mut n = 0;
    while n < TABLE.len() {
        kinds[n] = TABLE[n].kind;
        n += 1;
    }
    kinds
};

/// The kind with this key, when it is one of the table.
#[must_use]
pub fn reminder(key: &str) -> Option<&'static Kind> {
    TABLE.iter().map(|rule| rule.kind).find(|kind| kind.key == key)
}

/// A late loan is reminded of on the first school day after it, and then on every so-many-th.
const EVERY: u32 = 3;
/// A booking that begins later than in so many days hears of its risk when it comes nearer.
pub const RISK_DAYS: i64 = 28;
/// So many school days after it was fetched nobody asks any more whether it was counted.
const COUNT_WITHIN: u32 = 5;

/// Who is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// The side of a leg that hands it over.
    Giver,
    /// The side of a leg that gets it.
    Receiver,
    /// The school that has it.
    Holder,
    /// The school of the next booking.
    Next,
    /// The coordinators.
    Coordinators,
    /// The head of the school that has it.
    Head,
}

/// Why a booking may not happen as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Trouble {
    /// Another school has not given it back.
    Late,
    /// Essential parts were missing at the last count.
    Short,
    /// It is being mended, or was taken out.
    OutOfService,
    /// Nobody knows where it is.
    Missing,
    /// It was given up, and for longer than the cluster allows nobody has received it.
    OnTheWay,
}

/// A reminder that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The kind.
    pub kind: &'static Kind,
    /// To whom.
    pub to: Whom,
    /// The day of what it is about, as its key has it; not the day on which it is due.
    pub day: Day,
    /// Of a late loan the how-many-th time it is; else 0.
    pub time: u32,
    /// Of a booking at risk, why.
    pub trouble: Option<Trouble>,
}

impl Due {
    fn new(kind: &'static Kind, to: Whom, day: Day) -> Self {
        Self { kind, to, day, time: 0, trouble: None }
    }
}

/// What is due, and when to look again: always after the day that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is due.
    pub due: Vec<Due>,
    /// The day to look again; [`days::END`] when only a change can bring something.
    pub look_on: Day,
}

impl Found {
    /// Looks again on the nearest of the days that is still to come.
    fn new(due: Vec<Due>, today: Day, again: impl IntoIterator<Item = Option<Day>>) -> Self {
        Self { due, look_on: again.into_iter().flatten().filter(|day| *day > today).min().unwrap_or(days::END) }
    }
}

/// What is due about a leg. `stands`: whether it can happen (see `reach`) and the copy is not under way on it already. Of a leg that
/// was laid or changed within the last day this is not asked: whoever did that knows.
#[must_use]
pub fn of_leg(leg: &Leg, stands: bool, calendar: &SchoolCalendar, today: Day) -> Found {
    if leg.state != LegState::Planned || leg.way == Way::Stays || today > leg.day {
        return Found::new(vec![], today, []);
    }
    if !stands {
        // The giver may yet take it back; what is missing may be found.
        let tomorrow = days::add(today, 1);
        return Found::new(vec![], today, [Some(tomorrow).filter(|day| *day <= leg.day)]);
    }
    let week = days::add(leg.day, -7);
    let last = |school| calendar.previous(days::add(leg.day, -1), Some(school));
    let sides = [(Whom::Giver, last(leg.from)), (Whom::Receiver, last(leg.to))];
    let due = sides
        .iter()
        .filter_map(|(side, last)| match last {
            Some(last) if today >= *last => Some(Due::new(DAY_BEFORE, *side, leg.day)),
            _ => (today >= week).then(|| Due::new(WEEK_BEFORE, *side, leg.day)),
        })
        .collect();
    Found::new(due, today, [sides[0].1, sides[1].1, Some(week)])
}

/// What is known of a copy when it is looked at.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Where it is.
    pub custody: &'a Custody,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// The loan for which a school has it.
    pub out: Option<Slot>,
    /// Whether anything was counted when that began.
    pub counted: bool,
    /// The next booking of it that is confirmed and not fetched, and whether that was made or changed within the last day.
    pub next: Option<(Slot, bool)>,
    /// Why the catalogue says that it cannot be lent: being mended, missing, taken out.
    pub out_of_service: Option<&'static str>,
    /// Whether the catalogue says that it is missing.
    pub missing: bool,
    /// The day from which it is on its way for too long, while it is on its way.
    pub long_from: Option<Day>,
}

/// The how-many-th time a loan that ended on `last` is reminded of today, 0 before the first, and the day of the next time.
#[must_use]
pub fn late(last: Day, school: SchoolId, calendar: &SchoolCalendar, today: Day) -> (u32, Option<Day>) {
    let gone = Period::new(days::add(last, 1), today).map_or(0, |gone| calendar.count(gone, Some(school)));
    let time = gone.div_ceil(EVERY);
    (time, calendar.after(last, 1 + EVERY * time, Some(school)))
}

/// What keeps the next booking of a copy from happening as planned: what the pages call its risk.
#[must_use]
pub fn troubles(facts: &Facts<'_>, today: Day) -> Vec<Trouble> {
    let Some((next, _)) = facts.next else { return vec![] };
    let risks = bookings::risks(&next, facts.out.as_ref(), facts.out_of_service, &facts.custody.plight(facts.long_from), today);
    let trouble = |risk: &Risk| match risk {
        Risk::Late { .. } => Trouble::Late,
        Risk::Missing { .. } => Trouble::Missing,
        Risk::OutOfService(_) if facts.missing => Trouble::Missing,
        Risk::OutOfService(_) => Trouble::OutOfService,
        Risk::OnTheWay { .. } => Trouble::OnTheWay,
        Risk::Incomplete(_) => Trouble::Short,
    };
    risks.iter().map(trouble).collect()
}

/// Whether anything could be in the way of a next booking, so that it is worth reading.
#[must_use]
pub fn suspicious(facts: &Facts<'_>, today: Day) -> bool {
    let plight = facts.custody.plight(facts.long_from);
    facts.out_of_service.is_some()
        || !plight.short.is_empty()
        || plight.astray.is_some_and(|astray| astray.keeps_out(today))
        || facts.out.is_some_and(|out| out.late_since(today).is_some())
}

/// What is due about a copy, wherever it is.
#[must_use]
pub fn of_copy(facts: &Facts<'_>, calendar: &SchoolCalendar, today: Day) -> Found {
    let mut due = Vec::new();
    let mut again = Vec::new();
    let mut time = 0;
    if let Some(out) = facts.out {
        let last = out.days.last();
        let (so_far, next) = late(last, out.school, calendar, today);
        time = so_far;
        again.push(next);
        let told = [(1, LATE, Whom::Holder), (2, LATE_COORDINATORS, Whom::Coordinators), (3, LATE_HEAD, Whom::Head)];
        due.extend(told.into_iter().filter(|(from, ..)| time >= *from).map(|(_, kind, to)| Due { time, ..Due::new(kind, to, last) }));
        if !facts.counted {
            let fetched = london(facts.custody.since);
            let ask = calendar.after(fetched, 1, Some(out.school));
            let until = calendar.after(fetched, COUNT_WITHIN, Some(out.school)).map(|day| day.min(last));
            again.push(ask);
            if let (Some(ask), Some(until)) = (ask, until)
                && (ask..=until).contains(&today)
            {
                due.push(Due::new(NOT_COUNTED, Whom::Holder, fetched));
            }
        }
    }
    if facts.custody.place == Place::Transit && facts.custody.handover.is_some() {
        let to = facts.custody.to.unwrap_or(facts.home);
        let given = london(facts.custody.since);
        let ask = calendar.after(given, 1, Some(to));
        again.push(ask);
        if facts.custody.plight(facts.long_from).astray.is_some_and(|astray| astray.keeps_out(today)) {
            due.push(Due::new(LONG_WAY, Whom::Giver, given));
            due.push(Due::new(LONG_WAY, Whom::Receiver, given));
            due.push(Due::new(LONG_WAY_COORDINATORS, Whom::Coordinators, given));
        } else if ask.is_some_and(|ask| today >= ask) {
            due.push(Due::new(UNCONFIRMED, Whom::Receiver, given));
        }
    }
    if facts.custody.place == Place::Transit {
        // From then on the next booking is at risk.
        again.push(facts.long_from);
    }
    if let Some((next, lately)) = facts.next {
        let near = days::add(next.days.first(), -RISK_DAYS);
        let mut troubles = troubles(facts, today);
        if !troubles.is_empty() {
            // One that nobody fetches makes way for the one after it.
            again.extend([Some(near), Some(days::add(next.days.last(), 1))]);
        }
        // Handing on the first thing on Monday is not late: whoever waits hears of it when the holder does.
        troubles.retain(|trouble| *trouble != Trouble::Late || time > 0);
        if lately && today >= near && !troubles.is_empty() {
            again.push(Some(days::add(today, 1)));
        } else if today >= near {
            let day = next.days.first();
            due.extend(troubles.into_iter().map(|trouble| Due { trouble: Some(trouble), ..Due::new(AT_RISK, Whom::Next, day) }));
        }
    }
    Found::new(due, today, again)
}

fn london(at: DateTime<Utc>) -> Day {
    clock::today(at)
}

/// The day of this week on which the weekly letter goes, and whether that has come; `None` in a week without a school day.
#[must_use]
pub fn weekly(calendar: &SchoolCalendar, today: Day) -> Option<(Day, bool)> {
    let monday = days::monday(today);
    let first = calendar.next(monday, None).filter(|day| *day <= days::add(monday, 6))?;
    Some((first, today >= first))
}

#[cfg(test)]
mod tests;
