//! The pages of reserving and of requests, and what pages of loans share.

pub mod requests;
pub mod reserve;

use maud::{Markup, html};

use crate::bookings::State;
use crate::bookings::store::loans::Loan;

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/boxes/{resource}/reserve", get().to(reserve::form))
        .route("/boxes/{resource}/reserve", post().to(reserve::book))
        .route("/boxes/{resource}/reserve/check", get().to(reserve::check))
        .route("/requests", get().to(requests::show));
}

/// What somebody reads who would act on another school's booking.
pub(crate) const NOT_YOURS: &str = "Only the school that made this booking, or a coordinator, can change it.";

pub(crate) use crate::web::answer::{answer, see_other};

/// "1 week", "3 weeks".
fn weeks(count: u32) -> String {
    crate::web::parts::counted(count as usize, "week", "weeks")
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
