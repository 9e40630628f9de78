//! Letters that bring several things together: the coordinators' weekly one, and what a person wants once a day or a week.

use std::collections::BTreeMap;

use super::remind::{Desk, Hearer};
use crate::attention::Holding;
use crate::attention::inbox::{Reader, whereabouts};
use crate::attention::store::inbox;
use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, DigestItemId, PersonId};
use crate::clusters;
use crate::db::{Result, Tx};
use crate::journeys::store::legs as rows;
use crate::journeys::{Leg, Place, Way};
use crate::mail::acts::Overtaken;
use crate::mail::choices::Rhythm;
use crate::mail::store::choices::{self, Item};
use crate::mail::{Kind, Stored};
use crate::people::store::{self as people, roles};
use crate::reminders::{self, letters, still, store as looks};

/// Lines of a part of the weekly letter, at most.
const LINES: usize = 30;

/// What all rooms together say of a letter that was gathered.
#[derive(Clone, Copy)]
pub struct Rooms {
    /// Its kind, by its key.
    pub kind: fn(&str) -> Option<&'static Kind>,
    /// Why it is no longer true; `None` when it is.
    pub overtaken: Overtaken,
}

/// The coordinators' weekly letter, on the first school day of the week or later; nothing to say is no letter. The day on which to look
/// again is written down, also in a week that begins with a closed day.
pub fn weekly(tx: &mut Tx<'_>) -> Result<()> {
    if looks::digest_on(tx)?.is_some_and(|on| on > tx.today()) {
        return Ok(());
    }
    let desk = Desk::open(tx)?;
    let monday = days::monday(desk.today);
    let again = match reminders::weekly(&desk.calendar, desk.today) {
        Some((first, false)) => first,
        Some((_, true)) => {
            let parts = parts(tx, &desk)?;
            let subject = format!("week:{}", tx.cluster);
            let (inbox, choose) = (format!("{}/inbox", desk.base), desk.choices.clone());
            let to: Vec<Hearer> = desk.coordinators();
            desk.post(tx, &to, |to, why| letters::weekly(&parts, subject.clone(), monday, (&inbox, &choose), to, why))?;
            days::add(monday, 7)
        }
        None => days::add(monday, 7),
    };
    clusters::store::set_digest_on(tx, again)
}

type Lines = Vec<(String, String)>;

/// What the weekly letter says: everything that stands in the coordinators' inbox, under the same headings, and the week's handovers.
fn parts(tx: &mut Tx<'_>, desk: &Desk) -> Result<Vec<(&'static str, Lines)>> {
    let (today, name) = (desk.today, |school| desk.school_name(school));
    let inbox = inbox::read(tx)?;
    let mut parts: Vec<(&'static str, Lines)> = inbox
        .parts(Reader::Coordinator)
        .into_iter()
        .map(|(entry, things)| (entry.title, things.iter().map(|thing| thing.line(&name)).collect()))
        .collect();
    // What is on its way as it should be asks nothing of anybody, but it is worth knowing.
    let travels = |holding: &&Holding| holding.custody.place == Place::Transit && holding.trouble(today).is_none();
    let way = |holding: &Holding| {
        let words = format!("{}, since {}", whereabouts(holding, &name), days::long(holding.since()));
        (holding.item.words(), words)
    };
    parts.push(("On the way", inbox.holdings.iter().filter(travels).map(way).collect()));
    let week = Period::new(days::monday(today), days::add(days::monday(today), 6)).unwrap_or(Period::day(today));
    let legs: Vec<_> = rows::planned(tx, week)?.into_iter().filter(|leg| leg.way != Way::Stays).collect();
    let copies: Vec<CopyId> = legs.iter().map(|leg| leg.copy).collect();
    let things: BTreeMap<_, _> = looks::things(tx, Some(&copies))?.into_iter().map(|thing| (thing.copy, thing)).collect();
    let label = |copy| things.get(&copy).map_or_else(String::new, |thing| format!("{} ({})", thing.name, thing.tag));
    let journey = |leg: &Leg| (label(leg.copy), format!("{}, {} to {}", days::short(leg.day), name(leg.from), name(leg.to)));
    parts.push(("Handovers this week", legs.iter().map(journey).collect()));
    for (_, lines) in &mut parts {
        let more = lines.len().saturating_sub(LINES);
        if more > 0 {
            lines.truncate(LINES);
            lines.push(("And".to_owned(), format!("{more} more")));
        }
    }
    Ok(parts)
}

/// Sends what was gathered and is due, a letter a person; what is no longer true is left out.
pub fn gathered(tx: &mut Tx<'_>, rooms: &Rooms) -> Result<()> {
    let mut by_person: BTreeMap<PersonId, Vec<Item>> = BTreeMap::new();
    for item in choices::gathered(tx)? {
        by_person.entry(item.person).or_default().push(item);
    }
    for (person, items) in by_person {
        let ids: Vec<DigestItemId> = items.iter().map(|item| item.id).collect();
        match letter(tx, person, items, rooms)? {
            // One was sent today already: what is left goes with the next.
            Some(false) => choices::gather_for(tx, &ids, days::add(tx.today(), 1))?,
            _ => choices::gathered_is_done(tx, &ids)?,
        }
    }
    Ok(())
}

/// Whether the letter was stored; `None` when there was nothing to say, or nobody to say it to.
fn letter(tx: &mut Tx<'_>, person: PersonId, items: Vec<Item>, rooms: &Rooms) -> Result<Option<bool>> {
    let Some(who) = roles::person_here(tx, person)? else { return Ok(None) };
    let Some(to) = who.recipient() else { return Ok(None) };
    let mut lines = Vec::new();
    for item in items {
        // Only what may be switched off is ever gathered.
        let letter =
            Stored { kind: &item.kind, subject: &item.subject, day: item.day, person: Some(person), could_be_off: true, created_at: None };
        let mut untrue = (rooms.overtaken)(tx, &letter)?.is_some();
        // A reminder's own room has asked already whether it was switched off.
        if let (false, None, Some(kind)) = (untrue, reminders::reminder(&item.kind), (rooms.kind)(&item.kind)) {
            untrue = still::switched_off(tx, kind, person)?;
        }
        if !untrue {
            lines.push((item.title, item.url));
        }
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let rhythm = people::rhythm(&mut tx.house(), person)?;
    let rhythm = if rhythm == Rhythm::Weekly { rhythm } else { Rhythm::Daily };
    let choose = tx.link("/account/letters");
    let letter = letters::gathered(&lines, format!("gathered:{person}"), tx.today(), &choose, &to, rhythm);
    choices::send_with_way_out(tx, &letter, person).map(Some)
}
