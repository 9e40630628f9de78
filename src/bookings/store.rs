//! The rows of bookings.

pub mod ends;
pub mod feeds;
pub mod held;
pub mod keepers;
pub mod ledger;
pub mod loans;
pub mod plan;
pub mod shelf;
