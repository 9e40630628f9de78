//! Everything that is kept of one person, for the person (GDPR, article 15). Secrets and their hashes are not in it.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::base::Day;
use crate::base::ids::PersonId;
use crate::db::schema::{
    bookings, changes, clusters, copies, counts, email_changes, feeds, handovers, identities, messages, muted_kinds, passkeys, people,
    resources, roles, schools, sessions, waits,
};
use crate::db::{House, Result};

/// The most rows of each list; the newest first.
pub const MOST: i64 = 5000;

/// Everything of one person. The names of the fields are those of the file.
#[derive(Debug, Clone, Serialize)]
pub struct Data {
    /// What the lists hold, and what they do not.
    pub about: String,
    /// Name and address.
    pub person: PersonData,
    /// Roles, also past ones.
    pub roles: Vec<RoleData>,
    /// Private calendar addresses, without their secret.
    pub calendar_feeds: Vec<FeedData>,
    /// Devices that were signed in.
    pub devices: Vec<DeviceData>,
    /// Bookings made, or kept for somebody.
    pub bookings: Vec<BookingData>,
    /// What was counted when a box changed hands.
    pub counts: Vec<CountData>,
    /// Places on waiting lists that were asked for.
    pub waiting_list: Vec<WaitData>,
    /// Letters to the person.
    pub letters: Vec<LetterData>,
    /// What the person changed.
    pub changes: Vec<ChangeData>,
}

/// The person.
#[derive(Debug, Clone, Default, Serialize, PartialEq, Eq)]
pub struct PersonData {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The telephone number; empty where none is known.
    pub phone: String,
    /// Since when.
    pub created_at: NaiveDateTime,
    /// Kinds of letters that are switched off.
    pub letters_switched_off: Vec<String>,
    /// How often the letters that can wait are wanted: `each`, `daily` or `weekly`.
    pub letters_rhythm: String,
    /// Sign-ins by way of providers (Microsoft, Google): issuer and the name they have for the person.
    pub other_sign_ins: Vec<(String, String)>,
    /// New addresses that wait for their mailboxes.
    pub addresses_asked_for: Vec<String>,
    /// What the passkeys are called.
    pub passkeys: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RoleData {
    /// The cluster's name.
    pub cluster: String,
    /// "ssl".
    pub kind: String,
    /// The school.
    pub school: Option<String>,
    /// From this day on.
    pub from: Day,
    /// To this day.
    pub to: Option<Day>,
}

/// A calendar feed.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct FeedData {
    /// The cluster's name.
    pub cluster: String,
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// When it ended.
    pub revoked_at: Option<NaiveDateTime>,
}

/// A device.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct DeviceData {
    /// What its browser says of itself.
    pub user_agent: String,
    /// When it was signed in.
    pub signed_in_at: NaiveDateTime,
    /// Until when at most.
    pub expires_at: NaiveDateTime,
    /// When it was signed out.
    pub signed_out_at: Option<NaiveDateTime>,
}

/// A booking.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct BookingData {
    /// The cluster's name.
    pub cluster: String,
    /// The box.
    pub resource: String,
    /// The copy.
    pub copy: String,
    /// The school.
    pub school: String,
    /// "confirmed".
    pub state: String,
    /// The first day.
    pub first_day: Day,
    /// The last day.
    pub last_day: Day,
    /// The class.
    pub class: String,
    /// What for.
    pub purpose: String,
    /// Why a rule was set aside.
    pub override_reason: String,
    /// Why it ended.
    pub ended_reason: String,
    /// When it was made.
    pub created_at: NaiveDateTime,
}

/// A count.
#[derive(Debug, Clone, Serialize)]
pub struct CountData {
    /// The cluster's name.
    pub cluster: String,
    /// The copy.
    pub copy: String,
    /// "giver" or "receiver".
    pub side: String,
    /// `all_there`, `lines`, `none`.
    pub how: String,
    /// How the box looked: "good", "worn", "damaged".
    pub condition: String,
    /// What was noted.
    pub note: String,
    /// Why it was not taken.
    pub refusal: String,
    /// When.
    pub counted_at: NaiveDateTime,
}

/// A place on a waiting list.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct WaitData {
    /// The cluster's name.
    pub cluster: String,
    /// The box.
    pub resource: String,
    /// The school.
    pub school: String,
    /// "waiting".
    pub state: String,
    /// The first day.
    pub first_day: Day,
    /// The last day.
    pub last_day: Day,
    /// The class.
    pub class: String,
    /// What for.
    pub purpose: String,
    /// When it was asked for.
    pub created_at: NaiveDateTime,
}

