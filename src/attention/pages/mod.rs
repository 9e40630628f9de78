//! What a coordinator can do about one thing that needs attention.

pub mod remedies;
pub mod rescue;
