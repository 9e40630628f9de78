//! `settings.csv`, `terms.csv`, `closures.csv`: the rules and the school year.

use super::who::{Known, once, span};
use super::{Closure, Settings, Term};
use crate::base::days::{self, Period};
use crate::clusters::longest::Longest;
use crate::sheets::problems::{Problems, nearest};
use crate::sheets::{Column, Row, Sheet, cells, may, must};
use crate::year::plan;
use crate::year::{ClosureKind, Season};

/// The columns of `settings.csv`.
pub const SETTINGS: &[Column] = &[must("setting"), must("value"), may("note"), may("source")];
/// The columns of `terms.csv`.
pub const TERMS: &[Column] = &[
    must("academic_year"),
    must("season"),
    must("first_day"),
    must("last_day"),
    may("half_term_first"),
    may("half_term_last"),
    may("note"),
    may("source"),
];
/// The columns of `closures.csv`.
pub const CLOSURES: &[Column] = &[may("school"), must("kind"), must("first_day"), may("last_day"), may("note"), may("source")];

const NAMES: [&str; 7] = [
    "longest_loan",
    "furthest_ahead_days",
    "shortest_notice_days",
    "most_live_bookings",
    "turnaround_days",
    "approval_needed",
    "non_school_days",
];
const KINDS: [(&str, ClosureKind); 3] =
    [("inset", ClosureKind::Inset), ("closure", ClosureKind::Closure), ("bank_holiday", ClosureKind::BankHoliday)];
const SEASONS: [(&str, Season); 3] = [("autumn", Season::Autumn), ("spring", Season::Spring), ("summer", Season::Summer)];

/// Reads `settings.csv`: one rule a line; a rule that is not there keeps its default.
pub fn settings(sheet: &Sheet, problems: &mut Problems) -> Settings {
    let mut settings = Settings::default();
    for row in &sheet.rows {
        setting(row, &mut settings, problems);
    }
    once(sheet.file, "setting", sheet.rows.iter().map(|row| (row.line, one_name(row.text("setting")))), problems);
    settings
}

/// The longest loan's name in files that were written when it was days alone.
const OLD_LONGEST: &str = "longest_loan_days";

/// The name of a setting, the same for a name of old.
fn one_name(name: &str) -> String {
    let name = name.to_lowercase();
    if name == OLD_LONGEST { NAMES[0].to_owned() } else { name }
}

/// A longest loan, as people write it.
pub fn longest(row: &Row, column: &str, problems: &mut Problems) -> Option<Longest> {
    let text = row.text(column);
    text.parse().map_err(|right| row.wrong(column, format!("\"{text}\" is not a longest loan."), right, problems)).ok()
}

fn setting(row: &Row, settings: &mut Settings, problems: &mut Problems) {
    let name = row.text("setting").to_lowercase();
    let number = |range, problems: &mut Problems| row.number("value", range, problems);
    match name.as_str() {
        "longest_loan" | OLD_LONGEST => settings.longest = longest(row, "value", problems).unwrap_or(settings.longest),
        "furthest_ahead_days" => settings.furthest_ahead_days = row.maybe_number("value", 1..=3660, problems).flatten(),
        "shortest_notice_days" => settings.shortest_notice_days = number(0..=60, problems).unwrap_or(settings.shortest_notice_days),
        "most_live_bookings" => settings.most_live_bookings = number(1..=1000, problems).unwrap_or(settings.most_live_bookings),
        "turnaround_days" => settings.turnaround_days = number(0..=28, problems).unwrap_or(settings.turnaround_days),
        "approval_needed" => settings.approval_needed = row.yes_no("value", false, problems).unwrap_or_default(),
        "non_school_days" => settings.non_school_days = row.yes_no("value", false, problems).unwrap_or_default(),
        _ => {
            let right = match nearest(&name, NAMES) {
                Some(meant) => format!("Did you mean {meant}?"),
                None => format!("The settings are: {}.", NAMES.join(", ")),
            };
            row.wrong("setting", format!("There is no setting \"{name}\"."), right, problems);
        }
    }
}

