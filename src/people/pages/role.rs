//! Another role for somebody, and the end of one. The fields of a role are those of the invitation, too.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::person::answer;
use crate::base::days::{self, Day};
use crate::base::ids::{PersonId, RoleId, SchoolId};
use crate::bookings::pages::hand_on;
use crate::db;
use crate::people::handing_on::{self, Until};
use crate::people::invitations::{self, Offer};
use crate::people::roles::Held;
use crate::people::store::{self, held};
use crate::people::{Coordinator, RoleKind, School, Standing};
use crate::web::answer::see_other;
use crate::web::forms::{self, Errors, choice, csrf_field, day_month_year, error_summary, field, radios, stop, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{back, head, row, summary};
use crate::web::{App, Error};

/// What stands in the fields of a role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RoleForm {
    /// A kind of role.
    pub role: String,
    /// A school's id, or empty.
    pub school: String,
    #[serde(rename = "from-day")]
    from_day: String,
    #[serde(rename = "from-month")]
    from_month: String,
    #[serde(rename = "from-year")]
    from_year: String,
    #[serde(rename = "to-day")]
    to_day: String,
    #[serde(rename = "to-month")]
    to_month: String,
    #[serde(rename = "to-year")]
    to_year: String,
}

/// A day as its three boxes show it.
#[must_use]
pub fn boxes(day: Day) -> [String; 3] {
    [day.format("%-d").to_string(), day.format("%-m").to_string(), day.format("%Y").to_string()]
}

impl RoleForm {
    /// An empty form that begins today.
    #[must_use]
    pub fn fresh(today: Day) -> Self {
        let [from_day, from_month, from_year] = boxes(today);
        Self { from_day, from_month, from_year, ..Self::default() }
    }

    /// Reads the fields; what is wrong goes into `errors`.
    pub fn offer(&self, today: Day, schools: &[School], errors: &mut Errors) -> Option<Offer> {
        let kind = errors.check("role", self.role.parse::<RoleKind>().map_err(|_| "Choose a role"));
        let school = if self.school.is_empty() {
            Some(None)
        } else {
            let known = self.school.parse::<SchoolId>().ok().filter(|id| schools.iter().any(|school| school.id == *id));
            errors.check("school", known.ok_or("Choose a school from the list")).map(Some)
        };
        let school = match (kind, school) {
            (Some(kind), Some(school)) => errors.check("school", invitations::school_of(kind, school)),
            _ => None,
        };
        let first = invitations::day([&self.from_day, &self.from_month, &self.from_year]);
        let from = errors.check("from", first.and_then(|day| day.ok_or("Enter the first day, for example 1 9 2027")));
        let to = errors.check("to", invitations::day([&self.to_day, &self.to_month, &self.to_year]));
        let (kind, school, from, to) = (kind?, school?, from?, to?);
        if let Err((name, message)) = invitations::span(from, to, today) {
            errors.add(name, message);
            return None;
        }
        Some(Offer { kind, school, from, to })
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self, errors: &Errors, schools: &[School], today: Day) -> Markup {
        let mut kinds = vec![(String::new(), "Choose a role".to_owned())];
        kinds.extend(
            [RoleKind::Ssl, RoleKind::Deputy, RoleKind::Head, RoleKind::Bursar, RoleKind::Coordinator, RoleKind::Director]
                .map(|kind| (kind.to_string(), kind.words().to_owned())),
        );
        let mut places = vec![(String::new(), "For the whole cluster".to_owned())];
        places.extend(current(schools, today).map(|school| (school.id.to_string(), school.name.clone())));
        html! {
            (field("role", "Role", &self.role).select(errors, &kinds))
            (field("school", "School", &self.school).hint("Science leads, deputies and head teachers belong to a school.").select(errors, &places))
            (day_month_year("from", "First day", "", [&self.from_day, &self.from_month, &self.from_year], errors))
            (day_month_year("to", "Last day (optional)", "Leave it empty when the role goes on.", [&self.to_day, &self.to_month, &self.to_year], errors))
        }
    }
}

