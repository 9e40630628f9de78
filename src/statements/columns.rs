//! Where the headings are, and which column is what: by its heading, and where that says nothing by its cells.

use super::balances::{self, Node};
use super::contents::{self, Look};
use super::headings::{self, Role};
use super::money;
use crate::sheets::{Grid, GridRow};

/// So many rows may stand above the headings.
const PREAMBLE: usize = 60;

/// Which column is what.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// The place of the heading among the rows; `None` when there is none.
    pub heading: Option<usize>,
    /// How many columns the table has.
    pub width: usize,
    /// The day.
    pub day: Option<usize>,
    /// The amounts.
    pub money: Money,
    /// The balance.
    pub balance: Option<usize>,
    /// Whom and what for.
    pub texts: Vec<usize>,
    /// References.
    pub references: Vec<usize>,
    /// How it was paid.
    pub types: Vec<usize>,
    /// Our order.
    pub order: Option<usize>,
    /// The account.
    pub account: Option<usize>,
    /// The sort code.
    pub sort_code: Option<usize>,
    /// The currency.
    pub currency: Option<usize>,
    /// The bank's id.
    pub id: Option<usize>,
    /// Whether it is booked.
    pub status: Option<usize>,
    /// Whether a heading says that all amounts are in another currency.
    pub foreign: bool,
    /// Whether it is a ledger and no bank's statement.
    pub ledger: bool,
}

/// Where the amounts are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Money {
    /// Nowhere.
    #[default]
    None,
    /// In one column, perhaps with a sign beside it.
    One {
        /// The amounts.
        amount: usize,
        /// The signs.
        sign: Option<usize>,
    },
    /// What went out and what came in.
    Two {
        /// What went out.
        out: Option<usize>,
        /// What came in.
        money_in: Option<usize>,
        /// How sure it is which is which.
        known: Known,
    },
    /// Without VAT and the VAT.
    NetAndVat {
        /// Without VAT.
        net: usize,
        /// The VAT.
        vat: usize,
    },
}

/// How sure it is which of two columns is money out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The headings say "paid out" and "paid in".
    Explicit,
    /// They say "debit" and "credit": money out and money in on a bank's statement, the other way round in a ledger.
    DebitAndCredit,
    /// There are no headings.
    Unknown,
}

impl Money {
    /// Every column that holds an amount.
    pub fn columns(&self) -> Vec<usize> {
        match self {
            Self::None => vec![],
            Self::One { amount, .. } => vec![*amount],
            Self::Two { out, money_in, .. } => out.iter().chain(money_in).copied().collect(),
            Self::NetAndVat { net, vat } => vec![*net, *vat],
        }
    }
}

/// What the columns of a grid are.
pub fn find(grid: &Grid) -> Columns {
    let serials = grid.name.is_some();
    let heading = heading(&grid.rows);
    let data = &grid.rows[heading.map_or(0, |at| at + 1)..];
    let looks = contents::looks(data, serials);
    let mut columns = Columns { heading, ..Columns::default() };
    let mut taken = vec![false; looks.len()];
    match heading {
        Some(at) => named(&mut columns, &grid.rows[at], &looks, data, &mut taken),
        None => columns.width = usual_width(data),
    }
    guessed(&mut columns, data, &looks, &mut taken);
    let titles = grid.rows[..heading.unwrap_or(0)].iter().flat_map(GridRow::written);
    columns.ledger |= titles.into_iter().any(|title| title.len() < 80 && headings::is_ledger(title));
    columns
}

/// The row with the most headings.
fn heading(rows: &[GridRow]) -> Option<usize> {
    let score = |row: &GridRow| {
        let roles: Vec<Role> = row.written().filter_map(headings::role).collect();
        let data = row.written().any(|cell| {
            super::dates::written(cell, false).is_some() || cell.contains(|c: char| c.is_ascii_digit()) && money::amount(cell).is_ok()
        });
        let table = roles.iter().any(|role| matches!(role, Role::Day(_))) || roles.iter().any(|role| role.is_money());
        if data || !table || roles.len() < 2 { 0 } else { roles.len() }
    };
    let scores = rows.iter().take(PREAMBLE).map(score).enumerate();
    // Of two that are as good the first.
    scores.filter(|(_, score)| *score > 0).max_by_key(|(at, score)| (*score, std::cmp::Reverse(*at))).map(|(at, _)| at)
}

