//! What does not hold yet while the rooms are being moved: a line an exception in `ratchet.txt`. A fault that is not in the list fails,
//! and so does a line that is no longer true, so the list can only shrink. When it is empty, it goes away, and this file with it.

use std::collections::BTreeMap;

use crate::source::{Rust, root};

/// Something that does not hold.
pub struct Fault {
    /// Where: a file, or a room's folder.
    pub path: String,
    /// Its line, counted from 0.
    pub line: usize,
    /// What is at fault there, without what changes with every edit: it stands in the list.
    pub what: String,
    /// Why that is a fault.
    pub why: String,
}

/// One of the checks that the list is for.
pub struct Check {
    /// As it is called in the list.
    pub name: &'static str,
    /// The faults in all files of `src/`.
    pub faults: fn(&[Rust]) -> Vec<Fault>,
}

/// The list.
fn listed() -> String {
    std::fs::read_to_string(root().join(PLACE)).expect("the list can be read")
}

/// Where it is.
const PLACE: &str = "tests/tidy/ratchet.txt";

/// Fails unless the check finds exactly what the list says.
pub fn hold(check: &Check, files: &[Rust]) {
    assert!(!files.is_empty(), "no files found to check");
    let said = difference(check.name, &(check.faults)(files), &listed());
    assert!(said.is_empty(), "\n{said}\n");
}

/// The list as it would have to be for these files.
pub fn list(checks: &[Check], files: &[Rust]) -> String {
    let mut lines: Vec<String> =
        checks.iter().flat_map(|check| keyed(check.name, &(check.faults)(files)).into_keys().collect::<Vec<_>>()).collect();
    lines.sort();
    // Ends the last line.
    lines.push(String::new());
    lines.join("\n")
}

/// Writes the list anew.
pub fn write(checks: &[Check], files: &[Rust]) {
    std::fs::write(root().join(PLACE), list(checks, files)).expect("the list can be written");
}

/// The lines of the list that are of no check.
pub fn strays(checks: &[Check]) -> Vec<String> {
    listed().lines().filter(|line| !checks.iter().any(|check| is_of(check.name, line))).map(str::to_owned).collect()
}

fn is_of(check: &str, line: &str) -> bool {
    line.strip_prefix(check).is_some_and(|rest| rest.starts_with(": "))
}

/// The faults by their lines in the list; of several with one line the first.
fn keyed<'a>(check: &str, faults: &'a [Fault]) -> BTreeMap<String, &'a Fault> {
    faults.iter().rev().map(|fault| (format!("{check}: {} -> {}", fault.path, fault.what), fault)).collect()
}

/// What to say of the difference between the faults and the check's lines in the list; nothing when there is none.
fn difference(check: &str, faults: &[Fault], list: &str) -> String {
    let (faults, listed): (_, Vec<&str>) = (keyed(check, faults), list.lines().filter(|line| is_of(check, line)).collect());
    let mut said = Vec::new();
    let new: Vec<_> = faults.iter().filter(|(line, _)| !listed.contains(&line.as_str())).collect();
    if !new.is_empty() {
        said.push(format!("{} new:", new.len()));
        said.extend(new.iter().map(|(_, fault)| format!("{}:{}: {}: {}", fault.path, fault.line + 1, fault.what, fault.why)));
        said.push("mend them; only a file that was moved with its fault may get its new lines into tests/tidy/ratchet.txt:".to_owned());
        said.extend(new.iter().map(|(line, _)| (*line).clone()));
    }
    let gone: Vec<&str> = listed.into_iter().filter(|line| !faults.contains_key(*line)).collect();
    if !gone.is_empty() {
        said.push(format!("{} no longer true; take them out of tests/tidy/ratchet.txt:", gone.len()));
        said.extend(gone.iter().map(|line| (*line).to_owned()));
    }
    if !said.is_empty() {
        said.push("`cargo nextest run --test tidy --run-ignored only` writes the list anew; `git diff` says what changed".to_owned());
    }
    said.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(path: &str, what: &str) -> Fault {
        Fault { path: path.to_owned(), line: 6, what: what.to_owned(), why: "it does not".to_owned() }
    }

    #[test]
    fn the_list_can_fail() {
        let list = "order: src/a.rs -> b\norders: src/c.rs -> d\n";
        assert_eq!(difference("order", &[fault("src/a.rs", "b"), fault("src/a.rs", "b")], list), "");
        let more = difference("order", &[fault("src/a.rs", "b"), fault("src/c.rs", "d")], list);
        assert!(more.starts_with("1 new:\nsrc/c.rs:7: d: it does not\n") && more.contains("\norder: src/c.rs -> d\n"), "{more}");
        let less = difference("order", &[], list);
        assert!(less.starts_with("1 no longer true") && less.contains("\norder: src/a.rs -> b\n") && !less.contains("src/c.rs"), "{less}");
    }
}
