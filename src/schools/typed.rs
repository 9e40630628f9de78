//! What was typed into a form about a school becomes a value, or a message at its field that says what would be right.

use std::collections::BTreeMap;

use super::{Facts, Names, NewSchool, Sabbatical};
use crate::base::address;
use crate::base::days::{self, Day, NotADay, Period};
use crate::base::text;
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
        let clean = text::plain_line(self.raw(field));
        let count = clean.chars().count();
        if count > most { Err(format!("Use {most} letters or fewer; this has {count}")) } else { Ok(clean) }
    }

    /// A line that must not be empty; `missing` says what to enter.
    fn needed(&self, field: &str, most: usize, missing: &str) -> Result<String, String> {
        self.line(field, most).and_then(|text| if text.is_empty() { Err(missing.to_owned()) } else { Ok(text) })
    }

    /// A day; `what` names it in the message: "the day it joined".
    pub fn day(&self, field: &str, what: &str) -> Result<Day, String> {
        let found = days::typed(self.parts(field)).map_err(|fault| match fault {
            NotADay::Missing(_) | NotADay::NotNumbers => {
                format!("Enter {what} with a day, a month and a year in numbers, for example 1 9 2026")
            }
            NotADay::Year => "Enter the year with four digits, for example 2026".to_owned(),
            NotADay::NotInCalendar => "There is no such day. Enter a day of this century, for example 1 9 2026".to_owned(),
        })?;
        found.ok_or_else(|| format!("Enter {what}, for example 1 9 2026"))
    }
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

impl Facts {
    /// From a form; what is wrong goes to its field. In England a URN has six digits.
    pub fn read(typed: &Typed, england: bool, errors: &mut Errors) -> Option<Self> {
        let letters = errors.check("letters", letters_typed(typed.raw("letters")));
        let urn = errors.check("urn", urn_typed(typed.raw("urn"), england));
        let street = errors.check("address", typed.line("address", 200));
        let code = address::postcode(typed.raw("postcode")).ok_or("Enter a UK postcode, for example LS25 5AU");
        let postcode = errors.check("postcode", code);
        let trust = errors.check("trust", typed.line("trust", 120));
        let phone = errors.check("phone", address::phone(typed.raw("phone")).ok_or(address::NOT_A_PHONE));
        Some(Self { letters: letters?, urn: urn?, address: street?, postcode: postcode?, trust: trust?, phone: phone? })
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
