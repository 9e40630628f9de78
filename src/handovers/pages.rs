//! The pages of handovers: a copy by the code on its lid, counting, giving up and receiving, what was counted on both sides.

pub mod acts;
pub mod attention;
pub mod copy;
pub mod fair_share;
pub mod form;
pub mod handover;
pub mod history;
pub mod leg_acts;
pub mod legs;
pub mod lid;
pub mod meetings;
pub mod remedies;
pub mod rescue;
pub mod tell;
pub mod wait;
pub mod waits;
pub mod week;

use crate::base::ids::SchoolId;
use crate::handovers::handing::Who;
use crate::people::store::SchoolName;
use crate::people::{Member, RoleKind};
use crate::web::answer::{answer, see_other};

/// Who the person is to a copy.
fn who(member: &Member) -> Who {
    Who { coordinator: member.is(RoleKind::Coordinator), led: member.schools_led().map(|school| school.id).collect() }
}

/// The short name of a school.
fn name_of(names: &[SchoolName], id: SchoolId) -> String {
    names.iter().find(|school| school.id == id).map_or_else(|| "Another school".to_owned(), |school| school.short_name.clone())
}

/// Where something goes: a school, or the store at one.
fn place_of(names: &[SchoolName], to: Option<SchoolId>, home: SchoolId) -> String {
    to.map_or_else(|| format!("the store at {}", name_of(names, home)), |school| name_of(names, school))
}
