//! What needs a coordinator's attention: what is late, at risk, too long on its way, missing, not counted, counted differently or
//! found by somebody, each with what can be done about it. `GET /c/{cluster}/attention`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::attention::pages::rescue::button;
use crate::attention::store::{self, Difference, Find, Neighbour};
use crate::attention::{self as rules, AtRisk, Found, Holding, Request, Trouble};
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::pages::beside;
use crate::bookings::stands::Beside;
use crate::bookings::store::loans;
use crate::catalogue::Item;
use crate::db::{Result, Tx};
use crate::journeys::Place;
use crate::people::{Coordinator, Member};
use crate::schools::ANOTHER;
use crate::web::answer::answer;
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, banner, counted, empty, head, icon, strand_icon};
use crate::web::{App, Error};

/// At most so many bookings at risk are shown.
const MOST_AT_RISK: usize = 60;
/// A list of so many is not folded away.
const A_FEW: usize = 5;

/// What was done on the page before, as a word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// What the page shows.
struct AttentionPage {
    today: Day,
    neighbours: Vec<Neighbour>,
    /// What is wrong, and with what, by list.
    troubles: Vec<(Trouble, Holding)>,
    /// What lacks something that it needs, whoever has booked it next.
    short: Vec<Holding>,
    at_risk: Vec<AtRisk>,
    finds: Vec<Find>,
    differences: Vec<Difference>,
    /// All of which something is known.
    holdings: Vec<Holding>,
}

impl AttentionPage {
    /// Six queries, and one more while a copy is on its way.
    fn read(tx: &mut Tx<'_>) -> Result<Self> {
        let today = tx.today();
        let neighbours = store::neighbours(tx)?;
        let holdings = store::holdings(tx)?;
        let suspects = rules::suspects(&holdings, today);
        let ahead = Period::new(today, days::add(today, rules::AHEAD_DAYS)).unwrap_or(Period::day(today));
        let to_come: Vec<_> = match suspects.as_slice() {
            [] => Vec::new(),
            some => loans::around(tx, some, ahead)?.into_iter().map(|(slot, _)| slot).collect(),
        };
        let at_risk = rules::at_risk(&holdings, &to_come, today);
        let (finds, differences) = (store::open_finds(tx)?, store::open_differences(tx)?);
        let short = holdings.iter().filter(|holding| holding.short().is_some()).cloned().collect();
        let troubles = holdings.iter().filter_map(|holding| Some((holding.trouble(today)?, holding.clone()))).collect();
        Ok(Self { today, neighbours, troubles, short, at_risk, finds, differences, holdings })
    }

    fn name(&self, school: SchoolId) -> &str {
        self.neighbours.iter().find(|one| one.id == school).map_or(ANOTHER, |one| &one.short_name)
    }

    fn lead(&self, school: SchoolId) -> Markup {
        let lead = self.neighbours.iter().find(|one| one.id == school).and_then(|one| one.lead.as_ref());
        html! {
            @if let Some((name, email)) = lead { a href={ "mailto:" (email) } { (name) } }
            @else { "no science lead" }
        }
    }

    fn is_empty(&self) -> bool {
        self.troubles.is_empty() && self.short.is_empty() && self.at_risk.is_empty() && self.finds.is_empty() && self.differences.is_empty()
    }
}

/// Shows what needs attention.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Coordinator, query: web::Query<Done>) -> std::result::Result<HttpResponse, Error> {
    let desk = app.db.read(member.scope(), |tx| Ok::<_, Error>(AttentionPage::read(tx)?)).await?;
    let main = main(&member, &desk, &query.done);
    Ok(answer(StatusCode::OK, &page(&member.shell(Nav::Attention), "Needs attention", &main)))
}

