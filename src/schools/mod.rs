//! Schools through the years: what may be written of one, and how it joins, is renamed, takes the lead, rests, leaves and
//! comes back. Pure: what was typed becomes a value or a message at its field ([`Typed`]); a rule in the way is a [`Refusal`].
//!
//! What must always hold: a school's times in the cluster never overlap; a name, a short name, its letters and its URN belong
//! to one school of the cluster; one school has the lead on a day.

pub mod acts;
pub mod pages;
pub mod store;

mod standing;
mod typed;

use std::ops::Deref;

pub use standing::{School, Standing, Stay};
pub use typed::{Typed, not_too_far};

use crate::base::days::{self, Day, Period};
use crate::base::ids::{LeadSchoolId, MembershipId, SchoolId};
use crate::base::text::alike;
use crate::db::Refuses;

/// A school as bars and lists name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolName {
    /// Its id.
    pub id: SchoolId,
    /// "Saxton".
    pub short_name: String,
    /// "SX".
    pub letters: String,
}

/// The schools that are or were in a cluster, by short name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchoolNames(pub Vec<SchoolName>);

/// What a page calls a school that it was not told of.
pub const ANOTHER: &str = "Another school";

impl SchoolNames {
    /// The short name of a school.
    #[must_use]
    pub fn of(&self, id: SchoolId) -> &str {
        self.iter().find(|school| school.id == id).map_or(ANOTHER, |school| &school.short_name)
    }

    /// Where something goes: a school, or the store at one.
    #[must_use]
    pub fn of_place(&self, to: Option<SchoolId>, home: SchoolId) -> String {
        to.map_or_else(|| format!("the store at {}", self.of(home)), |school| self.of(school).to_owned())
    }
}

impl Deref for SchoolNames {
    type Target = [SchoolName];

    fn deref(&self) -> &[SchoolName] {
        &self.0
    }
}

/// What a school is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// "Saxton CE Primary School".
    pub name: String,
    /// "Saxton".
    pub short_name: String,
}

/// What else is known of a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Two or three capitals; `None` when a code is to be found from the name.
    pub letters: Option<String>,
    /// Its unique reference number.
    pub urn: Option<String>,
    /// Where it is, one line; may be empty.
    pub address: String,
    /// Its postcode, with the usual space.
    pub postcode: String,
    /// Its trust or federation; may be empty.
    pub trust: String,
    /// Its telephone number; may be empty.
    pub phone: String,
}

/// A school that is to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchool {
    /// What it is called.
    pub names: Names,
    /// What else is known.
    pub facts: Facts,
    /// Its first day in the cluster.
    pub joined_on: Day,
}

/// What is taken already by a school of the cluster, past ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Which school.
    pub id: SchoolId,
    /// Its full name.
    pub name: String,
    /// Its short name.
    pub short_name: String,
    /// Its letters.
    pub letters: String,
    /// Its URN.
    pub urn: Option<String>,
}

/// A school with everything the coordinator knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The school.
    pub school: School,
    /// Its unique reference number.
    pub urn: Option<String>,
    /// Its trust or federation; may be empty.
    pub trust: String,
    /// Its times in the cluster, in order.
    pub spells: Vec<Spell>,
    /// Whether the cluster is in England.
    pub england: bool,
}

/// A school's time in the cluster, with what only its own page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spell {
    /// Its id.
    pub id: MembershipId,
    /// Its days.
    pub stay: Stay,
    /// When the sabbatical is looked at again.
    pub review_on: Option<Day>,
    /// Why it could leave with a copy.
    pub leave_reason: String,
}

/// A name that a school had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerName {
    /// What it was called.
    pub names: Names,
    /// The last day of that name.
    pub until: Day,
}

/// A time in which a school has the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    /// Its id.
    pub id: LeadSchoolId,
    /// Which school.
    pub school: SchoolId,
    /// The first day.
    pub from: Day,
    /// The last day; `None` while nobody follows.
    pub to: Option<Day>,
}

