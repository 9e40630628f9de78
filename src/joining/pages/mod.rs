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

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/people", get().to(directory::show))
        .route("/schools/{school}/sabbatical", get().to(sabbatical::form))
        .route("/schools/{school}/sabbatical", post().to(sabbatical::save))
        .route("/schools/{school}/sabbatical/end", get().to(sabbatical::end_form))
        .route("/schools/{school}/sabbatical/end", post().to(sabbatical::end))
        .route("/schools/{school}/leave", get().to(leave::form))
        .route("/schools/{school}/leave", post().to(leave::save))
        .route("/schools/{school}/rejoin", get().to(rejoin::form))
        .route("/schools/{school}/rejoin", post().to(rejoin::save))
        .route("/people/invite", get().to(invite::form))
        .route("/people/invite", post().to(invite::invite))
        .route("/people/invitations/{invitation}/again", post().to(invite::again))
        .route("/people/invitations/{invitation}/withdraw", post().to(invite::withdraw))
        .route("/people/{person}", get().to(person::show))
        .route("/people/{person}/name", get().to(person::name_form))
        .route("/people/{person}/name", post().to(person::rename))
        .route("/people/{person}/roles", get().to(role::add_form))
        .route("/people/{person}/roles", post().to(role::add))
        .route("/people/{person}/roles/{role}/end", get().to(role::end_form))
        .route("/people/{person}/roles/{role}/end", post().to(role::end))
        .route("/people/{person}/hand-on", get().to(hand_on::form))
        .route("/people/{person}/hand-on", post().to(hand_on::hand_on));
}

/// The room's addresses outside of any cluster.
pub fn outside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes.route("/invitation/{token}", get().to(invitation::show)).route("/invitation/{token}", post().to(invitation::accept));
}
