//! Another e-mail address: asked for here, confirmed by links in both mailboxes. `GET` and `POST /account/email`,
//! `/account/email/confirm/{token}` and `/account/email/stop/{token}`. A link is its own permission: the mailbox may be read
//! on a device that is not signed in.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Done, answer, top};
use crate::accounts::acts::{self, Confirmed};
use crate::accounts::{ChangeRefusal, EmailChange, Mailbox, answerable, store};
use crate::base::EmailAddress;
use crate::base::secret::Secret;
use crate::db::{Actor, Scope, Stop};
use crate::people::SignedIn;
use crate::web::answer::{outside, see_other, unkept};
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Nothing, Posted};
use crate::web::parts::{back, confirmation};
use crate::web::{App, Error, limits, page};

/// `GET /account/email`: the form.
pub async fn form(app: web::Data<App>, who: SignedIn, query: web::Query<Done>) -> HttpResponse {
    if query.done == "asked" {
        let main = html! {
            (back("/account", "My account"))
            (confirmation("Check both mailboxes", html! {
                p { "We have sent an e-mail to your old address and one to the new address." }
                p { "Open both within 24 hours and press the button on each page. Until then nothing changes." }
            }))
        };
        return answer(StatusCode::OK, &app, &who, "Check both mailboxes", &main);
    }
    form_page(&app, &who, "", &Errors::new())
}