/// The columns that their headings name. A heading that its cells belie is none.
fn named(columns: &mut Columns, heading: &GridRow, looks: &[Look], data: &[GridRow], taken: &mut [bool]) {
    let roles: Vec<Option<Role>> = heading.cells.iter().map(|cell| headings::role(cell)).collect();
    columns.width = heading.cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
    let blank = Look::default();
    let look = |column: usize| looks.get(column).unwrap_or(&blank);
    let best = |rank: &dyn Fn(Role) -> Option<u8>, fits: &dyn Fn(&Look) -> bool| {
        let found = roles.iter().enumerate().filter_map(|(column, role)| Some((rank((*role)?)?, column)));
        found.filter(|(_, column)| fits(look(*column))).min().map(|(_, column)| column)
    };
    let one = |wanted: Role| best(&|role| (role == wanted).then_some(0), &|_| true);
    let money = |look: &Look| look.numbers > 0 && look.numbers * 2 >= look.written;
    let any_money = |look: &Look| look.written == 0 || money(look);
    columns.day = best(&|role| if let Role::Day(rank) = role { Some(rank) } else { None }, &|look| look.days > 0);
    columns.balance = best(&|role| if let Role::Balance(rank) = role { Some(rank) } else { None }, &money);
    let amount = best(&|role| if let Role::Amount(rank) = role { Some(rank) } else { None }, &money);
    let side = |out: bool, explicit: bool| {
        let wanted = if out { Role::Out { explicit } } else { Role::In { explicit } };
        best(&|role| (role == wanted).then_some(0), &any_money)
    };
    let pair = |explicit: bool| {
        let (out, money_in) = (side(true, explicit), side(false, explicit));
        let filled = [out, money_in].into_iter().flatten().any(|column| look(column).numbers > 0);
        (filled && (out.is_some() || money_in.is_some())).then_some((out, money_in))
    };
    let (net, vat, gross) =
        (best(&|role| (role == Role::Net).then_some(0), &money), one(Role::Vat), best(&|role| (role == Role::Gross).then_some(0), &money));
    let mut sign = one(Role::Sign);
    // A column "Type" that says nothing but DR and CR is a sign; among DD and BP, "CR" is a type of payment.
    let types = roles.iter().enumerate().filter(|(_, role)| **role == Some(Role::Type)).map(|(column, _)| column);
    sign = sign.or_else(|| types.clone().find(|column| look(*column).is_sign()));
    let minus = |column: usize| data.iter().any(|row| money::amount(row.text(column)).is_ok_and(|amount| amount.pence < 0));
    let both = |pair: (Option<usize>, Option<usize>)| pair.0.is_some() && pair.1.is_some();
    let (explicit, plain) = (pair(true), pair(false));
    columns.money = match (explicit.filter(|pair| both(*pair)), plain.filter(|pair| both(*pair)), amount) {
        // Both ways are there: the column with signs says it all.
        (_, _, Some(amount)) if minus(amount) => Money::One { amount, sign: None },
        (Some((out, money_in)), ..) => Money::Two { out, money_in, known: Known::Explicit },
        (None, Some((out, money_in)), _) => Money::Two { out, money_in, known: Known::DebitAndCredit },
        (None, None, Some(amount)) => Money::One { amount, sign: sign.filter(|column| look(*column).signs > 0) },
        (None, None, None) => match (gross, net.zip(vat), net, explicit, plain) {
            (Some(amount), ..) | (None, None, Some(amount), ..) => Money::One { amount, sign },
            (None, Some((net, vat)), ..) => Money::NetAndVat { net, vat },
            (None, None, None, Some((out, money_in)), _) => Money::Two { out, money_in, known: Known::Explicit },
            (None, None, None, None, Some((out, money_in))) => Money::Two { out, money_in, known: Known::DebitAndCredit },
            (None, None, None, None, None) => Money::None,
        },
    };
    columns.ledger = vat.is_some() && (net.is_some() || gross.is_some()) || heading.written().any(headings::is_ledger);
    columns.foreign = columns.money.columns().iter().any(|column| headings::foreign(&heading.cells[*column]));
    for (column, role) in roles.iter().enumerate() {
        match role {
            Some(Role::Text) => columns.texts.push(column),
            Some(Role::Reference) => columns.references.push(column),
            Some(Role::Type) if sign != Some(column) => columns.types.push(column),
            _ => {}
        }
        if let Some(taken) = taken.get_mut(column) {
            *taken = role.is_some();
        }
    }
    // Nominal codes stand under "Account", too.
    columns.account = best(&|role| (role == Role::Account).then_some(0), &|look| look.written > 0).filter(|column| {
        data.iter()
            .map(|row| row.text(*column))
            .filter(|cell| !cell.is_empty())
            .all(|cell| cell.chars().filter(char::is_ascii_digit).count() >= 4)
    });
    columns.sort_code = one(Role::SortCode);
    columns.order = one(Role::Order);
    columns.currency = one(Role::Currency);
    columns.id = one(Role::Id);
    columns.status = one(Role::Status);
}

