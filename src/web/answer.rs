//! What a handler answers with: a page, or the way to another.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use maud::Markup;

use super::{Error, page};

/// A page that is asked for again each time it is shown.
pub(crate) fn answer(status: StatusCode, page: &Markup) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .body(page.0.clone())
}

/// The beginning of a page of which no copy stays behind, neither in a cache nor in a browser on a shared machine.
pub(crate) fn unkept(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "no-store"));
    answer
}

/// A page that no browser keeps.
pub(crate) fn html_page(page: Markup) -> HttpResponse {
    unkept(StatusCode::OK).body(page.into_string())
}

/// A page for anyone that says how something went, and has no form that could be refused. No browser keeps it.
pub(crate) fn outside(status: StatusCode, title: &str, demo: bool, main: &Markup) -> HttpResponse {
    unkept(status).body(page::outside(title, demo, false, main).into_string())
}

/// A form again with what was wrong, or a preview of something that cannot be stored yet.
pub(crate) fn refused(page: Markup) -> HttpResponse {
    unkept(StatusCode::UNPROCESSABLE_ENTITY).body(page.into_string())
}

/// Builds what may be large, such as a page of half a megabyte or a file of ten thousand lines, on a thread on which no other answer
/// waits.
#[expect(clippy::disallowed_methods, reason = "nothing that is built here asks the database")]
pub(crate) async fn apart<T: Send + 'static>(build: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    web::block(build).await.map_err(|_| Error::Broken("the building of an answer broke off".into()))
}

/// On to another page of ours, by GET.
pub(crate) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}
