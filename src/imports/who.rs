//! `cluster.csv`, `schools.csv`, `people.csv`: which cluster, which schools, who is what there.

#![expect(
    clippy::option_option,
    reason = "a cell is wrong, empty, or holds a value: three answers, and each caller asks `?` for the first"
)]

use std::collections::HashMap;

use super::{Person, Role, School};
use crate::base::address;
use crate::base::days::{Day, Period};
use crate::base::text::alike;
use crate::sheets::problems::{Problems, nearest};
use crate::sheets::{Column, Names, Row, Sheet, may, must};

/// The columns of `cluster.csv`.
pub const CLUSTER: &[Column] =
    &[must("name"), must("slug"), may("cohort_year"), must("nation"), may("lead_school"), may("note"), may("source")];
/// The columns of `schools.csv`.
pub const SCHOOLS: &[Column] = &[
    must("name").or(&["establishmentname"]),
    must("short_name"),
    must("letters"),
    may("urn"),
    may("address").or(&["street", "locality", "address3", "town"]),
    must("postcode"),
    may("phone"),
    must("joined"),
    may("left"),
    may("sabbatical_from"),
    may("sabbatical_to"),
    may("lead"),
    may("note"),
    may("source"),
];
/// The columns of `people.csv`.
pub const PEOPLE: &[Column] =
    &[must("name"), must("email"), may("phone"), must("role"), may("school"), must("from"), may("to"), may("note"), may("source")];

/// The columns of `schools.csv` by which other files name a school.
pub const NAME_COLUMNS: &[&str] = &["name", "short_name", "letters"];
const NATIONS: &[&str] = &["england", "wales", "scotland", "northern_ireland"];
const ROLES: &[&str] = &["ssl", "deputy", "coordinator", "bursar", "head", "director"];

/// What `cluster.csv` says.
pub struct Head {
    /// The cluster's name.
    pub name: String,
    /// Its short name in addresses.
    pub slug: String,
    /// The year of its cohort.
    pub cohort_year: Option<i32>,
    /// Its nation.
    pub nation: &'static str,
    /// The school that holds its money, as written.
    pub lead_school: Option<String>,
}

/// The schools that other files may name.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Those in which everything is right.
    pub schools: &'a [School],
    /// All that the file names.
    pub names: &'a Names,
}

impl Known<'_> {
    /// The school a cell names, by its name, short name or letters. `Some(None)` when the cell is empty.
    pub fn maybe(self, row: &Row, column: &str, problems: &mut Problems) -> Option<Option<usize>> {
        let typed = row.text(column);
        if typed.is_empty() {
            return Some(None);
        }
        let found = place(self.schools, typed);
        if found.is_none() && !self.names.has(typed) {
            row.wrong(column, format!("There is no school \"{typed}\"."), meant(self.schools, typed), problems);
        }
        found.map(Some)
    }

    /// The school a cell must name.
    pub fn needed(self, row: &Row, column: &str, problems: &mut Problems) -> Option<usize> {
        if row.text(column).is_empty() {
            row.wrong(column, "The school is missing.", "Write the name or short name of a school in schools.csv.", problems);
            return None;
        }
        self.maybe(row, column, problems)?
    }
}

/// The school with this name, short name or letters.
fn place(schools: &[School], typed: &str) -> Option<usize> {
    let find = |same: &dyn Fn(&str) -> bool| {
        schools.iter().position(|school| same(&school.name) || same(&school.short_name) || same(&school.letters))
    };
    // Most names are written as they are: a long file asks a million times.
    let written = find(&|name| name.eq_ignore_ascii_case(typed));
    written.or_else(|| {
        let typed = alike(typed);
        find(&|name| alike(name) == typed)
    })
}

/// What to write instead of a school that is not there.
fn meant(schools: &[School], typed: &str) -> String {
    if let Some(meant) = nearest(typed, schools.iter().flat_map(|school| [school.short_name.as_str(), school.name.as_str()])) {
        return format!("Did you mean {meant}?");
    }
    let names: Vec<&str> = schools.iter().map(|school| school.short_name.as_str()).collect();
    format!("Write the name or short name of a school: {}.", names.join(", "))
}

