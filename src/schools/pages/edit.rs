//! Putting the facts of a school right. `GET` and `POST /c/{cluster}/schools/{school}/edit`.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{Screen, done, fact_fields, record};
use crate::base::ids::SchoolId;
use crate::db::Stop;
use crate::people::{Coordinator, Member};
use crate::schools::{Record, Typed, acts};
use crate::web::forms::{Errors, submit};
use crate::web::guard::Posted;
use crate::web::{App, Error};

/// The form.
///
/// # Errors
/// When the school is not there.
pub async fn form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, SchoolId)>) -> Result<HttpResponse, Error> {
    let record = record(&app, &member, path.into_inner().1).await?;
    let typed = Typed::default()
        .with("letters", &record.school.letters)
        .with("urn", record.urn.as_deref().unwrap_or_default())
        .with("address", &record.school.address)
        .with("postcode", &record.school.postcode)
        .with("trust", &record.trust)
        .with("phone", &record.school.phone);
    Ok(page(&member, &record, &typed, &Errors::new()))
}

/// Writes the facts.
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
    let sent = typed.clone();
    match app.db.write(member.scope(), move |tx| acts::set_facts(tx, id, &sent)).await {
        Ok(()) => Ok(done(&member, id, "edited")),
        Err(Stop::Refused(errors)) => Ok(page(&member, &record(&app, &member, id).await?, &typed, &errors)),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn page(member: &Member, record: &Record, typed: &Typed, errors: &Errors) -> HttpResponse {
    let screen = Screen { record, title: "Edit the school", lead: html! {}, path: "edit", button: submit("Save") };
    let fields = html! {
        (fact_fields(typed, record.england, "Two or three letters for the calendar. Leave it empty and we choose from the short name", errors))
        p.hint { "A new name has a " a href={ (member.base()) "/schools/" (record.school.id) "/rename" } { "page of its own" } ", because the old one is kept with its last day." }
    };
    screen.answer(member, errors, &html! {}, &fields)
}
