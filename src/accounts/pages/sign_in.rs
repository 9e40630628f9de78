//! Signing in by a link that is sent, and signing out.

use std::future::{Ready, ready};

use actix_web::cookie::time::Duration;
use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::pages::elsewhere;
use crate::accounts::{Ways, acts};
use crate::base::EmailAddress;
use crate::base::ids::PersonId;
use crate::base::secret::Secret;
use crate::clusters;
use crate::clusters::pages::set_up;
use crate::db::{Actor, Scope, Stop};
use crate::people::pages::{SignInQuery, signed_in, user_agent};
use crate::people::store::{roles, sessions};
use crate::people::{RoleKind, sign_in};
use crate::web::answer::{outside, unkept};
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Nothing, Posted};
use crate::web::limits::Pass;
use crate::web::{App, Error, limits, page};

/// `GET /sign-in`.
pub async fn sign_in_page(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    query: web::Query<SignInQuery>,
) -> Result<HttpResponse, Error> {
    if !app.db.house_read(app.clock.now(), |house| Ok::<_, Error>(clusters::store::any_cluster(house)?)).await? {
        return Ok(set_up::waiting(&app));
    }
    let people = demo_people(&app).await?;
    Ok(sign_in_answer(&req, (&app, &ways), &query.next, "", &Errors::new(), &people))
}

type DemoPeople = Vec<roles::Demo>;

async fn demo_people(app: &App) -> Result<DemoPeople, Error> {
    if !app.site.demo {
        return Ok(Vec::new());
    }
    app.db.house_read(app.clock.now(), |house| Ok(roles::demo_people(house)?)).await
}

fn sign_in_answer(
    req: &HttpRequest,
    (app, ways): (&App, &Ways),
    next: &str,
    email: &str,
    errors: &Errors,
    people: &DemoPeople,
) -> HttpResponse {
    // The form needs a secret before anybody is signed in: a visitor's cookie.
    let known = guard::visitor_secret(req, &app.site);
    let secret = known.clone().unwrap_or_else(Secret::fresh);
    let token = guard::token(&secret);
    let next = sign_in::safe_next(next);
    let body = html! {
        div.head { h1 { "Sign in" } }
        (forms::error_summary(errors))
        @if !people.is_empty() { (demo_choice(people, &token, next)) }
        div.panel.card.form {
            @if !people.is_empty() { h2 { "Sign in as on a real site" } }
            form method="post" action="/sign-in" novalidate {
                (guard::field(&token))
                (forms::hidden("next", next))
                (forms::field("email", "Your school e-mail address", email).hint("We send you a link that signs you in. There is no password.").email().text(errors))
                (forms::submit("Send me a link"))
            }
            (elsewhere::buttons(&ways.providers, ways.passkeys.on(), next))
        }
    };
    let mut answer = unkept(if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY });
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), secret.reveal().to_owned(), Duration::hours(12)));
    }
    answer.body(page::outside("Sign in", app.site.demo, !errors.is_empty(), &body).into_string())
}

