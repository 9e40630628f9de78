//! Joining and leaving: inviting somebody to a role, and handing on what a leaver has. The rules.
//!
//! An invitation is an offer of one role to one address. Its link is a secret, kept as a hash, good for 14 days; opening it
//! shows a button and only the button accepts, because mail scanners follow links. Whoever reads that mailbox is meant, not
//! whoever happens to be signed in in the browser.

pub mod acts;
pub mod letters;
pub mod store;
pub mod pages;

use chrono::{DateTime, Duration, Utc};

use crate::base::EmailAddress;
use crate::base::days::{self, Day, NotADay};
use crate::base::ids::{PersonId, SchoolId};
use crate::base::text;
use crate::db::Refuses;
use crate::people::giving::{self, By, Change, RoleRefusal};
use crate::people::{End, Held, Offer, RoleKind};
use crate::schools::{School, Standing};

/// How long an invitation can be accepted.
pub const INVITATION_LASTS: Duration = Duration::days(14);
/// The longest name of a person.
const LONGEST_NAME: usize = 100;

/// A role for somebody, before he has said yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The name, as the inviter knows it.
    pub name: String,
    /// The address, which is what counts.
    pub email: EmailAddress,
    /// The role.
    pub offer: Offer,
}

/// What is stored of an invitation that decides whether it can be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// The last day of the role.
    pub to: Option<Day>,
    /// Whether somebody has accepted it.
    pub accepted: bool,
    /// Whether the coordinator has taken it back.
    pub withdrawn: bool,
}

/// Why an invitation cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationRefusal {
    /// Nobody made it, or a newer one has taken its place.
    #[error(
        "This invitation is not one of ours, or a newer one has been sent to you. Look for the newest mail, or ask the coordinator to invite you again."
    )]
    Unknown,
    /// It has been accepted.
    #[error("This invitation has been accepted already. Sign in with your e-mail address.")]
    Used,
    /// Taken back.
    #[error("This invitation has been withdrawn. Ask the coordinator of the cluster.")]
    Withdrawn,
    /// Too old.
    #[error("This invitation is more than 14 days old. Ask the coordinator of the cluster to send it again.")]
    Expired,
    /// The role itself is past.
    #[error("The role in this invitation is over. Ask the coordinator of the cluster.")]
    Over,
    /// The right by which it was offered is gone.
    #[error(transparent)]
    Role(RoleRefusal),
    /// The school is no member any more.
    #[error("The school in this invitation has left the cluster. Ask the coordinator of the cluster.")]
    SchoolLeft,
    /// The school will have left before the role begins.
    #[error("The school in this invitation leaves the cluster before the role begins. Ask the coordinator of the cluster.")]
    SchoolLeaves,
}

impl Refuses for InvitationRefusal {}

/// Whether an invitation may be accepted now.
///
/// # Errors
/// Why not.
pub fn usable(found: Option<Terms>, now: DateTime<Utc>, today: Day) -> Result<(), InvitationRefusal> {
    let found = found.ok_or(InvitationRefusal::Unknown)?;
    if found.accepted {
        return Err(InvitationRefusal::Used);
    }
    if found.withdrawn {
        return Err(InvitationRefusal::Withdrawn);
    }
    if now >= found.expires_at {
        return Err(InvitationRefusal::Expired);
    }
    if found.to.is_some_and(|to| to < today) { Err(InvitationRefusal::Over) } else { Ok(()) }
}

/// Whether the role of an invitation can still be given: by the right of who sent it, and at a school that is still there. `to`: who gets
/// it, where that person is known; `answering`: the roles of the cluster's coordinators and directors that are not over.
///
/// # Errors
/// Why not.
pub fn still_given(
    (offer, inviter, to): (&Offer, Option<PersonId>, Option<PersonId>),
    answering: &[Held],
    schools: &[School],
    today: Day,
) -> Result<(), InvitationRefusal> {
    giving::may(By::Inviter(inviter), Change::Give { kind: offer.kind, to }, answering, today).map_err(InvitationRefusal::Role)?;
    at_its_school(offer, schools, today)
}

