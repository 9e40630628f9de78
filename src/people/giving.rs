//! Who may give which role and end it, and who may found a cluster: decided here and nowhere else.
//!
//! A coordinator and a programme director *answer* for a cluster. A director is made by a director alone, because the role opens
//! more than the cluster in which it is held: whoever has it may found further ones. What is decided is asked again under the
//! cluster's lock, of the roles as they are then. The rule in words, as a table: docs/decisions/0016-who-gives-which-role.md.

use std::fmt;

use super::{Held, RoleKind};
use crate::base::days::{self, Day};
use crate::base::ids::{ClusterId, PersonId};
use crate::db::Refuses;

/// By what right a role is given or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Somebody's own roles in the cluster.
    Person(PersonId),
    /// The roles of who sent an invitation, when it is accepted.
    Inviter(Option<PersonId>),
    /// A director's, who founds the cluster.
    Founder,
    /// The site is the operator's: who sets it up, or loads a cluster from a folder, the demo among them.
    Operator,
}

/// What is to happen to a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// Somebody gets it.
    Give {
        /// Which.
        kind: RoleKind,
        /// Who, where that person is known here.
        to: Option<PersonId>,
    },
    /// It ends.
    End {
        /// Which.
        role: &'a Held,
        /// The day after which it is over.
        last: Day,
    },
    /// It ends, and the same role of the same school is somebody else's.
    HandOn {
        /// Which.
        role: &'a Held,
    },
    /// An invitation to it is taken back.
    Withdraw {
        /// To which.
        kind: RoleKind,
    },
}

/// Why a role is not given, or does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleRefusal {
    /// A director is made by a director.
    DirectorsGive,
    /// A coordinator is made by who answers for the cluster.
    AnswerersGive,
    /// The roles of schools and of the money.
    CoordinatorsGive,
    /// Nobody appoints himself.
    Oneself,
    /// The right by which it was offered is gone.
    InviterGone,
    /// The end of a role that a coordinator or director holds.
    AnswerersEnd,
    /// The end of any other.
    CoordinatorsEnd,
    /// Another's role, or one that is no science lead's.
    NotYours,
    /// Nobody else runs the cluster afterwards.
    LastCoordinator,
}

impl RoleRefusal {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::DirectorsGive => "Only a programme director of this cluster can give this role",
            Self::AnswerersGive => "Only a coordinator or a programme director of this cluster can give this role",
            Self::CoordinatorsGive => "Only the coordinator of this cluster can give this role",
            Self::Oneself => "Nobody gives themselves this role: ask somebody else in this cluster who can",
            Self::InviterGone => {
                "Whoever sent this invitation cannot give this role any more. Ask the coordinator of the cluster to invite you again."
            }
            Self::AnswerersEnd => "Only a coordinator or a programme director of this cluster can end this role",
            Self::CoordinatorsEnd => "Only the coordinator of this cluster can end this role",
            Self::NotYours => "Only the coordinator, or who leaves, can hand this on",
            Self::LastCoordinator => "Nobody else is the coordinator for good. Make somebody else coordinator first: a cluster needs one",
        }
    }
}

impl std::error::Error for RoleRefusal {}

impl fmt::Display for RoleRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Refuses for RoleRefusal {}

impl RoleKind {
    /// Every kind, in the order in which forms offer them.
    pub const ALL: [Self; 6] = [Self::Ssl, Self::Deputy, Self::Head, Self::Bursar, Self::Coordinator, Self::Director];

    /// Whether it answers for the cluster itself.
    #[must_use]
    pub fn answers(self) -> bool {
        matches!(self, Self::Coordinator | Self::Director)
    }

    /// Whether who holds this one may give the other to somebody else.
    fn gives(self, other: Self) -> bool {
        match (self, other) {
            (Self::Director, other) => other.answers(),
            (Self::Coordinator, other) => other != Self::Director,
            _ => false,
        }
    }

    /// Whether who holds this one may end the other.
    fn ends(self, other: Self) -> bool {
        match self {
            Self::Coordinator => true,
            Self::Director => other.answers(),
            _ => false,
        }
    }
}

