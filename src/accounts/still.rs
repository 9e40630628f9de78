//! Whether a letter about signing in or one's own account is still true, asked at the moment of sending.

use crate::accounts::letters::{EMAIL_NEW, EMAIL_OLD, KINDS, SIGN_IN, read_subject};
use crate::accounts::{answerable, store};
use crate::db::{Result, Tx};
use crate::mail::{Kind, Stored};
use crate::people::sign_in::LINK_LASTS;

/// Why a letter is no longer true; `None` when it is, or is none of ours. A letter with a link is true as long as the link works.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    match Kind::among(KINDS, letter.kind) {
        Some(SIGN_IN) => {
            let over = letter.created_at.is_some_and(|at| tx.now >= at + LINK_LASTS);
            Ok(over.then(|| "The link in it had run out before it could be sent.".to_owned()))
        }
        Some(EMAIL_OLD | EMAIL_NEW) => {
            let Some(change) = read_subject(letter.subject) else { return Ok(None) };
            let change = store::email_change_by_id(&mut tx.house(), change)?;
            Ok(answerable(change.as_ref(), tx.now).err().map(|why| why.to_string()))
        }
        _ => Ok(None),
    }
}
