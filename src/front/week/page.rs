//! This week, the first page after signing in: what to fetch, bring, count and put back, with whom; what a school has, what is on
//! its way, what is at risk. `GET /c/{cluster}/week`.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::attention::store::Neighbour;
use crate::attention::{self, AtRisk, Holding, Trouble};
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::pages::beside;
use crate::bookings::store::loans;
use crate::db::{Result, Tx};
use crate::front::week::{Journey, Offer, Task, Weeks, sort, store, this_and_next};
use crate::journeys::Place;
use crate::people::{Member, RoleKind};
use crate::schools::ANOTHER;
use crate::web::page::{Nav, WITH_KEPT, page_with};
use crate::web::parts::{Fact, Tone, counted, empty, head, icon, kept, pill, strand_icon};
use crate::web::{App, Error};

/// At most so many bookings at risk are shown.
const MOST_AT_RISK: usize = 12;

/// Who looks.
#[derive(Debug, Clone)]
struct Viewer {
    /// The schools whose week it is; `None`: the whole cluster's.
    mine: Option<Vec<SchoolId>>,
    /// The schools for which he may answer an offer.
    led: Vec<SchoolId>,
    /// Whether there are buttons to the hand-over page.
    acts: bool,
    /// Whether what needs attention is shown.
    coordinator: bool,
}

impl Viewer {
    fn of(member: &Member) -> Self {
        let led: Vec<SchoolId> = member.schools_led().map(|school| school.id).collect();
        let of_school: Vec<SchoolId> = member.roles.iter().filter_map(|role| role.school.as_ref()).map(|school| school.id).collect();
        let coordinator = member.is(RoleKind::Coordinator);
        let mine = if led.is_empty() { of_school } else { led.clone() };
        Self { mine: (!mine.is_empty()).then_some(mine), led, acts: member.may_borrow(), coordinator }
    }
}

/// What the page shows.
struct WeekPage {
    viewer: Viewer,
    today: Day,
    weeks: Weeks,
    neighbours: Vec<Neighbour>,
    holdings: Vec<Holding>,
    at_risk: Vec<AtRisk>,
    offers: Vec<Offer>,
    /// Finds and differing counts that wait for the coordinator.
    reports: (i64, i64),
}

impl WeekPage {
    /// At most six queries, and one more while a copy is on its way.
    fn read(tx: &mut Tx<'_>, viewer: Viewer) -> Result<Self> {
        let today = tx.today();
        let neighbours = attention::store::neighbours(tx)?;
        let only = viewer.mine.as_deref().and_then(|mine| if let [only] = mine { Some(*only) } else { None });
        let journeys = store::journeys(tx, this_and_next(today).1.last(), only)?;
        let holdings = attention::store::holdings(tx)?;
        let suspects = attention::suspects(&holdings, today);
        let ahead = Period::new(today, days::add(today, attention::AHEAD_DAYS)).unwrap_or(Period::day(today));
        let to_come: Vec<_> = match suspects.as_slice() {
            [] => Vec::new(),
            some => loans::around(tx, some, ahead)?.into_iter().map(|(slot, _)| slot).collect(),
        };
        let at_risk = attention::at_risk(&holdings, &to_come, today);
        let offers = store::offers(tx)?;
        let reports = if viewer.coordinator { attention::store::open_reports(tx)? } else { (0, 0) };
        let weeks = sort(journeys, viewer.mine.as_deref(), &holdings, today);
        Ok(Self { viewer, today, weeks, neighbours, holdings, at_risk, offers, reports })
    }

    fn is_mine(&self, school: SchoolId) -> bool {
        self.viewer.mine.as_ref().is_none_or(|mine| mine.contains(&school))
    }

    fn name(&self, school: SchoolId) -> &str {
        self.neighbours.iter().find(|one| one.id == school).map_or(ANOTHER, |one| &one.short_name)
    }

    fn lead(&self, school: SchoolId) -> Option<&(String, String)> {
        self.neighbours.iter().find(|one| one.id == school).and_then(|one| one.lead.as_ref())
    }
}

