//! A mail server on loopback that does what a test tells it: takes letters, says 4xx or 5xx at any stage, hangs, drops the
//! line in the middle, offers STARTTLS with a certificate of its own, asks for a password.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Where the server may misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Instead of its greeting.
    Greeting,
    /// Instead of an answer to EHLO.
    Ehlo,
    /// To STARTTLS.
    StartTls,
    /// To AUTH.
    Auth,
    /// To MAIL FROM.
    Mail,
    /// To RCPT TO.
    Rcpt,
    /// To DATA.
    Data,
    /// After the final dot. The letter counts as taken by [`Deed::Hang`] and [`Deed::Drop`]: that is the case nobody can see.
    Receipt,
    /// In the middle of the letter.
    MidLetter,
}

/// What it does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Says this line.
    Say(&'static str),
    /// Says nothing any more.
    Hang,
    /// Closes the line.
    Drop,
    /// Takes its time, this many milliseconds, and then does as it should.
    Dawdle(u64),
}

/// How the line is made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Safety {
    /// It is not.
    #[default]
    Plain,
    /// STARTTLS is offered, and asked for before anything else.
    StartTls,
    /// From the beginning.
    Tls,
}

/// What the server is told to do.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// One misdeed; everything else goes well.
    pub misdeed: Option<(At, Deed)>,
    /// How often the misdeed happens before the server behaves; 0 is always.
    pub times: usize,
    /// How the line is made safe.
    pub safety: Safety,
    /// `AUTH` is asked for with this user and password, by this mechanism ("PLAIN" or "LOGIN").
    pub login: Option<(&'static str, &'static str, &'static str)>,
}

/// A letter that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    /// As it came over the wire, dots unstuffed.
    pub data: String,
}

#[derive(Debug, Default)]
struct Book {
    taken: Vec<Taken>,
    calls: usize,
    misdeeds: usize,
    heard: Vec<String>,
}

/// The running server; it ends when this is dropped.
#[derive(Debug)]
pub struct PostOffice {
    /// Where it listens.
    pub at: SocketAddr,
    /// The certificate a client must trust, in PEM.
    pub certificate: String,
    book: Arc<Mutex<Book>>,
    running: JoinHandle<()>,
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl PostOffice {
    /// Opens on a free port of 127.0.0.1.
    pub async fn open(script: Script) -> Self {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = own.cert.pem();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book::default()));
        let shared = book.clone();
        let running = tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let (script, book, tls) = (script.clone(), shared.clone(), tls.clone());
                // A broken line is what half of the tests want.
                tokio::spawn(async move {
                    book.lock().unwrap().calls += 1;
                    let mut clerk = Clerk { script, book };
                    let _ = match clerk.script.safety {
                        Safety::Tls => match tls.accept(line).await {
                            Ok(line) => clerk.serve(&mut BufStream::new(line), true, true).await.map(|_| ()),
                            Err(error) => Err(error),
                        },
                        Safety::Plain | Safety::StartTls => {
                            let mut line = BufStream::new(line);
                            match clerk.serve(&mut line, true, false).await {
                                Ok(Ended::StartTls) => match tls.accept(line.into_inner()).await {
                                    Ok(line) => clerk.serve(&mut BufStream::new(line), false, true).await.map(|_| ()),
                                    Err(error) => Err(error),
                                },
                                other => other.map(|_| ()),
                            }
                        }
                    };
                });
            }
        });
        Self { at, certificate, book, running }
    }

    /// The letters taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.book.lock().unwrap().taken.clone()
    }

    /// How often somebody called.
    pub fn calls(&self) -> usize {
        self.book.lock().unwrap().calls
    }

    /// Every command heard, passwords included.
    pub fn heard(&self) -> Vec<String> {
        self.book.lock().unwrap().heard.clone()
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Quit,
    StartTls,
}

struct Clerk {
    script: Script,
    book: Arc<Mutex<Book>>,
}

