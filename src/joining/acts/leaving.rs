//! A school leaves the cluster, comes back, or rests from borrowing.

use crate::base::days::{self, Day, END, Period};
use crate::base::ids::{BookingId, SchoolId};
use crate::bookings::store::ledger;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::tell::Teller;
use crate::bookings::{By, Kind, State, changes};
use crate::db::{self, Refuses, Stop, Tx};
use crate::people::giving;
use crate::people::store::roles;
use crate::people::{Held, RoleKind};
use crate::schools::{self, Refusal, Sabbatical, Wish, store};
use crate::waiting::acts as waits;

/// What stands in the history and in the letter of a booking that a sabbatical cancels.
const SABBATICAL: &str = "On sabbatical";

/// What a school has and has booked.
#[derive(Debug, Clone, Default)]
pub struct Things {
    /// Fetched and not given back.
    pub held: Vec<Loan>,
    /// Booked, asked for, not fetched yet; by first day.
    pub ahead: Vec<Loan>,
}

impl Things {
    /// By one query.
    pub fn read(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<Self> {
        let today = tx.today();
        let all = loans::of_schools(tx, &[school], Period::new(today, END).unwrap_or(Period::day(today)))?;
        let mut things = Self::default();
        for loan in all.into_iter().filter(|loan| loan.booking.slot.kind == Kind::Loan) {
            let slot = &loan.booking.slot;
            if slot.is_out() {
                things.held.push(loan);
            } else if !slot.is_over(today) {
                things.ahead.push(loan);
            }
        }
        Ok(things)
    }

    /// What the school has booked inside the days and has not fetched.
    pub fn inside(&self, days: Period) -> impl Iterator<Item = &Loan> {
        self.ahead.iter().filter(move |loan| loan.booking.slot.days.overlaps(days))
    }

    /// The tags of what the school has.
    fn tags(&self) -> Vec<String> {
        self.held.iter().map(|loan| format!("{} ({})", loan.name, loan.tag)).collect()
    }
}

/// Lets a school go: its time in the cluster and the roles there end, the bookings after its last day are cancelled. The same day again lets it go
/// once. `reason`: why it may go although it holds something. Refused when the day does not fit, somebody would be missing, or it holds something.
pub fn leave(tx: &mut Tx<'_>, id: SchoolId, last: Day, reason: String, teller: &Teller) -> Result<(), Stop<(&'static str, Refusal)>> {
    let record = store::one(tx, id)?;
    if record.spells.last().is_some_and(|spell| spell.stay.left_on == Some(last)) {
        return Ok(());
    }
    let leads = store::leads(tx)?.iter().any(|(lead, _)| lead.school == id && lead.to.is_none_or(|to| to > last));
    let things = Things::read(tx, id)?;
    let answering = roles::answering(tx)?;
    let elsewhere = |role: &Held| role.school.as_ref().is_none_or(|school| school.id != id);
    let loses = answering.iter().any(|role| role.kind == RoleKind::Coordinator && !elsewhere(role));
    let coordinated = !loses || giving::coordinated_after(&answering, last.max(tx.today()), elsewhere);
    let wish = Wish { last, reason, held: things.tags(), leads, coordinated };
    let gone = schools::leave(&record, &wish, tx.today())?;
    // Before the roles end, so that the letters find the science lead.
    for loan in things.ahead.iter().filter(|loan| loan.booking.slot.days.last() > last) {
        cancel(tx, teller, loan, "The school leaves the cluster")?;
    }
    if let Some(after) = Period::new(days::add(last, 1), END) {
        waits::end_of_school(tx, id, after, "The school leaves the cluster.")?;
    }
    Ok(store::leave(tx, &record, &gone)?)
}

/// Cancels a booking because of what happens to its school, with the usual letters.
fn cancel(tx: &mut Tx<'_>, teller: &Teller, loan: &Loan, reason: &str) -> db::Result<()> {
    let slot = &loan.booking.slot;
    changes::cancel(slot, By::Coordinator, reason, tx.today()).map_err(|refusal| db::Error::Check(refusal.message()))?;
    ledger::set_state(tx, loan, State::Cancelled, reason)?;
    teller.cancelled(tx, slot.id, reason)
}

/// Begins another time of a school in the cluster; from the same day once. Refused while it is in one, or was on that day.
pub fn rejoin(tx: &mut Tx<'_>, id: SchoolId, on: Day) -> Result<(), Stop<Refusal>> {
    let record = store::one(tx, id)?;
    if record.spells.iter().any(|spell| spell.stay.joined_on == on && spell.stay.left_on.is_none()) {
        return Ok(());
    }
    schools::rejoin(&record, on)?;
    Ok(store::join(tx, id, on)?)
}

/// What becomes of a booking inside a sabbatical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Keep,
    /// It is cancelled.
    Cancel,
}

/// Why a school does not rest.
#[derive(Debug, Clone)]
pub enum RestRefusal {
    /// The days cannot be; at which of them.
    Rule(&'static str, Refusal),
    /// Nobody has said what becomes of these bookings.
    Undecided(Vec<Loan>),
}

impl Refuses for RestRefusal {}

impl From<(&'static str, Refusal)> for RestRefusal {
    fn from((field, refusal): (&'static str, Refusal)) -> Self {
        Self::Rule(field, refusal)
    }
}

/// Writes a sabbatical down, cancels what is to be cancelled, and ends the school's places on the waiting list inside it. The same days again are
/// written once. Refused when the days do not fit, or the `fate` of a booking inside them is not said.
pub fn rest(
    tx: &mut Tx<'_>,
    id: SchoolId,
    wish: &Sabbatical,
    fate: impl Fn(BookingId) -> Option<Fate>,
    teller: &Teller,
) -> Result<(), Stop<RestRefusal>> {
    let record = store::one(tx, id)?;
    let rest = schools::rest(&record, wish, tx.today())?;
    let things = Things::read(tx, id)?;
    let undecided: Vec<Loan> = things.inside(wish.days).filter(|loan| fate(loan.booking.slot.id).is_none()).cloned().collect();
    if !undecided.is_empty() {
        return Err(RestRefusal::Undecided(undecided).into());
    }
    for loan in things.inside(wish.days).filter(|loan| fate(loan.booking.slot.id) == Some(Fate::Cancel)) {
        cancel(tx, teller, loan, SABBATICAL)?;
    }
    let there = |spell: &schools::Spell| spell.stay.sabbatical == Some(wish.days) && spell.review_on == wish.review_on;
    if !record.spells.iter().any(there) {
        store::set_sabbatical(tx, &record, wish, &rest)?;
        waits::end_of_school(tx, id, wish.days, "The school takes a break from the cluster.")?;
    }
    Ok(())
}

/// Ends a sabbatical earlier: the school is `back` on that day. The same day again ends it once. Refused when there is none, or it is over by then.
pub fn back_early(tx: &mut Tx<'_>, id: SchoolId, back: Day) -> Result<(), Stop<Refusal>> {
    let record = store::one(tx, id)?;
    let before = days::add(back, -1);
    if record.spells.iter().any(|spell| spell.stay.sabbatical.is_some_and(|off| off.last() == before)) {
        return Ok(());
    }
    let (spell, off) = record.sabbatical(tx.today()).ok_or(Refusal::NoSabbatical)?;
    let left = schools::back_early(off, back)?;
    Ok(store::end_sabbatical(tx, id, spell, off, left)?)
}
