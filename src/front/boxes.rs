//! The list of what the cluster shares. `GET /c/{cluster}/boxes`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use strum::IntoEnumIterator;

use crate::base::days::{self, Day, Period};
use crate::bookings::pages::beside;
use crate::catalogue::filter::{Filter, Query, Wrong};
use crate::catalogue::pages::missing_now;
use crate::catalogue::{Copy, Kind, Resource, Strand, TOPICS, year_name};
use crate::front::availability::{BoxesPage, Viewer, reserve};
use crate::people::Member;
use crate::web::answer::answer;
use crate::web::forms::{Errors, error_summary};
use crate::web::page::{Extras, Nav, page_with};
use crate::web::parts::{Tone, counted, empty, head, icon, pagination, pill, strand_icon, tag};
use crate::web::{App, Error};

/// Cards on a page.
const PAGE: usize = 24;
/// How many weeks ahead the date selects reach; an address may ask for any day that can be booked.
const WEEKS: i64 = 26;

/// Shows the list.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member, req: HttpRequest, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&req) {
        return Ok(same);
    }
    let viewer = Viewer::from(&*member);
    let desk = app.db.read(member.scope(), move |tx| Ok::<_, Error>(BoxesPage::of_all(tx, viewer)?)).await?;
    let asked = Filter::try_from(&*query).and_then(|filter| filter.within(desk.bookable).map(|()| filter));
    let (filter, errors) = match asked {
        Ok(filter) => (filter, Errors::new()),
        Err(Wrong { field, words }) => (Filter::without_days(&query), Errors::one(field, words)),
    };
    let view = View { desk: &desk, base: member.base(), filter: &filter, query: &query, errors: &errors };
    let main = view.page(query.page.parse().unwrap_or(1));
    let extras = Extras { scripts: &["htmx.js"], wrong: !errors.is_empty(), bleed: false };
    let page = page_with(&member.shell(Nav::Boxes), "Boxes", extras, &main);
    if errors.is_empty() {
        return Ok(member.tagged(&req, page));
    }
    Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

struct View<'a> {
    desk: &'a BoxesPage,
    base: &'a str,
    filter: &'a Filter,
    query: &'a Query,
    errors: &'a Errors,
}