/// Shows the week.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member, request: HttpRequest) -> std::result::Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let viewer = Viewer::of(&member);
    let desk = app.db.read(member.scope(), move |tx| Ok::<_, Error>(WeekPage::read(tx, viewer)?)).await?;
    Ok(member.tagged(&request, page_with(&member.shell(Nav::Week), "This week", WITH_KEPT, &main(&member, &desk))))
}

fn main(member: &Member, desk: &WeekPage) -> Markup {
    let (this, _) = this_and_next(desk.today);
    let place = match desk.viewer.mine.as_deref() {
        Some([only]) => desk.name(*only).to_owned(),
        Some(_) => "Your schools".to_owned(),
        None => "The whole cluster".to_owned(),
    };
    let base = member.base();
    let acts = html! {
        a.btn href={ (base) "/loans" } { (icon("list")) "My loans" }
        @if member.may_borrow() { a.btn.go href={ (base) "/boxes" } { "Find a box" } }
    };
    html! {
        (head("This week", html! { (this) " · " (place) }, acts))
        (kept(member.person))
        @if desk.viewer.coordinator { (needs_attention(base, desk)) }
        div.side {
            div.stack { (offers(base, desk)) (journeys(base, desk)) }
            div.stack { (here(base, desk)) (on_its_way(base, desk)) (at_risk(base, desk)) (more(base)) }
        }
    }
}

