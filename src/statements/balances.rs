//! The arithmetic of balances: what was and what moved is what is, or something is missing between two lines.

/// A line as the balances see it.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// The line of the file.
    pub line: u32,
    /// What moved, in pence; `None` when it could not be read.
    pub pence: Option<i64>,
    /// The balance after it, in pence, where the file has one.
    pub balance: Option<i64>,
}

/// Two lines between which something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The line with the last balance that fits.
    pub older: u32,
    /// The line whose balance does not follow from it.
    pub newer: u32,
    /// What is missing, in pence; money in is positive.
    pub missing: i64,
}

/// What the balances of a file say.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// How many balances could be held against the one before.
    pub links: usize,
    /// Where they do not fit.
    pub gaps: Vec<Gap>,
    /// The balance before the first line.
    pub opening: Option<i64>,
    /// The balance after the last.
    pub closing: Option<i64>,
}

/// Checks balances, the oldest line first.
pub fn check<'a>(oldest_first: impl Iterator<Item = &'a Node>) -> Checked {
    let mut checked = Checked::default();
    // The last balance and its line, and what has moved since; at first what has moved since the beginning.
    let mut last: Option<(u32, i64)> = None;
    let mut moved = Some(0i64);
    let mut seen = false;
    for node in oldest_first {
        moved = moved.zip(node.pence).and_then(|(moved, pence)| moved.checked_add(pence));
        let Some(balance) = node.balance else { continue };
        if let Some(moved) = moved {
            match last {
                None if !seen => checked.opening = balance.checked_sub(moved),
                None => {}
                Some((line, before)) => {
                    checked.links += 1;
                    let missing = balance.saturating_sub(before.saturating_add(moved));
                    if missing != 0 {
                        checked.gaps.push(Gap { older: line, newer: node.line, missing });
                    }
                }
            }
        }
        seen = true;
        last = Some((node.line, balance));
        moved = Some(0);
    }
    checked.closing = last.zip(moved).and_then(|((_, balance), moved)| balance.checked_add(moved));
    checked
}

/// Whether two amounts differ in their sign at most.
pub fn same_size(a: i64, b: i64) -> bool {
    a.unsigned_abs() == b.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(all: &[(Option<i64>, Option<i64>)]) -> Vec<Node> {
        all.iter().zip(1..).map(|((pence, balance), line)| Node { line, pence: *pence, balance: *balance }).collect()
    }

    #[test]
    fn balances_follow_or_a_gap_is_named() {
        let whole = check(nodes(&[(Some(10), Some(110)), (Some(-5), None), (Some(-5), Some(100)), (Some(7), None)]).iter());
        assert_eq!((whole.links, whole.gaps.len(), whole.opening, whole.closing), (1, 0, Some(100), Some(107)));
        let broken = check(nodes(&[(Some(10), Some(110)), (Some(-5), Some(85))]).iter());
        assert_eq!(broken.gaps, [Gap { older: 1, newer: 2, missing: -20 }]);
        // What could not be read is no gap: it is a problem of its own.
        let unread = check(nodes(&[(Some(10), Some(110)), (None, None), (Some(-5), Some(85)), (Some(1), Some(86))]).iter());
        assert_eq!((unread.links, unread.gaps.len(), unread.closing), (1, 0, Some(86)));
        let first = check(nodes(&[(None, None), (Some(-5), Some(85)), (None, None)]).iter());
        assert_eq!((first.opening, first.closing, first.links), (None, None, 0));
    }
}
