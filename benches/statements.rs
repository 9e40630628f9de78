//! What reading and matching cost: ten thousand rows of a statement, and five thousand lines against two thousand items.
//!
//! `cargo bench --bench statements`.

use std::fmt::Write;
use std::hint::black_box;

use boxrota::base::days::{add, parse_iso};
use boxrota::matching::{Item, Line, Rules, propose};
use boxrota::sheets::workbook;
use boxrota::statements::{Answers, read};
use criterion::{Criterion, criterion_group, criterion_main};

/// A statement of so many rows with a balance each.
fn statement(rows: i64) -> String {
    let mut text = "Date,Description,Reference,Amount,Balance\n".to_owned();
    let (mut balance, first) = (1_000_000_000i64, parse_iso("2026-04-01").unwrap_or_default());
    for row in 0..rows {
        let pence = (row * 7919) % 60_000 - 45_000;
        balance += pence;
        let sign = if pence < 0 { "-" } else { "" };
        let day = add(first, row / 56).format("%d/%m/%Y");
        let (whole, part) = (pence.abs() / 100, pence.abs() % 100);
        let _ =
            writeln!(text, "{day},SUPPLIER {:03} LTD,R{row:05},{sign}{whole}.{part:02},{}.{:02}", row % 200, balance / 100, balance % 100);
    }
    text
}

/// Open items of two hundred suppliers, and lines of which some have a number, some a name and many neither.
fn batch(lines: i64, items: i64) -> (Vec<Line>, Vec<Item>) {
    let first = parse_iso("2026-04-01").unwrap_or_default();
    let party = |n: i64| format!("Supplier{} Works{} Ltd", n % 211, n % 17);
    let item = |n: i64| Item {
        id: format!("I{n}"),
        our_numbers: vec![format!("BX26-{n:04}")],
        their_numbers: vec![format!("SI-{}", 30_000 + n)],
        party: party(n),
        issued: Some(add(first, n / 12)),
        amount: 1000 + (n * 7919) % 90_000,
        open: 1000 + (n * 7919) % 90_000,
        ..Item::default()
    };
    let items: Vec<Item> = (0..items).map(item).collect();
    let line = |n: i64| {
        let paid = &items[usize::try_from(n).unwrap_or(0) % items.len()];
        let (text, reference, pence) = match n % 5 {
            0 => (paid.party.clone(), paid.our_numbers[0].clone(), paid.open),
            1 => (paid.party.clone(), String::new(), paid.open),
            2 => (paid.party.clone(), String::new(), 3333 + n),
            3 => (format!("DIRECT DEBIT {n}"), String::new(), 4444 + n),
            _ => ("SCHOOL MEALS CO".to_owned(), format!("A/C {n}"), paid.open),
        };
        Line { id: format!("L{n}"), day: add(first, n / 30 + 10), pence: -pence, text: text.to_uppercase(), reference, balance: Some(n) }
    };
    ((0..lines).map(line).collect(), items)
}

fn benches(c: &mut Criterion) {
    let text = statement(10_000);
    let answers = Answers::default();
    c.bench_function("reading 10,000 rows", |b| b.iter(|| black_box(read(text.as_bytes(), &answers, &workbook::read)).lines.len()));
    let (lines, items) = batch(5_000, 2_000);
    let rules = Rules::default();
    c.bench_function("matching 5,000 lines with 2,000 items", |b| b.iter(|| black_box(propose(&lines, &items, &rules)).len()));
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20);
    targets = benches
}
criterion_main!(all);
