//! The inbox: all that waits for whoever keeps the cluster going, the most urgent first, each line with what can be done about it; and
//! how much of it the menu says. `GET /c/{cluster}/inbox`. What stands in it is `attention::inbox`'s table.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::attention::inbox::{Cause, Entry, Inbox, Reader, Thing, whereabouts};
use crate::attention::pages::rescue::button;
use crate::attention::remedies::{Step, for_copy};
use crate::attention::store::{self, Neighbour};
use crate::attention::{self, AtRisk, Found, Holding, Request, Trouble};
use crate::base::days::{self, Day};
use crate::base::ids::{ClusterId, PendingId, SchoolId};
use crate::bookings::pages::beside;
use crate::bookings::pages::requests::Requests;
use crate::bookings::stands::Beside;
use crate::catalogue::Item;
use crate::db::{Result, Tx};
use crate::people::pages::call;
use crate::people::{InboxReader, Member, RoleKind, words};
use crate::schools::ANOTHER;
use crate::undo::pages::button as undo_button;
use crate::web::answer::{answer, see_other};
use crate::web::app::Waiting;
use crate::web::forms::verb;
use crate::web::page::{Nav, Shell, page};
use crate::web::parts::{Fact, Tone, banner, counted, empty, head, icon, strand_icon};
use crate::web::{App, Error};

/// At most so many lines of a part are shown; the others stand there when these are dealt with.
const MOST_LINES: usize = 60;
/// A list of so many is not folded away.
const A_FEW: usize = 5;

/// What waits for whoever has an inbox, for the menu: the same that the page lists. `version`: the cluster's, as this transaction sees it.
///
/// # Errors
/// When the database cannot be read.
pub fn waiting(tx: &mut Tx<'_>, version: i64, coordinator: bool) -> Result<Waiting> {
    let (key, minute) = ((tx.cluster, coordinator), tx.now.timestamp() / 60);
    let kept = || COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, waiting)) = kept().get(&key).filter(|(of, at, _)| (*of, *at) == (version, minute)) {
        return Ok(waiting.clone());
    }
    let waiting = counted_up(&store::inbox::read(tx)?, reader(coordinator));
    let mut kept = kept();
    if kept.len() >= MOST_COUNTED {
        kept.clear();
    }
    kept.insert(key, (version, minute, waiting.clone()));
    Ok(waiting)
}

/// What was counted last, of a cluster and for whom, with the version and the minute of which it holds: every write draws a version anew, and
/// what comes by the time alone (an invitation runs out) comes within a minute.
static COUNTED: Mutex<BTreeMap<(ClusterId, bool), (i64, i64, Waiting)>> = Mutex::new(BTreeMap::new());
/// So many are kept at once.
const MOST_COUNTED: usize = 1000;

fn reader(coordinator: bool) -> Reader {
    if coordinator { Reader::Coordinator } else { Reader::Bursar }
}

fn counted_up(inbox: &Inbox, reader: Reader) -> Waiting {
    let chip = |(entry, things): &(&Entry, Vec<Thing<'_>>)| Fact {
        tone: if entry.bad { Tone::Bad } else { Tone::Warn },
        symbol: entry.symbol,
        words: counted(many(things), entry.one, entry.many),
        href: format!("/inbox#{}", entry.part),
    };
    let parts = inbox.parts(reader);
    Waiting { many: inbox.many(reader), chips: parts.iter().filter(|(entry, _)| entry.counts).map(chip).collect() }
}

/// How many things the words count: a line about e-mails is about several.
fn many(things: &[Thing<'_>]) -> usize {
    match things {
        [Thing::Unsent(letters)] => *letters,
        some => some.len(),
    }
}

/// What was done on the page before, as a word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
    /// What can still be undone of it.
    undo: Option<PendingId>,
}

/// What the page shows.
struct InboxPage {
    inbox: Inbox,
    neighbours: Vec<Neighbour>,
    requests: Requests,
}

