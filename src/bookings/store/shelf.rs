//! Everything a decision about one resource needs, read in one transaction by six queries.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::plan::{self, SlotRow, Title, copies_of, slot_columns, slot_of};
use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, ResourceId, SchoolId};
use crate::bookings::{Membership, OwnLoan, Rules, Shelf, ShelfCopy, Slot, Standing};
use crate::catalogue::{self, Astray, missing};
use crate::db::asks::{LONGEST_HOLD, first, is_live, is_out};
use crate::db::schema::{bookings, copies, schools, waits};
use crate::db::{Result, Tx};
use crate::schools::School;

/// How far before a wish its neighbours are looked for: the nearest free span may lie as far back.
const MARGIN: i64 = 40;
/// How much further the school year is read: as far around as the legs of what is booked ask for at the end of the transaction
/// (`journeys::acts`), which then finds it read.
const CALENDAR_MARGIN: i64 = 100;

/// So many loans of one school are looked at: more than a school can use in the two years that can be booked.
const MOST_OWN: usize = 2000;

/// The shelf of a resource, with what a page shows besides.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The title with its copies that are not retired.
    pub title: Title,
    /// All schools that are or were in the cluster.
    pub schools: Vec<School>,
    /// The classes that the school booked for in the last year, newest first, each once, and whether it was for this resource.
    pub classes: Vec<(String, bool)>,
    /// What the decision is made from.
    pub shelf: Shelf,
}

impl Reading {
    /// What somebody says he has given back is in hand when its store has it: until then nothing of it is there to be offered.
    pub fn keep_what_is_on_its_way_home(&mut self) {
        let under_way = |copy: &&plan::Copy| matches!(copy.plight.astray, Some(Astray::OnTheWay { to: None, .. }));
        let under_way: Vec<_> = self.title.copies.iter().filter(under_way).map(|copy| copy.id).collect();
        for copy in self.shelf.copies.iter_mut().filter(|copy| under_way.contains(&copy.id)) {
            copy.out_of_service.get_or_insert_with(|| "on its way to its store".to_owned());
        }
    }
}

/// Reads the shelf of a resource for a school. `wanted`: the days somebody has in mind, which may lie further than can be booked.
pub fn read(tx: &mut Tx<'_>, resource: ResourceId, school: SchoolId, wanted: Option<Period>) -> Result<Reading> {
    let mut reading = bare(tx, resource, school, wanted)?;
    let lacking = catalogue::store::missing(tx, Some(resource))?;
    for copy in &mut reading.shelf.copies {
        copy.missing = missing::of(&lacking, copy.id);
    }
    (reading.shelf.own, reading.classes) = own_of(tx, school, resource)?;
    Ok(reading)
}

/// The same without what is missing in the copies and what else the school has booked: for a coordinator who looks for other days.
pub fn bare(tx: &mut Tx<'_>, resource: ResourceId, school: SchoolId, wanted: Option<Period>) -> Result<Reading> {
    let today = tx.today();
    let wanted_days = |rules: &Rules| window(rules, wanted, today);
    let year = |rules: &Rules| {
        let days = wanted_days(rules);
        Period::new(days::add(days.first(), -CALENDAR_MARGIN), days::add(days.last(), CALENDAR_MARGIN)).unwrap_or(days)
    };
    let (title, calendar) = plan::title_with_calendar(tx, resource, year)?;
    let window = wanted_days(&title.rules);
    let schools = crate::schools::store::schools(tx)?;
    let slots = slots(tx, &title, window)?;
    let copies = title
        .copies
        .iter()
        .map(|copy| ShelfCopy {
            id: copy.id,
            tag: copy.tag.clone(),
            out_of_service: unfit(copy, today, &schools),
            missing: missing::of(&[], copy.id),
            slots: slots.iter().filter(|slot| slot.copy == copy.id).copied().collect(),
        })
        .collect();
    let memberships = schools
        .iter()
        .find(|one| one.id == school)
        .map(|one| {
            one.stays.iter().map(|stay| Membership { joined: stay.joined_on, left: stay.left_on, sabbatical: stay.sabbatical }).collect()
        })
        .unwrap_or_default();
    let names = schools.iter().map(|one| (one.id, one.short_name.clone())).collect();
    let standing = Standing { school, memberships };
    let shelf = Shelf { today, rules: title.rules, calendar, copies, standing, own: Vec::new(), names };
    Ok(Reading { title, schools, classes: Vec::new(), shelf })
}

/// The days of which the plan is read, for a wish or for nothing in particular.
fn window(rules: &Rules, wanted: Option<Period>, today: Day) -> Period {
    let limit = rules.furthest_ahead.limit(today);
    let first = wanted.map_or(today, |wanted| wanted.first().min(today));
    let last = wanted.map_or(limit, |wanted| wanted.last().max(limit));
    // Nobody books decades: an address that asks for them reads no more than can be booked at all.
    let reach = rules.reach(today).max(limit);
    Period::new(days::add(first.max(days::add(today, -LONGEST_HOLD)), -MARGIN), days::add(last.min(reach), MARGIN))
        .unwrap_or(Period::day(today))
}

