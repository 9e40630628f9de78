//! Lines of cells, from whatever file: what the readers of text and of workbooks give, and how much of it.

use serde::{Deserialize, Serialize};

/// How much is read of a file of unknown kind.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most bytes of the file.
    pub bytes: usize,
    /// The most rows in which something is written.
    pub rows: usize,
    /// The most cells of all rows together.
    pub cells: usize,
    /// The most bytes of what is packed inside it, counted while it is unpacked.
    pub unpacked: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes: 10 * 1024 * 1024, rows: 50_000, cells: 2_000_000, unpacked: 100 * 1024 * 1024 }
    }
}

/// What of a file is more than is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TooMuch {
    /// More bytes than so many.
    #[error("the file has more than {} MB", .0 / 1024 / 1024)]
    Bytes(usize),
    /// More rows than so many.
    #[error("the file has more than {0} rows")]
    Rows(usize),
    /// More cells than so many.
    #[error("the file has more than {0} cells")]
    Cells(usize),
    /// More than so many bytes once it is unpacked.
    #[error("unpacked, the file has more than {} MB", .0 / 1024 / 1024)]
    Unpacked(u64),
    /// Cells so far apart that no table is meant.
    #[error("the cells of the file lie too far apart")]
    Far,
}

/// A table: a text with separators, or one sheet of a workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The sheet's name; `None` for a text.
    pub name: Option<String>,
    /// The rows in which something is written, in their order.
    pub rows: Vec<GridRow>,
    /// How many cells they have.
    #[serde(skip)]
    cells: usize,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridRow {
    /// The line of the text on which it starts, or the row of the sheet; counted from 1.
    pub line: u32,
    /// Its cells as text; a day of a workbook is written 2026-09-30, a number with a point.
    pub cells: Vec<String>,
}

impl Grid {
    /// A grid of a name without rows.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When that is more than is read.
    pub fn push(&mut self, row: GridRow, bounds: Bounds) -> Result<(), TooMuch> {
        if self.rows.len() >= bounds.rows {
            return Err(TooMuch::Rows(bounds.rows));
        }
        self.cells += row.cells.len();
        if self.cells > bounds.cells {
            return Err(TooMuch::Cells(bounds.cells));
        }
        self.rows.push(row);
        Ok(())
    }
}

impl GridRow {
    /// The text of a cell without blanks around it; empty where there is none.
    #[must_use]
    pub fn text(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }

    /// Whether nothing is written in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// The cells in which something is written.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }
}
