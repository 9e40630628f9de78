//! The worker's look at legs and copies: reads the state again, asks the table what is due, stores the letters, and says when to look
//! again. One cluster at a time, in one transaction, in which the letters are stored with the day of the next look.

use chrono::{DateTime, Utc};

use super::known::Known;
use crate::attention::letters as attention_letters;
use crate::base::clock;
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, CopyId, HandoverId, LegId, SchoolId};
use crate::bookings::Slot;
use crate::bookings::store::loans::{self, Hands, Loan};
use crate::clusters;
use crate::db::{Result, Tx};
use crate::journeys::store::{self as places, legs as rows};
use crate::journeys::{Leg, LegState};
use crate::mail::choices::WayOut;
use crate::mail::store::{self as outbox, choices};
use crate::mail::{Letter, Recipient};
use crate::people::RoleKind;
use crate::people::store::Person;
use crate::people::store::directory::{self, Holder};
use crate::reminders::acts::known;
use crate::reminders::letters::{self, Contact, Journey, Overdue, Reminded, Side, Why, may_mute, somebody_must_hear};
use crate::reminders::{self, AT_RISK, Due, LATE, LATE_COORDINATORS, LATE_HEAD, NOT_COUNTED, Trouble, WEEKLY, Whom, store};
use crate::schools::{self, SchoolNames};
use crate::year::{self, SchoolCalendar};

/// How far back and ahead closures are read: the longest late loan that is still counted in school days, the next leg.
const BACK: i64 = 400;
/// See [`BACK`].
const AHEAD: i64 = 120;
/// Whom a letter names as contacts of a school, at most.
const CONTACTS: usize = 2;

/// What is read once for all that is looked at in a cluster.
pub struct Desk {
    /// The day.
    pub today: Day,
    /// The cluster's name.
    pub cluster: String,
    /// `https://…/c/south-milford`.
    pub base: String,
    /// Where one chooses which letters one gets.
    pub choices: String,
    /// The cluster's school year.
    pub calendar: SchoolCalendar,
    schools: SchoolNames,
    holders: Vec<Holder>,
}

/// Somebody who is reminded, and why.
pub type Hearer = (Person, Why);

impl Desk {
    /// Reads what every look needs: five queries.
    pub fn open(tx: &mut Tx<'_>) -> Result<Self> {
        let today = tx.today();
        let (slug, cluster) = clusters::store::slug_and_name(tx)?;
        let window = Period::new(days::add(today, -BACK), days::add(today, AHEAD)).unwrap_or(Period::day(today));
        Ok(Self {
            today,
            cluster,
            base: tx.link(&format!("/c/{slug}")),
            choices: tx.link("/account/letters"),
            calendar: year::store::school_calendar(tx, window)?,
            schools: schools::store::school_names(tx)?,
            holders: directory::holders(tx)?,
        })
    }

    /// The school's short name.
    #[must_use]
    pub fn school_name(&self, id: SchoolId) -> &str {
        self.schools.of(id)
    }

    fn school(&self, id: SchoolId) -> String {
        self.schools.of(id).to_owned()
    }

    fn with_role(&self, kinds: &[RoleKind], school: Option<SchoolId>) -> Vec<Person> {
        let here = |holder: &&Holder| {
            let at = holder.role.school.as_ref().map(|school| school.id);
            kinds.contains(&holder.role.kind) && (school.is_none() || school == at)
        };
        let mut found: Vec<Person> = self.holders.iter().filter(here).map(|holder| holder.person.clone()).collect();
        found.sort_by_key(|person| person.id);
        found.dedup_by_key(|person| person.id);
        found
    }

    fn leads(&self, school: SchoolId) -> Vec<Person> {
        self.with_role(&[RoleKind::Ssl, RoleKind::Deputy], Some(school))
    }

    /// The coordinators.
    #[must_use]
    pub fn coordinators(&self) -> Vec<Hearer> {
        let all = self.with_role(&[RoleKind::Coordinator], None);
        all.into_iter().map(|person| (person, Why::Coordinates(self.cluster.clone()))).collect()
    }

