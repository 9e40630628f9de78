//! Which amounts are a sum together: found when there is one answer, said when there are two, and never looked for beyond a bound.

/// The most amounts among which a sum is looked for.
pub const MOST: usize = 24;
/// The most amounts in a sum.
pub const LONGEST: usize = 8;
/// So many steps are made at most; past them no answer is given.
const STEPS: usize = 50_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No sum, or too many steps to tell.
    None,
    /// These alone, by their places.
    One(Vec<usize>),
    /// Two answers, and perhaps more.
    Several(Vec<usize>, Vec<usize>),
}

/// Which of the amounts (credit notes are negative) are `wanted` together, at least `fewest` of them.
pub fn find(amounts: &[i64], wanted: i64, fewest: usize) -> Found {
    let amounts = &amounts[..amounts.len().min(MOST)];
    let mut search = Search {
        amounts,
        rises: rest(amounts, |amount| amount.max(0)),
        falls: rest(amounts, |amount| amount.min(0)),
        fewest,
        taken: Vec::new(),
        found: Vec::new(),
        steps: 0,
    };
    search.from(0, wanted);
    if search.steps >= STEPS {
        return Found::None;
    }
    let mut found = search.found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Found::None,
        (Some(one), None) => Found::One(one),
        (Some(one), Some(two)) => Found::Several(one, two),
    }
}

/// What the amounts from each place on can add at most.
fn rest(amounts: &[i64], part: impl Fn(i64) -> i64) -> Vec<i64> {
    let mut sums = vec![0; amounts.len() + 1];
    for at in (0..amounts.len()).rev() {
        sums[at] = sums[at + 1] + part(amounts[at]);
    }
    sums
}

struct Search<'a> {
    amounts: &'a [i64],
    rises: Vec<i64>,
    falls: Vec<i64>,
    fewest: usize,
    taken: Vec<usize>,
    found: Vec<Vec<usize>>,
    steps: usize,
}

impl Search<'_> {
    fn from(&mut self, at: usize, wanted: i64) {
        self.steps += 1;
        if wanted == 0 && self.taken.len() >= self.fewest {
            self.found.push(self.taken.clone());
        }
        if self.found.len() >= 2 || self.steps >= STEPS || self.taken.len() >= LONGEST || at >= self.amounts.len() {
            return;
        }
        if wanted > self.rises[at] || wanted < self.falls[at] {
            return;
        }
        for next in at..self.amounts.len() {
            self.taken.push(next);
            self.from(next + 1, wanted - self.amounts[next]);
            self.taken.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_answer_is_one_and_two_are_two() {
        assert_eq!(find(&[3333, 2222, 1111], 6666, 2), Found::One(vec![0, 1, 2]));
        assert_eq!(find(&[9900, -900, 5000], 9000, 2), Found::One(vec![0, 1]));
        assert_eq!(find(&[5, 5, 10], 10, 2), Found::One(vec![0, 1]));
        assert_eq!(find(&[5, 5, 5], 10, 2), Found::Several(vec![0, 1], vec![0, 2]));
        assert_eq!(find(&[1, 2, 4], 8, 1), Found::None);
        assert_eq!(find(&[21_000, 12_500, 6_500, 21_000, 3_750], 64_750, 2), Found::One(vec![0, 1, 2, 3, 4]));
    }

    #[test]
    fn the_search_is_bounded() {
        let began = std::time::Instant::now();
        let amounts: Vec<i64> = (0..40).map(|n| 1000 + n * 2).collect();
        let _ = find(&amounts, 7_777, 2);
        assert!(began.elapsed().as_secs() < 2);
    }

    proptest! {
        #[test]
        fn what_is_found_is_a_sum(amounts in proptest::collection::vec(-50i64..200, 0..12), wanted in 0i64..600) {
            let sum = |places: &[usize]| places.iter().map(|place| amounts[*place]).sum::<i64>();
            match find(&amounts, wanted, 2) {
                Found::One(places) => prop_assert_eq!(sum(&places), wanted),
                Found::Several(one, two) => {
                    prop_assert_eq!((sum(&one), sum(&two)), (wanted, wanted));
                    prop_assert_ne!(one, two);
                }
                Found::None => {}
            }
        }
    }
}
