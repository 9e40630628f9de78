//! What somebody does who means no good, or whose machine has gone mad: asks too fast, sends too much or too slowly, plants a
//! cookie, names another host.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use boxrota::base::secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Ground, Page, TestApp, science_lead};

stories!(
    who_asks_too_fast_waits_and_others_do_not,
    one_line_has_a_limit_whatever_cookies_it_makes_up,
    behind_a_proxy_each_visitor_has_a_limit_of_its_own,
    a_form_has_a_largest_size_however_it_is_sent,
    slow_clients_are_cut_off,
    a_planted_cookie_is_not_taken_over,
    links_never_follow_the_host_header,
    no_header_is_written_by_what_people_type,
    under_https_cookies_are_bound_to_the_host,
);

fn many(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("more than none")
}

/// How many of so many requests are answered, and the first one that is not.
async fn ask(n: usize, mut request: impl AsyncFnMut(usize) -> Page) -> (usize, Option<Page>) {
    let (mut answered, mut refused) = (0, None);
    for i in 0..n {
        let page = request(i).await;
        if page.status == 429 { refused = refused.or(Some(page)) } else { answered += 1 }
    }
    (answered, refused)
}

async fn who_asks_too_fast_waits_and_others_do_not(app: TestApp) {
    // Three a minute is one more after twenty seconds, and the story takes far less.
    let strict = app.beside_with(|config| config.requests_per_session = many(3));
    // They have signed in at another server: there, the cookies that they had before are counted, each in a place that chance gives
    // it, and now and then that is the session's.
    let at = async |school| app.ssl(school).await.browser.clone().moved_to(&strict.origin);
    let (ash, beech) = (at("Ash").await, at("Beech").await);
    let calendar = "/c/ashdale/calendar";
    let form = ash.open(calendar).await.form("/sign-out");
    let (answered, refused) = ask(9, async |_| ash.get(calendar).await).await;
    assert_eq!(answered, 2);
    let refused = refused.expect("a refusal").says("Too many pages at once").says("Wait a minute and try again");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(refused.header("content-security-policy").contains("default-src 'none'"), "a refusal has the policy, too");
    assert!(refused.header("content-type").starts_with("text/html"));
    // A form is refused whole.
    ash.submit(&form).await.is(429).says("Nothing you sent has been stored");
    assert_eq!(strict.raw().number("SELECT count(*) AS n FROM sessions WHERE revoked_at IS NOT NULL"), 0);
    // What a page needs, and what a watcher asks, is free; the neighbour on the same line notices nothing.
    let style = refused.attributes("link[rel=stylesheet]", "href").remove(0);
    for _ in 0..5 {
        ash.get(&style).await.is(200);
        ash.get("/livez").await.is(200);
    }
    ash.get("/healthz").await.is(200);
    beech.get(calendar).await.is(200);
    strict.end().await;
}

async fn one_line_has_a_limit_whatever_cookies_it_makes_up(app: TestApp) {
    let strict = TestApp::start(Ground::migrated(app.ground.engine), |config| config.requests_per_address = many(3)).await;
    let browser = strict.browser();
    let (answered, refused) = ask(20, async |_| {
        let cookie = format!("boxrota={}", Secret::fresh().reveal());
        browser.get_with("/help", &[("cookie", cookie.as_str())]).await
    })
    .await;
    assert_eq!(answered, 3);
    assert!(refused.is_some());
    browser.get("/nowhere").await.is(429);
    browser.get("/livez").await.is(200);
    strict.end().await;
}

async fn behind_a_proxy_each_visitor_has_a_limit_of_its_own(app: TestApp) {
    let strict = TestApp::start(Ground::migrated(app.ground.engine), |config| {
        config.requests_per_address = many(3);
        config.site.behind_proxy = true;
    })
    .await;
    let browser = strict.browser();
    let from = async |address: String| browser.get_with("/help", &[("x-forwarded-for", address.as_str())]).await;
    let (answered, _) = ask(20, async |n| from(format!("198.51.100.{n}, 192.0.2.7")).await).await;
    assert_eq!(answered, 3, "what the visitor makes up counts for nothing");
    from("192.0.2.8".into()).await.is(200);
    // One line of the newer internet has many addresses and is one client.
    let (answered, _) = ask(20, async |n| from(format!("2001:db8:0:1::{n:x}")).await).await;
    assert_eq!(answered, 3);
    from("2001:db8:0:2::1".into()).await.is(200);
    strict.end().await;
}

