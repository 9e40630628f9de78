//! The pages of a leg and of cluster meetings.

pub mod agree;
pub mod legs;
pub mod meetings;
