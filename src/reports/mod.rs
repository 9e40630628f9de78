//! Fair share: how many school days each school has had each box in a school year. Pure.
//!
//! What counts is a loan that happened or still will. One that was fetched counts from that day to the day on which it came back,
//! however late; one that is out counts to its last day, or to today when it is late; one that is to come counts as it is booked, and
//! one that was never fetched does not. A day is counted for the school that has it, and only when that school is open; a loan that
//! reaches over the end of the year counts in both, each day once.

pub mod pages;
pub mod store;

use crate::base::days::{self, Day, Period};
use crate::base::ids::{ResourceId, SchoolId};
use crate::catalogue::Item;
use crate::schools::School;
use crate::year::SchoolCalendar;

/// A loan, as far as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaned {
    /// The school.
    pub school: SchoolId,
    /// What it had.
    pub item: Item,
    /// The days for which it is booked.
    pub booked: Period,
    /// The day on which it was fetched.
    pub fetched: Option<Day>,
    /// The day on which it came back.
    pub back: Option<Day>,
}

impl Loaned {
    /// The days on which the school had it, or is to have it; `None` when it never happened.
    #[must_use]
    pub fn days(&self, today: Day) -> Option<Period> {
        match (self.fetched, self.back) {
            (Some(fetched), Some(back)) => Period::new(fetched, back),
            (Some(fetched), None) => Period::new(fetched, self.booked.last().max(today)),
            (None, _) => Some(self.booked).filter(|booked| booked.last() >= today),
        }
    }
}

/// What one school has had of all boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The school.
    pub school: SchoolId,
    /// Its short name.
    pub name: String,
    /// School days in all.
    pub days: u32,
    /// Of a hundred days that anybody has had, so many, rounded.
    pub percent: u32,
}

/// One box: the school days of each school, in the order of [`Table::shares`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The title.
    pub resource: ResourceId,
    /// Its name.
    pub name: String,
    /// School days by school.
    pub days: Vec<u32>,
    /// School days in all.
    pub total: u32,
}

/// Days per school and resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns: schools by name, those that had nothing among them.
    pub shares: Vec<Share>,
    /// The rows: boxes by name.
    pub rows: Vec<Row>,
    /// School days in all.
    pub total: u32,
}

/// The days of an academic year, by the year it starts in.
#[must_use]
pub fn year_of(year: i32) -> Period {
    let first = days::academic_year_start(year);
    Period::new(first, days::add(days::academic_year_start(year + 1), -1)).unwrap_or(Period::day(first))
}

/// Counts a year's loans. A school has a column when it is or was in the cluster on a day of the year, or has had something.
#[must_use]
pub fn table(loans: &[Loaned], schools: &[School], calendar: &SchoolCalendar, year: Period, today: Day) -> Table {
    let days_of = |loan: &Loaned| {
        let days = loan.days(today).and_then(|days| days.intersect(year));
        days.map_or(0, |days| calendar.count(days, Some(loan.school)))
    };
    let counted: Vec<(&Loaned, u32)> = loans.iter().map(|loan| (loan, days_of(loan))).filter(|(_, days)| *days > 0).collect();
    let of_the_year = |school: &&School| {
        let stays = |days: &Period| {
            school.stays.iter().any(|stay| stay.joined_on <= days.last() && stay.left_on.is_none_or(|left| left >= days.first()))
        };
        stays(&year) || counted.iter().any(|(loan, _)| loan.school == school.id)
    };
    let columns: Vec<&School> = schools.iter().filter(of_the_year).collect();
    let mut rows: Vec<Row> = Vec::new();
    for (loan, days) in &counted {
        let Some(column) = columns.iter().position(|school| school.id == loan.school) else { continue };
        let at = rows.iter().position(|row| row.resource == loan.item.resource).unwrap_or_else(|| {
            rows.push(Row { resource: loan.item.resource, name: loan.item.name.clone(), days: vec![0; columns.len()], total: 0 });
            rows.len() - 1
        });
        rows[at].days[column] += days;
        rows[at].total += days;
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name).then(a.resource.cmp(&b.resource)));
    let total: u32 = rows.iter().map(|row| row.total).sum();
    let shares = columns
        .iter()
        .enumerate()
        .map(|(column, school)| {
            let days: u32 = rows.iter().map(|row| row.days[column]).sum();
            Share { school: school.id, name: school.short_name.clone(), days, percent: percent(days, total) }
        })
        .collect();
    Table { shares, rows, total }
}

