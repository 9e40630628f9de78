//! The pages of reserving and of requests, and what pages of loans share.

pub mod requests;
pub mod reserve;

use maud::{Markup, Render, html};

use crate::base::days::Day;
use crate::bookings::stands::{Beside, LoanStands};
use crate::bookings::store::loans::Loan;
use crate::bookings::{Slot, State};
use crate::catalogue::store::Kept;
use crate::web::parts::{Tone, pill};

use actix_web::web;

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/boxes/{resource}/reserve", get().to(reserve::form))
        .route("/boxes/{resource}/reserve", post().to(reserve::book))
        .route("/boxes/{resource}/reserve/check", get().to(reserve::check));
}

/// What somebody reads who would act on another school's booking.
pub(crate) const NOT_YOURS: &str = "Only the school that made this booking, or a coordinator, can change it.";

pub(crate) use crate::web::answer::{answer, see_other};

/// "1 week", "3 weeks".
fn weeks(count: u32) -> String {
    crate::web::parts::counted(count as usize, "week", "weeks")
}

/// What names a copy, with the facts that are known of it: the one element that a copy's tag may stand in.
#[must_use]
pub fn beside(facts: &Beside, words: impl Render) -> Markup {
    html! {
        span data-copy=(facts.tag) data-place=(facts.place) data-state=(facts.state) data-days=(facts.days) data-missing=(facts.missing)
            data-loan=[facts.loan] { (words) }
    }
}

/// How a booking stands, in a word or two: the same on every page.
pub(crate) fn state_pill(slot: &Slot, at_risk: bool, today: Day) -> Markup {
    let stands = LoanStands::of(slot, at_risk, today);
    let tone = match stands {
        LoanStands::Late => Tone::Bad,
        // Good news, and what only waits, has no warning sign.
        LoanStands::Out | LoanStands::Confirmed | LoanStands::Offered => Tone::Good,
        LoanStands::AtRisk => Tone::Warn,
        _ => Tone::Plain,
    };
    pill(tone, stands.words())
}

/// The copies that have their place at a school.
pub(crate) fn kept_list(base: &str, kept: &[Kept], today: Day) -> Markup {
    html! {
        ul.links { @for copy in kept {
            li { div {
                a href={ (base) "/boxes/" (copy.resource) } { (copy.name) }
                small {
                    (beside(&Beside::of_copy(&copy.tag, &copy.plight, copy.state, today), &copy.tag))
                    @if let Some(why) = copy.state.why_not() { ", " (why) }
                }
            } }
        } }
    }
}

/// A list of bookings, each a link to its page.
pub(crate) fn loan_list(base: &str, loans: &[Loan], today: Day) -> Markup {
    html! {
        ul.links {
            @for loan in loans {
                li { div {
                    a href={ (base) "/bookings/" (loan.booking.slot.id) } { (beside(&loan.beside(today), html! { (loan.name) " (" (loan.tag) ")" })) }
                    small {
                        (loan.booking.slot.days)
                        @if loan.booking.slot.state == State::Requested { ", waits for approval" }
                        @if loan.stands(today) == LoanStands::AtRisk { ", at risk" }
                        @if !loan.booking.class_name.is_empty() { ", " (loan.booking.class_name) }
                    }
                } }
            }
        }
    }
}
