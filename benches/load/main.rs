//! Measures the running server over HTTP, as a separate process, with a real session: what a page costs in CPU time of the
//! server, how large it is, how many reservations it takes a second, how much memory it holds, how fast it starts.
//!
//! `cargo bench --bench load` on SQLite; with `BOXROTA_BENCH_POSTGRES_URL` set to an empty database, on PostgreSQL.
//! `-- --old 5000000` sets how many bookings of past years there are; `--keep` measures the pages again on the database of
//! the last run. Every table ends with the bare `/livez` of the same
//! server, measured in the same minute: compare ratios, not milliseconds, between machines.

#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    clippy::too_many_lines,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a long script that makes SQL and prints rounded figures"
)]

mod seed;

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use boxrota::db::Db;
use seed::Seeded;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let option = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned();
    let old: i64 = option("--old").map_or(Ok(5_000), |text| text.parse())?;
    let rounds: usize = option("--rounds").map_or(Ok(400), |text| text.parse())?;
    let folder = std::env::current_dir()?.join("target/load");
    fs::create_dir_all(&folder)?;
    let keep = args.iter().any(|arg| arg == "--keep");
    let url = if let Ok(url) = std::env::var("BOXROTA_BENCH_POSTGRES_URL") {
        url
    } else {
        for end in ["db", "db-wal", "db-shm", "db.lock"].iter().filter(|_| !keep) {
            let _ = fs::remove_file(folder.join(format!("load.{end}")));
        }
        format!("sqlite:{}", folder.join("load.db").display())
    };
    let began = Instant::now();
    let db = Db::open(&url.parse()?, "https://boxrota.example").await?;
    println!("engine: {:?}; {old} bookings of past years", db.engine());
    let seeded = if keep { seed::again(&db).await? } else { seed::fill(&db, old).await? };
    drop(db);
    println!("seeded in {:.0} s", began.elapsed().as_secs_f32());

    let server = Server::start(&url)?;
    println!("start to first answer on this database: {:.0} ms", server.start.as_secs_f64() * 1000.0);
    let client = Client::new(&server, &seeded)?;
    let base = format!("/c/{}", seeded.slug);
    let term = format!("{base}/calendar?view=term");
    let pages: Vec<(&str, String, Ask)> = vec![
        ("/livez (bare)", "/livez".into(), Ask::Page),
        ("term view", term.clone(), Ask::Page),
        ("term view, unchanged", term, Ask::Unchanged),
        ("month view", format!("{base}/calendar?view=month"), Ask::Page),
        ("list view", format!("{base}/calendar?view=list"), Ask::Page),
        ("boxes", format!("{base}/boxes"), Ask::Page),
        ("resource page", format!("{base}/boxes/{}", seeded.resource), Ask::Page),
        ("this week", format!("{base}/week"), Ask::Page),
        ("my loans", format!("{base}/loans"), Ask::Page),
        ("/livez again", "/livez".into(), Ask::Page),
    ];
    println!("{:<22} {:>9} {:>9} {:>9} {:>10} {:>10}", "page", "CPU ms", "p50 ms", "p99 ms", "bytes", "gzipped");
    for (name, path, ask) in pages {
        match client.measure(&server, &path, ask, rounds).await {
            Ok(figures) => println!("{name:<22} {figures}"),
            Err(fault) => println!("{name:<22} {fault:#}"),
        }
    }
    if !keep && !args.iter().any(|arg| arg == "--no-reserve") {
        reserve(&server, &client, &seeded).await?;
    }
    println!("memory after load: {} MB resident, {} MB at most", server.memory("VmRSS")? / 1024, server.memory("VmHWM")? / 1024);
    Ok(())
}

/// The server under test, a process of its own; killed when dropped.
struct Server {
    child: Child,
    address: String,
    start: Duration,
}

impl Server {
    fn start(url: &str) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_boxrota"))
            .arg("serve")
            .env("BOXROTA_DATABASE_URL", url)
            .env("BOXROTA_LISTEN", &address)
            .env("BOXROTA_LOG", "warn")
            // The load comes from one address and few sessions, which is what the limits are there to stop.
            .env("BOXROTA_REQUESTS_PER_SESSION", "4000000000")
            .env("BOXROTA_REQUESTS_PER_ADDRESS", "4000000000")
            .env("BOXROTA_CONNECTIONS", "20000")
            .env_remove("BOXROTA_SMTP_URL")
            .stdout(Stdio::null())
            .spawn()?;
        let mut server = Self { child, address, start: Duration::ZERO };
        loop {
            if let Ok(mut stream) = std::net::TcpStream::connect(&server.address) {
                use std::io::{Read, Write};
                stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                ensure!(answer.starts_with("HTTP/1.1 200"), "the server answers {answer}");
                server.start = began.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server stopped: {status}");
            }
            ensure!(began.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// User and system CPU time so far, in clock ticks of 10 ms (Linux).
    fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit_once(')').context("a stat line")?.1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// A line of `/proc/PID/status`, in kB.
    fn memory(&self, line: &str) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|l| l.starts_with(line)).context("no such line")?;
        Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Ask {
    Page,
    /// With the tag of the page as it is.
    Unchanged,
}

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    root: String,
    cookie: String,
}

struct Figures {
    cpu: f64,
    p50: f64,
    p99: f64,
    bytes: usize,
    gzipped: usize,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>9.3} {:>9.3} {:>9.3} {:>10} {:>10}", self.cpu, self.p50, self.p99, self.bytes, self.gzipped)
    }
}

