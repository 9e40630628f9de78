//! One place on the waiting list: how far up it is, or what is offered and until when; and what the school does with it.
//! `/c/{cluster}/waits/{wait}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days;
use crate::base::ids::{SchoolId, WaitId};
use crate::bookings::acts::Roles;
use crate::bookings::pages::reserve::ask::line;
use crate::bookings::store::plan;
use crate::bookings::tell::Teller;
use crate::bookings::{State as Standing, last_day_of};
use crate::db::{self, Stop};
use crate::people::{Borrower, Member, RoleKind};
use crate::undo::pages::can_be_undone;
use crate::undo::{self, Pending};
use crate::waiting::pages::waits::named;
use crate::waiting::store::{self as rows, Besides, Listed};
use crate::waiting::{Refusal, State, acts, in_line, position};
use crate::web::answer::{answer, see_other};
use crate::web::forms::{Errors, csrf_field, error_summary, field, submit, verb};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, confirmation, head, pill, row, summary};
use crate::web::{App, Error};

/// What somebody reads who would see or answer another school's place.
const NOT_YOURS: &str = "Only the school that waits, or a coordinator, can see and answer this.";

/// What was done on the page before, as a word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// Taking what is offered; a coordinator may give a reason for setting a rule aside.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Take {
    reason: String,
}

/// A place with what its page shows besides.
struct Sheet {
    one: Listed,
    position: usize,
    approval: bool,
    /// That it is not wanted, while that can be undone.
    waiting: Option<Pending>,
    besides: Besides,
}

/// Whether the person may see the place: somebody of the school, or a coordinator.
fn may_see(member: &Member, school: SchoolId) -> bool {
    member.is(RoleKind::Coordinator) || member.roles.iter().filter_map(|role| role.school.as_ref()).any(|own| own.id == school)
}

/// Shows a place.
///
/// # Errors
/// When it is not there, or another school's.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, WaitId)>,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    let status = StatusCode::OK;
    Ok(answer(status, &sheet(&app, &member, path.into_inner().1, &query.done, "", &Errors::new(), false).await?))
}

async fn sheet(
    app: &web::Data<App>,
    member: &Member,
    id: WaitId,
    done: &str,
    reason: &str,
    errors: &Errors,
    waivable: bool,
) -> Result<Markup, Error> {
    let sheet = app
        .db
        .read(member.scope(), move |tx| {
            let one = rows::one(tx, id)?;
            let open = if one.wait.state == State::Waiting { rows::open(tx)? } else { Vec::new() };
            let approval = match plan::title(tx, one.wait.resource) {
                Ok(title) => title.rules.approval_needed,
                // Its last copy is retired: the place is still there to be read.
                Err(db::Error::NotFound) => false,
                Err(fault) => return Err(fault.into()),
            };
            let waiting = if one.wait.state == State::Offered { undo::store::open(tx, (acts::ABOUT, id.0))? } else { None };
            let besides = rows::besides(tx, std::slice::from_ref(&one))?;
            Ok::<_, Error>(Sheet { position: position(&one.wait, &open), one, approval, waiting, besides })
        })
        .await?;
    if !may_see(member, sheet.one.wait.school) {
        return Err(Error::NotAllowed(NOT_YOURS));
    }
    let title = format!("Waiting for {}, {}", sheet.one.name, sheet.one.wait.days);
    let main = main(member, &sheet, done, reason, errors, waivable);
    Ok(form_page(&member.shell(Nav::Week), &title, !errors.is_empty(), &main))
}

fn main(member: &Member, sheet: &Sheet, done: &str, reason: &str, errors: &Errors, waivable: bool) -> Markup {
    let Sheet { one, position, approval, waiting, besides } = sheet;
    let wait = &one.wait;
    let here = format!("{}/waits/{}", member.base(), wait.id);
    let may = member.may_book_for(wait.school);
    let token = member.csrf();
    let said = said(one, *position, done);
    html! {
        (back(&format!("{}/waits", member.base()), "Waiting list"))
        (error_summary(errors))
        (said)
        @let title = format!("{} for {}", one.name, one.school);
        @let line = html! { (standing(one, *position)) " " (wait.days) };
        @if said.0.is_empty() { (head(&title, line, html! {})) } @else { div.head { div { h2 { (title) } p { (line) } } } }
        @if let Some(waiting) = waiting {
            (can_be_undone(member.base(), waiting.id, waiting.until, token, &format!("{} does not want these days", one.school), "Until then they are held, and offered to nobody else."))
        } @else if let (State::Offered, Some(until)) = (wait.state, one.until) {
            (banner(Tone::Good, &format!("It is your turn: answer by {}", days::full(last_day_of(until))), html! {
                p { (named(one, besides)) " is held for " (one.school) " from " (wait.days) ". Nobody else can take these days before the end of " (days::full(last_day_of(until))) "." }
                @if *approval && !member.is(RoleKind::Coordinator) { p { "The coordinator approves this box. If you take it, your request goes to the coordinator, and the days stay held." } }
            }))
            @if may {
                section.panel.card #answer {
                    h2 { "Do you want it?" }
                    @if waivable && member.is(RoleKind::Coordinator) {
                        form.form method="post" action={ (here) "/accept" } novalidate {
                            (csrf_field(token))
                            (field("reason", "Reason for setting the rule aside", reason).hint("As coordinator you can take it in spite of this rule. The reason is kept with the booking.").width("full").text(errors))
                            (submit("Take it all the same"))
                        }
                    } @else {
                        div.acts {
                            form method="post" action={ (here) "/accept" } { (csrf_field(token)) (submit("Take these days")) }
                            (verb(&format!("{here}/decline"), token, "No thank you", "x"))
                        }
                    }
                }
            }
        }
        section.panel.card aria-labelledby="facts" {
            h2 #facts { "The place" }
            (summary(&facts(member, one, besides)))
            @if may && wait.state == State::Waiting { div.acts { (verb(&format!("{here}/withdraw"), token, "Leave the waiting list", "x")) } }
            @if let (State::Taken, Some(booking)) = (wait.state, wait.booking) { p { a href={ (member.base()) "/bookings/" (booking) } { "See the booking" } } }
            @if may && matches!(wait.state, State::Lapsed | State::Declined | State::Withdrawn) {
                p { a href={ (member.base()) "/waits/new?resource=" (wait.resource) "&from=" (wait.days.first()) "&to=" (wait.days.last()) } { "Join the waiting list again" } }
            }
        }
    }
}

