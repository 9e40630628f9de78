//! The page of one booking: what it is, where the copy comes from and goes to, what can be done with it, what happened.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days::{self, Day, Period};
use crate::base::ids::BookingId;
use crate::bookings::acts::{Roles, later};
use crate::bookings::errands::{Errand, Hop};
use crate::bookings::moved::Moved;
use crate::bookings::pages::reserve::ask::Ask;
use crate::bookings::pages::{answer, beside, state_pill};
use crate::bookings::store::loans::{self, Hands, Loan};
use crate::bookings::tell::{self, Teller};
use crate::bookings::{By, Kind, Refusal, Risk, Slot, State, changes, risk, rules};
use crate::clusters::log::Line;
use crate::clusters::pages::changes::history;
use crate::clusters::store::log;
use crate::db::{self, Tx};
use crate::journeys::store::legs;
use crate::people::Member;
use crate::reminders::ahead::Ahead;
use crate::reminders::{self, LATE, Whom};
use crate::schools::store;
use crate::undo::pages::{can_be_undone, is_about_to_happen};
use crate::web::forms::verb;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, confirmation, head, icon, row, summary};
use crate::web::{App, Error};
use crate::year::{self, SchoolCalendar};

/// A reminder goes out within so many days.
const REMINDED_DAYS: i64 = 60;

/// What was done on the page before, as a word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// A booking's page with all that stands on it.
pub struct Sheet {
    /// The booking.
    pub loan: Loan,
    /// The school's short name.
    pub school: String,
    /// How it comes and goes, in words.
    pub errand: Errand,
    /// The journeys that are still to come.
    pub hops: Vec<Hop>,
    /// Why it may not happen as planned.
    pub risk: Option<Risk>,
    /// The same in words.
    pub why: String,
    /// Whether it can be fetched now.
    pub collect: Result<(), Refusal>,
    /// The reminders to come: to whom, and what.
    ahead: Vec<(String, Ahead)>,
    /// Where the store of its copy is, by the school's short name.
    home: String,
    /// Whether the school can count and receive it now.
    receive: Receive,
    history: Vec<Line>,
}

/// Whether the school of a loan that is to come can count and receive it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Receive {
    /// Now.
    Now,
    /// From this day on.
    From(Day),
    /// When another loan before it has ended, or not at all.
    NotYet,
}

impl Receive {
    /// As `handovers::receive` decides for the copy: from the day of the leg or the last school day before the first day on, when the copy is
    /// not out for a loan that hands it on to somebody else. `out`: the copy's loan that is out, if another one is.
    fn of(slot: &Slot, hops: &[Hop], out: Option<&Slot>, calendar: &SchoolCalendar, today: Day) -> Self {
        if slot.kind != Kind::Loan || slot.state != State::Confirmed || slot.collected_on.is_some() || slot.is_over(today) {
            return Self::NotYet;
        }
        let hop = hops.iter().find(|hop| hop.to_booking == Some(slot.id));
        let before = calendar.previous(days::add(slot.days.first(), -1), Some(slot.school)).unwrap_or(slot.days.first());
        let from = hop.map_or(before, |hop| hop.day.min(before));
        match out {
            _ if today < from => Self::From(from),
            Some(out) if hop.is_none_or(|hop| hop.from_booking != Some(out.id)) => Self::NotYet,
            _ => Self::Now,
        }
    }
}

