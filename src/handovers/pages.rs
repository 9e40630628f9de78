//! The pages of handovers, a file each.

pub mod attention;
pub mod fair_share;
pub mod history;
pub mod remedies;
pub mod rescue;
pub mod week;
