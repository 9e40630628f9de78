//! What makes two lines of two files the same payment: so that a file read twice, or one that overlaps it, brings nothing twice, and two equal
//! real payments both come in. The balance is no part of it: a line that is booked late changes the balances of others.

use std::collections::HashMap;

use super::{Line, Statement};
use crate::base::secret::digest;

/// The version of this rule. It is stored with a line, so that a better rule later finds again what an older one brought in.
pub const VERSION: u16 = 1;

/// Which payment a line is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The hash of the bank's id, or of account, day, pence and text.
    pub digest: String,
    /// Which one it is of those that are equal in all of that, from 1.
    pub ordinal: u32,
}

/// The identities of a statement's lines, in their order.
#[must_use]
pub fn of(statement: &Statement) -> Vec<Identity> {
    let account: String =
        statement.account.as_ref().map_or("", |account| account.reveal()).chars().filter(char::is_ascii_alphanumeric).collect();
    let mut ids: HashMap<&str, usize> = HashMap::new();
    for id in statement.lines.iter().filter_map(id) {
        *ids.entry(id).or_default() += 1;
    }
    let mut equal: HashMap<String, u32> = HashMap::new();
    let identity = |line: &Line| {
        // An id that stands twice, or is empty, is none.
        let digest = match id(line).filter(|id| ids.get(id) == Some(&1)) {
            Some(id) => digest(&format!("id\n{account}\n{id}")),
            None => digest(&format!("line\n{account}\n{}\n{}\n{}", line.day, line.pence, folded(line))),
        };
        let ordinal = equal.entry(digest.clone()).or_default();
        *ordinal += 1;
        Identity { digest, ordinal: *ordinal }
    };
    statement.lines.iter().map(identity).collect()
}

fn id(line: &Line) -> Option<&str> {
    line.bank_id.as_deref().map(str::trim).filter(|id| !id.is_empty())
}

/// All words of a line, whatever their case, their blanks and the column in which they stand.
fn folded(line: &Line) -> String {
    let all = format!("{} {} {}", line.text.reveal(), line.reference.reveal(), line.order.reveal()).to_lowercase();
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}
