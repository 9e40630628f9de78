//! What is done with a letter that is due: it is taken in hand to be sent, or kept where none is sent; by then it may no longer be true.
//! One that was given up is put back in line.

use chrono::{DateTime, Utc};

use super::store::{self, postpone, record, take as take_in_hand};
use super::{Message, Outcome, State, Stored, after, given_up};
use crate::base::ids::MessageId;
use crate::db::{Result, Tx};

/// Why a letter is no longer true; `None` when it is, or when it is none of the room that is asked.
pub type Overtaken = fn(&mut Tx<'_>, &Stored<'_>) -> Result<Option<String>>;

/// When letters of the kind with this key may go; `None` when they may now.
pub type Opens = fn(&mut Tx<'_>, &str) -> Result<Option<DateTime<Utc>>>;

/// A letter that was taken in hand.
#[derive(Debug)]
pub enum Taken {
    /// It is to be sent.
    ToSend(Box<Message>),
    /// It is not sent any more, and stands so.
    Over(State),
}

/// Takes a letter in hand under this claim. `None` when somebody else has it, or its time is still to come. One that is no longer true,
/// or was tried too often, is done with.
pub fn take(tx: &mut Tx<'_>, id: MessageId, claim: &str, opens: Opens, overtaken: Overtaken) -> Result<Option<Taken>> {
    let Some(message) = take_in_hand(tx, id, claim)? else { return Ok(None) };
    if let Some(at) = opens(tx, &message.kind)? {
        postpone(tx, id, claim, at.naive_utc())?;
        return Ok(None);
    }
    let over = match overtaken(tx, &Stored::from(&message))? {
        Some(why) => Some(Outcome::NoLongerTrue(why)),
        None => given_up(message.attempts).map(Outcome::Refused),
    };
    let Some(over) = over else { return Ok(Some(Taken::ToSend(Box::new(message)))) };
    let came = after(over, message.attempts, tx.now);
    record(tx, id, claim, &came)?;
    Ok(Some(Taken::Over(came.state)))
}

/// Writes letters down as kept, to be read in the app alone, and says how many: those that nobody else had, also the ones that are no
/// longer true.
pub fn keep(tx: &mut Tx<'_>, ids: &[MessageId], claim: &str, overtaken: Overtaken) -> Result<usize> {
    let mut done = 0;
    for id in ids {
        let Some(message) = take_in_hand(tx, *id, claim)? else { continue };
        let outcome = overtaken(tx, &Stored::from(&message))?.map_or(Outcome::Kept, Outcome::NoLongerTrue);
        record(tx, *id, claim, &after(outcome, message.attempts, tx.now))?;
        done += 1;
    }
    Ok(done)
}

/// Puts a letter that was given up back in line; one that is in line already needs nothing. `NotFound` when it is another cluster's.
pub fn retry(tx: &mut Tx<'_>, id: MessageId) -> Result<()> {
    store::message(tx, id)?;
    store::retry(tx, id)?;
    Ok(())
}