/// A letter.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct LetterData {
    /// The subject line.
    pub title: String,
    /// The day it was for.
    pub day: Day,
    /// Where it went.
    pub to: String,
    /// What became of it.
    pub outcome: String,
}

/// A line of the change log.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct ChangeData {
    /// When.
    pub at: NaiveDateTime,
    /// The table.
    pub about: String,
    /// The record.
    pub about_id: String,
    /// What was done.
    pub verb: String,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// Gathers it: eight questions.
pub fn of(house: &mut House<'_>, id: PersonId) -> Result<Data> {
    let person = person(house, id)?;
    let (roles, calendar_feeds) = roles_and_feeds(house, id)?;
    let devices = sessions::table
        .filter(sessions::person_id.eq(id.0))
        .order(sessions::id.desc())
        .limit(MOST)
        .select((sessions::user_agent, sessions::created_at, sessions::expires_at, sessions::revoked_at))
        .load(house.conn)?;
    let known = || roles::table.filter(roles::person_id.eq(id.0)).select(roles::cluster_id);
    let kept = bookings::keeper_id.is_not_null().and(bookings::keeper_id.eq(id.0).assume_not_null());
    let bookings = bookings::table
        .inner_join(clusters::table.on(clusters::id.eq(bookings::cluster_id)))
        .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .inner_join(schools::table.on(schools::cluster_id.eq(bookings::cluster_id).and(schools::id.eq(bookings::school_id))))
        .filter(bookings::cluster_id.eq_any(known()))
        .filter(bookings::person_id.eq(id.0).or(kept))
        .order(bookings::id.desc())
        .limit(MOST)
        .select((
            clusters::name,
            resources::name,
            copies::tag,
            schools::short_name,
            bookings::state,
            bookings::first_day,
            bookings::last_day,
            bookings::class_name,
            bookings::purpose,
            bookings::override_reason,
            bookings::ended_reason,
            bookings::created_at,
        ))
        .load(house.conn)?;
    let counts = counts(house, id)?;
    let waiting_list = waits::table
        .inner_join(clusters::table.on(clusters::id.eq(waits::cluster_id)))
        .inner_join(resources::table.on(resources::cluster_id.eq(waits::cluster_id).and(resources::id.eq(waits::resource_id))))
        .inner_join(schools::table.on(schools::cluster_id.eq(waits::cluster_id).and(schools::id.eq(waits::school_id))))
        .filter(waits::cluster_id.eq_any(known()))
        .filter(waits::person_id.eq(id.0))
        .order(waits::id.desc())
        .limit(MOST)
        .select((
            clusters::name,
            resources::name,
            schools::short_name,
            waits::state,
            waits::first_day,
            waits::last_day,
            waits::class_name,
            waits::purpose,
            waits::created_at,
        ))
        .load(house.conn)?;
    let letters = messages::table
        // Those of no cluster, too: sign-in links and the like.
        .filter(messages::cluster_id.eq_any(known()).or(messages::cluster_id.eq(0)))
        .filter(messages::person_id.eq(id.0))
        .order(messages::id.desc())
        .limit(MOST)
        .select((messages::title, messages::day, messages::to_address, messages::state))
        .load(house.conn)?;
    let changes = changes::table
        .filter(changes::cluster_id.eq_any(known()))
        .filter(changes::person_id.eq(id.0))
        .order(changes::id.desc())
        .limit(MOST)
        .select((changes::at, changes::about, changes::about_id, changes::verb, changes::before, changes::after))
        .load(house.conn)?;
    let about = format!("Everything that Boxrota keeps of you. Each list holds the newest {MOST} entries at most. Times are in UTC.");
    Ok(Data { about, person, roles, calendar_feeds, devices, bookings, counts, waiting_list, letters, changes })
}

