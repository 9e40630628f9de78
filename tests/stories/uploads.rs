//! Files on their way to us: slow ones, many at once, and more in a day than a school may send.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::handing_over::{at_beech, form, photo};
use crate::harness::{Browser, Form, Page, Ssl, TestApp};

stories!(
    a_school_sends_so_many_photos_a_day,
    an_upload_that_trickles_is_cut_off,
    a_photo_from_a_cupboard_gets_through,
    what_is_held_of_uploads_is_bounded,
);

/// A form with a file of which not all has been sent yet.
struct Upload {
    line: TcpStream,
    path: String,
    rest: Vec<u8>,
    /// What has been answered so far: it may come in pieces.
    heard: Vec<u8>,
}

impl Upload {
    /// Sends the head and the fields; the file is to come.
    async fn begin(app: &TestApp, browser: &Browser, form: &Form, file: &[u8]) -> Self {
        let field =
            |(name, value): &(String, String)| format!("--x7d1f\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let fields: String = form.fields.iter().map(field).collect();
        let head = "--x7d1f\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"p\"\r\nContent-Type: image/jpeg\r\n\r\n";
        let rest = [head.as_bytes(), file, b"\r\n--x7d1f--\r\n"].concat();
        let host = app.origin.trim_start_matches("http://");
        let start = format!(
            "POST {} HTTP/1.1\r\nHost: {host}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Type: multipart/form-data; boundary=x7d1f\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{fields}",
            form.action,
            app.origin,
            browser.cookies(),
            fields.len() + rest.len()
        );
        let mut line = TcpStream::connect(host).await.expect("a connection");
        line.write_all(start.as_bytes()).await.expect("sent");
        Self { line, path: form.action.clone(), rest, heard: Vec::new() }
    }

    /// Sends all but the last bytes.
    async fn hold(app: &TestApp, browser: &Browser, form: &Form, size: usize) -> Self {
        let mut upload = Self::begin(app, browser, form, &vec![7; size]).await;
        upload.send(upload.rest.len() - 10).await;
        upload
    }

    async fn send(&mut self, bytes: usize) {
        let now: Vec<u8> = self.rest.drain(..bytes.min(self.rest.len())).collect();
        // Whoever has been hung up on finds the answer waiting.
        let _ = self.line.write_all(&now).await;
    }

    /// Sends what is left, and reads the answer.
    async fn end(mut self) -> Page {
        self.send(self.rest.len()).await;
        self.answer(Duration::from_secs(20)).await.expect("an answer")
    }

    /// The answer, if it comes in that time.
    async fn answer(&mut self, patience: Duration) -> Option<Page> {
        let hearing = async { while !is_whole(&self.heard) && self.line.read_buf(&mut self.heard).await.expect("an answer") > 0 {} };
        tokio::time::timeout(patience, hearing).await.ok()?;
        let all = String::from_utf8_lossy(&self.heard).into_owned();
        let (head, text) = all.split_once("\r\n\r\n").unwrap_or((&all, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            let name: reqwest::header::HeaderName = name.parse().expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        Some(Page { status, headers, path: self.path.clone(), text: text.to_owned() })
    }
}

/// Whether an answer has come to the end that its head gives.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    length.and_then(|(_, length)| length.trim().parse::<usize>().ok()).is_some_and(|length| answer.len() >= head.len() + 4 + length)
}

/// Nothing is on its way to us any more, as far as the server knows.
async fn nothing_held(app: &TestApp, browser: &Browser, form: &Form) {
    let start = Instant::now();
    // A small file finds room again.
    while browser.upload(form, &vec![7; 2 * 1024 * 1024]).await.status != 422 {
        assert!(start.elapsed() < Duration::from_secs(10), "what was hung up on is still held");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM photos"), 0);
}

async fn a_school_sends_so_many_photos_a_day(app: TestApp) {
    let (beech, cedar, copy) = at_beech(&app).await;
    let count = form(&beech, &copy, "count").await.set("note", "See the lid");
    beech.browser.upload(&count, &photo()).await.is(303);
    let of_today = "SELECT CAST(files AS BIGINT) AS n FROM file_days JOIN schools s ON s.id = school_id WHERE s.short_name = 'Beech' AND day = '2026-11-23'";
    assert_eq!(app.raw().number(of_today), 1);
    // The same form once more is no second photo.
    beech.browser.upload(&count, &photo()).await.is(303);
    assert_eq!(app.raw().number(of_today), 1);
    for (said, words) in [("files = 50", "Beech has sent 50 photos today"), ("files = 2, bytes = 104857600", "more than 100 MB of photos")]
    {
        app.raw().must(&format!("UPDATE file_days SET {said}"));
        let count = form(&beech, &copy, "count").await.set("note", "See the lid");
        let page = beech.browser.upload(&count, &photo()).await.is(422).says(words).says("Send the count without it, or with it tomorrow");
        assert_eq!(page.attributes(".errs a", "href"), ["#photo"]);
        let again = page.form("/count").tampered("how", "lines");
        assert_eq!(again.value("note"), "See the lid", "nothing typed is lost");
        assert_eq!(
            app.raw().number("SELECT count(*) AS n FROM counts WHERE side = 'holder'"),
            app.raw().number("SELECT count(*) AS n FROM photos")
        );
        if said.contains("bytes") {
            // Without the photo it is taken, and the other school has a day of its own.
            beech.browser.submit(&again).await.is(303);
        }
    }
    drop(cedar);
    app.at("2026-11-27T15:00:00Z");
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    app.raw().must("UPDATE file_days SET day = '2026-11-27', files = 50");
    let give = form(&beech, &copy, "give").await;
    beech.browser.upload(&give, &photo()).await.is(422).says("Beech has sent 50 photos today");
    beech.browser.submit(&give).await.is(303);
    let receive = form(&cedar, &copy, "receive").await;
    cedar.browser.upload(&receive, &photo()).await.is(303);
    // A new day begins anew, in the same row.
    app.at("2026-11-28T00:30:00Z");
    let cedar = app.ssl("Cedar").await;
    app.raw().must("UPDATE file_days SET files = 50");
    let count = form(&cedar, &copy, "count").await;
    cedar.browser.upload(&count, &photo()).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM file_days"), 2);
    assert_eq!(app.raw().number("SELECT CAST(sum(files) AS BIGINT) AS n FROM file_days WHERE day = '2026-11-28'"), 1);
    app.letters().await;
}

async fn an_upload_that_trickles_is_cut_off(app: TestApp) {
    let (beech, _, copy) = at_beech(&app).await;
    let count = form(&beech, &copy, "count").await;
    let mut slow = Upload::begin(&app, &beech.browser, &count, &vec![7; 400_000]).await;
    let start = Instant::now();
    // Quick at first, and then a kilobyte a second.
    slow.send(100_000).await;
    let page = loop {
        assert!(start.elapsed() < Duration::from_secs(40), "an upload that trickles is still read");
        if let Some(page) = slow.answer(Duration::from_secs(1)).await {
            break page;
        }
        slow.send(1024).await;
    };
    page.is(408).says("This took too long").says("Nothing you sent has been stored");
    assert!(start.elapsed() > Duration::from_secs(13), "{:?}", start.elapsed());
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM counts WHERE side = 'holder'"), 0);
    beech.open(&format!("/copies/{copy}")).await;
}

async fn a_photo_from_a_cupboard_gets_through(app: TestApp) {
    let (beech, _, copy) = at_beech(&app).await;
    let count = form(&beech, &copy, "count").await;
    // A photo that ends early may have anything behind it; it makes the file as large as phones do.
    let file = [photo(), vec![0; 250_000]].concat();
    let mut slow = Upload::begin(&app, &beech.browser, &count, &file).await;
    let start = Instant::now();
    // The first seconds bring nothing; then 25 KB a second, with a pause.
    tokio::time::sleep(Duration::from_secs(6)).await;
    while start.elapsed() < Duration::from_secs(17) {
        slow.send(25 * 1024).await;
        tokio::time::sleep(Duration::from_secs(if start.elapsed() < Duration::from_secs(9) { 4 } else { 1 })).await;
    }
    slow.end().await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM photos"), 1);
}

async fn what_is_held_of_uploads_is_bounded(app: TestApp) {
    const LARGEST: usize = 8 * 1024 * 1024;
    let (beech, cedar, copy) = at_beech(&app).await;
    let ash = app.ssl("Ash").await;
    let path = form(&beech, &copy, "count").await.action;
    let form_of = async |person: &Ssl| {
        form(&beech, &copy, "count").await.tampered("csrf", person.open("/calendar").await.form("/sign-out").value("csrf"))
    };
    let own = form(&beech, &copy, "count").await.set("note", "The lid is loose, look at it");
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(Upload::hold(&app, &beech.browser, &own, LARGEST - 1000).await);
    }
    // What has been sent has been read.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let fourth = Upload::begin(&app, &beech.browser, &own, &vec![7; 2 * 1024 * 1024]).await;
    let page =
        fourth.end().await.is(429).says("Too many photos at once").says("from this browser").says("Nothing you sent has been stored");
    assert_eq!(page.header("retry-after"), "30");
    assert!(page.all("#typed").concat().contains("The lid is loose, look at it"), "nothing typed is lost");
    // Another session has room of its own, until there is no room for anybody.
    for (person, many) in [(&cedar, 3), (&ash, 1)] {
        let form = form_of(person).await;
        for _ in 0..many {
            held.push(Upload::hold(&app, &person.browser, &form, LARGEST - 1000).await);
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let last = form_of(&ash).await.sent_to(&path);
    held.push(Upload::hold(&app, &ash.browser, &last, LARGEST / 2).await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let page = Upload::begin(&app, &ash.browser, &last, &vec![7; LARGEST - 1000]).await.end().await;
    let page = page.is(503).says("from all schools");
    assert_eq!(page.header("retry-after"), "30");
    // Pages without a file go on.
    beech.open("/calendar").await;
    drop(held);
    nothing_held(&app, &beech.browser, &own).await;
}
