//! The count: every line ticked, one tap when everything is as it was known to be. Works as a plain form; a script keeps what was
//! typed on the phone and sends it when there is a connection.

use actix_web::HttpResponse;
use maud::{Markup, html};

use super::{answer, known};
use crate::base::days::{self};
use crate::base::ids::{CopyId, SchoolId};
use crate::base::secret::Secret;
use crate::bookings::pages::beside;
use crate::bookings::stands::Beside;
use crate::db::{Result, Tx};
use crate::files;
use crate::handovers::acts::calendar;
use crate::handovers::counts::{self, Condition, CountLine, Expected, Loose, Side, Why};
use crate::handovers::store::counts::{self as counted, Stored};
use crate::handovers::store::handovers::{self, Thing};
use crate::handovers::{self as handing, Refusal, Seen, Who};
use crate::people::Member;
use crate::schools::{SchoolNames, store};
use crate::web::forms::{Errors, csrf_field, error_summary, field, hidden, status_of, stop};
use crate::web::page::{Extras, Nav, WITH_KEPT, page_with};
use crate::web::parts::{back, head, icon, kept};

/// What a count's page shows.
pub struct CountPage {
    thing: Thing,
    /// What is written beside its tag.
    known: Beside,
    side: Side,
    /// How the copy stands, or stood when a form was opened that comes late.
    seen: Seen,
    /// Who has it, or had it.
    from: SchoolId,
    /// To whom it goes; `None` is the store.
    to: Option<SchoolId>,
    stays: bool,
    /// Whether the other school has received it already.
    late: bool,
    on_the_way: bool,
    expected: Vec<Expected>,
    /// What the giver counted, for the receiver to see.
    given: Option<Stored>,
    names: SchoolNames,
    home: SchoolId,
}

impl CountPage {
    /// Whether a school puts its own box back on its own shelf: nobody hands it over, and nobody receives it.
    fn put_back(&self) -> bool {
        self.stays && self.to.is_none()
    }

    /// Reads a count's page: eight queries at most. `seen`: what a form that comes back was opened for.
    ///
    /// # Errors
    /// When there is no such copy here. The refusal inside says why it cannot be counted now.
    pub fn read(tx: &mut Tx<'_>, copy: CopyId, side: Side, who: &Who, seen: Option<Seen>) -> Result<std::result::Result<Self, Refusal>> {
        let (thing, scene) = handovers::scene(tx, copy)?;
        let (calendar, today) = (calendar(tx, &scene)?, tx.today());
        let late = if side == Side::Giver { crate::handovers::acts::late(tx, &scene, seen)? } else { None };
        // From whom, to whom, and whether it stays there.
        let way = match (side, &late) {
            (Side::Giver, Some(taken)) => handing::give_late(taken, who, tx.now).map(|()| (taken.from, taken.to, false)),
            (Side::Giver, None) => handing::give(&scene, who, today, &calendar).map(|next| (next.from, next.to(), next.stays())),
            (Side::Receiver, _) => handing::receive(&scene, who, today, &calendar).map(|next| (next.from, next.to(), next.stays())),
            (Side::Holder, _) => handing::count(&scene, who).map(|()| (scene.custody.school, None, true)),
        };
        let (from, to, stays) = match way {
            Ok(way) => way,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let given = match scene.on_the_way.filter(|_| side == Side::Receiver) {
            Some(way) => counted::of_handover(tx, way.id)?.into_iter().find(|one| one.side == Side::Giver),
            None => None,
        };
        Ok(Ok(Self {
            known: known(&thing, &scene),
            expected: counted::expected(tx, copy, thing.resource, late.map(|taken| taken.at))?,
            names: store::school_names(tx)?,
            seen: seen.filter(|_| late.is_some()).unwrap_or(scene.seen(side)),
            late: late.is_some(),
            on_the_way: scene.on_the_way.is_some(),
            home: scene.home,
            thing,
            side,
            from,
            to,
            stays,
            given,
        }))
    }
}

/// A form that is shown: what was typed into it, if anything, and what is wrong with it.
struct Typed<'a> {
    fields: Option<&'a [(String, String)]>,
    errors: &'a Errors,
}

impl Typed<'_> {
    fn of<'t>(&'t self, name: &str, otherwise: &'t str) -> &'t str {
        self.fields.map_or(otherwise, |fields| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str()))
    }
}

