//! The server: what it is made of, and the one table of routes.

use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, ErrorHandlerResponse, ErrorHandlers, from_fn};
use actix_web::{HttpServer, ResponseError, web};
use tracing::Span;
use tracing_actix_web::{RootSpanBuilder, TracingLogger};

use crate::accounts::Ways;
use crate::accounts::pages::{self as account, devices, elsewhere, passkey, sign_in as people, unsubscribe};
use crate::attention::pages::{remedies, rescue};
use crate::base::Clock;
use crate::bookings::pages::{requests, reserve};
use crate::calendar::pages::{self, feeds};
use crate::clusters::pages::{self as clusters, changes, set_up, settings};
use crate::config::Config;
use crate::db::Db;
use crate::front::loan::{change, page, verbs};
use crate::front::week::page as week;
use crate::front::{self, attention, boxes, help, mail, my_loans, resource, school};
use crate::handovers::pages::{copy, count as handing, handover, history, lid};
use crate::joining::pages::{directory, hand_on, invitation, invite, leave, person, rejoin, role, sabbatical};
use crate::journeys::pages::{agree, legs, meetings};
use crate::reports::pages as fair_share;
use crate::schools::pages as schools;
use crate::settle::settle;
use crate::waiting::pages::{wait, waits};
use crate::web::limits::Limits;
use crate::web::pace::{self, Pace};
use crate::web::{App, Error, assets, guard};
use crate::year::pages as year;
use crate::{files, imports};

/// What a server is made of: what its handlers ask for, each of which is data of its own.
#[derive(Clone)]
pub struct Parts {
    /// What nearly all of them need.
    pub app: web::Data<App>,
    /// The ways of signing in.
    pub ways: web::Data<Ways>,
    /// How fast somebody may ask for pages at all.
    pub pace: web::Data<Pace>,
}

/// Puts a server's parts together, and tells the database what to settle with.
#[must_use]
pub fn build(db: Db, clock: Clock, config: Config) -> Parts {
    let site = config.site;
    db.settle_with(settle);
    Parts {
        ways: web::Data::new(Ways::of(&site, config.providers)),
        pace: web::Data::new(Pace::new(config.requests_per_session, config.requests_per_address)),
        app: web::Data::new(App { db, clock, site, limits: Limits::default() }),
    }
}

