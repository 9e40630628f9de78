//! What kind of file it is, told by its bytes and never by its name, and the reader for it. What is no statement is refused in a sentence that
//! says what it is and what to ask the bank for.

use super::answers::Answers;
use super::finish::Draft;
use super::{Balances, Problem, ProblemKind, Statement, blocks, camt, ofx, qif, table};
use crate::sheets::decoded::{Decoded, decode};
use crate::sheets::workbook::{self, Unreadable};
use crate::sheets::{Bounds, Encoding, Grid, delimited};

/// The kinds of files that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text with separators.
    Csv,
    /// A workbook of Excel since 2007.
    Xlsx,
    /// A workbook of `LibreOffice`.
    Ods,
    /// A workbook of Excel before 2007.
    Xls,
    /// OFX, and what Quicken and Money make of it.
    Ofx,
    /// QIF.
    Qif,
    /// CAMT.053.
    Camt053,
    /// Four labelled lines a payment.
    Blocks,
    /// MT940: recognised, and refused.
    Mt940,
    /// PDF: recognised, and refused.
    Pdf,
    /// A web page: recognised, and refused.
    Html,
    /// Something else.
    Unknown,
}

impl Format {
    /// Its name, as programs write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ods => "ods",
            Self::Xls => "xls",
            Self::Ofx => "ofx",
            Self::Qif => "qif",
            Self::Camt053 => "camt053",
            Self::Blocks => "santander-txt",
            Self::Mt940 => "mt940",
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Unknown => "unknown",
        }
    }
}

/// Reads the sheets of a workbook: in a process of its own, where there is one.
pub type Workbooks<'a> = &'a dyn Fn(&[u8], Bounds) -> Result<(workbook::Kind, Vec<Grid>), Unreadable>;

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], answers: &Answers, workbooks: Workbooks<'_>) -> Statement {
    let bounds = answers.bounds;
    if bytes.len() > bounds.bytes {
        let most = bounds.bytes / 1024 / 1024;
        return refused(
            Format::Unknown,
            &format!("The file has more than {most} MB. Export a shorter period, and read one after the other."),
        );
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return refused(Format::Unknown, "The file is empty. Export it again.");
    }
    if let Some(refusal) = by_first_bytes(bytes) {
        return refusal;
    }
    if workbook::looks_like_one(bytes) {
        return a_workbook(bytes, answers, workbooks);
    }
    let Some(Decoded { text, encoding }) = decode(bytes) else {
        return refused(Format::Unknown, "The file is neither a text nor a workbook. Ask the bank for CSV, OFX or CAMT.053.");
    };
    let mut statement = a_text(&text, answers);
    statement.encoding = Some(encoding);
    statement
}

/// Kinds of files that are refused, by how they begin.
fn by_first_bytes(bytes: &[u8]) -> Option<Statement> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if bytes.get(..1024.min(bytes.len())).is_some_and(|start| start.windows(5).any(|part| part == b"%PDF-")) {
        return Some(refused(
            Format::Pdf,
            "This is a PDF: made for printing, and its columns cannot be told for certain. Ask the bank for CSV, Excel, OFX or CAMT.053 of the same days.",
        ));
    }
    if starts(b"\x1F\x8B") || starts(b"Rar!") || starts(b"7z\xBC\xAF") {
        return Some(refused(Format::Unknown, "This is an archive. Unpack it, and read the file that is in it."));
    }
    if starts(b"\x89PNG") || starts(b"\xFF\xD8\xFF") || starts(b"GIF8") {
        return Some(refused(Format::Unknown, "This is a picture. Ask the bank for CSV, Excel, OFX or CAMT.053 of the same days."));
    }
    None
}

