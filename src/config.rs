//! The configuration: command-line options and environment variables, parsed once, with errors that say what to do.
//!
//! Every option is also an environment variable. Secrets (the database's and the mail server's passwords) come from
//! the environment alone, because other users of a machine can read a command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use lettre::message::Mailbox;

use crate::accounts::identity::Provider;
use crate::base::days::parse_iso;
use crate::base::{Day, EmailAddress};
use crate::db::DatabaseUrl;
use crate::mail::mailer::{Mailer, Sender};
use crate::mail::smtp::{self, BadServer, Server};
use crate::web::Site;

/// Requests a minute of a session, when nobody says otherwise: ten pages a second is no reader.
const PER_SESSION: NonZeroU32 = NonZeroU32::MIN.saturating_add(599);
/// Requests a minute from an address, when nobody says otherwise.
const PER_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2999);
/// Connections at once, when nobody says otherwise: two handles each fit into the 1,024 that a system gives a process by itself.
const CONNECTIONS: usize = 400;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "boxrota", version, about = "Primary schools of a cluster share science kit", long_about = None)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try Boxrota: a demo cluster in a folder of its own, mails shown in the app, nothing to set up
    Demo {
        /// The folder that holds the demo's database
        #[arg(long, env = "BOXROTA_DATA", default_value = "boxrota-demo", value_name = "DIR")]
        data: PathBuf,
        /// The day on which it stands at its first start, such as 2026-11-30 (default: today); later it goes on from there
        #[arg(long, env = "BOXROTA_DEMO_TODAY", value_name = "DAY")]
        today: Option<String>,
        /// How it is reached
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Serve a real cluster; the database is named by `BOXROTA_DATABASE_URL`
    Serve(ServerArgs),
    /// Bring the database's schema up to date
    Migrate,
    /// Load a cluster from a folder of CSV files (see docs/importing.md)
    ImportCluster {
        /// The folder
        folder: PathBuf,
        /// Where the server is reached
        #[arg(long, env = "BOXROTA_PUBLIC_URL", value_name = "URL")]
        public_url: Option<String>,
    },
    /// Print a sign-in link for a person, for the first coordinator before the mail server works
    SignInLink {
        /// The person's e-mail address
        address: String,
        /// Where the server is reached
        #[arg(long, env = "BOXROTA_PUBLIC_URL", value_name = "URL")]
        public_url: Option<String>,
    },
    /// Make somebody programme director of a cluster, for the first one there: from then on directors make directors
    MakeDirector {
        /// The person's e-mail address
        address: String,
        /// The cluster's short name, as in its addresses
        #[arg(long, value_name = "NAME")]
        cluster: String,
        /// Where the server is reached
        #[arg(long, env = "BOXROTA_PUBLIC_URL", value_name = "URL")]
        public_url: Option<String>,
    },
    /// Say whether configuration, database and mail server are in order, and how to mend them
    Check(ServerArgs),
    /// Say what is in a bank statement: payments, what is wrong, what has to be asked (see docs/statements.md)
    ReadStatement {
        /// The file, of whatever kind
        file: PathBuf,
        /// An answer to what it asks, such as `date_order=dmy`; may be given several times
        #[arg(long = "answer", value_name = "KEY=VALUE")]
        answers: Vec<String>,
        /// The day that counts as today, such as 2026-11-30 (default: today)
        #[arg(long, value_name = "DAY")]
        today: Option<String>,
        /// The program that reads workbooks, in a process of its own (default: this one)
        #[arg(long, env = "BOXROTA_READER", value_name = "PROGRAM")]
        reader: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Say which lines of a statement pay which open items, from two CSV files (see docs/statements.md)
    Match {
        /// What is open
        items: PathBuf,
        /// The lines of the statement
        lines: PathBuf,
        /// What was confirmed: lines with these words are always of this party; may be given several times
        #[arg(long = "rule", value_name = "WORDS=PARTY")]
        rules: Vec<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Read a workbook from standard input: what `read-statement` starts, within limits of memory and time
    #[command(hide = true)]
    ReadWorkbook,
}

/// Options of the commands that serve pages.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// Address and port to listen on (default: 127.0.0.1:8080)
    #[arg(long, env = "BOXROTA_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// Where people reach it, as in the links of e-mails (default: http:// and the address it listens on)
    #[arg(long, env = "BOXROTA_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// The sender of e-mails (default: Boxrota at the host of the public address)
    #[arg(long, env = "BOXROTA_MAIL_FROM", value_name = "MAILBOX")]
    pub mail_from: Option<String>,
    /// Where answers to e-mails go (default: to the sender)
    #[arg(long, env = "BOXROTA_MAIL_REPLY_TO", value_name = "MAILBOX")]
    pub mail_reply_to: Option<String>,
    /// A proxy in front adds the client's address to X-Forwarded-For: true or false (default: false)
    #[arg(long, env = "BOXROTA_BEHIND_PROXY", value_name = "BOOL")]
    pub behind_proxy: Option<String>,
    /// The most requests of one session in a minute (default: 600)
    #[arg(long, env = "BOXROTA_REQUESTS_PER_SESSION", value_name = "NUMBER")]
    pub requests_per_session: Option<String>,
    /// The most requests from one internet address in a minute (default: 3000)
    #[arg(long, env = "BOXROTA_REQUESTS_PER_ADDRESS", value_name = "NUMBER")]
    pub requests_per_address: Option<String>,
    /// The most connections at once (default: 400)
    #[arg(long, env = "BOXROTA_CONNECTIONS", value_name = "NUMBER")]
    pub connections: Option<String>,
}

/// Everything a running server knows of its surroundings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port.
    pub listen: SocketAddr,
    /// What pages and letters know of it.
    pub site: Site,
    /// The database.
    pub database: DatabaseUrl,
    /// `BOXROTA_SMTP_URL` and what belongs to it, as it came; the notifications room parses it.
    pub smtp: Smtp,
    /// The most requests of one session, or visitor's cookie, in a minute.
    pub requests_per_session: NonZeroU32,
    /// The most requests from one address in a minute: a whole school may sit behind it.
    pub requests_per_address: NonZeroU32,
    /// The most connections at once.
    pub connections: usize,
    /// Providers through which people may sign in.
    pub providers: Vec<Provider>,
    /// Who is written to when something goes wrong that nobody at a school can mend.
    pub operator_mail: Option<EmailAddress>,
}