/// The table of routes: every address there is.
#[expect(clippy::too_many_lines, reason = "one table, a line a route")]
fn routes(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/", get().to(front::front))
        .route("/sign-in", get().to(people::sign_in_page))
        .route("/sign-in", post().to(people::ask_for_link))
        .route("/sign-in/demo", post().to(people::sign_in_to_demo))
        .route("/sign-in/passkey", get().to(passkey::form))
        .route("/sign-in/passkey", post().to(passkey::use_key))
        .route("/sign-in/with/{provider}", get().to(elsewhere::depart))
        .route("/sign-in/back/{provider}", get().to(elsewhere::arrive))
        .route("/sign-in/{token}", get().to(people::link_page))
        .route("/sign-in/{token}", post().to(people::use_link))
        .route("/sign-out", post().to(people::sign_out))
        .route("/account", get().to(account::show))
        .route("/set-up/{token}", get().to(set_up::form))
        .route("/set-up/{token}", post().to(set_up::set_up))
        .route("/clusters/new", get().to(clusters::form))
        .route("/clusters/new", post().to(clusters::create))
        .route("/account/email", get().to(account::email::form))
        .route("/account/email", post().to(account::email::ask))
        .route("/account/email/confirm/{token}", get().to(account::email::link))
        .route("/account/email/confirm/{token}", post().to(account::email::confirm))
        .route("/account/email/stop/{token}", post().to(account::email::stop))
        .route("/account/devices", get().to(account::devices::show))
        .route("/account/devices/sign-out-others", post().to(account::devices::sign_out_others))
        .route("/account/devices/{device}/sign-out", post().to(account::devices::sign_out))
        .route("/account/passkeys", get().to(account::passkeys::show))
        .route("/account/passkeys", post().to(account::passkeys::make))
        .route("/account/passkeys/new", post().to(account::passkeys::ask))
        .route("/account/passkeys/{passkey}/remove", post().to(account::passkeys::remove))
        .route("/account/letters", get().to(account::letters::show))
        .route("/account/letters", post().to(account::letters::save))
        .route("/account/data.json", get().to(devices::file))
        .route("/account/erase", get().to(account::erase::form))
        .route("/account/erase", post().to(account::erase::erase))
        .route("/account/erased", get().to(account::erase::erased))
        .route("/unsubscribe/{token}", get().to(unsubscribe::show))
        .route("/unsubscribe/{token}", post().to(unsubscribe::switch_off))
        .route("/healthz", get().to(healthz))
        .route("/livez", get().to(livez))
        // Many watchers ask for the head alone.
        .route("/healthz", web::head().to(healthz))
        .route("/livez", web::head().to(livez))
        .route("/help", get().to(help::help))
        .route("/accessibility", get().to(help::accessibility))
        .route("/assets/{file}", get().to(assets::serve))
        .route("/invitation/{token}", get().to(invitation::show))
        .route("/invitation/{token}", post().to(invitation::accept))
        .route("/feed/{token}.ics", get().to(feeds::serve))
        .route("/feed/{token}.ics", web::head().to(feeds::serve))
        .route("/b", get().to(lid::ask))
        .route("/b/{code}", get().to(lid::show))
        .route("/b/{code}", post().to(lid::found))
        .service(
            web::scope("/c/{cluster}")
                .route("", get().to(front::cluster_front))
                .route("/week", get().to(week::show))
                .route("/fair-share", get().to(fair_share::show))
                .route("/fair-share.csv", get().to(fair_share::file))
                .route("/copies/{copy}/history", get().to(history::show))
                .route("/attention", get().to(attention::show))
                .route("/attention/bookings/{booking}", get().to(rescue::show))
                .route("/attention/bookings/{booking}/move", post().to(rescue::move_to_copy))
                .route("/attention/bookings/{booking}/offer", post().to(rescue::offer))
                .route("/attention/finds/{find}/done", post().to(remedies::find_done))
                .route("/attention/handovers/{handover}/settled", post().to(remedies::settled))
                .route("/attention/{copy}/ask", post().to(remedies::ask))
                .route("/attention/{copy}/missing", post().to(remedies::missing))
                .route("/attention/{copy}/found", post().to(remedies::found))
                .route("/people", get().to(directory::show))
                .route("/schools/new", get().to(schools::new::form))
                .route("/schools/new", post().to(schools::new::add))
                .route("/schools/{school}", get().to(school::show))
                .route("/schools/{school}/edit", get().to(schools::edit::form))
                .route("/schools/{school}/edit", post().to(schools::edit::save))
                .route("/schools/{school}/rename", get().to(schools::rename::form))
                .route("/schools/{school}/rename", post().to(schools::rename::save))
                .route("/schools/{school}/lead", get().to(schools::lead::form))
                .route("/schools/{school}/lead", post().to(schools::lead::save))
                .route("/schools/{school}/sabbatical", get().to(sabbatical::form))
                .route("/schools/{school}/sabbatical", post().to(sabbatical::save))
                .route("/schools/{school}/sabbatical/end", get().to(sabbatical::end_form))
                .route("/schools/{school}/sabbatical/end", post().to(sabbatical::end))
                .route("/schools/{school}/leave", get().to(leave::form))
                .route("/schools/{school}/leave", post().to(leave::save))
                .route("/schools/{school}/rejoin", get().to(rejoin::form))
                .route("/schools/{school}/rejoin", post().to(rejoin::save))
                .route("/about", get().to(clusters::about))
                .route("/about", post().to(clusters::change))
                .route("/people/invite", get().to(invite::form))
                .route("/people/invite", post().to(invite::invite))
                .route("/people/invitations/{invitation}/again", post().to(invite::again))
                .route("/people/invitations/{invitation}/withdraw", post().to(invite::withdraw))
                .route("/people/{person}", get().to(person::show))
                .route("/people/{person}/name", get().to(person::name_form))
                .route("/people/{person}/name", post().to(person::rename))
                .route("/people/{person}/roles", get().to(role::add_form))
                .route("/people/{person}/roles", post().to(role::add))
                .route("/people/{person}/roles/{role}/end", get().to(role::end_form))
                .route("/people/{person}/roles/{role}/end", post().to(role::end))
                .route("/people/{person}/hand-on", get().to(hand_on::form))
                .route("/people/{person}/hand-on", post().to(hand_on::hand_on))
                .route("/terms", get().to(year::show))
                .route("/terms/new", get().to(year::term::new_form))
                .route("/terms/new", post().to(year::term::add))
                .route("/terms/import", get().to(imports::pages::terms_form))
                .route("/terms/import", post().to(imports::pages::terms))
                .route("/terms/{term}/edit", get().to(year::term::edit_form))
                .route("/terms/{term}/edit", post().to(year::term::change))
                .route("/terms/{term}/remove", get().to(year::term::remove_form))
                .route("/terms/{term}/remove", post().to(year::term::remove))
                .route("/closures/new", get().to(year::closure::new_form))
                .route("/closures/new", post().to(year::closure::add))
                .route("/closures/import", get().to(imports::pages::closures_form))
                .route("/closures/import", post().to(imports::pages::closures))
                .route("/closures/{closure}/remove", get().to(year::closure::remove_form))
                .route("/closures/{closure}/remove", post().to(year::closure::remove))
                .route("/settings", get().to(settings::show))
                .route("/settings", post().to(settings::save))
                .route("/changes", get().to(changes::show))
                .route("/changes.csv", get().to(changes::file))
                .route("/calendar", get().to(pages::show))
                .route("/boxes", get().to(boxes::show))
                .route("/boxes/{resource}", get().to(resource::show))
                .route("/boxes/{resource}/reserve", get().to(reserve::form))
                .route("/boxes/{resource}/reserve", post().to(reserve::book))
                .route("/boxes/{resource}/reserve/check", get().to(reserve::check))
                .route("/bookings/{booking}", get().to(page::show))
                .route("/bookings/{booking}/calendar.ics", get().to(page::calendar))
                .route("/bookings/{booking}/repeat", get().to(page::again))
                .route("/bookings/{booking}/change", get().to(change::form))
                .route("/bookings/{booking}/change", post().to(change::change))
                .route("/bookings/{booking}/cancel", get().to(verbs::cancel_form))
                .route("/bookings/{booking}/cancel", post().to(verbs::cancel))
                .route("/bookings/{booking}/approve", post().to(verbs::approve))
                .route("/bookings/{booking}/decline", get().to(verbs::decline_form))
                .route("/bookings/{booking}/decline", post().to(verbs::decline))
                .route("/bookings/{booking}/collected", post().to(verbs::collected))
                .route("/bookings/{booking}/returned", post().to(verbs::returned))
                .route("/legs/{leg}", get().to(legs::show))
                .route("/legs/{leg}/suggest", post().to(agree::suggest))
                .route("/legs/{leg}/agree", post().to(agree::agree))
                .route("/legs/{leg}/decline", post().to(agree::decline))
                .route("/meetings", get().to(meetings::list))
                .route("/meetings/new", get().to(meetings::form))
                .route("/meetings/new", post().to(meetings::add))
                .route("/meetings/{meeting}", get().to(meetings::show))
                .route("/meetings/{meeting}/cancel", post().to(meetings::cancel))
                .route("/copies/{copy}", get().to(copy::show))
                .route("/copies/{copy}/give", get().to(handing::give_form))
                .route("/copies/{copy}/give", post().to(handing::give))
                .route("/copies/{copy}/receive", get().to(handing::receive_form))
                .route("/copies/{copy}/receive", post().to(handing::receive))
                .route("/copies/{copy}/count", get().to(handing::count_form))
                .route("/copies/{copy}/count", post().to(handing::count))
                .route("/copies/{copy}/refuse", post().to(handing::refuse))
                .route("/copies/{copy}/take-back", post().to(handing::take_back))
                .route("/handovers/{handover}", get().to(handover::show))
                .route("/photos/{photo}", get().to(files::pages::photo))
                .route("/loans", get().to(my_loans::show))
                .route("/requests", get().to(requests::show))
                .route("/waits", get().to(waits::list))
                .route("/waits/new", get().to(waits::form))
                .route("/waits/new", post().to(waits::join))
                .route("/waits/{wait}", get().to(wait::show))
                .route("/waits/{wait}/accept", post().to(wait::accept))
                .route("/waits/{wait}/decline", post().to(wait::decline))
                .route("/waits/{wait}/withdraw", post().to(wait::withdraw))
                .route("/feeds", get().to(feeds::show))
                .route("/feeds", post().to(feeds::create))
                .route("/feeds/{feed}/renew", post().to(feeds::renew))
                .route("/feeds/{feed}/remove", post().to(feeds::remove))
                .route("/mail", get().to(mail::list))
                .route("/mail/retry", post().to(mail::retry_all))
                .route("/mail/{id}", get().to(mail::show))
                .route("/mail/{id}/retry", post().to(mail::retry))
                .route("/mail/{id}/letter", get().to(mail::letter))
                .route("/mail/{id}/calendar.ics", get().to(mail::calendar)),
        );
}

