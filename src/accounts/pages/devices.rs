//! Where one is signed in, and signing out there. `GET /account/devices`, and the verbs below it.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{Done, answer, top};
use crate::accounts::store::{self, Device, data};
use crate::accounts::{self, NotOwn, acts};
use crate::base::clock;
use crate::base::ids::SessionId;
use crate::db::Stop;
use crate::people::SignedIn;
use crate::web::answer::{apart, see_other};
use crate::web::forms::{stop, verb};
use crate::web::guard::{self, Nothing, Posted};
use crate::web::parts::{Tone, banner, pill};
use crate::web::{App, Error};

/// Lists the devices, the latest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, who: SignedIn, query: web::Query<Done>) -> Result<HttpResponse, Error> {
    let person = who.person.id;
    let devices = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(store::devices(house, person)?)).await?;
    let said = match query.done.as_str() {
        "one" => Some("That device is signed out"),
        "others" => Some("You are signed out everywhere else"),
        _ => None,
    };
    let main = html! {
        (top("Signed-in devices", "A device stays signed in for 30 days."))
        @if let Some(said) = said { (banner(Tone::Good, said, html! { p { "It takes effect at once." } })) }
        section.panel.card {
            ul.links { @for one in &devices { (device(&who, one)) } }
            @if devices.len() > 1 {
                form method="post" action="/account/devices/sign-out-others" { (guard::field(&who.csrf)) (stop("Sign out everywhere else")) }
            }
        }
        p { "Is there one that you do not know? Sign it out. Nobody gets in again without a link from your mailbox." }
    };
    Ok(answer(StatusCode::OK, &app, &who, "Signed-in devices", &main))
}

fn device(who: &SignedIn, one: &Device) -> Markup {
    let name = accounts::device(&one.user_agent);
    html! {
        li {
            div { b { (name) } small { "Signed in " (clock::spoken(one.since)) } }
            @if one.id == who.session { (pill(Tone::Good, "This device")) }
            @else { (verb(&format!("/account/devices/{}/sign-out", one.id), &who.csrf, "Sign out", "log-out")) }
        }
    }
}

/// Signs one device out.
///
/// # Errors
/// 404 when it is not this person's.
pub async fn sign_out(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<SessionId>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (person, device) = (who.person.id, path.into_inner());
    match app.db.house_as(who.actor(), move |house| acts::sign_out(house, person, device)).await {
        Ok(()) => Ok(see_other("/account/devices?done=one")),
        Err(Stop::Refused(NotOwn)) => Err(Error::NotFound),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// Signs every other device out.
///
/// # Errors
/// When the database cannot be written.
pub async fn sign_out_others(app: web::Data<App>, who: SignedIn, _form: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let (person, here) = (who.person.id, who.session);
    app.db.house_as(who.actor(), move |house| Ok::<_, Error>(store::revoke_others(house, person, Some(here))?)).await?;
    Ok(see_other("/account/devices?done=others"))
}

/// The file.
///
/// # Errors
/// When the database cannot be read.
pub async fn file(app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Error> {
    let person = who.person.id;
    let data = app.db.house_read(app.clock.now(), move |house| Ok::<_, Error>(data::of(house, person)?)).await?;
    let body = apart(move || serde_json::to_vec_pretty(&data)).await?.map_err(|fault| Error::Broken(fault.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"boxrota-my-data.json\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body))
}
