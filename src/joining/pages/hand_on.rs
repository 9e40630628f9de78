//! When a science lead or a deputy leaves: everything in that name at the school on one page, and who takes it over, in one
//! transaction. `GET` and `POST /c/{cluster}/people/{person}/hand-on`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::EmailAddress;
use crate::base::ids::PersonId;
use crate::bookings::pages::{answer, see_other};
use crate::db::{self, Tx};
use crate::joining::acts::{self, Sender, Sheet, Successor, carry_out};
use crate::joining::letters::HandOn;
use crate::joining::pages::forms::EndForm;
use crate::joining::{self, self as invitations, EndRefusal, Until, Wanted};
use crate::mail::store as outbox;
use crate::people::store::roles;
use crate::people::{End, Member, Offer, RoleKind};
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

/// The coordinator, or whoever leaves.
fn may(member: &Member, person: PersonId) -> Result<(), Error> {
    if member.is(RoleKind::Coordinator) || member.person == person {
        return Ok(());
    }
    Err(Error::NotAllowed("Only the coordinator, or who leaves, can hand this on."))
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
    show(&app, &member, id, &form, &Errors::new()).await
}

async fn show(app: &App, member: &Member, id: PersonId, form: &HandOnForm, errors: &Errors) -> Result<HttpResponse, Error> {
    let role = form.role.clone();
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, id, &role)?)).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(answer(status, &form_page(&member.shell(Nav::People), "Hand on", !errors.is_empty(), &main(member, &sheet, form, errors))))
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
                            a href={ (member.base()) "/bookings/" (item.slot.id) } { (item.name) " (" (item.tag) ")" }
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
    let (typed, sender, own) = (form.clone(), Sender::new(&member), member.person == id);
    let (cluster, url) = (member.cluster.name.clone(), format!("{}/loans", member.base()));
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let sheet = Sheet::read(tx, id, &typed.role)?;
            let (successor, until, end) = match decide(tx, &sheet, &typed)? {
                Ok(decided) => decided,
                Err(errors) => return Ok::<_, Error>(Err(errors)),
            };
            let hand = HandOn {
                id: sheet.role.id,
                role: sheet.role.words(),
                school: sheet.school.1.clone(),
                leaver: sheet.leaver.name.clone(),
                successor: match &successor {
                    Successor::Lead(person) => Some(person.name.clone()),
                    Successor::New(wanted) => Some(wanted.name.clone()),
                    Successor::School => None,
                },
                key: match &successor {
                    Successor::Lead(person) => person.id.to_string(),
                    Successor::New(_) => "new".to_owned(),
                    Successor::School => "school".to_owned(),
                },
                invited: matches!(successor, Successor::New(_)),
                last: match until {
                    Until::Now => None,
                    Until::Day(day) => Some(day),
                },
                items: sheet.facts(),
                cluster,
                url: tx.link(&url),
            };
            let fresh = sheet.leaver.recipient().map(|to| outbox::enqueue(tx, &hand.to_leaver(to, tx.today()))).transpose()?;
            // The same form, pressed twice: its receipt is there already, and so is all that it says.
            if fresh != Some(false) || matches!(successor, Successor::New(_)) {
                carry_out(tx, &sheet, &hand, &successor, end, &sender, own)?;
            }
            Ok(Ok(roles::person_here(tx, id)?.is_none()))
        })
        .await?;
    match done {
        Err(errors) => show(&app, &member, id, &form, &errors).await,
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

type Decided = (Successor, Until, End);

/// Reads the form against what is there.
fn decide(tx: &mut Tx<'_>, sheet: &Sheet, typed: &HandOnForm) -> db::Result<Result<Decided, Errors>> {
    let mut errors = Errors::new();
    let successor = match typed.successor.as_str() {
        "school" => Some(Successor::School),
        "new" => {
            let name = errors.check("name", invitations::name(&typed.name));
            let email = errors.check("email", typed.email.parse::<EmailAddress>());
            let offer = Offer { kind: sheet.role.kind, school: Some(sheet.school.0), from: tx.today(), to: None };
            match name.zip(email).map(|(name, email)| Wanted { name, email, offer }) {
                Some(wanted) if wanted.email.as_str() == sheet.leaver.email => {
                    errors.add("email", "This is the address of who leaves. Enter that of who takes over");
                    None
                }
                Some(wanted) => match acts::in_the_way(tx, &wanted)? {
                    Some(why) => {
                        errors.add("email", why);
                        None
                    }
                    None => Some(Successor::New(wanted)),
                },
                None => None,
            }
        }
        chosen => {
            let lead = sheet.others.iter().find(|person| person.id.to_string() == chosen).cloned();
            errors.check("successor", lead.ok_or("Choose who takes over")).map(Successor::Lead)
        }
    };
    let until = typed.end.until(&mut errors);
    let end = until.and_then(|until| match joining::end(&sheet.role, until, tx.today(), &[]) {
        Ok(end) => Some((until, end)),
        Err(refusal) => {
            errors.add(if matches!(refusal, EndRefusal::Past | EndRefusal::BeforeStart(_)) { "last" } else { "when" }, refusal.to_string());
            None
        }
    });
    Ok(match (successor, end) {
        (Some(successor), Some((until, end))) => Ok((successor, until, end)),
        _ => Err(errors),
    })
}
