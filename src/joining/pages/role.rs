//! Another role for somebody, and the end of one. The fields of a role are those of the invitation, too.

use actix_web::{HttpResponse, web};
use maud::html;

use super::person::answer;
use crate::base::days::{self};
use crate::base::ids::{PersonId, RoleId};
use crate::db;
use crate::joining::pages::forms::{EndForm, RoleForm};
use crate::joining::{self, self as invitations, acts};
use crate::people::store::roles;
use crate::people::{self, Coordinator, Held};
use crate::schools::{self};
use crate::web::answer::see_other;
use crate::web::forms::{self, Errors, csrf_field, error_summary, stop, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{back, head, row, summary};
use crate::web::{App, Error};

/// The form for another role.
///
/// # Errors
/// When the person is not known here.
pub async fn add_form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, PersonId)>) -> Result<HttpResponse, Error> {
    let form = RoleForm::fresh(member.today());
    add_page(&app, &member, path.into_inner().1, &form, &Errors::new()).await
}

async fn add_page(app: &App, member: &Coordinator, id: PersonId, form: &RoleForm, errors: &Errors) -> Result<HttpResponse, Error> {
    let (person, schools) =
        app.db.read(member.scope(), move |tx| Ok::<_, Error>((roles::person(tx, id)?.0, schools::store::schools(tx)?))).await?;
    let here = format!("{}/people/{id}", member.base());
    let main = html! {
        (back(&here, &person.name))
        (error_summary(errors))
        (head("Add a role", html! { (person.name) ", " (person.email) }, html! {}))
        section.panel.card {
            form.form method="post" action={ (here) "/roles" } novalidate {
                (csrf_field(member.csrf()))
                (form.fields(errors, &schools, member.today()))
                div.acts { (submit("Add the role")) a.btn href=(here) { "Cancel" } }
            }
        }
    };
    Ok(answer(errors, &form_page(&member.shell(Nav::People), "Add a role", !errors.is_empty(), &main)))
}

/// Gives somebody another role. What waits at the school for a science lead comes with it.
///
/// # Errors
/// When the person is not known here.
pub async fn add(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, PersonId)>,
    form: Posted<RoleForm>,
) -> Result<HttpResponse, Error> {
    let (id, Posted(form), today) = (path.into_inner().1, form, member.today());
    let typed = form.clone();
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let roles = roles::person(tx, id)?.1;
            let schools = schools::store::schools(tx)?;
            let mut errors = Errors::new();
            let Some(offer) = typed.offer(today, &schools, &mut errors) else { return Ok::<_, Error>(Err(errors)) };
            if invitations::already(&roles, &offer) {
                return Ok(Err(Errors::one("role", ALREADY)));
            }
            let school = schools.iter().find(|school| Some(school.id) == offer.school).map(|school| school.short_name.clone());
            roles::add(tx, id, &offer, school.as_deref())?;
            acts::give_what_waits(tx, id, &offer)?;
            Ok(Ok(()))
        })
        .await?;
    match done {
        Ok(()) => Ok(see_other(&format!("{}/people/{id}?done=role", member.base()))),
        Err(errors) => add_page(&app, &member, id, &form, &errors).await,
    }
}

/// Said where somebody has the very same role.
pub const ALREADY: &str = "This person has this role already on these days";

type RolePath = web::Path<(String, PersonId, RoleId)>;

/// The form that ends a role.
///
/// # Errors
/// When it is not there.
pub async fn end_form(app: web::Data<App>, member: Coordinator, path: RolePath) -> Result<HttpResponse, Error> {
    let (_, person, role) = path.into_inner();
    end_page(&app, &member, (person, role), &EndForm::on(member.today()), &Errors::new()).await
}

async fn end_page(
    app: &App,
    member: &Coordinator,
    (id, role): (PersonId, RoleId),
    form: &EndForm,
    errors: &Errors,
) -> Result<HttpResponse, Error> {
    let (person, roles) = app.db.read(member.scope(), move |tx| Ok::<_, Error>(roles::person(tx, id)?)).await?;
    let role = found(roles, role)?;
    let here = format!("{}/people/{id}", member.base());
    let main = html! {
        (back(&here, &person.name))
        (error_summary(errors))
        (head("End a role", &person.name, html! {}))
        section.panel.card {
            (summary(&[row("Role", role.words()), row("First day", days::long(role.from)), row("Last day", role.to.map_or_else(|| "None yet".to_owned(), days::long))]))
            @if role.kind.leads() {
                p { "Are there loans in this person’s name? " a href={ (here) "/hand-on?role=" (role.id) } { "Hand on the role and its loans" } " instead: then nothing is left behind." }
            }
            form.form method="post" action={ (here) "/roles/" (role.id) "/end" } novalidate {
                (csrf_field(member.csrf()))
                (form.fields(errors))
                div.acts { (stop("End the role")) a.btn href=(here) { "Keep it" } }
            }
        }
    };
    Ok(answer(errors, &form_page(&member.shell(Nav::People), "End a role", !errors.is_empty(), &main)))
}

fn found(roles: Vec<Held>, id: RoleId) -> db::Result<Held> {
    roles.into_iter().find(|role| role.id == id).ok_or(db::Error::NotFound)
}

/// Ends a role.
///
/// # Errors
/// When it is not there.
pub async fn end(app: web::Data<App>, member: Coordinator, path: RolePath, form: Posted<EndForm>) -> Result<HttpResponse, Error> {
    let ((_, id, role), Posted(form)) = (path.into_inner(), form);
    let mut errors = Errors::new();
    let Some(until) = form.until(&mut errors) else { return end_page(&app, &member, (id, role), &form, &errors).await };
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let role = found(roles::of_person(tx, id)?, role)?;
            let coordinators = roles::coordinators(tx)?;
            match joining::end(&role, until, tx.today(), &coordinators) {
                // Pressed twice: the second time there is nothing to do.
                Ok(people::End::On(day)) if role.to == Some(day) => Ok::<_, Error>(Ok(())),
                Ok(end) => Ok(Ok(roles::end(tx, &role, end)?)),
                Err(refusal) => Ok(Err(refusal)),
            }
        })
        .await?;
    match done {
        // The person's own page may be gone: a role that never counted was the last there was.
        Ok(()) => Ok(see_other(&format!("{}/people?done=ended", member.base()))),
        Err(refusal) => {
            let place = if matches!(refusal, joining::EndRefusal::Past | joining::EndRefusal::BeforeStart(_)) { "last" } else { "when" };
            let errors = forms::Errors::one(place, refusal.to_string());
            end_page(&app, &member, (id, role), &form, &errors).await
        }
    }
}
