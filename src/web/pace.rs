//! How fast somebody may ask for pages at all: so many requests a minute per session, or visitor's cookie, and per client.
//!
//! Both are counted in tables of a fixed size, so memory does not grow with the number of visitors, nothing has to be cleared
//! away, and a request pays well under a microsecond. Who shares a place in a table shares its limit; the places are chosen by
//! a hash with a key of this process's own, so nobody can aim at another's.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, ResponseError, web};
use governor::clock::{Clock, DefaultClock};
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use super::lines::{Busy, Connection, Lines};
use super::{App, Error, Site, guard, limits};

/// Places in a table: half a megabyte, and with a thousand visitors in the same minute one in 65 shares a place.
const PLACES: usize = 1 << 16;

/// A table of counters, by the hash of whom they count.
struct Table(Box<[InMemoryState]>);

impl Table {
    fn of(places: usize) -> Self {
        Self((0..places).map(|_| InMemoryState::default()).collect())
    }
}

impl StateStore for Table {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let place = usize::try_from(*key % self.0.len() as u64).unwrap_or_default();
        self.0[place].measure_and_replace(&NotKeyed::NonKey, f)
    }
}

/// The counters of a running server; they start afresh with it.
pub struct Pace<S = RandomState> {
    sessions: RateLimiter<u64, Table, DefaultClock>,
    clients: RateLimiter<u64, Table, DefaultClock>,
    clock: DefaultClock,
    hash: S,
}

impl Pace {
    /// So many requests a minute of one session, or visitor's cookie, and of one address.
    #[must_use]
    pub fn new(per_session: NonZeroU32, per_client: NonZeroU32) -> Self {
        Self::of(per_session, per_client, PLACES, RandomState::new())
    }
}

impl<S: BuildHasher> Pace<S> {
    fn of(per_session: NonZeroU32, per_client: NonZeroU32, places: usize, hash: S) -> Self {
        let clock = DefaultClock::default();
        Self {
            sessions: RateLimiter::new(Quota::per_minute(per_session), Table::of(places), clock.clone()),
            clients: RateLimiter::new(Quota::per_minute(per_client), Table::of(places), clock.clone()),
            clock,
            hash,
        }
    }

    /// Counts a request of this client, and of this cookie where there is one.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    fn count(&self, client: impl Hash, cookie: Option<&str>) -> Result<(), Duration> {
        let too_fast = |limiter: &RateLimiter<u64, Table, DefaultClock>, key: u64| {
            limiter.check_key(&key).map_err(|until| until.wait_time_from(self.clock.now()))
        };
        // The client first: who makes up a cookie for each request is stopped here.
        too_fast(&self.clients, self.hash.hash_one(client))?;
        cookie.map_or(Ok(()), |cookie| too_fast(&self.sessions, self.hash.hash_one(cookie)))
    }

    fn of_request(&self, req: &HttpRequest, site: &Site) -> Result<(), Duration> {
        let cookie = req.cookie(guard::session_cookie(site)).or_else(|| req.cookie(guard::visitor_cookie(site)));
        self.count(limits::line_of(limits::address(req, site)), cookie.as_ref().map(actix_web::cookie::Cookie::value))
    }
}

/// What costs us next to nothing, and what a watcher asks, is not counted.
fn is_free(path: &str) -> bool {
    path.starts_with("/assets/") || matches!(path, "/livez" | "/healthz")
}

