//! Which line of a statement pays which bill: lines and open items to proposals, each with its strength and its reason. Pure: nothing is
//! accepted here, and nothing is learnt in secret.
//!
//! What must always hold: *certain* is what nothing speaks against. Each pence of a line and of an item is used once. The result is the same for
//! any order of lines and items and for any numbering of them.

pub mod files;

mod by_name;
mod by_number;
mod names;
mod numbers;
mod propose;
mod sums;

pub use propose::propose;

use crate::base::Day;

/// A line of a statement. It has no `Debug`: its words are not for a log.
#[derive(Clone, Default)]
pub struct Line {
    /// Its id: given back, and never looked at but where two lines are the same in everything else.
    pub id: String,
    /// The day on which it was booked.
    pub day: Day,
    /// Pence; money in is positive.
    pub pence: i64,
    /// What the bank says.
    pub text: String,
    /// What was given as its reference.
    pub reference: String,
    /// The balance after it, which tells two equal lines apart.
    pub balance: Option<i64>,
}

/// Something open: a bill, a credit note, a grant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// Its id: given back, and never looked at but where two items are the same in everything else.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Which way its money goes.
    pub direction: Direction,
    /// Our numbers: of the order, the bill, the claim, the grant.
    pub our_numbers: Vec<String>,
    /// The other side's numbers.
    pub their_numbers: Vec<String>,
    /// The other side.
    pub party: String,
    /// What the other side is called, too.
    pub also_known_as: Vec<String>,
    /// Its day.
    pub issued: Option<Day>,
    /// What it was at first, in pence, never negative.
    pub amount: i64,
    /// What is open of it, in pence, never negative.
    pub open: i64,
    /// Without VAT, in pence, where that is known: it is sometimes paid by mistake.
    pub net: Option<i64>,
}

/// What an item is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A supplier's invoice.
    #[default]
    Invoice,
    /// A credit note, which takes away from invoices or is paid back.
    CreditNote,
    /// The claim of a school or a member of staff.
    Claim,
    /// Open from before the start.
    Opening,
    /// A grant.
    Grant,
    /// What a member school pays in.
    Contribution,
}

/// Which way money goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// We pay.
    #[default]
    Out,
    /// We are paid.
    In,
}

/// What the search goes by.
#[derive(Debug, Clone)]
pub struct Rules {
    /// So many days before its day an item may have been paid, where no number decides.
    pub days_before: i64,
    /// So many days after.
    pub days_after: i64,
    /// What a bursar has confirmed: a line with these words is always of this party.
    pub confirmed: Vec<Confirmed>,
}

/// A rule that a bursar has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The words that stand in a line.
    pub words: String,
    /// The party.
    pub party: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self { days_before: 14, days_after: 60, confirmed: Vec::new() }
    }
}

/// How sure a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Number, exact amount, direction, and nothing that speaks against it: may be accepted with others at once.
    Certain,
    /// Probably so: one look each.
    Likely,
    /// Something to decide; nothing is proposed for it, or more than one thing.
    Look,
}

/// What is said of a line. A line of which nothing is known has no proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The line's id.
    pub line: String,
    /// How sure it is.
    pub strength: Strength,
    /// What it pays; empty when there are only alternatives, or a warning.
    pub allocations: Vec<Allocation>,
    /// Why, in words.
    pub reason: String,
    /// Other answers that fit, each a set.
    pub alternatives: Vec<Vec<Allocation>>,
    /// What is left of the line, in pence without a sign.
    pub left: i64,
}

/// So much of a line for an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allocation {
    /// The item's id.
    pub item: String,
    /// Pence: positive settles the item, negative uses up a credit note or takes back what was settled.
    pub pence: i64,
}
