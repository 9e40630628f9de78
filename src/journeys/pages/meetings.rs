//! Cluster meetings, at which boxes can change hands: `/c/{cluster}/meetings`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, MeetingId, SchoolId};
use crate::base::text;
use crate::db::{self, Tx};
use crate::journeys::agreeing::{Meeting, NEAR_DAYS, is_near};
use crate::journeys::letters::Trip;
use crate::journeys::store::{legs as rows, meetings};
use crate::journeys::{Leg, acts};
use crate::people::pages::tabs::{Tab, tabs};
use crate::people::{Coordinator, Member, RoleKind};
use crate::schools::{SchoolNames, store};
use crate::web::answer::{answer, see_other};
use crate::web::forms::{Errors, day_month_year, error_summary, field, stop, submit};
use crate::web::guard::{Nothing, Posted};
use crate::web::page::{Nav, form_page, page};
use crate::web::parts::{Tone, back, banner, confirmation, empty, head, row, summary, table_or_cards};
use crate::web::{App, Error};
use crate::year::typed::needed_day;

/// How far back a meeting's page looks for what is overdue.
const OVERDUE_DAYS: i64 = 120;
const LONGEST_NOTE: usize = 200;
const LONGEST_PLACE: usize = 80;
/// How far ahead meetings are listed and may be entered.
const AHEAD_DAYS: i64 = 730;

/// What was done on the page before, as a word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// The form as it comes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Typed {
    day_day: String,
    day_month: String,
    day_year: String,
    school: String,
    place: String,
    note: String,
}

impl Typed {
    fn boxes(&self) -> [String; 3] {
        [self.day_day.clone(), self.day_month.clone(), self.day_year.clone()]
    }

    fn read(&self, schools: &SchoolNames, today: days::Day, id: MeetingId) -> Result<Result<Meeting, Errors>, Error> {
        let mut errors = Errors::new();
        let day = errors.check("day", needed_day(&self.boxes(), "day"));
        if day.is_some_and(|day| day < today || day > days::add(today, AHEAD_DAYS)) {
            errors.add("day", "Choose a day from today on, within two years");
        }
        let school = match self.school.as_str() {
            "" => None,
            id => {
                let id = id.parse::<SchoolId>().map_err(|_| Error::NotFound)?;
                Some(schools.iter().find(|school| school.id == id).ok_or(Error::NotFound)?.id)
            }
        };
        let (place, note) = (text::line(&self.place), text::line(&self.note));
        if place.chars().count() > LONGEST_PLACE || place.chars().any(char::is_control) {
            errors.add("place", format!("The place has at most {LONGEST_PLACE} letters: shorten it"));
        }
        if school.is_none() && place.is_empty() {
            errors.add("place", "Choose a school, or say where the meeting is");
        }
        if note.chars().count() > LONGEST_NOTE || note.chars().any(char::is_control) {
            errors.add("note", format!("The note has at most {LONGEST_NOTE} letters: shorten it"));
        }
        Ok(match day {
            Some(day) if errors.is_empty() => Ok(Meeting { id, day, school, place, note, cancelled: false }),
            _ => Err(errors),
        })
    }
}

/// The meetings to come.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(app: web::Data<App>, member: Member, query: web::Query<Done>) -> Result<HttpResponse, Error> {
    let today = member.today();
    let (all, schools) = app
        .db
        .read(member.scope(), move |tx| {
            let window = Period::new(today, days::add(today, AHEAD_DAYS)).unwrap_or(Period::day(today));
            Ok::<_, Error>((meetings::within(tx, window)?, store::school_names(tx)?))
        })
        .await?;
    let coordinator = member.is(RoleKind::Coordinator);
    let new = format!("{}/meetings/new", member.base());
    let main = html! {
        (head("Meetings", "Boxes can change hands at a meeting of the cluster.", html! { @if coordinator { a.btn.primary href=(new) { "Add a meeting" } } }))
        (tabs(&member, Tab::Meetings))
        @if query.done == "cancelled" {
            (confirmation("The meeting is called off", html! { p { "Boxes that were to change hands there do so as planned before. Both schools hear of it by e-mail." } }))
        }
        @if all.is_empty() {
            (empty("users", "No meeting is planned", "When the coordinator enters one, boxes that change hands around that day can do so there.", coordinator.then_some((new.as_str(), "Add a meeting"))))
        } @else {
            (table_or_cards("Meetings to come", &["Day", "Where", "Note"], html! {
                @for meeting in &all {
                    tr {
                        td data-h="Day" { a href={ (member.base()) "/meetings/" (meeting.id) } { (days::full(meeting.day)) } }
                        td data-h="Where" { (where_words(meeting, &schools)) }
                        td data-h="Note" { (meeting.note) }
                    }
                }
            }))
        }
    };
    Ok(answer(StatusCode::OK, &page(&member.shell(Nav::Cluster), "Meetings", &main)))
}

