//! Signing in by way of a provider: out to the provider, and back.
//!
//! The way out is a link and no form, because the content policy lets forms go to our own site only.

use actix_web::cookie::time::Duration;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::identity::{FLOW_LASTS, Fault, Provider, Question};
use crate::accounts::store::{identities, passkeys};
use crate::accounts::{Ways, acts};
use crate::base::secret::Secret;
use crate::db;
use crate::people::pages::{SignInQuery, signed_in, user_agent};
use crate::people::sign_in;
use crate::web::answer::outside;
use crate::web::{App, Error, guard, limits};

/// The links of the sign-in page to other ways; nothing where there are none.
#[must_use]
pub fn buttons(providers: &[Provider], passkeys: bool, next: &str) -> Markup {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    html! {
        @if passkeys || !providers.is_empty() {
            p.hint { "Or without waiting for a mail:" }
            p.acts {
                @if passkeys { a.btn href={ "/sign-in/passkey?" (query) } { "Sign in with a passkey" } }
                @for provider in providers {
                    a.btn href={ "/sign-in/with/" (provider.key) "?" (query) } { "Sign in with " (provider.name) }
                }
            }
        }
    }
}

fn provider<'a>(ways: &'a Ways, key: &str) -> Result<&'a Provider, Error> {
    ways.providers.iter().find(|provider| provider.key == key).ok_or(Error::NotFound)
}

/// Our address to which the provider sends the browser back; the operator registers it there.
fn back(app: &App, provider: &Provider) -> String {
    app.site.link(&format!("/sign-in/back/{}", provider.key))
}

/// `GET /sign-in/with/{provider}`: sends the browser there. Nothing is stored for whoever only sets out.
pub async fn depart(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    path: web::Path<String>,
    query: web::Query<SignInQuery>,
) -> Result<HttpResponse, Error> {
    let provider = provider(&ways, &path)?;
    if !app.limits.client(limits::address(&req, &app.site)) {
        return Err(Error::TooMany);
    }
    let now = app.clock.now();
    let known = guard::visitor_secret(&req, &app.site);
    let visitor = known.clone().unwrap_or_else(Secret::fresh);
    let seal = app.db.house_read(now, |house| Ok::<_, Error>(passkeys::seal(house)?)).await?;
    let question = Question::ask(&seal, provider.key, &visitor, sign_in::safe_next(&query.next), now + FLOW_LASTS);
    let to = match ways.openid.depart(provider, &back(&app, provider), &question, now).await {
        Ok(to) => to,
        Err(fault) => return Ok(failed(&app, provider, &fault)),
    };
    let mut answer = HttpResponse::SeeOther();
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), visitor.reveal().to_owned(), Duration::hours(12)));
    }
    Ok(answer.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::LOCATION, to)).finish())
}

/// What comes back with the browser.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    code: String,
    state: String,
    error: String,
}

/// `GET /sign-in/back/{provider}`: signs this device in, when the answer belongs to the question that this browser asked.
pub async fn arrive(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    path: web::Path<String>,
    query: web::Query<Answer>,
) -> Result<HttpResponse, Error> {
    let provider = provider(&ways, &path)?;
    let Answer { code, state, error } = query.into_inner();
    let now = app.clock.now();
    let key = provider.key;
    let visitor = guard::visitor_secret(&req, &app.site);
    let seal = app.db.house_read(now, |house| Ok::<_, Error>(passkeys::seal(house)?)).await?;
    let asked = visitor.and_then(|visitor| Some((Question::asked(&seal, key, &visitor, &state, now)?, visitor)));
    let question = match asked {
        Some((question, visitor)) => {
            let spent = question.clone();
            let first = app.db.house(now, move |house| identities::spend(house, key, &visitor, &spent)).await;
            // Of two at once, one breaks the key.
            let first = if let Err(db::Error::Unique(_)) = first { false } else { first? };
            first.then_some(question)
        }
        None => None,
    };
    let Some(question) = question else {
        let words = "This answer does not belong to a sign-in that was begun in this browser in the last ten minutes, or it has been used.";
        return Ok(refused(&app, "That did not work", words));
    };
    if !error.is_empty() || code.is_empty() {
        return Ok(refused(&app, "You have not signed in", &format!("{} did not sign you in, or you did not want it to.", provider.name)));
    }
    let next = question.next.clone();
    let known = match ways.openid.arrive(provider, &back(&app, provider), (code, question), now).await {
        Ok(known) => known,
        Err(fault) => return Ok(failed(&app, provider, &fault)),
    };
    let agent = user_agent(&req);
    Ok(match app.db.house(now, move |house| acts::sign_in_from(house, &known, &agent)).await? {
        Some(session) => signed_in(&req, &app, &session, &next),
        None => refused(
            &app,
            "Nobody here has that address",
            &format!(
                "Boxrota knows nobody by the address that {} has for you and says is verified. Ask the coordinator of your cluster to invite that address, or sign in with a link by e-mail.",
                provider.name
            ),
        ),
    })
}

/// The provider is at fault: the log has the words, the page says what to do.
fn failed(app: &App, provider: &Provider, fault: &Fault) -> HttpResponse {
    tracing::warn!(provider = provider.key, %fault, "signing in through a provider failed");
    refused(
        app,
        "That did not work",
        &format!("{} could not be asked, or its answer could not be believed. Nothing has changed.", provider.name),
    )
}

fn refused(app: &App, title: &str, words: &str) -> HttpResponse {
    let body = html! {
        div.head { h1 { (title) } }
        div.panel.card.form { p { (words) } p { a.btn.go href="/sign-in" { "Back to the sign-in page" } } }
    };
    outside(StatusCode::UNPROCESSABLE_ENTITY, title, app.site.demo, &body)
}
