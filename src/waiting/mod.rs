//! The waiting list: who may ask for a place, who is next when days become free, how long an offer is held. Pure.
//!
//! What must always hold: places are in the order of asking; a school has one offer at a time for a place; what is offered holds its
//! days as a booking does, so that nobody comes in between; an offer ends with the end of a day and never after the first day asked for.

pub mod acts;
pub mod letters;
pub mod pages;
pub mod store;
pub mod tell;

use chrono::{DateTime, Utc};

use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, PersonId, ResourceId, SchoolId, WaitId};
use crate::bookings::reserve::reserve;
use crate::bookings::{self, By, Decision, Kind, Rules, Shelf, Slot, Standing, Wish, last_day_of, spans};
use crate::clusters::longest::Longest;
use crate::db::Refuses;
use crate::year::SchoolCalendar;

/// The most places that a school has at a time.
pub const MOST_PLACES: usize = 10;

/// Where a place on the list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// In line.
    Waiting,
    /// The days are held for the school until it answers.
    Offered,
    /// The school has taken the days.
    Taken,
    /// The offer ran out.
    Lapsed,
    /// The school did not want the days any more.
    Declined,
    /// The school gave up its place before anything was offered.
    Withdrawn,
    /// The days are past, or the school has left.
    Over,
}

impl State {
    /// Whether something can still come of it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Offered)
    }

    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "In line",
            Self::Offered => "Offered",
            Self::Taken => "Taken",
            Self::Lapsed => "Offer ran out",
            Self::Declined => "Not wanted any more",
            Self::Withdrawn => "Left",
            Self::Over => "Over",
        }
    }
}

/// A place on the list. The smaller its id, the earlier it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Its id.
    pub id: WaitId,
    /// For what.
    pub resource: ResourceId,
    /// For one copy of it alone; `None` for any.
    pub copy: Option<CopyId>,
    /// For which school.
    pub school: SchoolId,
    /// Who asked, or took over from who asked.
    pub person: PersonId,
    /// For which days.
    pub days: Period,
    /// The class, as typed.
    pub class_name: String,
    /// What for, as typed.
    pub purpose: String,
    /// Where it stands.
    pub state: State,
    /// The booking that holds the days, once they are offered.
    pub booking: Option<BookingId>,
}

impl Wait {
    /// Whether both could want the same copy on the same day.
    fn rivals(&self, other: &Self) -> bool {
        let same_copy = self.copy.is_none() || other.copy.is_none() || self.copy == other.copy;
        self.resource == other.resource && same_copy && self.days.overlaps(other.days)
    }
}

/// Why somebody gets no place, or cannot answer an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A rule of lending is in the way of these days, list or no list.
    Rule(bookings::Refusal),
    /// Nobody has it on these days: there is nothing to wait for.
    Free(Period),
    /// The school has it itself on some of these days.
    Yours,
    /// The school is on the list for these days already.
    Already(WaitId),
    /// The school has as many places as one can have.
    TooMany {
        /// The school.
        school: String,
    },
    /// Nothing is offered now: how the place stands.
    NotOffered(State),
    /// The offer has run out, at the end of this day.
    RanOut(Day),
    /// The school has said that it does not want it, and can still undo that.
    Declining,
    /// Only the school that waits and coordinators may answer.
    NotYours,
}

impl Refuses for Refusal {}

impl Refusal {
    /// What is wrong and what would be right.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Rule(refusal) => refusal.message(),
            Self::Free(days) => format!("It is free from {days}. You need not wait: reserve it"),
            Self::Yours => "Your school has it on some of these days already. Change that booking, or choose other days".to_owned(),
            Self::Already(_) => "Your school is on the waiting list for these days already".to_owned(),
            Self::TooMany { school } => {
                format!("A school can have {MOST_PLACES} places on the waiting list, and {school} has that many. Give one up first")
            }
            Self::NotOffered(State::Waiting) => "Nothing is offered yet. You get an e-mail when it is your turn".to_owned(),
            Self::NotOffered(State::Taken) => "Your school has taken these days already".to_owned(),
            Self::NotOffered(State::Lapsed) => "The offer has run out, and the days have gone on to the next in line".to_owned(),
            Self::NotOffered(_) => "This place on the waiting list has ended".to_owned(),
            Self::RanOut(day) => format!("The offer ran out at the end of {}. The days go on to the next in line", days::full(*day)),
            Self::Declining => "You have said that you do not want these days. Undo that first".to_owned(),
            Self::NotYours => "Only the school that waits, or a coordinator, can see and answer this".to_owned(),
        }
    }

    /// The field of the form that has to change.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Rule(refusal) => refusal.field().name(),
            _ => "from",
        }
    }
}

