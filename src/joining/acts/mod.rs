//! People and schools come and go: what is offered, given, handed on, cancelled or sent when they do.

mod handing_on;
mod inviting;
mod leaving;
mod roles;

pub use handing_on::{Chosen, Sheet, Wish, hand_on};
pub use inviting::{Accepted, Found, Sender, accept, find, invite, send_again, withdraw};
pub use leaving::{Fate, RestRefusal, Things, back_early, leave, rejoin, rest};
pub use roles::{add_role, end_role, make_director, rename};

use super::letters::{KINDS, read_subject};
use crate::db::{Result, Stop, Tx};
use crate::mail::{Kind, Stored};

/// Why a letter is no longer true, asked at the moment of sending; `None` when it is, or is none of ours. What has happened stays true; an
/// invitation's link may have run out or been withdrawn.
pub fn overtaken(tx: &mut Tx<'_>, letter: &Stored<'_>) -> Result<Option<String>> {
    let Some(kind) = Kind::among(KINDS, letter.kind) else { return Ok(None) };
    let Some(hash) = read_subject(kind, letter.subject) else { return Ok(None) };
    match find(&mut tx.house(), hash) {
        Ok(_) => Ok(None),
        Err(Stop::Refused(why)) => Ok(Some(why.to_string())),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}
