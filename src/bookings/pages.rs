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

/// What somebody reads who would act on another school's booking.
const NOT_YOURS: &str = "Only the school that made this booking, or a coordinator, can change it.";

pub(crate) use crate::web::answer::{answer, see_other};

/// "1 week", "3 weeks".
fn weeks(count: u32) -> String {
    crate::web::parts::counted(count as usize, "week", "weeks")
}
