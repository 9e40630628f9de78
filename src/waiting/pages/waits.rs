//! The waiting list: a school's places with how far up they are, all of them for a coordinator, and the form that asks for one.
//! `/c/{cluster}/waits` and `/c/{cluster}/waits/new`.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days;
use crate::base::ids::{ResourceId, SchoolId};
use crate::base::secret::Secret;
use crate::bookings::last_day_of;
use crate::bookings::pages::beside;
use crate::bookings::pages::reserve::ask::Ask;
use crate::bookings::pages::reserve::form::copies;
use crate::bookings::pages::reserve::picks::Picks;
use crate::bookings::store::shelf::{self, Reading};
use crate::db::Stop;
use crate::people::{Borrower, Member, RoleKind};
use crate::waiting::acts::{self, NoPlace};
use crate::waiting::store::{self as rows, Besides, Listed};
use crate::waiting::{Refusal, State, Wait, in_line, position};
use crate::web::answer::{answer, see_other};
use crate::web::forms::{Errors, csrf_field, dates, day_select, error_summary, field, hidden, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page, page};
use crate::web::parts::{Tone, back, banner, empty, head, pill, strand_icon, table_or_cards};
use crate::web::{App, Error};

/// Where no school is chosen yet: a coordinator without one.
const NO_SCHOOL: SchoolId = SchoolId(0);

/// The form: what is waited for beside the fields of a booking.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct JoinForm {
    resource: String,
    #[serde(flatten)]
    ask: Ask,
}

/// Shows the places of the person's schools, or all of them to a coordinator.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(app: web::Data<App>, member: Member, request: HttpRequest) -> Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let read = app.db.read(member.scope(), |tx| {
        let all = rows::listed(tx)?;
        Ok::<_, Error>((rows::besides(tx, &all)?, all))
    });
    let (besides, all) = read.await?;
    let mine: Vec<SchoolId> = member.roles.iter().filter_map(|role| role.school.as_ref()).map(|school| school.id).collect();
    let coordinator = member.is(RoleKind::Coordinator);
    let shown: Vec<&Listed> = all.iter().filter(|one| coordinator || mine.contains(&one.wait.school)).collect();
    let boxes = format!("{}/boxes", member.base());
    let main = html! {
        (back(&format!("{}/loans", member.base()), "All your loans"))
        (head("Waiting list", html! { "When days become free, they are offered to one school at a time, in the order of asking." }, html! {}))
        @if shown.is_empty() {
            div.panel {
                (empty("clock", "Nobody waits",
                    "When a box is taken on the days you need, you can join the waiting list. Your places will stand here.",
                    member.may_borrow().then_some((boxes.as_str(), "Find a box"))))
            }
        } @else if coordinator { (by_resource(&member, &shown, (&all, &besides), &mine)) }
        @else { section.panel { (table(&member, "Your places", &shown, (&all, &besides), &mine, false)) } }
    };
    Ok(member.tagged(&request, page(&member.shell(Nav::Week), "Waiting list", &main)))
}

/// Everybody who waits, by what they wait for.
fn by_resource(member: &Member, shown: &[&Listed], all: (&[Listed], &Besides), mine: &[SchoolId]) -> Markup {
    let mut titles: BTreeMap<(&str, ResourceId), Vec<&Listed>> = BTreeMap::new();
    for one in shown {
        titles.entry((one.name.as_str(), one.wait.resource)).or_default().push(one);
    }
    html! {
        @for ((name, resource), places) in &titles {
            section.panel {
                div.card {
                    div.title {
                        @if let Some(first) = places.first() { (strand_icon(first.strand.class(), &first.icon)) }
                        h2 { a href={ (member.base()) "/boxes/" (resource) } { (name) } }
                    }
                }
                (table(member, name, places, all, mine, true))
            }
        }
    }
}

