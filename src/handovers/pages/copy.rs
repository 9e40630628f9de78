//! A copy's page, opened by the code on its lid: where it is now and since when, what is due next, and what this person can do.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::{answer, known, who};
use crate::base::ids::{CopyId, HandoverId, SchoolId};
use crate::base::{clock, days};
use crate::bookings::pages::beside;
use crate::db::{self, Tx};
use crate::handovers::counts::{self, HolderCount};
use crate::handovers::letters::{self, capital};
use crate::handovers::store::counts as counted;
use crate::handovers::store::handovers::{self, Handover, State, Thing};
use crate::handovers::{self as handing, Next, Refusal, Scene, Who, acts};
use crate::journeys::letters::Trip;
use crate::journeys::{Leg, Place};
use crate::people::pages::reach;
use crate::people::store::directory::{self, Holder};
use crate::people::{Member, RoleKind};
use crate::schools::{SchoolNames, store};
use crate::web::forms::{csrf_field, hidden};
use crate::web::page::{Extras, Nav, WITH_KEPT, page_with};
use crate::web::parts::{Row, Tone, back, banner, confirmation, head, icon, kept, pill, row, summary};
use crate::web::{App, Error};

/// The latest handovers shown.
const LATEST: i64 = 5;

/// What was done on the page before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
    handover: Option<HandoverId>,
}

/// What the page shows.
struct Sheet {
    thing: Thing,
    scene: Scene,
    next: Option<Next>,
    give: Result<Next, Refusal>,
    receive: Result<Next, Refusal>,
    can_take_back: bool,
    can_count: bool,
    names: SchoolNames,
    holders: Vec<Holder>,
    latest: Vec<Handover>,
    by_holder: Vec<HolderCount>,
    /// What was typed and could not be done, as words.
    typed: Vec<(String, String)>,
}

impl Sheet {
    /// Eight queries; two more when something that was typed could not be done.
    fn read(tx: &mut Tx<'_>, copy: CopyId, who: &Who, typed: &counts::Typed) -> db::Result<Self> {
        let (thing, scene) = handovers::scene(tx, copy)?;
        let (calendar, today) = (acts::calendar(tx, &scene)?, tx.today());
        Ok(Self {
            next: handing::next(&scene),
            give: handing::give(&scene, who, today, &calendar),
            receive: handing::receive(&scene, who, today, &calendar),
            can_take_back: handing::take_back(&scene, who).is_ok(),
            can_count: handing::count(&scene, who).is_ok(),
            names: store::school_names(tx)?,
            holders: directory::holders(tx)?,
            latest: handovers::latest(tx, copy, LATEST)?,
            by_holder: counted::by_holder(tx, copy, None, LATEST)?,
            typed: if typed.is_empty() { Vec::new() } else { counts::as_typed(typed, &counted::expected(tx, copy, thing.resource, None)?) },
            thing,
            scene,
        })
    }

    fn name(&self, id: SchoolId) -> String {
        self.names.of(id).to_owned()
    }

    fn leg(&self) -> Option<&Leg> {
        let id = self.next.as_ref()?.leg?;
        self.scene.legs.iter().map(|(leg, _)| leg).find(|leg| leg.id == id)
    }

    /// Whether this person has anything to do with it now.
    fn is_mine(&self) -> bool {
        self.give != Err(Refusal::NotYours) || self.receive != Err(Refusal::NotYours)
    }
}

/// Shows a copy.
///
/// # Errors
/// When it is not there.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    path: web::Path<(String, CopyId)>,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    page(&app, &member, path.into_inner().1, &query, None).await
}

/// The copy's page with what was in the way of something: it says how the copy stands now, and what was typed.
///
/// # Errors
/// When it is not there.
pub async fn refused(
    app: &web::Data<App>,
    member: &Member,
    copy: CopyId,
    refusal: Refusal,
    typed: &[(String, String)],
) -> Result<HttpResponse, Error> {
    page(app, member, copy, &Done::default(), Some((refusal, typed))).await
}

