//! A school: what is known of it, its people, what is kept there, what it holds and has booked. `GET
//! /c/{cluster}/schools/{school}`.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::ids::SchoolId;
use crate::base::{Day, days};
use crate::bookings::pages::{kept_list, loan_list};
use crate::catalogue::store::{self as catalogue, Kept};
use crate::clusters::log::Line;
use crate::clusters::pages::changes::history;
use crate::clusters::store::log;
use crate::db::{self, Tx};
use crate::joining::acts::Things;
use crate::joining::pages::directory::people;
use crate::people::pages::call;
use crate::people::store::directory::{self, Holder};
use crate::people::{Member, RoleKind};
use crate::schools::pages::link_button;
use crate::schools::{FormerName, Lead, Record, Spell, Standing, store};
use crate::web::forms::Errors;
use crate::web::parts::{Row, Tone, back, banner, head, pill, row, summary};
use crate::web::{App, Error};

/// So many days before its review day a sabbatical is pointed out.
const REVIEW_NEAR_DAYS: i64 = 14;

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// All that the page shows: seven questions at most.
struct Sheet {
    record: Record,
    former: Vec<FormerName>,
    leads: Vec<Lead>,
    holders: Vec<Holder>,
    kept: Vec<Kept>,
    things: Things,
    /// What was changed about it; for the coordinator.
    history: Vec<Line>,
}

impl Sheet {
    fn read(tx: &mut Tx<'_>, id: SchoolId, coordinator: bool) -> db::Result<Self> {
        let record = store::one(tx, id)?;
        let here = |holder: &Holder| holder.role.school.as_ref().is_some_and(|school| school.id == id);
        Ok(Self {
            former: store::former(tx, id)?,
            leads: store::leads(tx)?.into_iter().map(|(lead, _)| lead).filter(|lead| lead.school == id).collect(),
            holders: directory::holders(tx)?.into_iter().filter(here).collect(),
            kept: catalogue::kept_at(tx, id)?,
            things: Things::read(tx, id)?,
            history: if coordinator { log::history(tx, "schools", &id)? } else { Vec::new() },
            record,
        })
    }

    fn leads_on(&self, day: Day) -> bool {
        self.leads.iter().any(|lead| lead.from <= day && lead.to.is_none_or(|to| day <= to))
    }
}

/// Shows a school.
///
/// # Errors
/// When it is not there.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, SchoolId)>,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let coordinator = member.is(RoleKind::Coordinator);
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, id, coordinator)?)).await?;
    let main = main(&member, &sheet, &query.done);
    Ok(crate::schools::pages::html_answer(&member, &sheet.record.school.name, &Errors::new(), &main))
}

fn main(member: &Member, sheet: &Sheet, done: &str) -> Markup {
    let (today, school, base) = (member.today(), &sheet.record.school, member.base());
    let coordinator = member.is(RoleKind::Coordinator);
    html! {
        (back(&format!("{base}/people"), "People and schools"))
        (head(&school.name, status(sheet, today), html! {}))
        @if let Some(words) = said(done) { (banner(Tone::Good, words, html! {})) }
        @if !school.is_in(today) && matches!(school.standing(today), Standing::Left(_)) && !sheet.things.held.is_empty() {
            (banner(Tone::Warn, "It has left and still holds something", html! { p { "See below what it is." } }))
        }
        @if let Some(day) = to_review(sheet, today).filter(|_| coordinator) {
            (banner(Tone::Warn, "Review the sabbatical", html! { p { "Talk with the school about how it goes on. The review day is " (days::long(day)) "." } }))
        }
        @if coordinator && sheet.record.current(today).is_some() && !sheet.holders.iter().any(|one| one.role.kind == RoleKind::Ssl) {
            (banner(Tone::Warn, "No science lead", html! { p { "Nobody there hears of loans until somebody has the role." } }))
        }
        div.side {
            section.panel.card {
                h2 { "The school" }
                (summary(&facts(sheet, today)))
            }
            @if coordinator { (actions(sheet, today, &format!("{base}/schools/{}", school.id))) }
        }
        div.grid2 {
            section.panel.card {
                h2 { "People" }
                @if sheet.holders.is_empty() { p { "Nobody has a role here yet." } }
                @else { (people(&sheet.holders.iter().collect::<Vec<_>>(), &format!("{}/people", member.base()))) }
            }
            section.panel.card {
                h2 { "What it holds now" }
                @if sheet.things.held.is_empty() { p { "Nothing. What the school has fetched and not given back is shown here." } }
                @else { (loan_list(base, &sheet.things.held, today)) }
            }
            section.panel.card {
                h2 { "What it has booked" }
                @if sheet.things.ahead.is_empty() { p { "Nothing. Bookings to come are shown here." } }
                @else { (loan_list(base, &sheet.things.ahead, today)) }
            }
            section.panel.card {
                h2 { "What is kept there" }
                @if sheet.kept.is_empty() { p { "Nothing. Boxes that have their place at this school are shown here." } }
                @else { (kept_list(base, &sheet.kept, today)) }
            }
        }
        (history(&sheet.history))
    }
}

