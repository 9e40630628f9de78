//! The two commands, as a person types them, and workbooks made to end a process.

use std::io::{Cursor, Write};
use std::process::{Command, Output};

use serde_json::Value;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::folder;

fn boxrota(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_boxrota")).args(arguments).output().expect("the program")
}

#[test]
fn a_statement_is_read_in_words_and_as_json() {
    let file = folder().join("samples/23-finance-export.xlsx");
    let file = file.to_str().expect("a path");
    let said = boxrota(&["read-statement", file]);
    let words = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && words.contains("sheet \"Transactions\": 10 payments"), "{words}");
    let json: Value = serde_json::from_slice(&boxrota(&["read-statement", file, "--json"]).stdout).expect("JSON");
    assert_eq!((json["format"].as_str(), json["rows"].as_array().map(Vec::len)), (Some("xlsx"), Some(10)));
    let asked = folder().join("samples/p04-ambiguous-dates.csv");
    let asked = asked.to_str().expect("a path");
    let day = |order: &str| -> String {
        let said = boxrota(&["read-statement", asked, "--answer", &format!("date_order={order}"), "--today", "2026-11-30", "--json"]);
        let json: Value = serde_json::from_slice(&said.stdout).expect("JSON");
        assert_eq!(json["ask"], serde_json::json!([]));
        json["rows"][0]["date"].as_str().expect("a day").to_owned()
    };
    assert_eq!((day("dmy").as_str(), day("mdy").as_str()), ("2026-04-03", "2026-03-04"));
    assert!(!boxrota(&["read-statement", asked, "--answer", "date_order=ymd"]).status.success());
    let page = folder().join("samples/p07-html-not-csv.csv");
    let said = boxrota(&["read-statement", page.to_str().expect("a path")]);
    assert!(!said.status.success() && String::from_utf8_lossy(&said.stdout).contains("This is a web page"));
}

#[test]
fn a_batch_is_matched_in_words_and_as_json() {
    let (items, lines) = (folder().join("matching/items.csv"), folder().join("matching/lines.csv"));
    let (items, lines) = (items.to_str().expect("a path"), lines.to_str().expect("a path"));
    let words = String::from_utf8(boxrota(&["match", items, lines]).stdout).expect("text");
    assert!(words.contains("your number BX26-0101 and the exact amount") && words.contains("73 lines: 18 certain"), "{words}");
    let json: Value = serde_json::from_slice(&boxrota(&["match", items, lines, "--json"]).stdout).expect("JSON");
    assert!(json["proposals"].as_array().is_some_and(|all| all.iter().all(|one| one["ticked"] == (one["strength"] == "certain"))));
    assert!(!boxrota(&["match", lines, items]).status.success());
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a file");
        writer.write_all(text.as_bytes()).expect("its text");
    }
    writer.finish().expect("an archive").into_inner()
}

/// A workbook of one sheet with these rows.
fn workbook(rows: &str) -> Vec<u8> {
    archive(&[
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
        ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
    ])
}

#[test]
fn workbooks_that_are_made_to_end_a_process_are_answered() {
    let far = workbook("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>");
    let repeated = archive(&[(
        "content.xml",
        "<office:body><table:table table:name=\"x\"><table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\"><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:body>",
    )]);
    let bomb = archive(&[("xl/workbook.xml", ""), ("xl/x.xml", &" ".repeat(110 * 1024 * 1024))]);
    assert!(far.len() < 2000 && repeated.len() < 1000 && bomb.len() < 200_000, "{} {} {}", far.len(), repeated.len(), bomb.len());
    for (bytes, words) in [
        (far, "No lines with a day and an amount"),
        (repeated, "The file has more than"),
        (bomb, "Unpacked, the file has more than 100 MB"),
    ] {
        let place = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(place.path(), bytes).expect("its bytes");
        let said = boxrota(&["read-statement", place.path().to_str().expect("a path")]);
        let out = String::from_utf8_lossy(&said.stdout);
        assert!(said.status.code() == Some(1) && out.contains(words), "{:?} {out}", said.status);
    }
}

/// Five kilobytes of which the library makes a table of sixteen million cells: the limit of the reader's memory ends it, and nothing else.
#[cfg(target_os = "linux")]
#[test]
fn what_no_check_sees_ends_the_reader_alone() {
    let file = folder().join("two-far-cells.xls");
    let said = boxrota(&["read-statement", file.to_str().expect("a path")]);
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.code() == Some(1) && out.contains("asks for more than reading it may take"), "{:?} {out}", said.status);
    let reader =
        Command::new(env!("CARGO_BIN_EXE_boxrota")).arg("read-workbook").stdin(std::fs::File::open(&file).expect("the file")).output();
    let reader = reader.expect("the reader");
    assert!(!reader.status.success() && reader.stdout.is_empty(), "{:?}", reader.status);
}

/// The process that reads a workbook may die as it likes: whoever asked gets an answer.
#[cfg(unix)]
#[test]
fn a_reader_that_dies_is_an_answer() {
    let file = folder().join("samples/23-finance-export.xlsx");
    let said = boxrota(&["read-statement", file.to_str().expect("a path"), "--reader", "/bin/false"]);
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.code() == Some(1) && out.contains("asks for more than reading it may take"), "{out}");
}
