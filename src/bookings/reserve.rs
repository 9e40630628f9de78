//! Reserving: from what is on the shelf and what a school wishes to a decision, or to a refusal that says what would do.

use std::collections::BTreeMap;

use super::refusals::{Refusal, Taken, TakenCopy};
use super::rules::limit;
use super::spans::{self, Nearest, Search};
use super::{Booking, By, Kind, Limit, Rules, Slot, State, held_until};
use crate::base::days::{Day, Period};
use crate::base::ids::{BookingId, CopyId, SchoolId};
use crate::catalogue::missing::{self, Short};
use crate::clusters::longest::Longest;
use crate::schools::ANOTHER;
use crate::year::SchoolCalendar;

/// The longest hold that the database stores; a coordinator's override ends here.
const LONGEST_HOLD_DAYS: u32 = 366;

/// What somebody asks for. Days as they were typed: nothing is known of them yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Loan, or restock by a coordinator.
    pub kind: Kind,
    /// The chosen copy, or any that is free.
    pub copy: Option<CopyId>,
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// Who asks.
    pub by: By,
    /// Why a coordinator asks for more than the rules allow.
    pub override_reason: String,
}

/// Everything a decision needs, read in one transaction.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// The day it is.
    pub today: Day,
    /// The cluster's rules, as they hold for this resource.
    pub rules: Rules,
    /// The school year.
    pub calendar: SchoolCalendar,
    /// The resource's copies, by tag.
    pub copies: Vec<ShelfCopy>,
    /// The school the booking is for.
    pub standing: Standing,
    /// The loans of that school that are not over, of whatever box.
    pub own: Vec<OwnLoan>,
    /// What each school of the cluster is called.
    pub names: BTreeMap<SchoolId, String>,
}

/// A copy and what is planned for it.
#[derive(Debug, Clone)]
pub struct ShelfCopy {
    /// Its id.
    pub id: CopyId,
    /// Its tag.
    pub tag: String,
    /// Why it cannot be lent: "being repaired". `None` when it can.
    pub out_of_service: Option<String>,
    /// What it lacks now, by its last count.
    pub missing: Vec<Short>,
    /// Its live bookings by first day, none overlapping: those near the wish, and a late one however old.
    pub slots: Vec<Slot>,
}

impl ShelfCopy {
    /// Whether it can be lent at all as things stand: in service, and not late.
    #[must_use]
    pub fn is_lent(&self, today: Day) -> bool {
        self.out_of_service.is_none() && self.late(today).is_none()
    }

    /// The loan that should be back and is not.
    #[must_use]
    pub fn late(&self, today: Day) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.late_since(today).is_some())
    }
}

/// A loan of the school that the booking is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnLoan {
    /// Its id.
    pub id: BookingId,
    /// From the first to the last day; a late one has no end yet.
    pub days: Period,
    /// Whether it should be back and is not.
    pub late: bool,
}

/// A school's times in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The school.
    pub school: SchoolId,
    /// Its memberships; usually one.
    pub memberships: Vec<Membership>,
}

/// A time in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The first day.
    pub joined: Day,
    /// The last day.
    pub left: Option<Day>,
    /// A break.
    pub sabbatical: Option<Period>,
}

/// What is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The copy.
    pub copy: CopyId,
    /// Its tag.
    pub tag: String,
    /// For which school.
    pub school: SchoolId,
    /// Loan or restock.
    pub kind: Kind,
    /// From the first to the last day.
    pub days: Period,
    /// The last day on which nobody else can have it.
    pub held_until: Day,
    /// Requested or confirmed.
    pub state: State,
    /// The days asked for, where they were moved to school days.
    pub asked: Option<Period>,
    /// The rules that a coordinator's reason overrode.
    pub waived: Vec<Refusal>,
}

/// Decides a new booking.
///
/// # Errors
/// The first rule that is in the way; [`Refusal::Taken`] only when no other is.
pub fn reserve(shelf: &Shelf, wish: &Wish) -> Result<Decision, Refusal> {
    decide(shelf, wish, None)
}

