//! What needs somebody's attention: which copy belongs into which list, and what can be done about it. Pure.
//!
//! What must always hold: nothing here changes a plan. A list says what is wrong and offers what a coordinator may do; a booking
//! stays as it is until somebody moves or cancels it (product rule 3).

pub mod acts;
pub mod inbox;
pub mod letters;
pub mod remedies;
pub mod store;
pub mod tell;
pub mod pages;

use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, PersonId, SchoolId};
use crate::bookings::stands::Beside;
use crate::bookings::{self, Booking, By, Decision, Kind, Risk, Shelf, ShelfCopy, Slot, State, Wish, changes};
use crate::catalogue::{CopyState, Item, Out, Place, Plight, Spot};
use crate::db::Refuses;
use crate::journeys::Custody;
use crate::year::SchoolCalendar;

/// A copy that does not simply lie in its store, or that lacks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// What.
    pub item: Item,
    /// Whether it can be lent.
    pub copy_state: CopyState,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// Where it is.
    pub custody: Custody,
    /// The days of the booking for which a school has it.
    pub days: Option<Period>,
    /// Whether the school that has it has counted it since it came.
    pub counted: bool,
    /// How its journey goes, while it is on its way.
    pub travel: Option<Travel>,
}

/// How far a copy's journey has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Travel {
    /// The day from which it takes too long.
    pub long_from: Option<Day>,
    /// The school days, of the school that is to receive it, since the day after it was handed over, today among them.
    pub school_days: u32,
}

impl Travel {
    /// The journey of what was given up on that day.
    #[must_use]
    pub fn of(calendar: &SchoolCalendar, since: Day, to: SchoolId, today: Day) -> Self {
        let school_days = Period::new(days::add(since, 1), today).map_or(0, |days| calendar.count(days, Some(to)));
        Self { long_from: calendar.long_from(since, to), school_days }
    }
}

/// What is wrong with a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A school has it longer than it may, since this last day.
    Late(Day),
    /// Given up and not received for so many school days: as many as the cluster allows, or more.
    LongOnTheWay(u32),
    /// Nobody knows where it is.
    Missing,
    /// A school has it without a booking.
    WithoutBooking,
    /// The school that has it has not counted it.
    NotCounted,
}

impl Holding {
    /// The day since which it is where it is.
    #[must_use]
    pub fn since(&self) -> Day {
        clock::today(self.custody.since)
    }

    /// The school that is to receive it while it is on its way: the next one, or where the store is.
    #[must_use]
    pub fn bound_for(&self) -> SchoolId {
        self.custody.to.unwrap_or(self.home)
    }

    /// The last day of the loan that should be back and is not.
    #[must_use]
    pub fn late_since(&self, today: Day) -> Option<Day> {
        self.days.map(Period::last).filter(|last| self.custody.place == Place::School && *last < today)
    }

    /// The loan for which it is out, as far as the rule of risk asks for it.
    fn out(&self) -> Option<Slot> {
        let (id, days) = (self.custody.booking?, self.days?);
        Some(Slot {
            id,
            copy: self.item.copy,
            school: self.custody.school,
            kind: Kind::Loan,
            state: State::Confirmed,
            days,
            held_until: days.last(),
            collected_on: Some(days.first()),
            returned_on: None,
            offer_until: None,
        })
    }

    /// How it stands, as the rule of risk wants it.
    #[must_use]
    pub fn plight(&self) -> Plight {
        let out = self.custody.booking.zip(self.days).map(|(booking, days)| Out { booking, days });
        Plight { out, ..self.custody.plight(self.travel.and_then(|travel| travel.long_from)) }
    }

    /// What is written beside its tag.
    #[must_use]
    pub fn beside(&self, today: Day) -> Beside {
        Beside::of_copy(&self.item.tag, &self.plight(), self.copy_state, today)
    }

