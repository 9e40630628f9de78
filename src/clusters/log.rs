//! Reading the change log: which lines somebody wants to see, which of them are one act and what it is called, what the tables are called
//! in words, and what a cell of a spreadsheet may begin with. Nobody changes a line: the database refuses it.

use chrono::{DateTime, Utc};

use crate::base::days::{self, Day, NotADay, Period};
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

/// What a line is about, as the record stands now: the parts of its name that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// What it is called: a box, a school, a person, an e-mail's title.
    pub name: String,
    /// The copy's tag.
    pub tag: String,
    /// For which school, or between which.
    pub school: String,
    /// The school it goes to.
    pub to: String,
    /// Its days.
    pub days: Option<Period>,
    /// As what: a role, a season.
    pub kind: String,
}

/// Verbs that say what became of the record, and not what somebody did to it: the record comes first.
const SAID_AFTER: [&str; 18] = [
    "accepted",
    "back from sabbatical",
    "became the lead school",
    "ended",
    "changed the own telephone number",
    "ended early",
    "erased the own account",
    "got a role",
    "had a role ended",
    "has it again",
    "joined",
    "left",
    "made lead school",
    "other dates suggested",
    "put in line again",
    "put on sabbatical",
    "taken back",
    "took over",
];

/// A line in a sentence: "Approved Body models (BM1) for Kellington, 7 to 18 December 2026", "Saxton: put on sabbatical". A record that is
/// gone is told by what was written down of it.
#[must_use]
pub fn sentence(line: &Line, subject: Option<&Subject>) -> String {
    let what = subject.map(|subject| subject_words(&line.about, subject)).filter(|words| !words.is_empty()).unwrap_or_else(|| {
        let written = [&line.before, &line.after].into_iter().find_map(|text| text.lines().next().filter(|text| !text.is_empty()));
        let kind = kind_words(&line.about).to_lowercase();
        written.map_or_else(|| kind.clone(), |text| format!("{kind}: {text}"))
    });
    if SAID_AFTER.contains(&line.verb.as_str()) {
        format!("{}: {}", large(&what), line.verb)
    } else {
        format!("{} {what}", large(&line.verb))
    }
}

/// A record in words; empty where nothing is known of it. What a cluster has one of is called so.
fn subject_words(about: &str, subject: &Subject) -> String {
    let Subject { name, tag, school, to, days, kind } = subject;
    let thing = if tag.is_empty() { name.clone() } else { format!("{name} ({tag})") };
    let days = days.map_or_else(String::new, |days| format!(", {days}"));
    match about {
        "bookings" => format!("{thing} for {school}{days}"),
        "waits" => format!("the waiting list for {name}: {school}{days}"),
        "legs" | "handovers" if to.is_empty() => format!("{thing} from {school} to where it is kept"),
        "legs" | "handovers" => format!("{thing} from {school} to {to}"),
        "finds" => format!("the report of {thing}"),
        "feeds" if name.is_empty() => "a private calendar".to_owned(),
        "feeds" => format!("the calendar of {name}"),
        "invitations" => format!("the invitation of {name}{}", if kind.is_empty() { String::new() } else { format!(" ({kind})") }),
        "roles" => format!("{kind} of {name}"),
        "messages" if name.is_empty() => "every e-mail that was not sent".to_owned(),
        "messages" => format!("the e-mail “{name}”"),
        "terms" => format!("{kind} term{days}"),
        "closures" => format!("{}{days}", if school.is_empty() { "closed for all".to_owned() } else { format!("closed at {school}") }),
        "meetings" => format!("the meeting{days}"),
        "settings" => "the rules of the cluster".to_owned(),
        "clusters" => "the cluster".to_owned(),
        _ => thing,
    }
}

/// The first letter large, as a sentence begins.
fn large(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What somebody did at once: one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act<'a> {
    /// The line that says what it was.
    pub head: &'a Line,
    /// All of its lines, newest first.
    pub lines: &'a [Line],
}

/// Which table says best what was done, where an act wrote of several.
const WEIGHT: [&str; 12] = [
    "schools",
    "clusters",
    "settings",
    "invitations",
    "people",
    "terms",
    "closures",
    "meetings",
    "handovers",
    "copies",
    "legs",
    "bookings",
];

/// The lines as acts: what one person wrote at one moment.
#[must_use]
pub fn acts(lines: &[Line]) -> Vec<Act<'_>> {
    let weight = |line: &Line| WEIGHT.iter().position(|table| *table == line.about).unwrap_or(WEIGHT.len());
    let of = |lines: &'_ [Line]| -> Option<usize> { (0..lines.len()).min_by_key(|at| (weight(&lines[*at]), lines[*at].id)) };
    lines.chunk_by(together).filter_map(|lines| Some(Act { head: &lines[of(lines)?], lines })).collect()
}

/// Whether two neighbours are of one act.
#[must_use]
pub fn together(one: &Line, other: &Line) -> bool {
    one.at == other.at && one.who == other.who
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

    fn line(id: i64, about: &str, verb: &str) -> Line {
        Line {
            id: ChangeId(id),
            at: DateTime::UNIX_EPOCH,
            who: Some("Ash".into()),
            about: about.into(),
            about_id: String::new(),
            verb: verb.into(),
            before: String::new(),
            after: "Magnets".into(),
        }
    }

    #[test]
    fn a_line_says_what_was_changed() {
        let days = Period::new(parse_iso("2026-12-07").unwrap(), parse_iso("2026-12-18").unwrap());
        let text = |text: &str| text.to_owned();
        let booking = Subject { name: text("Body models"), tag: text("BM1"), school: text("Kellington"), days, ..Subject::default() };
        let said = |about, verb, subject: &Subject| sentence(&line(1, about, verb), Some(subject));
        assert_eq!(said("bookings", "approved", &booking), "Approved Body models (BM1) for Kellington, 7 to 18 December 2026");
        assert_eq!(said("bookings", "ended early", &booking), "Body models (BM1) for Kellington, 7 to 18 December 2026: ended early");
        assert_eq!(said("copies", "marked missing", &booking), "Marked missing Body models (BM1)");
        let trip = Subject { school: text("Saxton"), to: text("Fairburn"), ..booking.clone() };
        assert_eq!(said("handovers", "received", &trip), "Received Body models (BM1) from Saxton to Fairburn");
        assert_eq!(
            said("terms", "added", &Subject { kind: text("autumn"), days, ..Subject::default() }),
            "Added autumn term, 7 to 18 December 2026"
        );
        assert_eq!(said("settings", "changed", &Subject::default()), "Changed the rules of the cluster");
        assert_eq!(sentence(&line(1, "closures", "removed"), None), "Removed closure or inset day: Magnets", "what is gone");
    }

    #[test]
    fn what_was_done_at_once_is_one_act() {
        let other = Line { at: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(1), ..line(9, "bookings", "reserved") };
        let lines = [
            other,
            line(4, "waits", "offered"),
            line(3, "bookings", "ended"),
            line(2, "copies", "marked missing"),
            line(1, "bookings", "changed"),
        ];
        let acts = acts(&lines);
        assert_eq!(acts.iter().map(|act| (act.head.id.0, act.lines.len())).collect::<Vec<_>>(), [(9, 1), (2, 4)]);
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
