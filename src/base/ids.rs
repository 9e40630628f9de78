//! Ids: application-made, time-ordered 64-bit numbers, shown as 13 Crockford base-32 letters.
//!
//! 42 bits of milliseconds since 2020-01-01 UTC, then 22 random bits, so ids sort by creation and need no
//! database round trip. The text form has no look-alike letters (no I, L, O, U), survives being read aloud,
//! and sorts like the number.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Milliseconds from the Unix epoch to 2020-01-01T00:00:00Z, where our ids begin.
const EPOCH_MS: i64 = 1_577_836_800_000;
const RANDOM_BITS: u32 = 22;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The last id made by this process: two ids of one process never collide and always rise.
static LAST: AtomicI64 = AtomicI64::new(0);

/// Makes a new id. Rises within a process; across processes two ids of the same millisecond differ by chance (22 bits),
/// and the primary key refuses the rest.
#[must_use]
pub fn fresh(now: DateTime<Utc>) -> i64 {
    let ms = (now.timestamp_millis() - EPOCH_MS).max(1);
    let random = i64::from(rand::random::<u32>() >> (32 - RANDOM_BITS));
    let wanted = (ms << RANDOM_BITS) | random;
    let mut last = LAST.load(Ordering::Relaxed);
    loop {
        // Many ids in one millisecond, or a clock that steps back, still give rising ids. A test's clock may jump
        // years back: then take the wanted id as it is, it cannot meet one made in another year.
        let near = last >> RANDOM_BITS <= ms + 10_000;
        let next = if wanted <= last && near { last + 1 } else { wanted };
        match LAST.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return next,
            Err(seen) => last = seen,
        }
    }
}

/// The smallest id of a time: every id made from then on is at least this, every earlier one is smaller.
#[must_use]
pub fn first_at(time: DateTime<Utc>) -> i64 {
    (time.timestamp_millis() - EPOCH_MS).max(0) << RANDOM_BITS
}

/// An id that stands before every id made from this time on: for what is written down late, and belongs before what followed it.
#[must_use]
pub fn before(time: DateTime<Utc>) -> i64 {
    let random = i64::from(rand::random::<u32>() >> (32 - RANDOM_BITS));
    (first_at(time) - (1 << RANDOM_BITS)).max(0) | random
}

/// Writes an id as 13 Crockford base-32 letters.
///
/// # Errors
/// Only when the formatter fails.
pub fn write(id: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = id.cast_unsigned();
    let mut text = [0u8; 13];
    for (place, letter) in text.iter_mut().rev().enumerate() {
        *letter = ALPHABET[((bits >> (5 * place)) & 31) as usize];
    }
    f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

/// A text that is no id: not 13 letters of Crockford's alphabet, or larger than 63 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 13 letters and digits")]
pub struct NotAnId;

/// Reads 13 Crockford letters in either case; I and L count as 1, O as 0, as the alphabet's author asks.
///
/// # Errors
/// [`NotAnId`] for anything else.
pub fn parse(text: &str) -> Result<i64, NotAnId> {
    if text.len() != 13 {
        return Err(NotAnId);
    }
    let mut bits: u128 = 0;
    for letter in text.bytes() {
        let letter = match letter.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        let digit = ALPHABET.iter().position(|a| *a == letter).ok_or(NotAnId)?;
        bits = (bits << 5) | digit as u128;
    }
    i64::try_from(bits).map_err(|_| NotAnId)
}

/// Declares one id newtype per table, so that a school's id can never be passed for a copy's.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, diesel_derive_newtype::DieselNewType)]
        pub struct $name(pub i64);

        impl $name {
            /// A new id, made from the time of the transaction.
            #[must_use]
            pub fn fresh(now: DateTime<Utc>) -> Self {
                Self(fresh(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse(text).map(Self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
    )+};
}

ids! {
    /// A cluster: the tenant.
    ClusterId,
    /// A school of a cluster.
    SchoolId,
    /// The span of a school's membership in its cluster.
    MembershipId,
    /// A person; of no cluster.
    PersonId,
    /// A role of a person in a cluster.
    RoleId,
    /// A term of a cluster's school year.
    TermId,
    /// A closure or INSET day.
    ClosureId,
    /// A title in the catalogue.
    ResourceId,
    /// One physical thing with its own tag.
    CopyId,
    /// A line of a resource's contents list.
    ContentsLineId,
    /// A booking of a copy by a school.
    BookingId,
    /// A stored e-mail.
    MessageId,
    /// A line of the change log.
    ChangeId,
    /// A signed-in device.
    SessionId,
    /// A private calendar feed.
    FeedId,
    /// A role that waits for its person to say yes.
    InvitationId,
    /// A name that a school had.
    FormerNameId,
    /// A span in which a school holds the cluster's money.
    LeadSchoolId,
    /// A passkey of a person.
    PasskeyId,
    /// A new e-mail address that waits for both mailboxes.
    EmailChangeId,
    /// The journey of a copy between two holders.
    LegId,
    /// The act of a leg: given up, received.
    HandoverId,
    /// What one side of a handover counted.
    CountId,
    /// A picture taken at a count.
    PhotoId,
    /// A cluster meeting.
    MeetingId,
    /// A stranger's word of where a copy was found.
    FindId,
    /// A place on the waiting list.
    WaitId,
    /// A line of a daily or weekly letter.
    DigestItemId,
    /// An act that waits to be carried out.
    PendingId,
}

/// The id of a row of some table, as its letters.
#[derive(Debug, Clone, Copy)]
pub struct Shown(pub i64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, f)
    }
}

/// Something that a change-log line or a mail is about. `Display` gives the letters of the id.
pub trait AnyId: fmt::Display {}
impl<T: fmt::Display> AnyId for T {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_number_are_the_same_id(id in 0i64..) {
            let id = BookingId(id);
            let text = id.to_string();
            prop_assert_eq!(text.len(), 13);
            prop_assert_eq!(text.parse::<BookingId>(), Ok(id));
            prop_assert_eq!(text.to_lowercase().parse::<BookingId>(), Ok(id));
        }

        #[test]
        fn ids_sort_as_their_text_does(a in 0i64.., b in 0i64..) {
            prop_assert_eq!(a.cmp(&b), BookingId(a).to_string().cmp(&BookingId(b).to_string()));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = text.parse::<BookingId>();
        }
    }

    #[test]
    fn ids_of_one_process_rise() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap_or_default();
        let ids: Vec<i64> = (0..10_000).map(|_| fresh(now)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_ids_of_a_time_begin_at_its_first() {
        let now = DateTime::from_timestamp(1_796_000_000, 0).unwrap_or_default();
        let id = fresh(now);
        assert!(first_at(now) <= id && id < first_at(now + chrono::TimeDelta::seconds(11)));
    }

    #[test]
    fn letters_that_look_alike_are_read_kindly() {
        assert_eq!(parse("0000000000o1L"), parse("0000000000011"));
        assert_eq!(parse("ZZZZZZZZZZZZZ"), Err(NotAnId));
        assert_eq!(parse("000000000000U"), Err(NotAnId));
    }
}
