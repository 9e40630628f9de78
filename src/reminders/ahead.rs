//! What will be sent next, for who wants to know before it comes: read off the same functions that send it. Pure.

use super::{Due, LATE, Whom, late, of_leg};
use crate::base::days::Day;
use crate::bookings::Slot;
use crate::journeys::Leg;
use crate::mail::Kind;
use crate::year::SchoolCalendar;

/// A reminder that is to come, as things stand now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// The day on which it goes out.
    pub on: Day,
    /// What it is.
    pub kind: &'static Kind,
    /// To which side.
    pub to: Whom,
}

/// The next reminder of a leg to each of its sides; none where nothing more is to come.
#[must_use]
pub fn of_the_leg(leg: &Leg, calendar: &SchoolCalendar, today: Day) -> Vec<Ahead> {
    let due = |side: Whom, day: Day| -> Option<Due> { of_leg(leg, true, calendar, day).due.into_iter().find(|due| due.to == side) };
    let next = |side: Whom| {
        // What is due today and was not looked at yet goes today.
        let mut so_far = due(side, today);
        if let Some(due) = so_far.filter(|_| leg.look_on <= today) {
            return Some(Ahead { on: today, kind: due.kind, to: side });
        }
        let mut day = of_leg(leg, true, calendar, today).look_on;
        while day <= leg.day {
            let then = due(side, day);
            match then {
                Some(due) if so_far.is_none_or(|before| before.kind != due.kind) => {
                    return Some(Ahead { on: day, kind: due.kind, to: side });
                }
                _ => so_far = then,
            }
            day = of_leg(leg, true, calendar, day).look_on;
        }
        None
    };
    [Whom::Giver, Whom::Receiver].into_iter().filter_map(next).collect()
}

/// The next reminder of a loan that is late, or will be when it is not given back.
#[must_use]
pub fn of_the_loan(slot: &Slot, calendar: &SchoolCalendar, today: Day) -> Option<Ahead> {
    slot.is_out().then(|| late(slot.days.last(), slot.school, calendar, today).1).flatten().map(|on| Ahead {
        on,
        kind: LATE,
        to: Whom::Holder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::samples::slot;
    use crate::journeys::samples::leg;
    use crate::reminders::{DAY_BEFORE, WEEK_BEFORE};
    use crate::year::samples::{calendar, day};

    fn ahead(leg: &Leg, today: &str) -> Vec<(String, &'static str)> {
        of_the_leg(leg, &calendar(), day(today)).into_iter().map(|one| (one.on.to_string(), one.kind.key)).collect()
    }

    fn both(on: &str, kind: &Kind) -> Vec<(String, &'static str)> {
        vec![(on.to_owned(), Kind::among(crate::reminders::KINDS, kind.key).unwrap().key); 2]
    }

    #[test]
    fn both_sides_are_told_a_week_before_and_then_on_the_last_school_day() {
        let looked = |on: &str| Leg { look_on: day(on), ..leg("2026-12-07") };
        assert_eq!(ahead(&looked("2026-11-30"), "2026-11-23"), both("2026-11-30", WEEK_BEFORE));
        // It went this morning.
        assert_eq!(ahead(&looked("2026-12-04"), "2026-11-30"), both("2026-12-04", DAY_BEFORE));
        // It is due today and nobody has looked yet.
        assert_eq!(ahead(&looked("2026-12-04"), "2026-12-04").len(), 2);
        assert_eq!(ahead(&looked("2026-12-08"), "2026-12-04"), []);
    }

    #[test]
    fn what_is_foretold_is_what_is_sent() {
        for today in ["2026-11-23", "2026-11-27", "2026-11-30", "2026-12-02", "2026-12-04"] {
            let leg = Leg { look_on: day("2026-12-30"), ..leg("2026-12-07") };
            for one in of_the_leg(&leg, &calendar(), day(today)) {
                let sent = of_leg(&leg, true, &calendar(), one.on);
                assert!(sent.due.iter().any(|due| due.kind == one.kind && due.to == one.to), "{today}: {one:?}");
            }
        }
    }

    #[test]
    fn a_late_loan_is_reminded_of_on_the_day_that_the_rule_says() {
        let out = Slot { collected_on: Some(day("2026-11-09")), ..slot(1, "2026-11-09", "2026-11-20") };
        assert_eq!(of_the_loan(&out, &calendar(), day("2026-11-18")).map(|one| one.on.to_string()).as_deref(), Some("2026-11-23"));
        assert_eq!(of_the_loan(&out, &calendar(), day("2026-11-23")).map(|one| one.on.to_string()).as_deref(), Some("2026-11-26"));
        assert_eq!(of_the_loan(&Slot { returned_on: Some(day("2026-11-20")), ..out }, &calendar(), day("2026-11-23")), None);
    }
}
