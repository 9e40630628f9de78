//! Importing a cluster: a folder of CSV files becomes schools, people, terms, boxes and bookings.
//!
//! What must always hold: reading finds every problem and not only the first, each with file, line, column and what would
//! be right; nothing is stored unless there is none; the demo cluster comes in through this same door. Reading is pure: bytes
//! in, a [`Cluster`] or its problems out. `docs/importing.md` describes the files for the people who make them.

pub mod acts;
pub mod pages;
pub mod pasted;

mod calendar;
mod catalogue;
mod loans;
mod pattern;
mod school_year;
mod store;
mod summary;
mod who;

use std::collections::BTreeMap;

use crate::clusters::longest::Longest;
pub use crate::sheets::problems::{Problem, Problems};
pub use summary::Summary;

use crate::base::days::{Day, Period};
use crate::sheets::{self, Limits, Names, problems};
use crate::year::{ClosureKind, Season};

/// The place of what a wrong line names: in no list. Lines with a problem are read on with it, so that what else is wrong with
/// them and with what refers to them is found too; none of them is ever stored.
const NOWHERE: usize = usize::MAX;

/// How much is read of one file: ten years of bookings of a hundred boxes are 2 MB.
const LIMITS: Limits = Limits { bytes: 20 * 1024 * 1024, cell: 2000, rows: 200_000, tabs: false };

/// The files of a folder by name. Only names that end in `.csv` are looked at, and `terms.ics`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The files that a folder may hold, in the order in which they are read; the first three must be there.
pub const FILES: [&str; 10] = [
    "cluster.csv",
    "schools.csv",
    "people.csv",
    "settings.csv",
    "terms.csv",
    "closures.csv",
    "resources.csv",
    "contents.csv",
    "copies.csv",
    "bookings.csv",
];

/// How many of [`FILES`] must be there.
const NEEDED_FILES: usize = 3;

/// A whole cluster as its files describe it: every name resolved to a place in these lists, every rule of the tables kept.
#[derive(Debug)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its short name in addresses.
    pub slug: String,
    /// The year in which its cohort started.
    pub cohort_year: Option<i32>,
    /// `england`, `wales`, `scotland` or `northern_ireland`.
    pub nation: &'static str,
    /// Its booking rules.
    pub settings: Settings,
    /// Its schools.
    pub schools: Vec<School>,
    /// Its people, one each, whatever number of roles.
    pub people: Vec<Person>,
    /// Who is what.
    pub roles: Vec<Role>,
    /// The school year.
    pub terms: Vec<Term>,
    /// Closures and INSET days.
    pub closures: Vec<Closure>,
    /// The catalogue.
    pub resources: Vec<Resource>,
    /// The things themselves.
    pub copies: Vec<Copy>,
    /// Who has had and will have them.
    pub bookings: Vec<Booking>,
    /// What of a calendar file was not taken, or should be looked at: a sentence each.
    pub notes: Vec<String>,
}

/// The booking rules of a cluster; the defaults are those of the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The longest loan.
    pub longest: Longest,
    /// How far ahead one may book, in days; `None`: to the end of the next academic year.
    pub furthest_ahead_days: Option<i32>,
    /// The shortest notice, in school days.
    pub shortest_notice_days: i32,
    /// The most live bookings of one school.
    pub most_live_bookings: i32,
    /// Days kept free after each booking.
    pub turnaround_days: i32,
    /// Whether every booking is a request first.
    pub approval_needed: bool,
    /// Whether a booking may start or end on a day without school.
    pub non_school_days: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            longest: Longest::HalfTerm,
            furthest_ahead_days: None,
            shortest_notice_days: 0,
            most_live_bookings: 3,
            turnaround_days: 0,
            approval_needed: false,
            non_school_days: false,
        }
    }
}

/// A school and its membership.
#[derive(Debug)]
pub struct School {
    line: u64,
    /// Its full name.
    pub name: String,
    /// What people call it.
    pub short_name: String,
    /// Two or three letters for narrow bars.
    pub letters: String,
    /// Its unique reference number, where it has one.
    pub urn: Option<String>,
    /// Street and town.
    pub address: String,
    /// Its postcode.
    pub postcode: String,
    /// Its telephone number; may be empty.
    pub phone: String,
    /// The first day of membership.
    pub joined: Day,
    /// The last day of membership.
    pub left: Option<Day>,
    /// A time away from the cluster.
    pub sabbatical: Option<Period>,
    /// Whether it holds the cluster's money.
    pub lead: bool,
}

/// A person.
#[derive(Debug)]
pub struct Person {
    line: u64,
    /// The name, or the role as a name.
    pub name: String,
    /// The e-mail address, in lower case.
    pub email: String,
    /// The telephone number; may be empty.
    pub phone: String,
}

