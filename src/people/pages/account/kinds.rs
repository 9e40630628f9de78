//! The kinds of letters there are, who gets them, and which of them one can switch off. A new kind of letter gets a row here.

use super::email::{CHANGED_LETTER, NEW_LETTER, OLD_LETTER, TAKEN_LETTER};
use crate::bookings::letters::{APPROVED, Because, CANCELLED, CHANGED, DECLINED, REQUESTED, RESERVED, TO_APPROVE};
use crate::handovers::attention_letters as attention;
use crate::handovers::leg_letters::{LEG_AGREED, LEG_CHANGED, LEG_DECLINED, LEG_PROPOSED};
use crate::handovers::letters::{FOUND, GIVEN, GIVEN_LATE, RECEIVED, REFUSED, TAKEN, WITHDRAWN};
use crate::handovers::reminders::{GATHERED, Rule, Switch, TABLE};
use crate::handovers::wait_letters as wait;
use crate::people::pages::SIGN_IN_LETTER;

/// Whether a letter can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Never.
    Always,
    /// By a science lead, when somebody else of the school made the booking. Who made it always gets it.
    AsLead,
    /// By a coordinator, as long as another one gets it.
    AsCoordinator,
    /// By everybody.
    Freely,
    /// It brings together what can wait: whoever does not want it gets each letter on its own again.
    Rhythm,
}

/// A kind of letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// As the letters have it.
    pub kind: &'static str,
    /// What it says, for people.
    pub name: &'static str,
    /// Who gets it.
    pub to: &'static str,
    /// Whether it can be switched off.
    pub choice: Choice,
    /// Whether it can wait for the daily or weekly letter of who may switch it off; what cannot comes at once.
    pub waits: bool,
}

/// Whom the coordinator's own letters go to.
const LEADS: &str = "The science leads of the school";
const BOOKER: &str = "Who booked, and the science leads of the school";

const BOTH_SIDES: &str = "The science leads of both schools, and the coordinators when something is wrong";

const WAITER: &str = "Who asked for the place, and the science leads of the school";

/// All of them but the reminders, which have a table of their own.
const OTHERS: &[Kind] = &[
    Kind { kind: RESERVED, name: "A box is reserved", to: BOOKER, choice: Choice::AsLead, waits: true },
    Kind { kind: REQUESTED, name: "A request is on its way to the coordinator", to: BOOKER, choice: Choice::AsLead, waits: true },
    Kind { kind: APPROVED, name: "A request is approved", to: BOOKER, choice: Choice::AsLead, waits: true },
    Kind { kind: DECLINED, name: "A request is not approved", to: BOOKER, choice: Choice::AsLead, waits: true },
    Kind { kind: CHANGED, name: "A booking has changed", to: BOOKER, choice: Choice::AsLead, waits: true },
    Kind { kind: CANCELLED, name: "A booking is cancelled", to: BOOKER, choice: Choice::AsLead, waits: true },
    Kind { kind: TO_APPROVE, name: "A request waits for approval", to: "The coordinators", choice: Choice::AsCoordinator, waits: true },
    Kind { kind: LEG_CHANGED, name: "A handover has changed", to: BOTH_SIDES, choice: Choice::Always, waits: false },
    Kind {
        kind: LEG_PROPOSED,
        name: "Another day or way is suggested for a handover",
        to: "The other school",
        choice: Choice::Always,
        waits: false,
    },
    Kind { kind: LEG_AGREED, name: "Another day or way is agreed on", to: BOTH_SIDES, choice: Choice::Always, waits: false },
    Kind {
        kind: LEG_DECLINED,
        name: "Another day or way is not agreed on",
        to: "The school that suggested it",
        choice: Choice::Always,
        waits: false,
    },
    Kind { kind: GIVEN, name: "A box is on its way to your school", to: BOTH_SIDES, choice: Choice::Always, waits: false },
    Kind { kind: RECEIVED, name: "A box was received, and what was counted", to: BOTH_SIDES, choice: Choice::Always, waits: false },
    Kind { kind: REFUSED, name: "A box that was given up was not taken", to: BOTH_SIDES, choice: Choice::Always, waits: false },
    Kind {
        kind: TAKEN,
        name: "A box was received that your school had not given up",
        to: BOTH_SIDES,
        choice: Choice::Always,
        waits: false,
    },
    Kind {
        kind: GIVEN_LATE,
        name: "The other count of a box that was received came later",
        to: BOTH_SIDES,
        choice: Choice::Always,
        waits: false,
    },
    Kind { kind: WITHDRAWN, name: "A box that was on its way was taken back", to: BOTH_SIDES, choice: Choice::Always, waits: false },
    Kind { kind: FOUND, name: "Somebody has found a box", to: "The coordinators", choice: Choice::Always, waits: false },
    Kind {
        kind: wait::JOINED,
        name: "Your school is on a waiting list",
        to: "Who asked for the place",
        choice: Choice::Always,
        waits: false,
    },
    Kind { kind: wait::OFFERED, name: "It is your turn on a waiting list", to: WAITER, choice: Choice::AsLead, waits: false },
    Kind { kind: wait::LAPSED, name: "An offer from a waiting list has run out", to: WAITER, choice: Choice::AsLead, waits: false },
    Kind { kind: wait::OVER, name: "A place on a waiting list has ended", to: WAITER, choice: Choice::AsLead, waits: false },
    Kind {
        kind: attention::BRING_BACK,
        name: "The coordinator asks when a box comes back",
        to: LEADS,
        choice: Choice::Always,
        waits: false,
    },
    Kind {
        kind: attention::RECEIVE,
        name: "The coordinator asks whether a box has arrived",
        to: LEADS,
        choice: Choice::Always,
        waits: false,
    },
    Kind { kind: attention::COUNT, name: "The coordinator asks for a count", to: LEADS, choice: Choice::Always, waits: false },
    Kind { kind: attention::OTHER_DATES, name: "Other dates for a booking at risk", to: LEADS, choice: Choice::Always, waits: false },
    Kind { kind: attention::MISSING, name: "A box is missing", to: LEADS, choice: Choice::Always, waits: false },
    Kind { kind: attention::FOUND, name: "A box is found again", to: LEADS, choice: Choice::Always, waits: false },
    Kind { kind: GATHERED, name: "Your daily or weekly letter", to: "Who wants letters together", choice: Choice::Rhythm, waits: false },
    Kind { kind: SIGN_IN_LETTER, name: "Your link to sign in", to: "Who asked for it", choice: Choice::Always, waits: false },
    Kind {
        kind: OLD_LETTER,
        name: "A new e-mail address: your old one is asked",
        to: "Who asked for it",
        choice: Choice::Always,
        waits: false,
    },
    Kind {
        kind: NEW_LETTER,
        name: "A new e-mail address: your new one is asked",
        to: "Who asked for it",
        choice: Choice::Always,
        waits: false,
    },
    Kind { kind: CHANGED_LETTER, name: "Your e-mail address has changed", to: "Who asked for it", choice: Choice::Always, waits: false },
    Kind {
        kind: TAKEN_LETTER,
        name: "Somebody tried to use your e-mail address",
        to: "Whose address it is",
        choice: Choice::Always,
        waits: false,
    },
];

