//! Cluster meetings: one is added, or called off. Each is one transaction; done twice, it is done once.

use crate::base::days::{self, Period};
use crate::base::ids::MeetingId;
use crate::db::{Result, Tx};
use crate::journeys::agreeing::Meeting;
use crate::journeys::legs::{first_look, laid};
use crate::journeys::letters::Because;
use crate::journeys::store::{legs as rows, meetings};
use crate::journeys::tell::Teller;
use crate::journeys::{Leg, Way};
use crate::year;

/// Adds a meeting, and says which it is: sent twice, it is one.
pub fn add(tx: &mut Tx<'_>, meeting: &Meeting) -> Result<MeetingId> {
    let same = |one: &Meeting| Meeting { id: meeting.id, ..one.clone() } == *meeting;
    if let Some(there) = meetings::within(tx, Period::day(meeting.day))?.into_iter().find(same) {
        return Ok(there.id);
    }
    meetings::add(tx, meeting)?;
    Ok(meeting.id)
}

/// Calls a meeting off: what was to change hands there does so as the bookings ask, and both sides are told.
pub fn cancel(tx: &mut Tx<'_>, id: MeetingId) -> Result<()> {
    let meeting = meetings::one(tx, id)?;
    if meeting.cancelled {
        return Ok(());
    }
    meetings::cancel(tx, &meeting)?;
    let today = tx.today();
    let window = Period::new(days::add(meeting.day, -120), days::add(meeting.day, 120)).unwrap_or(Period::day(meeting.day));
    let calendar = year::store::school_calendar(tx, window)?;
    for leg in meetings::legs_at(tx, id)? {
        let before = rows::one(tx, leg)?;
        let mut teller = Teller::read(tx, &[before.copy])?;
        let proposal = before.proposal.clone().filter(|one| one.meeting != Some(id));
        if before.meeting != Some(id) {
            teller.declined(tx, &before, Because::NoMeeting)?;
            rows::update(tx, &Leg { proposal, ..before })?;
            continue;
        }
        let ends = rows::slots(tx, &before)?;
        let day = laid(&before, ends.0.as_ref(), ends.1.as_ref(), &calendar, today);
        let way = if before.to_booking.is_none() { Way::Bring } else { Way::Fetch };
        let after = Leg {
            day,
            way,
            meeting: None,
            agreed: false,
            proposal,
            note: String::new(),
            revision: before.revision + 1,
            told: true,
            look_on: first_look(day, today),
            ..before.clone()
        };
        rows::update(tx, &after)?;
        teller.changed(tx, &before, Some(&after))?;
    }
    Ok(())
}
