//! The rows of bookings.

pub mod plan;
