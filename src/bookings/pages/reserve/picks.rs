//! What can be picked on the reserve form, before anything is sent: weeks and half-terms that are free, that the rules allow and for
//! which the school has room; and for the rest of them, why not. Pure.

use super::ask::Ask;
use crate::base::days::{self, Day, Period};
use crate::base::ids::CopyId;
use crate::bookings::{Shelf, ShelfCopy, spans};
use crate::catalogue::year_name;
use crate::web::forms;
use crate::year::Week;

/// A week of the strip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be had: from its first to its last school day.
    Free(Period),
    /// It cannot, in a word or two: "Saxton", "Half-term".
    Not(String),
}

/// What a button for several weeks stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// "This half-term", "2 weeks".
    pub name: String,
    /// Its days.
    pub days: Period,
    /// Why it cannot be had.
    pub not: Option<String>,
}

/// What can be picked around a day.
pub struct Picks<'a> {
    shelf: &'a Shelf,
    chosen: Option<CopyId>,
    /// The day the picks are for.
    pub anchor: Day,
    /// The term whose weeks are shown.
    pub window: crate::year::Window,
    bookable: Option<Period>,
}

impl<'a> Picks<'a> {
    /// Around the first day chosen, else around the first free one.
    #[must_use]
    pub fn of(shelf: &'a Shelf, chosen: Option<CopyId>, first: Option<Day>) -> Self {
        Self::at(shelf, chosen, first, None)
    }

    /// The same with the weeks around another day shown.
    #[must_use]
    pub fn at(shelf: &'a Shelf, chosen: Option<CopyId>, first: Option<Day>, shown: Option<Day>) -> Self {
        let anchor = first.or_else(|| shelf.next_free(shelf.today).map(|(_, span)| span.first())).unwrap_or(shelf.today);
        let bookable = shelf.rules.bookable(shelf.today, &shelf.calendar, Some(shelf.standing.school));
        Self { shelf, chosen, anchor, window: shelf.calendar.window(shown.unwrap_or(anchor)), bookable }
    }

    fn copies(&self) -> impl Iterator<Item = &ShelfCopy> {
        let today = self.shelf.today;
        self.shelf.copies.iter().filter(|copy| self.chosen.is_none_or(|chosen| chosen == copy.id)).filter(move |copy| copy.is_lent(today))
    }

    fn is_free(&self, days: Period) -> bool {
        let hold = days.extended(self.shelf.rules.turnaround_days);
        self.bookable.is_some_and(|bookable| bookable.intersect(days) == Some(days))
            && self.copies().any(|copy| spans::is_free(&copy.slots, hold))
    }

