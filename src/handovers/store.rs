//! The SQL of handovers, a file a table or two.

pub mod custody;
pub mod legs;
pub mod meetings;
pub mod counts;
pub mod finds;
pub mod handovers;
