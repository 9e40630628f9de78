//! A grid to a draft: its columns, then row by row.

use super::answers::Answers;
use super::columns::{self, Columns, Money};
use super::dates::{self, Written};
use super::finish::Draft;
use super::rows::{Outcome, Reading};
use super::{NoteKind, Problem, ProblemKind, money, signs};
use crate::sheets::{Grid, GridRow};

/// What a grid holds, and whether it has a row of headings; `None` when no column of days or of amounts is found.
pub fn read(grid: &Grid, answers: &Answers) -> Option<(Draft, bool)> {
    let columns = columns::find(grid);
    if columns.money == Money::None {
        return None;
    }
    let above = &grid.rows[..columns.heading.unwrap_or(0)];
    let day_of_all = if columns.day.is_none() { Some(only_day(above)?) } else { None };
    let mut draft = Draft { period: period(grid, &columns), account: account(above), ..Draft::default() };
    draft.signed = is_signed(grid, &columns);
    let reading =
        Reading { columns: &columns, heading: columns.heading.map(|at| &grid.rows[at]), workbook: grid.name.is_some(), day_of_all };
    for row in &grid.rows[columns.heading.map_or(0, |at| at + 1)..] {
        let started = !draft.entries.is_empty() || !draft.problems.is_empty();
        match reading.row(row, started) {
            Outcome::Entry(entry) => draft.entries.push(*entry),
            Outcome::Note(note) => draft.notes.push(note),
            Outcome::Stated(note, stated) => {
                let place = if note.kind == NoteKind::OpeningBalance { &mut draft.opening } else { &mut draft.closing };
                // Of several the outermost: each page of a print has its own.
                let outer = note.kind == NoteKind::ClosingBalance || place.is_none();
                if outer {
                    *place = Some(stated);
                }
                draft.notes.push(note);
            }
            Outcome::Problem(problem) => draft.problems.push(problem),
            Outcome::Nothing => {}
        }
    }
    if draft.entries.is_empty() && draft.notes.is_empty() && draft.problems.is_empty() {
        return None;
    }
    if day_of_all.is_some() {
        draft.reasons.push("The day stands above the table and counts for all lines.".to_owned());
    }
    suspected(&mut draft);
    // Before the signs: balances of two accounts say nothing together.
    draft.one_account(answers);
    signs::settle(&mut draft, &columns, answers);
    Some((draft, columns.heading.is_some()))
}

/// Whether the amounts stand in one column that has a minus somewhere, be it in a line that is no payment.
fn is_signed(grid: &Grid, columns: &Columns) -> bool {
    let minus = |row: &GridRow, column: usize| money::amount(row.text(column)).is_ok_and(|amount| amount.pence < 0);
    matches!(columns.money, Money::One { amount, .. } if grid.rows.iter().any(|row| minus(row, amount)))
}

/// The one day that stands above a table without a column of days.
fn only_day(above: &[GridRow]) -> Option<Written> {
    let mut days = above.iter().flat_map(GridRow::written).filter_map(|cell| dates::written(cell, false));
    let first = days.next()?;
    days.all(|day| day == first).then_some(first)
}

/// The period that a line outside the table names.
fn period(grid: &Grid, columns: &Columns) -> Option<[Written; 2]> {
    let end = columns.heading.unwrap_or(0);
    let above = grid.rows[..end].iter();
    let below =
        grid.rows[end..].iter().rev().take(5).filter(|row| columns.day.is_none_or(|day| dates::written(row.text(day), false).is_none()));
    above.chain(below).find_map(|row| dates::period(&row.written().collect::<Vec<_>>().join(" ")))
}

/// The account that a line above the table names: its digits, or the last of them behind stars.
fn account(above: &[GridRow]) -> Option<String> {
    let named = above.iter().map(|row| row.written().collect::<Vec<_>>().join(" "));
    named.filter(|line| line.to_lowercase().contains("account") || line.to_lowercase().contains("iban")).find_map(|line| {
        let long = |word: &&str| {
            let known = word.bytes().all(|byte| byte.is_ascii_digit() || b"-*".contains(&byte));
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            known && (digits >= 5 || (digits >= 3 && word.contains('*'))) && dates::written(word, false).is_none()
        };
        let found: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(|c: char| ",;:()".contains(c))).filter(long).collect();
        (!found.is_empty()).then(|| found.join(" "))
    })
}

/// A first or last line whose amount is its own balance, and whose words speak of a balance, is probably none: it is shown, and not taken.
fn suspected(draft: &mut Draft) {
    let speaks = |words: &str| {
        let words = super::headings::words(words);
        words.split(' ').any(|word| matches!(word, "balance" | "forward" | "bfwd" | "cfwd"))
            || words.contains("b f")
            || words.contains("c f")
    };
    let last = draft.entries.len().saturating_sub(1);
    let mut at = 0;
    draft.entries.retain(|entry| {
        let edge = at == 0 || at == last;
        at += 1;
        let own = match entry.figures {
            super::finish::Figures::One { pence, .. } => Some(pence),
            super::finish::Figures::Two { out, money_in } => Some(money_in - out),
            super::finish::Figures::NetAndVat { .. } => None,
        };
        let itself = own.zip(entry.line.balance).is_some_and(|(own, balance)| super::balances::same_size(own, balance));
        let balance = edge && itself && speaks(entry.line.text.reveal());
        if balance {
            let words = "This is probably a balance and no payment.";
            draft.problems.push(Problem::new(entry.line.line, ProblemKind::BalanceRowSuspected, words));
        }
        !balance
    });
}
