//! What does not hold, as the checks of `src/` as a whole tell it.

use crate::source::Rust;

/// Something that does not hold.
pub struct Fault {
    /// Where: a file, or a room's folder.
    pub path: String,
    /// Its line, counted from 0.
    pub line: usize,
    /// What is at fault there.
    pub what: String,
    /// Why that is a fault.
    pub why: String,
}

/// Fails with every fault that the check finds in these files, and where there are none to look at.
pub fn none(check: fn(&[Rust]) -> Vec<Fault>, files: &[Rust]) {
    assert!(!files.is_empty(), "no files found to check");
    let faults: Vec<String> =
        check(files).iter().map(|fault| format!("{}:{}: {}: {}", fault.path, fault.line + 1, fault.what, fault.why)).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(_: &[Rust]) -> Vec<Fault> {
        vec![Fault { path: "src/a.rs".to_owned(), line: 6, what: "b".to_owned(), why: "it does not".to_owned() }]
    }

    #[test]
    #[should_panic(expected = "src/a.rs:7: b: it does not")]
    fn a_fault_fails() {
        none(one, &[Rust::new("src/a.rs", "")]);
    }

    #[test]
    #[should_panic(expected = "no files")]
    fn nothing_to_look_at_fails() {
        none(|_| vec![], &[]);
    }
}