async fn page(
    app: &web::Data<App>,
    member: &Member,
    copy: CopyId,
    done: &Done,
    refused: Option<(Refusal, &counts::Typed)>,
) -> Result<HttpResponse, Error> {
    let (me, typed) = (who(member), refused.map(|(_, typed)| typed.to_vec()).unwrap_or_default());
    let sheet = app.db.read(member.scope(), move |tx| Ok::<_, Error>(Sheet::read(tx, copy, &me, &typed)?)).await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = format!("{} ({})", sheet.thing.name, sheet.thing.tag);
    let extras = Extras { wrong: refused.is_some(), ..WITH_KEPT };
    let main = main(member, &sheet, done, refused.map(|(refusal, _)| refusal));
    Ok(answer(status, &page_with(&member.shell(Nav::Week), &title, extras, &main)))
}

fn main(member: &Member, sheet: &Sheet, done: &Done, refusal: Option<Refusal>) -> Markup {
    let said = said(member, sheet, done);
    let title = format!("{} ({})", sheet.thing.name, sheet.thing.tag);
    let line = html! { (pill_of(sheet)) " " (beside(&known(&sheet.thing, &sheet.scene), place(sheet))) };
    html! {
        (back(&format!("{}/loans", member.base()), "All your loans"))
        @if let Some(refusal) = refusal {
            div.errs role="alert" tabindex="-1" data-focus { h2 { "There is a problem" } p { (refusal.words()) } }
        }
        // Counts that this person's phone has kept for want of a connection are sent from here, too.
        (kept(member.person))
        @if !sheet.typed.is_empty() { (typed(sheet)) }
        (said)
        @let history = html! { a.btn href={ (member.base()) "/copies/" (sheet.thing.copy) "/history" } { (icon("list")) "History" } };
        @if said.0.is_empty() { (head(&title, line, history)) } @else { div.head { div { h2 { (title) } p { (line) } } div.acts { (history) } } }
        // Late comes first, then who is next: that is what somebody reads at the cupboard.
        @if let Some(last) = late_since(sheet) {
            (banner(Tone::Bad, &format!("Late: it was due back on {}", days::full(last)), html! { p { (sheet.name(sheet.scene.custody.school)) " has it. " @if let Some(next) = next_words(sheet) { (next) } } }))
        }
        @if !sheet.scene.custody.short_essentials.is_empty() {
            (banner(Tone::Warn, "Something essential is short", html! { p { (sheet.scene.custody.short_essentials) "." } }))
        }
        @if member.may_borrow() && sheet.is_mine() { (actions(member, sheet)) } @else { (not_due(member, sheet)) }
        section.panel.card aria-labelledby="where" {
            h2 #where { "Where it is" }
            (summary(&facts(member, sheet)))
        }
        (was_counted(member, sheet))
    }
}

/// What could not be done, to be read again or copied from.
fn typed(sheet: &Sheet) -> Markup {
    let rows: Vec<Row> = sheet.typed.iter().map(|(label, words)| row(label, words)).collect();
    html! {
        section.panel.card aria-labelledby="typed" {
            h2 #typed { "What you typed" }
            p { "None of this was saved. Tell the other school if it matters." }
            (summary(&rows))
        }
    }
}

