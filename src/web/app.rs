//! The App value: what nearly every handler needs.

use super::Site;
use super::limits::Limits;
use crate::base::Clock;
use crate::db::Db;

/// What nearly every handler needs that is not in the request. What only a few need is data of its own.
pub struct App {
    /// The database.
    pub db: Db,
    /// Where "now" comes from.
    pub clock: Clock,
    /// Where people reach us, and what kind of site this is.
    pub site: Site,
    /// How often somebody may ask for what costs us or annoys others.
    pub limits: Limits,
}
