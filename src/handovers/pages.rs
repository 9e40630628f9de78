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

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/copies/{copy}/history", get().to(history::show))
        .route("/copies/{copy}", get().to(copy::show))
        .route("/copies/{copy}/give", get().to(count::give_form))
        .route("/copies/{copy}/give", post().to(count::give))
        .route("/copies/{copy}/receive", get().to(count::receive_form))
        .route("/copies/{copy}/receive", post().to(count::receive))
        .route("/copies/{copy}/count", get().to(count::count_form))
        .route("/copies/{copy}/count", post().to(count::count))
        .route("/copies/{copy}/refuse", post().to(count::refuse))
        .route("/copies/{copy}/take-back", post().to(count::take_back))
        .route("/handovers/{handover}", get().to(handover::show));
}

/// The room's addresses outside of any cluster.
pub fn outside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/b", get().to(lid::ask))
        .route("/b/{code}", get().to(lid::show))
        // An address that is all in capitals makes a smaller QR code.
        .route("/B/{code}", get().to(lid::show))
        .route("/b/{code}", post().to(lid::found));
}

/// Who the person is to a copy.
pub(crate) fn who(member: &Member) -> Who {
    Who { coordinator: member.is(RoleKind::Coordinator), led: member.schools_led().map(|school| school.id).collect() }
}