/// What has just been done, once, and what comes next.
fn said(member: &Member, sheet: &Sheet, done: &Done) -> Markup {
    let name = &sheet.thing.name;
    let next = sheet.next.as_ref();
    let to = next.map(|next| sheet.names.of_place(next.to(), sheet.scene.home)).unwrap_or_default();
    // Only a handover of this very copy.
    let handover = done.handover.and_then(|id| sheet.latest.iter().find(|one| one.id == id));
    let words = match (done.done.as_str(), sheet.scene.custody.place) {
        ("given", Place::Transit) => {
            Some((format!("{name} is handed over"), format!("It is on its way to {to}, who hears of it by e-mail.")))
        }
        ("given", _) if handover.is_some_and(Handover::given_late) => Some((
            "Your count is added".to_owned(),
            "The other school had received it already. Both counts are kept, and the receipt is on its way by e-mail.".to_owned(),
        )),
        ("counted", Place::School | Place::Store) => {
            Some((format!("{name} is counted"), "Everybody in the cluster can read it below and in the history.".to_owned()))
        }
        ("received", Place::School) => {
            let last = sheet.scene.out.map(|slot| days::full(slot.days.last()));
            let last = last.map_or_else(String::new, |last| format!("You have it until {last}. "));
            Some((format!("{name} is received"), format!("{last}The receipt is on its way by e-mail.")))
        }
        ("received", Place::Store) => {
            Some((format!("{name} is in the store"), "Thank you. The receipt is on its way by e-mail.".to_owned()))
        }
        ("refused", _) => {
            let who = sheet.name(sheet.scene.custody.school);
            Some((format!("{name} is refused"), format!("It is with {who} again. The school and the coordinator hear why by e-mail.")))
        }
        ("withdrawn", Place::School | Place::Store) => {
            let with = sheet.scene.custody.school;
            let whose = if who(member).led.contains(&with) { "You have".to_owned() } else { format!("{} has", sheet.name(with)) };
            Some((format!("{whose} {name} again"), "It is not on its way any more.".to_owned()))
        }
        _ => None,
    };
    html! {
        @if let Some((heading, text)) = words {
            (confirmation(&heading, html! {
                p { (text) }
                @if let Some(one) = handover { p { a href={ (member.base()) "/handovers/" (one.id) } { "See what was counted" } } }
            }))
        }
    }
}

/// The last day of the loan that should be back and is not.
fn late_since(sheet: &Sheet) -> Option<days::Day> {
    sheet.scene.out.and_then(|slot| slot.late_since(sheet.scene.today))
}

/// Where it goes next and on which day, with whom one speaks there: "Saxton fetches it from Fairburn on Monday 7 December 2026."
fn next_words(sheet: &Sheet) -> Option<String> {
    let next = sheet.next.as_ref()?;
    let lead = |school: SchoolId| {
        let leads = |holder: &&Holder| holder.role.kind.leads() && holder.role.school.as_ref().is_some_and(|one| one.id == school);
        sheet.holders.iter().find(leads).map(|holder| format!(" Speak with {}.", holder.person.contact()))
    };
    let with = lead(next.at).filter(|_| !next.stays()).unwrap_or_default();
    Some(match sheet.leg() {
        Some(leg) => format!("{}{with}", capital(&Trip::of(leg, |id| sheet.name(id), "a cluster meeting").words())),
        None => format!("It goes to {}.{with}", sheet.names.of_place(next.to(), sheet.scene.home)),
    })
}

fn pill_of(sheet: &Sheet) -> Markup {
    match sheet.scene.custody.place {
        Place::School if late_since(sheet).is_some() => pill(Tone::Bad, "Late"),
        Place::School if sheet.scene.custody.booking.is_none() => pill(Tone::Warn, "Without a booking"),
        Place::School => pill(Tone::Good, "Out now"),
        Place::Store => pill(Tone::Plain, "In the store"),
        Place::Transit => pill(Tone::Plain, "On its way"),
        Place::Missing => pill(Tone::Bad, "Missing"),
    }
}

/// "At Ash since 23 November 2026".
fn place(sheet: &Sheet) -> String {
    let custody = &sheet.scene.custody;
    let (school, since) = (sheet.name(custody.school), days::long(clock::today(custody.since)));
    match custody.place {
        Place::School => format!("At {school} since {since}"),
        Place::Store => format!("In the store at {school} since {since}"),
        Place::Transit => {
            let to = custody.to.map_or_else(|| format!("the store at {}", sheet.name(sheet.scene.home)), |to| sheet.name(to));
            format!("From {school} to {to} since {since}")
        }
        Place::Missing => format!("Last at {school}, missing since {since}"),
    }
}