fn where_words(meeting: &Meeting, schools: &SchoolNames) -> String {
    let parts = [meeting.school.map(|id| schools.of(id).to_owned()).unwrap_or_default(), meeting.place.clone()];
    parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The form for a new meeting.
///
/// # Errors
/// When the database cannot be read.
pub async fn form(app: web::Data<App>, member: Coordinator) -> Result<HttpResponse, Error> {
    let schools = app.db.read(member.scope(), |tx| Ok::<_, Error>(store::school_names(tx)?)).await?;
    Ok(answer(StatusCode::OK, &new_page(&member, &schools, &Typed::default(), &Errors::new())))
}

fn new_page(member: &Member, schools: &SchoolNames, typed: &Typed, errors: &Errors) -> Markup {
    let options: Vec<(String, String)> = [(String::new(), "Somewhere else".to_owned())]
        .into_iter()
        .chain(schools.iter().map(|school| (school.id.to_string(), school.short_name.clone())))
        .collect();
    let boxes = typed.boxes();
    let main = html! {
        (back(&format!("{}/meetings", member.base()), "Meetings"))
        (head("Add a meeting", "Boxes that change hands around that day can do so there.", html! {}))
        (error_summary(errors))
        form.panel.card.form method="post" action={ (member.base()) "/meetings/new" } {
            (member.csrf_field())
            (day_month_year("day", "Day", "For example 27 11 2026", boxes.each_ref().map(String::as_str), errors))
            (field("school", "At which school", &typed.school).select(errors, &options))
            (field("place", "Room or place", &typed.place).hint("Needed when it is not at a school").optional().width("full").text(errors))
            (field("note", "Note", &typed.note).hint("For example: 4 pm, tea from 3:30").optional().width("full").text(errors))
            (submit("Add the meeting"))
        }
    };
    form_page(&member.shell(Nav::Cluster), "Add a meeting", !errors.is_empty(), &main)
}

/// Adds a meeting.
///
/// # Errors
/// When the school is not there.
pub async fn add(app: web::Data<App>, member: Coordinator, sent: Posted<Typed>) -> Result<HttpResponse, Error> {
    let schools = app.db.read(member.scope(), |tx| Ok::<_, Error>(store::school_names(tx)?)).await?;
    let meeting = match sent.0.read(&schools, member.today(), MeetingId::fresh(member.now))? {
        Ok(meeting) => meeting,
        Err(errors) => return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &new_page(&member, &schools, &sent.0, &errors))),
    };
    let id = app.db.write(member.scope(), move |tx| Ok::<_, Error>(acts::meetings::add(tx, &meeting)?)).await?;
    Ok(see_other(&format!("{}/meetings/{id}?done=added", member.base())))
}

/// A meeting with the boxes that change hands there, and those that could.
struct Sheet {
    meeting: Meeting,
    schools: SchoolNames,
    there: Vec<(Leg, String, Trip)>,
    near: Vec<(Leg, String, Trip)>,
}

