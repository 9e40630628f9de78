//! What one side of a handover counts: a form's lines become a [`Count`], or say at the field what is missing. Pure.
//!
//! Zero and "not counted" are different (product rule 4). What is expected of a line is what was last known of this copy; so a
//! torch that has been missing since October is not reported again, and not forgotten either.

mod reading;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::base::Day;
use crate::base::ids::{ContentsLineId, CountId, PhotoId, SchoolId};

pub use reading::{Fault, SOME, Typed, as_typed, field, read, untouched, words};

/// No line of a box has more.
pub const MOST: u32 = 100_000;
/// Letters of a note.
pub const LONGEST_NOTE: usize = 200;

/// How it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, Display)]
#[strum(serialize_all = "snake_case")]
pub enum How {
    /// In one tap: everything is as it was known to be.
    AllThere,
    /// Line by line.
    Lines,
    /// Not at all.
    None,
}

/// Whose count it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, Display)]
#[strum(serialize_all = "snake_case")]
pub enum Side {
    /// Who hands it over.
    Giver,
    /// Who receives it.
    Receiver,
    /// Who has it, between two handovers.
    Holder,
}

/// How much there is of what is used up, without counting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, Display, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Loose {
    /// Enough for the next school.
    Plenty,
    /// Not enough for a whole class.
    Low,
    /// Nothing left.
    None,
}

impl Loose {
    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Plenty => "Plenty",
            Self::Low => "Low",
            Self::None => "None left",
        }
    }
}

/// Why a line is not as it was known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, Display, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Why {
    /// Not in the box.
    Missing,
    /// In the box, of no use.
    Broken,
    /// Used up in lessons.
    UsedUp,
    /// Nobody has looked.
    NotCounted,
}

impl Why {
    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Broken => "Broken",
            Self::UsedUp => "Used up",
            Self::NotCounted => "Not counted",
        }
    }
}

/// How the box itself looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, Display, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Condition {
    /// In order.
    Good,
    /// Used, still fit.
    Worn,
    /// Needs mending.
    Damaged,
}

impl Condition {
    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Worn => "Worn",
            Self::Damaged => "Damaged",
        }
    }
}

/// A line of the contents with what was last known of it in this copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The line.
    pub line: ContentsLineId,
    /// Its place in the list.
    pub position: i32,
    /// "Torch".
    pub item: String,
    /// How many belong into the box.
    pub quantity: u32,
    /// How many of them were known to be there.
    pub known: u32,
    /// What was last said of a consumable that nobody counted.
    pub loose: Option<Loose>,
    /// Since when it is known to be short.
    pub short_since: Option<Day>,
    /// Whether it is used up.
    pub consumable: bool,
    /// Whether the box is of no use without it.
    pub essential: bool,
}

impl Expected {
    /// "Torch: 4 of 6".
    #[must_use]
    pub fn words(&self) -> String {
        many(self.known, self.quantity)
    }

    /// How many are known to be missing.
    #[must_use]
    pub fn short_by(&self) -> u32 {
        self.quantity.saturating_sub(self.known)
    }

    /// The line when everything is as it was known to be.
    fn as_known(&self) -> CountLine {
        let loose = self.consumable.then(|| self.loose.unwrap_or(Loose::Plenty));
        CountLine {
            counted: if self.consumable { None } else { Some(self.known) },
            loose,
            why: None,
            note: String::new(),
            of: self.clone(),
        }
    }
}

/// A line as it was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountLine {
    /// The line, and what was known of it.
    pub of: Expected,
    /// How many there are; 0 is none, `None` says nothing.
    pub counted: Option<u32>,
    /// How much there is of a consumable that was not counted.
    pub loose: Option<Loose>,
    /// Why it is not as it was known to be.
    pub why: Option<Why>,
    /// In words.
    pub note: String,
}

