//! Everything a calendar page was given to draw, and the questions its views ask of it.

use std::collections::HashMap;

use maud::{Markup, html};

use super::ask::{Ask, View};
use super::words::Brief;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{CopyId, SchoolId};
use crate::bookings::stands::Beside;
use crate::bookings::store::plan::{self, Copy, Loan, Title};
use crate::bookings::whereabouts::{Planned, Whereabouts};
use crate::bookings::{Kind, Slot, risk, spans};
use crate::calendar::pages::ask;
use crate::catalogue::{Astray, CopyState};
use crate::db::{Result, Tx};
use crate::mail::store as outbox;
use crate::people::RoleKind;
use crate::schools;
use crate::year::{self, SchoolCalendar};

/// How many days around the day asked for are read of the closures: more than the longest window on either side.
const MARGIN: i64 = 250;

/// Who looks.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The schools whose loans are "yours".
    pub mine: Vec<SchoolId>,
    /// The school whose INSET days count.
    pub own: Option<SchoolId>,
    /// Whether free gaps are links.
    pub may_book: bool,
    /// Whether requests are this person's to approve.
    pub coordinator: bool,
}

/// A calendar page's facts.
pub struct CalendarPage {
    /// The schools whose loans are "yours".
    pub mine: Vec<SchoolId>,
    /// The school whose INSET days count.
    pub own: Option<SchoolId>,
    /// Whether free gaps are links.
    pub may_book: bool,
    /// Whether requests are this person's to approve.
    pub coordinator: bool,
    /// Letters that could not be sent, for who can do something about it.
    pub unsent: usize,
    /// The day it is.
    pub today: Day,
    /// What was asked for.
    pub ask: Ask,
    /// The school year.
    pub calendar: SchoolCalendar,
    /// The days that the loans cover.
    pub shown_days: Period,
    /// All titles with their copies.
    pub titles: Vec<Title>,
    /// The live bookings of the window, by copy and first day.
    loans: Vec<Loan>,
    /// What is out now, and the requests to come.
    open: Vec<Slot>,
    /// Short name and letters.
    schools: HashMap<SchoolId, (String, String)>,
}

impl CalendarPage {
    /// Reads a page's facts: six queries, whatever the history.
    pub fn read(tx: &mut Tx<'_>, ask: Ask, viewer: Viewer) -> Result<Self> {
        let today = tx.today();
        let day = ask.from.unwrap_or(today);
        let around = Period::new(days::add(day, -MARGIN), days::add(day, MARGIN)).unwrap_or(Period::day(day));
        let calendar = year::store::school_calendar(tx, around)?;
        let shown_days = match ask.view {
            View::Month => ask::weeks_of(day),
            View::Term | View::List => calendar.window(day).days,
        };
        let titles = plan::titles(tx)?;
        let loans = plan::in_window(tx, shown_days)?;
        let open = plan::open_now(tx)?;
        let schools =
            schools::store::school_names(tx)?.0.into_iter().map(|school| (school.id, (school.short_name, school.letters))).collect();
        let Viewer { mine, own, may_book, coordinator } = viewer;
        let unsent = if coordinator { usize::try_from(outbox::failed_count(tx)?).unwrap_or(0) } else { 0 };
        Ok(Self { mine, own, may_book, coordinator, unsent, today, ask, calendar, shown_days, titles, loans, open, schools })
    }

    /// A school's short name and its letters.
    #[must_use]
    pub fn school(&self, id: SchoolId) -> (&str, &str) {
        self.schools.get(&id).map_or(("A school", "?"), |(name, letters)| (name, letters))
    }

    /// All schools on the page, letters and short name, by letters.
    #[must_use]
    pub fn codes(&self) -> Vec<(&str, &str)> {
        let mut codes: Vec<_> = self.schools.values().map(|(name, letters)| (letters.as_str(), name.as_str())).collect();
        codes.sort_unstable();
        codes
    }

    /// How many schools the cluster has or had.
    #[must_use]
    pub fn school_count(&self) -> usize {
        self.schools.len()
    }

    /// The days that can be booked at all: the same for all titles, since notice and reach are the cluster's.
    #[must_use]
    pub fn bookable(&self) -> Option<Period> {
        let rules = self.titles.first().filter(|_| self.may_book)?.rules;
        rules.bookable(self.today, &self.calendar, self.own)
    }

    /// The live bookings of a copy in the window, by first day.
    #[must_use]
    pub fn loans_of(&self, copy: CopyId) -> &[Loan] {
        let first = self.loans.partition_point(|loan| loan.slot.copy < copy);
        let len = self.loans[first..].partition_point(|loan| loan.slot.copy == copy);
        &self.loans[first..first + len]
    }

    /// The titles asked for with those of their copies that are.
    #[must_use]
    pub fn shown(&self) -> Vec<(&Title, Vec<&Copy>)> {
        let wanted = self.titles.iter().filter(|title| self.ask.wants(title));
        wanted
            .map(|title| (title, title.copies.iter().filter(|copy| self.is_free_as_asked(title, copy)).collect::<Vec<_>>()))
            .filter(|(_, copies)| !copies.is_empty())
            .collect()
    }

    fn is_free_as_asked(&self, title: &Title, copy: &Copy) -> bool {
        let Some(monday) = self.ask.free else { return true };
        let week = Period::new(monday, days::add(monday, 4)).unwrap_or(Period::day(monday));
        let Some(wanted) = self.calendar.snap(week, self.own) else { return false };
        self.is_free(copy, wanted.extended(title.rules.turnaround_days))
    }

