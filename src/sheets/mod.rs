//! Spreadsheets: bytes to rows. [`read`] takes one CSV file whose columns are known; [`decode`], [`delimited`] and [`workbook`] take whatever
//! somebody has. Knows how spreadsheets save, and nothing of clusters.

pub mod apart;
pub mod cells;
pub mod decode;
pub mod delimited;
pub mod grid;
pub mod ods;
pub mod problems;
pub mod workbook;

use std::borrow::Cow;
use std::collections::HashSet;

pub use decode::{Decoded, Encoding};
pub use grid::{Bounds, Grid, GridRow, TooMuch};

use crate::base::text;
use crate::sheets::decode::NotText;
use crate::sheets::problems::{Problems, nearest};

/// So many headers that are not known are each named with what was meant.
const MOST_STRANGERS: usize = 8;

/// How much is read of a file: the caller knows what it can be for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of a file.
    pub bytes: usize,
    /// The longest text of one cell, in letters.
    pub cell: usize,
    /// The most lines under the headers in which something is written.
    pub rows: usize,
    /// Whether cells may stand between tabs, as they do when they are copied out of a spreadsheet.
    pub tabs: bool,
}

/// A column that a file may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// Whether the file must have it.
    pub required: bool,
    /// The headers that it has in files of others. Several make one text.
    pub also: &'static [&'static str],
}

