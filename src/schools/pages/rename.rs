//! A new name for a school; the old one is kept with its last day. `GET` and `POST /c/{cluster}/schools/{school}/rename`.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{Screen, day_field, done, name_fields, record};
use crate::base::ids::SchoolId;
use crate::db::Stop;
use crate::people::{Coordinator, Member};
use crate::schools::{Names, Record, Typed, acts};
use crate::web::forms::{Errors, submit};
use crate::web::guard::Posted;
use crate::web::{App, Error};

/// The form.
///
/// # Errors
/// When the school is not there.
pub async fn form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, SchoolId)>) -> Result<HttpResponse, Error> {
    let record = record(&app, &member, path.into_inner().1).await?;
    let typed =
        Typed::default().with("name", &record.school.name).with("short_name", &record.school.short_name).with_day("from", member.today());
    Ok(page(&member, &record, &typed, &Errors::new()))
}

/// Renames the school.
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
    let mut errors = Errors::new();
    let names = Names::read(&typed, &mut errors);
    let from = errors.check("from", typed.day("from", "the first day of the new name"));
    let (Some(names), Some(from)) = (names, from) else {
        return Ok(page(&member, &record(&app, &member, id).await?, &typed, &errors));
    };
    match app.db.write(member.scope(), move |tx| acts::rename(tx, id, &names, from)).await {
        Ok(()) => Ok(done(&member, id, "renamed")),
        Err(Stop::Refused(refusal)) => Ok(page(&member, &record(&app, &member, id).await?, &typed, &refusal.into())),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn page(member: &Member, record: &Record, typed: &Typed, errors: &Errors) -> HttpResponse {
    let screen = Screen { record, title: "Rename the school", lead: html! {}, path: "rename", button: submit("Rename the school") };
    let fields = html! {
        (name_fields(typed, errors))
        (day_field("from", "The first day of the new name", "Today or a day before. The old name is kept until the day before it", typed, errors))
    };
    screen.answer(member, errors, &html! {}, &fields)
}
