//! What the record of who has a copy says beyond its loans: that it is on its way or missing, and that a part without which it is
//! no use was short when it was last counted.

use std::fmt;

use chrono::NaiveDateTime;

use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, SchoolId};
use crate::year::SchoolCalendar;

/// Where a copy can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Place {
    /// A school has it.
    School,
    /// It lies where it is kept when nobody has it.
    Store,
    /// One school has given it up, and nobody has received it yet.
    Transit,
    /// Nobody knows.
    Missing,
}

/// Where a copy is: what custody says, and nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// What kind of place.
    pub place: Place,
    /// Who has it; where the store is; who gave it up, while it is on its way; who had it last, when it is missing.
    pub school: SchoolId,
    /// While it is on its way: to whom; `None` is the store.
    pub to: Option<SchoolId>,
}

/// The loan for which a school has a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Out {
    /// The booking.
    pub booking: BookingId,
    /// From its first to its last day.
    pub days: Period,
}

/// As pages carry it beside a copy's tag: the kind of place and the schools' ids, "store 0PHG82X4VPJW7".
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.school)?;
        self.to.map_or(Ok(()), |to| write!(f, " {to}"))
    }
}

/// How a copy stands, apart from its loans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plight {
    /// Where it is; `None` only where nobody has asked.
    pub spot: Option<Spot>,
    /// The loan for which a school has it.
    pub out: Option<Out>,
    /// Where it is, when neither a school nor the store has it.
    pub astray: Option<Astray>,
    /// The essential lines that were short at the last count, in words: "Torch: 2 of 6 missing"; empty when none was.
    pub short: String,
}

/// A copy that neither a school nor the store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Astray {
    /// Handed over by one side, not received by the other.
    OnTheWay {
        /// Who handed it over.
        from: SchoolId,
        /// Who is to receive it; `None` is the store.
        to: Option<SchoolId>,
        /// The day it was given up.
        since: Day,
        /// The day from which that is too long (see [`SchoolCalendar::long_from`]); `None` where no such day can be told.
        long_from: Option<Day>,
    },
    /// Nobody knows where it is.
    Missing {
        /// Who had it last.
        last: SchoolId,
        /// The day it was reported.
        since: Day,
    },
}

/// The columns of a copy's custody that a [`Plight`] is made of: place, school, to which school, since when, what is short.
pub type PlightRow = (String, i64, Option<i64>, NaiveDateTime, String);

/// The columns of the booking for which a copy is out: its id, first and last day.
pub type OutRow = (i64, Day, Day);

impl Plight {
    /// From the row of custody of a copy that is kept at `home`, and a calendar that knows the days since it was given up.
    #[must_use]
    pub fn of((place, school, to, since, short): PlightRow, home: SchoolId, calendar: &SchoolCalendar) -> Self {
        let (school, since, to) = (SchoolId(school), clock::today(since.and_utc()), to.map(SchoolId));
        let spot = place.parse().ok().map(|place| Spot { place, school, to });
        let long_from = |place| if place == Place::Transit { calendar.long_from(since, to.unwrap_or(home)) } else { None };
        let astray = spot.and_then(|spot| spot.astray(since, long_from(spot.place)));
        Self { spot, out: None, astray, short }
    }

    /// With the loan for which a school has it, from the row of that booking.
    #[must_use]
    pub fn out_for(self, row: Option<OutRow>) -> Self {
        let out = row.and_then(|(id, first, last)| Some(Out { booking: BookingId(id), days: Period::new(first, last)? }));
        Self { out, ..self }
    }

    /// The school that has it, and since which last day it should have come back.
    #[must_use]
    pub fn late(&self, today: Day) -> Option<(SchoolId, Day)> {
        let at = self.spot.filter(|spot| spot.place == Place::School)?;
        self.out.filter(|out| out.days.last() < today).map(|out| (at.school, out.days.last()))
    }
}

/// The day on which the journey of a row began, if its copy is on its way.
#[must_use]
pub fn under_way((place, _, _, since, _): &PlightRow) -> Option<Day> {
    (place == "transit").then(|| clock::today(since.and_utc()))
}

impl Spot {
    /// That neither a school nor the store has it, since that day. `long_from`: the day from which its journey takes too long.
    #[must_use]
    pub fn astray(&self, since: Day, long_from: Option<Day>) -> Option<Astray> {
        match self.place {
            Place::Transit => Some(Astray::OnTheWay { from: self.school, to: self.to, since, long_from }),
            Place::Missing => Some(Astray::Missing { last: self.school, since }),
            Place::School | Place::Store => None,
        }
    }
}

