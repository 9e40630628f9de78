//! Whether a reminder is still true, asked at the moment of sending and when what was gathered goes out: whether the thing is still so,
//! whether the person still answers for it, and whether he has switched such letters off meanwhile.

use chrono::{DateTime, Utc};

use crate::base::ids::{BookingId, HandoverId, LegId, PersonId, SchoolId};
use crate::base::{clock, days};
use crate::bookings::State;
use crate::bookings::store::loans::{self, Hands, Loan};
use crate::db::{Error, Result, Tx};
use crate::journeys::store::legs as rows;
use crate::journeys::{Leg, LegState};
use crate::mail::store::choices;
use crate::mail::{Choice, Kind, Stored};
use crate::people::RoleKind;
use crate::people::store::directory::{self, Holder};
use crate::people::store::roles;
use crate::reminders::acts::known::{self, Known};
use crate::reminders::letters::{OF_A_HANDOVER, OF_A_LATE_LOAN, is_day_before};
use crate::reminders::{self, AT_RISK, DAY_BEFORE, LATE_HEAD, NOT_COUNTED, Trouble, WEEK_BEFORE, WEEKLY, store, troubles};

/// Why a reminder is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = reminders::reminder(letter.kind) else { return Ok(None) };
    let mut who = None;
    if let Some(person) = letter.person {
        if roles::person_here(tx, person)?.is_none() {
            return Ok(Some("The person has left the cluster.".to_owned()));
        }
        if letter.could_be_off && switched_off(tx, kind, person)? {
            return Ok(Some("The person has switched such e-mails off.".to_owned()));
        }
        who = Some(Recipient { person, roles: roles(tx, person)? });
    }
    let who = who.as_ref();
    let why = match kind {
        WEEK_BEFORE | DAY_BEFORE => of_a_leg(tx, kind, letter.subject, who)?,
        AT_RISK => of_a_risk(tx, letter.subject, who)?,
        NOT_COUNTED => of_the_count(tx, letter.subject, who)?,
        WEEKLY if days::monday(tx.today()) > days::monday(letter.day) => Some("The week is over."),
        WEEKLY => no_more(who, Recipient::coordinates),
        kind if OF_A_LATE_LOAN.contains(&kind) => of_a_late_loan(tx, kind, letter.subject, who)?,
        kind if OF_A_HANDOVER.contains(&kind) => of_a_handover(tx, kind, letter.subject, who)?,
        _ => None,
    };
    Ok(why.map(str::to_owned))
}

/// When the cluster's mail hours begin, for a letter that waits for them: a reminder, or what was gathered. One that was stored in the
/// evening and is tried again, or was left by a worker that was killed, does not go at night.
pub fn opens(tx: &mut Tx<'_>, kind: &str) -> Result<Option<DateTime<Utc>>> {
    if Kind::among(reminders::KINDS, kind).is_none() {
        return Ok(None);
    }
    let (from, to) = store::mail_hours(tx)?;
    Ok(clock::opens(tx.now, from, to))
}

/// Whether a person does not want letters of this kind any more, and need not get them: of what somebody has to hear another
/// coordinator is left who wants it.
pub fn switched_off(tx: &mut Tx<'_>, kind: &Kind, person: PersonId) -> Result<bool> {
    if !choices::mutes(tx, person, kind)? {
        return Ok(false);
    }
    if kind.choice != Choice::AsCoordinator {
        return Ok(true);
    }
    for other in roles::people_with_role(tx, RoleKind::Coordinator)? {
        if other.id != person && !choices::mutes(tx, other.id, kind)? {
            return Ok(true);
        }
    }
    Ok(false)
}

const GONE: Option<&str> = Some("What it was about is not there any more.");
const NOT_HIS: &str = "The person no longer answers for it.";

/// Whose letter it is, and what he is in the cluster today.
struct Recipient {
    person: PersonId,
    roles: Vec<Holder>,
}

fn roles(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Holder>> {
    Ok(directory::holders(tx)?.into_iter().filter(|holder| holder.person.id == person).collect())
}

impl Recipient {
    fn is(&self, kinds: &[RoleKind], school: Option<SchoolId>) -> bool {
        let at = |holder: &Holder| holder.role.school.as_ref().map(|school| school.id);
        self.roles.iter().any(|holder| kinds.contains(&holder.role.kind) && (school.is_none() || school == at(holder)))
    }

    fn coordinates(&self) -> bool {
        self.is(&[RoleKind::Coordinator], None)
    }

    fn leads(&self, school: SchoolId) -> bool {
        self.is(&[RoleKind::Ssl, RoleKind::Deputy], Some(school))
    }

    /// Whether the loan is in his hands, or he leads its school.
    fn answers_for(&self, loan: &Loan) -> bool {
        let hands = match &loan.hands {
            Hands::Booker => Some(loan.booking.person),
            Hands::Keeper(keeper, _) => Some(*keeper),
            Hands::School => None,
        };
        hands == Some(self.person) || self.leads(loan.booking.slot.school)
    }
}

fn no_more(who: Option<&Recipient>, concerned: impl Fn(&Recipient) -> bool) -> Option<&'static str> {
    who.is_some_and(|who| !concerned(who)).then_some(NOT_HIS)
}

