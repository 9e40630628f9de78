//! A new cluster: what it needs to begin with, read from what somebody typed. Pure; the same for the first cluster of a site,
//! which the operator sets up, and for those that a programme director adds.

pub mod acts;
pub mod letters;
pub mod log;
pub mod longest;
pub mod pages;
pub mod settings;
pub mod store;

use chrono::Duration;

use crate::base::EmailAddress;
use crate::base::address;
use crate::base::days::{self, Day};
use crate::base::text;
use crate::db::Refuses;
use crate::people::giving::FoundingRefusal;

/// How long an address for setting up works.
pub const SET_UP_LASTS: Duration = Duration::hours(24);
/// The longest name of a cluster, a school or a person.
const LONGEST_NAME: usize = 120;
/// The longest short name of a school: it stands in bars and lists.
const LONGEST_SHORT_NAME: usize = 24;
/// The longest short name of a cluster: it stands in addresses.
const LONGEST_SLUG: usize = 60;
/// The longest postal address, on one line.
const LONGEST_ADDRESS: usize = 200;
/// Years that a cohort or a membership can be of.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2099;

/// A part of the United Kingdom. It decides nothing but defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::EnumString, strum::IntoStaticStr, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Nation {
    /// England.
    #[default]
    England,
    /// Wales.
    Wales,
    /// Scotland.
    Scotland,
    /// Northern Ireland.
    NorthernIreland,
}

impl Nation {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::England => "England",
            Self::Wales => "Wales",
            Self::Scotland => "Scotland",
            Self::NorthernIreland => "Northern Ireland",
        }
    }
}

/// What is said of a cluster itself, and can be changed later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// The year in which its programme began.
    pub cohort_year: Option<i32>,
    /// Where it is.
    pub nation: Nation,
}

impl About {
    /// For the change log.
    #[must_use]
    pub fn lines(&self) -> String {
        let year = self.cohort_year.map_or_else(|| "none".to_owned(), |year| year.to_string());
        format!("name: {}\ncohort year: {year}\nnation: {}", self.name, self.nation.words())
    }
}

/// The school that holds the cluster's money from the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadSchool {
    /// Its name.
    pub name: String,
    /// For bars and lists.
    pub short_name: String,
    /// Two letters for narrow bars.
    pub letters: String,
    /// Its number in the register of schools, where there is one.
    pub urn: Option<String>,
    /// Where it is, one line.
    pub address: String,
    /// With the usual space.
    pub postcode: String,
    /// The day from which it is a member, and the lead school.
    pub since: Day,
}

/// A person who gets a role in a new cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// The name.
    pub name: String,
    /// The address.
    pub email: EmailAddress,
}

/// A new cluster with what it needs to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founding {
    /// Its part of the address; it stays, because addresses hold it.
    pub slug: String,
    /// What can be changed later.
    pub about: About,
    /// The school that begins.
    pub school: LeadSchool,
    /// Who runs it.
    pub coordinator: Newcomer,
}

/// Why something typed cannot be taken. The words say what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing was typed.
    #[error("Enter {0}")]
    Missing(&'static str),
    /// Too many letters.
    #[error("{what} can have {most} letters at most; this one has {letters}")]
    TooLong {
        /// "The name".
        what: &'static str,
        /// How many are kept.
        most: usize,
        /// How many there are.
        letters: usize,
    },
    /// A line end or another sign that cannot stand in a line of text.
    #[error("{0} must be one line of plain text")]
    NotPlain(&'static str),
    /// Cannot stand in an address.
    #[error("The short name for addresses can have small letters, digits and hyphens only, like south-milford")]
    Slug,
    /// The name has no letters to make a short name of.
    #[error("Enter a short name for addresses, like south-milford: none can be made from the name")]
    NoSlug,
    /// Belongs to another cluster.
    #[error("Another cluster has the short name {0}; enter a different one")]
    SlugTaken(String),
    /// No year.
    #[error("The cohort year must be a year, like 2024")]
    Year,
    /// None of the four.
    #[error("Choose England, Wales, Scotland or Northern Ireland")]
    Nation,
    /// No letters.
    #[error("The code must be two letters, like SA")]
    Letters,
    /// Not six digits.
    #[error("The URN is six digits, like 121456; leave it empty if there is none")]
    Urn,
    /// Not the shape of a postcode.
    #[error("Enter a full UK postcode, like LS25 5AU")]
    Postcode,
    /// No such day.
    #[error("Enter a real date, like 1 9 2026")]
    Day,
}

/// Why an address for setting up does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpRefusal {
    /// There is a cluster already, or nobody printed this address.
    NotThere,
    /// More than a day old.
    Expired,
}

