//! A leg: who gives, who gets, when and how; suggesting another day or way, and answering. `/c/{cluster}/legs/{leg}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days;
use crate::base::ids::{LegId, MeetingId, SchoolId};
use crate::base::text;
use crate::bookings::pages::beside;
use crate::bookings::stands::Beside;
use crate::db::{self, Tx};
use crate::journeys::acts::agree::Case;
use crate::journeys::agreeing::{self, Asked, Meeting, On, Side, is_near};
use crate::journeys::letters::Trip;
use crate::journeys::store::meetings;
use crate::journeys::{Leg, LegState, Way};
use crate::people::pages::reach;
use crate::people::store::{Person, roles};
use crate::people::{Member, RoleKind};
use crate::web::answer::answer;
use crate::web::forms::{Choice, Errors, choice, csrf_field, day_month_year, error_summary, field, radios, submit, verb};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, confirmation, head, pill, row, summary};
use crate::web::{App, Error};
use crate::year::typed::needed_day;

const LONGEST_NOTE: usize = 200;

/// What was done on the page before, as a word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
    /// A meeting to fill into the form.
    meeting: String,
}

/// The form as it comes. `way` is `fetch`, `bring`, or the id of a meeting.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Suggestion {
    way: String,
    day_day: String,
    day_month: String,
    day_year: String,
    note: String,
}

impl Suggestion {
    fn boxes(&self) -> [String; 3] {
        [self.day_day.clone(), self.day_month.clone(), self.day_year.clone()]
    }

    fn of(leg: &Leg, meeting: &str) -> Self {
        let boxes = leg.day.format("%-d %-m %Y").to_string();
        let mut boxes = boxes.split(' ').map(str::to_owned);
        let mut next = || boxes.next().unwrap_or_default();
        let way =
            if meeting.is_empty() { leg.meeting.map_or_else(|| leg.way.to_string(), |id| id.to_string()) } else { meeting.to_owned() };
        Self { way, day_day: next(), day_month: next(), day_year: next(), note: leg.note.clone() }
    }

    /// What is asked for, or what is wrong with it.
    pub(super) fn read(&self) -> Result<Asked, Errors> {
        let mut errors = Errors::new();
        let note = text::line(&self.note);
        if note.chars().count() > LONGEST_NOTE || note.chars().any(char::is_control) {
            errors.add("note", format!("The note has at most {LONGEST_NOTE} letters: shorten it"));
        }
        let way = match self.way.as_str() {
            "fetch" => Some(Way::Fetch),
            "bring" => Some(Way::Bring),
            _ => None,
        };
        let on = if let Ok(id) = self.way.parse::<MeetingId>() {
            Some(On::Meeting(id))
        } else {
            if way.is_none() {
                errors.add("way", "Choose how it changes hands");
            }
            let day = errors.check("day", needed_day(&self.boxes(), "day"));
            day.zip(way).map(|(day, way)| On::Day(day, way))
        };
        match on {
            Some(on) if errors.is_empty() => Ok(Asked { on, note }),
            _ => Err(errors),
        }
    }
}

/// What the page shows.
struct LegPage {
    case: Case,
    resource: String,
    /// What is written beside its tag.
    beside: Beside,
    wish: Option<Trip>,
    meeting_words: Vec<(MeetingId, String)>,
    leads: Vec<(SchoolId, Person)>,
}

impl LegPage {
    fn read(tx: &mut Tx<'_>, id: LegId) -> db::Result<Self> {
        let case = Case::read(tx, id)?;
        let words = |one: &Meeting| meetings::words(one, |school| case.names.of(school).to_owned());
        let meeting_words = case.meetings.iter().map(|one| (one.id, format!("At {} on {}", words(one), days::full(one.day)))).collect();
        let leads = roles::leads_of_schools(tx, &[case.leg.from, case.leg.to])?;
        let one = case.to.as_ref().or(case.from.as_ref()).ok_or(db::Error::NotFound)?;
        let (resource, beside) = (one.name.clone(), one.beside_copy(tx.today()));
        Ok(Self { wish: case.wish(), case, resource, beside, meeting_words, leads })
    }
}

pub(super) fn side(member: &Member) -> Side {
    Side { schools: member.schools_led().map(|school| school.id).collect(), coordinator: member.is(RoleKind::Coordinator) }
}

/// Shows a leg.
///
/// # Errors
/// When it is not there.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, LegId)>,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    page(&app, &member, path.into_inner().1, &query, None, &Errors::new()).await
}

pub(super) async fn page(
    app: &web::Data<App>,
    member: &Member,
    id: LegId,
    done: &Done,
    typed: Option<&Suggestion>,
    errors: &Errors,
) -> Result<HttpResponse, Error> {
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(LegPage::read(tx, id)?)).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = format!("Handover of {} ({})", sheet.resource, sheet.beside.tag);
    let main = main(member, &sheet, done, typed, errors);
    Ok(answer(status, &form_page(&member.shell(Nav::Week), &title, !errors.is_empty(), &main)))
}

