//! Listens to what the program logs: a story in which something went wrong that the page did not say has failed.

use std::fmt::Write;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static EXPECTED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

/// Begins to listen; once for all tests of a process.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Listener));
    });
}

#[allow(dead_code, reason = "a verb for stories to come")]
/// From now on, an error with these words is part of the story.
pub fn expect(words: &'static str) {
    EXPECTED.lock().unwrap_or_else(PoisonError::into_inner).push(words);
}

/// The errors that no story asked for.
pub fn unexpected() -> Vec<String> {
    let expected = EXPECTED.lock().unwrap_or_else(PoisonError::into_inner);
    let errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
    errors.iter().filter(|line| !expected.iter().any(|words| line.contains(words))).cloned().collect()
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut line = Line(format!("{}:", event.metadata().target()));
            event.record(&mut line);
            ERRORS.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
