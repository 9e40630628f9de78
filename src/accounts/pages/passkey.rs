//! Signing in with a passkey: `GET` and `POST /sign-in/passkey`.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;
use serde::Deserialize;

use crate::accounts::acts::Sealed;
use crate::accounts::pages::passkeys::trouble;
use crate::accounts::passkeys::{FLOW_LASTS, Question, Refusal, sealed};
use crate::accounts::store::passkeys;
use crate::accounts::{Ways, acts};
use crate::base::secret::Secret;
use crate::db;
use crate::people::pages::{SignInQuery, signed_in, user_agent};
use crate::people::sign_in;
use crate::web::answer::unkept;
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Posted};
use crate::web::page::{self, Extras};
use crate::web::parts::{back, head};
use crate::web::{App, Error};

/// The page whose button asks the device.
///
/// # Errors
/// Not there where passkeys cannot be used.
pub async fn form(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    query: web::Query<SignInQuery>,
) -> Result<HttpResponse, Error> {
    asked(&req, &app, &ways, &query.next, None).await
}

async fn asked(req: &HttpRequest, app: &App, ways: &Ways, next: &str, refusal: Option<Refusal>) -> Result<HttpResponse, Error> {
    let Ok(Question { options, state }) = ways.passkeys.ask_who() else { return Err(Error::NotFound) };
    let known = guard::visitor_secret(req, &app.site);
    let visitor = known.clone().unwrap_or_else(Secret::fresh);
    let (now, next) = (app.clock.now(), sign_in::safe_next(next));
    let seal = app.db.house_read(now, |house| Ok::<_, Error>(passkeys::seal(house)?)).await?;
    let flow = sealed(&seal, &visitor, &state, now + FLOW_LASTS);
    let errors = refusal.map_or_else(Errors::new, |refusal| Errors::one("ask", refusal.to_string()));
    let main = html! {
        (forms::error_summary(&errors))
        (back("/sign-in", "Other ways to sign in"))
        (head("Sign in with a passkey", html! {}, html! {}))
        section.panel.card.form {
            p { "Press the button. Your device asks you to unlock it. You stay signed in for 30 days." }
            form method="post" action="/sign-in/passkey" data-passkey="get" data-options=(options) {
                (guard::field(&guard::token(&visitor)))
                (forms::hidden("flow", &flow))
                (forms::hidden("next", next))
                (forms::hidden("answer", ""))
                (trouble())
                button.btn.go #ask type="submit" { "Use my passkey" }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut answer = unkept(status);
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), visitor.reveal().to_owned(), Duration::hours(12)));
    }
    let extras = Extras { scripts: &["passkeys.js"], wrong: !errors.is_empty(), ..Extras::default() };
    Ok(answer.body(page::outside_with("Sign in with a passkey", app.site.demo, extras, &main).into_string()))
}

/// What the device answered.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    flow: String,
    answer: String,
    next: String,
}

/// Signs this device in, when the answer fits the question and the key is somebody's who has a role today.
///
/// # Errors
/// Not there where passkeys cannot be used.
pub async fn use_key(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    form: Posted<AnswerForm>,
) -> Result<HttpResponse, Error> {
    if !ways.passkeys.on() {
        return Err(Error::NotFound);
    }
    let Posted(AnswerForm { flow, answer, next }) = form;
    let agent = user_agent(&req);
    let Some(holder) = guard::visitor_secret(&req, &app.site) else {
        return asked(&req, &app, &ways, &next, Some(Refusal::Over)).await;
    };
    let (keys, given) = (ways.clone(), Sealed { holder, flow, answer });
    let done = app.db.house(app.clock.now(), move |house| acts::sign_in_with(house, &keys.passkeys, &given, &agent)).await;
    // Two answers at once: one was first.
    let done = if let Err(db::Error::Unique(_)) = &done { Err(Refusal::Over) } else { done? };
    match done {
        Ok(session) => Ok(signed_in(&req, &app, &session, &next)),
        Err(refusal) => asked(&req, &app, &ways, &next, Some(refusal)).await,
    }
}
