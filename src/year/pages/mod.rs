//! The school year: its terms and half-terms, the closed days of the cluster and of each school. `GET /c/{cluster}/terms`.

pub mod closure;
pub mod glance;
pub mod term;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days::{self, Period};
use crate::base::ids::SchoolId;
use crate::people::pages::tabs::{Tab, tabs};
use crate::people::{Member, RoleKind};
use crate::schools::{self, SchoolName};
use crate::web::answer::{html_page, see_other};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, banner, counted, empty, head, icon, table_or_cards};
use crate::web::{App, Error};
use crate::year::acts::Changed;
use crate::year::plan::{self, YEARS, year_name};
use crate::year::store::{self as rows, Kept};
use crate::year::{CalendarKeeper, Closure, ClosureKind, SchoolCalendar, Season, Term};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/terms", get().to(show))
        .route("/terms/new", get().to(term::new_form))
        .route("/terms/new", post().to(term::add))
        .route("/terms/{term}/edit", get().to(term::edit_form))
        .route("/terms/{term}/edit", post().to(term::change))
        .route("/terms/{term}/remove", get().to(term::remove_form))
        .route("/terms/{term}/remove", post().to(term::remove))
        .route("/closures/new", get().to(closure::new_form))
        .route("/closures/new", post().to(closure::add))
        .route("/closures/{closure}/remove", get().to(closure::remove_form))
        .route("/closures/{closure}/remove", post().to(closure::remove));
}

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    year: Option<i32>,
    done: String,
    off: usize,
}

/// Shows a school year.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member, ask: web::Query<Ask>) -> Result<HttpResponse, Error> {
    let now = days::academic_year(member.today());
    let shown = ask.year.unwrap_or(now);
    if !YEARS.contains(&shown) {
        return Err(Error::NotFound);
    }
    let window = plan::year_days(shown);
    let (calendar, closed, schools) = app
        .db
        .read(member.scope(), move |tx| {
            Ok::<_, Error>((rows::school_calendar(tx, window)?, rows::closures_in(tx, window)?, schools::store::school_names(tx)?))
        })
        .await?;
    let coordinator = member.is(RoleKind::Coordinator);
    let base = member.base();
    let to = |by: i32, symbol: &str, words: &str| {
        let other = shown + by;
        html! { @if YEARS.contains(&other) {
            a.btn href={ (base) "/terms?year=" (other) } {
                @if by < 0 { (icon(symbol)) } (words) span.vh { ", " (year_name(other)) } @if by > 0 { (icon(symbol)) }
            }
        } }
    };
    let main = html! {
        (head(&format!("School year {}", year_name(shown)), "Terms, half-terms and closed days: what the calendar takes for school days.", html! {
            @if member.may_borrow() { a.btn href={ (base) "/closures/new?year=" (shown) } { (icon("calendar-x")) "Add closed days" } }
            @if coordinator {
                a.btn href={ (base) "/terms/new?year=" (shown) } { (icon("plus")) "Add a term" }
                a.btn href={ (base) "/terms/import" } { (icon("calendar-plus")) "Import a year" }
            }
        }))
        (tabs(&member, Tab::Year))
        (news(&ask.done, ask.off))
        nav.acts aria-label="School years" { (to(-1, "chevron-left", "Year before")) @if shown != now { a.btn href={ (base) "/terms" } { "This year" } } (to(1, "chevron-right", "Next year")) }
        section.panel.card { h2 { "Terms" } (terms(&member, &calendar, shown, coordinator)) }
        section.panel.card {
            h2 { "Closed for the whole cluster" }
            (closed_days(&member, &closed, None, "the whole cluster"))
            @if coordinator { p { a href={ (base) "/closures/import" } { "Import closed days from a file" } } }
        }
        div.grid2 {
            @for school in schools.iter() {
                section.panel.card { h2 { (school.short_name) } (closed_days(&member, &closed, Some(school.id), &school.short_name)) }
            }
        }
    };
    Ok(html_page(page(&member.shell(Nav::Cluster), "School year", &main)))
}

/// What has just been done, and whom it disturbs.
fn news(done: &str, off: usize) -> Markup {
    let words = match done {
        "term-added" => "The term is stored",
        "term-changed" => "The term is changed",
        "term-removed" => "The term is removed",
        "imported" => "The dates are stored",
        "closed" => "The closed days are stored",
        "open" => "The closed days are removed",
        _ => return html! {},
    };
    let tone = if off > 0 { Tone::Warn } else { Tone::Good };
    banner(tone, words, html! { @if off > 0 { p { (off_words(off, false)) } } @else { p { "The calendar shows it at once." } } })
}

