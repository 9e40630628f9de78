//! Letters: what a room wants sent, how a stored letter fares on its way, and when it is tried again.
//!
//! A letter is stored with its reason and recipient in the transaction of the fact that caused it, and sent afterwards by
//! the worker (product rule 5). What must always hold: it is stored once for the same kind, subject, day and address, and sent at
//! least once: twice when the program or the line ends between the server's receipt and our note, as the same mail; whether it is still
//! true is asked again at the moment of sending; what fails is tried again at growing intervals and then shown; what the receiver
//! refuses for good is shown at once. This room knows an address and a text, never a booking.

pub mod acts;
pub mod choices;
pub mod kind;
pub mod letter;
pub mod mailer;
pub mod smtp;
pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::base::ids::{ClusterId, MessageId, PersonId};
use crate::base::text;
use crate::base::{Day, EmailAddress};

pub use kind::{Choice, Kind, Stored};

/// What a room wants sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What kind of letter: a constant of the room that writes it. The worker looks up by its key whether the letter is still true.
    pub kind: &'static Kind,
    /// What it is about, for example `booking:ID:SEQUENCE`. With kind, day and address it makes the letter unique.
    pub subject: String,
    /// The day it is for.
    pub day: Day,
    /// Who gets it.
    pub to: Recipient,
    /// Why this person gets it: a whole sentence, shown at its foot and on the page "Sent mail".
    pub reason: String,
    /// The subject line.
    pub title: String,
    /// What it says, in order. HTML and plain text are both made from this.
    pub blocks: Vec<Block>,
    /// A calendar entry that travels with it.
    pub calendar: Option<Calendar>,
}

impl Letter {
    /// With the way to the choice of letters at its end. `url`: an absolute address in a cluster of this site.
    #[must_use]
    pub fn with_choices(mut self, url: &str) -> Self {
        let site = url.split_once("/c/").map_or(url, |(site, _)| site);
        self.blocks.push(Block::button("Choose your e-mails", format!("{site}/account/letters")));
        self
    }
}

/// Somebody a letter goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The person, when it is one we know.
    pub person: Option<PersonId>,
    /// Where it goes.
    pub address: EmailAddress,
    /// The name beside the address; may be empty.
    pub name: String,
}

/// A piece of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// Facts, each a label and a value.
    Facts(Vec<(String, String)>),
    /// A link that looks like a button.
    Button {
        /// What it does, a verb first.
        label: String,
        /// Where it leads: an absolute address of this site.
        url: String,
    },
}

impl Block {
    /// A heading.
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading(text.into())
    }

    /// A paragraph.
    pub fn paragraph(text: impl Into<String>) -> Self {
        Self::Paragraph(text.into())
    }

    /// Facts; those without a value are left out.
    pub fn facts<L: Into<String>, V: Into<String>>(facts: impl IntoIterator<Item = (L, V)>) -> Self {
        Self::Facts(facts.into_iter().map(|(l, v)| (l.into(), v.into())).filter(|(_, v): &(String, String)| !v.trim().is_empty()).collect())
    }

    /// A link that looks like a button.
    pub fn button(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self::Button { label: label.into(), url: url.into() }
    }
}

/// A calendar entry that travels with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The iCalendar file (RFC 5545), whose `METHOD` is the one below.
    pub text: String,
    /// What the receiving calendar shall do with it.
    pub method: Method,
}

/// The iCalendar method: repeated in the mail's `Content-Type`, as RFC 6047 asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Method {
    /// Here is an entry; add it if you like.
    Publish,
    /// Enter this, or bring what you have up to date.
    Request,
    /// Take it out again.
    Cancel,
}

/// How a stored letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// To be sent, now or later.
    Waiting,
    /// A worker has it in hand.
    Sending,
    /// The mail server has taken it.
    Sent,
    /// Kept to be read in the app; this site sends no e-mail.
    Kept,
    /// Given up: refused for good, or tried too often. A coordinator can try again.
    Failed,
    /// Not sent, because it was no longer true at the moment of sending.
    Dropped,
}

impl State {
    /// How a page names it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Sending => "Being sent",
            Self::Sent => "Sent",
            Self::Kept => "In the app only",
            Self::Failed => "Not sent",
            Self::Dropped => "No longer true",
        }
    }
}

