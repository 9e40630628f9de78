//! What a copy lacks now: what its last count says is there, against what belongs in it. Pure.
//!
//! What must always hold: unknown is never nought. A line that was not counted is as it was known before, and one of which somebody said
//! "plenty" or "low" is not missing.

use crate::base::ids::{ContentsLineId, CopyId};

/// A line of the contents of which there is less than belongs in the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// The line.
    pub line: ContentsLineId,
    /// "Torch".
    pub item: String,
    /// How many are there now.
    pub now: u32,
    /// How many belong there.
    pub quantity: u32,
    /// Whether the box is no use without it.
    pub essential: bool,
}

impl Short {
    /// "7 of 30 now".
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} of {} now", self.now, self.quantity)
    }
}

/// How many of a line are there by a count of it: `counted` or, said without counting, `loose` ("plenty", "low", "none"); else what was
/// `expected`, which is what was known before. `quantity` belongs there.
#[must_use]
pub fn known(quantity: u32, expected: u32, counted: Option<u32>, loose: Option<&str>) -> u32 {
    match (counted, loose) {
        (Some(number), _) => number,
        (None, Some("none")) => 0,
        (None, Some(_)) => quantity,
        (None, None) => expected,
    }
}

/// What of all that is missing is this copy's, the essential first.
#[must_use]
pub fn of(all: &[(CopyId, Short)], copy: CopyId) -> Vec<Short> {
    let mut own: Vec<Short> = all.iter().filter(|(of, _)| *of == copy).map(|(_, short)| short.clone()).collect();
    own.sort_by_key(|short| !short.essential);
    own
}

/// The order in which copies are offered: a whole one, one that lacks something, one that lacks what it is no use without.
#[must_use]
pub fn rank(missing: &[Short]) -> u8 {
    match missing {
        [] => 0,
        some if some.iter().any(|short| short.essential) => 2,
        _ => 1,
    }
}

/// So many lines are named before the rest is counted.
const NAMED: usize = 3;

/// "Mirror, 7 of 30 now; Torch, 4 of 6 now", and how many more; empty when nothing is missing.
#[must_use]
pub fn words(missing: &[Short]) -> String {
    let mut parts: Vec<String> = missing.iter().take(NAMED).map(|short| format!("{}, {}", short.item, short.words())).collect();
    if missing.len() > NAMED {
        parts.push(format!("and {} more", missing.len() - NAMED));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(item: &str, now: u32, quantity: u32, essential: bool) -> Short {
        Short { line: ContentsLineId(1), item: item.into(), now, quantity, essential }
    }

    #[test]
    fn unknown_is_never_nought() {
        assert_eq!(known(30, 30, Some(7), None), 7);
        assert_eq!(known(30, 28, None, None), 28, "not counted: as it was known");
        assert_eq!(known(30, 28, None, Some("low")), 30, "low is some");
        assert_eq!(known(30, 28, None, Some("none")), 0);
    }

    #[test]
    fn what_is_essential_is_named_first_and_a_whole_copy_is_offered_first() {
        let all =
            [(CopyId(1), short("Mirror", 7, 30, false)), (CopyId(2), short("Ramp", 1, 2, false)), (CopyId(1), short("Torch", 4, 6, true))];
        assert_eq!(words(&of(&all, CopyId(1))), "Torch, 4 of 6 now; Mirror, 7 of 30 now");
        assert_eq!([CopyId(3), CopyId(2), CopyId(1)].map(|copy| rank(&of(&all, copy))), [0, 1, 2]);
        let many: Vec<Short> = (0..5).map(|n| short(&format!("Thing {n}"), 0, 1, false)).collect();
        assert_eq!(words(&many), "Thing 0, 0 of 1 now; Thing 1, 0 of 1 now; Thing 2, 0 of 1 now; and 2 more");
        assert_eq!(words(&[]), "");
    }
}
