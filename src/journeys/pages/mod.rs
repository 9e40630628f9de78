//! The pages of a leg and of cluster meetings.

pub mod agree;
pub mod legs;
pub mod meetings;

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/legs/{leg}", get().to(legs::show))
        .route("/legs/{leg}/suggest", post().to(agree::suggest))
        .route("/legs/{leg}/agree", post().to(agree::agree))
        .route("/legs/{leg}/decline", post().to(agree::decline))
        .route("/meetings", get().to(meetings::list))
        .route("/meetings/new", get().to(meetings::form))
        .route("/meetings/new", post().to(meetings::add))
        .route("/meetings/{meeting}", get().to(meetings::show))
        .route("/meetings/{meeting}/cancel", post().to(meetings::cancel));
}
