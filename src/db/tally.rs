//! Which statements have run: counted in debug builds alone, for the stories that bound how many a page or a write may ask.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use diesel::connection::InstrumentationEvent;

/// What the connections of one database count together.
#[derive(Default)]
pub(super) struct Tally {
    all: AtomicU64,
    last_write: Mutex<Vec<String>>,
    kinds: Mutex<BTreeSet<String>>,
}

impl Tally {
    /// How many statements have run, without BEGIN and COMMIT.
    pub fn all(&self) -> u64 {
        self.all.load(Ordering::SeqCst)
    }

    /// The statements between BEGIN and COMMIT of the writing transaction that was committed last, in order and without their values.
    pub fn last_write(&self) -> Vec<String> {
        self.last_write.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every statement that has run, once and without its values.
    pub fn kinds(&self) -> BTreeSet<String> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a connection tells its every statement to.
    pub fn listener(self: Arc<Self>) -> impl FnMut(InstrumentationEvent<'_>) + Send + 'static {
        let mut writing: Option<Vec<String>> = None;
        move |event: InstrumentationEvent<'_>| {
            let InstrumentationEvent::StartQuery { query, .. } = event else { return };
            let text = query.to_string();
            let text = text.split(" -- binds:").next().unwrap_or_default();
            if text.starts_with("BEGIN") {
                writing = (!text.contains("READ ONLY") && text != "BEGIN").then(Vec::new);
            } else if text.starts_with("COMMIT") {
                if let Some(done) = writing.take() {
                    *self.last_write.lock().unwrap_or_else(PoisonError::into_inner) = done;
                }
            } else if text.starts_with("ROLLBACK") {
                writing = None;
            } else {
                self.all.fetch_add(1, Ordering::SeqCst);
                self.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
                if let Some(so_far) = &mut writing {
                    so_far.push(text.to_owned());
                }
            }
        }
    }
}
