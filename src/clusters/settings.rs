//! The rules of a cluster as the settings page has them: read from what is typed, and said in words before and after a change.
//!
//! What must always hold: an unreadable amount is a message and never nought (product rule 6); money is whole pence.

use super::longest::Longest;

/// The settings beside the booking rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Further {
    /// From this hour on, in London, letters that can wait go out.
    pub mail_from_hour: u32,
    /// Until this hour.
    pub mail_to_hour: u32,
    /// School days after which a copy has been on its way for too long.
    pub transit_days: u32,
    /// School days for which an offer of the waiting list is held.
    pub offer_days: u32,
    /// Minutes for which an act that frees days can be undone; 0: not at all.
    pub undo_minutes: u32,
    /// From this price on, in pence, a thing belongs into the asset register.
    pub asset_threshold_pence: i64,
    /// Months between two electrical tests.
    pub electrical_test_months: u32,
}

impl Default for Further {
    fn default() -> Self {
        Self {
            mail_from_hour: 7,
            mail_to_hour: 19,
            transit_days: 3,
            offer_days: 2,
            undo_minutes: 2,
            asset_threshold_pence: 10_000,
            electrical_test_months: 24,
        }
    }
}

/// All the settings of a cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct All {
    /// The booking rules.
    pub rules: Settings,
    /// The others.
    pub further: Further,
}

/// The settings as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    /// `days`, `weeks`, `half_term` or `term`.
    pub longest_loan_unit: String,
    /// How many days or school weeks; of no matter for the others.
    pub longest_loan_days: String,
    /// Days, or empty.
    pub furthest_ahead_days: String,
    /// School days.
    pub shortest_notice_days: String,
    /// Bookings.
    pub most_live_bookings: String,
    /// Days.
    pub turnaround_days: String,
    /// `yes` or `no`.
    pub approval_needed: String,
    /// `yes` or `no`.
    pub non_school_days: String,
    /// An hour.
    pub mail_from_hour: String,
    /// An hour.
    pub mail_to_hour: String,
    /// School days.
    pub transit_days: String,
    /// School days.
    pub offer_days: String,
    /// Minutes.
    pub undo_minutes: String,
    /// Pounds.
    pub asset_threshold: String,
    /// Months.
    pub electrical_test_months: String,
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The most that the asset register may start at: a million pounds.
const MOST_PENCE: i64 = 100_000_000;

/// Whole pence from pounds as people write them: `100`, `£100.00`, `1,200.50`.
#[must_use]
pub fn pence(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_prefix('£').unwrap_or(text).trim_start();
    let (pounds, pence) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let groups: Vec<&str> = pounds.split(',').collect();
    let grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    if !grouped || !groups.iter().all(|group| digits(group)) || !digits(pence) || pence.len() != 2 {
        return None;
    }
    let pounds: i64 = groups.concat().parse().ok()?;
    pounds.checked_mul(100)?.checked_add(pence.parse::<i64>().ok()?)
}

/// "£1,200.50".
#[must_use]
pub fn pounds(pence: i64) -> String {
    let whole = (pence / 100).to_string();
    let grouped: Vec<&str> = whole.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("£{}.{:02}", grouped.join(","), pence % 100)
}

impl From<&All> for Typed {
    fn from(all: &All) -> Self {
        let (rules, further) = (&all.rules, &all.further);
        Self {
            longest_loan_unit: rules.longest.unit().to_owned(),
            longest_loan_days: rules.longest.count().map(|count| count.to_string()).unwrap_or_default(),
            furthest_ahead_days: rules.furthest_ahead_days.map(|days| days.to_string()).unwrap_or_default(),
            shortest_notice_days: rules.shortest_notice_days.to_string(),
            most_live_bookings: rules.most_live_bookings.to_string(),
            turnaround_days: rules.turnaround_days.to_string(),
            approval_needed: yes_no(rules.approval_needed).to_owned(),
            non_school_days: yes_no(rules.non_school_days).to_owned(),
            mail_from_hour: further.mail_from_hour.to_string(),
            mail_to_hour: further.mail_to_hour.to_string(),
            transit_days: further.transit_days.to_string(),
            offer_days: further.offer_days.to_string(),
            undo_minutes: further.undo_minutes.to_string(),
            asset_threshold: pounds(further.asset_threshold_pence),
            electrical_test_months: further.electrical_test_months.to_string(),
        }
    }
}

