//! My loans: the next handovers first, then what is to come and what waits for an answer, then this school year's past.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::pages::{beside, state_pill};
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::{Kind, Risk, Slot, State, last_day_of, risk};
use crate::db::{Result, Tx};
use crate::front::week::Task;
use crate::journeys::Leg;
use crate::journeys::store::legs;
use crate::people::Member;
use crate::schools::{self, SchoolNames};
use crate::waiting;
use crate::waiting::pages::waits::{named, place};
use crate::waiting::store::{self, Besides, Listed};
use crate::web::forms::verb;
use crate::web::page::{Nav, WITH_KEPT, page_with};
use crate::web::parts::{Tone, empty, head, icon, kept, pill, strand_icon, table_or_cards};
use crate::web::{App, Error};

/// A handover within so many days is one of the next.
const SOON_DAYS: i64 = 7;
/// How far ahead loans are listed: further than anything can be booked.
const AHEAD_DAYS: i64 = 1200;
/// The first school year that the tables can hold.
const FIRST_YEAR: i32 = 2000;

/// Which school year's past is shown.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Query {
    #[serde(default)]
    year: String,
}

/// What the page shows.
struct LoansPage {
    today: Day,
    /// The school year whose past is shown, by the year it starts in.
    year: i32,
    /// Not over by its days, or still out.
    current: Vec<Loan>,
    past: Vec<Loan>,
    names: SchoolNames,
    /// The planned legs that begin or end the current ones.
    legs: Vec<Leg>,
    out: Vec<Slot>,
    /// The cluster's open places on the waiting list, and those of the schools among them.
    open: Vec<waiting::Wait>,
    waits: Vec<Listed>,
    /// The copies that are waited for or offered.
    besides: Besides,
}

impl LoansPage {
    /// Six queries: the schools' loans now and to come, those of a past year, their legs, names, what is out, who waits.
    fn read(tx: &mut Tx<'_>, mine: &[SchoolId], year: Option<i32>) -> Result<Self> {
        let today = tx.today();
        let this_year = days::academic_year(today);
        let year = year.filter(|year| (FIRST_YEAR..=this_year).contains(year)).unwrap_or(this_year);
        let ahead = Period::new(today, days::add(today, AHEAD_DAYS)).unwrap_or(Period::day(today));
        let mut current = loans::of_schools(tx, mine, ahead)?;
        current.retain(|loan| loan.booking.slot.kind == Kind::Loan && !loan.booking.slot.is_over(today));
        let end = days::add(days::academic_year_start(year + 1), -1);
        let mut past = match Period::new(days::academic_year_start(year), end) {
            Some(window) => loans::ended(tx, mine, window)?,
            None => Vec::new(),
        };
        past.retain(|loan| loan.booking.slot.is_over(today));
        let ids: Vec<_> = current.iter().map(|loan| loan.booking.slot.id).collect();
        let legs = legs::of_bookings(tx, &ids)?;
        let mut waits = store::listed(tx)?;
        let open = waits.iter().map(|one| one.wait.clone()).collect();
        waits.retain(|one| mine.contains(&one.wait.school));
        // What is offered first.
        waits.sort_by_key(|one| (one.wait.state != waiting::State::Offered, one.wait.id));
        let besides = store::besides(tx, &waits)?;
        Ok(Self {
            besides,
            today,
            year,
            current,
            past,
            names: schools::store::school_names(tx)?,
            legs,
            out: loans::out_now(tx)?,
            open,
            waits,
        })
    }

    fn name(&self, school: SchoolId) -> &str {
        self.names.of(school)
    }

    /// The handover that a loan waits for: that by which it goes, once it is out, and that by which it comes before.
    fn leg(&self, loan: &Loan) -> Option<&Leg> {
        let slot = &loan.booking.slot;
        self.legs.iter().find(|leg| if slot.is_out() { leg.from_booking == Some(slot.id) } else { leg.to_booking == Some(slot.id) })
    }

    fn risk(&self, loan: &Loan) -> Option<Risk> {
        let slot = &loan.booking.slot;
        risk(slot, self.out.iter().find(|out| out.copy == slot.copy), loan.copy_state.why_not(), &loan.plight, self.today)
    }

    fn why_at_risk(&self, loan: &Loan) -> Option<String> {
        self.risk(loan).map(|risk| risk.words(|school| self.name(school)))
    }

