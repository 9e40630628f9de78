//! Tells the operator by mail of faults that nobody at a school can mend: every error of the log, and the warnings that carry the field
//! `operator`. What is seen is gathered for a moment and goes out as one mail; after that at most one an hour, whatever happens.
//!
//! What must always hold: the mail takes nothing but the mail server, so that it can say that the database is gone; it says no more
//! than the log does, which has no addresses and no words of people; what is kept until it is sent is bounded.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::{Notify, watch};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::base::ids::MessageId;
use crate::base::{Clock, EmailAddress, clock};
use crate::db::HOUSE;
use crate::mail::mailer::Mailer;
use crate::mail::{Block, Choice, Kind, Letter, Message, Outcome, Recipient, State, letter};

/// Faults seldom come alone: so long are they gathered before a mail says so.
const GATHER: Duration = Duration::from_secs(10);
/// At most one mail in this time.
const BETWEEN: Duration = Duration::from_secs(60 * 60);
/// When the mail server did not take it. It may have, and the receipt was lost: then it comes again.
const AGAIN: Duration = Duration::from_secs(15 * 60);
/// The most different faults of a mail, and the most letters of the words of one.
const MOST: usize = 40;
const MOST_WORDS: usize = 400;

const KIND: Kind =
    Kind { key: "operator_faults", name: "What is wrong with the program", to: "the operator", choice: Choice::Always, waits: false };

/// What has gone wrong and is not told yet. Listens as a layer of the log; one for the process.
#[derive(Debug, Clone, Default)]
pub struct Alarm(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    seen: Mutex<Seen>,
    rung: Notify,
}

/// By what the log calls it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Seen {
    faults: BTreeMap<String, Fault>,
    /// How many more there were of other kinds.
    others: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Fault {
    times: u64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    /// What the log says of the last time.
    words: String,
}

impl Seen {
    fn note(&mut self, what: &str, words: &str, now: DateTime<Utc>) {
        if !self.faults.contains_key(what) && self.faults.len() >= MOST {
            self.others += 1;
            return;
        }
        let fault = self.faults.entry(what.to_owned()).or_insert_with(|| Fault { first: now, ..Fault::default() });
        fault.times += 1;
        fault.last = now;
        fault.words = words.chars().take(MOST_WORDS).collect();
    }

