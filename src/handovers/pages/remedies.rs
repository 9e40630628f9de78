//! What a coordinator does about a copy: asks or reminds a school, marks it missing, says that it is found, or that a report is dealt
//! with. Each is one transaction: read, decide, record, enqueue; then back to the list. Done twice, it is done once.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::see_other;
use crate::base::days::{self, Period};
use crate::base::ids::{CopyId, FindId, HandoverId, SchoolId};
use crate::bookings::store::{ledger, loans};
use crate::bookings::{Kind, changes};
use crate::db::{self, Tx};
use crate::handovers::Place;
use crate::handovers::attention::{self as rules, Found, Item, Request};
use crate::handovers::attention_letters::{self as letters, About};
use crate::handovers::store::{attention as store, custody, handovers};
use crate::notifications::{Letter, Recipient, store as outbox};
use crate::people::store::{self as people, Person};
use crate::people::{Coordinator, Member};
use crate::web::guard::{Nothing, Posted};
use crate::web::{App, Error};

/// How far ahead the bookings of a lost copy are told of it.
const AHEAD_DAYS: i64 = 1200;

/// What a school is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    what: String,
}

/// Where a copy was found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    at: String,
}

/// Who writes, and from where.
#[derive(Debug, Clone)]
pub struct Sender {
    base: String,
    by: String,
}

impl Sender {
    /// For who asks.
    #[must_use]
    pub fn new(app: &App, member: &Member) -> Self {
        Self { base: app.site.link(member.base()), by: member.name.clone() }
    }

    /// What a letter says of a copy to a school.
    pub(super) fn about(&self, item: &Item, school: SchoolId, school_name: &str) -> About {
        About {
            copy: item.copy,
            item: item.words(),
            school,
            school_name: school_name.to_owned(),
            by: self.by.clone(),
            base: self.base.clone(),
        }
    }
}

/// The science leads of a school as addressees.
pub(super) fn leads(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<Vec<Recipient>> {
    Ok(people::leads_of(tx, school)?.iter().filter_map(Person::recipient).collect())
}

/// Stores a letter for each; whether any is new.
pub(super) fn write(tx: &mut Tx<'_>, to: Vec<Recipient>, letter: impl Fn(Recipient) -> Letter) -> db::Result<bool> {
    let mut new = false;
    for recipient in to {
        new |= outbox::enqueue(tx, &letter(recipient))?;
    }
    Ok(new)
}

fn name_of(tx: &mut Tx<'_>, school: SchoolId) -> db::Result<String> {
    Ok(people::school_names(tx)?.of(school).to_owned())
}

pub(super) fn to_the_list(member: &Coordinator, done: &str) -> HttpResponse {
    see_other(&format!("{}/attention?done={done}", member.base()))
}

/// Asks the school that has a copy, or is to receive it.
///
/// # Errors
/// When the copy is not there, or the form asks for nothing that we know.
pub async fn ask(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, CopyId)>,
    form: Posted<Ask>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let what = form.0.what.parse::<Request>();
    let sender = Sender::new(&app, &member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let (item, _, home) = store::copy(tx, id)?;
            let what = what.map_err(|_| Error::Bad("The form does not say what to ask for.".into()))?;
            let now = custody::one(tx, id)?;
            let Some(school) = what.of(&now, home) else { return Ok("moot") };
            let due = match now.booking {
                Some(booking) => Some(loans::one(tx, booking)?.booking.slot.days.last()),
                None => None,
            };
            let (since, today) = (crate::base::clock::today(now.since), tx.today());
            let (school_name, to) = (name_of(tx, school)?, leads(tx, school)?);
            if to.is_empty() {
                return Ok("nobody");
            }
            let about = sender.about(&item, school, &school_name);
            if !write(tx, to, |to| letters::request(what, &about, since, due, to, today))? {
                return Ok("asked-already");
            }
            let words = match what {
                Request::BringBack => "when it comes back",
                Request::Receive => "whether it has arrived",
                Request::Count => "for a count",
            };
            tx.log("copies", &id, "asked", "", &format!("{school_name}: {words} ({})", item.words()))?;
            Ok::<_, Error>("asked")
        })
        .await?;
    Ok(to_the_list(&member, done))
}

/// The live loans of a copy that nobody has fetched yet, by school. What the waiting list offers is no booking.
fn booked(tx: &mut Tx<'_>, copy: CopyId) -> db::Result<Vec<(SchoolId, String, Vec<Period>)>> {
    let today = tx.today();
    let ahead = Period::new(today, days::add(today, AHEAD_DAYS)).unwrap_or(Period::day(today));
    let mut by_school: Vec<(SchoolId, String, Vec<Period>)> = Vec::new();
    for (slot, name) in loans::around(tx, &[copy], ahead)? {
        if slot.kind != Kind::Loan || slot.is_offer() || slot.collected_on.is_some() || slot.is_over(today) {
            continue;
        }
        match by_school.iter_mut().find(|(school, ..)| *school == slot.school) {
            Some((_, _, days)) => days.push(slot.days),
            None => by_school.push((slot.school, name, vec![slot.days])),
        }
    }
    Ok(by_school)
}