/// Reads `terms.csv`.
pub fn terms(sheet: &Sheet, problems: &mut Problems) -> Vec<Term> {
    let terms: Vec<Term> = sheet.rows.iter().filter_map(|row| term(row, problems)).collect();
    once(
        sheet.file,
        "season",
        terms.iter().map(|t| (t.line, format!("{} of {}-{:02}", t.season, t.academic_year, (t.academic_year + 1) % 100))),
        problems,
    );
    let mut by_day: Vec<&Term> = terms.iter().collect();
    by_day.sort_by_key(|term| term.days);
    for pair in by_day.windows(2).filter(|pair| pair[0].days.overlaps(pair[1].days)) {
        problems.at(
            sheet.file,
            Some(pair[1].line),
            "first_day",
            format!("The term from {} overlaps the one on line {}, {}.", pair[1].days, pair[0].line, pair[0].days),
            "A term starts after the one before has ended.",
        );
    }
    terms
}

fn term(row: &Row, problems: &mut Problems) -> Option<Term> {
    let written = row.text("academic_year");
    let academic_year = cells::academic_year(written);
    if academic_year.is_none() {
        row.wrong("academic_year", format!("\"{written}\" is not an academic year."), "Write it like 2026-27.", problems);
    }
    let season = row.word("season", &SEASONS.map(|(word, _)| word), problems);
    let season = SEASONS.iter().find(|(word, _)| Some(*word) == season).map(|(_, season)| *season);
    let days = needed_span(row, problems);
    let half_term = span(row, "half_term_first", "half_term_last", problems);
    let (days, academic_year) = (days?, academic_year?);
    if days::academic_year(days.first()) != academic_year && days::academic_year(days.last()) != academic_year {
        row.wrong(
            "first_day",
            format!("{days} does not lie in the academic year {written}."),
            "Mend the days or the academic year, which runs from September to August.",
            problems,
        );
    }
    if let Some(season) = season {
        for fault in plan::impossible(season, days) {
            let column = if fault.field() == "last" { "last_day" } else { "first_day" };
            row.wrong(column, fault.wrong(), fault.right(), problems);
        }
    }
    let half_term = half_term?;
    if let Some(half) = half_term
        && !(days.first() < half.first() && half.last() < days.last())
    {
        row.wrong("half_term_first", format!("The half-term, {half}, is not inside the term, {days}."), "Mend one of the two.", problems);
    }
    Some(Term { line: row.line, season: season?, academic_year, days, half_term })
}

fn needed_span(row: &Row, problems: &mut Problems) -> Option<Period> {
    let first = row.day("first_day", problems);
    let last = row.day("last_day", problems);
    let (first, last) = (first?, last?);
    crate::imports::who::not_before(row, "last_day", Some(last), "first_day", first, problems);
    Period::new(first, last)
}

/// Reads `closures.csv`. Without a school a line is about the whole cluster; without a last day about one day.
pub fn closures(sheet: &Sheet, schools: Known<'_>, problems: &mut Problems) -> Vec<Closure> {
    let closures: Vec<Closure> = sheet.rows.iter().filter_map(|row| closure(row, schools, problems)).collect();
    once(sheet.file, "first_day", closures.iter().map(|c| (c.line, format!("{:?} {} {}", c.school, c.kind, c.days))), problems);
    closures
}

fn closure(row: &Row, schools: Known<'_>, problems: &mut Problems) -> Option<Closure> {
    let school = schools.maybe(row, "school", problems);
    let kind = row.word("kind", &KINDS.map(|(word, _)| word), problems);
    let kind = KINDS.iter().find(|(word, _)| Some(*word) == kind).map(|(_, kind)| *kind);
    let days = if row.text("last_day").is_empty() { row.day("first_day", problems).map(Period::day) } else { needed_span(row, problems) };
    if let Some(days) = days.filter(|days| days.len_days() > 100) {
        row.wrong("last_day", format!("{days} is longer than a term."), "Mend the last day.", problems);
    }
    let note = row.short("note", 200, problems);
    Some(Closure { line: row.line, school: school?, kind: kind?, days: days?, note: note? })
}
