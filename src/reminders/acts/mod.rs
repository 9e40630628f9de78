//! The worker's verbs: what is due is worked out, checked once more, and put into the outbox.

pub mod digests;
pub mod known;
pub mod remind;
pub mod round;