impl Sheet {
    fn read(tx: &mut Tx<'_>, id: MeetingId) -> db::Result<Self> {
        let meeting = meetings::one(tx, id)?;
        let today = tx.today();
        // At a meeting that comes soon what is overdue can change hands, too.
        let first =
            if days::add(meeting.day, -NEAR_DAYS) <= today { days::add(today, -OVERDUE_DAYS) } else { days::add(meeting.day, -NEAR_DAYS) };
        let window = Period::new(first.min(meeting.day), days::add(meeting.day, NEAR_DAYS));
        let legs = rows::planned(tx, window.unwrap_or(Period::day(meeting.day)))?;
        let copies: Vec<CopyId> = legs.iter().map(|leg| leg.copy).collect();
        let names = meetings::copy_names(tx, &copies)?;
        let schools = store::school_names(tx)?;
        let words = meetings::words(&meeting, |school| schools.of(school).to_owned());
        let told = |leg: Leg| {
            let copy = names.get(&leg.copy).map_or_else(String::new, |(name, tag)| format!("{name} ({tag})"));
            let trip =
                Trip::of(&leg, |school| schools.of(school).to_owned(), if leg.meeting == Some(id) { &words } else { "another meeting" });
            (leg, copy, trip)
        };
        let (there, others): (Vec<_>, Vec<_>) = legs.into_iter().partition(|leg| leg.meeting == Some(id));
        let near = others.into_iter().filter(|leg| is_near(leg, &meeting, today)).map(told).collect();
        let there = there.into_iter().map(told).collect();
        Ok(Self { meeting, schools, there, near })
    }
}

/// Shows a meeting.
///
/// # Errors
/// When it is not there.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, MeetingId)>,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, id)?)).await?;
    let meeting = &sheet.meeting;
    let coordinator = member.is(RoleKind::Coordinator);
    let mine = |leg: &Leg| coordinator || member.schools_led().any(|school| school.id == leg.from || school.id == leg.to);
    let near: Vec<_> = sheet.near.iter().filter(|(leg, ..)| mine(leg)).collect();
    let title = format!("Meeting on {}", days::full(meeting.day));
    let legs = |rows: &[&(Leg, String, Trip)], words: &str| {
        html! {
            ul.plain {
                @for (leg, copy, trip) in rows {
                    li { a href={ (member.base()) "/legs/" (leg.id) "?meeting=" (id) } { (words) (copy) } ": " (trip.words()) }
                }
            }
        }
    };
    let main = html! {
        (back(&format!("{}/meetings", member.base()), "Meetings"))
        @if query.done == "added" { (confirmation("The meeting is added", html! { p { "Science leads can now suggest to hand boxes over there." } })) }
        (head(&title, where_words(meeting, &sheet.schools), html! {}))
        @if meeting.cancelled { (banner(Tone::Warn, "This meeting is called off", html! {})) }
        (summary(&[row("Day", days::full(meeting.day)), row("Where", where_words(meeting, &sheet.schools)), row("Note", &meeting.note)]))
        section.panel.card {
            h2 { "Boxes that change hands here" }
            @if sheet.there.is_empty() { p { "None yet." } } @else { (legs(&sheet.there.iter().collect::<Vec<_>>(), "")) }
        }
        @if !near.is_empty() && !meeting.cancelled {
            section.panel.card {
                h2 { @if coordinator { "Boxes that could" } @else { "Your boxes that could" } }
                p { "These change hands within a week of the meeting, or should have done so. Open one to suggest doing it here." }
                (legs(&near, ""))
            }
        }
        @if coordinator && !meeting.cancelled && meeting.day >= member.today() {
            details.more {
                summary { "Call the meeting off" }
                p { "What was to change hands there does so as the bookings ask, and both schools hear of it by e-mail." }
                form method="post" action={ (member.base()) "/meetings/" (id) "/cancel" } { (member.csrf_field()) (stop("Call it off")) }
            }
        }
    };
    Ok(answer(StatusCode::OK, &page(&member.shell(Nav::Cluster), &title, &main)))
}

/// Calls a meeting off: what was to change hands there does so as the bookings ask, and both sides are told.
///
/// # Errors
/// When it is not there.
pub async fn cancel(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, MeetingId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    app.db.write(member.scope(), move |tx| Ok::<_, Error>(acts::meetings::cancel(tx, id)?)).await?;
    Ok(see_other(&format!("{}/meetings?done=cancelled", member.base())))
}
