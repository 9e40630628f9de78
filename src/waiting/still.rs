//! Whether a letter about a place on a waiting list is still true, asked at the moment of sending.

use crate::base::ids::BookingId;
use crate::db::{Result, Tx};
use crate::mail::{Kind, Stored};
use crate::waiting::letters::{JOINED, KINDS, OFFERED, read_subject};
use crate::waiting::{State, store};

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some((wait, booking)) = read_subject(letter.subject) else { return Ok(None) };
    let now = store::state_of(tx, wait)?;
    Ok(no_longer(kind, booking, now).map(str::to_owned))
}

/// Why a letter about a place is no longer true, as the place stands now; `None` when it still is.
fn no_longer(kind: &Kind, booking: Option<BookingId>, now: Option<(State, Option<BookingId>)>) -> Option<&'static str> {
    let Some((state, holds)) = now else { return Some("The place is not there any more.") };
    match kind {
        OFFERED if state != State::Offered || holds != booking => Some("The offer was answered or ran out before this could be sent."),
        JOINED if state != State::Waiting => Some("The place has moved on before this could be sent."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::letters::LAPSED;

    #[test]
    fn an_offer_is_sent_only_while_it_stands() {
        let booking = Some(BookingId(9));
        assert_eq!(no_longer(OFFERED, booking, Some((State::Offered, booking))), None);
        for ended in [State::Taken, State::Lapsed, State::Declined, State::Withdrawn, State::Over] {
            assert!(no_longer(OFFERED, booking, Some((ended, booking))).is_some(), "{ended}");
        }
        assert!(no_longer(OFFERED, booking, Some((State::Offered, Some(BookingId(8))))).is_some());
        assert!(no_longer(OFFERED, booking, None).is_some());
        assert_eq!(no_longer(JOINED, None, Some((State::Waiting, None))), None);
        assert!(no_longer(JOINED, None, Some((State::Offered, booking))).is_some());
        assert_eq!(no_longer(LAPSED, None, Some((State::Lapsed, booking))), None);
    }
}
