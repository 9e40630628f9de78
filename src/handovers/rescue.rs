//! What can be done for a booking at risk: the same days on another copy, or other days. Pure.

use crate::base::days::Period;
use crate::bookings::{Booking, By, Decision, Shelf, ShelfCopy, Wish, changes};

/// Why a rule of lending was set aside when a booking at risk moves to another copy; kept with the booking.
const MOVED: &str = "moved by the coordinator because its copy was at risk";

/// The same days on another copy of the same title, when one is free.
#[must_use]
pub fn another_copy(shelf: &Shelf, booking: &Booking) -> Option<Decision> {
    let slot = &booking.slot;
    let wish = |copy: &ShelfCopy| Wish {
        kind: slot.kind,
        copy: Some(copy.id),
        first: slot.days.first(),
        last: slot.days.last(),
        by: By::Coordinator,
        override_reason: MOVED.to_owned(),
    };
    lendable(shelf).filter(|copy| copy.id != slot.copy).find_map(|copy| changes::change(shelf, booking, &wish(copy)).ok())
}

/// What [`another_copy`] says of a rule that it sets aside.
#[must_use]
pub fn reason_to_move() -> &'static str {
    MOVED
}

/// Other days on which a school could have the title for as many school days: the nearest, on any copy.
#[must_use]
pub fn other_dates<'a>(shelf: &'a Shelf, booking: &Booking) -> Option<(&'a ShelfCopy, Period)> {
    let (search, slot) = (shelf.search()?, &booking.slot);
    let school_days = shelf.calendar.count(slot.days, Some(slot.school)).max(1);
    let spans = lendable(shelf).flat_map(|copy| {
        let near = search.nearest(&copy.slots, slot.days.first(), school_days);
        [near.before, near.after].into_iter().flatten().map(move |days| (copy, days))
    });
    spans.min_by_key(|(copy, days)| ((days.first() - slot.days.first()).num_days().abs(), copy.tag.clone()))
}

/// Copies that can be lent: in service, and not late.
fn lendable(shelf: &Shelf) -> impl Iterator<Item = &ShelfCopy> {
    shelf.copies.iter().filter(|copy| copy.out_of_service.is_none() && copy.late(shelf.today).is_none())
}
