//! The school year of a folder as a calendar file: `terms.ics` in place of `terms.csv`, read as the page reads it.

use super::{Closure, Files, Term};
use crate::sheets::decode::text_of;
use crate::sheets::problems::Problems;
use crate::year::ics;
use crate::year::plan::plan_terms;

/// The name of such a file.
pub const TERMS_ICS: &str = "terms.ics";

/// What it says of the year.
#[derive(Debug, Default)]
pub struct FromCalendar {
    /// Its terms.
    pub terms: Vec<Term>,
    /// Its closed days, all of them of the whole cluster.
    pub closures: Vec<Closure>,
    /// What was not taken, or should be looked at: a sentence each, with its line.
    pub notes: Vec<String>,
}

/// Reads a folder's calendar: the file of that name, or a `terms.csv` that is one, as some websites save it. `None` when there is none.
pub fn read(files: &Files, problems: &mut Problems) -> Option<FromCalendar> {
    let named = |name: &'static str| files.get(name).map(|bytes| (name, text_of(bytes)));
    let (file, text) = match (named(TERMS_ICS), named("terms.csv")) {
        (Some((file, Ok(text))), _) => (file, text),
        (Some((file, Err(fault))), _) => {
            problems.file(file, fault.to_string(), "Download the calendar again, as an .ics file.");
            return Some(FromCalendar::default());
        }
        (None, Some((file, Ok(text)))) if ics::is_calendar(&text) => (file, text),
        _ => return None,
    };
    if file == TERMS_ICS && files.contains_key("terms.csv") {
        problems.file(file, "The terms are there twice: in terms.csv, too.", "Keep one of the two files.");
    }
    let found = ics::read(&text);
    let (good, faults) = plan_terms(&found.terms, &[]);
    for fault in found.faults.into_iter().chain(faults) {
        problems.at(file, fault.line, &fault.column, fault.wrong, fault.right);
    }
    let terms = good.into_iter().map(|row| Term {
        line: row.line,
        season: row.what.season,
        academic_year: row.what.academic_year,
        days: row.what.days,
        half_term: row.what.half_term,
    });
    let closures = found.closures.into_iter().map(|(line, closed)| Closure {
        line,
        school: None,
        kind: closed.kind,
        days: closed.days,
        note: closed.note,
    });
    let looked_at = found.doubts.into_iter().map(|(line, words)| format!("{file}, line {line}: look at {words}."));
    let left_out = found.left_out.into_iter().map(|(line, words)| format!("{file}, line {line}, is left out: {words}."));
    Some(FromCalendar { terms: terms.collect(), closures: closures.collect(), notes: looked_at.chain(left_out).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: &str = "BEGIN:VCALENDAR\rBEGIN:VEVENT\rDTSTART;VALUE=DATE:20260902\rSUMMARY:Autumn term starts\rEND:VEVENT\rBEGIN:VEVENT\rDTSTART;VALUE=DATE:20261127\rSUMMARY:INSET day\rEND:VEVENT\rBEGIN:VEVENT\rDTSTART;VALUE=DATE:20261130\rSUMMARY:Choir\rEND:VEVENT\rBEGIN:VEVENT\rDTSTART;VALUE=DATE:20261218\rSUMMARY:Autumn term ends\rEND:VEVENT\rEND:VCALENDAR\r";

    #[test]
    fn a_folder_may_have_its_year_as_a_calendar() {
        for name in [TERMS_ICS, "terms.csv"] {
            let mut problems = Problems::default();
            let files = Files::from([(name.to_owned(), YEAR.as_bytes().to_vec())]);
            let found = read(&files, &mut problems).expect("a calendar");
            assert!(problems.is_empty(), "{problems}");
            assert_eq!(found.terms[0].days.to_string(), "2 September to 18 December 2026");
            assert_eq!(found.closures[0].days.to_string(), "27 November 2026");
            assert_eq!(found.notes, [format!("{name}, line 10, is left out: \"Choir\", 30 November 2026.")]);
        }
        assert!(read(&Files::from([("terms.csv".to_owned(), b"academic_year,season".to_vec())]), &mut Problems::default()).is_none());
    }

    #[test]
    fn a_fault_of_the_calendar_is_one_of_the_folder() {
        let mut problems = Problems::default();
        let text = YEAR.replace("20261218", "18 December");
        let files = Files::from([(TERMS_ICS.to_owned(), text.into_bytes()), ("terms.csv".to_owned(), Vec::new())]);
        read(&files, &mut problems);
        let said = problems.to_string();
        assert!(said.contains("terms.ics, line 15: \"18 December\" is not a day.") && said.contains("there twice"), "{said}");
    }
}
