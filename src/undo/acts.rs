//! An act begins to wait, is undone, or its time has come. What it does when it is carried out, its room knows.

use chrono::TimeDelta;

use crate::base::ids::{self, PendingId};
use crate::db::{Actor, Result, Stop, Tx};
use crate::undo::{self as rules, Begun, New, Outcome, Pending, Refusal, Who, store};

/// Has an act wait that is allowed now, in the name of who acts. Nothing waits where nobody acts (the worker, an import) or the cluster wants it so:
/// then it is to be done now. `words`: what is done, for the change log: "cancelled", and the reason. Only when nothing else waits for the
/// same thing, which its room sees by itself.
pub fn begin(tx: &mut Tx<'_>, new: &New, (verb, words): (&str, &str)) -> Result<Begun> {
    let Some(person) = tx.actor.person() else { return Ok(Begun::Now) };
    let minutes = store::minutes(tx)?;
    if minutes == 0 {
        return Ok(Begun::Now);
    }
    let until = tx.now + TimeDelta::minutes(minutes);
    let id = store::insert(tx, new, person, until)?;
    let (about, of) = new.about;
    let after = format!("{words}{}until {} it can be undone", if words.is_empty() { "" } else { "; " }, rules::time_of(until));
    tx.log(about, &ids::Shown(of), &format!("to be {verb}"), "", &after)?;
    Ok(Begun::Waits { id, until })
}

/// Forgets an act that waits. Gives it, and whether that was now: undone twice, it is undone once.
///
/// # Errors
/// When it is not the person's, or it is too late.
pub fn undo(tx: &mut Tx<'_>, id: PendingId, who: &Who) -> std::result::Result<(Pending, bool), Stop<Refusal>> {
    let pending = store::one(tx, id)?;
    if !rules::may_undo(&pending, who)? {
        return Ok((pending, false));
    }
    store::end(tx, id, Outcome::Undone)?;
    let (about, of) = (pending.about.0.clone(), pending.about.1);
    tx.log(&about, &ids::Shown(of), "undone", &pending.kind, "")?;
    Ok((pending, true))
}

/// Carries out an act whose time has come, in the name of who decided it and in a transaction of its own: `work` does it, and says whether it could. Nothing when somebody was
/// faster, or it was undone.
pub fn carry_out(tx: &mut Tx<'_>, id: PendingId, work: impl FnOnce(&mut Tx<'_>, &Pending) -> Result<bool>) -> Result<()> {
    let pending = store::one(tx, id)?;
    if pending.outcome.is_some() {
        return Ok(());
    }
    // Until the end of the transaction: what is settled then follows from it, too, and who decided it knows.
    let actor = tx.act_as(Actor::Bearer(pending.person));
    let done = work(tx, &pending)?;
    store::end(tx, id, if done { Outcome::Done } else { Outcome::Overtaken })?;
    if !done {
        tx.act_as(actor);
        let about = pending.about.0.clone();
        tx.log(&about, &ids::Shown(pending.about.1), "overtaken", &pending.kind, "")?;
    }
    Ok(())
}
