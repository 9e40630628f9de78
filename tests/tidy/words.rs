//! One word for each act: *reserve, fetch, hand over, receive, put back, count*; and *e-mail* for what is sent. What a page, a letter or the
//! change log says otherwise is told here. Names in code, columns of imports and addresses keep what they were called.

use crate::source::Rust;

/// What is not said to people, and what is said instead.
const INSTEAD: &[(&str, &str)] = &[
    ("give up", "hand over, or leave"),
    ("gives up", "hands over"),
    ("gave up", "handed over"),
    ("collect it", "fetch it"),
    ("collect on", "use it from"),
    ("collect from", "fetch from"),
    ("have collected", "have fetched"),
    ("is collected", "is fetched"),
    ("store counted", "counted in its store"),
    ("such letters", "such e-mails"),
    ("no letters", "no e-mails"),
    ("your letters", "your e-mails"),
    ("choose your letters", "choose your e-mails"),
    ("accept it", "receive it"),
];

/// The strings of the program that say it otherwise.
pub fn words(file: &Rust) -> Vec<String> {
    let said = file.spoken.lines().enumerate();
    said.filter_map(|(at, line)| {
        let strings = strings(line).to_lowercase();
        let (wrong, right) = INSTEAD.iter().find(|(wrong, _)| strings.contains(wrong))?;
        Some(file.fault(at, &format!("\"{wrong}\" is said to people as \"{right}\"")))
    })
    .collect()
}

/// What stands between the quotation marks of a line.
fn strings(line: &str) -> String {
    line.split('"').skip(1).step_by(2).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_old_is_told_and_a_name_in_code_is_not() {
        let old = words(&Rust::new("src/a.rs", "fn a() {}\nconst B: &str = \"Give up the place\";"));
        assert_eq!(old, ["src/a.rs:2: \"give up\" is said to people as \"hand over, or leave\""]);
        assert!(words(&Rust::new("src/a.rs", "fn give_up() { let no_letters = 1; } // give up")).is_empty());
    }
}
