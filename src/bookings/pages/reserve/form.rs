//! The reserve form: when, which copy, for which class; and, when it was refused,
//! who has it and what can be had instead, each one click away.

use maud::{Markup, html};

use super::ask::Ask;
use super::picks::{Picks, classes};
use super::strip::when;
use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, ResourceId};
use crate::bookings::pages::beside;
use crate::bookings::stands::Beside;
use crate::bookings::store::plan::Copy;
use crate::bookings::store::shelf::{Reading, Similar};
use crate::bookings::{Refusal, Shelf, ShelfCopy, Taken, spans};
use crate::catalogue::missing;
use crate::catalogue::pages::missing_now;
use crate::people::{Member, RoleKind};
use crate::web::forms::{Errors, checkbox, choice, error_summary, field, hidden, radios, submit};
use crate::web::parts::{Tone, back, banner, head, icon};

/// What the form shows.
pub struct Form<'a> {
    /// Who fills it in.
    pub member: &'a Member,
    /// What is on the shelf.
    pub reading: &'a Reading,
    /// What was typed so far.
    pub ask: &'a Ask,
    /// What was wrong with it.
    pub errors: Errors,
    /// Which rule refused it.
    pub refusal: Option<&'a Refusal>,
    /// Other resources that are free on these days.
    pub similar: &'a [Similar],
}

