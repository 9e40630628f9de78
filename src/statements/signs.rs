//! Money in or money out: by the sign, by DR and CR, by the column, by the balance; where none of them says it, it is asked.

use std::collections::BTreeMap;

use super::answers::{Answers, LedgerSign};
use super::balances::{self, Node};
use super::columns::{Columns, Known, Money};
use super::finish::{Draft, Entry, Figures};
use super::money::Side;
use super::{Problem, ProblemKind, Question};

/// Gives every entry its pence.
pub fn settle(draft: &mut Draft, columns: &Columns, answers: &Answers) {
    match columns.money {
        Money::None => {}
        Money::NetAndVat { .. } => one_column_of_a_ledger(draft, answers),
        Money::One { .. } if columns.ledger => one_column_of_a_ledger(draft, answers),
        Money::One { .. } => one_column(draft, answers),
        Money::Two { known, .. } => two_columns(draft, columns.ledger, known, answers),
    }
}

/// The pence of every entry by a rule.
fn each(draft: &mut Draft, pence: impl Fn(&Entry) -> i64) {
    for entry in &mut draft.entries {
        entry.line.pence = pence(entry);
    }
}

fn one_column_of_a_ledger(draft: &mut Draft, answers: &Answers) {
    let choices = [LedgerSign::PositiveIsSpending, LedgerSign::PositiveIsMoneyIn];
    let sign = answers.ledger_sign.filter(|sign| choices.contains(sign));
    if sign.is_none() {
        ask(draft, "This is a ledger and no bank's statement. What does an amount without a minus mean?", choices);
    }
    let by = if sign == Some(LedgerSign::PositiveIsMoneyIn) { 1 } else { -1 };
    for entry in &mut draft.entries {
        match entry.figures {
            Figures::NetAndVat { net, vat } => {
                entry.line.pence = by * (net + vat);
                entry.line.net_and_vat = Some((by * net, by * vat));
            }
            Figures::One { pence, side: Some(side) } => {
                entry.line.pence = by * if side == Side::Debit { pence.abs() } else { -pence.abs() }
            }
            Figures::One { pence, .. } => entry.line.pence = by * pence,
            Figures::Two { out, money_in } => entry.line.pence = by * (out - money_in),
        }
    }
}

fn two_columns(draft: &mut Draft, ledger: bool, known: Known, answers: &Answers) {
    let (out, money_in) = (|entry: &Entry| columns_of(entry).0, |entry: &Entry| columns_of(entry).1);
    let as_bank = |entry: &Entry| money_in(entry) - out(entry);
    let as_ledger = |entry: &Entry| out(entry) - money_in(entry);
    if known != Known::Explicit {
        let (bank, turned) = (fits(draft, as_bank), fits(draft, as_ledger));
        let contradicted = turned.0 >= 2 && turned.1 == 0 && bank.1 > 0;
        if known == Known::Unknown && turned.0 >= 1 && (bank.1 == 0) != (turned.1 == 0) {
            draft.reasons.push("The balance tells which column is money out.".to_owned());
            let sign: fn(&Entry) -> i64 = if bank.1 == 0 {
                |entry| columns_of(entry).1 - columns_of(entry).0
            } else {
                |entry| columns_of(entry).0 - columns_of(entry).1
            };
            return each(draft, sign);
        }
        if ledger || contradicted || known == Known::Unknown {
            let choices = [LedgerSign::DebitIsMoneyIn, LedgerSign::DebitIsMoneyOut];
            let sign = answers.ledger_sign.filter(|sign| choices.contains(sign));
            if sign.is_none() {
                ask(
                    draft,
                    "Debit and credit mean one thing on a bank's statement and the opposite in a ledger. Which is it here?",
                    choices,
                );
            }
            let debit_is_in = sign.map_or(known != Known::Unknown, |sign| sign == LedgerSign::DebitIsMoneyIn);
            return if debit_is_in { each(draft, as_ledger) } else { each(draft, as_bank) };
        }
    }
    // Some banks print what went out with a minus, all of it; one minus among others is beyond what can be known.
    let habit = draft.entries.iter().map(out).filter(|out| *out != 0).all(|out| out < 0);
    for entry in &mut draft.entries {
        let (out, money_in) = columns_of(entry);
        entry.line.pence = if out == 0 { money_in } else { -out.abs() };
        entry.line.sign_unclear = (out < 0 && !habit) || money_in < 0;
    }
}

fn columns_of(entry: &Entry) -> (i64, i64) {
    if let Figures::Two { out, money_in } = entry.figures { (out, money_in) } else { (0, 0) }
}

fn amount_of(entry: &Entry) -> (i64, Option<Side>) {
    if let Figures::One { pence, side } = entry.figures { (pence, side) } else { (0, None) }
}

