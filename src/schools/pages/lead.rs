//! Another lead school, which holds the cluster's money. `GET` and `POST /c/{cluster}/schools/{school}/lead`.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{Screen, at, day_field, done, refused};
use crate::base::days;
use crate::base::ids::SchoolId;
use crate::db::Stop;
use crate::people::{Coordinator, Member};
use crate::schools::{self, Lead, Record, Typed, store};
use crate::web::forms::{Errors, submit};
use crate::web::guard::Posted;
use crate::web::{App, Error};

type Open = Option<(Lead, String)>;

/// The form.
///
/// # Errors
/// When the school is not there.
pub async fn form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, SchoolId)>) -> Result<HttpResponse, Error> {
    let (record, open) = read(&app, &member, path.into_inner().1).await?;
    Ok(page(&member, &record, &open, &Typed::default().with_day("from", member.today()), &Errors::new()))
}

/// Hands the lead on.
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
            let record = store::one(tx, id)?;
            let from = at("from", sent.day("from", "the first day as lead school").and_then(|day| schools::not_too_far(day, tx.today())))?;
            let open = store::leads(tx)?.into_iter().find(|(lead, _)| lead.to.is_none());
            // The same form sent twice has handed it on once.
            if open.as_ref().is_some_and(|(lead, _)| lead.school == id && lead.from == from) {
                return Ok(());
            }
            schools::lead(&record.school, from, open.as_ref().map(|(lead, name)| (lead, name.as_str()))).map_err(refused("from"))?;
            Ok(store::set_lead(tx, &record.school, from, open.as_ref())?)
        })
        .await;
    match saved {
        Ok(()) => Ok(done(&member, id, "lead")),
        Err(Stop::Refused(errors)) => {
            let (record, open) = read(&app, &member, id).await?;
            Ok(page(&member, &record, &open, &typed, &errors))
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

async fn read(app: &web::Data<App>, member: &Member, id: SchoolId) -> Result<(Record, Open), Error> {
    app.db
        .read(member.scope(), move |tx| {
            let record = store::one(tx, id)?;
            let open = store::leads(tx)?.into_iter().find(|(lead, _)| lead.to.is_none());
            Ok::<_, Error>((record, open))
        })
        .await
}

fn page(member: &Member, record: &Record, open: &Open, typed: &Typed, errors: &Errors) -> HttpResponse {
    let screen =
        Screen { record, title: "Make it the lead school", lead: html! {}, path: "lead", button: submit("Make it the lead school") };
    let fields = html! {
        p {
            "The lead school holds the cluster's money. "
            @match open {
                Some((lead, name)) => { b { (name) } " is lead school from " (days::long(lead.from)) ", until the day before the one that you enter." },
                None => "The cluster has none at the moment.",
            }
        }
        (day_field("from", "The first day as lead school", "For example 1 9 2026", typed, errors))
    };
    screen.answer(member, errors, &html! {}, &fields)
}