impl Astray {
    /// Whether nobody can say when it can be had again: missing, or on its way for longer than the cluster allows. What changes hands
    /// today can be booked for next month.
    #[must_use]
    pub fn keeps_out(&self, today: Day) -> bool {
        match self {
            Self::OnTheWay { long_from, .. } => long_from.is_some_and(|long| today >= long),
            Self::Missing { .. } => true,
        }
    }

    /// Since when, as the words after it: "since Monday" within a week, else "since 13 November".
    #[must_use]
    pub fn since(&self, today: Day) -> String {
        let (Self::OnTheWay { since, .. } | Self::Missing { since, .. }) = self;
        since_words(*since, today)
    }

    /// The whole as it stands in a sentence after "it is": "on its way from Saxton to Fairburn since Monday".
    #[must_use]
    pub fn words<'a>(&self, today: Day, name: impl Fn(SchoolId) -> &'a str) -> String {
        let since = self.since(today);
        match self {
            Self::OnTheWay { from, to: Some(to), .. } => format!("on its way from {} to {} {since}", name(*from), name(*to)),
            Self::OnTheWay { from, to: None, .. } => format!("on its way from {} to its store {since}", name(*from)),
            Self::Missing { .. } => format!("missing {since}"),
        }
    }
}

/// "since today", "since Monday" within a week, "since 13 November", with the year when it is another one.
#[must_use]
pub fn since_words(since: Day, today: Day) -> String {
    use chrono::Datelike;
    match (today - since).num_days() {
        0 => "since today".to_owned(),
        1..=6 => format!("since {}", since.format("%A")),
        _ if since.year() == today.year() => format!("since {}", since.format("%-d %B")),
        _ => format!("since {}", days::long(since)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::year::samples::{calendar, day};

    fn plight(place: &str, to: Option<i64>, since: &str) -> Plight {
        Plight::of((place.to_owned(), 1, to, since.parse().unwrap(), String::new()), SchoolId(1), &calendar())
    }

    #[test]
    fn only_what_is_on_its_way_or_missing_is_astray() {
        assert_eq!(plight("store", None, "2026-11-23T10:00:00").astray, None);
        assert_eq!(plight("school", None, "2026-11-23T10:00:00").astray, None);
        let way = plight("transit", Some(2), "2026-11-23T10:00:00").astray.unwrap();
        // Tuesday, Wednesday, Thursday are the three that a cluster allows unless it says otherwise.
        let (since, long_from) = (day("2026-11-23"), Some(day("2026-11-26")));
        assert_eq!(way, Astray::OnTheWay { from: SchoolId(1), to: Some(SchoolId(2)), since, long_from });
        assert!(!way.keeps_out(day("2026-11-25")) && way.keeps_out(day("2026-11-26")));
        let name = |school: SchoolId| if school.0 == 1 { "Saxton" } else { "Fairburn" };
        assert_eq!(way.words(day("2026-11-26"), name), "on its way from Saxton to Fairburn since Monday");
        let home = plight("transit", None, "2026-11-23T10:00:00").astray.unwrap();
        assert_eq!(home.words(day("2026-12-26"), name), "on its way from Saxton to its store since 23 November");
    }

    #[test]
    fn a_day_is_a_day_in_london_on_both_sides_of_the_clocks_change() {
        // Clocks go back on 25 October 2026 and forward on 28 March 2027.
        let since = |at: &str| match plight("missing", None, at).astray {
            Some(Astray::Missing { since, .. }) => since,
            other => panic!("{other:?}"),
        };
        assert_eq!(since("2026-10-24T23:30:00"), day("2026-10-25"), "half past midnight, summer time");
        assert_eq!(since("2026-10-25T23:30:00"), day("2026-10-25"), "half past eleven at night, winter time");
        assert_eq!(since("2027-03-27T23:30:00"), day("2027-03-27"));
        assert_eq!(since("2027-03-28T23:30:00"), day("2027-03-29"));
    }

    #[test]
    fn a_day_is_named_as_people_say_it() {
        let today = day("2026-11-26");
        assert_eq!(since_words(today, today), "since today");
        assert_eq!(since_words(day("2026-11-20"), today), "since Friday");
        assert_eq!(since_words(day("2026-11-19"), today), "since 19 November");
        assert_eq!(since_words(day("2025-11-19"), today), "since 19 November 2025");
    }
}