/// The demo's people, each one click away.
fn demo_choice(people: &DemoPeople, token: &str, next: &str) -> Markup {
    html! {
        section.panel.card aria-labelledby="demo-people" {
            h2 #demo-people { "Choose who you want to be" }
            p.hint { "This is a demo with made-up people at real schools. There are no passwords: one click signs you in." }
            @for kind in [RoleKind::Ssl, RoleKind::Deputy, RoleKind::Coordinator, RoleKind::Bursar, RoleKind::Head, RoleKind::Director] {
                @let some: Vec<_> = people.iter().filter(|(_, k, ..)| *k == kind).collect();
                @if !some.is_empty() {
                    h3 { (kind.words()) }
                    ul.choices {
                        @for (person, _, school, cluster) in some {
                            li {
                                form method="post" action="/sign-in/demo" {
                                    (guard::field(token))
                                    (forms::hidden("person", &person.id.to_string()))
                                    (forms::hidden("next", next))
                                    button.btn type="submit" { (person.name) @if school.is_none() { " (" (cluster) ")" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The sign-in form.
#[derive(Debug, Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`: mails a link, and says the same whether the address is known or not.
pub async fn ask_for_link(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    form: Posted<SignInForm>,
) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    let email: EmailAddress = match form.email.parse() {
        Ok(email) => email,
        Err(fault) => {
            let people = demo_people(&app).await?;
            return Ok(sign_in_answer(&req, (&app, &ways), &form.next, &form.email, &Errors::one("email", format!("{fault}")), &people));
        }
    };
    let sparing = match app.limits.sign_in(limits::address(&req, &app.site), &email) {
        Pass::Refused => return Err(Error::TooMany),
        pass => pass == Pass::Sparing,
    };
    let (asked, next) = (email.clone(), sign_in::safe_next(&form.next).to_owned());
    app.db.write(Scope::of_house(Actor::Visitor), move |tx| acts::send_link(tx, &asked, &next, sparing)).await?;
    let body = html! {
        div.head { h1 { "Check your e-mail" } }
        div.panel.card.form {
            p { "If " b { (email) } " belongs to somebody in a cluster, a sign-in link is on its way to it." }
            p { "The link works once and for 15 minutes. Nothing there? Look into the junk folder, then " a href="/sign-in" { "ask again" } "." }
            p { "If you have asked several times, open the newest mail. Who asks very often gets no further one for five minutes." }
        }
    };
    Ok(outside(StatusCode::OK, "Check your e-mail", app.site.demo, &body))
}

/// `GET /sign-in/{token}`: a button. Opening a link changes nothing, because mail scanners open links.
pub async fn link_page(req: HttpRequest, app: web::Data<App>, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let secret = Secret::parse(&token);
    let now = app.clock.now();
    let found = match secret.clone() {
        Some(secret) => app.db.house_read(now, move |house| Ok::<_, Error>(sessions::link(house, &secret)?)).await?,
        None => None,
    };
    if let Err(refusal) = sign_in::usable(found.as_ref().map(|(link, ..)| link), now) {
        return Ok(link_refused(&app, &refusal.to_string()));
    }
    let known = guard::visitor_secret(&req, &app.site);
    let visitor = known.clone().unwrap_or_else(Secret::fresh);
    let body = html! {
        div.head { h1 { "Sign in to Boxrota" } }
        div.panel.card.form {
            p { "Press the button to sign in on this device. You stay signed in for 30 days." }
            form method="post" action={ "/sign-in/" (token) } {
                (guard::field(&guard::token(&visitor)))
                (forms::submit("Sign in"))
            }
        }
    };
    let mut answer = unkept(StatusCode::OK);
    answer.insert_header((header::REFERRER_POLICY, "same-origin"));
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), visitor.reveal().to_owned(), Duration::hours(12)));
    }
    Ok(answer.body(page::outside("Sign in", app.site.demo, false, &body).into_string()))
}

fn link_refused(app: &App, words: &str) -> HttpResponse {
    let body = html! {
        div.head { h1 { "This link does not work any more" } }
        div.panel.card.form { p { (words) } p { a.btn.go href="/sign-in" { "Ask for a new link" } } }
    };
    outside(StatusCode::UNPROCESSABLE_ENTITY, "This link does not work any more", app.site.demo, &body)
}

/// `POST /sign-in/{token}`: uses the link up and signs this device in.
pub async fn use_link(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let agent = user_agent(&req);
    let Some(secret) = Secret::parse(&token) else { return Ok(link_refused(&app, &sign_in::LinkRefusal::Unknown.to_string())) };
    match app.db.house(app.clock.now(), move |house| acts::use_link(house, &secret, &agent)).await {
        Ok((session, next)) => Ok(signed_in(&req, &app, &session, &next)),
        Err(Stop::Refused(refusal)) => Ok(link_refused(&app, &refusal.to_string())),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// The demo's sign-in form.
#[derive(Debug, Deserialize)]
pub struct DemoForm {
    person: PersonId,
    #[serde(default)]
    next: String,
}

/// That this is the demo. It stands before the form among a handler's parameters: on a real site the address is not there, whatever is
/// sent to it.
pub struct InDemo;

impl FromRequest for InDemo {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let demo = req.app_data::<web::Data<App>>().is_some_and(|app| app.site.demo);
        ready(if demo { Ok(Self) } else { Err(Error::NotFound) })
    }
}

/// `POST /sign-in/demo`: in the demo, and nowhere else, one click signs in.
pub async fn sign_in_to_demo(_here: InDemo, req: HttpRequest, app: web::Data<App>, form: Posted<DemoForm>) -> Result<HttpResponse, Error> {
    let Posted(DemoForm { person, next }) = form;
    let agent = user_agent(&req);
    let session = app.db.house(app.clock.now(), move |house| acts::sign_in(house, person, &agent)).await?;
    Ok(signed_in(&req, &app, &session.ok_or(Error::NotFound)?, &next))
}

/// `POST /sign-out`.
pub async fn sign_out(req: HttpRequest, app: web::Data<App>, _form: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let site = &app.site;
    if let Some(secret) = guard::session_secret(&req, site) {
        let hash = secret.hash();
        app.db.house(app.clock.now(), move |house| Ok::<_, Error>(sessions::revoke_session(house, &hash)?)).await?;
    }
    Ok(HttpResponse::SeeOther()
        .cookie(guard::cookie(site, guard::session_cookie(site), String::new(), Duration::ZERO))
        // What the browser kept of this person's pages is not for the next one at this machine.
        .insert_header(("Clear-Site-Data", "\"cache\""))
        .insert_header((header::LOCATION, "/sign-in"))
        .finish())
}
