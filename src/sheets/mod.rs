//! Spreadsheets: bytes to rows. [`read`] takes one CSV file whose columns are known; [`decoded`], [`delimited`] and [`workbook`] take whatever
//! somebody has. Knows how spreadsheets save, and nothing of clusters.

pub mod apart;
pub mod cells;
pub mod decoded;
pub mod delimited;
pub mod grid;
pub mod ods;
pub mod problems;
pub mod workbook;

use std::borrow::Cow;
use std::collections::HashSet;

pub use decoded::{Decoded, Encoding};
pub use grid::{Bounds, Grid, GridRow, TooMuch};

use crate::base::text;
use crate::sheets::problems::{Problems, nearest};

/// How much is read of a file: the caller knows what it can be for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of a file.
    pub bytes: usize,
    /// The longest text of one cell, in letters.
    pub cell: usize,
    /// The most lines under the headers in which something is written.
    pub rows: usize,
}

/// A column that a file may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// Whether the file must have it.
    pub required: bool,
}

/// A column that must be there.
#[must_use]
pub const fn must(name: &'static str) -> Column {
    Column { name, required: true }
}

/// A column that may be left out: then all its cells count as empty.
#[must_use]
pub const fn may(name: &'static str) -> Column {
    Column { name, required: false }
}

/// A file, read: only the columns asked for, only the lines in which something is written.
#[derive(Debug)]
pub struct Sheet {
    /// The file's name.
    pub file: &'static str,
    /// The lines under the headers.
    pub rows: Vec<Row>,
}

/// A line of a file.
#[derive(Debug)]
pub struct Row {
    /// The file's name.
    pub file: &'static str,
    /// Its number in the file, counted from 1; the headers are line 1.
    pub line: u64,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    /// The text of a cell without the spaces around it; empty when the column is not there.
    #[must_use]
    pub fn text(&self, column: &str) -> &str {
        self.cells.iter().find(|(name, _)| *name == column).map_or("", |(_, text)| text)
    }

    /// Notes a problem with a cell of this line.
    pub fn wrong(&self, column: &str, wrong: impl Into<String>, right: impl Into<String>, problems: &mut Problems) {
        problems.at(self.file, Some(self.line), column, wrong, right);
    }
}

/// The names that a file gives, as written and in lower case: also those of lines in which something else is wrong, so that
/// one wrong postcode is one problem, and not one more for each booking of that school.
#[derive(Debug, Default)]
pub struct Names(Option<HashSet<String>>);

impl Names {
    /// The names in these columns; every name is known when the file could not be read.
    #[must_use]
    pub fn of(sheet: Option<&Sheet>, columns: &[&str]) -> Self {
        let cells = |sheet: &Sheet| {
            let rows = sheet.rows.iter().flat_map(|row| columns.iter().map(|column| row.text(column).to_lowercase()));
            rows.filter(|name| !name.is_empty()).collect()
        };
        Self(sheet.map(cells))
    }

    /// Whether the file gives this name, written in lower case here.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(name))
    }
}

/// Reads a file, as far as the limits go. `None` when it cannot be read as a table at all, or a header is wrong: then its cells would
/// only repeat the fault.
pub fn read(file: &'static str, bytes: &[u8], columns: &'static [Column], limits: Limits, problems: &mut Problems) -> Option<Sheet> {
    let all = decode(file, bytes, limits, problems)?;
    if let Some(line) = unclosed_quote(&all) {
        problems.at(
            file,
            Some(line),
            "",
            "A quotation mark is opened and never closed.",
            "Close it, or write \"\" for a quotation mark inside a text.",
        );
        return None;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(all.as_bytes());
    let mut lines = LineCounter { text: &all, byte: 0, line: 1 };
    let (mut records, mut more) = (Vec::new(), 0);
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = lines.at(record.position().map_or(0, csv::Position::byte));
                if record.iter().all(|cell| cell.trim().is_empty()) {
                    continue;
                }
                // The headers are one more.
                if records.len() <= limits.rows { records.push((line, record)) } else { more += 1 }
            }
            Err(fault) => {
                problems.file(file, format!("The file cannot be read as CSV: {fault}."), "Save it again as CSV UTF-8.");
                return None;
            }
        }
    }
    if more > 0 {
        let wrong = format!("The text has {} lines.", text::number(limits.rows + more));
        problems.file(file, wrong, format!("At most {} are taken at once: send it in parts.", text::number(limits.rows)));
    }
    let mut records = records.into_iter();
    let Some((line, head)) = records.next() else {
        problems.file(file, "The file is empty.", format!("Its first line must be: {}.", names(columns)));
        return None;
    };
    let places = headers(file, line, &head, columns, problems)?;
    let rows = records.map(|(line, record)| row(file, line, &record, &places, limits, problems)).collect();
    Some(Sheet { file, rows })
}

