//! What the catalogue's pages were given to draw, and how they say where a copy is and when it can be had.

use maud::{Markup, html};

use crate::base::days::{self, Day, Period};
use crate::base::ids::{CopyId, ResourceId, SchoolId};
use crate::bookings::rules::Rules;
use crate::bookings::spans::Search;
use crate::bookings::stands::Beside;
use crate::bookings::store::shelf::{self, Held};
use crate::bookings::whereabouts::{Planned, Whereabouts};
use crate::bookings::{FurthestAhead, Slot};
use crate::catalogue::missing::{self, Short};
use crate::catalogue::store::{self, Catalogue};
use crate::catalogue::{Astray, ContentsLine, Copy, CopyState, OwnRules, Resource};
use crate::clusters::settings::Settings;
use crate::db::{Result, Tx};
use crate::people::Membership;
use crate::web::parts::{Tone, tag};
use crate::year::SchoolCalendar;
use crate::year::store::school_calendar;

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// The school whose school days count.
    pub own: Option<SchoolId>,
    /// Whether there is a Reserve button.
    pub may_book: bool,
}

impl From<&Membership> for Viewer {
    fn from(member: &Membership) -> Self {
        Self { own: member.own_school().map(|school| school.id), may_book: member.may_borrow() }
    }
}

/// The facts of a page.
pub struct BoxesPage {
    /// Who looks.
    pub viewer: Viewer,
    /// The day it is.
    pub today: Day,
    /// The cluster's rules.
    pub settings: Settings,
    /// The titles that were read.
    pub resources: Vec<Resource>,
    /// What the copies lack now.
    missing: Vec<(CopyId, Short)>,
    /// The school year.
    pub calendar: SchoolCalendar,
    /// The days that can be booked at all.
    pub bookable: Period,
    /// The live bookings from today on, and what is out, by copy and first day.
    held: Vec<Held>,
    /// The same without words.
    slots: Vec<Slot>,
}

impl BoxesPage {
    /// The facts for the list: five queries.
    pub fn of_all(tx: &mut Tx<'_>, viewer: Viewer) -> Result<Self> {
        let catalogue = store::all(tx)?;
        let missing = store::missing(tx, None)?;
        Self::read(tx, viewer, catalogue, None, missing)
    }

    /// The facts for one resource and its contents: five queries; `None` when it is not in this cluster.
    pub fn of_one(tx: &mut Tx<'_>, viewer: Viewer, id: ResourceId) -> Result<Option<(Self, Vec<ContentsLine>)>> {
        let catalogue = store::one(tx, id)?;
        if catalogue.resources.is_empty() {
            return Ok(None);
        }
        let (contents, missing) = store::contents(tx, id)?;
        Ok(Some((Self::read(tx, viewer, catalogue, Some(id), missing)?, contents)))
    }

    fn read(tx: &mut Tx<'_>, viewer: Viewer, catalogue: Catalogue, one: Option<ResourceId>, missing: Vec<(CopyId, Short)>) -> Result<Self> {
        let Catalogue { settings, resources } = catalogue;
        let today = tx.today();
        let reach = settings.furthest_ahead_days.map_or(FurthestAhead::EndOfNextYear, FurthestAhead::Days);
        let window = Period::new(today, reach.limit(today)).unwrap_or(Period::day(today));
        let calendar = school_calendar(tx, window)?;
        let held = shelf::ahead(tx, one, window)?;
        let slots = held.iter().map(|held| held.slot).collect();
        let bookable =
            Rules::of(&settings, &OwnRules::default()).bookable(today, &calendar, viewer.own).unwrap_or(Period::day(window.last()));
        Ok(Self { viewer, today, settings, resources, missing, calendar, bookable, held, slots })
    }

    /// The rules as they hold for a resource.
    #[must_use]
    pub fn rules(&self, resource: &Resource) -> Rules {
        Rules::of(&self.settings, &resource.own)
    }

    /// What a copy lacks now, the essential first.
    #[must_use]
    pub fn missing(&self, copy: CopyId) -> Vec<Short> {
        missing::of(&self.missing, copy)
    }

    /// The bookings of a copy, by first day.
    #[must_use]
    pub fn held(&self, copy: CopyId) -> &[Held] {
        &self.held[self.range(copy)]
    }

    fn range(&self, copy: CopyId) -> std::ops::Range<usize> {
        let first = self.slots.partition_point(|slot| slot.copy < copy);
        first..first + self.slots[first..].partition_point(|slot| slot.copy == copy)
    }

