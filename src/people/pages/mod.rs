//! What pages of people and of signing in share.

pub mod sign_in;
pub mod tabs;
