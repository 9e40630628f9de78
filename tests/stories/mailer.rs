//! The mailer in real conversations with a mail server on loopback that behaves well and badly.

use std::time::{Duration, Instant};

use boxrota::base::ids::{ClusterId, MessageId};
use boxrota::mail::mailer::{Mailer, Sender};
use boxrota::mail::smtp::{Patience, Smtp};
use boxrota::mail::{Calendar, Message, Method, Outcome, State};

use crate::post_office::{At, Deed, PostOffice, Safety, Script};

fn letter(n: i64) -> Message {
    let at = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    Message {
        cluster: ClusterId(7),
        id: MessageId(n),
        kind: "test".into(),
        subject: format!("test:{n}"),
        day: at.date_naive(),
        person: None,
        to_address: "science@saxton.example".into(),
        to_name: "Science lead".into(),
        reason: "You got this because this is a test.".into(),
        title: "Electricity box reserved: £0 – 30 November".into(),
        text: format!("Hello\n.\n..two dots\nA long line: {}\n", "word ".repeat(60)),
        html: format!("<p>Hello £5 {}</p>", "x".repeat(2000)),
        calendar: Some(Calendar { text: "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n".into(), method: Method::Request }),
        unsubscribe: String::new(),
        state: State::Sending,
        attempts: 1,
        next_attempt_at: at,
        last_error: String::new(),
        created_at: at,
        finished_at: None,
    }
}

fn sender() -> Sender {
    Sender { from: "Boxrota <boxrota@cluster.example>".parse().unwrap(), reply_to: None }
}

fn mailer(url: &str, roots: Option<&str>) -> Mailer {
    let patience = Patience { answer: Duration::from_millis(400), receipt: Duration::from_millis(600) };
    let smtp = Smtp::new(url.parse().unwrap(), roots.map(str::as_bytes), "boxrota.example", patience).unwrap();
    Mailer::Smtp(Box::new(smtp), sender())
}

fn to(office: &PostOffice) -> Mailer {
    mailer(&format!("smtp://{}", office.at), None)
}

async fn misbehaving(at: At, deed: Deed) -> PostOffice {
    PostOffice::open(Script { misdeed: Some((at, deed)), ..Script::default() }).await
}

#[tokio::test]
async fn letters_are_handed_over_on_one_line_and_arrive_whole() {
    let office = PostOffice::open(Script::default()).await;
    let mailer = to(&office);
    for n in 1..=3 {
        assert_eq!(mailer.send(&letter(n)).await, Outcome::Sent);
    }
    mailer.rest().await;
    assert_eq!(mailer.send(&letter(4)).await, Outcome::Sent);
    let taken = office.taken();
    assert_eq!(taken.len(), 4);
    assert_eq!(office.calls(), 2, "the line is kept for a round of letters, and not longer");
    assert_eq!((taken[0].from.as_str(), taken[0].to.as_slice()), ("boxrota@cluster.example", &["science@saxton.example".to_owned()][..]));
    assert!(taken[0].data.contains("\r\n.\r\n") || taken[0].data.contains("\r\n=2E\r\n"), "{}", taken[0].data);
    assert!(office.heard().contains(&"EHLO boxrota.example".to_owned()));
    assert!(taken[0].data.lines().all(|line| line.len() <= 998));
}

#[tokio::test]
async fn a_5xx_about_the_letter_is_for_good_and_a_4xx_is_not() {
    for at in [At::Mail, At::Rcpt, At::Data, At::Receipt] {
        let office = misbehaving(at, Deed::Say("550-5.1.1 No such\r\n550 5.1.1 person here")).await;
        let outcome = to(&office).send(&letter(1)).await;
        assert!(matches!(&outcome, Outcome::Refused(words) if words.contains("550") && words.contains("No such")), "{at:?}: {outcome:?}");
        let office = misbehaving(at, Deed::Say("451 4.3.0 Try later")).await;
        let outcome = to(&office).send(&letter(1)).await;
        assert!(matches!(&outcome, Outcome::Passing(words) if words.contains("451")), "{at:?}: {outcome:?}");
        assert_eq!(office.taken(), []);
    }
}

