//! The passes over a whole batch, from what is surest on; what one has used the next does not see.

use std::cmp::Ordering;

use super::names::{Named, Parties};
use super::numbers::{Index, Signs};
use super::{Allocation, Direction, Item, Kind, Line, Proposal, Rules, Strength, by_name, by_number};

/// What each line probably pays. The lines come back in the order of their days; one of which nothing can be said is left out.
#[must_use]
pub fn propose(lines: &[Line], items: &[Item], rules: &Rules) -> Vec<Proposal> {
    let mut batch = Batch::new(lines, items, rules);
    by_number::run(&mut batch);
    by_name::run(&mut batch);
    batch.proposals()
}

/// Lines and items in an order that no numbering changes, and what is left of each.
pub struct Batch<'a> {
    /// The lines, the oldest first.
    pub lines: Vec<&'a Line>,
    /// The items, the oldest first.
    pub items: Vec<&'a Item>,
    /// What the search goes by.
    pub rules: &'a Rules,
    /// What is left of each item, in pence.
    pub left: Vec<i64>,
    /// The party of each item.
    pub party: Vec<usize>,
    /// The parties that each line names, the best first.
    pub named: Vec<Vec<Named>>,
    /// The letters and digits of each line.
    pub signs: Vec<Vec<Signs>>,
    /// All numbers.
    pub index: Index,
    /// Whether something was already proposed for an item.
    pub touched: Vec<bool>,
    said: Vec<Option<Said>>,
    twins: Vec<bool>,
}

/// A proposal by places.
struct Said {
    strength: Strength,
    allocations: Vec<(usize, i64)>,
    reason: String,
    alternatives: Vec<Vec<(usize, i64)>>,
}

impl<'a> Batch<'a> {
    fn new(lines: &'a [Line], items: &'a [Item], rules: &'a Rules) -> Self {
        let mut lines: Vec<&Line> = lines.iter().collect();
        lines.sort_by(|a, b| line_key(a).cmp(&line_key(b)).then_with(|| a.id.cmp(&b.id)));
        let same = |a: usize, b: usize| lines.get(a).zip(lines.get(b)).is_some_and(|(a, b)| line_key(a) == line_key(b));
        // Two lines that differ in nothing cannot be told apart: which of them pays is not for us to say.
        let twins = (0..lines.len()).map(|at| same(at, at + 1) || (at > 0 && same(at, at - 1))).collect();
        let mut items: Vec<&Item> = items.iter().collect();
        items.sort_by(|a, b| item_order(a, b));
        let (mut parties, mut index) = (Parties::default(), Index::default());
        let party = items.iter().map(|item| parties.add(&item.party, &item.also_known_as)).collect();
        for rule in &rules.confirmed {
            parties.confirm(&rule.words, &rule.party);
        }
        for (at, item) in items.iter().enumerate() {
            item.our_numbers.iter().for_each(|number| index.ours(number, at));
            item.their_numbers.iter().for_each(|number| index.theirs(number, at));
        }
        let texts = |line: &Line| [line.text.clone(), line.reference.clone()];
        Self {
            named: lines.iter().map(|line| parties.named(&texts(line).each_ref().map(String::as_str))).collect(),
            signs: lines.iter().map(|line| Signs::of(&texts(line).each_ref().map(String::as_str))).collect(),
            left: items.iter().map(|item| item.open).collect(),
            touched: vec![false; items.len()],
            said: lines.iter().map(|_| None).collect(),
            lines,
            items,
            rules,
            party,
            index,
            twins,
        }
    }

    /// Lines of which nothing has been said yet.
    pub fn open_lines(&self) -> Vec<usize> {
        (0..self.lines.len()).filter(|line| self.said[*line].is_none() && self.lines[*line].pence != 0).collect()
    }

    /// Whether the line settles such an item: out pays what we owe, in what is owed to us; a credit note is neither.
    pub fn settles(&self, line: usize, item: usize) -> bool {
        let way = if self.lines[line].pence < 0 { Direction::Out } else { Direction::In };
        self.items[item].kind != Kind::CreditNote && self.items[item].direction == way
    }

