//! What was imported, in numbers.

use std::fmt;

use super::{Cluster, FILES};
use crate::base::ids::ClusterId;
use crate::sheets::problems::{MOST_LISTED, and_more};

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The new cluster.
    pub cluster: ClusterId,
    /// Its name.
    pub name: String,
    /// Its short name in addresses.
    pub slug: String,
    counts: Vec<(&'static str, usize)>,
    notes: Vec<String>,
}

impl Summary {
    /// Counts a cluster's rows.
    #[must_use]
    pub fn of(id: ClusterId, cluster: &Cluster) -> Self {
        let contents = cluster.resources.iter().map(|resource| resource.contents.len()).sum();
        let counts = [
            1,
            cluster.schools.len(),
            cluster.roles.len(),
            1,
            cluster.terms.len(),
            cluster.closures.len(),
            cluster.resources.len(),
            contents,
            cluster.copies.len(),
            cluster.bookings.len(),
        ];
        Self {
            cluster: id,
            name: cluster.name.clone(),
            slug: cluster.slug.clone(),
            counts: FILES.into_iter().zip(counts).collect(),
            notes: cluster.notes.clone(),
        }
    }

    /// How many rows came of each file.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> + '_ {
        self.counts.iter().copied()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |file: &str| self.counts.iter().find(|(name, _)| *name == file).map_or(0, |(_, rows)| *rows);
        write!(
            f,
            "Imported {}: {} schools, {} roles, {} terms, {} closures, {} resources with {} contents lines, {} copies, {} bookings.",
            self.name,
            count("schools.csv"),
            count("people.csv"),
            count("terms.csv"),
            count("closures.csv"),
            count("resources.csv"),
            count("contents.csv"),
            count("copies.csv"),
            count("bookings.csv"),
        )?;
        for note in self.notes.iter().take(MOST_LISTED) {
            write!(f, "\n{note}")?;
        }
        and_more(self.notes.len()).map_or(Ok(()), |words| write!(f, "\n{words}"))
    }
}