/// Rounded to the nearest whole; of nothing, nought.
fn percent(days: u32, total: u32) -> u32 {
    (days * 100 + total / 2).checked_div(total).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::CopyId;
    use crate::schools::Stay;
    use crate::year::samples::{SAXTON, calendar, day, period};

    const BRAYTON: SchoolId = SchoolId(3);

    fn school(id: SchoolId, name: &str, joined: &str, left: Option<&str>) -> School {
        School {
            id,
            name: format!("{name} Primary School"),
            short_name: name.to_owned(),
            letters: "XX".to_owned(),
            address: String::new(),
            postcode: String::new(),
            phone: String::new(),
            stays: vec![Stay { joined_on: day(joined), left_on: left.map(day), sabbatical: None }],
        }
    }

    /// Fetched on its first day and back on its last, or not fetched.
    fn loan(school: SchoolId, resource: i64, first: &str, last: &str, fetched: bool) -> Loaned {
        let item = Item {
            copy: CopyId(resource),
            resource: ResourceId(resource),
            name: format!("Box {resource}"),
            strand: crate::catalogue::Strand::Physics,
            icon: "zap".into(),
            tag: "B".into(),
        };
        let booked = period(first, last);
        let at = |day: Day| fetched.then_some(day);
        Loaned { school, item, booked, fetched: at(booked.first()), back: at(booked.last()) }
    }

    fn year() -> Period {
        year_of(2026)
    }

    #[test]
    fn a_year_is_from_september_to_august() {
        assert_eq!(year(), period("2026-09-01", "2027-08-31"));
    }

    #[test]
    fn school_days_are_counted_past_half_term_and_the_schools_own_closures() {
        let schools = [school(SAXTON, "Saxton", "2023-09-01", None), school(BRAYTON, "Brayton", "2023-09-01", None)];
        let loans = [
            // Two weeks around half-term (26 to 30 October) and the cluster's INSET day on 2 November.
            loan(BRAYTON, 1, "2026-10-19", "2026-11-06", true),
            // A week with Saxton's own INSET day on 27 November.
            loan(SAXTON, 1, "2026-11-23", "2026-11-27", true),
            loan(SAXTON, 2, "2026-12-01", "2026-12-01", false),
        ];
        let table = table(&loans, &schools, &calendar(), year(), day("2026-11-24"));
        assert_eq!(table.rows[0].days, [4, 9], "five days and four");
        assert_eq!(table.rows[1].days, [1, 0], "to come, and not fetched yet");
        assert_eq!((table.total, table.rows[0].total), (14, 13));
        assert_eq!(table.shares.iter().map(|share| (share.days, share.percent)).collect::<Vec<_>>(), [(5, 36), (9, 64)]);
    }

    #[test]
    fn a_late_day_is_a_day_like_another() {
        let schools = [school(BRAYTON, "Brayton", "2023-09-01", None)];
        let booked = loan(BRAYTON, 1, "2026-11-09", "2026-11-13", true);
        let days = |loan: &Loaned, year, today| table(std::slice::from_ref(loan), &schools, &calendar(), year_of(year), day(today)).total;
        assert_eq!(days(&booked, 2026, "2026-11-24"), 5);
        let late = Loaned { back: Some(day("2026-11-18")), ..booked.clone() };
        assert_eq!(days(&late, 2026, "2026-11-24"), 8, "until it came back");
        let out = Loaned { back: None, ..booked.clone() };
        assert_eq!(days(&out, 2026, "2026-11-11"), 5, "as booked");
        assert_eq!(days(&out, 2026, "2026-11-24"), 12, "until today");
        let early = Loaned { fetched: Some(day("2026-11-06")), back: Some(day("2026-11-10")), ..booked };
        assert_eq!(days(&early, 2026, "2026-11-24"), 3, "from when it was fetched, the weekend left out");
        // Late over the summer: each year has its own days.
        let summer = Loaned { back: Some(day("2027-09-03")), ..loan(BRAYTON, 1, "2027-07-12", "2027-07-16", true) };
        assert_eq!(days(&summer, 2026, "2027-09-10"), days(&loan(BRAYTON, 1, "2027-07-12", "2027-08-31", true), 2026, "2027-09-10"));
        assert_eq!(days(&summer, 2027, "2027-09-10"), 2, "2 and 3 September");
    }

    #[test]
    fn what_never_happened_and_other_years_do_not_count() {
        let schools = [school(SAXTON, "Saxton", "2023-09-01", None), school(BRAYTON, "Brayton", "2020-09-01", Some("2025-08-31"))];
        let loans = [loan(SAXTON, 1, "2026-11-09", "2026-11-13", false), loan(SAXTON, 1, "2027-07-19", "2027-09-03", true)];
        let both = |year| table(&loans, &schools, &calendar(), year, day("2026-11-24"));
        assert_eq!(both(year_of(2026)).total, 1, "the 19th; Saxton trains on the 20th and 21st, and then it is summer");
        assert_eq!(both(year_of(2027)).total, 2, "2 and 3 September");
        assert_eq!(both(year_of(2026)).shares.len(), 1, "Brayton had left");
        assert_eq!(both(year_of(2024)).shares.len(), 2, "and was there the year before");
        assert_eq!(table(&[], &schools, &calendar(), year(), day("2026-11-24")).shares[0].percent, 0);
    }
}
