//! What people type into the forms about the school year: a day in three boxes, a term, a closure.

use chrono::Datelike;

use crate::base::days::{self, Day, NotADay, Period};
use crate::year::Season;
use crate::year::plan::{Planned, TermFault, YEARS};

/// Day, month and year as typed.
pub type Boxes = [String; 3];

/// A day written into three boxes.
#[must_use]
pub fn boxes(day: Option<Day>) -> Boxes {
    day.map_or_else(Boxes::default, |day| [day.day().to_string(), day.month().to_string(), day.year().to_string()])
}

/// The day that three boxes hold; `None` when all are empty.
///
/// # Errors
/// What is wrong and what would be right.
pub fn day(typed: &Boxes, what: &str) -> Result<Option<Day>, String> {
    let found = days::typed(typed.each_ref().map(String::as_str)).map_err(|fault| match fault {
        NotADay::Missing(parts) => format!("The {what} needs a {}, for example 2 9 2026", parts.join(" and a ")),
        NotADay::NotNumbers => format!("The {what} is written in numbers, for example 2 9 2026"),
        NotADay::Year => format!("The year of the {what} has four digits, for example 2026"),
        NotADay::NotInCalendar => format!("The {what} is not a day in the calendar: check day and month"),
    })?;
    // The years that a school year may have are fewer than those of the century.
    match found {
        Some(day) if !(YEARS.start() + 1..=YEARS.end() + 1).contains(&day.year()) => Err(format!("The year of the {what} is too far away")),
        found => Ok(found),
    }
}

/// The same for a day that must be there.
///
/// # Errors
/// What is wrong and what would be right.
pub fn needed_day(typed: &Boxes, what: &str) -> Result<Day, String> {
    day(typed, what)?.ok_or_else(|| format!("Enter the {what}, for example 2 9 2026"))
}