/// Why a copy can be had on no day: what the coordinator says of it, or that neither a school nor the store has it.
fn unfit(copy: &plan::Copy, today: Day, schools: &[School]) -> Option<String> {
    let name = |id| schools.iter().find(|school| school.id == id).map_or("a school", |school| school.short_name.as_str());
    let astray = || copy.plight.astray.filter(|astray| astray.keeps_out(today)).map(|astray| astray.words(today, name));
    copy.state.why_not().map(str::to_owned).or_else(astray)
}

/// The live bookings of the title's copies that hold a day of the window, and those for which one is out, however old.
fn slots(tx: &mut Tx<'_>, title: &Title, window: Period) -> Result<Vec<Slot>> {
    let of = || bookings::cluster_id.eq(tx.cluster.0).and(bookings::copy_id.eq_any(copies_of!(tx, title.id)));
    let planned = of()
        .and(bookings::first_day.ge(days::add(window.first(), -LONGEST_HOLD)))
        .and(bookings::first_day.le(window.last()))
        .and(bookings::held_until.ge(window.first()))
        .and(is_live!());
    // Both halves name cluster and copies, so that each finds its own index (see `plan::open_now`).
    let out = of().and(bookings::collected_on.is_not_null()).and(bookings::returned_on.is_null());
    let rows: Vec<SlotRow> = bookings::table.filter(planned.or(out)).select(slot_columns!()).load(tx.conn)?;
    let mut slots = rows.into_iter().map(slot_of).collect::<Result<Vec<_>>>()?;
    slots.sort_unstable_by_key(|slot| (slot.copy, slot.days));
    Ok(slots)
}

/// The loans of the school that are live and not over, a late one among them, and the classes that it booked for in the last year. What the
/// waiting list offers does not count yet.
fn own_of(tx: &mut Tx<'_>, school: SchoolId, resource: ResourceId) -> Result<(Vec<OwnLoan>, Vec<(String, bool)>)> {
    let today: Day = tx.today();
    let of = || bookings::cluster_id.eq(tx.cluster.0).and(bookings::school_id.eq(school.0)).and(bookings::kind.eq("loan"));
    let since = days::add(today, -LONGEST_HOLD);
    let lately = of().and(bookings::last_day.ge(since)).and(is_live!()).and(bookings::offer_until.is_null());
    // Both halves name the cluster and what their index begins with (see `plan::open_now`).
    let late = of()
        .and(bookings::copy_id.gt(0))
        .and(bookings::last_day.lt(today))
        .and(bookings::collected_on.is_not_null())
        .and(bookings::returned_on.is_null());
    let query = bookings::table
        .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
        .filter(lately.or(late))
        .select((
            bookings::id,
            bookings::first_day,
            bookings::last_day,
            bookings::collected_on,
            bookings::returned_on,
            bookings::class_name,
            copies::resource_id,
        ));
    let mut rows: Vec<(i64, Day, Day, Option<Day>, Option<Day>, String, i64)> = first!(tx, query, MOST_OWN)?;
    // An id begins with its time.
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.0));
    let (mut own, mut classes) = (Vec::new(), Vec::<(String, bool)>::new());
    for (id, first, last, collected, returned, class, of) in rows {
        let late = last < today && collected.is_some() && returned.is_none();
        if let Some(days) =
            Period::new(first, if late { days::END } else { last }).filter(|days| returned.is_none() && days.last() >= today)
        {
            own.push(OwnLoan { id: BookingId(id), days, late });
        }
        match classes.iter_mut().find(|(known, _)| *known == class) {
            Some((_, here)) => *here |= of == resource.0,
            None if class.is_empty() => {}
            None => classes.push((class, of == resource.0)),
        }
    }
    Ok((own, classes))
}

/// The school that is first on the waiting list for one of these days of the slot's copy, and the days it waits for; not the slot's own.
pub fn first_in_line(tx: &mut Tx<'_>, resource: ResourceId, slot: &Slot, days: Period) -> Result<Option<(SchoolId, Period)>> {
    let row: Option<(i64, Day, Day)> = waits::table
        .filter(waits::cluster_id.eq(tx.cluster.0))
        .filter(waits::resource_id.eq(resource.0))
        // As the index of the open places has it.
        .filter(sql::<Bool>("waits.state IN ('waiting', 'offered')"))
        // What is offered has days of its own, which the plan keeps; what is past waits for the worker to end it.
        .filter(waits::state.eq("waiting"))
        .filter(waits::first_day.ge(tx.today()))
        .filter(waits::copy_id.is_null().or(waits::copy_id.eq(slot.copy.0)))
        .filter(waits::school_id.ne(slot.school.0))
        .filter(waits::first_day.le(days.last()))
        .filter(waits::last_day.ge(days.first()))
        .order(waits::id)
        .select((waits::school_id, waits::first_day, waits::last_day))
        .first(tx.conn)
        .optional()?;
    Ok(row.and_then(|(school, first, last)| Some((SchoolId(school), Period::new(first, last)?))))
}

