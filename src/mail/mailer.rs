//! Sends stored letters: by a mail server, into the app only, or into memory for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use super::smtp::{Fault, Smtp};
use super::{Calendar, Message, Outcome, one_line};

/// Who our letters come from, and where answers go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// `From:`, as `BOXROTA_MAIL_FROM` gives it, for example `Boxrota <boxrota@school.example>`.
    pub from: Mailbox,
    /// `Reply-To:`, when answers shall go to somebody else.
    pub reply_to: Option<Mailbox>,
}

/// How letters leave this site.
#[derive(Debug)]
pub enum Mailer {
    /// Through a mail server.
    Smtp(Box<Smtp>, Sender),
    /// Not at all: they are kept and can be read in the app.
    InAppOnly,
    /// Into a list, with the outcomes that a test wants.
    Memory(Arc<Memory>),
}

/// What a test sees of the letters that were "sent".
#[derive(Debug, Default)]
pub struct Memory {
    sent: Mutex<Vec<Message>>,
    outcomes: Mutex<VecDeque<Outcome>>,
}

impl Memory {
    /// The letters taken so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Message> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets the next attempt end otherwise than in [`Outcome::Sent`]; several are used up in order.
    pub fn next(&self, outcome: Outcome) {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).push_back(outcome);
    }

    fn take(&self, message: &Message) -> Outcome {
        let outcome = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(Outcome::Sent);
        if outcome == Outcome::Sent {
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        }
        outcome
    }
}

impl Mailer {
    /// Tries once to send a stored letter.
    pub async fn send(&self, message: &Message) -> Outcome {
        match self {
            Self::InAppOnly => Outcome::Kept,
            Self::Memory(memory) => memory.take(message),
            Self::Smtp(smtp, sender) => match compose(message, sender) {
                Err(Unmailable(why)) => Outcome::Refused(why),
                Ok((to, bytes)) => match smtp.deliver(&sender.from.email, &to, &bytes).await {
                    Ok(()) => Outcome::Sent,
                    Err(fault) => fault.into(),
                },
            },
        }
    }

    /// Whether the last letter found no mail server that would have listened.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        matches!(self, Self::Smtp(smtp, _) if smtp.is_cut_off())
    }

    /// Closes the line to the mail server, after a round of letters.
    pub async fn rest(&self) {
        if let Self::Smtp(smtp, _) = self {
            smtp.hang_up().await;
        }
    }

    /// The address that letters are sent from, where they leave by a mail server.
    #[must_use]
    pub fn sent_from(&self) -> Option<String> {
        match self {
            Self::Smtp(_, sender) => Some(sender.from.email.to_string()),
            Self::InAppOnly | Self::Memory(_) => None,
        }
    }

    /// Whether letters really leave, as opposed to being kept in the app.
    #[must_use]
    pub fn sends(&self) -> bool {
        !matches!(self, Self::InAppOnly)
    }

    /// Reaches the mail server and signs in, without sending anything: for `boxrota check`.
    ///
    /// # Errors
    /// A [`Fault`] with words for the person who runs the site.
    pub async fn check_smtp(&self) -> Result<(), Fault> {
        match self {
            Self::Smtp(smtp, _) => smtp.check().await,
            Self::InAppOnly | Self::Memory(_) => Ok(()),
        }
    }
}

/// A letter that cannot be put into an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmailable(pub String);

/// The letter as it goes over the wire, and the address it goes to.
///
/// Both bodies and the calendar entry are alternatives of one another, and the entry comes again as a file: the first is what
/// Outlook and Google make an entry from, the second what Apple's programs and everybody else can open. `Message-ID` and `Date`
/// are those of the stored letter, so sending it twice gives the same mail, and receivers can tell.
///
/// # Errors
/// [`Unmailable`] when the address cannot stand in a header; the stored one was parsed, so this means a row made by hand.
pub fn compose(message: &Message, sender: &Sender) -> Result<(lettre::Address, Vec<u8>), Unmailable> {
    let to: lettre::Address = message.to_address.parse().map_err(|_| Unmailable("The address is not an e-mail address.".into()))?;
    let name = Some(one_line(&message.to_name)).filter(|name| !name.is_empty());
    let mut mail = lettre::Message::builder()
        .from(sender.from.clone())
        .to(Mailbox::new(name, to.clone()))
        .subject(one_line(&message.title))
        .date(SystemTime::from(message.created_at))
        .message_id(Some(message_id(message, sender)))
        // RFC 3834: nobody's holiday notice shall answer this.
        .header(AutoSubmitted)
        .header(NoAutoResponse);
    if let Some(reply_to) = &sender.reply_to {
        mail = mail.reply_to(reply_to.clone());
    }
    if !message.unsubscribe.is_empty() {
        mail = mail.header(Unsubscribe(format!("<{}>", message.unsubscribe))).header(OneClick);
    }
    let bodies = MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
    let whole = match &message.calendar {
        None => bodies,
        Some(calendar) => {
            let inline = SinglePart::builder().header(calendar_type(calendar)?).body(calendar.text.clone());
            let file = Attachment::new("booking.ics".into())
                .body(calendar.text.clone(), ContentType::parse("application/ics; name=\"booking.ics\"").map_err(|_| no_calendar())?);
            MultiPart::mixed().multipart(bodies.singlepart(inline)).singlepart(file)
        }
    };
    let mail = mail.multipart(whole).map_err(|e| Unmailable(format!("The e-mail could not be put together: {e}.")))?;
    Ok((to, mail.formatted()))
}

