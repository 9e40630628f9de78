//! Reading the change log: which lines somebody wants to see, what the tables are called in words, and what a cell of a
//! spreadsheet may begin with. Nobody changes a line: the database refuses it.

use chrono::{DateTime, Utc};

use crate::base::days::{self, Day, NotADay};
use crate::base::ids::{ChangeId, PersonId};

/// The most lines that one file holds.
pub const MOST_IN_A_FILE: usize = 10_000;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id; rises with time.
    pub id: ChangeId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, by the name of today; `None` for the program itself.
    pub who: Option<String>,
    /// The table.
    pub about: String,
    /// The record, mostly the letters of its id.
    pub about_id: String,
    /// "reserved", "changed".
    pub verb: String,
    /// What was before.
    pub before: String,
    /// What is after.
    pub after: String,
}

impl Line {
    /// Who, in words.
    #[must_use]
    pub fn by(&self) -> &str {
        self.who.as_deref().unwrap_or(PROGRAM)
    }
}

/// The program's own name, where it did something by itself.
pub const PROGRAM: &str = "Boxrota";

/// Whose lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// One person's.
    Person(PersonId),
    /// What the program did by itself.
    Program,
}

impl Who {
    /// From the address of the page: the letters of an id, or "program".
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text == "program" { Some(Self::Program) } else { text.parse().ok().map(Self::Person) }
    }
}

/// Which lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One table's.
    pub kind: Option<String>,
    /// One person's.
    pub who: Option<Who>,
    /// From this day on.
    pub from: Option<Day>,
    /// To this day, which still belongs to it.
    pub to: Option<Day>,
}

/// The tables a person can change, and what they are called for people.
pub const KINDS: &[(&str, &str)] = &[
    ("bookings", "Booking"),
    ("clusters", "Cluster"),
    ("closures", "Closure or INSET day"),
    ("copies", "Copy"),
    ("feeds", "Calendar feed"),
    ("finds", "Report of a find"),
    ("former_names", "Former name of a school"),
    ("handovers", "Handover"),
    ("invitations", "Invitation"),
    ("lead_schools", "Lead school"),
    ("legs", "Plan of a handover"),
    ("meetings", "Meeting"),
    ("memberships", "School's membership"),
    ("messages", "E-mail"),
    ("muted_kinds", "Choice of e-mails"),
    ("people", "Person"),
    ("resources", "Box or kit"),
    ("contents_lines", "Contents of a box"),
    ("roles", "Role"),
    ("settings", "Rules"),
    ("schools", "School"),
    ("sessions", "Signed-in device"),
    ("terms", "Term"),
    ("waits", "Place on a waiting list"),
];

/// What a table is called for people; a table that is not in the list, by its own name.
#[must_use]
pub fn kind_words(about: &str) -> String {
    KINDS.iter().find(|(table, _)| *table == about).map_or_else(|| about.replace('_', " "), |(_, words)| (*words).to_owned())
}

/// Where a record has a page, after the cluster's own address: `/bookings/…`.
#[must_use]
pub fn place(about: &str, about_id: &str) -> Option<String> {
    let folder = match about {
        "bookings" => "bookings",
        "resources" => "boxes",
        "messages" => "mail",
        "schools" => "schools",
        "people" => "people",
        "waits" => "waits",
        _ => return None,
    };
    // "all" and the like are words, not records.
    about_id.parse::<ChangeId>().ok().map(|id| format!("/{folder}/{id}"))
}

/// Why a day of the filter could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayRefusal {
    /// Not all three boxes are filled in.
    #[error("Enter a day, a month and a year, for example 31 8 2027, or leave all three empty")]
    Incomplete,
    /// No such day.
    #[error("There is no such day. Enter one like 31 8 2027")]
    NoDay,
    /// The last day is before the first.
    #[error("The last day is before the first day")]
    Backwards,
}

/// A day from three boxes; `None` when all are empty.
///
/// # Errors
/// What is wrong with it.
pub fn read_day(boxes: [&str; 3]) -> Result<Option<Day>, DayRefusal> {
    days::typed(boxes).map_err(|fault| if matches!(fault, NotADay::Missing(_)) { DayRefusal::Incomplete } else { DayRefusal::NoDay })
}

/// A cell that no spreadsheet takes for a formula: what would begin one is marked as text.
#[must_use]
pub fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;

    #[test]
    fn a_day_is_three_numbers_or_none() {
        assert_eq!(read_day(["", " ", ""]), Ok(None));
        assert_eq!(read_day(["31", "8", "2027"]), Ok(parse_iso("2027-08-31")));
        assert_eq!(read_day(["31", "", "2027"]), Err(DayRefusal::Incomplete));
        for wrong in
            [["31", "2", "2027"], ["x", "2", "2027"], ["1", "1", "27"], ["1", "13", "2027"], ["-1", "1", "2027"], ["00001", "1", "2027"]]
        {
            assert_eq!(read_day(wrong), Err(DayRefusal::NoDay), "{wrong:?}");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+44", "-1", "@SUM(A1)", "\t=1"] {
            assert!(harmless(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(harmless("MG1, 7 to 8 December 2026"), "MG1, 7 to 8 December 2026");
    }

    #[test]
    fn records_with_a_page_have_a_place() {
        assert_eq!(place("bookings", "07EFYM4G8R001").as_deref(), Some("/bookings/07EFYM4G8R001"));
        assert_eq!(place("schools", "07EFYM4G8R001").as_deref(), Some("/schools/07EFYM4G8R001"));
        assert_eq!(place("people", "07EFYM4G8R001").as_deref(), Some("/people/07EFYM4G8R001"));
        assert_eq!(place("messages", "all"), None);
        assert_eq!(place("settings", "07EFYM4G8R001"), None);
    }

    #[test]
    fn tables_have_words() {
        assert_eq!(kind_words("settings"), "Rules");
        assert_eq!(kind_words("waiting_places"), "waiting places");
        assert_eq!(Who::read("program"), Some(Who::Program));
        assert_eq!(Who::read("x"), None);
    }
}