    /// What is written beside the tag where a booking of it is spoken of.
    #[must_use]
    pub fn beside_loan(&self, slot: &Slot, today: Day) -> Beside {
        Beside::of_loan(&self.item.tag, &self.plight(), self.copy_state, slot, today)
    }

    /// Why a booking of this copy may not happen as planned.
    #[must_use]
    pub fn risk(&self, slot: &Slot, today: Day) -> Option<Risk> {
        bookings::risk(slot, self.out().as_ref(), self.copy_state.why_not(), &self.plight(), today)
    }

    /// The essential parts that were short at the last count, in words, until it is counted full: whether or not somebody has booked it
    /// next, and besides what else is wrong with it. Of what is missing altogether that is not said.
    #[must_use]
    pub fn short(&self) -> Option<&str> {
        let short = self.custody.short_essentials.as_str();
        (self.custody.place != Place::Missing && !short.is_empty()).then_some(short)
    }

    /// What is wrong with it; what it lacks is said of the bookings to come.
    #[must_use]
    pub fn trouble(&self, today: Day) -> Option<Trouble> {
        match self.custody.place {
            Place::Store => None,
            Place::Missing => Some(Trouble::Missing),
            Place::Transit => {
                let is_long = self.plight().astray.is_some_and(|astray| astray.keeps_out(today));
                self.travel.filter(|_| is_long).map(|travel| Trouble::LongOnTheWay(travel.school_days))
            }
            Place::School => match (self.late_since(today), self.custody.booking) {
                (Some(last), _) => Some(Trouble::Late(last)),
                (None, None) => Some(Trouble::WithoutBooking),
                (None, Some(_)) if !self.counted => Some(Trouble::NotCounted),
                (None, Some(_)) => None,
            },
        }
    }
}

/// What is written beside a copy's tag: what the holdings say of it, or else that it lies in its store at `home` and nothing is wrong.
#[must_use]
pub fn beside(holdings: &[Holding], item: &Item, home: SchoolId, today: Day) -> Beside {
    holdings.iter().find(|holding| holding.item.copy == item.copy).map_or_else(
        || {
            let spot = Some(Spot { place: Place::Store, school: home, to: None });
            Beside::of_copy(&item.tag, &Plight { spot, ..Plight::default() }, CopyState::InService, today)
        },
        |holding| holding.beside(today),
    )
}

/// A booking to come that may not happen as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtRisk {
    /// The booking.
    pub slot: Slot,
    /// What is booked.
    pub item: Item,
    /// Why.
    pub why: Risk,
    /// What is written beside its tag.
    pub beside: Beside,
}

/// Those of the bookings that are at risk, by first day. What the waiting list offers is no booking yet.
#[must_use]
pub fn at_risk(holdings: &[Holding], to_come: &[Slot], today: Day) -> Vec<AtRisk> {
    let mut list: Vec<AtRisk> = to_come
        .iter()
        .filter(|slot| !slot.is_offer())
        .filter_map(|slot| {
            let holding = holdings.iter().find(|holding| holding.item.copy == slot.copy)?;
            holding.risk(slot, today).map(|why| AtRisk {
                slot: *slot,
                item: holding.item.clone(),
                why,
                beside: holding.beside_loan(slot, today),
            })
        })
        .collect();
    list.sort_by_key(|one| (one.slot.days, one.slot.id));
    list
}

/// Bookings at risk are looked for so many days ahead.
pub const AHEAD_DAYS: i64 = 60;

/// What a coordinator asks somebody for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Request {
    /// "When will you bring it back?"
    BringBack,
    /// "Have you received it?"
    Receive,
    /// "Please count it."
    Count,
}

impl Request {
    /// Which school is asked, if the copy stands so that it makes sense to ask.
    #[must_use]
    pub fn of(self, custody: &Custody, home: SchoolId) -> Option<SchoolId> {
        match (self, custody.place) {
            (Self::BringBack | Self::Count, Place::School) => Some(custody.school),
            (Self::Receive, Place::Transit) => Some(custody.to.unwrap_or(home)),
            _ => None,
        }
    }
}