/// What has just been done.
fn said(one: &Listed, position: usize, done: &str) -> Markup {
    let (heading, words) = match (done, one.wait.state) {
        ("joined", State::Waiting) => (
            format!("You are {}", in_line(position)),
            "You get an e-mail when it is your turn. The days are then held for you until you answer.",
        ),
        ("declined", State::Declined) => ("Thank you for saying so".to_owned(), "The days go on to the next in line."),
        ("undone", State::Offered) => ("It is still offered to you".to_owned(), "You can take these days or leave them."),
        ("too-late" | "overtaken", _) => ("It is too late to undo that".to_owned(), "The days have gone on to the next in line."),
        ("withdrawn", State::Withdrawn) => {
            ("You have left the waiting list".to_owned(), "You can join the waiting list again at any time.")
        }
        _ => return html! {},
    };
    confirmation(&heading, html! { p { (one.name) ", " (one.wait.days) } p { (words) } })
}

fn standing(one: &Listed, position: usize) -> Markup {
    match one.wait.state {
        State::Waiting => html! { (one.school) " is " (in_line(position)) "." },
        State::Offered => pill(Tone::Good, "Offered"),
        state => pill(Tone::Plain, state.name()),
    }
}

fn facts(member: &Member, one: &Listed, besides: &Besides) -> Vec<crate::web::parts::Row> {
    let wait = &one.wait;
    let shelf = format!("{}/boxes/{}", member.base(), wait.resource);
    let mut rows = vec![
        row("Box", html! { a href=(shelf) { (named(one, besides)) } }),
        row("School", &one.school),
        row("First day", days::full(wait.days.first())),
        row("Last day", days::full(wait.days.last())),
    ];
    for (name, text) in [("Class", &wait.class_name), ("What it is for", &wait.purpose)] {
        if !text.is_empty() {
            rows.push(row(name, text));
        }
    }
    rows.push(row("Asked on", days::long(crate::base::clock::today(one.asked))));
    rows
}

/// Takes what is offered: it becomes a booking, or a request where the box needs approval.
///
/// # Errors
/// When it is not there, or another school's.
pub async fn accept(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, WaitId)>,
    form: Posted<Take>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let typed = form.0.reason;
    let reason = match line(&typed, 300) {
        Ok(reason) => reason,
        Err(fault) => return refused(&app, &member, id, &typed, &Errors::one("reason", fault), true).await,
    };
    let (roles, teller) = (Roles::of(&member), Teller::new(&app, &member));
    let done = app.db.write(member.scope(), move |tx| acts::take(tx, id, &roles, &teller, &reason)).await;
    match done {
        Ok((booking, state)) => {
            let done = if state == Standing::Requested { "requested" } else { "reserved" };
            Ok(see_other(&format!("{}/bookings/{booking}?done={done}", member.base())))
        }
        Err(Stop::Refused(Refusal::NotYours)) => Err(Error::NotAllowed(NOT_YOURS)),
        Err(Stop::Refused(refusal)) => {
            let waivable = matches!(&refusal, Refusal::Rule(rule) if rule.rule().is_some());
            let name = if waivable && member.is(RoleKind::Coordinator) { "reason" } else { "answer" };
            refused(&app, &member, id, &typed, &Errors::one(name, refusal.message()), waivable).await
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// The page again, with what was in the way.
async fn refused(
    app: &web::Data<App>,
    member: &Member,
    id: WaitId,
    typed: &str,
    errors: &Errors,
    waivable: bool,
) -> Result<HttpResponse, Error> {
    Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &sheet(app, member, id, "", typed, errors, waivable).await?))
}

/// Says no to what is offered; it goes on to the next in line at once.
///
/// # Errors
/// When it is not there, or another school's.
pub async fn decline(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, WaitId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, roles) = (path.into_inner().1, Roles::of(&member));
    let done = app.db.write(member.scope(), move |tx| acts::decline(tx, id, &roles)).await;
    ended(&app, &member, id, "declined", done).await
}

/// Gives a place up.
///
/// # Errors
/// When it is not there, or another school's.
pub async fn withdraw(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, WaitId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, roles) = (path.into_inner().1, Roles::of(&member));
    let done = app.db.write(member.scope(), move |tx| acts::withdraw(tx, id, &roles)).await;
    ended(&app, &member, id, "withdrawn", done).await
}

/// On to the place's page, or the page again with what was in the way.
async fn ended(
    app: &web::Data<App>,
    member: &Member,
    id: WaitId,
    word: &str,
    done: Result<(), Stop<Refusal>>,
) -> Result<HttpResponse, Error> {
    match done {
        Ok(()) => Ok(see_other(&format!("{}/waits/{id}?done={word}", member.base()))),
        Err(Stop::Refused(Refusal::NotYours)) => Err(Error::NotAllowed(NOT_YOURS)),
        Err(Stop::Refused(refusal)) => refused(app, member, id, "", &Errors::one("facts", refusal.message()), false).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}