#[tokio::test]
async fn a_server_that_turns_us_away_is_the_houses_trouble_and_not_the_letters() {
    for at in [At::Greeting, At::Ehlo] {
        for words in ["554 5.3.2 No mail today", "421 4.3.2 Closing"] {
            let office = misbehaving(at, Deed::Say(words)).await;
            let outcome = to(&office).send(&letter(1)).await;
            assert!(matches!(&outcome, Outcome::Passing(said) if said.contains(&words[..3])), "{at:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_one_that_drops_the_line_is_tried_again() {
    for at in [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::MidLetter, At::Receipt] {
        for deed in [Deed::Hang, Deed::Drop] {
            let office = misbehaving(at, deed).await;
            let began = Instant::now();
            let outcome = to(&office).send(&letter(1)).await;
            assert!(matches!(outcome, Outcome::Passing(_)), "{at:?} {deed:?}: {outcome:?}");
            assert!(began.elapsed() < Duration::from_secs(3), "{at:?} {deed:?} took {:?}", began.elapsed());
        }
    }
}

#[tokio::test]
async fn a_letter_sent_again_after_a_lost_receipt_is_the_same_mail() {
    let script = Script { misdeed: Some((At::Receipt, Deed::Drop)), times: 1, ..Script::default() };
    let office = PostOffice::open(script).await;
    let mailer = to(&office);
    assert!(matches!(mailer.send(&letter(1)).await, Outcome::Passing(_)));
    assert_eq!(mailer.send(&letter(1)).await, Outcome::Sent);
    let ids: Vec<String> =
        office.taken().iter().filter_map(|t| t.data.lines().find(|l| l.starts_with("Message-ID:")).map(String::from)).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn after_a_fault_the_next_letter_gets_a_fresh_line() {
    for deed in [Deed::Say("550 5.1.1 No"), Deed::Drop, Deed::Hang] {
        let office = PostOffice::open(Script { misdeed: Some((At::Rcpt, deed)), times: 1, ..Script::default() }).await;
        let mailer = to(&office);
        assert_ne!(mailer.send(&letter(1)).await, Outcome::Sent);
        assert_eq!(mailer.send(&letter(2)).await, Outcome::Sent);
        assert_eq!((office.calls(), office.taken().len()), (2, 1), "{deed:?}");
    }
}

#[tokio::test]
async fn nobody_at_home_is_said_in_plain_words() {
    let office = PostOffice::open(Script::default()).await;
    let at = office.at;
    drop(office);
    tokio::task::yield_now().await;
    let mailer = mailer(&format!("smtp://{at}"), None);
    let words = format!("The mail server {at} could not be reached: Connection refused.");
    assert_eq!(mailer.send(&letter(1)).await, Outcome::Passing(words.clone()));
    assert_eq!(mailer.check_smtp().await.unwrap_err().words, words);
}

#[tokio::test]
async fn the_line_is_made_safe_before_anything_is_said() {
    for (safety, url) in [(Safety::StartTls, "smtp://user:geheim@{}?tls=required"), (Safety::Tls, "smtps://user:geheim@{}")] {
        let office = PostOffice::open(Script { safety, login: Some(("PLAIN", "user", "geheim")), ..Script::default() }).await;
        let url = url.replace("{}", &office.at.to_string());
        let trusting = mailer(&url, Some(&office.certificate));
        assert_eq!(trusting.check_smtp().await, Ok(()), "{safety:?}");
        assert_eq!(trusting.send(&letter(1)).await, Outcome::Sent, "{safety:?}");
        let heard = office.heard().len();
        // Without the certificate nobody is trusted, and no password leaves.
        let wary = mailer(&url, None);
        let outcome = wary.send(&letter(2)).await;
        assert!(matches!(&outcome, Outcome::Passing(words) if words.to_lowercase().contains("certificate")), "{safety:?}: {outcome:?}");
        assert!(office.heard()[heard..].iter().all(|said| !said.starts_with("AUTH") && !said.starts_with("MAIL")), "{:?}", office.heard());
        assert_eq!(office.taken().len(), 1);
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_neither_password_nor_letter() {
    for script in [
        Script { login: Some(("PLAIN", "user", "geheim")), ..Script::default() },
        Script { safety: Safety::StartTls, misdeed: Some((At::StartTls, Deed::Say("454 4.7.0 TLS not available"))), ..Script::default() },
        Script { safety: Safety::StartTls, misdeed: Some((At::StartTls, Deed::Hang)), ..Script::default() },
    ] {
        let office = PostOffice::open(script).await;
        let mailer = mailer(&format!("smtp://user:geheim@{}?tls=required", office.at), Some(&office.certificate));
        assert!(matches!(mailer.send(&letter(1)).await, Outcome::Passing(_)));
        assert!(office.heard().iter().all(|said| !said.starts_with("AUTH") && !said.starts_with("MAIL")), "{:?}", office.heard());
    }
}

#[tokio::test]
async fn passwords_are_given_by_both_ways_and_never_repeated() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let office = PostOffice::open(Script { login: Some((mechanism, "user", "p@ss/wörd")), ..Script::default() }).await;
        let right = mailer(&format!("smtp://user:p%40ss%2Fw%C3%B6rd@{}", office.at), None);
        assert_eq!(right.send(&letter(1)).await, Outcome::Sent, "{mechanism}");
        let wrong = mailer(&format!("smtp://user:geheim@{}", office.at), None);
        let outcome = wrong.send(&letter(2)).await;
        assert!(
            matches!(&outcome, Outcome::Passing(words) if words.contains("user name and password") && words.contains("535") && !words.contains("geheim")),
            "{mechanism}: {outcome:?}"
        );
        let none = mailer(&format!("smtp://{}", office.at), None);
        assert!(matches!(none.send(&letter(3)).await, Outcome::Passing(words) if words.contains("530")));
        assert_eq!(office.taken().len(), 1);
    }
    let echo = Script {
        login: Some(("PLAIN", "user", "x")),
        misdeed: Some((At::Auth, Deed::Say("535 5.7.8 geheim is wrong, so is AHVzZXIAZ2VoZWlt"))),
        ..Script::default()
    };
    let office = PostOffice::open(echo).await;
    let outcome = mailer(&format!("smtp://user:geheim@{}", office.at), None).send(&letter(1)).await;
    let said = format!("{outcome:?}");
    assert!(!said.contains("geheim") && !said.contains("AHVzZXIAZ2VoZWlt"), "{said}");
}
