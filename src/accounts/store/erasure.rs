//! What takes a person out of the records: the name and the address go, the facts stay.

use diesel::prelude::*;

use crate::accounts::{ErasureRefusal, erased_address, only_coordinator_of, replaced};
use crate::base::days::{self, Day};
use crate::base::ids::{BookingId, ClusterId, PersonId, RoleId, SchoolId};
use crate::db::schema::{
    bookings, clusters, copies, email_changes, feeds, identities, invitations, messages, muted_kinds, people, resources, roles, schools,
    sessions, sign_in_links,
};
use crate::db::{HOUSE, House, Result};
use crate::mail::choices::Rhythm;
use crate::people::store::Person;
use crate::people::{Held, Role, RoleKind, RoleSchool};

/// Letters are read in portions of so many, so that memory does not grow with their number.
const PORTION: i64 = 500;

type CoordinatorRow = (i64, i64, i64, Day, Option<Day>, String, String);

/// What keeps somebody from erasing the own account: three questions.
pub fn refusals(house: &mut House<'_>, person: PersonId) -> Result<Vec<ErasureRefusal>> {
    let today = house.today();
    let own: Vec<(i64, String, Option<i64>, Option<Day>)> = roles::table
        .filter(roles::person_id.eq(person.0))
        .select((roles::cluster_id, roles::kind, roles::school_id, roles::to_day))
        .load(house.conn)?;
    let here: Vec<i64> = own.iter().map(|(cluster, ..)| *cluster).collect();
    let leads = |school: i64| {
        let lasts = |to: Option<Day>| to.is_none_or(|to| to >= today);
        own.iter().any(|(_, kind, at, to)| *at == Some(school) && lasts(*to) && kind.parse().is_ok_and(RoleKind::leads))
    };
    let rows: Vec<CoordinatorRow> = roles::table
        .inner_join(clusters::table.on(clusters::id.eq(roles::cluster_id)))
        .filter(roles::cluster_id.eq_any(here.clone()))
        .filter(roles::kind.eq("coordinator"))
        .filter(roles::to_day.is_null().or(roles::to_day.ge(today)))
        .order((clusters::name, roles::id))
        .select((roles::cluster_id, roles::id, roles::person_id, roles::from_day, roles::to_day, clusters::slug, clusters::name))
        .load(house.conn)?;
    let held = |(cluster, id, who, from, to, ..): &CoordinatorRow| {
        let role = Held { id: RoleId(*id), person: PersonId(*who), kind: RoleKind::Coordinator, school: None, from: *from, to: *to };
        (ClusterId(*cluster), role)
    };
    let coordinators: Vec<(ClusterId, Held)> = rows.iter().map(held).collect();
    let mut all = Vec::new();
    for only in only_coordinator_of(person, &coordinators, today) {
        if let Some((.., slug, cluster)) = rows.iter().find(|(cluster, ..)| *cluster == only.0) {
            all.push(ErasureRefusal::LastCoordinator { slug: slug.clone(), cluster: cluster.clone() });
        }
    }
    let keeps = bookings::keeper_id.eq(person.0).assume_not_null();
    let booked = bookings::keeper_id.is_null().and(bookings::person_id.eq(person.0));
    let out: Vec<(String, i64, i64, String, String)> = bookings::table
        .inner_join(clusters::table.on(clusters::id.eq(bookings::cluster_id)))
        .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .filter(bookings::cluster_id.eq_any(here))
        // What the index of open loans begins with.
        .filter(bookings::copy_id.gt(0))
        .filter(bookings::collected_on.is_not_null())
        .filter(bookings::returned_on.is_null())
        .filter(booked.or(bookings::keeper_id.is_not_null().and(keeps)))
        .order((clusters::name, resources::name, copies::tag))
        .limit(100)
        .select((clusters::slug, bookings::id, bookings::school_id, resources::name, copies::tag))
        .load(house.conn)?;
    all.extend(out.into_iter().map(|(slug, booking, school, name, tag)| ErasureRefusal::HoldsCopy {
        slug,
        booking: BookingId(booking),
        what: format!("{name} ({tag})"),
        leads: leads(school),
    }));
    Ok(all)
}

