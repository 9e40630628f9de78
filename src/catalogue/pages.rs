//! The pages of the catalogue: the list with its filters, and a resource with its copies, contents, loans and history.

mod desk;
pub mod list;
pub mod resource;