fn row(file: &'static str, line: u64, record: &csv::StringRecord, places: &[&'static str], limits: Limits, problems: &mut Problems) -> Row {
    let mut cells = Vec::with_capacity(places.len());
    for (place, cell) in record.iter().enumerate() {
        let cell = tidy(cell);
        match places.get(place) {
            Some(column) if cell.len() > limits.cell && cell.chars().count() > limits.cell => problems.at(
                file,
                Some(line),
                column,
                format!("The text has {} letters.", cell.chars().count()),
                format!("At most {} are kept: shorten it.", limits.cell),
            ),
            Some(column) if cell.chars().any(char::is_control) => {
                problems.at(file, Some(line), column, "The text holds a control character.", "Type the text again.");
            }
            Some(column) => cells.push((*column, cell.into_owned())),
            None if cell.is_empty() => {}
            None => problems.at(
                file,
                Some(line),
                "",
                format!("The line has more cells than the first line has headers: \"{cell}\" stands in none of the columns."),
                "Put a text that holds a comma between quotation marks, or take the cell away.",
            ),
        }
    }
    Row { file, line, cells }
}

/// A cell without the spaces around it and without letters that cannot be seen. Pasted text brings line breaks and hard spaces; no cell of ours is more than one paragraph.
fn tidy(cell: &str) -> Cow<'_, str> {
    // Most cells are one word or none: nothing to do.
    if cell.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(text::line(cell))
}

/// The columns in the file's order.
fn headers(
    file: &'static str,
    line: u64,
    head: &csv::StringRecord,
    columns: &'static [Column],
    problems: &mut Problems,
) -> Option<Vec<&'static str>> {
    let before = problems.found();
    if let (1, Some(only)) = (head.iter().filter(|cell| !cell.trim().is_empty()).count(), head.get(0))
        && let Some(mark) = [';', '\t'].into_iter().find(|mark| only.contains(*mark))
    {
        let what = if mark == ';' { "semicolons" } else { "tabs" };
        problems.at(
            file,
            Some(line),
            "",
            format!("The columns are separated by {what}."),
            "Save the file as CSV UTF-8, separated by commas.",
        );
        return None;
    }
    let mut places: Vec<&'static str> = Vec::new();
    // Spreadsheets keep empty columns at the right end: they have no header and nothing below it.
    let filled = head.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()).last().map_or(0, |(last, _)| last + 1);
    for cell in head.iter().take(filled) {
        let name = cell.trim().to_lowercase().replace([' ', '-'], "_");
        match columns.iter().find(|column| column.name == name) {
            Some(column) if places.contains(&column.name) => {
                problems.at(file, Some(line), column.name, "The header is there twice.", "Keep one of the two columns.");
            }
            Some(column) => places.push(column.name),
            None => {
                let right = match nearest(&name, columns.iter().map(|column| column.name)) {
                    Some(meant) => format!("Did you mean {meant}?"),
                    None => format!("The columns are: {}.", names(columns)),
                };
                problems.at(file, Some(line), cell.trim(), "There is no column of this name.", right);
            }
        }
    }
    for column in columns.iter().filter(|column| column.required && !places.contains(&column.name)) {
        problems.at(file, Some(line), column.name, "The column is missing.", "Add it, with this header.");
    }
    (problems.found() == before).then_some(places)
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
}

