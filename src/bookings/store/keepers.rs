//! In whose hands bookings are: their keeper, or else who booked them. Who booked stays who booked; only the keeper changes.

use diesel::prelude::*;

use super::plan::{SlotRow, slot_columns, slot_of};
use crate::base::days;
use crate::base::ids::{PersonId, SchoolId};
use crate::bookings::Slot;
use crate::db::asks::{LONGEST_HOLD, is_live};
use crate::db::schema::{bookings, copies, resources};
use crate::db::{Result, Tx};

/// The most that are listed and handed on at once; a school has a handful.
const MOST: i64 = 500;

/// A booking to come, or a copy that is out, with who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The booking.
    pub slot: Slot,
    /// The resource's name.
    pub name: String,
    /// The copy's tag.
    pub tag: String,
    /// Who answers for it: the keeper, or else who booked it.
    pub hands: PersonId,
}

impl Kept {
    /// For a letter: the tag, and "Electricity, 5 to 16 October 2026, out now".
    #[must_use]
    pub fn fact(&self) -> (String, String) {
        (self.tag.clone(), format!("{}, {}{}", self.name, self.slot.days, if self.slot.is_out() { ", out now" } else { "" }))
    }
}

/// What is open at a school, by first day: live bookings whose last day is still to come, and copies that are out, however late.
pub fn of_school(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Kept>> {
    let today = tx.today();
    let of = || bookings::cluster_id.eq(tx.cluster.0).and(bookings::school_id.eq(school.0));
    // Both halves name the cluster and what their index begins with (see `plan::open_now`).
    let coming = of()
        .and(bookings::first_day.ge(days::add(today, -LONGEST_HOLD)))
        .and(bookings::last_day.ge(today))
        .and(bookings::returned_on.is_null())
        .and(bookings::offer_until.is_null())
        .and(is_live!());
    let out = of().and(bookings::copy_id.gt(0)).and(bookings::collected_on.is_not_null()).and(bookings::returned_on.is_null());
    let rows: Vec<(SlotRow, String, String, i64, Option<i64>)> = bookings::table
        .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(coming.or(out))
        .filter(bookings::kind.eq("loan"))
        .order((bookings::first_day, bookings::id))
        .limit(MOST)
        .select((slot_columns!(), resources::name, copies::tag, bookings::person_id, bookings::keeper_id))
        .load(tx.conn)?;
    rows.into_iter()
        .map(|(slot, name, tag, person, keeper)| Ok(Kept { slot: slot_of(slot)?, name, tag, hands: PersonId(keeper.unwrap_or(person)) }))
        .collect()
}

/// Gives a booking to somebody, or with `None` to its school until somebody is named. `before` and `after` say so without names.
pub fn hand(tx: &mut Tx<'_>, booking: &Kept, to: Option<PersonId>, before: &str, after: &str) -> Result<()> {
    diesel::update(bookings::table.find((tx.cluster.0, booking.slot.id.0)))
        .set((bookings::keeper_id.eq(to.map(|person| person.0)), bookings::updated_at.eq(tx.stamp())))
        .execute(tx.conn)?;
    tx.log("bookings", &booking.slot.id, "handed on", before, after)
}