impl CountLine {
    /// How many there are, as far as anybody knows after this count.
    #[must_use]
    pub fn known(&self) -> u32 {
        match (self.counted, self.loose) {
            (Some(number), _) => number,
            (None, Some(Loose::None)) => 0,
            (None, Some(Loose::Plenty | Loose::Low)) => self.of.quantity,
            (None, None) => self.of.known,
        }
    }

    /// Whether somebody has looked.
    #[must_use]
    pub fn looked_at(&self) -> bool {
        self.counted.is_some() || self.loose.is_some()
    }

    /// Whether there are fewer than were known to be there.
    #[must_use]
    pub fn is_new_shortage(&self) -> bool {
        self.looked_at() && self.known() < self.of.known
    }

    /// Whether more were counted than belong in the box: something of another one may lie in it.
    #[must_use]
    pub fn is_surplus(&self) -> bool {
        self.counted.is_some_and(|number| number > self.of.quantity)
    }

    /// "4 of 6, missing", "8, where 6 belong", "Plenty", "Not counted".
    #[must_use]
    pub fn words(&self) -> String {
        let many = match (self.counted, self.loose) {
            (Some(number), _) => many(number, self.of.quantity),
            (None, Some(loose)) => loose.words().to_owned(),
            (None, None) => return Why::NotCounted.words().to_owned(),
        };
        match self.why {
            Some(why) if why != Why::NotCounted => format!("{many}, {}", why.words().to_lowercase()),
            _ => many,
        }
    }

    /// What is short of it, for a sentence: "Torch: 2 of 6 missing". `None` when nothing is.
    #[must_use]
    pub fn short(&self) -> Option<String> {
        let (known, quantity, item) = (self.known(), self.of.quantity, &self.of.item);
        let short = quantity.checked_sub(known).filter(|short| *short > 0)?;
        if self.of.consumable && known == 0 {
            return Some(format!("{item}: none left"));
        }
        let how = match self.why {
            Some(Why::Broken) => "broken",
            Some(Why::UsedUp) => "used up",
            _ => "missing",
        };
        Some(format!("{item}: {short} of {quantity} {how}"))
    }
}

/// "6", "4 of 6", and of more than belong in it "8, where 6 belong".
fn many(there: u32, quantity: u32) -> String {
    match there.cmp(&quantity) {
        Ordering::Less => format!("{there} of {quantity}"),
        Ordering::Equal => there.to_string(),
        Ordering::Greater => format!("{there}, where {quantity} belong"),
    }
}

/// What one side has counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// How.
    pub how: How,
    /// Each line of the contents; none when nothing was counted.
    pub lines: Vec<CountLine>,
}

impl Count {
    /// Essential lines that are short, in words; empty when none is. `None` when nothing was counted, and nothing is known anew.
    #[must_use]
    pub fn short_essentials(&self) -> Option<String> {
        if self.how == How::None {
            return None;
        }
        let short = self.lines.iter().filter(|line| line.of.essential).filter_map(CountLine::short);
        Some(short.collect::<Vec<_>>().join("; "))
    }

    /// Lines with fewer than were known to be there, in words.
    #[must_use]
    pub fn new_shortages(&self) -> Vec<String> {
        self.lines.iter().filter(|line| line.is_new_shortage()).filter_map(CountLine::short).collect()
    }

    /// Essential lines with fewer than were known to be there, in words: what the next school cannot do without.
    #[must_use]
    pub fn new_essential_shortages(&self) -> Vec<String> {
        self.lines.iter().filter(|line| line.of.essential && line.is_new_shortage()).filter_map(CountLine::short).collect()
    }

    /// Whether only some lines were looked at.
    fn is_part(&self) -> bool {
        self.how == How::Lines && self.lines.iter().any(|line| !line.looked_at() && line.why.is_none())
    }