fn main(member: &Member, sheet: &LegPage, done: &Done, typed: Option<&Suggestion>, errors: &Errors) -> Markup {
    let (leg, trip) = (&sheet.case.leg, &sheet.case.trip);
    let here = format!("{}/legs/{}", member.base(), leg.id);
    let facts = sheet.case.facts(member.today(), None);
    let side = side(member);
    let open = agreeing::may(&facts, &side).is_ok();
    let said = match done.done.as_str() {
        "suggested" => confirmation("Your suggestion is sent", html! { p { "The plan stays as it is until the other school says yes." } }),
        "changed" => confirmation("It is changed", html! { p { (trip.words()) " Both schools hear of it by e-mail." } }),
        "agreed" => confirmation("It is agreed", html! { p { (trip.words()) " Both schools hear of it by e-mail." } }),
        "declined" => confirmation("You said no", html! { p { "The plan stays as it is. The other school hears of it by e-mail." } }),
        "withdrawn" => confirmation("Your suggestion is taken back", html! { p { "The plan stays as it is." } }),
        _ => html! {},
    };
    html! {
        (back(&format!("{}/loans", member.base()), "All your loans"))
        (error_summary(errors))
        (said)
        (head(&format!("{} goes from {} to {}", sheet.resource, trip.giver(), trip.receiver()), html! { (state(sheet, member.today())) " " (beside(&sheet.beside, &sheet.beside.tag)) }, html! {}))
        div.side {
            section.panel.card aria-labelledby="plan" {
                h2 #plan { "The plan" }
                (summary(&rows_of(member, sheet)))
                p { a href={ (member.base()) "/copies/" (leg.copy) } { @if open { "Hand it over, or say that you have received it" } @else { "See where it is" } } }
            }
            @if open {
                div {
                    (suggestion(member, sheet, &side, &here))
                    (form(member, sheet, &side, &here, typed.unwrap_or(&Suggestion::of(leg, &done.meeting)), errors))
                }
            }
        }
    }
}

fn state(sheet: &LegPage, today: days::Day) -> Markup {
    match sheet.case.leg.state {
        LegState::Done => pill(Tone::Plain, "Done"),
        LegState::Dropped => pill(Tone::Plain, "Not needed any more"),
        LegState::Planned if sheet.case.under_way => pill(Tone::Plain, "On its way"),
        LegState::Planned if sheet.case.leg.day < today => pill(Tone::Bad, "Overdue"),
        LegState::Planned if sheet.case.leg.agreed => pill(Tone::Good, "Agreed"),
        LegState::Planned => pill(Tone::Plain, "Planned"),
    }
}

fn rows_of(member: &Member, sheet: &LegPage) -> Vec<crate::web::parts::Row> {
    let trip = &sheet.case.trip;
    let mut all = vec![row("Day", days::full(trip.day)), row("How", trip.how())];
    if !trip.note.is_empty() {
        all.push(row("Where", &trip.note));
    }
    for (loan, name) in [(&sheet.case.from, "Loan that ends"), (&sheet.case.to, "Loan that begins")] {
        if let Some(loan) = loan {
            let slot = &loan.booking.slot;
            let href = format!("{}/bookings/{}", member.base(), slot.id);
            all.push(row(name, html! { a href=(href) { (sheet.case.name(slot.school)) ", " (slot.days) } }));
        }
    }
    for (school, lead) in &sheet.leads {
        all.push(row(&format!("Contact at {}", sheet.case.name(*school)), html! { (lead.name) br; (reach(&lead.email, &lead.phone)) }));
    }
    all
}

/// What was suggested, with its answer.
fn suggestion(member: &Member, sheet: &LegPage, side: &Side, here: &str) -> Markup {
    let (Some(proposal), Some(wish)) = (&sheet.case.leg.proposal, &sheet.wish) else { return html! {} };
    let own = !side.decides(&sheet.case.leg) && side.of(&sheet.case.leg) == Some(proposal.school);
    let token = member.csrf();
    html! {
        (banner(Tone::Warn, &format!("{} suggests another way", sheet.case.name(proposal.school)), html! {
            p { (wish.words()) }
            div.verbs {
                @if own {
                    (verb(&format!("{here}/decline"), token, "Take the suggestion back", "x"))
                } @else {
                    (verb(&format!("{here}/agree"), token, "Yes, agreed", "check"))
                    (verb(&format!("{here}/decline"), token, "No, we cannot", "x"))
                }
            }
        }))
    }
}

fn form(member: &Member, sheet: &LegPage, side: &Side, here: &str, typed: &Suggestion, errors: &Errors) -> Markup {
    let trip = &sheet.case.trip;
    let mut ways: Vec<Choice> = vec![
        choice("fetch", format!("{} fetches it from {}", trip.to, trip.giver())),
        choice("bring", format!("{} brings it to {}", trip.from, trip.receiver())),
    ];
    for meeting in &sheet.case.meetings {
        if is_near(&sheet.case.leg, meeting, member.today()) || sheet.case.leg.meeting == Some(meeting.id) {
            let words = sheet.meeting_words.iter().find(|(id, _)| *id == meeting.id).map_or("At the meeting", |(_, words)| words);
            ways.push(choice(meeting.id.to_string(), words.to_owned()));
        }
    }
    let decides = side.decides(&sheet.case.leg);
    let boxes = typed.boxes();
    html! {
        form.panel.card.form method="post" action={ (here) "/suggest" } {
            (csrf_field(member.csrf()))
            h2 { @if decides { "Change day or way" } @else { "Suggest another day or way" } }
            p { @if decides { "What you choose holds at once. Both schools hear of it." } @else { "The other school says yes or no. The bookings stay as they are." } }
            (radios("way", "How does it change hands?", "", &typed.way, errors, &ways))
            (day_month_year("day", "Which day?", "At a meeting, the day of the meeting counts", boxes.each_ref().map(String::as_str), errors))
            (field("note", "Where exactly?", &typed.note).hint("For example: at the school office, before 8:30").optional().width("full").text(errors))
            (submit(if decides { "Change it" } else { "Send the suggestion" }))
        }
    }
}
