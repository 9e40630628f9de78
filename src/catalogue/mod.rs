//! What the cluster shares: resources (themed boxes and kit), their copies and contents, and how they are looked for.
//!
//! What must always hold: what is booked is a copy, never its contents; a copy that is being repaired, missing or retired is not
//! lent; a search finds what holds all its words, and a year group is found by any of its names ("Year 4", "y4", "KS2").

pub mod filter;
pub mod missing;
pub mod pages;
pub mod plight;
pub mod store;
pub mod topics;

use std::fmt;

use crate::base::ids::{ContentsLineId, CopyId, ResourceId, SchoolId};
use crate::clusters::longest::Longest;

pub use filter::{Filter, Wrong};
pub use plight::{Astray, Out, Place, Plight, Spot};
pub use topics::{TOPICS, Topic};

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// Everything for a topic, packed by the cluster.
    Box,
    /// A piece of equipment.
    Kit,
}

impl Kind {
    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Box => "Themed box",
            Self::Kit => "Kit",
        }
    }
}

/// The strands of primary science.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display, strum::EnumIter,
)]
#[strum(serialize_all = "snake_case")]
pub enum Strand {
    /// Living things.
    Biology,
    /// Materials.
    Chemistry,
    /// Forces, light, sound, electricity, space.
    Physics,
    /// How science is done, in every topic.
    WorkingScientifically,
}

impl Strand {
    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Biology => "Biology",
            Self::Chemistry => "Chemistry",
            Self::Physics => "Physics",
            Self::WorkingScientifically => "Working scientifically",
        }
    }

    /// The class that colours its icon; none for what is in every topic.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Biology => "bio",
            Self::Chemistry => "chem",
            Self::Physics => "phys",
            Self::WorkingScientifically => "",
        }
    }
}

/// From a year group to a year group, both inclusive; 0 is Reception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Years {
    from: u8,
    to: u8,
}

impl Years {
    /// `None` when they are the wrong way round, or beyond Year 6.
    #[must_use]
    pub const fn new(from: u8, to: u8) -> Option<Self> {
        if from <= to && to <= 6 { Some(Self { from, to }) } else { None }
    }

    /// Whether the year group is among them.
    #[must_use]
    pub fn contains(self, year: u8) -> bool {
        self.from <= year && year <= self.to
    }

    /// Whether they share a year group.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// "Year 4", "Years 4 to 6", "Reception", "Reception to Year 2".
impl fmt::Display for Years {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (0, 0) => f.write_str("Reception"),
            (0, to) => write!(f, "Reception to Year {to}"),
            (from, to) if from == to => write!(f, "Year {from}"),
            (from, to) => write!(f, "Years {from} to {to}"),
        }
    }
}

/// A year group as people read it: "Reception", "Year 4".
#[must_use]
pub fn year_name(year: u8) -> String {
    if year == 0 { "Reception".to_owned() } else { format!("Year {year}") }
}

/// Whether a copy can be lent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum CopyState {
    /// Yes.
    InService,
    /// It is being mended.
    Repair,
    /// Nobody knows where it is.
    Missing,
    /// It is gone for good; only its history is kept.
    Retired,
}

impl CopyState {
    /// Why it cannot be lent, as it stands in a sentence after "it is"; `None` when it can.
    #[must_use]
    pub fn why_not(self) -> Option<&'static str> {
        match self {
            Self::InService => None,
            Self::Repair => Some("being repaired"),
            Self::Missing => Some("missing"),
            Self::Retired => Some("no longer lent"),
        }
    }
}

/// A title in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Box or kit.
    pub kind: Kind,
    /// "Electricity".
    pub name: String,
    /// A sentence on what it is for.
    pub summary: String,
    /// Its strand.
    pub strand: Strand,
    /// The topic of the curriculum.
    pub topic: String,
    /// The name of its icon.
    pub icon: String,
    /// For which year groups.
    pub years: Years,
    /// Its own rules of lending.
    pub own: OwnRules,
    /// Name, summary, topic and contents in lower case.
    pub search_words: String,
    /// Its copies that are not retired, by tag.
    pub copies: Vec<Copy>,
}