impl InboxPage {
    /// At most five queries.
    fn read(tx: &mut Tx<'_>) -> Result<Self> {
        let inbox = store::inbox::read(tx)?;
        let requests = if inbox.requests.is_empty() { Requests::default() } else { Requests::read(tx)? };
        Ok(Self { inbox, neighbours: store::neighbours(tx)?, requests })
    }

    fn name(&self, school: SchoolId) -> &str {
        self.neighbours.iter().find(|one| one.id == school).map_or(ANOTHER, |one| &one.short_name)
    }

    /// What is written beside a copy's tag.
    fn beside(&self, item: &Item, home: SchoolId) -> Beside {
        attention::beside(&self.inbox.holdings, item, home, self.inbox.today)
    }

    fn lead(&self, school: SchoolId) -> Markup {
        let there = self.neighbours.iter().find(|one| one.id == school);
        html! {
            @match there.map(|there| (&there.lead, there)) {
                Some((Some((name, email, phone)), _)) => { a href={ "mailto:" (email) } { (name) } @if !phone.is_empty() { ", " (call(phone)) } }
                Some((None, there)) => (there.nobody()),
                None => "no science lead",
            }
        }
    }
}

/// Shows the inbox.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: InboxReader, query: web::Query<Done>) -> std::result::Result<HttpResponse, Error> {
    let desk = app.db.read(member.scope(), |tx| Ok::<_, Error>(InboxPage::read(tx)?)).await?;
    let reader = reader(member.is(RoleKind::Coordinator));
    let shell = Shell { inbox: Some(desk.inbox.many(reader)), ..member.shell(Nav::Inbox) };
    Ok(answer(StatusCode::OK, &page(&shell, "Inbox", &main(&member, &desk, reader, &query))))
}

/// Where what needs attention stood once: letters that were sent lead there.
pub async fn attention(member: InboxReader) -> HttpResponse {
    see_other(&format!("{}/inbox", member.base()))
}

/// Where requests stood once: letters that were sent lead there.
pub async fn requests(member: InboxReader) -> HttpResponse {
    see_other(&format!("{}/inbox#requests", member.base()))
}

