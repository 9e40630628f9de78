//! The page of one booking: what it is, where the copy comes from and goes to, what can be done with it, what happened.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days;
use crate::base::ids::BookingId;
use crate::bookings::acts::Roles;
use crate::bookings::errands::{Errand, Hop};
use crate::bookings::pages::reserve::ask::Ask;
use crate::bookings::pages::{answer, beside, state_pill};
use crate::bookings::store::loans::{self, Hands, Loan};
use crate::bookings::tell::{self, Teller};
use crate::bookings::{By, Kind, Refusal, Risk, State, changes, risk, rules};
use crate::clusters::log::Line;
use crate::clusters::pages::changes::history;
use crate::clusters::store::log;
use crate::db::{self, Tx};
use crate::people::Member;
use crate::schools::store;
use crate::web::forms::verb;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, confirmation, head, icon, row, summary};
use crate::web::{App, Error};
use crate::year;

/// A loan that begins within so many days may be about to change hands.
const SOON_DAYS: i64 = 7;

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
    history: Vec<Line>,
}

impl Sheet {
    /// Reads a booking's page: seven queries, and one more while the copy is on its way.
    pub fn read(tx: &mut Tx<'_>, id: BookingId, by: impl FnOnce(&Loan) -> By) -> db::Result<Self> {
        let today = tx.today();
        let loan = loans::one(tx, id)?;
        let slot = loan.booking.slot;
        let names = store::school_names(tx)?;
        let name = |id| names.of(id).to_owned();
        let (errand, hops) = tell::errand(tx, &slot, name)?;
        let out = loans::out_now(tx)?.into_iter().find(|out| out.copy == slot.copy && out.id != slot.id);
        let calendar = year::store::school_calendar(tx, tell::around(slot.days))?;
        let risk = risk(&slot, out.as_ref(), loan.copy_state.why_not(), &loan.plight, today);
        let why = risk.as_ref().map(|risk| risk.words(|id| names.of(id))).unwrap_or_default();
        let holder = out.as_ref().map(|out| name(out.school)).unwrap_or_default();
        let busy = out.as_ref().map(|out| (out, loan.tag.as_str(), holder.as_str()));
        let collect = changes::collect(&slot, by(&loan), today, &calendar, busy);
        let history = log::history(tx, "bookings", &id)?;
        Ok(Self { school: name(slot.school), errand, hops, risk, why, collect, history, loan })
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
    Ok(answer(status, &form_page(&member.shell(Nav::Loans), &title, refusal.is_some(), &main(member, &sheet, done, refusal))))
}

fn main(member: &Member, sheet: &Sheet, done: &str, refusal: Option<&Refusal>) -> Markup {
    let loan = &sheet.loan;
    let slot = &loan.booking.slot;
    let here = format!("{}/bookings/{}", member.base(), slot.id);
    html! {
        (back(&format!("{}/loans", member.base()), "My loans"))
        @if let Some(refusal) = refusal {
            div.errs role="alert" tabindex="-1" data-focus { h2 { "There is a problem" } p { (refusal.message()) } }
        }
        @let said = panel(sheet, done, &here);
        (said)
        @let line = html! { (pill_of(sheet, member.today())) " " (slot.days) };
        @let title = format!("{} at {}", loan.name, sheet.school);
        // The panel is the page's heading when there is one.
        @if said.0.is_empty() { (head(&title, line, html! {})) } @else { div.head { div { h2 { (title) } p { (line) } } } }
        (risk_banner(sheet))
        (offer_banner(member, sheet))
        div.side {
            section.panel.card aria-labelledby="facts" {
                h2 #facts { "The booking" }
                (summary(&facts(member, sheet)))
                @if !slot.is_offer() { p { a href={ (here) "/calendar.ics" } { (icon("calendar-plus")) " Calendar file for Outlook, Google or Apple" } } }
            }
            (actions(member, sheet, &here))
        }
        @if !sheet.history.is_empty() { section.panel.card { (history(&sheet.history)) } }
    }
}

/// What has just been done, once, at the top.
fn panel(sheet: &Sheet, done: &str, here: &str) -> Markup {
    let loan = &sheet.loan;
    let name = &loan.name;
    let class = if loan.booking.class_name.is_empty() { String::new() } else { format!(", for {}", loan.booking.class_name) };
    let state = loan.booking.slot.state;
    let words = match (done, state) {
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
        ("returned", _) => Some((format!("{name} is returned"), "Thank you. Others can have it now.")),
        _ => None,
    };
    html! {
        @if let Some((heading, text)) = words {
            (confirmation(&heading, html! {
                p { (loan.booking.slot.days) (class) }
                p { (text) }
                @if matches!(done, "reserved" | "requested" | "changed") { p { a href={ (here) "/calendar.ics" } { "Add it to your calendar" } } }
            }))
        }
    }
}

fn pill_of(sheet: &Sheet, today: crate::base::Day) -> Markup {
    state_pill(&sheet.loan.booking.slot, sheet.risk.is_some(), today)
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
    let answers = changes::approve(slot, by, today).is_ok();
    let repeats = slot.kind == Kind::Loan && !slot.is_offer() && member.may_borrow();
    let post = |word: &str, words: &str, symbol: &str| verb(&format!("{here}/{word}"), token, words, symbol);
    html! {
        @if (mine && !slot.is_offer()) || repeats {
            section.panel.card aria-labelledby="do" {
                h2 #do { "What you can do" }
                div.verbs {
                    @if mine && slot.state == State::Confirmed && slot.kind == Kind::Loan && (slot.is_out() || slot.days.first() <= days::add(today, SOON_DAYS)) {
                        a.btn.go href={ (member.base()) "/copies/" (slot.copy) } { (icon("scan-qr-code")) "Count and hand over" }
                    }
                    @if answers { (post("approve", "Approve the request", "check")) a.btn href={ (here) "/decline" } { "Decline the request" } }
                    @if sheet.collect.is_ok() { (post("collected", "We have fetched it", "package-open")) }
                    @if slot.is_out() && mine { (post("returned", "We have given it back", "check")) }
                    @if changes::may_change(slot, by, today) { a.btn href={ (here) "/change" } { (icon("calendar-days")) "Change the dates" } }
                    @if changes::cancel(slot, by, "-", today).is_ok() { a.btn href={ (here) "/cancel" } { "Cancel the booking" } }
                    @if repeats { a.btn href={ (here) "/repeat" } { (icon("repeat")) "Book it again next year" } }
                }
            }
        }
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
