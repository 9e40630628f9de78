//! From an error to a page: the only place where a status is chosen.
//!
//! 404 for what is not there or not in the person's clusters (never 403: nobody learns what another cluster has); 403 for a
//! verb the person's role does not have, for a role or a session that has ended while the request was under way, and for a form that
//! did not come from our own page; 422 is given by the pages
//! themselves, which show the filled-in form again; 503 when the database cannot be used; 500 for the rest, with a number
//! that is in the log.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use maud::{Markup, html};

use super::guard::Typed;
use super::held::Full;
use super::page::{self, Around};
use crate::db;

/// What a handler can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such page or record, or not this person's.
    #[error("not found")]
    NotFound,
    /// Not signed in; after signing in the person goes on to `next`.
    #[error("not signed in")]
    SignIn {
        /// A path of this app.
        next: String,
    },
    /// The role does not have this verb. The words say who has it.
    #[error("not allowed: {0}")]
    NotAllowed(&'static str),
    /// The role has ended while the request was under way: "Science lead, Saxton".
    #[error("the role has ended: {0}")]
    RoleEnded(String),
    /// The session has ended while the request was under way.
    #[error("the session is over")]
    SessionOver,
    /// A form that was not sent by our own page, or from a page that is too old.
    #[error("form refused: {0}")]
    Forged(&'static str),
    /// A form or address that no page of ours can make.
    #[error("bad request: {0}")]
    Bad(String),
    /// Asked too often.
    #[error("too many requests")]
    TooMany,
    /// Asks for pages faster than anybody reads.
    #[error("too fast")]
    TooFast {
        /// How long to wait.
        seconds: u64,
    },
    /// More requests of one internet line are being sent at once than we take.
    #[error("too many requests at once")]
    TooManyAtOnce,
    /// A form with more in it than any of ours.
    #[error("a form is too large")]
    TooLarge,
    /// A body that does not say how long it is.
    #[error("a body of unknown length")]
    NoLength,
    /// A form that came more slowly than we wait.
    #[error("a form came too slowly")]
    Slow,
    /// More photos and files are on their way at once than there is room for: from this session, or from all together.
    #[error("too much is being sent at once")]
    Crowded(Full),
    /// The database.
    #[error(transparent)]
    Db(db::Error),
    /// Anything that should not happen.
    #[error("{0}")]
    Broken(String),
}

impl From<db::Error> for Error {
    fn from(fault: db::Error) -> Self {
        match fault {
            db::Error::NotFound => Self::NotFound,
            db::Error::RoleEnded(role) => Self::RoleEnded(role),
            db::Error::SessionOver => Self::SessionOver,
            other => Self::Db(other),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignIn { .. } => StatusCode::SEE_OTHER,
            Self::NotAllowed(_) | Self::Forged(_) | Self::RoleEnded(_) | Self::SessionOver => StatusCode::FORBIDDEN,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::TooMany | Self::TooFast { .. } | Self::TooManyAtOnce | Self::Crowded(Full::Own) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoLength => StatusCode::LENGTH_REQUIRED,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Crowded(Full::All) | Self::Db(db::Error::Unavailable(_) | db::Error::Unsure(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Db(_) | Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.page(&Around::Nobody)
    }
}

impl Error {
    /// Whether its page keeps the header of who is signed in: what somebody met on the way, not what says that we are too busy or broken.
    #[must_use]
    pub fn keeps_the_header(&self) -> bool {
        matches!(
            self,
            Self::NotFound | Self::NotAllowed(_) | Self::RoleEnded(_) | Self::SessionOver | Self::Forged(_) | Self::Bad(_) | Self::TooLarge
        )
    }

    /// Its page, and what stands around that.
    #[must_use]
    pub fn page(&self, around: &Around) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        let (title, body): (&str, Markup) = match self {
            Self::SignIn { next } => {
                let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
                return answer.insert_header((header::LOCATION, format!("/sign-in?{query}"))).finish();
            }
            Self::NotFound => (
                "Page not found",
                html! { p { "There is nothing at this address, or it belongs to a cluster you are not in." } p { "If you typed the address, check it. If you followed a link from an e-mail, what it led to may have been removed." } },
            ),
            Self::NotAllowed(words) => ("You cannot do this", html! { p { (words) } }),
            Self::RoleEnded(_) | Self::SessionOver | Self::Crowded(_) => return with_what_was_typed(self, around, &[]),
            Self::Forged(words) => (
                "Please try again",
                html! { p { (words) } p { "Nothing has been changed. Go back, reload the page and send the form again." } },
            ),
            Self::Bad(words) => ("This address does not work", html! { p { (words) } }),
            Self::TooMany => {
                answer.insert_header((header::RETRY_AFTER, "900"));
                ("Too many tries", html! { p { "You have asked for this too often. Wait 15 minutes and try again." } })
            }
            Self::TooFast { seconds } => {
                answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
                (
                    "Too many pages at once",
                    html! { p { "More pages were asked for in the last minute than anybody reads, by this browser or by others on the same internet line. Nothing you sent has been stored." } p { "Wait a minute and try again." } },
                )
            }
            Self::TooManyAtOnce => {
                answer.insert_header((header::RETRY_AFTER, "10"));
                (
                    "Too many forms at once",
                    html! { p { "More forms are on their way to us from your internet line than we take at once. Nothing you sent has been stored." } p { "Wait ten seconds, go back and send it again." } },
                )
            }
            Self::TooLarge => (
                "This is too much",
                html! { p { "The form holds more text than we take. Nothing you sent has been stored." } p { "Go back, shorten it and send it again." } },
            ),
            Self::NoLength => (
                "This form does not say how long it is",
                html! { p { "Boxrota takes forms as browsers send them, with their length. Nothing you sent has been stored." } },
            ),
            Self::Slow => (
                "This took too long",
                html! { p { "The form came too slowly, and we stopped waiting. Nothing you sent has been stored." } p { "Check your internet connection, go back and send the form again." } },
            ),
            Self::Db(db::Error::Unavailable(fault)) => {
                tracing::error!(fault, "the database cannot be used");
                answer.insert_header((header::RETRY_AFTER, "30"));
                (
                    "Boxrota is not available",
                    html! { p { "The database cannot be reached at the moment. Nothing you sent has been stored." } p { "Try again in a minute. If it goes on, tell the person who runs Boxrota for your cluster." } },
                )
            }
            Self::Db(db::Error::Unsure(fault)) => {
                tracing::error!(fault, "the database fell silent while it stored something");
                answer.insert_header((header::RETRY_AFTER, "30"));
                (
                    "We do not know whether it is stored",
                    html! { p { "The database fell silent at the moment at which it stored what you sent. It may be stored, or it may not be." } p { "Wait a minute and look whether it is there before you send it again." } },
                )
            }
            Self::Db(_) | Self::Broken(_) => {
                let number = number();
                tracing::error!(number, fault = %self, "a request failed");
                (
                    "Something went wrong",
                    html! { p { "This is our fault. Nothing you sent has been stored." } p { "Try again. If it goes on, tell the person who runs Boxrota for your cluster and give the number " strong { (number) } "." } },
                )
            }
        };
        finish(answer, around, title, &html! { (body) p { a.btn.go href="/" { "Go to the start page" } } })
    }

    /// The page for whoever sends a form and may not, or not any more, or for whose photo there was no room, with what was typed; `None` for
    /// other errors, and where nothing was. A browser may not have it any more, and who has left cannot open the form again.
    #[must_use]
    pub fn giving_back(&self, req: &HttpRequest, around: &Around) -> Option<HttpResponse> {
        let typed = req.extensions().get::<Typed>().map(Typed::words).unwrap_or_default();
        match self {
            Self::RoleEnded(_) | Self::SessionOver | Self::Crowded(_) => Some(with_what_was_typed(self, around, &typed)),
            Self::NotAllowed(_) if !typed.is_empty() => Some(with_what_was_typed(self, around, &typed)),
            _ => None,
        }
    }
}

fn with_what_was_typed(fault: &Error, around: &Around, typed: &[String]) -> HttpResponse {
    let start = || html! { p { a.btn.go href="/" { "Go to the start page" } } };
    let mut answer = HttpResponse::build(fault.status_code());
    let (title, why, next): (&str, Markup, Markup) = match fault {
        Error::RoleEnded(role) => (
            "Your role has ended",
            html! { p { "You had the role " b { (role) } ". It ended before this reached us." } },
            html! { p { "If that is a mistake, ask the coordinator of your cluster." } (start()) },
        ),
        Error::NotAllowed(words) => ("You cannot do this", html! { p { (words) } }, start()),
        Error::Crowded(full) => {
            answer.insert_header((header::RETRY_AFTER, "30"));
            let why = match full {
                Full::Own => "More photos and files are on their way from this browser than we take at once.",
                Full::All => "So many photos and files are on their way from all schools that there is no room for yours now.",
            };
            (
                "Too many photos at once",
                html! { p { (why) } },
                html! { p { "Wait half a minute, go back and send the form again, or send it now without the photo." } (start()) },
            )
        }
        _ => (
            "You are signed out",
            html! { p { "You were signed out on this device before this reached us." } },
            html! { p { a.btn.go href="/sign-in" { "Sign in" } } },
        ),
    };
    let body = html! {
        (why)
        p { "Nothing you sent has been stored." }
        @if !typed.is_empty() {
            p { label for="typed" { "What you typed" } }
            p { "Copy it if you still need it. It is on this page alone, and gone when you leave it." }
            textarea.in #typed rows="8" readonly { (typed.join("\n")) }
        }
        (next)
    };
    finish(answer, around, title, &body)
}

fn finish(mut answer: HttpResponseBuilder, around: &Around, title: &str, body: &Markup) -> HttpResponse {
    let main = html! { div.head { h1 { (title) } } div.panel.card.form { (body) } };
    answer
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(page::around(around, title, false, &main).into_string())
}

/// A number by which a fault is found in the log: eight digits, because people tell it each other on the telephone.
fn number() -> u32 {
    rand::random_range(10_000_000..100_000_000)
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::*;
    use crate::base::ids::BookingId;

    fn number_of(fault: &Error) -> String {
        let page = fault.error_response().into_body().try_into_bytes().unwrap();
        let page = std::str::from_utf8(&page).unwrap();
        page.split_once("<strong>").unwrap().1.split_once("</strong>").unwrap().0.to_owned()
    }

    #[test]
    fn where_nobody_knows_the_page_does_not_say_that_nothing_is_stored() {
        let answer = Error::Db(db::Error::Unsure("no answer".into())).error_response();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let page = answer.into_body().try_into_bytes().unwrap();
        let page = std::str::from_utf8(&page).unwrap();
        assert!(page.contains("It may be stored") && !page.contains("Nothing you sent has been stored"), "{page}");
    }

    #[test]
    fn a_fault_has_a_number_of_its_own_that_is_no_id() {
        let (one, other) = (number_of(&Error::Broken("one".into())), number_of(&Error::Broken("other".into())));
        assert_ne!(one, other);
        assert!(one.len() == 8 && one.chars().all(|digit| digit.is_ascii_digit()), "{one}");
        assert!(one.parse::<BookingId>().is_err());
    }
}
