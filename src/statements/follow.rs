//! A file after another of the same account: what is new, what is here already, what is gone, and whether anything lies between them.

use std::collections::HashMap;

use super::Statement;
use super::identity::{self, Identity};
use crate::base::{Day, Period};

/// What a later file brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Its lines that are new.
    pub new: Vec<u32>,
    /// Its lines that are here already, each with the line of the earlier file.
    pub here: Vec<(u32, u32)>,
    /// Lines of the earlier file, of days that both have, that the later one no longer has.
    pub gone: Vec<u32>,
    /// How the two lie to each other.
    pub joint: Joint,
}

/// How two files lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// The later begins with the balance with which the earlier ends.
    Fits,
    /// Between them so many pence are missing; money in is positive.
    Gap(i64),
    /// They have these days in common.
    Overlap(Period),
    /// There are no balances to tell.
    Unknown,
}

/// Lays a later file beside an earlier one.
#[must_use]
pub fn lay(earlier: &Statement, later: &Statement) -> Followed {
    let known: HashMap<Identity, u32> = identity::of(earlier).into_iter().zip(earlier.lines.iter().map(|line| line.line)).collect();
    let identities = identity::of(later);
    let (mut new, mut here) = (Vec::new(), Vec::new());
    for (identity, line) in identities.iter().zip(&later.lines) {
        match known.get(identity) {
            Some(before) => here.push((line.line, *before)),
            None => new.push(line.line),
        }
    }
    let common = days(earlier).zip(days(later)).and_then(|(earlier, later)| earlier.intersect(later));
    // A late line of the last day is in the later file alone, an early one of the first day perhaps in the earlier alone: exports end at a day.
    let missing = earlier.lines.iter().filter(|line| common.is_some_and(|common| common.contains(line.day)));
    let gone = missing.map(|line| line.line).filter(|line| !here.iter().any(|(_, before)| before == line)).collect();
    let joint = match (common, earlier.closing.zip(later.opening)) {
        (Some(common), _) => Joint::Overlap(common),
        (None, Some((closing, opening))) if closing == opening => Joint::Fits,
        (None, Some((closing, opening))) => Joint::Gap(opening.saturating_sub(closing)),
        (None, None) => Joint::Unknown,
    };
    Followed { new, here, gone, joint }
}

/// From the first day of a file to its last.
fn days(statement: &Statement) -> Option<Period> {
    let days = || statement.lines.iter().map(|line| line.day);
    let (first, last): (Day, Day) = days().min().zip(days().max())?;
    Period::new(first, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::workbook;
    use crate::statements::{Answers, read};

    fn csv(rows: &str) -> Statement {
        read(format!("Date,Description,Amount,Balance\n{rows}").as_bytes(), &Answers::default(), &workbook::read)
    }

    #[test]
    fn a_file_after_another_brings_what_is_new() {
        let first = csv("28/09/2026,A,-1.00,99.00\n29/09/2026,B,-1.00,98.00\n30/09/2026,C,-1.00,97.00\n");
        let again = lay(&first, &first);
        assert_eq!((again.new.len(), again.here.len(), again.gone.len()), (0, 3, 0));
        let turned = csv("30/09/2026,c ,-1.00,\n29/09/2026,B,-1.00,\n28/09/2026,A,-1.00,\n");
        assert_eq!(lay(&first, &turned).new, Vec::<u32>::new());
        let next = csv("13/10/2026,D,-1.00,96.00\n14/10/2026,D,-1.00,95.00\n");
        assert_eq!((lay(&first, &next).joint, lay(&first, &next).new), (Joint::Fits, vec![2, 3]));
        let later = csv("13/10/2026,D,-1.00,90.00\n14/10/2026,D,-1.00,89.00\n");
        assert_eq!(lay(&first, &later).joint, Joint::Gap(-600));
        let without = csv("29/09/2026,B,-1.00,98.00\n30/09/2026,X,-1.00,97.00\n");
        let laid = lay(&first, &without);
        assert_eq!((laid.new, laid.here, laid.gone), (vec![3], vec![(2, 3)], vec![4]));
        assert_eq!(laid.joint.clone(), Joint::Overlap(Period::new(first.lines[1].day, first.lines[2].day).unwrap()));
    }

    #[test]
    fn an_id_counts_only_where_it_is_one() {
        let with = |ids: [&str; 3]| {
            let rows: String = ids.iter().map(|id| format!("{id},28/09/2026,A,-1.00\n")).collect::<Vec<_>>().concat();
            read(format!("Transaction ID,Date,Description,Amount\n{rows}").as_bytes(), &Answers::default(), &workbook::read)
        };
        let three = with(["a", "b", "c"]);
        assert_eq!(lay(&three, &with(["c", "d", "a"])).new, [3]);
        // Ids that repeat or are empty: three equal lines are three payments.
        assert_eq!(identity::of(&with(["a", "a", ""])).iter().map(|identity| identity.ordinal).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(lay(&with(["a", "a", ""]), &with(["", "a", "a"])).new, Vec::<u32>::new());
    }
}
