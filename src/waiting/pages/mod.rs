//! The pages of the waiting list.

pub mod wait;
pub mod waits;

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/waits", get().to(waits::list))
        .route("/waits/new", get().to(waits::form))
        .route("/waits/new", post().to(waits::join))
        .route("/waits/{wait}", get().to(wait::show))
        .route("/waits/{wait}/accept", post().to(wait::accept))
        .route("/waits/{wait}/decline", post().to(wait::decline))
        .route("/waits/{wait}/withdraw", post().to(wait::withdraw));
}