/// Why a director creates no cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCreated {
    /// What was typed cannot be.
    Typed(Fault),
    /// He may not.
    May(FoundingRefusal),
}

impl From<Fault> for NotCreated {
    fn from(fault: Fault) -> Self {
        Self::Typed(fault)
    }
}

impl From<FoundingRefusal> for NotCreated {
    fn from(refusal: FoundingRefusal) -> Self {
        Self::May(refusal)
    }
}

impl Refuses for Fault {}
impl Refuses for SetUpRefusal {}

/// Whether an address for setting up works, by what is stored of it and whether the site has a cluster.
///
/// # Errors
/// Why not.
pub fn may_set_up(
    any_cluster: bool,
    expires_at: Option<chrono::DateTime<chrono::Utc>>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), SetUpRefusal> {
    match expires_at {
        Some(expires_at) if !any_cluster && now < expires_at => Ok(()),
        Some(_) if !any_cluster => Err(SetUpRefusal::Expired),
        _ => Err(SetUpRefusal::NotThere),
    }
}

/// One line of plain text, its spaces drawn together.
fn line(typed: &str, what: &'static str, most: usize) -> Result<String, Fault> {
    let trimmed = typed.trim();
    if trimmed.chars().any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')) {
        return Err(Fault::NotPlain(what));
    }
    let drawn = text::line(trimmed);
    let letters = drawn.chars().count();
    if letters > most { Err(Fault::TooLong { what, most, letters }) } else { Ok(drawn) }
}

fn needed(text: &str, missing: &'static str, what: &'static str, most: usize) -> Result<String, Fault> {
    let line = line(text, what, most)?;
    if line.is_empty() { Err(Fault::Missing(missing)) } else { Ok(line) }
}

/// The name of a cluster.
///
/// # Errors
/// What is wrong with it.
pub fn cluster_name(text: &str) -> Result<String, Fault> {
    needed(text, "the name of the cluster, like South Milford", "The name", LONGEST_NAME)
}

/// The name of a person.
///
/// # Errors
/// What is wrong with it.
pub fn person_name(text: &str) -> Result<String, Fault> {
    needed(text, "the name", "The name", LONGEST_NAME)
}

/// The full name of a school.
///
/// # Errors
/// What is wrong with it.
pub fn school_name(text: &str) -> Result<String, Fault> {
    needed(text, "the name of the school, like Saxton Primary School", "The name", LONGEST_NAME)
}

/// The short name of a school; made from its name when nothing was typed.
///
/// # Errors
/// What is wrong with it.
pub fn school_short_name(text: &str, name: &str) -> Result<String, Fault> {
    let typed = line(text, "The short name", LONGEST_SHORT_NAME)?;
    Ok(if typed.is_empty() { short_name_from(name) } else { typed })
}

/// A school's postal address.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<String, Fault> {
    // A pasted address has lines; they are drawn into one.
    let one_line = text.split(['\r', '\n']).map(|part| part.trim().trim_end_matches(',')).filter(|part| !part.is_empty());
    line(&one_line.collect::<Vec<_>>().join(", "), "The address", LONGEST_ADDRESS)
}

/// The postcode of a school, in any spacing.
///
/// # Errors
/// When it is none.
pub fn postcode(text: &str) -> Result<String, Fault> {
    address::postcode(text).ok_or(Fault::Postcode)
}

