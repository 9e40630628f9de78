//! A whole year at once: dates pasted or chosen as a file, shown as they were understood, and stored by a second press.
//! `/c/{cluster}/terms/import`, `/closures/import`. The text travels along, so nothing is lost on the way.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days;
use crate::db::Tx;
use crate::imports::{Problem, pasted};
use crate::people::{Coordinator, Member};
use crate::schools::{self, School};
use crate::web::answer::{html_page, refused};
use crate::web::forms::{Errors, error_summary, field, hidden, submit};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, counted, details, head, pill, table_or_cards};
use crate::web::upload::Uploaded;
use crate::web::{App, Error};
use crate::year::pages::closure::disturbed_banner;
use crate::year::pages::{dated, disturbed, horizon, to_year, why};
use crate::year::plan::{self, Fault, MOST_ROWS, Planned, Row, Step};
use crate::year::{Closure, SchoolCalendar, ics, store as rows};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/terms/import", get().to(terms_form))
        .route("/terms/import", post().to(terms))
        .route("/closures/import", get().to(closures_form))
        .route("/closures/import", post().to(closures));
}

/// Which of the two is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Terms,
    Closures,
}

/// The form as it comes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    /// `store` on the second press.
    step: String,
    text: String,
    /// What the preview said would be replaced.
    pub(crate) seen: String,
}

/// A text as it was understood.
#[derive(Debug, Default)]
struct Preview {
    terms: Vec<Row<Planned>>,
    closures: Vec<Row<Closure>>,
    left_out: Vec<(u64, String)>,
    faults: Vec<Fault>,
    off: usize,
}

impl Preview {
    fn of(what: What, text: &str, calendar: &SchoolCalendar, schools: &[School]) -> Self {
        let mut all = Self::default();
        match (what, ics::is_calendar(text)) {
            (What::Terms, true) => {
                let found = ics::read(text);
                (all.terms, all.faults) = plan::plan_terms(&found.terms, calendar.terms());
                all.faults.splice(0..0, found.faults);
                all.closures = plan::plan_closures(found.closures, calendar.closures());
                all.left_out = found.left_out;
            }
            (What::Terms, false) => {
                let read = pasted::terms(text);
                let planned = |term: crate::imports::Term| Planned {
                    season: term.season,
                    academic_year: term.academic_year,
                    days: term.days,
                    half_term: term.half_term,
                };
                let terms: Vec<_> = read.good.into_iter().map(|(line, term)| (line, planned(term))).collect();
                (all.terms, all.faults) = plan::plan_terms(&terms, calendar.terms());
                all.faults.splice(0..0, read.problems.into_iter().map(fault));
            }
            (What::Closures, true) => all.faults.push(Fault {
                line: None,
                column: String::new(),
                wrong: "This is a calendar file.".into(),
                right: "Import it as a year: its closed days come along with its terms.".into(),
            }),
            (What::Closures, false) => {
                let read = pasted::closures(text, schools);
                all.closures = plan::plan_closures(read.good, calendar.closures());
                all.faults = read.problems.into_iter().map(fault).collect();
            }
        }
        let count = all.terms.len() + all.closures.len();
        if count > MOST_ROWS {
            all.faults.insert(
                0,
                Fault {
                    line: None,
                    column: String::new(),
                    wrong: format!("The text has {count} lines."),
                    right: format!("At most {MOST_ROWS} are taken at once: send it in parts."),
                },
            );
            all.terms.truncate(MOST_ROWS);
            all.closures.truncate(MOST_ROWS);
        }
        all.faults.sort_by_key(|fault| fault.line);
        all
    }

    /// What would be replaced, as a text that is the same only while the terms in question are.
    fn seen(&self) -> String {
        let replaced = self.terms.iter().filter_map(|row| match &row.step {
            Step::Replaces(old) => Some(format!("{} {:?} {:?}", old.id, old.days, old.half_term)),
            _ => None,
        });
        replaced.collect::<Vec<_>>().join(";")
    }