/// Another resource that is free when this one is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
}

/// Resources of the same strand with a copy that nobody holds on these days: the same topic first, then by name. One query.
pub fn similar(tx: &mut Tx<'_>, title: &Title, days: Period) -> Result<Vec<Similar>> {
    use crate::db::schema::{booked_days, resources};
    use diesel::dsl::{exists, not};
    let hold = days.extended(title.rules.turnaround_days);
    let taken = booked_days::table
        .filter(booked_days::cluster_id.eq(copies::cluster_id))
        .filter(booked_days::copy_id.eq(copies::id))
        .filter(booked_days::day.between(hold.first(), hold.last()));
    let late = bookings::table
        .filter(bookings::cluster_id.eq(copies::cluster_id))
        .filter(bookings::copy_id.eq(copies::id))
        .filter(bookings::collected_on.is_not_null())
        .filter(bookings::returned_on.is_null())
        .filter(bookings::last_day.lt(tx.today()));
    let rows: Vec<(i64, String, String)> = copies::table
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(copies::cluster_id.eq(tx.cluster.0))
        .filter(copies::state.eq("in_service"))
        .filter(resources::strand.eq(<&str>::from(title.strand)))
        .filter(resources::id.ne(title.id.0))
        .filter(not(exists(taken)))
        .filter(not(exists(late)))
        .order((resources::name, resources::id))
        .limit(50)
        .select((resources::id, resources::name, resources::topic))
        .load(tx.conn)?;
    let mut rows = rows;
    rows.dedup_by_key(|(id, ..)| *id);
    rows.sort_by_key(|(_, _, topic)| *topic != title.topic);
    Ok(rows.into_iter().take(4).map(|(id, name, _)| Similar { id: ResourceId(id), name }).collect())
}

/// How far back a page of a copy's history looks. A copy has one holder a day, so this bounds what is read.
pub(crate) const HISTORY_DAYS: i64 = 731;

/// A booking with the words that a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who, what, when.
    pub slot: Slot,
    /// The short name of its school.
    pub school: String,
    /// The class, as typed.
    pub class_name: String,
}

pub(crate) fn held(rows: Vec<(SlotRow, String, String)>) -> Result<Vec<Held>> {
    rows.into_iter().map(|(row, school, class_name)| Ok(Held { slot: slot_of(row)?, school, class_name })).collect()
}

/// The live bookings that hold a day of the window, and those for which a copy is out now, however old: of the resource's
/// copies, or of all with `None`. By copy and first day.
pub fn ahead(tx: &mut Tx<'_>, resource: Option<ResourceId>, window: Period) -> Result<Vec<Held>> {
    // Both halves name the cluster, so that each finds its own index (see `plan::open_now`).
    let out = is_out!(tx);
    let planned = bookings::cluster_id
        .eq(tx.cluster.0)
        .and(bookings::first_day.ge(days::add(window.first(), -LONGEST_HOLD)))
        .and(bookings::first_day.le(window.last()))
        .and(bookings::held_until.ge(window.first()))
        .and(is_live!());
    let query = bookings::table
        .inner_join(schools::table.on(schools::cluster_id.eq(bookings::cluster_id).and(schools::id.eq(bookings::school_id))))
        .select((slot_columns!(), schools::short_name, bookings::class_name));
    let rows = match resource {
        None => query.filter(out.or(planned)).load(tx.conn)?,
        Some(resource) => {
            let of = || bookings::copy_id.eq_any(copies_of!(tx, resource));
            query.filter(of().and(out).or(of().and(planned))).load(tx.conn)?
        }
    };
    let mut all = held(rows)?;
    all.sort_unstable_by_key(|held| (held.slot.copy, held.slot.days));
    Ok(all)
}

/// The loans of the resource's copies that began before the day, within two years of it, newest first. Cancelled ones never were.
pub fn before(tx: &mut Tx<'_>, resource: ResourceId, day: Day, most: usize) -> Result<Vec<Held>> {
    let query = bookings::table
        .inner_join(schools::table.on(schools::cluster_id.eq(bookings::cluster_id).and(schools::id.eq(bookings::school_id))))
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::copy_id.eq_any(copies_of!(tx, resource)))
        .filter(bookings::first_day.ge(days::add(day, -HISTORY_DAYS)))
        .filter(bookings::first_day.lt(day))
        .filter(bookings::last_day.lt(tx.today()))
        .filter(bookings::state.eq("confirmed"))
        .order((bookings::first_day.desc(), bookings::id.desc()))
        .select((slot_columns!(), schools::short_name, bookings::class_name));
    // No LIMIT, so that the statement is kept prepared (see `catalogue::store`); the two years bound what is read.
    held(query.load_iter(tx.conn)?.take(most).collect::<QueryResult<Vec<_>>>()?)
}
