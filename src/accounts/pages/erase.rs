//! Leaving for good. `GET` and `POST /account/erase`, and the page that is left, `/account/erased`.

use actix_web::cookie::time::Duration;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::{answer, top};
use crate::accounts::store::erasure as store;
use crate::accounts::{ErasureRefusal, acts};
use crate::base::EmailAddress;
use crate::db::{Scope, Stop};
use crate::people::SignedIn;
use crate::web::answer::outside;
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Posted};
use crate::web::parts::{Tone, banner};
use crate::web::{App, Error};

/// Says what will happen, and what has to be done before.
///
/// # Errors
/// When the database cannot be read.
pub async fn form(app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Error> {
    let person = who.person.id;
    let refusals = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(store::refusals(house, person)?)).await?;
    Ok(form_page(&app, &who, "", &Errors::new(), &refusals))
}

fn form_page(app: &App, who: &SignedIn, typed: &str, errors: &Errors, refusals: &[ErasureRefusal]) -> HttpResponse {
    let main = html! {
        (top("Erase my account", "This cannot be undone."))
        (forms::error_summary(errors))
        @if !refusals.is_empty() {
            (banner(Tone::Warn, "Something has to be done first", html! { ul { @for refusal in refusals { li { (first(who, refusal)) } } } }))
        }
        section.panel.card {
            h2 { "What happens" }
            ul {
                li { "Your name and e-mail address are removed everywhere, also in e-mails that are stored here. Your role stands in their place." }
                li { "Your roles end, and you are signed out on every device. Your calendar feeds stop." }
                li { "Bookings and what was changed stay, without your name: other schools rely on them." }
                li { a href="/account/data.json" { "Download your data" } " first, if you want to keep it." }
            }
        }
        @if refusals.is_empty() {
            form.panel.card.form method="post" action="/account/erase" novalidate {
                (guard::field(&who.csrf))
                (forms::field("email", "Type your e-mail address to confirm", typed).hint("The one that you sign in with.").email().text(errors))
                (forms::stop("Erase my account"))
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer(status, app, who, "Erase my account", &main)
}

fn first(who: &SignedIn, refusal: &ErasureRefusal) -> Markup {
    let (href, words) = match refusal {
        ErasureRefusal::LastCoordinator { slug, .. } => (format!("/c/{slug}/people"), "Go to people and schools"),
        ErasureRefusal::HoldsCopy { slug, booking, leads: false, .. } => (format!("/c/{slug}/bookings/{booking}"), "See the booking"),
        ErasureRefusal::HoldsCopy { slug, .. } => (format!("/c/{slug}/people/{}/hand-on", who.person.id), "Hand it on"),
    };
    html! { (refusal.message()) " " a href=(href) { (words) } "." }
}

/// The own address, typed to confirm.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Confirmation {
    email: String,
}

/// Erases the account and signs out.
///
/// # Errors
/// When the database cannot be written.
pub async fn erase(app: web::Data<App>, who: SignedIn, form: Posted<Confirmation>) -> Result<HttpResponse, Error> {
    let typed = form.0.email;
    let person = who.person.id;
    if !typed.parse::<EmailAddress>().is_ok_and(|typed| typed.as_str() == who.person.email) {
        let errors = Errors::one("email", "Enter the e-mail address that you sign in with");
        return Ok(form_page(&app, &who, &typed, &errors, &[]));
    }
    match app.db.write(Scope::of_house(who.actor()), move |tx| acts::erase(tx, person)).await {
        Ok(()) => {}
        Err(Stop::Refused(refusals)) => {
            let errors = refusals.first().map_or_else(Errors::new, |refusal| Errors::one("main", refusal.message()));
            return Ok(form_page(&app, &who, &typed, &errors, &refusals));
        }
        Err(Stop::Fault(fault)) => return Err(fault.into()),
    }
    let site = &app.site;
    Ok(HttpResponse::SeeOther()
        .cookie(guard::cookie(site, guard::session_cookie(site), String::new(), Duration::ZERO))
        .insert_header(("Clear-Site-Data", "\"cache\""))
        .insert_header((header::LOCATION, "/account/erased"))
        .finish())
}

/// What is left to say.
pub async fn erased(app: web::Data<App>) -> HttpResponse {
    let main = html! {
        div.head { h1 { "Your account is erased" } }
        div.panel.card.form {
            p { "Your name and your e-mail address are no longer in Boxrota. Thank you for sharing." }
        }
    };
    outside(StatusCode::OK, "Your account is erased", app.site.demo, &main)
}