fn a_text(text: &str, answers: &Answers) -> Statement {
    let start: String = text.trim_start().chars().take(2000).collect::<String>().to_lowercase();
    if start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || (start.starts_with('<') && start.contains("<html"))
        || start.starts_with("<table")
    {
        return refused(
            Format::Html,
            "This is a web page and no statement, though its name may say so: perhaps the bank's page for signing in. Sign in again and download the statement anew.",
        );
    }
    if start.starts_with("{\\rtf") {
        return refused(Format::Unknown, "This is a text for printing. Ask the bank for CSV, Excel, OFX or CAMT.053 of the same days.");
    }
    if is_mt940(text) {
        return refused(
            Format::Mt940,
            "This is an MT940 file, which is not read. Ask the bank for CAMT.053, which holds the same and more, or for CSV.",
        );
    }
    if camt::looks_like_one(text) {
        return finished(Format::Camt053, camt::read(text), answers);
    }
    if ofx::looks_like_one(text) {
        return finished(Format::Ofx, ofx::read(text), answers);
    }
    if start.starts_with("<?xml") || (start.starts_with('<') && start.contains("xmlns")) {
        let what = if text.contains("camt.05") {
            "This is a report of the day or a notice of single payments (CAMT.052 or CAMT.054)"
        } else {
            "This is an XML file of a kind that is not read"
        };
        return refused(Format::Unknown, &format!("{what}. Ask the bank for CAMT.053, the statement, or for CSV."));
    }
    if qif::looks_like_one(text) {
        return finished(Format::Qif, qif::read(text), answers);
    }
    match blocks::read(text, answers.bounds) {
        Ok(Some(grid)) => {
            return match table::read(&grid, answers) {
                Some((draft, _)) => finished(Format::Blocks, draft, answers),
                None => refused(Format::Blocks, NO_TABLE),
            };
        }
        Ok(None) => {}
        Err(much) => return too_much(Format::Blocks, &much.to_string()),
    }
    match delimited::read(text, answers.bounds) {
        Ok((grid, separator)) => match table::read(&grid, answers) {
            Some((draft, has_heading)) => {
                let mut statement = finished(Format::Csv, draft, answers);
                statement.separator = Some(separator);
                statement.has_heading = Some(has_heading);
                statement
            }
            None => refused(Format::Csv, NO_TABLE),
        },
        Err(much) => too_much(Format::Csv, &much.to_string()),
    }
}

const NO_TABLE: &str = "No lines with a day and an amount are found in it. Open it and see whether it is the statement; if it is, ask the bank for CSV with \
     headings, OFX or CAMT.053.";

fn too_much(format: Format, much: &str) -> Statement {
    let mut letters = much.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    refused(format, &format!("{first}{}. Export a shorter period, and read one after the other.", letters.as_str()))
}

/// The sheet with the most lines is the statement.
fn a_workbook(bytes: &[u8], answers: &Answers, workbooks: Workbooks<'_>) -> Statement {
    let (kind, grids) = match workbooks(bytes, answers.bounds) {
        Ok(read) => read,
        Err(Unreadable::TooMuch(much)) => return too_much(Format::Unknown, &much.to_string()),
        Err(Unreadable::Locked) => {
            return refused(Format::Unknown, "The workbook is locked with a password. Open it, save it without one, and read that.");
        }
        Err(Unreadable::NoWorkbook) => {
            return refused(
                Format::Unknown,
                "This is an archive or a document and no workbook. If the statement is in it, unpack it and read that file.",
            );
        }
        Err(Unreadable::Damaged(_)) => {
            return refused(Format::Unknown, "The workbook is damaged. Open it and save it again as .xlsx or as CSV, or download it anew.");
        }
        Err(Unreadable::Ended) => {
            return refused(
                Format::Unknown,
                "The workbook asks for more than reading it may take. Open it, and save the sheet with the payments as CSV.",
            );
        }
    };
    let format = match kind {
        workbook::Kind::Xlsx => Format::Xlsx,
        workbook::Kind::Ods => Format::Ods,
        workbook::Kind::Xls => Format::Xls,
    };
    let tables = grids.iter().filter_map(|grid| Some((grid.name.clone(), table::read(grid, answers)?)));
    // Of two sheets with as many the first.
    let best = tables.rev().max_by_key(|(_, (draft, _))| (draft.entries.len(), draft.problems.len()));
    let Some((sheet, (draft, has_heading))) = best else { return refused(format, NO_TABLE) };
    let mut statement = finished(format, draft, answers);
    statement.encoding = (format != Format::Xls).then_some(Encoding::Utf8);
    statement.has_heading = Some(has_heading);
    statement.sheet = sheet;
    statement
}

fn is_mt940(text: &str) -> bool {
    let field = |name: &str| text.lines().take(60).any(|line| line.trim_start().starts_with(name));
    text.trim_start().starts_with("{1:F01") || (field(":20:") && field(":25:")) || (field(":60F:") && field(":28C:"))
}

fn finished(format: Format, draft: Draft, answers: &Answers) -> Statement {
    let mut statement = blank(format);
    draft.finish(&mut statement, answers);
    statement
}

fn refused(format: Format, words: &str) -> Statement {
    Statement { problems: vec![Problem::new(1, ProblemKind::NotAStatement, words)], ..blank(format) }
}

fn blank(format: Format) -> Statement {
    Statement {
        format,
        encoding: None,
        separator: None,
        has_heading: None,
        sheet: None,
        account: None,
        order: None,
        lines: Vec::new(),
        notes: Vec::new(),
        problems: Vec::new(),
        questions: Vec::new(),
        reasons: Vec::new(),
        opening: None,
        closing: None,
        balances: Balances::None,
    }
}
