//! Numbers in the texts of a bank: with other separators or none, without leading noughts, glued to words, several behind one another, or with a
//! slip of the pen. Never a part of a longer number.

use std::collections::HashMap;

/// The longest number that is looked for, in letters and digits.
const LONGEST: usize = 24;

/// A text without its separators, which knows where words begin and end.
pub struct Signs {
    letters: Vec<char>,
    /// Whether a number may begin here.
    begins: Vec<bool>,
    /// Whether a number may end before here.
    ends: Vec<bool>,
    /// Where each word begins and ends.
    words: Vec<(usize, usize)>,
}

impl Signs {
    /// The letters and digits of some texts; no number runs from one into the next.
    pub fn of(texts: &[&str]) -> Vec<Self> {
        texts.iter().filter(|text| !text.is_empty()).map(|text| Self::one(text)).collect()
    }

    fn one(text: &str) -> Self {
        let (mut signs, mut words) = (Vec::new(), Vec::new());
        let mut word: Option<usize> = None;
        for letter in text.chars() {
            if letter.is_ascii_alphanumeric() {
                word.get_or_insert(signs.len());
                signs.push(letter.to_ascii_uppercase());
            } else if let Some(start) = word.take() {
                words.push((start, signs.len()));
            }
        }
        words.extend(word.map(|start| (start, signs.len())));
        let (mut begins, mut ends) = (vec![false; signs.len() + 1], vec![false; signs.len() + 1]);
        for (start, end) in &words {
            (begins[*start], ends[*end]) = (true, true);
            let mut noughts = true;
            for at in *start..*end {
                // Leading noughts are lost at banks.
                noughts &= signs[at] == '0';
                begins[at + 1] |= noughts && at + 1 < *end;
                if at + 1 < *end && signs[at].is_ascii_digit() != signs[at + 1].is_ascii_digit() {
                    begins[at + 1] = true;
                    ends[at + 1] = true;
                }
            }
        }
        Self { letters: signs, begins, ends, words }
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.letters[from..to].iter().collect()
    }
}

/// A number without separators, in capitals.
pub fn folded(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// Items by their numbers.
#[derive(Default)]
pub struct Index {
    ours: HashMap<String, Vec<usize>>,
    theirs: HashMap<String, Vec<usize>>,
}

impl Index {
    /// Takes up one of our numbers.
    pub fn ours(&mut self, number: &str, item: usize) {
        let number = folded(number);
        // Without letters it would be found in any number of the bank's.
        if number.len() >= 5 && number.contains(|letter: char| letter.is_ascii_alphabetic()) {
            self.ours.entry(number).or_default().push(item);
        }
    }

    /// Takes up a number of the other side.
    pub fn theirs(&mut self, number: &str, item: usize) {
        let number = folded(number);
        let number = number.trim_start_matches('0');
        if number.len() >= 2 {
            self.theirs.entry(number.to_owned()).or_default().push(item);
        }
    }

    /// The items of which one of our numbers stands in these texts, in the order in which they stand there.
    pub fn our_items(&self, texts: &[Signs]) -> Vec<usize> {
        let mut found = Vec::new();
        for signs in texts {
            for (from, to) in spans(signs) {
                if let Some(items) = self.ours.get(&signs.text(from, to)) {
                    found.extend(items);
                    self.continued(signs, from, to, &mut found);
                }
            }
        }
        unique(found)
    }

    /// The items of which a number of the other side stands in these texts, with the number.
    pub fn their_items(&self, texts: &[Signs]) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for signs in texts {
            for (from, to) in spans(signs) {
                let number = signs.text(from, to);
                for item in self.theirs.get(&number).into_iter().flatten() {
                    if !found.iter().any(|(known, _)| known == item) {
                        found.push((*item, number.clone()));
                    }
                }
            }
        }
        found
    }

    /// "BX26-0151 0152 0153": the words behind a number that are its last digits for others.
    fn continued(&self, signs: &Signs, from: usize, to: usize, found: &mut Vec<usize>) {
        let number = &signs.letters[from..to];
        let digits = number.iter().rev().take_while(|sign| sign.is_ascii_digit()).count();
        // The year is no part of the last digits.
        let tail = signs.words.iter().find(|(_, end)| *end == to).map_or(digits, |(start, end)| (end - start).min(digits));
        let tail = if tail > 4 { 4 } else { tail };
        let head: String = number[..number.len() - tail].iter().collect();
        for (start, end) in signs.words.iter().filter(|(start, _)| *start >= to) {
            let word = &signs.letters[*start..*end];
            if word.len() != tail || !word.iter().all(char::is_ascii_digit) {
                if word == ['A', 'N', 'D'] {
                    continue;
                }
                break;
            }
            match self.ours.get(&format!("{head}{}", word.iter().collect::<String>())) {
                Some(items) => found.extend(items),
                None => break,
            }
        }
    }
}

