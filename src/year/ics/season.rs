//! The year from all events together: every event gives what it knows of an end of a term or a half-term, and what it knows is weighed
//! against what the others know. The order of the events does not matter.

use std::collections::{BTreeMap, BTreeSet};

use super::events::Event;
use super::ledger::Ledger;
use super::slots::{Gap, Slot, after, before, closing, gap, next, opening, weekdays_of};
use super::words::{Meaning, Voice, Words, meaning, named, numbered};
use crate::base::days::{self, Day, Period};
use crate::year::plan::Planned;
use crate::year::{Closure, ClosureKind, Season};

/// A half-term is at most so long, weekends in it counted in.
pub const LONGEST_HALF: i64 = 24;
/// Days off of a term are closed days up to here; a holiday inside a term that has as many is its half-term.
const SHORTEST_BREAK: i64 = 5;

/// What one event knows of one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// The first or last day at school; of a half-term the first or last day off.
    pub day: Day,
    /// `None` where it follows from a holiday.
    pub voice: Option<Voice>,
    /// The event's line.
    pub line: u64,
}

/// A run of days off, of one event or of several that follow one another.
#[derive(Debug, Clone)]
pub struct Run {
    /// From its first to its last weekday.
    pub days: Period,
    /// It calls itself a half-term.
    pub half: bool,
    /// It calls itself by the name of a long holiday.
    long: bool,
    /// The lines of its events.
    pub lines: BTreeSet<u64>,
}

/// The terms with their lines, and the closed days.
#[derive(Debug, Default)]
pub struct Year {
    /// Terms, each with the line of its first event.
    pub terms: Vec<(u64, Planned)>,
    /// Closures of the whole cluster, each with its line.
    pub closures: Vec<(u64, Closure)>,
}

