//! Kinds of letters: what a room has of them stands in the list of all, and what overtakes them is asked for by the worker.

use crate::faults::Fault;
use crate::source::Rust;
use crate::{doors, uses};

/// The list of all kinds.
const LIST: &str = "src/accounts/kinds.rs";
/// Who sends letters.
const WORKER: &str = "src/worker.rs";

/// `KINDS` that are not in the list, and `overtaken` that the worker does not ask.
pub fn kinds(files: &[Rust]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.room().is_some() && file.path != LIST) {
        let mut missing = |line: Option<usize>, name: &str, by: &[&str]| {
            if let Some(line) = line.filter(|_| !is_named(files, file, name, by)) {
                let why = format!("{} does not name it", by[0]);
                faults.push(Fault { path: file.path.clone(), line, what: name.to_owned(), why });
            }
        };
        missing(has_kinds(&file.code), "KINDS", &[LIST]);
        missing(has_overtaken(&file.code), "overtaken", &[WORKER]);
    }
    faults
}

/// Whether one of these files names what stands in a file under this name.
fn is_named(files: &[Rust], wanted: &Rust, name: &str, by: &[&str]) -> bool {
    let mut whole = uses::module(&wanted.path);
    whole.push(name.to_owned());
    let readers = files.iter().filter(|file| by.contains(&file.path.as_str()));
    readers.flat_map(|file| uses::named(&file.path, &file.code)).any(|named| named.path == whole)
}

/// The line of a list of kinds of letters. Other lists may be called so, too: those of an import's words, say.
fn has_kinds(code: &str) -> Option<usize> {
    code.lines().position(|line| {
        let rest = line.split_once("const KINDS:").and_then(|(_, rest)| rest.split_once('='));
        rest.is_some_and(|(of, _)| doors::words(of).any(|word| word == "Kind"))
    })
}

/// The line of a function that looks up whether a letter is overtaken. One that is handed the facts is a rule for it.
fn has_overtaken(code: &str) -> Option<usize> {
    let (at, head) = code.match_indices("pub fn overtaken(").find_map(|(at, _)| Some((at, code[at..].split_once('{')?.0)))?;
    doors::words(head).any(|word| word == "Tx").then(|| code[..at].matches('\n').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<Rust> = files.iter().map(|(path, text)| Rust::new(path, text)).collect();
        kinds(&files).into_iter().map(|fault| format!("{} {}", fault.path, fault.what)).collect()
    }

    #[test]
    fn a_kind_out_of_the_list_can_fail() {
        let (bookings, waiting) =
            (("src/bookings/letters.rs", "pub const KINDS: &[&Kind] = &[&A];"), "pub const KINDS: &[&mail::Kind] = &[&B];");
        let list = ("src/accounts/kinds.rs", "use crate::bookings::letters;\nconst ALL: &[&[&Kind]] = &[letters::KINDS];");
        assert_eq!(found(&[bookings, ("src/waiting/letters.rs", waiting), list]), ["src/waiting/letters.rs KINDS"]);
        assert_eq!(found(&[bookings, list, ("src/imports/loans.rs", "const KINDS: &[&str] = &[\"loan\"];")]), [""; 0]);
        assert_eq!(found(&[bookings]), ["src/bookings/letters.rs KINDS"]);
    }

    #[test]
    fn what_overtakes_unasked_can_fail() {
        let asked = ("src/bookings/acts.rs", "pub fn overtaken(tx: &mut Tx<'_>, letter: &Message) -> Result<bool> {}");
        let rule = ("src/bookings/letters.rs", "pub fn overtaken(kind: &str) -> bool {}\nfn other(tx: &mut Tx<'_>) {}");
        let worker = ("src/worker.rs", "use crate::bookings::acts as bookings;\nfn a() { bookings::overtaken(tx, letter) }");
        assert_eq!(found(&[asked, rule, worker]), [""; 0]);
        assert_eq!(found(&[asked, ("src/waiting/acts.rs", asked.1), worker]), ["src/waiting/acts.rs overtaken"]);
    }
}