impl Form<'_> {
    fn page(&self) -> String {
        format!("{}/boxes/{}/reserve", self.member.base(), self.reading.title.id)
    }

    /// The page between header and foot.
    #[must_use]
    pub fn main(&self) -> Markup {
        let title = &self.reading.title;
        let coordinator = self.member.is(RoleKind::Coordinator);
        let shown = days::parse_iso(&self.ask.at);
        let picks = Picks::at(&self.reading.shelf, self.ask.copy_id(), self.ask.first(), shown);
        let today = self.reading.shelf.today;
        html! {
            (back(&format!("{}/boxes/{}", self.member.base(), title.id), &title.name))
            (error_summary(&self.errors))
            @if let (true, Some(_)) = (coordinator, self.refusal.and_then(Refusal::rule)) {
                p.gap { "As coordinator you can " a href="#reason" { "give a reason and book it all the same" } "." }
            }
            (head(&format!("Reserve {}", title.name), html! { (picks.free_words()) }, html! {}))
            @if let Some(Refusal::Taken(taken)) = self.refusal {
                @let check = format!("{}/check", self.page());
                (instead(taken, self.similar, |days, copy| self.ask.moved(days, copy).at(&check), |other| {
                    Ask { copy: String::new(), ..self.ask.moved(taken.days, None) }.at(&format!("{}/boxes/{other}/reserve", self.member.base()))
                }))
            }
            @if self.has_to_wait(&picks) {
                (or_wait(&wait_at(self.member.base(), self.reading.title.id, self.ask)))
            }
            @if !self.ask.repeat.is_empty() && self.errors.is_empty() {
                (banner(Tone::Plain, "The same again next year", html! { p { (self.same_again()) } }))
            }
            div.side {
                section.panel.card {
                    form.form #reserve method="get" action={ (self.page()) "/check" } novalidate {
                        // The first button of a form is what the Enter key presses.
                        button.vh type="submit" tabindex="-1" { "Go on to your answers" }
                        @if !self.ask.repeat.is_empty() { (hidden("repeat", &self.ask.repeat)) }
                        (when(&self.reading.shelf, &picks, self.ask, &self.page(), &self.errors))
                        @if title.copies.len() > 1 {
                            @let hold = self.ask.days().map(|days| days.extended(title.rules.turnaround_days));
                            (copies(&self.reading.shelf, &title.copies, &self.ask.copy, true, &self.errors, |copy| {
                                copy.is_lent(today) && hold.is_none_or(|hold| spans::is_free(&copy.slots, hold))
                            }))
                        } @else { (self.only_copy()) }
                        (self.schools())
                        (self.classes())
                        details.more open[!self.ask.purpose.is_empty() || !self.ask.pupils.is_empty() || self.errors.of("purpose").or(self.errors.of("pupils")).is_some()] {
                            summary { "What it is for, and for how many" }
                            (field("purpose", "What it is for", &self.ask.purpose).hint("For example, making circuits").optional().width("full").text(&self.errors))
                            (field("pupils", "How many pupils", &self.ask.pupils).optional().number().text(&self.errors))
                        }
                        @if coordinator { (checkbox("restock", "Keep it for restocking or repair", "It is not lent on these days", self.ask.restock == "yes", &self.errors)) }
                        @if coordinator && (self.refusal.is_some_and(|refusal| refusal.rule().is_some()) || !self.ask.reason.is_empty()) {
                            (field("reason", "Reason for setting the rule aside", &self.ask.reason)
                                .hint("As coordinator you can book in spite of this rule. The reason is kept with the booking.").width("full").text(&self.errors))
                        }
                        (submit("Check and confirm"))
                    }
                }
                (rules(&self.reading.shelf))
            }
        }
    }

    /// Whether all that is in the way of the days is that somebody else has them.
    fn has_to_wait(&self, picks: &Picks<'_>) -> bool {
        match self.refusal {
            Some(Refusal::Taken(taken)) => taken.free_instead.is_empty() && self.ask.restock != "yes",
            Some(Refusal::Late { .. }) => true,
            Some(_) => false,
            None => self.ask.days().is_some_and(|days| picks.is_taken(days)),
        }
    }

    /// What is filled in already when a loan is repeated.
    fn same_again(&self) -> String {
        match self.ask.days() {
            Some(days) => format!("These are the same weeks of the next school year: {days}. Change what you like."),
            None => "The same weeks of the next school year have no school days yet. Choose the days.".to_owned(),
        }
    }

    /// What a box with one copy lacks now.
    fn only_copy(&self) -> Markup {
        let lacks = self.reading.shelf.copies.first().map(|copy| missing_now(&copy.missing));
        html! { @if let Some(lacks) = lacks { (lacks) } }
    }

    /// For which class: the year groups of the box and what the school used last as chips, and a field for any other.
    fn classes(&self) -> Markup {
        let (mut all, usual) = classes(self.reading.title.years, &self.reading.classes);
        let chosen = if self.ask.class.is_empty() && self.errors.is_empty() { usual.unwrap_or_default() } else { self.ask.class.clone() };
        if !chosen.is_empty() && !all.contains(&chosen) {
            all.push(chosen.clone());
        }
        let all: Vec<_> = all.iter().map(|class| choice(class, class)).collect();
        html! {
            div.chips { (radios("class", "Class or year group", "", &chosen, &self.errors, &all)) }
            (field("class_other", "Another class or group", "").hint("For example, Kestrels. It stands instead of the one chosen above.").optional().text(&self.errors))
        }
    }

    fn schools(&self) -> Markup {
        let coordinator = self.member.is(RoleKind::Coordinator);
        let today = self.reading.shelf.today;
        let led: Vec<_> = self.member.schools_led().map(|school| school.id).collect();
        let open = self.reading.schools.iter().filter(|school| {
            (coordinator && school.stays.iter().any(|stay| stay.left_on.is_none_or(|left| left >= today))) || led.contains(&school.id)
        });
        let mut options: Vec<(String, String)> = open.map(|school| (school.id.to_string(), school.name.clone())).collect();
        let chosen = self.ask.school_id(self.member).map(|school| school.to_string()).unwrap_or_default();
        if chosen.is_empty() {
            options.insert(0, (String::new(), "Choose a school".to_owned()));
        }
        html! { @if options.len() > 1 { (field("school", "For which school", &chosen).select(&self.errors, &options)) } }
    }
}

/// Who has it, and what is free instead. `at` gives the address that takes the days on a copy, `other` that of another resource.
#[must_use]
pub fn instead(
    taken: &Taken,
    similar: &[Similar],
    at: impl Fn(Period, Option<CopyId>) -> String,
    other: impl Fn(ResourceId) -> String,
) -> Markup {
    html! {
        section.panel.card.instead aria-labelledby="instead" {
            h2 #instead { "What you can have instead" }
            @if !taken.free_instead.is_empty() {
                h3 { "The same box on these days" }
                ul.quick { @for (copy, tag) in &taken.free_instead { li { a.btn href=(at(taken.days, Some(*copy))) { (tag) ", " (taken.days) } } } }
            }
            @for copy in &taken.copies {
                @let offers: Vec<Period> = copy.nearest.before.into_iter().chain(copy.nearest.after).collect();
                h3 {
                    (copy.tag) ": "
                    @if let Some(until) = copy.offered_to { "offered to " (copy.by) " until " (days::full(until)) ", for " (copy.has) }
                    @else { (copy.by) " has it " @if copy.has.first() == copy.has.last() { "on " } @else { "from " } (copy.has) }
                }
                @if offers.is_empty() { p { "No other days of the same length are free near them." } }
                @else {
                    p { "The nearest free days of the same length:" }
                    ul.quick { @for days in offers { li { a.btn href=(at(days, Some(copy.copy))) { (icon("calendar-days")) (days) } } } }
                }
            }
            @if !similar.is_empty() {
                h3 { "Other boxes free on these days" }
                ul.quick { @for one in similar { li { a.btn href=(other(one.id)) { (one.name) } } } }
            }
        }
    }
}

