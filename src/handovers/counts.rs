//! What one side of a handover counts: a form's lines become a [`Count`], or say at the field what is missing. Pure.
//!
//! Zero and "not counted" are different (product rule 4). What is expected of a line is what was last known of this copy; so a
//! torch that has been missing since October is not reported again, and not forgotten either.

use std::collections::BTreeMap;

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::base::Day;
use crate::base::ids::ContentsLineId;

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
    /// Who gives it up.
    Giver,
    /// Who receives it.
    Receiver,
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
        if self.known == self.quantity { self.quantity.to_string() } else { format!("{} of {}", self.known, self.quantity) }
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

    /// "4 of 6, missing", "Plenty", "Not counted".
    #[must_use]
    pub fn words(&self) -> String {
        let many = match (self.counted, self.loose) {
            (Some(number), _) if number == self.of.quantity => number.to_string(),
            (Some(number), _) => format!("{number} of {}", self.of.quantity),
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

    /// "Everything was there", "3 of 12 lines short", "Not counted".
    #[must_use]
    pub fn summary(&self) -> String {
        let short = self.lines.iter().filter(|line| line.short().is_some()).count();
        match (self.how, short) {
            (How::None, _) => "Nothing was counted".to_owned(),
            (_, 0) if self.lines.iter().all(CountLine::looked_at) => "Everything was there".to_owned(),
            (_, 0) => "Nothing short in what was counted".to_owned(),
            (_, 1) => "1 line was short".to_owned(),
            (_, many) => format!("{many} lines were short"),
        }
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
        format!("{}: given up as {}, received as {}", self.item, lower(&self.given), lower(&self.received))
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

/// What was wrong: the field, and a sentence that says what would be right.
pub type Fault = (String, String);

/// A form as it was sent: every field with its value.
pub type Typed = [(String, String)];

fn value<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
}

/// The name of a line's field: `there`, `n`, `loose`, `why` or `note`, and the line.
#[must_use]
pub fn field(what: &str, line: ContentsLineId) -> String {
    format!("{what}-{line}")
}

/// Reads a count out of a form. Pressing "All there" counts every line as it was known to be; so a line that says something else
/// is asked about, not lost.
///
/// # Errors
/// What is wrong, at the fields, in the order of the form.
pub fn read(typed: &Typed, expected: &[Expected]) -> Result<Count, Vec<Fault>> {
    let how = value(typed, "how").parse().unwrap_or(How::Lines);
    if how == How::None {
        return Ok(Count { how, lines: Vec::new() });
    }
    let mut faults = Vec::new();
    let mut lines = Vec::new();
    for line in expected {
        match if line.consumable { consumable(typed, line) } else { durable(typed, line) } {
            Ok(read) => lines.push(read),
            Err(fault) => faults.push(fault),
        }
    }
    let changed = lines.iter().any(|line| *line != line.of.as_known());
    if how == How::AllThere && (changed || !faults.is_empty()) {
        faults
            .insert(0, ("how".to_owned(), "You said of a line that it is not all there. Send the count at the end of the list".to_owned()));
    }
    if faults.is_empty() { Ok(Count { how, lines }) } else { Err(faults) }
}

/// A line of a form that has not been touched.
#[must_use]
pub fn untouched(line: &Expected) -> CountLine {
    line.as_known()
}

fn durable(typed: &Typed, line: &Expected) -> Result<CountLine, Fault> {
    let ticked = value(typed, &field("there", line.line)) == "yes";
    let number = number(typed, line)?;
    let why = why(typed, line);
    let note = note(typed, line)?;
    let item = &line.item;
    let counted = match (number, why) {
        (Some(_), Some(Why::NotCounted)) => {
            return Err((field("why", line.line), format!("{item}: you gave a number and \"Not counted\". Leave one of them empty")));
        }
        (Some(number), None) if number < line.known => {
            return Err((field("why", line.line), format!("{item}: choose why there are fewer than {}", line.known)));
        }
        (Some(number), _) => Some(number),
        (None, Some(Why::NotCounted)) => None,
        (None, None) if ticked => Some(line.known),
        (None, _) => {
            return Err((field("n", line.line), format!("{item}: enter how many there are, or choose \"Not counted\"")));
        }
    };
    Ok(CountLine { of: line.clone(), counted, loose: None, why, note })
}

fn consumable(typed: &Typed, line: &Expected) -> Result<CountLine, Fault> {
    let said = value(typed, &field("loose", line.line));
    let number = number(typed, line)?;
    let note = note(typed, line)?;
    // A number says more than a word; and who chose nothing said nothing.
    let loose = if number.is_some() { None } else { said.parse().ok() };
    let why = (number.is_none() && loose.is_none()).then_some(Why::NotCounted);
    Ok(CountLine { of: line.clone(), counted: number, loose, why, note })
}

fn number(typed: &Typed, line: &Expected) -> Result<Option<u32>, Fault> {
    let name = field("n", line.line);
    let text = value(typed, &name);
    if text.is_empty() {
        return Ok(None);
    }
    let fits = |number: &u32| *number <= MOST && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u32>().ok().filter(fits) {
        Some(number) => Ok(Some(number)),
        None => Err((name, format!("{}: enter how many there are as a whole number, for example {}", line.item, line.quantity))),
    }
}

fn why(typed: &Typed, line: &Expected) -> Option<Why> {
    value(typed, &field("why", line.line)).parse().ok()
}

fn note(typed: &Typed, line: &Expected) -> Result<String, Fault> {
    let name = field("note", line.line);
    words(value(typed, &name), LONGEST_NOTE).map_err(|fault| (name, format!("{}: {fault}", line.item)))
}

/// Words of one line: no control characters, runs of blanks made one.
///
/// # Errors
/// When there are more letters than that.
pub fn words(text: &str, most: usize) -> Result<String, String> {
    let clean: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let count = clean.chars().count();
    if count > most { Err(format!("use {most} characters or fewer; this has {count}")) } else { Ok(clean) }
}

#[cfg(test)]
mod tests;
