//! Signing in by e-mailed link: the rules.
//!
//! A link is a secret of 160 bits, kept as a hash, good for one use within fifteen minutes. Opening it shows a button and
//! changes nothing, because mail scanners follow links; only the button's POST uses it up.

use chrono::{DateTime, Duration, Utc};

use crate::db::Refuses;

/// How long a link works.
pub const LINK_LASTS: Duration = Duration::minutes(15);
/// While a link is younger than this and unused, no further one is sent to a mailbox for which strangers ask.
pub const LINK_SPARES: Duration = Duration::minutes(5);
/// How long a device stays signed in.
pub const SESSION_LASTS: Duration = Duration::days(30);

/// What is stored of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
}

/// Why a link does not sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// Nobody made it, or it has been pruned.
    #[error("This sign-in link is not one of ours. Check that you copied the whole link, or ask for a new one.")]
    Unknown,
    /// It has been used.
    #[error("This sign-in link has been used. Each link works once: ask for a new one.")]
    Used,
    /// Too old.
    #[error("This sign-in link is more than 15 minutes old. Ask for a new one.")]
    Expired,
}

impl Refuses for LinkRefusal {}

/// Whether a link may sign in now.
///
/// # Errors
/// Why not.
pub fn usable(link: Option<&Link>, now: DateTime<Utc>) -> Result<(), LinkRefusal> {
    let link = link.ok_or(LinkRefusal::Unknown)?;
    if link.used_at.is_some() {
        return Err(LinkRefusal::Used);
    }
    if now >= link.expires_at { Err(LinkRefusal::Expired) } else { Ok(()) }
}

/// Where to go after signing in: a path of this app, or the front page. Anything that a browser could take for another
/// site (`//host`, `/\host`, a scheme) is not.
#[must_use]
pub fn safe_next(asked: &str) -> &str {
    let fine = asked.starts_with('/')
        && !asked.starts_with("//")
        && !asked.contains('\\')
        && !asked.chars().any(char::is_control)
        && !asked.starts_with("/sign-")
        && asked.len() <= 500;
    if fine { asked } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_not_for_long() {
        let now: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().expect("a time");
        let link = Link { expires_at: now + LINK_LASTS, used_at: None };
        assert_eq!(usable(Some(&link), now), Ok(()));
        assert_eq!(usable(Some(&link), now + Duration::seconds(899)), Ok(()));
        assert_eq!(usable(Some(&link), now + LINK_LASTS), Err(LinkRefusal::Expired));
        assert_eq!(usable(Some(&Link { used_at: Some(now), ..link }), now), Err(LinkRefusal::Used));
        assert_eq!(usable(None, now), Err(LinkRefusal::Unknown));
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(safe_next("/c/south-milford/boxes?q=magnet"), "/c/south-milford/boxes?q=magnet");
        for trick in ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\r\nSet-Cookie: x", "/sign-out"] {
            assert_eq!(safe_next(trick), "/", "{trick:?}");
        }
    }
}