/// Everything the events say.
pub struct Said<'a> {
    events: &'a [Event],
    /// What is known of each end.
    pub slots: BTreeMap<Slot, Vec<Word>>,
    runs: Vec<Run>,
    /// The runs of days off by what they are.
    pub gaps: BTreeMap<Gap, Vec<Run>>,
    /// The closed days.
    pub closed: Vec<(&'a Event, ClosureKind)>,
    /// Single days that call themselves half-term.
    lone: Vec<Run>,
    /// "Half term starts" and "half term ends", with whether it is the start.
    halves: Vec<(&'a Event, bool)>,
    /// Weekdays on which there is no school for the pupils.
    pub off: BTreeSet<Day>,
}

/// Decides what the year is.
#[must_use]
pub fn year(events: &[Event], ledger: &mut Ledger) -> Year {
    let mut said = Said {
        events,
        slots: BTreeMap::new(),
        runs: Vec::new(),
        gaps: BTreeMap::new(),
        closed: Vec::new(),
        lone: Vec::new(),
        halves: Vec::new(),
        off: BTreeSet::new(),
    };
    said.listen(ledger);
    said.follow_runs();
    said.untangle_halves();
    let mut year = Year::default();
    said.terms(&mut year, ledger);
    said.lone_days(&year, ledger);
    said.closures(&mut year, ledger);
    year
}

impl<'a> Said<'a> {
    fn push(&mut self, slot: Option<Slot>, day: Day, voice: Option<Voice>, line: u64) {
        if let Some(slot) = slot {
            self.slots.entry(slot).or_default().push(Word { day, voice, line });
        }
    }

    /// Sorts the events by what they mean.
    fn listen(&mut self, ledger: &mut Ledger) {
        let mut breaks: Vec<Run> = Vec::new();
        for event in self.events {
            let words = Words::of(&event.summary);
            for what in meaning(event) {
                match what {
                    Meaning::Staff | Meaning::Bank | Meaning::Closed => {
                        let kind = match what {
                            Meaning::Staff => ClosureKind::Inset,
                            Meaning::Bank => ClosureKind::BankHoliday,
                            _ => ClosureKind::Closure,
                        };
                        if event.days.len_days() <= 14 {
                            self.off.extend(event.days.days().filter(|day| days::is_weekday(*day)));
                            self.closed.push((event, kind));
                        }
                    }
                    Meaning::Break { half, long } => match weekdays_of(event.days) {
                        Some(days) if event.days.len_days() <= 100 => breaks.push(Run { days, half, long, lines: [event.line].into() }),
                        Some(_) => {}
                        None => ledger.out(event.line, format!("\"{}\", {}: a weekend", event.summary, event.days)),
                    },
                    Meaning::BreakStarts => self.starts(event.days.first(), words.has("half term, mid term"), event.line),
                    Meaning::BreakEnds => self.ends(event.days.last(), words.has("half term, mid term"), event.line),
                    Meaning::HalfStarts => self.halves.push((event, true)),
                    Meaning::HalfEnds => self.halves.push((event, false)),
                    Meaning::Opens(voice) => self.marker(event, &words, event.days.first(), true, voice, ledger),
                    Meaning::Closes(voice) => self.marker(event, &words, event.days.last(), false, voice, ledger),
                    Meaning::Term => self.term_of(event, &words, ledger),
                    Meaning::Other => {}
                }
            }
        }
        breaks.sort_by_key(|run| (run.days.first(), run.days.last()));
        for run in breaks {
            self.off.extend(run.days.days().filter(|day| days::is_weekday(*day)));
            match self.runs.last_mut().filter(|last| run.days.first() <= after(last.days.last())) {
                Some(last) => {
                    last.days = Period::new(last.days.first(), last.days.last().max(run.days.last())).unwrap_or(last.days);
                    (last.half, last.long) = (last.half || run.half, last.long || run.long);
                    last.lines.extend(run.lines);
                }
                None => self.runs.push(run),
            }
        }
    }

    /// A first day off.
    fn starts(&mut self, day: Day, half: bool, line: u64) {
        let off = if days::is_weekday(day) { day } else { after(day) };
        let last = before(off);
        match closing(last) {
            Some(Slot::HalfFrom(key)) => self.push(Some(Slot::HalfFrom(key)), off, None, line),
            _ if half => {}
            slot => self.push(slot, last, None, line),
        }
    }

    /// A last day off.
    fn ends(&mut self, day: Day, half: bool, line: u64) {
        let off = if days::is_weekday(day) { day } else { before(day) };
        let first = after(off);
        match opening(first) {
            Some(Slot::HalfTo(key)) => self.push(Some(Slot::HalfTo(key)), off, None, line),
            _ if half => {}
            slot => self.push(slot, first, None, line),
        }
    }

    /// A first or last day at school.
    fn marker(&mut self, event: &Event, words: &Words, day: Day, opens: bool, voice: Voice, ledger: &mut Ledger) {
        if voice > Voice::Some && !days::is_weekday(day) {
            ledger.fault(
                Some(event.line),
                format!("\"{}\" is a {}: {}.", event.summary, day.format("%A"), days::long(day)),
                "School begins and ends on a weekday: mend the day.",
            );
            return;
        }
        let slot = if opens { opening(day) } else { closing(day) };
        if let Some(season) = misplaced(words, slot, opens) {
            let (verb, months) = months(season, opens);
            ledger.fault(
                Some(event.line),
                format!("\"{}\", {}: a term of that name {verb} in {months}.", event.summary, days::long(day)),
                "Mend the day or the name.",
            );
            return;
        }
        match slot {
            Some(Slot::HalfFrom(_)) => self.push(slot, after(day), Some(voice), event.line),
            Some(Slot::HalfTo(_)) => self.push(slot, before(day), Some(voice), event.line),
            _ => self.push(slot, day, Some(voice), event.line),
        }
    }

    /// The days of a term, or of a part of it.
    fn term_of(&mut self, event: &Event, words: &Words, ledger: &mut Ledger) {
        let Some(days) = weekdays_of(event.days) else { return };
        let begins_off = !days::is_weekday(event.days.first());
        if begins_off || !days::is_weekday(event.days.last()) {
            let words = format!("\"{}\", {}: it begins or ends at a weekend, and is taken as {days}", event.summary, event.days);
            ledger.doubt(event.line, words);
        }
        let whole = Event { days, ..event.clone() };
        self.marker(&whole, words, days.first(), true, Voice::Term, ledger);
        self.marker(&whole, words, days.last(), false, Voice::Term, ledger);
    }

    /// What the holidays say: when the term before ends and the next one begins, or when a half-term is.
    fn follow_runs(&mut self) {
        for run in std::mem::take(&mut self.runs) {
            // A bank holiday at its end makes it longer.
            let (mut first, mut last) = (run.days.first(), run.days.last());
            while self.shut(before(first)) {
                first = before(first);
            }
            while self.shut(after(last)) {
                last = after(last);
            }
            let all = Period::new(first, last).unwrap_or(run.days);
            let one = run.days.first() == run.days.last();
            let place = gap(all, run.half);
            let is_long = all.len_days() >= SHORTEST_BREAK;
            match place {
                place if !one && (run.half || is_long) => {
                    if let Gap::After(key) = place {
                        for line in &run.lines {
                            self.push(Some(Slot::Last(key)), before(first), None, *line);
                            self.push(Some(Slot::First(next(key))), after(last), None, *line);
                        }
                    }
                    self.gaps.entry(place).or_default().push(run);
                }
                // One day that is called by the name of a holiday: its first.
                _ if run.half || run.long => {
                    for line in &run.lines {
                        self.starts(run.days.first(), run.half, *line);
                    }
                    if run.half {
                        self.lone.push(run);
                    } else {
                        self.short(&run);
                    }
                }
                _ => self.short(&run),
            }
        }
    }

    /// A single day that calls itself half-term is the first of one where its end is known; else it is a closed day, and somebody should look.
    fn lone_days(&mut self, year: &Year, ledger: &mut Ledger) {
        for run in std::mem::take(&mut self.lone) {
            let day = run.days.first();
            if !year.terms.iter().any(|(_, term)| term.half_term.is_some_and(|half| half.contains(day))) {
                for line in &run.lines {
                    let name = self.event(*line).map_or("", |event| event.summary.as_str());
                    ledger.doubt(*line, format!("\"{name}\" is one day in this file, {}: it is taken as a closed day", days::long(day)));
                }
                self.short(&run);
            }
        }
    }

    /// Days off that are too few for a half-term are closed days.
    fn short(&mut self, run: &Run) {
        let events = self.events;
        self.closed.extend(
            events
                .iter()
                .filter(|event| run.lines.contains(&event.line) && event.days.overlaps(run.days))
                .map(|event| (event, ClosureKind::Closure)),
        );
    }

    /// Whether the pupils are at home on a weekday that is in no term time: a bank holiday, a closed day.
    fn shut(&self, day: Day) -> bool {
        self.closed.iter().any(|(event, kind)| *kind != ClosureKind::Inset && event.days.contains(day))
    }

    /// "Half term starts" before "half term ends" is the holiday; the other way round it is the teaching before and after it.
    fn untangle_halves(&mut self) {
        let (halves, mut heard) = (std::mem::take(&mut self.halves), Vec::new());
        for (event, start) in &halves {
            let day = event.days.first();
            let other = |from: i64, to: i64| {
                halves.iter().any(|(other, begins)| begins != start && (from..=to).contains(&(other.days.first() - day).num_days()))
            };
            let near = |slot: Option<Slot>, from: i64, to: i64| {
                let words = slot.and_then(|slot| self.slots.get(&slot));
                words.is_some_and(|words| words.iter().any(|word| (from..=to).contains(&(word.day - day).num_days())))
            };
            let in_run = |day: Day| self.gaps.values().flatten().any(|run| run.days.contains(day));
            let half = |day: Day, from: bool| match gap(Period::day(day), true) {
                Gap::Half(key) => Some(if from { Slot::HalfFrom(key) } else { Slot::HalfTo(key) }),
                Gap::After(_) => None,
            };
            if *start {
                // The first day off follows the last day at school; the first day of teaching comes after a week or two.
                let ended =
                    other(-LONGEST_HALF, -1) || near(half(day, true), -LONGEST_HALF, -4) && !near(half(day, false), 0, LONGEST_HALF);
                let teaching = !in_run(day) && ended && !other(0, LONGEST_HALF);
                heard.push(if teaching { (half(day, false), before(day), event.line) } else { (half(day, true), day, event.line) });
            } else {
                let holiday = in_run(day) || other(-LONGEST_HALF, 0) || near(half(day, true), -LONGEST_HALF, 0);
                let off = if days::is_weekday(day) { day } else { before(day) };
                heard.push(if holiday { (half(day, false), off, event.line) } else { (half(day, true), after(day), event.line) });
            }
        }
        for (slot, day, line) in heard {
            self.push(slot, day, Some(Voice::Term), line);
        }
    }

    /// The event on a line.
    pub fn event(&self, line: u64) -> Option<&'a Event> {
        self.events.iter().find(|event| event.line == line)
    }
}

/// The season that a name gives, where its day cannot be of that season. A part of a term may end where its half-term begins.
fn misplaced(words: &Words, slot: Option<Slot>, opens: bool) -> Option<Season> {
    let said = named(words)?;
    let part = numbered(words) || words.has("half");
    match slot {
        Some(Slot::First((_, season)) | Slot::Last((_, season))) if season == said => None,
        // Where the year has four terms, the first ends in October.
        Some(Slot::HalfFrom((_, season))) if season == said && !opens => None,
        Some(Slot::HalfTo((_, season)) | Slot::HalfFrom((_, season))) if season == said && part => None,
        _ => Some(said),
    }
}

/// When a term begins or ends: the verb and the months.
fn months(season: Season, opens: bool) -> (&'static str, &'static str) {
    match (season, opens) {
        (Season::Autumn, true) => ("starts", "August or September"),
        (Season::Autumn, false) => ("ends", "December"),
        (Season::Spring, true) => ("starts", "January"),
        (Season::Spring, false) => ("ends", "March or April"),
        (Season::Summer, true) => ("starts", "April"),
        (Season::Summer, false) => ("ends", "June or July"),
    }
}