/// The address at which one joins the waiting list for a box with these answers.
#[must_use]
pub fn wait_at(base: &str, of: ResourceId, ask: &Ask) -> String {
    let page = format!("{base}/waits/new");
    let with = ask.at(&page);
    format!("{with}{}resource={of}", if with == page { '?' } else { '&' })
}

/// The waiting list, for whoever needs exactly the days that others have.
#[must_use]
pub fn or_wait(href: &str) -> Markup {
    banner(
        Tone::Plain,
        "Do you need exactly these days?",
        html! {
            p { "Join the waiting list. When the days become free, they are offered to one school at a time, in the order of asking." }
            p.acts { a.btn href=(href) { (icon("clock")) "Join the waiting list for these days" } }
        },
    )
}

/// Which copy: one of those that are `offered`, the complete ones first, or (`any`) whichever is free. Of the others it says why not.
#[must_use]
pub fn copies(shelf: &Shelf, copies: &[Copy], chosen: &str, any: bool, errors: &Errors, offered: impl Fn(&ShelfCopy) -> bool) -> Markup {
    let all: Vec<(&Copy, &ShelfCopy)> = copies.iter().zip(&shelf.copies).collect();
    let (mut open, closed): (Vec<_>, Vec<_>) = all.into_iter().partition(|(copy, on)| copy.id.to_string() == chosen || offered(on));
    open.sort_by_key(|(_, on)| missing::rank(&on.missing));
    let mut choices = if any { vec![choice("", "Any that is free")] } else { Vec::new() };
    choices.extend(open.iter().map(|(copy, on)| {
        let mut one = choice(copy.id.to_string(), &copy.tag);
        one.named = Some(beside(&Beside::of_copy(&copy.tag, &copy.plight, copy.state, shelf.today), &copy.tag));
        one.hint = match why_not_lent(shelf, on) {
            Some(why) => why,
            None => format!("Kept at {}", shelf.name(copy.home)),
        };
        one.more = missing_now(&on.missing);
        one
    }));
    html! {
        (radios("copy", "Which copy", "", chosen, errors, &choices))
        @if !closed.is_empty() {
            ul.hint.closed { @for (copy, on) in closed { li { (beside(&Beside::of_copy(&copy.tag, &copy.plight, copy.state, shelf.today), html! { b { (copy.tag) } })) ": " (why_not_lent(shelf, on).unwrap_or_else(|| "taken on these days".to_owned())) } } }
        }
    }
}

/// Why a copy can be lent on no day now: "being repaired", "late at Saxton".
fn why_not_lent(shelf: &Shelf, copy: &ShelfCopy) -> Option<String> {
    let late = copy.late(shelf.today).map(|late| format!("late at {}", shelf.name(late.school)));
    copy.out_of_service.clone().or(late)
}

/// The rules in words, beside the form.
fn rules(shelf: &Shelf) -> Markup {
    let rules = &shelf.rules;
    if rules.shortest_notice_days == 0 && rules.turnaround_days == 0 && !rules.approval_needed {
        return html! {};
    }
    html! {
        section.panel.card aria-labelledby="rules" {
            h2 #rules { "Good to know" }
            ul {
                @if rules.shortest_notice_days > 0 { li { "Book at least " (rules.shortest_notice_days) " school days ahead." } }
                @if rules.turnaround_days > 0 { li { (rules.turnaround_days) " days after each loan are kept free for travel and checking." } }
                @if rules.approval_needed { li { "The coordinator approves each request. Your days are kept meanwhile." } }
            }
        }
    }
}
