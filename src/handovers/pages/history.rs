//! The history of a copy: who had it and for how long, what was counted, who had booked it, what was done to it; newest first, made to
//! be printed. `GET /c/{cluster}/copies/{copy}/history`.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::ids::{CopyId, SchoolId};
use crate::base::{clock, days};
use crate::catalogue::{self, Item};
use crate::clusters::log::Line;
use crate::db::{Result, Tx};
use crate::handovers::history::{Booked, Entry, Passing, Stay, at, how_long, page as page_of};
use crate::handovers::store::{counts, history as store};
use crate::journeys::Place;
use crate::people::Member;
use crate::schools::{self, SchoolNames};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, back, empty, head, icon, pill};
use crate::web::{App, Error};

/// Where in the history to look.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    before: String,
}

/// What the page shows.
struct Sheet {
    item: Item,
    names: SchoolNames,
    entries: Vec<Entry>,
    earlier: Option<DateTime<Utc>>,
}

impl Sheet {
    /// At most eight queries.
    fn read(tx: &mut Tx<'_>, copy: CopyId, before: Option<DateTime<Utc>>) -> Result<Self> {
        let (item, stays) = store::chain(tx, copy, before)?;
        // Before its first link there is none.
        let item = if let Some(item) = item { item } else { catalogue::store::copy(tx, copy)?.0 };
        let names = schools::store::school_names(tx)?;
        // What is written down when it has been elsewhere long since was never here.
        let stays = stays.into_iter().filter(|stay| stay.until.is_none_or(|until| until >= stay.since));
        let mut entries: Vec<Entry> = stays.map(Entry::Stay).collect();
        entries.extend(store::passings(tx, copy, before)?.into_iter().map(|passing| Entry::Passing(Box::new(passing))));
        let counted = counts::by_holder(tx, copy, before, store::more_than_a_page())?;
        entries.extend(counted.into_iter().map(|count| Entry::Counted(Box::new(count))));
        entries.extend(store::booked(tx, copy, before)?.into_iter().map(Entry::Booked));
        entries.extend(store::changes(tx, copy, before)?.into_iter().map(Entry::Change));
        let (entries, earlier) = page_of(entries, before);
        Ok(Self { item, names, entries, earlier })
    }

    fn name(&self, school: SchoolId) -> &str {
        self.names.of(school)
    }
}

/// Shows the history of a copy.
///
/// # Errors
/// 404 when it is not in this cluster; when the database cannot be read.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    request: HttpRequest,
    path: web::Path<(String, CopyId)>,
    query: web::Query<Query>,
) -> std::result::Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let (copy, before) = (path.into_inner().1, query.before.parse::<DateTime<Utc>>().ok());
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, copy, before)?)).await?;
    let title = format!("History of {}", sheet.item.words());
    Ok(member.tagged(&request, page(&member.shell(Nav::Boxes), &title, &main(member.base(), &sheet, before.is_some(), &title))))
}

fn main(base: &str, sheet: &Sheet, turned: bool, title: &str) -> Markup {
    let here = format!("{base}/copies/{}", sheet.item.copy);
    html! {
        (back(&format!("{base}/boxes/{}", sheet.item.resource), &sheet.item.name))
        (head(title, html! { "Who had it, what was counted, and what was done to it; newest first" }, html! {
            a.btn href=(here) { (icon("scan-qr-code")) "Where it is now" }
        }))
        section.panel.card {
            @if sheet.entries.is_empty() { (empty("list", "Nothing here", "What happens to this copy will stand here.", None)) }
            @else {
                ol.chain { @for entry in &sheet.entries { li { (one(base, sheet, entry)) } } }
            }
            @if turned || sheet.earlier.is_some() {
                p.acts.end {
                    @if turned { a.btn.small href={ (here) "/history" } { "Newest" } }
                    @if let Some(before) = sheet.earlier {
                        a.btn.small href={ (here) "/history?before=" (before.format("%Y-%m-%dT%H:%M:%S%.6fZ")) } rel="next" { "Earlier" }
                    }
                }
            }
        }
    }
}

