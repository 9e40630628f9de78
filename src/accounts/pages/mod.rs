//! My account: what belongs to the person and to no cluster. Whoever can sign in may open these pages, with or without a role.

pub mod devices;
pub mod email;
pub mod erase;
pub mod letters;
pub mod passkeys;
pub mod phone;
pub mod elsewhere;
pub mod passkey;
pub mod sign_in;
pub mod unsubscribe;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, Render, html};
use serde::Deserialize;

use crate::people::SignedIn;
use crate::web::App;
use crate::web::answer::unkept;
use crate::web::page::{self, Extras, Own};
use crate::web::parts::{back, head, icon, row, summary};

/// The room's addresses outside of any cluster.
pub fn outside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/sign-in", get().to(sign_in::sign_in_page))
        .route("/sign-in", post().to(sign_in::ask_for_link))
        .route("/sign-in/demo", post().to(sign_in::sign_in_to_demo))
        .route("/sign-in/passkey", get().to(passkey::form))
        .route("/sign-in/passkey", post().to(passkey::use_key))
        .route("/sign-in/with/{provider}", get().to(elsewhere::depart))
        .route("/sign-in/back/{provider}", get().to(elsewhere::arrive))
        .route("/sign-in/{token}", get().to(sign_in::link_page))
        .route("/sign-in/{token}", post().to(sign_in::use_link))
        .route("/sign-out", post().to(sign_in::sign_out))
        .route("/account", get().to(show))
        .route("/account/email", get().to(email::form))
        .route("/account/email", post().to(email::ask))
        .route("/account/email/confirm/{token}", get().to(email::link))
        .route("/account/email/confirm/{token}", post().to(email::confirm))
        .route("/account/email/stop/{token}", post().to(email::stop))
        .route("/account/phone", get().to(phone::form))
        .route("/account/phone", post().to(phone::save))
        .route("/account/devices", get().to(devices::show))
        .route("/account/devices/sign-out-others", post().to(devices::sign_out_others))
        .route("/account/devices/{device}/sign-out", post().to(devices::sign_out))
        .route("/account/passkeys", get().to(passkeys::show))
        .route("/account/passkeys", post().to(passkeys::make))
        .route("/account/passkeys/new", post().to(passkeys::ask))
        .route("/account/passkeys/{passkey}/remove", post().to(passkeys::remove))
        .route("/account/letters", get().to(letters::show))
        .route("/account/letters", post().to(letters::save))
        .route("/account/data.json", get().to(devices::file))
        .route("/account/erase", get().to(erase::form))
        .route("/account/erase", post().to(erase::erase))
        .route("/account/erased", get().to(erase::erased))
        .route("/unsubscribe/{token}", get().to(unsubscribe::show))
        .route("/unsubscribe/{token}", post().to(unsubscribe::switch_off));
}

/// What was done on the page before, as a word.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// `GET /account`: who is signed in, and what can be done with the account.
pub async fn show(app: web::Data<App>, who: SignedIn) -> HttpResponse {
    let main = html! {
        (head("My account", html! {}, html! {}))
        section.panel.card {
            h2 { "You" }
            (summary(&[
                row("Name", &who.person.name),
                row("E-mail address", &who.person.email).change("/account/email", "the e-mail address"),
                row("Telephone", if who.person.phone.is_empty() { "Not given" } else { &who.person.phone }).change("/account/phone", "the telephone number"),
            ]))
        }
        section.panel.card {
            h2 { "Your clusters" }
            @if who.clusters.is_empty() { p { "No cluster has a role for you at the moment. Ask a coordinator to invite you." } }
            @else { ul { @for cluster in &who.clusters { li { a href={ "/c/" (cluster.slug) "/calendar" } { (cluster.name) } ", " a href={ "/c/" (cluster.slug) "/feeds" } { "calendar feeds" span.vh { " of " (cluster.name) } } } } } }
        }
        section.panel.card {
            h2 { "What you can do" }
            ul.links {
                (choice("/account/devices", "users", "Signed-in devices", "See where you are signed in, and sign out there."))
                (choice("/account/passkeys", "user", "Passkeys", "Sign in with your finger, your face or a PIN instead of a mail."))
                (choice("/account/letters", "mail", "E-mails", "Choose which e-mails you get."))
                (choice("/account/data.json", "download", "Download my data", "Everything that is kept of you here, as one file (JSON)."))
                (choice("/account/erase", "x", "Erase my account", "Leave for good: your name and address are removed everywhere."))
            }
        }
    };
    answer(StatusCode::OK, &app, &who, "My account", &main)
}

fn choice(href: &str, symbol: &str, words: &str, about: &str) -> Markup {
    html! { li { (icon(symbol)) div { a href=(href) { (words) } small { (about) } } } }
}

/// A page of the account; an error status says that a form on it was refused.
fn answer(status: StatusCode, app: &App, who: &SignedIn, title: &str, main: &Markup) -> HttpResponse {
    answer_with(status, app, who, title, &[], main)
}

/// The same with further scripts.
fn answer_with(status: StatusCode, app: &App, who: &SignedIn, title: &str, scripts: &[&str], main: &Markup) -> HttpResponse {
    let own = Own {
        person: who.person.name.clone(),
        csrf: who.csrf.clone(),
        clusters: who.clusters.iter().map(|cluster| (format!("/c/{}", cluster.slug), cluster.name.clone())).collect(),
        demo: app.site.demo,
    };
    unkept(status)
        .body(page::own(&own, title, Extras { scripts, wrong: status.is_client_error(), ..Extras::default() }, main).into_string())
}

/// The first lines of a page below the account's own.
fn top(title: &str, lead: impl Render) -> Markup {
    html! { (back("/account", "My account")) (head(title, lead, html! {})) }
}
