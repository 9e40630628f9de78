//! Setting up: a site without a cluster gets its first one, its lead school and its operator, by the address that the program
//! printed at its start. `GET` and `POST /set-up/{token}`.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::founding::FoundingForm;
use super::{signed_in, user_agent};
use crate::base::clock;
use crate::base::secret::Secret;
use crate::db::{House, Scope};
use crate::people::founding::{SetUpRefusal, may_set_up};
use crate::people::{RoleKind, store};
use crate::web::answer::unkept;
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Posted};
use crate::web::page;
use crate::web::parts::head;
use crate::web::{App, Error};

/// Makes an address for setting up, which the start of the program prints; `None` when there is a cluster.
///
/// # Errors
/// When the database cannot be used.
pub async fn address(app: &App) -> Result<Option<String>, Error> {
    let made = app
        .db
        .write(Scope::of_house(app.clock.now()), |tx| {
            let mut house = tx.house();
            if store::founding::any_cluster(&mut house)? {
                return Ok::<_, Error>(None);
            }
            Ok(Some(store::founding::add_set_up_token(&mut house)?))
        })
        .await?;
    Ok(made.map(|secret| app.site.link(&format!("/set-up/{}", secret.reveal()))))
}

fn check(house: &mut House<'_>, secret: &Secret) -> Result<Result<(), SetUpRefusal>, Error> {
    let any = store::founding::any_cluster(house)?;
    let until = store::founding::set_up_token(house, secret)?;
    Ok(may_set_up(any, until, house.now))
}

/// `GET /set-up/{token}`.
///
/// # Errors
/// Not found when there is a cluster, or nobody printed this address.
pub async fn form(req: HttpRequest, app: web::Data<App>, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let secret = Secret::parse(&token).ok_or(Error::NotFound)?;
    let now = app.clock.now();
    match app.db.house_read(now, move |house| check(house, &secret)).await? {
        Ok(()) => Ok(answer(&req, &app, &token, &FoundingForm::fresh(clock::today(now)), &Errors::new())),
        Err(refusal) => refused(&app, refusal),
    }
}

/// `POST /set-up/{token}`: everything in one transaction, once.
///
/// # Errors
/// Not found when there is a cluster, or nobody printed this address.
pub async fn set_up(
    req: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
    form: Posted<FoundingForm>,
) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    let secret = Secret::parse(&token).ok_or(Error::NotFound)?;
    let now = app.clock.now();
    let founding = match form.read() {
        Ok(founding) => founding,
        Err(errors) => {
            return match app.db.house_read(now, move |house| check(house, &secret)).await? {
                Ok(()) => Ok(answer(&req, &app, &token, &form, &errors)),
                Err(refusal) => refused(&app, refusal),
            };
        }
    };
    let (agent, directs) = (user_agent(&req), form.directs());
    let next = format!("/c/{}/about?done=set-up", founding.slug);
    let done = app
        .db
        // Under the house's lock: of several who press at once, the first one finds no cluster, and the others find his.
        .write(Scope::of_house(now), move |tx| {
            let mut house = tx.house();
            if let Err(refusal) = check(&mut house, &secret)? {
                return Ok::<_, Error>(Err(refusal));
            }
            let (cluster, operator) = store::founding::found(&mut house, &founding, None)?;
            if directs {
                store::founding::add_role(&mut house.enter(cluster, Some(operator)), operator, RoleKind::Director)?;
            }
            store::founding::end_set_up(&mut house)?;
            Ok(Ok(store::add_session(&mut house, operator, &agent)?))
        })
        .await?;
    match done {
        Ok(session) => Ok(signed_in(&req, &app, &session, &next)),
        Err(refusal) => refused(&app, refusal),
    }
}

fn answer(req: &HttpRequest, app: &App, token: &str, form: &FoundingForm, errors: &Errors) -> HttpResponse {
    let known = guard::visitor_secret(req, &app.site);
    let visitor = known.clone().unwrap_or_else(Secret::fresh);
    let body = html! {
        (head("Set up Boxrota", "Say who you are, and enter your first cluster and its lead school. You need about five minutes.", html! {}))
        (forms::error_summary(errors))
        div.panel.card.form {
            form method="post" action={ "/set-up/" (token) } novalidate {
                (guard::field(&guard::token(&visitor)))
                h2 { "You" }
                (form.person_fields("Your name", "Your e-mail address", "Sign-in links go to it. You become the coordinator of the cluster, and can hand that on later.", errors))
                (forms::checkbox("directs", "I look after several clusters", "You can then add more clusters, and see them all on one page.", form.directs(), errors))
                (form.cluster_fields(errors))
                (forms::submit("Set up Boxrota"))
            }
        }
    };
    let mut answer = unkept(if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY });
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), visitor.reveal().to_owned(), Duration::hours(12)));
    }
    answer.body(page::outside("Set up Boxrota", app.site.demo, !errors.is_empty(), &body).into_string())
}

fn refused(app: &App, refusal: SetUpRefusal) -> Result<HttpResponse, Error> {
    if refusal == SetUpRefusal::NotThere {
        return Err(Error::NotFound);
    }
    let body = html! {
        div.head { h1 { "This address does not work any more" } }
        div.panel.card.form {
            p { "An address for setting up works for 24 hours. This one is older." }
            p { "Start Boxrota again: each start prints a new one until there is a cluster." }
        }
    };
    Ok(unkept(StatusCode::UNPROCESSABLE_ENTITY)
        .body(page::outside("This address does not work any more", app.site.demo, false, &body).into_string()))
}

/// What a site without a cluster says in place of its sign-in page, without the secret.
#[must_use]
pub fn waiting(app: &App) -> HttpResponse {
    let body = html! {
        div.head { h1 { "This Boxrota waits to be set up" } }
        div.panel.card.form {
            p { "There is no cluster here yet, so nobody can sign in." }
            h2 { "If you run it" }
            p { "When the program started, it printed an address that begins with " b { "Set up Boxrota at" } ". Open that address. It stands in the program's output: in the terminal, in " code { "journalctl -u boxrota" } " or in " code { "docker logs" } "." }
            p { "The address works for 24 hours. If it is older, or you cannot find it, start the program again: it prints a new one." }
            h2 { "If you do not" }
            p { "Ask the person who gave you this address." }
        }
    };
    unkept(StatusCode::OK).body(page::outside("This Boxrota waits to be set up", app.site.demo, false, &body).into_string())
}
