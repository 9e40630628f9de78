//! Schools through the years: what may be written of one, and how it joins, is renamed, takes the lead, rests, leaves and
//! comes back. Pure: what was typed becomes a value or a message at its field; a rule that is in the way is a [`Refusal`].
//!
//! What must always hold: a school's times in the cluster never overlap; a name, a short name, its letters and its URN belong
//! to one school of the cluster; one school has the lead on a day.

use std::collections::BTreeMap;

use super::{School, Standing, Stay};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{LeadSchoolId, MembershipId, SchoolId};
use crate::base::postcode;
use crate::web::forms::Errors;

/// No plan reaches further: a day that is later was mistyped.
const FURTHEST_DAYS: i64 = 5 * 366;

/// What was typed into a form, by field; a day is three fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Typed(BTreeMap<String, String>);

impl Typed {
    /// A field as it was typed; empty when it was not sent.
    #[must_use]
    pub fn raw(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }

    /// Filled in with something already.
    #[must_use]
    pub fn with(mut self, field: &str, value: &str) -> Self {
        self.0.insert(field.to_owned(), value.to_owned());
        self
    }

    /// Filled in with a day already.
    #[must_use]
    pub fn with_day(self, field: &str, day: Day) -> Self {
        let parts = [("day", "%-d"), ("month", "%-m"), ("year", "%Y")];
        parts.into_iter().fold(self, |typed, (part, format)| typed.with(&format!("{field}-{part}"), &day.format(format).to_string()))
    }

    /// Day, month and year as typed.
    #[must_use]
    pub fn parts(&self, field: &str) -> [&str; 3] {
        ["day", "month", "year"].map(|part| self.raw(&format!("{field}-{part}")).trim())
    }

    /// Whether anything of a day was typed.
    #[must_use]
    pub fn has_day(&self, field: &str) -> bool {
        self.parts(field).iter().any(|part| !part.is_empty())
    }

    /// One line of text without control characters and double spaces.
    pub fn line(&self, field: &str, most: usize) -> Result<String, String> {
        let clean: String = self.raw(field).chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        let count = clean.chars().count();
        if count > most { Err(format!("Use {most} letters or fewer; this has {count}")) } else { Ok(clean) }
    }

    /// A line that must not be empty; `missing` says what to enter.
    fn needed(&self, field: &str, most: usize, missing: &str) -> Result<String, String> {
        self.line(field, most).and_then(|text| if text.is_empty() { Err(missing.to_owned()) } else { Ok(text) })
    }