/// What a person is in the cluster.
#[derive(Debug)]
pub struct Role {
    /// Place in [`Cluster::people`].
    pub person: usize,
    /// `ssl`, `coordinator`, `bursar`, `head` or `director`.
    pub kind: &'static str,
    /// Place in [`Cluster::schools`].
    pub school: Option<usize>,
    /// The first day of the role.
    pub from: Day,
    /// The last day of the role.
    pub to: Option<Day>,
}

/// A term.
#[derive(Debug)]
pub struct Term {
    line: u64,
    /// Which of the three.
    pub season: Season,
    /// The year in which its academic year starts.
    pub academic_year: i32,
    /// First to last day.
    pub days: Period,
    /// The holiday in the middle.
    pub half_term: Option<Period>,
}

/// A closure, INSET day or bank holiday.
#[derive(Debug)]
pub struct Closure {
    line: u64,
    /// Place in [`Cluster::schools`]; `None`: the whole cluster.
    pub school: Option<usize>,
    /// What kind.
    pub kind: ClosureKind,
    /// First to last day.
    pub days: Period,
    /// What for.
    pub note: String,
}

/// A title in the catalogue.
#[derive(Debug)]
pub struct Resource {
    line: u64,
    /// Its name.
    pub name: String,
    /// `box` or `kit`.
    pub kind: &'static str,
    /// The topic of the curriculum.
    pub topic: String,
    /// `biology`, `chemistry`, `physics` or `working_scientifically`.
    pub strand: &'static str,
    /// From which year group; 0 is Reception.
    pub year_from: i32,
    /// To which year group.
    pub year_to: i32,
    /// What it is good for, in a sentence.
    pub summary: String,
    /// Whether a booking of it is a request first.
    pub approval_needed: bool,
    /// Its own turnaround instead of the cluster's.
    pub turnaround_days: Option<i32>,
    /// Its own longest loan; `None`: the cluster's.
    pub longest: Option<Longest>,
    /// The name of its picture.
    pub icon: String,
    /// What is in it, in the file's order.
    pub contents: Vec<ContentsLine>,
}

impl Resource {
    /// What a search by words looks through, in lower case.
    #[must_use]
    fn search_words(&self) -> String {
        let items = self.contents.iter().map(|line| line.item.as_str());
        [self.name.as_str(), &self.summary, &self.topic].into_iter().chain(items).collect::<Vec<_>>().join(" ").to_lowercase()
    }
}

/// A line of a contents list.
#[derive(Debug)]
pub struct ContentsLine {
    /// What.
    pub item: String,
    /// How many are expected.
    pub quantity: i32,
    /// Used up in use.
    pub consumable: bool,
    /// Without it the box is of no use.
    pub essential: bool,
    /// What to mind.
    pub care_note: String,
}

/// One physical thing.
#[derive(Debug)]
pub struct Copy {
    line: u64,
    /// Place in [`Cluster::resources`].
    pub resource: usize,
    /// The tag on the lid.
    pub tag: String,
    /// The letters behind the QR code; `None`: they are made.
    pub code: Option<String>,
    /// Place in [`Cluster::schools`].
    pub home: usize,
    /// `in_service`, `repair`, `missing` or `retired`.
    pub state: &'static str,
    /// Why it is not in service.
    pub note: String,
}

/// A booking, past or to come.
#[derive(Debug)]
pub struct Booking {
    /// Its line in `bookings.csv`.
    pub line: u64,
    /// Place in [`Cluster::copies`].
    pub copy: usize,
    /// Place in [`Cluster::schools`].
    pub school: usize,
    /// Place in [`Cluster::people`].
    pub person: usize,
    /// `loan` or `restock`.
    pub kind: &'static str,
    /// `requested`, `confirmed`, `declined` or `cancelled`.
    pub state: &'static str,
    /// First to last day.
    pub days: Period,
    /// The last day with the turnaround added.
    pub held_until: Day,
    /// The class.
    pub class_name: String,
    /// What for.
    pub purpose: String,
    /// How many pupils.
    pub pupils: Option<i32>,
    /// When it was fetched.
    pub collected_on: Option<Day>,
    /// When it came back.
    pub returned_on: Option<Day>,
    /// Why a coordinator allowed more than the rules.
    pub override_reason: String,
    /// Why it was declined or cancelled.
    pub ended_reason: String,
}

impl Booking {
    /// Whether it holds its days.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.state, "requested" | "confirmed")
    }
}

/// Reads a folder's files. `today` is the day it is: nothing can have been collected after it.
///
/// # Errors
/// Every problem in every file.
pub fn read(files: &Files, today: Day) -> Result<Cluster, Problems> {
    let mut problems = Problems::default();
    let cluster = read_all(files, today, &mut problems);
    match cluster {
        Some(cluster) if problems.is_empty() => Ok(cluster),
        _ => Err(problems),
    }
}

