//! A handover: both counts side by side, where they differ, names and times, pictures. Nothing on it can be changed.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::answer;
use super::copy::state_pill;
use crate::base::ids::{CountId, HandoverId, PhotoId};
use crate::db::{self, Tx};
use crate::files::store;
use crate::handovers::counts::{Count, CountLine, Side, differences};
use crate::handovers::letters::signed;
use crate::handovers::store::counts::{self as counted, Stored};
use crate::handovers::store::handovers::{self, Handover, Said, Signature};
use crate::people::Member;
use crate::schools::{self, SchoolNames};
use crate::web::page::{Nav, page};
use crate::web::parts::{Row, Tone, back, banner, head, row, summary, table_or_cards, tag};
use crate::web::{App, Error};

struct Sheet {
    one: Handover,
    counts: Vec<Stored>,
    photos: Vec<(PhotoId, CountId)>,
    names: SchoolNames,
}

impl Sheet {
    /// Four queries.
    fn read(tx: &mut Tx<'_>, id: HandoverId) -> db::Result<Self> {
        Ok(Self {
            one: handovers::one(tx, id)?,
            counts: counted::of_handover(tx, id)?,
            photos: store::photos_of(tx, id)?,
            names: schools::store::school_names(tx)?,
        })
    }

    fn of(&self, side: Side) -> Option<&Stored> {
        self.counts.iter().find(|one| one.side == side)
    }
}

/// Shows a handover.
///
/// # Errors
/// When it is not there.
pub async fn show(app: web::Data<App>, member: Member, path: web::Path<(String, HandoverId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, id)?)).await?;
    Ok(answer(StatusCode::OK, &page(&member.shell(Nav::Week), "Handover", &main(&member, &sheet))))
}

fn main(member: &Member, sheet: &Sheet) -> Markup {
    let one = &sheet.one;
    let (from, to) = (sheet.names.of(one.from).to_owned(), sheet.names.of_place(one.to, one.home));
    let copy = format!("{}/copies/{}", member.base(), one.copy);
    html! {
        (back(&copy, &format!("{} ({})", one.name, one.tag)))
        (head(&format!("{} from {from} to {to}", one.name), state_pill(one), html! {}))
        @if !one.refusal.is_empty() {
            (banner(Tone::Bad, &format!("Refused by {to}"), html! { p { (one.refusal) } }))
        }
        @if one.differs {
            (banner(Tone::Warn, "The two counts differ", html! { p { "Both are kept as they were counted. Talk to the other school; the coordinator knows." } }))
        }
        @if one.given.is_none() {
            (banner(Tone::Plain, &format!("{from} had not handed it over"), html! { p { "It was received all the same, and " (from) " was told." } }))
        }
        div.side {
            (signed_by(sheet, &format!("Handed over by {from}"), one.given.as_ref(), &one.given_said, Side::Giver))
            (signed_by(sheet, &format!("Received by {to}"), one.received.as_ref(), &one.received_said, Side::Receiver))
        }
        (lines(sheet, &from, &to))
        @if !sheet.photos.is_empty() {
            section.panel.card aria-labelledby="photos" {
                h2 #photos { "Photos" }
                ul.photos {
                    @for (photo, count) in &sheet.photos {
                        @let who = if sheet.of(Side::Giver).is_some_and(|given| given.id == *count) { &from } else { &to };
                        li { a href={ (member.base()) "/photos/" (photo) } { img src={ (member.base()) "/photos/" (photo) } alt={ "The box at its count by " (who) } loading="lazy"; } }
                    }
                }
            }
        }
    }
}

fn signed_by(sheet: &Sheet, heading: &str, signature: Option<&Signature>, said: &Said, side: Side) -> Markup {
    let mut rows: Vec<Row> = Vec::new();
    match signature {
        Some(one) => rows.push(row("Signed", signed(&one.name, one.at))),
        None => rows.push(row("Signed", "Nobody")),
    }
    if let Some(stored) = sheet.of(side) {
        rows.push(row("Counted", stored.count.summary()));
    }
    if let Some(condition) = said.condition {
        rows.push(row("The box itself", condition.words()));
    }
    if !said.note.is_empty() {
        rows.push(row("Note", &said.note));
    }
    html! { section.panel.card { h2 { (heading) } (summary(&rows)) } }
}

/// Both counts, a row a line.
fn lines(sheet: &Sheet, from: &str, to: &str) -> Markup {
    let of = |side| sheet.of(side).map(|stored| &stored.count);
    let (given, received) = (of(Side::Giver), of(Side::Receiver));
    let apart = given.zip(received).map(|(given, received)| differences(given, received)).unwrap_or_default();
    let mut all: Vec<&CountLine> = given.into_iter().chain(received).flat_map(|count| &count.lines).collect();
    all.sort_by_key(|line| (line.of.position, line.of.line));
    all.dedup_by_key(|line| line.of.line);
    if all.is_empty() {
        return html! {};
    }
    let of = |count: Option<&'_ Count>, line: &CountLine| {
        count.and_then(|count| count.lines.iter().find(|one| one.of.line == line.of.line)).cloned()
    };
    let looked = |count: Option<&Count>, line: &CountLine| of(count, line).is_some_and(|line| line.looked_at());
    let cell = |count: Option<&Count>, line: &CountLine| {
        let found = of(count, line);
        html! {
            @match found {
                Some(found) => { (found.words()) @if !found.note.is_empty() { small { (found.note) } } }
                None => { "Not counted" }
            }
        }
    };
    let (by_giver, by_receiver) = (format!("Counted by {from}"), format!("Counted by {to}"));
    html! {
        section.panel aria-labelledby="lines" {
            h2.vh #lines { "What was counted" }
            (table_or_cards("What was counted", &["Item", "Belongs in it", &by_giver, &by_receiver, "Agree?"], html! {
                @for line in all {
                    @let differs = apart.iter().any(|one| one.line == line.of.line);
                    tr.differs[differs] {
                        th scope="row" { (line.of.item) @if line.of.essential { small { "Essential" } } }
                        td data-h="Belongs in it" { (line.of.quantity) }
                        td data-h=(by_giver) { (cell(given, line)) }
                        td data-h=(by_receiver) { (cell(received, line)) }
                        td data-h="Agree?" { @if differs { (tag(Tone::Warn, "triangle-alert", "Differs")) } @else if looked(given, line) && looked(received, line) { "Yes" } }
                    }
                }
            }))
        }
    }
}
