//! People and schools: who is at which school, and how to reach them. `GET /c/{cluster}/people`.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::invite;
use super::person::Done;
use crate::base::{EmailAddress, days};
use crate::joining::store::Invitation;
use crate::joining::{self, store as invitations};
use crate::people::pages::tabs::{Tab, tabs};
use crate::people::pages::{call, reach};
use crate::people::store::directory::{self, Holder};
use crate::people::store::roles;
use crate::people::{Member, RoleKind};
use crate::schools::{self, School, Standing};
use crate::web::answer::html_page;
use crate::web::page::{Nav, page};
use crate::web::parts::{Tone, banner, counted, head, icon, pill};
use crate::web::{App, Error};

/// Shows everybody who has a role today, by school.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Member, query: web::Query<Done>) -> Result<HttpResponse, Error> {
    let (coordinator, answers) = (member.is(RoleKind::Coordinator), member.roles.iter().any(|role| role.kind.answers()));
    let (schools, holders, open, answering) = app
        .db
        .read(member.scope(), move |tx| {
            let open = if answers { invitations::open(tx)? } else { Vec::new() };
            let answering = if open.is_empty() { Vec::new() } else { roles::answering(tx)? };
            Ok::<_, Error>((schools::store::schools(tx)?, directory::holders(tx)?, open, answering))
        })
        .await?;
    let today = member.today();
    let (mut current, mut past): (Vec<&School>, Vec<&School>) = (Vec::new(), Vec::new());
    for school in &schools {
        if joining::stays(school, today) { current.push(school) } else { past.push(school) }
    }
    let of = |school: Option<&School>| {
        holders.iter().filter(|one| one.role.school.as_ref().map(|own| own.id) == school.map(|s| s.id)).collect::<Vec<_>>()
    };
    let led = |school: &School| {
        holders.iter().any(|one| one.role.kind == RoleKind::Ssl && one.role.school.as_ref().is_some_and(|own| own.id == school.id))
    };
    // Whoever has been invited and may still accept.
    let asked = |school: &School| {
        let of_school = |one: &&Invitation| one.wanted.offer.kind.leads() && one.wanted.offer.school == Some(school.id);
        let usable = |one: &&Invitation| joining::usable(Some(one.standing), member.now, today).is_ok();
        open.iter().filter(of_school).filter(usable).map(Invitation::asked_on).max()
    };
    let without: Vec<&School> = current.iter().copied().filter(|school| school.is_in(today) && !led(school)).collect();
    let wrong = holders.iter().map(|one| &one.person).filter(|person| person.email.parse::<EmailAddress>().is_err());
    let unreached: BTreeSet<_> = wrong.map(|person| (person.id, &person.name, &person.email)).collect();
    let here = format!("{}/people", member.base());
    let main = html! {
        (head(
            "People and schools",
            html! { (counted(current.len(), "school", "schools")) ", " (counted(distinct(&holders), "person", "people")) },
            html! { @if coordinator { a.btn href={ (member.base()) "/schools/new" } { (icon("plus")) "Add a school" } } @if answers { a.btn.go href={ (here) "/invite" } { (icon("plus")) "Invite somebody" } } },
        ))
        (tabs(&member, Tab::People))
        (said(&query.done))
        @if coordinator && !without.is_empty() {
            (banner(Tone::Warn, &format!("{} without a science lead", counted(without.len(), "school", "schools")), html! {
                p { "Nobody there hears of loans until somebody has the role." }
                ul { @for school in &without { li {
                    @match asked(school) {
                        Some(day) => { (school.name) ": somebody was invited on " (days::long(day)) ", and has not yet accepted. " a href="#invitations" { "See the invitation" } },
                        None => a href={ (here) "/invite?school=" (school.id) } { "Invite a science lead for " (school.name) },
                    }
                } } }
            }))
        }
        @if coordinator && !unreached.is_empty() {
            (banner(Tone::Bad, &format!("{} cannot get e-mails", counted(unreached.len(), "person", "people")), html! {
                p { "What is kept as their e-mail address is none, so they hear of nothing. End the role and invite them with the right address." }
                ul { @for (id, name, email) in &unreached { li { a href={ (here) "/" (id) } { (name) } ": " (email) } } }
            }))
        }
        @if answers { (invite::list(&member, &open, &answering, &schools)) }
        div.grid2 {
            @let cluster = of(None);
            @if !cluster.is_empty() { section.panel.card { h2 { "For the whole cluster" } (people(&cluster, &here)) } }
            @for school in &current { (card(member.base(), school, &of(Some(school)), today)) }
        }
        @if !past.is_empty() {
            section.panel.card {
                h2 { "Schools that have left" }
                ul { @for school in &past { li { a href={ (member.base()) "/schools/" (school.id) } { (school.name) } @if let Standing::Left(day) = school.standing(today) { ", " (days::long(day)) } } } }
            }
        }
    };
    Ok(html_page(page(&member.shell(Nav::Cluster), "People and schools", &main)))
}

/// What was done on the page before.
fn said(done: &str) -> Markup {
    let words = match done {
        "invited" => ("The invitation is on its way", "You hear by e-mail when it is accepted."),
        "again" => ("The invitation is sent again", "The link in the mail before it does not work any more."),
        "withdrawn" => ("The invitation is withdrawn", "Its link does not work any more."),
        "answered" => ("That invitation is answered already", "Somebody has accepted or withdrawn it meanwhile."),
        "ended" => ("The role is ended", "It is in the change log."),
        "handed_on" => ("Handed on", "Everybody whom it concerns gets an e-mail that lists it."),
        _ => return html! {},
    };
    banner(Tone::Good, words.0, html! { p { (words.1) } })
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
            p.hint { (school.short_name) " (" (school.letters) ")" @if !school.address.is_empty() { ", " (school.address) } @if !school.postcode.is_empty() { ", " (school.postcode) } @if !school.phone.is_empty() { ", " (call(&school.phone)) } }
            @if holders.is_empty() { p { "Nobody has a role here yet." } } @else { (people(holders, &format!("{base}/people"))) }
        }
    }
}

/// The roles with their people, each with an address to write to.
pub(crate) fn people(holders: &[&Holder], here: &str) -> Markup {
    html! {
        ul.links {
            @for one in holders {
                li { div { a href={ (here) "/" (one.person.id) } { (one.person.name) } small { (one.role.kind.words()) ", " (reach(&one.person.email, &one.person.phone)) } } }
            }
        }
    }
}
