//! The program as a process of its own: for what only a process can do, such as being killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use super::Browser;

/// A running `boxrota`; killed when dropped.
pub struct Program {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// What it printed before it served.
    pub said: Vec<String>,
}

/// How many seconds the program's clock is ahead, so that it stands on the stories' Monday, 23 November 2026, at nine, and runs
/// on from there: the same for every process of a story.
pub fn ahead() -> i64 {
    static AHEAD: OnceLock<i64> = OnceLock::new();
    *AHEAD.get_or_init(|| {
        let machine = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_secs();
        1_795_424_400 - i64::try_from(machine).expect("seconds")
    })
}

/// The program with a clean environment: nothing of `BOXROTA_…` that the tests' own shell may have.
pub fn boxrota(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boxrota"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BOXROTA_")) {
        command.env_remove(name);
    }
    // Everybody in the stories comes from one address, faster than people do.
    command.env("BOXROTA_REQUESTS_PER_SESSION", "4000000000").env("BOXROTA_REQUESTS_PER_ADDRESS", "4000000000");
    command.env("BOXROTA_CONNECTIONS", "20000");
    command.env("BOXROTA_TEST_AHEAD", ahead().to_string());
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs a command to its end, which must come soon.
pub fn run(args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = boxrota(args);
    command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starting boxrota");
    let start = Instant::now();
    while child.try_wait().expect("its state").is_none() {
        if start.elapsed() > Duration::from_secs(30) {
            let _ = child.kill();
            panic!("boxrota {args:?} with {environment:?} did not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("its output")
}

impl Program {
    /// Starts `boxrota serve` on a free port.
    pub fn serve(database: &str) -> Self {
        let mut command = boxrota(&["serve"]);
        command.env("BOXROTA_DATABASE_URL", database);
        Self::start(command)
    }

    /// Starts a command that serves, and waits until it says that it does.
    pub fn start(command: Command) -> Self {
        Self::start_logging(command, Stdio::null())
    }

    /// The same, with its log kept.
    pub fn start_logging(mut command: Command, log: Stdio) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        command.env("BOXROTA_LISTEN", format!("127.0.0.1:{port}")).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("starting boxrota");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut said = lines.map_while(Result::ok);
        let mut before = Vec::new();
        loop {
            let Some(line) = said.next() else { panic!("it ended before it served: {:?}", child.wait()) };
            if line.contains("Boxrota is at") {
                break;
            }
            before.push(line);
        }
        // What it says later must not fill the pipe.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, origin: format!("http://127.0.0.1:{port}"), said: before }
    }

    /// A browser for it.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin)
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().expect("killing");
        self.child.wait().expect("its end");
    }

    /// Asks it to end: SIGTERM.
    pub fn ask_to_end(&self) {
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(done.success());
    }

    /// Its terminal is gone: SIGHUP.
    pub fn hang_up(&self) {
        let done = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().expect("kill");
        assert!(done.success());
    }

    /// How it ended; fails when it does not within the time.
    pub fn ended(&mut self, within: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(start.elapsed() < within, "it still runs after {within:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