/// What waits for a coordinator, as chips that lead to the lists.
fn needs_attention(base: &str, desk: &WeekPage) -> Markup {
    let at = |part: &str| format!("{base}/attention#{part}");
    let many = |test: fn(&Holding, Day) -> bool| desk.holdings.iter().filter(|holding| test(holding, desk.today)).count();
    let number = |n: i64| usize::try_from(n).unwrap_or_default();
    let chip = |n: usize, tone: Tone, symbol: &'static str, one: &str, several: &str, part: &str| {
        (n > 0).then(|| Fact { tone, symbol, words: counted(n, one, several), href: at(part) })
    };
    let chips: Vec<Fact> = [
        chip(many(|holding, today| holding.late_since(today).is_some()), Tone::Bad, "triangle-alert", "box late", "boxes late", "late"),
        chip(many(|holding, _| holding.custody.place == Place::Missing), Tone::Bad, "search", "box missing", "boxes missing", "missing"),
        chip(desk.at_risk.len(), Tone::Warn, "clock", "booking at risk", "bookings at risk", "at-risk"),
        chip(
            many(|holding, _| holding.short().is_some()),
            Tone::Warn,
            "package-open",
            "box short of a part",
            "boxes short of a part",
            "short",
        ),
        chip(number(desk.reports.1), Tone::Warn, "scan-qr-code", "count that differs", "counts that differ", "differing"),
        chip(number(desk.reports.0), Tone::Warn, "map-pin", "box found by somebody", "boxes found by somebody", "finds"),
        // What is on its way as it should be needs nobody.
        chip(
            many(|holding, today| matches!(holding.trouble(today), Some(Trouble::LongOnTheWay(_)))),
            Tone::Warn,
            "truck",
            "box too long on its way",
            "boxes too long on their way",
            "on-the-way",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    html! {
        section.panel.card.attend aria-labelledby="attention" {
            h2 #attention { a href={ (base) "/attention" } { "Needs attention" } }
            @if chips.is_empty() { p { (icon("circle-check")) " Nothing at the moment: no box is late, missing, short of a part or on its way for too long." } }
            @else { ul.facts { @for chip in &chips { li { a class=(<&'static str>::from(chip.tone)) href=(chip.href) { (icon(chip.symbol)) (chip.words) } } } } }
        }
    }
}

fn offers(base: &str, desk: &WeekPage) -> Markup {
    let offers: Vec<&Offer> = desk.offers.iter().filter(|offer| desk.viewer.led.contains(&offer.school)).collect();
    html! {
        @if !offers.is_empty() {
            section.panel.card aria-labelledby="offers" {
                h2 #offers { "Offered to you" }
                ul.tasks {
                    @for offer in offers {
                        li {
                            div.what {
                                (icon("clock"))
                                div {
                                    a href={ (base) "/waits/" (offer.wait) } { (offer.name) ", " (offer.days) }
                                    p {
                                        @if desk.viewer.led.len() > 1 { "For " (desk.name(offer.school)) ". " }
                                        "These days have become free."
                                        @if let Some(until) = offer.until { " They are kept for you until " (long(until)) "." }
                                    }
                                }
                            }
                            a.btn.go href={ (base) "/waits/" (offer.wait) } { "Answer" span.vh { " the offer of " (offer.name) } }
                        }
                    }
                }
            }
        }
    }
}

fn journeys(base: &str, desk: &WeekPage) -> Markup {
    let weeks = &desk.weeks;
    let next: usize = weeks.next_week.iter().map(|(_, journeys)| journeys.len()).sum();
    let quiet = weeks.overdue.is_empty() && weeks.this_week.is_empty();
    html! {
        @if !weeks.overdue.is_empty() {
            section.panel.card.overdue aria-labelledby="overdue" {
                h2 #overdue { (icon("triangle-alert")) " Overdue" }
                ul.tasks { @for journey in &weeks.overdue { (row(base, desk, journey, true)) } }
            }
        }
        section.panel.card aria-labelledby="to-do" {
            h2.vh #to-do { "To do this week" }
            @if quiet {
                @let text = if next > 0 { "Next week's handovers are below." } else { "Boxes that you are to fetch, bring or put back will stand here, day by day. To get one, find a box and reserve it." };
                (empty("calendar-days", "Nothing to hand over this week", text, Some((format!("{base}/boxes").as_str(), "Find a box"))))
            }
            @if weeks.this_week.is_empty() && !weeks.overdue.is_empty() { p { "Nothing else is planned for this week." } }
            @for (day, journeys) in &weeks.this_week { (of_day(base, desk, *day, journeys)) }
        }
        section.panel.card {
            details.more open[quiet && next > 0] {
                summary { "Next week (" (next) ")" }
                @if next == 0 { p { "Nothing is planned for next week yet." } }
                @for (day, journeys) in &weeks.next_week { (of_day(base, desk, *day, journeys)) }
            }
        }
    }
}

fn of_day(base: &str, desk: &WeekPage, day: Day, journeys: &[Journey]) -> Markup {
    let words = match (day - desk.today).num_days() {
        0 => format!("Today, {}", long(day)),
        1 => format!("Tomorrow, {}", long(day)),
        _ => long(day),
    };
    html! {
        h3.day { (words) }
        ul.tasks { @for journey in journeys { (row(base, desk, journey, false)) } }
    }
}

fn row(base: &str, desk: &WeekPage, journey: &Journey, overdue: bool) -> Markup {
    let (leg, item) = (&journey.leg, &journey.item);
    let mine = desk.viewer.mine.as_deref().unwrap_or_default();
    let task = Task::of(&leg.ends(), mine);
    let home = leg.to_booking.is_none();
    let words = task.words(&item.words(), desk.name(leg.from), desk.name(leg.to), home);
    let given = desk
        .holdings
        .iter()
        .find(|holding| holding.item.copy == leg.copy && holding.custody.place == Place::Transit && holding.custody.school == leg.from);
    let line = task.other(&leg.ends()).and_then(|school| desk.lead(school)).map(|(name, email)| {
        html! { "With " a href={ "mailto:" (email) } { (name) } ". " }
    });
    html! {
        li {
            div.what {
                (strand_icon(item.strand.class(), &item.icon))
                div {
                    a href={ (base) "/legs/" (leg.id) } { (beside(&attention::beside(&desk.holdings, item, journey.home, desk.today), words)) }
                    @if overdue { p.bad { "It was planned for " (long(leg.day)) "." } }
                    p {
                        @if !journey.class_name.is_empty() { "For " (journey.class_name) ". " }
                        @if let Some(line) = line { (line) }
                        @if let Some(meeting) = &journey.meeting { "At the cluster meeting: " (meeting) ". " }
                        @if !leg.note.is_empty() { (leg.note) }
                    }
                    (agreement(desk, journey, given))
                }
            }
            @if desk.viewer.acts && let Some(button) = task.button() {
                a.btn href={ (base) "/copies/" (leg.copy) } { (icon("scan-qr-code")) (button) span.vh { ": " (item.words()) } }
            }
        }
    }
}

/// Where the box is on its way, or whether anything was said about the plan: one that nobody wants otherwise needs no words.
fn agreement(desk: &WeekPage, journey: &Journey, given: Option<&Holding>) -> Markup {
    let leg = &journey.leg;
    html! {
        @if let Some(given) = given { (pill(Tone::Plain, &format!("On its way {}", given.plight().astray.map(|astray| astray.since(desk.today)).unwrap_or_default()))) }
        @else if leg.from == leg.to {}
        @else if let Some(proposal) = &leg.proposal {
            @if desk.is_mine(proposal.school) { (pill(Tone::Plain, "You proposed a change")) } @else { (pill(Tone::Warn, "A change is proposed: please answer")) }
        }
        @else if leg.agreed { (pill(Tone::Good, "Agreed")) }
    }
}

/// What the school has now, late things first.
fn here(base: &str, desk: &WeekPage) -> Markup {
    let mut list: Vec<&Holding> =
        desk.holdings.iter().filter(|holding| holding.custody.place == Place::School && desk.is_mine(holding.custody.school)).collect();
    list.sort_by_key(|holding| (holding.late_since(desk.today).is_none(), holding.days.map(Period::last), holding.item.copy));
    let title = if desk.viewer.mine.is_some() { "At your school now" } else { "Out now" };
    html! {
        section.panel.card aria-labelledby="here" {
            h2 #here { (title) }
            @if list.is_empty() { p { "No box of the cluster is here at the moment." } }
            @else {
                ul.links {
                    @for holding in list {
                        @let late = holding.late_since(desk.today);
                        li {
                            (strand_icon(holding.item.strand.class(), &holding.item.icon))
                            div {
                                a href={ (base) "/copies/" (holding.item.copy) } { (beside(&holding.beside(desk.today), holding.item.words())) }
                                small {
                                    @if desk.viewer.mine.is_none() { (desk.name(holding.custody.school)) ": " }
                                    @match (late, holding.days) {
                                        (Some(last), _) => { "It was due on " (long(last)) }
                                        (None, Some(days)) => { "Until " (long(days.last())) }
                                        (None, None) => { "Without a booking" }
                                    }
                                }
                                @if !holding.counted && holding.custody.booking.is_some() { small { "Not counted since it came" } }
                            }
                            @if late.is_some() { (pill(Tone::Bad, "Late")) }
                        }
                    }
                }
            }
        }
    }
}

fn on_its_way(base: &str, desk: &WeekPage) -> Markup {
    let list: Vec<&Holding> = desk
        .holdings
        .iter()
        .filter(|holding| holding.custody.place == Place::Transit)
        .filter(|holding| desk.is_mine(holding.custody.school) || desk.is_mine(holding.bound_for()))
        .collect();
    html! {
        @if !list.is_empty() {
            section.panel.card aria-labelledby="on-its-way" {
                h2 #on-its-way { "On its way" }
                ul.links {
                    @for holding in list {
                        li {
                            (icon("truck"))
                            div {
                                a href={ (base) "/copies/" (holding.item.copy) } { (beside(&holding.beside(desk.today), holding.item.words())) }
                                small { (sentence(&holding.plight().astray.map(|astray| astray.words(desk.today, |school| desk.name(school))).unwrap_or_default())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn at_risk(base: &str, desk: &WeekPage) -> Markup {
    let list: Vec<&AtRisk> = desk.at_risk.iter().filter(|one| desk.is_mine(one.slot.school)).take(MOST_AT_RISK).collect();
    html! {
        @if !list.is_empty() {
            section.panel.card aria-labelledby="at-risk" {
                h2 #at-risk { "At risk" }
                ul.links {
                    @for one in list {
                        li {
                            (icon("triangle-alert"))
                            div {
                                a href={ (base) "/bookings/" (one.slot.id) } { (beside(&one.beside, html! { (one.item.words()) ", " (one.slot.days) })) }
                                small {
                                    @if desk.viewer.mine.is_none() { "Booked by " (desk.name(one.slot.school)) ". " }
                                    (one.why.words(|school| desk.name(school)))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn more(base: &str) -> Markup {
    html! {
        p { a href={ (base) "/fair-share" } { (icon("chart-column")) " Fair share: who has had which box this year" } }
    }
}

/// "Tuesday 24 November".
fn long(day: Day) -> String {
    day.format("%A %-d %B").to_string()
}

/// The first letter large, as a sentence begins.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
