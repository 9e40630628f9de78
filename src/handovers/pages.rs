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

use crate::handovers::handing::Who;
use crate::people::{Member, RoleKind};
use crate::web::answer::{answer, see_other};

/// Who the person is to a copy.
fn who(member: &Member) -> Who {
    Who { coordinator: member.is(RoleKind::Coordinator), led: member.schools_led().map(|school| school.id).collect() }
}
