//! Closed days: added and removed by the coordinator, and INSET days of the own school by its science lead.
//! `/c/{cluster}/closures/new`, `/closures/{closure}/remove`.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Ask, dated, kind_words, off_words, school_of, to_year};
use crate::base::days;
use crate::base::ids::{ClosureId, SchoolId};
use crate::base::text;
use crate::db::Stop;
use crate::people::{DayKeeper, Member, RoleKind};
use crate::schools::{self, SchoolName};
use crate::web::answer::{html_page, refused};
use crate::web::forms::{Errors, choice, day_month_year, error_summary, field, hidden, radios, stop, submit};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, head};
use crate::web::{App, Error};
use crate::year::typed::closed_days;
use crate::year::{CalendarKeeper, Closure, ClosureKind, NotYours, acts, store as rows};

const REFUSED: &str = "Science leads add and remove INSET days of their own school. Ask the coordinator for anything else.";
const LONGEST_NOTE: usize = 200;

/// The form as it comes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ClosureForm {
    school: String,
    kind: String,
    first_day: String,
    first_month: String,
    first_year: String,
    last_day: String,
    last_month: String,
    last_year: String,
    note: String,
}

impl ClosureForm {
    fn first(&self) -> [String; 3] {
        [self.first_day.clone(), self.first_month.clone(), self.first_year.clone()]
    }

    fn last(&self) -> [String; 3] {
        [self.last_day.clone(), self.last_month.clone(), self.last_year.clone()]
    }

    /// The closure that is meant; the school is one of the cluster.
    fn read(&self, schools: &[SchoolName]) -> Result<Result<Closure, Errors>, Error> {
        let mut errors = Errors::new();
        let school = match self.school.as_str() {
            "" => None,
            id => Some(school_of(schools, id.parse::<SchoolId>().map_err(|_| Error::NotFound)?)?.id),
        };
        let kind = errors.check("kind", self.kind.parse::<ClosureKind>().map_err(|_| "Choose why it is closed"));
        let days = match closed_days(&self.first(), &self.last()) {
            Ok(days) => Some(days),
            Err(wrong) => {
                for (field, words) in wrong {
                    errors.add(field, words);
                }
                None
            }
        };
        let note = text::line(&self.note);
        if note.chars().count() > LONGEST_NOTE || note.chars().any(char::is_control) {
            errors.add("note", format!("The note has at most {LONGEST_NOTE} letters: shorten it"));
        }
        Ok(match (kind, days) {
            (Some(kind), Some(days)) if errors.is_empty() => Ok(Closure { school, kind, days, note }),
            _ => Err(errors),
        })
    }
}

/// The form for new closed days.
///
/// # Errors
/// When the database cannot be read.
pub async fn new_form(app: web::Data<App>, member: DayKeeper, _: web::Query<Ask>) -> Result<HttpResponse, Error> {
    let schools = app.db.read(member.scope(), |tx| Ok::<_, Error>(schools::store::school_names(tx)?)).await?;
    let own = if member.is(RoleKind::Coordinator) { None } else { member.schools_led().next() };
    let typed = ClosureForm {
        school: own.map(|school| school.id.to_string()).unwrap_or_default(),
        kind: ClosureKind::Inset.to_string(),
        ..ClosureForm::default()
    };
    Ok(html_page(form(&member, &schools, &typed, &Errors::new())))
}

