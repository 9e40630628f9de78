//! Clusters, their schools and people, the school year.

pub mod terms;
