//! Adding a school to the cluster. `GET` and `POST /c/{cluster}/schools/new`.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{day_field, done, fact_fields, html_answer, name_fields};
use crate::db::Stop;
use crate::people::{Coordinator, Member};
use crate::schools::{Typed, acts, store};
use crate::web::forms::{Errors, csrf_field, error_summary, submit};
use crate::web::guard::Posted;
use crate::web::parts::{back, head};
use crate::web::{App, Error};

/// The form.
///
/// # Errors
/// When the database cannot be read.
pub async fn form(app: web::Data<App>, member: Coordinator) -> Result<HttpResponse, Error> {
    let typed = Typed::default().with_day("joined", member.today());
    Ok(page(&member, &typed, england(&app, &member).await?, &Errors::new()))
}

/// Adds the school.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(app: web::Data<App>, member: Coordinator, form: Posted<Typed>) -> Result<HttpResponse, Error> {
    let typed = form.0;
    let sent = typed.clone();
    match app.db.write(member.scope(), move |tx| acts::add(tx, &sent)).await {
        Ok(id) => Ok(done(&member, id, "added")),
        Err(Stop::Refused(errors)) => Ok(page(&member, &typed, england(&app, &member).await?, &errors)),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// Whether the cluster is in England, where a school's number has six digits.
async fn england(app: &web::Data<App>, member: &Member) -> Result<bool, Error> {
    app.db.read(member.scope(), |tx| Ok::<_, Error>(store::known(tx)?.1)).await
}

fn page(member: &Member, typed: &Typed, england: bool, errors: &Errors) -> HttpResponse {
    let people = format!("{}/people", member.base());
    let main = html! {
        (back(&people, "People and schools"))
        (error_summary(errors))
        (head("Add a school", html! { "It can borrow from the day it joins. Invite its science lead next." }, html! {}))
        section.panel.card {
            form.form method="post" action={ (member.base()) "/schools/new" } novalidate {
                (csrf_field(member.csrf()))
                (name_fields(typed, errors))
                (fact_fields(typed, england, "Two or three letters for the calendar. Leave it empty and we choose from the short name", errors))
                (day_field("joined", "The day it joins the cluster", "For example 1 9 2026. A day in the past is fine", typed, errors))
                div.acts { (submit("Add the school")) a.btn href=(people) { "Do not add it" } }
            }
        }
    };
    html_answer(member, "Add a school", errors, &main)
}