/// The mail server's settings as text. Its `Debug` shows no password.
#[derive(Clone, Default)]
pub struct Smtp {
    /// `BOXROTA_SMTP_URL`; `None` keeps mails in the app.
    pub url: Option<String>,
    /// A PEM file with another root certificate, `BOXROTA_SMTP_ROOT_CERT`.
    pub root_cert: Option<PathBuf>,
    /// Where answers go.
    pub reply_to: Option<String>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("url", &self.url.as_ref().map(|_| "..")).finish_non_exhaustive()
    }
}

/// A setting that stops the start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {fault}.\n  An example that works: {variable}={example}")]
pub struct WrongSetting {
    /// The environment variable's name.
    pub variable: &'static str,
    /// What is wrong with its value. Never the value of a secret.
    pub fault: String,
    /// A value that works.
    pub example: &'static str,
}

fn wrong(variable: &'static str, fault: impl Into<String>, example: &'static str) -> WrongSetting {
    WrongSetting { variable, fault: fault.into(), example }
}

/// The database's URL from the environment.
///
/// # Errors
/// When it is missing or wrong.
pub fn database_url(value: Option<String>) -> Result<DatabaseUrl, WrongSetting> {
    const NAME: &str = "BOXROTA_DATABASE_URL";
    const EXAMPLE: &str = "sqlite:/var/lib/boxrota/boxrota.db";
    let value = value.filter(|value| !value.is_empty()).ok_or_else(|| wrong(NAME, "is not set", EXAMPLE))?;
    value.parse().map_err(|fault| wrong(NAME, format!("{fault}"), EXAMPLE))
}

/// The day on which the demo shall stand; `None` where nobody says.
///
/// # Errors
/// When it is no day.
pub fn demo_today(value: Option<&str>) -> Result<Option<Day>, WrongSetting> {
    let Some(text) = value.filter(|text| !text.is_empty()) else { return Ok(None) };
    let day = parse_iso(text).ok_or_else(|| wrong("BOXROTA_DEMO_TODAY", format!("is {text:?}, which is no day"), "2026-11-30"))?;
    Ok(Some(day))
}

