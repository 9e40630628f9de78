//! What a coordinator does for a booking at risk: moves it to another copy, or suggests other dates.
//! `GET /c/{cluster}/attention/bookings/{booking}`, and `move` and `offer` below it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::remedies::to_the_list;
use crate::attention::acts::{Sender, leads, write};
use crate::attention::{another_copy, letters, other_dates, reason_to_move};
use crate::base::Period;
use crate::base::ids::{BookingId, CopyId};
use crate::bookings::store::ledger;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::store::shelf::{self, Reading};
use crate::bookings::tell::Teller;
use crate::bookings::{By, Decision, Risk, changes, risk};
use crate::catalogue;
use crate::db::{self, Tx};
use crate::people::{Coordinator, Member};
use crate::web::answer::answer;
use crate::web::forms::{csrf_field, hidden};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, back, banner, head, icon, pill, row, summary};
use crate::web::{App, Error};

/// A booking and the shelf it is on.
struct Case {
    loan: Loan,
    reading: Reading,
    risk: Option<Risk>,
}

impl Case {
    /// Seven queries.
    fn read(tx: &mut Tx<'_>, id: BookingId) -> db::Result<Self> {
        let loan = loans::one(tx, id)?;
        let slot = loan.booking.slot;
        let mut reading = shelf::read(tx, loan.resource, slot.school, Some(slot.days))?;
        let out = reading.shelf.copies.iter().flat_map(|copy| &copy.slots).find(|other| other.copy == slot.copy && other.is_out()).copied();
        let risk = risk(&slot, out.as_ref(), loan.copy_state.why_not(), &loan.plight, tx.today());
        // An offer of the waiting list is answered on its own page.
        let risk = risk.filter(|_| !slot.is_offer());
        // What is looked for is looked for as if the booking were not there.
        for copy in &mut reading.shelf.copies {
            copy.slots.retain(|other| other.id != id);
        }
        Ok(Self { loan, reading, risk })
    }

    fn school(&self) -> &str {
        self.reading.shelf.name(self.loan.booking.slot.school)
    }

    fn why(&self) -> String {
        self.risk.as_ref().map(|risk| risk.words(|school| self.reading.shelf.name(school))).unwrap_or_default()
    }

    fn another(&self) -> Option<Decision> {
        another_copy(&self.reading.shelf, &self.loan.booking).filter(|_| self.risk.is_some())
    }

    /// The copy, its tag and the days.
    fn other(&self) -> Option<(CopyId, &str, Period)> {
        // A loan that has begun keeps its first day, so other days are of no use to it.
        let may = changes::may_change(&self.loan.booking.slot, By::Coordinator, self.reading.shelf.today);
        let found = other_dates(&self.reading.shelf, &self.loan.booking).filter(|_| self.risk.is_some() && may);
        found.map(|(copy, days)| (copy.id, copy.tag.as_str(), days))
    }
}

/// Where the form with other days filled in is, below the cluster's address.
fn change_form(id: BookingId, copy: CopyId, days: Period) -> String {
    format!("/bookings/{id}/change?from={}&to={}&copy={copy}", days.first(), days.last())
}

/// What can be done for a booking.
///
/// # Errors
/// When it is not there.
pub async fn show(app: web::Data<App>, member: Coordinator, path: web::Path<(String, BookingId)>) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let case = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Case::read(tx, id)?)).await?;
    let title = "A booking at risk";
    Ok(answer(StatusCode::OK, &page(&member.shell(Nav::Attention), title, &main(&member, &case, id, title))))
}

