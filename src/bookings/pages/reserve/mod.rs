//! Reserving: the form, check answers, and the booking itself. Down once, up once; every refusal is 422 with the form filled in.

pub mod ask;
pub mod form;
pub mod picks;
pub mod strip;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{answer, see_other};
use crate::base::Period;
use crate::base::ids::{ResourceId, SchoolId};
use crate::base::secret::Secret;
use crate::bookings::acts::{self, NoBooking, Wanted, similar_to};
use crate::bookings::store::shelf::{self, Reading, Similar};
use crate::bookings::tell::Teller;
use crate::bookings::{Decision, Kind, Refusal, State, Taken, reserve};
use crate::catalogue::pages::missing_now;
use crate::db::{self, Stop};
use crate::people::{Borrower, Member};
use crate::web::forms::{Errors, csrf_field, hidden, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, head, row, summary};
use crate::web::{App, Error};
use ask::Ask;
use form::Form;
use picks::Picks;

/// Where no school is chosen yet: a coordinator without one. Its calendar is the cluster's.
const NO_SCHOOL: SchoolId = SchoolId(0);

/// The form, with what the address says filled in.
///
/// # Errors
/// When there is no such resource.
pub async fn form(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, ResourceId)>,
    query: web::Query<Ask>,
) -> Result<HttpResponse, Error> {
    let (_, resource) = path.into_inner();
    let ask = query.into_inner().settled();
    let school = ask.school_id(&member).unwrap_or(NO_SCHOOL);
    let wanted = ask.days();
    let reading = app.db.read(member.scope(), move |tx| Ok::<_, Error>(shelf::read(tx, resource, school, wanted)?)).await?;
    let ask = Picks::of(&reading.shelf, ask.copy_id(), ask.first()).pick(&ask);
    let form = Form { member: &member, reading: &reading, ask: &ask, errors: Errors::new(), refusal: None, similar: &[] };
    Ok(shown(&member, StatusCode::OK, &reading, &form.main()))
}

/// The answers, to be checked before they are sent; or 422 with the form.
///
/// # Errors
/// When there is no such resource.
pub async fn check(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, ResourceId)>,
    query: web::Query<Ask>,
) -> Result<HttpResponse, Error> {
    let (_, resource) = path.into_inner();
    let ask = query.into_inner().settled();
    let parsed = ask.parse(&member);
    let school = ask.school_id(&member).unwrap_or(NO_SCHOOL);
    let days = ask.days();
    let wanted = parsed.as_ref().ok().cloned();
    let tried = app
        .db
        .read(member.scope(), move |tx| {
            let reading = shelf::read(tx, resource, school, days)?;
            let decided = wanted.map(|wanted| reserve::reserve(&reading.shelf, &wanted.wish));
            let similar = similar_to(tx, &reading, decided.as_ref().and_then(|decided| decided.as_ref().err()))?;
            Ok::<_, Error>((reading, decided, similar))
        })
        .await?;
    Ok(match (parsed, tried) {
        (Err(errors), (reading, ..)) => {
            let form = Form { member: &member, reading: &reading, ask: &ask, errors, refusal: None, similar: &[] };
            shown(&member, StatusCode::UNPROCESSABLE_ENTITY, &reading, &form.main())
        }
        (Ok(_), (reading, Some(Err(refusal)), similar)) => refused(&member, &reading, &ask, &refusal, &similar),
        (Ok(wanted), (reading, Some(Ok(decision)), _)) => {
            shown(&member, StatusCode::OK, &reading, &answers(&member, &reading, &ask, &wanted, &decision))
        }
        (Ok(_), (_, None, _)) => return Err(Error::Broken("a whole form was not decided".into())),
    })
}