impl Record {
    /// The time that goes on today or is to come: the one that a sabbatical or a leave is about.
    #[must_use]
    pub fn current(&self, today: Day) -> Option<&Spell> {
        self.spells.iter().find(|spell| spell.stay.left_on.is_none_or(|left| left >= today))
    }

    /// The sabbatical that goes on today or is to come.
    #[must_use]
    pub fn sabbatical(&self, today: Day) -> Option<(&Spell, Period)> {
        self.spells.iter().find_map(|spell| spell.stay.sabbatical.filter(|off| off.last() >= today).map(|off| (spell, off)))
    }
}

/// A rule that is in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another school has the name.
    #[error("There is a school with this name already. Enter the full name, with its town if need be")]
    NameTaken,
    /// Another school has the short name.
    #[error("{0} has this short name already. Enter another one")]
    ShortNameTaken(String),
    /// Another school has the letters.
    #[error("{0} has these letters already. Enter others, or leave it empty")]
    LettersTaken(String),
    /// Another school has the URN.
    #[error("{0} has this URN already. Look whether it is the same school")]
    UrnTaken(String),
    /// A new name that is the old one.
    #[error("The school has this name now. Enter the new name")]
    SameName,
    /// A new name from a day to come.
    #[error("Enter today or a day before; the new name counts from the day you enter it")]
    NameToCome,
    /// A name before another one that is on record.
    #[error("The name before this one ended on {}. Enter a later day", days::long(*.0))]
    NameTooEarly(Day),
    /// The school does not belong to the cluster on the day.
    #[error("The school is not in the cluster on {}. Enter a day on which it is", days::long(*.0))]
    NotIn(Day),
    /// Another school has had the lead since a later day.
    #[error("{by} is lead school from {}. Enter a later day", days::long(*.from))]
    LeadTooEarly {
        /// Which school.
        by: String,
        /// Since when.
        from: Day,
    },
    /// It is the lead school already.
    #[error("This school is the lead school already, from {}", days::long(*.0))]
    LeadsAlready(Day),
    /// It has the lead and would be gone.
    #[error("This is the lead school, which holds the money. Make another school the lead school first")]
    LeadLeaves,
    /// Nobody would run the cluster.
    #[error("Nobody else is coordinator after that day. Give the role to somebody at another school first")]
    CoordinatorLeaves,
    /// The school leaves before the sabbatical is over.
    #[error("The school leaves on {}. Enter that day or one before", days::long(*.0))]
    LeavesBefore(Day),
    /// There is no sabbatical to end.
    #[error("The school has no sabbatical that could end earlier")]
    NoSabbatical,
    /// The end would be a later one.
    #[error("The sabbatical is over on {} anyway. Enter a day before, or change its days", days::long(*.0))]
    EndsAnyway(Day),
    /// It would leave before it has joined.
    #[error("The school joined on {}. Enter that day or a later one", days::long(*.0))]
    BeforeJoined(Day),
    /// It is in no time of the cluster that could end.
    #[error("The school has left already")]
    LeftAlready,
    /// It holds something, and no reason is given.
    #[error("The school still holds {0}. Get it back first, or write why it may leave all the same")]
    Holds(String),
    /// It belongs to the cluster already.
    #[error("The school has not left yet, so it cannot join again")]
    StillIn,
    /// Two times in the cluster would overlap.
    #[error("The school was in the cluster until {}. Enter a later day", days::long(*.0))]
    Overlaps(Day),
}

