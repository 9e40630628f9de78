//! What the cells of a column say that is in it: for files without headings, and for headings that nobody knows.

use std::collections::BTreeSet;

use super::dates;
use super::money::{self, NoAmount, Side};
use crate::sheets::GridRow;

/// So many rows tell what is in a column.
const TELLING: usize = 400;

/// How many cells of a column look like what.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Cells in which something is written.
    pub written: usize,
    /// Days.
    pub days: usize,
    /// Amounts with a point, a pound sign or a sign.
    pub money: usize,
    /// Amounts of any kind.
    pub numbers: usize,
    /// Nothing but a sign, DR or CR.
    pub signs: usize,
    /// With letters.
    pub lettered: usize,
    /// The longest, in letters.
    pub longest: usize,
    /// Different texts, at most 20 are counted.
    pub different: usize,
    /// The text, when all are the same.
    pub only: Option<String>,
}

impl Look {
    /// Whether most of the written cells are days.
    pub fn is_day(&self) -> bool {
        self.days > 0 && self.days * 10 >= self.written * 6
    }

    /// Whether most of the written cells are money.
    pub fn is_money(&self) -> bool {
        self.money > 0 && self.numbers * 10 >= self.written * 6 && self.money * 10 >= self.written * 5
    }

    /// Whether all written cells are signs, and at least one is.
    pub fn is_sign(&self) -> bool {
        self.written > 0 && self.signs == self.written
    }
}

/// The look of each column of these rows.
pub fn looks(rows: &[GridRow], serials: bool) -> Vec<Look> {
    let width = rows.iter().take(TELLING).map(|row| row.cells.len()).max().unwrap_or(0);
    (0..width).map(|column| look(rows, column, serials)).collect()
}

fn look(rows: &[GridRow], column: usize, serials: bool) -> Look {
    let mut look = Look::default();
    let mut texts: BTreeSet<&str> = BTreeSet::new();
    for cell in rows.iter().take(TELLING).map(|row| row.text(column)).filter(|cell| !cell.is_empty()) {
        look.written += 1;
        let number = money::amount(cell);
        look.days +=
            usize::from(dates::written(cell, false).is_some() || (serials && cell.len() == 5 && dates::written(cell, true).is_some()));
        let sided = Side::of(cell).is_some();
        look.signs += usize::from(sided);
        match number {
            Ok(_) => {
                look.numbers += 1;
                // A workbook writes 2500 for 2500.00.
                look.money += usize::from(serials || cell.contains(['.', '£', '(']) || cell.starts_with(['-', '+', '\u{2212}']));
            }
            Err(NoAmount::Foreign) => (look.numbers, look.money) = (look.numbers + 1, look.money + 1),
            Err(NoAmount::Blank | NoAmount::Unreadable) => {}
        }
        look.lettered += usize::from(cell.chars().any(char::is_alphabetic));
        look.longest = look.longest.max(cell.chars().count());
        if texts.len() < 20 {
            texts.insert(cell);
        }
    }
    look.different = texts.len();
    look.only = texts.first().filter(|_| texts.len() == 1).map(|text| (*text).to_owned());
    look
}

/// Whether no row has both columns filled with something else than nought, and nearly each has one.
pub fn exclude_each_other(rows: &[GridRow], a: usize, b: usize) -> bool {
    let filled = |row: &GridRow, column: usize| money::amount(row.text(column)).is_ok_and(|amount| amount.pence != 0);
    let (mut one, mut both, mut first, mut second) = (0, 0, 0, 0);
    for row in rows.iter().take(TELLING) {
        match (filled(row, a), filled(row, b)) {
            (true, true) => both += 1,
            (true, false) => (one, first) = (one + 1, first + 1),
            (false, true) => (one, second) = (one + 1, second + 1),
            (false, false) => {}
        }
    }
    both == 0 && one > 0 && first > 0 && second > 0
}
