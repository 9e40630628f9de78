//! An invitation as who is invited sees it: what is offered, and a button. `GET` and `POST /invitation/{token}`, without a session.

use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use crate::base::secret::Secret;
use crate::base::{clock, days};
use crate::db::{self, Scope, Tx};
use crate::joining::store::{self, Invitation};
use crate::joining::{self, InvitationRefusal, acts, letters};
use crate::mail::store as outbox;
use crate::people::pages::{signed_in, user_agent};
use crate::people::store::{self as people, roles as held, sessions};
use crate::people::{self as roles, Cluster, Offer};
use crate::web::answer::unkept;
use crate::web::forms::submit;
use crate::web::guard::{self, Nothing, Posted};
use crate::web::parts::{row, summary};
use crate::web::{App, Error, page};

type Found = (Invitation, Cluster, Option<String>);

async fn find(app: &App, secret: Option<Secret>) -> Result<Option<Found>, Error> {
    let Some(secret) = secret else { return Ok(None) };
    app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(store::by_hash(house, &secret.hash())?)).await
}

/// Shows what is offered, and a button. Opening the link changes nothing, because mail scanners open links.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(req: HttpRequest, app: web::Data<App>, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let now = app.clock.now();
    let found = find(&app, Secret::parse(&token)).await?;
    let usable = joining::usable(found.as_ref().map(|(one, ..)| one.standing), now, clock::today(now));
    let (invitation, cluster, inviter) = match (found, usable) {
        (Some(found), Ok(())) => found,
        (_, Err(refusal)) => return Ok(refused(&app, refusal)),
        (None, Ok(())) => return Ok(refused(&app, InvitationRefusal::Unknown)),
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
    let now = app.clock.now();
    let Some(secret) = Secret::parse(&token) else { return Ok(refused(&app, InvitationRefusal::Unknown)) };
    let Some((_, cluster, _)) = find(&app, Some(secret.clone())).await? else { return Ok(refused(&app, InvitationRefusal::Unknown)) };
    let attempt = || {
        let (hash, agent, cluster) = (secret.hash(), user_agent(&req), cluster.clone());
        app.db.write(Scope { cluster: cluster.id, actor: None, now }, move |tx| {
            let url = tx.link(&format!("/c/{}/people", cluster.slug));
            take(tx, &hash, &agent, &cluster.name, &url)
        })
    };
    let mut done = attempt().await;
    // Another cluster has made the same person in the same moment: now he is there.
    if matches!(done, Err(Error::Db(db::Error::Unique(db::Unique::Email)))) {
        done = attempt().await;
    }
    match done? {
        Ok((session, begun)) => {
            let next = if begun { format!("/c/{}/week", cluster.slug) } else { "/".to_owned() };
            Ok(signed_in(&req, &app, &session, &next))
        }
        Err(refusal) => Ok(refused(&app, refusal)),
    }
}

/// The transaction of accepting: the session's secret, and whether the role counts today.
fn take(tx: &mut Tx<'_>, hash: &str, agent: &str, cluster: &str, url: &str) -> Result<Result<(Secret, bool), InvitationRefusal>, Error> {
    let today = tx.today();
    let found = store::by_hash(&mut tx.house(), hash)?;
    if let Err(refusal) = joining::usable(found.as_ref().map(|(one, ..)| one.standing), tx.now, today) {
        return Ok(Err(refusal));
    }
    let Some((invitation, ..)) = found else { return Ok(Err(InvitationRefusal::Unknown)) };
    let wanted = &invitation.wanted;
    let person = people::person_for(&mut tx.house(), &wanted.email, &wanted.name)?;
    tx.actor = Some(person);
    if !store::accept(tx, &invitation, hash, person)? {
        return Ok(Err(InvitationRefusal::Used));
    }
    // Nobody has a role on days before he said yes.
    let offer = Offer { from: wanted.offer.from.max(today), ..wanted.offer };
    let roles = held::of_person(tx, person)?;
    if !joining::already(&roles, &offer) {
        held::add(tx, person, &offer, invitation.school.as_deref())?;
    }
    acts::give_what_waits(tx, person, &offer)?;
    if let Some(inviter) = invitation.invited_by
        && let Some(to) = crate::people::store::roles::person_here(tx, inviter)?.as_ref().and_then(people::Person::recipient)
    {
        let role = roles::words(offer.kind, invitation.school.as_deref());
        let name = people::person_by_email(&mut tx.house(), &wanted.email)?.map_or_else(|| wanted.name.clone(), |person| person.name);
        let letter = letters::accepted(invitation.id, &name, &role, cluster, &format!("{url}/{person}"), to, today);
        outbox::enqueue(tx, &letter)?;
    }
    let begun = offer.from <= today || roles.iter().any(|role| role.is_on(today));
    Ok(Ok((sessions::add_session(&mut tx.house(), person, agent)?, begun)))
}
