//! Items and lines from two CSV files, and proposals as JSON or in words: what the command `match` reads and writes.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Direction, Item, Kind, Line, Proposal, Strength};
use crate::base::{Day, days};
use crate::sheets::{Bounds, GridRow, decoded, delimited};

/// The rows of a file with the places of its columns.
struct Table {
    heading: Vec<String>,
    rows: Vec<GridRow>,
}

impl Table {
    fn read(bytes: &[u8], needed: &[&str]) -> Result<Self, String> {
        let text = decoded::decode(bytes).ok_or("it is no text")?.text;
        let (grid, _) = delimited::read(&text, Bounds::default()).map_err(|much| much.to_string())?;
        let mut rows = grid.rows.into_iter();
        let heading: Vec<String> = rows.next().ok_or("it is empty")?.cells.iter().map(|cell| cell.trim().to_lowercase()).collect();
        match needed.iter().find(|name| !heading.iter().any(|known| known == *name)) {
            Some(name) => Err(format!("the column {name} is missing")),
            None => Ok(Self { heading, rows: rows.collect() }),
        }
    }

    fn text<'a>(&self, row: &'a GridRow, column: &str) -> &'a str {
        self.heading.iter().position(|known| known == column).map_or("", |column| row.text(column))
    }

    fn many(&self, row: &GridRow, column: &str) -> Vec<String> {
        self.text(row, column).split('|').map(str::trim).filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
    }

    fn pence(&self, row: &GridRow, column: &str) -> Result<Option<i64>, String> {
        match self.text(row, column) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("line {}, column {column}: write whole pence", row.line)),
        }
    }

    fn day(&self, row: &GridRow, column: &str) -> Result<Option<Day>, String> {
        match self.text(row, column) {
            "" => Ok(None),
            text => {
                days::parse_iso(text).map(Some).ok_or_else(|| format!("line {}, column {column}: write a day like 2026-09-30", row.line))
            }
        }
    }

    fn needed<T>(row: &GridRow, column: &str, value: Option<T>) -> Result<T, String> {
        value.ok_or_else(|| format!("line {}, column {column}: it is empty", row.line))
    }
}

/// The items of a file.
///
/// # Errors
/// A sentence on what is wrong with it.
pub fn items(bytes: &[u8]) -> Result<Vec<Item>, String> {
    let table = Table::read(bytes, &["item_id", "kind", "direction", "our_number", "party", "open_pence"])?;
    let item = |row: &GridRow| {
        let open = Table::needed(row, "open_pence", table.pence(row, "open_pence")?)?;
        let amount = table.pence(row, "amount_pence")?.unwrap_or(open);
        if open < 0 || amount < open {
            return Err(format!("line {}: open is from nothing to the whole amount", row.line));
        }
        Ok(Item {
            id: table.text(row, "item_id").to_owned(),
            kind: match table.text(row, "kind") {
                "invoice" => Kind::Invoice,
                "credit_note" => Kind::CreditNote,
                "claim" => Kind::Claim,
                "opening" => Kind::Opening,
                "grant" => Kind::Grant,
                "contribution" => Kind::Contribution,
                _ => return Err(format!("line {}, column kind: it is none that is known", row.line)),
            },
            direction: match table.text(row, "direction") {
                "out" => Direction::Out,
                "in" => Direction::In,
                _ => return Err(format!("line {}, column direction: write in or out", row.line)),
            },
            our_numbers: table.many(row, "our_number"),
            their_numbers: table.many(row, "their_number"),
            party: table.text(row, "party").to_owned(),
            also_known_as: table.many(row, "party_also_known_as"),
            issued: table.day(row, "issued")?,
            amount,
            open,
            net: table.pence(row, "net_pence")?,
        })
    };
    table.rows.iter().map(item).collect()
}

/// The lines of a file.
///
/// # Errors
/// A sentence on what is wrong with it.
pub fn lines(bytes: &[u8]) -> Result<Vec<Line>, String> {
    let table = Table::read(bytes, &["line_id", "date", "pence", "text"])?;
    let line = |row: &GridRow| {
        Ok(Line {
            id: table.text(row, "line_id").to_owned(),
            day: Table::needed(row, "date", table.day(row, "date")?)?,
            pence: Table::needed(row, "pence", table.pence(row, "pence")?)?,
            text: table.text(row, "text").to_owned(),
            reference: table.text(row, "reference").to_owned(),
            balance: table.pence(row, "balance_pence")?,
        })
    };
    table.rows.iter().map(line).collect()
}

/// Proposals as JSON.
#[must_use]
pub fn json(proposals: &[Proposal]) -> Value {
    let allocations =
        |some: &[super::Allocation]| -> Vec<Value> { some.iter().map(|one| json!({ "item_id": one.item, "pence": one.pence })).collect() };
    let proposal = |one: &Proposal| {
        json!({
            "line_id": one.line,
            "strength": one.strength,
            "ticked": one.strength == Strength::Certain,
            "allocations": allocations(&one.allocations),
            "left_pence": one.left,
            "reason": one.reason,
            "alternatives": one.alternatives.iter().map(|some| allocations(some)).collect::<Vec<_>>(),
        })
    };
    json!({ "proposals": proposals.iter().map(proposal).collect::<Vec<_>>() })
}

/// Proposals in words.
#[must_use]
pub fn words(proposals: &[Proposal], lines: usize) -> String {
    let mut said = String::new();
    let set = |some: &[super::Allocation]| some.iter().map(|one| format!("{} {}", one.item, one.pence)).collect::<Vec<_>>().join(" + ");
    for one in proposals {
        let strength = match one.strength {
            Strength::Certain => "certain",
            Strength::Likely => "likely",
            Strength::Look => "look",
        };
        let _ = writeln!(said, "{:<8} {strength:<8} {}: {}", one.line, set(&one.allocations), one.reason);
        for other in &one.alternatives {
            let _ = writeln!(said, "{:<17} or {}", "", set(other));
        }
    }
    let certain = proposals.iter().filter(|one| one.strength == Strength::Certain).count();
    let _ = writeln!(
        said,
        "{lines} lines: {certain} certain, {} to look at, {} of which nothing is known",
        proposals.len() - certain,
        lines - proposals.len()
    );
    said
}