impl View<'_> {
    fn page(&self, asked: usize) -> Markup {
        let all = self.desk.resources.len();
        let found: Vec<(&Resource, Vec<&Copy>)> = self
            .desk
            .resources
            .iter()
            .filter(|resource| self.filter.wants(resource))
            .map(|resource| (resource, self.filter.free.map(|days| self.desk.free(resource, days)).unwrap_or_default()))
            .filter(|(_, free)| self.filter.free.is_none() || !free.is_empty())
            .collect();
        let pages = found.len().div_ceil(PAGE).max(1);
        let page = asked.clamp(1, pages);
        let titles = |n| counted(n, "title", "titles");
        let lead = html! {
            span data-say {
                @if self.filter.is_empty() { (titles(all)) " shared by the cluster" }
                @else if let Some(free) = self.filter.free { (found.len()) " of " (titles(all)) ", free " (free) }
                @else { (found.len()) " of " (titles(all)) }
            }
        };
        html! {
            (head("Boxes", lead, html! { a.btn href={ (self.base) "/calendar" } { (icon("calendar-days")) "See the calendar" } }))
            (error_summary(self.errors))
            @if all == 0 {
                div.panel {
                    (empty("package-open", "No boxes yet", "The themed boxes and kit that your schools share will stand here, each with its next free date. The coordinator enters them with the cluster's files: see Help.", Some(("/help", "How to begin"))))
                }
            } @else {
                div.panel { (self.filters()) }
                @if found.is_empty() {
                    div.panel { (self.nothing()) }
                } @else {
                    section {
                        h2.vh { "What we have" }
                        ul.cards { @for (resource, free) in found.iter().skip((page - 1) * PAGE).take(PAGE) { (self.card(resource, free)) } }
                    }
                    (pagination(page, pages, |n| format!("{}/boxes{}", self.base, self.filter.query(n))))
                }
            }
        }
    }

    fn card(&self, resource: &Resource, free: &[&Copy]) -> Markup {
        let desk = self.desk;
        let first = desk.first_free(resource);
        let days = self.filter.free.map(|days| format!("?from={}&to={}", days.first(), days.last())).unwrap_or_default();
        html! {
            li.panel {
                div.title {
                    (strand_icon(resource.strand.class(), &resource.icon))
                    h3 { a href={ (self.base) "/boxes/" (resource.id) } { (resource.name) } }
                }
                @if !resource.summary.is_empty() { p { (resource.summary) } }
                div.pills {
                    (pill(Tone::Plain, &resource.years.to_string()))
                    @if resource.kind == Kind::Kit { (pill(Tone::Plain, resource.kind.words())) }
                    @if resource.copies.len() != 1 { (pill(Tone::Plain, &counted(resource.copies.len(), "copy", "copies"))) }
                    @if desk.rules(resource).approval_needed { (pill(Tone::Plain, "Needs approval")) }
                }
                @if resource.copies.is_empty() { (tag(Tone::Plain, "ban", "No copy to lend at the moment")) }
                @else { ul.places { @for copy in &resource.copies { li { (beside(&desk.beside(copy), html! { @if resource.copies.len() > 1 { b { (copy.tag) } " " } (desk.place(copy)) (missing_now(&desk.missing(copy.id))) })) } } } }
                div.foot-row {
                    @if self.filter.free.is_some() && resource.copies.len() > 1 {
                        (tag(Tone::Good, "check", &format!("{} of {} free then", free.len(), resource.copies.len())))
                    } @else if self.filter.free.is_some() { (tag(Tone::Good, "check", "Free then")) }
                    @else { (desk.when_free(first)) }
                    @if desk.viewer.may_book && first.is_some() { (reserve(self.base, resource.id, &days, &resource.name, "btn over")) }
                }
            }
        }
    }

    fn filters(&self) -> Markup {
        let (filter, desk) = (self.filter, self.desk);
        let open = !filter.is_empty() || !self.errors.is_empty();
        let address = format!("{}/boxes", self.base);
        html! {
            details.fold open[open] { summary { (icon("funnel")) "Filter" (icon("chevron-down")) } }
            form.filt action=(address) method="get" data-hx-get=(address) data-hx-trigger="change, submit" data-hx-target="#main" data-hx-select="#main"
                data-hx-swap="outerMorph" data-hx-push-url="true" {
                div { label for="q" { "Words" } input #q type="search" name="q" value=(filter.words) autocomplete="off" placeholder="Such as magnets"; }
                div {
                    label for="year" { "Year group" }
                    select #year name="year" {
                        option value="" { "All years" }
                        @for year in 0u8..=6 { option value=(year) selected[filter.year == Some(year)] { (year_name(year)) } }
                    }
                }
                div { label for="topic" { "Topic" } (self.topics()) }
                div {
                    label for="kind" { "Kind" }
                    select #kind name="kind" {
                        option value="" { "Boxes and kit" }
                        option value="box" selected[filter.kind == Some(Kind::Box)] { "Themed boxes" }
                        option value="kit" selected[filter.kind == Some(Kind::Kit)] { "Kit" }
                    }
                }
                (self.day("from", "Free from", &self.query.from))
                (self.day("to", "Free to", &self.query.to))
                button.btn type="submit" { "Filter" }
                @if open { a.clear href=(address) { "Show all" } }
                @if !desk.viewer.may_book { p.clear { "The science leads reserve; you can look." } }
            }
        }
    }

    fn topics(&self) -> Markup {
        // The curriculum's order; a topic of the cluster's own comes after it.
        let place = |topic: &str| TOPICS.iter().position(|known| known.name == topic).unwrap_or(TOPICS.len());
        let mut topics: Vec<(Strand, usize, &str)> =
            self.desk.resources.iter().map(|resource| (resource.strand, place(&resource.topic), resource.topic.as_str())).collect();
        topics.sort_unstable();
        topics.dedup();
        html! {
            select #topic name="topic" {
                option value="" { "All topics" }
                @for strand in Strand::iter().filter(|strand| topics.iter().any(|topic| topic.0 == *strand)) {
                    optgroup label=(strand.words()) {
                        option value=(strand) selected[self.filter.strand == Some(strand)] { "All of " (strand.words().to_lowercase()) }
                        @for (_, _, topic) in topics.iter().filter(|topic| topic.0 == strand) {
                            option value=(topic) selected[self.filter.topic == *topic] { (topic) }
                        }
                    }
                }
            }
        }
    }

    /// A select of school days by week, from the first that can be booked.
    fn day(&self, name: &str, label: &str, asked: &str) -> Markup {
        let (desk, wrong) = (self.desk, self.errors.of(name));
        let chosen = days::parse_iso(asked.trim());
        let first = desk.bookable.first();
        let shown =
            Period::new(first, days::add(first, WEEKS * 7)).and_then(|shown| shown.intersect(desk.bookable)).unwrap_or(Period::day(first));
        let listed = |day: Day| shown.contains(day) && desk.calendar.is_school_day(day, desk.viewer.own);
        html! {
            div.bad[wrong.is_some()] {
                label for=(name) { (label) }
                @if let Some(message) = wrong { p.err id={ (name) "-error" } { span.vh { "Error: " } (message) } }
                select id=(name) name=(name) aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{name}-error"))] {
                    option value="" { "Any day" }
                    @if let Some(day) = chosen.filter(|day| !listed(*day)) { option value=(day) selected { (desk.day(day)) } }
                    @for week in desk.calendar.weeks(shown, desk.viewer.own) {
                        @if let Some(school) = week.school.and_then(|days| days.intersect(shown)) {
                            optgroup label=(week.heading()) {
                                @for day in desk.calendar.school_days(school, desk.viewer.own) {
                                    option value=(day) selected[chosen == Some(day)] { (days::short(day)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn nothing(&self) -> Markup {
        let taught = self.filter.year.filter(|year| *year > 0).map(|year| {
            let topics: Vec<&str> = TOPICS.iter().filter(|topic| topic.years.contains(&year)).map(|topic| topic.name).collect();
            format!(" {} is usually taught: {}.", year_name(year), topics.join("; "))
        });
        let text = if self.filter.free.is_some() {
            "Everything that fits is out or booked then. Try other days, or look for gaps in the calendar."
        } else {
            "Take a word or a filter away. Words are looked for in names, topics and contents."
        };
        empty(
            "search",
            "Nothing matches",
            &format!("{text}{}", taught.unwrap_or_default()),
            Some((&format!("{}/boxes", self.base), "Show all boxes")),
        )
    }
}