/// `None` only together with a problem. What refers to a file that cannot be read is passed over in silence: a wrong header in
/// `schools.csv` is one problem, not four hundred.
fn read_all(files: &Files, today: Day, problems: &mut Problems) -> Option<Cluster> {
    check_names(files, problems);
    let sheet =
        |file, columns, problems: &mut Problems| files.get(file).and_then(|bytes| sheets::read(file, bytes, columns, LIMITS, problems));
    let head = sheet("cluster.csv", who::CLUSTER, problems).and_then(|sheet| who::cluster(&sheet, problems));
    let lead = head.as_ref().and_then(|head| head.lead_school.as_deref());

    let in_schools = sheet("schools.csv", who::SCHOOLS, problems);
    let schools = in_schools.as_ref().map(|sheet| who::schools(sheet, lead, problems)).unwrap_or_default();
    let names = Names::of(in_schools.as_ref(), who::NAME_COLUMNS);
    let known = who::Known { schools: &schools, names: &names };
    let in_people = sheet("people.csv", who::PEOPLE, problems);
    let (people, roles) = in_people.as_ref().map(|sheet| who::people(sheet, known, problems)).unwrap_or_default();

    let settings = sheet("settings.csv", school_year::SETTINGS, problems).map(|sheet| school_year::settings(&sheet, problems));
    let calendar = calendar::read(files, problems);
    let terms = match calendar {
        Some(_) => None,
        None => sheet("terms.csv", school_year::TERMS, problems).map(|sheet| school_year::terms(&sheet, problems)),
    };
    let closures = sheet("closures.csv", school_year::CLOSURES, problems).map(|sheet| school_year::closures(&sheet, known, problems));

    let in_resources = sheet("resources.csv", catalogue::RESOURCES, problems);
    let mut resources = in_resources.as_ref().map(|sheet| catalogue::resources(sheet, problems)).unwrap_or_default();
    let titles = Names::of(in_resources.as_ref(), &["name"]);
    if let Some(sheet) = sheet("contents.csv", catalogue::CONTENTS, problems) {
        catalogue::contents(&sheet, &mut resources, &titles, problems);
    }
    let in_copies = sheet("copies.csv", catalogue::COPIES, problems);
    let copies = in_copies.as_ref().map(|sheet| catalogue::copies(sheet, &resources, &titles, known, problems)).unwrap_or_default();

    let settings = settings.unwrap_or_default();
    let around = loans::Around {
        schools: known,
        people: &people,
        addresses: &Names::of(in_people.as_ref(), &["email"]),
        all_people: in_people.as_ref().is_some_and(|sheet| sheet.rows.len() == roles.len()),
        roles: &roles,
        resources: &resources,
        copies: &copies,
        tags: &Names::of(in_copies.as_ref(), &["tag"]),
        turnaround: settings.turnaround_days,
        today,
    };
    let bookings = if files.get("bookings.csv").is_some_and(|bytes| pattern::is_pattern(bytes)) {
        let right = "`boxrota demo` makes a real one of it and leaves it in its data folder, under cluster: import that folder.";
        problems.file("bookings.csv", "This is the demo's pattern, in school weeks instead of days.", right);
        None
    } else {
        sheet("bookings.csv", loans::BOOKINGS, problems).map(|sheet| loans::bookings(&sheet, &around, problems))
    };
    let head = head?;
    let calendar = calendar.unwrap_or_default();
    Some(Cluster {
        name: head.name,
        slug: head.slug,
        cohort_year: head.cohort_year,
        nation: head.nation,
        settings,
        schools,
        people,
        roles,
        terms: terms.unwrap_or(calendar.terms),
        closures: closures.unwrap_or_default().into_iter().chain(calendar.closures).collect(),
        resources,
        copies,
        bookings: bookings.unwrap_or_default(),
        notes: calendar.notes,
    })
}

/// A file of a name that nobody reads would be left out in silence.
fn check_names(files: &Files, problems: &mut Problems) {
    for name in files.keys().filter(|name| !FILES.contains(&name.as_str()) && name.as_str() != calendar::TERMS_ICS) {
        let right = match problems::nearest(name, FILES) {
            Some(meant) => format!("Did you mean {meant}? Rename it, or take it out of the folder."),
            None => format!("The files are: {}. Rename it, or take it out of the folder.", FILES.join(", ")),
        };
        problems.file(name, "No file of this name is imported.", right);
    }
    for name in FILES.iter().take(NEEDED_FILES).filter(|name| !files.contains_key(**name)) {
        problems.file(name, "The file is missing.", "Every cluster needs it: add it to the folder.");
    }
    for (name, needs) in [("contents.csv", "resources.csv"), ("copies.csv", "resources.csv"), ("bookings.csv", "copies.csv")] {
        if files.contains_key(name) && !files.contains_key(needs) {
            problems.file(needs, "The file is missing.", format!("What stands in {name} refers to it: add it to the folder."));
        }
    }
}

#[cfg(test)]
mod tests;
