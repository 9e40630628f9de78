//! A leg: who gives, who gets, when and how; suggesting another day or way, and answering. `/c/{cluster}/legs/{leg}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days::{self, Period};
use crate::base::ids::{LegId, MeetingId, SchoolId};
use crate::bookings::Slot;
use crate::bookings::store::loans::{self, Loan};
use crate::db::{self, Tx};
use crate::journeys::agreeing::{self, Facts, Meeting, NEAR_DAYS, Refusal, Side, Wish, is_near};
use crate::journeys::legs::laid;
use crate::journeys::letters::Trip;
use crate::journeys::store::{legs as rows, meetings};
use crate::journeys::{Leg, LegState, Way};
use crate::people::store::{Person, roles};
use crate::people::{Member, RoleKind};
use crate::schools::store;
use crate::web::answer::answer;
use crate::web::forms::{Choice, Errors, choice, csrf_field, day_month_year, error_summary, field, radios, submit, verb};
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, back, banner, confirmation, head, pill, row, summary};
use crate::web::{App, Error};
use crate::year::typed::needed_day;
use crate::year::{self, SchoolCalendar};

const LONGEST_NOTE: usize = 200;
/// How far around a leg school days are read for a decision.
const CALENDAR_DAYS: i64 = 90;

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

    /// What is wished for; `meetings` are those that may be chosen.
    pub(crate) fn read(&self, meetings: &[Meeting]) -> Result<Wish, Errors> {
        let mut errors = Errors::new();
        let note = self.note.split_whitespace().collect::<Vec<_>>().join(" ");
        if note.chars().count() > LONGEST_NOTE || note.chars().any(char::is_control) {
            errors.add("note", format!("The note has at most {LONGEST_NOTE} letters: shorten it"));
        }
        let meeting = self.way.parse::<MeetingId>().ok();
        let (way, day) = if let Some(id) = meeting {
            if let Some(one) = meetings.iter().find(|one| one.id == id) {
                (Some(Way::Meeting), Some(one.day))
            } else {
                errors.add("way", Refusal::NoMeeting.to_string());
                (None, None)
            }
        } else {
            let way = match self.way.as_str() {
                "fetch" => Some(Way::Fetch),
                "bring" => Some(Way::Bring),
                _ => None,
            };
            if way.is_none() {
                errors.add("way", "Choose how it changes hands");
            }
            (way, errors.check("day", needed_day(&self.boxes(), "day")))
        };
        match (way, day) {
            (Some(way), Some(day)) if errors.is_empty() => Ok(Wish { day, way, meeting, note }),
            _ => Err(errors),
        }
    }
}

/// All that the page and its decisions rest on.
pub(crate) struct Sheet {
    pub(crate) leg: Leg,
    from: Option<Loan>,
    to: Option<Loan>,
    resource: String,
    tag: String,
    pub(crate) trip: Trip,
    wish: Option<Trip>,
    under_way: bool,
    calendar: SchoolCalendar,
    pub(crate) meetings: Vec<Meeting>,
    meeting_words: Vec<(MeetingId, String)>,
    leads: Vec<(SchoolId, Person)>,
}

impl Sheet {
    fn read(tx: &mut Tx<'_>, id: LegId) -> db::Result<Self> {
        let leg = rows::one(tx, id)?;
        let from = leg.from_booking.map(|id| loans::one(tx, id)).transpose()?;
        let to = leg.to_booking.map(|id| loans::one(tx, id)).transpose()?;
        // Of what is overdue, those that are near today.
        let near = leg.day.max(tx.today());
        let near = Period::new(days::add(near, -NEAR_DAYS).max(tx.today()), days::add(near, NEAR_DAYS));
        let meetings = meetings::within(tx, near.unwrap_or(Period::day(tx.today())))?;
        let under_way = rows::under_way(tx, leg.copy)? == Some(id);
        let names = store::school_names(tx)?;
        let name = |id| names.of(id).to_owned();
        let meeting_words: Vec<_> =
            meetings.iter().map(|one| (one.id, format!("At {} on {}", meetings::words(one, name), days::full(one.day)))).collect();
        let known = |id: Option<MeetingId>| {
            let found = id.and_then(|id| meetings.iter().find(|one| one.id == id));
            found.map_or_else(|| "a cluster meeting".to_owned(), |one| meetings::words(one, name))
        };
        let trip = Trip::of(&leg, name, &known(leg.meeting));
        let wish = leg.proposal.as_ref().map(|one| {
            let wished = Leg { day: one.day, way: one.way, meeting: one.meeting, note: one.note.clone(), ..leg.clone() };
            Trip::of(&wished, name, &known(one.meeting))
        });
        let leads = roles::leads_of_schools(tx, &[leg.from, leg.to])?;
        // Only who changes something needs to know when schools are open.
        let calendar = SchoolCalendar::new(Vec::new(), Vec::new());
        let one = to.as_ref().or(from.as_ref()).ok_or(db::Error::NotFound)?;
        let (resource, tag) = (one.name.clone(), one.tag.clone());
        Ok(Self { leg, from, to, resource, tag, trip, wish, under_way, calendar, meetings, meeting_words, leads })
    }

