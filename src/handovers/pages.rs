//! The pages of handovers, a file each.

pub mod wait;
pub mod waits;