    /// Whether the line pays a credit note back.
    pub fn pays_back(&self, line: usize, item: usize) -> bool {
        self.items[item].kind == Kind::CreditNote && self.items[item].direction == Direction::Out && self.lines[line].pence > 0
    }

    /// Whether the line lies in the window of the item.
    pub fn in_window(&self, line: usize, item: usize) -> bool {
        self.items[item].issued.is_none_or(|issued| {
            let days = (self.lines[line].day - issued).num_days();
            (-self.rules.days_before..=self.rules.days_after).contains(&days)
        })
    }

    /// The size of a line in pence.
    pub fn size(&self, line: usize) -> i64 {
        self.lines[line].pence.saturating_abs()
    }

    /// What a line gives the item when it settles all that is left of it: negative for a credit note.
    pub fn all_of(&self, item: usize) -> (usize, i64) {
        let left = self.left[item];
        (item, if self.items[item].kind == Kind::CreditNote { -left } else { left })
    }

    /// The number by which people know an item.
    pub fn number(&self, item: usize) -> &'a str {
        let item = self.items[item];
        // A credit note has the number of the order that it belongs to, too.
        let ours = item.our_numbers.first().filter(|_| item.kind != Kind::CreditNote || item.their_numbers.is_empty());
        ours.or(item.their_numbers.first()).map_or(item.party.as_str(), String::as_str)
    }

    /// Proposes allocations for a line, and uses them up.
    pub fn give(
        &mut self,
        line: usize,
        strength: Strength,
        allocations: Vec<(usize, i64)>,
        reason: String,
        alternatives: Vec<Vec<(usize, i64)>>,
    ) {
        if self.twins[line] {
            let reason = format!("{reason}; another line of this day is the same in everything");
            return self.say(line, reason, [vec![allocations], alternatives].concat());
        }
        for (item, pence) in &allocations {
            let takes = if self.items[*item].kind == Kind::CreditNote { -pence } else { *pence };
            self.left[*item] -= takes;
            self.touched[*item] = true;
        }
        self.said[line] = Some(Said { strength, allocations, reason, alternatives });
    }

    /// Says something of a line without proposing anything.
    pub fn say(&mut self, line: usize, reason: String, alternatives: Vec<Vec<(usize, i64)>>) {
        self.said[line] = Some(Said { strength: Strength::Look, allocations: Vec::new(), reason, alternatives });
    }

    fn proposals(self) -> Vec<Proposal> {
        let (items, lines) = (self.items, self.lines);
        let allocations = |some: &[(usize, i64)]| -> Vec<Allocation> {
            some.iter().map(|(item, pence)| Allocation { item: items[*item].id.clone(), pence: *pence }).collect()
        };
        let said = self.said.into_iter().zip(lines).filter_map(|(said, line)| Some((said?, line)));
        let proposal = |(said, line): (Said, &Line)| {
            // What is paid back or taken back uses the line up as well.
            let used: i64 = said.allocations.iter().map(|(_, pence)| *pence).sum();
            Proposal {
                line: line.id.clone(),
                strength: said.strength,
                allocations: allocations(&said.allocations),
                reason: said.reason,
                alternatives: said.alternatives.iter().map(|some| allocations(some)).collect(),
                left: line.pence.saturating_abs() - used.abs(),
            }
        };
        said.map(proposal).collect()
    }
}

fn line_key(line: &Line) -> (crate::base::Day, i64, &str, &str, Option<i64>) {
    (line.day, line.pence, &line.text, &line.reference, line.balance)
}

/// By day, then by number; the id is looked at only between two that are the same in everything else.
fn item_order(a: &Item, b: &Item) -> Ordering {
    let key = |item: &Item| {
        (item.issued, item.our_numbers.clone(), item.their_numbers.clone(), item.party.clone(), item.amount, item.open, item.kind)
    };
    key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
}