    fn status(&self, loan: &Loan) -> Markup {
        state_pill(&loan.booking.slot, self.risk(loan).is_some(), self.today)
    }
}

/// Shows the loans of the person's schools.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    request: HttpRequest,
    query: web::Query<Query>,
) -> std::result::Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let mut mine: Vec<SchoolId> = member.roles.iter().filter_map(|role| role.school.as_ref()).map(|school| school.id).collect();
    mine.sort_unstable();
    mine.dedup();
    let several = mine.len() > 1;
    let year = query.year.parse().ok();
    let desk = app.db.read(member.scope(), move |tx| Ok::<_, Error>(LoansPage::read(tx, &mine, year)?)).await?;
    Ok(member.tagged(&request, page_with(&member.shell(Nav::Week), "All your loans", WITH_KEPT, &main(&member, &desk, several))))
}

/// What changes hands in the coming days, and what should have done so: the day, and the loan that it begins or ends.
fn handovers(desk: &LoansPage) -> Vec<(Day, &Loan)> {
    let soon = days::add(desk.today, SOON_DAYS);
    let confirmed = desk.current.iter().filter(|loan| loan.booking.slot.state == State::Confirmed);
    let mut list: Vec<_> = confirmed
        .map(|loan| {
            let slot = &loan.booking.slot;
            let day = if slot.is_out() { slot.days.last() } else { slot.days.first() };
            // What the schools have agreed on; but a loan is late by its own last day.
            let planned = desk.leg(loan).map_or(day, |leg| leg.day);
            (if slot.late_since(desk.today).is_some() { day.min(planned) } else { planned }, loan)
        })
        .filter(|(day, _)| *day <= soon)
        .collect();
    list.sort_by_key(|(day, loan)| (*day, !loan.booking.slot.is_out(), loan.booking.slot.id));
    list
}

fn main(member: &Member, desk: &LoansPage, several: bool) -> Markup {
    let soon = handovers(desk);
    let place = member.own_school().map_or(String::new(), |school| school.short_name.clone());
    let may_book = member.may_borrow();
    let boxes = format!("{}/boxes", member.base());
    let all = format!("{}/calendar?view=list", member.base());
    let current: Vec<&Loan> = desk.current.iter().collect();
    let acts = html! {
        a.btn href={ (member.base()) "/waits" } { (icon("clock")) "Waiting list" }
        a.btn href={ (member.base()) "/feeds" } { (icon("rss")) "Calendar feed" }
        a.btn href="/b" { (icon("scan-qr-code")) "Type a box's code" }
        @if may_book { a.btn.go href=(boxes) { "Find a box" } }
    };
    html! {
        (head("All your loans", html! { (place) }, acts))
        (kept(member.person))
        @if desk.current.is_empty() {
            div.panel {
                @if member.own_school().is_none() && !may_book {
                    (empty("calendar-days", "You have no school here", "A school's loans stand here for its own people. The calendar shows those of all schools.", Some((all.as_str(), "See all loans"))))
                } @else {
                    (empty("calendar-plus", "No loans yet", "The boxes your school reserves will be listed here, the next handovers first.", may_book.then_some((boxes.as_str(), "Find a box"))))
                }
            }
        }
        @if !desk.waits.is_empty() { (waiting_list(member, desk)) }
        @if !soon.is_empty() {
            section.panel.card aria-labelledby="handovers" {
                h2 #handovers { "Your next handovers" }
                ul.tasks { @for (day, loan) in &soon { (handover(member, desk, *day, loan)) } }
            }
        }
        @if !current.is_empty() {
            section.panel aria-labelledby="coming" {
                h2.vh #coming { "Loans now and to come" }
                (list(member, desk, "Loans now and to come", &current, several))
            }
        }
        @if member.own_school().is_some() { (past(member, desk, several)) }
    }
}

