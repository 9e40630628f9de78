//! How long a loan may last, in the words that schools use: days, school weeks, a half-term, a term. Which day that is in a school's own
//! year is decided in `bookings::rules`.

use std::str::FromStr;

/// The longest loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Longest {
    /// So many days, weekends included; the first and the last day count.
    Days(u32),
    /// So many school weeks: the week it begins in and those after it. A week in which the school is closed does not count.
    Weeks(u32),
    /// To the end of the half-term in which it begins.
    #[default]
    HalfTerm,
    /// To the end of the term in which it begins.
    Term,
}

impl Longest {
    /// The most days that can be set.
    pub const MOST_DAYS: u32 = 366;
    /// The most school weeks that can be set: more than a school year has.
    pub const MOST_WEEKS: u32 = 52;
    /// The units by their name in tables and forms, and as people read them.
    pub const UNITS: [(&'static str, &'static str); 4] =
        [("half_term", "A half-term"), ("term", "A term"), ("weeks", "School weeks"), ("days", "Days")];

    /// From the name of the unit and, for days and school weeks, how many; `None` when that is no longest loan.
    #[must_use]
    pub fn of(unit: &str, count: Option<u32>) -> Option<Self> {
        let within = |most: u32| count.filter(|count| (1..=most).contains(count));
        match unit {
            "days" => within(Self::MOST_DAYS).map(Self::Days),
            "weeks" => within(Self::MOST_WEEKS).map(Self::Weeks),
            "half_term" => Some(Self::HalfTerm),
            "term" => Some(Self::Term),
            _ => None,
        }
    }

    /// The name of the unit, as tables and forms have it.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Days(_) => "days",
            Self::Weeks(_) => "weeks",
            Self::HalfTerm => "half_term",
            Self::Term => "term",
        }
    }

    /// How many of the unit, where it is counted.
    #[must_use]
    pub fn count(self) -> Option<u32> {
        match self {
            Self::Days(count) | Self::Weeks(count) => Some(count),
            Self::HalfTerm | Self::Term => None,
        }
    }

    /// "28 days", "6 school weeks", "a half-term", "a term".
    #[must_use]
    pub fn words(self) -> String {
        let some = |count: u32, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        match self {
            Self::Days(count) => some(count, "day"),
            Self::Weeks(count) => some(count, "school week"),
            Self::HalfTerm => "a half-term".to_owned(),
            Self::Term => "a term".to_owned(),
        }
    }
}

impl FromStr for Longest {
    type Err = &'static str;

    /// As people write it in a file: "28", "28 days", "6 weeks", "half-term", "a term". A number alone is days.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RIGHT: &str = "Write half-term, term, school weeks like 6 weeks (1 to 52), or days like 28 days (1 to 366).";
        let text = text.trim().to_lowercase().replace("half-", "half ").replace("half_", "half ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let (count, unit) = match words.as_slice() {
            ["half", "term"] | ["halfterm"] | ["a" | "one" | "1", "half", "term"] => return Ok(Self::HalfTerm),
            ["term"] | ["a" | "one" | "1", "term"] => return Ok(Self::Term),
            [count] | [count, "day" | "days"] => (*count, "days"),
            [count, "week" | "weeks"] | [count, "school", "week" | "weeks"] => (*count, "weeks"),
            _ => return Err(RIGHT),
        };
        let count =
            if matches!(count, "a" | "one") { Some(1) } else { count.parse().ok().filter(|_| count.bytes().all(|b| b.is_ascii_digit())) };
        Self::of(unit, count).ok_or(RIGHT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_people_write_it() {
        for (text, wanted) in [
            ("28", Longest::Days(28)),
            (" 28 days ", Longest::Days(28)),
            ("1 day", Longest::Days(1)),
            ("a week", Longest::Weeks(1)),
            ("6 school weeks", Longest::Weeks(6)),
            ("Half-term", Longest::HalfTerm),
            ("half_term", Longest::HalfTerm),
            ("a half term", Longest::HalfTerm),
            ("1 term", Longest::Term),
            ("Term", Longest::Term),
        ] {
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
        for wrong in ["", "0", "367", "53 weeks", "0 weeks", "+3", "-3", "2 terms", "two weeks", "half", "3.5 weeks", "99999999999"] {
            assert!(wrong.parse::<Longest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_said_and_what_is_stored_is_read_back() {
        for longest in [Longest::Days(1), Longest::Days(366), Longest::Weeks(1), Longest::Weeks(52), Longest::HalfTerm, Longest::Term] {
            assert_eq!(longest.words().parse(), Ok(longest));
            assert_eq!(Longest::of(longest.unit(), longest.count()), Some(longest));
        }
        assert_eq!(Longest::default(), Longest::HalfTerm);
        assert!(Longest::of("days", None).is_none() && Longest::of("years", Some(1)).is_none());
    }
}
