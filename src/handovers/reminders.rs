//! What is reminded of, to whom, when, and in which state: one table, and the functions that read it off the facts. Pure.
//!
//! What must always hold: each reminder has the day that it is for, reckoned in school days of the school concerned, and that
//! day is part of its key in the outbox, so it goes once however often it is asked for. What is asked for is "due and not yet past
//! caring": a worker that was down for three days says what still matters and leaves out what no longer does.

use chrono::{DateTime, Utc};

use super::{Custody, Leg, LegState, Place, Way};
use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::Slot;
use crate::people::terms::SchoolCalendar;

/// To both sides of a leg, a week ahead.
pub const WEEK_BEFORE: &str = "handover_week_before";
/// To both sides of a leg, on the last school day before it.
pub const DAY_BEFORE: &str = "handover_day_before";
/// To who has it: it should be back.
pub const LATE: &str = "loan_late";
/// The same, to the coordinators.
pub const LATE_COORDINATORS: &str = "loan_late_coordinators";
/// The same, to the head of the school.
pub const LATE_HEAD: &str = "loan_late_head";
/// To the school whose booking may not happen as planned.
pub const AT_RISK: &str = "booking_at_risk";
/// To the receiver: it was given up, has it arrived?
pub const UNCONFIRMED: &str = "handover_unconfirmed";
/// To both schools: it is on its way for too long.
pub const LONG_WAY: &str = "handover_long_way";
/// The same, to the coordinators.
pub const LONG_WAY_COORDINATORS: &str = "handover_long_way_coordinators";
/// To who has it: nobody has counted it yet.
pub const NOT_COUNTED: &str = "loan_not_counted";
/// To the coordinators: what needs somebody this week.
pub const WEEKLY: &str = "weekly_digest";
/// What somebody wants to have together, once a day or a week.
pub const GATHERED: &str = "gathered_letters";

/// Whether a reminder may be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Not by who made the booking or has it now; by another science lead of the school.
    NotForTheOwnBooking,
    /// By a coordinator, as long as another one gets it.
    AsCoordinator,
    /// By everybody.
    Freely,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The kind of the letter.
    pub kind: &'static str,
    /// What it says, for people.
    pub name: &'static str,
    /// Who gets it, for people.
    pub to: &'static str,
    /// The day that it is for.
    pub when: &'static str,
    /// In which state; asked again at the moment of sending.
    pub state: &'static str,
    /// Whether it may be switched off.
    pub switch: Switch,
}

const BOTH: &str = "Both schools: who booked, and the science leads";
const HOLDER: &str = "Who has it, and the science leads of the school";

/// Every reminder that concerns handovers. Reminders of kit audits, electrical checks, needs audits, claims and invoices come with
/// the rooms that they are about.
#[rustfmt::skip]
pub const TABLE: [Rule; 11] = [
    Rule { kind: WEEK_BEFORE, name: "A handover comes up in a week", to: BOTH,
        when: "7 days before the day of the leg, when the last school day before it is not there yet",
        state: "the leg is planned as it was, not given up, and not laid or changed within the last day", switch: Switch::NotForTheOwnBooking },
    Rule { kind: DAY_BEFORE, name: "A handover comes up on the next school day", to: BOTH,
        when: "the last school day before the day of the leg, of each school its own",
        state: "the leg is planned as it was, not given up, and not laid or changed within the last day", switch: Switch::NotForTheOwnBooking },
    Rule { kind: LATE, name: "A box should be back", to: HOLDER,
        when: "the first school day after the last day of the loan, then every third",
        state: "the loan is out and its last day is past", switch: Switch::NotForTheOwnBooking },
    Rule { kind: LATE_COORDINATORS, name: "A box is late", to: "The coordinators",
        when: "from the second time on",
        state: "the loan is out and its last day is past", switch: Switch::AsCoordinator },
    Rule { kind: LATE_HEAD, name: "A box at your school is late", to: "The head of the school that has it",
        when: "from the third time on",
        state: "the loan is out and its last day is past", switch: Switch::Freely },
    Rule { kind: AT_RISK, name: "Your next booking is at risk", to: "Who booked, and the science leads of the school",
        when: "at once, when the booking begins within four weeks; once for each reason",
        state: "the copy is late elsewhere, lacks essential parts, or is out of service; not booked within the last day", switch: Switch::NotForTheOwnBooking },
    Rule { kind: UNCONFIRMED, name: "Has it arrived?", to: "The receiver: who booked, and the science leads",
        when: "the next school day after it was given up",
        state: "it is on its way, and not for too long", switch: Switch::NotForTheOwnBooking },
    Rule { kind: LONG_WAY, name: "A box is on its way for too long", to: BOTH,
        when: "so many school days after it was given up as the cluster's rules say",
        state: "it is on its way", switch: Switch::NotForTheOwnBooking },
    Rule { kind: LONG_WAY_COORDINATORS, name: "A box is on its way for too long", to: "The coordinators",
        when: "so many school days after it was given up as the cluster's rules say",
        state: "it is on its way", switch: Switch::AsCoordinator },
    Rule { kind: NOT_COUNTED, name: "A box has not been counted", to: HOLDER,
        when: "the next school day after it was fetched; no later than five school days after",
        state: "the loan is out, not over, and nothing was counted", switch: Switch::Freely },
    Rule { kind: WEEKLY, name: "What needs somebody this week", to: "The coordinators",
        when: "the first school day of a week in which there is anything to say",
        state: "the week is not over", switch: Switch::Freely },
];

