//! Switching a kind of letter off by the address in a letter, without signing in (RFC 8058). `GET` and `POST /unsubscribe/{token}`.
//!
//! The address can do one thing: switch one kind of letter off for one person. Of the daily or weekly letter it is the rhythm that is
//! switched back to each letter on its own: what it would have brought together is not thrown away.
//! `GET` only shows what it would do; the `POST` of a mail
//! program has neither cookie nor token, which is why it is the one form here that needs none.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::accounts::{WayOutRefusal, acts};
use crate::base::secret::Secret;
use crate::db::Stop;
use crate::mail::Choice;
use crate::web::answer::unkept;
use crate::web::forms::{hidden, submit};
use crate::web::guard::OneClick;
use crate::web::parts::{confirmation, head};
use crate::web::{App, Error, page};

/// Shows what would be switched off, with a button.
///
/// # Errors
/// Not found when no letter has this address.
pub async fn show(app: web::Data<App>, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let secret = Secret::parse(&token).ok_or(Error::NotFound)?;
    let kind = match app.db.house_read(app.clock.now(), move |house| acts::way_out(house, &secret)).await {
        Ok((_, kind)) => kind,
        Err(stop) => return no_way_out(&app, stop),
    };
    let main = html! {
        (head(question(kind.choice), html! { strong { (kind.name) } ". " (becomes(kind.choice, true)) }, html! {}))
        form.panel.card.form method="post" action={ "/unsubscribe/" (token) } {
            p { (still_comes(kind.choice)) }
            (hidden("List-Unsubscribe", "One-Click"))
            (submit(if kind.choice == Choice::Rhythm { "Each e-mail on its own" } else { "Switch them off" }))
        }
        p { a href="/account/letters" { "Choose among all e-mails" } " (you sign in for that)" }
    };
    Ok(answer(&app, StatusCode::OK, "Switch e-mails off", &main))
}

fn question(choice: Choice) -> &'static str {
    if choice == Choice::Rhythm { "Each e-mail on its own again?" } else { "Switch these e-mails off?" }
}

/// What comes of it, before (`will`) and after.
fn becomes(choice: Choice, will: bool) -> &'static str {
    match (choice, will) {
        (Choice::Rhythm, true) => "E-mails will come one by one again. What waits already comes in one last e-mail.",
        (Choice::Rhythm, false) => "E-mails come one by one again. What waits already comes in one last e-mail.",
        (_, true) => "You will get no more e-mails of this kind, in any of your clusters.",
        (_, false) => "You get no more e-mails of this kind, in any of your clusters.",
    }
}

/// What comes all the same.
fn still_comes(choice: Choice) -> &'static str {
    match choice {
        Choice::AsCoordinator => "Somebody has to hear of it: when no other coordinator wants these e-mails, you get them all the same.",
        Choice::Rhythm => "Nothing gets lost. You can switch single kinds of e-mails off under My account, E-mails.",
        _ => "E-mails about a booking that you made yourself, or that you answer for, come all the same.",
    }
}

/// Switches the kind off, or the rhythm back. Done twice, it is done once.
///
/// # Errors
/// Not found when no letter has this address; when the database cannot be written.
pub async fn switch_off(app: web::Data<App>, token: web::Path<String>, _: OneClick) -> Result<HttpResponse, Error> {
    let secret = Secret::parse(&token).ok_or(Error::NotFound)?;
    let kind = match app.db.house(app.clock.now(), move |house| acts::switch_off(house, &secret)).await {
        Ok(kind) => kind,
        Err(stop) => return no_way_out(&app, stop),
    };
    let choice = kind.choice;
    let done = if choice == Choice::Rhythm { "Each e-mail comes on its own again" } else { "These e-mails are switched off" };
    let main = html! {
        (confirmation(done, html! { p { strong { (kind.name) } ". " (becomes(choice, false)) } }))
        p { (still_comes(choice)) }
        p { "You can choose again under " a href="/account/letters" { "My account, E-mails" } "." }
    };
    Ok(answer(&app, StatusCode::OK, "E-mails switched off", &main))
}

fn no_way_out(app: &App, stop: Stop<WayOutRefusal>) -> Result<HttpResponse, Error> {
    match stop {
        Stop::Refused(WayOutRefusal::RunOut) => {}
        Stop::Refused(WayOutRefusal::Unknown) => return Err(Error::NotFound),
        Stop::Fault(fault) => return Err(fault.into()),
    }
    let main = html! {
        (head("This address has run out", "It works for 90 days after the e-mail came.", html! {}))
        p { "Choose your e-mails under " a href="/account/letters" { "My account, E-mails" } ", or use the address in a newer e-mail." }
    };
    Ok(answer(app, StatusCode::GONE, "This address has run out", &main))
}

fn answer(app: &App, status: StatusCode, title: &str, main: &Markup) -> HttpResponse {
    unkept(status)
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(page::outside(title, app.site.demo, false, main).into_string())
}
