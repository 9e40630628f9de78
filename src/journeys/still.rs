//! Whether a letter about a leg is still true, asked at the moment of sending.

use super::Leg;
use super::store::legs;
use crate::db::{Error, Result, Tx};
use crate::journeys::letters::{KINDS, LEG_AGREED, LEG_CHANGED, LEG_PROPOSED, read_subject};
use crate::mail::{Kind, Stored};

/// Why a letter is no longer true; `None` when it is, or is none of ours.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some((leg, turn)) = read_subject(letter.subject) else { return Ok(None) };
    let leg = match legs::one(tx, leg) {
        Err(Error::NotFound) => None,
        found => Some(found?),
    };
    Ok(no_longer(kind, turn, leg.as_ref()).map(str::to_owned))
}

/// Why a letter about a leg is no longer true, at the moment of sending. `leg` is the leg as it is now.
fn no_longer(kind: &Kind, turn: i64, leg: Option<&Leg>) -> Option<&'static str> {
    let Some(leg) = leg else { return Some("There is no such handover any more.") };
    match kind {
        LEG_CHANGED if i64::from(leg.revision) != turn => Some("The handover has changed again since."),
        LEG_AGREED if i64::from(leg.revision) != turn => Some("The handover has changed since."),
        LEG_PROPOSED if leg.proposal.as_ref().is_none_or(|one| one.at.timestamp() != turn) => Some("The suggestion has been answered."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::leg;
    use super::*;
    use crate::journeys::letters::LEG_DECLINED;

    #[test]
    fn a_letter_is_sent_only_while_the_leg_is_as_it_says() {
        let changed = Leg { revision: 3, ..leg("2026-10-09") };
        assert_eq!(no_longer(LEG_CHANGED, 3, Some(&changed)), None);
        assert!(no_longer(LEG_CHANGED, 2, Some(&changed)).is_some());
        assert!(no_longer(LEG_AGREED, 2, Some(&changed)).is_some());
        assert!(no_longer(LEG_PROPOSED, 3, Some(&changed)).is_some(), "nothing is proposed any more");
        assert_eq!(no_longer(LEG_DECLINED, 2, Some(&changed)), None, "it was declined, whatever came after");
        assert!(no_longer(LEG_DECLINED, 2, None).is_some());
    }
}
