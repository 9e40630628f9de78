//! The pattern of bookings, in school weeks, made into bookings with days.
//!
//! Rows of one copy that do not overlap in the pattern never overlap in days: a later school week is a later week of the
//! calendar, and a booking only ever shrinks when its ends move to open days.

#![expect(
    clippy::option_option,
    reason = "a day is wrong, outside the terms, or there: three answers, and each caller asks `?` for the first"
)]

use std::collections::BTreeSet;

use crate::base::days::{self, Day, Period};
use crate::base::ids::{SchoolId, TermId};
use crate::imports::{Files, LIMITS, School, school_year, who};
use crate::sheets::problems::Problems;
use crate::sheets::{self, Column, Names, Row, Sheet, must};
use crate::year::{Closure, SchoolCalendar, Term};

/// The columns of the pattern.
const PATTERN: &[Column] = &[
    must("copy"),
    must("school"),
    must("person"),
    must("kind"),
    must("state"),
    must("first_day"),
    must("last_day"),
    must("still_out"),
    must("class"),
    must("purpose"),
    must("pupils"),
    must("override_reason"),
    must("ended_reason"),
];
/// The columns of the file that is made of it.
const BOOKINGS: [&str; 14] = [
    "copy",
    "school",
    "person",
    "kind",
    "state",
    "first_day",
    "last_day",
    "collected_on",
    "returned_on",
    "class",
    "purpose",
    "pupils",
    "override_reason",
    "ended_reason",
];

/// A week with fewer school days than this is the rest of a term, not a week to lend in: one school or other has INSET then.
const SCHOOL_WEEK_DAYS: u32 = 3;
/// A holiday longer than this is the summer: a loan ends before it, unless it is out now.
const LONG_HOLIDAY_DAYS: i64 = 21;
/// A loan longer than this had a coordinator's leave (the default of the setting).
const LONGEST_LOAN_DAYS: i64 = 28;

/// Whether a `bookings.csv` is the pattern: somebody imports `demo/` itself.
#[must_use]
pub fn is_pattern(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').next().is_some_and(|head| head.windows(9).any(|name| name == b"still_out"))
}

/// Makes `bookings.csv` for a day out of the pattern of that name.
///
/// # Errors
/// Problems in the demo's own files.
pub fn resolve(files: &Files, today: Day) -> Result<Vec<u8>, Problems> {
    SchoolYear::read(files)?.bookings(today)
}

/// The school year of the demo, and its pattern of bookings.
pub struct SchoolYear {
    calendar: SchoolCalendar,
    schools: Vec<School>,
    names: Names,
    /// The Mondays of all school weeks.
    weeks: Vec<Day>,
    pattern: Sheet,
}

/// The pattern's week 0.
#[derive(Clone, Copy)]
struct Now {
    /// Its place in [`SchoolYear::weeks`].
    week: usize,
    today: Day,
}