/// Books, once for each form however often it is sent, and shows the booking.
///
/// # Errors
/// When there is no such resource, or the form has no key of ours.
pub async fn book(
    app: web::Data<App>,
    member: Borrower,
    path: web::Path<(String, ResourceId)>,
    form: Posted<Ask>,
) -> Result<HttpResponse, Error> {
    let (_, resource) = path.into_inner();
    let ask = form.0.settled();
    let Some(key) = ask.request_key(member.person, resource) else {
        return Err(Error::Bad("The form lacks its key. Go back, reload the page and send it again.".into()));
    };
    let wanted = match ask.parse(&member) {
        Ok(wanted) => wanted,
        Err(errors) => {
            let (school, days) = (ask.school_id(&member).unwrap_or(NO_SCHOOL), ask.days());
            let reading = app.db.read(member.scope(), move |tx| Ok::<_, Error>(shelf::read(tx, resource, school, days)?)).await?;
            let form = Form { member: &member, reading: &reading, ask: &ask, errors, refusal: None, similar: &[] };
            return Ok(shown(&member, StatusCode::UNPROCESSABLE_ENTITY, &reading, &form.main()));
        }
    };
    let teller = Teller::new(&app, &member);
    let done = app.db.write_or_again(member.scope(), move |tx| acts::book(tx, &teller, resource, &wanted, key)).await;
    match done {
        Ok((id, state)) => {
            let done = if state == State::Requested { "requested" } else { "reserved" };
            Ok(see_other(&format!("{}/bookings/{id}?done={done}", member.base())))
        }
        Err(Stop::Refused(refusal)) => {
            let NoBooking { reading, refusal, similar } = *refusal;
            Ok(refused(&member, &reading, &ask, &refusal, &similar))
        }
        // Refused again: whoever holds the days is none of the live bookings. The answer is still one for people.
        Err(Stop::Fault(db::Error::Taken)) => {
            let (school, days) = (ask.school_id(&member).unwrap_or(NO_SCHOOL), ask.days());
            let reading = app.db.read(member.scope(), move |tx| Ok::<_, Error>(shelf::read(tx, resource, school, days)?)).await?;
            let refusal = Refusal::Taken(Box::new(Taken::by_somebody(days.unwrap_or(Period::day(member.today())))));
            Ok(refused(&member, &reading, &ask, &refusal, &[]))
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn refused(member: &Member, reading: &Reading, ask: &Ask, refusal: &Refusal, similar: &[Similar]) -> HttpResponse {
    let errors = Errors::one(field_of(refusal, reading), refusal.message());
    let form = Form { member, reading, ask, errors, refusal: Some(refusal), similar };
    shown(member, StatusCode::UNPROCESSABLE_ENTITY, reading, &form.main())
}

/// The field to link to: one that is on the form. A single copy cannot be chosen, and most people have one school.
fn field_of(refusal: &Refusal, reading: &Reading) -> &'static str {
    match refusal.field().name() {
        "copy" if reading.title.copies.len() < 2 => "from",
        "school" => "from",
        name => name,
    }
}

fn shown(member: &Member, status: StatusCode, reading: &Reading, main: &Markup) -> HttpResponse {
    let title = format!("Reserve {}", reading.title.name);
    answer(status, &form_page(&member.shell(Nav::Boxes), &title, status != StatusCode::OK, main))
}

/// Check answers: everything once more, and the button that books.
fn answers(member: &Member, reading: &Reading, ask: &Ask, wanted: &Wanted, decision: &Decision) -> Markup {
    let title = &reading.title;
    let page = format!("{}/boxes/{}/reserve", member.base(), title.id);
    let change = ask.at(&page);
    let school = reading.schools.iter().find(|school| school.id == wanted.school).map_or("", |school| school.name.as_str());
    let several = title.copies.len() > 1;
    let waiting = decision.state == State::Requested;
    let lacks = reading.shelf.copies.iter().find(|copy| copy.id == decision.copy).map(|copy| copy.missing.clone()).unwrap_or_default();
    let mut rows = vec![
        row("Box", if several { format!("{} ({})", title.name, decision.tag) } else { title.name.clone() }).change(&change, "the copy"),
        row("Missing now", missing_now(&lacks)),
        row("Use it from", crate::base::days::full(decision.days.first())).change(&change, "the dates"),
        row("Use it until", crate::base::days::full(decision.days.last())).change(&change, "the dates"),
        row("School", school),
    ];
    if lacks.is_empty() {
        rows.remove(1);
    }
    if decision.kind == Kind::Restock {
        rows.push(row("Kept for", "Restocking or repair").change(&change, "what it is kept for"));
    }
    if !wanted.details.class_name.is_empty() {
        rows.push(row("Class", &wanted.details.class_name).change(&change, "the class"));
    }
    if !wanted.details.purpose.is_empty() {
        rows.push(row("What it is for", &wanted.details.purpose).change(&change, "what it is for"));
    }
    if let Some(pupils) = wanted.details.pupils {
        rows.push(row("Pupils", pupils.to_string()).change(&change, "the number of pupils"));
    }
    if !decision.waived.is_empty() {
        let waived: Vec<_> = decision.waived.iter().filter_map(Refusal::rule).collect();
        rows.push(row("Rule set aside", format!("{}: {}", waived.join(", "), wanted.wish.override_reason)).change(&change, "the reason"));
    }
    html! {
        (back(&change, "Change the answers"))
        (head("Check your answers", html! {}, html! {}))
        @if let Some(asked) = decision.asked {
            (banner(Tone::Plain, "The dates have moved to school days", html! { p { "You chose " (asked) ". Loans start and end on school days, so this one is from " (decision.days) "." } }))
        }
        @if waiting { (banner(Tone::Plain, "The coordinator approves this box", html! { p { "Your days are kept while you wait for the answer." } })) }
        section.panel.card {
            (summary(&rows))
            form.form method="post" action=(page) {
                (csrf_field(member.csrf()))
                (hidden("key", Secret::fresh().reveal()))
                @for (name, value) in ask.pairs() { @if !value.is_empty() { (hidden(name, value)) } }
                (submit(if waiting { "Send the request" } else if decision.kind == Kind::Restock { "Keep it on these days" } else { "Reserve it" }))
            }
        }
    }
}