impl Typed {
    /// The settings that are meant.
    ///
    /// # Errors
    /// Each field with something wrong, and what would be right.
    pub fn read(&self) -> Result<All, Vec<(&'static str, String)>> {
        let mut wrong = Vec::new();
        let mut number = |field: &'static str, text: &str, range: std::ops::RangeInclusive<u32>, what: &str| {
            let text = text.trim();
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let found = text.parse().ok().filter(|number| plain && range.contains(number));
            found.unwrap_or_else(|| {
                wrong.push((field, format!("{what} is a whole number from {} to {}", range.start(), range.end())));
                0
            })
        };
        let counted = match self.longest_loan_unit.as_str() {
            "days" => Some((Longest::MOST_DAYS, "The number of days")),
            "weeks" => Some((Longest::MOST_WEEKS, "The number of school weeks")),
            _ => None,
        };
        let count = counted.map(|(most, what)| number("longest_loan_days", &self.longest_loan_days, 1..=most, what));
        let longest = Longest::of(&self.longest_loan_unit, count);
        let furthest_ahead_days = (!self.furthest_ahead_days.trim().is_empty())
            .then(|| number("furthest_ahead_days", &self.furthest_ahead_days, 1..=3660, "How far ahead"));
        let shortest_notice_days = number("shortest_notice_days", &self.shortest_notice_days, 0..=60, "The shortest notice");
        let most_live_bookings = number("most_live_bookings", &self.most_live_bookings, 1..=1000, "The most bookings");
        let turnaround_days = number("turnaround_days", &self.turnaround_days, 0..=28, "The turnaround");
        let mail_from_hour = number("mail_from_hour", &self.mail_from_hour, 0..=23, "The first hour for mail");
        let mail_to_hour = number("mail_to_hour", &self.mail_to_hour, 1..=24, "The last hour for mail");
        let transit_days = number("transit_days", &self.transit_days, 1..=60, "The time on the way");
        let offer_days = number("offer_days", &self.offer_days, 1..=20, "The time for an offer");
        let undo_minutes = number("undo_minutes", &self.undo_minutes, 0..=60, "The time to undo");
        let electrical_test_months = number("electrical_test_months", &self.electrical_test_months, 1..=120, "The time between tests");
        if wrong.iter().all(|(field, _)| !field.starts_with("mail_")) && mail_from_hour >= mail_to_hour {
            wrong.push(("mail_to_hour", "Mail ends later than it begins: choose a later hour, or an earlier one to begin".into()));
        }
        let mut choice = |field: &'static str, text: &str| match text {
            "yes" => true,
            "no" => false,
            _ => {
                wrong.push((field, "Choose yes or no".into()));
                false
            }
        };
        let approval_needed = choice("approval_needed", &self.approval_needed);
        let non_school_days = choice("non_school_days", &self.non_school_days);
        let asset_threshold_pence = pence(&self.asset_threshold).filter(|pence| *pence <= MOST_PENCE).unwrap_or_else(|| {
            wrong.push(("asset_threshold", "Write the amount in pounds, for example 100 or £100.00, up to £1,000,000".into()));
            0
        });
        if longest.is_none() && wrong.iter().all(|(field, _)| *field != "longest_loan_days") {
            wrong.push(("longest_loan_unit", "Choose a half-term, a term, school weeks or days".into()));
        }
        let Some(longest) = longest.filter(|_| wrong.is_empty()) else { return Err(wrong) };
        Ok(All {
            rules: Settings {
                longest,
                furthest_ahead_days,
                shortest_notice_days,
                most_live_bookings,
                turnaround_days,
                approval_needed,
                non_school_days,
            },
            further: Further {
                mail_from_hour,
                mail_to_hour,
                transit_days,
                offer_days,
                undo_minutes,
                asset_threshold_pence,
                electrical_test_months,
            },
        })
    }
}

