//! The SQL of handovers, a file a table or two.

pub mod custody;
pub mod legs;
pub mod looks;