/// The two big buttons, what is due first on top.
fn actions(member: &Member, sheet: &Sheet) -> Markup {
    let here = format!("{}/copies/{}", member.base(), sheet.thing.copy);
    let to = sheet.next.as_ref().map(|next| sheet.names.of_place(next.to(), sheet.scene.home)).unwrap_or_default();
    let from = sheet.name(sheet.scene.custody.school);
    let give = html! {
        @if sheet.give.is_ok() { a.btn.go.big href={ (here) "/give" } { (icon("truck")) span { "Hand it over" small { "It goes to " (to) } } } }
    };
    let stays = sheet.next.as_ref().is_some_and(Next::stays);
    let receive = html! {
        @if let Ok(next) = &sheet.receive {
            a.btn.go.big href={ (here) "/receive" } {
                (icon("package-open"))
                span {
                    @if stays && next.slot.is_none() { "Put it back" } @else { "I have received it" }
                    small { @if !stays { "It comes from " (from) } @else if next.slot.is_some() { "It is kept at the school" } @else { "Back on your own shelf" } }
                }
            }
        }
    };
    let nothing = sheet.give.is_err() && sheet.receive.is_err();
    // The reason why there is no button: that of the side on which this person stands.
    let why = [sheet.receive.as_ref().err(), sheet.give.as_ref().err()].into_iter().flatten().find(|why| **why != Refusal::NotYours);
    html! {
        section.panel.card.due aria-labelledby="due" {
            @let next = next_words(sheet);
            h2 #due { @if !nothing { "What is due" } @else if next.is_some() { "What is next" } @else { "Nothing to do now" } }
            @if let Some(next) = &next { p { (next) } }
            @if sheet.scene.on_the_way.is_some() { (receive) (give) } @else { (give) (receive) }
            @if nothing { @if let Some(why) = why { p { (why.words()) } } }
            @if sheet.can_take_back {
                @let giver = who(member).led.contains(&sheet.scene.custody.school);
                p { @if giver { "You handed it over, and nobody has received it yet." } @else { (from) " says that it is on its way. Has it not come, and is it still there? " (from) " is told by e-mail." } }
                form method="post" action={ (here) "/take-back" } {
                    (csrf_field(member.csrf()))
                    (hidden("seen", &sheet.scene.seen(counts::Side::Giver).to_string()))
                    button.btn type="submit" { (icon("repeat")) @if giver { "Take it back" } @else { "It is still with " (from) } }
                }
            }
            @if sheet.can_count {
                div.acts { a.btn href={ (here) "/count" } { (icon("check")) "Count it" } a.btn href={ (here) "/count" } { "Something is broken, or was replaced" } }
                p.hint { "At any time, for example when you have unpacked it." }
            }
        }
    }
}

/// For somebody to whom nothing is due: whose it is, where it should go, and whom to ask.
fn not_due(member: &Member, sheet: &Sheet) -> Markup {
    let custody = &sheet.scene.custody;
    let mut schools = vec![custody.school];
    schools.extend(sheet.next.as_ref().map(|next| next.at));
    schools.dedup();
    let leads = |holder: &&Holder| {
        matches!(holder.role.kind, RoleKind::Ssl | RoleKind::Deputy)
            && holder.role.school.as_ref().is_some_and(|school| schools.contains(&school.id))
    };
    let coordinates = |holder: &&Holder| holder.role.kind == RoleKind::Coordinator;
    // The head or the bursar of a school that has a part in it.
    let own = member.roles.iter().filter_map(|role| role.school.as_ref()).any(|school| schools.contains(&school.id));
    html! {
        section.panel.card aria-labelledby="due" {
            h2 #due { @if own { "Your science lead hands it over" } @else { "This box is not due to you" } }
            p { (place(sheet)) "." @if let Some(next) = next_words(sheet) { " " (next) } }
            p { @if own { "These people count it and hand it over:" } @else { "Have you found it, or does somebody want to hand it to you? Tell one of these people:" } }
            ul.contacts {
                @for holder in sheet.holders.iter().filter(leads).chain(sheet.holders.iter().filter(coordinates)) {
                    li { (holder.person.name) ": " (reach(&holder.person.email, &holder.person.phone)) }
                }
            }
        }
    }
}