/// Decides a new booking, or other days or another copy for one that is there.
pub(super) fn decide(shelf: &Shelf, wish: &Wish, old: Option<&Booking>) -> Result<Decision, Refusal> {
    let mut desk = Desk { shelf, wish, waived: Vec::new() };
    let started = old.filter(|old| old.slot.days.first() == wish.first && wish.first <= shelf.today);
    let (days, asked) = desk.days(started)?;
    // Giving days up needs no rule's leave.
    let within = old.is_some_and(|old| {
        wish.copy == Some(old.slot.copy) && old.slot.days.first() <= days.first() && days.last() <= old.slot.days.last()
    });
    if wish.kind == Kind::Loan && !within {
        desk.rules(days, started.is_some(), old)?;
    }
    if days.len_days() > i64::from(LONGEST_HOLD_DAYS) {
        return Err(too_long(shelf, days, Longest::Days(LONGEST_HOLD_DAYS)));
    }
    let reach = shelf.rules.reach(shelf.today);
    if days.last() > reach && !within {
        return Err(Refusal::OutOfReach { limit: reach });
    }
    // What is given up is taken from nobody: then it does not matter that the copy is late elsewhere, being repaired, or meant to
    // rest for longer than it was when it was booked.
    let kept = old.filter(|_| within).map(|old| &old.slot);
    let copy = match kept {
        Some(slot) => shelf.copies.iter().find(|copy| copy.id == slot.copy).ok_or(Refusal::NoSuchCopy)?,
        None => desk.copy(days, old.map(|old| old.slot.id))?,
    };
    let held_until = held_until(days, shelf.rules.turnaround_days);
    let held_until = kept.map_or(held_until, |slot| held_until.min(slot.held_until));
    let state = match old {
        Some(old) if within || wish.by.is_coordinator() || !shelf.rules.approval_needed => old.slot.state,
        _ if shelf.rules.approval_needed && !wish.by.is_coordinator() => State::Requested,
        _ => State::Confirmed,
    };
    Ok(Decision {
        copy: copy.id,
        tag: copy.tag.clone(),
        school: shelf.standing.school,
        kind: wish.kind,
        days,
        held_until,
        state,
        asked,
        waived: desk.waived,
    })
}

impl Shelf {
    /// What a school is called.
    #[must_use]
    pub fn name(&self, school: SchoolId) -> &str {
        self.names.get(&school).map_or(ANOTHER, String::as_str)
    }

    /// The bounds of a search for free spans for this school.
    #[must_use]
    pub fn search(&self) -> Option<Search<'_>> {
        let school = Some(self.standing.school);
        Some(Search {
            calendar: &self.calendar,
            school,
            bookable: self.rules.bookable(self.today, &self.calendar, school)?,
            turnaround: self.rules.turnaround_days,
            longest: self.rules.longest,
        })
    }

    /// How far a loan may go that begins on this day: the last school day that the rule allows, and what stands for it where the terms are
    /// not entered yet.
    #[must_use]
    pub fn limit(&self, first: Day) -> Limit {
        self.limit_by(self.rules.longest, first)
    }

    fn limit_by(&self, longest: Longest, first: Day) -> Limit {
        let school = Some(self.standing.school);
        let limit = limit(longest, first, &self.calendar, school);
        if self.rules.allow_non_school_days {
            return limit;
        }
        let last = self.calendar.previous(limit.last, school).filter(|last| *last >= first).unwrap_or(limit.last);
        Limit { last, ..limit }
    }

    /// The first of the days on which the school has as many loans as it may have at the same time, besides `except`. A late one lasts until
    /// it is back.
    #[must_use]
    pub fn full(&self, days: Period, except: Option<BookingId>) -> Option<Period> {
        let near: Vec<&OwnLoan> = self.own.iter().filter(|own| Some(own.id) != except && own.days.overlaps(days)).collect();
        let most = self.rules.most_live_bookings as usize;
        if near.len() < most {
            return None;
        }
        let is_full = |day: &Day| near.iter().filter(|own| own.days.contains(*day)).count() >= most;
        let first = days.days().find(is_full)?;
        let last = Period::new(first, days.last())?.days().take_while(is_full).last()?;
        Period::new(first, last)
    }

    /// The most loans that the school has at the same time on these days.
    #[must_use]
    pub fn at_once(&self, days: Period) -> usize {
        let near: Vec<&OwnLoan> = self.own.iter().filter(|own| own.days.overlaps(days)).collect();
        days.days().map(|day| near.iter().filter(|own| own.days.contains(day)).count()).max().unwrap_or_default()
    }

    /// The first free span of the resource from a day on, with its copy: late copies and copies out of service are not free.
    #[must_use]
    pub fn next_free(&self, from: Day) -> Option<(&ShelfCopy, Period)> {
        let search = self.search()?;
        let lendable = self.copies.iter().filter(|copy| copy.is_lent(self.today));
        let spans = lendable.filter_map(|copy| Some((copy, search.next_free(&copy.slots, from)?)));
        spans.min_by_key(|(_, span)| (span.first(), std::cmp::Reverse(span.last())))
    }
}

impl Wish {
    /// Whether what is in the way is a rule that a coordinator's reason overrides.
    #[must_use]
    pub fn may_set_aside(&self, refusal: &Refusal) -> bool {
        refusal.rule().is_some() && self.by.is_coordinator() && !self.override_reason.trim().is_empty()
    }
}

