//! Where rooms come together: the front page, this week, the inbox, the boxes, loans, a school, mail, help.

pub mod availability;
pub mod boxes;
pub mod help;
pub mod inbox;
pub mod mail;
pub mod my_loans;
pub mod overview;
pub mod resource;
pub mod school;
pub mod undo;
pub mod week;
pub mod loan;

use actix_web::{HttpResponse, web};
use maud::html;

use crate::people::pages::sign_out_form;
use crate::people::{Member, SignedIn};
use crate::web::answer::{html_page, see_other};
use crate::web::{App, Error, page};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("", get().to(cluster_front))
        .route("/week", get().to(week::page::show))
        .route("/inbox", get().to(inbox::show))
        .route("/attention", get().to(inbox::attention))
        .route("/requests", get().to(inbox::requests))
        .route("/schools/{school}", get().to(school::show))
        .route("/boxes", get().to(boxes::show))
        .route("/boxes/{resource}", get().to(resource::show))
        .route("/bookings/{booking}", get().to(loan::page::show))
        .route("/bookings/{booking}/calendar.ics", get().to(loan::page::calendar))
        .route("/bookings/{booking}/repeat", get().to(loan::page::again))
        .route("/bookings/{booking}/change", get().to(loan::change::form))
        .route("/bookings/{booking}/change", post().to(loan::change::change))
        .route("/bookings/{booking}/cancel", get().to(loan::verbs::cancel_form))
        .route("/bookings/{booking}/cancel", post().to(loan::verbs::cancel))
        .route("/bookings/{booking}/approve", post().to(loan::verbs::approve))
        .route("/bookings/{booking}/decline", get().to(loan::verbs::decline_form))
        .route("/bookings/{booking}/decline", post().to(loan::verbs::decline))
        .route("/bookings/{booking}/collected", post().to(loan::verbs::collected))
        .route("/bookings/{booking}/returned", post().to(loan::verbs::returned))
        .route("/undo/{act}", post().to(undo::undo))
        .route("/loans", get().to(my_loans::show))
        .route("/mail", get().to(mail::list))
        .route("/mail/retry", post().to(mail::retry_all))
        .route("/mail/{id}", get().to(mail::show))
        .route("/mail/{id}/retry", post().to(mail::retry))
        .route("/mail/{id}/letter", get().to(mail::letter))
        .route("/mail/{id}/calendar.ics", get().to(mail::calendar));
}

/// The room's addresses outside of any cluster.
pub fn outside(routes: &mut web::ServiceConfig) {
    use web::get;
    routes.route("/", get().to(front)).route("/help", get().to(help::help)).route("/accessibility", get().to(help::accessibility));
}

/// `GET /`: to this week in the person's cluster, a choice of several, or a director's table of them.
///
/// # Errors
/// When the database cannot be read.
pub async fn front(who: SignedIn, app: web::Data<App>) -> Result<HttpResponse, Error> {
    if who.clusters.len() > 1
        && let Some(overview) = overview::overview(&app, who.person.id).await?
    {
        return Ok(overview::front(&app, &who, &overview));
    }
    Ok(match who.clusters.as_slice() {
        [only] => see_other(&format!("/c/{}/week", only.slug)),
        [] => html_page(page::outside(
            "No cluster",
            app.site.demo,
            false,
            &html! {
                div.head { h1 { "You are not in a cluster at the moment" } }
                div.panel.card.form {
                    p { "You are signed in as " b { (who.person.email) } ", but no cluster has a role for you today." }
                    p { "Ask the coordinator of your cluster to invite you." }
                    (sign_out_form(&who.csrf))
                }
            },
        )),
        several => html_page(page::outside(
            "Your clusters",
            app.site.demo,
            false,
            &html! {
                div.head { h1 { "Your clusters" } }
                div.panel.card.form {
                    ul { @for cluster in several { li { a href={ "/c/" (cluster.slug) "/week" } { (cluster.name) } } } }
                    (sign_out_form(&who.csrf))
                }
            },
        )),
    })
}

/// `GET /c/{cluster}`: this week is the cluster's first page.
pub async fn cluster_front(member: Member) -> HttpResponse {
    see_other(&format!("{}/week", member.base()))
}
