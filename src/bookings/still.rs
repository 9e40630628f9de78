//! Whether a letter about a booking is still true, asked at the moment of sending and when what was gathered goes out.

use super::State;
use super::letters::{APPROVED, CANCELLED, CHANGED, DECLINED, KINDS, REQUESTED, RESERVED, TO_APPROVE, read_subject};
use super::store::ledger;
use crate::db::{Result, Tx};
use crate::mail::{Kind, Stored};

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some((booking, sequence)) = read_subject(letter.subject) else { return Ok(None) };
    let now = ledger::state_and_sequence(tx, booking)?;
    Ok(no_longer(kind, sequence, now).map(str::to_owned))
}

/// Why a letter of this kind, written when the booking had `sequence`, is no longer true of the booking as it stands now;
/// `None` when it still is. A cancellation stays true; everything else is overtaken by the next change, whose own letter
/// says all that there is to say.
fn no_longer(kind: &Kind, sequence: u32, now: Option<(State, u32)>) -> Option<&'static str> {
    let Some((state, latest)) = now else { return Some("The booking is not there any more.") };
    let was = match kind {
        REQUESTED | TO_APPROVE => State::Requested,
        DECLINED => State::Declined,
        CANCELLED => State::Cancelled,
        // A changed booking may be requested or confirmed.
        CHANGED if state.is_live() => state,
        RESERVED | APPROVED | CHANGED => State::Confirmed,
        _ => return None,
    };
    match state {
        _ if state == was && sequence == latest => None,
        State::Cancelled => Some("The booking was cancelled before this could be sent."),
        State::Declined => Some("The request was declined before this could be sent."),
        State::Confirmed if was == State::Requested => Some("The request was answered before this could be sent."),
        _ if state != was => Some("The booking has changed before this could be sent."),
        _ => Some("The booking was changed again before this could be sent."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_sent_only_while_it_is_true() {
        let confirmed = |sequence| Some((State::Confirmed, sequence));
        assert_eq!(no_longer(RESERVED, 0, confirmed(0)), None);
        assert!(no_longer(RESERVED, 0, confirmed(1)).is_some_and(|why| why.contains("changed again")));
        assert!(no_longer(RESERVED, 0, Some((State::Cancelled, 1))).is_some_and(|why| why.contains("cancelled")));
        assert!(no_longer(RESERVED, 0, None).is_some());
        assert_eq!(no_longer(CANCELLED, 1, Some((State::Cancelled, 1))), None);
        assert_eq!(no_longer(TO_APPROVE, 0, Some((State::Requested, 0))), None);
        assert!(no_longer(TO_APPROVE, 0, confirmed(0)).is_some_and(|why| why.contains("answered")));
        assert!(no_longer(TO_APPROVE, 0, Some((State::Declined, 0))).is_some());
        assert_eq!(no_longer(CHANGED, 2, confirmed(2)), None);
        assert_eq!(no_longer(CHANGED, 2, Some((State::Requested, 2))), None);
        assert!(no_longer(CHANGED, 2, confirmed(3)).is_some());
        assert!(no_longer(CHANGED, 2, Some((State::Cancelled, 3))).is_some());
    }
}
