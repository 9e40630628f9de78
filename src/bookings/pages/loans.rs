//! My loans: this week's handovers first, then what is to come and what waits for an answer, then this school year's past.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::tell::{self, Way};
use crate::app::App;
use crate::base::days::{self, Day, Period};
use crate::base::ids::SchoolId;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::store::shelf::out_of_service;
use crate::bookings::{Kind, Slot, State, risk};
use crate::db::{Result, Tx};
use crate::error::Error;
use crate::people::store as people;
use crate::people::{Member, RoleKind};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, details, empty, head, icon, pill, table_or_cards};

/// A handover within so many days is this week's.
const SOON_DAYS: i64 = 7;

/// What the page shows.
struct Desk {
    today: Day,
    loans: Vec<Loan>,
    names: Vec<people::SchoolName>,
    near: Vec<(Slot, String)>,
    out: Vec<Slot>,
}

impl Desk {
    /// Five queries: the schools' loans of this school year and to come, names, neighbours, what is out.
    fn read(tx: &mut Tx<'_>, mine: &[SchoolId]) -> Result<Self> {
        let today = tx.today();
        let first = days::academic_year_start(days::academic_year(today));
        let window = Period::new(first, days::add(first, 1200)).unwrap_or(Period::day(today));
        let mut loans = loans::of_schools(tx, mine, window)?;
        loans.retain(|loan| loan.booking.slot.kind == Kind::Loan);
        let soon: Vec<&Loan> = loans.iter().filter(|loan| !loan.booking.slot.is_over(today)).collect();
        let copies: Vec<_> = soon.iter().map(|loan| loan.booking.slot.copy).collect();
        let span = soon
            .iter()
            .map(|loan| loan.booking.slot.days)
            .reduce(|a, b| Period::new(a.first().min(b.first()), a.last().max(b.last())).unwrap_or(a));
        let near = match span {
            Some(span) => loans::around(tx, &copies, tell::around(span))?,
            None => Vec::new(),
        };
        Ok(Self { today, names: people::school_names(tx)?, near, out: loans::out_now(tx)?, loans })
    }

    fn name(&self, school: SchoolId) -> &str {
        self.names.iter().find(|one| one.id == school).map_or("Another school", |one| &one.short_name)
    }

    fn way(&self, loan: &Loan) -> Way {
        tell::way(&loan.booking.slot, &self.near, self.name(loan.home))
    }

    fn status(&self, loan: &Loan) -> Markup {
        let slot = &loan.booking.slot;
        let late = self.out.iter().find(|out| out.copy == slot.copy);
        match slot.state {
            _ if slot.late_since(self.today).is_some() => pill(Tone::Bad, "Late"),
            _ if slot.returned_on.is_some() => pill(Tone::Plain, "Returned"),
            _ if slot.is_out() => pill(Tone::Good, "Out now"),
            State::Requested => pill(Tone::Warn, "Waiting for approval"),
            State::Confirmed if slot.is_over(self.today) => pill(Tone::Plain, "Over"),
            State::Confirmed if risk(slot, late, out_of_service(&loan.copy_state), self.today).is_some() => pill(Tone::Warn, "At risk"),
            State::Confirmed => pill(Tone::Good, "Confirmed"),
            State::Declined | State::Cancelled => pill(Tone::Plain, slot.state.name()),
        }
    }
}

/// Shows the loans of the person's schools.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member, request: HttpRequest) -> std::result::Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let mut mine: Vec<SchoolId> = member.roles.iter().filter_map(|role| role.school.as_ref()).map(|school| school.id).collect();
    mine.sort_unstable();
    mine.dedup();
    let several = mine.len() > 1;
    let desk = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Desk::read(tx, &mine)?)).await?;
    Ok(member.tagged(&request, page(&member.shell(Nav::Loans), "My loans", &main(&member, &desk, several))))
}

fn main(member: &Member, desk: &Desk, several: bool) -> Markup {
    let today = desk.today;
    let soon = days::add(today, SOON_DAYS);
    let live = || desk.loans.iter().filter(|loan| !loan.booking.slot.is_over(today));
    let handovers: Vec<(Day, bool, &Loan)> = {
        let mut list: Vec<_> = live()
            .filter(|loan| loan.booking.slot.state == State::Confirmed)
            .filter_map(|loan| {
                let slot = &loan.booking.slot;
                let (day, back) = if slot.is_out() { (slot.days.last(), true) } else { (slot.days.first(), false) };
                (day <= soon).then_some((day, back, loan))
            })
            .collect();
        list.sort_by_key(|(day, back, loan)| (*day, !*back, loan.booking.slot.id));
        list
    };
    let coming: Vec<&Loan> = live().collect();
    let over: Vec<&Loan> = desk.loans.iter().rev().filter(|loan| loan.booking.slot.is_over(today)).collect();
    let place = member.own_school().map_or(String::new(), |school| school.short_name.clone());
    let may_book = member.is(RoleKind::Ssl) || member.is(RoleKind::Coordinator);
    html! {
        (head("My loans", html! { (place) }, html! { @if may_book { a.btn.go href={ (member.base()) "/boxes" } { "Find a box" } } }))
        @if desk.loans.is_empty() {
            div.panel { (empty("calendar-plus", "No loans yet", "The boxes your school reserves will be listed here, this week's handovers first.", Some((&format!("{}/boxes", member.base()), "Find a box")))) }
        }
        @if !handovers.is_empty() {
            section.panel.card aria-labelledby="handovers" {
                h2 #handovers { "Handovers this week" }
                ul.handovers {
                    @for (day, back, loan) in &handovers {
                        @let way = desk.way(loan);
                        li {
                            (icon(if *back { "package-open" } else { "package" })) " "
                            a href={ (member.base()) "/bookings/" (loan.booking.slot.id) } { b { (loan.name) } " (" (loan.tag) ")" }
                            @if *back {
                                @if way.to.is_empty() { ": bring it back to " (desk.name(loan.home)) } @else { ": goes on to " (way.to) }
                            } @else { ": collect it from " (way.from) }
                            @if *day < today && *back { ". It was due on " (days::full(*day)) } @else if *day < today { ", since " (days::full(*day)) } @else { " on " (days::full(*day)) }
                            " " (desk.status(loan))
                        }
                    }
                }
            }
        }
        @if !coming.is_empty() {
            section.panel aria-labelledby="coming" {
                h2.vh #coming { "Loans now and to come" }
                (list(member, desk, "Loans now and to come", &coming, several))
            }
        }
        @if !over.is_empty() {
            section.panel.card { (details(&format!("This school year's past loans ({})", over.len()), list(member, desk, "Past loans", &over, several))) }
        }
    }
}

fn list(member: &Member, desk: &Desk, caption: &str, loans: &[&Loan], several: bool) -> Markup {
    let heads: &[&str] = if several { &["Dates", "Box", "School", "Class", "Status"] } else { &["Dates", "Box", "Class", "Status"] };
    table_or_cards(
        caption,
        heads,
        html! {
            @for loan in loans {
                @let slot = &loan.booking.slot;
                tr {
                    th scope="row" { a href={ (member.base()) "/bookings/" (slot.id) } { (slot.days) } }
                    td data-h="Box" { (loan.name) " (" (loan.tag) ")" }
                    @if several { td data-h="School" { (desk.name(slot.school)) } }
                    td data-h="Class" { (loan.booking.class_name) }
                    td data-h="Status" { (desk.status(loan)) }
                }
            }
        },
    )
}
