//! Private calendar addresses: who has which, whose a secret is, and the bookings it shows.

use crate::base::days::{self, Day, Period};
use crate::base::ids::{BookingId, ClusterId, FeedId, PersonId, ResourceId, SchoolId};
use crate::base::secret::Secret;
use crate::bookings::{Kind, State};
use crate::db::asks::{is_live, today};
use crate::db::schema::{bookings, clusters, copies, feeds, resources, roles, schools};
use crate::db::{Error, House, Result, Tx};
use diesel::prelude::*;

/// A feed shows bookings that end up to a year ago …
const BACK_DAYS: i64 = 366;
/// … and begin up to two years ahead.
const AHEAD_DAYS: i64 = 731;
/// The most entries of a feed: a large cluster has a third of that in three years.
const MOST: i64 = 5000;

/// What a feed shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// The loans of the person's schools; of a person without a school, those of the whole cluster.
    Own,
    /// Every loan of one resource.
    Resource {
        /// Which.
        id: ResourceId,
        /// Its name.
        name: String,
    },
}

impl Shows {
    /// The one resource; `None` of the own loans.
    #[must_use]
    pub fn resource(&self) -> Option<ResourceId> {
        match self {
            Self::Own => None,
            Self::Resource { id, .. } => Some(*id),
        }
    }
}

/// A feed of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its id.
    pub id: FeedId,
    /// What it shows.
    pub shows: Shows,
    /// The secret in its address.
    pub token: String,
}

/// The person's feeds: his own first, then by the resource's name.
pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Feed>> {
    let rows: Vec<(i64, String, Option<i64>, Option<String>)> = feeds::table
        .left_join(resources::table.on(resources::cluster_id.eq(feeds::cluster_id).and(resources::id.nullable().eq(feeds::resource_id))))
        .filter(feeds::cluster_id.eq(tx.cluster.0))
        .filter(feeds::person_id.eq(person.0))
        .filter(feeds::revoked_at.is_null())
        .select((feeds::id, feeds::token, feeds::resource_id, resources::name.nullable()))
        .load(tx.conn)?;
    let mut all: Vec<Feed> = rows
        .into_iter()
        .map(|(id, token, resource, name)| {
            let shows = match resource {
                None => Shows::Own,
                Some(id) => Shows::Resource { id: ResourceId(id), name: name.unwrap_or_default() },
            };
            Feed { id: FeedId(id), shows, token }
        })
        .collect();
    all.sort_by_key(|feed| match &feed.shows {
        Shows::Own => (0, String::new(), feed.id),
        Shows::Resource { name, .. } => (1, name.clone(), feed.id),
    });
    Ok(all)
}

/// Writes a new feed down, with an address of its own.
pub fn insert(tx: &mut Tx<'_>, person: PersonId, resource: Option<ResourceId>) -> Result<FeedId> {
    let id = FeedId::fresh(tx.now);
    let created = tx.stamp();
    diesel::insert_into(feeds::table)
        .values((
            feeds::cluster_id.eq(tx.cluster.0),
            feeds::id.eq(id.0),
            feeds::person_id.eq(person.0),
            feeds::resource_id.eq(resource.map(|resource| resource.0)),
            feeds::token.eq(Secret::fresh().reveal()),
            feeds::created_at.eq(created),
        ))
        .execute(tx.conn)?;
    tx.log("feeds", &id, "created", "", &resource.map_or("own loans".to_owned(), |resource| format!("resource: {resource}")))?;
    Ok(id)
}

/// What a feed of the person shows, and whether it is over. `NotFound` when it is not the person's.
pub fn own(tx: &mut Tx<'_>, person: PersonId, id: FeedId) -> Result<(Option<ResourceId>, bool)> {
    let own = feeds::table.find((tx.cluster.0, id.0)).filter(feeds::person_id.eq(person.0));
    let (resource, over): (Option<i64>, Option<chrono::NaiveDateTime>) =
        own.select((feeds::resource_id, feeds::revoked_at)).first(tx.conn)?;
    Ok((resource.map(ResourceId), over.is_some()))
}

/// Ends a feed.
pub fn revoke(tx: &mut Tx<'_>, id: FeedId) -> Result<()> {
    let now = tx.stamp();
    diesel::update(feeds::table.find((tx.cluster.0, id.0))).set(feeds::revoked_at.eq(Some(now))).execute(tx.conn)?;
    tx.log("feeds", &id, "revoked", "", "")
}

/// A feed as its address asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Where.
    pub cluster: ClusterId,
    /// The cluster's short name.
    pub slug: String,
    /// The cluster's name.
    pub cluster_name: String,
    /// Raised by every change in it.
    pub version: i64,
    /// Whose.
    pub person: PersonId,
    /// The one resource it shows.
    pub resource: Option<(ResourceId, String)>,
    /// The person's schools; none: the whole cluster.
    pub schools: Vec<SchoolId>,
}

type SubscriptionRow = (i64, String, String, i64, i64, Option<i64>, Option<String>, Option<i64>);