/// The rules of lending that a resource has of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnRules {
    /// Whether a loan of it needs the coordinator's approval, whatever the cluster's rule.
    pub approval_needed: bool,
    /// Its own days of turnaround; `None`: the cluster's.
    pub turnaround_days: Option<u32>,
    /// Its own longest loan; `None`: the cluster's.
    pub longest: Option<Longest>,
}

/// One physical thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Its id.
    pub id: CopyId,
    /// "EL1", on its lid.
    pub tag: String,
    /// Where it is kept when nobody has it.
    pub home: SchoolId,
    /// The short name of that school.
    pub home_name: String,
    /// Whether it can be lent.
    pub state: CopyState,
    /// What the coordinator noted on that.
    pub note: String,
    /// Whether it is on its way or missing, and what it lacks.
    pub plight: Plight,
    /// The short names of the school where custody has it, and of the one that is to get it while it is on its way.
    pub spot_names: (String, String),
}

/// A line of a resource's contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentsLine {
    /// Its id.
    pub id: ContentsLineId,
    /// "Crocodile clip leads".
    pub item: String,
    /// How many should be there.
    pub quantity: u32,
    /// Whether it is used up; else it is durable.
    pub consumable: bool,
    /// Whether the box is no use without it.
    pub essential: bool,
    /// How to treat it; may be empty.
    pub care_note: String,
}

/// A resource as a link to it needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Its id.
    pub id: ResourceId,
    /// "Electricity".
    pub name: String,
    /// The topic of the curriculum.
    pub topic: String,
    /// The name of its icon.
    pub icon: String,
    /// For which year groups.
    pub years: Years,
}

/// At most this many similar resources are shown.
const SIMILAR: usize = 3;

/// Those of the titles of its strand that are most like a resource: of the same topic first, then for the same year groups.
#[must_use]
pub fn similar(to: &Resource, mut of_its_strand: Vec<Title>) -> Vec<Title> {
    of_its_strand.retain(|other| other.id != to.id);
    of_its_strand.sort_by(|a, b| {
        let unlike = |title: &Title| (title.topic != to.topic, !title.years.overlaps(to.years));
        unlike(a).cmp(&unlike(b)).then_with(|| a.name.cmp(&b.name))
    });
    of_its_strand.truncate(SIMILAR);
    of_its_strand
}

/// A copy as lists name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The copy.
    pub copy: CopyId,
    /// Its title.
    pub resource: ResourceId,
    /// The title's name.
    pub name: String,
    /// The title's strand.
    pub strand: Strand,
    /// The title's icon.
    pub icon: String,
    /// The copy's tag.
    pub tag: String,
}

impl Item {
    /// "Electricity (EL-1)".
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} ({})", self.name, self.tag)
    }
}

/// Resources for this room's tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A box of physics for Years 4 to 6.
    pub fn electricity() -> Resource {
        Resource {
            id: ResourceId(1),
            kind: Kind::Box,
            name: "Electricity".into(),
            summary: "Bulbs and buzzers".into(),
            strand: Strand::Physics,
            topic: "Electricity".into(),
            icon: "zap".into(),
            years: Years::new(4, 6).unwrap(),
            own: OwnRules::default(),
            search_words: "electricity bulbs and buzzers crocodile clip lead battery".into(),
            copies: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::electricity;
    use super::*;

    #[test]
    fn year_groups_are_written_as_people_say_them() {
        let said = |from, to| Years::new(from, to).unwrap().to_string();
        assert_eq!(
            [said(0, 0), said(0, 2), said(4, 4), said(4, 6)],
            ["Reception", "Reception to Year 2", "Year 4", "Years 4 to 6"].map(str::to_owned)
        );
        assert!(Years::new(5, 4).is_none() && Years::new(1, 7).is_none());
    }

    #[test]
    fn the_most_similar_comes_first() {
        let own = electricity();
        let other = |id, topic: &str, from, to| Title {
            id: ResourceId(id),
            name: format!("R{id}"),
            topic: topic.into(),
            icon: "zap".into(),
            years: Years::new(from, to).unwrap(),
        };
        let all = vec![
            other(1, "Electricity", 4, 6),
            other(2, "Sound", 1, 2),
            other(3, "Sound", 4, 4),
            other(4, "Electricity", 1, 2),
            other(6, "Light", 6, 6),
        ];
        let ids: Vec<i64> = similar(&own, all).iter().map(|found| found.id.0).collect();
        assert_eq!(ids, [4, 3, 6]);
    }
}