fn one(base: &str, sheet: &Sheet, entry: &Entry) -> Markup {
    match entry {
        Entry::Stay(stay) => with_time("map-pin", &clock::spoken(at(entry)), &stay_words(sheet, stay)),
        Entry::Passing(passing) => with_time("scan-qr-code", &clock::spoken(at(entry)), &passing_words(base, sheet, passing)),
        Entry::Counted(count) => with_time(
            "check",
            &clock::spoken(at(entry)),
            &html! {
                p { b { (sheet.name(count.school)) " counted it" } " (" (count.by) "): " (count.words()) "." }
                @if let Some(photo) = count.photo { p { a href={ (base) "/photos/" (photo) } { "See the photo" } } }
            },
        ),
        Entry::Booked(booked) => with_time("calendar-days", &days::full(booked.days.first()), &booked_words(base, sheet, booked)),
        Entry::Change(line) => with_time("pencil", &clock::spoken(at(entry)), &change_words(line)),
    }
}

fn with_time(symbol: &str, when: &str, words: &Markup) -> Markup {
    html! { (icon(symbol)) div { p.when { (when) } (words) } }
}

fn stay_words(sheet: &Sheet, stay: &Stay) -> Markup {
    let school = sheet.name(stay.school);
    html! {
        p {
            @match stay.place {
                Place::School => { b { "At " (school) } }
                Place::Store => { b { "In store at " (school) } }
                Place::Transit => { b { "On its way from " (school) " to " @if let Some(to) = stay.to { (sheet.name(to)) } @else { "its store" } } }
                Place::Missing => { b { "Missing" } ", last at " (school) }
            }
            @match stay.until { Some(until) => { ", for " (how_long(stay.since, until)) } None => { ", until now" } }
            "."
            @if let Some(person) = &stay.person { " By " (person) "." }
        }
    }
}

fn passing_words(base: &str, sheet: &Sheet, passing: &Passing) -> Markup {
    let (from, to) = (sheet.name(passing.from), passing.to.map_or("its store", |to| sheet.name(to)));
    html! {
        p {
            @match passing.state.as_str() {
                "accepted" => { b { "Handed over from " (from) " to " (to) } "." }
                "refused" => { b { (to) " refused it from " (from) } ": " (passing.refusal) }
                "withdrawn" => { b { (from) " took it back before " (to) " received it" } "." }
                "lost" => { b { (from) " handed it over to " (to) } ", and nobody has said that it arrived." }
                _ => { b { (from) " handed it over to " (to) } ", not received yet." }
            }
            " " a href={ (base) "/handovers/" (passing.id) } { "See this handover" }
            @if passing.differs { " " (pill(if passing.settled { Tone::Plain } else { Tone::Warn }, "The counts differ")) }
        }
        @for count in &passing.counts {
            p { "Counted when it was " @if count.side == "giver" { "handed over" } @else { "received" } " (" (count.by) "): " (count.words()) "." }
        }
        @for ((when, condition), note) in ["handed over", "received"].into_iter().zip(&passing.conditions).zip(&passing.notes) {
            @if !condition.is_empty() || !note.is_empty() {
                p { "Condition when it was " (when) ": " (condition) @if !condition.is_empty() && !note.is_empty() { ". " } (note) }
            }
        }
    }
}

fn booked_words(base: &str, sheet: &Sheet, booked: &Booked) -> Markup {
    html! {
        p {
            a href={ (base) "/bookings/" (booked.id) } {
                @if booked.restock { "Kept to restock or mend" } @else { "Booked by " (sheet.name(booked.school)) }
                ", " (booked.days)
            }
            @if !booked.class_name.is_empty() { ", for " (booked.class_name) }
            "."
            @match booked.fetched {
                (Some(out), Some(home)) => { " Fetched on " (days::long(out)) ", ended on " (days::long(home)) "." }
                (Some(out), None) => { " Fetched on " (days::long(out)) "." }
                (None, _) if booked.restock => {}
                (None, _) => { " Not fetched." }
            }
        }
    }
}

fn change_words(line: &Line) -> Markup {
    html! {
        p {
            b { "Changed: " (line.verb) } @if line.who.is_some() { " by " (line.by()) } "."
            @if !line.before.is_empty() { " Before: " (line.before) "." }
            @if !line.after.is_empty() { " " (line.after) }
        }
    }
}
