//! What every page is made of: the document, its parts, its forms, the files it needs.
//!
//! Nothing here knows a table or a rule; the rooms' `pages.rs` compose these functions.

pub mod answers;
pub mod app;
pub mod assets;
pub mod client;
pub mod compress;
pub mod error;
pub mod forms;
pub mod guard;
pub mod help;
pub mod limits;
pub mod log;
pub mod pace;
pub mod page;
pub mod parts;
pub mod site;
pub mod upload;

#[cfg(test)]
mod sample;

pub use app::App;
pub use error::Error;
pub use site::Site;