/// UTF-8 with or without a byte-order mark; else what Excel's plain "CSV" writes in Britain, Windows-1252.
fn decode(file: &str, bytes: &[u8], limits: Limits, problems: &mut Problems) -> Option<String> {
    if bytes.len() > limits.bytes {
        problems.file(
            file,
            format!("The file has {} MB.", bytes.len() / 1024 / 1024),
            format!("At most {} MB are read.", limits.bytes / 1024 / 1024),
        );
        return None;
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        problems.file(file, "The file is saved as \"Unicode text\" (UTF-16).", "Save it as \"CSV UTF-8 (comma delimited)\".");
        return None;
    }
    if bytes.starts_with(b"PK\x03\x04") {
        problems.file(
            file,
            "This is a spreadsheet with the name of a CSV file.",
            "Open it and save it as \"CSV UTF-8 (comma delimited)\".",
        );
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.contains(&0) {
        problems.file(file, "This is no text file.", "Save it as \"CSV UTF-8 (comma delimited)\".");
        return None;
    }
    let Decoded { text, encoding } = decoded::decode(bytes)?;
    // Five bytes mean nothing in Windows-1252: they come out as control characters.
    let nothing = |letter: char| encoding == Encoding::Windows1252 && ('\u{80}'..='\u{9F}').contains(&letter);
    if let Some((at, letter)) = text.char_indices().find(|(_, letter)| nothing(*letter)) {
        problems.at(
            file,
            Some(text[..at].matches('\n').count() as u64 + 1),
            "",
            format!("The byte {:#04X} is a letter neither in UTF-8 nor in Windows-1252.", u32::from(letter)),
            "Save the file as \"CSV UTF-8 (comma delimited)\".",
        );
        return None;
    }
    Some(text.into_owned())
}

/// The line on which a quotation mark opens that nothing closes: the CSV reader would swallow the rest of the file in silence.
fn unclosed_quote(text: &str) -> Option<u64> {
    let (mut line, mut opened, mut cell_start) = (1, None, true);
    for byte in text.bytes() {
        match byte {
            b'"' if opened.is_some() => opened = None,
            // A second mark right after a closing one is a quotation mark inside the text: it opens again.
            b'"' if cell_start => opened = Some(line),
            b'\n' => line += 1,
            _ => {}
        }
        cell_start = opened.is_none() && matches!(byte, b',' | b'\n' | b'\r' | b'"');
    }
    opened
}

/// Where a byte offset is, as a line number; asked with rising offsets.
struct LineCounter<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
}

