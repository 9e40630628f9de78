//! The pages of handovers: a copy by the code on its lid, counting, giving up and receiving, what was counted on both sides.

pub mod copy;
pub mod form;
pub mod handover;
pub mod history;
pub mod lid;
pub mod back;
pub mod count;

use crate::handovers::Who;
use crate::people::{Member, RoleKind};
use crate::web::answer::{answer, see_other};

/// Who the person is to a copy.
pub(crate) fn who(member: &Member) -> Who {
    Who { coordinator: member.is(RoleKind::Coordinator), led: member.schools_led().map(|school| school.id).collect() }
}
