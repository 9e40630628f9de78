//! What every reader ends with: days are settled, accounts told apart, balances checked.

use std::collections::BTreeMap;

use super::answers::Answers;
use super::balances::{self, Checked, Node};
use super::dates::{self, Written};
use super::money::Side;
use super::{Balances, DateOrder, Line, Note, NoteKind, Order, Problem, ProblemKind, Question, Statement, Words};
use crate::base::Day;

/// What a reader has found, before days and balances.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The payments, in the order of the file.
    pub entries: Vec<Entry>,
    /// Lines that are no payments.
    pub notes: Vec<Note>,
    /// Faults.
    pub problems: Vec<Problem>,
    /// What has to be asked.
    pub questions: Vec<Question>,
    /// How what was settled was settled.
    pub reasons: Vec<String>,
    /// The first and last day of a line that names the period.
    pub period: Option<[Written; 2]>,
    /// Balances that the file states before the first line and after the last.
    pub opening: Option<Stated>,
    /// The last.
    pub closing: Option<Stated>,
    /// Whether an amount of the column has a minus, be it in a line that is no payment.
    pub signed: bool,
    /// The balance on the day of the download: no line follows from it, and it follows from none.
    pub stands: Option<i64>,
    /// The account that stands above the lines.
    pub account: Option<String>,
}

/// A balance that a file states in a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// Its line.
    pub line: u32,
    /// The balance in pence.
    pub pence: i64,
}

/// A payment whose day and sign may be open.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The day as it is written.
    pub written: Written,
    /// What moved, as the columns say it.
    pub figures: Figures,
    /// How it was paid, in lower case.
    pub kind: String,
    /// Its account, where lines have one.
    pub account: Option<String>,
    /// Everything else; the day is put in when it is settled.
    pub line: Line,
}

/// What moved, in pence, as the columns say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// One amount, perhaps with DR or CR.
    One {
        /// With its sign.
        pence: i64,
        /// What stands beside it.
        side: Option<Side>,
    },
    /// Out and in.
    Two {
        /// The first column.
        out: i64,
        /// The second.
        money_in: i64,
    },
    /// Without VAT, and the VAT.
    NetAndVat {
        /// Without.
        net: i64,
        /// The VAT.
        vat: i64,
    },
}

impl Figures {
    /// Whether nothing moved.
    pub fn is_zero(self) -> bool {
        matches!(self, Self::One { pence: 0, .. } | Self::Two { out: 0, money_in: 0 })
            || matches!(self, Self::NetAndVat { net, vat } if net + vat == 0)
    }
}

impl Draft {
    /// Puts what was found into the statement.
    pub fn finish(mut self, statement: &mut Statement, answers: &Answers) {
        self.one_account(answers);
        self.days(statement, answers);
        statement.account = self.account.as_deref().map(Words::new).filter(|account| !account.is_empty());
        statement.notes.append(&mut self.notes);
        statement.problems.append(&mut self.problems);
        statement.questions.append(&mut self.questions);
        statement.reasons.append(&mut self.reasons);
        balance(statement, self.opening, self.closing);
        statement.closing = statement.closing.or(self.stands);
        statement.notes.sort_by_key(|note| note.line);
        statement.problems.sort_by_key(|problem| problem.line);
    }

