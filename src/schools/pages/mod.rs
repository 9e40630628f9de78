//! The pages of a school: what is known of it, and what the coordinator does with it through the years. A file a screen; here is
//! what they share.

pub mod edit;
pub mod lead;
pub mod new;
pub mod rename;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use maud::{Markup, html};

use crate::base::ids::SchoolId;
use crate::people::Member;
use crate::schools::{Record, Refusal, Typed, store};
use crate::web::answer::{answer, see_other};
use crate::web::forms::{self, Errors, csrf_field, error_summary};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{back, head, icon};
use crate::web::{App, Error};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::{get, post};
    routes
        .route("/schools/new", get().to(new::form))
        .route("/schools/new", post().to(new::add))
        .route("/schools/{school}/edit", get().to(edit::form))
        .route("/schools/{school}/edit", post().to(edit::save))
        .route("/schools/{school}/rename", get().to(rename::form))
        .route("/schools/{school}/rename", post().to(rename::save))
        .route("/schools/{school}/lead", get().to(lead::form))
        .route("/schools/{school}/lead", post().to(lead::save));
}

impl From<(&'static str, Refusal)> for Errors {
    fn from((field, refusal): (&'static str, Refusal)) -> Self {
        Self::one(field, refusal.to_string())
    }
}

/// A message at its field, from a day that was typed.
pub(crate) fn at<T>(field: &str, read: Result<T, String>) -> Result<T, Errors> {
    read.map_err(|message| Errors::one(field, message))
}

/// The school of the address.
pub(crate) async fn record(app: &web::Data<App>, member: &Member, id: SchoolId) -> Result<Record, Error> {
    app.db.read(member.scope(), move |tx| Ok::<_, Error>(store::one(tx, id)?)).await
}

/// On to the school's page, which says what was done.
pub(crate) fn done(member: &Member, id: SchoolId, word: &str) -> HttpResponse {
    see_other(&format!("{}/schools/{id}?done={word}", member.base()))
}

/// A form about a school.
pub(crate) struct Screen<'a> {
    pub(crate) record: &'a Record,
    /// "Rename the school".
    pub(crate) title: &'a str,
    /// Under the heading; may be empty.
    pub(crate) lead: Markup,
    /// The last part of its address: "rename".
    pub(crate) path: &'a str,
    /// What the button says.
    pub(crate) button: Markup,
}

impl Screen<'_> {
    /// The page with the form; 422 when something is wrong. `above` stands between heading and form.
    pub(crate) fn answer(&self, member: &Member, errors: &Errors, above: &Markup, fields: &Markup) -> HttpResponse {
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
pub(crate) fn html_answer(member: &Member, title: &str, errors: &Errors, main: &Markup) -> HttpResponse {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer(status, &form_page(&member.shell(Nav::Cluster), title, !errors.is_empty(), main))
}

/// Three boxes for a day.
pub(crate) fn day_field(name: &str, legend: &str, hint: &str, typed: &Typed, errors: &Errors) -> Markup {
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
        (forms::field("phone", "Telephone", typed.raw("phone")).hint("Of the school office, for whoever has to find a box").optional().text(errors))
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
pub(crate) fn link_button(href: &str, symbol: &str, words: &str) -> Markup {
    html! { a.btn href=(href) { (icon(symbol)) (words) } }
}