impl Sheet {
    /// Reads a booking's page: seven queries, and one more while the copy is on its way.
    pub fn read(tx: &mut Tx<'_>, id: BookingId, by: impl FnOnce(&Loan) -> By) -> db::Result<Self> {
        let today = tx.today();
        let loan = loans::one(tx, id)?;
        let slot = loan.booking.slot;
        let names = store::school_names(tx)?;
        let name = |id| names.of(id).to_owned();
        // The journeys as reminders want them and as they are said: from the same rows.
        let legs = if tell::travels(&slot) { legs::with_hops(tx, id)? } else { Vec::new() };
        let hops: Vec<Hop> = legs.iter().map(|(_, hop)| hop.clone()).collect();
        let errand = tell::errand_of(tx, &slot, &hops, name)?;
        let out = loans::out_now(tx)?.into_iter().find(|out| out.copy == slot.copy && out.id != slot.id);
        // For the rule of fetching and for reminders, also of a loan that is late for weeks.
        let around = tell::around(slot.days);
        let window = Period::new(around.first().min(today), around.last().max(days::add(today, REMINDED_DAYS))).unwrap_or(around);
        let calendar = year::store::school_calendar(tx, window)?;
        let risk = risk(&slot, out.as_ref(), loan.copy_state.why_not(), &loan.plight, today);
        let why = risk.as_ref().map(|risk| risk.words(|id| names.of(id))).unwrap_or_default();
        let holder = out.as_ref().map(|out| name(out.school)).unwrap_or_default();
        let busy = out.as_ref().map(|out| (out, loan.tag.as_str(), holder.as_str()));
        let collect = changes::collect(&slot, by(&loan), today, &calendar, busy);
        let history = log::history(tx, "bookings", &id)?;
        let mut ahead: Vec<(String, Ahead)> = Vec::new();
        for (leg, _) in &legs {
            let to = |one: &Ahead| name(if one.to == Whom::Giver { leg.from } else { leg.to });
            ahead.extend(reminders::ahead::of_the_leg(leg, &calendar, today).into_iter().map(|one| (to(&one), one)));
        }
        ahead.extend(reminders::ahead::of_the_loan(&slot, &calendar, today).map(|one| (name(slot.school), one)));
        ahead.sort_by_key(|(_, one)| one.on);
        let receive = Receive::of(&slot, &hops, out.as_ref(), &calendar, today);
        Ok(Self { school: name(slot.school), home: name(loan.home), errand, hops, risk, why, collect, receive, ahead, history, loan })
    }
}

/// Shows a booking.
///
/// # Errors
/// When it is not there.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, BookingId)>,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    page(&app, &member, path.into_inner().1, &query.done, None).await
}

/// A booking's page; 422 when something that somebody tried with it was refused.
///
/// # Errors
/// When it is not there.
pub async fn page(
    app: &web::Data<App>,
    member: &Member,
    id: BookingId,
    done: &str,
    refusal: Option<&Refusal>,
) -> Result<HttpResponse, Error> {
    let roles = Roles::of(member);
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, id, |loan| roles.by(loan))?)).await?;
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = format!("{}, {}", sheet.loan.name, sheet.loan.booking.slot.days);
    Ok(answer(status, &form_page(&member.shell(Nav::Week), &title, refusal.is_some(), &main(member, &sheet, done, refusal))))
}

fn main(member: &Member, sheet: &Sheet, done: &str, refusal: Option<&Refusal>) -> Markup {
    let loan = &sheet.loan;
    let slot = &loan.booking.slot;
    let here = format!("{}/bookings/{}", member.base(), slot.id);
    html! {
        (back(&format!("{}/loans", member.base()), "All your loans"))
        @if let Some(refusal) = refusal {
            div.errs role="alert" tabindex="-1" data-focus { h2 { "There is a problem" } p { (refusal.message()) } }
        }
        @let said = panel(sheet, done, member.base(), &here, member.today());
        (said)
        @let line = html! { (pill_of(sheet, member.today())) " " (slot.days) };
        @let title = format!("{} at {}", loan.name, sheet.school);
        // The panel is the page's heading when there is one.
        @if said.0.is_empty() { (head(&title, line, html! {})) } @else { div.head { div { h2 { (title) } p { (line) } } } }
        (waiting_banner(member, sheet))
        (risk_banner(sheet))
        (offer_banner(member, sheet))
        div.side {
            section.panel.card aria-labelledby="facts" {
                h2 #facts { "The booking" }
                (summary(&facts(member, sheet)))
                @if !slot.is_offer() { p { a href={ (here) "/calendar.ics" } { (icon("calendar-plus")) " Calendar file for Outlook, Google or Apple" } } }
            }
            div.stack {
                (actions(member, sheet, &here))
                @if Roles::of(member).by(loan).may_act_for(slot.school) { (ahead(sheet)) }
            }
        }
        @if !sheet.history.is_empty() { section.panel.card { (history(&sheet.history)) } }
    }
}

