//! A line to a database that can be cut, held, and taken away.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Line {
    /// It arrives.
    Open,
    /// It lies about, until the line is open again. Whoever calls is answered by nobody.
    Held,
    /// Every line breaks at once, and whoever calls is turned away.
    Closed,
}

/// Stands between the program and its database.
pub struct Proxy {
    /// Where it listens.
    pub at: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: AtomicU8,
    gone: AtomicBool,
    lines: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Opens on a free port of 127.0.0.1, in front of that address.
    pub fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let at = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { state: AtomicU8::new(Line::Open as u8), gone: AtomicBool::new(false), lines: Mutex::default() });
        let own = shared.clone();
        thread::spawn(move || own.listen(listener, at, target));
        Self { at, shared }
    }

    /// From now on.
    pub fn set(&self, line: Line) {
        self.shared.state.store(line as u8, Ordering::SeqCst);
        if line == Line::Closed {
            for line in self.shared.lines.lock().expect("the lines").drain(..) {
                let _ = line.shutdown(Shutdown::Both);
            }
            // The one that waits for callers wakes, sees, and closes.
            let _ = TcpStream::connect_timeout(&self.at, Duration::from_millis(200));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.gone.store(true, Ordering::SeqCst);
        self.set(Line::Closed);
    }
}

impl Shared {
    fn is(&self, line: Line) -> bool {
        self.state.load(Ordering::SeqCst) == line as u8
    }

    fn listen(self: Arc<Self>, first: TcpListener, at: SocketAddr, target: SocketAddr) {
        let mut listener = Some(first);
        while !self.gone.load(Ordering::SeqCst) {
            if self.is(Line::Closed) {
                listener = None;
                thread::sleep(Duration::from_millis(10));
                continue;
            }
            let open = listener.get_or_insert_with(|| TcpListener::bind(at).expect("the port once more"));
            let Ok((caller, _)) = open.accept() else { continue };
            if self.is(Line::Closed) {
                continue;
            }
            let Ok(callee) = TcpStream::connect(target) else { continue };
            for (from, to) in [(&caller, &callee), (&callee, &caller)] {
                let (from, to, own) = (from.try_clone().expect("a line"), to.try_clone().expect("a line"), self.clone());
                thread::spawn(move || own.carry(from, to));
            }
            self.lines.lock().expect("the lines").extend([caller, callee]);
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            while self.is(Line::Held) {
                thread::sleep(Duration::from_millis(10));
            }
            if self.is(Line::Closed) || to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    }
}
