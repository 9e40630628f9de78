//! The server: what it is made of. Each room names its addresses beside its pages; here they are mounted.

use std::net::TcpListener;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, ErrorHandlerResponse, ErrorHandlers, from_fn};
use actix_web::{HttpServer, web};
use tracing::Span;
use tracing_actix_web::{RootSpanBuilder, TracingLogger};

use crate::accounts::Ways;
use crate::base::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::people::member;
use crate::settle::settle;
use crate::web::health::{self, Rounds};
use crate::web::limits::Limits;
use crate::web::lines::Lines;
use crate::web::pace::{self, Pace};
use crate::web::page::Around;
use crate::web::upload::Uploads;
use crate::web::{App, Error, assets, guard};
use crate::{
    accounts, attention, bookings, calendar, clusters, files, front, handovers, imports, joining, journeys, reports, schools, waiting, year,
};

/// What a server is made of: what its handlers ask for, each of which is data of its own.
#[derive(Clone)]
pub struct Parts {
    /// What nearly all of them need.
    pub app: web::Data<App>,
    /// The ways of signing in.
    pub ways: web::Data<Ways>,
    /// How fast somebody may ask for pages at all.
    pub pace: web::Data<Pace>,
    /// How many connections one internet line may hold.
    pub lines: web::Data<Lines>,
    /// How many connections there may be.
    pub connections: usize,
}

/// Puts a server's parts together, and tells the database what to settle with and by which clock.
#[must_use]
pub fn build(db: Db, clock: Clock, config: Config) -> Parts {
    let (site, db) = (config.site, db.by(clock.clone()));
    db.settle_with(settle);
    Parts {
        lines: web::Data::new(Lines::new(config.connections, site.behind_proxy)),
        connections: config.connections,
        ways: web::Data::new(Ways::of(&site, config.providers)),
        pace: web::Data::new(Pace::new(config.requests_per_session, config.requests_per_address)),
        app: web::Data::new(App {
            db,
            clock,
            site,
            limits: Limits::default(),
            uploads: Uploads::default(),
            rounds: Arc::new(Rounds::default()),
            inbox: front::inbox::waiting,
        }),
    }
}

/// The addresses of all rooms. Within a cluster there is one scope, since the first that fits answers for all.
fn routes(routes: &mut web::ServiceConfig) {
    routes
        .route("/healthz", web::get().to(health::healthz))
        .route("/livez", web::get().to(health::livez))
        .configure(assets::outside)
        .configure(clusters::pages::outside)
        .configure(calendar::pages::outside)
        .configure(handovers::pages::outside)
        .configure(joining::pages::outside)
        .configure(accounts::pages::outside)
        .configure(front::outside)
        .service(web::scope("/c/{cluster}").configure(inside));
}

/// What stands within a cluster. An address without a number in it comes before one that a number could fill: `/schools/new` before
/// `/schools/{school}`, so the rooms stand from the ground up.
fn inside(routes: &mut web::ServiceConfig) {
    routes
        .configure(clusters::pages::inside)
        .configure(schools::pages::inside)
        .configure(year::pages::inside)
        .configure(files::pages::inside)
        .configure(bookings::pages::inside)
        .configure(calendar::pages::inside)
        .configure(journeys::pages::inside)
        .configure(waiting::pages::inside)
        .configure(handovers::pages::inside)
        .configure(attention::pages::inside)
        .configure(reports::pages::inside)
        .configure(joining::pages::inside)
        .configure(imports::pages::inside)
        .configure(front::inside);
}

