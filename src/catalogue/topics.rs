//! The topics of primary science, as data: what a list of topics offers, and which icon a topic has.
//!
//! From the statutory programmes of study for science at key stages 1 and 2 in England (2013), whose headings these are.
//! Clusters elsewhere, or with a curriculum of their own, write other topics on their resources; those are listed beside these.

use super::{Strand, Years};

/// A topic of the curriculum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Its heading.
    pub name: &'static str,
    /// Its strand.
    pub strand: Strand,
    /// The icon that stands for it.
    pub icon: &'static str,
    /// The year groups whose programme has it.
    pub years: &'static [u8],
}

const fn topic(name: &'static str, strand: Strand, icon: &'static str, years: &'static [u8]) -> Topic {
    Topic { name, strand, icon, years }
}

/// Every topic, by strand.
pub const TOPICS: [Topic; 17] = [
    topic("Plants", Strand::Biology, "sprout", &[1, 2, 3]),
    topic("Animals, including humans", Strand::Biology, "bone", &[1, 2, 3, 4, 5, 6]),
    topic("Living things and their habitats", Strand::Biology, "bug", &[2, 4, 5, 6]),
    topic("Evolution and inheritance", Strand::Biology, "leaf", &[6]),
    topic("Everyday materials", Strand::Chemistry, "package", &[1]),
    topic("Uses of everyday materials", Strand::Chemistry, "recycle", &[2]),
    topic("Rocks", Strand::Chemistry, "mountain", &[3]),
    topic("States of matter", Strand::Chemistry, "droplets", &[4]),
    topic("Properties and changes of materials", Strand::Chemistry, "flask-conical", &[5]),
    topic("Seasonal changes", Strand::Physics, "cloud-sun", &[1]),
    topic("Light", Strand::Physics, "lightbulb", &[3, 6]),
    topic("Forces and magnets", Strand::Physics, "magnet", &[3]),
    topic("Forces", Strand::Physics, "gauge", &[5]),
    topic("Sound", Strand::Physics, "volume-2", &[4]),
    topic("Electricity", Strand::Physics, "zap", &[4, 6]),
    topic("Earth and space", Strand::Physics, "orbit", &[5]),
    topic("Working scientifically", Strand::WorkingScientifically, "microscope", &[1, 2, 3, 4, 5, 6]),
];

/// The topic with this heading, in any case.
#[must_use]
pub fn named(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name.eq_ignore_ascii_case(name.trim()))
}

impl Topic {
    /// From its first to its last year group.
    #[must_use]
    pub fn span(&self) -> Option<Years> {
        Years::new(*self.years.first()?, *self.years.last()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_years_a_name_of_its_own_and_an_icon_we_ship() {
        let sprite = include_str!("../../assets/icons.svg");
        for (n, topic) in TOPICS.iter().enumerate() {
            assert!(topic.span().is_some() && topic.years.is_sorted(), "{}", topic.name);
            assert_eq!(TOPICS.iter().position(|other| other.name == topic.name), Some(n));
            assert!(sprite.contains(&format!("id=\"{}\"", topic.icon)), "{}", topic.icon);
        }
        assert_eq!(named(" electricity ").map(|topic| topic.strand), Some(Strand::Physics));
    }
}
