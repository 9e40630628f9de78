//! This week: which journeys of boxes are whose to make, in which words, and on which day. Pure.

pub mod page;
pub mod store;

use crate::attention::Holding;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{SchoolId, WaitId};
use crate::catalogue::Item;
use crate::journeys::{Leg, Place};

pub use crate::bookings::errands::Task;

/// A leg with what a line about it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// The leg.
    pub leg: Leg,
    /// What travels.
    pub item: Item,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// The class that gets it; empty when it goes home.
    pub class_name: String,
    /// Where the meeting is, when that is the way.
    pub meeting: Option<String>,
    /// The first day of the booking that begins with it.
    pub first: Option<Day>,
}

/// Whether a task can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// Now.
    Now,
    /// From this day on.
    From(Day),
    /// Not before the copy has come so far.
    Later,
}

impl Journey {
    /// Whether the copy can be handed over or received now, as `handovers` decides it: what a school has, it can hand over at any time; what is
    /// due to it, it can receive from the last weekday before its first day on, or from the day of the leg. `holding`: where the copy is, when
    /// it does not simply lie in its store.
    #[must_use]
    pub fn ready(&self, task: Task, holding: Option<&Holding>, today: Day) -> Ready {
        let leg = &self.leg;
        let custody = holding.map(|holding| &holding.custody);
        let gives = matches!(task, Task::Bring | Task::Ready | Task::MeetToGive | Task::PutBack);
        let from = self.first.map_or(leg.day, |first| if leg.day < first { leg.day } else { weekday_before(first) });
        let by_then = if today >= from { Ready::Now } else { Ready::From(from) };
        match custody.map_or(Place::Store, |custody| custody.place) {
            Place::Missing => Ready::Later,
            Place::Transit if !gives && custody.is_some_and(|custody| custody.to.unwrap_or(leg.to) == leg.to) => Ready::Now,
            Place::Transit => Ready::Later,
            Place::School if custody.is_none_or(|custody| custody.booking != leg.from_booking) => Ready::Later,
            Place::School if gives => Ready::Now,
            Place::Store if leg.from_booking.is_some() => Ready::Later,
            Place::School | Place::Store => by_then,
        }
    }
}

/// The weekday before a day: no later than the last school day before it, when that is term.
fn weekday_before(day: Day) -> Day {
    use chrono::{Datelike, Weekday};
    let back = match day.weekday() {
        Weekday::Mon => 3,
        Weekday::Sun => 2,
        _ => 1,
    };
    days::add(day, -back)
}

/// An offer of the waiting list that a school has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The place on the list; its page takes the answer.
    pub wait: WaitId,
    /// For which school.
    pub school: SchoolId,
    /// The title's name.
    pub name: String,
    /// The days.
    pub days: Period,
    /// Until when they are held.
    pub until: Option<Day>,
}

/// The journeys of a person's weeks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weeks {
    /// Planned for a day that is past, oldest first.
    pub overdue: Vec<Journey>,
    /// From today to Sunday, by day.
    pub this_week: Vec<(Day, Vec<Journey>)>,
    /// From Monday to Sunday of the week after, by day.
    pub next_week: Vec<(Day, Vec<Journey>)>,
}

/// This week and the next: Monday to Sunday each.
#[must_use]
pub fn this_and_next(today: Day) -> (Period, Period) {
    let monday = days::monday(today);
    let week = |from: i64| {
        let first = days::add(monday, from);
        Period::new(first, days::add(first, 6)).unwrap_or(Period::day(first))
    };
    (week(0), week(7))
}

