//! Ending a role, and handing on what is in somebody's name: the rules.
//!
//! The days of a role are inclusive: whoever has it until the 31st has it on the 31st. "Now" must count at once, so such a
//! role ended yesterday; a role that began today or later never was. A cluster keeps somebody who runs it.

use super::RoleKind;
use super::roles::Held;
use crate::base::days::{self, Day};
use crate::base::ids::{PersonId, SchoolId};

/// When a role is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At once.
    Now,
    /// At the end of the day.
    Day(Day),
}

/// What becomes of a role that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has this last day.
    On(Day),
    /// It had no day at all: the row goes.
    Never,
}

/// Why a role does not end so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndRefusal {
    /// Before today.
    #[error("The last day must be today or later")]
    Past,
    /// Before it begins.
    #[error("The role begins on {}. The last day must be that day or later, or choose “Now”", days::long(*.0))]
    BeforeStart(Day),
    /// It has ended.
    #[error("This role is over: its last day was {}", days::long(*.0))]
    Over(Day),
    /// Nobody else runs the cluster afterwards.
    #[error("Nobody else is the coordinator for good. Make somebody else coordinator first: a cluster needs one")]
    LastCoordinator,
}

/// What ending the role so comes to; `coordinators` are the roles of coordinators that are not over.
///
/// # Errors
/// Why not.
pub fn end(role: &Held, until: Until, today: Day, coordinators: &[Held]) -> Result<End, EndRefusal> {
    if let Some(to) = role.to.filter(|to| *to < today) {
        return Err(EndRefusal::Over(to));
    }
    let last = match until {
        Until::Day(day) if day < today => return Err(EndRefusal::Past),
        Until::Day(day) if day < role.from => return Err(EndRefusal::BeforeStart(role.from)),
        Until::Day(day) => day,
        Until::Now => days::add(today, -1),
    };
    let next = days::add(last, 1);
    let stays = |other: &Held| other.id != role.id && other.kind == RoleKind::Coordinator && other.to.is_none() && other.from <= next;
    if role.kind == RoleKind::Coordinator && !coordinators.iter().any(stays) {
        return Err(EndRefusal::LastCoordinator);
    }
    Ok(if last < role.from { End::Never } else { End::On(last) })
}

/// A booking that may be without anybody, and who answers for it: its keeper, or else who booked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InHand {
    /// Who.
    pub person: PersonId,
    /// The school that has it.
    pub school: SchoolId,
    /// Its last day.
    pub last: Day,
}

/// Whether a booking is the school's own now: whoever answers for it will have left before it ends. `roles` are all roles of
/// that person in this cluster. Who was a lead of that school answers as long as he is one; others (a coordinator who booked
/// on its behalf) as long as they have any role.
#[must_use]
pub fn waits_for_somebody(booking: InHand, roles: &[Held], today: Day) -> bool {
    let needed = booking.last.max(today);
    let of_person = || roles.iter().filter(|role| role.person == booking.person);
    let lead_there = |role: &&Held| role.kind.leads() && role.school.as_ref().is_some_and(|school| school.id == booking.school);
    let covers = |role: &Held| role.from <= needed && role.to.is_none_or(|to| to >= needed);
    if of_person().any(|role| lead_there(&role)) { !of_person().filter(lead_there).any(covers) } else { !of_person().any(covers) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::base::ids::RoleId;
    use crate::people::RoleSchool;

    fn on(text: &str) -> Day {
        parse_iso(text).expect("a day")
    }

    fn role(id: i64, kind: RoleKind, from: &str, to: Option<&str>) -> Held {
        let school = kind.needs_school().then(|| RoleSchool { id: SchoolId(7), short_name: "Saxton".into() });
        Held { id: RoleId(id), person: PersonId(id), kind, school, from: on(from), to: to.map(on) }
    }

    #[test]
    fn a_role_ends_on_a_day_or_at_once() {
        let (today, lead) = (on("2026-11-23"), role(1, RoleKind::Ssl, "2026-09-01", None));
        assert_eq!(end(&lead, Until::Day(today), today, &[]), Ok(End::On(today)));
        assert_eq!(end(&lead, Until::Now, today, &[]), Ok(End::On(on("2026-11-22"))));
        assert_eq!(end(&lead, Until::Day(on("2026-11-22")), today, &[]), Err(EndRefusal::Past));
        let fresh = role(1, RoleKind::Ssl, "2026-11-23", None);
        assert_eq!(end(&fresh, Until::Now, today, &[]), Ok(End::Never));
        let coming = role(1, RoleKind::Ssl, "2027-01-04", None);
        assert_eq!(end(&coming, Until::Now, today, &[]), Ok(End::Never));
        assert_eq!(end(&coming, Until::Day(today), today, &[]), Err(EndRefusal::BeforeStart(on("2027-01-04"))));
        let over = role(1, RoleKind::Ssl, "2026-09-01", Some("2026-11-22"));
        assert_eq!(end(&over, Until::Now, today, &[]), Err(EndRefusal::Over(on("2026-11-22"))));
    }

    #[test]
    fn a_cluster_keeps_a_coordinator() {
        let today = on("2026-11-23");
        let one = role(1, RoleKind::Coordinator, "2024-09-01", None);
        let all = |other: Held| [one.clone(), other];
        let ending = |others: &[Held]| end(&one, Until::Day(on("2026-12-31")), today, others);
        assert_eq!(ending(std::slice::from_ref(&one)), Err(EndRefusal::LastCoordinator));
        assert_eq!(ending(&all(role(2, RoleKind::Coordinator, "2027-01-01", None))), Ok(End::On(on("2026-12-31"))));
        assert_eq!(ending(&all(role(2, RoleKind::Coordinator, "2027-01-02", None))), Err(EndRefusal::LastCoordinator), "a day without");
        assert_eq!(
            ending(&all(role(2, RoleKind::Coordinator, "2026-01-01", Some("2027-07-31")))),
            Err(EndRefusal::LastCoordinator),
            "the other one leaves, too"
        );
    }

    #[test]
    fn a_booking_waits_when_nobody_who_answers_for_it_is_left() {
        let today = on("2026-11-23");
        let booking = InHand { person: PersonId(1), school: SchoolId(7), last: on("2026-12-11") };
        let waits = |roles: &[Held]| waits_for_somebody(booking, roles, today);
        assert!(waits(&[]));
        assert!(waits(&[role(1, RoleKind::Ssl, "2024-09-01", Some("2026-12-10"))]));
        assert!(!waits(&[role(1, RoleKind::Ssl, "2024-09-01", Some("2026-12-11"))]));
        assert!(waits(&[role(2, RoleKind::Ssl, "2024-09-01", None)]), "somebody else's role");
        assert!(!waits(&[role(1, RoleKind::Coordinator, "2024-09-01", None)]), "booked on the school's behalf");
        let both = [role(1, RoleKind::Ssl, "2024-09-01", Some("2026-11-22")), role(1, RoleKind::Coordinator, "2024-09-01", None)];
        assert!(waits(&both), "no lead of the school any more");
        let late = InHand { last: on("2026-11-01"), ..booking };
        assert!(waits_for_somebody(late, &[role(1, RoleKind::Ssl, "2024-09-01", Some("2026-11-22"))], today));
    }
}
