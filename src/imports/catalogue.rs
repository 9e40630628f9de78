//! `resources.csv`, `contents.csv`, `copies.csv`: what the cluster shares.

use super::school_year::longest;
use super::who::{Known, once};
use super::{ContentsLine, Copy, NOWHERE, Resource};
use crate::base::text::alike;
use crate::catalogue::topics;
use crate::sheets::problems::{Problems, nearest};
use crate::sheets::{Column, Names, Row, Sheet, cells, may, must};

/// The columns of `resources.csv`.
pub const RESOURCES: &[Column] = &[
    must("name"),
    must("kind"),
    must("topic"),
    must("strand"),
    must("year_from"),
    must("year_to"),
    may("summary"),
    may("needs_approval"),
    may("turnaround_days"),
    may("longest_loan"),
    may("icon"),
    may("note"),
    may("source"),
];
/// The columns of `contents.csv`.
pub const CONTENTS: &[Column] =
    &[must("resource"), must("item"), must("quantity"), may("consumable"), may("essential"), may("care_note"), may("note"), may("source")];
/// The columns of `copies.csv`.
pub const COPIES: &[Column] = &[must("resource"), must("tag"), may("code"), must("home_school"), may("state"), may("note"), may("source")];

const KINDS: &[&str] = &["box", "kit"];
const STRANDS: &[&str] = &["biology", "chemistry", "physics", "working_scientifically"];
const STATES: &[&str] = &["in_service", "repair", "missing", "retired"];
/// The pictures there are.
const SPRITE: &str = include_str!("../../assets/icons.svg");
/// The picture of a resource that names none, on a topic that has none.
const PLAIN_ICON: &str = "package";

/// Reads `resources.csv`.
pub fn resources(sheet: &Sheet, problems: &mut Problems) -> Vec<Resource> {
    let resources: Vec<Resource> = sheet.rows.iter().filter_map(|row| resource(row, problems)).collect();
    once(sheet.file, "name", resources.iter().map(|resource| (resource.line, alike(&resource.name))), problems);
    resources
}

fn resource(row: &Row, problems: &mut Problems) -> Option<Resource> {
    let name = row.needed("name", 80, problems);
    let kind = row.word("kind", KINDS, problems);
    let topic = row.needed("topic", 80, problems);
    let strand = row.word("strand", STRANDS, problems);
    let year_from = year(row, "year_from", problems);
    let year_to = year(row, "year_to", problems);
    if let (Some(from), Some(to)) = (year_from, year_to)
        && to < from
    {
        row.wrong("year_to", format!("Year {to} comes before year {from}."), "Write the youngest year first.", problems);
    }
    let summary = row.short("summary", 300, problems);
    let approval_needed = row.yes_no("needs_approval", false, problems);
    let turnaround_days = row.maybe_number("turnaround_days", 0..=28, problems);
    let longest = (!row.text("longest_loan").is_empty()).then(|| longest(row, "longest_loan", problems)).flatten();
    let icon = icon(row, topic.as_deref(), problems);
    Some(Resource {
        line: row.line,
        name: name?,
        kind: kind.unwrap_or_default(),
        topic: topic.unwrap_or_default(),
        strand: strand.unwrap_or_default(),
        year_from: year_from.unwrap_or_default(),
        year_to: year_to.unwrap_or_default(),
        summary: summary.unwrap_or_default(),
        approval_needed: approval_needed.unwrap_or_default(),
        turnaround_days: turnaround_days.flatten(),
        longest,
        icon: icon.unwrap_or_default(),
        contents: Vec::new(),
    })
}

/// The name of a picture that we ship: the one given, or the topic's.
fn icon(row: &Row, topic: Option<&str>, problems: &mut Problems) -> Option<String> {
    let typed = row.text("icon");
    let mut shipped = SPRITE.split("<symbol id=\"").skip(1).filter_map(|symbol| symbol.split('"').next());
    if typed.is_empty() {
        return Some(topic.and_then(topics::named).map_or(PLAIN_ICON, |topic| topic.icon).to_owned());
    }
    if shipped.clone().any(|name| name == typed) {
        return Some(typed.to_owned());
    }
    let right = match nearest(typed, shipped.by_ref()) {
        Some(meant) => format!("Did you mean {meant}?"),
        None => "Write a name like magnet or zap, or leave it empty; docs/importing.md lists them.".to_owned(),
    };
    row.wrong("icon", format!("There is no picture \"{typed}\"."), right, problems);
    None
}

