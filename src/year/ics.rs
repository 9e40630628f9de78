//! A calendar file with the school year, as councils and schools of the four nations publish it.
//!
//! What must always hold: every event is taken for something, left out with the reason, or a fault; a faulty one breaks no other; the order
//! of the events does not matter. The lines are told apart by the icalendar crate and the repeats expanded by rrule; what the events mean is
//! decided here, from all of them together, and shown with their lines before anything is stored. Days are days: an all-day event's DTEND
//! is the day after its last one.

mod events;
mod ledger;
mod lines;
mod moments;
mod repeats;
mod season;
mod slots;
mod weigh;
mod words;

use crate::base::text;
use crate::year::Closure;
use crate::year::plan::{Fault, Planned};
use ledger::Ledger;

/// Whether a text is a calendar file. Its name does not matter, nor a byte-order mark.
#[must_use]
pub fn is_calendar(said: &str) -> bool {
    text::unified(said).trim_start().get(..15).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCALENDAR"))
}

/// What a calendar file says of the school year.
#[derive(Debug, Default)]
pub struct Understood {
    /// How many events it has.
    pub events: usize,
    /// Terms, each with the line of its first event.
    pub terms: Vec<(u64, Planned)>,
    /// Closures of the whole cluster, each with its line.
    pub closures: Vec<(u64, Closure)>,
    /// What each event was taken for, by its line.
    pub used: Vec<(u64, String)>,
    /// What was not taken, and why.
    pub left_out: Vec<(u64, String)>,
    /// What was taken and should be looked at.
    pub doubts: Vec<(u64, String)>,
    /// What cannot be read.
    pub faults: Vec<Fault>,
}

/// Reads a calendar file.
#[must_use]
pub fn read(said: &str) -> Understood {
    let mut found = Understood::default();
    let mut ledger = Ledger::default();
    let events = events::events(&text::unified(said), &mut ledger);
    if ledger.events == 0 {
        ledger.fault(None, "There is no event in this calendar.", "Choose the calendar with the term dates.");
    }
    let year = season::year(&events, &mut ledger);
    (found.terms, found.closures) = (year.terms, year.closures);
    ledger.close(&events, &mut found);
    found
}

#[cfg(test)]
mod tests;