fn facts(member: &Member, sheet: &Sheet) -> Vec<Row> {
    let (thing, base) = (&sheet.thing, member.base());
    let mut rows = vec![
        row(
            "Box",
            beside(
                &known(&sheet.thing, &sheet.scene),
                html! { a href={ (base) "/boxes/" (thing.resource) } { (thing.name) } " (" (thing.tag) ")" },
            ),
        ),
        row("Now", place(sheet)),
    ];
    if let Some(person) = sheet.scene.custody.person.and_then(|id| sheet.holders.iter().find(|holder| holder.person.id == id)) {
        rows.push(row("Signed by", &person.person.name));
    }
    if let Some(slot) = &sheet.scene.out {
        rows.push(row("Until", html! { a href={ (base) "/bookings/" (slot.id) } { (days::full(slot.days.last())) } }));
    }
    if let Some(next) = next_words(sheet) {
        let see = html! { @if let Some(leg) = sheet.leg() { " " a href={ (base) "/legs/" (leg.id) } { "See the handover" } } };
        rows.push(row("Next", html! { (next) (see) }));
    }
    rows.push(row("Code on the lid", html! { a href={ "/b/" (thing.code) } { "/b/" (thing.code) } }));
    rows
}

/// What was counted, the latest first: at handovers, and in between.
fn was_counted(member: &Member, sheet: &Sheet) -> Markup {
    let when = |one: &Handover| one.received.as_ref().or(one.given.as_ref()).map(|signature| signature.at);
    let over = sheet.latest.iter().map(|one| (when(one), one_handover(member, sheet, one)));
    let mut all: Vec<_> = over.chain(sheet.by_holder.iter().map(|one| (Some(one.at), one_count(member, sheet, one)))).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    html! {
        @if !all.is_empty() {
            section.panel.card aria-labelledby="counts" {
                h2 #counts { "What was counted" }
                ul.tasks { @for (_, one) in &all { (one) } }
            }
        }
    }
}

/// What the school that had it counted, in some lines.
fn one_count(member: &Member, sheet: &Sheet, one: &HolderCount) -> Markup {
    html! {
        li {
            div.what { div {
                b { "Counted at " (sheet.name(one.school)) }
                p { (one.words()) "." }
                p { (letters::signed(&one.by, one.at)) @if let Some(photo) = one.photo { ". " a href={ (member.base()) "/photos/" (photo) } { "See the photo" } } }
            } }
        }
    }
}

/// A handover in a line.
fn one_handover(member: &Member, sheet: &Sheet, one: &Handover) -> Markup {
    let to = sheet.names.of_place(one.to, one.home);
    let at = one.received.as_ref().or(one.given.as_ref()).map(|signature| days::long(clock::today(signature.at))).unwrap_or_default();
    html! {
        li {
            div.what { div { a href={ (member.base()) "/handovers/" (one.id) } { "From " (sheet.name(one.from)) " to " (to) } p { (at) } } }
            (state_pill(one))
        }
    }
}

/// How a handover stands.
#[must_use]
pub fn state_pill(one: &Handover) -> Markup {
    match one.state {
        State::Given => pill(Tone::Plain, "On its way"),
        State::Accepted if one.differs => pill(Tone::Warn, "Counts differ"),
        State::Accepted => pill(Tone::Good, "Received"),
        State::Refused => pill(Tone::Bad, "Refused"),
        State::Withdrawn => pill(Tone::Plain, "Taken back"),
        State::Lost => pill(Tone::Bad, "Never received"),
    }
}