/// The banner after a change.
fn said(done: &str) -> Option<&'static str> {
    Some(match done {
        "added" => "The school is added",
        "edited" => "The changes are saved",
        "renamed" => "The school has its new name",
        "lead" => "The lead is handed on",
        "sabbatical" => "The sabbatical is saved",
        "back" => "The sabbatical ends earlier",
        "left" => "The last day is saved",
        "rejoined" => "The school is a member again",
        _ => return None,
    })
}

fn status(sheet: &Sheet, today: Day) -> Markup {
    html! {
        @match sheet.record.school.standing(today) {
            Standing::In => (pill(Tone::Good, "Member")),
            Standing::Before(day) => { (pill(Tone::Plain, "Joins")) " " (days::long(day)) },
            Standing::Sabbatical(off) => { (pill(Tone::Warn, "On sabbatical")) " until " (days::long(off.last())) },
            Standing::Left(day) => { (pill(Tone::Plain, "Has left")) " " (days::long(day)) },
            Standing::Never => (pill(Tone::Plain, "No member")),
        }
        @if let Some(last) = sheet.record.current(today).and_then(|spell| spell.stay.left_on) { " " (pill(Tone::Plain, "Leaves")) " after " (days::long(last)) }
        @if sheet.leads_on(today) { " " (pill(Tone::Plain, "Lead school")) }
    }
}

fn facts(sheet: &Sheet, today: Day) -> Vec<Row> {
    let Record { school, urn, trust, spells, england, .. } = &sheet.record;
    let lines = |lines: Vec<Markup>| html! { @for (n, line) in lines.iter().enumerate() { @if n > 0 { br; } (line) } };
    let place = [&school.address, &school.postcode].into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>();
    let mut rows = vec![row("Short name", format!("{} ({})", school.short_name, school.letters))];
    if !place.is_empty() {
        rows.push(row("Address", place.join(", ")));
    }
    if !school.phone.is_empty() {
        rows.push(row("Telephone", call(&school.phone)));
    }
    if let Some(urn) = urn {
        rows.push(row(if *england { "URN" } else { "School number" }, urn));
    }
    if !trust.is_empty() {
        rows.push(row("Trust or federation", trust));
    }
    rows.push(row("In the cluster", lines(spells.iter().map(time).collect())));
    let off: Vec<Markup> = spells.iter().filter_map(sabbatical).collect();
    if !off.is_empty() {
        rows.push(row("Sabbatical", lines(off)));
    }
    if !sheet.leads.is_empty() {
        let time = |lead: &Lead| {
            html! { @match lead.to {
                Some(to) => { (days::long(lead.from)) " to " (days::long(to)) },
                None if lead.from > today => { "From " (days::long(lead.from)) },
                None => { "Since " (days::long(lead.from)) },
            } }
        };
        rows.push(row("Lead school", lines(sheet.leads.iter().map(time).collect())));
    }
    if !sheet.former.is_empty() {
        let line = |name: &FormerName| html! { (name.names.name) " (" (name.names.short_name) "), until " (days::long(name.until)) };
        rows.push(row("Former names", lines(sheet.former.iter().map(line).collect())));
    }
    rows
}

fn time(spell: &Spell) -> Markup {
    html! {
        @match spell.stay.left_on {
            Some(left) => { (days::long(spell.stay.joined_on)) " to " (days::long(left)) },
            None => { "From " (days::long(spell.stay.joined_on)) },
        }
        @if !spell.leave_reason.is_empty() { ". It may leave with a copy: " (spell.leave_reason) }
    }
}

fn sabbatical(spell: &Spell) -> Option<Markup> {
    let off = spell.stay.sabbatical?;
    Some(html! { (off) @if let Some(day) = spell.review_on { ", review on " (days::long(day)) } })
}

/// The review day of a sabbatical that is not over, once it is near.
fn to_review(sheet: &Sheet, today: Day) -> Option<Day> {
    let (spell, _) = sheet.record.sabbatical(today)?;
    spell.review_on.filter(|day| *day <= days::add(today, REVIEW_NEAR_DAYS))
}

/// What the coordinator can do now.
fn actions(sheet: &Sheet, today: Day, here: &str) -> Markup {
    let current = sheet.record.current(today);
    let leads = sheet.leads.iter().any(|lead| lead.to.is_none());
    let off = sheet.record.sabbatical(today);
    html! {
        section.panel.card {
            h2 { "Change" }
            div.acts {
                (link_button(&format!("{here}/edit"), "pencil", "Edit"))
                (link_button(&format!("{here}/rename"), "school", "Rename"))
                @if current.is_some() {
                    @if !leads { (link_button(&format!("{here}/lead"), "check", "Make it the lead school")) }
                    (link_button(&format!("{here}/sabbatical"), "calendar-x", if off.is_some() { "Change the sabbatical" } else { "Put it on sabbatical" }))
                    @if off.is_some() { (link_button(&format!("{here}/sabbatical/end"), "calendar-days", "End the sabbatical earlier")) }
                    (link_button(&format!("{here}/leave"), "log-out", "Let it leave"))
                } @else {
                    (link_button(&format!("{here}/rejoin"), "repeat", "Let it join again"))
                }
            }
        }
    }
}
