//! A resource: where its copies are, what is in it, who has it next and who had it. `GET /c/{cluster}/boxes/{resource}`.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::base::days::{self, Day};
use crate::base::ids::{ContentsLineId, ResourceId};
use crate::bookings::pages::{beside, state_pill};
use crate::bookings::store::shelf::{self, Held};
use crate::bookings::{Kind as For, Slot, risk};
use crate::catalogue::missing::{self, Short};
use crate::catalogue::pages::missing_now;
use crate::catalogue::{ContentsLine, Copy, Plight, Resource, Title, similar, store};
use crate::front::availability::{BoxesPage, Viewer, reserve};
use crate::people::Member;
use crate::web::page::{Nav, page};
use crate::web::parts::{back, counted, head, icon, row, strand_icon, summary, table_or_cards};
use crate::web::{App, Error};

/// Loans shown that are still to come.
const NEXT: usize = 12;
/// Loans shown of the history at once.
const PAST: usize = 10;
/// Loans read for that: with those that began on one day with the last one shown, and one to see whether there are more.
const MOST_PAST: usize = 40;

/// Where in the history to look.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Query {
    #[serde(default)]
    before: String,
}

/// Shows a resource.
///
/// # Errors
/// 404 when it is not in this cluster; when the database cannot be read.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    req: HttpRequest,
    path: web::Path<(String, ResourceId)>,
    query: web::Query<Query>,
) -> Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&req) {
        return Ok(same);
    }
    let (id, viewer, today) = (path.1, Viewer::from(&*member), member.today());
    let before = days::parse_iso(&query.before).filter(|day| *day <= today);
    let read = app.db.read(member.scope(), move |tx| {
        let (desk, contents) = BoxesPage::of_one(tx, viewer, id)?.ok_or(Error::NotFound)?;
        let own = desk.resources.first().ok_or(Error::NotFound)?;
        let others = similar(own, store::of_strand(tx, own.strand)?);
        let past = shelf::before(tx, id, before.unwrap_or(today), MOST_PAST)?;
        Ok::<_, Error>((desk, contents, past, others))
    });
    let (desk, contents, past, others) = read.await?;
    let own = desk.resources.first().ok_or(Error::NotFound)?;
    let view = View { desk: &desk, own, others: &others, base: member.base(), csrf: member.csrf() };
    Ok(member.tagged(&req, page(&member.shell(Nav::Boxes), &own.name, &view.page(&contents, &past, before))))
}

struct View<'a> {
    desk: &'a BoxesPage,
    own: &'a Resource,
    others: &'a [Title],
    base: &'a str,
    csrf: &'a str,
}