impl Client {
    fn new(server: &Server, seeded: &Seeded) -> anyhow::Result<Self> {
        // The library has no cryptography of its own, and here none is spoken.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().tls_certs_only(std::iter::empty()).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, root: format!("http://{}", server.address), cookie: format!("boxrota={}", seeded.session) })
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.root)).header("cookie", &self.cookie)
    }

    async fn measure(&self, server: &Server, path: &str, ask: Ask, rounds: usize) -> anyhow::Result<Figures> {
        let first = self.get(path).send().await?;
        ensure!(first.status() == 200, "answers {}", first.status());
        let tag = first.headers().get("etag").cloned();
        let bytes = first.bytes().await?.len();
        let gzipped = self.get(path).header("accept-encoding", "gzip").send().await?.bytes().await?.len();
        let mut times = Vec::new();
        // One client: what a request costs, not how many fit. The bare page needs more of them to fill clock ticks.
        let rounds = if bytes < 1000 || ask == Ask::Unchanged { rounds * 10 } else { rounds };
        for warm in 0..rounds / 10 {
            let _ = (warm, self.get(path).send().await?.bytes().await?);
        }
        let before = server.cpu()?;
        for _ in 0..rounds {
            let mut request = self.get(path);
            if let (Ask::Unchanged, Some(tag)) = (ask, &tag) {
                request = request.header("if-none-match", tag);
            }
            let began = Instant::now();
            let answer = request.send().await?;
            let wanted = if ask == Ask::Unchanged { 304 } else { 200 };
            ensure!(answer.status() == wanted, "answers {}", answer.status());
            answer.bytes().await?;
            times.push(began.elapsed());
        }
        let cpu = server.cpu()?.saturating_sub(before).as_secs_f64() * 1000.0 / rounds as f64;
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        Ok(Figures { cpu, p50: at(0.5), p99: at(0.99), bytes, gzipped })
    }
}

/// Sixteen clients reserve as fast as they can, each its own copies and weeks, so that every one of them must succeed.
async fn reserve(server: &Server, client: &Client, seeded: &Seeded) -> anyhow::Result<()> {
    let wishes = Arc::new(seeded.free.clone());
    let next = Arc::new(AtomicUsize::new(0));
    let failed = Arc::new(AtomicUsize::new(0));
    let path = format!("/c/{}/boxes", seeded.slug);
    let began = Instant::now();
    let before = server.cpu()?;
    let mut clients = Vec::new();
    for _ in 0..16 {
        let (client, wishes, next, failed, path) = (client.clone(), wishes.clone(), next.clone(), failed.clone(), path.clone());
        let csrf = seeded.csrf.clone();
        clients.push(tokio::spawn(async move {
            let mut times = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::SeqCst);
                let Some(wish) = wishes.get(at) else { return Ok::<_, anyhow::Error>(times) };
                let key = format!("load{at:028}");
                let form = [
                    ("csrf", csrf.as_str()),
                    ("key", &key),
                    ("school", &wish.school),
                    ("copy", &wish.copy),
                    ("from", &wish.from),
                    ("to", &wish.to),
                    ("class", "Year 4"),
                    ("purpose", "Load"),
                    ("pupils", "30"),
                ];
                let began = Instant::now();
                let answer = client
                    .http
                    .post(format!("{}{path}/{}/reserve", client.root, wish.resource))
                    .header("cookie", &client.cookie)
                    .header("origin", &client.root)
                    .form(&form)
                    .send()
                    .await?;
                times.push(began.elapsed());
                let (status, body) = (answer.status(), answer.text().await?);
                if status != 303 && failed.fetch_add(1, Ordering::SeqCst) == 0 {
                    println!("a reservation answers {status}: {}", body.chars().take(3000).collect::<String>());
                }
            }
        }));
    }
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let took = began.elapsed().as_secs_f64();
    let made = times.len() - failed.load(Ordering::SeqCst);
    times.sort();
    println!(
        "reserve, 16 clients: {made} made, {} refused, {:.0} a second; p50 {:.1} ms, p99 {:.1} ms; {:.2} ms CPU each",
        failed.load(Ordering::SeqCst),
        made as f64 / took,
        times[times.len() / 2].as_secs_f64() * 1000.0,
        times[times.len() * 99 / 100].as_secs_f64() * 1000.0,
        server.cpu()?.saturating_sub(before).as_secs_f64() * 1000.0 / times.len() as f64,
    );
    Ok(())
}