impl Refuses for Refusal {}
impl Refuses for (&'static str, Refusal) {}

/// Whether a school may have these names.
pub fn names_are_free(names: &Names, own: Option<SchoolId>, known: &[Known]) -> Result<(), (&'static str, Refusal)> {
    let same = |a: &str, b: &str| alike(a) == alike(b);
    let others = || known.iter().filter(|other| Some(other.id) != own);
    if others().any(|other| same(&other.name, &names.name)) {
        return Err(("name", Refusal::NameTaken));
    }
    match others().find(|other| same(&other.short_name, &names.short_name)) {
        Some(other) => Err(("short_name", Refusal::ShortNameTaken(other.name.clone()))),
        None => Ok(()),
    }
}

/// The letters that a school gets, and whether its URN is its own. Letters that were left empty come from the short name.
pub fn letters(facts: &Facts, short_name: &str, own: Option<SchoolId>, known: &[Known]) -> Result<String, (&'static str, Refusal)> {
    let others = || known.iter().filter(|other| Some(other.id) != own);
    if let Some(other) = others().find(|other| facts.urn.is_some() && other.urn == facts.urn) {
        return Err(("urn", Refusal::UrnTaken(other.name.clone())));
    }
    let Some(wanted) = &facts.letters else {
        let taken: Vec<&str> = others().map(|other| other.letters.as_str()).collect();
        return Ok(suggest(short_name, &taken));
    };
    match others().find(|other| other.letters == *wanted) {
        Some(other) => Err(("letters", Refusal::LettersTaken(other.name.clone()))),
        None => Ok(wanted.clone()),
    }
}

/// Letters for a name that nobody has: the first letters of its words, else the first letter with another of the name, else
/// whatever is free. "Monk Fryston" is MF, "Saxton" SA.
#[must_use]
pub fn suggest(name: &str, taken: &[&str]) -> String {
    const ABC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let upper = name.to_uppercase();
    let plain = |text: &str| text.chars().filter(char::is_ascii_uppercase).collect::<String>();
    let words: Vec<String> = upper.split(|letter: char| !letter.is_alphabetic()).map(plain).filter(|word| !word.is_empty()).collect();
    let initials: String = words.iter().filter_map(|word| word.chars().next()).collect();
    let all = words.concat();
    let first = all.chars().next().unwrap_or('S');
    let two = [initials.chars().take(2).collect::<String>(), initials.chars().take(3).collect()];
    let with = |rest: &str| rest.chars().map(|second| format!("{first}{second}")).collect::<Vec<_>>();
    let three = ABC.chars().flat_map(|second| ABC.chars().map(move |third| format!("{first}{second}{third}")));
    two.into_iter()
        .chain(with(all.get(1..).unwrap_or_default()))
        .chain(with(ABC))
        .chain(three)
        .find(|code| (2..=3).contains(&code.len()) && !taken.contains(&code.as_str()))
        // 700 schools with one first letter: no cluster has them.
        .unwrap_or_else(|| "ZZZ".to_owned())
}

/// The last day of the name that a school has now, when it has another from a day on.
pub fn rename(to: &Names, from: Day, now: &Names, former: &[FormerName], today: Day) -> Result<Day, (&'static str, Refusal)> {
    if to == now {
        return Err(("name", Refusal::SameName));
    }
    if from > today {
        return Err(("from", Refusal::NameToCome));
    }
    let until = days::add(from, -1);
    match former.iter().map(|name| name.until).max().filter(|last| *last >= until) {
        Some(last) => Err(("from", Refusal::NameTooEarly(last))),
        None => Ok(until),
    }
}

/// Whether a school takes the lead from a day on. `open` is who has it until then, with the school's name.
pub fn lead(school: &School, from: Day, open: Option<(&Lead, &str)>) -> Result<(), Refusal> {
    if !matches!(school.standing(from), Standing::In | Standing::Sabbatical(_)) {
        return Err(Refusal::NotIn(from));
    }
    match open {
        Some((lead, _)) if lead.school == school.id => Err(Refusal::LeadsAlready(lead.from)),
        Some((lead, by)) if lead.from >= from => Err(Refusal::LeadTooEarly { by: by.to_owned(), from: lead.from }),
        _ => Ok(()),
    }
}

/// Time off from borrowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sabbatical {
    /// From the first to the last day.
    pub days: Period,
    /// When it is looked at again.
    pub review_on: Option<Day>,
}

