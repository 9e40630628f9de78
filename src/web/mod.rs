//! What every page is made of: the document, its parts, its forms, the files it needs; and what every handler needs: the App, the
//! Site, the errors.
//!
//! Nothing here knows a table or a rule; the rooms' `pages.rs` compose these functions.

pub mod answer;
pub mod app;
pub mod arrival;
pub mod assets;
pub mod compress;
pub mod error;
pub mod forms;
pub mod guard;
pub mod health;
pub mod held;
pub mod limits;
pub mod lines;
pub mod pace;
pub mod page;
pub mod parts;
pub mod upload;

#[cfg(test)]
mod sample;

pub use app::{App, Site};
pub use error::Error;
