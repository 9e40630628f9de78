//! One row of a table: a payment, a note, a problem, or nothing at all.

use super::columns::{Columns, Money};
use super::dates::{self, Written};
use super::finish::{Entry, Figures, Stated};
use super::headings::words;
use super::money::{self, NoAmount, Side};
use super::{Line, Note, NoteKind, Problem, ProblemKind, Words};
use crate::sheets::GridRow;

/// What a row is.
pub enum Outcome {
    /// A payment; its sign may still have to be settled.
    Entry(Box<Entry>),
    /// No payment.
    Note(Note),
    /// A balance that the file states, at the beginning or the end.
    Stated(Note, Stated),
    /// A fault.
    Problem(Problem),
    /// Words above the table, a heading once more, the title of a section.
    Nothing,
}

/// What a row is read by.
pub struct Reading<'a> {
    /// Which column is what.
    pub columns: &'a Columns,
    /// The row of headings.
    pub heading: Option<&'a GridRow>,
    /// Whether it is a workbook, whose rows end with their last cell.
    pub workbook: bool,
    /// The day of all lines, where the table has no column for it.
    pub day_of_all: Option<Written>,
}

impl Reading<'_> {
    /// Reads a row; `started`: whether a payment stood above it.
    pub fn row(&self, row: &GridRow, started: bool) -> Outcome {
        if self.heading.is_some_and(|heading| same(heading, row)) {
            return Outcome::Nothing;
        }
        let day_cell = self.columns.day.map_or("", |column| row.text(column));
        let day = match self.columns.day {
            Some(_) => dates::written(day_cell, self.workbook),
            None => self.day_of_all,
        };
        let label = self.label(row, day.is_some() && self.columns.day.is_some());
        let problem = |kind, words: &str| Outcome::Problem(Problem::new(row.line, kind, words));
        match label {
            Some(kind @ (NoteKind::OpeningBalance | NoteKind::ClosingBalance)) => return self.stated(row, kind),
            Some(NoteKind::FooterTotal) => return note(row, NoteKind::FooterTotal, self.some_amount(row)),
            Some(NoteKind::Pending) => return note(row, NoteKind::Pending, self.some_amount(row)),
            _ => {}
        }
        let figures = self.figures(row);
        let Some(day) = day else {
            let blank = matches!(figures, Err((ProblemKind::NoAmount | ProblemKind::ShortRow, _)));
            return match () {
                () if blank && started => note(row, NoteKind::Footer, None),
                () if blank => Outcome::Nothing,
                // Nothing but amounts under a table are its sums.
                () if started && row.written().all(|cell| money::amount(cell).is_ok()) => {
                    note(row, NoteKind::FooterTotal, self.some_amount(row))
                }
                () if day_cell.is_empty() => problem(ProblemKind::UnreadableDate, "The day is missing."),
                () => problem(
                    ProblemKind::UnreadableDate,
                    "There is no such day in the calendar, or it is written in a way that is not known.",
                ),
            };
        };
        if self.columns.foreign || self.is_foreign(row) {
            return problem(ProblemKind::ForeignCurrency, "The amount is not in pounds.");
        }
        let figures = match figures {
            Ok(figures) => figures,
            Err((kind, words)) => return problem(kind, words),
        };
        if self.too_wide(row) {
            return problem(
                ProblemKind::UnreadableAmount,
                "The line has more cells than the table has columns: a comma stands in one of its texts.",
            );
        }
        if figures.is_zero() {
            return note(row, NoteKind::ZeroAmount, Some(0));
        }
        Outcome::Entry(Box::new(self.entry(row, day, figures)))
    }

    fn entry(&self, row: &GridRow, day: Written, figures: Figures) -> Entry {
        let columns = self.columns;
        let joined = |places: &[usize]| {
            let texts: Vec<&str> =
                places.iter().map(|column| row.text(*column).trim_start_matches('\'')).filter(|text| !text.is_empty()).collect();
            Words::new(&texts.join(" "))
        };
        let optional = |column: Option<usize>| column.map(|column| row.text(column)).filter(|text| !text.is_empty());
        let types = joined(&columns.types);
        let text = joined(&columns.texts);
        let line = Line {
            line: row.line,
            // A line without words still says how it was paid.
            text: if text.is_empty() { types.clone() } else { text },
            reference: joined(&columns.references),
            order: Words::new(optional(columns.order).unwrap_or_default()),
            bank_id: optional(columns.id).map(ToOwned::to_owned),
            balance: columns.balance.and_then(|column| balance(row.text(column))),
            ..Line::default()
        };
        Entry { written: day, figures, kind: types.reveal().to_lowercase(), account: self.account(row), line }
    }

    /// What moved, as the columns say it.
    fn figures(&self, row: &GridRow) -> Result<Figures, (ProblemKind, &'static str)> {
        let unreadable = (ProblemKind::UnreadableAmount, "The amount cannot be read as pounds and pence.");
        let read = |column: usize| match money::amount(row.text(column)) {
            Ok(amount) => Ok(Some(amount)),
            Err(NoAmount::Blank) => Ok(None),
            Err(NoAmount::Foreign) => Err((ProblemKind::ForeignCurrency, "The amount is not in pounds.")),
            Err(NoAmount::Unreadable) => Err(unreadable),
        };
        let none = || {
            let last = self.columns.money.columns().into_iter().max().unwrap_or(0);
            if !self.workbook && row.cells.len() <= last {
                (ProblemKind::ShortRow, "The line ends before the column of the amount.")
            } else {
                (ProblemKind::NoAmount, "No amount stands in the line.")
            }
        };
        match self.columns.money {
            Money::None => Err((ProblemKind::NoAmount, "No amount stands in the line.")),
            Money::One { amount, sign } => {
                let amount = read(amount)?.ok_or_else(none)?;
                let beside = match sign.map(|column| row.text(column)) {
                    None => None,
                    Some(cell) => {
                        let said = Side::of(cell);
                        if said.is_none() && amount.pence != 0 && amount.side.is_none() {
                            return Err((ProblemKind::SignUnclear, "Neither money in nor money out stands beside the amount."));
                        }
                        said
                    }
                };
                Ok(Figures::One { pence: amount.pence, side: amount.side.or(beside) })
            }
            Money::Two { out, money_in, .. } => {
                let read = |column: Option<usize>| column.map_or(Ok(None), read);
                match (read(out)?, read(money_in)?) {
                    (None, None) => Err(none()),
                    (Some(out), Some(money_in)) if out.pence != 0 && money_in.pence != 0 => {
                        Err((ProblemKind::BothDebitAndCredit, "Money in and money out stand in one line."))
                    }
                    (out, money_in) => {
                        Ok(Figures::Two { out: out.map_or(0, |amount| amount.pence), money_in: money_in.map_or(0, |amount| amount.pence) })
                    }
                }
            }
            Money::NetAndVat { net, vat } => {
                let net = read(net)?.ok_or_else(none)?.pence;
                Ok(Figures::NetAndVat { net, vat: read(vat)?.map_or(0, |amount| amount.pence) })
            }
        }
    }

    /// The first amount of a line that is no payment.
    fn some_amount(&self, row: &GridRow) -> Option<i64> {
        self.columns.money.columns().into_iter().find_map(|column| money::amount(row.text(column)).ok()).map(|amount| amount.pence)
    }

    /// A line that states a balance: in its column, else where an amount would stand.
    fn stated(&self, row: &GridRow, kind: NoteKind) -> Outcome {
        let amount = self.columns.money.columns().into_iter().filter_map(|column| money::amount(row.text(column)).ok());
        let amount = amount.map(|amount| amount.pence).find(|pence| *pence != 0);
        let pence =
            self.columns.balance.and_then(|column| balance(row.text(column))).filter(|pence| *pence != 0 || amount.is_none()).or(amount);
        let written = Note { line: row.line, kind, pence };
        match pence {
            Some(pence) => Outcome::Stated(written, Stated { line: row.line, pence }),
            None => Outcome::Note(written),
        }
    }

    /// What the words of a row say that it is, when that is no payment.
    fn label(&self, row: &GridRow, has_day: bool) -> Option<NoteKind> {
        let columns = self.columns;
        let worded = row.cells.iter().enumerate().filter(|(column, cell)| {
            let named = columns.texts.contains(column) || columns.types.contains(column) || columns.status == Some(*column);
            cell.len() < 80 && (named || !has_day || columns.references.contains(column))
        });
        worded.map(|(column, cell)| (column, words(cell))).find_map(|(column, words)| {
            let status = columns.status == Some(column) || columns.types.contains(&column) || columns.day == Some(column);
            match () {
                () if words.is_empty() => None,
                () if status && is_pending(&words) => Some(NoteKind::Pending),
                () if begins(&words, &OPENING) => Some(NoteKind::OpeningBalance),
                () if begins(&words, &CLOSING) => Some(NoteKind::ClosingBalance),
                () if !has_day && is_total(&words) => Some(NoteKind::FooterTotal),
                () => None,
            }
        })
    }

    fn is_foreign(&self, row: &GridRow) -> bool {
        let currency = self.columns.currency.map_or("", |column| row.text(column));
        !currency.is_empty() && !matches!(currency.to_uppercase().as_str(), "GBP" | "£" | "UKP" | "STG" | "STERLING")
    }

    fn too_wide(&self, row: &GridRow) -> bool {
        self.columns.heading.is_some() && row.cells.iter().skip(self.columns.width).any(|cell| !cell.trim().is_empty())
    }

    fn account(&self, row: &GridRow) -> Option<String> {
        let cell =
            |column: Option<usize>| column.map(|column| row.text(column).trim_start_matches('\'').trim()).filter(|cell| !cell.is_empty());
        account(cell(self.columns.sort_code), cell(self.columns.account)?)
    }
}

