//! A line to the database that can hang or break: passes bytes on between a program and PostgreSQL, until the story says otherwise.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{Engine, Ground};

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Bytes come through.
    Up,
    /// Connections are taken and nothing comes through: a server that hangs, or a network that loses everything.
    Hanging,
    /// Connections are refused, and those there were have ended.
    Down,
}

/// A line to PostgreSQL.
pub struct Relay {
    line: Arc<watch::Sender<Line>>,
    at: SocketAddr,
    to: String,
}

impl Relay {
    /// A line to the ground's server, over which the ground's own URL leads from now on.
    pub async fn before(ground: &mut Ground) -> Self {
        assert_eq!(ground.engine, Engine::Postgres, "a file has no line");
        let mut url = url::Url::parse(&ground.url).expect("a URL");
        let to = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("an address");
        url.set_port(Some(at.port())).expect("a port");
        ground.url = url.to_string();
        let relay = Self { line: Arc::new(watch::channel(Line::Up).0), at, to };
        relay.listen(listener);
        relay
    }

    fn listen(&self, listener: TcpListener) {
        let (line, to) = (self.line.clone(), self.to.clone());
        // On a thread of its own: what a story blocks must not block the line.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let std = listener.into_std().expect("a listener");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(std).expect("a listener");
                let mut state = line.subscribe();
                loop {
                    tokio::select! {
                        _ = state.wait_for(|line| *line == Line::Down) => return,
                        taken = listener.accept() => {
                            let (here, _) = taken.expect("a connection");
                            let there = TcpStream::connect(&to).await.expect("the server");
                            let ((read_here, write_here), (read_there, write_there)) = (here.into_split(), there.into_split());
                            tokio::spawn(pass(read_here, write_there, line.subscribe()));
                            tokio::spawn(pass(read_there, write_here, line.subscribe()));
                        }
                    }
                }
            });
        });
    }

    /// From now on nothing comes through.
    pub fn hang(&self) {
        self.line.send_replace(Line::Hanging);
    }

    /// What was held back comes through, and whatever follows.
    pub fn go_on(&self) {
        self.line.send_replace(Line::Up);
    }

    /// After [`Relay::end`]: new connections are taken again.
    pub async fn begin_again(&self) {
        let listener = TcpListener::bind(self.at).await.expect("the same port");
        self.line.send_replace(Line::Up);
        self.listen(listener);
    }

    /// Every connection ends, and new ones are refused.
    pub async fn end(&self) {
        self.line.send_replace(Line::Down);
        while TcpStream::connect(self.at).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mut line: watch::Receiver<Line>) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            _ = line.wait_for(|line| *line == Line::Down) => return,
            read = from.read(&mut bytes) => read,
        };
        let Ok(read @ 1..) = read else { return };
        match line.wait_for(|line| *line != Line::Hanging).await.map(|line| *line) {
            Ok(Line::Up) if to.write_all(&bytes[..read]).await.is_ok() => {}
            _ => return,
        }
    }
}