/// "2 bookings to come would then start or end on a day that is no school day."
fn off_words(off: usize, then: bool) -> String {
    let verb = match (then, off) {
        (true, _) => "would then start or end",
        (false, 1) => "now starts or ends",
        (false, _) => "now start or end",
    };
    format!(
        "{} to come {verb} on a day that is no school day. They stay as they are: tell the schools, who can change the days.",
        counted(off, "booking", "bookings")
    )
}

fn terms(member: &Member, calendar: &SchoolCalendar, shown: i32, coordinator: bool) -> Markup {
    let of_year: Vec<&Term> = calendar.terms().iter().filter(|term| term.academic_year == shown).collect();
    let base = member.base();
    if of_year.is_empty() {
        let add = format!("{base}/terms/import");
        let action = coordinator.then_some((add.as_str(), "Import a year"));
        let text = "Until they are here every Monday to Friday of this year counts as a school day, so that bookings can be made ahead.";
        return empty("calendar-days", "No terms of this year yet", text, action);
    }
    let missing: Vec<Season> = [Season::Autumn, Season::Spring, Season::Summer]
        .into_iter()
        .filter(|season| !of_year.iter().any(|term| term.season == *season))
        .collect();
    let rows = html! {
        @for term in &of_year {
            tr {
                th scope="row" data-h="Term" { (term.name()) }
                td data-h="First day" { (days::full(term.days.first())) }
                td data-h="Last day" { (days::full(term.days.last())) }
                td data-h="Half-term" { @match term.half_term { Some(half) => { (half) } None => { "None" } } }
                td data-h="School days" { (calendar.count(term.days, None)) }
                @if coordinator {
                    td data-h="Change" {
                        span.two {
                            a href={ (base) "/terms/" (term.id) "/edit" } { "Change" span.vh { " " (term.name()) } }
                            a href={ (base) "/terms/" (term.id) "/remove" } { "Remove" span.vh { " " (term.name()) } }
                        }
                    }
                }
            }
        }
    };
    let heads: &[&str] = &["Term", "First day", "Last day", "Half-term", "School days", "Change"];
    html! {
        (table_or_cards("Terms", &heads[..if coordinator { 6 } else { 5 }], rows))
        @if !missing.is_empty() {
            p {
                "Not recorded yet: "
                @for (n, season) in missing.iter().enumerate() { @if n > 0 { ", " } (season.name().to_lowercase()) " term" }
                ". Its days count as holidays until it is."
            }
        }
    }
}

/// "INSET day", "Closed", "Bank holiday".
fn kind_words(kind: ClosureKind) -> &'static str {
    match kind {
        ClosureKind::Inset => "INSET day",
        ClosureKind::Closure => "Closed",
        ClosureKind::BankHoliday => "Bank holiday",
    }
}

/// Why it is closed: the kind and the note, without the kind twice.
pub(crate) fn why(closure: &Closure) -> String {
    let kind = kind_words(closure.kind);
    let first = kind.split(' ').next().unwrap_or_default().to_lowercase();
    match closure.note.as_str() {
        "" => kind.to_owned(),
        note if note.to_lowercase().starts_with(&first) => note.to_owned(),
        note => format!("{kind}: {note}"),
    }
}

fn closed_days(member: &Member, closed: &[Kept], school: Option<SchoolId>, name: &str) -> Markup {
    let own: Vec<&Kept> = closed.iter().filter(|kept| kept.closure.school == school).collect();
    let keeper = CalendarKeeper::of(member);
    html! {
        @if own.is_empty() { p.hint { "No closed days entered for this year." } }
        @else {
            ul.links {
                @for kept in own {
                    @let closure = &kept.closure;
                    li {
                        div {
                            b { (dated(closure.days)) }
                            small { (why(closure)) }
                        }
                        @if keeper.may_keep(school, closure.kind).is_ok() {
                            a href={ (member.base()) "/closures/" (kept.id) "/remove" } { "Remove" span.vh { " " (closure.days) " of " (name) } }
                        }
                    }
                }
            }
        }
    }
}

/// One day with its weekday, several as people say them.
pub(crate) fn dated(period: Period) -> String {
    if period.len_days() == 1 { days::full(period.first()) } else { period.to_string() }
}

/// The school of the cluster with this id.
fn school_of(schools: &[SchoolName], id: SchoolId) -> Result<&SchoolName, Error> {
    schools.iter().find(|school| school.id == id).ok_or(Error::NotFound)
}

/// On to the school year that was changed.
pub(crate) fn to_year(member: &Member, Changed { year, off }: Changed, done: &str) -> HttpResponse {
    let off = if off > 0 { format!("&off={off}") } else { String::new() };
    see_other(&format!("{}/terms?year={year}&done={done}{off}", member.base()))
}
