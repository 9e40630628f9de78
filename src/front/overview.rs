//! A director's clusters with what is counted in each.

use actix_web::HttpResponse;
use maud::html;
use std::collections::HashMap;

use crate::base::ids::{ClusterId, PersonId};
use crate::bookings::store::loans;
use crate::catalogue::store as catalogue;
use crate::clusters::pages::set_up::cohort_words;
use crate::clusters::{Nation, store as rows};
use crate::people::SignedIn;
use crate::people::giving;
use crate::people::pages::sign_out_form;
use crate::people::store::roles::{self, Directed};
use crate::web::answer::html_page;
use crate::web::parts::{head, table_or_cards};
use crate::web::{App, Error, page};

/// A director's clusters with what is counted in each.
pub struct Overview {
    clusters: Vec<Directed>,
    schools: HashMap<ClusterId, i64>,
    copies: HashMap<ClusterId, i64>,
    loans: HashMap<ClusterId, i64>,
    founds: bool,
}

/// What a director sees on the front page; `None` for whoever directs nothing. Six queries at most.
///
/// # Errors
/// When the database cannot be read.
pub async fn overview(app: &App, person: PersonId) -> Result<Option<Overview>, Error> {
    app.db
        .house_read(app.clock.now(), move |house| {
            let clusters = roles::directed_by(house, person)?;
            if clusters.is_empty() {
                return Ok(None);
            }
            let ids: Vec<ClusterId> = clusters.iter().map(|one| one.cluster.id).collect();
            Ok(Some(Overview {
                schools: rows::schools_of(house, &ids)?.into_iter().collect(),
                copies: catalogue::copies_of(house, &ids)?.into_iter().collect(),
                loans: loans::to_come_of(house, &ids)?.into_iter().collect(),
                founds: giving::may_found(&roles::standing(house, person)?).is_ok(),
                clusters,
            }))
        })
        .await
}

/// The front page of a director of several clusters.
#[must_use]
pub fn front(app: &App, who: &SignedIn, overview: &Overview) -> HttpResponse {
    let directed: Vec<ClusterId> = overview.clusters.iter().map(|one| one.cluster.id).collect();
    let others: Vec<_> = who.clusters.iter().filter(|one| !directed.contains(&one.id)).collect();
    let cell = |of: &HashMap<ClusterId, i64>, id: ClusterId| of.get(&id).copied().unwrap_or_default();
    let table = html! {
        @for one in &overview.clusters {
            @let id = one.cluster.id;
            tr {
                th scope="row" { a href={ "/c/" (one.cluster.slug) "/week" } { (one.cluster.name) } }
                td data-h="Cohort year" { (cohort_words(one.cohort_year)) }
                td data-h="Nation" { (one.nation.parse::<Nation>().unwrap_or_default().words()) }
                td data-h="Schools" { (cell(&overview.schools, id)) }
                td data-h="Boxes" { (cell(&overview.copies, id)) }
                td data-h="Loans to come" { (cell(&overview.loans, id)) }
            }
        }
    };
    let main = html! {
        (head("Your clusters", html! { "Signed in as " (who.person.name) }, html! { @if overview.founds { a.btn.go href="/clusters/new" { "New cluster" } } }))
        section.panel.card {
            p.hint { "Boxes are counted copy by copy, without retired ones. Loans to come are requested, booked or out, and not past their last day." }
            (table_or_cards("Your clusters", &["Cluster", "Cohort year", "Nation", "Schools", "Boxes", "Loans to come"], table))
        }
        @if !others.is_empty() {
            section.panel.card {
                h2 { "Other clusters in which you have a role" }
                ul { @for cluster in others { li { a href={ "/c/" (cluster.slug) "/week" } { (cluster.name) } } } }
            }
        }
        section.panel.card.form { p { a href="/account" { "My account" } } (sign_out_form(&who.csrf)) }
    };
    html_page(page::outside("Your clusters", app.site.demo, false, &main))
}