/// The server on a listening socket; await it to run it. SIGTERM lets requests under way finish.
///
/// # Errors
/// When the socket cannot be used.
pub fn serve(parts: Parts, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(parts.app.clone())
            .app_data(parts.ways.clone())
            .app_data(parts.pace.clone())
            // An address with a wrong id or a wrong query is no address of ours.
            .app_data(web::PathConfig::default().error_handler(|_, _| Error::NotFound.into()))
            .app_data(
                web::QueryConfig::default().error_handler(|fault, _| Error::Bad(format!("The address has a wrong part: {fault}.")).into()),
            )
            .app_data(web::PayloadConfig::new(64 * 1024))
            .wrap(ErrorHandlers::new().default_handler(bare_error))
            .wrap(Compress::default())
            .wrap(from_fn(pace::keep))
            .wrap(guard::headers(&parts.app.site))
            .wrap(TracingLogger::<Requests>::new())
            .configure(routes)
            .default_service(web::to(|| async { Err::<&str, Error>(Error::NotFound) }))
    })
    .workers(workers)
    .worker_max_blocking_threads(16)
    .shutdown_timeout(25)
    .client_request_timeout(std::time::Duration::from_secs(10))
    .listen(listener)?;
    Ok(server.run())
}

/// An error that did not come from a handler (a method that a route does not have) gets a page, too.
#[expect(clippy::unnecessary_wraps, reason = "the middleware's signature")]
fn bare_error<B>(answer: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let has_page = answer.headers().contains_key(actix_web::http::header::CONTENT_TYPE);
    if has_page || !answer.status().is_client_error() {
        return Ok(ErrorHandlerResponse::Response(answer.map_into_left_body()));
    }
    let (req, _) = answer.into_parts();
    let page = Error::NotFound.error_response();
    Ok(ErrorHandlerResponse::Response(ServiceResponse::new(req, page).map_into_right_body()))
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

/// `GET /healthz`: 200 when the database answers.
pub async fn healthz(app: web::Data<App>) -> Result<&'static str, Error> {
    app.db.ping(app.clock.now()).await?;
    Ok("ok\n")
}

/// `GET /livez`: 200 while the process runs; asks nobody.
pub async fn livez() -> &'static str {
    "ok\n"
}
