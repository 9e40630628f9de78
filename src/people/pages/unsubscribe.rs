//! Switching a kind of letter off by the address in a letter, without signing in (RFC 8058). `GET` and `POST /unsubscribe/{token}`.
//!
//! The address can do one thing: switch one kind of letter off for one person. `GET` only shows what it would do; the `POST` of a mail
//! program has neither cookie nor token, which is why it is the one form here that needs none.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::account::kinds::{Kind, switchable};
use crate::app::App;
use crate::base::ids::PersonId;
use crate::base::secret::Secret;
use crate::error::Error;
use crate::people::store::choices as store;
use crate::web::forms::{hidden, submit};
use crate::web::guard::OneClick;
use crate::web::page;
use crate::web::parts::{confirmation, head};

/// What an address leads to.
enum Found {
    /// A kind that this person can switch off.
    Good(PersonId, Kind),
    /// It worked once.
    RunOut,
}

async fn find(app: &App, token: &str) -> Result<Found, Error> {
    let secret = Secret::parse(token).ok_or(Error::NotFound)?;
    let now = app.clock.now();
    let found = app.db.house_read(now, move |house| Ok::<_, Error>(store::offer(house, &secret)?)).await?;
    let (person, offer) = found.ok_or(Error::NotFound)?;
    if offer.expires_at <= now {
        return Ok(Found::RunOut);
    }
    Ok(Found::Good(person, switchable(&offer.kind).ok_or(Error::NotFound)?))
}

/// Shows what would be switched off, with a button.
///
/// # Errors
/// Not found when no letter has this address.
pub async fn show(app: web::Data<App>, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let Found::Good(_, kind) = find(&app, &token).await? else { return Ok(run_out(&app)) };
    let main = html! {
        (head("Switch these letters off?", html! { "You will get no more letters of this kind: " strong { (kind.name) } "." }, html! {}))
        form.panel.card.form method="post" action={ "/unsubscribe/" (token) } {
            p { "Letters about a booking that you made yourself come all the same." }
            (hidden("List-Unsubscribe", "One-Click"))
            (submit("Switch them off"))
        }
        p { a href="/account/letters" { "Choose among all letters" } " (you sign in for that)" }
    };
    Ok(answer(&app, StatusCode::OK, "Switch letters off", &main))
}

/// Switches the kind off. Done twice, it is done once.
///
/// # Errors
/// Not found when no letter has this address; when the database cannot be written.
pub async fn switch_off(app: web::Data<App>, token: web::Path<String>, _: OneClick) -> Result<HttpResponse, Error> {
    let Found::Good(person, kind) = find(&app, &token).await? else { return Ok(run_out(&app)) };
    app.db.house(app.clock.now(), move |house| Ok::<_, Error>(store::mute(house, person, kind.kind)?)).await?;
    let main = html! {
        (confirmation("These letters are switched off", html! { p { "You will get no more letters of this kind: " (kind.name) "." } }))
        p { "You can switch them on again under " a href="/account/letters" { "My account, Letters" } "." }
    };
    Ok(answer(&app, StatusCode::OK, "Letters switched off", &main))
}

fn run_out(app: &App) -> HttpResponse {
    let main = html! {
        (head("This address has run out", "It works for 90 days after the letter came.", html! {}))
        p { "Choose your letters under " a href="/account/letters" { "My account, Letters" } ", or use the address in a newer letter." }
    };
    answer(app, StatusCode::GONE, "This address has run out", &main)
}

fn answer(app: &App, status: StatusCode, title: &str, main: &Markup) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(page::outside(title, app.config.demo, false, main).into_string())
}