/// `<id.cluster@domain of the sender>`: the same for every sending of one letter.
fn message_id(message: &Message, sender: &Sender) -> String {
    format!("<{}.{}@{}>", message.id, message.cluster, sender.from.email.domain())
}

fn calendar_type(calendar: &Calendar) -> Result<ContentType, Unmailable> {
    ContentType::parse(&format!("text/calendar; charset=utf-8; method={}", calendar.method)).map_err(|_| no_calendar())
}

fn no_calendar() -> Unmailable {
    Unmailable("The calendar entry could not be attached.".into())
}

#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// Where letters of this kind are switched off (RFC 2369).
#[derive(Clone)]
struct Unsubscribe(String);

impl Header for Unsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// And that a mail program may do it with one click of its own (RFC 8058).
#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".into())
    }
}

/// Exchange's own word for the same.
#[derive(Clone)]
struct NoAutoResponse;

impl Header for NoAutoResponse {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Auto-Response-Suppress")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "OOF, AutoReply".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{ClusterId, MessageId};
    use crate::mail::{Method, State};

    fn message() -> Message {
        let at = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        Message {
            cluster: ClusterId(7),
            id: MessageId(42),
            kind: "test".into(),
            subject: "booking:1:0".into(),
            day: at.date_naive(),
            person: None,
            to_address: "science@saxton.example".into(),
            to_name: "Zoë Science".into(),
            reason: "Because.".into(),
            title: "Electricity box reserved – 30 November".into(),
            text: "Hello £5\n.\nFrom here\n".into(),
            html: "<p>Hello £5</p>".into(),
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
        Sender { from: "Boxrota <boxrota@cluster.example>".parse().unwrap(), reply_to: "coordinator@cluster.example".parse().ok() }
    }

    fn wire(message: &Message) -> String {
        String::from_utf8(compose(message, &sender()).unwrap().1).unwrap()
    }

    fn headers(wire: &str) -> Vec<&str> {
        wire.split("\r\n\r\n").next().unwrap_or_default().split("\r\n").collect()
    }

    #[test]
    fn the_mail_is_ascii_and_has_the_parts_that_calendars_look_for() {
        let wire = wire(&message());
        assert!(wire.is_ascii());
        assert!(wire.contains("Message-ID: <000000000001A.0000000000007@cluster.example>\r\n"), "{wire}");
        assert!(wire.contains("Reply-To: coordinator@cluster.example\r\n"));
        assert!(wire.contains("Auto-Submitted: auto-generated\r\n"));
        assert!(wire.contains("Date: Wed, 18 Nov 2026 "), "{wire}");
        assert!(wire.contains("Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n"), "{wire}");
        assert!(wire.contains("Content-Disposition: attachment; filename=\"booking.ics\"\r\n"), "{wire}");
        let order: Vec<usize> = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"]
            .iter()
            .map(|part| wire.find(part).unwrap_or_else(|| panic!("{part} missing in {wire}")))
            .collect();
        assert!(order.is_sorted());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_can_be_put_together(name in ".{0,300}", title in ".{0,300}", text in "(?s).{0,2000}", line in "[^\\n]{0,1200}") {
            let message = Message { to_name: name, title, text: text.clone() + &line, html: line + &text, ..message() };
            let (_, bytes) = compose(&message, &sender()).unwrap();
            // RFC 5321 takes lines of 998 letters at most.
            proptest::prop_assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 999));
        }
    }

    #[test]
    fn nobody_can_write_a_header_of_his_own() {
        let evil = "Anna\r\nBcc: all@evil.example\r\n\r\nBuy now";
        let mut message = message();
        message.to_name = evil.into();
        message.title = evil.into();
        let wire = wire(&message);
        let names: Vec<String> = headers(&wire)
            .iter()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap_or_default().to_lowercase())
            .collect();
        let ours = [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "auto-submitted",
            "x-auto-response-suppress",
            "reply-to",
            "mime-version",
            "content-type",
        ];
        assert!(names.iter().all(|name| ours.contains(&name.as_str())), "{names:?}");
        assert_eq!(compose(&message, &sender()).unwrap().0.to_string(), "science@saxton.example");
        message.to_address = "a@b.example\r\nBcc: x@y.example".into();
        assert!(compose(&message, &sender()).is_err());
    }

    #[test]
    fn a_letter_that_can_be_switched_off_says_where() {
        let address = "https://boxrota.example/unsubscribe/0123456789abcdefghjkmnpqrstvwxyz";
        let with = Message { unsubscribe: address.into(), ..message() };
        let whole = wire(&with).replace("\r\n ", " ");
        assert!(whole.contains(&format!("\r\nList-Unsubscribe: <{address}>\r\n")), "{whole}");
        assert!(whole.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{whole}");
        assert!(!wire(&message()).contains("List-Unsubscribe"), "what always comes says nothing of it");
    }

    #[test]
    fn the_same_letter_is_the_same_mail() {
        let ids = |wire: &str| {
            headers(wire).into_iter().filter(|l| l.starts_with("Message-ID") || l.starts_with("Date")).map(String::from).collect::<Vec<_>>()
        };
        let mut again = message();
        again.attempts = 5;
        assert_eq!(ids(&wire(&message())), ids(&wire(&again)));
        again.id = MessageId(43);
        assert_ne!(ids(&wire(&message())), ids(&wire(&again)));
    }
}
