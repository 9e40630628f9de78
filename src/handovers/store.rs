//! The SQL of handovers, a file a table or two.

pub mod attention;
pub mod counts;
pub mod custody;
pub mod fair_share;
pub mod finds;
pub mod handovers;
pub mod history;
pub mod legs;
pub mod looks;
pub mod meetings;
pub mod waits;
pub mod week;