/// A late loan is reminded of on the first school day after it, and then on every so-many-th.
const EVERY: u32 = 3;
/// A booking that begins later than in so many days hears of its risk when it comes nearer.
pub const RISK_DAYS: i64 = 28;
/// So many school days after it was fetched nobody asks any more whether it was counted.
const COUNT_WITHIN: u32 = 5;

/// Who is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// The side of a leg that gives it up.
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
}

/// A reminder that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The kind.
    pub kind: &'static str,
    /// To whom.
    pub to: Whom,
    /// The day that it is for.
    pub day: Day,
    /// Of a late loan the how-many-th time it is; else 0.
    pub time: u32,
    /// Of a booking at risk, why.
    pub trouble: Option<Trouble>,
}

impl Due {
    fn new(kind: &'static str, to: Whom, day: Day) -> Self {
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

/// What is due about a leg. `lately`: it was laid or changed within the last day, and whoever did that knows. `given`: the copy is
/// under way on it.
#[must_use]
pub fn of_leg(leg: &Leg, lately: bool, given: bool, calendar: &SchoolCalendar, today: Day) -> Found {
    if leg.state != LegState::Planned || leg.way == Way::Stays || today > leg.day {
        return Found::new(vec![], today, []);
    }
    if given {
        // The giver may yet take it back.
        let tomorrow = days::add(today, 1);
        return Found::new(vec![], today, [Some(tomorrow).filter(|day| *day <= leg.day)]);
    }
    let week = days::add(leg.day, -7);
    let last = |school| calendar.previous(days::add(leg.day, -1), Some(school));
    let sides = [(Whom::Giver, last(leg.from)), (Whom::Receiver, last(leg.to))];
    let due: Vec<Due> = sides
        .iter()
        .filter_map(|(side, last)| match last {
            Some(last) if today >= *last => Some(Due::new(DAY_BEFORE, *side, *last)),
            _ => (today >= week).then(|| Due::new(WEEK_BEFORE, *side, week)),
        })
        .collect();
    let again = [sides[0].1, sides[1].1, Some(week)];
    if lately && !due.is_empty() {
        return Found::new(vec![], today, again.into_iter().chain([Some(days::add(today, 1))]));
    }
    Found::new(due, today, again)
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
    /// Whether the catalogue says that it is being mended or was taken out.
    pub out_of_service: bool,
    /// Whether the catalogue says that it is missing.
    pub missing: bool,
    /// School days after which it is on its way for too long.
    pub transit_days: u32,
}

/// The how-many-th time a loan that ended on `last` is reminded of today, the day of that, and the day of the next time. The time
/// is 0 before the first.
#[must_use]
pub fn late(last: Day, school: SchoolId, calendar: &SchoolCalendar, today: Day) -> (u32, Option<Day>, Option<Day>) {
    let gone = Period::new(days::add(last, 1), today).map_or(0, |gone| calendar.count(gone, Some(school)));
    let time = gone.div_ceil(EVERY);
    let day_of = |time: u32| calendar.after(last, 1 + EVERY * (time - 1), Some(school));
    (time, (time > 0).then(|| day_of(time)).flatten(), day_of(time + 1))
}

/// What keeps the next booking of a copy from happening as planned.
#[must_use]
pub fn troubles(facts: &Facts<'_>, calendar: &SchoolCalendar, today: Day) -> Vec<Trouble> {
    // A school that has the next loan, too, keeps the copy and waits for nobody.
    let keeps = |out: &Slot| facts.next.is_some_and(|(next, _)| next.school == out.school);
    let is_late = facts.out.is_some_and(|out| !keeps(&out) && late(out.days.last(), out.school, calendar, today).0 > 0);
    let missing = facts.missing || facts.custody.place == Place::Missing;
    let all = [
        (is_late, Trouble::Late),
        (!facts.custody.short_essentials.is_empty(), Trouble::Short),
        (facts.out_of_service && !missing, Trouble::OutOfService),
        (missing, Trouble::Missing),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, trouble)| trouble).collect()
}

/// When nobody has confirmed a copy that was given up on this day: the day on which the receiver is asked, and the day from which
/// it is on its way for too long.
#[must_use]
pub fn on_the_way(given: Day, to: SchoolId, calendar: &SchoolCalendar, transit_days: u32) -> (Option<Day>, Option<Day>) {
    (calendar.after(given, 1, Some(to)), calendar.after(given, transit_days.max(1), Some(to)))
}

/// What is due about a copy, wherever it is.
#[must_use]
pub fn of_copy(facts: &Facts<'_>, calendar: &SchoolCalendar, today: Day) -> Found {
    let mut due = Vec::new();
    let mut again = Vec::new();
    if let Some(out) = facts.out {
        let (time, day, next) = late(out.days.last(), out.school, calendar, today);
        again.push(next);
        let told = [(1, LATE, Whom::Holder), (2, LATE_COORDINATORS, Whom::Coordinators), (3, LATE_HEAD, Whom::Head)];
        for (_, kind, to) in told.into_iter().filter(|(from, ..)| time >= *from) {
            due.extend(day.map(|day| Due { time, ..Due::new(kind, to, day) }));
        }
        if !facts.counted {
            let fetched = london(facts.custody.since);
            let ask = calendar.after(fetched, 1, Some(out.school));
            let until = calendar.after(fetched, COUNT_WITHIN, Some(out.school)).map(|day| day.min(out.days.last()));
            again.push(ask);
            if let (Some(ask), Some(until)) = (ask, until)
                && (ask..=until).contains(&today)
            {
                due.push(Due::new(NOT_COUNTED, Whom::Holder, ask));
            }
        }
    }
    if facts.custody.place == Place::Transit && facts.custody.handover.is_some() {
        let to = facts.custody.to.unwrap_or(facts.home);
        let (ask, long) = on_the_way(london(facts.custody.since), to, calendar, facts.transit_days);
        again.extend([ask, long]);
        if let Some(long) = long.filter(|long| today >= *long) {
            due.push(Due::new(LONG_WAY, Whom::Giver, long));
            due.push(Due::new(LONG_WAY, Whom::Receiver, long));
            due.push(Due::new(LONG_WAY_COORDINATORS, Whom::Coordinators, long));
        } else if let Some(ask) = ask.filter(|ask| today >= *ask) {
            due.push(Due::new(UNCONFIRMED, Whom::Receiver, ask));
        }
    }
    if let Some((next, lately)) = facts.next {
        let near = days::add(next.days.first(), -RISK_DAYS);
        let troubles = troubles(facts, calendar, today);
        if !troubles.is_empty() {
            // One that nobody fetches makes way for the one after it.
            again.extend([Some(near), Some(days::add(next.days.last(), 1))]);
        }
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
