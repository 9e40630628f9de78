//! A loan: its page, changing it, and what else can be done with it.

pub mod change;
pub mod page;
pub mod verbs;
