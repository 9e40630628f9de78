//! Agreeing on another day or way for a leg: one side suggests, the other says yes or no. Each is one transaction.

use crate::base::days::{self, Period};
use crate::base::ids::{LegId, SchoolId};
use crate::bookings::store::loans::{self, Loan};
use crate::db::{self, Stop, Tx};
use crate::journeys::Leg;
use crate::journeys::agreeing::{self, Asked, Facts, Meeting, NEAR_DAYS, Refusal, Side, Wish};
use crate::journeys::legs::{CALENDAR_DAYS, first_look, laid};
use crate::journeys::letters::{Because, Trip};
use crate::journeys::store::{legs as rows, meetings};
use crate::journeys::tell::Teller;
use crate::schools::{SchoolNames, store};
use crate::year::{self, SchoolCalendar};

/// What has become of a wish for another day or way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suggested {
    /// It holds: who wished for it speaks for both sides.
    Holds,
    /// The other side is asked.
    Asked,
}

/// What has become of a suggestion that will not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The other side has said no.
    Declined,
    /// The side that made it has taken it back.
    TakenBack,
}

/// Suggests another day or way; from who speaks for both sides it holds at once.
pub fn suggest(tx: &mut Tx<'_>, id: LegId, asked: &Asked, side: &Side) -> Result<Suggested, Stop<Refusal>> {
    let case = Case::read_to_decide(tx, id)?;
    agreeing::may(&case.facts(tx.today(), None), side)?;
    let wish = asked.wish(&case.meetings)?;
    case.check(tx, &wish, side)?;
    let mut teller = Teller::read(tx, &[case.leg.copy])?;
    if side.decides(&case.leg) {
        settle_on(tx, &mut teller, &case.leg, wish)?;
        return Ok(Suggested::Holds);
    }
    let school = side.of(&case.leg).ok_or(Refusal::NotYours)?;
    let suggested = agreeing::suggested(&case.leg, wish, tx.person()?, school, tx.now);
    rows::update(tx, &suggested)?;
    let words = teller.wish(tx, &suggested)?.words();
    tx.log("legs", &id, "suggested", &case.trip.words(), &words)?;
    teller.proposed(tx, &case.leg, school, &suggested)?;
    Ok(Suggested::Asked)
}

/// Says yes to what the other side suggests.
pub fn agree(tx: &mut Tx<'_>, id: LegId, side: &Side) -> Result<(), Stop<Refusal>> {
    let case = Case::read_to_decide(tx, id)?;
    let facts = case.facts(tx.today(), None);
    // Said yes twice, or by two people at once: it holds already.
    if case.leg.proposal.is_none() && case.leg.agreed && agreeing::may(&facts, side).is_ok() {
        return Ok(());
    }
    let wish = agreeing::answer(&facts, side)?;
    case.check(tx, &wish, side)?;
    let mut teller = Teller::read(tx, &[case.leg.copy])?;
    Ok(settle_on(tx, &mut teller, &case.leg, wish)?)
}

/// Says no to what the other side suggests, or takes the own suggestion back.
pub fn decline(tx: &mut Tx<'_>, id: LegId, side: &Side) -> Result<Ended, Stop<Refusal>> {
    let case = Case::read_to_decide(tx, id)?;
    agreeing::may(&case.facts(tx.today(), None), side)?;
    let proposal = case.leg.proposal.as_ref().ok_or(Refusal::NothingToAnswer)?;
    let own = side.of(&case.leg) == Some(proposal.school) && !side.decides(&case.leg);
    rows::update(tx, &Leg { proposal: None, ..case.leg.clone() })?;
    let mut teller = Teller::read(tx, &[case.leg.copy])?;
    let words = teller.wish(tx, &case.leg)?.words();
    tx.log("legs", &id, if own { "taken back" } else { "declined" }, &words, &case.trip.words())?;
    if own {
        return Ok(Ended::TakenBack);
    }
    teller.declined(tx, &case.leg, Because::TheyCannot)?;
    Ok(Ended::Declined)
}

/// Writes down what both sides have agreed on, and tells them.
fn settle_on(tx: &mut Tx<'_>, teller: &mut Teller, leg: &Leg, wish: Wish) -> db::Result<()> {
    let look_on = first_look(wish.day, tx.today());
    let now = agreeing::agreed(leg, wish, look_on);
    let now = Leg { told: true, ..now };
    rows::update(tx, &now)?;
    let (before, after) = (teller.trip(tx, leg)?.words(), teller.trip(tx, &now)?.words());
    tx.log("legs", &leg.id, "agreed", &before, &after)?;
    teller.agreed(tx, &now)
}