/// An account as people write it: "00-00-00 00012345" or "000000-00012345".
fn account(sort_code: Option<&str>, number: &str) -> Option<String> {
    let number = number.trim_end_matches("GBP").trim();
    if let Some(sort) = sort_code {
        return Some(if sort.contains('-') { format!("{sort} {number}") } else { format!("{sort}-{number}") });
    }
    match number.len() {
        14 if number.bytes().all(|byte| byte.is_ascii_digit()) => Some(format!("{}-{}", &number[..6], &number[6..])),
        0 => None,
        _ => Some(number.to_owned()),
    }
}

/// A balance; one marked DR or OD is below nothing.
pub fn balance(cell: &str) -> Option<i64> {
    let text = cell.trim();
    let overdrawn = text.strip_suffix("OD").or_else(|| text.strip_suffix("O/D"));
    let amount = money::amount(overdrawn.unwrap_or(text)).ok()?;
    let below = overdrawn.is_some() || amount.side == Some(Side::Debit);
    Some(if below { -amount.pence.abs() } else { amount.pence })
}

fn note(row: &GridRow, kind: NoteKind, pence: Option<i64>) -> Outcome {
    Outcome::Note(Note { line: row.line, kind, pence })
}

/// Whether a row is the heading once more, on a new page.
fn same(heading: &GridRow, row: &GridRow) -> bool {
    row.written().count() >= 2 && heading.written().map(str::to_lowercase).eq(row.written().map(str::to_lowercase))
}

