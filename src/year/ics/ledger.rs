//! What became of each event of a calendar file. None is lost: it was taken for something, or it is left out with the reason, or it is a
//! fault; what is not said about an event by the end is said for it.

use std::collections::BTreeMap;

use super::Understood;
use super::events::Event;
use crate::base::text;
use crate::year::plan::Fault;

/// What stood in the file is repeated up to so many letters.
const LONGEST_SAID: usize = 300;

/// What became of the events so far, by their lines.
#[derive(Debug, Default)]
pub struct Ledger {
    /// How many events the file has.
    pub events: usize,
    used: BTreeMap<u64, String>,
    out: BTreeMap<u64, String>,
    doubts: BTreeMap<u64, String>,
    faults: Vec<Fault>,
    faulty: Vec<u64>,
}

impl Ledger {
    /// The event was taken for this.
    pub fn used(&mut self, line: u64, what: impl Into<String>) {
        self.used.entry(line).or_insert_with(|| what.into());
    }

    /// The event is left out, for this reason. One that was taken for something is not; the first reason stands.
    pub fn out(&mut self, line: u64, words: impl Into<String>) {
        self.out.entry(line).or_insert_with(|| text::cut(words.into(), LONGEST_SAID));
    }

    /// Something that somebody should look at before the year is stored.
    pub fn doubt(&mut self, line: u64, words: impl Into<String>) {
        self.doubts.entry(line).or_insert_with(|| text::cut(words.into(), LONGEST_SAID));
    }

    /// A fault of the event on this line, or of the whole file.
    pub fn fault(&mut self, line: Option<u64>, wrong: impl Into<String>, right: &str) {
        self.faulty.extend(line);
        self.faults.push(Fault { line, column: String::new(), wrong: text::cut(wrong.into(), LONGEST_SAID), right: right.to_owned() });
    }

    /// A fault of the event on this line, in one of its own lines.
    pub fn fault_of(&mut self, event: u64, at: u64, wrong: impl Into<String>, right: &str) {
        self.faulty.push(event);
        self.fault(Some(at), wrong, right);
    }

    /// Writes everything down; events of which nothing was said are left out.
    pub fn close(mut self, events: &[Event], found: &mut Understood) {
        for event in events {
            if !self.used.contains_key(&event.line) && !self.faulty.contains(&event.line) {
                self.out(event.line, format!("\"{}\", {}", event.summary, event.days));
            }
        }
        self.out.retain(|line, _| !self.used.contains_key(line) && !self.faulty.contains(line));
        found.events = self.events;
        found.used = self.used.into_iter().filter(|(line, _)| !self.faulty.contains(line)).collect();
        found.left_out = self.out.into_iter().collect();
        found.doubts = self.doubts.into_iter().collect();
        found.faults = self.faults;
    }
}
