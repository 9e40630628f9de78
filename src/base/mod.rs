//! The words every room speaks: ids, days and periods, e-mail addresses, postcodes, the clock, and how each is written for people.
//!
//! Nothing here knows a table, a page or a tenant. Every type is parsed once, at the door, and is valid from then on.

pub mod clock;
pub mod days;
pub mod address;
pub mod ids;
pub mod secret;
pub mod steady;
pub mod text;

pub use address::EmailAddress;
pub use clock::Clock;
pub use days::{Day, Period};
