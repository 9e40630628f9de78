//! The pages of the plan: the calendar, reserving, loans.

pub mod calendar;
