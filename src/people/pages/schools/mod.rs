//! The pages of a school: what is known of it, and what the coordinator does with it through the years. A file a screen; here is
//! what they share.

pub mod edit;
pub mod lead;
pub mod leave;
pub mod new;
pub mod rejoin;
pub mod rename;
pub mod sabbatical;
pub mod show;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use maud::{Markup, html};

use crate::base::days::{END, Period};
use crate::base::ids::SchoolId;
use crate::bookings::pages::tell::Teller;
use crate::bookings::store::ledger;
use crate::bookings::store::loans::{self, Loan};
use crate::bookings::{By, Kind, State, changes};
use crate::db::{self, Tx};
use crate::people::Member;
use crate::people::schools::{Record, Refusal, Typed};
use crate::people::store::schools as store;
use crate::web::answer::answer;
use crate::web::answer::see_other;
use crate::web::forms::{self, Errors, csrf_field, error_summary};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{back, head, icon};
use crate::web::{App, Error};

impl From<(&'static str, Refusal)> for Errors {
    fn from((field, refusal): (&'static str, Refusal)) -> Self {
        Self::one(field, refusal.to_string())
    }
}

/// A message at its field, from a day that was typed.
fn at<T>(field: &str, read: Result<T, String>) -> Result<T, Errors> {
    read.map_err(|message| Errors::one(field, message))
}

/// A rule at its field.
fn refused(field: &str) -> impl Fn(Refusal) -> Errors {
    move |refusal| Errors::one(field, refusal.to_string())
}

/// The school of the address.
async fn record(app: &web::Data<App>, member: &Member, id: SchoolId) -> Result<Record, Error> {
    app.db.read(member.scope(), move |tx| Ok::<_, Error>(store::one(tx, id)?)).await
}

/// On to the school's page, which says what was done.
fn done(member: &Member, id: SchoolId, word: &str) -> HttpResponse {
    see_other(&format!("{}/schools/{id}?done={word}", member.base()))
}

/// What a school has and has booked.
#[derive(Debug, Clone, Default)]
pub struct Things {
    /// Fetched and not given back.
    pub held: Vec<Loan>,
    /// Booked, asked for, not fetched yet; by first day.
    pub ahead: Vec<Loan>,
}

impl Things {
    /// By one query.
    pub fn read(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<Self> {
        let today = tx.today();
        let all = loans::of_schools(tx, &[school], Period::new(today, END).unwrap_or(Period::day(today)))?;
        let mut things = Self::default();
        for loan in all.into_iter().filter(|loan| loan.booking.slot.kind == Kind::Loan) {
            let slot = &loan.booking.slot;
            if slot.is_out() {
                things.held.push(loan);
            } else if !slot.is_over(today) {
                things.ahead.push(loan);
            }
        }
        Ok(things)
    }

    /// The tags of what the school has.
    fn tags(&self) -> Vec<String> {
        self.held.iter().map(|loan| format!("{} ({})", loan.name, loan.tag)).collect()
    }
}

/// Cancels a booking because of what happens to its school, with the usual letters.
fn cancel(tx: &mut Tx<'_>, teller: &Teller, loan: &Loan, reason: &str) -> db::Result<()> {
    let slot = &loan.booking.slot;
    changes::cancel(slot, By::Coordinator, reason, tx.today()).map_err(|refusal| db::Error::Check(refusal.message()))?;
    ledger::set_state(tx, loan, State::Cancelled, reason)?;
    teller.cancelled(tx, slot.id, reason)
}

/// A list of bookings, each a link to its page.
fn loan_list(base: &str, loans: &[Loan]) -> Markup {
    html! {
        ul.links {
            @for loan in loans {
                li { div {
                    a href={ (base) "/bookings/" (loan.booking.slot.id) } { (loan.name) " (" (loan.tag) ")" }
                    small {
                        (loan.booking.slot.days)
                        @if loan.booking.slot.state == State::Requested { ", waits for approval" }
                        @if !loan.booking.class_name.is_empty() { ", " (loan.booking.class_name) }
                    }
                } }
            }
        }
    }
}

/// A form about a school.
struct Screen<'a> {
    record: &'a Record,
    /// "Rename the school".
    title: &'a str,
    /// Under the heading; may be empty.
    lead: Markup,
    /// The last part of its address: "rename".
    path: &'a str,
    /// What the button says.
    button: Markup,
}

impl Screen<'_> {
    /// The page with the form; 422 when something is wrong. `above` stands between heading and form.
    fn answer(&self, member: &Member, errors: &Errors, above: &Markup, fields: &Markup) -> HttpResponse {
        let here = format!("{}/schools/{}", member.base(), self.record.school.id);
        let main = html! {
            (back(&here, &self.record.school.short_name))
            (error_summary(errors))
            (head(self.title, html! { (self.record.school.name) (self.lead) }, html! {}))
            (above)
            section.panel.card {
                form.form method="post" action={ (here) "/" (self.path) } novalidate {
                    (csrf_field(member.csrf()))
                    (fields)
                    div.acts { (self.button) a.btn href=(here) { "Change nothing" } }
                }
            }
        };
        html_answer(member, self.title, errors, &main)
    }
}

/// A page with a form on it: 200, or 422 when something is wrong.
fn html_answer(member: &Member, title: &str, errors: &Errors, main: &Markup) -> HttpResponse {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer(status, &form_page(&member.shell(Nav::People), title, !errors.is_empty(), main))
}

/// Three boxes for a day.
fn day_field(name: &str, legend: &str, hint: &str, typed: &Typed, errors: &Errors) -> Markup {
    forms::day_month_year(name, legend, hint, typed.parts(name), errors)
}

/// The fields of a school's facts: code, number, place, trust.
fn fact_fields(typed: &Typed, england: bool, code_hint: &str, errors: &Errors) -> Markup {
    let number = if england { "Six digits, as on the government's list of schools" } else { "The school's official number" };
    let named = if england { "URN" } else { "School number" };
    html! {
        (forms::field("letters", "Code", typed.raw("letters")).hint(code_hint).width("w4").optional().text(errors))
        (forms::field("urn", named, typed.raw("urn")).hint(number).width("w10").optional().text(errors))
        (forms::field("address", "Address", typed.raw("address")).hint("One line without the postcode, for example Dam Lane, Saxton").width("full").optional().text(errors))
        (forms::field("postcode", "Postcode", typed.raw("postcode")).width("w10").text(errors))
        (forms::field("trust", "Trust or federation", typed.raw("trust")).width("full").optional().text(errors))
    }
}

/// The fields of a school's names.
fn name_fields(typed: &Typed, errors: &Errors) -> Markup {
    html! {
        (forms::field("name", "Name", typed.raw("name")).hint("In full, for example Saxton CE Primary School").width("full").text(errors))
        (forms::field("short_name", "Short name", typed.raw("short_name")).hint("For the calendar and for lists, for example Saxton").text(errors))
    }
}

/// A link that looks like a button.
fn link_button(href: &str, symbol: &str, words: &str) -> Markup {
    html! { a.btn href=(href) { (icon(symbol)) (words) } }
}
