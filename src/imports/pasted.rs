//! Terms and closures pasted or uploaded into a cluster that is there already: the same files, read by the same code, but a
//! good line stands beside a bad one, so that both can be shown.

use super::school_year::{self, CLOSURES, TERMS};
use super::who::Known;
use super::{School, Term};
use crate::base::{Day, days};
use crate::schools;
use crate::sheets::problems::{Problem, Problems};
use crate::sheets::{self, Names};
use crate::year::plan::{self, Fault, MOST_ROWS, Planned, Row, Step};
use crate::year::{Closure, SchoolCalendar, ics};

/// How much is read of a text: the lines of a year or two, and not of everything that fits into a form.
const LIMITS: sheets::Limits = sheets::Limits { rows: MOST_ROWS, tabs: true, ..super::LIMITS };

/// Which of the two is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The terms of a year, or a whole calendar file.
    Terms,
    /// Closed days.
    Closures,
}

/// A text as it was understood.
#[derive(Debug, Default)]
pub struct Preview {
    /// The terms, each with what storing it would do.
    pub terms: Vec<Row<Planned>>,
    /// The closed days, each with what storing it would do.
    pub closures: Vec<Row<Closure>>,
    /// How many events a calendar file has.
    pub events: usize,
    /// What each of its events was taken for, by its line.
    pub used: Vec<(u64, String)>,
    /// Its events that were not taken, with their lines and the reasons.
    pub left_out: Vec<(u64, String)>,
    /// What was taken and should be looked at, with the lines.
    pub doubts: Vec<(u64, String)>,
    /// What cannot be stored, as far as it is kept.
    pub faults: Vec<Fault>,
    /// How many faults there are beside these.
    pub more_faults: usize,
    /// How many bookings to come it would leave on days without school.
    pub off: usize,
}

impl Preview {
    /// Reads a text beside the school year as it is.
    #[must_use]
    pub fn of(what: What, text: &str, calendar: &SchoolCalendar, schools: &[schools::School]) -> Self {
        let mut all = Self::default();
        match (what, ics::is_calendar(text)) {
            (What::Terms, true) => {
                let found = ics::read(text);
                (all.terms, all.faults) = plan::plan_terms(&found.terms, calendar.terms());
                all.faults.splice(0..0, found.faults);
                all.closures = plan::plan_closures(found.closures, calendar.closures());
                (all.events, all.used, all.left_out, all.doubts) = (found.events, found.used, found.left_out, found.doubts);
            }
            (What::Terms, false) => {
                let read = terms(text);
                let planned = |term: Term| Planned {
                    season: term.season,
                    academic_year: term.academic_year,
                    days: term.days,
                    half_term: term.half_term,
                };
                let terms: Vec<_> = read.good.into_iter().map(|(line, term)| (line, planned(term))).collect();
                (all.terms, all.faults) = plan::plan_terms(&terms, calendar.terms());
                all.faults.splice(0..0, read.problems.into_iter().map(fault));
                all.more_faults = read.more;
            }
            (What::Closures, true) => all.faults.push(Fault {
                line: None,
                column: String::new(),
                wrong: "This is a calendar file.".into(),
                right: "Import it as a year: its closed days come along with its terms.".into(),
            }),
            (What::Closures, false) => {
                let read = closures(text, schools);
                all.closures = plan::plan_closures(read.good, calendar.closures());
                all.faults = read.problems.into_iter().map(fault).collect();
                all.more_faults = read.more;
            }
        }
        all.faults.sort_by_key(|fault| fault.line);
        all
    }

    /// What would be replaced, as a text that is the same only while the terms in question are.
    #[must_use]
    pub fn seen(&self) -> String {
        let replaced = self.terms.iter().filter_map(|row| match &row.step {
            Step::Replaces(old) => Some(format!("{} {:?} {:?}", old.id, old.days, old.half_term)),
            _ => None,
        });
        replaced.collect::<Vec<_>>().join(";")
    }

    /// Whether anything would be stored.
    #[must_use]
    pub fn is_news(&self) -> bool {
        self.terms.iter().any(|row| row.step != Step::Same) || self.closures.iter().any(|row| row.step == Step::New)
    }

    /// The school year that it is about; the first one when there are several.
    #[must_use]
    pub fn year(&self) -> Option<i32> {
        let terms = self.terms.iter().map(|row| row.what.academic_year);
        let closures = self.closures.iter().map(|row| days::academic_year(row.what.days.first()));
        terms.min().or_else(|| closures.min())
    }
}

