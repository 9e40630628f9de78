//! The calendar: who has what when, as a term, a month or a list. `GET /c/{cluster}/calendar`.

pub mod ask;
pub mod desk;
pub mod term;
pub mod words;
pub mod feeds;

mod month;

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::base::days::{self, Day};
use crate::calendar::pages;
use crate::people::Member;
use crate::web::page::{Extras, Nav, page_with};
use crate::web::parts::{Fact, Tone, counted, empty, facts, icon};
use crate::web::{App, Error};
use crate::year::Window;
use ask::{Ask, Query, View};
use desk::CalendarPage;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/calendar", get().to(show))
        .route("/feeds", get().to(feeds::show))
        .route("/feeds", post().to(feeds::create))
        .route("/feeds/{feed}/renew", post().to(feeds::renew))
        .route("/feeds/{feed}/remove", post().to(feeds::remove));
}

/// The room's addresses outside of any cluster.
pub fn outside(routes: &mut web::ServiceConfig) {
    use web::get;
    routes.route("/feed/{token}.ics", get().to(feeds::serve)).route("/feed/{token}.ics", web::head().to(feeds::serve));
}

/// Shows the calendar.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member, request: HttpRequest, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let ask = Ask::from(query.into_inner());
    let viewer = desk::viewer(&member);
    let desk = app.db.read(member.scope(), move |tx| Ok::<_, Error>(CalendarPage::read(tx, ask, viewer)?)).await?;
    let main = body(&desk, member.own_school().map_or("Your school", |school| &school.short_name));
    let extras = Extras { scripts: &["htmx.js", "timeline.js"], bleed: true, wrong: false };
    let title = title_of(&desk);
    Ok(member.tagged(&request, page_with(&member.shell(Nav::Calendar), &title, extras, &main)))
}

fn title_of(desk: &CalendarPage) -> String {
    let day = desk.ask.from.unwrap_or(desk.today);
    match desk.ask.view {
        View::Month => month::name(day),
        View::Term | View::List => desk.calendar.window(day).name,
    }
}

/// The page between header and foot.
#[must_use]
pub fn body(desk: &CalendarPage, own: &str) -> Markup {
    let day = desk.ask.from.unwrap_or(desk.today);
    let window = desk.calendar.window(day);
    let shown: usize = desk.shown().iter().map(|(_, copies)| copies.len()).sum();
    html! {
        (head(desk, &window, day, shown))
        (facts(&chips(desk, own)))
        @if desk.titles.is_empty() {
            div.panel { (empty("package-open", "No boxes yet", "The cluster's boxes and kit will stand here with their loans, once the coordinator has entered them.", None)) }
        } @else {
            div.panel {
                (filters(desk, &window))
                (key(desk))
                @if shown == 0 {
                    (empty("search", "Nothing matches these filters", "Take one of them away, or look at other weeks.", Some((&desk.ask.unfiltered().href(), "Show all boxes"))))
                } @else {
                    @match desk.ask.view {
                        View::Term => { (term::timeline(desk, &window)) }
                        View::Month => { (month::weeks(desk, day)) }
                        View::List => { (pages::month::loans(desk)) }
                    }
                }
            }
            (foot(desk))
        }
    }
}

fn head(desk: &CalendarPage, window: &Window, day: Day, shown: usize) -> Markup {
    let all: usize = desk.titles.iter().map(|title| title.copies.len()).sum();
    let ask = &desk.ask;
    let (before, after, unit) = match ask.view {
        View::Month => (month::previous_month(day), pages::ask::next_month(day), "month"),
        View::Term | View::List => {
            (desk.calendar.window_before(window).days.first(), desk.calendar.window_after(window).days.first(), "term")
        }
    };
    let tab =
        |view: View, name: &str| html! { a href=(ask.seen_as(view).href()) aria-current=[(ask.view == view).then_some("page")] { (name) } };
    html! {
        div.head {
            div {
                h1 { (title_of(desk)) }
                p {
                    @if ask.view == View::Month { (desk.shown_days) }
                    @else { (counted(window.weeks(), "week", "weeks")) " from " (days::short(window.days.first())) " to " (days::short(window.days.last())) }
                    " · "
                    span data-say {
                        @if ask.filters() { (shown) " of " (all) " boxes shown" }
                        @else { (counted(all, "box", "boxes")) " shared by " (counted(desk.school_count(), "school", "schools")) }
                    }
                }
            }
            div.acts {
                a.btn.sq href=(ask.at(before).href()) rel="prev" { (icon("chevron-left")) span.vh { "Previous " (unit) } }
                @if !desk.shown_days.contains(desk.today) { a.btn href=(Ask { from: None, ..ask.clone() }.href()) { "Today" } }
                a.btn.sq href=(ask.at(after).href()) rel="next" { (icon("chevron-right")) span.vh { "Next " (unit) } }
                nav.seg aria-label="View" { (tab(View::Term, "Term")) (tab(View::Month, "Month")) (tab(View::List, "List")) }
            }
        }
    }
}