impl Config {
    /// Puts the configuration together. `env` looks up a variable, so that tests need not set the process's own.
    ///
    /// # Errors
    /// The first wrong setting.
    pub fn from(args: &ServerArgs, database: DatabaseUrl, demo: bool, env: impl Fn(&str) -> Option<String>) -> Result<Self, WrongSetting> {
        let listen_text = args.listen.clone().unwrap_or_else(|| "127.0.0.1:8080".into());
        let listen: SocketAddr = listen_text
            .parse()
            .map_err(|_| wrong("BOXROTA_LISTEN", format!("is {listen_text:?}, which is no address with a port"), "127.0.0.1:8080"))?;
        let public = args.public_url.clone().unwrap_or_else(|| format!("http://{listen}"));
        let public_url = url::Url::parse(&public)
            .ok()
            .filter(|url| {
                ["http", "https"].contains(&url.scheme()) && url.host_str().is_some() && url.path() == "/" && url.query().is_none()
            })
            .ok_or_else(|| {
                wrong(
                    "BOXROTA_PUBLIC_URL",
                    format!("is {public:?}, which is no http or https address without a path"),
                    "https://boxes.school.example",
                )
            })?;
        let behind_proxy = match args.behind_proxy.as_deref().unwrap_or("false") {
            "true" => true,
            "false" => false,
            other => return Err(wrong("BOXROTA_BEHIND_PROXY", format!("is {other:?}, which is neither true nor false"), "true")),
        };
        let smtp = Smtp {
            url: env("BOXROTA_SMTP_URL").filter(|value| !value.is_empty()),
            root_cert: env("BOXROTA_SMTP_ROOT_CERT").filter(|value| !value.is_empty()).map(PathBuf::from),
            reply_to: args.mail_reply_to.clone().filter(|value| !value.is_empty()),
        };
        let operator_mail = match env("BOXROTA_OPERATOR_MAIL").filter(|value| !value.is_empty()) {
            None => None,
            Some(text) => Some(
                text.parse()
                    .map_err(|_| wrong("BOXROTA_OPERATOR_MAIL", format!("is {text:?}, which is no e-mail address"), "it@school.example"))?,
            ),
        };
        let site = Site {
            public_url,
            mail_from: args.mail_from.clone().filter(|value| !value.is_empty()),
            sends_mail: smtp.url.is_some(),
            demo,
            behind_proxy,
        };
        let providers = providers(&env)?;
        let per_minute = |variable: &'static str, value: &Option<String>, otherwise: NonZeroU32, example: &'static str| match value {
            None => Ok(otherwise),
            Some(text) => text.parse().map_err(|_| wrong(variable, format!("is {text:?}, which is no whole number above 0"), example)),
        };
        let requests_per_session = per_minute("BOXROTA_REQUESTS_PER_SESSION", &args.requests_per_session, PER_SESSION, "600")?;
        let requests_per_address = per_minute("BOXROTA_REQUESTS_PER_ADDRESS", &args.requests_per_address, PER_ADDRESS, "3000")?;
        let connections = match &args.connections {
            None => CONNECTIONS,
            Some(text) => text
                .parse()
                .ok()
                .filter(|many| (64..=100_000).contains(many))
                .ok_or_else(|| wrong("BOXROTA_CONNECTIONS", format!("is {text:?}, which is no number from 64 to 100000"), "1000"))?,
        };
        Ok(Self { listen, site, database, smtp, requests_per_session, requests_per_address, connections, providers, operator_mail })
    }

    /// How many files may be open at once: two handles a connection, the database's, and some for the mail server, the log and the rest.
    #[must_use]
    pub fn open_files(&self) -> usize {
        2 * self.connections + usize::try_from(self.database.pool_size()).unwrap_or_default() + 64
    }

    /// How letters leave: by the mail server of `BOXROTA_SMTP_URL`, or not at all when it is not set.
    ///
    /// # Errors
    /// The first wrong setting; a password is never repeated.
    pub fn mailer(&self) -> Result<Mailer, WrongSetting> {
        const URL: &str = "BOXROTA_SMTP_URL";
        const EXAMPLE: &str = "smtp://user:password@mail.school.example:587?tls=required";
        const ROOTS: &str = "BOXROTA_SMTP_ROOT_CERT";
        const PEM: &str = "/etc/ssl/certs/our-school.pem";
        let Some(url) = &self.smtp.url else { return Ok(Mailer::InAppOnly) };
        let server: Server = url.parse().map_err(|fault: BadServer| wrong(URL, fault.to_string(), EXAMPLE))?;
        if self.site.demo && !server.is_local() {
            return Err(wrong(URL, "is set, but the demo sends no mail to other machines; unset it", "smtp://127.0.0.1:2525"));
        }
        let host = self.site.public_url.host_str().unwrap_or_default();
        let from = self.site.mail_from.clone().unwrap_or_else(|| format!("Boxrota <boxrota@{host}>"));
        let sender = Sender {
            from: mailbox("BOXROTA_MAIL_FROM", &from)?,
            reply_to: self.smtp.reply_to.as_deref().map(|text| mailbox("BOXROTA_MAIL_REPLY_TO", text)).transpose()?,
        };
        let roots = match &self.smtp.root_cert {
            None => None,
            Some(path) => {
                let unreadable = |fault| wrong(ROOTS, format!("names {}, which cannot be read: {fault}", path.display()), PEM);
                Some(std::fs::read(path).map_err(unreadable)?)
            }
        };
        let smtp = smtp::Smtp::new(server, roots.as_deref(), host, smtp::Patience::default())
            .map_err(|fault| wrong(ROOTS, fault.to_string(), PEM))?;
        Ok(Mailer::Smtp(Box::new(smtp), sender))
    }
}