/// A connection to the server, for what no browser sends.
async fn line(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.origin.trim_start_matches("http://")).await.expect("a connection")
}

/// Everything that the server still says, until it hangs up or so long.
async fn rest(line: &mut TcpStream, patience: Duration) -> Option<String> {
    let mut all = Vec::new();
    let read = tokio::time::timeout(patience, line.read_to_end(&mut all)).await;
    // Hung up in the middle of what we sent is hung up as well.
    read.is_ok().then(|| String::from_utf8_lossy(&all).into_owned())
}

/// The head of a posted form, with a visitor's cookie and the token that belongs to it; and the token's field.
fn head_of_form(app: &TestApp, more: &str) -> (String, String) {
    let secret = Secret::fresh();
    let host = app.origin.trim_start_matches("http://");
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: {}\r\nCookie: boxrota-visitor={}\r\nContent-Type: application/x-www-form-urlencoded\r\n{more}\r\n",
        app.origin,
        secret.reveal()
    );
    (head, format!("csrf={}&email=", boxrota::web::guard::token(&secret)))
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

async fn a_form_has_a_largest_size_however_it_is_sent(app: TestApp) {
    // Whole and with its length, up to the largest size; a byte more is too much.
    let (head, field) = head_of_form(&app, "Connection: close\r\nContent-Length: 65536\r\n");
    let mut full = line(&app).await;
    full.write_all(format!("{head}{field}{}", "x".repeat(64 * 1024 - field.len())).as_bytes()).await.expect("sent");
    let answer = rest(&mut full, Duration::from_secs(5)).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("e-mail address"), "{answer}");
    for length in ["65537", "1000000000"] {
        // Nothing of it needs to be sent.
        let (head, field) = head_of_form(&app, &format!("Content-Length: {length}\r\n"));
        let mut told = line(&app).await;
        told.write_all(format!("{head}{field}").as_bytes()).await.expect("sent");
        let answer = rest(&mut told, Duration::from_secs(5)).await.expect("it hangs up");
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("Nothing you sent has been stored"), "{answer}");
    }
    // Without a length, piece by piece, it is refused; and whoever goes on and on is hung up on.
    for path in ["/sign-in", "/nowhere"] {
        let (head, field) = head_of_form(&app, "Transfer-Encoding: chunked\r\n");
        let (mut pieces, start) = (line(&app).await, Instant::now());
        pieces.write_all(format!("{}{}", head.replacen("/sign-in", path, 1), chunk(&field)).as_bytes()).await.expect("sent");
        let answer = loop {
            if let Some(answer) = rest(&mut pieces, Duration::from_millis(100)).await {
                break answer;
            }
            let _ = pieces.write_all(chunk("x").as_bytes()).await;
            assert!(start.elapsed() < Duration::from_secs(8), "a body without an end is still read");
        };
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 411"), "{answer}");
    }
    let (head, field) = head_of_form(&app, "Transfer-Encoding: chunked\r\nConnection: close\r\n");
    let mut small = line(&app).await;
    small.write_all(format!("{head}{}{}0\r\n\r\n", chunk(&field), chunk("nobody%40elsewhere.example")).as_bytes()).await.expect("sent");
    let answer = rest(&mut small, Duration::from_secs(5)).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 411"), "{answer}");
    // Both lengths at once are how one request is smuggled inside another.
    let (head, field) = head_of_form(&app, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
    let mut both = line(&app).await;
    both.write_all(format!("{head}{}0\r\n\r\n", chunk(&field)).as_bytes()).await.expect("sent");
    let answer = rest(&mut both, Duration::from_secs(5)).await.expect("it hangs up");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages"), 0);
    app.browser().open("/sign-in").await;
}