/// A letter as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The cluster it belongs to; 0 is the house itself (sign-in links).
    pub cluster: ClusterId,
    /// Its id; the mail's `Message-ID` is made from it, so a second sending of the same letter can be recognised.
    pub id: MessageId,
    /// The key of [`Letter::kind`].
    pub kind: String,
    /// See [`Letter::subject`].
    pub subject: String,
    /// See [`Letter::day`].
    pub day: Day,
    /// Who it is for, when it is a person we know.
    pub person: Option<PersonId>,
    /// Where it goes.
    pub to_address: String,
    /// The name beside the address.
    pub to_name: String,
    /// Why this person gets it.
    pub reason: String,
    /// The subject line.
    pub title: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// The calendar entry.
    pub calendar: Option<Calendar>,
    /// The address that switches letters of this kind off in one click (RFC 8058); empty where they cannot be, and once it is sent.
    pub unsubscribe: String,
    /// How it stands.
    pub state: State,
    /// How often it has been tried.
    pub attempts: u32,
    /// When it is due.
    pub next_attempt_at: DateTime<Utc>,
    /// What the last attempt came to, in plain words; empty when nothing went wrong.
    pub last_error: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was sent, kept, dropped or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What one attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server has taken it.
    Sent,
    /// This site sends no e-mail; the letter can be read in the app.
    Kept,
    /// It will never be taken as it is; the words say why.
    Refused(String),
    /// It may be taken later; the words say what happened.
    Passing(String),
    /// It was not sent, because it is no longer true; the words say why.
    NoLongerTrue(String),
}

/// What is written down after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// How the letter stands now.
    pub state: State,
    /// When it is tried again, while it waits.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What went wrong, in plain words; empty when nothing did.
    pub last_error: String,
}

/// Which letters of a cluster a page lists, newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Listing {
    /// Only those to this person.
    pub person: Option<PersonId>,
    /// Only those that stand like this.
    pub state: Option<State>,
    /// Only those written before this one.
    pub older_than: Option<MessageId>,
    /// Only those written after this one: the page just before it.
    pub newer_than: Option<MessageId>,
    /// How many at most.
    pub most: i64,
}

/// How long a letter waits after its first, second, … failed attempt. After the last of them it is given up and shown:
/// by then a day has nearly passed and somebody has to look.
pub const BACK_OFF_MINUTES: [i64; 6] = [1, 5, 15, 60, 4 * 60, 12 * 60];

/// How long a worker may hold a letter. Longer than the longest conversation with a mail server ([`smtp::Patience`]), so
/// that a letter is taken over only from a worker that died.
pub const LEASE: TimeDelta = TimeDelta::minutes(10);

/// What to write down after attempt number `attempts` (the first is 1).
#[must_use]
pub fn after(outcome: Outcome, attempts: u32, now: DateTime<Utc>) -> Record {
    let done = |state, last_error| Record { state, next_attempt_at: None, last_error };
    match outcome {
        Outcome::Sent => done(State::Sent, String::new()),
        Outcome::Kept => done(State::Kept, String::new()),
        Outcome::Refused(words) => done(State::Failed, words),
        Outcome::NoLongerTrue(words) => done(State::Dropped, words),
        Outcome::Passing(words) => match wait_after(attempts) {
            Some(wait) => Record { state: State::Waiting, next_attempt_at: Some(now + wait), last_error: words },
            None => done(State::Failed, format!("{words} It was tried {attempts} times.")),
        },
    }
}

/// How long to wait after attempt number `attempts`; `None` when that was the last.
#[must_use]
pub fn wait_after(attempts: u32) -> Option<TimeDelta> {
    let step = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1);
    BACK_OFF_MINUTES.get(step).map(|minutes| TimeDelta::minutes(*minutes))
}

/// Why a letter is not tried once more, when it was taken in hand for the attempt number `attempts`: only a letter whose
/// workers all died in the middle comes that far, and it may be what they died of.
#[must_use]
pub fn given_up(attempts: u32) -> Option<String> {
    let most = u32::try_from(BACK_OFF_MINUTES.len()).unwrap_or(u32::MAX) + 1;
    (attempts > most).then(|| format!("The program stopped in the middle of sending this, {most} times."))
}

/// Where in its conversation with the mail server a letter stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Stage {
    /// Finding and reaching the server, its greeting.
    Connecting,
    /// Making the line safe.
    Securing,
    /// User name and password.
    SigningIn,
    /// The sender's address (`MAIL FROM`).
    Sender,
    /// The recipient's address (`RCPT TO`).
    Recipient,
    /// The letter itself (`DATA`), up to the server's receipt.
    Content,
}

/// Whether the mail server's answer at this stage means that the letter will never be taken. Only a 5xx about the letter does.
/// A refused greeting, password or safe line is the trouble of the site and not of the letter: when somebody has mended it,
/// the letters that wait go out by themselves. So are the 5xx that ask for a password or a safe line in the middle (RFC 4954).
#[must_use]
pub fn is_permanent(stage: Stage, code: Option<u16>) -> bool {
    let about_the_letter = matches!(stage, Stage::Sender | Stage::Recipient | Stage::Content);
    about_the_letter && code.is_some_and(|code| (500..600).contains(&code) && !matches!(code, 530 | 534 | 535 | 538))
}

/// Whether a fault is the mail server's and would meet the next letter just the same: it could not be reached, turned us away, or fell
/// silent. Then a batch ends, instead of waiting for it once more with every letter.
#[must_use]
pub fn is_the_servers(stage: Stage, code: Option<u16>) -> bool {
    matches!(stage, Stage::Connecting | Stage::Securing | Stage::SigningIn) || matches!(code, None | Some(421))
}

