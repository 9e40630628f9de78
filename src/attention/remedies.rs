//! What helps, as a table: what is wrong and what is there, to what can be done about it, the best first. Pure. A page shows what stands here and
//! nothing else, so that no button leads to "that is not possible".

use super::{Found, Request, Trouble};
use crate::bookings::Risk;

/// What is there to help a booking at risk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct There {
    /// Another copy that is whole and free on the same days.
    pub another: bool,
    /// Other days on which a whole copy is free.
    pub dates: bool,
    /// Somebody at the school of the booking who can be asked.
    pub lead: bool,
}

/// What can be done for a booking at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The same days on another copy.
    Move,
    /// Ask the school whether what is in it will do.
    AskIfEnough,
    /// Ask who has the copy, or is to receive it.
    Ask(Request),
    /// Suggest other days.
    Dates,
    /// Nothing that a button does: the booking's own page, to talk about it.
    Talk,
}

/// What can be done for a booking that is at risk for this reason, the best first.
#[must_use]
pub fn for_booking(why: &Risk, there: There) -> Vec<Remedy> {
    let mut all = Vec::new();
    let mut offer = |remedy: Remedy, possible: bool| {
        if possible {
            all.push(remedy);
        }
    };
    offer(Remedy::Move, there.another);
    match why {
        Risk::Late { .. } => offer(Remedy::Ask(Request::BringBack), true),
        Risk::OnTheWay { .. } => offer(Remedy::Ask(Request::Receive), true),
        Risk::Incomplete(_) => offer(Remedy::AskIfEnough, there.lead),
        Risk::Missing { .. } | Risk::OutOfService(_) => {}
    }
    offer(Remedy::Dates, there.dates && there.lead);
    if all.is_empty() {
        all.push(Remedy::Talk);
    }
    all
}

/// What can be done about a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask a school.
    Ask(Request),
    /// Say where it is.
    Found(Found),
    /// Say that nobody knows where it is.
    MarkMissing,
}

/// What can be done about a copy in this trouble, the best first. `at_home`: whether the school that has it, or had it last, is where its
/// store is.
#[must_use]
pub fn for_copy(trouble: Trouble, at_home: bool) -> Vec<Step> {
    match trouble {
        Trouble::Late(_) => vec![Step::Ask(Request::BringBack), Step::MarkMissing],
        Trouble::LongOnTheWay(_) => vec![Step::Ask(Request::Receive), Step::MarkMissing],
        Trouble::Missing if at_home => vec![Step::Found(Found::Store)],
        Trouble::Missing => vec![Step::Found(Found::Store), Step::Found(Found::School)],
        Trouble::WithoutBooking => vec![Step::Ask(Request::BringBack), Step::Found(Found::Store), Step::MarkMissing],
        Trouble::NotCounted => vec![Step::Ask(Request::Count)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::year::samples::{SAXTON, day};

    #[test]
    fn what_helps_a_booking_stands_in_the_table_and_nothing_else() {
        use Remedy::{Ask, AskIfEnough, Dates, Move, Talk};
        let (late, on_the_way) =
            (Risk::Late { holder: SAXTON, since: day("2026-11-20") }, Risk::OnTheWay { from: SAXTON, since: day("2026-11-20") });
        let missing = Risk::Missing { last: SAXTON, since: day("2026-11-20") };
        let (repair, short) = (Risk::OutOfService("being repaired".into()), Risk::Incomplete("Mirror: 23 of 30 missing".into()));
        let nothing = There::default();
        let lead = There { lead: true, ..nothing };
        let another = There { another: true, ..lead };
        let dates = There { dates: true, ..lead };
        let all = There { another: true, ..dates };
        let (back, receive) = (Ask(Request::BringBack), Ask(Request::Receive));
        for (why, there, expected) in [
            (&late, nothing, vec![back]),
            (&late, another, vec![Move, back]),
            (&late, dates, vec![back, Dates]),
            (&late, all, vec![Move, back, Dates]),
            (&on_the_way, nothing, vec![receive]),
            (&on_the_way, all, vec![Move, receive, Dates]),
            (&missing, nothing, vec![Talk]),
            (&missing, lead, vec![Talk]),
            (&missing, another, vec![Move]),
            (&missing, dates, vec![Dates]),
            (&missing, all, vec![Move, Dates]),
            (&repair, nothing, vec![Talk]),
            (&repair, all, vec![Move, Dates]),
            (&short, nothing, vec![Talk]),
            (&short, lead, vec![AskIfEnough]),
            (&short, another, vec![Move, AskIfEnough]),
            (&short, dates, vec![AskIfEnough, Dates]),
            (&short, all, vec![Move, AskIfEnough, Dates]),
            // Days that can be suggested to nobody are no remedy.
            (&missing, There { dates: true, ..nothing }, vec![Talk]),
        ] {
            assert_eq!(for_booking(why, there), expected, "{why:?} {there:?}");
        }
    }

    #[test]
    fn what_helps_a_copy_stands_in_the_table_and_nothing_else() {
        use Step::{Ask, MarkMissing};
        let (store, school) = (Step::Found(Found::Store), Step::Found(Found::School));
        for (trouble, at_home, expected) in [
            (Trouble::Late(day("2026-11-20")), false, vec![Ask(Request::BringBack), MarkMissing]),
            (Trouble::LongOnTheWay(4), false, vec![Ask(Request::Receive), MarkMissing]),
            (Trouble::Missing, false, vec![store, school]),
            (Trouble::Missing, true, vec![store]),
            (Trouble::WithoutBooking, false, vec![Ask(Request::BringBack), store, MarkMissing]),
            (Trouble::NotCounted, false, vec![Ask(Request::Count)]),
        ] {
            assert_eq!(for_copy(trouble, at_home), expected, "{trouble:?} {at_home}");
        }
    }
}