/// A leg and all that a decision about it rests on.
pub struct Case {
    /// The leg.
    pub leg: Leg,
    /// The loan that ends with it.
    pub from: Option<Loan>,
    /// The loan that begins with it.
    pub to: Option<Loan>,
    /// The leg in words.
    pub trip: Trip,
    /// Whether the copy is on this leg now.
    pub under_way: bool,
    /// The meetings near its day, at which it may be.
    pub meetings: Vec<Meeting>,
    /// The schools' names.
    pub names: SchoolNames,
    calendar: SchoolCalendar,
}

impl Case {
    /// Reads it without school days: only who changes something needs to know when schools are open.
    pub fn read(tx: &mut Tx<'_>, id: LegId) -> db::Result<Self> {
        let leg = rows::one(tx, id)?;
        let from = leg.from_booking.map(|id| loans::one(tx, id)).transpose()?;
        let to = leg.to_booking.map(|id| loans::one(tx, id)).transpose()?;
        // Of what is overdue, those that are near today.
        let near = leg.day.max(tx.today());
        let near = Period::new(days::add(near, -NEAR_DAYS).max(tx.today()), days::add(near, NEAR_DAYS));
        let meetings = meetings::within(tx, near.unwrap_or(Period::day(tx.today())))?;
        let under_way = rows::under_way(tx, leg.copy)? == Some(id);
        let names = store::school_names(tx)?;
        let trip = trip(&leg, &meetings, &names);
        let calendar = SchoolCalendar::new(Vec::new(), Vec::new());
        Ok(Self { leg, from, to, trip, under_way, meetings, names, calendar })
    }

    /// With the school days around it, for a decision.
    fn read_to_decide(tx: &mut Tx<'_>, id: LegId) -> db::Result<Self> {
        let case = Self::read(tx, id)?;
        let (day, later) = (case.leg.day, case.leg.day.max(tx.today()));
        let window = Period::new(days::add(day, -CALENDAR_DAYS), days::add(later, CALENDAR_DAYS)).unwrap_or(Period::day(day));
        Ok(Self { calendar: year::store::school_calendar(tx, window)?, ..case })
    }

    /// What the rules ask for; `meeting` is the one that is wished for.
    #[must_use]
    pub fn facts<'a>(&'a self, today: days::Day, meeting: Option<&'a Meeting>) -> Facts<'a> {
        let slot = |loan: &'a Option<Loan>| loan.as_ref().map(|loan| &loan.booking.slot);
        let (from, to) = (slot(&self.from), slot(&self.to));
        let laid = laid(&self.leg, from, to, &self.calendar, today);
        Facts { leg: &self.leg, under_way: self.under_way, from, to, laid, calendar: &self.calendar, meeting, today }
    }

    fn check(&self, tx: &Tx<'_>, wish: &Wish, side: &Side) -> Result<(), Refusal> {
        let meeting = wish.meeting.and_then(|id| self.meetings.iter().find(|one| one.id == id));
        agreeing::check(&self.facts(tx.today(), meeting), side, wish, |school| self.name(school))
    }

    /// The short name of one of its two schools.
    #[must_use]
    pub fn name(&self, school: SchoolId) -> String {
        if school == self.leg.from { self.trip.from.clone() } else { self.trip.to.clone() }
    }

    /// The leg as it is suggested, in words.
    #[must_use]
    pub fn wish(&self) -> Option<Trip> {
        let one = self.leg.proposal.as_ref()?;
        let wished = Leg { day: one.day, way: one.way, meeting: one.meeting, note: one.note.clone(), ..self.leg.clone() };
        Some(trip(&wished, &self.meetings, &self.names))
    }
}

fn trip(leg: &Leg, all: &[Meeting], names: &SchoolNames) -> Trip {
    let name = |id| names.of(id).to_owned();
    let found = leg.meeting.and_then(|id| all.iter().find(|one| one.id == id));
    Trip::of(leg, name, &found.map_or_else(|| "a cluster meeting".to_owned(), |one| meetings::words(one, name)))
}
