//! This week, the first page after signing in: what to fetch, bring, count and put back, with whom; what a school has, what is on
//! its way, what is at risk. `GET /c/{cluster}/week`.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::attention::store::Neighbour;
use crate::attention::{self, AtRisk, Holding};
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::pages::beside;
use crate::db::{Result, Tx};
use crate::front::inbox::sentence;
use crate::front::week::{Journey, Offer, Ready, Task, Weeks, sort, store, this_and_next};
use crate::journeys::{Leg, Place};
use crate::people::Member;
use crate::people::pages::call;
use crate::reminders::ahead::Ahead;
use crate::reminders::{self, Whom};
use crate::schools::ANOTHER;
use crate::web::app::Waiting;
use crate::web::page::{Nav, WITH_KEPT, page_with};
use crate::web::parts::{Tone, empty, head, icon, kept, pill, strand_icon};
use crate::web::{App, Error};
use crate::year::{self, SchoolCalendar};

/// The school year is read so many days around today: a reminder goes out within them.
const REMINDED_DAYS: i64 = 60;
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
}

impl Viewer {
    fn of(member: &Member) -> Self {
        let led: Vec<SchoolId> = member.schools_led().map(|school| school.id).collect();
        let of_school: Vec<SchoolId> = member.roles.iter().filter_map(|role| role.school.as_ref()).map(|school| school.id).collect();
        let mine = if led.is_empty() { of_school } else { led.clone() };
        Self { mine: (!mine.is_empty()).then_some(mine), led, acts: member.may_borrow() }
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
    /// The school year, by which reminders go out.
    calendar: SchoolCalendar,
}

impl WeekPage {
    /// Five queries.
    fn read(tx: &mut Tx<'_>, viewer: Viewer) -> Result<Self> {
        let today = tx.today();
        let neighbours = attention::store::neighbours(tx)?;
        let only = viewer.mine.as_deref().and_then(|mine| if let [only] = mine { Some(*only) } else { None });
        let journeys = store::journeys(tx, this_and_next(today).1.last(), only)?;
        let (holdings, at_risk) = attention::store::inbox::holdings(tx)?;
        let offers = store::offers(tx)?;
        let window = Period::new(days::add(today, -REMINDED_DAYS), days::add(today, REMINDED_DAYS)).unwrap_or(Period::day(today));
        let calendar = year::store::school_calendar(tx, window)?;
        let weeks = sort(journeys, viewer.mine.as_deref(), &holdings, today);
        Ok(Self { viewer, today, weeks, neighbours, holdings, at_risk, offers, calendar })
    }

    fn is_mine(&self, school: SchoolId) -> bool {
        self.viewer.mine.as_ref().is_none_or(|mine| mine.contains(&school))
    }

    /// The day on which whoever leads one of these schools is next reminded of a leg.
    fn reminded(&self, leg: &Leg) -> Option<Day> {
        let side = |one: &Ahead| if one.to == Whom::Giver { leg.from } else { leg.to };
        let ahead = reminders::ahead::of_the_leg(leg, &self.calendar, self.today);
        ahead.iter().filter(|one| self.viewer.led.contains(&side(one))).map(|one| one.on).min()
    }

    fn name(&self, school: SchoolId) -> &str {
        self.neighbours.iter().find(|one| one.id == school).map_or(ANOTHER, |one| &one.short_name)
    }

    fn lead(&self, school: SchoolId) -> Option<&(String, String, String)> {
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
        a.btn href={ (base) "/loans" } { (icon("list")) "All your loans" }
        @if member.may_borrow() { a.btn.go href={ (base) "/boxes" } { "Find a box" } }
    };
    html! {
        (head("This week", html! { (this) " · " (place) }, acts))
        (kept(member.person))
        @if let Some(waiting) = member.waiting() { (inbox(base, waiting)) }
        div.side {
            div.stack { (offers(base, desk)) (journeys(base, desk)) }
            div.stack { (here(base, desk)) (on_its_way(base, desk)) (at_risk(base, desk)) (more(base)) }
        }
    }
}

/// What waits in the inbox, as chips that lead to its parts: what the menu counts.
fn inbox(base: &str, waiting: &Waiting) -> Markup {
    html! {
        section.panel.card.attend aria-labelledby="waits-for-you" {
            h2 #waits-for-you { a href={ (base) "/inbox" } { "Inbox" } }
            @if waiting.chips.is_empty() { p { (icon("circle-check")) " Nothing waits for you at the moment." } }
            @else { ul.facts { @for chip in &waiting.chips { li { a class=(<&'static str>::from(chip.tone)) href={ (base) (chip.href) } { (icon(chip.symbol)) (chip.words) } } } } }
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
    let line = task.other(&leg.ends()).and_then(|school| desk.lead(school)).map(|(name, email, phone)| {
        html! { "With " a href={ "mailto:" (email) } { (name) } @if !phone.is_empty() { ", " (call(phone)) } ". " }
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
                    @if given.is_none() && let Some(on) = desk.reminded(leg) { p { "You will be reminded by e-mail on " (long(on)) "." } }
                }
            }
            @if desk.viewer.acts && let Some(button) = task.button() {
                @match journey.ready(task, desk.holdings.iter().find(|holding| holding.item.copy == leg.copy), desk.today) {
                    Ready::Now => a.btn href={ (base) "/copies/" (leg.copy) } { (icon("scan-qr-code")) (button) span.vh { ": " (item.words()) } },
                    Ready::From(day) => p.hint { "From " (long(day)) },
                    Ready::Later => {},
                }
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
