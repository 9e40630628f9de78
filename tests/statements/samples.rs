//! Each sample holds what its expected file says: rows, notes, problems, questions, balances, identity.

use boxrota::sheets::workbook;
use boxrota::statements::follow::{Joint, lay};
use boxrota::statements::{Answers, Statement, identity, read, say};
use serde_json::Value;

use crate::{names, sample};

fn expected(name: &str) -> Value {
    serde_json::from_slice(&sample(&format!("{name}.expected.json"))).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn answers(given: &[(&str, &str)]) -> Answers {
    let mut answers = Answers { today: Some("2026-11-30".parse().expect("a day")), ..Answers::default() };
    for (key, value) in given {
        answers.set(key, value).expect("an answer");
    }
    answers
}

fn understood(name: &str, given: &[(&str, &str)]) -> Statement {
    read(&sample(name), &answers(given), &workbook::read)
}

/// Letters and digits in capitals: case and blanks do not count.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

#[test]
fn every_key_of_every_sample_is_as_expected() {
    let mut faults = Vec::new();
    for name in names() {
        let wanted = expected(&name);
        let given: Vec<(&str, &str)> = wanted["answers"]
            .as_object()
            .expect("answers")
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str().expect("a word")))
            .collect();
        let asked = say::json(&understood(&name, &[]))["ask"].clone();
        let got = say::json(&understood(&name, &given));
        let mut differs = |what: &str, got: &Value, wanted: &Value| {
            if got != wanted {
                faults.push(format!("{name}: {what} is {got}, wanted {wanted}"));
            }
        };
        differs("ask", &asked, &wanted["ask"]);
        for key in [
            "format",
            "delimiter",
            "has_heading",
            "sheet",
            "order",
            "account",
            "currency",
            "opening_pence",
            "closing_pence",
            "balance_check",
        ] {
            if wanted.get(key).is_some() {
                differs(key, &got[key], &wanted[key]);
            }
        }
        // Plain ASCII is UTF-8, whatever a header calls it.
        if wanted["encoding"] != "us-ascii" {
            differs("encoding", &got["encoding"], &wanted["encoding"]);
        }
        for what in ["notes", "problems"] {
            let keys = ["line", "kind", "between", "missing_pence"];
            let some = |all: &Value| -> Value {
                let all = all.as_array().expect("a list").iter();
                all.map(|one| keys.iter().filter_map(|key| Some(((*key).to_owned(), one.get(*key)?.clone()))).collect::<Value>()).collect()
            };
            differs(what, &some(&got[what]), &some(&wanted[what]));
        }
        let rows = got["rows"].as_array().expect("rows");
        match wanted.get("row_count") {
            Some(count) => {
                differs("the number of rows", &rows.len().into(), count);
                let sum: i64 = rows.iter().filter_map(|row| row["pence"].as_i64()).sum();
                differs("the sum", &sum.into(), &wanted["sum_pence"]);
            }
            None => differs("the number of rows", &rows.len().into(), &wanted["rows"].as_array().expect("rows").len().into()),
        }
        for row in wanted["rows"].as_array().expect("rows") {
            let Some(mine) = rows.iter().find(|mine| mine["line"] == row["line"]) else {
                faults.push(format!("{name}: line {} is missing", row["line"]));
                continue;
            };
            let words =
                |row: &Value| letters(&format!("{} {}", row["text"].as_str().unwrap_or(""), row["reference"].as_str().unwrap_or("")));
            let have = words(mine);
            for (key, value) in row.as_object().expect("a row") {
                let same = match key.as_str() {
                    "text" | "reference" => {
                        value.as_str().unwrap_or("").split(|c: char| !c.is_ascii_alphanumeric()).all(|word| have.contains(&letters(word)))
                    }
                    _ => mine.get(key).unwrap_or(&Value::Null) == value,
                };
                if !same {
                    faults.push(format!("{name}, line {}: {key} is {:?}, wanted {value}", row["line"], mine.get(key)));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_other_answer_gives_the_other_days() {
    let days: Vec<Value> =
        understood("p04-ambiguous-dates.csv", &[("date_order", "mdy")]).lines.iter().map(|line| line.day.to_string().into()).collect();
    assert_eq!(Value::from(days), expected("p04-ambiguous-dates.csv")["alternative_dates_if_mdy"]);
    let turned = understood("15-xero-account-transactions.csv", &[("ledger_sign", "debit_is_money_out")]);
    assert_eq!(turned.lines[0].pence, -250_000);
}

#[test]
fn a_file_again_brings_nothing_and_an_overlapping_one_what_is_new() {
    for name in names() {
        let all = understood(&name, &[]);
        assert_eq!(lay(&all, &all).new, Vec::<u32>::new(), "{name}");
        let mut different = identity::of(&all);
        different.sort();
        different.dedup();
        assert_eq!(different.len(), all.lines.len(), "{name}");
        let mut turned = all.clone();
        turned.lines.reverse();
        assert_eq!(lay(&all, &turned).new, Vec::<u32>::new(), "{name}, the other way round");
        if let Some(before) = expected(&name).get("new_after") {
            let laid = lay(&understood(before.as_str().expect("a name"), &[]), &all);
            assert_eq!(serde_json::json!(laid.new), expected(&name)["new_lines"], "{name}");
            assert!(matches!(laid.joint, Joint::Overlap(_)) && laid.gone.is_empty(), "{name}: {laid:?}");
        }
    }
}

#[test]
fn what_was_understood_is_said_in_words() {
    for name in names() {
        let said = say::words(&understood(&name, &[]));
        assert!(said.lines().count() < 80, "{name}");
    }
    let said = say::words(&understood("p03-missing-line.csv", &[]));
    assert!(said.contains("Between lines 4 and 5 -£1,200.00 is missing"), "{said}");
    let said = say::words(&understood("p04-ambiguous-dates.csv", &[]));
    assert!(said.contains("--answer date_order=dmy: 03/04/2026 is 3 April 2026"), "{said}");
    let said = say::words(&understood("07-santander.qif", &[]));
    assert!(said.contains("The day stands first: there is no month 30."), "{said}");
}

/// A file, what is asked, pence, kinds of problems.
type Case = (&'static str, &'static [&'static str], &'static [i64], &'static [&'static str]);

/// Files of other banks and with other faults, shortened to what matters: (text, what is asked, pence, kinds of problems).
#[test]
fn other_tables_are_understood_too() {
    let cases: [Case; 16] = [
        // Monzo: a signed amount beside two columns that say the same.
        (
            "Transaction ID,Date,Type,Name,Amount,Currency,Local amount,Local currency,Money Out,Money In\nt1,13/09/2026,Card,TTS,-1.86,GBP,-2.00,EUR,-1.86,\nt2,14/09/2026,FP,PST,25.00,GBP,25.00,GBP,,25.00\n",
            &[],
            &[-186, 2500],
            &[],
        ),
        // Revolut: what is pending or was taken back is none, another currency is a problem.
        (
            "Type,Started Date,Completed Date,Description,Amount,Currency,State,Balance\nA,2026-09-01 10:00:00,2026-09-01 10:00:05,PST,25.00,GBP,COMPLETED,35.00\nB,2026-09-02 10:00:00,,SHOP,-2.00,GBP,PENDING,\nC,2026-09-02 10:00:00,,SHOP,-2.00,GBP,REVERTED,\nD,2026-09-05 10:00:00,2026-09-05 10:00:00,X,-2.00,EUR,COMPLETED,2.00\n",
            &[],
            &[2500],
            &["foreign_currency"],
        ),
        // Brought and carried forward, CR as a type of payment.
        (
            "Account Number,00012345\n\nDate,Type,Details,Debits,Credits,Balance\n01 Sep 2026,,Balance brought forward,,,\"£1,000.00\"\n03 Sep 2026,FP,TTS,£186.42,,£813.58\n05 Sep 2026,CR,PST,,\"£2,500.00\",\"£3,313.58\"\n30 Sep 2026,,Balance carried forward,,,\"£3,313.58\"\n",
            &[],
            &[-18_642, 250_000],
            &[],
        ),
        // A ledger: debit and credit mean the opposite, or not.
        (
            "Transaction Listing by Cost Centre\n\nCost Centre,Ledger Code,Date,Supplier,Debit,Credit\nSCI,E19,03/09/2026,TTS,155.35,\nSCI,E19,13/09/2026,TTS,,10.42\nTotal,,,,155.35,10.42\n",
            &["ledger_sign"],
            &[15_535, -1_042],
            &[],
        ),
        // Net and VAT apart.
        (
            "No,Type,Date,N/C,Ref,Details,Net Amount,Tax Amount,T/C\n1,BP,13/09/2026,7500,BX26-0031,TTS,155.35,31.07,T1\n",
            &["ledger_sign"],
            &[-18_642],
            &[],
        ),
        // No sign anywhere, and a balance that tells it.
        (
            "Date,Type,Description,Amount,Balance\n13/09/2026,DD,A,1.00,99.00\n14/09/2026,CR,B,5.00,104.00\n15/09/2026,DD,C,4.00,100.00\n",
            &[],
            &[-100, 500, -400],
            &[],
        ),
        // No sign anywhere, and no balance.
        ("Date,Description,Amount\n13/09/2026,A,1.00\n14/09/2026,B,5.00\n", &["ledger_sign"], &[100, 500], &[]),
        // CR behind what came in, nothing behind what went out.
        ("Date,Description,Amount\n13/09/2026,A,1.00\n14/09/2026,B,5.00 CR\n", &[], &[-100, 500], &[]),
        // No heading; the balance tells which column is which.
        (
            "13/09/2026,FPO,TTS GROUP,186.42,,813.58\n14/09/2026,BGC,PST,,2500.00,3313.58\n15/09/2026,FPO,YPO,13.58,,3300.00\n",
            &[],
            &[-18_642, 250_000, -1_358],
            &[],
        ),
        // Nor does anything tell here.
        ("13/09/2026,TTS GROUP,186.42,\n14/09/2026,PST LTD,,2500.00\n", &["ledger_sign"], &[-18_642, 250_000], &[]),
        // A comma in a text, and one in an amount.
        (
            "Date,Description,Amount,Balance\n13/09/2026,SMITH, JONES,-12.00,88.00\n14/09/2026,YPO,-1,200.00,88.00\n15/09/2026,A,-1.00,87.00\n",
            &[],
            &[-100],
            &["unreadable_amount", "unreadable_amount"],
        ),
        // Two accounts.
        (
            "Date,Account Number,Description,Amount\n13/09/2026,00012345,A,-1.00\n14/09/2026,00067890,B,-5.00\n15/09/2026,00012345,C,-4.00\n",
            &["account"],
            &[-100, -400],
            &[],
        ),
        // One day typed the other way round.
        (
            "Date,Description,Amount\n25/09/2026,A,-1.00\n26/09/2026,B,-1.00\n09/27/2026,C,-1.00\n",
            &[],
            &[-100, -100],
            &["date_order_mixed"],
        ),
        // Suppliers with names like labels; the heading once more on the next page.
        (
            "Date,Description,Amount,Balance\n13/09/2026,TOTAL GAS,-12.00,88.00\nPage 2\nDate,Description,Amount,Balance\n14/09/2026,OPENING BALANCE LTD,-8.00,80.00\n",
            &[],
            &[-1_200, -800],
            &[],
        ),
        // A balance that is not called one.
        (
            "Date,Description,Amount,Balance\n13/09/2026,BALANCE FORWARDED,100.00,100.00\n14/09/2026,B,-1.00,99.00\n",
            &[],
            &[-100],
            &["balance_row_suspected"],
        ),
        // What is pending has the word where the day would be.
        ("Date,Description,Amount\n13 Sep 2026,A,-£1.00\nPENDING,B,-£5.00\n", &[], &[-100], &[]),
    ];
    for (text, asked, pence, kinds) in cases {
        let got = read(text.as_bytes(), &answers(&[]), &workbook::read);
        let json = say::json(&got);
        assert_eq!(json["ask"], serde_json::json!(asked), "{text}");
        assert_eq!(got.lines.iter().map(|line| line.pence).collect::<Vec<_>>(), pence, "{text}");
        let problems: Vec<&str> =
            json["problems"].as_array().expect("problems").iter().filter_map(|problem| problem["kind"].as_str()).collect();
        assert_eq!(problems, kinds, "{text}");
    }
}

#[test]
fn what_is_no_statement_is_refused_in_a_sentence() {
    for (bytes, words) in [
        (&b"%PDF-1.7\n"[..], "This is a PDF"),
        (b":20:STMT\n:25:000000/00012345\n:60F:C260901GBP1000,\n", "This is an MT940 file"),
        (b"{1:F01BOXRGB2L}", "This is an MT940 file"),
        (b" \n<HTML><body>", "This is a web page"),
        (b"<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.052.001.02\"/>", "CAMT.052"),
        (b"\n \n", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is a picture"),
        (b"PK\x03\x04....", "The workbook is damaged"),
        (b"Item,Quantity\nMagnet,10\n", "No lines with a day and an amount"),
        (b"\0\x01\x02", "neither a text nor a workbook"),
    ] {
        let got = read(bytes, &answers(&[]), &workbook::read);
        assert_eq!((got.lines.len(), got.problems.len()), (0, 1), "{words}");
        assert!(got.problems[0].words.contains(words), "{}", got.problems[0].words);
    }
    let large = read(&vec![b'x'; 11 * 1024 * 1024], &answers(&[]), &workbook::read);
    assert!(large.problems[0].words.contains("more than 10 MB"));
    let long = read("13/09/2026,A,1.00\n".repeat(50_001).as_bytes(), &answers(&[]), &workbook::read);
    assert!(long.problems[0].words.contains("more than 50000 rows"), "{}", long.problems[0].words);
}
