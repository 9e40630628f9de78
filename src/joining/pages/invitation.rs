//! An invitation as who is invited sees it: what is offered, and a button. `GET` and `POST /invitation/{token}`, without a session.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use crate::base::days;
use crate::base::secret::Secret;
use crate::db::{self, Actor, Scope, Stop};
use crate::joining::acts::{self, Accepted, Found};
use crate::joining::{InvitationRefusal, letters};
use crate::people::pages::{signed_in, user_agent};
use crate::web::answer::unkept;
use crate::web::forms::submit;
use crate::web::guard::{self, Nothing, Posted};
use crate::web::parts::{row, summary};
use crate::web::{App, Error, page};

async fn find(app: &App, secret: Option<Secret>) -> Result<Result<Found, InvitationRefusal>, Error> {
    let Some(secret) = secret else { return Ok(Err(InvitationRefusal::Unknown)) };
    match app.db.house_read(app.clock.now(), move |house| acts::find(house, &secret.hash())).await {
        Ok(found) => Ok(Ok(found)),
        Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// Shows what is offered, and a button. Opening the link changes nothing, because mail scanners open links.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(req: HttpRequest, app: web::Data<App>, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let (invitation, cluster, inviter) = match find(&app, Secret::parse(&token)).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(refused(&app, refusal)),
    };
    let known = guard::visitor_secret(&req, &app.site);
    let visitor = known.clone().unwrap_or_else(Secret::fresh);
    let offer = &invitation.wanted.offer;
    let mut rows = vec![
        row("Cluster", &cluster.name),
        row("Role", offer.kind.words()),
        row("School", invitation.school.as_deref().unwrap_or("For the whole cluster")),
        row("First day", days::long(offer.from)),
    ];
    if let Some(to) = offer.to {
        rows.push(row("Last day", days::long(to)));
    }
    if let Some(inviter) = &inviter {
        rows.push(row("Invited by", inviter));
    }
    rows.push(row("For", html! { (invitation.wanted.name) ", " (invitation.wanted.email) }));
    let body = html! {
        div.head { h1 { "You are invited" } }
        div.panel.card.form {
            p { (letters::means(offer.kind)) }
            (summary(&rows))
            p { "Press the button to accept. It signs you in on this device as " b { (invitation.wanted.email) } "." }
            form method="post" action={ "/invitation/" (token) } {
                (guard::field(&guard::token(&visitor)))
                (submit("Accept the invitation"))
            }
        }
    };
    let mut answer = unkept(StatusCode::OK);
    if known.is_none() {
        answer.cookie(guard::cookie(&app.site, guard::visitor_cookie(&app.site), visitor.reveal().to_owned(), Duration::hours(12)));
    }
    Ok(answer.body(page::outside("You are invited", app.site.demo, false, &body).into_string()))
}

fn refused(app: &App, refusal: InvitationRefusal) -> HttpResponse {
    const TITLE: &str = "This invitation does not work any more";
    let body = html! {
        div.head { h1 { (TITLE) } }
        div.panel.card.form {
            p { (refusal) }
            @if refusal == InvitationRefusal::Used { p { a.btn.go href="/sign-in" { "Sign in" } } }
        }
    };
    unkept(StatusCode::UNPROCESSABLE_ENTITY).body(page::outside(TITLE, app.site.demo, false, &body).into_string())
}

/// Accepts: the person, the role, and what waits for it; then signs this device in.
///
/// # Errors
/// When the database refuses.
pub async fn accept(req: HttpRequest, app: web::Data<App>, token: web::Path<String>, _: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let Some(secret) = Secret::parse(&token) else { return Ok(refused(&app, InvitationRefusal::Unknown)) };
    let cluster = match find(&app, Some(secret.clone())).await? {
        Ok((_, cluster, _)) => cluster,
        Err(refusal) => return Ok(refused(&app, refusal)),
    };
    let attempt = || {
        let (hash, agent) = (secret.hash(), user_agent(&req));
        app.db.write(Scope::new(cluster.id, Actor::Visitor), move |tx| acts::accept(tx, &hash, &agent))
    };
    let mut done = attempt().await;
    // Another cluster has made the same person in the same moment: now he is there.
    if matches!(done, Err(Stop::Fault(db::Error::Unique(db::Unique::Email)))) {
        done = attempt().await;
    }
    match done {
        Ok(Accepted { session, begun }) => {
            let next = if begun { format!("/c/{}/week", cluster.slug) } else { "/".to_owned() };
            Ok(signed_in(&req, &app, &session, &next))
        }
        Err(Stop::Refused(refusal)) => Ok(refused(&app, refusal)),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}