fn form(member: &Member, schools: &[SchoolName], typed: &ClosureForm, errors: &Errors) -> Markup {
    let coordinator = member.is(RoleKind::Coordinator);
    let named = |id: SchoolId, name: &str| (id.to_string(), name.to_owned());
    let whose: Vec<(String, String)> = if coordinator {
        [(String::new(), "The whole cluster".to_owned())]
            .into_iter()
            .chain(schools.iter().map(|school| named(school.id, &school.short_name)))
            .collect()
    } else {
        member.schools_led().map(|school| named(school.id, &school.short_name)).collect()
    };
    let kinds = [ClosureKind::Inset, ClosureKind::Closure, ClosureKind::BankHoliday].map(|kind| choice(kind.to_string(), kind_words(kind)));
    let (first, last) = (typed.first(), typed.last());
    let title = if coordinator { "Add closed days" } else { "Add INSET days" };
    let main = html! {
        (back(&format!("{}/terms", member.base()), "School year"))
        (head(title, html! { "Nobody is asked to fetch or give back a box on a day without school." }, html! {}))
        (error_summary(errors))
        form.panel.card.form method="post" action={ (member.base()) "/closures/new" } {
            (member.csrf_field())
            (field("school", "Who is closed", &typed.school).select(errors, &whose))
            @if coordinator { (radios("kind", "Why", "", &typed.kind, errors, &kinds)) } @else { (hidden("kind", &typed.kind)) }
            (day_month_year("first", "First day", "For example 27 11 2026", first.each_ref().map(String::as_str), errors))
            (day_month_year("last", "Last day (optional)", "Leave it empty for one day", last.each_ref().map(String::as_str), errors))
            (field("note", "Note", &typed.note).hint("Shown on the calendar, for example: Moderation training").optional().width("full").text(errors))
            (submit("Add"))
        }
    };
    form_page(&member.shell(Nav::Cluster), title, !errors.is_empty(), &main)
}

/// Adds closed days.
///
/// # Errors
/// When the role may not, or the school is not there.
pub async fn add(app: web::Data<App>, member: DayKeeper, sent: Posted<ClosureForm>) -> Result<HttpResponse, Error> {
    let typed = sent.0;
    let schools = app.db.read(member.scope(), |tx| Ok::<_, Error>(schools::store::school_names(tx)?)).await?;
    let closure = match typed.read(&schools)? {
        Ok(closure) => closure,
        Err(errors) => return Ok(refused(form(&member, &schools, &typed, &errors))),
    };
    let keeper = CalendarKeeper::of(&member);
    let changed = app.db.write(member.scope(), move |tx| acts::add_closure(tx, &keeper, &closure)).await.map_err(not_yours)?;
    Ok(to_year(&member, changed, "closed"))
}

/// What stops a change of closed days, as an error's page says it.
fn not_yours(stop: Stop<NotYours>) -> Error {
    match stop {
        Stop::Refused(NotYours) => Error::NotAllowed(REFUSED),
        Stop::Fault(fault) => fault.into(),
    }
}

/// Asks before closed days are removed.
///
/// # Errors
/// When they are not there, or the role may not.
pub async fn remove_form(app: web::Data<App>, member: DayKeeper, path: web::Path<(String, ClosureId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let (kept, schools) =
        app.db.read(member.scope(), move |tx| Ok::<_, Error>((rows::closure(tx, id)?, schools::store::school_names(tx)?))).await?;
    let closure = &kept.closure;
    CalendarKeeper::of(&member).may_keep(closure.school, closure.kind).map_err(|refusal| not_yours(refusal.into()))?;
    let whose = match closure.school {
        Some(school) => school_of(&schools, school)?.short_name.as_str(),
        None => "The whole cluster",
    };
    let year = days::academic_year(closure.days.first());
    let main = html! {
        (back(&format!("{}/terms?year={year}", member.base()), "School year"))
        (head("Remove closed days?", html! { (whose) ": " (kind_words(closure.kind)) ", " (dated(closure.days)) }, html! {}))
        @if closure.days.first() < member.today() { (banner(Tone::Plain, "They are past, or have begun", html! { p { "Past bookings stay as they are." } })) }
        form.panel.card.form method="post" action={ (member.base()) "/closures/" (id) "/remove" } {
            (member.csrf_field())
            p { "The days then count as school days if they are in term." }
            (stop("Remove"))
        }
    };
    Ok(html_page(form_page(&member.shell(Nav::Cluster), "Remove closed days", false, &main)))
}

/// Removes closed days.
///
/// # Errors
/// When they are not there, or the role may not.
pub async fn remove(
    app: web::Data<App>,
    member: DayKeeper,
    path: web::Path<(String, ClosureId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let keeper = CalendarKeeper::of(&member);
    let changed = app.db.write(member.scope(), move |tx| acts::remove_closure(tx, &keeper, id)).await.map_err(not_yours)?;
    Ok(to_year(&member, changed, "open"))
}

/// The line under a preview of closed days.
pub(crate) fn disturbed_banner(off: usize) -> Markup {
    html! { @if off > 0 { (banner(Tone::Warn, "Bookings are in these days", html! { p { (off_words(off, true)) } })) } }
}
