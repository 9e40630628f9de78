//! What is done to the school year: terms and closed days added, changed and removed, each with how many bookings it disturbs.

use crate::base::days;
use crate::base::ids::{ClosureId, TermId};
use crate::db::{self, Refuses, Stop, Tx};
use crate::year::plan::{self, Planned, horizon};
use crate::year::typed::{TypedTerm, Wrong};
use crate::year::{CalendarKeeper, Closure, NotYours, SchoolCalendar, Term, store};

/// The school year that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Which, by the calendar year in which it starts.
    pub year: i32,
    /// How many bookings to come now begin or end on a day without school.
    pub off: usize,
}

/// Why a term is not stored.
#[derive(Debug, Clone)]
pub struct TermRefused {
    /// The term that was to be changed.
    pub old: Option<Term>,
    /// Everything that is wrong, at its field.
    pub wrong: Wrong,
}

impl Refuses for TermRefused {}

/// Stores a term: over the one that is given, else as a new one. Refused when something typed is none, or it does not fit beside the others.
pub fn put_term(tx: &mut Tx<'_>, over: Option<TermId>, typed: &TypedTerm) -> Result<Changed, Stop<TermRefused>> {
    let before = store::school_calendar(tx, horizon(tx.today()))?;
    let old = over.map(|id| before.term(id).ok_or(db::Error::NotFound)).transpose()?;
    let others: Vec<Planned> = before.terms().iter().filter(|term| Some(term.id) != over).map(Planned::from).collect();
    let term = match typed.read(&others) {
        Ok(term) => term,
        // The button pressed twice: the second finds just this term.
        Err(wrong) => {
            return match typed.read(&[]) {
                Ok(term) if old.is_none() && others.contains(&term) => Ok(Changed { year: term.academic_year, off: 0 }),
                _ => Err(TermRefused { old, wrong }.into()),
            };
        }
    };
    let kept = before.terms().iter().filter(|other| Some(other.id) != over).copied();
    let all = kept.chain([term.with_id(over.unwrap_or(TermId(0)))]).collect();
    let off = disturbed(tx, &before, &SchoolCalendar::new(all, before.closures().to_vec()))?;
    store::put_term(tx, old.as_ref(), &term)?;
    Ok(Changed { year: term.academic_year, off })
}

/// A term, and how many bookings it would disturb to remove it.
pub fn without_term(tx: &mut Tx<'_>, id: TermId) -> db::Result<(Term, usize)> {
    let before = store::school_calendar(tx, horizon(tx.today()))?;
    let term = before.term(id).ok_or(db::Error::NotFound)?;
    let others = before.terms().iter().filter(|other| other.id != id).copied().collect();
    let off = disturbed(tx, &before, &SchoolCalendar::new(others, before.closures().to_vec()))?;
    Ok((term, off))
}

/// Removes a term.
pub fn remove_term(tx: &mut Tx<'_>, id: TermId) -> db::Result<Changed> {
    let (term, off) = without_term(tx, id)?;
    store::remove_term(tx, &term)?;
    Ok(Changed { year: term.academic_year, off })
}

/// Adds closed days. Refused to whoever may not.
pub fn add_closure(tx: &mut Tx<'_>, keeper: &CalendarKeeper, closure: &Closure) -> Result<Changed, Stop<NotYours>> {
    keeper.may_keep(closure.school, closure.kind)?;
    let before = store::school_calendar(tx, horizon(tx.today()))?;
    let all = before.closures().iter().chain([closure]).cloned().collect();
    let off = disturbed(tx, &before, &SchoolCalendar::new(before.terms().to_vec(), all))?;
    store::add_closure(tx, closure)?;
    Ok(Changed { year: days::academic_year(closure.days.first()), off })
}

/// Removes closed days. Refused to whoever may not.
pub fn remove_closure(tx: &mut Tx<'_>, keeper: &CalendarKeeper, id: ClosureId) -> Result<Changed, Stop<NotYours>> {
    let kept = store::closure(tx, id)?;
    keeper.may_keep(kept.closure.school, kept.closure.kind)?;
    store::remove_closure(tx, &kept)?;
    Ok(Changed { year: days::academic_year(kept.closure.days.first()), off: 0 })
}

/// How many bookings to come a change would leave on days without school. One query.
pub fn disturbed(tx: &mut Tx<'_>, before: &SchoolCalendar, after: &SchoolCalendar) -> db::Result<usize> {
    let bookings = store::to_come(tx)?;
    Ok(plan::disturbed(&bookings, tx.today(), before, after))
}