    /// Keeps the lines of one account: the one that was named, else the one with the most lines, and asks.
    pub fn one_account(&mut self, answers: &Answers) {
        let mut accounts: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for account in self.entries.iter().filter_map(|entry| entry.account.as_ref()) {
            accounts.entry(digits(account)).or_insert_with(|| (0, account.clone())).0 += 1;
        }
        let most = accounts.iter().max_by_key(|(key, (lines, _))| (*lines, std::cmp::Reverse((*key).clone())));
        let Some(most) = most.map(|(key, _)| key.clone()) else { return };
        let named = answers.account.as_deref().map(digits).filter(|wanted| !wanted.is_empty());
        let named = named.and_then(|wanted| accounts.keys().find(|key| key.ends_with(&wanted)).cloned());
        if accounts.len() > 1 {
            // Which account a stated balance belongs to is not known here.
            (self.opening, self.closing, self.stands) = (None, None, None);
        }
        if accounts.len() > 1 && named.is_none() {
            self.questions.push(Question {
                key: "account",
                words: "The file has lines of several accounts. Which one is to be read?".to_owned(),
                choices: accounts.values().map(|(lines, account)| (account.clone(), format!("{lines} lines"))).collect(),
            });
        }
        let kept = named.unwrap_or(most);
        self.account = accounts.get(&kept).map(|(_, account)| account.clone()).or(self.account.take());
        let (mine, others) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|entry: &Entry| entry.account.as_ref().is_none_or(|account| digits(account) == kept));
        self.entries = mine;
        self.notes.extend(others.iter().map(|entry: &Entry| Note {
            line: entry.line.line,
            kind: NoteKind::OtherAccount,
            pence: Some(entry.line.pence),
        }));
    }

    /// Settles the days, and takes out what has none.
    fn days(&mut self, statement: &mut Statement, answers: &Answers) {
        let written: Vec<Written> = self.entries.iter().map(|entry| entry.written).collect();
        let settled = dates::settle(&written, self.period, answers);
        if settled.ask {
            self.questions.push(Question {
                key: "date_order",
                words: "The days of this file can be read in two ways. Which number is the day?".to_owned(),
                choices: vec![
                    ("dmy".to_owned(), example(&written, DateOrder::DayFirst)),
                    ("mdy".to_owned(), example(&written, DateOrder::MonthFirst)),
                ],
            });
        }
        if !settled.reason.is_empty() {
            self.reasons.push(settled.reason);
        }
        let mut days: Vec<Day> = written.iter().filter_map(|one| one.read(settled.order)).collect();
        days.sort_unstable();
        let middle = days.get(days.len() / 2).copied().unwrap_or_default();
        let other = if settled.order == DateOrder::DayFirst { DateOrder::MonthFirst } else { DateOrder::DayFirst };
        for entry in std::mem::take(&mut self.entries) {
            let line = entry.line.line;
            let fault = match entry.written.read(settled.order) {
                Some(day) if dates::implausible(day, middle, answers.today) => {
                    Problem::new(line, ProblemKind::ImplausibleDate, "The day is far from all others, or far ahead.")
                }
                Some(day) => {
                    statement.lines.push(Line { day, ..entry.line });
                    continue;
                }
                None if entry.written.read(other).is_some_and(|day| (2000..2100).contains(&chrono::Datelike::year(&day))) => Problem::new(
                    line,
                    ProblemKind::DateOrderMixed,
                    "The day and the month are the other way round than in the other lines.",
                ),
                None => Problem::new(line, ProblemKind::UnreadableDate, "There is no such day in the calendar."),
            };
            self.problems.push(fault);
        }
    }
}

/// The first line that is read differently, as it would be read.
fn example(written: &[Written], order: DateOrder) -> String {
    let open = written.iter().find(|one| one.read(DateOrder::DayFirst) != one.read(DateOrder::MonthFirst));
    let Some(Written::Numbers { first, second, year }) = open.copied() else { return String::new() };
    let as_read = open.and_then(|one| one.read(order)).map_or_else(|| "no day".to_owned(), crate::base::days::long);
    format!("{first:02}/{second:02}/{year} is {as_read}")
}

/// The digits of an account's number.
fn digits(account: &str) -> String {
    account.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase()
}