async fn slow_clients_are_cut_off(app: TestApp) {
    // Two at once: headers that never end, and a form of which a byte comes now and then.
    let headers = async {
        let (mut slow, start) = (line(&app).await, Instant::now());
        slow.write_all(b"GET /help HTTP/1.1\r\nHost: x\r\n").await.expect("sent");
        loop {
            match rest(&mut slow, Duration::from_millis(500)).await {
                Some(answer) => return (answer, start.elapsed()),
                None => drop(slow.write_all(b"X-A: b\r\n").await),
            }
            assert!(start.elapsed() < Duration::from_secs(20), "headers that never end are still read");
        }
    };
    let form = async {
        let (head, field) = head_of_form(&app, "Content-Length: 500\r\n");
        let (mut slow, start) = (line(&app).await, Instant::now());
        slow.write_all(format!("{head}{field}").as_bytes()).await.expect("sent");
        let mut answer = [0; 12];
        loop {
            match tokio::time::timeout(Duration::from_millis(500), slow.read_exact(&mut answer)).await {
                Ok(read) => {
                    read.expect("an answer");
                    return (String::from_utf8_lossy(&answer).into_owned(), start.elapsed());
                }
                Err(_) => drop(slow.write_all(b"x").await),
            }
            assert!(start.elapsed() < Duration::from_secs(20), "a form that trickles is still read");
        }
    };
    let ((headers, headers_took), (form, form_took)) = tokio::join!(headers, form);
    assert!(headers.is_empty() || headers.starts_with("HTTP/1.1 408"), "{headers}");
    assert_eq!(form, "HTTP/1.1 408");
    for took in [headers_took, form_took] {
        assert!((Duration::from_secs(8)..Duration::from_secs(16)).contains(&took), "{took:?}");
    }
    app.browser().open("/help").await;
}

async fn a_planted_cookie_is_not_taken_over(app: TestApp) {
    let (victim, thief, planted) = (app.browser(), app.browser(), Secret::fresh());
    for name in ["boxrota", "boxrota-visitor"] {
        victim.set_cookie(&format!("{name}={}; Path=/", planted.reveal()));
        thief.set_cookie(&format!("{name}={}; Path=/", planted.reveal()));
    }
    let link = format!("/sign-in/{}", app.link_for(&science_lead("Ash")).await);
    let page = victim.open(&link).await;
    let answer = victim.submit(&page.form(&link)).await.is(303);
    let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("boxrota=")).expect("a session");
    assert!(!session.contains(planted.reveal()), "the planted secret became the session's");
    victim.open("/c/ashdale/calendar").await;
    // Whoever planted it has nothing, neither now nor after the next sign-in.
    thief.get("/c/ashdale/calendar").await.is(303);
    assert_eq!(app.raw().number(&format!("SELECT count(*) AS n FROM sessions WHERE token_hash = '{}'", planted.hash())), 0);
    // The token of the planted cookie is no longer one of the victim's browser.
    let token = boxrota::web::guard::token(&planted);
    victim.post("/sign-out", &[("csrf".to_owned(), token)]).await.is(403);
    victim.open("/c/ashdale/calendar").await;
}

async fn links_never_follow_the_host_header(app: TestApp) {
    let browser = app.browser();
    let form = browser.open("/sign-in").await.form("/sign-in").set("email", &science_lead("Ash"));
    let foreign = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
    let mut headers = foreign.to_vec();
    headers.push(("origin", &app.origin));
    let page = browser.post_with("/sign-in", &form.fields, &headers).await.is(200);
    assert!(!page.text.contains("evil.example"), "{}", page.text);
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains(&format!("{}/sign-in/", app.origin)), "{}", letters[0].text);
    assert!(!letters[0].text.contains("evil.example") && !letters[0].html.contains("evil.example"));
    // A page is still a page, and a redirect stays on whatever host the browser is at.
    for path in ["/help", "/sign-in", "/c/ashdale/calendar", "/nowhere"] {
        let page = browser.get_with(path, &foreign).await;
        assert!(page.status < 500 && !page.text.contains("evil.example"), "{path}: {}", page.text);
        assert!(!page.header("location").contains("//"), "{path} sends to {}", page.header("location"));
    }
    let lead = app.ssl("Ash").await;
    let feeds = lead.browser.get_with("/c/ashdale/feeds", &foreign).await.is(200);
    assert!(!feeds.text.contains("evil.example"));
}