/// What has just been done, in words.
fn said(done: &str) -> Option<(Tone, &'static str, &'static str)> {
    Some(match done {
        "asked" => (Tone::Good, "The school has been asked", "The e-mail is on its way to its science leads."),
        "asked-already" => (Tone::Plain, "The school was asked today already", "One e-mail a day is enough, so no second one was sent."),
        "nobody" => (Tone::Warn, "Nobody could be asked", "The school has no science lead. Invite one on the page of its people."),
        "moved" => (Tone::Good, "The booking has moved to another copy", "Its days are the same. The school hears of it by e-mail."),
        "none" => (Tone::Warn, "No other copy is free on these days", "Offer other dates instead."),
        "offered" => (
            Tone::Good,
            "The days have been suggested",
            "The e-mail is on its way. The booking stays as it is until the school changes it.",
        ),
        "missing" => {
            (Tone::Good, "The copy is marked as missing", "Nobody can book it. Who had it last and who has booked it hear of it by e-mail.")
        }
        "found" => {
            (Tone::Good, "The copy is there again", "It can be booked. The schools whose bookings were at risk hear of it by e-mail.")
        }
        "found-broken" => (
            Tone::Good,
            "The copy is there again",
            "It still needs repair, so nobody can book it. The schools that have booked it hear of it by e-mail.",
        ),
        "settled" => (Tone::Good, "That is dealt with", "It is no longer in the list; the record stays."),
        "moot" => (Tone::Plain, "That was dealt with already", "The list below is as things stand now."),
        _ => return None,
    })
}

fn main(member: &Member, desk: &AttentionPage, done: &str) -> Markup {
    let base = member.base();
    html! {
        (head("Needs attention", html! { "What is late, at risk, lost or uncounted in the whole cluster, and what you can do" }, html! {
            a.btn href={ (base) "/people" } { (icon("users")) "Schools and their people" }
        }))
        @if let Some((tone, heading, text)) = said(done) { (banner(tone, heading, html! { p { (text) } })) }
        @if desk.is_empty() {
            div.panel { (empty("circle-check", "All is well", "No box is late, missing, short of a part or too long on its way, and every count agrees. What goes wrong will stand here, with what can be done about it.", Some((format!("{base}/week").as_str(), "See this week")))) }
        }
        (list(member, desk, "late", "Late", |trouble| matches!(trouble, Trouble::Late(_))))
        (at_risk(member, desk))
        (list(member, desk, "on-the-way", "Too long on the way", |trouble| matches!(trouble, Trouble::LongOnTheWay(_))))
        (list(member, desk, "missing", "Missing", |trouble| matches!(trouble, Trouble::Missing)))
        (short(member, desk))
        (finds(member, desk))
        (differing(member, desk))
        (list(member, desk, "without-booking", "At a school without a booking", |trouble| matches!(trouble, Trouble::WithoutBooking)))
        (not_counted(member, desk))
    }
}

/// The copies with one kind of trouble.
fn list(member: &Member, desk: &AttentionPage, id: &str, title: &str, wanted: impl Fn(&Trouble) -> bool) -> Markup {
    let some: Vec<&(Trouble, Holding)> = desk.troubles.iter().filter(|(trouble, _)| wanted(trouble)).collect();
    html! {
        @if !some.is_empty() {
            section.panel.card aria-labelledby=(id) {
                h2 id=(id) { (title) }
                ul.tasks { @for (trouble, holding) in some { (one(member, desk, *trouble, holding)) } }
            }
        }
    }
}

