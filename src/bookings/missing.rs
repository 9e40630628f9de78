//! Days of the plan that live bookings should have and have not: which they are, what is put back, and what cannot be.
//!
//! What must always hold: a live booking has a row of booked days for each of its days from today on. Nothing in the program takes one
//! away, but a clock that was wrong for an older version, or a session past the program, can. In the meantime somebody else may have
//! booked the day: then it is that booking's.

use std::collections::BTreeMap;

use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, CopyId};

/// A live booking, as far as it holds days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds {
    /// The booking.
    pub booking: BookingId,
    /// Its copy.
    pub copy: CopyId,
    /// The first of its days.
    pub first: Day,
    /// The last one, turnaround included.
    pub last: Day,
}

/// Which booking has a copy on a day, as the table of booked days has it.
pub type Booked = BTreeMap<(CopyId, Day), BookingId>;

/// A day that a live booking lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lacking {
    /// The booking.
    pub booking: BookingId,
    /// Its copy.
    pub copy: CopyId,
    /// The day.
    pub day: Day,
    /// The booking that has the day now.
    pub holder: Option<BookingId>,
}

/// The days from `today` on that bookings lack, in the order of the bookings and their days.
pub fn lacking<'a>(holds: &'a [Holds], booked: &'a Booked, today: Day) -> impl Iterator<Item = Lacking> + 'a {
    let days_of = move |one: &'a Holds| {
        let first = one.first.max(today);
        (0..=(one.last - first).num_days()).map(move |on| (one, days::add(first, on)))
    };
    holds.iter().flat_map(days_of).filter_map(|(one, day)| {
        let holder = booked.get(&(one.copy, day)).copied();
        (holder != Some(one.booking)).then_some(Lacking { booking: one.booking, copy: one.copy, day, holder })
    })
}

/// What becomes of days that are lacking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PutBack {
    /// Those that are nobody's, and are put back.
    pub days: Vec<Lacking>,
    /// Those that another booking has taken in the meantime, with that one: somebody has to speak with the schools.
    pub taken: Vec<(Lacking, BookingId)>,
}

/// A day that another booking has stays with that one, since it was promised to it, too; the others are put back. Two bookings that lack the
/// same day cannot both get it: the first does.
#[must_use]
pub fn put_back(lacking: &[Lacking]) -> PutBack {
    let (mut done, mut given) = (PutBack::default(), Booked::new());
    for one in lacking {
        if let Some(holder) = one.holder.or_else(|| given.get(&(one.copy, one.day)).copied()) {
            done.taken.push((*one, holder));
        } else {
            given.insert((one.copy, one.day), one.booking);
            done.days.push(*one);
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_lacking_is_said_day_by_day_from_today_on() {
        let holds =
            |booking, first: &str, last: &str| Holds { booking: BookingId(booking), copy: CopyId(7), first: day(first), last: day(last) };
        let both = [holds(1, "2026-11-28", "2026-12-02"), holds(2, "2026-12-03", "2026-12-03"), holds(3, "2026-11-01", "2026-11-29")];
        let booked = Booked::from([((CopyId(7), day("2026-11-30")), BookingId(1)), ((CopyId(7), day("2026-12-01")), BookingId(2))]);
        let found: Vec<(i64, String, Option<i64>)> = lacking(&both, &booked, day("2026-11-30"))
            .map(|one| (one.booking.0, one.day.to_string(), one.holder.map(|holder| holder.0)))
            .collect();
        let wanted = [(1, "2026-12-01", Some(2)), (1, "2026-12-02", None), (2, "2026-12-03", None)];
        assert_eq!(found, wanted.map(|(booking, day, holder)| (booking, day.to_owned(), holder)));
    }

    #[test]
    fn a_day_that_is_taken_stays_where_it_is() {
        let lacks = |booking, on: &str, holder: Option<i64>| Lacking {
            booking: BookingId(booking),
            copy: CopyId(1),
            day: day(on),
            holder: holder.map(BookingId),
        };
        let (free, taken) = (lacks(1, "2026-12-01", None), lacks(1, "2026-12-02", Some(2)));
        assert_eq!(put_back(&[free, taken]), PutBack { days: vec![free], taken: vec![(taken, BookingId(2))] });
        let second = lacks(3, "2026-12-01", None);
        assert_eq!(put_back(&[free, second]), PutBack { days: vec![free], taken: vec![(second, BookingId(1))] });
        assert_eq!(put_back(&[]), PutBack::default());
    }
}