/// The two letters of a school; made from its short name when nothing was typed.
///
/// # Errors
/// What is wrong with them.
pub fn letters(text: &str, short_name: &str) -> Result<String, Fault> {
    let typed = text.trim().to_uppercase();
    if typed.is_empty() {
        return Ok(letters_from(short_name));
    }
    if typed.len() == 2 && typed.bytes().all(|b| b.is_ascii_uppercase()) { Ok(typed) } else { Err(Fault::Letters) }
}

/// A school's unique reference number, which schools outside England do not have.
///
/// # Errors
/// When it is not six digits.
pub fn urn(text: &str) -> Result<Option<String>, Fault> {
    let typed: String = text.split_whitespace().collect();
    match typed.len() {
        0 => Ok(None),
        6 if typed.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(typed)),
        _ => Err(Fault::Urn),
    }
}

/// A cluster's short name; made from its name when nothing was typed.
///
/// # Errors
/// What is wrong with it.
pub fn slug(text: &str, name: &str) -> Result<String, Fault> {
    let typed = text.trim().to_lowercase();
    if typed.is_empty() {
        let made = slug_from(name);
        return if made.len() < 2 { Err(Fault::NoSlug) } else { Ok(made) };
    }
    let fits = (2..=LONGEST_SLUG).contains(&typed.len())
        && typed.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !typed.starts_with('-')
        && !typed.ends_with('-');
    if fits { Ok(typed) } else { Err(Fault::Slug) }
}

/// The year in which the programme began; may be left out.
///
/// # Errors
/// When it is no year.
pub fn cohort_year(text: &str) -> Result<Option<i32>, Fault> {
    let typed = text.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().ok().filter(|year| YEARS.contains(year)).map(Some).ok_or(Fault::Year)
}

/// One of the four nations.
///
/// # Errors
/// When it is none.
pub fn nation(text: &str) -> Result<Nation, Fault> {
    text.parse().map_err(|_| Fault::Nation)
}

/// A day from its three boxes.
///
/// # Errors
/// When there is no such day.
pub fn day(day: &str, month: &str, year: &str) -> Result<Day, Fault> {
    days::typed([day, month, year]).ok().flatten().ok_or(Fault::Day)
}

/// The academic year of a day: the usual cohort of a cluster that begins then.
#[must_use]
pub fn usual_cohort(today: Day) -> i32 {
    days::academic_year(today)
}

/// "South Milford & District" becomes `south-milford-district`.
fn slug_from(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        // An apostrophe joins: "St Mary's" is st-marys.
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            '\'' | '’' => {}
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
        if slug.len() == LONGEST_SLUG {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// What is left of a school's name without the words that all schools have: "Saxton" of "Saxton C of E Primary School".
fn short_name_from(name: &str) -> String {
    const COMMON: [&str; 28] = [
        "school",
        "primary",
        "infant",
        "infants",
        "junior",
        "juniors",
        "academy",
        "community",
        "church",
        "of",
        "england",
        "ce",
        "c",
        "e",
        "cofe",
        "catholic",
        "roman",
        "rc",
        "voluntary",
        "aided",
        "controlled",
        "va",
        "vc",
        "nursery",
        "and",
        "the",
        "first",
        "ysgol",
    ];
    let plain = |word: &str| word.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    let own: Vec<&str> = name.split_whitespace().filter(|word| !COMMON.contains(&plain(word).as_str())).collect();
    let short = if own.is_empty() { name.to_owned() } else { own.join(" ") };
    short.trim_end_matches(',').chars().take(LONGEST_SHORT_NAME).collect::<String>().trim().to_owned()
}

/// "SA" of "Saxton", "CF" of "Church Fenton".
fn letters_from(short_name: &str) -> String {
    let capital = |letter: char| letter.is_ascii_alphabetic().then(|| letter.to_ascii_uppercase());
    let initials: String = short_name.split_whitespace().filter_map(|word| word.chars().find_map(capital)).take(2).collect();
    let first: String = short_name.chars().filter_map(capital).take(2).collect();
    let made = if initials.len() == 2 { initials } else { first };
    if made.len() == 2 { made } else { "XX".to_owned() }
}

#[cfg(test)]
mod tests;
