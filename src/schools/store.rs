//! The rows of schools through the years: their facts, names, times in the cluster and turns at the lead. Every change is
//! written into the log.

use diesel::prelude::*;

use crate::base::days::{self, Day, Period};
use crate::base::ids::{FormerNameId, LeadSchoolId, MembershipId, SchoolId};
use crate::db::schema::{self, clusters, former_names, lead_schools, memberships, schools};
use crate::db::{Error, Result, Tx};
use crate::people::store::roles;
use crate::schools::{
    Facts, FormerName, Known, Lead, Leave, Names, NewSchool, Record, Rest, Sabbatical, School, SchoolName, SchoolNames, Spell, Stay,
};

/// The most former names and turns at the lead that a page shows.
const MOST: i64 = 100;

type SchoolRow = (String, String, String, String, String, Option<String>, String, String);
type SpellRow = (i64, Day, Option<Day>, Option<Day>, Option<Day>, Option<Day>, String);

/// A school of this cluster with its times in it: one query.
pub fn one(tx: &mut Tx<'_>, id: SchoolId) -> Result<Record> {
    let rows: Vec<(SchoolRow, String, Option<SpellRow>)> = schools::table
        .inner_join(clusters::table.on(clusters::id.eq(schools::cluster_id)))
        .left_join(memberships::table.on(memberships::cluster_id.eq(schools::cluster_id).and(memberships::school_id.eq(schools::id))))
        .filter(schools::cluster_id.eq(tx.cluster.0))
        .filter(schools::id.eq(id.0))
        .order(memberships::joined_on)
        .select((
            (
                schools::name,
                schools::short_name,
                schools::letters,
                schools::address,
                schools::postcode,
                schools::urn,
                schools::trust,
                schools::phone,
            ),
            clusters::nation,
            (
                memberships::id,
                memberships::joined_on,
                memberships::left_on,
                memberships::sabbatical_from,
                memberships::sabbatical_to,
                memberships::sabbatical_review_on,
                memberships::leave_reason,
            )
                .nullable(),
        ))
        .load(tx.conn)?;
    let mut record: Option<Record> = None;
    for ((name, short_name, letters, address, postcode, urn, trust, phone), nation, spell) in rows {
        let record = record.get_or_insert_with(|| Record {
            school: School { id, name, short_name, letters, address, postcode, phone, stays: Vec::new() },
            urn,
            trust,
            spells: Vec::new(),
            england: nation == "england",
        });
        if let Some((spell, joined_on, left_on, from, to, review_on, leave_reason)) = spell {
            let stay = Stay { joined_on, left_on, sabbatical: from.zip(to).and_then(|(from, to)| Period::new(from, to)) };
            record.school.stays.push(stay);
            record.spells.push(Spell { id: MembershipId(spell), stay, review_on, leave_reason });
        }
    }
    record.ok_or(Error::NotFound)
}

/// What the schools of the cluster have taken of names, letters and numbers, and whether it is in England.
pub fn known(tx: &mut Tx<'_>) -> Result<(Vec<Known>, bool)> {
    let nation: String = clusters::table.find(tx.cluster.0).select(clusters::nation).first(tx.conn)?;
    let rows: Vec<(i64, String, String, String, Option<String>)> = schools::table
        .filter(schools::cluster_id.eq(tx.cluster.0))
        .select((schools::id, schools::name, schools::short_name, schools::letters, schools::urn))
        .load(tx.conn)?;
    let known = rows.into_iter().map(|(id, name, short_name, letters, urn)| Known { id: SchoolId(id), name, short_name, letters, urn });
    Ok((known.collect(), nation == "england"))
}

/// The names that a school had, newest first.
pub fn former(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<FormerName>> {
    let rows: Vec<(String, String, Day)> = former_names::table
        .filter(former_names::cluster_id.eq(tx.cluster.0))
        .filter(former_names::school_id.eq(school.0))
        .order((former_names::until_day.desc(), former_names::id.desc()))
        .limit(MOST)
        .select((former_names::name, former_names::short_name, former_names::until_day))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(name, short_name, until)| FormerName { names: Names { name, short_name }, until }).collect())
}