/// What lacks an essential part, until it is counted full.
fn short(member: &Member, desk: &AttentionPage) -> Markup {
    let base = member.base();
    html! {
        @if !desk.short.is_empty() {
            section.panel.card aria-labelledby="short" {
                h2 #short { "Short of a part that it needs" }
                ul.tasks {
                    @for holding in &desk.short {
                        @let what = holding.item.words();
                        @let copy = holding.item.copy;
                        @let at = match holding.custody.place {
                            Place::Store => format!("In store at {}.", desk.name(holding.home)),
                            Place::Transit => format!("On its way from {} to {}.", desk.name(holding.custody.school), desk.name(holding.bound_for())),
                            Place::School | Place::Missing => format!("At {}.", desk.name(holding.custody.school)),
                        };
                        li {
                            (describe(member, &holding.item, &holding.beside(desk.today), &html! {
                                p.warn { (holding.short().unwrap_or_default()) "." }
                                p { (at) " It stands here until it is counted full." }
                            }))
                            div.verbs {
                                @if Request::Count.of(&holding.custody, holding.home).is_some() {
                                    (button(member, &format!("{base}/attention/{copy}/ask"), ("what", Request::Count.into()), "Ask for a count", &what, "mail"))
                                }
                                a.btn.small href={ (base) "/copies/" (copy) } { "Its page" span.vh { ": " (what) } }
                                a.btn.small href={ (base) "/copies/" (copy) "/history" } { "History" span.vh { " of " (what) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Folded away when it is long, as where nobody counts yet: it says nothing of a box's safety.
fn not_counted(member: &Member, desk: &AttentionPage) -> Markup {
    let some: Vec<&(Trouble, Holding)> = desk.troubles.iter().filter(|(trouble, _)| *trouble == Trouble::NotCounted).collect();
    html! {
        @if !some.is_empty() {
            section.panel.card #not-counted {
                details.more open[some.len() <= A_FEW] {
                    summary { h2 { "Received and not counted (" (some.len()) ")" } }
                    ul.tasks { @for (trouble, holding) in some { (one(member, desk, *trouble, holding)) } }
                }
            }
        }
    }
}

fn one(member: &Member, desk: &AttentionPage, trouble: Trouble, holding: &Holding) -> Markup {
    let (school, today) = (holding.custody.school, desk.today);
    let here = format!("{}/attention/{}", member.base(), holding.item.copy);
    let what = holding.item.words();
    let ask = |request: Request, words: &str| button(member, &format!("{here}/ask"), ("what", request.into()), words, &what, "mail");
    let found = |at: Found, words: &str| button(member, &format!("{here}/found"), ("at", at.into()), words, &what, "check");
    let lost = || button(member, &format!("{here}/missing"), ("sure", "yes"), "Mark as missing", &what, "search");
    html! {
        li {
            (describe(member, &holding.item, &holding.beside(desk.today), &html! {
                @match trouble {
                    Trouble::Late(last) => { p { (desk.name(school)) ", " (desk.lead(school)) ". " } p.bad { "It was due on " (days::full(last)) ", " (ago(last, today)) "." } }
                    Trouble::LongOnTheWay(days) => {
                        p { "From " (desk.name(school)) ", " (desk.lead(school)) ", to " (desk.name(holding.bound_for())) ", " (desk.lead(holding.bound_for())) ". " }
                        p.warn { "Handed over on " (days::full(holding.since())) ", " (counted(days as usize, "school day", "school days")) " ago, and not received." }
                    }
                    Trouble::Missing => { p { "Reported on " (days::full(holding.since())) ". " (desk.name(school)) " had it last: " (desk.lead(school)) "." } }
                    Trouble::WithoutBooking => { p { (desk.name(school)) " has had it since " (days::full(holding.since())) ": " (desk.lead(school)) "." } }
                    Trouble::NotCounted => { p { (desk.name(school)) " has had it since " (days::full(holding.since())) ": " (desk.lead(school)) "." } }
                }
            }))
            div.verbs {
                @match trouble {
                    Trouble::Late(_) => { (ask(Request::BringBack, "Ask when it comes back")) (lost()) }
                    Trouble::LongOnTheWay(_) => { (ask(Request::Receive, "Remind the receiver")) (lost()) }
                    Trouble::Missing => {
                        (found(Found::Store, &format!("Found: it is in store at {}", desk.name(holding.home))))
                        @if school != holding.home { (found(Found::School, &format!("Found: it is at {}", desk.name(school)))) }
                    }
                    Trouble::WithoutBooking => { (ask(Request::BringBack, "Ask when it comes back")) (found(Found::Store, &format!("It is back in store at {}", desk.name(holding.home)))) (lost()) }
                    Trouble::NotCounted => { (ask(Request::Count, "Ask for a count")) }
                }
                a.btn.small href={ (member.base()) "/copies/" (holding.item.copy) "/history" } { "History" span.vh { " of " (what) } }
            }
        }
    }
}

fn at_risk(member: &Member, desk: &AttentionPage) -> Markup {
    let base = member.base();
    html! {
        @if !desk.at_risk.is_empty() {
            section.panel.card aria-labelledby="at-risk" {
                h2 #at-risk { "Bookings at risk" }
                ul.tasks {
                    @for one in desk.at_risk.iter().take(MOST_AT_RISK) {
                        @let school = desk.name(one.slot.school);
                        @let here = format!("{base}/attention/bookings/{}", one.slot.id);
                        @let what = format!("{school}, {}", one.slot.days);
                        li {
                            div.what {
                                (strand_icon(one.item.strand.class(), &one.item.icon))
                                div {
                                    a href={ (base) "/bookings/" (one.slot.id) } { (beside(&one.beside, html! { (school) ": " (one.item.words()) ", " (one.slot.days) })) }
                                    p.warn { (one.why.words(|school| desk.name(school))) }
                                }
                            }
                            div.verbs {
                                (button(member, &format!("{here}/move"), ("sure", "yes"), "Move to another copy", &what, "repeat"))
                                a.btn.small href=(here) { (icon("calendar-days")) "Offer other dates" span.vh { ": " (what) } }
                            }
                        }
                    }
                }
                @if desk.at_risk.len() > MOST_AT_RISK { p { "There are more. They will stand here when these are dealt with." } }
            }
        }
    }
}

fn finds(member: &Member, desk: &AttentionPage) -> Markup {
    html! {
        @if !desk.finds.is_empty() {
            section.panel.card aria-labelledby="finds" {
                h2 #finds { "Found by somebody" }
                ul.tasks {
                    @for find in &desk.finds {
                        li {
                            (describe(member, &find.item, &rules::beside(&desk.holdings, &find.item, find.home, desk.today), &html! { p { "On " (days::full(find.on)) " somebody wrote: “" (find.words) "”" } }))
                            div.verbs { (button(member, &format!("{}/attention/finds/{}/done", member.base(), find.id), ("sure", "yes"), "Dealt with", &find.item.words(), "check")) }
                        }
                    }
                }
            }
        }
    }
}

fn differing(member: &Member, desk: &AttentionPage) -> Markup {
    let base = member.base();
    html! {
        @if !desk.differences.is_empty() {
            section.panel.card aria-labelledby="differing" {
                h2 #differing { "Counts that differ" }
                ul.tasks {
                    @for difference in &desk.differences {
                        @let to = difference.to.map_or("its store", |to| desk.name(to));
                        li {
                            (describe(member, &difference.item, &rules::beside(&desk.holdings, &difference.item, difference.home, desk.today), &html! {
                                p { "Handed over from " (desk.name(difference.from)) " to " (to) @if let Some(on) = difference.on { " on " (days::full(on)) } ". The two counts are not the same." }
                            }))
                            div.verbs {
                                (button(member, &format!("{base}/attention/handovers/{}/settled", difference.id), ("sure", "yes"), "Dealt with", &difference.item.words(), "check"))
                                a.btn.small href={ (base) "/copies/" (difference.item.copy) "/history" } { "See both counts" span.vh { " of " (difference.item.words()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The copy with its icon, and what is said of it.
fn describe(member: &Member, item: &Item, known: &Beside, words: &Markup) -> Markup {
    html! {
        div.what {
            (strand_icon(item.strand.class(), &item.icon))
            div { a href={ (member.base()) "/copies/" (item.copy) } { (beside(known, item.words())) } (words) }
        }
    }
}

/// "yesterday", "4 days ago".
fn ago(day: Day, today: Day) -> String {
    match (today - day).num_days() {
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}