/// Whether the school of an offer is there on the first day that the role can have.
fn at_its_school(offer: &Offer, schools: &[School], today: Day) -> Result<(), InvitationRefusal> {
    let Some(id) = offer.school else { return Ok(()) };
    let school = schools.iter().find(|school| school.id == id && stays(school, today)).ok_or(InvitationRefusal::SchoolLeft)?;
    match until_it_leaves(None, Some(school)) {
        Some(last) if last < offer.from.max(today) => Err(InvitationRefusal::SchoolLeaves),
        _ => Ok(()),
    }
}

/// Whether an invitation can come to anything when it is sent again: its role is not over, and its school is there.
#[must_use]
pub fn worth_sending(offer: &Offer, schools: &[School], today: Day) -> bool {
    offer.to.is_none_or(|to| to >= today) && at_its_school(offer, schools, today).is_ok()
}

/// Whether a school is a member, or will be.
#[must_use]
pub fn stays(school: &School, today: Day) -> bool {
    !matches!(school.standing(today), Standing::Left(_) | Standing::Never)
}

/// The last day that a role at this school can have: the school's own, when it is known; `None` when the role goes on.
#[must_use]
pub fn until_it_leaves(to: Option<Day>, school: Option<&School>) -> Option<Day> {
    let left = school.and_then(|school| school.stays.last()).and_then(|stay| stay.left_on);
    match (to, left) {
        (Some(to), Some(left)) => Some(to.min(left)),
        (to, left) => to.or(left),
    }
}

/// A person's name as typed: one line, not empty, not endless.
///
/// # Errors
/// What would be right.
pub fn name(typed: &str) -> Result<String, String> {
    let name = text::line(typed);
    if name.is_empty() {
        return Err("Enter a name, for example Sam Okoro".into());
    }
    if name.chars().any(char::is_control) {
        return Err("The name has a sign in it that cannot be shown. Type it again".into());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("The name must be {LONGEST_NAME} letters or fewer"));
    }
    Ok(name)
}

/// Whether role and school go together.
///
/// # Errors
/// What would be right.
pub fn school_of(kind: RoleKind, school: Option<SchoolId>) -> Result<Option<SchoolId>, &'static str> {
    match (kind, school) {
        (RoleKind::Ssl | RoleKind::Deputy | RoleKind::Head, None) => Err("Choose the school: this role belongs to one"),
        (RoleKind::Coordinator | RoleKind::Director, Some(_)) => Err("Choose “For the whole cluster”: this role has no school"),
        _ => Ok(school),
    }
}

/// A day typed in three boxes; `None` when all three are empty.
///
/// # Errors
/// What would be right.
pub fn day(boxes: [&str; 3]) -> Result<Option<Day>, &'static str> {
    days::typed(boxes).map_err(|fault| match fault {
        NotADay::Missing(_) | NotADay::NotNumbers => "Enter a day, month and year, for example 1 9 2027",
        NotADay::Year => "Enter the year with four digits, for example 2027",
        NotADay::NotInCalendar => "There is no such day. Check the day and the month",
    })
}

/// A role's days: from today on, and in order.
///
/// # Errors
/// The field's end of name (`from` or `to`) and what would be right.
pub fn span(from: Day, to: Option<Day>, today: Day) -> Result<(), (&'static str, String)> {
    if from < today {
        return Err(("from", format!("The first day must be today, {}, or later", days::long(today))));
    }
    match to {
        Some(to) if to < from => Err(("to", format!("The last day must be the first day, {}, or later", days::long(from)))),
        _ => Ok(()),
    }
}

/// Whether somebody with these roles has the very same one on a day of the offer.
#[must_use]
pub fn already(roles: &[Held], offer: &Offer) -> bool {
    roles.iter().any(|role| {
        let ends_before = |to: Option<Day>, from: Day| to.is_some_and(|to| to < from);
        role.kind == offer.kind
            && role.school.as_ref().map(|school| school.id) == offer.school
            && !ends_before(role.to, offer.from)
            && !ends_before(offer.to, role.from)
    })
}