/// Places in a table. `schools`: with whose each is.
fn table(
    member: &Member,
    caption: &str,
    places: &[&Listed],
    (all, besides): (&[Listed], &Besides),
    mine: &[SchoolId],
    schools: bool,
) -> Markup {
    let heads: &[&str] = if schools { &["Dates", "School", "Copy", "Place"] } else { &["Dates", "Box", "Copy", "Place"] };
    let waits: Vec<Wait> = all.iter().map(|one| one.wait.clone()).collect();
    table_or_cards(
        caption,
        heads,
        html! {
            @for one in places {
                tr {
                    th scope="row" { a href={ (member.base()) "/waits/" (one.wait.id) } { (one.wait.days) } }
                    @if schools { td data-h="School" { (one.school) @if mine.contains(&one.wait.school) { " (yours)" } } }
                    @else { td data-h="Box" { (one.name) } }
                    td data-h="Copy" { @if one.tag.is_empty() { "Any" } @else { (tagged(one, besides, html! { (one.tag) })) } }
                    td data-h="Place" { (place(one, &waits)) }
                }
            }
        },
    )
}

/// What is waited for, with the copy if it is one.
#[must_use]
pub fn named(one: &Listed, besides: &Besides) -> Markup {
    html! { @if one.tag.is_empty() { (one.name) } @else { (tagged(one, besides, html! { (one.name) " (" (one.tag) ")" })) } }
}

/// The words that name the copy of a place.
fn tagged(one: &Listed, besides: &Besides, words: Markup) -> Markup {
    match one.copy.and_then(|copy| besides.get(&copy)) {
        Some(standing) => beside(&standing.beside(), words),
        None => words,
    }
}

/// How far up a place is, or until when it is offered.
#[must_use]
pub fn place(one: &Listed, open: &[Wait]) -> Markup {
    html! {
        @match (one.wait.state, one.until) {
            (State::Offered, Some(until)) => { (pill(Tone::Good, "Offered")) " " small { "Until " (days::full(last_day_of(until))) } }
            (State::Waiting, _) => { (capital(&in_line(position(&one.wait, open)))) }
            (state, _) => { (pill(Tone::Plain, state.name())) }
        }
    }
}

/// With a capital letter.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The form, with what the address says filled in; to the boxes when it names none.
///
/// # Errors
/// When there is no such resource.
pub async fn form(app: web::Data<App>, member: Borrower, query: web::Query<JoinForm>) -> Result<HttpResponse, Error> {
    let form = query.into_inner();
    let Ok(resource) = form.resource.parse::<ResourceId>() else {
        return Ok(see_other(&format!("{}/boxes", member.base())));
    };
    let (school, wanted) = (form.ask.school_id(&member).unwrap_or(NO_SCHOOL), form.ask.days());
    let reading = app.db.read(member.scope(), move |tx| Ok::<_, Error>(shelf::read(tx, resource, school, wanted)?)).await?;
    Ok(shown(&member, &reading, &form.ask, &Errors::new(), None))
}