/// A form's fields with something wrong, and the words.
pub type Wrong = Vec<(&'static str, String)>;

/// A term as the form has it.
#[derive(Debug, Clone, Default)]
pub struct TypedTerm {
    /// `autumn`, `spring`, `summer`.
    pub season: String,
    /// The year in which the academic year starts.
    pub academic_year: String,
    /// First day, last day, first and last day of the half-term.
    pub days: [Boxes; 4],
}

impl TypedTerm {
    /// The term beside those that stay.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form.
    pub fn read(&self, others: &[Planned]) -> Result<Planned, Wrong> {
        let mut wrong = Wrong::new();
        let season = self.season.parse::<Season>().map_err(|_| wrong.push(("season", "Choose the season of the term".into()))).ok();
        let academic_year = self.academic_year.trim().parse::<i32>().ok().filter(|year| YEARS.contains(year));
        if academic_year.is_none() {
            wrong.push(("academic-year", "Choose the school year of the term".into()));
        }
        let first = needed_day(&self.days[0], "first day of the term").map_err(|words| wrong.push(("first", words))).ok();
        let last = needed_day(&self.days[1], "last day of the term").map_err(|words| wrong.push(("last", words))).ok();
        let half_first = day(&self.days[2], "first day of the half-term").map_err(|words| wrong.push(("half-first", words))).ok();
        let half_last = day(&self.days[3], "last day of the half-term").map_err(|words| wrong.push(("half-last", words))).ok();
        let days = first.zip(last).and_then(|(first, last)| {
            let days = Period::new(first, last);
            if days.is_none() {
                wrong.push(("last", "The term ends before it begins: mend one of the two days".into()));
            }
            days
        });
        let half_term = match half_first.zip(half_last) {
            Some((Some(first), Some(last))) => {
                let half = Period::new(first, last);
                if half.is_none() {
                    wrong.push(("half-last", "The half-term ends before it begins: mend one of the two days".into()));
                }
                half
            }
            Some((Some(_), None)) => {
                wrong.push(("half-last", "Enter the last day of the half-term, or leave both days empty".into()));
                None
            }
            Some((None, Some(_))) => {
                wrong.push(("half-first", "Enter the first day of the half-term, or leave both days empty".into()));
                None
            }
            _ => None,
        };
        let (Some(season), Some(academic_year), Some(days)) = (season, academic_year, days) else { return Err(wrong) };
        let term = Planned { season, academic_year, days, half_term };
        let words = |fault: &TermFault| (fault.field(), format!("{} {}", fault.wrong(), fault.right()));
        wrong.extend(crate::year::plan::faults_of(&term, others).iter().map(words));
        if wrong.is_empty() { Ok(term) } else { Err(wrong) }
    }
}

/// From a first day to a last day, which may be left empty when it is one day; at most a term long.
///
/// # Errors
/// Everything that is wrong, in the order of the form.
pub fn closed_days(first: &Boxes, last: &Boxes) -> Result<Period, Wrong> {
    const LONGEST: i64 = 100;
    let mut wrong = Wrong::new();
    let first = needed_day(first, "first day").map_err(|words| wrong.push(("first", words))).ok();
    let last = day(last, "last day").map_err(|words| wrong.push(("last", words))).ok();
    let (Some(first), Some(last)) = (first, last) else { return Err(wrong) };
    match Period::new(first, last.unwrap_or(first)) {
        None => Err(vec![("last", "The last day is before the first day: mend one of the two".into())]),
        Some(days) if days.len_days() > LONGEST => {
            Err(vec![("last", format!("{days} is longer than a term: closed days are at most {LONGEST} days"))])
        }
        Some(days) => Ok(days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::year::samples::period;

    fn typed(text: &str) -> Boxes {
        let mut parts = text.split(' ').map(str::to_owned);
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    }

    #[test]
    fn three_boxes_are_a_day_or_say_what_is_missing() {
        assert_eq!(day(&typed("2 9 2026"), "day").map(|day| day.map(|day| day.to_string())), Ok(Some("2026-09-02".into())));
        assert_eq!(day(&typed(""), "day"), Ok(None));
        for (wrong, words) in [
            ("2  2026", "needs a month"),
            ("2 9 26", "four digits"),
            ("31 9 2026", "not a day"),
            ("2 Sep 2026", "in numbers"),
            ("+2 9 2026", "in numbers"),
            ("2 9 99999999999999", "in numbers"),
        ] {
            let said = day(&typed(wrong), "day").expect_err(wrong);
            assert!(said.contains(words), "{wrong}: {said}");
        }
        assert!(needed_day(&typed(""), "first day").is_err());
    }

    #[test]
    fn a_typed_term_is_read_whole_or_says_everything_that_is_wrong() {
        let good = TypedTerm {
            season: "autumn".into(),
            academic_year: "2026".into(),
            days: ["2 9 2026", "18 12 2026", "26 10 2026", "30 10 2026"].map(typed),
        };
        assert_eq!(good.read(&[]).map(|term| term.days), Ok(period("2026-09-02", "2026-12-18")));
        let fields = |term: &TypedTerm| term.read(&[]).expect_err("faults").into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        assert_eq!(fields(&TypedTerm::default()), ["season", "academic-year", "first", "last"]);
        let half = TypedTerm { days: ["2 9 2026", "18 12 2026", "26 10 2026", ""].map(typed), ..good.clone() };
        assert_eq!(fields(&half), ["half-last"]);
        let backwards = TypedTerm { days: ["18 12 2026", "2 9 2026", "", ""].map(typed), ..good };
        assert_eq!(fields(&backwards), ["last"]);
    }

    #[test]
    fn closed_days_are_one_day_or_up_to_a_term() {
        assert_eq!(closed_days(&typed("27 11 2026"), &typed("")), Ok(period("2026-11-27", "2026-11-27")));
        assert!(closed_days(&typed("27 11 2026"), &typed("26 11 2026")).is_err());
        assert!(closed_days(&typed("1 1 2026"), &typed("1 6 2026")).is_err());
        assert!(closed_days(&typed(""), &typed("1 6 2026")).is_err());
    }
}