/// Whether this may happen to a role of a cluster. `answering`: the roles of its coordinators and directors that are not over.
///
/// # Errors
/// Why not.
pub fn may(by: By, change: Change<'_>, answering: &[Held], today: Day) -> Result<(), RoleRefusal> {
    let holds = |who: PersonId, fits: &dyn Fn(RoleKind) -> bool| {
        answering.iter().any(|role| role.person == who && role.is_on(today) && fits(role.kind))
    };
    match (by, change) {
        (By::Operator, _) => Ok(()),
        (By::Founder, Change::Give { kind, .. }) if kind.answers() => Ok(()),
        // What is offered for a school, or for the money, is the cluster's offer: its coordinators see it, and can withdraw it.
        (By::Inviter(_), Change::Give { kind, .. }) if !kind.answers() => Ok(()),
        (By::Inviter(inviter), Change::Give { kind, to }) => {
            let who = inviter.ok_or(RoleRefusal::InviterGone)?;
            may(By::Person(who), Change::Give { kind, to }, answering, today).map_err(|_| RoleRefusal::InviterGone)
        }
        (By::Person(who), Change::Give { kind, to }) => {
            if !holds(who, &|own| own.gives(kind)) {
                return Err(not_given(kind));
            }
            let another = answering.iter().any(|role| role.person != who && role.is_on(today) && role.kind.gives(kind));
            if kind.answers() && to == Some(who) && another { Err(RoleRefusal::Oneself) } else { Ok(()) }
        }
        (By::Person(who), Change::End { role, last }) => {
            if !holds(who, &|own| own.ends(role.kind)) {
                return Err(not_ended(role.kind));
            }
            if role.kind == RoleKind::Coordinator && !coordinated_after(answering, last, |other| other.id != role.id) {
                return Err(RoleRefusal::LastCoordinator);
            }
            Ok(())
        }
        (By::Person(who), Change::HandOn { role }) => {
            let own = role.person == who && role.kind.leads();
            if own || role.kind.leads() && holds(who, &|kind| kind == RoleKind::Coordinator) { Ok(()) } else { Err(RoleRefusal::NotYours) }
        }
        (By::Person(who), Change::Withdraw { kind }) => {
            if holds(who, &|own| own.ends(kind)) {
                Ok(())
            } else {
                Err(not_ended(kind))
            }
        }
        (By::Founder, Change::Give { kind, .. }) => Err(not_given(kind)),
        (By::Founder | By::Inviter(_), Change::End { .. } | Change::HandOn { .. } | Change::Withdraw { .. }) => Err(RoleRefusal::NotYours),
    }
}

fn not_ended(kind: RoleKind) -> RoleRefusal {
    if kind.answers() { RoleRefusal::AnswerersEnd } else { RoleRefusal::CoordinatorsEnd }
}

fn not_given(kind: RoleKind) -> RoleRefusal {
    match kind {
        RoleKind::Director => RoleRefusal::DirectorsGive,
        RoleKind::Coordinator => RoleRefusal::AnswerersGive,
        _ => RoleRefusal::CoordinatorsGive,
    }
}

/// The kinds of roles that somebody may give to this person, or to somebody new: what a form offers.
#[must_use]
pub fn givable(who: PersonId, to: Option<PersonId>, answering: &[Held], today: Day) -> Vec<RoleKind> {
    let fits = |kind: &RoleKind| may(By::Person(who), Change::Give { kind: *kind, to }, answering, today).is_ok();
    RoleKind::ALL.into_iter().filter(fits).collect()
}

/// Whether somebody may end a role on some day, now or later: what a page offers.
#[must_use]
pub fn endable(who: PersonId, role: &Held, answering: &[Held], today: Day) -> bool {
    may(By::Person(who), Change::End { role, last: Day::MAX }, answering, today).is_ok()
}

/// Whether the cluster is coordinated for good from the day after `last` on by those of the roles that stay.
#[must_use]
pub fn coordinated_after(roles: &[Held], last: Day, stays: impl Fn(&Held) -> bool) -> bool {
    let next = if last == Day::MAX { last } else { days::add(last, 1) };
    roles.iter().any(|role| role.kind == RoleKind::Coordinator && role.to.is_none() && role.from <= next && stays(role))
}