fn one_column(draft: &mut Draft, answers: &Answers) {
    let all = |fits: &dyn Fn(i64, Option<Side>) -> bool| draft.entries.iter().map(amount_of).all(|(pence, side)| fits(pence, side));
    let minus = !all(&|pence, _| pence >= 0);
    let marked = |side: Side| !all(&|_, of| of != Some(side));
    if draft.entries.is_empty() {
        return;
    }
    if marked(Side::Credit) || marked(Side::Debit) {
        // Where only some are marked, the others are the opposite.
        let others = if marked(Side::Credit) && !marked(Side::Debit) && !minus { Side::Debit } else { Side::Credit };
        return each(draft, |entry| match amount_of(entry) {
            (pence, side) if side.unwrap_or(others) == Side::Debit => -pence.abs(),
            (pence, _) => pence,
        });
    }
    each(draft, |entry| amount_of(entry).0);
    if minus {
        let turned = |entry: &Entry| -amount_of(entry).0;
        let (straight, reversed) = (fits(draft, |entry| amount_of(entry).0), fits(draft, turned));
        if reversed.0 >= 2 && reversed.1 == 0 && straight.1 > 0 {
            draft.reasons.push("The balance falls where an amount has no minus: a minus is money in here.".to_owned());
            each(draft, turned);
        }
        return;
    }
    if draft.signed {
        return;
    }
    if draft.entries.iter().filter(|entry| entry.line.balance.is_some()).count() + usize::from(draft.opening.is_some()) >= 2 {
        return by_balance(draft);
    }
    let choices = [LedgerSign::PositiveIsSpending, LedgerSign::PositiveIsMoneyIn];
    match answers.ledger_sign.filter(|sign| choices.contains(sign)) {
        None => ask(draft, "No amount of this file has a sign. Is it what was spent or what came in?", choices),
        Some(LedgerSign::PositiveIsSpending) => each(draft, |entry| -amount_of(entry).0),
        Some(_) => {}
    }
}

/// Amounts without any sign, and balances that rise or fall by them.
fn by_balance(draft: &mut Draft) {
    let nodes = nodes(draft, |entry| amount_of(entry).0);
    let steps = |nodes: &[Node]| {
        let mut signs: BTreeMap<u32, i64> = BTreeMap::new();
        for pair in nodes.windows(2) {
            let step = pair[1].balance.zip(pair[0].balance).map(|(newer, older)| newer.saturating_sub(older));
            if let (Some(step), Some(pence)) = (step, pair[1].pence)
                && pence != 0
                && balances::same_size(step, pence)
            {
                signs.insert(pair[1].line, step);
            }
        }
        signs
    };
    let (down, up) = (steps(&nodes), steps(&nodes.iter().rev().copied().collect::<Vec<_>>()));
    let mut signs = if up.len() > down.len() { up } else { down };
    // What was paid in the same way went the same way, where that never differs.
    let mut kinds: BTreeMap<&str, Option<bool>> = BTreeMap::new();
    for entry in draft.entries.iter().filter(|entry| !entry.kind.is_empty()) {
        if let Some(pence) = signs.get(&entry.line.line) {
            let known = kinds.entry(&entry.kind).or_insert(Some(*pence > 0));
            *known = known.filter(|rises| *rises == (*pence > 0));
        }
    }
    let by_kind: Vec<(u32, i64)> = draft
        .entries
        .iter()
        .filter(|entry| !signs.contains_key(&entry.line.line))
        .filter_map(|entry| {
            let rises = kinds.get(entry.kind.as_str()).copied().flatten()?;
            Some((entry.line.line, if rises { amount_of(entry).0 } else { -amount_of(entry).0 }))
        })
        .collect();
    signs.extend(by_kind);
    draft.reasons.push("The balance tells what came in and what went out.".to_owned());
    for mut entry in std::mem::take(&mut draft.entries) {
        if let Some(pence) = signs.get(&entry.line.line) {
            entry.line.pence = *pence;
            draft.entries.push(entry);
        } else {
            let words = "The amount has no sign, and no balance before it tells whether it came in or went out.";
            draft.problems.push(Problem::new(entry.line.line, ProblemKind::SignUnclear, words));
        }
    }
}

/// How many balances follow from the one before, and how many do not, for these amounts; the better of both directions.
fn fits(draft: &Draft, pence: impl Fn(&Entry) -> i64) -> (usize, usize) {
    let nodes = nodes(draft, pence);
    let (down, up) = (balances::check(nodes.iter()), balances::check(nodes.iter().rev()));
    let best = if up.gaps.len() < down.gaps.len() { up } else { down };
    (best.links, best.gaps.len())
}

fn nodes(draft: &Draft, pence: impl Fn(&Entry) -> i64) -> Vec<Node> {
    let entries = draft.entries.iter().map(|entry| Node { line: entry.line.line, pence: Some(pence(entry)), balance: entry.line.balance });
    let stated =
        draft.opening.iter().chain(&draft.closing).map(|stated| Node { line: stated.line, pence: Some(0), balance: Some(stated.pence) });
    let unread = draft.problems.iter().map(|problem| Node { line: problem.line, pence: None, balance: None });
    let mut nodes: Vec<Node> = entries.chain(stated).chain(unread).collect();
    nodes.sort_by_key(|node| node.line);
    nodes
}

fn ask(draft: &mut Draft, words: &str, choices: [LedgerSign; 2]) {
    let all = LedgerSign::ALL.into_iter().filter(|(sign, ..)| choices.contains(sign));
    draft.questions.push(Question {
        key: "ledger_sign",
        words: words.to_owned(),
        choices: all.map(|(_, word, meaning)| (word.to_owned(), meaning.to_owned())).collect(),
    });
}
