//! Text with separators to lines of cells. As tolerant as spreadsheets are: a quotation mark that nothing closes is a letter, rows may be of
//! any length, and each keeps the number of the line on which it starts.

use super::Bounds;
use super::grid::{Grid, GridRow, TooMuch};

/// The separators that are tried, the most common first.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// So many rows tell the separator.
const TELLING: usize = 300;
/// The longest text between quotation marks in bytes: one that goes on for longer was never closed.
const LONGEST_QUOTED: usize = 8 * 1024;
/// After so many marks that nothing closes, no text goes on past its line: looking for the end each time would take for ever.
const MOST_UNCLOSED: usize = 50;
/// Cells of a row past this many are dropped.
const MOST_CELLS: usize = 256;

/// The cells of a text, and the separator that was found.
///
/// # Errors
/// When it has more rows or cells than are read.
pub fn read(text: &str, bounds: Bounds) -> Result<(Grid, char), TooMuch> {
    let (separator, skipped) = match declared(text) {
        Some(separator) => (separator, true),
        None => (told(text), false),
    };
    let mut grid = split(text, separator, bounds)?;
    if skipped {
        grid.rows.retain(|row| row.line > 1);
    }
    Ok((grid, separator))
}

/// The separator that Excel's first line `sep=;` names.
fn declared(text: &str) -> Option<char> {
    let first = text.lines().next()?.trim().trim_matches('"');
    let mut rest = first.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).and(first.get(4..))?.chars();
    rest.next().filter(|_| rest.next().is_none())
}

/// The separator with which most rows have the same number of cells.
fn told(text: &str) -> char {
    let some = Bounds { rows: TELLING, ..Bounds::default() };
    let score = |separator: char| {
        let grid = split_some(text, separator, some);
        let mut widths = [0usize; MOST_CELLS + 1];
        for row in &grid.rows {
            widths[row.cells.len()] += 1;
        }
        widths.iter().enumerate().skip(2).map(|(width, rows)| (*rows, width)).max().unwrap_or_default()
    };
    // Of two that tell as much the first: `max_by_key` would take the last.
    SEPARATORS.into_iter().rev().max_by_key(|separator| score(*separator)).unwrap_or(',')
}

fn split_some(text: &str, separator: char, bounds: Bounds) -> Grid {
    let mut grid = Grid::default();
    for row in (Splitter { text, separator, at: 0, line: 1, unclosed: 0 }).take(bounds.rows) {
        grid.rows.push(row);
    }
    grid
}

/// All rows in which something is written.
fn split(text: &str, separator: char, bounds: Bounds) -> Result<Grid, TooMuch> {
    let mut grid = Grid::default();
    for row in (Splitter { text, separator, at: 0, line: 1, unclosed: 0 }).filter(|row| !row.is_blank()) {
        grid.push(row, bounds)?;
    }
    Ok(grid)
}

struct Splitter<'a> {
    text: &'a str,
    separator: char,
    at: usize,
    line: u32,
    unclosed: usize,
}

impl Iterator for Splitter<'_> {
    type Item = GridRow;

    fn next(&mut self) -> Option<GridRow> {
        if self.at >= self.text.len() {
            return None;
        }
        let mut row = GridRow { line: self.line, cells: Vec::new() };
        loop {
            let cell = self.cell();
            if row.cells.len() < MOST_CELLS {
                row.cells.push(cell);
            }
            let mut rest = self.text[self.at..].chars();
            match rest.next() {
                Some(letter) if letter == self.separator => self.at += letter.len_utf8(),
                Some('\r') => {
                    self.at += if rest.next() == Some('\n') { 2 } else { 1 };
                    self.line += 1;
                    return Some(row);
                }
                Some(_) => {
                    self.at += 1;
                    self.line += 1;
                    return Some(row);
                }
                None => return Some(row),
            }
        }
    }
}

