//! When, on the reserve form: half-terms and weeks as buttons, the weeks of a term as a strip, and the two dates for whoever needs others.
//!
//! Every button sends the whole form, so that nothing typed is lost and no script is needed.

use maud::{Markup, html};

use super::ask::Ask;
use super::picks::{Picks, Span, State};
use crate::base::days::{self, Period};
use crate::bookings::{Limit, Shelf};
use crate::web::forms::{Errors, dates, day_select};

/// The whole of it. `page`: the address that answers a tap.
#[must_use]
pub fn when(shelf: &Shelf, picks: &Picks<'_>, ask: &Ask, page: &str, errors: &Errors) -> Markup {
    let chosen = ask.days();
    let lengths = picks.lengths();
    let wrong = ["from", "to"].into_iter().any(|name| errors.of(name).is_some());
    html! {
        section.when #when aria-labelledby="when-head" {
            h2 #when-head { "When" }
            p.hint #limit { (limits(shelf, picks, ask)) }
            (buttons("Half-terms", &picks.half_terms(), chosen, page))
            @if !lengths.is_empty() {
                p.from { "From " (days::full(lengths[0].days.first())) " for" }
                (buttons("School weeks", &lengths, chosen, page))
            }
            h3 { (picks.window.name) }
            p.hint { "Tap the first week, then the last one." }
            (strip(picks, chosen, page))
            p.turn {
                @if let Some(day) = picks.earlier() { button.btn.small type="submit" name="at" value=(day) formaction=(to(page)) { "Earlier weeks" } " " }
                @if let Some((name, day)) = picks.later() { button.btn.small type="submit" name="at" value=(day) formaction=(to(page)) { "Later: " (name) } }
            }
            p.chosen role="status" {
                @match chosen {
                    Some(days) => { b { "Chosen: " } (days::full(days.first())) @if days.first() != days.last() { " to " (days::full(days.last())) } }
                    None => { "No days are chosen yet." }
                }
            }
            details.more #other open[wrong || chosen.is_none() && (ask.first().is_some() || ask.last().is_some())] {
                summary { "Other dates" }
                (dates("Loan dates", "Both days are part of the loan. Only school days are listed.", "from", "to", errors, html! {
                    (day_select("from", "Use it from", ask.first(), &picks.weeks(ask), errors))
                    (day_select("to", "Use it until", ask.last(), &picks.weeks(ask), errors))
                }))
            }
        }
    }
}

/// The rules that bind the days, said before they are chosen.
fn limits(shelf: &Shelf, picks: &Picks<'_>, ask: &Ask) -> Markup {
    let first = ask.first().unwrap_or(picks.anchor);
    let Limit { last, instead } = shelf.limit(first);
    let most = shelf.rules.most_live_bookings;
    let has = ask.days().map(|days| shelf.at_once(days));
    html! {
        "A loan can last " (shelf.rules.longest.words())
        @if let Some(weeks) = instead { " (the terms of that time are not entered yet, so it is " (weeks) " school weeks)" }
        ": with " (days::full(first)) " as the first day, to " (days::full(last)) ". "
        "A school can have " (most) " " @if most == 1 { "loan" } @else { "loans" } " at the same time"
        @if let Some(has) = has { "; on these days it has " (has) }
        "."
    }
}

fn buttons(label: &str, spans: &[Span], chosen: Option<Period>, page: &str) -> Markup {
    html! {
        ul.quick aria-label=(label) {
            @for span in spans {
                li {
                    @match &span.not {
                        None => {
                            button.btn type="submit" name="pick" value={ (span.days.first()) "_" (span.days.last()) } formaction=(to(page))
                                aria-pressed=(pressed(chosen == Some(span.days))) { (span.name) " " small { (short_days(span.days)) } }
                        }
                        Some(why) => { span.off { (span.name) " " small { (short_days(span.days)) ": " (why) } } }
                    }
                }
            }
        }
    }
}

fn strip(picks: &Picks<'_>, chosen: Option<Period>, page: &str) -> Markup {
    html! {
        ol.weeks {
            @for (week, state) in picks.strip() {
                li {
                    @match state {
                        State::Free(open) => {
                            button type="submit" name="pick" value=(open.first()) formaction=(to(page))
                                aria-pressed=(pressed(chosen.is_some_and(|chosen| chosen.overlaps(open)))) {
                                b { (days::brief(open.first())) } " " small { "to " (days::brief(open.last())) }
                            }
                        }
                        State::Not(why) => { span.off { b { (days::brief(week.monday)) } " " small { (why) } } }
                    }
                }
            }
        }
    }
}

/// The form again, where the weeks are.
fn to(page: &str) -> String {
    format!("{page}#when")
}

fn pressed(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

/// "5 to 9 Oct": a week on a button.
fn short_days(period: Period) -> String {
    let (first, last) = (period.first(), period.last());
    let same = first.format("%Y-%m").to_string() == last.format("%Y-%m").to_string();
    match (first == last, same) {
        (true, _) => days::brief(last),
        (false, true) => format!("{} to {}", first.format("%-d"), days::brief(last)),
        (false, false) => format!("{} to {}", days::brief(first), days::brief(last)),
    }
}