fn main(member: &Coordinator, case: &Case, id: BookingId, title: &str) -> Markup {
    let (base, loan) = (member.base(), &case.loan);
    let here = format!("{base}/attention/bookings/{id}");
    let what = format!("{}, {}", case.school(), loan.booking.slot.days);
    html! {
        (back(&format!("{base}/attention"), "Needs attention"))
        (head(title, html! { @if case.risk.is_some() { (at_risk_pill()) " " } (loan.name) " for " (what) }, html! {}))
        @if case.risk.is_none() {
            (banner(Tone::Good, "This booking is not at risk", html! { p { "Nothing is in its way at the moment. " a href={ (base) "/bookings/" (id) } { "Open the booking" } } }))
        } @else {
            (banner(Tone::Warn, "Why it is at risk", html! { p { (case.why()) } }))
            div.grid2 {
                section.panel.card {
                    h2 { "The same days, another copy" }
                    @if let Some(decision) = case.another() {
                        p { (decision.tag) " is free on these days. The school gets the new calendar entry by e-mail." }
                        div.verbs.gap { (button(member, &format!("{here}/move"), ("sure", "yes"), &format!("Move it to {}", decision.tag), &what, "repeat")) }
                    } @else { p { "No other copy of it is free on these days." } }
                }
                section.panel.card {
                    h2 { "Other dates" }
                    @if let Some((copy, tag, days)) = case.other() {
                        (summary(&[row("Booked", loan.booking.slot.days.to_string()), row("Nearest free", days.to_string()), row("Copy", tag)]))
                        div.verbs.gap {
                            (button(member, &format!("{here}/offer"), ("sure", "yes"), &format!("Suggest them to {}", case.school()), &what, "mail"))
                            a.btn.small href={ (base) (change_form(id, copy, days)) } { "Change the booking myself" }
                        }
                    } @else { p { "No copy of it is free for as long, as far ahead as it can be booked." } }
                }
            }
            p { a href={ (base) "/bookings/" (id) } { "Open the booking" } }
        }
    }
}

/// Moves a booking at risk to another copy for the same days.
///
/// # Errors
/// When it is not there.
pub async fn move_to_copy(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let teller = Teller::new(&app, &member);
    let attempt = || {
        let teller = teller.clone();
        app.db.write(member.scope(), move |tx| {
            let case = Case::read(tx, id)?;
            if case.risk.is_none() {
                return Ok("moot");
            }
            let Some(decision) = case.another() else { return Ok("none") };
            ledger::change(tx, &case.loan, &decision, reason_to_move())?;
            teller.changed(tx, id, (case.loan.booking.slot.days, &case.loan.tag))?;
            Ok::<_, Error>("moved")
        })
    };
    let mut done = attempt().await;
    // Somebody came past our lock and took the days; now he can be seen.
    if matches!(done, Err(Error::Db(db::Error::Taken))) {
        done = attempt().await;
    }
    Ok(to_the_list(&member, done?))
}

/// Suggests other dates to the school by a letter.
///
/// # Errors
/// When it is not there.
pub async fn offer(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, BookingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let (sender, link) = (Sender::new(&app, &member), app.site.link(member.base()));
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let case = Case::read(tx, id)?;
            if case.risk.is_none() {
                return Ok("moot");
            }
            let Some((copy, tag, days)) = case.other() else { return Ok("none") };
            let (booking, today) = (&case.loan.booking, tx.today());
            let (item, ..) = catalogue::store::copy(tx, booking.slot.copy)?;
            let to = leads(tx, booking.slot.school)?;
            if to.is_empty() {
                return Ok("nobody");
            }
            let about = sender.about(&item, booking.slot.school, case.school());
            let (facts, url, why) =
                ((id, booking.sequence, booking.slot.days), format!("{link}{}", change_form(id, copy, days)), case.why());
            if !write(tx, to, |to| letters::other_dates(&about, facts, &why, (days, tag), &url, to, today))? {
                return Ok("asked-already");
            }
            tx.log("bookings", &id, "other dates suggested", &booking.slot.days.to_string(), &format!("{tag}, {days}"))?;
            Ok::<_, Error>("offered")
        })
        .await?;
    Ok(to_the_list(&member, done))
}

/// A form of one button. `what` tells it from its neighbours for a screen reader.
pub(crate) fn button(member: &Member, action: &str, field: (&str, &str), words: &str, what: &str, symbol: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (csrf_field(member.csrf()))
            (hidden(field.0, field.1))
            button.btn.small type="submit" { (icon(symbol)) (words) span.vh { ": " (what) } }
        }
    }
}

/// A word for a status that a colour must not say alone.
#[must_use]
pub(crate) fn at_risk_pill() -> Markup {
    pill(Tone::Warn, "At risk")
}
