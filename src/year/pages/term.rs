//! One term: added, changed, removed by the coordinator. `/c/{cluster}/terms/new`, `/terms/{term}/edit`, `/terms/{term}/remove`.

use actix_web::{HttpResponse, web};
use maud::html;
use serde::Deserialize;

use super::{Ask, off_words, to_year};
use crate::base::days;
use crate::base::ids::TermId;
use crate::db::Stop;
use crate::people::{Coordinator, Member};
use crate::web::answer::{html_page, refused};
use crate::web::forms::{Errors, choice, day_month_year, error_summary, field, radios, stop, submit};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, head};
use crate::web::{App, Error};
use crate::year::plan::{YEARS, horizon, year_name};
use crate::year::typed::{TypedTerm, boxes};
use crate::year::{Season, Term, acts, store as rows};

/// The form as it comes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct TermForm {
    season: String,
    academic_year: String,
    first_day: String,
    first_month: String,
    first_year: String,
    last_day: String,
    last_month: String,
    last_year: String,
    half_first_day: String,
    half_first_month: String,
    half_first_year: String,
    half_last_day: String,
    half_last_month: String,
    half_last_year: String,
}

impl From<TermForm> for TypedTerm {
    fn from(form: TermForm) -> Self {
        Self {
            season: form.season,
            academic_year: form.academic_year,
            days: [
                [form.first_day, form.first_month, form.first_year],
                [form.last_day, form.last_month, form.last_year],
                [form.half_first_day, form.half_first_month, form.half_first_year],
                [form.half_last_day, form.half_last_month, form.half_last_year],
            ],
        }
    }
}

fn typed_of(term: &Term) -> TypedTerm {
    let half = |end: fn(days::Period) -> days::Day| boxes(term.half_term.map(end));
    TypedTerm {
        season: term.season.to_string(),
        academic_year: term.academic_year.to_string(),
        days: [boxes(Some(term.days.first())), boxes(Some(term.days.last())), half(days::Period::first), half(days::Period::last)],
    }
}

/// The form for a new term.
///
/// # Errors
/// Never but for the role.
pub async fn new_form(member: Coordinator, ask: web::Query<Ask>) -> Result<HttpResponse, Error> {
    let year = ask.year.filter(|year| YEARS.contains(year)).unwrap_or_else(|| days::academic_year(member.today()));
    let typed = TypedTerm { academic_year: year.to_string(), ..TypedTerm::default() };
    Ok(html_page(form(&member, None, &typed, &Errors::new())))
}

/// Adds a term.
///
/// # Errors
/// When the database cannot be written.
pub async fn add(app: web::Data<App>, member: Coordinator, sent: Posted<TermForm>) -> Result<HttpResponse, Error> {
    store_term(&app, &member, None, sent.0.into()).await
}

/// The form of a term that is there.
///
/// # Errors
/// When it is not there.
pub async fn edit_form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, TermId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let today = member.today();
    let calendar = app.db.read(member.scope(), move |tx| Ok::<_, Error>(rows::school_calendar(tx, horizon(today))?)).await?;
    let term = calendar.term(id).ok_or(Error::NotFound)?;
    Ok(html_page(form(&member, Some(&term), &typed_of(&term), &Errors::new())))
}

/// Changes a term.
///
/// # Errors
/// When it is not there.
pub async fn change(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, TermId)>,
    sent: Posted<TermForm>,
) -> Result<HttpResponse, Error> {
    store_term(&app, &member, Some(path.into_inner().1), sent.0.into()).await
}

async fn store_term(app: &web::Data<App>, member: &Member, over: Option<TermId>, typed: TypedTerm) -> Result<HttpResponse, Error> {
    let sent = typed.clone();
    match app.db.write(member.scope(), move |tx| acts::put_term(tx, over, &sent)).await {
        Ok(changed) => Ok(to_year(member, changed, if over.is_some() { "term-changed" } else { "term-added" })),
        Err(Stop::Refused(refused_term)) => {
            let mut errors = Errors::new();
            for (field, words) in refused_term.wrong {
                errors.add(field, words);
            }
            Ok(refused(form(member, refused_term.old.as_ref(), &typed, &errors)))
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

fn form(member: &Member, old: Option<&Term>, typed: &TypedTerm, errors: &Errors) -> maud::Markup {
    let now = days::academic_year(member.today());
    let chosen: Option<i32> = typed.academic_year.parse().ok();
    let mut years: Vec<i32> = (now - 5..=now + 5).chain(chosen).filter(|year| YEARS.contains(year)).collect();
    years.sort_unstable();
    years.dedup();
    let years: Vec<(String, String)> = years.into_iter().map(|year| (year.to_string(), year_name(year))).collect();
    let seasons = [Season::Autumn, Season::Spring, Season::Summer].map(|season| choice(season.to_string(), season.name()));
    let title = old.map_or_else(|| "Add a term".to_owned(), |term| format!("Change {}", term.name()));
    let action = old.map_or_else(|| format!("{}/terms/new", member.base()), |term| format!("{}/terms/{}/edit", member.base(), term.id));
    let day = |at: usize, name: &str, legend: &str, hint: &str| {
        day_month_year(name, legend, hint, typed.days[at].each_ref().map(String::as_str), errors)
    };
    let main = html! {
        (back(&format!("{}/terms", member.base()), "School year"))
        (head(&title, html! {}, html! {}))
        (error_summary(errors))
        form.panel.card.form method="post" action=(action) {
            (member.csrf_field())
            (radios("season", "Which term", "", &typed.season, errors, &seasons))
            (field("academic-year", "School year", &typed.academic_year).select(errors, &years))
            (day(0, "first", "First day of the term", "For example 2 9 2026. INSET days at its beginning belong to the term."))
            (day(1, "last", "Last day of the term", "For example 18 12 2026"))
            (day(2, "half-first", "First day of the half-term (optional)", "For example 26 10 2026"))
            (day(3, "half-last", "Last day of the half-term (optional)", "For example 30 10 2026"))
            (submit(if old.is_some() { "Change the term" } else { "Add the term" }))
        }
    };
    form_page(&member.shell(Nav::Cluster), &title, !errors.is_empty(), &main)
}

/// Asks before a term is removed.
///
/// # Errors
/// When it is not there.
pub async fn remove_form(app: web::Data<App>, member: Coordinator, path: web::Path<(String, TermId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let (term, off) = app.db.read(member.scope(), move |tx| Ok::<_, Error>(acts::without_term(tx, id)?)).await?;
    let title = format!("Remove {}?", term.name());
    let main = html! {
        (back(&format!("{}/terms?year={}", member.base(), term.academic_year), "School year"))
        (head(&title, html! { (term.days) }, html! {}))
        @if off > 0 { (banner(Tone::Warn, "Bookings are in these days", html! { p { (off_words(off, true)) } })) }
        form.panel.card.form method="post" action={ (member.base()) "/terms/" (term.id) "/remove" } {
            (member.csrf_field())
            p { "Its days then count as holidays, or as school days when the year has no other term." }
            (stop("Remove the term"))
        }
    };
    Ok(html_page(form_page(&member.shell(Nav::Cluster), &title, false, &main)))
}

/// Removes a term.
///
/// # Errors
/// When it is not there.
pub async fn remove(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, TermId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let changed = app.db.write(member.scope(), move |tx| acts::remove_term(tx, id)).await?;
    Ok(to_year(&member, changed, "term-removed"))
}