    /// Whether anything would be stored.
    fn is_news(&self) -> bool {
        self.terms.iter().any(|row| row.step != Step::Same) || self.closures.iter().any(|row| row.step == Step::New)
    }

    fn year(&self) -> Option<i32> {
        let terms = self.terms.iter().map(|row| row.what.academic_year);
        let closures = self.closures.iter().map(|row| days::academic_year(row.what.days.first()));
        terms.min().or_else(|| closures.min())
    }
}

fn fault(problem: Problem) -> Fault {
    Fault { line: problem.line, column: problem.column, wrong: problem.wrong, right: problem.right }
}

/// The form for a year's terms.
///
/// # Errors
/// Never but for the role.
pub async fn terms_form(member: Coordinator) -> Result<HttpResponse, Error> {
    Ok(html_page(start(&member, What::Terms, "", &Errors::new())))
}

/// The form for closed days.
///
/// # Errors
/// Never but for the role.
pub async fn closures_form(member: Coordinator) -> Result<HttpResponse, Error> {
    Ok(html_page(start(&member, What::Closures, "", &Errors::new())))
}

/// Shows what a text means for the terms, or stores it.
///
/// # Errors
/// When the database cannot be used.
pub async fn terms(app: web::Data<App>, member: Coordinator, sent: Uploaded<Sent>) -> Result<HttpResponse, Error> {
    take(&app, &member, What::Terms, sent).await
}

/// Shows what a text means for the closed days, or stores it.
///
/// # Errors
/// When the database cannot be used.
pub async fn closures(app: web::Data<App>, member: Coordinator, sent: Uploaded<Sent>) -> Result<HttpResponse, Error> {
    take(&app, &member, What::Closures, sent).await
}

async fn take(app: &web::Data<App>, member: &Member, what: What, sent: Uploaded<Sent>) -> Result<HttpResponse, Error> {
    let Sent { step, text, seen } = sent.form;
    let text = match sent.file {
        Ok(Some(file)) => file,
        Ok(None) => text,
        Err(fault) => return Ok(refused(start(member, what, &text, &Errors::one("file", fault.to_string())))),
    };
    if text.trim().is_empty() {
        return Ok(refused(start(member, what, "", &Errors::one("text", "Paste the dates, or choose a file with them"))));
    }
    let today = member.today();
    let to_read = text.clone();
    let understand = move |tx: &mut Tx<'_>| {
        let before = crate::year::store::school_calendar(tx, horizon(today))?;
        let schools = if what == What::Closures { schools::store::schools(tx)? } else { Vec::new() };
        let mut all = Preview::of(what, &to_read, &before, &schools);
        all.off = disturbed(tx, &before, &plan::calendar_with(&before, &all.terms, &all.closures))?;
        Ok::<_, Error>((all, schools))
    };
    if step != "store" {
        let (all, schools) = app.db.read(member.scope(), understand).await?;
        return Ok(preview(member, what, &text, &all, &schools, false));
    }
    let (all, schools, stored) = app
        .db
        .write(member.scope(), move |tx| {
            let (all, schools) = understand(tx)?;
            // A term is replaced only as it was shown.
            let good = all.faults.is_empty() && all.seen() == seen;
            if good {
                for row in &all.terms {
                    match &row.step {
                        Step::New => drop(rows::put_term(tx, None, &row.what)?),
                        Step::Replaces(old) => drop(rows::put_term(tx, Some(old), &row.what)?),
                        Step::Same => {}
                    }
                }
                for row in all.closures.iter().filter(|row| row.step == Step::New) {
                    rows::add_closure(tx, &row.what)?;
                }
            }
            Ok::<_, Error>((all, schools, good))
        })
        .await?;
    match all.year() {
        Some(year) if stored => Ok(to_year(member, year, "imported", all.off)),
        _ => Ok(preview(member, what, &text, &all, &schools, true)),
    }
}