/// What has just been done, once, at the top.
fn panel(sheet: &Sheet, done: &str, base: &str, here: &str, today: Day) -> Markup {
    let loan = &sheet.loan;
    let name = &loan.name;
    let class = if loan.booking.class_name.is_empty() { String::new() } else { format!(", for {}", loan.booking.class_name) };
    let state = loan.booking.slot.state;
    let begun = loan.booking.slot.days.first() <= today && loan.booking.slot.collected_on.is_none();
    let words = match (done, state) {
        // What was done waits to be carried out, and a banner says so.
        _ if loan.waiting.is_some() => None,
        ("undone", State::Requested | State::Confirmed) if begun => Some((
            "The booking stands as it was".to_owned(),
            "Nobody was told of the change. Its first day has begun: fetch it, or cancel it again.",
        )),
        ("undone", State::Requested | State::Confirmed) => {
            Some(("The booking stands as it was".to_owned(), "Nobody was told of the change, and its days were held all the time."))
        }
        ("undone", _) => Some(("That was undone".to_owned(), "Something else has happened to the booking since: see below.")),
        ("too-late", _) => Some(("It is too late to undo that".to_owned(), "It has been done, and those whom it concerns have been told.")),
        ("overtaken", _) => Some(("There is nothing to undo".to_owned(), "Something else happened first, so that was not done.")),
        ("reserved", State::Confirmed) if loan.booking.slot.kind == Kind::Restock => {
            Some((format!("{name} is kept"), "Nobody can book it on these days."))
        }
        ("reserved", State::Confirmed) => Some((format!("{name} is reserved"), "The confirmation is on its way to you by e-mail.")),
        ("requested", State::Requested) => {
            Some((format!("{name} is requested"), "The coordinator has been told. Your days are kept until the answer comes by e-mail."))
        }
        ("changed", State::Confirmed) => Some(("The booking is changed".to_owned(), "The new calendar entry is on its way by e-mail.")),
        ("changed", State::Requested) => {
            Some(("The change is requested".to_owned(), "The coordinator has been told. Your new days are kept."))
        }
        ("same", State::Requested | State::Confirmed) => Some(("The booking has these dates".to_owned(), "There was nothing to change.")),
        ("cancelled", State::Cancelled) => Some(("The booking is cancelled".to_owned(), "Its days are free for others.")),
        ("approved", State::Confirmed) => Some(("The request is approved".to_owned(), "The school hears of it by e-mail.")),
        ("declined", State::Declined) => {
            Some(("The request is declined".to_owned(), "The school hears of it by e-mail. The days are free again."))
        }
        ("collected", _) => Some((format!("{name} is fetched"), "Everybody can see now that it is out.")),
        ("returned", _) if loan.is_on_its_way_back() => {
            Some((format!("{name} is on its way back"), "The school where it is kept hears of it by e-mail, and says when it is there."))
        }
        ("returned", _) => Some((format!("{name} is returned"), "Thank you. Others can have it now.")),
        _ => None,
    };
    html! {
        @if let Some((heading, text)) = words {
            (confirmation(&heading, html! {
                p { (loan.booking.slot.days) (class) }
                p { (text) }
                @if done == "returned" && loan.is_on_its_way_back() { p { "Was that a mistake? " a href={ (base) "/copies/" (loan.booking.slot.copy) } { "See where it is, and take it back" } } }
                @if matches!(done, "reserved" | "requested" | "changed") { p { a href={ (here) "/calendar.ics" } { "Add it to your calendar" } } }
            }))
        }
    }
}

fn pill_of(sheet: &Sheet, today: crate::base::Day) -> Markup {
    state_pill(&sheet.loan.booking.slot, sheet.risk.is_some(), today)
}

/// What was done a moment ago and is carried out soon: until when it can be undone, by those who may.
fn waiting_banner(member: &Member, sheet: &Sheet) -> Markup {
    let loan = &sheet.loan;
    let Some(waiting) = &loan.waiting else { return html! {} };
    let by = Roles::of(member).by(loan);
    let may = if waiting.kind == later::DECLINE { by.is_coordinator() } else { by.may_act_for(loan.booking.slot.school) };
    let to =
        Moved::read(&waiting.body).filter(|_| waiting.kind == later::MOVE).map_or_else(String::new, |to| format!(" to {}", to.words()));
    let heading = format!("This booking is {}{to}", later::being(&waiting.kind));
    if may && member.may_borrow() {
        let words = "Until then it stands as it was: its days stay held, and nobody is told.";
        can_be_undone(member.base(), waiting.id, waiting.until, member.csrf(), &heading, words)
    } else {
        is_about_to_happen(waiting.until, &heading)
    }
}

fn risk_banner(sheet: &Sheet) -> Markup {
    html! { @if sheet.risk.is_some() { (banner(Tone::Warn, "This loan is at risk", html! { p { (sheet.why) } })) } }
}

