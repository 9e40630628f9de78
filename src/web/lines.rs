//! How many connections there may be, and how many of them one internet line may hold, open or with a request that is still being sent:
//! so nobody who sends nothing keeps others out, and the system never runs out of file handles.
//!
//! Behind a proxy every connection is the proxy's: there the limit for one line counts requests alone, by the address that the proxy
//! tells.

use std::any::Any;
use std::net::{IpAddr, Shutdown};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::dev::{Extensions, Payload};
use actix_web::error::PayloadError;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::held::{Full, Share, Shares};
use super::limits;

/// A connection between two requests, or within the head of one, is hung up on after so long. The server itself waits ten seconds for
/// the first head and five for another request to begin, but for ever for its end.
const LONGEST_BETWEEN: Duration = Duration::from_secs(15);
/// So is one whose request has not been answered in this time, or whose answer is not taken.
const LONGEST_REQUEST: Duration = Duration::from_secs(15 * 60);

/// The connections of a running server.
pub struct Lines {
    open: Option<Arc<Shares<IpAddr>>>,
    sending: Arc<Shares<IpAddr>>,
    all: Mutex<Vec<Weak<Connection>>>,
}

/// An open connection.
pub struct Connection {
    /// The same line once more, to hang up on.
    line: std::net::TcpStream,
    state: Mutex<State>,
    _share: Option<Share<IpAddr>>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// Requests that are being answered.
    busy: usize,
    /// Since when it is as it is.
    since: Instant,
}

impl Lines {
    /// For so many connections in all: a line may hold a quarter of them, and send an eighth of as many requests at once.
    #[must_use]
    pub fn new(connections: usize, behind_proxy: bool) -> Self {
        let open = (!behind_proxy).then(|| Shares::new(connections / 4, usize::MAX));
        Self { open, sending: Shares::new(connections / 8, usize::MAX), all: Mutex::new(Vec::new()) }
    }

    /// Takes note of a connection that has just been opened, or hangs up on it when its line holds too many.
    pub fn opened(&self, io: &dyn Any, kept: &mut Extensions) {
        let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
        // When there is no second handle there is no hanging up; the server's own limits hold.
        let (Ok(peer), Ok(line)) = (stream.peer_addr(), another_handle(stream)) else { return };
        let mut share = self.open.as_ref().map(|open| open.of(limits::line_of(peer.ip())));
        if share.as_mut().is_some_and(|share| share.more(1).is_err()) {
            let _ = line.shutdown(Shutdown::Both);
            return;
        }
        let connection = Arc::new(Connection { line, state: Mutex::new(State { busy: 0, since: Instant::now() }), _share: share });
        self.all().push(Arc::downgrade(&connection));
        kept.insert(connection);
    }

    /// Counts a request that is being sent, until it is there.
    ///
    /// # Errors
    /// When its line sends too many at once.
    pub fn sends(&self, client: IpAddr, body: Payload) -> Result<Payload, (Full, Payload)> {
        let mut share = self.sending.of(limits::line_of(client));
        match share.more(1) {
            Ok(()) => Ok(Payload::Stream { payload: Box::pin(Sending { body, share: Some(share) }) }),
            Err(full) => Err((full, body)),
        }
    }

    /// Hangs up on connections on which nothing goes on.
    pub fn sweep(&self) {
        self.all().retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            let State { busy, since } = *connection.state();
            if since.elapsed() > if busy == 0 { LONGEST_BETWEEN } else { LONGEST_REQUEST } {
                let _ = connection.line.shutdown(Shutdown::Both);
                return false;
            }
            true
        });
    }

    fn all(&self) -> MutexGuard<'_, Vec<Weak<Connection>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
fn another_handle(stream: &TcpStream) -> std::io::Result<std::net::TcpStream> {
    use std::os::fd::AsFd;
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn another_handle(_: &TcpStream) -> std::io::Result<std::net::TcpStream> {
    Err(std::io::ErrorKind::Unsupported.into())
}

impl Connection {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of a connection is being answered, until this is dropped.
pub struct Busy(Arc<Connection>);

impl Busy {
    /// From now on.
    #[must_use]
    pub fn on(connection: &Arc<Connection>) -> Self {
        let mut state = connection.state();
        *state = State { busy: state.busy + 1, since: Instant::now() };
        drop(state);
        Self(connection.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state();
        *state = State { busy: state.busy.saturating_sub(1), since: Instant::now() };
    }
}

/// A body that is counted as being sent until its end.
struct Sending {
    body: Payload,
    share: Option<Share<IpAddr>>,
}

impl Stream for Sending {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.body).poll_next(cx);
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            self.share = None;
        }
        next
    }
}

/// How many files the system lets this process have open, sockets among them; where one can ask.
#[must_use]
pub fn open_files_allowed() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    soft_limit(&limits)
}

fn soft_limit(limits: &str) -> Option<usize> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_sends_so_many_requests_at_once_and_each_counts_until_its_end() {
        let lines = Lines::new(64, true);
        let send = |client: [u8; 4]| lines.sends(client.into(), Payload::None);
        let mut held: Vec<_> = (0..8).map(|_| send([192, 0, 2, 1]).ok().expect("room")).collect();
        assert!(send([192, 0, 2, 1]).is_err() && send([192, 0, 2, 2]).is_ok());
        // The end of the body is seen, and not only that somebody lets go of it.
        let mut body = held.pop().expect("one");
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(matches!(Pin::new(&mut body).poll_next(&mut cx), Poll::Ready(None)));
        assert!(send([192, 0, 2, 1]).is_ok());
        held.clear();
        assert_eq!(lines.sending.held(), 0);
    }

    #[test]
    fn the_systems_limit_is_read() {
        let said = "Limit                     Soft Limit           Hard Limit           Units     \nMax processes             1   2   processes \nMax open files            1024                 524288               files     \n";
        assert_eq!(soft_limit(said), Some(1024));
        assert_eq!(soft_limit("Max open files            unlimited            unlimited            files"), None);
    }
}
