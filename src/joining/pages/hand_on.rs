//! When a science lead or a deputy leaves: everything in that name at the school on one page, and who takes it over, in one
//! transaction. `GET` and `POST /c/{cluster}/people/{person}/hand-on`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::EmailAddress;
use crate::base::ids::{PersonId, RoleId};
use crate::bookings::pages::beside;
use crate::bookings::store::keepers::Kept;
use crate::db::Stop;
use crate::joining::acts::{self, Chosen, Sheet, Wish};
use crate::joining::pages::forms::EndForm;
use crate::joining::pages::invite::sender;
use crate::joining::{self, HandOnRefusal};
use crate::people::giving::RoleRefusal;
use crate::people::{Member, RoleKind};
use crate::web::answer::{answer, see_other};
use crate::web::forms::{Errors, choice, csrf_field, error_summary, field, hidden, radios, stop};
use crate::web::guard::Posted;
use crate::web::page::{self, Nav, form_page};
use crate::web::parts::{back, head, icon};
use crate::web::{App, Error};

/// Which role, when a person leads several schools.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Which {
    role: String,
}

/// Who takes over, and when the role ends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct HandOnForm {
    role: String,
    successor: String,
    name: String,
    email: String,
    #[serde(flatten)]
    end: EndForm,
}

impl HandOnForm {
    /// The role that is named.
    fn role(&self) -> Result<Option<RoleId>, Error> {
        if self.role.is_empty() { Ok(None) } else { self.role.parse().map(Some).map_err(|_| Error::NotFound) }
    }

    /// What is wished.
    fn read(&self) -> Result<Result<Wish, Errors>, Error> {
        let (role, mut errors) = (self.role()?, Errors::new());
        let successor = match self.successor.as_str() {
            "school" => Some(Chosen::School),
            "new" => {
                let name = errors.check("name", joining::name(&self.name));
                let email = errors.check("email", self.email.parse::<EmailAddress>());
                name.zip(email).map(|(name, email)| Chosen::New { name, email })
            }
            chosen => errors.check("successor", chosen.parse().map_err(|_| HandOnRefusal::Nobody)).map(Chosen::Lead),
        };
        let until = self.end.until(&mut errors);
        Ok(successor.zip(until).map(|(successor, until)| Wish { role, successor, until }).ok_or(errors))
    }
}

/// The coordinator, or whoever leaves.
fn may(member: &Member, person: PersonId) -> Result<(), Error> {
    if member.is(RoleKind::Coordinator) || member.person == person {
        return Ok(());
    }
    Err(Error::NotAllowed(RoleRefusal::NotYours.words()))
}

/// The page with everything in somebody's name.
///
/// # Errors
/// When the person leads nothing here.
pub async fn form(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, PersonId)>,
    query: web::Query<Which>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    may(&member, id)?;
    let form = HandOnForm { role: query.into_inner().role, end: EndForm::on(member.today()), ..HandOnForm::default() };
    show(&app, &member, id, &form, Errors::new()).await
}

/// A booking's copy, as it is named wherever its tag stands.
fn named(sheet: &Sheet, item: &Kept) -> Markup {
    let words = html! { (item.name) " (" (item.tag) ")" };
    match sheet.besides.get(&item.slot.copy) {
        Some(standing) => beside(&standing.beside_loan(&item.slot), words),
        None => words,
    }
}

async fn show(app: &App, member: &Member, id: PersonId, form: &HandOnForm, mut errors: Errors) -> Result<HttpResponse, Error> {
    let role = form.role()?;
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, id, role)?)).await?;
    // Who corrects the rest hears of a day that does not fit, too.
    if let Some(until) = form.end.until(&mut Errors::new()).filter(|_| !errors.is_empty())
        && let Err(refusal) = joining::end(&sheet.role, until, member.today())
    {
        errors.add(refusal.field(), refusal.to_string());
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer(status, &form_page(&member.shell(Nav::Cluster), "Hand on", !errors.is_empty(), &main(member, &sheet, form, &errors))))
}

