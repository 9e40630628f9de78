//! Letters that bring several things together: the coordinators' weekly one, and what a person wants once a day or a week.

use std::collections::BTreeMap;

use super::known::Known;
use super::remind::{Desk, Hearer};
use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, DigestItemId, PersonId};
use crate::bookings::store::loans;
use crate::catalogue::CopyState;
use crate::clusters;
use crate::db::{Result, Tx};
use crate::journeys::Place;
use crate::journeys::store::{self, legs as rows};
use crate::mail::acts::Overtaken;
use crate::mail::choices::Rhythm;
use crate::mail::store::choices::{self, Item};
use crate::mail::{Kind, Stored};
use crate::people::store::{self as people, roles};
use crate::reminders::{self, RISK_DAYS, letters, still, store as looks, troubles};

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
            let (attention, choose) = (format!("{}/attention", desk.base), desk.choices.clone());
            let to: Vec<Hearer> = desk.coordinators();
            desk.post(tx, &to, |to, why| letters::weekly(&parts, subject.clone(), monday, (&attention, &choose), to, why))?;
            days::add(monday, 7)
        }
        None => days::add(monday, 7),
    };
    clusters::store::set_digest_on(tx, again)
}

type Lines = Vec<(String, String)>;

/// What the weekly letter says: what is late, at risk, on its way, counted differently, and the week's handovers.
fn parts(tx: &mut Tx<'_>, desk: &Desk) -> Result<[(&'static str, Lines); 5]> {
    let today = desk.today;
    let things: BTreeMap<_, _> = looks::things(tx, None)?.into_iter().map(|thing| (thing.copy, thing)).collect();
    let label = |copy| things.get(&copy).map_or_else(String::new, |thing| format!("{} ({})", thing.name, thing.tag));
    let (mut late, mut risk, mut way) = (Lines::new(), Lines::new(), Lines::new());
    for out in loans::out_now(tx)?.into_iter().filter(|out| out.late_since(today).is_some()) {
        late.push((label(out.copy), format!("at {}, due on {}", desk.school(out.school), days::long(out.days.last()))));
    }
    let mut suspects: Vec<CopyId> = Vec::new();
    for here in store::all(tx)? {
        if here.place == Place::Transit {
            let to = here.to.or_else(|| things.get(&here.copy).map(|thing| thing.home)).map_or_else(String::new, |to| desk.school(to));
            let since = days::long(crate::base::clock::today(here.since));
            way.push((label(here.copy), format!("from {} to {to}, since {since}", desk.school(here.school))));
        }
        let in_service = things.get(&here.copy).is_some_and(|thing| thing.state == CopyState::InService);
        let quiet = here.place == Place::Store && here.short_essentials.is_empty() && in_service;
        if !quiet && things.get(&here.copy).is_some_and(|thing| thing.state != CopyState::Retired) {
            suspects.push(here.copy);
        }
    }
    for (copy, known) in Known::read(tx, &suspects)? {
        let facts = known.facts();
        let near = facts.next.filter(|(next, _)| next.days.first() <= days::add(today, RISK_DAYS));
        if let (Some((next, _)), false) = (near, troubles(&facts, today).is_empty()) {
            risk.push((label(copy), format!("{}, {}", desk.school(next.school), next.days)));
        }
    }
    let differs = looks::differences(tx, tx.now - chrono::TimeDelta::days(7))?;
    let differs = differs.into_iter().map(|copy| (label(copy), "the two counts are not the same".to_owned())).collect();
    let week = Period::new(days::monday(today), days::add(days::monday(today), 6)).unwrap_or(Period::day(today));
    let legs = rows::planned(tx, week)?;
    let journey = |leg: &crate::journeys::Leg| {
        (label(leg.copy), format!("{}, {} to {}", days::short(leg.day), desk.school(leg.from), desk.school(leg.to)))
    };
    let legs = legs.iter().filter(|leg| leg.way != crate::journeys::Way::Stays).map(journey).collect();
    let mut parts =
        [("Late", late), ("At risk", risk), ("On the way", way), ("Counted differently", differs), ("Handovers this week", legs)];
    for (_, lines) in &mut parts {
        lines.truncate(LINES);
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