fn titles(what: What) -> (&'static str, &'static str) {
    match what {
        What::Terms => ("Import a school year", "terms"),
        What::Closures => ("Import closed days", "closures"),
    }
}

fn start(member: &Member, what: What, text: &str, errors: &Errors) -> Markup {
    let (title, _) = titles(what);
    let main = html! {
        (back(&format!("{}/terms", member.base()), "School year"))
        (head(title, "You see first what was understood. Nothing is stored before you say so.", html! {}))
        (error_summary(errors))
        (sheet(member, what, text, errors, ""))
        (example(what))
    };
    form_page(&member.shell(Nav::People), title, !errors.is_empty(), &main)
}

/// The form in which a text is pasted or a file chosen.
fn sheet(member: &Member, what: What, text: &str, errors: &Errors, heading: &str) -> Markup {
    let (hint, accept) = match what {
        What::Terms => (
            "Cells from a spreadsheet, lines like those of terms.csv, or the whole text of a calendar file",
            ".csv,.ics,.txt,text/csv,text/calendar,text/plain",
        ),
        What::Closures => ("Cells from a spreadsheet, or lines like those of closures.csv", ".csv,.txt,text/csv,text/plain"),
    };
    let file = match what {
        What::Terms => "A CSV file, or the calendar (.ics) that your council publishes. At most 512 KB. It takes the place of the text.",
        What::Closures => "A CSV file, at most 512 KB. It takes the place of the text.",
    };
    html! {
        form.panel.card.form method="post" action={ (member.base()) "/" (titles(what).1) "/import" } enctype="multipart/form-data" {
            (member.csrf_field())
            @if !heading.is_empty() { h2 { (heading) } }
            (field("file", "Choose a file", "").hint(file).optional().file(errors, accept))
            (field("text", "Or paste the dates", text).hint(hint).optional().tall_area(errors, 10))
            (submit("Check the dates"))
        }
    }
}

fn example(what: What) -> Markup {
    let lines = match what {
        What::Terms => {
            "academic_year,season,first_day,last_day,half_term_first,half_term_last\n2026-27,autumn,02/09/2026,18/12/2026,26/10/2026,30/10/2026\n2026-27,spring,05/01/2027,25/03/2027,15/02/2027,19/02/2027\n2026-27,summer,12/04/2027,21/07/2027,31/05/2027,04/06/2027"
        }
        What::Closures => {
            "school,kind,first_day,last_day,note\n,bank_holiday,03/05/2027,,Early May\nSaxton,inset,27/11/2026,,Training\nSaxton,closure,20/07/2027,21/07/2027,Moving house"
        }
    };
    details(
        "What the lines look like",
        html! {
            pre.letter { (lines) }
            @if what == What::Terms {
                p { "A calendar file needs events such as “Autumn term starts”, “Half term”, “Autumn term ends”. Bank holidays and INSET days in term become closed days of the whole cluster." }
            } @else {
                p { "The kinds are inset, closure and bank_holiday. A line without a school is for the whole cluster." }
            }
        },
    )
}

