//! One person in the cluster: how to reach them and as what; for the coordinator also roles past and to come, and what can be
//! done about them. `GET /c/{cluster}/people/{person}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days::{self, Day};
use crate::base::ids::PersonId;
use crate::clusters::pages::changes::history;
use crate::clusters::store::log;
use crate::joining::{self, acts};
use crate::people::giving;
use crate::people::pages::reach;
use crate::people::store::roles::{self, Known};
use crate::people::{Coordinator, Held, Member, RoleKind};
use crate::web::answer::{html_page, see_other, unkept};
use crate::web::forms::{Errors, csrf_field, error_summary, field, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page, page};
use crate::web::parts::{Tone, back, banner, head, icon, pill, row, summary, table_or_cards};
use crate::web::{App, Error};

/// What was done on the page before, as a word.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    /// The word.
    pub done: String,
}

/// A page with a form: 422 when something is wrong.
pub(crate) fn answer(errors: &Errors, page: &Markup) -> HttpResponse {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    unkept(status).body(page.0.clone())
}

/// Shows a person.
///
/// # Errors
/// When nobody like that has a role here; for who is not the coordinator, none today.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, PersonId)>,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    let (id, today) = (path.into_inner().1, member.today());
    let (coordinator, answers) = (member.is(RoleKind::Coordinator), member.roles.iter().any(|role| role.kind.answers()));
    let (Known { name, email, phone, roles }, lines, answering) = app
        .db
        .read(member.scope(), move |tx| {
            let lines = if coordinator { log::history(tx, "people", &id)? } else { Vec::new() };
            let answering = if answers { roles::answering(tx)? } else { Vec::new() };
            Ok::<_, Error>((roles::known(tx, id)?, lines, answering))
        })
        .await?;
    let now: Vec<&Held> = roles.iter().filter(|role| role.is_on(today)).collect();
    if now.is_empty() && !answers {
        return Err(Error::NotFound);
    }
    let here = format!("{}/people/{id}", member.base());
    let left = email.is_none();
    let leads: Vec<_> = roles.iter().filter(|role| role.kind.leads() && role.to.is_none_or(|to| to >= today)).collect();
    let leads = if coordinator || id == member.person { leads } else { Vec::new() };
    let gives = !left && answers && !giving::givable(member.person, Some(id), &answering, today).is_empty();
    let main = html! {
        (back(&format!("{}/people", member.base()), "People and schools"))
        (head(&name, html! { @if let Some(email) = &email { (reach(email, &phone)) } @else { "Has left the cluster" } }, html! {}))
        @match query.done.as_str() {
            "role" => (banner(Tone::Good, "The role is added", html! { p { "It counts from its first day on." } })),
            "name" => (banner(Tone::Good, "The name is corrected", html! { p { "It is shown everywhere from now on." } })),
            _ => {},
        }
        section.panel.card {
            h2 { "Roles today" }
            @if now.is_empty() { p { "None." } } @else { (summary(&now.iter().map(|role| row(role.kind.words(), place(role))).collect::<Vec<_>>())) }
            @if left { p.hint { "What was done here in this name stays. Whoever comes back is invited with the address of today." } }
        }
        @if gives || coordinator && !left || !leads.is_empty() {
            section.panel.card aria-labelledby="do" {
                h2 #do { "What you can do" }
                div.verbs {
                    @if gives { a.btn href={ (here) "/roles" } { (icon("plus")) "Add a role" } }
                    @if coordinator && !left { a.btn href={ (here) "/name" } { (icon("pencil")) "Correct the name" } }
                    @for role in leads { a.btn href={ (here) "/hand-on?role=" (role.id) } { (icon("repeat")) "Hand on: " (role.words()) } }
                }
            }
        }
        @if answers {
            section.panel.card { h2 { "All roles" } (all(&roles, &here, today, &|role| giving::endable(member.person, role, &answering, today))) }
            (history(&lines))
        }
    };
    Ok(html_page(page(&member.shell(Nav::Cluster), &name, &main)))
}

fn place(role: &Held) -> String {
    role.school.as_ref().map_or_else(|| "For the whole cluster".to_owned(), |school| school.short_name.clone())
}

fn all(roles: &[Held], here: &str, today: Day, may_end: &dyn Fn(&Held) -> bool) -> Markup {
    table_or_cards(
        "All roles, newest first",
        &["Role", "First day", "Last day", "How it stands", "What you can do"],
        html! {
            @for role in roles {
                @let over = role.to.is_some_and(|to| to < today);
                tr {
                    th scope="row" { (role.words()) }
                    td data-h="First day" { (days::long(role.from)) }
                    td data-h="Last day" { (role.to.map_or_else(|| "None yet".to_owned(), days::long)) }
                    td data-h="How it stands" {
                        @if over { (pill(Tone::Plain, "Over")) } @else if role.from > today { (pill(Tone::Plain, "To come")) } @else { (pill(Tone::Good, "Today")) }
                    }
                    td data-h="What you can do" { @if over || !may_end(role) { "Nothing" } @else { a href={ (here) "/roles/" (role.id) "/end" } { "End it" span.vh { " " (role.words()) } } } }
                }
            }
        },
    )
}

/// A name, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NameForm {
    name: String,
}

/// The form that corrects a name.
///
/// # Errors
/// When the person is not known here.
pub async fn name_form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, PersonId)>) -> Result<HttpResponse, Error> {
    name_page(&app, &member, path.into_inner().1, None, &Errors::new()).await
}

async fn name_page(app: &App, member: &Coordinator, id: PersonId, typed: Option<&str>, errors: &Errors) -> Result<HttpResponse, Error> {
    let (person, _) = app.db.read(member.scope(), move |tx| Ok::<_, Error>(roles::person(tx, id)?)).await?;
    let here = format!("{}/people/{id}", member.base());
    let main = html! {
        (back(&here, &person.name))
        (error_summary(errors))
        (head("Correct the name", &person.email, html! {}))
        section.panel.card {
            form.form method="post" action={ (here) "/name" } novalidate {
                (csrf_field(member.csrf()))
                (field("name", "Name", typed.unwrap_or(&person.name)).hint("It changes in every cluster this person is in.").text(errors))
                div.acts { (submit("Save the name")) a.btn href=(here) { "Cancel" } }
            }
        }
    };
    Ok(answer(errors, &form_page(&member.shell(Nav::Cluster), "Correct the name", !errors.is_empty(), &main)))
}

/// Corrects a name.
///
/// # Errors
/// When the person is not known here.
pub async fn rename(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, PersonId)>,
    form: Posted<NameForm>,
) -> Result<HttpResponse, Error> {
    let (id, Posted(form)) = (path.into_inner().1, form);
    let name = match joining::name(&form.name) {
        Ok(name) => name,
        Err(fault) => return name_page(&app, &member, id, Some(&form.name), &Errors::one("name", fault)).await,
    };
    let here = member.cluster.id;
    app.db.write(member.scope().on_people(), move |tx| acts::rename(tx, here, id, &name)).await?;
    Ok(see_other(&format!("{}/people/{id}?done=name", member.base())))
}