/// The page, as it was typed when it comes back.
#[must_use]
pub fn page(member: &Member, desk: &CountPage, typed: Option<(&[(String, String)], &Errors)>) -> HttpResponse {
    let none = Errors::new();
    // A refusal's form alone came back: the count is as it was.
    let typed = match typed {
        Some((fields, errors)) => Typed { fields: fields.iter().any(|(name, _)| name == "how").then_some(fields), errors },
        None => Typed { fields: None, errors: &none },
    };
    let reason = typed.errors.of("reason").is_some();
    let main = main(member, desk, &typed, reason);
    let wrong = !typed.errors.is_empty();
    let extras = Extras { wrong, ..WITH_KEPT };
    answer(status_of(typed.errors), &page_with(&member.shell(Nav::Week), title(desk), extras, &main))
}

fn title(desk: &CountPage) -> &'static str {
    match desk.side {
        Side::Giver => "Hand it over",
        Side::Receiver if desk.put_back() => "Put it back",
        Side::Receiver => "I have received it",
        Side::Holder => "Count it",
    }
}

fn main(member: &Member, desk: &CountPage, typed: &Typed<'_>, refusing: bool) -> Markup {
    let here = format!("{}/copies/{}", member.base(), desk.thing.copy);
    let (from, to) = (desk.names.of(desk.from).to_owned(), desk.names.of_place(desk.to, desk.home));
    let (path, button, one_tap) = match desk.side {
        Side::Giver => ("give", "Hand it over", "All there: hand it over"),
        Side::Receiver if desk.put_back() => ("receive", "Put it back", "All there: put it back"),
        Side::Receiver => ("receive", "Receive it", "All there: receive it"),
        Side::Holder => ("count", "Save the count", "All there: save the count"),
    };
    let key = typed.of("key", "").to_owned();
    let key = if key.is_empty() { Secret::fresh().reveal().to_owned() } else { key };
    let what = format!("{} ({})", desk.thing.name, desk.thing.tag);
    html! {
        (back(&here, &what))
        (error_summary(typed.errors))
        @let way = if desk.side == Side::Holder { format!(", at {from}") } else { format!(", from {from} to {to}") };
        (head(title(desk), html! { (beside(&desk.known, &what)) (way) }, html! {}))
        @if desk.side == Side::Receiver && !desk.on_the_way && !desk.stays {
            p.hint { (from) " has not said that it handed it over. You can receive it all the same: " (from) " is told. If you do not want to take it, do not receive it: it then stays with " (from) ", and you tell them why." }
        }
        @if desk.late { p.hint { (to) " has received it already. Your count is added, and both schools get the receipt." } }
        (kept(member.person))
        section.panel.card {
            form.count method="post" action={ (here) "/" (path) } enctype="multipart/form-data" novalidate data-count={ (desk.thing.copy) "/" (desk.side) "/" (member.person) } data-title=(what) data-page=(here) {
                (csrf_field(member.csrf()))
                (hidden("key", &key))
                (hidden("seen", &desk.seen.to_string()))
                // Return in a field sends the whole count, not the first button.
                button.vh type="submit" name="how" value="lines" tabindex="-1" aria-hidden="true" {}
                @if desk.expected.is_empty() {
                    p { "Nobody has listed what is in this box, so there is nothing to count." }
                } @else {
                    div.allthere {
                        button.btn.go.big type="submit" name="how" value="all_there" #how { (icon("check")) (one_tap) }
                        p.hint { "One tap when everything is as listed below. Or untick what is not." }
                        @if desk.side == Side::Holder { p.hint { "Is one thing broken, or was something replaced? Change that line alone, and choose “Save only what I changed” at the end." } }
                    }
                    ul.chk { @for line in &desk.expected { (row(desk, line, typed)) } }
                }
                (whole(desk, typed))
                div.acts {
                    button.btn.go type="submit" name="how" value="lines" { (button) }
                    @if !desk.expected.is_empty() && desk.side == Side::Holder {
                        button.btn type="submit" name="how" value=(counts::SOME) { "Save only what I changed" }
                    }
                    @if !desk.expected.is_empty() && desk.side != Side::Holder {
                        button.btn type="submit" name="how" value="none" { (button) ", not counted" }
                    }
                }
            }
        }
        @if desk.side == Side::Receiver && desk.on_the_way { (refusal(member, desk, (&here, &from), typed, refusing)) }
    }
}

/// What is asked about the whole: condition, note, photo.
fn whole(desk: &CountPage, typed: &Typed<'_>) -> Markup {
    let note = if desk.side == Side::Holder { "For everybody who reads the count" } else { "For the other school" };
    let chosen = typed.of("condition", "good").to_owned();
    let choices: Vec<_> = [Condition::Good, Condition::Worn, Condition::Damaged]
        .into_iter()
        .map(|one| crate::web::forms::choice(<&str>::from(one), one.words()))
        .collect();
    html! {
        h2 { "The box itself" }
        div.across { (crate::web::forms::radios("condition", "How does it look?", "", &chosen, typed.errors, &choices)) }
        (field("note", "Note", typed.of("note", "")).hint(&format!("{note}. For example: the key is in the lid")).optional().width("full").text(typed.errors))
        (field("photo", "Photo", "").hint(&format!("JPEG or PNG, up to {}. The place it was taken is removed", files::largest_in_words())).optional().file(typed.errors, "image/jpeg,image/png"))
    }
}