/// The person with what hangs on the account; a handful of rows, joined so that it is one question.
fn person(house: &mut House<'_>, id: PersonId) -> Result<PersonData> {
    type Row = ((String, String, String, NaiveDateTime, String), Option<String>, Option<(String, String)>, Option<String>, Option<String>);
    let rows: Vec<Row> = people::table
        .left_join(muted_kinds::table.on(muted_kinds::person_id.eq(people::id)))
        .left_join(identities::table.on(identities::person_id.eq(people::id)))
        .left_join(passkeys::table.on(passkeys::person_id.eq(people::id)))
        .left_join(email_changes::table.on(email_changes::person_id.eq(people::id)))
        .filter(people::id.eq(id.0))
        .limit(MOST)
        .select((
            (people::name, people::email, people::phone, people::created_at, people::rhythm),
            muted_kinds::kind.nullable(),
            (identities::issuer, identities::subject).nullable(),
            email_changes::new_email.nullable(),
            passkeys::name.nullable(),
        ))
        .load(house.conn)?;
    let mut person = PersonData::default();
    for ((name, email, phone, created_at, rhythm), muted, identity, wanted, passkey) in rows {
        (person.name, person.email, person.phone) = (name, email, phone);
        (person.created_at, person.letters_rhythm) = (created_at, rhythm);
        add(&mut person.letters_switched_off, muted);
        add(&mut person.other_sign_ins, identity);
        add(&mut person.addresses_asked_for, wanted);
        add(&mut person.passkeys, passkey);
    }
    Ok(person)
}

/// What the person counted, with what was said beside it on the own side.
fn counts(house: &mut House<'_>, id: PersonId) -> Result<Vec<CountData>> {
    type Row = ((String, String, String, String, NaiveDateTime), (String, String), Option<(String, String, String, String, String)>);
    let rows: Vec<Row> = counts::table
        // Who counts what the own school has hands nothing over.
        .left_join(handovers::table.on(handovers::cluster_id.eq(counts::cluster_id).and(handovers::id.nullable().eq(counts::handover_id))))
        .inner_join(clusters::table.on(clusters::id.eq(counts::cluster_id)))
        .inner_join(copies::table.on(copies::cluster_id.eq(counts::cluster_id).and(copies::id.eq(counts::copy_id))))
        .filter(counts::cluster_id.eq_any(roles::table.filter(roles::person_id.eq(id.0)).select(roles::cluster_id)))
        .filter(counts::person_id.eq(id.0))
        .order(counts::id.desc())
        .limit(MOST)
        .select((
            (clusters::name, copies::tag, counts::side, counts::how, counts::counted_at),
            (counts::condition, counts::note),
            (
                handovers::given_condition,
                handovers::given_note,
                handovers::received_condition,
                handovers::received_note,
                handovers::refusal,
            )
                .nullable(),
        ))
        .load(house.conn)?;
    let count = |((cluster, copy, side, how, counted_at), own, handover): Row| {
        let (condition, note, refusal) = match handover {
            Some((condition, note, ..)) if side == "giver" => (condition, note, String::new()),
            Some((_, _, condition, note, refusal)) => (condition, note, refusal),
            None => (own.0, own.1, String::new()),
        };
        CountData { cluster, copy, side, how, condition, note, refusal, counted_at }
    };
    Ok(rows.into_iter().map(count).collect())
}

fn add<T: PartialEq>(list: &mut Vec<T>, one: Option<T>) {
    if let Some(one) = one.filter(|one| !list.contains(one)) {
        list.push(one);
    }
}

fn roles_and_feeds(house: &mut House<'_>, id: PersonId) -> Result<(Vec<RoleData>, Vec<FeedData>)> {
    type Row = (i64, (String, String, Option<String>, Day, Option<Day>), Option<(i64, NaiveDateTime, Option<NaiveDateTime>)>);
    let rows: Vec<Row> = roles::table
        .inner_join(clusters::table.on(clusters::id.eq(roles::cluster_id)))
        .left_join(schools::table.on(schools::cluster_id.eq(roles::cluster_id).and(schools::id.nullable().eq(roles::school_id))))
        .left_join(feeds::table.on(feeds::cluster_id.eq(roles::cluster_id).and(feeds::person_id.eq(roles::person_id))))
        .filter(roles::person_id.eq(id.0))
        .order((roles::from_day, roles::id, feeds::id))
        .limit(MOST)
        .select((
            roles::id,
            (clusters::name, roles::kind, schools::name.nullable(), roles::from_day, roles::to_day),
            (feeds::id, feeds::created_at, feeds::revoked_at).nullable(),
        ))
        .load(house.conn)?;
    let (mut all_roles, mut all_feeds) = (Vec::new(), Vec::new());
    for (role, (cluster, kind, school, from, to), feed) in rows {
        if let Some((feed, created_at, revoked_at)) = feed {
            add(&mut all_feeds, Some((feed, FeedData { cluster: cluster.clone(), created_at, revoked_at })));
        }
        add(&mut all_roles, Some((role, RoleData { cluster, kind, school, from, to })));
    }
    Ok((all_roles.into_iter().map(|(_, role)| role).collect(), all_feeds.into_iter().map(|(_, feed)| feed).collect()))
}
