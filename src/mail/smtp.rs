//! The conversation with a mail server: reaching it, making the line safe, signing in, handing letters over.
//!
//! The steps are taken one by one, each with its own patience, so that a fault knows at which stage it happened: a server
//! that hangs is given up, and a refused password is not taken for a refused letter. No password is ever shown: not in
//! `Debug`, not in an error, not when the server repeats it.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

use super::{Outcome, Stage, is_permanent, is_the_servers, one_line};

/// A mail server's address, as `BOXROTA_SMTP_URL` gives it. Neither `Debug` nor `Display` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    safety: Safety,
    login: Option<(String, String)>,
}

/// How the line is made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Safety {
    /// Not at all: only to this machine.
    Plain,
    /// In the middle, by STARTTLS; nothing is sent before.
    StartTls,
    /// From the beginning.
    Tls,
}

/// What is wrong with the address of a mail server. The words never repeat the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadServer {
    /// No address at all.
    #[error("is not an address of a mail server; write it like smtp://user:password@mail.example:587?tls=required")]
    NotAnAddress,
    /// Another scheme.
    #[error("must begin with smtp:// or smtps://")]
    Scheme,
    /// A plain line to another machine.
    #[error(
        "would send mail to {0} over a line that anybody can read; add ?tls=required, or write smtps://, or use a mail server on this machine (127.0.0.1)"
    )]
    PlainLine(String),
    /// Something behind the question mark that we do not know.
    #[error("has the option {0:?}; the only one is tls=required")]
    Option(String),
    /// A password without a user, or the other way round, or not UTF-8.
    #[error(
        "has a user name or a password that cannot be read; write both, with special letters as %-codes (@ is %40, / is %2F, : is %3A)"
    )]
    Login,
}

impl FromStr for Server {
    type Err = BadServer;

    fn from_str(text: &str) -> Result<Self, BadServer> {
        let url = Url::parse(text.trim()).map_err(|_| BadServer::NotAnAddress)?;
        let tls = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            _ => return Err(BadServer::Scheme),
        };
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_lowercase();
        if host.is_empty() || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(BadServer::NotAnAddress);
        }
        let mut starttls = false;
        for (name, value) in url.query_pairs() {
            if name != "tls" || value != "required" {
                return Err(BadServer::Option(if name == "tls" { format!("tls={value}") } else { name.into_owned() }));
            }
            starttls = true;
        }
        let safety = match (tls, starttls) {
            (true, _) => Safety::Tls,
            (false, true) => Safety::StartTls,
            (false, false) if is_this_machine(&host) => Safety::Plain,
            (false, false) => return Err(BadServer::PlainLine(host)),
        };
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| BadServer::Login);
        let login = match (decoded(url.username())?, url.password()) {
            (user, None) if user.is_empty() => None,
            (user, Some(password)) if !user.is_empty() => Some((user, decoded(password)?)),
            _ => return Err(BadServer::Login),
        };
        let usual = match safety {
            Safety::Plain => 25,
            Safety::StartTls => 587,
            Safety::Tls => 465,
        };
        Ok(Self { host, port: url.port().unwrap_or(usual), safety, login })
    }
}

impl Server {
    /// Whether it runs on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_this_machine(&self.host)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') { write!(f, "[{}]:{}", self.host, self.port) } else { write!(f, "{}:{}", self.host, self.port) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.login.as_ref().map(|(user, _)| user);
        f.debug_struct("Server").field("at", &self.to_string()).field("safety", &self.safety).field("user", &user).finish_non_exhaustive()
    }
}

/// Whether a name means this machine whatever the network's name service says.
fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// How long we wait for a mail server.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For each answer.
    pub answer: Duration,
    /// For the receipt of a whole letter. Longer, because giving up here may mean that a letter which was taken is sent again.
    pub receipt: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer: Duration::from_secs(30), receipt: Duration::from_secs(180) }
    }
}

/// Why a letter was not taken, or the server not reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How far it had come.
    pub stage: Stage,
    /// The server's three digits, when it answered.
    pub code: Option<u16>,
    /// What happened, a sentence for people.
    pub words: String,
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        if is_permanent(fault.stage, fault.code) { Self::Refused(fault.words) } else { Self::Passing(fault.words) }
    }
}

