//! The pages of the waiting list.

pub mod wait;
pub mod waits;
