//! One's own passkeys: `GET /account/passkeys`, and making and removing one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Done, answer, answer_with, top};
use crate::accounts::acts::Answered;
use crate::accounts::passkeys::{MOST, Question, Refusal};
use crate::accounts::store::passkeys::{self as store, Listed};
use crate::accounts::{NotOwn, Ways, acts};
use crate::base::clock;
use crate::base::ids::PasskeyId;
use crate::base::secret::Secret;
use crate::base::text;
use crate::db::Stop;
use crate::people::SignedIn;
use crate::web::answer::see_other;
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Nothing, Posted};
use crate::web::parts::{Tone, banner, empty};
use crate::web::{App, Error};

/// The longest name of a key.
const LONGEST_NAME: usize = 60;

/// Lists the keys, with the form for another.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, ways: web::Data<Ways>, who: SignedIn, query: web::Query<Done>) -> Result<HttpResponse, Error> {
    list(&app, &ways, &who, "", &Errors::new(), &query.done).await
}

async fn list(app: &App, ways: &Ways, who: &SignedIn, name: &str, errors: &Errors, done: &str) -> Result<HttpResponse, Error> {
    let person = who.person.id;
    let keys = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(store::of(house, person)?)).await?;
    let said = match done {
        "made" => Some(("Your passkey is ready", "The sign-in page has a button for it.")),
        "removed" => Some(("That passkey does not sign in any more", "You may also remove it from the device that holds it.")),
        _ => None,
    };
    let main = html! {
        (forms::error_summary(errors))
        (top("Passkeys", "Sign in with your finger, your face or the PIN of your device, without waiting for a mail."))
        @if let Some((heading, words)) = said { (banner(Tone::Good, heading, html! { p { (words) } })) }
        section.panel.card {
            h2 { "Your passkeys" }
            @if keys.is_empty() { (empty("user", "None yet", "The passkeys that you make stand here, and can be removed here when a device is lost.", None)) }
            @else { ul.links { @for key in &keys { (one(who, key)) } } }
        }
        section.panel.card.form {
            h2 { "Make a passkey" }
            @if !ways.passkeys.on() { p { "Passkeys need a domain for an address, and this Boxrota is reached by a number." } }
            @else if keys.len() >= MOST { p { "You have as many as there can be. Remove one first." } }
            @else {
                form method="post" action="/account/passkeys/new" novalidate {
                    (guard::field(&who.csrf))
                    (forms::field("name", "What is it on?", name).hint("For example: my phone").text(errors))
                    (forms::submit("Go on"))
                }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer(status, app, who, "Passkeys", &main))
}

fn one(who: &SignedIn, key: &Listed) -> Markup {
    html! {
        li {
            div {
                b { (key.name) }
                small { "Made " (clock::spoken(key.since)) @if let Some(used) = key.used { ", last used " (clock::spoken(used)) } @else { ", not used yet" } }
            }
            (forms::verb(&format!("/account/passkeys/{}/remove", key.id), &who.csrf, "Remove", "x"))
        }
    }
}

/// The name of a key, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NameForm {
    name: String,
}

impl NameForm {
    fn read(&self) -> Result<String, Errors> {
        let name = text::line(&self.name);
        if name.is_empty() {
            return Err(Errors::one("name", "Enter what the passkey is on, for example: my phone"));
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(Errors::one("name", format!("Use at most {LONGEST_NAME} letters")));
        }
        Ok(name)
    }
}

/// The page whose button asks the device.
///
/// # Errors
/// When the database cannot be used.
pub async fn ask(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    who: SignedIn,
    form: Posted<NameForm>,
) -> Result<HttpResponse, Error> {
    let name = match form.0.read() {
        Ok(name) => name,
        Err(errors) => return list(&app, &ways, &who, &form.0.name, &errors, "").await,
    };
    asked(&req, &app, &ways, &who, &name, None).await
}