    /// "Everything was there", "3 of 12 lines short", "Not counted".
    #[must_use]
    pub fn summary(&self) -> String {
        let short = self.lines.iter().filter(|line| line.short().is_some()).count();
        let more: Vec<&str> = self.lines.iter().filter(|line| line.is_surplus()).map(|line| line.of.item.as_str()).collect();
        match (self.how, short) {
            _ if self.is_part() => {
                let said =
                    self.lines.iter().filter(|line| line.looked_at()).map(|line| format!("{}: {}", line.of.item, lower(&line.words())));
                format!("Said of some lines alone. {}", said.collect::<Vec<_>>().join(". "))
            }
            (How::None, _) => "Nothing was counted".to_owned(),
            (_, 0) if !more.is_empty() => format!("More was there than belongs in it: {}", more.join(", ")),
            (_, 0) if self.lines.iter().all(CountLine::looked_at) => "Everything was there".to_owned(),
            (_, 0) => "Nothing short in what was counted".to_owned(),
            (_, 1) => "1 line was short".to_owned(),
            (_, many) => format!("{many} lines were short"),
        }
    }
}

/// What the school that has a copy counted between two handovers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderCount {
    /// Its id.
    pub id: CountId,
    /// The school.
    pub school: SchoolId,
    /// Who counted, by name.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What was counted.
    pub count: Count,
    /// How the box itself looked.
    pub condition: Option<Condition>,
    /// In words.
    pub note: String,
    /// A picture.
    pub photo: Option<PhotoId>,
}

impl HolderCount {
    /// "1 line was short. Torch: 4 of 6, missing. Worn. The key is in the lid".
    #[must_use]
    pub fn words(&self) -> String {
        let apart = |line: &&CountLine| line.short().is_some() || line.is_surplus() || line.why.is_some() || line.loose == Some(Loose::Low);
        // Of a part the summary says each line.
        let lines = self
            .count
            .lines
            .iter()
            .filter(|_| !self.count.is_part())
            .filter(apart)
            .map(|line| format!("{}: {}", line.of.item, lower(&line.words())));
        let said = [self.condition.map(|condition| condition.words().to_owned()), Some(self.note.clone())].into_iter().flatten();
        let all = std::iter::once(self.count.summary()).chain(lines).chain(said.filter(|words| !words.is_empty()));
        all.collect::<Vec<_>>().join(". ")
    }
}

/// A line on which the two sides of a handover do not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line.
    pub line: ContentsLineId,
    /// Its item.
    pub item: String,
    /// What the giver counted, in words.
    pub given: String,
    /// What the receiver counted, in words.
    pub received: String,
}

impl Difference {
    /// "Torch: 6 given up, 4 of 6, missing received".
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}: handed over as {}, received as {}", self.item, lower(&self.given), lower(&self.received))
    }
}

fn lower(words: &str) -> String {
    words.to_lowercase()
}

/// Where both sides have looked at a line and do not agree. Who has not counted it says nothing against the other.
#[must_use]
pub fn differences(given: &Count, received: &Count) -> Vec<Difference> {
    let of_giver: BTreeMap<ContentsLineId, &CountLine> = given.lines.iter().map(|line| (line.of.line, line)).collect();
    let differs = |mine: &CountLine, theirs: &CountLine| match ((mine.counted, mine.loose), (theirs.counted, theirs.loose)) {
        ((Some(one), _), (Some(other), _)) => one != other,
        ((_, Some(one)), (_, Some(other))) => one != other,
        // A number and a word: only "none" says a number.
        ((Some(number), _), (_, Some(loose))) | ((_, Some(loose)), (Some(number), _)) => (number == 0) != (loose == Loose::None),
        _ => false,
    };
    received
        .lines
        .iter()
        .filter_map(|line| Some((line, *of_giver.get(&line.of.line)?)))
        .filter(|(received, given)| differs(given, received))
        .map(|(received, given)| Difference {
            line: received.of.line,
            item: received.of.item.clone(),
            given: given.words(),
            received: received.words(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