/// The server on a listening socket; await it to run it. SIGTERM lets requests under way finish.
///
/// # Errors
/// When the socket cannot be used.
pub fn serve(parts: Parts, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let (lines, connections, database) = (parts.lines.clone(), parts.connections, parts.app.db.connections());
    tokio::spawn(keep_sweeping(Arc::downgrade(&lines)));
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(parts.app.clone())
            .app_data(parts.ways.clone())
            .app_data(parts.pace.clone())
            .app_data(parts.lines.clone())
            // An address with a wrong id or a wrong query is no address of ours.
            .app_data(web::PathConfig::default().error_handler(|_, _| Error::NotFound.into()))
            .app_data(
                web::QueryConfig::default().error_handler(|fault, _| Error::Bad(format!("The address has a wrong part: {fault}.")).into()),
            )
            .app_data(web::PayloadConfig::new(64 * 1024))
            .wrap(from_fn(guard::head_as_get))
            .wrap(ErrorHandlers::new().default_handler(bare_error))
            .wrap(Compress::default())
            .wrap(from_fn(pace::keep))
            .wrap(guard::headers(&parts.app.site))
            .wrap(TracingLogger::<Requests>::new())
            .configure(routes)
            .default_service(web::to(|| async { Err::<&str, Error>(Error::NotFound) }))
    })
    .workers(workers)
    // Whoever comes when there are that many waits in the system's queue.
    .max_connections(connections.div_ceil(workers.max(1)))
    .on_connect(move |io, kept| lines.opened(io, kept))
    .worker_max_blocking_threads(blocking_threads(database))
    .shutdown_timeout(25)
    .client_request_timeout(Duration::from_secs(10))
    .listen(listener)?;
    Ok(server.run())
}

/// How many threads one worker has for what blocks: each connection of the database can be in the hands of a thread of the same worker, and
/// photos are cleaned beside them.
fn blocking_threads(connections: usize) -> usize {
    const BESIDE: usize = 4;
    (connections + BESIDE).max(16)
}

/// Hangs up on connections on which nothing goes on, as long as there is a server.
async fn keep_sweeping(lines: Weak<Lines>) {
    while let Some(lines) = lines.upgrade() {
        lines.sweep();
        drop(lines);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// An error that did not come from a handler (a method that a route does not have) gets a page, too; and whoever has lost the role
/// while a form was under way gets back what was typed.
#[expect(clippy::unnecessary_wraps, reason = "the middleware's signature")]
fn bare_error<B: 'static>(answer: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let has_page = answer.headers().contains_key(actix_web::http::header::CONTENT_TYPE);
    let is_ours = answer.response().error().is_some_and(|fault| fault.as_error::<Error>().is_some());
    if !is_ours && (has_page || !answer.status().is_client_error()) {
        return Ok(ErrorHandlerResponse::Response(answer.map_into_left_body()));
    }
    Ok(ErrorHandlerResponse::Future(Box::pin(async move {
        let fault = answer.response().error().and_then(|fault| fault.as_error::<Error>());
        let around = match fault {
            Some(fault) if !fault.keeps_the_header() => Around::Nobody,
            _ => member::around(answer.request()).await.unwrap_or(Around::Nobody),
        };
        let page = match fault {
            Some(fault) => match fault.giving_back(answer.request(), &around) {
                None if matches!(around, Around::Nobody) => return Ok(answer.map_into_left_body()),
                Some(page) => page,
                None => fault.page(&around),
            },
            None => Error::NotFound.page(&around),
        };
        let (req, _) = answer.into_parts();
        Ok(ServiceResponse::new(req, page).map_into_right_body())
    })))
}

/// What the log says of a request: the route's pattern and never the address itself, whose path may be a secret (a sign-in link, a
/// private calendar) or whose query may name a class.
struct Requests;

impl RootSpanBuilder for Requests {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "(no route)".into());
        tracing::info_span!("request", method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &actix_web::Result<ServiceResponse<B>>) {
        match outcome {
            Ok(answer) => {
                span.record("status", answer.status().as_u16());
                let _in = span.enter();
                tracing::debug!("answered");
            }
            Err(fault) => {
                let _in = span.enter();
                tracing::error!(%fault, "a request broke off");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_follow_the_pool() {
        assert_eq!([1, 12, 16, 100].map(blocking_threads), [16, 16, 20, 104]);
    }
}