/// Takes a place, once for each form however often it is sent.
///
/// # Errors
/// When there is no such resource, or the form has no key of ours.
pub async fn join(app: web::Data<App>, member: Borrower, form: Posted<JoinForm>) -> Result<HttpResponse, Error> {
    let JoinForm { resource, ask } = form.0;
    let lacking = || Error::Bad("The form lacks its key or its box. Go back, reload the page and send it again.".into());
    let resource: ResourceId = resource.parse().map_err(|_| lacking())?;
    let key = ask.request_key(member.person, resource).ok_or_else(lacking)?;
    let (school, days) = (ask.school_id(&member).unwrap_or(NO_SCHOOL), ask.days());
    let wanted = match ask.parse(&member) {
        Ok(wanted) => wanted,
        Err(errors) => {
            let reading = app.db.read(member.scope(), move |tx| Ok::<_, Error>(shelf::read(tx, resource, school, days)?)).await?;
            return Ok(shown(&member, &reading, &ask, &errors, None));
        }
    };
    let done = app.db.write(member.scope(), move |tx| acts::join(tx, resource, wanted, &key)).await;
    match done {
        Ok(id) => Ok(see_other(&format!("{}/waits/{id}?done=joined", member.base()))),
        Err(Stop::Refused(refused)) => {
            let NoPlace { reading, refusal } = *refused;
            let name = match refusal.field() {
                "copy" if reading.title.copies.len() < 2 => "from",
                "school" => "from",
                name => name,
            };
            Ok(shown(&member, &reading, &ask, &Errors::one(name, refusal.message()), Some(&refusal)))
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn shown(member: &Member, reading: &Reading, ask: &Ask, errors: &Errors, refusal: Option<&Refusal>) -> HttpResponse {
    let title = format!("Wait for {}", reading.title.name);
    let picks = Picks::of(&reading.shelf, ask.copy_id(), ask.first());
    let base = member.base();
    let reserve = format!("{base}/boxes/{}/reserve", reading.title.id);
    let main = html! {
        (back(&reserve, &format!("Reserve {}", reading.title.name)))
        (error_summary(errors))
        (head(&title, html! { "Nobody can have it on days that others have booked. Join the list, and you are offered them when they become free." }, html! {}))
        @match refusal {
            Some(Refusal::Free(days)) => {
                (banner(Tone::Good, "It is free on these days", html! { p { a.btn.go href=(ask.moved(*days, None).at(&reserve)) { "Reserve it" } } }))
            }
            Some(Refusal::Already(id)) => {
                (banner(Tone::Plain, "You have a place already", html! { p { a href={ (base) "/waits/" (id) } { "See your place" } } }))
            }
            Some(Refusal::TooMany { .. }) => { p.gap { a href={ (base) "/waits" } { "See your school's places" } } }
            _ => {}
        }
        section.panel.card {
            form.form method="post" action={ (base) "/waits/new" } novalidate {
                (csrf_field(member.csrf()))
                (hidden("key", Secret::fresh().reveal()))
                (hidden("resource", &reading.title.id.to_string()))
                (dates("Days you need it", "Both days are part of the loan. You are offered exactly these days, or none.", "from", "to", errors, html! {
                    (day_select("from", "Use it from", ask.first(), &picks.weeks(ask), errors))
                    (day_select("to", "Use it until", ask.last(), &picks.weeks(ask), errors))
                }))
                @if reading.title.copies.len() > 1 { (copies(&reading.shelf, &reading.title.copies, &ask.copy, true, errors, |copy| copy.out_of_service.is_none())) }
                (schools(member, reading, ask, errors))
                (field("class", "Class or year group", &ask.class).hint("For example, Year 4 or Kestrels").text(errors))
                (field("purpose", "What it is for", &ask.purpose).hint("For example, making circuits").optional().width("full").text(errors))
                div.acts { (submit("Join the waiting list")) a.btn href=(reserve) { "Choose other days" } }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer(status, &form_page(&member.shell(Nav::Boxes), &title, !errors.is_empty(), &main))
}

/// For which school, where there is a choice.
fn schools(member: &Member, reading: &Reading, ask: &Ask, errors: &Errors) -> Markup {
    let today = reading.shelf.today;
    let open = reading
        .schools
        .iter()
        .filter(|school| member.may_book_for(school.id) && school.stays.iter().any(|stay| stay.left_on.is_none_or(|left| left >= today)));
    let mut options: Vec<(String, String)> = open.map(|school| (school.id.to_string(), school.name.clone())).collect();
    let chosen = ask.school_id(member).map(|school| school.to_string()).unwrap_or_default();
    if chosen.is_empty() {
        options.insert(0, (String::new(), "Choose a school".to_owned()));
    }
    html! { @if options.len() > 1 { (field("school", "For which school", &chosen).select(errors, &options)) } }
}
