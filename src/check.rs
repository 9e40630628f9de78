//! `boxrota check`: is everything in order, and if not, how is it mended. One line a finding; the exit code says whether all is well.

use std::io::{self, Write};
use std::process::ExitCode;

use boxrota::base::Clock;
use boxrota::config::{Config, ServerArgs, database_url};
use boxrota::db::{self, Db};
use boxrota::people::store;
use boxrota::web::lines::open_files_allowed;
use boxrota::worker::{DaysPutBack, put_back_days};
use chrono::{DateTime, Utc};

/// Prints a line. When nobody reads it any more, the exit code still says how it is.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// What was looked at, and how it is.
struct Findings {
    wrong: usize,
    seen: usize,
}

impl Findings {
    fn good(&mut self, what: &str) {
        self.seen += 1;
        say(&format!("ok      {what}"));
    }

    fn note(&mut self, what: &str, mend: &str) {
        self.seen += 1;
        say(&format!("note    {what}\n        {mend}"));
    }

    fn bad(&mut self, what: &str, mend: &str) {
        self.wrong += 1;
        self.seen += 1;
        say(&format!("WRONG   {what}\n        {mend}"));
    }
}

/// Looks at the configuration, the database and the mail server. Changes nothing but what is broken: days that bookings lack.
pub async fn run(server: &ServerArgs, clock: &Clock, env: fn(&str) -> Option<String>) -> anyhow::Result<ExitCode> {
    let mut found = Findings { wrong: 0, seen: 0 };
    let url = match database_url(env("BOXROTA_DATABASE_URL")) {
        Ok(url) => url,
        Err(fault) => {
            found.bad("the configuration", &fault.to_string());
            return Ok(ExitCode::FAILURE);
        }
    };
    let config = match Config::from(server, url, false, env) {
        Ok(config) => {
            found.good(&format!("the configuration: listens on {}, people reach it at {}", config.listen, config.site.public_url));
            Some(config)
        }
        Err(fault) => {
            found.bad("the configuration", &fault.to_string());
            None
        }
    };
    if let Some(config) = &config {
        if !config.site.https() && !config.listen.ip().is_loopback() {
            found.note(
                "people reach it without encryption",
                "put a proxy with https in front and set BOXROTA_PUBLIC_URL to its https address (docs/operations.md)",
            );
        }
        if let Some(allowed) = open_files_allowed().filter(|allowed| *allowed < config.open_files()) {
            found.note(
                &format!("{} connections may need {} open files, and the system allows {allowed}", config.connections, config.open_files()),
                "raise LimitNOFILE in the unit file (docs/operations.md), or lower BOXROTA_CONNECTIONS",
            );
        }
        database(&mut found, config, clock).await;
        mail(&mut found, config).await;
        if config.operator_mail.is_none() {
            found.note("nobody is written to when something goes wrong", "set BOXROTA_OPERATOR_MAIL to your address (docs/operations.md)");
        }
    }
    say(&format!("{} looked at, {} wrong", found.seen, found.wrong));
    Ok(if found.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn database(found: &mut Findings, config: &Config, clock: &Clock) {
    let url = config.database.clone();
    let shown = url.shown();
    match tokio::task::spawn_blocking(move || db::pending(&url)).await {
        Ok(Ok(0)) => found.good(&format!("the database {shown}: reached, and its schema is up to date")),
        Ok(Ok(some)) => {
            return found.bad(
                &format!("the database {shown}: {some} migrations have not run"),
                "run `boxrota migrate`, or start the server, which does it",
            );
        }
        Ok(Err(fault)) => {
            return found.bad(
                &format!("the database {shown}: {fault:#}"),
                "check BOXROTA_DATABASE_URL, that the server runs and lets this machine in, or that the folder exists and may be written",
            );
        }
        Err(fault) => return found.bad("the database", &fault.to_string()),
    }
    let db = match Db::connect(&config.database, &config.site.link("")) {
        Ok(db) => db.by(clock.clone()).unhurried(),
        Err(fault) => return found.bad("the database cannot be opened", &fault.to_string()),
    };
    match db.health().await.writing {
        Ok(()) => found.good("the database takes a row and gives it back"),
        Err(why) => {
            return found.bad(
                &format!("the database takes no row: {why}"),
                "see that its disk is not full or read-only, that the file and its folder belong to this account, or that the server is no standby",
            );
        }
    }
    let now = clock.now();
    booked_days(found, &db, now).await;
    match db.house_read(now, |house| store::all_clusters(house, 1000)).await {
        Ok(clusters) if clusters.is_empty() => {
            found.note("no cluster is there yet", "open the address that `boxrota serve` prints at its start, or load one with `boxrota import-cluster FOLDER` (docs/importing.md)");
        }
        Ok(clusters) => found.good(&format!("clusters: {}", clusters.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "))),
        Err(fault) => found.bad("the clusters cannot be read", &fault.to_string()),
    }
}

/// Whether every booking to come has its days, so that nobody else can book them.
async fn booked_days(found: &mut Findings, db: &Db, now: DateTime<Utc>) {
    match put_back_days(db, now).await {
        Ok(back) if back == DaysPutBack::default() => found.good("the plan: every booking to come has its days"),
        Ok(DaysPutBack { days, taken: 0 }) => found.bad(
            &format!("the plan: {days} days of bookings to come were missing, and have been put back"),
            "look for what took them away (a clock that was wrong, a session past the program), then run `boxrota check` again",
        ),
        Ok(DaysPutBack { days, taken }) => found.bad(
            &format!("the plan: {} days of bookings to come were missing; {taken} of them are with another booking now", days + taken),
            "the log above names each with its bookings: speak with the schools, and cancel one of the two",
        ),
        Err(fault) => found.bad("the days of the bookings to come cannot be looked through", &fault.to_string()),
    }
}

async fn mail(found: &mut Findings, config: &Config) {
    let mailer = match config.mailer() {
        Ok(mailer) => mailer,
        Err(fault) => return found.bad("the mail settings", &fault.to_string()),
    };
    if !mailer.sends() {
        return found.note(
            "no mail server: mails are kept in the app, and nobody can sign in by an e-mailed link",
            "set BOXROTA_SMTP_URL, for example BOXROTA_SMTP_URL=smtp://user:password@mail.school.example:587?tls=required",
        );
    }
    match mailer.check_smtp().await {
        Ok(()) => found.good("the mail server: reached, and it lets us sign in"),
        Err(fault) => found.bad(&format!("the mail server: {}", fault.words), "check BOXROTA_SMTP_URL: host, port, tls, user and password"),
    }
}