async fn asked(
    req: &HttpRequest,
    app: &App,
    ways: &Ways,
    who: &SignedIn,
    name: &str,
    refusal: Option<Refusal>,
) -> Result<HttpResponse, Error> {
    let person = who.person.id;
    let keys = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(store::of(house, person)?)).await?;
    let known: Vec<String> = keys.into_iter().map(|key| key.credential_id).collect();
    let question = if known.len() < MOST {
        ways.passkeys.ask_to_make(person, &who.person.email, &who.person.name, &known)
    } else {
        Err(Refusal::NotTaken)
    };
    let Question { options, state } = match question {
        Ok(question) => question,
        Err(refusal) => return list(app, ways, who, name, &Errors::one("name", refusal.to_string()), "").await,
    };
    let holder = guard::session_secret(req, &app.site).ok_or(Error::NotFound)?;
    let flow = app.db.house_as(who.actor(), move |house| Ok::<_, Error>(store::ask(house, person, &holder, &state)?)).await?;
    let errors = refusal.map_or_else(Errors::new, |refusal| Errors::one("ask", refusal.to_string()));
    let main = html! {
        (forms::error_summary(&errors))
        (top("Make a passkey", html! { "For " (name) }))
        section.panel.card.form {
            p { "Press the button. Your device then asks you to unlock it, and keeps the passkey." }
            form method="post" action="/account/passkeys" data-passkey="create" data-options=(options) {
                (guard::field(&who.csrf))
                (forms::hidden("flow", flow.reveal()))
                (forms::hidden("name", name))
                (forms::hidden("answer", ""))
                (trouble())
                button.btn.go #ask type="submit" { "Make the passkey" }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer_with(status, app, who, "Make a passkey", &["passkeys.js"], &main))
}

/// What the script says when it cannot go on. Without a script it says so from the start.
#[must_use]
pub fn trouble() -> Markup {
    html! {
        noscript { p { "Passkeys need JavaScript, which is switched off in this browser." } }
        p.err data-trouble role="alert" hidden { "This browser cannot use passkeys, or the device said no. You can try again." }
    }
}

/// What a device answered.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    /// The secret of the question.
    pub flow: String,
    /// The answer, as JSON.
    pub answer: String,
    name: String,
}

/// Takes the key.
///
/// # Errors
/// When the database cannot be written.
pub async fn make(
    req: HttpRequest,
    app: web::Data<App>,
    ways: web::Data<Ways>,
    who: SignedIn,
    form: Posted<AnswerForm>,
) -> Result<HttpResponse, Error> {
    let Posted(AnswerForm { flow, answer, name }) = form;
    let name = match (NameForm { name: name.clone() }).read() {
        Ok(name) => name,
        Err(errors) => return list(&app, &ways, &who, &name, &errors, "").await,
    };
    let (person, holder, flow) = (who.person.id, guard::session_secret(&req, &app.site), Secret::parse(&flow));
    let (Some(holder), Some(flow)) = (holder, flow) else { return asked(&req, &app, &ways, &who, &name, Some(Refusal::Over)).await };
    let (keys, called, given) = (ways.clone(), name.clone(), Answered { holder, flow, answer });
    let done = app.db.house_as(who.actor(), move |house| acts::add_passkey(house, &keys.passkeys, person, &called, &given)).await?;
    match done {
        Ok(()) => Ok(see_other("/account/passkeys?done=made")),
        Err(refusal) => asked(&req, &app, &ways, &who, &name, Some(refusal)).await,
    }
}

/// Removes a key.
///
/// # Errors
/// 404 when it is not this person's.
pub async fn remove(app: web::Data<App>, who: SignedIn, path: web::Path<PasskeyId>, _form: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let (person, key) = (who.person.id, path.into_inner());
    match app.db.house_as(who.actor(), move |house| acts::remove_passkey(house, person, key)).await {
        Ok(()) => Ok(see_other("/account/passkeys?done=removed")),
        Err(Stop::Refused(NotOwn)) => Err(Error::NotFound),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}
