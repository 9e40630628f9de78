//! A school leaves the cluster: first what it holds and has booked, then its last day. `GET` and `POST
//! /c/{cluster}/schools/{school}/leave`.

use actix_web::{HttpResponse, web};
use maud::html;

use crate::base::days::{self, Day};
use crate::base::ids::SchoolId;
use crate::bookings::pages::{kept_list, loan_list};
use crate::bookings::tell::Teller;
use crate::catalogue::store::{self as catalogue, Kept};
use crate::db::{self, Stop, Tx};
use crate::joining::acts::{self, Things};
use crate::people::{Coordinator, Member};
use crate::schools::pages::{Screen, at, day_field, done};
use crate::schools::{self, Record, Typed, store};
use crate::web::forms::{self, Errors, stop};
use crate::web::guard::Posted;
use crate::web::parts::{Tone, banner};
use crate::web::{App, Error};

/// All that the page shows.
struct Facts {
    record: Record,
    things: Things,
    kept: Vec<Kept>,
}

impl Facts {
    fn read(tx: &mut Tx<'_>, id: SchoolId) -> db::Result<Self> {
        Ok(Self { record: store::one(tx, id)?, things: Things::read(tx, id)?, kept: catalogue::kept_at(tx, id)? })
    }
}

/// The form, below what the school holds and has booked.
///
/// # Errors
/// When the school is not there.
pub async fn form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, SchoolId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let facts = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Facts::read(tx, id)?)).await?;
    let left = facts.record.current(member.today()).and_then(|spell| spell.stay.left_on);
    let typed = left.map_or_else(Typed::default, |day| Typed::default().with_day("last", day));
    Ok(page(&member, &facts, &typed, &Errors::new()))
}

/// Lets the school go: its time in the cluster and the roles there end, the bookings after it are cancelled, in one transaction.
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
    let teller = Teller::new(&app, &member);
    let (last, reason) = match read(&typed, member.today()) {
        Ok(wish) => wish,
        Err(errors) => return again(&app, &member, id, &typed, &errors).await,
    };
    match app.db.write(member.scope(), move |tx| acts::leave(tx, id, last, reason, &teller)).await {
        Ok(()) => Ok(done(&member, id, "left")),
        Err(Stop::Refused(refusal)) => again(&app, &member, id, &typed, &refusal.into()).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// The last day, and why the school may go although it holds something.
fn read(typed: &Typed, today: Day) -> Result<(Day, String), Errors> {
    let last = at("last", typed.day("last", "the last day in the cluster").and_then(|day| schools::not_too_far(day, today)))?;
    Ok((last, at("reason", typed.line("reason", 300))?))
}

/// The form with what is wrong.
async fn again(app: &App, member: &Member, id: SchoolId, typed: &Typed, errors: &Errors) -> Result<HttpResponse, Error> {
    let facts = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Facts::read(tx, id)?)).await?;
    Ok(page(member, &facts, typed, errors))
}

fn page(member: &Member, facts: &Facts, typed: &Typed, errors: &Errors) -> HttpResponse {
    let (base, today) = (member.base(), member.today());
    let Facts { record, things, kept } = facts;
    let button = stop("Let the school leave");
    let screen = Screen { record, title: "The school leaves", lead: html! {}, path: "leave", button };
    let above = html! {
        @if let Some(day) = record.current(member.today()).and_then(|spell| spell.stay.left_on) {
            (banner(Tone::Plain, "It leaves already", html! { p { "Its last day is " (days::long(day)) ". Another day replaces it; a later one does not bring roles back that end before." } }))
        }
        section.panel.card {
            h2 { "What it holds now" }
            @if things.held.is_empty() { p { "Nothing." } } @else {
                p { "It should come back before the school goes." }
                (loan_list(base, &things.held, today))
            }
        }
        section.panel.card {
            h2 { "What it has booked" }
            @if things.ahead.is_empty() { p { "Nothing." } } @else {
                p { "What runs past the last day is cancelled, and the school gets an e-mail about each. The rest stays." }
                (loan_list(base, &things.ahead, today))
            }
        }
        @if !kept.is_empty() {
            section.panel.card {
                h2 { "What is kept there" }
                p { "Agree with the other schools where this goes." }
                (kept_list(base, kept, today))
            }
        }
    };
    let fields = html! {
        (day_field("last", "Its last day in the cluster", "For example 31 8 2027. The roles at the school end on that day", typed, errors))
        @if !things.held.is_empty() || errors.of("reason").is_some() {
            (forms::field("reason", "Why may it leave although it holds something?", typed.raw("reason")).hint("Kept with the school. For example: the box is lost, and the school has paid for it").width("full").text(errors))
        }
    };
    screen.answer(member, errors, &above, &fields)
}