    /// Puts back what could not be told, before what has come since.
    fn put_back(&mut self, untold: Self) {
        let newer = std::mem::replace(self, untold);
        self.others += newer.others;
        for (what, fault) in newer.faults {
            if let Some(older) = self.faults.get_mut(&what) {
                *older = Fault { times: older.times + fault.times, first: older.first, ..fault };
            } else if self.faults.len() < MOST {
                self.faults.insert(what, fault);
            } else {
                self.others += fault.times;
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.faults.is_empty() && self.others == 0
    }
}

impl Alarm {
    /// Notes an event of the log.
    fn note(&self, what: &str, words: &str, now: DateTime<Utc>) {
        self.seen().note(what, words, now);
        self.0.rung.notify_one();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the operator until `stop` turns true. What a mail server does not take is kept, and tried again.
    pub async fn tell(self, operator: EmailAddress, site: String, mailer: Arc<Mailer>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = self.0.rung.notified() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            if waited(&mut stop, GATHER).await {
                return;
            }
            let seen = std::mem::take(&mut *self.seen());
            if seen.is_empty() {
                continue;
            }
            let pause = match mailer.send(&mail(&seen, &operator, &site, Clock::Machine.now())).await {
                Outcome::Sent => BETWEEN,
                outcome => {
                    // Not an error: that would ring again.
                    tracing::warn!(?outcome, "the operator could not be told of what is wrong; it is tried again");
                    self.seen().put_back(seen);
                    self.0.rung.notify_one();
                    if matches!(outcome, Outcome::Refused(_)) { BETWEEN } else { AGAIN }
                }
            };
            mailer.rest().await;
            if waited(&mut stop, pause).await {
                return;
            }
        }
    }
}

/// Whether the end came while this time went by.
async fn waited(stop: &mut watch::Receiver<bool>, time: Duration) -> bool {
    tokio::time::timeout(time, stop.wait_for(|stop| *stop)).await.is_ok()
}

impl<S: Subscriber> Layer<S> for Alarm {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        if *meta.level() > Level::WARN || !meta.target().starts_with("boxrota") {
            return;
        }
        let mut read = Read::default();
        event.record(&mut read);
        if *meta.level() == Level::ERROR || read.operator {
            self.note(&read.message, read.fields.trim(), Clock::Machine.now());
        }
    }
}

/// An event's message, its other fields, and whether it is meant for the operator.
#[derive(Default)]
struct Read {
    message: String,
    fields: String,
    operator: bool,
}

impl Visit for Read {
    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "operator" => self.operator = value,
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

/// The mail. Its times are the machine's, as the log's are.
fn mail(seen: &Seen, operator: &EmailAddress, site: &str, now: DateTime<Utc>) -> Message {
    let count = seen.faults.values().map(|fault| fault.times).sum::<u64>() + seen.others;
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let title = format!("Something went wrong {times} at {site}");
    let at = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut blocks = vec![Block::heading(title.clone())];
    for (what, fault) in &seen.faults {
        let often =
            if fault.times == 1 { at(fault.last) } else { format!("{} times, {} to {}", fault.times, at(fault.first), at(fault.last)) };
        let mut facts = vec![("When", often)];
        if !fault.words.is_empty() {
            facts.push(("The log says", fault.words.clone()));
        }
        blocks.extend([Block::heading(format!("{}.", capital(what))), Block::facts(facts)]);
    }
    if seen.others > 0 {
        blocks.push(Block::paragraph(format!("And {} more of other kinds; the log has them.", seen.others)));
    }
    blocks.push(Block::paragraph(
        "What each means, and what to do, is in docs/operations.md. `boxrota check` looks at the settings, the database and the mail server. The next mail of this kind comes in an hour at the earliest.",
    ));
    let to = Recipient { person: None, name: "Operator".into(), address: operator.clone() };
    let reason = "You got this because BOXROTA_OPERATOR_MAIL names this address.".to_owned();
    let letter = Letter { kind: &KIND, subject: site.to_owned(), day: clock::today(now), to, reason, title, blocks, calendar: None };
    Message {
        cluster: HOUSE,
        id: MessageId::fresh(now),
        kind: KIND.key.to_owned(),
        subject: letter.subject.clone(),
        day: letter.day,
        person: None,
        to_address: operator.to_string(),
        to_name: letter.to.name.clone(),
        reason: letter.reason.clone(),
        title: letter.title.clone(),
        text: letter::text(&letter),
        html: letter::html(&letter),
        calendar: None,
        unsubscribe: String::new(),
        state: State::Sending,
        attempts: 1,
        next_attempt_at: now,
        last_error: String::new(),
        created_at: now,
        finished_at: None,
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    fn at(minute: u32) -> DateTime<Utc> {
        format!("2026-11-23T09:{minute:02}:00Z").parse().unwrap()
    }

    #[test]
    fn what_goes_wrong_again_is_counted_and_what_is_not_told_is_kept() {
        let mut seen = Seen::default();
        seen.note("a request failed", "number=1", at(1));
        seen.note("a request failed", "number=2", at(3));
        let untold = std::mem::take(&mut seen);
        seen.note("a request failed", "number=3", at(5));
        seen.note("the worker broke off", "", at(6));
        seen.put_back(untold);
        let fault = &seen.faults["a request failed"];
        assert_eq!((fault.times, fault.first, fault.last, fault.words.as_str()), (3, at(1), at(5), "number=3"));
        let mail = mail(&seen, &"it@school.example".parse().unwrap(), "boxes.school.example", at(7));
        assert_eq!(mail.title, "Something went wrong 4 times at boxes.school.example");
        assert!(mail.text.contains("3 times, 2026-11-23T09:01:00Z to 2026-11-23T09:05:00Z"), "{}", mail.text);
        assert!(mail.text.contains("The worker broke off.") && mail.to_address == "it@school.example", "{}", mail.text);
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut seen = Seen::default();
        for n in 0..1000 {
            seen.note(&format!("fault {n}"), &"x".repeat(5000), at(1));
        }
        assert_eq!((seen.faults.len(), seen.others), (MOST, 1000 - MOST as u64));
        let text = mail(&seen, &"it@school.example".parse().unwrap(), "boxes.school.example", at(7)).text;
        assert!(text.len() < MOST * (MOST_WORDS + 300) && text.contains("And 960 more of other kinds"), "{} bytes", text.len());
    }

    #[test]
    fn errors_ring_and_warnings_when_they_are_for_the_operator() {
        let alarm = Alarm::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(alarm.clone()), || {
            tracing::error!(fault = "no space is left", "the database cannot be used");
            tracing::warn!("a letter was not taken");
            tracing::warn!(operator = true, seconds = 400, "the clock has leapt");
            tracing::error!(target: "actix_http", "somebody speaks no HTTP");
            tracing::info!(operator = true, "all is well");
        });
        let seen = alarm.seen().clone();
        assert_eq!(seen.faults.keys().collect::<Vec<_>>(), ["the clock has leapt", "the database cannot be used"]);
        assert_eq!(seen.faults["the clock has leapt"].words, "seconds=400");
        assert!(seen.faults["the database cannot be used"].words.contains("no space is left"));
    }
}