/// What has just been done, in words.
fn said(done: &str) -> Option<(Tone, &'static str, &'static str)> {
    Some(match done {
        "approved" => (Tone::Good, "The request is approved", "The school hears of it by e-mail, with a calendar entry."),
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

fn main(member: &Member, desk: &InboxPage, reader: Reader, Done { done, undo }: &Done) -> Markup {
    let (base, parts) = (member.base(), desk.inbox.parts(reader));
    let lead = match reader {
        Reader::Coordinator => "What waits for you in the whole cluster, the most urgent first, and what you can do",
        Reader::Bursar => "What is missing in the cluster and may have to be bought again",
    };
    html! {
        (head("Inbox", html! { (lead) }, html! { a.btn href={ (base) "/people" } { (icon("users")) "Schools and their people" } }))
        @if let Some(id) = undo.filter(|_| done == "moved") {
            (banner(Tone::Good, "The booking is moving to another copy", html! { p { "Its days are the same. Until the school hears of it you can undo this." } (undo_button(base, id, member.csrf())) }))
        } @else if let Some((tone, heading, text)) = said(done) { (banner(tone, heading, html! { p { (text) } })) }
        @if parts.is_empty() {
            @let text = match reader {
                Reader::Coordinator => "Nothing waits for you: no request, no box that is late, missing or short of a part, and every count agrees. What needs you will stand here, with what can be done about it.",
                Reader::Bursar => "No box is missing or short of a part. What may have to be bought again will stand here.",
            };
            div.panel { (empty("circle-check", "All is well", text, Some((format!("{base}/calendar").as_str(), "See the calendar")))) }
        }
        @for (entry, things) in &parts { (part(member, desk, entry, things)) }
    }
}

/// The lines of one cause. What asks nothing of anybody is folded away where it is long, as where nobody counts yet.
fn part(member: &Member, desk: &InboxPage, entry: &Entry, things: &[Thing<'_>]) -> Markup {
    let shown = &things[..things.len().min(MOST_LINES)];
    let lines = html! {
        ul.tasks { @for thing in shown { li { (line(member, desk, thing)) } } }
        @if things.len() > MOST_LINES { p { "There are more. They will stand here when these are dealt with." } }
    };
    html! {
        @if entry.cause == Cause::Request {
            section.panel.card aria-labelledby=(entry.part) {
                h2 id=(entry.part) { (entry.title) }
                p { (counted(things.len(), "request waits", "requests wait")) " for your answer. Their days are kept meanwhile." }
                (desk.requests.list(|school| desk.name(school), member.base(), member.csrf()))
            }
        } @else if entry.counts {
            section.panel.card aria-labelledby=(entry.part) { h2 id=(entry.part) { (entry.title) } (lines) }
        } @else {
            section.panel.card id=(entry.part) {
                details.more open[things.len() <= A_FEW] { summary { h2 { (entry.title) " (" (things.len()) ")" } } (lines) }
            }
        }
    }
}

/// One line: what it is, what is said of it, and the buttons for whoever may press them.
fn line(member: &Member, desk: &InboxPage, thing: &Thing<'_>) -> Markup {
    let base = member.base();
    let done = |path: &str, what: &str| button(member, &format!("{base}/attention/{path}"), ("sure", "yes"), "Dealt with", what, "check");
    let (says, acts) = match thing {
        // Requests have a list of their own.
        Thing::Request(_) => (html! {}, html! {}),
        Thing::Copy(trouble, holding) => (of_copy(desk, base, *trouble, holding), remedies(member, desk, *trouble, holding)),
        Thing::Short(holding, short) => (
            describe(
                base,
                &holding.item,
                &holding.beside(desk.inbox.today),
                &html! {
                    p.warn { (short) "." }
                    p { (sentence(&whereabouts(holding, &|school| desk.name(school)))) ". It stands here until it is counted full." }
                },
            ),
            count(member, holding),
        ),
        Thing::AtRisk(one) => (booking_at_risk(desk, base, one), rescue(member, desk, one)),
        Thing::Find(find) => (
            describe(
                base,
                &find.item,
                &desk.beside(&find.item, find.home),
                &html! { p { "On " (days::full(find.on)) " somebody wrote: “" (find.words) "”" } },
            ),
            done(&format!("finds/{}/done", find.id), &find.item.words()),
        ),
        Thing::Difference(one) => (
            describe(
                base,
                &one.item,
                &desk.beside(&one.item, one.home),
                &html! {
                    p { "Handed over from " (desk.name(one.from)) " to " (one.to.map_or("its store", |to| desk.name(to))) @if let Some(on) = one.on { " on " (days::full(on)) } ". The two counts are not the same." }
                },
            ),
            html! {
                (done(&format!("handovers/{}/settled", one.id), &one.item.words()))
                a.btn.small href={ (base) "/copies/" (one.item.copy) "/history" } { "See both counts" span.vh { " of " (one.item.words()) } }
            },
        ),
        Thing::NeverFetched(one) => (
            html! {
                div.what {
                    (strand_icon(one.item.strand.class(), &one.item.icon))
                    div {
                        a href={ (base) "/bookings/" (one.id) } { (beside(&desk.beside(&one.item, one.home), html! { (desk.name(one.school)) ": " (one.item.words()) ", " (one.days) })) }
                        p { "Its days are over, and nobody has said that it was fetched. Ask " (desk.lead(one.school)) " whether it was, and whether the class still needs it." }
                    }
                }
            },
            html! {
                (done(&format!("bookings/{}/settled", one.id), &format!("{}, {}", desk.name(one.school), one.days)))
                a.btn.small href={ (base) "/copies/" (one.item.copy) } { "Where it is" span.vh { ": " (one.item.words()) } }
            },
        ),
        Thing::Wait(one) => (
            plain(
                "clock",
                &html! {
                    a href={ (base) "/waits/" (one.id) } { (one.name) ", " (one.days) }
                    @match one.offered_to {
                        Some(day) => p { "Offered to " (desk.name(one.school)) ", which can take it until " (days::full(day)) "." },
                        None => p { (desk.name(one.school)) " waits. When the days become free, they are offered to it." },
                    }
                },
            ),
            html! {},
        ),
        Thing::Unled(school) => (
            plain(
                "users",
                &html! {
                    a href={ (base) "/schools/" (school) } { (desk.name(*school)) }
                    p.warn { "Nobody there hears of loans until somebody has the role." }
                },
            ),
            html! { a.btn.small href={ (base) "/people/invite?school=" (school) } { (icon("plus")) "Invite a science lead" span.vh { " for " (desk.name(*school)) } } },
        ),
        Thing::Invited(one) => (
            plain(
                "mail",
                &html! {
                    a href={ (base) "/people" } { (one.who) }
                    p { (words(one.kind, one.school.map(|school| desk.name(school)))) ". Invited on " (days::full(one.on)) ", not yet accepted." }
                },
            ),
            html! { a.btn.small href={ (base) "/people" } { "Send it again or withdraw it" span.vh { ": " (one.who) } } },
        ),
        Thing::Unsent(many) => (
            plain(
                "mail",
                &html! {
                    a href={ (base) "/mail?show=failed" } { (counted(*many, "e-mail", "e-mails")) " could not be sent" }
                    p { "The page says why, and to whom." }
                },
            ),
            html! { (verb(&format!("{base}/mail/retry"), member.csrf(), "Try all of them again", "repeat")) },
        ),
    };
    html! { (says) @if member.is(RoleKind::Coordinator) && !acts.0.is_empty() { div.verbs { (acts) } } }
}

fn of_copy(desk: &InboxPage, base: &str, trouble: Trouble, holding: &Holding) -> Markup {
    let (school, today) = (holding.custody.school, desk.inbox.today);
    describe(
        base,
        &holding.item,
        &holding.beside(desk.inbox.today),
        &html! {
            @match trouble {
                Trouble::Late(last) => { p { (desk.name(school)) ", " (desk.lead(school)) ". " } p.bad { "It was due on " (days::full(last)) ", " (ago(last, today)) "." } }
                Trouble::LongOnTheWay(days) => {
                    p { "From " (desk.name(school)) ", " (desk.lead(school)) ", to " (desk.name(holding.bound_for())) ", " (desk.lead(holding.bound_for())) ". " }
                    p.warn { "Handed over on " (days::full(holding.since())) ", " (counted(days as usize, "school day", "school days")) " ago, and not received." }
                }
                Trouble::Missing => { p { "Reported on " (days::full(holding.since())) ". " (desk.name(school)) " had it last: " (desk.lead(school)) "." } }
                Trouble::WithoutBooking | Trouble::NotCounted => { p { (desk.name(school)) " has had it since " (days::full(holding.since())) ": " (desk.lead(school)) "." } }
            }
        },
    )
}

fn remedies(member: &Member, desk: &InboxPage, trouble: Trouble, holding: &Holding) -> Markup {
    let school = holding.custody.school;
    let here = format!("{}/attention/{}", member.base(), holding.item.copy);
    let what = holding.item.words();
    let ask = |request: Request, words: &str| button(member, &format!("{here}/ask"), ("what", request.into()), words, &what, "mail");
    let found = |at: Found, words: &str| {
        let sure = button(member, &format!("{here}/found"), ("at", at.into()), "Yes, it is there", &what, "check");
        let told = "Whose booking was at risk hears of it at once, and it can be booked again. If that was wrong, mark it as missing.";
        asked_once(words, &what, told, &sure)
    };
    let is_at = |trouble: Trouble, at: Found| match (trouble, at) {
        (Trouble::WithoutBooking, _) => format!("It is back in store at {}", desk.name(holding.home)),
        (_, Found::Store) => format!("Found: it is in store at {}", desk.name(holding.home)),
        (_, Found::School) => format!("Found: it is at {}", desk.name(school)),
    };
    let lost = || {
        let sure = button(member, &format!("{here}/missing"), ("sure", "yes"), "Yes, mark it as missing", &what, "search");
        let words = "Who had it last and who has booked it hear of it at once, and nobody can book it. If it turns up, say here where it was found.";
        asked_once("Mark as missing", &what, words, &sure)
    };
    html! {
        @for step in for_copy(trouble, school == holding.home) {
            @match step {
                Step::Ask(request) => (ask(request, asking(request))),
                Step::Found(at) => (found(at, &is_at(trouble, at))),
                Step::MarkMissing => (lost()),
            }
        }
        a.btn.small href={ (member.base()) "/copies/" (holding.item.copy) "/history" } { "History" span.vh { " of " (what) } }
    }
}

/// What is heard at once cannot be undone, and is asked once before: what it does, and then the button. `what` as for [`button`].
fn asked_once(words: &str, what: &str, told: &str, sure: &Markup) -> Markup {
    html! {
        details.more.sure {
            summary { (words) span.vh { ": " (what) } }
            p { (told) }
            (sure)
        }
    }
}

/// What the button says that asks.
fn asking(request: Request) -> &'static str {
    match request {
        Request::BringBack => "Ask when it comes back",
        Request::Receive => "Remind the receiver",
        Request::Count => "Ask for a count",
    }
}

fn count(member: &Member, holding: &Holding) -> Markup {
    let (base, copy, what) = (member.base(), holding.item.copy, holding.item.words());
    html! {
        @if Request::Count.of(&holding.custody, holding.home).is_some() {
            (button(member, &format!("{base}/attention/{copy}/ask"), ("what", Request::Count.into()), "Ask for a count", &what, "mail"))
        }
        a.btn.small href={ (base) "/copies/" (copy) } { "Its page" span.vh { ": " (what) } }
        a.btn.small href={ (base) "/copies/" (copy) "/history" } { "History" span.vh { " of " (what) } }
    }
}

fn booking_at_risk(desk: &InboxPage, base: &str, one: &AtRisk) -> Markup {
    html! {
        div.what {
            (strand_icon(one.item.strand.class(), &one.item.icon))
            div {
                a href={ (base) "/bookings/" (one.slot.id) } { (beside(&one.beside, html! { (desk.name(one.slot.school)) ": " (one.item.words()) ", " (one.slot.days) })) }
                p.warn { (one.why.words(|school| desk.name(school))) }
            }
        }
    }
}

fn rescue(member: &Member, desk: &InboxPage, one: &AtRisk) -> Markup {
    let here = format!("{}/attention/bookings/{}", member.base(), one.slot.id);
    let what = format!("{}, {}", desk.name(one.slot.school), one.slot.days);
    html! {
        a.btn.small href=(here) { (icon("repeat")) "See what can be done" span.vh { ": " (what) } }
    }
}

/// The copy with its icon, and what is said of it.
fn describe(base: &str, item: &Item, known: &Beside, words: &Markup) -> Markup {
    html! {
        div.what {
            (strand_icon(item.strand.class(), &item.icon))
            div { a href={ (base) "/copies/" (item.copy) } { (beside(known, item.words())) } (words) }
        }
    }
}

/// What is no copy.
fn plain(symbol: &str, words: &Markup) -> Markup {
    html! { div.what { (strand_icon("", symbol)) div { (words) } } }
}

/// "yesterday", "4 days ago".
fn ago(day: Day, today: Day) -> String {
    match (today - day).num_days() {
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

/// The first letter large, as a sentence begins.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