/// Why a role is not offered, or not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// The school is none of the cluster's.
    #[error("Choose a school from the list")]
    NoSchool,
    /// The person has the very role.
    #[error("This person has this role already on these days")]
    Has,
    /// Whoever is to be invited has the very role.
    #[error("Whoever has this address has this role already on these days")]
    InviteeHas,
    /// It has been offered to this address.
    #[error(
        "This address has been invited to this role already. Send that invitation again, or withdraw it, on the page “People and schools”"
    )]
    Invited,
    /// Whoever offers it cannot give it.
    #[error(transparent)]
    Role(RoleRefusal),
    /// The school will have left before the role ends.
    #[error("This school leaves the cluster on {}. The last day must be that day or earlier", days::long(*.0))]
    Leaves(Day),
}

impl From<RoleRefusal> for OfferRefusal {
    fn from(refusal: RoleRefusal) -> Self {
        Self::Role(refusal)
    }
}

impl Refuses for OfferRefusal {}

impl OfferRefusal {
    /// The form's field that it concerns.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::NoSchool => "school",
            Self::Has | Self::Role(_) => "role",
            Self::Leaves(_) => "to",
            Self::InviteeHas | Self::Invited => "email",
        }
    }
}

/// When a role is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At once.
    Now,
    /// At the end of the day.
    Day(Day),
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
    /// Later than it ends anyway: that would be giving it once more.
    #[error("The last day of this role is {}. The last day must be that day or earlier", days::long(*.0))]
    Longer(Day),
    /// It has ended.
    #[error("This role is over: its last day was {}", days::long(*.0))]
    Over(Day),
    /// By whoever would end it, or not at all.
    #[error(transparent)]
    Role(RoleRefusal),
}

impl From<RoleRefusal> for EndRefusal {
    fn from(refusal: RoleRefusal) -> Self {
        Self::Role(refusal)
    }
}

impl Refuses for EndRefusal {}

impl EndRefusal {
    /// The form's field that it concerns.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Past | Self::BeforeStart(_) | Self::Longer(_) => "last",
            Self::Over(_) | Self::Role(_) => "when",
        }
    }
}

/// Why somebody cannot hand on so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandOnRefusal {
    /// The chosen one does not lead the school.
    #[error("Choose who takes over")]
    Nobody,
    /// The leaver would take over.
    #[error("This is the address of who leaves. Enter that of who takes over")]
    OwnAddress,
    /// Somebody else has been asked to take over, and can still say yes.
    #[error("Somebody else has been invited to take over already. Ask the coordinator to withdraw that invitation first")]
    AskedAnother,
    /// The successor need not be invited.
    #[error(transparent)]
    Offer(OfferRefusal),
    /// The role does not end so.
    #[error(transparent)]
    End(EndRefusal),
    /// It is another's to hand on.
    #[error(transparent)]
    Role(RoleRefusal),
}

impl HandOnRefusal {
    /// The form's field that it concerns.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Nobody | Self::Role(_) => "successor",
            Self::OwnAddress | Self::AskedAnother => "email",
            Self::Offer(refusal) => refusal.field(),
            Self::End(refusal) => refusal.field(),
        }
    }
}

impl Until {
    /// The day after which the role is over.
    #[must_use]
    pub fn last(self, today: Day) -> Day {
        match self {
            Self::Day(day) => day,
            Self::Now => days::add(today, -1),
        }
    }
}

