//! What stands in front of every form: same origin, and a token that only our own page can know. And the security
//! headers of every answer.
//!
//! The token is derived from the secret in a cookie (the session's, or a visitor's before sign-in), so it needs no row
//! and dies with the session. A form without it, or from another origin, changes nothing.

use std::future::{Future, ready};
use std::pin::Pin;

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{DefaultHeaders, Next};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use maud::{Markup, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::{App, Error, Site};
use crate::base::ids::BookingId;
use crate::base::secret::{self, Secret};

/// The field in which a form carries its token.
pub const FIELD: &str = "csrf";
/// A form may have this many bytes; our longest has a few hundred.
const LARGEST_FORM: usize = 64 * 1024;
/// How long a form may take to arrive. The longest one takes a second on a slow telephone line; who sends a byte now and then
/// holds a connection, and that is the point of it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// The name of the session's cookie. Under https the prefix makes browsers refuse one that a neighbour host set.
#[must_use]
pub fn session_cookie(site: &Site) -> &'static str {
    if site.https() { "__Host-boxrota" } else { "boxrota" }
}

/// The name of the cookie that a visitor has before signing in.
#[must_use]
pub fn visitor_cookie(site: &Site) -> &'static str {
    if site.https() { "__Host-boxrota-visitor" } else { "boxrota-visitor" }
}

/// A cookie that scripts cannot read and other sites cannot send with a form.
#[must_use]
pub fn cookie(site: &Site, name: &'static str, value: String, lasts: Duration) -> Cookie<'static> {
    Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax).secure(site.https()).max_age(lasts).finish()
}

/// The secret in the session's cookie.
#[must_use]
pub fn session_secret(req: &HttpRequest, site: &Site) -> Option<Secret> {
    req.cookie(session_cookie(site)).and_then(|cookie| Secret::parse(cookie.value()))
}

/// The secret in the visitor's cookie.
#[must_use]
pub fn visitor_secret(req: &HttpRequest, site: &Site) -> Option<Secret> {
    req.cookie(visitor_cookie(site)).and_then(|cookie| Secret::parse(cookie.value()))
}

/// The token that belongs to a cookie's secret.
#[must_use]
pub fn token(secret: &Secret) -> String {
    secret.derive("csrf")
}

/// The hidden field of a form.
#[must_use]
pub fn field(token: &str) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(token); }
}

/// A form that has passed the guard, parsed into `T`. The only way for a handler to get a posted form.
pub struct Posted<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Posted<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let tokens = match before_body(req) {
            Ok(tokens) => tokens,
            Err(fault) => return Box::pin(ready(Err(fault))),
        };
        let (body, req, reading) = (web::Bytes::from_request(req, payload), req.clone(), Reading::begin(req));
        let is_form = req
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        Box::pin(async move {
            let _reading = reading;
            if !is_form {
                return Err(Error::Bad("A form was expected here.".into()));
            }
            let body = tokio::time::timeout(PATIENCE, body).await.map_err(|_| Error::Slow)?;
            let body = body.map_err(|fault| {
                if fault.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE {
                    Error::TooLarge
                } else {
                    Error::Bad("The form did not arrive whole.".into())
                }
            })?;
            if body.len() > LARGEST_FORM {
                return Err(Error::TooLarge);
            }
            check_token(&tokens, &body)?;
            req.extensions_mut().insert(Typed(body.clone()));
            // Unknown fields, the token among them, are ignored; a wrong kind of value cannot come from our own page.
            serde_html(&body).map(Posted)
        })
    }
}

/// The fields of a form that has passed the guard, `name=value&…`: kept beside its request until that is answered.
pub(super) struct Typed(pub(super) web::Bytes);

/// What forms carry along and nobody has written.
const CARRIED: [&str; 8] = [FIELD, "key", "seen", "step", "flow", "answer", "next", "how"];
/// A page gives so many answers back.
const MOST_GIVEN_BACK: usize = 500;

impl Typed {
    /// What somebody has written or chosen, an answer a line, each with its field's name: single words and numbers are words of one's own,
    /// too. What the page carried along, and what is ticked, is not.
    pub(super) fn words(&self) -> Vec<String> {
        let is_id = |text: &str| text.parse::<BookingId>().is_ok();
        url::form_urlencoded::parse(&self.0)
            .filter_map(|(name, value)| {
                // "note-07EFYM4G8R001" is the note of a line.
                let name = name.rsplit_once('-').filter(|(_, id)| is_id(id)).map_or(&*name, |(name, _)| name);
                let value = value.trim();
                let own = !CARRIED.contains(&name) && name != "loose" && !matches!(value, "" | "yes" | "on") && !is_id(value);
                own.then(|| format!("{}: {value}", name.replace(['-', '_'], " ")))
            })
            .take(MOST_GIVEN_BACK)
            .collect()
    }
}

/// A form that is being read; over when this is dropped.
pub(super) struct Reading {
    _over: watch::Sender<()>,
}

/// Stands beside a request as long as its form is being read.
struct Coming(watch::Receiver<()>);