/// What matters now, wherever the page has been turned to.
fn chips(desk: &CalendarPage, own: &str) -> Vec<Fact> {
    let mut chips = Vec::new();
    let late = desk.all_late();
    if let [one] = late[..] {
        chips.push(Fact { tone: Tone::Bad, symbol: "triangle-alert", words: "1 box late".into(), href: format!("bookings/{}", one.id) });
    } else if !late.is_empty() {
        let href = desk.ask.unfiltered().seen_as(View::List).href();
        chips.push(Fact { tone: Tone::Bad, symbol: "triangle-alert", words: format!("{} boxes late", late.len()), href });
    }
    let requests = desk.requests();
    if desk.coordinator && requests > 0 {
        let words = counted(requests, "request to approve", "requests to approve");
        chips.push(Fact { tone: Tone::Warn, symbol: "clock", words, href: "requests".into() });
    }
    if desk.unsent > 0 {
        let words = format!("{} not sent", counted(desk.unsent, "e-mail", "e-mails"));
        chips.push(Fact { tone: Tone::Bad, symbol: "mail", words, href: "mail?show=failed".into() });
    }
    if let Some(free) = desk.free_today() {
        let href = format!("boxes?from={0}&to={0}", desk.today);
        chips.push(Fact { tone: Tone::Good, symbol: "check", words: format!("{} free today", counted(free, "box", "boxes")), href });
    }
    let out = desk.mine_out();
    if let Some(due) = out.iter().map(|slot| slot.days.last()).min() {
        let when = if due < desk.today { "was due" } else { "due" };
        let words = format!("{own} has {} out, {when} {}", counted(out.len(), "box", "boxes"), days::short(due));
        chips.push(Fact { tone: Tone::Plain, symbol: "package-open", words, href: "loans".into() });
    }
    chips
}

fn filters(desk: &CalendarPage, window: &Window) -> Markup {
    let ask = &desk.ask;
    let mut topics: Vec<&str> = desk.titles.iter().map(|title| title.topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    let strands = [
        ("biology", "All biology"),
        ("chemistry", "All chemistry"),
        ("physics", "All physics"),
        ("working_scientifically", "Working scientifically"),
    ];
    let weeks = desk.calendar.weeks(window.days, desk.own).filter(|week| week.school.is_some_and(|days| days.last() >= desk.today));
    html! {
        details.fold open[ask.filters()] { summary { (icon("funnel")) "Filter" (icon("chevron-down")) } }
        form.filt action="calendar" method="get" data-hx-get="calendar" data-hx-trigger="change target:select, submit" data-hx-target="#main" data-hx-select="#main"
            data-hx-swap="outerMorph" data-hx-push-url="true" {
            input type="hidden" name="view" value=(ask.view.word());
            @if let Some(from) = ask.from { input type="hidden" name="from" value=(from); }
            div {
                label for="year" { "Year group" }
                select #year name="year" {
                    option value="" { "All years" }
                    @for year in 0u8..=6 { option value=(year) selected[ask.year == Some(year)] { @if year == 0 { "Reception" } @else { "Year " (year) } } }
                }
            }
            div {
                label for="topic" { "Topic" }
                select #topic name="topic" {
                    option value="" { "All topics" }
                    @for (value, words) in strands { option value=(value) selected[ask.topic == value] { (words) } }
                    optgroup label="Topics" { @for topic in topics { option value=(topic) selected[ask.topic == topic] { (topic) } } }
                }
            }
            div {
                label for="kind" { "Kind" }
                select #kind name="kind" {
                    option value="" { "Boxes and kit" }
                    option value="box" selected[ask.kind == "box"] { "Themed boxes" }
                    option value="kit" selected[ask.kind == "kit"] { "Kit" }
                }
            }
            @if ask.view != View::Month {
                div {
                    label for="free" { "Free in week of" }
                    select #free name="free" {
                        option value="" { "Any week" }
                        @for week in weeks { option value=(week.monday) selected[ask.free == Some(week.monday)] { (words::OnDay(week.monday)) } }
                    }
                }
            }
            div { label for="q" { "Words" } input #q type="search" name="q" value=(ask.words) autocomplete="off" placeholder="Such as magnets"; }
            button.btn type="submit" { "Filter" }
            @if ask.filters() { a.clear href=(ask.unfiltered().href()) { "Show all" } }
        }
    }
}

fn key(desk: &CalendarPage) -> Markup {
    let yours = !desk.mine.is_empty();
    html! {
        h2.vh { "Key" }
        ul.key {
            @if yours { li { span.sw.mine {} "Your school" } }
            li { span.sw {} @if yours { "Other school" } @else { "Loan" } }
            li { span.sw.req {} "Requested or offered" }
            li { span.sw.late {} "Late" }
            li { span.sw.risk {} "At risk" }
            li { span.sw.fix {} "Restock" }
            @if desk.ask.view == View::Term { li { span.sw.shut {} "Holiday or closed" } }
        }
    }
}

fn foot(desk: &CalendarPage) -> Markup {
    html! {
        div.foot.wrapin #after tabindex="-1" {
            @if desk.ask.view == View::Term {
                details.more.codes {
                    summary { "What the letters stand for" }
                    dl { @for (letters, name) in desk.codes() { dt { (letters) } dd { (name) } } }
                }
                @if desk.may_book { p { "Choose a free gap to reserve it. You can change the dates on the next page. With a mouse, click the week you want or drag across the days." } }
            }
            p { a href="feeds" { (icon("rss")) " Add this calendar to Outlook or Google" } }
        }
    }
}
