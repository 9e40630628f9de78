//! What is wrong with a file, said so that the person who made it can mend it: where, what, and what would be right.

use std::collections::HashSet;
use std::fmt;

use crate::base::text;

/// So many are listed in an answer, and how many more there are is said: who mends fifty sees the next.
pub const MOST_LISTED: usize = 50;
/// So many are kept; the others are only counted, or a file of half a megabyte would hold a hundred in memory.
const MOST_KEPT: usize = 1000;
/// What stood in the file is repeated up to so many letters.
const LONGEST_SAID: usize = 300;

/// One fault in one place of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name, such as `schools.csv`.
    pub file: String,
    /// The line in the file, counted from 1 as spreadsheets do; `None` when the whole file is meant.
    pub line: Option<u64>,
    /// The column's header, or nothing when the whole line is meant.
    pub column: String,
    /// What is wrong: a sentence.
    pub wrong: String,
    /// What would be right: a sentence.
    pub right: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {} {}", self.wrong, self.right)
    }
}

/// All problems found so far. Reading goes on after a problem, so that one look at the list mends the whole folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    found: usize,
    lines: HashSet<u64>,
}

impl Problems {
    /// Adds a problem of a whole file.
    pub fn file(&mut self, file: &str, wrong: impl Into<String>, right: impl Into<String>) {
        self.at(file, None, "", wrong, right);
    }

    /// Adds a problem of a line, or of one cell of it when `column` is not empty.
    pub fn at(&mut self, file: &str, line: Option<u64>, column: &str, wrong: impl Into<String>, right: impl Into<String>) {
        self.found += 1;
        self.lines.extend(line);
        if self.kept.len() < MOST_KEPT {
            let (column, wrong) = (text::cut(column.to_owned(), LONGEST_SAID), text::cut(wrong.into(), LONGEST_SAID));
            self.kept.push(Problem { file: file.to_owned(), line, column, wrong, right: right.into() });
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found == 0
    }

    /// "1 problem", "3 problems".
    #[must_use]
    pub fn count(&self) -> String {
        match self.found {
            1 => "1 problem".to_owned(),
            more => format!("{} problems", text::number(more)),
        }
    }

    /// How many were found.
    #[must_use]
    pub fn found(&self) -> usize {
        self.found
    }

    /// Whether one was found in this line of any file.
    #[must_use]
    pub fn names(&self, line: u64) -> bool {
        self.lines.contains(&line)
    }

    /// The first thousand, in the order in which they were found.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.kept
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.kept.iter().take(MOST_LISTED) {
            writeln!(f, "{problem}")?;
        }
        and_more(self.found).map_or(Ok(()), |words| writeln!(f, "{words}"))
    }
}

/// "and 12,340 more": what ends a list of which the first [`MOST_LISTED`] are shown; nothing when that is all.
#[must_use]
pub fn and_more(of: usize) -> Option<String> {
    of.checked_sub(MOST_LISTED).filter(|more| *more > 0).map(|more| format!("and {} more", text::number(more)))
}

/// The name that was probably meant: the nearest of the known ones, when it is near enough to be no guess.
#[must_use]
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = text::alike(typed);
    let letters = typed.chars().count();
    let far = (letters / 3).max(1);
    known
        .into_iter()
        .map(|name| {
            let lower = text::alike(name);
            // "Saxton" for "Saxton CE Primary School" is nearer than any count of letters says.
            let inside = letters >= 4 && (lower.contains(&typed) || typed.contains(&lower));
            // As many steps as one is longer than the other there are at least: a cell of a thousand letters is compared with nothing.
            let apart = letters.abs_diff(lower.chars().count());
            (
                if inside {
                    1
                } else if apart > far {
                    apart
                } else {
                    distance(&typed, &lower)
                },
                name,
            )
        })
        .filter(|(steps, _)| *steps <= far)
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, name)| name)
}

/// How many letters must be added, taken away or changed to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_file_line_column_fault_and_cure() {
        let mut problems = Problems::default();
        problems.at("schools.csv", Some(4), "postcode", "\"LS2\" is no postcode.", "Write it like LS25 5AU.");
        problems.file("people.csv", "The file is missing.", "Add it to the folder.");
        assert_eq!(
            problems.to_string(),
            "schools.csv, line 4, column postcode: \"LS2\" is no postcode. Write it like LS25 5AU.\npeople.csv: The file is missing. Add it to the folder.\n"
        );
    }

    #[test]
    fn a_long_list_says_how_many_more_there_are() {
        let mut problems = Problems::default();
        for line in 2..12_392 {
            problems.at("terms.csv", Some(line), "season", format!("\"{}\" is no season.", "x".repeat(2000)), "Write spring.");
        }
        let said = problems.to_string();
        assert_eq!((said.lines().count(), said.lines().last()), (51, Some("and 12,340 more")));
        assert!(said.len() < 20_000, "{} bytes", said.len());
        assert_eq!((problems.count().as_str(), problems.list().len()), ("12,390 problems", 1000));
        assert!(problems.names(12_391) && !problems.names(12_392));
        assert_eq!((and_more(50), and_more(51).as_deref()), (None, Some("and 1 more")));
    }

    #[test]
    fn a_near_miss_is_understood_and_a_far_one_is_not_guessed() {
        let known = ["Saxton", "Brayton", "Kirk Fenton", "Sherburn Hungate"];
        assert_eq!(nearest("Saxtn", known), Some("Saxton"));
        assert_eq!(nearest("brayton primary", known), Some("Brayton"));
        assert_eq!(nearest("Kirkfenton", known), Some("Kirk Fenton"));
        assert_eq!(nearest("Oak", known), None);
        assert_eq!(nearest("", known), None);
    }
}