    /// Who hears of a loan: in whose hands it is, and the science leads of its school. Whoever has left hears no more; when nobody is
    /// left in whose hands it is, the science leads answer for it, and cannot look away.
    fn of_loan(&self, loan: &Loan) -> Vec<Hearer> {
        let (hands, why) = match &loan.hands {
            Hands::Booker => (Some(loan.booking.person), Why::Booked),
            Hands::Keeper(keeper, _) => (Some(*keeper), Why::Keeps),
            Hands::School => (None, Why::Keeps),
        };
        let keeper = self.holders.iter().find(|holder| Some(holder.person.id) == hands).map(|holder| (holder.person.clone(), why));
        let school = self.school(loan.booking.slot.school);
        let others = self.leads(loan.booking.slot.school).into_iter().filter(|lead| Some(lead.id) != hands);
        let of_school = if keeper.is_some() { Why::LeadOf } else { Why::Answers };
        keeper.into_iter().chain(others.map(|lead| (lead, of_school(school.clone())))).collect()
    }

    /// Who hears of a side: of its loan, or at the school where the copy is kept.
    fn of_side(&self, loan: Option<&Loan>, school: SchoolId) -> Vec<Hearer> {
        match loan {
            Some(loan) => self.of_loan(loan),
            None => self.leads(school).into_iter().map(|lead| (lead, Why::Stores(self.school(school)))).collect(),
        }
    }

    fn side(&self, loan: Option<&Loan>, school: SchoolId) -> Side {
        let contact = |(person, _): Hearer| Contact { name: person.name, email: person.email, phone: person.phone };
        Side {
            school: self.school(school),
            contacts: self.of_side(loan, school).into_iter().map(contact).take(CONTACTS).collect(),
            loan_url: loan.map_or_else(String::new, |loan| self.loan_url(loan.booking.slot.id)),
            store: loan.is_none(),
        }
    }

    fn loan_url(&self, id: BookingId) -> String {
        format!("{}/bookings/{id}", self.base)
    }

    fn thing(&self, thing: &store::Thing) -> letters::Thing {
        letters::Thing {
            name: thing.name.clone(),
            tag: thing.tag.clone(),
            url: format!("{}/copies/{}", self.base, thing.copy),
            choices: self.choices.clone(),
        }
    }

    /// Stores a letter for each who hears, as each wants it. Somebody has to hear of what concerns coordinators: what all of them have
    /// switched off goes to all of them. `true` when something was stored.
    pub fn post(&self, tx: &mut Tx<'_>, to: &[Hearer], write: impl Fn(&Recipient, &Why) -> Option<Letter>) -> Result<bool> {
        let letters: Vec<(Letter, &Hearer)> =
            to.iter().filter_map(|hearer| Some((write(&hearer.0.recipient()?, &hearer.1)?, hearer))).collect();
        let mut stored = false;
        if letters.first().is_some_and(|(letter, _)| somebody_must_hear(letter.kind)) {
            let mut wanted = Vec::new();
            for (letter, (person, _)) in &letters {
                if !choices::mutes(tx, person.id, letter.kind)? {
                    wanted.push(letter);
                }
            }
            let way_out = WayOut::where_several(wanted.len());
            for letter in &wanted {
                stored |= choices::post(tx, letter, way_out)?;
            }
            for (letter, _) in letters.iter().filter(|_| wanted.is_empty()) {
                stored |= outbox::enqueue(tx, letter)?;
            }
            return Ok(stored);
        }
        for (letter, (person, why)) in &letters {
            stored |= if letter.kind == WEEKLY {
                // It brings things together itself, so it is never gathered.
                !choices::mutes(tx, person.id, WEEKLY)? && choices::send_with_way_out(tx, letter, person.id)?
            } else if may_mute(letter.kind, why) {
                choices::post(tx, letter, WayOut::Carried)?
            } else {
                outbox::enqueue(tx, letter)?
            };
        }
        Ok(stored)
    }
}

/// What a letter about a leg is about: `leg:ID:REVISION`.
#[must_use]
pub fn leg_subject(leg: LegId, revision: i32) -> String {
    format!("leg:{leg}:{revision}")
}

/// So many reminders of a loan are counted at most: years of them.
const MOST_REMINDERS: usize = 500;

/// What a letter about a late loan is about: `late:ID:TIME`, the how-many-th time that one is due.
#[must_use]
pub fn late_subject(loan: BookingId, time: u32) -> String {
    format!("late:{loan}:{time}")
}

