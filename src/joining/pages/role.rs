//! Another role for somebody, and the end of one. The fields of a role are those of the invitation, too.

use actix_web::{HttpResponse, web};
use maud::html;

use super::person::answer;
use crate::base::days::{self, Day};
use crate::base::ids::{PersonId, RoleId};
use crate::db::Stop;
use crate::joining::pages::forms::{EndForm, RoleForm};
use crate::joining::{EndRefusal, acts};
use crate::people::giving::{self, By, Change, RoleRefusal};
use crate::people::store::roles;
use crate::people::{Overseer, RoleKind};
use crate::schools;
use crate::web::answer::see_other;
use crate::web::forms::{Errors, csrf_field, error_summary, stop, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{back, head, row, summary};
use crate::web::{App, Error};

/// The form for another role.
///
/// # Errors
/// When the person is not known here.
pub async fn add_form(app: web::Data<App>, member: Overseer, path: web::Path<(String, PersonId)>) -> Result<HttpResponse, Error> {
    let form = RoleForm::fresh(member.today());
    add_page(&app, &member, path.into_inner().1, &form, &Errors::new()).await
}

async fn add_page(app: &App, member: &Overseer, id: PersonId, form: &RoleForm, errors: &Errors) -> Result<HttpResponse, Error> {
    let (person, schools, answering) = app
        .db
        .read(member.scope(), move |tx| Ok::<_, Error>((roles::person(tx, id)?.0, schools::store::schools(tx)?, roles::answering(tx)?)))
        .await?;
    let givable = giving::givable(member.person, Some(id), &answering, member.today());
    let here = format!("{}/people/{id}", member.base());
    let main = html! {
        (back(&here, &person.name))
        (error_summary(errors))
        (head("Add a role", html! { (person.name) ", " (person.email) }, html! {}))
        section.panel.card {
            form.form method="post" action={ (here) "/roles" } novalidate {
                (csrf_field(member.csrf()))
                (form.fields(errors, &givable, &schools, member.today()))
                div.acts { (submit("Add the role")) a.btn href=(here) { "Cancel" } }
            }
        }
    };
    Ok(answer(errors, &form_page(&member.shell(Nav::Cluster), "Add a role", !errors.is_empty(), &main)))
}

/// Gives somebody another role. What waits at the school for a science lead comes with it.
///
/// # Errors
/// When the person is not known here.
pub async fn add(
    app: web::Data<App>,
    member: Overseer,
    path: web::Path<(String, PersonId)>,
    form: Posted<RoleForm>,
) -> Result<HttpResponse, Error> {
    let (id, Posted(form)) = (path.into_inner().1, form);
    let mut errors = Errors::new();
    let Some(offer) = form.offer(member.today(), &mut errors) else { return add_page(&app, &member, id, &form, &errors).await };
    match app.db.write(member.scope(), move |tx| acts::add_role(tx, id, &offer)).await {
        Ok(()) => Ok(see_other(&format!("{}/people/{id}?done=role", member.base()))),
        Err(Stop::Refused(refusal)) => add_page(&app, &member, id, &form, &Errors::one(refusal.field(), refusal.to_string())).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

type RolePath = web::Path<(String, PersonId, RoleId)>;

/// The form that ends a role.
///
/// # Errors
/// When it is not there.
pub async fn end_form(app: web::Data<App>, member: Overseer, path: RolePath) -> Result<HttpResponse, Error> {
    let (_, person, role) = path.into_inner();
    end_page(&app, &member, (person, role), &EndForm::on(member.today()), &Errors::new()).await
}

async fn end_page(
    app: &App,
    member: &Overseer,
    (id, role): (PersonId, RoleId),
    form: &EndForm,
    errors: &Errors,
) -> Result<HttpResponse, Error> {
    let (person, answering) = app.db.read(member.scope(), move |tx| Ok::<_, Error>((roles::known(tx, id)?, roles::answering(tx)?))).await?;
    let role = person.roles.into_iter().find(|one| one.id == role).ok_or(Error::NotFound)?;
    let (today, ever) = (member.today(), Change::End { role: &role, last: Day::MAX });
    let last_coordinator = match giving::may(By::Person(member.person), ever, &answering, today) {
        Err(refusal @ RoleRefusal::LastCoordinator) => Some(refusal),
        Err(refusal) => return Err(Error::NotAllowed(refusal.words())),
        Ok(()) => None,
    };
    let director_besides = answering.iter().any(|one| one.kind == RoleKind::Director && one.id != role.id && one.is_on(today));
    let here = format!("{}/people/{id}", member.base());
    let main = html! {
        (back(&here, &person.name))
        (error_summary(errors))
        (head("End a role", &person.name, html! {}))
        section.panel.card {
            (summary(&[row("Role", role.words()), row("First day", days::long(role.from)), row("Last day", role.to.map_or_else(|| "None yet".to_owned(), days::long))]))
            @if let Some(refusal) = last_coordinator { p { (refusal) "." } }
            @if role.kind == RoleKind::Director && !director_besides {
                p { "Nobody else is programme director of this cluster, and only a director can give this role: once it has ended, nobody here can." }
            }
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
    Ok(answer(errors, &form_page(&member.shell(Nav::Cluster), "End a role", !errors.is_empty(), &main)))
}

/// Ends a role.
///
/// # Errors
/// When it is not there.
pub async fn end(app: web::Data<App>, member: Overseer, path: RolePath, form: Posted<EndForm>) -> Result<HttpResponse, Error> {
    let ((_, id, role), Posted(form)) = (path.into_inner(), form);
    let mut errors = Errors::new();
    let Some(until) = form.until(&mut errors) else { return end_page(&app, &member, (id, role), &form, &errors).await };
    match app.db.write(member.scope(), move |tx| acts::end_role(tx, id, role, until)).await {
        // The person's own page may be gone: a role that never counted was the last there was.
        Ok(()) => Ok(see_other(&format!("{}/people?done=ended", member.base()))),
        Err(Stop::Refused(EndRefusal::Role(refusal))) if refusal != RoleRefusal::LastCoordinator => Err(Error::NotAllowed(refusal.words())),
        Err(Stop::Refused(refusal)) => {
            let errors = Errors::one(refusal.field(), refusal.to_string());
            end_page(&app, &member, (id, role), &form, &errors).await
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}