/// Reads `cluster.csv`: one line.
pub fn cluster(sheet: &Sheet, problems: &mut Problems) -> Option<Head> {
    let [row] = sheet.rows.as_slice() else {
        let wrong = if sheet.rows.is_empty() { "The cluster is missing." } else { "There is more than one cluster." };
        problems.file(sheet.file, wrong, "Write one line under the headers; a second cluster has a folder of its own.");
        return None;
    };
    let name = row.needed("name", 120, problems);
    let slug = row.text("slug");
    let fits = (2..=60).contains(&slug.len())
        && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if !fits {
        row.wrong(
            "slug",
            format!("\"{slug}\" cannot stand in an address."),
            "Write 2 to 60 small letters, digits and hyphens, like south-milford.",
            problems,
        );
    }
    let cohort_year = row.maybe_number("cohort_year", 1990..=2099, problems);
    let nation = row.word("nation", NATIONS, problems);
    let lead_school = Some(row.text("lead_school").to_owned()).filter(|name| !name.is_empty());
    Some(Head { name: name?, slug: fits.then(|| slug.to_owned())?, cohort_year: cohort_year?, nation: nation?, lead_school })
}

/// Reads `schools.csv`. `lead` is the lead school that `cluster.csv` names.
pub fn schools(sheet: &Sheet, lead: Option<&str>, problems: &mut Problems) -> Vec<School> {
    let mut schools: Vec<School> = sheet.rows.iter().filter_map(|row| school(row, problems)).collect();
    if sheet.rows.is_empty() {
        problems.file(sheet.file, "There is no school.", "Write one line for each school of the cluster.");
    }
    once(sheet.file, "name", schools.iter().map(|school| (school.line, alike(&school.name))), problems);
    once(sheet.file, "short_name", schools.iter().map(|school| (school.line, alike(&school.short_name))), problems);
    once(sheet.file, "letters", schools.iter().map(|school| (school.line, school.letters.clone())), problems);
    mark_lead(sheet, &mut schools, lead, problems);
    schools
}

fn school(row: &Row, problems: &mut Problems) -> Option<School> {
    let name = row.needed("name", 120, problems);
    let short_name = row.needed("short_name", 24, problems);
    let letters = row.text("letters").to_uppercase();
    let lettered = (2..=3).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_uppercase());
    if !lettered {
        row.wrong("letters", format!("\"{}\" does not fit.", row.text("letters")), "Write two or three letters, like SA.", problems);
    }
    let urn = row.text("urn");
    let urn_fits = urn.is_empty() || (6..=7).contains(&urn.len()) && urn.bytes().all(|b| b.is_ascii_digit());
    if !urn_fits {
        row.wrong("urn", format!("\"{urn}\" is no unique reference number."), "Write its six digits, or leave it empty.", problems);
    }
    let address = row.short("address", 200, problems);
    let postcode = row.postcode("postcode", problems);
    let phone = phone(row, problems);
    let joined = row.day("joined", problems);
    let left = row.maybe_day("left", problems);
    let away = span(row, "sabbatical_from", "sabbatical_to", problems);
    let lead = row.yes_no("lead", false, problems);
    let (joined, left) = (joined.unwrap_or(Day::MIN), left.flatten());
    not_before(row, "left", left, "joined", joined, problems);
    Some(School {
        line: row.line,
        name: name?,
        short_name: short_name.unwrap_or_default(),
        letters: if lettered { letters } else { String::new() },
        urn: urn_fits.then(|| urn.to_owned()).filter(|urn| !urn.is_empty()),
        address: address.unwrap_or_default(),
        postcode: postcode.unwrap_or_default(),
        phone: phone.unwrap_or_default(),
        joined,
        left,
        sabbatical: away.flatten(),
        lead: lead.unwrap_or_default(),
    })
}

/// The lead school stands in `cluster.csv`, or is marked in `schools.csv`, or both, and then they must agree.
fn mark_lead(sheet: &Sheet, schools: &mut [School], lead: Option<&str>, problems: &mut Problems) {
    if let Some(lead) = lead {
        match place(schools, lead) {
            Some(place) => schools[place].lead = true,
            None if NAME_COLUMNS.iter().any(|column| sheet.rows.iter().any(|row| alike(row.text(column)) == alike(lead))) => {}
            None => problems.at("cluster.csv", Some(2), "lead_school", format!("There is no school \"{lead}\"."), meant(schools, lead)),
        }
    }
    for second in schools.iter().filter(|school| school.lead).skip(1) {
        problems.at(
            sheet.file,
            Some(second.line),
            "lead",
            "A second school is marked as the lead school.",
            "One school holds the cluster's money: mark one, the same as in cluster.csv.",
        );
    }
}