const OPENING: [&str; 17] = [
    "opening balance",
    "opening ledger",
    "opening cleared",
    "opening available",
    "opening bal",
    "balance brought forward",
    "brought forward",
    "balance b f",
    "balance b fwd",
    "balance bf",
    "bal b f",
    "bal bf",
    "start balance",
    "starting balance",
    "start of day balance",
    "previous balance",
    "balance at start",
];
const CLOSING: [&str; 16] = [
    "closing balance",
    "closing ledger",
    "closing cleared",
    "closing available",
    "closing bal",
    "balance carried forward",
    "carried forward",
    "balance c f",
    "balance c fwd",
    "balance cf",
    "bal c f",
    "bal cf",
    "end balance",
    "ending balance",
    "end of day balance",
    "final balance",
];
/// What may follow these words without making them a name.
const AFTER: [&str; 18] = [
    "at",
    "on",
    "as",
    "of",
    "for",
    "the",
    "gbp",
    "balance",
    "ledger",
    "cleared",
    "in",
    "period",
    "from",
    "to",
    "available",
    "last",
    "statement",
    "date",
];

fn begins(words: &str, labels: &[&str]) -> bool {
    labels.iter().any(|label| {
        let rest = words.strip_prefix(label).filter(|rest| rest.is_empty() || rest.starts_with(' '));
        rest.is_some_and(|rest| {
            let month = |word: &str| word.len() >= 3 && dates::written(&format!("1 {word} 2026"), false).is_some();
            rest.split_whitespace().all(|word| AFTER.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()) || month(word))
        })
    })
}

/// Sums; only in a line without a day, for suppliers are called "Total Gas", too.
fn is_total(words: &str) -> bool {
    let first = words.split(' ').next().unwrap_or_default();
    let last = words.rsplit(' ').next().unwrap_or_default();
    matches!(first, "total" | "totals" | "subtotal" | "subtotals")
        || matches!(last, "total" | "totals" | "subtotal")
        || ["sub total", "grand total", "net movement", "page total", "report total", "total for"]
            .iter()
            .any(|label| words.starts_with(label))
}

fn is_pending(words: &str) -> bool {
    matches!(
        words,
        "pending"
            | "processing"
            | "declined"
            | "failed"
            | "reverted"
            | "cancelled"
            | "canceled"
            | "rejected"
            | "authorised"
            | "authorized"
            | "scheduled"
            | "pending transaction"
            | "pending payment"
            | "not booked"
            | "unbooked"
            | "awaiting"
            | "expected"
            | "in progress"
            | "upcoming"
    )
}
