//! A whole year at once: dates pasted or chosen as a file, shown as they were understood, and stored by a second press.
//! `/c/{cluster}/terms/import`, `/closures/import`. The text travels along, so nothing is lost on the way.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days;
use crate::base::text::number;
use crate::db::Stop;
use crate::imports::acts::{self, Understood};
use crate::imports::pasted::What;
use crate::people::{Coordinator, Member};
use crate::schools::School;
use crate::sheets::problems::{MOST_LISTED, and_more};
use crate::web::answer::{apart, html_page, refused};
use crate::web::forms::{Errors, error_summary, field, hidden, submit};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, counted, details, head, pill, table_or_cards};
use crate::web::upload::Uploaded;
use crate::web::{App, Error};
use crate::year::Closure;
use crate::year::pages::closure::disturbed_banner;
use crate::year::pages::glance::glance;
use crate::year::pages::{dated, to_year, why};
use crate::year::plan::{Fault, Planned, Row, Step};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/terms/import", get().to(terms_form))
        .route("/terms/import", post().to(terms))
        .route("/closures/import", get().to(closures_form))
        .route("/closures/import", post().to(closures));
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
    take(&app, member, What::Terms, sent).await
}

/// Shows what a text means for the closed days, or stores it.
///
/// # Errors
/// When the database cannot be used.
pub async fn closures(app: web::Data<App>, member: Coordinator, sent: Uploaded<Sent>) -> Result<HttpResponse, Error> {
    take(&app, member, What::Closures, sent).await
}

async fn take(app: &web::Data<App>, member: Coordinator, what: What, sent: Uploaded<Sent>) -> Result<HttpResponse, Error> {
    let Sent { step, text, seen } = sent.form;
    let text = match sent.file {
        Ok(Some(file)) => file,
        Ok(None) => text,
        Err(fault) => return Ok(refused(start(&member, what, &text, &Errors::one("file", fault.to_string())))),
    };
    if text.trim().is_empty() {
        return Ok(refused(start(&member, what, "", &Errors::one("text", "Paste the dates, or choose a file with them"))));
    }
    let to_read = text.clone();
    if step != "store" {
        let all = app.db.read(member.scope(), move |tx| Ok::<_, Error>(acts::understand(tx, what, &to_read)?)).await?;
        return preview(member, what, text, all, false).await;
    }
    match app.db.write(member.scope(), move |tx| acts::store_pasted(tx, what, &to_read, &seen)).await {
        Ok(changed) => Ok(to_year(&member, changed, "imported")),
        Err(Stop::Refused(all)) => preview(member, what, text, *all, true).await,
        Err(Stop::Fault(fault)) => Err(fault.into()),
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
    form_page(&member.shell(Nav::Cluster), title, !errors.is_empty(), &main)
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
                p { "A calendar file has events such as “Autumn term starts”, “Half term”, “October holiday”, “School closes for Christmas”, “Pupils return”, or the days of Term 1 to Term 6. Bank holidays, INSET and in-service days in term become closed days of the whole cluster." }
            } @else {
                p { "The kinds are inset, closure and bank_holiday. A line without a school is for the whole cluster." }
            }
        },
    )
}

async fn preview(member: Coordinator, what: What, text: String, understood: Understood, pressed: bool) -> Result<HttpResponse, Error> {
    let (stands, page) = apart(move || preview_page(&member, what, &text, &understood, pressed)).await?;
    Ok(if stands { html_page(page) } else { refused(page) })
}

/// The preview, and whether there is something in it that could be stored.
fn preview_page(member: &Member, what: What, text: &str, understood: &Understood, pressed: bool) -> (bool, Markup) {
    let Understood { all, schools } = understood;
    let (title, part) = titles(what);
    let wrong = !all.faults.is_empty();
    let good = all.terms.len() + all.closures.len();
    let none = Errors::new();
    let main = html! {
        (back(&format!("{}/{part}/import", member.base()), title))
        (head("Check the dates", "Nothing is stored yet.", html! {}))
        @if wrong { (faults(&all.faults, all.faults.len() + all.more_faults)) }
        @else if good == 0 { (banner(Tone::Bad, "No dates were found", html! { p { "The text has no line that could be stored." } })) }
        @else if !all.is_news() { (banner(Tone::Plain, "All of it is there already", html! { p { "There is nothing to store." } })) }
        @else if pressed { (banner(Tone::Warn, "The school year is not what it was", html! { p { "Look at what would be replaced now, then store it." } })) }
        @if !all.doubts.is_empty() {
            (banner(Tone::Warn, "Look at this before you store the dates", html! { ul { (lines(&all.doubts)) } (more(all.doubts.len())) }))
        }
        @if !wrong { (disturbed_banner(all.off)) }
        @if all.events > 0 {
            p { "The calendar has " (counted(all.events, "event", "events")) ": " (number(all.used.len())) " used, " (number(all.left_out.len())) " left out." }
        }
        div.grid2 {
            @if good > 0 { (glance(&all.terms, &all.closures)) }
            @if !all.left_out.is_empty() {
                section.panel.card {
                    h2 { "Left out: " (counted(all.left_out.len(), "event", "events")) }
                    ul { (lines(&all.left_out)) }
                    (more(all.left_out.len()))
                }
            }
        }
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
        @if !all.used.is_empty() {
            (details("What each event was taken for", html! { ul { (lines(&all.used)) } (more(all.used.len())) }))
        }
        @if wrong || good == 0 { (sheet(member, what, text, &none, "Mend the text")) }
        @else { (details("Change the text, or take another file", sheet(member, what, text, &none, ""))) }
    };
    (!wrong && good > 0, form_page(&member.shell(Nav::Cluster), "Check the dates", wrong, &main))
}

/// The first of what is said of lines.
fn lines(said: &[(u64, String)]) -> Markup {
    html! { @for (line, words) in said.iter().take(MOST_LISTED) { li { "Line " (line) ": " (words) } } }
}

/// The words after a list of which only the first are shown.
fn more(of: usize) -> Markup {
    html! { @if let Some(words) = and_more(of) { p { (words) } } }
}

/// The first of so many faults.
fn faults(faults: &[Fault], of: usize) -> Markup {
    let rows = html! {
        @for fault in faults.iter().take(MOST_LISTED) {
            tr {
                th scope="row" { @match fault.line { Some(line) => { "Line " (line) } None => { "The whole text" } } }
                td data-h="What is wrong" { @if !fault.column.is_empty() { b { (fault.column) } ": " } (fault.wrong) }
                td data-h="What would be right" { (fault.right) }
            }
        }
    };
    html! {
        (banner(Tone::Bad, &format!("{} to mend", counted(of, "problem", "problems")), html! { p { "Nothing can be stored until the text is right. The lines that are right stand below." } }))
        section.panel.card { h2 { "Problems" } (table_or_cards("Problems", &["Where", "What is wrong", "What would be right"], rows)) (more(of)) }
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
