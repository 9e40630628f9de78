//! Text in which every payment is a block of lines "Date: …", "Description: …", "Amount: …": turned on its side it is a table.

use super::headings::{self, Role};
use crate::sheets::{Bounds, Grid, GridRow, TooMuch};

/// The table of such a text; `None` when it is none.
///
/// # Errors
/// When it has more than is read.
pub fn read(text: &str, bounds: Bounds) -> Result<Option<Grid>, TooMuch> {
    if !looks_like_one(text) {
        return Ok(None);
    }
    let mut labels: Vec<String> = Vec::new();
    let mut grid = Grid::default();
    let mut blocks: Vec<GridRow> = Vec::new();
    let mut last: Option<usize> = None;
    for (line, text) in (1u32..).zip(text.lines()) {
        let text = text.trim();
        let Some((label, value)) = labelled(text) else {
            if !text.is_empty() {
                match blocks.last_mut().zip(last) {
                    // A text that goes on in the next line.
                    Some((block, last)) => {
                        block.cells[last].push(' ');
                        block.cells[last].push_str(text);
                    }
                    None => grid.push(GridRow { line, cells: vec![text.to_owned()] }, bounds)?,
                }
            }
            continue;
        };
        let starts = matches!(headings::role(label), Some(Role::Day(_)));
        if starts {
            if blocks.len() >= bounds.rows {
                return Err(TooMuch::Rows(bounds.rows));
            }
            blocks.push(GridRow { line, cells: Vec::new() });
        }
        let Some(block) = blocks.last_mut() else {
            grid.push(GridRow { line, cells: vec![text.to_owned()] }, bounds)?;
            continue;
        };
        let column = labels.iter().position(|known| known.eq_ignore_ascii_case(label)).unwrap_or_else(|| {
            labels.push(label.to_owned());
            labels.len() - 1
        });
        if labels.len() > 40 {
            return Err(TooMuch::Far);
        }
        if block.cells.len() <= column {
            block.cells.resize(column + 1, String::new());
        }
        value.clone_into(&mut block.cells[column]);
        last = Some(column);
    }
    let first = blocks.first().map_or(0, |block| block.line);
    grid.push(GridRow { line: first, cells: labels }, bounds)?;
    for block in blocks {
        grid.push(block, bounds)?;
    }
    Ok(Some(grid))
}

/// A label that is known as a heading, and what follows it.
fn labelled(line: &str) -> Option<(&str, &str)> {
    let (label, value) = line.split_once(':')?;
    let label = label.trim();
    let value = value.trim_matches(|c: char| c.is_whitespace() || c == '\u{FFFD}');
    (label.len() < 30 && headings::role(label).is_some()).then_some((label, value))
}

/// Whether most of the written lines of the beginning are labelled, days among them and amounts.
fn looks_like_one(text: &str) -> bool {
    let (mut written, mut days, mut money, mut labels) = (0, 0, 0, 0);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(60) {
        written += 1;
        if let Some((label, _)) = labelled(line) {
            labels += 1;
            days += usize::from(matches!(headings::role(label), Some(Role::Day(_))));
            money += usize::from(headings::role(label).is_some_and(Role::is_money));
        }
    }
    days > 0 && money > 0 && labels * 10 >= written * 7
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_become_rows() {
        let text = "From: 01/09/2026 to 30/09/2026\r\n\r\nDate: 01/09/2026\r\nDescription: TTS\r\nGROUP LTD\r\nAmount: -1.00\r\n\r\nDate: 02/09/2026\r\nAmount: 2.00\r\nBalance: 3.00\r\n";
        let grid = read(text, Bounds::default()).unwrap().unwrap();
        let rows: Vec<(u32, Vec<&str>)> = grid.rows.iter().map(|row| (row.line, row.cells.iter().map(String::as_str).collect())).collect();
        assert_eq!(
            rows,
            [
                (1, vec!["From: 01/09/2026 to 30/09/2026"]),
                (3, vec!["Date", "Description", "Amount", "Balance"]),
                (3, vec!["01/09/2026", "TTS GROUP LTD", "-1.00"]),
                (8, vec!["02/09/2026", "", "2.00", "3.00"]),
            ]
        );
        assert_eq!(read("Date,Amount\n01/09/2026,1.00\n", Bounds::default()), Ok(None));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(Date: |Amount: |Balance:|x|1.00|\n){0,40}") {
            let _ = read(&text, Bounds::default());
        }
    }
}
