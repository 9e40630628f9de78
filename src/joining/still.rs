//! Whether a letter about joining or leaving is still true, asked at the moment of sending.

use super::letters::{KINDS, read_subject};
use crate::db::{Result, Tx};
use crate::joining::{store, usable};
use crate::mail::{Kind, Stored};

/// Why a letter is no longer true; `None` when it is, or is none of ours. What has happened stays true; an invitation's link may
/// have run out or been withdrawn.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some(hash) = read_subject(kind, letter.subject) else { return Ok(None) };
    let (now, today) = (tx.now, tx.today());
    let found = store::by_hash(&mut tx.house(), hash)?;
    Ok(usable(found.map(|(one, ..)| one.standing), now, today).err().map(|why| why.to_string()))
}