/// Days that are only held: for whom, how long, and where the school answers.
fn offer_banner(member: &Member, sheet: &Sheet) -> Markup {
    let (slot, school) = (&sheet.loan.booking.slot, &sheet.school);
    let mine = Roles::of(member).by(&sheet.loan).may_act_for(slot.school);
    html! {
        @if let Some(until) = slot.offered_to().filter(|_| slot.state.is_live()) {
            (banner(Tone::Plain, &format!("Offered to {school} until {}", days::full(until)), html! {
                p { (school) " is next on the waiting list. The days are held until it answers." }
                @if mine { p { a href={ (member.base()) "/waits" } { "Answer the offer" } } }
            }))
        }
    }
}

fn facts(member: &Member, sheet: &Sheet) -> Vec<crate::web::parts::Row> {
    let loan = &sheet.loan;
    let (booking, slot) = (&loan.booking, &loan.booking.slot);
    let shelf = format!("{}/boxes/{}", member.base(), loan.resource);
    let mut rows = vec![
        row("Box", beside(&loan.beside(member.today()), html! { a href=(shelf) { (loan.name) } " (" (loan.tag) ")" })),
        row("School", &sheet.school),
    ];
    let handover =
        |leg: Option<&Hop>| html! { @if let Some(hop) = leg { ". " a href={ (member.base()) "/legs/" (hop.leg) } { "See the handover" } } };
    if let Some((label, words)) = &sheet.errand.fetch {
        rows.push(row(label, html! { (words) (handover(sheet.hops.iter().find(|hop| hop.to_booking == Some(slot.id)))) }));
    }
    rows.push(row("Use it", &sheet.errand.use_it));
    if let Some((label, words)) = &sheet.errand.hand_over {
        rows.push(row(label, html! { (words) (handover(sheet.hops.iter().find(|hop| hop.from_booking == Some(slot.id)))) }));
    }
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            rows.push(row(name, text));
        }
    };
    say("Class", &booking.class_name);
    say("What it is for", &booking.purpose);
    say("Pupils", &booking.pupils.map_or_else(String::new, |pupils| pupils.to_string()));
    say("Fetched on", &slot.collected_on.map(days::long).unwrap_or_default());
    say("Returned on", &slot.returned_on.map(days::long).unwrap_or_default());
    say(if slot.is_offer() { "Asked for by" } else { "Booked by" }, &hands(sheet, member.today()));
    say("Rule set aside", &booking.override_reason);
    say(if slot.state == State::Declined { "Why it was declined" } else { "Why it was cancelled" }, &booking.ended_reason);
    rows
}

/// What will be sent next about the loan, for who looks after it and for the coordinator.
fn ahead(sheet: &Sheet) -> Markup {
    html! {
        @if !sheet.ahead.is_empty() {
            section.panel.card aria-labelledby="ahead" {
                h2 #ahead { "What will be sent next" }
                ul {
                    @for (school, one) in &sheet.ahead {
                        li { "On " (days::full(one.on)) " to " (school) ": “" (one.kind.name) "”" @if one.kind == LATE { ", if it is not given back" } }
                    }
                }
            }
        }
    }
}

/// "Science lead, Saxton, now in the hands of Science lead, Fairburn". Of a loan that is over, who booked it is all there is to say.
fn hands(sheet: &Sheet, today: crate::base::Day) -> String {
    let (loan, slot) = (&sheet.loan, &sheet.loan.booking.slot);
    let open = slot.is_out() || (slot.state.is_live() && slot.returned_on.is_none() && !slot.is_over(today));
    match &loan.hands {
        Hands::Keeper(_, name) if open => format!("{}, now in the hands of {name}", loan.booked_by),
        Hands::School if open => format!("{}, now in the hands of the school", loan.booked_by),
        _ => loan.booked_by.clone(),
    }
}