/// Looks at some legs and copies of the cluster, and stores what is due.
pub fn look(tx: &mut Tx<'_>, legs: &[LegId], copies: &[CopyId]) -> Result<()> {
    let (desk, now) = (Desk::open(tx)?, tx.now);
    let mut near = Vec::new();
    for id in legs {
        let leg = rows::one(tx, *id)?;
        // Another worker may have been here in between, or somebody has just changed it.
        if leg.state != LegState::Planned || leg.look_on > desk.today || lately(now, store::leg_changed(tx, leg.id)?) {
            continue;
        }
        let found = reminders::of_leg(&leg, true, &desk.calendar, desk.today);
        if found.due.is_empty() {
            let again = if found.look_on == days::END {
                let (from, to) = rows::slots(tx, &leg)?;
                lapse(tx, &leg, [from, to])?
            } else {
                found.look_on
            };
            rows::looked_at(tx, leg.id, again, false)?;
        } else {
            near.push(leg);
        }
    }
    let concerned: Vec<CopyId> = near.iter().map(|leg| leg.copy).chain(copies.iter().copied()).collect();
    let mut known = Known::read(tx, &concerned)?;
    for leg in &near {
        let of = known.get(&leg.copy).ok_or_else(|| store::wrong("custody_copy"))?;
        look_at_leg(tx, &desk, leg, of)?;
    }
    for copy in copies {
        let of = known.get_mut(copy).ok_or_else(|| store::wrong("custody_copy"))?;
        look_at_copy(tx, &desk, of)?;
    }
    Ok(())
}

/// Whoever booked or changed something within the last day needs no reminder of it.
fn lately(now: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    at > store::a_day_ago(now)
}

/// A loan that nobody fetched while it lasted makes way for the next one: the plan of its copy is laid anew. When to look again: on
/// the day after the loans at the ends, unless they have begun.
fn lapse(tx: &mut Tx<'_>, leg: &Leg, ends: [Option<Slot>; 2]) -> Result<Day> {
    let today = tx.today();
    let mut loans = ends.into_iter().flatten().filter(|slot| !slot.is_out());
    if loans.clone().any(|slot| slot.is_over(today)) {
        rows::unsettle(tx, leg.copy)?;
        return Ok(days::END);
    }
    let first = loans.next().map_or(days::END, |slot| slot.days.last());
    let last = loans.map(|slot| slot.days.last()).fold(first, Day::min);
    Ok(if last == days::END { last } else { days::add(last, 1) })
}

fn look_at_leg(tx: &mut Tx<'_>, desk: &Desk, leg: &Leg, known: &Known) -> Result<()> {
    let stands = known::can_happen(leg, &known.facts(), desk.today) && rows::under_way(tx, leg.copy)? != Some(leg.id);
    let found = reminders::of_leg(leg, stands, &desk.calendar, desk.today);
    let (mut told, mut again) = (false, found.look_on);
    if !found.due.is_empty() {
        let from = leg.from_booking.map(|id| loans::one(tx, id)).transpose()?;
        let to = leg.to_booking.map(|id| loans::one(tx, id)).transpose()?;
        if again == days::END {
            again = lapse(tx, leg, [&from, &to].map(|loan| loan.as_ref().map(|loan| loan.booking.slot)))?;
        }
        let thing = desk.thing(&known.thing);
        let journey = Journey {
            from: desk.side(from.as_ref(), leg.from),
            to: desk.side(to.as_ref(), leg.to),
            day: leg.day,
            way: leg.way,
            place: leg.meeting.map(|meeting| store::meeting_place(tx, meeting)).transpose()?.map_or_else(String::new, |(school, words)| {
                school
                    .map(|school| desk.school(school))
                    .into_iter()
                    .chain([words])
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(", ")
            }),
            note: leg.note.clone(),
        };
        let subject = leg_subject(leg.id, leg.revision);
        for due in &found.due {
            let hearers = if due.to == Whom::Giver { desk.of_side(from.as_ref(), leg.from) } else { desk.of_side(to.as_ref(), leg.to) };
            told |=
                desk.post(tx, &hearers, |to, why| Some(letters::coming(due, subject.clone(), &thing, &journey, desk.today, to, why)))?;
        }
    }
    rows::looked_at(tx, leg.id, again, told)
}

fn look_at_copy(tx: &mut Tx<'_>, desk: &Desk, known: &mut Known) -> Result<()> {
    if let Some(out) = known.out {
        known.counted = store::counted(tx, out.id)?;
    }
    if let Some((next, is_new)) = &mut known.next {
        let booked = store::booked_at(tx, next.id)?;
        *is_new = lately(tx.now, booked);
    }
    let found = reminders::of_copy(&known.facts(), &desk.calendar, desk.today);
    for due in &found.due {
        remind(tx, desk, known, due)?;
    }
    places::looked_at(tx, known.custody.copy, found.look_on)
}

