//! What is wrong with a file, said so that the person who made it can mend it: where, what, and what would be right.

use std::fmt;

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
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem of a whole file.
    pub fn file(&mut self, file: &str, wrong: impl Into<String>, right: impl Into<String>) {
        self.at(file, None, "", wrong, right);
    }

    /// Adds a problem of a line, or of one cell of it when `column` is not empty.
    pub fn at(&mut self, file: &str, line: Option<u64>, column: &str, wrong: impl Into<String>, right: impl Into<String>) {
        self.0.push(Problem { file: file.to_owned(), line, column: column.to_owned(), wrong: wrong.into(), right: right.into() });
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// "1 problem", "3 problems".
    #[must_use]
    pub fn count(&self) -> String {
        match self.0.len() {
            1 => "1 problem".to_owned(),
            more => format!("{more} problems"),
        }
    }

    /// Them all, in the order in which they were found.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// The name that was probably meant: the nearest of the known ones, when it is near enough to be no guess.
#[must_use]
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let far = (typed.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            // "Saxton" for "Saxton CE Primary School" is nearer than any count of letters says.
            let inside = typed.chars().count() >= 4 && (lower.contains(&typed) || typed.contains(&lower));
            (if inside { 1 } else { distance(&typed, &lower) }, name)
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
    fn a_near_miss_is_understood_and_a_far_one_is_not_guessed() {
        let known = ["Saxton", "Brayton", "Kirk Fenton", "Sherburn Hungate"];
        assert_eq!(nearest("Saxtn", known), Some("Saxton"));
        assert_eq!(nearest("brayton primary", known), Some("Brayton"));
        assert_eq!(nearest("Kirkfenton", known), Some("Kirk Fenton"));
        assert_eq!(nearest("Oak", known), None);
        assert_eq!(nearest("", known), None);
    }
}
