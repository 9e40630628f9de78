//! A new name for a school; the old one is kept with its last day. `GET` and `POST /c/{cluster}/schools/{school}/rename`.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{Screen, day_field, done, name_fields, record};
use crate::base::ids::SchoolId;
use crate::db::Stop;
use crate::people::{Coordinator, Member};
use crate::schools::{self, Names, Record, Typed, store};
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
    let sent = typed.clone();
    let saved = app
        .db
        .write(member.scope(), move |tx| {
            let old = store::one(tx, id)?;
            let now = Names { name: old.school.name.clone(), short_name: old.school.short_name.clone() };
            let mut errors = Errors::new();
            let names = Names::read(&sent, &mut errors);
            let from = errors.check("from", sent.day("from", "the first day of the new name"));
            let (Some(names), Some(from)) = (names, from) else { return Err(errors.into()) };
            let (known, _) = store::known(tx)?;
            schools::names_are_free(&names, Some(id), &known)?;
            let former = store::former(tx, id)?;
            // The same form sent twice has renamed it once.
            let again = former.first().is_some_and(|last| names == now && crate::base::days::add(last.until, 1) == from);
            if again {
                return Ok(());
            }
            let until = schools::rename(&names, from, &now, &former, tx.today())?;
            Ok(store::rename(tx, &old, &names, until)?)
        })
        .await;
    match saved {
        Ok(()) => Ok(done(&member, id, "renamed")),
        Err(Stop::Refused(errors)) => Ok(page(&member, &record(&app, &member, id).await?, &typed, &errors)),
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