/// What the headings have not said, by the cells.
fn guessed(columns: &mut Columns, data: &[GridRow], looks: &[Look], taken: &mut [bool]) {
    let free = |taken: &[bool], fits: &dyn Fn(&Look) -> bool| -> Vec<usize> {
        (0..looks.len()).filter(|column| !taken[*column] && fits(&looks[*column])).collect()
    };
    if columns.day.is_none() {
        columns.day = free(taken, &Look::is_day).first().copied();
        if let Some(column) = columns.day {
            taken[column] = true;
        }
    }
    let headed = columns.heading.is_some();
    if columns.money == Money::None {
        let money = free(taken, &|look| look.is_money() && !look.is_day());
        let (kind, balance) = by_arithmetic(data, &money, columns.balance);
        columns.money = kind;
        columns.balance = balance;
        for column in columns.money.columns().into_iter().chain(columns.balance) {
            taken[column] = true;
        }
        if let Money::One { sign, .. } = &mut columns.money {
            *sign = free(taken, &Look::is_sign).first().copied();
            if let Some(column) = *sign {
                taken[column] = true;
            }
        }
    }
    if headed && !columns.texts.is_empty() {
        return;
    }
    let digits =
        |look: &Look| look.only.as_deref().is_some_and(|only| only.bytes().filter(u8::is_ascii_digit).count() >= 6) && look.lettered == 0;
    if !headed {
        let mut numbers = free(taken, &digits).into_iter();
        let of = |column: usize| looks[column].only.as_deref().map_or(0, |only| only.bytes().filter(u8::is_ascii_digit).count());
        let first = numbers.next();
        match first.map(of) {
            Some(6) => (columns.sort_code, columns.account) = (first, numbers.next()),
            Some(_) => columns.account = first,
            None => {}
        }
        for column in columns.sort_code.into_iter().chain(columns.account) {
            taken[column] = true;
        }
    }
    let mut texts = free(taken, &|look| look.lettered * 2 >= look.written && look.written > 0);
    // Short codes beside longer texts are how it was paid.
    if texts.iter().any(|column| looks[*column].longest > 4) {
        let (short, long): (Vec<usize>, Vec<usize>) = texts.into_iter().partition(|column| looks[*column].longest <= 4);
        columns.types.extend(short);
        texts = long;
    }
    let mut texts = texts.into_iter();
    columns.texts.extend(texts.next());
    columns.references.extend(texts);
}

/// Which of the columns with money is the balance, and which the amounts: what was and what moved is what is.
fn by_arithmetic(data: &[GridRow], money: &[usize], balance: Option<usize>) -> (Money, Option<usize>) {
    let two = |out: usize, money_in: usize| Money::Two { out: Some(out), money_in: Some(money_in), known: Known::Unknown };
    let one = |amount: usize| Money::One { amount, sign: None };
    match (money, balance) {
        ([], _) => (Money::None, balance),
        ([amount], _) => (one(*amount), balance),
        ([a, b], None) if !contents::exclude_each_other(data, *a, *b) => {
            if follows(data, *b, *a) > follows(data, *a, *b) {
                (one(*b), Some(*a))
            } else {
                (one(*a), Some(*b))
            }
        }
        ([a, b, ..], Some(_)) => (if contents::exclude_each_other(data, *a, *b) { two(*a, *b) } else { one(*a) }, balance),
        ([a, b], None) => (two(*a, *b), None),
        ([a, b, c, ..], None) => {
            let pair = [(*a, *b, *c), (*a, *c, *b), (*b, *c, *a)].into_iter().find(|(x, y, _)| contents::exclude_each_other(data, *x, *y));
            pair.map_or((one(*a), Some(*b)), |(x, y, balance)| (two(x, y), Some(balance)))
        }
    }
}

/// How many balances follow from the one before, whatever the sign of the amounts and whichever end is newer.
fn follows(data: &[GridRow], amount: usize, balance: usize) -> usize {
    let read = |row: &GridRow, column| money::amount(row.text(column)).ok().map(|amount| amount.pence);
    let nodes: Vec<Node> = data.iter().map(|row| Node { line: row.line, pence: read(row, amount), balance: read(row, balance) }).collect();
    let fits = |older: &Node, newer: &Node| {
        let step = newer.balance.zip(older.balance).and_then(|(newer, older)| newer.checked_sub(older));
        step.is_some_and(|step| newer.pence.is_some_and(|pence| balances::same_size(pence, step)))
    };
    let up = nodes.windows(2).filter(|pair| fits(&pair[0], &pair[1])).count();
    let down = nodes.windows(2).filter(|pair| fits(&pair[1], &pair[0])).count();
    up.max(down)
}

/// How many cells most rows have.
fn usual_width(data: &[GridRow]) -> usize {
    let mut widths: Vec<usize> = data.iter().map(|row| row.cells.len()).collect();
    widths.sort_unstable();
    widths.get(widths.len() / 2).copied().unwrap_or(0)
}