/// The middleware: answers in place of the page when somebody asks too fast, sends too many requests at once, or sends a body of unknown
/// length. No browser does the latter with a form, and once answered the server would read it to an end that may never come.
///
/// # Errors
/// What the page itself fails with.
pub async fn keep<B: MessageBody + 'static>(mut req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<Kept>, actix_web::Error> {
    let busy = req.conn_data::<Arc<Connection>>().map(Busy::on);
    let too_fast = || {
        let app = req.app_data::<web::Data<App>>().filter(|_| !is_free(req.path()))?;
        let wait = req.app_data::<web::Data<Pace>>()?.of_request(req.request(), &app.site).err()?;
        Some(Error::TooFast { seconds: wait.as_secs() + 1 })
    };
    let in_pieces = || req.headers().contains_key(header::TRANSFER_ENCODING).then_some(Error::NoLength);
    let refusal = too_fast().or_else(in_pieces);
    let (refusal, rest) = match refusal {
        Some(refusal) => (refusal, req.take_payload()),
        None => match sent(&mut req) {
            Ok(()) => {
                let answer = next.call(req).await?.map_into_boxed_body();
                return Ok(answer.map_body(|_, page| Kept { page, _rest: None, _busy: busy }));
            }
            Err(rest) => (Error::TooManyAtOnce, rest),
        },
    };
    let answer = req.into_response(refusal.error_response());
    Ok(answer.map_body(|_, page| Kept { page, _rest: Some(rest), _busy: busy }))
}

/// Counts a request with a body as being sent, until it is there; gives the body back when its line sends too many.
fn sent(req: &mut ServiceRequest) -> Result<(), Payload> {
    let length = req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let (Some(app), Some(lines)) = (req.app_data::<web::Data<App>>(), req.app_data::<web::Data<Lines>>()) else { return Ok(()) };
    if length.unwrap_or_default() == 0 {
        return Ok(());
    }
    let (client, lines) = (limits::address(req.request(), &app.site), lines.clone());
    let body = lines.sends(client, req.take_payload()).map_err(|(_, rest)| rest)?;
    req.set_payload(body);
    Ok(())
}

/// A page, with what is kept until it has gone out: that its connection is busy; and for a refusal the rest of what the client was
/// saying. As long as nobody has let go of that, the server hangs up after the answer in place of reading on.
pub struct Kept {
    page: BoxBody,
    _rest: Option<Payload>,
    _busy: Option<Busy>,
}

impl MessageBody for Kept {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.page.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().page).poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasherDefault, DefaultHasher};

    use super::*;

    /// Without a key of its own: by chance two of a test's visitors would share a place now and then.
    fn pace(per_session: u32, per_client: u32, places: usize) -> Pace<BuildHasherDefault<DefaultHasher>> {
        let many = |n| NonZeroU32::new(n).unwrap();
        Pace::of(many(per_session), many(per_client), places, BuildHasherDefault::default())
    }

    #[test]
    fn a_session_and_a_client_have_limits_of_their_own() {
        let pace = pace(5, 20, PLACES);
        assert_eq!((0..9).filter(|_| pace.count("here", Some("one")).is_ok()).count(), 5);
        assert!(pace.count("here", Some("two")).is_ok(), "another session on the same line");
        // With a cookie made up for each request, or none, the line's own limit is what counts.
        assert_eq!((0..100).filter(|n| pace.count("here", Some(&format!("made up {n}"))).is_ok()).count(), 10);
        assert!(pace.count("here", None).is_err());
        assert!(pace.count("there", None).is_ok());
    }

    #[test]
    fn who_waits_as_told_is_let_in_again() {
        let pace = pace(6000, 600_000, PLACES);
        let wait = loop {
            if let Err(wait) = pace.count("here", Some("one")) {
                break wait;
            }
        };
        assert!(wait <= Duration::from_millis(20), "{wait:?}");
        std::thread::sleep(wait + Duration::from_millis(5));
        assert!(pace.count("here", Some("one")).is_ok());
    }

    #[test]
    fn the_tables_stay_as_large_as_they_are() {
        let pace = pace(5, 5, 64);
        for n in 0..10_000 {
            let _ = pace.count(n, Some(&n.to_string()));
        }
        // More visitors than places are told to wait: there is nowhere for a table to grow.
        assert!((0..1000).all(|n| pace.count(n, None).is_err()));
    }

    #[test]
    fn assets_and_watchers_are_free() {
        assert!(is_free("/assets/app.6e6b1c9ad0.css") && is_free("/livez") && is_free("/healthz"));
        assert!(!is_free("/") && !is_free("/assetsx") && !is_free("/c/ashdale/calendar") && !is_free("/healthz/"));
    }
}