/// The schools that are members, or will be.
pub fn current(schools: &[School], today: Day) -> impl Iterator<Item = &School> {
    schools.iter().filter(move |school| !matches!(school.standing(today), Standing::Left(_) | Standing::Never))
}

/// The form for another role.
///
/// # Errors
/// When the person is not known here.
pub async fn add_form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, PersonId)>) -> Result<HttpResponse, Error> {
    let form = RoleForm::fresh(member.today());
    add_page(&app, &member, path.into_inner().1, &form, &Errors::new()).await
}

async fn add_page(app: &App, member: &Coordinator, id: PersonId, form: &RoleForm, errors: &Errors) -> Result<HttpResponse, Error> {
    let (person, schools) = app.db.read(member.scope(), move |tx| Ok::<_, Error>((held::person(tx, id)?.0, store::schools(tx)?))).await?;
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
            let roles = held::person(tx, id)?.1;
            let schools = store::schools(tx)?;
            let mut errors = Errors::new();
            let Some(offer) = typed.offer(today, &schools, &mut errors) else { return Ok::<_, Error>(Err(errors)) };
            if invitations::already(&roles, &offer) {
                return Ok(Err(Errors::one("role", ALREADY)));
            }
            let school = schools.iter().find(|school| Some(school.id) == offer.school).map(|school| school.short_name.clone());
            held::add(tx, id, &offer, school.as_deref())?;
            hand_on::give_what_waits(tx, id, &offer)?;
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

/// When a role ends, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    /// `now` or `day`.
    pub when: String,
    #[serde(rename = "last-day")]
    last_day: String,
    #[serde(rename = "last-month")]
    last_month: String,
    #[serde(rename = "last-year")]
    last_year: String,
}

impl EndForm {
    /// With this day.
    #[must_use]
    pub fn on(day: Day) -> Self {
        let [last_day, last_month, last_year] = boxes(day);
        Self { when: "day".into(), last_day, last_month, last_year }
    }

    /// Reads it.
    pub fn until(&self, errors: &mut Errors) -> Option<Until> {
        match self.when.as_str() {
            "now" => Some(Until::Now),
            "day" => {
                let day = invitations::day([&self.last_day, &self.last_month, &self.last_year]);
                errors.check("last", day.and_then(|day| day.ok_or("Enter the last day, for example 31 8 2027"))).map(Until::Day)
            }
            _ => {
                errors.add("when", "Choose when the role ends");
                None
            }
        }
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self, errors: &Errors) -> Markup {
        let mut now = choice("now", "Now");
        now.hint = "At once. Whoever has no other role is signed out on every device.".into();
        let mut day = choice("day", "At the end of a day");
        day.hint = "The role counts on its last day, too.".into();
        html! {
            (radios("when", "When does the role end?", "", &self.when, errors, &[day, now]))
            (day_month_year("last", "Last day", "Not needed when it ends now.", [&self.last_day, &self.last_month, &self.last_year], errors))
        }
    }
}

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
    let (person, roles) = app.db.read(member.scope(), move |tx| Ok::<_, Error>(held::person(tx, id)?)).await?;
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
            let role = found(held::of_person(tx, id)?, role)?;
            let coordinators = held::coordinators(tx)?;
            match handing_on::end(&role, until, tx.today(), &coordinators) {
                // Pressed twice: the second time there is nothing to do.
                Ok(handing_on::End::On(day)) if role.to == Some(day) => Ok::<_, Error>(Ok(())),
                Ok(end) => Ok(Ok(held::end(tx, &role, end)?)),
                Err(refusal) => Ok(Err(refusal)),
            }
        })
        .await?;
    match done {
        // The person's own page may be gone: a role that never counted was the last there was.
        Ok(()) => Ok(see_other(&format!("{}/people?done=ended", member.base()))),
        Err(refusal) => {
            let place =
                if matches!(refusal, handing_on::EndRefusal::Past | handing_on::EndRefusal::BeforeStart(_)) { "last" } else { "when" };
            let errors = forms::Errors::one(place, refusal.to_string());
            end_page(&app, &member, (id, role), &form, &errors).await
        }
    }
}
