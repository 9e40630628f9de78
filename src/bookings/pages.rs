//! The pages of the plan: the calendar, reserving, loans.

pub mod calendar;
pub mod change;
pub mod feeds;
pub mod hand_on;
pub mod loan;
pub mod loans;
pub mod requests;
pub mod reserve;
pub mod tell;
pub mod verbs;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use maud::Markup;

/// What somebody reads who would act on another school's booking.
const NOT_YOURS: &str = "Only the school that made this booking, or a coordinator, can change it.";

/// A page that is asked for again each time it is shown.
pub(crate) fn answer(status: StatusCode, page: &Markup) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .body(page.0.clone())
}

/// On to another page of ours, by GET.
pub(crate) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}

/// "1 week", "3 weeks".
fn weeks(count: u32) -> String {
    crate::web::parts::counted(count as usize, "week", "weeks")
}
