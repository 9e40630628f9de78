//! What a coordinator can do about one thing that needs attention.

pub mod remedies;
pub mod rescue;

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/attention/bookings/{booking}", get().to(rescue::show))
        .route("/attention/bookings/{booking}/move", post().to(rescue::move_to_copy))
        .route("/attention/bookings/{booking}/offer", post().to(rescue::offer))
        .route("/attention/bookings/{booking}/settled", post().to(remedies::never_fetched))
        .route("/attention/bookings/{booking}/enough", post().to(rescue::enough))
        .route("/attention/finds/{find}/done", post().to(remedies::find_done))
        .route("/attention/handovers/{handover}/settled", post().to(remedies::settled))
        .route("/attention/{copy}/ask", post().to(remedies::ask))
        .route("/attention/{copy}/missing", post().to(remedies::missing))
        .route("/attention/{copy}/found", post().to(remedies::found));
}