fn form_page(app: &App, who: &SignedIn, typed: &str, errors: &Errors) -> HttpResponse {
    let main = html! {
        (top("Change your e-mail address", ""))
        (forms::error_summary(errors))
        form.panel.card.form method="post" action="/account/email" novalidate {
            (guard::field(&who.csrf))
            p { "Your address now is " b { (who.person.email) } "." }
            (forms::field("email", "New e-mail address", typed).hint("We send an e-mail to both addresses. You need to open both.").email().text(errors))
            (forms::submit("Send the e-mails"))
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer(status, app, who, "Change your e-mail address", &main)
}

/// The wanted address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wish {
    email: String,
}

/// `POST /account/email`: writes to both mailboxes. The answer is the same whether somebody has the address or not; if so,
/// its owner hears of it instead.
///
/// # Errors
/// When it was asked too often, or the database cannot be written.
pub async fn ask(req: HttpRequest, app: web::Data<App>, who: SignedIn, form: Posted<Wish>) -> Result<HttpResponse, Error> {
    let typed = form.0.email;
    let new: EmailAddress = match typed.parse() {
        Ok(new) => new,
        Err(fault) => return Ok(form_page(&app, &who, &typed, &Errors::one("email", format!("{fault}")))),
    };
    let old: EmailAddress = who.person.email.parse().map_err(|_| Error::Broken("a stored address is none".into()))?;
    if new == old {
        return Ok(form_page(&app, &who, &typed, &Errors::one("email", "This is your address already. Enter the new one")));
    }
    if !app.limits.email_change(limits::address(&req, &app.site), who.person.id) {
        return Err(Error::TooMany);
    }
    let person = who.person.clone();
    app.db.write(Scope::of_house(who.actor()), move |tx| acts::ask_for_email(tx, &person, old, new)).await?;
    Ok(see_other("/account/email?done=asked"))
}

/// `GET /account/email/confirm/{token}`: buttons. Opening the link changes nothing, because mail scanners open links.
///
/// # Errors
/// When the database cannot be read.
pub async fn link(req: HttpRequest, app: web::Data<App>, token: web::Path<String>, query: web::Query<Done>) -> Result<HttpResponse, Error> {
    let now = app.clock.now();
    let found = match Secret::parse(&token) {
        Some(secret) => app.db.house_read(now, move |house| Ok::<_, Error>(store::email_change(house, &secret)?)).await?,
        None => None,
    };
    if query.done == "stopped" && found.as_ref().is_some_and(|(change, _)| change.withdrawn_at.is_some()) {
        return Ok(said(
            &app,
            "The change is stopped",
            &html! {
                p { "Your e-mail address stays as it was." }
                p { "If you did not ask for the change, somebody else is signed in as you. " a href="/account/devices" { "Sign out everywhere else" } " now." }
            },
        ));
    }
    let (change, mailbox) = match (answerable(found.as_ref().map(|(change, _)| change), now), &found) {
        (Ok(change), Some((_, mailbox))) => (change, *mailbox),
        (Err(refusal), _) => return Ok(refused(&app, refusal)),
        (Ok(_), None) => return Ok(refused(&app, ChangeRefusal::Unknown)),
    };
    if change.is_done() {
        return Ok(said(
            &app,
            "Your e-mail address has changed",
            &html! {
                p { "Boxrota writes to " b { (change.new_email) } " from now on, and you sign in with it." }
                p { a.btn.go href="/" { "Go to Boxrota" } }
            },
        ));
    }
    if change.has_confirmed(mailbox) && mailbox == Mailbox::New {
        return Ok(said(
            &app,
            "Thank you",
            &html! { p { "Now open the e-mail in your old mailbox, too. When both have said yes, the address changes." } },
        ));
    }
    Ok(asking(&req, &app, &token, change, mailbox))
}

/// The page with the buttons of a mailbox.
fn asking(req: &HttpRequest, app: &App, token: &str, change: &EmailChange, mailbox: Mailbox) -> HttpResponse {
    let known = guard::visitor_secret(req, &app.site);
    let visitor = known.clone().unwrap_or_else(Secret::fresh);
    let csrf = guard::token(&visitor);
    let press = |verb: &str, button: Markup| html! { form method="post" action={ "/account/email/" (verb) "/" (token) } { (guard::field(&csrf)) (button) } };
    let title = match mailbox {
        Mailbox::Old => "Change your e-mail address?",
        Mailbox::New => "Is this your address?",
    };
    let body = html! {
        div.head { h1 { (title) } }
        div.panel.card.form {
            @match mailbox {
                Mailbox::Old => {
                    p { "Somebody who is signed in as you asked to change your address to " b { (change.new_email) } "." }
                    @if change.has_confirmed(mailbox) { p { "You have said yes. Now open the e-mail in your new mailbox, too. You can still stop it." } }
                    @else { (press("confirm", forms::submit("Yes, I asked for it"))) }
                    (press("stop", forms::stop("No, stop this")))
                }
                Mailbox::New => {
                    p { "Press the button if you want to use " b { (change.new_email) } " with Boxrota from now on." }
                    (press("confirm", forms::submit("Yes, this is mine")))
                }
            }
        }
    };
    let mut answer = unkept(StatusCode::OK);
    if known.is_none() {
        let name = guard::visitor_cookie(&app.site);
        answer.cookie(guard::cookie(&app.site, name, visitor.reveal().to_owned(), Duration::hours(12)));
    }
    answer.body(page::outside(title, app.site.demo, false, &body).into_string())
}

/// `POST /account/email/confirm/{token}`: this mailbox says yes; when both have, the address changes.
///
/// # Errors
/// When the database cannot be written.
pub async fn confirm(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let here = guard::session_secret(&req, &app.site).map(|secret| secret.hash());
    let Some(secret) = Secret::parse(&token) else { return Ok(refused(&app, ChangeRefusal::Unknown)) };
    match app.db.write(Scope::of_house(Actor::Visitor), move |tx| acts::confirm_email(tx, &secret, here.as_deref())).await {
        Ok(Confirmed::Yes) => Ok(see_other(&format!("/account/email/confirm/{token}"))),
        Ok(Confirmed::Unusable) => Ok(refused(&app, ChangeRefusal::Unusable)),
        Err(Stop::Refused(refusal)) => Ok(refused(&app, refusal)),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /account/email/stop/{token}`: the old mailbox says no.
///
/// # Errors
/// When the database cannot be written.
pub async fn stop(app: web::Data<App>, token: web::Path<String>, _form: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let Some(secret) = Secret::parse(&token) else { return Ok(refused(&app, ChangeRefusal::Unknown)) };
    match app.db.write(Scope::of_house(Actor::Visitor), move |tx| acts::stop_email(tx, &secret)).await {
        Ok(()) => Ok(see_other(&format!("/account/email/confirm/{token}?done=stopped"))),
        Err(Stop::Refused(refusal)) => Ok(refused(&app, refusal)),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn said(app: &App, title: &str, body: &Markup) -> HttpResponse {
    said_outside(app, StatusCode::OK, title, body)
}

fn refused(app: &App, refusal: ChangeRefusal) -> HttpResponse {
    let body = html! { p { (refusal) } p { a.btn.go href="/account" { "Go to My account" } } };
    said_outside(app, StatusCode::UNPROCESSABLE_ENTITY, "This link does not work any more", &body)
}

fn said_outside(app: &App, status: StatusCode, title: &str, body: &Markup) -> HttpResponse {
    let main = html! { div.head { h1 { (title) } } div.panel.card.form { (body) } };
    outside(status, title, app.site.demo, &main)
}
