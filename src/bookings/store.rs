//! The rows of bookings.

pub mod days;
pub mod errands;
pub mod keepers;
pub mod ledger;
pub mod loans;
pub mod plan;
pub mod shelf;
