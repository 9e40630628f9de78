//! The change log: who changed what, when, before and after; as a page and as a file. `GET /c/{cluster}/changes` and
//! `changes.csv`. Nothing here changes a line, and the database would refuse it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::clock;
use crate::base::ids::{ChangeId, PersonId};
use crate::clusters::log::{self, DayRefusal, Filter, KINDS, Line, MOST_IN_A_FILE, Subject, Who};
use crate::clusters::store::log as store;
use crate::people::pages::tabs::{Tab, tabs};
use crate::people::{Coordinator, Member};
use crate::web::answer::{apart, html_page};
use crate::web::forms::{self, Errors};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{counted, details, empty, head, icon, table_or_cards};
use crate::web::{App, Error};

/// Lines on a page.
const A_PAGE: usize = 50;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    kind: String,
    person: String,
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
    older: Option<ChangeId>,
    newer: Option<ChangeId>,
}

impl Query {
    fn from(&self) -> [&str; 3] {
        [&self.from_day, &self.from_month, &self.from_year]
    }

    fn to(&self) -> [&str; 3] {
        [&self.to_day, &self.to_month, &self.to_year]
    }

    fn filter(&self, errors: &mut Errors) -> Filter {
        let from = errors.check("from", log::read_day(self.from())).flatten();
        let to = errors.check("to", log::read_day(self.to())).flatten();
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            errors.add("to", DayRefusal::Backwards.to_string());
        }
        // A kind without words in our list may still stand in the log.
        let kind = Some(self.kind.trim().to_owned()).filter(|kind| !kind.is_empty());
        Filter { kind, who: Who::read(&self.person), from, to }
    }

    /// The same filters as a query, with one more pair.
    fn with(&self, more: Option<(&str, String)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let [fd, fm, fy] = self.from();
        let [td, tm, ty] = self.to();
        let own = [("kind", self.kind.as_str()), ("person", &self.person), ("from-day", fd), ("from-month", fm), ("from-year", fy)];
        for (name, value) in own.into_iter().chain([("to-day", td), ("to-month", tm), ("to-year", ty)]) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some((name, value)) = more {
            query.append_pair(name, &value);
        }
        query.finish()
    }

    fn is_empty(&self) -> bool {
        self.with(None).is_empty()
    }
}

