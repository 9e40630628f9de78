//! Changing a booking: other dates, cancelling, approving, fetching and giving back. Who may, when, and what then follows.

use super::refusals::Refusal;
use super::reserve::{Decision, Shelf, Wish, decide};
use super::{Booking, By, Kind, Slot, State};
use crate::base::days::{self, Day, Period};
use crate::year::SchoolCalendar;

/// Decides other days or another copy. The old days are given up only when the new ones are won: both happen in one
/// transaction, so this looks at the shelf as if the booking were not on it.
///
/// # Errors
/// When the person may not, the booking is over, or a rule is in the way.
pub fn change(shelf: &Shelf, booking: &Booking, wish: &Wish) -> Result<Decision, Refusal> {
    may(&booking.slot, wish.by, shelf.today)?;
    if booking.slot.collected_on.is_some() && (wish.first != booking.slot.days.first() || wish.copy != Some(booking.slot.copy)) {
        return Err(Refusal::OnlyLastDay { first: booking.slot.days.first() });
    }
    let wish = Wish { kind: booking.slot.kind, ..wish.clone() };
    let decision = decide(shelf, &wish, Some(booking))?;
    if decision.state == State::Requested && booking.slot.collected_on.is_some() {
        return Err(Refusal::AskCoordinator);
    }
    if decision.days == booking.slot.days && decision.copy == booking.slot.copy {
        return Err(Refusal::NothingChanged);
    }
    Ok(decision)
}

/// The days that a decision adds at the end of a loan that is out, those on which the copy rests after it among them: what somebody may
/// be waiting for.
#[must_use]
pub fn prolonged(booking: &Booking, decision: &Decision) -> Option<Period> {
    let slot = &booking.slot;
    Period::new(days::add(slot.held_until, 1), decision.held_until).filter(|_| slot.is_out() && slot.kind == Kind::Loan)
}

/// Whether the person may change the booking at all.
#[must_use]
pub fn may_change(slot: &Slot, by: By, today: Day) -> bool {
    may(slot, by, today).is_ok()
}

/// Whether the booking can be cancelled, with a reason that others will read.
///
/// # Errors
/// When the person may not, the booking is over, was fetched, or no reason is given.
pub fn cancel(slot: &Slot, by: By, reason: &str, today: Day) -> Result<(), Refusal> {
    may(slot, by, today)?;
    if slot.is_out() {
        return Err(Refusal::Collected);
    }
    need(reason)
}

/// Whether the request can be approved.
///
/// # Errors
/// When the person is no coordinator, or the booking does not wait for approval or is past.
pub fn approve(slot: &Slot, by: By, today: Day) -> Result<(), Refusal> {
    if !by.is_coordinator() {
        return Err(Refusal::NotYours);
    }
    if slot.state != State::Requested {
        return Err(Refusal::NotRequested);
    }
    if slot.is_offer() {
        return Err(Refusal::Offered);
    }
    if slot.is_over(today) || has_lapsed(slot, today) { Err(Refusal::Over) } else { Ok(()) }
}

/// Whether the request can be declined, with a reason that the school will read.
///
/// # Errors
/// As [`approve`], and when no reason is given. A request whose days are past can still be declined, to clear it away.
pub fn decline(slot: &Slot, by: By, reason: &str) -> Result<(), Refusal> {
    if !by.is_coordinator() {
        return Err(Refusal::NotYours);
    }
    if slot.state != State::Requested {
        return Err(Refusal::NotRequested);
    }
    if slot.is_offer() {
        return Err(Refusal::Offered);
    }
    need(reason)
}

/// What stands with a request that nobody answered in time.
pub const LAPSED: &str = "Nobody answered it before its first day was over";

/// Whether a request has lapsed: its first day is over, and nobody has answered. Until then it can be approved, also one that was made
/// this morning for today.
#[must_use]
pub fn has_lapsed(slot: &Slot, today: Day) -> bool {
    slot.state == State::Requested && !slot.is_offer() && slot.days.first() < today
}

/// Whether the school can fetch it today: from the last school day before its first day, when nobody else has it.
/// `out` is the copy's booking that is out now.
///
/// # Errors
/// When the person may not, it is not confirmed, too early, fetched already, or another school still has it.
pub fn collect(slot: &Slot, by: By, today: Day, calendar: &SchoolCalendar, out: Option<(&Slot, &str, &str)>) -> Result<(), Refusal> {
    if slot.collected_on.is_some() {
        return Err(Refusal::AlreadyCollected);
    }
    may(slot, by, today)?;
    if slot.kind != Kind::Loan {
        return Err(Refusal::NotOut);
    }
    if slot.state != State::Confirmed {
        return Err(Refusal::NotApproved);
    }
    let from = calendar.previous(days::add(slot.days.first(), -1), Some(slot.school)).unwrap_or(slot.days.first());
    if today < from {
        return Err(Refusal::TooEarly { from });
    }
    match out {
        Some((_, tag, holder)) => Err(Refusal::OutElsewhere { tag: tag.to_owned(), holder: holder.to_owned() }),
        None => Ok(()),
    }
}