    fn planned(&self, copy: &Copy) -> Planned<'_> {
        Planned {
            in_service: copy.state == CopyState::InService,
            spot: copy.plight.spot,
            astray: copy.plight.astray,
            slots: &self.slots[self.range(copy.id)],
        }
    }

    /// The copies of a resource that can be had on all the days.
    #[must_use]
    pub fn free<'a>(&self, resource: &'a Resource, wanted: Period) -> Vec<&'a Copy> {
        let turnaround = self.rules(resource).turnaround_days;
        resource.copies.iter().filter(|copy| self.planned(copy).is_free(wanted, turnaround, self.today)).collect()
    }

    /// The first days on which a copy can be had.
    #[must_use]
    pub fn next_free(&self, resource: &Resource, copy: &Copy) -> Option<Period> {
        let rules = self.rules(resource);
        let search = Search {
            calendar: &self.calendar,
            school: self.viewer.own,
            bookable: self.bookable,
            turnaround: rules.turnaround_days,
            longest: rules.longest,
        };
        self.planned(copy).next_free(&search, self.today)
    }

    /// The first days on which any copy can be had.
    #[must_use]
    pub fn first_free(&self, resource: &Resource) -> Option<Period> {
        let spans = resource.copies.iter().filter_map(|copy| self.next_free(resource, copy));
        spans.min_by_key(|span| (span.first(), std::cmp::Reverse(span.last())))
    }

    /// When something can be had, as a tag: "Free now, to Fri 13 Nov", "Free from Mon 16 Nov".
    #[must_use]
    pub fn when_free(&self, span: Option<Period>) -> Markup {
        let Some(span) = span else { return tag(Tone::Plain, "calendar-x", "Not until it is back") };
        let at_once = self.calendar.next(self.bookable.first(), self.viewer.own).is_none_or(|first| span.first() <= first);
        if at_once {
            // A span to the end of what can be booked has no end that matters.
            let open = days::add(span.last(), 90) > self.bookable.last() || (span.last() - span.first()).num_days() > 60;
            let words = if open { "Free now".to_owned() } else { format!("Free now, to {}", days::short(span.last())) };
            return tag(Tone::Good, "check", &words);
        }
        tag(Tone::Plain, "calendar-days", &format!("Free from {}", self.day(span.first())))
    }

    /// "Mon 16 Nov", with the year when it is not this school year's.
    #[must_use]
    pub fn day(&self, day: Day) -> String {
        let other = days::academic_year(day) != days::academic_year(self.today);
        if other { format!("{} {}", days::short(day), day.format("%Y")) } else { days::short(day) }
    }

    /// What is written beside a copy's tag.
    #[must_use]
    pub fn beside(&self, copy: &Copy) -> Beside {
        Beside::of_copy(&copy.tag, &copy.plight, copy.state, self.today)
    }

    /// The same where a booking of it is spoken of.
    #[must_use]
    pub fn beside_loan(&self, copy: &Copy, slot: &Slot) -> Beside {
        Beside::of_loan(&copy.tag, &copy.plight, copy.state, slot, self.today)
    }

    /// Where a copy is now, as a tag.
    #[must_use]
    pub fn place(&self, copy: &Copy) -> Markup {
        let name = |school: SchoolId| {
            let known = self.held(copy.id).iter().find(|held| held.slot.school == school);
            known.map_or("a school", |held| held.school.as_str())
        };
        let astray = |astray: &Astray| match (astray, &copy.spot_names) {
            (Astray::OnTheWay { to: Some(_), .. }, (from, to)) => format!("On its way from {from} to {to} {}", astray.since(self.today)),
            (Astray::OnTheWay { to: None, .. }, (from, _)) => format!("On its way from {from} to its store {}", astray.since(self.today)),
            (Astray::Missing { .. }, _) => format!("Missing {}", astray.since(self.today)),
        };
        match self.planned(copy).whereabouts(self.today) {
            Whereabouts::Home => tag(Tone::Good, "house", &format!("In store at {}", copy.home_name)),
            Whereabouts::At { .. } => tag(Tone::Warn, "package-open", &format!("At {}, without a booking", copy.spot_names.0)),
            Whereabouts::With { school, until } => {
                tag(Tone::Plain, "package-open", &format!("At {}, due {}", name(school), self.day(until)))
            }
            Whereabouts::Late { school, since } => {
                tag(Tone::Bad, "triangle-alert", &format!("At {}, late since {}", name(school), self.day(since)))
            }
            Whereabouts::Restock { until } => tag(Tone::Warn, "wrench", &format!("Being restocked, to {}", self.day(until))),
            Whereabouts::Astray(way @ Astray::OnTheWay { .. }) => tag(Tone::Plain, "truck", &astray(&way)),
            Whereabouts::Astray(gone @ Astray::Missing { .. }) => tag(Tone::Bad, "triangle-alert", &astray(&gone)),
            Whereabouts::OutOfService => match copy.state {
                CopyState::Missing => tag(Tone::Bad, "triangle-alert", "Missing: nobody knows where it is"),
                CopyState::Retired => tag(Tone::Plain, "ban", "Retired"),
                CopyState::Repair | CopyState::InService => tag(Tone::Warn, "wrench", "Being repaired"),
            },
        }
    }
}

/// The button that begins a loan. `query` is the rest of the address, `what` says to a screen reader what is reserved.
#[must_use]
pub fn reserve(base: &str, resource: ResourceId, query: &str, what: &str, class: &str) -> Markup {
    html! { a class=(class) href={ (base) "/boxes/" (resource) "/reserve" (query) } { "Reserve" span.vh { " " (what) } } }
}
