//! QIF: a letter and a text a line, records ended by `^`. Days are settled as in tables.

use super::dates;
use super::entities;
use super::finish::{Draft, Entry, Figures, Stated};
use super::money;
use super::{Line, Note, NoteKind, Part, Problem, ProblemKind, Words};

/// Whether a text is a QIF.
pub fn looks_like_one(text: &str) -> bool {
    text.lines().map(str::trim).find(|line| !line.is_empty()).is_some_and(|line| {
        let line = line.to_lowercase();
        ["!type:", "!account", "!option:", "!clear:"].iter().any(|head| line.starts_with(head))
    })
}

/// Everything that a QIF holds.
pub fn read(text: &str) -> Draft {
    let mut draft = Draft::default();
    let mut record: Vec<(char, &str)> = Vec::new();
    let (mut start, mut payments) = (0, false);
    for (number, line) in (1u32..).zip(text.lines()) {
        let line = line.trim_end();
        if let Some(head) = line.trim_start().strip_prefix('!') {
            record.clear();
            let head = head.to_lowercase();
            let kind = head.strip_prefix("type:").map(str::trim);
            // Lists of categories, securities and accounts are no payments.
            payments = kind.is_some_and(|kind| ["bank", "cash", "ccard", "oth a", "oth l", "invoice"].contains(&kind));
            continue;
        }
        if line.starts_with('^') {
            if payments && !record.is_empty() {
                keep(&mut draft, start, &record);
            }
            record.clear();
        } else if let Some(code) = line.chars().next() {
            if record.is_empty() {
                start = number;
            }
            if record.len() < 400 {
                record.push((code, line[code.len_utf8()..].trim()));
            }
        }
    }
    if payments && !record.is_empty() {
        // The last mark is often left out, but a line that does not end may be half of one.
        if text.ends_with('\n') {
            keep(&mut draft, start, &record);
        } else {
            let words = "The file ends in the middle. Download it from the bank again, and read the whole of it.";
            draft.problems.push(Problem::new(start, ProblemKind::Truncated, words));
        }
    }
    draft
}

fn keep(draft: &mut Draft, line: u32, record: &[(char, &str)]) {
    match payment(line, record) {
        Ok(entry) if entry.line.pence == 0 => draft.notes.push(Note { line, kind: NoteKind::ZeroAmount, pence: Some(0) }),
        // Quicken begins an account with its balance, as if somebody had paid it in.
        Ok(entry) if entry.line.text.reveal().eq_ignore_ascii_case("opening balance") => {
            draft.notes.push(Note { line, kind: NoteKind::OpeningBalance, pence: Some(entry.line.pence) });
            draft.opening = Some(Stated { line, pence: entry.line.pence });
        }
        Ok(entry) => draft.entries.push(entry),
        Err(problem) => draft.problems.push(problem),
    }
}

fn payment(line: u32, record: &[(char, &str)]) -> Result<Entry, Problem> {
    let field = |code: char| record.iter().find(|(known, _)| *known == code).map(|(_, value)| *value).filter(|value| !value.is_empty());
    let day = field('D').and_then(|day| dates::written(&day.replace(' ', ""), false));
    let day = day.ok_or_else(|| Problem::new(line, ProblemKind::UnreadableDate, "The day is missing, or is none."))?;
    let amount =
        field('T').or_else(|| field('U')).ok_or_else(|| Problem::new(line, ProblemKind::NoAmount, "No amount stands in the record."))?;
    let unreadable = |fault: money::NoAmount| {
        let foreign = fault == money::NoAmount::Foreign;
        let kind = if foreign { ProblemKind::ForeignCurrency } else { ProblemKind::UnreadableAmount };
        Problem::new(line, kind, if foreign { "The amount is not in pounds." } else { "The amount cannot be read as pounds and pence." })
    };
    let pence = money::amount(amount).map_err(unreadable)?.pence;
    let payee = field('P').map(entities::decoded).unwrap_or_default();
    // One bank repeats the amount behind the payee.
    let payee =
        payee.trim().strip_suffix(amount.trim_start_matches('-')).and_then(|rest| rest.trim_end().strip_suffix(',')).unwrap_or(&payee);
    let memo = field('M').map(entities::decoded).unwrap_or_default();
    let (text, memo) = if payee.trim().is_empty() { (memo.as_ref(), "") } else { (payee, memo.as_ref()) };
    let reference = [field('N').unwrap_or_default(), memo].join(" ");
    Ok(Entry {
        written: day,
        figures: Figures::One { pence, side: None },
        kind: String::new(),
        account: None,
        line: Line {
            line,
            pence,
            text: Words::new(text),
            reference: Words::new(&reference),
            parts: parts(line, record, pence),
            ..Line::default()
        },
    })
}

/// The splits of a record, where they sum to it.
fn parts(line: u32, record: &[(char, &str)], pence: i64) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (code, value) in record {
        match (code, parts.last_mut()) {
            ('S', _) => parts.push(Part { line, pence: 0, text: Words::new(value), reference: Words::default() }),
            ('E', Some(part)) => part.reference = Words::new(value),
            ('$', Some(part)) => part.pence = money::amount(value).map_or(0, |amount| amount.pence),
            _ => {}
        }
    }
    if parts.iter().map(|part| part.pence).sum::<i64>() == pence { parts } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_are_read_and_faults_named() {
        let draft = read(
            "!Type:Cat\nNScience\n^\n!Type:Bank\nD1/9'26\nT-1,200.00\nPA &amp; B\nNBX26-0031\nSBooks\n$-1,000.00\nSPens\n$-200.00\n^\nDx\nT1\n^\nD2/9/26\n^\nD3/9/26\nT1O\n^\nD30/9/26\nT5.00\nPLast\n",
        );
        let lines: Vec<(u32, i64, &str, usize)> = draft
            .entries
            .iter()
            .map(|entry| (entry.line.line, entry.line.pence, entry.line.text.reveal(), entry.line.parts.len()))
            .collect();
        assert_eq!(lines, [(5, -120_000, "A & B", 2), (22, 500, "Last", 0)]);
        let faults: Vec<(u32, ProblemKind)> = draft.problems.iter().map(|problem| (problem.line, problem.kind)).collect();
        assert_eq!(faults, [(14, ProblemKind::UnreadableDate), (17, ProblemKind::NoAmount), (19, ProblemKind::UnreadableAmount)]);
        assert_eq!(read("!Type:Bank\nD1/9/26\nT-12").problems[0].kind, ProblemKind::Truncated);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(!Type:Bank\n|D|T|P|S|\\$|\\^|1/9'26|1.00|&|\n|é){0,40}") {
            let _ = read(&text);
        }
    }
}