/// Somebody who would found a cluster, as he stands on this site today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The clusters that he directs.
    pub directs: Vec<ClusterId>,
    /// Those among them of which somebody else is coordinator.
    pub with_another: Vec<ClusterId>,
    /// Whether anybody else on the site answers for a cluster.
    pub others: bool,
}

/// Why somebody founds no cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundingRefusal {
    /// No director.
    NoDirector,
    /// Director by his own grace.
    Alone,
}

impl FoundingRefusal {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoDirector => "Only programme directors create clusters. Ask the director of your programme.",
            Self::Alone => {
                "To create a cluster you must be programme director of one of which somebody else is coordinator. Invite a coordinator to yours first."
            }
        }
    }
}

impl Refuses for FoundingRefusal {}

/// Whether somebody may found a cluster: a director of a cluster of which somebody else is coordinator, so that there is somebody who
/// can end that role. Or a director who is alone on the site: whoever has set it up, before others came.
///
/// # Errors
/// Why not.
pub fn may_found(who: &Standing) -> Result<(), FoundingRefusal> {
    match (who.directs.is_empty(), who.with_another.is_empty() && who.others) {
        (true, _) => Err(FoundingRefusal::NoDirector),
        (false, true) => Err(FoundingRefusal::Alone),
        (false, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::days::parse_iso;
    use crate::base::ids::{RoleId, SchoolId};
    use crate::people::RoleSchool;

    const COORDINATOR: PersonId = PersonId(1);
    const SECOND: PersonId = PersonId(2);
    const DIRECTOR: PersonId = PersonId(3);
    const LEAD: PersonId = PersonId(4);
    const GONE: PersonId = PersonId(5);
    const TO_COME: PersonId = PersonId(6);
    const NEW: PersonId = PersonId(7);

    fn on(text: &str) -> Day {
        parse_iso(text).expect("a day")
    }

    fn today() -> Day {
        on("2026-11-23")
    }

    fn role(id: i64, person: PersonId, kind: RoleKind, from: &str, to: Option<&str>) -> Held {
        let school = kind.needs_school().then(|| RoleSchool { id: SchoolId(7), short_name: "Saxton".into() });
        Held { id: RoleId(id), person, kind, school, from: on(from), to: to.map(on) }
    }

    /// Two coordinators and a director; a coordinator who was, and one who will be.
    fn cluster() -> Vec<Held> {
        use RoleKind::{Coordinator, Director};
        vec![
            role(1, COORDINATOR, Coordinator, "2024-09-01", None),
            role(2, SECOND, Coordinator, "2024-09-01", None),
            role(3, DIRECTOR, Director, "2024-09-01", None),
            role(5, GONE, Coordinator, "2024-09-01", Some("2026-11-22")),
            role(6, TO_COME, Coordinator, "2027-01-01", None),
        ]
    }

    #[test]
    fn who_gives_which_role_to_whom() {
        use RoleKind::{Bursar, Coordinator, Deputy, Director, Head, Ssl};
        use RoleRefusal::{AnswerersGive, CoordinatorsGive, DirectorsGive, InviterGone, Oneself};
        let by = By::Person;
        let inviter = |who| By::Inviter(Some(who));
        let (of_school, answering) = ([Ssl, Deputy, Head, Bursar], cluster());
        let check = |by, kind, to, expected: Result<(), RoleRefusal>| {
            assert_eq!(may(by, Change::Give { kind, to }, &answering, today()), expected, "{by:?} {kind:?} {to:?}");
        };
        for kind in of_school {
            // By whom, and what comes of it, whoever gets it: somebody new, somebody known, oneself.
            for (giver, expected) in [
                (by(COORDINATOR), Ok(())),
                (by(DIRECTOR), Err(CoordinatorsGive)),
                (by(LEAD), Err(CoordinatorsGive)),
                (by(GONE), Err(CoordinatorsGive)),
                (by(TO_COME), Err(CoordinatorsGive)),
                (By::Founder, Err(CoordinatorsGive)),
                (By::Operator, Ok(())),
                // The cluster's offer outlasts who made it: a leaver names a successor, and leaves.
                (inviter(COORDINATOR), Ok(())),
                (inviter(LEAD), Ok(())),
                (inviter(GONE), Ok(())),
                (By::Inviter(None), Ok(())),
            ] {
                for to in [None, Some(NEW), Some(COORDINATOR), Some(DIRECTOR), Some(LEAD)] {
                    check(giver, kind, to, expected);
                }
            }
        }
        for (giver, coordinator, director) in [
            (by(COORDINATOR), Ok(()), Err(DirectorsGive)),
            (by(DIRECTOR), Ok(()), Ok(())),
            (by(LEAD), Err(AnswerersGive), Err(DirectorsGive)),
            (by(GONE), Err(AnswerersGive), Err(DirectorsGive)),
            (by(TO_COME), Err(AnswerersGive), Err(DirectorsGive)),
            (By::Founder, Ok(()), Ok(())),
            (By::Operator, Ok(()), Ok(())),
            (inviter(COORDINATOR), Ok(()), Err(InviterGone)),
            (inviter(DIRECTOR), Ok(()), Ok(())),
            (inviter(GONE), Err(InviterGone), Err(InviterGone)),
            (inviter(LEAD), Err(InviterGone), Err(InviterGone)),
            (By::Inviter(None), Err(InviterGone), Err(InviterGone)),
        ] {
            for to in [None, Some(NEW)] {
                check(giver, Coordinator, to, coordinator);
                check(giver, Director, to, director);
            }
        }
        // To oneself: not while another could.
        check(by(COORDINATOR), Coordinator, Some(COORDINATOR), Err(Oneself));
        check(by(DIRECTOR), Coordinator, Some(DIRECTOR), Err(Oneself));
        check(by(DIRECTOR), Director, Some(DIRECTOR), Ok(()));
        check(by(COORDINATOR), Director, Some(COORDINATOR), Err(DirectorsGive));
        check(inviter(COORDINATOR), Coordinator, Some(COORDINATOR), Err(InviterGone));
        let alone = [role(1, COORDINATOR, Coordinator, "2024-09-01", Some("2026-12-31"))];
        let more = Change::Give { kind: Coordinator, to: Some(COORDINATOR) };
        assert_eq!(may(by(COORDINATOR), more, &alone, today()), Ok(()), "a cluster whose only coordinator has a last day goes on");
        let two = [role(3, DIRECTOR, Director, "2024-09-01", None), role(8, LEAD, Director, "2024-09-01", None)];
        let more = Change::Give { kind: Director, to: Some(DIRECTOR) };
        assert_eq!(may(by(DIRECTOR), more, &two, today()), Err(Oneself));
        assert_eq!(
            may(by(DIRECTOR), Change::Give { kind: Coordinator, to: Some(DIRECTOR) }, &two[..1], today()),
            Ok(()),
            "nobody else is left"
        );
        // What a form offers is what can succeed.
        assert_eq!(givable(COORDINATOR, None, &answering, today()), [Ssl, Deputy, Head, Bursar, Coordinator]);
        assert_eq!(givable(COORDINATOR, Some(COORDINATOR), &answering, today()), of_school);
        assert_eq!(givable(DIRECTOR, Some(NEW), &answering, today()), [Coordinator, Director]);
        assert_eq!(givable(LEAD, None, &answering, today()), []);
    }

    #[test]
    fn who_ends_which_role() {
        use RoleKind::{Bursar, Coordinator, Deputy, Director, Head, Ssl};
        use RoleRefusal::{AnswerersEnd, CoordinatorsEnd, LastCoordinator, NotYours};
        let (by, answering) = (By::Person, cluster());
        let end = |by, role: &Held, last: &str, among: &[Held]| may(by, Change::End { role, last: on(last) }, among, today());
        for kind in [Ssl, Deputy, Head, Bursar] {
            let one = role(9, LEAD, kind, "2024-09-01", None);
            for (who, expected) in [
                (by(COORDINATOR), Ok(())),
                (by(DIRECTOR), Err(CoordinatorsEnd)),
                (by(LEAD), Err(CoordinatorsEnd)),
                (by(GONE), Err(CoordinatorsEnd)),
                (By::Operator, Ok(())),
                (By::Founder, Err(NotYours)),
                (By::Inviter(Some(COORDINATOR)), Err(NotYours)),
            ] {
                assert_eq!(end(who, &one, "2026-11-23", &answering), expected, "{who:?} {kind:?}");
                assert!(endable(COORDINATOR, &one, &answering, today()));
            }
        }
        for who in [COORDINATOR, SECOND, DIRECTOR] {
            // One's own among them.
            assert_eq!(end(by(who), &answering[0], "2026-11-22", &answering), Ok(()), "{who:?}");
            assert_eq!(end(by(who), &answering[2], "2026-11-22", &answering), Ok(()), "{who:?}");
        }
        for who in [LEAD, GONE, TO_COME] {
            assert_eq!(end(by(who), &answering[0], "2026-11-22", &answering), Err(AnswerersEnd), "{who:?}");
            assert_eq!(end(by(who), &answering[2], "2026-11-22", &answering), Err(AnswerersEnd), "{who:?}");
        }
        // A cluster keeps a coordinator; it need not have a director.
        let one = role(1, COORDINATOR, Coordinator, "2024-09-01", None);
        let with = |other: Held| [one.clone(), other];
        let ending = |others: &[Held]| end(by(COORDINATOR), &one, "2026-12-31", others);
        assert_eq!(ending(std::slice::from_ref(&one)), Err(LastCoordinator));
        assert_eq!(ending(&with(role(2, SECOND, Coordinator, "2027-01-01", None))), Ok(()));
        assert_eq!(ending(&with(role(2, SECOND, Coordinator, "2027-01-02", None))), Err(LastCoordinator), "a day without");
        let leaves = with(role(2, SECOND, Coordinator, "2026-01-01", Some("2027-07-31")));
        assert_eq!(ending(&leaves), Err(LastCoordinator), "the other one leaves, too");
        let director = with(role(3, DIRECTOR, Director, "2024-09-01", None));
        assert_eq!(ending(&director), Err(LastCoordinator), "a director runs no cluster");
        assert_eq!(end(by(DIRECTOR), &one, "2026-12-31", &director), Err(LastCoordinator), "whoever ends it");
        assert!(!endable(COORDINATOR, &one, &director, today()) && endable(DIRECTOR, &director[1], &director, today()));
        assert!(endable(COORDINATOR, &one, &with(role(2, SECOND, Coordinator, "2027-01-02", None)), today()), "on a later day");
    }

    #[test]
    fn who_hands_on_and_who_withdraws() {
        use RoleKind::{Coordinator, Deputy, Director, Head, Ssl};
        let answering = cluster();
        for (kind, own, coordinator) in [(Ssl, true, true), (Deputy, true, true), (Head, false, false), (Coordinator, false, false)] {
            let one = role(9, LEAD, kind, "2024-09-01", None);
            let hand_on = |who| may(By::Person(who), Change::HandOn { role: &one }, &answering, today());
            assert_eq!((hand_on(LEAD).is_ok(), hand_on(COORDINATOR).is_ok()), (own, coordinator), "{kind:?}");
            for who in [DIRECTOR, NEW, GONE] {
                assert_eq!(hand_on(who), Err(RoleRefusal::NotYours), "{who:?} {kind:?}");
            }
        }
        for (who, kinds) in
            [(COORDINATOR, &[Ssl, Deputy, Head, Coordinator, Director][..]), (DIRECTOR, &[Coordinator, Director]), (LEAD, &[]), (GONE, &[])]
        {
            for kind in RoleKind::ALL.into_iter().filter(|kind| *kind != RoleKind::Bursar) {
                let done = may(By::Person(who), Change::Withdraw { kind }, &answering, today());
                assert_eq!(done.is_ok(), kinds.contains(&kind), "{who:?} {kind:?}");
            }
        }
    }

    #[test]
    fn who_founds_a_cluster() {
        let (one, two) = (ClusterId(1), ClusterId(2));
        for (directs, with_another, others, expected) in [
            (vec![], vec![], true, Err(FoundingRefusal::NoDirector)),
            (vec![], vec![], false, Err(FoundingRefusal::NoDirector)),
            (vec![one], vec![], true, Err(FoundingRefusal::Alone)),
            (vec![one, two], vec![], true, Err(FoundingRefusal::Alone)),
            // Whoever has set the site up, before others came.
            (vec![one], vec![], false, Ok(())),
            (vec![one, two], vec![two], true, Ok(())),
        ] {
            let who = Standing { directs, with_another, others };
            assert_eq!(may_found(&who), expected, "{who:?}");
        }
    }
}
