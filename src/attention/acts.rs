//! What a coordinator does about a copy that is late, missing or found: read, decide, store, write.

use crate::attention::letters::{self, About};
use crate::attention::pages::remedies::AHEAD_DAYS;
use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, SchoolId};
use crate::bookings::Kind;
use crate::bookings::store::loans;
use crate::catalogue::{self, Item};
use crate::db::{self, Tx};
use crate::journeys::store as custody;
use crate::mail::{Letter, Recipient, store as outbox};
use crate::people::Member;
use crate::people::store::{Person, roles};
use crate::schools;
use crate::web::App;

/// Who writes, and from where.
#[derive(Debug, Clone)]
pub struct Sender {
    base: String,
    by: String,
}

impl Sender {
    /// For who asks.
    #[must_use]
    pub fn new(app: &App, member: &Member) -> Self {
        Self { base: app.site.link(member.base()), by: member.name.clone() }
    }

    /// What a letter says of a copy to a school.
    pub(super) fn about(&self, item: &Item, school: SchoolId, school_name: &str) -> About {
        About {
            copy: item.copy,
            item: item.words(),
            school,
            school_name: school_name.to_owned(),
            by: self.by.clone(),
            base: self.base.clone(),
        }
    }
}

/// The science leads of a school as addressees.
pub(crate) fn leads(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<Vec<Recipient>> {
    Ok(roles::leads_of(tx, school)?.iter().filter_map(Person::recipient).collect())
}

/// Stores a letter for each; whether any is new.
pub(crate) fn write(tx: &mut Tx<'_>, to: Vec<Recipient>, letter: impl Fn(Recipient) -> Letter) -> db::Result<bool> {
    let mut new = false;
    for recipient in to {
        new |= outbox::enqueue(tx, &letter(recipient))?;
    }
    Ok(new)
}

pub(crate) fn name_of(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<String> {
    Ok(schools::store::school_names(tx)?.of(school).to_owned())
}

/// The live loans of a copy that nobody has fetched yet, by school. What the waiting list offers is no booking.
pub(crate) fn booked(tx: &mut Tx<'_>, copy: CopyId) -> db::Result<Vec<(SchoolId, String, Vec<Period>)>> {
    let today = tx.today();
    let ahead = Period::new(today, days::add(today, AHEAD_DAYS)).unwrap_or(Period::day(today));
    let mut by_school: Vec<(SchoolId, String, Vec<Period>)> = Vec::new();
    for (slot, name) in loans::around(tx, &[copy], ahead)? {
        if slot.kind != Kind::Loan || slot.is_offer() || slot.collected_on.is_some() || slot.is_over(today) {
            continue;
        }
        match by_school.iter_mut().find(|(school, ..)| *school == slot.school) {
            Some((_, _, days)) => days.push(slot.days),
            None => by_school.push((slot.school, name, vec![slot.days])),
        }
    }
    Ok(by_school)
}

/// A copy that was missing is somewhere: the log says so, and whoever has booked it hears what that means for the booking. The
/// database has set its state already, to what it was before.
///
/// # Errors
/// When the copy is not there.
pub fn there_again(tx: &mut Tx<'_>, sender: &Sender, id: CopyId, at: SchoolId) -> db::Result<()> {
    let (item, state, _) = catalogue::store::copy(tx, id)?;
    let (place, short, today) = (name_of(tx, at)?, custody::one(tx, id)?.short_essentials, tx.today());
    tx.log("copies", &id, "found", &item.words(), &format!("at {place}"))?;
    for (school, name, days) in booked(tx, id)? {
        let (about, to) = (sender.about(&item, school, &name), leads(tx, school)?);
        write(tx, to, |to| letters::found(&about, &days, (state.why_not(), &short), to, today))?;
    }
    Ok(())
}