    /// With the school days around it, for a decision.
    pub(crate) fn read_to_decide(tx: &mut Tx<'_>, id: LegId) -> db::Result<Self> {
        let sheet = Self::read(tx, id)?;
        let (day, later) = (sheet.leg.day, sheet.leg.day.max(tx.today()));
        let window = Period::new(days::add(day, -CALENDAR_DAYS), days::add(later, CALENDAR_DAYS)).unwrap_or(Period::day(day));
        Ok(Self { calendar: year::store::school_calendar(tx, window)?, ..sheet })
    }

    fn slot(loan: Option<&Loan>) -> Option<&Slot> {
        loan.map(|loan| &loan.booking.slot)
    }

    pub(crate) fn facts<'a>(&'a self, today: days::Day, meeting: Option<&'a Meeting>) -> Facts<'a> {
        let (from, to) = (Self::slot(self.from.as_ref()), Self::slot(self.to.as_ref()));
        let laid = laid(&self.leg, from, to, &self.calendar, today);
        Facts { leg: &self.leg, under_way: self.under_way, from, to, laid, calendar: &self.calendar, meeting, today }
    }

    pub(crate) fn name(&self, school: SchoolId) -> String {
        if school == self.leg.from { self.trip.from.clone() } else { self.trip.to.clone() }
    }
}

pub(crate) fn side(member: &Member) -> Side {
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

pub(crate) async fn page(
    app: &web::Data<App>,
    member: &Member,
    id: LegId,
    done: &Done,
    typed: Option<&Suggestion>,
    errors: &Errors,
) -> Result<HttpResponse, Error> {
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, id)?)).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = format!("Handover of {} ({})", sheet.resource, sheet.tag);
    let main = main(member, &sheet, done, typed, errors);
    Ok(answer(status, &form_page(&member.shell(Nav::Loans), &title, !errors.is_empty(), &main)))
}

fn main(member: &Member, sheet: &Sheet, done: &Done, typed: Option<&Suggestion>, errors: &Errors) -> Markup {
    let (leg, trip) = (&sheet.leg, &sheet.trip);
    let here = format!("{}/legs/{}", member.base(), leg.id);
    let facts = sheet.facts(member.today(), None);
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
        (back(&format!("{}/loans", member.base()), "My loans"))
        (error_summary(errors))
        (said)
        (head(&format!("{} goes from {} to {}", sheet.resource, trip.giver(), trip.receiver()), html! { (state(sheet, member.today())) " " (sheet.tag) }, html! {}))
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

fn state(sheet: &Sheet, today: days::Day) -> Markup {
    match sheet.leg.state {
        LegState::Done => pill(Tone::Plain, "Done"),
        LegState::Dropped => pill(Tone::Plain, "Not needed any more"),
        LegState::Planned if sheet.under_way => pill(Tone::Warn, "On its way"),
        LegState::Planned if sheet.leg.day < today => pill(Tone::Bad, "Overdue"),
        LegState::Planned if sheet.leg.agreed => pill(Tone::Good, "Agreed"),
        LegState::Planned => pill(Tone::Plain, "Planned"),
    }
}

fn rows_of(member: &Member, sheet: &Sheet) -> Vec<crate::web::parts::Row> {
    let trip = &sheet.trip;
    let mut all = vec![row("Day", days::full(trip.day)), row("How", trip.how())];
    if !trip.note.is_empty() {
        all.push(row("Where", &trip.note));
    }
    for (loan, name) in [(&sheet.from, "Loan that ends"), (&sheet.to, "Loan that begins")] {
        if let Some(loan) = loan {
            let slot = &loan.booking.slot;
            let href = format!("{}/bookings/{}", member.base(), slot.id);
            all.push(row(name, html! { a href=(href) { (sheet.name(slot.school)) ", " (slot.days) } }));
        }
    }
    for (school, lead) in &sheet.leads {
        all.push(row(
            &format!("Contact at {}", sheet.name(*school)),
            html! { (lead.name) br; a href={ "mailto:" (lead.email) } { (lead.email) } },
        ));
    }
    all
}

/// What was suggested, with its answer.
fn suggestion(member: &Member, sheet: &Sheet, side: &Side, here: &str) -> Markup {
    let (Some(proposal), Some(wish)) = (&sheet.leg.proposal, &sheet.wish) else { return html! {} };
    let own = !side.decides(&sheet.leg) && side.of(&sheet.leg) == Some(proposal.school);
    let token = member.csrf();
    html! {
        (banner(Tone::Warn, &format!("{} suggests another way", sheet.name(proposal.school)), html! {
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

fn form(member: &Member, sheet: &Sheet, side: &Side, here: &str, typed: &Suggestion, errors: &Errors) -> Markup {
    let trip = &sheet.trip;
    let mut ways: Vec<Choice> = vec![
        choice("fetch", format!("{} fetches it from {}", trip.to, trip.giver())),
        choice("bring", format!("{} brings it to {}", trip.from, trip.receiver())),
    ];
    for meeting in &sheet.meetings {
        if is_near(&sheet.leg, meeting, member.today()) || sheet.leg.meeting == Some(meeting.id) {
            let words = sheet.meeting_words.iter().find(|(id, _)| *id == meeting.id).map_or("At the meeting", |(_, words)| words);
            ways.push(choice(meeting.id.to_string(), words.to_owned()));
        }
    }
    let decides = side.decides(&sheet.leg);
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