/// Where a sabbatical is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// Into the time in the cluster that it falls into.
    Into(MembershipId),
    /// That time has a sabbatical on record which is over, and stays there: a new time begins with the new one.
    After(Spell),
}

/// Decides a sabbatical: it lies within one time in the cluster.
pub fn rest(record: &Record, wish: &Sabbatical, today: Day) -> Result<Rest, (&'static str, Refusal)> {
    let first = wish.days.first();
    let into = record.spells.iter().find(|spell| lasts(&spell.stay).contains(first)).ok_or(("from", Refusal::NotIn(first)))?;
    if let Some(left) = into.stay.left_on.filter(|left| *left < wish.days.last()) {
        return Err(("to", Refusal::LeavesBefore(left)));
    }
    match into.stay.sabbatical {
        Some(before) if before.last() < today && before.last() < first => Ok(Rest::After(into.clone())),
        _ => Ok(Rest::Into(into.id)),
    }
}

/// What is left of a sabbatical when the school is back on a day; nothing when it had not begun.
pub fn back_early(off: Period, back: Day) -> Result<Option<Period>, Refusal> {
    if back > off.last() {
        return Err(Refusal::EndsAnyway(off.last()));
    }
    Ok(Period::new(off.first(), days::add(back, -1)))
}

/// How a school leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    /// Which time in the cluster ends.
    pub spell: MembershipId,
    /// Its last day.
    pub last: Day,
    /// What is left of its sabbatical.
    pub sabbatical: Option<Period>,
    /// Why it may go although it holds something.
    pub reason: String,
}

/// What is asked for and what stands in the way when a school wants to leave.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Its last day.
    pub last: Day,
    /// Why it may go although it holds something; may be empty.
    pub reason: String,
    /// The copies that the school has now, as people name them.
    pub held: Vec<String>,
    /// Whether it is lead school after its last day.
    pub leads: bool,
    /// Whether somebody at no school or another one is coordinator after the last day.
    pub coordinated: bool,
}

/// Decides a leave.
pub fn leave(record: &Record, wish: &Wish, today: Day) -> Result<Leave, (&'static str, Refusal)> {
    let (last, spell) = (wish.last, record.current(today).ok_or(("last", Refusal::LeftAlready))?);
    if last < spell.stay.joined_on {
        return Err(("last", Refusal::BeforeJoined(spell.stay.joined_on)));
    }
    if wish.leads {
        return Err(("last", Refusal::LeadLeaves));
    }
    if !wish.coordinated {
        return Err(("last", Refusal::CoordinatorLeaves));
    }
    if !wish.held.is_empty() && wish.reason.is_empty() {
        return Err(("reason", Refusal::Holds(wish.held.join(", "))));
    }
    let sabbatical = spell.stay.sabbatical.and_then(|off| Period::new(off.first(), off.last().min(last)));
    // A reason that nobody needs is none.
    let reason = if wish.held.is_empty() { String::new() } else { wish.reason.clone() };
    Ok(Leave { spell: spell.id, last, sabbatical, reason })
}

/// Whether a school that has left may join again on a day.
pub fn rejoin(record: &Record, on: Day) -> Result<(), Refusal> {
    if record.spells.iter().any(|spell| spell.stay.left_on.is_none()) {
        return Err(Refusal::StillIn);
    }
    match record.spells.iter().filter_map(|spell| spell.stay.left_on).max().filter(|left| *left >= on) {
        Some(left) => Err(Refusal::Overlaps(left)),
        None => Ok(()),
    }
}

fn lasts(stay: &Stay) -> Period {
    Period::new(stay.joined_on, stay.left_on.unwrap_or(days::END)).unwrap_or(Period::day(stay.joined_on))
}

#[cfg(test)]
mod tests;
