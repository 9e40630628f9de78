//! Time off from borrowing. `GET /c/{cluster}/schools/{school}/sabbatical` asks for the days and then lists what the school has
//! booked inside them, each to keep or to cancel; `POST` does all of it at once. `…/sabbatical/end` ends it earlier.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::base::days;
use crate::base::ids::{BookingId, SchoolId};
use crate::bookings::pages::loan_list;
use crate::bookings::store::loans::Loan;
use crate::bookings::tell::Teller;
use crate::db::Stop;
use crate::joining::acts::{self, Fate, RestRefusal, Things};
use crate::people::{Coordinator, Member};
use crate::schools::pages::{Screen, at, day_field, done, html_answer, record};
use crate::schools::{self, Record, Sabbatical, Typed, store};
use crate::web::forms::{self, Errors, choice, csrf_field, error_summary, hidden, submit};
use crate::web::guard::Posted;
use crate::web::parts::{back, head, row, summary};
use crate::web::{App, Error};

/// The three days of the form.
const DAYS: [&str; 3] = ["from", "to", "review"];

/// The days, or what they touch.
///
/// # Errors
/// When the school is not there.
pub async fn form(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, SchoolId)>,
    query: web::Query<Typed>,
) -> Result<HttpResponse, Error> {
    let (id, typed) = (path.into_inner().1, query.into_inner());
    if !DAYS.iter().any(|field| typed.has_day(field)) {
        let record = record(&app, &member, id).await?;
        return Ok(ask(&member, &record, &known(&record, &member), &Errors::new()));
    }
    checked(&app, &member, id, &typed, Errors::new()).await
}

/// Writes the sabbatical down and cancels what is to be cancelled, in one transaction.
///
/// # Errors
/// When the school is not there.
pub async fn save(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, SchoolId)>,
    form: Posted<Typed>,
) -> Result<HttpResponse, Error> {
    let (id, typed) = (path.into_inner().1, form.0);
    let wish = match Sabbatical::read(&typed, member.today()) {
        Ok(wish) => wish,
        Err(errors) => return checked(&app, &member, id, &typed, errors).await,
    };
    let (sent, teller) = (typed.clone(), Teller::new(&app, &member));
    let fate = move |booking| match sent.raw(&field_of(booking)) {
        "keep" => Some(Fate::Keep),
        "cancel" => Some(Fate::Cancel),
        _ => None,
    };
    match app.db.write(member.scope(), move |tx| acts::rest(tx, id, &wish, fate, &teller)).await {
        Ok(()) => Ok(done(&member, id, "sabbatical")),
        Err(Stop::Refused(refusal)) => checked(&app, &member, id, &typed, said(refusal)).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// A refusal at its fields.
fn said(refusal: RestRefusal) -> Errors {
    match refusal {
        RestRefusal::Rule(field, refusal) => (field, refusal).into(),
        RestRefusal::Undecided(loans) => {
            let mut errors = Errors::new();
            for loan in loans {
                let words = format!("Choose keep or cancel for {}, {}", loan.name, loan.booking.slot.days);
                errors.add(&field_of(loan.booking.slot.id), words);
            }
            errors
        }
    }
}

/// The form that asks when the school is back.
///
/// # Errors
/// When the school is not there.
pub async fn end_form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, SchoolId)>) -> Result<HttpResponse, Error> {
    let record = record(&app, &member, path.into_inner().1).await?;
    Ok(ask_end(&member, &record, &Typed::default().with_day("back", member.today()), &Errors::new()))
}