async fn no_header_is_written_by_what_people_type(app: TestApp) {
    let browser = app.browser();
    for next in ["/%0d%0aSet-Cookie:%20boxrota=planted", "/a%0aLocation:%20https://evil.example", "%0d%0a//evil.example"] {
        let page = browser.get(&format!("/sign-in?next={next}")).await.is(200);
        assert_eq!(page.form("/sign-in").value("next"), "/", "{next}");
        assert!(page.headers.get_all("set-cookie").iter().all(|cookie| !cookie.to_str().expect("text").contains("planted")));
    }
    let lead = science_lead("Ash");
    app.raw().must(&format!(
        "UPDATE people SET name = 'Ash' || {0}(13) || {0}(10) || 'Bcc: all@evil.example' WHERE email = '{lead}'",
        match app.ground.engine {
            crate::harness::Engine::Sqlite => "char",
            crate::harness::Engine::Postgres => "chr",
        }
    ));
    let form = browser.open("/sign-in").await.form("/sign-in").set("email", &lead).tampered("next", "/a\r\nSet-Cookie: boxrota=planted");
    browser.submit(&form).await.is(200);
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to_name, "Ash Bcc: all@evil.example", "a name of two lines became one");
    let start = letters[0].text.find("/sign-in/").expect("a link");
    let link = letters[0].text[start..].split_whitespace().next().expect("a link").to_owned();
    let page = browser.open(&link).await;
    let answer = browser.submit(&page.form(&link)).await.is(303);
    assert_eq!(answer.header("location"), "/");
    // A second address in the field is none.
    let form = app.browser().open("/sign-in").await.form("/sign-in");
    for typed in ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "a@b.example\nc@d.example"] {
        let page = browser.submit(&form.clone().tampered("email", typed)).await;
        assert!([403, 422].contains(&page.status), "{typed:?}: {}", page.status);
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM messages"), 1);
}

async fn under_https_cookies_are_bound_to_the_host(app: TestApp) {
    let https = TestApp::start(Ground::migrated(app.ground.engine), |config| {
        config.site.public_url = "https://boxes.example/".parse().expect("a URL");
    })
    .await;
    let set = |page: &Page| -> Vec<String> {
        page.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()).map(str::to_owned).collect()
    };
    let browser = https.browser();
    let link = format!("/sign-in/{}", https.link_for(&science_lead("Ash")).await);
    let page = browser.get(&link).await.is(200);
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    let visitor = set(&page).remove(0);
    // The test's line is no https, so its browser keeps no such cookie: it is carried by hand.
    let carried = visitor.split(';').next().expect("name and value").to_owned();
    let form = page.form(&link);
    let headers = [("cookie", carried.as_str()), ("origin", "https://boxes.example")];
    let answer = browser.post_with(&link, &form.fields, &headers).await.is(303);
    let session = set(&answer).into_iter().find(|cookie| cookie.starts_with("__Host-boxrota=")).expect("a session");
    for cookie in [&visitor, &session] {
        for flag in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(flag), "{cookie} lacks {flag}");
        }
        assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
    }
    let secret = session.split(['=', ';']).nth(1).expect("a value");
    let here = format!("__Host-boxrota={secret}");
    browser.get_with("/c/ashdale/calendar", &[("cookie", here.as_str())]).await.is(200);
    // The same secret in a cookie that a neighbour host could have set is nobody's.
    let planted = format!("boxrota={secret}");
    browser.get_with("/c/ashdale/calendar", &[("cookie", planted.as_str())]).await.is(303);
    https.end().await;
}