/// Shows the log, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Coordinator, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let mut errors = Errors::new();
    let filter = query.filter(&mut errors);
    let from = match (query.older, query.newer) {
        (Some(id), _) => store::From::OlderThan(id),
        (None, Some(id)) => store::From::NewerThan(id),
        (None, None) => store::From::Newest,
    };
    let wanted = errors.is_empty();
    let ((lines, newer, older), subjects, people) = app
        .db
        .read(member.scope(), move |tx| {
            let found = if wanted { store::lines(tx, &filter, from, A_PAGE)? } else { (Vec::new(), false, false) };
            let subjects = store::subjects(tx, &found.0)?;
            Ok::<_, Error>((found, subjects, store::people_of(tx)?))
        })
        .await?;
    let base = member.base();
    let file = format!("{base}/changes.csv?{}", query.with(None));
    let main = html! {
        (head("Change log", html! { "Who changed what, and when. Nobody can change or remove a line." }, html! {
            @if wanted { a.btn href=(file.trim_end_matches('?')) { (icon("download")) "Download as CSV" } }
        }))
        (tabs(&member, Tab::Changes))
        (forms::error_summary(&errors))
        (filters(&query, &people, &errors))
        @if !wanted {}
        @else if !lines.is_empty() { section.panel { (table(base, &lines, &subjects)) } (turn(&query, &lines, newer, older)) }
        @else if query.is_empty() {
            (empty("list", "Nothing has been changed yet", "Every change in this cluster will stand here, with who made it and what was before.", None))
        } @else {
            (empty("list", "No such changes", "Nothing that was changed is like this.", Some(("?", "Show all"))))
        }
    };
    let mut answer = html_page(form_page(&member.shell(Nav::Cluster), "Change log", !wanted, &main));
    if !wanted {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

fn filters(query: &Query, people: &[(PersonId, String)], errors: &Errors) -> Markup {
    let any = (String::new(), "Anything".to_owned());
    let mut kinds: Vec<(String, String)> = KINDS.iter().map(|(table, words)| ((*table).to_owned(), (*words).to_owned())).collect();
    kinds.sort_by(|a, b| a.1.cmp(&b.1));
    kinds.insert(0, any);
    let mut who = vec![(String::new(), "Anybody".to_owned()), ("program".to_owned(), format!("{} itself", log::PROGRAM))];
    who.extend(people.iter().map(|(id, name)| (id.to_string(), name.clone())));
    html! {
        details.more open[!query.is_empty()] {
            summary { "Show only some of it" }
            form.panel.card.form method="get" novalidate {
                (forms::field("kind", "What was changed", &query.kind).select(errors, &kinds))
                (forms::field("person", "Who changed it", &query.person).select(errors, &who))
                (forms::day_month_year("from", "First day", "For example, 1 9 2026. Leave it empty for all.", query.from(), errors))
                (forms::day_month_year("to", "Last day", "", query.to(), errors))
                p.acts { button.btn.go type="submit" { "Show" } @if !query.is_empty() { a.btn href="?" { "Show all" } } }
            }
        }
    }
}

type Subjects = BTreeMap<(String, String), Subject>;

/// An act is a line, whatever it wrote down; what that was, before and after, is folded.
fn table(base: &str, lines: &[Line], subjects: &Subjects) -> Markup {
    table_or_cards(
        "Changes, newest first",
        &["When", "Who", "What was changed"],
        html! {
            @for act in log::acts(lines) {
                tr {
                    th scope="row" { (clock::spoken(act.head.at)) }
                    td data-h="Who" { (act.head.by()) }
                    td data-h="What was changed" {
                        (said(base, act.head, subjects))
                        @let others = act.lines.len() - 1;
                        @if others > 0 || !act.head.before.is_empty() || !act.head.after.is_empty() {
                            details.more {
                                summary {
                                    @if others > 0 { (counted(others, "more part", "more parts")) ", before and after" } @else { "Before and after" }
                                    span.vh { " of: " (sentence(act.head, subjects)) }
                                }
                                @for line in act.lines { (part(base, line, subjects, others > 0)) }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn sentence(line: &Line, subjects: &Subjects) -> String {
    log::sentence(line, subjects.get(&(line.about.clone(), line.about_id.clone())))
}

/// A line in a sentence, which leads to the record where that has a page.
fn said(base: &str, line: &Line, subjects: &Subjects) -> Markup {
    let words = sentence(line, subjects);
    html! {
        @match log::place(&line.about, &line.about_id) {
            Some(place) => a href={ (base) (place) } { (words) },
            None => (words),
        }
    }
}

fn part(base: &str, line: &Line, subjects: &Subjects, several: bool) -> Markup {
    html! {
        @if several { p { (log::kind_words(&line.about)) ": " (said(base, line, subjects)) } }
        dl.sum {
            div { dt { "Before" } dd { (or_dash(&line.before)) } }
            div { dt { "After" } dd { (or_dash(&line.after)) } }
        }
    }
}

fn or_dash(text: &str) -> Markup {
    html! { @if text.is_empty() { span aria-hidden="true" { "–" } span.vh { "nothing" } } @else { (text) } }
}

fn turn(query: &Query, lines: &[Line], newer: bool, older: bool) -> Markup {
    let to = |name, line: Option<&Line>| format!("?{}", query.with(line.map(|line| (name, line.id.to_string()))));
    html! {
        @if newer || older {
            nav.pages aria-label="Pages" {
                ul {
                    @if newer { li { a href=(to("newer", lines.first())) rel="prev" { "Newer" span.vh { " changes" } } } }
                    @if older { li { a href=(to("older", lines.last())) rel="next" { "Older" span.vh { " changes" } } } }
                }
            }
        }
    }
}

/// The same lines as a file for a spreadsheet; at most [`MOST_IN_A_FILE`], and the last line says so when there are more.
///
/// # Errors
/// When the address asks for a day that is none, or the database cannot be read.
pub async fn file(app: web::Data<App>, member: Coordinator, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let mut errors = Errors::new();
    let filter = query.filter(&mut errors);
    if let Some((_, fault)) = errors.iter().next() {
        return Err(Error::Bad(fault.to_owned()));
    }
    let (lines, _, more) =
        app.db.read(member.scope(), move |tx| Ok::<_, Error>(store::lines(tx, &filter, store::From::Newest, MOST_IN_A_FILE)?)).await?;
    let body = apart(move || csv(&lines, more)).await?.map_err(|fault| Error::Broken(fault.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name_of_file(&member)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body))
}

fn name_of_file(member: &Member) -> String {
    format!("attachment; filename=\"changes-{}-{}.csv\"", member.cluster.slug, member.today())
}

fn csv(lines: &[Line], more: bool) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["When", "Who", "Kind", "Record", "What was done", "Before", "After"])?;
    for line in lines {
        let kind = log::kind_words(&line.about);
        let when = clock::spoken(line.at);
        let cells = [when.as_str(), line.by(), &kind, &line.about_id, &line.verb, &line.before, &line.after];
        out.write_record(cells.map(log::harmless))?;
    }
    if more {
        let words = format!("There are more: a file holds the newest {MOST_IN_A_FILE}. Ask for fewer days to see the others.");
        out.write_record([words.as_str(), "", "", "", "", "", ""])?;
    }
    out.into_inner().map_err(|fault| fault.into_error().into())
}

/// The history of one record, to be opened; nothing when there is none.
#[must_use]
pub fn history(lines: &[Line]) -> Markup {
    html! {
        @if !lines.is_empty() {
            (details("What happened so far", html! { ul data-record { @for line in lines { li { (one(line)) } } } }))
        }
    }
}

pub(crate) fn one(line: &Line) -> Markup {
    html! {
        b { (clock::spoken(line.at)) } ": " (line.verb) " by " (line.by())
        @if !line.before.is_empty() { ". Before: " (line.before) }
        @if !line.after.is_empty() { ". " (line.after) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_cut_says_so_and_holds_no_formula() {
        let line = Line {
            id: ChangeId(1),
            at: chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
            who: None,
            about: "bookings".into(),
            about_id: "07EFYM4G8R001".into(),
            verb: "changed".into(),
            before: "=HYPERLINK(\"x\")".into(),
            after: "a, b".into(),
        };
        let text = String::from_utf8(csv(&[line], true).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains(",Boxrota,Booking,07EFYM4G8R001,changed,\"'=HYPERLINK(\"\"x\"\")\",\"a, b\""), "{text}");
        assert!(lines[2].starts_with("There are more"), "{text}");
    }
}