/// What ending the role so comes to, whoever does it: that is another question, [`giving::may`].
///
/// # Errors
/// Why not.
pub fn end(role: &Held, until: Until, today: Day) -> Result<End, EndRefusal> {
    if let Some(to) = role.to.filter(|to| *to < today) {
        return Err(EndRefusal::Over(to));
    }
    match until {
        Until::Day(day) if day < today => return Err(EndRefusal::Past),
        Until::Day(day) if day < role.from => return Err(EndRefusal::BeforeStart(role.from)),
        Until::Day(_) | Until::Now => {}
    }
    let last = until.last(today);
    if let Some(to) = role.to.filter(|to| last > *to) {
        return Err(EndRefusal::Longer(to));
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
    use crate::base::ids::{PersonId, RoleId};
    use crate::people::RoleSchool;

    fn on(text: &str) -> Day {
        parse_iso(text).expect("a day")
    }

    #[test]
    fn an_invitation_is_good_once_and_for_fourteen_days() {
        let now: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().expect("a time");
        let today = on("2026-11-23");
        let open = Terms { expires_at: now + INVITATION_LASTS, to: None, accepted: false, withdrawn: false };
        assert_eq!(usable(Some(open), now, today), Ok(()));
        assert_eq!(usable(Some(open), now + INVITATION_LASTS - Duration::seconds(1), today), Ok(()));
        assert_eq!(usable(Some(open), now + INVITATION_LASTS, today), Err(InvitationRefusal::Expired));
        assert_eq!(usable(Some(Terms { accepted: true, ..open }), now, today), Err(InvitationRefusal::Used));
        assert_eq!(usable(Some(Terms { withdrawn: true, ..open }), now, today), Err(InvitationRefusal::Withdrawn));
        assert_eq!(usable(Some(Terms { to: Some(on("2026-11-23")), ..open }), now, today), Ok(()));
        assert_eq!(usable(Some(Terms { to: Some(on("2026-11-22")), ..open }), now, today), Err(InvitationRefusal::Over));
        assert_eq!(usable(None, now, today), Err(InvitationRefusal::Unknown));
    }

    #[test]
    fn what_is_typed_is_read_or_explained() {
        assert_eq!(name("  Sam \n Okoro ").as_deref(), Ok("Sam Okoro"));
        assert!(name(" ").is_err() && name("a\u{7}b").is_err() && name(&"x".repeat(101)).is_err());
        assert_eq!(day(["1", " 9", "2027"]), Ok(Some(on("2027-09-01"))));
        assert_eq!(day(["", " ", ""]), Ok(None));
        for bad in [["31", "2", "2027"], ["1", "9", ""], ["1", "Sept", "2027"], ["1", "9", "27"], ["-1", "9", "2027"], ["1", "9", "12027"]]
        {
            assert!(day(bad).is_err(), "{bad:?}");
        }
        let today = on("2026-11-23");
        assert_eq!(span(today, Some(today), today), Ok(()));
        assert_eq!(span(on("2026-11-22"), None, today).map_err(|(field, _)| field), Err("from"));
        assert_eq!(span(on("2026-11-25"), Some(on("2026-11-24")), today).map_err(|(field, _)| field), Err("to"));
    }

    #[test]
    fn a_school_goes_with_the_roles_of_a_school() {
        let school = Some(SchoolId(1));
        for kind in [RoleKind::Ssl, RoleKind::Deputy, RoleKind::Head] {
            assert_eq!(school_of(kind, school), Ok(school));
            assert!(school_of(kind, None).is_err());
        }
        for kind in [RoleKind::Coordinator, RoleKind::Director] {
            assert_eq!(school_of(kind, None), Ok(None));
            assert!(school_of(kind, school).is_err());
        }
        assert_eq!((school_of(RoleKind::Bursar, school), school_of(RoleKind::Bursar, None)), (Ok(school), Ok(None)));
    }

    #[test]
    fn the_very_same_role_is_had_only_once_at_a_time() {
        let held = Held {
            id: RoleId(1),
            person: PersonId(1),
            kind: RoleKind::Ssl,
            school: Some(RoleSchool { id: SchoolId(1), short_name: "Saxton".into() }),
            from: on("2026-09-01"),
            to: Some(on("2026-12-31")),
        };
        let offer = Offer { kind: RoleKind::Ssl, school: Some(SchoolId(1)), from: on("2026-12-31"), to: None };
        let roles = [held];
        assert!(already(&roles, &offer));
        assert!(!already(&roles, &Offer { from: on("2027-01-01"), ..offer }));
        assert!(!already(&roles, &Offer { kind: RoleKind::Deputy, ..offer }));
        assert!(!already(&roles, &Offer { school: Some(SchoolId(2)), ..offer }));
        assert!(!already(&roles, &Offer { from: on("2026-08-01"), to: Some(on("2026-08-31")), ..offer }));
    }

    fn role(id: i64, kind: RoleKind, from: &str, to: Option<&str>) -> Held {
        let school = kind.needs_school().then(|| RoleSchool { id: SchoolId(7), short_name: "Saxton".into() });
        Held { id: RoleId(id), person: PersonId(id), kind, school, from: on(from), to: to.map(on) }
    }

    #[test]
    fn a_role_ends_on_a_day_or_at_once() {
        let (today, lead) = (on("2026-11-23"), role(1, RoleKind::Ssl, "2026-09-01", None));
        assert_eq!(end(&lead, Until::Day(today), today), Ok(End::On(today)));
        assert_eq!(end(&lead, Until::Now, today), Ok(End::On(on("2026-11-22"))));
        assert_eq!(end(&lead, Until::Day(on("2026-11-22")), today), Err(EndRefusal::Past));
        let fresh = role(1, RoleKind::Ssl, "2026-11-23", None);
        assert_eq!(end(&fresh, Until::Now, today), Ok(End::Never));
        let coming = role(1, RoleKind::Ssl, "2027-01-04", None);
        assert_eq!(end(&coming, Until::Now, today), Ok(End::Never));
        assert_eq!(end(&coming, Until::Day(today), today), Err(EndRefusal::BeforeStart(on("2027-01-04"))));
        let ends = role(1, RoleKind::Ssl, "2026-09-01", Some("2026-12-18"));
        assert_eq!(end(&ends, Until::Day(on("2026-12-04")), today), Ok(End::On(on("2026-12-04"))));
        assert_eq!(end(&ends, Until::Day(on("2026-12-19")), today), Err(EndRefusal::Longer(on("2026-12-18"))), "nobody ends it later");
        let over = role(1, RoleKind::Ssl, "2026-09-01", Some("2026-11-22"));
        assert_eq!(end(&over, Until::Now, today), Err(EndRefusal::Over(on("2026-11-22"))));
    }

    #[test]
    fn what_is_offered_must_still_be_to_be_had() {
        use crate::schools::Stay;
        let today = on("2026-11-23");
        let school = |id, left: Option<&str>| School {
            id: SchoolId(id),
            name: String::new(),
            short_name: String::new(),
            letters: String::new(),
            address: String::new(),
            postcode: String::new(),
            phone: String::new(),
            stays: vec![Stay { joined_on: on("2023-09-01"), left_on: left.map(on), sabbatical: None }],
        };
        let schools = [school(1, None), school(2, Some("2026-11-22")), school(3, Some("2026-12-18"))];
        let coordinator = Held { person: PersonId(1), ..role(1, RoleKind::Coordinator, "2024-09-01", None) };
        let asked = |kind, school: Option<i64>, inviter| {
            let offer = Offer { kind, school: school.map(SchoolId), from: today, to: None };
            still_given((&offer, Some(PersonId(inviter)), None), std::slice::from_ref(&coordinator), &schools, today)
        };
        assert_eq!(asked(RoleKind::Ssl, Some(1), 9), Ok(()));
        assert_eq!(asked(RoleKind::Ssl, Some(3), 9), Ok(()));
        assert_eq!(asked(RoleKind::Ssl, Some(2), 1), Err(InvitationRefusal::SchoolLeft));
        assert_eq!(asked(RoleKind::Ssl, Some(4), 1), Err(InvitationRefusal::SchoolLeft));
        // The school leaves on 18 December: a role from then on can begin that day, and not on the next.
        let from =
            |first: &str, to: Option<&str>| Offer { kind: RoleKind::Ssl, school: Some(SchoolId(3)), from: on(first), to: to.map(on) };
        let begins = |first| still_given((&from(first, None), None, None), &[], &schools, today);
        assert_eq!(begins("2026-12-18"), Ok(()));
        assert_eq!(begins("2026-12-19"), Err(InvitationRefusal::SchoolLeaves));
        assert!(worth_sending(&from("2026-12-18", None), &schools, today));
        assert!(!worth_sending(&from("2026-12-19", None), &schools, today));
        assert!(!worth_sending(&from("2026-10-01", Some("2026-11-22")), &schools, today), "the role is over");
        assert_eq!(asked(RoleKind::Coordinator, None, 1), Ok(()));
        assert_eq!(asked(RoleKind::Coordinator, None, 9), Err(InvitationRefusal::Role(RoleRefusal::InviterGone)));
        assert_eq!(until_it_leaves(None, Some(&schools[2])), Some(on("2026-12-18")));
        assert_eq!(until_it_leaves(Some(on("2026-12-01")), Some(&schools[2])), Some(on("2026-12-01")));
        assert_eq!(until_it_leaves(Some(on("2027-12-01")), Some(&schools[2])), Some(on("2026-12-18")));
        assert_eq!((until_it_leaves(None, Some(&schools[0])), until_it_leaves(None, None)), (None, None));
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