/// A mail server and the open line to it, if there is one.
pub struct Smtp {
    server: Server,
    tls: Option<TlsParameters>,
    hello: ClientId,
    patience: Patience,
    line: Mutex<Option<AsyncSmtpConnection>>,
    cut_off: AtomicBool,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Prepares; reaches nobody yet. `roots` is a PEM file of further certificate authorities, for a school with its own;
    /// `hello` the name by which this machine introduces itself.
    ///
    /// # Errors
    /// When `roots` holds no certificate that can be used.
    pub fn new(server: Server, roots: Option<&[u8]>, hello: &str, patience: Patience) -> Result<Self, BadRoots> {
        let tls = if server.safety == Safety::Plain {
            None
        } else {
            let mut tls = TlsParameters::builder(server.host.clone());
            if let Some(pem) = roots {
                // A text without a certificate in it reads as an empty list, which would be trusted in silence.
                if !pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
                    return Err(BadRoots("there is no certificate in it".into()));
                }
                tls = tls.add_root_certificate(Certificate::from_pem(pem).map_err(|e| BadRoots(cause(&e)))?);
            }
            Some(tls.build().map_err(|e| BadRoots(cause(&e)))?)
        };
        let hello = match hello.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => ClientId::Ipv4(ip),
            Ok(IpAddr::V6(ip)) => ClientId::Ipv6(ip),
            Err(_) if hello.contains('.') && hello.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')) => {
                ClientId::Domain(hello.to_owned())
            }
            Err(_) => ClientId::default(),
        };
        Ok(Self { server, tls, hello, patience, line: Mutex::new(None), cut_off: AtomicBool::new(false) })
    }

    /// Hands one letter over. The line stays open for the next one, until [`Smtp::hang_up`].
    ///
    /// # Errors
    /// A [`Fault`] that says at which stage it was not taken, and why. After a fault in [`Stage::Content`] without a code the
    /// server may have taken the letter all the same: it is sent again with the same `Message-ID`.
    pub async fn deliver(&self, from: &Address, to: &Address, letter: &[u8]) -> Result<(), Fault> {
        let done = self.deliver_once(from, to, letter).await;
        let cut_off = done.as_ref().is_err_and(|fault| is_the_servers(fault.stage, fault.code));
        self.cut_off.store(cut_off, Ordering::Relaxed);
        done
    }

    /// Whether the last letter found no server that would have listened: the next one would not either.
    pub fn is_cut_off(&self) -> bool {
        self.cut_off.load(Ordering::Relaxed)
    }

    async fn deliver_once(&self, from: &Address, to: &Address, letter: &[u8]) -> Result<(), Fault> {
        let mut held = self.line.lock().await;
        // The line is taken out while it is in use: if this future is dropped in the middle, a half-spoken line is dropped with it.
        let mut line = match held.take() {
            Some(line) => match self.still_there(line).await {
                Some(line) => line,
                None => self.connect().await?,
            },
            None => self.connect().await?,
        };
        match self.hand_over(&mut line, from, to, letter).await {
            Ok(()) => {
                *held = Some(line);
                Ok(())
            }
            Err(fault) => {
                if fault.code.is_some() {
                    self.say_goodbye(line).await;
                }
                Err(fault)
            }
        }
    }

    /// Reaches the server, makes the line safe and signs in, sends nothing: for `boxrota check`.
    ///
    /// # Errors
    /// A [`Fault`] that says how far it came.
    pub async fn check(&self) -> Result<(), Fault> {
        let mut line = self.connect().await?;
        self.step(Stage::Connecting, self.patience.answer, line.command(Noop)).await?;
        self.say_goodbye(line).await;
        Ok(())
    }

    /// Closes the line, after a round of letters.
    pub async fn hang_up(&self) {
        if let Some(line) = self.line.lock().await.take() {
            self.say_goodbye(line).await;
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let answer = self.patience.answer;
        let wrapped = self.tls.clone().filter(|_| self.server.safety == Safety::Tls);
        let host = (self.server.host.as_str(), self.server.port);
        let connect = AsyncSmtpConnection::connect_tokio1(host, Some(answer), &self.hello, wrapped, None);
        let mut line = self.step(Stage::Connecting, answer * 2, connect).await?;
        if let (Safety::StartTls, Some(tls)) = (self.server.safety, &self.tls) {
            if !line.can_starttls() {
                let words = format!("The mail server {} offers no safe line (STARTTLS), so nothing was sent.", self.server);
                return Err(Fault { stage: Stage::Securing, code: None, words });
            }
            self.step(Stage::Securing, answer, line.starttls(tls.clone(), &self.hello)).await?;
        }
        if let Some((user, password)) = &self.server.login {
            let login = Credentials::new(user.clone(), password.clone());
            self.step(Stage::SigningIn, answer, line.auth(DEFAULT_MECHANISMS, &login)).await?;
        }
        Ok(line)
    }

    async fn hand_over(&self, line: &mut AsyncSmtpConnection, from: &Address, to: &Address, letter: &[u8]) -> Result<(), Fault> {
        let answer = self.patience.answer;
        let mut options = Vec::new();
        if !AsRef::<str>::as_ref(from).is_ascii() || !AsRef::<str>::as_ref(to).is_ascii() {
            if !line.server_info().supports_feature(Extension::SmtpUtfEight) {
                let words = "The mail server cannot send to an address with letters outside A to Z.".to_owned();
                return Err(Fault { stage: Stage::Recipient, code: Some(553), words });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !letter.is_ascii() && line.server_info().supports_feature(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        self.step(Stage::Sender, answer, line.command(Mail::new(Some(from.clone()), options))).await?;
        self.step(Stage::Recipient, answer, line.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        self.step(Stage::Content, answer, line.command(Data)).await?;
        self.step(Stage::Content, self.patience.receipt, line.message(letter)).await?;
        Ok(())
    }

    /// A line that was left open, if the server still answers on it.
    async fn still_there(&self, mut line: AsyncSmtpConnection) -> Option<AsyncSmtpConnection> {
        matches!(timeout(Duration::from_secs(5), line.command(Noop)).await, Ok(Ok(_))).then_some(line)
    }

    async fn say_goodbye(&self, mut line: AsyncSmtpConnection) {
        // Courtesy only: whatever comes of it, the line is dropped.
        let _ = timeout(Duration::from_secs(2).min(self.patience.answer), line.command(Quit)).await;
    }

    async fn step<T>(&self, stage: Stage, patience: Duration, doing: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        match timeout(patience, doing).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.fault(stage, &error)),
            Err(_) => Err(Fault {
                stage,
                code: None,
                words: format!("The mail server {} did not answer in time {}.", self.server, at_stage(stage)),
            }),
        }
    }

    fn fault(&self, stage: Stage, error: &Error) -> Fault {
        let code = error.status().map(u16::from);
        let said = self.discreet(&cause(error));
        let server = &self.server;
        let words = match (stage, code) {
            (Stage::Recipient, Some(code)) => format!("The mail server refused the address: {code} {said}"),
            (Stage::Sender, Some(code)) => format!("The mail server refused our sender address: {code} {said}"),
            (Stage::Content, Some(code)) => format!("The mail server refused the e-mail: {code} {said}"),
            (Stage::SigningIn, Some(code)) => format!("The mail server did not accept our user name and password: {code} {said}"),
            (Stage::Connecting | Stage::Securing, Some(code)) => format!("The mail server {server} turned us away: {code} {said}"),
            (Stage::Connecting, None) => format!("The mail server {server} could not be reached: {said}"),
            (Stage::Securing, None) => format!("No safe line to the mail server {server} could be made: {said}"),
            (_, None) => format!("The line to the mail server {server} broke {}: {said}", at_stage(stage)),
        };
        Fault { stage, code, words: sentence(words) }
    }

    /// What a server said, in one line of bearable length and without our password, should it repeat it.
    fn discreet(&self, said: &str) -> String {
        let mut said = one_line(said);
        if let Some((user, password)) = &self.server.login {
            let plain = format!("\0{user}\0{password}");
            for secret in [&BASE64_STANDARD.encode(plain), &BASE64_STANDARD.encode(password), password] {
                if !secret.is_empty() {
                    said = said.replace(secret.as_str(), "[password]");
                }
            }
        }
        match said.char_indices().nth(300) {
            Some((cut, _)) => format!("{}…", &said[..cut]),
            None => said,
        }
    }
}

/// A file of certificate authorities that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("holds no certificate that can be used (PEM is wanted): {0}")]
pub struct BadRoots(String);

fn at_stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Connecting => "when we called",
        Stage::Securing => "while the line was made safe",
        Stage::SigningIn => "while we signed in",
        Stage::Sender => "when we said who sends",
        Stage::Recipient => "when we named the recipient",
        Stage::Content => "while the e-mail was handed over",
    }
}

