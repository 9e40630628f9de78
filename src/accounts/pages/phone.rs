//! One's own telephone number, which members see where they see the e-mail address. `GET` and `POST /account/phone`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::html;
use serde::Deserialize;

use super::{answer, top};
use crate::accounts::acts;
use crate::base::address;
use crate::db::Scope;
use crate::people::SignedIn;
use crate::web::answer::see_other;
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Posted};
use crate::web::{App, Error};

/// The number, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wish {
    phone: String,
}

/// `GET /account/phone`: the form.
pub async fn form(app: web::Data<App>, who: SignedIn) -> HttpResponse {
    page(&app, &who, &who.person.phone, &Errors::new())
}

fn page(app: &App, who: &SignedIn, typed: &str, errors: &Errors) -> HttpResponse {
    let hint = "Whoever sees your e-mail address in your clusters sees it, too. Leave it empty to be reached by e-mail alone";
    let main = html! {
        (top("Your telephone number", ""))
        (forms::error_summary(errors))
        form.panel.card.form method="post" action="/account/phone" novalidate {
            (guard::field(&who.csrf))
            (forms::field("phone", "Telephone number", typed).hint(hint).optional().text(errors))
            (forms::submit("Save"))
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer(status, app, who, "Your telephone number", &main)
}

/// `POST /account/phone`: writes it down.
///
/// # Errors
/// When the database cannot be written.
pub async fn save(app: web::Data<App>, who: SignedIn, form: Posted<Wish>) -> Result<HttpResponse, Error> {
    let typed = form.0.phone;
    let Some(phone) = address::phone(&typed) else {
        return Ok(page(&app, &who, &typed, &Errors::one("phone", address::NOT_A_PHONE)));
    };
    let person = who.person.id;
    app.db.write(Scope::of_house(who.actor()), move |tx| acts::set_phone(tx, person, &phone)).await?;
    Ok(see_other("/account"))
}
