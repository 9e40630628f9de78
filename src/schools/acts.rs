//! What the coordinator does with a school: adding it, putting its facts right, another name, the lead.

use crate::base::days::{self, Day};
use crate::base::ids::SchoolId;
use crate::db::{Stop, Tx};
use crate::schools::{self, Facts, Names, NewSchool, Refusal, Typed, store};
use crate::web::forms::Errors;

/// Adds a school and its first time in the cluster. Refused when something typed is none, or another school has its name, letters or URN.
pub fn add(tx: &mut Tx<'_>, typed: &Typed) -> Result<SchoolId, Stop<Errors>> {
    let (known, england) = store::known(tx)?;
    let new = NewSchool::read(typed, england, tx.today())?;
    schools::names_are_free(&new.names, None, &known)?;
    let letters = schools::letters(&new.facts, &new.names.short_name, None, &known)?;
    Ok(store::add(tx, &new, &letters)?)
}

/// Puts the facts of a school right. Refused when something typed is none, or another school has its letters or URN.
pub fn set_facts(tx: &mut Tx<'_>, id: SchoolId, typed: &Typed) -> Result<(), Stop<Errors>> {
    let old = store::one(tx, id)?;
    let mut errors = Errors::new();
    let facts = Facts::read(typed, old.england, &mut errors).ok_or(errors)?;
    let (known, _) = store::known(tx)?;
    let letters = schools::letters(&facts, &old.school.short_name, Some(id), &known)?;
    Ok(store::set_facts(tx, &old, &facts, &letters)?)
}

/// Gives a school another name from a day on; the old one is kept with its last day. The same name from the same day is given once. Refused when
/// another school has it, or the day does not fit.
pub fn rename(tx: &mut Tx<'_>, id: SchoolId, names: &Names, from: Day) -> Result<(), Stop<(&'static str, Refusal)>> {
    let old = store::one(tx, id)?;
    let now = Names { name: old.school.name.clone(), short_name: old.school.short_name.clone() };
    let (known, _) = store::known(tx)?;
    schools::names_are_free(names, Some(id), &known)?;
    let former = store::former(tx, id)?;
    if former.first().is_some_and(|last| *names == now && days::add(last.until, 1) == from) {
        return Ok(());
    }
    let until = schools::rename(names, from, &now, &former, tx.today())?;
    Ok(store::rename(tx, &old, names, until)?)
}

/// Hands the lead to a school from a day on; to the same one from the same day once. Refused when it is not in the cluster on that day, or the lead
/// went to another one later.
pub fn hand_lead(tx: &mut Tx<'_>, id: SchoolId, from: Day) -> Result<(), Stop<Refusal>> {
    let record = store::one(tx, id)?;
    let open = store::leads(tx)?.into_iter().find(|(lead, _)| lead.to.is_none());
    if open.as_ref().is_some_and(|(lead, _)| lead.school == id && lead.from == from) {
        return Ok(());
    }
    schools::lead(&record.school, from, open.as_ref().map(|(lead, name)| (lead, name.as_str())))?;
    Ok(store::set_lead(tx, &record.school, from, open.as_ref())?)
}