fn fault(problem: Problem) -> Fault {
    Fault { line: problem.line, column: problem.column, wrong: problem.wrong, right: problem.right }
}

/// The good lines, each with its number, and what is wrong with the others.
pub struct Read<T> {
    /// What was read.
    pub good: Vec<(u64, T)>,
    /// What is wrong, as far as it is kept.
    pub problems: Vec<Problem>,
    /// How many problems there are beside these.
    pub more: usize,
}

/// Keeps the lines that no problem names.
fn sift<T>(read: Vec<(u64, T)>, problems: &Problems) -> Read<T> {
    Read {
        good: read.into_iter().filter(|(line, _)| !problems.names(*line)).collect(),
        problems: problems.list().to_vec(),
        more: problems.found() - problems.list().len(),
    }
}

/// The terms of a text like `terms.csv`.
#[must_use]
pub fn terms(text: &str) -> Read<Term> {
    let mut problems = Problems::default();
    let sheet = sheets::read("terms.csv", text.as_bytes(), TERMS, LIMITS, &mut problems);
    let read = sheet.map(|sheet| school_year::terms(&sheet, &mut problems)).unwrap_or_default();
    sift(read.into_iter().map(|term| (term.line, term)).collect(), &problems)
}

/// The closures of a text like `closures.csv`, with the schools of this cluster.
#[must_use]
pub fn closures(text: &str, schools: &[schools::School]) -> Read<Closure> {
    let known: Vec<School> = schools
        .iter()
        .map(|school| School {
            line: 0,
            name: school.name.clone(),
            short_name: school.short_name.clone(),
            letters: school.letters.clone(),
            urn: None,
            address: String::new(),
            postcode: String::new(),
            phone: String::new(),
            joined: Day::MIN,
            left: None,
            sabbatical: None,
            lead: false,
        })
        .collect();
    let mut problems = Problems::default();
    let sheet = sheets::read("closures.csv", text.as_bytes(), CLOSURES, LIMITS, &mut problems);
    // No name is known but those of these schools.
    let names = Names::of(Some(&sheets::Sheet { file: "schools.csv", rows: Vec::new() }), &[]);
    let read =
        sheet.map(|sheet| school_year::closures(&sheet, Known { schools: &known, names: &names }, &mut problems)).unwrap_or_default();
    let read = read
        .into_iter()
        .map(|closure| {
            let school = closure.school.and_then(|place| schools.get(place)).map(|school| school.id);
            (closure.line, Closure { school, kind: closure.kind, days: closure.days, note: closure.note })
        })
        .collect();
    sift(read, &problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_line_is_kept_beside_a_bad_one() {
        let read = terms(
            "academic_year,season,first_day,last_day\n2026-27,autumn,2026-09-02,2026-12-18\n2026-27,sprng,2027-01-05,2027-03-25\n2026-27,summer,2027-07-21,2027-04-12\n",
        );
        assert_eq!(read.good.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2]);
        assert_eq!(read.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(3), Some(4)]);
    }

    #[test]
    fn cells_from_a_spreadsheet_are_read_with_their_line_numbers() {
        let read = closures("\nkind\tfirst_day\tnote\ninset\t27/11/2026\tReading, writing\nnone\t1/1/2026\t\n", &[]);
        assert_eq!(read.good.iter().map(|(line, closure)| (*line, closure.note.as_str())).collect::<Vec<_>>(), [(3, "Reading, writing")]);
        assert_eq!(read.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(4)]);
    }

    #[test]
    fn cells_with_marks_and_line_breaks_stay_whole() {
        let text = "kind\tfirst_day\tlast_day\tnote\r\ninset\t27/11/2026\t\t\"He said \"\"no school\"\"\"\r\ninset\t28/01/2027\t\t\"two\r\nlines\"\r\nx\t28/01/2027\t\t\r\n";
        let read = closures(text, &[]);
        let notes: Vec<_> = read.good.iter().map(|(line, closure)| (*line, closure.note.as_str())).collect();
        assert_eq!(notes, [(2, "He said \"no school\""), (3, "two lines")]);
        assert_eq!(read.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(5)]);
    }

    #[test]
    fn a_school_that_is_not_here_is_no_school() {
        let read = closures("school,kind,first_day\nSaxton,inset,2026-11-27\n,bank_holiday,2027-05-03\n", &[]);
        assert_eq!(read.good.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3]);
        assert_eq!(read.problems.len(), 1);
        assert!(read.problems[0].wrong.contains("no school"));
    }
}