/// Why nothing is done, as the list says it by a word of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Refusal {
    /// It was done already, or does not stand so any more.
    Moot,
    /// The school has no science lead to write to.
    Nobody,
    /// The school was asked on this day.
    AskedAlready,
    /// No copy is free.
    #[strum(serialize = "none")]
    NoneFree,
}

impl Refuses for Refusal {}

/// Where a copy turned up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Found {
    /// In its store.
    Store,
    /// At the school that had it last.
    School,
}

/// The custody of a copy that nobody can find; `None` when it is missing already. The last that had it stays named.
#[must_use]
pub fn mark_missing(custody: &Custody, home: SchoolId, by: PersonId) -> Option<Custody> {
    let last = match custody.place {
        Place::Missing => return None,
        Place::School | Place::Transit => custody.school,
        Place::Store => home,
    };
    Some(Custody { place: Place::Missing, school: last, booking: None, to: None, handover: None, person: Some(by), ..custody.clone() })
}

/// The custody of a copy that was found again, or that a school brought back without having booked it; `None` when it is where
/// it should be already.
#[must_use]
pub fn found(custody: &Custody, home: SchoolId, at: Found, by: PersonId) -> Option<Custody> {
    let astray = custody.place == Place::Missing || (custody.place == Place::School && custody.booking.is_none());
    let (place, school) = match at {
        Found::Store => (Place::Store, home),
        Found::School => (Place::School, custody.school),
    };
    let moves = astray && (place, school) != (custody.place, custody.school);
    moves.then(|| Custody { place, school, booking: None, to: None, handover: None, person: Some(by), ..custody.clone() })
}

/// The booking for which a copy is out when it is marked missing: it ends with that.
#[must_use]
pub fn ended_by_loss(custody: &Custody) -> Option<BookingId> {
    custody.booking.filter(|_| custody.place == Place::School)
}

/// Why a rule of lending was set aside when a booking at risk moves to another copy; kept with the booking.
pub(crate) const MOVED: &str = "moved by the coordinator because its copy was at risk";

/// The same days on another copy of the same title, when one is free. `sound`: whether a copy is where it can be had, and whole.
#[must_use]
pub fn another_copy(shelf: &Shelf, booking: &Booking, sound: impl Fn(CopyId) -> bool) -> Option<Decision> {
    let slot = &booking.slot;
    let wish = |copy: &ShelfCopy| Wish {
        kind: slot.kind,
        copy: Some(copy.id),
        first: slot.days.first(),
        last: slot.days.last(),
        by: By::Coordinator,
        override_reason: MOVED.to_owned(),
    };
    lendable(shelf).filter(|copy| copy.id != slot.copy && sound(copy.id)).find_map(|copy| changes::change(shelf, booking, &wish(copy)).ok())
}

/// Other days on which a school could have the title for as many school days: the nearest, on any copy. `sound` as for [`another_copy`]: the same
/// short box on other days is as short.
#[must_use]
pub fn other_dates<'a>(shelf: &'a Shelf, booking: &Booking, sound: impl Fn(CopyId) -> bool) -> Option<(&'a ShelfCopy, Period)> {
    let (search, slot) = (shelf.search()?, &booking.slot);
    let school_days = shelf.calendar.count(slot.days, Some(slot.school)).max(1);
    let spans = lendable(shelf).filter(|copy| sound(copy.id)).flat_map(|copy| {
        let near = search.nearest(&copy.slots, slot.days.first(), school_days);
        [near.before, near.after].into_iter().flatten().map(move |days| (copy, days))
    });
    spans.min_by_key(|(copy, days)| ((days.first() - slot.days.first()).num_days().abs(), copy.tag.clone()))
}

/// Copies that can be lent: in service, and not late.
pub(crate) fn lendable(shelf: &Shelf) -> impl Iterator<Item = &ShelfCopy> {
    shelf.copies.iter().filter(|copy| copy.out_of_service.is_none() && copy.late(shelf.today).is_none())
}