/// Reads `people.csv`: a line is a role; a person with two roles has two lines with the same address.
pub fn people(sheet: &Sheet, schools: Known<'_>, problems: &mut Problems) -> (Vec<Person>, Vec<Role>) {
    let mut people: Vec<Person> = Vec::new();
    let mut roles = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in &sheet.rows {
        let Some((person, mut role)) = person(row, schools, problems) else { continue };
        role.person = *places.entry(person.email.clone()).or_insert(people.len());
        match people.get(role.person) {
            None => people.push(person),
            Some(first) if first.name != person.name => row.wrong(
                "name",
                format!("{} is \"{}\" on line {} and \"{}\" here.", person.email, first.name, first.line, person.name),
                "One address is one person: write the same name on both lines, or another address.",
                problems,
            ),
            Some(first) if first.phone.is_empty() => people[role.person].phone = person.phone,
            Some(_) => {}
        }
        let double = roles.iter().any(|r: &Role| (r.person, r.kind, r.school, r.from) == (role.person, role.kind, role.school, role.from));
        if double {
            row.wrong("role", "The same role of the same person is there already.", "Take one of the two lines away.", problems);
        }
        roles.push(role);
    }
    if sheet.rows.is_empty() {
        problems.file(sheet.file, "There is nobody.", "Write at least the coordinator, or nobody can sign in.");
    }
    (people, roles)
}

fn person(row: &Row, schools: Known<'_>, problems: &mut Problems) -> Option<(Person, Role)> {
    let name = row.needed("name", 120, problems);
    let email = row.email("email", problems);
    let phone = phone(row, problems);
    let kind = row.word("role", ROLES, problems);
    let school = schools.maybe(row, "school", problems);
    if let (Some(kind @ ("ssl" | "deputy" | "head")), Some(None)) = (kind, school) {
        row.wrong("school", format!("A person of the role {kind} needs a school."), "Write its name or short name.", problems);
    }
    let from = row.day("from", problems);
    let to = row.maybe_day("to", problems);
    let (from, to) = (from.unwrap_or(Day::MIN), to.flatten());
    not_before(row, "to", to, "from", from, problems);
    let person = Person { line: row.line, name: name?, email: email?.to_string(), phone: phone.unwrap_or_default() };
    Some((person, Role { person: 0, kind: kind.unwrap_or_default(), school: school.flatten(), from, to }))
}

/// A telephone number as somebody writes it, or none.
fn phone(row: &Row, problems: &mut Problems) -> Option<String> {
    let typed = row.text("phone");
    let read = address::phone(typed);
    if read.is_none() {
        row.wrong("phone", format!("\"{typed}\" is no telephone number."), "Write one like 01977 682000, or leave it empty.", problems);
    }
    read
}

/// A day that must not lie before another.
pub fn not_before(row: &Row, column: &str, day: Option<Day>, start_column: &str, start: Day, problems: &mut Problems) {
    if let Some(day) = day.filter(|day| *day < start) {
        row.wrong(column, format!("{day} is before {start_column}, {start}."), format!("Write {start} or a later day."), problems);
    }
}

/// Two days that are both there or both not: `Some(None)` when both cells are empty.
pub fn span(row: &Row, from: &str, to: &str, problems: &mut Problems) -> Option<Option<Period>> {
    let first = row.maybe_day(from, problems);
    let last = row.maybe_day(to, problems);
    match (first?, last?) {
        (None, None) => Some(None),
        (Some(first), Some(last)) => {
            not_before(row, to, Some(last), from, first, problems);
            Period::new(first, last).map(Some)
        }
        (Some(_), None) => {
            row.wrong(to, "The last day is missing.", format!("Fill in both {from} and {to}, or neither."), problems);
            None
        }
        (None, Some(_)) => {
            row.wrong(from, "The first day is missing.", format!("Fill in both {from} and {to}, or neither."), problems);
            None
        }
    }
}

/// Notes every value that stands on a second line.
pub fn once(file: &str, column: &str, values: impl Iterator<Item = (u64, String)>, problems: &mut Problems) {
    let mut seen: HashMap<String, u64> = HashMap::new();
    for (line, value) in values.filter(|(_, value)| !value.is_empty()) {
        match seen.get(&value) {
            Some(first) => problems.at(
                file,
                Some(line),
                column,
                format!("\"{value}\" is on line {first} already."),
                "Each may be there once: change one of the two lines, or take it away.",
            ),
            None => drop(seen.insert(value, line)),
        }
    }
}