impl Column {
    /// The same column, taken from these headers of somebody else's files as well.
    #[must_use]
    pub const fn or(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

/// A column that must be there.
#[must_use]
pub const fn must(name: &'static str) -> Column {
    Column { name, required: true, also: &[] }
}

/// A column that may be left out: then all its cells count as empty.
#[must_use]
pub const fn may(name: &'static str) -> Column {
    Column { name, required: false, also: &[] }
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

/// The names that a file gives, as they are compared ([`text::alike`]): also those of lines in which something else is wrong, so that
/// one wrong postcode is one problem, and not one more for each booking of that school.
#[derive(Debug, Default)]
pub struct Names(Option<HashSet<String>>);

impl Names {
    /// The names in these columns; every name is known when the file could not be read.
    #[must_use]
    pub fn of(sheet: Option<&Sheet>, columns: &[&str]) -> Self {
        let cells = |sheet: &Sheet| {
            let rows = sheet.rows.iter().flat_map(|row| columns.iter().map(|column| text::alike(row.text(column))));
            rows.filter(|name| !name.is_empty()).collect()
        };
        Self(sheet.map(cells))
    }

    /// Whether the file gives this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(&text::alike(name)))
    }
}

/// Reads a file, as far as the limits go. `None` when it cannot be read as a table at all, or a header is wrong: then its cells would
/// only repeat the fault.
pub fn read(file: &'static str, bytes: &[u8], columns: &'static [Column], limits: Limits, problems: &mut Problems) -> Option<Sheet> {
    let all = text_of(file, bytes, limits, problems)?;
    let mark = between(&all, limits);
    if let Some(line) = unclosed_quote(&all, mark) {
        problems.at(
            file,
            Some(line),
            "",
            "A quotation mark is opened and never closed.",
            "Close it, or write \"\" for a quotation mark inside a text.",
        );
        return None;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(mark).from_reader(all.as_bytes());
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

fn row(
    file: &'static str,
    line: u64,
    record: &csv::StringRecord,
    places: &[Option<&'static str>],
    limits: Limits,
    problems: &mut Problems,
) -> Row {
    let mut cells: Vec<(&'static str, String)> = Vec::with_capacity(places.len());
    for (place, cell) in record.iter().enumerate() {
        let cell = tidy(cell);
        match places.get(place) {
            Some(None) => {}
            Some(Some(column)) if cell.len() > limits.cell && cell.chars().count() > limits.cell => problems.at(
                file,
                Some(line),
                column,
                format!("The text has {} letters.", cell.chars().count()),
                format!("At most {} are kept: shorten it.", limits.cell),
            ),
            Some(Some(column)) if cell.chars().any(char::is_control) => {
                problems.at(file, Some(line), column, "The text holds a control character.", "Type the text again.");
            }
            Some(Some(column)) => match cells.iter_mut().find(|(name, _)| name == column) {
                Some((_, text)) if !text.is_empty() && !cell.is_empty() => *text = format!("{text}, {cell}"),
                Some((_, text)) if text.is_empty() => *text = cell.into_owned(),
                Some(_) => {}
                None => cells.push((*column, cell.into_owned())),
            },
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
) -> Option<Vec<Option<&'static str>>> {
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
    // Spreadsheets keep empty columns at the right end: they have no header and nothing below it.
    let filled = head.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()).last().map_or(0, |(last, _)| last + 1);
    let heads: Vec<(&str, String)> =
        head.iter().take(filled).map(|cell| (cell.trim(), cell.trim().to_lowercase().replace([' ', '-'], "_"))).collect();
    // A needed column under the name that others give it: the file is theirs, and its other columns are for others.
    let foreign = columns.iter().any(|column| column.required && heads.iter().any(|(_, name)| column.also.contains(&name.as_str())));
    let strange: Vec<&str> =
        heads.iter().filter(|(_, name)| columns.iter().all(|column| column.name != name)).map(|(cell, _)| *cell).collect();
    let each = !foreign && strange.len() <= MOST_STRANGERS;
    let mut places: Vec<Option<&'static str>> = Vec::new();
    for (cell, name) in &heads {
        let own = columns.iter().find(|column| column.name == name);
        match own.or_else(|| columns.iter().find(|column| foreign && column.also.contains(&name.as_str()))) {
            Some(column) if own.is_some() && places.contains(&Some(column.name)) => {
                problems.at(file, Some(line), column.name, "The header is there twice.", "Keep one of the two columns.");
            }
            Some(column) => places.push(Some(column.name)),
            None => {
                places.push(None);
                if each {
                    let right = match nearest(name, columns.iter().map(|column| column.name)) {
                        Some(meant) => format!("Did you mean {meant}?"),
                        None => format!("The columns are: {}.", names(columns)),
                    };
                    problems.at(file, Some(line), cell, "There is no column of this name.", right);
                }
            }
        }
    }
    let missing: Vec<&str> =
        columns.iter().filter(|column| column.required && !places.contains(&Some(column.name))).map(|column| column.name).collect();
    if foreign {
        if !missing.is_empty() {
            let wrong = format!(
                "This is a file of others, such as Get Information About Schools. These columns are missing: {}.",
                missing.join(", ")
            );
            let right = format!(
                "Add them, with these headers. What is not needed ({} and more) may stay: it is passed over.",
                strange.first().unwrap_or(&"a column")
            );
            problems.at(file, Some(line), "", wrong, right);
        }
    } else {
        if !each {
            let some = strange.iter().take(MOST_STRANGERS).copied().collect::<Vec<_>>().join(", ");
            let wrong = format!("There are {} columns that are not known: {some} and others.", text::number(strange.len()));
            problems.at(file, Some(line), "", wrong, format!("The columns are: {}. Take the others away.", names(columns)));
        }
        for column in missing {
            problems.at(file, Some(line), column, "The column is missing.", "Add it, with this header.");
        }
    }
    (problems.found() == before).then_some(places)
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
}

/// The text of a file that is not too large.
fn text_of(file: &str, bytes: &[u8], limits: Limits, problems: &mut Problems) -> Option<String> {
    if bytes.len() > limits.bytes {
        problems.file(
            file,
            format!("The file has {} MB.", bytes.len() / 1024 / 1024),
            format!("At most {} MB are read.", limits.bytes / 1024 / 1024),
        );
        return None;
    }
    let told = decode::text_of(bytes).map_err(|fault| {
        let line = if let NotText::Letter(_, line) = fault { Some(line) } else { None };
        problems.at(file, line, "", fault.to_string(), fault.right());
    });
    Some(past_sep(told.ok()?))
}

/// Excel's own first line `sep=,` says what separates the columns. It is passed over, and keeps its number: what it says is seen below it.
fn past_sep(text: String) -> String {
    let first = text.split('\n').next().unwrap_or_default();
    let said = first.trim().trim_matches('"').to_lowercase();
    match said.strip_prefix("sep=") {
        Some(mark) if mark.trim_end_matches(',').chars().count() <= 1 => text.get(first.len()..).unwrap_or_default().to_owned(),
        _ => text,
    }
}

/// What stands between two cells: a comma or, in what was copied out of a spreadsheet, a tab.
fn between(text: &str, limits: Limits) -> u8 {
    let head = text.split('\n').find(|line| !line.trim().is_empty()).unwrap_or_default();
    if limits.tabs && head.contains('\t') && !head.contains(',') { b'\t' } else { b',' }
}

/// The line on which a quotation mark opens that nothing closes: the CSV reader would swallow the rest of the file in silence.
fn unclosed_quote(text: &str, mark: u8) -> Option<u64> {
    let (mut line, mut opened, mut cell_start) = (1, None, true);
    for byte in text.bytes() {
        match byte {
            b'"' if opened.is_some() => opened = None,
            // A second mark right after a closing one is a quotation mark inside the text: it opens again.
            b'"' if cell_start => opened = Some(line),
            b'\n' => line += 1,
            _ => {}
        }
        cell_start = opened.is_none() && (byte == mark || matches!(byte, b'\n' | b'"'));
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
        while to < bytes.len() && bytes[to] == b'\n' {
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
    const LIMITS: Limits = Limits { bytes: 1024 * 1024, cell: 2000, rows: 1000, tabs: false };

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
        for end in ["\n", "\r\n", "\r"] {
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
        assert_eq!(said(file, LIMITS), said(file, Limits { bytes: file.len(), cell: 8, rows: 1, tabs: false }));
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
    fn what_excel_puts_in_front_is_passed_over() {
        for first in ["sep=,", "\"sep=,\"", "SEP=,,,"] {
            let (sheet, problems) = sheet(format!("{first}\nname,postcode\nSaxton,LS24 9QF\n").as_bytes());
            assert_eq!((problems.len(), sheet.map(|sheet| sheet.rows[0].line)), (0, Some(3)), "{first}");
        }
        assert!(problem(b"sep=;\nname;postcode\nSaxton;LS24 9QF\n").contains("line 2: The columns are separated by semicolons"));
    }

    #[test]
    fn cells_of_a_spreadsheet_keep_their_marks_and_lines() {
        let limits = Limits { tabs: true, ..LIMITS };
        let mut problems = Problems::default();
        let text = "name\tpostcode\tnote\r\nA\tx\t\"He said \"\"no\"\"\"\r\nB\ty\t\"two\r\nlines\"\r\nC, or D\tz\r\n";
        let sheet = read("schools.csv", text.as_bytes(), COLUMNS, limits, &mut problems).unwrap();
        let rows: Vec<_> = sheet.rows.iter().map(|row| (row.line, row.text("name"), row.text("note"))).collect();
        assert_eq!(rows, [(2, "A", "He said \"no\""), (3, "B", "two lines"), (5, "C, or D", "")]);
        assert!(problems.is_empty(), "{problems}");
    }

    #[test]
    fn a_file_of_others_is_taken_by_its_headers() {
        const SCHOOLS: &[Column] = &[must("name").or(&["establishmentname"]), may("address").or(&["street", "town"]), must("letters")];
        let said = |text: &str| {
            let mut problems = Problems::default();
            let sheet = read("schools.csv", text.as_bytes(), SCHOOLS, LIMITS, &mut problems);
            (sheet, problems.to_string())
        };
        let (none, words) = said("URN,LA (code),EstablishmentName,Street,Locality,Town\n1,2,Burgh,Mill Road,,Exeter\n");
        assert!(none.is_none() && words.lines().count() == 1 && words.contains("missing: letters"), "{words}");
        let (sheet, words) =
            said("LA (code),EstablishmentName,Street,Locality,Town,letters\n2,Burgh,Mill Road,,Exeter,BU\n3,Ash,,,York,AS\n");
        let rows = sheet.unwrap().rows;
        assert_eq!(
            (words.as_str(), rows[0].text("name"), rows[0].text("address"), rows[1].text("address")),
            ("", "Burgh", "Mill Road, Exeter", "York")
        );
        let (_, words) = said(&format!("{}\nx\n", (0..100).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",")));
        assert_eq!(words.lines().count(), 3, "{words}");
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