/// One line of the contents.
fn row(desk: &CountPage, line: &Expected, typed: &Typed<'_>) -> Markup {
    let name = |what: &str| counts::field(what, line.line);
    let theirs = desk.given.as_ref().and_then(|given| given.count.lines.iter().find(|one| one.of.line == line.line));
    let wrong = ["n", "why", "note", "loose"].iter().any(|what| typed.errors.of(&name(what)).is_some());
    html! {
        li.bad[wrong] {
            @if line.consumable { (loosely(line, theirs, typed)) } @else { (exactly(line, theirs, typed, wrong)) }
        }
    }
}

fn hints(line: &Expected, theirs: Option<&CountLine>) -> Markup {
    html! {
        @if line.essential { small { "Essential" } }
        @if let Some(since) = line.short_since { small.warn { (icon("triangle-alert")) (line.short_by()) " missing since " (days::long(since)) } }
        @if let Some(theirs) = theirs { small { "Handed over as: " (theirs.words().to_lowercase()) @if !theirs.note.is_empty() { " (" (theirs.note) ")" } } }
    }
}

fn exactly(line: &Expected, theirs: Option<&CountLine>, typed: &Typed<'_>, wrong: bool) -> Markup {
    let name = |what: &str| counts::field(what, line.line);
    let ticked = typed.of(&name("there"), "yes") == "yes";
    let mut whys = vec![(String::new(), "Choose".to_owned())];
    whys.extend(
        [Why::Missing, Why::Broken, Why::UsedUp, Why::NotCounted].map(|why| (<&str>::from(why).to_owned(), why.words().to_owned())),
    );
    let changed = wrong || !ticked || ["n", "why", "note"].iter().any(|what| !typed.of(&name(what), "").is_empty());
    html! {
        label {
            input type="checkbox" name=(name("there")) value="yes" checked[ticked];
            span { (line.item) ": " (line.words()) (hints(line, theirs)) }
        }
        details.more open[changed] {
            summary { span { "Not all there?" span.vh { " " (line.item) } } }
            div.row2 {
                (field(&name("n"), "How many are there?", typed.of(&name("n"), "")).number().text(typed.errors))
                (field(&name("why"), "Why?", typed.of(&name("why"), "")).select(typed.errors, &whys))
                (field(&name("note"), "Note", typed.of(&name("note"), "")).optional().text(typed.errors))
            }
        }
    }
}

fn loosely(line: &Expected, theirs: Option<&CountLine>, typed: &Typed<'_>) -> Markup {
    let name = |what: &str| counts::field(what, line.line);
    let usual = counts::untouched(line).loose.map_or("plenty", Into::into);
    let chosen = typed.of(&name("loose"), usual).to_owned();
    html! {
        fieldset.loose {
            legend { (line.item) (hints(line, theirs)) }
            div.picks.across {
                @for (n, loose) in [Loose::Plenty, Loose::Low, Loose::None].into_iter().enumerate() {
                    @let id = format!("{}-{n}", name("loose"));
                    @let value: &str = loose.into();
                    div.pick { input type="radio" id=(id) name=(name("loose")) value=(value) checked[value == chosen]; label for=(id) { (loose.words()) } }
                }
                @let id = format!("{}-3", name("loose"));
                div.pick { input type="radio" id=(id) name=(name("loose")) value="" checked[chosen.is_empty()]; label for=(id) { "Not counted" } }
            }
            details.more open[!typed.of(&name("n"), "").is_empty() || typed.errors.of(&name("n")).is_some()] {
                summary { span { "Or a number" span.vh { " of " (line.item) } } }
                (field(&name("n"), "How many are there?", typed.of(&name("n"), "")).number().text(typed.errors))
            }
        }
    }
}

fn refusal(member: &Member, desk: &CountPage, (here, from): (&str, &str), typed: &Typed<'_>, open: bool) -> Markup {
    html! {
        section.panel.card {
            details.more open[open] {
                summary { "I do not take it" }
                form.form method="post" action={ (here) "/refuse" } novalidate {
                    (csrf_field(member.csrf()))
                    (hidden("key", Secret::fresh().reveal()))
                    (hidden("seen", &desk.seen.to_string()))
                    p { "It is then with " (from) " again, who hears why; so does the coordinator." }
                    (field("reason", "Why do you not take it?", "").hint("For example: the lid is broken and things fall out").width("full").text(typed.errors))
                    (stop("Refuse it"))
                }
            }
        }
    }
}