/// What giving back changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back {
    /// The loan's days: a loan given back early ends then, so that others can have the rest.
    pub days: Period,
    /// The last day on which nobody else can have it.
    pub held_until: Day,
}

/// Gives it back today.
///
/// # Errors
/// When the person may not, or it is not out.
pub fn hand_back(slot: &Slot, by: By, today: Day) -> Result<Back, Refusal> {
    if !by.may_act_for(slot.school) {
        return Err(Refusal::NotYours);
    }
    if !slot.is_out() {
        return Err(Refusal::NotOut);
    }
    Ok(ended(slot, today))
}

/// What is left of a loan that ends on this day: what it does not use is free again. One that is late keeps its days.
#[must_use]
pub fn ended(slot: &Slot, on: Day) -> Back {
    let turnaround = (slot.held_until - slot.days.last()).num_days();
    let last = slot.days.last().min(on).max(slot.days.first());
    let days = Period::new(slot.days.first(), last).unwrap_or(slot.days);
    Back { days, held_until: days::add(last, turnaround) }
}

/// The first day of a loan that is fetched today. When the school has it before its first day, the days until then are its own from now
/// on, as far as they are free: nobody else can have the copy while it is there. `others` are the copy's live bookings.
#[must_use]
pub fn begins<'a>(slot: &Slot, others: impl Iterator<Item = &'a Slot>, today: Day) -> Day {
    let before = others.filter(|other| other.id != slot.id && other.held_until >= today && other.days.first() < slot.days.first());
    before.map(|other| days::add(other.held_until, 1)).fold(today, Day::max).min(slot.days.first())
}

fn may(slot: &Slot, by: By, today: Day) -> Result<(), Refusal> {
    if !by.may_act_for(slot.school) || (slot.kind == Kind::Restock && !by.is_coordinator()) {
        return Err(Refusal::NotYours);
    }
    if slot.is_offer() && slot.state.is_live() {
        return Err(Refusal::Offered);
    }
    if slot.is_over(today) { Err(Refusal::Over) } else { Ok(()) }
}