fn main(member: &Member, sheet: &Sheet, form: &HandOnForm, errors: &Errors) -> Markup {
    let here = format!("{}/people/{}", member.base(), sheet.leaver.id);
    let school = &sheet.school.1;
    let mut successors: Vec<_> = sheet
        .others
        .iter()
        .map(|person| {
            let mut one = choice(person.id.to_string(), &person.name);
            one.hint = format!("Is a science lead of {school} already");
            one
        })
        .collect();
    let mut new = choice("new", "Somebody new");
    new.hint = "Gets an invitation to this role. Fill in name and address below.".into();
    let mut nobody = choice("school", format!("{school}, until somebody is named"));
    nobody.hint = "The coordinator is told. Whoever gets the role next takes over.".into();
    successors.extend([new, nobody]);
    html! {
        (back(&here, &sheet.leaver.name))
        (error_summary(errors))
        (head("Hand on", html! { (sheet.leaver.name) " leaves as " (sheet.role.words()) }, html! {}))
        section.panel.card {
            h2 { "In this name" }
            @if sheet.items.is_empty() && sheet.waits.is_empty() { p { "Nothing: no loan to come, no box that is out, no place on a waiting list." } }
            @else {
                ul.links {
                    @for item in &sheet.items {
                        li { div {
                            a href={ (member.base()) "/bookings/" (item.slot.id) } { (named(sheet, item)) }
                            small { (item.slot.days) @if item.slot.is_out() { ", " (icon("package-open")) " out now" } }
                        } }
                    }
                    @for one in &sheet.waits {
                        li { div {
                            a href={ (member.base()) "/waits/" (one.wait.id) } { (one.name) }
                            small { (one.wait.days) ", " (icon("clock")) " on the waiting list" }
                        } }
                    }
                }
            }
        }
        section.panel.card {
            form.form method="post" action={ (here) "/hand-on" } novalidate {
                (csrf_field(member.csrf()))
                (hidden("role", &sheet.role.id.to_string()))
                (radios("successor", "Who takes over?", "Who booked it stays in the record.", &form.successor, errors, &successors))
                (field("name", "Name of somebody new", &form.name).optional().text(errors))
                (field("email", "E-mail address of somebody new", &form.email).optional().email().text(errors))
                (form.end.fields(errors))
                div.acts { (stop("Hand on and end the role")) a.btn href=(here) { "Cancel" } }
            }
        }
    }
}

/// Hands everything on and ends the role.
///
/// # Errors
/// When the person leads nothing here.
pub async fn hand_on(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, PersonId)>,
    form: Posted<HandOnForm>,
) -> Result<HttpResponse, Error> {
    let (id, Posted(form)) = (path.into_inner().1, form);
    may(&member, id)?;
    let (sender, own) = (sender(&member), member.person == id);
    let wish = match form.read()? {
        Ok(wish) => wish,
        Err(errors) => return show(&app, &member, id, &form, errors).await,
    };
    match app.db.write(member.scope(), move |tx| acts::hand_on(tx, id, &wish, &sender)).await {
        Err(Stop::Refused(refusals)) => {
            if let Some(HandOnRefusal::Role(refusal)) = refusals.first() {
                return Err(Error::NotAllowed(refusal.words()));
            }
            let mut errors = Errors::new();
            for refusal in refusals {
                errors.add(refusal.field(), refusal.to_string());
            }
            show(&app, &member, id, &form, errors).await
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
        Ok(gone) => {
            if own && gone {
                let main = html! {
                    (head("Thank you, it is handed on", html! {}, html! {}))
                    div.panel.card { p { "Your role has ended. An e-mail that lists what was handed on is on its way to you." } }
                };
                return Ok(answer(StatusCode::OK, &page::outside("Handed on", app.site.demo, false, &main)));
            }
            Ok(see_other(&format!("{}/people?done=handed_on", member.base())))
        }
    }
}