/// Decides whether the school of the shelf gets a place, and gives the days, moved to school days as for a booking. How many bookings
/// the school has does not matter until it takes an offer. `open` are the cluster's places that are not over.
///
/// # Errors
/// A rule of lending; that a copy is free; that the school has it, waits for it, or waits for too much.
pub fn ask(shelf: &Shelf, resource: ResourceId, wish: &Wish, open: &[Wait]) -> Result<Period, Refusal> {
    let school = shelf.standing.school;
    let wish = Wish { kind: Kind::Loan, by: By::School(school), override_reason: String::new(), ..wish.clone() };
    let mut bare = shelf.clone();
    bare.rules.most_live_bookings = u32::MAX;
    for copy in &mut bare.copies {
        copy.slots.clear();
    }
    let days = reserve(&bare, &wish).map_err(Refusal::Rule)?.days;
    let hold = days.extended(shelf.rules.turnaround_days);
    let asked = || shelf.copies.iter().filter(|copy| copy.out_of_service.is_none() && wish.copy.is_none_or(|id| id == copy.id));
    if asked().any(|copy| copy.late(shelf.today).is_none() && spans::is_free(&copy.slots, hold)) {
        return Err(Refusal::Free(days));
    }
    let own = |slot: &Slot| slot.school == school && slot.kind == Kind::Loan && slot.held().overlaps(hold);
    if asked().all(|copy| copy.slots.iter().any(own)) {
        return Err(Refusal::Yours);
    }
    let mine = || open.iter().filter(|wait| wait.school == school && wait.state.is_open());
    if let Some(there) = mine().find(|wait| wait.resource == resource && wait.days == days) {
        return Err(Refusal::Already(there.id));
    }
    if mine().count() >= MOST_PLACES {
        return Err(Refusal::TooMany { school: shelf.name(school).to_owned() });
    }
    Ok(days)
}

/// What is offered now: the free days of the shelf go to the places in the order of asking, each wholly or not at all. `waits` are
/// the open places of the resource by id; `standing` tells a school's times in the cluster. A decision is a request whose days are held.
pub fn offers(shelf: &Shelf, waits: &[Wait], standing: impl Fn(SchoolId) -> Standing) -> Vec<(WaitId, Decision)> {
    let mut shelf = shelf.clone();
    // The school asked when the rules let it: what they say now is asked again when it takes the days.
    shelf.rules = Rules {
        longest: Longest::Days(Longest::MOST_DAYS),
        shortest_notice_days: 0,
        most_live_bookings: u32::MAX,
        allow_non_school_days: true,
        approval_needed: true,
        ..shelf.rules
    };
    let mut offered = Vec::new();
    for wait in waits.iter().filter(|wait| wait.state == State::Waiting && wait.days.first() >= shelf.today) {
        shelf.standing = standing(wait.school);
        let wish = Wish {
            kind: Kind::Loan,
            copy: wait.copy,
            first: wait.days.first(),
            last: wait.days.last(),
            by: By::School(wait.school),
            override_reason: String::new(),
        };
        let Ok(decision) = reserve(&shelf, &wish) else { continue };
        if let Some(copy) = shelf.copies.iter_mut().find(|copy| copy.id == decision.copy) {
            let slot = Slot {
                id: BookingId(0),
                copy: decision.copy,
                school: wait.school,
                kind: Kind::Loan,
                state: decision.state,
                days: decision.days,
                held_until: decision.held_until,
                collected_on: None,
                returned_on: None,
                offer_until: None,
            };
            copy.slots.push(slot);
            copy.slots.sort_unstable_by_key(|slot| slot.days);
        }
        offered.push((wait.id, decision));
    }
    offered
}

/// When an offer that is made now ends: with the end of the `offer_days`-th school day of the school, in London, and not after the
/// first day asked for.
#[must_use]
pub fn ends(calendar: &SchoolCalendar, school: SchoolId, now: DateTime<Utc>, offer_days: u32, first: Day) -> DateTime<Utc> {
    let today = clock::today(now);
    let last = calendar.after(today, offer_days, Some(school)).unwrap_or_else(|| days::add(today, i64::from(offer_days)));
    clock::midnight(days::add(last.min(first.max(today)), 1))
}

/// Whether the school can take what is offered.
///
/// # Errors
/// When nothing is offered, or the offer has run out.
pub fn answerable(state: State, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Refusal> {
    match (state, until) {
        (State::Offered, Some(until)) if now < until => Ok(()),
        (State::Offered, Some(until)) => Err(Refusal::RanOut(last_day_of(until))),
        (state, _) => Err(Refusal::NotOffered(state)),
    }
}

/// The school takes the offered days: the rules of lending are asked as for a new booking, but for the notice, since the school
/// asked long ago, and for the plan, since the days are its own already.
///
/// # Errors
/// The first rule that is in the way.
pub fn take(shelf: &Shelf, offer: &Slot, by: By, override_reason: &str) -> Result<Decision, bookings::Refusal> {
    let mut shelf = shelf.clone();
    shelf.rules = Rules { shortest_notice_days: 0, allow_non_school_days: true, ..shelf.rules };
    for copy in &mut shelf.copies {
        copy.slots.clear();
        // A copy that has come to harm since puts the loan at risk, as it would any other.
        copy.out_of_service = None;
    }
    let (first, last) = (offer.days.first(), offer.days.last());
    let override_reason = override_reason.to_owned();
    reserve(&shelf, &Wish { kind: Kind::Loan, copy: Some(offer.copy), first, last, by, override_reason })
}

/// The place in line, from 1: how many that want a copy on one of the same days have asked before.
#[must_use]
pub fn position(wait: &Wait, open: &[Wait]) -> usize {
    1 + open.iter().filter(|other| other.id < wait.id && other.state.is_open() && other.rivals(wait)).count()
}

/// "first in line", "12th in line".
#[must_use]
pub fn in_line(position: usize) -> String {
    const WORDS: [&str; 10] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    match position.checked_sub(1).and_then(|at| WORDS.get(at)) {
        Some(word) => format!("{word} in line"),
        None => format!("number {position} in line"),
    }
}

#[cfg(test)]
mod tests;
