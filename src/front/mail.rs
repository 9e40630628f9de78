//! "Sent mail": every stored letter with its reason, its recipient and what became of it. Coordinators see the cluster's,
//! everybody else those to themselves. Letters of the house (sign-in links) are in no cluster and are never shown.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;
use strum::VariantArray;

use crate::base::clock;
use crate::base::ids::MessageId;
use crate::mail::store::{self, Line, Page};
use crate::mail::{Listing, Message, State, acts, without_secrets};
use crate::people::{Coordinator, Member, RoleKind};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, back, banner, counted, empty, head, icon, row, summary, table_or_cards, tag};
use crate::web::{App, Error, forms};

/// Letters on a page of the list.
const A_PAGE: i64 = 50;

/// What the list's address says.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    #[serde(default)]
    show: String,
    older: Option<MessageId>,
    newer: Option<MessageId>,
    #[serde(default)]
    done: String,
}

/// `GET /c/{cluster}/mail`: the list, newest first.
pub async fn list(app: web::Data<App>, member: Member, request: HttpRequest, filter: web::Query<Filter>) -> Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let filter = filter.into_inner();
    let all = member.is(RoleKind::Coordinator);
    let listing = Listing {
        person: (!all).then_some(member.person),
        state: filter.show.parse().ok(),
        older_than: filter.older,
        newer_than: filter.newer,
        most: A_PAGE,
    };
    let (found, failed) = app
        .db
        .read(member.scope(), move |tx| {
            let found = store::list(tx, &listing)?;
            // Only coordinators can do something about it.
            let failed = if all { store::failed_count(tx)? } else { 0 };
            Ok::<_, Error>((found, failed))
        })
        .await?;
    let title = if all { "Sent mail" } else { "Mail to you" };
    let lead = if all {
        "Every e-mail of the cluster: why it was sent, to whom, and what became of it."
    } else {
        "Every e-mail that this cluster has sent you, and why."
    };
    let main = html! {
        (head(title, lead, html! {}))
        @if filter.done == "again" { (banner(Tone::Good, "Trying again", html! { p { "What was not sent is in line again. This page shows what comes of it." } })) }
        @if failed > 0 { (trouble(&member, failed)) }
        // The demo says so on every page.
        @if !app.site.sends_mail && !app.site.demo {
            (banner(Tone::Plain, "No e-mail leaves this machine", html! { p { "E-mails are kept here to be read instead." } }))
        }
        div.panel {
            @if !found.lines.is_empty() || !filter.show.is_empty() { (filters(&filter)) }
            @if found.lines.is_empty() { (nothing(&filter, all)) } @else { (lines(&found.lines, all)) }
        }
        (turn(&filter, &found))
    };
    Ok(member.tagged(&request, page(&member.shell(Nav::Mail), title, &main)))
}

/// `GET /c/{cluster}/mail/{id}`: one letter.
pub async fn show(app: web::Data<App>, member: Member, path: web::Path<(String, MessageId)>) -> Result<HttpResponse, Error> {
    let message = readable(&app, &member, path.into_inner().1).await?;
    let base = member.base();
    let here = format!("{base}/mail/{}", message.id);
    let coordinator = member.is(RoleKind::Coordinator);
    let rows = [
        row("To", html! { @if !message.to_name.is_empty() { (message.to_name) br; } (message.to_address) }),
        row("Why", &message.reason),
        row("Written", clock::spoken(message.created_at)),
        row("What became of it", fate(message.state, message.attempts, message.next_attempt_at, message.finished_at, &message.last_error)),
    ];
    let main = html! {
        (back(&format!("{base}/mail"), if coordinator { "Sent mail" } else { "Mail to you" }))
        (head(&message.title, html! {}, html! {}))
        section.panel.card {
            h2.vh { "About this e-mail" }
            (summary(&rows))
            @if coordinator && message.state == State::Failed {
                (forms::verb(&format!("{here}/retry"), member.csrf(), "Try again", "repeat"))
            }
        }
        section.panel.card {
            h2.vh { "The e-mail" }
            div.acts {
                @if message.calendar.is_some() { a.btn href={ (here) "/calendar.ics" } { (icon("calendar-plus")) "Calendar entry (booking.ics)" } }
                a.btn href={ (here) "/letter" } { (icon("mail")) "See it as a mail program shows it" }
            }
            pre.letter { (without_secrets(&message.text)) }
        }
    };
    Ok(html_page(page(&member.shell(Nav::Mail), &message.title, &main)))
}

/// `GET /c/{cluster}/mail/{id}/letter`: the HTML as it was sent but for the secrets of links, which are for whom it was sent to
/// and for nobody who reads along. It has styles of its own. So this page alone allows them,
/// and nothing else: no script, no picture, no form, and an origin of its own.
pub async fn letter(app: web::Data<App>, member: Member, path: web::Path<(String, MessageId)>) -> Result<HttpResponse, Error> {
    let message = readable(&app, &member, path.into_inner().1).await?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(without_secrets(&message.html)))
}

/// `GET /c/{cluster}/mail/{id}/calendar.ics`: the calendar entry as it was attached.
pub async fn calendar(app: web::Data<App>, member: Member, path: web::Path<(String, MessageId)>) -> Result<HttpResponse, Error> {
    let message = readable(&app, &member, path.into_inner().1).await?;
    let calendar = message.calendar.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type(format!("text/calendar; charset=utf-8; method={}", calendar.method))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"booking.ics\""))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(calendar.text))
}