impl All {
    /// Each setting by its name in files, with its value in words.
    fn lines(&self) -> [(&'static str, String); 14] {
        let (rules, further) = (&self.rules, &self.further);
        [
            ("longest_loan", rules.longest.words()),
            ("furthest_ahead_days", rules.furthest_ahead_days.map_or_else(|| "end of next year".to_owned(), |days| days.to_string())),
            ("shortest_notice_days", rules.shortest_notice_days.to_string()),
            ("most_live_bookings", rules.most_live_bookings.to_string()),
            ("turnaround_days", rules.turnaround_days.to_string()),
            ("approval_needed", yes_no(rules.approval_needed).to_owned()),
            ("non_school_days", yes_no(rules.non_school_days).to_owned()),
            ("mail_from_hour", further.mail_from_hour.to_string()),
            ("mail_to_hour", further.mail_to_hour.to_string()),
            ("transit_days", further.transit_days.to_string()),
            ("offer_days", further.offer_days.to_string()),
            ("undo_minutes", further.undo_minutes.to_string()),
            ("asset_threshold", pounds(further.asset_threshold_pence)),
            ("electrical_test_months", further.electrical_test_months.to_string()),
        ]
    }

    /// What changes from these settings to others: name, value before, value after.
    #[must_use]
    pub fn changes(&self, to: &Self) -> Vec<(&'static str, String, String)> {
        let pairs = self.lines().into_iter().zip(to.lines());
        pairs.filter(|(before, after)| before != after).map(|((name, before), (_, after))| (name, before, after)).collect()
    }
}

/// The booking rules of a cluster, as its settings have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The longest loan.
    pub longest: Longest,
    /// How far ahead, in days; `None`: to the end of the next academic year.
    pub furthest_ahead_days: Option<u32>,
    /// Shortest notice, in school days of the school that books.
    pub shortest_notice_days: u32,
    /// Most loans of a school at the same time.
    pub most_live_bookings: u32,
    /// Days kept free after a booking.
    pub turnaround_days: u32,
    /// Whether every booking needs the coordinator's approval.
    pub approval_needed: bool,
    /// Whether bookings may start or end on days without school.
    pub non_school_days: bool,
}

impl Default for Settings {
    /// The defaults of product.md, "Booking rules".
    fn default() -> Self {
        Self {
            longest: Longest::HalfTerm,
            furthest_ahead_days: None,
            shortest_notice_days: 0,
            most_live_bookings: 3,
            turnaround_days: 0,
            approval_needed: false,
            non_school_days: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pounds_are_read_as_people_write_them_and_never_guessed() {
        for (text, wanted) in [("100", 10_000), ("£100.00", 10_000), (" £ 1,200.50 ", 120_050), ("0", 0), ("1,000,000", 100_000_000)] {
            assert_eq!(pence(text), Some(wanted), "{text}");
        }
        for wrong in ["", "£", "100.5", "100.555", "1,00", "12,34.00", "-5", "ten", "100 pounds", "1e3", ",100", "99999999999999999999"] {
            assert_eq!(pence(wrong), None, "{wrong}");
        }
        for amount in [0, 5, 10_000, 120_050, 100_000_000] {
            assert_eq!(pence(&pounds(amount)), Some(amount));
        }
        assert_eq!(pounds(120_050), "£1,200.50");
    }

    #[test]
    fn the_settings_are_read_back_as_they_were_shown() {
        let all = All::default();
        assert_eq!(Typed::from(&all).read(), Ok(all));
        let other = All {
            rules: Settings { longest: Longest::Weeks(6), furthest_ahead_days: Some(90), approval_needed: true, ..all.rules },
            ..all
        };
        assert_eq!(Typed::from(&other).read(), Ok(other));
        assert_eq!(
            all.changes(&other),
            [
                ("longest_loan", "a half-term".into(), "6 school weeks".into()),
                ("furthest_ahead_days", "end of next year".into(), "90".into()),
                ("approval_needed", "no".into(), "yes".into())
            ]
        );
        assert!(all.changes(&all).is_empty());
    }

    #[test]
    fn every_wrong_value_is_named_at_its_field() {
        let wrong = |change: fn(&mut Typed)| {
            let mut typed = Typed::from(&All::default());
            change(&mut typed);
            typed.read().expect_err("a fault").into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(wrong(|typed| typed.longest_loan_unit = "days".into()), ["longest_loan_days"], "how many?");
        assert_eq!(wrong(|typed| typed.longest_loan_unit = "years".into()), ["longest_loan_unit"]);
        assert_eq!(wrong(|typed| typed.turnaround_days = "+3".into()), ["turnaround_days"]);
        assert_eq!(wrong(|typed| typed.asset_threshold = "a lot".into()), ["asset_threshold"]);
        assert_eq!(wrong(|typed| typed.mail_to_hour = "7".into()), ["mail_to_hour"]);
        assert_eq!(wrong(|typed| typed.approval_needed = String::new()), ["approval_needed"]);
        assert_eq!(wrong(|typed| typed.offer_days = "21".into()), ["offer_days"]);
        assert_eq!(Typed::default().read().expect_err("faults").len(), 13, "how far ahead alone may be empty");
    }
}
