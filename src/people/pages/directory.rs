//! People and schools: who is at which school, and how to reach them. `GET /c/{cluster}/people`.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::html_page;
use super::tabs::{Tab, tabs};
use crate::app::App;
use crate::base::days;
use crate::error::Error;
use crate::people::store::directory::{self, Holder};
use crate::people::{Member, School, Standing, store};
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, counted, head, icon, pill};

/// Shows everybody who has a role today, by school.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member) -> Result<HttpResponse, Error> {
    let (schools, holders) = app.db.read(member.scope(), |tx| Ok::<_, Error>((store::schools(tx)?, directory::holders(tx)?))).await?;
    let today = member.today();
    let (mut current, mut past): (Vec<&School>, Vec<&School>) = (Vec::new(), Vec::new());
    for school in &schools {
        if matches!(school.standing(today), Standing::Left(_) | Standing::Never) { past.push(school) } else { current.push(school) }
    }
    let of = |school: Option<&School>| {
        holders.iter().filter(|one| one.role.school.as_ref().map(|own| own.id) == school.map(|s| s.id)).collect::<Vec<_>>()
    };
    let without = current
        .iter()
        .filter(|school| school.is_in(today) && !of(Some(school)).iter().any(|one| one.role.kind == crate::people::RoleKind::Ssl))
        .count();
    let coordinator = member.is(crate::people::RoleKind::Coordinator);
    let add = html! { @if coordinator { a.btn.go href={ (member.base()) "/schools/new" } { (icon("plus")) "Add a school" } } };
    let main = html! {
        (head("People and schools", html! { (counted(current.len(), "school", "schools")) ", " (counted(distinct(&holders), "person", "people")) }, add))
        (tabs(&member, Tab::People))
        @if without > 0 && coordinator {
            (crate::web::parts::banner(Tone::Warn, &format!("{} without a science lead", counted(without, "school", "schools")), html! { p { "Nobody there hears of loans until somebody has the role." } }))
        }
        div.grid2 {
            @let cluster = of(None);
            @if !cluster.is_empty() { section.panel.card { h2 { "For the whole cluster" } (people(&cluster)) } }
            @for school in &current { (card(member.base(), school, &of(Some(school)), today)) }
        }
        @if !past.is_empty() {
            section.panel.card {
                h2 { "Schools that have left" }
                ul { @for school in &past { li { a href={ (member.base()) "/schools/" (school.id) } { (school.name) } @if let Standing::Left(day) = school.standing(today) { ", " (days::long(day)) } } } }
            }
        }
    };
    Ok(html_page(page(&member.shell(Nav::People), "People and schools", &main)))
}

fn distinct(holders: &[Holder]) -> usize {
    let mut ids: Vec<_> = holders.iter().map(|one| one.person.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

fn card(base: &str, school: &School, holders: &[&Holder], today: crate::base::Day) -> Markup {
    html! {
        section.panel.card {
            h2 { a href={ (base) "/schools/" (school.id) } { (school.name) } }
            @match school.standing(today) {
                Standing::Before(day) => p { (pill(Tone::Plain, "Joins")) " " (days::long(day)) },
                Standing::Sabbatical(off) => p { (pill(Tone::Warn, "On sabbatical")) " until " (days::long(off.last())) },
                _ => {},
            }
            p.hint { (school.short_name) " (" (school.letters) ")" @if !school.address.is_empty() { ", " (school.address) } @if !school.postcode.is_empty() { ", " (school.postcode) } }
            @if holders.is_empty() { p { "Nobody has a role here yet." } } @else { (people(holders)) }
        }
    }
}

/// The roles with their people, each with an address to write to.
pub(super) fn people(holders: &[&Holder]) -> Markup {
    html! {
        ul.links {
            @for one in holders {
                li { div { b { (one.person.name) } small { (one.role.kind.words()) ", " a href={ "mailto:" (one.person.email) } { (one.person.email) } } } }
            }
        }
    }
}