/// A wish on its way through the rules.
struct Desk<'a> {
    shelf: &'a Shelf,
    wish: &'a Wish,
    waived: Vec<Refusal>,
}

impl<'a> Desk<'a> {
    /// A rule is in the way: a coordinator's reason may override it.
    fn stop(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        if !self.wish.may_set_aside(&refusal) {
            return Err(refusal);
        }
        self.waived.push(refusal);
        Ok(())
    }

    /// The days, moved to school days where they must be, with what was asked when they were moved. `started`: the first day
    /// is past, because the booking has begun, and stays as it is.
    fn days(&mut self, started: Option<&Booking>) -> Result<(Period, Option<Period>), Refusal> {
        let (stock, wish) = (self.shelf, self.wish);
        let school = Some(stock.standing.school);
        let Some(asked) = Period::new(wish.first, wish.last) else {
            return Err(Refusal::LastBeforeFirst { first: wish.first });
        };
        let past = if started.is_some() { asked.last() < stock.today } else { asked.first() < stock.today };
        if past {
            return Err(Refusal::Past { next: stock.calendar.next(stock.today, school).unwrap_or(stock.today) });
        }
        if stock.rules.allow_non_school_days || wish.kind == Kind::Restock {
            return Ok((asked, None));
        }
        let Some(snapped) = stock.calendar.snap(asked, school) else {
            let why = stock.calendar.why_closed(asked.first(), school);
            let words =
                why.map_or_else(|| "closed".to_owned(), |why| why.words(stock.names.get(&stock.standing.school).map(String::as_str)));
            self.stop(Refusal::Closed { days: asked, why: words, next: stock.calendar.next(asked.last(), school) })?;
            return Ok((asked, None));
        };
        let days = match started {
            Some(old) => Period::new(old.slot.days.first(), snapped.last()).unwrap_or(snapped),
            None => snapped,
        };
        Ok((days, (days != asked).then_some(asked)))
    }

    /// The rules of lending, one after the other. `old`: the booking as it is, which is one of the school's already.
    fn rules(&mut self, days: Period, started: bool, old: Option<&Booking>) -> Result<(), Refusal> {
        let stock = self.shelf;
        let (rules, school) = (&stock.rules, stock.standing.school);
        if let Some(refusal) = not_standing(stock, days) {
            self.stop(refusal)?;
        }
        let earliest = rules.earliest(stock.today, &stock.calendar, Some(school));
        if !started && days.first() < earliest {
            self.stop(Refusal::TooSoon { notice: rules.shortest_notice_days, earliest })?;
        }
        let limit = rules.furthest_ahead.limit(stock.today);
        if days.last() > limit {
            self.stop(Refusal::TooFar { rule: rules.furthest_ahead.words(), limit })?;
        }
        if days.last() > stock.limit(days.first()).last {
            self.stop(too_long(stock, days, rules.longest))?;
        }
        let except = old.map(|old| old.slot.id);
        // Whoever has too many already, because the rule was set aside or is another now, may move one among the same days.
        let already = old.is_some_and(|old| stock.full(old.slot.days, except).is_some());
        if let Some(full) = stock.full(days, except).filter(|_| !already) {
            let late = stock.own.iter().any(|own| own.late && Some(own.id) != except && own.days.overlaps(full));
            self.stop(Refusal::TooMany { most: rules.most_live_bookings, school: stock.name(school).to_owned(), full, late })?;
        }
        Ok(())
    }

    /// The copy: the chosen one, or of the free ones the most complete, then the one that leaves the least unused days around it, then by tag.
    fn copy(&mut self, days: Period, except: Option<BookingId>) -> Result<&'a ShelfCopy, Refusal> {
        let (stock, wish) = (self.shelf, self.wish);
        let asked: Vec<&ShelfCopy> = match wish.copy {
            Some(id) => stock.copies.iter().filter(|copy| copy.id == id).collect(),
            None => stock.copies.iter().collect(),
        };
        let lendable = |copy: &&&ShelfCopy| copy.out_of_service.is_none() || wish.kind == Kind::Restock;
        let late = |copy: &&ShelfCopy| copy.late(stock.today).is_some_and(|slot| Some(slot.id) != except);
        let mut open: Vec<&ShelfCopy> = asked.iter().filter(lendable).filter(|copy| !late(copy)).copied().collect();
        if open.is_empty() {
            let Some(first) = asked.first() else { return Err(Refusal::NoSuchCopy) };
            let Some(copy) = asked.iter().find(lendable) else {
                let why = first.out_of_service.clone().unwrap_or_default();
                return Err(Refusal::OutOfService { tag: first.tag.clone(), why });
            };
            if let Some(slot) = copy.late(stock.today) {
                let holder = stock.name(slot.school).to_owned();
                self.stop(Refusal::Late { tag: copy.tag.clone(), holder, since: slot.days.last() })?;
            }
            open = asked.iter().filter(lendable).copied().collect();
        }
        let hold = days.extended(stock.rules.turnaround_days);
        let free = open.iter().filter_map(|copy| Some(((missing::rank(&copy.missing), slack(&copy.slots, hold, except)?), *copy)));
        if let Some((_, copy)) = free.min_by(|(a, one), (b, two)| a.cmp(b).then_with(|| one.tag.cmp(&two.tag))) {
            return Ok(copy);
        }
        Err(Refusal::Taken(Box::new(taken(stock, &open, days, hold, except))))
    }
}

