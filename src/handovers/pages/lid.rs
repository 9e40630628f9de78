//! What the code on a lid opens: for people of the cluster the copy's page; for everybody else whose it is, and a way to say where
//! it was found. No name is shown, and none is asked.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;
use serde::Deserialize;

use super::see_other;
use crate::base::secret::Secret;
use crate::db::{Actor, Scope};
use crate::handovers::store::finds::{self, Lid};
use crate::handovers::{acts, counts};
use crate::people::store::sessions;
use crate::web::answer::unkept;
use crate::web::forms::{Errors, error_summary, field, submit};
use crate::web::guard::{self, Posted};
use crate::web::limits::Pass;
use crate::web::{App, Error, limits, page};

const NO_BOX: &str = "No box has this code. It is the letters and digits beside the square on the lid";

/// Letters of what a stranger says.
const LONGEST: usize = 500;

/// A code that somebody typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    code: String,
}

/// The page with a field for a code; with a code, on to what it opens.
///
/// # Errors
/// When the database cannot be read.
pub async fn ask(app: web::Data<App>, query: web::Query<Typed>) -> Result<HttpResponse, Error> {
    let typed = query.code.trim();
    let mut errors = Errors::new();
    if !typed.is_empty() {
        if lid(&app, typed).await?.is_some() {
            let code: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
            return Ok(see_other(&format!("/b/{}", code.to_uppercase())));
        }
        errors.add("code", NO_BOX);
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(code_form(&app, status, typed, &errors))
}

/// The form for a code.
fn code_form(app: &App, status: StatusCode, typed: &str, errors: &Errors) -> HttpResponse {
    let main = html! {
        (error_summary(errors))
        div.head { div { h1 { "Which box is it?" } p { "Scan the square on its lid with your phone's camera, or type the code beside it." } } }
        section.panel.card {
            form.form method="get" action="/b" novalidate {
                (field("code", "Code on the lid", typed).hint("Letters and digits, for example 4F7K2M").width("w10").text(errors))
                (submit("Find the box"))
            }
        }
    };
    crate::web::answer::answer(status, &page::outside("Which box is it?", app.site.demo, !errors.is_empty(), &main))
}

/// The copy behind a code; in either case, and with O for 0, I and L for 1.
async fn lid(app: &web::Data<App>, code: &str) -> Result<Option<Lid>, Error> {
    let clean: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    if clean.is_empty() || clean.len() > 20 {
        return Ok(None);
    }
    let kind = clean.replace('O', "0").replace(['I', 'L'], "1");
    let codes = [clean, kind];
    app.db.house_read(app.clock.now(), move |house| Ok(finds::by_code(house, &codes)?)).await
}

/// Whether whoever asks has a role in the copy's cluster.
async fn is_member(req: &HttpRequest, app: &web::Data<App>, lid: &Lid) -> Result<bool, Error> {
    let Some(secret) = guard::session_secret(req, &app.site) else { return Ok(false) };
    let (hash, slug) = (secret.hash(), lid.slug.clone());
    app.db.house_read(app.clock.now(), move |house| Ok(sessions::membership(house, &hash, &slug)?.is_some())).await
}

/// What the code on a lid opens.
///
/// # Errors
/// When no copy has this code.
pub async fn show(req: HttpRequest, app: web::Data<App>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let Some(lid) = lid(&app, &path).await? else {
        // Whoever has mistyped it can put it right here.
        let typed: String = path.chars().take(20).collect();
        return Ok(code_form(&app, StatusCode::NOT_FOUND, &typed, &Errors::one("code", NO_BOX)));
    };
    if is_member(&req, &app, &lid).await? {
        return Ok(see_other(&format!("/c/{}/copies/{}", lid.slug, lid.copy)));
    }
    Ok(stranger(&req, &app, &path, &lid, "", &Errors::new()))
}

/// A stranger's form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Found {
    words: String,
}

/// Keeps what a stranger says, and tells the coordinators.
///
/// # Errors
/// When no copy has this code, or somebody says too much.
pub async fn found(req: HttpRequest, app: web::Data<App>, path: web::Path<String>, form: Posted<Found>) -> Result<HttpResponse, Error> {
    let lid = lid(&app, &path).await?.ok_or(Error::NotFound)?;
    if is_member(&req, &app, &lid).await? {
        return Ok(see_other(&format!("/c/{}/copies/{}", lid.slug, lid.copy)));
    }
    let typed = form.0.words;
    let words = counts::words(&typed, LONGEST).and_then(|words| if words.is_empty() { Err("say where it is".into()) } else { Ok(words) });
    let words = match words {
        Ok(words) => words,
        Err(fault) => {
            let errors = Errors::one("words", crate::handovers::letters::capital(&fault));
            return Ok(stranger(&req, &app, &path, &lid, &typed, &errors));
        }
    };
    let sparing = match app.limits.found(limits::address(&req, &app.site), lid.copy) {
        Pass::Refused => return Err(Error::TooMany),
        pass => pass == Pass::Sparing,
    };
    let scope = Scope::new(lid.cluster, Actor::Visitor);
    let name = lid.name.clone();
    let kept = app.db.write(scope, move |tx| acts::found(tx, &lid, &words, sparing)).await?;
    let main = html! {
        (crate::web::parts::confirmation("Thank you", html! {
            @if kept { p { "The coordinator of " (name) " hears of it now." } }
            @else { p { "The coordinator of " (name) " knows already: several people have said where it is." } }
        }))
        section.panel.card.form { p { "Please leave the box at the desk of the nearest school, or where you found it." } }
    };
    Ok(unkept(StatusCode::OK).body(page::outside("Thank you", app.site.demo, false, &main).into_string()))
}

fn stranger(req: &HttpRequest, app: &App, code: &str, lid: &Lid, typed: &str, errors: &Errors) -> HttpResponse {
    // The form needs a secret though nobody is signed in: a session's, or a visitor's cookie.
    let known = guard::session_secret(req, &app.site).or_else(|| guard::visitor_secret(req, &app.site));
    let secret = known.clone().unwrap_or_else(Secret::fresh);
    let main = html! {
        (error_summary(errors))
        div.head { div { h1 { "This belongs to the schools of " (lid.name) } p { "They share it, and hand it on from school to school." } } }
        section.panel.card {
            form.form method="post" action={ "/b/" (code) } novalidate {
                (guard::field(&guard::token(&secret)))
                h2 { "I have found it" }
                (field("words", "Where is it?", typed).hint("The coordinator of the schools reads this. Do not write your name, an address or a telephone number").area(errors))
                (submit("Tell them"))
            }
        }
        p.foot { "Are you from one of these schools? " a href={ "/sign-in?next=/b/" (code) } { "Sign in" } "." }
    };
    let status = if errors.is_empty() { actix_web::http::StatusCode::OK } else { actix_web::http::StatusCode::UNPROCESSABLE_ENTITY };
    let mut answer = unkept(status);
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), secret.reveal().to_owned(), Duration::hours(12)));
    }
    answer.body(page::outside("Found a box", app.site.demo, !errors.is_empty(), &main).into_string())
}