/// Every stretch that may be a number, the longest first where several begin together.
fn spans(signs: &Signs) -> impl Iterator<Item = (usize, usize)> {
    let starts = (0..signs.letters.len()).filter(|at| signs.begins[*at]);
    starts.flat_map(|from| {
        let longest = (from + LONGEST).min(signs.letters.len());
        (from + 2..=longest).rev().filter(|to| signs.ends[*to]).map(move |to| (from, to))
    })
}

/// Whether one of the numbers stands in the texts with a slip: two figures turned, one missing or too many, or a letter for the figure that
/// looks like it.
pub fn nearly(texts: &[Signs], numbers: &[String]) -> bool {
    numbers.iter().map(|number| look_alikes(&folded(number))).filter(|number| number.len() >= 6).any(|number| {
        texts.iter().any(|signs| {
            let close = |(from, to): &(usize, usize)| (to - from).abs_diff(number.len()) <= 1;
            spans(signs).filter(close).any(|(from, to)| strsim::osa_distance(&look_alikes(&signs.text(from, to)), &number) <= 1)
        })
    })
}

fn look_alikes(number: &str) -> String {
    let figure = |letter: char| match letter {
        'O' | 'Q' => '0',
        'I' | 'L' => '1',
        'Z' => '2',
        'S' => '5',
        other => other,
    };
    number.chars().map(figure).collect()
}

fn unique(mut found: Vec<usize>) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    found.retain(|item| seen.insert(*item));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for (item, (ours, theirs)) in
            [("BX26-0101", "0004471902"), ("BX26-0102", "INV/2026/0881"), ("BX26-0211", "1042"), ("BXC26-0103K", "771203")]
                .iter()
                .enumerate()
        {
            index.ours(ours, item);
            index.theirs(theirs, item);
        }
        index
    }

    #[test]
    fn our_number_is_found_however_it_is_written() {
        let found = |text: &str| index().our_items(&Signs::of(&[text]));
        for text in [
            "BX26-0101",
            "bx26 0101",
            "BX260101",
            "REF BX26/0101",
            "/BX26-0101/",
            "INV.BX26-0101.",
            "0000000000312345BX26-0101  ",
            "PAYBX26-0101 X",
        ] {
            assert_eq!(found(text), if text.starts_with("PAY") { vec![] } else { vec![0] }, "{text}");
        }
        assert_eq!(found("BX26-0101 0102 AND 0211"), [0, 1, 2]);
        assert_eq!(found("BX26-0101, BX26-0211"), [0, 2]);
        assert_eq!(found("BXC26-0103K"), [3]);
        for text in ["CARD 5412 260211 889", "BX26-01011", "BX26-010", "XBX26-0101", "BX26-0999"] {
            assert_eq!(found(text), Vec::<usize>::new(), "{text}");
        }
    }

    #[test]
    fn their_number_is_found_and_never_in_a_longer_one() {
        let found = |text: &str| index().their_items(&Signs::of(&[text])).into_iter().map(|(item, _)| item).collect::<Vec<_>>();
        assert_eq!(
            (found("4471902"), found("0004471902"), found("INV 2026 0881"), found("INV771203")),
            (vec![0], vec![0], vec![1], vec![3])
        );
        assert_eq!((found("MANDATE NO 7712030"), found("17712030"), found("10421")), (vec![], vec![], vec![]));
    }

    #[test]
    fn slips_are_near_and_other_numbers_are_not() {
        let near = |text: &str| nearly(&Signs::of(&[text]), &["BX26-0191".to_owned()]);
        assert!(near("BX26-0119") && near("BX26-O191") && near("BX26-191") && near("BX26-01911") && near("BX26-0191"));
        assert!(!near("BX26-0219") && !near("CARD 260191") && !near("BX25-0199"));
    }
}
