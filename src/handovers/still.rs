//! Whether a letter about a handover is still true, asked at the moment of sending.

use super::letters::{GIVEN, KINDS, read_subject};
use super::store::handovers::{self, State};
use crate::db::{Result, Tx};
use crate::mail::{Kind, Stored};

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some(handover) = read_subject(letter.subject) else { return Ok(None) };
    Ok(no_longer(kind, handovers::state(tx, handover)?).map(str::to_owned))
}

/// Why a letter is no longer true of the handover as it stands now; `None` when it still is. What has happened stays true.
fn no_longer(kind: &Kind, now: Option<State>) -> Option<&'static str> {
    match (kind, now) {
        (_, None) => Some("The handover is not there any more."),
        (GIVEN, Some(State::Accepted)) => Some("It was received before this could be sent."),
        (GIVEN, Some(State::Refused)) => Some("It was refused before this could be sent."),
        (GIVEN, Some(State::Withdrawn)) => Some("It was taken back before this could be sent."),
        (GIVEN, Some(State::Lost)) => Some("It was lost on its way before this could be sent."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::letters::RECEIVED;
    use super::*;

    #[test]
    fn only_what_is_on_its_way_can_be_no_longer() {
        assert_eq!(no_longer(GIVEN, Some(State::Given)), None);
        assert!(no_longer(GIVEN, Some(State::Withdrawn)).is_some());
        assert!(no_longer(GIVEN, Some(State::Lost)).is_some());
        assert_eq!(no_longer(RECEIVED, Some(State::Accepted)), None);
    }
}
