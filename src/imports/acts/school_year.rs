//! A school year that was pasted: what it means beside the one that is there, and storing it.

use crate::db::{self, Refuses, Stop, Tx};
use crate::imports::pasted::{Preview, What};
use crate::schools::{self, School};
use crate::year::acts::{Changed, disturbed};
use crate::year::plan::{self, Step, horizon};
use crate::year::store as rows;

/// A text with what it means, and the schools that it may name.
#[derive(Debug)]
pub struct Understood {
    /// What was read.
    pub all: Preview,
    /// The cluster's schools; none where terms are read.
    pub schools: Vec<School>,
}

impl Refuses for Box<Understood> {}

/// Reads a text beside the school year as it is now.
pub fn understand(tx: &mut Tx<'_>, what: What, text: &str) -> db::Result<Understood> {
    let before = rows::school_calendar(tx, horizon(tx.today()))?;
    let schools = if what == What::Closures { schools::store::schools(tx)? } else { Vec::new() };
    let mut all = Preview::of(what, text, &before, &schools);
    all.off = disturbed(tx, &before, &plan::calendar_with(&before, &all.terms, &all.closures))?;
    Ok(Understood { all, schools })
}

/// Stores a text whose meaning was shown before; `seen` is what would be replaced as it was shown ([`Preview::seen`]). Refused, with what the
/// text means now, when something is wrong in it, when it would replace something else, and when it holds no dates.
pub fn store_pasted(tx: &mut Tx<'_>, what: What, text: &str, seen: &str) -> Result<Changed, Stop<Box<Understood>>> {
    let understood = understand(tx, what, text)?;
    let all = &understood.all;
    // A term is replaced only as it was shown.
    let Some(year) = all.year().filter(|_| all.faults.is_empty() && all.seen() == seen) else { return Err(Box::new(understood).into()) };
    for row in &all.terms {
        match &row.step {
            Step::New => drop(rows::put_term(tx, None, &row.what)?),
            Step::Replaces(old) => drop(rows::put_term(tx, Some(old), &row.what)?),
            Step::Same => {}
        }
    }
    for row in all.closures.iter().filter(|row| row.step == Step::New) {
        rows::add_closure(tx, &row.what)?;
    }
    Ok(Changed { year, off: all.off })
}
