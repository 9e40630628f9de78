//! Reads the configuration and runs one command.

mod check;
mod reading;

use std::fmt::Display;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use tokio::sync::watch;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use boxrota::accounts::acts;
use boxrota::alarm::Alarm;
use boxrota::app::{build, serve};
use boxrota::base::clock::today;
use boxrota::base::{Clock, EmailAddress, days};
use boxrota::clusters::pages::set_up;
use boxrota::config::{Cli, Command, Config, ServerArgs, database_url, demo_today};
use boxrota::db::{self, Actor, DatabaseUrl, Db, Scope, Stop};
use boxrota::people::store::{cluster_by_slug, roles};
use boxrota::web::lines::open_files_allowed;
use boxrota::worker::{Worker, put_back_days};
use boxrota::{imports, joining};

/// How long a stopping program waits for the letter in hand.
const LAST_LETTER: Duration = Duration::from_secs(25);

#[actix_web::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("BOXROTA_LOG").unwrap_or_else(|_| "info,actix_server=warn".into());
    // A log that nobody takes any more is no reason to stop.
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false).log_internal_errors(false).with_filter(filter);
    let alarm = Alarm::default();
    tracing_subscriber::registry().with(log).with(alarm.clone().with_filter(LevelFilter::WARN)).init();
    match run(Cli::parse(), alarm).await {
        Ok(code) => code,
        // Who reads has seen enough: `boxrota demo | head -1`.
        Err(fault) if fault.downcast_ref::<io::Error>().is_some_and(|fault| fault.kind() == io::ErrorKind::BrokenPipe) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(io::stderr(), "boxrota: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line. When nobody reads it any more, that is an error and no panic.
fn say(line: &dyn Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The machine's clock. In a build for tests it may be so many seconds ahead, so that a test of the process stands on a day of its
/// own, as the others do; a release does not know the variable.
fn clock() -> Clock {
    let ahead = if cfg!(debug_assertions) { env("BOXROTA_TEST_AHEAD").and_then(|seconds| seconds.parse().ok()) } else { None };
    ahead.and_then(chrono::TimeDelta::try_seconds).map_or(Clock::Machine, Clock::Ahead)
}

async fn run(cli: Cli, alarm: Alarm) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Demo { data, today, server } => {
            let today = demo_today(today.as_deref())?;
            let database: DatabaseUrl = format!("sqlite:{}", data.join("boxrota.db").display()).parse().context("the folder of --data")?;
            let config = Config::from(&server, database.clone(), true, env)?;
            let db = Db::open(&database, &config.site.link("")).await?;
            let clock = imports::acts::demo_clock(&db, &data, today).await?;
            if let Some(summary) = imports::acts::load_demo(&db, &clock, &data).await? {
                say(&summary)?;
                say(&format!("Its files are in {}; `boxrota import-cluster` takes a folder like it.", data.join("cluster").display()))?;
            }
            serve_until_stopped(config, db, clock, alarm).await
        }
        Command::Serve(server) => {
            let config = configured(&server)?;
            let db = Db::open(&config.database, &config.site.link("")).await?;
            serve_until_stopped(config, db, clock(), alarm).await
        }
        Command::Migrate => {
            let url = database_url(env("BOXROTA_DATABASE_URL"))?;
            let shown = url.shown();
            tokio::task::spawn_blocking(move || db::migrate(&url)).await??;
            say(&format!("The schema of {shown} is up to date."))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::ImportCluster { folder, public_url } => {
            let server = ServerArgs { public_url, ..ServerArgs::default() };
            let config = configured(&server)?;
            let db = Db::open(&config.database, &config.site.link("")).await?;
            match imports::acts::import_folder(&db, &clock(), &folder).await {
                Ok(summary) => say(&format!("{summary}\nIts calendar is at /c/{}/calendar.", summary.slug))?,
                Err(imports::acts::ImportFailed::Problems(problems)) => {
                    let count = problems.count();
                    writeln!(io::stderr(), "{problems}{count}. Nothing has been imported: mend the files and run the command again.")?;
                    return Ok(ExitCode::FAILURE);
                }
                Err(fault) => return Err(fault.into()),
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::SignInLink { address, public_url } => {
            let server = ServerArgs { public_url, ..ServerArgs::default() };
            let config = configured(&server)?;
            let address: EmailAddress = address.parse()?;
            let db = Db::open(&config.database, &config.site.link("")).await?;
            let asked = address.clone();
            let secret = db.house(clock().now(), move |house| acts::make_link(house, &asked)).await?;
            let secret = secret.with_context(|| format!("nobody here has the address {address}"))?;
            say(&config.site.link(&format!("/sign-in/{}", secret.reveal())))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::MakeDirector { address, cluster, public_url } => {
            let server = ServerArgs { public_url, ..ServerArgs::default() };
            let config = configured(&server)?;
            let address: EmailAddress = address.parse()?;
            let db = Db::open(&config.database, &config.site.link("")).await?.by(clock());
            let (slug, who) = (cluster.clone(), address.clone());
            let found = db.house_read(clock().now(), move |house| cluster_by_slug(house, &slug)).await?;
            let found = found.with_context(|| format!("no cluster has the short name {cluster}"))?;
            match db.write(Scope::new(found.id, Actor::Import), move |tx| joining::acts::make_director(tx, &who)).await {
                Ok(()) => say(&format!("{address} is programme director of {} from today on.", found.name))?,
                Err(Stop::Refused(refusal)) => anyhow::bail!("{refusal}"),
                Err(Stop::Fault(db::Error::NotFound)) => anyhow::bail!("nobody here has the address {address}; invite them first"),
                Err(Stop::Fault(fault)) => return Err(fault.into()),
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Check(server) => check::run(&server, &clock(), env).await,
        Command::ReadStatement { file, answers, today, reader, json } => {
            let day = |text: &str| days::parse_iso(text).context("--today is a day like 2026-11-30");
            let today = today.as_deref().map_or_else(|| Ok(boxrota::base::clock::today(clock().now())), day)?;
            reading::statement(&file, &answers, today, reader, json)
        }
        Command::Match { items, lines, rules, json } => reading::matches(&items, &lines, &rules, json),
        Command::ReadWorkbook => reading::workbook(),
    }
}

fn configured(server: &ServerArgs) -> anyhow::Result<Config> {
    Ok(Config::from(server, database_url(env("BOXROTA_DATABASE_URL"))?, false, env)?)
}

/// Comes to its end when the process is asked to end by SIGTERM; from this call on such a question is heard.
#[cfg(unix)]
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}

/// Hears SIGHUP from this call on, and does nothing: a terminal that is closed and a log that is rotated are no reason to stop, and there
/// is nothing to read anew.
#[cfg(unix)]
fn outlive_hang_ups() -> io::Result<()> {
    let mut hang_ups = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
    tokio::spawn(async move { while hang_ups.recv().await.is_some() {} });
    Ok(())
}

/// Where there is no SIGHUP, there is nothing to outlive.
#[cfg(not(unix))]
fn outlive_hang_ups() -> io::Result<()> {
    Ok(())
}

/// Where there is no SIGTERM, the server listens for what there is.
#[cfg(not(unix))]
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    Ok(std::future::pending())
}

async fn serve_until_stopped(config: Config, db: Db, clock: Clock, alarm: Alarm) -> anyhow::Result<ExitCode> {
    let mailer = Arc::new(config.mailer()?);
    let listener = TcpListener::bind(config.listen).with_context(|| {
        format!("BOXROTA_LISTEN: cannot listen on {}; is another program using it? Try --listen 127.0.0.1:8081", config.listen)
    })?;
    if !config.site.demo && !mailer.sends() {
        tracing::warn!("BOXROTA_SMTP_URL is not set: no e-mail is sent, so nobody can sign in by an e-mailed link");
    }
    if config.site.demo {
        say(&"It is a demo: open the address and choose who you want to be.")?;
        if let Clock::Ahead(_) = clock {
            say(&format!("Its clock stands on {}.", days::full(today(clock.now()))))?;
        }
        for (person, role, _, _) in db.house_read(clock.now(), roles::demo_people).await? {
            say(&format!("  {:<20} {:<38} {}", role.words(), person.name, person.email))?;
        }
    }
    let operator = config.operator_mail.clone().filter(|_| mailer.sends());
    let shown = config.database.shown();
    if let Some(allowed) = open_files_allowed().filter(|allowed| *allowed < config.open_files()) {
        tracing::warn!(
            allowed,
            needed = config.open_files(),
            "more connections are taken than the system lets files be open: raise LimitNOFILE, or lower BOXROTA_CONNECTIONS"
        );
    }
    let parts = build(db, clock, config);
    let app = parts.app.clone();
    put_back_days(&app.db.clone().unhurried(), app.clock.now()).await.with_context(|| {
        format!(
            "cannot look through the bookings in {shown}; see that it can be written, that its disk is not full, and run `boxrota check`"
        )
    })?;
    // On standard output alone: the log may be read by more people than set Boxrota up.
    if !app.site.demo
        && let Some(address) = set_up::address(&app).await?
    {
        say(&format!("Set up Boxrota at {address}"))?;
    }
    // Listened for before it is said that we are here: the server itself does so only once it runs.
    let told = told_to_end()?;
    outlive_hang_ups()?;
    say(&format!("Boxrota is at {}", app.site.public_url))?;
    let worker = Worker { db: app.db.clone().unhurried(), clock: app.clock.clone(), mailer: mailer.clone() };
    let (stop, stopped) = watch::channel(false);
    if let Some(operator) = operator {
        let site = app.site.public_url.host_str().unwrap_or_default().to_owned();
        tokio::spawn(alarm.tell(operator, site, mailer, stopped.clone()));
    }
    let working = tokio::spawn(worker.keep_at_it(stopped, app.rounds.clone()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let server = serve(parts, listener, workers)?;
    let handle = server.handle();
    let ending = tokio::spawn(async move {
        told.await;
        handle.stop(true).await;
    });
    server.await?;
    ending.abort();
    // The requests are done; now the letter in hand. One that takes longer than this is taken up again after the restart.
    stop.send_replace(true);
    if tokio::time::timeout(LAST_LETTER, working).await.is_err() {
        tracing::warn!("the mail server did not answer in time; the letter in hand is sent after the next start");
    }
    Ok(ExitCode::SUCCESS)
}
