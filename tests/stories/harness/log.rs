//! Listens to what the program logs: a story in which something went wrong that the page did not say has failed.

use std::fmt::Write;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Begins to listen; once for all tests of a process.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Listener));
    });
}

/// The errors that were logged so far.
pub fn errors() -> Vec<String> {
    ERRORS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Takes the errors away that a story has caused and looked for, and says how many there were.
pub fn forget() -> usize {
    std::mem::take(&mut *ERRORS.lock().unwrap_or_else(PoisonError::into_inner)).len()
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut line = Line(format!("{}:", event.metadata().target()));
            event.record(&mut line);
            // What a client says that is no HTTP is the client's fault.
            if event.metadata().target().starts_with("actix_http::h1") && line.0.contains("request parse error") {
                return;
            }
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
