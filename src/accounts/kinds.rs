//! The kinds of letters there are: the lists of all rooms, in the order in which one chooses among them. A new room gets a line here.

use crate::accounts;
use crate::attention::letters;
use crate::bookings::letters as bookings;
use crate::clusters::letters as founding_letters;
use crate::handovers::letters as handovers;
use crate::joining::letters as joining;
use crate::journeys::letters as leg_letters;
use crate::mail::Kind;
use crate::reminders;
use crate::waiting::letters as wait_letters;

const ROOMS: [&[&Kind]; 9] = [
    bookings::KINDS,
    leg_letters::KINDS,
    handovers::KINDS,
    wait_letters::KINDS,
    letters::KINDS,
    reminders::KINDS,
    accounts::KINDS,
    joining::KINDS,
    founding_letters::KINDS,
];

/// All of them.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    ROOMS.iter().copied().flatten().copied()
}

/// The kind with this key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Kind> {
    kinds().find(|kind| kind.key == key)
}

/// A kind that may be switched off by somebody, by its key.
#[must_use]
pub fn switchable(key: &str) -> Option<&'static Kind> {
    find(key).filter(|kind| kind.is_switchable())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::letters::{Because, RESERVED, TO_APPROVE};
    use crate::mail::Choice;

    #[test]
    fn what_concerns_ones_own_booking_or_sign_in_cannot_be_switched_off() {
        for kind in kinds().filter(|kind| kind.choice != Choice::Freely) {
            assert!(!Because::Booked.may_mute(kind), "{kind}");
        }
        assert!(Because::LeadOf("Saxton").may_mute(RESERVED));
        assert!(Because::Coordinates("South Milford").may_mute(TO_APPROVE));
        assert!(!Because::LeadOf("Saxton").may_mute(TO_APPROVE));
        assert!(!Because::LeadOf("Saxton").may_mute(accounts::SIGN_IN));
    }

    #[test]
    fn only_what_may_be_switched_off_and_is_not_about_tomorrow_can_wait() {
        let waiting: Vec<_> = kinds().filter(|kind| kind.waits).map(|kind| kind.name).collect();
        assert_eq!(
            waiting,
            [
                "A box is reserved",
                "A request is on its way to the coordinator",
                "A request is approved",
                "A request is not approved, or not answered",
                "A booking has changed",
                "A booking is cancelled",
                "A request waits for approval",
                "A handover comes up in a week",
                "A box has not been counted",
            ]
        );
        assert!(kinds().filter(|kind| kind.waits).all(|kind| !matches!(kind.choice, Choice::Always | Choice::Once | Choice::Rhythm)));
        let can_wait = |kind: &Kind| find(kind.key).is_some_and(|kind| kind.waits);
        assert!(can_wait(TO_APPROVE) && !can_wait(wait_letters::OFFERED) && !can_wait(reminders::GATHERED));
    }

    #[test]
    fn each_kind_stands_once() {
        let mut names: Vec<_> = kinds().map(|kind| kind.key).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kinds().count());
    }
}