/// All of them.
pub fn kinds() -> impl Iterator<Item = Kind> {
    let reminder = |rule: &Rule| {
        let choice = match rule.switch {
            Switch::NotForTheOwnBooking => Choice::AsLead,
            Switch::AsCoordinator => Choice::AsCoordinator,
            Switch::Freely => Choice::Freely,
        };
        Kind { kind: rule.kind, name: rule.name, to: rule.to, choice, waits: rule.waits }
    };
    OTHERS.iter().copied().chain(TABLE.iter().map(reminder))
}

/// Whether letters of a kind can wait for the daily or weekly letter of who may switch them off.
#[must_use]
pub fn can_wait(kind: &str) -> bool {
    kinds().any(|one| one.kind == kind && one.waits)
}

/// A kind that may be switched off by somebody, by its word.
#[must_use]
pub fn switchable(kind: &str) -> Option<Kind> {
    kinds().find(|one| one.kind == kind && one.choice != Choice::Always)
}

/// Whether somebody who gets a letter of this kind for this reason may have switched it off.
#[must_use]
pub fn can_be_muted(kind: &str, because: Because<'_>) -> bool {
    let choice = kinds().find(|one| one.kind == kind).map(|one| one.choice);
    matches!(
        (choice, because),
        (Some(Choice::AsLead), Because::LeadOf(_)) | (Some(Choice::AsCoordinator), Because::Coordinates(_)) | (Some(Choice::Freely), _)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_ones_own_booking_or_sign_in_cannot_be_switched_off() {
        for kind in kinds().filter(|kind| kind.choice != Choice::Freely) {
            assert!(!can_be_muted(kind.kind, Because::Booked), "{}", kind.kind);
        }
        assert!(can_be_muted(RESERVED, Because::LeadOf("Saxton")));
        assert!(can_be_muted(TO_APPROVE, Because::Coordinates("South Milford")));
        assert!(!can_be_muted(TO_APPROVE, Because::LeadOf("Saxton")));
        assert!(!can_be_muted(SIGN_IN_LETTER, Because::LeadOf("Saxton")));
        assert!(!can_be_muted("of another room", Because::LeadOf("Saxton")));
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
                "A request is not approved",
                "A booking has changed",
                "A booking is cancelled",
                "A request waits for approval",
                "A handover comes up in a week",
                "A box has not been counted",
            ]
        );
        assert!(kinds().filter(|kind| kind.waits).all(|kind| !matches!(kind.choice, Choice::Always | Choice::Rhythm)));
        assert!(can_wait(TO_APPROVE) && !can_wait(wait::OFFERED) && !can_wait(GATHERED));
    }

    #[test]
    fn each_kind_stands_once() {
        let mut names: Vec<_> = kinds().map(|kind| kind.kind).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kinds().count());
    }
}