/// The providers through which people may sign in: none, unless their variables are set. Each needs our name and secret there.
fn providers(env: &impl Fn(&str) -> Option<String>) -> Result<Vec<Provider>, WrongSetting> {
    const ISSUER: &str = "https://login.trust.example";
    const TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let set = |name: &'static str| env(name).filter(|value| !value.is_empty());
    let needed =
        |name: &'static str, because: &str, example| set(name).ok_or_else(|| wrong(name, format!("is not set, but {because} is"), example));
    let mut found = Vec::new();
    if let Some(client_id) = set("BOXROTA_GOOGLE_CLIENT_ID") {
        let client_secret = needed("BOXROTA_GOOGLE_CLIENT_SECRET", "BOXROTA_GOOGLE_CLIENT_ID", "GOCSPX-…")?;
        found.push(Provider {
            key: "google",
            name: "Google".into(),
            issuer: "https://accounts.google.com".into(),
            client_id,
            client_secret,
        });
    }
    if let Some(client_id) = set("BOXROTA_MICROSOFT_CLIENT_ID") {
        let client_secret = needed("BOXROTA_MICROSOFT_CLIENT_SECRET", "BOXROTA_MICROSOFT_CLIENT_ID", "the secret's value")?;
        let tenant = needed("BOXROTA_MICROSOFT_TENANT", "BOXROTA_MICROSOFT_CLIENT_ID", TENANT)?;
        // "common" and the like let in every Microsoft account there is, and have no issuer of their own.
        if !tenant.contains(['-', '.']) || tenant.contains(['/', '?', '#']) {
            return Err(wrong("BOXROTA_MICROSOFT_TENANT", format!("is {tenant:?}, which is no tenant's id or domain"), TENANT));
        }
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        found.push(Provider { key: "microsoft", name: "Microsoft".into(), issuer, client_id, client_secret });
    }
    if let Some(issuer) = set("BOXROTA_OIDC_ISSUER") {
        let url = url::Url::parse(&issuer).ok();
        let local = |url: &url::Url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if !url.is_some_and(|url| url.scheme() == "https" || (url.scheme() == "http" && local(&url))) {
            return Err(wrong("BOXROTA_OIDC_ISSUER", format!("is {issuer:?}, which is no https address"), ISSUER));
        }
        let client_id = needed("BOXROTA_OIDC_CLIENT_ID", "BOXROTA_OIDC_ISSUER", "boxrota")?;
        let client_secret = needed("BOXROTA_OIDC_CLIENT_SECRET", "BOXROTA_OIDC_ISSUER", "the secret's value")?;
        let name = set("BOXROTA_OIDC_NAME").unwrap_or_else(|| "your school account".into());
        found.push(Provider { key: "other", name, issuer, client_id, client_secret });
    }
    Ok(found)
}