/// A year group: 1 to 6, or R or 0 for Reception.
fn year(row: &Row, column: &str, problems: &mut Problems) -> Option<i32> {
    match row.text(column).to_lowercase().as_str() {
        "r" | "reception" | "0" => Some(0),
        text => {
            let year = text.trim_start_matches("year").trim_start_matches('y').trim().parse().ok().filter(|year| (1..=6).contains(year));
            if year.is_none() {
                row.wrong(column, format!("\"{text}\" is not a year group."), "Write 1 to 6, or R for Reception.", problems);
            }
            year
        }
    }
}

/// Reads `contents.csv` into the resources it names, in the file's order.
pub fn contents(sheet: &Sheet, resources: &mut [Resource], names: &Names, problems: &mut Problems) {
    once(
        sheet.file,
        "item",
        sheet.rows.iter().map(|row| (row.line, alike(&format!("{}: {}", row.text("resource"), row.text("item"))))),
        problems,
    );
    for row in &sheet.rows {
        let place = named(row, resources, names, problems);
        let item = row.needed("item", 200, problems);
        let quantity = row.number("quantity", 1..=100_000, problems);
        let consumable = row.yes_no("consumable", false, problems);
        let essential = row.yes_no("essential", true, problems);
        let care_note = row.short("care_note", 300, problems);
        if let (Some(place), Some(item), Some(quantity), Some(consumable), Some(essential), Some(care_note)) =
            (place, item, quantity, consumable, essential, care_note)
            && let Some(resource) = resources.get_mut(place)
        {
            resource.contents.push(ContentsLine { item, quantity, consumable, essential, care_note });
        }
    }
}

/// Reads `copies.csv`.
pub fn copies(sheet: &Sheet, resources: &[Resource], names: &Names, schools: Known<'_>, problems: &mut Problems) -> Vec<Copy> {
    let copies: Vec<Copy> = sheet.rows.iter().filter_map(|row| copy(row, resources, names, schools, problems)).collect();
    once(sheet.file, "tag", copies.iter().map(|copy| (copy.line, copy.tag.to_uppercase())), problems);
    once(sheet.file, "code", copies.iter().filter_map(|copy| Some((copy.line, copy.code.clone()?))), problems);
    copies
}

fn copy(row: &Row, resources: &[Resource], names: &Names, schools: Known<'_>, problems: &mut Problems) -> Option<Copy> {
    let resource = named(row, resources, names, problems);
    let tag = row.needed("tag", 20, problems);
    let written = row.text("code");
    let code = cells::copy_code(written);
    if code.is_none() && !written.is_empty() {
        row.wrong(
            "code",
            format!("\"{written}\" cannot be read off a lid."),
            "Write 4 to 12 letters and digits without U, or leave it empty: then a code is made.",
            problems,
        );
    }
    let home = schools.needed(row, "home_school", problems);
    let state = if row.text("state").is_empty() { Some(STATES[0]) } else { row.word("state", STATES, problems) };
    let note = row.short("note", 200, problems);
    Some(Copy {
        line: row.line,
        resource: resource.unwrap_or(NOWHERE),
        tag: tag?,
        code,
        home: home.unwrap_or(NOWHERE),
        state: state.unwrap_or_default(),
        note: note.unwrap_or_default(),
    })
}

/// The resource that a line is about.
fn named(row: &Row, resources: &[Resource], names: &Names, problems: &mut Problems) -> Option<usize> {
    let typed = row.text("resource");
    let name = alike(typed);
    let found = resources.iter().position(|resource| alike(&resource.name) == name);
    if found.is_none() && !names.has(typed) {
        let right = match nearest(typed, resources.iter().map(|resource| resource.name.as_str())) {
            Some(meant) => format!("Did you mean {meant}?"),
            None => "Write a name that stands in resources.csv.".to_owned(),
        };
        row.wrong("resource", format!("There is no resource \"{typed}\"."), right, problems);
    }
    found
}