fn preview(member: &Member, what: What, text: &str, all: &Preview, schools: &[School], pressed: bool) -> HttpResponse {
    let (title, part) = titles(what);
    let wrong = !all.faults.is_empty();
    let good = all.terms.len() + all.closures.len();
    let none = Errors::new();
    let main = html! {
        (back(&format!("{}/{part}/import", member.base()), title))
        (head("Check the dates", "Nothing is stored yet.", html! {}))
        @if wrong { (faults(&all.faults)) }
        @else if good == 0 { (banner(Tone::Bad, "No dates were found", html! { p { "The text has no line that could be stored." } })) }
        @else if !all.is_news() { (banner(Tone::Plain, "All of it is there already", html! { p { "There is nothing to store." } })) }
        @else if pressed { (banner(Tone::Warn, "The school year is not what it was", html! { p { "Look at what would be replaced now, then store it." } })) }
        @if !wrong { (disturbed_banner(all.off)) }
        @if !all.terms.is_empty() { section.panel.card { h2 { "Terms" } (terms_table(&all.terms)) } }
        @if !all.closures.is_empty() { section.panel.card { h2 { "Closed days" } (closures_table(&all.closures, schools)) } }
        @if !wrong && all.is_news() {
            form.panel.card.form method="post" action={ (member.base()) "/" (part) "/import" } enctype="multipart/form-data" {
                (member.csrf_field())
                (hidden("step", "store"))
                (hidden("seen", &all.seen()))
                (hidden("text", text))
                p { "Past bookings never move." }
                (submit("Store the dates"))
            }
        }
        @if !all.left_out.is_empty() {
            (details(&format!("Left out: {}", counted(all.left_out.len(), "event", "events")), html! { ul { @for (line, words) in &all.left_out { li { "Line " (line) ": " (words) } } } }))
        }
        @if wrong || good == 0 { (sheet(member, what, text, &none, "Mend the text")) }
        @else { (details("Change the text, or take another file", sheet(member, what, text, &none, ""))) }
    };
    let page = form_page(&member.shell(Nav::People), "Check the dates", wrong, &main);
    if wrong || good == 0 { refused(page) } else { html_page(page) }
}

fn faults(faults: &[Fault]) -> Markup {
    let rows = html! {
        @for fault in faults {
            tr {
                th scope="row" { @match fault.line { Some(line) => { "Line " (line) } None => { "The whole text" } } }
                td data-h="What is wrong" { @if !fault.column.is_empty() { b { (fault.column) } ": " } (fault.wrong) }
                td data-h="What would be right" { (fault.right) }
            }
        }
    };
    html! {
        (banner(Tone::Bad, &format!("{} to mend", counted(faults.len(), "problem", "problems")), html! { p { "Nothing can be stored until the text is right. The lines that are right stand below." } }))
        section.panel.card { h2 { "Problems" } (table_or_cards("Problems", &["Where", "What is wrong", "What would be right"], rows)) }
    }
}

fn terms_table(terms: &[Row<Planned>]) -> Markup {
    let rows = html! {
        @for row in terms {
            tr {
                th scope="row" { "Line " (row.line) }
                td data-h="Term" { (row.what.name()) }
                td data-h="First day" { (days::full(row.what.days.first())) }
                td data-h="Last day" { (days::full(row.what.days.last())) }
                td data-h="Half-term" { @match row.what.half_term { Some(half) => { (half) } None => { "None" } } }
                td data-h="What happens" {
                    @match &row.step {
                        Step::New => { (pill(Tone::Good, "New")) }
                        Step::Same => { (pill(Tone::Plain, "There already")) }
                        Step::Replaces(old) => { (pill(Tone::Warn, "Replaces")) " " (old.days) @if let Some(half) = old.half_term { ", half-term " (half) } }
                    }
                }
            }
        }
    };
    table_or_cards("Terms", &["Where", "Term", "First day", "Last day", "Half-term", "What happens"], rows)
}

fn closures_table(closures: &[Row<Closure>], schools: &[School]) -> Markup {
    let rows = html! {
        @for row in closures {
            tr {
                th scope="row" { "Line " (row.line) }
                td data-h="Who" {
                    @match row.what.school.and_then(|id| schools.iter().find(|school| school.id == id)) {
                        Some(school) => { (school.short_name) }
                        None => { "The whole cluster" }
                    }
                }
                td data-h="Days" { (dated(row.what.days)) }
                td data-h="Why" { (why(&row.what)) }
                td data-h="What happens" { @if row.step == Step::New { (pill(Tone::Good, "New")) } @else { (pill(Tone::Plain, "There already")) } }
            }
        }
    };
    table_or_cards("Closed days", &["Where", "Who", "Days", "Why", "What happens"], rows)
}