fn mailbox(variable: &'static str, text: &str) -> Result<Mailbox, WrongSetting> {
    text.parse()
        .map_err(|_| wrong(variable, format!("is {text:?}, which is no name with an e-mail address"), "Boxrota <boxrota@school.example>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(listen: Option<&str>, public: Option<&str>) -> Result<Config, WrongSetting> {
        let args = ServerArgs { listen: listen.map(Into::into), public_url: public.map(Into::into), ..ServerArgs::default() };
        Config::from(&args, "sqlite:x.db".parse().expect("a file"), false, |_| None)
    }

    #[test]
    fn a_wrong_value_names_the_variable_its_fault_and_an_example() {
        let told = with(Some("localhost"), None).expect_err("no port").to_string();
        assert!(
            told.contains("BOXROTA_LISTEN") && told.contains("\"localhost\"") && told.contains("BOXROTA_LISTEN=127.0.0.1:8080"),
            "{told}"
        );
        assert!(with(None, Some("boxes.example")).expect_err("no scheme").to_string().contains("BOXROTA_PUBLIC_URL"));
        assert!(with(None, Some("https://boxes.example/path")).is_err());
        assert!(database_url(None).expect_err("missing").to_string().contains("is not set"));
        assert_eq!(demo_today(None), Ok(None));
        assert_eq!(demo_today(Some("")), Ok(None), "a variable that is set to nothing is not set");
        assert!(demo_today(Some("2028-02-29")).is_ok_and(|day| day.is_some()));
        for no_day in ["tomorrow", "30/11/2026", "2027-02-29"] {
            let told = demo_today(Some(no_day)).expect_err("no day").to_string();
            assert!(told.contains("BOXROTA_DEMO_TODAY") && told.contains(no_day), "{told}");
        }
        let told = database_url(Some("mysql://kit:s3cret@db/x".into())).expect_err("wrong kind").to_string();
        assert!(told.contains("sqlite:") && !told.contains("s3cret"), "{told}");
    }

    #[test]
    fn the_public_address_is_the_one_it_listens_on_unless_it_is_set() {
        assert_eq!(with(None, Some("https://boxes.example")).expect("fine").site.link("/"), "https://boxes.example/");
        assert_eq!(with(None, None).expect("fine").site.link("/"), "http://127.0.0.1:8080/");
    }

    #[test]
    fn providers_are_off_unless_set_and_whole() {
        let with = |set: &[(&str, &str)]| {
            let set: Vec<(String, String)> = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            providers(&move |name: &str| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
        };
        assert_eq!(with(&[]), Ok(vec![]));
        let half = with(&[("BOXROTA_GOOGLE_CLIENT_ID", "us")]).expect_err("no secret").to_string();
        assert!(half.contains("BOXROTA_GOOGLE_CLIENT_SECRET is not set, but BOXROTA_GOOGLE_CLIENT_ID is"), "{half}");
        let microsoft = |tenant| {
            with(&[
                ("BOXROTA_MICROSOFT_CLIENT_ID", "us"),
                ("BOXROTA_MICROSOFT_CLIENT_SECRET", "s3cret"),
                ("BOXROTA_MICROSOFT_TENANT", tenant),
            ])
        };
        assert_eq!(microsoft("trust.example").expect("a tenant")[0].issuer, "https://login.microsoftonline.com/trust.example/v2.0");
        for wrong in ["common", "organizations", "trust.example/../common"] {
            assert!(microsoft(wrong).expect_err("no tenant").to_string().contains("BOXROTA_MICROSOFT_TENANT"));
        }
        let other =
            |issuer| with(&[("BOXROTA_OIDC_ISSUER", issuer), ("BOXROTA_OIDC_CLIENT_ID", "us"), ("BOXROTA_OIDC_CLIENT_SECRET", "s3cret")]);
        assert!(other("https://login.trust.example").is_ok() && other("http://127.0.0.1:9000").is_ok());
        assert!(other("http://login.trust.example").is_err());
    }

    fn mail(demo: bool, url: &str, from: Option<&str>, roots: Option<&str>) -> Result<Mailer, WrongSetting> {
        let args =
            ServerArgs { public_url: Some("https://boxes.example".into()), mail_from: from.map(Into::into), ..ServerArgs::default() };
        let env = |name: &str| match name {
            "BOXROTA_SMTP_URL" => Some(url.to_owned()),
            "BOXROTA_SMTP_ROOT_CERT" => roots.map(String::from),
            _ => None,
        };
        Config::from(&args, "sqlite:x.db".parse().expect("a file"), demo, env)?.mailer()
    }

    #[test]
    fn the_mail_server_is_set_up_or_the_fault_is_said_without_the_password() {
        assert!(matches!(mail(false, "", None, None), Ok(Mailer::InAppOnly)));
        let Ok(Mailer::Smtp(smtp, sender)) = mail(false, "smtps://u:s3cret@mail.example", None, None) else { panic!("a mail server") };
        assert_eq!(sender.from.to_string(), "Boxrota <boxrota@boxes.example>");
        assert!(!format!("{smtp:?}").contains("s3cret"));
        let told = |answer: Result<Mailer, WrongSetting>| answer.expect_err("wrong").to_string();
        let plain = told(mail(false, "smtp://u:s3cret@mail.example", None, None));
        assert!(plain.contains("BOXROTA_SMTP_URL would send mail to mail.example") && !plain.contains("s3cret"), "{plain}");
        assert!(told(mail(false, "smtps://mail.example", Some("nobody"), None)).starts_with("BOXROTA_MAIL_FROM is \"nobody\""));
        assert!(told(mail(false, "smtps://mail.example", None, Some("/nowhere.pem"))).contains("/nowhere.pem, which cannot be read"));
        assert!(told(mail(true, "smtps://u:s3cret@mail.example", None, None)).contains("the demo sends no mail"));
        assert!(mail(true, "smtp://127.0.0.1:2525", Some("Demo <demo@boxes.example>"), None).is_ok());
    }
}