/// What is offered, with its two answers, and what is waited for.
fn waiting_list(member: &Member, desk: &LoansPage) -> Markup {
    html! {
        section.panel.card aria-labelledby="waits" {
            h2 #waits { "Waiting list" }
            ul.tasks {
                @for one in &desk.waits {
                    @let here = format!("{}/waits/{}", member.base(), one.wait.id);
                    li {
                        div.what {
                            (strand_icon(one.strand.class(), &one.icon))
                            div {
                                a href=(here) { (named(one, &desk.besides)) }
                                p { (one.wait.days) }
                                @if let Some(until) = one.until.filter(|_| one.wait.state == waiting::State::Offered) {
                                    p.warn { "Offered to " (one.school) " until " (days::full(last_day_of(until))) }
                                    @if member.may_book_for(one.wait.school) {
                                        div.acts {
                                            (verb(&format!("{here}/accept"), member.csrf(), "Take these days", "check"))
                                            (verb(&format!("{here}/decline"), member.csrf(), "No thank you", "x"))
                                        }
                                    }
                                }
                            }
                        }
                        @if one.wait.state == waiting::State::Offered { (pill(Tone::Good, "Offered")) } @else { (place(one, &desk.open)) }
                    }
                }
            }
        }
    }
}

fn handover(member: &Member, desk: &LoansPage, day: Day, loan: &Loan) -> Markup {
    let (today, slot) = (desk.today, &loan.booking.slot);
    let late = slot.late_since(today).is_some();
    let leg = desk.leg(loan);
    let task = leg.map(|leg| (Task::of(&leg.ends(), &[slot.school]), leg));
    html! {
        li {
            div.what {
                (strand_icon(loan.strand.class(), &loan.icon))
                div {
                    a href={ (member.base()) "/bookings/" (slot.id) } { (beside(&loan.beside(today), html! { (loan.name) " (" (loan.tag) ")" })) }
                    p.bad[late] {
                        @match task {
                            Some((task, leg)) => { (task.words("it", desk.name(leg.from), desk.name(leg.to), leg.to_booking.is_none())) }
                            None => { "Its handover is planned in a moment" }
                        }
                        @if late { ". It was due on " (days::full(slot.days.last())) "." }
                        @else if day < today { ". That was planned for " (days::full(day)) "." }
                        @else if day == today { " today" }
                        @else { " on " (days::full(day)) }
                    }
                    @if let Some(why) = desk.why_at_risk(loan) { p.warn { (why) } }
                    p {
                        a href={ (member.base()) "/copies/" (slot.copy) } {
                            (task.filter(|_| member.may_book_for(slot.school)).and_then(|(task, _)| task.button()).unwrap_or("See where it is")) span.vh { ": " (loan.name) " (" (loan.tag) ")" }
                        }
                    }
                }
            }
            (desk.status(loan))
        }
    }
}

/// A school year of loans that are over, folded away as long as nobody asked for a year.
fn past(member: &Member, desk: &LoansPage, several: bool) -> Markup {
    let this_year = days::academic_year(desk.today);
    let (year, loans) = (desk.year, desk.past.iter().collect::<Vec<_>>());
    let name = |year: i32| format!("{year} to {}", year + 1);
    let href = |year: i32| format!("{}/loans?year={year}#past", member.base());
    html! {
        section.panel.card #past {
            details.more open[year != this_year] {
                summary { "Past loans, " (name(year)) " (" (loans.len()) ")" }
                @if loans.is_empty() { p { "No loan of that school year is over." } }
                @else { (list(member, desk, "Past loans", &loans, several)) }
                p.acts.end {
                    @if year > FIRST_YEAR { a.btn.small href=(href(year - 1)) { "Earlier: " (name(year - 1)) } }
                    @if year < this_year { a.btn.small href=(href(year + 1)) { "Later: " (name(year + 1)) } }
                }
            }
        }
    }
}

fn list(member: &Member, desk: &LoansPage, caption: &str, loans: &[&Loan], several: bool) -> Markup {
    let heads: &[&str] = if several { &["Dates", "Box", "School", "Class", "Status"] } else { &["Dates", "Box", "Class", "Status"] };
    table_or_cards(
        caption,
        heads,
        html! {
            @for loan in loans {
                @let slot = &loan.booking.slot;
                tr {
                    th scope="row" { a href={ (member.base()) "/bookings/" (slot.id) } { (slot.days) } }
                    td data-h="Box" { (beside(&loan.beside(desk.today), html! { (loan.name) " (" (loan.tag) ")" })) }
                    @if several { td data-h="School" { (desk.name(slot.school)) } }
                    td data-h="Class" { (loan.booking.class_name) }
                    td data-h="Status" {
                        (desk.status(loan))
                        @if loan.booking.slot.state == State::Confirmed { @if let Some(why) = desk.why_at_risk(loan) { small { (why) } } }
                    }
                }
            }
        },
    )
}
