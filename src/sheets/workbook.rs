//! Workbooks to grids: XLSX and XLS by `calamine`, ODS by a reader of our own. Everything is counted before a library sees it, and no
//! dense table is ever made between two far cells of an XLSX or ODS. Still it is meant to be called in a process of its own
//! ([`super::apart`]): what a library does with a hostile file is not ours to promise.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xls, XlsError, Xlsx, XlsxError};
use serde::{Deserialize, Serialize};
use zip::ZipArchive;

use super::grid::{Bounds, Grid, GridRow, TooMuch};
use super::ods;

/// The most columns of a sheet that are looked at.
const MOST_COLUMNS: u32 = 256;
/// The most files in an archive: a workbook of a bank has ten.
const MOST_ENTRIES: usize = 1000;
/// The most sheets that are read.
const MOST_SHEETS: usize = 50;
/// The longest text of a cell in letters; the rest is cut.
const LONGEST_CELL: usize = 2000;

/// What the first bytes of a file say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A workbook of Excel since 2007.
    Xlsx,
    /// A workbook of `LibreOffice` and its like.
    Ods,
    /// A workbook of Excel before 2007.
    Xls,
}

/// Why a workbook was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Unreadable {
    /// It has more than is read.
    #[error("{0}")]
    TooMuch(#[from] TooMuch),
    /// It needs a password.
    #[error("the workbook is locked with a password")]
    Locked,
    /// It is an archive or a document, and no workbook that we know.
    #[error("the file is no workbook")]
    NoWorkbook,
    /// It is damaged, and a library says how.
    #[error("the workbook is damaged: {0}")]
    Damaged(String),
    /// The reader ended before it had an answer.
    #[error("reading the workbook took more memory or time than is given")]
    Ended,
}

/// The kind of workbook, by its bytes; `None` when it is no workbook at all.
#[must_use]
pub fn looks_like_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") || bytes.starts_with(&OLE)
}

/// How a file of Office before 2007 begins, and a newer one with a password.
const OLE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// The sheets of a workbook in which something is written.
///
/// # Errors
/// Why it was not read.
pub fn read(bytes: &[u8], bounds: Bounds) -> Result<(Kind, Vec<Grid>), Unreadable> {
    if bytes.len() > bounds.bytes {
        return Err(TooMuch::Bytes(bounds.bytes).into());
    }
    if bytes.starts_with(&OLE) {
        let locked: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
        if bytes.windows(locked.len()).any(|part| part == locked) {
            return Err(Unreadable::Locked);
        }
        return Ok((Kind::Xls, xls(bytes, bounds)?));
    }
    match checked(bytes, bounds)? {
        Kind::Ods => Ok((Kind::Ods, ods::read(&part(bytes, "content.xml", bounds)?, bounds)?)),
        kind => Ok((kind, xlsx(bytes, bounds)?)),
    }
}

/// Looks through an archive and counts what is in it while it is unpacked, whatever it declares.
fn checked(bytes: &[u8], bounds: Bounds) -> Result<Kind, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MOST_ENTRIES {
        return Err(TooMuch::Unpacked(bounds.unpacked).into());
    }
    let (mut left, mut kind, mut sealed) = (bounds.unpacked, None, false);
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(damaged)?;
        sealed |= entry.encrypted();
        match entry.name().map_err(damaged)?.as_ref() {
            "xl/workbook.xml" => kind = Some(Kind::Xlsx),
            "content.xml" if kind.is_none() => kind = Some(Kind::Ods),
            _ => {}
        }
    }
    if sealed {
        return Err(Unreadable::Locked);
    }
    let kind = kind.ok_or(Unreadable::NoWorkbook)?;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(damaged)?;
        let unpacked = io::copy(&mut entry.take(left + 1), &mut io::sink()).map_err(damaged)?;
        left = left.checked_sub(unpacked).ok_or(TooMuch::Unpacked(bounds.unpacked))?;
    }
    Ok(kind)
}

/// One file of an archive, as text.
fn part(bytes: &[u8], name: &str, bounds: Bounds) -> Result<String, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut text = Vec::new();
    archive.by_name(name).map_err(damaged)?.take(bounds.unpacked).read_to_end(&mut text).map_err(damaged)?;
    String::from_utf8(text).map_err(damaged)
}

