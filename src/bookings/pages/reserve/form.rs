//! The reserve form: weeks in one click, date selects of school days, which copy, for which class; and, when it was refused,
//! who has it and what can be had instead, each one click away.

use maud::{Markup, html};

use super::ask::Ask;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{CopyId, ResourceId};
use crate::bookings::pages::beside;
use crate::bookings::stands::Beside;
use crate::bookings::store::plan::Copy;
use crate::bookings::store::shelf::{Reading, Similar};
use crate::bookings::{Refusal, Shelf, ShelfCopy, Taken, spans};
use crate::people::{Member, RoleKind};
use crate::web::forms::{Errors, Week, checkbox, choice, dates, day_select, error_summary, field, hidden, radios, submit};
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
        let picks = Picks::of(&self.reading.shelf, self.ask.copy_id(), self.ask.first());
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
                    div.form {
                        (self.quick(&picks))
                        form method="get" action={ (self.page()) "/check" } novalidate {
                            @if !self.ask.repeat.is_empty() { (hidden("repeat", &self.ask.repeat)) }
                            (dates("Loan dates", "Both days are part of the loan. Only school days are listed.", "from", "to", &self.errors, html! {
                                (day_select("from", "Use it from", self.ask.first(), &picks.weeks(self.ask), &self.errors))
                                (day_select("to", "Use it until", self.ask.last(), &picks.weeks(self.ask), &self.errors))
                            }))
                            @if title.copies.len() > 1 { (copies(&self.reading.shelf, &title.copies, &self.ask.copy, true, &self.errors)) }
                            (self.schools())
                            (field("class", "Class or year group", &self.ask.class).hint("For example, Year 4 or Kestrels").text(&self.errors))
                            (field("purpose", "What it is for", &self.ask.purpose).hint("For example, making circuits").optional().width("full").text(&self.errors))
                            (field("pupils", "How many pupils", &self.ask.pupils).optional().number().text(&self.errors))
                            @if coordinator { (checkbox("restock", "Keep it for restocking or repair", "It is not lent on these days", self.ask.restock == "yes", &self.errors)) }
                            @if coordinator && (self.refusal.is_some_and(|refusal| refusal.rule().is_some()) || !self.ask.reason.is_empty()) {
                                (field("reason", "Reason for setting the rule aside", &self.ask.reason)
                                    .hint("As coordinator you can book in spite of this rule. The reason is kept with the booking.").width("full").text(&self.errors))
                            }
                            (submit("Check and confirm"))
                        }
                    }
                }
                (rules(&self.reading.shelf, self.whose()))
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

    /// Weeks, lengths and half-terms as links.
    fn quick(&self, picks: &Picks<'_>) -> Markup {
        let coordinator = self.member.is(RoleKind::Coordinator);
        let page = self.page();
        let link = |days: Period, words: &str| {
            let chosen = self.ask.days() == Some(days);
            html! { li { a.btn href=(self.ask.moved(days, None).at(&page)) aria-current=[chosen.then_some("true")] { (words) } } }
        };
        let turn = |day: Day| Ask { from: day.to_string(), to: String::new(), ..self.ask.clone() }.at(&page);
        let lengths = self.ask.first().map(|first| picks.lengths(first)).unwrap_or_default();
        html! {
            h2 { "Free weeks, " (picks.window.name) }
            @let weeks = picks.free_weeks();
            @if weeks.is_empty() { p.hint { "No whole week is free in this term." } }
            @else { ul.quick { @for days in weeks { (link(days, &short_days(days))) } } }
            @if lengths.len() > 1 {
                h3 { "From " (days::full(picks.anchor)) " for" }
                ul.quick { @for (words, days) in &lengths { (link(*days, words)) } }
            }
            @let halves = picks.half_terms(coordinator);
            @if !halves.is_empty() {
                h3 { "A whole half-term" }
                ul.quick { @for days in halves { (link(days, &short_days(days))) } }
            }
            p.turn {
                @if let Some(day) = picks.earlier() { a href=(turn(day)) rel="prev" { "Earlier weeks" } " · " }
                @if let Some((name, day)) = picks.later() { a href=(turn(day)) rel="next" { "Later: " (name) } }
            }
        }
    }

    /// The school that the form is for, as the person at the form would say it; none as long as none is chosen.
    fn whose(&self) -> Option<&str> {
        let school = self.reading.shelf.standing.school;
        if self.member.schools_led().any(|led| led.id == school) {
            return Some("yours");
        }
        self.reading.schools.iter().find(|one| one.id == school).map(|one| one.short_name.as_str())
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

/// Which copy: one of them, or (`any`) whichever is free.
#[must_use]
pub fn copies(shelf: &Shelf, copies: &[Copy], chosen: &str, any: bool, errors: &Errors) -> Markup {
    let mut choices = if any { vec![choice("", "Any that is free")] } else { Vec::new() };
    for (copy, on) in copies.iter().zip(&shelf.copies) {
        let mut one = choice(copy.id.to_string(), &copy.tag);
        one.named = Some(beside(&Beside::of_copy(&copy.tag, &copy.plight, copy.state, shelf.today), &copy.tag));
        one.hint = match (&on.out_of_service, on.late(shelf.today)) {
            (Some(why), _) => format!("It is {why}"),
            (None, Some(late)) => format!("Late at {}", shelf.name(late.school)),
            (None, None) => format!("Kept at {}", shelf.name(copy.home)),
        };
        choices.push(one);
    }
    radios("copy", "Which copy", "", chosen, errors, &choices)
}

/// The rules in words, beside the form.
fn rules(shelf: &Shelf, whose: Option<&str>) -> Markup {
    let rules = &shelf.rules;
    html! {
        section.panel.card aria-labelledby="rules" {
            h2 #rules { "Good to know" }
            ul {
                li { "A loan can last " (rules.longest_loan_days) " days, weekends included." }
                @if rules.shortest_notice_days > 0 { li { "Book at least " (rules.shortest_notice_days) " school days ahead." } }
                @if rules.turnaround_days > 0 { li { (rules.turnaround_days) " days after each loan are kept free for travel and checking." } }
                li {
                    "A school can have " (rules.most_live_bookings) " bookings at a time"
                    @if let Some(school) = whose { "; " (school) " has " (shelf.live_bookings) }
                    "."
                }
                @if rules.approval_needed { li { "The coordinator approves each request. Your days are kept meanwhile." } }
            }
        }
    }
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

/// What can be picked around a day.
pub struct Picks<'a> {
    shelf: &'a Shelf,
    chosen: Option<CopyId>,
    /// The day the picks are for.
    anchor: Day,
    /// The term around it.
    window: crate::year::Window,
    bookable: Option<Period>,
}

impl<'a> Picks<'a> {
    /// Around the first day chosen, else around the first free one.
    #[must_use]
    pub fn of(shelf: &'a Shelf, chosen: Option<CopyId>, first: Option<Day>) -> Self {
        let anchor = first.or_else(|| shelf.next_free(shelf.today).map(|(_, span)| span.first())).unwrap_or(shelf.today);
        let bookable = shelf.rules.bookable(shelf.today, &shelf.calendar, Some(shelf.standing.school));
        Self { shelf, chosen, anchor, window: shelf.calendar.window(anchor), bookable }
    }

    fn copies(&self) -> impl Iterator<Item = &ShelfCopy> {
        let today = self.shelf.today;
        let open = move |copy: &&ShelfCopy| copy.out_of_service.is_none() && copy.late(today).is_none();
        self.shelf.copies.iter().filter(|copy| self.chosen.is_none_or(|chosen| chosen == copy.id)).filter(open)
    }

    fn is_free(&self, days: Period) -> bool {
        let hold = days.extended(self.shelf.rules.turnaround_days);
        self.bookable.is_some_and(|bookable| bookable.intersect(days) == Some(days))
            && self.copies().any(|copy| spans::is_free(&copy.slots, hold))
    }

    /// Whether the days could be booked, if only a copy were free.
    fn is_taken(&self, days: Period) -> bool {
        self.bookable.is_some_and(|bookable| bookable.intersect(days) == Some(days)) && !self.is_free(days)
    }

    /// "Free from Thursday 26 November to Friday 18 December 2026".
    #[must_use]
    pub fn free_words(&self) -> String {
        match self.shelf.next_free(self.shelf.today) {
            Some((_, span)) => format!("Next free from {}", days::full(span.first())),
            None => match self.shelf.copies.iter().find_map(|copy| copy.late(self.shelf.today)) {
                Some(late) => format!("Late at {} since {}", self.shelf.name(late.school), days::full(late.days.last())),
                None => "Not free at the moment".to_owned(),
            },
        }
    }

    fn free_weeks(&self) -> Vec<Period> {
        let school = Some(self.shelf.standing.school);
        let earliest = self.bookable.map_or(self.shelf.today, Period::first);
        let weeks = self.shelf.calendar.weeks(self.window.days, school).filter_map(|week| week.school);
        weeks.filter_map(|days| Period::new(days.first().max(earliest), days.last())).filter(|days| self.is_free(*days)).collect()
    }

    /// One to four weeks from a day, as far as the rules and the copies let.
    fn lengths(&self, first: Day) -> Vec<(String, Period)> {
        let school = Some(self.shelf.standing.school);
        let weeks = self.shelf.calendar.weeks(Period::new(first, days::add(first, 120)).unwrap_or(Period::day(first)), school);
        let ends = weeks.filter_map(|week| week.school).map(Period::last);
        let fits = |days: &Period| days.len_days() <= i64::from(self.shelf.rules.longest_loan_days) && self.is_free(*days);
        (1..=6)
            .zip(ends)
            .filter_map(|(n, last)| Some((crate::bookings::pages::weeks(n), Period::new(first, last)?)))
            .take_while(|(_, days)| fits(days))
            .collect()
    }

    fn half_terms(&self, any_length: bool) -> Vec<Period> {
        let school = Some(self.shelf.standing.school);
        let halves = self.shelf.calendar.half_terms(self.window.days, school).map(|(_, days)| days);
        let longest = i64::from(self.shelf.rules.longest_loan_days);
        halves.filter(|days| (any_length || days.len_days() <= longest) && self.is_free(*days)).collect()
    }

    fn earlier(&self) -> Option<Day> {
        let before = self.shelf.calendar.window_before(&self.window);
        (before.days.last() >= self.bookable?.first()).then(|| before.days.first().max(self.shelf.today))
    }

    fn later(&self) -> Option<(String, Day)> {
        let after = self.shelf.calendar.window_after(&self.window);
        let day = self.shelf.calendar.next(after.days.first(), Some(self.shelf.standing.school))?;
        (day <= self.bookable?.last()).then_some((after.name, day))
    }

    /// The school days that the selects list: this term's and the next one's, and the chosen days wherever they are.
    #[must_use]
    pub fn weeks(&self, ask: &Ask) -> Vec<Week> {
        let school = Some(self.shelf.standing.school);
        let after = self.shelf.calendar.window_after(&self.window);
        let chosen = [ask.first(), ask.last()];
        let Some(bookable) = self.bookable else { return Vec::new() };
        let first = self.window.days.first().max(bookable.first());
        let last = after.days.last().min(bookable.last());
        let shown = Period::new(first, last).unwrap_or(Period::day(first));
        let mut weeks: Vec<Week> = Vec::new();
        let outside = |day: &&Option<Day>| day.is_some_and(|day| !shown.contains(day) || !self.shelf.calendar.is_school_day(day, school));
        for day in chosen.iter().filter(outside).flatten() {
            weeks.push(Week { name: "Your choice".to_owned(), days: vec![(*day, words(*day))] });
        }
        weeks.dedup_by(|a, b| a.days == b.days);
        for week in self.shelf.calendar.weeks(shown, school) {
            let Some(open) = week.school.and_then(|days| days.intersect(shown)) else { continue };
            let days = self.shelf.calendar.school_days(open, school);
            let days = days
                .map(|day| (day, if self.is_free(Period::day(day)) { words(day) } else { format!("{} (taken)", words(day)) }))
                .collect();
            weeks.push(Week { name: week.heading(), days });
        }
        weeks
    }
}

/// "Thu 26 Nov": the week's heading says the year, and a phone has room for no more.
fn words(day: Day) -> String {
    days::short(day)
}
