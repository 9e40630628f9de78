//! Stores a cluster that has been read: every row of it, inside the one transaction that also created the cluster.

use diesel::prelude::*;

use super::{Booking, Cluster, Copy, Problems, Resource, School};
use crate::base::ids::{
    BookingId, ClosureId, ClusterId, ContentsLineId, CopyId, LeadSchoolId, MembershipId, PersonId, ResourceId, RoleId, SchoolId, TermId,
};
use crate::clusters::longest::Longest;
use crate::db::schema::{
    bookings, closures, clusters, contents_lines, copies, lead_schools, memberships, people, resources, roles, schools, settings, terms,
};
use crate::db::{self, Actor, House, Result, Tx};
use crate::settle::settle;

/// Letters of a copy's code: Crockford's, without the look-alikes.
const CODE_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// A made code has six of them: a thousand million codes, and still short enough to be typed.
const CODE_LENGTH: usize = 6;

/// What only the database knows: the short name or a copy's code belongs to another cluster already.
pub fn clashes(house: &mut House<'_>, cluster: &Cluster) -> Result<Problems> {
    let mut problems = Problems::default();
    let taken = clusters::table.filter(clusters::slug.eq(&cluster.slug)).select(clusters::name).first::<String>(house.conn).optional()?;
    if let Some(name) = taken {
        problems.at(
            "cluster.csv",
            Some(2),
            "slug",
            format!("There is a cluster with the short name \"{}\" already: {name}.", cluster.slug),
            "Its files are imported once and it is changed on its pages from then on; a new cluster needs a short name of its own.",
        );
        return Ok(problems);
    }
    for (line, code) in cluster.copies.iter().filter_map(|copy| Some((copy.line, copy.code.as_ref()?))) {
        if code_taken(house, code)? {
            problems.at(
                "copies.csv",
                Some(line),
                "code",
                format!("The code {code} is on a lid of another cluster."),
                "Write another code, or leave the cell empty: then a code is made.",
            );
        }
    }
    Ok(problems)
}

/// Stores the cluster with all that is in it, and a line of the change log for each file.
pub fn insert(house: &mut House<'_>, cluster: &Cluster) -> Result<ClusterId> {
    let id = ClusterId::fresh(house.now);
    diesel::insert_into(clusters::table)
        .values((
            clusters::id.eq(id.0),
            clusters::slug.eq(&cluster.slug),
            clusters::name.eq(&cluster.name),
            clusters::cohort_year.eq(cluster.cohort_year),
            clusters::nation.eq(cluster.nation),
            // Version 0 is a cluster without rows; a page may have been kept under no other.
            clusters::version.eq(db::fresh_version()),
            clusters::created_at.eq(house.stamp()),
        ))
        .execute(house.conn)?;
    let mut persons = Vec::with_capacity(cluster.people.len());
    for person in &cluster.people {
        persons.push(person_for(house, person)?);
    }
    let mut codes = Vec::with_capacity(cluster.copies.len());
    for copy in &cluster.copies {
        codes.push(match &copy.code {
            Some(code) => code.clone(),
            None => free_code(house)?,
        });
    }
    let mut tx = house.enter(id, Actor::Import);
    insert_settings(&mut tx, cluster)?;
    let mut school_ids = Vec::with_capacity(cluster.schools.len());
    for school in &cluster.schools {
        school_ids.push(insert_school(&mut tx, school)?);
    }
    insert_roles(&mut tx, cluster, &persons, &school_ids)?;
    insert_school_year(&mut tx, cluster, &school_ids)?;
    let mut resource_ids = Vec::with_capacity(cluster.resources.len());
    for resource in &cluster.resources {
        resource_ids.push(insert_resource(&mut tx, resource)?);
    }
    let mut copy_ids = Vec::with_capacity(cluster.copies.len());
    for (copy, code) in cluster.copies.iter().zip(&codes) {
        copy_ids.push(insert_copy(&mut tx, copy, code, resource_ids[copy.resource], school_ids[copy.home])?);
    }
    for booking in &cluster.bookings {
        insert_booking(&mut tx, booking, copy_ids[booking.copy], school_ids[booking.school], persons[booking.person])?;
    }
    for (file, rows) in crate::imports::Summary::of(id, cluster).counts() {
        tx.log("clusters", &id, "imported", "", &format!("{file}: {rows} rows"))?;
    }
    // The legs that the bookings ask for; nobody is told of what is in the files already.
    settle(&mut tx)?;
    Ok(id)
}