/// The innermost cause, which says most: "Connection refused" and not "Connection error".
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    // "Connection refused (os error 111)": the number says nothing to a coordinator.
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn sentence(words: String) -> String {
    if words.ends_with(['.', '!', '?', '…']) { words } else { words + "." }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Result<Server, BadServer> {
        text.parse()
    }

    #[test]
    fn a_plain_line_is_only_for_this_machine() {
        for local in ["smtp://127.0.0.1:2525", "smtp://localhost:2525", "smtp://[::1]:2525", "smtp://127.9.9.9", "smtp://LOCALHOST"] {
            assert_eq!(server(local).map(|s| s.safety), Ok(Safety::Plain), "{local}");
        }
        for (other, host) in [
            ("smtp://user:geheim@mail.example:587", "mail.example"),
            ("smtp://10.0.0.1", "10.0.0.1"),
            ("smtp://localhost.evil.example", "localhost.evil.example"),
            ("smtp://127.1", "127.1"),
        ] {
            let refusal = server(other).unwrap_err();
            assert_eq!(refusal, BadServer::PlainLine(host.into()));
            assert!(refusal.to_string().contains("?tls=required") && !refusal.to_string().contains("geheim"));
        }
    }

    #[test]
    fn addresses_are_read_with_their_usual_ports() {
        let at = |text| server(text).map(|s| (s.to_string(), s.safety));
        assert_eq!(at("smtps://mail.example"), Ok(("mail.example:465".into(), Safety::Tls)));
        assert_eq!(at("smtp://mail.example?tls=required"), Ok(("mail.example:587".into(), Safety::StartTls)));
        assert_eq!(at("smtp://[::1]?tls=required"), Ok(("[::1]:587".into(), Safety::StartTls)));
        assert_eq!(at("smtp://127.0.0.1/"), Ok(("127.0.0.1:25".into(), Safety::Plain)));
        let login = server("smtps://boxrota%40school.example:p%2Fa%3Ass%40@mail.example").unwrap().login;
        assert_eq!(login, Some(("boxrota@school.example".into(), "p/a:ss@".into())));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_showing_the_password() {
        for (text, why) in [
            ("mail.example:587", BadServer::Scheme),
            ("", BadServer::NotAnAddress),
            ("https://u:geheim@mail.example", BadServer::Scheme),
            ("smtp://:geheim@mail.example?tls=required", BadServer::Login),
            ("smtps://user@mail.example", BadServer::Login),
            ("smtps://user:%FF@mail.example", BadServer::Login),
            ("smtp://u:geheim@mail.example?tls=opportunistic", BadServer::Option("tls=opportunistic".into())),
            ("smtps://u:geheim@mail.example?verify=no", BadServer::Option("verify".into())),
            ("smtps://mail.example/path", BadServer::NotAnAddress),
            ("smtps://", BadServer::NotAnAddress),
        ] {
            assert_eq!(server(text), Err(why.clone()), "{text}");
            assert!(!why.to_string().contains("geheim"));
        }
    }

    #[test]
    fn debug_and_display_keep_the_password() {
        let server = server("smtps://user:geheim@mail.example").unwrap();
        let smtp = Smtp::new(server.clone(), None, "boxrota.example", Patience::default()).unwrap();
        let shown = format!("{server} {server:?} {smtp:?}");
        assert!(!shown.contains("geheim") && shown.contains("user"), "{shown}");
        let echoed = smtp.discreet(&format!(
            "Bad login user:geheim {} {}",
            BASE64_STANDARD.encode("geheim"),
            BASE64_STANDARD.encode("\0user\0geheim")
        ));
        assert_eq!(echoed, "Bad login user:[password] [password] [password]");
    }

    #[test]
    fn a_file_without_a_certificate_is_no_root() {
        let at: Server = "smtps://mail.example".parse().unwrap();
        let bad = |pem: &[u8]| Smtp::new(at.clone(), Some(pem), "", Patience::default()).is_err();
        assert!(bad(b""));
        assert!(bad(b"hello"));
        assert!(bad(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    }
}