fn actions(member: &Member, sheet: &Sheet, here: &str) -> Markup {
    let loan = &sheet.loan;
    let slot = &loan.booking.slot;
    let today = member.today();
    let by = Roles::of(member).by(loan);
    let token = member.csrf();
    let mine = by.may_act_for(slot.school);
    // What waits to be carried out is undone first.
    let free = loan.waiting.is_none();
    let answers = free && changes::approve(slot, by, today).is_ok();
    let repeats = slot.kind == Kind::Loan && !slot.is_offer() && member.may_borrow();
    let post = |word: &str, words: &str, symbol: &str| verb(&format!("{here}/{word}"), token, words, symbol);
    html! {
        @if (mine && !slot.is_offer()) || repeats {
            section.panel.card aria-labelledby="do" {
                h2 #do { "What you can do" }
                div.verbs {
                    @let copy = format!("{}/copies/{}", member.base(), slot.copy);
                    @if mine && slot.is_out() { a.btn.go href=(copy) { (icon("scan-qr-code")) "Count and hand over" } }
                    @if mine && sheet.receive == Receive::Now { a.btn.go href=(copy) { (icon("scan-qr-code")) "Count and receive" } }
                    @if mine && loan.is_on_its_way_back() { a.btn href=(copy) { (icon("truck")) "It is on its way back: see where" } }
                    @if answers { (post("approve", "Approve the request", "check")) a.btn href={ (here) "/decline" } { "Decline the request" } }
                    @if free && sheet.collect.is_ok() { (post("collected", "We have fetched it", "package-open")) }
                    @if slot.is_out() && mine { (post("returned", given_back(member, sheet), "check")) }
                    @if free && changes::may_change(slot, by, today) { a.btn href={ (here) "/change" } { (icon("calendar-days")) "Change the dates" } }
                    @if free && changes::cancel(slot, by, "-", today).is_ok() { a.btn href={ (here) "/cancel" } { "Cancel the booking" } }
                    @if repeats { a.btn href={ (here) "/repeat" } { (icon("repeat")) "Book it again next year" } }
                }
                @if mine && let Receive::From(day) = sheet.receive { p.hint { "You can receive it from " (days::full(day)) "." } }
                @if mine && slot.is_out() && slot.school != loan.home { p.hint { "Given back, it is on its way until it is said to be in the store at " (sheet.home) "." } }
            }
        }
    }
}

/// What giving it back is called by who says so: see `handovers::word_of`.
fn given_back(member: &Member, sheet: &Sheet) -> &'static str {
    let school = sheet.loan.booking.slot.school;
    if sheet.loan.home == school {
        "Put it back on its shelf"
    } else if member.schools_led().any(|led| led.id == school) {
        "We have given it back"
    } else {
        "It is back in its store"
    }
}

/// The booking as a calendar file.
///
/// # Errors
/// When it is not there.
pub async fn calendar(app: web::Data<App>, member: Member, path: web::Path<(String, BookingId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let teller = Teller::new(&app, &member);
    let text = app
        .db
        .read(member.scope(), move |tx| {
            // Days that are only offered belong in nobody's calendar.
            if loans::one(tx, id)?.booking.slot.is_offer() {
                return Err(Error::NotFound);
            }
            Ok(teller.file(tx, id)?)
        })
        .await?;
    let name = DispositionParam::Filename(format!("boxrota-{id}.ics"));
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![name] })
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .body(text))
}

/// On to the reserve form with the same again, in the same weeks of the next school year.
///
/// # Errors
/// When it is not there.
pub async fn again(
    app: web::Data<App>,
    member: crate::people::Borrower,
    path: web::Path<(String, BookingId)>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let (loan, next) = app
        .db
        .read(member.scope(), move |tx| {
            let loan = loans::one(tx, id)?;
            let slot = loan.booking.slot;
            let year = crate::base::Period::new(slot.days.first(), days::add(slot.days.last(), 420)).unwrap_or(slot.days);
            let calendar = year::store::school_calendar(tx, year)?;
            let next = rules::next_year(&calendar, slot.days, Some(slot.school));
            Ok::<_, Error>((loan, next))
        })
        .await?;
    let booking = &loan.booking;
    let ask = Ask {
        from: next.map(|days| days.first().to_string()).unwrap_or_default(),
        to: next.map(|days| days.last().to_string()).unwrap_or_default(),
        school: if member.may_book_for(booking.slot.school) { booking.slot.school.to_string() } else { String::new() },
        class: booking.class_name.clone(),
        purpose: booking.purpose.clone(),
        pupils: booking.pupils.map(|pupils| pupils.to_string()).unwrap_or_default(),
        repeat: id.to_string(),
        ..Ask::default()
    };
    Ok(crate::bookings::pages::see_other(&ask.at(&format!("{}/boxes/{}/reserve", member.base(), loan.resource))))
}