impl Reading {
    pub(super) fn begin(req: &HttpRequest) -> Self {
        let (over, coming) = watch::channel(());
        req.extensions_mut().insert(Coming(coming));
        Self { _over: over }
    }
}

/// Waits until the form of this request has been read, where it has one. Who is not let in any more is told so only then: a handler's
/// parameters are made side by side, and what was typed would be lost with the first that fails.
pub async fn form_is_read(req: &HttpRequest) {
    let coming = req.extensions().get::<Coming>().map(|coming| coming.0.clone());
    if let Some(mut coming) = coming {
        // It says nothing, and ends with an error when the reader is gone.
        let _ = coming.changed().await;
    }
}

/// A form with nothing but its token: one button.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// The one form that is taken without a token and from anywhere: a mail program that switches a kind of letter off by the address in
/// the letter (RFC 8058) has neither cookie nor page. Its body says so, and nothing more is read from it.
pub struct OneClick;

impl FromRequest for OneClick {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = web::Bytes::from_request(req, payload);
        Box::pin(async move {
            let body = tokio::time::timeout(PATIENCE, body).await.map_err(|_| Error::Slow)?;
            let body = body.map_err(|_| Error::Bad("The form did not arrive whole.".into()))?;
            // As a form has it, or as a part of a form with several parts.
            let text = std::str::from_utf8(&body).unwrap_or_default();
            let plain = text.trim() == "List-Unsubscribe=One-Click";
            let parts = text.contains("name=\"List-Unsubscribe\"") && text.contains("One-Click");
            if plain || parts { Ok(Self) } else { Err(Error::Bad("A click that switches letters off was expected here.".into())) }
        })
    }
}

/// What is checked before a form's body is read: where it comes from. Gives the tokens of which it must carry one.
pub(super) fn before_body(req: &HttpRequest) -> Result<Vec<String>, Error> {
    let app = req.app_data::<web::Data<App>>().ok_or_else(|| Error::Broken("no app".into()))?;
    same_origin(req, &app.site)?;
    let secrets = [session_secret(req, &app.site), visitor_secret(req, &app.site)];
    Ok(secrets.into_iter().flatten().map(|secret| token(&secret)).collect())
}

/// Refuses a form `name=value&…` without one of the tokens.
pub(super) fn check_token(tokens: &[String], body: &[u8]) -> Result<(), Error> {
    let sent = url::form_urlencoded::parse(body).find(|(name, _)| name == FIELD).map(|(_, value)| value.into_owned());
    if sent.is_some_and(|sent| tokens.iter().any(|token| secret::same(token, &sent))) {
        return Ok(());
    }
    Err(Error::Forged("This form is from a page that is no longer valid, for example because you have signed in again since."))
}

/// Reads `name=value&…` into `T`, whose fields are strings or vectors of the door's own parsing.
pub(super) fn serde_html<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    web::Query::<T>::from_query(std::str::from_utf8(body).map_err(|_| Error::Bad("The form is not text.".into()))?)
        .map(web::Query::into_inner)
        .map_err(|fault| Error::Bad(format!("The form lacks something: {fault}.")))
}

/// Refuses a request that another site caused. Browsers say where a request comes from in `Sec-Fetch-Site` and `Origin`;
/// one that says neither must at least send our own `Referer`.
fn same_origin(req: &HttpRequest, site: &Site) -> Result<(), Error> {
    const WORDS: &str = "This form was sent from another site.";
    let text = |name: header::HeaderName| req.headers().get(name).and_then(|value| value.to_str().ok());
    if text(header::HeaderName::from_static("sec-fetch-site")).is_some_and(|site| site != "same-origin") {
        return Err(Error::Forged(WORDS));
    }
    let from = text(header::ORIGIN).or_else(|| text(header::REFERER)).ok_or(Error::Forged(WORDS))?;
    let from = url::Url::parse(from).map_err(|_| Error::Forged(WORDS))?;
    // A house without https has no pages under https: who says so stands between.
    if from.scheme() != "http" && !site.https() {
        return Err(Error::Forged(WORDS));
    }
    let host = text(header::HOST).unwrap_or_default();
    let its_own = from.host_str().is_some_and(|name| from.port().map_or_else(|| name == host, |port| format!("{name}:{port}") == host));
    if its_own || from.origin() == site.public_url.origin() { Ok(()) } else { Err(Error::Forged(WORDS)) }
}

/// Lets a page be asked for its head alone, as watchers and previews of links do: it is answered as a GET, of which the server leaves
/// the body out.
///
/// # Errors
/// What the page itself fails with.
pub async fn head_as_get<B: MessageBody>(mut req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    next.call(req).await
}

/// The headers of every answer: the policy of docs/security.md.
#[must_use]
pub fn headers(site: &Site) -> DefaultHeaders {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, policy))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::REFERRER_POLICY, "same-origin"))
        .add((header::PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=()"))
        .add((header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"));
    if site.https() { headers.add((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")) } else { headers }
}
