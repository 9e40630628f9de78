//! The pages of reserving and of requests, and what pages of loans share.

pub mod requests;
pub mod reserve;

use maud::{Markup, html};

use crate::base::days::Day;
use crate::bookings::store::loans::Loan;
use crate::bookings::{Slot, State, changes};
use crate::web::parts::{Tone, pill};

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/boxes/{resource}/reserve", get().to(reserve::form))
        .route("/boxes/{resource}/reserve", post().to(reserve::book))
        .route("/boxes/{resource}/reserve/check", get().to(reserve::check));
}

/// What somebody reads who would act on another school's booking.
pub(crate) const NOT_YOURS: &str = "Only the school that made this booking, or a coordinator, can change it.";

pub(crate) use crate::web::answer::{answer, see_other};

/// "1 week", "3 weeks".
fn weeks(count: u32) -> String {
    crate::web::parts::counted(count as usize, "week", "weeks")
}

/// How a booking stands, in a word or two: the same on every page. `at_risk`: whether it may not happen as planned.
pub(crate) fn state_pill(slot: &Slot, at_risk: bool, today: Day) -> Markup {
    match slot.state {
        _ if slot.late_since(today).is_some() => pill(Tone::Bad, "Late"),
        _ if slot.returned_on.is_some() => pill(Tone::Plain, "Returned"),
        _ if slot.is_out() => pill(Tone::Good, "Out now"),
        State::Requested if slot.is_offer() => pill(Tone::Warn, "Offered"),
        State::Requested if changes::has_lapsed(slot, today) => pill(Tone::Plain, "Not answered"),
        State::Requested => pill(Tone::Warn, "Waiting for approval"),
        State::Confirmed if slot.is_over(today) => pill(Tone::Plain, "Over"),
        State::Confirmed if at_risk => pill(Tone::Warn, "At risk"),
        State::Confirmed => pill(Tone::Good, "Confirmed"),
        State::Declined | State::Cancelled => pill(Tone::Plain, slot.state.name()),
    }
}

/// A list of bookings, each a link to its page.
pub(crate) fn loan_list(base: &str, loans: &[Loan]) -> Markup {
    html! {
        ul.links {
            @for loan in loans {
                li { div {
                    a href={ (base) "/bookings/" (loan.booking.slot.id) } { (loan.name) " (" (loan.tag) ")" }
                    small {
                        (loan.booking.slot.days)
                        @if loan.booking.slot.state == State::Requested { ", waits for approval" }
                        @if !loan.booking.class_name.is_empty() { ", " (loan.booking.class_name) }
                    }
                } }
            }
        }
    }
}