/// Who has each of the copies, and when it is free instead.
fn taken(shelf: &Shelf, copies: &[&ShelfCopy], days: Period, hold: Period, except: Option<BookingId>) -> Taken {
    let school_days = shelf.calendar.count(days, Some(shelf.standing.school));
    let copies: Vec<TakenCopy> = copies
        .iter()
        .filter_map(|copy| {
            let slots = others(&copy.slots, except);
            let slot = spans::clash(&slots, hold)?;
            let nearest = shelf.search().map_or_else(Nearest::default, |search| search.nearest(&slots, days.first(), school_days));
            let open = |span: &Period| shelf.full(*span, except).is_none();
            let nearest = Nearest { before: nearest.before.filter(open), after: nearest.after.filter(open) };
            let by = match slot.kind {
                Kind::Loan => shelf.name(slot.school).to_owned(),
                Kind::Restock => "The coordinator".to_owned(),
            };
            let offered_to = slot.offered_to();
            Some(TakenCopy { copy: copy.id, tag: copy.tag.clone(), booking: slot.id, by, has: slot.days, offered_to, nearest })
        })
        .collect();
    let free_instead = shelf
        .copies
        .iter()
        .filter(|copy| copy.is_lent(shelf.today))
        .filter(|copy| slack(&copy.slots, hold, except).is_some())
        .map(|copy| (copy.id, copy.tag.clone()))
        .collect();
    Taken { days, turnaround: shelf.rules.turnaround_days, copies, free_instead }
}

fn others(slots: &[Slot], except: Option<BookingId>) -> Vec<Slot> {
    slots.iter().filter(|slot| Some(slot.id) != except).copied().collect()
}

/// How many free days would be left unused around a hold; `None` when it clashes.
fn slack(slots: &[Slot], hold: Period, except: Option<BookingId>) -> Option<i64> {
    /// Free for ever on one side: worse than any real gap.
    const OPEN: i64 = 1_000;
    let mut slots = slots.iter().filter(|slot| Some(slot.id) != except).peekable();
    let mut before = OPEN;
    while let Some(slot) = slots.next_if(|slot| slot.held_until < hold.first()) {
        before = (hold.first() - slot.held_until).num_days() - 1;
    }
    let after = match slots.next() {
        None => OPEN,
        Some(slot) if slot.days.first() > hold.last() => (slot.days.first() - hold.last()).num_days() - 1,
        Some(_) => return None,
    };
    Some(before.min(OPEN) + after.min(OPEN))
}

/// Whether the school is a member on all the days.
fn not_standing(shelf: &Shelf, days: Period) -> Option<Refusal> {
    let standing = &shelf.standing;
    let school = || shelf.name(standing.school).to_owned();
    let covers = |m: &&Membership| m.joined <= days.first() && m.left.is_none_or(|left| left >= days.last());
    let Some(membership) = standing.memberships.iter().find(covers) else {
        let begun = standing.memberships.iter().filter(|m| m.joined <= days.first()).max_by_key(|m| m.joined);
        if let Some(left) = begun.and_then(|m| m.left).filter(|left| *left < days.last()) {
            return Some(Refusal::Left { school: school(), on: left });
        }
        let from = standing.memberships.iter().map(|m| m.joined).filter(|joined| *joined > days.first()).min();
        return Some(Refusal::NotAMember { school: school(), from });
    };
    let sabbatical = membership.sabbatical.filter(|break_| break_.overlaps(days))?;
    Some(Refusal::Sabbatical { school: school(), days: sabbatical })
}

fn too_long(shelf: &Shelf, days: Period, longest: Longest) -> Refusal {
    let limit = shelf.limit_by(longest, days.first());
    Refusal::TooLong { longest, instead: limit.instead, asked: days.len_days(), last: limit.last }
}

#[cfg(test)]
pub(super) mod tests;
