//! The sheets of an ODS, from its `content.xml`. A cell says how often it is repeated: a written one is put down so often, within the
//! bounds, and an empty one only moves on, for spreadsheets end every sheet with a million empty rows.

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use super::grid::{Bounds, Grid, TooMuch};
use super::workbook::{Sparse, Unreadable};

/// Elements inside each other past this depth are no sheet.
const DEEPEST: usize = 64;

/// The sheets in which something is written.
///
/// # Errors
/// Why it was not read.
pub fn read(xml: &str, bounds: Bounds) -> Result<Vec<Grid>, Unreadable> {
    let mut reader = Reader::from_str(xml);
    let mut sheets = Sheets { grids: Vec::new(), sheet: None, row: 0, column: 0, times: 1, cells: Vec::new(), cell: None, bounds };
    let mut depth = 0;
    loop {
        match reader.read_event().map_err(|fault| Unreadable::Damaged(fault.to_string()))? {
            Event::Start(tag) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(TooMuch::Far.into());
                }
                sheets.starts(&tag);
            }
            Event::Empty(tag) => {
                sheets.starts(&tag);
                sheets.ends(tag.name().as_ref())?;
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                sheets.ends(tag.name().as_ref())?;
            }
            Event::Text(text) => sheets.says(&text),
            Event::CData(text) => sheets.says(&text),
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(letter)) => sheets.says(letter.encode_utf8(&mut [0; 4])),
                _ => sheets.says(resolve_predefined_entity(&name).unwrap_or_default()),
            },
            Event::Eof => return Ok(sheets.grids),
            _ => {}
        }
    }
}

struct Sheets {
    grids: Vec<Grid>,
    sheet: Option<Sparse>,
    row: u32,
    column: u32,
    /// How often this row is there.
    times: u32,
    /// The written cells of this row: from which column, how often, what.
    cells: Vec<(u32, u32, String)>,
    cell: Option<Cell>,
    bounds: Bounds,
}

struct Cell {
    times: u32,
    /// The exact value, where the cell has one: what is shown may be rounded.
    value: Option<String>,
    text: String,
    paragraphs: usize,
}

impl Sheets {
    fn starts(&mut self, tag: &BytesStart<'_>) {
        match tag.name().as_ref() {
            "table:table" => {
                self.sheet = Some(Sparse::new(&attribute(tag, "table:name").unwrap_or_default(), self.bounds));
                self.row = 0;
            }
            "table:table-row" => {
                self.times = times(tag, "table:number-rows-repeated");
                self.column = 0;
                self.cells.clear();
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let kind = attribute(tag, "office:value-type").unwrap_or_default();
                let value = match kind.as_str() {
                    "float" | "currency" => attribute(tag, "office:value"),
                    "date" => attribute(tag, "office:date-value").map(|value| value.chars().take(10).collect()),
                    _ => None,
                };
                self.cell = Some(Cell { times: times(tag, "table:number-columns-repeated"), value, text: String::new(), paragraphs: 0 });
            }
            // A note of somebody's on a cell is not what is written in it.
            "office:annotation" => {
                if let Some(cell) = &mut self.cell {
                    cell.value.get_or_insert_default();
                }
            }
            "text:p" => {
                if let Some(cell) = &mut self.cell {
                    cell.paragraphs += 1;
                    if cell.paragraphs > 1 {
                        cell.text.push('\n');
                    }
                }
            }
            "text:s" | "text:tab" | "text:line-break" => self.says(" "),
            _ => {}
        }
    }

    fn ends(&mut self, name: &str) -> Result<(), Unreadable> {
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                if let Some(cell) = self.cell.take() {
                    let text = cell.value.filter(|value| !value.is_empty()).unwrap_or(cell.text);
                    if !text.trim().is_empty() {
                        self.cells.push((self.column, cell.times, text));
                    }
                    self.column = self.column.saturating_add(cell.times);
                }
            }
            "table:table-row" => {
                let cells = std::mem::take(&mut self.cells);
                if let Some(sheet) = self.sheet.as_mut().filter(|_| !cells.is_empty()) {
                    // More than is read of anything: said before it is put down, cell by cell.
                    let rows = u32::try_from(self.bounds.rows).unwrap_or(u32::MAX);
                    for row in 0..self.times.min(rows.saturating_add(1)) {
                        for (column, times, text) in &cells {
                            for by in 0..(*times).min(256) {
                                sheet.put(self.row.saturating_add(row), column.saturating_add(by), text.clone())?;
                            }
                        }
                    }
                }
                self.row = self.row.saturating_add(self.times);
            }
            "table:table" => {
                if let Some(sheet) = self.sheet.take() {
                    self.grids.push(sheet.grid()?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn says(&mut self, text: &str) {
        if let Some(cell) = self.cell.as_mut().filter(|cell| cell.paragraphs > 0) {
            cell.text.push_str(text);
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(unescape(&found.value).map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}

fn times(tag: &BytesStart<'_>, name: &str) -> u32 {
    attribute(tag, name).and_then(|number| number.parse().ok()).filter(|number| *number > 0).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sheet(rows: &str) -> Result<Vec<Grid>, Unreadable> {
        read(&format!("<office:body><table:table table:name=\"A &amp; B\">{rows}</table:table></office:body>"), Bounds::default())
    }

    #[test]
    fn values_days_and_texts_are_read() {
        let grids = sheet(
            "<table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"3\"/></table:table-row>\
             <table:table-row><table:table-cell office:value-type=\"date\" office:date-value=\"2026-09-01T10:00:00\"><text:p>1 Sep</text:p></table:table-cell>\
             <table:table-cell/><table:table-cell office:value-type=\"currency\" office:value=\"84.15\"><text:p>£84</text:p></table:table-cell>\
             <table:table-cell table:number-columns-repeated=\"2\" office:value-type=\"string\"><office:annotation><text:p>note</text:p></office:annotation></table:table-cell>\
             <table:table-cell office:value-type=\"string\"><text:p>OHMS &amp; WATTS</text:p><text:p>LTD</text:p></table:table-cell></table:table-row>",
        )
        .unwrap();
        assert_eq!(grids[0].name.as_deref(), Some("A & B"));
        assert_eq!(grids[0].rows[0].line, 3);
        let cells: Vec<&str> = grids[0].rows[0].cells.iter().map(String::as_str).collect();
        assert_eq!([&cells[..3], &cells[5..]].concat(), ["2026-09-01", "", "84.15", "OHMS & WATTS\nLTD"]);
    }

    #[test]
    fn a_million_empty_rows_are_none_and_a_million_written_ones_are_too_many() {
        let empty = "<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
        let written = empty.replace("/></table:table-row>", "><text:p>x</text:p></table:table-cell></table:table-row>");
        assert!(sheet(&empty.repeat(3)).unwrap()[0].rows.is_empty());
        assert!(matches!(sheet(&written).unwrap_err(), Unreadable::TooMuch(_)));
        assert!(matches!(sheet(&"<a>".repeat(100)).unwrap_err(), Unreadable::TooMuch(TooMuch::Far)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<table:table-row>|<table:table-cell>|</table:table-cell>|</table:table-row>|<text:p>|</text:p>|&amp;|&x;|<|>|a){0,30}") {
            let _ = sheet(&text);
            let _ = read(&text, Bounds::default());
        }
    }
}
