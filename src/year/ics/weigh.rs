//! What is weighed when all have spoken: of each end of a term the day on which the surest events agree, of each half-term its days, of
//! the closed days those that are in no holiday. What differs is said.

use std::collections::BTreeSet;

use super::ledger::Ledger;
use super::season::{LONGEST_HALF, Run, Said, Word, Year};
use super::slots::{self, Gap, Key, Slot, after, before, weekdays_of};
use super::words::Voice;
use crate::base::days::{self, Day, Period};
use crate::year::Closure;
use crate::year::plan::{Planned, year_name};

/// What lies so near to the end of a term and outside it is in its holiday.
const NEAR: i64 = 21;

impl Said<'_> {
    fn words(&self, slot: Slot) -> Vec<Word> {
        let mut words = self.slots.get(&slot).cloned().unwrap_or_default();
        words.sort_unstable();
        words
    }

    /// Whether there is no school for the pupils on any weekday from the one to before the other.
    fn off_between(&self, from: Day, to: Day) -> bool {
        from.iter_days().take_while(|day| *day < to).filter(|day| days::is_weekday(*day)).all(|day| self.off.contains(&day))
    }

    /// The day of an end on which the surest events agree, with them; the others are said to differ.
    fn end(&self, slot: Slot, earliest: bool) -> Option<Word> {
        let words = self.words(slot);
        let of = |some: &dyn Fn(&Word) -> bool| {
            let mut them = words.iter().filter(|word| some(word));
            if earliest { them.next().copied() } else { them.next_back().copied() }
        };
        let general = of(&|word| word.voice > Some(Voice::Some));
        let pupils = of(&|word| word.voice == Some(Voice::Pupils));
        let term = of(&|word| word.voice == Some(Voice::Term));
        let best = match (general, pupils) {
            // "Pupils resume" after a closed day in May is no beginning of a term.
            (Some(general), Some(pupils))
                if (pupils.day - general.day).num_days().abs() <= 7 && self.near_enough(general, pupils, earliest) =>
            {
                Some(pupils)
            }
            (Some(general), _) => Some(term.filter(|term| (term.day - general.day).num_days().abs() <= 30).unwrap_or(general)),
            _ => None,
        };
        best.or_else(|| of(&|word| word.voice.is_none())).or_else(|| of(&|word| word.voice.is_some()))
    }

    /// Whether what the pupils are told is the same end as what is said in general.
    fn near_enough(&self, general: Word, pupils: Word, earliest: bool) -> bool {
        !earliest || general.day == pupils.day || !self.off.contains(&before(pupils.day)) || self.off_between(general.day, pupils.day)
    }

    /// Every term of which something is known.
    pub fn terms(&self, year: &mut Year, ledger: &mut Ledger) {
        let key = |slot: &Slot| match slot {
            Slot::First(key) | Slot::Last(key) | Slot::HalfFrom(key) | Slot::HalfTo(key) => *key,
        };
        let of_gap = |gap: &Gap| match gap {
            Gap::Half(key) => Some(*key),
            Gap::After(_) => None,
        };
        let keys: BTreeSet<Key> = self.slots.keys().map(key).chain(self.gaps.keys().filter_map(of_gap)).collect();
        for key in keys {
            self.term(key, year, ledger);
        }
    }

    fn term(&self, key: Key, year: &mut Year, ledger: &mut Ledger) {
        let (academic_year, season) = key;
        let name = format!("{} term of {}", season.name(), year_name(academic_year));
        let runs = self.gaps.get(&Gap::Half(key)).cloned().unwrap_or_default();
        let ends = [Slot::First(key), Slot::Last(key), Slot::HalfFrom(key), Slot::HalfTo(key)].map(|slot| self.words(slot));
        let (first, last) = (self.end(Slot::First(key), true), self.end(Slot::Last(key), false));
        let why = match (first, last) {
            (Some(first), Some(last)) if first.day < last.day => None,
            (Some(_), Some(_)) => Some("it would end before it starts"),
            (Some(_), None) => Some("the file does not say when it ends"),
            (None, Some(_)) => Some("the file does not say when it starts"),
            (None, None) => Some("the file has its half-term and not its days"),
        };
        let lines = || ends.iter().flatten().map(|word| word.line).chain(runs.iter().flat_map(|run| run.lines.iter().copied()));
        let (Some(first), Some(last), None) = (first, last, why) else {
            for line in lines() {
                let about = self.event(line).map(|event| format!(" (\"{}\", {})", event.summary, event.days)).unwrap_or_default();
                ledger.out(line, format!("{name}: {}{about}", why.unwrap_or_default()));
            }
            return;
        };
        let Some(days) = Period::new(first.day, last.day) else { return };
        let planned = Planned { season, academic_year, days, half_term: None };
        let named = planned.name();
        self.agree(&ends[0], first, &format!("{named} starts"), true, ledger);
        self.agree(&ends[1], last, &format!("{named} ends"), false, ledger);
        let half_term = self.half(&named, days, &runs, &ends[2], &ends[3], ledger);
        let line = lines().min().unwrap_or(first.line);
        year.terms.push((line, Planned { half_term, ..planned }));
    }

    /// Says which events agree with an end, and which do not.
    fn agree(&self, words: &[Word], chosen: Word, name: &str, start: bool, ledger: &mut Ledger) {
        for word in words {
            let between = if start {
                self.off_between(chosen.day.min(word.day), chosen.day.max(word.day))
            } else {
                self.off_between(after(chosen.day.min(word.day)), after(chosen.day.max(word.day)))
            };
            // Pupils are back after a closed day, or go home before one.
            let around = word.day > chosen.day && start && self.off.contains(&before(word.day))
                || word.day < chosen.day && !start && self.off.contains(&after(word.day));
            // A holiday that begins before the last day of term, or ends after the first one, is not about the same days.
            let apart = word.voice.is_none() && if start { word.day > chosen.day } else { word.day < chosen.day };
            if word.day == chosen.day {
                ledger.used(word.line, name);
            } else if !apart && (between || around) {
                ledger.used(word.line, "A closed day lies beside it");
            } else if word.voice.is_none() {
                let chosen_by = self.event(chosen.line).map_or("", |event| event.summary.as_str());
                if let Some(event) = self.event(word.line) {
                    ledger.doubt(
                        word.line,
                        format!("\"{}\", {}: {name} on {}, as \"{chosen_by}\" says", event.summary, event.days, days::long(chosen.day)),
                    );
                }
            } else if let Some(event) = self.event(word.line) {
                ledger.out(
                    word.line,
                    format!("\"{}\", {}: {name} on {} (line {})", event.summary, event.days, days::long(chosen.day), chosen.line),
                );
            }
        }
    }

    /// The half-term of a term: of the runs of days off the one that calls itself so, or the longest; else what lies between the last
    /// day before it and the first day after it.
    fn half(&self, name: &str, term: Period, runs: &[Run], from: &[Word], to: &[Word], ledger: &mut Ledger) -> Option<Period> {
        let inside = |days: &Period| term.first() < days.first() && days.last() < term.last();
        let of_runs = runs.iter().filter(|run| inside(&run.days)).max_by_key(|run| (run.half, run.days.len_days(), run.days.first()));
        let of_words = || {
            let pairs = from.iter().flat_map(|from| to.iter().filter_map(|to| Period::new(from.day, to.day)));
            pairs.filter(|days| days.len_days() <= LONGEST_HALF && inside(days)).min_by_key(|days| (days.len_days(), days.first()))
        };
        let half = of_runs.map(|run| run.days).or_else(of_words).and_then(weekdays_of);
        let what = format!("Half-term of {name}");
        for run in runs {
            for line in &run.lines {
                match half {
                    Some(half) if run.days.overlaps(half) => ledger.used(*line, what.clone()),
                    _ => ledger.out(*line, format!("{name}: days off, {}, beside its half-term", run.days)),
                }
            }
        }
        for (word, start) in from.iter().map(|word| (word, true)).chain(to.iter().map(|word| (word, false))) {
            let Some(event) = self.event(word.line) else { continue };
            match half {
                Some(half) => {
                    let edge = if start { half.first() } else { half.last() };
                    let (low, high) = (edge.min(word.day), edge.max(word.day));
                    let fits =
                        edge == word.day || if start { self.off_between(low, high) } else { self.off_between(after(low), after(high)) };
                    if fits || self.off.contains(&word.day) {
                        ledger.used(word.line, what.clone());
                    } else {
                        ledger.out(word.line, format!("\"{}\", {}: the half-term of {name} is {half}", event.summary, event.days));
                    }
                }
                None if self.off.contains(&word.day) => ledger.used(word.line, "A closed day lies beside it"),
                None => {
                    let missing = if start { "begins, and not when it ends" } else { "ends, and not when it begins" };
                    ledger.out(
                        word.line,
                        format!("\"{}\", {}: the file says when the half-term of {name} {missing}", event.summary, event.days),
                    );
                }
            }
        }
        half
    }

    /// The closed days, without those that lie in a holiday.
    pub fn closures(&self, year: &mut Year, ledger: &mut Ledger) {
        let mut terms: Vec<Planned> = year.terms.iter().map(|(_, term)| *term).collect();
        terms.sort_by_key(|term| term.days);
        for (event, kind) in &self.closed {
            let Some(days) = weekdays_of(event.days) else {
                ledger.out(event.line, format!("\"{}\", {}: a weekend", event.summary, event.days));
                continue;
            };
            if days.days().filter(|day| days::is_weekday(*day)).all(|day| self.in_holiday(day, &terms)) {
                ledger.out(event.line, format!("\"{}\", {}: not in term, so closed anyway", event.summary, event.days));
            } else {
                ledger.used(event.line, "Closed days");
                year.closures
                    .push((event.line, Closure { school: None, kind: *kind, days, note: event.summary.chars().take(200).collect() }));
            }
        }
        year.closures.sort_by(|a, b| (a.1.days, a.1.kind, &a.1.note).cmp(&(b.1.days, b.1.kind, &b.1.note)));
        // In two languages it is one closed day.
        year.closures.dedup_by(|later, kept| (later.1.days, later.1.kind) == (kept.1.days, kept.1.kind));
    }

    /// Whether the file shows that a day is in a holiday or a half-term. Of a day in no term of the file nothing is known, unless a term
    /// ends or begins near it.
    fn in_holiday(&self, day: Day, terms: &[Planned]) -> bool {
        if let Some(term) = terms.iter().find(|term| term.days.contains(day)) {
            return term.half_term.is_some_and(|half| half.contains(day));
        }
        let near = |term: &Planned| (term.days.first() - day).num_days().abs() <= NEAR || (day - term.days.last()).num_days().abs() <= NEAR;
        let between = terms.windows(2).any(|pair| {
            let follows = slots::next((pair[0].academic_year, pair[0].season)) == (pair[1].academic_year, pair[1].season);
            follows && pair[0].days.last() < day && day < pair[1].days.first()
        });
        between || terms.iter().any(near) || self.gaps.values().flatten().any(|run| run.days.contains(day))
    }
}