/// One line of letters that can be seen: line ends and other control characters become spaces, and spaces are drawn together.
/// Nothing that stands in a mail header passes without it, so no name or title can begin a header of its own.
#[must_use]
pub fn one_line(typed: &str) -> String {
    text::plain_line(typed)
}

/// The text without the secrets of sign-in links: what remains of a letter once it has been sent. A secret is 32 letters and
/// digits after a slash, as `base::secret` makes them.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, piece) in text.split('/').enumerate() {
        if n > 0 {
            out.push('/');
        }
        let run = piece.bytes().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit()).count();
        if n > 0 && run == 32 {
            out.push_str("[link removed]");
            out.push_str(&piece[run..]);
        } else {
            out.push_str(piece);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use proptest::prelude::*;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap_or_default()
    }

    #[test]
    fn a_passing_fault_is_tried_again_at_growing_intervals_and_then_shown() {
        let mut at = noon();
        let mut waits = Vec::new();
        for attempt in 1.. {
            let record = after(Outcome::Passing("The mail server could not be reached.".into()), attempt, at);
            let Some(next) = record.next_attempt_at else {
                assert_eq!(record.state, State::Failed);
                assert_eq!(record.last_error, "The mail server could not be reached. It was tried 7 times.");
                break;
            };
            assert_eq!(record.state, State::Waiting);
            waits.push((next - at).num_minutes());
            at = next;
        }
        assert_eq!(waits, [1, 5, 15, 60, 240, 720]);
    }

    #[test]
    fn a_refusal_is_shown_at_once_and_the_rest_is_over() {
        assert_eq!(after(Outcome::Refused("No such person.".into()), 1, noon()).state, State::Failed);
        assert_eq!(after(Outcome::NoLongerTrue("The booking was cancelled.".into()), 1, noon()).state, State::Dropped);
        assert_eq!(after(Outcome::Kept, 1, noon()).state, State::Kept);
        let sent = after(Outcome::Sent, 3, noon());
        assert_eq!((sent.state, sent.next_attempt_at, sent.last_error.as_str()), (State::Sent, None, ""));
    }

    #[test]
    fn a_letter_that_workers_die_of_is_given_up() {
        assert_eq!(given_up(7), None, "the last attempt of the back-off table is made");
        assert!(given_up(8).is_some());
    }

    #[test]
    fn only_a_5xx_about_the_letter_is_for_good() {
        for stage in Stage::VARIANTS {
            assert!(!is_permanent(*stage, None), "a dropped line is passing at {stage:?}");
            assert!(!is_permanent(*stage, Some(451)), "4xx is passing at {stage:?}");
        }
        for stage in [Stage::Sender, Stage::Recipient, Stage::Content] {
            assert!(is_permanent(stage, Some(550)));
            assert!(is_permanent(stage, Some(554)));
            assert!(!is_permanent(stage, Some(530)), "it asks for a password: ours to mend");
        }
        for stage in [Stage::Connecting, Stage::Securing, Stage::SigningIn] {
            assert!(!is_permanent(stage, Some(535)));
            assert!(!is_permanent(stage, Some(554)));
        }
    }

    #[test]
    fn a_header_is_one_line() {
        assert_eq!(one_line("Reserved\r\nBcc: everybody@school.example"), "Reserved Bcc: everybody@school.example");
        assert_eq!(one_line("  a\u{2028}b\u{0}\u{85}c\t d "), "a b c d");
    }

    #[test]
    fn a_sent_letter_keeps_no_sign_in_link() {
        let secret = Secret::fresh();
        let text = format!("Sign in:\nhttps://boxrota.example/sign-in/{}\n", secret.reveal());
        assert_eq!(without_secrets(&text), "Sign in:\nhttps://boxrota.example/sign-in/[link removed]\n");
        let html = format!("<a href=\"https://boxrota.example/sign-in/{}\">Sign in</a>", secret.reveal());
        assert_eq!(without_secrets(&html), "<a href=\"https://boxrota.example/sign-in/[link removed]\">Sign in</a>");
        let booking = "https://boxrota.example/c/south-milford/bookings/1W5PNRDCG4T0Z";
        assert_eq!(without_secrets(booking), booking);
    }

    #[test]
    fn states_and_methods_have_one_text_each() {
        for state in State::VARIANTS {
            assert_eq!(state.to_string().parse::<State>(), Ok(*state));
        }
        assert_eq!(Method::Request.to_string(), "REQUEST");
        assert_eq!("CANCEL".parse::<Method>(), Ok(Method::Cancel));
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_line(text in "\\PC*|[\\s\\S]{0,80}") {
            prop_assert!(one_line(&text).chars().all(|c| !c.is_control()));
        }

        #[test]
        fn removing_secrets_keeps_the_rest(text in "[a-z0-9/ é\n\\[\\]]{0,200}") {
            let once = without_secrets(&text);
            prop_assert_eq!(without_secrets(&once), once.clone());
            prop_assert_eq!(once.matches('/').count(), text.matches('/').count());
        }
    }
}