/// Copies and where they are, for this room's tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::base::ids::CopyId;

    pub const STORE: SchoolId = SchoolId(1);

    /// A copy that is kept at [`STORE`], where custody says.
    pub fn holding(place: Place, school: SchoolId, since: &str) -> Holding {
        let item = Item {
            copy: CopyId(10),
            resource: crate::base::ids::ResourceId(1),
            name: "Electricity".into(),
            strand: crate::catalogue::Strand::Physics,
            icon: "zap".into(),
            tag: "EL-1".into(),
        };
        let custody = Custody {
            copy: CopyId(10),
            place,
            school,
            booking: None,
            to: None,
            handover: None,
            person: None,
            since: since.parse().unwrap(),
            short_essentials: String::new(),
        };
        Holding { item, copy_state: CopyState::InService, home: STORE, custody, days: None, counted: true, travel: None }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{STORE, holding};
    use super::*;
    use crate::bookings::samples::slot;
    use crate::year::samples::{SAXTON, calendar, day, period};

    #[test]
    fn days_on_the_way_are_school_days_of_who_is_to_receive_it() {
        let days = |since, to, today| Travel::of(&calendar(), day(since), to, day(today)).school_days;
        assert_eq!(days("2026-11-23", STORE, "2026-11-23"), 0, "the day itself");
        assert_eq!(days("2026-11-20", STORE, "2026-11-23"), 1, "over a weekend");
        // Half-term is the last week of October, and on 2 November the whole cluster trains.
        assert_eq!(days("2026-10-23", STORE, "2026-11-02"), 0);
        assert_eq!(days("2026-10-23", STORE, "2026-11-04"), 2);
        // Saxton trains on 27 November.
        assert_eq!(days("2026-11-25", SAXTON, "2026-11-30"), 2);
        assert_eq!(days("2026-11-25", STORE, "2026-11-30"), 3);
        // Christmas.
        assert_eq!(days("2026-12-18", STORE, "2027-01-05"), 1);
    }

    #[test]
    fn a_day_begins_at_midnight_in_london_when_the_clocks_change() {
        // Half past eleven at night in winter, and half past midnight in summer: the same hour of UTC.
        assert_eq!(holding(Place::Transit, SAXTON, "2026-10-25T23:30:00Z").since(), day("2026-10-25"));
        assert_eq!(holding(Place::Transit, SAXTON, "2026-10-24T23:30:00Z").since(), day("2026-10-25"));
        assert_eq!(holding(Place::Transit, SAXTON, "2027-03-27T23:30:00Z").since(), day("2027-03-27"));
        assert_eq!(holding(Place::Transit, SAXTON, "2027-03-28T23:30:00Z").since(), day("2027-03-29"));
    }

    #[test]
    fn each_copy_stands_in_one_list() {
        let today = day("2026-11-26");
        let at = |place| holding(place, SAXTON, "2026-11-20T12:00:00Z");
        let trouble = |holding: &Holding| holding.trouble(today);
        let sent = |allowed, today| {
            let travel = Travel::of(&calendar().with_transit_days(allowed), day("2026-11-20"), STORE, day(today));
            Holding { travel: Some(travel), ..at(Place::Transit) }.trouble(day(today))
        };
        assert_eq!(trouble(&at(Place::Store)), None);
        assert_eq!(trouble(&at(Place::Missing)), Some(Trouble::Missing));
        assert_eq!(trouble(&at(Place::School)), Some(Trouble::WithoutBooking));
        assert_eq!(sent(3, "2026-11-26"), Some(Trouble::LongOnTheWay(4)), "Monday to Thursday");
        assert_eq!(sent(4, "2026-11-26"), Some(Trouble::LongOnTheWay(4)), "on the day on which the coordinators are written to");
        assert_eq!(sent(4, "2026-11-25"), None);
        assert_eq!(sent(5, "2026-11-26"), None);
        let mut lent = at(Place::School);
        (lent.custody.booking, lent.days) = (Some(BookingId(1)), Some(period("2026-11-16", "2026-11-26")));
        assert_eq!(trouble(&lent), None, "the last day is still the school's");
        assert_eq!(trouble(&Holding { counted: false, ..lent.clone() }), Some(Trouble::NotCounted));
        lent.days = Some(period("2026-11-16", "2026-11-25"));
        assert_eq!(trouble(&Holding { counted: false, ..lent }), Some(Trouble::Late(day("2026-11-25"))), "late comes before not counted");
    }

    #[test]
    fn what_is_short_is_said_wherever_it_is_and_not_of_what_is_missing() {
        for place in [Place::Store, Place::School, Place::Transit, Place::Missing] {
            let mut holding = holding(place, SAXTON, "2026-11-20T12:00:00Z");
            assert_eq!(holding.short(), None);
            "Torch: 2 of 8 missing".clone_into(&mut holding.custody.short_essentials);
            assert_eq!(holding.short(), (place != Place::Missing).then_some("Torch: 2 of 8 missing"));
        }
    }

    #[test]
    fn what_is_at_risk_says_why() {
        let today = day("2026-11-24");
        let next = slot(2, "2026-11-30", "2026-12-04");
        let mut late = holding(Place::School, SAXTON, "2026-11-09T12:00:00Z");
        (late.custody.booking, late.days) = (Some(BookingId(1)), Some(period("2026-11-09", "2026-11-20")));
        let all = [late];
        let list = at_risk(&all, &[next], today);
        assert_eq!(list[0].why, Risk::Late { holder: SAXTON, since: day("2026-11-20") });
        assert_eq!(at_risk(&all, &[next], day("2026-11-20")), []);
        let until = Some("2026-11-26T00:00:00Z".parse().unwrap());
        let offer = Slot { state: State::Requested, offer_until: until, ..next };
        assert_eq!(at_risk(&all, &[offer], today), [], "nobody has booked what is offered");
    }

    #[test]
    fn asking_makes_sense_only_where_the_copy_is() {
        let custody = |place| holding(place, SAXTON, "2026-11-20T12:00:00Z").custody;
        assert_eq!(Request::BringBack.of(&custody(Place::School), STORE), Some(SAXTON));
        assert_eq!(Request::Count.of(&custody(Place::Store), STORE), None);
        assert_eq!(Request::Receive.of(&custody(Place::Transit), STORE), Some(STORE), "to the store");
        assert_eq!(Request::Receive.of(&custody(Place::School), STORE), None);
        assert_eq!("bring_back".parse(), Ok(Request::BringBack));
    }

    #[test]
    fn lost_and_found_happen_once() {
        let by = PersonId(5);
        let out = holding(Place::School, SAXTON, "2026-11-20T12:00:00Z").custody;
        let lost = mark_missing(&out, STORE, by).unwrap();
        assert_eq!((lost.place, lost.school, lost.person), (Place::Missing, SAXTON, Some(by)));
        assert_eq!(mark_missing(&lost, STORE, by), None);
        let home = found(&lost, STORE, Found::Store, by).unwrap();
        assert_eq!((home.place, home.school), (Place::Store, STORE));
        assert_eq!(found(&home, STORE, Found::Store, by), None);
        let there = found(&lost, STORE, Found::School, by).unwrap();
        assert_eq!((there.place, there.school), (Place::School, SAXTON));
        assert!(found(&there, STORE, Found::School, by).is_none() && found(&there, STORE, Found::Store, by).is_some());
        // What is lent is where it should be; nobody takes it from a school by this.
        let lent = Custody { booking: Some(BookingId(1)), ..out };
        assert_eq!(found(&lent, STORE, Found::Store, by), None);
        assert_eq!(ended_by_loss(&lent), Some(BookingId(1)));
    }
}