/// The person with this address, who may have roles in other clusters and then keeps the name known there.
fn person_for(house: &mut House<'_>, person: &crate::imports::Person) -> Result<PersonId> {
    let known = people::table.filter(people::email.eq(&person.email)).select(people::id).first::<i64>(house.conn).optional()?;
    if let Some(id) = known {
        return Ok(PersonId(id));
    }
    let id = PersonId::fresh(house.now);
    diesel::insert_into(people::table)
        .values((
            people::id.eq(id.0),
            people::email.eq(&person.email),
            people::name.eq(&person.name),
            people::phone.eq(&person.phone),
            people::created_at.eq(house.stamp()),
        ))
        .execute(house.conn)?;
    Ok(id)
}

fn insert_settings(tx: &mut Tx<'_>, cluster: &Cluster) -> Result<()> {
    let rules = &cluster.settings;
    diesel::insert_into(settings::table)
        .values((
            settings::cluster_id.eq(tx.cluster.0),
            settings::longest_loan_unit.eq(rules.longest.unit()),
            settings::longest_loan_days.eq(rules.longest.count().map_or(28, |count| i32::try_from(count).unwrap_or(i32::MAX))),
            settings::furthest_ahead_days.eq(rules.furthest_ahead_days),
            settings::shortest_notice_days.eq(rules.shortest_notice_days),
            settings::most_live_bookings.eq(rules.most_live_bookings),
            settings::turnaround_days.eq(rules.turnaround_days),
            settings::approval_needed.eq(rules.approval_needed),
            settings::non_school_days.eq(rules.non_school_days),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn insert_school(tx: &mut Tx<'_>, school: &School) -> Result<SchoolId> {
    let id = SchoolId::fresh(tx.now);
    diesel::insert_into(schools::table)
        .values((
            schools::cluster_id.eq(tx.cluster.0),
            schools::id.eq(id.0),
            schools::urn.eq(school.urn.as_deref()),
            schools::name.eq(&school.name),
            schools::short_name.eq(&school.short_name),
            schools::letters.eq(&school.letters),
            schools::address.eq(&school.address),
            schools::postcode.eq(&school.postcode),
            schools::phone.eq(&school.phone),
        ))
        .execute(tx.conn)?;
    diesel::insert_into(memberships::table)
        .values((
            memberships::cluster_id.eq(tx.cluster.0),
            memberships::id.eq(MembershipId::fresh(tx.now).0),
            memberships::school_id.eq(id.0),
            memberships::joined_on.eq(school.joined),
            memberships::left_on.eq(school.left),
            memberships::sabbatical_from.eq(school.sabbatical.map(crate::base::Period::first)),
            memberships::sabbatical_to.eq(school.sabbatical.map(crate::base::Period::last)),
        ))
        .execute(tx.conn)?;
    if school.lead {
        diesel::insert_into(lead_schools::table)
            .values((
                lead_schools::cluster_id.eq(tx.cluster.0),
                lead_schools::id.eq(LeadSchoolId::fresh(tx.now).0),
                lead_schools::school_id.eq(id.0),
                lead_schools::from_day.eq(school.joined),
            ))
            .execute(tx.conn)?;
    }
    Ok(id)
}

fn insert_roles(tx: &mut Tx<'_>, cluster: &Cluster, persons: &[PersonId], school_ids: &[SchoolId]) -> Result<()> {
    for role in &cluster.roles {
        diesel::insert_into(roles::table)
            .values((
                roles::cluster_id.eq(tx.cluster.0),
                roles::id.eq(RoleId::fresh(tx.now).0),
                roles::person_id.eq(persons[role.person].0),
                roles::kind.eq(role.kind),
                roles::school_id.eq(role.school.map(|school| school_ids[school].0)),
                roles::from_day.eq(role.from),
                roles::to_day.eq(role.to),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn insert_school_year(tx: &mut Tx<'_>, cluster: &Cluster, school_ids: &[SchoolId]) -> Result<()> {
    tx.keep_nothing();
    for term in &cluster.terms {
        diesel::insert_into(terms::table)
            .values((
                terms::cluster_id.eq(tx.cluster.0),
                terms::id.eq(TermId::fresh(tx.now).0),
                terms::season.eq(<&str>::from(term.season)),
                terms::academic_year.eq(term.academic_year),
                terms::first_day.eq(term.days.first()),
                terms::last_day.eq(term.days.last()),
                terms::half_first.eq(term.half_term.map(crate::base::Period::first)),
                terms::half_last.eq(term.half_term.map(crate::base::Period::last)),
            ))
            .execute(tx.conn)?;
    }
    for closure in &cluster.closures {
        diesel::insert_into(closures::table)
            .values((
                closures::cluster_id.eq(tx.cluster.0),
                closures::id.eq(ClosureId::fresh(tx.now).0),
                closures::school_id.eq(closure.school.map(|school| school_ids[school].0)),
                closures::kind.eq(<&str>::from(closure.kind)),
                closures::first_day.eq(closure.days.first()),
                closures::last_day.eq(closure.days.last()),
                closures::note.eq(&closure.note),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn insert_resource(tx: &mut Tx<'_>, resource: &Resource) -> Result<ResourceId> {
    let id = ResourceId::fresh(tx.now);
    diesel::insert_into(resources::table)
        .values((
            resources::cluster_id.eq(tx.cluster.0),
            resources::id.eq(id.0),
            resources::kind.eq(resource.kind),
            resources::name.eq(&resource.name),
            resources::summary.eq(&resource.summary),
            resources::strand.eq(resource.strand),
            resources::topic.eq(&resource.topic),
            resources::icon.eq(&resource.icon),
            resources::year_from.eq(resource.year_from),
            resources::year_to.eq(resource.year_to),
            resources::approval_needed.eq(resource.approval_needed),
            resources::turnaround_days.eq(resource.turnaround_days),
            resources::longest_loan_unit.eq(resource.longest.map(Longest::unit)),
            resources::longest_loan_days.eq(resource.longest.and_then(Longest::count).and_then(|count| i32::try_from(count).ok())),
            resources::search_words.eq(resource.search_words()),
        ))
        .execute(tx.conn)?;
    for (position, line) in (1i32..).zip(&resource.contents) {
        diesel::insert_into(contents_lines::table)
            .values((
                contents_lines::cluster_id.eq(tx.cluster.0),
                contents_lines::id.eq(ContentsLineId::fresh(tx.now).0),
                contents_lines::resource_id.eq(id.0),
                contents_lines::position.eq(position),
                contents_lines::item.eq(&line.item),
                contents_lines::quantity.eq(line.quantity),
                contents_lines::consumable.eq(line.consumable),
                contents_lines::essential.eq(line.essential),
                contents_lines::care_note.eq(&line.care_note),
            ))
            .execute(tx.conn)?;
    }
    Ok(id)
}

fn insert_copy(tx: &mut Tx<'_>, copy: &Copy, code: &str, resource: ResourceId, home: SchoolId) -> Result<CopyId> {
    let id = CopyId::fresh(tx.now);
    diesel::insert_into(copies::table)
        .values((
            copies::cluster_id.eq(tx.cluster.0),
            copies::id.eq(id.0),
            copies::resource_id.eq(resource.0),
            copies::tag.eq(&copy.tag),
            copies::code.eq(code),
            copies::home_school_id.eq(home.0),
            copies::state.eq(copy.state),
            copies::state_note.eq(&copy.note),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

fn insert_booking(tx: &mut Tx<'_>, booking: &Booking, copy: CopyId, school: SchoolId, person: PersonId) -> Result<BookingId> {
    let id = BookingId::fresh(tx.now);
    diesel::insert_into(bookings::table)
        .values((
            bookings::cluster_id.eq(tx.cluster.0),
            bookings::id.eq(id.0),
            bookings::copy_id.eq(copy.0),
            bookings::school_id.eq(school.0),
            bookings::person_id.eq(person.0),
            bookings::kind.eq(booking.kind),
            bookings::state.eq(booking.state),
            bookings::first_day.eq(booking.days.first()),
            bookings::last_day.eq(booking.days.last()),
            bookings::held_until.eq(booking.held_until),
            bookings::class_name.eq(&booking.class_name),
            bookings::purpose.eq(&booking.purpose),
            bookings::pupils.eq(booking.pupils),
            bookings::collected_on.eq(booking.collected_on),
            bookings::returned_on.eq(booking.returned_on),
            bookings::sequence.eq(0),
            bookings::request_key.eq(format!("import-line-{}", booking.line)),
            bookings::override_reason.eq(&booking.override_reason),
            bookings::ended_reason.eq(&booking.ended_reason),
            bookings::repeated_from.eq(None::<i64>),
            bookings::created_at.eq(tx.stamp()),
            bookings::updated_at.eq(tx.stamp()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

fn code_taken(house: &mut House<'_>, code: &str) -> Result<bool> {
    Ok(copies::table.filter(copies::code.eq(code)).select(copies::id).first::<i64>(house.conn).optional()?.is_some())
}

/// A code that is on no lid of any cluster.
fn free_code(house: &mut House<'_>) -> Result<String> {
    loop {
        let random: [u8; CODE_LENGTH] = rand::random();
        let code: String = random.iter().map(|byte| char::from(CODE_LETTERS[usize::from(byte & 31)])).collect();
        if !code_taken(house, &code)? {
            return Ok(code);
        }
    }
}