/// Which way the days run, and whether the balances fit.
fn balance(statement: &mut Statement, opening: Option<Stated>, closing: Option<Stated>) {
    let days = || statement.lines.iter().map(|line| line.day);
    let one_day = days().all(|day| Some(day) == days().next());
    statement.order = match () {
        () if statement.lines.is_empty() => None,
        () if days().is_sorted() => Some(Order::OldestFirst),
        () if days().rev().is_sorted() => Some(Order::NewestFirst),
        () => Some(Order::Mixed),
    };
    let nodes = nodes(statement, opening, closing);
    let oldest_first = || balances::check(nodes.iter());
    let newest_first = || balances::check(nodes.iter().rev());
    let better = |a: Checked, b: Checked| if b.gaps.len() < a.gaps.len() { b } else { a };
    let mut checked = match statement.order {
        Some(Order::NewestFirst) => newest_first(),
        Some(Order::OldestFirst) if !one_day => oldest_first(),
        _ => better(oldest_first(), newest_first()),
    };
    if one_day && checked.links > 0 && checked.gaps.is_empty() && !oldest_first().gaps.is_empty() {
        statement.order = Some(Order::NewestFirst);
    }
    if !checked.gaps.is_empty() && statement.order == Some(Order::NewestFirst) {
        // The days run backwards, the lines of one day do not.
        let mut turned = nodes.clone();
        turned.reverse();
        let day = |node: &Node| statement.lines.iter().find(|line| line.line == node.line).map(|line| line.day);
        let mut by_day: Vec<Node> = Vec::new();
        for group in turned.chunk_by(|a, b| day(a).is_some() && day(a) == day(b)) {
            by_day.extend(group.iter().rev());
        }
        checked = better(checked, balances::check(by_day.iter()));
    }
    let unread = statement.problems.iter().any(|problem| !matches!(problem.kind, ProblemKind::NotAStatement));
    if checked.links == 0 && unread && opening.is_none() && closing.is_none() {
        checked = Checked::default();
    }
    // A column in which nothing follows from anything is no running balance: a balance of the day, or of another account.
    if checked.links >= 3 && checked.gaps.len() * 2 > checked.links {
        statement.reasons.push("The balances of the file do not follow its amounts, so they are not used.".to_owned());
        statement.opening = opening.map(|stated| stated.pence);
        statement.closing = closing.map(|stated| stated.pence);
        return;
    }
    statement.opening = opening.map(|stated| stated.pence).or(checked.opening);
    statement.closing = closing.map(|stated| stated.pence).or(checked.closing);
    statement.balances = match checked.links {
        0 => Balances::None,
        _ if checked.gaps.is_empty() => Balances::Ok,
        _ => Balances::Broken,
    };
    for gap in checked.gaps {
        let (first, second) = (gap.older.min(gap.newer), gap.older.max(gap.newer));
        statement.problems.push(Problem {
            between: Some([first, second]),
            missing_pence: Some(gap.missing),
            ..Problem::new(
                first,
                ProblemKind::BalanceGap,
                format!(
                    "Between lines {first} and {second} {} is missing: the balances do not follow from each other.",
                    super::money::pounds(gap.missing)
                ),
            )
        });
    }
}

/// The lines of the file as the balances see them, in its order.
fn nodes(statement: &Statement, opening: Option<Stated>, closing: Option<Stated>) -> Vec<Node> {
    let lines = statement.lines.iter().map(|line| Node { line: line.line, pence: Some(line.pence), balance: line.balance });
    let stated = opening.into_iter().chain(closing).map(|stated| Node { line: stated.line, pence: Some(0), balance: Some(stated.pence) });
    let moving = |kind: ProblemKind| !matches!(kind, ProblemKind::BalanceGap | ProblemKind::NotAStatement | ProblemKind::PartsDoNotSum);
    let unread = statement.problems.iter().filter(|problem| moving(problem.kind)).map(|problem| Node {
        line: problem.line,
        pence: None,
        balance: None,
    });
    let mut nodes: Vec<Node> = lines.chain(stated).chain(unread).collect();
    nodes.sort_by_key(|node| node.line);
    nodes
}
