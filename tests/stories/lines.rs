//! How many connections and unfinished requests one internet line may hold, and how many there may be at all.

use std::time::{Duration, Instant};

use boxrota::base::secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::process::{Program, boxrota};
use crate::harness::{Engine, Ground};

/// A program that takes so many connections.
fn serving(ground: &Ground, connections: &str, behind_proxy: bool) -> Program {
    let mut command = boxrota(&["serve"]);
    command.env("BOXROTA_DATABASE_URL", &ground.url).env("BOXROTA_CONNECTIONS", connections);
    command.env("BOXROTA_BEHIND_PROXY", behind_proxy.to_string());
    Program::start(command)
}

async fn line(program: &Program) -> TcpStream {
    TcpStream::connect(program.origin.trim_start_matches("http://")).await.expect("a connection")
}

/// Whether the server has hung up, within so long.
async fn is_over(line: &mut TcpStream, patience: Duration) -> bool {
    let mut byte = [0];
    match tokio::time::timeout(patience, line.read(&mut byte)).await {
        Ok(read) => matches!(read, Ok(0) | Err(_)),
        Err(_) => false,
    }
}

#[test]
fn one_line_holds_a_quarter_of_the_connections() {
    let ground = Ground::migrated(Engine::Sqlite);
    let program = serving(&ground, "64", false);
    actix_web::rt::System::new().block_on(async {
        let mut lines = Vec::new();
        for _ in 0..24 {
            lines.push(line(&program).await);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut open = 0;
        for line in &mut lines {
            open += usize::from(!is_over(line, Duration::from_millis(20)).await);
        }
        assert_eq!(open, 16, "of 24 lines");
        assert!(program.browser().try_get("/livez").await.is_none(), "one more from the same line");
        // Who hangs up makes room.
        lines.clear();
        tokio::time::sleep(Duration::from_millis(500)).await;
        program.browser().get("/livez").await.is(200);
    });
}

#[test]
fn a_proxy_may_hold_them_all_and_no_more() {
    let ground = Ground::migrated(Engine::Sqlite);
    let program = serving(&ground, "64", true);
    actix_web::rt::System::new().block_on(async {
        let mut lines = Vec::new();
        for _ in 0..70 {
            lines.push(line(&program).await);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        for line in &mut lines {
            assert!(!is_over(line, Duration::from_millis(5)).await, "hung up");
        }
        // Whoever comes later waits until somebody goes, and is then served.
        let browser = program.browser();
        let asking = actix_web::rt::spawn(async move { browser.get("/livez").await });
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(!asking.is_finished(), "there was room for one more");
        lines.clear();
        asking.await.expect("an answer").is(200);
    });
}

#[test]
fn one_line_sends_an_eighth_of_them_at_once_behind_a_proxy_too() {
    let ground = Ground::migrated(Engine::Sqlite);
    let program = serving(&ground, "64", true);
    actix_web::rt::System::new().block_on(async {
        let half = async |address: &str| {
            let host = program.origin.trim_start_matches("http://");
            let secret = Secret::fresh();
            let head = format!(
                "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: {}\r\nCookie: boxrota-visitor={}\r\nX-Forwarded-For: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ncsrf=",
                program.origin,
                secret.reveal()
            );
            let mut line = line(&program).await;
            line.write_all(head.as_bytes()).await.expect("sent");
            line
        };
        let answer = async |line: &mut TcpStream| {
            let mut start = [0; 2000];
            let read = tokio::time::timeout(Duration::from_millis(500), line.read(&mut start)).await.ok()?.expect("an answer");
            Some(String::from_utf8_lossy(&start[..read]).into_owned())
        };
        let mut held = Vec::new();
        for n in 0..8 {
            held.push(half(&format!("198.51.100.{n}, 192.0.2.7")).await);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let refused = answer(&mut half("192.0.2.7").await).await.expect("an answer");
        assert!(refused.starts_with("HTTP/1.1 429") && refused.to_lowercase().contains("retry-after: 10"), "{refused}");
        // Another line, and who sends nothing, notice nothing.
        assert!(answer(&mut half("192.0.2.8").await).await.is_none());
        program.browser().get_with("/help", &[("x-forwarded-for", "192.0.2.7")]).await.is(200);
        held.clear();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(answer(&mut half("192.0.2.7").await).await.is_none(), "who hangs up makes room");
    });
}

#[test]
fn a_second_request_that_never_ends_is_cut_off_too() {
    let ground = Ground::migrated(Engine::Sqlite);
    let program = serving(&ground, "64", false);
    actix_web::rt::System::new().block_on(async {
        let mut slow = line(&program).await;
        slow.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
        let mut answer = [0; 4000];
        let read = slow.read(&mut answer).await.expect("an answer");
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
        let start = Instant::now();
        slow.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n").await.expect("sent");
        while !is_over(&mut slow, Duration::from_millis(500)).await {
            let _ = slow.write_all(b"X-A: b\r\n").await;
            assert!(start.elapsed() < Duration::from_secs(30), "headers that never end are still read");
        }
        assert!(start.elapsed() > Duration::from_secs(8), "{:?}", start.elapsed());
    });
}