impl Clerk {
    async fn serve<L: AsyncRead + AsyncWrite + Unpin>(&mut self, line: &mut BufStream<L>, greet: bool, safe: bool) -> io::Result<Ended> {
        if greet {
            self.answer(line, At::Greeting, "220 loopback ESMTP").await?;
        }
        let (mut from, mut to, mut known) = (String::new(), Vec::new(), self.script.login.is_none());
        loop {
            let command = read(line).await?;
            self.book.lock().unwrap().heard.push(command.clone());
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let mut offers = vec!["loopback", "8BITMIME", "PIPELINING"];
                    if self.script.safety == Safety::StartTls && !safe {
                        offers.push("STARTTLS");
                    } else if let Some((mechanism, ..)) = self.script.login {
                        offers.push(if mechanism == "LOGIN" { "AUTH LOGIN" } else { "AUTH PLAIN" });
                    }
                    let last = offers.pop().unwrap_or_default();
                    let text = offers.iter().flat_map(|offer| ["250-", offer, "\r\n"]).chain(["250 ", last]).collect::<String>();
                    self.answer(line, At::Ehlo, &text).await?;
                }
                "STARTTLS" => {
                    self.answer(line, At::StartTls, "220 go ahead").await?;
                    return Ok(Ended::StartTls);
                }
                "AUTH" => {
                    let given = self.credentials(line, &command).await?;
                    let right = self.script.login.map(|(_, user, password)| (user.to_owned(), password.to_owned()));
                    known = given.is_some() && given == right;
                    let answer = if known { "235 2.7.0 welcome" } else { "535 5.7.8 Bad credentials" };
                    self.answer(line, At::Auth, answer).await?;
                }
                _ if self.script.safety == Safety::StartTls && !safe && verb != "QUIT" => {
                    say(line, "530 5.7.0 Must issue STARTTLS first").await?;
                }
                "MAIL" if !known => say(line, "530 5.7.0 Authentication required").await?,
                "MAIL" => {
                    from = address(&command);
                    to.clear();
                    self.answer(line, At::Mail, "250 2.1.0 ok").await?;
                }
                "RCPT" => {
                    to.push(address(&command));
                    self.answer(line, At::Rcpt, "250 2.1.5 ok").await?;
                }
                "DATA" => {
                    if self.answer(line, At::Data, "354 go on").await? {
                        continue;
                    }
                    let data = self.letter(line).await?;
                    let taken = Taken { from: from.clone(), to: to.clone(), data };
                    // Hanging or dropping after the dot: the letter is in the box, only the sender does not hear of it.
                    if !matches!(self.script.misdeed, Some((At::Receipt, Deed::Say(_)))) || self.spent() {
                        self.book.lock().unwrap().taken.push(taken);
                    }
                    self.answer(line, At::Receipt, "250 2.0.0 taken").await?;
                }
                "NOOP" | "RSET" => say(line, "250 2.0.0 ok").await?,
                "QUIT" => {
                    say(line, "221 2.0.0 bye").await?;
                    return Ok(Ended::Quit);
                }
                _ => say(line, "500 5.5.1 what?").await?,
            }
        }
    }

    fn spent(&self) -> bool {
        self.script.times > 0 && self.book.lock().unwrap().misdeeds >= self.script.times
    }

    /// Whether the misdeed is due here, which then counts.
    fn misdeed(&self, here: At) -> Option<Deed> {
        let (at, deed) = self.script.misdeed?;
        if at != here || self.spent() {
            return None;
        }
        self.book.lock().unwrap().misdeeds += 1;
        Some(deed)
    }

    /// Answers as it should, or does the misdeed; true when it said something else than it should have.
    async fn answer<L: AsyncRead + AsyncWrite + Unpin>(&self, line: &mut BufStream<L>, here: At, well: &str) -> io::Result<bool> {
        match self.misdeed(here) {
            None => say(line, well).await.map(|()| false),
            Some(Deed::Say(words)) => say(line, words).await.map(|()| true),
            Some(Deed::Dawdle(milliseconds)) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                say(line, well).await.map(|()| false)
            }
            Some(deed) => Err(misbehave(deed).await),
        }
    }

    async fn letter<L: AsyncRead + AsyncWrite + Unpin>(&self, line: &mut BufStream<L>) -> io::Result<String> {
        let mut data = String::new();
        loop {
            let text = read(line).await?;
            if text == "." {
                return Ok(data);
            }
            data.push_str(text.strip_prefix('.').unwrap_or(&text));
            data.push_str("\r\n");
            if data.len() > 200
                && let Some(deed) = self.misdeed(At::MidLetter)
            {
                return Err(misbehave(deed).await);
            }
        }
    }

    async fn credentials<L: AsyncRead + AsyncWrite + Unpin>(
        &self,
        line: &mut BufStream<L>,
        command: &str,
    ) -> io::Result<Option<(String, String)>> {
        let decode = |text: &str| BASE64_STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(initial) = command.strip_prefix("AUTH PLAIN ") {
            let plain = decode(initial).unwrap_or_default();
            let mut parts = plain.split('\0').skip(1).map(String::from);
            return Ok(parts.next().zip(parts.next()));
        }
        say(line, "334 VXNlcm5hbWU6").await?;
        let user = decode(&read(line).await?);
        say(line, "334 UGFzc3dvcmQ6").await?;
        let password = decode(&read(line).await?);
        Ok(user.zip(password))
    }
}

async fn misbehave(deed: Deed) -> io::Error {
    if deed == Deed::Hang {
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    io::ErrorKind::ConnectionReset.into()
}

async fn say<L: AsyncWrite + AsyncRead + Unpin>(line: &mut BufStream<L>, words: &str) -> io::Result<()> {
    line.write_all(words.as_bytes()).await?;
    line.write_all(b"\r\n").await?;
    line.flush().await
}

async fn read<L: AsyncRead + AsyncWrite + Unpin>(line: &mut BufStream<L>) -> io::Result<String> {
    let mut text = String::new();
    if line.read_line(&mut text).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    assert!(text.ends_with("\r\n"), "a bare line end in {text:?}");
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn address(command: &str) -> String {
    command.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