/// The feed with this secret, as long as it is not revoked and its person has a role in the cluster today: one query.
pub fn by_token(house: &mut House<'_>, token: &str) -> Result<Option<Subscription>> {
    let today = house.today();
    let rows: Vec<SubscriptionRow> = feeds::table
        .inner_join(clusters::table.on(clusters::id.eq(feeds::cluster_id)))
        .inner_join(roles::table.on(roles::cluster_id.eq(feeds::cluster_id).and(roles::person_id.eq(feeds::person_id))))
        .left_join(resources::table.on(resources::cluster_id.eq(feeds::cluster_id).and(resources::id.nullable().eq(feeds::resource_id))))
        .filter(feeds::token.eq(token))
        .filter(feeds::revoked_at.is_null())
        .filter(today!(roles, today))
        .order(roles::id)
        .select((
            clusters::id,
            clusters::slug,
            clusters::name,
            clusters::version,
            feeds::person_id,
            feeds::resource_id,
            resources::name.nullable(),
            roles::school_id,
        ))
        .load(house.conn)?;
    let mut found: Option<Subscription> = None;
    for (cluster, slug, cluster_name, version, person, resource, name, school) in rows {
        let feed = found.get_or_insert_with(|| Subscription {
            cluster: ClusterId(cluster),
            slug,
            cluster_name,
            version,
            person: PersonId(person),
            resource: resource.map(|id| (ResourceId(id), name.unwrap_or_default())),
            schools: Vec::new(),
        });
        feed.schools.extend(school.map(SchoolId).filter(|school| !feed.schools.contains(school)));
    }
    Ok(found)
}

/// The days that a feed shows.
#[must_use]
pub fn shown_days(today: Day) -> Period {
    Period::new(days::add(today, -BACK_DAYS), days::add(today, AHEAD_DAYS)).unwrap_or(Period::day(today))
}

/// A booking as a calendar shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: BookingId,
    /// Rises with every change.
    pub sequence: u32,
    /// When it last changed.
    pub changed: chrono::DateTime<chrono::Utc>,
    /// Loan or restock.
    pub kind: Kind,
    /// Requested or confirmed.
    pub state: State,
    /// Its days.
    pub days: Period,
    /// The resource.
    pub name: String,
    /// The copy.
    pub tag: String,
    /// The school's short name.
    pub school: String,
    /// The class.
    pub class_name: String,
    /// The purpose.
    pub purpose: String,
}

type EventRow = (i64, i32, chrono::NaiveDateTime, String, String, Day, Day, (String, String, String, String, String));

/// The live bookings that a feed shows, by first day: one query, bounded on both ends.
pub fn events(tx: &mut Tx<'_>, feed: &Subscription) -> Result<Vec<Event>> {
    let shown = shown_days(tx.today());
    let mut query = bookings::table
        .inner_join(copies::table.on(copies::cluster_id.eq(bookings::cluster_id).and(copies::id.eq(bookings::copy_id))))
        .inner_join(resources::table.on(resources::cluster_id.eq(copies::cluster_id).and(resources::id.eq(copies::resource_id))))
        .inner_join(schools::table.on(schools::cluster_id.eq(bookings::cluster_id).and(schools::id.eq(bookings::school_id))))
        .filter(bookings::cluster_id.eq(tx.cluster.0))
        .filter(bookings::first_day.ge(shown.first()))
        .filter(bookings::first_day.le(shown.last()))
        .filter(bookings::offer_until.is_null())
        .filter(is_live!())
        .order((bookings::first_day, bookings::id))
        .limit(MOST)
        .select((
            bookings::id,
            bookings::sequence,
            bookings::updated_at,
            bookings::kind,
            bookings::state,
            bookings::first_day,
            bookings::last_day,
            (resources::name, copies::tag, schools::short_name, bookings::class_name, bookings::purpose),
        ))
        .into_boxed();
    query = match &feed.resource {
        Some((id, _)) => query.filter(copies::resource_id.eq(id.0)),
        None if feed.schools.is_empty() => query,
        None => query.filter(bookings::school_id.eq_any(feed.schools.iter().map(|school| school.0).collect::<Vec<_>>())),
    };
    let rows: Vec<EventRow> = query.load(tx.conn)?;
    let wrong = |check: &str| Error::Check(check.to_owned());
    rows.into_iter()
        .map(|(id, sequence, changed, kind, state, first, last, (name, tag, school, class_name, purpose))| {
            Ok(Event {
                id: BookingId(id),
                sequence: u32::try_from(sequence).map_err(|_| wrong("bookings_sequence"))?,
                changed: changed.and_utc(),
                kind: kind.parse().map_err(|_| wrong("bookings_kind"))?,
                state: state.parse().map_err(|_| wrong("bookings_state"))?,
                days: Period::new(first, last).ok_or_else(|| wrong("bookings_order"))?,
                name,
                tag,
                school,
                class_name,
                purpose,
            })
        })
        .collect()
}
