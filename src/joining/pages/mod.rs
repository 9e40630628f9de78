//! The pages on which people are invited, get and lose roles, hand on, and schools leave or rest.

pub mod directory;
pub mod forms;
pub mod hand_on;
pub mod invitation;
pub mod invite;
pub mod leave;
pub mod person;
pub mod rejoin;
pub mod role;
pub mod sabbatical;
