//! A school that has left comes back. `GET` and `POST /c/{cluster}/schools/{school}/rejoin`.

use actix_web::{HttpResponse, web};
use maud::html;

use crate::base::ids::SchoolId;
use crate::db::Stop;
use crate::joining::acts;
use crate::people::{Coordinator, Member};
use crate::schools::pages::{Screen, at, day_field, done, record};
use crate::schools::{self, Record, Typed};
use crate::web::forms::{Errors, submit};
use crate::web::guard::Posted;
use crate::web::{App, Error};

/// The form.
///
/// # Errors
/// When the school is not there.
pub async fn form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, SchoolId)>) -> Result<HttpResponse, Error> {
    let record = record(&app, &member, path.into_inner().1).await?;
    Ok(page(&member, &record, &Typed::default().with_day("joined", member.today()), &Errors::new()))
}

/// Begins another time in the cluster.
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
    let on = typed.day("joined", "the day it joins again").and_then(|day| schools::not_too_far(day, member.today()));
    let on = match at("joined", on) {
        Ok(on) => on,
        Err(errors) => return Ok(page(&member, &record(&app, &member, id).await?, &typed, &errors)),
    };
    match app.db.write(member.scope(), move |tx| acts::rejoin(tx, id, on)).await {
        Ok(()) => Ok(done(&member, id, "rejoined")),
        Err(Stop::Refused(refusal)) => Ok(page(&member, &record(&app, &member, id).await?, &typed, &("joined", refusal).into())),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn page(member: &Member, record: &Record, typed: &Typed, errors: &Errors) -> HttpResponse {
    let lead = html! { ": its history is kept, and its people are invited anew." };
    let screen = Screen { record, title: "Let the school join again", lead, path: "rejoin", button: submit("Let it join again") };
    let fields = html! { (day_field("joined", "The day it joins again", "For example 1 9 2026", typed, errors)) };
    screen.answer(member, errors, &html! {}, &fields)
}