/// Sorts the journeys that are these schools' (all of the cluster's when `mine` is `None`) into weeks. What has been given up is
/// the receiver's alone.
#[must_use]
pub fn sort(journeys: Vec<Journey>, mine: Option<&[SchoolId]>, holdings: &[Holding], today: Day) -> Weeks {
    let (this, next) = this_and_next(today);
    let mut weeks = Weeks::default();
    for journey in journeys {
        let leg = &journey.leg;
        let away = holdings
            .iter()
            .any(|holding| holding.item.copy == leg.copy && holding.custody.place == Place::Transit && holding.custody.school == leg.from);
        let concerns = |mine: &[SchoolId]| mine.contains(&leg.to) || (mine.contains(&leg.from) && !away);
        if !mine.is_none_or(concerns) {
            continue;
        }
        let day = leg.day;
        let into = match day {
            day if day < today => {
                weeks.overdue.push(journey);
                continue;
            }
            day if this.contains(day) => &mut weeks.this_week,
            day if next.contains(day) => &mut weeks.next_week,
            _ => continue,
        };
        match into.last_mut().filter(|(last, _)| *last == day) {
            Some((_, of_day)) => of_day.push(journey),
            None => into.push((day, vec![journey])),
        }
    }
    weeks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::samples::holding;
    use crate::base::ids::LegId;
    use crate::journeys::Way;
    use crate::year::samples::{day, period};

    const SAXTON: SchoolId = SchoolId(2);
    const FAIRBURN: SchoolId = SchoolId(3);

    fn leg(id: i64, from: SchoolId, to: SchoolId, on: &str, way: Way) -> Journey {
        let leg = Leg { id: LegId(id), from, to, way, ..crate::journeys::samples::leg(on) };
        let item = holding(Place::Store, SAXTON, "2026-11-20T12:00:00Z").item;
        Journey { leg, item, home: SAXTON, class_name: String::new(), meeting: None, first: None }
    }

    #[test]
    fn each_side_reads_its_own_task() {
        let words = |way, mine: &[SchoolId]| {
            let journey = leg(1, SAXTON, FAIRBURN, "2026-11-26", way);
            Task::of(&journey.leg.ends(), mine).words("the box", "Saxton", "Fairburn", false)
        };
        assert_eq!(words(Way::Fetch, &[FAIRBURN]), "Fetch the box from Saxton");
        assert_eq!(words(Way::Fetch, &[SAXTON]), "Fairburn fetches the box");
        assert_eq!(words(Way::Bring, &[SAXTON]), "Bring the box to Fairburn");
        assert_eq!(words(Way::Bring, &[FAIRBURN]), "Saxton brings the box");
        assert_eq!(words(Way::Meeting, &[SAXTON]), "Hand the box to Fairburn at the meeting");
        assert_eq!(words(Way::Meeting, &[FAIRBURN]), "Get the box from Saxton at the meeting");
        assert_eq!(words(Way::Bring, &[]), "the box goes from Saxton to Fairburn");
        let own = leg(1, SAXTON, SAXTON, "2026-11-26", Way::Stays);
        assert_eq!(Task::of(&own.leg.ends(), &[SAXTON]), Task::TakeOut);
        assert_eq!(Task::of(&Leg { to_booking: None, ..own.leg.clone() }.ends(), &[SAXTON]), Task::PutBack);
        assert_eq!(Task::Bring.words("the box", "Saxton", "Fairburn", true), "Bring the box home to Fairburn");
        assert_eq!(
            Task::of(&leg(1, SAXTON, FAIRBURN, "2026-11-26", Way::Fetch).leg.ends(), &[SAXTON]).other(&own.leg.ends()),
            Some(SAXTON)
        );
    }

    #[test]
    fn a_button_stands_where_and_when_its_act_can_succeed() {
        use crate::base::ids::BookingId;
        let (one, two) = (BookingId(1), BookingId(2));
        let journey = |from_booking, on: &str, first: &str| {
            let journey = leg(1, SAXTON, FAIRBURN, on, Way::Fetch);
            Journey { leg: Leg { from_booking, to_booking: Some(two), ..journey.leg.clone() }, first: Some(day(first)), ..journey }
        };
        let at = |place, booking, to| {
            let mut holding = holding(place, SAXTON, "2026-11-20T12:00:00Z");
            (holding.custody.booking, holding.custody.to) = (booking, to);
            holding
        };
        let (with_one, other) = (at(Place::School, Some(one), None), at(Place::School, Some(BookingId(9)), None));
        let (sent, astray) = (at(Place::Transit, None, Some(FAIRBURN)), at(Place::Transit, None, Some(SchoolId(8))));
        let lost = at(Place::Missing, None, None);
        let (from_store, from_one) = (journey(None, "2026-11-30", "2026-11-30"), journey(Some(one), "2026-11-26", "2026-11-30"));
        let on = |text: &str| Ready::From(day(text));
        for (journey, task, holding, today, expected) in [
            // Out of the store: from the Friday before a Monday.
            (&from_store, Task::Fetch, None, "2026-11-26", on("2026-11-27")),
            (&from_store, Task::Fetch, None, "2026-11-27", Ready::Now),
            (&from_store, Task::Ready, None, "2026-11-26", on("2026-11-27")),
            // From the school that has it: it hands over when it likes, the other receives from the day of the leg on.
            (&from_one, Task::Ready, Some(&with_one), "2026-11-20", Ready::Now),
            (&from_one, Task::Fetch, Some(&with_one), "2026-11-25", on("2026-11-26")),
            (&from_one, Task::Fetch, Some(&with_one), "2026-11-26", Ready::Now),
            // Not yet there, elsewhere, on its way, lost.
            (&from_one, Task::Ready, None, "2026-11-26", Ready::Later),
            (&from_one, Task::Fetch, Some(&other), "2026-11-26", Ready::Later),
            (&from_one, Task::Fetch, Some(&sent), "2026-11-20", Ready::Now),
            (&from_one, Task::Ready, Some(&sent), "2026-11-20", Ready::Later),
            (&from_one, Task::Fetch, Some(&astray), "2026-11-26", Ready::Later),
            (&from_one, Task::Fetch, Some(&lost), "2026-11-26", Ready::Later),
        ] {
            assert_eq!(journey.ready(task, holding, day(today)), expected, "{task:?} {today} {holding:?}");
        }
    }

    #[test]
    fn a_week_is_from_monday_to_sunday_also_when_the_clocks_change() {
        assert_eq!(this_and_next(day("2026-10-25")), (period("2026-10-19", "2026-10-25"), period("2026-10-26", "2026-11-01")));
        assert_eq!(this_and_next(day("2026-10-26")).0, period("2026-10-26", "2026-11-01"));
        assert_eq!(this_and_next(day("2027-03-28")), (period("2027-03-22", "2027-03-28"), period("2027-03-29", "2027-04-04")));
        assert_eq!(this_and_next(day("2026-12-31")), (period("2026-12-28", "2027-01-03"), period("2027-01-04", "2027-01-10")));
    }

    #[test]
    fn journeys_are_sorted_by_day_into_weeks() {
        let today = day("2026-11-25");
        let journeys = vec![
            leg(1, SAXTON, FAIRBURN, "2026-11-20", Way::Fetch),
            leg(2, SAXTON, FAIRBURN, "2026-11-24", Way::Fetch),
            leg(3, SAXTON, FAIRBURN, "2026-11-25", Way::Fetch),
            leg(4, FAIRBURN, SAXTON, "2026-11-25", Way::Fetch),
            leg(5, SchoolId(8), SchoolId(9), "2026-11-27", Way::Fetch),
            leg(6, SAXTON, FAIRBURN, "2026-11-30", Way::Fetch),
            leg(7, SAXTON, FAIRBURN, "2026-12-07", Way::Fetch),
        ];
        let ids = |days: &[(Day, Vec<Journey>)]| -> Vec<Vec<i64>> {
            days.iter().map(|(_, list)| list.iter().map(|one| one.leg.id.0).collect()).collect()
        };
        let weeks = sort(journeys.clone(), Some(&[SAXTON]), &[], today);
        assert_eq!(weeks.overdue.iter().map(|one| one.leg.id.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((ids(&weeks.this_week), ids(&weeks.next_week)), (vec![vec![3, 4]], vec![vec![6]]));
        assert_eq!(ids(&sort(journeys.clone(), None, &[], today).this_week), [vec![3, 4], vec![5]], "the whole cluster's");
        // What Saxton has given up is Fairburn's alone.
        let away = [holding(Place::Transit, SAXTON, "2026-11-20T12:00:00Z")];
        assert_eq!(ids(&sort(journeys.clone(), Some(&[SAXTON]), &away, today).this_week), [vec![4]]);
        assert_eq!(ids(&sort(journeys, Some(&[FAIRBURN]), &away, today).this_week), [vec![3, 4]]);
    }
}