/// Ends the sabbatical earlier.
///
/// # Errors
/// When the school is not there.
pub async fn end(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, SchoolId)>,
    form: Posted<Typed>,
) -> Result<HttpResponse, Error> {
    let (id, typed) = (path.into_inner().1, form.0);
    let back = match at("back", typed.day("back", "the day the school is back")) {
        Ok(back) => back,
        Err(errors) => return Ok(ask_end(&member, &record(&app, &member, id).await?, &typed, &errors)),
    };
    match app.db.write(member.scope(), move |tx| acts::back_early(tx, id, back)).await {
        Ok(()) => Ok(done(&member, id, "back")),
        Err(Stop::Refused(refusal)) => Ok(ask_end(&member, &record(&app, &member, id).await?, &typed, &("back", refusal).into())),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn field_of(booking: BookingId) -> String {
    format!("booking-{booking}")
}

/// The sabbatical that is on record and not over.
fn known(record: &Record, member: &Member) -> Typed {
    let Some((spell, off)) = record.sabbatical(member.today()) else { return Typed::default() };
    let typed = Typed::default().with_day("from", off.first()).with_day("to", off.last());
    spell.review_on.map_or(typed.clone(), |day| typed.with_day("review", day))
}

/// The days again when they cannot be, else what they touch.
async fn checked(app: &web::Data<App>, member: &Member, id: SchoolId, typed: &Typed, errors: Errors) -> Result<HttpResponse, Error> {
    let (record, things) = app.db.read(member.scope(), move |tx| Ok::<_, Error>((store::one(tx, id)?, Things::read(tx, id)?))).await?;
    let wish = match Sabbatical::read(typed, member.today()) {
        Ok(wish) => wish,
        Err(faults) => return Ok(ask(member, &record, typed, &faults)),
    };
    match schools::rest(&record, &wish, member.today()) {
        Err((field, refusal)) => Ok(ask(member, &record, typed, &Errors::one(field, refusal.to_string()))),
        Ok(_) => Ok(choose(member, &record, &things, &wish, typed, &errors)),
    }
}

fn ask(member: &Member, record: &Record, typed: &Typed, errors: &Errors) -> HttpResponse {
    let here = format!("{}/schools/{}", member.base(), record.school.id);
    let title = "Sabbatical";
    let main = html! {
        (back(&here, &record.school.short_name))
        (error_summary(errors))
        (head(title, html! { (record.school.name) }, html! {}))
        section.panel.card {
            form.form method="get" action={ (here) "/sabbatical" } novalidate {
                p { "A school on sabbatical keeps its place, its people and its history, and books nothing in these days." }
                (day_field("from", "The first day", "For example 1 1 2027", typed, errors))
                (day_field("to", "The last day", "For example 31 7 2027", typed, errors))
                (day_field("review", "The review day (optional)", "When you talk about how it goes on. For example 1 6 2027", typed, errors))
                div.acts { (submit("Look at its bookings")) a.btn href=(here) { "Change nothing" } }
            }
        }
    };
    html_answer(member, title, errors, &main)
}

fn choose(member: &Member, record: &Record, things: &Things, wish: &Sabbatical, typed: &Typed, errors: &Errors) -> HttpResponse {
    let here = format!("{}/schools/{}", member.base(), record.school.id);
    let title = "Sabbatical: what is booked";
    let booked: Vec<&Loan> = things.inside(wish.days).collect();
    let review = wish.review_on.map_or_else(|| "None".to_owned(), days::long);
    let rows = [row("Sabbatical", wish.days.to_string()), row("Review day", review)];
    let main = html! {
        (back(&here, &record.school.short_name))
        (error_summary(errors))
        (head(title, html! { (record.school.name) @if !booked.is_empty() { ": choose for each booking. The school gets an e-mail about what is cancelled." } }, html! {}))
        section.panel.card {
            (summary(&rows))
            @if !things.held.is_empty() {
                h2 { "What it holds now" }
                p { "This stays with the school until it is given back." }
                (loan_list(member.base(), &things.held, member.today()))
            }
        }
        section.panel.card {
            h2 { "What it has booked in these days" }
            @if booked.is_empty() { p { "Nothing." } }
            form.form method="post" action={ (here) "/sabbatical" } novalidate {
                (csrf_field(member.csrf()))
                @for (name, value) in DAYS.iter().flat_map(|field| days_of(field, typed)) { (hidden(&name, &value)) }
                @for loan in &booked { (keep_or_cancel(loan, typed, errors)) }
                div.acts { (submit("Put the school on sabbatical")) a.btn href={ (here) "/sabbatical" } { "Choose other days" } }
            }
        }
    };
    html_answer(member, title, errors, &main)
}

/// The three fields of a day with what was typed.
fn days_of(field: &str, typed: &Typed) -> [(String, String); 3] {
    let [day, month, year] = typed.parts(field);
    [("day", day), ("month", month), ("year", year)].map(|(part, value)| (format!("{field}-{part}"), value.to_owned()))
}

fn keep_or_cancel(loan: &Loan, typed: &Typed, errors: &Errors) -> Markup {
    let slot = &loan.booking.slot;
    let field = field_of(slot.id);
    let legend = format!("{} ({}), {}", loan.name, loan.tag, slot.days);
    let hint = &loan.booking.class_name;
    forms::radios(&field, &legend, hint, typed.raw(&field), errors, &[choice("keep", "Keep it"), choice("cancel", "Cancel it")])
}

fn ask_end(member: &Member, record: &Record, typed: &Typed, errors: &Errors) -> HttpResponse {
    let screen =
        Screen { record, title: "Back from sabbatical", lead: html! {}, path: "sabbatical/end", button: submit("End the sabbatical") };
    let fields = html! {
        @match record.sabbatical(member.today()) {
            Some((_, off)) => p { "The sabbatical is " b { (off) } "." },
            None => p { "The school is on no sabbatical, and none is planned." },
        }
        (day_field("back", "The day the school is back", "It can borrow from this day on. Its cancelled bookings stay cancelled", typed, errors))
    };
    screen.answer(member, errors, &html! {}, &fields)
}