    /// Whether nobody can say when the copy is back, because it is missing or on its way for too long.
    #[must_use]
    pub fn is_lost(&self, copy: &Copy) -> bool {
        copy.plight.astray.is_some_and(|astray| astray.keeps_out(self.today))
    }

    /// Whether the copy can be had on all these days of the window.
    fn is_free(&self, copy: &Copy, wanted: Period) -> bool {
        let slots: Vec<Slot> = self.loans_of(copy.id).iter().map(|loan| loan.slot).collect();
        copy.state == CopyState::InService && !self.is_lost(copy) && self.late(copy.id).is_none() && spans::is_free(&slots, wanted)
    }

    /// The loan for which the copy is out now.
    fn out(&self, copy: CopyId) -> Option<&Slot> {
        self.open.iter().find(|slot| slot.copy == copy && slot.is_out())
    }

    /// The loan from which the copy is late.
    #[must_use]
    pub fn late(&self, copy: CopyId) -> Option<&Slot> {
        self.out(copy).filter(|slot| slot.late_since(self.today).is_some())
    }

    /// Whether a booking may not happen as planned.
    #[must_use]
    pub fn at_risk(&self, slot: &Slot, copy: &Copy) -> bool {
        risk(slot, self.late(slot.copy), copy.state.why_not(), &copy.plight, self.today).is_some()
    }

    /// Everything late now, in the whole cluster.
    #[must_use]
    pub fn all_late(&self) -> Vec<&Slot> {
        self.open.iter().filter(|slot| slot.late_since(self.today).is_some()).collect()
    }

    /// How many requests wait for an answer.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.open.iter().filter(|slot| slot.is_request()).count()
    }

    /// What the viewer's schools have out.
    #[must_use]
    pub fn mine_out(&self) -> Vec<&Slot> {
        self.open.iter().filter(|slot| slot.is_out() && slot.kind == Kind::Loan && self.mine.contains(&slot.school)).collect()
    }

    /// How many copies can be had today; `None` when today is not in the window or no school day.
    #[must_use]
    pub fn free_today(&self) -> Option<usize> {
        let known = self.shown_days.contains(self.today) && self.calendar.is_school_day(self.today, self.own);
        let copies = || self.titles.iter().flat_map(|title| &title.copies);
        known.then(|| copies().filter(|copy| self.out(copy.id).is_none() && self.is_free(copy, Period::day(self.today))).count())
    }

    /// What is written beside the copy's tag.
    #[must_use]
    pub fn beside(&self, copy: &Copy) -> Beside {
        Beside::of_copy(&copy.tag, &copy.plight, copy.state, self.today)
    }

    /// The same where a booking of it is spoken of.
    #[must_use]
    pub fn beside_loan(&self, copy: &Copy, slot: &Slot) -> Beside {
        Beside::of_loan(&copy.tag, &copy.plight, copy.state, slot, self.today)
    }

    /// Where the copy is now, in a line.
    #[must_use]
    pub fn whereabouts(&self, copy: &Copy) -> Markup {
        let line = |class: &str, words: Markup| html! { span class={ "tag st " (class) } { (words) } };
        let mut slots: Vec<Slot> = self.out(copy.id).copied().into_iter().collect();
        slots.extend(self.loans_of(copy.id).iter().map(|loan| loan.slot));
        let planned =
            Planned { in_service: copy.state == CopyState::InService, spot: copy.plight.spot, astray: copy.plight.astray, slots: &slots };
        match planned.whereabouts(self.today) {
            Whereabouts::Astray(Astray::OnTheWay { to, since, .. }) => {
                let to = self.school(to.unwrap_or(copy.home)).0;
                line("out", html! { "On its way to " (to) " since " (Brief(since)) })
            }
            Whereabouts::Astray(Astray::Missing { since, .. }) => line("late bad", html! { "Missing since " (Brief(since)) }),
            Whereabouts::Late { school, since } => line("late bad", html! { "Late at " (self.school(school).0) " since " (Brief(since)) }),
            Whereabouts::With { school, until } => line("out", html! { (self.school(school).0) ", due " (Brief(until)) }),
            Whereabouts::At { school } => line("out", html! { (self.school(school).0) ", not booked" }),
            Whereabouts::OutOfService if copy.state == CopyState::Missing => line("late bad", html! { "Missing" }),
            Whereabouts::OutOfService => line("fix warn", html! { "Being repaired" }),
            Whereabouts::Restock { until } => line("fix warn", html! { "Restock to " (Brief(until)) }),
            Whereabouts::Home => self.in_store(copy, &slots, line),
        }
    }

    /// For a copy that lies in its store: who is to have it today, if today is in the window.
    fn in_store(&self, copy: &Copy, slots: &[Slot], line: impl Fn(&str, Markup) -> Markup) -> Markup {
        let (today, home) = (self.today, self.school(copy.home).0);
        if !self.shown_days.contains(today) {
            return line("here", html! { (home) });
        }
        match slots.iter().find(|slot| slot.held().contains(today) && !slot.is_over(today)) {
            Some(slot) => line("here", html! { (home) ", for " (self.school(slot.school).0) }),
            None => line("here good", html! { (home) ", free now" }),
        }
    }
}

/// Who looks, from their roles.
#[must_use]
pub fn viewer(member: &crate::people::Member) -> Viewer {
    let coordinator = member.is(RoleKind::Coordinator);
    let own = member.own_school().map(|school| school.id);
    let mut mine: Vec<SchoolId> = member.roles.iter().filter_map(|role| role.school.as_ref()).map(|school| school.id).collect();
    mine.dedup();
    Viewer { mine, own, may_book: member.may_borrow(), coordinator }
}