    /// A day; `what` names it in the message: "the day it joined".
    pub fn day(&self, field: &str, what: &str) -> Result<Day, String> {
        if !self.has_day(field) {
            return Err(format!("Enter {what}, for example 1 9 2026"));
        }
        let [day, month, year] = self.parts(field);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if [day, month, year].iter().any(|part| part.is_empty() || !digits(part)) {
            return Err(format!("Enter {what} with a day, a month and a year in numbers, for example 1 9 2026"));
        }
        if year.len() != 4 {
            return Err("Enter the year with four digits, for example 2026".to_owned());
        }
        days::parse_iso(&format!("{year}-{month:0>2}-{day:0>2}"))
            .ok_or_else(|| "There is no such day. Enter a day of this century, for example 1 9 2026".to_owned())
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

impl Names {
    /// From a form; what is wrong goes to its field.
    pub fn read(typed: &Typed, errors: &mut Errors) -> Option<Self> {
        let name = errors.check("name", typed.needed("name", 120, "Enter the name of the school, for example Saxton CE Primary School"));
        let short_name =
            errors.check("short_name", typed.needed("short_name", 30, "Enter a short name for the calendar, for example Saxton"));
        Some(Self { name: name?, short_name: short_name? })
    }
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
}

impl Facts {
    /// From a form; what is wrong goes to its field. In England a URN has six digits.
    pub fn read(typed: &Typed, england: bool, errors: &mut Errors) -> Option<Self> {
        let letters = errors.check("letters", letters_typed(typed.raw("letters")));
        let urn = errors.check("urn", urn_typed(typed.raw("urn"), england));
        let address = errors.check("address", typed.line("address", 200));
        let code = postcode::read(typed.raw("postcode")).ok_or("Enter a UK postcode, for example LS25 5AU");
        let postcode = errors.check("postcode", code);
        let trust = errors.check("trust", typed.line("trust", 120));
        Some(Self { letters: letters?, urn: urn?, address: address?, postcode: postcode?, trust: trust? })
    }
}

fn letters_typed(text: &str) -> Result<Option<String>, &'static str> {
    let code = text.trim().to_uppercase();
    match code.len() {
        0 => Ok(None),
        2..=3 if code.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(Some(code)),
        _ => Err("Enter two or three letters, for example SX, or leave it empty"),
    }
}

fn urn_typed(text: &str, england: bool) -> Result<Option<String>, &'static str> {
    let urn: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let digits = urn.bytes().all(|byte| byte.is_ascii_digit());
    match urn.len() {
        0 => Ok(None),
        6 if digits => Ok(Some(urn)),
        _ if england => Err("Enter the six digits of the URN, for example 121666, or leave it empty"),
        1..=12 if digits => Ok(Some(urn)),
        _ => Err("Enter the school's number in digits, 12 at most, or leave it empty"),
    }
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

impl NewSchool {
    /// From a form.
    pub fn read(typed: &Typed, england: bool, today: Day) -> Result<Self, Errors> {
        let mut errors = Errors::new();
        let names = Names::read(typed, &mut errors);
        let facts = Facts::read(typed, england, &mut errors);
        let joined = errors.check("joined", typed.day("joined", "the day it joined").and_then(|day| not_too_far(day, today)));
        match (names, facts, joined) {
            (Some(names), Some(facts), Some(joined_on)) => Ok(Self { names, facts, joined_on }),
            _ => Err(errors),
        }
    }
}

/// A day that somebody can mean.
pub fn not_too_far(day: Day, today: Day) -> Result<Day, String> {
    let latest = days::add(today, FURTHEST_DAYS);
    if day > latest { Err(format!("Enter a day before {}", days::long(latest))) } else { Ok(day) }
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

/// Whether a school may have these names.
pub fn names_are_free(names: &Names, own: Option<SchoolId>, known: &[Known]) -> Result<(), (&'static str, Refusal)> {
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
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

impl Sabbatical {
    /// From a form.
    pub fn read(typed: &Typed, today: Day) -> Result<Self, Errors> {
        let mut errors = Errors::new();
        let from = errors.check("from", typed.day("from", "the first day of the sabbatical"));
        let to = errors.check("to", typed.day("to", "the last day of the sabbatical").and_then(|day| not_too_far(day, today)));
        let days = match (from, to) {
            (Some(from), Some(to)) => errors.check("to", Period::new(from, to).ok_or("Enter a last day that is not before the first day")),
            _ => None,
        };
        let review = if typed.has_day("review") { errors.check("review", typed.day("review", "the review day")) } else { None };
        if let (Some(days), Some(review)) = (days, review)
            && !days.contains(review)
        {
            errors.add("review", "Enter a review day within the sabbatical, or leave it empty");
        }
        match days {
            Some(days) if errors.is_empty() => Ok(Self { days, review_on: review }),
            _ => Err(errors),
        }
    }
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

/// Decides a leave. `held` are the tags of the copies that the school has now.
pub fn leave(record: &Record, last: Day, today: Day, held: &[String], reason: &str, leads: bool) -> Result<Leave, (&'static str, Refusal)> {
    let spell = record.current(today).ok_or(("last", Refusal::LeftAlready))?;
    if last < spell.stay.joined_on {
        return Err(("last", Refusal::BeforeJoined(spell.stay.joined_on)));
    }
    if leads {
        return Err(("last", Refusal::LeadLeaves));
    }
    if !held.is_empty() && reason.is_empty() {
        return Err(("reason", Refusal::Holds(held.join(", "))));
    }
    let sabbatical = spell.stay.sabbatical.and_then(|off| Period::new(off.first(), off.last().min(last)));
    // A reason that nobody needs is none.
    let reason = if held.is_empty() { String::new() } else { reason.to_owned() };
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
