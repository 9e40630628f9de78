//! `/healthz`: whether the database can be read, whether it can be written, and how the worker's last round went, each on a line of its
//! own, for people and for watchers. Strangers may ask, so nothing is named and a look is shared by all who ask.

use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::App;

/// The worker is well as long as a round has gone well within this time; a round comes every half minute, and a long one takes some.
const STALE: Duration = Duration::from_secs(5 * 60);

/// The worker's rounds, as it tells of them, by the steady clock.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<Option<Told>>);

#[derive(Debug, Clone, Copy)]
struct Told {
    /// When the worker began, or a round last went well.
    well: Duration,
    /// When the last round ended, and whether it went well.
    last: Option<(Duration, bool)>,
}

impl Rounds {
    /// A worker begins in this process.
    pub fn begin(&self, steady: Duration) {
        let mut told = self.told();
        *told = Some(told.unwrap_or(Told { well: steady, last: None }));
    }

    /// A round has ended.
    pub fn ended(&self, steady: Duration, well: bool) {
        let before = self.told().map_or(steady, |told| told.well);
        *self.told() = Some(Told { well: if well { steady } else { before }, last: Some((steady, well)) });
    }

    /// Whether the worker is well, and what to say of it.
    #[must_use]
    pub fn how(&self, steady: Duration) -> (bool, String) {
        let Some(told) = *self.told() else { return (true, "not in this process".to_owned()) };
        let well = steady.saturating_sub(told.well) < STALE;
        let last = match told.last {
            None => "no round yet".to_owned(),
            Some((at, good)) => {
                let how = if good { "ended" } else { "failed" };
                format!("its last round {how} {} seconds ago", steady.saturating_sub(at).as_secs())
            }
        };
        (well, format!("{}, {last}", if well { "ok" } else { "not ok" }))
    }

    fn told(&self) -> MutexGuard<'_, Option<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /healthz`: 200 when all is well, else 503.
pub async fn healthz(app: web::Data<App>) -> HttpResponse {
    let health = app.db.health().await;
    let (works, worker) = app.rounds.how(app.clock.steady());
    let well = works && health.reading.is_ok() && health.writing.is_ok();
    let mut text = if well { "ok\n".to_owned() } else { "not ok\n".to_owned() };
    for (what, how) in [("reading", &health.reading), ("writing", &health.writing)] {
        let _ = match how {
            Ok(()) => writeln!(text, "{what}: ok"),
            Err(why) => writeln!(text, "{what}: not ok, {why}"),
        };
    }
    let _ = writeln!(text, "worker: {worker}");
    HttpResponse::build(if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE })
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text)
}

/// `GET /livez`: 200 while the process runs; asks nobody.
pub async fn livez() -> &'static str {
    "ok\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_is_well_as_long_as_rounds_go_well() {
        let (rounds, at) = (Rounds::default(), Duration::from_secs);
        assert_eq!(rounds.how(at(7)), (true, "not in this process".to_owned()));
        rounds.begin(at(10));
        assert_eq!(rounds.how(at(20)), (true, "ok, no round yet".to_owned()));
        assert_eq!(rounds.how(at(311)), (false, "not ok, no round yet".to_owned()), "the first one does not end");
        rounds.ended(at(320), true);
        assert_eq!(rounds.how(at(330)), (true, "ok, its last round ended 10 seconds ago".to_owned()));
        // One that fails is seen; only when none goes well for five minutes is it a reason to call somebody.
        rounds.ended(at(350), false);
        assert_eq!(rounds.how(at(351)), (true, "ok, its last round failed 1 seconds ago".to_owned()));
        rounds.ended(at(640), false);
        assert_eq!(rounds.how(at(641)), (false, "not ok, its last round failed 1 seconds ago".to_owned()));
        // A worker that broke off and begins again does not begin anew.
        rounds.begin(at(642));
        assert!(!rounds.how(at(642)).0);
        rounds.ended(at(650), true);
        assert_eq!(rounds.how(at(951)), (false, "not ok, its last round ended 301 seconds ago".to_owned()));
    }
}