fn damaged(fault: impl std::fmt::Display) -> Unreadable {
    Unreadable::Damaged(crate::base::text::cut(fault.to_string(), 200))
}

/// Cell by cell: the library's own table of a sheet would have every cell between the first and the last.
fn xlsx(bytes: &[u8], bounds: Bounds) -> Result<Vec<Grid>, Unreadable> {
    let fault = |fault: XlsxError| match fault {
        XlsxError::Password => Unreadable::Locked,
        other => damaged(other),
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(fault)?;
    let mut grids = Vec::new();
    for name in book.sheet_names().into_iter().take(MOST_SHEETS) {
        // A sheet that is a chart has no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        let mut sheet = Sparse::new(&name, bounds);
        while let Some(cell) = cells.next_cell().map_err(fault)? {
            let (row, column) = cell.get_position();
            let text = match cell.get_value() {
                DataRef::SharedString(text) => (*text).to_owned(),
                other => value(&Data::from(other.clone())),
            };
            sheet.put(row, column, text)?;
        }
        grids.push(sheet.grid()?);
    }
    Ok(grids)
}

/// The old format has at most 65,536 rows of 256 cells, and the library makes a table of what lies between the first and the last.
fn xls(bytes: &[u8], bounds: Bounds) -> Result<Vec<Grid>, Unreadable> {
    let fault = |fault: XlsError| match fault {
        XlsError::Password => Unreadable::Locked,
        other => damaged(other),
    };
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(fault)?;
    let mut grids = Vec::new();
    for name in book.sheet_names().into_iter().take(MOST_SHEETS) {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let (first_row, first_column) = range.start().unwrap_or_default();
        let mut sheet = Sparse::new(&name, bounds);
        for (row, column, cell) in range.used_cells() {
            let at = |from: u32, by: usize| from.saturating_add(u32::try_from(by).unwrap_or(u32::MAX));
            sheet.put(at(first_row, row), at(first_column, column), value(cell))?;
        }
        grids.push(sheet.grid()?);
    }
    Ok(grids)
}

/// A cell as text.
fn value(cell: &Data) -> String {
    match cell {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => decimal(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(at) => instant(*at),
        Data::Error(fault) => format!("#{fault:?}"),
        Data::Empty => String::new(),
    }
}

fn instant(at: ExcelDateTime) -> String {
    if !at.is_datetime() || at.as_f64() < 1.0 {
        return decimal(at.as_f64());
    }
    let (year, month, day, ..) = at.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

/// A number as a person would write it: 84.15 and not 84.15000000000001. What is no number of pence keeps its further digits.
fn decimal(number: f64) -> String {
    let text = format!("{number:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Cells as they come, in whatever order, and no others.
pub(super) struct Sparse {
    grid: Grid,
    rows: BTreeMap<u32, BTreeMap<u32, String>>,
    bounds: Bounds,
    letters: u64,
    cells: usize,
}

impl Sparse {
    /// Nothing yet, of a sheet of this name.
    pub(super) fn new(name: &str, bounds: Bounds) -> Self {
        let name = crate::base::text::cut(name.to_owned(), LONGEST_CELL);
        Self { grid: Grid::named(&name), rows: BTreeMap::new(), bounds, letters: 0, cells: 0 }
    }

    /// Keeps a cell, counted from 0, in which something is written.
    pub(super) fn put(&mut self, row: u32, column: u32, text: String) -> Result<(), TooMuch> {
        if text.trim().is_empty() || column >= MOST_COLUMNS {
            return Ok(());
        }
        let text = crate::base::text::cut(text, LONGEST_CELL);
        // One long text may stand in a million cells.
        self.letters += text.len() as u64;
        self.cells += 1;
        if self.letters > self.bounds.unpacked {
            return Err(TooMuch::Unpacked(self.bounds.unpacked));
        }
        if self.cells > self.bounds.cells {
            return Err(TooMuch::Cells(self.bounds.cells));
        }
        self.rows.entry(row).or_default().insert(column, text);
        if self.rows.len() > self.bounds.rows { Err(TooMuch::Rows(self.bounds.rows)) } else { Ok(()) }
    }

    /// The rows in which something is written, each as wide as its last cell.
    pub(super) fn grid(self) -> Result<Grid, TooMuch> {
        let (mut grid, bounds) = (self.grid, self.bounds);
        for (row, cells) in self.rows {
            let width = cells.last_key_value().map_or(0, |(column, _)| *column as usize + 1);
            let mut line = GridRow { line: row.saturating_add(1), cells: vec![String::new(); width] };
            for (column, text) in cells {
                line.cells[column as usize] = text;
            }
            grid.push(line, bounds)?;
        }
        Ok(grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    /// A workbook of these cells, as Excel writes one, with the fewest files.
    fn book(cells: &str) -> Vec<u8> {
        archive(&[
            ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
            (
                "xl/workbook.xml",
                "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>",
            ),
            (
                "_rels/.rels",
                "<Relationships><Relationship Id=\"r0\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
            ),
            ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{cells}</sheetData></worksheet>")),
        ])
    }

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn two_far_cells_are_two_cells() {
        let far = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"B1048576\"><v>84.15000000000001</v></c><c r=\"XFD1048576\"><v>1</v></c></row>";
        let file = book(far);
        assert!(file.len() < 2000, "{} bytes", file.len());
        let (kind, grids) = read(&file, Bounds::default()).unwrap();
        assert_eq!(kind, Kind::Xlsx);
        let rows: Vec<(u32, &str)> = grids[0].rows.iter().map(|row| (row.line, row.cells.last().unwrap().as_str())).collect();
        assert_eq!(rows, [(1, "1"), (1_048_576, "84.15")]);
    }

    #[test]
    fn what_is_unpacked_is_counted() {
        let bomb = archive(&[("xl/workbook.xml", ""), ("xl/x", &" ".repeat(2_000_000))]);
        assert!(bomb.len() < 10_000);
        let small = Bounds { unpacked: 1_000_000, ..Bounds::default() };
        assert_eq!(read(&bomb, small).unwrap_err(), Unreadable::TooMuch(TooMuch::Unpacked(1_000_000)));
        let many: Vec<(String, String)> = (0..2000).map(|n| (format!("x{n}"), String::new())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert!(matches!(read(&archive(&many), Bounds::default()).unwrap_err(), Unreadable::TooMuch(_)));
        let rows = "<row><c><v>1</v></c></row>".repeat(20);
        assert_eq!(read(&book(&rows), Bounds { rows: 10, ..Bounds::default() }).unwrap_err(), Unreadable::TooMuch(TooMuch::Rows(10)));
        assert!(matches!(read(&book(""), Bounds { bytes: 10, ..Bounds::default() }).unwrap_err(), Unreadable::TooMuch(TooMuch::Bytes(10))));
    }

    #[test]
    fn other_archives_are_no_workbooks() {
        assert_eq!(read(&archive(&[("word/document.xml", "<x/>")]), Bounds::default()).unwrap_err(), Unreadable::NoWorkbook);
        assert!(matches!(read(b"PK\x03\x04....", Bounds::default()).unwrap_err(), Unreadable::Damaged(_)));
        let mut locked = OLE.to_vec();
        locked.extend("EncryptedPackage".bytes().flat_map(|byte| [byte, 0]));
        assert_eq!(read(&locked, Bounds::default()).unwrap_err(), Unreadable::Locked);
    }

    #[test]
    fn numbers_are_written_as_people_do() {
        let said = [0.1 + 84.05, 2500.0, 0.1 + 0.2, 1.005, -0.0, -12.5].map(decimal);
        assert_eq!(said, ["84.15", "2500", "0.3", "1.005", "0", "-12.5"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_mutation_makes_it_panic(at in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8), cells in "[<>/crv1 \"=A-Z]{0,60}") {
            let mut file = book(&cells);
            for (index, byte) in at {
                let at = index.index(file.len());
                file[at] = byte;
            }
            let _ = read(&file, Bounds::default());
            let mut old = OLE.to_vec();
            old.extend(file);
            let _ = read(&old, Bounds::default());
        }
    }
}
