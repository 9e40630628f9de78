//! What pages of people and of signing in share: how to reach somebody, starting a session, the form that ends it, and the tabs of a cluster's own pages.

pub mod tabs;

use actix_web::cookie::time::Duration;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::secret::Secret;
use crate::people::sign_in;
use crate::web::{App, guard};

/// How to reach somebody: the address, and the telephone number where one is known. The same wherever members see it.
pub(crate) fn reach(email: &str, phone: &str) -> Markup {
    html! { a href={ "mailto:" (email) } { (email) } @if !phone.is_empty() { ", " (call(phone)) } }
}

/// A telephone number that a phone can call.
pub(crate) fn call(phone: &str) -> Markup {
    // An extension is dialled by hand.
    let number = phone.split(['e', 'E', 'x', 'X']).next().unwrap_or_default();
    let digits: String = number.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
    html! { a.tel href={ "tel:" (digits) } { (phone) } }
}

pub(crate) fn sign_out_form(csrf: &str) -> Markup {
    html! { form method="post" action="/sign-out" { (guard::field(csrf)) button.btn type="submit" { "Sign out" } } }
}

/// What the sign-in page is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct SignInQuery {
    /// Where to go afterwards.
    #[serde(default)]
    pub(crate) next: String,
}

pub(crate) fn signed_in(req: &HttpRequest, app: &App, session: &Secret, next: &str) -> HttpResponse {
    let site = &app.site;
    let lasts = Duration::seconds(sign_in::SESSION_LASTS.num_seconds());
    let mut answer = HttpResponse::SeeOther();
    answer.cookie(guard::cookie(site, guard::session_cookie(site), session.reveal().to_owned(), lasts));
    if guard::visitor_secret(req, site).is_some() {
        answer.cookie(guard::cookie(site, guard::visitor_cookie(site), String::new(), Duration::ZERO));
    }
    answer.insert_header((header::LOCATION, sign_in::safe_next(next).to_owned())).finish()
}

pub(crate) fn user_agent(req: &HttpRequest) -> String {
    req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