/// Nobody knows where a copy is: it can be booked no more (the database sets its state), and whom it concerns is told.
///
/// # Errors
/// When the copy is not there.
pub async fn missing(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, CopyId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (path.into_inner().1, member.person);
    let sender = Sender::new(&app, &member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let (item, _, home) = store::copy(tx, id)?;
            let (before, today) = (custody::one(tx, id)?, tx.today());
            let Some(after) = rules::mark_missing(&before, home, by) else { return Ok("moot") };
            custody::put(tx, &after)?;
            if let Some(booking) = rules::ended_by_loss(&before) {
                let slot = loans::one(tx, booking)?.booking.slot;
                store::end_lost(tx, &slot, changes::ended(&slot, today))?;
            }
            if let Some((_, from, given)) = handovers::on_its_way(tx, id)? {
                if let Some(from) = from {
                    let slot = loans::one(tx, from)?.booking.slot;
                    ledger::end_early(tx, &slot, changes::ended(&slot, given))?;
                }
                handovers::lost(tx, id)?;
            }
            let holder = name_of(tx, after.school)?;
            tx.log("copies", &id, "marked missing", &format!("{}, last at {holder}", item.words()), "")?;
            let booked = booked(tx, id)?;
            let to = leads(tx, after.school)?;
            // Who has also booked it reads of both in the one letter.
            if !booked.iter().any(|(school, ..)| *school == after.school) {
                let about = sender.about(&item, after.school, &holder);
                write(tx, to, |to| letters::missing(&about, &[], to, today))?;
            }
            for (school, name, days) in booked {
                let (about, to) = (sender.about(&item, school, &name), leads(tx, school)?);
                write(tx, to, |to| letters::missing(&about, &days, to, today))?;
            }
            Ok::<_, Error>("missing")
        })
        .await?;
    Ok(to_the_list(&member, done))
}

/// A copy is there again.
///
/// # Errors
/// When the copy is not there, or the form does not say where it was found.
pub async fn found(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, CopyId)>,
    form: Posted<At>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (path.into_inner().1, member.person);
    let at = form.0.at.parse::<Found>();
    let sender = Sender::new(&app, &member);
    let done = app
        .db
        .write(member.scope(), move |tx| {
            let (item, _, home) = store::copy(tx, id)?;
            let at = at.map_err(|_| Error::Bad("The form does not say where it was found.".into()))?;
            let before = custody::one(tx, id)?;
            let Some(after) = rules::found(&before, home, at, by) else { return Ok("moot") };
            custody::put(tx, &after)?;
            if before.place == Place::Missing {
                there_again(tx, &sender, id, after.school)?;
            } else {
                let place = name_of(tx, after.school)?;
                tx.log("copies", &id, "found", &item.words(), &format!("at {place}"))?;
            }
            let (_, state, _) = store::copy(tx, id)?;
            Ok::<_, Error>(if state.why_not().is_none() { "found" } else { "found-broken" })
        })
        .await?;
    Ok(to_the_list(&member, done))
}

/// A copy that was missing is somewhere: the log says so, and whoever has booked it hears what that means for the booking. The
/// database has set its state already, to what it was before.
///
/// # Errors
/// When the copy is not there.
pub fn there_again(tx: &mut Tx<'_>, sender: &Sender, id: CopyId, at: SchoolId) -> db::Result<()> {
    let (item, state, _) = store::copy(tx, id)?;
    let (place, short, today) = (name_of(tx, at)?, custody::one(tx, id)?.short_essentials, tx.today());
    tx.log("copies", &id, "found", &item.words(), &format!("at {place}"))?;
    for (school, name, days) in booked(tx, id)? {
        let (about, to) = (sender.about(&item, school, &name), leads(tx, school)?);
        write(tx, to, |to| letters::found(&about, &days, (state.why_not(), &short), to, today))?;
    }
    Ok(())
}

/// A find is dealt with.
///
/// # Errors
/// When it is not there.
pub async fn find_done(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, FindId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let new = app.db.write(member.scope(), move |tx| Ok::<_, Error>(store::settle_find(tx, id)?)).await?;
    Ok(to_the_list(&member, if new { "settled" } else { "moot" }))
}

/// Counts that differ are dealt with.
///
/// # Errors
/// When the handover is not there.
pub async fn settled(
    app: web::Data<App>,
    member: Coordinator,
    path: web::Path<(String, HandoverId)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = path.into_inner().1;
    let new = app.db.write(member.scope(), move |tx| Ok::<_, Error>(store::settle_difference(tx, id)?)).await?;
    Ok(to_the_list(&member, if new { "settled" } else { "moot" }))
}