/// Whether a letter about a journey is still his: he answers for the loan at one of its ends, or leads the school there.
fn not_of_a_side(
    tx: &mut Tx<'_>,
    who: Option<&Recipient>,
    schools: [SchoolId; 2],
    bookings: [Option<BookingId>; 2],
) -> Result<Option<&'static str>> {
    let Some(who) = who else { return Ok(None) };
    if schools.into_iter().any(|school| who.leads(school)) {
        return Ok(None);
    }
    for booking in bookings.into_iter().flatten() {
        if who.answers_for(&loans::one(tx, booking)?) {
            return Ok(None);
        }
    }
    Ok(Some(NOT_HIS))
}

fn of_a_leg(tx: &mut Tx<'_>, kind: &Kind, subject: &str, who: Option<&Recipient>) -> Result<Option<&'static str>> {
    let parts = subject.strip_prefix("leg:").and_then(|rest| rest.split_once(':'));
    let Some((Ok(id), Ok(revision))) = parts.map(|(id, revision)| (id.parse::<LegId>(), revision.parse::<i32>())) else { return Ok(GONE) };
    let leg = match rows::one(tx, id) {
        Err(Error::NotFound) => return Ok(GONE),
        leg => leg?,
    };
    let today = tx.today();
    let why = match leg.state {
        LegState::Done => Some("The handover was done before this could be sent."),
        LegState::Dropped => Some("The handover is no longer planned."),
        LegState::Planned if leg.revision != revision => Some("The handover was changed before this could be sent."),
        LegState::Planned if today > leg.day => Some("The day of the handover is past."),
        LegState::Planned if !is_day_before(kind) && today >= days::add(leg.day, -1) => Some("The handover is too near for this."),
        LegState::Planned if rows::under_way(tx, leg.copy)? == Some(id) => Some("It was handed over before this could be sent."),
        LegState::Planned if !stands(tx, &leg)? => Some("Who is to give it has not got it, and does not get it in time."),
        LegState::Planned => None,
    };
    match why {
        None => not_of_a_side(tx, who, [leg.from, leg.to], [leg.from_booking, leg.to_booking]),
        why => Ok(why),
    }
}

fn stands(tx: &mut Tx<'_>, leg: &Leg) -> Result<bool> {
    let known = Known::one(tx, leg.copy)?;
    Ok(known::can_happen(leg, &known.facts(), tx.today()))
}

fn loan_of(tx: &mut Tx<'_>, id: &str) -> Result<Option<Loan>> {
    let Ok(id) = id.parse::<BookingId>() else { return Ok(None) };
    match loans::one(tx, id) {
        Err(Error::NotFound) => Ok(None),
        loan => loan.map(Some),
    }
}

fn of_a_late_loan(tx: &mut Tx<'_>, kind: &Kind, subject: &str, who: Option<&Recipient>) -> Result<Option<&'static str>> {
    let id = subject.strip_prefix("late:").and_then(|rest| rest.split_once(':')).map_or("", |(id, _)| id);
    let Some(loan) = loan_of(tx, id)? else { return Ok(GONE) };
    let slot = loan.booking.slot;
    Ok(match slot.late_since(tx.today()) {
        Some(_) => no_more(who, |who| match kind {
            LATE_HEAD => who.is(&[RoleKind::Head], Some(slot.school)),
            _ if to_coordinators(kind) => who.coordinates(),
            _ => who.answers_for(&loan),
        }),
        None if slot.returned_on.is_some() => Some("It was given back before this could be sent."),
        None => Some("The loan is not late any more."),
    })
}

fn to_coordinators(kind: &Kind) -> bool {
    kind.choice == Choice::AsCoordinator
}

fn of_a_risk(tx: &mut Tx<'_>, subject: &str, who: Option<&Recipient>) -> Result<Option<&'static str>> {
    let parts = subject.strip_prefix("booking:").and_then(|rest| rest.split_once(':'));
    let Some((id, Ok(trouble))) = parts.map(|(id, word)| (id, word.parse::<Trouble>())) else { return Ok(GONE) };
    let Some(loan) = loan_of(tx, id)? else { return Ok(GONE) };
    let slot = loan.booking.slot;
    if slot.state != State::Confirmed || slot.collected_on.is_some() || slot.is_over(tx.today()) {
        return Ok(Some("The booking is not to come any more."));
    }
    let known = Known::one(tx, slot.copy)?;
    if !troubles(&known.facts(), tx.today()).contains(&trouble) {
        return Ok(Some("The booking is not at risk any more."));
    }
    Ok(no_more(who, |who| who.answers_for(&loan)))
}

fn of_the_count(tx: &mut Tx<'_>, subject: &str, who: Option<&Recipient>) -> Result<Option<&'static str>> {
    let Some(loan) = loan_of(tx, subject.trim_start_matches("booking:"))? else { return Ok(GONE) };
    let slot = loan.booking.slot;
    if !slot.is_out() {
        return Ok(Some("It was given back before this could be sent."));
    }
    if store::counted(tx, slot.id)? {
        return Ok(Some("It has been counted."));
    }
    Ok(no_more(who, |who| who.answers_for(&loan)))
}

fn of_a_handover(tx: &mut Tx<'_>, kind: &Kind, subject: &str, who: Option<&Recipient>) -> Result<Option<&'static str>> {
    let Some(Ok(id)) = subject.strip_prefix("handover:").map(str::parse::<HandoverId>) else { return Ok(GONE) };
    let Some(way) = store::handover(tx, id)? else { return Ok(GONE) };
    if way.state != "given" {
        return Ok(Some("It is not on its way any more."));
    }
    if to_coordinators(kind) {
        return Ok(no_more(who, Recipient::coordinates));
    }
    not_of_a_side(tx, who, way.schools, [way.from, way.to])
}
