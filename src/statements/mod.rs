//! Statements: the bytes that a bank or a finance system exports, to lines of whole pence. Pure: no SQL, no clock.
//!
//! What must always hold: what the file settles is never asked, and what it does not settle is never guessed. An amount that cannot be read
//! is a problem with its line, never 0.00. No line is lost in silence: each is a payment, a note or a problem.

pub mod answers;
pub mod follow;
pub mod identity;
pub mod say;

mod balances;
mod blocks;
mod camt;
mod columns;
mod contents;
mod dates;
mod entities;
mod finish;
mod headings;
mod kind;
mod money;
mod ofx;
mod qif;
mod rows;
mod signs;
mod table;

use serde::Serialize;

pub use answers::{Answers, DateOrder, LedgerSign};
pub use kind::{Format, read};

use crate::base::Day;
use crate::sheets::Encoding;

/// Words of a statement: names of people and what they were paid for. They are shown to who may see the statement and never reach a log:
/// there is no `Display`, and `Debug` shows their length alone.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Words(String);

impl Words {
    /// One line of these words.
    #[must_use]
    pub fn new(words: &str) -> Self {
        Self(crate::base::text::cut(crate::base::text::plain_line(words), 1000))
    }

    /// The words, for a page or a table. Never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({} letters)", self.0.chars().count())
    }
}

/// A file, read.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What kind of file it is.
    pub format: Format,
    /// How its letters are written; `None` for a workbook or what is no text.
    pub encoding: Option<Encoding>,
    /// What separates its cells, where something does.
    pub separator: Option<char>,
    /// Whether it is a table with a row of headings; `None` when it is no table.
    pub has_heading: Option<bool>,
    /// The sheet of the workbook on which the lines are.
    pub sheet: Option<String>,
    /// The bank account as the file names it.
    pub account: Option<Words>,
    /// Which way its days run; `None` when there are none.
    pub order: Option<Order>,
    /// The payments, in the order of the file.
    pub lines: Vec<Line>,
    /// Lines that are rightly no payments.
    pub notes: Vec<Note>,
    /// Lines that could not be read, and what else is wrong. None of these lines is among the payments.
    pub problems: Vec<Problem>,
    /// What the file does not settle.
    pub questions: Vec<Question>,
    /// How what the file settles was settled, in sentences.
    pub reasons: Vec<String>,
    /// The balance before the first line, in pence.
    pub opening: Option<i64>,
    /// The balance after the last line, in pence.
    pub closing: Option<i64>,
    /// Whether the balances of the file fit its amounts.
    pub balances: Balances,
}

/// One payment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The line of the file on which it starts, counted from 1; the row of a sheet.
    pub line: u32,
    /// The day on which it was booked.
    pub day: Day,
    /// Pence; money in is positive.
    pub pence: i64,
    /// Whom it went to or came from, and whatever else the bank says.
    pub text: Words,
    /// What was given as its reference.
    pub reference: Words,
    /// Our order, where a finance system has a column for it.
    pub order: Words,
    /// The bank's own id.
    pub bank_id: Option<String>,
    /// The balance after it, in pence.
    pub balance: Option<i64>,
    /// What it is made of, where the bank says so; they sum to it.
    pub parts: Vec<Part>,
    /// Without VAT and the VAT alone, in pence, where a finance system keeps them apart.
    pub net_and_vat: Option<(i64, i64)>,
    /// Whether its sign is a bank's habit and not beyond doubt: a minus in the column for what was paid out.
    pub sign_unclear: bool,
}

/// One part of a payment that is several in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The line of the file on which it starts.
    pub line: u32,
    /// Pence; money in is positive.
    pub pence: i64,
    /// Whom it went to or came from.
    pub text: Words,
    /// Its reference.
    pub reference: Words,
}

/// Which way the days of a file run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The newest line stands first.
    NewestFirst,
    /// The oldest line stands first.
    OldestFirst,
    /// Neither.
    Mixed,
}

/// Whether the balances of a file fit its amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Balances {
    /// They do.
    Ok,
    /// They do not; the gaps are among the problems.
    Broken,
    /// There are none to check.
    None,
}

/// A line that is rightly no payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The line of the file.
    pub line: u32,
    /// Why it is none.
    pub kind: NoteKind,
    /// The amount or balance that it names, in pence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pence: Option<i64>,
}

/// Why a line is no payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// The balance before the first line.
    OpeningBalance,
    /// The balance after the last line.
    ClosingBalance,
    /// A sum of a column.
    FooterTotal,
    /// Words under the table.
    Footer,
    /// A sum or a count inside the table.
    Summary,
    /// No money moved.
    ZeroAmount,
    /// Not booked yet, or refused.
    Pending,
    /// Of another account than the one that is read.
    OtherAccount,
}

/// Something wrong, with its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line of the file.
    pub line: u32,
    /// What kind of fault.
    pub kind: ProblemKind,
    /// What is wrong and what would be right: a sentence or two, without words of the statement.
    pub words: String,
    /// Of a gap between balances: the two neighbouring lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<[u32; 2]>,
    /// Of a gap between balances: what is missing there, in pence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_pence: Option<i64>,
}

impl Problem {
    /// A problem of one line.
    #[must_use]
    pub fn new(line: u32, kind: ProblemKind, words: impl Into<String>) -> Self {
        Self { line, kind, words: words.into(), between: None, missing_pence: None }
    }
}

/// What kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// No day, or none in the calendar.
    UnreadableDate,
    /// A day that can hardly be meant.
    ImplausibleDate,
    /// An amount that is no number of whole pence.
    UnreadableAmount,
    /// Money in and money out in one line.
    BothDebitAndCredit,
    /// Nothing in any column of amounts.
    NoAmount,
    /// Fewer cells than the table has columns.
    ShortRow,
    /// Not in pounds.
    ForeignCurrency,
    /// A day that can be read only the other way round than all others.
    DateOrderMixed,
    /// Two balances that do not follow from each other.
    BalanceGap,
    /// Probably a balance and no payment.
    BalanceRowSuspected,
    /// Money in or money out cannot be told.
    SignUnclear,
    /// The parts of a payment are another sum than the payment.
    PartsDoNotSum,
    /// The file ends in the middle.
    Truncated,
    /// The file is no statement that can be read.
    NotAStatement,
}

/// What the file does not settle and has to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What the answer is given to: `--answer KEY=VALUE`.
    pub key: &'static str,
    /// The question, in words.
    pub words: String,
    /// The possible answers and what each means.
    pub choices: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_shown_by_accident() {
        let line = Line { text: Words::new("J SMITH  SICK PAY\u{202E}"), ..Line::default() };
        assert!(!format!("{line:?}").contains("SMITH"));
        assert_eq!(line.text.reveal(), "J SMITH SICK PAY");
    }
}