fn need(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() { Err(Refusal::ReasonNeeded) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::reserve::tests::{shelf, wish};
    use super::super::samples::{BOX, MONK_FRYSTON, SAXTON, calendar, day, period, slot};
    use super::*;
    use crate::base::ids::{CopyId, PersonId};

    fn booking(slot: Slot) -> Booking {
        Booking {
            slot: Slot { school: SAXTON, ..slot },
            person: PersonId(1),
            class_name: "Year 4".into(),
            purpose: String::new(),
            pupils: None,
            sequence: 0,
            override_reason: String::new(),
            ended_reason: String::new(),
            repeated_from: None,
        }
    }

    #[test]
    fn a_request_lapses_when_its_first_day_is_over() {
        let asked = Slot { state: State::Requested, ..slot(1, "2026-10-12", "2026-10-16") };
        assert!(!has_lapsed(&asked, day("2026-10-12")), "it may have been made this morning");
        assert!(has_lapsed(&asked, day("2026-10-13")) && has_lapsed(&asked, day("2027-10-13")));
        for state in [State::Confirmed, State::Declined, State::Cancelled] {
            assert!(!has_lapsed(&Slot { state, ..asked }, day("2026-10-13")));
        }
        let offer = Slot { offer_until: Some("2026-10-14T00:00:00Z".parse().unwrap()), ..asked };
        assert!(!has_lapsed(&offer, day("2026-10-13")), "what is offered has an end of its own");
    }

    #[test]
    fn what_is_fetched_early_begins_as_early_as_the_days_are_free() {
        let loan = slot(1, "2026-10-12", "2026-10-16");
        assert_eq!(begins(&loan, [].iter(), day("2026-10-08")), day("2026-10-08"));
        assert_eq!(begins(&loan, [].iter(), day("2026-10-13")), day("2026-10-12"), "on time or later it stays as it is");
        // Another's last day is today; its turnaround, and a loan that never came, are in between.
        let ends = slot(2, "2026-10-05", "2026-10-08");
        assert_eq!(begins(&loan, [ends].iter(), day("2026-10-08")), day("2026-10-09"));
        let between = slot(3, "2026-10-09", "2026-10-11");
        assert_eq!(begins(&loan, [ends, between].iter(), day("2026-10-08")), day("2026-10-12"));
        let after = slot(4, "2026-10-19", "2026-10-23");
        assert_eq!(begins(&loan, [after, loan].iter(), day("2026-10-08")), day("2026-10-08"), "neither what follows nor itself");
    }

    #[test]
    fn other_days_are_decided_as_if_the_booking_were_not_there() {
        let old = booking(slot(1, "2026-11-09", "2026-11-20"));
        let shelf = shelf(vec![old.slot, slot(2, "2026-11-30", "2026-12-04")]);
        let to = |first: &str, last: &str| change(&shelf, &old, &Wish { copy: Some(BOX), ..wish(first, last) });
        assert_eq!(to("2026-11-12", "2026-11-25").unwrap().days, period("2026-11-12", "2026-11-25"));
        assert!(matches!(to("2026-11-12", "2026-12-01"), Err(Refusal::Taken(_))));
        assert_eq!(to("2026-11-09", "2026-11-22"), Err(Refusal::NothingChanged), "a Sunday moves back to the Friday");
        assert_eq!(to("2026-11-16", "2026-11-18").unwrap().days, period("2026-11-16", "2026-11-18"));
    }

    #[test]
    fn giving_days_up_needs_no_rules_leave_and_no_new_approval() {
        let old = booking(slot(1, "2026-11-09", "2026-12-18"));
        let mut shelf = shelf(vec![old.slot]);
        shelf.rules.approval_needed = true;
        shelf.own = crate::bookings::reserve::tests::three("2026-11-01", "2026-12-31");
        let shorter = Wish { copy: Some(BOX), ..wish("2026-11-09", "2026-12-16") };
        assert_eq!(change(&shelf, &old, &shorter).unwrap().state, State::Confirmed);
        let moved = Wish { copy: Some(BOX), ..wish("2027-01-11", "2027-01-15") };
        assert_eq!(change(&shelf, &old, &moved).unwrap().state, State::Requested);
    }

    #[test]
    fn a_loan_that_was_fetched_changes_only_its_last_day() {
        let out = Slot { collected_on: Some(day("2026-10-05")), ..slot(1, "2026-10-05", "2026-10-16") };
        let old = booking(out);
        let shelf = shelf(vec![old.slot]);
        let to = |first: &str, last: &str, copy| change(&shelf, &old, &Wish { copy: Some(copy), ..wish(first, last) });
        assert_eq!(to("2026-10-05", "2026-10-23", BOX).unwrap().days, period("2026-10-05", "2026-10-23"));
        assert_eq!(to("2026-10-05", "2026-10-14", BOX).unwrap().days, period("2026-10-05", "2026-10-14"));
        assert!(matches!(to("2026-10-05", "2026-10-13", BOX), Err(Refusal::Past { .. })));
        assert_eq!(to("2026-10-06", "2026-10-16", BOX), Err(Refusal::OnlyLastDay { first: day("2026-10-05") }));
        assert_eq!(to("2026-10-05", "2026-10-16", CopyId(11)), Err(Refusal::OnlyLastDay { first: day("2026-10-05") }));
        // Late already: it can be prolonged while nobody else waits for it.
        let late = booking(Slot { collected_on: Some(day("2026-09-28")), ..slot(1, "2026-09-28", "2026-10-09") });
        let shelf = shelf_of(&late);
        let prolonged = Wish { copy: Some(BOX), ..wish("2026-09-28", "2026-10-16") };
        assert_eq!(change(&shelf, &late, &prolonged).unwrap().days, period("2026-09-28", "2026-10-16"));
    }

    #[test]
    fn only_what_is_out_is_prolonged_and_only_at_its_end() {
        let out = booking(Slot { collected_on: Some(day("2026-10-05")), ..slot(1, "2026-10-05", "2026-10-16") });
        let to = |of: &Booking, last: &str| {
            let shelf = shelf_of(of);
            prolonged(of, &change(&shelf, of, &Wish { copy: Some(BOX), ..wish("2026-10-05", last) }).unwrap())
        };
        assert_eq!(to(&out, "2026-10-23"), Some(period("2026-10-17", "2026-10-23")));
        assert_eq!(to(&out, "2026-10-14"), None, "shorter is always fine");
        let planned = booking(slot(1, "2026-10-19", "2026-10-23"));
        let shelf = shelf_of(&planned);
        let longer = change(&shelf, &planned, &Wish { copy: Some(BOX), ..wish("2026-10-19", "2026-11-06") }).unwrap();
        assert_eq!(prolonged(&planned, &longer), None, "what is not out yet holds nobody up");
    }

    fn shelf_of(booking: &Booking) -> Shelf {
        shelf(vec![booking.slot])
    }

    #[test]
    fn who_may_and_when() {
        let today = day("2026-10-14");
        let coming = booking(slot(1, "2026-11-09", "2026-11-20")).slot;
        assert_eq!(cancel(&coming, By::School(SAXTON), "Trip moved", today), Ok(()));
        assert_eq!(cancel(&coming, By::Coordinator, "School closed", today), Ok(()));
        assert_eq!(cancel(&coming, By::School(MONK_FRYSTON), "x", today), Err(Refusal::NotYours));
        assert_eq!(cancel(&coming, By::School(SAXTON), " ", today), Err(Refusal::ReasonNeeded));
        assert_eq!(cancel(&coming, By::School(SAXTON), "x", day("2026-11-21")), Err(Refusal::Over));
        let out = Slot { collected_on: Some(today), ..coming };
        assert_eq!(cancel(&out, By::School(SAXTON), "x", today), Err(Refusal::Collected));
        let asked = Slot { state: State::Requested, ..coming };
        assert_eq!(approve(&asked, By::Coordinator, today), Ok(()));
        assert_eq!(approve(&asked, By::School(SAXTON), today), Err(Refusal::NotYours));
        assert_eq!(approve(&coming, By::Coordinator, today), Err(Refusal::NotRequested));
        assert_eq!(approve(&asked, By::Coordinator, day("2026-11-21")), Err(Refusal::Over));
        assert_eq!(decline(&asked, By::Coordinator, ""), Err(Refusal::ReasonNeeded));
        assert_eq!(decline(&asked, By::Coordinator, "Being mended"), Ok(()));
    }

    #[test]
    fn fetching_starts_on_the_last_school_day_before() {
        let cal = calendar();
        let loan = booking(slot(1, "2026-11-03", "2026-11-13")).slot;
        let on = |today: &str| collect(&loan, By::School(SAXTON), day(today), &cal, None);
        assert_eq!(on("2026-10-22"), Err(Refusal::TooEarly { from: day("2026-10-23") }));
        assert_eq!(on("2026-10-23"), Ok(()), "the Friday before half-term");
        assert_eq!(on("2026-11-13"), Ok(()));
        assert_eq!(on("2026-11-14"), Err(Refusal::Over));
        let asked = Slot { state: State::Requested, ..loan };
        assert_eq!(collect(&asked, By::School(SAXTON), day("2026-11-03"), &cal, None), Err(Refusal::NotApproved));
        let other = slot(2, "2026-10-19", "2026-10-23");
        let held = collect(&loan, By::School(SAXTON), day("2026-11-03"), &cal, Some((&other, "EL1", "Monk Fryston")));
        assert_eq!(held.unwrap_err().message(), "Monk Fryston still has EL1. Its return must be recorded first");
    }

    #[test]
    fn what_is_offered_is_answered_on_its_own_page_and_nowhere_else() {
        let loan = booking(slot(1, "2026-11-03", "2026-11-13")).slot;
        let offer = Slot { state: State::Requested, offer_until: Some(crate::base::clock::midnight(day("2026-10-24"))), ..loan };
        let today = day("2026-10-22");
        assert_eq!(offer.offered_to(), Some(day("2026-10-23")));
        assert!(offer.is_offer() && !offer.is_request());
        assert_eq!(cancel(&offer, By::School(SAXTON), "Not needed", today), Err(Refusal::Offered));
        assert_eq!(approve(&offer, By::Coordinator, today), Err(Refusal::Offered));
        assert_eq!(decline(&offer, By::Coordinator, "No"), Err(Refusal::Offered));
        assert_eq!(collect(&offer, By::School(SAXTON), day("2026-11-03"), &calendar(), None), Err(Refusal::Offered));
        assert!(!may_change(&offer, By::Coordinator, today));
    }

    #[test]
    fn giving_back_early_frees_the_rest() {
        let out = Slot {
            collected_on: Some(day("2026-11-03")),
            held_until: day("2026-11-15"),
            ..booking(slot(1, "2026-11-03", "2026-11-13")).slot
        };
        let back = |today: &str| hand_back(&out, By::School(SAXTON), day(today));
        assert_eq!(back("2026-11-10"), Ok(Back { days: period("2026-11-03", "2026-11-10"), held_until: day("2026-11-12") }));
        assert_eq!(back("2026-11-20"), Ok(Back { days: out.days, held_until: day("2026-11-15") }), "late changes no day of the plan");
        assert_eq!(hand_back(&out, By::School(MONK_FRYSTON), day("2026-11-10")), Err(Refusal::NotYours));
        let home = Slot { returned_on: Some(day("2026-11-10")), ..out };
        assert_eq!(hand_back(&home, By::Coordinator, day("2026-11-10")), Err(Refusal::NotOut));
    }
}