/// The person's private calendar addresses stop.
pub fn end_feeds(house: &mut House<'_>, person: PersonId, clusters: &[ClusterId]) -> Result<()> {
    diesel::delete(feeds::table.filter(feeds::cluster_id.eq_any(numbers(clusters))).filter(feeds::person_id.eq(person.0)))
        .execute(house.conn)?;
    Ok(())
}

/// What is left of the person: `name` stands instead of the name, and an address that no mail reaches.
pub fn forget_name(house: &mut House<'_>, person: PersonId, name: &str) -> Result<()> {
    diesel::update(people::table.find(person.0))
        .set((
            people::name.eq(name),
            people::email.eq(erased_address(person)),
            people::phone.eq(""),
            people::rhythm.eq(<&'static str>::from(Rhythm::Each)),
            people::erased_at.eq(Some(house.stamp())),
        ))
        .execute(house.conn)?;
    Ok(())
}

fn numbers(clusters: &[ClusterId]) -> Vec<i64> {
    clusters.iter().map(|cluster| cluster.0).collect()
}

/// Every role that the person had or has, the latest last.
pub fn roles_ever(house: &mut House<'_>, person: PersonId) -> Result<Vec<Role>> {
    let rows: Vec<(String, Option<i64>, Option<String>)> = roles::table
        .left_join(schools::table.on(schools::cluster_id.eq(roles::cluster_id).and(schools::id.nullable().eq(roles::school_id))))
        .filter(roles::person_id.eq(person.0))
        .order((roles::from_day, roles::id))
        .select((roles::kind, roles::school_id, schools::short_name.nullable()))
        .load(house.conn)?;
    let role = |(kind, school, name): (String, Option<i64>, Option<String>)| {
        let school = school.map(|id| RoleSchool { id: SchoolId(id), short_name: name.unwrap_or_default() });
        Some(Role { kind: kind.parse().ok()?, school })
    };
    Ok(rows.into_iter().filter_map(role).collect())
}

/// Roles end yesterday; one that has not begun before today never was.
pub fn end_roles(house: &mut House<'_>, person: PersonId) -> Result<()> {
    let today = house.today();
    let yesterday = days::add(today, -1);
    let own = || roles::table.filter(roles::person_id.eq(person.0));
    diesel::delete(own().filter(roles::from_day.ge(today))).execute(house.conn)?;
    diesel::update(
        roles::table.filter(roles::person_id.eq(person.0).and(roles::to_day.is_null().or(roles::to_day.ge(today).assume_not_null()))),
    )
    .set(roles::to_day.eq(Some(yesterday)))
    .execute(house.conn)?;
    Ok(())
}

/// Everything by which the person could come in, or that waits for the address.
pub fn forget_keys(house: &mut House<'_>, person: &Person, name: &str) -> Result<()> {
    let id = person.id.0;
    diesel::update(sessions::table.filter(sessions::person_id.eq(id)))
        .set((sessions::user_agent.eq(""), sessions::revoked_at.eq(Some(house.stamp()))))
        .execute(house.conn)?;
    diesel::delete(sign_in_links::table.filter(sign_in_links::person_id.eq(id))).execute(house.conn)?;
    diesel::delete(muted_kinds::table.filter(muted_kinds::person_id.eq(id))).execute(house.conn)?;
    diesel::delete(identities::table.filter(identities::person_id.eq(id))).execute(house.conn)?;
    crate::accounts::store::passkeys::forget(house, person.id)?;
    crate::mail::store::choices::forget(house, person.id)?;
    diesel::delete(email_changes::table.filter(email_changes::person_id.eq(id).or(email_changes::new_email.eq(&person.email))))
        .execute(house.conn)?;
    let to_him = || invitations::email.eq(person.email.clone());
    diesel::delete(invitations::table.filter(to_him().and(invitations::accepted_at.is_null()).and(invitations::withdrawn_at.is_null())))
        .execute(house.conn)?;
    let accepted = invitations::accepted_by.is_not_null().and(invitations::accepted_by.eq(id).assume_not_null());
    diesel::update(invitations::table.filter(to_him().or(accepted)))
        .set((invitations::email.eq(erased_address(person.id)), invitations::name.eq(name)))
        .execute(house.conn)?;
    Ok(())
}

type Bodies = (i64, Option<i64>, (String, String), (String, String, String, String), (Option<String>, String));

/// Letters to the person lose address, name and bodies; in the others the name and the address are replaced.
pub fn scrub_letters(house: &mut House<'_>, person: &Person, name: &str, clusters: &[ClusterId]) -> Result<()> {
    let address = erased_address(person.id);
    // What the database can look for: one word of the name, since a line may be broken between two. Marks that mean
    // something in a pattern stand for any letter; the exact comparison comes afterwards.
    let word = person.name.split_whitespace().max_by_key(|word| word.len()).unwrap_or(&person.name);
    let pattern = |text: &str| {
        let plain: String = text.chars().map(|c| if matches!(c, '%' | '_' | '\\' | '&' | '<' | '>' | '"') { '%' } else { c }).collect();
        format!("%{plain}%")
    };
    let (by_name, by_address) = (pattern(word), pattern(&person.email));
    for cluster in clusters.iter().copied().chain([HOUSE]) {
        to_him(house, cluster, person, name, &address)?;
        let mut after = 0;
        loop {
            let rows: Vec<Bodies> = messages::table
                .filter(messages::cluster_id.eq(cluster.0))
                .filter(messages::id.gt(after))
                .filter(
                    (messages::text_body.like(&by_name))
                        .or(messages::text_body.like(&by_address))
                        .or(messages::title.like(&by_name))
                        .or(messages::reason.like(&by_name))
                        .or(messages::to_name.like(&by_name))
                        .or(messages::last_error.like(&by_address)),
                )
                .order(messages::id)
                .limit(PORTION)
                .select((
                    messages::id,
                    messages::person_id,
                    (messages::to_name, messages::reason),
                    (messages::title, messages::text_body, messages::html_body, messages::subject),
                    (messages::calendar, messages::last_error),
                ))
                .load(house.conn)?;
            for row in &rows {
                replace_in(house, cluster, row, person, name, &address)?;
            }
            match rows.last() {
                Some((last, ..)) if rows.len() == usize::try_from(PORTION).unwrap_or(usize::MAX) => after = *last,
                _ => break,
            }
        }
    }
    Ok(())
}

/// Letters to the person himself: none is sent any more.
fn to_him(house: &mut House<'_>, cluster: ClusterId, person: &Person, name: &str, address: &str) -> Result<()> {
    let his = || {
        let known = messages::person_id.is_not_null().and(messages::person_id.eq(person.id.0).assume_not_null());
        messages::cluster_id.eq(cluster.0).and(known.or(messages::to_address.eq(person.email.clone())))
    };
    diesel::update(messages::table.filter(his().and(messages::state.eq("waiting").or(messages::state.eq("failed")))))
        .set((
            messages::state.eq("dropped"),
            messages::finished_at.eq(Some(house.stamp())),
            messages::last_error.eq("The account was erased."),
        ))
        .execute(house.conn)?;
    diesel::update(messages::table.filter(his()))
        .set((
            messages::to_address.eq(address),
            messages::to_name.eq(name),
            messages::text_body.eq(""),
            messages::html_body.eq(""),
            messages::calendar.eq(None::<String>),
            messages::calendar_method.eq(None::<String>),
        ))
        .execute(house.conn)?;
    Ok(())
}

fn replace_in(house: &mut House<'_>, cluster: ClusterId, row: &Bodies, person: &Person, name: &str, address: &str) -> Result<()> {
    let (id, _, (to_name, reason), (title, text, html, _), (calendar, error)) = row;
    let plain = |text: &str| replaced(&replaced(text, &person.name, name), &person.email, address);
    let escaped = |text: &str| in_markup(text);
    let markup = replaced(&replaced(html, &escaped(&person.name), &escaped(name)), &escaped(&person.email), address);
    diesel::update(messages::table.filter(messages::cluster_id.eq(cluster.0).and(messages::id.eq(*id))))
        .set((
            messages::to_name.eq(plain(to_name)),
            messages::reason.eq(plain(reason)),
            messages::title.eq(plain(title)),
            messages::text_body.eq(plain(text)),
            messages::html_body.eq(markup),
            messages::calendar.eq(calendar.as_deref().map(plain)),
            messages::last_error.eq(plain(error)),
        ))
        .execute(house.conn)?;
    Ok(())
}

/// As it stands in the HTML of a letter.
fn in_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