impl SchoolYear {
    /// Reads it from the demo's files.
    ///
    /// # Errors
    /// Problems in them.
    pub fn read(files: &Files) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let year = Self::read_all(files, &mut problems);
        year.filter(|_| problems.is_empty()).ok_or(problems)
    }

    fn read_all(files: &Files, problems: &mut Problems) -> Option<Self> {
        let mut sheet = |file, columns| files.get(file).and_then(|bytes| sheets::read(file, bytes, columns, LIMITS, problems));
        let (schools, terms) = (sheet("schools.csv", who::SCHOOLS)?, sheet("terms.csv", school_year::TERMS)?);
        let closures = sheet("closures.csv", school_year::CLOSURES)?;
        let names = Names::of(Some(&schools), who::NAME_COLUMNS);
        let schools = who::schools(&schools, None, problems);
        let terms = school_year::terms(&terms, problems).into_iter().zip(1..).map(|(term, id)| Term {
            id: TermId(id),
            season: term.season,
            academic_year: term.academic_year,
            days: term.days,
            half_term: term.half_term,
        });
        let known = who::Known { schools: &schools, names: &names };
        let closures = school_year::closures(&closures, known, problems).into_iter().map(|closure| Closure {
            school: closure.school.map(id_of),
            kind: closure.kind,
            days: closure.days,
            note: closure.note,
        });
        let calendar = SchoolCalendar::new(terms.collect(), closures.collect());
        let mondays: BTreeSet<Day> = calendar.terms().iter().flat_map(|term| term.days.days()).map(days::monday).collect();
        let weeks = mondays
            .into_iter()
            .filter(|monday| Period::new(*monday, days::add(*monday, 4)).is_some_and(|week| calendar.count(week, None) >= SCHOOL_WEEK_DAYS))
            .collect();
        let pattern = sheets::read("bookings.csv", files.get("bookings.csv")?, PATTERN, LIMITS, problems)?;
        Some(Self { calendar, schools, names, weeks, pattern })
    }

    /// `bookings.csv` as it is on a day.
    ///
    /// # Errors
    /// Problems in the pattern, or a day before the first or after the last of our terms.
    pub fn bookings(&self, today: Day) -> Result<Vec<u8>, Problems> {
        let mut problems = Problems::default();
        // A Saturday belongs to the week that comes.
        let week = self.weeks.partition_point(|monday| days::add(*monday, 4) < today);
        if week == self.weeks.len() {
            problems.file("terms.csv", format!("The demo's terms end before {}.", days::long(today)), "Add later terms to demo/terms.csv.");
        }
        if let Some(first) = self.weeks.first().filter(|first| today < **first) {
            let begin = days::long(*first);
            problems.file(
                "terms.csv",
                format!("The demo's terms begin on {begin}."),
                "Take a later day, or add earlier terms to demo/terms.csv.",
            );
        }
        let now = Now { week, today };
        let mut made = csv::Writer::from_writer(Vec::new());
        let mut written = made.write_record(BOOKINGS).is_ok();
        for row in &self.pattern.rows {
            if let Some(cells) = self.booking(row, now, &mut problems) {
                written &= made.write_record(&cells).is_ok();
            }
        }
        match made.into_inner() {
            Ok(bytes) if written && problems.is_empty() => Ok(bytes),
            _ => Err(problems),
        }
    }

    fn known(&self) -> who::Known<'_> {
        who::Known { schools: &self.schools, names: &self.names }
    }

    /// A line of `bookings.csv`; `None` for a booking that lies outside the terms we know, or is wrong.
    fn booking(&self, row: &Row, now: Now, problems: &mut Problems) -> Option<Vec<String>> {
        let school = id_of(self.known().needed(row, "school", problems)?);
        let first = self.day(row, "first_day", now, problems)?;
        let last = self.day(row, "last_day", now, problems)?;
        let still_out = row.yes_no("still_out", false, problems)?;
        let days = self.snap(Period::new(first?, last?)?, school, now.today)?;
        let fetched = row.text("kind") == "loan" && row.text("state") == "confirmed" && days.first() <= now.today;
        let back = fetched && !still_out && days.last() < now.today;
        let show = |day: Day, there: bool| if there { day.to_string() } else { String::new() };
        let mut leave = row.text("override_reason").to_owned();
        if leave.is_empty() && row.text("kind") == "loan" && days.len_days() > LONGEST_LOAN_DAYS {
            "Kept over the holidays, as nobody else asked for it".clone_into(&mut leave);
        }
        let cell = |column: &str| row.text(column).to_owned();
        Some(vec![
            cell("copy"),
            cell("school"),
            cell("person"),
            cell("kind"),
            cell("state"),
            days.first().to_string(),
            days.last().to_string(),
            show(days.first(), fetched),
            show(days.last(), back),
            cell("class"),
            cell("purpose"),
            cell("pupils"),
            leave,
            cell("ended_reason"),
        ])
    }

    /// The day that `-3 Mon` means; `Some(None)` when the week is outside the terms we know.
    fn day(&self, row: &Row, column: &str, now: Now, problems: &mut Problems) -> Option<Option<Day>> {
        let text = row.text(column);
        let parsed = text.split_once(' ').and_then(|(week, day)| {
            let day = ["Mon", "Tue", "Wed", "Thu", "Fri"].iter().position(|name| *name == day)?;
            Some((week.parse::<isize>().ok()?, i64::try_from(day).ok()?))
        });
        let Some((week, day)) = parsed else {
            row.wrong(column, format!("\"{text}\" is no day of a school week."), "Write it like -3 Mon or +2 Fri.", problems);
            return None;
        };
        let monday = now.week.checked_add_signed(week).and_then(|week| self.weeks.get(week));
        Some(monday.map(|monday| days::add(*monday, day)))
    }

    /// The days from the first to the last on which the school is open; a loan that is not out now ends before the summer.
    fn snap(&self, wished: Period, school: SchoolId, today: Day) -> Option<Period> {
        let snapped = self.calendar.snap(wished, Some(school))?;
        if snapped.contains(today) {
            return Some(snapped);
        }
        let open: Vec<Day> = self.calendar.school_days(snapped, Some(school)).collect();
        let before = open.windows(2).find(|pair| (pair[1] - pair[0]).num_days() > LONG_HOLIDAY_DAYS).map(|pair| pair[0]);
        Period::new(snapped.first(), before.unwrap_or(snapped.last()))
    }
}

/// A school's place as an id, for the calendar.
fn id_of(place: usize) -> SchoolId {
    SchoolId(i64::try_from(place).unwrap_or(-1))
}