/// `POST /c/{cluster}/mail/{id}/retry`: puts a letter that was given up back in line.
pub async fn retry(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, MessageId)>,
    _press: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    app.db.write(member.scope(), move |tx| acts::retry(tx, id).map_err(Error::from)).await?;
    Ok(see_other(&format!("{}/mail/{id}", member.base())))
}

/// `POST /c/{cluster}/mail/retry`: the same for all of them.
pub async fn retry_all(app: web::Data<App>, member: Coordinator, _press: Posted<Nothing>) -> Result<HttpResponse, Error> {
    app.db.write(member.scope(), |tx| store::retry_all(tx).map_err(Error::from)).await?;
    Ok(see_other(&format!("{}/mail?done=again", member.base())))
}

/// A letter that this member may read: any of the cluster for a coordinator, else one to himself. The rest is not there.
async fn readable(app: &App, member: &Member, id: MessageId) -> Result<Message, Error> {
    let message = app.db.read(member.scope(), move |tx| store::message(tx, id).map_err(Error::from)).await?;
    if member.is(RoleKind::Coordinator) || message.person == Some(member.person) { Ok(message) } else { Err(Error::NotFound) }
}

fn trouble(member: &Member, failed: i64) -> Markup {
    let many = usize::try_from(failed).unwrap_or(usize::MAX);
    let heading = format!("{} could not be sent", counted(many, "e-mail", "e-mails"));
    let body = html! {
        p { "They were refused, or tried for most of a day. " a href="?show=failed" { "See which, and why" } ". When the cause is mended, try again." }
        (forms::verb(&format!("{}/mail/retry", member.base()), member.csrf(), "Try all of them again", "repeat"))
    };
    banner(Tone::Bad, &heading, body)
}

fn filters(filter: &Filter) -> Markup {
    html! {
        form.filt method="get" {
            div {
                label for="show" { "What became of it" }
                select #show name="show" {
                    option value="" { "Anything" }
                    @for state in State::VARIANTS { option value=(state) selected[filter.show == state.to_string()] { (state.words()) } }
                }
            }
            button.btn type="submit" { "Show" }
            @if !filter.show.is_empty() { a.clear href="?" { "Show all" } }
        }
    }
}

fn nothing(filter: &Filter, all: bool) -> Markup {
    if !filter.show.is_empty() {
        return empty("mail", "No such e-mails", "None of the e-mails here has come to that.", Some(("?", "Show all")));
    }
    let text = if all {
        "Every e-mail that Boxrota sends for this cluster will stand here, with the reason why it was sent. The first one comes with the first booking."
    } else {
        "The e-mails that Boxrota sends you about your loans will stand here, too. The first one comes when you reserve a box."
    };
    empty("mail", "No e-mails yet", text, None)
}

fn lines(lines: &[Line], all: bool) -> Markup {
    let heads: &[&str] = if all { &["E-mail", "To", "Written", "What became of it"] } else { &["E-mail", "Written", "What became of it"] };
    table_or_cards(
        "E-mails, newest first",
        heads,
        html! {
            @for line in lines {
                @let attempts = u32::try_from(line.attempts).unwrap_or_default();
                tr {
                    th scope="row" { a href={ "mail/" (line.id()) } { (line.title) } small { (line.reason) } }
                    @if all { td data-h="To" { @if line.to_name.is_empty() { (line.to_address) } @else { (line.to_name) small { (line.to_address) } } } }
                    td data-h="Written" { (clock::spoken(line.created_at.and_utc())) }
                    td data-h="What became of it" {
                        (fate(line.state(), attempts, line.next_attempt_at.and_utc(), line.finished_at.map(|at| at.and_utc()), &line.last_error))
                    }
                }
            }
        },
    )
}

/// What became of a letter, in words: "Sent 23 November 2026 at 12:05", "Trying again …", and why.
fn fate(state: State, attempts: u32, next: DateTime<Utc>, finished: Option<DateTime<Utc>>, error: &str) -> Markup {
    let when = finished.map(clock::spoken).unwrap_or_default();
    let (tone, symbol, words) = match state {
        State::Waiting if attempts > 0 => (Tone::Warn, "clock", format!("Not sent yet. Next try {}", clock::spoken(next))),
        State::Waiting => (Tone::Plain, "clock", "Waiting to be sent".to_owned()),
        State::Sending => (Tone::Plain, "clock", state.words().to_owned()),
        State::Sent => (Tone::Good, "check", format!("{} {when}", state.words())),
        State::Kept => (Tone::Plain, "inbox", state.words().to_owned()),
        State::Failed => (Tone::Bad, "triangle-alert", format!("{}. Given up {when}", state.words())),
        State::Dropped => (Tone::Plain, "ban", format!("{}, so not sent", state.words())),
    };
    html! { (tag(tone, symbol, &words)) @if !error.is_empty() { small { (error) } } }
}

/// The links to newer and older letters.
fn turn(filter: &Filter, found: &Page) -> Markup {
    let to = |name: &str, id: Option<MessageId>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !filter.show.is_empty() {
            query.append_pair("show", &filter.show);
        }
        if let Some(id) = id {
            query.append_pair(name, &id.to_string());
        }
        format!("?{}", query.finish())
    };
    let first = found.lines.first().map(Line::id);
    let last = found.lines.last().map(Line::id);
    html! {
        @if found.newer || found.older {
            nav.pages aria-label="Pages" {
                ul {
                    @if found.newer { li { a href=(to("newer", first)) rel="prev" { "Newer" span.vh { " e-mails" } } } }
                    @if found.older { li { a href=(to("older", last)) rel="next" { "Older" span.vh { " e-mails" } } } }
                }
            }
        }
    }
}

fn html_page(page: Markup) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(page.into_string())
}

fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}
