//! The clusters themselves: a director's table of them on `/`, `GET` and `POST /clusters/new`, and what is said of one:
//! `GET` and `POST /c/{cluster}/about`.

pub mod changes;
pub mod set_up;
pub mod settings;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::{clock, days};
use crate::clusters::pages::set_up::{FoundingForm, about_fields, read_about, since_words};
use crate::clusters::store::{self as rows, Stored};
use crate::clusters::{NotCreated, acts};
use crate::db::{Scope, Stop};
use crate::people::giving;
use crate::people::pages::tabs::{Tab, tabs};
use crate::people::store::roles;
use crate::people::{ClusterMaker, Overseer, RoleKind, SignedIn};
use crate::web::answer::{html_page, see_other, unkept};
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Posted};
use crate::web::page::{self, Nav};
use crate::web::parts::{Tone, back, banner, head, row, summary};
use crate::web::{App, Error};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/about", get().to(about))
        .route("/about", post().to(change))
        .route("/settings", get().to(settings::show))
        .route("/settings", post().to(settings::save))
        .route("/changes", get().to(changes::show))
        .route("/changes.csv", get().to(changes::file));
}

/// The room's addresses outside of any cluster.
pub fn outside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/set-up/{token}", get().to(set_up::form))
        .route("/set-up/{token}", post().to(set_up::set_up))
        .route("/clusters/new", get().to(form))
        .route("/clusters/new", post().to(create));
}

/// `GET /clusters/new`.
pub async fn form(app: web::Data<App>, who: ClusterMaker) -> HttpResponse {
    answer(&app, &who, &FoundingForm::fresh(clock::today(app.clock.now())), &Errors::new())
}

fn answer(app: &App, who: &SignedIn, form: &FoundingForm, errors: &Errors) -> HttpResponse {
    let main = html! {
        (back("/", "Back to your clusters"))
        (head("New cluster", "You become its programme director. The coordinator gets an e-mail and does the rest.", html! {}))
        (forms::error_summary(errors))
        div.panel.card.form {
            form method="post" action="/clusters/new" novalidate {
                (guard::field(&who.csrf))
                (form.cluster_fields(errors))
                h2 { "The coordinator" }
                (form.person_fields("Name of the coordinator", "E-mail address of the coordinator", "A welcome e-mail goes to it.", errors))
                (forms::submit("Create the cluster"))
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    unkept(status).body(page::outside("New cluster", app.site.demo, !errors.is_empty(), &main).into_string())
}

/// `POST /clusters/new`: the cluster, its lead school, both roles and the letter in one transaction.
///
/// # Errors
/// When the database cannot be used.
pub async fn create(app: web::Data<App>, who: ClusterMaker, form: Posted<FoundingForm>) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    let founding = match form.read() {
        Ok(founding) => founding,
        Err(errors) => return Ok(answer(&app, &who, &form, &errors)),
    };
    let there = format!("/c/{}/about?done=created", founding.slug);
    let director = who.person.id;
    match app.db.write(Scope::of_house(who.actor()), move |tx| acts::create(tx, &founding, director)).await {
        Ok(()) => Ok(see_other(&there)),
        Err(Stop::Refused(NotCreated::Typed(taken))) => Ok(answer(&app, &who, &form, &Errors::one("slug", taken.to_string()))),
        Err(Stop::Refused(NotCreated::May(refusal))) => Err(Error::NotAllowed(refusal.words())),
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

/// What `/c/{cluster}/about` is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct AboutQuery {
    #[serde(default)]
    done: String,
}

/// What can be changed of a cluster.
#[derive(Debug, Default, Deserialize)]
pub struct AboutForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    cohort_year: String,
    #[serde(default)]
    nation: String,
}

/// `GET /c/{cluster}/about`.
///
/// # Errors
/// When the database cannot be read.
pub async fn about(app: web::Data<App>, who: Overseer, query: web::Query<AboutQuery>) -> Result<HttpResponse, Error> {
    let (stored, founds) = stored(&app, &who).await?;
    let form = AboutForm {
        name: stored.about.name.clone(),
        cohort_year: stored.about.cohort_year.map(|year| year.to_string()).unwrap_or_default(),
        nation: stored.about.nation.to_string(),
    };
    Ok(html_page(about_page(&who, (&stored, founds), &form, &Errors::new(), &query.done)))
}

/// What is said of the cluster, and whether this person may create another one.
async fn stored(app: &App, who: &Overseer) -> Result<(Stored, bool), Error> {
    let (person, director) = (who.person, who.is(RoleKind::Director));
    app.db
        .read(who.scope(), move |tx| {
            let founds = director && giving::may_found(&roles::standing(&mut tx.house(), person)?).is_ok();
            Ok::<_, Error>((rows::about(tx)?, founds))
        })
        .await
}

fn about_page(who: &Overseer, (stored, founds): (&Stored, bool), form: &AboutForm, errors: &Errors, done: &str) -> Markup {
    let main = html! {
        (head("About the cluster", html! { (stored.about.name) }, html! { @if founds { a.btn href="/clusters/new" { "New cluster" } } }))
        (tabs(who, Tab::About))
        @match done {
            "set-up" => (banner(Tone::Good, "Boxrota is set up", html! { p { "You are signed in, and the coordinator of this cluster. Next, add the other schools and their people, and the dates of the school year." } })),
            "created" => (banner(Tone::Good, "The cluster is created", html! { p { "You are its programme director. A welcome e-mail is on its way to the coordinator." } })),
            "changed" => (banner(Tone::Good, "The cluster is changed", html! {})),
            _ => {},
        }
        (forms::error_summary(errors))
        section.panel.card {
            (summary(&[
                row("Short name", &who.cluster.slug),
                row("Lead school", since_words(stored.lead.as_ref())),
                row("In Boxrota since", days::long(stored.created_on)),
            ]))
            p.hint { "The short name stays as it is, because the addresses of pages and calendars hold it." }
        }
        section.panel.card.form {
            h2 { "Change it" }
            form method="post" action={ (who.base()) "/about" } novalidate {
                (who.csrf_field())
                (about_fields(&form.name, &form.cohort_year, &form.nation, errors))
                (forms::submit("Save"))
            }
        }
    };
    page::form_page(&who.shell(Nav::Cluster), "About the cluster", !errors.is_empty(), &main)
}

/// `POST /c/{cluster}/about`.
///
/// # Errors
/// When the database cannot be used.
pub async fn change(app: web::Data<App>, who: Overseer, form: Posted<AboutForm>) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    let mut errors = Errors::new();
    let Some(about) = read_about(&form.name, &form.cohort_year, &form.nation, &mut errors) else {
        let (stored, founds) = stored(&app, &who).await?;
        return Ok(unkept(StatusCode::UNPROCESSABLE_ENTITY).body(about_page(&who, (&stored, founds), &form, &errors, "").into_string()));
    };
    app.db.write(who.scope(), move |tx| Ok::<_, Error>(rows::set_about(tx, &about)?)).await?;
    Ok(see_other(&format!("{}/about?done=changed", who.base())))
}