/// Stores the letters of one reminder about a copy.
fn remind(tx: &mut Tx<'_>, desk: &Desk, known: &Known, due: &Due) -> Result<()> {
    let thing = desk.thing(&known.thing);
    match due.kind {
        LATE | LATE_COORDINATORS | LATE_HEAD => {
            let Some(slot) = known.out else { return Ok(()) };
            let out = &loans::one(tx, slot.id)?;
            let leg = rows::of_booking(tx, slot.id)?.into_iter().find(|leg| leg.from_booking == Some(slot.id));
            let next = leg.as_ref().and_then(|leg| leg.to_booking).map(|id| loans::one(tx, id)).transpose()?;
            let target = next.as_ref().map_or(known.thing.home, |loan| loan.booking.slot.school);
            let at_school = desk.of_loan(out);
            let subject = late_subject(slot.id, due.time);
            // For this last day: one that was prolonged and is late again begins anew.
            let so_far: Vec<String> = (1..due.time).rev().take(MOST_REMINDERS).map(|time| late_subject(slot.id, time)).collect();
            let before = outbox::sent_about(tx, LATE, &so_far, due.day)?;
            let reminded = if at_school.is_empty() { Reminded::Nobody } else { Reminded::Times(before) };
            let (holder, next) = (desk.side(Some(out), slot.school), desk.side(next.as_ref(), target));
            let overdue = Overdue { holder, days: slot.days, next, reminded };
            let hearers = match due.to {
                Whom::Holder => at_school,
                Whom::Coordinators => desk.coordinators(),
                _ => heads(desk, slot.school),
            };
            desk.post(tx, &hearers, |to, why| Some(letters::late(due, subject.clone(), &thing, &overdue, to, why)))?;
        }
        AT_RISK => {
            let (Some((next, _)), Some(trouble)) = (known.next, due.trouble) else { return Ok(()) };
            let loan = loans::one(tx, next.id)?;
            let out = known.out.map(|out| loans::one(tx, out.id)).transpose()?;
            let holder = desk.side(out.as_ref(), known.custody.school);
            let own = desk.side(Some(&loan), next.school);
            let mut hearers = desk.of_loan(&loan);
            if trouble == Trouble::Missing {
                // Who has read it from the coordinator need not read it once more.
                let subject = attention_letters::subject(next.copy, next.school);
                let told = outbox::told(tx, attention_letters::MISSING, &subject, clock::today(known.custody.since))?;
                hearers.retain(|(person, _)| !told.contains(&person.email));
            }
            let subject = format!("booking:{}:{trouble}", next.id);
            let short = &known.custody.short_essentials;
            desk.post(tx, &hearers, |to, why| {
                Some(letters::at_risk(due, subject.clone(), &thing, (&own, next.days), (&holder, short), to, why))
            })?;
        }
        NOT_COUNTED => {
            let Some(out) = known.out else { return Ok(()) };
            let url = desk.loan_url(out.id);
            let subject = format!("booking:{}", out.id);
            let hearers = desk.of_loan(&loans::one(tx, out.id)?);
            desk.post(tx, &hearers, |to, why| Some(letters::not_counted(due, subject.clone(), &thing, &url, to, why)))?;
        }
        _ => {
            let Some(handover) = known.custody.handover else { return Ok(()) };
            under_way(tx, desk, known, due, handover)?;
        }
    }
    Ok(())
}

fn under_way(tx: &mut Tx<'_>, desk: &Desk, known: &Known, due: &Due, handover: HandoverId) -> Result<()> {
    let thing = desk.thing(&known.thing);
    let (from, to) = store::handover(tx, handover)?.map_or((None, None), |way| (way.from, way.to));
    let from = from.map(|id| loans::one(tx, id)).transpose()?;
    let to = to.map(|id| loans::one(tx, id)).transpose()?;
    let target = known.custody.to.unwrap_or(known.thing.home);
    let giver = desk.side(from.as_ref(), known.custody.school);
    let receiver = desk.side(to.as_ref(), target);
    let hearers = match due.to {
        Whom::Giver => desk.of_side(from.as_ref(), known.custody.school),
        Whom::Coordinators => desk.coordinators(),
        _ => desk.of_side(to.as_ref(), target),
    };
    let given = clock::today(known.custody.since);
    let subject = format!("handover:{handover}");
    desk.post(tx, &hearers, |to, why| Some(letters::on_the_way(due, subject.clone(), &thing, (&giver, &receiver, given), to, why)))?;
    Ok(())
}

fn heads(desk: &Desk, school: SchoolId) -> Vec<Hearer> {
    let name = desk.school(school);
    desk.with_role(&[RoleKind::Head], Some(school)).into_iter().map(|head| (head, Why::HeadOf(name.clone()))).collect()
}
