//! My account: what belongs to the person and to no cluster. `GET /account`.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{html_page, sign_out_form};
use crate::app::App;
use crate::people::SignedIn;
use crate::web::page;
use crate::web::parts::{back, head, row, summary};

/// Shows who is signed in.
pub async fn show(app: web::Data<App>, who: SignedIn) -> HttpResponse {
    let main = html! {
        (back("/", "Back to the calendar"))
        (head("My account", html! {}, html! {}))
        section.panel.card {
            h2 { "You" }
            (summary(&[row("Name", &who.person.name), row("E-mail address", &who.person.email)]))
        }
        section.panel.card {
            h2 { "Your clusters" }
            ul { @for cluster in &who.clusters { li { a href={ "/c/" (cluster.slug) "/calendar" } { (cluster.name) } } } }
            (sign_out_form(&who.csrf))
        }
    };
    html_page(page::outside("My account", app.config.demo, false, &main))
}
