//! The configuration: command-line options and environment variables, parsed once, with errors that say what to do.
//!
//! Every option is also an environment variable. Secrets (the database's and the mail server's passwords) come from
//! the environment alone, because other users of a machine can read a command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::db::DatabaseUrl;

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
    },
    /// Say whether configuration, database and mail server are in order, and how to mend them
    Check(ServerArgs),
}

/// Options of the commands that serve pages.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "BOXROTA_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// Where people reach it, as in the links of e-mails [default: http:// and the address it listens on]
    #[arg(long, env = "BOXROTA_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// The sender of e-mails [default: "Boxrota <boxrota@HOST>"]
    #[arg(long, env = "BOXROTA_MAIL_FROM", value_name = "MAILBOX")]
    pub mail_from: Option<String>,
    /// Trust the Forwarded headers of a proxy in front: true or false [default: false]
    #[arg(long, env = "BOXROTA_BEHIND_PROXY", value_name = "BOOL")]
    pub behind_proxy: Option<String>,
}

/// Everything a running server knows of its surroundings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where people reach it; no path.
    pub public_url: url::Url,
    /// The database.
    pub database: DatabaseUrl,
    /// `BOXROTA_SMTP_URL` and what belongs to it, as it came; the notifications room parses it.
    pub smtp: Smtp,
    /// Whether the client's address is taken from a proxy's headers.
    pub behind_proxy: bool,
    /// The demo: anyone may sign in as anyone.
    pub demo: bool,
}

/// The mail server's settings as text. Its `Debug` shows no password.
#[derive(Clone, Default)]
pub struct Smtp {
    /// `BOXROTA_SMTP_URL`; `None` keeps mails in the app.
    pub url: Option<String>,
    /// A PEM file with another root certificate, `BOXROTA_SMTP_ROOT_CERT`.
    pub root_cert: Option<PathBuf>,
    /// The sender.
    pub from: Option<String>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("url", &self.url.as_ref().map(|_| "..")).field("from", &self.from).finish_non_exhaustive()
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
            from: args.mail_from.clone(),
        };
        Ok(Self { listen, public_url, database, smtp, behind_proxy, demo })
    }

    /// An absolute address in this app, for e-mails and calendar files. `path` begins with a slash.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Whether cookies may be marked Secure.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
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
        let told = database_url(Some("mysql://kit:s3cret@db/x".into())).expect_err("wrong kind").to_string();
        assert!(told.contains("sqlite:") && !told.contains("s3cret"), "{told}");
    }

    #[test]
    fn links_are_made_from_the_public_address() {
        let config = with(None, Some("https://boxes.example")).expect("fine");
        assert_eq!(config.link("/c/south-milford"), "https://boxes.example/c/south-milford");
        assert!(config.https());
        assert_eq!(with(None, None).expect("fine").link("/"), "http://127.0.0.1:8080/");
    }
}
