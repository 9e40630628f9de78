//! The SQL of handovers, a file a table or two.

pub mod counts;
pub mod finds;
pub mod handovers;
pub mod history;