impl Splitter<'_> {
    /// The cell that begins here; afterwards we stand on the separator, the end of the line or of the text.
    fn cell(&mut self) -> String {
        let rest = &self.text[self.at..];
        let blanks = rest.len() - rest.trim_start_matches(|letter| letter == ' ' && letter != self.separator).len();
        let mut cell = String::new();
        if rest[blanks..].starts_with('"')
            && let Some((inside, length)) = self.quoted(&rest[blanks..])
        {
            self.line += u32::try_from(breaks(&rest[blanks..blanks + length])).unwrap_or(0);
            self.at += blanks + length;
            cell = inside;
        }
        let rest = &self.text[self.at..];
        let end = rest.find([self.separator, '\n', '\r']).unwrap_or(rest.len());
        cell.push_str(&rest[..end]);
        self.at += end;
        cell
    }

    /// The text between quotation marks and how long it is with them; `None` when nothing closes it.
    fn quoted(&mut self, rest: &str) -> Option<(String, usize)> {
        let bytes = rest.as_bytes();
        let (mut inside, mut from, mut at) = (String::new(), 1, 1);
        while at < bytes.len() && at <= LONGEST_QUOTED {
            match bytes[at] {
                b'"' if bytes.get(at + 1) == Some(&b'"') => {
                    inside.push_str(&rest[from..=at]);
                    at += 2;
                    from = at;
                }
                b'"' => {
                    inside.push_str(&rest[from..at]);
                    return Some((inside, at + 1));
                }
                b'\n' if self.unclosed >= MOST_UNCLOSED => return None,
                _ => at += 1,
            }
        }
        self.unclosed += 1;
        None
    }
}

/// How many line ends: each `\n`, and each `\r` without one.
fn breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
        read(text, Bounds::default()).unwrap().0.rows.into_iter().map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn rows_keep_their_lines() {
        let read = rows("a,b\r\n\r\n\"two\r\nlines\",c\r\nd,\"say \"\"yes\"\"\"\n");
        let cells = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read, [(1, cells(&["a", "b"])), (3, cells(&["two\r\nlines", "c"])), (5, cells(&["d", "say \"yes\""]))]);
        assert_eq!(rows("a,b\rc,d\r").iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_mark_that_nothing_closes_is_a_letter() {
        assert_eq!(rows("a,\"5 rulers\nb,c\n"), [(1, vec!["a".into(), "\"5 rulers".into()]), (2, vec!["b".into(), "c".into()])]);
        assert_eq!(rows("a,6\" nails\nb,c\n")[0].1, ["a", "6\" nails"]);
    }

    #[test]
    fn the_separator_is_told_by_the_rows_or_declared() {
        let separator = |text: &str| read(text, Bounds::default()).unwrap().1;
        assert_eq!(separator("a;b\n1,5;2,5\n3,5;4,5\n"), ';');
        assert_eq!(separator("a\tb\n2,500\t1\n"), '\t');
        assert_eq!(separator("a|b\nc|d"), '|');
        assert_eq!(separator("just words"), ',');
        assert_eq!(separator("sep=;\na,b;c\n"), ';');
        assert_eq!(rows("sep=;\na,b;c\n"), [(2, vec!["a,b".into(), "c".into()])]);
    }

    #[test]
    fn too_much_is_refused_and_a_wide_row_is_cut() {
        let bounds = Bounds { rows: 2, ..Bounds::default() };
        assert_eq!(read("a\nb\nc\n", bounds).unwrap_err(), TooMuch::Rows(2));
        assert_eq!(rows(&",x".repeat(1000))[0].1.len(), MOST_CELLS);
        assert!(read(&format!("{}\n", ",x".repeat(255)).repeat(9000), Bounds::default()).is_err());
    }

    #[test]
    fn ten_thousand_open_marks_take_no_time() {
        let began = std::time::Instant::now();
        let _ = read(&"x,\"y\nz,\"\"\"\n".repeat(100_000), Bounds { rows: 1_000_000, ..Bounds::default() });
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a,;\"\r\n\t £|]{0,80}") {
            let _ = read(&text, Bounds::default());
        }

        #[test]
        fn what_a_program_writes_is_what_we_read(cells in proptest::collection::vec(proptest::collection::vec("[a-z,;\"\n£ ]{1,8}", 3), 1..8)) {
            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            for row in &cells {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read = split(&text, ',', Bounds::default()).unwrap();
            let wanted: Vec<&Vec<String>> = cells.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
            prop_assert_eq!(read.rows.iter().map(|row| &row.cells).collect::<Vec<_>>(), wanted);
        }
    }
}
