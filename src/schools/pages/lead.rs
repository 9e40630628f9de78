//! Another lead school, which holds the cluster's money. `GET` and `POST /c/{cluster}/schools/{school}/lead`.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{Screen, at, day_field, done};
use crate::base::days;
use crate::base::ids::SchoolId;
use crate::db::Stop;
use crate::people::{Coordinator, Member};
use crate::schools::{self, Lead, Record, Typed, acts, store};
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
    let from = typed.day("from", "the first day as lead school").and_then(|day| schools::not_too_far(day, member.today()));
    let from = match at("from", from) {
        Ok(from) => from,
        Err(errors) => return again(&app, &member, id, &typed, &errors).await,
    };
    match app.db.write(member.scope(), move |tx| acts::hand_lead(tx, id, from)).await {
        Ok(()) => Ok(done(&member, id, "lead")),
        Err(Stop::Refused(refusal)) => again(&app, &member, id, &typed, &("from", refusal).into()).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// The form with what is wrong.
async fn again(app: &web::Data<App>, member: &Member, id: SchoolId, typed: &Typed, errors: &Errors) -> Result<HttpResponse, Error> {
    let (record, open) = read(app, member, id).await?;
    Ok(page(member, &record, &open, typed, errors))
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