impl View<'_> {
    fn page(&self, contents: &[ContentsLine], past: &[Held], before: Option<Day>) -> Markup {
        let (own, desk) = (self.own, self.desk);
        let lead = html! { (own.kind.words()) " · " (own.strand.words()) @if own.topic != own.strand.words() { " · " (own.topic) } " · " (own.years) };
        let act = html! { @if desk.viewer.may_book && !own.copies.is_empty() { (reserve(self.base, own.id, "", &own.name, "btn go")) } };
        html! {
            (back(&format!("{}/boxes", self.base), "All boxes"))
            (head(&own.name, lead, act))
            div.side {
                div.stack {
                    section.panel.card {
                        h2 { "Where it is now" }
                        div.intro { (strand_icon(own.strand.class(), &own.icon)) p { (own.summary) } }
                        (self.copies())
                        @if desk.viewer.may_book && !own.copies.is_empty() {
                            p { "Taken on the days you need? " a href={ (self.base) "/waits/new?resource=" (own.id) } { "Join the waiting list" } }
                        }
                    }
                    section.panel.card { h2 { "Next loans" } (self.next()) }
                    section.panel.card { h2 { "Contents" } (self.contents(contents)) }
                    section.panel.card #history { h2 { "Who had it" } (self.history(past, before)) }
                }
                div.stack {
                    section.panel.card { h2 { "About this " @if own.kind == crate::catalogue::Kind::Box { "box" } @else { "kit" } } (self.facts(contents)) }
                    (self.feed())
                    (self.others())
                }
            }
        }
    }

    fn copies(&self) -> Markup {
        let (own, desk) = (self.own, self.desk);
        if own.copies.is_empty() {
            return html! { p { "The cluster has no copy of it to lend at the moment." } };
        }
        let mut by_completeness: Vec<&Copy> = own.copies.iter().collect();
        by_completeness.sort_by_key(|copy| missing::rank(&desk.missing(copy.id)));
        let heads: &[&str] =
            if desk.viewer.may_book { &["Copy", "Where", "When it is free", "Reserve"] } else { &["Copy", "Where", "When it is free"] };
        table_or_cards(
            "Copies",
            heads,
            html! {
                @for copy in by_completeness {
                    @let free = desk.next_free(own, copy);
                    tr {
                        th scope="row" {
                            span.two {
                                a href={ (self.base) "/copies/" (copy.id) } { (beside(&desk.beside(copy), &copy.tag)) }
                                a href={ (self.base) "/copies/" (copy.id) "/history" } { "History" span.vh { " of " (copy.tag) } }
                            }
                        }
                        td data-h="Where" { (beside(&desk.beside(copy), html! { (desk.place(copy)) (missing_now(&desk.missing(copy.id))) })) @if !copy.note.is_empty() { br; small { (copy.note) } } }
                        td data-h="Free" { (desk.when_free(free)) }
                        @if desk.viewer.may_book {
                            td {
                                @if free.is_some() { (reserve(self.base, own.id, &format!("?copy={}", copy.id), &copy.tag, "btn small")) }
                                @else { "Not now" }
                            }
                        }
                    }
                }
            },
        )
    }

    /// What belongs in it, and what of that is missing now in which copy.
    fn contents(&self, contents: &[ContentsLine]) -> Markup {
        if contents.is_empty() {
            return html! { p { "Nobody has listed its contents yet." } };
        }
        let many = self.own.copies.len() > 1;
        let lacking: Vec<(&str, Vec<Short>)> = self.own.copies.iter().map(|copy| (copy.tag.as_str(), self.desk.missing(copy.id))).collect();
        let short = |line: ContentsLineId| {
            lacking.iter().filter_map(move |(tag, missing)| Some((*tag, missing.iter().find(|short| short.line == line)?)))
        };
        let table = table_or_cards(
            "Contents",
            &["Item", "Expected", "Kind", "Essential", "Care"],
            html! {
                @for line in contents {
                    tr {
                        th scope="row" { (line.item) }
                        td data-h="Expected" {
                            (line.quantity)
                            @for (tag, short) in short(line.id) {
                                " " span.lacks { (icon("triangle-alert")) span { @if many { (tag) ": " } (short.words()) } }
                            }
                        }
                        td data-h="Kind" { @if line.consumable { "Consumable" } @else { "Durable" } }
                        td data-h="Essential" { @if line.essential { "Yes" } @else { "No" } }
                        td { (line.care_note) }
                    }
                }
            },
        );
        html! { div.tight { (table) } }
    }

    fn next(&self) -> Markup {
        let desk = self.desk;
        let mut next: Vec<(&Copy, &Held)> = Vec::new();
        for copy in &self.own.copies {
            next.extend(desk.held(copy.id).iter().map(|held| (copy, held)));
        }
        next.sort_by_key(|(_, held)| held.slot.days);
        if next.is_empty() {
            return html! { p { "Nobody has reserved it yet." } };
        }
        let more = next.len().saturating_sub(NEXT);
        let many = self.own.copies.len() > 1;
        let heads: &[&str] = if many { &["Dates", "School", "Copy", "Status"] } else { &["Dates", "School", "Status"] };
        html! {
            (table_or_cards("Next loans", heads, html! {
                @for (copy, held) in next.iter().take(NEXT) {
                    tr {
                        th scope="row" { a href={ (self.base) "/bookings/" (held.slot.id) } { (held.slot.days) } }
                        td data-h="School" { @if held.slot.kind == For::Restock { "Restock" } @else { (held.school) @if !held.class_name.is_empty() { ", " (held.class_name) } } }
                        @if many { td data-h="Copy" { (beside(&desk.beside_loan(copy, &held.slot), &copy.tag)) } }
                        td data-h="Status" { (self.status(held, copy.state.why_not(), &copy.plight)) }
                    }
                }
            }))
            @if more > 0 {
                p { (counted(more, "more loan", "more loans")) " later: " a href={ (self.base) "/calendar?view=list&q=" (percent(&self.own.name)) } { "see them in the calendar" } }
            }
        }
    }

    fn status(&self, held: &Held, why_not: Option<&str>, plight: &Plight) -> Markup {
        let (slot, today) = (&held.slot, self.desk.today);
        let late = self.desk.held(slot.copy).iter().map(|held| &held.slot).find(|slot| slot.late_since(today).is_some());
        state_pill(slot, risk(slot, late, why_not, plight, today).is_some(), today)
    }

    fn history(&self, past: &[Held], before: Option<Day>) -> Markup {
        let tag = |slot: &Slot| {
            let copy = self.own.copies.iter().find(|own| own.id == slot.copy);
            copy.map(|copy| beside(&self.desk.beside_loan(copy, slot), &copy.tag)).unwrap_or_default()
        };
        let many = self.own.copies.len() > 1;
        let heads: &[&str] = if many { &["Dates", "School", "Copy"] } else { &["Dates", "School"] };
        // The next page begins before a day, so this one shows the whole of its last day.
        let last = past.get(PAST - 1).map(|held| held.slot.days.first());
        let shown = last.map_or(past.len(), |last| past.partition_point(|held| held.slot.days.first() >= last));
        let more = last.filter(|_| past.len() > shown);
        let past = &past[..shown];
        html! {
            @if past.is_empty() {
                p { @if let Some(day) = before { "No loans in the two years before " (days::long(day)) "." } @else { "No loans in the last two years." } }
            } @else {
                (table_or_cards("Who had it", heads, html! {
                    @for held in past {
                        tr {
                            th scope="row" { a href={ (self.base) "/bookings/" (held.slot.id) } { (held.slot.days) } }
                            td data-h="School" {
                                @if held.slot.kind == For::Restock { "Restock" } @else { (held.school) @if !held.class_name.is_empty() { ", " (held.class_name) } }
                            }
                            @if many { td data-h="Copy" { (tag(&held.slot)) } }
                        }
                    }
                }))
            }
            @if before.is_some() || more.is_some() {
                p.acts.end {
                    @if before.is_some() { a.btn.small href={ (self.base) "/boxes/" (self.own.id) "#history" } { "Newest loans" } }
                    @if let Some(day) = more { a.btn.small href={ (self.base) "/boxes/" (self.own.id) "?before=" (day) "#history" } rel="next" { "Earlier loans" } }
                }
            }
        }
    }

    fn facts(&self, contents: &[ContentsLine]) -> Markup {
        let rules = self.desk.rules(self.own);
        let mut rows = vec![row("Longest loan", rules.longest.words())];
        if rules.turnaround_days > 0 {
            rows.push(row("Kept free after", counted(rules.turnaround_days as usize, "day", "days")));
        }
        rows.push(row("Approval", if rules.approval_needed { "The coordinator says yes first" } else { "Not needed" }));
        if !contents.is_empty() {
            rows.push(row("Contents", counted(contents.len(), "line", "lines")));
        }
        html! {
            (summary(&rows))
            p.acts.end { a.btn href={ (self.base) "/calendar?q=" (percent(&self.own.name)) } { (icon("calendar-days")) "See it in the calendar" } }
        }
    }

    fn feed(&self) -> Markup {
        html! {
            section.panel.card {
                h2 { "In your own calendar" }
                p { "Every loan of it shows in Outlook, Google or Apple Calendar and stays up to date." }
                form method="post" action={ (self.base) "/feeds" } {
                    (crate::web::forms::csrf_field(self.csrf))
                    (crate::web::forms::hidden("resource", &self.own.id.to_string()))
                    p.acts.end { button.btn type="submit" { (icon("rss")) "Get its calendar feed" } }
                }
            }
        }
    }

    fn others(&self) -> Markup {
        let others = self.others;
        html! {
            @if !others.is_empty() {
                section.panel.card {
                    h2 { "Similar" }
                    ul.links {
                        @for other in others {
                            li { (strand_icon(self.own.strand.class(), &other.icon)) div { a href={ (self.base) "/boxes/" (other.id) } { (other.name) } small { (other.years) } } }
                        }
                    }
                }
            }
        }
    }
}

/// A text as a part of an address's query.
fn percent(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
