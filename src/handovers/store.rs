//! The SQL of handovers, a file a table or two.

pub mod attention;
pub mod custody;
pub mod fair_share;
pub mod history;
pub mod legs;
pub mod week;