impl LineCounter<'_> {
    fn at(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let mut to = usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
        // The reader's position may stand on the end of the line before.
        while to < bytes.len() && matches!(bytes[to], b'\r' | b'\n') {
            to += 1;
        }
        self.line += self.text.get(self.byte..to).map_or(0, |passed| passed.matches('\n').count()) as u64;
        self.byte = to;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: &[Column] = &[must("name"), must("postcode"), may("note")];
    const LIMITS: Limits = Limits { bytes: 1024 * 1024, cell: 2000, rows: 1000 };

    fn sheet(bytes: &[u8]) -> (Option<Sheet>, Vec<String>) {
        let mut problems = Problems::default();
        let sheet = read("schools.csv", bytes, COLUMNS, LIMITS, &mut problems);
        (sheet, problems.list().iter().map(ToString::to_string).collect())
    }

    fn problem(bytes: &[u8]) -> String {
        sheet(bytes).1.join("\n")
    }

    #[test]
    fn lines_keep_their_numbers_whatever_ends_them_and_whatever_is_blank() {
        for end in ["\n", "\r\n"] {
            let text = format!("\u{FEFF}Name,Post code,note{end}{end}Saxton,LS24 9QF,\"two{end}lines\"{end}{end}, ,{end}Brayton,YO8 9DZ,");
            let text = text.replace("Post code", "postcode");
            let (sheet, problems) = sheet(text.as_bytes());
            let rows = sheet.unwrap().rows;
            assert_eq!(problems, Vec::<String>::new());
            assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 7], "{end:?}");
            assert_eq!(rows[0].text("note"), "two lines");
            assert_eq!(rows[1].text("name"), "Brayton");
            assert_eq!(rows[1].text("note"), "");
        }
    }

    #[test]
    fn a_caller_says_how_much_is_read() {
        let said = |bytes: &[u8], limits| {
            let mut problems = Problems::default();
            read("schools.csv", bytes, COLUMNS, limits, &mut problems);
            problems.to_string()
        };
        let file = b"name,postcode\nSaxton,LS24 9QF\n";
        assert_eq!(said(file, LIMITS), said(file, Limits { bytes: file.len(), cell: 8, rows: 1 }));
        assert!(said(file, Limits { bytes: file.len() - 1, ..LIMITS }).contains("At most 0 MB are read"));
        assert!(said(file, Limits { cell: 7, ..LIMITS }).contains("At most 7 are kept"));
    }

    #[test]
    fn the_letters_of_excel_are_read() {
        let (sheet, problems) = sheet(b"name,postcode\nSt Mary\x92s \x96 Caf\xE9,YO8 9DZ\n");
        assert!(problems.is_empty());
        assert_eq!(sheet.unwrap().rows[0].text("name"), "St Mary’s – Café");
        assert!(problem(b"name,postcode\nx,y\nSt\x81,YO8 9DZ\n").starts_with("schools.csv, line 3: The byte 0x81"));
        assert!(problem(b"\xFF\xFEn\0a\0").contains("UTF-16"));
        assert!(problem(b"PK\x03\x04....").contains("spreadsheet"));
    }

    #[test]
    fn wrong_headers_are_named_with_what_was_meant() {
        let said = problem(b"name,poscode,name,colour\nSaxton,LS24 9QF,x,y\n");
        assert_eq!(
            said,
            "schools.csv, line 1, column poscode: There is no column of this name. Did you mean postcode?\n\
             schools.csv, line 1, column name: The header is there twice. Keep one of the two columns.\n\
             schools.csv, line 1, column colour: There is no column of this name. The columns are: name,postcode,note.\n\
             schools.csv, line 1, column postcode: The column is missing. Add it, with this header."
        );
        assert!(problem(b"name;postcode\nSaxton;LS24 9QF\n").contains("separated by semicolons"));
        assert!(problem(b"").contains("The file is empty."));
    }

    #[test]
    fn a_stray_cell_or_quotation_mark_is_found_on_its_line() {
        assert!(problem(b"name,postcode,note\nSaxton,LS24 9QF,,10 Sand Ln\n").starts_with("schools.csv, line 2: The line has more cells"));
        assert!(problem(b"name,postcode\nSaxton,LS24 9QF\n\"Brayton,YO8 9DZ\nx,y\n").starts_with("schools.csv, line 3: A quotation mark"));
        assert_eq!(problem(b"name,postcode\nA 5\" ruler,\"say \"\"yes\"\"\"\n"), "");
    }

    #[test]
    fn only_so_many_lines_are_read() {
        let mut problems = Problems::default();
        let many = format!("name,postcode\n\n{}", "Saxton,LS24 9QF\n\n".repeat(1234));
        let sheet = read("schools.csv", many.as_bytes(), COLUMNS, LIMITS, &mut problems).unwrap();
        assert_eq!(sheet.rows.len(), 1000);
        assert_eq!(problems.to_string(), "schools.csv: The text has 1,234 lines. At most 1,000 are taken at once: send it in parts.\n");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = sheet(&bytes);
        }

        #[test]
        fn what_a_spreadsheet_writes_is_what_we_read(cells in proptest::collection::vec(("[a-zA-Z\",;'é ]{0,12}", "[a-z\"]{1,5}"), 0..12)) {
            let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
            writer.write_record(["name", "postcode"]).unwrap();
            for (name, code) in &cells {
                writer.write_record([name, code]).unwrap();
            }
            let (read, problems) = sheet(&writer.into_inner().unwrap());
            prop_assert_eq!(problems, Vec::<String>::new());
            let rows = read.unwrap().rows;
            prop_assert_eq!(rows.len(), cells.len());
            for (at, (row, (name, code))) in rows.iter().zip(&cells).enumerate() {
                prop_assert_eq!(row.line, at as u64 + 2);
                prop_assert_eq!(row.text("name"), name.split_whitespace().collect::<Vec<_>>().join(" "));
                prop_assert_eq!(row.text("postcode"), code);
            }
        }
    }
}