    /// Whether the days could be booked, if only a copy were free.
    #[must_use]
    pub fn is_taken(&self, days: Period) -> bool {
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

    /// Why days that lie in order cannot be had, in a few words; `None` when they can.
    fn why_not(&self, days: Period) -> Option<String> {
        if self.bookable.is_none_or(|bookable| bookable.intersect(days) != Some(days)) {
            return Some("Too far ahead, or too soon".to_owned());
        }
        if days.last() > self.shelf.limit(days.first()).last {
            return Some(format!("Longer than {}", self.shelf.rules.longest.words()));
        }
        if self.shelf.full(days, None).is_some() {
            return Some(format!("You have {} loans then", self.shelf.rules.most_live_bookings));
        }
        (!self.is_free(days)).then(|| self.who_has(days))
    }

    /// Who has the only copy on one of the days; "Taken" where there are several.
    fn who_has(&self, days: Period) -> String {
        let hold = days.extended(self.shelf.rules.turnaround_days);
        let mut copies = self.copies();
        let slot = copies.next().and_then(|copy| spans::clash(&copy.slots, hold));
        match slot.filter(|_| copies.next().is_none()) {
            Some(slot) if slot.kind == crate::bookings::Kind::Loan => self.shelf.name(slot.school).to_owned(),
            _ => "Taken".to_owned(),
        }
    }

    /// The weeks of the window that are not past, each with whether it can be had.
    #[must_use]
    pub fn strip(&self) -> Vec<(Week, State)> {
        let school = Some(self.shelf.standing.school);
        let earliest = self.bookable.map_or(self.shelf.today, Period::first);
        let weeks = self.shelf.calendar.weeks(self.window.days, school).filter(|week| days::add(week.monday, 4) >= earliest);
        let state = |week: &Week| match week.school.and_then(|open| Period::new(open.first().max(earliest), open.last())) {
            None => {
                let why = self.shelf.calendar.why_week_closed(week.monday, school);
                State::Not(why.map_or("Closed", |why| why.label()).to_owned())
            }
            Some(open) => self.why_not(open).map_or(State::Free(open), State::Not),
        };
        weeks.map(|week| (week, state(&week))).collect()
    }

    /// The days that are chosen once a week has been tapped: the first tap is the first week, a later week after it the last one. What
    /// cannot be had as a whole begins anew.
    fn tapped(&self, chosen: Option<Period>, week: Period) -> Period {
        let one_week = chosen.filter(|chosen| days::monday(chosen.first()) == days::monday(chosen.last()));
        let whole = one_week.and_then(|first| Period::new(first.first(), week.last()));
        whole.filter(|whole| self.why_not(*whole).is_none()).unwrap_or(week)
    }

    /// This half-term and the next one, as the school has them.
    #[must_use]
    pub fn half_terms(&self) -> Vec<Span> {
        let school = Some(self.shelf.standing.school);
        let Some(bookable) = self.bookable else { return Vec::new() };
        let half = |day| self.shelf.calendar.half_term_of(day, school);
        let this = half(bookable.first()).and_then(|half| Period::new(half.first().max(bookable.first()), half.last()));
        let this = this.and_then(|half| self.shelf.calendar.snap(half, school));
        let next = this.and_then(|this| half(days::add(this.last(), 1)));
        let named = [("This half-term", this), ("Next half-term", next)];
        let span = |(name, days): (&str, Option<Period>)| Some(Span { name: name.to_owned(), days: days?, not: self.why_not(days?) });
        named.into_iter().filter_map(span).collect()
    }

    /// One to four school weeks from the day the picks are for, as far as they can be had.
    #[must_use]
    pub fn lengths(&self) -> Vec<Span> {
        let school = Some(self.shelf.standing.school);
        let free = || self.strip().into_iter().find_map(|(_, state)| if let State::Free(days) = state { Some(days.first()) } else { None });
        let first = if self.shelf.calendar.is_school_day(self.anchor, school) { Some(self.anchor) } else { free() };
        let Some(first) = first else { return Vec::new() };
        let ends = self.shelf.calendar.weeks(Period::new(first, days::add(first, 120)).unwrap_or(Period::day(first)), school);
        let ends = ends.filter_map(|week| week.school).map(Period::last);
        (1..=4)
            .zip(ends)
            .filter_map(|(n, last)| Some(Span { name: crate::bookings::pages::weeks(n), days: Period::new(first, last)?, not: None }))
            .take_while(|span| self.why_not(span.days).is_none())
            .collect()
    }

    /// The answers with what was tapped: a week by its first day, or a span as `FIRST_LAST`.
    #[must_use]
    pub fn pick(&self, ask: &Ask) -> Ask {
        let day = |text: &str| days::parse_iso(text);
        let tapped = match ask.pick.split_once('_') {
            Some((first, last)) => day(first).zip(day(last)).and_then(|(first, last)| Period::new(first, last)),
            None => day(&ask.pick).and_then(|first| {
                let week = Period::new(first, days::add(days::monday(first), 6))?;
                let open = self.shelf.calendar.snap(week, Some(self.shelf.standing.school))?;
                Some(self.tapped(ask.days(), open))
            }),
        };
        tapped.map_or_else(|| ask.clone(), |days| ask.moved(days, None))
    }

    /// Where the weeks before begin, when some can be booked.
    #[must_use]
    pub fn earlier(&self) -> Option<Day> {
        let before = self.shelf.calendar.window_before(&self.window);
        (before.days.last() >= self.bookable?.first()).then(|| before.days.first().max(self.shelf.today))
    }

    /// What comes after, and where it begins.
    #[must_use]
    pub fn later(&self) -> Option<(String, Day)> {
        let after = self.shelf.calendar.window_after(&self.window);
        let day = self.shelf.calendar.next(after.days.first(), Some(self.shelf.standing.school))?;
        (day <= self.bookable?.last()).then_some((after.name, day))
    }

    /// The school days that the selects list: this term's and the next one's, and the chosen days wherever they are.
    #[must_use]
    pub fn weeks(&self, ask: &Ask) -> Vec<forms::Week> {
        let school = Some(self.shelf.standing.school);
        let after = self.shelf.calendar.window_after(&self.window);
        let chosen = [ask.first(), ask.last()];
        let Some(bookable) = self.bookable else { return Vec::new() };
        let first = self.window.days.first().max(bookable.first());
        let last = after.days.last().min(bookable.last());
        let shown = Period::new(first, last).unwrap_or(Period::day(first));
        let mut weeks: Vec<forms::Week> = Vec::new();
        let outside = |day: &&Option<Day>| day.is_some_and(|day| !shown.contains(day) || !self.shelf.calendar.is_school_day(day, school));
        for day in chosen.iter().filter(outside).flatten() {
            weeks.push(forms::Week { name: "Your choice".to_owned(), days: vec![(*day, words(*day))] });
        }
        weeks.dedup_by(|a, b| a.days == b.days);
        for week in self.shelf.calendar.weeks(shown, school) {
            let Some(open) = week.school.and_then(|days| days.intersect(shown)) else { continue };
            let days = self.shelf.calendar.school_days(open, school);
            let days = days
                .map(|day| (day, if self.is_free(Period::day(day)) { words(day) } else { format!("{} (taken)", words(day)) }))
                .collect();
            weeks.push(forms::Week { name: week.heading(), days });
        }
        weeks
    }
}

/// "Thu 26 Nov": the week's heading says the year, and a phone has room for no more.
fn words(day: Day) -> String {
    days::short(day)
}

/// The classes to choose from, and the one that is chosen from the start: what the school used last for this box, or last of its year
/// groups. `used`: what the school booked for, newest first, and whether it was this box.
#[must_use]
pub fn classes((from, to): (u8, u8), used: &[(String, bool)]) -> (Vec<String>, Option<String>) {
    /// Classes beside the year groups.
    const MORE: usize = 4;
    let years: Vec<String> = (from..=to).map(year_name).collect();
    let fits =
        |class: &str| years.iter().any(|year| class == year || class.strip_prefix(year.as_str()).is_some_and(|rest| rest.starts_with(' ')));
    let usual = used.iter().find(|(_, here)| *here).or_else(|| used.iter().find(|(class, _)| fits(class)));
    let usual = usual.map(|(class, _)| class.clone()).or_else(|| years.first().filter(|_| years.len() == 1).cloned());
    let mut all = years.clone();
    for (class, here) in used {
        if all.len() < years.len() + MORE && !all.contains(class) && (*here || fits(class)) {
            all.push(class.clone());
        }
    }
    (all, usual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::reserve::tests::{shelf, three};
    use crate::bookings::samples::{day, period, slot};
    use crate::clusters::longest::Longest;

    #[test]
    fn a_half_term_is_one_button_and_says_why_when_it_cannot_be_had() {
        let mut shelf = shelf(vec![slot(1, "2026-12-07", "2026-12-11")]);
        shelf.rules.longest = Longest::HalfTerm;
        let halves = |shelf: &Shelf| Picks::of(shelf, None, None).half_terms();
        let [this, next] = &halves(&shelf)[..] else { panic!("two") };
        assert_eq!((this.name.as_str(), this.days, &this.not), ("This half-term", period("2026-10-14", "2026-10-23"), &None));
        assert_eq!((next.days, next.not.as_deref()), (period("2026-11-03", "2026-12-18"), Some("Monk Fryston")));
        shelf.copies[0].slots.clear();
        assert_eq!(halves(&shelf)[1].not, None);
        shelf.rules.longest = Longest::Weeks(3);
        assert_eq!(halves(&shelf)[1].not.as_deref(), Some("Longer than 3 school weeks"));
        shelf.own = three("2026-10-19", "2026-10-20");
        assert_eq!(halves(&shelf)[0].not.as_deref(), Some("You have 3 loans then"));
    }

    #[test]
    fn the_first_tap_is_the_first_week_and_the_second_the_last() {
        let mut shelf = shelf(vec![slot(1, "2026-12-07", "2026-12-11")]);
        shelf.rules.longest = Longest::HalfTerm;
        let picks = Picks::of(&shelf, None, None);
        let tap = |ask: &Ask, pick: &str| picks.pick(&Ask { pick: pick.into(), ..ask.clone() });
        let first = tap(&Ask::default(), "2026-11-09");
        assert_eq!(first.days(), Some(period("2026-11-09", "2026-11-13")));
        let both = tap(&first, "2026-11-30");
        assert_eq!(both.days(), Some(period("2026-11-09", "2026-12-04")));
        assert_eq!(tap(&first, "2026-11-23").days(), Some(period("2026-11-09", "2026-11-26")), "Saxton's Friday is an INSET day");
        assert_eq!(tap(&both, "2026-11-16").days(), Some(period("2026-11-16", "2026-11-20")), "a third tap begins anew");
        assert_eq!(tap(&first, "2026-11-03").days(), Some(period("2026-11-03", "2026-11-06")), "and so does a week before");
        assert_eq!(tap(&first, "2026-12-14").days(), Some(period("2026-12-14", "2026-12-18")), "and one behind what is taken");
        assert_eq!(tap(&first, "2026-11-03_2026-11-20").days(), Some(period("2026-11-03", "2026-11-20")), "a button is what it says");
        assert_eq!(tap(&first, "nonsense").days(), first.days());
    }

    #[test]
    fn the_strip_says_of_each_week_whether_it_can_be_had() {
        let mut shelf = shelf(vec![slot(1, "2026-12-07", "2026-12-11")]);
        shelf.own = three("2026-11-23", "2026-11-24");
        let strip = Picks::of(&shelf, None, Some(day("2026-11-09"))).strip();
        let said = |monday: &str| strip.iter().find(|(week, _)| week.monday == day(monday)).map(|(_, state)| state.clone());
        let not = |words: &str| Some(State::Not(words.into()));
        assert_eq!(said("2026-10-12"), Some(State::Free(period("2026-10-14", "2026-10-16"))), "from today on");
        assert_eq!(said("2026-10-26"), not("Half-term"));
        assert_eq!(said("2026-11-23"), not("You have 3 loans then"));
        assert_eq!(said("2026-12-07"), not("Monk Fryston"));
        assert_eq!(said("2026-10-05"), None, "it is past");
    }

    #[test]
    fn the_class_of_last_time_is_chosen_already() {
        let used = |all: &[(&str, bool)]| all.iter().map(|(class, here)| ((*class).to_owned(), *here)).collect::<Vec<_>>();
        let chosen = |all: &[(&str, bool)]| classes((3, 5), &used(all)).1;
        assert_eq!(chosen(&[]), None, "nobody guesses among three");
        assert_eq!(classes((4, 4), &[]).1.as_deref(), Some("Year 4"));
        assert_eq!(chosen(&[("Year 6", false), ("Year 4 Owls", false)]).as_deref(), Some("Year 4 Owls"));
        assert_eq!(chosen(&[("Year 4", false), ("Kestrels", true)]).as_deref(), Some("Kestrels"), "of this box");
        assert_eq!(chosen(&[("Year 40", false)]), None);
        assert_eq!(classes((3, 4), &used(&[("Owls", true), ("Year 3", true)])).0, ["Year 3", "Year 4", "Owls"]);
    }
}