/// Who had the lead and when, newest first, with the schools' short names.
pub fn leads(tx: &mut Tx<'_>) -> Result<Vec<(Lead, String)>> {
    let rows: Vec<(i64, i64, Day, Option<Day>, String)> = lead_schools::table
        .inner_join(schools::table.on(schools::cluster_id.eq(lead_schools::cluster_id).and(schools::id.eq(lead_schools::school_id))))
        .filter(lead_schools::cluster_id.eq(tx.cluster.0))
        .order((lead_schools::from_day.desc(), lead_schools::id.desc()))
        .limit(MOST)
        .select((lead_schools::id, lead_schools::school_id, lead_schools::from_day, lead_schools::to_day, schools::short_name))
        .load(tx.conn)?;
    let lead = |(id, school, from, to, name)| (Lead { id: LeadSchoolId(id), school: SchoolId(school), from, to }, name);
    Ok(rows.into_iter().map(lead).collect())
}

/// Adds a school and its first time in the cluster.
pub fn add(tx: &mut Tx<'_>, new: &NewSchool, letters: &str) -> Result<SchoolId> {
    let id = SchoolId::fresh(tx.now);
    diesel::insert_into(schools::table)
        .values((
            schools::cluster_id.eq(tx.cluster.0),
            schools::id.eq(id.0),
            schools::urn.eq(new.facts.urn.as_deref()),
            schools::name.eq(&new.names.name),
            schools::short_name.eq(&new.names.short_name),
            schools::letters.eq(letters),
            schools::address.eq(&new.facts.address),
            schools::postcode.eq(&new.facts.postcode),
            schools::trust.eq(&new.facts.trust),
            schools::phone.eq(&new.facts.phone),
        ))
        .execute(tx.conn)?;
    let facts = format!("{}; {}", named(&new.names), facts_in_words(&new.facts, letters));
    tx.log("schools", &id, "added", "", &facts)?;
    join(tx, id, new.joined_on)?;
    Ok(id)
}

/// Begins a time in the cluster.
pub fn join(tx: &mut Tx<'_>, school: SchoolId, on: Day) -> Result<()> {
    insert_spell(tx, school, &Stay { joined_on: on, left_on: None, sabbatical: None }, None)?;
    tx.log("schools", &school, "joined", "", &format!("Member from {}", days::long(on)))
}

fn insert_spell(tx: &mut Tx<'_>, school: SchoolId, stay: &Stay, review_on: Option<Day>) -> Result<()> {
    diesel::insert_into(memberships::table)
        .values((
            memberships::cluster_id.eq(tx.cluster.0),
            memberships::id.eq(MembershipId::fresh(tx.now).0),
            memberships::school_id.eq(school.0),
            memberships::joined_on.eq(stay.joined_on),
            memberships::left_on.eq(stay.left_on),
            memberships::sabbatical_from.eq(stay.sabbatical.map(Period::first)),
            memberships::sabbatical_to.eq(stay.sabbatical.map(Period::last)),
            memberships::sabbatical_review_on.eq(review_on),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Writes other facts.
pub fn set_facts(tx: &mut Tx<'_>, old: &Record, facts: &Facts, letters: &str) -> Result<()> {
    let before = Facts {
        letters: None,
        urn: old.urn.clone(),
        address: old.school.address.clone(),
        postcode: old.school.postcode.clone(),
        trust: old.trust.clone(),
        phone: old.school.phone.clone(),
    };
    let (before, after) = (facts_in_words(&before, &old.school.letters), facts_in_words(facts, letters));
    if before == after {
        return Ok(());
    }
    diesel::update(schools::table.find((tx.cluster.0, old.school.id.0)))
        .set((
            schools::letters.eq(letters),
            schools::urn.eq(facts.urn.as_deref()),
            schools::address.eq(&facts.address),
            schools::postcode.eq(&facts.postcode),
            schools::trust.eq(&facts.trust),
            schools::phone.eq(&facts.phone),
        ))
        .execute(tx.conn)?;
    tx.log("schools", &old.school.id, "changed", &before, &after)
}

/// Gives a school another name, and keeps the old one with its last day.
pub fn rename(tx: &mut Tx<'_>, old: &Record, to: &Names, until: Day) -> Result<()> {
    let id = old.school.id;
    let before = Names { name: old.school.name.clone(), short_name: old.school.short_name.clone() };
    diesel::insert_into(former_names::table)
        .values((
            former_names::cluster_id.eq(tx.cluster.0),
            former_names::id.eq(FormerNameId::fresh(tx.now).0),
            former_names::school_id.eq(id.0),
            former_names::name.eq(&before.name),
            former_names::short_name.eq(&before.short_name),
            former_names::until_day.eq(until),
        ))
        .execute(tx.conn)?;
    diesel::update(schools::table.find((tx.cluster.0, id.0)))
        .set((schools::name.eq(&to.name), schools::short_name.eq(&to.short_name)))
        .execute(tx.conn)?;
    let after = format!("{}; from {}", named(to), days::long(days::add(until, 1)));
    tx.log("schools", &id, "renamed", &named(&before), &after)
}

/// Hands the lead on: who has it until then keeps it to the day before.
pub fn set_lead(tx: &mut Tx<'_>, school: &School, from: Day, open: Option<&(Lead, String)>) -> Result<()> {
    if let Some((lead, _)) = open {
        diesel::update(lead_schools::table.find((tx.cluster.0, lead.id.0)))
            .set(lead_schools::to_day.eq(Some(days::add(from, -1))))
            .execute(tx.conn)?;
    }
    diesel::insert_into(lead_schools::table)
        .values((
            lead_schools::cluster_id.eq(tx.cluster.0),
            lead_schools::id.eq(LeadSchoolId::fresh(tx.now).0),
            lead_schools::school_id.eq(school.id.0),
            lead_schools::from_day.eq(from),
        ))
        .execute(tx.conn)?;
    let before = open.map_or_else(String::new, |(_, name)| format!("Lead school: {name}"));
    tx.log("schools", &school.id, "made lead school", &before, &format!("Lead school: {}, from {}", school.short_name, days::long(from)))
}

/// Writes a sabbatical down.
pub fn set_sabbatical(tx: &mut Tx<'_>, record: &Record, wish: &Sabbatical, rest: &Rest) -> Result<()> {
    let id = record.school.id;
    let before = match rest {
        Rest::Into(spell) => {
            update_sabbatical(tx, *spell, Some(wish.days), wish.review_on)?;
            record.spells.iter().find(|one| one.id == *spell).and_then(|one| one.stay.sabbatical).map_or_else(String::new, off)
        }
        Rest::After(spell) => {
            let first = wish.days.first();
            diesel::update(memberships::table.find((tx.cluster.0, spell.id.0)))
                .set(memberships::left_on.eq(Some(days::add(first, -1))))
                .execute(tx.conn)?;
            let stay = Stay { joined_on: first, left_on: spell.stay.left_on, sabbatical: Some(wish.days) };
            insert_spell(tx, id, &stay, wish.review_on)?;
            String::new()
        }
    };
    let review = wish.review_on.map_or_else(String::new, |day| format!("; review on {}", days::long(day)));
    tx.log("schools", &id, "put on sabbatical", &before, &format!("{}{review}", off(wish.days)))
}

/// Ends a sabbatical earlier, or takes it back before it begins.
pub fn end_sabbatical(tx: &mut Tx<'_>, school: SchoolId, spell: &Spell, before: Period, left: Option<Period>) -> Result<()> {
    let review = spell.review_on.filter(|day| left.is_some_and(|left| left.contains(*day)));
    update_sabbatical(tx, spell.id, left, review)?;
    tx.log("schools", &school, "back from sabbatical", &off(before), &left.map_or_else(|| "No sabbatical".to_owned(), off))
}

fn update_sabbatical(tx: &mut Tx<'_>, spell: MembershipId, days: Option<Period>, review_on: Option<Day>) -> Result<()> {
    diesel::update(memberships::table.find((tx.cluster.0, spell.0)))
        .set((
            memberships::sabbatical_from.eq(days.map(Period::first)),
            memberships::sabbatical_to.eq(days.map(Period::last)),
            memberships::sabbatical_review_on.eq(review_on),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends a school's time in the cluster, and with it every role there.
pub fn leave(tx: &mut Tx<'_>, record: &Record, leave: &Leave) -> Result<()> {
    let old = record.spells.iter().find(|spell| spell.id == leave.spell).ok_or(Error::NotFound)?;
    diesel::update(memberships::table.find((tx.cluster.0, leave.spell.0)))
        .set((
            memberships::left_on.eq(Some(leave.last)),
            memberships::leave_reason.eq(&leave.reason),
            memberships::sabbatical_from.eq(leave.sabbatical.map(Period::first)),
            memberships::sabbatical_to.eq(leave.sabbatical.map(Period::last)),
            memberships::sabbatical_review_on.eq(old.review_on.filter(|day| leave.sabbatical.is_some_and(|off| off.contains(*day)))),
        ))
        .execute(tx.conn)?;
    let words = |day: Day| format!("Last day: {}", days::long(day));
    let reason = if leave.reason.is_empty() { String::new() } else { format!("; holds a copy all the same: {}", leave.reason) };
    let before = old.stay.left_on.map_or_else(String::new, words);
    tx.log("schools", &record.school.id, "left", &before, &format!("{}{reason}", words(leave.last)))?;
    roles::end_at_school(tx, record.school.id, &record.school.short_name, leave.last)
}

fn off(days: Period) -> String {
    format!("Sabbatical: {days}")
}

fn named(names: &Names) -> String {
    format!("Name: {}; short name: {}", names.name, names.short_name)
}

fn facts_in_words(facts: &Facts, letters: &str) -> String {
    let urn = facts.urn.as_deref().unwrap_or_default();
    let all = [
        ("Letters", letters),
        ("URN", urn),
        ("Address", &facts.address),
        ("Postcode", &facts.postcode),
        ("Trust", &facts.trust),
        ("Telephone", &facts.phone),
    ];
    all.map(|(name, value)| format!("{name}: {}", if value.is_empty() { "none" } else { value })).join("; ")
}

/// The cluster's schools by short name, with their times in it: one query.
pub fn schools(tx: &mut Tx<'_>) -> Result<Vec<School>> {
    type SchoolRow = (i64, String, String, String, String, String, String);
    type StayRow = (Day, Option<Day>, Option<Day>, Option<Day>);
    let rows: Vec<(SchoolRow, Option<StayRow>)> = schema::schools::table
        .left_join(
            memberships::table
                .on(memberships::cluster_id.eq(schema::schools::cluster_id).and(memberships::school_id.eq(schema::schools::id))),
        )
        .filter(schema::schools::cluster_id.eq(tx.cluster.0))
        .order((schema::schools::short_name, schema::schools::id, memberships::joined_on))
        .select((
            (
                schema::schools::id,
                schema::schools::name,
                schema::schools::short_name,
                schema::schools::letters,
                schema::schools::address,
                schema::schools::postcode,
                schema::schools::phone,
            ),
            (memberships::joined_on, memberships::left_on, memberships::sabbatical_from, memberships::sabbatical_to).nullable(),
        ))
        .load(tx.conn)?;
    let mut schools: Vec<School> = Vec::new();
    for ((id, name, short_name, letters, address, postcode, phone), stay) in rows {
        if schools.last().is_none_or(|last| last.id.0 != id) {
            schools.push(School { id: SchoolId(id), name, short_name, letters, address, postcode, phone, stays: Vec::new() });
        }
        if let (Some(school), Some((joined_on, left_on, from, to))) = (schools.last_mut(), stay) {
            let sabbatical = from.zip(to).and_then(|(from, to)| Period::new(from, to));
            school.stays.push(Stay { joined_on, left_on, sabbatical });
        }
    }
    Ok(schools)
}

/// The names of all schools that are or were in the cluster, by short name: one query.
pub fn school_names(tx: &mut Tx<'_>) -> Result<SchoolNames> {
    let rows: Vec<(i64, String, String)> = schema::schools::table
        .filter(schema::schools::cluster_id.eq(tx.cluster.0))
        .order(schema::schools::short_name)
        .select((schema::schools::id, schema::schools::short_name, schema::schools::letters))
        .load(tx.conn)?;
    Ok(SchoolNames(rows.into_iter().map(|(id, short_name, letters)| SchoolName { id: SchoolId(id), short_name, letters }).collect()))
}
